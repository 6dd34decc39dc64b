//! How much each call of `pallet_reputation` weighs.
//!
//! Estimates, higher than what is measured of like calls of `pallet_attestation`; `make weights`
//! writes measured ones in their place.

#![allow(missing_docs, unused_imports, unused_parens, clippy::unnecessary_cast)]

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, Weight},
};

/// The weights that `pallet_reputation` needs.
pub trait WeightInfo {
	fn set_area(n: u32) -> Weight;
	fn prove() -> Weight;
	fn challenge() -> Weight;
	fn remove_record() -> Weight;
	fn score() -> Weight;
}

/// The weights, with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Reputation::Areas` (r:1 w:1)
	/// Storage: `Zkml::Models` (r:8 w:0)
	/// The range of component `n` is `[1, 8]`.
	fn set_area(n: u32) -> Weight {
		Weight::from_parts(40_000_000, 10_000)
			.saturating_add(Weight::from_parts(40_000_000, 14_000).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Reputation::Areas` (r:1 w:0)
	/// Storage: `Reputation::Records` (r:1 w:1)
	/// Storage: `System::BlockHash` (r:2 w:0)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Storage: `System::Account` (r:1 w:1)
	fn prove() -> Weight {
		Weight::from_parts(150_000_000, 25_000)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Reputation::Areas` (r:1 w:0)
	/// Storage: `Reputation::Records` (r:1 w:1)
	fn challenge() -> Weight {
		Weight::from_parts(60_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Reputation::Areas` (r:1 w:0)
	/// Storage: `Reputation::Records` (r:1 w:1)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Storage: `System::Account` (r:1 w:1)
	fn remove_record() -> Weight {
		Weight::from_parts(120_000_000, 25_000)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Reputation::Areas` (r:1 w:0)
	/// Storage: `Reputation::Records` (r:1 w:0)
	fn score() -> Weight {
		Weight::from_parts(50_000_000, 20_000).saturating_add(T::DbWeight::get().reads(2))
	}
}

/// The same, for tests of pallets without a database.
impl WeightInfo for () {
	fn set_area(n: u32) -> Weight {
		Weight::from_parts(40_000_000, 10_000)
			.saturating_add(Weight::from_parts(40_000_000, 14_000).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn prove() -> Weight {
		Weight::from_parts(150_000_000, 25_000)
			.saturating_add(ParityDbWeight::get().reads(6))
			.saturating_add(ParityDbWeight::get().writes(3))
	}
	fn challenge() -> Weight {
		Weight::from_parts(60_000_000, 20_000)
			.saturating_add(ParityDbWeight::get().reads(2))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn remove_record() -> Weight {
		Weight::from_parts(120_000_000, 25_000)
			.saturating_add(ParityDbWeight::get().reads(4))
			.saturating_add(ParityDbWeight::get().writes(3))
	}
	fn score() -> Weight {
		Weight::from_parts(50_000_000, 20_000).saturating_add(ParityDbWeight::get().reads(2))
	}
}
