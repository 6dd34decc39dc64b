#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

//! Groth16 verification over BN254, for runtimes.
//!
//! Keys, signals and proofs arrive as fixed-size bytes ([`encoding`]). A registry checks a key
//! once, with [`PreparedKey::validate`], and keeps `e(α, β)` ([`PreparedKey::alpha_beta`]);
//! from then on [`PreparedKey::from_validated`] prepares it without repeating the checks, and
//! [`PreparedKey::verify`] checks proofs, and [`verify_batch`] many at once for less.
//!
//! Arkworks' own verifier counts no public inputs, and its decoders accept several encodings of
//! a point; everything is checked here before it gets there. No bytes make this crate panic.
//!
//! There are two implementations of the curve's arithmetic ([`engine::Engine`]): arkworks', which is
//! [`Chosen`] on native machines, and this crate's own for WebAssembly, [`Portable`], which tests hold
//! against the other. Both take time that depends on the values, all of which are public.

extern crate alloc;

mod batch;
pub mod encoding;
pub mod engine;
mod error;
#[cfg(any(test, feature = "fixtures"))]
pub mod fixtures;
mod key;
pub mod lattice;
mod msm;
#[cfg(any(test, feature = "fixtures"))]
pub mod parts;
mod portable;
mod residue;
#[cfg(test)]
mod tests;
mod verify;

pub use error::{BatchError, KeyError, PointError, ProofPoint, VerifyError};
pub use key::RawKey;
pub use portable::Portable;

/// What is computed with here: in WebAssembly [`Portable`], else [`engine::Arkworks`].
#[cfg(target_family = "wasm")]
pub type Chosen = Portable;
/// What is computed with here: in WebAssembly [`Portable`], else [`engine::Arkworks`].
#[cfg(not(target_family = "wasm"))]
pub type Chosen = engine::Arkworks;

/// A verifying key, ready to verify.
pub type PreparedKey = generic::PreparedKey<Chosen>;
/// One proof of a batch.
pub type Claim<'a> = generic::Claim<'a, Chosen>;

/// Checks that every proof of a batch shows its signals under its key: see [`generic::verify_batch`].
///
/// # Errors
/// [`BatchError`].
pub fn verify_batch(claims: &[Claim<'_>]) -> Result<(), BatchError> {
	generic::verify_batch(claims)
}

/// The same with an [`engine::Engine`] that one chooses.
pub mod generic {
	pub use crate::{
		batch::{verify_batch, Claim},
		key::PreparedKey,
	};
}
