//! How much each call of `pallet_npc` weighs.
//!
//! Estimates, on the high side, until `make weights` replaces them by measurements.

#![allow(missing_docs, unused_imports, unused_parens, clippy::unnecessary_cast)]

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, Weight},
};

/// The weights that `pallet_npc` needs.
pub trait WeightInfo {
	fn host_opponent() -> Weight;
	fn set_terms() -> Weight;
	fn remove_opponent() -> Weight;
	fn set_ranked() -> Weight;
	fn start_game() -> Weight;
	fn start_ranked() -> Weight;
	fn play() -> Weight;
	fn answer() -> Weight;
	fn resign() -> Weight;
	fn claim_timeout() -> Weight;
	fn forget_rating() -> Weight;
}

/// The weights as estimated, with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn host_opponent() -> Weight {
		Weight::from_parts(90_000_000, 12681)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	fn set_terms() -> Weight {
		Weight::from_parts(25_000_000, 4000)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn remove_opponent() -> Weight {
		Weight::from_parts(70_000_000, 6000)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	fn set_ranked() -> Weight {
		Weight::from_parts(20_000_000, 4000)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn start_game() -> Weight {
		Weight::from_parts(220_000_000, 25000)
			.saturating_add(T::DbWeight::get().reads(10))
			.saturating_add(T::DbWeight::get().writes(9))
	}
	fn start_ranked() -> Weight {
		Weight::from_parts(260_000_000, 28000)
			.saturating_add(T::DbWeight::get().reads(11))
			.saturating_add(T::DbWeight::get().writes(10))
	}
	fn play() -> Weight {
		Weight::from_parts(330_000_000, 28000)
			.saturating_add(T::DbWeight::get().reads(10))
			.saturating_add(T::DbWeight::get().writes(9))
	}
	fn answer() -> Weight {
		Weight::from_parts(420_000_000, 32000)
			.saturating_add(T::DbWeight::get().reads(12))
			.saturating_add(T::DbWeight::get().writes(11))
	}
	fn resign() -> Weight {
		Weight::from_parts(320_000_000, 28000)
			.saturating_add(T::DbWeight::get().reads(10))
			.saturating_add(T::DbWeight::get().writes(9))
	}
	fn claim_timeout() -> Weight {
		Weight::from_parts(320_000_000, 28000)
			.saturating_add(T::DbWeight::get().reads(10))
			.saturating_add(T::DbWeight::get().writes(9))
	}
	fn forget_rating() -> Weight {
		Weight::from_parts(60_000_000, 9000)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
}

/// The same, for tests of pallets without a database.
impl WeightInfo for () {
	fn host_opponent() -> Weight {
		Weight::from_parts(90_000_000, 12681)
			.saturating_add(ParityDbWeight::get().reads(4))
			.saturating_add(ParityDbWeight::get().writes(4))
	}
	fn set_terms() -> Weight {
		Weight::from_parts(25_000_000, 4000)
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn remove_opponent() -> Weight {
		Weight::from_parts(70_000_000, 6000)
			.saturating_add(ParityDbWeight::get().reads(3))
			.saturating_add(ParityDbWeight::get().writes(3))
	}
	fn set_ranked() -> Weight {
		Weight::from_parts(20_000_000, 4000)
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn start_game() -> Weight {
		Weight::from_parts(220_000_000, 25000)
			.saturating_add(ParityDbWeight::get().reads(10))
			.saturating_add(ParityDbWeight::get().writes(9))
	}
	fn start_ranked() -> Weight {
		Weight::from_parts(260_000_000, 28000)
			.saturating_add(ParityDbWeight::get().reads(11))
			.saturating_add(ParityDbWeight::get().writes(10))
	}
	fn play() -> Weight {
		Weight::from_parts(330_000_000, 28000)
			.saturating_add(ParityDbWeight::get().reads(10))
			.saturating_add(ParityDbWeight::get().writes(9))
	}
	fn answer() -> Weight {
		Weight::from_parts(420_000_000, 32000)
			.saturating_add(ParityDbWeight::get().reads(12))
			.saturating_add(ParityDbWeight::get().writes(11))
	}
	fn resign() -> Weight {
		Weight::from_parts(320_000_000, 28000)
			.saturating_add(ParityDbWeight::get().reads(10))
			.saturating_add(ParityDbWeight::get().writes(9))
	}
	fn claim_timeout() -> Weight {
		Weight::from_parts(320_000_000, 28000)
			.saturating_add(ParityDbWeight::get().reads(10))
			.saturating_add(ParityDbWeight::get().writes(9))
	}
	fn forget_rating() -> Weight {
		Weight::from_parts(60_000_000, 9000)
			.saturating_add(ParityDbWeight::get().reads(3))
			.saturating_add(ParityDbWeight::get().writes(3))
	}
}
