//! Integers of layers with weights.

use super::{
	grid::{Grid, MAX_SUM},
	net::{Conv, Dense, Op},
	scale::{least_error, EXPONENTS},
};

/// Biases stay below this, so that they leave room for the sums.
const MAX_BIAS: f64 = (1 << 22) as f64;
/// A sum's unit is at most this many powers of two below its result's.
const MAX_SHIFT: i32 = 20;

/// The integers and scales of a layer with weights.
#[derive(Clone, Debug)]
pub(super) struct Integers {
	/// Weights, one row per output.
	pub(super) weights: Vec<i8>,
	/// Exponent of each output's weights.
	pub(super) exponents: Vec<i32>,
	/// Biases, in units of input times weight.
	pub(super) bias: Vec<i32>,
	/// Exponent of the input.
	pub(super) input: i32,
	/// What each output's sums reach.
	pub(super) grids: Vec<Grid>,
}

/// A layer with weights, as rows over input channels.
pub(super) struct Rows<'a> {
	weights: &'a [f32],
	bias: &'a [f32],
	/// Weights of one output.
	pub(super) row: usize,
	/// Weights that share an input channel.
	taps: usize,
	/// Outputs of one group.
	group: usize,
}

impl<'a> Rows<'a> {
	/// The rows of a linear layer; `None` for other operators.
	pub(super) fn of(op: &'a Op) -> Option<Self> {
		match op {
			Op::Conv(Conv { weights, bias, groups, window, .. }) => Some(Self {
				weights,
				bias,
				row: weights.len() / bias.len(),
				taps: window.taps(),
				group: bias.len() / groups,
			}),
			Op::Dense(Dense { weights, bias, inputs }) => {
				Some(Self { weights, bias, row: *inputs, taps: 1, group: bias.len() })
			},
			_ => None,
		}
	}

	pub(super) fn outputs(&self) -> usize {
		self.bias.len()
	}

	/// The weights of one output.
	pub(super) fn weights(&self, output: usize) -> &'a [f32] {
		&self.weights[output * self.row..(output + 1) * self.row]
	}

	/// The input channel that weight `index` of an output multiplies.
	fn channel(&self, output: usize, index: usize) -> usize {
		output / self.group * (self.row / self.taps) + index / self.taps
	}

	/// The exponent of least squared error of every row; `None` for a row of zeros.
	pub(super) fn best_exponents(&self, bits: u32) -> Vec<Option<i32>> {
		let most = largest_weight(bits);
		(0..self.outputs()).map(|o| least_error(self.weights(o), -most, most)).collect()
	}
}

fn largest_weight(bits: u32) -> f64 {
	2f64.powi(bits as i32 - 1) - 1.0
}

/// What is known of a layer's surroundings.
pub(super) struct Context<'a> {
	/// Exponent of the input.
	pub(super) input: i32,
	/// Range of each input channel.
	pub(super) ranges: &'a [Grid],
	/// Mean of each input channel in real units, where biases are to be corrected.
	pub(super) means: Option<&'a [f64]>,
	/// Exponent of the quantisation after it, if one follows.
	pub(super) output: Option<i32>,
	/// Smallest exponent of its sums.
	pub(super) floor: Option<i32>,
	/// Whether all outputs must share one exponent.
	pub(super) shared: bool,
	/// Bits of a weight.
	pub(super) bits: u32,
}

/// Chooses exponents at which every sum is exact; `None` if there are none.
pub(super) fn quantize(
	rows: &Rows<'_>,
	best: &[Option<i32>],
	context: &Context<'_>,
) -> Option<Integers> {
	let normal = (f32::MIN_EXP - 1 - context.input).max(*EXPONENTS.start());
	let below = context.output.map(|output| output - context.input - MAX_SHIFT);
	let floor = context.floor.map(|floor| floor - context.input);
	let coarse = normal.max(below.unwrap_or(normal)).max(floor.unwrap_or(normal));
	let fits = |o: usize, exponent: i32| {
		let (_, bias, grid) = round(rows, o, exponent, context);
		bias.abs() < MAX_BIAS && grid.1 < MAX_SUM
	};
	let exponents: Vec<i32> = if context.shared {
		let best = best.iter().flatten().max().copied().unwrap_or(0).max(coarse);
		let all = |exponent: &i32| (0..rows.outputs()).all(|o| fits(o, *exponent));
		vec![(best..=*EXPONENTS.end()).find(all)?; rows.outputs()]
	} else {
		let chosen: Option<Vec<i32>> = (0..rows.outputs())
			.map(|o| {
				// A channel without weights has no best scale; the limit from below gives it one.
				let best = best[o].unwrap_or(coarse.max(-context.input - MAX_SHIFT)).max(coarse);
				(best..=*EXPONENTS.end()).find(|&exponent| fits(o, exponent))
			})
			.collect();
		chosen?
	};
	let mut integers = Integers {
		weights: Vec::with_capacity(rows.weights.len()),
		bias: Vec::with_capacity(rows.outputs()),
		input: context.input,
		grids: Vec::with_capacity(rows.outputs()),
		exponents,
	};
	for o in 0..rows.outputs() {
		let (weights, bias, (grid, _)) = round(rows, o, integers.exponents[o], context);
		integers.weights.extend(weights);
		integers.bias.push(bias as i32);
		integers.grids.push(grid);
	}
	Some(integers)
}

/// The weights and the bias of an output at a weight exponent, and what its sums reach: bounds and
/// the largest partial sum.
fn round(
	rows: &Rows<'_>,
	o: usize,
	exponent: i32,
	context: &Context<'_>,
) -> (Vec<i8>, f64, (Grid, f64)) {
	let inverse = 2f64.powi(-exponent);
	let most = largest_weight(context.bits);
	let real = rows.weights(o);
	let weights: Vec<i8> = real
		.iter()
		.map(|&weight| (f64::from(weight) * inverse).round_ties_even().clamp(-most, most) as i8)
		.collect();
	let step = 2f64.powi(exponent);
	let mut bias = f64::from(rows.bias[o]);
	if let Some(means) = context.means {
		for (index, (&rounded, &weight)) in weights.iter().zip(real).enumerate() {
			let error = f64::from(rounded) * step - f64::from(weight);
			bias -= error * means[rows.channel(o, index)];
		}
	}
	let bias = (bias * 2f64.powi(-exponent - context.input)).round_ties_even();
	let (mut lo, mut hi, mut reach) = (bias, bias, bias.abs());
	for (index, &weight) in weights.iter().enumerate() {
		let weight = f64::from(weight);
		let range = &context.ranges[rows.channel(o, index)];
		let (a, b) = (weight * range.lo, weight * range.hi);
		lo += a.min(b);
		hi += a.max(b);
		reach += a.abs().max(b.abs());
	}
	(weights, bias, (Grid { exponent: exponent + context.input, lo, hi }, reach))
}
