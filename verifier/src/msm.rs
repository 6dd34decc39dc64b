//! Sums of a few scalar multiples, with shared doublings.
//!
//! Interleaved width-5 NAF (Hankerson, Menezes, Vanstone, *Guide to Elliptic Curve Cryptography*,
//! algorithm 3.51): as many doublings in all as the longest scalar has bits, and for each element
//! a table of 8 and one addition in 6 bits. Up to a few hundred elements, that is less than
//! buckets cost.

use alloc::vec::Vec;
use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};

/// Width of the signed digits; a digit is odd and below `2^(WIDTH − 1)` in magnitude.
const WIDTH: usize = 5;
/// Odd multiples of an element, up to the largest digit.
pub(crate) const MULTIPLES: usize = 1 << (WIDTH - 2);

/// The sum over all elements of the multiples that their digits say, lowest digit first. `add` adds a
/// multiple, or its opposite.
pub(crate) fn interleave<G, T>(
	zero: G,
	tables: &[[T; MULTIPLES]],
	digits: &[Vec<i64>],
	double: impl Fn(&mut G),
	add: impl Fn(&mut G, &T, bool),
) -> G {
	let longest = digits.iter().map(Vec::len).max().unwrap_or(0);
	let mut sum = zero;
	for position in (0..longest).rev() {
		double(&mut sum);
		for (table, digits) in tables.iter().zip(digits) {
			let digit = digits.get(position).copied().filter(|digit| *digit != 0);
			let Some(digit) = digit else { continue };
			let Some(multiple) = table.get(digit.unsigned_abs() as usize / 2) else { continue };
			add(&mut sum, multiple, digit < 0);
		}
	}
	sum
}

/// The signed digits of scalars.
pub(crate) fn digits(scalars: &[Fr]) -> Vec<Vec<i64>> {
	let digits = |scalar: &Fr| scalar.into_bigint().find_wnaf(WIDTH).unwrap_or_default();
	scalars.iter().map(digits).collect()
}

/// The multiples `1, 3, 5, … , 15` of each element.
pub(crate) fn odd_multiples<G: Clone>(
	elements: impl ExactSizeIterator<Item = G>,
	double: impl Fn(&G) -> G,
	add: impl Fn(&G, &G) -> G,
) -> Vec<G> {
	let mut multiples = Vec::with_capacity(elements.len().saturating_mul(MULTIPLES));
	for element in elements {
		let double = double(&element);
		let mut multiple = element;
		for _ in 1..MULTIPLES {
			let next = add(&multiple, &double);
			multiples.push(core::mem::replace(&mut multiple, next));
		}
		multiples.push(multiple);
	}
	multiples
}
