//! The check, as other pallets call it.

use super::*;
use crate::{InferenceVerifier, VerifiedInference, VerifyError};
use frame_support::assert_storage_noop;
use sp_runtime::DispatchError;
use zkml_primitives::context_for;

type Verifier = Zkml;

fn verify(
	model: ModelId,
	context: Context,
	inference: &Inference,
	proof: &HintedProof,
) -> Result<VerifiedInference, VerifyError> {
	<Verifier as InferenceVerifier<u64>>::verify(4, model, context, inference, proof)
}

#[test]
fn verifies_in_a_context_of_the_callers_own() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = classifier();
		let model = register(&prover);
		let context = context_for(&GENESIS.0, b"npc/move", model, &BOB, &[1, 2]);
		assert_eq!(Verifier::context(b"npc/move", model, &BOB, &[1, 2]), context);
		let proof = prover.prove(&label(3), &context);
		let verified = verify(model, context, &label(3), &proof).unwrap();
		assert_eq!(verified.model(), model);
		assert_eq!(verified.context(), context);
		assert_eq!(verified.signals(), 2);
		assert_eq!(verified.label(), Some(3));
		assert_eq!(verified.logits(), None);
		assert_eq!(verified.input(), None);
		let other = context_for(&GENESIS.0, b"npc/move", model, &BOB, &[1, 3]);
		let refused = verify(model, other, &label(3), &proof);
		assert_eq!(refused, Err(VerifyError::InvalidProof));
	});
}

#[test]
fn writes_nothing() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = classifier();
		let model = register(&prover);
		let context = context(model, BOB);
		let proof = prover.prove(&label(3), &context);
		assert_storage_noop!({
			verify(model, context, &label(3), &proof).unwrap();
			verify(model, context, &label(4), &proof).unwrap_err();
		});
		assert_eq!(Nonces::<Test>::get(model, BOB), 0);
		assert!(Heard::get().is_empty());
	});
}

#[test]
fn refuses_unknown_and_retired_models() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = classifier();
		let model = register(&prover);
		let context = context(model, BOB);
		let proof = prover.prove(&label(3), &context);
		let unknown = ModelId([9; 32]);
		let not_found = Err(VerifyError::ModelNotFound);
		assert_eq!(verify(unknown, context, &label(3), &proof), not_found);
		assert_ok!(Zkml::deregister_model(signed(ALICE), model));
		let retired = Err(VerifyError::ModelRetired);
		assert_eq!(verify(model, context, &label(3), &proof), retired);
	});
}

#[test]
fn refuses_development_keys_unless_allowed() {
	ExtBuilder::default().build_and_execute(|| {
		let prover = classifier();
		let setup = Setup::Development;
		assert_ok!(register_with(ALICE, &prover, setup, Terms::default(), None));
		let model = id(&prover, ALICE);
		let context = context(model, BOB);
		let proof = prover.prove(&label(3), &context);
		assert!(verify(model, context, &label(3), &proof).is_ok());
		crate::Rules::<Test>::mutate(|rules| rules.allow_development_keys = false);
		let refused = verify(model, context, &label(3), &proof);
		assert_eq!(refused, Err(VerifyError::DevelopmentKeyRefused));
	});
}

#[test]
fn refuses_suspended_and_ended_models_and_all_while_paused() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = classifier();
		let model = register(&prover);
		let context = context(model, BOB);
		let proof = prover.prove(&label(3), &context);
		let verify = || verify(model, context, &label(3), &proof).map(|_| ());
		assert_ok!(Zkml::suspend_model(signed(ADMIN), model));
		assert_eq!(verify(), Err(VerifyError::ModelSuspended));
		assert_ok!(Zkml::resume_model(signed(ADMIN), model));
		assert_eq!(verify(), Ok(()));
		assert_ok!(Zkml::set_paused(signed(ADMIN), true));
		assert_eq!(verify(), Err(VerifyError::VerificationPaused));
		assert_ok!(Zkml::set_paused(signed(ADMIN), false));
		assert_ok!(Zkml::deprecate_model(signed(ALICE), model, Some(3)));
		System::set_block_number(3);
		assert_eq!(verify(), Ok(()));
		System::set_block_number(4);
		assert_eq!(verify(), Err(VerifyError::ModelRetired));
	});
}

#[test]
fn refuses_models_with_more_signals_than_were_charged_for() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = public_logits();
		let model = register(&prover);
		let inference = logits(&[1, 2, 3], &[5; 40]);
		let context = context(model, BOB);
		let proof = prover.prove(&inference, &context);
		let verify = |signals| {
			<Verifier as InferenceVerifier<u64>>::verify(
				signals, model, context, &inference, &proof,
			)
		};
		assert_eq!(verify(3), Err(VerifyError::SignalsUnderdeclared));
		assert_eq!(verify(4).map(|verified| verified.signals()), Ok(4));
		assert_eq!(verify(128).map(|verified| verified.signals()), Ok(4));
	});
}

#[test]
fn weighs_by_signals() {
	let weight = <Verifier as InferenceVerifier<u64>>::weight;
	assert_eq!(weight(4), <() as crate::WeightInfo>::verify_inference(4));
	assert!(weight(5).all_gte(weight(4)));
}

#[test]
fn each_cause_has_its_error() {
	use VerifyError as Cause;
	for (cause, error) in [
		(Cause::ModelNotFound, Error::<Test>::ModelNotFound),
		(Cause::DevelopmentKeyRefused, Error::DevelopmentKeyRefused),
		(Cause::UnsupportedInterface, Error::UnsupportedInterface),
		(Cause::OutputMismatch, Error::OutputMismatch),
		(Cause::InputMismatch, Error::InputMismatch),
		(Cause::LabelOutOfRange, Error::LabelOutOfRange),
		(Cause::ValueOutOfRange, Error::ValueOutOfRange),
		(Cause::SignalCountMismatch, Error::SignalCountMismatch),
		(Cause::MalformedKey, Error::MalformedKey),
		(Cause::MalformedProof, Error::MalformedProof),
		(Cause::InvalidProof, Error::InvalidProof),
		(Cause::ModelRetired, Error::ModelRetired),
		(Cause::ModelSuspended, Error::ModelSuspended),
		(Cause::VerificationPaused, Error::VerificationPaused),
		(Cause::SignalsUnderdeclared, Error::SignalsUnderdeclared),
		(Cause::MaskMismatch, Error::MaskMismatch),
	] {
		assert_eq!(DispatchError::from(Error::<Test>::from(cause)), error.into());
	}
}
