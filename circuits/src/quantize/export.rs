//! The network as ONNX: in floats for calibration, in QDQ form as the result.
//!
//! The QDQ form is the one that onnxruntime computes alike at every optimisation level: zero points
//! written out, weights with one zero point per channel, biases in int32 at exactly the product of
//! input and weight scales, and reshapes before the input's `QuantizeLinear`.

use super::{
	emit,
	net::{Conv, Dense, Net, Op, TensorId},
	place::{first_quantized, is_table, place},
	plan::Plan,
	proto,
	scale::ActivationScale,
	weights::Integers,
};
use crate::onnx::{protobuf as pb, Model};
use pb::tensor_proto::DataType;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Builds the exported graph, node after node.
pub(super) struct Exporter<'a> {
	pub(super) net: &'a Net,
	nodes: Vec<pb::NodeProto>,
	initializers: Vec<pb::TensorProto>,
	/// The name under which layers take a tensor.
	names: HashMap<TensorId, String>,
	taken: BTreeSet<String>,
}

/// The network in floats with these tensors as outputs, and their names.
pub(super) fn float(net: &Net, tensors: &[TensorId]) -> (pb::ModelProto, Vec<String>) {
	let mut exporter = Exporter::new(net);
	for layer in 0..net.layers.len() {
		exporter.name_results(layer, None);
		exporter.float_layer(layer);
	}
	let names: Vec<String> = tensors.iter().map(|&tensor| exporter.as_float(tensor)).collect();
	let input = &net.tensors[net.input];
	let graph = pb::GraphProto {
		name: "float".into(),
		node: exporter.nodes,
		initializer: exporter.initializers,
		input: vec![proto::value_info(&input.name, Some(&input.shape))],
		output: names.iter().take(1).map(|name| proto::value_info(name, None)).collect(),
		..Default::default()
	};
	(proto::model(graph), names)
}

/// The network in QDQ form, with the inputs and outputs of the model.
pub(super) fn export(model: &Model, plan: &Plan) -> pb::ModelProto {
	let mut exporter = Exporter::new(&plan.net);
	exporter.quantize_tensor(plan, plan.net.input);
	for layer in 0..plan.net.layers.len() {
		exporter.name_results(layer, Some(plan));
		exporter.quantized_layer(plan, layer);
		for tensor in plan.net.layers[layer].outputs.clone() {
			exporter.quantize_tensor(plan, tensor);
		}
	}
	let source = model.proto.graph.as_ref();
	let inputs = source.map(|graph| graph.input.as_slice()).unwrap_or_default();
	let graph = pb::GraphProto {
		name: source.map(|graph| graph.name.clone()).unwrap_or_default(),
		node: exporter.nodes,
		initializer: exporter.initializers,
		input: inputs.iter().filter(|input| input.name == model.input.name).cloned().collect(),
		output: source.map(|graph| graph.output.clone()).unwrap_or_default(),
		..Default::default()
	};
	proto::model(graph)
}

/// The names of quantised tensors' nodes: those of the layers whose sums the tensors hold.
///
/// Each is another, and none depends on which tensors are forced, so that a report can find the
/// nodes of a graph again.
pub(super) fn quantized_names(
	net: &Net,
	forced: &BTreeSet<TensorId>,
) -> BTreeMap<TensorId, String> {
	let wanted = place(net, &BTreeSet::new()).quantized;
	let all = place(net, forced).quantized;
	let first = first_quantized(net);
	let name = |tensor: TensorId| {
		if tensor == first {
			return "input".into();
		}
		let mut current = tensor;
		loop {
			let Some(producer) = net.producer(current) else { return "input.moved".into() };
			let layer = &net.layers[producer];
			let passes = matches!(
				layer.op,
				Op::Relu | Op::Clip { .. } | Op::Leaky { .. } | Op::Abs | Op::MaxPool(_)
			) || layer.op.is_simple_move();
			let input = layer.inputs[0];
			if passes && net.only_consumer(input).is_some() && !wanted.contains(&input) {
				current = input;
				continue;
			}
			let of_output = layer.outputs.iter().position(|&output| output == current);
			let name = match of_output {
				Some(index) if index > 0 => format!("{}.{index}", layer.name),
				_ => layer.name.clone(),
			};
			let is_forced = !wanted.contains(&tensor);
			return if is_forced { format!("{name}.sums") } else { name };
		}
	};
	all.into_iter().map(|tensor| (tensor, name(tensor))).collect()
}

/// Whether a result of an operator is an index.
pub(super) fn is_index(op: &Op, first: bool) -> bool {
	match op {
		Op::ArgMax { .. } => true,
		Op::TopK { .. } => !first,
		_ => false,
	}
}

impl<'a> Exporter<'a> {
	fn new(net: &'a Net) -> Self {
		let input = net.tensors[net.input].name.clone();
		let mut taken: BTreeSet<String> =
			net.outputs.iter().map(|(name, _)| name.clone()).collect();
		taken.insert(input.clone());
		let names = HashMap::from([(net.input, input)]);
		Self { net, nodes: Vec::new(), initializers: Vec::new(), names, taken }
	}

	/// A name that nothing else has.
	pub(super) fn unique(&mut self, name: &str) -> String {
		let mut unique = name.to_string();
		let mut count = 2;
		while !self.taken.insert(unique.clone()) {
			unique = format!("{name}.{count}");
			count += 1;
		}
		unique
	}

	/// Names a layer's results: an output of the model has the output's name, unless that belongs
	/// to its quantised form.
	fn name_results(&mut self, layer: usize, plan: Option<&Plan>) {
		for &tensor in &self.net.layers[layer].outputs {
			let output = self.net.outputs.iter().find(|(_, output)| *output == tensor);
			let name = match output {
				Some((name, _)) if plan.is_none() || !is_table(self.net, layer) => name.clone(),
				Some((name, _)) => self.unique(&format!("{name}.real")),
				None => self.unique(&self.net.tensors[tensor].name),
			};
			self.names.insert(tensor, name);
		}
	}

	/// The name under which a tensor is taken.
	pub(super) fn name(&self, tensor: TensorId) -> String {
		self.names[&tensor].clone()
	}

	pub(super) fn node(
		&mut self,
		op: &str,
		name: &str,
		inputs: &[&str],
		outputs: &[&str],
		attribute: Vec<pb::AttributeProto>,
	) {
		let own = |names: &[&str]| names.iter().map(|&name| name.into()).collect();
		// The operator set of the result has none of these.
		let domain = match op {
			"Gelu" => proto::CONTRIBUTED,
			"Normalizer" => proto::LEARNING,
			_ => "",
		};
		self.nodes.push(pb::NodeProto {
			op_type: op.into(),
			domain: domain.into(),
			name: name.into(),
			input: own(inputs),
			output: own(outputs),
			attribute,
			..Default::default()
		});
	}

	/// Adds a constant; returns its name.
	pub(super) fn constant(&mut self, mut tensor: pb::TensorProto) -> String {
		tensor.name = self.unique(&tensor.name);
		let name = tensor.name.clone();
		self.initializers.push(tensor);
		name
	}

	/// The name of a tensor, or of its numbers as floats where they are indices.
	fn as_float(&mut self, tensor: TensorId) -> String {
		let name = self.name(tensor);
		let Some(producer) = self.net.producer(tensor) else { return name };
		let layer = &self.net.layers[producer];
		if !is_index(&layer.op, layer.outputs[0] == tensor) {
			return name;
		}
		let float = self.unique(&format!("{name}.float"));
		let node = format!("{name}.cast");
		self.node("Cast", &node, &[&name], &[&float], vec![proto::int("to", 1)]);
		float
	}

	/// Quantises and dequantises a tensor, if the plan says so.
	fn quantize_tensor(&mut self, plan: &Plan, tensor: TensorId) {
		let Some(&scale) = plan.scales.get(&tensor) else { return };
		let name = plan.names[&tensor].clone();
		let mut value = self.name(tensor);
		if scale.bits < 8 {
			value = self.clip(&name, &value, scale);
		}
		let r#type = if scale.signed { DataType::Int8 } else { DataType::Uint8 };
		let step = proto::floats(&format!("{name}.scale"), &[], &[scale.step() as f32]);
		let step = self.constant(step);
		let zero = proto::tensor(&format!("{name}.zero_point"), r#type, &[], vec![0]);
		let zero = self.constant(zero);
		let quantized = self.unique(&format!("{name}.quantized"));
		let q = format!("{name}.quantize");
		self.node("QuantizeLinear", &q, &[&value, &step, &zero], &[&quantized], vec![]);
		let producer = self.net.producer(tensor);
		let output = self.net.outputs.iter().find(|(_, output)| *output == tensor);
		let dequantized = match (output, producer) {
			(Some((name, _)), Some(layer)) if is_table(self.net, layer) => name.clone(),
			_ => self.unique(&format!("{name}.dequantized")),
		};
		let dq = format!("{name}.dequantize");
		self.node("DequantizeLinear", &dq, &[&quantized, &step, &zero], &[&dequantized], vec![]);
		self.names.insert(tensor, dequantized);
	}

	/// Clips to the integers of fewer than 8 bits.
	fn clip(&mut self, name: &str, value: &str, scale: ActivationScale) -> String {
		let bound = |value: f64| [(value * scale.step()) as f32];
		let lo = proto::floats(&format!("{name}.lowest"), &[], &bound(scale.lowest()));
		let hi = proto::floats(&format!("{name}.highest"), &[], &bound(scale.highest()));
		let (lo, hi) = (self.constant(lo), self.constant(hi));
		let output = self.unique(&format!("{name}.clipped"));
		self.node("Clip", &format!("{name}.clip"), &[value, &lo, &hi], &[&output], vec![]);
		output
	}

	/// Dequantises a constant along an axis; returns the name of the result.
	fn dequantized(
		&mut self,
		name: &str,
		values: pb::TensorProto,
		axis: usize,
		exponents: &[i32],
	) -> String {
		let r#type = DataType::try_from(values.data_type).unwrap_or(DataType::Int8);
		let width = if r#type == DataType::Int32 { 4 } else { 1 };
		let channels = exponents.len();
		let dims = [channels];
		// One scale for all is a scalar.
		let dims = if values.dims.get(axis) == Some(&(channels as i64)) { &dims[..] } else { &[] };
		let steps: Vec<f32> = exponents.iter().map(|&exponent| 2f32.powi(exponent)).collect();
		let values = self.constant(values);
		let scale = self.constant(proto::floats(&format!("{name}.scale"), dims, &steps));
		let zeros = vec![0; channels * width];
		let zeros = proto::tensor(&format!("{name}.zero_point"), r#type, dims, zeros);
		let zeros = self.constant(zeros);
		let output = self.unique(&format!("{name}.dequantized"));
		let attributes =
			if dims.is_empty() { vec![] } else { vec![proto::int("axis", axis as i64)] };
		let node = format!("{name}.dequantize");
		self.node("DequantizeLinear", &node, &[&values, &scale, &zeros], &[&output], attributes);
		output
	}

	/// Weights with one scale for each channel of `axis`, and biases; the names of both.
	fn integers(
		&mut self,
		name: &str,
		integers: &Integers,
		dims: &[usize],
		weights: Vec<u8>,
		axis: usize,
	) -> (String, String) {
		let name_of = |what: &str| format!("{name}.{what}");
		let tensor = proto::tensor(&name_of("weight.integers"), DataType::Int8, dims, weights);
		let weights = self.dequantized(&name_of("weight"), tensor, axis, &integers.exponents);
		let raw = integers.bias.iter().flat_map(|bias| bias.to_le_bytes()).collect();
		let dims = [integers.bias.len()];
		let tensor = proto::tensor(&name_of("bias.integers"), DataType::Int32, &dims, raw);
		let exponents: Vec<i32> =
			integers.exponents.iter().map(|exponent| exponent + integers.input).collect();
		(weights, self.dequantized(&name_of("bias"), tensor, 0, &exponents))
	}

	fn quantized_layer(&mut self, plan: &Plan, index: usize) {
		let layer = &self.net.layers[index];
		let name = layer.name.clone();
		match (&layer.op, plan.integers.get(&index), plan.additions.get(&index)) {
			(Op::Conv(conv), Some(integers), _) => {
				let raw = integers.weights.iter().map(|&weight| weight as u8).collect();
				let (weights, bias) = self.integers(&name, integers, &conv.shape, raw, 0);
				emit::conv(self, index, conv, &weights, &bias);
			},
			(Op::Dense(dense), Some(integers), _) => {
				let outputs = dense.bias.len();
				let by_output = emit::is_gemm(self.net, index);
				let raw = emit::matrix(&integers.weights, dense.inputs, by_output);
				let raw = raw.into_iter().map(|weight| weight as u8).collect();
				let (dims, axis) = emit::matrix_shape(dense.inputs, outputs, by_output);
				let (weights, bias) = self.integers(&name, integers, &dims, raw, axis);
				emit::dense(self, index, &weights, &bias);
			},
			(Op::Affine(affine), _, Some((values, exponent))) => {
				let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
				let integers = format!("{name}.addend.integers");
				let tensor = proto::tensor(&integers, DataType::Int32, &affine.shape, raw);
				let addend =
					self.dequantized(&format!("{name}.addend"), tensor, usize::MAX, &[*exponent]);
				emit::addition(self, index, &addend);
			},
			_ => emit::layer(self, index),
		}
	}

	fn float_layer(&mut self, index: usize) {
		let layer = &self.net.layers[index];
		let name = layer.name.clone();
		match &layer.op {
			Op::Conv(conv) => {
				let Conv { weights, shape, bias, .. } = conv;
				let weights = proto::floats(&format!("{name}.weight"), shape, weights);
				let weights = self.constant(weights);
				let bias = proto::floats(&format!("{name}.bias"), &[bias.len()], bias);
				let bias = self.constant(bias);
				emit::conv(self, index, conv, &weights, &bias);
			},
			Op::Dense(Dense { weights, inputs, bias }) => {
				let by_output = emit::is_gemm(self.net, index);
				let values = emit::matrix(weights, *inputs, by_output);
				let (dims, _) = emit::matrix_shape(*inputs, bias.len(), by_output);
				let weights = proto::floats(&format!("{name}.weight"), &dims, &values);
				let weights = self.constant(weights);
				let bias = proto::floats(&format!("{name}.bias"), &[bias.len()], bias);
				let bias = self.constant(bias);
				emit::dense(self, index, &weights, &bias);
			},
			Op::Affine(affine) if !affine.is_power_of_two() => {
				let addend =
					proto::floats(&format!("{name}.addend"), &affine.shape, &affine.offset);
				let addend = self.constant(addend);
				emit::addition(self, index, &addend);
			},
			_ => emit::layer(self, index),
		}
	}
}
