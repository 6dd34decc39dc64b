//! `ai.onnx.ml.LabelEncoder` of numbers: the value beside the key that a field has.

use super::columns::{columns, each};
use crate::{
	error::ModelError,
	lower::Lowering,
	onnx::Node,
	value::{Unary, Value},
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	let numbers = |what: &str| -> Result<Option<Vec<f32>>, ModelError> {
		let integers = node.int_list(&format!("{what}_int64s"))?;
		let floats = node.float_list(&format!("{what}_floats"))?;
		Ok(match (integers, floats) {
			(Some(integers), _) => Some(integers.iter().map(|&value| value as f32).collect()),
			(None, floats) => floats.map(<[f32]>::to_vec),
		})
	};
	node.only_attributes(&[
		"keys_int64s",
		"keys_floats",
		"values_int64s",
		"values_floats",
		"default_int64",
		"default_float",
		"default_string",
	])?;
	let (Some(keys), Some(values)) = (numbers("keys")?, numbers("values")?) else {
		return Err(node.error("its keys and values must be numbers"));
	};
	if keys.len() != values.len() {
		return Err(node.error(format!("{} keys and {} values", keys.len(), values.len())));
	}
	let whole = |value: &f32| value.is_finite() && value.abs() < 2f32.powi(24);
	if keys.len() > 1 << 8 || !keys.iter().chain(&values).all(whole) {
		return Err(node.error("its keys and values must be at most 256, and below 2^24"));
	}
	let default = match node.int_list("values_int64s")? {
		Some(_) => node.int("default_int64", -1)? as f32,
		None => node.float("default_float", -0.0)?,
	};
	let pairs: std::sync::Arc<[(f32, f32)]> = keys.into_iter().zip(values).collect();
	each(node, columns(lowering, node, 0)?, |_| Unary::Map { pairs: pairs.clone(), default })
}
