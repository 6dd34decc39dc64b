//! Operators that ONNX defines by real numbers, between bytes: at most one unit in the last place from
//! onnxruntime; functions of one number for every byte, at 30 constraints each, and operators on rows.

use std::{fs, process::Command};
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
	quantize, InputChoice, Options, OutputChoice,
};
use zkml_primitives::Context;
use zkml_tests::{
	models::npz_of,
	programs::{python, root},
};

/// One byte after the other, through a function, between grids whose units are powers of two.
struct Case {
	op: &'static str,
	attribute: Option<(&'static str, &'static str)>,
	/// What the input is clipped to.
	clip: Option<f32>,
	from: i32,
	to: i32,
	signed: bool,
}

const fn case(op: &'static str, from: i32, to: i32, signed: bool) -> Case {
	Case { op, attribute: None, clip: None, from, to, signed }
}

const COUNT: i64 = 256;

fn scalar(name: &str, data_type: DataType, float: f32, int: i32) -> TensorProto {
	let mut tensor =
		TensorProto { name: name.into(), data_type: data_type as i32, ..Default::default() };
	match data_type {
		DataType::Float => tensor.float_data = vec![float],
		_ => tensor.int32_data = vec![int],
	}
	tensor
}

fn value(name: &str) -> ValueInfoProto {
	let dim = |value| shape::Dimension {
		value: Some(shape::dimension::Value::DimValue(value)),
		..Default::default()
	};
	let shape = TensorShapeProto { dim: vec![dim(1), dim(COUNT)] };
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

fn node(op: &str, inputs: &[&str], output: &str, attribute: Option<(&str, &str)>) -> NodeProto {
	let attribute = attribute.map(|(name, text)| AttributeProto {
		name: name.into(),
		r#type: AttributeType::String as i32,
		s: text.as_bytes().to_vec(),
		..Default::default()
	});
	NodeProto {
		op_type: op.into(),
		name: format!("make {output}"),
		input: inputs.iter().map(ToString::to_string).collect(),
		output: vec![output.into()],
		attribute: attribute.into_iter().collect(),
		..Default::default()
	}
}

impl Case {
	fn model(&self) -> ModelProto {
		let kind = if self.signed { DataType::Int8 } else { DataType::Uint8 };
		let mut nodes = vec![
			node("QuantizeLinear", &["x", "from", "middle"], "q", None),
			node("DequantizeLinear", &["q", "from", "middle"], "d", None),
		];
		let mut last = "d";
		if self.clip.is_some() {
			nodes.push(node("Clip", &["d", "least"], "c", None));
			last = "c";
		}
		match self.op {
			"Silu" => {
				nodes.push(node("Sigmoid", &[last], "gate", None));
				nodes.push(node("Mul", &[last, "gate"], "y", None));
			},
			op => nodes.push(node(op, &[last], "y", self.attribute)),
		}
		nodes.push(node("QuantizeLinear", &["y", "to", "zero"], "r", None));
		nodes.push(node("DequantizeLinear", &["r", "to", "zero"], "z", None));
		let mut initializer = vec![
			scalar("from", DataType::Float, 2f32.powi(self.from), 0),
			scalar("to", DataType::Float, 2f32.powi(self.to), 0),
			scalar("middle", DataType::Int8, 0.0, 0),
			scalar("zero", kind, 0.0, 0),
		];
		initializer.extend(self.clip.map(|least| scalar("least", DataType::Float, least, 0)));
		ModelProto {
			ir_version: 9,
			opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 20 }],
			graph: Some(GraphProto {
				name: "curve".into(),
				node: nodes,
				initializer,
				input: vec![value("x")],
				output: vec![value("z")],
				..Default::default()
			}),
			..Default::default()
		}
	}

	/// How many of the bytes differ, all by one unit.
	fn differences(&self) -> usize {
		let bytes = quantize::encode(&self.model());
		let graph = lower(&Model::read(&bytes, None).unwrap()).unwrap();
		let input: Vec<i64> = (-128..128).collect();
		let ours = graph.evaluate(&input);
		assert_eq!(graph.output.scale, 2f32.powi(self.to));

		let folder = tempfile::tempdir().unwrap();
		let path = |name: &str| folder.path().join(name);
		fs::write(path("model.onnx"), &bytes).unwrap();
		let reals: Vec<f32> = input.iter().map(|&x| x as f32 * 2f32.powi(self.from)).collect();
		fs::write(path("samples.npz"), npz_of(&[1, COUNT as usize], reals)).unwrap();
		let output = Command::new(python())
			.arg(root().join("tests/oracles/run_onnx.py"))
			.args([path("model.onnx"), path("samples.npz")])
			.output()
			.expect("python is installed");
		assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
		let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
		let theirs = answer["outputs"]["z"]["data"].as_array().unwrap();
		assert_eq!(theirs.len(), ours.len());
		let unit = 2f64.powi(self.to);
		let units = theirs.iter().map(|value| (value.as_f64().unwrap() / unit) as i64);
		let mut differences = 0;
		for ((&x, &ours), theirs) in input.iter().zip(&ours).zip(units) {
			assert!((ours - theirs).abs() <= 1, "{}({x}): {ours}, not {theirs}", self.op);
			differences += usize::from(ours != theirs);
		}

		let options = Options::new(InputChoice::Private, OutputChoice::Logits);
		let circuit = compile(&graph, &options).unwrap();
		let layer = circuit.layers.iter().find(|layer| layer.op == "requantize").unwrap();
		let each = layer.constraints as f64 / COUNT as f64;
		assert!(each <= 30.0, "{}: {each} constraints", self.op);
		let filled = assign(&graph, &options, &input, &Context([1; 32])).unwrap();
		assert_eq!(circuit.r1cs.first_violation(&filled.witness), None);
		println!("{}: {differences} of 256 differ by one unit, {each} constraints", self.op);
		differences
	}
}

#[test]
fn every_byte_is_within_one_unit_of_onnxruntime() {
	let cases = [
		case("Sigmoid", -4, -8, false),
		case("Sigmoid", -5, -7, true),
		case("Tanh", -5, -7, true),
		case("Exp", -5, -2, false),
		case("Erf", -6, -7, true),
		case("Gelu", -5, -5, true),
		Case { attribute: Some(("approximate", "tanh")), ..case("Gelu", -5, -5, true) },
		case("Silu", -4, -4, true),
		case("Softplus", -4, -4, true),
		Case { clip: Some(0.0), ..case("Sqrt", -4, -5, true) },
		Case { clip: Some(0.5), ..case("Reciprocal", -4, -6, true) },
	];
	let differences: usize = cases.iter().map(Case::differences).sum();
	// Where a value lies within float32's error of a tie, which is seldom.
	assert!(differences <= 4, "{differences} of {} bytes differ", 256 * cases.len());
}

/// Rows of bytes through an operator that looks at all of a row, between grids whose units are powers
/// of two; what onnxruntime gives, and what we do, in units of the result.
struct Rows {
	shape: [i64; 3],
	/// Nodes from `d` to `y`.
	nodes: Vec<NodeProto>,
	constants: Vec<TensorProto>,
	from: i32,
	to: i32,
	opset: i64,
}

impl Rows {
	/// The largest difference, and how many values differ.
	fn differences(self, name: &str) -> (i64, usize) {
		let Self { shape, nodes, constants, from, to, opset } = self;
		let dim = |value| shape::Dimension {
			value: Some(shape::dimension::Value::DimValue(value)),
			..Default::default()
		};
		let info = |name: &str| {
			let shape = TensorShapeProto { dim: shape.map(dim).to_vec() };
			let tensor =
				type_proto::Tensor { elem_type: DataType::Float as i32, shape: Some(shape) };
			ValueInfoProto {
				name: name.into(),
				r#type: Some(TypeProto {
					value: Some(type_proto::Value::TensorType(tensor)),
					..Default::default()
				}),
				..Default::default()
			}
		};
		let mut all = vec![
			node("QuantizeLinear", &["x", "from", "middle"], "q", None),
			node("DequantizeLinear", &["q", "from", "middle"], "d", None),
		];
		all.extend(nodes);
		all.push(node("QuantizeLinear", &["y", "to", "middle"], "r", None));
		all.push(node("DequantizeLinear", &["r", "to", "middle"], "z", None));
		let mut initializer = vec![
			scalar("from", DataType::Float, 2f32.powi(from), 0),
			scalar("to", DataType::Float, 2f32.powi(to), 0),
			scalar("middle", DataType::Int8, 0.0, 0),
		];
		initializer.extend(constants);
		let model = ModelProto {
			ir_version: 10,
			opset_import: [("", opset), ("ai.onnx.ml", 3)]
				.map(|(domain, version)| OperatorSetIdProto { domain: domain.into(), version })
				.to_vec(),
			graph: Some(GraphProto {
				name: name.into(),
				node: all,
				initializer,
				input: vec![info("x")],
				output: vec![ValueInfoProto { name: "z".into(), ..info("z") }],
				..Default::default()
			}),
			..Default::default()
		};
		let bytes = quantize::encode(&model);
		let graph = lower(&Model::read(&bytes, None).unwrap()).unwrap();
		let size = shape.iter().product::<i64>() as usize;
		let (mut worst, mut count, mut total) = (0, 0, 0);
		let options = Options::new(InputChoice::Private, OutputChoice::Logits);
		let circuit = compile(&graph, &options).unwrap();
		let mut numbers = zkml_tests::models::Numbers::new(9);
		// Rows of all sizes of numbers, the smallest too.
		let inputs: Vec<Vec<i64>> = [1.0, 4.0, 20.0, 60.0, 127.9, 127.9, 127.9, 127.9]
			.map(|reach| (0..size).map(|_| (numbers.draw() * reach) as i64).collect())
			.to_vec();
		let reals: Vec<f32> = inputs.concat().iter().map(|&x| x as f32 * 2f32.powi(from)).collect();
		let folder = tempfile::tempdir().unwrap();
		let path = |name: &str| folder.path().join(name);
		fs::write(path("model.onnx"), &bytes).unwrap();
		let rows = [inputs.len() * shape[0] as usize, shape[1] as usize, shape[2] as usize];
		fs::write(path("samples.npz"), npz_of(&rows, reals)).unwrap();
		let output = Command::new(python())
			.arg(root().join("tests/oracles/run_onnx.py"))
			.args([path("model.onnx"), path("samples.npz")])
			.output()
			.expect("python is installed");
		assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
		let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
		let theirs = answer["outputs"]["z"]["data"].as_array().unwrap();
		for (input, theirs) in inputs.iter().zip(theirs.chunks(size)) {
			for (ours, theirs) in graph.evaluate(input).iter().zip(theirs) {
				let theirs = (theirs.as_f64().unwrap() / 2f64.powi(to)) as i64;
				worst = worst.max((ours - theirs).abs());
				count += usize::from(*ours != theirs);
				total += 1;
			}
			let filled = assign(&graph, &options, input, &Context([1; 32])).unwrap();
			assert_eq!(circuit.r1cs.first_violation(&filled.witness), None, "{name}");
		}
		let each = circuit.r1cs.constraints() as f64 / size as f64;
		println!(
			"{name}: {count} of {total} differ, by at most {worst}; {each:.0} constraints a value"
		);
		(worst, count)
	}
}

/// A list of floats.
fn list(name: &str, values: &[f32]) -> TensorProto {
	TensorProto {
		name: name.into(),
		data_type: DataType::Float as i32,
		dims: vec![values.len() as i64],
		float_data: values.to_vec(),
		..Default::default()
	}
}

/// `Normalizer`, which takes matrices only.
fn normalizer(norm: &str, shape: [i64; 3]) -> Rows {
	let sizes = |name: &str, sizes: &[i64]| TensorProto {
		name: name.into(),
		data_type: DataType::Int64 as i32,
		dims: vec![sizes.len() as i64],
		int64_data: sizes.to_vec(),
		..Default::default()
	};
	Rows {
		shape,
		nodes: vec![
			node("Reshape", &["d", "two"], "m", None),
			NodeProto {
				domain: "ai.onnx.ml".into(),
				..node("Normalizer", &["m"], "n", Some(("norm", norm)))
			},
			node("Reshape", &["n", "three"], "y", None),
		],
		constants: vec![sizes("two", &shape[1..]), sizes("three", &shape)],
		from: -4,
		to: -7,
		opset: 17,
	}
}

#[test]
fn operators_on_rows_are_within_one_unit_of_onnxruntime() {
	let shape = [1, 6, 16];
	let scale: Vec<f32> = (0..16).map(|i| 0.5 + i as f32 / 32.0).collect();
	let bias: Vec<f32> = (0..16).map(|i| i as f32 / 16.0 - 0.5).collect();
	let cases = [
		(
			"Softmax",
			Rows {
				shape,
				nodes: vec![node("Softmax", &["d"], "y", None)],
				constants: vec![],
				from: -4,
				to: -7,
				opset: 17,
			},
		),
		(
			"LayerNormalization",
			Rows {
				shape,
				nodes: vec![node("LayerNormalization", &["d", "scale", "bias"], "y", None)],
				constants: vec![list("scale", &scale), list("bias", &bias)],
				from: -4,
				to: -5,
				opset: 17,
			},
		),
		(
			"RMSNormalization",
			Rows {
				shape,
				nodes: vec![node("RMSNormalization", &["d", "scale"], "y", None)],
				constants: vec![list("scale", &scale)],
				from: -3,
				to: -5,
				opset: 23,
			},
		),
		(
			"Div",
			Rows {
				shape,
				nodes: vec![
					node("Abs", &["d"], "a", None),
					node("Add", &["a", "half"], "b", None),
					node("Div", &["d", "b"], "y", None),
				],
				constants: vec![scalar("half", DataType::Float, 0.5, 0)],
				from: -4,
				to: -6,
				opset: 17,
			},
		),
	];
	let cases = cases.into_iter().chain(["L1", "L2"].map(|norm| (norm, normalizer(norm, shape))));
	for (name, rows) in cases {
		let (worst, count) = rows.differences(name);
		assert!(worst <= 1, "{name}: {worst}");
		assert!(count <= 24, "{name}: {count} differ");
	}
}

#[test]
fn no_curve_without_a_value() {
	for (op, words) in [("Sqrt", "has no value"), ("Reciprocal", "has no value")] {
		let bytes = quantize::encode(&case(op, -4, -5, true).model());
		let error = lower(&Model::read(&bytes, None).unwrap()).unwrap_err().to_string();
		assert!(error.contains(words), "{op}: {error}");
	}
}
