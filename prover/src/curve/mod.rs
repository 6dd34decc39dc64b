//! BN254's two groups: points as bytes, many multiplications at once, transforms over points.

mod bytes;
mod scale;
mod transform;

pub use bytes::PointError;
pub(crate) use bytes::{
	check, compressed, encode, point, points, unchecked, uncompressed, write, Coordinate,
};
pub(crate) use scale::{lanes, scale_all, scale_in_place};
pub(crate) use transform::lagrange;

use crate::wide;
use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::{
	scalar_mul::glv::GLVConfig,
	short_weierstrass::{Affine, SWCurveConfig},
};
use ark_ff::MontFp;
use rayon::prelude::*;
use zkml_verifier::lattice;

/// The curve of G1.
pub(crate) type One = ark_bn254::g1::Config;
/// The curve of G2.
pub(crate) type Two = ark_bn254::g2::Config;

/// A group of BN254, with an endomorphism that multiplies by a short power.
pub(crate) trait Group: SWCurveConfig<ScalarField = Fr, BaseField: Coordinate> {
	/// How many parts a scalar is split into.
	const PARTS: usize;
	/// Bytes of a point.
	const SIZE: usize = 2 * <Self::BaseField as Coordinate>::SIZE;

	/// The parts `k` of a scalar with `Σ kᵢ·λⁱ` equal to it, `λ` being the endomorphism's factor.
	fn split(scalar: &Fr) -> [i128; 4];

	/// The endomorphism.
	fn endomorphism(x: &Self::BaseField, y: &Self::BaseField)
		-> (Self::BaseField, Self::BaseField);

	/// Whether many points as files have them are quickly found to be on the curve, or infinity. `false`
	/// says nothing.
	fn all_good(bytes: &[u8]) -> bool;

	/// Checks that points on the curve are of prime order.
	///
	/// # Errors
	/// The position of one that is not.
	fn check_subgroup(points: &[Affine<Self>]) -> Result<(), usize>;
}

impl Group for One {
	const PARTS: usize = 2;

	fn split(scalar: &Fr) -> [i128; 4] {
		let [first, second] = lattice::halves(scalar);
		[first, second, 0, 0]
	}

	fn endomorphism(x: &Fq, y: &Fq) -> (Fq, Fq) {
		(*x * <One as GLVConfig>::ENDO_COEFFS[0], *y)
	}

	fn all_good(bytes: &[u8]) -> bool {
		wide::points_of_one(bytes)
	}

	fn check_subgroup(_: &[G1Affine]) -> Result<(), usize> {
		// All points of the curve are.
		Ok(())
	}
}

/// `(u + 9)^((q − 1) / 3)` and `(u + 9)^((q − 1) / 2)`: what untwisting, Frobenius and twisting multiply
/// the conjugates of x and y by.
pub(crate) const UNTWIST: [Fq2; 2] = [
	Fq2::new(
		MontFp!("21575463638280843010398324269430826099269044274347216827212613867836435027261"),
		MontFp!("10307601595873709700152284273816112264069230130616436755625194854815875713954"),
	),
	Fq2::new(
		MontFp!("2821565182194536844548159561693502659359617185244120367078079554186484126554"),
		MontFp!("3505843767911556378687030309984248845540243509899259641013678093033130930403"),
	),
];

impl Group for Two {
	const PARTS: usize = 4;

	fn split(scalar: &Fr) -> [i128; 4] {
		lattice::quarters(scalar)
	}

	/// `ψ`: untwist, Frobenius, twist.
	fn endomorphism(x: &Fq2, y: &Fq2) -> (Fq2, Fq2) {
		let conjugate = |value: &Fq2| Fq2::new(value.c0, -value.c1);
		(conjugate(x) * UNTWIST[0], conjugate(y) * UNTWIST[1])
	}

	fn all_good(bytes: &[u8]) -> bool {
		wide::points_of_two(bytes)
	}

	/// For the curve's parameter `x`, a point of the twist is just if
	/// `(x + 1)·P + ψ(x·P) + ψ²(x·P) = ψ³(2x·P)` (Dai, Lin, Zhao, Zhou 2022,
	/// <https://eprint.iacr.org/2022/348>).
	fn check_subgroup(points: &[G2Affine]) -> Result<(), usize> {
		const X: u64 = 4_965_661_367_192_848_881;
		let psi = |point: &G2Affine| {
			let (x, y) = <Self as Group>::endomorphism(&point.x, &point.y);
			affine::<Self>(x, y)
		};
		let together = lanes::<Self>();
		let check = |(chunk, points): (usize, &[G2Affine])| {
			let times = scale::times(points, X);
			let wrong = points.iter().zip(&times).position(|(point, times)| {
				let one = psi(times);
				let two = psi(&one);
				let three = psi(&two);
				*times + point + one + two != three + three
			});
			wrong.map(|at| chunk * together + at)
		};
		let chunks = points.par_chunks(together).enumerate();
		chunks.filter_map(check).min().map_or(Ok(()), Err)
	}
}

/// A point from its coordinates, or infinity.
pub(crate) fn affine<P: Group>(x: P::BaseField, y: P::BaseField) -> Affine<P> {
	Affine::new_unchecked(x, y)
}

#[cfg(test)]
mod tests {
	use super::*;
	use ark_ec::{AffineRepr, CurveGroup};
	use ark_ff::UniformRand;
	use rand::{rngs::StdRng, SeedableRng};

	#[test]
	fn a_point_outside_the_subgroup_is_found() {
		let mut rng = StdRng::seed_from_u64(1);
		let mut points: Vec<G2Affine> =
			(0..9).map(|_| ark_bn254::G2Projective::rand(&mut rng).into_affine()).collect();
		points.push(G2Affine::zero());
		assert_eq!(Two::check_subgroup(&points), Ok(()));
		let outside = loop {
			let found = G2Affine::get_point_from_x_unchecked(Fq2::rand(&mut rng), true);
			match found {
				Some(point) if !point.is_in_correct_subgroup_assuming_on_curve() => break point,
				_ => {},
			}
		};
		points[4] = outside;
		assert_eq!(Two::check_subgroup(&points), Err(4));
		// One of the smallest order that the twist has, 10069: the cofactor over it, times r, clears
		// the rest.
		let order = num_bigint::BigUint::from_bytes_le(
			&<Two as ark_ec::CurveConfig>::COFACTOR
				.iter()
				.flat_map(|l| l.to_le_bytes())
				.collect::<Vec<_>>(),
		);
		assert_eq!(&order % 10069u32, num_bigint::BigUint::ZERO);
		let r: num_bigint::BigUint = <Fr as ark_ff::PrimeField>::MODULUS.into();
		let small = outside.mul_bigint((order / 10069u32 * r).to_u64_digits()).into_affine();
		assert!(small.is_zero() || Two::check_subgroup(&[small]) == Err(0));
	}
}
