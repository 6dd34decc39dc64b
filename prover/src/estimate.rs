//! What a setup will take, before it is begun.

use serde::Serialize;
use zkml_circuits::r1cs::R1cs;

/// Sizes that follow from a circuit's shape, and times scaled from one measured circuit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
	/// Bytes of the proving key.
	pub key_bytes: u64,
	/// Peak memory of the setup, in bytes.
	pub memory_bytes: u64,
	/// Seconds of setup on two cores.
	pub setup_seconds: f64,
	/// Seconds of one proof on two cores.
	pub prove_seconds: f64,
}

impl Estimate {
	/// Estimates for a circuit.
	pub fn of(r1cs: &R1cs) -> Self {
		let wires = u64::from(r1cs.wires);
		let rows = (r1cs.constraints() + r1cs.signals() + 1) as u64;
		let domain = rows.next_power_of_two();
		let coefficients = (r1cs.a.non_zeros() + r1cs.b.non_zeros() + r1cs.signals() + 1) as u64;
		let entries = coefficients + r1cs.c.non_zeros() as u64;
		// Per wire: A, B and L in G1, B in G2. Per row of the domain: H. Per coefficient: 44 bytes.
		let key_bytes = wires * (3 * 64 + 128) + domain * 64 + coefficients * 44;
		// Points before and after they become affine, scalars, and the matrices.
		let memory_bytes = key_bytes * 3 + wires * 4 * 32 + domain * 8 * 32 + entries * 12;
		let points = 5 * wires + domain;
		Self {
			key_bytes,
			memory_bytes,
			setup_seconds: points as f64 * SETUP_SECONDS_PER_POINT,
			prove_seconds: points as f64 * PROVE_SECONDS_PER_POINT,
		}
	}
}

/// From the digits example (`make bench` on two cores: 66 ms for 8,358 points), taken as linear.
const SETUP_SECONDS_PER_POINT: f64 = 7.9e-6;
/// Likewise: 18.5 ms.
const PROVE_SECONDS_PER_POINT: f64 = 2.2e-6;
