//! Builds the runtime a second time, as the Wasm blob that the chain stores and executes.

fn main() {
	#[cfg(all(feature = "std", not(feature = "metadata-hash")))]
	substrate_wasm_builder::WasmBuilder::build_using_defaults();

	// Symbol and decimals go into the hash, and must equal those in the node's chain specifications.
	#[cfg(all(feature = "std", feature = "metadata-hash"))]
	substrate_wasm_builder::WasmBuilder::init_with_defaults()
		.enable_metadata_hash("ZKML", 12)
		.build();
}
