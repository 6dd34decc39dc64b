//! `Gemm` and `MatMul` of an activation with constant weights, as a linear operator.
//!
//! # Units
//! Where the scales of input and weights are powers of two, so is the result's unit, and a bias
//! must be at just that scale, because onnxruntime takes it for granted when it fuses. Other scales
//! need an input straight from `DequantizeLinear`, so that onnxruntime uses an integer kernel: the
//! unit is then `RN32(x·w)`, and a bias is taken as the integers that it is.

use super::{Dense, Factors, Linear, Taps};
use crate::{
	error::{show_shape, ModelError},
	lower::{Lowering, FLOAT_LIMIT, KERNEL_LIMIT},
	onnx::Node,
	value::{exponent_of, Integers, Real, Unit, Value},
};

/// The attributes of `Gemm`: `y = alpha · A' · B' + beta · C`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GemmAttributes {
	pub(crate) alpha: f32,
	pub(crate) beta: f32,
	pub(crate) transposed_input: bool,
	pub(crate) transposed_weights: bool,
}

impl GemmAttributes {
	/// Reads them from a node, or gives those of a `MatMul`.
	pub(crate) fn read(node: &Node) -> Result<Self, ModelError> {
		if node.op == "MatMul" {
			node.only_attributes(&[])?;
			return Ok(Self {
				alpha: 1.0,
				beta: 1.0,
				transposed_input: false,
				transposed_weights: false,
			});
		}
		node.only_attributes(&["alpha", "beta", "transA", "transB", "broadcast"])?;
		Ok(Self {
			alpha: node.float("alpha", 1.0)?,
			beta: node.float("beta", 1.0)?,
			transposed_input: node.int("transA", 0)? != 0,
			transposed_weights: node.int("transB", 0)? != 0,
		})
	}

	/// Sizes `(inputs, outputs)` of a weight matrix, checked against the activation's shape.
	pub(crate) fn sizes(
		&self,
		node: &Node,
		activation: &[usize],
		weights: &[usize],
	) -> Result<(usize, usize), ModelError> {
		let (inputs, outputs) = match (weights, self.transposed_weights) {
			(&[inputs, outputs], false) | (&[outputs, inputs], true) => (inputs, outputs),
			_ => return Err(node.error(format!("weights of shape {}", show_shape(weights)))),
		};
		if activation.last() != Some(&inputs) || inputs == 0 || outputs == 0 {
			return Err(node.error(format!(
				"an input of shape {} for {inputs}×{outputs} weights",
				show_shape(activation)
			)));
		}
		Ok((inputs, outputs))
	}

	/// Position of the weight from input `j` to output `o`.
	pub(crate) fn index(&self, inputs: usize, outputs: usize, o: usize, j: usize) -> usize {
		if self.transposed_weights {
			o * inputs + j
		} else {
			j * outputs + o
		}
	}
}

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	let attributes = GemmAttributes::read(node)?;
	if attributes.alpha != 1.0 || (attributes.beta != 1.0 && node.optional_input(2).is_some()) {
		return Err(node.error("alpha and beta must be 1 in a quantised model"));
	}
	let mut input = lowering.real(node, 0)?;
	if attributes.transposed_input {
		let [rows, columns] = input.shape[..] else {
			return Err(node.error("transA needs an input of two dimensions"));
		};
		let order = (0..rows * columns).map(|at| at % rows * columns + at / rows).collect();
		input = super::rearrange(lowering, node, input, vec![columns, rows], order)?;
	}
	let weights = lowering.integers(node, 1)?.into_owned();
	let (batch, matrix) = weights.shape.split_at(weights.shape.len().saturating_sub(2));
	let (inputs, outputs) = attributes.sizes(node, &input.shape, matrix)?;
	let matrices: usize = batch.iter().product();
	let rows = input.units.len() / inputs;
	let leading = &input.shape[..input.shape.len() - 1];
	if matrices != 1 && (leading[..leading.len().saturating_sub(1)] != *batch) {
		return Err(node.error(format!(
			"an input of shape {} for weights of shape {}",
			show_shape(&input.shape),
			show_shape(&weights.shape)
		)));
	}
	super::geometry::check_size(node, &[rows, outputs])?;
	let mut taps =
		Dense { rows, inputs, outputs, weights: Vec::with_capacity(weights.values.len()) };
	let mut scales = Vec::with_capacity(matrices * outputs);
	for m in 0..matrices {
		for o in 0..outputs {
			let at = |j| m * inputs * outputs + attributes.index(inputs, outputs, o, j);
			scales.push(weights.scales[at(0)]);
			for j in 0..inputs {
				if weights.scales[at(j)] != weights.scales[at(0)] {
					return Err(node.error("its weights must have one scale for each output"));
				}
				taps.weights.push(weight(node, weights.values[at(j)])?);
			}
		}
	}
	let shape = [leading, &[outputs]].concat();
	let channel = |element: usize| {
		let (row, o) = (element / outputs, element % outputs);
		row * matrices / rows * outputs + o
	};
	let bias = match node.optional_input(2) {
		Some(_) => Some(lowering.integers(node, 2)?.into_owned()),
		None => None,
	};
	if let Some(bias) = &bias {
		super::shape::broadcast(node, &[&bias.shape, &shape])
			.ok()
			.filter(|together| *together == shape)
			.ok_or_else(|| {
				node.error(format!(
					"a bias of shape {} for a result of shape {}",
					show_shape(&bias.shape),
					show_shape(&shape)
				))
			})?;
	}
	let bias = bias.as_ref().map(|bias| {
		let places = super::shape::places(&bias.shape, &shape);
		(bias, move |element: usize| places.as_ref().map_or(element, |places| places[element]))
	});
	let scale_of = |element| scales[channel(element)];
	weighted(
		lowering,
		node,
		&input,
		Linear::new(taps),
		shape.clone(),
		scale_of,
		bias.as_ref().map(|(bias, place)| (*bias, place as &dyn Fn(usize) -> usize)),
	)
}

/// A weight: an 8-bit integer less an 8-bit zero point, or a short float constant.
pub(super) fn weight(node: &Node, value: i64) -> Result<i32, ModelError> {
	i32::try_from(value)
		.ok()
		.ok_or_else(|| node.error(format!("its weight {value} has more than 32 bits")))
}

/// A constant added to every output: integers, and which of them an output takes.
pub(super) type Bias<'a> = Option<(&'a Integers, &'a dyn Fn(usize) -> usize)>;

/// Appends a linear layer with weights, whose units and bias follow from its scales.
pub(super) fn weighted<T: Taps>(
	lowering: &mut Lowering<'_>,
	node: &Node,
	input: &Real,
	mut linear: Linear<T>,
	shape: Vec<usize>,
	scale_of: impl Fn(usize) -> f32,
	bias: Bias<'_>,
) -> Result<Value, ModelError> {
	let unit = input.uniform_unit(node)?;
	let count = linear.bias.len();
	let exact: Option<Vec<i32>> = unit.exponent().and_then(|exponent| {
		(0..count).map(|o| Some(exponent + exponent_of(scale_of(o))?)).collect()
	});
	let Some(mut exponents) = exact else {
		return kernel(lowering, node, input, linear, shape, scale_of, bias);
	};
	if let Some(exponent) = exponents.iter().find(|exponent| !(-126..=127).contains(*exponent)) {
		return Err(
			node.error(format!("the product of its scales is 2^{exponent}, no normal float"))
		);
	}
	let mut finer = None;
	if let Some((bias, place)) = bias {
		let mut wanted = exponents.clone();
		for (o, exponent) in wanted.iter_mut().enumerate() {
			let (value, scale) = (bias.values[place(o)], bias.scales[place(o)]);
			if bias.dequantized && i32::try_from(value).is_err() {
				return Err(node.error(format!("its bias {value} has more than 32 bits")));
			}
			let power = exponent_of(scale).unwrap_or(i32::MIN);
			if bias.dequantized && power != *exponent {
				return Err(node.error(
					"the scale of its bias is not the product of input and weight scales, which \
					 onnxruntime takes for granted",
				));
			}
			// A float constant may be finer than the products are.
			let power = power + value.trailing_zeros().min(62) as i32;
			if value != 0 && power < *exponent {
				*exponent = power;
			}
		}
		for (o, sum) in linear.bias.iter_mut().enumerate() {
			let (value, scale) = (bias.values[place(o)], bias.scales[place(o)]);
			let power = exponent_of(scale).unwrap_or(0);
			let shift = power - wanted[o];
			*sum = if shift >= 0 {
				value.checked_shl(shift as u32).filter(|_| shift < 32).unwrap_or(i64::MAX >> 8)
			} else {
				value >> (-shift).min(63)
			};
		}
		if wanted != exponents {
			finer = Some(exponents.iter().zip(&wanted).map(|(from, to)| from - to).collect());
		}
		exponents = wanted;
	}
	let units: Vec<Unit> = exponents.into_iter().map(Unit::Exact).collect();
	let Some(shifts) = finer else {
		let tensor = lowering.push_linear(node, linear, &[input.tensor], &shape, FLOAT_LIMIT)?;
		return Ok(Value::Real(Real::new(tensor, shape, units)));
	};
	let shifts: Vec<i32> = shifts;
	if let Some(shift) = shifts.iter().find(|&&shift| shift > 24) {
		return Err(node.error(format!("its bias is 2^{shift} times finer than its products")));
	}
	let bias = std::mem::replace(&mut linear.bias, vec![0; count]);
	let sums = lowering.push_linear(node, linear, &[input.tensor], &shape, FLOAT_LIMIT)?;
	let factors = Factors::Each(shifts.iter().map(|&shift| 1 << shift).collect());
	let term = super::Term { places: None, factors };
	let sum = Linear { taps: super::Sum { outputs: count, terms: vec![term] }, bias };
	let tensor = lowering.push_linear(node, sum, &[sums], &shape, FLOAT_LIMIT)?;
	Ok(Value::Real(Real::new(tensor, shape, units)))
}

/// A layer that onnxruntime computes in an integer kernel.
fn kernel<T: Taps>(
	lowering: &mut Lowering<'_>,
	node: &Node,
	input: &Real,
	mut linear: Linear<T>,
	shape: Vec<usize>,
	scale_of: impl Fn(usize) -> f32,
	bias: Bias<'_>,
) -> Result<Value, ModelError> {
	let Some(source) = &input.source else {
		return Err(node.error(
			"its scales are no powers of two and its input comes not straight from \
			 DequantizeLinear, so that onnxruntime computes it in float, where its result is no \
			 function of integers: run `zkml quantize --snap`",
		));
	};
	if let Some((bias, place)) = bias {
		if !bias.dequantized {
			return Err(node.error(
				"its bias is not quantised, so that onnxruntime computes it in float, where its \
				 result is no function of integers: run `zkml quantize --snap`",
			));
		}
		for (o, sum) in linear.bias.iter_mut().enumerate() {
			*sum = bias.values[place(o)];
		}
	}
	let units: Vec<Unit> =
		(0..linear.bias.len()).map(|o| Unit::Kernel(source.scale * scale_of(o))).collect();
	if units.iter().any(|unit| !(unit.step() as f32).is_normal()) {
		return Err(node.error("the product of its scales is no normal float"));
	}
	let tensor = lowering.push_linear(node, linear, &[input.tensor], &shape, KERNEL_LIMIT)?;
	Ok(Value::Real(Real::new(tensor, shape, units)))
}
