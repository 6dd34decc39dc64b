//! `Gemm` and `MatMul`: of an activation and a constant a linear operator, of two activations a
//! [`Contraction`].
//!
//! # Units
//! Where the scales of input and weights are powers of two, so is the result's unit, and a bias
//! must be at just that scale, because onnxruntime takes it for granted when it fuses. Other scales
//! need onnxruntime to use an integer kernel ([`crate::fusion`]): the unit is then `RN32(x·w)`, and a
//! bias is taken as the integers that it is. Factors `alpha` and `beta` must be short multiples of
//! powers of two. Two activations must have exact units.
//!
//! # Cost
//! None with a constant, 1 per product of activations.

use super::{matrices::Matrices, Contraction, Dense, Factors, Linear, Sum, Taps, Term};
use crate::{
	error::{show_shape, ModelError},
	fusion::Goal,
	lower::{Lowering, FLOAT_LIMIT, KERNEL_LIMIT},
	onnx::Node,
	value::{dyadic, exponent_of, Integers, Kind, Real, Unit, Value},
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

pub(super) fn lower_matmul(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	let (a, b) = (lowering.value(node, 0)?, lowering.value(node, 1)?);
	let matrices = Matrices::of_matmul(node, a.shape(), b.shape())?;
	lower(lowering, node, &matrices, &Scaling { alpha: (1, 0), beta: (1, 0) })
}

pub(super) fn lower_gemm(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	let attributes = GemmAttributes::read(node)?;
	let (a, b) = (lowering.value(node, 0)?, lowering.value(node, 1)?);
	let matrices = Matrices::of_gemm(node, &attributes, a.shape(), b.shape())?;
	let scaling = Scaling {
		alpha: short(node, "alpha", attributes.alpha)?,
		beta: match node.optional_input(2) {
			Some(_) => short(node, "beta", attributes.beta)?,
			None => (1, 0),
		},
	};
	lower(lowering, node, &matrices, &scaling)
}

/// Factors of the product and of the bias, each an integer times a power of two.
struct Scaling {
	alpha: (i64, i32),
	beta: (i64, i32),
}

fn short(node: &Node, name: &str, value: f32) -> Result<(i64, i32), ModelError> {
	let (mantissa, power) = dyadic(value);
	if mantissa == 0 || mantissa.abs() > 1 << 12 || !(-30..=30).contains(&power) {
		return Err(node.error(format!(
			"{name} is {value}: in a quantised model it must be a short multiple of a power of two; \
			 fold it into the scales"
		)));
	}
	Ok((mantissa, power))
}

fn lower(
	lowering: &mut Lowering<'_>,
	node: &Node,
	matrices: &Matrices,
	scaling: &Scaling,
) -> Result<Value, ModelError> {
	let bias = bias(lowering, node, matrices, scaling)?;
	match (lowering.is_constant(node, 0), lowering.is_constant(node, 1)) {
		(true, true) => Err(node.error("it multiplies constants only: fold them before exporting")),
		(false, false) => activations(lowering, node, matrices, scaling, bias),
		(false, true) => {
			let at = |output| output;
			dense(lowering, node, [0, 1], &matrices.product, &at, &matrices.shape, scaling, bias)
		},
		(true, false) => {
			// y' = b'·a', of which the second factor is the constant.
			let product = matrices.transposed();
			let back = product.result_order();
			let order = matrices.product.result_order();
			let shape = [order.len()];
			let at = |output: usize| back[output];
			let value = dense(lowering, node, [1, 0], &product, &at, &shape, scaling, bias)?;
			let shape = matrices.shape.clone();
			match order.iter().enumerate().all(|(index, &at)| index == at) {
				true => Ok(match value {
					Value::Real(real) => Value::Real(Real { shape, ..real }),
					other => other,
				}),
				false => super::moves::reorder(lowering, node, value, shape, order),
			}
		},
	}
}

/// The bias with its factor, one integer for every element of the result.
fn bias(
	lowering: &Lowering<'_>,
	node: &Node,
	matrices: &Matrices,
	Scaling { alpha, beta }: &Scaling,
) -> Result<Option<Integers>, ModelError> {
	if node.op == "MatMul" || node.optional_input(2).is_none() {
		return Ok(None);
	}
	let plain = (*alpha, *beta) == ((1, 0), (1, 0));
	let scales = || {
		let (transposed, columns) = (
			node.int("transB", 0).is_ok_and(|transposed| transposed != 0),
			matrices.product.sizes.1,
		);
		let scales = lowering.integers(node, 1).map(|weights| weights.scales.clone());
		let scales = scales.unwrap_or_default();
		let inner = scales.len() / columns.max(1);
		(0..columns).map(|c| scales[if transposed { c * inner } else { c }]).collect()
	};
	let mut bias = match quantized_bias(lowering, node, scales).filter(|_| plain) {
		Some(bias) => bias,
		None => lowering.integers(node, 2)?.into_owned(),
	};
	let shape = &matrices.shape;
	if super::shape::broadcast(node, &[&bias.shape, shape]).ok().as_ref() != Some(shape) {
		return Err(node.error(format!(
			"a bias of shape {} for a result of shape {}",
			show_shape(&bias.shape),
			show_shape(shape)
		)));
	}
	if !plain {
		// Then onnxruntime adds floats.
		bias.dequantized = false;
		for (value, scale) in bias.values.iter_mut().zip(&mut bias.scales) {
			*value = value.saturating_mul(beta.0);
			*scale = scaled(node, *scale, beta.1)?;
		}
	}
	bias.values = super::shape::spread(&bias.values, &bias.shape, shape);
	bias.scales = super::shape::spread(&bias.scales, &bias.shape, shape);
	bias.shape = shape.clone();
	Ok(Some(bias))
}

/// A scale that must be a power of two, times another.
fn scaled(node: &Node, scale: f32, power: i32) -> Result<f32, ModelError> {
	let exponent = exponent_of(scale).map(|exponent| exponent + power);
	match exponent.filter(|exponent| (-126..=127).contains(exponent)) {
		Some(exponent) => Ok(2f32.powi(exponent)),
		None => Err(node.error(
			"with alpha or beta other than 1 all its scales must be powers of two: fold them into \
			 the scales",
		)),
	}
}

/// A product with a constant: `sides` are the node's inputs that are activation and constant, in
/// the order of the product's factors, and `at` is the element of the bias that an output takes.
#[allow(clippy::too_many_arguments)]
fn dense(
	lowering: &mut Lowering<'_>,
	node: &Node,
	sides: [usize; 2],
	product: &Contraction,
	at: &dyn Fn(usize) -> usize,
	shape: &[usize],
	scaling: &Scaling,
	bias: Option<Integers>,
) -> Result<Value, ModelError> {
	let (rows, columns, terms) = product.sizes;
	let batch = product.starts.len();
	let matrices = product.second_count();
	super::shape::elements(node, &[batch, rows, terms])?;
	super::shape::elements(node, &[matrices, columns, terms])?;
	let mut input = lowering.real(node, sides[0])?;
	let order = product.first_order();
	let in_order = order.iter().enumerate().all(|(index, &element)| index == element);
	if !in_order || order.len() != input.units.len() {
		input = super::rearrange(lowering, node, input, vec![batch, rows, terms], order)?;
	}
	if sides[0] == 1 {
		// onnxruntime's integer kernels want the constant on the right.
		input.source = None;
	}
	let weights = lowering.integers(node, sides[1])?.into_owned();
	let mut taps = Dense {
		rows: batch * rows,
		inputs: terms,
		outputs: columns,
		weights: Vec::with_capacity(matrices * columns * terms),
	};
	let mut scales = Vec::with_capacity(matrices * columns);
	let (alpha, power) = scaling.alpha;
	for &(_, start) in &product.starts[..matrices] {
		for column in 0..columns {
			let element = |term: usize| start + term * product.second.0 + column * product.second.1;
			let scale = weights.scales[element(0)];
			scales.push(if power == 0 { scale } else { scaled(node, scale, power)? });
			for term in 0..terms {
				if weights.scales[element(term)] != scale {
					return Err(node.error("its weights must have one scale for each output"));
				}
				let value = weights.values[element(term)].saturating_mul(alpha);
				taps.weights.push(weight(node, value)?);
			}
		}
	}
	if scaling.alpha != (1, 0) {
		input.exponents(node)?;
		scales.iter().try_for_each(|&scale| scaled(node, scale, 0).map(|_| ()))?;
	}
	let channel =
		|output: usize| output / columns * matrices / (batch * rows) * columns + output % columns;
	let bias = bias.as_ref().map(|bias| (bias, at));
	let scale_of = |output| scales[channel(output)];
	weighted(lowering, node, &input, Linear::new(taps), shape.to_vec(), scale_of, bias)
}

/// A product of two activations.
fn activations(
	lowering: &mut Lowering<'_>,
	node: &Node,
	matrices: &Matrices,
	scaling: &Scaling,
	bias: Option<Integers>,
) -> Result<Value, ModelError> {
	let Matrices { product, shape } = matrices;
	super::shape::elements(node, &[product.outputs(), product.sizes.2])?;
	let mut unit = scaling.alpha.1;
	let mut tensors = Vec::new();
	for side in 0..2 {
		let real = lowering.real(node, side)?;
		let real = lowering.uniform(node, real)?;
		unit += real.exponents(node)?.first().copied().unwrap_or_default();
		tensors.push(real.tensor);
	}
	let reach = product.reach(&[lowering.bounds_of(tensors[0]), lowering.bounds_of(tensors[1])]);
	lowering.check_exact(node, reach.saturating_mul(scaling.alpha.0.abs().into()))?;
	let mut tensor = lowering.push(node, product.clone(), &tensors, shape)?;
	let mut units = vec![Unit::Exact(unit); product.outputs()];
	if scaling.alpha.0 == 1 && bias.is_none() {
		return Ok(Value::Real(Real::new(tensor, shape.clone(), units)));
	}
	let mut finest = unit;
	let mut addends = Vec::new();
	if let Some(bias) = bias {
		let pairs = bias.values.iter().zip(&bias.scales);
		let parts = pairs.map(|(&value, &scale)| {
			let zeros = if value == 0 { 0 } else { value.trailing_zeros() };
			Some((value >> zeros, exponent_of(scale)? + zeros as i32))
		});
		let parts: Option<Vec<(i64, i32)>> = parts.collect();
		addends = parts.ok_or_else(|| node.error("the scale of its bias is no power of two"))?;
		let powers = addends.iter().filter(|part| part.0 != 0).map(|part| part.1);
		finest = powers.fold(unit, i32::min);
		units.fill(Unit::Exact(finest));
	}
	let far = || node.error("the scales of its product and its bias are too far apart");
	let shift = |from: i32| u32::try_from(from - finest).ok().filter(|&shift| shift <= 24);
	let factor = scaling.alpha.0 << shift(unit).ok_or_else(far)?;
	let term = Term { places: None, factors: Factors::All(factor) };
	let mut sum = Linear::new(Sum { outputs: product.outputs(), terms: vec![term] });
	for (sum, &(value, power)) in sum.bias.iter_mut().zip(&addends) {
		if value != 0 {
			let shifted = i128::from(value) << shift(power).ok_or_else(far)?;
			*sum = i64::try_from(shifted).map_err(|_| far())?;
		}
	}
	tensor = lowering.push_linear(node, sum, &[tensor], shape, FLOAT_LIMIT)?;
	Ok(Value::Real(Real::new(tensor, shape.clone(), units)))
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
	let activation = lowering.named(node.input(0)?);
	let direct = matches!(activation, Some(Value::Real(real)) if real.source.is_some());
	let quantized = (0..2).any(|index| lowering.is_dequantized(node, index));
	if !quantized && lowering.hides() {
		return Err(ModelError::Weights {
			node: node.name.clone(),
			what: "its weights are floats, and their common unit would tell of them: run `zkml \
			       quantize` first"
				.into(),
		});
	}
	match (quantized, direct) {
		// Whatever stands between, onnxruntime may fold it into them first.
		(false, _) if lowering.fusion.quantises_results() => {
			return Err(node.error(
				"its weights are not quantised, and onnxruntime quantises them between \
				 DequantizeLinear and QuantizeLinear: run `zkml quantize` first",
			));
		},
		(_, false) if lowering.is_dequantized(node, 1) && quantises_anew(lowering, node)? => {
			return Err(node.error(
				"onnxruntime quantises its input anew, by a scale found at run time: put \
				 QuantizeLinear and DequantizeLinear before it",
			));
		},
		_ => {},
	}
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
				return Err(node.error(BIAS_SCALE));
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
	if lowering.hides() {
		return Err(ModelError::Weights {
			node: node.name.clone(),
			what: "its bias is finer than its products, by as much as would tell of it: run `zkml \
			       quantize` first"
				.into(),
		});
	}
	let shifts: Vec<i32> = shifts;
	if let Some(shift) = shifts.iter().find(|&&shift| shift > 24) {
		return Err(node.error(format!("its bias is 2^{shift} times finer than its products")));
	}
	let bias = std::mem::replace(&mut linear.bias, vec![0; count]);
	let sums = lowering.push_linear(node, linear, &[input.tensor], &shape, FLOAT_LIMIT)?;
	let factors = Factors::Each(shifts.iter().map(|&shift| 1 << shift).collect());
	let term = Term { places: None, factors };
	let sum = Linear { taps: Sum { outputs: count, terms: vec![term] }, bias };
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
	let refuse = |why: &str| {
		Err(node.error(format!(
			"its scales are no powers of two and {why}, so that onnxruntime computes it in float, \
			 where its result is no function of integers: run `zkml quantize --snap`",
		)))
	};
	let Some(source) = &input.source else {
		return refuse("its input comes not straight from DequantizeLinear");
	};
	if source.stored != Kind::U8 {
		return refuse("its input is of type int8 and has other consumers or no QuantizeLinear");
	}
	if !lowering.is_dequantized(node, 1) {
		return refuse("its weights are not quantised");
	}
	let to_float = match lowering.fusion.goal(node) {
		Goal::Quantize(target) if target.clipped => {
			return refuse(
				"the Relu or Clip after it is more than the saturation of QuantizeLinear",
			);
		},
		Goal::Quantize(target) if target.stored != source.stored => {
			return refuse("its input and its result differ in type");
		},
		Goal::Quantize(target) if target.grid.is_some() => false,
		Goal::Float if node.op != "Conv" && lowering.fusion.is_used_once(node.output()?) => true,
		_ => return refuse("its result does not go into one QuantizeLinear"),
	};
	let products: Vec<f32> = (0..linear.bias.len()).map(|o| source.scale * scale_of(o)).collect();
	if products.iter().any(|product| !product.is_normal()) {
		return Err(node.error("the product of its scales is no normal float"));
	}
	if let Some((bias, place)) = bias {
		if !bias.dequantized {
			return refuse("its bias is not quantised");
		}
		for (o, sum) in linear.bias.iter_mut().enumerate() {
			// onnxruntime takes the integers as they are.
			let (value, scale) = (bias.values[place(o)], bias.scales[place(o)]);
			if i32::try_from(value).is_err() {
				return Err(node.error(format!("its bias {value} has more than 32 bits")));
			}
			if (scale / products[o] - 1.0).abs() > 1e-5 {
				return Err(node.error(BIAS_SCALE));
			}
			*sum = value;
		}
	}
	let unit = |product| if to_float { Unit::of_scale(product) } else { Unit::Kernel(product) };
	let units = products.into_iter().map(unit).collect();
	let tensor = lowering.push_linear(node, linear, &[input.tensor], &shape, KERNEL_LIMIT)?;
	Ok(Value::Real(Real::new(tensor, shape, units)))
}

/// Whether onnxruntime makes a layer of a float activation and dequantised weights a `MatMulNBits`,
/// which quantises the activation by scales of its own.
fn quantises_anew(lowering: &Lowering<'_>, node: &Node) -> Result<bool, ModelError> {
	if node.op == "Conv" || lowering.value(node, 1)?.shape().len() != 2 {
		return Ok(false);
	}
	if node.op == "Gemm" {
		let attributes = GemmAttributes::read(node)?;
		let bias = match node.optional_input(2) {
			Some(_) => attributes.beta == 1.0 && lowering.value(node, 2)?.shape().len() == 1,
			None => true,
		};
		let plain = attributes.alpha == 1.0 && bias;
		return Ok(plain
			&& !attributes.transposed_input
			&& !attributes.transposed_weights
			&& lowering.fusion.goal(node) == Goal::Float);
	}
	// An addition of constants belongs to it.
	let next = lowering
		.fusion
		.only_use(node.output()?)
		.filter(|next| next.op == "Add" && (0..2).any(|index| lowering.is_constant(next, index)));
	Ok(match (next, lowering.fusion.goal(next.unwrap_or(node))) {
		(_, Goal::Float) => true,
		(Some(_), Goal::Quantize(target)) => {
			!target.plain && lowering.value(node, 0)?.shape().len() > 2
		},
		_ => false,
	})
}

pub(super) const BIAS_SCALE: &str =
	"the scale of its bias is not the product of input and weight scales, \
                          which onnxruntime takes for granted";

/// The bias of a layer, its third input, where it is of floats and onnxruntime quantises it: between
/// `DequantizeLinear` and `QuantizeLinear`, to the product of the scales.
pub(super) fn quantized_bias(
	lowering: &Lowering<'_>,
	node: &Node,
	scales: impl Fn() -> Vec<f32>,
) -> Option<Integers> {
	let Some(Value::Real(Real { source: Some(source), .. })) = lowering.named(node.input(0).ok()?)
	else {
		return None;
	};
	let fused = matches!(lowering.fusion.goal(node), Goal::Quantize(_));
	if !fused || !lowering.is_dequantized(node, 1) {
		return None;
	}
	let tensor = lowering.constant(node, 2).ok().filter(|tensor| tensor.shape.len() == 1)?;
	let floats = tensor.floats()?;
	let scales: Vec<f32> = scales().iter().map(|scale| source.scale * scale).collect();
	if floats.len() != scales.len() {
		return None;
	}
	let pairs = floats.iter().zip(&scales);
	let values = pairs.map(|(value, scale)| (value / scale).round_ties_even() as i64).collect();
	Some(Integers { shape: tensor.shape.clone(), values, scales, dequantized: true })
}
