//! Field elements for sums and transforms on every processor.
//!
//! They are below twice the modulus: so a product takes no subtraction in the end, and nothing branches on
//! values, of which no processor could guess half. Everything is inlined, so that elements stay in
//! registers; those of `ark-ff` are handed over in memory, where a processor waits for what was just
//! written in other pieces.

use crate::inverse::Invertible;
use ark_bn254::{Fq, Fq2, FqConfig};
use ark_ff::{BigInt, Fp, MontBackend, MontConfig};
use core::marker::PhantomData;

/// What sums of points and transforms compute with.
pub(crate) trait Element: Copy + Default + Send + Sync + 'static {
	/// The same as others have it.
	type Value: Invertible;

	fn of(value: &Self::Value) -> Self;
	fn value(&self) -> Self::Value;
	fn one() -> Self;
	/// Whether it is the representation of zero that the default is. No product of elements that are not
	/// zero is.
	fn is_blank(&self) -> bool;
	fn is_zero(&self) -> bool;
	/// Of what is blank, nothing to go on with.
	fn negated_if(&self, condition: bool) -> Self;
	fn plus(&self, other: &Self) -> Self;
	fn minus(&self, other: &Self) -> Self;
	fn by(&self, other: &Self) -> Self;
	fn squared(&self) -> Self;

	#[inline(always)]
	fn twice(&self) -> Self {
		self.plus(self)
	}

	/// One over it, and one for zero.
	fn inverse(&self) -> Self {
		self.value().inverted().map_or_else(Self::one, |inverse| Self::of(&inverse))
	}
}

/// An element of a prime field whose modulus is below a fifth of `2^256`, in Montgomery form with the factor
/// `2^256`, as limbs, the lowest first.
pub(crate) struct Lazy<C>([u64; 4], PhantomData<C>);

impl<C> Clone for Lazy<C> {
	#[inline(always)]
	fn clone(&self) -> Self {
		*self
	}
}

impl<C> Copy for Lazy<C> {}

impl<C> Default for Lazy<C> {
	#[inline(always)]
	fn default() -> Self {
		Self::new([0; 4])
	}
}

impl<C> Lazy<C> {
	#[inline(always)]
	const fn new(limbs: [u64; 4]) -> Self {
		Self(limbs, PhantomData)
	}
}

/// `sum + a·b + carry`, and what it carries.
#[inline(always)]
const fn multiply_add(sum: u64, a: u64, b: u64, carry: u64) -> (u64, u64) {
	let wide = sum as u128 + a as u128 * b as u128 + carry as u128;
	(wide as u64, (wide >> 64) as u64)
}

/// `a − b`, and whether it borrows.
#[inline(always)]
pub(crate) const fn subtract(a: &[u64; 4], b: &[u64; 4]) -> ([u64; 4], bool) {
	let (mut limbs, mut borrow, mut at) = ([0; 4], false, 0);
	while at < 4 {
		let (difference, first) = a[at].overflowing_sub(b[at]);
		let (difference, second) = difference.overflowing_sub(borrow as u64);
		(limbs[at], borrow) = (difference, first | second);
		at += 1;
	}
	(limbs, borrow)
}

impl<C: MontConfig<4>> Lazy<C> {
	const MODULUS: [u64; 4] = {
		let modulus = C::MODULUS.0;
		// A fifth of 2^256.
		assert!(modulus[3] < 0x3333_3333_3333_3333);
		modulus
	};
	const TWICE: [u64; 4] = {
		let [a, b, c, d] = Self::MODULUS;
		[a << 1, b << 1 | a >> 63, c << 1 | b >> 63, d << 1 | c >> 63]
	};

	/// `(Σ aᵢ·bᵢ) / 2^256` and at most the modulus more, for `N ≤ 2`: with factors below `2p`, less than
	/// `4Np²/2^256 + p`, which is less than `2p` for one product, and than `3p` for two.
	///
	/// In every round `t < Σ bᵢ + p ≤ 5p < 2^256`, so that it has four limbs.
	#[inline(always)]
	fn products<const N: usize>(factors: [(&Self, &Self); N]) -> [u64; 4] {
		const { assert!(N == 1 || N == 2) };
		let mut t = [0; 4];
		for at in 0..4 {
			let mut top = 0;
			for (a, b) in &factors[1..] {
				let mut carry = 0;
				for (sum, limb) in t.iter_mut().zip(&b.0) {
					(*sum, carry) = multiply_add(*sum, a.0[at], *limb, carry);
				}
				top += carry;
			}
			let (a, b) = factors[0];
			let (low, mut carry) = multiply_add(t[0], a.0[at], b.0[0], 0);
			let factor = low.wrapping_mul(C::INV);
			let (_, mut second) = multiply_add(low, factor, Self::MODULUS[0], 0);
			for limb in 1..4 {
				let sum;
				(sum, carry) = multiply_add(t[limb], a.0[at], b.0[limb], carry);
				(t[limb - 1], second) = multiply_add(sum, factor, Self::MODULUS[limb], second);
			}
			t[3] = top + carry + second;
		}
		t
	}

	/// `2p − a`.
	#[inline(always)]
	fn opposite(&self) -> Self {
		Self::new(subtract(&Self::TWICE, &self.0).0)
	}
}

impl<C: MontConfig<4>> Element for Lazy<C> {
	type Value = Fp<MontBackend<C, 4>, 4>;

	#[inline(always)]
	fn of(value: &Self::Value) -> Self {
		Self::new(value.0 .0)
	}

	#[inline(always)]
	fn value(&self) -> Self::Value {
		let (less, borrow) = subtract(&self.0, &Self::MODULUS);
		Fp::new_unchecked(BigInt(if borrow { self.0 } else { less }))
	}

	#[inline(always)]
	fn one() -> Self {
		Self::new(C::R.0)
	}

	#[inline(always)]
	fn is_blank(&self) -> bool {
		let [a, b, c, d] = self.0;
		a | b | c | d == 0
	}

	#[inline(always)]
	fn is_zero(&self) -> bool {
		let ([a, b, c, d], [p, q, r, s]) = (self.0, Self::MODULUS);
		self.is_blank() | ((a ^ p) | (b ^ q) | (c ^ r) | (d ^ s) == 0)
	}

	#[inline(always)]
	fn negated_if(&self, condition: bool) -> Self {
		let (mask, opposite) = (u64::from(condition).wrapping_neg(), self.opposite().0);
		let limb = |at: usize| self.0[at] ^ ((self.0[at] ^ opposite[at]) & mask);
		Self::new(core::array::from_fn(limb))
	}

	#[inline(always)]
	fn plus(&self, other: &Self) -> Self {
		// Twice the modulus, the opposite of zero, is allowed on the right.
		self.minus(&other.opposite())
	}

	#[inline(always)]
	fn minus(&self, other: &Self) -> Self {
		let (mut limbs, borrow) = subtract(&self.0, &other.0);
		let (mask, mut carry) = (u64::from(borrow).wrapping_neg(), false);
		for (limb, twice) in limbs.iter_mut().zip(Self::TWICE) {
			let (sum, first) = limb.overflowing_add(twice & mask);
			let (sum, second) = sum.overflowing_add(u64::from(carry));
			(*limb, carry) = (sum, first | second);
		}
		Self::new(limbs)
	}

	#[inline(always)]
	fn by(&self, other: &Self) -> Self {
		Self::new(Self::products([(self, other)]))
	}

	#[inline(always)]
	fn squared(&self) -> Self {
		self.by(self)
	}
}

/// An element of Fq2, which is Fq with a root of −1.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pair([Lazy<FqConfig>; 2]);

impl Element for Pair {
	type Value = Fq2;

	#[inline(always)]
	fn of(value: &Fq2) -> Self {
		Self([&value.c0, &value.c1].map(Lazy::of))
	}

	#[inline(always)]
	fn value(&self) -> Fq2 {
		let [real, imaginary]: [Fq; 2] = [self.0[0].value(), self.0[1].value()];
		Fq2::new(real, imaginary)
	}

	#[inline(always)]
	fn one() -> Self {
		Self([Lazy::one(), Lazy::default()])
	}

	#[inline(always)]
	fn is_blank(&self) -> bool {
		self.0[0].is_blank() && self.0[1].is_blank()
	}

	#[inline(always)]
	fn is_zero(&self) -> bool {
		self.0[0].is_zero() && self.0[1].is_zero()
	}

	#[inline(always)]
	fn negated_if(&self, condition: bool) -> Self {
		Self(self.0.map(|part| part.negated_if(condition && !part.is_blank())))
	}

	#[inline(always)]
	fn plus(&self, other: &Self) -> Self {
		Self([self.0[0].plus(&other.0[0]), self.0[1].plus(&other.0[1])])
	}

	#[inline(always)]
	fn minus(&self, other: &Self) -> Self {
		Self([self.0[0].minus(&other.0[0]), self.0[1].minus(&other.0[1])])
	}

	#[inline(always)]
	fn by(&self, other: &Self) -> Self {
		let ([a, b], [c, d]) = (&self.0, &other.0);
		// Below 3p, and below 2p by a subtraction of that.
		let twice = Lazy::new(Lazy::<FqConfig>::TWICE);
		let real = Lazy::new(Lazy::products([(a, c), (b, &d.opposite())]));
		let imaginary = Lazy::new(Lazy::products([(a, d), (b, c)]));
		Self([real.minus(&twice), imaginary.minus(&twice)])
	}

	#[inline(always)]
	fn squared(&self) -> Self {
		let [a, b] = &self.0;
		Self([a.plus(b).by(&a.minus(b)), a.twice().by(b)])
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use ark_bn254::FrConfig;
	use ark_ff::{AdditiveGroup, Field, UniformRand};
	use rand::{rngs::StdRng, SeedableRng};

	/// All representations of edges and of random values.
	fn representations<C: MontConfig<4>>(rng: &mut StdRng) -> Vec<Lazy<C>> {
		let one = <Lazy<C> as Element>::Value::ONE;
		let edges = [-one - one, -one, Fp::ZERO, one, one + one];
		let limbs = [1, 1 << 63, u64::MAX].map(|limb| Fp::new_unchecked(BigInt([limb, 0, 0, 0])));
		let random: [_; 12] = core::array::from_fn(|_| UniformRand::rand(rng));
		let values = edges.into_iter().chain(limbs).chain(random);
		let both = |value| {
			let low = Lazy::of(&value);
			let up = subtract(&Lazy::<C>::MODULUS, &low.0).0;
			[low, Lazy::new(subtract(&Lazy::<C>::TWICE, &up).0)]
		};
		values.flat_map(both).collect()
	}

	fn good<C: MontConfig<4>>(value: Lazy<C>) -> <Lazy<C> as Element>::Value {
		assert!(subtract(&value.0, &Lazy::<C>::TWICE).1, "below twice the modulus");
		let element = value.value();
		assert!(subtract(&element.0 .0, &Lazy::<C>::MODULUS).1, "below the modulus");
		element
	}

	fn one_field<C: MontConfig<4>>(rng: &mut StdRng) {
		let all = representations::<C>(rng);
		assert!(all.iter().any(|value| !subtract(&value.0, &Lazy::<C>::MODULUS).1));
		for a in &all {
			let x = good(*a);
			assert_eq!(good(Lazy::<C>::of(&x)), x);
			assert_eq!(a.is_zero(), x == Fp::ZERO);
			assert_eq!(good(a.squared()), x * x);
			assert_eq!(good(a.twice()), x + x);
			assert_eq!(good(a.inverse()), x.inverse().unwrap_or(Fp::ONE));
			if !a.is_blank() {
				assert_eq!(good(a.negated_if(true)), -x);
				assert_eq!(good(a.negated_if(false)), x);
			}
			for b in &all {
				let y = good(*b);
				assert_eq!(good(a.plus(b)), x + y);
				assert_eq!(good(a.minus(b)), x - y);
				assert_eq!(good(a.by(b)), x * y);
				assert!(!a.by(b).is_blank() || x * y == Fp::ZERO);
			}
		}
		assert!(Lazy::<C>::default().is_blank() && good(Lazy::<C>::one()) == Fp::ONE);
	}

	#[test]
	fn elements_are_those_of_arkworks() {
		let rng = &mut StdRng::seed_from_u64(11);
		one_field::<FqConfig>(rng);
		one_field::<FrConfig>(rng);
	}

	#[test]
	fn pairs_are_those_of_arkworks() {
		let rng = &mut StdRng::seed_from_u64(12);
		let parts = representations::<FqConfig>(rng);
		let good = |pair: Pair| {
			let [real, imaginary] = pair.0.map(good);
			assert_eq!(pair.value(), Fq2::new(real, imaginary));
			pair.value()
		};
		let some = || parts.iter().step_by(5);
		let all: Vec<Pair> = parts.iter().flat_map(|a| some().map(|b| Pair([*a, *b]))).collect();
		for a in &all {
			let x = good(*a);
			assert_eq!(good(Pair::of(&x)), x);
			assert_eq!(a.is_zero(), x == Fq2::ZERO);
			assert_eq!(good(a.squared()), x * x);
			assert_eq!(good(a.inverse()), x.inverse().unwrap_or(Fq2::ONE));
			for b in all.iter().step_by(3) {
				let y = good(*b);
				assert_eq!(good(a.plus(b)), x + y);
				assert_eq!(good(a.minus(b)), x - y);
				assert_eq!(good(a.by(b)), x * y);
			}
		}
		// The greatest factors there are.
		let (most, _) = subtract(&Lazy::<FqConfig>::TWICE, &[1, 0, 0, 0]);
		let most = Pair([Lazy::new(most); 2]);
		assert_eq!(good(most.by(&most)), good(most) * good(most));
	}

	#[test]
	fn opposites_of_pairs_with_a_zero_part() {
		let rng = &mut StdRng::seed_from_u64(13);
		for part in 0..2 {
			let mut parts = [Lazy::of(&Fq::rand(rng)); 2];
			parts[part] = Lazy::default();
			let pair = Pair(parts);
			let opposite = pair.negated_if(true);
			let [real, imaginary] = opposite.0.map(good);
			assert_eq!(Fq2::new(real, imaginary), -pair.value());
		}
	}
}
