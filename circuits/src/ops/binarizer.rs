//! `ai.onnx.ml.Binarizer`: 1 above a threshold, else 0.

use super::columns::{columns, each};
use crate::{
	error::ModelError,
	lower::Lowering,
	onnx::Node,
	value::{Unary, Value},
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["threshold"])?;
	let value = node.float("threshold", 0.0)?;
	if value.is_nan() {
		return Err(node.error("its threshold is not a number"));
	}
	each(node, columns(lowering, node, 0)?, |_| Unary::Above { value })
}
