use super::*;
use codec::Encode;
use zkml_primitives::{context_for, SUBMIT_INFERENCE};

#[test]
fn model_is_what_was_registered() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = classifier();
		let model = register(&prover);
		assert_eq!(Zkml::model(model).map(|model| model.interface), Some(prover.interface));
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
			let expected = context_for(&GENESIS.0, SUBMIT_INFERENCE, model, &BOB, &nonce.encode());
			assert_eq!(Zkml::context(model, BOB), Some(expected));
			let proof = prover.prove(&label(1), &expected);
			assert_ok!(Zkml::submit_inference(signed(BOB), 2, model, label(1), proof));
		}
	});
}

#[test]
fn context_is_unknown_at_genesis() {
	ExtBuilder::production().genesis().execute_with(|| {
		assert_eq!(Zkml::context(ModelId([9; 32]), BOB), None);
		assert_eq!(Zkml::nonce(ModelId([9; 32]), BOB), 0);
	});
}
