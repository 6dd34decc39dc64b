//! Proofs that are made for a recent block.

use super::*;
use frame_support::traits::Get;
use sp_core::H256;
use zkml_primitives::{context_for, submission_payload, SUBMIT_INFERENCE};

const TERMS: Terms = Terms { max_age: Some(3), receipt_lifetime: None };

fn hash(block: u64) -> H256 {
	H256([block as u8 + 100; 32])
}

/// Goes to a block, and knows the hashes of those before, as many as the chain remembers.
fn go_to(block: u64) {
	System::set_block_number(block);
	let remembered: u64 = <Test as frame_system::Config>::BlockHashCount::get();
	for before in 1..block {
		frame_system::BlockHash::<Test>::remove(before);
		if block - before <= remembered {
			frame_system::BlockHash::<Test>::insert(before, hash(before));
		}
	}
}

/// Submits a proof that Bob made for a block of this hash.
fn submit_for(
	prover: &Prover,
	model: ModelId,
	anchor: Option<u64>,
	hash: Option<&[u8; 32]>,
) -> DispatchResultWithPostInfo {
	let payload = submission_payload(Zkml::nonce(model, BOB), hash);
	let context = context_for(&GENESIS.0, SUBMIT_INFERENCE, model, &BOB, &payload);
	let HintedProof { proof, hint } = prover.prove(&label(7), &context);
	Zkml::submit_inference(
		signed(BOB),
		2,
		Submission { model, anchor, inference: label(7), proof }.into(),
		hint,
	)
}

fn with_model(test: impl FnOnce(&Prover, ModelId)) {
	ExtBuilder::production().build_and_execute(|| {
		go_to(20);
		let prover = classifier();
		let model = register_on(&prover, TERMS);
		test(&prover, model);
	});
}

#[test]
fn accepts_recent_blocks() {
	with_model(|prover, model| {
		for block in [17, 18, 19] {
			assert_ok!(submit_for(prover, model, Some(block), Some(&hash(block).0)));
		}
	});
}

#[test]
fn the_next_context_is_for_the_newest_known_block() {
	with_model(|prover, model| {
		let next = Zkml::next_context(model, BOB).unwrap();
		assert_eq!(next.anchor, Some(19));
		assert_eq!(next.context, Context::of(&next.preimage));
		assert!(next.preimage.ends_with(&hash(19).0));
		let HintedProof { proof, hint } = prover.prove(&label(7), &next.context);
		let submission = Submission { model, anchor: next.anchor, inference: label(7), proof };
		assert_ok!(Zkml::submit_inference(signed(BOB), 2, submission.into(), hint));
	});
}

#[test]
fn rejects_old_blocks() {
	with_model(|prover, model| {
		let submit = |block| submit_for(prover, model, Some(block), Some(&hash(block).0));
		assert_noop!(submit(16), Error::<Test>::AnchorTooOld);
		assert_noop!(submit(1), Error::<Test>::AnchorTooOld);
		assert_noop!(
			submit_for(prover, model, Some(0), Some(&GENESIS.0)),
			Error::<Test>::AnchorTooOld
		);
	});
}

#[test]
fn rejects_blocks_to_come() {
	with_model(|prover, model| {
		for block in [20, 21, u64::MAX] {
			assert_noop!(
				submit_for(prover, model, Some(block), Some(&[0; 32])),
				Error::<Test>::AnchorUnknown
			);
		}
	});
}

/// Of a block that it does not know, the chain says that its hash is zero.
#[test]
fn rejects_blocks_without_a_hash() {
	with_model(|prover, model| {
		frame_system::BlockHash::<Test>::remove(18);
		assert_noop!(
			submit_for(prover, model, Some(18), Some(&[0; 32])),
			Error::<Test>::AnchorUnknown
		);
	});
}

#[test]
fn rejects_the_hash_of_another_block() {
	with_model(|prover, model| {
		for wrong in [hash(17).0, hash(16).0, [0; 32]] {
			assert_noop!(
				submit_for(prover, model, Some(18), Some(&wrong)),
				Error::<Test>::InvalidProof
			);
		}
		assert_noop!(submit_for(prover, model, Some(18), None), Error::<Test>::InvalidProof);
	});
}

#[test]
fn rejects_a_proof_that_grew_old() {
	with_model(|prover, model| {
		let next = Zkml::next_context(model, BOB).unwrap();
		let HintedProof { proof, hint } = prover.prove(&label(7), &next.context);
		let submission = Submission { model, anchor: next.anchor, inference: label(7), proof };
		let submit = || Zkml::submit_inference(signed(BOB), 2, submission.clone().into(), hint);
		go_to(23);
		assert_noop!(submit(), Error::<Test>::AnchorTooOld);
		// Nor under the number of a younger block.
		let younger = Submission { anchor: Some(22), ..submission.clone() };
		assert_noop!(
			Zkml::submit_inference(signed(BOB), 2, younger.into(), hint),
			Error::<Test>::InvalidProof
		);
		go_to(22);
		assert_ok!(submit());
	});
}

#[test]
fn an_anchor_is_there_if_and_only_if_it_is_asked_for() {
	with_model(|prover, model| {
		assert_noop!(submit_for(prover, model, None, None), Error::<Test>::AnchorMissing);
		assert_ok!(Zkml::set_terms(signed(ALICE), model, Terms::default()));
		assert_noop!(
			submit_for(prover, model, Some(19), Some(&hash(19).0)),
			Error::<Test>::AnchorUnexpected
		);
		assert_ok!(submit_for(prover, model, None, None));
	});
}

#[test]
fn the_first_block_is_recent_while_the_chain_is_young() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = classifier();
		let model = register_on(&prover, TERMS);
		let next = Zkml::next_context(model, BOB).unwrap();
		assert_eq!(next.anchor, Some(0));
		assert_ok!(submit_for(&prover, model, Some(0), Some(&GENESIS.0)));
	});
}
