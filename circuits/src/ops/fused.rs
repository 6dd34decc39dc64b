//! Operators between `DequantizeLinear` and `QuantizeLinear` that onnxruntime computes in one
//! integer kernel, so that scales of both ends determine the result.

use crate::{
	error::ModelError,
	lower::Lowering,
	onnx::Node,
	value::{Kind, Quantized, Value},
};

/// Which operator.
#[derive(Clone, Debug)]
pub enum FusedOp {}

/// An operator that waits for the scale of its result.
#[derive(Clone, Debug)]
pub struct Fused {
	/// The shape of its result.
	pub shape: Vec<usize>,
	/// Which operator it is.
	pub op: FusedOp,
}

impl Fused {
	/// The integers of the result.
	pub(crate) fn quantize(
		&self,
		_lowering: &mut Lowering<'_>,
		_node: &Node,
		_scale: f32,
		_zero_point: i64,
		_kind: Kind,
	) -> Result<Quantized, ModelError> {
		match self.op {}
	}
}

/// An `Add`, `Sub` or `Sum` that onnxruntime computes as `QLinearAdd`.
pub(super) fn add(
	_lowering: &mut Lowering<'_>,
	_node: &Node,
	_signs: &[i64],
) -> Result<Option<Value>, ModelError> {
	Ok(None)
}

/// A `Mul` that onnxruntime computes as `QLinearMul`.
pub(super) fn mul(_lowering: &mut Lowering<'_>, _node: &Node) -> Result<Option<Value>, ModelError> {
	Ok(None)
}
