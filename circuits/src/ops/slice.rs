//! `Slice`: every so many places of some axes, forwards or backwards. No cost.

use super::shape::{axes, grid, offsets};
use crate::{error::ModelError, lower::Lowering, onnx::Node, value::Value};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["starts", "ends", "axes"])?;
	let value = lowering.value(node, 0)?;
	let mut shape = value.shape().to_vec();
	// Attributes before operator set 10, inputs since.
	let list = |name, index| match node.int_list(name)? {
		Some(values) => Ok(Some(values.to_vec())),
		None => lowering.ints(node, index),
	};
	let missing = || node.error("its starts or ends are missing");
	let starts = list("starts", 1)?.ok_or_else(missing)?;
	let ends = list("ends", 2)?.ok_or_else(missing)?;
	let all = || (0..starts.len() as i64).collect();
	let along = list("axes", 3)?.unwrap_or_else(all);
	let steps = lowering.ints(node, 4)?.unwrap_or_else(|| vec![1; starts.len()]);
	if [ends.len(), along.len(), steps.len()].iter().any(|&count| count != starts.len()) {
		return Err(node.error("its starts, ends, axes and steps differ in length"));
	}
	let along = axes(node, &along, shape.len())?;
	let mut places = offsets(&shape);
	for (index, &axis) in along.iter().enumerate() {
		if steps[index] == 0 {
			return Err(node.error("a step is 0"));
		}
		let taken = range(shape[axis], starts[index], ends[index], steps[index]);
		places[axis] = taken.into_iter().map(|at| places[axis][at]).collect();
		shape[axis] = places[axis].len();
	}
	super::moves::reorder(lowering, node, value, shape, grid(&places))
}

/// The places that a slice takes of an axis.
fn range(size: usize, start: i64, end: i64, step: i64) -> Vec<usize> {
	let size = size as i64;
	let from_end = |at: i64| if at < 0 { at + size } else { at };
	let (first, last) = match step > 0 {
		true => (0, size),
		false => (-1, size - 1),
	};
	let start = from_end(start).clamp(first.max(0), last.max(0));
	let end = from_end(end).clamp(first, last);
	let mut taken = Vec::new();
	let mut at = start;
	while at < size && if step > 0 { at < end } else { at > end } {
		taken.push(at as usize);
		at = at.saturating_add(step);
	}
	taken
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn ends_are_clamped() {
		assert_eq!(range(5, 1, i64::MAX, 2), [1, 3]);
		assert_eq!(range(5, i64::MIN, i64::MAX, i64::MAX), [0]);
		assert_eq!(range(5, i64::MAX, i64::MIN, -1), [4, 3, 2, 1, 0]);
		assert_eq!(range(5, -1, -4, -2), [4, 2]);
		assert_eq!(range(5, -1, i64::MIN, i64::MIN), [4]);
		assert!(range(5, 3, 3, 1).is_empty());
		assert!(range(0, 0, 5, 1).is_empty());
		assert!(range(0, 0, -5, -1).is_empty());
	}
}
