//! ReLU without requantisation.
//!
//! # What is proven
//! `y = max(v, 0)` for an integer `v` with proven bounds.
//!
//! # Why
//! The recomposition `Σ 2^i·bᵢ = v + 2^(k−1)` of `k` booleans has one solution, the sign
//! `g = b_(k−1)` is 1 exactly if `v ≥ 0`, and `y = g·(Σ 2^i·bᵢ − 2^(k−1))`.
//!
//! # Cost
//! `k + 2`. Nothing where the sign is known.

use crate::{
	r1cs::{Builder, LinearCombination},
	signal::{Bounds, Signal},
};

/// Emits the gadget; see the module for what it proves.
pub fn relu(builder: &mut Builder, v: &Signal) -> Signal {
	if v.lo >= 0 {
		return v.clone();
	}
	if v.hi <= 0 {
		return Signal::constant(0);
	}
	let width = v.bounds().signed_bits();
	let offset = 1i64 << (width - 1);
	let bits =
		builder.bits(|| v.lc.clone().plus_constant(offset), v.value.wrapping_add(offset), width);
	let sign = LinearCombination::wire(bits[width as usize - 1]);
	let recomposed = LinearCombination::bits(&bits).plus_constant(-offset);
	let value = v.value.max(0);
	let wire = builder.product(sign, recomposed, Default::default(), value);
	Signal::wire(wire, value, Bounds { lo: 0, hi: v.hi })
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;

	fn harness(lo: i64, hi: i64) -> Harness {
		Harness::new(vec![Bounds { lo, hi }], |builder, inputs| vec![relu(builder, &inputs[0])])
	}

	#[test]
	fn agrees_with_the_reference_on_every_value() {
		let harness = harness(-40, 20);
		for v in -40..=20 {
			harness.accepts(&[v], &[v.max(0)]);
			harness.rejects_single_wire_changes(&[v]);
			for forged in -45..=45 {
				if forged != v.max(0) {
					harness.rejects_output(&[v], &[forged]);
				}
			}
		}
	}

	#[test]
	fn no_second_output_exists() {
		for (lo, hi) in [(-40, 20), (-1, 1), (-511, 3)] {
			let harness = harness(lo, hi);
			(lo..=hi).for_each(|v| harness.has_one_output(&[v]));
		}
	}

	#[test]
	fn every_constraint_matters() {
		let samples: Vec<Vec<i64>> = (-40..=20).map(|v| vec![v]).collect();
		assert_eq!(harness(-40, 20).superfluous_constraints(&samples), Vec::<usize>::new());
	}

	#[test]
	fn rejects_a_flipped_sign() {
		// Seven bits; the last is the sign.
		let harness = harness(-40, 20);
		for v in -40..=20 {
			harness.rejects_pinned(&[v], &[(6, (v < 0).into())]);
		}
	}

	#[test]
	fn costs_k_plus_2() {
		assert_eq!(harness(-128, 127).constraints(), 8 + 2);
		assert_eq!(harness(0, 127).constraints(), 0);
		assert_eq!(harness(-128, 0).constraints(), 0);
	}
}
