//! Sums of a few scalar multiples, with shared doublings.
//!
//! Scalars are split in two by an endomorphism ([`crate::lattice`]), and written with the interleaved
//! width-4 NAF (Hankerson, Menezes, Vanstone, *Guide to Elliptic Curve Cryptography*, algorithm
//! 3.51): as many doublings in all as the longest part has bits, and for each element a table of 4, its
//! image under the endomorphism, and one addition in 5 bits. Up to a few hundred elements, that is less
//! than buckets cost.

use crate::lattice::halves;
use alloc::vec::Vec;
use ark_bn254::Fr;

/// Width of the signed digits; a digit is odd and below `2^(WIDTH − 1)` in magnitude.
const WIDTH: u32 = 4;
/// Odd multiples of an element, up to the largest digit.
pub(crate) const MULTIPLES: usize = 1 << (WIDTH - 2);

/// Digits of a part: of its bits, and one more.
pub(crate) type Digits = [i8; 129];

/// The sum over all elements of the multiples that their digits say, lowest digit first. `add` adds a
/// multiple, or its opposite.
pub(crate) fn interleave<G, T>(
	zero: G,
	tables: &[[T; MULTIPLES]],
	digits: &[Digits],
	double: impl Fn(&mut G),
	add: impl Fn(&mut G, &T, bool),
) -> G {
	let length = |digits: &Digits| digits.iter().rposition(|digit| *digit != 0);
	let highest = digits.iter().filter_map(length).max();
	let mut sum = zero;
	for position in (0..=highest.unwrap_or(0)).rev() {
		double(&mut sum);
		for (table, digits) in tables.iter().zip(digits) {
			let digit = digits.get(position).copied().filter(|digit| *digit != 0);
			let Some(digit) = digit else { continue };
			let Some(multiple) = table.get(usize::from(digit.unsigned_abs() / 2)) else { continue };
			add(&mut sum, multiple, digit < 0);
		}
	}
	sum
}

/// The signed digits of scalars: of each, those of its two parts.
pub(crate) fn digits(scalars: &[Fr]) -> Vec<Digits> {
	scalars.iter().flat_map(halves).map(naf).collect()
}

fn naf(part: i128) -> Digits {
	let mut rest = part.unsigned_abs();
	let mut digits = [0; 129];
	for digit in &mut digits {
		if rest % 2 == 1 {
			let low = (rest % (1 << WIDTH)) as i8;
			*digit = if low < 1 << (WIDTH - 1) { low } else { low - (1 << WIDTH) };
			rest = rest.wrapping_sub_signed(i128::from(*digit));
			if part < 0 {
				*digit = -*digit;
			}
		}
		rest /= 2;
	}
	digits
}

/// Tables of elements, each followed by its image under an endomorphism.
pub(crate) fn with_images<T: Copy>(
	tables: &[T],
	endomorphism: impl Fn(&T) -> T,
) -> Vec<[T; MULTIPLES]> {
	let image = |table: &[T; MULTIPLES]| table.each_ref().map(&endomorphism);
	tables.as_chunks().0.iter().flat_map(|table| [*table, image(table)]).collect()
}

/// The multiples `1, 3, 5, 7` of each element.
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

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{encoding::decode_scalar, fixtures::dense};

	#[test]
	fn the_dearest_scalars_have_as_many_digits_as_can_be() {
		for bits in [240, 248, 253] {
			let scalar = decode_scalar(&dense(bits)).unwrap();
			for digits in digits(&[scalar]) {
				assert_eq!(digits.iter().filter(|digit| **digit != 0).count(), 32);
				assert_eq!(digits.iter().filter(|digit| **digit < 0).count(), 31);
				assert_eq!(digits.iter().rposition(|digit| *digit != 0), Some(126));
			}
		}
	}
}
