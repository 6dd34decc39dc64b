//! The values that a submission claims.

use alloc::vec::Vec;
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The largest number of output values.
pub const MAX_OUTPUTS: u32 = 1_024;
/// The largest number of public input values.
pub const MAX_INPUTS: u32 = 4_096;
/// [`MAX_OUTPUTS`] as a type.
pub type MaxOutputs = ConstU32<MAX_OUTPUTS>;
/// [`MAX_INPUTS`] as a type.
pub type MaxInputs = ConstU32<MAX_INPUTS>;

/// What the model answered.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Output {
	/// The last layer's integers; the interface tells what a unit is worth.
	#[codec(index = 0)]
	Logits(BoundedVec<i32, MaxOutputs>),
	/// The index of the largest value.
	#[codec(index = 1)]
	Label(u32),
}

/// Integers of a public input, in the narrowest type that holds them.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Values {
	/// Bytes from 0 to 255.
	#[codec(index = 0)]
	U8(BoundedVec<u8, MaxInputs>),
	/// Signed 32-bit integers.
	#[codec(index = 1)]
	I32(BoundedVec<i32, MaxInputs>),
}

impl Values {
	/// Chooses the narrowest type for `values`; `None` if there are more than [`MAX_INPUTS`].
	pub fn new(values: &[i32]) -> Option<Self> {
		match values.iter().map(|&value| u8::try_from(value)).collect::<Result<Vec<u8>, _>>() {
			Ok(bytes) => BoundedVec::try_from(bytes).ok().map(Self::U8),
			Err(_) => BoundedVec::try_from(values.to_vec()).ok().map(Self::I32),
		}
	}

	/// The values as signed integers.
	pub fn to_vec(&self) -> Vec<i32> {
		match self {
			Self::U8(values) => values.iter().map(|&value| i32::from(value)).collect(),
			Self::I32(values) => values.to_vec(),
		}
	}
}

/// The claim of a submission: what the model answered and, where the input is public, to what.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Inference {
	/// The answer.
	pub output: Output,
	/// The input, if and only if the model's interface makes it public.
	pub input: Option<Values>,
}
