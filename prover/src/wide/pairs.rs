//! Sums of pairs of points, eight at once, for sums of many.
//!
//! Points are kept as words in the form of [`field`](super::field), with the factor 2^260 and below
//! 2^255; infinity is all zeros, and none of what is added.

use super::{
	ahead, available,
	field::{load, store, transposed, Loose, Tight},
	points::power,
};
use crate::{
	curve::{affine, One, Two, UNTWIST},
	inverse::invert_all,
	msm::{Adder, Member, Portable},
};
use ark_bn254::{Fq, Fq2, FqConfig};
use ark_ec::{scalar_mul::glv::GLVConfig, short_weierstrass::Affine, AffineRepr};
use ark_ff::{BigInt, BigInteger, Field, MontFp, PrimeField};
use core::arch::x86_64::*;

/// Eight elements of Fq.
type Eight = Tight<FqConfig>;
type EightLoose = Loose<FqConfig>;

/// Products that are made beside each other, so that the processor need not wait for each.
const CHAINS: usize = 2;

/// How many eights of pairs before they are added the processor begins to fetch them.
const AHEAD: usize = 4;

/// Eight elements of Fq2.
#[derive(Clone, Copy)]
struct Pair([Eight; 2]);
#[derive(Clone, Copy)]
struct PairLoose([EightLoose; 2]);

/// A point of `N` coordinates of Fq each.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Packed<const N: usize>([[u64; 8]; N]);

impl<const N: usize> Default for Packed<N> {
	fn default() -> Self {
		Self([[0; 8]; N])
	}
}

impl<const N: usize> Packed<N> {
	fn is_infinity(&self) -> bool {
		self.0.as_flattened().iter().all(|word| *word == 0)
	}

	/// The parts of x, but for a factor.
	fn x(&self) -> [Fq; N] {
		let (words, _) = self.0.as_flattened().as_chunks::<4>();
		core::array::from_fn(|part| reduced(words[part]))
	}
}

/// What it takes to add points of a curve.
macro_rules! adder {
	($Adder:ident, $Curve:ty, $Value:ty, $Loose:ty, $coordinates:literal) => {
		pub(crate) struct $Adder {
			/// x and y of either point of each pair.
			pairs: Vec<[$Value; 4]>,
			denominators: Vec<$Loose>,
			products: Vec<$Value>,
			/// Whether a sum was infinity, which the formulas do not know.
			infinite: bool,
		}

		impl $Adder {
			/// Adds pairs; `false` if two points have the same x.
			#[target_feature(enable = "avx512f,avx512ifma")]
			fn sums(
				&mut self,
				points: &[Packed<$coordinates>],
				pairs: &[[Member; 2]],
				sums: &mut [Packed<$coordinates>],
			) -> bool {
				let (all, one) = (pairs, <$Value>::one());
				let mut last = [one; CHAINS];
				let count = pairs.len().div_ceil(8);
				self.pairs.clear();
				self.pairs.reserve(count);
				self.denominators.clear();
				self.denominators.reserve(count);
				self.products.clear();
				self.products.reserve(count);
				for (at, pairs) in pairs.chunks(8).enumerate() {
					for member in
						all.get(8 * (at + AHEAD)..).unwrap_or_default().iter().take(8).flatten()
					{
						ahead(&points[(member >> 1) as usize]);
					}
					// What is missing in the last eight is the first of them again.
					let of = |lane: usize| pairs.get(lane).unwrap_or(&pairs[0]);
					let [ax, ay] =
						<$Value>::gather(points, core::array::from_fn(|lane| of(lane)[0]));
					let [bx, by] =
						<$Value>::gather(points, core::array::from_fn(|lane| of(lane)[1]));
					let denominator = bx.minus(ax);
					let last = &mut last[at % CHAINS];
					*last = denominator.by(*last);
					self.pairs.push([ax, ay, bx, by]);
					self.denominators.push(denominator);
					self.products.push(*last);
				}
				let Some(mut rest) = <$Value>::inverses(last) else { return false };
				for at in (0..self.pairs.len()).rev() {
					let [ax, ay, bx, by] = self.pairs[at];
					let before = at.checked_sub(CHAINS).map_or(one, |before| self.products[before]);
					let rest = &mut rest[at % CHAINS];
					let inverse = rest.loose().by(before);
					*rest = self.denominators[at].by(*rest);
					let slope = by.minus(ay).by(inverse);
					let x = slope.squared().minus_two(ax, bx);
					let y = ax.minus(x).by(slope).minus_tight(ay);
					let sums = &mut sums[8 * at..];
					let count = sums.len().min(8);
					<$Value>::scatter([x, y], &mut sums[..count]);
				}
				true
			}

			/// The same where some pairs are not for the formulas, which are added apart.
			fn apart(
				&mut self,
				points: &[Packed<$coordinates>],
				pairs: &[[Member; 2]],
				sums: &mut [Packed<$coordinates>],
			) {
				let special = |at: &usize| {
					let [a, b] = pairs[*at].map(|member| &points[(member >> 1) as usize]);
					a.is_infinity() || b.is_infinity() || a.x() == b.x()
				};
				let (few, many): (Vec<usize>, Vec<usize>) = (0..pairs.len()).partition(special);
				for (these, plain) in [(many, true), (few, false)] {
					let pairs: Vec<_> = these.iter().map(|at| pairs[*at]).collect();
					let mut found = vec![Packed::default(); pairs.len()];
					// SAFETY: as below.
					let done = plain && unsafe { self.sums(points, &pairs, &mut found) };
					if !done {
						self.careful(points, &pairs, &mut found);
					}
					these.into_iter().zip(found).for_each(|(at, sum)| sums[at] = sum);
				}
			}

			/// The same for all points.
			fn careful(
				&mut self,
				points: &[Packed<$coordinates>],
				pairs: &[[Member; 2]],
				sums: &mut [Packed<$coordinates>],
			) {
				let both = pairs.iter().flatten().map(|member| {
					let point = points[(member >> 1) as usize].affine();
					if member & 1 == 0 {
						point
					} else {
						-point
					}
				});
				let both: Vec<_> = both.map(Into::into).collect();
				let pairs: Vec<_> =
					(0..pairs.len() as u32).map(|at| [4 * at, 4 * at + 2]).collect();
				let mut portable = Portable::<$Curve>::of_any();
				let mut found = vec![Default::default(); pairs.len()];
				portable.add(&both, &pairs, &mut found);
				for (sum, found) in sums.iter_mut().zip(&found) {
					let found = Portable::<$Curve>::affine(found);
					self.infinite |= found.is_zero();
					*sum = Packed::from(found);
				}
			}

			/// Points, each with its images.
			#[target_feature(enable = "avx512f,avx512ifma")]
			fn packed(
				points: &[Affine<$Curve>],
				parts: usize,
				out: &mut Vec<Packed<$coordinates>>,
			) {
				let (factor, images) = (Eight::same(power(264)), <$Value>::images());
				for points in points.chunks(8) {
					let of = |lane: usize| points.get(lane).unwrap_or(&points[0]);
					let eight = core::array::from_fn(|lane| *of(lane));
					let mut point = <$Value>::enter(eight, factor);
					let first = out.len();
					out.resize(first + parts * points.len(), Packed::default());
					let mut eight = [Packed::default(); 8];
					for part in 0..parts {
						<$Value>::scatter(point, &mut eight);
						for (point, lane) in eight.iter().zip(0..points.len()) {
							out[first + parts * lane + part] = *point;
						}
						point = <$Value>::image(point, &images);
					}
				}
			}
		}

		impl Adder<$Curve> for $Adder {
			type Point = Packed<$coordinates>;

			fn new() -> Self {
				assert!(available(), "the processor has no such instructions");
				Self {
					pairs: Vec::new(),
					denominators: Vec::new(),
					products: Vec::new(),
					infinite: false,
				}
			}

			fn begin(&mut self) {
				self.infinite = false;
			}

			fn enter(
				&mut self,
				points: &[Affine<$Curve>],
				parts: usize,
				out: &mut Vec<Self::Point>,
			) {
				// SAFETY: who is there, made by `new`, runs where the instructions are.
				unsafe { Self::packed(points, parts, out) }
			}

			fn affine(point: &Self::Point) -> Affine<$Curve> {
				point.affine()
			}

			fn is_infinity(point: &Self::Point) -> bool {
				point.is_infinity()
			}

			fn negated(point: &Self::Point) -> Self::Point {
				point.negated()
			}

			fn add(
				&mut self,
				points: &[Self::Point],
				pairs: &[[Member; 2]],
				sums: &mut [Self::Point],
			) {
				// SAFETY: who is there, made by `new`, runs where the instructions are.
				if self.infinite || !unsafe { self.sums(points, pairs, sums) } {
					self.apart(points, pairs, sums);
				}
			}
		}
	};
}

adder!(PairsOfOne, One, Eight, EightLoose, 1);
adder!(PairsOfTwo, Two, Pair, PairLoose, 2);

/// `1/16`: arkworks' factor is 2^256.
const SIXTEENTH: Fq =
	MontFp!("12312136615409592312513603231707217237391675025980025810262583815737939742328");

/// What the inverse of an element that arkworks reads from words, which is 2^4 times too large, lacks as words.
const TWICE_IN: u64 = 256;

/// An element as the words that these points have.
fn words(value: Fq) -> [u64; 4] {
	(value * Fq::from(16)).0 .0
}

/// Words below the modulus.
fn reduced(words: [u64; 4]) -> Fq {
	let mut value = BigInt(words);
	while value >= Fq::MODULUS {
		value.sub_with_borrow(&Fq::MODULUS);
	}
	Fq::new_unchecked(value)
}

/// An element from words below 2^256.
fn element(words: [u64; 4]) -> Fq {
	reduced(words) * SIXTEENTH
}

/// The words of the opposite.
fn opposite(words: &mut [u64]) {
	for words in words.as_chunks_mut::<4>().0 {
		*words = (-reduced(*words)).0 .0;
	}
}

/// Words as rows have them, two elements to a row.
fn halves(row: &[u64; 8]) -> [Fq; 2] {
	let [a, b, c, d, e, f, g, h] = *row;
	[element([a, b, c, d]), element([e, f, g, h])]
}

fn row(first: Fq, second: Fq) -> [u64; 8] {
	let ([a, b, c, d], [e, f, g, h]) = (words(first), words(second));
	[a, b, c, d, e, f, g, h]
}

impl Packed<1> {
	fn negated(mut self) -> Self {
		opposite(&mut self.0[0][4..]);
		self
	}

	fn affine(&self) -> Affine<One> {
		let [x, y] = halves(&self.0[0]);
		affine(x, y)
	}
}

impl Packed<2> {
	fn negated(mut self) -> Self {
		opposite(&mut self.0[1]);
		self
	}

	fn affine(&self) -> Affine<Two> {
		let [x, y] = self.0.each_ref().map(|row| {
			let [first, second] = halves(row);
			Fq2::new(first, second)
		});
		affine(x, y)
	}
}

impl From<Affine<One>> for Packed<1> {
	fn from(point: Affine<One>) -> Self {
		Self([row(point.x, point.y)])
	}
}

impl From<Affine<Two>> for Packed<2> {
	fn from(point: Affine<Two>) -> Self {
		Self([row(point.x.c0, point.x.c1), row(point.y.c0, point.y.c1)])
	}
}

/// Bits of the members that are opposites.
fn opposites(members: &[Member; 8]) -> u8 {
	members.iter().rev().fold(0, |bits, member| bits << 1 | (member & 1) as u8)
}

/// Two coordinates of eight points, by row.
#[target_feature(enable = "avx512f")]
#[inline]
fn columns(rows: [__m512i; 8]) -> [Eight; 2] {
	let [a, b, c, d, e, f, g, h] = transposed(rows);
	[Eight::unpacked([a, b, c, d]), Eight::unpacked([e, f, g, h])]
}

#[target_feature(enable = "avx512f")]
#[inline]
fn rows([first, second]: [Eight; 2]) -> [__m512i; 8] {
	let ([a, b, c, d], [e, f, g, h]) = (first.packed(), second.packed());
	transposed([a, b, c, d, e, f, g, h])
}

/// The same element eight times.
#[target_feature(enable = "avx512f")]
#[inline]
fn same(value: Fq) -> Eight {
	Eight::same(words(value))
}

/// Eight elements, from arkworks' form by a factor of 2^264.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn entered(elements: [Fq; 8], factor: Eight) -> Eight {
	let elements = elements.map(|element| element.0 .0);
	Eight::from_words(&elements).loose().by(factor)
}

impl Eight {
	#[target_feature(enable = "avx512f,avx512ifma")]
	#[inline]
	fn squared(self) -> Self {
		self.loose().square()
	}

	#[target_feature(enable = "avx512f")]
	#[inline]
	fn one() -> Self {
		same(Fq::ONE)
	}

	/// The inverses; `None` if there is none.
	#[target_feature(enable = "avx512f")]
	fn inverses(all: [Self; CHAINS]) -> Option<[Self; CHAINS]> {
		let mut elements = all.map(|eight| eight.to_words().map(reduced));
		let possible = invert_all(elements.as_flattened_mut(), Fq::from(TWICE_IN));
		let words = |element: Fq| element.0 .0;
		possible.then(|| elements.map(|elements| Self::from_words(&elements.map(words))))
	}

	/// Points, or their opposites.
	#[target_feature(enable = "avx512f")]
	#[inline]
	fn gather(points: &[Packed<1>], members: [Member; 8]) -> [Self; 2] {
		let row = |member: Member| load(&points[(member >> 1) as usize].0[0]);
		let [x, y] = columns(members.map(row));
		[x, y.negative_where(opposites(&members))]
	}

	#[target_feature(enable = "avx512f")]
	#[inline]
	fn scatter(coordinates: [Self; 2], points: &mut [Packed<1>]) {
		for (point, row) in points.iter_mut().zip(rows(coordinates)) {
			store(row, &mut point.0[0]);
		}
	}

	#[target_feature(enable = "avx512f,avx512ifma")]
	fn enter(points: [Affine<One>; 8], factor: Self) -> [Self; 2] {
		[points.map(|point| point.x), points.map(|point| point.y)].map(|all| entered(all, factor))
	}

	/// What the endomorphism multiplies by.
	#[target_feature(enable = "avx512f")]
	fn images() -> Self {
		same(<One as GLVConfig>::ENDO_COEFFS[0])
	}

	#[target_feature(enable = "avx512f,avx512ifma")]
	#[inline]
	fn image([x, y]: [Self; 2], factor: &Self) -> [Self; 2] {
		[x.loose().by(*factor), y]
	}
}

impl Pair {
	#[target_feature(enable = "avx512f")]
	#[inline]
	fn same(value: Fq2) -> Self {
		Self([same(value.c0), same(value.c1)])
	}

	#[target_feature(enable = "avx512f")]
	#[inline]
	fn one() -> Self {
		Self::same(Fq2::ONE)
	}

	#[target_feature(enable = "avx512f")]
	#[inline]
	fn loose(self) -> PairLoose {
		PairLoose(self.0.map(|part| part.loose()))
	}

	#[target_feature(enable = "avx512f")]
	#[inline]
	fn minus(self, right: Self) -> PairLoose {
		let ([a, b], [c, d]) = (self.0, right.0);
		PairLoose([a.minus(c), b.minus(d)])
	}

	#[target_feature(enable = "avx512f")]
	#[inline]
	fn minus_tight(self, right: Self) -> Self {
		let ([a, b], [c, d]) = (self.0, right.0);
		Self([a.minus_tight(c), b.minus_tight(d)])
	}

	#[target_feature(enable = "avx512f")]
	#[inline]
	fn minus_two(self, one: Self, two: Self) -> Self {
		let ([a, b], [c, d], [e, f]) = (self.0, one.0, two.0);
		Self([a.minus_two(c, e), b.minus_two(d, f)])
	}

	/// The square of `a + b·u`, `u² = −1`: `(a + b)·(a − b) + 2ab·u`.
	#[target_feature(enable = "avx512f,avx512ifma")]
	#[inline]
	fn squared(self) -> Self {
		let [a, b] = self.0;
		Self([a.plus(b).times(a.minus(b)), a.double().times(b.loose())])
	}

	/// The inverses; `None` if there is none.
	#[target_feature(enable = "avx512f")]
	fn inverses(all: [Self; CHAINS]) -> Option<[Self; CHAINS]> {
		let mut elements = all.map(|Self(parts)| {
			let [first, second] = parts.map(|part| part.to_words().map(reduced));
			core::array::from_fn::<_, 8, _>(|lane| Fq2::new(first[lane], second[lane]))
		});
		let possible = invert_all(elements.as_flattened_mut(), Fq2::from(TWICE_IN));
		possible.then(|| {
			elements.map(|elements| {
				Self([
					Eight::from_words(&elements.map(|element| element.c0.0 .0)),
					Eight::from_words(&elements.map(|element| element.c1.0 .0)),
				])
			})
		})
	}

	/// Points, or their opposites.
	#[target_feature(enable = "avx512f")]
	#[inline]
	fn gather(points: &[Packed<2>], members: [Member; 8]) -> [Self; 2] {
		let row = |member: Member, at: usize| load(&points[(member >> 1) as usize].0[at]);
		let x = columns(members.map(|member| row(member, 0)));
		let y = columns(members.map(|member| row(member, 1)));
		let opposites = opposites(&members);
		[Self(x), Self(y.map(|part| part.negative_where(opposites)))]
	}

	#[target_feature(enable = "avx512f")]
	#[inline]
	fn scatter([x, y]: [Self; 2], points: &mut [Packed<2>]) {
		for (point, (x, y)) in points.iter_mut().zip(rows(x.0).into_iter().zip(rows(y.0))) {
			store(x, &mut point.0[0]);
			store(y, &mut point.0[1]);
		}
	}

	#[target_feature(enable = "avx512f,avx512ifma")]
	fn enter(points: [Affine<Two>; 8], factor: Eight) -> [Self; 2] {
		[points.map(|point| point.x), points.map(|point| point.y)].map(|all| {
			let parts = [all.map(|element| element.c0), all.map(|element| element.c1)];
			Self(parts.map(|part| entered(part, factor)))
		})
	}

	/// What the endomorphism multiplies by, after conjugation.
	#[target_feature(enable = "avx512f")]
	fn images() -> [Self; 2] {
		UNTWIST.map(|value| Self::same(value))
	}

	#[target_feature(enable = "avx512f,avx512ifma")]
	#[inline]
	fn image([x, y]: [Self; 2], factors: &[Self; 2]) -> [Self; 2] {
		let conjugate = |Self([a, b]): Self| Self([a, b.negative()]);
		[conjugate(x).loose().by(factors[0]), conjugate(y).loose().by(factors[1])]
	}
}

impl PairLoose {
	/// `u² = −1`.
	#[target_feature(enable = "avx512f,avx512ifma")]
	#[inline]
	fn by(self, right: Pair) -> Pair {
		let ([a, b], [c, d]) = (self.0, right.0);
		Pair([a.times_minus(c, b, d), a.times_plus(d, b, c)])
	}
}
