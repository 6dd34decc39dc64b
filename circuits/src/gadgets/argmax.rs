//! The index of the largest of several integers, the first where several are largest.
//!
//! # What is proven
//! `label = min { i : vᵢ = max v }` for integers with proven bounds.
//!
//! # Why
//! A running maximum `m` starts at `v₀`, and candidate `i` replaces it exactly if it is strictly
//! larger: `vᵢ − m − 1 ≥ 0`, whose proven sign is `g`. Then `m' = m + g·(vᵢ − m)` and
//! `label' = label + g·(i − label)`.
//!
//! # Cost
//! `d + 2` per candidate after the first, one less for the last, whose maximum nobody needs.
//! Candidates that bounds decide cost nothing; long combinations cost 1 more each.

use super::compare::{sign, Sign};
use crate::{
	r1cs::{Builder, LinearCombination},
	signal::{Bounds, Signal},
};

/// The reference: the first index of the largest value.
pub fn argmax_value(values: &[i64]) -> usize {
	(1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

/// Emits the gadget; see the module for what it proves.
///
/// # Panics
/// If there is no candidate.
pub fn argmax(builder: &mut Builder, candidates: &[Signal]) -> Signal {
	let labels: Vec<i64> = (0..candidates.len() as i64).collect();
	argmax_of(builder, candidates, &labels)
}

/// The gadget with any labels in place of the indices.
///
/// # Panics
/// If there is no candidate.
pub fn argmax_of(builder: &mut Builder, candidates: &[Signal], labels: &[i64]) -> Signal {
	let mut largest = candidates.first().expect("at least one candidate").clone();
	let mut label = Signal::constant(labels[0]);
	for (i, (candidate, &own)) in candidates.iter().zip(labels).enumerate().skip(1) {
		let step = candidate.clone().plus(-1, &largest);
		let ahead = step.clone().plus_constant(-1);
		if ahead.hi < 0 {
			continue;
		}
		if ahead.lo >= 0 {
			largest = candidate.clone();
			label = Signal::constant(own);
			continue;
		}
		let Sign { positive, integer } = sign(builder, &ahead);
		let wins = ahead.value >= 0;
		if i + 1 < candidates.len() {
			let winner = if wins { candidate.value } else { largest.value };
			let step = integer.plus_constant(1);
			let wire = builder.product(positive.clone(), step, largest.lc.clone(), winner);
			let bounds =
				Bounds { lo: largest.lo.max(candidate.lo), hi: largest.hi.max(candidate.hi) };
			largest = Signal::wire(wire, winner, bounds);
		}
		let advance = LinearCombination::constant(own).plus(-1, &label.lc);
		let winner = if wins { own } else { label.value };
		let wire = builder.product(positive, advance, label.lc.clone(), winner);
		let bounds = Bounds { lo: label.lo.min(own), hi: label.hi.max(own) };
		label = Signal::wire(wire, winner, bounds);
	}
	label
}

/// The reference for a mask that allows at least one: the first index of the largest value allowed.
pub fn masked_argmax_value(values: &[i64], mask: &[bool]) -> usize {
	let allowed = (0..values.len()).filter(|&i| mask[i]);
	allowed.reduce(|best, i| if values[i] > values[best] { i } else { best }).unwrap_or(0)
}

/// The gadget over those candidates whose bit is 1; the bits are proven to be 0 or 1.
///
/// A candidate that is not allowed counts as one less than any can be, `v' = l + m·(v − l)` with `l`
/// that number: 1 constraint. So a candidate that is allowed wins over it. If none is allowed the
/// label is 0, which whoever makes the mask must rule out.
///
/// # Panics
/// If there is no candidate.
pub fn masked_argmax(builder: &mut Builder, candidates: &[Signal], mask: &[Signal]) -> Signal {
	let least = candidates.iter().map(|candidate| candidate.lo).min().unwrap_or(0) - 1;
	let masked: Vec<Signal> = (candidates.iter().zip(mask))
		.map(|(candidate, bit)| {
			let raised = candidate.clone().plus_constant(-least);
			let value = if bit.value == 1 { candidate.value } else { least };
			let shift = LinearCombination::constant(least);
			let wire = builder.product(bit.lc.clone(), raised.lc, shift, value);
			Signal::wire(wire, value, Bounds { lo: least, hi: candidate.hi })
		})
		.collect();
	argmax(builder, &masked)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;
	use proptest::prelude::*;

	fn harness(bounds: Vec<Bounds>) -> Harness {
		Harness::new(bounds, |builder, inputs| vec![argmax(builder, inputs)])
	}

	const BYTE: Bounds = Bounds { lo: -128, hi: 127 };

	#[test]
	fn takes_the_first_of_equals() {
		let harness = harness(vec![BYTE; 4]);
		for (values, label) in [
			([1, 2, 3, 3], 2),
			([5, 5, 5, 5], 0),
			([-128, 127, 127, -128], 1),
			([-2, -1, -3, -1], 1),
			([0, 0, 0, 1], 3),
		] {
			assert_eq!(argmax_value(&values) as i64, label);
			harness.accepts(&values, &[label]);
			harness.rejects_single_wire_changes(&values);
			for forged in (-1..6).filter(|&forged| forged != label) {
				harness.rejects_output(&values, &[forged]);
			}
		}
	}

	fn triples() -> Vec<Vec<i64>> {
		(0..125).map(|i| vec![i % 5 - 2, i / 5 % 5 - 2, i / 25 - 2]).collect()
	}

	#[test]
	fn no_second_output_exists() {
		let harness = harness(vec![Bounds { lo: -2, hi: 2 }; 3]);
		triples().iter().for_each(|values| harness.has_one_output(values));
	}

	#[test]
	fn every_constraint_matters() {
		let harness = harness(vec![Bounds { lo: -2, hi: 2 }; 3]);
		assert_eq!(harness.superfluous_constraints(&triples()), Vec::<usize>::new());
	}

	#[test]
	fn rejects_the_last_of_equals_and_indices_out_of_range() {
		let harness = harness(vec![BYTE; 3]);
		harness.rejects_output(&[7, 7, 7], &[1]);
		harness.rejects_output(&[7, 7, 7], &[2]);
		harness.rejects_output(&[1, 7, 7], &[2]);
		harness.rejects_output(&[1, 7, 7], &[3]);
		harness.rejects_output(&[1, 7, 7], &[-1]);
	}

	#[test]
	fn costs_d_plus_2_per_comparison() {
		// Differences of bytes minus one span [-256, 254]: nine bits.
		assert_eq!(harness(vec![BYTE; 10]).constraints(), 9 * (9 + 2) - 1);
	}

	#[test]
	fn bounds_decide_for_free() {
		let far = Bounds { lo: 500, hi: 600 };
		assert_eq!(harness(vec![BYTE, far]).constraints(), 0);
		harness(vec![BYTE, far]).accepts(&[127, 500], &[1]);
		assert_eq!(harness(vec![far, BYTE]).constraints(), 0);
		harness(vec![far, BYTE]).accepts(&[500, 127], &[0]);
		let touching = Bounds { lo: 127, hi: 127 };
		harness(vec![touching, BYTE]).accepts(&[127, 127], &[0]);
		harness(vec![BYTE, touching]).accepts(&[127, 127], &[0]);
		harness(vec![BYTE, touching]).accepts(&[126, 127], &[1]);
	}

	const BIT: Bounds = Bounds { lo: 0, hi: 1 };

	fn masked() -> Harness {
		let bounds = [vec![Bounds { lo: -2, hi: 2 }; 3], vec![BIT; 3]].concat();
		Harness::new(bounds, |builder, inputs| {
			vec![masked_argmax(builder, &inputs[..3], &inputs[3..])]
		})
	}

	#[test]
	fn only_those_allowed_win() {
		let harness = masked();
		for values in triples() {
			for mask in 1..8 {
				let mask = [0, 1, 2].map(|i| mask >> i & 1);
				let label = masked_argmax_value(&values, &mask.map(|bit| bit == 1));
				assert_eq!(mask[label], 1);
				let given = [values.clone(), mask.to_vec()].concat();
				harness.accepts(&given, &[label as i64]);
				for forged in (-1..4).filter(|&forged| forged != label as i64) {
					harness.rejects_output(&given, &[forged]);
				}
			}
		}
	}

	#[test]
	fn a_masked_label_is_the_only_one() {
		let samples: Vec<Vec<i64>> = triples()
			.into_iter()
			.step_by(7)
			.flat_map(|values| {
				(1..8).map(move |mask| {
					[values.clone(), [0, 1, 2].map(|i| mask >> i & 1).to_vec()].concat()
				})
			})
			.collect();
		let harness = masked();
		samples.iter().for_each(|sample| harness.has_one_output(sample));
		assert_eq!(harness.superfluous_constraints(&samples), Vec::<usize>::new());
		assert_eq!(harness.constraints(), 3 + 2 * (4 + 2) - 1);
	}

	proptest! {
		#[test]
		fn agrees_with_the_reference(values in prop::collection::vec(-9i64..9, 2..7)) {
			let harness = harness(vec![Bounds { lo: -9, hi: 9 }; values.len()]);
			harness.accepts(&values, &[argmax_value(&values) as i64]);
		}
	}
}
