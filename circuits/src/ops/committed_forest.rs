//! Sums over decision trees whose thresholds and leaves are committed.
//!
//! # Semantics
//! As [`super::Forest`]. A node goes one way if its element `x` is at least the node's cut, else the
//! other; cuts, leaves and bases are the second input, as [`super::Parameters`] has them. Which element
//! a node compares, and the shape of trees, are public.
//!
//! # Bounds
//! From those of the leaves.
//!
//! # Constraints
//! For each split the sign of `x − cut`, and a product; range checks of cuts and leaves are those of
//! their tensor.

use super::{forest::choose, Operator};
use crate::{
	gadgets::compare::sign,
	r1cs::Builder,
	signal::{Bounds, Signal},
};
use std::any::Any;

/// A node of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretBranch {
	/// Two ways, which are nodes further on.
	Split {
		/// The element that is compared.
		element: usize,
		/// The place of the cut among the parameters.
		cut: usize,
		/// The node where the element reaches the cut.
		reached: usize,
		/// The node where it does not.
		below: usize,
	},
	/// The end: outputs, and the places of what is added to them.
	Leaf(Vec<(usize, usize)>),
}

/// Trees whose leaves are added up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedForest {
	/// The trees, each from its root.
	pub trees: Vec<Vec<SecretBranch>>,
	/// The places of what each output is without trees.
	pub base: Vec<usize>,
}

impl CommittedForest {
	/// The public structure, as text.
	pub fn structure(&self) -> String {
		let mut text = format!("trees {} {}\n", self.trees.len(), self.base.len());
		for tree in &self.trees {
			for branch in tree {
				text += &match branch {
					SecretBranch::Split { element, reached, below, .. } => {
						format!("split {element} {reached} {below}\n")
					},
					SecretBranch::Leaf(values) => {
						let targets: Vec<String> =
							values.iter().map(|(target, _)| target.to_string()).collect();
						format!("leaf {}\n", targets.join(" "))
					},
				};
			}
		}
		text
	}

	/// The value of an output, from a node on.
	fn chosen(
		&self,
		builder: &mut Builder,
		tree: &[SecretBranch],
		(node, target): (usize, usize),
		conditions: &[Signal],
		parameters: &[Signal],
	) -> Signal {
		match &tree[node] {
			SecretBranch::Leaf(values) => (values.iter())
				.filter(|(of, _)| *of == target)
				.fold(Signal::constant(0), |sum, (_, place)| sum.plus(1, &parameters[*place])),
			SecretBranch::Split { reached, below, .. } => {
				let mut from =
					|node| self.chosen(builder, tree, (node, target), conditions, parameters);
				let (yes, no) = (from(*reached), from(*below));
				choose(builder, &conditions[node], &yes, &no)
			},
		}
	}
}

/// The outputs that a tree has values for.
fn targets(tree: &[SecretBranch]) -> Vec<usize> {
	let mut targets: Vec<usize> = (tree.iter())
		.flat_map(|branch| match branch {
			SecretBranch::Leaf(values) => values.iter().map(|&(target, _)| target).collect(),
			SecretBranch::Split { .. } => Vec::new(),
		})
		.collect();
	targets.sort_unstable();
	targets.dedup();
	targets
}

impl Operator for CommittedForest {
	fn name(&self) -> &'static str {
		"trees"
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		let (x, parameters) = (inputs[0], inputs[1]);
		let mut outputs: Vec<i64> = self.base.iter().map(|&place| parameters[place]).collect();
		for tree in &self.trees {
			let mut node = 0;
			loop {
				match &tree[node] {
					&SecretBranch::Split { element, cut, reached, below } => {
						node = if x[element] >= parameters[cut] { reached } else { below };
					},
					SecretBranch::Leaf(values) => {
						values.iter().for_each(|&(of, place)| outputs[of] += parameters[place]);
						break;
					},
				}
			}
		}
		outputs
	}

	fn bounds(&self, inputs: &[&[Bounds]]) -> Vec<Bounds> {
		let parameters = inputs[1];
		let mut bounds: Vec<Bounds> = self.base.iter().map(|&place| parameters[place]).collect();
		for tree in &self.trees {
			for target in targets(tree) {
				let leaves = tree.iter().filter_map(|branch| match branch {
					SecretBranch::Leaf(values) => Some(
						(values.iter())
							.filter(|(of, _)| *of == target)
							.fold(Bounds::constant(0), |sum, (_, at)| sum.plus(parameters[*at])),
					),
					SecretBranch::Split { .. } => None,
				});
				let hull = leaves.reduce(Bounds::hull).unwrap_or(Bounds::constant(0));
				bounds[target] = bounds[target].plus(hull);
			}
		}
		bounds
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		let (x, parameters) = (inputs[0], inputs[1]);
		let mut outputs: Vec<Signal> =
			self.base.iter().map(|&place| parameters[place].clone()).collect();
		for tree in &self.trees {
			let conditions: Vec<Signal> = (tree.iter())
				.map(|branch| match *branch {
					SecretBranch::Split { element, cut, .. } => {
						let difference = x[element].clone().plus(-1, &parameters[cut]);
						let value = i64::from(difference.value >= 0);
						let lc = sign(builder, &difference).positive;
						let terms = lc.0.len() as u32;
						Signal { lc, terms, value, lo: 0, hi: 1 }
					},
					SecretBranch::Leaf(_) => Signal::constant(0),
				})
				.collect();
			for target in targets(tree) {
				let value = self.chosen(builder, tree, (0, target), &conditions, parameters);
				outputs[target] = outputs[target].clone().plus(1, &value);
			}
		}
		outputs
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;

	fn split(element: usize, cut: usize, reached: usize, below: usize) -> SecretBranch {
		SecretBranch::Split { element, cut, reached, below }
	}

	/// Parameters: a base, three cuts, four leaves, and the cut and two leaves of a second tree.
	fn forest() -> CommittedForest {
		let leaf = |place| SecretBranch::Leaf(vec![(0, place)]);
		CommittedForest {
			trees: vec![
				vec![
					split(0, 1, 1, 2),
					split(1, 2, 3, 4),
					split(1, 3, 5, 6),
					leaf(4),
					leaf(5),
					leaf(6),
					leaf(7),
				],
				vec![split(1, 8, 1, 2), leaf(9), leaf(10)],
			],
			base: vec![0],
		}
	}

	const X: Bounds = Bounds { lo: -2, hi: 5 };
	const CUT: Bounds = Bounds { lo: -2, hi: 13 };
	const LEAF: Bounds = Bounds { lo: -8, hi: 7 };

	fn bounds() -> Vec<Bounds> {
		let parameters = [LEAF, CUT, CUT, CUT, LEAF, LEAF, LEAF, LEAF, CUT, LEAF, LEAF];
		[&[X, X], &parameters[..]].concat()
	}

	/// The operator; with what checks its inputs, if that is asked for.
	fn harness(checked: bool) -> Harness {
		let op = forest();
		Harness::new(bounds(), move |builder, inputs| {
			for input in inputs.iter().filter(|_| checked) {
				let raised = input.clone().plus_constant(-input.lo);
				let bits = Bounds { lo: 0, hi: input.hi - input.lo }.unsigned_bits();
				builder.range(raised.lc, raised.value, bits);
			}
			op.constrain(builder, &[&inputs[..2], &inputs[2..]])
		})
	}

	#[test]
	fn agrees_with_the_reference_at_every_side_of_every_cut() {
		let (checked, harness) = (harness(true), harness(false));
		let secrets = [3, 0, 2, 4, 7, -8, 1, -3, 1, 5, -6];
		for x in -2..=5 {
			for y in [-2, 0, 1, 2, 3, 4, 5] {
				let first = match (x >= 0, y >= 2, y >= 4) {
					(true, true, _) => 7,
					(true, false, _) => -8,
					(false, _, true) => 1,
					(false, _, false) => -3,
				};
				let expected = 3 + first + if y >= 1 { 5 } else { -6 };
				let values = [&[x, y], &secrets[..]].concat();
				assert_eq!(forest().evaluate(&[&[x, y], &secrets]), [expected]);
				harness.accepts(&values, &[expected]);
			}
		}
		let values = [&[3, 3], &secrets[..]].concat();
		harness.has_one_output(&values);
		checked.rejects_single_wire_changes(&values);
		// The other leaves of both trees.
		for forged in [3 - 8 + 5, 3 + 1 + 5, 5, 3 + 7 - 6, 3 + 7 + 5 + 1] {
			harness.rejects_output(&values, &[forged]);
		}
	}

	#[test]
	fn costs_a_sign_and_a_product_for_each_split() {
		// A difference of −15 to 7 has 5 bits.
		assert_eq!(harness(false).constraints(), 4 * (5 + 1));
	}

	#[test]
	fn its_structure_tells_no_secret() {
		let text = forest().structure();
		assert!(text.starts_with("trees 2 1\nsplit 0 1 2\nsplit 1 3 4\n"), "{text}");
		assert_eq!(text.lines().count(), 1 + 7 + 3);
	}
}
