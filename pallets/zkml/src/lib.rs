#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]
#![doc = include_str!("../README.md")]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(any(test, feature = "runtime-benchmarks"))]
mod fixtures;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
mod types;
mod verification;
pub mod weights;

pub use pallet::*;
pub use types::Model;
pub use verification::{InferenceVerifier, OnInferenceVerified, VerifiedInference, VerifyError};
pub use weights::WeightInfo;

/// The pallet.
// Macros make public items that they do not document, and state their proofs in `expect`.
#[allow(missing_docs, clippy::expect_used)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::boxed::Box;
	use codec::Encode;
	use frame_support::{
		pallet_prelude::*,
		traits::{Consideration, Footprint},
	};
	use frame_system::pallet_prelude::*;
	use sp_runtime::{traits::Zero, ArithmeticError};
	use zkml_primitives::{
		context_for, Context, Inference, Interface, InterfaceError, Metadata, ModelId, Output,
		Proof, Scheme, Setup, VerifyingKey, MAX_SIGNALS, SEMANTICS_V1, SUBMIT_INFERENCE,
	};
	use zkml_verifier::{KeyError, PreparedKey};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What a runtime decides.
	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// The deposit for a model's storage.
		type Consideration: Consideration<Self::AccountId, Footprint>;

		/// What else happens when an inference was submitted.
		type OnInferenceVerified: OnInferenceVerified<Self::AccountId>;

		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Why this pallet holds an account's funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The deposit for a model's storage.
		#[codec(index = 0)]
		ModelDeposit,
	}

	/// A model as it is stored.
	pub type ModelOf<T> =
		Model<<T as frame_system::Config>::AccountId, <T as Config>::Consideration>;

	/// The registered models.
	// Identity: a model's id is a hash already, and only derived ids are ever inserted.
	#[pallet::storage]
	pub type Models<T: Config> = StorageMap<_, Identity, ModelId, ModelOf<T>>;

	/// How many inferences of a model an account has had accepted. Kept when the model is
	/// deregistered, so that no context ever comes twice.
	// Identity: as for `Models`. Blake2: accounts choose their own ids.
	#[pallet::storage]
	pub type Nonces<T: Config> =
		StorageDoubleMap<_, Identity, ModelId, Blake2_128Concat, T::AccountId, u64, ValueQuery>;

	/// The models that were deregistered, and in which block. Their ids are not given again.
	// Identity: as for `Models`.
	#[pallet::storage]
	pub type Tombstones<T: Config> = StorageMap<_, Identity, ModelId, BlockNumberFor<T>>;

	/// Whether models are accepted whose key one party made alone, and could forge for.
	#[pallet::storage]
	pub type AllowDevelopmentKeys<T: Config> = StorageValue<_, bool, ValueQuery>;

	/// What a chain decides at its genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Accept models whose key is for development only. False on any chain of value.
		pub allow_development_keys: bool,
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			AllowDevelopmentKeys::<T>::put(self.allow_development_keys);
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A model was registered.
		#[codec(index = 0)]
		ModelRegistered {
			/// Its id.
			model: ModelId,
			/// Who registered it.
			owner: T::AccountId,
		},
		/// An inference was proven.
		#[codec(index = 1)]
		InferenceVerified {
			/// Of which model.
			model: ModelId,
			/// Who submitted it.
			account: T::AccountId,
			/// The nonce that it consumed.
			nonce: u64,
			/// What the model answered.
			output: Output,
		},
		/// A model was deregistered.
		#[codec(index = 2)]
		ModelDeregistered {
			/// Its id, which is not given again.
			model: ModelId,
			/// Who had registered it.
			owner: T::AccountId,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// No such model is registered.
		#[codec(index = 0)]
		ModelNotFound,
		/// The model was deregistered.
		#[codec(index = 1)]
		ModelRetired,
		/// The account has already registered this key with this interface.
		#[codec(index = 2)]
		ModelAlreadyRegistered,
		/// Only the owner may do this.
		#[codec(index = 3)]
		NotOwner,
		/// The key is for development only, and this chain does not allow those.
		#[codec(index = 4)]
		DevelopmentKeyRefused,
		/// A width, count, scale or number of classes of the interface makes no sense.
		#[codec(index = 5)]
		MalformedInterface,
		/// The interface has more values or public signals than this chain accepts.
		#[codec(index = 6)]
		InterfaceTooLarge,
		/// The interface is one that this version cannot verify.
		#[codec(index = 7)]
		UnsupportedInterface,
		/// A point of the key is not canonical, not on its curve, of the wrong order or at infinity.
		#[codec(index = 8)]
		MalformedKey,
		/// The key's γ equals ±δ: its setup was not finished, and anyone can forge.
		#[codec(index = 9)]
		UnfinishedKey,
		/// A ceremony has at least two contributions.
		#[codec(index = 10)]
		MalformedSetup,
		/// Name and URI are UTF-8.
		#[codec(index = 11)]
		MalformedMetadata,
		/// The key and the interface disagree on the number of public signals.
		#[codec(index = 12)]
		SignalCountMismatch,
		/// The model has more public signals than the call declared and paid for.
		#[codec(index = 13)]
		SignalsUnderdeclared,
		/// The output is of another kind, or has another count, than the interface declares.
		#[codec(index = 14)]
		OutputMismatch,
		/// The input is there though the interface keeps it private, or is missing or of another
		/// count though the interface makes it public.
		#[codec(index = 15)]
		InputMismatch,
		/// The label is not below the number of classes.
		#[codec(index = 16)]
		LabelOutOfRange,
		/// A value does not fit the width that the interface declares.
		#[codec(index = 17)]
		ValueOutOfRange,
		/// The proof is not three usable points.
		#[codec(index = 18)]
		MalformedProof,
		/// The proof does not show this inference by this account with its next nonce.
		#[codec(index = 19)]
		InvalidProof,
	}

	impl<T> From<VerifyError> for Error<T> {
		fn from(error: VerifyError) -> Self {
			match error {
				VerifyError::ModelNotFound => Self::ModelNotFound,
				VerifyError::DevelopmentKeyRefused => Self::DevelopmentKeyRefused,
				VerifyError::UnsupportedInterface => Self::UnsupportedInterface,
				VerifyError::OutputMismatch => Self::OutputMismatch,
				VerifyError::InputMismatch => Self::InputMismatch,
				VerifyError::LabelOutOfRange => Self::LabelOutOfRange,
				VerifyError::ValueOutOfRange => Self::ValueOutOfRange,
				VerifyError::SignalCountMismatch => Self::SignalCountMismatch,
				VerifyError::MalformedKey => Self::MalformedKey,
				VerifyError::MalformedProof => Self::MalformedProof,
				VerifyError::InvalidProof => Self::InvalidProof,
			}
		}
	}

	impl<T> From<InterfaceError> for Error<T> {
		fn from(error: InterfaceError) -> Self {
			match error {
				InterfaceError::Malformed => Self::MalformedInterface,
				InterfaceError::TooLarge => Self::InterfaceTooLarge,
				InterfaceError::Unsupported => Self::UnsupportedInterface,
			}
		}
	}

	impl<T> From<KeyError> for Error<T> {
		fn from(error: KeyError) -> Self {
			match error {
				KeyError::GammaEqualsDelta => Self::UnfinishedKey,
				_ => Self::MalformedKey,
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert_eq!(
				T::Hash::max_encoded_len(),
				32,
				"a context is over a genesis hash of 32 bytes"
			);
			let limits = <T as frame_system::Config>::BlockWeights::get();
			if let Some(most) = limits.get(DispatchClass::Normal).max_extrinsic {
				let largest = Self::submission_weight(MAX_SIGNALS);
				assert!(largest.all_lte(most), "the largest submission does not fit into a block");
				let largest = T::WeightInfo::register_model(MAX_SIGNALS);
				assert!(
					largest.all_lte(most),
					"the largest registration does not fit into a block"
				);
			}
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Register a model, so that its inferences can be verified.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed. The account becomes the model's owner.
		///
		/// ## Details
		///
		/// The model's id is a hash of owner, proof system, semantics, key and interface. A deposit
		/// is taken for the storage, and returned when the model is deregistered. The key is checked
		/// in full. Interface, setup and metadata are the owner's word: nothing on chain ties them
		/// to the key, so compare the key with the model before trusting it.
		///
		/// ## Errors
		///
		/// - [`Error::MalformedInterface`], [`Error::InterfaceTooLarge`] or
		///   [`Error::UnsupportedInterface`] if the interface cannot be used.
		/// - [`Error::SignalCountMismatch`] if the key has not one point more than the interface has
		///   public signals.
		/// - [`Error::MalformedMetadata`] if name or URI are not UTF-8.
		/// - [`Error::MalformedSetup`] if a ceremony has fewer than two contributions.
		/// - [`Error::DevelopmentKeyRefused`] if the key is for development only and this chain does
		///   not allow those.
		/// - [`Error::ModelAlreadyRegistered`] or [`Error::ModelRetired`] if the account registers,
		///   or once registered, the same key with the same interface.
		/// - [`Error::MalformedKey`] or [`Error::UnfinishedKey`] if the key cannot be used.
		/// - Whatever the deposit says if it cannot be paid.
		///
		/// ## Events
		///
		/// [`Event::ModelRegistered`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register_model(
			(verifying_key.ic.len() as u32).saturating_sub(1)
		))]
		pub fn register_model(
			origin: OriginFor<T>,
			verifying_key: Box<VerifyingKey>,
			interface: Interface,
			setup: Setup,
			metadata: Metadata,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			let key = *verifying_key;
			let signals = interface.signals().map_err(Error::<T>::from)?;
			let points = signals.saturating_add(1) as usize;
			ensure!(key.ic.len() == points, Error::<T>::SignalCountMismatch);
			for text in [metadata.name.as_slice(), metadata.uri.as_slice()] {
				ensure!(core::str::from_utf8(text).is_ok(), Error::<T>::MalformedMetadata);
			}
			match setup {
				Setup::Development => {
					let allowed = AllowDevelopmentKeys::<T>::get();
					ensure!(allowed, Error::<T>::DevelopmentKeyRefused);
				},
				Setup::Ceremony { contributions, .. } => {
					ensure!(contributions >= 2, Error::<T>::MalformedSetup);
				},
			}
			let (scheme, semantics) = (Scheme::Groth16, SEMANTICS_V1);
			let model = ModelId::derive(&owner, scheme, semantics, &key, &interface);
			ensure!(!Models::<T>::contains_key(model), Error::<T>::ModelAlreadyRegistered);
			ensure!(!Tombstones::<T>::contains_key(model), Error::<T>::ModelRetired);
			let prepared = PreparedKey::validate(&types::raw(&key)).map_err(Error::<T>::from)?;
			let entry = Model {
				owner: owner.clone(),
				scheme,
				semantics,
				key,
				alpha_beta: prepared.alpha_beta(),
				signals,
				interface,
				setup,
				metadata,
				deposit: (),
			};
			let footprint = Footprint::from_encodable((model, &entry));
			let deposit = T::Consideration::new(&owner, footprint)?;
			Models::<T>::insert(model, entry.with_deposit(deposit));
			Self::deposit_event(Event::ModelRegistered { model, owner });
			Ok(())
		}

		/// Submit a proven inference.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed. The proof is good for this account only, and only once.
		///
		/// ## Details
		///
		/// `signals` is the number of public signals to pay for: at least that of the model; what is
		/// too much is refunded. The proof's context is made from the chain's genesis hash, the
		/// model, the account and its nonce for the model, which is consumed. See the view function
		/// `context`. A submission that fails costs its fee and leaves no other trace.
		///
		/// ## Errors
		///
		/// - [`Error::ModelNotFound`] or [`Error::ModelRetired`] if the model is not registered.
		/// - [`Error::SignalsUnderdeclared`] if `signals` is less than the model has.
		/// - [`Error::DevelopmentKeyRefused`] if the model's key is for development only and this
		///   chain does not allow those.
		/// - [`Error::OutputMismatch`], [`Error::InputMismatch`], [`Error::LabelOutOfRange`] or
		///   [`Error::ValueOutOfRange`] if the inference does not fit the interface.
		/// - [`Error::MalformedProof`] if the proof is not three usable points.
		/// - [`Error::InvalidProof`] if it does not show this inference by this account with its
		///   next nonce.
		/// - Whatever a pallet says that acts on verified inferences and vetoes this one.
		///
		/// ## Events
		///
		/// [`Event::InferenceVerified`].
		#[pallet::call_index(1)]
		#[pallet::weight(Pallet::<T>::submission_weight(*signals))]
		pub fn submit_inference(
			origin: OriginFor<T>,
			#[pallet::compact] signals: u32,
			model: ModelId,
			inference: Inference,
			proof: Proof,
		) -> DispatchResultWithPostInfo {
			let account = ensure_signed(origin)?;
			let entry = Self::registered(model)?;
			ensure!(entry.signals <= signals, Error::<T>::SignalsUnderdeclared);
			let nonce = Nonces::<T>::get(model, &account);
			let next = nonce.checked_add(1).ok_or(ArithmeticError::Overflow)?;
			let context = Self::context_of(model, &account, nonce);
			let verified = VerifiedInference::verify(
				model,
				&entry,
				AllowDevelopmentKeys::<T>::get,
				context,
				&inference,
				&proof,
			)
			.map_err(Error::<T>::from)?;
			Nonces::<T>::insert(model, &account, next);
			let output = inference.output;
			Self::deposit_event(Event::InferenceVerified {
				model,
				account: account.clone(),
				nonce,
				output,
			});
			T::OnInferenceVerified::on_inference_verified(&account, &verified)?;
			Ok(Some(Self::submission_weight(entry.signals)).into())
		}

		/// Deregister a model.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the model's owner.
		///
		/// ## Details
		///
		/// The deposit is returned. The id is not given again, and accounts' nonces are kept.
		///
		/// ## Errors
		///
		/// - [`Error::ModelNotFound`] or [`Error::ModelRetired`] if the model is not registered.
		/// - [`Error::NotOwner`] if the account does not own the model.
		///
		/// ## Events
		///
		/// [`Event::ModelDeregistered`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::deregister_model())]
		pub fn deregister_model(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let account = ensure_signed(origin)?;
			let Model { owner, deposit, .. } = Self::registered(model)?;
			ensure!(owner == account, Error::<T>::NotOwner);
			deposit.drop(&owner)?;
			Models::<T>::remove(model);
			Tombstones::<T>::insert(model, frame_system::Pallet::<T>::block_number());
			Self::deposit_event(Event::ModelDeregistered { model, owner });
			Ok(())
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// The model that is registered under an id.
		pub fn model(id: ModelId) -> Option<ModelOf<T>> {
			Models::<T>::get(id)
		}

		/// The nonce of an account's next inference of a model.
		pub fn nonce(id: ModelId, account: T::AccountId) -> u64 {
			Nonces::<T>::get(id, account)
		}

		/// The context of an account's next inference of a model. `None` in the state of the genesis
		/// block, which does not know its own hash.
		pub fn context(id: ModelId, account: T::AccountId) -> Option<Context> {
			let known = !frame_system::Pallet::<T>::block_number().is_zero();
			known.then(|| Self::context_of(id, &account, Nonces::<T>::get(id, &account)))
		}
	}

	impl<T: Config> Pallet<T> {
		/// The model, or why there is none.
		fn registered(id: ModelId) -> Result<ModelOf<T>, Error<T>> {
			Models::<T>::get(id).ok_or_else(|| match Tombstones::<T>::contains_key(id) {
				true => Error::<T>::ModelRetired,
				false => Error::<T>::ModelNotFound,
			})
		}

		/// The context of an account's inference of a model with a given nonce.
		fn context_of(id: ModelId, account: &T::AccountId, nonce: u64) -> Context {
			let mut genesis = [0; 32];
			let hash = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
			for (to, from) in genesis.iter_mut().zip(hash.as_ref()) {
				*to = *from;
			}
			context_for(&genesis, SUBMIT_INFERENCE, id, account, &nonce.encode())
		}

		/// What a submission weighs for a model with that many signals.
		fn submission_weight(signals: u32) -> Weight {
			T::WeightInfo::submit_inference(signals)
				.saturating_add(T::OnInferenceVerified::weight())
		}

		/// Checks that every model is what its id says, fits its key, and is not also retired.
		#[cfg(any(test, feature = "try-runtime"))]
		pub(crate) fn do_try_state() -> Result<(), sp_runtime::DispatchError> {
			for (id, model) in Models::<T>::iter() {
				let Model { owner, scheme, semantics, key, interface, .. } = &model;
				let derived = ModelId::derive(owner, *scheme, *semantics, key, interface);
				ensure!(derived == id, "a model is not what its id says");
				ensure!(
					interface.signals() == Ok(model.signals),
					"a model's signals were miscounted"
				);
				let prepared = PreparedKey::validate(&types::raw(key));
				let prepared = prepared.map_err(|_| "a model's key is not valid")?;
				ensure!(
					prepared.signals() == model.signals as usize,
					"a model's key and interface disagree"
				);
				ensure!(
					prepared.alpha_beta() == model.alpha_beta,
					"a model's stored pairing is not that of its key"
				);
				ensure!(!Tombstones::<T>::contains_key(id), "a model is registered and retired");
			}
			for (id, _, nonce) in Nonces::<T>::iter() {
				ensure!(nonce > 0, "a nonce was stored before it was consumed");
				ensure!(
					Models::<T>::contains_key(id) || Tombstones::<T>::contains_key(id),
					"a nonce is of a model that never was"
				);
			}
			Ok(())
		}
	}

	impl<T: Config> InferenceVerifier<T::AccountId> for Pallet<T> {
		fn verify(
			model: ModelId,
			context: Context,
			inference: &Inference,
			proof: &Proof,
		) -> Result<VerifiedInference, VerifyError> {
			let entry = Models::<T>::get(model).ok_or(VerifyError::ModelNotFound)?;
			let development_keys = AllowDevelopmentKeys::<T>::get;
			VerifiedInference::verify(model, &entry, development_keys, context, inference, proof)
		}

		fn signals(model: ModelId) -> Option<u32> {
			Models::<T>::get(model).map(|entry| entry.signals)
		}

		fn weight(signals: u32) -> Weight {
			T::WeightInfo::verify_inference(signals)
		}
	}
}
