//! Members who stay unknown: identities, the tree of an issuer, nullifiers.
//!
//! # What is hashed
//! With `P` the Poseidon of circomlib, of as many elements as are written:
//!
//! - the commitment to an identity, a secret element `a`: `I = P(tag_I, a, 0)`;
//! - a leaf: `L = P(tag_L, I, C)`, with `C` the [commitment](crate::commit) to what the issuer knows
//!   of the member;
//! - a node: `P(left, right)`, of fixed depth, with zeros for leaves that nobody has;
//! - the nullifier of an identity and a topic: `N = P(tag_N, a, topic)`.
//!
//! The tags are the little-endian integers of the letters `zkml1 identity`, `zkml1 leaf` and
//! `zkml1 nullifier`. What has three elements begins with its tag, and a circuit
//! has one depth: so a node is never taken for a leaf, nor a leaf for another kind of hash.
//!
//! # Who does what
//! A member draws an [`Identity`] and gives its commitment to the issuer, who knows the profile and
//! gives its opening. The issuer makes [leaves](leaf), keeps the [`Tree`], posts its root, and gives
//! each member a [`Path`]. A member proves with [`Member`].

mod tree;

pub use tree::{Path, Tree};

use crate::{
	commitment::bytes,
	gadgets::{
		membership::membership,
		merkle::Level,
		poseidon::{Cell, Combination},
	},
	poseidon::hash,
	r1cs::Builder,
	Element,
};
use ark_ff::{BigInteger, PrimeField, UniformRand, Zero};
use rand::{CryptoRng, RngCore};
use std::fmt;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};
use zkml_primitives::{Commitment, Membership, MAX_DEPTH};

/// Why somebody cannot be shown to be a member, or a tree not be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MembershipError {
	/// A depth that no tree has.
	#[error("a tree has a depth of 1 to {MAX_DEPTH}, not {got}")]
	Depth {
		/// The depth given.
		got: usize,
	},
	/// More leaves than the tree has room for.
	#[error("a tree of depth {depth} has room for {} leaves, not for more", 1u64 << .depth)]
	Full {
		/// The tree's depth.
		depth: u8,
	},
	/// 32 bytes that are not below the order of the field.
	#[error("{what} is no element of the field: 0x{}", hex(.given))]
	NonCanonical {
		/// What they should be.
		what: &'static str,
		/// The bytes.
		given: Commitment,
	},
	/// There is no leaf at this place, or an empty one.
	#[error("nobody's leaf is number {index} of the tree")]
	NoLeaf {
		/// The place.
		index: u32,
	},
	/// The circuit is for members, and nothing was said of one.
	#[error("identity, path, root, topic and choice of a member are needed")]
	Missing,
	/// The path is of a tree of another depth.
	#[error(
		"the path is of a tree of depth {got}, and the circuit is for one of depth {expected}"
	)]
	PathDepth {
		/// The circuit's.
		expected: u8,
		/// The path's.
		got: usize,
	},
	/// The path is of a leaf that the tree has no room for.
	#[error("the path is of leaf {index}, which a tree of depth {depth} does not have")]
	PathIndex {
		/// The leaf's place.
		index: u32,
		/// The path's depth.
		depth: usize,
	},
	/// The path leads elsewhere.
	#[error(
		"the path leads to the root 0x{}, not to 0x{}: it is damaged, or of the tree as it was at \
		 another time; ask the issuer for one to this root",
		hex(.found), hex(.expected)
	)]
	OtherRoot {
		/// The root to be shown.
		expected: Commitment,
		/// Where the path leads.
		found: Commitment,
	},
	/// The path is of a leaf of something else.
	#[error(
		"the path's leaf holds another identity or another profile: give the identity that the issuer \
		 was given, and the opening of the profile that it attested (its commitment is 0x{})",
		hex(.profile)
	)]
	OtherLeaf {
		/// The commitment to the profile given.
		profile: Commitment,
	},
}

/// Bytes in hexadecimal, in their order.
fn hex(commitment: &Commitment) -> String {
	commitment.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a hash of three elements begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tag {
	Identity,
	Leaf,
	Nullifier,
}

impl Tag {
	/// The element.
	pub(crate) fn element(self) -> Element {
		let letters: &[u8] = match self {
			Self::Identity => b"zkml1 identity",
			Self::Leaf => b"zkml1 leaf",
			Self::Nullifier => b"zkml1 nullifier",
		};
		Element::from_le_bytes_mod_order(letters)
	}

	fn hash(self, x: Element, y: Element) -> Element {
		hash(&[self.element(), x, y])
	}
}

/// The element that 32 bytes stand for.
fn element(what: &'static str, given: Commitment) -> Result<Element, MembershipError> {
	match given.is_canonical() {
		true => Ok(Element::from_le_bytes_mod_order(&given.0)),
		false => Err(MembershipError::NonCanonical { what, given }),
	}
}

fn commitment(element: Element) -> Commitment {
	Commitment(bytes(element))
}

/// The secret of a member: a random element, which the issuer never sees. Whoever knows it can find
/// what the member proved on any topic; whoever lost it can prove nothing as this member any more.
pub struct Identity(Element);

impl Identity {
	/// A new identity.
	pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
		Self(Element::rand(rng))
	}

	/// The identity that 32 bytes, little-endian, stand for; `None` if they are not below the order
	/// of the field, or stand for a number so small that it was never drawn at random.
	pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
		let identity = Self(Element::from_le_bytes_mod_order(bytes));
		let drawn = identity.0.into_bigint().num_bits() > 128;
		(*identity.to_bytes() == *bytes && drawn).then_some(identity)
	}

	/// 32 bytes, little-endian.
	pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
		Zeroizing::new(bytes(self.0))
	}

	/// What the issuer is given.
	pub fn commitment(&self) -> Commitment {
		commitment(Tag::Identity.hash(self.0, Element::zero()))
	}

	/// What stands for the identity on a topic, and on no other: see [`Membership::nullifier`].
	///
	/// # Errors
	/// [`MembershipError::NonCanonical`] if the topic is no element of the field.
	pub fn nullifier(&self, topic: Commitment) -> Result<Commitment, MembershipError> {
		Ok(commitment(Tag::Nullifier.hash(self.0, element("the topic", topic)?)))
	}
}

impl Drop for Identity {
	fn drop(&mut self) {
		self.0.zeroize();
	}
}

/// Says nothing of the secret.
impl fmt::Debug for Identity {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("Identity")
	}
}

/// The leaf of a member: of the commitment to an identity, and of that to what the issuer knows of
/// them.
///
/// # Errors
/// [`MembershipError::NonCanonical`] if either is no element of the field.
pub fn leaf(identity: Commitment, profile: Commitment) -> Result<Commitment, MembershipError> {
	let identity = element("the commitment to the identity", identity)?;
	let profile = element("the commitment to the profile", profile)?;
	Ok(commitment(Tag::Leaf.hash(identity, profile)))
}

/// What a member proves with, besides the opening of their profile.
#[derive(Clone, Copy)]
pub struct Member<'a> {
	/// Who it is.
	pub identity: &'a Identity,
	/// From the member's leaf to the root.
	pub path: &'a Path,
	/// The root to be shown, one that the verifier knows.
	pub root: Commitment,
	/// What the choice is about, a field element.
	pub topic: Commitment,
	/// The choice.
	pub choice: u32,
}

/// Says nothing of who it is.
impl fmt::Debug for Member<'_> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("Member")
	}
}

impl Member<'_> {
	/// What is claimed, for a circuit of this depth and a profile with this commitment.
	///
	/// # Errors
	/// Whatever would make the circuit's witness a wrong one.
	pub(crate) fn claim(
		&self,
		depth: u8,
		profile: Commitment,
	) -> Result<Membership, MembershipError> {
		let Self { identity, path, root, topic, choice } = *self;
		if path.siblings.len() != usize::from(depth) {
			return Err(MembershipError::PathDepth { expected: depth, got: path.siblings.len() });
		}
		let found = path.root()?;
		if found != root {
			return Err(MembershipError::OtherRoot { expected: root, found });
		}
		if leaf(identity.commitment(), profile)? != path.leaf {
			return Err(MembershipError::OtherLeaf { profile });
		}
		let nullifier = identity.nullifier(topic)?;
		Ok(Membership { root, topic, nullifier, choice })
	}
}

/// Constrains the public signals from the one numbered `first` on to be those of a member whose leaf
/// holds this commitment to their profile.
///
/// The fourth, the choice, is in no constraint: whatever the chain says it is, a proof holds for that
/// number only, because it is a public signal. So it needs no range, either: the chain makes the signal
/// of 32 bits.
pub(crate) fn constrain(
	builder: &mut Builder,
	depth: u8,
	profile: Combination,
	member: Option<&Member<'_>>,
	first: u32,
) {
	// What `Member::claim` has checked to be canonical.
	let of = |bytes: &Commitment| Element::from_le_bytes_mod_order(&bytes.0);
	let mut cell = |value: Option<Element>| {
		let value = value.unwrap_or_default();
		Cell { wire: builder.alloc(|| value), value }
	};
	let secret = cell(member.map(|member| member.identity.0));
	let levels: Vec<Level> = (0..usize::from(depth))
		.map(|level| Level {
			sibling: cell(member.map(|member| of(&member.path.siblings[level]))),
			right: cell(member.map(|member| member.path.is_right(level).into())),
		})
		.collect();
	let [root, topic, nullifier] = [0, 1, 2].map(|signal| builder.public(first + signal));
	let topic = Cell { wire: topic, value: member.map(|m| of(&m.topic)).unwrap_or_default() };
	let shown = membership(builder, profile, secret, &levels, topic);
	shown.root.equals(builder, root);
	shown.nullifier.equals(builder, nullifier);
}

#[cfg(test)]
mod tests {
	use super::*;
	use rand::{rngs::StdRng, Rng, SeedableRng};

	/// Elements that the oracle of the tree has, too.
	pub(super) fn decimal(power: u64, plus: u64) -> Element {
		(0..power).fold(Element::from(1), |value, _| value * Element::from(10))
			+ Element::from(plus)
	}

	pub(super) fn identity(i: u64) -> Identity {
		Identity(decimal(60, i))
	}

	pub(super) fn numbered_leaf(i: u64) -> Commitment {
		leaf(identity(i).commitment(), commitment(decimal(50, i))).unwrap()
	}

	#[test]
	fn kinds_of_hashes_differ() {
		let (a, topic) = (decimal(60, 2), decimal(30, 0));
		let tags = [Tag::Identity, Tag::Leaf, Tag::Nullifier];
		let mut all: Vec<Element> = tags.iter().map(|tag| tag.element()).collect();
		all.extend(tags.iter().map(|tag| tag.hash(a, topic)));
		// A node whose left child is a tag.
		all.extend(tags.iter().map(|tag| hash(&[tag.element(), a])));
		let distinct: std::collections::HashSet<Element> = all.iter().copied().collect();
		assert_eq!(distinct.len(), all.len());
		let one = identity(1);
		let topics = [0, 1, 2].map(|topic| one.nullifier(commitment(decimal(30, topic))).unwrap());
		assert!(topics[0] != topics[1] && topics[1] != topics[2]);
		assert_eq!(topics[0], one.nullifier(commitment(decimal(30, 0))).unwrap());
		assert!(!topics.contains(&one.commitment()));
		let zero = Commitment([0; 32]);
		assert_ne!(one.nullifier(zero).unwrap(), one.commitment(), "another tag");
	}

	#[test]
	fn an_identity_is_a_random_element_that_nothing_shows() {
		let mut rng = StdRng::seed_from_u64(1);
		let drawn = Identity::random(&mut rng);
		let again = Identity::from_bytes(&drawn.to_bytes()).unwrap();
		assert_eq!(drawn.commitment(), again.commitment());
		assert_ne!(Identity::random(&mut rng).commitment(), drawn.commitment());
		assert!(Identity::from_bytes(&[0xff; 32]).is_none(), "beyond the field");
		let mut small = [0; 32];
		rng.fill(&mut small[..16]);
		assert!(Identity::from_bytes(&small).is_none(), "never drawn at random");
		assert_eq!(format!("{drawn:?}"), "Identity");
		let path = Tree::from_leaves(1, [numbered_leaf(0)]).unwrap().path(0).unwrap();
		let (root, topic) = (path.root().unwrap(), Commitment([0; 32]));
		let member = Member { identity: &drawn, path: &path, root, topic, choice: 1 };
		assert_eq!(format!("{member:?}"), "Member");
	}

	#[test]
	fn what_does_not_go_together_is_named_before_a_proof() {
		let (one, profile) = (identity(1), commitment(decimal(50, 1)));
		let tree = Tree::from_leaves(3, (0..5).map(numbered_leaf)).unwrap();
		let (path, root, topic) = (tree.path(1).unwrap(), tree.root(), Commitment([7; 32]));
		let member = Member { identity: &one, path: &path, root, topic, choice: 3 };
		let nullifier = one.nullifier(topic).unwrap();
		let claimed = Membership { root, topic, nullifier, choice: 3 };
		assert_eq!(member.claim(3, profile), Ok(claimed));

		let expected = 4;
		assert_eq!(member.claim(4, profile), Err(MembershipError::PathDepth { expected, got: 3 }));
		let other = commitment(decimal(50, 2));
		assert_eq!(member.claim(3, other), Err(MembershipError::OtherLeaf { profile: other }));
		let two = identity(2);
		let stolen = Member { identity: &two, ..member };
		assert_eq!(stolen.claim(3, profile), Err(MembershipError::OtherLeaf { profile }));
		let theirs = tree.path(2).unwrap();
		let lost = Member { path: &theirs, ..member };
		assert_eq!(lost.claim(3, profile), Err(MembershipError::OtherLeaf { profile }));
		let mut grown = tree.clone();
		grown.push(numbered_leaf(5)).unwrap();
		let late = Member { root: grown.root(), ..member };
		let moved = MembershipError::OtherRoot { expected: grown.root(), found: root };
		assert_eq!(late.claim(3, profile), Err(moved.clone()));
		assert!(moved.to_string().contains("ask the issuer"), "{moved}");
		let beyond = Member { topic: Commitment([0xff; 32]), ..member };
		let refused = beyond.claim(3, profile).unwrap_err();
		assert!(refused.to_string().contains("the topic is no element"), "{refused}");
		let damaged = Path { index: 9, ..path.clone() };
		let refused = Member { path: &damaged, ..member }.claim(3, profile);
		assert_eq!(refused, Err(MembershipError::PathIndex { index: 9, depth: 3 }));
	}
}
