//! From one layout of the storage to the next.

use crate::{
	pallet::*, types::raw, Lifecycle, Model, Policy, Registration, Suspension, Tombstone,
	WeightInfo,
};
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{
	migrations::VersionedMigration,
	pallet_prelude::ValueQuery,
	storage_alias,
	traits::{Get, UncheckedOnRuntimeUpgrade},
	weights::Weight,
	Identity,
};
use frame_system::pallet_prelude::BlockNumberFor;
use scale_info::TypeInfo;
use zkml_primitives::{
	Interface, Metadata, ModelId, Scheme, Semantics, Setup, Terms, VerifyingKey,
};
use zkml_verifier::PreparedKey;

/// From version 1, where a model was one entry, to version 2, where it is two.
///
/// Models keep their ids, owners and deposits, and have no end, no terms and no predecessor. When
/// they were registered is not known: it is said to be block 0. Of models that were deregistered
/// before, the hash of what they were is not known: it is all zeros.
pub type V1ToV2<T> = VersionedMigration<
	1,
	2,
	unversioned::V1ToV2<T>,
	Pallet<T>,
	<T as frame_system::Config>::DbWeight,
>;

/// From version 2, which keeps `e(α, β)` of a model's key, to version 3, which keeps its power that hints
/// need: all are computed anew. With the other form no proof would hold that should, and some that should not
/// could be made.
pub type V2ToV3<T> = VersionedMigration<
	2,
	3,
	unversioned::V2ToV3<T>,
	Pallet<T>,
	<T as frame_system::Config>::DbWeight,
>;

/// The layout of version 1.
pub(crate) mod v1 {
	use super::*;

	#[derive(Clone, Encode, Decode, MaxEncodedLen, TypeInfo)]
	pub(crate) struct Model<AccountId, Deposit> {
		pub(crate) owner: AccountId,
		pub(crate) scheme: Scheme,
		pub(crate) semantics: Semantics,
		pub(crate) key: VerifyingKey,
		pub(crate) alpha_beta: [u8; 384],
		pub(crate) signals: u32,
		pub(crate) interface: Interface,
		pub(crate) setup: Setup,
		pub(crate) metadata: Metadata,
		pub(crate) deposit: Deposit,
	}

	pub(crate) type ModelOf<T> =
		Model<<T as frame_system::Config>::AccountId, <T as Config>::Consideration>;

	#[storage_alias]
	pub(crate) type Models<T: Config> = StorageMap<Pallet<T>, Identity, ModelId, ModelOf<T>>;

	#[storage_alias]
	pub(crate) type Tombstones<T: Config> =
		StorageMap<Pallet<T>, Identity, ModelId, BlockNumberFor<T>>;

	#[storage_alias]
	pub(crate) type AllowDevelopmentKeys<T: Config> = StorageValue<Pallet<T>, bool, ValueQuery>;
}

mod unversioned {
	use super::*;

	/// The migration, whatever the version of the storage.
	pub struct V1ToV2<T>(core::marker::PhantomData<T>);

	impl<T: Config> UncheckedOnRuntimeUpgrade for V1ToV2<T> {
		fn on_runtime_upgrade() -> Weight {
			let allow_development_keys = v1::AllowDevelopmentKeys::<T>::take();
			Rules::<T>::put(Policy { allow_development_keys, paused: false });
			let (mut reads, mut writes) = (1u64, 2u64);
			let models: Vec<_> = v1::Models::<T>::iter().collect();
			for (id, model) in models {
				let (model, registration) = split::<T>(model);
				Models::<T>::insert(id, model);
				Registrations::<T>::insert(id, registration);
				reads = reads.saturating_add(1);
				writes = writes.saturating_add(2);
			}
			let tombstones: Vec<_> = v1::Tombstones::<T>::iter().collect();
			for (id, at) in tombstones {
				// There were no receipts whose worth the last two could change.
				let (record, suspended, development) = ([0; 32], false, false);
				Tombstones::<T>::insert(id, Tombstone { record, at, suspended, development });
				reads = reads.saturating_add(1);
				writes = writes.saturating_add(1);
			}
			T::DbWeight::get().reads_writes(reads, writes)
		}

		#[cfg(feature = "try-runtime")]
		fn pre_upgrade() -> Result<Vec<u8>, sp_runtime::TryRuntimeError> {
			let models = v1::Models::<T>::iter().map(|(id, model)| (id, model.owner));
			let models: Vec<_> = models.collect();
			let tombstones: Vec<_> = v1::Tombstones::<T>::iter().collect();
			Ok((models, tombstones, v1::AllowDevelopmentKeys::<T>::get()).encode())
		}

		#[cfg(feature = "try-runtime")]
		fn post_upgrade(state: Vec<u8>) -> Result<(), sp_runtime::TryRuntimeError> {
			use frame_support::ensure;
			type Before<T> = (
				Vec<(ModelId, <T as frame_system::Config>::AccountId)>,
				Vec<(ModelId, BlockNumberFor<T>)>,
				bool,
			);
			let (models, tombstones, allowed) = Before::<T>::decode(&mut state.as_slice())
				.map_err(|_| "what was written before the upgrade cannot be read")?;
			ensure!(Models::<T>::iter().count() == models.len(), "models were lost or found");
			for (id, owner) in models {
				let registration = Registrations::<T>::get(id).ok_or("a model was lost")?;
				ensure!(registration.owner == owner, "a model has another owner");
			}
			ensure!(
				Tombstones::<T>::iter().count() == tombstones.len(),
				"tombstones were lost or found"
			);
			for (id, at) in tombstones {
				ensure!(
					Tombstones::<T>::get(id).is_some_and(|tombstone| tombstone.at == at),
					"a tombstone was lost"
				);
			}
			ensure!(Rules::<T>::get().allow_development_keys == allowed, "the rules changed");
			Ok(())
		}
	}

	/// The migration, whatever the version of the storage.
	pub struct V2ToV3<T>(core::marker::PhantomData<T>);

	impl<T: Config> UncheckedOnRuntimeUpgrade for V2ToV3<T> {
		fn on_runtime_upgrade() -> Weight {
			let mut weight = Weight::zero();
			Models::<T>::translate_values(|mut model: ModelOf<T>| {
				// Every key was checked when it was registered. Of one that is wrong all the same, what is
				// kept cannot be decoded.
				let prepared = PreparedKey::validate(&raw(&model.key));
				model.alpha_beta = prepared.map_or([0xff; 384], |key| key.alpha_beta());
				weight.saturating_accrue(T::WeightInfo::register_model(model.signals));
				weight.saturating_accrue(T::DbWeight::get().reads_writes(1, 1));
				Some(model)
			});
			weight
		}

		#[cfg(feature = "try-runtime")]
		fn pre_upgrade() -> Result<Vec<u8>, sp_runtime::TryRuntimeError> {
			Ok((Models::<T>::iter_keys().count() as u64).encode())
		}

		#[cfg(feature = "try-runtime")]
		fn post_upgrade(state: Vec<u8>) -> Result<(), sp_runtime::TryRuntimeError> {
			use frame_support::ensure;
			let count = u64::decode(&mut state.as_slice())
				.map_err(|_| "what was written before the upgrade cannot be read")?;
			ensure!(Models::<T>::iter_keys().count() as u64 == count, "models were lost or found");
			Pallet::<T>::do_try_state()
		}
	}

	fn split<T: Config>(before: v1::ModelOf<T>) -> (ModelOf<T>, RegistrationOf<T>) {
		let v1::Model {
			owner,
			scheme,
			semantics,
			key,
			alpha_beta,
			signals,
			interface,
			setup,
			metadata,
			deposit,
		} = before;
		let model = Model {
			scheme,
			semantics,
			setup,
			lifecycle: Lifecycle::Unlimited,
			suspension: Suspension::default(),
			terms: Terms::default(),
			interface,
			signals,
			key,
			alpha_beta,
		};
		let registration = Registration {
			registrant: owner.clone(),
			owner,
			heir: None,
			version: 1,
			supersedes: None,
			superseded_by: None,
			since: Default::default(),
			metadata,
			deposit,
		};
		(model, registration)
	}
}
