//! The field element that ties a proof to one place, one account, one moment.

use crate::model::ModelId;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_crypto_hashing::blake2_256;

/// Domain tag of inferences that are submitted to `pallet-zkml` itself, alone or in a batch; their
/// payload is [`submission_payload`].
pub const SUBMIT_INFERENCE: &[u8] = b"zkml/submit_inference";

/// A public signal of every circuit, made by the verifier and never taken from a submission.
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
pub struct Context(pub [u8; 32]);

impl Context {
	/// Derives a context from its preimage: `blake2_256`, read as a little-endian integer with the
	/// top three bits zero, so below `2^253`.
	pub fn of(preimage: &[u8]) -> Self {
		let mut bytes = blake2_256(preimage);
		bytes[31] &= 0x1f;
		Self(bytes)
	}
}

/// What a context is derived from: `SCALE(genesis, domain, model, subject, payload)`.
///
/// `domain` names pallet and purpose; `subject` is the account that acts or is to be paid;
/// `payload` is what makes the moment unique, a nonce for example, already encoded.
pub fn context_preimage(
	genesis: &[u8; 32],
	domain: &[u8],
	model: ModelId,
	subject: &impl Encode,
	payload: &[u8],
) -> Vec<u8> {
	(genesis, domain, model, subject, payload).encode()
}

/// Derives a context from the parts of its [preimage](context_preimage).
pub fn context_for(
	genesis: &[u8; 32],
	domain: &[u8],
	model: ModelId,
	subject: &impl Encode,
	payload: &[u8],
) -> Context {
	Context::of(&context_preimage(genesis, domain, model, subject, payload))
}

/// The payload of a submission's context: the account's nonce for the model, a `u64` in SCALE, and
/// after it the hash of the anchor block where the model asks for one.
pub fn submission_payload(nonce: u64, anchor: Option<&[u8; 32]>) -> Vec<u8> {
	let mut payload = nonce.encode();
	payload.extend(anchor.into_iter().flatten());
	payload
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_part_matters() {
		let base = context_for(&[1; 32], b"a", ModelId([2; 32]), &[3u8; 32], &[4]);
		for other in [
			context_for(&[9; 32], b"a", ModelId([2; 32]), &[3u8; 32], &[4]),
			context_for(&[1; 32], b"b", ModelId([2; 32]), &[3u8; 32], &[4]),
			context_for(&[1; 32], b"a", ModelId([9; 32]), &[3u8; 32], &[4]),
			context_for(&[1; 32], b"a", ModelId([2; 32]), &[9u8; 32], &[4]),
			context_for(&[1; 32], b"a", ModelId([2; 32]), &[3u8; 32], &[9]),
		] {
			assert_ne!(base, other);
		}
		assert!(base.0[31] < 0x20);
	}

	#[test]
	fn the_preimage_is_what_the_documentation_says() {
		let mut preimage = [1u8; 32].to_vec();
		preimage.extend([1 << 2, b'a']);
		preimage.extend([2; 32]);
		preimage.extend([3; 32]);
		preimage.extend([1 << 2, 4]);
		let mut hash = blake2_256(&preimage);
		hash[31] &= 0x1f;
		assert_eq!(context_for(&[1; 32], b"a", ModelId([2; 32]), &[3u8; 32], &[4]).0, hash);
	}

	#[test]
	fn a_submission_is_of_one_nonce_and_one_anchor() {
		assert_eq!(submission_payload(5, None), 5u64.to_le_bytes());
		let anchored = submission_payload(5, Some(&[9; 32]));
		assert_eq!((&anchored[..8], &anchored[8..]), (&5u64.to_le_bytes()[..], &[9; 32][..]));
	}
}
