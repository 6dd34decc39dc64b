//! Indices are what clients have compiled in.

use super::*;
use crate::Call;
use codec::{Decode, Encode};
use sp_runtime::{traits::Get, ModuleError};

fn submission() -> crate::SubmissionOf<Test> {
	let model = ModelId([9; 32]);
	Submission { model, anchor: Some(3), inference: label(7), proof: Proof([5; 256]) }
}

#[test]
fn calls_keep_their_indices_and_arguments() {
	let prover = classifier();
	let model = ModelId([9; 32]);
	// Compact count, id, anchor 3, label 7 without input, proof.
	let mut expected = vec![2 << 2];
	expected.extend([9; 32]);
	expected.extend([1, 3, 0, 0, 0, 0, 0, 0, 0]);
	expected.extend([1, 7, 0, 0, 0, 0]);
	expected.extend([5; 256]);
	let hint = Hint([6; 192]);
	let call = Call::<Test>::submit_inference { signals: 2, submission: submission().into(), hint };
	assert_eq!(call.encode(), [&[1], expected.as_slice(), &[6; 192]].concat());
	// One of them.
	expected.insert(1, 1 << 2);
	let submissions = BoundedVec::truncate_from(vec![submission()]);
	let call = Call::<Test>::submit_batch { signals: 2, submissions };
	assert_eq!(call.encode(), [&[3], expected.as_slice()].concat());
	let register = Call::<Test>::register_model {
		verifying_key: Box::new(prover.key()),
		interface: prover.interface,
		setup: CEREMONY,
		metadata: metadata(),
		terms: Terms::default(),
		supersedes: None,
	};
	assert_eq!(register.encode()[0], 0);
	for (index, call) in [
		(2, Call::<Test>::deregister_model { model }),
		(4, Call::deprecate_model { model, until: None }),
		(5, Call::suspend_model { model }),
		(6, Call::resume_model { model }),
		(7, Call::offer_ownership { model, heir: None }),
		(8, Call::accept_ownership { model }),
		(9, Call::set_terms { model, terms: Terms::default() }),
		(10, Call::remove_receipt { model, account: BOB }),
		(11, Call::set_paused { paused: true }),
	] {
		assert_eq!(call.encode()[0], index);
	}
}

#[test]
fn refuses_calls_cut_short() {
	let call = Call::<Test>::submit_inference {
		signals: 2,
		submission: submission().into(),
		hint: Hint([6; 192]),
	};
	let bytes = call.encode();
	assert_eq!(Call::<Test>::decode(&mut bytes.as_slice()), Ok(call));
	for length in 0..bytes.len() {
		assert!(Call::<Test>::decode(&mut &bytes[..length]).is_err());
	}
}

#[test]
fn refuses_keys_with_too_many_points() {
	let mut key = classifier().key();
	let most: u32 = zkml_primitives::MaxIc::get();
	key.ic = BoundedVec::truncate_from(vec![[0; 64]; most as usize]);
	let bytes = key.encode();
	assert_eq!(zkml_primitives::VerifyingKey::decode(&mut bytes.as_slice()), Ok(key));
	let mut ic = vec![[0u8; 64]; most as usize + 1].encode();
	let mut longer = bytes[..64 + 3 * 128].to_vec();
	longer.append(&mut ic);
	assert!(zkml_primitives::VerifyingKey::decode(&mut longer.as_slice()).is_err());
}

#[test]
fn errors_and_hold_reasons_keep_their_indices() {
	let index = |error: Error<Test>| match sp_runtime::DispatchError::from(error) {
		sp_runtime::DispatchError::Module(ModuleError { error, .. }) => error[0],
		other => panic!("{other:?}"),
	};
	assert_eq!(index(Error::ModelNotFound), 0);
	assert_eq!(index(Error::SignalCountMismatch), 12);
	assert_eq!(index(Error::InvalidProof), 19);
	assert_eq!(index(Error::BatchInvalid), 28);
	assert_eq!(index(Error::ReceiptStillValid), 35);
	assert_eq!(crate::HoldReason::ModelDeposit.encode(), [0]);
	assert_eq!(crate::HoldReason::ReceiptDeposit.encode(), [1]);
}
