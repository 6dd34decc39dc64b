//! Operators: one file each.
//!
//! An ONNX operator is *lowered* (shape rule, checks, units) to integer operators; an integer
//! operator states its evaluation, its bounds and its constraints. To add one, write its file and
//! its line in [`LOWERINGS`].

mod add;
mod average_pool;
mod batch_normalization;
#[cfg(test)]
mod checks;
mod clamp;
mod conv;
mod dequantize_linear;
mod extreme;
mod fused;
mod gemm;
pub(crate) mod geometry;
mod linear;
mod max_pool;
pub(crate) mod moves;
mod mul;
mod product;
mod quantize_linear;
mod relu;
mod requantize;
mod reshape;
mod select;
pub(crate) mod shape;
mod unary;

pub use clamp::Clamp;
pub use conv::Conv;
pub use extreme::Extreme;
pub use fused::Fused;
pub(crate) use gemm::GemmAttributes;
pub use linear::{Dense, Factors, Linear, Sum, Taps, Term, Windows};
pub(crate) use moves::rearrange;
pub use product::Product;
pub(crate) use quantize_linear::input;
pub use relu::Slopes;
pub use requantize::{Case, Requantize};
pub(crate) use reshape::reshaped;
pub use select::{Place, Select};
pub(crate) use unary::apply;

use crate::{
	error::ModelError,
	lower::Lowering,
	onnx::Node,
	r1cs::Builder,
	signal::{Bounds, Signal},
	value::Value,
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

	/// The operator itself, for reports and for lowerings that look at another.
	fn as_any(&self) -> &dyn Any;
}

/// Turns a node into integer operators.
#[derive(Clone, Copy)]
pub(crate) enum Lower {
	/// For nodes with one output.
	One(fn(&mut Lowering<'_>, &Node) -> Result<Value, ModelError>),
	/// For nodes that may have several.
	Many(fn(&mut Lowering<'_>, &Node) -> Result<Vec<Value>, ModelError>),
}

impl Lower {
	/// Lowers a node.
	pub(crate) fn run(
		self,
		lowering: &mut Lowering<'_>,
		node: &Node,
	) -> Result<Vec<Value>, ModelError> {
		match self {
			Self::One(lower) => {
				node.output()?;
				Ok(vec![lower(lowering, node)?])
			},
			Self::Many(lower) => lower(lowering, node),
		}
	}
}

use Lower::{Many, One};

/// The operators that a quantised model may use.
const LOWERINGS: &[(&str, Lower)] = &[
	("Abs", One(unary::lower_abs)),
	("Add", One(add::lower_add)),
	("AveragePool", One(average_pool::lower)),
	("BatchNormalization", Many(batch_normalization::lower)),
	("Clip", One(unary::lower_clip)),
	("Conv", One(conv::lower)),
	("DequantizeLinear", One(dequantize_linear::lower)),
	("Div", One(mul::lower_div)),
	("Flatten", One(reshape::lower)),
	("Gemm", One(gemm::lower)),
	("GlobalAveragePool", One(average_pool::lower_global)),
	("GlobalMaxPool", One(max_pool::lower_global)),
	("HardSigmoid", One(unary::lower_hard_sigmoid)),
	("HardSwish", One(unary::lower_hard_swish)),
	("LeakyRelu", One(unary::lower_leaky_relu)),
	("MatMul", One(gemm::lower)),
	("MaxPool", Many(max_pool::lower)),
	("Mul", One(mul::lower_mul)),
	("Neg", One(add::lower_neg)),
	("QuantizeLinear", One(quantize_linear::lower)),
	("Relu", One(unary::lower_relu)),
	("Reshape", One(reshape::lower)),
	("Sub", One(add::lower_sub)),
	("Sum", One(add::lower_sum)),
];

/// The lowering of an operator.
pub(crate) fn lowering(op: &str) -> Option<Lower> {
	LOWERINGS.iter().find(|(name, _)| *name == op).map(|&(_, lower)| lower)
}

/// Names of the operators that a quantised model may use.
pub(crate) fn supported() -> String {
	LOWERINGS.iter().map(|&(name, _)| name).collect::<Vec<_>>().join(", ")
}
