//! The inverse transform over points: from powers `τⁱ·G` to Lagrange polynomials `Lᵢ(τ)·G`.

use super::{lanes, scale::butterflies, scale_in_place, Group};
use ark_bn254::Fr;
use ark_ec::short_weierstrass::Affine;
use ark_ff::{FftField, Field, One as _, Zero};
use rayon::prelude::*;

/// Puts what stands at an index to the index of the same bits in reverse. The length is a power of two.
fn bit_reverse<T>(values: &mut [T]) {
	let bits = values.len().trailing_zeros();
	if bits == 0 {
		return;
	}
	for at in 0..values.len() {
		let other = at.reverse_bits() >> (usize::BITS - bits);
		if at < other {
			values.swap(at, other);
		}
	}
}

/// Replaces `Pᵢ` by `1/n · Σⱼ ω^(−ij)·Pⱼ`, `ω` being the root of unity of order `n`, their number: a
/// power of two. `advance` hears of points that were multiplied.
///
/// Decimation in frequency: each stage splits blocks into sums and differences, and multiplies the
/// differences. The factor `1/n` goes along with the multiplications that are there anyway.
pub(crate) fn lagrange<P: Group>(points: &mut [Affine<P>], advance: &(dyn Fn(u64) + Sync)) {
	let size = points.len();
	let inverse_size = Fr::from(size as u64).inverse().unwrap_or_else(Fr::zero);
	let twiddles: Vec<Fr> = match Fr::get_root_of_unity(size as u64) {
		Some(root) => {
			let root = root.inverse().unwrap_or_else(Fr::one);
			let next = |power: &Fr| Some(*power * root);
			std::iter::successors(Some(Fr::one()), next).take(size / 2).collect()
		},
		None => return,
	};
	let together = lanes::<P>();
	let mut block = size;
	while block > 1 {
		let half = block / 2;
		let stride = size / block;
		// The first block is the one whose points have not been multiplied.
		let factor = |first: bool, at: usize| match first {
			true => twiddles[at * stride] * inverse_size,
			false => twiddles[at * stride],
		};
		if half >= together {
			for (number, points) in points.chunks_exact_mut(block).enumerate() {
				let (left, right) = points.split_at_mut(half);
				let pairs = left.par_chunks_mut(together).zip(right.par_chunks_mut(together));
				pairs.enumerate().for_each(|(chunk, (left, right))| {
					butterflies(left, right);
					let first = chunk * together;
					scale_in_place(right, |at| factor(number == 0, first + at));
					advance(right.len() as u64);
				});
			}
		} else {
			let chunk = (2 * together).min(size);
			points.par_chunks_mut(chunk).enumerate().for_each(|(number, points)| {
				let blocks = points.chunks_exact_mut(block);
				let (mut left, mut right) = (Vec::new(), Vec::new());
				for points in blocks {
					left.extend_from_slice(&points[..half]);
					right.extend_from_slice(&points[half..]);
				}
				butterflies(&mut left, &mut right);
				scale_in_place(&mut right, |at| factor(number == 0 && at < half, at % half));
				for (index, points) in points.chunks_exact_mut(block).enumerate() {
					points[..half].copy_from_slice(&left[index * half..][..half]);
					points[half..].copy_from_slice(&right[index * half..][..half]);
				}
				advance(right.len() as u64);
			});
		}
		block = half;
	}
	scale_in_place(&mut points[..1], |_| inverse_size);
	bit_reverse(points);
}

#[cfg(test)]
mod tests {
	use super::super::{One, Two};
	use super::*;
	use ark_ec::{scalar_mul::ScalarMul, AffineRepr};
	use ark_ff::UniformRand;
	use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
	use rand::{rngs::StdRng, SeedableRng};

	fn powers_become_lagrange<P: Group>(size: usize) {
		let tau = Fr::rand(&mut StdRng::seed_from_u64(size as u64));
		let powers: Vec<Fr> =
			std::iter::successors(Some(Fr::one()), |power| Some(*power * tau)).take(size).collect();
		let generator = Affine::<P>::generator().into_group();
		let mut points: Vec<Affine<P>> = generator.batch_mul(&powers);
		lagrange(&mut points, &|_| {});
		let domain = Radix2EvaluationDomain::<Fr>::new(size).unwrap();
		let expected = generator.batch_mul(&domain.evaluate_all_lagrange_coefficients(tau));
		assert!(points == expected, "{size}");
	}

	#[test]
	fn powers_become_lagrange_polynomials() {
		for power in [0, 1, 2, 5, 11] {
			powers_become_lagrange::<One>(1 << power);
		}
		for power in [1, 4, 10] {
			powers_become_lagrange::<Two>(1 << power);
		}
	}
}
