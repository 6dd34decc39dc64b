//! What onnxruntime computes between an accumulator and the next integer of few bits.

use crate::{
	curve::Curve,
	signal::Bounds,
	value::{dyadic, exponent_of, Unary, Unit},
};

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

	/// A function of real numbers that is part of it.
	pub(crate) fn curve(&self) -> Option<Curve> {
		let Rounding::Float { then, .. } = &self.rounding else { return None };
		then.iter().find_map(|unary| match unary {
			Unary::Curve(curve) => Some(*curve),
			_ => None,
		})
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
	pub(super) fn exact_factor(&self, magnitude: i64) -> Option<(i64, i32)> {
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
	pub(super) fn rounds_zero_point(&self) -> bool {
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
					Unary::Affine { times, .. } => slope * f64::from(*times),
					Unary::Divide { by } => slope / f64::from(*by),
					_ => slope,
				})
			},
		}
	}
}
