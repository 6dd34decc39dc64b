//! Finds where a model has its scores, before labels and probabilities are made of them.

use crate::{error::ModelError, onnx::Model};
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

/// What a node's result is made of, given what its inputs are made of.
fn found(model: &Model, at: usize, known: &HashMap<&str, Found>) -> Found {
	let node = &model.nodes[at];
	let itself = Found { node: at, squashed: false };
	let constants = || node.inputs.iter().filter_map(|input| model.constants.get(input));
	let is_one = || {
		constants().all(|constant| {
			constant.floats().is_some_and(|values| values.iter().all(|&value| value == 1.0))
		})
	};
	// Inputs that are no constants; `None` where one is a function of single fields.
	let activations = node.inputs.iter().filter(|input| !model.constants.contains_key(*input));
	let before: Option<Vec<Found>> =
		activations.map(|input| known.get(input.as_str()).copied()).collect();
	match (node.op.as_str(), before.as_deref()) {
		(op, Some(&[before])) if PASSES.contains(&op) => before,
		("Mul", Some(&[before])) if is_one() => before,
		(op, Some(&[before])) if SQUASHES.contains(&op) => Found { squashed: true, ..before },
		// The probability of one class is 1 less that of the other.
		("Sub" | "Concat", Some([first, rest @ ..]))
			if first.squashed && rest.iter().all(|other| other == first) =>
		{
			*first
		},
		_ => itself,
	}
}

/// The node whose scores all outputs are made of; `stop` says which tensors are the record's.
pub(super) fn head(model: &Model, stop: impl Fn(&str) -> bool) -> Result<Found, ModelError> {
	let mut known: HashMap<&str, Found> = HashMap::new();
	for (at, node) in model.nodes.iter().enumerate() {
		let found = found(model, at, &known);
		let outputs = node.outputs.iter().filter(|name| !stop(name));
		known.extend(outputs.map(|name| (name.as_str(), found)));
	}
	let mut heads: Vec<Found> = Vec::new();
	for output in &model.outputs {
		match known.get(output.as_str()) {
			Some(found) if heads.iter().all(|other| other.node != found.node) => heads.push(*found),
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
