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
pub mod config_preludes;
mod errors;
pub mod example;
#[cfg(any(test, feature = "fixtures", feature = "runtime-benchmarks"))]
pub mod fixtures;
pub mod migrations;
#[cfg(test)]
mod mock;
mod registry;
pub mod runtime_api;
mod submission;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;
mod types;
mod verification;
pub mod weights;

use frame_support::pallet_macros::import_section;

pub use pallet::*;
pub use submission::batch_weight;
pub use types::{
	Authority, Lifecycle, Model, ModelInfo, NextContext, Policy, Receipt, Registration, Status,
	Suspension, Tombstone,
};
pub use verification::{InferenceVerifier, OnInferenceVerified, VerifiedInference, VerifyError};
pub use weights::WeightInfo;

/// The pallet.
// Macros make public items that they do not document, and state their proofs in `expect`.
#[allow(missing_docs, clippy::expect_used)]
#[import_section(errors::errors)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::boxed::Box;
	use frame_support::{
		pallet_prelude::*,
		traits::{Consideration, EnsureOrigin, Footprint},
	};
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::{Convert, StaticLookup};
	use zkml_primitives::{
		Commitment, Hint, Interface, Metadata, ModelId, Output, Setup, Submission, Terms,
		VerifyingKey, MAX_SIGNALS,
	};

	/// Of the layout of the storage.
	pub(crate) const STORAGE_VERSION: StorageVersion = StorageVersion::new(3);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What a runtime decides.
	#[pallet::config(with_default)]
	pub trait Config: frame_system::Config {
		/// Who may register models, as which account.
		#[pallet::no_default_bounds]
		type RegisterOrigin: EnsureOrigin<Self::RuntimeOrigin, Success = Self::AccountId>;

		/// Who may suspend any model, and pause all verification.
		#[pallet::no_default_bounds]
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The deposit for a model's storage.
		#[pallet::no_default_bounds]
		type Consideration: Consideration<Self::AccountId, Footprint>;

		/// The deposit for a receipt's storage.
		#[pallet::no_default_bounds]
		type ReceiptConsideration: Consideration<Self::AccountId, Footprint>;

		/// What else happens when an inference was submitted. Tuples of these are one, too.
		#[pallet::no_default_bounds]
		type OnInferenceVerified: OnInferenceVerified<Self::AccountId>;

		/// What weight costs, for the estimate of fees that clients can read. Usually the pallet
		/// `TransactionPayment`; `()` says that all is free.
		type WeightPrice: Convert<Weight, u128>;

		/// The most inferences in a batch.
		#[pallet::constant]
		type MaxBatch: Get<u32>;

		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Why this pallet holds an account's funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The deposit for a model's storage.
		#[codec(index = 0)]
		ModelDeposit,
		/// The deposit for a receipt's storage.
		#[codec(index = 1)]
		ReceiptDeposit,
	}

	/// A model as it is stored, for the check.
	pub type ModelOf<T> = Model<BlockNumberFor<T>>;
	/// The rest of a model as it is stored.
	pub type RegistrationOf<T> = Registration<
		<T as frame_system::Config>::AccountId,
		BlockNumberFor<T>,
		<T as Config>::Consideration,
	>;
	/// A receipt as it is stored.
	pub type ReceiptOf<T> = Receipt<BlockNumberFor<T>, <T as Config>::ReceiptConsideration>;
	/// What clients read of a model.
	pub type ModelInfoOf<T> = ModelInfo<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;
	/// An inference with its proof, as it is submitted.
	pub type SubmissionOf<T> = Submission<BlockNumberFor<T>>;
	type AddressOf<T> = <<T as frame_system::Config>::Lookup as StaticLookup>::Source;

	/// Of the registered models, what the check of an inference reads.
	// Identity: a model's id is a hash already, and only derived ids are ever inserted.
	#[pallet::storage]
	pub type Models<T: Config> = StorageMap<_, Identity, ModelId, ModelOf<T>>;

	/// Of the registered models, what else is known. Has the same keys as [`Models`].
	// Identity: as for `Models`.
	#[pallet::storage]
	pub type Registrations<T: Config> = StorageMap<_, Identity, ModelId, RegistrationOf<T>>;

	/// How many inferences of a model an account has had accepted. Kept when the model is
	/// deregistered, so that no context ever comes twice.
	// Identity: as for `Models`. Blake2: accounts choose their own ids.
	#[pallet::storage]
	pub type Nonces<T: Config> =
		StorageDoubleMap<_, Identity, ModelId, Blake2_128Concat, T::AccountId, u64, ValueQuery>;

	/// The models that were deregistered. Their ids are not given again.
	// Identity: as for `Models`.
	#[pallet::storage]
	pub type Tombstones<T: Config> = StorageMap<_, Identity, ModelId, Tombstone<BlockNumberFor<T>>>;

	/// Each account's last output of each model whose terms say so. They count for as long as they
	/// say: read them with [`Pallet::receipt`].
	// Hashers: as for `Nonces`.
	#[pallet::storage]
	pub type Receipts<T: Config> =
		StorageDoubleMap<_, Identity, ModelId, Blake2_128Concat, T::AccountId, ReceiptOf<T>>;

	/// The rules for all models.
	#[pallet::storage]
	pub type Rules<T: Config> = StorageValue<_, Policy, ValueQuery>;

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
			let allow_development_keys = self.allow_development_keys;
			Rules::<T>::put(Policy { allow_development_keys, paused: false });
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
			/// The version before it.
			supersedes: Option<ModelId>,
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
			/// What stands for the input, where the model has it committed.
			input: Option<Commitment>,
		},
		/// A model was deregistered.
		#[codec(index = 2)]
		ModelDeregistered {
			/// Its id, which is not given again.
			model: ModelId,
			/// Whose it was.
			owner: T::AccountId,
			/// Hash of all that was stored of it.
			record: [u8; 32],
		},
		/// The owner announced until when inferences are accepted, or took that back.
		#[codec(index = 3)]
		ModelDeprecated {
			/// Of which model.
			model: ModelId,
			/// The last block; `None` for no end.
			until: Option<BlockNumberFor<T>>,
		},
		/// A model was suspended.
		#[codec(index = 4)]
		ModelSuspended {
			/// Which.
			model: ModelId,
			/// By whom.
			by: Authority,
		},
		/// A suspension was lifted. Another may remain.
		#[codec(index = 5)]
		ModelResumed {
			/// Of which model.
			model: ModelId,
			/// By who had imposed it.
			by: Authority,
		},
		/// A model was offered to an account, or an offer was taken back.
		#[codec(index = 6)]
		OwnershipOffered {
			/// Which.
			model: ModelId,
			/// To whom.
			heir: Option<T::AccountId>,
		},
		/// A model has another owner.
		#[codec(index = 7)]
		OwnershipTransferred {
			/// Which.
			model: ModelId,
			/// Whose it was.
			from: T::AccountId,
			/// Whose it is.
			to: T::AccountId,
		},
		/// The terms of submission changed.
		#[codec(index = 8)]
		TermsChanged {
			/// Of which model.
			model: ModelId,
			/// The new ones.
			terms: Terms,
		},
		/// A receipt was removed.
		#[codec(index = 9)]
		ReceiptRemoved {
			/// Of which model.
			model: ModelId,
			/// Of whose inference.
			account: T::AccountId,
		},
		/// Verification was stopped for all models, or taken up again.
		#[codec(index = 10)]
		PauseChanged {
			/// Whether nothing is verified.
			paused: bool,
		},
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert_eq!(
				T::Hash::max_encoded_len(),
				32,
				"a context is over a genesis hash of 32 bytes"
			);
			let most = T::MaxBatch::get();
			assert!(most > 0, "a batch holds at least one inference");
			let limits = <T as frame_system::Config>::BlockWeights::get();
			let Some(limit) = limits.get(DispatchClass::Normal).max_extrinsic else { return };
			for (call, weight) in [
				("submission", Self::submission_weight(MAX_SIGNALS, true)),
				("registration", T::WeightInfo::register_model(MAX_SIGNALS)),
				("batch", Self::batch_weight(most, most.saturating_mul(MAX_SIGNALS))),
			] {
				assert!(weight.all_lte(limit), "the largest {call} does not fit into a block");
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
		/// Must be `RegisterOrigin`; usually any signed account. It becomes the model's owner.
		///
		/// ## Details
		///
		/// The model's id is a hash of owner, proof system, semantics, key and interface. A deposit
		/// is taken for the storage, and returned when the model is deregistered. The key is checked
		/// in full. Interface, setup and metadata are the owner's word: nothing on chain ties them
		/// to the key, so compare the key with the model before trusting it.
		///
		/// `supersedes` is the version before this one, by the same owner, and not superseded by a
		/// model that is still registered; nothing else changes for it.
		///
		/// ## Errors
		///
		/// - [`Error::MalformedInterface`], [`Error::InterfaceTooLarge`] or
		///   [`Error::UnsupportedInterface`] if the interface cannot be used.
		/// - [`Error::SignalCountMismatch`] if the key has not one point more than the interface has
		///   public signals.
		/// - [`Error::MalformedMetadata`] if name or URI are not UTF-8.
		/// - [`Error::MalformedSetup`] if a ceremony has fewer than two contributions.
		/// - [`Error::MalformedTerms`] if the terms cannot be kept.
		/// - [`Error::DevelopmentKeyRefused`] if the key is for development only and this chain does
		///   not allow those.
		/// - [`Error::ModelAlreadyRegistered`] or [`Error::ModelRetired`] if the account registers,
		///   or once registered, the same key with the same interface.
		/// - [`Error::ModelNotFound`], [`Error::NotOwner`] or [`Error::AlreadySuperseded`] if the
		///   version before it is not one that this account can supersede.
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
			terms: Terms,
			supersedes: Option<ModelId>,
		) -> DispatchResult {
			let owner = T::RegisterOrigin::ensure_origin(origin)?;
			Self::do_register(owner, *verifying_key, interface, setup, metadata, terms, supersedes)
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
		/// model, the account and its nonce for the model, which is consumed, and, where the model's
		/// terms ask for it, the hash of a recent block. See the view function `next_context`. A
		/// submission that fails costs its fee and leaves no other trace.
		///
		/// `hint` is the proof's, which makes the check cheaper; whoever has none submits a batch of one.
		///
		/// Where the model's terms have receipts, the output is kept for the account, in the place
		/// of the one before, and a deposit is taken from it.
		///
		/// ## Errors
		///
		/// - [`Error::ModelNotFound`], [`Error::ModelRetired`] or [`Error::ModelSuspended`] if the
		///   model is not there to be used, [`Error::VerificationPaused`] if none is.
		/// - [`Error::DevelopmentKeyRefused`] if the model's key is for development only and this
		///   chain does not allow those.
		/// - [`Error::SignalsUnderdeclared`] if `signals` is less than the model has.
		/// - [`Error::AnchorMissing`], [`Error::AnchorUnexpected`], [`Error::AnchorUnknown`] or
		///   [`Error::AnchorTooOld`] if the proof is not made for a block as the terms ask.
		/// - [`Error::OutputMismatch`], [`Error::InputMismatch`], [`Error::LabelOutOfRange`] or
		///   [`Error::ValueOutOfRange`] if the inference does not fit the interface.
		/// - [`Error::MalformedProof`] if the proof is not three usable points, or the hint not
		///   canonical.
		/// - [`Error::InvalidProof`] if it does not show this inference by this account with its
		///   next nonce, or the hint is not of this proof.
		/// - Whatever the deposit for a receipt says if it cannot be paid.
		/// - Whatever a pallet says that acts on verified inferences and vetoes this one.
		///
		/// ## Events
		///
		/// [`Event::InferenceVerified`].
		#[pallet::call_index(1)]
		#[pallet::weight(Pallet::<T>::submission_weight(*signals, true))]
		pub fn submit_inference(
			origin: OriginFor<T>,
			#[pallet::compact] signals: u32,
			submission: Box<SubmissionOf<T>>,
			hint: Hint,
		) -> DispatchResultWithPostInfo {
			Self::do_submit(ensure_signed(origin)?, signals, *submission, Some(&hint))
		}

		/// Deregister a model.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the model's owner.
		///
		/// ## Details
		///
		/// The deposit is returned. The id is not given again, and accounts' nonces are kept. What
		/// remains is a hash of all that was stored, the block, and whether the model was suspended.
		/// Receipts count as long as they say, unless it was.
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
			Self::do_deregister(ensure_signed(origin)?, model)
		}

		/// Submit several proven inferences, of any models, for less than each by itself.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed. The proofs are good for this account only, and only once.
		///
		/// ## Details
		///
		/// As [`Call::submit_inference`], for all or none. `signals` is the sum over the batch. The
		/// inferences of one model consume one nonce after the other, in their order here.
		///
		/// ## Errors
		///
		/// - [`Error::EmptyBatch`] if there is none.
		/// - What [`Call::submit_inference`] says of an inference by itself, for the first of which it
		///   has to be said.
		/// - [`Error::BatchInvalid`] if at least one proof does not show what it should. The runtime
		///   API `dry_run` says which.
		///
		/// ## Events
		///
		/// [`Event::InferenceVerified`] for each.
		#[pallet::call_index(3)]
		#[pallet::weight(Pallet::<T>::batch_weight(submissions.len() as u32, *signals))]
		pub fn submit_batch(
			origin: OriginFor<T>,
			#[pallet::compact] signals: u32,
			submissions: BoundedVec<SubmissionOf<T>, T::MaxBatch>,
		) -> DispatchResultWithPostInfo {
			Self::do_submit_batch(ensure_signed(origin)?, signals, submissions.into_inner())
		}

		/// Announce until when a model's inferences are accepted, or take that back.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the model's owner.
		///
		/// ## Details
		///
		/// Up to and including block `until` the model is *deprecated*; then it is *retired*, for
		/// good. `None` takes an announcement back before that.
		///
		/// ## Errors
		///
		/// - [`Error::ModelNotFound`] or [`Error::ModelRetired`] if the model is not registered, or
		///   its end has passed.
		/// - [`Error::NotOwner`] if the account does not own the model.
		/// - [`Error::EndInPast`] if `until` is before this block.
		///
		/// ## Events
		///
		/// [`Event::ModelDeprecated`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::deprecate_model())]
		pub fn deprecate_model(
			origin: OriginFor<T>,
			model: ModelId,
			until: Option<BlockNumberFor<T>>,
		) -> DispatchResult {
			Self::do_deprecate(ensure_signed(origin)?, model, until)
		}

		/// Suspend a model at once: nothing of it is verified, and its receipts do not count, until
		/// it is resumed.
		///
		/// ## Dispatch Origin
		///
		/// Must be `AdminOrigin`, or signed by the model's owner.
		///
		/// ## Details
		///
		/// `AdminOrigin` may do this to a model that was deregistered, too, for good: its receipts
		/// count no more.
		///
		/// ## Errors
		///
		/// - [`Error::ModelNotFound`], or [`Error::ModelRetired`] for others than `AdminOrigin`, if the
		///   model is not registered.
		/// - [`Error::NotOwner`] if the account does not own the model.
		/// - [`Error::AlreadySuspended`] if the same authority has suspended it already.
		///
		/// ## Events
		///
		/// [`Event::ModelSuspended`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::suspend_model())]
		pub fn suspend_model(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			Self::do_suspend(origin, model, true)
		}

		/// Lift a suspension.
		///
		/// ## Dispatch Origin
		///
		/// Must be `AdminOrigin`, or signed by the model's owner. Each lifts only its own: a model
		/// that both have suspended remains suspended until both have resumed it.
		///
		/// ## Errors
		///
		/// - [`Error::ModelNotFound`] or [`Error::ModelRetired`] if the model is not registered.
		/// - [`Error::NotOwner`] if the account does not own the model.
		/// - [`Error::NotSuspended`] if this authority has not suspended it.
		///
		/// ## Events
		///
		/// [`Event::ModelResumed`].
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::resume_model())]
		pub fn resume_model(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			Self::do_suspend(origin, model, false)
		}

		/// Offer a model to another account, or take the offer back.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the model's owner, who remains it until the other accepts.
		///
		/// ## Errors
		///
		/// - [`Error::ModelNotFound`] or [`Error::ModelRetired`] if the model is not registered.
		/// - [`Error::NotOwner`] if the account does not own the model.
		/// - A lookup error if the address is of no account.
		///
		/// ## Events
		///
		/// [`Event::OwnershipOffered`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::offer_ownership())]
		pub fn offer_ownership(
			origin: OriginFor<T>,
			model: ModelId,
			heir: Option<AddressOf<T>>,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_offer(owner, model, heir.map(T::Lookup::lookup).transpose()?)
		}

		/// Accept a model that was offered.
		///
		/// ## Dispatch Origin
		///
		/// Must be `RegisterOrigin`, as the account to which it was offered.
		///
		/// ## Details
		///
		/// The account puts down the deposit; the former owner's is returned. The id remains.
		///
		/// ## Errors
		///
		/// - [`Error::ModelNotFound`] or [`Error::ModelRetired`] if the model is not registered.
		/// - [`Error::NotOffered`] if it was not offered to this account.
		/// - Whatever the deposit says if it cannot be paid.
		///
		/// ## Events
		///
		/// [`Event::OwnershipTransferred`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::accept_ownership())]
		pub fn accept_ownership(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			Self::do_accept(T::RegisterOrigin::ensure_origin(origin)?, model)
		}

		/// Change the terms on which inferences are accepted.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the model's owner.
		///
		/// ## Details
		///
		/// Proofs that were made for the former terms and are not submitted yet may become useless.
		/// Receipts that are there already count as long as they say.
		///
		/// ## Errors
		///
		/// - [`Error::ModelNotFound`] or [`Error::ModelRetired`] if the model is not registered.
		/// - [`Error::NotOwner`] if the account does not own the model.
		/// - [`Error::MalformedTerms`] if the terms cannot be kept.
		///
		/// ## Events
		///
		/// [`Event::TermsChanged`].
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::set_terms())]
		pub fn set_terms(origin: OriginFor<T>, model: ModelId, terms: Terms) -> DispatchResult {
			Self::do_set_terms(ensure_signed(origin)?, model, terms)
		}

		/// Remove a receipt, and return its deposit to the account that put it down.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed: by the receipt's own account, or by anybody once it counts no more.
		///
		/// ## Errors
		///
		/// - A lookup error if the address is of no account.
		/// - [`Error::ReceiptNotFound`] if there is none.
		/// - [`Error::ReceiptStillValid`] if it still counts and is not the caller's own.
		///
		/// ## Events
		///
		/// [`Event::ReceiptRemoved`].
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::remove_receipt())]
		pub fn remove_receipt(
			origin: OriginFor<T>,
			model: ModelId,
			account: AddressOf<T>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_remove_receipt(who, model, T::Lookup::lookup(account)?)
		}

		/// Stop verification for all models and pallets, or take it up again.
		///
		/// ## Dispatch Origin
		///
		/// Must be `AdminOrigin`.
		///
		/// ## Events
		///
		/// [`Event::PauseChanged`].
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::set_paused())]
		pub fn set_paused(origin: OriginFor<T>, paused: bool) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Rules::<T>::mutate(|rules| rules.paused = paused);
			Self::deposit_event(Event::PauseChanged { paused });
			Ok(())
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// The model that is registered under an id.
		pub fn model(id: ModelId) -> Option<ModelInfoOf<T>> {
			Self::info(id)
		}

		/// Whether inferences of a model are accepted now; `None` if there never was one. Says
		/// nothing of rules for all models: see `policy`.
		pub fn status(id: ModelId) -> Option<Status<BlockNumberFor<T>>> {
			Self::status_of(id)
		}

		/// What remains of a model that was deregistered.
		pub fn tombstone(id: ModelId) -> Option<Tombstone<BlockNumberFor<T>>> {
			Tombstones::<T>::get(id)
		}

		/// The rules for all models.
		pub fn policy() -> Policy {
			Rules::<T>::get()
		}

		/// The nonce of an account's next inference of a model.
		pub fn nonce(id: ModelId, account: T::AccountId) -> u64 {
			Nonces::<T>::get(id, account)
		}

		/// What an account's next proof of a model must be made for. `None` if the model is not
		/// registered, and in the state of the genesis block, which does not know its own hash.
		pub fn next_context(
			id: ModelId,
			account: T::AccountId,
		) -> Option<NextContext<BlockNumberFor<T>>> {
			Self::next_context_of(id, account)
		}

		/// About what the weight of an inference of a model costs at present, a receipt included. The
		/// fee for the transaction's length comes on top; ask `query_info` for the exact one of a
		/// signed transaction. `None` if the model is not registered.
		pub fn submission_fee(id: ModelId) -> Option<u128> {
			Self::submission_fee_of(id)
		}

		/// An account's last output of a model, if its receipt counts: it has not expired, the model
		/// is not suspended and was not when it was deregistered, and its key is still accepted
		/// here. While all verification is paused, none counts.
		pub fn receipt(
			id: ModelId,
			account: T::AccountId,
		) -> Option<Receipt<BlockNumberFor<T>, ()>> {
			Self::receipt_of(id, &account)
		}
	}
}
