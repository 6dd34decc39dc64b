//! `Pad`: a constant around a tensor, or its own elements over again. No cost.
//!
//! Negative pads crop, before anything is added.
//!
//! # Units
//! A constant that is no multiple of the activation's unit brings all to a finer one.

use super::{
	moves::combine,
	shape::{axes, elements, grid, strides},
};
use crate::{
	error::{show_shape, ModelError},
	lower::{Lowering, MAX_ELEMENTS},
	onnx::{Data, Node, Tensor},
	value::{Kind, Value},
};

/// Stands for the constant among the offsets of an axis.
const OUTSIDE: usize = 1 << 40;

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["mode", "pads", "value"])?;
	let value = lowering.value(node, 0)?;
	let from = value.shape().to_vec();
	let mode = node.string("mode", "constant")?;
	// Attributes before operator set 11, inputs since.
	let pads = match node.int_list("pads")? {
		Some(pads) => pads.to_vec(),
		None => lowering.ints(node, 1)?.ok_or_else(|| node.error("its pads are missing"))?,
	};
	let along = match lowering.ints(node, 3)? {
		Some(given) => axes(node, &given, from.len())?,
		None => (0..from.len()).collect(),
	};
	let misfit =
		|| node.error(format!("pads {pads:?} for an input of shape {}", show_shape(&from)));
	if pads.len() != 2 * along.len() {
		return Err(misfit());
	}
	let mut shape = from.clone();
	let mut places = super::shape::offsets(&from);
	let strides = strides(&from);
	for (index, &axis) in along.iter().enumerate() {
		let (before, after) = (pads[index], pads[along.len() + index]);
		let taken = range(mode, from[axis], before, after).ok_or_else(misfit)?;
		shape[axis] = taken.len();
		elements(node, &shape)?;
		let offset = |at: Option<usize>| at.map_or(OUTSIDE, |at| at * strides[axis]);
		places[axis] = taken.into_iter().map(offset).collect();
	}
	let order = grid(&places);
	match mode {
		"constant" => constant(lowering, node, value, shape, &order),
		"reflect" | "edge" | "wrap" => super::moves::reorder(lowering, node, value, shape, order),
		other => Err(node.error(format!("mode {other} is not supported"))),
	}
}

/// The places of an axis of this size, padded; `None` for the constant.
fn range(mode: &str, size: usize, before: i64, after: i64) -> Option<Vec<Option<usize>>> {
	let most = MAX_ELEMENTS as i64;
	if before.checked_abs()? > most || after.checked_abs()? > most {
		return None;
	}
	let first = (-before).max(0);
	let kept = size as i64 + before.min(0) + after.min(0);
	let (before, after) = (before.max(0), after.max(0));
	let within = match mode {
		"reflect" => kept - 1,
		"wrap" => kept,
		"edge" if kept == 0 => 0,
		_ => most,
	};
	if kept < 0
		|| kept + before + after > most
		|| (before > 0 || after > 0) && before.max(after) > within
	{
		return None;
	}
	let place = |at: i64| {
		let at = match mode {
			"reflect" if at < 0 => -at,
			"reflect" if at >= kept => 2 * (kept - 1) - at,
			"edge" => at.clamp(0, kept - 1),
			"wrap" => at.rem_euclid(kept),
			_ => at,
		};
		(0..kept).contains(&at).then(|| (first + at) as usize)
	};
	Some((-before..kept + after).map(place).collect())
}

fn constant(
	lowering: &mut Lowering<'_>,
	node: &Node,
	mut value: Value,
	shape: Vec<usize>,
	order: &[usize],
) -> Result<Value, ModelError> {
	let places: Vec<(u32, u32)> =
		(order.iter()).map(|&at| if at >= OUTSIDE { (1, 0) } else { (0, at as u32) }).collect();
	let padding = match node.optional_input(2) {
		Some(_) => lowering.constant(node, 2)?.clone(),
		None => match &value {
			Value::Quantized(quantized) => scalar(zero(quantized.kind)),
			Value::Constant(Tensor { data, .. }) => scalar(data.zero()),
			_ => scalar(Data::F32(vec![node.float("value", 0.0)?])),
		},
	};
	if padding.data.len() != 1 {
		return Err(node.error(format!("a constant of shape {}", show_shape(&padding.shape))));
	}
	let padding = Tensor { shape: Vec::new(), ..padding };
	let mut then = Vec::new();
	if let Value::Real(real) = &mut value {
		let stays = |x: f32| real.then.iter().all(|unary| unary.apply(x) == x);
		match padding.floats() {
			// What is yet to be applied leaves the padding as it is.
			Some(&[x]) if stays(x) => then = std::mem::take(&mut real.then),
			_ => *real = lowering.real(node, 0)?,
		}
	}
	let padded = combine(lowering, node, vec![value, Value::Constant(padding)], shape, &places)?;
	Ok(match padded {
		Value::Real(mut real) => {
			real.then = then;
			Value::Real(real)
		},
		other => other,
	})
}

fn scalar(data: Data) -> Tensor {
	Tensor { shape: Vec::new(), data }
}

fn zero(kind: Kind) -> Data {
	match kind {
		Kind::U8 => Data::U8(vec![0]),
		Kind::I8 => Data::I8(vec![0]),
		Kind::I32 => Data::I32(vec![0]),
		Kind::I64 => Data::I64(vec![0]),
	}
}

impl Data {
	/// One zero of the same type.
	fn zero(&self) -> Self {
		match self {
			Self::F32(_) => Self::F32(vec![0.0]),
			Self::I8(_) => Self::I8(vec![0]),
			Self::U8(_) => Self::U8(vec![0]),
			Self::I32(_) => Self::I32(vec![0]),
			Self::I64(_) => Self::I64(vec![0]),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn places(mode: &str, size: usize, before: i64, after: i64) -> Vec<i64> {
		let range = range(mode, size, before, after).expect("pads that fit");
		range.iter().map(|at| at.map_or(-1, |at| at as i64)).collect()
	}

	#[test]
	fn modes() {
		assert_eq!(places("constant", 3, 2, 1), [-1, -1, 0, 1, 2, -1]);
		assert_eq!(places("reflect", 3, 2, 1), [2, 1, 0, 1, 2, 1]);
		assert_eq!(places("edge", 3, 2, 1), [0, 0, 0, 1, 2, 2]);
		assert_eq!(places("wrap", 3, 2, 1), [1, 2, 0, 1, 2, 0]);
		assert_eq!(places("constant", 3, -1, 1), [1, 2, -1]);
		assert_eq!(places("edge", 4, 1, -2), [0, 0, 1]);
	}

	#[test]
	fn pads_that_do_not_fit() {
		assert!(range("reflect", 3, 3, 0).is_none());
		assert!(range("wrap", 3, 0, 4).is_none());
		assert!(range("edge", 1, -1, 1).is_none());
		assert!(range("constant", 3, -2, -2).is_none());
		assert!(range("constant", 3, i64::MIN, 0).is_none());
		assert!(range("constant", 3, 0, i64::MAX).is_none());
	}
}
