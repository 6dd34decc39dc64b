//! Operators between `DequantizeLinear` and `QuantizeLinear` that onnxruntime computes in one
//! integer kernel, so that scales of both ends determine the result: `Add`, `Mul`, `AveragePool`
//! and `GlobalAveragePool`. See [`crate::fusion`] for when it does.
//!
//! The scale of the result is that of the `QuantizeLinear` to come, which finds integers at just
//! that scale and has nothing left to do.

use super::{
	operand::{Grid, Operand},
	qlinear_add, qlinear_average_pool, qlinear_global_average_pool, qlinear_mul,
};
use crate::{error::ModelError, lower::Lowering, onnx::Node, value::Value};

/// Operands and result of a node that is fused, if it is: all of one type.
fn group<const N: usize>(
	lowering: &mut Lowering<'_>,
	node: &Node,
) -> Result<Option<([Operand; N], Grid)>, ModelError> {
	let Some(result) = Grid::fused(lowering, node) else { return Ok(None) };
	let mut operands = Vec::new();
	for index in 0..N {
		match Operand::dequantized(lowering, node, index)? {
			Some(operand) if operand.grid.kind == result.kind => operands.push(operand),
			_ => return Ok(None),
		}
	}
	Ok(operands.try_into().ok().map(|operands| (operands, result)))
}

/// An `Add` that onnxruntime computes as `QLinearAdd`.
pub(super) fn add(lowering: &mut Lowering<'_>, node: &Node) -> Result<Option<Value>, ModelError> {
	if node.op != "Add" {
		return Ok(None);
	}
	let Some(([a, b], result)) = group(lowering, node)? else { return Ok(None) };
	let (tensor, shape) = qlinear_add::add(lowering, node, a, b, &result)?;
	Ok(Some(result.real(lowering, tensor, shape)))
}

/// A `Mul` that onnxruntime computes as `QLinearMul`.
pub(super) fn mul(lowering: &mut Lowering<'_>, node: &Node) -> Result<Option<Value>, ModelError> {
	let Some(([a, b], result)) = group(lowering, node)? else { return Ok(None) };
	let (tensor, shape) = qlinear_mul::multiply(lowering, node, &a, &b, &result)?;
	Ok(Some(result.real(lowering, tensor, shape)))
}

/// An `AveragePool` that onnxruntime computes as `QLinearAveragePool`.
pub(super) fn average_pool(
	lowering: &mut Lowering<'_>,
	node: &Node,
) -> Result<Option<Value>, ModelError> {
	let Some(([input], result)) = group(lowering, node)? else { return Ok(None) };
	let (tensor, shape) = qlinear_average_pool::pool(lowering, node, &input, &result)?;
	Ok(Some(result.real(lowering, tensor, shape)))
}

/// A `GlobalAveragePool` that onnxruntime computes as `QLinearGlobalAveragePool`.
pub(super) fn global_average_pool(
	lowering: &mut Lowering<'_>,
	node: &Node,
) -> Result<Option<Value>, ModelError> {
	let Some(([input], result)) = group(lowering, node)? else { return Ok(None) };
	let (tensor, shape) = qlinear_global_average_pool::mean(lowering, node, &input, &result)?;
	Ok(Some(result.real(lowering, tensor, shape)))
}
