//! `Softmax`: shares of exponentials along an axis.
//!
//! # Semantics
//! For integers `xᵢ` of unit `s`, at most 10 bits apart: `tᵢ` is `e^(−s·(max x − xᵢ))` in units of
//! 2⁻¹⁶, rounded half to even, by a table; `yᵢ = ⌊2¹²·tᵢ / Σ t + 1/2⌋`, in units of 2⁻¹².
//!
//! An element whose bounds show that its exponential is always zero beside another's, as that of a
//! masked one, is 0 and costs nothing.
//!
//! So `y` is within `(n + 1)·2⁻¹⁷ + 2⁻¹³` of the real value for `n` terms. onnxruntime computes in
//! float32, to about 2⁻²²; after `QuantizeLinear` to a byte both differ by one unit at most, for up to
//! 256 terms.
//!
//! # Constraints
//! For `n` terms of byte range: the maximum, `10·(n − 1)`; for each a table, 30; and a
//! [quotient](crate::gadgets::division), about `14 + 2·(18 + log₂ n)`.

use super::{shape::windows, Operator};
use crate::{
	error::ModelError,
	gadgets::{
		division::{divide, quotient, quotient_bounds},
		lookup::{lookup, Table, MAX_BITS},
		maximum::maximum,
	},
	lower::Lowering,
	onnx::Node,
	r1cs::Builder,
	signal::{Bounds, Signal},
	value::{Real, Unit, Value},
};
use std::any::Any;

/// Bits after the point of an exponential.
const FINE: u32 = 16;
/// Bits after the point of a share.
const SHARE: u32 = 12;
/// Most terms of a sum.
const MAX_TERMS: usize = 1 << 12;

/// Shares of exponentials within groups of elements.
#[derive(Clone, Debug)]
pub struct Softmax {
	/// The groups.
	pub groups: Vec<Vec<u32>>,
	/// `table[d]` is the exponential of −`d` units.
	pub table: Table,
	/// How many elements there are; those of no group are 0.
	pub size: usize,
}

/// The exponentials of integers that are at most `reach` below the largest, for a unit of `2^exponent`.
pub(crate) fn exponentials(exponent: i32, reach: i64) -> Table {
	let unit = 2f64.powi(exponent);
	let one = f64::from(1u32 << FINE);
	let value = |d: i64| (libm::exp(-(d as f64) * unit) * one).round_ties_even() as i64;
	Table::new(0, (0..=reach).map(value).collect())
}

/// How far apart the elements of a group may lie.
fn reach(group: &[u32], bounds: &[Bounds]) -> i64 {
	let of = group.iter().map(|&at| bounds[at as usize]);
	let hull = of.reduce(Bounds::hull).unwrap_or(Bounds::constant(0));
	hull.hi.saturating_sub(hull.lo)
}

/// The elements of a group whose exponentials may be more than zero.
fn live(group: &[u32], bounds: &[Bounds], exponent: i32) -> Vec<u32> {
	// e^(−x) is less than half of the last bit from here on.
	let zero = (f64::from(FINE + 1) * std::f64::consts::LN_2 / 2f64.powi(exponent)).floor();
	let top = group.iter().map(|&at| bounds[at as usize].lo).max().unwrap_or_default();
	let low = |at: &u32| (top - bounds[*at as usize].hi) as f64;
	group.iter().copied().filter(|at| low(at) < zero + 1.0).collect()
}

/// The bounds of a sum of exponentials, one of which is 1.
fn sum_bounds(terms: usize) -> Bounds {
	Bounds { lo: 1 << FINE, hi: (terms as i64) << FINE }
}

const SHARES: Bounds = Bounds { lo: 0, hi: 1 << SHARE };

impl Operator for Softmax {
	fn name(&self) -> &'static str {
		"softmax"
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		let x = inputs[0];
		let mut result = vec![0; self.size];
		for group in &self.groups {
			let of = |at: &u32| x[*at as usize];
			let largest = group.iter().map(of).max().unwrap_or_default();
			let terms: Vec<i64> =
				group.iter().map(|at| self.table.get(largest - of(at)).unwrap_or(0)).collect();
			let sum: i64 = terms.iter().sum();
			for (at, term) in group.iter().zip(terms) {
				result[*at as usize] = quotient(term << SHARE, sum);
			}
		}
		result
	}

	fn bounds(&self, inputs: &[&[Bounds]]) -> Vec<Bounds> {
		let mut result = vec![Bounds::constant(0); self.size];
		for group in &self.groups {
			let terms = self.table.bounds(Bounds { lo: 0, hi: reach(group, inputs[0]) });
			let term = terms.times(1 << SHARE);
			let shares = quotient_bounds(term, sum_bounds(group.len()));
			for &at in group {
				result[at as usize] = Bounds { lo: shares.lo, hi: shares.hi.min(SHARES.hi) };
			}
		}
		result
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		let x = inputs[0];
		let mut result = vec![Signal::constant(0); self.size];
		for group in &self.groups {
			let of = |at: &u32| &x[*at as usize];
			let bounds: Vec<Bounds> = x.iter().map(Signal::bounds).collect();
			let reach = reach(group, &bounds);
			let first = of(&group[0]).clone();
			let largest =
				group[1..].iter().fold(first, |largest, at| maximum(builder, &largest, of(at)));
			let terms: Vec<Signal> = (group.iter())
				.map(|at| {
					let distance = largest.clone().plus(-1, of(at));
					// The largest is one of them.
					let distance = Signal { lo: 0, hi: reach, ..distance };
					let term = lookup(builder, &distance, &self.table);
					if term.terms > 1 {
						builder.name(&term)
					} else {
						term
					}
				})
				.collect();
			let sum = terms.iter().fold(Signal::constant(0), |sum, term| sum.plus(1, term));
			let Bounds { lo, hi } = sum_bounds(group.len());
			let sum = builder.name(&Signal { lo, hi, ..sum });
			for (at, term) in group.iter().zip(&terms) {
				result[*at as usize] = divide(builder, &term.times(1 << SHARE), &sum, SHARES);
			}
		}
		result
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["axis"])?;
	let real = lowering.real(node, 0)?;
	let real = lowering.uniform(node, real)?;
	// Before operator set 13 it goes along all axes from one on.
	let old = lowering.model.opset < 13;
	let axis =
		super::shape::axis(node, node.int("axis", if old { 1 } else { -1 })?, real.shape.len())?;
	let along: Vec<usize> = if old { (axis..real.shape.len()).collect() } else { vec![axis] };
	let groups = windows(&real.shape, &along);
	let exponent = real.exponents(node)?.first().copied().unwrap_or_default();
	let bounds = lowering.bounds_of(real.tensor).to_vec();
	if !(-30..=30).contains(&exponent) {
		return Err(node.error(format!("its unit is 2^{exponent}, too far from 1")));
	}
	let groups: Vec<Vec<u32>> = groups.iter().map(|group| live(group, &bounds, exponent)).collect();
	let most = groups.iter().map(|group| reach(group, &bounds)).max().unwrap_or_default();
	if most >= 1 << MAX_BITS {
		return Err(node.error(
			"its input has more than 10 bits: put QuantizeLinear and DequantizeLinear before it, or \
			 run `zkml quantize` on the float model",
		));
	}
	if groups.iter().any(|group| group.len() > MAX_TERMS) {
		return Err(node.error(format!("it has more than {MAX_TERMS} terms")));
	}
	let (size, shape) = (bounds.len(), real.shape);
	let op = Softmax { groups, table: exponentials(exponent, most), size };
	let tensor = lowering.push(node, op, &[real.tensor], &shape)?;
	let units = vec![Unit::Exact(-(SHARE as i32)); size];
	Ok(Value::Real(Real::new(tensor, shape, units)))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;

	fn op(terms: usize, reach: i64) -> Softmax {
		let groups = vec![(0..terms as u32).collect()];
		Softmax { groups, table: exponentials(-1, reach), size: terms }
	}

	const X: Bounds = Bounds { lo: -2, hi: 1 };

	#[test]
	fn shares_are_near_the_real_ones() {
		let op = op(5, 255);
		for x in [[0, 0, 0, 0, 0], [-128, 127, 3, 126, 120], [4, 5, 6, 7, 8], [-9, -9, -9, -9, 9]] {
			let shares = op.evaluate(&[&x]);
			let exponentials: Vec<f64> = x.iter().map(|&x| (x as f64 / 2.0).exp()).collect();
			let sum: f64 = exponentials.iter().sum();
			let bound = 6.0 / 2f64.powi(17) + 1.0 / 2f64.powi(13);
			for (share, real) in shares.iter().zip(exponentials) {
				let error = (*share as f64 / 4096.0 - real / sum).abs();
				assert!(error <= bound, "{x:?}: {error}");
			}
		}
	}

	#[test]
	fn elements_that_are_always_far_below_count_nothing() {
		let far = Bounds { lo: -1000, hi: -900 };
		let bounds = [X, far, X, Bounds { lo: -24, hi: -20 }];
		// In halves 24 below is e^(−12), and more than half of 2^(−16) ends at e^(−11.78).
		assert_eq!(live(&[0, 1, 2, 3], &bounds, -1), [0, 2, 3]);
		assert_eq!(live(&[0, 1, 2, 3], &bounds, 0), [0, 2]);
		assert_eq!(exponentials(0, 12).get(12), Some(0));
	}

	#[test]
	fn proves_what_it_evaluates() {
		let circuit = op(3, 3);
		let harness =
			Harness::new(vec![X; 3], move |builder, inputs| circuit.constrain(builder, &[inputs]));
		for x in [[-2, -2, -2], [1, -2, 0], [0, 1, 1]] {
			let expected = op(3, 3).evaluate(&[&x]);
			harness.accepts(&x, &expected);
			harness.rejects_single_wire_changes(&x);
			for (place, change) in [(0, 1), (1, -1), (2, 2)] {
				let mut forged = expected.clone();
				forged[place] += change;
				harness.rejects_output(&x, &forged);
			}
		}
	}
}
