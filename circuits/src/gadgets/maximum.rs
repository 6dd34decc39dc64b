//! The larger of two integers.
//!
//! # What is proven
//! `m = max(a, b)` for integers with proven bounds.
//!
//! # Why
//! With `g` the proven sign of `d = a − b`, one product gives `m − b = g·d`.
//!
//! # Cost
//! `k + 1` for a difference of `k` signed bits, `k + 2` where the combinations are long. Nothing
//! where bounds decide.

use super::compare::sign;
use crate::{
	r1cs::Builder,
	signal::{Bounds, Signal},
};

/// Emits the gadget; see the module for what it proves.
pub fn maximum(builder: &mut Builder, a: &Signal, b: &Signal) -> Signal {
	if a.lo >= b.hi {
		return a.clone();
	}
	if b.lo >= a.hi {
		return b.clone();
	}
	let difference = a.clone().plus(-1, b);
	let sign = sign(builder, &difference);
	let value = a.value.max(b.value);
	let wire = builder.product(sign.positive, sign.integer, b.lc.clone(), value);
	Signal::wire(wire, value, Bounds { lo: a.lo.max(b.lo), hi: a.hi.max(b.hi) })
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;

	fn harness(a: Bounds, b: Bounds) -> Harness {
		Harness::new(vec![a, b], |builder, inputs| vec![maximum(builder, &inputs[0], &inputs[1])])
	}

	/// The same on sums of many wires.
	fn long(bounds: Bounds) -> Harness {
		Harness::new(vec![bounds, bounds], |builder, inputs| {
			let stretch = |signal: &Signal| Signal { terms: 100, ..signal.clone() };
			vec![maximum(builder, &stretch(&inputs[0]), &stretch(&inputs[1]))]
		})
	}

	const SMALL: Bounds = Bounds { lo: -5, hi: 6 };

	#[test]
	fn agrees_with_the_reference_on_every_value() {
		for harness in [harness(SMALL, SMALL), long(SMALL)] {
			for a in -5..=6 {
				for b in -5..=6 {
					harness.accepts(&[a, b], &[a.max(b)]);
					harness.rejects_single_wire_changes(&[a, b]);
					for forged in (-6..=7).filter(|&forged| forged != a.max(b)) {
						harness.rejects_output(&[a, b], &[forged]);
					}
				}
			}
		}
	}

	fn pairs() -> Vec<Vec<i64>> {
		(-5..=6).flat_map(|a| (-5..=6).map(move |b| vec![a, b])).collect()
	}

	#[test]
	fn no_second_output_exists() {
		for harness in [harness(SMALL, SMALL), long(SMALL)] {
			pairs().iter().for_each(|pair| harness.has_one_output(pair));
		}
	}

	#[test]
	fn every_constraint_matters() {
		for harness in [harness(SMALL, SMALL), long(SMALL)] {
			assert_eq!(harness.superfluous_constraints(&pairs()), Vec::<usize>::new());
		}
	}

	#[test]
	fn rejects_a_wrong_maximum() {
		for harness in [harness(SMALL, SMALL), long(SMALL)] {
			harness.rejects_output(&[3, -2], &[-2]);
			harness.rejects_output(&[-2, 3], &[-2]);
			harness.rejects_output(&[3, -2], &[6]);
			harness.rejects_output(&[-5, -5], &[0]);
		}
		// Differences of five bits: the last of four wires is the sign, of five where it is long.
		for (a, b) in [(3, -2), (-2, 3), (4, 4)] {
			harness(SMALL, SMALL).rejects_pinned(&[a, b], &[(3, (a < b).into())]);
			long(SMALL).rejects_pinned(&[a, b], &[(4, (a < b).into())]);
		}
	}

	#[test]
	fn costs_10_for_bytes() {
		let byte = Bounds { lo: 0, hi: 255 };
		assert_eq!(harness(byte, byte).constraints(), 10);
		assert_eq!(long(byte).constraints(), 11);
		let above = Bounds { lo: 255, hi: 300 };
		assert_eq!(harness(byte, above).constraints(), 0);
		harness(byte, above).accepts(&[255, 255], &[255]);
		harness(above, byte).accepts(&[256, 7], &[256]);
	}
}
