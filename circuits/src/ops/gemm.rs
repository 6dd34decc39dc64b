//! `Gemm` and `MatMul` of an activation with constant weights, as [`Linear`].
//!
//! Weights come from a `DequantizeLinear` whose scales are powers of two, one per output or one
//! for all. The result's exponents are those of input and weight added; a bias must have just
//! these, because onnxruntime takes that for granted when it fuses.

use super::Linear;
use crate::{
	error::{show_shape, ModelError},
	lower::{Integers, Lowering, Real, Value},
	onnx::Node,
};

/// The attributes of `Gemm`: `y = alpha · A' · B' + beta · C`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GemmAttributes {
	pub(crate) alpha: f32,
	pub(crate) beta: f32,
	pub(crate) transposed_weights: bool,
}

impl GemmAttributes {
	/// Reads them from a node, or gives those of a `MatMul`.
	pub(crate) fn read(node: &Node) -> Result<Self, ModelError> {
		if node.op == "MatMul" {
			node.only_attributes(&[])?;
			return Ok(Self { alpha: 1.0, beta: 1.0, transposed_weights: false });
		}
		node.only_attributes(&["alpha", "beta", "transA", "transB"])?;
		if node.int("transA", 0)? != 0 {
			return Err(node.error("transA is not supported: transpose the input before it"));
		}
		Ok(Self {
			alpha: node.float("alpha", 1.0)?,
			beta: node.float("beta", 1.0)?,
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
		if activation.len() != 2 || activation[1] != inputs || inputs == 0 || outputs == 0 {
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
	if attributes.alpha != 1.0 || attributes.beta != 1.0 {
		return Err(node.error("alpha and beta must be 1 in a quantised model"));
	}
	let input = lowering.real(node, 0)?;
	let exponent = input.uniform_exponent(node)?;
	let weights = lowering.integers(node, 1)?;
	let (inputs, outputs) = attributes.sizes(node, &input.shape, &weights.shape)?;
	let mut linear = Linear { inputs, weights: Vec::new(), bias: vec![0; outputs] };
	let mut exponents = Vec::with_capacity(outputs);
	for o in 0..outputs {
		let at = |j| attributes.index(inputs, outputs, o, j);
		let scale = weights.exponents[at(0)];
		for j in 0..inputs {
			if weights.exponents[at(j)] != scale {
				return Err(node.error("its weights must have one scale for each output"));
			}
			linear.weights.push(weight(node, weights.values[at(j)])?);
		}
		exponents.push(sum_exponent(node, exponent, scale)?);
	}
	if node.optional_input(2).is_some() {
		linear.bias = bias(node, lowering.integers(node, 2)?, &exponents)?;
	}
	let shape = [input.shape[0], outputs];
	let tensor = push(lowering, node, linear, input.tensor, &shape)?;
	let exponents = exponents.repeat(input.shape[0]);
	Ok(Value::Real(Real { tensor, shape: shape.into(), exponents }))
}

/// Sums below this are exact in float32, in whatever order they are added.
const MAX_SUM: i128 = 1 << 24;
/// Most results of one layer.
const MAX_RESULTS: usize = 1 << 24;

/// A weight: an 8-bit integer less an 8-bit zero point.
fn weight(node: &Node, value: i64) -> Result<i32, ModelError> {
	i32::try_from(value)
		.ok()
		.filter(|value| value.abs() <= 255)
		.ok_or_else(|| node.error(format!("its weight {value} has more than 8 bits")))
}

/// The exponent of a sum, which must be that of a normal float.
fn sum_exponent(node: &Node, input: i32, weight: i32) -> Result<i32, ModelError> {
	Some(input + weight).filter(|exponent| (-126..=127).contains(exponent)).ok_or_else(|| {
		node.error(format!("the product of its scales is 2^{}, no normal float", input + weight))
	})
}

/// Appends a linear layer whose every partial sum onnxruntime computes exactly.
pub(super) fn push(
	lowering: &mut Lowering<'_>,
	node: &Node,
	linear: Linear,
	source: usize,
	shape: &[usize],
) -> Result<usize, ModelError> {
	if shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size)).is_none_or(|n| n > MAX_RESULTS)
	{
		return Err(node.error(format!("a result of shape {} is too large", show_shape(shape))));
	}
	let reach = linear.reach(lowering.bounds_of(source));
	if reach >= MAX_SUM {
		return Err(node.error(format!(
			"its sums could reach {reach}, beyond 2^24, where onnxruntime rounds them: use fewer \
			 weight bits or coarser scales"
		)));
	}
	lowering.push(node, Box::new(linear), &[source], shape)
}

pub(super) fn lower_matmul(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	lower(lowering, node)
}

/// Checks a bias against the exponents of the sums to which it is added.
pub(super) fn bias(
	node: &Node,
	bias: &Integers,
	exponents: &[i32],
) -> Result<Vec<i64>, ModelError> {
	let outputs = exponents.len();
	if !(bias.shape == [outputs] || bias.shape == [1, outputs]) {
		return Err(node
			.error(format!("a bias of shape {} for {outputs} outputs", show_shape(&bias.shape))));
	}
	if let Some(value) = bias.values.iter().find(|value| i32::try_from(**value).is_err()) {
		return Err(node.error(format!("its bias {value} has more than 32 bits")));
	}
	if bias.exponents != exponents {
		return Err(node.error(
			"the scale of its bias is not the product of input and weight scales, which \
			 onnxruntime takes for granted",
		));
	}
	Ok(bias.values.clone())
}
