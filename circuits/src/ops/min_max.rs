//! `Min` and `Max` of activations and constants.
//!
//! # Units
//! Operands come to the finest unit of all; constants must be short multiples of powers of two. A
//! single number and an activation are a `Clip`, which stays pending and is free before
//! `QuantizeLinear`.
//!
//! # Constraints
//! [`super::Extreme`].

use super::{
	add::fold,
	max_pool::pool,
	moves::{combine, operands},
	shape::{broadcast, elements, places},
};
use crate::{
	error::ModelError,
	lower::{then, Lowering},
	onnx::Node,
	value::{Unary, Unit, Value},
};

pub(super) fn lower_max(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	lower(lowering, node, false)
}

pub(super) fn lower_min(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	lower(lowering, node, true)
}

fn lower(lowering: &mut Lowering<'_>, node: &Node, smallest: bool) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	let pick = |x: i64, y: i64| Some(if smallest { x.min(y) } else { x.max(y) });
	let pick_float = |x: f32, y: f32| if smallest { x.min(y) } else { x.max(y) };
	if let Some(value) = fold(lowering, node, pick, pick_float)? {
		return Ok(value);
	}
	if let Some(value) = clip(lowering, node, smallest)? {
		return Ok(value);
	}
	let values = operands(lowering, node)?;
	let shapes: Vec<&[usize]> = values.iter().map(Value::shape).collect();
	let shape = broadcast(node, &shapes)?;
	let count = elements(node, &[&[values.len()], shape.as_slice()].concat())? / values.len();
	if let [value] = values.as_slice() {
		return Ok(value.clone());
	}
	let spread: Vec<_> = shapes.iter().map(|from| places(from, &shape)).collect();
	let sources: Vec<(u32, u32)> = (0..count)
		.flat_map(|output| {
			spread.iter().enumerate().map(move |(value, places)| {
				let element = places.as_ref().map_or(output, |places| places[output]);
				(value as u32, element as u32)
			})
		})
		.collect();
	let operands = values.len();
	let stacked = combine(lowering, node, values, vec![count, operands], &sources)?;
	if matches!(stacked, Value::Constant(_) | Value::Integers(_)) {
		return Err(node.error("it compares constants only: fold them before exporting"));
	}
	let first = |output: usize| (output * operands) as u32;
	let windows = (0..count).map(|output| (first(output)..first(output + 1)).collect()).collect();
	pool(lowering, node, stacked, (windows, None), shape, smallest)
}

/// One activation and one number, as a `Clip`.
fn clip(
	lowering: &mut Lowering<'_>,
	node: &Node,
	smallest: bool,
) -> Result<Option<Value>, ModelError> {
	let [activation, constant] = match node.inputs.len() {
		2 if lowering.is_constant(node, 1) => [0, 1],
		2 if lowering.is_constant(node, 0) => [1, 0],
		_ => return Ok(None),
	};
	let (Value::Real(real), Value::Constant(tensor)) =
		(lowering.value(node, activation)?, lowering.value(node, constant)?)
	else {
		return Ok(None);
	};
	let Some(&[end]) = tensor.floats() else { return Ok(None) };
	let kernel = real.units.iter().any(|unit| matches!(unit, Unit::Kernel(_)));
	if kernel || broadcast(node, &[&real.shape, &tensor.shape])? != real.shape {
		return Ok(None);
	}
	if end.is_nan() {
		return Err(node.error("its constant is not a number"));
	}
	let (lo, hi) = if smallest { (f32::NEG_INFINITY, end) } else { (end, f32::INFINITY) };
	Ok(Some(Value::Real(then(real, Unary::Clip { lo, hi }))))
}
