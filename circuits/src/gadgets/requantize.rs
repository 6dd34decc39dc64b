//! Scale, round and saturate a bounded integer, in one decomposition.
//!
//! # What is proven
//! For an integer `v` with proven bounds, `y = z + clamp(q − t, lo, hi)`, where
//! `q = ⌊(m·v + c) / 2^s⌋` and `t` is 1 where `q` is odd and [`Ties`] calls `v` a tie: so
//! `c = 2^(s−1)` rounds half to even. To the listed exceptions `v = aₑ` an integer `dₑ` is added.
//! With `lo = 0` this is ReLU as well.
//!
//! # Why
//! Let `u = m·v + c − lo·2^s`, and let `k` be the bits of its signed bounds. The recomposition
//! `Σ 2^i·bᵢ = u + 2^(k−1)` of `k` booleans has one solution, because both sides are integers far
//! below the field's order. Then, with `n` the bits of `hi − lo`,
//!
//! - `g = b_(k−1)` is 1 exactly if `u ≥ 0`;
//! - a tie is `u mod 2^s = 0`. Rounding up was wrong if the quotient `q` came out odd:
//!   `t = [low + 2^s·(1 − b_s) = 0]` is one is-zero test with the parity folded in, and `q − t` is
//!   the even neighbour (`lo` is even, so that subtracting it keeps parities). Of a quotient
//!   `⌊(n·v + ⌊d/2⌋) / d⌋` that the factor only approximates, a tie is a remainder
//!   `r = n·v + d/2 − d·q` of 0: `t = [r + d·(1 − b_s) = 0]`, as `0 ≤ r < d`;
//! - `w = [high + 2^h·(1 − g) = 0]`, with `high` the `h` bits above the quotient's low `n`, is 1
//!   exactly if `0 ≤ q < 2^n`; `q − t < 0` cannot happen, as `t = 1` needs `q` odd;
//! - `y − lo = w·(q − t) + (2^n − 1)·(g − w)`: one product. `g − w` is 1 exactly above the range.
//!   At `q = 2^n` a tie is even already;
//! - where `hi − lo + 1` is no power of two, the result is clamped once more, by
//!   [`super::relu`]; where `lo` is odd and ties matter, the quotient is not saturated in this
//!   decomposition but by two of those;
//! - an exception is an is-zero test of `u` less the value it has there.
//!
//! # Cost
//! `k` booleans, 1 recomposition, 2 for the tie, 2 for the range, 1 product: **k + 6**. Without
//! ties, or without possible saturation, 2 less; a bound that makes the result constant costs
//! nothing. Each exception 2.

use super::relu::relu;
use crate::{
	r1cs::{Builder, LinearCombination},
	signal::{Bounds, Signal},
};

/// Where rounding up was wrong if it made the quotient odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ties {
	/// Nowhere.
	None,
	/// Where `m·v + c` is a multiple of `2^s`.
	Power,
	/// Where `n·v + d/2` is a multiple of `d`. The quotient must be `⌊(n·v + d/2) / d⌋` for every
	/// `v` within its bounds.
	Ratio {
		/// The factor `n`.
		numerator: i64,
		/// The even divisor `d`.
		divisor: i64,
	},
}

/// What the gadget computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requantization {
	/// The factor `m`, positive.
	pub multiplier: i64,
	/// The addend `c`.
	pub addend: i64,
	/// The divisor's exponent `s`.
	pub shift: u32,
	/// Which quotients become even.
	pub ties: Ties,
	/// The smallest quotient.
	pub lo: i64,
	/// The largest quotient.
	pub hi: i64,
	/// The addend `z` of the result.
	pub zero_point: i64,
	/// Values of `v`, and what is added there.
	pub exceptions: Vec<(i64, i64)>,
}

impl Requantization {
	/// Division by `2^shift`, rounded half to even, into `[lo, hi]`.
	pub fn by_power_of_two(shift: u32, lo: i64, hi: i64) -> Self {
		Self {
			multiplier: 1,
			addend: if shift == 0 { 0 } else { 1 << (shift - 1) },
			shift,
			ties: if shift > 0 { Ties::Power } else { Ties::None },
			lo,
			hi,
			zero_point: 0,
			exceptions: Vec::new(),
		}
	}

	/// The quotient before saturation.
	pub fn quotient(&self, v: i64) -> i64 {
		let u = self.multiplier.wrapping_mul(v).wrapping_add(self.addend);
		let quotient = u >> self.shift;
		let tie = match self.ties {
			Ties::None => false,
			Ties::Power => u & ((1i64 << self.shift) - 1) == 0,
			Ties::Ratio { numerator, divisor } => {
				(numerator.wrapping_mul(v).wrapping_add(divisor / 2)).rem_euclid(divisor) == 0
			},
		};
		quotient - i64::from(tie && quotient & 1 == 1)
	}

	/// The reference: the result for one integer.
	pub fn apply(&self, v: i64) -> i64 {
		let here = self.exceptions.iter().filter(|&&(at, _)| at == v);
		let exception: i64 = here.map(|&(_, addend)| addend).sum();
		self.zero_point + self.quotient(v).clamp(self.lo, self.hi) + exception
	}

	/// The bounds of the result for `v` within bounds: all but the exceptions is monotone.
	pub fn bounds(&self, v: Bounds) -> Bounds {
		let base = |v| self.zero_point + self.quotient(v).clamp(self.lo, self.hi);
		let mut bounds = Bounds { lo: base(v.lo), hi: base(v.hi) };
		for &(at, _) in self.exceptions.iter().filter(|&&(at, _)| v.contains(at)) {
			let result = self.apply(at);
			bounds = Bounds { lo: bounds.lo.min(result), hi: bounds.hi.max(result) };
		}
		bounds
	}

	/// Whether ties would have another parity once `lo` is subtracted.
	fn moves_lo(&self) -> bool {
		self.ties != Ties::None && self.lo & 1 == 1
	}

	/// Whether integers of 62 bits hold everything that the gadget computes.
	pub fn fits(&self, v: Bounds) -> bool {
		let magnitude = i128::from(v.lo.unsigned_abs().max(v.hi.unsigned_abs()));
		let end = i128::from(self.lo.unsigned_abs().max(self.hi.unsigned_abs()) + 2) << self.shift;
		let reach = magnitude * i128::from(self.multiplier) + i128::from(self.addend).abs() + end;
		let ratio = match self.ties {
			Ties::Ratio { numerator, divisor } => {
				magnitude * i128::from(numerator) + 4 * i128::from(divisor)
			},
			_ => 0,
		};
		// An odd end is moved to below all quotients.
		let reach = if self.moves_lo() { 2 * reach } else { reach };
		self.shift < 60 && reach < 1 << 61 && ratio < 1 << 61
	}
}

/// Emits the gadget; see the module for what it proves.
///
/// # Panics
/// If [`Requantization::fits`] does not hold.
pub fn requantize(builder: &mut Builder, v: &Signal, how: &Requantization) -> Signal {
	assert!(how.fits(v.bounds()), "a decomposition of machine words");
	let bounds = how.bounds(v.bounds());
	if bounds.lo == bounds.hi {
		return Signal::constant(bounds.lo);
	}
	let result = how.apply(v.value);
	let mut signal = if how.moves_lo() {
		let quotients = Bounds { lo: how.quotient(v.lo), hi: how.quotient(v.hi) };
		// An even end below everything, so that nothing saturates.
		let lo = quotients.lo.min(how.lo) & !1;
		let wide = Requantization { lo, hi: quotients.hi.max(how.hi), ..how.clone() };
		let (quotient, bits) = saturate(builder, v, &wide);
		let raised = clamp_below(builder, &quotient, how.lo);
		let clamped = clamp_above(builder, &raised, how.hi);
		except(builder, v, &Requantization { lo, ..how.clone() }, clamped, bits)
	} else {
		let (quotient, bits) = saturate(builder, v, how);
		let clamped = clamp_above(builder, &quotient, how.hi);
		except(builder, v, how, clamped, bits)
	};
	signal = signal.plus_constant(how.zero_point);
	debug_assert!(!builder.wants_values() || signal.value == result);
	Signal { value: result, lo: bounds.lo, hi: bounds.hi, ..signal }
}

/// `max(x, lo)`.
fn clamp_below(builder: &mut Builder, x: &Signal, lo: i64) -> Signal {
	if x.lo >= lo {
		return x.clone();
	}
	relu(builder, &x.clone().plus_constant(-lo)).plus_constant(lo)
}

/// `min(x, hi)`.
fn clamp_above(builder: &mut Builder, x: &Signal, hi: i64) -> Signal {
	if x.hi <= hi {
		return x.clone();
	}
	let excess = relu(builder, &x.clone().plus_constant(-hi));
	let clamped = x.clone().plus(-1, &excess);
	Signal { lo: x.lo.min(hi), hi, ..clamped }
}

/// Adds what the exceptions demand. `u` is what was decomposed, with the same `lo`, and its value.
fn except(
	builder: &mut Builder,
	v: &Signal,
	how: &Requantization,
	mut sum: Signal,
	(u, value): (LinearCombination, i64),
) -> Signal {
	let lift = value.wrapping_sub(how.multiplier.wrapping_mul(v.value));
	for &(at, addend) in how.exceptions.iter().filter(|&&(at, _)| v.bounds().contains(at)) {
		let there = how.multiplier * at + how.addend - (how.lo << how.shift);
		debug_assert!(!builder.wants_values() || lift == how.addend - (how.lo << how.shift));
		let distance = u.clone().plus_constant(-there);
		let is = builder.is_zero(distance, value.wrapping_sub(there));
		let one = Signal::wire(is, (value == there).into(), Bounds { lo: 0, hi: 1 });
		sum = sum.plus(addend, &one);
	}
	sum
}

/// `clamp(R(m·v + c, s), lo, lo + 2^n − 1)` with the least `n` that reaches `hi`; and
/// `m·v + c − lo·2^s` as a combination of its bits, with its value.
fn saturate(
	builder: &mut Builder,
	v: &Signal,
	how: &Requantization,
) -> (Signal, (LinearCombination, i64)) {
	let Requantization { shift, lo, .. } = *how;
	let n = Bounds { lo: 0, hi: how.hi - lo }.unsigned_bits();
	let lift = how.addend - (lo << shift);
	let u = v.times(how.multiplier).plus_constant(lift);

	let signed = u.lo < 0;
	let width = if signed { u.bounds().signed_bits() } else { u.bounds().unsigned_bits() };
	let magnitude_bits = width - u32::from(signed);
	let sign_offset = if signed { 1i64 << (width - 1) } else { 0 };
	let bits = builder.bits(
		|| u.lc.clone().plus_constant(sign_offset),
		u.value.wrapping_add(sign_offset),
		width,
	);
	let decomposed = LinearCombination::bits(&bits).plus_constant(-sign_offset);
	let (magnitude, sign) = bits.split_at(magnitude_bits as usize);
	// g: whether u is not negative.
	let (positive, is_positive) = match sign.first() {
		Some(&wire) => (LinearCombination::wire(wire), u.value >= 0),
		None => (LinearCombination::constant(1), true),
	};
	let (low, quotient) = magnitude.split_at(magnitude.len().min(shift as usize));
	let quotient_value = (u.value & ((1i64 << magnitude_bits) - 1)) >> shift;

	// q − t: the quotient rounded to even, modulo 2^n.
	let kept = &quotient[..quotient.len().min(n as usize)];
	let mut rounded = LinearCombination::bits(kept);
	let mut rounded_value = quotient_value & ((1i64 << n) - 1);
	if let (true, Some(&odd)) = (how.ties != Ties::None, quotient.first()) {
		let odd = LinearCombination::wire(odd);
		let parity = quotient_value & 1;
		let (tie, tie_value) = match how.ties {
			Ties::Ratio { numerator, divisor } => {
				// The whole quotient, sign included, is what the bits above the shift make.
				let mut whole = LinearCombination::bits(&bits[low.len()..]);
				whole = whole.plus_constant(lo - (sign_offset >> shift));
				let tie = (v.lc.clone().times(numerator))
					.plus_constant(divisor / 2 + divisor)
					.plus(-divisor, &whole)
					.plus(-divisor, &odd);
				let whole_value = lo.wrapping_add(u.value >> shift);
				let remainder = (numerator.wrapping_mul(v.value))
					.wrapping_add(divisor / 2)
					.wrapping_sub(divisor.wrapping_mul(whole_value));
				(tie, remainder.wrapping_add(divisor * (1 - parity)))
			},
			_ => {
				let tie = LinearCombination::bits(low)
					.plus_constant(1 << shift)
					.plus(-(1 << shift), &odd);
				(tie, (u.value & ((1i64 << shift) - 1)) + ((1 - parity) << shift))
			},
		};
		let wire = builder.is_zero(tie, tie_value);
		rounded = rounded.plus(-1, &LinearCombination::wire(wire));
		rounded_value -= i64::from(tie_value == 0);
	}

	let most = (1i64 << n) - 1;
	let reached = Bounds {
		lo: how.quotient(v.lo).clamp(lo, lo + most),
		hi: how.quotient(v.hi).clamp(lo, lo + most),
	};
	let value = how.quotient(v.value).clamp(lo, lo + most);
	let wire = if u.hi >> shift >= 1 << n {
		let high = &quotient[kept.len()..];
		let out_of_range = LinearCombination::bits(high)
			.plus_constant(1 << high.len())
			.plus(-(1 << high.len()), &positive);
		let high_value = (quotient_value >> n) + (i64::from(!is_positive) << high.len());
		let in_range = LinearCombination::wire(builder.is_zero(out_of_range, high_value));
		let above = LinearCombination::default().plus(most, &positive).plus(-most, &in_range);
		builder.product(in_range, rounded, above, value.wrapping_sub(lo))
	} else {
		debug_assert!(
			!builder.wants_values() || rounded_value * i64::from(is_positive) == value - lo
		);
		builder.product(positive, rounded, Default::default(), value.wrapping_sub(lo))
	};
	let lifted = Bounds { lo: reached.lo - lo, hi: reached.hi - lo };
	let signal = Signal::wire(wire, value.wrapping_sub(lo), lifted).plus_constant(lo);
	(signal, (decomposed, u.value))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;
	use ark_bn254::Fr;
	use ark_ff::PrimeField;
	use proptest::prelude::*;

	fn harness(lo: i64, hi: i64, how: Requantization) -> Harness {
		Harness::new(vec![Bounds { lo, hi }], move |builder, inputs| {
			vec![requantize(builder, &inputs[0], &how)]
		})
	}

	fn relu() -> Requantization {
		Requantization::by_power_of_two(3, 0, 15)
	}

	fn signed() -> Requantization {
		Requantization::by_power_of_two(2, -8, 7)
	}

	/// `v / 6`, rounded half to even.
	fn sixth(lo: i64, hi: i64) -> Requantization {
		Requantization {
			multiplier: 43_691,
			addend: 3 * 43_691 + 20_000,
			shift: 18,
			ties: Ties::Ratio { numerator: 1, divisor: 6 },
			..Requantization::by_power_of_two(0, lo, hi)
		}
	}

	/// Every kind of range, factor and exception.
	fn kinds() -> Vec<Requantization> {
		let factor = Requantization {
			multiplier: 5,
			addend: 37,
			shift: 6,
			ties: Ties::None,
			zero_point: 3,
			..signed()
		};
		vec![
			relu(),
			signed(),
			Requantization::by_power_of_two(0, 0, 7),
			Requantization::by_power_of_two(3, 0, 10),
			Requantization::by_power_of_two(3, -3, 12),
			Requantization::by_power_of_two(2, -7, 20),
			Requantization { multiplier: 3, ..Requantization::by_power_of_two(4, -8, 7) },
			Requantization { exceptions: vec![(-5, 1), (20, -1), (290, -2)], ..factor.clone() },
			Requantization { lo: -5, hi: 9, ..factor },
			sixth(-8, 7),
			sixth(-8, 20),
			sixth(-7, 100),
			sixth(0, 15),
			Requantization {
				exceptions: vec![(-9, 2), (10, -1)],
				..Requantization::by_power_of_two(2, -7, 20)
			},
		]
	}

	#[test]
	fn rounds_half_to_even() {
		let cases = [(4, 0), (5, 1), (12, 2), (20, 2), (28, 4), (-4, 0), (-12, -2), (-20, -2)];
		let how = Requantization::by_power_of_two(3, -100, 100);
		for (v, expected) in cases {
			assert_eq!(how.apply(v), expected, "{v} / 8");
		}
		assert_eq!(Requantization::by_power_of_two(0, -100, 100).apply(-7), -7);
		for v in -300i64..=300 {
			let expected = (v as f64 / 6.0).round_ties_even() as i64;
			assert_eq!(sixth(-100, 100).apply(v), expected, "{v} / 6");
		}
	}

	#[test]
	fn agrees_with_the_reference_on_every_value() {
		for how in kinds() {
			let harness = harness(-300, 300, how.clone());
			for v in -300..=300 {
				harness.accepts(&[v], &[how.apply(v)]);
			}
		}
	}

	#[test]
	fn costs_k_plus_6() {
		let relu = |shift| Requantization::by_power_of_two(shift, 0, 255);
		for k in 15..=31u32 {
			let bound = (1i64 << (k - 1)) - 1 - (1 << 4);
			assert_eq!(harness(-bound, bound, relu(5)).constraints() as u32, k + 6, "k = {k}");
		}
	}

	#[test]
	fn costs_less_where_bounds_allow() {
		let relu = Requantization::by_power_of_two(5, 0, 255);
		assert_eq!(harness(-4_000, 4_000, relu.clone()).constraints(), 13 + 4, "no saturation");
		assert_eq!(harness(0, 4_000, relu.clone()).constraints(), 12 + 4, "no sign");
		assert_eq!(harness(-4_000, 15, relu.clone()).constraints(), 0, "always zero");
		let exact = Requantization::by_power_of_two(0, 0, 255);
		assert_eq!(harness(-4_000, 4_000, exact).constraints(), 13 + 4, "no tie");
		let six = Requantization::by_power_of_two(5, 0, 192);
		assert_eq!(harness(-4_000, 4_000, six).constraints(), 13 + 4, "never above 125");
		let six = Requantization::by_power_of_two(5, 0, 96);
		assert_eq!(harness(-4_000, 4_000, six).constraints(), 13 + 4 + 8 + 2, "one clamp more");
	}

	#[test]
	fn rejects_every_change_of_a_wire() {
		for how in kinds() {
			let harness = harness(-300, 300, how);
			SAMPLES.iter().for_each(|&v| harness.rejects_single_wire_changes(&[v]));
		}
	}

	#[test]
	fn no_second_output_exists() {
		for how in kinds() {
			let harness = harness(-300, 300, how);
			(-300..=300).for_each(|v| harness.has_one_output(&[v]));
		}
	}

	/// Accumulators around ties, ends, exceptions and saturation.
	const SAMPLES: [i64; 26] = [
		-300, -129, -36, -34, -33, -9, -8, -5, -4, -3, -1, 0, 1, 3, 4, 5, 6, 9, 10, 12, 20, 84,
		124, 132, 290, 300,
	];

	/// The same kinds, so small that removing a constraint can be searched through.
	fn small_kinds() -> Vec<Requantization> {
		let by = Requantization::by_power_of_two;
		let factor =
			Requantization { multiplier: 3, addend: 5, shift: 3, ties: Ties::None, ..by(0, -2, 1) };
		let sixth = Requantization {
			multiplier: 21,
			addend: 69,
			shift: 7,
			ties: Ties::Ratio { numerator: 1, divisor: 6 },
			..by(0, -2, 1)
		};
		vec![
			by(2, 0, 3),
			by(1, -2, 1),
			by(0, 0, 3),
			by(2, 0, 4),
			by(1, -3, 4),
			Requantization { multiplier: 3, ..by(2, -2, 1) },
			Requantization { exceptions: vec![(-5, 1), (7, -1), (18, -2)], ..factor },
			sixth.clone(),
			Requantization { lo: -1, hi: 1, ..sixth },
		]
	}

	#[test]
	fn every_constraint_matters() {
		let samples: Vec<Vec<i64>> = (-20..=20).map(|v| vec![v]).collect();
		for how in small_kinds() {
			let harness = harness(-20, 20, how.clone());
			samples.iter().for_each(|sample| harness.has_one_output(sample));
			let superfluous = harness.superfluous_constraints(&samples);
			assert_eq!(superfluous, Vec::<usize>::new(), "{how:?}");
		}
	}

	/// The wires of `signed()`: ten bits, the tie's inverse and flag, the range's, the product.
	const TIE: usize = 11;
	const IN_RANGE: usize = 13;

	fn bits_of(u: i64) -> Vec<(usize, i64)> {
		(0..10).map(|i| (i, u >> i & 1)).collect()
	}

	#[test]
	fn rejects_a_flipped_sign() {
		let harness = harness(-300, 300, signed());
		for v in [-300, -34, -1, 0, 7, 300] {
			// u = v + 2 + 32.
			harness.rejects_pinned(&[v], &[(9, (v + 34 < 0).into())]);
		}
	}

	#[test]
	fn rejects_aliased_bits() {
		// The order of the field is odd and has 254 bits: its ten lowest, added to u, give others.
		let harness = harness(-300, 300, signed());
		let order = <Fr as PrimeField>::MODULUS.0[0] as i64;
		for v in [-300, -1, 0, 300] {
			harness.rejects_pinned(&[v], &bits_of((v + 34 + 512).wrapping_add(order)));
			harness.rejects_pinned(&[v], &bits_of((v + 34 + 512).wrapping_sub(order)));
		}
	}

	#[test]
	fn rejects_wrong_rounding() {
		let harness = harness(-300, 300, signed());
		// A tie that rounds down to odd, and one that rounds up to odd.
		harness.rejects_output(&[6], &[1]);
		harness.rejects_output(&[10], &[3]);
		harness.rejects_pinned(&[6], &[(TIE, 1)]);
		harness.rejects_pinned(&[10], &[(TIE, 0)]);
		// No tie, declared one.
		harness.rejects_pinned(&[7], &[(TIE, 1)]);
		harness.rejects_output(&[7], &[1]);
	}

	#[test]
	fn rejects_a_quotient_off_by_one_that_the_remainder_makes_up_for() {
		let harness = harness(-300, 300, signed());
		for v in [-30, 5, 9, 17] {
			let u = v + 34 + 512;
			for step in [-1, 1] {
				// 4 more in the quotient, 4 less in the lowest bit: the same sum.
				let mut pins = bits_of(u + 4 * step);
				pins[0].1 -= 4 * step;
				harness.rejects_pinned(&[v], &pins);
			}
		}
	}

	#[test]
	fn rejects_saturation_without_need_and_its_absence() {
		let harness = harness(-300, 300, signed());
		for (v, in_range) in [(0, 0), (28, 0), (-32, 0), (32, 1), (300, 1), (-40, 1), (-300, 1)] {
			harness.rejects_pinned(&[v], &[(IN_RANGE, in_range)]);
		}
		harness.rejects_output(&[32], &[8]);
		harness.rejects_output(&[-40], &[-10]);
		harness.rejects_output(&[-300], &[7]);
	}

	#[test]
	fn rejects_exceptions_elsewhere_and_their_absence() {
		let how = kinds()[7].clone();
		let harness = harness(-300, 300, how.clone());
		for v in [-6, -5, -4, 19, 20, 21, 289, 290, 291] {
			let plain = Requantization { exceptions: Vec::new(), ..how.clone() };
			for forged in [plain.apply(v), plain.apply(v) + 1, plain.apply(v) - 1] {
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
			ends in (-130i64..10, 1i64..256),
			multiplier in 1i64..5,
		) {
			let how = Requantization {
				multiplier,
				..Requantization::by_power_of_two(shift, ends.0, ends.0 + ends.1)
			};
			let v = lo + (span as f64 * at) as i64;
			harness(lo, lo + span, how.clone()).accepts(&[v], &[how.apply(v)]);
		}
	}
}
