//! Parameters that models move, within bounds.

use crate::{
	delegates::{keyless, MOVE_PARAMETER},
	pallet::*,
	Binding, Snapshot, Subject, WeightInfo,
};
use codec::Encode;
use frame_support::{
	dispatch::{DispatchResult, DispatchResultWithPostInfo},
	ensure,
	traits::{Consideration, EnsureOrigin},
	weights::Weight,
	Parameter,
};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_zkml::InferenceVerifier;
use sp_runtime::traits::Saturating;
use zkml_primitives::{Context, HintedProof, Inference};

/// Parameters of a runtime, as integers.
pub trait BoundParameters<RuntimeOrigin> {
	/// Which parameter.
	type Key: Parameter + codec::MaxEncodedLen;

	/// What a parameter is.
	fn get(key: &Self::Key) -> u128;

	/// Sets a parameter, as an origin that may.
	///
	/// # Errors
	/// If it may not, or the parameter does not take the value.
	fn set(origin: RuntimeOrigin, key: &Self::Key, value: u128) -> DispatchResult;

	/// What either costs, at most.
	fn weight() -> Weight;
}

/// The origin of a parameter's move by a model.
pub struct EnsureModel;

impl<O: Into<Result<Origin, O>> + From<Origin>> EnsureOrigin<O> for EnsureModel {
	type Success = ();

	fn try_origin(origin: O) -> Result<(), O> {
		origin.into().map(|Origin::Model| ())
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<O, ()> {
		Ok(Origin::Model.into())
	}
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_bind(key: KeyOf<T>, terms: BindingTermsOf<T>) -> DispatchResult {
		ensure!(!Bindings::<T>::contains_key(&key), Error::<T>::AlreadyBound);
		let model = terms.model;
		let interface = T::Verifier::interface(model).ok_or(Error::<T>::UnfitModel)?;
		let packing = terms.packing(&interface).ok_or(Error::<T>::UnfitModel)?;
		Bindings::<T>::insert(&key, Binding { terms, packing, moved: None });
		let account = Self::account_of_parameter(&key);
		Self::deposit_event(Event::ParameterBound { key, model, account });
		Ok(())
	}

	pub(crate) fn do_release(key: KeyOf<T>) -> DispatchResult {
		ensure!(Bindings::<T>::take(&key).is_some(), Error::<T>::NotBound);
		if let Some(snapshot) = Snapshots::<T>::take(Subject::Parameter(key.clone())) {
			snapshot.ticket.drop(&snapshot.depositor)?;
		}
		Self::deposit_event(Event::ParameterReleased { key });
		Ok(())
	}

	pub(crate) fn do_snapshot_parameter(who: T::AccountId, key: KeyOf<T>) -> DispatchResult {
		let binding = Bindings::<T>::get(&key).ok_or(Error::<T>::NotBound)?;
		let at = frame_system::Pallet::<T>::block_number();
		if let Some(moved) = binding.moved {
			let next = moved.saturating_add(binding.terms.period);
			ensure!(at > moved && at >= next, Error::<T>::TooSoon);
		}
		let subject = Subject::Parameter(key.clone());
		let before = Snapshots::<T>::get(&subject);
		if let Some(before) = &before {
			ensure!(at > before.at.saturating_add(binding.terms.validity), Error::<T>::TooSoon);
		}
		let values = Self::features_of_parameter(&binding, T::Parameters::get(&key))?;
		let ticket = Self::snapshot_ticket(&who, before)?;
		let snapshot = Snapshot { at, number: 1, values, answered: false, depositor: who, ticket };
		Snapshots::<T>::insert(&subject, snapshot);
		Self::deposit_event(Event::ParameterSnapshotted { key, at });
		Ok(())
	}

	pub(crate) fn do_forget_snapshot(key: KeyOf<T>) -> DispatchResult {
		let subject = Subject::Parameter(key.clone());
		let snapshot = Snapshots::<T>::get(&subject).ok_or(Error::<T>::SnapshotNotFound)?;
		let binding = Bindings::<T>::get(&key).ok_or(Error::<T>::NotBound)?;
		let now = frame_system::Pallet::<T>::block_number();
		let last = snapshot.at.saturating_add(binding.terms.validity);
		ensure!(now > last, Error::<T>::SnapshotKept);
		snapshot.ticket.drop(&snapshot.depositor)?;
		Snapshots::<T>::remove(&subject);
		Self::deposit_event(Event::SnapshotForgotten { key, at: snapshot.at });
		Ok(())
	}

	pub(crate) fn do_move(
		who: T::AccountId,
		key: KeyOf<T>,
		at: BlockNumberFor<T>,
		signals: u32,
		inference: &Inference,
		proof: &HintedProof,
	) -> DispatchResultWithPostInfo {
		let binding = Bindings::<T>::get(&key).ok_or(Error::<T>::NotBound)?;
		let subject = Subject::Parameter(key.clone());
		let snapshot = Snapshots::<T>::get(&subject).filter(|found| found.at == at);
		let snapshot = snapshot.ok_or(Error::<T>::SnapshotNotFound)?;
		let now = frame_system::Pallet::<T>::block_number();
		let last = at.saturating_add(binding.terms.validity);
		ensure!(now <= last, Error::<T>::SnapshotTooOld);
		let context = Self::move_context(&binding, &key, at, &who);
		let model = binding.terms.model;
		let verified = T::Verifier::verify(signals, model, context, inference, proof)
			.map_err(Error::<T>::Refused)?;
		Self::ensure_input(&verified, &snapshot.values)?;
		let current = T::Parameters::get(&key);
		let asked = binding.terms.motion.asked(current, verified.output());
		let asked = asked.ok_or(Error::<T>::OtherOutput)?;
		Self::set(who, key, binding, snapshot, current, asked)?;
		Ok(Self::refund(Self::move_weight(signals), signals, verified.signals()))
	}

	/// Moves a parameter as far as its bounds let it go.
	pub(crate) fn set(
		who: T::AccountId,
		key: KeyOf<T>,
		mut binding: BindingOf<T>,
		snapshot: SnapshotOf<T>,
		from: u128,
		asked: u128,
	) -> DispatchResult {
		let to = binding.terms.bounded(from, asked);
		T::Parameters::set(Origin::Model.into(), &key, to)?;
		// Consumed: a snapshot is answered once.
		snapshot.ticket.drop(&snapshot.depositor)?;
		Snapshots::<T>::remove(Subject::Parameter(key.clone()));
		binding.moved = Some(frame_system::Pallet::<T>::block_number());
		let reward = binding.terms.reward;
		Bindings::<T>::insert(&key, binding);
		let reward = Self::pay(&Self::account_of_parameter(&key), &who, reward);
		Self::deposit_event(Event::ParameterMoved { key, from, asked, to, who, reward });
		Ok(())
	}

	/// The context of a move: which parameter, in which state, and who is paid.
	pub(crate) fn move_context(
		binding: &BindingOf<T>,
		key: &KeyOf<T>,
		at: BlockNumberFor<T>,
		who: &T::AccountId,
	) -> Context {
		T::Verifier::context(MOVE_PARAMETER, binding.terms.model, who, &(key, at).encode())
	}

	/// The account of which moves of a parameter are rewarded.
	pub(crate) fn account_of_parameter(key: &KeyOf<T>) -> T::AccountId {
		keyless(&(b"zkml/governance/parameter", key))
	}

	/// What a move weighs.
	pub(crate) fn move_weight(signals: u32) -> Weight {
		T::Verifier::weight(signals)
			.saturating_add(<T as Config>::WeightInfo::move_parameter())
			.saturating_add(T::Parameters::weight().saturating_mul(2))
	}
}
