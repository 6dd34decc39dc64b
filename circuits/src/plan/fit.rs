//! Floors whose steps are those of a monotone function.

use super::{Class, Plan, Rounding, Step};
use crate::{
	gadgets::requantize::{Requantization, Ties},
	signal::Bounds,
	value::{dyadic, exponent_of, Unit},
};
use std::collections::BTreeSet;

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
pub(super) fn ratio_plan(step: &Step, bounds: Bounds) -> Option<Plan> {
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
pub(super) fn fitted_plan(step: &Step, bounds: Bounds) -> Option<Plan> {
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
