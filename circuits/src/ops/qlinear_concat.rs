//! `QLinearConcat` of `com.microsoft`: quantised tensors one after the other, at one scale.
//!
//! # Semantics
//! Each input is dequantised and quantised again in float32.
//!
//! # Constraints
//! Nothing for inputs at the scale of the result, [`super::Requantize`] for others.

use super::{
	operand::{Grid, Operand},
	Place,
};
use crate::{
	error::{show_shape, ModelError},
	lower::Lowering,
	onnx::Node,
	plan::{Rounding, Step},
	value::{Kind, Quantized, Unary, Unit, Value},
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["axis"])?;
	let result = Grid::read(lowering, node, 0, Kind::U8)?;
	let rest = node.inputs.len().saturating_sub(2);
	if rest == 0 || !rest.is_multiple_of(3) {
		return Err(node.error(format!("it has {} inputs", node.inputs.len())));
	}
	let mut tensors = Vec::new();
	let mut shapes: Vec<Vec<usize>> = Vec::new();
	for first in (2..node.inputs.len()).step_by(3) {
		let input = Operand::read(lowering, node, first)?;
		if input.grid.kind != result.kind {
			return Err(node.error("its inputs and its result differ in type"));
		}
		tensors.push(requantize(lowering, node, &input, &result, None)?);
		shapes.push(input.shape);
	}
	let rank = shapes[0].len();
	let axis = super::shape::axis(node, node.int("axis", 1)?, rank)?;
	let mut shape = shapes[0].clone();
	shape[axis] = 0;
	for other in &shapes {
		let fits = other.len() == rank && (0..rank).all(|at| at == axis || other[at] == shape[at]);
		if !fits {
			let shapes: Vec<String> = shapes.iter().map(|shape| show_shape(shape)).collect();
			return Err(node.error(format!("inputs of shapes {} do not fit", shapes.join(", "))));
		}
		shape[axis] += other[axis];
	}
	// All that lies behind one place on the axes before, input by input.
	let block = |shape: &[usize]| shape[axis..].iter().product::<usize>();
	let outer: usize = shape[..axis].iter().product();
	let mut places = Vec::with_capacity(outer * block(&shape));
	for at in 0..outer {
		for (input, shape) in shapes.iter().enumerate() {
			let size = block(shape);
			places.extend(
				(at * size..(at + 1) * size)
					.map(|element| Place::Input { input: input as u32, element: element as u32 }),
			);
		}
	}
	let tensor = lowering.select(node, places, &tensors, &shape)?;
	Ok(Value::Quantized(Quantized { tensor, shape, kind: result.kind }))
}

/// Dequantises, applies a function and quantises: a function of one byte. The zero point of the
/// result is part of it.
pub(super) fn requantize(
	lowering: &mut Lowering<'_>,
	node: &Node,
	input: &Operand,
	result: &Grid,
	then: Option<Unary>,
) -> Result<usize, ModelError> {
	let (lo, hi) = result.range();
	let rounding = Rounding::Float {
		unit: Unit::of_scale(input.grid.scale),
		then: then.into_iter().collect(),
		scale: result.scale,
	};
	let step = Step { rounding, zero_point: result.zero_point, lo, hi };
	let count = lowering.bounds_of(input.tensor).len();
	lowering.round(node, input.tensor, &input.shape, std::iter::repeat_n(step, count))
}
