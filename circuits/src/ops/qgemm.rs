//! `QGemm` of `com.microsoft`, with constant weights.
//!
//! # Semantics
//! `acc = Σ (a − z_a) · (b − z_b) + c`, exact, with `s = RN32(RN32(α · s_a) · s_b)` for each column.
//! With a scale of the result, `y = z_y + RNE(clamp(RN32(RN32(acc) · RN32(s / s_y))))`; without one
//! it is the float `RN32(RN32(acc) · s)`.
//!
//! # Constraints
//! Those of rounding only, [`super::Requantize`].

use super::{
	operand::{factor, weight_scales, Grid, Operand, Weights},
	qlinear_conv::round,
	qlinear_matmul::product,
	shape::{broadcast, spread},
	Linear, Place,
};
use crate::{
	error::{show_shape, ModelError},
	lower::{Lowering, KERNEL_LIMIT},
	onnx::{Data, Node},
	value::{Quantized, Real, Unit, Value},
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["alpha", "transA", "transB"])?;
	let alpha = node.float("alpha", 1.0)?;
	let mut input = Operand::read(lowering, node, 0)?;
	let &[rows, columns] = input.shape.as_slice() else {
		return Err(node.error(format!("an input of shape {}", show_shape(&input.shape))));
	};
	if node.int("transA", 0)? != 0 {
		let element = |at: usize| (at % rows * columns + at / rows) as u32;
		let place = |at| Place::Input { input: 0, element: element(at) };
		input.shape = vec![columns, rows];
		let places = (0..rows * columns).map(place).collect();
		input.tensor = lowering.select(node, places, &[input.tensor], &input.shape)?;
	}
	let transposed = node.int("transB", 0)? != 0;
	let mut weights = Weights::read(lowering, node, 3, 5, |shape, place, _| {
		let inner = shape.last().copied().unwrap_or(1).max(1);
		if transposed {
			place / inner
		} else {
			place % inner
		}
	})?;
	let &[first, second] = weights.shape.as_slice() else {
		return Err(node.error(format!("weights of shape {}", show_shape(&weights.shape))));
	};
	if transposed {
		let at = |place: usize| weights.values[place % first * second + place / first];
		weights.values = (0..first * second).map(at).collect();
		weights.shape = vec![second, first];
	}
	let (taps, shape) = product(node, &input.shape, weights)?;
	let outputs = taps.outputs;
	let scales = weight_scales(lowering, node, 4, outputs)?;
	let scales = scales.iter().map(|b| factor(node, alpha * input.grid.scale * b));
	let scales: Vec<f32> = scales.collect::<Result<_, _>>()?;
	let mut linear = Linear::new(taps);
	if node.optional_input(6).is_some() {
		let bias = lowering.constant(node, 6)?;
		let Data::I32(values) = &bias.data else {
			return Err(node.error("its bias is not of integers of 32 bits"));
		};
		if bias.shape.len() > 2 || broadcast(node, &[&bias.shape, &shape])? != shape {
			return Err(node.error(format!("a bias of shape {}", show_shape(&bias.shape))));
		}
		let values = spread(values, &bias.shape, &shape);
		linear.bias = values.into_iter().map(i64::from).collect();
	}
	let sums = lowering.push_linear(node, linear, &[input.tensor], &shape, KERNEL_LIMIT)?;
	if node.optional_input(7).is_none() {
		let count = lowering.bounds_of(sums).len();
		let units = (0..count).map(|output| Unit::of_scale(scales[output % outputs])).collect();
		return Ok(Value::Real(Real::new(sums, shape, units)));
	}
	let result = Grid::read(lowering, node, 7, input.grid.kind)?;
	if result.kind != input.grid.kind {
		return Err(node.error("its input and its result differ in type"));
	}
	let factors = scales.iter().map(|scale| factor(node, scale / result.scale));
	let factors: Vec<f32> = factors.collect::<Result<_, _>>()?;
	let tensor = round(lowering, node, sums, &shape, &result, |at| factors[at % outputs])?;
	Ok(Value::Quantized(Quantized { tensor, shape, kind: result.kind }))
}
