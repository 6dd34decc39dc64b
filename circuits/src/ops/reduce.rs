//! `ReduceMax`, `ReduceMin`, `ReduceMean` and `ReduceSum`.
//!
//! # Semantics
//! As pools over the axes: sums are exact, the count of a mean is part of its unit.
//!
//! # Constraints
//! Those of [`super::Extreme`] for the largest and smallest, none for sums and means.

use super::{
	average_pool::{mean, sum_units},
	max_pool::pool,
	shape::{axes, windows},
	Linear, Windows,
};
use crate::{
	error::ModelError,
	lower::{Lowering, FLOAT_LIMIT},
	onnx::Node,
	value::{Real, Unit, Value},
};

/// The windows that a node reduces, and the shape of its result.
struct Reduction {
	windows: Vec<Vec<u32>>,
	shape: Vec<usize>,
}

/// What a node reduces; `None` if nothing.
fn read(
	lowering: &Lowering<'_>,
	node: &Node,
	from: &[usize],
) -> Result<Option<Reduction>, ModelError> {
	node.only_attributes(&["axes", "keepdims", "noop_with_empty_axes"])?;
	let given = lowering.axes(node, 1)?.unwrap_or_default();
	let along: Vec<usize> = match given.is_empty() {
		false => axes(node, &given, from.len())?,
		true if node.int("noop_with_empty_axes", 0)? != 0 => return Ok(None),
		true => (0..from.len()).collect(),
	};
	let shape = without(node, from, &along)?;
	Ok(Some(Reduction { windows: windows(from, &along), shape }))
}

/// A shape without some axes, or with size 1 there if the node keeps them.
pub(super) fn without(
	node: &Node,
	from: &[usize],
	along: &[usize],
) -> Result<Vec<usize>, ModelError> {
	let keep = node.int("keepdims", 1)? != 0;
	let sizes = from.iter().enumerate().filter_map(|(axis, &size)| match along.contains(&axis) {
		false => Some(size),
		true => keep.then_some(1),
	});
	Ok(sizes.collect())
}

fn extreme(lowering: &mut Lowering<'_>, node: &Node, smallest: bool) -> Result<Value, ModelError> {
	let value = lowering.value(node, 0)?;
	match read(lowering, node, value.shape())? {
		Some(Reduction { windows, shape }) => {
			pool(lowering, node, value, (windows, None), shape, smallest)
		},
		None => Ok(value),
	}
}

pub(super) fn lower_max(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	extreme(lowering, node, false)
}

pub(super) fn lower_min(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	extreme(lowering, node, true)
}

pub(super) fn lower_mean(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	let input = lowering.real(node, 0)?;
	let Some(Reduction { windows, shape }) = read(lowering, node, &input.shape)? else {
		return Ok(Value::Real(input));
	};
	let counts: Vec<usize> = windows.iter().map(Vec::len).collect();
	mean(lowering, node, &input, windows, &counts, shape)
}

pub(super) fn lower_sum(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	let input = lowering.real(node, 0)?;
	let Some(Reduction { windows, shape }) = read(lowering, node, &input.shape)? else {
		return Ok(Value::Real(input));
	};
	let (input, exponents) = sum_units(lowering, node, &input, &windows)?;
	let linear = Linear::new(Windows { windows });
	let tensor = lowering.push_linear(node, linear, &[input.tensor], &shape, FLOAT_LIMIT)?;
	let units = exponents.into_iter().map(Unit::Exact).collect();
	Ok(Value::Real(Real::new(tensor, shape, units)))
}
