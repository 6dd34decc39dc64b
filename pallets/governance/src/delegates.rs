//! Models that vote.

use crate::{
	pallet::*, Delegate, DelegateId, DelegatedVotes, History, Poll, PollIndex, Report, Snapshot,
	Subject, WeightInfo,
};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{
	dispatch::{DispatchResult, DispatchResultWithPostInfo, PostDispatchInfo},
	ensure,
	storage::with_storage_layer,
	traits::{fungible::Mutate, tokens::Preservation, Consideration, Footprint, Get},
	weights::Weight,
};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_referenda::{ReferendumInfo, ReferendumInfoFor};
use pallet_zkml::{InferenceVerifier, VerifiedInference};
use sp_runtime::{
	traits::{BlakeTwo256, Hash, Saturating, TrailingZeroInput, Zero},
	DispatchError,
};
use zkml_primitives::{Context, HintedProof, Inference, ModelId, Values};

/// Sets contexts of votes apart from all others.
pub(crate) const CAST_VOTE: &[u8] = b"governance/cast_vote";
/// Sets contexts of moves apart from all others.
pub(crate) const MOVE_PARAMETER: &[u8] = b"governance/move_parameter";

/// How many votes on polls that have ended a new vote removes, at most.
const REMOVED: usize = 2;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_register_delegate(
		registrant: T::AccountId,
		model: ModelId,
		terms: DelegateTermsOf<T>,
	) -> DispatchResult {
		let interface = T::Verifier::interface(model).ok_or(Error::<T>::UnfitModel)?;
		let packing = terms.packing(&interface).ok_or(Error::<T>::UnfitModel)?;
		let ticket = T::Consideration::new(&registrant, Self::footprint::<DelegateOf<T>>())?;
		let id = DelegateCount::<T>::mutate(|count| {
			let id = *count;
			*count = count.saturating_add(1);
			id
		});
		let delegate =
			Delegate { registrant, model, packing, terms, polls: 0, closed: false, ticket };
		Delegates::<T>::insert(id, delegate);
		let account = Self::account_of_delegate(id);
		Self::deposit_event(Event::DelegateRegistered { delegate: id, model, account });
		Ok(())
	}

	pub(crate) fn do_remove_delegate(who: T::AccountId, id: DelegateId) -> DispatchResult {
		let mut delegate = Delegates::<T>::get(id).ok_or(Error::<T>::DelegateNotFound)?;
		ensure!(delegate.registrant == who, Error::<T>::NotRegistrant);
		ensure!(!delegate.closed, Error::<T>::DelegateClosed);
		delegate.closed = true;
		Self::deposit_event(Event::DelegateClosed { delegate: id });
		Self::store_delegate(id, delegate)
	}

	/// Stores a delegate, or forgets a closed one that has no snapshots.
	fn store_delegate(id: DelegateId, delegate: DelegateOf<T>) -> DispatchResult {
		if delegate.closed && delegate.polls.is_zero() {
			delegate.ticket.drop(&delegate.registrant)?;
			Delegates::<T>::remove(id);
			Self::deposit_event(Event::DelegateRemoved { delegate: id });
		} else {
			Delegates::<T>::insert(id, delegate);
		}
		Ok(())
	}

	pub(crate) fn do_snapshot_poll(
		who: T::AccountId,
		id: DelegateId,
		poll: PollIndex,
	) -> DispatchResult {
		let mut delegate = Delegates::<T>::get(id).ok_or(Error::<T>::DelegateNotFound)?;
		let subject = Subject::Poll { delegate: id, poll };
		let before = Snapshots::<T>::get(&subject);
		ensure!(before.is_some() || !delegate.closed, Error::<T>::DelegateClosed);
		let values = Self::features_of_poll(&delegate, poll)?;
		let at = frame_system::Pallet::<T>::block_number();
		let number = match &before {
			Some(before) => {
				ensure!(before.number < delegate.terms.snapshots, Error::<T>::NoMoreSnapshots);
				let next = before.at.saturating_add(delegate.terms.interval);
				ensure!(at > before.at && at >= next, Error::<T>::TooSoon);
				before.number.saturating_add(1)
			},
			None => {
				Self::remember_poll(&who, poll)?;
				delegate.polls = delegate.polls.saturating_add(1);
				Delegates::<T>::insert(id, delegate);
				1
			},
		};
		let ticket = Self::snapshot_ticket(&who, before)?;
		let snapshot = Snapshot { at, number, values, answered: false, depositor: who, ticket };
		Snapshots::<T>::insert(&subject, snapshot);
		Self::deposit_event(Event::PollSnapshotted { delegate: id, poll, at });
		Ok(())
	}

	/// The deposit for a snapshot, in the place of the one before it.
	pub(crate) fn snapshot_ticket(
		who: &T::AccountId,
		before: Option<SnapshotOf<T>>,
	) -> Result<T::Consideration, DispatchError> {
		let footprint = Self::footprint::<(Subject<KeyOf<T>>, SnapshotOf<T>)>();
		match before {
			Some(before) if before.depositor == *who => before.ticket.update(who, footprint),
			before => {
				let ticket = T::Consideration::new(who, footprint)?;
				if let Some(before) = before {
					before.ticket.drop(&before.depositor)?;
				}
				Ok(ticket)
			},
		}
	}

	/// Counts one more delegate with a snapshot of a poll.
	fn remember_poll(who: &T::AccountId, poll: PollIndex) -> DispatchResult {
		let known = match Polls::<T>::get(poll) {
			Some(known) => Poll { delegates: known.delegates.saturating_add(1), ..known },
			None => {
				let status = Self::ongoing(poll).ok_or(Error::<T>::PollNotOngoing)?;
				let ticket = T::Consideration::new(who, Self::footprint::<PollOf<T>>())?;
				let (proposer, track) = (status.submission_deposit.who, status.track);
				Poll { proposer, track, delegates: 1, depositor: who.clone(), ticket }
			},
		};
		Polls::<T>::insert(poll, known);
		Ok(())
	}

	pub(crate) fn do_cast_vote(
		who: T::AccountId,
		id: DelegateId,
		poll: PollIndex,
		at: BlockNumberFor<T>,
		signals: u32,
		inference: &Inference,
		proof: &HintedProof,
	) -> DispatchResultWithPostInfo {
		let delegate = Delegates::<T>::get(id).ok_or(Error::<T>::DelegateNotFound)?;
		let subject = Subject::Poll { delegate: id, poll };
		let snapshot = Snapshots::<T>::get(&subject).filter(|found| found.at == at);
		let snapshot = snapshot.ok_or(Error::<T>::SnapshotNotFound)?;
		ensure!(!snapshot.answered, Error::<T>::AlreadyAnswered);
		let context = Self::vote_context(&delegate, &subject, at, &who);
		let model = delegate.model;
		let verified = T::Verifier::verify(signals, model, context, inference, proof)
			.map_err(Error::<T>::Refused)?;
		Self::ensure_input(&verified, &snapshot.values)?;
		let aye = delegate.terms.decision.aye(verified.output()).ok_or(Error::<T>::OtherOutput)?;
		Self::cast(who, (id, delegate), poll, snapshot, aye)?;
		Ok(Self::refund(Self::cast_vote_weight(signals), signals, verified.signals()))
	}

	/// Casts a vote that was proven.
	pub(crate) fn cast(
		who: T::AccountId,
		(id, delegate): (DelegateId, DelegateOf<T>),
		poll: PollIndex,
		mut snapshot: SnapshotOf<T>,
		aye: bool,
	) -> DispatchResult {
		let track = Self::ongoing(poll).ok_or(Error::<T>::PollNotOngoing)?.track;
		let account = Self::account_of_delegate(id);
		for old in T::Voting::oldest(&account, &track, REMOVED) {
			if Self::ongoing(old).is_none() {
				T::Voting::remove(&account, track, old);
			}
		}
		T::Voting::vote(&account, poll, aye)?;
		let at = snapshot.at;
		snapshot.answered = true;
		Snapshots::<T>::insert(Subject::Poll { delegate: id, poll }, snapshot);
		let reward = Self::pay(&account, &who, delegate.terms.reward);
		Self::deposit_event(Event::VoteCast { delegate: id, poll, at, aye, who, reward });
		Ok(())
	}

	pub(crate) fn do_settle_poll(
		who: T::AccountId,
		id: DelegateId,
		poll: PollIndex,
	) -> DispatchResult {
		let subject = Subject::Poll { delegate: id, poll };
		let snapshot = Snapshots::<T>::get(&subject).ok_or(Error::<T>::SnapshotNotFound)?;
		let ended = ReferendumInfoFor::<T>::get(poll);
		ensure!(!matches!(ended, Some(ReferendumInfo::Ongoing(_))), Error::<T>::PollOngoing);
		snapshot.ticket.drop(&snapshot.depositor)?;
		Snapshots::<T>::remove(&subject);
		if let Some(mut delegate) = Delegates::<T>::get(id) {
			delegate.polls = delegate.polls.saturating_sub(1);
			Self::store_delegate(id, delegate)?;
		}
		if let Some(known) = Polls::<T>::get(poll) {
			T::Voting::remove(&Self::account_of_delegate(id), known.track, poll);
			let delegates = known.delegates.saturating_sub(1);
			if delegates.is_zero() {
				known.ticket.drop(&known.depositor)?;
				Polls::<T>::remove(poll);
				match ended {
					Some(ReferendumInfo::Approved(..)) => Self::count(&who, known.proposer, 1, 0)?,
					Some(ReferendumInfo::Rejected(..)) => Self::count(&who, known.proposer, 0, 1)?,
					_ => {},
				}
			} else {
				Polls::<T>::insert(poll, Poll { delegates, ..known });
			}
		}
		Self::deposit_event(Event::PollSettled { delegate: id, poll });
		Ok(())
	}

	/// Counts for a proposer how a poll ended.
	fn count(
		who: &T::AccountId,
		proposer: T::AccountId,
		approved: u32,
		rejected: u32,
	) -> DispatchResult {
		let last = frame_system::Pallet::<T>::block_number();
		let mut history = match Histories::<T>::get(&proposer) {
			Some(history) => history,
			None => {
				let footprint = Self::footprint::<(T::AccountId, HistoryOf<T>)>();
				let ticket = T::Consideration::new(who, footprint)?;
				History { approved: 0, rejected: 0, last, depositor: who.clone(), ticket }
			},
		};
		history.approved = history.approved.saturating_add(approved);
		history.rejected = history.rejected.saturating_add(rejected);
		history.last = last;
		Histories::<T>::insert(proposer, history);
		Ok(())
	}

	pub(crate) fn do_forget_history(who: T::AccountId, proposer: T::AccountId) -> DispatchResult {
		let history = Histories::<T>::get(&proposer).ok_or(Error::<T>::NothingToForget)?;
		let kept = history.last.saturating_add(T::HistoryAge::get());
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(history.depositor == who && now > kept, Error::<T>::HistoryKept);
		history.ticket.drop(&who)?;
		Histories::<T>::remove(&proposer);
		Self::deposit_event(Event::HistoryForgotten { proposer });
		Ok(())
	}

	pub(crate) fn do_report(
		by: T::AccountId,
		poll: Option<PollIndex>,
		key: u32,
		value: Option<u128>,
	) -> DispatchResult {
		let place = (by.clone(), poll, key);
		match (Reports::<T>::get(&place), value) {
			(None, None) => return Err(Error::<T>::NothingToForget.into()),
			(Some(found), None) => {
				found.ticket.drop(&by)?;
				Reports::<T>::remove(&place);
			},
			(Some(found), Some(value)) => {
				Reports::<T>::insert(&place, Report { value, ..found });
			},
			(None, Some(value)) => {
				let ticket = T::Consideration::new(&by, Self::report_footprint())?;
				Reports::<T>::insert(&place, Report { value, ticket });
			},
		}
		Self::deposit_event(Event::Reported { by, poll, key, value });
		Ok(())
	}

	/// What an account's proof of an answer to the last snapshot of a subject must be made for.
	pub(crate) fn context_of(
		subject: &Subject<KeyOf<T>>,
		account: &T::AccountId,
	) -> Option<Context> {
		let at = Snapshots::<T>::get(subject)?.at;
		match subject {
			Subject::Poll { delegate, .. } => {
				let delegate = Delegates::<T>::get(delegate)?;
				Some(Self::vote_context(&delegate, subject, at, account))
			},
			Subject::Parameter(key) => {
				let binding = Bindings::<T>::get(key)?;
				Some(Self::move_context(&binding, key, at, account))
			},
		}
	}

	/// The context of a vote: which poll, for which delegate, in which state, and who is paid.
	pub(crate) fn vote_context(
		delegate: &DelegateOf<T>,
		subject: &Subject<KeyOf<T>>,
		at: BlockNumberFor<T>,
		who: &T::AccountId,
	) -> Context {
		T::Verifier::context(CAST_VOTE, delegate.model, who, &(subject, at).encode())
	}

	/// Checks that an inference is about what was frozen.
	pub(crate) fn ensure_input(
		verified: &VerifiedInference,
		values: &[i32],
	) -> Result<(), Error<T>> {
		let input = verified.input().map(Values::to_vec);
		ensure!(input.as_deref() == Some(values), Error::<T>::OtherInput);
		Ok(())
	}

	/// Pays a reward, if there is so much; what was paid.
	pub(crate) fn pay(
		from: &T::AccountId,
		to: &T::AccountId,
		amount: BalanceOf<T>,
	) -> BalanceOf<T> {
		let paid = with_storage_layer(|| {
			T::Balances::transfer(from, to, amount, Preservation::Expendable)
		});
		paid.unwrap_or_else(|_| Zero::zero())
	}

	/// What a delegate's vote weighs.
	pub(crate) fn cast_vote_weight(signals: u32) -> Weight {
		let (vote, remove) = T::Voting::weight();
		T::Verifier::weight(signals)
			.saturating_add(<T as Config>::WeightInfo::cast_vote())
			.saturating_add(vote)
			.saturating_add(remove.saturating_mul(REMOVED as u64))
	}

	/// Charges for the public signals that a model has, in the place of those declared.
	pub(crate) fn refund(charged: Weight, declared: u32, signals: u32) -> PostDispatchInfo {
		let unused = T::Verifier::weight(declared).saturating_sub(T::Verifier::weight(signals));
		Some(charged.saturating_sub(unused)).into()
	}

	/// The account to which holders delegate.
	pub(crate) fn account_of_delegate(id: DelegateId) -> T::AccountId {
		keyless(&(b"zkml/governance/delegate", id))
	}

	/// What something takes in storage, at most.
	pub(crate) fn footprint<Stored: MaxEncodedLen>() -> Footprint {
		Footprint::from_mel::<Stored>()
	}

	/// What a report takes, at most.
	pub(crate) fn report_footprint() -> Footprint {
		Self::footprint::<(T::AccountId, Option<PollIndex>, u32, Report<T::Consideration>)>()
	}
}

/// An account of which nobody has the key: a hash.
#[allow(clippy::expect_used)]
pub(crate) fn keyless<AccountId: Decode>(of: &impl Encode) -> AccountId {
	let hash = BlakeTwo256::hash_of(of);
	AccountId::decode(&mut TrailingZeroInput::new(hash.as_bytes()))
		.expect("the input does not end, and every string of bytes is an account; qed")
}
