//! Points of both groups: `y² = x³ + 3` over `Fq`, and its twist `y² = x³ + 3/ξ` over `Fq2`.

use super::{
	field::{Fq, Raw},
	tower::{Fq2, Raw2},
};
use alloc::vec::Vec;

/// What coordinates are in.
pub trait Coordinate: Copy + PartialEq {
	const ZERO: Self;
	const ONE: Self;
	fn times(&self, other: &Self) -> Self;
	fn squared(&self) -> Self;
	fn inverted(&self) -> Self;
	fn vanishes(&self) -> bool;
	/// The sum of elements, each times a small number.
	fn sum<const N: usize>(terms: [(i64, Self); N]) -> Self;
}

impl Coordinate for Fq {
	const ZERO: Self = Fq::ZERO;
	const ONE: Self = Fq::ONE;

	#[inline(always)]
	fn times(&self, other: &Self) -> Self {
		self.mul(other)
	}

	#[inline(always)]
	fn squared(&self) -> Self {
		self.square()
	}

	fn inverted(&self) -> Self {
		self.inverse()
	}

	#[inline(always)]
	fn vanishes(&self) -> bool {
		self.is_zero()
	}

	#[inline(always)]
	fn sum<const N: usize>(terms: [(i64, Self); N]) -> Self {
		let zero = Raw::from(Fq::ZERO);
		terms.into_iter().fold(zero, |sum, (k, term)| sum + Raw::from(term).times(k)).fit()
	}
}

impl Coordinate for Fq2 {
	const ZERO: Self = Fq2::ZERO;
	const ONE: Self = Fq2::ONE;

	#[inline(always)]
	fn times(&self, other: &Self) -> Self {
		self.mul(other)
	}

	#[inline(always)]
	fn squared(&self) -> Self {
		self.square()
	}

	fn inverted(&self) -> Self {
		self.inverse()
	}

	#[inline(always)]
	fn vanishes(&self) -> bool {
		self.is_zero()
	}

	#[inline(always)]
	fn sum<const N: usize>(terms: [(i64, Self); N]) -> Self {
		let zero = Raw2::from(Fq2::ZERO);
		terms.into_iter().fold(zero, |sum, (k, term)| sum + term.raw().times(k)).fit()
	}
}

/// A point that is not at infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Affine<F> {
	pub x: F,
	pub y: F,
}

/// A point in Jacobian coordinates, `(x/z², y/z³)`; at infinity where `z` is zero.
#[derive(Clone, Copy, Debug)]
pub struct Jacobian<F> {
	x: F,
	y: F,
	z: F,
}

/// A point of G1.
pub(super) type G1 = Affine<Fq>;
/// A point of the twist, of which G2 is a part.
pub(super) type G2 = Affine<Fq2>;

impl<F: Coordinate> Affine<F> {
	pub fn negated(&self) -> Self {
		Self { x: self.x, y: F::sum([(-1, self.y)]) }
	}
}

impl<F: Coordinate> From<Affine<F>> for Jacobian<F> {
	fn from(Affine { x, y }: Affine<F>) -> Self {
		Self { x, y, z: F::ONE }
	}
}

impl<F: Coordinate> Jacobian<F> {
	pub const INFINITY: Self = Self { x: F::ONE, y: F::ONE, z: F::ZERO };

	pub fn is_infinity(&self) -> bool {
		self.z.vanishes()
	}

	pub fn negated(&self) -> Self {
		Self { y: F::sum([(-1, self.y)]), ..*self }
	}

	/// Doubles the point. There is none of order two on either curve: both have an odd order.
	#[inline(never)]
	pub fn double(&mut self) {
		let Self { x, y, z } = self;
		let (xx, yy) = (x.squared(), y.squared());
		let slope = F::sum([(3, xx)]);
		let xyy = x.times(&yy);
		*z = F::sum([(2, y.times(z))]);
		*x = F::sum([(1, slope.squared()), (-8, xyy)]);
		*y = F::sum([(1, slope.times(&F::sum([(4, xyy), (-1, *x)]))), (-8, yy.squared())]);
	}

	/// Twice the point.
	pub fn doubled(&self) -> Self {
		let mut double = *self;
		double.double();
		double
	}

	/// Adds a point that is not at infinity.
	#[inline(never)]
	pub fn add(&mut self, other: &Affine<F>) {
		let Self { x, y, z } = self;
		if z.vanishes() {
			*self = (*other).into();
			return;
		}
		let zz = z.squared();
		let (u, s) = (other.x.times(&zz), other.y.times(&zz.times(z)));
		let (h, r) = (F::sum([(1, u), (-1, *x)]), F::sum([(1, s), (-1, *y)]));
		self.chord(&h, &r);
	}

	/// The sum with a point that is not at infinity.
	pub fn plus_affine(&self, other: &Affine<F>) -> Self {
		let mut sum = *self;
		sum.add(other);
		sum
	}

	/// The sum.
	pub fn plus(&self, other: &Self) -> Self {
		if self.is_infinity() {
			return *other;
		}
		if other.is_infinity() {
			return *self;
		}
		let (z1z1, z2z2) = (self.z.squared(), other.z.squared());
		let (u1, u2) = (self.x.times(&z2z2), other.x.times(&z1z1));
		let (s1, s2) = (self.y.times(&other.z.times(&z2z2)), other.y.times(&self.z.times(&z1z1)));
		let (h, r) = (F::sum([(1, u2), (-1, u1)]), F::sum([(1, s2), (-1, s1)]));
		// The first, with the product of both denominators.
		let mut sum = Self { x: u1, y: s1, z: self.z.times(&other.z) };
		if h.vanishes() && r.vanishes() {
			return self.doubled();
		}
		sum.chord(&h, &r);
		sum
	}

	/// Adds to `(x, y)`, at `z`, the point `(x + h, y + r)`, at the same.
	#[inline(always)]
	fn chord(&mut self, h: &F, r: &F) {
		if h.vanishes() {
			match r.vanishes() {
				true => self.double(),
				false => *self = Self::INFINITY,
			}
			return;
		}
		let Self { x, y, z } = self;
		let hh = h.squared();
		let (hhh, v) = (h.times(&hh), x.times(&hh));
		*x = F::sum([(1, r.squared()), (-1, hhh), (-2, v)]);
		*y = F::sum([(1, r.times(&F::sum([(1, v), (-1, *x)]))), (-1, y.times(&hhh))]);
		*z = z.times(h);
	}

	/// `x/y` and `1/y` of points that are not at infinity.
	pub fn fractions(points: &[Self]) -> Vec<(F, F)> {
		let denominators: Vec<_> = points.iter().map(|point| point.y).collect();
		let inverses = inverted(&denominators);
		points
			.iter()
			.zip(inverses)
			.map(|(Self { x, z, .. }, inverse)| {
				let z_y = z.times(&inverse);
				(x.times(&z_y), z.squared().times(&z_y))
			})
			.collect()
	}

	/// The points, which may be at infinity, with one inversion.
	pub fn affine(points: &[Self]) -> Vec<Option<Affine<F>>> {
		let denominators: Vec<_> = points.iter().map(|point| point.z).collect();
		points
			.iter()
			.zip(inverted(&denominators))
			.map(|(point, z)| {
				let zz = z.squared();
				let affine = || Affine { x: point.x.times(&zz), y: point.y.times(&zz.times(&z)) };
				(!point.is_infinity()).then(affine)
			})
			.collect()
	}
}

/// The inverses of elements, of zero zero, with one inversion.
fn inverted<F: Coordinate>(elements: &[F]) -> Vec<F> {
	// Products of all before, and from the inverse of all back.
	let mut product = F::ONE;
	let mut inverses = Vec::with_capacity(elements.len());
	for element in elements {
		inverses.push(product);
		if !element.vanishes() {
			product = product.times(element);
		}
	}
	// Points that were never added have a one.
	let mut inverse = if product == F::ONE { product } else { product.inverted() };
	for (before, element) in inverses.iter_mut().zip(elements).rev() {
		*before = inverse.times(before);
		match element.vanishes() {
			true => *before = F::ZERO,
			false => inverse = inverse.times(element),
		}
	}
	inverses
}

impl<F: Coordinate> PartialEq for Jacobian<F> {
	fn eq(&self, other: &Self) -> bool {
		self.plus(&other.negated()).is_infinity()
	}
}

/// Whether a point is on the curve of G1, whose points are all of the right order.
pub(super) fn is_on_curve(Affine { x, y }: &G1) -> bool {
	const B: Fq = Fq::constant([3, 0, 0, 0]);
	y.square() == Fq::sum([(1, x.square().mul(x)), (1, B)])
}

impl G1 {
	/// `λ` times the point, for a cube root of one modulo `r`: that of [`crate::lattice::halves`].
	pub fn image(&self) -> Self {
		const ROOT: Fq = Fq::constant(CUBE_ROOT);
		Self { x: self.x.mul(&ROOT), y: self.y }
	}
}

/// A cube root of one.
const CUBE_ROOT: [u64; 4] =
	[0xe4bd44e5607cfd48, 0xc28f069fbb966e3d, 0x5e6dd9e7e0acccb0, 0x30644e72e131a029];

/// `3/ξ`.
pub(super) const TWIST_B: Fq2 = Fq2::constant(
	[0x3267e6dc24a138e5, 0xb5b4c5e559dbefa3, 0x81be18991be06ac3, 0x2b149d40ceb8aaae],
	[0xe4a2bd0685c315d2, 0xa74fa084e52d1852, 0xcd2cafadeed8fdf4, 0x009713b03af0fed4],
);

/// Whether a point is on the twist.
pub(super) fn is_on_twist(Affine { x, y }: &G2) -> bool {
	y.square() == Fq2::sum([(1, x.square().mul(x)), (1, TWIST_B)])
}

/// `ξ^((q − 1)/3)` and `ξ^((q − 1)/2)`.
const ENDOMORPHISM: [Fq2; 2] = [
	Fq2::constant(
		[0x99e39557176f553d, 0xb78cc310c2c3330c, 0x4c0bec3cf559b143, 0x2fb347984f7911f7],
		[0x1665d51c640fcba2, 0x32ae2a1d0b7c9dce, 0x4ba4cc8bd75a0794, 0x16c9e55061ebae20],
	),
	Fq2::constant(
		[0xdc54014671a0135a, 0xdbaae0eda9c95998, 0xdc5ec698b6e2f9b9, 0x063cf305489af5dc],
		[0x82d37f632623b0e3, 0x21807dc98fa25bd2, 0x0704b5a7ec796f2b, 0x07c03cbcac41049a],
	),
];

impl G2 {
	/// `ψ`: to the curve, the power of `q`, and back.
	pub fn endomorphism(&self) -> Self {
		let [x, y] = ENDOMORPHISM;
		Self { x: self.x.conjugate().mul(&x), y: self.y.conjugate().mul(&y) }
	}

	/// Whether a point of the twist is in G2.
	///
	/// It is if `(x + 1)P + ψ(xP) + ψ²(xP) = ψ³(2xP)`: El Housni, Guillevic and Piellard, *Co-factor
	/// clearing and subgroup membership testing on pairing-friendly curves*, section 4.3
	/// (<https://eprint.iacr.org/2022/352>). For `ψ` is a root of `X² − tX + q`, whose resultant with
	/// that polynomial is a multiple of `r` without a divisor in common with the cofactor.
	pub fn is_in_subgroup(&self) -> bool {
		let multiple = self.times_x();
		let first = multiple.endomorphism();
		let second = first.endomorphism();
		let third = second.endomorphism().doubled();
		multiple.plus_affine(self).plus(&first).plus(&second) == third
	}

	/// `x` times the point, for the curve's parameter `x`.
	fn times_x(&self) -> Jacobian<Fq2> {
		let opposite = self.negated();
		let mut sum = Jacobian::from(*self);
		for digit in super::pairing::X_DIGITS {
			sum.double();
			match digit {
				1 => sum.add(self),
				-1 => sum.add(&opposite),
				_ => {},
			}
		}
		sum
	}
}

impl Jacobian<Fq2> {
	fn endomorphism(&self) -> Self {
		let [x, y] = ENDOMORPHISM;
		Self { x: self.x.conjugate().mul(&x), y: self.y.conjugate().mul(&y), z: self.z.conjugate() }
	}
}

/// The generator of G2 that all have agreed on (EIP-197).
pub(super) const GENERATOR: G2 = Affine {
	x: Fq2::constant(
		[0x46debd5cd992f6ed, 0x674322d4f75edadd, 0x426a00665e5c4479, 0x1800deef121f1e76],
		[0x97e485b7aef312c2, 0xf1aa493335a9e712, 0x7260bfb731fb5d25, 0x198e9393920d483a],
	),
	y: Fq2::constant(
		[0x4ce6cc0166fa7daa, 0xe3d1e7690c43d37b, 0x4aab71808dcb408f, 0x12c85ea5db8c6deb],
		[0x55acdadcd122975b, 0xbc4b313370b38ef3, 0xec9e99ad690c3395, 0x090689d0585ff075],
	),
};
