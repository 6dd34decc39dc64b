//! `QLinearGlobalAveragePool` of `com.microsoft`.
//!
//! # Semantics
//! `acc = Σ (x − z_x)` over the `n` positions of a channel, exact; then
//! `y = z_y + RNE(clamp(RN32(RN32(acc) · M)))` with `M = RN32(s_x / RN32(s_y · n))`.
//!
//! # Constraints
//! Those of rounding only, [`super::Requantize`].

use super::{
	geometry::image,
	operand::{factor, Grid, Operand},
	qlinear_conv::round,
	Linear, Windows,
};
use crate::{
	error::ModelError,
	lower::{Lowering, KERNEL_LIMIT},
	onnx::Node,
	value::Value,
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["channels_last"])?;
	if node.int("channels_last", 0)? != 0 {
		return Err(node.error("channels_last is not supported: transpose the model"));
	}
	let input = Operand::read(lowering, node, 0)?;
	let result = Grid::read(lowering, node, 3, input.grid.kind)?;
	if result.kind != input.grid.kind {
		return Err(node.error("its input and its result differ in type"));
	}
	let (tensor, shape) = mean(lowering, node, &input, &result)?;
	result.quantized(lowering, node, tensor, shape)
}

/// The means of all channels, their zero point subtracted, and their shape.
pub(super) fn mean(
	lowering: &mut Lowering<'_>,
	node: &Node,
	input: &Operand,
	result: &Grid,
) -> Result<(usize, Vec<usize>), ModelError> {
	let (batch, channels, spatial) = image(node, &input.shape)?;
	let size: usize = spatial.iter().product();
	let factor = factor(node, input.grid.scale / (result.scale * size as f32))?;
	if !(2f32.powi(-32)..256.0).contains(&factor) {
		return Err(node.error(format!("onnxruntime refuses its factor {factor}")));
	}
	let windows =
		(0..batch * channels).map(|image| (image * size) as u32..((image + 1) * size) as u32);
	let windows = windows.map(Iterator::collect).collect();
	let shape = [&[batch, channels], vec![1; spatial.len()].as_slice()].concat();
	let linear = Linear::new(Windows { windows });
	let sums = lowering.push_linear(node, linear, &[input.tensor], &shape, KERNEL_LIMIT)?;
	let raw = round(lowering, node, sums, &shape, result, |_| factor)?;
	let raw = crate::value::Quantized { tensor: raw, shape, kind: result.kind };
	let tensor = lowering.shift_by(node, &raw, -result.zero_point)?;
	Ok((tensor, raw.shape))
}
