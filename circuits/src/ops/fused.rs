//! Operators between `DequantizeLinear` and `QuantizeLinear` that onnxruntime computes in one
//! integer kernel, so that scales of both ends determine the result: `Add`, `Mul`, `AveragePool`
//! and `GlobalAveragePool`. See [`crate::fusion`] for when it does.
//!
//! An `Add` of a constant to a `MatMul` makes it a `Gemm`, whose bias onnxruntime quantises.
//!
//! The scale of the result is that of the `QuantizeLinear` to come, which finds integers at just
//! that scale and has nothing left to do.

use super::{
	gemm::BIAS_SCALE,
	operand::{Grid, Operand},
	qlinear_add, qlinear_average_pool, qlinear_global_average_pool, qlinear_mul, Factors,
};
use crate::{
	error::ModelError,
	fusion::Goal,
	lower::Lowering,
	onnx::Node,
	value::{Kind, Real, Unit, Value},
};

/// Operands and result of a node that is fused, if it is: all of one type.
fn group<const N: usize>(
	lowering: &mut Lowering<'_>,
	node: &Node,
) -> Result<Option<([Operand; N], Grid)>, ModelError> {
	let Some(result) = Grid::fused(lowering, node) else { return Ok(None) };
	let mut operands = Vec::new();
	for index in 0..N {
		match Operand::dequantized(lowering, node, index)? {
			Some(operand) if operand.grid.kind == result.kind => operands.push(operand),
			_ => return Ok(None),
		}
	}
	Ok(operands.try_into().ok().map(|operands| (operands, result)))
}

/// An `Add` that onnxruntime computes as `QLinearAdd`.
pub(super) fn add(lowering: &mut Lowering<'_>, node: &Node) -> Result<Option<Value>, ModelError> {
	if node.op != "Add" {
		return Ok(None);
	}
	let Some(([a, b], result)) = group(lowering, node)? else { return Ok(None) };
	let (tensor, shape) = qlinear_add::add(lowering, node, a, b, &result)?;
	Ok(Some(result.real(lowering, tensor, shape)))
}

/// A `Mul` that onnxruntime computes as `QLinearMul`.
pub(super) fn mul(lowering: &mut Lowering<'_>, node: &Node) -> Result<Option<Value>, ModelError> {
	let Some(([a, b], result)) = group(lowering, node)? else { return Ok(None) };
	let (tensor, shape) = qlinear_mul::multiply(lowering, node, &a, &b, &result)?;
	Ok(Some(result.real(lowering, tensor, shape)))
}

/// An `AveragePool` that onnxruntime computes as `QLinearAveragePool`.
pub(super) fn average_pool(
	lowering: &mut Lowering<'_>,
	node: &Node,
) -> Result<Option<Value>, ModelError> {
	let Some(([input], result)) = group(lowering, node)? else { return Ok(None) };
	let (tensor, shape) = qlinear_average_pool::pool(lowering, node, &input, &result)?;
	Ok(Some(result.real(lowering, tensor, shape)))
}

/// A `GlobalAveragePool` that onnxruntime computes as `QLinearGlobalAveragePool`.
pub(super) fn global_average_pool(
	lowering: &mut Lowering<'_>,
	node: &Node,
) -> Result<Option<Value>, ModelError> {
	let Some(([input], result)) = group(lowering, node)? else { return Ok(None) };
	let (tensor, shape) = qlinear_global_average_pool::mean(lowering, node, &input, &result)?;
	Ok(Some(result.real(lowering, tensor, shape)))
}

/// An `Add` of one number for each column to a `MatMul` of quantised operands: onnxruntime makes
/// both a `Gemm`.
pub(super) fn bias(lowering: &mut Lowering<'_>, node: &Node) -> Result<Option<Value>, ModelError> {
	if node.op != "Add" || node.inputs.len() != 2 {
		return Ok(None);
	}
	let constant = match (lowering.is_constant(node, 0), lowering.is_constant(node, 1)) {
		(false, true) => 1,
		(true, false) => 0,
		_ => return Ok(None),
	};
	let (Some(real), Some(kind)) = product(lowering, node.input(1 - constant)?) else {
		return Ok(None);
	};
	let columns = real.shape.last().copied().unwrap_or(1);
	let scale = |unit: &Unit| match *unit {
		Unit::Exact(exponent) => Some(2f32.powi(exponent)),
		Unit::Times { exponent: 0, factor } => Some(factor),
		_ => None,
	};
	let scales: Option<Vec<f32>> = real.units.iter().map(scale).collect();
	let (Some(scales), false) = (scales, columns == 0) else { return Ok(None) };
	let goal = lowering.fusion.goal(node);
	let (values, given) = match lowering.value(node, constant)? {
		Value::Integers(bias) if bias.dequantized && bias.shape == [columns] => {
			(bias.values, Some(bias.scales))
		},
		Value::Constant(bias) if bias.shape == [columns] => match (bias.floats(), goal) {
			(Some(floats), Goal::Quantize(_)) => {
				let pairs = floats.iter().zip(&scales);
				(
					pairs.map(|(value, scale)| (value / scale).round_ties_even() as i64).collect(),
					None,
				)
			},
			_ => return Ok(None),
		},
		_ => return Ok(None),
	};
	let apart = |(given, scale): (&f32, &f32)| (given / scale - 1.0).abs() > 1e-5;
	if given.is_some_and(|given| given.iter().zip(&scales).any(apart)) {
		return Err(node.error(BIAS_SCALE));
	}
	if values.iter().any(|&value| i32::try_from(value).is_err()) {
		return Err(node.error("its bias has more than 32 bits"));
	}
	let exact = real.units.iter().all(|unit| unit.exponent().is_some());
	let units = match goal {
		_ if exact => real.units,
		Goal::Float if lowering.fusion.is_used_once(node.output()?) => real.units,
		Goal::Quantize(target)
			if !target.clipped
				&& target.stored == kind
				&& target.grid.is_some()
				&& (target.plain || real.shape.len() == 2) =>
		{
			scales.into_iter().map(Unit::Kernel).collect()
		},
		_ => return Ok(None),
	};
	let addends = (0..units.len()).map(|element| values[element % columns]).collect();
	let tensor = lowering.affine(node, real.tensor, Factors::All(1), Some(addends), &real.shape)?;
	Ok(Some(Value::Real(Real { tensor, units, source: None, ..real })))
}

/// The result of a `MatMul` of a dequantised activation with dequantised weights that nothing else
/// takes, and the type of the activation.
fn product(lowering: &Lowering<'_>, name: &str) -> (Option<Real>, Option<Kind>) {
	let read = || {
		let matmul = lowering.fusion.maker(name).filter(|node| node.op == "MatMul")?;
		let Some(Value::Real(input)) = lowering.named(matmul.input(0).ok()?) else { return None };
		let stored = input.source.as_ref()?.stored;
		let Some(Value::Real(real)) = lowering.named(name) else { return None };
		let fits = lowering.is_dequantized(matmul, 1) && real.then.is_empty();
		(fits && lowering.fusion.only_use(name).is_some()).then(|| (real.clone(), stored))
	};
	read().unzip()
}
