//! Which of several integers a bounded integer reaches.
//!
//! # What is proven
//! `b[i] = 1` if `x ≥ c[i]`, else 0, for cuts `c[0] < c[1] < …` between `lo + 1` and `hi`; and
//! `lo ≤ x ≤ hi`, whatever else is known of `x`.
//!
//! # Why
//! `b[i]·(b[i−1] − b[i]) = 0`, with 1 before the first, lets each be 0, or as the one before it: so
//! the first `j` are 1 and the others 0. `j` names a piece between two neighbouring cuts, whose ends
//! are sums of the booleans. Both `x` less the first integer of the piece and the last one less `x`
//! are shown to have no more bits than the longest piece needs; both are so no negative numbers, and
//! `x` lies within. No other piece holds it, so that the booleans are determined.
//!
//! # Cost
//! For `m` cuts `m + 2·w`, with `w` the bits of the longest piece's length less 1; `m + 1` where all
//! pieces are single integers. `x` gets a wire of its own where it is a long sum: 1 more.

use super::compare::LONG;
use crate::{
	r1cs::{Builder, LinearCombination},
	signal::{Bounds, Signal},
};

/// Emits the gadget for an `x` that is claimed to lie within `range`; see the module for what it
/// proves.
///
/// # Panics
/// If the cuts do not rise, or do not lie within the range.
pub fn thermometer(builder: &mut Builder, x: &Signal, range: Bounds, cuts: &[i64]) -> Vec<Signal> {
	let rising = cuts.windows(2).all(|pair| pair[0] < pair[1]);
	let within = cuts.iter().all(|&cut| range.lo < cut && cut <= range.hi);
	assert!(rising && within, "cuts rise within the range");
	let x = if x.terms > LONG { builder.name(x) } else { x.clone() };
	let mut before = LinearCombination::constant(1);
	let mut bits = Vec::with_capacity(cuts.len());
	for &cut in cuts {
		let value = i64::from(x.value >= cut);
		let wire = builder.alloc(|| value.into());
		builder.enforce(|| {
			let step = before.plus(-1, &LinearCombination::wire(wire));
			[wire.into(), step, LinearCombination::default()]
		});
		before = LinearCombination::wire(wire);
		bits.push(Signal::wire(wire, value, Bounds { lo: 0, hi: 1 }));
	}
	// The starts of the pieces, and behind the last one its end.
	let starts = [&[range.lo], cuts, &[range.hi + 1]].concat();
	let lengths: Vec<i64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
	let first = bits
		.iter()
		.zip(&lengths)
		.fold(Signal::constant(range.lo), |sum, (bit, &length)| sum.plus(length, bit));
	let last = bits
		.iter()
		.zip(&lengths[1..])
		.fold(Signal::constant(starts[1] - 1), |sum, (bit, &length)| sum.plus(length, bit));
	let longest = lengths.iter().max().map_or(0, |length| length - 1);
	let width = Bounds { lo: 0, hi: longest }.unsigned_bits();
	let above = x.clone().plus(-1, &first);
	if width == 0 {
		builder.enforce(|| [above.lc, 1.into(), LinearCombination::default()]);
		return bits;
	}
	let below = last.plus(-1, &x);
	builder.range(above.lc, above.value, width);
	builder.range(below.lc, below.value, width);
	bits
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;

	const RANGE: Bounds = Bounds { lo: -3, hi: 9 };

	fn harness(wire: Bounds, cuts: &'static [i64], terms: u32) -> Harness {
		Harness::new(vec![wire], move |builder, inputs| {
			let x = Signal { terms, ..inputs[0].clone() };
			thermometer(builder, &x, RANGE, cuts)
		})
	}

	fn bits(x: i64, cuts: &[i64]) -> Vec<i64> {
		cuts.iter().map(|&cut| i64::from(x >= cut)).collect()
	}

	const CUTS: [&[i64]; 5] = [
		&[0],
		&[9],
		&[-2, 4, 5],
		&[-2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
		&[-2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8],
	];

	#[test]
	fn agrees_with_the_reference_on_every_value() {
		for cuts in CUTS {
			let harness = harness(RANGE, cuts, 1);
			for x in RANGE.lo..=RANGE.hi {
				harness.accepts(&[x], &bits(x, cuts));
				harness.rejects_single_wire_changes(&[x]);
				harness.has_one_output(&[x]);
			}
		}
	}

	#[test]
	fn no_booleans_but_the_right_ones_have_a_witness() {
		let cuts = CUTS[2];
		let harness = harness(RANGE, cuts, 1);
		for x in RANGE.lo..=RANGE.hi {
			for forged in 0..8 {
				let forged: Vec<i64> = (0..3).map(|i| forged >> i & 1).collect();
				if forged != bits(x, cuts) {
					harness.rejects_output(&[x], &forged);
				}
			}
		}
	}

	/// It stands in place of the range check of an input.
	#[test]
	fn an_integer_out_of_the_range_has_no_witness() {
		use crate::gadgets::search::{Search, Verdict};
		for cuts in CUTS {
			let mut builder = Builder::constraints(0, 0);
			let wire = builder.alloc_private_input(Default::default);
			thermometer(&mut builder, &Signal::wire(wire, 0, RANGE), RANGE, cuts);
			let (r1cs, _) = builder.into_r1cs();
			for x in -40..=60i64 {
				let verdict = Search::new(&r1cs, None).any(&[(wire.0 as usize, x.into())]);
				let exists = matches!(verdict, Verdict::Second(_));
				assert_eq!(exists, RANGE.contains(x), "{x} with {cuts:?}");
			}
		}
	}

	#[test]
	fn costs_what_it_says() {
		let cost = |cuts: usize| harness(RANGE, CUTS[cuts], 1).constraints();
		assert_eq!(cost(0), 1 + 2 * 4);
		assert_eq!(cost(2), 3 + 2 * 3);
		assert_eq!(cost(3), 12 + 1);
		assert_eq!(cost(4), 11 + 2);
		assert_eq!(harness(RANGE, CUTS[2], 100).constraints(), 3 + 2 * 3 + 1);
	}

	#[test]
	fn every_constraint_matters() {
		for cuts in CUTS {
			let samples: Vec<Vec<i64>> = (RANGE.lo..=RANGE.hi).map(|x| vec![x]).collect();
			let superfluous = harness(RANGE, cuts, 1).superfluous_constraints(&samples);
			assert_eq!(superfluous, Vec::<usize>::new(), "{cuts:?}");
		}
	}

	#[test]
	#[should_panic(expected = "cuts rise within the range")]
	fn a_cut_out_of_the_range_is_refused() {
		harness(RANGE, &[-3], 1).constraints();
	}
}
