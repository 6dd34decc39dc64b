//! `MaxPool` and `GlobalMaxPool`.
//!
//! # Constraints
//! [`super::Extreme`]. What is pending, such as a `Relu`, stays pending where it never falls: the
//! largest of rectified numbers is the rectified largest. A rounding before it changes places with
//! it where that is cheaper, for the same reason.

use super::{
	geometry::{channels, check_size, image, kernel_shape, Geometry},
	Extreme,
};
use crate::{
	error::ModelError,
	lower::Lowering,
	onnx::Node,
	value::{Real, Unary, Unit, Value},
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Vec<Value>, ModelError> {
	let attributes = [&Geometry::ATTRIBUTES[..], &["kernel_shape", "storage_order"]].concat();
	node.only_attributes(&attributes)?;
	if node.outputs.len() > 1 && !node.outputs[1].is_empty() {
		return Err(node.error("its second output, the indices, is not supported"));
	}
	let value = lowering.value(node, 0)?;
	let shape = value.shape().to_vec();
	let (batch, count, spatial) = image(node, &shape)?;
	let geometry = Geometry::new(node, spatial, &kernel_shape(node, spatial.len())?)?;
	let result = [&[batch, count], geometry.output.as_slice()].concat();
	check_size(node, &result)?;
	let windows = channels(&geometry, batch * count, spatial.iter().product());
	Ok(vec![pool(lowering, node, value, windows, result)?])
}

pub(super) fn lower_global(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	let value = lowering.value(node, 0)?;
	let shape = value.shape().to_vec();
	let (batch, channels, spatial) = image(node, &shape)?;
	let size: usize = spatial.iter().product();
	let windows =
		(0..batch * channels).map(|image| (image * size..(image + 1) * size).map(|at| at as u32));
	let windows = windows.map(Iterator::collect).collect();
	let result = [&[batch, channels], vec![1; spatial.len()].as_slice()].concat();
	pool(lowering, node, value, windows, result)
}

fn pool(
	lowering: &mut Lowering<'_>,
	node: &Node,
	value: Value,
	windows: Vec<Vec<u32>>,
	shape: Vec<usize>,
) -> Result<Value, ModelError> {
	if windows.iter().any(Vec::is_empty) {
		return Err(node.error("a window lies in the padding alone"));
	}
	match value {
		// Integers of one type compare as what they stand for.
		Value::Quantized(quantized) => {
			let op = Extreme { windows, smallest: false };
			let tensor = lowering.push(node, op, &[quantized.tensor], &shape)?;
			Ok(Value::Quantized(crate::value::Quantized { tensor, shape, ..quantized }))
		},
		_ => lowering
			.pending(node, 0)
			.and_then(|real| largest(lowering, node, real, windows, shape, false))
			.map(Value::Real),
	}
}

/// The largest, or smallest, of each window of an activation.
pub(super) fn largest(
	lowering: &mut Lowering<'_>,
	node: &Node,
	real: Real,
	windows: Vec<Vec<u32>>,
	shape: Vec<usize>,
	smallest: bool,
) -> Result<Real, ModelError> {
	if windows.iter().any(Vec::is_empty) {
		return Err(node.error("a window lies in the padding alone"));
	}
	let mut real = match real.then.iter().all(|unary: &Unary| unary.is_monotone()) {
		true => real,
		false => lowering.realize(node, real)?,
	};
	let kernel = real.units.iter().any(|unit| matches!(unit, Unit::Kernel(_)));
	let uniform = windows.iter().all(|window| {
		window.windows(2).all(|pair| real.units[pair[0] as usize] == real.units[pair[1] as usize])
	});
	if kernel || !uniform {
		real = lowering.uniform(node, real)?;
		// A kernel's result must be rounded first, whatever its units.
		real.exponents(node)?;
	}
	let units = windows.iter().map(|window| real.units[window[0] as usize]).collect();
	let op = Extreme { windows, smallest };
	let tensor = lowering.push(node, op, &[real.tensor], &shape)?;
	Ok(Real { tensor, shape, units, then: real.then, source: None })
}
