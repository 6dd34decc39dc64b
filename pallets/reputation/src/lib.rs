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
mod decay;
mod ensure;
#[cfg(test)]
mod mock;
mod records;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;
mod types;
pub mod weights;

pub use ensure::EnsureReputation;
pub use pallet::*;
pub use types::{Answer, Area, AreaId, Contribution, Points, Record, Reputation, Source};
pub use weights::WeightInfo;

/// The pallet.
// Macros make public items that they do not document, and state their proofs in `expect`; a call carries
// a proof.
#[allow(missing_docs, clippy::expect_used, clippy::large_enum_variant)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::{Consideration, EnsureOrigin, Footprint},
	};
	use frame_system::pallet_prelude::*;
	use pallet_attestation::{Attested, NotAttested};
	use pallet_zkml::{InferenceVerifier, VerifyError};
	use sp_runtime::traits::StaticLookup;
	use zkml_primitives::{Context, HintedProof, Inference, ModelId};

	/// Of the layout of the storage.
	pub(crate) const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What a runtime decides.
	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// Who says how reputations are earned.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Usually `pallet-zkml`.
		type Verifier: InferenceVerifier<Self::AccountId>;

		/// Usually `pallet-attestation`.
		type Attested: Attested<Self::AccountId, BlockNumberFor<Self>>;

		/// The deposit for a record's storage.
		type Consideration: Consideration<Self::AccountId, Footprint>;

		/// The most sources of an area.
		#[pallet::constant]
		type MaxSources: Get<u32>;

		/// The most issuers of a source.
		#[pallet::constant]
		type MaxIssuers: Get<u32>;

		/// The most labels of a source.
		#[pallet::constant]
		type MaxLabels: Get<u32>;

		/// How many blocks old the block may be for which a proof was made, at most as many as
		/// `BlockHashCount`; and for how long what was proven is remembered at least. A runtime that
		/// raises it lets proofs count once more that were forgotten shortly before.
		#[pallet::constant]
		type MaxAnchorAge: Get<BlockNumberFor<Self>>;

		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Why this pallet holds an account's funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The deposit for a record.
		#[codec(index = 0)]
		RecordDeposit,
	}

	/// A source as it is stored.
	pub type SourceOf<T> = Source<
		<T as frame_system::Config>::AccountId,
		<T as Config>::MaxIssuers,
		<T as Config>::MaxLabels,
	>;
	/// An area as it is stored.
	pub type AreaOf<T> = Area<
		<T as frame_system::Config>::AccountId,
		BlockNumberFor<T>,
		<T as Config>::MaxSources,
		<T as Config>::MaxIssuers,
		<T as Config>::MaxLabels,
	>;
	/// A record as it is stored.
	pub type RecordOf<T> =
		Record<BlockNumberFor<T>, <T as Config>::Consideration, <T as Config>::MaxSources>;
	type AddressOf<T> = <<T as frame_system::Config>::Lookup as StaticLookup>::Source;

	/// How reputations are earned. An entry is bounded, and the admin alone makes any, so there is no
	/// deposit; nothing ever goes through them all.
	// Twox: the admin chooses the ids.
	#[pallet::storage]
	pub type Areas<T: Config> = StorageMap<_, Twox64Concat, AreaId, AreaOf<T>>;

	/// What was proven, by account and area.
	// Blake2: accounts choose their own ids. Twox: as for `Areas`.
	#[pallet::storage]
	pub type Records<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Twox64Concat, AreaId, RecordOf<T>>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// It was said how a reputation is earned.
		#[codec(index = 0)]
		AreaSet {
			/// In which area.
			area: AreaId,
		},
		/// Nobody has a reputation in an area any more.
		#[codec(index = 1)]
		AreaRemoved {
			/// In which.
			area: AreaId,
		},
		/// An account has proven something that counts.
		#[codec(index = 2)]
		Proven {
			/// Who.
			account: T::AccountId,
			/// In which area.
			area: AreaId,
			/// Of which source.
			model: ModelId,
			/// What it is worth at first.
			points: u32,
		},
		/// A contribution does not count any more: its values are not attested as they were.
		#[codec(index = 3)]
		StruckOut {
			/// Whose.
			account: T::AccountId,
			/// In which area.
			area: AreaId,
			/// Of which source.
			model: ModelId,
		},
		/// A record was forgotten.
		#[codec(index = 4)]
		RecordRemoved {
			/// Whose.
			account: T::AccountId,
			/// In which area.
			area: AreaId,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// There is no such area.
		#[codec(index = 0)]
		AreaNotFound,
		/// The model is no source of the area.
		#[codec(index = 1)]
		SourceNotFound,
		/// The half-life is no time.
		#[codec(index = 2)]
		HalfLifeZero,
		/// The ceiling is below the floor.
		#[codec(index = 3)]
		CeilingBelowFloor,
		/// A model is listed twice.
		#[codec(index = 4)]
		SourceListedTwice,
		/// Nobody may vouch for a source's values.
		#[codec(index = 5)]
		NoIssuers,
		/// No such model is registered.
		#[codec(index = 6)]
		ModelNotFound,
		/// The model's input is not committed to values of this schema.
		#[codec(index = 7)]
		InputMismatch,
		/// The points are not for the answers that the model gives, or not for as many labels.
		#[codec(index = 8)]
		PointsMismatch,
		/// The proof is for a block that is not past, or that the chain does not remember.
		#[codec(index = 9)]
		AnchorUnknown,
		/// The proof is for a block that is too old.
		#[codec(index = 10)]
		AnchorTooOld,
		/// The proof is for a block before that in which the account proved this source last.
		#[codec(index = 11)]
		AnchorUsed,
		/// The inference is not proven.
		#[codec(index = 12)]
		Refused(VerifyError),
		/// The inference is not over values that are attested of the account.
		#[codec(index = 13)]
		NotAttested(NotAttested),
		/// The answer is the best of some labels only, chosen by the prover.
		#[codec(index = 14)]
		MaskNotFull,
		/// The answer is worth nothing.
		#[codec(index = 15)]
		NoPoints,
		/// The account proved too much lately of sources that are no longer listed: it has to wait.
		#[codec(index = 16)]
		RecordFull,
		/// The account has proven nothing in the area.
		#[codec(index = 17)]
		RecordNotFound,
		/// The account has proven nothing of this source that counts.
		#[codec(index = 18)]
		ContributionNotFound,
		/// The values are attested as they were.
		#[codec(index = 19)]
		StillAttested,
		/// It must be remembered for longer, so that no proof counts again.
		#[codec(index = 20)]
		StillRemembered,
		/// It is worth something, and is not the caller's own.
		#[codec(index = 21)]
		StillCounts,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxSources::get() > 0, "there is something to prove");
			assert!(T::MaxIssuers::get() > 0, "somebody vouches for it");
			assert!(T::MaxLabels::get() > 1, "a model that tells classes apart has two");
			let (most, known) = (T::MaxAnchorAge::get(), T::BlockHashCount::get());
			assert!(most > 0u32.into(), "a proof is for a block of the past");
			assert!(most <= known, "the chain knows the hash of such a block");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Say how reputations are earned in an area, in the place of what was said before, or that
		/// there is none.
		///
		/// ## Dispatch Origin
		///
		/// Must be `AdminOrigin`.
		///
		/// ## Details
		///
		/// It holds at once, and for what was proven before, too: floor, ceiling, half-life, and which
		/// sources are listed. Of the points that an answer was worth when it was proven and is worth
		/// now, the fewer count.
		///
		/// A model that is suspended or retired later stays a source, of which nothing new is proven.
		///
		/// ## Errors
		///
		/// - [`Error::AreaNotFound`] if there is none to remove.
		/// - [`Error::HalfLifeZero`], [`Error::CeilingBelowFloor`], [`Error::SourceListedTwice`],
		///   [`Error::NoIssuers`] or [`Error::ModelNotFound`].
		/// - [`Error::InputMismatch`] if a model's input is not committed to values of the schema.
		/// - [`Error::PointsMismatch`] if a model's answers are of another kind than the points.
		///
		/// ## Events
		///
		/// [`Event::AreaSet`] or [`Event::AreaRemoved`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::set_area(
			settings.as_ref().map_or(0, |area| area.sources.len() as u32)
		))]
		pub fn set_area(
			origin: OriginFor<T>,
			area: AreaId,
			settings: Option<AreaOf<T>>,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_area(area, settings)
		}

		/// Prove what a model says of one's attested values, and earn points for it.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the account of which the values are attested. With its first proof in the
		/// area it puts down the deposit.
		///
		/// ## Details
		///
		/// The proof is tied to the context of domain `reputation/prove`, with the account as its
		/// subject, and with the area and the hash of the block `anchor` as its payload:
		/// `next_context` gives it.
		///
		/// It takes the place of what was proven of this source before, with all points and as of now:
		/// to prove again renews, and does not add.
		///
		/// The weight is for a model with so many public `signals`; what was charged too much is
		/// refunded.
		///
		/// ## Errors
		///
		/// - [`Error::AreaNotFound`] or [`Error::SourceNotFound`].
		/// - [`Error::AnchorUnknown`], [`Error::AnchorTooOld`] or [`Error::AnchorUsed`] if a proof for
		///   that block does not count now.
		/// - [`Error::Refused`] if the inference is not proven.
		/// - [`Error::NotAttested`] if it is not over what a listed issuer attests of the account now.
		/// - [`Error::MaskNotFull`] if some labels were excluded.
		/// - [`Error::NoPoints`] if the answer is worth nothing.
		/// - [`Error::RecordFull`] if too much must be remembered of sources that are no longer listed.
		/// - Whatever the deposit says if it cannot be paid.
		///
		/// ## Events
		///
		/// [`Event::Proven`].
		#[pallet::call_index(1)]
		#[pallet::weight(Pallet::<T>::prove_weight(*signals))]
		pub fn prove(
			origin: OriginFor<T>,
			area: AreaId,
			model: ModelId,
			#[pallet::compact] signals: u32,
			anchor: BlockNumberFor<T>,
			inference: Inference,
			proof: HintedProof,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			Self::do_prove(who, area, model, signals, anchor, inference, proof)
		}

		/// Strike out a contribution whose values are not attested as they were.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed, by anybody.
		///
		/// ## Details
		///
		/// It is struck out if the attestation was revoked, has expired or was superseded by one to other
		/// values or with another salt, or if its issuer does not count, or is not listed for the source
		/// any more. Until somebody does this, it counts. The account may prove the source anew.
		///
		/// ## Errors
		///
		/// - A lookup error if the address is of no account.
		/// - [`Error::AreaNotFound`], [`Error::SourceNotFound`] or [`Error::RecordNotFound`].
		/// - [`Error::ContributionNotFound`] also if it was struck out already.
		/// - [`Error::StillAttested`].
		///
		/// ## Events
		///
		/// [`Event::StruckOut`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::challenge().saturating_add(T::Attested::weight()))]
		pub fn challenge(
			origin: OriginFor<T>,
			account: AddressOf<T>,
			area: AreaId,
			model: ModelId,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_challenge(T::Lookup::lookup(account)?, area, model)
		}

		/// Forget what an account has proven in an area, and return its deposit.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed: by the account, or by anybody once the record is worth nothing.
		///
		/// ## Errors
		///
		/// - A lookup error if the address is of no account.
		/// - [`Error::RecordNotFound`].
		/// - [`Error::StillRemembered`] for `MaxAnchorAge` blocks after a proof.
		/// - [`Error::StillCounts`] if it is not the caller's own, and worth something.
		///
		/// ## Events
		///
		/// [`Event::RecordRemoved`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::remove_record())]
		pub fn remove_record(
			origin: OriginFor<T>,
			account: AddressOf<T>,
			area: AreaId,
		) -> DispatchResult {
			Self::do_remove_record(ensure_signed(origin)?, T::Lookup::lookup(account)?, area)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// How reputations are earned in an area.
		pub fn area(id: AreaId) -> Option<AreaOf<T>> {
			Areas::<T>::get(id)
		}

		/// An account's score in an area now; 0 where there is no such area.
		pub fn score(account: T::AccountId, area: AreaId) -> u32 {
			Self::score_of(&account, area)
		}

		/// What an account has proven in an area, with the points that it gives now.
		pub fn record(
			account: T::AccountId,
			area: AreaId,
		) -> Option<Vec<Contribution<BlockNumberFor<T>>>> {
			Self::decayed_contributions(&account, area)
		}

		/// The context of a proof for the block `anchor`; `None` where such a proof would not count in
		/// this block.
		///
		/// The state of a block does not know that block's own hash: the newest anchor is the block
		/// before.
		pub fn next_context(
			area: AreaId,
			model: ModelId,
			account: T::AccountId,
			anchor: BlockNumberFor<T>,
		) -> Option<Context> {
			Self::claim(account, area, model, anchor).ok().map(|claim| claim.context)
		}
	}
}
