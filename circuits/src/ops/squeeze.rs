//! `Squeeze` and `Unsqueeze`: axes of size 1 that go or come. No cost.

use super::shape::{axes, elements};
use crate::{
	error::{show_shape, ModelError},
	lower::Lowering,
	onnx::Node,
	value::Value,
};

pub(super) fn lower_squeeze(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["axes"])?;
	let value = lowering.value(node, 0)?;
	let from = value.shape();
	// No axes are all axes.
	let gone = match lowering.axes(node, 1)?.filter(|given| !given.is_empty()) {
		Some(given) => axes(node, &given, from.len())?,
		None => (0..from.len()).filter(|&axis| from[axis] == 1).collect(),
	};
	if let Some(axis) = gone.iter().find(|&&axis| from[axis] != 1) {
		return Err(
			node.error(format!("axis {axis} of shape {} is not of size 1", show_shape(from)))
		);
	}
	let kept = (0..from.len()).filter(|axis| !gone.contains(axis));
	let shape = kept.map(|axis| from[axis]).collect();
	super::moves::with_shape(lowering, node, value, shape)
}

pub(super) fn lower_unsqueeze(
	lowering: &mut Lowering<'_>,
	node: &Node,
) -> Result<Value, ModelError> {
	node.only_attributes(&["axes"])?;
	let value = lowering.value(node, 0)?;
	let given = lowering.axes(node, 1)?.ok_or_else(|| node.error("its axes are missing"))?;
	let from = value.shape();
	let rank = from.len() + given.len();
	let new = axes(node, &given, rank)?;
	let mut sizes = from.iter().copied();
	let size = |axis| if new.contains(&axis) { 1 } else { sizes.next().unwrap_or(1) };
	let shape: Vec<usize> = (0..rank).map(size).collect();
	elements(node, &shape)?;
	super::moves::with_shape(lowering, node, value, shape)
}
