//! What stands for values that are not shown.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The order of BN254's scalar field, little-endian.
const ORDER: [u8; 32] = [
	0x01, 0x00, 0x00, 0xf0, 0x93, 0xf5, 0xe1, 0x43, 0x91, 0x70, 0xb9, 0x79, 0x48, 0xe8, 0x33, 0x28,
	0x5d, 0x58, 0x81, 0x81, 0xb6, 0x45, 0x50, 0xb8, 0x29, 0xa0, 0x31, 0xe1, 0x72, 0x4e, 0x64, 0x30,
];

/// A Poseidon hash of packed values, with a salt that only their owner knows: a public signal, 32
/// bytes, little-endian.
///
/// It binds its owner to the values and to their [schema](SchemaId), and shows nothing of them while
/// the salt is secret, however few values are possible.
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Commitment(#[cfg_attr(feature = "serde", serde(with = "hex::serde"))] pub [u8; 32]);

impl Commitment {
	/// Whether it is a public signal: below the order of the scalar field.
	pub fn is_canonical(&self) -> bool {
		self.0.iter().rev().lt(ORDER.iter().rev())
	}
}

/// What committed values are: a hash of their names, types, ranges and units.
///
/// It is part of what is hashed, so that a commitment cannot be read in another way.
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct SchemaId(#[cfg_attr(feature = "serde", serde(with = "hex::serde"))] pub [u8; 32]);

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn canonical_means_below_the_order() {
		assert!(Commitment([0; 32]).is_canonical());
		assert!(!Commitment(ORDER).is_canonical());
		assert!(!Commitment([0xff; 32]).is_canonical());
		let mut bytes = ORDER;
		bytes[0] = 0;
		assert!(Commitment(bytes).is_canonical());
		bytes = ORDER;
		bytes[31] += 1;
		bytes[30] = 0;
		assert!(!Commitment(bytes).is_canonical());
		bytes = ORDER;
		bytes[31] -= 1;
		bytes[30] = 0xff;
		assert!(Commitment(bytes).is_canonical());
	}
}
