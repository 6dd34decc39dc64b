//! Requantise, round ties to even and saturate, in one decomposition.
//!
//! # What is proven
//! For an integer `v` with proven bounds, `y = clamp(RNE(v / 2^s), lo, lo + 2^n − 1)`, where RNE
//! rounds half to even and `lo` is even. With `lo = 0` this is ReLU as well.
//!
//! # Why
//! Let `u = v − lo·2^s + 2^(s−1)`, so that `⌊u / 2^s⌋` rounds half up, and let `k` be the bits of
//! its signed bounds. The recomposition `Σ 2^i·bᵢ = u + 2^(k−1)` of `k` booleans has one solution,
//! because both sides are integers far below the field's order. Then
//!
//! - `g = b_(k−1)` is 1 exactly if `u ≥ 0`;
//! - a tie is `u mod 2^s = 0`. Rounding up was wrong if the quotient `q` came out odd:
//!   `t = [low + 2^s·(1 − b_s) = 0]` is one is-zero test with the parity folded in, and `q − t` is
//!   the even neighbour;
//! - `z = [high + 2^h·(1 − g) = 0]`, with `high` the `h` bits above the quotient's low `n`, is 1
//!   exactly if `0 ≤ q < 2^n`; `q − t < 0` cannot happen, as `t = 1` needs `q` odd;
//! - `y − lo = z·(q − t) + (2^n − 1)·(g − z)`: one product. `g − z` is 1 exactly above the range.
//!   At `q = 2^n` a tie is even already.
//!
//! # Cost
//! `k` booleans, 1 recomposition, 2 for the tie, 2 for the range, 1 product: **k + 6**. Without
//! possible saturation `k + 4`; a bound that makes the result constant costs nothing.

use crate::{
	r1cs::{Builder, LinearCombination},
	signal::{Bounds, Signal},
};

/// A requantisation: division by a power of two into `bits` bits from `lo` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requantization {
	/// The divisor's exponent `s`.
	pub shift: u32,
	/// The smallest result, an even number.
	pub lo: i64,
	/// Bits of the result: it is at most `lo + 2^bits − 1`.
	pub bits: u32,
}

impl Requantization {
	/// The largest result.
	pub fn hi(&self) -> i64 {
		self.lo + (1 << self.bits) - 1
	}

	/// The reference: the result for one integer.
	pub fn apply(&self, v: i64) -> i64 {
		round_shift(v, self.shift).clamp(self.lo, self.hi())
	}

	/// The bounds of the result, which is monotone in `v`.
	pub fn bounds(&self, v: Bounds) -> Bounds {
		Bounds { lo: self.apply(v.lo), hi: self.apply(v.hi) }
	}
}

/// `v / 2^shift`, rounded half to even.
pub fn round_shift(v: i64, shift: u32) -> i64 {
	if shift == 0 {
		return v;
	}
	let half = 1i64 << (shift - 1);
	let rounded = (v + half) >> shift;
	let tie = (v + half) & ((1i64 << shift) - 1) == 0;
	rounded - i64::from(tie && rounded & 1 == 1)
}

/// Emits the gadget; see the module for what it proves.
///
/// # Panics
/// If `lo` is odd, or a bound times a power of two leaves 62 bits.
pub fn requantize(builder: &mut Builder, v: &Signal, how: &Requantization) -> Signal {
	assert_eq!(how.lo & 1, 0, "an even lower end keeps the parity of the quotient");
	let Requantization { shift, lo, bits: n } = *how;
	let bounds = how.bounds(v.bounds());
	if bounds.lo == bounds.hi {
		return Signal::constant(bounds.lo);
	}
	let half = if shift == 0 { 0 } else { 1i64 << (shift - 1) };
	let lift = half - (lo << shift);
	let u = Bounds { lo: v.lo + lift, hi: v.hi + lift };
	let value = v.value.wrapping_add(lift);

	let signed = u.lo < 0;
	let width = if signed { u.signed_bits() } else { u.unsigned_bits() };
	let magnitude_bits = width - u32::from(signed);
	let sign_offset = if signed { 1i64 << (width - 1) } else { 0 };
	let bits = builder.bits(
		|| v.lc.clone().plus_constant(lift + sign_offset),
		value.wrapping_add(sign_offset),
		width,
	);
	let (magnitude, sign) = bits.split_at(magnitude_bits as usize);
	// g: whether u is not negative.
	let (positive, is_positive) = match sign.first() {
		Some(&wire) => (LinearCombination::wire(wire), value >= 0),
		None => (LinearCombination::constant(1), true),
	};
	// The result is not constant, so u reaches 2^shift and the quotient has at least one bit.
	let (low, quotient) = magnitude.split_at(shift as usize);
	let quotient_value = (value & ((1i64 << magnitude_bits) - 1)) >> shift;

	// q − t: the quotient rounded to even, modulo 2^n.
	let kept = &quotient[..quotient.len().min(n as usize)];
	let mut rounded = LinearCombination::bits(kept);
	let mut rounded_value = quotient_value & ((1i64 << n) - 1);
	if shift > 0 {
		let odd = LinearCombination::wire(quotient[0]);
		let tie = LinearCombination::bits(low).plus_constant(1 << shift).plus(-(1 << shift), &odd);
		let tie_value = (value & ((1i64 << shift) - 1)) + ((1 - (quotient_value & 1)) << shift);
		let wire = builder.is_zero(tie, tie_value);
		rounded = rounded.plus(-1, &LinearCombination::wire(wire));
		rounded_value -= i64::from(tie_value == 0);
	}

	let result = how.apply(v.value);
	let wire = if u.hi >> shift >= 1 << n {
		let high = &quotient[kept.len()..];
		let out_of_range = LinearCombination::bits(high)
			.plus_constant(1 << high.len())
			.plus(-(1 << high.len()), &positive);
		let high_value = (quotient_value >> n) + (i64::from(!is_positive) << high.len());
		let in_range = LinearCombination::wire(builder.is_zero(out_of_range, high_value));
		let most = (1i64 << n) - 1;
		let above = LinearCombination::default().plus(most, &positive).plus(-most, &in_range);
		builder.product(in_range, rounded, above, result.wrapping_sub(lo))
	} else {
		debug_assert!(
			!builder.wants_values() || rounded_value * i64::from(is_positive) == result - lo
		);
		builder.product(positive, rounded, Default::default(), result.wrapping_sub(lo))
	};
	let lc = LinearCombination::wire(wire).plus_constant(lo);
	Signal { lc, value: result, lo: bounds.lo, hi: bounds.hi }
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;
	use proptest::prelude::*;

	fn harness(lo: i64, hi: i64, how: Requantization) -> Harness {
		Harness::new(vec![Bounds { lo, hi }], move |builder, inputs| {
			vec![requantize(builder, &inputs[0], &how)]
		})
	}

	const RELU: Requantization = Requantization { shift: 3, lo: 0, bits: 4 };
	const SIGNED: Requantization = Requantization { shift: 2, lo: -8, bits: 4 };

	#[test]
	fn rounds_half_to_even() {
		let cases = [(4, 0), (5, 1), (12, 2), (20, 2), (28, 4), (-4, 0), (-12, -2), (-20, -2)];
		for (v, expected) in cases {
			assert_eq!(round_shift(v, 3), expected, "{v} / 8");
		}
		assert_eq!(round_shift(-7, 0), -7);
	}

	#[test]
	fn agrees_with_the_reference_on_every_value() {
		for how in [RELU, SIGNED, Requantization { shift: 0, lo: 0, bits: 3 }] {
			let harness = harness(-300, 300, how);
			for v in -300..=300 {
				harness.accepts(&[v], &[how.apply(v)]);
			}
		}
	}

	#[test]
	fn costs_k_plus_6() {
		let relu = |shift| Requantization { shift, lo: 0, bits: 8 };
		for k in 15..=31u32 {
			let bound = (1i64 << (k - 1)) - 1 - (1 << 4);
			assert_eq!(harness(-bound, bound, relu(5)).constraints() as u32, k + 6, "k = {k}");
		}
	}

	#[test]
	fn costs_less_where_bounds_allow() {
		let relu = Requantization { shift: 5, lo: 0, bits: 8 };
		assert_eq!(harness(-4_000, 4_000, relu).constraints(), 13 + 4, "no saturation");
		assert_eq!(harness(0, 4_000, relu).constraints(), 12 + 4, "no sign");
		assert_eq!(harness(-4_000, 15, relu).constraints(), 0, "always zero");
		let exact = Requantization { shift: 0, ..relu };
		assert_eq!(harness(-4_000, 4_000, exact).constraints(), 13 + 4, "no tie");
	}

	#[test]
	fn rejects_every_change_of_a_wire() {
		for how in [RELU, SIGNED] {
			let harness = harness(-300, 300, how);
			for v in [-300, -129, -36, -34, -33, -5, -4, -1, 0, 1, 4, 5, 12, 20, 124, 127, 132, 300]
			{
				harness.rejects_single_wire_changes(&[v]);
			}
		}
	}

	#[test]
	fn no_second_output_exists() {
		// Every assignment of the booleans, by exhaustion over all results.
		let how = Requantization { shift: 2, lo: 0, bits: 2 };
		let harness = harness(-20, 20, how);
		for v in -20..=20 {
			for forged in -40..=40 {
				if forged != how.apply(v) {
					harness.rejects_output(&[v], &[forged]);
				}
			}
		}
	}

	proptest! {
		#[test]
		fn random_bounds_and_values(
			lo in -(1i64 << 30)..1 << 30,
			span in 1i64..1 << 30,
			at in 0.0..=1.0f64,
			shift in 0u32..24,
			signed in any::<bool>(),
		) {
			let how = Requantization { shift, lo: if signed { -128 } else { 0 }, bits: 8 };
			let v = lo + (span as f64 * at) as i64;
			harness(lo, lo + span, how).accepts(&[v], &[how.apply(v)]);
		}
	}
}
