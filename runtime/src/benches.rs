//! The pallets whose weights are measured on this runtime: those of this project. The others come
//! with weights of their own.

use alloc::{string::String, vec::Vec};

use frame_benchmarking::{BenchmarkBatch, BenchmarkConfig, BenchmarkList};
use frame_support::traits::{
	Consideration, Footprint, StorageInfo, StorageInfoTrait, WhitelistedStorageKeys,
};
use sp_core::{crypto::KeyTypeId, sr25519};

use zkml_primitives::{Commitment, Interface, ModelId, SchemaId};

use crate::{
	configs::governance::Movable, AccountId, AllPalletsWithSystem, Attestation, Governance,
	Lending, Npc, Reputation, Runtime, RuntimeCall, RuntimeOrigin, Signature, Zkml,
};

frame_benchmarking::define_benchmarks!(
	[pallet_attestation, Attestation]
	[pallet_governance, Governance]
	[pallet_lending, Lending]
	[pallet_npc, Npc]
	[pallet_reputation, Reputation]
	[pallet_zkml, Zkml]
);

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

/// What governance is measured with.
pub struct Helper;

impl pallet_governance::BenchmarkHelper<Runtime> for Helper {
	fn register(interface: Interface) -> ModelId {
		let owner: AccountId = frame_benchmarking::account("owner", 0, 0);
		let prover = pallet_zkml::fixtures::Prover::new(1, interface);
		let registered = prover.register::<Runtime>(&owner);
		registered.unwrap_or_else(|error| unreachable!("the model is sound: {error:?}"))
	}

	fn key() -> Movable {
		Movable::LendingFee
	}

	fn post_root(schema: SchemaId, root: Commitment) -> AccountId {
		let issuer: AccountId = frame_benchmarking::account("issuer", 0, 0);
		<Runtime as pallet_attestation::Config>::Consideration::ensure_successful(
			&issuer,
			Footprint { count: 1, size: 10_000 },
		);
		let schemas = Vec::from([schema]).try_into().unwrap_or_default();
		let address = issuer.clone().into();
		let set = Attestation::set_issuer(RuntimeOrigin::root(), address, schemas);
		let posted = Attestation::post_root(RuntimeOrigin::signed(issuer.clone()), schema, root);
		let done = set.and(posted);
		done.unwrap_or_else(|error| unreachable!("the issuer is sound: {error:?}"));
		issuer
	}

	fn call() -> RuntimeCall {
		// As many small calls as fit: what is looked into costs by the call.
		let remark = || frame_system::Call::remark { remark: Vec::new() }.into();
		let calls = (0..1_000).map(|_| remark()).collect();
		pallet_utility::Call::batch_all { calls }.into()
	}
}
