//! Sums over decision trees with public leaves.
//!
//! # Semantics
//! Each tree goes from its root to a leaf, by conditions that are 0 or 1; an output is its base plus
//! what the leaves reached say for it.
//!
//! # Bounds
//! The base plus the least and the largest leaf of every tree.
//!
//! # Constraints
//! A tree of one output is a nested choice: `no + c·(yes − no)` at each node, which is free where
//! both sides are leaves, and else one product. So a tree of depth 2 costs 1. A tree of several
//! outputs may be cheaper by its leaves: each node below the root is reached if its parent is and
//! the condition says so, one product for each pair of siblings; and every output is a sum over
//! leaves. The cheaper of the two is taken.

use super::Operator;
use crate::{
	r1cs::{Builder, LinearCombination},
	signal::{Bounds, Signal},
};
use std::any::Any;

/// A node of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Branch {
	/// Two ways, which are nodes further on.
	Split {
		/// The condition, an element of the operator's input.
		condition: usize,
		/// The node where it is 1.
		yes: usize,
		/// The node where it is 0.
		no: usize,
	},
	/// The end: outputs, and what is added to them.
	Leaf(Vec<(usize, i64)>),
}

/// A tree whose root is its first node; nodes point to later ones only, and each to others.
pub type Branches = Vec<Branch>;

/// Trees whose leaves are added up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forest {
	/// The trees.
	pub trees: Vec<Branches>,
	/// What each output is without trees.
	pub base: Vec<i64>,
}

/// The outputs that a tree has values for.
fn targets(tree: &[Branch]) -> Vec<usize> {
	let mut targets: Vec<usize> = (tree.iter())
		.flat_map(|branch| match branch {
			Branch::Leaf(values) => values.iter().map(|&(target, _)| target).collect(),
			Branch::Split { .. } => Vec::new(),
		})
		.collect();
	targets.sort_unstable();
	targets.dedup();
	targets
}

/// What a leaf adds to an output.
fn leaf(values: &[(usize, i64)], target: usize) -> i64 {
	values.iter().filter(|(of, _)| *of == target).map(|(_, value)| value).sum()
}

fn is_leaf(tree: &[Branch], node: usize) -> bool {
	matches!(tree[node], Branch::Leaf(_))
}

/// Splits that have a split below them.
fn inner(tree: &[Branch]) -> usize {
	let inner = |branch: &&Branch| match branch {
		Branch::Split { yes, no, .. } => !is_leaf(tree, *yes) || !is_leaf(tree, *no),
		Branch::Leaf(_) => false,
	};
	tree.iter().filter(inner).count()
}

/// What the two ways of constraining a tree cost: by choices, by leaves.
fn costs(tree: &[Branch]) -> (usize, usize) {
	let splits = tree.iter().filter(|branch| matches!(branch, Branch::Split { .. })).count();
	(inner(tree) * targets(tree).len(), splits.saturating_sub(1))
}

/// `no + c·(yes − no)`.
pub(super) fn choose(
	builder: &mut Builder,
	condition: &Signal,
	yes: &Signal,
	no: &Signal,
) -> Signal {
	let hull = yes.bounds().hull(no.bounds());
	let difference = yes.clone().plus(-1, no);
	let value = if condition.value == 1 { yes.value } else { no.value };
	// A product with a constant is a sum.
	if difference.lc.0.iter().all(|(wire, _)| *wire == crate::r1cs::ONE) {
		let sum = no.clone().plus(difference.value, condition);
		return Signal { lo: hull.lo, hi: hull.hi, ..sum };
	}
	let wire = builder.product(condition.lc.clone(), difference.lc, no.lc.clone(), value);
	Signal::wire(wire, value, hull)
}

/// The value of an output, by choices.
fn chosen(
	builder: &mut Builder,
	tree: &[Branch],
	node: usize,
	conditions: &[Signal],
	target: usize,
) -> Signal {
	match &tree[node] {
		Branch::Leaf(values) => Signal::constant(leaf(values, target)),
		Branch::Split { condition, yes, no } => {
			let yes = chosen(builder, tree, *yes, conditions, target);
			let no = chosen(builder, tree, *no, conditions, target);
			choose(builder, &conditions[*condition], &yes, &no)
		},
	}
}

/// By node, whether it is reached.
fn reached(builder: &mut Builder, tree: &[Branch], conditions: &[Signal]) -> Vec<Signal> {
	let bit = Bounds { lo: 0, hi: 1 };
	let mut reached = vec![Signal::constant(1); tree.len()];
	for (node, branch) in tree.iter().enumerate() {
		let Branch::Split { condition, yes, no } = branch else { continue };
		let (here, condition) = (reached[node].clone(), &conditions[*condition]);
		let both = match node {
			0 => condition.clone(),
			_ => {
				let value = here.value * condition.value;
				let lcs = (here.lc.clone(), condition.lc.clone());
				let wire = builder.product(lcs.0, lcs.1, LinearCombination::default(), value);
				Signal::wire(wire, value, bit)
			},
		};
		let other = here.plus(-1, &both);
		reached[*no] = Signal { lo: 0, hi: 1, ..other };
		reached[*yes] = both;
	}
	reached
}

impl Forest {
	/// What no sum of some trees and the base exceeds.
	pub fn reach(&self) -> i128 {
		let mut reach: Vec<i128> = self.base.iter().map(|&base| i128::from(base).abs()).collect();
		for tree in &self.trees {
			let mut most = vec![0i128; reach.len()];
			for branch in tree {
				if let Branch::Leaf(values) = branch {
					for &(target, value) in values {
						most[target] = most[target].max(i128::from(value).abs());
					}
				}
			}
			reach.iter_mut().zip(most).for_each(|(sum, most)| *sum += most);
		}
		reach.into_iter().max().unwrap_or(0)
	}

	/// The nodes that a tree goes through.
	fn leaf_of<'a>(tree: &'a [Branch], conditions: &[i64]) -> &'a [(usize, i64)] {
		let mut node = 0;
		loop {
			match &tree[node] {
				Branch::Leaf(values) => return values,
				Branch::Split { condition, yes, no } => {
					node = if conditions[*condition] == 1 { *yes } else { *no };
				},
			}
		}
	}
}

impl Operator for Forest {
	fn name(&self) -> &'static str {
		"trees"
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		let mut outputs = self.base.clone();
		for tree in &self.trees {
			for &(target, value) in Self::leaf_of(tree, inputs[0]) {
				outputs[target] += value;
			}
		}
		outputs
	}

	fn bounds(&self, _: &[&[Bounds]]) -> Vec<Bounds> {
		let mut bounds: Vec<Bounds> = self.base.iter().map(|&b| Bounds::constant(b)).collect();
		for tree in &self.trees {
			for target in targets(tree) {
				let values = tree.iter().filter_map(|branch| match branch {
					Branch::Leaf(values) => Some(Bounds::constant(leaf(values, target))),
					Branch::Split { .. } => None,
				});
				let hull = values.reduce(Bounds::hull).unwrap_or(Bounds::constant(0));
				bounds[target] = bounds[target].plus(hull);
			}
		}
		bounds
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		let conditions = inputs[0];
		let mut outputs: Vec<Signal> = self.base.iter().map(|&b| Signal::constant(b)).collect();
		for tree in &self.trees {
			let (by_choices, by_leaves) = costs(tree);
			if by_choices <= by_leaves {
				for target in targets(tree) {
					let value = chosen(builder, tree, 0, conditions, target);
					outputs[target] = outputs[target].clone().plus(1, &value);
				}
				continue;
			}
			let reached = reached(builder, tree, conditions);
			for (branch, reached) in tree.iter().zip(&reached) {
				if let Branch::Leaf(values) = branch {
					for &(target, value) in values {
						outputs[target] = outputs[target].clone().plus(value, reached);
					}
				}
			}
		}
		let bounds = self.bounds(&[]);
		let signals = outputs.into_iter().zip(bounds);
		signals.map(|(signal, Bounds { lo, hi })| Signal { lo, hi, ..signal }).collect()
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;

	fn split(condition: usize, yes: usize, no: usize) -> Branch {
		Branch::Split { condition, yes, no }
	}

	fn value(value: i64) -> Branch {
		Branch::Leaf(vec![(0, value)])
	}

	/// Depth 2, with four leaves.
	fn full() -> Branches {
		vec![
			split(0, 1, 2),
			split(1, 3, 4),
			split(2, 5, 6),
			value(5),
			value(-7),
			value(0),
			value(9),
		]
	}

	/// A chain to the left, and one leaf that says nothing.
	fn chain() -> Branches {
		vec![
			split(2, 1, 2),
			split(1, 3, 4),
			value(1),
			split(0, 5, 6),
			value(-4),
			value(8),
			value(-9),
		]
	}

	/// The same shape with values for three outputs.
	fn vectors() -> Branches {
		let leaf = |a, b, c| Branch::Leaf(vec![(0, a), (1, b), (2, c)]);
		let mut tree = full();
		tree.splice(3.., [leaf(1, 2, 3), leaf(-4, 0, 9), leaf(0, 0, 1), leaf(7, -7, 0)]);
		tree
	}

	/// The operator on three conditions, which it does not check itself.
	fn harness(forest: &Forest, booleans: bool) -> Harness {
		let op = forest.clone();
		Harness::new(vec![Bounds { lo: 0, hi: 1 }; 3], move |builder, inputs| {
			if booleans {
				inputs.iter().for_each(|input| builder.enforce_boolean(input.lc.0[0].0));
			}
			op.constrain(builder, &[inputs])
		})
	}

	fn check(forest: Forest, constraints: usize) {
		let (checked, harness) = (harness(&forest, true), harness(&forest, false));
		let mut samples = Vec::new();
		for input in 0..8 {
			let input: Vec<i64> = (0..3).map(|bit| input >> bit & 1).collect();
			let expected = forest.evaluate(&[&input]);
			harness.accepts(&input, &expected);
			checked.rejects_single_wire_changes(&input);
			harness.has_one_output(&input);
			for change in [1, -1, 5, -16] {
				let mut forged = expected.clone();
				forged[0] += change;
				harness.rejects_output(&input, &forged);
			}
			samples.push(input);
		}
		assert_eq!(harness.constraints(), constraints);
		assert_eq!(harness.superfluous_constraints(&samples), Vec::<usize>::new());
	}

	#[test]
	fn a_tree_of_depth_two_costs_one_product() {
		check(Forest { trees: vec![full()], base: vec![3] }, 1);
	}

	#[test]
	fn trees_are_added_up() {
		let trees =
			vec![full(), chain(), vec![value(100)], vec![split(1, 1, 2), value(6), value(7)]];
		check(Forest { trees, base: vec![-50] }, 1 + 2);
	}

	#[test]
	fn trees_of_several_outputs_go_by_their_leaves() {
		assert_eq!(costs(&vectors()), (3, 2));
		check(Forest { trees: vec![vectors()], base: vec![0, 1, 2] }, 2);
	}

	#[test]
	fn no_second_leaf_is_reached() {
		let forest = Forest { trees: vec![vectors()], base: vec![0; 3] };
		let harness = harness(&forest, false);
		// Another leaf, two leaves at once, none.
		for forged in [[-4, 0, 9], [0, 0, 1], [7, -7, 0], [-3, 2, 12], [8, -5, 3], [0, 0, 0]] {
			harness.rejects_output(&[1, 1, 0], &forged);
		}
	}

	#[test]
	fn bounds_are_those_of_the_leaves() {
		let forest = Forest { trees: vec![full(), chain()], base: vec![10] };
		assert_eq!(forest.bounds(&[]), [Bounds { lo: 10 - 7 - 9, hi: 10 + 9 + 8 }]);
	}
}
