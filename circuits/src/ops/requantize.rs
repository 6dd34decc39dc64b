//! Rounding steps: accumulators to integers of few bits, or any function of few bits.
//!
//! # Semantics
//! [`crate::plan::Step::apply`], which is onnxruntime's arithmetic.
//!
//! # Constraints
//! By [`crate::plan::Plan`]: at most `k + 6` per element of `k` signed bits where the scales are
//! powers of two.

use super::Operator;
use crate::{
	plan::{Plan, Step},
	r1cs::Builder,
	signal::{Bounds, Signal},
};
use std::any::Any;

/// A step and how it is proven for accumulators within bounds.
#[derive(Clone, Debug)]
pub struct Case {
	/// What is computed.
	pub step: Step,
	/// The accumulator's bounds.
	pub bounds: Bounds,
	/// How it is proven.
	pub plan: Plan,
}

/// Rounding of every element.
#[derive(Clone, Debug)]
pub struct Requantize {
	/// The distinct steps.
	pub cases: Vec<Case>,
	/// Which of them each element takes.
	pub which: Vec<u32>,
}

impl Requantize {
	/// The case of every element.
	pub fn elements(&self) -> impl Iterator<Item = &Case> {
		self.which.iter().map(|&case| &self.cases[case as usize])
	}
}

impl Operator for Requantize {
	fn name(&self) -> &'static str {
		"requantize"
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		self.elements().zip(inputs[0]).map(|(case, &x)| case.step.apply(x)).collect()
	}

	fn bounds(&self, inputs: &[&[Bounds]]) -> Vec<Bounds> {
		self.elements().zip(inputs[0]).map(|(case, x)| case.plan.bounds(*x)).collect()
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		(self.elements().zip(inputs[0]))
			.map(|(case, x)| {
				let within = case.bounds.lo <= x.lo && x.hi <= case.bounds.hi;
				assert!(within, "the plan was made for the bounds that constraints prove");
				case.plan.constrain(builder, x)
			})
			.collect()
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}
