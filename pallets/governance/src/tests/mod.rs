mod ballots;
mod delegates;
mod parameters;
mod random;

use crate::{mock::*, *};
use codec::Encode;
use frame_support::{
	assert_ok,
	traits::{Get, StorePreimage},
	BoundedVec,
};
use pallet_conviction_voting::Conviction;
use pallet_zkml::{fixtures::Prover, InferenceVerifier};
use zkml_primitives::{
	ClaimedInput, Context, HintedProof, Inference, InputVisibility, Interface, ModelId, Output,
	OutputKind, Packing, Scale, Tensor, Values, WeightsVisibility,
};

pub(crate) fn signed(account: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

pub(crate) fn tensor(width: u8, count: u32) -> Tensor {
	let packing = Packing { width, count, offset: 0 };
	Tensor { packing, scale: Scale::power_of_two(0) }
}

/// A registered model, and what proves for it.
pub(crate) struct Model {
	pub(crate) id: ModelId,
	pub(crate) prover: Prover,
}

impl Model {
	pub(crate) fn new(seed: u64, interface: Interface) -> Self {
		let prover = Prover::new(seed, interface);
		Self { id: prover.register::<Test>(&BOB).unwrap(), prover }
	}

	/// A model of so many public values of 16 bits.
	pub(crate) fn public(seed: u64, count: u32, output: OutputKind) -> Self {
		let input = InputVisibility::Public(tensor(16, count));
		Self::new(seed, Interface { input, weights: WeightsVisibility::Public, output })
	}

	pub(crate) fn signals(&self) -> u32 {
		self.prover.interface.signals().unwrap()
	}

	/// What it proves of values, whatever is asked.
	pub(crate) fn prove(
		&self,
		context: Context,
		values: &[i32],
		output: Output,
	) -> (Inference, Box<HintedProof>) {
		let input = ClaimedInput::from(Values::new(values));
		let inference = Inference { output, input };
		let proof = self.prover.prove(&inference, &context);
		(inference, Box::new(proof))
	}
}

pub(crate) const ARGMAX: OutputKind = OutputKind::Argmax { classes: 2 };

pub(crate) fn inputs(
	list: &[(Feature<u64>, u128)],
) -> BoundedVec<Input<u64>, <Test as Config>::MaxFeatures> {
	let inputs = list.iter().cloned().map(|(feature, unit)| Input { feature, unit });
	inputs.collect::<Vec<_>>().try_into().unwrap()
}

/// Votes aye by label 1, on what is asked in hundreds and the age in blocks.
pub(crate) fn terms() -> DelegateTermsOf<Test> {
	DelegateTerms {
		inputs: inputs(&[(Feature::Asked, 100), (Feature::Age, 1)]),
		decision: Decision::Label(1),
		reward: 1_000,
		snapshots: 2,
		interval: 4,
	}
}

/// Proposes to pay somebody from the account that `POOR` is.
pub(crate) fn propose(value: u64) -> PollIndex {
	let call = RuntimeCall::Balances(pallet_balances::Call::force_transfer {
		source: DAVE,
		dest: ALICE,
		value,
	});
	submit(call)
}

pub(crate) fn submit(call: RuntimeCall) -> PollIndex {
	let index = pallet_referenda::ReferendumCount::<Test>::get();
	let proposal = Preimage::bound(call).unwrap();
	assert_ok!(Referenda::submit(
		signed(ALICE),
		Box::new(frame_system::RawOrigin::Root.into()),
		proposal,
		frame_support::traits::schedule::DispatchTime::After(0),
	));
	index
}

/// Lets an account's voting power follow a delegate on the track of root.
pub(crate) fn follow(who: u64, delegate: DelegateId, amount: u64) {
	let to = Governance::delegate_account(delegate);
	assert_ok!(Voting::delegate(signed(who), 3, to, Conviction::Locked1x, amount));
}

/// Registers a delegate whose account can pay rewards.
pub(crate) fn delegate(model: &Model, terms: DelegateTermsOf<Test>) -> DelegateId {
	let id = DelegateCount::<Test>::get();
	assert_ok!(Governance::register_delegate(signed(BOB), model.id, terms));
	let account = Governance::delegate_account(id);
	assert_ok!(Balances::transfer_keep_alive(signed(BOB), account, 5_000));
	id
}

pub(crate) fn tally(poll: PollIndex) -> (u64, u64) {
	let status = Governance::ongoing(poll).unwrap();
	(status.tally.ayes, status.tally.nays)
}

/// An account's vote as a proof shows it, of values that it may have made up.
pub(crate) fn cast_of(
	who: u64,
	model: &Model,
	delegate: DelegateId,
	poll: PollIndex,
	values: &[i32],
	label: u32,
) -> frame_support::dispatch::DispatchResultWithPostInfo {
	let subject = Subject::Poll { delegate, poll };
	let at = Snapshots::<Test>::get(&subject).map_or(0, |found| found.at);
	let context = Governance::context(subject, who).unwrap_or(Context([0; 32]));
	let (inference, proof) = model.prove(context, values, Output::Label(label));
	Governance::cast_vote(signed(who), delegate, poll, at, model.signals(), inference, proof)
}

/// An account's honest vote.
pub(crate) fn cast(
	who: u64,
	model: &Model,
	delegate: DelegateId,
	poll: PollIndex,
	label: u32,
) -> frame_support::dispatch::DispatchResultWithPostInfo {
	let subject = Subject::Poll { delegate, poll };
	let values = Snapshots::<Test>::get(&subject).map_or(vec![0, 0], |found| found.values.to_vec());
	cast_of(who, model, delegate, poll, &values, label)
}

#[test]
fn what_travels_keeps_its_form() {
	let errors = [
		Error::<Test>::UnfitModel,
		Error::DelegateNotFound,
		Error::NotRegistrant,
		Error::DelegateClosed,
		Error::PollNotOngoing,
		Error::PollOngoing,
		Error::TooSoon,
		Error::NoMoreSnapshots,
		Error::FeatureUnknown,
		Error::SnapshotNotFound,
		Error::AlreadyAnswered,
		Error::OtherInput,
		Error::OtherOutput,
		Error::Refused(pallet_zkml::VerifyError::ModelNotFound),
		Error::NothingToForget,
		Error::HistoryKept,
		Error::NotBound,
		Error::AlreadyBound,
		Error::SnapshotTooOld,
		Error::MalformedBallot,
		Error::BallotNotFound,
		Error::BallotEnded,
		Error::BallotOpen,
		Error::OtherTopic,
		Error::NoSuchChoice,
		Error::RootUnknown,
		Error::AlreadyVoted,
		Error::BallotFull,
		Error::OtherRoot,
		Error::IssuerSuspended,
		Error::SnapshotKept,
	];
	for (index, error) in errors.iter().enumerate() {
		assert_eq!(error.encode()[0], index as u8);
	}
	assert_eq!(HoldReason::StorageDeposit.encode(), [0]);
	assert_eq!(HoldReason::BallotRewards.encode(), [1]);
	assert_eq!(Origin::Model.encode(), [0]);
	let features = [
		Feature::<u64>::Track,
		Feature::Asked,
		Feature::Length,
		Feature::DecisionDeposit,
		Feature::Age,
		Feature::Deciding,
		Feature::Approval,
		Feature::Support,
		Feature::Ayes,
		Feature::ProposerBalance,
		Feature::ProposerApproved,
		Feature::ProposerRejected,
		Feature::ProposerReputation(pallet_reputation::AreaId(1)),
		Feature::Reported { by: 1, key: 2 },
		Feature::Current,
		Feature::Metric(3),
	];
	for (index, feature) in features.iter().enumerate() {
		assert_eq!(feature.encode()[0], index as u8);
	}
	assert_eq!(Call::<Test>::forget_snapshot { key: 7 }.encode(), [14, 7]);
	let closed: [Event<Test>; 2] =
		[Event::DelegateClosed { delegate: 1 }, Event::SnapshotForgotten { key: 7, at: 2 }];
	assert_eq!(closed.map(|event| event.encode()[0]), [14, 15]);
	// Contexts are made of subjects.
	let poll = Subject::<u8>::Poll { delegate: 1, poll: 2 };
	assert_eq!((poll, 3u64).encode(), [&[0, 1, 0, 0, 0, 2, 0, 0, 0][..], &3u64.encode()].concat());
	assert_eq!(Subject::Parameter(7u8).encode(), [1, 7]);
}
