//! The pallets whose weights are measured on this runtime: those of this project. The others come
//! with weights of their own.

use alloc::{string::String, vec::Vec};

use frame_benchmarking::{BenchmarkBatch, BenchmarkConfig, BenchmarkList};
use frame_support::traits::{StorageInfo, StorageInfoTrait, WhitelistedStorageKeys};
use sp_core::{crypto::KeyTypeId, sr25519};

use crate::{AccountId, AllPalletsWithSystem, Attestation, Signature, Zkml};

frame_benchmarking::define_benchmarks!([pallet_attestation, Attestation][pallet_zkml, Zkml]);

/// What there is to measure.
pub(crate) fn metadata(extra: bool) -> (Vec<BenchmarkList>, Vec<StorageInfo>) {
	let mut list = Vec::new();
	list_benchmarks!(list, extra);
	(list, AllPalletsWithSystem::storage_info())
}

/// Measures one benchmark at one point.
pub(crate) fn dispatch(config: BenchmarkConfig) -> Result<Vec<BenchmarkBatch>, String> {
	let whitelist = AllPalletsWithSystem::whitelisted_storage_keys();
	let mut batches = Vec::new();
	let params = (&config, &whitelist);
	add_benchmarks!(params, batches);
	Ok(batches)
}

/// Accounts whose keys the host keeps. An sr25519 signature takes the longest to check.
pub struct Signers;

/// The kind of these keys.
const KIND: KeyTypeId = KeyTypeId(*b"zkml");

impl pallet_attestation::BenchmarkHelper<Signature, AccountId> for Signers {
	fn signer() -> (AccountId, fn(&AccountId, &[u8]) -> Signature) {
		let account = sp_io::crypto::sr25519_generate(KIND, None).into();
		(account, |account, message| {
			let public = sr25519::Public::from_raw(*account.as_ref());
			let signature = sp_io::crypto::sr25519_sign(KIND, &public, message);
			signature.unwrap_or_else(|| unreachable!("the host has just made the key")).into()
		})
	}
}
