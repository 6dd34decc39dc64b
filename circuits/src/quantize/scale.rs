//! Choice of scales: powers of two with the least squared error.

use super::{chain::Step, Dense, Observed};
use crate::error::ModelError;

/// Sums of a layer stay below this, so that float32 holds them exactly.
const MAX_SUM: f64 = (1 << 24) as f64;
/// Biases stay below this, so that they leave room for the sums.
const MAX_BIAS: f64 = (1 << 22) as f64;
/// A sum's unit is at most this many powers of two below its result's.
const MAX_SHIFT: i32 = 20;
/// Exponents of scales stay among the normal floats.
const EXPONENTS: std::ops::RangeInclusive<i32> = -100..=100;

/// The scale of an activation with zero point 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ActivationScale {
	/// `real value = integer · 2^exponent`.
	pub(super) exponent: i32,
	/// int8 if true, else uint8.
	pub(super) signed: bool,
}

impl ActivationScale {
	/// What one unit is worth.
	pub(super) fn step(self) -> f64 {
		2f64.powi(self.exponent)
	}

	/// The largest magnitude.
	pub(super) fn largest(self) -> f64 {
		self.step() * if self.signed { 128.0 } else { 255.0 }
	}
}

/// The integers and scales of a dense layer.
pub(super) struct QuantizedDense {
	/// Weights, one row per output.
	pub(super) weights: Vec<i8>,
	/// Exponent of each output's weights.
	pub(super) exponents: Vec<i32>,
	/// Biases, in units of input times weight.
	pub(super) bias: Vec<i32>,
}

/// The sum of squared errors when values are rounded to multiples of `2^exponent`.
fn squared_error(values: &[f32], exponent: i32, lo: f64, hi: f64) -> f64 {
	let step = 2f64.powi(exponent);
	values
		.iter()
		.map(|&value| {
			let value = f64::from(value);
			let rounded = (value / step).round_ties_even().clamp(lo, hi) * step;
			(value - rounded) * (value - rounded)
		})
		.sum()
}

/// The exponent of least squared error; of equals the coarsest, so that integers stay integers.
fn best_exponent(values: &[f32], lo: f64, hi: f64) -> Option<i32> {
	let largest = values
		.iter()
		.map(|&value| f64::from(value))
		.fold(0.0, |most: f64, value| most.max(if value < 0.0 { value / lo } else { value / hi }));
	if largest <= 0.0 {
		return None;
	}
	let unclipped = (largest.log2().ceil() as i32).clamp(*EXPONENTS.start(), *EXPONENTS.end());
	let candidates = (unclipped - 2..=unclipped + 8).rev();
	let errors = candidates.map(|exponent| (exponent, squared_error(values, exponent, lo, hi)));
	errors
		.fold(None, |best: Option<(i32, f64)>, (exponent, error)| match best {
			Some((_, least)) if error >= least => best,
			_ => Some((exponent, error)),
		})
		.map(|(exponent, _)| exponent)
}

/// The scale of an activation of which these values were seen.
pub(super) fn activation_scale(values: &[f32]) -> ActivationScale {
	let signed = values.iter().any(|&value| value < 0.0);
	let (lo, hi) = if signed { (-128.0, 127.0) } else { (0.0, 255.0) };
	ActivationScale { exponent: best_exponent(values, lo, hi).unwrap_or(0), signed }
}

/// Quantises every dense layer; `None` for other steps.
///
/// The last layer has one scale for all outputs, so that its integers can be compared.
pub(super) fn dense_scales(
	steps: &[Step],
	observed: &Observed,
) -> Result<Vec<Option<QuantizedDense>>, ModelError> {
	let quantize = |(index, step): (usize, &Step)| {
		let Step::Dense(dense) = step else { return Ok(None) };
		let input = observed.before(index);
		let exponents = match observed.after[index] {
			Some(output) => hidden_exponents(dense, input, output),
			None => last_exponents(dense, input),
		};
		let exponents = exponents.ok_or_else(|| ModelError::Node {
			node: dense.name.clone(),
			op: "Gemm".into(),
			what: "its weights or its bias are too large to quantise".into(),
		})?;
		let (mut weights, mut bias) = (Vec::new(), Vec::new());
		for (o, &exponent) in exponents.iter().enumerate() {
			let (row, sum) = round_row(dense, o, exponent, input);
			weights.extend(row);
			bias.push(sum as i32);
		}
		Ok(Some(QuantizedDense { weights, exponents, bias }))
	};
	steps.iter().enumerate().map(quantize).collect()
}

/// The smallest exponent at which the product with the input's scale is a normal float.
fn normal(input: ActivationScale) -> i32 {
	(f32::MIN_EXP - 1 - input.exponent).max(*EXPONENTS.start())
}

/// One exponent for each output of a layer whose result is quantised.
fn hidden_exponents(
	dense: &Dense,
	input: ActivationScale,
	output: ActivationScale,
) -> Option<Vec<i32>> {
	let coarse = (output.exponent - input.exponent - MAX_SHIFT).max(normal(input));
	(0..dense.outputs())
		.map(|o| {
			// A channel without weights has no best scale; the shift's limit gives it one.
			let best = best_exponent(dense.row(o), -127.0, 127.0).unwrap_or(coarse);
			(best.max(coarse)..=*EXPONENTS.end()).find(|&exponent| fits(dense, o, exponent, input))
		})
		.collect()
}

/// One exponent for all outputs of the last layer.
fn last_exponents(dense: &Dense, input: ActivationScale) -> Option<Vec<i32>> {
	let best = (0..dense.outputs()).filter_map(|o| best_exponent(dense.row(o), -127.0, 127.0));
	let best = best.max().unwrap_or(0).max(normal(input));
	let all = |exponent: &i32| (0..dense.outputs()).all(|o| fits(dense, o, *exponent, input));
	let shared = (best..=*EXPONENTS.end()).find(all)?;
	Some(vec![shared; dense.outputs()])
}

/// The weights and the bias of output `o` at a weight exponent.
fn round_row(dense: &Dense, o: usize, exponent: i32, input: ActivationScale) -> (Vec<i8>, f64) {
	let step = 2f64.powi(exponent);
	let round =
		|&weight: &f32| (f64::from(weight) / step).round_ties_even().clamp(-127.0, 127.0) as i8;
	let bias = (f64::from(dense.bias[o]) / (step * input.step())).round_ties_even();
	(dense.row(o).iter().map(round).collect(), bias)
}

/// Whether the sums and the bias of output `o` stay within their limits.
fn fits(dense: &Dense, o: usize, exponent: i32, input: ActivationScale) -> bool {
	let largest = if input.signed { 128.0 } else { 255.0 };
	let (weights, bias) = round_row(dense, o, exponent, input);
	let reach: f64 = weights.iter().map(|&weight| f64::from(weight).abs() * largest).sum();
	bias.abs() < MAX_BIAS && reach + bias.abs() < MAX_SUM
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn integers_stay_integers() {
		let scale = activation_scale(&[0.0, 3.0, 16.0]);
		assert_eq!(scale, ActivationScale { exponent: 0, signed: false });
	}

	#[test]
	fn reals_use_the_range() {
		let values: Vec<f32> = (0..1_000).map(|i| i as f32 / 999.0).collect();
		assert_eq!(activation_scale(&values).exponent, -8);
		let values: Vec<f32> = values.iter().map(|value| value - 0.5).collect();
		assert_eq!(activation_scale(&values), ActivationScale { exponent: -8, signed: true });
	}

	#[test]
	fn an_outlier_is_clipped() {
		let mut values: Vec<f32> = (0..100_000).map(|i| i as f32 / 100_000.0).collect();
		values.push(1.001);
		assert_eq!(activation_scale(&values).exponent, -8);
	}

	#[test]
	fn nothing_seen_is_no_error() {
		assert_eq!(activation_scale(&[0.0; 4]), ActivationScale { exponent: 0, signed: false });
	}
}
