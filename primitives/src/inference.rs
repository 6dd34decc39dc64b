//! The values that a submission claims.

use crate::{
	commitment::Commitment, interface::MAX_SIGNALS, membership::Membership, statement::Signal,
};
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
/// Bytes of the largest mask, as a type.
pub type MaxMask = ConstU32<{ MAX_OUTPUTS / 8 }>;

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
	/// The indices of the largest values, the largest first.
	#[codec(index = 2)]
	Labels(BoundedVec<u32, MaxOutputs>),
	/// The score is at least the threshold that the interface states.
	#[codec(index = 3)]
	Passed,
	/// The index of the largest value among those that a mask allows.
	#[codec(index = 4)]
	MaskedLabel {
		/// The index.
		label: u32,
		/// What was allowed. Whoever acts on the label checks that it is what should have been.
		mask: Mask,
	},
	/// The public signals of a circuit from elsewhere, in order, less the context.
	#[codec(index = 5)]
	Raw(BoundedVec<Signal, ConstU32<MAX_SIGNALS>>),
}

/// Which of several classes are allowed.
///
/// Bit `i mod 8` of byte `⌊i / 8⌋` stands for class `i`; there are no more bytes than are needed, and
/// the bits of the last that stand for no class are zero.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Mask(pub BoundedVec<u8, MaxMask>);

impl Mask {
	/// The mask of these classes; `None` if there are more than [`MAX_OUTPUTS`].
	pub fn new(allowed: impl ExactSizeIterator<Item = bool>) -> Option<Self> {
		let mut bytes = alloc::vec![0u8; allowed.len().div_ceil(8)];
		for (index, allowed) in allowed.enumerate() {
			if let Some(byte) = bytes.get_mut(index / 8) {
				*byte |= u8::from(allowed) << (index % 8);
			}
		}
		BoundedVec::try_from(bytes).ok().map(Self)
	}

	/// Whether a class is allowed.
	pub fn allows(&self, class: u32) -> bool {
		self.0.get(class as usize / 8).is_some_and(|byte| byte >> (class % 8) & 1 == 1)
	}

	/// Whether it is a mask of so many classes, of which at least one is allowed.
	pub fn is_of(&self, classes: u32) -> bool {
		let spare = self.0.len() as u32 * 8;
		self.0.len() == classes.div_ceil(8) as usize
			&& self.0.iter().any(|&byte| byte != 0)
			&& (classes..spare).all(|class| !self.allows(class))
	}
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

/// What is claimed of the input.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ClaimedInput {
	/// Nothing: the model's interface keeps it private.
	#[codec(index = 0)]
	Hidden,
	/// Its values: the interface makes it public.
	#[codec(index = 1)]
	Shown(Values),
	/// Its commitment: the interface has it committed. Whoever acts on the answer checks that
	/// somebody vouches for it.
	#[codec(index = 2)]
	Committed(Commitment),
	/// That it is a member's, on a topic: the interface has it so. Whoever acts on the answer checks
	/// root, topic and nullifier.
	#[codec(index = 3)]
	Member(Membership),
}

/// Values that are shown, if there are any.
impl From<Option<Values>> for ClaimedInput {
	fn from(values: Option<Values>) -> Self {
		values.map_or(Self::Hidden, Self::Shown)
	}
}

impl ClaimedInput {
	/// The values, where they are shown.
	pub fn values(&self) -> Option<&Values> {
		match self {
			Self::Shown(values) => Some(values),
			_ => None,
		}
	}

	/// The commitment, where it is shown. That to a member's values is not.
	pub fn commitment(&self) -> Option<Commitment> {
		match self {
			Self::Committed(commitment) => Some(*commitment),
			_ => None,
		}
	}

	/// What is claimed of a member, where the input is one's.
	pub fn membership(&self) -> Option<&Membership> {
		match self {
			Self::Member(membership) => Some(membership),
			_ => None,
		}
	}
}

/// The claim of a submission: what the model answered, and to what.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Inference {
	/// The answer.
	pub output: Output,
	/// The input, as far as the model's interface shows it.
	pub input: ClaimedInput,
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn claims_keep_their_indices() {
		let [root, topic, nullifier] = [1, 2, 3].map(|byte| Commitment([byte; 32]));
		let membership = Membership { root, topic, nullifier, choice: 4 };
		for (index, claim, length) in [
			(0, ClaimedInput::Hidden, 1),
			(1, Values::new(&[1]).into(), 4),
			(2, ClaimedInput::Committed(root), 33),
			(3, ClaimedInput::Member(membership), 101),
		] {
			let bytes = claim.encode();
			assert_eq!((bytes[0], bytes.len()), (index, length), "{claim:?}");
			assert_eq!(ClaimedInput::decode(&mut &bytes[..]), Ok(claim));
		}
	}

	#[test]
	fn masks_say_what_is_allowed() {
		let allowed = [true, false, true, false, false, false, false, false, false, true];
		let mask = Mask::new(allowed.into_iter()).unwrap();
		assert_eq!(mask.0[..], [0b101, 0b10]);
		assert!((0..10).all(|class| mask.allows(class) == allowed[class as usize]));
		assert!(!mask.allows(10) && !mask.allows(u32::MAX));
		assert!(mask.is_of(10));
		assert!(!mask.is_of(9), "a bit beyond the classes");
		assert!(!mask.is_of(8) && !mask.is_of(17), "another number of bytes");
		assert!(!Mask::new([false; 10].into_iter()).unwrap().is_of(10), "nothing allowed");
		assert!(Mask::new([true; MAX_OUTPUTS as usize + 1].into_iter()).is_none());
	}
}
