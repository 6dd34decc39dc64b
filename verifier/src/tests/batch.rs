use super::super::{alias, outside_subgroup_bytes, q, r};
use super::{verify_batch, Claim, PreparedKey};
use crate::{
	encoding::{decode_g1, decode_g2, encode_g1, encode_g2, encode_scalar},
	fixtures::{Fixture, Part},
	BatchError, PointError, ProofPoint, VerifyError,
};
use ark_bn254::{Fr, G1Affine};
use ark_ec::AffineRepr;
use proptest::prelude::*;

const SIGNALS: u32 = 3;

/// A key with its prover.
struct Model {
	id: [u8; 32],
	key: PreparedKey,
	fixture: Fixture,
}

impl Model {
	fn new(id: u8, fixture: Fixture) -> Self {
		let key = PreparedKey::validate(&fixture.key.raw()).unwrap();
		Self { id: [id; 32], key, fixture }
	}

	/// A valid claim; another seed gives other signals and another proof.
	fn claim(&self, seed: u64) -> Owned<'_> {
		let signals: Vec<_> =
			(0..self.key.signals() as u64).map(|j| scalar(1000 * seed + j)).collect();
		let proof = self.fixture.prove(&signals, seed);
		Owned { model: self, signals, proof }
	}
}

#[derive(Clone)]
struct Owned<'a> {
	model: &'a Model,
	signals: Vec<[u8; 32]>,
	proof: [u8; 256],
}

impl Owned<'_> {
	fn holds(&self) -> bool {
		self.model.key.verify(&self.signals, &self.proof).is_ok()
	}
}

fn scalar(value: u64) -> [u8; 32] {
	encode_scalar(&-Fr::from(value))
}

fn borrow<'a>(claims: &'a [Owned<'_>]) -> Vec<Claim<'a>> {
	let borrow = |Owned { model, signals, proof }: &'a Owned<'_>| Claim {
		id: &model.id,
		key: &model.key,
		signals,
		proof,
	};
	claims.iter().map(borrow).collect()
}

fn verify(claims: &[Owned<'_>]) -> Result<(), BatchError> {
	verify_batch(&borrow(claims))
}

fn coefficients_of(claims: &[Owned<'_>]) -> Vec<Fr> {
	crate::batch::coefficients(&borrow(claims)).take(claims.len()).collect()
}

/// Four keys: the second has all of the first but its signals' points, the third its `γ`, the
/// fourth nothing.
fn models() -> Vec<Model> {
	let first = Fixture::new(1, SIGNALS);
	let second = first.sharing(&[Part::AlphaBeta, Part::Gamma, Part::Delta], 2, SIGNALS);
	let third = first.sharing(&[Part::Gamma], 3, SIGNALS + 1);
	let all = [first, second, third, Fixture::new(4, SIGNALS)];
	(0..).zip(all).map(|(id, fixture)| Model::new(id, fixture)).collect()
}

/// `count` claims under those keys in turn.
fn mixed(models: &[Model], count: usize) -> Vec<Owned<'_>> {
	models.iter().cycle().take(count).zip(0..).map(|(model, seed)| model.claim(seed)).collect()
}

/// Changes `C` to the point that `change` makes of it.
fn change_c(proof: &mut [u8; 256], change: impl FnOnce(G1Affine) -> G1Affine) {
	let c = decode_g1(proof[192..].try_into().unwrap()).unwrap();
	proof[192..].copy_from_slice(&encode_g1(&change(c)).unwrap());
}

mod accepts {
	use super::*;

	#[test]
	fn no_claims() {
		assert_eq!(verify_batch(&[]), Ok(()));
	}

	#[test]
	fn claims_of_one_key() {
		let model = Model::new(0, Fixture::new(1, SIGNALS));
		for count in [1, 2, 8, 32] {
			let claims: Vec<_> = (0..count).map(|seed| model.claim(seed)).collect();
			assert_eq!(verify(&claims), Ok(()));
		}
	}

	#[test]
	fn claims_of_mixed_keys() {
		for count in [1, 2, 8, 32] {
			assert_eq!(verify(&mixed(&models(), count)), Ok(()));
		}
	}

	#[test]
	fn keys_with_parts_in_common() {
		let first = Fixture::new(1, SIGNALS);
		let parts = [Part::AlphaBeta, Part::Gamma, Part::Delta];
		for mask in 0..8 {
			let chosen = (0..3).filter(|i| mask >> i & 1 == 1).map(|i| parts[i]);
			let second = first.sharing(&chosen.collect::<Vec<_>>(), 2, 7);
			let [a, b] = [(0, first.clone()), (1, second)].map(|(id, key)| Model::new(id, key));
			assert_eq!(verify(&[a.claim(0), b.claim(1), a.claim(2), b.claim(3)]), Ok(()));
			let swapped = Owned { model: &a, ..b.claim(1) };
			assert!(verify(&[a.claim(0), swapped]).is_err());
		}
	}

	#[test]
	fn keys_without_signals() {
		let [a, b] = [0, 1].map(|id| Model::new(id, Fixture::new(id.into(), 0)));
		assert_eq!(verify(&[a.claim(0), b.claim(1), a.claim(2)]), Ok(()));
	}

	#[test]
	fn a_claim_more_than_once() {
		let models = models();
		let claim = models[0].claim(0);
		assert_eq!(verify(&[claim.clone(), models[3].claim(1), claim.clone(), claim]), Ok(()));
	}

	#[test]
	fn equal_keys_prepared_apart() {
		let fixture = Fixture::new(1, SIGNALS);
		let [a, b] = [0, 1].map(|id| Model::new(id, fixture.clone()));
		assert_eq!(verify(&[a.claim(0), b.claim(1), Owned { model: &a, ..b.claim(2) }]), Ok(()));
	}

	/// The obligation is broken, but what is put together does not go by the id.
	#[test]
	fn different_keys_of_one_id() {
		let [a, b] = [1, 2].map(|seed| Model::new(0, Fixture::new(seed, SIGNALS)));
		assert_eq!(verify(&[a.claim(0), b.claim(1)]), Ok(()));
		let swapped = Owned { model: &b, ..a.claim(0) };
		assert_eq!(verify(&[swapped, b.claim(1)]), Err(BatchError::Invalid));
	}

	/// With `ic₀ = ic₁` the signal −1 makes `x` the point at infinity, and then `(α, β + δ, α)`
	/// is a proof.
	#[test]
	fn a_sum_at_infinity() {
		let mut fixture = Fixture::new(1, 1);
		fixture.key.ic[1] = fixture.key.ic[0];
		let model = Model::new(0, fixture);
		let key = &model.fixture.key;
		let b = decode_g2(&key.beta).unwrap() + decode_g2(&key.delta).unwrap();
		let b = encode_g2(&b.into()).unwrap();
		let proof = [key.alpha.as_slice(), &b, &key.alpha].concat().try_into().unwrap();
		let claim = Owned { model: &model, signals: vec![scalar(1)], proof };
		assert!(claim.holds());
		for count in 1..4 {
			assert_eq!(verify(&vec![claim.clone(); count]), Ok(()));
		}
		let other = Owned { signals: vec![scalar(2)], ..claim.clone() };
		assert_eq!(verify(&[claim, other]), Err(BatchError::Invalid));
	}
}

mod rejects {
	use super::*;

	/// Each way to spoil a claim whose form stays right.
	const FAULTS: [fn(&mut Owned<'_>); 5] = [
		|claim| claim.signals[0] = scalar(77),
		|claim| claim.signals.swap(0, 1),
		|claim| change_c(&mut claim.proof, |c| -c),
		|claim| change_c(&mut claim.proof, |c| (c + G1Affine::generator()).into()),
		|claim| {
			let other = claim.model.claim(99);
			claim.proof[..64].copy_from_slice(&other.proof[..64]);
		},
	];

	#[test]
	fn one_bad_claim_at_each_position() {
		let models = models();
		for count in [1, 2, 8] {
			let claims = mixed(&models, count);
			for position in 0..count {
				for fault in FAULTS {
					let mut bad = claims.clone();
					fault(&mut bad[position]);
					assert!(!bad[position].holds());
					assert_eq!(verify(&bad), Err(BatchError::Invalid), "claim {position}");
				}
			}
		}
	}

	#[test]
	fn one_bad_claim_of_one_key() {
		let model = Model::new(0, Fixture::new(1, SIGNALS));
		let claims: Vec<_> = (0..32).map(|seed| model.claim(seed)).collect();
		for (position, fault) in [0, 7, 16, 30, 31].into_iter().zip(FAULTS) {
			let mut bad = claims.clone();
			fault(&mut bad[position]);
			assert_eq!(verify(&bad), Err(BatchError::Invalid));
		}
	}

	#[test]
	fn what_two_claims_exchanged() {
		let models = models();
		let [a, b] = [0, 1].map(|seed| models[0].claim(seed));
		let proofs = [Owned { proof: b.proof, ..a.clone() }, Owned { proof: a.proof, ..b.clone() }];
		assert_eq!(verify(&proofs), Err(BatchError::Invalid));
		// The products of such claims under equal coefficients would be those of the good ones.
		for (start, end) in [(0, 192), (192, 256)] {
			let mut parts = [a.clone(), b.clone()];
			parts[0].proof[start..end].copy_from_slice(&b.proof[start..end]);
			parts[1].proof[start..end].copy_from_slice(&a.proof[start..end]);
			assert_eq!(verify(&parts), Err(BatchError::Invalid));
		}
		for j in 0..SIGNALS as usize {
			let mut signals = [a.clone(), b.clone()];
			(signals[0].signals[j], signals[1].signals[j]) = (b.signals[j], a.signals[j]);
			assert_eq!(verify(&signals), Err(BatchError::Invalid));
		}
	}

	#[test]
	fn claims_under_each_others_key() {
		let models = models();
		let [a, b] = [&models[0], &models[1]];
		let swapped = [Owned { model: b, ..a.claim(0) }, Owned { model: a, ..b.claim(1) }];
		assert_eq!(verify(&swapped), Err(BatchError::Invalid));
	}

	#[test]
	fn errors_that_cancel_under_equal_coefficients() {
		let models = models();
		// The second shares δ with the first, so that errors in C could cancel across keys too.
		for second in [0, 1] {
			let claims = [models[0].claim(0), models[second].claim(1)];
			let point = G1Affine::generator();
			for (weight, factors) in [(1, [1, -1]), (7, [1, -1]), (1, [2, -2]), (1, [1, -2])] {
				let mut bad = claims.clone();
				for (claim, factor) in bad.iter_mut().zip(factors) {
					let error = point * Fr::from(weight * factor);
					change_c(&mut claim.proof, |c| (c + error).into());
				}
				assert_eq!(verify(&bad), Err(BatchError::Invalid));
			}
		}
	}

	#[test]
	fn errors_that_cancel_under_the_coefficients_of_another_batch() {
		let models = models();
		let claims = [models[0].claim(0), models[0].claim(1)];
		let coefficients = coefficients_of(&claims);
		// The best that one can do who knows the coefficients of the batch before the change.
		let mut bad = claims.clone();
		let errors = [coefficients[1], -coefficients[0]];
		for (claim, error) in bad.iter_mut().zip(errors) {
			change_c(&mut claim.proof, |c| (c + G1Affine::generator() * error).into());
		}
		assert_eq!(verify(&bad), Err(BatchError::Invalid));
	}

	#[test]
	fn errors_in_signals_that_cancel_under_equal_coefficients() {
		let models = models();
		let mut bad = [models[0].claim(0), models[0].claim(1)];
		bad[0].signals[0] = encode_scalar(&-Fr::from(5));
		bad[1].signals[0] = encode_scalar(&-Fr::from(1000 - 5));
		assert_eq!(verify(&bad), Err(BatchError::Invalid));
	}

	#[test]
	fn a_false_claim_more_than_once() {
		let models = models();
		let mut bad = models[0].claim(0);
		change_c(&mut bad.proof, |c| -c);
		for count in 1..5 {
			assert_eq!(verify(&vec![bad.clone(); count]), Err(BatchError::Invalid));
		}
	}
}

mod coefficients {
	use super::*;
	use ark_ff::{Field, PrimeField};
	use std::collections::BTreeSet;

	#[test]
	fn change_with_everything() {
		let models = models();
		let claims = mixed(&models, 3);
		let mut seen: BTreeSet<_> = coefficients_of(&claims).into_iter().collect();
		let mut expect_new = |claims: &[Owned<'_>]| {
			for coefficient in coefficients_of(claims) {
				assert!(seen.insert(coefficient));
			}
		};
		let [a, b, c] = [0, 1, 2].map(|i| claims[i].clone());
		for order in [[&a, &c, &b], [&b, &a, &c], [&b, &c, &a], [&c, &a, &b], [&c, &b, &a]] {
			expect_new(&order.map(Clone::clone));
		}
		expect_new(&claims[..2]);
		expect_new(&[a.clone(), b.clone(), c.clone(), c.clone()]);
		for position in 0..3 {
			let mut changed = claims.clone();
			changed[position].signals[0][0] ^= 1;
			expect_new(&changed);
			let mut changed = claims.clone();
			changed[position].proof[255] ^= 1;
			expect_new(&changed);
			let mut changed = claims.clone();
			changed[position].model = &models[3];
			expect_new(&changed);
		}
	}

	/// The bytes of a signal cannot pass for those of a proof, nor a claim for two.
	#[test]
	fn do_not_depend_on_how_bytes_are_cut() {
		let models = models();
		let claim = models[0].claim(0);
		let mut moved = claim.clone();
		let last = moved.signals.pop().unwrap();
		let before = coefficients_of(&[claim]);
		moved.proof[..32].copy_from_slice(&last);
		assert_ne!(before, coefficients_of(&[moved]));
	}

	#[test]
	fn are_as_documented() {
		use sp_crypto_hashing::blake2_256;
		let models = models();
		let claims = [models[3].claim(0), models[0].claim(1)];
		let mut preimage = b"zkml/batch\x02\0\0\0".to_vec();
		for Owned { model, signals, proof } in &claims {
			preimage.extend(model.id);
			preimage.extend([SIGNALS as u8, 0, 0, 0]);
			preimage.extend(signals.concat());
			preimage.extend(proof);
		}
		let seed = blake2_256(&preimage);
		let expected = [[0, 0, 0, 0], [1, 0, 0, 0]].map(|index| {
			let hash = blake2_256(&[seed.as_slice(), &index].concat());
			let [first, second] =
				[0, 8].map(|at| u64::from_le_bytes(hash[at..at + 8].try_into().unwrap()));
			let q = Fr::from_le_bytes_mod_order(&super::super::super::q());
			Fr::from(first) + q.pow([4]) * Fr::from(second)
		});
		assert_eq!(coefficients_of(&claims), expected);
	}
}

mod names_the_malformed_claim {
	use super::*;

	fn refusal(change: impl FnOnce(&mut [Owned<'_>])) -> BatchError {
		let models = models();
		let mut claims = mixed(&models, 4);
		change(&mut claims);
		verify(&claims).unwrap_err()
	}

	#[test]
	fn by_its_number_of_signals() {
		let error = VerifyError::SignalCountMismatch { expected: 3, got: 2 };
		let refused = refusal(|claims| claims[1].signals.truncate(2));
		assert_eq!(refused, BatchError::Claim { index: 1, error });
		let error = VerifyError::SignalCountMismatch { expected: 4, got: 5 };
		let refused = refusal(|claims| claims[2].signals.push([0; 32]));
		assert_eq!(refused, BatchError::Claim { index: 2, error });
	}

	#[test]
	fn by_a_signal_that_is_not_canonical() {
		let refused = refusal(|claims| {
			claims[3].signals[2] = encode_scalar(&Fr::from(5));
			alias(&mut claims[3].signals[2], 0, r());
		});
		let error = VerifyError::NonCanonicalSignal { index: 2 };
		assert_eq!(refused, BatchError::Claim { index: 3, error });
	}

	#[test]
	fn by_its_proof() {
		type Change = fn(&mut [u8; 256]);
		let changes: [(Change, ProofPoint, PointError); 6] = [
			(|proof| alias(proof, 0, q()), ProofPoint::A, PointError::NonCanonical),
			(|proof| alias(proof, 64, q()), ProofPoint::B, PointError::NonCanonical),
			(|proof| proof[192..].fill(0), ProofPoint::C, PointError::AtInfinity),
			(|proof| proof[192] ^= 1, ProofPoint::C, PointError::NotOnCurve),
			(|proof| proof[64] ^= 1, ProofPoint::B, PointError::NotOnCurve),
			(
				|proof| proof[64..192].copy_from_slice(&outside_subgroup_bytes()),
				ProofPoint::B,
				PointError::NotInSubgroup,
			),
		];
		for ((change, point, error), index) in changes.into_iter().zip((0..4).cycle()) {
			let refused = refusal(|claims| change(&mut claims[index].proof));
			let error = VerifyError::MalformedProof { point, error };
			assert_eq!(refused, BatchError::Claim { index: index as u32, error });
		}
	}

	#[test]
	fn the_first_of_several_and_before_the_equation() {
		let faults = |claims: &mut [Owned]| {
			claims[0].signals[0] = scalar(77);
			for index in [1, 3] {
				claims[index].proof[64..192].copy_from_slice(&outside_subgroup_bytes());
			}
		};
		let refused = refusal(|claims| faults(claims));
		let error =
			VerifyError::MalformedProof { point: ProofPoint::B, error: PointError::NotInSubgroup };
		assert_eq!(refused, BatchError::Claim { index: 1, error });
		assert_eq!(refused.to_string(), "claim 1: proof point B: the point is not in the subgroup");
		// Which the Miller loop tells, after all that is told before it.
		let refused = refusal(|claims| {
			faults(claims);
			claims[2].signals.clear();
		});
		let error = VerifyError::SignalCountMismatch { expected: 4, got: 0 };
		assert_eq!(refused, BatchError::Claim { index: 2, error });
	}
}

/// Whoever breaks the obligation of `from_validated` gets nonsense, but no panic.
#[test]
fn keys_that_were_not_validated_do_not_panic() {
	let fixture = Fixture::new(1, SIGNALS);
	let two_thirds = {
		use ark_bn254::Fq12;
		use ark_ff::Field;
		crate::encoding::encode_target(&(Fq12::from(2) * Fq12::from(3).inverse().unwrap()))
	};
	let mut bad = fixture.key.clone();
	bad.gamma = outside_subgroup_bytes();
	bad.delta[0] ^= 1;
	bad.ic[0][0] ^= 1;
	for raw in [fixture.key.raw(), bad.raw()] {
		for alpha_beta in [[0; 384], [1; 384], two_thirds] {
			let key = PreparedKey::from_validated(&raw, &alpha_beta).unwrap();
			let model = Model { id: [0; 32], key, fixture: fixture.clone() };
			assert_eq!(verify(&[model.claim(0), model.claim(1)]), Err(BatchError::Invalid));
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn agrees_with_single_verification(
		choices in prop::collection::vec((0usize..4, 0u64..50, 0u8..12), 0..6),
	) {
		let models = models();
		let claims: Vec<_> = choices.into_iter().map(|(model, seed, fault)| {
			let mut claim = models[model].claim(seed);
			match fault {
				0 => claim.signals[1] = scalar(77),
				1 => change_c(&mut claim.proof, |c| -c),
				2 => claim.proof[seed as usize] ^= 1,
				_ => {},
			}
			claim
		}).collect();
		prop_assert_eq!(verify(&claims).is_ok(), claims.iter().all(Owned::holds));
	}
}
