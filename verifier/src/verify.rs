//! The check of a proof.

use crate::{
	encoding::decode_scalar,
	engine::{hint, Arkworks, Engine, Equation},
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
		self.check(&self.decode(signals, proof)?, None)
	}

	/// The same without a final exponentiation, by a hint that anyone who has a valid proof can compute
	/// ([`PreparedKey::hint`]). Nothing is taken on trust from whoever did.
	///
	/// # Errors
	/// As [`Self::verify`]; after all that is said of single points, that the hint is not canonical, and only
	/// then that `B` is outside the subgroup. If the hint is of another proof, of other signals or of another
	/// key, [`VerifyError::Invalid`].
	pub fn verify_hinted(
		&self,
		signals: &[[u8; 32]],
		proof: &[u8; 256],
		hint: &[u8; 192],
	) -> Result<(), VerifyError> {
		let hint = E::hint(hint).ok_or(VerifyError::MalformedHint);
		let decoded = self.decode(signals, proof)?;
		self.check(&decoded, Some(&hint?))
	}

	fn check(&self, decoded: &Decoded<E>, hint: Option<&E::Hint>) -> Result<(), VerifyError> {
		let (unchecked, checked) = self.pairs(decoded);
		let equation =
			Equation { unchecked: &unchecked, checked: &checked, target: &self.alpha_beta };
		match E::holds(&equation, hint) {
			Ok(true) => Ok(()),
			Ok(false) => Err(VerifyError::Invalid),
			Err(_) => Err(OUTSIDE),
		}
	}

	/// The pairs whose pairings are multiplied: that of the proof, and those with points of the key.
	pub(crate) fn pairs(&self, Decoded { scalars, a, b, c }: &Decoded<E>) -> Pairs<'_, E> {
		let x = E::plus(E::sum_of_products(&self.signals, scalars), &self.constant);
		let checked = [(E::negated(x), &self.gamma), (E::negated(E::sum(c)), &self.delta)];
		([(E::sum(a), *b)], checked)
	}

	/// Every check but the equation and whether `B` is in the subgroup, in the order that
	/// [`Self::verify`] states.
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

impl PreparedKey<Arkworks> {
	/// The hint with which [`Self::verify_hinted`] accepts a proof. Takes some milliseconds.
	///
	/// # Errors
	/// As [`Self::verify`]. Of a valid proof there is no hint at odds of one in `2^1268`, and it is called
	/// invalid.
	pub fn hint(&self, signals: &[[u8; 32]], proof: &[u8; 256]) -> Result<[u8; 192], VerifyError> {
		let (unchecked, checked) = self.pairs(&self.decode(signals, proof)?);
		let equation =
			Equation { unchecked: &unchecked, checked: &checked, target: &self.alpha_beta };
		hint(&equation).map_err(|_| OUTSIDE)?.ok_or(VerifyError::Invalid)
	}
}

/// Pairs whose pairings are multiplied.
pub(crate) type Pairs<'a, E> = (
	[(<E as Engine>::Sum, <E as Engine>::G2); 1],
	[(<E as Engine>::Sum, &'a <E as Engine>::Known); 2],
);

/// That `B` is not of the right order, which the Miller loop tells.
pub(crate) const OUTSIDE: VerifyError =
	VerifyError::MalformedProof { point: ProofPoint::B, error: PointError::NotInSubgroup };

/// Signals and a proof that have the right form.
pub(crate) struct Decoded<E: Engine> {
	/// As many as the key has signals.
	pub(crate) scalars: Vec<Fr>,
	pub(crate) a: E::G1,
	/// On the twist; whether it is in the subgroup, [`Engine::holds`] tells.
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

pub(crate) fn decode_proof<E: Engine>(
	scalars: Vec<Fr>,
	proof: &[u8; 256],
) -> Result<Decoded<E>, VerifyError> {
	let malformed = |point| move |error: PointError| VerifyError::MalformedProof { point, error };
	let (at_a, at_b, at_c) =
		(malformed(ProofPoint::A), malformed(ProofPoint::B), malformed(ProofPoint::C));
	let a = E::g1(&part(proof, 0)).map_err(at_a)?;
	let b = E::g2(&part(proof, 64)).map_err(at_b)?;
	let c = E::g1(&part(proof, 192)).map_err(at_c)?;
	E::check_g1(&a).map_err(at_a)?;
	E::check_g1(&c).map_err(at_c)?;
	E::check_twist(&b).map_err(at_b)?;
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
