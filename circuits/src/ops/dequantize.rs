//! `DequantizeLinear`: gives integers their scale. No cost.
//!
//! Scales must be powers of two. Constants may have a scale and a zero point per axis; activations
//! have one scale and the zero point 0.

use super::quantize::{power_of_two, scalar_scale};
use crate::{
	error::{show_shape, ModelError},
	lower::{Integers, Lowering, Real, Value},
	onnx::{Data, Node},
};

/// ONNX's number of the type float.
const FLOAT: i64 = 1;

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["axis", "block_size", "output_dtype"])?;
	if node.int("block_size", 0)? != 0 {
		return Err(node.error("blocked quantisation is not supported"));
	}
	if !matches!(node.int("output_dtype", 0)?, 0 | FLOAT) {
		return Err(node.error("only the output type float is supported"));
	}
	match lowering.value(node, 0)? {
		Value::Constant(_) => constant(lowering, node),
		Value::Quantized(real) => {
			let exponent = scalar_scale(lowering, node)?;
			let exponents = vec![exponent; real.exponents.len()];
			Ok(Value::Real(Real { exponents, ..real }))
		},
		_ => Err(node.error("its input is not quantised")),
	}
}

fn constant(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	let tensor = lowering.constant(node, 0)?;
	let scale = lowering.constant(node, 1)?;
	let Some(values) = tensor.data.integers() else {
		return Err(node.error("its input is of type float already"));
	};
	if matches!(tensor.data, Data::I64(_)) {
		return Err(node.error("constants of type int64 are not quantised ones"));
	}
	let Some(scales) = scale.floats() else {
		return Err(node.error("its scale is not of type float"));
	};
	let zero_points = match node.optional_input(2) {
		Some(_) => {
			let zero_point = lowering.constant(node, 2)?;
			if zero_point.data.len() != scales.len() {
				return Err(node.error("its scale and zero point differ in length"));
			}
			zero_point
				.data
				.integers()
				.ok_or_else(|| node.error("its zero point is of type float"))?
		},
		None => vec![0; scales.len()],
	};
	if matches!(tensor.data, Data::I32(_)) && zero_points.iter().any(|&point| point != 0) {
		return Err(node.error("constants of type int32 must have the zero point 0"));
	}
	let exponents =
		scales.iter().map(|&scale| power_of_two(node, scale)).collect::<Result<Vec<i32>, _>>()?;
	let shape = tensor.shape.clone();
	// Elements with one index on the axis come in runs of `inner`.
	let (axis_len, inner) = if scale.shape.is_empty() || scales.len() == 1 {
		(1, values.len().max(1))
	} else {
		let axis = node.int("axis", 1)?;
		let rank = shape.len() as i64;
		let at = if axis < 0 { axis + rank } else { axis };
		if !(0..rank).contains(&at) || shape[at as usize] != scales.len() || scale.shape.len() != 1
		{
			return Err(node.error(format!(
				"{} scales along axis {axis} of a tensor of shape {}",
				scales.len(),
				show_shape(&shape)
			)));
		}
		(scales.len(), shape[at as usize + 1..].iter().product())
	};
	let channel = |index: usize| index / inner % axis_len;
	let exponents = (0..values.len()).map(|index| exponents[channel(index)]).collect();
	let values = values
		.iter()
		.enumerate()
		.map(|(index, value)| value - zero_points[channel(index)])
		.collect();
	Ok(Value::Integers(Integers { shape, values, exponents }))
}
