//! The registry: models come, change hands, are suspended and go.

use crate::{
	pallet::*, types::raw, Authority, Lifecycle, Model, ModelInfo, Registration, Status,
	Suspension, Tombstone,
};
use codec::MaxEncodedLen;
use frame_support::{
	ensure,
	traits::{Consideration, EnsureOrigin, Footprint, Get},
};
use frame_system::{
	ensure_signed,
	pallet_prelude::{BlockNumberFor, OriginFor},
};
use sp_runtime::{
	traits::{BadOrigin, UniqueSaturatedInto},
	DispatchResult,
};
use zkml_primitives::{
	Interface, Metadata, ModelId, Scheme, Setup, Terms, VerifyingKey, MAX_SIGNALS, SEMANTICS_V1,
};
use zkml_verifier::PreparedKey;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_register(
		owner: T::AccountId,
		key: VerifyingKey,
		interface: Interface,
		setup: Setup,
		metadata: Metadata,
		terms: Terms,
		supersedes: Option<ModelId>,
	) -> DispatchResult {
		let signals = interface.signals().map_err(Error::<T>::from)?;
		let points = signals.saturating_add(1) as usize;
		ensure!(key.ic.len() == points, Error::<T>::SignalCountMismatch);
		for text in [metadata.name.as_slice(), metadata.uri.as_slice()] {
			ensure!(core::str::from_utf8(text).is_ok(), Error::<T>::MalformedMetadata);
		}
		Self::ensure_terms(&terms)?;
		match setup {
			Setup::Development => {
				let allowed = Rules::<T>::get().allow_development_keys;
				ensure!(allowed, Error::<T>::DevelopmentKeyRefused);
			},
			Setup::Ceremony { contributions, .. } => {
				ensure!(contributions >= 2, Error::<T>::MalformedSetup);
			},
		}
		let (scheme, semantics) = (Scheme::Groth16, SEMANTICS_V1);
		let id = ModelId::derive(&owner, scheme, semantics, &key, &interface);
		ensure!(!Models::<T>::contains_key(id), Error::<T>::ModelAlreadyRegistered);
		ensure!(!Tombstones::<T>::contains_key(id), Error::<T>::ModelRetired);
		let before = supersedes.map(|before| Self::supersedable(&owner, before)).transpose()?;
		let prepared = PreparedKey::validate(&raw(&key)).map_err(Error::<T>::from)?;
		let model = Model {
			scheme,
			semantics,
			setup,
			lifecycle: Lifecycle::Unlimited,
			suspension: Suspension::default(),
			terms,
			interface,
			signals,
			key,
			alpha_beta: prepared.alpha_beta(),
		};
		let registration = Registration {
			owner: owner.clone(),
			registrant: owner.clone(),
			heir: None,
			version: before.as_ref().map_or(1, |before| before.version.saturating_add(1)),
			supersedes,
			superseded_by: None,
			since: frame_system::Pallet::<T>::block_number(),
			metadata,
			deposit: (),
		};
		let deposit = T::Consideration::new(&owner, Self::footprint(&model, &registration))?;
		Models::<T>::insert(id, model);
		Registrations::<T>::insert(id, registration.with_deposit(deposit));
		if let Some((at, before)) = supersedes.zip(before) {
			Registrations::<T>::insert(at, Registration { superseded_by: Some(id), ..before });
		}
		Self::deposit_event(Event::ModelRegistered { model: id, owner, supersedes });
		Ok(())
	}

	/// What is known of a model that its owner can supersede.
	fn supersedable(owner: &T::AccountId, id: ModelId) -> Result<RegistrationOf<T>, Error<T>> {
		let registration = Self::owned(owner, id)?;
		let successor = registration.superseded_by.filter(|at| Models::<T>::contains_key(at));
		ensure!(successor.is_none(), Error::<T>::AlreadySuperseded);
		Ok(registration)
	}

	pub(crate) fn do_deregister(account: T::AccountId, id: ModelId) -> DispatchResult {
		let registration = Self::owned(&account, id)?;
		let model = Models::<T>::take(id).ok_or(Error::<T>::ModelNotFound)?;
		Registrations::<T>::remove(id);
		registration.deposit.clone().drop(&registration.owner)?;
		let registration = registration.with_deposit(());
		let record = Tombstone::record(id, &model, &registration);
		let at = frame_system::Pallet::<T>::block_number();
		let suspended = model.suspension.is_suspended();
		let development = model.is_for_development();
		Tombstones::<T>::insert(id, Tombstone { record, at, suspended, development });
		let owner = registration.owner;
		Self::deposit_event(Event::ModelDeregistered { model: id, owner, record });
		Ok(())
	}

	pub(crate) fn do_deprecate(
		account: T::AccountId,
		id: ModelId,
		until: Option<BlockNumberFor<T>>,
	) -> DispatchResult {
		Self::owned(&account, id)?;
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(until.is_none_or(|until| until >= now), Error::<T>::EndInPast);
		Self::change(id, |model| {
			ensure!(model.status(now) != Status::Retired, Error::<T>::ModelRetired);
			model.lifecycle = until.map_or(Lifecycle::Unlimited, Lifecycle::Until);
			Ok(())
		})?;
		Self::deposit_event(Event::ModelDeprecated { model: id, until });
		Ok(())
	}

	/// Imposes or lifts a suspension, as admin or as owner. Who is both does what is left to do.
	pub(crate) fn do_suspend(origin: OriginFor<T>, id: ModelId, suspend: bool) -> DispatchResult {
		let admin = T::AdminOrigin::try_origin(origin.clone()).is_ok();
		let account = ensure_signed(origin);
		if account.is_err() && !admin {
			return Err(BadOrigin.into());
		}
		let Some(Registration { owner, .. }) = Registrations::<T>::get(id) else {
			return Self::disown(id, admin && suspend);
		};
		let owner = account.is_ok_and(|account| account == owner);
		ensure!(admin || owner, Error::<T>::NotOwner);
		let capacities = [(Authority::Admin, admin), (Authority::Owner, owner)];
		let mut by = None;
		Self::change(id, |model| {
			for (authority, has) in capacities {
				let suspended = model.suspension.of(authority);
				if by.is_none() && has && *suspended != suspend {
					*suspended = suspend;
					by = Some(authority);
				}
			}
			Ok(())
		})?;
		let by = by.ok_or(match suspend {
			true => Error::<T>::AlreadySuspended,
			false => Error::<T>::NotSuspended,
		})?;
		Self::deposit_event(match suspend {
			true => Event::ModelSuspended { model: id, by },
			false => Event::ModelResumed { model: id, by },
		});
		Ok(())
	}

	/// Lets an admin take the worth from the receipts of a model that was deregistered.
	fn disown(id: ModelId, allowed: bool) -> DispatchResult {
		let mut tombstone = Tombstones::<T>::get(id).ok_or(Error::<T>::ModelNotFound)?;
		ensure!(allowed, Error::<T>::ModelRetired);
		ensure!(!tombstone.suspended, Error::<T>::AlreadySuspended);
		tombstone.suspended = true;
		Tombstones::<T>::insert(id, tombstone);
		Self::deposit_event(Event::ModelSuspended { model: id, by: Authority::Admin });
		Ok(())
	}

	pub(crate) fn do_offer(
		owner: T::AccountId,
		id: ModelId,
		heir: Option<T::AccountId>,
	) -> DispatchResult {
		let mut registration = Self::owned(&owner, id)?;
		registration.heir = heir.clone();
		Registrations::<T>::insert(id, registration);
		Self::deposit_event(Event::OwnershipOffered { model: id, heir });
		Ok(())
	}

	pub(crate) fn do_accept(account: T::AccountId, id: ModelId) -> DispatchResult {
		let mut registration = Self::registration(id)?;
		ensure!(registration.heir.as_ref() == Some(&account), Error::<T>::NotOffered);
		let model = Models::<T>::get(id).ok_or(Error::<T>::ModelNotFound)?;
		let footprint = Self::footprint(&model, &registration);
		registration.deposit.drop(&registration.owner)?;
		registration.deposit = T::Consideration::new(&account, footprint)?;
		registration.heir = None;
		let from = core::mem::replace(&mut registration.owner, account.clone());
		Registrations::<T>::insert(id, registration);
		Self::deposit_event(Event::OwnershipTransferred { model: id, from, to: account });
		Ok(())
	}

	pub(crate) fn do_set_terms(account: T::AccountId, id: ModelId, terms: Terms) -> DispatchResult {
		Self::owned(&account, id)?;
		Self::ensure_terms(&terms)?;
		Self::change(id, |model| {
			model.terms = terms;
			Ok(())
		})?;
		Self::deposit_event(Event::TermsChanged { model: id, terms });
		Ok(())
	}

	/// What is known of a model, or why there is nothing.
	fn registration(id: ModelId) -> Result<RegistrationOf<T>, Error<T>> {
		Registrations::<T>::get(id).ok_or_else(|| Self::missing(id))
	}

	/// The same, for its owner.
	fn owned(account: &T::AccountId, id: ModelId) -> Result<RegistrationOf<T>, Error<T>> {
		let registration = Self::registration(id)?;
		ensure!(registration.owner == *account, Error::<T>::NotOwner);
		Ok(registration)
	}

	/// Why a model is not registered.
	pub(crate) fn missing(id: ModelId) -> Error<T> {
		match Tombstones::<T>::contains_key(id) {
			true => Error::<T>::ModelRetired,
			false => Error::<T>::ModelNotFound,
		}
	}

	/// Changes a model, unless the change fails.
	fn change(
		id: ModelId,
		change: impl FnOnce(&mut ModelOf<T>) -> Result<(), Error<T>>,
	) -> Result<(), Error<T>> {
		Models::<T>::try_mutate(id, |model| {
			change(model.as_mut().ok_or(Error::<T>::ModelNotFound)?)
		})
	}

	/// Terms make sense, and the chain remembers its blocks for as long as they ask. A proof for the
	/// newest block that a client can know of is two blocks old when it is included.
	fn ensure_terms(terms: &Terms) -> Result<(), Error<T>> {
		let Terms { max_age, receipt_lifetime } = terms;
		let remembered: u32 = T::BlockHashCount::get().unique_saturated_into();
		let age = max_age.is_none_or(|age| age > 1 && age < remembered);
		ensure!(age && *receipt_lifetime != Some(0), Error::<T>::MalformedTerms);
		Ok(())
	}

	/// What a model takes up: its largest size, less the points and letters that it does not have.
	/// So changes of its state leave the deposit as it is.
	pub(crate) fn footprint<Deposit>(
		model: &ModelOf<T>,
		registration: &Registration<T::AccountId, BlockNumberFor<T>, Deposit>,
	) -> Footprint {
		let largest = <(ModelId, ModelOf<T>, ModelId, RegistrationOf<T>)>::max_encoded_len();
		let ic = &model.key.ic;
		let points = (MAX_SIGNALS as usize + 1).saturating_sub(ic.len());
		let Metadata { name, uri, onnx_sha256: _ } = &registration.metadata;
		let letters = [(64, name.len()), (256, uri.len())];
		let spare = letters.into_iter().map(|(most, length)| usize::saturating_sub(most, length));
		let spare = spare.sum::<usize>().saturating_add(points.saturating_mul(64));
		Footprint::from_parts(1, largest.saturating_sub(spare))
	}

	pub(crate) fn info(id: ModelId) -> Option<ModelInfoOf<T>> {
		let model = Models::<T>::get(id)?;
		let registration = Registrations::<T>::get(id)?.with_deposit(());
		let status = model.status(frame_system::Pallet::<T>::block_number());
		Some(ModelInfo { status, model, registration })
	}

	pub(crate) fn status_of(id: ModelId) -> Option<Status<BlockNumberFor<T>>> {
		let now = frame_system::Pallet::<T>::block_number();
		match Models::<T>::get(id) {
			Some(model) => Some(model.status(now)),
			None => Tombstones::<T>::contains_key(id).then_some(Status::Retired),
		}
	}

	/// Hash of a block; all zeros if the chain does not know it.
	pub(crate) fn hash_of(block: BlockNumberFor<T>) -> [u8; 32] {
		let mut bytes = [0; 32];
		let hash = frame_system::Pallet::<T>::block_hash(block);
		for (to, from) in bytes.iter_mut().zip(hash.as_ref()) {
			*to = *from;
		}
		bytes
	}
}
