//! `QLinearConv` with constant weights.
//!
//! # Semantics
//! `acc = Σ (w − z_w) · (x − z_x) + b`, exact, padding counting as `z_x`; then
//! `y = z_y + RNE(clamp(RN32(RN32(acc) · M)))` with `M = RN32(RN32(s_x · s_w) / s_y)` for each
//! channel of the result.
//!
//! # Constraints
//! Those of rounding only, [`super::Requantize`].

use super::{
	operand::{factor, weight_scales, Grid, Operand, Weights},
	Conv, Linear, Taps,
};
use crate::{
	error::ModelError,
	lower::{Lowering, KERNEL_LIMIT},
	onnx::{Data, Node},
	plan::{Rounding, Step},
	value::{Quantized, Value},
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&Conv::ATTRIBUTES)?;
	let input = Operand::read(lowering, node, 0)?;
	let result = Grid::read(lowering, node, 6, input.grid.kind)?;
	if result.kind != input.grid.kind {
		return Err(node.error("its input and its result differ in type"));
	}
	let weights = Weights::read(lowering, node, 3, 5, |shape, place, _| {
		place / shape.iter().skip(1).product::<usize>().max(1)
	})?;
	if lowering.ints(node, 5)?.is_some_and(|points| points.windows(2).any(|two| two[0] != two[1])) {
		return Err(node.error("its weights have zero points that differ by channel"));
	}
	let (conv, shape) = Conv::new(node, &input.shape, &weights.shape, weights.values)?;
	let channels = weights.shape[0];
	let scales = weight_scales(lowering, node, 4, channels)?;
	let factors = scales.iter().map(|w| factor(node, input.grid.scale * w / result.scale));
	let factors: Vec<f32> = factors.collect::<Result<_, _>>()?;
	let places: Vec<usize> = (0..conv.outputs()).map(|output| conv.channel(output)).collect();
	let mut linear = Linear::new(conv);
	if node.optional_input(8).is_some() {
		match &lowering.constant(node, 8)?.data {
			Data::I32(bias) if bias.len() == channels => {
				let bias = places.iter().map(|&channel| bias[channel].into());
				linear.bias = bias.collect();
			},
			_ => return Err(node.error(format!("its bias is not {channels} integers of 32 bits"))),
		}
	}
	let sums = lowering.push_linear(node, linear, &[input.tensor], &shape, KERNEL_LIMIT)?;
	let tensor = round(lowering, node, sums, &shape, &result, |output| factors[places[output]])?;
	Ok(Value::Quantized(Quantized { tensor, shape, kind: result.kind }))
}

/// The rounding of an integer kernel, each element with its own factor.
pub(super) fn round(
	lowering: &mut Lowering<'_>,
	node: &Node,
	sums: usize,
	shape: &[usize],
	&Grid { zero_point, kind, .. }: &Grid,
	factor_of: impl Fn(usize) -> f32,
) -> Result<usize, ModelError> {
	let (lo, hi) = kind.range().unwrap_or((0, 255));
	let step = |output| Step {
		rounding: Rounding::Kernel { factor: factor_of(output) },
		zero_point,
		lo,
		hi,
	};
	let steps: Vec<Step> = (0..lowering.bounds_of(sums).len()).map(step).collect();
	lowering.round(node, sums, shape, steps.into_iter())
}
