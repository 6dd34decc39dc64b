//! Axes, broadcasting and positions in tensors.

use crate::{
	error::{show_shape, ModelError},
	onnx::Node,
};

/// An axis that may count from the end.
pub(crate) fn axis(node: &Node, axis: i64, rank: usize) -> Result<usize, ModelError> {
	let at = if axis < 0 { axis + rank as i64 } else { axis };
	match usize::try_from(at) {
		Ok(at) if at < rank => Ok(at),
		_ => Err(node.error(format!("axis {axis} of a tensor with {rank} dimensions"))),
	}
}

/// How far apart neighbours on each axis lie.
pub(crate) fn strides(shape: &[usize]) -> Vec<usize> {
	let mut strides = vec![1; shape.len()];
	for axis in (1..shape.len()).rev() {
		strides[axis - 1] = strides[axis] * shape[axis];
	}
	strides
}

/// Every position of a shape, in row-major order.
pub(crate) fn positions(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> + '_ {
	let count: usize = shape.iter().product();
	let strides = strides(shape);
	(0..count).map(move |index| {
		strides.iter().zip(shape).map(|(stride, &size)| index / stride % size).collect()
	})
}

/// The shape that several operands have together (ONNX, multidirectional broadcasting).
pub(crate) fn broadcast(node: &Node, shapes: &[&[usize]]) -> Result<Vec<usize>, ModelError> {
	let rank = shapes.iter().map(|shape| shape.len()).max().unwrap_or(0);
	let mut result = vec![1; rank];
	for shape in shapes {
		for (to, &from) in result[rank - shape.len()..].iter_mut().zip(*shape) {
			if *to == 1 {
				*to = from;
			} else if from != 1 && from != *to {
				let shapes: Vec<String> = shapes.iter().map(|shape| show_shape(shape)).collect();
				return Err(
					node.error(format!("operands of shapes {} do not fit", shapes.join(", ")))
				);
			}
		}
	}
	match result.iter().try_fold(1usize, |count, &size| count.checked_mul(size)) {
		Some(count) if count <= crate::lower::MAX_ELEMENTS => Ok(result),
		_ => Err(node.error(format!("a result of shape {} is too large", show_shape(&result)))),
	}
}

/// By element of `to`, the element of `from` that broadcasting puts there; `None` where all stand
/// in order.
pub(crate) fn places(from: &[usize], to: &[usize]) -> Option<Vec<usize>> {
	let padded = [vec![1; to.len() - from.len()], from.to_vec()].concat();
	if padded == to {
		return None;
	}
	let strides = strides(&padded);
	let place = |position: Vec<usize>| {
		let terms = position.iter().zip(&strides).zip(&padded);
		terms.map(|((&at, stride), &size)| if size == 1 { 0 } else { at * stride }).sum()
	};
	Some(positions(to).map(place).collect())
}

/// Broadcasts values.
pub(crate) fn spread<T: Clone>(values: &[T], from: &[usize], to: &[usize]) -> Vec<T> {
	match places(from, to) {
		None => values.to_vec(),
		Some(places) => places.into_iter().map(|place| values[place].clone()).collect(),
	}
}
