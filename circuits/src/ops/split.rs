//! `Split`: parts along an axis. No cost.

use super::shape::{axis, grid, offsets};
use crate::{
	error::{show_shape, ModelError},
	lower::Lowering,
	onnx::Node,
	value::Value,
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Vec<Value>, ModelError> {
	node.only_attributes(&["axis", "split", "num_outputs"])?;
	let value = lowering.value(node, 0)?;
	let from = value.shape().to_vec();
	let axis = axis(node, node.int("axis", 0)?, from.len())?;
	let given = match node.int_list("split")? {
		Some(sizes) => Some(sizes.to_vec()),
		None => lowering.ints(node, 1)?,
	};
	let sizes = match given {
		Some(sizes) => sizes.iter().map(|&size| usize::try_from(size).unwrap_or(0)).collect(),
		None => equal(node, from[axis])?,
	};
	let sum = sizes.iter().try_fold(0usize, |sum, &size| sum.checked_add(size));
	if sum != Some(from[axis]) || sizes.len() != node.outputs.len() || sizes.contains(&0) {
		return Err(node.error(format!(
			"{} outputs of sizes {sizes:?} along axis {axis} of shape {}",
			node.outputs.len(),
			show_shape(&from)
		)));
	}
	let mut start = 0;
	sizes
		.iter()
		.map(|&size| {
			let mut steps = offsets(&from);
			steps[axis] = steps[axis][start..start + size].to_vec();
			start += size;
			let mut shape = from.clone();
			shape[axis] = size;
			super::moves::reorder(lowering, node, value.clone(), shape, grid(&steps))
		})
		.collect()
}

/// Equal parts; from operator set 18, which counts them, the last may be smaller.
fn equal(node: &Node, size: usize) -> Result<Vec<usize>, ModelError> {
	let count = node.outputs.len();
	let counted = node.int("num_outputs", count as i64)?;
	if usize::try_from(counted) != Ok(count) || count == 0 {
		return Err(node.error(format!("num_outputs is {counted}, but it has {count} outputs")));
	}
	let part = size.div_ceil(count);
	let last = size.checked_sub(part.saturating_mul(count - 1)).filter(|&last| last > 0);
	match last {
		Some(last) if last == part || node.attributes.contains_key("num_outputs") => {
			let mut sizes = vec![part; count];
			sizes[count - 1] = last;
			Ok(sizes)
		},
		_ => Err(node.error(format!("{count} equal parts of {size}: give their sizes"))),
	}
}
