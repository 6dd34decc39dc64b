//! The extensions of the field, as arkworks builds them: `Fq2 = Fq[u]/(u² + 1)`,
//! `Fq6 = Fq2[v]/(v³ − ξ)` with `ξ = 9 + u`, `Fq12 = Fq6[w]/(w² − v)`.

use super::field::{
	self, exact_product, low, product, reduce, sub, Factor, Fq, Limbs, Raw, Sum, Wide, BITS,
};
use core::ops::{Add, Neg, Sub};

/// An element of `Fq2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fq2 {
	pub c0: Fq,
	pub c1: Fq,
}

/// The sum or difference of two.
#[derive(Clone, Copy, Debug)]
pub struct Sum2 {
	c0: Sum,
	c1: Sum,
}

/// A combination of elements.
#[derive(Clone, Copy, Debug)]
pub struct Raw2 {
	c0: Raw,
	c1: Raw,
}

/// What can be multiplied.
pub trait Factor2: Copy {
	fn limbs(&self) -> [&Limbs; 2];
}

impl Factor2 for Fq2 {
	#[inline(always)]
	fn limbs(&self) -> [&Limbs; 2] {
		[self.c0.limbs(), self.c1.limbs()]
	}
}

impl Factor2 for Sum2 {
	#[inline(always)]
	fn limbs(&self) -> [&Limbs; 2] {
		[self.c0.limbs(), self.c1.limbs()]
	}
}

impl From<Fq2> for Raw2 {
	#[inline(always)]
	fn from(element: Fq2) -> Self {
		Self { c0: element.c0.into(), c1: element.c1.into() }
	}
}

impl From<Sum2> for Raw2 {
	#[inline(always)]
	fn from(sum: Sum2) -> Self {
		Self { c0: sum.c0.into(), c1: sum.c1.into() }
	}
}

impl Add for Fq2 {
	type Output = Sum2;

	#[inline(always)]
	fn add(self, other: Self) -> Sum2 {
		Sum2 { c0: self.c0 + other.c0, c1: self.c1 + other.c1 }
	}
}

impl Sub for Fq2 {
	type Output = Sum2;

	#[inline(always)]
	fn sub(self, other: Self) -> Sum2 {
		Sum2 { c0: self.c0 - other.c0, c1: self.c1 - other.c1 }
	}
}

impl Neg for Fq2 {
	type Output = Self;

	#[inline(always)]
	fn neg(self) -> Self {
		Self { c0: -self.c0, c1: -self.c1 }
	}
}

impl<T: Into<Raw2>> Add<T> for Raw2 {
	type Output = Self;

	#[inline(always)]
	fn add(self, other: T) -> Self {
		let other = other.into();
		Self { c0: self.c0 + other.c0, c1: self.c1 + other.c1 }
	}
}

impl<T: Into<Raw2>> Sub<T> for Raw2 {
	type Output = Self;

	#[inline(always)]
	fn sub(self, other: T) -> Self {
		let other = other.into();
		Self { c0: self.c0 - other.c0, c1: self.c1 - other.c1 }
	}
}

impl Sum2 {
	/// The element.
	#[inline(always)]
	pub fn fit(self) -> Fq2 {
		Raw2::from(self).fit()
	}
}

impl Raw2 {
	/// The element.
	#[inline(always)]
	pub fn fit(self) -> Fq2 {
		Fq2 { c0: self.c0.fit(), c1: self.c1.fit() }
	}

	/// Times a small number.
	#[inline(always)]
	pub fn times(self, factor: i64) -> Self {
		Self { c0: self.c0.times(factor), c1: self.c1.times(factor) }
	}

	/// Times `ξ`.
	#[inline(always)]
	pub fn times_xi(self) -> Self {
		let Self { c0, c1 } = self;
		Self { c0: c0.times(9) - c1, c1: c1.times(9) + c0 }
	}
}

impl Fq2 {
	pub const ZERO: Self = Self { c0: Fq::ZERO, c1: Fq::ZERO };
	pub const ONE: Self = Self { c0: Fq::ONE, c1: Fq::ZERO };

	/// An element of two integers below `q`, for constants.
	pub const fn constant(c0: [u64; 4], c1: [u64; 4]) -> Self {
		Self { c0: Fq::constant(c0), c1: Fq::constant(c1) }
	}

	pub fn is_zero(&self) -> bool {
		self.c0.is_zero() && self.c1.is_zero()
	}

	#[inline(always)]
	pub fn raw(self) -> Raw2 {
		self.into()
	}

	#[inline(always)]
	pub fn mul(&self, other: &impl Factor2) -> Self {
		multiply(self.limbs(), other.limbs())
	}

	#[inline(always)]
	fn wide(&self, other: &impl Factor2) -> Wide2 {
		product2(self.limbs(), other.limbs())
	}

	#[inline(always)]
	pub fn square(&self) -> Self {
		squared(self)
	}

	/// Times an element of `Fq`.
	#[inline(always)]
	pub fn scale(&self, factor: &Fq) -> Self {
		Self { c0: self.c0.mul(factor), c1: self.c1.mul(factor) }
	}

	/// To the power of `q`.
	#[inline(always)]
	pub fn conjugate(self) -> Self {
		Self { c0: self.c0, c1: -self.c1 }
	}

	/// `1/self`; zero of zero.
	pub fn inverse(&self) -> Self {
		let norm = (Raw::from(self.c0.square()) + self.c1.square()).fit().inverse();
		self.conjugate().scale(&norm)
	}
}

impl Sum2 {
	#[inline(always)]
	fn wide(&self, other: &impl Factor2) -> Wide2 {
		product2(self.limbs(), other.limbs())
	}

	#[inline(always)]
	pub fn mul(&self, other: &impl Factor2) -> Fq2 {
		multiply(self.limbs(), other.limbs())
	}
}

/// The product of two elements that is not reduced, or a combination of some dozens of such.
///
/// Of one product, columns are less than `2^35`, but the highest less than `2^52`, and stand for less than
/// `4.5q²`. The largest sum of them, in [`Fq12::square`], is of 102 times that: far from what [`reduce`]
/// takes, and of a quotient of less than `4q`.
#[derive(Clone, Copy)]
pub(super) struct Wide2 {
	c0: Wide,
	c1: Wide,
}

/// Columns, of two each.
#[inline(always)]
fn zip(a: &Wide, b: &Wide, f: impl Fn(i64, i64) -> i64) -> Wide {
	let (
		[a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16],
		[b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15, b16],
	) = (*a, *b);
	[
		f(a0, b0),
		f(a1, b1),
		f(a2, b2),
		f(a3, b3),
		f(a4, b4),
		f(a5, b5),
		f(a6, b6),
		f(a7, b7),
		f(a8, b8),
		f(a9, b9),
		f(a10, b10),
		f(a11, b11),
		f(a12, b12),
		f(a13, b13),
		f(a14, b14),
		f(a15, b15),
		f(a16, b16),
	]
}

/// A column, and what belongs to the next.
#[inline(always)]
fn split(column: i64) -> (i64, i64) {
	let kept = low(column);
	(kept, (column - kept) >> BITS)
}

/// Moves from each column to the next what it has too much, once.
#[inline(always)]
fn moved(columns: &Wide) -> Wide {
	let [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16] = *columns;
	let (k0, c0) = split(a0);
	let (k1, c1) = split(a1);
	let (k2, c2) = split(a2);
	let (k3, c3) = split(a3);
	let (k4, c4) = split(a4);
	let (k5, c5) = split(a5);
	let (k6, c6) = split(a6);
	let (k7, c7) = split(a7);
	let (k8, c8) = split(a8);
	let (k9, c9) = split(a9);
	let (k10, c10) = split(a10);
	let (k11, c11) = split(a11);
	let (k12, c12) = split(a12);
	let (k13, c13) = split(a13);
	let (k14, c14) = split(a14);
	let (k15, c15) = split(a15);
	[
		k0,
		k1 + c0,
		k2 + c1,
		k3 + c2,
		k4 + c3,
		k5 + c4,
		k6 + c5,
		k7 + c6,
		k8 + c7,
		k9 + c8,
		k10 + c9,
		k11 + c10,
		k12 + c11,
		k13 + c12,
		k14 + c13,
		k15 + c14,
		a16 + c15,
	]
}

/// The columns of both parts: three products.
#[inline(always)]
fn products([a0, a1]: [&Limbs; 2], [b0, b1]: [&Limbs; 2]) -> [Wide; 2] {
	let (low, high) = (product(a0, b0), product(a1, b1));
	let cross = product(&sub(a0, a1), &sub(b1, b0));
	let sum = zip(&low, &high, |a, b| a + b);
	let columns = [zip(&low, &high, |a, b| a - b), zip(&sum, &cross, i64::wrapping_add)];
	debug_assert!({
		let exact = |a, b| exact_product(a, b).into_iter();
		let first = exact(a0, b0).zip(exact(a1, b1)).map(|(a, b)| a - b);
		let second = exact(a0, b1).zip(exact(a1, b0)).map(|(a, b)| a + b);
		let expected = first.chain(second);
		columns.iter().flatten().zip(expected).all(|(column, exact)| i128::from(*column) == exact)
	});
	columns
}

#[inline(never)]
fn product2(a: [&Limbs; 2], b: [&Limbs; 2]) -> Wide2 {
	let [c0, c1] = products(a, b);
	Wide2 { c0: moved(&c0), c1: moved(&c1) }
}

impl Wide2 {
	#[inline(always)]
	fn with(&self, other: &Self, f: impl Fn(i64, i64) -> i64) -> Self {
		Self { c0: zip(&self.c0, &other.c0, &f), c1: zip(&self.c1, &other.c1, &f) }
	}

	#[inline(always)]
	fn reduce(&self) -> Raw2 {
		Raw2 { c0: reduce(&self.c0), c1: reduce(&self.c1) }
	}

	/// Times `ξ`.
	#[inline(always)]
	fn times_xi(&self) -> Self {
		let Self { c0, c1 } = self;
		Self { c0: zip(c0, c1, |a, b| 9 * a - b), c1: zip(c0, c1, |a, b| 9 * b + a) }
	}
}

impl Add for &Wide2 {
	type Output = Wide2;

	#[inline(always)]
	fn add(self, other: Self) -> Wide2 {
		self.with(other, |a, b| a + b)
	}
}

impl Sub for &Wide2 {
	type Output = Wide2;

	#[inline(always)]
	fn sub(self, other: Self) -> Wide2 {
		self.with(other, |a, b| a - b)
	}
}

impl Add<&Wide2> for Wide2 {
	type Output = Self;

	#[inline(always)]
	fn add(self, other: &Self) -> Self {
		self.with(other, |a, b| a + b)
	}
}

impl Sub<&Wide2> for Wide2 {
	type Output = Self;

	#[inline(always)]
	fn sub(self, other: &Self) -> Self {
		self.with(other, |a, b| a - b)
	}
}

/// Three products and two reductions.
#[inline(never)]
fn multiply(a: [&Limbs; 2], b: [&Limbs; 2]) -> Fq2 {
	let [c0, c1] = products(a, b);
	Fq2 { c0: reduce(&c0).reduced(), c1: reduce(&c1).reduced() }
}

/// Two products and two reductions.
#[inline(never)]
fn squared(Fq2 { c0, c1 }: &Fq2) -> Fq2 {
	let (sum, difference) = (*c0 + *c1, *c0 - *c1);
	let double = *c0 + *c0;
	Fq2 {
		c0: field::multiply(sum.limbs(), difference.limbs()),
		c1: field::multiply(double.limbs(), c1.limbs()),
	}
}

/// An element of `Fq6`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fq6 {
	pub c0: Fq2,
	pub c1: Fq2,
	pub c2: Fq2,
}

/// A combination of elements.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raw6 {
	c0: Raw2,
	c1: Raw2,
	c2: Raw2,
}

impl Raw6 {
	#[inline(always)]
	fn fit(self) -> Fq6 {
		Fq6 { c0: self.c0.fit(), c1: self.c1.fit(), c2: self.c2.fit() }
	}

	/// Times `v`.
	#[inline(always)]
	fn times_v(self) -> Self {
		Self { c0: self.c2.times_xi(), c1: self.c0, c2: self.c1 }
	}
}

impl From<Fq6> for Raw6 {
	#[inline(always)]
	fn from(element: Fq6) -> Self {
		Self { c0: element.c0.into(), c1: element.c1.into(), c2: element.c2.into() }
	}
}

impl<T: Into<Raw6>> Add<T> for Raw6 {
	type Output = Self;

	#[inline(always)]
	fn add(self, other: T) -> Self {
		let other = other.into();
		Self { c0: self.c0 + other.c0, c1: self.c1 + other.c1, c2: self.c2 + other.c2 }
	}
}

impl<T: Into<Raw6>> Sub<T> for Raw6 {
	type Output = Self;

	#[inline(always)]
	fn sub(self, other: T) -> Self {
		let other = other.into();
		Self { c0: self.c0 - other.c0, c1: self.c1 - other.c1, c2: self.c2 - other.c2 }
	}
}

/// A product that is not reduced.
#[derive(Clone, Copy)]
struct Wide6 {
	c0: Wide2,
	c1: Wide2,
	c2: Wide2,
}

/// All that is done with it writes where its result is wanted: a copy is a call in WebAssembly.
impl Wide6 {
	#[inline(always)]
	fn reduce(&self) -> Fq6 {
		Fq6 { c0: self.c0.reduce().fit(), c1: self.c1.reduce().fit(), c2: self.c2.reduce().fit() }
	}

	/// The sum with `v` times another.
	#[inline(always)]
	fn reduce_with_v(&self, other: &Self, element: &mut Fq6) {
		element.c0 = (other.c2.times_xi() + &self.c0).reduce().fit();
		element.c1 = (&other.c0 + &self.c1).reduce().fit();
		element.c2 = (&other.c1 + &self.c2).reduce().fit();
	}

	/// What is left without two others.
	#[inline(always)]
	fn reduce_without(&self, one: &Self, other: &Self, element: &mut Fq6) {
		element.c0 = (&self.c0 - &one.c0 - &other.c0).reduce().fit();
		element.c1 = (&self.c1 - &one.c1 - &other.c1).reduce().fit();
		element.c2 = (&self.c2 - &one.c2 - &other.c2).reduce().fit();
	}

	/// Adds it to an element.
	#[inline(always)]
	fn reduce_onto(&self, element: &mut Fq6) {
		element.c0 = (self.c0.reduce() + element.c0).fit();
		element.c1 = (self.c1.reduce() + element.c1).fit();
		element.c2 = (self.c2.reduce() + element.c2).fit();
	}

	/// Adds `v` times it to an element.
	#[inline(always)]
	fn reduce_v_onto(&self, element: &mut Fq6) {
		element.c0 = (self.c2.times_xi().reduce() + element.c0).fit();
		element.c1 = (self.c0.reduce() + element.c1).fit();
		element.c2 = (self.c1.reduce() + element.c2).fit();
	}
}

impl Neg for Fq6 {
	type Output = Self;

	fn neg(self) -> Self {
		Self { c0: -self.c0, c1: -self.c1, c2: -self.c2 }
	}
}

impl Fq6 {
	pub const ZERO: Self = Self { c0: Fq2::ZERO, c1: Fq2::ZERO, c2: Fq2::ZERO };
	pub const ONE: Self = Self { c0: Fq2::ONE, c1: Fq2::ZERO, c2: Fq2::ZERO };

	#[inline(always)]
	fn raw(self) -> Raw6 {
		self.into()
	}

	/// Six products (Karatsuba).
	#[inline(always)]
	fn product(&self, other: &Self) -> Wide6 {
		let (Self { c0: a0, c1: a1, c2: a2 }, Self { c0: b0, c1: b1, c2: b2 }) = (self, other);
		let (v0, v1, v2) = (a0.wide(b0), a1.wide(b1), a2.wide(b2));
		let v12 = (*a1 + *a2).wide(&(*b1 + *b2));
		let v01 = (*a0 + *a1).wide(&(*b0 + *b1));
		let v02 = (*a0 + *a2).wide(&(*b0 + *b2));
		Wide6 {
			c0: (v12 - &v1 - &v2).times_xi() + &v0,
			c1: v2.times_xi() + &v01 - &v0 - &v1,
			c2: v02 - &v0 - &v2 + &v1,
		}
	}

	/// Times `b0 + b1·v`: five products.
	#[inline(always)]
	fn product_sparse(&self, b0: &Fq2, b1: &Fq2) -> Wide6 {
		let Self { c0: a0, c1: a1, c2: a2 } = self;
		let (v0, v1) = (a0.wide(b0), a1.wide(b1));
		let v12 = (*a1 + *a2).wide(b1);
		let v01 = (*a0 + *a1).wide(&(*b0 + *b1));
		let v02 = (*a0 + *a2).wide(b0);
		Wide6 { c0: (v12 - &v1).times_xi() + &v0, c1: v01 - &v0 - &v1, c2: v02 - &v0 + &v1 }
	}

	pub fn is_zero(&self) -> bool {
		self.c0.is_zero() && self.c1.is_zero() && self.c2.is_zero()
	}

	fn mul(&self, other: &Self) -> Self {
		self.product(other).reduce()
	}

	fn scale(&self, factor: &Fq2) -> Self {
		Self { c0: self.c0.mul(factor), c1: self.c1.mul(factor), c2: self.c2.mul(factor) }
	}

	fn inverse(&self) -> Self {
		// Of the norm to Fq2: Devegili, O hEigeartaigh, Scott and Dahab, *Multiplication and squaring
		// on pairing-friendly fields*, section 3.
		let Self { c0, c1, c2 } = *self;
		let a = (c0.square().raw() - c1.mul(&c2).raw().times_xi()).fit();
		let b = (c2.square().raw().times_xi() - c0.mul(&c1)).fit();
		let c = (c1.square().raw() - c0.mul(&c2)).fit();
		let norm = (c2.mul(&b).raw() + c1.mul(&c)).times_xi() + c0.mul(&a);
		let inverse = norm.fit().inverse();
		Self { c0: a, c1: b, c2: c }.scale(&inverse)
	}
}

/// Both parts of `(x + y·s)²`, with `s² = ξ`.
#[inline(never)]
fn quartic_square(x: &Fq2, y: &Fq2) -> (Raw2, Raw2) {
	let other = (y.raw().times_xi() + *x).fit();
	let (xy, all) = (x.wide(y), (*x + *y).wide(&other));
	// Less xy, and ξ·xy.
	let c0 = zip(&zip(&all.c0, &xy.c0, |a, b| a - 10 * b), &xy.c1, |a, b| a + b);
	let c1 = zip(&zip(&all.c1, &xy.c1, |a, b| a - 10 * b), &xy.c0, |a, b| a - b);
	(Wide2 { c0, c1 }.reduce(), xy.reduce().times(2))
}

/// An element of `Fq12`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fq12 {
	pub c0: Fq6,
	pub c1: Fq6,
}

/// The value of a line: `a + b·w + c·w³`.
#[derive(Clone, Copy, Debug)]
pub struct Line {
	pub a: Fq2,
	pub b: Fq2,
	pub c: Fq2,
}

impl Fq12 {
	pub const ONE: Self = Self { c0: Fq6::ONE, c1: Fq6::ZERO };
	pub const ZERO: Self = Self { c0: Fq6::ZERO, c1: Fq6::ZERO };

	#[inline(never)]
	pub fn mul(&self, other: &Self) -> Self {
		let (v0, v1) = (self.c0.product(&other.c0), self.c1.product(&other.c1));
		let (a, b) = (self.c0.raw() + self.c1, other.c0.raw() + other.c1);
		let cross = a.fit().product(&b.fit());
		let mut product = Self::ZERO;
		v0.reduce_with_v(&v1, &mut product.c0);
		cross.reduce_without(&v0, &v1, &mut product.c1);
		product
	}

	/// Squares.
	#[inline(never)]
	pub fn square(&mut self) {
		let Self { c0, c1 } = self;
		let product = c0.product(c1);
		let (a, b) = (c0.raw() + *c1, c1.raw().times_v() + *c0);
		let cross = a.fit().product(&b.fit());
		c0.c0 = (&cross.c0 - &product.c0 - &product.c2.times_xi()).reduce().fit();
		c0.c1 = (&cross.c1 - &product.c1 - &product.c0).reduce().fit();
		c0.c2 = (&cross.c2 - &product.c2 - &product.c1).reduce().fit();
		c1.c0 = product.c0.reduce().times(2).fit();
		c1.c1 = product.c1.reduce().times(2).fit();
		c1.c2 = product.c2.reduce().times(2).fit();
	}

	/// Multiplies by a line: thirteen products.
	#[inline(never)]
	pub fn mul_line(&mut self, Line { a, b, c }: &Line) {
		let Self { c0, c1 } = self;
		let v0 = Wide6 { c0: c0.c0.wide(a), c1: c0.c1.wide(a), c2: c0.c2.wide(a) };
		let v1 = c1.product_sparse(b, c);
		let cross = (c0.raw() + *c1).fit().product_sparse(&(*a + *b).fit(), c);
		v0.reduce_with_v(&v1, c0);
		cross.reduce_without(&v0, &v1, c1);
	}

	/// Multiplies by two lines: their product takes six products, what it is multiplied by seventeen.
	#[inline(never)]
	pub fn mul_lines(&mut self, one: &Line, other: &Line) {
		let (Line { a, b, c }, Line { a: d, b: e, c: f }) = (one, other);
		let (ad, be, cf) = (a.wide(d), b.wide(e), c.wide(f));
		let w1 = ((*a + *b).wide(&(*d + *e)) - &ad - &be).reduce().fit();
		let w3 = ((*a + *c).wide(&(*d + *f)) - &ad - &cf).reduce().fit();
		let w4 = ((*b + *c).wide(&(*e + *f)) - &be - &cf).reduce().fit();
		let w0 = (cf.times_xi() + &ad).reduce().fit();
		let even = Fq6 { c0: w0, c1: be.reduce().fit(), c2: w4 };
		let Self { c0, c1 } = self;
		let (v0, v1) = (c0.product(&even), c1.product_sparse(&w1, &w3));
		let all = Fq6 { c0: (even.c0 + w1).fit(), c1: (even.c1 + w3).fit(), c2: even.c2 };
		let cross = (c0.raw() + *c1).fit().product(&all);
		v0.reduce_with_v(&v1, c0);
		cross.reduce_without(&v0, &v1, c1);
	}

	/// Multiplies by `1 + b·w + c·w³`: ten products.
	#[inline(never)]
	pub fn mul_fixed_line(&mut self, b: &Fq2, c: &Fq2) {
		let Self { c0, c1 } = self;
		let (v0, v1) = (c0.product_sparse(b, c), c1.product_sparse(b, c));
		v1.reduce_v_onto(c0);
		v0.reduce_onto(c1);
	}

	/// Multiplies by `t + w`: twelve products.
	#[inline(never)]
	pub fn mul_monic(&mut self, t: &Fq6) {
		let Self { c0, c1 } = self;
		let (v0, v1) = (c0.product(t), c1.product(t));
		let carried = c1.raw().times_v().fit();
		*c1 = *c0;
		v1.reduce_onto(c1);
		*c0 = carried;
		v0.reduce_onto(c0);
	}

	/// To the power of `q⁶`; the inverse, of elements whose order divides `q⁶ + 1`.
	pub fn conjugate(&self) -> Self {
		Self { c0: self.c0, c1: -self.c1 }
	}

	/// `1/self`; zero of zero.
	pub fn inverse(&self) -> Self {
		let Self { c0, c1 } = self;
		let norm = c0.mul(c0).raw() - c1.mul(c1).raw().times_v();
		let inverse = norm.fit().inverse();
		Self { c0: c0.mul(&inverse), c1: -c1.mul(&inverse) }
	}

	/// To the power of `q`, `power` times: one, two or three.
	pub fn frobenius(&self, power: usize) -> Self {
		let Self { c0, c1 } = self;
		let odd = power % 2 == 1;
		let conjugate = |element: Fq2| if odd { element.conjugate() } else { element };
		let [g1, g2, g3, g4, g5] = match power {
			1 => &FROBENIUS[0],
			2 => &FROBENIUS[1],
			_ => &FROBENIUS[2],
		};
		Self {
			c0: Fq6 {
				c0: conjugate(c0.c0),
				c1: conjugate(c0.c1).mul(g2),
				c2: conjugate(c0.c2).mul(g4),
			},
			c1: Fq6 {
				c0: conjugate(c1.c0).mul(g1),
				c1: conjugate(c1.c1).mul(g3),
				c2: conjugate(c1.c2).mul(g5),
			},
		}
	}

	/// Squares an element whose order divides `q⁴ − q² + 1`: Granger and Scott, *Faster squaring in
	/// the cyclotomic subgroup of sixth degree extensions*, section 3.2.
	#[inline(never)]
	pub fn cyclotomic_square(&mut self) {
		let Self { c0: Fq6 { c0: z0, c1: z4, c2: z3 }, c1: Fq6 { c0: z2, c1: z1, c2: z5 } } = self;
		let ((t0, t1), (t2, t3), (t4, t5)) =
			(quartic_square(z0, z1), quartic_square(z2, z3), quartic_square(z4, z5));
		// 3·t ∓ 2·z
		let less = |t: Raw2, z: &mut Fq2| *z = (t.times(3) - z.raw().times(2)).fit();
		let more = |t: Raw2, z: &mut Fq2| *z = (t.times(3) + z.raw().times(2)).fit();
		less(t0, z0);
		more(t1, z1);
		less(t2, z4);
		more(t3, z5);
		less(t4, z3);
		more(t5.times_xi(), z2);
	}
}

/// `ξ^(j·(qⁱ − 1)/6)` for i = 1, 2, 3 and, in each row, j = 1 to 5.
const FROBENIUS: [[Fq2; 5]; 3] = [
	[
		Fq2::constant(
			[0xd60b35dadcc9e470, 0x5c521e08292f2176, 0xe8b99fdd76e68b60, 0x1284b71c2865a7df],
			[0xca5cf05f80f362ac, 0x747992778eeec7e5, 0xa6327cfe12150b8e, 0x246996f3b4fae7e6],
		),
		Fq2::constant(
			[0x99e39557176f553d, 0xb78cc310c2c3330c, 0x4c0bec3cf559b143, 0x2fb347984f7911f7],
			[0x1665d51c640fcba2, 0x32ae2a1d0b7c9dce, 0x4ba4cc8bd75a0794, 0x16c9e55061ebae20],
		),
		Fq2::constant(
			[0xdc54014671a0135a, 0xdbaae0eda9c95998, 0xdc5ec698b6e2f9b9, 0x063cf305489af5dc],
			[0x82d37f632623b0e3, 0x21807dc98fa25bd2, 0x0704b5a7ec796f2b, 0x07c03cbcac41049a],
		),
		Fq2::constant(
			[0x848a1f55921ea762, 0xd33365f7be94ec72, 0x80f3c0b75a181e84, 0x05b54f5e64eea801],
			[0xc13b4711cd2b8126, 0x3685d2ea1bdec763, 0x9f3a80b03b0b1c92, 0x2c145edbe7fd8aee],
		),
		Fq2::constant(
			[0x2ea2c810eab7692f, 0x425c459b55aa1bd3, 0xe93a3661a4353ff4, 0x0183c1e74f798649],
			[0x24c6b8ee6e0c2c4b, 0xb080cb99678e2ac0, 0xa27fb246c7729f7d, 0x12acf2ca76fd0675],
		),
	],
	[
		Fq2::constant(
			[0xe4bd44e5607cfd49, 0xc28f069fbb966e3d, 0x5e6dd9e7e0acccb0, 0x30644e72e131a029],
			[0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000],
		),
		Fq2::constant(
			[0xe4bd44e5607cfd48, 0xc28f069fbb966e3d, 0x5e6dd9e7e0acccb0, 0x30644e72e131a029],
			[0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000],
		),
		Fq2::constant(
			[0x3c208c16d87cfd46, 0x97816a916871ca8d, 0xb85045b68181585d, 0x30644e72e131a029],
			[0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000],
		),
		Fq2::constant(
			[0x5763473177fffffe, 0xd4f263f1acdb5c4f, 0x59e26bcea0d48bac, 0x0000000000000000],
			[0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000],
		),
		Fq2::constant(
			[0x5763473177ffffff, 0xd4f263f1acdb5c4f, 0x59e26bcea0d48bac, 0x0000000000000000],
			[0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000],
		),
	],
	[
		Fq2::constant(
			[0xe86f7d391ed4a67f, 0x894cb38dbe55d24a, 0xefe9608cd0acaa90, 0x19dc81cfcc82e4bb],
			[0x7694aa2bf4c0c101, 0x7f03a5e397d439ec, 0x06cbeee33576139d, 0x00abf8b60be77d73],
		),
		Fq2::constant(
			[0x7b746ee87bdcfb6d, 0x805ffd3d5d6942d3, 0xbaff1c77959f25ac, 0x0856e078b755ef0a],
			[0x380cab2baaa586de, 0x0fdf31bf98ff2631, 0xa9f30e6dec26094f, 0x04f1de41b3d1766f],
		),
		Fq2::constant(
			[0x5fcc8ad066dce9ed, 0xbbd689a3bea870f4, 0xdbf17f1dca9e5ea3, 0x2a275b6d9896aa4c],
			[0xb94d0cb3b2594c64, 0x7600ecc7d8cf6eba, 0xb14b900e9507e932, 0x28a411b634f09b8f],
		),
		Fq2::constant(
			[0x0e1a92bc3ccbf066, 0xe633094575b06bcb, 0x19bee0f7b5b2444e, 0x0bc58c6611c08dab],
			[0x5fe3ed9d730c239f, 0xa44a9e08737f96e5, 0xfeb0f6ef0cd21d04, 0x23d5e999e1910a12],
		),
		Fq2::constant(
			[0xebde847076261b43, 0x2ed68098967c84a5, 0x711699fa3b4d3f69, 0x13c49044952c0905],
			[0x1f25041384282499, 0x3e2ddaea20028021, 0x9fb1b2282a48633d, 0x16db366a59b1dd0b],
		),
	],
];
