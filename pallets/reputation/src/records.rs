//! What the calls do.

use crate::{
	decay::decayed, pallet::*, Answer, AreaId, Contribution, Record, Reputation, WeightInfo,
};
use alloc::{collections::BTreeSet, vec::Vec};
use codec::Encode;
use frame_support::{
	dispatch::{DispatchResult, DispatchResultWithPostInfo},
	ensure,
	traits::{Consideration, Footprint, Get},
	weights::Weight,
	BoundedVec,
};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_attestation::{Attested, NotAttested};
use pallet_zkml::{InferenceVerifier, VerifiedInference};
use sp_runtime::{
	traits::{Saturating, Zero},
	SaturatedConversion,
};
use zkml_primitives::{Commitment, Context, HintedProof, Inference, InputVisibility, ModelId};

/// Sets the contexts of this pallet apart from all others.
const PROVE: &[u8] = b"reputation/prove";

/// What a proof is to show, and what it adds to.
pub(crate) struct Claim<T: Config> {
	/// To what the proof is tied.
	pub(crate) context: Context,
	who: T::AccountId,
	id: AreaId,
	area: AreaOf<T>,
	source: SourceOf<T>,
	record: Option<RecordOf<T>>,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_area(id: AreaId, settings: Option<AreaOf<T>>) -> DispatchResult {
		let Some(area) = settings else {
			ensure!(Areas::<T>::take(id).is_some(), Error::<T>::AreaNotFound);
			Self::deposit_event(Event::AreaRemoved { area: id });
			return Ok(());
		};
		ensure!(!area.half_life.is_zero(), Error::<T>::HalfLifeZero);
		ensure!(area.floor <= area.ceiling, Error::<T>::CeilingBelowFloor);
		let models: BTreeSet<ModelId> = area.sources.iter().map(|source| source.model).collect();
		ensure!(models.len() == area.sources.len(), Error::<T>::SourceListedTwice);
		for source in &area.sources {
			ensure!(!source.issuers.is_empty(), Error::<T>::NoIssuers);
			let interface =
				T::Verifier::interface(source.model).ok_or(Error::<T>::ModelNotFound)?;
			let committed = InputVisibility::Committed { schema: source.schema };
			ensure!(interface.input == committed, Error::<T>::InputMismatch);
			ensure!(source.points.fit(&interface.output), Error::<T>::PointsMismatch);
		}
		Areas::<T>::insert(id, area);
		Self::deposit_event(Event::AreaSet { area: id });
		Ok(())
	}

	pub(crate) fn do_prove(
		who: T::AccountId,
		area: AreaId,
		model: ModelId,
		signals: u32,
		anchor: BlockNumberFor<T>,
		inference: Inference,
		proof: HintedProof,
	) -> DispatchResultWithPostInfo {
		let claim = Self::claim(who, area, model, anchor)?;
		let verified = T::Verifier::verify(signals, model, claim.context, &inference, &proof)
			.map_err(Error::<T>::Refused)?;
		let Claim { who, source, .. } = &claim;
		let commitment = verified.input_commitment();
		let commitment = commitment.ok_or(Error::<T>::NotAttested(NotAttested::NotCommitted))?;
		T::Attested::ensure_committed(commitment, who, source.schema, &source.issuers)
			.map_err(Error::<T>::NotAttested)?;
		let answer = Self::answer(&verified, source)?;
		Self::contribute(claim, answer, commitment)?;
		Ok(Some(Self::prove_weight(verified.signals())).into())
	}

	/// What a proof for the block `anchor` would have to show now.
	///
	/// A context comes once only. It holds the hash of a block, and after it was accepted in block
	/// `since`, only blocks from `since` on will do: all that were known by then are before it. That
	/// is remembered, also of what was struck out or is no longer listed, until those blocks are too
	/// old.
	pub(crate) fn claim(
		who: T::AccountId,
		id: AreaId,
		model: ModelId,
		anchor: BlockNumberFor<T>,
	) -> Result<Claim<T>, Error<T>> {
		let area = Areas::<T>::get(id).ok_or(Error::<T>::AreaNotFound)?;
		let source = area.source(model).cloned().ok_or(Error::<T>::SourceNotFound)?;
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(anchor < now, Error::<T>::AnchorUnknown);
		let age = now.saturating_sub(anchor);
		ensure!(age <= T::MaxAnchorAge::get(), Error::<T>::AnchorTooOld);
		let record = Records::<T>::get(&who, id);
		let mut known = record.iter().flat_map(|record| &record.contributions);
		let known = known.find(|known| known.model == model);
		ensure!(known.is_none_or(|known| anchor >= known.since), Error::<T>::AnchorUsed);
		let hash = frame_system::Pallet::<T>::block_hash(anchor);
		ensure!(hash != T::Hash::default(), Error::<T>::AnchorUnknown);
		let context = T::Verifier::context(PROVE, model, &who, &(id, hash).encode());
		Ok(Claim { context, who, id, area, source, record })
	}

	/// What a model answered, of those things that can earn points.
	fn answer(verified: &VerifiedInference, source: &SourceOf<T>) -> Result<Answer, Error<T>> {
		if verified.passed() {
			return Ok(Answer::Passed);
		}
		let label = verified.label().ok_or(Error::<T>::PointsMismatch)?;
		if let Some(mask) = verified.mask() {
			// The prover chose it. With fewer classes the best of them would be the prover's choice, too.
			let full = (0..source.points.labels()).all(|class| mask.allows(class));
			ensure!(full, Error::<T>::MaskNotFull);
		}
		Ok(Answer::Label(label))
	}

	/// Lets an answer count, in the place of the one before.
	///
	/// The caller has checked that it is proven under the claim's context, and over values that are
	/// attested.
	pub(crate) fn contribute(
		claim: Claim<T>,
		answer: Answer,
		commitment: Commitment,
	) -> DispatchResult {
		let Claim { who, id, area, source, record, context: _ } = claim;
		let model = source.model;
		let points = source.points.of(answer).ok_or(Error::<T>::PointsMismatch)?;
		ensure!(points > 0, Error::<T>::NoPoints);
		let now = frame_system::Pallet::<T>::block_number();
		let contribution = Contribution { model, answer, points, commitment, since: now };
		let mut record = match record {
			Some(record) => record,
			None => {
				let ticket = T::Consideration::new(&who, Self::record_footprint())?;
				Record { contributions: BoundedVec::new(), ticket }
			},
		};
		match record.contributions.iter_mut().find(|known| known.model == model) {
			Some(known) => *known = contribution,
			None => {
				record.contributions.retain(|known| {
					area.source(known.model).is_some() || Self::is_remembered(known, now)
				});
				let added = record.contributions.try_push(contribution);
				added.map_err(|_| Error::<T>::RecordFull)?;
			},
		}
		Records::<T>::insert(&who, id, record);
		Self::deposit_event(Event::Proven { account: who, area: id, model, points });
		Ok(())
	}

	pub(crate) fn do_challenge(
		account: T::AccountId,
		id: AreaId,
		model: ModelId,
	) -> DispatchResult {
		let area = Areas::<T>::get(id).ok_or(Error::<T>::AreaNotFound)?;
		let source = area.source(model).ok_or(Error::<T>::SourceNotFound)?;
		let mut record = Records::<T>::get(&account, id).ok_or(Error::<T>::RecordNotFound)?;
		let found = record.contributions.iter_mut().find(|known| known.model == model);
		// Kept without points, so that its proof does not count again.
		let known = found.filter(|known| known.points > 0);
		let known = known.ok_or(Error::<T>::ContributionNotFound)?;
		let (commitment, issuers) = (known.commitment, &source.issuers);
		let held = T::Attested::ensure_committed(commitment, &account, source.schema, issuers);
		ensure!(held.is_err(), Error::<T>::StillAttested);
		known.points = 0;
		Records::<T>::insert(&account, id, record);
		Self::deposit_event(Event::StruckOut { account, area: id, model });
		Ok(())
	}

	pub(crate) fn do_remove_record(
		who: T::AccountId,
		account: T::AccountId,
		id: AreaId,
	) -> DispatchResult {
		let record = Records::<T>::get(&account, id).ok_or(Error::<T>::RecordNotFound)?;
		let now = frame_system::Pallet::<T>::block_number();
		let remembered = record.contributions.iter().any(|known| Self::is_remembered(known, now));
		ensure!(!remembered, Error::<T>::StillRemembered);
		let counts = Areas::<T>::get(id).is_some_and(|area| {
			record.contributions.iter().any(|known| Self::worth(&area, known, now) > 0)
		});
		ensure!(!counts || who == account, Error::<T>::StillCounts);
		record.ticket.drop(&account)?;
		Records::<T>::remove(&account, id);
		Self::deposit_event(Event::RecordRemoved { account, area: id });
		Ok(())
	}
}

impl<T: Config> Pallet<T> {
	/// Whether the proof of a contribution is for a block that is not too old yet.
	///
	/// That block is before `since`; it is `MaxAnchorAge` blocks old before `since + MaxAnchorAge`.
	fn is_remembered(known: &Contribution<BlockNumberFor<T>>, now: BlockNumberFor<T>) -> bool {
		now < known.since.saturating_add(T::MaxAnchorAge::get())
	}

	/// What a contribution gives: nothing where its source is not listed, and else what its answer gave
	/// when it was proven, or gives now if that is less, grown old.
	pub(crate) fn worth(
		area: &AreaOf<T>,
		known: &Contribution<BlockNumberFor<T>>,
		now: BlockNumberFor<T>,
	) -> u32 {
		let source = area.source(known.model);
		let points = source.and_then(|source| source.points.of(known.answer)).unwrap_or_default();
		let age = now.saturating_sub(known.since).saturated_into();
		decayed(points.min(known.points), age, area.half_life.saturated_into())
	}

	/// An account's score in an area.
	pub(crate) fn score_of(who: &T::AccountId, id: AreaId) -> u32 {
		let Some(area) = Areas::<T>::get(id) else { return 0 };
		let now = frame_system::Pallet::<T>::block_number();
		let earned = Records::<T>::get(who, id).map_or(0, |record| {
			let worths = record.contributions.iter().map(|known| Self::worth(&area, known, now));
			worths.fold(0, u32::saturating_add)
		});
		area.floor.saturating_add(earned).min(area.ceiling)
	}

	/// An account's contributions to an area, with the points that they give now.
	pub(crate) fn decayed_contributions(
		who: &T::AccountId,
		id: AreaId,
	) -> Option<Vec<Contribution<BlockNumberFor<T>>>> {
		let now = frame_system::Pallet::<T>::block_number();
		let area = Areas::<T>::get(id);
		let worth = |known: &_| area.as_ref().map_or(0, |area| Self::worth(area, known, now));
		let record = Records::<T>::get(who, id)?;
		let known = record.contributions.iter();
		Some(known.map(|known| Contribution { points: worth(known), ..*known }).collect())
	}

	/// What a proof weighs of a model with so many signals.
	pub(crate) fn prove_weight(signals: u32) -> Weight {
		T::Verifier::weight(signals)
			.saturating_add(T::Attested::weight())
			.saturating_add(T::WeightInfo::prove())
	}

	/// What a record takes, at most.
	pub(crate) fn record_footprint() -> Footprint {
		Footprint::from_mel::<(T::AccountId, AreaId, RecordOf<T>)>()
	}
}

impl<T: Config> Reputation<T::AccountId> for Pallet<T> {
	fn score(who: &T::AccountId, area: AreaId) -> u32 {
		Self::score_of(who, area)
	}

	fn weight() -> Weight {
		T::WeightInfo::score()
	}
}
