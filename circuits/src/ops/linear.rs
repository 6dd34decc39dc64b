//! Linear layers with public weights.
//!
//! # Semantics
//! `y[r][o] = Σⱼ w[o][j] · x[r][j] + b[o]`, exact integers; shapes `[r, in] → [r, out]`.
//!
//! # Bounds
//! The one-sided sums of the actual weights: a positive weight takes its input's upper end for the
//! upper bound and the lower end for the lower one, a negative weight the other way round.
//!
//! # Cost
//! No constraint: weights are constants, and the sum is folded into the next gadget, where it
//! appears once.

use super::Operator;
use crate::{
	r1cs::{Builder, LinearCombination},
	signal::{Bounds, Signal},
};
use std::any::Any;

/// A matrix of public weights, and a bias.
#[derive(Clone, Debug)]
pub struct Linear {
	/// Values per input row.
	pub inputs: usize,
	/// Weights, one row of `inputs` values per output.
	pub weights: Vec<i32>,
	/// One value per output.
	pub bias: Vec<i64>,
}

impl Linear {
	/// What no partial sum exceeds, in whatever order it is added: `max Σ |w|·max|x| + |b|`.
	pub(super) fn reach(&self, input: &[Bounds]) -> i128 {
		let largest = |x: &Bounds| i128::from(x.lo).abs().max(i128::from(x.hi).abs());
		self.rows(input)
			.map(|(row, weights, bias)| {
				let terms = row.iter().zip(weights);
				let sum: i128 = terms.map(|(x, &w)| largest(x) * i128::from(w.abs())).sum();
				sum + i128::from(bias).abs()
			})
			.max()
			.unwrap_or(0)
	}

	fn rows<'a, T>(&'a self, input: &'a [T]) -> impl Iterator<Item = (&'a [T], &'a [i32], i64)> {
		input.chunks_exact(self.inputs).flat_map(move |row| {
			let outputs = self.weights.chunks_exact(self.inputs).zip(&self.bias);
			outputs.map(move |(weights, &bias)| (row, weights, bias))
		})
	}
}

impl Operator for Linear {
	fn name(&self) -> &'static str {
		"linear"
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		self.rows(inputs[0])
			.map(|(row, weights, bias)| {
				row.iter().zip(weights).fold(bias, |sum, (&x, &w)| sum + x * i64::from(w))
			})
			.collect()
	}

	fn bounds(&self, inputs: &[&[Bounds]]) -> Vec<Bounds> {
		self.rows(inputs[0])
			.map(|(row, weights, bias)| {
				let terms = row.iter().zip(weights);
				terms.fold(Bounds::constant(bias), |sum, (x, &w)| sum.plus(x.times(w.into())))
			})
			.collect()
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		self.rows(inputs[0])
			.map(|(row, weights, bias)| {
				let mut sum = Signal::constant(bias);
				if builder.wants_constraints() {
					sum.lc.0.reserve(row.len());
				}
				for (x, &weight) in row.iter().zip(weights).filter(|(_, &weight)| weight != 0) {
					let weight = i64::from(weight);
					let Bounds { lo, hi } = sum.bounds().plus(x.bounds().times(weight));
					(sum.lo, sum.hi) = (lo, hi);
					if builder.wants_constraints() {
						sum.lc.0.extend(x.lc.0.iter().map(|&(wire, c)| (wire, c * weight)));
					}
					if builder.wants_values() {
						sum.value += x.value * weight;
					}
				}
				if builder.wants_constraints() {
					sum.lc.normalise();
				} else {
					sum.lc = LinearCombination::default();
				}
				sum
			})
			.collect()
	}

	fn multiply_adds(&self) -> u64 {
		self.weights.len() as u64
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}
