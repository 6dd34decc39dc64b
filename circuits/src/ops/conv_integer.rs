//! `ConvInteger` with constant weights.
//!
//! # Semantics
//! `y = Σ (w − z_w) · (x − z_x)`, exact integers of 32 bits. The weights have one zero point.
//!
//! # Cost
//! None.

use super::{operand::Weights, Conv, Linear};
use crate::{
	error::ModelError,
	lower::{Lowering, KERNEL_LIMIT},
	onnx::Node,
	value::{Kind, Quantized, Value},
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&Conv::ATTRIBUTES)?;
	let (tensor, shape) = centred(lowering, node, 0, 2)?;
	let weights = Weights::read(lowering, node, 1, 3, |_, _, _| usize::MAX)?;
	let (conv, shape) = Conv::new(node, &shape, &weights.shape, weights.values)?;
	let tensor = lowering.push_linear(node, Linear::new(conv), &[tensor], &shape, KERNEL_LIMIT)?;
	Ok(Value::Quantized(Quantized { tensor, shape, kind: Kind::I32 }))
}

/// Integers less their one zero point, an input that may be absent; and their shape.
pub(super) fn centred(
	lowering: &mut Lowering<'_>,
	node: &Node,
	input: usize,
	zero_point: usize,
) -> Result<(usize, Vec<usize>), ModelError> {
	let quantized = lowering.quantized(node, input)?;
	if quantized.kind.range().is_none() {
		return Err(node.error("its input is not of type uint8 or int8"));
	}
	let point = match lowering.ints(node, zero_point)?.as_deref() {
		None => 0,
		Some(&[point]) => point,
		Some(_) => return Err(node.error("its input must have one zero point")),
	};
	if node.optional_input(zero_point).is_some() {
		let kind = crate::lower::kind_of(lowering.constant(node, zero_point)?);
		if kind != Some(quantized.kind) {
			return Err(node.error("its input and the zero point differ in type"));
		}
	}
	Ok((lowering.shift_by(node, &quantized, -point)?, quantized.shape))
}
