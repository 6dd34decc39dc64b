//! The field of coordinates, in nine signed limbs of 29 bits.
//!
//! WebAssembly multiplies 64 bits by 64 to 64, has no carry and no SIMD here. So limbs are small
//! enough that sums of products need no carry: a limb is balanced, in `[−2^28, 2^28)`, but the highest,
//! and additions leave limbs as they fall.
//!
//! # Bounds
//! Types say how far an element is from that. Of [`Fq`], limbs are at most `2^28` in magnitude, but the
//! highest less than `2^23`, and the integer is less than `0.75q`; of [`Sum`], of two of them, twice as
//! much. Either can be multiplied: a column of a product is at most `9 · 2^29 · 2^29 < 2^61.2`, the sum of
//! two that an element of [`super::tower::Fq2`] takes less than `2^62.2`, and what reduction adds to it,
//! nine products of limbs and of factors below `2^29` and a carry, less than `2^60.3`: below `2^63` in all.
//! Of [`Raw`], a combination of some dozens of elements, limbs are less than `2^40` and the integer is less
//! than `2^12 q`; it is made an element again by [`Raw::fit`].
//!
//! In the form of [`Fq`] zero is the only multiple of `q`, and has one representation, since the lowest limb
//! that is not zero would be a multiple of `2^29`: so an element is zero if its limbs are.
//!
//! An element `a` stands for `a · 2^-261`, as Montgomery has it (*Modular multiplication without trial
//! division*, 1985). Products are reduced limb by limb; but for the last limb it is not `q` that is
//! added but the multiple `N = k·q` with `N ≡ −1 mod 2^29`, which makes the factor the limb itself.

use core::{
	num::Wrapping,
	ops::{Add, Neg, Sub},
};

/// Bits of a limb.
pub(super) const BITS: u32 = 29;

/// The lowest bits.
const MASK: i64 = (1 << BITS) - 1;

/// The limbs of a number.
pub(super) type Limbs = [i64; 9];

/// The modulus.
const Q: Limbs =
	[-126026425, 17064119, -59595953, 47522513, -175777416, 47923393, 10936641, 240920116, 3171406];
/// `−1/q mod 2^29`.
const FACTOR: i64 = 75916169;
/// `(FACTOR · q + 1) / 2^29`.
const MULTIPLE: Limbs = [
	-143091041, 100647901, 225173058, -51293469, -118815392, 249042403, 23471826, 193702671, 448452,
];
/// The modulus as four words.
const MODULUS: [u64; 4] =
	[0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d, 0x30644e72e131a029];

/// An element: limbs of at most `2^28`, an integer less than `0.75q` in magnitude.
#[derive(Clone, Copy, Debug)]
pub struct Fq(Limbs);

/// The sum or difference of two elements.
#[derive(Clone, Copy, Debug)]
pub struct Sum(Limbs);

/// A combination of elements.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raw(Limbs);

/// A product that is not reduced, by columns.
pub(super) type Wide = [i64; 17];

/// What can be multiplied.
pub trait Factor: Copy {
	/// Its limbs, of at most `2^29`.
	fn limbs(&self) -> &Limbs;
}

impl Factor for Fq {
	#[inline(always)]
	fn limbs(&self) -> &Limbs {
		&self.0
	}
}

impl Factor for Sum {
	#[inline(always)]
	fn limbs(&self) -> &Limbs {
		&self.0
	}
}

impl From<Fq> for Raw {
	#[inline(always)]
	fn from(element: Fq) -> Self {
		Self(element.0)
	}
}

impl From<Sum> for Raw {
	#[inline(always)]
	fn from(sum: Sum) -> Self {
		Self(sum.0)
	}
}

/// The lowest 29 bits, balanced.
#[inline(always)]
pub(super) const fn low(column: i64) -> i64 {
	(column << (64 - BITS)) >> (64 - BITS)
}

#[inline(always)]
fn add(a: &Limbs, b: &Limbs) -> Limbs {
	let ([a0, a1, a2, a3, a4, a5, a6, a7, a8], [b0, b1, b2, b3, b4, b5, b6, b7, b8]) = (a, b);
	[a0 + b0, a1 + b1, a2 + b2, a3 + b3, a4 + b4, a5 + b5, a6 + b6, a7 + b7, a8 + b8]
}

#[inline(always)]
pub(super) fn sub(a: &Limbs, b: &Limbs) -> Limbs {
	let ([a0, a1, a2, a3, a4, a5, a6, a7, a8], [b0, b1, b2, b3, b4, b5, b6, b7, b8]) = (a, b);
	[a0 - b0, a1 - b1, a2 - b2, a3 - b3, a4 - b4, a5 - b5, a6 - b6, a7 - b7, a8 - b8]
}

/// What goes around at `2^64`. Some parts of a product do, and come back in its sums.
type Part = Wrapping<i64>;

/// The columns of a product of three limbs and three.
#[inline(always)]
fn block([a0, a1, a2]: [Part; 3], [b0, b1, b2]: [Part; 3]) -> [Part; 5] {
	[a0 * b0, a0 * b1 + a1 * b0, a0 * b2 + a1 * b1 + a2 * b0, a1 * b2 + a2 * b1, a2 * b2]
}

#[inline(always)]
fn minus([a0, a1, a2]: [Part; 3], [b0, b1, b2]: [Part; 3]) -> [Part; 3] {
	[a0 - b0, a1 - b1, a2 - b2]
}

#[inline(always)]
fn plus([a0, a1, a2, a3, a4]: [Part; 5], [b0, b1, b2, b3, b4]: [Part; 5]) -> [Part; 5] {
	[a0 + b0, a1 + b1, a2 + b2, a3 + b3, a4 + b4]
}

/// The columns of a product, modulo `2^64`: six products of three limbs and three (Karatsuba).
#[inline(never)]
pub(super) fn product(a: &Limbs, b: &Limbs) -> Wide {
	let [a0, a1, a2, a3, a4, a5, a6, a7, a8] = a.map(Wrapping);
	let [b0, b1, b2, b3, b4, b5, b6, b7, b8] = b.map(Wrapping);
	let (a0, a1, a2) = ([a0, a1, a2], [a3, a4, a5], [a6, a7, a8]);
	let (b0, b1, b2) = ([b0, b1, b2], [b3, b4, b5], [b6, b7, b8]);
	let (p0, p1) = (block(a0, b0), block(a1, b1));
	let p01 = plus(p0, p1);
	let [x0, x1, x2, x3, x4] = p0;
	let [y0, y1, y2, y3, y4] = plus(p01, block(minus(a0, a1), minus(b1, b0)));
	let p2 = block(a2, b2);
	let [z0, z1, z2, z3, z4] = plus(plus(p01, p2), block(minus(a0, a2), minus(b2, b0)));
	let [u0, u1, u2, u3, u4] = plus(plus(p1, p2), block(minus(a1, a2), minus(b2, b1)));
	let [v0, v1, v2, v3, v4] = p2;
	[
		x0,
		x1,
		x2,
		x3 + y0,
		x4 + y1,
		y2,
		y3 + z0,
		y4 + z1,
		z2,
		z3 + u0,
		z4 + u1,
		u2,
		u3 + v0,
		u4 + v1,
		v2,
		v3,
		v4,
	]
	.map(|column| column.0)
}

/// The columns of a product, whatever they come to, to check the others by.
pub(super) fn exact_product(a: &Limbs, b: &Limbs) -> [i128; 17] {
	let mut columns = [0; 17];
	for (offset, x) in a.iter().enumerate() {
		for (column, y) in columns.iter_mut().skip(offset).zip(b) {
			*column += i128::from(*x) * i128::from(*y);
		}
	}
	columns
}

/// The columns of a square.
#[inline(always)]
fn squared(a: &Limbs) -> Wide {
	let [a0, a1, a2, a3, a4, a5, a6, a7, a8] = *a;
	let [d0, d1, d2, d3, d4, d5, d6, d7] =
		[a0 * 2, a1 * 2, a2 * 2, a3 * 2, a4 * 2, a5 * 2, a6 * 2, a7 * 2];
	[
		a0 * a0,
		d0 * a1,
		d0 * a2 + a1 * a1,
		d0 * a3 + d1 * a2,
		d0 * a4 + d1 * a3 + a2 * a2,
		d0 * a5 + d1 * a4 + d2 * a3,
		d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3,
		d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4,
		d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4,
		d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5,
		d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5,
		d3 * a8 + d4 * a7 + d5 * a6,
		d4 * a8 + d5 * a7 + a6 * a6,
		d5 * a8 + d6 * a7,
		d6 * a8 + a7 * a7,
		d7 * a8,
		a8 * a8,
	]
}

/// What columns stand for, divided by `2^261`, with limbs in their places.
///
/// The multiples of `N` add to the quotient up to `2^232 · N / 2^261 < 0.142q`, that of `q` no more than
/// `q/2`, in magnitude. Columns are less than `2^62.3`.
///
/// How long it takes is how long the chain from one factor to the next is, which is kept short: all else in
/// a column is added up before. Compilers would make other trees of the same sums, Cranelift balanced ones;
/// they know nothing about `still`.
#[inline(never)]
pub(super) fn reduce(columns: &Wide) -> Raw {
	let [t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, t13, t14, t15, t16] = *columns;
	let [n0, n1, n2, n3, n4, n5, n6, n7, n8] = MULTIPLE;
	let [q0, q1, q2, q3, q4, q5, q6, q7, q8] = Q;
	// Zero.
	let still = *core::hint::black_box(&0);
	let m0 = t0 & MASK;
	let sum = (t1 ^ still) + (t0 >> BITS) + m0 * n0;
	let m1 = sum & MASK;
	let sum = ((t2 + m0 * n1) ^ still) + (sum >> BITS) + m1 * n0;
	let m2 = sum & MASK;
	let sum = ((t3 + m0 * n2 + m1 * n1) ^ still) + (sum >> BITS) + m2 * n0;
	let m3 = sum & MASK;
	let sum = ((t4 + m0 * n3 + m1 * n2 + m2 * n1) ^ still) + (sum >> BITS) + m3 * n0;
	let m4 = sum & MASK;
	let sum = ((t5 + m0 * n4 + m1 * n3 + m2 * n2 + m3 * n1) ^ still) + (sum >> BITS) + m4 * n0;
	let m5 = sum & MASK;
	let sum =
		((t6 + m0 * n5 + m1 * n4 + m2 * n3 + m3 * n2 + m4 * n1) ^ still) + (sum >> BITS) + m5 * n0;
	let m6 = sum & MASK;
	let sum = ((t7 + m0 * n6 + m1 * n5 + m2 * n4 + m3 * n3 + m4 * n2 + m5 * n1) ^ still)
		+ (sum >> BITS)
		+ m6 * n0;
	let m7 = sum & MASK;
	let sum = ((t8 + m0 * n7 + m1 * n6 + m2 * n5 + m3 * n4 + m4 * n3 + m5 * n2 + m6 * n1) ^ still)
		+ (sum >> BITS)
		+ m7 * n0;
	let m8 = low(sum.wrapping_mul(FACTOR));
	let sum =
		((t9 + m0 * n8 + m1 * n7 + m2 * n6 + m3 * n5 + m4 * n4 + m5 * n3 + m6 * n2 + m7 * n1)
			^ still) + ((sum + m8 * q0) >> BITS)
			+ m8 * q1;
	let r0 = low(sum);
	let sum =
		((t10 + m1 * n8 + m2 * n7 + m3 * n6 + m4 * n5 + m5 * n4 + m6 * n3 + m7 * n2 + m8 * q2)
			^ still) + ((sum - r0) >> BITS);
	let r1 = low(sum);
	let sum = ((t11 + m2 * n8 + m3 * n7 + m4 * n6 + m5 * n5 + m6 * n4 + m7 * n3 + m8 * q3) ^ still)
		+ ((sum - r1) >> BITS);
	let r2 = low(sum);
	let sum = ((t12 + m3 * n8 + m4 * n7 + m5 * n6 + m6 * n5 + m7 * n4 + m8 * q4) ^ still)
		+ ((sum - r2) >> BITS);
	let r3 = low(sum);
	let sum =
		((t13 + m4 * n8 + m5 * n7 + m6 * n6 + m7 * n5 + m8 * q5) ^ still) + ((sum - r3) >> BITS);
	let r4 = low(sum);
	let sum = ((t14 + m5 * n8 + m6 * n7 + m7 * n6 + m8 * q6) ^ still) + ((sum - r4) >> BITS);
	let r5 = low(sum);
	let sum = ((t15 + m6 * n8 + m7 * n7 + m8 * q7) ^ still) + ((sum - r5) >> BITS);
	let r6 = low(sum);
	let sum = ((t16 + m7 * n8 + m8 * q8) ^ still) + ((sum - r6) >> BITS);
	let r7 = low(sum);
	let sum = (sum - r7) >> BITS;
	Raw([r0, r1, r2, r3, r4, r5, r6, r7, sum])
}

/// The product of `a` and `b`, divided by `2^261`.
#[inline(always)]
pub(super) fn multiply(a: &Limbs, b: &Limbs) -> Fq {
	reduce(&product(a, b)).reduced()
}

/// Nine digits of four words.
const fn digits(words: &[u64; 4]) -> Limbs {
	const MASK: u64 = self::MASK as u64;
	let [a, b, c, d] = *words;
	[
		(a & MASK) as i64,
		((a >> 29) & MASK) as i64,
		((a >> 58 | b << 6) & MASK) as i64,
		((b >> 23) & MASK) as i64,
		((b >> 52 | c << 12) & MASK) as i64,
		((c >> 17) & MASK) as i64,
		((c >> 46 | d << 18) & MASK) as i64,
		((d >> 11) & MASK) as i64,
		(d >> 40) as i64,
	]
}

/// The words of digits in `[0, 2^29)`.
fn words(digits: &Limbs) -> [u64; 4] {
	let [e0, e1, e2, e3, e4, e5, e6, e7, e8] = digits.map(|digit| digit as u64);
	[
		e0 | e1 << 29 | e2 << 58,
		e2 >> 6 | e3 << 23 | e4 << 52,
		e4 >> 12 | e5 << 17 | e6 << 46,
		e6 >> 18 | e7 << 11 | e8 << 40,
	]
}

/// Moves from each limb to the next what it has too much.
#[inline(always)]
const fn carried(limbs: &Limbs) -> Limbs {
	let [l0, l1, l2, l3, l4, l5, l6, l7, l8] = *limbs;
	let r0 = low(l0);
	let l1 = l1 + ((l0 - r0) >> BITS);
	let r1 = low(l1);
	let l2 = l2 + ((l1 - r1) >> BITS);
	let r2 = low(l2);
	let l3 = l3 + ((l2 - r2) >> BITS);
	let r3 = low(l3);
	let l4 = l4 + ((l3 - r3) >> BITS);
	let r4 = low(l4);
	let l5 = l5 + ((l4 - r4) >> BITS);
	let r5 = low(l5);
	let l6 = l6 + ((l5 - r5) >> BITS);
	let r6 = low(l6);
	let l7 = l7 + ((l6 - r6) >> BITS);
	let r7 = low(l7);
	[r0, r1, r2, r3, r4, r5, r6, r7, l8 + ((l7 - r7) >> BITS)]
}

/// Less the multiple of `q` that is nearest, with limbs in their places.
#[inline(always)]
const fn fitted(limbs: &Limbs) -> Limbs {
	// 2^44 · 2^232 / q: the highest limb tells the quotient to 2^-10.
	const INVERSE: i64 = 5547124;
	let [l0, l1, l2, l3, l4, l5, l6, l7, l8] = *limbs;
	let m = (l8 * INVERSE + (1 << 43)) >> 44;
	let [q0, q1, q2, q3, q4, q5, q6, q7, q8] = Q;
	carried(&[
		l0 - m * q0,
		l1 - m * q1,
		l2 - m * q2,
		l3 - m * q3,
		l4 - m * q4,
		l5 - m * q5,
		l6 - m * q6,
		l7 - m * q7,
		l8 - m * q8,
	])
}

/// Times `2^261`, for constants.
const fn shifted(mut limbs: Limbs) -> Limbs {
	let mut doublings = 0;
	while doublings < 261 {
		let [l0, l1, l2, l3, l4, l5, l6, l7, l8] = limbs;
		limbs = fitted(&[l0 * 2, l1 * 2, l2 * 2, l3 * 2, l4 * 2, l5 * 2, l6 * 2, l7 * 2, l8 * 2]);
		doublings += 1;
	}
	limbs
}

impl Raw {
	/// The element that this is, as [`reduce`] gives it for one product: of two [`Sum`]s, or in
	/// [`super::tower::Fq2`] of two and two, which is less than `4.5q/169` and makes `0.67q` in all.
	#[inline(always)]
	pub(super) fn reduced(self) -> Fq {
		Fq(self.0)
	}

	/// The element that this stands for.
	#[inline(always)]
	pub(super) fn fit(self) -> Fq {
		let [rest @ .., highest] = &self.0;
		debug_assert!(rest.iter().all(|limb| limb.abs() < 1 << 40) && highest.abs() < 1 << 33);
		Fq(fitted(&self.0))
	}

	/// Times a small number.
	#[inline(always)]
	pub(super) fn times(self, factor: i64) -> Self {
		Self(self.0.map(|limb| limb * factor))
	}
}

impl Fq {
	pub const ZERO: Self = Self([0; 9]);
	pub const ONE: Self = Self::constant([1, 0, 0, 0]);

	/// The element of an integer below `q`, for constants.
	pub const fn constant(integer: [u64; 4]) -> Self {
		Self(shifted(fitted(&digits(&integer))))
	}

	/// The element of limbs in their places, for tables.
	pub fn widened(limbs: &[i32; 9]) -> Self {
		Self(limbs.map(i64::from))
	}

	/// Decodes 32 bytes, little-endian; `None` unless they are below `q`.
	pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
		const SQUARE: Fq = Fq(shifted(Fq::ONE.0));
		let mut integer = [0; 4];
		for (word, chunk) in integer.iter_mut().zip(bytes.as_chunks().0) {
			*word = u64::from_le_bytes(*chunk);
		}
		let canonical = integer.iter().rev().lt(MODULUS.iter().rev());
		canonical.then(|| Self(fitted(&digits(&integer))).mul(&SQUARE))
	}

	/// Encodes as 32 bytes, little-endian, below `q`.
	pub fn to_bytes(self) -> [u8; 32] {
		let [a0, a1, a2, a3, a4, a5, a6, a7, a8] = self.0;
		let columns = [a0, a1, a2, a3, a4, a5, a6, a7, a8, 0, 0, 0, 0, 0, 0, 0, 0];
		let mut bytes = [0; 32];
		for (chunk, word) in bytes.as_chunks_mut().0.iter_mut().zip(integer(&reduce(&columns).0)) {
			*chunk = word.to_le_bytes();
		}
		bytes
	}

	pub fn is_zero(&self) -> bool {
		self.0 == [0; 9]
	}

	#[inline(always)]
	pub fn mul(&self, other: &impl Factor) -> Self {
		multiply(&self.0, other.limbs())
	}

	#[inline(never)]
	pub fn square(&self) -> Self {
		reduce(&squared(&self.0)).reduced()
	}

	/// `1/self`; zero of zero.
	pub fn inverse(&self) -> Self {
		const SHIFT: Fq = Fq(shifted(shifted([1 << 14, 0, 0, 0, 0, 0, 0, 0, 0])));
		let Some((inverse, power)) = almost_inverse(integer(&self.0)) else { return Self::ZERO };
		// The inverse of a·2^261, times 2^power, is to become that of a, times 2^261. Both factors are
		// divided by 2^261 as all products are.
		let rest = (508 - power).unsigned_abs();
		let mut limbs: Limbs = [0; 9];
		if let Some(limb) = limbs.get_mut((rest / BITS) as usize) {
			*limb = 1 << (rest % BITS);
		}
		Self(fitted(&digits(&inverse))).mul(&SHIFT).mul(&Self(fitted(&limbs)))
	}
}

/// The integer below `q` of limbs that stand for less than `q` in magnitude.
fn integer(limbs: &Limbs) -> [u64; 4] {
	let mut digits = unbalanced(limbs);
	if digits.last().is_some_and(|highest| *highest < 0) {
		digits = unbalanced(&add(limbs, &Q));
	}
	words(&digits)
}

/// The inverse modulo `q` of an integer below it, times a power of two; and its exponent, from 253 to 507.
/// `None` of zero.
///
/// Kaliski, *The Montgomery inverse and its applications*, phase one, with all shifts of a step at once.
/// Always `q = u·s + v·r` and, modulo `q`, `a·r = −u·2^k` and `a·s = v·2^k`; so `r` and `s` are at most `q`; it ends with `u = v = 1`, and `(q + a)/2 ≤ 2^k ≤ q·a`.
fn almost_inverse(a: [u64; 4]) -> Option<([u64; 4], i32)> {
	if a == [0; 4] {
		return None;
	}
	let (mut u, mut v, mut r, mut s) = (MODULUS, a, [0; 4], [1, 0, 0, 0]);
	let mut k = halve(&mut v, &mut r);
	while u != v {
		match minus_words(&u, &v) {
			(difference, false) => {
				u = difference;
				r = plus_words(&r, &s);
				k += halve(&mut u, &mut s);
			},
			(_, true) => {
				v = minus_words(&v, &u).0;
				s = plus_words(&s, &r);
				k += halve(&mut v, &mut r);
			},
		}
	}
	Some((s, k))
}

/// Halves a number that is not zero until it is odd, and doubles another as often: how often that is.
fn halve(number: &mut [u64; 4], other: &mut [u64; 4]) -> i32 {
	let mut times = 0;
	loop {
		let [n0, n1, n2, n3] = *number;
		let zeros = n0.trailing_zeros().min(63);
		if zeros == 0 {
			return times;
		}
		let up = 64 - zeros;
		*number =
			[n0 >> zeros | n1 << up, n1 >> zeros | n2 << up, n2 >> zeros | n3 << up, n3 >> zeros];
		let [m0, m1, m2, m3] = *other;
		*other =
			[m0 << zeros, m1 << zeros | m0 >> up, m2 << zeros | m1 >> up, m3 << zeros | m2 >> up];
		times += zeros as i32;
	}
}

/// The difference, and whether it is negative.
fn minus_words(a: &[u64; 4], b: &[u64; 4]) -> ([u64; 4], bool) {
	let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (*a, *b);
	let (d0, borrow) = a0.overflowing_sub(b0);
	let (d1, borrow) = a1.borrowing_sub(b1, borrow);
	let (d2, borrow) = a2.borrowing_sub(b2, borrow);
	let (d3, borrow) = a3.borrowing_sub(b3, borrow);
	([d0, d1, d2, d3], borrow)
}

/// The sum, below `2^256`.
fn plus_words(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
	let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (*a, *b);
	let (s0, carry) = a0.overflowing_add(b0);
	let (s1, carry) = a1.carrying_add(b1, carry);
	let (s2, carry) = a2.carrying_add(b2, carry);
	let (s3, _) = a3.carrying_add(b3, carry);
	[s0, s1, s2, s3]
}

/// Digits in `[0, 2^29)`, but the highest, which has the sign.
fn unbalanced(limbs: &Limbs) -> Limbs {
	let mut carry = 0;
	let mut digits = limbs.map(|limb| {
		let sum = limb + carry;
		carry = sum >> BITS;
		sum & ((1 << BITS) - 1)
	});
	if let Some(highest) = digits.last_mut() {
		*highest += carry << BITS;
	}
	digits
}

impl PartialEq for Fq {
	fn eq(&self, other: &Self) -> bool {
		Raw(sub(&self.0, &other.0)).fit().is_zero()
	}
}

impl Eq for Fq {}

impl Add for Fq {
	type Output = Sum;

	#[inline(always)]
	fn add(self, other: Self) -> Sum {
		Sum(add(&self.0, &other.0))
	}
}

impl Sub for Fq {
	type Output = Sum;

	#[inline(always)]
	fn sub(self, other: Self) -> Sum {
		Sum(sub(&self.0, &other.0))
	}
}

impl Neg for Fq {
	type Output = Self;

	#[inline(always)]
	fn neg(self) -> Self {
		Self(self.0.map(|limb| -limb))
	}
}

impl<T: Into<Raw>> Add<T> for Raw {
	type Output = Self;

	#[inline(always)]
	fn add(self, other: T) -> Self {
		Self(add(&self.0, &other.into().0))
	}
}

impl<T: Into<Raw>> Sub<T> for Raw {
	type Output = Self;

	#[inline(always)]
	fn sub(self, other: T) -> Self {
		Self(sub(&self.0, &other.into().0))
	}
}

#[cfg(test)]
impl Sum {
	/// The element.
	pub fn into_fit(self) -> Fq {
		Raw::from(self).fit()
	}
}
