//! What is stored, and what other pallets ask.

// The derives of FRAME repeat bounds.
#![allow(clippy::multiple_bound_locations)]

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt::Debug;
use frame_support::{
	pallet_prelude::Get, weights::Weight, BoundedVec, CloneNoBound, DebugNoBound, EqNoBound,
	PartialEqNoBound,
};
use scale_info::TypeInfo;
use zkml_primitives::{Commitment, ModelId, OutputKind, SchemaId};

/// A subject area: what accounts have a reputation for.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct AreaId(pub u32);

/// What an answer of a model is worth when it is proven.
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
pub enum Points<MaxLabels: Get<u32>> {
	/// So many for reaching the threshold, of a model that reveals only that.
	#[codec(index = 0)]
	Passed(u32),
	/// So many for each label, of a model that reveals which is the best; one for each class.
	#[codec(index = 1)]
	Labels(BoundedVec<u32, MaxLabels>),
}

impl<MaxLabels: Get<u32>> Points<MaxLabels> {
	/// Those for an answer; `None` where it is not of this kind.
	pub(crate) fn of(&self, answer: Answer) -> Option<u32> {
		match (self, answer) {
			(Self::Passed(points), Answer::Passed) => Some(*points),
			(Self::Labels(points), Answer::Label(label)) => points.get(label as usize).copied(),
			_ => None,
		}
	}

	/// Whether they are for all answers that a model with this output gives.
	pub(crate) fn fit(&self, output: &OutputKind) -> bool {
		match (self, output) {
			(Self::Passed(_), OutputKind::Threshold { .. }) => true,
			(
				Self::Labels(points),
				OutputKind::Argmax { classes } | OutputKind::MaskedArgmax { classes },
			) => points.len() == *classes as usize,
			_ => false,
		}
	}

	/// How many labels there are; 0 where the answer is none.
	pub(crate) fn labels(&self) -> u32 {
		match self {
			Self::Passed(_) => 0,
			Self::Labels(points) => points.len().try_into().unwrap_or(u32::MAX),
		}
	}
}

/// A model whose answers earn points, over values that somebody vouches for.
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
#[scale_info(skip_type_params(MaxIssuers, MaxLabels))]
pub struct Source<
	AccountId: Clone + Debug + PartialEq + Eq,
	MaxIssuers: Get<u32>,
	MaxLabels: Get<u32>,
> {
	/// The model, whose input is committed.
	pub model: ModelId,
	/// What the committed values are.
	pub schema: SchemaId,
	/// Who may vouch for them; at least one.
	pub issuers: BoundedVec<AccountId, MaxIssuers>,
	/// What the answers are worth.
	pub points: Points<MaxLabels>,
}

/// How a reputation is earned and lost.
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
#[scale_info(skip_type_params(MaxSources, MaxIssuers, MaxLabels))]
pub struct Area<
	AccountId: Clone + Debug + PartialEq + Eq,
	BlockNumber: Clone + Debug + PartialEq + Eq,
	MaxSources: Get<u32>,
	MaxIssuers: Get<u32>,
	MaxLabels: Get<u32>,
> {
	/// After so many blocks, at least 1, what was earned is worth half.
	pub half_life: BlockNumber,
	/// The score of who has earned nothing.
	pub floor: u32,
	/// The highest score, not below the floor.
	pub ceiling: u32,
	/// By what it is earned; no model twice.
	pub sources: BoundedVec<Source<AccountId, MaxIssuers, MaxLabels>, MaxSources>,
}

impl<AccountId, BlockNumber, MaxSources, MaxIssuers, MaxLabels>
	Area<AccountId, BlockNumber, MaxSources, MaxIssuers, MaxLabels>
where
	AccountId: Clone + Debug + PartialEq + Eq,
	BlockNumber: Clone + Debug + PartialEq + Eq,
	MaxSources: Get<u32>,
	MaxIssuers: Get<u32>,
	MaxLabels: Get<u32>,
{
	/// The source that is this model.
	pub(crate) fn source(
		&self,
		model: ModelId,
	) -> Option<&Source<AccountId, MaxIssuers, MaxLabels>> {
		self.sources.iter().find(|source| source.model == model)
	}
}

/// What a model answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Answer {
	/// That its score reaches the threshold.
	#[codec(index = 0)]
	Passed,
	/// The best label.
	#[codec(index = 1)]
	Label(u32),
}

/// What an account has proven of one source: the last answer only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Contribution<BlockNumber> {
	/// The source.
	pub model: ModelId,
	/// What was proven.
	pub answer: Answer,
	/// What that was worth then; 0 where it was struck out.
	pub points: u32,
	/// To the values that it was proven of.
	pub commitment: Commitment,
	/// When it was proven. A proof for a block before that does not count again.
	pub since: BlockNumber,
}

/// What an account has proven in an area.
#[derive(
	CloneNoBound, DebugNoBound, PartialEqNoBound, EqNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(MaxSources))]
pub struct Record<
	BlockNumber: Clone + Debug + PartialEq + Eq,
	Ticket: Clone + Debug + PartialEq + Eq,
	MaxSources: Get<u32>,
> {
	/// Of each source one at most, and at least one.
	pub contributions: BoundedVec<Contribution<BlockNumber>, MaxSources>,
	/// The account's deposit.
	pub ticket: Ticket,
}

/// For pallets to which it matters what an account has proven.
pub trait Reputation<AccountId> {
	/// An account's score in an area now; 0 where there is no such area.
	fn score(who: &AccountId, area: AreaId) -> u32;

	/// What that costs.
	fn weight() -> Weight;
}
