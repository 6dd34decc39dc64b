//! Operators: one file each.
//!
//! An ONNX operator is *lowered* (shape rule, checks, units) to integer operators; an integer
//! operator states its evaluation, its bounds and its constraints. To add one, write its file and
//! its line in [`LOWERINGS`].

mod add;
mod arg;
mod array_feature_extractor;
mod average_pool;
mod batch_normalization;
mod binarizer;
mod cast;
#[cfg(test)]
mod checks;
mod clamp;
mod columns;
mod committed_forest;
mod committed_linear;
mod concat;
mod contraction;
mod conv;
mod conv_integer;
mod dequantize_linear;
mod expand;
mod extreme;
mod forest;
mod fused;
mod gather;
mod gemm;
pub(crate) mod geometry;
mod identity;
mod label_encoder;
mod linear;
mod linear_model;
mod matmul_integer;
mod matrices;
mod max_pool;
mod min_max;
pub(crate) mod moves;
mod mul;
mod normalization;
mod normalizer;
mod one_hot_encoder;
mod operand;
mod pad;
mod pairs;
mod parameters;
mod prelu;
mod product;
mod qgemm;
mod qlinear_add;
mod qlinear_average_pool;
mod qlinear_concat;
mod qlinear_conv;
mod qlinear_global_average_pool;
mod qlinear_leaky_relu;
mod qlinear_matmul;
mod qlinear_mul;
mod quantize_linear;
mod ratio;
mod reduce;
mod relu;
mod requantize;
mod reshape;
mod scaler;
mod select;
pub(crate) mod shape;
mod slice;
mod softmax;
mod split;
mod squeeze;
mod steps;
mod top_k;
mod transpose;
mod tree_ensemble;
mod unary;

pub use arg::Arg;
pub use clamp::Clamp;
pub(crate) use columns::takes_columns;
pub use committed_forest::{CommittedForest, SecretBranch};
pub use committed_linear::{CommittedLinear, Weighted};
pub use contraction::Contraction;
pub use conv::Conv;
pub use extreme::Extreme;
pub use forest::{Branch, Branches, Forest};
pub(crate) use gemm::GemmAttributes;
pub use geometry::Sliding;
pub use linear::{Dense, Factors, Linear, Sum, Taps, Term, Windows};
pub(crate) use linear_model::coefficients;
pub(crate) use moves::rearrange;
pub use normalization::Normalization;
pub use normalizer::{Norm, Normalizer};
pub(crate) use operand::Grid;
pub use pairs::{Pair, PairPlan, Pairs};
pub(crate) use parameters::signed;
pub use parameters::{Parameter, Parameters};
pub use product::Product;
pub(crate) use quantize_linear::input;
pub use ratio::Ratio;
pub use relu::Slopes;
pub use requantize::{Case, Requantize};
pub(crate) use reshape::resolved;
pub use select::{Place, Select};
pub use softmax::Softmax;
pub use steps::Steps;
pub use top_k::TopK;
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

	/// Elements of the first input whose bounds the constraints prove, whatever else is known of them.
	fn proves_bounds_of(&self) -> Vec<usize> {
		Vec::new()
	}

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
	("ArgMax", One(arg::lower_max)),
	("ArgMin", One(arg::lower_min)),
	("AveragePool", One(average_pool::lower)),
	("BatchNormalization", Many(batch_normalization::lower)),
	("Cast", One(cast::lower)),
	("Clip", One(unary::lower_clip)),
	("Concat", One(concat::lower)),
	("ConstantOfShape", One(expand::lower_constant)),
	("Conv", One(conv::lower)),
	("ConvInteger", One(conv_integer::lower)),
	("DequantizeLinear", One(dequantize_linear::lower)),
	("Div", One(mul::lower_div)),
	("Dropout", Many(identity::lower_dropout)),
	("Erf", One(unary::lower_curve)),
	("Exp", One(unary::lower_curve)),
	("Expand", One(expand::lower)),
	("Flatten", One(reshape::lower)),
	("Gather", One(gather::lower)),
	("Gelu", One(unary::lower_gelu)),
	("Gemm", One(gemm::lower_gemm)),
	("GlobalAveragePool", One(average_pool::lower_global)),
	("GlobalMaxPool", One(max_pool::lower_global)),
	("HardSigmoid", One(unary::lower_hard_sigmoid)),
	("HardSwish", One(unary::lower_hard_swish)),
	("Identity", One(identity::lower)),
	("LayerNormalization", One(normalization::lower_layer)),
	("LeakyRelu", One(unary::lower_leaky_relu)),
	("MatMul", One(gemm::lower_matmul)),
	("MatMulInteger", One(matmul_integer::lower)),
	("Max", One(min_max::lower_max)),
	("MaxPool", Many(max_pool::lower)),
	("Min", One(min_max::lower_min)),
	("Mul", One(mul::lower_mul)),
	("Neg", One(add::lower_neg)),
	("PRelu", One(prelu::lower)),
	("Pad", One(pad::lower)),
	("QLinearConv", One(qlinear_conv::lower)),
	("QLinearMatMul", One(qlinear_matmul::lower)),
	("QuantizeLinear", One(quantize_linear::lower)),
	("RMSNormalization", One(normalization::lower_rms)),
	("Reciprocal", One(unary::lower_curve)),
	("ReduceMax", One(reduce::lower_max)),
	("ReduceMean", One(reduce::lower_mean)),
	("ReduceMin", One(reduce::lower_min)),
	("ReduceSum", One(reduce::lower_sum)),
	("Relu", One(unary::lower_relu)),
	("Reshape", One(reshape::lower)),
	("Shape", One(expand::lower_shape)),
	("Sigmoid", One(unary::lower_curve)),
	("Slice", One(slice::lower)),
	("Softmax", One(softmax::lower)),
	("Softplus", One(unary::lower_curve)),
	("Split", Many(split::lower)),
	("Sqrt", One(unary::lower_curve)),
	("Squeeze", One(squeeze::lower_squeeze)),
	("Sub", One(add::lower_sub)),
	("Sum", One(add::lower_sum)),
	("Tanh", One(unary::lower_curve)),
	("TopK", Many(top_k::lower)),
	("Transpose", One(transpose::lower)),
	("Unsqueeze", One(squeeze::lower_unsqueeze)),
	("ai.onnx.ml.ArrayFeatureExtractor", One(array_feature_extractor::lower)),
	("ai.onnx.ml.Binarizer", One(binarizer::lower)),
	("ai.onnx.ml.LabelEncoder", One(label_encoder::lower)),
	("ai.onnx.ml.LinearRegressor", One(linear_model::lower)),
	("ai.onnx.ml.Normalizer", One(normalizer::lower)),
	("ai.onnx.ml.OneHotEncoder", One(one_hot_encoder::lower)),
	("ai.onnx.ml.Scaler", One(scaler::lower)),
	("ai.onnx.ml.TreeEnsemble", One(tree_ensemble::lower)),
	("ai.onnx.ml.TreeEnsembleRegressor", One(tree_ensemble::lower)),
	("com.microsoft.Gelu", One(unary::lower_gelu)),
	("com.microsoft.QGemm", One(qgemm::lower)),
	("com.microsoft.QLinearAdd", One(qlinear_add::lower)),
	("com.microsoft.QLinearAveragePool", One(qlinear_average_pool::lower)),
	("com.microsoft.QLinearConcat", One(qlinear_concat::lower)),
	("com.microsoft.QLinearGlobalAveragePool", One(qlinear_global_average_pool::lower)),
	("com.microsoft.QLinearLeakyRelu", One(qlinear_leaky_relu::lower)),
	("com.microsoft.QLinearMul", One(qlinear_mul::lower)),
];

/// The lowering of an operator.
pub(crate) fn lowering(op: &str) -> Option<Lower> {
	LOWERINGS.iter().find(|(name, _)| *name == op).map(|&(_, lower)| lower)
}

/// Names of the operators that a quantised model may use.
pub(crate) fn supported() -> String {
	LOWERINGS.iter().map(|&(name, _)| name).collect::<Vec<_>>().join(", ")
}
