//! `QLinearMul` of `com.microsoft`: the product of two quantised tensors.
//!
//! # Semantics
//! `y = clamp(RNE(RN32(RN32(p · r) + z_y)))` with `p = (a − z_a) · (b − z_b)` and
//! `r = RN32(RN32(s_a · s_b) / s_y)`.
//!
//! # Constraints
//! 1 for each product, and those of [`super::Requantize`].

use super::{
	operand::{factor, Grid, Operand},
	shape::{broadcast, places},
	Factors, Product,
};
use crate::{
	error::ModelError,
	lower::Lowering,
	onnx::Node,
	plan::{Rounding, Step},
	value::Value,
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	let (a, b) = (Operand::read(lowering, node, 0)?, Operand::read(lowering, node, 3)?);
	let result = Grid::read(lowering, node, 6, a.grid.kind)?;
	if a.grid.kind != b.grid.kind || a.grid.kind != result.kind {
		return Err(node.error("its operands and its result differ in type"));
	}
	let (tensor, shape) = multiply(lowering, node, &a, &b, &result)?;
	result.quantized(lowering, node, tensor, shape)
}

/// The product, its zero point subtracted, and its shape.
pub(super) fn multiply(
	lowering: &mut Lowering<'_>,
	node: &Node,
	a: &Operand,
	b: &Operand,
	result: &Grid,
) -> Result<(usize, Vec<usize>), ModelError> {
	let shape = broadcast(node, &[&a.shape, &b.shape])?;
	let op = Product {
		outputs: shape.iter().product(),
		places: [places(&a.shape, &shape), places(&b.shape, &shape)],
	};
	let products = lowering.push(node, op, &[a.tensor, b.tensor], &shape)?;
	let factor = factor(node, a.grid.scale * b.grid.scale / result.scale)?;
	let rounding = Rounding::Product { factor };
	let tensor = round(lowering, node, products, &shape, &rounding, result)?;
	Ok((tensor, shape))
}

/// Rounds with the zero point inside, and subtracts it again.
pub(super) fn round(
	lowering: &mut Lowering<'_>,
	node: &Node,
	tensor: usize,
	shape: &[usize],
	rounding: &Rounding,
	result: &Grid,
) -> Result<usize, ModelError> {
	let (lo, hi) = result.range();
	let step = Step { rounding: rounding.clone(), zero_point: result.zero_point, lo, hi };
	let count = lowering.bounds_of(tensor).len();
	let steps = std::iter::repeat_n(step, count);
	let rounded = lowering.round(node, tensor, shape, steps)?;
	if result.zero_point == 0 {
		return Ok(rounded);
	}
	let addends = Some(vec![-result.zero_point; count]);
	lowering.affine(node, rounded, Factors::All(1), addends, shape)
}
