//! `AveragePool` and `GlobalAveragePool`.
//!
//! # Semantics
//! The exact sum over the window; a count that is a power of two is part of the result's unit,
//! another one a division in float32 that the next `QuantizeLinear` includes.
//!
//! # Cost
//! None.

use super::{
	geometry::{channels, image, kernel_shape, Geometry},
	Linear, Windows,
};
use crate::{
	error::ModelError,
	lower::{Lowering, FLOAT_LIMIT},
	onnx::Node,
	value::{Real, Unit, Value},
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	let attributes = [&Geometry::ATTRIBUTES[..], &["kernel_shape", "count_include_pad"]].concat();
	node.only_attributes(&attributes)?;
	if let Some(value) = super::fused::average_pool(lowering, node)? {
		return Ok(value);
	}
	let input = lowering.real(node, 0)?;
	let (batch, count, spatial) = image(node, &input.shape)?;
	let geometry = Geometry::new(node, spatial, &kernel_shape(node, spatial.len())?)?;
	let include = node.int("count_include_pad", 0)? != 0;
	let counts: Vec<usize> = (geometry.windows.iter().zip(&geometry.padded))
		.map(|(window, &padded)| if include { padded as usize } else { window.len() })
		.collect();
	let shape = [&[batch, count], geometry.output.as_slice()].concat();
	super::shape::elements(node, &shape)?;
	let windows = channels(&geometry, batch * count, spatial.iter().product());
	let counts = counts.repeat(batch * count);
	mean(lowering, node, &input, windows, &counts, shape)
}

pub(super) fn lower_global(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	if let Some(value) = super::fused::global_average_pool(lowering, node)? {
		return Ok(value);
	}
	let input = lowering.real(node, 0)?;
	let (batch, channels, spatial) = image(node, &input.shape)?;
	let size: usize = spatial.iter().product();
	let windows =
		(0..batch * channels).map(|image| (image * size..(image + 1) * size).map(|at| at as u32));
	let windows: Vec<Vec<u32>> = windows.map(Iterator::collect).collect();
	let shape = [&[batch, channels], vec![1; spatial.len()].as_slice()].concat();
	let counts = vec![size; batch * channels];
	mean(lowering, node, &input, windows, &counts, shape)
}

/// The mean over windows of one unit each: a sum, with the count in the unit.
pub(super) fn mean(
	lowering: &mut Lowering<'_>,
	node: &Node,
	input: &Real,
	windows: Vec<Vec<u32>>,
	counts: &[usize],
	shape: Vec<usize>,
) -> Result<Value, ModelError> {
	let (input, exponents) = sum_units(lowering, node, input, &windows)?;
	if counts.contains(&0) {
		return Err(node.error("a window lies in the padding alone"));
	}
	let units = exponents.iter().zip(counts).map(|(&exponent, &count)| {
		if count.is_power_of_two() {
			Unit::Exact(exponent - count.trailing_zeros() as i32)
		} else {
			Unit::Over { exponent, divisor: count as f32 }
		}
	});
	let units = units.collect();
	let linear = Linear::new(Windows { windows });
	let tensor = lowering.push_linear(node, linear, &[input.tensor], &shape, FLOAT_LIMIT)?;
	Ok(Value::Real(Real::new(tensor, shape, units)))
}

/// The exponent of the sum over each window, whose elements are brought to one.
pub(super) fn sum_units(
	lowering: &mut Lowering<'_>,
	node: &Node,
	input: &Real,
	windows: &[Vec<u32>],
) -> Result<(Real, Vec<i32>), ModelError> {
	let exponents = input.exponents(node)?;
	let uniform = windows.iter().all(|window| {
		window.windows(2).all(|pair| exponents[pair[0] as usize] == exponents[pair[1] as usize])
	});
	let input = if uniform { input.clone() } else { lowering.uniform(node, input.clone())? };
	let exponents = input.exponents(node)?;
	let first = |window: &Vec<u32>| {
		window.first().map_or(exponents[0], |&element| exponents[element as usize])
	};
	Ok((input, windows.iter().map(first).collect()))
}
