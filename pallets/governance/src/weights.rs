//! How much each call of `pallet_governance` weighs.
//!
//! Estimates by hand, meant to be above what the calls take, until `make weights` has measured them.

#![allow(missing_docs, unused_imports, unused_parens, clippy::unnecessary_cast)]

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, Weight},
};

/// The weights that `pallet_governance` needs.
pub trait WeightInfo {
	fn register_delegate() -> Weight;
	fn remove_delegate() -> Weight;
	fn snapshot_poll(n: u32) -> Weight;
	fn cast_vote() -> Weight;
	fn settle_poll() -> Weight;
	fn report() -> Weight;
	fn forget_history() -> Weight;
	fn bind_parameter() -> Weight;
	fn release_parameter() -> Weight;
	fn snapshot_parameter(n: u32) -> Weight;
	fn move_parameter() -> Weight;
	fn forget_snapshot() -> Weight;
	fn open_ballot() -> Weight;
	fn cast_ballot() -> Weight;
	fn close_ballot(n: u32) -> Weight;
}

/// The weights, with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn register_delegate() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads_writes(10, 10))
	}
	fn remove_delegate() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads_writes(10, 10))
	}
	fn snapshot_poll(n: u32) -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(Weight::from_parts(500_000_000, 8_000).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads_writes(10, 10))
	}
	fn cast_vote() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads_writes(10, 10))
	}
	fn settle_poll() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads_writes(10, 10))
	}
	fn report() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads_writes(10, 10))
	}
	fn forget_history() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads_writes(10, 10))
	}
	fn bind_parameter() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads_writes(10, 10))
	}
	fn release_parameter() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads_writes(10, 10))
	}
	fn snapshot_parameter(n: u32) -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(Weight::from_parts(50_000_000, 4_000).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads_writes(10, 10))
	}
	fn move_parameter() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads_writes(10, 10))
	}
	fn forget_snapshot() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads_writes(10, 10))
	}
	fn open_ballot() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads_writes(10, 10))
	}
	fn cast_ballot() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads_writes(10, 10))
	}
	fn close_ballot(n: u32) -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(Weight::from_parts(200_000_000, 4_000).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads_writes(10, 10))
	}
}

impl WeightInfo for () {
	fn register_delegate() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(ParityDbWeight::get().reads_writes(10, 10))
	}
	fn remove_delegate() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(ParityDbWeight::get().reads_writes(10, 10))
	}
	fn snapshot_poll(n: u32) -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(Weight::from_parts(500_000_000, 8_000).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads_writes(10, 10))
	}
	fn cast_vote() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(ParityDbWeight::get().reads_writes(10, 10))
	}
	fn settle_poll() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(ParityDbWeight::get().reads_writes(10, 10))
	}
	fn report() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(ParityDbWeight::get().reads_writes(10, 10))
	}
	fn forget_history() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(ParityDbWeight::get().reads_writes(10, 10))
	}
	fn bind_parameter() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(ParityDbWeight::get().reads_writes(10, 10))
	}
	fn release_parameter() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(ParityDbWeight::get().reads_writes(10, 10))
	}
	fn snapshot_parameter(n: u32) -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(Weight::from_parts(50_000_000, 4_000).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads_writes(10, 10))
	}
	fn move_parameter() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(ParityDbWeight::get().reads_writes(10, 10))
	}
	fn forget_snapshot() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(ParityDbWeight::get().reads_writes(10, 10))
	}
	fn open_ballot() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(ParityDbWeight::get().reads_writes(10, 10))
	}
	fn cast_ballot() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(ParityDbWeight::get().reads_writes(10, 10))
	}
	fn close_ballot(n: u32) -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(Weight::from_parts(200_000_000, 4_000).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads_writes(10, 10))
	}
}
