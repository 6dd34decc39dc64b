//! What a registry knows of a model.

use crate::{
	inference::Inference,
	interface::Interface,
	key::{Proof, VerifyingKey},
};
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_crypto_hashing::blake2_256;

/// The name of a registered model: a hash of all that gives its proofs their meaning.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct ModelId(pub [u8; 32]);

impl ModelId {
	/// Derives the id from owner, scheme, semantics, key and interface.
	pub fn derive(
		owner: &impl Encode,
		scheme: Scheme,
		semantics: Semantics,
		key: &VerifyingKey,
		interface: &Interface,
	) -> Self {
		let tag = b"zkml/model".as_slice();
		Self((tag, owner, scheme, semantics, key, interface).using_encoded(blake2_256))
	}
}

/// The proof system of a key.
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
pub enum Scheme {
	/// Groth16 over BN254.
	#[codec(index = 0)]
	Groth16,
}

/// The version of the rules that turn a model into integers.
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
pub struct Semantics(pub u16);

/// Integer semantics with ties to even.
pub const SEMANTICS_V1: Semantics = Semantics(1);

/// Who made a key, which is to say: who could forge its proofs.
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
pub enum Setup {
	/// One party, who may have kept the secret. For development only.
	#[codec(index = 0)]
	Development,
	/// Several parties, of whom one honest one suffices.
	#[codec(index = 1)]
	Ceremony {
		/// Hash of the ceremony's transcript.
		transcript: [u8; 32],
		/// Number of contributions.
		contributions: u32,
	},
}

/// What people want to know of a model.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Metadata {
	/// A name, in UTF-8.
	pub name: BoundedVec<u8, ConstU32<64>>,
	/// SHA-256 of the quantised ONNX file.
	pub onnx_sha256: [u8; 32],
	/// Where the file can be had; may be empty.
	pub uri: BoundedVec<u8, ConstU32<256>>,
}

/// On what terms a model's inferences are accepted when they are submitted for nobody in particular.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Terms {
	/// Proofs are made for a recent block, the *anchor*, at most so many blocks old. Without it, a
	/// proof is good until its account's nonce is used up.
	pub max_age: Option<u32>,
	/// For so many blocks, the chain keeps an account's last output as a receipt, for which the
	/// account puts down a deposit. Without it, there are no receipts.
	pub receipt_lifetime: Option<u32>,
}

/// An inference with its proof, as it is submitted.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Submission<BlockNumber> {
	/// The model.
	pub model: ModelId,
	/// Number of the block whose hash is in the context: present if and only if the model's terms
	/// have a greatest age.
	pub anchor: Option<BlockNumber>,
	/// What the model answered, and to what.
	pub inference: Inference,
	/// That it did.
	pub proof: Proof,
}
