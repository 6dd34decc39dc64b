//! `Shape`, `ConstantOfShape` and `Expand`: the sizes of a tensor, a constant of given sizes, and
//! elements over again. No cost.

use super::shape::{broadcast, elements, places};
use crate::{
	error::ModelError,
	lower::Lowering,
	onnx::{Attribute, Data, Node, Tensor},
	value::Value,
};

pub(super) fn lower_shape(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["start", "end"])?;
	let value = lowering.value(node, 0)?;
	let sizes: Vec<i64> = value.shape().iter().map(|&size| size as i64).collect();
	let rank = sizes.len() as i64;
	let end = |name: &str, default: i64| -> Result<usize, ModelError> {
		let at = node.int(name, default)?;
		Ok((if at < 0 { at + rank } else { at }).clamp(0, rank) as usize)
	};
	let (start, end) = (end("start", 0)?, end("end", rank)?);
	let sizes = sizes[start.min(end)..end].to_vec();
	Ok(Value::Constant(Tensor { shape: vec![sizes.len()], data: Data::I64(sizes) }))
}

/// A node's input that must be a constant shape.
fn wanted(lowering: &Lowering<'_>, node: &Node, index: usize) -> Result<Vec<usize>, ModelError> {
	let sizes = lowering.ints(node, index)?.ok_or_else(|| node.error("its shape is missing"))?;
	let shape: Result<Vec<usize>, _> = sizes.iter().map(|&size| usize::try_from(size)).collect();
	shape.map_err(|_| node.error(format!("its shape is {sizes:?}")))
}

pub(super) fn lower_constant(
	lowering: &mut Lowering<'_>,
	node: &Node,
) -> Result<Value, ModelError> {
	node.only_attributes(&["value"])?;
	let shape = wanted(lowering, node, 0)?;
	let count = elements(node, &shape)?;
	let data = match node.attributes.get("value") {
		None => Data::F32(vec![0.0]),
		Some(Attribute::Tensor(Tensor { data, .. })) if data.len() == 1 => data.clone(),
		Some(_) => return Err(node.error("its value is not a tensor of one element")),
	};
	Ok(Value::Constant(Tensor { shape, data: data.pick(&vec![0; count]) }))
}

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	let value = lowering.value(node, 0)?;
	let shape = broadcast(node, &[value.shape(), &wanted(lowering, node, 1)?])?;
	match places(value.shape(), &shape) {
		None => super::moves::with_shape(lowering, node, value, shape),
		Some(order) => super::moves::reorder(lowering, node, value, shape, order),
	}
}
