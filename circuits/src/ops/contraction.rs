//! The integer operator "product of two matrices", both of them activations.
//!
//! # Semantics
//! `y[m][i][o] = Σ_k a[m][i][k] · b[m][k][o]`, exact integers.
//!
//! # Constraints
//! 1 per product: each adds to the sum before it. An element that is itself a long sum and is used
//! several times gets a wire of its own, 1 constraint.

use super::Operator;
use crate::{
	r1cs::{Builder, LinearCombination},
	signal::{Bounds, Signal},
};
use std::any::Any;

/// Products of matrices that lie anywhere in two tensors.
#[derive(Clone, Debug)]
pub struct Contraction {
	/// For each matrix of the result, where its factors begin.
	pub starts: Vec<(usize, usize)>,
	/// Rows of a result, columns, and terms of each sum.
	pub sizes: (usize, usize, usize),
	/// How far apart rows and terms lie in the first factor.
	pub first: (usize, usize),
	/// How far apart terms and columns lie in the second.
	pub second: (usize, usize),
}

/// Sums of fewer terms than this are not worth a wire.
const SHORT: u32 = 8;

impl Contraction {
	/// The elements of both factors that an output multiplies.
	fn pairs(&self, output: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
		let (rows, columns, terms) = self.sizes;
		let (a, b) = self.starts[output / columns / rows];
		let (row, column) = (output / columns % rows, output % columns);
		(0..terms).map(move |term| {
			let first = a + row * self.first.0 + term * self.first.1;
			(first, b + term * self.second.0 + column * self.second.1)
		})
	}

	/// Elements of the result.
	pub fn outputs(&self) -> usize {
		self.starts.len() * self.sizes.0 * self.sizes.1
	}

	/// What no partial sum exceeds, in whatever order it is added.
	pub fn reach(&self, inputs: &[&[Bounds]]) -> i128 {
		let largest = |x: Bounds| i128::from(x.lo.unsigned_abs().max(x.hi.unsigned_abs()));
		(0..self.outputs())
			.map(|output| {
				let products = self
					.pairs(output)
					.map(|(a, b)| largest(inputs[0][a]).saturating_mul(largest(inputs[1][b])));
				products.fold(0i128, i128::saturating_add)
			})
			.max()
			.unwrap_or(0)
	}

	/// Gives wires to long sums that several outputs use.
	fn with_wires(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> [Vec<Signal>; 2] {
		let uses = [self.sizes.1, self.sizes.0];
		[0, 1].map(|side| {
			(inputs[side].iter())
				.map(|signal| match signal.terms > SHORT && uses[side] > 1 {
					true => builder.name(signal),
					false => signal.clone(),
				})
				.collect()
		})
	}
}

impl Operator for Contraction {
	fn name(&self) -> &'static str {
		"product of matrices"
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		let sum = |output| self.pairs(output).map(|(a, b)| inputs[0][a] * inputs[1][b]).sum();
		(0..self.outputs()).map(sum).collect()
	}

	fn bounds(&self, inputs: &[&[Bounds]]) -> Vec<Bounds> {
		let sum = |output| {
			let products = self.pairs(output).map(|(a, b)| inputs[0][a].product(inputs[1][b]));
			products.fold(Bounds::constant(0), Bounds::plus)
		};
		(0..self.outputs()).map(sum).collect()
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		let [a, b] = self.with_wires(builder, inputs);
		(0..self.outputs())
			.map(|output| {
				let (mut lc, mut value) = (LinearCombination::default(), 0i64);
				let mut bounds = Bounds::constant(0);
				for (first, second) in self.pairs(output) {
					let (x, y) = (&a[first], &b[second]);
					bounds = bounds.plus(x.bounds().product(y.bounds()));
					value = value.wrapping_add(x.value.wrapping_mul(y.value));
					let wire = builder.product(x.lc.clone(), y.lc.clone(), lc, value);
					lc = LinearCombination::wire(wire);
				}
				Signal { lc, terms: 1, value, lo: bounds.lo, hi: bounds.hi }
			})
			.collect()
	}

	fn multiply_adds(&self) -> u64 {
		(self.outputs() * self.sizes.2) as u64
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;

	/// Two rows of three, times three rows of two that lie transposed.
	fn op() -> Contraction {
		Contraction { starts: vec![(0, 0)], sizes: (2, 2, 3), first: (3, 1), second: (1, 3) }
	}

	#[test]
	fn multiplies() {
		let (a, b) = ([1, -2, 3, 0, 5, -1], [2, 1, 0, -3, 4, 1]);
		let expected = [0, -8, 5, 19];
		assert_eq!(op().evaluate(&[&a, &b]), expected);
		let harness = Harness::new(vec![Bounds { lo: -5, hi: 5 }; 12], |builder, inputs| {
			op().constrain(builder, &[&inputs[..6], &inputs[6..]])
		});
		let values = [a, b].concat();
		harness.accepts(&values, &expected);
		harness.rejects_single_wire_changes(&values);
		harness.rejects_output(&values, &[0, -8, 5, 20]);
		assert_eq!(harness.constraints(), 12);
		let bounds = [Bounds { lo: -5, hi: 5 }; 6];
		assert_eq!(op().reach(&[&bounds, &bounds]), 75);
		assert_eq!(op().bounds(&[&bounds, &bounds]), [Bounds { lo: -75, hi: 75 }; 4]);
	}
}
