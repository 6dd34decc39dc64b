//! `Reshape` and `Flatten`: other dimensions for the same elements in the same order. No cost.

use crate::{
	error::{show_shape, ModelError},
	lower::Lowering,
	onnx::Node,
	value::Value,
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	let value = lowering.value(node, 0)?;
	let wanted = match node.op.as_str() {
		"Flatten" => None,
		_ => lowering.ints(node, 1)?,
	};
	let shape = reshaped(node, value.shape(), wanted.as_deref())?;
	super::moves::with_shape(lowering, node, value, shape)
}

/// The shape that a `Reshape` or `Flatten` node gives to elements of shape `from`; `wanted` is the
/// shape that `Reshape` asks for.
pub(crate) fn reshaped(
	node: &Node,
	from: &[usize],
	wanted: Option<&[i64]>,
) -> Result<Vec<usize>, ModelError> {
	if node.op == "Flatten" {
		node.only_attributes(&["axis"])?;
		let axis = node.int("axis", 1)?;
		let rank = from.len() as i64;
		if !(-rank..=rank).contains(&axis) {
			return Err(node.error(format!("axis {axis} for shape {}", show_shape(from))));
		}
		let axis = if axis < 0 { axis + rank } else { axis } as usize;
		return Ok(vec![from[..axis].iter().product(), from[axis..].iter().product()]);
	}
	node.only_attributes(&["allowzero", "shape"])?;
	let keeps_zero = node.int("allowzero", 0)? != 0;
	let wanted = wanted.ok_or_else(|| node.error("its shape is not a constant"))?;
	resolved(from, wanted, keeps_zero)
		.ok_or_else(|| node.error(format!("cannot reshape {} to {wanted:?}", show_shape(from))))
}

/// The sizes that `Reshape` makes of those wanted: one `-1` is what the others leave over, and 0
/// copies a size unless it is kept. `None` if they do not hold the same elements.
pub(crate) fn resolved(from: &[usize], wanted: &[i64], keeps_zero: bool) -> Option<Vec<usize>> {
	let count: usize = from.iter().product();
	let mut shape = Vec::with_capacity(wanted.len());
	let mut inferred = None;
	for (axis, &size) in wanted.iter().enumerate() {
		shape.push(match size {
			-1 if inferred.replace(axis).is_none() => 1,
			0 if !keeps_zero => *from.get(axis)?,
			size => usize::try_from(size).ok()?,
		});
	}
	let product =
		|shape: &[usize]| shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
	if let Some(axis) = inferred {
		let others = product(&shape).filter(|&others| others > 0)?;
		shape[axis] = count / others;
	}
	(product(&shape) == Some(count)).then_some(shape)
}
