//! Sums of a few scalar multiples, with shared doublings.
//!
//! Interleaved width-5 NAF (Hankerson, Menezes, Vanstone, *Guide to Elliptic Curve Cryptography*,
//! algorithm 3.51): as many doublings in all as the longest scalar has bits, and for each element
//! a table of 8 and one addition in 6 bits. Up to a few hundred elements, that is less than
//! buckets cost.

use alloc::vec::Vec;
use ark_bn254::{Bn254, Fq12, Fr, G1Affine, G1Projective};
use ark_ec::{pairing::PairingOutput, AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, BigInteger, PrimeField};
use core::{
	ops::{AddAssign, SubAssign},
	slice::from_ref,
};

/// Width of the signed digits; a digit is odd and below `2^(WIDTH − 1)` in magnitude.
const WIDTH: usize = 5;
/// Odd multiples of an element, up to the largest digit.
const MULTIPLES: usize = 1 << (WIDTH - 2);

/// `Σ scalarᵢ · pointᵢ`, for as many as both have.
pub(crate) fn sum_of_products(points: &[G1Affine], scalars: &[Fr]) -> G1Projective {
	let tables = affine_tables(points);
	interleave(tables.as_chunks().0, &digits(scalars))
}

/// Each `scalarᵢ · pointᵢ`, for as many as both have.
pub(crate) fn products(points: &[G1Affine], scalars: &[Fr]) -> Vec<G1Projective> {
	let tables = affine_tables(points);
	let product = |(table, digits)| interleave(from_ref(table), from_ref(digits));
	tables.as_chunks().0.iter().zip(&digits(scalars)).map(product).collect()
}

/// `Π elementᵢ^scalarᵢ` in the pairing's target group, for as many as both have.
///
/// Elements outside the group make nonsense, but no panic.
pub(crate) fn product_of_powers(elements: &[Fq12], scalars: &[Fr]) -> Fq12 {
	let multiples = odd_multiples(elements.iter().copied().map(PairingOutput::<Bn254>));
	// Squaring as in the group takes some elements outside to zero, which has no inverse.
	if multiples.iter().any(|multiple| multiple.0 == Fq12::ZERO) {
		return Fq12::ZERO;
	}
	let product: PairingOutput<_> = interleave(multiples.as_chunks().0, &digits(scalars));
	product.0
}

/// The sum over all elements of the multiples that their digits say, lowest digit first.
fn interleave<G, T>(tables: &[[T; MULTIPLES]], digits: &[Vec<i64>]) -> G
where
	G: AdditiveGroup + for<'a> AddAssign<&'a T> + for<'a> SubAssign<&'a T>,
{
	let longest = digits.iter().map(Vec::len).max().unwrap_or(0);
	let mut sum = G::ZERO;
	for position in (0..longest).rev() {
		sum.double_in_place();
		for (table, digits) in tables.iter().zip(digits) {
			let digit = digits.get(position).copied().unwrap_or(0);
			let Some(multiple) = table.get(digit.unsigned_abs() as usize / 2) else { continue };
			if digit > 0 {
				sum += multiple;
			} else if digit < 0 {
				sum -= multiple;
			}
		}
	}
	sum
}

fn digits(scalars: &[Fr]) -> Vec<Vec<i64>> {
	let digits = |scalar: &Fr| scalar.into_bigint().find_wnaf(WIDTH).unwrap_or_default();
	scalars.iter().map(digits).collect()
}

fn affine_tables(points: &[G1Affine]) -> Vec<G1Affine> {
	let multiples: Vec<_> = odd_multiples(points.iter().map(|point| point.into_group()));
	G1Projective::normalize_batch(&multiples)
}

/// The multiples `1, 3, 5, … , 15` of each element.
fn odd_multiples<G: AdditiveGroup>(elements: impl ExactSizeIterator<Item = G>) -> Vec<G> {
	let mut multiples = Vec::with_capacity(elements.len().saturating_mul(MULTIPLES));
	for element in elements {
		let mut multiple = element;
		let double = multiple.double();
		for _ in 0..MULTIPLES {
			multiples.push(multiple);
			multiple += double;
		}
	}
	multiples
}

#[cfg(test)]
mod tests {
	use super::*;
	use ark_ec::pairing::Pairing;
	use ark_ff::{Field, One, Zero};
	use ark_std::{test_rng, UniformRand};

	#[test]
	fn equals_separate_multiplications() {
		let rng = &mut test_rng();
		for count in [0, 1, 2, 5, 33] {
			let points: Vec<_> = (0..count).map(|_| G1Affine::rand(rng)).collect();
			let mut scalars: Vec<_> = (0..count).map(|_| Fr::rand(rng)).collect();
			let edges = [-Fr::one(), Fr::zero(), Fr::one(), Fr::from(16), -Fr::from(15)];
			for (scalar, edge) in scalars.iter_mut().skip(1).zip(edges) {
				*scalar = edge;
			}
			let expected: Vec<_> =
				points.iter().zip(&scalars).map(|(&point, scalar)| point * scalar).collect();
			assert_eq!(products(&points, &scalars), expected);
			let expected = expected.iter().sum::<G1Projective>();
			assert_eq!(sum_of_products(&points, &scalars), expected);
		}
	}

	#[test]
	fn meets_itself_and_infinity() {
		let rng = &mut test_rng();
		let point = G1Affine::rand(rng);
		let scalar = Fr::rand(rng);
		let twice = sum_of_products(&[point, point], &[scalar, scalar]);
		assert_eq!(twice, point * (scalar + scalar));
		assert!(sum_of_products(&[point, point], &[scalar, -scalar]).is_zero());
		assert!(sum_of_products(&[point, -point], &[scalar, scalar]).is_zero());
		assert!(products(&[point], &[Fr::zero()]).iter().all(Zero::is_zero));
	}

	#[test]
	fn powers_multiply_in_the_target_group() {
		let rng = &mut test_rng();
		let [g, h] =
			[(); 2].map(|()| Bn254::pairing(G1Affine::rand(rng), ark_bn254::G2Affine::rand(rng)));
		let [a, b] = [(); 2].map(|()| Fr::rand(rng));
		assert_eq!(product_of_powers(&[], &[]), Fq12::ONE);
		assert_eq!(product_of_powers(&[g.0, h.0], &[Fr::ONE, Fr::ZERO]), g.0);
		let expected = g.0.pow(a.into_bigint()) * h.0.pow(b.into_bigint());
		assert_eq!(product_of_powers(&[g.0, h.0], &[a, b]), expected);
		assert_eq!(product_of_powers(&[g.0, g.0], &[a, -a]), Fq12::ONE);
		// The square of 2/3 as in the group, where it is not, is zero.
		let outside = Fq12::from(2) * Fq12::from(3).inverse().unwrap();
		for element in [Fq12::ZERO, outside] {
			assert_eq!(product_of_powers(&[g.0, element], &[a, -Fr::ONE]), Fq12::ZERO);
		}
	}
}
