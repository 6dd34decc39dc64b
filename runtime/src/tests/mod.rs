mod wrapped;

use frame_support::weights::{constants::WEIGHT_REF_TIME_PER_MILLIS, Weight};
use sp_genesis_builder::PresetId;
use sp_io::TestExternalities;

use crate::{
	configs::RuntimeBlockWeights, genesis_config_presets, Runtime, RuntimeGenesisConfig,
	TransactionPayment, MILLIUNIT, UNIT,
};

use presets::build;

mod presets {
	use super::*;
	use serde_json::Value;

	/// Does what a node does with a preset: patches the default genesis, and builds the state.
	pub(super) fn build(id: &PresetId) -> Result<TestExternalities, String> {
		let mut genesis = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
		let patch = genesis_config_presets::get_preset(id).ok_or("no such preset")?;
		merge(&mut genesis, serde_json::from_slice(&patch).unwrap());
		let mut ext = TestExternalities::default();
		ext.execute_with(|| {
			frame_support::genesis_builder_helper::build_state::<RuntimeGenesisConfig>(
				serde_json::to_vec(&genesis).unwrap(),
			)
		})?;
		Ok(ext)
	}

	fn merge(into: &mut Value, patch: Value) {
		match (into, patch) {
			(Value::Object(into), Value::Object(patch)) => {
				for (key, value) in patch {
					merge(into.entry(key).or_insert(Value::Null), value);
				}
			},
			(into, patch) => *into = patch,
		}
	}

	#[test]
	fn every_name_builds_a_chain() {
		for id in genesis_config_presets::preset_names() {
			build(&id).unwrap().execute_with(|| {
				let alice = sp_keyring::Sr25519Keyring::Alice.to_account_id();
				assert_eq!(pallet_sudo::Key::<Runtime>::get(), Some(alice.clone()), "{id}");
				assert_eq!(
					pallet_balances::Pallet::<Runtime>::free_balance(alice),
					1_000_000 * UNIT
				);
			});
		}
	}

	/// Who writes a specification of their own, and says nothing of it, has it off.
	#[test]
	fn only_they_allow_development_keys() {
		let default = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
		assert_eq!(default["zkml"]["allowDevelopmentKeys"], Value::Bool(false));
		for id in genesis_config_presets::preset_names() {
			build(&id).unwrap().execute_with(|| {
				assert!(crate::Zkml::policy().allow_development_keys, "{id}");
			});
		}
	}

	#[test]
	fn they_differ_in_authorities() {
		for (id, count) in [("development", 1), ("local_testnet", 2)] {
			build(&PresetId::from(id)).unwrap().execute_with(|| {
				assert_eq!(pallet_aura::Authorities::<Runtime>::get().len(), count, "{id}");
				assert_eq!(crate::Grandpa::grandpa_authorities().len(), count, "{id}");
			});
		}
	}

	#[test]
	fn an_unknown_name_is_none() {
		assert_eq!(genesis_config_presets::get_preset(&PresetId::from("production")), None);
	}
}

#[test]
fn ten_milliseconds_cost_a_hundredth_of_a_token() {
	let weight = Weight::from_parts(10 * WEIGHT_REF_TIME_PER_MILLIS, 0);
	TestExternalities::default().execute_with(|| {
		assert_eq!(TransactionPayment::weight_to_fee(weight), 10 * MILLIUNIT);
	});
}

#[test]
fn a_block_has_room_for_a_second_and_a_half_of_transactions() {
	let weights: frame_system::limits::BlockWeights = RuntimeBlockWeights::get();
	let normal = weights.get(frame_support::dispatch::DispatchClass::Normal).max_total.unwrap();
	assert_eq!(normal.ref_time(), 1_500 * WEIGHT_REF_TIME_PER_MILLIS);
}
