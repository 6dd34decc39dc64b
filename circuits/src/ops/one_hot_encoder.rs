//! `ai.onnx.ml.OneHotEncoder` of numbers: for each category 1 where a field has it, else 0.
//!
//! # Cost
//! With [`super::Steps`] 1 for each category but one, and 1 more; and a field's range needs no other
//! check.

use super::columns::columns;
use crate::{
	columns::Columns,
	error::ModelError,
	lower::Lowering,
	onnx::Node,
	value::{Unary, Value},
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["cats_int64s", "zeros"])?;
	let categories = node.int_list("cats_int64s")?.unwrap_or_default();
	if categories.is_empty() || categories.iter().any(|category| category.unsigned_abs() >= 1 << 24)
	{
		return Err(node.error("its categories must be integers below 2^24, at least one"));
	}
	let different: std::collections::BTreeSet<&i64> = categories.iter().collect();
	if different.len() < categories.len() {
		return Err(node.error("a category is there twice"));
	}
	let Columns { tensor, shape, columns } = columns(lowering, node, 0)?;
	if columns.len().saturating_mul(categories.len()) > 1 << 16 {
		return Err(node.error("it has too many categories"));
	}
	let mut encoded = Vec::with_capacity(columns.len() * categories.len());
	for column in columns {
		// onnxruntime casts floats to integers before it compares.
		let is = |category: i64| column.value(category) as i64;
		let bounds = lowering.bounds_of(tensor)[column.element];
		let known = (bounds.hi - bounds.lo < 1 << 12)
			&& (bounds.lo..=bounds.hi).all(|integer| categories.contains(&is(integer)));
		if node.int("zeros", 1)? == 0 && !known {
			return Err(node.error(
				"a field may have a value that is none of its categories, and attribute zeros is 0",
			));
		}
		for &category in categories {
			let mut column = column.clone();
			column.then.push(Unary::Truncate);
			column.then.push(Unary::Equals { value: category as f32 });
			encoded.push(column);
		}
	}
	let shape = [&shape, &[categories.len()][..]].concat();
	Ok(Value::Columns(Columns { tensor, shape, columns: encoded }))
}
