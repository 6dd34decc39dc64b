#![deny(unsafe_code)]

//! Groth16 over BN254: setup, proving, and the files of snarkjs.
//!
//! - [`setup`]: a proving key from constraints, by one party, for development;
//! - [`ceremony`]: the same by many, of whom one honest one suffices;
//! - [`prove`]: a proof from a proving key and a witness; [`Prover`], for many, or with the key left in its
//!   file;
//! - [`verify`]: the check that a chain makes, natively;
//! - [`audit`]: what anybody can check of a proving key against its constraints;
//! - [`zkey`], [`json`]: keys, proofs and signals in snarkjs' formats;
//! - [`Manifest`]: what a key says of itself: tool, circuit, interface, who made it.
//!
//! The quadratic arithmetic program is that of snarkjs: a row `A = signal` for the constant one
//! and every public signal, and a quotient given by its values on the odd half of a domain of
//! twice the size. So keys and proofs can be used on either side.

mod audit;
pub mod ceremony;
pub mod circom_witness;
mod curve;
mod estimate;
mod field;
mod inverse;
pub mod json;
mod key;
mod manifest;
mod map;
mod msm;
mod progress;
mod proof;
mod setup;
mod solidity;
mod transform;
mod verify;
mod wide;
pub mod zkey;

pub use audit::{audit, KeyAudit, Outcome};
pub use curve::PointError;
pub use estimate::Estimate;
pub use key::ProvingKey;
pub use manifest::{Manifest, SetupKind, FORMAT};
pub use map::{give_memory_back, Map};
pub use progress::Progress;
pub use proof::{prove, ProveError, Prover};
pub use setup::{setup, SetupError};
pub use solidity::{solidity, solidity_call, SolidityCall, SolidityError};
pub use verify::{hinted, verify, VerifyFailure};

/// The wire layout of keys and proofs on a chain.
pub mod bytes {
	pub use zkml_verifier::encoding::{
		decode_g1, decode_g2, decode_scalar, encode_g1, encode_g2, encode_scalar,
	};
}
