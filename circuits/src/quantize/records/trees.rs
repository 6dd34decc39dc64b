//! Trees with leaves that are integers, and a power of two that is multiplied to their sums.
//!
//! So what leaves are worth stands apart from them, and stays known where they are secret.

use super::super::proto;
use crate::{
	columns::Columns,
	error::ModelError,
	onnx::{protobuf as pb, Node},
	trees::{Aggregate, Comparison, Ensemble, TreeNode},
};
use pb::attribute_proto::AttributeType;

/// Bits of a leaf, with its sign.
const LEAF_BITS: i32 = 16;
/// Sums stay below this power of two, so that a difference of two is exact in float32.
const SUM_BITS: i32 = 22;

/// The trees of a node as sums of scores: of two classes 0 and the log-odds of the second.
pub(super) fn scores(node: &Node, columns: &Columns) -> Result<Ensemble, ModelError> {
	let mut ensemble = Ensemble::read(node)?;
	if let Some(last) = ensemble.last_feature().filter(|&last| last >= columns.columns.len()) {
		let count = columns.columns.len();
		return Err(node.error(format!("it compares feature {last}, and its input has {count}")));
	}
	if !["NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"].contains(&ensemble.post_transform.as_str())
	{
		return Err(node.error(format!("{} is not supported", ensemble.post_transform)));
	}
	if ensemble.aggregate == Aggregate::Average {
		let count = ensemble.trees.len() as f32;
		leaves(&mut ensemble).for_each(|(_, value)| *value /= count);
		ensemble.aggregate = Aggregate::Sum;
	}
	let is_classifier = node.op.ends_with("Classifier");
	let mut named = std::collections::BTreeSet::new();
	leaves(&mut ensemble).for_each(|(of, _)| {
		named.insert(*of);
	});
	// Leaves of two classes that name one class only have the score of the second.
	if is_classifier && ensemble.targets == 2 && named.len() == 1 {
		// onnxruntime takes the base of the first class only, and none where leaves name the second.
		if ensemble.base[1] != 0.0 || (named.contains(&1) && ensemble.base[0] != 0.0) {
			return Err(node.error(
				"its base_values are not for the one class that its leaves name: give one base, and \
				 leaves of the first class",
			));
		}
		let is_share = ensemble.post_transform == "NONE"
			&& leaves(&mut ensemble).all(|(_, value)| *value >= 0.0);
		leaves(&mut ensemble).for_each(|(of, _)| *of = 1);
		let base: f32 = ensemble.base.iter().sum();
		// Shares of votes are compared with one half, log-odds with 0.
		ensemble.base = vec![if is_share { 0.5 } else { 0.0 }, base];
	}
	ensemble.post_transform = "NONE".into();
	Ok(ensemble)
}

fn leaves(ensemble: &mut Ensemble) -> impl Iterator<Item = &mut (usize, f32)> {
	ensemble.trees.iter_mut().flatten().flat_map(|branch| match branch {
		TreeNode::Leaf(values) => values.iter_mut(),
		TreeNode::Split { .. } => [].iter_mut(),
	})
}

/// The finest exponent at which leaves and sums have few enough bits.
fn exponent(ensemble: &Ensemble) -> i32 {
	let mut sums: Vec<f64> = ensemble.base.iter().map(|base| f64::from(base.abs())).collect();
	let mut largest = 0f64;
	for tree in &ensemble.trees {
		let mut most = vec![0f64; ensemble.targets];
		for branch in tree {
			if let TreeNode::Leaf(values) = branch {
				for &(of, value) in values {
					most[of] = most[of].max(f64::from(value.abs()));
					largest = largest.max(f64::from(value.abs()));
				}
			}
		}
		sums.iter_mut().zip(most).for_each(|(sum, most)| *sum += most);
	}
	let sum = sums.into_iter().fold(0.0, f64::max);
	// Rounding may add half a unit to each leaf.
	let fits = |exponent: i32| {
		let unit = 2f64.powi(exponent);
		let leaf = (largest / unit).round() < 2f64.powi(LEAF_BITS - 1);
		leaf && sum / unit + ensemble.trees.len() as f64 + 1.0 < 2f64.powi(SUM_BITS)
	};
	(-40..100).find(|&exponent| fits(exponent)).unwrap_or(100)
}

/// The trees as `TreeEnsembleRegressor` with integer leaves, and what makes `scores` of their sums.
pub(super) fn export(ensemble: &Ensemble, features: &str) -> Result<pb::GraphProto, ModelError> {
	let unit = 2f64.powi(exponent(ensemble));
	let round = |value: f32| (f64::from(value) / unit).round_ties_even() as f32;
	let mut lists = Lists::default();
	for (tree, nodes) in ensemble.trees.iter().enumerate() {
		for (id, node) in nodes.iter().enumerate() {
			lists.tree.push(tree as i64);
			lists.id.push(id as i64);
			let (feature, value, mode, yes, no) = match node {
				TreeNode::Split { feature, comparison, threshold, yes, no } => {
					(*feature, *threshold, name(*comparison), *yes, *no)
				},
				TreeNode::Leaf(values) => {
					for &(of, value) in values {
						lists.leaf_tree.push(tree as i64);
						lists.leaf_id.push(id as i64);
						lists.leaf_target.push(of as i64);
						lists.leaf_value.push(round(value));
					}
					(0, 0.0, "LEAF", 0, 0)
				},
			};
			lists.feature.push(feature as i64);
			lists.value.push(value);
			lists.mode.push(mode.as_bytes().to_vec());
			lists.yes.push(yes as i64);
			lists.no.push(no as i64);
		}
	}
	let attribute = vec![
		proto::string("aggregate_function", "SUM"),
		floats("base_values", ensemble.base.iter().map(|&base| round(base)).collect()),
		proto::int("n_targets", ensemble.targets as i64),
		ints("nodes_falsenodeids", lists.no),
		ints("nodes_featureids", lists.feature),
		strings("nodes_modes", lists.mode),
		ints("nodes_nodeids", lists.id),
		ints("nodes_treeids", lists.tree),
		ints("nodes_truenodeids", lists.yes),
		floats("nodes_values", lists.value),
		proto::string("post_transform", "NONE"),
		ints("target_ids", lists.leaf_target),
		ints("target_nodeids", lists.leaf_id),
		ints("target_treeids", lists.leaf_tree),
		floats("target_weights", lists.leaf_value),
	];
	let node = pb::NodeProto {
		op_type: "TreeEnsembleRegressor".into(),
		domain: "ai.onnx.ml".into(),
		name: "trees".into(),
		input: vec![features.into()],
		output: vec!["sums".into()],
		attribute,
		..Default::default()
	};
	// A factor of 1 would do nothing.
	let (mul, unit) = match unit == 1.0 {
		true => ("Identity", Vec::new()),
		false => ("Mul", vec![proto::floats("unit", &[], &[unit as f32])]),
	};
	let units = unit.iter().map(|tensor| tensor.name.clone());
	let scale = pb::NodeProto {
		op_type: mul.into(),
		name: "scores".into(),
		input: std::iter::once("sums".to_string()).chain(units).collect(),
		output: vec!["scores".into()],
		..Default::default()
	};
	let output = vec![proto::value_info("scores", Some(&[1, ensemble.targets]))];
	Ok(pb::GraphProto { node: vec![node, scale], initializer: unit, output, ..Default::default() })
}

/// The attributes' lists, by node and by leaf.
#[derive(Default)]
struct Lists {
	tree: Vec<i64>,
	id: Vec<i64>,
	feature: Vec<i64>,
	value: Vec<f32>,
	mode: Vec<Vec<u8>>,
	yes: Vec<i64>,
	no: Vec<i64>,
	leaf_tree: Vec<i64>,
	leaf_id: Vec<i64>,
	leaf_target: Vec<i64>,
	leaf_value: Vec<f32>,
}

fn name(comparison: Comparison) -> &'static str {
	match comparison {
		Comparison::AtMost => "BRANCH_LEQ",
		Comparison::Below => "BRANCH_LT",
		Comparison::AtLeast => "BRANCH_GTE",
		Comparison::Above => "BRANCH_GT",
		Comparison::Equal => "BRANCH_EQ",
		Comparison::Unequal => "BRANCH_NEQ",
	}
}

fn ints(name: &str, ints: Vec<i64>) -> pb::AttributeProto {
	let r#type = AttributeType::Ints as i32;
	pb::AttributeProto { name: name.into(), r#type, ints, ..Default::default() }
}

fn floats(name: &str, floats: Vec<f32>) -> pb::AttributeProto {
	let r#type = AttributeType::Floats as i32;
	pb::AttributeProto { name: name.into(), r#type, floats, ..Default::default() }
}

fn strings(name: &str, strings: Vec<Vec<u8>>) -> pb::AttributeProto {
	let r#type = AttributeType::Strings as i32;
	pb::AttributeProto { name: name.into(), r#type, strings, ..Default::default() }
}
