//! `QLinearLeakyRelu` of `com.microsoft`.
//!
//! # Semantics
//! Dequantised, `x` where it is not negative, else `RN32(α · x)`, and quantised, in float32.
//!
//! # Constraints
//! [`super::Requantize`] of a function of one byte: a table of 30 where nothing is cheaper.

use super::{
	operand::{Grid, Operand},
	qlinear_concat::requantize,
};
use crate::{
	error::ModelError,
	lower::Lowering,
	onnx::Node,
	value::{Quantized, Unary, Value},
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["alpha"])?;
	let alpha = node.float("alpha", 0.01)?;
	if !alpha.is_finite() {
		return Err(node.error("attribute alpha is not finite"));
	}
	let input = Operand::read(lowering, node, 0)?;
	let result = Grid::read(lowering, node, 3, input.grid.kind)?;
	if result.kind != input.grid.kind {
		return Err(node.error("its input and its result differ in type"));
	}
	let then = Some(Unary::LeakyRelu { alpha });
	let tensor = requantize(lowering, node, &input, &result, then)?;
	Ok(Value::Quantized(Quantized { tensor, shape: input.shape, kind: result.kind }))
}
