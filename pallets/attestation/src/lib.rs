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
mod credentials;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use pallet::*;
pub use types::{Attested, Credential, Issuer, NotAttested, Root, Roots};
pub use weights::WeightInfo;
pub use zkml_primitives::Attestation;

/// The pallet.
// Macros make public items that they do not document, and state their proofs in `expect`.
#[allow(missing_docs, clippy::expect_used)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{
		pallet_prelude::*,
		traits::{Consideration, EnsureOrigin, Footprint},
	};
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::{IdentifyAccount, StaticLookup, Verify};
	use zkml_primitives::{Commitment, SchemaId};

	/// Of the layout of the storage.
	pub(crate) const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What a runtime decides.
	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// Who says who may attest what.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The deposit for a credential's storage, and for roots.
		type Consideration: Consideration<Self::AccountId, Footprint>;

		/// Signatures of attestations that are made off-chain.
		type Signature: Verify<Signer = Self::Signer> + Parameter;

		/// Who makes them.
		type Signer: IdentifyAccount<AccountId = Self::AccountId>;

		/// The most schemas of an issuer.
		#[pallet::constant]
		type MaxSchemas: Get<u32>;

		/// For how many blocks a signed attestation can be claimed, and therefore how long what was
		/// attested or revoked is remembered at least.
		#[pallet::constant]
		type MaxAge: Get<BlockNumberFor<Self>>;

		/// The most roots that are remembered of an issuer and a schema.
		#[pallet::constant]
		type MaxRoots: Get<u32>;

		/// The weights of the calls.
		type WeightInfo: WeightInfo;

		/// Signs attestations, as dear to check as any.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::Signature, Self::AccountId>;
	}

	/// Why this pallet holds an account's funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The deposit for a credential, or for roots.
		#[codec(index = 0)]
		AttestationDeposit,
	}

	/// An issuer as it is stored.
	pub type IssuerOf<T> = Issuer<<T as Config>::MaxSchemas>;
	/// A credential as it is stored.
	pub type CredentialOf<T> = Credential<
		<T as frame_system::Config>::AccountId,
		BlockNumberFor<T>,
		<T as Config>::Consideration,
	>;
	/// Roots as they are stored.
	pub type RootsOf<T> =
		Roots<BlockNumberFor<T>, <T as Config>::Consideration, <T as Config>::MaxRoots>;
	/// What an issuer signs off-chain.
	pub type AttestationOf<T> =
		Attestation<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;
	type AddressOf<T> = <<T as frame_system::Config>::Lookup as StaticLookup>::Source;

	/// Who may attest what.
	// Blake2: as everywhere here, accounts choose their own ids.
	#[pallet::storage]
	pub type Issuers<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, IssuerOf<T>>;

	/// What is attested, by subject and schema: the last attestation, also where it was revoked or has
	/// expired.
	#[pallet::storage]
	pub type Credentials<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		Blake2_128Concat,
		SchemaId,
		CredentialOf<T>,
	>;

	/// The last roots of each issuer and schema.
	#[pallet::storage]
	pub type CredentialRoots<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Blake2_128Concat, SchemaId, RootsOf<T>>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An account may attest values of these schemas.
		#[codec(index = 0)]
		IssuerSet {
			/// Who.
			issuer: T::AccountId,
			/// Which.
			schemas: BoundedVec<SchemaId, T::MaxSchemas>,
		},
		/// An issuer was suspended, or taken up again.
		#[codec(index = 1)]
		IssuerSuspended {
			/// Who.
			issuer: T::AccountId,
			/// Whether nothing that it attested counts.
			suspended: bool,
		},
		/// An account attests no more.
		#[codec(index = 2)]
		IssuerRemoved {
			/// Who.
			issuer: T::AccountId,
		},
		/// Values were attested.
		#[codec(index = 3)]
		Attested {
			/// By whom.
			issuer: T::AccountId,
			/// Of whom.
			subject: T::AccountId,
			/// What they are.
			schema: SchemaId,
			/// To the values.
			commitment: Commitment,
			/// The last block in which it counts; `None` for no end.
			expires: Option<BlockNumberFor<T>>,
		},
		/// An attestation was taken back.
		#[codec(index = 4)]
		Revoked {
			/// By whom.
			issuer: T::AccountId,
			/// Of whom.
			subject: T::AccountId,
			/// Of values of which schema.
			schema: SchemaId,
		},
		/// An attestation that counts no more was forgotten.
		#[codec(index = 5)]
		Removed {
			/// Of whom.
			subject: T::AccountId,
			/// Of values of which schema.
			schema: SchemaId,
		},
		/// An issuer posted the root of a tree of attestations.
		#[codec(index = 6)]
		RootPosted {
			/// Who.
			issuer: T::AccountId,
			/// Of values of which schema.
			schema: SchemaId,
			/// The root.
			root: Commitment,
		},
		/// An issuer took its roots back.
		#[codec(index = 7)]
		RootsCleared {
			/// Who.
			issuer: T::AccountId,
			/// Of values of which schema.
			schema: SchemaId,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The account is no issuer.
		#[codec(index = 0)]
		IssuerNotFound,
		/// The issuer is suspended.
		#[codec(index = 1)]
		IssuerSuspended,
		/// The issuer may not attest values of this schema.
		#[codec(index = 2)]
		SchemaNotAllowed,
		/// A schema is listed twice.
		#[codec(index = 3)]
		SchemaListedTwice,
		/// A commitment or a root is no element of the field.
		#[codec(index = 4)]
		NotCanonical,
		/// The attestation would not count even in this block.
		#[codec(index = 5)]
		Expired,
		/// A signed attestation is claimed by its subject.
		#[codec(index = 6)]
		NotSubject,
		/// The signature is not the issuer's, of this attestation on this chain.
		#[codec(index = 7)]
		BadSignature,
		/// The attestation was signed in a block that is still to come.
		#[codec(index = 8)]
		SignedInFuture,
		/// The attestation was signed too long ago.
		#[codec(index = 9)]
		SignedTooLongAgo,
		/// The issuer has attested or revoked something since the attestation was signed.
		#[codec(index = 10)]
		Superseded,
		/// Another issuer's attestation counts.
		#[codec(index = 11)]
		AttestedByOther,
		/// Nothing of this schema is attested of the subject.
		#[codec(index = 12)]
		CredentialNotFound,
		/// Only the issuer that attested it may do this.
		#[codec(index = 13)]
		NotIssuer,
		/// It was revoked already.
		#[codec(index = 14)]
		AlreadyRevoked,
		/// It must be remembered for longer, so that no older attestation can be claimed.
		#[codec(index = 15)]
		StillRemembered,
		/// It counts, and is not the caller's own.
		#[codec(index = 16)]
		StillCounts,
		/// The issuer has no roots of this schema.
		#[codec(index = 17)]
		RootsNotFound,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxSchemas::get() > 0, "an issuer attests something");
			assert!(T::MaxRoots::get() > 0, "a root that is posted is remembered");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Say which values an account may attest, in the place of what was said before.
		///
		/// ## Dispatch Origin
		///
		/// Must be `AdminOrigin`.
		///
		/// ## Details
		///
		/// What it attested of schemas that are no longer listed does not count any more.
		///
		/// ## Errors
		///
		/// - A lookup error if the address is of no account.
		/// - [`Error::SchemaListedTwice`].
		///
		/// ## Events
		///
		/// [`Event::IssuerSet`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::set_issuer(schemas.len() as u32))]
		pub fn set_issuer(
			origin: OriginFor<T>,
			issuer: AddressOf<T>,
			schemas: BoundedVec<SchemaId, T::MaxSchemas>,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_issuer(T::Lookup::lookup(issuer)?, schemas)
		}

		/// Let nothing count that an issuer attested, or let it count again.
		///
		/// ## Dispatch Origin
		///
		/// Must be `AdminOrigin`.
		///
		/// ## Errors
		///
		/// - A lookup error if the address is of no account.
		/// - [`Error::IssuerNotFound`].
		///
		/// ## Events
		///
		/// [`Event::IssuerSuspended`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::suspend_issuer())]
		pub fn suspend_issuer(
			origin: OriginFor<T>,
			issuer: AddressOf<T>,
			suspended: bool,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_suspend_issuer(T::Lookup::lookup(issuer)?, suspended)
		}

		/// Let an account attest no more. What it attested does not count.
		///
		/// ## Dispatch Origin
		///
		/// Must be `AdminOrigin`.
		///
		/// ## Errors
		///
		/// - A lookup error if the address is of no account.
		/// - [`Error::IssuerNotFound`].
		///
		/// ## Events
		///
		/// [`Event::IssuerRemoved`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::remove_issuer())]
		pub fn remove_issuer(origin: OriginFor<T>, issuer: AddressOf<T>) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_remove_issuer(T::Lookup::lookup(issuer)?)
		}

		/// Attest values of an account, by a commitment to them.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by an issuer of the schema, which puts down the deposit.
		///
		/// ## Details
		///
		/// It takes the place of what was attested before. Attestations that the issuer signed up to
		/// this block and that are not claimed yet cannot be claimed any more.
		///
		/// ## Errors
		///
		/// - A lookup error if the address is of no account.
		/// - [`Error::IssuerNotFound`], [`Error::IssuerSuspended`] or [`Error::SchemaNotAllowed`].
		/// - [`Error::NotCanonical`] if the commitment is no element of the field.
		/// - [`Error::Expired`] if `expires` is before this block.
		/// - [`Error::AttestedByOther`] if another issuer's attestation counts.
		/// - Whatever the deposit says if it cannot be paid.
		///
		/// ## Events
		///
		/// [`Event::Attested`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::attest())]
		pub fn attest(
			origin: OriginFor<T>,
			subject: AddressOf<T>,
			schema: SchemaId,
			commitment: Commitment,
			expires: Option<BlockNumberFor<T>>,
		) -> DispatchResult {
			let issuer = ensure_signed(origin)?;
			let subject = T::Lookup::lookup(subject)?;
			let signed_at = frame_system::Pallet::<T>::block_number();
			let depositor = issuer.clone();
			let attestation =
				Attestation { issuer, subject, schema, commitment, expires, signed_at };
			Self::do_attest(attestation, depositor)
		}

		/// Claim an attestation that an issuer signed off-chain.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the attestation's subject, which puts down the deposit.
		///
		/// ## Details
		///
		/// What the issuer signs is [`Attestation::message`], by itself or between `<Bytes>` and
		/// `</Bytes>`, as wallets do.
		///
		/// ## Errors
		///
		/// - [`Error::NotSubject`] if the caller is another account.
		/// - [`Error::BadSignature`].
		/// - [`Error::SignedInFuture`] or [`Error::SignedTooLongAgo`] if it cannot be claimed now.
		/// - [`Error::Superseded`] if something was attested or revoked since.
		/// - What [`Call::attest`] says.
		///
		/// ## Events
		///
		/// [`Event::Attested`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::claim())]
		pub fn claim(
			origin: OriginFor<T>,
			attestation: AttestationOf<T>,
			signature: T::Signature,
		) -> DispatchResult {
			Self::do_claim(ensure_signed(origin)?, attestation, signature)
		}

		/// Take an attestation back.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the issuer that attested it, also while it is suspended.
		///
		/// ## Details
		///
		/// What the issuer signed up to this block cannot be claimed any more, also where nothing is
		/// attested yet, or only what counts no more: then the issuer puts down a deposit, so that this
		/// is remembered.
		///
		/// ## Errors
		///
		/// - A lookup error if the address is of no account.
		/// - [`Error::CredentialNotFound`] if nothing is attested and the account is no issuer of the
		///   schema.
		/// - [`Error::NotIssuer`] if what another issuer attested counts, or the account is no issuer of
		///   the schema.
		/// - [`Error::AlreadyRevoked`].
		///
		/// ## Events
		///
		/// [`Event::Revoked`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::revoke())]
		pub fn revoke(
			origin: OriginFor<T>,
			subject: AddressOf<T>,
			schema: SchemaId,
		) -> DispatchResult {
			Self::do_revoke(ensure_signed(origin)?, T::Lookup::lookup(subject)?, schema)
		}

		/// Forget an attestation, and return its deposit to who put it down.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed: by its subject, or by anybody once it was revoked or has expired, or its issuer
		/// was removed.
		///
		/// ## Errors
		///
		/// - A lookup error if the address is of no account.
		/// - [`Error::CredentialNotFound`].
		/// - [`Error::StillRemembered`] if one that was signed before it could still be claimed.
		/// - [`Error::StillCounts`] if it is not the caller's own, and counts, or would if its issuer were
		///   not suspended.
		///
		/// ## Events
		///
		/// [`Event::Removed`].
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::remove())]
		pub fn remove(
			origin: OriginFor<T>,
			subject: AddressOf<T>,
			schema: SchemaId,
		) -> DispatchResult {
			Self::do_remove(ensure_signed(origin)?, T::Lookup::lookup(subject)?, schema)
		}

		/// Post the root of a tree of attestations that the issuer keeps off-chain.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by an issuer of the schema, which puts down a deposit with the first.
		///
		/// ## Details
		///
		/// The last `MaxRoots` are remembered, each with its block; how old one may be is for those
		/// to say who rely on it.
		///
		/// ## Errors
		///
		/// - [`Error::IssuerNotFound`], [`Error::IssuerSuspended`] or [`Error::SchemaNotAllowed`].
		/// - [`Error::NotCanonical`] if the root is no element of the field.
		/// - Whatever the deposit says if it cannot be paid.
		///
		/// ## Events
		///
		/// [`Event::RootPosted`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::post_root())]
		pub fn post_root(
			origin: OriginFor<T>,
			schema: SchemaId,
			root: Commitment,
		) -> DispatchResult {
			Self::do_post_root(ensure_signed(origin)?, schema, root)
		}

		/// Take all of one's roots of a schema back, and the deposit.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the issuer that posted them.
		///
		/// ## Errors
		///
		/// - [`Error::RootsNotFound`].
		///
		/// ## Events
		///
		/// [`Event::RootsCleared`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::clear_roots())]
		pub fn clear_roots(origin: OriginFor<T>, schema: SchemaId) -> DispatchResult {
			Self::do_clear_roots(ensure_signed(origin)?, schema)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// What an account may attest.
		pub fn issuer(account: T::AccountId) -> Option<IssuerOf<T>> {
			Issuers::<T>::get(account)
		}

		/// What is attested of an account and counts now.
		pub fn credential(
			subject: T::AccountId,
			schema: SchemaId,
		) -> Option<Credential<T::AccountId, BlockNumberFor<T>, ()>> {
			Self::live(&subject, schema)
		}

		/// The block in which an issuer posted a root that is remembered and counts.
		pub fn root(
			issuer: T::AccountId,
			schema: SchemaId,
			root: Commitment,
		) -> Option<BlockNumberFor<T>> {
			Self::root_posted_in(&issuer, schema, root)
		}

		/// What an issuer signs for an attestation; `None` in the state of the genesis block, which
		/// does not know its own hash.
		pub fn message(attestation: AttestationOf<T>) -> Option<[u8; 32]> {
			Self::message_of(&attestation)
		}
	}
}
