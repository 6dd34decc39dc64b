//! The prover of `ark-groth16` with our key.

use ark_bn254::{Bn254, Fr};
use ark_ff::{PrimeField, UniformRand};
use ark_groth16::{
	r1cs_to_qap::{evaluate_constraint, LibsnarkReduction, R1CSToQAP},
	Groth16, Proof as ArkProof, ProvingKey as ArkKey, VerifyingKey,
};
use ark_poly::EvaluationDomain;
use ark_relations::gr1cs::{ConstraintSystemRef, Matrix, SynthesisError};
use rand::Rng;
use rayon::prelude::*;
use zkml_primitives::{Proof, PROOF_LEN};
use zkml_prover::{
	bytes::{encode_g1, encode_g2},
	ProvingKey,
};

/// A key and the matrices of its circuit, as `ark-groth16` takes them.
#[derive(Debug)]
pub struct Arkworks {
	key: ArkKey<Bn254>,
	/// A and B: of snarkjs' keys C is not needed.
	matrices: [Matrix<Fr>; 2],
	inputs: usize,
	constraints: usize,
}

impl From<ProvingKey> for Arkworks {
	fn from(key: ProvingKey) -> Self {
		let inputs = key.ic.len();
		// Our rows of A end with those of the constant one and the public signals, which the reduction
		// adds by itself.
		let constraints = key.a_rows.len().saturating_sub(inputs);
		let matrices = [&key.a_rows, &key.b_rows].map(|rows| {
			let entries = |row| rows.row(row).iter().map(|&(wire, value)| (value, wire as usize));
			(0..constraints.min(rows.len())).map(|row| entries(row).collect()).collect()
		});
		let vk = VerifyingKey {
			alpha_g1: key.alpha_g1,
			beta_g2: key.beta_g2,
			gamma_g2: key.gamma_g2,
			delta_g2: key.delta_g2,
			gamma_abc_g1: key.ic,
		};
		let key = ArkKey {
			vk,
			beta_g1: key.beta_g1,
			delta_g1: key.delta_g1,
			a_query: key.a,
			b_g1_query: key.b_g1,
			b_g2_query: key.b_g2,
			h_query: key.h,
			l_query: key.l,
		};
		Self { key, matrices, inputs, constraints }
	}
}

impl Arkworks {
	/// Proves with `create_proof_with_reduction_and_matrices`; `None` if a point of the proof is at
	/// infinity.
	///
	/// # Errors
	/// `SynthesisError` if the field has no domain of the circuit's size.
	pub fn prove(
		&self,
		witness: &[Fr],
		rng: &mut impl Rng,
	) -> Result<Option<Proof>, SynthesisError> {
		let (r, s) = (Fr::rand(rng), Fr::rand(rng));
		let Self { key, matrices, inputs, constraints } = self;
		Groth16::<Bn254, CircomReduction>::create_proof_with_reduction_and_matrices(
			key,
			r,
			s,
			matrices,
			*inputs,
			*constraints,
			witness,
		)
		.map(|proof| encode(&proof))
	}
}

fn encode(proof: &ArkProof<Bn254>) -> Option<Proof> {
	let mut bytes = [0; PROOF_LEN];
	bytes[..64].copy_from_slice(&encode_g1(&proof.a)?);
	bytes[64..192].copy_from_slice(&encode_g2(&proof.b)?);
	bytes[192..].copy_from_slice(&encode_g1(&proof.c)?);
	Some(Proof(bytes))
}

/// The quotient as snarkjs' keys want it: its values on the odd half of a domain of twice the size, by six
/// transforms of arkworks. ark-circom does the same, and would bring a runtime for Wasm.
#[derive(Debug)]
struct CircomReduction;

impl R1CSToQAP for CircomReduction {
	fn instance_map_with_evaluation<F: PrimeField, D: EvaluationDomain<F>>(
		cs: ConstraintSystemRef<F>,
		t: &F,
	) -> Result<(Vec<F>, Vec<F>, Vec<F>, F, usize, usize), SynthesisError> {
		LibsnarkReduction::instance_map_with_evaluation::<F, D>(cs, t)
	}

	fn witness_map_from_matrices<F: PrimeField, D: EvaluationDomain<F>>(
		matrices: &[Matrix<F>],
		num_inputs: usize,
		num_constraints: usize,
		full_assignment: &[F],
	) -> Result<Vec<F>, SynthesisError> {
		let size = (num_constraints + num_inputs).next_power_of_two();
		let domains = D::new(size).zip(D::new(2 * size));
		let (domain, double) = domains.ok_or(SynthesisError::PolynomialDegreeTooLarge)?;
		let values = |matrix: &Matrix<F>| {
			let mut values: Vec<F> =
				matrix.par_iter().map(|row| evaluate_constraint(row, full_assignment)).collect();
			values.resize(size, F::zero());
			values
		};
		let (mut a, mut b) = (values(&matrices[0]), values(&matrices[1]));
		// The rows that tie the constant one and the signals.
		a[num_constraints..][..num_inputs].copy_from_slice(&full_assignment[..num_inputs]);
		let mut c: Vec<F> = a.par_iter().zip(&b).map(|(a, b)| *a * b).collect();
		for values in [&mut a, &mut b, &mut c] {
			domain.ifft_in_place(values);
			D::distribute_powers(values, double.group_gen());
			domain.fft_in_place(values);
		}
		a.par_iter_mut().zip(&b).zip(&c).for_each(|((a, b), c)| *a = *a * b - c);
		Ok(a)
	}

	/// Keys come from elsewhere, so that nothing calls this.
	fn h_query_scalars<F: PrimeField, D: EvaluationDomain<F>>(
		_: usize,
		_: F,
		_: F,
		_: F,
	) -> Result<Vec<F>, SynthesisError> {
		Err(SynthesisError::MissingCS)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::cases::{Case, Circuit};
	use rand::{
		rngs::{OsRng, StdRng},
		SeedableRng,
	};
	use zkml_prover::{
		bytes::{decode_g1, encode_scalar},
		setup, verify,
	};

	#[test]
	fn ours_are_the_same_proofs() {
		for case in [Case::Digits, Case::Relus(10), Case::Products(7)] {
			let Circuit { r1cs, witness } = case.circuit();
			let key = setup(&r1cs, &mut OsRng).expect("a key");
			let random = || StdRng::seed_from_u64(3);
			let ours = zkml_prover::prove(&key, &witness, &mut random()).expect("a proof");
			let theirs = Arkworks::from(key).prove(&witness, &mut random());
			assert_eq!(Some(ours), theirs.expect("a domain"), "{case:?}");
		}
	}

	#[test]
	fn proofs_hold_and_forged_ones_do_not() {
		for case in [Case::Digits, Case::Products(6)] {
			let Circuit { r1cs, mut witness } = case.circuit();
			let key = setup(&r1cs, &mut OsRng).expect("a key");
			let verifying_key = key.verifying_key().expect("few signals");
			let signals: Vec<_> = witness[1..=r1cs.signals()].iter().map(encode_scalar).collect();
			let arkworks = Arkworks::from(key);
			let proof = arkworks.prove(&witness, &mut OsRng).expect("a domain").expect("a proof");
			assert!(decode_g1(proof.0.first_chunk().expect("64 bytes")).is_ok());
			verify(&verifying_key, &signals, &proof).expect("a proof that holds");
			*witness.last_mut().expect("wires") += Fr::from(1);
			let forged = arkworks.prove(&witness, &mut OsRng).expect("a domain").expect("a proof");
			verify(&verifying_key, &signals, &forged).expect_err("a witness that is none");
		}
	}
}
