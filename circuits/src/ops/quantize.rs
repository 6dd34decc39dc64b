//! `QuantizeLinear`: the model's input into integers, or a sum into 8 bits.
//!
//! # Semantics
//! With the zero point 0 and scales `2^e`, a sum `v` at exponent `e_v` becomes
//! `clamp(RNE(v / 2^(e − e_v)), lo, hi)` with `[lo, hi]` the range of uint8 or int8; a `Relu`
//! before it raises `lo` to 0. RNE rounds half to even, as ONNX and onnxruntime do.
//!
//! # Constraints
//! [`crate::gadgets::requantize`], at most `k + 6` per element.

use super::{Operator, Relu};
use crate::{
	error::ModelError,
	gadgets::requantize::{requantize, Requantization},
	lower::{Lowering, Real, Value},
	onnx::{Data, Node},
	r1cs::Builder,
	signal::{Bounds, Signal},
};
use std::any::Any;

/// ONNX's number of the type uint8.
const UINT8: i64 = 2;
/// ONNX's number of the type int8.
const INT8: i64 = 3;

/// Shifts beyond this are the work of a broken scale.
const MAX_SHIFT: i32 = 28;

/// Division by powers of two, rounding and saturation of every element.
#[derive(Clone, Debug)]
pub struct Requantize {
	/// The exponent of each element's divisor; negative ones multiply.
	pub shifts: Vec<i32>,
	/// Smallest result.
	pub lo: i64,
	/// Bits of the result.
	pub bits: u32,
}

impl Requantize {
	/// The factor before and the requantisation of element `index`.
	fn step(&self, index: usize) -> (u32, Requantization) {
		let shift = self.shifts[index];
		let divisor = shift.max(0) as u32;
		((-shift).max(0) as u32, Requantization { shift: divisor, lo: self.lo, bits: self.bits })
	}
}

impl Operator for Requantize {
	fn name(&self) -> &'static str {
		"requantize"
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		(inputs[0].iter().enumerate())
			.map(|(index, &x)| {
				let (left, how) = self.step(index);
				how.apply(x << left)
			})
			.collect()
	}

	fn bounds(&self, inputs: &[&[Bounds]]) -> Vec<Bounds> {
		(inputs[0].iter().enumerate())
			.map(|(index, x)| {
				let (left, how) = self.step(index);
				how.bounds(x.times(1 << left))
			})
			.collect()
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		(inputs[0].iter().enumerate())
			.map(|(index, x)| match self.step(index) {
				(0, how) => requantize(builder, x, &how),
				(left, how) => requantize(builder, &x.shifted_left(left), &how),
			})
			.collect()
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["axis", "block_size", "output_dtype", "saturate", "precision"])?;
	if node.int("block_size", 0)? != 0 {
		return Err(node.error("blocked quantisation is not supported"));
	}
	let exponent = scalar_scale(lowering, node)?;
	if node.int("precision", 0)? > 1 {
		return Err(node.error("only the precision float is supported"));
	}
	let zero_point = match node.optional_input(2) {
		None => None,
		Some(_) => Some(matches!(lowering.constant(node, 2)?.data, Data::I8(_))),
	};
	let declared = match node.int("output_dtype", 0)? {
		0 => None,
		UINT8 => Some(false),
		INT8 => Some(true),
		other => return Err(node.error(format!("output type {other} is not uint8 or int8"))),
	};
	let signed = match (zero_point, declared) {
		(Some(one), Some(other)) if one != other => {
			return Err(node.error("its zero point is not of its output type"));
		},
		(one, other) => one.or(other).unwrap_or(false),
	};
	let (lo, bits) = if signed { (-128, 8) } else { (0, 8) };
	match lowering.value(node, 0)? {
		Value::Input { shape } => {
			let bounds = Bounds { lo, hi: lo + (1 << bits) - 1 };
			lowering.set_input(node, bounds, exponent)?;
			let exponents = vec![exponent; shape.iter().product()];
			Ok(Value::Quantized(Real { tensor: 0, shape, exponents }))
		},
		Value::Real(input) => {
			let (source, lo, bits) = match lowering.producer::<Relu>(input.tensor) {
				Some((_, source)) if signed => (source, 0, 7),
				Some((_, source)) => (source, lo, bits),
				None => (input.tensor, lo, bits),
			};
			let shifts: Vec<i32> = input.exponents.iter().map(|e| exponent - e).collect();
			if let Some(shift) = shifts.iter().find(|shift| shift.abs() > MAX_SHIFT) {
				return Err(node.error(format!(
					"its scale is 2^{shift} times that of its input, more than 2^{MAX_SHIFT} apart"
				)));
			}
			let op = Requantize { shifts, lo, bits };
			let tensor = lowering.push(node, Box::new(op), &[source], &input.shape)?;
			let exponents = vec![exponent; input.exponents.len()];
			Ok(Value::Quantized(Real { tensor, shape: input.shape, exponents }))
		},
		_ => Err(node.error("its input is a constant or quantised already")),
	}
}

/// The exponent of a node's scale, which is one power of two, with zero point 0.
pub(super) fn scalar_scale(lowering: &Lowering<'_>, node: &Node) -> Result<i32, ModelError> {
	let scale = lowering.constant(node, 1)?;
	let exponent = match scale.floats() {
		Some(&[scale]) => power_of_two(node, scale)?,
		Some(_) => return Err(node.error("activations must have one scale for all")),
		None => return Err(node.error("its scale is not of type float")),
	};
	if node.optional_input(2).is_some() {
		let zero_point = lowering.constant(node, 2)?;
		if !matches!(zero_point.data, Data::U8(_) | Data::I8(_)) {
			return Err(node.error(format!(
				"activations of type {} are not supported, only uint8 and int8",
				zero_point.data.type_name()
			)));
		}
		if zero_point.data.integers().is_none_or(|values| values != [0]) {
			return Err(node.error(
				"activations must have the zero point 0: quantise the float model with `zkml quantize`",
			));
		}
	}
	Ok(exponent)
}

/// The exponent of a scale that is a power of two.
pub(super) fn power_of_two(node: &Node, scale: f32) -> Result<i32, ModelError> {
	let bits = scale.to_bits();
	if scale.is_normal() && scale > 0.0 && bits & 0x7f_ffff == 0 {
		Ok((bits >> 23) as i32 - 127)
	} else {
		Err(node.error(format!(
			"its scale {scale} is not a power of two: quantise the float model with `zkml quantize`"
		)))
	}
}
