//! A verifying key is accepted if and only if it is one, and by the one encoding that it has.

use crate::{decode_point_scalar::FIXTURE, reference, Input};
use zkml_verifier::{
	encoding::{decode_g1, decode_g2, encode_g1, encode_g2},
	engine::{Arkworks, Engine},
	fixtures::Key,
	generic::{verify_batch, Claim, PreparedKey},
	Portable,
};

/// If the first byte is even, all parts of the key follow; else what each is to be made of.
pub fn run(data: &[u8]) {
	let input = &mut Input::new(data);
	let key = match input.any::<u8>() % 2 {
		0 => {
			let alpha = input.array();
			let [beta, gamma, delta] = [(); 3].map(|()| input.array());
			let ic = input.rest().chunks_exact(64).take(130);
			let ic = ic.map(|point| point.try_into().expect("chunks of 64 bytes; qed")).collect();
			Key { alpha, beta, gamma, delta, ic }
		},
		_ => structured(input),
	};
	let place = input.below(256);
	let change = input.any::<u8>();
	check::<Arkworks>(&key, place, change);
	check::<Portable>(&key, place, change);
}

fn structured(input: &mut Input<'_>) -> Key {
	let alpha = reference::any_g1(input);
	let [beta, gamma, mut delta] = [(); 3].map(|()| reference::any_g2(input));
	match input.below(8) {
		0 => delta = gamma,
		1 => {
			delta = gamma;
			reference::negate(&mut delta);
		},
		_ => {},
	}
	let ic = (0..input.below(6)).map(|_| reference::any_g1(input)).collect();
	Key { alpha, beta, gamma, delta, ic }
}

fn check<E: Engine>(key: &Key, place: usize, change: u8) {
	let raw = key.raw();
	let validated = PreparedKey::<E>::validate(&raw);
	assert_eq!(validated.is_ok(), reference::key(&raw).is_some(), "{validated:?}");
	let mut target = match &validated {
		Ok(prepared) => {
			check_encoding(key, prepared);
			prepared.alpha_beta()
		},
		Err(_) => FIXTURE.1,
	};
	if let Ok(prepared) = &validated {
		let again = PreparedKey::from_validated(&raw, &target);
		assert_eq!(again.as_ref(), Ok(prepared));
	}
	// A key that nobody validated may mean nothing, but is no reason to panic.
	target[place] ^= change;
	if let Ok(prepared) = PreparedKey::<E>::from_validated(&raw, &target) {
		assert_eq!(prepared.alpha_beta(), target);
		let signals = vec![[1; 32]; prepared.signals()];
		let proof = FIXTURE.0.prove(&signals, 3);
		let claim = Claim { id: &[0; 32], key: &prepared, signals: &signals, proof: &proof };
		let _ = prepared.verify(&signals, &proof);
		let _ = verify_batch(&[claim, claim]);
	}
}

fn check_encoding<E: Engine>(key: &Key, prepared: &PreparedKey<E>) {
	assert_eq!(prepared.signals() + 1, key.ic.len());
	for bytes in [&key.alpha].into_iter().chain(&key.ic) {
		assert_eq!(decode_g1(bytes).ok().and_then(|point| encode_g1(&point)), Some(*bytes));
	}
	for bytes in [&key.beta, &key.gamma, &key.delta] {
		assert_eq!(decode_g2(bytes).ok().and_then(|point| encode_g2(&point)), Some(*bytes));
	}
}
