use super::*;
use crate::Event;
use frame_support::{assert_noop, traits::fungible::InspectHold};
use pallet_zkml::VerifyError;
use sp_runtime::{DispatchError, TokenError};
use zkml_primitives::{Commitment, Membership, SchemaId};

pub(super) const SCHEMA: SchemaId = SchemaId([1; 32]);
pub(super) const ROOT: Commitment = Commitment([2; 32]);

/// A model of members, that proves what it is asked to.
pub(super) fn members(seed: u64) -> Model {
	Model::new(
		seed,
		Interface {
			input: InputVisibility::Member { schema: SCHEMA, depth: 8 },
			weights: WeightsVisibility::Public,
			output: OutputKind::Threshold { score: tensor(12, 1), tau: 3 },
		},
	)
}

pub(super) fn terms(model: &Model) -> BallotTermsOf<Test> {
	BallotTerms {
		question: [9; 32],
		choices: 3,
		model: model.id,
		issuer: ISSUER,
		schema: SCHEMA,
		root: ROOT,
		ends: 15,
		max_votes: 3,
		reward: 500,
	}
}

pub(super) fn post(root: Commitment) {
	let schemas = vec![SCHEMA].try_into().unwrap();
	assert_ok!(Attestations::set_issuer(RuntimeOrigin::root(), ISSUER, schemas));
	assert_ok!(Attestations::post_root(signed(ISSUER), SCHEMA, root));
}

/// What a voter would prove for an account that hands it in.
pub(super) fn vote(
	who: u64,
	model: &Model,
	ballot: BallotId,
	change: impl FnOnce(&mut Membership),
) -> frame_support::dispatch::DispatchResultWithPostInfo {
	let none = (Commitment([0; 32]), Context([0; 32]));
	let (topic, context) = Governance::ballot_context(ballot, who).unwrap_or(none);
	let nullifier = Commitment([3; 32]);
	let mut membership = Membership { root: ROOT, topic, nullifier, choice: 1 };
	change(&mut membership);
	let inference = Inference { output: Output::Passed, input: ClaimedInput::Member(membership) };
	let proof = Box::new(model.prover.prove(&inference, &context));
	Governance::cast_ballot(signed(who), ballot, model.signals(), inference, proof)
}

fn voter(number: u8, choice: u32) -> impl FnOnce(&mut Membership) {
	move |membership| {
		membership.nullifier = Commitment([number; 32]);
		membership.choice = choice;
	}
}

fn held(account: u64) -> u64 {
	Balances::balance_on_hold(&HoldReason::BallotRewards.into(), &account)
}

#[test]
fn votes_are_counted_once_and_of_nobody() {
	run(|| {
		let model = members(1);
		post(ROOT);
		assert_ok!(Governance::open_ballot(signed(ALICE), terms(&model)));
		System::assert_last_event(Event::BallotOpened { ballot: 0 }.into());
		assert_eq!(held(ALICE), 1_500);
		let before = Balances::free_balance(CAROL);
		assert_ok!(vote(CAROL, &model, 0, voter(3, 1)));
		System::assert_last_event(Event::BallotCast { ballot: 0, choice: 1, who: CAROL }.into());
		assert_eq!((Balances::free_balance(CAROL), held(ALICE)), (before + 500, 1_000));
		check();
		// Whoever hands it in, and whatever the choice.
		for (who, choice) in [(CAROL, 1), (DAVE, 2)] {
			let again = vote(who, &model, 0, voter(3, choice));
			assert_noop!(again, Error::<Test>::AlreadyVoted);
		}
		// Who cannot take the reward hands in all the same: it stays with the opener.
		assert_ok!(vote(99, &model, 0, voter(4, 1)));
		assert_eq!(held(ALICE), 500);
		assert_ok!(vote(CAROL, &model, 0, voter(5, 2)));
		assert_noop!(vote(CAROL, &model, 0, voter(6, 0)), Error::<Test>::BallotFull);
		assert_eq!(Governance::ballot(0).unwrap().counts.to_vec(), [0, 2, 1]);
		let close = |limit| Governance::close_ballot(signed(POOR), 0, limit);
		pass(14);
		assert_noop!(close(9), Error::<Test>::BallotOpen);
		pass(1);
		assert_noop!(vote(CAROL, &model, 0, voter(6, 0)), Error::<Test>::BallotEnded);
		assert_ok!(close(2));
		check();
		assert_noop!(vote(CAROL, &model, 0, voter(3, 0)), Error::<Test>::BallotEnded);
		assert_ok!(close(2));
		let counts = vec![0, 2, 1].try_into().unwrap();
		System::assert_last_event(Event::BallotClosed { ballot: 0, counts }.into());
		assert_noop!(close(2), Error::<Test>::BallotNotFound);
		assert_eq!((held(ALICE), Governance::ballot(0)), (0, None));
		assert_noop!(vote(CAROL, &model, 0, voter(7, 0)), Error::<Test>::BallotNotFound);
	});
}

#[test]
fn a_vote_is_bound_to_its_ballot_and_who_hands_it_in() {
	run(|| {
		let model = members(1);
		post(ROOT);
		assert_ok!(Governance::open_ballot(signed(ALICE), terms(&model)));
		assert_ok!(Governance::open_ballot(signed(ALICE), terms(&model)));
		let (topic, context) = Governance::ballot_context(0, CAROL).unwrap();
		let (second, other) = Governance::ballot_context(1, CAROL).unwrap();
		assert!(topic != second && context != other && topic.0 != context.0);
		// The voter's number is of the ballot, whoever hands the vote in.
		assert_eq!(Governance::ballot_context(0, DAVE).unwrap().0, topic);
		let membership =
			Membership { root: ROOT, topic, nullifier: Commitment([3; 32]), choice: 1 };
		let claim = |membership| Inference {
			output: Output::Passed,
			input: ClaimedInput::Member(membership),
		};
		let proof = Box::new(model.prover.prove(&claim(membership), &context));
		let send = |who, ballot, membership| {
			let signals = model.signals();
			Governance::cast_ballot(signed(who), ballot, signals, claim(membership), proof.clone())
		};
		let invalid = || Error::<Test>::Refused(VerifyError::InvalidProof);
		assert_noop!(send(DAVE, 0, membership), invalid());
		assert_noop!(send(CAROL, 1, membership), invalid());
		let choice = Membership { choice: 2, ..membership };
		assert_noop!(send(CAROL, 0, choice), invalid());
		let again = Membership { nullifier: Commitment([4; 32]), ..membership };
		assert_noop!(send(CAROL, 0, again), invalid());
		// A nullifier for another topic would let a voter vote twice.
		let elsewhere = vote(CAROL, &model, 0, |membership| membership.topic = second);
		assert_noop!(elsewhere, Error::<Test>::OtherTopic);
		assert_ok!(send(CAROL, 0, membership));
		let replayed = send(CAROL, 0, membership);
		assert_noop!(replayed, Error::<Test>::AlreadyVoted);
	});
}

#[test]
fn the_root_is_the_ballots() {
	run(|| {
		let model = members(1);
		let open = || Governance::open_ballot(signed(ALICE), terms(&model));
		assert_noop!(open(), Error::<Test>::RootUnknown);
		post(Commitment([8; 32]));
		assert_noop!(open(), Error::<Test>::RootUnknown);
		post(ROOT);
		let suspend = |yes| {
			assert_ok!(Attestations::suspend_issuer(RuntimeOrigin::root(), ISSUER, yes));
		};
		suspend(true);
		assert_noop!(open(), Error::<Test>::RootUnknown);
		suspend(false);
		let other = BallotTerms { issuer: BOB, ..terms(&model) };
		let other = Governance::open_ballot(signed(ALICE), other);
		assert_noop!(other, Error::<Test>::RootUnknown);
		assert_ok!(open());
		let cast = |number| vote(CAROL, &model, 0, voter(number, 0));
		assert_ok!(cast(1));
		// Whom the issuer gives another identity in another tree votes once all the same.
		for root in [Commitment([8; 32]), Commitment([7; 32])] {
			post(root);
			let twice = vote(CAROL, &model, 0, |membership| {
				membership.root = root;
				membership.nullifier = Commitment([9; 32]);
			});
			assert_noop!(twice, Error::<Test>::OtherRoot);
		}
		suspend(true);
		assert_noop!(cast(2), Error::<Test>::IssuerSuspended);
		suspend(false);
		// An issuer that sees the counts does not end a ballot by taking its roots back.
		assert_ok!(Attestations::clear_roots(signed(ISSUER), SCHEMA));
		assert_ok!(cast(2));
		let choice = vote(CAROL, &model, 0, voter(3, 3));
		assert_noop!(choice, Error::<Test>::NoSuchChoice);
		let choice = vote(CAROL, &model, 0, voter(3, u32::MAX));
		assert_noop!(choice, Error::<Test>::NoSuchChoice);
		assert_ok!(Attestations::remove_issuer(RuntimeOrigin::root(), ISSUER));
		assert_noop!(cast(3), Error::<Test>::IssuerSuspended);
	});
}

#[test]
fn a_ballot_that_makes_no_sense_is_not_opened() {
	run(|| {
		let model = members(1);
		post(ROOT);
		let open = |terms| Governance::open_ballot(signed(ALICE), terms);
		let public = Model::public(2, 2, ARGMAX);
		let label = Model::new(3, Interface { output: ARGMAX, ..model.prover.interface });
		let good = || terms(&model);
		for bad in [
			BallotTerms { model: ModelId([1; 32]), ..good() },
			BallotTerms { model: public.id, ..good() },
			BallotTerms { model: label.id, ..good() },
			BallotTerms { schema: SchemaId([7; 32]), ..good() },
			BallotTerms { choices: 1, ..good() },
			BallotTerms { choices: 5, ..good() },
			BallotTerms { ends: 0, ..good() },
			BallotTerms { max_votes: 0, ..good() },
			BallotTerms { reward: u64::MAX, ..good() },
		] {
			assert_noop!(open(bad), Error::<Test>::MalformedBallot);
		}
		let dear = BallotTerms { reward: ENDOWMENT, ..good() };
		assert_noop!(open(dear), DispatchError::Token(TokenError::FundsUnavailable));
		let poor = Governance::open_ballot(signed(POOR), good());
		assert_noop!(poor, DispatchError::Token(TokenError::FundsUnavailable));
		assert_ok!(open(BallotTerms { reward: 0, ..good() }));
		assert_ok!(vote(CAROL, &model, 0, voter(1, 0)));
	});
}
