//! `LSTM` and `GRU` of a fixed length: unrolled and quantised, they answer what onnxruntime answers
//! to the float model.

use std::{fs, io::Cursor, process::Command};
use zkml_circuits::{
	assign, compile, lower,
	onnx::{
		protobuf::{
			attribute_proto::AttributeType, tensor_proto::DataType, tensor_shape_proto as shape,
			type_proto, AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
			TensorProto, TensorShapeProto, TypeProto, ValueInfoProto,
		},
		Model,
	},
	quantize,
	samples::Samples,
	InputChoice, Options, OutputChoice,
};
use zkml_primitives::Context;
use zkml_tests::{
	models::{npz_of, Numbers},
	programs::{python, root},
};

const STEPS: usize = 6;
const WIDTH: usize = 4;
const HIDDEN: usize = 5;
const CLASSES: usize = 3;
const SAMPLES: usize = 40;

struct Case {
	op: &'static str,
	direction: &'static str,
	reset_last: bool,
}

fn tensor(numbers: &mut Numbers, name: &str, dims: &[usize], scale: f32) -> TensorProto {
	let count = dims.iter().product();
	TensorProto {
		name: name.into(),
		data_type: DataType::Float as i32,
		dims: dims.iter().map(|&size| size as i64).collect(),
		float_data: (0..count).map(|_| numbers.draw() * scale).collect(),
		..Default::default()
	}
}

fn info(name: &str, dims: &[usize]) -> ValueInfoProto {
	let dim = |&size: &usize| shape::Dimension {
		value: Some(shape::dimension::Value::DimValue(size as i64)),
		..Default::default()
	};
	let shape = TensorShapeProto { dim: dims.iter().map(dim).collect() };
	let tensor = type_proto::Tensor { elem_type: DataType::Float as i32, shape: Some(shape) };
	ValueInfoProto {
		name: name.into(),
		r#type: Some(TypeProto {
			value: Some(type_proto::Value::TensorType(tensor)),
			..Default::default()
		}),
		..Default::default()
	}
}

impl Case {
	fn model(&self) -> ModelProto {
		let mut numbers = Numbers::new(17);
		let gates = if self.op == "LSTM" { 4 } else { 3 };
		let directions = if self.direction == "bidirectional" { 2 } else { 1 };
		let rows = gates * HIDDEN;
		let mut initializer = vec![
			tensor(&mut numbers, "w", &[directions, rows, WIDTH], 0.8),
			tensor(&mut numbers, "r", &[directions, rows, HIDDEN], 0.8),
			tensor(&mut numbers, "b", &[directions, 2 * rows], 0.4),
			tensor(&mut numbers, "head", &[CLASSES, directions * HIDDEN], 1.0),
			tensor(&mut numbers, "bias", &[CLASSES], 0.1),
		];
		initializer.push(TensorProto {
			name: "flat".into(),
			data_type: DataType::Int64 as i32,
			dims: vec![2],
			int64_data: vec![1, (directions * HIDDEN) as i64],
			..Default::default()
		});
		let int = |name: &str, i: i64| AttributeProto {
			name: name.into(),
			r#type: AttributeType::Int as i32,
			i,
			..Default::default()
		};
		let mut attribute = vec![
			int("hidden_size", HIDDEN as i64),
			AttributeProto {
				name: "direction".into(),
				r#type: AttributeType::String as i32,
				s: self.direction.as_bytes().to_vec(),
				..Default::default()
			},
		];
		if self.reset_last {
			attribute.push(int("linear_before_reset", 1));
		}
		let node = |op: &str, inputs: &[&str], outputs: &[&str], attribute| NodeProto {
			op_type: op.into(),
			name: op.to_lowercase(),
			input: inputs.iter().map(ToString::to_string).collect(),
			output: outputs.iter().map(ToString::to_string).collect(),
			attribute,
			..Default::default()
		};
		let nodes = vec![
			node(self.op, &["x", "w", "r", "b"], &["y", "last"], attribute),
			node(
				"Transpose",
				&["last"],
				&["turned"],
				vec![AttributeProto {
					name: "perm".into(),
					r#type: AttributeType::Ints as i32,
					ints: vec![1, 0, 2],
					..Default::default()
				}],
			),
			node("Reshape", &["turned", "flat"], &["state"], vec![]),
			node("Gemm", &["state", "head", "bias"], &["logits"], vec![int("transB", 1)]),
		];
		ModelProto {
			ir_version: 8,
			opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 17 }],
			graph: Some(GraphProto {
				name: "recurrent".into(),
				node: nodes,
				initializer,
				input: vec![info("x", &[STEPS, 1, WIDTH])],
				output: vec![info("logits", &[1, CLASSES])],
				..Default::default()
			}),
			..Default::default()
		}
	}

	fn check(&self) {
		let proto = self.model();
		let mut numbers = Numbers::new(23);
		let values: Vec<f32> = (0..SAMPLES * STEPS * WIDTH).map(|_| numbers.draw() * 2.0).collect();
		// A sample is a sequence: as many rows as it has steps.
		let file = npz_of(&[SAMPLES * STEPS, 1, WIDTH], values);
		let float = Model::from_proto(proto.clone(), None).unwrap();
		let samples = Samples::read_npz(Cursor::new(&file), &float.input.shape).unwrap();
		assert_eq!(samples.len(), SAMPLES);
		let quantized = quantize::quantize(&float, &samples, &Default::default()).unwrap();
		let graph =
			lower(&Model::read(&quantize::encode(&quantized.proto), None).unwrap()).unwrap();

		let folder = tempfile::tempdir().unwrap();
		let path = |name: &str| folder.path().join(name);
		fs::write(path("model.onnx"), quantize::encode(&proto)).unwrap();
		fs::write(path("samples.npz"), &file).unwrap();
		let output = Command::new(python())
			.arg(root().join("tests/oracles/run_onnx.py"))
			.args([path("model.onnx"), path("samples.npz")])
			.output()
			.expect("python is installed");
		assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
		let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
		let theirs: Vec<f64> = (answer["outputs"]["logits"]["data"].as_array().unwrap().iter())
			.map(|value| value.as_f64().unwrap())
			.collect();
		let scale = f64::from(graph.output.scale);
		let (mut power, mut noise) = (0.0, 0.0);
		let options = Options::new(InputChoice::Private, OutputChoice::Logits);
		let circuit = compile(&graph, &options).unwrap();
		for (index, (sample, theirs)) in samples.iter().zip(theirs.chunks(CLASSES)).enumerate() {
			let input = graph.saturate_input(sample);
			for (ours, theirs) in graph.evaluate(&input).iter().zip(theirs) {
				power += theirs * theirs;
				noise += (*ours as f64 * scale - theirs).powi(2);
			}
			if index < 2 {
				let filled = assign(&graph, &options, &input, &Context([1; 32])).unwrap();
				assert_eq!(circuit.r1cs.first_violation(&filled.witness), None);
			}
		}
		let ratio = 10.0 * (power / noise).log10();
		println!(
			"{} {}: {ratio:.1} dB of signal to noise, {} constraints",
			self.op,
			self.direction,
			circuit.r1cs.constraints()
		);
		assert!(ratio > 25.0, "{} {}: {ratio} dB", self.op, self.direction);
	}
}

#[test]
fn recurrent_layers_answer_as_onnxruntime_does() {
	for (op, direction, reset_last) in [
		("LSTM", "forward", false),
		("LSTM", "reverse", false),
		("LSTM", "bidirectional", false),
		("GRU", "forward", false),
		("GRU", "forward", true),
		("GRU", "bidirectional", true),
	] {
		Case { op, direction, reset_last }.check();
	}
}
