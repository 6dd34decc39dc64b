//! How much each call of `pallet_lending` weighs.
//!
//! Estimates, higher than what is measured of like calls of `pallet_attestation`; `make weights`
//! writes measured ones in their place.

#![allow(missing_docs, unused_imports, unused_parens, clippy::unnecessary_cast)]

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, Weight},
};

/// The weights that `pallet_lending` needs.
pub trait WeightInfo {
	fn fund() -> Weight;
	fn withdraw() -> Weight;
	fn borrow() -> Weight;
	fn repay() -> Weight;
	fn mark_default() -> Weight;
}

/// The weights, with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `System::Account` (r:2 w:2)
	fn fund() -> Weight {
		Weight::from_parts(120_000_000, 10_000)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `System::Account` (r:2 w:2)
	fn withdraw() -> Weight {
		Weight::from_parts(120_000_000, 10_000)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Reputation::Areas` (r:1 w:0)
	/// Storage: `Reputation::Records` (r:1 w:0)
	/// Storage: `Lending::Lines` (r:1 w:1)
	/// Storage: `Lending::Outstanding` (r:1 w:1)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Storage: `System::Account` (r:2 w:2)
	fn borrow() -> Weight {
		Weight::from_parts(300_000_000, 40_000)
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// Storage: `Lending::Lines` (r:1 w:1)
	/// Storage: `Lending::Outstanding` (r:1 w:1)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Storage: `System::Account` (r:2 w:2)
	fn repay() -> Weight {
		Weight::from_parts(250_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// Storage: `Lending::Lines` (r:1 w:1)
	fn mark_default() -> Weight {
		Weight::from_parts(30_000_000, 5_000)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
}

/// The same, for tests of pallets without a database.
impl WeightInfo for () {
	fn fund() -> Weight {
		Weight::from_parts(120_000_000, 10_000)
			.saturating_add(ParityDbWeight::get().reads(2))
			.saturating_add(ParityDbWeight::get().writes(2))
	}
	fn withdraw() -> Weight {
		Weight::from_parts(120_000_000, 10_000)
			.saturating_add(ParityDbWeight::get().reads(2))
			.saturating_add(ParityDbWeight::get().writes(2))
	}
	fn borrow() -> Weight {
		Weight::from_parts(300_000_000, 40_000)
			.saturating_add(ParityDbWeight::get().reads(7))
			.saturating_add(ParityDbWeight::get().writes(5))
	}
	fn repay() -> Weight {
		Weight::from_parts(250_000_000, 20_000)
			.saturating_add(ParityDbWeight::get().reads(5))
			.saturating_add(ParityDbWeight::get().writes(5))
	}
	fn mark_default() -> Weight {
		Weight::from_parts(30_000_000, 5_000)
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
}
