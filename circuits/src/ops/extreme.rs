//! The integer operator "largest of a window", or smallest.
//!
//! # Constraints
//! [`crate::gadgets::maximum`]: per comparison `k + 1` for a difference of `k` signed bits, 10 for
//! bytes, `k + 2` for long sums. Comparisons that bounds decide cost nothing.

use super::{geometry::Sliding, Operator};
use crate::{
	gadgets::maximum::maximum,
	r1cs::Builder,
	signal::{Bounds, Signal},
};
use std::any::Any;

/// The largest or the smallest of each window.
#[derive(Clone, Debug)]
pub struct Extreme {
	/// The elements that each output takes, at least one.
	pub windows: Vec<Vec<u32>>,
	/// The smallest in place of the largest.
	pub smallest: bool,
	/// How the windows slide over every channel of an image, where they do.
	pub sliding: Option<Sliding>,
}

impl Extreme {
	fn fold<T>(&self, input: &[T], mut pick: impl FnMut(T, &T) -> T) -> Vec<T>
	where
		T: Clone,
	{
		(self.windows.iter())
			.map(|window| {
				let (&first, rest) = window.split_first().expect("a window is not empty");
				rest.iter().fold(input[first as usize].clone(), |best, &element| {
					pick(best, &input[element as usize])
				})
			})
			.collect()
	}
}

impl Operator for Extreme {
	fn name(&self) -> &'static str {
		if self.smallest {
			"min over windows"
		} else {
			"max over windows"
		}
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		let smallest = self.smallest;
		self.fold(inputs[0], |best, &x| if smallest { best.min(x) } else { best.max(x) })
	}

	fn bounds(&self, inputs: &[&[Bounds]]) -> Vec<Bounds> {
		let smallest = self.smallest;
		self.fold(inputs[0], |best, x| match smallest {
			true => Bounds { lo: best.lo.min(x.lo), hi: best.hi.min(x.hi) },
			false => Bounds { lo: best.lo.max(x.lo), hi: best.hi.max(x.hi) },
		})
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		if self.smallest {
			let negated: Vec<Signal> = inputs[0].iter().map(|x| x.times(-1)).collect();
			let largest = self.fold(&negated, |best, x| maximum(builder, &best, x));
			largest.iter().map(|x| x.times(-1)).collect()
		} else {
			self.fold(inputs[0], |best, x| maximum(builder, &best, x))
		}
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}
