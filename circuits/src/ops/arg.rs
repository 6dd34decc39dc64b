//! `ArgMax` and `ArgMin`, and the integer operator "where the largest of a window stands".
//!
//! # Semantics
//! The first of equals, or with `select_last_index` the last. The result is of type int64.
//!
//! # Constraints
//! [`crate::gadgets::argmax`]: `d + 2` for each candidate after the first, with `d`-bit differences.

use super::{
	reduce::without,
	shape::{axis, windows},
	Operator,
};
use crate::{
	error::ModelError,
	gadgets::argmax::{argmax_of, argmax_value},
	lower::Lowering,
	onnx::Node,
	r1cs::Builder,
	signal::{Bounds, Signal},
	value::{Kind, Quantized, Real, Unit, Value},
};
use std::any::Any;

/// The label of the largest, or smallest, candidate of each window.
#[derive(Clone, Debug)]
pub struct Arg {
	/// The candidates of each output, at least one: an element and its label. Of equals the first
	/// counts.
	pub windows: Vec<Vec<(u32, u32)>>,
	/// The smallest in place of the largest.
	pub smallest: bool,
}

impl Operator for Arg {
	fn name(&self) -> &'static str {
		if self.smallest {
			"argmin over windows"
		} else {
			"argmax over windows"
		}
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		let sign = if self.smallest { -1 } else { 1 };
		(self.windows.iter())
			.map(|window| {
				let candidates =
					window.iter().map(|&(element, _)| sign * inputs[0][element as usize]);
				window[argmax_value(&candidates.collect::<Vec<_>>())].1.into()
			})
			.collect()
	}

	fn bounds(&self, _: &[&[Bounds]]) -> Vec<Bounds> {
		let labels = |window: &Vec<(u32, u32)>| {
			let labels = window.iter().map(|&(_, label)| i64::from(label));
			let (least, most) = (labels.clone().min(), labels.max());
			Bounds { lo: least.unwrap_or_default(), hi: most.unwrap_or_default() }
		};
		self.windows.iter().map(labels).collect()
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		let sign = if self.smallest { -1 } else { 1 };
		(self.windows.iter())
			.map(|window| {
				let candidates = window.iter().map(|&(element, _)| match sign {
					1 => inputs[0][element as usize].clone(),
					_ => inputs[0][element as usize].times(sign),
				});
				let labels: Vec<i64> = window.iter().map(|&(_, label)| label.into()).collect();
				argmax_of(builder, &candidates.collect::<Vec<_>>(), &labels)
			})
			.collect()
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}

pub(super) fn lower_max(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	lower(lowering, node, false)
}

pub(super) fn lower_min(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	lower(lowering, node, true)
}

fn lower(lowering: &mut Lowering<'_>, node: &Node, smallest: bool) -> Result<Value, ModelError> {
	node.only_attributes(&["axis", "keepdims", "select_last_index"])?;
	let from = lowering.value(node, 0)?.shape().to_vec();
	let axis = axis(node, node.int("axis", 0)?, from.len())?;
	let windows = windows(&from, &[axis]);
	let (tensor, _) = comparable(lowering, node, &windows)?;
	let last = node.int("select_last_index", 0)? != 0;
	let labelled = windows.into_iter().map(|window| {
		let mut window: Vec<(u32, u32)> = window.into_iter().zip(0..).collect();
		if last {
			window.reverse();
		}
		window
	});
	let op = Arg { windows: labelled.collect(), smallest };
	let shape = without(node, &from, &[axis])?;
	let tensor = lowering.push(node, op, &[tensor], &shape)?;
	Ok(Value::Quantized(Quantized { tensor, shape, kind: Kind::I64 }))
}

/// A node's first input as integers of which none are equal within a window but those that stand
/// for equal numbers: their tensor, and what they are.
pub(super) fn comparable(
	lowering: &mut Lowering<'_>,
	node: &Node,
	windows: &[Vec<u32>],
) -> Result<(usize, Value), ModelError> {
	// Below it distinct integers stay distinct when float32 scales them.
	const DISTINCT: u64 = 1 << 22;
	if let Value::Quantized(quantized) = lowering.value(node, 0)? {
		return Ok((quantized.tensor, Value::Quantized(quantized)));
	}
	let mut real = lowering.real(node, 0)?;
	let uniform = |real: &Real| {
		windows.iter().all(|window| {
			let units = window.windows(2);
			units.into_iter().all(|w| real.units[w[0] as usize] == real.units[w[1] as usize])
		})
	};
	if !uniform(&real) {
		real = lowering.uniform(node, real)?;
	}
	let bounds = lowering.bounds_of(real.tensor);
	let scaled = real.units.iter().zip(bounds).filter(|(unit, _)| unit.exponent().is_none());
	for (unit, bounds) in scaled {
		let (reach, step) = (bounds.lo.unsigned_abs().max(bounds.hi.unsigned_abs()), unit.step());
		let normal = step >= f32::MIN_POSITIVE.into() && step < 2f64.powi(100);
		if matches!(unit, Unit::Kernel(_)) || reach > DISTINCT || !normal {
			real.exponents(node)?;
		}
	}
	Ok((real.tensor, Value::Real(real)))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;

	fn harness(op: Arg, count: usize) -> Harness {
		Harness::new(vec![Bounds { lo: -3, hi: 3 }; count], move |builder, inputs| {
			op.constrain(builder, &[inputs])
		})
	}

	#[test]
	fn first_and_last_of_equals() {
		let first = vec![vec![(0, 0), (1, 1), (2, 2)]];
		let last = vec![vec![(2, 2), (1, 1), (0, 0)]];
		for (windows, smallest, values, label) in [
			(&first, false, [3, 1, 3], 0),
			(&last, false, [3, 1, 3], 2),
			(&first, true, [3, -1, -1], 1),
			(&last, true, [3, -1, -1], 2),
		] {
			let op = Arg { windows: windows.clone(), smallest };
			assert_eq!(op.evaluate(&[&values]), [label]);
			let harness = harness(op, 3);
			harness.accepts(&values, &[label]);
			harness.rejects_single_wire_changes(&values);
			for forged in (-1..4).filter(|&forged| forged != label) {
				harness.rejects_output(&values, &[forged]);
			}
		}
	}

	#[test]
	fn labels_of_any_kind() {
		let op = Arg { windows: vec![vec![(1, 40), (0, 7)], vec![(2, 9)]], smallest: false };
		let bounds = op.bounds(&[&[]]);
		assert_eq!(bounds, [Bounds { lo: 7, hi: 40 }, Bounds { lo: 9, hi: 9 }]);
		let harness = harness(op, 3);
		harness.accepts(&[1, 0, 0], &[7, 9]);
		harness.accepts(&[1, 1, 0], &[40, 9]);
		harness.rejects_output(&[1, 1, 0], &[7, 9]);
	}
}
