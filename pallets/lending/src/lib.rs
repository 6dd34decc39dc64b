#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]
#![doc = include_str!("../README.md")]

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod credit;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;
mod types;
pub mod weights;

pub use pallet::*;
pub use types::Line;
pub use weights::WeightInfo;

/// The pallet.
// Macros make public items that they do not document, and state their proofs in `expect`.
#[allow(missing_docs, clippy::expect_used)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{
		pallet_prelude::*,
		traits::{
			fungible::{Inspect, Mutate},
			Consideration, EnsureOrigin, Footprint,
		},
		PalletId,
	};
	use frame_system::pallet_prelude::*;
	use sp_runtime::{traits::StaticLookup, Permill};

	/// Of the layout of the storage.
	pub(crate) const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What a runtime decides.
	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// Who may borrow, as which account: usually `EnsureReputation` of `pallet-reputation`.
		type BorrowOrigin: EnsureOrigin<Self::RuntimeOrigin, Success = Self::AccountId>;

		/// Who may take from the pot.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// What is lent.
		type Currency: Mutate<Self::AccountId>;

		/// The deposit for a line's storage.
		type Consideration: Consideration<Self::AccountId, Footprint>;

		/// What the pot's account is derived from, which no other pallet has.
		#[pallet::constant]
		type PotId: Get<PalletId>;

		/// The most that an account borrows.
		#[pallet::constant]
		type MaxLine: Get<BalanceOf<Self>>;

		/// What is repaid on top, of the amount.
		#[pallet::constant]
		type Fee: Get<Permill>;

		/// For how many blocks is lent.
		#[pallet::constant]
		type Term: Get<BlockNumberFor<Self>>;

		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Why this pallet holds an account's funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The deposit for a line.
		#[codec(index = 0)]
		LineDeposit,
	}

	/// An amount.
	pub type BalanceOf<T> =
		<<T as Config>::Currency as Inspect<<T as frame_system::Config>::AccountId>>::Balance;
	/// A line as it is stored.
	pub type LineOf<T> = Line<BalanceOf<T>, BlockNumberFor<T>, <T as Config>::Consideration>;
	type AddressOf<T> = <<T as frame_system::Config>::Lookup as StaticLookup>::Source;

	/// What is borrowed and not repaid, by account.
	// Blake2: accounts choose their own ids.
	#[pallet::storage]
	pub type Lines<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, LineOf<T>>;

	/// What all lines owe.
	#[pallet::storage]
	pub type Outstanding<T: Config> = StorageValue<_, BalanceOf<T>, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// Somebody gave to the pot.
		#[codec(index = 0)]
		Funded {
			/// Who.
			who: T::AccountId,
			/// How much.
			amount: BalanceOf<T>,
		},
		/// The admin took from the pot.
		#[codec(index = 1)]
		Withdrawn {
			/// For whom.
			to: T::AccountId,
			/// How much.
			amount: BalanceOf<T>,
		},
		/// An account borrowed.
		#[codec(index = 2)]
		Borrowed {
			/// Who.
			who: T::AccountId,
			/// What it has got.
			amount: BalanceOf<T>,
			/// What it owes for that.
			owed: BalanceOf<T>,
			/// The last block in which it may repay in time.
			due: BlockNumberFor<T>,
		},
		/// An account repaid, in full or in part.
		#[codec(index = 3)]
		Repaid {
			/// Who.
			who: T::AccountId,
			/// How much.
			amount: BalanceOf<T>,
			/// What it still owes.
			left: BalanceOf<T>,
		},
		/// An account has not repaid in time.
		#[codec(index = 4)]
		MarkedDefault {
			/// Who.
			account: T::AccountId,
			/// What it owes.
			owed: BalanceOf<T>,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The amount is nothing.
		#[codec(index = 0)]
		AmountZero,
		/// The amount is more than an account may borrow.
		#[codec(index = 1)]
		AboveMaxLine,
		/// The pot has not so much to give.
		#[codec(index = 2)]
		PotTooSmall,
		/// The account has not repaid yet what it borrowed.
		#[codec(index = 3)]
		LineOpen,
		/// The account has not repaid in time, and not since.
		#[codec(index = 4)]
		Defaulted,
		/// The account owes nothing.
		#[codec(index = 5)]
		LineNotFound,
		/// There is time left to repay.
		#[codec(index = 6)]
		NotOverdue,
		/// It is known already that the account has not repaid in time.
		#[codec(index = 7)]
		AlreadyMarked,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Give to the pot, from which is lent: for good, for no share of it and no interest.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed.
		///
		/// ## Errors
		///
		/// - [`Error::AmountZero`].
		/// - Whatever the currency says, also if the pot would have less than the existential deposit.
		///
		/// ## Events
		///
		/// [`Event::Funded`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::fund())]
		pub fn fund(
			origin: OriginFor<T>,
			#[pallet::compact] amount: BalanceOf<T>,
		) -> DispatchResult {
			Self::do_fund(ensure_signed(origin)?, amount)
		}

		/// Take from the pot what is not lent, all but the existential deposit.
		///
		/// ## Dispatch Origin
		///
		/// Must be `AdminOrigin`.
		///
		/// ## Errors
		///
		/// - A lookup error if the address is of no account.
		/// - [`Error::AmountZero`] or [`Error::PotTooSmall`].
		/// - Whatever the currency says if `to` cannot take it.
		///
		/// ## Events
		///
		/// [`Event::Withdrawn`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(
			origin: OriginFor<T>,
			to: AddressOf<T>,
			#[pallet::compact] amount: BalanceOf<T>,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_withdraw(T::Lookup::lookup(to)?, amount)
		}

		/// Borrow from the pot, to repay it with the fee within the term.
		///
		/// ## Dispatch Origin
		///
		/// Must be `BorrowOrigin`; the account puts down the deposit, out of funds of its own.
		///
		/// ## Errors
		///
		/// - [`Error::LineOpen`] or [`Error::Defaulted`] if it has borrowed before and not repaid.
		/// - [`Error::AmountZero`], [`Error::AboveMaxLine`] or [`Error::PotTooSmall`].
		/// - Whatever the deposit says if it cannot be paid.
		///
		/// ## Events
		///
		/// [`Event::Borrowed`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::borrow())]
		pub fn borrow(
			origin: OriginFor<T>,
			#[pallet::compact] amount: BalanceOf<T>,
		) -> DispatchResult {
			Self::do_borrow(T::BorrowOrigin::ensure_origin(origin)?, amount)
		}

		/// Repay what one has borrowed, or a part of it.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the account that borrowed. It keeps the existential deposit.
		///
		/// ## Details
		///
		/// No more is taken than is owed. With the last of it the line is closed and its deposit returned,
		/// also after the term.
		///
		/// ## Errors
		///
		/// - [`Error::LineNotFound`] or [`Error::AmountZero`].
		/// - Whatever the currency says if the account has not so much.
		///
		/// ## Events
		///
		/// [`Event::Repaid`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::repay())]
		pub fn repay(
			origin: OriginFor<T>,
			#[pallet::compact] amount: BalanceOf<T>,
		) -> DispatchResult {
			Self::do_repay(ensure_signed(origin)?, amount)
		}

		/// Mark that an account has not repaid in time. It is remembered until it has.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed, by anybody.
		///
		/// ## Errors
		///
		/// - A lookup error if the address is of no account.
		/// - [`Error::LineNotFound`], [`Error::NotOverdue`] or [`Error::AlreadyMarked`].
		///
		/// ## Events
		///
		/// [`Event::MarkedDefault`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::mark_default())]
		pub fn mark_default(origin: OriginFor<T>, account: AddressOf<T>) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_mark_default(T::Lookup::lookup(account)?)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// What an account has borrowed and not repaid.
		pub fn line(account: T::AccountId) -> Option<Line<BalanceOf<T>, BlockNumberFor<T>, ()>> {
			Self::line_of(&account)
		}

		/// The pot's account, and what can be borrowed from it or withdrawn.
		pub fn pot() -> (T::AccountId, BalanceOf<T>) {
			(Self::pot_account(), Self::lendable())
		}

		/// Whether an account may borrow, as who it is; what it has borrowed before apart.
		pub fn may_borrow(account: T::AccountId) -> bool {
			T::BorrowOrigin::ensure_origin(frame_system::RawOrigin::Signed(account).into()).is_ok()
		}

		/// What all accounts owe.
		pub fn outstanding() -> BalanceOf<T> {
			Outstanding::<T>::get()
		}
	}
}
