//! Setup by one party.
//!
//! Whoever runs it sees the secrets and could forge proofs, so its keys are for development.

use crate::key::{ProvingKey, Rows};
use ark_bn254::{Fr, G1Projective, G2Projective};
use ark_ec::{scalar_mul::ScalarMul, AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::{Field, One, UniformRand, Zero};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use rand::{CryptoRng, RngCore};
use rayon::prelude::*;
use thiserror::Error;
use zeroize::Zeroize;
use zkml_circuits::r1cs::{Matrix, R1cs};

/// Why a key cannot be made.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SetupError {
	/// The field has no domain of that size.
	#[error("{rows} constraints and signals are more than the field's largest domain holds")]
	TooLarge {
		/// Rows needed.
		rows: usize,
	},
	/// A public signal would have no weight in verification.
	#[error("public signal {0} stands at infinity in the key, so nothing would tie it to a proof")]
	SignalAtInfinity(usize),
}

/// The secrets, wiped when dropped.
struct Secrets {
	tau: Fr,
	alpha: Fr,
	beta: Fr,
	delta: Fr,
}

impl Drop for Secrets {
	fn drop(&mut self) {
		for secret in [&mut self.tau, &mut self.alpha, &mut self.beta, &mut self.delta] {
			secret.zeroize();
		}
	}
}

/// Makes a proving key for a constraint system. As in snarkjs, γ is 1.
///
/// # Errors
/// [`SetupError`] if the system is too large, or a public signal would not be tied in.
pub fn setup(r1cs: &R1cs, rng: &mut (impl RngCore + CryptoRng)) -> Result<ProvingKey, SetupError> {
	let signals = r1cs.signals();
	let constraints = r1cs.constraints();
	let wires = r1cs.wires as usize;
	let rows = constraints + signals + 1;
	let size = rows.next_power_of_two();
	let domain = Radix2EvaluationDomain::<Fr>::new(size).filter(|domain| domain.size() == size);
	let domain = domain.ok_or(SetupError::TooLarge { rows })?;
	let double = Radix2EvaluationDomain::<Fr>::new(2 * size);
	let double = double.ok_or(SetupError::TooLarge { rows })?;

	let secrets = loop {
		let secrets = Secrets {
			tau: Fr::rand(rng),
			alpha: Fr::rand(rng),
			beta: Fr::rand(rng),
			delta: Fr::rand(rng),
		};
		let zero = [secrets.alpha, secrets.beta, secrets.delta].iter().any(Zero::is_zero);
		// τ in the domain would make Lagrange coefficients 0; δ = γ = 1 is refused by verifiers.
		let in_domain = secrets.tau.pow([2 * size as u64]).is_one();
		if !zero && !in_domain && !secrets.delta.is_one() {
			break secrets;
		}
	};

	let lagrange = domain.evaluate_all_lagrange_coefficients(secrets.tau);
	let mut a = at_tau(&r1cs.a, &lagrange, wires);
	for wire in 0..=signals {
		a[wire] += lagrange[constraints + wire];
	}
	let b = at_tau(&r1cs.b, &lagrange, wires);
	let c = at_tau(&r1cs.c, &lagrange, wires);
	let combined: Vec<Fr> = (a.par_iter().zip(&b).zip(&c))
		.map(|((a, b), c)| secrets.beta * a + secrets.alpha * b + c)
		.collect();
	let delta_inverse = secrets.delta.inverse().unwrap_or_default();
	let l: Vec<Fr> =
		combined[signals + 1..].par_iter().map(|value| *value * delta_inverse).collect();
	let odd = double.evaluate_all_lagrange_coefficients(secrets.tau);
	let h: Vec<Fr> =
		odd.par_iter().skip(1).step_by(2).map(|value| *value * delta_inverse).collect();

	let g1 = G1Projective::generator();
	let g2 = G2Projective::generator();
	let ic = g1.batch_mul(&combined[..=signals]);
	if let Some(wire) = ic.iter().position(|point| point.is_zero()) {
		return Err(SetupError::SignalAtInfinity(wire));
	}
	let coefficients = |matrix: &Matrix| {
		let mut rows = Rows::default();
		for row in 0..matrix.rows() {
			let entries = matrix.row(row).map(|(wire, value)| (wire.0, value.to_field()));
			rows.entries.extend(entries);
			rows.ends.push(rows.entries.len());
		}
		rows
	};
	let mut a_rows = coefficients(&r1cs.a);
	for wire in 0..=signals {
		a_rows.entries.push((wire as u32, Fr::one()));
		a_rows.ends.push(a_rows.entries.len());
	}
	let mut b_rows = coefficients(&r1cs.b);
	b_rows.ends.resize(a_rows.len(), b_rows.entries.len());
	Ok(ProvingKey {
		domain: size,
		alpha_g1: (g1 * secrets.alpha).into_affine(),
		beta_g1: (g1 * secrets.beta).into_affine(),
		beta_g2: (g2 * secrets.beta).into_affine(),
		gamma_g2: g2.into_affine(),
		delta_g1: (g1 * secrets.delta).into_affine(),
		delta_g2: (g2 * secrets.delta).into_affine(),
		ic,
		a_rows,
		b_rows,
		a: g1.batch_mul(&a),
		b_g1: g1.batch_mul(&b),
		b_g2: g2.batch_mul(&b),
		l: g1.batch_mul(&l),
		h: g1.batch_mul(&h),
	})
}

/// The polynomials of a matrix's columns, at τ.
fn at_tau(matrix: &Matrix, lagrange: &[Fr], wires: usize) -> Vec<Fr> {
	let mut values = vec![Fr::zero(); wires];
	for (row, lagrange) in lagrange.iter().enumerate().take(matrix.rows()) {
		for (wire, coefficient) in matrix.row(row) {
			values[wire.0 as usize] += coefficient.to_field() * lagrange;
		}
	}
	values
}
