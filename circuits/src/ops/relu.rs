//! `Relu`: `y = max(x, 0)`.
//!
//! Before a `QuantizeLinear` it is folded into the requantisation and costs nothing; elsewhere it
//! is [`crate::gadgets::relu`], `k + 2` constraints for `k` signed bits.

use super::Operator;
use crate::{
	error::ModelError,
	gadgets::relu::relu,
	lower::{Lowering, Value},
	onnx::Node,
	r1cs::Builder,
	signal::{Bounds, Signal},
};
use std::any::Any;

/// ReLU of every element.
#[derive(Clone, Copy, Debug)]
pub struct Relu;

impl Operator for Relu {
	fn name(&self) -> &'static str {
		"relu"
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		inputs[0].iter().map(|&x| x.max(0)).collect()
	}

	fn bounds(&self, inputs: &[&[Bounds]]) -> Vec<Bounds> {
		inputs[0].iter().map(|x| Bounds { lo: x.lo.max(0), hi: x.hi.max(0) }).collect()
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		inputs[0].iter().map(|x| relu(builder, x)).collect()
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	let input = lowering.real(node, 0)?;
	let tensor = lowering.push(node, Box::new(Relu), &[input.tensor], &input.shape)?;
	Ok(Value::Real(input.with_tensor(tensor)))
}
