//! What a member of a tree claims who stays unknown.

use crate::{commitment::Commitment, statement::Signal};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The largest depth of a tree of members.
pub const MAX_DEPTH: u8 = 32;
/// How many public signals a membership has.
pub const MEMBERSHIP_SIGNALS: u32 = 4;

/// What is claimed of an input whose owner stays unknown: a member of a tree, on a topic.
///
/// A proof shows that somebody's leaf is in the tree, that the leaf holds the commitment to the values
/// that the model took, and that the nullifier is that somebody's for the topic. Whoever acts on it
/// checks the root and the topic, and accepts each nullifier once for a topic.
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
pub struct Membership {
	/// The root of the tree. The submission says which: look up who vouches for it.
	pub root: Commitment,
	/// What the choice is about, a field element. Compare it with what it should be.
	pub topic: Commitment,
	/// The same for all that one identity proves on one topic, and unlinkable to the identity and to
	/// other topics.
	pub nullifier: Commitment,
	/// What the member chose. Nobody can put another choice under the proof.
	pub choice: u32,
}

impl Membership {
	/// Its public signals, in their order: root, topic, nullifier, choice.
	pub fn signals(&self) -> [Signal; MEMBERSHIP_SIGNALS as usize] {
		let mut choice = [0; 32];
		for (byte, given) in choice.iter_mut().zip(self.choice.to_le_bytes()) {
			*byte = given;
		}
		[self.root.0, self.topic.0, self.nullifier.0, choice]
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_membership_keeps_its_form() {
		let [root, topic, nullifier] = [1, 2, 3].map(|byte| Commitment([byte; 32]));
		let membership = Membership { root, topic, nullifier, choice: 0x0403_0201 };
		let bytes = membership.encode();
		assert_eq!(bytes, [&[1; 32][..], &[2; 32], &[3; 32], &[1, 2, 3, 4]].concat());
		assert_eq!(bytes.len(), Membership::max_encoded_len());
		let mut choice = [0; 32];
		choice[..4].copy_from_slice(&[1, 2, 3, 4]);
		assert_eq!(membership.signals(), [[1; 32], [2; 32], [3; 32], choice]);
	}

	#[test]
	fn every_choice_is_another_canonical_signal() {
		let choice = |choice| {
			let none = Commitment([0; 32]);
			let [.., last] =
				Membership { root: none, topic: none, nullifier: none, choice }.signals();
			assert!(Commitment(last).is_canonical());
			last
		};
		let all = [0, 1, 0xff, 0x100, 1 << 31, u32::MAX].map(choice);
		assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
	}
}
