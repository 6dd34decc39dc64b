//! The integer operator "rounded weighted sum of two bytes", as onnxruntime computes it in float32.
//!
//! # Semantics
//! [`Pair::apply`].
//!
//! # Constraints
//! For a whole layer integers `m`, `n`, `c` and a shift `s` are sought with which
//! `⌊(m·a + n·b + c) / 2^s⌋`, saturated, is the float result for each of the at most 65,536 pairs of
//! bytes, all of which are tried. A few pairs may be exceptions, where no other pair that has the
//! same `m·a + n·b` demands another result. Where all is exact, scales that are powers of two or
//! short multiples of them, ties go to even as they do in float32. The sum is free;
//! [`crate::gadgets::requantize`] proves the rest: about `s + 15` for a byte, each exception 2.

use super::{operand::Grid, Operator};
use crate::{
	gadgets::requantize::{requantize, Requantization, Ties},
	r1cs::Builder,
	signal::{Bounds, Signal},
};
use std::any::Any;

/// What is computed: bytes `a` and `b` in the type that the kernel sees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
	pub(super) a: Grid,
	pub(super) b: Grid,
	pub(super) result: Grid,
}

/// How it is proven, for operands whose zero points are subtracted.
#[derive(Clone, Debug, PartialEq)]
pub struct PairPlan {
	/// The factor of `a`.
	pub(super) m: i64,
	/// The factor of `b`.
	pub(super) n: i64,
	/// What follows, for `m·a + n·b`.
	pub(super) how: Requantization,
}

/// Such a sum of every pair of elements.
#[derive(Clone, Debug)]
pub struct Pairs {
	pub(super) outputs: usize,
	/// The element of each operand that an output takes; all in order where absent.
	pub(super) places: [Option<Vec<usize>>; 2],
	pub(super) pair: Pair,
	pub(super) plan: PairPlan,
}

/// Most exceptions of a layer.
const MOST_EXCEPTIONS: usize = 8;
/// The largest shift that is tried.
const MOST_SHIFT: u32 = 30;

/// The float arithmetic with its constants.
struct Sum {
	a: f32,
	b: f32,
	fixed: f32,
}

impl Pair {
	fn sum(&self) -> Sum {
		let (a, b) = (self.a.scale / self.result.scale, self.b.scale / self.result.scale);
		let zeros = a.mul_add(self.a.zero_point as f32, b * self.b.zero_point as f32);
		Sum { a, b, fixed: self.result.zero_point as f32 - zeros }
	}

	/// The result less its zero point, for operands less theirs.
	pub fn apply(&self, a: i64, b: i64) -> i64 {
		self.round(&self.sum(), a, b)
	}

	fn round(&self, sum: &Sum, a: i64, b: i64) -> i64 {
		let (a, b) = ((a + self.a.zero_point) as f32, (b + self.b.zero_point) as f32);
		let value = a.mul_add(sum.a, b.mul_add(sum.b, sum.fixed));
		let (lo, hi) = self.result.range();
		let rounded = value.clamp(-1e9, 1e9).round_ties_even() as i64;
		rounded.clamp(lo, hi) - self.result.zero_point
	}

	/// The cheapest plan for operands within bounds.
	pub(super) fn plan(&self, a: Bounds, b: Bounds) -> Option<PairPlan> {
		let sum = self.sum();
		let sane =
			|ratio: f32| ratio.is_normal() && (2f32.powi(-20)..2f32.powi(20)).contains(&ratio);
		if !sane(sum.a) || !sane(sum.b) || !sum.fixed.is_finite() {
			return None;
		}
		let mut pairs = Vec::new();
		for x in a.lo..=a.hi {
			pairs.extend((b.lo..=b.hi).map(|y| (x, y, self.round(&sum, x, y))));
		}
		let (lo, hi) = self.result.range();
		let (lo, hi) = (lo - self.result.zero_point, hi - self.result.zero_point);
		let mut best: Option<PairPlan> = None;
		let cost = |plan: &PairPlan| plan.how.shift as usize + 2 * plan.how.exceptions.len();
		for shift in 0..=MOST_SHIFT {
			if best.as_ref().is_some_and(|best| cost(best) <= shift as usize) {
				break;
			}
			let factors = [sum.a, sum.b].map(|ratio| f64::from(ratio) * 2f64.powi(shift as i32));
			let ends = factors.map(|factor| [factor.floor() as i64, factor.ceil() as i64]);
			for (m, n) in [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(i, j)| (ends[0][i], ends[1][j])) {
				let limit = best.as_ref().map_or(MOST_EXCEPTIONS, |best| best.how.exceptions.len());
				let found = self.exact(&sum, m, n, shift).into_iter().chain(fit(
					&pairs,
					m,
					n,
					shift,
					(lo, hi),
					limit,
				));
				for how in found {
					let plan = PairPlan { m, n, how };
					if let Some(plan) = plan.checked(&pairs, a, b) {
						if best.as_ref().is_none_or(|best| cost(&plan) < cost(best)) {
							best = Some(plan);
						}
						break;
					}
				}
			}
		}
		best
	}

	/// The sum as it is, ties to even, where these factors leave nothing out.
	fn exact(&self, sum: &Sum, m: i64, n: i64, shift: u32) -> Option<Requantization> {
		let unit = 2f64.powi(shift as i32);
		let whole = |ratio: f32, factor: i64| f64::from(ratio) * unit == factor as f64;
		let zero = f64::from(sum.fixed)
			+ f64::from(sum.a) * self.a.zero_point as f64
			+ f64::from(sum.b) * self.b.zero_point as f64;
		let inside = zero * unit;
		if !whole(sum.a, m) || !whole(sum.b, n) || inside.fract() != 0.0 || shift > 24 {
			return None;
		}
		// The zero point is inside when ties are decided.
		let (lo, hi) = self.result.range();
		let how = Requantization::by_power_of_two(shift, lo, hi);
		let addend = how.addend + inside as i64;
		Some(Requantization { addend, zero_point: -self.result.zero_point, ..how })
	}
}

/// A floor with the addend that puts the fewest pairs out of place, `limit` at most.
fn fit(
	pairs: &[(i64, i64, i64)],
	m: i64,
	n: i64,
	shift: u32,
	(lo, hi): (i64, i64),
	limit: usize,
) -> Option<Requantization> {
	// The addends from `low` to `high` put a pair in its place.
	let edges = |&(a, b, y): &(i64, i64, i64)| {
		let sum = m * a + n * b;
		let low = if y == lo { i64::MIN } else { (y << shift) - sum };
		let high = if y == hi { i64::MAX } else { ((y + 1) << shift) - sum - 1 };
		(low, high)
	};
	let (mut lows, mut highs) = (Vec::new(), Vec::new());
	for (low, high) in pairs.iter().map(edges) {
		keep(&mut lows, -low.max(-i64::MAX), limit);
		keep(&mut highs, high, limit);
	}
	// Each is the most demanding first; the addend lies between one of the one and one of the other.
	let (mut best, mut fewest) = (None, limit + 1);
	for (dropped, low) in lows.into_iter().map(|low| -low).enumerate() {
		let over = highs.iter().take_while(|&&high| high < low).count();
		if dropped + over < fewest && over < highs.len() {
			fewest = dropped + over;
			let high = highs[over];
			best = Some(match (low == -i64::MAX, high == i64::MAX) {
				(true, true) => 0,
				(true, false) => high,
				(false, true) => low,
				(false, false) => low + (high - low) / 2,
			});
		}
	}
	Some(Requantization {
		multiplier: 1,
		addend: best?,
		shift,
		ties: Ties::None,
		lo,
		hi,
		zero_point: 0,
		exceptions: Vec::new(),
	})
}

/// Keeps the `limit + 1` smallest values, in order.
fn keep(smallest: &mut Vec<i64>, value: i64, limit: usize) {
	if smallest.len() > limit && smallest[limit] <= value {
		return;
	}
	let at = smallest.partition_point(|&other| other <= value);
	smallest.insert(at, value);
	smallest.truncate(limit + 1);
}

impl PairPlan {
	/// The sum that is rounded.
	fn bounds(&self, a: Bounds, b: Bounds) -> Bounds {
		a.times(self.m).plus(b.times(self.n))
	}

	/// With the exceptions that it needs, if they are few and it is right on every pair then.
	fn checked(mut self, pairs: &[(i64, i64, i64)], a: Bounds, b: Bounds) -> Option<Self> {
		if !self.how.fits(self.bounds(a, b)) {
			return None;
		}
		let sum = |a: i64, b: i64| self.m * a + self.n * b;
		for &(a, b, y) in pairs {
			let (at, difference) = (sum(a, b), y - self.how.apply(sum(a, b)));
			if difference != 0 {
				self.how.exceptions.push((at, difference));
				if self.how.exceptions.len() > MOST_EXCEPTIONS {
					return None;
				}
			}
		}
		let right = pairs.iter().all(|&(a, b, y)| self.how.apply(sum(a, b)) == y);
		right.then_some(self)
	}
}

impl Pairs {
	/// The two operands of every output.
	pub(crate) fn each<'a, T>(
		&'a self,
		inputs: &'a [&[T]],
	) -> impl Iterator<Item = (&'a T, &'a T)> {
		let place = |side: usize, output: usize| {
			self.places[side].as_ref().map_or(output, |places| places[output])
		};
		(0..self.outputs)
			.map(move |output| (&inputs[0][place(0, output)], &inputs[1][place(1, output)]))
	}

	/// The factors of the operands, and what is done to the sum.
	pub(crate) fn rounding(&self) -> ([i64; 2], &Requantization) {
		([self.plan.m, self.plan.n], &self.plan.how)
	}

	/// About what the result grows by when an operand does.
	pub(crate) fn ratios(&self) -> [f64; 2] {
		let sum = self.pair.sum();
		[sum.a.into(), sum.b.into()]
	}
}

impl Operator for Pairs {
	fn name(&self) -> &'static str {
		"rounded sum"
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		let sum = self.pair.sum();
		self.each(inputs).map(|(a, b)| self.pair.round(&sum, *a, *b)).collect()
	}

	fn bounds(&self, inputs: &[&[Bounds]]) -> Vec<Bounds> {
		let PairPlan { how, .. } = &self.plan;
		self.each(inputs).map(|(a, b)| how.bounds(self.plan.bounds(*a, *b))).collect()
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		self.each(inputs)
			.map(|(a, b)| {
				let sum = a.times(self.plan.m).plus(self.plan.n, b);
				requantize(builder, &sum, &self.plan.how)
			})
			.collect()
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::value::Kind;

	fn grid(scale: f32, zero_point: i64) -> Grid {
		Grid { scale, zero_point, kind: Kind::U8 }
	}

	fn cost(plan: &PairPlan, pair: &Pair) -> usize {
		let bounds = |grid: &Grid| Bounds { lo: -grid.zero_point, hi: 255 - grid.zero_point };
		let mut builder = Builder::constraints(0, 0);
		let wire = builder.alloc_private_input(Default::default);
		let sum = plan.bounds(bounds(&pair.a), bounds(&pair.b));
		requantize(&mut builder, &Signal::wire(wire, 0, sum), &plan.how);
		builder.constraint_count()
	}

	fn check(pair: Pair) -> Option<(usize, usize)> {
		let bounds = |grid: &Grid| Bounds { lo: -grid.zero_point, hi: 255 - grid.zero_point };
		let (a, b) = (bounds(&pair.a), bounds(&pair.b));
		let plan = pair.plan(a, b)?;
		for x in a.lo..=a.hi {
			for y in b.lo..=b.hi {
				assert_eq!(plan.how.apply(plan.m * x + plan.n * y), pair.apply(x, y));
			}
		}
		Some((cost(&plan, &pair), plan.how.exceptions.len()))
	}

	#[test]
	fn powers_of_two_are_exact() {
		for zero_point in [0, 3, 128, 255] {
			let pair = Pair { a: grid(0.25, 7), b: grid(0.125, 0), result: grid(0.5, zero_point) };
			let (cost, exceptions) = check(pair).expect("a plan");
			assert_eq!(exceptions, 0);
			assert!(cost <= 19, "{cost} for {zero_point}");
		}
		let same = Pair { a: grid(0.3, 7), b: grid(0.3, 100), result: grid(0.3, 3) };
		assert!(check(same).expect("a plan").0 <= 17);
	}

	#[test]
	fn most_scales_have_a_plan() {
		let mut numbers = 1u64;
		let mut random = || {
			numbers = numbers.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
			(numbers >> 40) as f32 / (1u64 << 24) as f32
		};
		let (mut found, mut costs, mut exceptions) = (0, 0, 0);
		for _ in 0..40 {
			let mut grid = || grid(0.01 + random(), (random() * 256.0) as i64);
			let pair = Pair { a: grid(), b: grid(), result: grid() };
			if let Some((cost, count)) = check(pair) {
				(found, costs, exceptions) = (found + 1, costs + cost, exceptions + count);
			}
		}
		println!("{found} of 40, {costs} constraints, {exceptions} exceptions");
		assert!(found >= 36, "{found} of 40");
		assert!(costs <= 45 * found, "{costs}");
	}
}
