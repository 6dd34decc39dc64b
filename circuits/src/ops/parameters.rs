//! Weights that only the model's owner knows.
//!
//! # Semantics
//! The weights of one layer and after them its biases, as a tensor. Of trees all are biases.
//!
//! # Bounds
//! Those of the declared widths, whatever the values are: circuits must not depend on secrets.
//!
//! # Constraints
//! A range check, one for each bit of the declared width. What ties the values to the model is its
//! commitment, which [`crate::compile`] adds over all of these.

use super::Operator;
use crate::{
	r1cs::Builder,
	signal::{Bounds, Signal},
};
use std::any::Any;

/// A secret integer, and the range that it is declared to have: as many integers as a power of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
	/// The integer.
	pub value: i64,
	/// Its range.
	pub bounds: Bounds,
}

impl Parameter {
	/// An integer in two's complement.
	pub fn signed(value: i64, bits: u32) -> Self {
		Self { value, bounds: signed(bits) }
	}

	/// An integer of so many bits from a least one on.
	pub fn from(lo: i64, value: i64, bits: u32) -> Self {
		Self { value, bounds: Bounds { lo, hi: lo + (1 << bits) - 1 } }
	}
}

/// The secret integers of one layer.
#[derive(Clone, Debug)]
pub struct Parameters {
	/// Weights.
	pub weights: Vec<Parameter>,
	/// Biases.
	pub biases: Vec<Parameter>,
}

/// The range of two's complement.
pub(crate) fn signed(bits: u32) -> Bounds {
	Bounds { lo: -(1 << (bits - 1)), hi: (1 << (bits - 1)) - 1 }
}

impl Parameters {
	/// Every one, weights first.
	fn all(&self) -> impl Iterator<Item = &Parameter> {
		self.weights.iter().chain(&self.biases)
	}
}

impl Operator for Parameters {
	fn name(&self) -> &'static str {
		"committed weights"
	}

	fn evaluate(&self, _: &[&[i64]]) -> Vec<i64> {
		self.all().map(|parameter| parameter.value).collect()
	}

	fn bounds(&self, _: &[&[Bounds]]) -> Vec<Bounds> {
		self.all().map(|parameter| parameter.bounds).collect()
	}

	fn constrain(&self, builder: &mut Builder, _: &[&[Signal]]) -> Vec<Signal> {
		self.all()
			.map(|&Parameter { value, bounds }| {
				let size = bounds.hi - bounds.lo + 1;
				assert!(size.count_ones() == 1 && size > 1, "as many integers as a power of two");
				let wire = builder.alloc(|| value.into());
				let signal = Signal::wire(wire, value, bounds);
				let raised = signal.clone().plus_constant(-bounds.lo);
				builder.range(raised.lc, raised.value, size.trailing_zeros());
				signal
			})
			.collect()
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::search::{Search, Verdict};

	fn op(weights: &[i64], biases: &[i64]) -> Parameters {
		let all = |values: &[i64], bits| {
			values.iter().map(|&value| Parameter::signed(value, bits)).collect()
		};
		Parameters { weights: all(weights, 3), biases: all(biases, 5) }
	}

	#[test]
	fn a_weight_out_of_its_width_has_no_witness() {
		let mut builder = Builder::both(0, 0);
		let signals = op(&[-4, 3], &[-16]).constrain(&mut builder, &[]);
		let wires: Vec<usize> = signals.iter().map(|signal| signal.lc.0[0].0 .0 as usize).collect();
		assert_eq!(builder.constraint_count(), 3 + 3 + 5);
		let witness = builder.take_witness();
		let (r1cs, _) = builder.into_r1cs();
		assert_eq!(r1cs.first_violation(&witness), None);
		for (wire, range) in wires.into_iter().zip([signed(3), signed(3), signed(5)]) {
			for value in -40..=40i64 {
				let verdict = Search::new(&r1cs, None).any(&[(wire, value.into())]);
				let exists = matches!(verdict, Verdict::Second(_));
				assert_eq!(exists, range.contains(value), "{value} in {range:?}");
			}
		}
	}

	#[test]
	fn the_circuit_does_not_depend_on_values() {
		let system = |weights: &[i64], biases: &[i64]| {
			let mut builder = Builder::constraints(0, 0);
			let op = op(weights, biases);
			let signals = op.constrain(&mut builder, &[]);
			assert_eq!(op.bounds(&[]), signals.iter().map(Signal::bounds).collect::<Vec<_>>());
			builder.into_r1cs().0
		};
		assert_eq!(system(&[0, 0], &[0]), system(&[-4, 3], &[15]));
	}
}
