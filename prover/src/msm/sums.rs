//! Sums of many groups of points at once.
//!
//! Points of a group are added two by two, and what comes out again, so that all additions of a round are
//! independent: their divisions share one inversion (Montgomery's trick), and points stay affine. An
//! addition takes five multiplications, a square and its share of the inversion, and there are as many as
//! points less groups.

use super::Curve;
use crate::{
	curve::{affine, Group},
	field::Element,
	wide,
};
use ark_ec::{short_weierstrass::Affine, AffineRepr};
use rayon::prelude::*;
use std::sync::Mutex;

/// So many additions share an inversion: what belongs to them fits a core's second cache.
const TOGETHER: usize = 2048;
/// Members that a thread takes at a time, if that is whole groups.
const TASK: usize = 16 * 1024;

/// Products that are made beside each other, so that the processor need not wait for each.
const CHAINS: usize = 2;

/// How many pairs before it is added the processor begins to fetch one.
const AHEAD: usize = 16;

/// A point by its place, or its opposite: `2·place + sign`.
pub(crate) type Member = u32;

/// Adds pairs of points.
pub(crate) trait Adder<P: Group>: Send {
	/// A point, as is best for adding. The default is infinity.
	type Point: Copy + Default + Send + Sync;

	fn new() -> Self;

	/// Forgets that sums were infinity: none of the points that come is.
	fn begin(&mut self);

	/// Appends points, none of which is infinity, each followed by its images under powers of the
	/// endomorphism: so many for each in all.
	fn enter(&mut self, points: &[Affine<P>], parts: usize, out: &mut Vec<Self::Point>);

	/// The point.
	fn affine(point: &Self::Point) -> Affine<P>;

	fn is_infinity(point: &Self::Point) -> bool;

	fn negated(point: &Self::Point) -> Self::Point;

	/// The sum of each pair. Points are infinity only if they are sums that this has made since it began.
	fn add(&mut self, points: &[Self::Point], pairs: &[[Member; 2]], sums: &mut [Self::Point]);
}

/// Groups of members, one after the other: all members, and where each group ends.
#[derive(Debug)]
pub(super) struct Groups {
	members: Vec<Member>,
	ends: Vec<u32>,
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

/// Sums up, in memory that is kept.
pub(super) struct Summer<A: Adder<P>, P: Group>(Mutex<Vec<Rounds<A, P>>>);

impl<A: Adder<P>, P: Group> Summer<A, P> {
	pub(super) fn new() -> Self {
		Self(Mutex::default())
	}

	/// What nobody uses, or a new one.
	fn take(&self) -> Rounds<A, P> {
		self.0.lock().ok().and_then(|mut free| free.pop()).unwrap_or_else(Rounds::new)
	}

	fn give(&self, rounds: Rounds<A, P>) {
		if let Ok(mut free) = self.0.lock() {
			free.push(rounds);
		}
	}

	/// The sum of each group, of one list after the other; infinity if it has no members.
	pub(super) fn sums(&self, points: &[A::Point], lists: &[Groups]) -> Vec<A::Point> {
		let count = lists.iter().map(|list| list.ends.len()).sum();
		let mut all: Vec<A::Point> = vec![A::Point::default(); count];
		let mut rest = &mut all[..];
		let mut tasks = Vec::new();
		for Groups { members, ends } in lists {
			let (mut group, mut start) = (0, 0);
			while group < ends.len() {
				let next = ends.partition_point(|&end| end as usize <= start + TASK).max(group + 1);
				let end = ends[next - 1] as usize;
				let (sums, after) = std::mem::take(&mut rest).split_at_mut(next - group);
				tasks.push((&members[start..end], &ends[group..next], start as u32, sums));
				(rest, group, start) = (after, next, end);
			}
		}
		tasks.into_par_iter().for_each(|(members, ends, start, sums)| {
			let mut rounds = self.take();
			rounds.sums(points, members, ends.iter().map(|&end| end - start), sums);
			self.give(rounds);
		});
		all
	}
}

struct Rounds<A: Adder<P>, P: Group> {
	adder: A,
	pairs: Vec<[Member; 2]>,
	/// Where their sums belong.
	places: Vec<u32>,
	found: Vec<A::Point>,
	/// What is left after a round, and after the one before.
	left: [Vec<A::Point>; 2],
	/// Where each group of it ends.
	ends: Vec<u32>,
}

impl<A: Adder<P>, P: Group> Rounds<A, P> {
	fn new() -> Self {
		let (pairs, places, found, left, ends) = Default::default();
		Self { adder: A::new(), pairs, places, found, left, ends }
	}

	fn sums(
		&mut self,
		points: &[A::Point],
		members: &[Member],
		ends_of: impl Iterator<Item = u32>,
		sums: &mut [A::Point],
	) {
		self.adder.begin();
		let [mut left, mut before] = std::mem::take(&mut self.left);
		let mut ends = std::mem::take(&mut self.ends);
		ends.clear();
		ends.extend(ends_of);
		self.halve(points, |at| members[at as usize], &mut ends, &mut left);
		while longest(&ends) > 1 {
			std::mem::swap(&mut left, &mut before);
			self.halve(&before, |at| 2 * at, &mut ends, &mut left);
		}
		let mut sums_left = left.iter();
		let mut start = 0;
		for (sum, &end) in sums.iter_mut().zip(&ends) {
			if start < end {
				*sum = sums_left.next().copied().unwrap_or_default();
			}
			start = end;
		}
		(self.left, self.ends) = ([left, before], ends);
	}

	/// Half as many points of each group, with the same sum.
	fn halve(
		&mut self,
		points: &[A::Point],
		member: impl Fn(u32) -> Member,
		ends: &mut [u32],
		left: &mut Vec<A::Point>,
	) {
		left.clear();
		let mut at = 0;
		for end in ends {
			while at + 1 < *end {
				self.pairs.push([member(at), member(at + 1)]);
				self.places.push(left.len() as u32);
				// Its place.
				left.push(A::Point::default());
				at += 2;
				if self.pairs.len() == TOGETHER {
					self.flush(points, left);
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
		self.flush(points, left);
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
pub(crate) struct Portable<P: Curve> {
	denominators: Vec<P::Element>,
	/// The product of the denominators before each, in its chain.
	products: Vec<P::Element>,
	/// Pairs that the formula for two points with different x does not know.
	special: Vec<u32>,
	/// Whether any point may be infinity, as after a sum that was.
	infinite: bool,
}

/// A point, or infinity as zeros: no point has a y of zero, as the orders of both curves are odd.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
pub(crate) struct Plain<E>([E; 2]);

impl<E: Element> Plain<E> {
	#[inline(always)]
	fn is_infinity(&self) -> bool {
		self.0[1].is_blank()
	}

	#[inline(always)]
	fn y(&self, minus: bool) -> E {
		self.0[1].negated_if(minus)
	}

	/// The point whose place this is, or its opposite.
	fn member(points: &[Self], member: Member) -> Self {
		let point = points[(member >> 1) as usize];
		if point.is_infinity() {
			point
		} else {
			Self([point.0[0], point.y(member & 1 == 1)])
		}
	}
}

impl<P: Curve> From<Affine<P>> for Plain<P::Element> {
	fn from(point: Affine<P>) -> Self {
		point.xy().map_or_else(Self::default, |(x, y)| Self([&x, &y].map(P::Element::of)))
	}
}

/// What the two points of a pair are to each other.
enum Special<E> {
	/// The sum needs no slope.
	Known(Plain<E>),
	/// They are the same.
	Twice,
}

impl<E: Element> Special<E> {
	#[cold]
	fn new(points: &[Plain<E>], pair: [Member; 2]) -> Self {
		let [a, b] = pair.map(|member| Plain::member(points, member));
		if a.is_infinity() {
			Self::Known(b)
		} else if b.is_infinity() {
			Self::Known(a)
		} else if a.0[1].minus(&b.0[1]).is_zero() {
			Self::Twice
		} else {
			Self::Known(Plain::default())
		}
	}
}

impl<P: Curve> Portable<P> {
	/// Takes points at infinity from the first.
	pub(crate) fn of_any() -> Self {
		Self { infinite: true, ..Self::new() }
	}
}

impl<P: Curve> Adder<P> for Portable<P> {
	type Point = Plain<P::Element>;

	fn new() -> Self {
		Self {
			denominators: Vec::new(),
			products: Vec::new(),
			special: Vec::new(),
			infinite: false,
		}
	}

	fn begin(&mut self) {
		self.infinite = false;
	}

	fn enter(&mut self, points: &[Affine<P>], parts: usize, out: &mut Vec<Self::Point>) {
		for mut point in points.iter().copied() {
			for part in 0..parts {
				if part > 0 {
					let (x, y) = P::endomorphism(&point.x, &point.y);
					point = affine(x, y);
				}
				out.push(point.into());
			}
		}
	}

	fn affine(point: &Self::Point) -> Affine<P> {
		if point.is_infinity() {
			return Affine::zero();
		}
		let [x, y] = &point.0;
		affine(x.value(), y.value())
	}

	fn is_infinity(point: &Self::Point) -> bool {
		point.is_infinity()
	}

	fn negated(point: &Self::Point) -> Self::Point {
		Plain::member(core::slice::from_ref(point), 1)
	}

	fn add(&mut self, points: &[Self::Point], pairs: &[[Member; 2]], sums: &mut [Self::Point]) {
		let point = |member: Member| &points[(member >> 1) as usize];
		let mut last = [P::Element::one(); CHAINS];
		self.denominators.clear();
		self.products.clear();
		self.special.clear();
		for (at, &[a, b]) in pairs.iter().enumerate() {
			for member in pairs.get(at + AHEAD).into_iter().flatten() {
				wide::ahead(point(*member));
			}
			let (one, two) = (point(a), point(b));
			let mut denominator = two.0[0].minus(&one.0[0]);
			let infinite = self.infinite && (one.is_infinity() || two.is_infinity());
			if denominator.is_zero() || infinite {
				self.special.push(at as u32);
				denominator = match Special::new(points, [a, b]) {
					Special::Twice => Plain::member(points, a).0[1].twice(),
					Special::Known(_) => P::Element::one(),
				};
			}
			let last = &mut last[at % CHAINS];
			self.products.push(*last);
			self.denominators.push(denominator);
			*last = last.by(&denominator);
		}
		let mut inverses = last.map(|product| product.inverse());
		for (at, &[a, b]) in pairs.iter().enumerate().rev() {
			let inverse = &mut inverses[at % CHAINS];
			let here = inverse.by(&self.products[at]);
			*inverse = inverse.by(&self.denominators[at]);
			let (one, two) = (point(a), point(b));
			let y = one.y(a & 1 == 1);
			let mut numerator = two.y(b & 1 == 1).minus(&y);
			if self.special.last() == Some(&(at as u32)) {
				self.special.pop();
				match Special::new(points, [a, b]) {
					Special::Known(sum) => {
						self.infinite |= sum.is_infinity();
						sums[at] = sum;
						continue;
					},
					Special::Twice => {
						let square = one.0[0].squared();
						numerator = square.twice().plus(&square);
					},
				}
			}
			let slope = numerator.by(&here);
			let x = slope.squared().minus(&one.0[0]).minus(&two.0[0]);
			sums[at] = Plain([x, slope.by(&one.0[0].minus(&x)).minus(&y)]);
		}
	}
}
