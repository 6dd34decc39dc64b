//! Choice of scales: powers of two with the least squared error, or that cover a range.

/// Exponents of scales stay among the normal floats.
pub(super) const EXPONENTS: std::ops::RangeInclusive<i32> = -100..=100;

/// The scale of an activation with zero point 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ActivationScale {
	/// `real value = integer · 2^exponent`.
	pub(super) exponent: i32,
	/// int8 if true, else uint8.
	pub(super) signed: bool,
	/// Bits that are used of the 8.
	pub(super) bits: u32,
}

impl ActivationScale {
	/// What one unit is worth.
	pub(super) fn step(self) -> f64 {
		2f64.powi(self.exponent)
	}

	/// The smallest integer.
	pub(super) fn lowest(self) -> f64 {
		if self.signed {
			-2f64.powi(self.bits as i32 - 1)
		} else {
			0.0
		}
	}

	/// The largest integer.
	pub(super) fn highest(self) -> f64 {
		2f64.powi(self.bits as i32 - i32::from(self.signed)) - 1.0
	}

	/// The largest magnitude.
	pub(super) fn largest(self) -> f64 {
		self.step() * self.highest().max(-self.lowest())
	}
}

/// The sum of squared errors when values are rounded to multiples of `2^exponent`.
fn squared_error(values: &[f32], exponent: i32, lo: f64, hi: f64) -> f64 {
	let step = 2f64.powi(exponent);
	let inverse = 1.0 / step;
	values
		.iter()
		.map(|&value| {
			let value = f64::from(value);
			let rounded = (value * inverse).round_ties_even().clamp(lo, hi) * step;
			(value - rounded) * (value - rounded)
		})
		.sum()
}

/// The finest exponent at which integers in `[lo, hi]` cover a range; `None` for nothing.
pub(super) fn covering(min: f32, max: f32, lo: f64, hi: f64) -> Option<i32> {
	let over = |value: f32, bound: f64| if bound == 0.0 { 0.0 } else { f64::from(value) / bound };
	let largest = if min < 0.0 { over(min, lo) } else { 0.0 }.max(over(max.max(0.0), hi));
	(largest > 0.0)
		.then(|| (largest.log2().ceil() as i32).clamp(*EXPONENTS.start(), *EXPONENTS.end()))
}

/// The exponent of least squared error; of equals the coarsest, so that integers stay integers.
pub(super) fn least_error(values: &[f32], lo: f64, hi: f64) -> Option<i32> {
	let fold = |from, pick: fn(f32, f32) -> f32| values.iter().copied().fold(from, pick);
	let unclipped = covering(fold(0.0, f32::min), fold(0.0, f32::max), lo, hi)?;
	let candidates = (unclipped - 2..=unclipped + 8).rev();
	let errors = candidates.map(|exponent| (exponent, squared_error(values, exponent, lo, hi)));
	errors
		.fold(None, |best: Option<(i32, f64)>, (exponent, error)| match best {
			Some((_, least)) if error >= least => best,
			_ => Some((exponent, error)),
		})
		.map(|(exponent, _)| exponent)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn integers_stay_integers() {
		assert_eq!(least_error(&[0.0, 3.0, 16.0], 0.0, 255.0), Some(0));
	}

	#[test]
	fn reals_use_the_range() {
		let values: Vec<f32> = (0..1_000).map(|i| i as f32 / 999.0).collect();
		assert_eq!(least_error(&values, 0.0, 255.0), Some(-8));
		let values: Vec<f32> = values.iter().map(|value| value - 0.5).collect();
		assert_eq!(least_error(&values, -128.0, 127.0), Some(-8));
	}

	#[test]
	fn an_outlier_is_clipped() {
		let mut values: Vec<f32> = (0..100_000).map(|i| i as f32 / 100_000.0).collect();
		values.push(1.001);
		assert_eq!(least_error(&values, 0.0, 255.0), Some(-8));
		assert_eq!(covering(0.0, 1.001, 0.0, 255.0), Some(-7));
	}

	#[test]
	fn nothing_seen_is_no_error() {
		assert_eq!(least_error(&[0.0; 4], 0.0, 255.0), None);
	}
}
