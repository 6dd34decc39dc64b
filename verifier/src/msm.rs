//! A sum of a few scalar multiples, with shared doublings.

use alloc::vec::Vec;
use ark_bn254::{Fr, G1Affine, G1Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, BigInteger, PrimeField};

/// Width of the signed digits; a digit is odd and below `2^(WIDTH − 1)` in magnitude.
const WIDTH: usize = 5;
/// Odd multiples of a point, up to the largest digit.
const MULTIPLES: usize = 1 << (WIDTH - 2);

/// `constant + Σ scalarᵢ · pointᵢ`, for as many as both have.
///
/// Interleaved width-5 NAF (Hankerson, Menezes, Vanstone, *Guide to Elliptic Curve Cryptography*,
/// algorithm 3.51): 254 doublings in all, and 43 additions and a table of 8 points each. Up to
/// a few hundred points, that is less than buckets cost.
pub(crate) fn sum_of_products(
	constant: &G1Affine,
	points: &[G1Affine],
	scalars: &[Fr],
) -> G1Projective {
	let tables = odd_multiples(points);
	let digits: Vec<Vec<i64>> = scalars
		.iter()
		.map(|scalar| scalar.into_bigint().find_wnaf(WIDTH).unwrap_or_default())
		.collect();
	let longest = digits.iter().map(Vec::len).max().unwrap_or(0);
	let mut sum = G1Projective::ZERO;
	for position in (0..longest).rev() {
		sum.double_in_place();
		for (table, digits) in tables.as_chunks::<MULTIPLES>().0.iter().zip(&digits) {
			let digit = digits.get(position).copied().unwrap_or(0);
			let Some(multiple) = table.get(digit.unsigned_abs() as usize / 2) else { continue };
			if digit > 0 {
				sum += multiple;
			} else if digit < 0 {
				sum -= multiple;
			}
		}
	}
	sum + constant
}

/// The multiples `1, 3, 5, … , 15` of each point.
fn odd_multiples(points: &[G1Affine]) -> Vec<G1Affine> {
	let mut multiples = Vec::with_capacity(points.len().saturating_mul(MULTIPLES));
	for point in points {
		let mut multiple = point.into_group();
		let double = multiple.double();
		for _ in 0..MULTIPLES {
			multiples.push(multiple);
			multiple += double;
		}
	}
	G1Projective::normalize_batch(&multiples)
}

#[cfg(test)]
mod tests {
	use super::*;
	use ark_ff::{One, Zero};
	use ark_std::{test_rng, UniformRand};

	#[test]
	fn equals_separate_multiplications() {
		let rng = &mut test_rng();
		let constant = G1Affine::rand(rng);
		for count in [0, 1, 2, 5, 33] {
			let points: Vec<_> = (0..count).map(|_| G1Affine::rand(rng)).collect();
			let mut scalars: Vec<_> = (0..count).map(|_| Fr::rand(rng)).collect();
			let edges = [-Fr::one(), Fr::zero(), Fr::one(), Fr::from(16), -Fr::from(15)];
			for (scalar, edge) in scalars.iter_mut().skip(1).zip(edges) {
				*scalar = edge;
			}
			let products = points.iter().zip(&scalars).map(|(&point, scalar)| point * scalar);
			let expected = products.sum::<G1Projective>() + constant;
			assert_eq!(sum_of_products(&constant, &points, &scalars), expected);
		}
	}

	#[test]
	fn meets_itself_and_infinity() {
		let rng = &mut test_rng();
		let point = G1Affine::rand(rng);
		let scalar = Fr::rand(rng);
		let twice = sum_of_products(&point, &[point, point], &[scalar, scalar]);
		assert_eq!(twice, point * (scalar + scalar + Fr::one()));
		assert!(sum_of_products(&point, &[point], &[-Fr::one()]).is_zero());
		assert!(sum_of_products(&-point, &[point, point], &[scalar, Fr::one() - scalar]).is_zero());
	}
}
