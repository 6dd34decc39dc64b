//! Many inferences in one call.

use super::*;
use crate::{
	batch_weight,
	runtime_api::{Accepted, Refused},
	Call, SubmissionOf, WeightInfo,
};
use frame_support::{dispatch::GetDispatchInfo, traits::Get, weights::Weight};
use frame_system::RawOrigin;
use sp_runtime::{traits::Dispatchable, DispatchError};
use zkml_primitives::{context_for, submission_payload, SUBMIT_INFERENCE};

/// Two models and what Bob submits: three inferences of the first and one of the second.
struct Scene {
	classifier: Prover,
	logits: Prover,
	first: ModelId,
	second: ModelId,
}

impl Scene {
	fn new(terms: Terms) -> Self {
		let (classifier, logits) = (classifier(), public_logits());
		let first = register_on(&classifier, terms);
		let second = register_on(&logits, terms);
		Self { classifier, logits, first, second }
	}

	/// Bob's inference of the first model, `ahead` of his nonce.
	fn label(&self, ahead: u64, class: u32) -> SubmissionOf<Test> {
		submission(&self.classifier, self.first, ahead, label(class))
	}

	/// Bob's inference of the second model.
	fn logits(&self, ahead: u64) -> SubmissionOf<Test> {
		submission(&self.logits, self.second, ahead, logits(&[1, 2, 3], &[9; 40]))
	}

	fn batch(&self) -> Vec<SubmissionOf<Test>> {
		vec![self.label(0, 1), self.logits(0), self.label(1, 2), self.label(2, 3)]
	}
}

fn submission(
	prover: &Prover,
	model: ModelId,
	ahead: u64,
	inference: Inference,
) -> SubmissionOf<Test> {
	let payload = submission_payload(Zkml::nonce(model, BOB) + ahead, None);
	let context = context_for(&GENESIS.0, SUBMIT_INFERENCE, model, &BOB, &payload);
	let proof = prover.prove(&inference, &context).proof;
	Submission { model, anchor: None, inference, proof }
}

fn call(signals: u32, submissions: Vec<SubmissionOf<Test>>) -> RuntimeCall {
	let submissions = BoundedVec::try_from(submissions).unwrap();
	Call::submit_batch { signals, submissions }.into()
}

fn submit(signals: u32, submissions: Vec<SubmissionOf<Test>>) -> DispatchResultWithPostInfo {
	call(signals, submissions).dispatch(signed(BOB))
}

fn with_scene(test: impl FnOnce(Scene)) {
	ExtBuilder::production().build_and_execute(|| test(Scene::new(Terms::default())));
}

/// The signals of the batch: three times two, and four.
const SIGNALS: u32 = 10;

#[test]
fn accepts_different_models_and_several_inferences_of_one() {
	with_scene(|scene| {
		System::reset_events();
		assert_ok!(submit(SIGNALS, scene.batch()));
		assert_eq!(Zkml::nonce(scene.first, BOB), 3);
		assert_eq!(Zkml::nonce(scene.second, BOB), 1);
		let heard: Vec<_> = Heard::take().into_iter().map(|(_, one)| one.model()).collect();
		assert_eq!(heard, [scene.first, scene.second, scene.first, scene.first]);
		let verified = |model, nonce, output| {
			Event::InferenceVerified { model, account: BOB, nonce, output, input: None }.into()
		};
		let events: Vec<_> = System::events().into_iter().map(|record| record.event).collect();
		assert_eq!(
			events,
			[
				verified(scene.first, 0, Output::Label(1)),
				verified(scene.second, 0, logits(&[1, 2, 3], &[]).output),
				verified(scene.first, 1, Output::Label(2)),
				verified(scene.first, 2, Output::Label(3)),
			]
		);
	});
}

#[test]
fn accepts_one_and_the_most() {
	with_scene(|scene| {
		assert_ok!(submit(2, vec![scene.label(0, 1)]));
		let most: u32 = <Test as crate::Config>::MaxBatch::get();
		let batch = (0..most.into()).map(|ahead| scene.label(ahead, 4)).collect();
		assert_ok!(submit(2 * most, batch));
		assert_eq!(Zkml::nonce(scene.first, BOB), u64::from(most) + 1);
	});
}

#[test]
fn keeps_the_last_receipt_of_each_model() {
	ExtBuilder::production().build_and_execute(|| {
		let terms = Terms { max_age: None, receipt_lifetime: Some(5) };
		let scene = Scene::new(terms);
		assert_ok!(submit(SIGNALS, scene.batch()));
		let receipt = Zkml::receipt(scene.first, BOB).unwrap();
		assert_eq!((receipt.output, receipt.nonce), (Output::Label(3), 2));
		assert!(Zkml::receipt(scene.second, BOB).is_some());
	});
}

/// What a signal beyond the two of every model costs.
fn signal() -> Weight {
	<() as WeightInfo>::submit_inference(3).saturating_sub(<() as WeightInfo>::submit_inference(2))
}

#[test]
fn weighs_less_when_models_come_again() {
	with_scene(|scene| {
		let call = call(SIGNALS, scene.batch());
		let more = HOOK_WEIGHT.saturating_mul(4).saturating_add(signal().saturating_mul(2));
		let receipts = <() as WeightInfo>::keep_receipt().saturating_mul(4);
		let declared = batch_weight::<()>(0, 4).saturating_add(more).saturating_add(receipts);
		assert_eq!(call.get_dispatch_info().call_weight, declared);
		let info = call.dispatch(signed(BOB)).unwrap();
		let actual = batch_weight::<()>(2, 2).saturating_add(more);
		assert_eq!(info.actual_weight, Some(actual));
		assert!(actual.all_lte(declared));
	});
}

#[test]
fn the_declared_weight_covers_every_mixture() {
	for count in 1..=32 {
		for extra in [0, 1, 100, 126, 126 * count] {
			let declared = Zkml::batch_weight(count, count * 2 + extra);
			let signals = signal().saturating_mul(extra.into());
			for models in 1..=count {
				let actual = batch_weight::<()>(count - models, models).saturating_add(signals);
				assert!(actual.all_lte(declared), "{count} inferences of {models} models");
			}
		}
	}
	assert!(Zkml::batch_weight(0, 0).all_gt(Weight::zero()));
	assert!(Zkml::batch_weight(u32::MAX, u32::MAX).ref_time() > 1 << 40);
}

#[test]
fn rejects_a_batch_of_none() {
	with_scene(|_| {
		assert_noop!(submit(2, vec![]), Error::<Test>::EmptyBatch);
	});
}

#[test]
fn rejects_unsigned_origins() {
	with_scene(|scene| {
		for origin in [RawOrigin::None, RawOrigin::Root] {
			let call = call(SIGNALS, scene.batch());
			assert_noop!(call.dispatch(origin.into()), DispatchError::BadOrigin);
		}
	});
}

#[test]
fn rejects_too_few_declared_signals() {
	with_scene(|scene| {
		for signals in [0, 4, SIGNALS - 1] {
			assert_noop!(submit(signals, scene.batch()), Error::<Test>::SignalsUnderdeclared);
		}
	});
}

#[test]
fn rejects_whole_what_has_one_wrong_proof() {
	with_scene(|scene| {
		for position in 0..4 {
			let mut batch = scene.batch();
			batch[position].inference = match batch[position].inference.output {
				Output::Label(_) => label(9),
				_ => logits(&[3, 2, 1], &[9; 40]),
			};
			assert_noop!(submit(SIGNALS, batch.clone()), Error::<Test>::BatchInvalid);
			let refused = Zkml::dry_run(BOB, SIGNALS, batch).unwrap_err();
			assert_eq!(refused.error, Error::<Test>::BatchInvalid.into());
			let culprit = (position as u32, Error::<Test>::InvalidProof.into());
			assert_eq!(refused.culprits, [culprit]);
		}
	});
}

#[test]
fn rejects_exchanged_proofs() {
	with_scene(|scene| {
		let mut batch = scene.batch();
		(batch[0].proof, batch[2].proof) = (batch[2].proof, batch[0].proof);
		assert_noop!(submit(SIGNALS, batch.clone()), Error::<Test>::BatchInvalid);
		let culprits = Zkml::dry_run(BOB, SIGNALS, batch).unwrap_err().culprits;
		let positions: Vec<_> = culprits.iter().map(|(position, _)| *position).collect();
		assert_eq!(positions, [0, 2]);
	});
}

#[test]
fn rejects_one_inference_twice_and_nonces_out_of_order() {
	with_scene(|scene| {
		let twice = vec![scene.label(0, 1), scene.label(0, 1)];
		assert_noop!(submit(4, twice), Error::<Test>::BatchInvalid);
		let order = vec![scene.label(1, 1), scene.label(0, 1)];
		assert_noop!(submit(4, order), Error::<Test>::BatchInvalid);
		let gap = vec![scene.label(0, 1), scene.label(2, 1)];
		assert_noop!(submit(4, gap), Error::<Test>::BatchInvalid);
		let replayed = scene.label(0, 1);
		assert_ok!(submit(2, vec![replayed.clone()]));
		assert_noop!(submit(2, vec![replayed]), Error::<Test>::BatchInvalid);
	});
}

#[test]
fn rejects_anothers_inferences() {
	with_scene(|scene| {
		let call = call(SIGNALS, scene.batch());
		assert_noop!(call.clone().dispatch(signed(ALICE)), Error::<Test>::BatchInvalid);
		assert_ok!(call.dispatch(signed(BOB)));
	});
}

#[test]
fn says_of_a_malformed_one_what_it_would_say_of_it_alone() {
	with_scene(|scene| {
		let mut batch = scene.batch();
		batch[2].proof = off_curve(batch[2].proof);
		assert_noop!(submit(SIGNALS, batch), Error::<Test>::MalformedProof);
		let mut batch = scene.batch();
		batch[1].inference = label(1);
		assert_noop!(submit(SIGNALS, batch), Error::<Test>::OutputMismatch);
		let mut batch = scene.batch();
		batch[3].model = ModelId([9; 32]);
		assert_noop!(submit(SIGNALS, batch), Error::<Test>::ModelNotFound);
		assert_ok!(Zkml::suspend_model(signed(ALICE), scene.second));
		assert_noop!(submit(SIGNALS, scene.batch()), Error::<Test>::ModelSuspended);
	});
}

#[test]
fn rejects_whole_what_the_hook_vetoes() {
	with_scene(|scene| {
		Veto::set(true);
		assert_noop!(submit(SIGNALS, scene.batch()), DispatchError::Other("veto"));
		Veto::set(false);
		assert_ok!(submit(SIGNALS, scene.batch()));
	});
}

#[test]
fn of_two_copies_of_a_model_each_has_its_own_nonces() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = classifier();
		let own = register(&prover);
		assert_ok!(register_with(BOB, &prover, CEREMONY, Terms::default(), None));
		let copy = id(&prover, BOB);
		let one = |model| submission(&prover, model, 0, label(1));
		assert_ok!(submit(4, vec![one(own), one(copy)]));
		let crossed =
			vec![Submission { model: copy, ..one(own) }, Submission { model: own, ..one(copy) }];
		assert_noop!(submit(4, crossed), Error::<Test>::BatchInvalid);
	});
}

mod dry_run {
	use super::*;

	/// Compares a dry run with the call, for an inference and for a batch.
	fn agrees(signals: u32, submissions: Vec<SubmissionOf<Test>>) {
		let dry = frame_support::storage::with_transaction(|| {
			let result = Zkml::dry_run(BOB, signals, submissions.clone());
			sp_runtime::TransactionOutcome::Rollback(Ok::<_, DispatchError>(result))
		});
		let dry = dry.unwrap();
		let result = match <[_; 1]>::try_from(submissions) {
			// As the call does that has no hint.
			Ok([submission]) => frame_support::storage::with_storage_layer(|| {
				Zkml::do_submit(BOB, signals, submission, None)
			}),
			Err(submissions) => submit(signals, submissions),
		};
		match (dry, result) {
			(Ok(Accepted { weight }), Ok(info)) => assert_eq!(info.actual_weight, Some(weight)),
			(Err(Refused { error, .. }), Err(failed)) => assert_eq!(error, failed.error),
			(dry, result) => panic!("{dry:?} but {result:?}"),
		}
	}

	#[test]
	fn says_what_the_call_says() {
		with_scene(|scene| {
			let (good, wide) = (scene.label(0, 1), scene.logits(0));
			let wrong = Submission { inference: label(2), ..good.clone() };
			let malformed = Submission { proof: off_curve(good.proof), ..good.clone() };
			let unknown = Submission { model: ModelId([9; 32]), ..good.clone() };
			for bad in [&wrong, &malformed, &unknown] {
				agrees(4, vec![bad.clone()]);
				agrees(8, vec![wide.clone(), bad.clone()]);
			}
			agrees(1, vec![good.clone()]);
			agrees(5, vec![good.clone(), wide.clone()]);
			agrees(2, vec![]);
			Veto::set(true);
			agrees(2, vec![good.clone()]);
			agrees(6, vec![good.clone(), wide.clone()]);
			Veto::set(false);
			agrees(6, vec![good, wide]);
			agrees(7, vec![scene.label(0, 1)]);
		});
	}

	#[test]
	fn names_all_culprits() {
		with_scene(|scene| {
			let mut batch = scene.batch();
			batch[0].inference = label(9);
			batch[1].proof = off_curve(batch[1].proof);
			let refused = Zkml::dry_run(BOB, SIGNALS, batch).unwrap_err();
			assert_eq!(refused.error, Error::<Test>::MalformedProof.into());
			let invalid = Error::<Test>::InvalidProof.into();
			let malformed = Error::<Test>::MalformedProof.into();
			assert_eq!(refused.culprits, [(0, invalid), (1, malformed)]);
		});
	}

	#[test]
	fn refuses_more_than_a_batch_holds() {
		with_scene(|scene| {
			let most: u32 = <Test as crate::Config>::MaxBatch::get();
			let batch = vec![scene.label(0, 1); most as usize + 1];
			let refused = Zkml::dry_run(BOB, u32::MAX, batch).unwrap_err();
			assert_eq!(refused, Refused { error: DispatchError::Exhausted, culprits: vec![] });
		});
	}
}
