//! `Transpose`: axes in another order. No cost.

use super::shape::{axes, grid, offsets};
use crate::{
	error::{show_shape, ModelError},
	lower::Lowering,
	onnx::Node,
	value::Value,
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["perm"])?;
	let value = lowering.value(node, 0)?;
	let from = value.shape();
	let order = match node.int_list("perm")? {
		None => (0..from.len()).rev().collect(),
		Some(order) if order.len() == from.len() => axes(node, order, from.len())?,
		Some(order) => {
			return Err(node.error(format!("perm {order:?} for shape {}", show_shape(from))));
		},
	};
	let steps = offsets(from);
	let steps: Vec<Vec<usize>> = order.iter().map(|&axis| steps[axis].clone()).collect();
	let shape = order.iter().map(|&axis| from[axis]).collect();
	super::moves::reorder(lowering, node, value, shape, grid(&steps))
}
