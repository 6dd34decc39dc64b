//! `DequantizeLinear`: gives integers their scale. No cost.
//!
//! Constants and activations may have one scale and zero point for all, or one for each place on
//! an axis.

use super::{quantize_linear::Quantization, Factors};
use crate::{
	error::ModelError,
	lower::Lowering,
	onnx::{Data, Node, Tensor},
	value::{Integers, Quantized, Real, Scaled, Unit, Value},
};

/// ONNX's number of the type float.
const FLOAT: i64 = 1;

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["axis", "block_size", "output_dtype"])?;
	if !matches!(node.int("output_dtype", 0)?, 0 | FLOAT) {
		return Err(node.error("only the output type float is supported"));
	}
	let value = lowering.value(node, 0)?;
	let how = Quantization::read(lowering, node, value.shape())?;
	match value {
		Value::Constant(tensor) => constant(node, &tensor, &how),
		Value::Quantized(quantized) => activation(lowering, node, quantized, &how),
		_ => Err(node.error("its input is not quantised")),
	}
}

fn constant(node: &Node, tensor: &Tensor, how: &Quantization) -> Result<Value, ModelError> {
	let Some(values) = tensor.data.integers() else {
		return Err(node.error("its input is of type float already"));
	};
	if matches!(tensor.data, Data::I64(_)) {
		return Err(node.error("constants of type int64 are not quantised ones"));
	}
	if matches!(tensor.data, Data::I32(_)) && how.zero_points.iter().any(|&point| point != 0) {
		return Err(node.error("constants of type int32 must have the zero point 0"));
	}
	let elements = values.iter().enumerate().map(|(element, value)| {
		let (scale, zero_point) = how.at(element);
		(value - zero_point, scale)
	});
	let (values, scales) = elements.unzip();
	let shape = tensor.shape.clone();
	Ok(Value::Integers(Integers { shape, values, scales, dequantized: true }))
}

fn activation(
	lowering: &mut Lowering<'_>,
	node: &Node,
	quantized: Quantized,
	how: &Quantization,
) -> Result<Value, ModelError> {
	let count = lowering.bounds_of(quantized.tensor).len();
	let addends: Vec<i64> = (0..count).map(|element| -how.at(element).1).collect();
	let tensor = if addends.iter().all(|&addend| addend == 0) {
		quantized.tensor
	} else {
		let shape = &quantized.shape;
		lowering.affine(node, quantized.tensor, Factors::All(1), Some(addends), shape)?
	};
	let units = (0..count).map(|element| Unit::of_scale(how.at(element).0)).collect();
	let mut real = Real::new(tensor, quantized.shape.clone(), units);
	real.source =
		how.uniform().map(|(scale, zero_point)| Box::new(Scaled { quantized, scale, zero_point }));
	Ok(Value::Real(real))
}
