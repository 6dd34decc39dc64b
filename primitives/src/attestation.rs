//! What an issuer signs.

use crate::{Commitment, SchemaId};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use sp_crypto_hashing::blake2_256;

/// Sets what is signed here apart from all else that an account signs.
const TAG: &[u8; 18] = b"zkml/attestation/1";

/// What an issuer vouches for: that a commitment is to the values of an account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Attestation<AccountId, BlockNumber> {
	/// Who vouches.
	pub issuer: AccountId,
	/// For whose values.
	pub subject: AccountId,
	/// What they are.
	pub schema: SchemaId,
	/// To the values.
	pub commitment: Commitment,
	/// The last block in which it counts; `None` for no end.
	pub expires: Option<BlockNumber>,
	/// The block in which it was signed.
	pub signed_at: BlockNumber,
}

impl<AccountId: Encode, BlockNumber: Encode> Attestation<AccountId, BlockNumber> {
	/// What its issuer signs off-chain, for the chain with this genesis hash:
	/// `blake2_256(SCALE("zkml/attestation/1", genesis, self))`, the tag as so many bytes.
	pub fn message<Hash: Encode>(&self, genesis: &Hash) -> [u8; 32] {
		(TAG, genesis, self).using_encoded(blake2_256)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_is_signed_keeps_its_form() {
		let one = Attestation {
			issuer: [1u8; 32],
			subject: [2u8; 32],
			schema: SchemaId([3; 32]),
			commitment: Commitment([4; 32]),
			expires: Some(5u32),
			signed_at: 6u32,
		};
		let bytes = one.encode();
		let parts = [[1; 32], [2; 32], [3; 32], [4; 32]].concat();
		assert_eq!(bytes, [&parts[..], &[1, 5, 0, 0, 0], &[6, 0, 0, 0]].concat());
		assert_eq!(Attestation::decode(&mut &bytes[..]), Ok(one.clone()));
		let preimage = [b"zkml/attestation/1".as_slice(), &[7; 32], &bytes].concat();
		assert_eq!(one.message(&[7u8; 32]), blake2_256(&preimage));
		let endless = Attestation { expires: None, ..one.clone() };
		assert_eq!(endless.encode().len(), bytes.len() - 4);
		assert_ne!(endless.message(&[7u8; 32]), one.message(&[7u8; 32]));
	}
}
