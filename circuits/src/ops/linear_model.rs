//! `ai.onnx.ml.LinearRegressor`: weighted sums of columns.
//!
//! # Units
//! Coefficients must be short multiples of powers of two, as `zkml quantize` makes them, and sums
//! small enough to be exact in float32.
//!
//! # Cost
//! None: it is [`super::Dense`].

use super::{Dense, Linear};
use crate::{
	error::ModelError,
	lower::{dyadic_constant, Lowering, FLOAT_LIMIT},
	onnx::{Data, Node, Tensor},
	value::{exponent_of, Real, Unit, Value},
};

/// Coefficients, by output and then by input, and one intercept for each output.
pub(crate) fn coefficients(node: &Node, outputs: usize) -> Result<(Tensor, Vec<f32>), ModelError> {
	let coefficients = node.float_list("coefficients")?.unwrap_or_default().to_vec();
	let intercepts = match node.float_list("intercepts")? {
		None | Some([]) => vec![0.0; outputs],
		Some(intercepts) => intercepts.to_vec(),
	};
	if outputs == 0 || coefficients.is_empty() || coefficients.len() % outputs != 0 {
		let count = coefficients.len();
		return Err(node.error(format!("{count} coefficients for {outputs} outputs")));
	}
	if intercepts.len() != outputs {
		return Err(node.error(format!("{} intercepts for {outputs} outputs", intercepts.len())));
	}
	if let Some(value) = coefficients.iter().chain(&intercepts).find(|value| !value.is_finite()) {
		return Err(node.error(format!("a coefficient is {value}")));
	}
	let shape = vec![outputs, coefficients.len() / outputs];
	Ok((Tensor { shape, data: Data::F32(coefficients) }, intercepts))
}

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["coefficients", "intercepts", "targets", "post_transform"])?;
	let post = node.string("post_transform", "NONE")?;
	if post != "NONE" {
		return Err(node.error(format!("{post} after it is not supported: run `zkml quantize`")));
	}
	let outputs = usize::try_from(node.int("targets", 1)?).unwrap_or(0);
	let (coefficients, intercepts) = coefficients(node, outputs)?;
	let inputs = coefficients.shape[1];
	let real = lowering.real(node, 0)?;
	let real = lowering.uniform(node, real)?;
	if real.units.len() != inputs {
		let count = real.units.len();
		return Err(node.error(format!("coefficients for {inputs} columns, and it has {count}")));
	}
	let exponent = real.exponents(node)?.first().copied().unwrap_or_default();
	let weights = dyadic_constant(node, "coefficients", &coefficients)?;
	let unit = exponent + exponent_of(weights.scales[0]).unwrap_or_default();
	let bias = |value: f32| {
		let scaled = f64::from(value) / 2f64.powi(unit);
		(scaled.fract() == 0.0 && scaled.abs() < FLOAT_LIMIT as f64).then_some(scaled as i64)
	};
	let bias = intercepts.into_iter().map(bias).collect::<Option<Vec<i64>>>().ok_or_else(|| {
		node.error("an intercept is no multiple of its unit: run `zkml quantize` first")
	})?;
	let narrow = |&value: &i64| i32::try_from(value).ok();
	let weights: Option<Vec<i32>> = weights.values.iter().map(narrow).collect();
	let weights = weights.ok_or_else(|| node.error("a coefficient has more than 31 bits"))?;
	let linear = Linear { taps: Dense { rows: 1, inputs, outputs, weights }, bias };
	let shape = [1, outputs];
	let tensor = lowering.push_linear(node, linear, &[real.tensor], &shape, FLOAT_LIMIT)?;
	Ok(Value::Real(Real::new(tensor, shape.to_vec(), vec![Unit::Exact(unit); outputs])))
}
