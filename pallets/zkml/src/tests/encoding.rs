//! Indices are what clients have compiled in.

use super::*;
use crate::Call;
use codec::{Decode, Encode};
use sp_runtime::{traits::Get, ModuleError};

#[test]
fn calls_keep_their_indices_and_arguments() {
	let prover = classifier();
	let model = ModelId([9; 32]);
	let call = Call::<Test>::submit_inference {
		signals: 2,
		model,
		inference: label(7),
		proof: Proof([5; 256]),
	};
	// Index, compact count, id, label 7 without input, proof.
	let mut expected = vec![1, 2 << 2];
	expected.extend([9; 32]);
	expected.extend([1, 7, 0, 0, 0, 0]);
	expected.extend([5; 256]);
	assert_eq!(call.encode(), expected);
	let register = Call::<Test>::register_model {
		verifying_key: Box::new(prover.key()),
		interface: prover.interface,
		setup: CEREMONY,
		metadata: metadata(),
	};
	assert_eq!(register.encode()[0], 0);
	assert_eq!(Call::<Test>::deregister_model { model }.encode()[0], 2);
}

#[test]
fn refuses_calls_cut_short() {
	let call = Call::<Test>::submit_inference {
		signals: 2,
		model: ModelId([9; 32]),
		inference: label(7),
		proof: Proof([5; 256]),
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
	assert_eq!(crate::HoldReason::ModelDeposit.encode(), [0]);
}
