//! `Concat`: tensors one after the other along an axis. No cost.
//!
//! # Units
//! Units are by element, so that activations keep theirs. Constants between activations of one
//! unit come to it, or all come to a finer one.

use super::{
	moves::{combine, operands},
	shape::{axis, elements},
};
use crate::{
	error::{show_shape, ModelError},
	lower::Lowering,
	onnx::Node,
	value::Value,
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["axis"])?;
	let values = operands(lowering, node)?;
	let mut shape = values[0].shape().to_vec();
	// Operator sets below 4 had the axis 1 by default; those are not read.
	if !node.attributes.contains_key("axis") {
		return Err(node.error("attribute axis is missing"));
	}
	let axis = axis(node, node.int("axis", 0)?, shape.len())?;
	let mut size = 0usize;
	for value in &values {
		let other = value.shape();
		let fits = other.len() == shape.len()
			&& (0..shape.len()).all(|at| at == axis || other[at] == shape[at]);
		if !fits {
			let shapes: Vec<String> = values.iter().map(|v| show_shape(v.shape())).collect();
			return Err(node.error(format!(
				"operands of shapes {} do not fit along axis {axis}",
				shapes.join(", ")
			)));
		}
		size = size.saturating_add(other[axis]);
	}
	shape[axis] = size;
	let count = elements(node, &shape)?;
	let outer: usize = shape[..axis].iter().product();
	let chunks: Vec<usize> =
		values.iter().map(|value| value.shape()[axis..].iter().product()).collect();
	let mut places = Vec::with_capacity(count);
	for block in 0..outer {
		for (piece, &chunk) in chunks.iter().enumerate() {
			let elements = block * chunk..(block + 1) * chunk;
			places.extend(elements.map(|element| (piece as u32, element as u32)));
		}
	}
	combine(lowering, node, values, shape, &places)
}
