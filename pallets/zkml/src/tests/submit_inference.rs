use super::*;
use crate::fixtures::largest;
use codec::Encode;
use frame_support::{
	dispatch::{GetDispatchInfo, Pays},
	weights::Weight,
};
use frame_system::RawOrigin;
use sp_runtime::{traits::Dispatchable, ArithmeticError, DispatchError};
use zkml_primitives::{context_for, MAX_SIGNALS, SUBMIT_INFERENCE};

/// The call, with so many signals declared.
fn call(
	signals: u32,
	model: ModelId,
	inference: Inference,
	HintedProof { proof, hint }: HintedProof,
) -> crate::Call<Test> {
	let submission = Submission { model, anchor: None, inference, proof };
	crate::Call::submit_inference { signals, submission: submission.into(), hint }
}

/// Registers both models and gives them to a test.
fn with_models(test: impl FnOnce((&Prover, ModelId), (&Prover, ModelId))) {
	ExtBuilder::production().build_and_execute(|| {
		let (classifier, logits) = (classifier(), public_logits());
		let (first, second) = (register(&classifier), register(&logits));
		test((&classifier, first), (&logits, second));
	});
}

fn input() -> Vec<i32> {
	(0..40).collect()
}

#[test]
fn accepts_a_label_of_a_private_input() {
	with_models(|(prover, model), _| {
		let inference = label(7);
		let proof = prove(prover, model, BOB, &inference);
		assert_ok!(submit(BOB, model, inference, proof));
		assert_eq!(Nonces::<Test>::get(model, BOB), 1);
		assert_eq!(Nonces::<Test>::get(model, ALICE), 0);
		let output = Output::Label(7);
		let event = Event::InferenceVerified { model, account: BOB, nonce: 0, output, input: None };
		System::assert_last_event(event.into());
	});
}

#[test]
fn accepts_logits_of_a_public_input() {
	with_models(|_, (prover, model)| {
		let inference = logits(&[-30_000, 0, 35_535], &input());
		let proof = prove(prover, model, BOB, &inference);
		assert_ok!(submit(BOB, model, inference.clone(), proof));
		let output = inference.output;
		let event = Event::InferenceVerified { model, account: BOB, nonce: 0, output, input: None };
		System::assert_last_event(event.into());
	});
}

#[test]
fn accepts_a_public_input_however_it_is_written() {
	with_models(|_, (prover, model)| {
		let inference = logits(&[0, 0, 0], &input());
		let proof = prove(prover, model, BOB, &inference);
		let input = ClaimedInput::Shown(Values::I32(BoundedVec::truncate_from(input())));
		assert_ok!(submit(BOB, model, Inference { input, ..inference.clone() }, proof));
		// Those who listen hear the same.
		assert_eq!(Heard::take()[0].1.input(), inference.input.values());
	});
}

#[test]
fn accepts_all_sizes() {
	ExtBuilder::production().build_and_execute(|| {
		for signals in [2, 3, 17, 18, 19, 64, MAX_SIGNALS] {
			let (interface, inference) = largest(signals);
			assert_eq!(interface.signals(), Ok(signals));
			let prover = Prover::new(0, interface);
			let model = register(&prover);
			let proof = prove(&prover, model, BOB, &inference);
			assert_noop!(
				submit(BOB, model, inference.clone(), with(off_curve(proof.proof), proof)),
				Error::<Test>::MalformedProof
			);
			assert_ok!(submit(BOB, model, inference, proof));
		}
	});
}

#[test]
fn accepts_one_after_another() {
	with_models(|(prover, model), _| {
		for nonce in 0..3 {
			let inference = label(nonce as u32);
			let proof = prove(prover, model, BOB, &inference);
			assert_ok!(submit(BOB, model, inference, proof));
			assert_eq!(Nonces::<Test>::get(model, BOB), nonce + 1);
		}
	});
}

#[test]
fn tells_the_hook() {
	with_models(|_, (prover, model)| {
		let inference = logits(&[1, 2, 3], &input());
		let context = context(model, BOB);
		assert_ok!(submit(BOB, model, inference.clone(), prover.prove(&inference, &context)));
		let heard = Heard::take();
		let [(who, verified)] = heard.as_slice() else { panic!("{heard:?}") };
		assert_eq!(*who, BOB);
		assert_eq!(verified.model(), model);
		assert_eq!(verified.context(), context);
		assert_eq!(verified.output(), &inference.output);
		assert_eq!(verified.logits(), Some([1, 2, 3].as_slice()));
		assert_eq!(verified.label(), None);
		assert_eq!(verified.input(), inference.input.values());
	});
}

#[test]
fn rejects_what_the_hook_vetoes() {
	with_models(|(prover, model), _| {
		let inference = label(7);
		let proof = prove(prover, model, BOB, &inference);
		let call = RuntimeCall::from(call(2, model, inference, proof));
		Veto::set(true);
		assert_noop!(call.clone().dispatch(signed(BOB)), DispatchError::Other("veto"));
		Veto::set(false);
		assert_ok!(call.dispatch(signed(BOB)));
	});
}

#[test]
fn rejects_unsigned_origins() {
	with_models(|(prover, model), _| {
		let proof = prove(prover, model, BOB, &label(7));
		for origin in [RawOrigin::None, RawOrigin::Root] {
			let call = RuntimeCall::from(call(2, model, label(7), proof));
			assert_noop!(call.dispatch(origin.into()), DispatchError::BadOrigin);
		}
	});
}

#[test]
fn rejects_unknown_models() {
	with_models(|(prover, model), _| {
		let proof = prove(prover, model, BOB, &label(7));
		let unknown = ModelId([9; 32]);
		assert_noop!(submit(BOB, unknown, label(7), proof), Error::<Test>::ModelNotFound);
	});
}

#[test]
fn rejects_all_while_verification_is_paused() {
	with_models(|(prover, model), _| {
		let proof = prove(prover, model, BOB, &label(7));
		for account in [ALICE, BOB] {
			assert_noop!(Zkml::set_paused(signed(account), true), DispatchError::BadOrigin);
		}
		assert_ok!(Zkml::set_paused(signed(ADMIN), true));
		System::assert_last_event(Event::PauseChanged { paused: true }.into());
		assert_noop!(submit(BOB, model, label(7), proof), Error::<Test>::VerificationPaused);
		assert_ok!(Zkml::set_paused(signed(ADMIN), false));
		assert_ok!(submit(BOB, model, label(7), proof));
	});
}

#[test]
fn rejects_retired_models() {
	with_models(|(prover, model), _| {
		let proof = prove(prover, model, BOB, &label(7));
		assert_ok!(Zkml::deregister_model(signed(ALICE), model));
		assert_noop!(submit(BOB, model, label(7), proof), Error::<Test>::ModelRetired);
	});
}

#[test]
fn rejects_too_few_declared_signals() {
	with_models(|_, (prover, model)| {
		let inference = logits(&[1, 2, 3], &input());
		let proof = prove(prover, model, BOB, &inference);
		for signals in [0, 3] {
			let call = RuntimeCall::from(call(signals, model, inference.clone(), proof));
			assert_noop!(call.dispatch(signed(BOB)), Error::<Test>::SignalsUnderdeclared);
		}
		assert_ok!(RuntimeCall::from(call(4, model, inference, proof)).dispatch(signed(BOB)));
	});
}

#[test]
fn refunds_signals_that_the_model_does_not_have() {
	with_models(|(prover, model), _| {
		let weigh = |signals| {
			<() as crate::WeightInfo>::submit_inference(signals).saturating_add(HOOK_WEIGHT)
		};
		let receipt = <() as crate::WeightInfo>::keep_receipt();
		let inference = label(7);
		let proof = prove(prover, model, BOB, &inference);
		let call = call(50, model, inference, proof);
		assert_eq!(call.get_dispatch_info().call_weight, weigh(50).saturating_add(receipt));
		let info = RuntimeCall::from(call).dispatch(signed(BOB)).unwrap();
		assert_eq!(info.actual_weight, Some(weigh(2)));
		assert_eq!(info.pays_fee, Pays::Yes);
		assert!(weigh(2).all_lte(weigh(50)) && weigh(2) != weigh(50));
		assert!(weigh(0).all_gt(Weight::zero()));
	});
}

#[test]
fn charges_for_a_failing_proof_in_full() {
	with_models(|(prover, model), _| {
		let proof = prove(prover, model, BOB, &label(7));
		let error = submit(BOB, model, label(8), proof).unwrap_err();
		assert_eq!(error.error, Error::<Test>::InvalidProof.into());
		assert_eq!(error.post_info.actual_weight, None);
		assert_eq!(error.post_info.pays_fee, Pays::Yes);
	});
}

#[test]
fn rejects_development_keys_once_they_are_no_longer_allowed() {
	ExtBuilder::default().build_and_execute(|| {
		let prover = classifier();
		let setup = Setup::Development;
		assert_ok!(register_with(ALICE, &prover, setup, Terms::default(), None));
		let model = id(&prover, ALICE);
		let proof = prove(&prover, model, BOB, &label(7));
		assert_ok!(submit(BOB, model, label(7), proof));
		crate::Rules::<Test>::mutate(|rules| rules.allow_development_keys = false);
		let proof = prove(&prover, model, BOB, &label(7));
		assert_noop!(submit(BOB, model, label(7), proof), Error::<Test>::DevelopmentKeyRefused);
	});
}

#[test]
fn rejects_outputs_of_another_shape() {
	with_models(|(classifier, model), (prover, wide)| {
		let proof = prove(classifier, model, BOB, &label(7));
		let other = Inference { input: ClaimedInput::Hidden, ..logits(&[1, 2, 3], &[]) };
		assert_noop!(submit(BOB, model, other, proof), Error::<Test>::OutputMismatch);
		let proof = prove(prover, wide, BOB, &logits(&[1, 2, 3], &input()));
		for values in [[1, 2].as_slice(), &[1, 2, 3, 0]] {
			let other = logits(values, &input());
			assert_noop!(submit(BOB, wide, other, proof), Error::<Test>::OutputMismatch);
		}
	});
}

#[test]
fn rejects_inputs_of_another_shape() {
	with_models(|(classifier, model), (prover, wide)| {
		let proof = prove(classifier, model, BOB, &label(7));
		let shown = Inference { input: shown(&[1]), ..label(7) };
		assert_noop!(submit(BOB, model, shown, proof), Error::<Test>::InputMismatch);
		let proof = prove(prover, wide, BOB, &logits(&[1, 2, 3], &input()));
		for input in [&input()[..39], &[0; 41]] {
			let other = logits(&[1, 2, 3], input);
			assert_noop!(submit(BOB, wide, other, proof), Error::<Test>::InputMismatch);
		}
		let hidden = Inference { input: ClaimedInput::Hidden, ..logits(&[1, 2, 3], &[]) };
		assert_noop!(submit(BOB, wide, hidden, proof), Error::<Test>::InputMismatch);
	});
}

#[test]
fn rejects_labels_out_of_range() {
	with_models(|(prover, model), _| {
		let proof = prove(prover, model, BOB, &label(7));
		for class in [10, 15, u32::MAX] {
			assert_noop!(submit(BOB, model, label(class), proof), Error::<Test>::LabelOutOfRange);
		}
	});
}

#[test]
fn rejects_values_out_of_range() {
	with_models(|_, (prover, model)| {
		let proof = prove(prover, model, BOB, &logits(&[1, 2, 3], &input()));
		for value in [-30_001, 35_536] {
			let other = logits(&[1, value, 3], &input());
			assert_noop!(submit(BOB, model, other, proof), Error::<Test>::ValueOutOfRange);
		}
		for value in [-1, 256] {
			let mut input = input();
			input[39] = value;
			let other = logits(&[1, 2, 3], &input);
			assert_noop!(submit(BOB, model, other, proof), Error::<Test>::ValueOutOfRange);
		}
	});
}

#[test]
fn rejects_proofs_that_are_not_points() {
	with_models(|(prover, model), _| {
		let proof = prove(prover, model, BOB, &label(7));
		for bad in [off_curve(proof.proof), Proof([0; 256]), Proof([0xff; 256])] {
			let bad = with(bad, proof);
			assert_noop!(submit(BOB, model, label(7), bad), Error::<Test>::MalformedProof);
		}
		assert_ok!(submit(BOB, model, label(7), proof));
	});
}

#[test]
fn rejects_another_output() {
	with_models(|(prover, model), _| {
		let proof = prove(prover, model, BOB, &label(7));
		assert_noop!(submit(BOB, model, label(8), proof), Error::<Test>::InvalidProof);
	});
}

#[test]
fn rejects_another_input() {
	with_models(|_, (prover, model)| {
		let proof = prove(prover, model, BOB, &logits(&[1, 2, 3], &input()));
		let mut other = input();
		other.swap(0, 39);
		let other = logits(&[1, 2, 3], &other);
		assert_noop!(submit(BOB, model, other, proof), Error::<Test>::InvalidProof);
	});
}

#[test]
fn rejects_another_account() {
	with_models(|(prover, model), _| {
		let proof = prove(prover, model, BOB, &label(7));
		assert_noop!(submit(ALICE, model, label(7), proof), Error::<Test>::InvalidProof);
		assert_ok!(submit(BOB, model, label(7), proof));
	});
}

#[test]
fn rejects_replayed_context() {
	with_models(|(prover, model), _| {
		let proof = prove(prover, model, BOB, &label(7));
		assert_ok!(submit(BOB, model, label(7), proof));
		assert_noop!(submit(BOB, model, label(7), proof), Error::<Test>::InvalidProof);
	});
}

#[test]
fn rejects_a_context_before_its_turn() {
	with_models(|(prover, model), _| {
		let next = context_for(&GENESIS.0, SUBMIT_INFERENCE, model, &BOB, &1u64.encode());
		let proof = prover.prove(&label(7), &next);
		assert_noop!(submit(BOB, model, label(7), proof), Error::<Test>::InvalidProof);
		assert_ok!(submit(BOB, model, label(7), prove(prover, model, BOB, &label(7))));
		assert_ok!(submit(BOB, model, label(7), proof));
	});
}

#[test]
fn rejects_more_than_there_are_nonces() {
	with_models(|(prover, model), _| {
		Nonces::<Test>::insert(model, BOB, u64::MAX);
		let proof = prove(prover, model, BOB, &label(7));
		assert_noop!(submit(BOB, model, label(7), proof), ArithmeticError::Overflow);
	});
}

#[test]
fn rejects_contexts_of_other_places() {
	with_models(|(prover, model), (_, other)| {
		let nonce = 0u64.encode();
		for context in [
			context_for(&[8; 32], SUBMIT_INFERENCE, model, &BOB, &nonce),
			context_for(&GENESIS.0, b"zkml/other", model, &BOB, &nonce),
			context_for(&GENESIS.0, SUBMIT_INFERENCE, other, &BOB, &nonce),
			context_for(&GENESIS.0, SUBMIT_INFERENCE, model, &ALICE, &nonce),
			Context([0; 32]),
		] {
			let proof = prover.prove(&label(7), &context);
			assert_noop!(submit(BOB, model, label(7), proof), Error::<Test>::InvalidProof);
		}
	});
}

#[test]
fn rejects_a_proof_of_the_same_model_under_another_owner() {
	with_models(|(prover, model), _| {
		assert_ok!(register_with(BOB, prover, CEREMONY, Terms::default(), None));
		let proof = prove(prover, model, BOB, &label(7));
		let copy = id(prover, BOB);
		assert_noop!(submit(BOB, copy, label(7), proof), Error::<Test>::InvalidProof);
	});
}

#[test]
fn rejects_a_proof_of_another_key() {
	with_models(|(prover, model), _| {
		let forger = Prover::new(1, prover.interface);
		let proof = prove(&forger, model, BOB, &label(7));
		assert_noop!(submit(BOB, model, label(7), proof), Error::<Test>::InvalidProof);
	});
}

#[test]
fn rejects_another_hint() {
	with_models(|(prover, model), (_, other)| {
		let proof = prove(prover, model, BOB, &label(7));
		let with_hint = |hint| HintedProof { hint: Hint(hint), ..proof };
		let refused = |hint| submit(BOB, model, label(7), with_hint(hint));
		// Nothing, an element of a subfield, and the hint of another statement.
		let next = prove(prover, model, ALICE, &label(7)).hint.0;
		let one = core::array::from_fn(|at| u8::from(at == 0));
		for hint in [[0; 192], one, next] {
			assert_noop!(refused(hint), Error::<Test>::InvalidProof);
		}
		assert_noop!(refused([0xff; 192]), Error::<Test>::MalformedProof);
		for at in (0..192).step_by(7) {
			let mut changed = proof.hint.0;
			changed[at] ^= 1;
			assert!(refused(changed).is_err());
		}
		// A hint does not help a proof of anything else.
		assert_noop!(submit(BOB, model, label(8), proof), Error::<Test>::InvalidProof);
		assert_noop!(submit(BOB, other, label(7), proof), Error::<Test>::OutputMismatch);
		assert_ok!(submit(BOB, model, label(7), proof));
	});
}

#[test]
fn a_batch_of_one_needs_no_hint() {
	with_models(|(prover, model), _| {
		let HintedProof { proof, .. } = prove(prover, model, BOB, &label(7));
		let one = Submission { model, anchor: None, inference: label(7), proof };
		let batch = BoundedVec::truncate_from(vec![one]);
		assert_ok!(Zkml::submit_batch(signed(BOB), 2, batch));
	});
}

#[test]
fn rejects_every_changed_byte_of_a_proof() {
	with_models(|(prover, model), _| {
		let proof = prove(prover, model, BOB, &label(7));
		for at in (0..256).step_by(5) {
			let mut changed = proof;
			changed.proof.0[at] ^= 1;
			assert_noop!(submit(BOB, model, label(7), changed), Error::<Test>::MalformedProof);
		}
	});
}

/// What no call can write is refused all the same.
mod of_a_corrupt_model {
	use super::*;

	fn corrupt(error: Error<Test>, change: impl FnOnce(&mut crate::ModelOf<Test>)) {
		ExtBuilder::production().build().execute_with(|| {
			let prover = classifier();
			let model = register(&prover);
			let proof = prove(&prover, model, BOB, &label(7));
			Models::<Test>::mutate(model, |entry| change(entry.as_mut().unwrap()));
			assert!(Zkml::do_try_state().is_err());
			assert_noop!(submit(BOB, model, label(7), proof), error);
		});
	}

	#[test]
	fn rejects_a_key_that_cannot_be_decoded() {
		corrupt(Error::MalformedKey, |model| model.key.gamma = [0xff; 128]);
		corrupt(Error::MalformedKey, |model| model.alpha_beta = [0xff; 384]);
	}

	#[test]
	fn rejects_a_key_for_another_number_of_signals() {
		corrupt(Error::SignalCountMismatch, |model| {
			model.key.ic.pop();
		});
	}

	#[test]
	fn rejects_an_interface_that_makes_no_sense() {
		ExtBuilder::production().build().execute_with(|| {
			let prover = public_logits();
			let model = register(&prover);
			let inference = logits(&[1, 2, 3], &input());
			let proof = prove(&prover, model, BOB, &inference);
			Models::<Test>::mutate(model, |entry| {
				let input = InputVisibility::Public(tensor(0, 40, 0));
				entry.as_mut().unwrap().interface.input = input;
			});
			assert!(Zkml::do_try_state().is_err());
			let refused = submit(BOB, model, inference, proof);
			assert_noop!(refused, Error::<Test>::UnsupportedInterface);
		});
	}

	#[test]
	fn rejects_another_pairing() {
		corrupt(Error::InvalidProof, |model| model.alpha_beta = [0; 384]);
	}
}
