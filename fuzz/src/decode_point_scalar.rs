//! One encoding for each scalar, point and target, and nothing else accepted.

use crate::{reference, Input};
use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::Field;
use std::sync::LazyLock;
use zkml_verifier::{
	encoding::{decode_g1, decode_g2, encode_g1, encode_g2, encode_scalar},
	engine::{Arkworks, Engine},
	fixtures::Fixture,
	generic::PreparedKey,
	Portable,
};

pub(crate) static FIXTURE: LazyLock<(Fixture, [u8; 384])> = LazyLock::new(|| {
	let fixture = Fixture::new(1, 2);
	let prepared =
		PreparedKey::<Arkworks>::validate(&fixture.key.raw()).expect("a fixture's key is valid");
	(fixture, prepared.alpha_beta())
});

/// The first byte says as what the rest is decoded.
pub fn run(data: &[u8]) {
	let input = &mut Input::new(data);
	match input.below(7) {
		0 => check_g1(&input.array()),
		1 => check_g1(&reference::any_g1(input)),
		2 => check_g2(&input.array()),
		3 => check_g2(&reference::any_g2(input)),
		4 => reference::check_scalar(&input.array()),
		5 => {
			let scalar = -Fr::from(input.any::<u64>());
			let mut bytes = encode_scalar(&scalar.inverse().unwrap_or(scalar));
			reference::check_scalar(&bytes);
			reference::add_modulus::<Fr>(&mut bytes);
			reference::check_scalar(&bytes);
		},
		_ => check_target(input),
	}
}

fn check_g1(bytes: &[u8; 64]) {
	let found = decode_g1(bytes);
	let ours = Portable::g1(bytes).and_then(|point| Portable::check_g1(&point));
	assert_eq!(ours, found.map(|_| ()));
	assert_eq!(found.ok(), reference::g1(bytes));
	if let Ok(point) = found {
		assert_eq!(encode_g1(&point), Some(*bytes));
		assert_ne!(encode_g1(&-point), Some(*bytes));
		assert_ne!(point, G1Affine::zero());
	}
}

fn check_g2(bytes: &[u8; 128]) {
	let found = decode_g2(bytes);
	let ours = Portable::g2(bytes).and_then(|point| Portable::check_g2(&point));
	assert_eq!(ours, found.map(|_| ()));
	assert_eq!(found.ok(), reference::g2(bytes));
	if let Ok(point) = found {
		assert_eq!(encode_g2(&point), Some(*bytes));
		assert_ne!(encode_g2(&-point), Some(*bytes));
		assert_ne!(point, G2Affine::zero());
	}
}

/// Targets are decoded where a key that was validated before is prepared again.
fn check_target(input: &mut Input<'_>) {
	let (fixture, right) = &*FIXTURE;
	let mut target = *right;
	for (byte, change) in target.iter_mut().zip(input.array::<384>()) {
		*byte ^= change;
	}
	is_decoded::<Arkworks>(fixture, &target, target == *right);
	is_decoded::<Portable>(fixture, &target, target == *right);
}

fn is_decoded<E: Engine>(fixture: &Fixture, target: &[u8; 384], right: bool) {
	let prepared = PreparedKey::<E>::from_validated(&fixture.key.raw(), target);
	assert_eq!(prepared.is_ok(), reference::is_target(target));
	if let Ok(prepared) = prepared {
		assert_eq!(prepared.alpha_beta(), *target);
		// What the key then says means nothing, unless it is the right one.
		let signals = [[1; 32], [2; 32]];
		let proof = fixture.prove(&signals, 3);
		assert_eq!(prepared.verify(&signals, &proof).is_ok(), right);
	}
}
