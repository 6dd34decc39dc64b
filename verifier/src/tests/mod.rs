mod arkworks;
mod encoding;
mod pairing;
mod portable;

use crate::{engine::Arkworks, fixtures::Key, generic::PreparedKey};
use ark_bn254::{Fq, Fq2, Fr, G2Affine};
use ark_ff::PrimeField;

/// The modulus of the base field, little-endian.
fn q() -> [u8; 32] {
	le_bytes(Fq::MODULUS.0)
}

/// The order of the scalar field, little-endian.
fn r() -> [u8; 32] {
	le_bytes(Fr::MODULUS.0)
}

fn le_bytes(limbs: [u64; 4]) -> [u8; 32] {
	limbs.map(u64::to_le_bytes).concat().try_into().unwrap()
}

/// Adds `modulus` to the 32 bytes at `at`, which is another way to write the same residue.
fn alias(bytes: &mut [u8], at: usize, modulus: [u8; 32]) {
	let mut carry = 0;
	for (byte, addend) in bytes[at..at + 32].iter_mut().zip(modulus) {
		let sum = u16::from(*byte) + u16::from(addend) + carry;
		*byte = sum as u8;
		carry = sum >> 8;
	}
	assert_eq!(carry, 0, "no room for another representative");
}

/// The hint for a proof that is valid.
fn hint(key: &Key, signals: &[[u8; 32]], proof: &[u8; 256]) -> [u8; 192] {
	let key = PreparedKey::<Arkworks>::validate(&key.raw()).unwrap();
	key.hint(signals, proof).unwrap()
}

/// A point of the twist whose order is not that of the pairing's groups.
fn outside_subgroup() -> G2Affine {
	(1u64..)
		.filter_map(|x| {
			G2Affine::get_point_from_x_unchecked(Fq2::new(Fq::from(x), Fq::from(1)), true)
		})
		.find(|point| !point.is_in_correct_subgroup_assuming_on_curve())
		.unwrap()
}

/// Its bytes, in the encoding of this crate.
fn outside_subgroup_bytes() -> [u8; 128] {
	crate::encoding::encode_g2(&outside_subgroup()).unwrap()
}
