use super::*;
use crate::Event;
use frame_support::{assert_noop, traits::fungible::Inspect};
use pallet_reputation::AreaId;
use pallet_zkml::VerifyError;
use sp_runtime::TokenError;

fn refused(error: VerifyError) -> Error<Test> {
	Error::<Test>::Refused(error)
}

#[test]
fn a_proven_answer_carries_what_was_delegated() {
	run(|| {
		let model = Model::public(1, 2, ARGMAX);
		let id = delegate(&model, terms());
		follow(CAROL, id, 1_000);
		let poll = propose(700);
		pass(3);
		assert_eq!(Governance::features(id, poll).unwrap(), [7, 3]);
		assert_ok!(Governance::snapshot_poll(signed(DAVE), id, poll));
		let at = System::block_number();
		System::assert_last_event(Event::PollSnapshotted { delegate: id, poll, at }.into());
		pass(2);
		assert_eq!(tally(poll), (0, 0));
		let before = Balances::free_balance(CAROL);
		assert_ok!(cast(CAROL, &model, id, poll, 1));
		let reward = 1_000;
		System::assert_last_event(
			Event::VoteCast { delegate: id, poll, at, aye: true, who: CAROL, reward }.into(),
		);
		assert_eq!(tally(poll), (1_000, 0));
		assert_eq!(Balances::free_balance(CAROL), before + reward);
		// Who follows later is counted, too, and who leaves is not.
		follow(DAVE, id, 500);
		assert_eq!(tally(poll), (1_500, 0));
		assert_ok!(Voting::undelegate(signed(CAROL), 3));
		assert_eq!(tally(poll), (500, 0));
		// Of each snapshot one answer.
		assert_noop!(cast(DAVE, &model, id, poll, 0), Error::<Test>::AlreadyAnswered);
		// A later one may change the vote.
		pass(2);
		assert_ok!(Governance::snapshot_poll(signed(BOB), id, poll));
		assert_ok!(cast(DAVE, &model, id, poll, 0));
		assert_eq!(tally(poll), (0, 500));
		pass(4);
		let more = Governance::snapshot_poll(signed(BOB), id, poll);
		assert_noop!(more, Error::<Test>::NoMoreSnapshots);
	});
}

#[test]
fn a_copied_proof_earns_nothing() {
	run(|| {
		let model = Model::public(1, 2, ARGMAX);
		let id = delegate(&model, terms());
		let poll = propose(700);
		assert_ok!(Governance::snapshot_poll(signed(DAVE), id, poll));
		let subject = Subject::Poll { delegate: id, poll };
		let context = Governance::context(subject.clone(), CAROL).unwrap();
		let (inference, proof) = model.prove(context, &[7, 0], Output::Label(1));
		let send = |who, delegate, poll, at, signals| {
			let (inference, proof) = (inference.clone(), proof.clone());
			Governance::cast_vote(signed(who), delegate, poll, at, signals, inference, proof)
		};
		let invalid = refused(VerifyError::InvalidProof);
		assert_noop!(send(DAVE, id, poll, 1, 3), invalid);
		assert_noop!(send(CAROL, id, poll, 0, 3), Error::<Test>::SnapshotNotFound);
		assert_noop!(send(CAROL, id, poll, 2, 3), Error::<Test>::SnapshotNotFound);
		assert_noop!(send(CAROL, id + 1, poll, 1, 3), Error::<Test>::DelegateNotFound);
		assert_noop!(send(CAROL, id, poll + 1, 1, 3), Error::<Test>::SnapshotNotFound);
		assert_noop!(send(CAROL, id, poll, 1, 2), refused(VerifyError::SignalsUnderdeclared));
		// Another delegate of the same model, and another poll with the same values.
		let other = delegate(&model, terms());
		assert_ok!(Governance::snapshot_poll(signed(DAVE), other, poll));
		assert_noop!(send(CAROL, other, poll, 1, 3), refused(VerifyError::InvalidProof));
		let second = propose(700);
		assert_ok!(Governance::snapshot_poll(signed(DAVE), id, second));
		assert_noop!(send(CAROL, id, second, 1, 3), refused(VerifyError::InvalidProof));
		// A stale snapshot.
		pass(4);
		assert_ok!(Governance::snapshot_poll(signed(DAVE), id, poll));
		assert_noop!(send(CAROL, id, poll, 1, 3), Error::<Test>::SnapshotNotFound);
		let at = System::block_number();
		assert_noop!(send(CAROL, id, poll, at, 3), refused(VerifyError::InvalidProof));
		let context = Governance::context(subject, CAROL).unwrap();
		let (inference, proof) = model.prove(context, &[7, 4], Output::Label(1));
		let (declared, done) = (
			Governance::cast_vote_weight(9),
			Governance::cast_vote(signed(CAROL), id, poll, at, 9, inference, proof).unwrap(),
		);
		let unused = <Zkml as InferenceVerifier<u64>>::weight(9)
			- <Zkml as InferenceVerifier<u64>>::weight(3);
		assert_eq!(done.actual_weight, Some(declared - unused));
	});
}

#[test]
fn a_proof_about_something_else_is_refused() {
	run(|| {
		let model = Model::public(1, 2, ARGMAX);
		let id = delegate(&model, terms());
		let poll = propose(700);
		assert_ok!(Governance::snapshot_poll(signed(DAVE), id, poll));
		// The proof holds, of an input that would have suited somebody.
		assert_noop!(cast_of(CAROL, &model, id, poll, &[1, 0], 1), Error::<Test>::OtherInput);
		// A proof of another model.
		let other = Model::public(2, 2, ARGMAX);
		let cast = cast_of(CAROL, &other, id, poll, &[7, 0], 1);
		assert_noop!(cast, refused(VerifyError::InvalidProof));
		// Suspended by whoever may.
		assert_ok!(Zkml::suspend_model(RuntimeOrigin::root(), model.id));
		let cast = cast_of(CAROL, &model, id, poll, &[7, 0], 1);
		assert_noop!(cast, refused(VerifyError::ModelSuspended));
		assert_ok!(Zkml::resume_model(RuntimeOrigin::root(), model.id));
		assert_ok!(cast_of(CAROL, &model, id, poll, &[7, 0], 1));
	});
}

#[test]
fn a_delegate_with_nothing_votes_all_the_same() {
	run(|| {
		let model = Model::public(1, 2, ARGMAX);
		let id = DelegateCount::<Test>::get();
		assert_ok!(Governance::register_delegate(signed(BOB), model.id, terms()));
		follow(CAROL, id, 1_000);
		let poll = propose(1);
		assert_ok!(Governance::snapshot_poll(signed(DAVE), id, poll));
		let before = Balances::free_balance(BOB);
		assert_ok!(cast(BOB, &model, id, poll, 1));
		let event = Event::VoteCast { delegate: id, poll, at: 1, aye: true, who: BOB, reward: 0 };
		System::assert_last_event(event.into());
		assert_eq!((tally(poll), Balances::free_balance(BOB)), ((1_000, 0), before));
	});
}

#[test]
fn votes_on_ended_polls_go() {
	run(|| {
		let model = Model::public(1, 2, ARGMAX);
		let id = delegate(&model, terms());
		follow(CAROL, id, 1_000);
		let vote = |poll| {
			assert_ok!(Governance::snapshot_poll(signed(DAVE), id, poll));
			cast(BOB, &model, id, poll, 1)
		};
		let polls: Vec<_> = (0..MAX_VOTES).map(|_| propose(1)).collect();
		for poll in &polls {
			assert_ok!(vote(*poll));
		}
		let one_more = propose(1);
		assert_ok!(Governance::snapshot_poll(signed(DAVE), id, one_more));
		let full = pallet_conviction_voting::Error::<Test>::MaxVotesReached;
		assert_noop!(cast(BOB, &model, id, one_more, 1), full);
		// With the first at an end there is room, and the second makes more.
		assert_ok!(Referenda::kill(RuntimeOrigin::root(), polls[0]));
		assert_ok!(Referenda::kill(RuntimeOrigin::root(), polls[1]));
		assert_ok!(cast(BOB, &model, id, one_more, 1));
		let account = Governance::delegate_account(id);
		let votes = <Test as Config>::Voting::oldest(&account, &3, 9);
		assert_eq!(votes, [polls[2], one_more]);
	});
}

#[test]
fn what_has_ended_is_settled() {
	run(|| {
		let model = Model::public(1, 2, ARGMAX);
		let terms = || DelegateTerms {
			inputs: inputs(&[(Feature::ProposerApproved, 1), (Feature::ProposerRejected, 1)]),
			..terms()
		};
		let (first, second) = (delegate(&model, terms()), delegate(&model, terms()));
		follow(CAROL, first, 5_000_000);
		let (good, bad) = (propose(1), propose(2));
		for (poll, label) in [(good, 1), (bad, 0)] {
			assert_ok!(Referenda::place_decision_deposit(signed(ALICE), poll));
			assert_ok!(Governance::snapshot_poll(signed(DAVE), first, poll));
			assert_ok!(cast(BOB, &model, first, poll, label));
		}
		assert_ok!(Governance::snapshot_poll(signed(ISSUER), second, good));
		let settle = |delegate, poll| Governance::settle_poll(signed(ISSUER), delegate, poll);
		assert_noop!(settle(first, good), Error::<Test>::PollOngoing);
		assert_noop!(settle(second, bad), Error::<Test>::SnapshotNotFound);
		let remove = |who, id| Governance::remove_delegate(signed(who), id);
		assert_noop!(remove(CAROL, first), Error::<Test>::NotRegistrant);
		assert_noop!(remove(BOB, 9), Error::<Test>::DelegateNotFound);
		pass(DECISION_PERIOD + 3);
		assert!(Governance::ongoing(good).is_none() && Governance::ongoing(bad).is_none());
		let late = Governance::snapshot_poll(signed(DAVE), second, bad);
		assert_noop!(late, Error::<Test>::PollNotOngoing);
		let other = cast(BOB, &model, second, good, 1);
		assert_noop!(other, Error::<Test>::PollNotOngoing);
		// The approved proposal was carried out: the model's vote has moved money.
		assert_eq!(Balances::total_balance(&DAVE), ENDOWMENT - 1);
		assert_ok!(settle(first, good));
		assert_eq!(Governance::history(ALICE), None);
		assert_ok!(settle(second, good));
		System::assert_last_event(Event::PollSettled { delegate: second, poll: good }.into());
		assert_ok!(settle(first, bad));
		let history = Governance::history(ALICE).unwrap();
		assert_eq!((history.approved, history.rejected, history.depositor), (1, 1, ISSUER));
		assert_noop!(settle(first, bad), Error::<Test>::SnapshotNotFound);
		let account = Governance::delegate_account(first);
		assert!(<Test as Config>::Voting::oldest(&account, &3, 9).is_empty());
		// What it learns of the next.
		let next = propose(3);
		assert_eq!(Governance::features(first, next).unwrap(), [1, 1]);
		assert_ok!(remove(BOB, second));
		System::assert_last_event(Event::DelegateRemoved { delegate: second }.into());
		assert_noop!(remove(BOB, second), Error::<Test>::DelegateNotFound);
		let forget = |who, proposer| Governance::forget_history(signed(who), proposer);
		assert_noop!(forget(ISSUER, ALICE), Error::<Test>::HistoryKept);
		assert_noop!(forget(ISSUER, BOB), Error::<Test>::NothingToForget);
		System::set_block_number(System::block_number() + HISTORY_AGE + 1);
		assert_noop!(forget(ALICE, ALICE), Error::<Test>::HistoryKept);
		assert_ok!(forget(ISSUER, ALICE));
		System::assert_last_event(Event::HistoryForgotten { proposer: ALICE }.into());
		assert_eq!(Governance::features(first, next).unwrap(), [0, 0]);
	});
}

#[test]
fn nobody_keeps_a_delegate_from_being_removed() {
	run(|| {
		let model = Model::public(1, 2, ARGMAX);
		let id = delegate(&model, terms());
		follow(CAROL, id, 1_000);
		let (poll, later) = (propose(1), propose(2));
		assert_ok!(Governance::snapshot_poll(signed(DAVE), id, poll));
		assert_ok!(Governance::remove_delegate(signed(BOB), id));
		System::assert_last_event(Event::DelegateClosed { delegate: id }.into());
		assert!(Governance::delegate(id).unwrap().closed);
		check();
		let again = Governance::remove_delegate(signed(BOB), id);
		assert_noop!(again, Error::<Test>::DelegateClosed);
		let other = Governance::snapshot_poll(signed(DAVE), id, later);
		assert_noop!(other, Error::<Test>::DelegateClosed);
		// It still answers for what it has a snapshot of, and for a newer one of the same poll.
		assert_ok!(cast(BOB, &model, id, poll, 1));
		pass(4);
		assert_ok!(Governance::snapshot_poll(signed(DAVE), id, poll));
		assert_ok!(cast(BOB, &model, id, poll, 0));
		assert_eq!(tally(poll), (0, 1_000));
		assert_ok!(Referenda::kill(RuntimeOrigin::root(), poll));
		assert_ok!(Governance::settle_poll(signed(CAROL), id, poll));
		let removed = Event::DelegateRemoved { delegate: id }.into();
		assert!(System::events().iter().any(|record| record.event == removed));
		assert_eq!(Governance::delegate(id), None);
		check();
		let gone = Governance::snapshot_poll(signed(DAVE), id, later);
		assert_noop!(gone, Error::<Test>::DelegateNotFound);
	});
}

#[test]
fn a_model_is_told_what_the_chain_knows() {
	run(|| {
		let list = [
			(Feature::Track, 1),
			(Feature::Asked, 100),
			(Feature::Length, 1),
			(Feature::DecisionDeposit, 1),
			(Feature::Deciding, 1),
			(Feature::ProposerBalance, 1_000),
			(Feature::ProposerReputation(AreaId(4)), 2),
			(Feature::Metric(0), 1),
		];
		let model = Model::public(1, 8, ARGMAX);
		let id = delegate(&model, DelegateTerms { inputs: inputs(&list), ..terms() });
		let poll = propose(12_345);
		let length = Governance::ongoing(poll).unwrap().proposal.len().unwrap() as i32;
		let known = || Governance::features(id, poll).unwrap();
		assert_eq!(known(), [0, 123, length, 0, 0, 10_000, 7, 1]);
		assert_ok!(Referenda::place_decision_deposit(signed(BOB), poll));
		pass(5);
		let deciding = Governance::ongoing(poll).unwrap().deciding.unwrap().since as i32;
		assert_eq!(known(), [0, 123, length, 10, 6 - deciding, 10_000, 7, 6]);
		// A value of more than the input holds is its largest.
		let high = propose(u64::MAX);
		assert_eq!(Governance::features(id, high).unwrap()[1], 65_535);

		let list = [
			(Feature::Approval, 10_000_000),
			(Feature::Support, 1_000_000),
			(Feature::Ayes, 1),
			(Feature::Reported { by: ISSUER, key: 7 }, 2),
		];
		let model = Model::public(2, 4, ARGMAX);
		let id = delegate(&model, DelegateTerms { inputs: inputs(&list), ..terms() });
		let snapshot = || Governance::snapshot_poll(signed(DAVE), id, poll);
		assert_noop!(snapshot(), Error::<Test>::FeatureUnknown);
		let report = |who, poll, value| Governance::report(signed(who), poll, 7, value);
		// Not of another account, nor of another poll or of the chain.
		assert_ok!(report(BOB, Some(poll), Some(1)));
		assert_ok!(report(ISSUER, Some(high), Some(2)));
		assert_ok!(report(ISSUER, None, Some(3)));
		assert_noop!(snapshot(), Error::<Test>::FeatureUnknown);
		assert_ok!(report(ISSUER, Some(poll), Some(50)));
		assert_ok!(report(ISSUER, Some(poll), Some(60)));
		let value = Some(60);
		let event = Event::Reported { by: ISSUER, poll: Some(poll), key: 7, value };
		System::assert_last_event(event.into());
		assert_ok!(snapshot());
		let frozen = || Governance::snapshot(Subject::Poll { delegate: id, poll }).unwrap().values;
		assert_eq!(frozen().to_vec(), [0, 0, 0, 30]);
		assert_ok!(report(ISSUER, Some(poll), None));
		assert_noop!(report(ISSUER, Some(poll), None), Error::<Test>::NothingToForget);
		assert_eq!(frozen().to_vec(), [0, 0, 0, 30]);
		assert_noop!(
			report(POOR, None, Some(1)),
			sp_runtime::DispatchError::Token(TokenError::FundsUnavailable)
		);
	});
}

#[test]
fn a_proposal_that_cannot_be_looked_into_is_not_told_of() {
	run(|| {
		let model = Model::public(1, 2, ARGMAX);
		let id = delegate(&model, terms());
		let remark = vec![0; 1_100];
		let long = submit(RuntimeCall::System(frame_system::Call::remark { remark }));
		let snapshot = Governance::snapshot_poll(signed(DAVE), id, long);
		assert_noop!(snapshot, Error::<Test>::FeatureUnknown);
		// The runtime does not know what this would spend.
		let opaque = submit(RuntimeCall::Balances(pallet_balances::Call::burn {
			value: 1,
			keep_alive: true,
		}));
		let snapshot = Governance::snapshot_poll(signed(DAVE), id, opaque);
		assert_noop!(snapshot, Error::<Test>::FeatureUnknown);
		// Nothing is known of the call behind a hash.
		let hash = sp_runtime::testing::H256([3; 32]);
		let index = pallet_referenda::ReferendumCount::<Test>::get();
		assert_ok!(Referenda::submit(
			signed(ALICE),
			Box::new(frame_system::RawOrigin::Root.into()),
			frame_support::traits::Bounded::Lookup { hash, len: 10 },
			frame_support::traits::schedule::DispatchTime::After(0),
		));
		let snapshot = Governance::snapshot_poll(signed(DAVE), id, index);
		assert_noop!(snapshot, Error::<Test>::FeatureUnknown);
		let unknown = Governance::snapshot_poll(signed(DAVE), id, index + 1);
		assert_noop!(unknown, Error::<Test>::PollNotOngoing);
		let nobody = Governance::snapshot_poll(signed(DAVE), 9, index);
		assert_noop!(nobody, Error::<Test>::DelegateNotFound);
	});
}

#[test]
fn calls_within_calls_are_looked_into_to_a_depth_only() {
	run(|| {
		let model = Model::public(1, 2, ARGMAX);
		let id = delegate(&model, terms());
		let nested = |depth| {
			let remark = RuntimeCall::System(frame_system::Call::remark { remark: Vec::new() });
			(0..depth).fold(remark, |call, _| {
				let (when, maybe_periodic, priority, call) = (9, None, 0, Box::new(call));
				let schedule =
					pallet_scheduler::Call::schedule { when, maybe_periodic, priority, call };
				RuntimeCall::Scheduler(schedule)
			})
		};
		let shallow = submit(nested(3));
		assert_ok!(Governance::snapshot_poll(signed(DAVE), id, shallow));
		// So deep that a chain's stack might not hold it.
		let deep = submit(nested(70));
		let snapshot = Governance::snapshot_poll(signed(DAVE), id, deep);
		assert_noop!(snapshot, Error::<Test>::FeatureUnknown);
		assert_eq!(Governance::features(id, deep), None);
	});
}

#[test]
fn snapshots_follow_their_limits() {
	run(|| {
		let model = Model::public(1, 2, ARGMAX);
		let id = delegate(&model, DelegateTerms { snapshots: 3, ..terms() });
		let poll = propose(1);
		let take = |who| Governance::snapshot_poll(signed(who), id, poll);
		assert_ok!(take(DAVE));
		for _ in 0..3 {
			assert_noop!(take(CAROL), Error::<Test>::TooSoon);
			pass(1);
		}
		pass(1);
		assert_noop!(take(POOR), sp_runtime::DispatchError::Token(TokenError::FundsUnavailable));
		assert_ok!(take(CAROL));
		check();
		pass(4);
		assert_ok!(take(CAROL));
		pass(4);
		assert_noop!(take(CAROL), Error::<Test>::NoMoreSnapshots);
		// Without an interval there is still one a block.
		let id = delegate(&model, DelegateTerms { interval: 0, ..terms() });
		assert_ok!(Governance::snapshot_poll(signed(DAVE), id, poll));
		let again = Governance::snapshot_poll(signed(DAVE), id, poll);
		assert_noop!(again, Error::<Test>::TooSoon);
		pass(1);
		assert_ok!(Governance::snapshot_poll(signed(DAVE), id, poll));
	});
}

#[test]
fn a_model_that_does_not_fit_is_no_delegate() {
	run(|| {
		let register =
			|model: &Model, terms| Governance::register_delegate(signed(BOB), model.id, terms);
		let unfit = Error::<Test>::UnfitModel;
		let model = Model::public(1, 2, ARGMAX);
		let three = Model::public(2, 3, ARGMAX);
		assert_noop!(register(&three, terms()), unfit);
		let interface = Interface { input: InputVisibility::Private, ..model.prover.interface };
		let private = Model::new(3, interface);
		assert_noop!(register(&private, terms()), Error::<Test>::UnfitModel);
		let unknown = Governance::register_delegate(signed(BOB), ModelId([1; 32]), terms());
		assert_noop!(unknown, Error::<Test>::UnfitModel);
		let with =
			|list: &[(Feature<u64>, u128)]| DelegateTerms { inputs: inputs(list), ..terms() };
		let (asked, age) = (Feature::Asked, Feature::Age);
		for bad in [
			with(&[(asked.clone(), 0), (age.clone(), 1)]),
			with(&[(asked.clone(), 1), (Feature::Current, 1)]),
			DelegateTerms { snapshots: 0, ..terms() },
			DelegateTerms { decision: Decision::Label(2), ..terms() },
			DelegateTerms { decision: Decision::Passed, ..terms() },
			DelegateTerms { decision: Decision::AtLeast { index: 0, least: 0 }, ..terms() },
		] {
			assert_noop!(register(&model, bad), Error::<Test>::UnfitModel);
		}
		let poor = Governance::register_delegate(signed(POOR), model.id, terms());
		assert_noop!(poor, sp_runtime::DispatchError::Token(TokenError::FundsUnavailable));
		let logits = Model::public(4, 2, OutputKind::Logits(tensor(20, 2)));
		let least = |index| Decision::AtLeast { index, least: 5 };
		let bad = DelegateTerms { decision: least(2), ..terms() };
		assert_noop!(register(&logits, bad), Error::<Test>::UnfitModel);
		assert_ok!(register(&logits, DelegateTerms { decision: least(1), ..terms() }));
		let score = OutputKind::Threshold { score: tensor(20, 1), tau: 5 };
		let threshold = Model::public(5, 2, score);
		assert_ok!(register(&threshold, DelegateTerms { decision: Decision::Passed, ..terms() }));
		// What they answer, read as a vote.
		let poll = propose(100);
		let answer = |delegate: u32, model: &Model, output: Output| {
			let subject = Subject::Poll { delegate, poll };
			if !Snapshots::<Test>::contains_key(&subject) {
				assert_ok!(Governance::snapshot_poll(signed(DAVE), delegate, poll));
			}
			let context = Governance::context(subject.clone(), BOB).unwrap();
			let (inference, proof) = model.prove(context, &[1, 0], output);
			let sent = Governance::cast_vote(signed(BOB), delegate, poll, 1, 9, inference, proof);
			assert_ok!(sent);
			let last = System::events().pop().unwrap().event;
			let RuntimeEvent::Governance(Event::VoteCast { aye, .. }) = last else { panic!() };
			Snapshots::<Test>::mutate(subject, |found| found.as_mut().unwrap().answered = false);
			aye
		};
		let logits_of = |values: [i32; 2]| Output::Logits(values.to_vec().try_into().unwrap());
		assert!(answer(0, &logits, logits_of([0, 5])));
		assert!(!answer(0, &logits, logits_of([9, 4])));
		assert!(answer(1, &threshold, Output::Passed));
		for delegate in [0, 1] {
			let subject = Subject::Poll { delegate, poll };
			Snapshots::<Test>::mutate(subject, |found| found.as_mut().unwrap().answered = true);
		}
	});
}
