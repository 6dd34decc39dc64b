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
//! Arithmetic is arkworks' and takes time that depends on the values, all of which are public.

extern crate alloc;

mod batch;
pub mod encoding;
mod error;
#[cfg(any(test, feature = "fixtures"))]
pub mod fixtures;
mod key;
mod msm;
#[cfg(test)]
mod tests;
mod verify;

pub use batch::{verify_batch, Claim};
pub use error::{BatchError, KeyError, PointError, ProofPoint, VerifyError};
pub use key::{PreparedKey, RawKey};
