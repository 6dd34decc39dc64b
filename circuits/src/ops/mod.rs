//! Operators: one file each.
//!
//! An ONNX operator is *lowered* (shape rule, checks, exponents) to integer operators; an integer
//! operator states its evaluation, its bounds and its constraints. To add one, write its file and
//! its line in [`LOWERINGS`].

mod add;
mod dequantize;
mod gemm;
mod linear;
mod quantize;
mod relu;
mod reshape;

pub(crate) use gemm::GemmAttributes;
pub use linear::Linear;
pub use quantize::Requantize;
pub use relu::Relu;
pub(crate) use reshape::reshaped;

use crate::{
	error::ModelError,
	lower::{Lowering, Value},
	onnx::Node,
	r1cs::Builder,
	signal::{Bounds, Signal},
};
use std::{any::Any, fmt::Debug};

/// An operator of the integer graph.
pub trait Operator: Debug + Send + Sync {
	/// Its name in reports.
	fn name(&self) -> &'static str;

	/// The exact integer result. This is the semantics.
	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64>;

	/// Bounds of the result, given bounds of the inputs that constraints prove.
	fn bounds(&self, inputs: &[&[Bounds]]) -> Vec<Bounds>;

	/// Emits wires and constraints; returns the result's signals.
	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal>;

	/// Multiply-adds of one evaluation.
	fn multiply_adds(&self) -> u64 {
		0
	}

	/// The operator itself, for lowerings that fold it into another.
	fn as_any(&self) -> &dyn Any;
}

/// Turns a node into integer operators.
type Lower = fn(&mut Lowering<'_>, &Node) -> Result<Value, ModelError>;

/// The operators that a quantised model may use.
const LOWERINGS: &[(&str, Lower)] = &[
	("Add", add::lower),
	("DequantizeLinear", dequantize::lower),
	("Flatten", reshape::lower),
	("Gemm", gemm::lower),
	("MatMul", gemm::lower_matmul),
	("QuantizeLinear", quantize::lower),
	("Relu", relu::lower),
	("Reshape", reshape::lower),
];

/// The lowering of an operator.
pub(crate) fn lowering(op: &str) -> Option<Lower> {
	LOWERINGS.iter().find(|(name, _)| *name == op).map(|&(_, lower)| lower)
}

/// Names of the operators that a quantised model may use.
pub(crate) fn supported() -> String {
	LOWERINGS.iter().map(|&(name, _)| name).collect::<Vec<_>>().join(", ")
}
