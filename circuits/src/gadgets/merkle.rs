//! A path of a binary Merkle tree.
//!
//! # What is proven
//! `root` is what a leaf and its siblings, one for each level, hash to: from the leaf up,
//! `c ← P(c, s)` where the direction is 0, and `c ← P(s, c)` where it is 1. `P` is Poseidon of two
//! elements, as circomlib has it.
//!
//! # Why
//! Each direction is constrained to be 0 or 1; then one product, `b·(s − c) = l − c`, pins the left
//! input to `c` or to `s`, and the right one is what is left of their sum. A direction that is no bit
//! would allow any two inputs of that sum. All else is the hash, whose wires are pinned.
//!
//! # Cost
//! 242 for each level: 1 for the direction, 1 for the product, 240 for the hash, which is a sum of
//! three wires and needs none of its own.

use super::poseidon::{poseidon, Cell, Combination};
use crate::{
	r1cs::{Builder, Wire},
	Element,
};
use ark_ff::One;

/// One level of a path.
#[derive(Clone, Copy, Debug)]
pub struct Level {
	/// The other child.
	pub sibling: Cell,
	/// 1 where the path comes from the right child, else 0. The gadget constrains it.
	pub right: Cell,
}

/// `a` and `b`, or `b` and `a` where `bit` is 1; constrains `bit` to be 0 or 1.
fn swap(builder: &mut Builder, bit: Cell, a: Combination, b: &Combination) -> [Combination; 2] {
	builder.enforce_boolean(bit.wire);
	let one = |wire: Wire| vec![(wire, Element::one())];
	let difference = b.clone().plus(-Element::one(), &a);
	let value = a.value + bit.value * difference.value;
	let left = Combination::from(Cell { wire: builder.alloc(|| value), value });
	let change = left.clone().plus(-Element::one(), &a);
	builder.enforce_field([one(bit.wire), difference.terms, change.terms]);
	let right = a.plus(Element::one(), b).plus(-Element::one(), &left);
	[left, right]
}

/// Emits the gadget; see the module for what it proves. The levels go from the leaf to the root.
pub fn merkle_root(builder: &mut Builder, leaf: Combination, levels: &[Level]) -> Combination {
	levels.iter().fold(leaf, |child, level| {
		let children = swap(builder, level.right, child, &level.sibling.into());
		poseidon(builder, &children)
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		gadgets::harness::{each_constraint_matters, Harness},
		poseidon::hash,
		r1cs::{LinearCombination, R1cs},
		signal::{Bounds, Signal},
	};

	const BIT: Bounds = Bounds { lo: 0, hi: 1 };
	const NIBBLE: Bounds = Bounds { lo: -8, hi: 7 };

	fn swapping() -> Harness {
		let field = |signal: &Signal| Combination {
			terms: signal.lc.0.iter().map(|&(wire, c)| (wire, Element::from(c))).collect(),
			value: signal.value.into(),
		};
		let integer = |combination: &Combination, value: i64| {
			let sign = |c: Element| if c == Element::one() { 1 } else { -1 };
			let terms = combination.terms.iter().map(|&(wire, c)| (wire, sign(c))).collect();
			Signal { lc: LinearCombination(terms), ..Signal::wire(Wire(0), value, NIBBLE) }
		};
		Harness::new(vec![BIT, NIBBLE, NIBBLE], move |builder, inputs| {
			let [bit, a, b] = inputs else { unreachable!() };
			let direction = Cell { wire: bit.lc.0[0].0, value: bit.value.into() };
			let [left, right] = swap(builder, direction, field(a), &field(b));
			let (first, second) = if bit.value == 1 { (b, a) } else { (a, b) };
			vec![integer(&left, first.value), integer(&right, second.value)]
		})
	}

	#[test]
	fn a_direction_swaps_or_does_not() {
		let harness = swapping();
		for (a, b) in [(-8, 7), (3, 3), (0, 5), (-1, 1)] {
			for (bit, expected) in [(0, [a, b]), (1, [b, a])] {
				harness.accepts(&[bit, a, b], &expected);
				harness.has_one_output(&[bit, a, b]);
				harness.rejects_single_wire_changes(&[bit, a, b]);
				if a != b {
					harness.rejects_output(&[bit, a, b], &[expected[1], expected[0]]);
				}
			}
		}
		// What pins the bit is superfluous where it is given; a test below is of its use.
		let samples = [vec![0, 2, 5], vec![1, 2, 5]];
		assert_eq!(harness.superfluous_constraints(&samples), [0]);
	}

	/// A system whose public signal is the root above a leaf, and its witness. The private inputs are
	/// the leaf, and of each level the sibling and the direction.
	fn system(leaf: Element, levels: &[(Element, bool)]) -> (R1cs, Vec<Element>) {
		let mut builder = Builder::both(1, 0);
		let mut cell = |value| Cell { wire: builder.alloc_private_input(|| value), value };
		let leaf = cell(leaf);
		let levels: Vec<Level> = (levels.iter())
			.map(|&(sibling, right)| Level { sibling: cell(sibling), right: cell(right.into()) })
			.collect();
		let root = merkle_root(&mut builder, leaf.into(), &levels);
		let (wire, value) = (builder.public(0), root.value);
		builder.assign(wire, || value);
		root.equals(&mut builder, wire);
		let witness = builder.take_witness();
		(builder.into_r1cs().0, witness)
	}

	fn number(i: u64) -> Element {
		Element::from(i * i + 5) * Element::from(u64::MAX - i)
	}

	/// What a verifier would compute.
	fn root(leaf: Element, levels: &[(Element, bool)]) -> Element {
		levels.iter().fold(leaf, |child, &(sibling, right)| match right {
			true => hash(&[sibling, child]),
			false => hash(&[child, sibling]),
		})
	}

	#[test]
	fn is_the_root_of_every_path() {
		for depth in 1..=3 {
			for directions in 0..1u64 << depth {
				let levels: Vec<(Element, bool)> =
					(0..depth).map(|level| (number(level), directions >> level & 1 == 1)).collect();
				let (r1cs, witness) = system(number(9), &levels);
				assert_eq!(r1cs.first_violation(&witness), None);
				assert_eq!(witness[1], root(number(9), &levels), "{directions:b}");
			}
		}
	}

	#[test]
	fn rejects_single_wire_changes() {
		let (r1cs, mut witness) = system(number(9), &[(number(1), true)]);
		for wire in 1..witness.len() {
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
		let (r1cs, witness) = system(number(9), &[(number(1), true), (number(2), false)]);
		each_constraint_matters(&r1cs, &witness, 5);
	}

	/// With a direction that is no bit a child could be any element of the field: here one that makes
	/// the first hash that of two others with the same sum.
	#[test]
	fn a_direction_that_is_no_bit_is_rejected() {
		let (leaf, sibling) = (number(9), number(1));
		let (r1cs, honest) = system(leaf, &[(sibling, false)]);
		for direction in [Element::from(2), -Element::one(), number(4)] {
			let mut forged = honest.clone();
			forged[4] = direction;
			let left = leaf + direction * (sibling - leaf);
			assert_ne!(left, leaf);
			// All that follows, as if the direction were one.
			let (_, theirs) = system(left, &[(leaf + sibling - left, false)]);
			forged[5..].copy_from_slice(&theirs[5..]);
			forged[1] = theirs[1];
			assert_eq!(r1cs.first_violation(&forged), Some(0), "the direction's own constraint");
			let others = (1..r1cs.constraints()).all(|row| {
				r1cs.a.evaluate(row, &forged) * r1cs.b.evaluate(row, &forged)
					== r1cs.c.evaluate(row, &forged)
			});
			assert!(others, "and no other");
			assert_ne!(forged[1], honest[1]);
		}
	}

	#[test]
	fn costs_what_it_says() {
		for depth in [1, 2, 5] {
			let levels = vec![(number(1), false); depth];
			assert_eq!(system(number(9), &levels).0.constraints() - 1, 242 * depth);
		}
	}
}
