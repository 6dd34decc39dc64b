//! That somebody is a member of a tree, and their nullifier for a topic.
//!
//! # What is proven
//! For one secret `a`: `root` is that of a tree with the leaf `P(tag_L, P(tag_I, a, 0), profile)` at
//! its lowest level, and `nullifier = P(tag_N, a, topic)`. `P` is Poseidon of three elements; the tags
//! are those of [`crate::membership`].
//!
//! # Why
//! Hashes pin their wires, and so does the [path](super::merkle). The secret is one wire, which both
//! the leaf and the nullifier take. A leaf is a hash of three elements that begins with its tag, a node
//! one of two, and a circuit has one depth: so a node is no leaf.
//!
//! # Cost
//! 261 for each of the three hashes, and 242 for each level.

use super::{
	merkle::{merkle_root, Level},
	poseidon::{poseidon, Cell, Combination},
};
use crate::{membership::Tag, r1cs::Builder};

/// What the gadget gives.
#[derive(Debug)]
pub struct Membership {
	/// The root of the tree.
	pub root: Combination,
	/// The nullifier.
	pub nullifier: Combination,
}

/// The hash of two elements under a tag.
fn tagged(builder: &mut Builder, tag: Tag, x: Combination, y: Combination) -> Combination {
	poseidon(builder, &[Combination::constant(tag.element()), x, y])
}

/// Emits the gadget; see the module for what it proves. The levels go from the leaf to the root.
pub fn membership(
	builder: &mut Builder,
	profile: Combination,
	secret: Cell,
	levels: &[Level],
	topic: Cell,
) -> Membership {
	let identity = tagged(builder, Tag::Identity, secret.into(), Combination::default());
	let leaf = tagged(builder, Tag::Leaf, identity, profile);
	let root = merkle_root(builder, leaf, levels);
	let nullifier = tagged(builder, Tag::Nullifier, secret.into(), topic.into());
	Membership { root, nullifier }
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		gadgets::harness::{each_constraint_matters, fill_from},
		membership::{leaf, Identity, Tree},
		poseidon::hash,
		r1cs::R1cs,
		Element,
	};
	use ark_ff::{One, PrimeField};
	use rand::{rngs::StdRng, SeedableRng};
	use zkml_primitives::Commitment;

	/// Wires: the public signals, then the private inputs, which the levels follow.
	const ROOT: usize = 1;
	const NULLIFIER: usize = 2;
	const TOPIC: usize = 3;
	const FIRST_STEP: usize = 6;
	const DEPTH: u8 = 2;

	fn element(commitment: Commitment) -> Element {
		Element::from_le_bytes_mod_order(&commitment.0)
	}

	/// What a prover fills in, right or wrong.
	#[derive(Clone)]
	struct Given {
		profile: Element,
		secret: Element,
		levels: Vec<(Element, bool)>,
		topic: Element,
	}

	fn system(given: &Given) -> (R1cs, Vec<Element>) {
		let mut builder = Builder::both(2, 1);
		let mut cell = |value| Cell { wire: builder.alloc_private_input(|| value), value };
		let (profile, secret) = (cell(given.profile), cell(given.secret));
		let levels: Vec<Level> = (given.levels.iter())
			.map(|&(sibling, right)| Level { sibling: cell(sibling), right: cell(right.into()) })
			.collect();
		let topic = Cell { wire: builder.public(2), value: given.topic };
		builder.assign(topic.wire, || topic.value);
		let shown = membership(&mut builder, profile.into(), secret, &levels, topic);
		for (index, sum) in (0..).zip([shown.root, shown.nullifier]) {
			let (wire, value) = (builder.public(index), sum.value);
			builder.assign(wire, || value);
			sum.equals(&mut builder, wire);
		}
		let witness = builder.take_witness();
		(builder.into_r1cs().0, witness)
	}

	/// Three members, their profiles and their tree.
	struct World {
		identities: Vec<Identity>,
		profiles: Vec<Commitment>,
		tree: Tree,
		topic: Commitment,
	}

	impl World {
		fn new(depth: u8) -> Self {
			let mut rng = StdRng::seed_from_u64(11);
			let mut number = || Identity::random(&mut rng);
			let identities: Vec<Identity> = (0..3).map(|_| number()).collect();
			// Any elements will do for these.
			let profiles: Vec<Commitment> = (0..3).map(|_| number().commitment()).collect();
			let topic = number().commitment();
			let leaves = identities.iter().zip(&profiles);
			let leaves = leaves.map(|(who, profile)| leaf(who.commitment(), *profile).unwrap());
			let tree = Tree::from_leaves(depth, leaves).unwrap();
			Self { identities, profiles, tree, topic }
		}

		fn given(&self, member: usize) -> Given {
			let path = self.tree.path(member as u32).unwrap();
			let levels = path.siblings.iter().enumerate();
			let levels =
				levels.map(|(level, sibling)| (element(*sibling), member >> level & 1 == 1));
			Given {
				profile: element(self.profiles[member]),
				secret: Element::from_le_bytes_mod_order(&*self.identities[member].to_bytes()),
				levels: levels.collect(),
				topic: element(self.topic),
			}
		}
	}

	#[test]
	fn every_member_has_a_proof() {
		let world = World::new(DEPTH);
		let (all, _) = system(&world.given(0));
		for member in 0..3 {
			let (r1cs, witness) = system(&world.given(member));
			assert_eq!(r1cs, all, "one system for all members");
			assert_eq!(r1cs.first_violation(&witness), None);
			assert_eq!(witness[ROOT], element(world.tree.root()));
			let nullifier = world.identities[member].nullifier(world.topic).unwrap();
			assert_eq!(witness[NULLIFIER], element(nullifier));
		}
	}

	#[test]
	fn rejects_single_wire_changes() {
		let (r1cs, mut witness) = system(&World::new(DEPTH).given(1));
		for wire in (1..witness.len()).filter(|wire| *wire < 30 || wire % 5 == 0) {
			let right = witness[wire];
			for forged in [right + Element::one(), -right, Element::from(7)] {
				witness[wire] = forged;
				assert!(forged == right || r1cs.first_violation(&witness).is_some(), "wire {wire}");
			}
			witness[wire] = right;
		}
	}

	#[test]
	fn every_constraint_matters() {
		let (r1cs, witness) = system(&World::new(DEPTH).given(1));
		each_constraint_matters(&r1cs, &witness, 11);
	}

	/// With any other secrets all wires but the public ones can be filled, in one way: the signals that
	/// come of that are not those of the tree and the member.
	#[test]
	fn other_secrets_give_other_signals() {
		let world = World::new(DEPTH);
		let honest = world.given(1);
		let (r1cs, right) = system(&honest);
		let last = r1cs.constraints() - 1;
		let others = [0, 2].map(|member| world.given(member));
		let mut lies = vec![
			("another member's path", Given { levels: others[0].levels.clone(), ..honest.clone() }),
			("another's profile", Given { profile: others[1].profile, ..honest.clone() }),
			("a made-up profile", Given { profile: Element::from(3), ..honest.clone() }),
			("another's identity", Given { secret: others[1].secret, ..honest.clone() }),
			("no identity", Given { secret: Element::from(0), ..honest.clone() }),
		];
		for level in 0..usize::from(DEPTH) {
			let mut lie = honest.clone();
			lie.levels[level].1 ^= true;
			lies.push(("the other direction", lie));
			let mut lie = honest.clone();
			lie.levels[level].0 += Element::one();
			lies.push(("another sibling", lie));
		}
		for (what, lie) in lies {
			let (_, mut forged) = system(&lie);
			assert_ne!(forged[ROOT], right[ROOT], "{what}");
			let nullifier = forged[NULLIFIER];
			forged[ROOT] = right[ROOT];
			// The constraint of the root alone.
			assert_eq!(r1cs.first_violation(&forged), Some(last - 1), "{what}");
			assert_eq!(nullifier == right[NULLIFIER], lie.secret == honest.secret, "{what}");
		}
		// Two nullifiers for one topic, and one for two.
		let mut forged = right.clone();
		forged[NULLIFIER] += Element::one();
		assert_eq!(r1cs.first_violation(&forged), Some(last));
		let (_, mut forged) = system(&Given { topic: Element::from(5), ..honest.clone() });
		assert_eq!(forged[ROOT], right[ROOT], "the topic is no matter of the tree");
		assert_ne!(forged[NULLIFIER], right[NULLIFIER]);
		forged[NULLIFIER] = right[NULLIFIER];
		assert_eq!(r1cs.first_violation(&forged), Some(last));
		let mut forged = right.clone();
		forged[TOPIC] += Element::one();
		assert!(r1cs.first_violation(&forged).is_some(), "another topic under the nullifier");
	}

	/// Whoever could pass a node off as a leaf would be a member of every tree. All wires but one can be
	/// filled as if they could; that one is pinned by the hash of the leaf.
	#[test]
	fn a_node_is_no_leaf() {
		let world = World::new(DEPTH);
		let mut given = world.given(1);
		let (neighbour, _) = given.levels.remove(0);
		let own = leaf(world.identities[1].commitment(), world.profiles[1]).unwrap();
		let node = hash(&[neighbour, element(own)]);
		// A circuit for a tree one level lower.
		let (r1cs, mut forged) = system(&given);
		assert_ne!(forged[ROOT], element(world.tree.root()));
		// The product of the only level is `left` less the leaf, a sum of which one wire is changed.
		let product = (0..r1cs.constraints())
			.find(|&row| {
				let mut wires = r1cs.a.row(row).map(|(wire, _)| wire.0 as usize);
				r1cs.c.row(row).len() > 1 && wires.all(|wire| wire == FIRST_STEP + 1)
			})
			.unwrap();
		let left = r1cs.c.row(product).map(|(wire, _)| wire).max().unwrap();
		let of_the_leaf: Vec<_> = r1cs.c.row(product).filter(|(wire, _)| *wire != left).collect();
		let sum: Element = (of_the_leaf.iter())
			.map(|(wire, coefficient)| -coefficient.to_field() * forged[wire.0 as usize])
			.sum();
		assert_eq!(sum, element(own));
		let (wire, coefficient) = of_the_leaf[of_the_leaf.len() - 1];
		forged[wire.0 as usize] += (node - sum) / -coefficient.to_field();
		let pins =
			(0..product).find(|&row| r1cs.c.row(row).map(|(pinned, _)| pinned).eq([wire])).unwrap();
		fill_from(&r1cs, &mut forged, pins + 1);
		assert_eq!(forged[ROOT], element(world.tree.root()), "it would be a member");
		let broken: Vec<usize> = (0..r1cs.constraints())
			.filter(|&row| {
				r1cs.a.evaluate(row, &forged) * r1cs.b.evaluate(row, &forged)
					!= r1cs.c.evaluate(row, &forged)
			})
			.collect();
		assert_eq!(broken, [pins], "but for the hash of the leaf");
	}

	/// Nor is a leaf a node, or nothing a leaf: a circuit for a tree one level higher.
	#[test]
	fn a_leaf_at_another_depth_has_no_proof() {
		let world = World::new(DEPTH);
		let mut given = world.given(1);
		for sibling in [Element::from(0), given.levels[0].0, element(world.tree.root())] {
			given.levels.push((sibling, false));
			let (r1cs, mut forged) = system(&given);
			assert_ne!(forged[ROOT], element(world.tree.root()));
			forged[ROOT] = element(world.tree.root());
			assert_eq!(r1cs.first_violation(&forged), Some(r1cs.constraints() - 2));
			given.levels.pop();
		}
		let higher = World::new(DEPTH + 1).tree;
		assert_ne!(higher.root(), world.tree.root(), "the same leaves, and one more level");
	}

	#[test]
	fn costs_what_it_says() {
		for depth in [1, 2, 5] {
			let (r1cs, _) = system(&World::new(depth.max(2)).given(0).of_depth(depth));
			assert_eq!(r1cs.constraints() - 2, 3 * 261 + 242 * usize::from(depth));
		}
	}

	impl Given {
		/// Cut to so many levels.
		fn of_depth(mut self, depth: u8) -> Self {
			self.levels.truncate(depth.into());
			self
		}
	}
}
