//! Small valid files, without chance: contributions are those of a beacon.

use crate::files::manifest;
use ark_bn254::Fr;
use prost::Message;
use rand::{rngs::StdRng, SeedableRng};
use std::io::Cursor;
use zkml_circuits::{
	onnx::protobuf::{
		attribute_proto::AttributeType, tensor_proto::DataType, tensor_shape_proto as shape,
		type_proto, AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
		StringStringEntryProto, TensorProto, TensorShapeProto, TypeProto, ValueInfoProto,
	},
	r1cs::{write_r1cs, write_wtns, Builder, R1cs},
};
use zkml_prover::{
	ceremony::{phase1, phase2, Origin, Ptau},
	json,
	zkey::{self, Zkey},
};

const POWER: u32 = 2;

/// A file: its kind, its name and its bytes.
type File = (u8, String, Vec<u8>);

/// All of them, by their places in `files::KINDS`.
pub(super) fn all() -> Vec<File> {
	let mut files: Vec<File> = Vec::new();
	let mut add = |kind, name: &str, bytes| files.push((kind, name.to_owned(), bytes));
	let (r1cs, witness) = circuit();
	let (mut constraints, mut values) = (Vec::new(), Vec::new());
	write_r1cs(&r1cs, &mut constraints).expect("memory takes all");
	write_wtns(&witness, &mut values).expect("memory takes all");
	add(0, "r1cs", constraints);
	add(1, "wtns", values);

	let [new, contributed, prepared] = powers();
	let [begun, key, finished] = keys(&r1cs, &prepared);
	add(2, "ptau_new", new);
	add(2, "ptau_person", by_person(contributed.clone()));
	add(2, "ptau_beacon", contributed);
	add(2, "ptau_prepared", prepared);
	add(3, "zkey_begun", begun);
	add(3, "zkey_person", by_person(key.clone()));
	add(3, "zkey_beacon", key);
	add(3, "zkey_finished", finished);

	let rng = &mut StdRng::seed_from_u64(1);
	let key = zkml_prover::setup(&r1cs, rng).expect("the circuit is small");
	let proof = zkml_prover::prove(&key, &witness, rng).expect("the witness fits");
	let mut development = Vec::new();
	zkey::write(&key, &manifest(), &mut development).expect("memory takes all");
	add(3, "zkey_development", development);
	for (name, body) in [("wasm", ""), ("wasm_loop", "(loop $again (br $again))")] {
		add(4, name, module(body));
	}
	add(5, "proof", text(&json::proof_to_json(&proof)));
	let signals: Vec<_> = witness[1..3].iter().map(zkml_prover::bytes::encode_scalar).collect();
	add(6, "signals", text(&json::signals_to_json(&signals)));
	let key = key.verifying_key().expect("its points are finite");
	add(7, "verifying_key", text(&json::verifying_key_to_json(&key, None)));
	add(7, "verifying_key_manifest", text(&json::verifying_key_to_json(&key, Some(&manifest()))));
	let inputs =
		r#"{"a": 7, "b": [["-1", "0xff"], [true, 2]], "p": {"x": "0b1"}, "q": [{"y": []}]}"#;
	add(8, "inputs", inputs.into());
	for (name, bytes) in models() {
		add(9, &format!("onnx_{name}"), bytes);
	}
	files
}

/// `x · x = out`, and a context beside it.
fn circuit() -> (R1cs, Vec<Fr>) {
	let mut builder = Builder::both(1, 1);
	let (out, context) = (builder.public(0), builder.public(1));
	builder.assign(out, || 9.into());
	builder.assign(context, || 1.into());
	let x = builder.alloc_private_input(|| 3.into());
	builder.enforce(|| [x.into(), x.into(), out.into()]);
	let witness = builder.take_witness();
	(builder.into_r1cs().0, witness)
}

fn beacon() -> Origin {
	Origin::Beacon { name: None, value: vec![7], exponent: 10 }
}

/// Powers of tau: new, with a contribution, and that prepared.
fn powers() -> [Vec<u8>; 3] {
	let (mut new, mut contributed, mut prepared) =
		(Vec::new(), Cursor::new(Vec::new()), Vec::new());
	phase1::new(POWER, &mut new, &()).expect("the power is possible");
	let old = Ptau::read(&new).expect("it was written so");
	phase1::contribute(&old, &mut contributed, beacon(), &[], &()).expect("the beacon is valid");
	let contributed = contributed.into_inner();
	let old = Ptau::read(&contributed).expect("it was written so");
	phase1::prepare(&old, &mut prepared, &()).expect("memory takes all");
	[new, contributed, prepared]
}

/// Keys: begun, with a contribution, and that with a manifest.
fn keys(r1cs: &R1cs, prepared: &[u8]) -> [Vec<u8>; 3] {
	let (mut begun, mut key, mut finished) = (Vec::new(), Vec::new(), Vec::new());
	let powers = Ptau::read(prepared).expect("it was written so");
	phase2::new(r1cs, &powers, &mut begun, &()).expect("the powers are enough");
	let old = Zkey::open(&begun).expect("it was written so");
	phase2::contribute(&old, &mut key, beacon(), &[], &()).expect("the beacon is valid");
	let old = Zkey::open(&key).expect("it was written so");
	old.write_finished(&manifest(), &mut finished).expect("memory takes all");
	[begun, key, finished]
}

/// The file with somebody's name in place of the beacon, which ends it and is as long.
fn by_person(mut file: Vec<u8>) -> Vec<u8> {
	let beacon = [1, 0, 0, 0, 5, 0, 0, 0, 2, 10, 3, 1, 7];
	let person = [0, 0, 0, 0, 5, 0, 0, 0, 1, 3, b'A', b'd', b'a'];
	assert!(file.ends_with(&beacon));
	file.truncate(file.len() - beacon.len());
	file.extend(person);
	file
}

fn text<T: serde::Serialize>(value: &Result<T, json::JsonError>) -> Vec<u8> {
	let value = value.as_ref().expect("the points are valid");
	serde_json::to_vec(value).expect("it is JSON")
}

/// The module of a circuit without inputs whose witness is 1, with a body for `init`.
fn module(init: &str) -> Vec<u8> {
	let source = include_str!("circuit.wat").replace(";; init", init);
	wat::parse_str(source).expect("it is a module")
}

/// Quantised models, each with another last operator, and models of records.
fn models() -> Vec<(String, Vec<u8>)> {
	let lists = |lists: &[&[i64]]| lists.iter().map(|list| list.to_vec()).collect::<Vec<_>>();
	let mut models = vec![("gemm".into(), model(gemm(), Vec::new()).encode_to_vec())];
	for (op, lists, attributes) in [
		("ArgMax", lists(&[]), vec![("axis", 1)]),
		("Cast", lists(&[]), vec![("to", 6)]),
		("Expand", lists(&[&[3, 1, 2]]), vec![]),
		("Gather", lists(&[&[1, 0]]), vec![("axis", 1)]),
		("LayerNormalization", lists(&[&[1, 1]]), vec![("axis", 1)]),
		("Pad", lists(&[&[0, -1, 1, 2]]), vec![]),
		("ReduceMax", lists(&[&[1]]), vec![]),
		("ReduceMean", lists(&[&[1]]), vec![]),
		("Relu", lists(&[]), vec![]),
		("Reshape", lists(&[&[2, 1]]), vec![]),
		("Sigmoid", lists(&[]), vec![]),
		("Slice", lists(&[&[-1], &[i64::MIN], &[-1], &[-1]]), vec![]),
		("Softmax", lists(&[]), vec![("axis", 1)]),
		("TopK", lists(&[&[2]]), vec![("largest", 1)]),
		("Transpose", lists(&[]), vec![]),
	] {
		let names: Vec<String> = (0..lists.len()).map(|index| format!("l{index}")).collect();
		let inputs: Vec<&str> = ["d"].into_iter().chain(names.iter().map(String::as_str)).collect();
		let node = node(op, &inputs, "logits", &attributes);
		let constants = names.iter().zip(&lists).map(|(name, list)| {
			let raw = list.iter().flat_map(|value| value.to_le_bytes()).collect();
			tensor(name, DataType::Int64, &[list.len() as i64], raw)
		});
		let model = model(vec![node], constants.collect());
		models.push((op.to_lowercase(), model.encode_to_vec()));
	}
	for (name, bytes, record) in [
		(
			"linear",
			&include_bytes!("../../../tests/models/trees/svc-like.onnx")[..],
			include_str!("../../../tests/models/trees/svc-like.json"),
		),
		(
			"trees",
			include_bytes!("../../../tests/models/trees/ensemble-v5.onnx"),
			include_str!("../../../tests/models/trees/ensemble-v5.json"),
		),
	] {
		let mut model = ModelProto::decode(bytes).expect("it is a model");
		let (key, value) = ("zkml.record".into(), record.into());
		model.metadata_props.push(StringStringEntryProto { key, value });
		models.push((name.into(), model.encode_to_vec()));
	}
	models
}

fn tensor(name: &str, r#type: DataType, dims: &[i64], raw_data: Vec<u8>) -> TensorProto {
	let (name, dims) = (name.into(), dims.into());
	TensorProto { name, data_type: r#type as i32, dims, raw_data, ..Default::default() }
}

fn floats(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
	tensor(name, DataType::Float, dims, values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

fn node(op: &str, inputs: &[&str], output: &str, attributes: &[(&str, i64)]) -> NodeProto {
	let attribute = |&(name, i): &(&str, i64)| AttributeProto {
		name: name.into(),
		r#type: AttributeType::Int as i32,
		i,
		..Default::default()
	};
	NodeProto {
		op_type: op.into(),
		input: inputs.iter().map(|&name| name.into()).collect(),
		output: vec![output.into()],
		attribute: attributes.iter().map(attribute).collect(),
		..Default::default()
	}
}

/// `d · W + b` for two inputs and two outputs, all scales 1.
fn gemm() -> Vec<NodeProto> {
	vec![
		node("DequantizeLinear", &["w", "ws"], "wd", &[("axis", 1)]),
		node("DequantizeLinear", &["b", "ws"], "bd", &[("axis", 0)]),
		node("Gemm", &["d", "wd", "bd"], "logits", &[]),
	]
}

/// A model that quantises two numbers `x` to `d`, and makes `logits` of them.
fn model(nodes: Vec<NodeProto>, constants: Vec<TensorProto>) -> ModelProto {
	let dim = |size| shape::Dimension {
		value: Some(shape::dimension::Value::DimValue(size)),
		..Default::default()
	};
	let value = |name: &str| ValueInfoProto {
		name: name.into(),
		r#type: Some(TypeProto {
			value: Some(type_proto::Value::TensorType(type_proto::Tensor {
				elem_type: DataType::Float as i32,
				shape: Some(TensorShapeProto { dim: vec![dim(1), dim(2)] }),
			})),
			..Default::default()
		}),
		..Default::default()
	};
	let mut node = vec![
		node("QuantizeLinear", &["x", "one", "zero"], "q", &[]),
		node("DequantizeLinear", &["q", "one", "zero"], "d", &[]),
	];
	node.extend(nodes);
	let mut initializer = vec![
		floats("one", &[], &[1.0]),
		tensor("zero", DataType::Uint8, &[], vec![0]),
		tensor("w", DataType::Int8, &[2, 2], vec![1, 2, 3, 4]),
		floats("ws", &[2], &[1.0, 1.0]),
		tensor("b", DataType::Int32, &[2], vec![5, 0, 0, 0, 6, 0, 0, 0]),
	];
	initializer.extend(constants);
	let (input, output) = (vec![value("x")], vec![value("logits")]);
	ModelProto {
		ir_version: 10,
		opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 21 }],
		graph: Some(GraphProto { node, initializer, input, output, ..Default::default() }),
		..Default::default()
	}
}
