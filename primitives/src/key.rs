//! Verifying keys and proofs as bytes.
//!
//! Field elements are 32 bytes, little-endian and canonical; G1 is `x‖y`, G2 is
//! `x.c0‖x.c1‖y.c0‖y.c1`. Nothing here says that the bytes are points: `zkml-verifier` does.

use crate::interface::MAX_SIGNALS;
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A point of G1, uncompressed.
pub type G1 = [u8; 64];
/// A point of G2, uncompressed.
pub type G2 = [u8; 128];
/// One point per public signal, and one more.
pub type MaxIc = ConstU32<{ MAX_SIGNALS + 1 }>;
/// Bytes of a proof.
pub const PROOF_LEN: usize = 256;
/// Bytes of a hint.
pub const HINT_LEN: usize = 192;

/// A Groth16 proof, `A‖B‖C`.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Proof(pub [u8; PROOF_LEN]);

/// What spares the check of one proof by itself its dearest part: `zkml-verifier` makes it of a proof that
/// holds, with its signals and its key, and no secret. It can make no other proof hold.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Hint(pub [u8; HINT_LEN]);

/// A proof as it is checked by itself; in a batch, proofs go without hints.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct HintedProof {
	/// The proof.
	pub proof: Proof,
	/// Its hint, for the signals and the key with which it is checked.
	pub hint: Hint,
}

/// A Groth16 verifying key.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct VerifyingKey {
	/// `[α]₁`.
	pub alpha: G1,
	/// `[β]₂`.
	pub beta: G2,
	/// `[γ]₂`.
	pub gamma: G2,
	/// `[δ]₂`.
	pub delta: G2,
	/// `[(β·Aᵢ(τ) + α·Bᵢ(τ) + Cᵢ(τ)) / γ]₁` for the constant one and each public signal.
	pub ic: BoundedVec<G1, MaxIc>,
}
