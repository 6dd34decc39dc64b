use super::{alias, outside_subgroup_bytes, q};
use crate::{
	encoding::encode_scalar,
	fixtures::{Fixture, Lines},
	PointError, PreparedKey, ProofPoint, VerifyError,
};
use ark_bn254::Fr;

struct Case {
	key: PreparedKey,
	lines: Lines,
	signals: [[u8; 32]; 2],
	proof: [u8; 256],
}

fn case(seed: u64) -> Case {
	let fixture = Fixture::new(seed, 2);
	let key = PreparedKey::validate(&fixture.key.raw()).unwrap();
	let signals = [7, 8].map(|value| encode_scalar(&Fr::from(value)));
	let proof = fixture.prove(&signals, 0);
	Case { lines: Lines::of(&key), key, signals, proof }
}

#[test]
fn survive_a_round_trip() {
	let Case { lines, .. } = case(0);
	let bytes = lines.encode();
	assert_eq!(bytes.len(), Lines::BYTES);
	assert_eq!(Lines::decode(&bytes), Some(lines));
}

#[test]
fn verify_as_the_key_does() {
	for seed in 0..5 {
		let Case { key, lines, signals, proof } = case(seed);
		let lines = Lines::decode(&lines.encode()).unwrap();
		let agree = |signals: &[[u8; 32]], proof: &[u8; 256]| {
			let got = lines.clone().verify(&key, signals, proof);
			assert_eq!(got, key.verify(signals, proof));
			got
		};
		assert_eq!(agree(&signals, &proof), Ok(()));
		assert_eq!(agree(&[signals[1], signals[0]], &proof), Err(VerifyError::Invalid));
		assert_eq!(agree(&signals, &case(seed + 1).proof), Err(VerifyError::Invalid));
		let expected = VerifyError::SignalCountMismatch { expected: 2, got: 1 };
		assert_eq!(agree(&signals[..1], &proof), Err(expected));
		let mut outside = proof;
		outside[64..192].copy_from_slice(&outside_subgroup_bytes());
		let error = PointError::NotInSubgroup;
		let expected = VerifyError::MalformedProof { point: ProofPoint::B, error };
		assert_eq!(agree(&signals, &outside), Err(expected));
	}
}

#[test]
fn of_another_key_accept_nothing() {
	let Case { key, signals, proof, .. } = case(0);
	assert_eq!(case(1).lines.verify(&key, &signals, &proof), Err(VerifyError::Invalid));
}

#[test]
fn refuse_another_length() {
	let bytes = case(0).lines.encode();
	assert_eq!(Lines::decode(&[]), None);
	assert_eq!(Lines::decode(&bytes[1..]), None);
	assert_eq!(Lines::decode(&bytes[..bytes.len() / 2]), None);
	assert_eq!(Lines::decode(&[bytes.as_slice(), &[0; 128]].concat()), None);
}

#[test]
fn refuse_other_representatives_of_an_element() {
	let bytes = case(0).lines.encode();
	for at in (0..bytes.len()).step_by(32) {
		let mut aliased = bytes.clone();
		alias(&mut aliased, at, q());
		assert_eq!(Lines::decode(&aliased), None);
	}
}

#[test]
fn refuse_the_proof_where_any_line_was_changed() {
	let Case { key, lines, signals, proof } = case(0);
	let bytes = lines.encode();
	for at in (0..bytes.len()).step_by(32) {
		let mut changed = bytes.clone();
		changed[at] ^= 1;
		if let Some(lines) = Lines::decode(&changed) {
			assert!(lines.verify(&key, &signals, &proof).is_err(), "byte {at}");
		}
	}
}
