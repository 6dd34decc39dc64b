//! Sums of many groups of points at once.
//!
//! Points of a group are added two by two, and what comes out again, so that all additions of a round are
//! independent: their divisions share one inversion (Montgomery's trick), and points stay affine. An
//! addition takes five multiplications, a square and its share of the inversion, and there are as many as
//! points less groups.

use crate::{
	curve::{affine, Group},
	wide,
};
use ark_ec::{short_weierstrass::Affine, AffineRepr};
use ark_ff::{AdditiveGroup, Field, Zero};
use rayon::prelude::*;

/// So many additions share an inversion: what belongs to them fits a core's second cache.
const TOGETHER: usize = 2048;
/// Members that a thread takes at a time, if that is whole groups.
const TASK: usize = 16 * 1024;

/// How many pairs before it is added the processor begins to fetch one.
const AHEAD: usize = 16;

/// A point by its place, or its opposite: `2·place + sign`.
pub(crate) type Member = u32;

/// Adds pairs of points.
pub(crate) trait Adder<P: Group>: Send {
	/// A point, as is best for adding. The default is infinity.
	type Point: Copy + Default + Send + Sync;

	fn new() -> Self;

	/// Appends points, none of which is infinity, each followed by its images under powers of the
	/// endomorphism: so many for each in all.
	fn enter(&mut self, points: &[Affine<P>], parts: usize, out: &mut Vec<Self::Point>);

	/// The point.
	fn affine(point: &Self::Point) -> Affine<P>;

	fn is_infinity(point: &Self::Point) -> bool;

	fn negated(point: &Self::Point) -> Self::Point;

	/// The sum of each pair. Points are infinity only if they are sums that this has made.
	fn add(&mut self, points: &[Self::Point], pairs: &[[Member; 2]], sums: &mut [Self::Point]);
}

/// Groups of members, one after the other: all members, and where each group ends.
#[derive(Debug, Default)]
pub(super) struct Groups {
	pub(super) members: Vec<Member>,
	pub(super) ends: Vec<u32>,
}

impl Groups {
	/// Sorts members into as many groups, given the group of each.
	pub(super) fn new(
		count: usize,
		members: impl Iterator<Item = (usize, Member)> + Clone,
	) -> Self {
		let mut ends = vec![0; count];
		members.clone().for_each(|(group, _)| ends[group] += 1);
		let mut sum = 0;
		for end in &mut ends {
			sum += std::mem::replace(end, sum);
		}
		let mut sorted = vec![0; sum as usize];
		for (group, member) in members {
			let end = &mut ends[group];
			sorted[*end as usize] = member;
			*end += 1;
		}
		Self { members: sorted, ends }
	}
}

/// The sum of each group; infinity if it has no members.
pub(super) fn sums<A: Adder<P>, P: Group>(points: &[A::Point], groups: &Groups) -> Vec<A::Point> {
	let Groups { members, ends } = groups;
	// Where tasks end, by group.
	let mut tasks = Vec::new();
	let (mut group, mut start) = (0, 0);
	while group < ends.len() {
		let next = ends.partition_point(|&end| end as usize <= start + TASK).max(group + 1);
		tasks.push((group..next, start));
		(group, start) = (next, ends[next - 1] as usize);
	}
	let mut all: Vec<A::Point> = vec![A::Point::default(); ends.len()];
	let mut rest = &mut all[..];
	let tasks: Vec<_> = tasks
		.into_iter()
		.map(|(groups, start)| {
			let (sums, after) = std::mem::take(&mut rest).split_at_mut(groups.len());
			rest = after;
			(&ends[groups], start, sums)
		})
		.collect();
	tasks.into_par_iter().for_each(|(ends, start, sums)| {
		let end = ends.last().map_or(start, |&end| end as usize);
		let ends = ends.iter().map(|&end| end - start as u32).collect();
		Rounds::<A, P>::new().sums(points, &members[start..end], ends, sums);
	});
	all
}

struct Rounds<A: Adder<P>, P: Group> {
	adder: A,
	pairs: Vec<[Member; 2]>,
	/// Where their sums belong.
	places: Vec<u32>,
	found: Vec<A::Point>,
}

impl<A: Adder<P>, P: Group> Rounds<A, P> {
	fn new() -> Self {
		Self { adder: A::new(), pairs: Vec::new(), places: Vec::new(), found: Vec::new() }
	}

	fn sums(
		&mut self,
		points: &[A::Point],
		members: &[Member],
		mut ends: Vec<u32>,
		sums: &mut [A::Point],
	) {
		let mut left = self.halve(points, |at| members[at as usize], &mut ends);
		while longest(&ends) > 1 {
			left = self.halve(&left, |at| 2 * at, &mut ends);
		}
		let mut left = left.into_iter();
		let mut start = 0;
		for (sum, end) in sums.iter_mut().zip(ends) {
			if start < end {
				*sum = left.next().unwrap_or_default();
			}
			start = end;
		}
	}

	/// Half as many points of each group, with the same sum.
	fn halve(
		&mut self,
		points: &[A::Point],
		member: impl Fn(u32) -> Member,
		ends: &mut [u32],
	) -> Vec<A::Point> {
		let all = ends.last().map_or(0, |&end| end as usize);
		let mut left: Vec<A::Point> = Vec::with_capacity(all.div_ceil(2) + ends.len().min(all));
		let mut at = 0;
		for end in ends {
			while at + 1 < *end {
				self.pairs.push([member(at), member(at + 1)]);
				self.places.push(left.len() as u32);
				// Its place.
				left.push(A::Point::default());
				at += 2;
				if self.pairs.len() == TOGETHER {
					self.flush(points, &mut left);
				}
			}
			if at < *end {
				let member = member(at);
				let point = &points[(member >> 1) as usize];
				left.push(if member & 1 == 0 { *point } else { A::negated(point) });
				at += 1;
			}
			*end = left.len() as u32;
		}
		self.flush(points, &mut left);
		left
	}

	fn flush(&mut self, points: &[A::Point], left: &mut [A::Point]) {
		if self.found.len() < self.pairs.len() {
			self.found.resize(self.pairs.len(), A::Point::default());
		}
		let found = &mut self.found[..self.pairs.len()];
		self.adder.add(points, &self.pairs, found);
		for (place, sum) in self.places.drain(..).zip(found) {
			left[place as usize] = *sum;
		}
		self.pairs.clear();
	}
}

fn longest(ends: &[u32]) -> u32 {
	let mut start = 0;
	let lengths = ends.iter().map(|&end| end - std::mem::replace(&mut start, end));
	lengths.max().unwrap_or(0)
}

/// For every processor.
pub(crate) struct Portable<P: Group> {
	/// Numerator and denominator of each slope; the denominator one where none is needed.
	slopes: Vec<[P::BaseField; 2]>,
	products: Vec<P::BaseField>,
}

impl<P: Group> Adder<P> for Portable<P> {
	type Point = Affine<P>;

	fn new() -> Self {
		Self { slopes: Vec::new(), products: Vec::new() }
	}

	fn enter(&mut self, points: &[Affine<P>], parts: usize, out: &mut Vec<Affine<P>>) {
		for mut point in points.iter().copied() {
			for _ in 0..parts {
				out.push(point);
				let (x, y) = P::endomorphism(&point.x, &point.y);
				point = affine(x, y);
			}
		}
	}

	fn affine(point: &Affine<P>) -> Affine<P> {
		*point
	}

	fn is_infinity(point: &Affine<P>) -> bool {
		point.is_zero()
	}

	fn negated(point: &Affine<P>) -> Affine<P> {
		-*point
	}

	fn add(&mut self, points: &[Affine<P>], pairs: &[[Member; 2]], sums: &mut [Affine<P>]) {
		let one = P::BaseField::ONE;
		let of = |member: Member| {
			let point = points[(member >> 1) as usize];
			if member & 1 == 0 {
				point
			} else {
				-point
			}
		};
		self.slopes.clear();
		self.products.clear();
		let mut product = one;
		for (at, &[a, b]) in pairs.iter().enumerate() {
			for member in pairs.get(at + AHEAD).into_iter().flatten() {
				wide::ahead(&points[(member >> 1) as usize]);
			}
			let (a, b) = (of(a), of(b));
			let mut slope = [b.y - a.y, b.x - a.x];
			if a.is_zero() || b.is_zero() {
				slope[1] = one;
			} else if slope[1].is_zero() {
				// Twice a point, unless they are opposite. None is of order two.
				let square = a.x.square();
				let twice = slope[0].is_zero();
				slope = [square.double() + square, if twice { a.y.double() } else { one }];
			}
			self.products.push(product);
			product *= slope[1];
			self.slopes.push(slope);
		}
		let mut inverse = product.inverse().unwrap_or(one);
		for (at, &[a, b]) in pairs.iter().enumerate().rev() {
			let [numerator, denominator] = self.slopes[at];
			let slope = numerator * (inverse * self.products[at]);
			inverse *= denominator;
			let (a, b) = (of(a), of(b));
			sums[at] = if a.is_zero() {
				b
			} else if b.is_zero() {
				a
			} else if a.x == b.x && a.y != b.y {
				Affine::zero()
			} else {
				let x = slope.square() - a.x - b.x;
				affine(x, slope * (a.x - x) - a.y)
			};
		}
	}
}
