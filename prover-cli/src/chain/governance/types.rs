//! What the chain stores, as a client decodes it.

use crate::chain::{polls::PollIndex, AccountId, BlockNumber};
use codec::{Decode, Encode};
use zkml_primitives::{ModelId, Output, Packing};

/// The number of a delegate.
pub type DelegateId = u32;

/// Something that the chain knows and a model is told.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Feature {
	/// The poll's track, by its place among the tracks.
	#[codec(index = 0)]
	Track,
	/// How much the proposal would spend.
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
	/// Blocks since deciding began.
	#[codec(index = 5)]
	Deciding,
	/// The ayes among the votes, in parts per thousand million.
	#[codec(index = 6)]
	Approval,
	/// The ayes among all who could vote, in parts per thousand million.
	#[codec(index = 7)]
	Support,
	/// The ayes, conviction included.
	#[codec(index = 8)]
	Ayes,
	/// What the proposer owns.
	#[codec(index = 9)]
	ProposerBalance,
	/// How many polls of the proposer were approved.
	#[codec(index = 10)]
	ProposerApproved,
	/// How many were rejected.
	#[codec(index = 11)]
	ProposerRejected,
	/// The proposer's reputation in an area.
	#[codec(index = 12)]
	ProposerReputation(u32),
	/// What an account reports.
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

/// One value of a model's input.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Input {
	/// What.
	pub feature: Feature,
	/// How much of it is one.
	pub unit: u128,
}

/// Which answers of a model are an aye.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Decision {
	/// One label; all others are a nay.
	#[codec(index = 0)]
	Label(u32),
	/// That a score was reached.
	#[codec(index = 1)]
	Passed,
	/// That one of the model's values is at least so much.
	#[codec(index = 2)]
	AtLeast {
		/// Which value.
		index: u32,
		/// How much, in the model's units.
		least: i32,
	},
}

impl Decision {
	/// Whether an answer is an aye; `None` if it is of another kind.
	pub fn aye(self, output: &Output) -> Option<bool> {
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
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Motion {
	/// By how much to change it, for each label.
	#[codec(index = 0)]
	Steps(Vec<i128>),
	/// What it should be: one of the model's values, times a unit.
	#[codec(index = 1)]
	Value {
		/// Which value.
		index: u32,
		/// What one is worth.
		unit: u128,
	},
}

/// On what terms a model votes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct DelegateTerms {
	/// What the model is told of a poll, in the order of its input.
	pub inputs: Vec<Input>,
	/// How its answer is read.
	pub decision: Decision,
	/// What who proves an answer first is paid from the delegate's account.
	pub reward: u128,
	/// How many snapshots there are of a poll, at most.
	pub snapshots: u32,
	/// How many blocks are between two, at least.
	pub interval: BlockNumber,
}

/// A model that votes.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Delegate {
	/// Who registered it.
	pub registrant: AccountId,
	/// The model.
	pub model: ModelId,
	/// How its input is packed.
	pub packing: Packing,
	/// On what terms it votes.
	pub terms: DelegateTerms,
	/// How many polls it has a snapshot of.
	pub polls: u32,
	/// Whether there are snapshots of no other polls: it is forgotten with the last that it has.
	pub closed: bool,
}

/// The parameters that a model may be bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Parameter {
	/// What is repaid on top of a loan, in parts per million.
	#[codec(index = 0)]
	LendingFee,
}

/// Of what a snapshot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Subject {
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
	Parameter(Parameter),
}

/// What a model is told, frozen.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Snapshot {
	/// The block in which it was taken: its name.
	pub at: BlockNumber,
	/// The how manieth of its poll it is, from 1.
	pub number: u32,
	/// The model's input.
	pub values: Vec<i32>,
	/// Whether an answer to it was proven.
	pub answered: bool,
	/// Who put down the deposit.
	pub depositor: AccountId,
}

/// On what terms a model moves a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BindingTerms {
	/// The model.
	pub model: ModelId,
	/// What it is told, in the order of its input.
	pub inputs: Vec<Input>,
	/// How its answer is read.
	pub motion: Motion,
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
	/// What who proves an answer is paid from the parameter's account.
	pub reward: u128,
}

/// A parameter that a model moves.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Binding {
	/// On what terms.
	pub terms: BindingTerms,
	/// How the model's input is packed.
	pub packing: Packing,
	/// When it was moved last.
	pub moved: Option<BlockNumber>,
}

/// A vote that was cast.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct VoteCast {
	/// Whose.
	pub delegate: DelegateId,
	/// On which poll.
	pub poll: PollIndex,
	/// On the snapshot of which block.
	pub at: BlockNumber,
	/// What it was.
	pub aye: bool,
	/// Who proved it.
	pub who: AccountId,
	/// What that account was paid.
	pub reward: u128,
}

/// A parameter that was moved.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct ParameterMoved {
	/// Which.
	pub key: Parameter,
	/// What it was.
	pub from: u128,
	/// What the model asked for.
	pub asked: u128,
	/// What it is.
	pub to: u128,
	/// Who proved it.
	pub who: AccountId,
	/// What that account was paid.
	pub reward: u128,
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_answer_is_read_as_the_chain_reads_it() {
		let label = Decision::Label(1);
		assert_eq!(label.aye(&Output::Label(1)), Some(true));
		assert_eq!(label.aye(&Output::Label(0)), Some(false));
		assert_eq!(label.aye(&Output::Passed), None);
		assert_eq!(Decision::Passed.aye(&Output::Passed), Some(true));
		let logits = Output::Logits(vec![4, 5].try_into().unwrap());
		let least = |index, least| Decision::AtLeast { index, least }.aye(&logits);
		assert_eq!([least(1, 5), least(1, 6)], [Some(true), Some(false)]);
		assert_eq!(least(2, 5), None);
	}
}
