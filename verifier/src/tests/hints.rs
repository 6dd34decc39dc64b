//! What a liar, or a fool, could give for a hint.

use super::super::{alias, hint, outside_subgroup_bytes, q};
use super::PreparedKey;
use crate::{
	encoding::{decode_g1, decode_hint, encode_g1, encode_hint, encode_scalar},
	fixtures::Fixture,
	PointError, ProofPoint, VerifyError,
};
use ark_bn254::{Fq, Fq2, Fq6, Fr};
use ark_ff::{AdditiveGroup, Field};
use proptest::prelude::*;

const INVALID: Result<(), VerifyError> = Err(VerifyError::Invalid);

struct Case {
	fixture: Fixture,
	key: PreparedKey,
	signals: [[u8; 32]; 2],
	proof: [u8; 256],
	hint: [u8; 192],
}

fn case(fixture: Fixture, seed: u64) -> Case {
	let key = PreparedKey::validate(&fixture.key.raw()).unwrap();
	let signals = [Fr::from(seed), -Fr::from(3)].map(|scalar| encode_scalar(&scalar));
	let proof = fixture.prove(&signals, seed);
	let hint = hint(&fixture.key, &signals, &proof);
	Case { fixture, key, signals, proof, hint }
}

#[test]
fn are_accepted_with_their_proofs() {
	for seed in 0..8 {
		for fixture in [Fixture::new(seed, 2), Fixture::usual(seed, 2)] {
			let Case { key, signals, proof, hint, .. } = case(fixture, seed);
			assert_eq!(key.verify_hinted(&signals, &proof, &hint), Ok(()));
		}
	}
	// Where lines are known beforehand.
	let fixture = Fixture::usual(3, 2);
	let Case { key, signals, .. } = case(fixture.clone(), 1);
	for [a, b] in [[5, 6], [5, 1], [1, 6], [1, 1]] {
		let proof = fixture.prove_by(&signals, [Fr::from(a), -Fr::from(b)]);
		let hint = hint(&fixture.key, &signals, &proof);
		assert_eq!(key.verify_hinted(&signals, &proof, &hint), Ok(()));
	}
}

#[test]
fn of_another_statement_are_refused() {
	let Case { fixture, key, signals, proof, hint: own } = case(Fixture::new(1, 2), 1);
	// Of another proof of the same signals; and each of both for the other.
	let other = fixture.prove(&signals, 9);
	let its = hint(&fixture.key, &signals, &other);
	assert_eq!(key.verify_hinted(&signals, &other, &its), Ok(()));
	assert_eq!(key.verify_hinted(&signals, &proof, &its), INVALID);
	assert_eq!(key.verify_hinted(&signals, &other, &own), INVALID);
	// Of other signals: no hint is one for them with this proof.
	let others = [signals[1], signals[0]];
	assert_eq!(key.verify_hinted(&others, &proof, &own), INVALID);
	// Of another key, which has a proof of the same.
	let another = case(Fixture::new(2, 2), 1);
	assert_eq!(key.verify_hinted(&signals, &proof, &another.hint), INVALID);
	assert_eq!(another.key.verify_hinted(&signals, &another.proof, &own), INVALID);
}

#[test]
fn of_false_statements_are_not_made() {
	let Case { fixture, signals, proof, .. } = case(Fixture::new(1, 2), 1);
	let native = crate::generic::PreparedKey::validate(&fixture.key.raw()).unwrap();
	let refusal = |signals: &[_], proof: &_| native.hint(signals, proof).unwrap_err();
	assert_eq!(refusal(&[signals[1], signals[0]], &proof), VerifyError::Invalid);
	let count = VerifyError::SignalCountMismatch { expected: 2, got: 1 };
	assert_eq!(refusal(&signals[..1], &proof), count);
	let mut outside = proof;
	outside[64..192].copy_from_slice(&outside_subgroup_bytes());
	let error =
		VerifyError::MalformedProof { point: ProofPoint::B, error: PointError::NotInSubgroup };
	assert_eq!(refusal(&signals, &outside), error);
}

/// Elements of subfields, roots of unity, and relatives of the right one.
#[test]
fn that_are_special_are_refused() {
	let case = case(Fixture::new(1, 2), 1);
	let Case { key, signals, proof, hint, .. } = &case;
	let right = decode_hint(hint).unwrap();
	let mut others = vec![Fq6::ZERO, -right, right.inverse().unwrap(), right.double()];
	for base in [Fq6::ONE, -Fq6::ONE, right] {
		for one in [Fq6::ZERO, Fq6::ONE, -Fq6::ONE] {
			let (v, u) = (Fq2::new(Fq::ZERO, Fq::ONE), Fq6::new(Fq2::ZERO, Fq2::ONE, Fq2::ZERO));
			others.extend([
				base + one,
				base * u + one,
				base * Fq6::from_base_prime_field(v.c1) - one,
			]);
			others.push(base * Fq6::new(v, Fq2::ZERO, Fq2::ZERO) + one);
		}
	}
	for power in 1..12 {
		let mut image = right;
		image.frobenius_map_in_place(power);
		others.extend([image, -image]);
	}
	others.retain(|other| *other != right);
	assert!(others.len() > 40);
	// A statement that does not hold, with the same.
	let mut lie = *proof;
	let c = decode_g1(lie[192..].first_chunk().unwrap()).unwrap();
	lie[192..].copy_from_slice(&encode_g1(&-c).unwrap());
	for other in others.iter().map(encode_hint) {
		assert_eq!(key.verify_hinted(signals, proof, &other), INVALID);
		assert_eq!(key.verify_hinted(signals, &lie, &other), INVALID);
	}
	assert_eq!(key.verify_hinted(signals, &lie, hint), INVALID);
}

#[test]
fn have_one_encoding() {
	let case = case(Fixture::new(1, 2), 1);
	let Case { key, signals, proof, hint, .. } = &case;
	for at in (0..192).step_by(32) {
		let mut aliased = *hint;
		alias(&mut aliased, at, q());
		assert_eq!(key.verify_hinted(signals, proof, &aliased), Err(VerifyError::MalformedHint));
	}
	let error = VerifyError::MalformedHint;
	assert_eq!(key.verify_hinted(signals, proof, &[0xff; 192]), Err(error));
	assert_eq!(error.to_string(), "the hint is not below the field's modulus");
}

/// A hint changes nothing about what else is refused.
#[test]
fn do_not_excuse_a_malformed_proof() {
	let case = case(Fixture::new(1, 2), 1);
	let Case { key, signals, proof, hint, .. } = &case;
	type Change = fn(&mut [u8; 256]);
	let changes: [Change; 5] = [
		|proof| alias(proof, 0, q()),
		|proof| proof[192..].fill(0),
		|proof| proof[0] ^= 1,
		|proof| proof[64] ^= 1,
		|proof| proof[64..192].copy_from_slice(&outside_subgroup_bytes()),
	];
	for change in changes {
		let mut other = *proof;
		change(&mut other);
		let refused = key.verify_hinted(signals, &other, hint);
		assert_eq!(refused, key.verify(signals, &other));
		assert!(matches!(refused, Err(VerifyError::MalformedProof { .. })));
	}
}

/// Whoever breaks the obligation of `from_validated` gets nonsense, but no panic, and no acceptance of what
/// vanishes.
#[test]
fn do_not_show_that_zero_is_one() {
	let Case { fixture, signals, proof, hint, .. } = case(Fixture::new(1, 2), 1);
	let key = PreparedKey::from_validated(&fixture.key.raw(), &[0; 384]).unwrap();
	assert_eq!(key.verify_hinted(&signals, &proof, &hint), INVALID);
	assert_eq!(key.verify_hinted(&signals, &proof, &[0; 192]), INVALID);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(128))]

	#[test]
	fn that_are_random_are_refused(words in prop::collection::vec(any::<[u8; 32]>(), 6)) {
		let case = case(Fixture::new(1, 2), 1);
		let words: Vec<_> = words.into_iter().map(|mut word| {
			word[31] &= 0x1f;
			word
		}).collect();
		let hint = words.as_flattened().try_into().unwrap();
		prop_assert_eq!(case.key.verify_hinted(&case.signals, &case.proof, &hint), INVALID);
	}

	#[test]
	fn are_found_for_every_proof(signal: u64, seed: u64) {
		let fixture = Fixture::usual(4, 2);
		let signals = [Fr::from(signal), Fr::ZERO].map(|scalar| encode_scalar(&scalar));
		let proof = fixture.prove(&signals, seed);
		let hint = hint(&fixture.key, &signals, &proof);
		let key = PreparedKey::validate(&fixture.key.raw()).unwrap();
		prop_assert_eq!(key.verify_hinted(&signals, &proof, &hint), Ok(()));
	}
}
