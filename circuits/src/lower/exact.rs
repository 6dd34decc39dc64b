//! What onnxruntime's floats hold exactly, and what it would compute otherwise: refused.

use super::Lowering;
use crate::{
	error::ModelError,
	onnx::{Node, Tensor},
	ops::Operator,
	signal::Bounds,
	value::{dyadic, Integers, Unit, Value},
};

/// Sums below this are exact in float32, in whatever order they are added.
pub(crate) const FLOAT_LIMIT: i128 = 1 << 24;
/// Sums below this fit the 32-bit accumulators of integer kernels.
pub(crate) const KERNEL_LIMIT: i128 = 1 << 31;

impl Lowering<'_> {
	/// Refuses sums of integer kernels that float32 rounds, where they are taken as exact.
	pub(super) fn check_kernel(&self, node: &Node, value: &Value) -> Result<(), ModelError> {
		let kernels = ["Add", "DequantizeLinear", "Gemm", "MatMul", "Conv", "com.microsoft.QGemm"];
		let Value::Real(real) = value else { return Ok(()) };
		if !kernels.contains(&node.op.as_str()) {
			return Ok(());
		}
		let bounds = self.actual(real.tensor).iter();
		let exact = bounds.zip(&real.units).filter(|(_, unit)| unit.exponent().is_some());
		let reach = exact.map(|(bounds, _)| i128::from(bounds.lo.abs().max(bounds.hi.abs())));
		self.check_exact(node, reach.max().unwrap_or(0))
	}

	/// Refuses operators that do nothing: onnxruntime removes them, and then fuses what stood
	/// around them.
	pub(super) fn check_idle(&self, node: &Node, values: &[Value]) -> Result<(), ModelError> {
		const SEEN_THROUGH: [&str; 13] = [
			"Clip",
			"DequantizeLinear",
			"Dropout",
			"Flatten",
			"Identity",
			"MaxPool",
			"QuantizeLinear",
			"Relu",
			"Reshape",
			"Slice",
			"Squeeze",
			"Transpose",
			"Unsqueeze",
		];
		let taken = node.outputs.iter().any(|name| self.fusion.is_taken(name));
		let Some(Value::Real(result)) = values.first() else { return Ok(()) };
		if !taken || SEEN_THROUGH.contains(&node.op.as_str()) {
			return Ok(());
		}
		let neutral = match node.op.as_str() {
			"Add" | "Sub" => Some(0.0),
			"Mul" | "Div" => Some(1.0),
			_ => None,
		};
		let all = |index: usize| match (neutral, self.value(node, index)) {
			(Some(neutral), Ok(Value::Constant(tensor))) => {
				tensor.floats().is_some_and(|values| values.iter().all(|&value| value == neutral))
			},
			_ => false,
		};
		let same = |index: usize| match self.value(node, index) {
			Ok(Value::Real(real)) => {
				real.tensor == result.tensor
					&& real.shape == result.shape
					&& real.then == result.then
			},
			_ => false,
		};
		let alone = node.op == "Sum" && node.inputs.len() == 1;
		if alone || (0..node.inputs.len()).any(|index| all(index) || same(index)) {
			return Err(node.error(
				"it does nothing, so onnxruntime removes it and fuses what stands around it: \
				 remove it from the model",
			));
		}
		Ok(())
	}

	/// Refuses sums that float32 does not hold exactly.
	pub fn check_exact(&self, node: &Node, reach: i128) -> Result<(), ModelError> {
		match reach < FLOAT_LIMIT {
			true => Ok(()),
			false => Err(inexact(node, reach)),
		}
	}

	/// As [`Self::push`], but refuses results that float32 does not hold exactly.
	pub fn push_exact(
		&mut self,
		node: &Node,
		op: impl Operator + 'static,
		inputs: &[usize],
		shape: &[usize],
	) -> Result<usize, ModelError> {
		let tensor = self.push(node, op, inputs, shape)?;
		let reach = |bounds: &Bounds| i128::from(bounds.lo).abs().max(i128::from(bounds.hi).abs());
		match self.actual(tensor).iter().map(reach).max() {
			Some(reach) if reach >= FLOAT_LIMIT => Err(inexact(node, reach)),
			_ => Ok(tensor),
		}
	}
}

/// Refuses units beyond what float32 holds without underflow or overflow.
pub(super) fn check_units(node: &Node, value: &Value) -> Result<(), ModelError> {
	let Value::Real(real) = value else { return Ok(()) };
	let outside = |unit: &&Unit| unit.exponent().is_some_and(|e| !(-126..=96).contains(&e));
	match real.units.iter().find(outside) {
		Some(unit) => Err(node.error(format!(
			"the product of its scales is {:e}, no normal float, or too large for one",
			unit.step()
		))),
		None => Ok(()),
	}
}

/// A constant of floats that are short multiples of powers of two, as integers.
pub(crate) fn dyadic_constant(
	node: &Node,
	name: &str,
	tensor: &Tensor,
) -> Result<Integers, ModelError> {
	const LARGEST: i64 = 1 << 23;
	let Some(floats) = tensor.floats() else {
		return Err(node.error(format!("its input {name} is not dequantised")));
	};
	if floats.is_empty() {
		return Err(node.error(format!("its input {name} is empty")));
	}
	let parts: Vec<(i64, i32)> = floats.iter().map(|&value| dyadic(value)).collect();
	let exponent = parts.iter().filter(|part| part.0 != 0).map(|part| part.1).min().unwrap_or(0);
	let values = parts.iter().map(|&(integer, power)| {
		let shift = u32::try_from(power - exponent).unwrap_or(0).min(40);
		let value = i128::from(integer) << shift;
		i64::try_from(value).ok().filter(|value| value.abs() < LARGEST)
	});
	let values: Option<Vec<i64>> = values.collect();
	match (values, floats.iter().all(|value| value.is_finite())) {
		(Some(values), true) if (-126..=127).contains(&exponent) => Ok(Integers {
			shape: tensor.shape.clone(),
			scales: vec![2f32.powi(exponent); values.len()],
			values,
			dequantized: false,
		}),
		_ => {
			Err(node
				.error(format!("its constant {name} is not quantised: run `zkml quantize` first")))
		},
	}
}

pub(super) fn inexact(node: &Node, reach: i128) -> ModelError {
	node.error(format!(
		"its sums could reach {reach}, beyond 2^24, where onnxruntime rounds them: use fewer weight \
		 bits or coarser scales"
	))
}

/// Refuses bounds that leave 32-bit integers, where other runtimes wrap around.
pub(super) fn check_bounds(node: &str, bounds: &[Bounds]) -> Result<(), ModelError> {
	let limit = 1i64 << 31;
	let largest = |b: &Bounds| i128::from(b.lo).abs().max(i128::from(b.hi).abs());
	match bounds.iter().map(largest).find(|&bound| bound >= limit.into()) {
		Some(bound) => Err(ModelError::Overflow { node: node.into(), bound }),
		None => Ok(()),
	}
}
