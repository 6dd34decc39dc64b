//! `TopK`, and the integer operator "the `k` largest of a window, and where they stand".
//!
//! # Semantics
//! In falling order, or with `largest = 0` in rising order; of equals the one with the smaller
//! index comes first. Without `sorted` ONNX leaves the order open, which is refused.
//!
//! # Constraints
//! [`crate::gadgets::topk`]: `d + 2` for each of `Σ_{r<k} (n − 1 − r)` comparisons of `d` bits.

use super::{
	arg::comparable,
	shape::{axis, windows},
	Operator, Place,
};
use crate::{
	error::{show_shape, ModelError},
	gadgets::topk::{topk, topk_positions},
	lower::{Lowering, MAX_ELEMENTS},
	onnx::Node,
	r1cs::Builder,
	signal::{Bounds, Signal},
	value::{Kind, Quantized, Real, Value},
};
use std::any::Any;

/// The largest, or smallest, of each window: `k` values, then their `k` indices.
#[derive(Clone, Debug)]
pub struct TopK {
	/// The elements of each window, at least `k`.
	pub windows: Vec<Vec<u32>>,
	/// How many are taken.
	pub k: usize,
	/// The smallest in place of the largest.
	pub smallest: bool,
}

impl TopK {
	fn sign(&self) -> i64 {
		if self.smallest {
			-1
		} else {
			1
		}
	}

	/// Bounds of a window's values: the `r`-th largest of all lower and of all upper ends.
	fn bounds_of(&self, window: &[Bounds]) -> Vec<Bounds> {
		let sign = self.sign();
		let mut ends: [Vec<i64>; 2] = [Vec::new(), Vec::new()];
		for bounds in window {
			ends[0].push(bounds.lo);
			ends[1].push(bounds.hi);
		}
		ends.iter_mut().for_each(|ends| ends.sort_by_key(|end| -sign * end));
		(0..self.k).map(|rank| Bounds { lo: ends[0][rank], hi: ends[1][rank] }).collect()
	}
}

impl Operator for TopK {
	fn name(&self) -> &'static str {
		"top k of windows"
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		(self.windows.iter())
			.flat_map(|window| {
				let values: Vec<i64> = window
					.iter()
					.map(|&element| self.sign() * inputs[0][element as usize])
					.collect();
				let positions = topk_positions(&values, self.k);
				let largest = positions.iter().map(|&position| self.sign() * values[position]);
				largest.chain(positions.iter().map(|&position| position as i64)).collect::<Vec<_>>()
			})
			.collect()
	}

	fn bounds(&self, inputs: &[&[Bounds]]) -> Vec<Bounds> {
		(self.windows.iter())
			.flat_map(|window| {
				let bounds = window.iter().map(|&element| inputs[0][element as usize]);
				let mut bounds = self.bounds_of(&bounds.collect::<Vec<_>>());
				let index = Bounds { lo: 0, hi: window.len() as i64 - 1 };
				bounds.resize(2 * self.k, index);
				bounds
			})
			.collect()
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		(self.windows.iter())
			.flat_map(|window| {
				let own: Vec<&Signal> =
					window.iter().map(|&element| &inputs[0][element as usize]).collect();
				let bounds = self.bounds_of(&own.iter().map(|x| x.bounds()).collect::<Vec<_>>());
				let candidates: Vec<Signal> = own.iter().map(|x| x.times(self.sign())).collect();
				let (values, indices) = topk(builder, &candidates, self.k);
				// The values are pinned, so that they lie within what is known of their ranks.
				let values = values.iter().zip(bounds).map(|(value, Bounds { lo, hi })| Signal {
					lo,
					hi,
					..value.times(self.sign())
				});
				values.chain(indices).collect::<Vec<_>>()
			})
			.collect()
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Vec<Value>, ModelError> {
	node.only_attributes(&["axis", "k", "largest", "sorted"])?;
	let from = lowering.value(node, 0)?.shape().to_vec();
	let axis = axis(node, node.int("axis", -1)?, from.len())?;
	let given = match lowering.ints(node, 1)? {
		Some(given) => given,
		None => vec![node.int("k", 0)?],
	};
	let size = from[axis];
	let k = match given[..] {
		[k] => usize::try_from(k).ok().filter(|&k| (1..=size).contains(&k)),
		_ => None,
	};
	let k = k.ok_or_else(|| {
		node.error(format!("k is {given:?} along axis {axis} of shape {}", show_shape(&from)))
	})?;
	if k > 1 && node.int("sorted", 1)? == 0 {
		return Err(node.error("without sorted the order of its results is open: set sorted to 1"));
	}
	let windows = windows(&from, &[axis]);
	let comparisons = windows.len().saturating_mul(size).saturating_mul(k);
	if comparisons > MAX_ELEMENTS {
		return Err(node.error(format!(
			"{comparisons} comparisons are too many: take fewer, or fewer candidates"
		)));
	}
	let (tensor, value) = comparable(lowering, node, &windows)?;
	let count = windows.len();
	let firsts: Vec<u32> = windows.iter().map(|window| window[0]).collect();
	let op = TopK { windows, k, smallest: node.int("largest", 1)? == 0 };
	let both = lowering.push(node, op, &[tensor], &[count, 2 * k])?;
	let mut shape = from.clone();
	shape[axis] = k;
	let inner: usize = from[axis + 1..].iter().product();
	// Result element (outer, rank, inner) comes from window (outer, inner).
	let window = |element: usize| element / (k * inner) * inner + element % inner;
	let rank = |element: usize| element / inner % k;
	let part = |lowering: &mut Lowering<'_>, offset: usize| {
		let place = |element: usize| Place::Input {
			input: 0,
			element: (window(element) * 2 * k + offset + rank(element)) as u32,
		};
		lowering.select(node, (0..count * k).map(place).collect(), &[both], &shape)
	};
	let values = part(lowering, 0)?;
	let indices = part(lowering, k)?;
	let largest = match value {
		Value::Real(real) => {
			let unit = |element: usize| real.units[firsts[window(element)] as usize];
			let units = (0..count * k).map(unit).collect();
			Value::Real(Real::new(values, shape.clone(), units))
		},
		Value::Quantized(Quantized { kind, .. }) => {
			Value::Quantized(Quantized { tensor: values, shape: shape.clone(), kind })
		},
		other => other,
	};
	Ok(vec![largest, Value::Quantized(Quantized { tensor: indices, shape, kind: Kind::I64 })])
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;

	fn op(smallest: bool) -> TopK {
		TopK { windows: vec![vec![0, 2, 1], vec![3, 4]], k: 2, smallest }
	}

	#[test]
	fn values_and_indices() {
		let values = [1, 3, 3, -2, 5];
		for (smallest, expected) in
			[(false, [3, 3, 1, 2, 5, -2, 1, 0]), (true, [1, 3, 0, 1, -2, 5, 0, 1])]
		{
			assert_eq!(op(smallest).evaluate(&[&values]), expected);
			let harness =
				Harness::new(vec![Bounds { lo: -9, hi: 9 }; 5], move |builder, inputs| {
					op(smallest).constrain(builder, &[inputs])
				});
			harness.accepts(&values, &expected);
			harness.rejects_single_wire_changes(&values);
			let mut forged = expected;
			forged.swap(2, 3);
			harness.rejects_output(&values, &forged);
		}
	}

	#[test]
	fn bounds_by_rank() {
		let bounds = |lo, hi| Bounds { lo, hi };
		let inputs = [bounds(0, 4), bounds(-3, 9), bounds(2, 3)];
		let op = TopK { windows: vec![vec![0, 1, 2]], k: 2, smallest: false };
		let index = bounds(0, 2);
		assert_eq!(op.bounds(&[&inputs]), [bounds(2, 9), bounds(0, 4), index, index]);
		let op = TopK { smallest: true, ..op };
		assert_eq!(op.bounds(&[&inputs]), [bounds(-3, 3), bounds(0, 4), index, index]);
	}
}
