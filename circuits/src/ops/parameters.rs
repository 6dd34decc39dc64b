//! Weights that only the model's owner knows.
//!
//! # Semantics
//! The weights of one layer and after them its biases, as a tensor.
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

/// The secret integers of one layer.
#[derive(Clone, Debug)]
pub struct Parameters {
	/// Weights.
	pub weights: Vec<i64>,
	/// Biases.
	pub biases: Vec<i64>,
	/// Bits of a weight, in two's complement.
	pub weight_bits: u32,
	/// Bits of a bias.
	pub bias_bits: u32,
}

/// The range of two's complement.
pub(crate) fn signed(bits: u32) -> Bounds {
	Bounds { lo: -(1 << (bits - 1)), hi: (1 << (bits - 1)) - 1 }
}

impl Parameters {
	/// Every value with its bounds.
	fn all(&self) -> impl Iterator<Item = (i64, Bounds)> + '_ {
		let ranges = [signed(self.weight_bits), signed(self.bias_bits)];
		let of = |values: &'_ [i64], range| {
			values.iter().map(move |&value| (value, range)).collect::<Vec<_>>()
		};
		of(&self.weights, ranges[0]).into_iter().chain(of(&self.biases, ranges[1]))
	}
}

impl Operator for Parameters {
	fn name(&self) -> &'static str {
		"committed weights"
	}

	fn evaluate(&self, _: &[&[i64]]) -> Vec<i64> {
		self.all().map(|(value, _)| value).collect()
	}

	fn bounds(&self, _: &[&[Bounds]]) -> Vec<Bounds> {
		self.all().map(|(_, bounds)| bounds).collect()
	}

	fn constrain(&self, builder: &mut Builder, _: &[&[Signal]]) -> Vec<Signal> {
		self.all()
			.map(|(value, bounds)| {
				let wire = builder.alloc(|| value.into());
				let signal = Signal::wire(wire, value, bounds);
				let raised = signal.clone().plus_constant(-bounds.lo);
				builder.range(raised.lc, raised.value, bounds.signed_bits());
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
		let (weights, biases) = (weights.to_vec(), biases.to_vec());
		Parameters { weights, biases, weight_bits: 3, bias_bits: 5 }
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
