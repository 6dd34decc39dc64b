//! The integer square root.
//!
//! # What is proven
//! `q = ⌊√v⌋` for an integer `v ≥ 0` with proven bounds.
//!
//! # Why
//! `ρ = v − q²` is shown to lie between 0 and `2·q`, which is `q² ≤ v < (q + 1)²`. Both `ρ` and
//! `2·q − ρ` are integers of few bits, and so is their sum `2·q`. Were it odd, `4·(v − ρ) = (2·q)²`
//! would be an even number that is odd. So `q` is an integer, not negative and far below the field's
//! order, and needs no range check of its own.
//!
//! # Cost
//! `1 + 2·(n + 1)`, with `n` bits for the root.

use crate::{
	r1cs::{Builder, LinearCombination},
	signal::{Bounds, Signal},
};

/// `⌊√v⌋`; 0 for a negative number.
pub fn root(v: i64) -> i64 {
	u64::try_from(v).unwrap_or(0).isqrt() as i64
}

/// Emits the gadget; see the module for what it proves.
///
/// # Panics
/// If `v` may be negative, or have more than 61 bits.
pub fn square_root(builder: &mut Builder, v: &Signal) -> Signal {
	assert!(v.lo >= 0 && v.hi < 1 << 61, "a root of 0 to 2^61");
	let bounds = Bounds { lo: root(v.lo), hi: root(v.hi) };
	let value = root(v.value);
	let bits = Bounds { lo: 0, hi: bounds.hi }.unsigned_bits().max(1);
	let wire = builder.alloc(|| value.into());
	let q = Signal::wire(wire, value, bounds);
	let square = value.wrapping_mul(value);
	let none = LinearCombination::default();
	let square_wire = builder.product(wire.into(), wire.into(), none, square);
	let square = Signal::wire(square_wire, square, Bounds { lo: 0, hi: i64::MAX / 4 });
	let rest = v.clone().plus(-1, &square);
	let room = q.times(2).plus(-1, &rest);
	builder.range(rest.lc, rest.value, bits + 1);
	builder.range(room.lc, room.value, bits + 1);
	q
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;

	fn harness(hi: i64) -> Harness {
		Harness::new(vec![Bounds { lo: 0, hi }], |builder, inputs| {
			vec![square_root(builder, &inputs[0])]
		})
	}

	#[test]
	fn agrees_with_the_root_of_every_integer() {
		let harness = harness(40);
		for v in 0..=40 {
			let expected = (v as f64).sqrt().floor() as i64;
			harness.accepts(&[v], &[expected]);
			harness.has_one_output(&[v]);
			harness.rejects_single_wire_changes(&[v]);
			for forged in (-8..=8).filter(|&forged| forged != expected) {
				harness.rejects_output(&[v], &[forged]);
			}
		}
	}

	#[test]
	fn costs_what_it_says() {
		assert_eq!(harness(40).constraints(), 1 + 2 * 4);
	}

	#[test]
	fn every_constraint_matters() {
		let samples: Vec<Vec<i64>> = (0..=40).map(|v| vec![v]).collect();
		let superfluous = harness(40).superfluous_constraints(&samples);
		assert_eq!(superfluous, Vec::<usize>::new());
	}
}
