//! `QLinearAveragePool` of `com.microsoft`.
//!
//! # Semantics
//! `s = Σ RN32((x − z_x) · s_x)` over a window, added one by one in float32; then
//! `y = clamp(RNE(RN32(RN32(RN32(s / n) / s_y) + z_y)))`, where `n` is the number of positions in the
//! image, or with `count_include_pad` that of the kernel.
//!
//! # Why the integer sum determines it
//! In general it does not: float32 rounds partial sums. But addition in float32 never falls when an
//! operand rises, so that the least and the largest float sum which bytes of a given integer sum can
//! have follow from those of one byte less, [`extremes`]. Where both round to the same result, for
//! every integer sum, the result is a function of it, exactly; else the layer is refused. With a
//! scale that is a power of two there is nothing to round.
//!
//! # Constraints
//! Those of rounding only, [`super::Requantize`].

use super::{
	geometry::{channels, image, kernel_shape, Geometry},
	operand::{Grid, Operand},
	Linear, Windows,
};
use crate::{
	error::ModelError,
	lower::{Lowering, KERNEL_LIMIT},
	onnx::Node,
	plan::{average, Rounding, Step},
	signal::Bounds,
	value::{exponent_of, Unit, Value},
};
use std::collections::BTreeMap;

pub(super) const ATTRIBUTES: [&str; 7] =
	["strides", "pads", "dilations", "auto_pad", "ceil_mode", "kernel_shape", "count_include_pad"];

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[&ATTRIBUTES[..], &["channels_last"]].concat())?;
	if node.int("channels_last", 0)? != 0 {
		return Err(node.error("channels_last is not supported: transpose the model"));
	}
	let input = Operand::read(lowering, node, 0)?;
	let result = Grid::read(lowering, node, 3, input.grid.kind)?;
	if result.kind != input.grid.kind {
		return Err(node.error("its input and its result differ in type"));
	}
	let (tensor, shape) = pool(lowering, node, &input, &result)?;
	result.quantized(lowering, node, tensor, shape)
}

/// The means, their zero point subtracted, and their shape.
pub(super) fn pool(
	lowering: &mut Lowering<'_>,
	node: &Node,
	input: &Operand,
	result: &Grid,
) -> Result<(usize, Vec<usize>), ModelError> {
	let (batch, count, spatial) = image(node, &input.shape)?;
	let kernel = kernel_shape(node, spatial.len())?;
	let geometry = Geometry::new(node, spatial, &kernel)?;
	let include = node.int("count_include_pad", 0)? != 0;
	let whole: usize = kernel.iter().product();
	let sizes: Vec<usize> = geometry.windows.iter().map(Vec::len).collect();
	if sizes.contains(&0) {
		return Err(node.error("a window lies in the padding alone"));
	}
	let shape = [&[batch, count], geometry.output.as_slice()].concat();
	let windows = channels(&geometry, batch * count, spatial.iter().product());
	let mut linear = Linear::new(Windows { windows });
	let divisor = |size: usize| if include { whole } else { size };
	let rounding = |size| Rounding::Average {
		from: input.grid.scale,
		count: divisor(size) as f32,
		to: result.scale,
	};
	let bytes = lowering.bounds_of(input.tensor).iter().copied();
	let bytes = bytes.reduce(|one, other| one.hull(other)).unwrap_or(Bounds::constant(0));
	let (lo, hi) = result.range();
	let mut steps = BTreeMap::new();
	for &size in &sizes {
		if steps.contains_key(&size) {
			continue;
		}
		let step = Step { rounding: rounding(size), zero_point: result.zero_point, lo, hi };
		if !is_function(&step, bytes, size) {
			return Err(node.error(
				"onnxruntime adds its inputs in float, where the result is no function of their \
				 integer sum: run `zkml quantize --snap`, which chooses scales that are powers of two",
			));
		}
		let sums = bytes.times(size as i64);
		steps.insert(size, quotient(&step, sums).unwrap_or((step, 0)));
	}
	let step = |output: usize| &steps[&sizes[output % sizes.len()]];
	linear.bias = (0..linear.bias.len()).map(|output| step(output).1).collect();
	let sums = lowering.push_linear(node, linear, &[input.tensor], &shape, KERNEL_LIMIT)?;
	let steps: Vec<Step> =
		(0..batch * count * sizes.len()).map(|output| step(output).0.clone()).collect();
	let tensor = lowering.round(node, sums, &shape, steps.into_iter())?;
	let raw = crate::value::Quantized { tensor, shape, kind: result.kind };
	let tensor = lowering.shift_by(node, &raw, -result.zero_point)?;
	Ok((tensor, raw.shape))
}

/// The same step as a plain quotient by a number that is no power of two, whose ties have a gadget,
/// and what is to be added to the sum before. The zero point decides which neighbour of a tie is
/// even: where it is odd, 1 of it joins the sum.
fn quotient(step: &Step, sums: Bounds) -> Option<(Step, i64)> {
	const MOST_SUMS: i64 = 1 << 16;
	let &Step { rounding: Rounding::Average { from, count, to }, zero_point, .. } = step else {
		return None;
	};
	let (exponent, power) = (exponent_of(from)?, exponent_of(to)?);
	if exponent_of(count).is_some() || sums.hi - sums.lo > MOST_SUMS {
		return None;
	}
	// Where this is no integer there are no ties.
	let whole = u32::try_from(power - exponent).ok().filter(|&shift| shift <= 16);
	let bias = match (zero_point & 1, whole) {
		(1, Some(shift)) => (count as i64) << shift,
		_ => 0,
	};
	let unit = Unit::Over { exponent, divisor: count };
	let rounding = Rounding::Float { unit, then: Vec::new(), scale: to };
	let zero_point = zero_point - i64::from(bias != 0);
	let other = Step { rounding, zero_point, ..step.clone() };
	(sums.lo..=sums.hi)
		.all(|sum| other.apply(sum + bias) == step.apply(sum))
		.then_some((other, bias))
}

/// Whether the result of a window is that of its integer sum, whatever the bytes.
fn is_function(step: &Step, bytes: Bounds, size: usize) -> bool {
	/// Additions that are tried for one layer.
	const MOST_WORK: i64 = 1 << 29;
	let &Step { rounding: Rounding::Average { from, count, to }, zero_point, lo, hi } = step else {
		return false;
	};
	let magnitude = bytes.lo.abs().max(bytes.hi.abs());
	let Some(reach) = magnitude.checked_mul(size as i64).filter(|&reach| reach < 1 << 24) else {
		return false;
	};
	if exponent_of(from).is_some() {
		return true;
	}
	let span = bytes.hi - bytes.lo + 1;
	if reach.saturating_mul(2 * span).saturating_mul(size as i64) > MOST_WORK {
		return false;
	}
	let end = |sum: f32| average(sum, count, to, zero_point).clamp(lo, hi);
	extremes(from, bytes, size).iter().enumerate().all(|(index, &(least, most))| {
		let sum = bytes.lo * size as i64 + index as i64;
		let exact = end(sum as f32 * from);
		end(least) == exact && end(most) == exact
	})
}

/// By integer sum, from the least one on, the least and the largest float sum of so many bytes.
fn extremes(scale: f32, bytes: Bounds, size: usize) -> Vec<(f32, f32)> {
	let values: Vec<f32> = (bytes.lo..=bytes.hi).map(|byte| byte as f32 * scale).collect();
	let mut sums = vec![(0.0f32, 0.0f32)];
	for _ in 0..size {
		let mut next = vec![(f32::INFINITY, f32::NEG_INFINITY); sums.len() + values.len() - 1];
		for (at, &(least, most)) in sums.iter().enumerate() {
			for (reached, value) in next[at..].iter_mut().zip(&values) {
				reached.0 = reached.0.min(least + value);
				reached.1 = reached.1.max(most + value);
			}
		}
		sums = next;
	}
	sums
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn extremes_are_those_of_every_order() {
		let (scale, bytes) = (0.1f32, Bounds { lo: -3, hi: 4 });
		let found = extremes(scale, bytes, 3);
		let mut seen = vec![(f32::INFINITY, f32::NEG_INFINITY); found.len()];
		let all = bytes.lo..=bytes.hi;
		for (a, b, c) in all.clone().flat_map(|a| {
			let all = bytes.lo..=bytes.hi;
			all.clone().flat_map(move |b| (bytes.lo..=bytes.hi).map(move |c| (a, b, c)))
		}) {
			let value = |byte: i64| byte as f32 * scale;
			let sum = value(a) + value(b) + value(c);
			let slot = &mut seen[(a + b + c - 3 * bytes.lo) as usize];
			*slot = (slot.0.min(sum), slot.1.max(sum));
		}
		assert_eq!(found, seen);
		assert!(found.iter().any(|(least, most)| least != most), "0.1 + 0.2 is not 0.3");
	}
}
