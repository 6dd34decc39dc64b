//! What all operators share that only move elements: the same for the model's input, constants,
//! integers and activations, pending functions and units included. No cost.

use super::Place;
use crate::{
	error::{show_shape, ModelError},
	lower::Lowering,
	onnx::{Data, Node, Tensor},
	value::{Integers, Quantized, Real, Unit, Value},
};

/// Elements of a slice in another order.
fn pick<T: Clone>(values: &[T], order: &[usize]) -> Vec<T> {
	order.iter().map(|&element| values[element].clone()).collect()
}

impl Data {
	/// Elements in another order.
	pub(crate) fn pick(&self, order: &[usize]) -> Self {
		match self {
			Self::F32(values) => Self::F32(pick(values, order)),
			Self::I8(values) => Self::I8(pick(values, order)),
			Self::U8(values) => Self::U8(pick(values, order)),
			Self::I32(values) => Self::I32(pick(values, order)),
			Self::I64(values) => Self::I64(pick(values, order)),
		}
	}
}

/// The same elements in another shape.
pub(crate) fn with_shape(
	lowering: &mut Lowering<'_>,
	node: &Node,
	value: Value,
	shape: Vec<usize>,
) -> Result<Value, ModelError> {
	let count: usize = value.shape().iter().product();
	if shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size)) != Some(count) {
		return Err(node.error(format!(
			"{} elements do not fill the shape {}",
			count,
			show_shape(&shape)
		)));
	}
	moved(lowering, node, value, shape, None)
}

/// Elements of a value in another order: element `i` of the result is element `order[i]`.
pub(crate) fn reorder(
	lowering: &mut Lowering<'_>,
	node: &Node,
	value: Value,
	shape: Vec<usize>,
	order: Vec<usize>,
) -> Result<Value, ModelError> {
	moved(lowering, node, value, shape, Some(order))
}

/// Elements of an activation in another order.
pub(crate) fn rearrange(
	lowering: &mut Lowering<'_>,
	node: &Node,
	real: Real,
	shape: Vec<usize>,
	order: Vec<usize>,
) -> Result<Real, ModelError> {
	match reorder(lowering, node, Value::Real(real), shape, order)? {
		Value::Real(real) => Ok(real),
		_ => unreachable!("an activation stays one"),
	}
}

fn moved(
	lowering: &mut Lowering<'_>,
	node: &Node,
	value: Value,
	shape: Vec<usize>,
	order: Option<Vec<usize>>,
) -> Result<Value, ModelError> {
	let mut tensor = |tensor: usize| match &order {
		None => Ok(tensor),
		Some(order) => {
			let place = |&element: &usize| Place::Input { input: 0, element: element as u32 };
			lowering.select(node, order.iter().map(place).collect(), &[tensor], &shape)
		},
	};
	let order = order.as_deref();
	Ok(match value {
		Value::Input { places, clip, .. } => {
			let places = match (places, order) {
				(Some(places), Some(order)) => Some(pick(&places, order)),
				(None, Some(order)) => Some(order.to_vec()),
				(places, None) => places,
			};
			Value::Input { shape, places, clip }
		},
		Value::Constant(Tensor { data, .. }) => {
			let data = order.map_or_else(|| data.clone(), |order| data.pick(order));
			Value::Constant(Tensor { shape, data })
		},
		Value::Integers(Integers { values, scales, dequantized, .. }) => {
			let (values, scales) = match order {
				Some(order) => (pick(&values, order), pick(&scales, order)),
				None => (values, scales),
			};
			Value::Integers(Integers { shape, values, scales, dequantized })
		},
		Value::Quantized(quantized) => {
			let tensor = tensor(quantized.tensor)?;
			Value::Quantized(Quantized { tensor, shape, ..quantized })
		},
		Value::Real(real) => {
			if real.units.iter().any(|unit| matches!(unit, Unit::Kernel(_))) {
				return Err(node.error(
					"onnxruntime computes the layer before it in float, where its result is no \
					 function of integers: put QuantizeLinear before this, or run `zkml quantize \
					 --snap`",
				));
			}
			let tensor = tensor(real.tensor)?;
			let units = order.map_or_else(|| real.units.clone(), |order| pick(&real.units, order));
			Value::Real(Real { tensor, shape, units, then: real.then, source: None })
		},
		Value::Fused(_) => {
			return Err(node.error("put QuantizeLinear before this, or run `zkml quantize --snap`"))
		},
	})
}
