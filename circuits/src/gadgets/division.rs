//! The quotient of two integers, rounded.
//!
//! # What is proven
//! `q = ⌊a / b + 1/2⌋` for integers with proven bounds, `b > 0`.
//!
//! # Why
//! `ρ = 2·a + b − 2·b·q` is shown to lie between 0 and `2·b − 1`. `q` has a range check of its own,
//! without which any field element could be a quotient for some remainder; with it all numbers are
//! integers far below the field's order, and only one `q` leaves such a remainder.
//!
//! # Cost
//! `1 + n + 2·w`, with `n` bits for the quotient's range, and `w` bits for `2·b − 1`.

use crate::{
	r1cs::{Builder, LinearCombination},
	signal::{Bounds, Signal},
};

/// `⌊a / b + 1/2⌋`.
pub fn quotient(a: i64, b: i64) -> i64 {
	(2 * a + b).div_euclid(2 * b)
}

/// The bounds of the quotient.
///
/// # Panics
/// If the divisor may be zero or negative.
pub fn quotient_bounds(a: Bounds, b: Bounds) -> Bounds {
	assert!(b.lo > 0, "a divisor is positive");
	let ends = [(a.lo, b.lo), (a.lo, b.hi), (a.hi, b.lo), (a.hi, b.hi)];
	let ends = ends.map(|(a, b)| quotient(a, b));
	let lo = ends.iter().min().copied().unwrap_or_default();
	Bounds { lo, hi: ends.iter().max().copied().unwrap_or_default() }
}

/// Emits the gadget; see the module for what it proves.
///
/// `known` are bounds that the quotient has for all `a` and `b` that can occur together: they may be
/// narrower than what follows from the bounds of each.
///
/// # Panics
/// If the divisor may be zero or negative, or numbers exceed 61 bits.
pub fn divide(builder: &mut Builder, a: &Signal, b: &Signal, known: Bounds) -> Signal {
	let bounds = quotient_bounds(a.bounds(), b.bounds());
	let bounds = Bounds { lo: bounds.lo.max(known.lo), hi: bounds.hi.min(known.hi) };
	if bounds.lo == bounds.hi {
		return Signal::constant(bounds.lo);
	}
	let value = if b.value > 0 { quotient(a.value, b.value) } else { 0 };
	let bits = Bounds { lo: 0, hi: bounds.hi - bounds.lo }.unsigned_bits();
	let reach = bounds.lo.unsigned_abs().max(bounds.hi.unsigned_abs()) + (1 << bits);
	let wide = u128::from(reach) * u128::from(b.hi.unsigned_abs()) * 4;
	assert!(wide < 1 << 61, "numbers of at most 61 bits");
	let wire = builder.alloc(|| value.into());
	let q = Signal::wire(wire, value, bounds);
	let raised = q.clone().plus_constant(-bounds.lo);
	builder.range(raised.lc, raised.value, bits);
	let product = value.wrapping_mul(b.value);
	let none = LinearCombination::default();
	let product_wire = builder.product(b.lc.clone(), wire.into(), none, product);
	let all = Bounds { lo: i64::MIN / 4, hi: i64::MAX / 4 };
	let product = Signal::wire(product_wire, product, all);
	let rest = a.times(2).plus(1, b).plus(-2, &product);
	let width = Bounds { lo: 0, hi: 2 * b.hi - 1 }.unsigned_bits();
	let room = b.times(2).plus_constant(-1).plus(-1, &rest);
	builder.range(rest.lc, rest.value, width);
	builder.range(room.lc, room.value, width);
	q
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;

	const ANY: Bounds = Bounds { lo: i64::MIN, hi: i64::MAX };
	const A: Bounds = Bounds { lo: -11, hi: 9 };
	const B: Bounds = Bounds { lo: 1, hi: 6 };

	fn harness(a: Bounds, b: Bounds) -> Harness {
		Harness::new(vec![a, b], |builder, inputs| {
			vec![divide(builder, &inputs[0], &inputs[1], ANY)]
		})
	}

	#[test]
	fn agrees_with_rounding_on_every_pair() {
		let harness = harness(A, B);
		for a in A.lo..=A.hi {
			for b in B.lo..=B.hi {
				let exact = a as f64 / b as f64;
				let expected = (exact + 0.5).floor() as i64;
				assert_eq!(quotient(a, b), expected, "{a} / {b}");
				harness.accepts(&[a, b], &[expected]);
				harness.has_one_output(&[a, b]);
				if b % 2 == 1 {
					harness.rejects_single_wire_changes(&[a, b]);
				}
				for forged in -16..=16 {
					if forged != expected {
						harness.rejects_output(&[a, b], &[forged]);
					}
				}
			}
		}
	}

	#[test]
	fn costs_what_it_says() {
		// The quotient is one of −11 to 9, 5 bits; 2·b − 1 is at most 11, 4 bits.
		assert_eq!(harness(A, B).constraints(), 1 + 5 + 2 * 4);
	}

	#[test]
	fn every_constraint_matters() {
		let samples: Vec<Vec<i64>> =
			(A.lo..=A.hi).flat_map(|a| [vec![a, 1], vec![a, 3], vec![a, 6]]).collect();
		let superfluous = harness(A, B).superfluous_constraints(&samples);
		assert_eq!(superfluous, Vec::<usize>::new());
	}

	#[test]
	#[should_panic(expected = "a divisor is positive")]
	fn a_divisor_that_may_be_zero_is_refused() {
		harness(A, Bounds { lo: 0, hi: 6 }).constraints();
	}
}
