//! The proving key in memory.

use crate::proof::Parts;
use ark_bn254::{Fr, G1Affine, G2Affine};
use zkml_primitives::VerifyingKey;
use zkml_verifier::encoding::{encode_g1, encode_g2};

/// The rows of a matrix, for evaluation on a witness.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
	/// End of each row among the entries.
	pub ends: Vec<usize>,
	/// Wire and coefficient of each entry.
	pub entries: Vec<(u32, Fr)>,
}

impl Rows {
	/// The entries of a row.
	pub fn row(&self, row: usize) -> &[(u32, Fr)] {
		let start = row.checked_sub(1).map_or(0, |previous| self.ends[previous]);
		&self.entries[start..self.ends[row]]
	}

	/// Number of rows.
	pub fn len(&self) -> usize {
		self.ends.len()
	}

	/// Whether there is no row.
	pub fn is_empty(&self) -> bool {
		self.ends.is_empty()
	}
}

/// A Groth16 proving key, as a `.zkey` file holds it.
///
/// Names follow the paper (Groth 2016, section 3.2): `A`, `B`, `C` are the polynomials of the
/// quadratic arithmetic program at the secret point τ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvingKey {
	/// Size of the evaluation domain, a power of two.
	pub domain: usize,
	/// `[α]₁`.
	pub alpha_g1: G1Affine,
	/// `[β]₁`.
	pub beta_g1: G1Affine,
	/// `[β]₂`.
	pub beta_g2: G2Affine,
	/// `[γ]₂`.
	pub gamma_g2: G2Affine,
	/// `[δ]₁`.
	pub delta_g1: G1Affine,
	/// `[δ]₂`.
	pub delta_g2: G2Affine,
	/// `[(β·Aᵢ + α·Bᵢ + Cᵢ) / γ]₁` for the constant one and the public signals.
	pub ic: Vec<G1Affine>,
	/// The rows of A, those for the public signals included.
	pub a_rows: Rows,
	/// The rows of B.
	pub b_rows: Rows,
	/// `[Aᵢ]₁` for every wire.
	pub a: Vec<G1Affine>,
	/// `[Bᵢ]₁` for every wire.
	pub b_g1: Vec<G1Affine>,
	/// `[Bᵢ]₂` for every wire.
	pub b_g2: Vec<G2Affine>,
	/// `[(β·Aᵢ + α·Bᵢ + Cᵢ) / δ]₁` for the private wires.
	pub l: Vec<G1Affine>,
	/// `[Lᵢ / δ]₁` for the odd points of a domain of twice the size.
	pub h: Vec<G1Affine>,
}

impl ProvingKey {
	/// Number of wires.
	pub fn wires(&self) -> usize {
		self.a.len()
	}

	/// Number of public signals.
	pub fn signals(&self) -> usize {
		self.ic.len() - 1
	}

	/// What proofs are made of.
	pub(crate) fn parts(&self) -> Parts<&[G1Affine], &[G2Affine]> {
		Parts {
			alpha_g1: self.alpha_g1,
			beta_g1: self.beta_g1,
			beta_g2: self.beta_g2,
			delta_g1: self.delta_g1,
			delta_g2: self.delta_g2,
			a: &self.a,
			b_g1: &self.b_g1,
			b_g2: &self.b_g2,
			l: &self.l,
			h: &self.h,
		}
	}

	/// The verifying key; `None` if a point of it is at infinity, or there are too many signals
	/// for a chain.
	pub fn verifying_key(&self) -> Option<VerifyingKey> {
		verifying_key(&self.alpha_g1, [&self.beta_g2, &self.gamma_g2, &self.delta_g2], &self.ic)
	}
}

/// A verifying key of its points: α, then β, γ and δ, then those of the signals.
pub(crate) fn verifying_key(
	alpha: &G1Affine,
	[beta, gamma, delta]: [&G2Affine; 3],
	ic: &[G1Affine],
) -> Option<VerifyingKey> {
	Some(VerifyingKey {
		alpha: encode_g1(alpha)?,
		beta: encode_g2(beta)?,
		gamma: encode_g2(gamma)?,
		delta: encode_g2(delta)?,
		ic: ic.iter().map(encode_g1).collect::<Option<Vec<_>>>()?.try_into().ok()?,
	})
}
