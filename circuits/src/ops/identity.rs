//! `Identity`, and `Dropout` in inference: the input as it is. No cost.

use crate::{error::ModelError, lower::Lowering, onnx::Node, value::Value};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	lowering.value(node, 0)
}

/// The second output, the mask, stands for nothing: no node may take it.
pub(super) fn lower_dropout(
	lowering: &mut Lowering<'_>,
	node: &Node,
) -> Result<Vec<Value>, ModelError> {
	node.only_attributes(&["ratio", "seed", "is_test", "consumed_inputs"])?;
	if let Some(training) = lowering.ints(node, 2)? {
		if training != [0] {
			return Err(
				node.error("training mode is not supported: export the model for inference")
			);
		}
	}
	Ok(vec![lowering.value(node, 0)?])
}
