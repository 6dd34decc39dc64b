//! The check of a proof.

use crate::{
	encoding::decode_scalar,
	engine::Engine,
	error::{PointError, ProofPoint, VerifyError},
	key::PreparedKey,
};
use alloc::vec::Vec;
use ark_bn254::Fr;

impl<E: Engine> PreparedKey<E> {
	/// Checks that `proof`, `A‖B‖C`, shows `signals` under this key.
	///
	/// The equation is that of Groth, *On the Size of Pairing-Based Non-interactive Arguments*
	/// (<https://eprint.iacr.org/2016/260>), section 3.2: `A·B = α·β + x·γ + C·δ` with
	/// `x = ic₀ + Σ sᵢ·icᵢ`, computed as
	/// `e(A, B) · e(−x, γ) · e(−C, δ) = e(α, β)` with one final exponentiation.
	///
	/// Anyone can make another proof of the same signals out of this one, so a proof's bytes
	/// identify nothing.
	///
	/// # Errors
	/// In this order: the number of signals, a signal ≥ r, a coordinate ≥ q or a point at
	/// infinity, a point off its curve, `B` outside the subgroup, the equation.
	pub fn verify(&self, signals: &[[u8; 32]], proof: &[u8; 256]) -> Result<(), VerifyError> {
		let Decoded { scalars, a, b, c } = self.decode(signals, proof)?;
		let x = E::plus(E::sum_of_products(&self.signals, &scalars), &self.constant);
		let p = [E::sum(&a), E::negated(x), E::negated(E::sum(&c))];
		match E::pairings(&p, &[b, self.gamma, self.delta]) {
			Some(product) if product == self.alpha_beta => Ok(()),
			_ => Err(VerifyError::Invalid),
		}
	}

	/// Every check but the equation, in the order that [`Self::verify`] states.
	pub(crate) fn decode(
		&self,
		signals: &[[u8; 32]],
		proof: &[u8; 256],
	) -> Result<Decoded<E>, VerifyError> {
		if signals.len() != self.signals.len() {
			return Err(VerifyError::SignalCountMismatch {
				expected: count(self.signals.len()),
				got: count(signals.len()),
			});
		}
		decode_proof(decode_signals(signals)?, proof)
	}
}

/// Signals and a proof that have the right form.
pub(crate) struct Decoded<E: Engine> {
	/// As many as the key has signals.
	pub(crate) scalars: Vec<Fr>,
	pub(crate) a: E::G1,
	/// In the subgroup.
	pub(crate) b: E::G2,
	pub(crate) c: E::G1,
}

fn decode_signals(signals: &[[u8; 32]]) -> Result<Vec<Fr>, VerifyError> {
	(0..)
		.zip(signals)
		.map(|(index, signal)| {
			decode_scalar(signal).ok_or(VerifyError::NonCanonicalSignal { index })
		})
		.collect()
}

fn decode_proof<E: Engine>(scalars: Vec<Fr>, proof: &[u8; 256]) -> Result<Decoded<E>, VerifyError> {
	let malformed = |point| move |error: PointError| VerifyError::MalformedProof { point, error };
	let (at_a, at_b, at_c) =
		(malformed(ProofPoint::A), malformed(ProofPoint::B), malformed(ProofPoint::C));
	let a = E::g1(&part(proof, 0)).map_err(at_a)?;
	let b = E::g2(&part(proof, 64)).map_err(at_b)?;
	let c = E::g1(&part(proof, 192)).map_err(at_c)?;
	E::check_g1(&a).map_err(at_a)?;
	E::check_g1(&c).map_err(at_c)?;
	E::check_g2(&b).map_err(at_b)?;
	Ok(Decoded { scalars, a, b, c })
}

/// `N` bytes of the proof from `offset` on.
fn part<const N: usize>(proof: &[u8; 256], offset: usize) -> [u8; N] {
	let mut bytes = [0; N];
	for (to, from) in bytes.iter_mut().zip(proof.iter().skip(offset)) {
		*to = *from;
	}
	bytes
}

pub(crate) fn count(length: usize) -> u32 {
	length.try_into().unwrap_or(u32::MAX)
}
