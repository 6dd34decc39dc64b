//! Scalars as sums of short multiples of powers of an endomorphism's factor.
//!
//! With a basis `v` of the lattice of all `a` with `Σ aᵢ·λⁱ = 0`, a scalar `k` is
//! `(k, 0, …) − Σ βⱼ·vⱼ` for any integers `β`; with `βⱼ` near the coordinates of `(k, 0, …)` in that
//! basis the parts are short. Bases: for G1 the one of arkworks; for G2 that of Galbraith and Scott
//! 2008 (<https://eprint.iacr.org/2008/117>, example 5) for `λ = 6x²`.

use ark_bn254::Fr;
use ark_ff::{BigInt, BigInteger, PrimeField};

/// The curve's parameter.
const X: i128 = 4_965_661_367_192_848_881;

/// Bases, by row.
const ONE: [[i128; 2]; 2] = [
	[147_946_756_881_789_319_000_765_030_803_803_410_728, -9_931_322_734_385_697_763],
	[9_931_322_734_385_697_763, 147_946_756_881_789_319_010_696_353_538_189_108_491],
];
const TWO: [[i128; 4]; 4] = [
	[X + 1, X, X, -2 * X],
	[2 * X + 1, -X, -(X + 1), -X],
	[2 * X, 2 * X + 1, 2 * X + 1, 2 * X + 1],
	[X - 1, 4 * X + 2, -(2 * X - 1), X - 1],
];

/// `2^256/r` times the first row of the inverse basis, times `r`, rounded; signs beside.
const ONE_INVERSE: [(bool, [u64; 4]); 2] = [
	(false, [0x5398fd0300ff6565, 0x4ccef014a773d2d2, 0x0000000000000002, 0x0000000000000000]),
	(false, [0xd91d232ec7e0b3d7, 0x0000000000000002, 0x0000000000000000, 0x0000000000000000]),
];
const TWO_INVERSE: [(bool, [u64; 4]); 4] = [
	(false, [0xd0cb46fd51906254, 0xc444fab18d269b9d, 0x0000000000000000, 0x0000000000000000]),
	(false, [0x001378f5ee78976e, 0x22df9f942d7d77c7, 0x3d00631561b25729, 0x0000000000000001]),
	(false, [0x36510546a93478ab, 0x916fcfca16bebbe4, 0x9e80318ab0d92b94, 0x0000000000000000]),
	(true, [0xf7ae23ce89afae7d, 0xc444fab18d269b9a, 0x0000000000000000, 0x0000000000000000]),
];

/// The lower half of the nearest integer to `k·factor / 2^256`.
fn times(k: &BigInt<4>, factor: &[u64; 4]) -> i128 {
	let (BigInt([.., below]), BigInt([low, high, ..])) = k.mul(&BigInt(*factor));
	let whole = u128::from(low) | u128::from(high) << 64;
	whole.wrapping_add(u128::from(below >> 63)) as i128
}

fn split<const N: usize>(
	scalar: &Fr,
	basis: &[[i128; N]; N],
	inverse: &[(bool, [u64; 4]); N],
) -> [i128; N] {
	let k = scalar.into_bigint();
	let BigInt([low, high, ..]) = k;
	let mut parts = [0i128; N];
	// Parts are short, so that they are right if they are right modulo 2^128.
	if let Some(first) = parts.first_mut() {
		*first = (u128::from(low) | u128::from(high) << 64) as i128;
	}
	for (row, (negative, factor)) in basis.iter().zip(inverse) {
		let beta = times(&k, factor);
		let beta = if *negative { beta.wrapping_neg() } else { beta };
		for (part, entry) in parts.iter_mut().zip(row) {
			*part = part.wrapping_sub(beta.wrapping_mul(*entry));
		}
	}
	parts
}

/// Two parts, each below `2^127`: of powers of arkworks' factor `λ` for G1, which is `q⁴` modulo `r`.
pub fn halves(scalar: &Fr) -> [i128; 2] {
	split(scalar, &ONE, &ONE_INVERSE)
}

/// Four parts, each below `2^67`: of powers of `6x²`, which is `q` modulo `r`.
pub fn quarters(scalar: &Fr) -> [i128; 4] {
	split(scalar, &TWO, &TWO_INVERSE)
}

#[cfg(test)]
mod tests {
	use super::*;
	use ark_bn254::Fq;
	use ark_ec::scalar_mul::glv::GLVConfig;
	use ark_ff::{AdditiveGroup, Field};
	use ark_std::{test_rng, UniformRand};

	fn signed(part: &i128) -> Fr {
		let value = Fr::from(part.unsigned_abs());
		if *part < 0 {
			-value
		} else {
			value
		}
	}

	#[test]
	fn parts_are_short_and_sum_up() {
		let rng = &mut test_rng();
		let mut scalars: Vec<Fr> = (0..2_000).map(|_| Fr::rand(rng)).collect();
		scalars.extend((0..9u64).flat_map(|small| [Fr::from(small), -Fr::from(small)]));
		scalars.extend((0..254u64).map(|power| Fr::from(2).pow([power])));
		let one = ark_bn254::g1::Config::LAMBDA;
		let two = Fr::from(X as u64).square() * Fr::from(6);
		let q = Fr::from_le_bytes_mod_order(&Fq::MODULUS.to_bytes_le());
		assert_eq!((one, two), (q.pow([4]), q));
		let sum = |parts: &[i128], factor: Fr| {
			parts.iter().rev().fold(Fr::ZERO, |sum, part| sum * factor + signed(part))
		};
		for scalar in scalars {
			let (a, b) = (halves(&scalar), quarters(&scalar));
			assert_eq!(sum(&a, one), scalar);
			assert_eq!(sum(&b, two), scalar);
			assert!(a.iter().all(|part| part.unsigned_abs() < 1 << 127), "{a:?}");
			assert!(b.iter().all(|part| part.unsigned_abs() < 1 << 67), "{b:?}");
		}
		assert_eq!(halves(&-Fr::from(5)), [-5, 0]);
		assert_eq!(halves(&Fr::from(5)), [5, 0]);
		assert_eq!(quarters(&-Fr::from(5)), [-5, 0, 0, 0]);
		// Short parts are found again.
		for [a, b] in [[u64::MAX; 2], [0, u64::MAX], [1, 1 << 63], [0x5a5a_5a5a_5a5a_5a5a, 3]] {
			let scalar = Fr::from(a) + one * Fr::from(b);
			assert_eq!(halves(&scalar), [i128::from(a), i128::from(b)]);
		}
	}
}
