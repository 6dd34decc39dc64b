//! The chains that need no specification file.

use sc_chain_spec::{ChainType, GenericChainSpec, Properties};
use zkml_runtime::WASM_BINARY;

/// A chain's specification, without extensions.
pub(crate) type ChainSpec = GenericChainSpec;

/// One authority, Alice: for a chain in one process.
pub(crate) fn development() -> Result<ChainSpec, String> {
	Ok(builder()?
		.with_name("zkml development")
		.with_id("zkml_dev")
		.with_chain_type(ChainType::Development)
		.with_genesis_config_preset_name(sp_genesis_builder::DEV_RUNTIME_PRESET)
		.build())
}

/// Two authorities, Alice and Bob: for a network on one machine.
pub(crate) fn local_testnet() -> Result<ChainSpec, String> {
	Ok(builder()?
		.with_name("zkml local testnet")
		.with_id("zkml_local")
		.with_chain_type(ChainType::Local)
		.with_genesis_config_preset_name(sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET)
		.build())
}

fn builder() -> Result<sc_chain_spec::ChainSpecBuilder, String> {
	let wasm =
		WASM_BINARY.ok_or("this node was built without a runtime (SKIP_WASM_BUILD was set)")?;
	let mut properties = Properties::new();
	properties.insert("tokenSymbol".into(), "ZKML".into());
	properties.insert("tokenDecimals".into(), 12.into());
	properties.insert("ss58Format".into(), 42.into());
	Ok(ChainSpec::builder(wasm, None).with_protocol_id("zkml").with_properties(properties))
}
