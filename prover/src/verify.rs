//! The check that a chain makes.

use thiserror::Error;
use zkml_primitives::{Hint, HintedProof, Proof, VerifyingKey};
use zkml_verifier::{KeyError, PreparedKey, RawKey, VerifyError};

/// Why a proof is not accepted.
#[derive(Debug, Error)]
pub enum VerifyFailure {
	/// The key is malformed.
	#[error("the verifying key is malformed: {0}")]
	Key(KeyError),
	/// The proof is malformed or does not hold.
	#[error("{0}")]
	Proof(VerifyError),
}

/// Verifies a proof as a chain does in a batch.
///
/// # Errors
/// [`VerifyFailure`] if key or proof are malformed, or the proof does not hold.
pub fn verify(
	key: &VerifyingKey,
	signals: &[[u8; 32]],
	proof: &Proof,
) -> Result<(), VerifyFailure> {
	prepare(key)?.verify(signals, &proof.0).map_err(VerifyFailure::Proof)
}

/// Verifies a proof, and makes the hint with which a chain checks it by itself.
///
/// # Errors
/// As [`verify`].
pub fn hinted(
	key: &VerifyingKey,
	signals: &[[u8; 32]],
	proof: &Proof,
) -> Result<HintedProof, VerifyFailure> {
	let hint = prepare(key)?.hint(signals, &proof.0).map_err(VerifyFailure::Proof)?;
	Ok(HintedProof { proof: *proof, hint: Hint(hint) })
}

fn prepare(key: &VerifyingKey) -> Result<PreparedKey, VerifyFailure> {
	let raw = RawKey {
		alpha: &key.alpha,
		beta: &key.beta,
		gamma: &key.gamma,
		delta: &key.delta,
		ic: &key.ic,
	};
	PreparedKey::validate(&raw).map_err(VerifyFailure::Key)
}
