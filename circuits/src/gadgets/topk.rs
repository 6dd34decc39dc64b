//! The `k` largest of several integers and where they stand, equals in the order of their indices.
//!
//! # What is proven
//! For integers with proven bounds: the `r`-th value and index are those of a stable sort in
//! falling order.
//!
//! # Why
//! `k` passes of a bubble sort, each from the end to the front: neighbours change places exactly
//! if the later one is strictly larger, `vᵢ₊₁ − vᵢ − 1 ≥ 0`, whose proven sign is `g`. With
//! `p = g·(vᵢ₊₁ − vᵢ)` the pair becomes `(vᵢ + p, vᵢ₊₁ − p)`, and its indices likewise. After pass
//! `r` position `r` holds what a stable sort puts there, because equals never pass each other.
//!
//! # Cost
//! `d + 2` per comparison of `d`-bit differences, and `Σ_{r<k} (n − 1 − r)` comparisons.

use super::compare::{sign, Sign};
use crate::{
	r1cs::Builder,
	signal::{Bounds, Signal},
};

/// The reference: positions of the `k` largest values, the first of equals first.
pub fn topk_positions(values: &[i64], k: usize) -> Vec<usize> {
	let mut positions: Vec<usize> = (0..values.len()).collect();
	positions.sort_by_key(|&position| std::cmp::Reverse(values[position]));
	positions.truncate(k);
	positions
}

/// Emits the gadget; see the module for what it proves. Returns values and indices.
///
/// # Panics
/// If there are fewer than `k` candidates.
pub fn topk(builder: &mut Builder, candidates: &[Signal], k: usize) -> (Vec<Signal>, Vec<Signal>) {
	assert!(k <= candidates.len(), "as many candidates as are asked for");
	let mut values = candidates.to_vec();
	let mut indices: Vec<Signal> =
		(0..candidates.len()).map(|index| Signal::constant(index as i64)).collect();
	for pass in 0..k {
		for i in (pass..values.len() - 1).rev() {
			let step = values[i + 1].clone().plus(-1, &values[i]);
			let ahead = step.plus_constant(-1);
			if ahead.hi < 0 {
				continue;
			}
			if ahead.lo >= 0 {
				values.swap(i, i + 1);
				indices.swap(i, i + 1);
				continue;
			}
			let Sign { positive, integer } = sign(builder, &ahead);
			let swaps = ahead.value >= 0;
			let step = integer.plus_constant(1);
			let mut exchange = |pair: &mut [Signal], step| {
				let [a, b] = pair else { return };
				let bounds = Bounds { lo: a.lo.min(b.lo), hi: a.hi.max(b.hi) };
				let value = if swaps { b.value } else { a.value };
				let wire = builder.product(positive.clone(), step, a.lc.clone(), value);
				let front = Signal::wire(wire, value, bounds);
				let back = a.clone().plus(1, b).plus(-1, &front);
				*b = Signal { lo: bounds.lo, hi: bounds.hi, ..back };
				*a = front;
			};
			let index_step = indices[i + 1].lc.clone().plus(-1, &indices[i].lc);
			exchange(&mut values[i..i + 2], step);
			exchange(&mut indices[i..i + 2], index_step);
			// The back of a pair is a sum that grows from pass to pass.
			for signal in [&mut values[i + 1], &mut indices[i + 1]] {
				signal.lc.normalise();
			}
		}
	}
	values.truncate(k);
	indices.truncate(k);
	(values, indices)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;
	use proptest::prelude::*;

	fn harness(count: usize, k: usize) -> Harness {
		Harness::new(vec![Bounds { lo: -9, hi: 9 }; count], move |builder, inputs| {
			let (values, indices) = topk(builder, inputs, k);
			[values, indices].concat()
		})
	}

	fn expected(values: &[i64], k: usize) -> Vec<i64> {
		let positions = topk_positions(values, k);
		let largest = positions.iter().map(|&position| values[position]);
		largest.chain(positions.iter().map(|&position| position as i64)).collect()
	}

	#[test]
	fn equals_keep_their_order() {
		let harness = harness(4, 2);
		for values in [[1, 3, 3, 2], [5, 5, 5, 5], [-9, 0, 9, 9], [4, 3, 2, 1]] {
			harness.accepts(&values, &expected(&values, 2));
			harness.rejects_single_wire_changes(&values);
		}
		harness.rejects_output(&[1, 3, 3, 2], &[3, 3, 2, 1]);
		harness.rejects_output(&[1, 3, 3, 2], &[3, 2, 1, 3]);
	}

	fn triples() -> Vec<Vec<i64>> {
		(0..125).map(|i| vec![i % 5 - 2, i / 5 % 5 - 2, i / 25 - 2]).collect()
	}

	#[test]
	fn no_second_output_exists() {
		for k in 1..=3 {
			let harness = harness(3, k);
			triples().iter().for_each(|values| harness.has_one_output(values));
		}
	}

	#[test]
	fn every_constraint_matters() {
		for k in 1..=3 {
			let superfluous = harness(3, k).superfluous_constraints(&triples());
			assert_eq!(superfluous, Vec::<usize>::new(), "k = {k}");
		}
	}

	#[test]
	fn rejects_a_value_with_the_index_of_another() {
		let harness = harness(3, 2);
		harness.rejects_output(&[1, 3, 2], &[3, 2, 2, 1]);
		harness.rejects_output(&[1, 3, 2], &[3, 3, 1, 1]);
		harness.rejects_output(&[1, 3, 2], &[3, 1, 1, 0]);
		harness.rejects_output(&[3, 3, 2], &[3, 3, 1, 0]);
	}

	#[test]
	fn costs_d_plus_2_per_comparison() {
		// Differences less one span [-19, 17]: six bits.
		assert_eq!(harness(4, 1).constraints(), 3 * (6 + 2));
	}

	proptest! {
		#[test]
		fn agrees_with_the_reference(values in prop::collection::vec(-9i64..9, 2..7), k in 1usize..3) {
			let harness = harness(values.len(), k);
			harness.accepts(&values, &expected(&values, k));
		}
	}
}
