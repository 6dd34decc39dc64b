//! `QLinearAdd` of `com.microsoft`: two quantised tensors of different scales.
//!
//! # Semantics
//! In float32, with `r = RN32(s / s_y)` for each operand and fused multiply-adds:
//! `f = z_y − fma(r_a, z_a, RN32(r_b · z_b))`, `y = clamp(RNE(fma(a, r_a, fma(b, r_b, f))))`. The
//! operands change places where `a` is broadcast along the innermost dimension. It is a function of
//! two bytes, not of an integer sum.
//!
//! # Constraints
//! [`super::Pairs`].

use super::{
	operand::{Grid, Operand},
	pairs::{Pair, Pairs},
	shape::{broadcast, places},
};
use crate::{error::ModelError, lower::Lowering, onnx::Node, value::Value};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	let (a, b) = (Operand::read(lowering, node, 0)?, Operand::read(lowering, node, 3)?);
	let result = Grid::read(lowering, node, 6, a.grid.kind)?;
	if a.grid.kind != b.grid.kind || a.grid.kind != result.kind {
		return Err(node.error("its operands and its result differ in type"));
	}
	let (tensor, shape) = add(lowering, node, a, b, &result)?;
	result.quantized(lowering, node, tensor, shape)
}

/// The sum, its zero point subtracted, and its shape.
pub(super) fn add(
	lowering: &mut Lowering<'_>,
	node: &Node,
	mut a: Operand,
	mut b: Operand,
	result: &Grid,
) -> Result<(usize, Vec<usize>), ModelError> {
	let shape = broadcast(node, &[&a.shape, &b.shape])?;
	if is_span_scalar(&a.shape, &b.shape) {
		(a, b) = (b, a);
	}
	let pair = Pair { a: a.grid, b: b.grid, result: *result };
	let hull = |tensor: usize| {
		let bounds = lowering.bounds_of(tensor).iter().copied();
		bounds.reduce(|one, other| one.hull(other)).unwrap_or(crate::Bounds::constant(0))
	};
	let plan = pair.plan(hull(a.tensor), hull(b.tensor)).ok_or_else(|| {
		node.error(
			"onnxruntime's result here is no function that constraints of reasonable size give: run \
			 `zkml quantize --snap`, which chooses scales that are powers of two",
		)
	})?;
	let places = [places(&a.shape, &shape), places(&b.shape, &shape)];
	let op = Pairs { outputs: shape.iter().product(), places, pair, plan };
	let tensor = lowering.push(node, op, &[a.tensor, b.tensor], &shape)?;
	Ok((tensor, shape))
}

/// Whether onnxruntime takes `a` as one number, along the innermost dimension that is not 1.
fn is_span_scalar(a: &[usize], b: &[usize]) -> bool {
	let sizes = |shape: &[usize]| {
		let rank = a.len().max(b.len());
		let ones = std::iter::repeat_n(1, rank - shape.len());
		shape.iter().rev().copied().chain(ones).collect::<Vec<usize>>()
	};
	let (a, b) = (sizes(a), sizes(b));
	a.iter().zip(&b).find(|(&a, &b)| a != 1 || b != 1).is_none_or(|(&a, _)| a == 1)
}
