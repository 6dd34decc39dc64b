//! Measures the calls of a runtime that was built with `runtime-benchmarks`, and writes a pallet's
//! `weights.rs`. The runtime is executed as the node executes it: compiled Wasm, with Substrate's
//! own host functions and those of the benchmarking itself.
//!
//! Run by `make weights`, which says with what arguments. `--merge OUT ROUND...`, as the only ones,
//! makes one file of several that were written so, with the middle times and summed proof sizes.

use clap::Parser;
use frame_benchmarking_cli::PalletCmd;
use sp_runtime::traits::BlakeTwo256;

mod median;
mod proof_size;

/// No host functions beyond Substrate's.
type ExtraHostFunctions = ();

fn main() -> Result<(), Box<dyn std::error::Error>> {
	let arguments: Vec<_> = std::env::args().collect();
	if let [_, flag, out, rounds @ ..] = arguments.as_slice() {
		if flag == "--merge" {
			let rounds =
				rounds.iter().map(std::fs::read_to_string).collect::<Result<Vec<_>, _>>()?;
			return Ok(std::fs::write(out, proof_size::sum(&median::median(&rounds)?)?)?);
		}
	}
	Ok(PalletCmd::parse().run_with_spec::<BlakeTwo256, ExtraHostFunctions>(None)?)
}
