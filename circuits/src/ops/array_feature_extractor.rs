//! `ai.onnx.ml.ArrayFeatureExtractor`: some places of the last axis. No cost.

use super::shape::{elements, grid, offsets};
use crate::{error::ModelError, lower::Lowering, onnx::Node, value::Value};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	let value = lowering.value(node, 0)?;
	let indices = lowering.ints(node, 1)?.ok_or_else(|| node.error("its indices are missing"))?;
	let from = value.shape().to_vec();
	let last = from.len().checked_sub(1).ok_or_else(|| node.error("its input has no axis"))?;
	let mut places = offsets(&from);
	let taken: Option<Vec<usize>> = (indices.iter())
		.map(|&index| usize::try_from(index).ok().and_then(|at| places[last].get(at).copied()))
		.collect();
	places[last] = taken.ok_or_else(|| node.error("an index lies outside its input"))?;
	// onnxruntime gives a vector one row.
	let shape = match last {
		0 => vec![1, indices.len()],
		_ => [&from[..last], &[indices.len()]].concat(),
	};
	elements(node, &shape)?;
	super::moves::reorder(lowering, node, value, shape, grid(&places))
}
