//! The quantised model as ONNX in QDQ form.
//!
//! The form is the one that onnxruntime computes alike at every optimisation level: zero points
//! written out, weights with one zero point per channel, biases in int32 at exactly the product of
//! input and weight scales, and reshapes before the input's `QuantizeLinear`.

use super::{
	chain::{Dense, Step},
	scale::{ActivationScale, QuantizedDense},
	Observed,
};
use crate::onnx::{protobuf as pb, Model};
use pb::{attribute_proto::AttributeType, tensor_proto::DataType};

/// The operator set of exported models; those of newer models are kept.
const OPSET: i64 = 17;
const IR_VERSION: i64 = 8;

/// Builds the exported graph, node after node.
struct Exporter {
	nodes: Vec<pb::NodeProto>,
	initializers: Vec<pb::TensorProto>,
}

pub(super) fn export(
	model: &Model,
	steps: &[Step],
	observed: &Observed,
	quantized: &[Option<QuantizedDense>],
) -> pb::ModelProto {
	let mut exporter = Exporter { nodes: Vec::new(), initializers: Vec::new() };
	let mut current = model.input.name.clone();
	let mut input_is_quantized = false;
	let last = steps.len() - 1;
	for (index, step) in steps.iter().enumerate() {
		match (step, &quantized[index]) {
			(Step::Dense(dense), Some(integers)) => {
				if !input_is_quantized {
					current = exporter.quantize(&current, "input", observed.input);
					input_is_quantized = true;
				}
				let output = if index == last { &model.outputs[0] } else { &dense.output };
				let input = observed.before(index);
				current = exporter.dense(dense, integers, &current, input, output);
				if let Some(scale) = observed.after[index] {
					current = exporter.quantize(&current, &dense.name, scale);
				}
			},
			(Step::Reshape(node), _) => {
				let output = &node.outputs[0];
				exporter.copy(model, node, &current, output);
				current.clone_from(output);
			},
			(Step::Dense(_), None) => unreachable!("every dense layer was quantised"),
		}
	}
	let source = model.proto.graph.as_ref();
	let graph = pb::GraphProto {
		name: source.map(|graph| graph.name.clone()).unwrap_or_default(),
		node: exporter.nodes,
		initializer: exporter.initializers,
		input: source
			.map(|graph| {
				let inputs = graph.input.iter();
				inputs.filter(|input| input.name == model.input.name).cloned().collect()
			})
			.unwrap_or_default(),
		output: source.map(|graph| graph.output.clone()).unwrap_or_default(),
		..Default::default()
	};
	pb::ModelProto {
		ir_version: model.proto.ir_version.max(IR_VERSION),
		opset_import: vec![pb::OperatorSetIdProto {
			domain: String::new(),
			version: model.opset.max(OPSET),
		}],
		producer_name: "zkml".into(),
		producer_version: env!("CARGO_PKG_VERSION").into(),
		graph: Some(graph),
		..Default::default()
	}
}

fn tensor(name: String, r#type: DataType, dims: &[usize], raw_data: Vec<u8>) -> pb::TensorProto {
	pb::TensorProto {
		name,
		data_type: r#type as i32,
		dims: dims.iter().map(|&size| size as i64).collect(),
		raw_data,
		..Default::default()
	}
}

fn floats(name: String, dims: &[usize], exponents: impl Iterator<Item = i32>) -> pb::TensorProto {
	let raw = exponents.flat_map(|exponent| 2f32.powi(exponent).to_le_bytes()).collect();
	tensor(name, DataType::Float, dims, raw)
}

fn int_attribute(name: &str, value: i64) -> pb::AttributeProto {
	pb::AttributeProto {
		name: name.into(),
		r#type: AttributeType::Int as i32,
		i: value,
		..Default::default()
	}
}

impl Exporter {
	fn node(
		&mut self,
		op: &str,
		name: &str,
		inputs: &[&str],
		output: &str,
		attribute: Vec<pb::AttributeProto>,
	) {
		self.nodes.push(pb::NodeProto {
			op_type: op.into(),
			name: name.into(),
			input: inputs.iter().map(|&input| input.into()).collect(),
			output: vec![output.into()],
			attribute,
			..Default::default()
		});
	}

	/// Quantises and dequantises an activation; returns the name of the result.
	fn quantize(&mut self, value: &str, name: &str, scale: ActivationScale) -> String {
		let zero_point = format!("{name}.zero_point");
		let scale_name = format!("{name}.scale");
		let r#type = if scale.signed { DataType::Int8 } else { DataType::Uint8 };
		let exponents = std::iter::once(scale.exponent);
		self.initializers.push(floats(scale_name.clone(), &[], exponents));
		self.initializers.push(tensor(zero_point.clone(), r#type, &[], vec![0]));
		let (quantized, dequantized) = (format!("{name}.quantized"), format!("{name}.dequantized"));
		let q = format!("{name}.quantize");
		self.node("QuantizeLinear", &q, &[value, &scale_name, &zero_point], &quantized, vec![]);
		let dq = format!("{name}.dequantize");
		let inputs = [quantized.as_str(), &scale_name, &zero_point];
		self.node("DequantizeLinear", &dq, &inputs, &dequantized, vec![]);
		dequantized
	}

	/// Dequantises a constant along its first axis; returns the name of the result.
	fn constant(
		&mut self,
		name: &str,
		values: pb::TensorProto,
		exponents: impl Iterator<Item = i32>,
	) -> String {
		let channels = values.dims[0] as usize;
		let r#type = DataType::try_from(values.data_type).unwrap_or(DataType::Int8);
		let width = if r#type == DataType::Int32 { 4 } else { 1 };
		let (scale, zero_point) = (format!("{name}.scale"), format!("{name}.zero_point"));
		let output = format!("{name}.dequantized");
		let values_name = values.name.clone();
		self.initializers.push(values);
		self.initializers.push(floats(scale.clone(), &[channels], exponents));
		let zeros = vec![0; channels * width];
		self.initializers.push(tensor(zero_point.clone(), r#type, &[channels], zeros));
		self.node(
			"DequantizeLinear",
			&format!("{name}.dequantize"),
			&[&values_name, &scale, &zero_point],
			&output,
			vec![int_attribute("axis", 0)],
		);
		output
	}

	/// Emits a dense layer; returns the name of its result.
	fn dense(
		&mut self,
		dense: &Dense,
		integers: &QuantizedDense,
		input: &str,
		input_scale: ActivationScale,
		output: &str,
	) -> String {
		let name = &dense.name;
		let dims = [dense.outputs(), dense.inputs()];
		let raw = integers.weights.iter().map(|&weight| weight as u8).collect();
		let weights = tensor(format!("{name}.weight.integers"), DataType::Int8, &dims, raw);
		let exponents = integers.exponents.iter().copied();
		let weights = self.constant(&format!("{name}.weight"), weights, exponents.clone());
		let raw = integers.bias.iter().flat_map(|bias| bias.to_le_bytes()).collect();
		let bias = tensor(format!("{name}.bias.integers"), DataType::Int32, &dims[..1], raw);
		let exponents = exponents.map(|exponent| exponent + input_scale.exponent);
		let bias = self.constant(&format!("{name}.bias"), bias, exponents);
		let sums = if dense.relu { format!("{name}.sums") } else { output.to_string() };
		let transposed = vec![int_attribute("transB", 1)];
		self.node("Gemm", name, &[input, &weights, &bias], &sums, transposed);
		if dense.relu {
			self.node("Relu", &format!("{name}.relu"), &[&sums], output, vec![]);
		}
		output.into()
	}

	/// Copies a node that takes one activation, with its constants.
	fn copy(&mut self, model: &Model, node: &crate::onnx::Node, input: &str, output: &str) {
		let source = model.proto.graph.as_ref().and_then(|graph| {
			graph.node.iter().find(|other| other.output.first() == node.outputs.first())
		});
		let mut inputs = vec![input];
		for name in node.inputs.iter().skip(1) {
			inputs.push(name);
			if let (Some(constant), false) = (
				model.constants.get(name),
				self.initializers.iter().any(|tensor| tensor.name == *name),
			) {
				let values = constant.data.integers().unwrap_or_default();
				let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
				let copied = tensor(name.clone(), DataType::Int64, &constant.shape, raw);
				self.initializers.push(copied);
			}
		}
		let attributes = source.map(|node| node.attribute.clone()).unwrap_or_default();
		self.node(&node.op, &node.name, &inputs, output, attributes);
	}
}
