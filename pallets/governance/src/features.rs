//! What models are told.

use crate::{pallet::*, DelegatedVotes, Feature, Input, PollIndex, WeightInfo};
use alloc::vec::Vec;
use codec::DecodeLimit;
use frame_support::{
	traits::{fungible::Inspect, Bounded, Get, QueryPreimage, VoteTally},
	weights::Weight,
	BoundedVec,
};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_referenda::{CallOf, ReferendumInfo, ReferendumInfoFor, ReferendumStatusOf, TracksInfo};
use pallet_reputation::Reputation;
use sp_runtime::traits::{Convert, SaturatedConversion, Saturating, UniqueSaturatedInto};
use zkml_primitives::Packing;

/// How deep calls within calls of a proposal are decoded.
const DEPTH: u32 = 16;

/// What else a chain knows of itself, for models that move its parameters.
pub trait Metrics {
	/// A measured value; `None` if nothing has this number.
	fn metric(number: u8) -> Option<u128>;

	/// What it costs to ask, at most.
	fn weight() -> Weight;
}

impl<T: Config> Pallet<T> {
	/// The status of a poll that can be voted on.
	pub(crate) fn ongoing(poll: PollIndex) -> Option<ReferendumStatusOf<T, ()>> {
		match ReferendumInfoFor::<T>::get(poll) {
			Some(ReferendumInfo::Ongoing(status)) => Some(status),
			_ => None,
		}
	}

	/// What a delegate's model is told of a poll now.
	pub(crate) fn features_of_poll(
		delegate: &DelegateOf<T>,
		poll: PollIndex,
	) -> Result<BoundedVec<i32, T::MaxFeatures>, Error<T>> {
		let status = Self::ongoing(poll).ok_or(Error::<T>::PollNotOngoing)?;
		let know = |feature: &_| Self::known_of_poll(feature, poll, &status);
		Self::values(&delegate.terms.inputs, delegate.packing, know)
	}

	/// What the model is told that moves a parameter.
	pub(crate) fn features_of_parameter(
		binding: &BindingOf<T>,
		current: u128,
	) -> Result<BoundedVec<i32, T::MaxFeatures>, Error<T>> {
		let know = |feature: &Feature<T::AccountId>| match feature {
			Feature::Current => Some(current),
			other => Self::known_of_chain(other, None),
		};
		Self::values(&binding.terms.inputs, binding.packing, know)
	}

	/// The model's input: each feature in its unit, within what the input holds.
	fn values(
		inputs: &[Input<T::AccountId>],
		packing: Packing,
		know: impl Fn(&Feature<T::AccountId>) -> Option<u128>,
	) -> Result<BoundedVec<i32, T::MaxFeatures>, Error<T>> {
		let (least, most) = (i64::from(packing.offset), packing.max());
		let value = |input: &Input<T::AccountId>| {
			let value = know(&input.feature)?.checked_div(input.unit)?;
			let value = i64::try_from(value).unwrap_or(i64::MAX).min(most).max(least);
			i32::try_from(value).ok()
		};
		let values: Option<Vec<i32>> = inputs.iter().map(value).collect();
		let values = values.ok_or(Error::<T>::FeatureUnknown)?;
		BoundedVec::try_from(values).map_err(|_| Error::<T>::FeatureUnknown)
	}

	/// A feature that is there whatever is asked about.
	fn known_of_chain(feature: &Feature<T::AccountId>, poll: Option<PollIndex>) -> Option<u128> {
		match feature {
			Feature::Reported { by, key } => Self::reported(by.clone(), poll, *key),
			Feature::Metric(number) => T::Metrics::metric(*number),
			_ => None,
		}
	}

	/// A feature of a poll.
	fn known_of_poll(
		feature: &Feature<T::AccountId>,
		poll: PollIndex,
		status: &ReferendumStatusOf<T, ()>,
	) -> Option<u128> {
		let proposer = &status.submission_deposit.who;
		let since = |block: BlockNumberFor<T>| {
			let now = frame_system::Pallet::<T>::block_number();
			now.saturating_sub(block).unique_saturated_into()
		};
		let history = || Self::history(proposer.clone());
		Some(match feature {
			Feature::Track => {
				let place = T::Tracks::track_ids().position(|track| track == status.track)?;
				place.saturated_into()
			},
			Feature::Asked => Self::asked(status)?,
			Feature::Length => status.proposal.len()?.into(),
			Feature::DecisionDeposit => match &status.decision_deposit {
				Some(deposit) => deposit.amount.unique_saturated_into(),
				None => 0,
			},
			Feature::Age => since(status.submitted),
			Feature::Deciding => match &status.deciding {
				Some(deciding) => since(deciding.since),
				None => 0,
			},
			Feature::Approval => status.tally.approval(status.track).deconstruct().into(),
			Feature::Support => status.tally.support(status.track).deconstruct().into(),
			Feature::Ayes => status.tally.ayes(status.track).unique_saturated_into(),
			Feature::ProposerBalance => {
				T::Balances::total_balance(proposer).unique_saturated_into()
			},
			Feature::ProposerApproved => history().map_or(0, |found| found.approved.into()),
			Feature::ProposerRejected => history().map_or(0, |found| found.rejected.into()),
			Feature::ProposerReputation(area) => T::Reputation::score(proposer, *area).into(),
			other => Self::known_of_chain(other, Some(poll))?,
		})
	}

	/// What a poll's proposal would spend; `None` if it cannot be looked into.
	///
	/// Whoever proposes chooses these bytes: calls within calls are decoded to a depth only.
	fn asked(status: &ReferendumStatusOf<T, ()>) -> Option<u128> {
		if status.proposal.len()? > T::MaxProposal::get() {
			return None;
		}
		let fetched;
		let bytes: &[u8] = match &status.proposal {
			Bounded::Inline(bytes) => bytes,
			Bounded::Lookup { hash, len } => {
				fetched = T::Preimages::fetch(hash, Some(*len)).ok()?;
				&fetched
			},
			Bounded::Legacy { .. } => return None,
		};
		let call = CallOf::<T, ()>::decode_all_with_depth_limit(DEPTH, &mut &*bytes).ok()?;
		T::Asked::convert(call)
	}

	/// What a snapshot weighs, of a poll or a parameter.
	pub(crate) fn snapshot_weight(poll: bool) -> Weight {
		let features = T::MaxFeatures::get();
		let other = T::Reputation::weight().max(T::Metrics::weight());
		let call = match poll {
			true => <T as Config>::WeightInfo::snapshot_poll(features),
			false => <T as Config>::WeightInfo::snapshot_parameter(features),
		};
		// Of a snapshot in the place of another's, what is held of that account changes, too.
		let before = <T as frame_system::Config>::DbWeight::get().reads_writes(2, 2);
		call.saturating_add(other.saturating_mul(features.into())).saturating_add(before)
	}

	/// What the settlement of a poll weighs.
	pub(crate) fn settle_weight() -> Weight {
		// The benchmark has three accounts of deposits. There can be four.
		let fourth = <T as frame_system::Config>::DbWeight::get().reads_writes(2, 2);
		let settle = <T as Config>::WeightInfo::settle_poll().saturating_add(fourth);
		settle.saturating_add(T::Voting::weight().1)
	}
}
