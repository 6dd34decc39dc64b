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

/// Axes that may count from the end, none of them twice.
pub(crate) fn axes(node: &Node, axes: &[i64], rank: usize) -> Result<Vec<usize>, ModelError> {
	let mut seen = vec![false; rank];
	axes.iter()
		.map(|&given| {
			let at = axis(node, given, rank)?;
			match std::mem::replace(&mut seen[at], true) {
				false => Ok(at),
				true => Err(node.error(format!("axis {given} is given twice"))),
			}
		})
		.collect()
}

/// The number of elements of a shape, if it is not too large; sizes of zero are no excuse.
pub(crate) fn elements(node: &Node, shape: &[usize]) -> Result<usize, ModelError> {
	match shape.iter().try_fold(1usize, |count, &size| count.checked_mul(size.max(1))) {
		Some(count) if count <= crate::lower::MAX_ELEMENTS => Ok(shape.iter().product()),
		_ => Err(node.error(format!("a result of shape {} is too large", show_shape(shape)))),
	}
}

/// By axis, how far each place lies from the first.
pub(crate) fn offsets(shape: &[usize]) -> Vec<Vec<usize>> {
	let strides = strides(shape);
	let axes = shape.iter().zip(strides);
	axes.map(|(&size, stride)| (0..size).map(|at| at * stride).collect()).collect()
}

/// The sums of one offset of every axis, the last axis fastest.
pub(crate) fn grid(axes: &[Vec<usize>]) -> Vec<usize> {
	axes.iter().fold(vec![0], |sums, offsets| {
		sums.iter().flat_map(|sum| offsets.iter().map(move |offset| sum + offset)).collect()
	})
}

/// The elements that lie along some axes, for every place on the others in order.
pub(crate) fn windows(shape: &[usize], along: &[usize]) -> Vec<Vec<u32>> {
	let offsets = offsets(shape);
	let part = |within: bool| {
		let axes = offsets.iter().enumerate();
		let axes = axes.filter(|(axis, _)| along.contains(axis) == within);
		grid(&axes.map(|(_, offsets)| offsets.clone()).collect::<Vec<_>>())
	};
	let window = part(true);
	let first = part(false);
	first.iter().map(|first| window.iter().map(|at| (first + at) as u32).collect()).collect()
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
	elements(node, &result).map(|_| result)
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
