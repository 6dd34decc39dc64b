//! Finds where a model has its scores, before labels and probabilities are made of them.

use crate::{
	error::ModelError,
	onnx::{Model, Node},
};
use std::collections::{BTreeSet, HashMap};

/// The node that makes the scores.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
	/// Its place.
	pub(super) node: usize,
	/// Whether a label or probabilities were made of them.
	squashed: bool,
}

/// Operators that leave scores as they are.
const PASSES: [&str; 5] = ["Cast", "Flatten", "Identity", "Reshape", "Squeeze"];
/// Operators that make labels or probabilities of scores, larger ones of larger ones.
const SQUASHES: [&str; 7] = [
	"ArgMax",
	"Sigmoid",
	"Softmax",
	"ai.onnx.ml.ArrayFeatureExtractor",
	"ai.onnx.ml.LabelEncoder",
	"ai.onnx.ml.Normalizer",
	"ai.onnx.ml.ZipMap",
];

/// Looks backwards from a tensor.
fn found(
	model: &Model,
	producers: &HashMap<&str, usize>,
	known: &mut HashMap<String, Option<Found>>,
	name: &str,
	stop: &impl Fn(&str) -> bool,
) -> Option<Found> {
	/// Most operators that make a label of scores.
	const MAX_TAIL: usize = 256;
	if stop(name) || known.len() > MAX_TAIL {
		return None;
	}
	if let Some(&found) = known.get(name) {
		return found;
	}
	let &at = producers.get(name)?;
	let node = &model.nodes[at];
	let op = node.op.as_str();
	let itself = Some(Found { node: at, squashed: false });
	let inputs: Vec<&String> =
		node.inputs.iter().filter(|input| producers.contains_key(input.as_str())).collect();
	let mut before = |input: &str| found(model, producers, known, input, stop);
	let is_one = |node: &Node| {
		node.inputs.iter().filter_map(|input| model.constants.get(input)).all(|constant| {
			constant.floats().is_some_and(|values| values.iter().all(|&value| value == 1.0))
		})
	};
	let result = match (op, inputs.as_slice()) {
		(op, &[input]) if PASSES.contains(&op) => before(input).or(itself),
		("Mul", &[input]) if is_one(node) => before(input).or(itself),
		(op, &[input]) if SQUASHES.contains(&op) => match before(input) {
			Some(found) => Some(Found { squashed: true, ..found }),
			None => itself,
		},
		// The probability of one class is 1 less that of the other.
		("Sub" | "Concat", inputs) if !inputs.is_empty() => {
			let all: BTreeSet<Option<usize>> = inputs
				.iter()
				.map(|input| before(input).filter(|found| found.squashed).map(|found| found.node))
				.collect();
			match all.into_iter().collect::<Vec<_>>().as_slice() {
				&[Some(node)] => Some(Found { node, squashed: true }),
				_ => itself,
			}
		},
		_ => itself,
	};
	known.insert(name.into(), result);
	result
}

/// The node whose scores all outputs are made of; `stop` says which tensors are the record's.
pub(super) fn head(model: &Model, stop: impl Fn(&str) -> bool) -> Result<Found, ModelError> {
	let of_node = |(at, node): (usize, &'_ Node)| -> Vec<(String, usize)> {
		node.outputs.iter().map(|output| (output.clone(), at)).collect()
	};
	let owned: Vec<(String, usize)> = model.nodes.iter().enumerate().flat_map(of_node).collect();
	let producers: HashMap<&str, usize> =
		owned.iter().map(|(name, at)| (name.as_str(), *at)).collect();
	let mut known = HashMap::new();
	let mut heads: Vec<Found> = Vec::new();
	for output in &model.outputs {
		match found(model, &producers, &mut known, output, &stop) {
			Some(found) if heads.iter().all(|other| other.node != found.node) => heads.push(found),
			Some(_) => {},
			None => {
				return Err(ModelError::Malformed(format!(
					"output {output} is the record itself, or a function of single fields"
				)));
			},
		}
	}
	match heads.as_slice() {
		&[head] => Ok(head),
		_ => Err(ModelError::Malformed(format!(
			"the outputs {} are not made of the same scores: keep one of them",
			model.outputs.join(", ")
		))),
	}
}

/// A node and those that it depends on, in order, up to tensors where `stop` says so.
pub(super) fn ancestors(model: &Model, node: usize, stop: impl Fn(&str) -> bool) -> Vec<usize> {
	let mut wanted: BTreeSet<&str> = model.nodes[node].inputs.iter().map(String::as_str).collect();
	let mut body = vec![node];
	for at in (0..node).rev() {
		let makes = |name: &String| wanted.contains(name.as_str()) && !stop(name);
		if model.nodes[at].outputs.iter().any(makes) {
			wanted.extend(model.nodes[at].inputs.iter().map(String::as_str));
			body.push(at);
		}
	}
	body.reverse();
	body
}
