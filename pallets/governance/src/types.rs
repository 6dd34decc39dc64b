//! What is stored.

// The derives of FRAME repeat bounds.
#![allow(clippy::multiple_bound_locations)]

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt::Debug;
use frame_support::{
	pallet_prelude::Get, BoundedVec, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound,
};
use pallet_reputation::AreaId;
use scale_info::TypeInfo;
use zkml_primitives::{
	Commitment, InputVisibility, Interface, ModelId, Output, OutputKind, Packing, SchemaId,
};

/// The number of a referendum.
pub type PollIndex = u32;
/// The number of a delegate.
pub type DelegateId = u32;
/// The number of an anonymous ballot.
pub type BallotId = u32;

/// Something that the chain knows and a model is told.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Feature<AccountId> {
	/// The poll's track, by its place among the tracks, from 0.
	#[codec(index = 0)]
	Track,
	/// How much the proposal would spend, as far as the runtime can tell.
	#[codec(index = 1)]
	Asked,
	/// Bytes of the proposal.
	#[codec(index = 2)]
	Length,
	/// The decision deposit; 0 while it is not placed.
	#[codec(index = 3)]
	DecisionDeposit,
	/// Blocks since the poll was submitted.
	#[codec(index = 4)]
	Age,
	/// Blocks since deciding began; 0 before that.
	#[codec(index = 5)]
	Deciding,
	/// The ayes among the votes, in parts per thousand million.
	#[codec(index = 6)]
	Approval,
	/// The ayes among all who could vote, before conviction, in parts per thousand million.
	#[codec(index = 7)]
	Support,
	/// The ayes, conviction included.
	#[codec(index = 8)]
	Ayes,
	/// What the proposer owns.
	#[codec(index = 9)]
	ProposerBalance,
	/// How many polls of the proposer were approved that the chain remembers.
	#[codec(index = 10)]
	ProposerApproved,
	/// How many were rejected.
	#[codec(index = 11)]
	ProposerRejected,
	/// The proposer's reputation.
	#[codec(index = 12)]
	ProposerReputation(AreaId),
	/// What an account reports: of the poll, or of the chain where no poll is asked about.
	#[codec(index = 13)]
	Reported {
		/// Who.
		by: AccountId,
		/// Which of its reports.
		key: u32,
	},
	/// The value of the parameter that is to be moved.
	#[codec(index = 14)]
	Current,
	/// Something that the runtime measures.
	#[codec(index = 15)]
	Metric(u8),
}

impl<AccountId> Feature<AccountId> {
	/// Whether it is there when a poll is asked about, and when a parameter is.
	pub(crate) fn is_known_of(&self, poll: bool) -> bool {
		match self {
			Self::Reported { .. } | Self::Metric(_) => true,
			Self::Current => !poll,
			_ => poll,
		}
	}
}

/// One value of a model's input: `min(feature / unit, largest)`, no less than the smallest.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Input<AccountId> {
	/// What.
	pub feature: Feature<AccountId>,
	/// How much of it is one; not 0.
	pub unit: u128,
}

/// Which answers of a model are an aye.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Decision {
	/// One label; all others are a nay.
	#[codec(index = 0)]
	Label(u32),
	/// That a score was reached. There is no proof of a nay.
	#[codec(index = 1)]
	Passed,
	/// That one of the model's values is at least so much; else it is a nay.
	#[codec(index = 2)]
	AtLeast {
		/// Which value.
		index: u32,
		/// How much, in the model's units.
		least: i32,
	},
}

impl Decision {
	/// Whether a model's answers can be read so.
	fn fits(self, output: &OutputKind) -> bool {
		match (self, output) {
			(Self::Label(label), OutputKind::Argmax { classes }) => label < *classes,
			(Self::Passed, OutputKind::Threshold { .. }) => true,
			(Self::AtLeast { index, .. }, OutputKind::Logits(tensor)) => {
				index < tensor.packing.count
			},
			_ => false,
		}
	}

	/// Whether an answer is an aye; `None` if it is of another kind.
	pub(crate) fn aye(self, output: &Output) -> Option<bool> {
		match (self, output) {
			(Self::Label(aye), Output::Label(label)) => Some(*label == aye),
			(Self::Passed, Output::Passed) => Some(true),
			(Self::AtLeast { index, least }, Output::Logits(logits)) => {
				Some(*logits.get(index as usize)? >= least)
			},
			_ => None,
		}
	}
}

/// What a model's answer says of a parameter.
#[derive(
	CloneNoBound,
	DebugNoBound,
	PartialEqNoBound,
	EqNoBound,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(MaxLabels))]
pub enum Motion<MaxLabels: Get<u32>> {
	/// By how much to change it, for each label.
	#[codec(index = 0)]
	Steps(BoundedVec<i128, MaxLabels>),
	/// What it should be: one of the model's values, times a unit.
	#[codec(index = 1)]
	Value {
		/// Which value; a negative one counts as 0.
		index: u32,
		/// What one is worth; not 0.
		unit: u128,
	},
}

impl<MaxLabels: Get<u32>> Motion<MaxLabels> {
	/// Whether a model's answers can be read so.
	fn fits(&self, output: &OutputKind) -> bool {
		match (self, output) {
			(Self::Steps(steps), OutputKind::Argmax { classes }) => steps.len() as u32 == *classes,
			(Self::Value { index, unit }, OutputKind::Logits(tensor)) => {
				*index < tensor.packing.count && *unit > 0
			},
			_ => false,
		}
	}

	/// What an answer asks for, of a parameter that is `current`; `None` if it is of another kind.
	pub(crate) fn asked(&self, current: u128, output: &Output) -> Option<u128> {
		match (self, output) {
			(Self::Steps(steps), Output::Label(label)) => {
				Some(current.saturating_add_signed(*steps.get(*label as usize)?))
			},
			(Self::Value { index, unit }, Output::Logits(logits)) => {
				let value = u128::try_from(*logits.get(*index as usize)?).unwrap_or_default();
				Some(value.saturating_mul(*unit))
			},
			_ => None,
		}
	}
}

/// How the input of a model that is told features is packed; `None` if its interface does not take so
/// many.
fn input_of(interface: &Interface, features: usize) -> Option<Packing> {
	match interface.input {
		InputVisibility::Public(tensor) => {
			(tensor.packing.count as usize == features).then_some(tensor.packing)
		},
		_ => None,
	}
}

/// On what terms a model votes.
#[derive(
	CloneNoBound,
	DebugNoBound,
	PartialEqNoBound,
	EqNoBound,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(MaxFeatures))]
pub struct DelegateTerms<
	AccountId: Clone + Debug + PartialEq + Eq,
	BlockNumber: Clone + Debug + PartialEq + Eq,
	Balance: Clone + Debug + PartialEq + Eq,
	MaxFeatures: Get<u32>,
> {
	/// What the model is told of a poll, in the order of its input.
	pub inputs: BoundedVec<Input<AccountId>, MaxFeatures>,
	/// How its answer is read.
	pub decision: Decision,
	/// What who proves an answer first is paid from the delegate's account, if there is so much.
	pub reward: Balance,
	/// How many snapshots there are of a poll, at most; not 0.
	pub snapshots: u32,
	/// How many blocks are between two, at least.
	pub interval: BlockNumber,
}

impl<A, B, C, M> DelegateTerms<A, B, C, M>
where
	A: Clone + Debug + PartialEq + Eq,
	B: Clone + Debug + PartialEq + Eq,
	C: Clone + Debug + PartialEq + Eq,
	M: Get<u32>,
{
	/// How a model's input is packed, if it can vote on these terms.
	pub(crate) fn packing(&self, interface: &Interface) -> Option<Packing> {
		let known = self.inputs.iter().all(|input| input.feature.is_known_of(true));
		let sound = known && self.snapshots > 0 && self.inputs.iter().all(|input| input.unit > 0);
		let packing = input_of(interface, self.inputs.len())?;
		(sound && self.decision.fits(&interface.output)).then_some(packing)
	}
}

/// A model that votes.
#[derive(
	CloneNoBound, DebugNoBound, PartialEqNoBound, EqNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(MaxFeatures))]
pub struct Delegate<
	AccountId: Clone + Debug + PartialEq + Eq,
	BlockNumber: Clone + Debug + PartialEq + Eq,
	Balance: Clone + Debug + PartialEq + Eq,
	MaxFeatures: Get<u32>,
	Ticket: Clone + Debug + PartialEq + Eq,
> {
	/// Who registered it, and put down the deposit.
	pub registrant: AccountId,
	/// The model.
	pub model: ModelId,
	/// How its input is packed.
	pub packing: Packing,
	/// On what terms it votes.
	pub terms: DelegateTerms<AccountId, BlockNumber, Balance, MaxFeatures>,
	/// How many polls it has a snapshot of.
	pub polls: u32,
	/// Whether there are to be snapshots of no other polls: it is forgotten with the last that it has.
	pub closed: bool,
	/// The deposit.
	pub ticket: Ticket,
}

/// Of what a snapshot is.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Subject<Key> {
	/// A poll, for a delegate.
	#[codec(index = 0)]
	Poll {
		/// Which delegate.
		delegate: DelegateId,
		/// Which poll.
		poll: PollIndex,
	},
	/// A parameter and what the model that moves it is told.
	#[codec(index = 1)]
	Parameter(Key),
}

/// What a model is told, frozen.
#[derive(
	CloneNoBound, DebugNoBound, PartialEqNoBound, EqNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(MaxFeatures))]
pub struct Snapshot<
	AccountId: Clone + Debug + PartialEq + Eq,
	BlockNumber: Clone + Debug + PartialEq + Eq,
	MaxFeatures: Get<u32>,
	Ticket: Clone + Debug + PartialEq + Eq,
> {
	/// The block in which it was taken: its name.
	pub at: BlockNumber,
	/// The how manieth of its poll it is, from 1.
	pub number: u32,
	/// The model's input.
	pub values: BoundedVec<i32, MaxFeatures>,
	/// Whether an answer to it was proven.
	pub answered: bool,
	/// Who put down the deposit.
	pub depositor: AccountId,
	/// The deposit.
	pub ticket: Ticket,
}

/// A poll of which there are snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Poll<AccountId, Track, Ticket> {
	/// Who proposed it.
	pub proposer: AccountId,
	/// Its track.
	pub track: Track,
	/// How many delegates have a snapshot.
	pub delegates: u32,
	/// Who put down the deposit.
	pub depositor: AccountId,
	/// The deposit.
	pub ticket: Ticket,
}

/// How the polls of a proposer ended that delegates had snapshots of.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct History<AccountId, BlockNumber, Ticket> {
	/// How many were approved.
	pub approved: u32,
	/// How many were rejected.
	pub rejected: u32,
	/// When the last was counted.
	pub last: BlockNumber,
	/// Who put down the deposit.
	pub depositor: AccountId,
	/// The deposit.
	pub ticket: Ticket,
}

/// What an account reports that the chain cannot know.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Report<Ticket> {
	/// How much.
	pub value: u128,
	/// The deposit, of the account.
	pub ticket: Ticket,
}

/// On what terms a model moves a parameter.
#[derive(
	CloneNoBound,
	DebugNoBound,
	PartialEqNoBound,
	EqNoBound,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(MaxFeatures, MaxLabels))]
pub struct BindingTerms<
	AccountId: Clone + Debug + PartialEq + Eq,
	BlockNumber: Clone + Debug + PartialEq + Eq,
	Balance: Clone + Debug + PartialEq + Eq,
	MaxFeatures: Get<u32>,
	MaxLabels: Get<u32>,
> {
	/// The model.
	pub model: ModelId,
	/// What it is told, in the order of its input.
	pub inputs: BoundedVec<Input<AccountId>, MaxFeatures>,
	/// How its answer is read.
	pub motion: Motion<MaxLabels>,
	/// The least that it may set.
	pub floor: u128,
	/// The most that it may set.
	pub ceiling: u128,
	/// By how much it may change the parameter at once.
	pub max_step: u128,
	/// How many blocks are between two moves, at least.
	pub period: BlockNumber,
	/// For how many blocks a snapshot is good, and nobody can take another.
	pub validity: BlockNumber,
	/// What who proves an answer is paid from the parameter's account, if there is so much.
	pub reward: Balance,
}

impl<A, B, C, M, L> BindingTerms<A, B, C, M, L>
where
	A: Clone + Debug + PartialEq + Eq,
	B: Clone + Debug + PartialEq + Eq,
	C: Clone + Debug + PartialEq + Eq,
	M: Get<u32>,
	L: Get<u32>,
{
	/// How the model's input is packed, if it can move a parameter on these terms.
	pub(crate) fn packing(&self, interface: &Interface) -> Option<Packing> {
		let known = self.inputs.iter().all(|input| input.feature.is_known_of(false));
		let units = self.inputs.iter().all(|input| input.unit > 0);
		let sound = known && units && self.floor <= self.ceiling && self.max_step > 0;
		let packing = input_of(interface, self.inputs.len())?;
		(sound && self.motion.fits(&interface.output)).then_some(packing)
	}

	/// Where a parameter goes that is `current` and of which `asked` is asked: no further than a step,
	/// and within floor and ceiling as soon as a step leads there.
	pub(crate) fn bounded(&self, current: u128, asked: u128) -> u128 {
		let (least, most) =
			(current.saturating_sub(self.max_step), current.saturating_add(self.max_step));
		asked.max(self.floor).min(self.ceiling).max(least).min(most)
	}
}

/// A parameter that a model moves.
#[derive(
	CloneNoBound, DebugNoBound, PartialEqNoBound, EqNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(MaxFeatures, MaxLabels))]
pub struct Binding<
	AccountId: Clone + Debug + PartialEq + Eq,
	BlockNumber: Clone + Debug + PartialEq + Eq,
	Balance: Clone + Debug + PartialEq + Eq,
	MaxFeatures: Get<u32>,
	MaxLabels: Get<u32>,
> {
	/// On what terms.
	pub terms: BindingTerms<AccountId, BlockNumber, Balance, MaxFeatures, MaxLabels>,
	/// How the model's input is packed.
	pub packing: Packing,
	/// When it was moved last.
	pub moved: Option<BlockNumber>,
}

/// An anonymous ballot, as it is opened.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct BallotTerms<AccountId, BlockNumber, Balance> {
	/// A hash of what is asked.
	pub question: [u8; 32],
	/// Between how many choices; at least 2.
	pub choices: u32,
	/// The model that decides who may vote.
	pub model: ModelId,
	/// Who keeps the tree of voters.
	pub issuer: AccountId,
	/// What its leaves are commitments to.
	pub schema: SchemaId,
	/// The root of the tree of those who may vote.
	pub root: Commitment,
	/// The last block in which votes count.
	pub ends: BlockNumber,
	/// How many votes there can be.
	pub max_votes: u32,
	/// What who hands in a vote is paid. So much for all votes is put down at once.
	pub reward: Balance,
}

/// An anonymous ballot.
#[derive(
	CloneNoBound, DebugNoBound, PartialEqNoBound, EqNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(MaxChoices))]
pub struct Ballot<
	AccountId: Clone + Debug + PartialEq + Eq,
	BlockNumber: Clone + Debug + PartialEq + Eq,
	Balance: Clone + Debug + PartialEq + Eq,
	MaxChoices: Get<u32>,
	Ticket: Clone + Debug + PartialEq + Eq,
> {
	/// On what terms.
	pub terms: BallotTerms<AccountId, BlockNumber, Balance>,
	/// Who opened it, and put down the deposit and the rewards.
	pub opener: AccountId,
	/// The votes for each choice.
	pub counts: BoundedVec<u32, MaxChoices>,
	/// How many nullifiers are stored.
	pub nullifiers: u32,
	/// How many rewards are not paid.
	pub rewards: u32,
	/// The deposit.
	pub ticket: Ticket,
}

impl<A, B, C, M, T> Delegate<A, B, C, M, T>
where
	A: Clone + Debug + PartialEq + Eq,
	B: Clone + Debug + PartialEq + Eq,
	C: Clone + Debug + PartialEq + Eq,
	M: Get<u32>,
	T: Clone + Debug + PartialEq + Eq,
{
	/// The same without its deposit.
	pub(crate) fn without_ticket(self) -> Delegate<A, B, C, M, ()> {
		let Self { registrant, model, packing, terms, polls, closed, ticket: _ } = self;
		Delegate { registrant, model, packing, terms, polls, closed, ticket: () }
	}
}

impl<A, B, M, T> Snapshot<A, B, M, T>
where
	A: Clone + Debug + PartialEq + Eq,
	B: Clone + Debug + PartialEq + Eq,
	M: Get<u32>,
	T: Clone + Debug + PartialEq + Eq,
{
	/// The same without its deposit.
	pub(crate) fn without_ticket(self) -> Snapshot<A, B, M, ()> {
		let Self { at, number, values, answered, depositor, ticket: _ } = self;
		Snapshot { at, number, values, answered, depositor, ticket: () }
	}
}

impl<A, B, T> History<A, B, T> {
	/// The same without its deposit.
	pub(crate) fn without_ticket(self) -> History<A, B, ()> {
		let Self { approved, rejected, last, depositor, ticket: _ } = self;
		History { approved, rejected, last, depositor, ticket: () }
	}
}

impl<A, B, C, M, T> Ballot<A, B, C, M, T>
where
	A: Clone + Debug + PartialEq + Eq,
	B: Clone + Debug + PartialEq + Eq,
	C: Clone + Debug + PartialEq + Eq,
	M: Get<u32>,
	T: Clone + Debug + PartialEq + Eq,
{
	/// The same without its deposit.
	pub(crate) fn without_ticket(self) -> Ballot<A, B, C, M, ()> {
		let Self { terms, opener, counts, nullifiers, rewards, ticket: _ } = self;
		Ballot { terms, opener, counts, nullifiers, rewards, ticket: () }
	}
}
