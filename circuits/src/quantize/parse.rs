//! Attributes and constant inputs of ONNX nodes, whichever operator set they come from.

use super::net::{Move, PadMode};
use crate::{
	error::ModelError,
	onnx::{Attribute, Node, Tensor},
};

/// An axis counted from the front.
pub(super) fn axis(node: &Node, axis: i64, rank: usize) -> Result<usize, ModelError> {
	let from_front = if axis < 0 { axis + rank as i64 } else { axis };
	usize::try_from(from_front)
		.ok()
		.filter(|&axis| axis < rank)
		.ok_or_else(|| node.error(format!("axis {axis} for a tensor of rank {rank}")))
}

/// Several axes, each once.
fn axes(node: &Node, values: &[i64], rank: usize) -> Result<Vec<usize>, ModelError> {
	let mut axes = Vec::with_capacity(values.len());
	for &value in values {
		let axis = axis(node, value, rank)?;
		if axes.contains(&axis) {
			return Err(node.error(format!("axis {value} appears twice")));
		}
		axes.push(axis);
	}
	Ok(axes)
}

/// Integers from a constant input or, in older operator sets, from an attribute.
pub(super) fn ints<'a>(
	node: &Node,
	attribute: &str,
	index: usize,
	constant: &impl Fn(usize) -> Option<&'a Tensor>,
) -> Result<Option<Vec<i64>>, ModelError> {
	match node.attributes.get(attribute) {
		Some(Attribute::Ints(values)) => return Ok(Some(values.clone())),
		Some(Attribute::Int(value)) => return Ok(Some(vec![*value])),
		Some(_) => return Err(node.error(format!("attribute {attribute} is not integers"))),
		None => {},
	}
	let Some(name) = node.optional_input(index) else { return Ok(None) };
	constant(index)
		.and_then(|tensor| tensor.data.integers())
		.map(Some)
		.ok_or_else(|| node.error(format!("its input {name} must be a constant of integers")))
}

/// A float from a constant input or, in older operator sets, from an attribute.
pub(super) fn scalar<'a>(
	node: &Node,
	attribute: &str,
	index: usize,
	constant: &impl Fn(usize) -> Option<&'a Tensor>,
	default: f32,
) -> Result<f32, ModelError> {
	if node.attributes.contains_key(attribute) {
		return node.float(attribute, default);
	}
	let Some(name) = node.optional_input(index) else { return Ok(default) };
	match constant(index).and_then(Tensor::floats) {
		Some(&[value]) if !value.is_nan() => Ok(value),
		_ => Err(node.error(format!("its input {name} must be one constant of type float"))),
	}
}

/// The axes of a reduction; all of them if none are given.
pub(super) fn reduced_axes<'a>(
	node: &Node,
	rank: usize,
	constant: &impl Fn(usize) -> Option<&'a Tensor>,
) -> Result<Vec<usize>, ModelError> {
	node.only_attributes(&["axes", "keepdims", "noop_with_empty_axes"])?;
	match ints(node, "axes", 1, constant)?.filter(|values| !values.is_empty()) {
		Some(values) => axes(node, &values, rank),
		None if node.int("noop_with_empty_axes", 0)? != 0 => Ok(Vec::new()),
		None => Ok((0..rank).collect()),
	}
}

/// A move of one input's elements; `None` if the operator is none.
///
/// `Concat` is not among them: it takes several activations.
pub(super) fn simple_move<'a>(
	node: &Node,
	shape: &[usize],
	opset: i64,
	constant: impl Fn(usize) -> Option<&'a Tensor>,
) -> Result<Option<Move>, ModelError> {
	let rank = shape.len();
	let required = |values: Option<Vec<i64>>, what: &str| {
		values.ok_or_else(|| node.error(format!("{what} is missing")))
	};
	Ok(Some(match node.op.as_str() {
		"Flatten" => {
			node.only_attributes(&["axis"])?;
			let value = node.int("axis", 1)?;
			Move::Flatten(axis(node, value, rank + 1).or_else(|_| axis(node, value, rank))?)
		},
		"Reshape" => {
			node.only_attributes(&["allowzero", "shape"])?;
			if node.int("allowzero", 0)? != 0 {
				return Err(node.error("allowzero is not supported"));
			}
			Move::Reshape(required(ints(node, "shape", 1, &constant)?, "its shape")?)
		},
		"Squeeze" => {
			node.only_attributes(&["axes"])?;
			Move::Squeeze(match ints(node, "axes", 1, &constant)? {
				Some(values) => axes(node, &values, rank)?,
				None => (0..rank).filter(|&axis| shape[axis] == 1).collect(),
			})
		},
		"Unsqueeze" => {
			node.only_attributes(&["axes"])?;
			let values = required(ints(node, "axes", 1, &constant)?, "the input axes")?;
			let total = rank + values.len();
			Move::Unsqueeze(axes(node, &values, total)?)
		},
		"Transpose" => {
			node.only_attributes(&["perm"])?;
			Move::Transpose(match node.attributes.get("perm") {
				None => (0..rank).rev().collect(),
				Some(Attribute::Ints(perm)) => axes(node, perm, rank)?,
				Some(_) => return Err(node.error("attribute perm is not integers")),
			})
		},
		"Slice" => {
			node.only_attributes(&["starts", "ends", "axes"])?;
			let starts = required(ints(node, "starts", 1, &constant)?, "starts")?;
			let ends = required(ints(node, "ends", 2, &constant)?, "ends")?;
			let along = match ints(node, "axes", 3, &constant)? {
				Some(values) => axes(node, &values, rank)?,
				None => (0..starts.len()).collect(),
			};
			let steps = match ints(node, "steps", 4, &constant)? {
				Some(steps) => steps,
				None => vec![1; starts.len()],
			};
			let n = starts.len();
			if ends.len() != n || along.len() != n || steps.len() != n || n > rank {
				return Err(node.error("starts, ends, axes and steps differ in length"));
			}
			let mut ranges: Vec<(i64, i64, usize)> =
				shape.iter().map(|&size| (0, 1, size)).collect();
			for index in 0..n {
				let size = shape[along[index]] as i64;
				ranges[along[index]] = slice(starts[index], ends[index], steps[index], size)
					.ok_or_else(|| node.error("the slice is empty"))?;
			}
			Move::Slice(ranges)
		},
		"Gather" => {
			node.only_attributes(&["axis"])?;
			let axis = axis(node, node.int("axis", 0)?, rank)?;
			let size = shape[axis] as i64;
			let tensor = constant(1).ok_or_else(|| node.error("its indices must be constant"))?;
			let from_front = |index: i64| if index < 0 { index + size } else { index };
			let indices = tensor.data.integers().and_then(|values| {
				values.iter().map(|&index| usize::try_from(from_front(index)).ok()).collect()
			});
			let indices = indices.ok_or_else(|| node.error("its indices are no indices"))?;
			Move::Gather { axis, indices, shape: tensor.shape.clone() }
		},
		"Pad" => pad(node, rank, &constant)?,
		"Split" => {
			node.only_attributes(&["axis", "split", "num_outputs"])?;
			let axis = axis(node, node.int("axis", 0)?, rank)?;
			let parts = node.outputs.len();
			let sizes = match ints(node, "split", 1, &constant)? {
				Some(sizes) => sizes.iter().map(|&size| size.max(0) as usize).collect(),
				None => {
					let size = shape[axis].div_ceil(parts);
					let last = shape[axis].saturating_sub(size * (parts - 1));
					[vec![size; parts - 1], vec![last]].concat()
				},
			};
			if sizes.len() != parts || (opset < 18 && sizes.contains(&0)) {
				return Err(node.error(format!("sizes {sizes:?} for {parts} outputs")));
			}
			Move::Split { axis, sizes }
		},
		_ => return Ok(None),
	}))
}

/// Start, step and count of a slice.
fn slice(start: i64, end: i64, step: i64, size: i64) -> Option<(i64, i64, usize)> {
	let from_front = |value: i64| if value < 0 { value.saturating_add(size) } else { value };
	let (start, end) = (from_front(start), from_front(end));
	let (start, count) = match step {
		1.. => {
			let (start, end) = (start.clamp(0, size), end.clamp(0, size));
			(start, (end - start).max(0).checked_add(step - 1)? / step)
		},
		i64::MIN..=-1 => {
			let (start, end) = (start.clamp(0, size - 1), end.clamp(-1, size - 1));
			let step = step.checked_neg()?;
			(start, (start - end).max(0).checked_add(step - 1)? / step)
		},
		0 => return None,
	};
	usize::try_from(count).ok().filter(|&count| count > 0).map(|count| (start, step, count))
}

fn pad<'a>(
	node: &Node,
	rank: usize,
	constant: &impl Fn(usize) -> Option<&'a Tensor>,
) -> Result<Move, ModelError> {
	node.only_attributes(&["mode", "pads", "value"])?;
	let pads = ints(node, "pads", 1, constant)?.ok_or_else(|| node.error("pads are missing"))?;
	let along = match ints(node, "axes", 3, constant)? {
		Some(values) => axes(node, &values, rank)?,
		None => (0..rank).collect(),
	};
	if pads.len() != 2 * along.len() || pads.iter().any(|pad| !(0..1 << 16).contains(pad)) {
		return Err(node.error(format!("pads {pads:?} are not supported for rank {rank}")));
	}
	let (mut begins, mut ends) = (vec![0; rank], vec![0; rank]);
	for (index, &axis) in along.iter().enumerate() {
		begins[axis] = pads[index] as usize;
		ends[axis] = pads[along.len() + index] as usize;
	}
	let mode = match node.attributes.get("mode") {
		None => "constant",
		Some(Attribute::String(mode)) => mode.as_str(),
		Some(_) => return Err(node.error("attribute mode is not a string")),
	};
	let mode = match mode {
		"constant" => {
			let value = scalar(node, "value", 2, constant, 0.0)?;
			if !value.is_finite() {
				return Err(node.error("only finite padding is supported"));
			}
			PadMode::Constant(value)
		},
		"edge" => PadMode::Edge,
		"reflect" => PadMode::Reflect,
		other => return Err(node.error(format!("mode {other} is not supported"))),
	};
	Ok(Move::Pad { begins, ends, mode })
}
