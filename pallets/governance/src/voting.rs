//! `pallet-conviction-voting`, as a delegate uses it.

use crate::PollIndex;
use alloc::vec::Vec;
use core::marker::PhantomData;
use frame_support::{dispatch::DispatchResult, traits::Polling, weights::Weight};
use frame_system::RawOrigin;
use pallet_conviction_voting::{
	AccountVote, Casting, ClassOf, Config, Conviction, Pallet, TallyOf, Vote, Voting, VotingFor,
	WeightInfo,
};
use sp_runtime::traits::Zero;

/// Votes of accounts without keys, which carry what was delegated to them.
pub trait DelegatedVotes<AccountId> {
	/// What a poll's votes are counted by.
	type Class;

	/// Votes on a poll, in the place of an earlier vote; with nothing of the account's own.
	///
	/// # Errors
	/// What the voting pallet says.
	fn vote(account: &AccountId, poll: PollIndex, aye: bool) -> DispatchResult;

	/// The first polls of a class that an account has votes on.
	fn oldest(account: &AccountId, class: &Self::Class, count: usize) -> Vec<PollIndex>;

	/// Removes a vote on a poll that has ended; does nothing if there is none.
	fn remove(account: &AccountId, class: Self::Class, poll: PollIndex);

	/// What a vote costs, and what [`Self::oldest`] and a removal do, at most.
	fn weight() -> (Weight, Weight);
}

/// The votes of `pallet-conviction-voting`.
pub struct ConvictionVotes<T>(PhantomData<T>);

impl<T> DelegatedVotes<T::AccountId> for ConvictionVotes<T>
where
	T: Config,
	T::Polls: Polling<TallyOf<T>, Index = PollIndex>,
{
	type Class = ClassOf<T>;

	fn vote(account: &T::AccountId, poll: PollIndex, aye: bool) -> DispatchResult {
		// Without conviction nothing of the account is locked, and the vote can go when the poll ends.
		let vote = Vote { aye, conviction: Conviction::None };
		let vote = AccountVote::Standard { vote, balance: Zero::zero() };
		Pallet::<T>::vote(RawOrigin::Signed(account.clone()).into(), poll, vote)
	}

	fn oldest(account: &T::AccountId, class: &Self::Class, count: usize) -> Vec<PollIndex> {
		match VotingFor::<T>::get(account, class) {
			Voting::Casting(Casting { votes, .. }) => {
				votes.iter().take(count).map(|(poll, _)| *poll).collect()
			},
			Voting::Delegating(_) => Vec::new(),
		}
	}

	fn remove(account: &T::AccountId, class: Self::Class, poll: PollIndex) {
		let origin = RawOrigin::Signed(account.clone()).into();
		// There may be no vote: the snapshot was never answered.
		let _ = Pallet::<T>::remove_vote(origin, Some(class), poll);
	}

	fn weight() -> (Weight, Weight) {
		let vote = T::WeightInfo::vote_new().max(T::WeightInfo::vote_existing());
		(vote, T::WeightInfo::remove_vote())
	}
}
