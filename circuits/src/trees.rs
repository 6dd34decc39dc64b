//! Decision trees of `ai.onnx.ml`: what their attributes say, checked.

use crate::{
	error::ModelError,
	onnx::{Data, Node},
};
use std::collections::{BTreeMap, BTreeSet};

/// Most levels of a tree.
pub const MAX_DEPTH: usize = 64;
/// Most nodes of an ensemble.
const MAX_NODES: usize = 1 << 20;

/// How a number is compared with a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
	/// `x ≤ t`.
	AtMost,
	/// `x < t`.
	Below,
	/// `x ≥ t`.
	AtLeast,
	/// `x > t`.
	Above,
	/// `x = t`.
	Equal,
	/// `x ≠ t`.
	Unequal,
}

impl Comparison {
	/// Whether it holds.
	pub fn holds(self, order: std::cmp::Ordering) -> bool {
		match self {
			Self::AtMost => order.is_le(),
			Self::Below => order.is_lt(),
			Self::AtLeast => order.is_ge(),
			Self::Above => order.is_gt(),
			Self::Equal => order.is_eq(),
			Self::Unequal => order.is_ne(),
		}
	}

	fn of_name(name: &str) -> Option<Self> {
		Some(match name {
			"BRANCH_LEQ" => Self::AtMost,
			"BRANCH_LT" => Self::Below,
			"BRANCH_GTE" => Self::AtLeast,
			"BRANCH_GT" => Self::Above,
			"BRANCH_EQ" => Self::Equal,
			"BRANCH_NEQ" => Self::Unequal,
			_ => return None,
		})
	}

	fn of_number(number: i64) -> Option<Self> {
		let all =
			[Self::AtMost, Self::Below, Self::AtLeast, Self::Above, Self::Equal, Self::Unequal];
		usize::try_from(number).ok().and_then(|number| all.get(number).copied())
	}
}

/// A node of a tree.
#[derive(Clone, Debug, PartialEq)]
pub enum TreeNode {
	/// A comparison, and where it leads: nodes further on.
	Split {
		/// Which number of the input.
		feature: usize,
		/// How it is compared.
		comparison: Comparison,
		/// With what.
		threshold: f32,
		/// The node where it holds.
		yes: usize,
		/// The node where it does not.
		no: usize,
	},
	/// The end: outputs, and what is added to them.
	Leaf(Vec<(usize, f32)>),
}

/// How trees are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
	/// Added up.
	Sum,
	/// Added up and divided by their number.
	Average,
}

/// Trees whose leaves are combined.
#[derive(Clone, Debug, PartialEq)]
pub struct Ensemble {
	/// The trees. Each begins with its root, and every node stands behind the one that leads to it.
	pub trees: Vec<Vec<TreeNode>>,
	/// How many outputs there are.
	pub targets: usize,
	/// What each output is without trees.
	pub base: Vec<f32>,
	/// How they are combined.
	pub aggregate: Aggregate,
	/// What is applied to the outputs, by its name in ONNX.
	pub post_transform: String,
}

/// A node as attributes have it, before its place is known.
enum Raw {
	Split { feature: i64, comparison: Comparison, threshold: f32, yes: i64, no: i64 },
	Leaf,
}

/// Lists that must be as long as one another.
fn same_length(node: &Node, lists: &[(&str, usize)]) -> Result<(), ModelError> {
	let (first, count) = lists[0];
	match lists.iter().find(|(_, other)| *other != count) {
		Some((name, other)) => {
			Err(node.error(format!("{first} has {count} entries, and {name} {other}")))
		},
		None if count > MAX_NODES => Err(node.error(format!("{first} has {count} entries"))),
		None => Ok(()),
	}
}

fn ints<'a>(node: &'a Node, name: &str) -> Result<&'a [i64], ModelError> {
	Ok(node.int_list(name)?.unwrap_or_default())
}

fn no_doubles(node: &Node) -> Result<(), ModelError> {
	match node.attributes.keys().find(|name| name.ends_with("_as_tensor")) {
		Some(name) => Err(node.error(format!(
			"attribute {name} is of type double: export the model for float inputs"
		))),
		None => Ok(()),
	}
}

/// Puts the nodes of one tree in order from its root, leaves with their values.
fn order(
	node: &Node,
	tree: i64,
	raw: &BTreeMap<i64, Raw>,
	values: &BTreeMap<i64, Vec<(usize, f32)>>,
	root: i64,
) -> Result<Vec<TreeNode>, ModelError> {
	let fail = |what: String| Err(node.error(format!("tree {tree}: {what}")));
	let mut ordered = Vec::new();
	// Node, its depth, and the place that waits for it.
	let mut open = std::collections::VecDeque::from([(root, 1usize)]);
	let mut next = 1;
	let mut seen = BTreeSet::new();
	while let Some((id, depth)) = open.pop_front() {
		if depth > MAX_DEPTH {
			return fail(format!("it has more than {MAX_DEPTH} levels, or a cycle"));
		}
		if !seen.insert(id) {
			return fail(format!("node {id} has two parents, or is its own ancestor"));
		}
		match raw.get(&id) {
			None => return fail(format!("node {id} is missing")),
			Some(Raw::Leaf) => match values.get(&id) {
				Some(values) => ordered.push(TreeNode::Leaf(values.clone())),
				None => return fail(format!("leaf {id} has no value")),
			},
			Some(&Raw::Split { feature, comparison, threshold, yes, no }) => {
				let Ok(feature) = usize::try_from(feature) else {
					return fail(format!("node {id} compares feature {feature}"));
				};
				if threshold.is_nan() {
					return fail(format!("the threshold of node {id} is not a number"));
				}
				let split =
					TreeNode::Split { feature, comparison, threshold, yes: next, no: next + 1 };
				ordered.push(split);
				open.extend([(yes, depth + 1), (no, depth + 1)]);
				next += 2;
			},
		}
	}
	if ordered.len() < raw.len() {
		let count = raw.len() - ordered.len();
		return fail(format!("{count} of its nodes are not reached from its root"));
	}
	Ok(ordered)
}

impl Ensemble {
	/// Reads `TreeEnsembleRegressor`, `TreeEnsembleClassifier` or `TreeEnsemble`.
	///
	/// # Errors
	/// [`ModelError::Node`] for trees with cycles, nodes that are missing or reached twice, leaves
	/// without a value, values and thresholds that are not numbers, and what is not supported.
	pub fn read(node: &Node) -> Result<Self, ModelError> {
		let ensemble = match node.op.as_str() {
			"ai.onnx.ml.TreeEnsembleClassifier" => Self::read_lists(node, "class"),
			"ai.onnx.ml.TreeEnsembleRegressor" => Self::read_lists(node, "target"),
			"ai.onnx.ml.TreeEnsemble" => Self::read_tensors(node),
			_ => Err(node.error("it is no tree ensemble")),
		}?;
		let leaves = ensemble.trees.iter().flatten().filter_map(|branch| match branch {
			TreeNode::Leaf(values) => Some(values),
			TreeNode::Split { .. } => None,
		});
		for values in leaves.clone() {
			let targets: BTreeSet<usize> = values.iter().map(|(target, _)| *target).collect();
			if targets.len() < values.len() {
				return Err(node.error("a leaf has two values for one output"));
			}
		}
		let splits = ensemble.trees.iter().map(Vec::len).sum::<usize>();
		if splits.saturating_mul(ensemble.targets) > 1 << 24 {
			return Err(node.error("it has too many nodes for so many outputs"));
		}
		for &(target, value) in leaves.flatten() {
			if target >= ensemble.targets {
				return Err(node.error(format!(
					"a leaf has a value for output {target}, and there are {}",
					ensemble.targets
				)));
			}
			if !value.is_finite() {
				return Err(node.error(format!("the value {value} of a leaf is not finite")));
			}
		}
		if ensemble.base.len() != ensemble.targets || !ensemble.base.iter().all(|b| b.is_finite()) {
			return Err(node.error("base_values are not one finite number for each output"));
		}
		Ok(ensemble)
	}

	/// The form with one list for each property, in which nodes name one another.
	fn read_lists(node: &Node, leaves: &str) -> Result<Self, ModelError> {
		no_doubles(node)?;
		let (tree_ids, node_ids) = (ints(node, "nodes_treeids")?, ints(node, "nodes_nodeids")?);
		let features = ints(node, "nodes_featureids")?;
		let thresholds = node.float_list("nodes_values")?.unwrap_or_default();
		let modes = node.string_list("nodes_modes")?.unwrap_or_default();
		let (yes, no) = (ints(node, "nodes_truenodeids")?, ints(node, "nodes_falsenodeids")?);
		same_length(
			node,
			&[
				("nodes_treeids", tree_ids.len()),
				("nodes_nodeids", node_ids.len()),
				("nodes_featureids", features.len()),
				("nodes_values", thresholds.len()),
				("nodes_modes", modes.len()),
				("nodes_truenodeids", yes.len()),
				("nodes_falsenodeids", no.len()),
			],
		)?;
		let mut trees: BTreeMap<i64, BTreeMap<i64, Raw>> = BTreeMap::new();
		for (at, (&tree, &id)) in tree_ids.iter().zip(node_ids).enumerate() {
			let raw = match modes[at].as_str() {
				"LEAF" => Raw::Leaf,
				mode => Raw::Split {
					feature: features[at],
					comparison: Comparison::of_name(mode).ok_or_else(|| {
						node.error(format!("the mode {mode} of a node is not supported"))
					})?,
					threshold: thresholds[at],
					yes: yes[at],
					no: no[at],
				},
			};
			if trees.entry(tree).or_default().insert(id, raw).is_some() {
				return Err(node.error(format!("tree {tree}: node {id} is there twice")));
			}
		}
		let list = |name: &str| format!("{leaves}_{name}");
		let (in_trees, in_nodes) = (ints(node, &list("treeids"))?, ints(node, &list("nodeids"))?);
		let targets = ints(node, &list("ids"))?;
		let weights = node.float_list(&list("weights"))?.unwrap_or_default();
		same_length(
			node,
			&[
				(&list("treeids"), in_trees.len()),
				(&list("nodeids"), in_nodes.len()),
				(&list("ids"), targets.len()),
				(&list("weights"), weights.len()),
			],
		)?;
		let mut values: BTreeMap<i64, BTreeMap<i64, Vec<(usize, f32)>>> = BTreeMap::new();
		for (at, (&tree, &id)) in in_trees.iter().zip(in_nodes).enumerate() {
			let leaf = trees.get(&tree).and_then(|nodes| nodes.get(&id));
			if !matches!(leaf, Some(Raw::Leaf)) {
				let what = format!("tree {tree}: node {id} has a value and is no leaf");
				return Err(node.error(what));
			}
			let target = usize::try_from(targets[at])
				.map_err(|_| node.error(format!("a leaf names output {}", targets[at])))?;
			let of_tree = values.entry(tree).or_default();
			of_tree.entry(id).or_default().push((target, weights[at]));
		}
		let nothing = BTreeMap::new();
		let mut ordered = Vec::with_capacity(trees.len());
		for (&tree, nodes) in &trees {
			// The root is the node to which none leads.
			let mut roots: BTreeSet<i64> = nodes.keys().copied().collect();
			for raw in nodes.values() {
				if let Raw::Split { yes, no, .. } = raw {
					roots.remove(yes);
					roots.remove(no);
				}
			}
			let roots: Vec<i64> = roots.into_iter().collect();
			let &[root] = roots.as_slice() else {
				return Err(node.error(format!("tree {tree}: it has {} roots", roots.len())));
			};
			let values = values.get(&tree).unwrap_or(&nothing);
			ordered.push(order(node, tree, nodes, values, root)?);
		}
		let targets = match leaves {
			"class" => {
				let numbers = ints(node, "classlabels_int64s")?.len();
				let names = node.string_list("classlabels_strings")?.map_or(0, <[String]>::len);
				// With two classes, leaves may have values for one only.
				numbers.max(names)
			},
			_ => usize::try_from(node.int("n_targets", 0)?).unwrap_or(0),
		};
		let aggregate = match node.string("aggregate_function", "SUM")? {
			"SUM" => Aggregate::Sum,
			"AVERAGE" => Aggregate::Average,
			other => return Err(node.error(format!("aggregate_function {other} is not supported"))),
		};
		Self::checked(
			node,
			ordered,
			targets,
			node.float_list("base_values")?.unwrap_or_default(),
			aggregate,
			node.string("post_transform", "NONE")?,
		)
	}

	/// The form of operator set 5, in which inner nodes and leaves have lists of their own.
	fn read_tensors(node: &Node) -> Result<Self, ModelError> {
		if node.attributes.contains_key("membership_values") {
			return Err(node.error("nodes of the mode BRANCH_MEMBER are not supported"));
		}
		let floats = |name: &str| match node.tensor(name)? {
			None => Ok(Vec::new()),
			Some(tensor) => tensor
				.floats()
				.map(<[f32]>::to_vec)
				.ok_or_else(|| node.error(format!("attribute {name} is not of type float"))),
		};
		let (features, splits) = (ints(node, "nodes_featureids")?, floats("nodes_splits")?);
		let modes = match node.tensor("nodes_modes")?.map(|tensor| &tensor.data) {
			Some(Data::U8(modes)) => modes.clone(),
			_ => return Err(node.error("attribute nodes_modes is not of type uint8")),
		};
		let (yes, no) = (ints(node, "nodes_truenodeids")?, ints(node, "nodes_falsenodeids")?);
		let (yes_leaf, no_leaf) = (ints(node, "nodes_trueleafs")?, ints(node, "nodes_falseleafs")?);
		same_length(
			node,
			&[
				("nodes_featureids", features.len()),
				("nodes_splits", splits.len()),
				("nodes_modes", modes.len()),
				("nodes_truenodeids", yes.len()),
				("nodes_falsenodeids", no.len()),
				("nodes_trueleafs", yes_leaf.len()),
				("nodes_falseleafs", no_leaf.len()),
			],
		)?;
		let (targets, weights) = (ints(node, "leaf_targetids")?, floats("leaf_weights")?);
		same_length(node, &[("leaf_targetids", targets.len()), ("leaf_weights", weights.len())])?;
		let roots = ints(node, "tree_roots")?;
		same_length(node, &[("tree_roots", roots.len())])?;
		let mut trees = Vec::with_capacity(roots.len());
		let mut total = 0usize;
		for (tree, &root) in roots.iter().enumerate() {
			let fail = |what: String| node.error(format!("tree {tree}: {what}"));
			let mut ordered: Vec<TreeNode> = Vec::new();
			// Leaves are told apart from inner nodes by the list that names them.
			let mut open = std::collections::VecDeque::from([(root, false, 1usize)]);
			let mut next = 1;
			while let Some((id, is_leaf, depth)) = open.pop_front() {
				total += 1;
				if depth > MAX_DEPTH {
					return Err(fail(format!("it has more than {MAX_DEPTH} levels, or a cycle")));
				}
				if total > MAX_NODES {
					return Err(fail("it has too many nodes, or a cycle".into()));
				}
				let missing = || fail(format!("node {id} is missing"));
				let at = usize::try_from(id).map_err(|_| missing())?;
				if is_leaf {
					let (Some(&target), Some(&weight)) = (targets.get(at), weights.get(at)) else {
						return Err(fail(format!("leaf {id} has no value")));
					};
					let target = usize::try_from(target)
						.map_err(|_| fail(format!("leaf {id} names output {target}")))?;
					ordered.push(TreeNode::Leaf(vec![(target, weight)]));
					continue;
				}
				let (Some(&feature), Some(&threshold)) = (features.get(at), splits.get(at)) else {
					return Err(missing());
				};
				let feature = usize::try_from(feature)
					.map_err(|_| fail(format!("node {id} compares feature {feature}")))?;
				let comparison = Comparison::of_number(modes[at].into())
					.ok_or_else(|| fail(format!("the mode {} is not supported", modes[at])))?;
				if threshold.is_nan() {
					return Err(fail(format!("the threshold of node {id} is not a number")));
				}
				// A single leaf is written as a node both of whose ways lead to it.
				let (yes_is_leaf, no_is_leaf) = (yes_leaf[at] != 0, no_leaf[at] != 0);
				open.extend([(yes[at], yes_is_leaf, depth + 1), (no[at], no_is_leaf, depth + 1)]);
				let (yes, no) = (next, next + 1);
				ordered.push(TreeNode::Split { feature, comparison, threshold, yes, no });
				next += 2;
			}
			trees.push(ordered);
		}
		let aggregate = match node.int("aggregate_function", 1)? {
			0 => Aggregate::Average,
			1 => Aggregate::Sum,
			other => return Err(node.error(format!("aggregate_function {other} is not supported"))),
		};
		let names = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"];
		let post = usize::try_from(node.int("post_transform", 0)?).ok();
		let post = post.and_then(|post| names.get(post).copied()).unwrap_or("unknown");
		let targets = usize::try_from(node.int("n_targets", 0)?).unwrap_or(0);
		Self::checked(node, trees, targets, &[], aggregate, post)
	}

	fn checked(
		node: &Node,
		trees: Vec<Vec<TreeNode>>,
		targets: usize,
		base: &[f32],
		aggregate: Aggregate,
		post_transform: &str,
	) -> Result<Self, ModelError> {
		if trees.is_empty() {
			return Err(node.error("it has no trees"));
		}
		if !(1..=1 << 10).contains(&targets) {
			return Err(node.error(format!("it has {targets} outputs")));
		}
		let base = match (base, node.op.as_str()) {
			([], _) => vec![0.0; targets],
			// Of two classes that share one score it is the base of that.
			(&[base], "ai.onnx.ml.TreeEnsembleClassifier") if targets == 2 => vec![base, 0.0],
			(base, _) => base.to_vec(),
		};
		let post_transform = post_transform.into();
		Ok(Self { trees, targets, base, aggregate, post_transform })
	}

	/// The largest feature that a node compares.
	pub fn last_feature(&self) -> Option<usize> {
		let feature = |branch: &TreeNode| match branch {
			TreeNode::Split { feature, .. } => Some(*feature),
			TreeNode::Leaf(_) => None,
		};
		self.trees.iter().flatten().filter_map(feature).max()
	}

	/// The outputs for an input, before what is applied to them.
	///
	/// # Panics
	/// If the input has fewer numbers than trees compare.
	pub fn evaluate(&self, input: &[f32]) -> Vec<f64> {
		let mut outputs = vec![0.0; self.targets];
		for tree in &self.trees {
			let mut at = 0;
			loop {
				match &tree[at] {
					TreeNode::Split { feature, comparison, threshold, yes, no } => {
						let order = input[*feature].partial_cmp(threshold);
						let holds = order.is_some_and(|order| comparison.holds(order));
						at = if holds { *yes } else { *no };
					},
					TreeNode::Leaf(values) => {
						values.iter().for_each(|(of, value)| outputs[*of] += f64::from(*value));
						break;
					},
				}
			}
		}
		if self.aggregate == Aggregate::Average {
			outputs.iter_mut().for_each(|output| *output /= self.trees.len() as f64);
		}
		outputs.iter().zip(&self.base).map(|(output, base)| output + f64::from(*base)).collect()
	}
}
