//! `ai.onnx.ml.Scaler`: `(x − offset) · scale`, in float32. What takes it counts the cost.

use super::columns::{columns, each};
use crate::{
	error::ModelError,
	lower::Lowering,
	onnx::Node,
	value::{Unary, Value},
};

/// One number for each column, or one for all.
pub(super) fn by_column(
	node: &Node,
	name: &str,
	width: usize,
	default: f32,
) -> Result<Vec<f32>, ModelError> {
	let values = node.float_list(name)?.unwrap_or_default();
	let values = match values {
		[] => vec![default; width],
		&[value] => vec![value; width],
		values if values.len() == width => values.to_vec(),
		values => {
			return Err(
				node.error(format!("{name} has {} numbers for {width} columns", values.len()))
			);
		},
	};
	match values.iter().find(|value| !value.is_finite()) {
		Some(value) => Err(node.error(format!("{name} holds {value}"))),
		None => Ok(values),
	}
}

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["offset", "scale"])?;
	let columns = columns(lowering, node, 0)?;
	let width = columns.shape.last().copied().unwrap_or(1);
	let offsets = by_column(node, "offset", width, 0.0)?;
	let scales = by_column(node, "scale", width, 1.0)?;
	each(node, columns, |at| Unary::Affine { minus: offsets[at], times: scales[at] })
}
