use super::{alias, outside_subgroup_bytes, q, r};
use crate::{
	encoding::{
		decode_g1, decode_g2, decode_scalar, decode_target, encode_g1, encode_g2, encode_scalar,
		encode_target,
	},
	PointError,
};
use ark_bn254::{Bn254, Fq, Fq12, Fq2, Fq6, Fr, G1Affine, G2Affine};
use ark_ec::{pairing::Pairing, AffineRepr};
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use proptest::prelude::*;

fn scalar() -> impl Strategy<Value = Fr> {
	any::<[u8; 32]>().prop_map(|bytes| Fr::from_le_bytes_mod_order(&bytes))
}

/// Adds the modulus to each coordinate, so many times.
fn representative<const N: usize>(mut bytes: [u8; N], times: &[u8]) -> [u8; N] {
	for (at, times) in (0..N).step_by(32).zip(times) {
		(0..*times).for_each(|_| alias(&mut bytes, at, q()));
	}
	bytes
}

#[test]
fn coordinates_are_little_endian_and_in_order() {
	let mut one_two = [0; 64];
	(one_two[0], one_two[32]) = (1, 2);
	assert_eq!(encode_g1(&G1Affine::generator()), Some(one_two));
	let bytes = encode_g2(&G2Affine::generator()).unwrap();
	let (x, y) = G2Affine::generator().xy().unwrap();
	for (chunk, element) in bytes.chunks(32).zip([x.c0, x.c1, y.c0, y.c1]) {
		assert_eq!(chunk, element.into_bigint().to_bytes_le());
	}
}

#[test]
fn infinity_has_no_encoding() {
	assert_eq!(encode_g1(&G1Affine::zero()), None);
	assert_eq!(encode_g2(&G2Affine::zero()), None);
	assert_eq!(decode_g1(&[0; 64]), Err(PointError::AtInfinity));
	assert_eq!(decode_g2(&[0; 128]), Err(PointError::AtInfinity));
}

#[test]
fn refuses_points_off_the_curve() {
	let mut g1 = encode_g1(&G1Affine::generator()).unwrap();
	g1[0] = 2;
	assert_eq!(decode_g1(&g1), Err(PointError::NotOnCurve));
	let mut g2 = encode_g2(&G2Affine::generator()).unwrap();
	g2[0] ^= 1;
	assert_eq!(decode_g2(&g2), Err(PointError::NotOnCurve));
}

#[test]
fn refuses_points_outside_the_subgroup() {
	assert_eq!(decode_g2(&outside_subgroup_bytes()), Err(PointError::NotInSubgroup));
	assert!(decode_g2(&encode_g2(&super::outside_subgroup().clear_cofactor()).unwrap()).is_ok());
}

#[test]
fn refuses_other_representatives_of_a_coordinate() {
	for at in [0, 32] {
		let mut bytes = encode_g1(&G1Affine::generator()).unwrap();
		alias(&mut bytes, at, q());
		assert_eq!(decode_g1(&bytes), Err(PointError::NonCanonical));
	}
	for at in [0, 32, 64, 96] {
		let mut bytes = encode_g2(&G2Affine::generator()).unwrap();
		alias(&mut bytes, at, q());
		assert_eq!(decode_g2(&bytes), Err(PointError::NonCanonical));
	}
	let target = encode_target(&Bn254::pairing(G1Affine::generator(), G2Affine::generator()).0);
	for at in (0..384).step_by(32) {
		let mut bytes = target;
		alias(&mut bytes, at, q());
		assert_eq!(decode_target(&bytes), None);
	}
}

#[test]
fn refuses_flag_bits() {
	for bit in [0x40, 0x80] {
		for at in [31, 63] {
			let mut bytes = encode_g1(&G1Affine::generator()).unwrap();
			bytes[at] |= bit;
			assert_eq!(decode_g1(&bytes), Err(PointError::NonCanonical));
		}
	}
}

#[test]
fn scalars_end_below_the_order() {
	let largest = encode_scalar(&-Fr::ONE);
	assert_eq!(decode_scalar(&largest), Some(-Fr::ONE));
	assert_eq!(decode_scalar(&r()), None);
	assert_eq!(decode_scalar(&[0xff; 32]), None);
}

proptest! {
	#[test]
	fn points_survive_a_round_trip(exponent in scalar()) {
		prop_assume!(exponent != Fr::from(0));
		let g1 = G1Affine::from(G1Affine::generator() * exponent);
		prop_assert_eq!(decode_g1(&encode_g1(&g1).unwrap()), Ok(g1));
		let g2 = G2Affine::from(G2Affine::generator() * exponent);
		prop_assert_eq!(decode_g2(&encode_g2(&g2).unwrap()), Ok(g2));
		prop_assert_eq!(decode_scalar(&encode_scalar(&exponent)), Some(exponent));
	}

	#[test]
	fn target_survives_a_round_trip(bytes in prop::collection::vec(any::<[u8; 32]>(), 12)) {
		let coefficients = bytes.iter().map(|bytes| PrimeField::from_le_bytes_mod_order(bytes));
		let element = Fq12::from_base_prime_field_elems(coefficients).unwrap();
		prop_assert_eq!(decode_target(&encode_target(&element)), Some(element));
	}

	#[test]
	fn what_decodes_encodes_to_the_same(
		x in prop::array::uniform2(scalar()),
		greatest: bool,
		times in prop_oneof![Just(vec![0; 12]), prop::collection::vec(0..5u8, 12)],
	) {
		let [x0, x1] = x.map(|x| Fq::from_le_bytes_mod_order(&encode_scalar(&x)));
		if let Some(point) = G1Affine::get_point_from_x_unchecked(x0, greatest) {
			let bytes = representative(encode_g1(&point).unwrap(), &times);
			if let Ok(point) = decode_g1(&bytes) {
				prop_assert_eq!(encode_g1(&point), Some(bytes));
			}
		}
		if let Some(point) = G2Affine::get_point_from_x_unchecked(Fq2::new(x0, x1), greatest) {
			// Most are of another order, and refused.
			for point in [point, point.clear_cofactor()] {
				let bytes = representative(encode_g2(&point).unwrap(), &times);
				if let Ok(point) = decode_g2(&bytes) {
					prop_assert_eq!(encode_g2(&point), Some(bytes));
				}
			}
		}
		let element = Fq12::new(Fq6::new(Fq2::new(x0, x1), Fq2::ZERO, Fq2::ONE), Fq6::ONE);
		let bytes = representative(encode_target(&element), &times);
		if let Some(element) = decode_target(&bytes) {
			prop_assert_eq!(encode_target(&element), bytes);
		}
	}

	#[test]
	fn scalars_that_decode_encode_to_the_same(bytes: [u8; 32], clear in 0..4u8) {
		let mut bytes = bytes;
		bytes[31] &= 0xff >> clear;
		if let Some(element) = decode_scalar(&bytes) {
			prop_assert_eq!(encode_scalar(&element), bytes);
		}
	}
}
