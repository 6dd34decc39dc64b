//! What every element of a tensor can be: integers between bounds, times a power of two.

use super::{
	moves::{moved, PADDING},
	net::{broadcast_index, LayerNorm, Move, Op, PadMode, Reduction},
	shape::reduced_positions,
	simplify::spread,
};

/// Sums stay below this, so that float32 holds them exactly, in whatever order they are added.
pub(super) const MAX_SUM: f64 = (1 << 24) as f64;
/// Fraction bits of a slope.
const MAX_SLOPE_BITS: i32 = 8;

/// An element: `integer · 2^exponent` with `lo ≤ integer ≤ hi`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Grid {
	pub(super) exponent: i32,
	pub(super) lo: f64,
	pub(super) hi: f64,
}

impl Grid {
	/// An element of which nothing is known until it is quantised.
	pub(super) const UNKNOWN: Self = Self { exponent: 0, lo: f64::NEG_INFINITY, hi: f64::INFINITY };

	/// The largest magnitude.
	pub(super) fn reach(&self) -> f64 {
		self.lo.abs().max(self.hi.abs())
	}

	/// The same element in a finer unit.
	fn at(&self, exponent: i32) -> Self {
		let factor = 2f64.powi(self.exponent - exponent);
		Self { exponent, lo: self.lo * factor, hi: self.hi * factor }
	}

	fn negated(&self) -> Self {
		Self { exponent: self.exponent, lo: -self.hi, hi: -self.lo }
	}

	/// The element quantised to integers in `[lo, hi]`.
	pub(super) fn quantized(&self, exponent: i32, lo: f64, hi: f64) -> Self {
		let factor = 2f64.powi(self.exponent - exponent);
		let round = |value: f64| {
			if value.is_finite() { (value * factor).round_ties_even() } else { value }.clamp(lo, hi)
		};
		Self { exponent, lo: round(self.lo), hi: round(self.hi) }
	}
}

/// Why a layer is not exact.
#[derive(Clone, Copy, Debug)]
pub(super) enum Inexact {
	/// Its addends' units are too fine; this exponent would do.
	Unit(i32),
	/// Its input has too many bits: it should be quantised first.
	Width,
}

/// A layer with its constants rounded, and what its results can be.
pub(super) struct Rounded {
	pub(super) op: Op,
	pub(super) grids: Vec<Vec<Grid>>,
	/// Integers of an added constant, and their exponent.
	pub(super) addition: Option<(Vec<i32>, i32)>,
}

fn finest<'a>(grids: impl Iterator<Item = &'a Grid>) -> i32 {
	grids.map(|grid| grid.exponent).min().unwrap_or(0)
}

fn coarsest(grids: &[Grid]) -> i32 {
	grids.iter().map(|grid| grid.exponent).max().unwrap_or(0)
}

/// The sum of elements in their finest unit, which must be exact.
fn sum<'a>(addends: impl Iterator<Item = &'a Grid> + Clone) -> Result<Grid, Inexact> {
	let exponent = finest(addends.clone());
	let mut total = Grid { exponent, lo: 0.0, hi: 0.0 };
	let mut reach = 0.0;
	for addend in addends {
		let addend = addend.at(exponent);
		total.lo += addend.lo;
		total.hi += addend.hi;
		reach += addend.reach();
	}
	if reach >= MAX_SUM {
		let bits = (reach / MAX_SUM).log2().floor() as i32 + 1;
		return Err(Inexact::Unit(exponent + bits));
	}
	Ok(total)
}

/// The largest, or smallest, of elements.
fn extreme<'a>(of: impl Iterator<Item = &'a Grid> + Clone, max: bool) -> Grid {
	let exponent = finest(of.clone());
	let pick = |a: f64, b: f64| if max { a.max(b) } else { a.min(b) };
	of.map(|grid| grid.at(exponent))
		.reduce(|a, b| Grid { exponent, lo: pick(a.lo, b.lo), hi: pick(a.hi, b.hi) })
		.unwrap_or(Grid::UNKNOWN)
}

/// A real number as a multiple of `2^exponent` that float32 holds.
fn on_grid(value: f32, exponent: i32) -> f32 {
	if !value.is_finite() {
		return value;
	}
	let limit = MAX_SUM - 1.0;
	let steps = (f64::from(value) * 2f64.powi(-exponent)).round_ties_even().clamp(-limit, limit);
	(steps * 2f64.powi(exponent)) as f32
}

/// Fraction bits of a slope: as few as come close to it.
fn slope_bits(slopes: &[f32]) -> i32 {
	let close = |slope: f32, bits: i32| {
		let error = f64::from(on_grid(slope, -bits)) - f64::from(slope);
		error.abs() <= f64::from(slope).abs() / 32.0
	};
	let of_one =
		|&slope: &f32| (0..MAX_SLOPE_BITS).find(|&b| close(slope, b)).unwrap_or(MAX_SLOPE_BITS);
	slopes.iter().map(of_one).max().unwrap_or(0)
}

/// Whether slopes are binary fractions of few bits.
pub(super) fn is_short(slopes: &[f32]) -> bool {
	slopes.iter().all(|&slope| on_grid(slope, -MAX_SLOPE_BITS) == slope)
}

fn product(a: &Grid, b: &Grid) -> Grid {
	let ends = [a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi];
	let lo = ends.into_iter().fold(f64::INFINITY, f64::min);
	let hi = ends.into_iter().fold(f64::NEG_INFINITY, f64::max);
	Grid { exponent: a.exponent + b.exponent, lo, hi }
}

/// The products of two activations' matrices.
fn matmul(inputs: &[&[Grid]], shapes: &[&[usize]], result: &[usize]) -> Result<Vec<Grid>, Inexact> {
	let (a, b) = (shapes[0], shapes[1]);
	let (lead, [rows, columns]) = (
		&result[..result.len() - 2],
		[result.len() - 2, result.len() - 1].map(|axis| result[axis]),
	);
	let terms = a[a.len() - 1];
	// The matrix of each operand that one of the result takes.
	let starts = |shape: &[usize]| broadcast_index(&shape[..shape.len() - 2], lead);
	let mut grids = Vec::with_capacity(result.iter().product());
	for (first, second) in starts(a).into_iter().zip(starts(b)) {
		for row in 0..rows {
			for column in 0..columns {
				let pair = |term: usize| {
					let left = &inputs[0][(first * rows + row) * terms + term];
					let right = &inputs[1][(second * terms + term) * columns + column];
					product(left, right)
				};
				let products: Vec<Grid> = (0..terms).map(pair).collect();
				grids.push(sum(products.iter())?);
			}
		}
	}
	Ok(grids)
}

/// Rounds a layer's constants to its inputs' units and says what its results can be.
///
/// `next` is the exponent of the quantisation that follows, where one does. Layers with weights
/// are not treated here.
pub(super) fn round(
	op: &Op,
	inputs: &[&[Grid]],
	shapes: &[&[usize]],
	result: &[usize],
	next: Option<i32>,
) -> Result<Rounded, Inexact> {
	let exact = |grids: Vec<Grid>| Rounded { op: op.clone(), grids: vec![grids], addition: None };
	let x = inputs[0];
	let broadcast = |index: usize| -> Vec<&Grid> {
		let at = broadcast_index(shapes[index], result);
		at.into_iter().map(|position| &inputs[index][position]).collect()
	};
	let windows = |positions: &[Vec<usize>], plane: usize| -> Vec<Vec<usize>> {
		let channels = x.len() / plane;
		let shifted = |c: usize| move |at: &Vec<usize>| at.iter().map(|p| c * plane + p).collect();
		(0..channels).flat_map(|c| positions.iter().map(shifted(c))).collect()
	};
	let mean = |groups: &[Vec<usize>], count: usize| -> Result<Vec<Grid>, Inexact> {
		let shift = count.trailing_zeros() as i32;
		(groups.iter())
			.map(|group| {
				let total = sum(group.iter().map(|&at| &x[at])).map_err(|_| Inexact::Width)?;
				Ok(Grid { exponent: total.exponent - shift, ..total })
			})
			.collect()
	};
	let largest = |groups: &[Vec<usize>]| {
		groups.iter().map(|group| extreme(group.iter().map(|&at| &x[at]), true)).collect()
	};
	Ok(match op {
		Op::Conv(_) | Op::Dense(_) => {
			unreachable!("layers with weights have integers of their own")
		},
		Op::HardSigmoid { .. }
		| Op::HardSwish
		| Op::Curve(_)
		| Op::Softmax(_)
		| Op::Normalizer(_) => exact(vec![Grid::UNKNOWN; x.len()]),
		Op::LayerNorm(norm) => {
			// Seven bits of the largest are enough beside eight of a quantised result.
			let short = |values: &[f32]| -> Vec<f32> {
				let largest = values.iter().map(|value| value.abs()).fold(0.0, f32::max);
				let exponent = if largest > 0.0 { largest.log2().floor() as i32 - 6 } else { 0 };
				values.iter().map(|&value| on_grid(value, exponent)).collect()
			};
			let (scale, bias) = (short(&norm.scale), short(&norm.bias));
			let op = Op::LayerNorm(LayerNorm { scale, bias, ..norm.clone() });
			Rounded { op, grids: vec![vec![Grid::UNKNOWN; x.len()]], addition: None }
		},
		Op::MatMul => exact(matmul(inputs, shapes, result)?),
		Op::Leaky { slopes, .. } if slopes.len() == 1 && !is_short(slopes) => {
			exact(vec![Grid::UNKNOWN; x.len()])
		},
		Op::Affine(affine) if affine.is_power_of_two() => {
			let shift = affine.factor[0].abs().log2() as i32;
			let turned = |grid: &Grid| {
				let turned = if affine.factor[0] < 0.0 { grid.negated() } else { *grid };
				Grid { exponent: grid.exponent + shift, ..turned }
			};
			exact(x.iter().map(turned).collect())
		},
		Op::Affine(affine) => {
			let largest = affine.offset.iter().map(|o| o.abs()).fold(0.0, f32::max);
			// 15 bits of the constant are enough beside 8 of a quantised result.
			let enough = if largest > 0.0 { largest.log2().floor() as i32 - 14 } else { 0 };
			let exponent = coarsest(x).min(enough);
			let mut affine = affine.clone();
			affine.offset.iter_mut().for_each(|o| *o = on_grid(*o, exponent));
			let integer = |offset: f32| f64::from(offset) * 2f64.powi(-exponent);
			let integers: Vec<i32> = affine.offset.iter().map(|&o| integer(o) as i32).collect();
			let offsets = spread(&affine, result);
			let grids: Result<Vec<Grid>, Inexact> = (x.iter().zip(offsets))
				.map(|(grid, offset)| {
					let value = integer(offset);
					sum([*grid, Grid { exponent, lo: value, hi: value }].iter())
				})
				.collect();
			let grids = vec![grids?];
			Rounded { op: Op::Affine(affine), grids, addition: Some((integers, exponent)) }
		},
		Op::Sum(signs) => {
			let addends: Vec<Vec<Grid>> = (0..inputs.len())
				.map(|index| {
					let grids = broadcast(index).into_iter();
					grids.map(|grid| if signs[index] { grid.negated() } else { *grid }).collect()
				})
				.collect();
			let at = |position: usize| sum(addends.iter().map(|addend| &addend[position]));
			// The coarsest unit that any element asks for.
			let mut unit: Option<i32> = None;
			let mut grids = Vec::new();
			for position in 0..result.iter().product() {
				match at(position) {
					Ok(grid) => grids.push(grid),
					Err(Inexact::Unit(needed)) => unit = unit.max(Some(needed)),
					Err(other) => return Err(other),
				}
			}
			match unit {
				Some(unit) => return Err(Inexact::Unit(unit)),
				None => exact(grids),
			}
		},
		Op::Product => {
			let (a, b) = (broadcast(0), broadcast(1));
			exact(a.iter().zip(&b).map(|(a, b)| product(a, b)).collect())
		},
		Op::Relu => {
			let zero = |x: &Grid| Grid { lo: x.lo.max(0.0), hi: x.hi.max(0.0), ..*x };
			exact(x.iter().map(zero).collect())
		},
		Op::Abs => {
			let abs = |x: &Grid| {
				let lo = if x.lo > 0.0 { x.lo } else { (-x.hi).max(0.0) };
				Grid { lo, hi: x.reach(), ..*x }
			};
			exact(x.iter().map(abs).collect())
		},
		Op::Leaky { shape, slopes } => {
			let bits = slope_bits(slopes);
			let slopes: Vec<f32> = slopes.iter().map(|&slope| on_grid(slope, -bits)).collect();
			let at = broadcast_index(shape, result);
			let mut grids = Vec::with_capacity(x.len());
			for (grid, &at) in x.iter().zip(&at) {
				let multiple = f64::from(slopes[at]) * 2f64.powi(bits);
				let one = 2f64.powi(bits);
				if grid.reach() * one.max(multiple.abs()) >= MAX_SUM {
					return Err(Inexact::Width);
				}
				let (a, b) = (grid.lo.min(0.0) * multiple, grid.hi.min(0.0) * multiple);
				let (low, high) = (a.min(b), a.max(b));
				let lo = if grid.lo >= 0.0 { grid.lo * one } else { low };
				let hi = if grid.hi > 0.0 { high.max(grid.hi * one) } else { high };
				grids.push(Grid { exponent: grid.exponent - bits, lo, hi });
			}
			let op = Op::Leaky { shape: shape.clone(), slopes };
			Rounded { op, grids: vec![grids], addition: None }
		},
		Op::Clip { lo, hi } => {
			let unit = coarsest(x).max(next.unwrap_or(i32::MIN));
			let (lo, hi) = (on_grid(*lo, unit), on_grid(*hi, unit));
			let clip = |grid: &Grid| {
				let factor = 2f64.powi(-grid.exponent);
				let (from, to) = (f64::from(lo) * factor, f64::from(hi) * factor);
				Grid { lo: grid.lo.max(from).min(to), hi: grid.hi.max(from).min(to), ..*grid }
			};
			let grids = vec![x.iter().map(clip).collect()];
			Rounded { op: Op::Clip { lo, hi }, grids, addition: None }
		},
		Op::Min | Op::Max => {
			let max = matches!(op, Op::Max);
			let all: Vec<Vec<&Grid>> = (0..inputs.len()).map(broadcast).collect();
			let at = |position: usize| extreme(all.iter().map(|input| input[position]), max);
			exact((0..result.iter().product()).map(at).collect())
		},
		Op::MaxPool(window) => {
			let plane = shapes[0][2..].iter().product();
			exact(largest(&windows(&window.positions(&shapes[0][2..]), plane)))
		},
		Op::AveragePool { window, include_pad } => {
			let even = !window.ceil && (*include_pad || !window.is_padded());
			if !even || !window.taps().is_power_of_two() {
				return Ok(exact(vec![Grid::UNKNOWN; result.iter().product()]));
			}
			let plane = shapes[0][2..].iter().product();
			exact(mean(&windows(&window.positions(&shapes[0][2..]), plane), window.taps())?)
		},
		Op::Reduce { how, axes, .. } => {
			let groups = reduced_positions(shapes[0], axes);
			let count = groups.first().map_or(1, Vec::len);
			match how {
				Reduction::Max => exact(largest(&groups)),
				Reduction::Sum => exact(mean(&groups, 1)?),
				Reduction::Mean if count.is_power_of_two() => exact(mean(&groups, count)?),
				Reduction::Mean => exact(vec![Grid::UNKNOWN; groups.len()]),
			}
		},
		Op::ArgMax { axis, .. } => {
			let most = shapes[0][*axis] as f64;
			exact(vec![Grid { exponent: 0, lo: 0.0, hi: most }; result.iter().product()])
		},
		Op::TopK { axis, .. } => {
			let count = result.iter().product();
			let everything: Vec<usize> = (0..x.len()).collect();
			let values = extreme(everything.iter().map(|&at| &x[at]), true);
			let lowest = extreme(everything.iter().map(|&at| &x[at]), false);
			let value = Grid { lo: lowest.lo, ..values };
			let index = Grid { exponent: 0, lo: 0.0, hi: shapes[0][*axis] as f64 };
			let grids = vec![vec![value; count], vec![index; count]];
			Rounded { op: op.clone(), grids, addition: None }
		},
		Op::Move(m) => {
			let mut m = m.clone();
			let mut padding = Grid { exponent: coarsest(x), lo: 0.0, hi: 0.0 };
			if let Move::Pad { mode: PadMode::Constant(value), .. } = &mut m {
				*value = on_grid(*value, padding.exponent);
				let steps = f64::from(*value) * 2f64.powi(-padding.exponent);
				(padding.lo, padding.hi) = (steps, steps);
			}
			let all: Vec<Grid> = inputs.concat();
			let pick = |&at: &usize| if at == PADDING { padding } else { all[at] };
			let moved = moved(&m, shapes).unwrap_or_default();
			let grids =
				moved.iter().map(|moved| moved.sources.iter().map(pick).collect()).collect();
			Rounded { op: Op::Move(m), grids, addition: None }
		},
	})
}
