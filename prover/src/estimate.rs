//! What a setup and a proof will take, before they are begun.
//!
//! The key's size follows from the circuit exactly, but for its manifest. Times and memory come from
//! a model fitted by least squares of relative errors to nine circuits of 1,345 to 166,722
//! constraints (dense layers and a convolutional network; domains of 2^11 to 2^18). With `d` the
//! domain, `w` the wires, `a` and `b` the wires that occur in A and in B, `n` the entries of A, B and
//! C, and `k` the key's bytes:
//!
//! | | formula | largest error, in a second run |
//! |---|---|---|
//! | setup, processor seconds | 0.039 + 10.9e-6 · (a + 4b + w + d) | 13 % |
//! | proof, processor seconds, by vectors (AVX-512 IFMA) | 0.005 + 1.96e-6 · d + 0.52e-6 · w + 0.041e-6 · n | 10 % |
//! | proof, processor seconds, without | 0.007 + 5.0e-6 · d + 2.0e-6 · w + 0.036e-6 · n | 10 % |
//! | setup, bytes | 10e6 + 2.86 · k + 20 · n | 16 % |
//! | proof, bytes | 14e6 + max(1520 · min(d, 2^15), 160 · d) + 21 · n | 18 % |
//!
//! A point of G2 counts for four of G1. A proof's key stays in its file: its sums or its transforms take most
//! memory. Reading it and filling the witness are part of a proof; reading constraints and writing keys part
//! of a setup. Processor seconds are of one core of an Intel Xeon with AVX-512 IFMA, otherwise idle, one run
//! each (short ones repeated for a second):
//! `cargo run --release -p zkml-tests --example estimate`, once more with `ZKML_PORTABLE=1`.

use crate::wide;
use serde::Serialize;
use zkml_circuits::r1cs::{Matrix, R1cs};

/// Sizes that follow from a circuit's shape; memory and times by a model fitted to measurements.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
	/// Size of the evaluation domain.
	pub domain: u64,
	/// Bytes of the proving key, less its manifest.
	pub key_bytes: u64,
	/// Peak memory of the setup, in bytes.
	pub setup_memory_bytes: u64,
	/// Peak memory of one proof, in bytes.
	pub prove_memory_bytes: u64,
	/// Seconds of setup on one core.
	pub setup_cpu_seconds: f64,
	/// Seconds of one proof on one core.
	pub prove_cpu_seconds: f64,
	/// Seconds of setup if this machine's cores have nothing else to do.
	pub setup_seconds: f64,
	/// Seconds of one proof if this machine's cores have nothing else to do.
	pub prove_seconds: f64,
}

impl Estimate {
	/// Estimates for a circuit.
	pub fn of(r1cs: &R1cs) -> Self {
		let wires = u64::from(r1cs.wires);
		let signals = r1cs.signals() as u64;
		let rows = r1cs.constraints() as u64 + signals + 1;
		let domain = rows.next_power_of_two();
		let coefficients = (r1cs.a.non_zeros() + r1cs.b.non_zeros()) as u64 + signals + 1;
		let entries = coefficients + r1cs.c.non_zeros() as u64;
		let in_a = columns(r1cs, &r1cs.a, signals + 1);
		let in_b = columns(r1cs, &r1cs.b, 0);
		// A and B in G1 and B in G2 for every wire, L for the private ones and IC for the others, H for
		// every row of the domain; 44 bytes for a coefficient.
		let key_bytes =
			wires * (3 * 64 + 128) + domain * 64 + coefficients * 44 + SECTIONS_AND_HEADER;
		let setup_cpu_seconds = 0.039 + 10.9e-6 * (in_a + 4 * in_b + wires + domain) as f64;
		let [some, of_domain, of_wires, of_entries] = if wide::available() {
			[0.005, 1.96e-6, 0.52e-6, 0.041e-6]
		} else {
			[0.007, 5.0e-6, 2.0e-6, 0.036e-6]
		};
		let prove_cpu_seconds = some
			+ of_domain * domain as f64
			+ of_wires * wires as f64
			+ of_entries * entries as f64;
		let cores = rayon::current_num_threads() as f64;
		Self {
			domain,
			key_bytes,
			setup_memory_bytes: 10_000_000 + key_bytes * 286 / 100 + entries * 20,
			prove_memory_bytes: 14_000_000
				+ (1520 * domain.min(1 << 15)).max(160 * domain)
				+ 21 * entries,
			setup_cpu_seconds,
			prove_cpu_seconds,
			setup_seconds: setup_cpu_seconds / cores,
			prove_seconds: prove_cpu_seconds / cores,
		}
	}
}

/// Bytes of a `.zkey` file that depend on no count: 12 for the file and for each of 11 sections, and
/// what stands in sections 1, 2, 4 and 10 besides lists.
const SECTIONS_AND_HEADER: u64 = 12 + 11 * 12 + 4 + (2 * 36 + 12 + 3 * 64 + 3 * 128) + 4 + 68;

/// How many wires occur in a matrix or are among the first ones.
fn columns(r1cs: &R1cs, matrix: &Matrix, first: u64) -> u64 {
	let mut seen = vec![false; r1cs.wires as usize];
	seen.iter_mut().take(first as usize).for_each(|seen| *seen = true);
	for row in 0..matrix.rows() {
		matrix.row(row).for_each(|(wire, _)| seen[wire.0 as usize] = true);
	}
	seen.iter().filter(|&&seen| seen).count() as u64
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{manifest::tests::manifest, setup, zkey};
	use rand::{rngs::StdRng, SeedableRng};
	use zkml_circuits::r1cs::Builder;

	#[test]
	fn the_keys_size_is_exact() {
		let mut builder = Builder::constraints(1, 2);
		let out = builder.public(0);
		let x = builder.alloc_private_input(Default::default);
		builder.range(x.into(), 0, 9);
		builder.enforce(|| [x.into(), x.into(), out.into()]);
		let r1cs = builder.into_r1cs().0;
		let key = setup(&r1cs, &mut StdRng::seed_from_u64(1)).unwrap();
		let manifest = manifest();
		let mut file = Vec::new();
		zkey::write(&key, &manifest, &mut file).unwrap();
		let manifest = serde_json::to_vec(&manifest).unwrap();
		assert_eq!(Estimate::of(&r1cs).key_bytes as usize, file.len() - manifest.len());
	}
}
