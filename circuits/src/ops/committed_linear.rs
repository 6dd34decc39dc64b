//! Linear operators whose weights are committed: [`super::Linear`] with weights from a tensor.
//!
//! # Semantics
//! `y[o] = Σ w · x + b[o]`, exact integers; weights and biases are the second input, as
//! [`super::Parameters`] has them.
//!
//! # Bounds
//! From those of both inputs.
//!
//! # Constraints
//! 1 for each multiply-add: a product that adds to the sum before it. An element of the first input
//! that is itself a long sum and is used several times gets a wire of its own, 1 constraint.

use super::{linear::SHORT, Conv, Dense, Operator, Taps};
use crate::{
	r1cs::{Builder, LinearCombination},
	signal::{Bounds, Signal},
};
use std::any::Any;

/// Taps whose weights can be told apart by their place.
pub trait Weighted: Taps + Clone {
	/// The weights.
	fn weights(&self) -> &[i32];

	/// Calls `tap` with element and place of the weight of every term of an output.
	fn places(&self, output: usize, tap: impl FnMut(usize, usize));

	/// How many different biases there are.
	fn biases(&self) -> usize;

	/// Which of them an output has.
	fn bias(&self, output: usize) -> usize;

	/// The same without weights.
	#[must_use]
	fn without_weights(&self) -> Self;
}

/// A linear operator on two tensors: `x`, and weights with biases.
#[derive(Clone, Debug)]
pub struct CommittedLinear<T> {
	/// The terms, whose own weights do not count.
	pub taps: T,
	/// How many weights there are.
	pub weights: usize,
}

impl<T: Weighted> CommittedLinear<T> {
	/// A sum over the terms of an output.
	fn fold<S>(&self, output: usize, first: S, mut add: impl FnMut(S, usize, usize) -> S) -> S {
		let mut sum = Some(first);
		self.taps.places(output, |element, place| {
			sum = sum.take().map(|sum| add(sum, element, place));
		});
		sum.expect("it is put back each time")
	}

	fn bias(&self, output: usize) -> usize {
		self.weights + self.taps.bias(output)
	}
}

impl<T: Weighted> Operator for CommittedLinear<T> {
	fn name(&self) -> &'static str {
		T::NAME
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		let (x, w) = (inputs[0], inputs[1]);
		(0..self.taps.outputs())
			.map(|output| {
				let bias = w[self.bias(output)];
				self.fold(output, bias, |sum, element, place| sum + x[element] * w[place])
			})
			.collect()
	}

	fn bounds(&self, inputs: &[&[Bounds]]) -> Vec<Bounds> {
		let (x, w) = (inputs[0], inputs[1]);
		(0..self.taps.outputs())
			.map(|output| {
				let bias = w[self.bias(output)];
				self.fold(output, bias, |sum, element, place| {
					sum.plus(x[element].product(w[place]))
				})
			})
			.collect()
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		let mut uses = vec![0u32; inputs[0].len()];
		for output in 0..self.taps.outputs() {
			self.taps.places(output, |element, _| uses[element] += 1);
		}
		let x: Vec<Signal> = (inputs[0].iter().zip(uses))
			.map(|(signal, uses)| match signal.terms > SHORT && uses > 1 {
				true => builder.name(signal),
				false => signal.clone(),
			})
			.collect();
		let w = inputs[1];
		(0..self.taps.outputs())
			.map(|output| {
				let bias = &w[self.bias(output)];
				let first = (bias.lc.clone(), bias.value, bias.bounds());
				let (lc, value, bounds) =
					self.fold(output, first, |(lc, value, bounds), element, place| {
						let (x, w) = (&x[element], &w[place]);
						let value = value.wrapping_add(x.value.wrapping_mul(w.value));
						let wire = builder.product(x.lc.clone(), w.lc.clone(), lc, value);
						let bounds = bounds.plus(x.bounds().product(w.bounds()));
						(LinearCombination::wire(wire), value, bounds)
					});
				Signal { lc, terms: 1, value, lo: bounds.lo, hi: bounds.hi }
			})
			.collect()
	}

	fn multiply_adds(&self) -> u64 {
		self.taps.multiply_adds()
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}

impl Weighted for Dense {
	fn weights(&self) -> &[i32] {
		&self.weights
	}

	fn places(&self, output: usize, mut tap: impl FnMut(usize, usize)) {
		let (row, start) = self.row_of_weights(output);
		(0..self.inputs).for_each(|j| tap(row * self.inputs + j, start + j));
	}

	fn biases(&self) -> usize {
		self.outputs
	}

	fn bias(&self, output: usize) -> usize {
		output % self.outputs
	}

	fn without_weights(&self) -> Self {
		Self { weights: vec![0; self.weights.len()], ..self.clone() }
	}
}

impl Weighted for Conv {
	fn weights(&self) -> &[i32] {
		&self.weights
	}

	fn places(&self, output: usize, tap: impl FnMut(usize, usize)) {
		self.each_place(output, tap);
	}

	fn biases(&self) -> usize {
		self.channels.1
	}

	fn bias(&self, output: usize) -> usize {
		self.channel(output)
	}

	fn without_weights(&self) -> Self {
		Self { weights: vec![0; self.weights.len()], ..self.clone() }
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{gadgets::harness::Harness, ops::Linear};

	fn dense(weights: &[i32]) -> Dense {
		Dense { rows: 2, inputs: 3, outputs: 2, weights: weights.to_vec() }
	}

	#[test]
	fn is_the_linear_operator_with_weights_as_inputs() {
		let weights = [1, -2, 3, 0, -4, 2];
		let (x, biases) = ([5, -1, 0, 2, 2, -3], [7, -2]);
		let plain = Linear { taps: dense(&weights), bias: vec![7, -2, 7, -2] };
		let expected = plain.evaluate(&[&x]);
		let op = CommittedLinear { taps: dense(&[0; 6]), weights: 6 };
		let secret = weights.iter().map(|&w| i64::from(w)).chain(biases).collect::<Vec<i64>>();
		assert_eq!(op.evaluate(&[&x, &secret]), expected);
		let harness = Harness::new(vec![Bounds { lo: -8, hi: 7 }; 14], move |builder, inputs| {
			op.constrain(builder, &[&inputs[..6], &inputs[6..]])
		});
		let values = [x.to_vec(), secret].concat();
		harness.accepts(&values, &expected);
		harness.rejects_single_wire_changes(&values);
		harness.has_one_output(&values);
		harness.rejects_output(&values, &[expected[0], expected[1] + 1, expected[2], expected[3]]);
		assert_eq!(harness.superfluous_constraints(&[values]), Vec::<usize>::new());
		assert_eq!(harness.constraints(), 12, "one for each multiply-add");
	}

	#[test]
	fn every_weight_of_a_convolution_has_its_place() {
		let conv = Conv {
			windows: vec![vec![(0, 0), (1, 1)], vec![(1, 0), (2, 1)]],
			sliding: None,
			sizes: (3, 2),
			channels: (2, 2, 1),
			batch: 1,
			weights: vec![1, 2, 3, 4, 5, 6, 7, 8],
		};
		let x = [1, 10, 100, 1_000, 10_000, 100_000];
		let plain = Linear { taps: conv.clone(), bias: vec![1, 1, -1, -1] };
		let op = CommittedLinear { taps: conv.without_weights(), weights: 8 };
		let secret = [1, 2, 3, 4, 5, 6, 7, 8, 1, -1];
		assert_eq!(op.evaluate(&[&x, &secret]), plain.evaluate(&[&x]));
	}
}
