//! The field element that ties a proof to one place, one account, one moment.

use crate::model::ModelId;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_crypto_hashing::blake2_256;

/// Domain tag of `pallet-zkml`'s `submit_inference`; its payload is the account's nonce for the
/// model, a `u64` in SCALE.
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

/// Derives a context.
///
/// It is `blake2_256(SCALE(genesis, domain, model, subject, payload))`, read as a little-endian
/// integer with the top three bits zero, so below `2^253`. `domain` names pallet and purpose;
/// `subject` is the account that acts or is to be paid; `payload` is what makes the moment
/// unique, a nonce for example, already encoded.
pub fn context_for(
	genesis: &[u8; 32],
	domain: &[u8],
	model: ModelId,
	subject: &impl Encode,
	payload: &[u8],
) -> Context {
	let mut bytes = (genesis, domain, model, subject, payload).using_encoded(blake2_256);
	bytes[31] &= 0x1f;
	Context(bytes)
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
}
