//! `MatMulInteger` with constant weights.
//!
//! # Semantics
//! `y = Σ (a − z_a) · (b − z_b)`, exact integers of 32 bits. The weights may have one zero point for
//! each column.
//!
//! # Cost
//! None.

use super::{
	conv_integer::centred,
	operand::Weights,
	qlinear_matmul::{column, product},
	Linear,
};
use crate::{
	error::ModelError,
	lower::{Lowering, KERNEL_LIMIT},
	onnx::Node,
	value::{Kind, Quantized, Value},
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	let (tensor, shape) = centred(lowering, node, 0, 2)?;
	let weights = Weights::read(lowering, node, 1, 3, column)?;
	let (taps, shape) = product(node, &shape, weights)?;
	let tensor = lowering.push_linear(node, Linear::new(taps), &[tensor], &shape, KERNEL_LIMIT)?;
	Ok(Value::Quantized(Quantized { tensor, shape, kind: Kind::I32 }))
}
