use super::super::{alias, outside_subgroup_bytes, q, r};
use super::{verify_batch, Claim, PreparedKey};
use crate::{
	encoding::{decode_g1, decode_g2, encode_g1, encode_g2, encode_scalar},
	fixtures::{Fixture, Key},
	BatchError, PointError, ProofPoint, VerifyError,
};
use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ff::{Field, PrimeField};
use proptest::prelude::*;

const SIGNALS: usize = 3;

struct Case {
	key: PreparedKey,
	fixture: Fixture,
	signals: [[u8; 32]; SIGNALS],
	proof: [u8; 256],
}

fn case() -> Case {
	let fixture = Fixture::new(1, SIGNALS as u32);
	let key = PreparedKey::validate(&fixture.key.raw()).unwrap();
	let signals = [Fr::from(7), Fr::from(0), -Fr::from(1)].map(|scalar| encode_scalar(&scalar));
	let proof = fixture.prove(&signals, 0);
	Case { key, fixture, signals, proof }
}

fn malformed(point: ProofPoint, error: PointError) -> Result<(), VerifyError> {
	Err(VerifyError::MalformedProof { point, error })
}

/// Each point of a proof, where it starts and where it ends.
const POINTS: [(ProofPoint, usize, usize); 3] =
	[(ProofPoint::A, 0, 64), (ProofPoint::B, 64, 192), (ProofPoint::C, 192, 256)];

#[test]
fn accepts_a_valid_proof_with_either_preparation() {
	let Case { key, fixture, signals, proof } = case();
	assert_eq!(key.verify(&signals, &proof), Ok(()));
	let again = PreparedKey::from_validated(&fixture.key.raw(), &key.alpha_beta()).unwrap();
	assert_eq!(again.verify(&signals, &proof), Ok(()));
}

#[test]
fn accepts_as_many_signals_as_the_key_has() {
	for count in [0, 1, 2, 17, 128] {
		let fixture = Fixture::new(2, count);
		let key = PreparedKey::validate(&fixture.key.raw()).unwrap();
		let mut signals: Vec<_> = (0..count).map(|i| encode_scalar(&-Fr::from(i + 5))).collect();
		let proof = fixture.prove(&signals, 1);
		assert_eq!(key.verify(&signals, &proof), Ok(()));
		if let Some(signal) = signals.last_mut() {
			signal[0] ^= 1;
			assert_eq!(key.verify(&signals, &proof), Err(VerifyError::Invalid));
		}
	}
}

/// As nearly all keys are, and proofs may be: lines at the generator are known beforehand.
#[test]
fn points_may_be_the_generator() {
	let fixture = Fixture::usual(3, SIGNALS as u32);
	let key = PreparedKey::validate(&fixture.key.raw()).unwrap();
	let signals = [Fr::from(7), Fr::from(0), -Fr::from(1)].map(|scalar| encode_scalar(&scalar));
	for [a, b] in [[5, 6], [5, 1], [1, 6], [1, 1]] {
		for sign in [Fr::ONE, -Fr::ONE] {
			let proof = fixture.prove_by(&signals, [Fr::from(a), sign * Fr::from(b)]);
			assert_eq!(key.verify(&signals, &proof), Ok(()));
			let mut others = signals;
			others[0] = encode_scalar(&Fr::from(8));
			assert_eq!(key.verify(&others, &proof), Err(VerifyError::Invalid));
			let claim = |signals| Claim { id: &[1; 32], key: &key, signals, proof: &proof };
			assert_eq!(verify_batch(&[claim(&signals), claim(&signals)]), Ok(()));
			let false_one = [claim(&signals[..]), claim(&others[..])];
			assert_eq!(verify_batch(&false_one), Err(BatchError::Invalid));
		}
	}
}

#[test]
fn refuses_another_number_of_signals() {
	let Case { key, signals, proof, .. } = case();
	let refuse = |signals: &[[u8; 32]]| {
		let got = signals.len() as u32;
		let expected = Err(VerifyError::SignalCountMismatch { expected: SIGNALS as u32, got });
		assert_eq!(key.verify(signals, &proof), expected);
	};
	refuse(&[]);
	refuse(&signals[..SIGNALS - 1]);
	// A missing signal must not count as a zero, nor a surplus one be ignored.
	refuse(&[signals.as_slice(), &[[0; 32]]].concat());
}

#[test]
fn refuses_other_representatives_of_a_signal() {
	let Case { key, signals, proof, .. } = case();
	for index in 0..SIGNALS {
		let mut aliased = signals;
		alias(&mut aliased[index], 0, r());
		let expected = Err(VerifyError::NonCanonicalSignal { index: index as u32 });
		assert_eq!(key.verify(&aliased, &proof), expected);
	}
}

#[test]
fn refuses_other_signals() {
	let Case { key, signals, proof, .. } = case();
	for index in 0..SIGNALS {
		let mut other = signals;
		other[index] = encode_scalar(&Fr::from(8));
		assert_eq!(key.verify(&other, &proof), Err(VerifyError::Invalid));
	}
	let [first, second, third] = signals;
	assert_eq!(key.verify(&[second, first, third], &proof), Err(VerifyError::Invalid));
}

#[test]
fn refuses_a_proof_under_another_key() {
	let Case { signals, proof, .. } = case();
	let other = Fixture::new(9, SIGNALS as u32);
	let key = PreparedKey::validate(&other.key.raw()).unwrap();
	assert_eq!(key.verify(&signals, &other.prove(&signals, 0)), Ok(()));
	assert_eq!(key.verify(&signals, &proof), Err(VerifyError::Invalid));
}

#[test]
fn refuses_every_changed_byte_of_a_proof() {
	let Case { key, signals, proof, .. } = case();
	for (point, start, end) in POINTS {
		for at in start..end {
			let mut changed = proof;
			changed[at] ^= 1;
			let got = key.verify(&signals, &changed);
			// A byte alone cannot lead to another point of the curve, but for its sign.
			let off = malformed(point, PointError::NotOnCurve);
			let large = malformed(point, PointError::NonCanonical);
			assert!(got == off || got == large, "byte {at}: {got:?}");
		}
	}
}

#[test]
fn refuses_other_representatives_of_a_coordinate() {
	let Case { key, signals, proof, .. } = case();
	for (point, start, end) in POINTS {
		for at in (start..end).step_by(32) {
			let mut aliased = proof;
			alias(&mut aliased, at, q());
			let expected = malformed(point, PointError::NonCanonical);
			assert_eq!(key.verify(&signals, &aliased), expected);
		}
	}
}

#[test]
fn refuses_infinity() {
	let Case { key, signals, proof, .. } = case();
	for (point, start, end) in POINTS {
		let mut changed = proof;
		changed[start..end].fill(0);
		let expected = malformed(point, PointError::AtInfinity);
		assert_eq!(key.verify(&signals, &changed), expected);
	}
	let expected = malformed(ProofPoint::A, PointError::AtInfinity);
	assert_eq!(key.verify(&signals, &[0; 256]), expected);
}

#[test]
fn refuses_b_outside_the_subgroup() {
	let Case { key, signals, mut proof, .. } = case();
	proof[64..192].copy_from_slice(&outside_subgroup_bytes());
	let expected = malformed(ProofPoint::B, PointError::NotInSubgroup);
	assert_eq!(key.verify(&signals, &proof), expected);
}

#[test]
fn refuses_points_that_do_not_fit_together() {
	let Case { key, fixture, signals, proof } = case();
	let other = fixture.prove(&signals, 5);
	assert_eq!(key.verify(&signals, &other), Ok(()));
	for (_, start, end) in POINTS {
		let mut mixed = proof;
		mixed[start..end].copy_from_slice(&other[start..end]);
		assert_eq!(key.verify(&signals, &mixed), Err(VerifyError::Invalid));
	}
	let mut negated = proof;
	let a = -decode_g1(proof[..64].try_into().unwrap()).unwrap();
	negated[..64].copy_from_slice(&encode_g1(&a).unwrap());
	assert_eq!(key.verify(&signals, &negated), Err(VerifyError::Invalid));
}

/// What Groth16 allows, and why a proof's bytes identify nothing.
#[test]
fn accepts_a_rerandomised_proof_of_the_same_signals_only() {
	let Case { key, signals, proof, .. } = case();
	let a = decode_g1(proof[..64].try_into().unwrap()).unwrap();
	let b = decode_g2(proof[64..192].try_into().unwrap()).unwrap();
	let factor = Fr::from(3);
	let a = G1Affine::from(a * factor);
	let b = G2Affine::from(b * factor.inverse().unwrap());
	let mut again = proof;
	again[..64].copy_from_slice(&encode_g1(&a).unwrap());
	again[64..192].copy_from_slice(&encode_g2(&b).unwrap());
	assert_ne!(again, proof);
	assert_eq!(key.verify(&signals, &again), Ok(()));
	let other = [signals[0], signals[0], signals[2]];
	assert_eq!(key.verify(&other, &again), Err(VerifyError::Invalid));
}

#[test]
fn checks_in_order_of_cost() {
	let Case { key, mut signals, mut proof, .. } = case();
	let refuse = |signals: &[[u8; 32]], proof: &[u8; 256]| key.verify(signals, proof).unwrap_err();
	// From the dearest check to the cheapest: each new fault hides the one before it.
	signals[0] = encode_scalar(&Fr::from(8));
	assert_eq!(refuse(&signals, &proof), VerifyError::Invalid);
	proof[64..192].copy_from_slice(&outside_subgroup_bytes());
	let is = |point, error| malformed(point, error).unwrap_err();
	assert_eq!(refuse(&signals, &proof), is(ProofPoint::B, PointError::NotInSubgroup));
	proof[192] ^= 1;
	assert_eq!(refuse(&signals, &proof), is(ProofPoint::C, PointError::NotOnCurve));
	alias(&mut proof, 64, q());
	assert_eq!(refuse(&signals, &proof), is(ProofPoint::B, PointError::NonCanonical));
	alias(&mut signals[1], 0, r());
	assert_eq!(refuse(&signals, &proof), VerifyError::NonCanonicalSignal { index: 1 });
	let expected = SIGNALS as u32;
	let count = VerifyError::SignalCountMismatch { expected, got: 2 };
	assert_eq!(refuse(&signals[..2], &proof), count);
}

/// Whoever breaks the obligation of `from_validated` gets nonsense, but no panic.
#[test]
fn keys_that_were_not_validated_do_not_panic() {
	let Case { key, fixture, signals, proof } = case();
	let mut bad = fixture.key.clone();
	bad.gamma = outside_subgroup_bytes();
	bad.delta[0] ^= 1;
	bad.ic[0][0] ^= 1;
	bad.ic[1][0] ^= 1;
	let bad = PreparedKey::from_validated(&bad.raw(), &key.alpha_beta()).unwrap();
	assert!(bad.verify(&signals, &proof).is_err());
	let zero = PreparedKey::from_validated(&fixture.key.raw(), &[0; 384]).unwrap();
	assert!(zero.verify(&signals, &proof).is_err());
}

fn below_q() -> impl Strategy<Value = [u8; 32]> {
	any::<[u8; 32]>().prop_map(|mut bytes| {
		bytes[31] &= 0x1f;
		bytes
	})
}

fn canonical<const N: usize>() -> impl Strategy<Value = [u8; N]> {
	prop::collection::vec(below_q(), N / 32).prop_map(|parts| parts.concat().try_into().unwrap())
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(512))]

	#[test]
	fn refuses_random_changes(
		changes in prop::collection::vec((0usize..256 + 32 * SIGNALS, 1u8..), 1..4),
	) {
		let Case { key, signals, proof, .. } = case();
		let mut bytes = [proof.as_slice(), signals.as_flattened()].concat();
		let before = bytes.clone();
		for (at, change) in changes {
			bytes[at] ^= change;
		}
		prop_assume!(bytes != before);
		let (proof, signals) = bytes.split_first_chunk().unwrap();
		prop_assert!(key.verify(signals.as_chunks().0, proof).is_err());
	}

	#[test]
	fn survives_random_bytes(
		proof in prop::collection::vec(any::<u8>(), 256),
		signals in prop::collection::vec(any::<[u8; 32]>(), 0..5),
	) {
		let proof = proof.try_into().unwrap();
		prop_assert!(case().key.verify(&signals, &proof).is_err());
	}

	#[test]
	fn survives_random_coordinates(
		proof in canonical::<256>(),
		signals in prop::collection::vec(below_q(), SIGNALS),
	) {
		prop_assert!(case().key.verify(&signals, &proof).is_err());
	}

	#[test]
	fn survives_random_keys(
		alpha in canonical::<64>(),
		beta in canonical::<128>(),
		gamma in canonical::<128>(),
		delta in canonical::<128>(),
		ic in prop::collection::vec(canonical::<64>(), 0..5),
		alpha_beta in canonical::<384>(),
	) {
		let Case { signals, proof, .. } = case();
		let key = Key { alpha, beta, gamma, delta, ic };
		prop_assert!(PreparedKey::validate(&key.raw()).is_err());
		if let Ok(prepared) = PreparedKey::from_validated(&key.raw(), &alpha_beta) {
			prop_assert!(prepared.verify(&signals, &proof).is_err());
		}
	}

	#[test]
	fn accepts_every_statement_of_its_prover(
		values in prop::collection::vec(any::<[u8; 32]>(), SIGNALS),
		seed: u64,
	) {
		let Case { key, fixture, .. } = case();
		let reduce = |bytes: &[u8; 32]| encode_scalar(&Fr::from_le_bytes_mod_order(bytes));
		let signals: Vec<_> = values.iter().map(reduce).collect();
		prop_assert_eq!(key.verify(&signals, &fixture.prove(&signals, seed)), Ok(()));
	}
}
