//! The integer operator `min(max(x, lo), hi)`.
//!
//! # Constraints
//! [`crate::gadgets::maximum`] with a constant, once for each end that the bounds reach beyond:
//! `k + 1` for `k` signed bits, `k + 2` for long sums.

use super::Operator;
use crate::{
	gadgets::maximum::maximum,
	r1cs::Builder,
	signal::{Bounds, Signal},
};
use std::any::Any;

/// Clipping of every element.
#[derive(Clone, Debug)]
pub struct Clamp {
	/// The smallest result of every element.
	pub lo: Vec<i64>,
	/// The largest; it wins where it is below `lo`.
	pub hi: Vec<i64>,
}

impl Operator for Clamp {
	fn name(&self) -> &'static str {
		"clip"
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		let ends = self.lo.iter().zip(&self.hi);
		inputs[0].iter().zip(ends).map(|(&x, (&lo, &hi))| x.max(lo).min(hi)).collect()
	}

	fn bounds(&self, inputs: &[&[Bounds]]) -> Vec<Bounds> {
		let clip = |x: i64, lo: i64, hi: i64| x.max(lo).min(hi);
		let ends = self.lo.iter().zip(&self.hi);
		inputs[0]
			.iter()
			.zip(ends)
			.map(|(x, (&lo, &hi))| Bounds { lo: clip(x.lo, lo, hi), hi: clip(x.hi, lo, hi) })
			.collect()
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		let ends = self.lo.iter().zip(&self.hi);
		inputs[0]
			.iter()
			.zip(ends)
			.map(|(x, (&lo, &hi))| {
				let raised = maximum(builder, x, &Signal::constant(lo));
				if raised.hi <= hi {
					return raised;
				}
				maximum(builder, &raised.times(-1), &Signal::constant(-hi)).times(-1)
			})
			.collect()
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}
