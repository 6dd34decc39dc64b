//! A function of a small integer, given by its table.
//!
//! # What is proven
//! `y = table[x − lo]` for an integer `x` with proven bounds `[lo, lo + table.len() − 1]`.
//!
//! # Why
//! `x − lo` has one decomposition into `n` booleans. Any function of `n` bits is a polynomial that
//! is linear in each bit, `y = Σ_S c_S · Π_{i ∈ S} bᵢ`, whose integer coefficients come from the
//! table by Möbius inversion over subsets. The bits are split in two halves; every product of bits
//! of one half is a wire, and for each non-empty subset of the upper half one constraint multiplies
//! its product by the polynomial in the lower half that goes with it.
//!
//! # Cost
//! For `n = h + l` bits: `n` booleans, 1 recomposition, `2^l − l − 1` and `2^h − h − 1` products of
//! bits, `2^h − 1` of the halves, and 1 that names the sum: 47 for a byte.

use crate::{
	r1cs::{Builder, LinearCombination},
	signal::{Bounds, Signal},
};

/// Most bits of a table's index.
pub const MAX_BITS: u32 = 10;

/// The products of all subsets of some bits, by subset; and their values.
fn products(
	builder: &mut Builder,
	bits: &[LinearCombination],
	values: &[i64],
) -> (Vec<LinearCombination>, Vec<i64>) {
	let mut wires = vec![LinearCombination::constant(1)];
	let mut products = vec![1];
	for (bit, &value) in bits.iter().zip(values) {
		for subset in 0..wires.len() {
			let product = products[subset] * value;
			let wire = if subset == 0 {
				bit.clone()
			} else {
				let other = wires[subset].clone();
				builder.product(bit.clone(), other, Default::default(), product).into()
			};
			wires.push(wire);
			products.push(product);
		}
	}
	(wires, products)
}

/// Emits the gadget; see the module for what it proves.
///
/// # Panics
/// If the table does not cover the bounds of `x`, or has more than 2^[`MAX_BITS`] entries.
pub fn lookup(builder: &mut Builder, x: &Signal, lo: i64, table: &[i64]) -> Signal {
	assert!(lo <= x.lo && x.hi - lo < table.len() as i64, "a table for every value");
	// Only what the bounds allow.
	let reachable = &table[(x.lo - lo) as usize..=(x.hi - lo) as usize];
	let (&least, &most) = (
		reachable.iter().min().expect("bounds hold a value"),
		reachable.iter().max().expect("bounds hold a value"),
	);
	if least == most {
		return Signal::constant(least);
	}
	let index = x.clone().plus_constant(-x.lo);
	let width = index.bounds().unsigned_bits();
	assert!(width <= MAX_BITS, "a table of at most 2^{MAX_BITS} entries");
	// Möbius inversion; entries that no index reaches repeat the last one.
	let mut coefficients: Vec<i64> =
		(0..1usize << width).map(|i| reachable[i.min(reachable.len() - 1)]).collect();
	for bit in 0..width {
		for subset in 0..coefficients.len() {
			if subset >> bit & 1 == 1 {
				coefficients[subset] -= coefficients[subset ^ (1 << bit)];
			}
		}
	}
	let bits = builder.bits(|| index.lc.clone(), index.value, width);
	let bits: Vec<LinearCombination> = bits.into_iter().map(LinearCombination::wire).collect();
	let values: Vec<i64> = (0..width).map(|i| index.value >> i & 1).collect();
	let low_bits = width.div_ceil(2) as usize;
	let (low, low_values) = products(builder, &bits[..low_bits], &values[..low_bits]);
	let (high, high_values) = products(builder, &bits[low_bits..], &values[low_bits..]);
	let mut sum = LinearCombination::default();
	for (subset, (product, value)) in high.into_iter().zip(high_values).enumerate() {
		let row = &coefficients[subset << low_bits..(subset + 1) << low_bits];
		if row.iter().all(|&c| c == 0) {
			continue;
		}
		let mut polynomial = LinearCombination::default();
		let mut polynomial_value = 0i64;
		for ((wire, &low_value), &c) in low.iter().zip(&low_values).zip(row) {
			polynomial = polynomial.plus(c, wire);
			polynomial_value = polynomial_value.wrapping_add(c.wrapping_mul(low_value));
		}
		if subset == 0 {
			sum = polynomial;
		} else {
			let value = polynomial_value.wrapping_mul(value);
			let wire = builder.product(product, polynomial, Default::default(), value);
			sum = sum.plus(1, &LinearCombination::wire(wire));
		}
	}
	let value = usize::try_from(x.value.wrapping_sub(lo))
		.ok()
		.and_then(|index| table.get(index))
		.copied()
		.unwrap_or_default();
	// Once more a wire of its own: the sum is long, and whatever follows may use it often.
	let wire = builder.product(sum, LinearCombination::constant(1), Default::default(), value);
	Signal::wire(wire, value, Bounds { lo: least, hi: most })
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;

	fn harness(lo: i64, table: &[i64]) -> Harness {
		let table = table.to_vec();
		let bounds = Bounds { lo, hi: lo + table.len() as i64 - 1 };
		Harness::new(vec![bounds], move |builder, inputs| {
			vec![lookup(builder, &inputs[0], lo, &table)]
		})
	}

	#[test]
	fn gives_every_entry_and_no_other() {
		for length in [2, 3, 7, 16, 19] {
			let table: Vec<i64> = (0..length).map(|i| (i * i * 7) % 11 - 5).collect();
			let harness = harness(-3, &table);
			for x in 0..length {
				let y = table[x as usize];
				harness.accepts(&[x - 3], &[y]);
				harness.rejects_single_wire_changes(&[x - 3]);
				for forged in (-6..=6).filter(|&forged| forged != y) {
					harness.rejects_output(&[x - 3], &[forged]);
				}
			}
		}
	}

	#[test]
	fn no_second_output_exists() {
		for length in [2, 3, 7, 16, 19, 64] {
			let table: Vec<i64> = (0..length).map(|i| (i * i * 7) % 11 - 5).collect();
			let harness = harness(-3, &table);
			(-3..length - 3).for_each(|x| harness.has_one_output(&[x]));
		}
	}

	#[test]
	fn every_constraint_matters() {
		for length in [2, 3, 7, 16, 19, 64] {
			let table: Vec<i64> = (0..length).map(|i| (i * i * 7) % 11 - 5).collect();
			let samples: Vec<Vec<i64>> = (-3..length - 3).map(|x| vec![x]).collect();
			let superfluous = harness(-3, &table).superfluous_constraints(&samples);
			// An index of one bit is proven boolean by its bounds: nothing is left to constrain.
			let expected = if length == 2 { vec![0] } else { vec![] };
			assert_eq!(superfluous, expected, "{length} entries");
		}
	}

	#[test]
	fn rejects_an_index_out_of_range() {
		// Nineteen entries take five bits, which reach further.
		let table: Vec<i64> = (0..19).map(|i| (i * i * 7) % 11 - 5).collect();
		let harness = harness(-3, &table);
		for x in [-3, 0, 15] {
			for index in (0..32).filter(|&index| index != x + 3) {
				let bits: Vec<(usize, i64)> = (0..5).map(|i| (i, index >> i & 1)).collect();
				harness.rejects_pinned(&[x], &bits);
			}
		}
	}

	#[test]
	fn costs_47_for_a_byte() {
		let table: Vec<i64> = (0..256).map(|i| (i * i * 37 + 11 * i) % 251).collect();
		assert_eq!(harness(0, &table).constraints(), 47);
		assert_eq!(harness(0, &[9; 256]).constraints(), 0, "a constant");
	}
}
