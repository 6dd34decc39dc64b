//! Elements of other tensors in another order, and constants between them. No cost.

use super::Operator;
use crate::{
	r1cs::Builder,
	signal::{Bounds, Signal},
};
use std::any::Any;

/// Where an element of a result comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
	/// An element of an input.
	Input {
		/// Which input.
		input: u32,
		/// Which element.
		element: u32,
	},
	/// A constant.
	Constant(i64),
}

/// A rearrangement.
#[derive(Clone, Debug)]
pub struct Select {
	/// What each element of the result is.
	pub places: Vec<Place>,
}

impl Select {
	fn gather<T: Clone>(&self, inputs: &[&[T]], constant: impl Fn(i64) -> T) -> Vec<T> {
		(self.places.iter())
			.map(|place| match *place {
				Place::Input { input, element } => inputs[input as usize][element as usize].clone(),
				Place::Constant(value) => constant(value),
			})
			.collect()
	}
}

impl Operator for Select {
	fn name(&self) -> &'static str {
		"select"
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		self.gather(inputs, |value| value)
	}

	fn bounds(&self, inputs: &[&[Bounds]]) -> Vec<Bounds> {
		self.gather(inputs, Bounds::constant)
	}

	fn constrain(&self, _: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		self.gather(inputs, Signal::constant)
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}
