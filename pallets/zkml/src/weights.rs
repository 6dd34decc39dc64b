//! How much each call of `pallet_zkml` weighs.
//!
//! Estimates, on the safe side of what arkworks' arithmetic takes in Wasm: to be replaced by
//! `make weights`.

#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight},
};

/// The weights that `pallet_zkml` needs.
pub trait WeightInfo {
	fn register_model(n: u32) -> Weight;
	fn submit_inference(n: u32) -> Weight;
	fn verify_inference(n: u32) -> Weight;
	fn deregister_model() -> Weight;
}

/// Proof size of reading a model: its largest encoding, and the branches of the trie above it.
const MODEL_PROOF: u64 = 13_000;

/// The weights as estimated, with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn register_model(n: u32) -> Weight {
		register_model(T::DbWeight::get(), n)
	}
	fn submit_inference(n: u32) -> Weight {
		submit_inference(T::DbWeight::get(), n)
	}
	fn verify_inference(n: u32) -> Weight {
		verify_inference(T::DbWeight::get(), n)
	}
	fn deregister_model() -> Weight {
		deregister_model(T::DbWeight::get())
	}
}

/// The same, for tests of pallets without a database.
impl WeightInfo for () {
	fn register_model(n: u32) -> Weight {
		register_model(ParityDbWeight::get(), n)
	}
	fn submit_inference(n: u32) -> Weight {
		submit_inference(ParityDbWeight::get(), n)
	}
	fn verify_inference(n: u32) -> Weight {
		verify_inference(ParityDbWeight::get(), n)
	}
	fn deregister_model() -> Weight {
		deregister_model(ParityDbWeight::get())
	}
}

/// Reads `AllowDevelopmentKeys`, `Models`, `Tombstones` and the account; writes `Models` and the
/// account's holds.
fn register_model(db: RuntimeDbWeight, n: u32) -> Weight {
	Weight::from_parts(15_000_000_000, MODEL_PROOF + 8_000)
		.saturating_add(Weight::from_parts(50_000_000, 0).saturating_mul(n.into()))
		.saturating_add(db.reads_writes(5, 3))
}

/// Reads `Models`, `Nonces`, `AllowDevelopmentKeys` and the genesis hash; writes `Nonces`.
fn submit_inference(db: RuntimeDbWeight, n: u32) -> Weight {
	Weight::from_parts(10_000_000_000, MODEL_PROOF + 7_000)
		.saturating_add(Weight::from_parts(200_000_000, 0).saturating_mul(n.into()))
		.saturating_add(db.reads_writes(4, 1))
}

/// Reads `Models` and `AllowDevelopmentKeys`.
fn verify_inference(db: RuntimeDbWeight, n: u32) -> Weight {
	Weight::from_parts(10_000_000_000, MODEL_PROOF + 1_500)
		.saturating_add(Weight::from_parts(200_000_000, 0).saturating_mul(n.into()))
		.saturating_add(db.reads_writes(2, 0))
}

/// Reads `Models` and the account; writes `Models`, `Tombstones` and the account's holds.
fn deregister_model(db: RuntimeDbWeight) -> Weight {
	Weight::from_parts(100_000_000, MODEL_PROOF + 8_000).saturating_add(db.reads_writes(3, 4))
}
