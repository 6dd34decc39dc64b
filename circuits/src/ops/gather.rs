//! `Gather` with constant indices: places of an axis, in any order. No cost.

use super::shape::{axis, elements, grid, offsets};
use crate::{
	error::{show_shape, ModelError},
	lower::Lowering,
	onnx::Node,
	value::Value,
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["axis"])?;
	let value = lowering.value(node, 0)?;
	let from = value.shape();
	let axis = axis(node, node.int("axis", 0)?, from.len())?;
	let indices = lowering.constant(node, 1).map_err(|_| {
		node.error(format!(
			"its indices, {}, are computed: only constant indices are supported",
			node.inputs.get(1).map_or("", String::as_str)
		))
	})?;
	let Some(values) = indices.data.integers() else {
		return Err(node.error("its indices are not integers"));
	};
	let shape = [&from[..axis], &indices.shape, &from[axis + 1..]].concat();
	elements(node, &shape)?;
	let mut places = offsets(from);
	let taken: Option<Vec<usize>> = (values.iter())
		.map(|&index| {
			let at = if index < 0 { index.checked_add(from[axis] as i64)? } else { index };
			usize::try_from(at).ok().and_then(|at| places[axis].get(at).copied())
		})
		.collect();
	places[axis] = taken.ok_or_else(|| {
		node.error(format!("an index lies outside axis {axis} of shape {}", show_shape(from)))
	})?;
	super::moves::reorder(lowering, node, value, shape, grid(&places))
}
