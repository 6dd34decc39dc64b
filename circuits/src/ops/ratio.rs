//! Quotients of two activations, element by element.
//!
//! # Semantics
//! `y = ⌊2ᵏ·a / b + 1/2⌋` for integers `a` and `b`, whose unit is that of `a` over that of `b`, over
//! 2ᵏ. So it is within half a unit of the real quotient, and onnxruntime's float32 within 2⁻²⁴ of it.
//!
//! # Constraints
//! A [quotient](crate::gadgets::division) for each element.

use super::{
	shape::{broadcast, places, spread},
	Operator,
};
use crate::{
	error::ModelError,
	gadgets::division::{divide, quotient, quotient_bounds},
	lower::Lowering,
	onnx::Node,
	r1cs::Builder,
	signal::{Bounds, Signal},
	value::{Real, Unit, Value},
};
use std::any::Any;

/// Bits that a result may have.
const BITS: i64 = 22;
/// Most bits after the point that are added.
const MOST: u32 = 16;

/// Quotients of pairs of elements.
#[derive(Clone, Debug)]
pub struct Ratio {
	/// The element of each operand that an output takes; all in order where absent.
	pub places: [Option<Vec<usize>>; 2],
	/// How many outputs there are.
	pub outputs: usize,
	/// Bits after the point.
	pub shift: u32,
	/// Whether divisors are negative.
	pub negative: bool,
}

impl Ratio {
	fn pair<'a, T>(&self, inputs: &'a [&[T]], output: usize) -> (&'a T, &'a T) {
		let place = |side: usize| self.places[side].as_ref().map_or(output, |all| all[output]);
		(&inputs[0][place(0)], &inputs[1][place(1)])
	}

	/// What the dividend is multiplied by, and the divisor.
	fn factors(&self) -> (i64, i64) {
		let sign = if self.negative { -1 } else { 1 };
		(sign * (1 << self.shift), sign)
	}
}

impl Operator for Ratio {
	fn name(&self) -> &'static str {
		"divide"
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		let (up, sign) = self.factors();
		(0..self.outputs)
			.map(|output| {
				let (a, b) = self.pair(inputs, output);
				quotient(a * up, b * sign)
			})
			.collect()
	}

	fn bounds(&self, inputs: &[&[Bounds]]) -> Vec<Bounds> {
		let (up, sign) = self.factors();
		(0..self.outputs)
			.map(|output| {
				let (a, b) = self.pair(inputs, output);
				quotient_bounds(a.times(up), b.times(sign))
			})
			.collect()
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		let (up, sign) = self.factors();
		let any = Bounds { lo: i64::MIN, hi: i64::MAX };
		(0..self.outputs)
			.map(|output| {
				let (a, b) = self.pair(inputs, output);
				divide(builder, &a.times(up), &b.times(sign), any)
			})
			.collect()
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}

/// `Div` of two activations.
pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	let (a, b) = (lowering.real(node, 0)?, lowering.real(node, 1)?);
	let shape = broadcast(node, &[&a.shape, &b.shape])?;
	let [x, y] = [&a, &b]
		.map(|real| real.exponents(node).map(|exponents| spread(&exponents, &real.shape, &shape)));
	let divisors = lowering.bounds_of(b.tensor);
	let negative = divisors.iter().all(|bounds| bounds.hi < 0);
	if !negative && divisors.iter().any(|bounds| bounds.lo <= 0) {
		return Err(node.error(
			"its divisor may be zero, or of either sign: add a small constant, or Clip, before it",
		));
	}
	let largest = |bounds: &[Bounds]| {
		bounds.iter().map(|b| b.lo.unsigned_abs().max(b.hi.unsigned_abs())).max().unwrap_or(0)
	};
	let smallest = divisors.iter().map(|b| b.lo.unsigned_abs().min(b.hi.unsigned_abs())).min();
	let (most, least) = (largest(lowering.bounds_of(a.tensor)), smallest.unwrap_or(1).max(1));
	let wide = |shift: u32| {
		let result = (u128::from(most) << shift) / u128::from(least) + 1;
		result >= 1 << BITS || 16 * result * u128::from(largest(divisors)) >= 1 << 60
	};
	let shift = (0..=MOST).rev().find(|&shift| !wide(shift)).ok_or_else(|| {
		node.error(
			"its quotients have too many bits: put QuantizeLinear and DequantizeLinear before it",
		)
	})?;
	let units = x?.into_iter().zip(y?).map(|(x, y)| Unit::Exact(x - y - shift as i32)).collect();
	let places = [places(&a.shape, &shape), places(&b.shape, &shape)];
	let op = Ratio { places, outputs: shape.iter().product(), shift, negative };
	let tensor = lowering.push(node, op, &[a.tensor, b.tensor], &shape)?;
	Ok(Value::Real(Real::new(tensor, shape, units)))
}
