//! Measures the calls of a runtime that was built with `runtime-benchmarks`, and writes a pallet's
//! `weights.rs`. The runtime is executed as the node executes it: compiled Wasm, with Substrate's
//! own host functions and those of the benchmarking itself.
//!
//! Run by `make weights`, which says with what arguments. `--sum FILE`, as the only ones, corrects
//! the proof sizes of a file that was written so.

use clap::Parser;
use frame_benchmarking_cli::PalletCmd;
use sp_runtime::traits::BlakeTwo256;

mod proof_size;

/// No host functions beyond Substrate's.
type ExtraHostFunctions = ();

fn main() -> Result<(), Box<dyn std::error::Error>> {
	let arguments: Vec<_> = std::env::args().collect();
	if let [_, flag, file] = arguments.as_slice() {
		if flag == "--sum" {
			let summed = proof_size::sum(&std::fs::read_to_string(file)?)?;
			return Ok(std::fs::write(file, summed)?);
		}
	}
	Ok(PalletCmd::parse().run_with_spec::<BlakeTwo256, ExtraHostFunctions>(None)?)
}
