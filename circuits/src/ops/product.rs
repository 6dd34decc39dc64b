//! The integer operator `x · y`, element by element.
//!
//! # Constraints
//! 1 per element.

use super::Operator;
use crate::{
	r1cs::Builder,
	signal::{Bounds, Signal},
};
use std::any::Any;

/// A product of two tensors.
#[derive(Clone, Debug)]
pub struct Product {
	/// Elements of the result.
	pub outputs: usize,
	/// The element of each factor that an output takes; all in order where absent.
	pub places: [Option<Vec<usize>>; 2],
}

impl Product {
	fn pairs<'a, T>(&'a self, inputs: &'a [&[T]]) -> impl Iterator<Item = (&'a T, &'a T)> {
		let place = |side: usize, output: usize| {
			self.places[side].as_ref().map_or(output, |places| places[output])
		};
		(0..self.outputs)
			.map(move |output| (&inputs[0][place(0, output)], &inputs[1][place(1, output)]))
	}
}

impl Operator for Product {
	fn name(&self) -> &'static str {
		"product"
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		self.pairs(inputs).map(|(x, y)| x * y).collect()
	}

	fn bounds(&self, inputs: &[&[Bounds]]) -> Vec<Bounds> {
		self.pairs(inputs).map(|(x, y)| x.product(*y)).collect()
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		self.pairs(inputs)
			.map(|(x, y)| {
				let bounds = x.bounds().product(y.bounds());
				let value = x.value.wrapping_mul(y.value);
				let wire = builder.product(x.lc.clone(), y.lc.clone(), Default::default(), value);
				Signal::wire(wire, value, bounds)
			})
			.collect()
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}
