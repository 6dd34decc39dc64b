//! What is true of the storage between any two calls.

use crate::{pallet::*, DelegatedVotes, Subject};
use alloc::collections::BTreeMap;
use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::{
	traits::{Saturating, Zero},
	TryRuntimeError,
};

impl<T: Config> Pallet<T> {
	/// Checks that snapshots are counted where they belong, that a delegate has one vote on each poll
	/// that it answered for and none on others, that ballots count what was cast, and that rewards
	/// are there.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let now = frame_system::Pallet::<T>::block_number();
		let (mut by_delegate, mut by_poll) = (BTreeMap::new(), BTreeMap::new());
		for (subject, snapshot) in Snapshots::<T>::iter() {
			ensure!(snapshot.at <= now, "a snapshot comes from the future");
			match subject {
				Subject::Poll { delegate: id, poll } => {
					let delegate = Delegates::<T>::get(id).ok_or("a snapshot is of no delegate")?;
					let inputs = delegate.terms.inputs.len();
					ensure!(snapshot.values.len() == inputs, "a snapshot is not of all inputs");
					ensure!(snapshot.number >= 1, "a snapshot has no number");
					let most = delegate.terms.snapshots;
					ensure!(snapshot.number <= most, "there are too many snapshots");
					*by_delegate.entry(id).or_insert(0u32) += 1;
					*by_poll.entry(poll).or_insert(0u32) += 1;
					let Some(status) = Self::ongoing(poll) else { continue };
					let account = Self::account_of_delegate(id);
					let votes = T::Voting::oldest(&account, &status.track, usize::MAX);
					let votes = votes.iter().filter(|voted| **voted == poll).count();
					ensure!(votes <= 1, "a delegate has two votes on a poll");
					let cast = snapshot.answered || (snapshot.number > 1 && votes == 1);
					ensure!((votes == 1) == cast, "a delegate has a vote that nobody proved");
				},
				Subject::Parameter(key) => {
					let binding = Bindings::<T>::get(key).ok_or("a snapshot is of no binding")?;
					let inputs = binding.terms.inputs.len();
					ensure!(snapshot.values.len() == inputs, "a snapshot is not of all inputs");
					ensure!(!snapshot.answered, "an answered snapshot was not removed");
				},
			}
		}
		for (id, delegate) in Delegates::<T>::iter() {
			ensure!(id < DelegateCount::<T>::get(), "a delegate has no number of its own");
			let polls = by_delegate.get(&id).copied().unwrap_or_default();
			ensure!(delegate.polls == polls, "a delegate's snapshots are not counted");
			ensure!(!delegate.closed || polls > 0, "a closed delegate is kept for nothing");
		}
		ensure!(Polls::<T>::iter().count() == by_poll.len(), "a poll has no snapshots");
		for (poll, known) in Polls::<T>::iter() {
			let delegates = by_poll.get(&poll).copied();
			ensure!(Some(known.delegates) == delegates, "a poll's snapshots are not counted");
		}
		for (_, history) in Histories::<T>::iter() {
			ensure!(history.approved > 0 || history.rejected > 0, "a history is empty");
			ensure!(history.last <= now, "a history comes from the future");
		}
		for (_, binding) in Bindings::<T>::iter() {
			let terms = binding.terms;
			ensure!(terms.floor <= terms.ceiling, "a parameter's floor is above its ceiling");
			ensure!(binding.moved.is_none_or(|moved| moved <= now), "a move is still to come");
		}
		let mut rewards = BTreeMap::new();
		for (id, ballot) in Ballots::<T>::iter() {
			ensure!(id < BallotCount::<T>::get(), "a ballot has no number of its own");
			let stored = Nullifiers::<T>::iter_key_prefix(id).count() as u32;
			ensure!(stored == ballot.nullifiers, "a ballot's votes are not counted");
			let votes: u32 = ballot.counts.iter().sum();
			let open = now <= ballot.terms.ends;
			ensure!(votes == stored || (!open && votes > stored), "a vote is for no choice");
			ensure!(votes <= ballot.terms.max_votes, "there are too many votes");
			let paid = ballot.terms.max_votes.saturating_sub(ballot.rewards);
			ensure!(paid <= votes, "a reward was for no vote");
			let left = ballot.terms.reward.saturating_mul(ballot.rewards.into());
			let total = rewards.entry(ballot.opener).or_insert_with(BalanceOf::<T>::zero);
			*total = total.saturating_add(left);
		}
		for (opener, total) in rewards {
			let held = T::Balances::balance_on_hold(&HoldReason::BallotRewards.into(), &opener);
			ensure!(held == total, "a ballot's rewards are not held");
		}
		Ok(())
	}
}
