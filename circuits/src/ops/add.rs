//! `Add` of a constant bias to the result of a linear layer, folded into the layer.

use super::{
	gemm::{bias, push},
	Linear,
};
use crate::{
	error::ModelError,
	lower::{Lowering, Value},
	onnx::Node,
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	let (activation, constant) =
		if matches!(lowering.value(node, 0)?, Value::Real(_)) { (0, 1) } else { (1, 0) };
	let input = lowering.real(node, activation)?;
	let addend = lowering.integers(node, constant)?;
	let Some((linear, source)) = lowering.producer::<Linear>(input.tensor) else {
		return Err(node.error("only a constant bias after Gemm or MatMul can be added"));
	};
	let mut linear = linear.clone();
	if input.shape.last() != Some(&linear.bias.len()) {
		return Err(node.error("its constant is not one value for each output of the layer before"));
	}
	let addend = bias(node, addend, &input.exponents[..linear.bias.len()])?;
	linear.bias.iter_mut().zip(addend).for_each(|(sum, addend)| *sum += addend);
	let tensor = push(lowering, node, linear, source, &input.shape)?;
	Ok(Value::Real(input.with_tensor(tensor)))
}
