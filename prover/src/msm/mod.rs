//! Multi-scalar multiplication, for the scalars that neural networks make: most of them zero, one or small.
//!
//! Scalars are sorted by size once for all sums over a witness ([`Scalars`]). Ones are added up; all others
//! go through Pippenger's buckets with signed digits, small ones only in the windows that they reach, full
//! ones in parts by the endomorphism. Whatever is added is added in affine coordinates
//! ([`sums`](mod@sums)).

mod sums;
#[cfg(test)]
mod tests;

pub(crate) use sums::{Adder, Member, Portable};

use crate::{
	curve::{Group, One, Two},
	field::{Element, Lazy, Pair},
	map::room,
	wide,
};
use ark_bn254::{FqConfig, Fr};
use ark_ec::{
	short_weierstrass::{Affine, Projective},
	AffineRepr,
};
use ark_ff::{AdditiveGroup, BigInt, BigInteger, PrimeField, Zero};
use rayon::prelude::*;
use std::{convert::Infallible, ops::Range};
use sums::{Groups, Summer};

/// Bits of a short scalar.
const SHORT: u32 = 62;
/// Bytes of points that are summed up at a time, which bounds the memory.
const SLICE: usize = 1 << 24;
/// Bases that a thread takes at a time.
const CHUNK: usize = 1024;

/// A group, and what adds its points where the processor has vectors for it.
pub(crate) trait Curve: Group {
	/// Bits of a scalar's part.
	const BITS: u32;
	/// What coordinates are computed with on every processor.
	type Element: Element<Value = Self::BaseField>;
	/// For vectors.
	type Wide: Adder<Self>;
}

impl Curve for One {
	const BITS: u32 = 127;
	type Element = Lazy<FqConfig>;
	type Wide = wide::PairsOfOne;
}

impl Curve for Two {
	const BITS: u32 = 67;
	type Element = Pair;
	type Wide = wide::PairsOfTwo;
}

/// Scalars by size, each list in their order.
#[derive(Debug)]
pub(crate) struct Scalars<'a> {
	all: &'a [Fr],
	/// Those that are one or minus one: places, and whether minus.
	ones: Vec<(u32, bool)>,
	/// Those below `2^SHORT` in magnitude, but zero and one.
	short: Vec<(u32, i64)>,
	/// All others but zero.
	full: Vec<u32>,
}

impl<'a> Scalars<'a> {
	/// Sorts scalars.
	pub(crate) fn new(all: &'a [Fr]) -> Self {
		let chunk = all.len().div_ceil(4 * rayon::current_num_threads()).max(CHUNK);
		let parts: Vec<Self> = all
			.par_chunks(chunk)
			.enumerate()
			.map(|(at, scalars)| {
				let mut part = Self::none(all);
				((at * chunk) as u32..).zip(scalars).for_each(|(at, scalar)| part.put(at, scalar));
				part
			})
			.collect();
		let mut sorted = Self::none(all);
		for part in parts {
			sorted.ones.extend(part.ones);
			sorted.short.extend(part.short);
			sorted.full.extend(part.full);
		}
		sorted
	}

	fn none(all: &'a [Fr]) -> Self {
		Self { all, ones: Vec::new(), short: Vec::new(), full: Vec::new() }
	}

	/// How many points there are to sum up, for so many bases.
	fn points<P: Curve>(&self, first: usize, count: usize) -> usize {
		let places = first as u32..(first + count) as u32;
		P::PARTS * within(&self.full, &places, |place| *place).len()
			+ within(&self.short, &places, |(place, _)| *place).len()
			+ within(&self.ones, &places, |(place, _)| *place).len()
	}

	fn put(&mut self, place: u32, scalar: &Fr) {
		match short(scalar) {
			Some(0) => {},
			Some(1) => self.ones.push((place, false)),
			Some(-1) => self.ones.push((place, true)),
			Some(value) => self.short.push((place, value)),
			None => self.full.push(place),
		}
	}
}

/// The integer that a scalar stands for, if it is less than `2^SHORT` in magnitude.
fn short(scalar: &Fr) -> Option<i64> {
	let small = |BigInt([low, rest @ ..]): &BigInt<4>| {
		(low >> SHORT == 0 && *rest == [0; 3]).then_some(*low as i64)
	};
	let value = scalar.into_bigint();
	small(&value).or_else(|| {
		let mut opposite = Fr::MODULUS;
		opposite.sub_with_borrow(&value);
		small(&opposite).map(|value| -value)
	})
}

/// The points that are multiplied, in memory or elsewhere. They are on the curve, of which those that are
/// elsewhere are checked as they are begun, and of prime order: of others the endomorphism makes a wrong sum,
/// but no worse.
pub(crate) trait Bases<P: Curve>: Sync {
	/// Why there are none.
	type Error;

	fn count(&self) -> usize;

	/// Hears which are needed next: all of them in the end, once, also those whose scalar is zero.
	fn begin(&self, places: Range<usize>) -> Result<(), Self::Error>;

	/// One of those that are needed; `None` if it is infinity.
	fn point(&self, place: usize) -> Option<Affine<P>>;

	/// Hears that they are no longer needed.
	fn end(&self);
}

impl<P: Curve> Bases<P> for &[Affine<P>] {
	type Error = Infallible;

	fn count(&self) -> usize {
		self.len()
	}

	fn begin(&self, _: Range<usize>) -> Result<(), Infallible> {
		Ok(())
	}

	fn point(&self, place: usize) -> Option<Affine<P>> {
		let point = self[place];
		(!point.is_zero()).then_some(point)
	}

	fn end(&self) {}
}

/// `Σ scalarᵢ · baseᵢ`, for the scalars from `first` on, with which the bases begin. `advance` hears of
/// bases that are done.
pub(crate) fn sum<P: Curve, B: Bases<P>>(
	bases: &B,
	scalars: &Scalars<'_>,
	first: usize,
	advance: impl FnMut(u64),
) -> Result<Projective<P>, B::Error> {
	if wide::available() {
		sum_by::<P::Wide, P, B>(bases, scalars, first, advance)
	} else {
		sum_by::<Portable<P>, P, B>(bases, scalars, first, advance)
	}
}

fn sum_by<A: Adder<P>, P: Curve, B: Bases<P>>(
	bases: &B,
	scalars: &Scalars<'_>,
	first: usize,
	mut advance: impl FnMut(u64),
) -> Result<Projective<P>, B::Error> {
	let summer = Summer::new();
	let (mut start, mut sum) = (0, Projective::zero());
	while start < bases.count() {
		let most = SLICE / size_of::<A::Point>();
		let mut count = (bases.count() - start).min(most);
		while scalars.points::<P>(first + start, count) > most {
			count = count.div_ceil(2);
		}
		bases.begin(start..start + count)?;
		let slice = Slice::<A, P>::new(bases, start..start + count, scalars, first);
		bases.end();
		sum += slice.sum(&summer);
		advance(count as u64);
		start += count;
	}
	Ok(sum)
}

/// The part of a sorted list with places in a range.
fn within<T>(list: &[T], places: &Range<u32>, place: impl Fn(&T) -> u32) -> Range<usize> {
	let at = |bound: u32| list.partition_point(|item| place(item) < bound);
	at(places.start)..at(places.end)
}

/// Some points, and what each is multiplied by.
struct Slice<A: Adder<P>, P: Curve> {
	points: Vec<A::Point>,
	/// Of the first points: first full ones, then short ones.
	values: Vec<i128>,
	/// How many are full.
	full: usize,
	/// Whether each of the other points is subtracted, instead of added.
	minus: Vec<bool>,
}

impl<A: Adder<P>, P: Curve> Slice<A, P> {
	/// Some of the bases, the first of all of which belongs to the scalar at `first`.
	fn new(
		bases: &impl Bases<P>,
		Range { start, end }: Range<usize>,
		scalars: &Scalars<'_>,
		first: usize,
	) -> Self {
		let places = (first + start) as u32..(first + end) as u32;
		let base = |place: u32| bases.point(place as usize - first);
		let full = &scalars.full[within(&scalars.full, &places, |place| *place)];
		let short = &scalars.short[within(&scalars.short, &places, |(place, _)| *place)];
		let ones = &scalars.ones[within(&scalars.ones, &places, |(place, _)| *place)];
		let mut points = room(full.len() * P::PARTS + short.len() + ones.len());
		let (mut values, mut minus) = (Vec::new(), Vec::new());
		enter::<A, P, _, _>(full, P::PARTS, &mut points, &mut values, |&place, values| {
			let base = base(place)?;
			values.extend(&P::split(&scalars.all[place as usize])[..P::PARTS]);
			Some(base)
		});
		let full = values.len();
		enter::<A, P, _, _>(short, 1, &mut points, &mut values, |&(place, value), values| {
			let base = base(place)?;
			values.push(value.into());
			Some(base)
		});
		enter::<A, P, _, _>(ones, 1, &mut points, &mut minus, |&(place, opposite), minus| {
			let base = base(place)?;
			minus.push(opposite);
			Some(base)
		});
		Self { points, values, full, minus }
	}

	/// The sum of all.
	fn sum(&self, summer: &Summer<A, P>) -> Projective<P> {
		let (ones, buckets) = rayon::join(|| self.ones(summer), || self.buckets(summer));
		ones + buckets
	}

	fn ones(&self, summer: &Summer<A, P>) -> Projective<P> {
		/// Enough that threads have something to do.
		const GROUPS: usize = 16;
		let first = self.values.len();
		let members = self.minus.iter().enumerate();
		let members = members.map(|(at, minus)| {
			(at * GROUPS / self.minus.len(), 2 * (first + at) as Member + Member::from(*minus))
		});
		let sums = summer.sums(&self.points, &[Groups::new(GROUPS, members)]);
		sums.iter().map(|sum| A::affine(sum)).fold(Projective::zero(), |sum, point| sum + point)
	}

	/// The bits of a window: those with which there is least to add.
	fn window(&self) -> u32 {
		let short: u32 =
			self.values[self.full..].iter().map(|v| v.unsigned_abs().ilog2() + 2).sum();
		let cost = |bits: &u32| {
			let windows = self.windows(*bits) as usize;
			let terms = windows * self.full + (short / bits) as usize;
			// A bucket that is used costs two additions in the end, and any a fourth of one.
			let buckets = windows << (bits - 1);
			terms + (2 * buckets).min(2 * terms) + buckets / 4
		};
		(3..=15).filter(|bits| Digits::fit(*bits)).min_by_key(cost).unwrap_or(5)
	}

	/// Windows of so many bits, up to the last in which there is a digit: signs take a bit more, and what
	/// they carry another.
	fn windows(&self, bits: u32) -> u32 {
		let longest = if self.full > 0 { P::BITS } else { SHORT };
		(longest + 2).div_ceil(bits)
	}

	/// `Σ valueⱼ · pointⱼ`.
	fn buckets(&self, summer: &Summer<A, P>) -> Projective<P> {
		if self.values.is_empty() {
			return Projective::zero();
		}
		let bits = self.window();
		let windows = self.windows(bits);
		let size = (1 << (bits - 1)) + 1;
		// All windows' buckets.
		let of = |window| {
			let reached = window * bits < SHORT + 2;
			let values = if reached { &self.values[..] } else { &self.values[..self.full] };
			let digits = Digits::new(bits, window);
			let digits: Vec<i16> = values.iter().map(|&value| digits.of(value)).collect();
			let members = digits.iter().enumerate().filter(|(_, digit)| **digit != 0);
			let members = members.map(|(at, digit)| {
				(usize::from(digit.unsigned_abs()), 2 * at as Member + Member::from(*digit < 0))
			});
			Groups::new(size, members)
		};
		let groups: Vec<Groups> = (0..windows).into_par_iter().map(of).collect();
		let buckets = summer.sums(&self.points, &groups);
		drop(groups);
		weighted::<A, P>(&buckets, size, bits, summer)
	}
}

/// Makes points of items, with what goes along with each.
fn enter<A: Adder<P>, P: Curve, T: Sync, V: Send + Clone>(
	items: &[T],
	parts: usize,
	points: &mut Vec<A::Point>,
	along: &mut Vec<V>,
	of: impl Fn(&T, &mut Vec<V>) -> Option<Affine<P>> + Sync,
) {
	// How many there will be is not known before, as infinity is left out: they are made apart, a few at a
	// time, and then put beside the others.
	for items in items.chunks(4 * CHUNK * rayon::current_num_threads()) {
		let made: Vec<_> = items
			.par_chunks(CHUNK)
			.map(|items| {
				let mut along = Vec::with_capacity(parts * items.len());
				let bases: Vec<_> = items.iter().filter_map(|item| of(item, &mut along)).collect();
				let mut points = Vec::with_capacity(parts * bases.len());
				A::new().enter(&bases, parts, &mut points);
				(points, along)
			})
			.collect();
		for (some, with) in made {
			points.extend(some);
			along.extend(with);
		}
	}
}

/// What reads the signed digits of a window, from `−2^(bits − 1)` on and below `2^(bits − 1)`.
#[derive(Clone, Copy)]
struct Digits {
	bits: u32,
	/// Where the window begins.
	low: u32,
	/// Half of the range of each digit below.
	halves: u128,
}

impl Digits {
	/// Whether the last window of any part begins within 128 bits.
	const fn fit(bits: u32) -> bool {
		(One::BITS + 2).div_ceil(bits) * bits - bits < i128::BITS
	}

	fn new(bits: u32, window: u32) -> Self {
		let halves = (0..window).map(|below| 1 << (below * bits + bits - 1)).sum();
		Self { bits, low: window * bits, halves }
	}

	fn of(self, value: i128) -> i16 {
		let Self { bits, low, halves } = self;
		// The digits below come to at least minus their halves, and leave one more for this where what is
		// below does not fit them.
		let below = value as u128 & ((1 << low) - 1);
		let carry = (below + halves) >> low;
		let digit = (((value >> low) as u128 & ((1 << bits) - 1)) + carry) as i32;
		let digit = if digit >> (bits - 1) == 0 { digit } else { digit - (1 << bits) };
		digit as i16
	}
}

/// `Σ 2^(bits·window) · Σ k · pointₖ`, over windows of so many points each.
///
/// With `k = 2^m·high + low`: points are added up by `high` and by `low`, so that few are left to be
/// weighted.
fn weighted<A: Adder<P>, P: Curve>(
	points: &[A::Point],
	size: usize,
	bits: u32,
	summer: &Summer<A, P>,
) -> Projective<P> {
	let low_bits = bits / 2;
	let sides = [((size - 1) >> low_bits) + 1, 1 << low_bits];
	let members = points.iter().enumerate().filter(|(_, point)| !A::is_infinity(point));
	let windows = points.len() / size;
	let mut by = [|k: usize, low: u32| k >> low, |k: usize, low: u32| k & ((1 << low) - 1)]
		.into_iter()
		.zip(sides)
		.map(|(of, side)| {
			let members = members
				.clone()
				.map(|(at, _)| ((at / size) * side + of(at % size, low_bits), 2 * at as Member));
			summer.sums(points, &[Groups::new(windows * side, members)])
		});
	let (Some(high), Some(low)) = (by.next(), by.next()) else { return Projective::zero() };
	let sums: Vec<_> = high
		.par_chunks(sides[0])
		.zip(low.par_chunks(sides[1]))
		.map(|(high, low)| {
			let mut high = running::<A, P>(high);
			for _ in 0..low_bits {
				high.double_in_place();
			}
			high + running::<A, P>(low)
		})
		.collect();
	sums.into_iter().rev().fold(Projective::zero(), |mut sum, window| {
		for _ in 0..bits {
			sum.double_in_place();
		}
		sum + window
	})
}

/// `Σ k · pointₖ`.
fn running<A: Adder<P>, P: Curve>(points: &[A::Point]) -> Projective<P> {
	let (mut sum, mut total) = (Projective::zero(), Projective::zero());
	for point in points.iter().skip(1).rev() {
		if !A::is_infinity(point) {
			sum += A::affine(point);
		}
		total += sum;
	}
	total
}
