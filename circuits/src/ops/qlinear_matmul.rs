//! `QLinearMatMul` with constant weights.
//!
//! # Semantics
//! `acc = Σ (a − z_a) · (b − z_b)`, exact; then `y = z_y + RNE(clamp(RN32(RN32(acc) · M)))` with
//! `M = RN32(RN32(s_a · s_b) / s_y)` for each column of `b`.
//!
//! # Constraints
//! Those of rounding only, [`super::Requantize`].

use super::{
	operand::{factor, weight_scales, Grid, Operand, Weights},
	qlinear_conv::round,
	Dense, Linear,
};
use crate::{
	error::{show_shape, ModelError},
	lower::{Lowering, KERNEL_LIMIT},
	onnx::Node,
	value::{Quantized, Value},
};

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	let input = Operand::read(lowering, node, 0)?;
	let result = Grid::read(lowering, node, 6, input.grid.kind)?;
	if result.kind != input.grid.kind {
		return Err(node.error("its input and its result differ in type"));
	}
	let weights = Weights::read(lowering, node, 3, 5, column)?;
	let (taps, shape) = product(node, &input.shape, weights)?;
	let columns = taps.weights.len() / taps.inputs;
	let scales = match lowering.constant(node, 4)?.data.len() {
		// One for each column, the same for every matrix.
		count if count == taps.outputs => {
			weight_scales(lowering, node, 4, taps.outputs)?.repeat(columns / taps.outputs)
		},
		_ => weight_scales(lowering, node, 4, columns)?,
	};
	let factors = scales.iter().map(|b| factor(node, input.grid.scale * b / result.scale));
	let factors: Vec<f32> = factors.collect::<Result<_, _>>()?;
	let channels: Vec<usize> =
		(0..taps.rows * taps.outputs).map(|output| taps.column(output)).collect();
	let linear = Linear::new(taps);
	let sums = lowering.push_linear(node, linear, &[input.tensor], &shape, KERNEL_LIMIT)?;
	let tensor = round(lowering, node, sums, &shape, &result, |output| factors[channels[output]])?;
	Ok(Value::Quantized(Quantized { tensor, shape, kind: result.kind }))
}

/// Which of several zero points a weight takes: the one of its column, or of its matrix and column.
pub(super) fn column(shape: &[usize], place: usize, count: usize) -> usize {
	let columns = shape.last().copied().unwrap_or(1).max(1);
	let matrix: usize = shape.iter().rev().take(2).product();
	let before = if count == columns { 0 } else { place / matrix.max(1) * columns };
	before + place % columns
}

/// The taps of a product of matrices, the second constant, and the shape of the result.
pub(super) fn product(
	node: &Node,
	activation: &[usize],
	weights: Weights,
) -> Result<(Dense, Vec<usize>), ModelError> {
	let misfit = || {
		node.error(format!(
			"an input of shape {} for weights of shape {}",
			show_shape(activation),
			show_shape(&weights.shape)
		))
	};
	let (leading, inputs) = match activation {
		[leading @ .., inputs] => (leading, *inputs),
		[] => return Err(misfit()),
	};
	let (batch, outputs, vector) = match weights.shape.as_slice() {
		[own] if *own == inputs => (&[][..], 1, true),
		[batch @ .., own, outputs] if *own == inputs => (batch, *outputs, false),
		_ => return Err(misfit()),
	};
	let matrices: usize = batch.iter().product();
	if matrices != 1 && leading[..leading.len().saturating_sub(1)] != *batch || inputs == 0 {
		return Err(misfit());
	}
	let rows: usize = leading.iter().product();
	let mut transposed = Vec::with_capacity(weights.values.len());
	for matrix in weights.values.chunks(inputs * outputs) {
		for o in 0..outputs {
			transposed.extend((0..inputs).map(|j| matrix[j * outputs + o]));
		}
	}
	// A batch of one matrix that has more dimensions than the activation adds them.
	let extra = (batch.len() + 1).saturating_sub(leading.len().max(1));
	let ones = if matrices == 1 { vec![1; extra] } else { Vec::new() };
	let columns = if vector { Vec::new() } else { vec![outputs] };
	let shape = [ones.as_slice(), leading, columns.as_slice()].concat();
	Ok((Dense { rows, inputs, outputs, weights: transposed }, shape))
}

impl Dense {
	/// The column of the weights, counted through all matrices, that an output takes.
	pub(super) fn column(&self, output: usize) -> usize {
		let matrices = self.weights.len() / (self.inputs * self.outputs);
		let (row, column) = (output / self.outputs, output % self.outputs);
		row * matrices / self.rows * self.outputs + column
	}
}
