//! How a rounding step is proven: the cheapest constraints that give its result for every integer
//! within proven bounds.
//!
//! A step is what onnxruntime computes between an accumulator and the next 8-bit integer, float32
//! roundings included. Where it is exact, division by a power of two or by a short mantissa, the
//! gadget rounds half to even as it does. Else the result still never falls as the accumulator
//! rises, so it is given by at most 255 thresholds: a factor, an addend and a shift are sought
//! that put a floor's steps at just those, and the few accumulators where none does become
//! exceptions. What remains, any function of a few bits, is a table. Every plan is compared with
//! its step before it is used, at each threshold and its neighbour, which settles all others.

use crate::{
	gadgets::{
		lookup::{lookup, MAX_BITS},
		requantize::{requantize, Requantization, Ties},
	},
	r1cs::Builder,
	signal::{Bounds, Signal},
	value::{dyadic, exponent_of, Unary, Unit},
};
use std::collections::BTreeSet;

/// The float arithmetic of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Rounding {
	/// An integer kernel: `RNE(clamp(RN32(RN32(x) · factor)))`, the zero point added last.
	Kernel {
		/// The factor.
		factor: f32,
	},
	/// `QLinearMul`: the zero point is added in float, before rounding.
	Product {
		/// The factor.
		factor: f32,
	},
	/// `QLinearAveragePool` of a sum of dequantised integers: divided by their number, then by the
	/// result's scale, the zero point added before rounding.
	Average {
		/// The integers' scale.
		from: f32,
		/// How many there are.
		count: f32,
		/// The result's scale.
		to: f32,
	},
	/// The float value, functions of it, and `QuantizeLinear`, which divides.
	Float {
		/// What the accumulator's unit is worth.
		unit: Unit,
		/// Functions in between.
		then: Vec<Unary>,
		/// The result's scale.
		scale: f32,
	},
}

/// From an accumulator to an integer of few bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
	/// The arithmetic.
	pub rounding: Rounding,
	/// The result's zero point.
	pub zero_point: i64,
	/// Smallest result.
	pub lo: i64,
	/// Largest result.
	pub hi: i64,
}

/// `QuantizeLinear` of a float: division, rounding half to even, saturation.
pub fn quantize(value: f32, scale: f32, zero_point: i64, lo: i64, hi: i64) -> i64 {
	let quotient = value / scale;
	if quotient.is_nan() {
		return zero_point.clamp(lo, hi);
	}
	let rounded = quotient.clamp(-1e9, 1e9).round_ties_even() as i64;
	(rounded + zero_point).clamp(lo, hi)
}

/// `QLinearAveragePool` after its sum, before saturation.
pub(crate) fn average(sum: f32, count: f32, to: f32, zero_point: i64) -> i64 {
	(sum / count / to + zero_point as f32).clamp(-1e9, 1e9).round_ties_even() as i64
}

impl Step {
	/// The reference: the result for one accumulator.
	pub fn apply(&self, x: i64) -> i64 {
		let Self { zero_point, lo, hi, .. } = *self;
		match &self.rounding {
			&Rounding::Kernel { factor } => {
				let scaled = (x as f32 * factor).clamp(-1e9, 1e9);
				(scaled.round_ties_even() as i64 + zero_point).clamp(lo, hi)
			},
			&Rounding::Product { factor } => {
				let shifted = x as f32 * factor + zero_point as f32;
				(shifted.clamp(-1e9, 1e9).round_ties_even() as i64).clamp(lo, hi)
			},
			&Rounding::Average { from, count, to } => {
				average(x as f32 * from, count, to, zero_point).clamp(lo, hi)
			},
			Rounding::Float { unit, then, scale } => {
				let value = then.iter().fold(unit.real(x), |value, unary| unary.apply(value));
				quantize(value, *scale, zero_point, lo, hi)
			},
		}
	}

	/// Whether larger accumulators never give smaller results.
	pub fn is_monotone(&self) -> bool {
		match &self.rounding {
			Rounding::Kernel { factor } | Rounding::Product { factor } => *factor > 0.0,
			Rounding::Average { .. } => true,
			Rounding::Float { then, .. } => then.iter().all(|unary| unary.is_monotone()),
		}
	}

	/// The factor between accumulator and result, before functions, if it is a dyadic number at
	/// which float32 is exact for accumulators of this magnitude.
	fn exact_factor(&self, magnitude: i64) -> Option<(i64, i32)> {
		const EXACT: i64 = 1 << 24;
		let (mantissa, exponent) = match &self.rounding {
			Rounding::Kernel { factor } | Rounding::Product { factor } => dyadic(*factor),
			Rounding::Average { from, count, to } => {
				let (mantissa, power) = dyadic(*from);
				(mantissa, power - exponent_of(*count)? - exponent_of(*to)?)
			},
			Rounding::Float { unit, then, scale } if then.is_empty() => {
				let result = exponent_of(*scale)?;
				let (mantissa, power, exponent) = match unit {
					Unit::Exact(exponent) => (1, 0, *exponent),
					Unit::Times { exponent, factor } => {
						let (mantissa, power) = dyadic(*factor);
						(mantissa, power, *exponent)
					},
					_ => return None,
				};
				// Beyond these ends numbers below 2^24 overflow, or are subnormal and rounded.
				let normal = -126..=103;
				if !normal.contains(&exponent) || !normal.contains(&(exponent + power)) {
					return None;
				}
				if let (Unit::Exact(_), ..=96) = (unit, exponent) {
					// An exact activation is one that float32 holds, whatever its magnitude.
					return Some((1, exponent - result));
				}
				(mantissa, power + exponent - result)
			},
			Rounding::Float { .. } => return None,
		};
		// A zero point inside has as many places as the product.
		let inside = if self.rounds_zero_point() { self.zero_point.abs() } else { 0 };
		let places = u32::try_from(-exponent).unwrap_or(0).min(40);
		let reach = magnitude.checked_mul(mantissa)?.checked_add(inside << places)?;
		(mantissa > 0 && reach < EXACT).then_some((mantissa, exponent))
	}

	/// Whether the zero point is added before rounding, so that ties are even with it.
	fn rounds_zero_point(&self) -> bool {
		matches!(self.rounding, Rounding::Product { .. } | Rounding::Average { .. })
	}

	/// About what the result grows by when the accumulator does.
	pub(crate) fn slope(&self, bounds: Bounds) -> f64 {
		match &self.rounding {
			Rounding::Kernel { factor } | Rounding::Product { factor } => f64::from(*factor),
			Rounding::Average { from, count, to } => {
				f64::from(*from) / f64::from(*count) / f64::from(*to)
			},
			Rounding::Float { unit, then, scale } => {
				let slope = unit.step() / f64::from(*scale);
				then.iter().fold(slope, |slope, unary| match unary {
					Unary::HardSigmoid { alpha, .. } => slope * f64::from(*alpha),
					Unary::LeakyRelu { alpha } if bounds.hi <= 0 => slope * f64::from(*alpha),
					_ => slope,
				})
			},
		}
	}
}

/// Which of the three classes of scales a step fell in, or none of them.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Class {
	/// The bounds allow one result only.
	Constant,
	/// The accumulator itself, and a constant.
	Offset,
	/// A division by a power of two.
	PowerOfTwo,
	/// A short mantissa, at which float32 is exact.
	ShortMantissa,
	/// Any float: a floor with the same thresholds, and exceptions.
	Thresholds,
	/// A function of a few bits.
	Table,
}

impl Class {
	/// Its name for people.
	pub fn name(self) -> &'static str {
		match self {
			Self::Constant => "constant",
			Self::Offset => "offset",
			Self::PowerOfTwo => "power of two",
			Self::ShortMantissa => "short mantissa",
			Self::Thresholds => "thresholds",
			Self::Table => "table",
		}
	}
}

/// How a step is proven.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
	/// One result for all.
	Constant(i64),
	/// The accumulator and a constant.
	Offset(i64),
	/// [`crate::gadgets::requantize`], of `2^left · x`.
	Scale {
		/// Which class it is.
		class: Class,
		/// What the gadget computes.
		how: Requantization,
	},
	/// [`crate::gadgets::lookup`].
	Table {
		/// The smallest index.
		lo: i64,
		/// The results.
		table: Vec<i64>,
	},
}

impl Plan {
	/// The cheapest plan for a step within bounds; `None` if there is none.
	pub fn new(step: &Step, bounds: Bounds) -> Option<Self> {
		let (least, most) = (step.apply(bounds.lo), step.apply(bounds.hi));
		if step.is_monotone() {
			if least == most {
				return Some(Self::Constant(least));
			}
			if let Some(offset) = offset_plan(step, bounds) {
				return Some(offset);
			}
			let exact = exact_plan(step, bounds);
			// With an odd lower end ties are dear, and another plan may be cheaper.
			if let Some(Self::Scale { class: Class::PowerOfTwo, how }) = &exact {
				if how.lo & 1 == 0 {
					return exact;
				}
			}
			let ratio = ratio_plan(step, bounds);
			let simple = ratio.as_ref().is_some_and(|plan| plan.exceptions() == 0);
			let fitted = if simple { None } else { fitted_plan(step, bounds) };
			let table = table_plan(step, bounds);
			[exact, ratio, fitted, table].into_iter().flatten().min_by_key(|plan| plan.cost(bounds))
		} else {
			table_plan(step, bounds)
		}
	}

	/// The class.
	pub fn class(&self) -> Class {
		match self {
			Self::Constant(_) => Class::Constant,
			Self::Offset(_) => Class::Offset,
			Self::Scale { class, .. } => *class,
			Self::Table { .. } => Class::Table,
		}
	}

	/// Accumulators that are treated one by one.
	pub fn exceptions(&self) -> usize {
		match self {
			Self::Scale { how, .. } => how.exceptions.len(),
			_ => 0,
		}
	}

	/// Constraints for an accumulator within bounds.
	pub fn cost(&self, bounds: Bounds) -> usize {
		let mut builder = Builder::constraints(0, 0);
		let wire = builder.alloc_private_input(Default::default);
		self.constrain(&mut builder, &Signal::wire(wire, bounds.lo, bounds));
		builder.constraint_count()
	}

	/// Bounds of the result.
	pub fn bounds(&self, x: Bounds) -> Bounds {
		match self {
			Self::Constant(value) => Bounds::constant(*value),
			Self::Offset(addend) => x.plus(Bounds::constant(*addend)),
			Self::Scale { how, .. } => how.bounds(x),
			Self::Table { lo, table } => {
				let reachable = &table[(x.lo - lo) as usize..=(x.hi - lo) as usize];
				let least = reachable.iter().min().copied().unwrap_or_default();
				Bounds { lo: least, hi: reachable.iter().max().copied().unwrap_or_default() }
			},
		}
	}

	/// Emits the gadget.
	pub fn constrain(&self, builder: &mut Builder, x: &Signal) -> Signal {
		match self {
			Self::Constant(value) => Signal::constant(*value),
			Self::Offset(addend) => x.clone().plus_constant(*addend),
			Self::Scale { how, .. } => requantize(builder, x, how),
			Self::Table { lo, table } => lookup(builder, x, *lo, table),
		}
	}
}

/// The largest accumulator whose magnitude counts.
fn magnitude(bounds: Bounds) -> i64 {
	bounds.lo.saturating_abs().max(bounds.hi.saturating_abs())
}

/// No rounding at all: integers that were dequantised and are quantised at the same scale.
fn offset_plan(step: &Step, bounds: Bounds) -> Option<Plan> {
	let narrow = bounds.hi.checked_sub(bounds.lo)? < 1 << MAX_BITS;
	let addend = step.apply(bounds.lo) - bounds.lo;
	(narrow && (bounds.lo..=bounds.hi).all(|x| step.apply(x) - x == addend))
		.then_some(Plan::Offset(addend))
}

/// Division by a power of two or by a short mantissa, where float32 is exact.
fn exact_plan(step: &Step, bounds: Bounds) -> Option<Plan> {
	// Shifts beyond this are the work of a broken scale.
	const MAX_SHIFT: i32 = 40;
	let (mantissa, exponent) = step.exact_factor(magnitude(bounds))?;
	if exponent.abs() > MAX_SHIFT {
		return None;
	}
	let left = exponent.max(0) as u32;
	let shift = (-exponent).max(0) as u32;
	let (inside, after) = match step.rounds_zero_point() {
		true => (step.zero_point, 0),
		false => (0, step.zero_point),
	};
	let how = Requantization::by_power_of_two(shift, step.lo - after, step.hi - after);
	let how = Requantization {
		multiplier: mantissa.checked_shl(left)?,
		addend: how.addend + (inside << shift),
		zero_point: after,
		..how
	};
	let class = if mantissa == 1 { Class::PowerOfTwo } else { Class::ShortMantissa };
	(left < 32 && how.fits(bounds)).then_some(Plan::Scale { class, how })
}

/// A table, where the bounds are narrow.
fn table_plan(step: &Step, bounds: Bounds) -> Option<Plan> {
	let entries = bounds.hi.checked_sub(bounds.lo)?.checked_add(1)?;
	(entries <= 1 << MAX_BITS).then(|| Plan::Table {
		lo: bounds.lo,
		table: (bounds.lo..=bounds.hi).map(|x| step.apply(x)).collect(),
	})
}

/// The smallest accumulator within bounds for which a monotone function reaches `target`.
fn threshold(bounds: Bounds, target: i64, apply: impl Fn(i64) -> i64) -> i64 {
	let (mut lo, mut hi) = (bounds.lo, bounds.hi);
	while lo < hi {
		let middle = lo + (hi - lo) / 2;
		if apply(middle) >= target {
			hi = middle;
		} else {
			lo = middle + 1;
		}
	}
	lo
}

/// The quotient by an integer that a step rounds, as numerator and even divisor, where it is one.
fn ratio(step: &Step) -> Option<(i64, i64)> {
	let (numerator, divisor) = match &step.rounding {
		Rounding::Float { unit: Unit::Over { exponent, divisor }, then, scale }
			if then.is_empty() =>
		{
			let exponent = exponent - exponent_of(*scale)?;
			let (mantissa, power) = dyadic(*divisor);
			if !(-30..=30).contains(&(exponent - power)) {
				return None;
			}
			match exponent - power {
				power if power >= 0 => (1i64 << power, mantissa),
				power => (1, mantissa.checked_shl(power.unsigned_abs())?),
			}
		},
		// A mean at one scale: float32 has not quite the reciprocal.
		Rounding::Kernel { factor } => {
			let divisor = (1.0 / f64::from(*factor)).round();
			let near = (divisor * f64::from(*factor) - 1.0).abs() < 2f64.powi(-21);
			(1, Some(divisor as i64).filter(|_| near && divisor < 65_536.0)?)
		},
		_ => return None,
	};
	let even = divisor > 0 && divisor <= 1 << 40 && divisor % 2 == 0;
	even.then_some((numerator, divisor))
}

/// A quotient by an integer that is no power of two, with its ties. Of ties that float32 misses by
/// its last bit, some are exceptions.
fn ratio_plan(step: &Step, bounds: Bounds) -> Option<Plan> {
	const MOST_EXCEPTIONS: usize = 64;
	let (numerator, divisor) = ratio(step)?;
	let quotient = |x: i64| (numerator * x + divisor / 2).div_euclid(divisor);
	let (least, most) = (quotient(bounds.lo), quotient(bounds.hi));
	if most - least > 1 << 12 {
		return None;
	}
	let thresholds: Vec<(i64, i64)> =
		(least + 1..=most).map(|target| (target, threshold(bounds, target, quotient))).collect();
	let slope = numerator as f64 / divisor as f64;
	for shift in 0..48u32 {
		let factor = slope * 2f64.powi(shift as i32);
		for multiplier in [factor.floor() as i64, factor.floor() as i64 + 1] {
			let mut how = Requantization {
				multiplier,
				addend: addend(&thresholds, multiplier, shift)?,
				shift,
				ties: Ties::Ratio { numerator, divisor },
				lo: step.lo - step.zero_point,
				hi: step.hi - step.zero_point,
				zero_point: step.zero_point,
				exceptions: Vec::new(),
			};
			if multiplier <= 0 || !how.fits(bounds) {
				continue;
			}
			// The floor is the quotient, and the quotient with its ties is the step.
			let edges = thresholds.iter().flat_map(|&(_, at)| [at - 1, at, at + 1]);
			let edges = edges.chain([bounds.lo, bounds.hi]).filter(|&x| bounds.contains(x));
			let edges: BTreeSet<i64> = edges.collect();
			let addend = how.addend;
			if !edges.iter().all(|&x| (multiplier * x + addend) >> shift == quotient(x)) {
				continue;
			}
			let differences = edges.iter().map(|&x| (x, step.apply(x) - how.apply(x)));
			how.exceptions = differences.filter(|&(_, difference)| difference != 0).collect();
			// Only of ties may float32 make something else.
			let (most, class) = match step.rounding {
				Rounding::Kernel { .. } => (MOST_EXCEPTIONS, Class::Thresholds),
				_ => (0, Class::ShortMantissa),
			};
			let is_tie = |x: i64| (numerator * x + divisor / 2).rem_euclid(divisor) == 0;
			let few = how.exceptions.len() <= most;
			return (few && how.exceptions.iter().all(|&(x, _)| is_tie(x)))
				.then_some(Plan::Scale { class, how });
		}
	}
	None
}

/// A floor whose steps are those of a monotone step.
fn fitted_plan(step: &Step, bounds: Bounds) -> Option<Plan> {
	const MOST_EXCEPTIONS: usize = 16;
	let (least, most) = (step.apply(bounds.lo), step.apply(bounds.hi));
	if most - least > 1 << 12 {
		return None;
	}
	let thresholds: Vec<(i64, i64)> = (least + 1..=most)
		.map(|target| (target, threshold(bounds, target, |x| step.apply(x))))
		.collect();
	let slope = step.slope(bounds);
	if !(slope > 0.0 && slope < 2f64.powi(20)) {
		return None;
	}
	let mut best: Option<(usize, Requantization)> = None;
	for shift in 0..48u32 {
		let factor = slope * 2f64.powi(shift as i32);
		if factor > 2f64.powi(31) {
			break;
		}
		for multiplier in [factor.floor() as i64, factor.floor() as i64 + 1] {
			if multiplier <= 0 {
				continue;
			}
			let Some(addend) = addend(&thresholds, multiplier, shift) else { continue };
			let mut how = Requantization {
				multiplier,
				addend,
				shift,
				ties: Ties::None,
				lo: step.lo,
				hi: step.hi,
				zero_point: 0,
				exceptions: Vec::new(),
			};
			if !how.fits(bounds) {
				continue;
			}
			let limit = best.as_ref().map_or(MOST_EXCEPTIONS, |(exceptions, _)| *exceptions);
			let Some(exceptions) = differences(step, &how, bounds, &thresholds, limit) else {
				continue;
			};
			let count = exceptions.len();
			// A bit more of shift costs 1, an exception 2.
			let better = match &best {
				Some((_, other)) => {
					2 * count + (shift as usize) < 2 * other.exceptions.len() + other.shift as usize
				},
				None => true,
			};
			if better {
				how.exceptions = exceptions;
				best = Some((count, how));
			}
			if count == 0 {
				return best.map(|(_, how)| Plan::Scale { class: Class::Thresholds, how });
			}
		}
	}
	best.map(|(_, how)| Plan::Scale { class: Class::Thresholds, how })
}

/// The addend at which `⌊(m·x + c) / 2^s⌋` has the fewest steps out of place.
fn addend(thresholds: &[(i64, i64)], multiplier: i64, shift: u32) -> Option<i64> {
	let (mut lowest, mut highest) = (i128::MIN, i128::MAX);
	for &(target, at) in thresholds {
		let edge = (i128::from(target) << shift) - i128::from(multiplier) * i128::from(at);
		lowest = lowest.max(edge);
		highest = highest.min(edge + i128::from(multiplier) - 1);
	}
	i64::try_from(lowest + (highest - lowest) / 2).ok()
}

/// Where a floor and a step differ, and by how much; `None` if at more places than `limit`.
///
/// Both are monotone, so they agree everywhere between two accumulators at which they agree and
/// which no threshold of either separates.
fn differences(
	step: &Step,
	how: &Requantization,
	bounds: Bounds,
	thresholds: &[(i64, i64)],
	limit: usize,
) -> Option<Vec<(i64, i64)>> {
	let base = |x: i64| how.apply(x);
	// At the ends the floor may go further than the step.
	let mut found: Vec<(i64, i64)> = Vec::new();
	let targets =
		base(bounds.lo).min(step.apply(bounds.lo)) + 1..=base(bounds.hi).max(step.apply(bounds.hi));
	for target in targets {
		let end = bounds.hi + 1;
		let place = |monotone: &dyn Fn(i64) -> i64| {
			if monotone(bounds.hi) < target {
				end
			} else {
				threshold(bounds, target, monotone)
			}
		};
		let index = target - thresholds.first()?.0;
		let theirs = match usize::try_from(index).ok().and_then(|index| thresholds.get(index)) {
			Some(&(_, at)) => at,
			None => place(&|x| step.apply(x)),
		};
		// The floor's threshold in closed form, clamped to the bounds.
		let ours = if target > how.hi {
			end
		} else if target <= how.lo {
			bounds.lo
		} else {
			let numerator = (i128::from(target) << how.shift) - i128::from(how.addend);
			let multiplier = i128::from(how.multiplier);
			let at = numerator.div_euclid(multiplier)
				+ i128::from(numerator.rem_euclid(multiplier) != 0);
			at.clamp(bounds.lo.into(), end.into()) as i64
		};
		for x in ours.min(theirs)..ours.max(theirs) {
			if !found.iter().any(|&(at, _)| at == x) {
				found.push((x, step.apply(x) - base(x)));
			}
			if found.len() > limit {
				return None;
			}
		}
	}
	found.retain(|&(_, difference)| difference != 0);
	Some(found)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn kernel(factor: f32, zero_point: i64) -> Step {
		Step { rounding: Rounding::Kernel { factor }, zero_point, lo: 0, hi: 255 }
	}

	/// Compares plan and step on every integer within small bounds.
	fn check(step: &Step, bounds: Bounds) -> Plan {
		let plan = Plan::new(step, bounds).expect("a plan");
		for x in bounds.lo..=bounds.hi {
			let expected = step.apply(x);
			let got = match &plan {
				Plan::Constant(value) => *value,
				Plan::Offset(addend) => x + addend,
				Plan::Scale { how, .. } => how.apply(x),
				Plan::Table { lo, table } => table[(x - lo) as usize],
			};
			assert_eq!(got, expected, "{x} by {plan:?}");
			assert!(plan.bounds(bounds).contains(got));
		}
		plan
	}

	#[test]
	fn onnxruntime_rounds_the_float_product() {
		// acc · M is 223.5 less a little; float32 rounds it up.
		let step = kernel(f32::from_bits(0x3b1a_ee3d), 0);
		assert_eq!(step.apply(94_541), 224);
	}

	#[test]
	fn classes_are_told_apart() {
		let bounds = Bounds { lo: -40_000, hi: 50_000 };
		assert_eq!(check(&kernel(2f32.powi(-7), 0), bounds).class(), Class::PowerOfTwo);
		assert_eq!(check(&kernel(2f32.powi(-7), 3), bounds).class(), Class::PowerOfTwo);
		assert_eq!(check(&kernel(0.0123, 7), bounds).class(), Class::Thresholds);
		let short = check(&kernel(0.0234375, 0), bounds);
		assert_eq!(short.class(), Class::ShortMantissa, "3 · 2^-7 has ties");
		let narrow = Bounds { lo: 0, hi: 0 };
		assert_eq!(check(&kernel(0.0123, 7), narrow).class(), Class::Constant);
	}

	#[test]
	fn floats_that_overflow_before_they_are_divided() {
		for (exponent, scale, then) in
			[(120, 127, vec![]), (126, 127, vec![]), (-140, -126, vec![])]
		{
			let scale = 2f32.powi(scale);
			let rounding = Rounding::Float { unit: Unit::Exact(exponent), then, scale };
			let step = Step { rounding, zero_point: 0, lo: 0, hi: 255 };
			let bounds = Bounds { lo: -700, hi: 700 };
			// Refused, or right.
			Plan::new(&step, bounds).map(|_| check(&step, bounds));
		}
		let unit = Unit::Times { exponent: 100, factor: 1.5 * 2f32.powi(20) };
		let rounding = Rounding::Float { unit, then: vec![], scale: 2f32.powi(127) };
		let step = Step { rounding, zero_point: 0, lo: 0, hi: 255 };
		let bounds = Bounds { lo: -700, hi: 700 };
		Plan::new(&step, bounds).map(|_| check(&step, bounds));
	}

	#[test]
	fn the_same_scale_is_an_offset() {
		let bounds = Bounds { lo: -100, hi: 155 };
		for scale in [0.0123f32, 0.37, 0.25] {
			let rounding = Rounding::Float { unit: Unit::of_scale(scale), then: Vec::new(), scale };
			let step = Step { rounding, zero_point: 100, lo: 0, hi: 255 };
			assert_eq!(check(&step, bounds), Plan::Offset(100));
		}
	}

	#[test]
	fn a_zero_point_inside_changes_ties() {
		for zero_point in [0, 3, 128] {
			let rounding = Rounding::Product { factor: 2f32.powi(-6) };
			let step = Step { rounding, zero_point, lo: 0, hi: 255 };
			let bounds = Bounds { lo: -10_000, hi: 12_000 };
			assert_eq!(check(&step, bounds).class(), Class::PowerOfTwo);
			let rounding = Rounding::Average { from: 0.5, count: 8.0, to: 0.25 };
			check(&Step { rounding, zero_point, lo: 0, hi: 255 }, bounds);
		}
	}

	#[test]
	fn a_mean_of_nine() {
		let rounding = Rounding::Float {
			unit: Unit::Over { exponent: -3, divisor: 9.0 },
			then: Vec::new(),
			scale: 0.125,
		};
		let step = Step { rounding, zero_point: 0, lo: 0, hi: 255 };
		let plan = check(&step, Bounds { lo: 0, hi: 9 * 255 });
		assert!(plan.cost(Bounds { lo: 0, hi: 9 * 255 }) <= 30, "{plan:?}");
	}

	#[test]
	fn means_have_ties() {
		for (count, exponent) in [(6.0, -3), (12.0, -3), (6.0, 0), (3.0, -4), (10.0, -5)] {
			let rounding = Rounding::Float {
				unit: Unit::Over { exponent, divisor: count },
				then: Vec::new(),
				scale: 0.125,
			};
			let step = Step { rounding, zero_point: 0, lo: -128, hi: 127 };
			check(&step, Bounds { lo: -6 * 128, hi: 12 * 127 });
		}
	}

	#[test]
	fn means_at_one_scale_have_ties_that_float32_misses() {
		for count in [6u8, 10, 12, 18, 36, 48, 196] {
			for scale in [0.0123f32, 0.37, 0.051, 1.7] {
				let factor = scale / (scale * f32::from(count));
				for zero_point in [0, 17] {
					let step = kernel(factor, zero_point);
					let count = i64::from(count);
					let bounds = Bounds { lo: -zero_point * count, hi: (255 - zero_point) * count };
					let plan = check(&step, bounds);
					assert!(plan.cost(bounds) < 180, "{} for {count}", plan.cost(bounds));
				}
			}
		}
	}

	#[test]
	fn hard_swish_is_a_table() {
		let rounding = Rounding::Float {
			unit: Unit::Exact(-5),
			then: vec![Unary::HardSwish],
			scale: 2f32.powi(-5),
		};
		let step = Step { rounding, zero_point: 0, lo: -128, hi: 127 };
		assert_eq!(check(&step, Bounds { lo: -128, hi: 127 }).class(), Class::Table);
		assert_eq!(Plan::new(&step, Bounds { lo: -40_000, hi: 127 }), None);
	}

	proptest! {
		#[test]
		fn any_factor_has_a_plan(
			factor in 1e-4f32..0.1,
			zero_point in 0i64..=255,
			lo in -9_000i64..0,
			hi in 1i64..9_000,
		) {
			let step = kernel(factor, zero_point);
			let plan = check(&step, Bounds { lo, hi });
			prop_assert!(plan.cost(Bounds { lo, hi }) <= 44, "{plan:?}");
		}
	}

	#[test]
	fn wide_accumulators_have_few_exceptions() {
		let mut numbers = 1u64;
		for bits in [16, 18, 20, 22] {
			let end = 1i64 << (bits - 1);
			let mut exceptions = 0;
			for _ in 0..64 {
				numbers = numbers.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
				let spread = 1.0 + (numbers >> 40) as f32 / (1u64 << 24) as f32;
				let step = kernel(spread * 128.0 / end as f32, 0);
				let bounds = Bounds { lo: -end, hi: end - 1 };
				let plan = Plan::new(&step, bounds).expect("a plan");
				exceptions += plan.exceptions();
				let Plan::Scale { how, .. } = &plan else { panic!("{plan:?}") };
				for x in (bounds.lo..bounds.hi).step_by(997) {
					assert_eq!(how.apply(x), step.apply(x), "{x}");
				}
			}
			assert!(exceptions <= 64 * 10, "{bits} bits: {exceptions} of 64 channels");
		}
	}
}
