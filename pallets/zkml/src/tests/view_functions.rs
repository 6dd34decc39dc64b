use super::*;
use crate::{Status, WeightInfo};
use frame_support::dispatch::DispatchClass;
use frame_system::limits::BlockWeights;
use sp_runtime::traits::Convert;
use zkml_primitives::{context_for, submission_payload, SUBMIT_INFERENCE};

#[test]
fn model_is_what_was_registered() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = classifier();
		let model = register(&prover);
		let info = Zkml::model(model).unwrap();
		assert_eq!(info.status, Status::Active);
		assert_eq!(info.model.interface, prover.interface);
		assert_eq!(info.registration.owner, ALICE);
		assert_eq!(Zkml::model(ModelId([9; 32])), None);
	});
}

#[test]
fn nonce_and_context_move_on_together() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = classifier();
		let model = register(&prover);
		for nonce in 0..2u64 {
			assert_eq!(Zkml::nonce(model, BOB), nonce);
			let payload = submission_payload(nonce, None);
			let expected = context_for(&GENESIS.0, SUBMIT_INFERENCE, model, &BOB, &payload);
			let next = Zkml::next_context(model, BOB).unwrap();
			assert_eq!((next.context, next.nonce, next.anchor), (expected, nonce, None));
			assert_eq!(Context::of(&next.preimage), expected);
			let proof = prover.prove(&label(1), &expected);
			assert_ok!(submit(BOB, model, label(1), proof));
		}
	});
}

#[test]
fn a_context_is_unknown_at_genesis_and_of_unknown_models() {
	ExtBuilder::production().build_and_execute(|| {
		assert_eq!(Zkml::next_context(ModelId([9; 32]), BOB), None);
		let model = register(&classifier());
		assert!(Zkml::next_context(model, BOB).is_some());
		System::set_block_number(0);
		assert_eq!(Zkml::next_context(model, BOB), None);
		assert_eq!(Zkml::nonce(model, BOB), 0);
		System::set_block_number(1);
	});
}

#[test]
fn the_fee_is_that_of_the_weight() {
	ExtBuilder::production().build_and_execute(|| {
		assert_eq!(Zkml::submission_fee(ModelId([9; 32])), None);
		let limits: BlockWeights = <Test as frame_system::Config>::BlockWeights::get();
		let base = limits.get(DispatchClass::Normal).base_extrinsic;
		let plain = <() as WeightInfo>::submit_inference(2)
			.saturating_add(HOOK_WEIGHT)
			.saturating_add(base);
		let model = register(&classifier());
		assert_eq!(Zkml::submission_fee(model), Some(Price::convert(plain)));
		let terms = Terms { receipt_lifetime: Some(5), ..Terms::default() };
		assert_ok!(Zkml::set_terms(signed(ALICE), model, terms));
		let with_receipt = plain.saturating_add(<() as WeightInfo>::keep_receipt());
		assert_eq!(Zkml::submission_fee(model), Some(Price::convert(with_receipt)));
	});
}

#[test]
fn the_policy_is_that_of_the_genesis() {
	ExtBuilder::default().build_and_execute(|| {
		assert!(Zkml::policy().allow_development_keys);
		assert!(!Zkml::policy().paused);
	});
	ExtBuilder::production().build_and_execute(|| {
		assert!(!Zkml::policy().allow_development_keys);
	});
}
