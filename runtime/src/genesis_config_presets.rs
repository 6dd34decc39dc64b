//! The genesis of the two development chains. A production chain brings its own specification.

use alloc::{vec, vec::Vec};

use frame_support::build_struct_json_patch;
use serde_json::Value;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_consensus_grandpa::AuthorityId as GrandpaId;
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

use crate::{
	AccountId, AuraConfig, Balance, BalancesConfig, GrandpaConfig, RuntimeGenesisConfig,
	SudoConfig, ZkmlConfig, UNIT,
};

/// What each well-known account owns.
const ENDOWMENT: Balance = 1_000_000 * UNIT;

const WELL_KNOWN: [Sr25519Keyring; 6] = [
	Sr25519Keyring::Alice,
	Sr25519Keyring::Bob,
	Sr25519Keyring::Charlie,
	Sr25519Keyring::Dave,
	Sr25519Keyring::Eve,
	Sr25519Keyring::Ferdie,
];

fn authority(aura: Sr25519Keyring, grandpa: Ed25519Keyring) -> (AuraId, GrandpaId) {
	(aura.public().into(), grandpa.public().into())
}

/// A chain of which everybody knows the keys: six accounts with funds, Alice as the sudo key, and
/// models accepted whose proofs their registrants could forge.
fn chain_with(authorities: Vec<(AuraId, GrandpaId)>) -> Value {
	let (aura, grandpa): (Vec<_>, Vec<_>) =
		authorities.into_iter().map(|(aura, grandpa)| (aura, (grandpa, 1))).unzip();

	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig {
			balances: WELL_KNOWN
				.iter()
				.map(|key| (key.to_account_id(), ENDOWMENT))
				.collect::<Vec<(AccountId, Balance)>>(),
		},
		aura: AuraConfig { authorities: aura },
		grandpa: GrandpaConfig { authorities: grandpa },
		sudo: SudoConfig { key: Some(Sr25519Keyring::Alice.to_account_id()) },
		zkml: ZkmlConfig { allow_development_keys: true },
	})
}

/// The preset called `id`, as a JSON patch of the default genesis.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	let alice = authority(Sr25519Keyring::Alice, Ed25519Keyring::Alice);
	let bob = authority(Sr25519Keyring::Bob, Ed25519Keyring::Bob);
	let patch = match id.as_ref() {
		DEV_RUNTIME_PRESET => chain_with(vec![alice]),
		LOCAL_TESTNET_RUNTIME_PRESET => chain_with(vec![alice, bob]),
		_ => return None,
	};
	serde_json::to_vec(&patch).ok()
}

/// `development`: Alice alone. `local_testnet`: Alice and Bob, who need each other for finality.
pub fn preset_names() -> Vec<PresetId> {
	vec![PresetId::from(DEV_RUNTIME_PRESET), PresetId::from(LOCAL_TESTNET_RUNTIME_PRESET)]
}
