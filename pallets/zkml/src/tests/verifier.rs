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
	proof: &Proof,
) -> Result<VerifiedInference, VerifyError> {
	<Verifier as InferenceVerifier<u64>>::verify(model, context, inference, proof)
}

#[test]
fn verifies_in_a_context_of_the_callers_own() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = classifier();
		let model = register(&prover);
		let context = context_for(&GENESIS.0, b"npc/move", model, &BOB, &[1, 2]);
		let proof = prover.prove(&label(3), &context);
		let verified = verify(model, context, &label(3), &proof).unwrap();
		assert_eq!(verified.model(), model);
		assert_eq!(verified.context(), context);
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
		assert_eq!(verify(model, context, &label(3), &proof), not_found);
	});
}

#[test]
fn refuses_development_keys_unless_allowed() {
	ExtBuilder::default().build_and_execute(|| {
		let prover = classifier();
		let key = Box::new(prover.key());
		let setup = Setup::Development;
		assert_ok!(Zkml::register_model(signed(ALICE), key, prover.interface, setup, metadata()));
		let model = id(&prover, ALICE);
		let context = context(model, BOB);
		let proof = prover.prove(&label(3), &context);
		assert!(verify(model, context, &label(3), &proof).is_ok());
		crate::AllowDevelopmentKeys::<Test>::put(false);
		let refused = verify(model, context, &label(3), &proof);
		assert_eq!(refused, Err(VerifyError::DevelopmentKeyRefused));
	});
}

#[test]
fn tells_signals_and_weight() {
	ExtBuilder::production().build_and_execute(|| {
		let model = register(&public_logits());
		assert_eq!(<Verifier as InferenceVerifier<u64>>::signals(model), Some(4));
		assert_eq!(<Verifier as InferenceVerifier<u64>>::signals(ModelId([9; 32])), None);
		let weight = <Verifier as InferenceVerifier<u64>>::weight;
		assert_eq!(weight(4), <() as crate::WeightInfo>::verify_inference(4));
		assert!(weight(5).all_gte(weight(4)));
	});
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
	] {
		assert_eq!(DispatchError::from(Error::<Test>::from(cause)), error.into());
	}
}
