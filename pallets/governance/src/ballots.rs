//! Anonymous ballots among those whose hidden profile a model lets pass.

use crate::{pallet::*, Ballot, BallotId, WeightInfo};
use codec::Encode;
use frame_support::{
	dispatch::{DispatchResult, DispatchResultWithPostInfo},
	ensure,
	storage::with_storage_layer,
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision, Restriction},
		Consideration, Footprint, Get,
	},
	weights::Weight,
	BoundedVec,
};
use pallet_attestation::Attested;
use pallet_zkml::InferenceVerifier;
use sp_runtime::traits::{CheckedMul, Saturating, Zero};
use zkml_primitives::{
	Commitment, Context, HintedProof, Inference, InputVisibility, Membership, OutputKind,
};

/// Sets contexts of votes apart from all others.
const CAST_BALLOT: &[u8] = b"governance/cast_ballot";
/// Sets topics apart from all contexts.
const TOPIC: &[u8] = b"governance/topic";

impl<T: Config> Pallet<T> {
	pub(crate) fn do_open_ballot(opener: T::AccountId, terms: BallotTermsOf<T>) -> DispatchResult {
		let interface = T::Verifier::interface(terms.model).ok_or(Error::<T>::MalformedBallot)?;
		let members = match interface.input {
			InputVisibility::Member { schema, .. } => schema == terms.schema,
			_ => false,
		};
		let passes = matches!(interface.output, OutputKind::Threshold { .. });
		let now = frame_system::Pallet::<T>::block_number();
		let choices = terms.choices >= 2 && terms.choices <= T::MaxChoices::get();
		let sound = members && passes && choices && terms.ends >= now && terms.max_votes > 0;
		ensure!(sound, Error::<T>::MalformedBallot);
		let posted = T::Attested::root_posted(&terms.issuer, terms.schema, terms.root);
		ensure!(posted.is_some(), Error::<T>::RootUnknown);
		let rewards = terms.reward.checked_mul(&terms.max_votes.into());
		let rewards = rewards.ok_or(Error::<T>::MalformedBallot)?;
		let ticket = T::Consideration::new(&opener, Self::ballot_footprint(terms.max_votes))?;
		T::Balances::hold(&HoldReason::BallotRewards.into(), &opener, rewards)?;
		let counts = core::iter::repeat_n(0, terms.choices as usize).collect();
		let id = BallotCount::<T>::mutate(|count| {
			let id = *count;
			*count = count.saturating_add(1);
			id
		});
		let rewards = terms.max_votes;
		let counts = BoundedVec::truncate_from(counts);
		Ballots::<T>::insert(id, Ballot { terms, opener, counts, nullifiers: 0, rewards, ticket });
		Self::deposit_event(Event::BallotOpened { ballot: id });
		Ok(())
	}

	pub(crate) fn do_cast_ballot(
		who: T::AccountId,
		id: BallotId,
		signals: u32,
		inference: &Inference,
		proof: &HintedProof,
	) -> DispatchResultWithPostInfo {
		let ballot = Ballots::<T>::get(id).ok_or(Error::<T>::BallotNotFound)?;
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(now <= ballot.terms.ends, Error::<T>::BallotEnded);
		ensure!(ballot.nullifiers < ballot.terms.max_votes, Error::<T>::BallotFull);
		let (topic, context) = Self::ballot_contexts(id, &ballot, &who);
		let model = ballot.terms.model;
		let verified = T::Verifier::verify(signals, model, context, inference, proof)
			.map_err(Error::<T>::Refused)?;
		ensure!(verified.passed(), Error::<T>::OtherOutput);
		let membership = verified.membership().ok_or(Error::<T>::OtherOutput)?;
		ensure!(membership.topic == topic, Error::<T>::OtherTopic);
		Self::count_vote(who, id, ballot, *membership)?;
		Ok(Self::refund(Self::cast_ballot_weight(signals), signals, verified.signals()))
	}

	/// Counts a vote that was proven.
	pub(crate) fn count_vote(
		who: T::AccountId,
		id: BallotId,
		mut ballot: BallotOf<T>,
		membership: Membership,
	) -> DispatchResult {
		let Membership { root, nullifier, choice, .. } = membership;
		let terms = &ballot.terms;
		ensure!(root == terms.root, Error::<T>::OtherRoot);
		// What an issuer does to its roots later changes no ballot: it would see the counts before.
		let vouches = T::Attested::vouches(&terms.issuer, terms.schema);
		ensure!(vouches, Error::<T>::IssuerSuspended);
		ensure!(!Nullifiers::<T>::contains_key(id, nullifier), Error::<T>::AlreadyVoted);
		let count = ballot.counts.get_mut(choice as usize).ok_or(Error::<T>::NoSuchChoice)?;
		*count = count.saturating_add(1);
		Nullifiers::<T>::insert(id, nullifier, ());
		ballot.nullifiers = ballot.nullifiers.saturating_add(1);
		// An account that cannot take the reward votes all the same.
		if Self::reward_vote(&ballot, &who).is_ok() {
			ballot.rewards = ballot.rewards.saturating_sub(1);
		}
		Ballots::<T>::insert(id, ballot);
		Self::deposit_event(Event::BallotCast { ballot: id, choice, who });
		Ok(())
	}

	/// Pays who hands a vote in, of what was put down.
	fn reward_vote(ballot: &BallotOf<T>, who: &T::AccountId) -> DispatchResult {
		let (reason, reward) = (HoldReason::BallotRewards.into(), ballot.terms.reward);
		with_storage_layer(|| {
			let (exact, free, polite) = (Precision::Exact, Restriction::Free, Fortitude::Polite);
			let from = &ballot.opener;
			T::Balances::transfer_on_hold(&reason, from, who, reward, exact, free, polite)
		})?;
		Ok(())
	}

	pub(crate) fn do_close_ballot(id: BallotId, limit: u32) -> DispatchResultWithPostInfo {
		let mut ballot = Ballots::<T>::get(id).ok_or(Error::<T>::BallotNotFound)?;
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(now > ballot.terms.ends, Error::<T>::BallotOpen);
		let removed = Nullifiers::<T>::drain_prefix(id).take(limit as usize).count() as u32;
		ballot.nullifiers = ballot.nullifiers.saturating_sub(removed);
		if ballot.nullifiers.is_zero() {
			let left = ballot.terms.reward.saturating_mul(ballot.rewards.into());
			let reason = HoldReason::BallotRewards.into();
			T::Balances::release(&reason, &ballot.opener, left, Precision::BestEffort)?;
			ballot.ticket.drop(&ballot.opener)?;
			Ballots::<T>::remove(id);
			Self::deposit_event(Event::BallotClosed { ballot: id, counts: ballot.counts });
		} else {
			Ballots::<T>::insert(id, ballot);
		}
		Ok(Some(<T as Config>::WeightInfo::close_ballot(removed)).into())
	}

	/// What a vote's nullifier is made for, and the context of a proof.
	fn ballot_contexts(
		id: BallotId,
		ballot: &BallotOf<T>,
		who: &T::AccountId,
	) -> (Commitment, Context) {
		let (model, payload) = (ballot.terms.model, id.encode());
		// Whoever hands a vote in, a voter has one nullifier.
		let topic = T::Verifier::context(TOPIC, model, &ballot.opener, &payload);
		let context = T::Verifier::context(CAST_BALLOT, model, who, &payload);
		(Commitment(topic.0), context)
	}

	/// The same of a ballot by its number.
	pub(crate) fn context_of_ballot(
		id: BallotId,
		who: &T::AccountId,
	) -> Option<(Commitment, Context)> {
		Ballots::<T>::get(id).map(|ballot| Self::ballot_contexts(id, &ballot, who))
	}

	/// What a ballot and its votes take, at most.
	pub(crate) fn ballot_footprint(votes: u32) -> Footprint {
		let ballot = Footprint::from_mel::<(BallotId, BallotOf<T>)>();
		let vote = Footprint::from_mel::<(BallotId, Commitment)>();
		let size = ballot.size.saturating_add(vote.size.saturating_mul(votes.into()));
		Footprint { count: 1, size }
	}

	/// What a ballot's opening weighs.
	pub(crate) fn open_ballot_weight() -> Weight {
		<T as Config>::WeightInfo::open_ballot().saturating_add(T::Attested::weight())
	}

	/// What a vote weighs.
	pub(crate) fn cast_ballot_weight(signals: u32) -> Weight {
		T::Verifier::weight(signals)
			.saturating_add(<T as Config>::WeightInfo::cast_ballot())
			.saturating_add(T::Attested::weight())
	}
}
