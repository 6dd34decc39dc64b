use super::super::{alias, outside_subgroup_bytes, q};
use super::PreparedKey;
use crate::{
	encoding::{decode_g1, decode_g2, decode_target, encode_g2},
	fixtures::{Fixture, Key},
	KeyError, PointError, RawKey,
};
use ark_bn254::{Bn254, Fr};
use ark_ec::pairing::{MillerLoopOutput, Pairing};
use ark_ff::{Field, One, PrimeField};

fn refusal(change: impl FnOnce(&mut Key)) -> KeyError {
	let mut key = Fixture::new(0, 2).key;
	assert!(PreparedKey::validate(&key.raw()).is_ok());
	change(&mut key);
	PreparedKey::validate(&key.raw()).unwrap_err()
}

#[test]
fn accepts_a_key_and_keeps_its_pairing() {
	let key = Fixture::new(0, 3).key;
	let prepared = PreparedKey::validate(&key.raw()).unwrap();
	assert_eq!(prepared.signals(), 3);
	let pairing = Bn254::pairing(decode_g1(&key.alpha).unwrap(), decode_g2(&key.beta).unwrap());
	let kept = decode_target(&prepared.alpha_beta()).unwrap();
	assert_eq!(Bn254::final_exponentiation(MillerLoopOutput(kept)), Some(pairing));
	assert!(kept.pow(Fr::MODULUS).is_one(), "of the group");
	let again = PreparedKey::from_validated(&key.raw(), &prepared.alpha_beta()).unwrap();
	assert_eq!(again.alpha_beta(), prepared.alpha_beta());
}

#[test]
fn accepts_a_key_without_signals() {
	let key = Fixture::new(0, 0).key;
	assert_eq!(PreparedKey::validate(&key.raw()).unwrap().signals(), 0);
}

#[test]
fn refuses_an_empty_ic() {
	assert_eq!(refusal(|key| key.ic.clear()), KeyError::EmptyIc);
	let key = Fixture::new(0, 0).key;
	let empty = RawKey { ic: &[], ..key.raw() };
	let alpha_beta = PreparedKey::validate(&key.raw()).unwrap().alpha_beta();
	assert_eq!(PreparedKey::from_validated(&empty, &alpha_beta).unwrap_err(), KeyError::EmptyIc);
}

#[test]
fn refuses_infinity() {
	let error = PointError::AtInfinity;
	assert_eq!(refusal(|key| key.alpha = [0; 64]), KeyError::Alpha(error));
	assert_eq!(refusal(|key| key.beta = [0; 128]), KeyError::Beta(error));
	assert_eq!(refusal(|key| key.gamma = [0; 128]), KeyError::Gamma(error));
	assert_eq!(refusal(|key| key.delta = [0; 128]), KeyError::Delta(error));
	for index in 0..3 {
		let refused = refusal(|key| key.ic[index] = [0; 64]);
		assert_eq!(refused, KeyError::Ic { index: index as u32, error });
	}
}

#[test]
fn refuses_points_off_the_curve() {
	let error = PointError::NotOnCurve;
	assert_eq!(refusal(|key| key.alpha[0] ^= 1), KeyError::Alpha(error));
	assert_eq!(refusal(|key| key.beta[0] ^= 1), KeyError::Beta(error));
	assert_eq!(refusal(|key| key.gamma[0] ^= 1), KeyError::Gamma(error));
	assert_eq!(refusal(|key| key.delta[0] ^= 1), KeyError::Delta(error));
	for index in 0..3 {
		let refused = refusal(|key| key.ic[index][0] ^= 1);
		assert_eq!(refused, KeyError::Ic { index: index as u32, error });
	}
}

#[test]
fn refuses_points_outside_the_subgroup() {
	let error = PointError::NotInSubgroup;
	let point = outside_subgroup_bytes();
	assert_eq!(refusal(|key| key.beta = point), KeyError::Beta(error));
	assert_eq!(refusal(|key| key.gamma = point), KeyError::Gamma(error));
	assert_eq!(refusal(|key| key.delta = point), KeyError::Delta(error));
}

#[test]
fn refuses_other_representatives_of_a_coordinate() {
	let error = PointError::NonCanonical;
	for at in [0, 32] {
		assert_eq!(refusal(|key| alias(&mut key.alpha, at, q())), KeyError::Alpha(error));
		let refused = refusal(|key| alias(&mut key.ic[1], at, q()));
		assert_eq!(refused, KeyError::Ic { index: 1, error });
	}
	for at in [0, 32, 64, 96] {
		assert_eq!(refusal(|key| alias(&mut key.beta, at, q())), KeyError::Beta(error));
		assert_eq!(refusal(|key| alias(&mut key.gamma, at, q())), KeyError::Gamma(error));
		assert_eq!(refusal(|key| alias(&mut key.delta, at, q())), KeyError::Delta(error));
	}
}

#[test]
fn refuses_an_unfinished_setup() {
	assert_eq!(refusal(|key| key.delta = key.gamma), KeyError::GammaEqualsDelta);
	let negated = refusal(|key| {
		key.delta = encode_g2(&-decode_g2(&key.gamma).unwrap()).unwrap();
	});
	assert_eq!(negated, KeyError::GammaEqualsDelta);
}

#[test]
fn a_stored_pairing_must_be_canonical() {
	let key = Fixture::new(0, 1).key;
	let alpha_beta = PreparedKey::validate(&key.raw()).unwrap().alpha_beta();
	for at in (0..384).step_by(32) {
		let mut aliased = alpha_beta;
		alias(&mut aliased, at, q());
		let refused = PreparedKey::from_validated(&key.raw(), &aliased).unwrap_err();
		assert_eq!(refused, KeyError::AlphaBeta);
	}
}

#[test]
fn every_changed_byte_is_refused() {
	let key = Fixture::new(0, 1).key;
	for at in 0..64 + 3 * 128 + 2 * 64 {
		let mut changed = key.clone();
		let Key { alpha, beta, gamma, delta, ic } = &mut changed;
		let points: [&mut [u8]; 4] = [alpha, beta, gamma, delta];
		let bytes = points.into_iter().chain(ic.iter_mut().map(|point| point.as_mut_slice()));
		*bytes.flatten().nth(at).unwrap() ^= 1;
		assert!(PreparedKey::validate(&changed.raw()).is_err(), "byte {at}");
	}
}
