//! The integer operator with one slope below zero and another above: `Relu`, `Abs`, `LeakyRelu`,
//! `PRelu`.
//!
//! # Semantics
//! `y = a·x` for `x < 0`, else `y = b·x`; integers `a` and `b`.
//!
//! # Constraints
//! `y = a·x + (b − a)·relu(x)`, so those of [`crate::gadgets::relu`]: `k + 2` for `k` signed bits.

use super::{Factors, Operator};
use crate::{
	gadgets::relu::relu,
	r1cs::Builder,
	signal::{Bounds, Signal},
};
use std::any::Any;

/// Two slopes that meet at zero.
#[derive(Clone, Debug)]
pub struct Slopes {
	/// The slope below zero.
	pub negative: Factors,
	/// The slope above.
	pub positive: Factors,
}

impl Slopes {
	/// ReLU.
	pub const RELU: Self = Self { negative: Factors::All(0), positive: Factors::All(1) };

	fn slopes(&self, element: usize) -> (i64, i64) {
		(self.negative.at(element), self.positive.at(element))
	}
}

/// The result for one integer.
fn apply((negative, positive): (i64, i64), x: i64) -> i64 {
	x.saturating_mul(if x < 0 { negative } else { positive })
}

/// Bounds of the result: its extremes are at the ends and at zero.
fn reach(slopes: (i64, i64), x: Bounds) -> Bounds {
	let (a, b, zero) = (apply(slopes, x.lo), apply(slopes, x.hi), 0.clamp(x.lo, x.hi));
	let middle = apply(slopes, zero);
	Bounds { lo: a.min(b).min(middle), hi: a.max(b).max(middle) }
}

impl Operator for Slopes {
	fn name(&self) -> &'static str {
		"relu"
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		(inputs[0].iter().enumerate()).map(|(element, &x)| apply(self.slopes(element), x)).collect()
	}

	fn bounds(&self, inputs: &[&[Bounds]]) -> Vec<Bounds> {
		(inputs[0].iter().enumerate()).map(|(element, &x)| reach(self.slopes(element), x)).collect()
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		(inputs[0].iter().enumerate())
			.map(|(element, x)| {
				let (negative, positive) = self.slopes(element);
				let rectified = relu(builder, x).times(positive - negative);
				let sum = if negative == 0 { rectified } else { rectified.plus(negative, x) };
				let Bounds { lo, hi } = reach((negative, positive), x.bounds());
				Signal { lo, hi, ..sum }
			})
			.collect()
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}
