//! `BatchNormalization` in inference: one factor and one addend for each channel.
//!
//! # Units
//! The factor `γ / √(σ² + ε)` must be a short multiple of a power of two, and so must the addend:
//! `zkml quantize` folds others into the weights before them.
//!
//! # Cost
//! None.

use super::{Factors, Linear, Sum, Term};
use crate::{
	error::ModelError,
	lower::{Lowering, FLOAT_LIMIT},
	onnx::Node,
	value::{dyadic, Real, Unit, Value},
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Vec<Value>, ModelError> {
	node.only_attributes(&["epsilon", "momentum", "training_mode", "spatial"])?;
	if node.int("training_mode", 0)? != 0 || node.outputs.iter().skip(1).any(|o| !o.is_empty()) {
		return Err(node.error("training mode is not supported: export the model for inference"));
	}
	if node.int("spatial", 1)? != 1 {
		return Err(node.error("only spatial normalisation is supported"));
	}
	let input = lowering.real(node, 0)?;
	let channels = *input.shape.get(1).ok_or_else(|| node.error("its input has no channels"))?;
	let [gamma, beta, mean, variance] =
		[1, 2, 3, 4].map(|index| parameters(lowering, node, index, channels));
	let (gamma, beta, mean, variance) = (gamma?, beta?, mean?, variance?);
	let epsilon = node.float("epsilon", 1e-5)?;
	let inner: usize = input.shape[2..].iter().product();
	let exponents = input.exponents(node)?;
	let mut per_channel = Vec::with_capacity(channels);
	for c in 0..channels {
		// onnxruntime computes a factor and an addend in float32, and applies them.
		let factor = gamma[c] * (1.0 / (variance[c] + epsilon).sqrt());
		let addend = beta[c] - mean[c] * factor;
		let (f, a) = (dyadic(factor), dyadic(addend));
		if !factor.is_finite()
			|| !addend.is_finite()
			|| f.0.abs() >= 1 << 12
			|| a.0.abs() >= 1 << 22
		{
			return Err(node.error(format!(
				"its factor {factor} or its addend {addend} is no short multiple of a power of \
				 two: run `zkml quantize`, which folds them into the weights before"
			)));
		}
		per_channel.push((f, a));
	}
	let mut factors = Vec::new();
	let mut addends = Vec::new();
	let mut units = Vec::new();
	for (element, &exponent) in exponents.iter().enumerate() {
		let ((factor, power), (addend, addend_power)) = per_channel[element / inner % channels];
		let product = exponent + power;
		let finest = if addend == 0 { product } else { product.min(addend_power) };
		let (up, addend_up) = (product - finest, addend_power - finest);
		if up > 30 || (addend != 0 && addend_up > 30) {
			return Err(node.error("its factor and its addend are too far apart"));
		}
		factors.push(factor << up);
		addends.push(if addend == 0 { 0 } else { addend << addend_up });
		units.push(Unit::Exact(finest));
	}
	let term = Term { places: None, factors: Factors::Each(factors) };
	let linear = Linear { taps: Sum { outputs: units.len(), terms: vec![term] }, bias: addends };
	let tensor = lowering.push_linear(node, linear, &[input.tensor], &input.shape, FLOAT_LIMIT)?;
	Ok(vec![Value::Real(Real::new(tensor, input.shape, units))])
}

fn parameters(
	lowering: &Lowering<'_>,
	node: &Node,
	index: usize,
	channels: usize,
) -> Result<Vec<f32>, ModelError> {
	match lowering.constant(node, index)?.floats() {
		Some(values) if values.len() == channels => Ok(values.to_vec()),
		_ => Err(node.error(format!("its input {index} is not {channels} floats"))),
	}
}
