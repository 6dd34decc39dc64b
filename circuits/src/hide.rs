//! Hides weights while a model is lowered.
//!
//! Every linear layer takes its weights and biases from a tensor that only the owner knows, whose
//! bounds are those of declared widths. Whatever is decided after it is decided by those bounds: so
//! the circuit is the same for all weights of that shape. What stays public are shapes, scales and
//! zero points, and constants outside of linear layers, which [`Graph::public_constants`] lists.
//! Only whether a model is refused may depend on its weights.

use crate::{
	commitment::{commit, schema_id, CommitmentKind, Salt, Section},
	error::ModelError,
	graph::Graph,
	lower::Lowering,
	onnx::Node,
	ops::{
		signed, CommittedForest, CommittedLinear, Conv, Dense, Factors, Linear, Operator,
		Parameter, Parameters, Place, Select, Slopes, Steps, Sum, Weighted,
	},
	record::METADATA,
	signal::{Bounds, Signal},
};
use std::any::Any;
use zkml_primitives::{Commitment, SchemaId};

/// Bits in which a commitment holds a weight, whatever width a circuit declares.
pub const WEIGHT_BITS: u32 = 8;
/// Bits in which it holds a bias.
pub const BIAS_BITS: u32 = 32;

impl Lowering<'_> {
	/// Appends a linear layer with its weights in a tensor of their own.
	pub(crate) fn hide<T: Weighted>(
		&mut self,
		node: &Node,
		linear: &Linear<T>,
		input: usize,
		shape: &[usize],
		bits: u32,
	) -> Result<usize, ModelError> {
		let refuse = |what: String| Err(ModelError::Weights { node: node.name.clone(), what });
		let weights: Vec<i64> = linear.taps.weights().iter().map(|&weight| weight.into()).collect();
		let range = signed(bits);
		if let Some(weight) = weights.iter().find(|weight| !range.contains(**weight)) {
			return refuse(format!("a weight is {weight}, and {bits} bits are declared for it"));
		}
		let mut biases = vec![None; linear.taps.biases()];
		for (output, &bias) in linear.bias.iter().enumerate() {
			let known = biases[linear.taps.bias(output)].get_or_insert(bias);
			if *known != bias {
				return refuse("its bias differs by position, not only by channel".into());
			}
		}
		let biases: Vec<i64> = biases.into_iter().map(Option::unwrap_or_default).collect();
		let bias_bits = bias_bits(&linear.taps, self.bounds_of(input), bits);
		let range = signed(bias_bits);
		if let Some(bias) = biases.iter().find(|bias| !range.contains(**bias)) {
			return refuse(format!("a bias is {bias}, beyond all sums of its products"));
		}
		let actual = linear.bounds(&[self.actual(input)]);
		let count = weights.len();
		let all = |values: Vec<i64>, bits| {
			values.into_iter().map(|value| Parameter::signed(value, bits)).collect()
		};
		let parameters = Parameters { weights: all(weights, bits), biases: all(biases, bias_bits) };
		let parameters = self.append_parameters(node, parameters)?;
		let layer = CommittedLinear { taps: linear.taps.without_weights(), weights: count };
		self.append(node, Box::new(layer), &[input, parameters], shape, Some(actual))
	}
}

impl Lowering<'_> {
	/// Appends secret integers, which must lie within their declared ranges.
	pub(crate) fn append_parameters(
		&mut self,
		node: &Node,
		parameters: Parameters,
	) -> Result<usize, ModelError> {
		let known = parameters.evaluate(&[]).into_iter().map(Bounds::constant).collect();
		let size = [parameters.weights.len() + parameters.biases.len()];
		self.append(node, Box::new(parameters), &[], &size, Some(known))
	}
}

/// Bits for a bias: as many as the largest sum of products has, which does not depend on weights.
fn bias_bits<T: Weighted>(taps: &T, input: &[Bounds], bits: u32) -> u32 {
	let largest = |x: Bounds| x.lo.saturating_abs().max(x.hi.saturating_abs());
	let sum = |output| {
		let mut sum = 0i64;
		taps.places(output, |element, _| {
			let product = largest(input[element]).saturating_mul(1 << (bits - 1));
			sum = sum.saturating_add(product);
		});
		sum
	};
	let reach = (0..taps.outputs()).map(sum).max().unwrap_or(0);
	Bounds { lo: 0, hi: reach }.signed_bits().min(BIAS_BITS)
}

/// Whether an operator has constants of its own that are more than signs and powers of two.
pub(crate) fn holds_constants(op: &dyn Any) -> bool {
	let plain = |factor: i64| factor == 0 || factor.unsigned_abs().is_power_of_two();
	let simple = |factors: &Factors| match factors {
		Factors::All(factor) => plain(*factor),
		Factors::Each(factors) => factors.iter().all(|&factor| plain(factor)),
	};
	if let Some(sum) = op.downcast_ref::<Linear<Sum>>() {
		let factors = sum.taps.terms.iter().all(|term| simple(&term.factors));
		return !factors || sum.bias.iter().any(|&bias| bias != 0);
	}
	if let Some(slopes) = op.downcast_ref::<Slopes>() {
		return !simple(&slopes.negative) || !simple(&slopes.positive);
	}
	if op.is::<Steps>() {
		return true;
	}
	let constant = |place: &Place| matches!(place, Place::Constant(value) if *value != 0);
	op.downcast_ref::<Select>().is_some_and(|select| select.places.iter().any(constant))
}

impl Graph {
	/// The tensors of committed weights, in order.
	fn parameters(&self) -> impl Iterator<Item = (usize, &Parameters)> {
		(1..).zip(&self.nodes).filter_map(|(tensor, node)| {
			Some((tensor, node.op.as_any().downcast_ref::<Parameters>()?))
		})
	}

	/// Whether the graph's weights are committed.
	pub fn has_committed_weights(&self) -> bool {
		self.parameters().next().is_some()
	}

	/// What the committed weights are: their layers and shapes.
	pub fn weights_schema(&self) -> SchemaId {
		let mut text = String::from("zkml weights 1\n");
		for node in &self.nodes {
			let op = node.op.as_any();
			if let Some(CommittedLinear { taps: Dense { inputs, outputs, weights, .. }, .. }) =
				op.downcast_ref()
			{
				let matrices = weights.len() / (inputs * outputs).max(1);
				text += &format!("dense {outputs} {inputs} {matrices}\n");
			} else if let Some(CommittedLinear { taps: Conv { channels, sizes, .. }, .. }) =
				op.downcast_ref()
			{
				let (inputs, outputs, groups) = channels;
				text += &format!("conv {outputs} {inputs} {groups} {}\n", sizes.1);
			} else if let Some(forest) = op.downcast_ref::<CommittedForest>() {
				text += &forest.structure();
			}
		}
		schema_id(text.as_bytes())
	}

	/// The commitment to the weights.
	///
	/// # Errors
	/// [`ModelError::Commitment`] if the graph has none that are committed.
	pub fn weights_commitment(&self, salt: Salt) -> Result<Commitment, ModelError> {
		let mut sections =
			[WEIGHT_BITS, BIAS_BITS].map(|width| Section { width, values: Vec::new() });
		for (_, parameters) in self.parameters() {
			let raise = |p: &Parameter, width: u32| (p.value - signed(width).lo) as u64;
			let [weights, biases] = &mut sections;
			weights.values.extend(parameters.weights.iter().map(|p| raise(p, WEIGHT_BITS)));
			biases.values.extend(parameters.biases.iter().map(|p| raise(p, BIAS_BITS)));
		}
		if sections.iter().all(|section| section.values.is_empty()) {
			return Err(ModelError::Commitment("the graph's weights are not committed".into()));
		}
		commit(CommitmentKind::Weights, self.weights_schema(), &sections, salt)
	}

	/// The committed weights as signals, for the circuit: `signals` are the tensors' own.
	pub(crate) fn weight_sections(&self, signals: &[Vec<Signal>]) -> [Section<Signal>; 2] {
		let mut sections =
			[WEIGHT_BITS, BIAS_BITS].map(|width| Section { width, values: Vec::new() });
		for (tensor, parameters) in self.parameters() {
			let (weights, biases) = signals[tensor].split_at(parameters.weights.len());
			let raise =
				|signal: &Signal, width: u32| signal.clone().plus_constant(-signed(width).lo);
			sections[0].values.extend(weights.iter().map(|signal| raise(signal, WEIGHT_BITS)));
			sections[1].values.extend(biases.iter().map(|signal| raise(signal, BIAS_BITS)));
		}
		sections
	}
}

/// A quantised model with zeros in place of its weights and biases: what an owner of secret weights
/// may publish. Its circuit with committed weights is that of the model itself.
///
/// Zeros stand for all integers of 8 or 32 bits but single ones, such as zero points. Comments,
/// metadata and all else that makes no circuit are left out: nobody knows what they tell.
///
/// # Errors
/// [`ModelError::NotOnnx`] and [`ModelError::Malformed`] if the bytes are no model.
pub fn without_weights(onnx: &[u8]) -> Result<Vec<u8>, ModelError> {
	use prost::Message;
	use tract_onnx::pb::{tensor_proto::DataType, ModelProto};
	let mut model =
		ModelProto::decode(onnx).map_err(|error| ModelError::NotOnnx(error.to_string()))?;
	let secret = [DataType::Int8, DataType::Uint8, DataType::Int32].map(|kind| kind as i32);
	let Some(graph) = &mut model.graph else {
		return Err(ModelError::Malformed("it has no graph".into()));
	};
	// Constants stand in a list of their own, or in nodes.
	let attributes = graph.node.iter_mut().flat_map(|node| &mut node.attribute);
	let in_nodes =
		attributes.flat_map(|attribute| attribute.t.iter_mut().chain(&mut attribute.tensors));
	for tensor in graph.initializer.iter_mut().chain(in_nodes) {
		if secret.contains(&tensor.data_type) && !tensor.dims.is_empty() {
			tensor.raw_data.fill(0);
			tensor.int32_data.fill(0);
		}
	}
	graph.node.iter_mut().for_each(without_trees);
	graph.doc_string.clear();
	graph.node.iter_mut().for_each(|node| node.doc_string.clear());
	model.doc_string.clear();
	// What the fields of its input are makes the circuit, and is public.
	model.metadata_props.retain(|property| property.key == METADATA);
	model.training_info.clear();
	Ok(model.encode_to_vec())
}

/// Clears thresholds and leaves of trees, and the coefficients of linear models.
fn without_trees(node: &mut tract_onnx::pb::NodeProto) {
	const SECRET: [&str; 7] = [
		"base_values",
		"coefficients",
		"intercepts",
		"leaf_weights",
		"nodes_splits",
		"nodes_values",
		"target_weights",
	];
	const NEEDLESS: [&str; 2] = ["nodes_hitrates", "nodes_hitrates_as_tensor"];
	if node.domain != "ai.onnx.ml" {
		return;
	}
	node.attribute.retain(|attribute| !NEEDLESS.contains(&attribute.name.as_str()));
	for attribute in &mut node.attribute {
		if SECRET.contains(&attribute.name.as_str()) {
			attribute.floats.fill(0.0);
			if let Some(tensor) = &mut attribute.t {
				tensor.raw_data.fill(0);
				tensor.float_data.fill(0.0);
			}
		}
	}
}
