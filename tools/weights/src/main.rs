//! Measures the calls of a runtime that was built with `runtime-benchmarks`, and writes a pallet's
//! `weights.rs`. The runtime is executed as the node executes it: compiled Wasm, with Substrate's
//! own host functions and those of the benchmarking itself.
//!
//! Run by `make weights`, which says with what arguments.

use clap::Parser;
use frame_benchmarking_cli::PalletCmd;
use sp_runtime::traits::BlakeTwo256;

/// No host functions beyond Substrate's.
type ExtraHostFunctions = ();

fn main() -> sc_cli::Result<()> {
	PalletCmd::parse().run_with_spec::<BlakeTwo256, ExtraHostFunctions>(None)
}
