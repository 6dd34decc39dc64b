//! Inverses in prime fields, of which sums in affine coordinates need many.
//!
//! The binary algorithm for greatest common divisors, of which [`STEPS`] at a time are done on the high and
//! low bits of both numbers alone (T. Pornin, *Optimized binary GCD for modular inversion*, 2020,
//! <https://eprint.iacr.org/2020/972>, algorithm 2): a fourth of the time that arkworks takes.

use crate::field::subtract;
use ark_bn254::Fq2;
use ark_ff::{BigInt, Field, Fp, MontBackend, MontConfig};

/// Steps that are done with the same few bits: factors stay within a half of a word.
const STEPS: u32 = 31;

type Number = [u64; 4];

/// Two factors: their magnitudes come to at most `2^STEPS`, and neither is `−2^STEPS`.
type Factors = [i64; 2];

/// What has inverses.
pub(crate) trait Invertible: Field {
	/// The inverse; `None` of zero.
	fn inverted(&self) -> Option<Self>;
}

impl<C: MontConfig<4>> Invertible for Fp<MontBackend<C, 4>, 4> {
	fn inverted(&self) -> Option<Self> {
		inverse(self)
	}
}

impl Invertible for Fq2 {
	fn inverted(&self) -> Option<Self> {
		// u² = −1.
		let norm = inverse(&(self.c0 * self.c0 + self.c1 * self.c1))?;
		Some(Self::new(self.c0 * norm, -self.c1 * norm))
	}
}

/// Makes of each value its inverse, times a factor; `false`, with all as they were, if one is zero.
pub(crate) fn invert_all<F: Invertible>(values: &mut [F], factor: F) -> bool {
	let mut product = F::ONE;
	let with = |value: &F| {
		let before = product;
		product *= value;
		before
	};
	let before: Vec<F> = values.iter().map(with).collect();
	let Some(mut rest) = product.inverted() else { return false };
	rest *= factor;
	for (value, before) in values.iter_mut().zip(before).rev() {
		let inverse = rest * before;
		rest *= *value;
		*value = inverse;
	}
	true
}

fn inverse<C: MontConfig<4>>(value: &Fp<MontBackend<C, 4>, 4>) -> Option<Fp<MontBackend<C, 4>, 4>> {
	// Twice the modulus has no limb more.
	const { assert!(C::MODULUS.0[3] >> 63 == 0) };
	debug_assert!(value.0 < C::MODULUS);
	// value·x ≡ a and value·y ≡ b, but for a factor: Montgomery's, squared, so that y is in its form when b
	// is one.
	let (mut a, mut b) = (value.0 .0, C::MODULUS.0);
	let (mut x, mut y) = (C::R2.0, [0; 4]);
	if a == [0; 4] {
		return None;
	}
	while a != [0; 4] {
		let [mut first, mut second] = steps(&a, &b);
		let (next, negative) = reduced(&a, &b, first);
		if negative {
			first = first.map(|factor| -factor);
		}
		let (other, negative) = reduced(&a, &b, second);
		if negative {
			second = second.map(|factor| -factor);
		}
		(a, b) = (next, other);
		(x, y) = (combined::<C>(&x, &y, first), combined::<C>(&x, &y, second));
	}
	Some(Fp::new_unchecked(BigInt(y)))
}

/// As many steps on approximations of two numbers, the second of which is odd: factors of both, with which
/// sums of products are multiples of `2^STEPS`, and are the numbers after these steps times that.
fn steps(a: &Number, b: &Number) -> [Factors; 2] {
	let (mut a, mut b) = approximations(a, b);
	// Both factors of a number in a word: the second in its high half.
	let (mut first, mut second) = (1u64, 1u64 << 32);
	for _ in 0..STEPS {
		let odd = (a & 1).wrapping_neg();
		let swap = odd & u64::from(a < b).wrapping_neg();
		let (numbers, factors) = ((a ^ b) & swap, (first ^ second) & swap);
		(a, b) = (a ^ numbers, b ^ numbers);
		(first, second) = (first ^ factors, second ^ factors);
		a = a.wrapping_sub(b & odd) >> 1;
		first = first.wrapping_sub(second & odd);
		second <<= 1;
	}
	// As neither is −2^31, no half borrows from the other.
	[first, second].map(|both| {
		const HALF: u64 = 0x7fff_ffff;
		let both = both.wrapping_add(HALF << 32 | HALF);
		[both & 0xffff_ffff, both >> 32].map(|factor| factor as i64 - HALF as i64)
	})
}

/// The numbers themselves, where they fit words; else their low 31 bits, below the 33 bits that begin with the
/// highest of either.
fn approximations(a: &Number, b: &Number) -> (u64, u64) {
	let Some(top) = (1..4).rev().find(|&at| a[at] | b[at] != 0) else { return (a[0], b[0]) };
	let shift = (a[top] | b[top]).leading_zeros();
	let of = |number: &Number| {
		let high = (u128::from(number[top]) << 64 | u128::from(number[top - 1])) << shift >> 64;
		(high as u64 >> STEPS << STEPS) | (number[0] & ((1 << STEPS) - 1))
	};
	(of(a), of(b))
}

/// `|f·a + g·b| / 2^STEPS`, and whether the sum is negative.
fn reduced(a: &Number, b: &Number, factors: Factors) -> (Number, bool) {
	let (sum, top) = sum_of_products(a, b, factors);
	let mut number = shifted(&sum, top as u64);
	let negative = top < 0;
	if negative {
		let mut carry = true;
		for limb in &mut number {
			(*limb, carry) = (!*limb).overflowing_add(u64::from(carry));
		}
	}
	(number, negative)
}

/// `(f·x + g·y) / 2^STEPS` modulo the modulus, of what is below it.
fn combined<C: MontConfig<4>>(x: &Number, y: &Number, factors: Factors) -> Number {
	let modulus = &C::MODULUS.0;
	let (mut sum, mut top) = sum_of_products(x, y, factors);
	// A multiple of the modulus that makes it divisible. C::INV is −1/modulus modulo 2^64.
	let multiple = sum[0].wrapping_mul(C::INV) & ((1 << STEPS) - 1);
	let mut carry = 0;
	for (limb, modulus) in sum.iter_mut().zip(modulus) {
		let wide = u128::from(*limb) + u128::from(*modulus) * u128::from(multiple) + carry;
		(*limb, carry) = (wide as u64, wide >> 64);
	}
	top += carry as i64;
	// Above −modulus, as |f| + |g| is at most 2^STEPS, and below twice it.
	let mut number = shifted(&sum, top as u64);
	if top < 0 {
		number = add(&number, modulus);
	}
	match subtract(&number, modulus) {
		(less, false) => less,
		_ => number,
	}
}

/// `f·a + g·b` as a number and what is above it, with its sign.
fn sum_of_products(a: &Number, b: &Number, [f, g]: Factors) -> (Number, i64) {
	let (mut sum, mut carry) = ([0; 4], 0i128);
	for ((limb, a), b) in sum.iter_mut().zip(a).zip(b) {
		let wide = i128::from(f) * i128::from(*a) + i128::from(g) * i128::from(*b) + carry;
		(*limb, carry) = (wide as u64, wide >> 64);
	}
	(sum, carry as i64)
}

/// What is left of a number, and what is above it, without the low `STEPS` bits.
fn shifted(number: &Number, top: u64) -> Number {
	let above = |at: usize| number.get(at + 1).copied().unwrap_or(top);
	core::array::from_fn(|at| number[at] >> STEPS | above(at) << (64 - STEPS))
}

fn add(a: &Number, b: &Number) -> Number {
	let mut carry = false;
	core::array::from_fn(|at| {
		let (sum, first) = a[at].overflowing_add(b[at]);
		let (sum, second) = sum.overflowing_add(u64::from(carry));
		carry = first | second;
		sum
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use ark_bn254::{Fq, FqConfig, FrConfig};
	use ark_ff::{AdditiveGroup, PrimeField, UniformRand};
	use rand::{rngs::StdRng, SeedableRng};

	/// All at once, and with one that is zero.
	fn together<F: Invertible>(values: &[F]) {
		let factor = F::from(7u64);
		for count in [0, 1, 2, 16, 300] {
			let mut found = values[..count].to_vec();
			assert!(invert_all(&mut found, factor));
			let right = |(found, value): (&F, &F)| *found * value == factor;
			assert!(found.iter().zip(values).all(right));
		}
		let zero = [values[0], F::ZERO, values[1]];
		let mut found = zero;
		assert!(!invert_all(&mut found, factor));
		assert_eq!(found, zero);
	}

	fn of_one_field<C: MontConfig<4>>() {
		type Element<C> = Fp<MontBackend<C, 4>, 4>;
		let rng = &mut StdRng::seed_from_u64(21);
		assert_eq!(inverse(&Element::<C>::ZERO), None);
		let mut values: Vec<Element<C>> = (0..20_000).map(|_| UniformRand::rand(rng)).collect();
		together(&values);
		// As numbers and in Montgomery's form: powers of two and their neighbours, small ones, long runs of
		// bits, and the greatest.
		for power in 0..254 {
			let two = Element::<C>::from(2u64).pow([power]);
			values.extend([two, -two, two + Element::<C>::ONE, two - Element::<C>::ONE]);
			let limb = |at: u64| match power / 64 {
				full if at < full => u64::MAX,
				full if at == full => (1 << (power % 64)) - 1,
				_ => 0,
			};
			let bits = BigInt(core::array::from_fn(|at| limb(at as u64)));
			let mut one = [0; 4];
			one[(power / 64) as usize] = 1 << (power % 64);
			values.extend(
				[bits, BigInt(one)]
					.into_iter()
					.filter(|bits| *bits < Element::<C>::MODULUS)
					.map(Element::<C>::new_unchecked),
			);
		}
		for small in 1..500u64 {
			values.push(Element::<C>::new_unchecked(BigInt([small, 0, 0, 0])));
			values.push(-Element::<C>::new_unchecked(BigInt([small, 0, 0, 0])));
			values.push(small.into());
		}
		for value in values.iter().filter(|value| **value != Element::<C>::ZERO) {
			let found = inverse(value);
			assert_eq!(found, value.inverse(), "{value}");
			assert!(found.is_some_and(|found| found.0 < Element::<C>::MODULUS));
		}
	}

	#[test]
	fn inverses_are_those_of_arkworks() {
		of_one_field::<FqConfig>();
		of_one_field::<FrConfig>();
	}

	#[test]
	fn inverses_of_pairs_are_those_of_arkworks() {
		let rng = &mut StdRng::seed_from_u64(22);
		let mut values: Vec<Fq2> = (0..1_000).map(|_| UniformRand::rand(rng)).collect();
		together(&values);
		values.extend([
			Fq2::ZERO,
			Fq2::ONE,
			Fq2::new(Fq::ZERO, Fq::ONE),
			Fq2::new(Fq::ONE, -Fq::ONE),
		]);
		for value in values {
			assert_eq!(value.inverted(), value.inverse(), "{value}");
		}
	}
}
