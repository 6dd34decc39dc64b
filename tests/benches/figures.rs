//! The figures that the README states. Run with `make bench`; prints the machine it ran on.

use std::time::{Duration, Instant};
use zkml_circuits::{
	compile, lower,
	onnx::{protobuf as pb, Model},
	quantize,
	r1cs::write_r1cs,
	samples::Samples,
	InputChoice, Options, OutputChoice,
};
use zkml_cli::ui::{bytes, time};
use zkml_primitives::Context;
use zkml_prover::{verify, zkey, Manifest, SetupKind, FORMAT};
use zkml_tests::digits::{samples, Digits};

fn main() {
	machine();
	digits();
	wide();
}

fn machine() {
	let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
	let model =
		info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
	let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
	println!("machine: {}, {cores} cores", model.trim_start_matches([' ', '\t', ':']));
}

/// Minimum, median and maximum of several runs.
fn measure(runs: usize, mut run: impl FnMut()) -> String {
	let mut times: Vec<Duration> = (0..runs)
		.map(|_| {
			let start = Instant::now();
			run();
			start.elapsed()
		})
		.collect();
	times.sort();
	let [least, middle, most] = [times[0], times[runs / 2], times[runs - 1]].map(time);
	format!("{middle} (median of {runs}, {least} to {most})")
}

fn digits() {
	for (name, options) in [
		("private input, logits", Options::default()),
		(
			"public input, argmax",
			Options { input: InputChoice::Public, output: OutputChoice::Argmax },
		),
	] {
		println!("\ndigits 64-32-10, {name}");
		let digits = Digits::new(options);
		let heldout = samples("heldout.npz", &digits.float);
		let image = heldout.iter().next().expect("images");
		println!("  constraints       {}", digits.circuit.r1cs.constraints());
		println!("  public signals    {}", digits.circuit.r1cs.signals());
		let manifest = Manifest {
			format: FORMAT,
			tool: String::new(),
			setup: SetupKind::Development,
			circuit_sha256: String::new(),
			model_sha256: String::new(),
			interface: digits.circuit.interface,
		};
		let mut file = Vec::new();
		zkey::write(&digits.key, &manifest, &mut file).expect("memory");
		println!("  proving key       {}", bytes(file.len() as u64));
		let mut rng = rand::rngs::OsRng;
		let setup = measure(5, || drop(zkml_prover::setup(&digits.circuit.r1cs, &mut rng)));
		println!("  setup             {setup}");
		println!("  load the key      {}", measure(9, || drop(zkey::read(&file))));
		let context = Context([1; 32]);
		println!("  witness           {}", measure(21, || drop(digits.assign(image, &context))));
		let assignment = digits.assign(image, &context);
		println!("  prove             {}", measure(21, || drop(digits.prove(&assignment))));
		let proof = digits.prove(&assignment);
		let signals = assignment.statement.signals();
		let check = || verify(&digits.verifying_key, signals, &proof).expect("a valid proof");
		println!("  verify, natively  {}", measure(21, check));
	}
}

/// 784-2048-10 with weights from a fixed generator: how long compiling takes.
fn wide() {
	println!("\n784-2048-10, 1.6 M weights");
	let float = Model::from_proto(wide_model(), None).expect("a model");
	let mut npz = std::io::Cursor::new(Vec::new());
	write_samples(&mut npz);
	npz.set_position(0);
	let samples = Samples::read_npz(npz, &float.input.shape).expect("samples");
	let quantized = quantize::quantize(&float, &samples).expect("a quantised model");
	let onnx = quantize::encode(&quantized.proto);
	let work = || {
		let model = Model::read(&onnx, None).expect("an ONNX file");
		compile(&lower(&model).expect("a graph"), &Options::default()).expect("a circuit")
	};
	println!("  read and compile  {}", measure(5, || drop(work())));
	let circuit = work();
	println!("  constraints       {}", circuit.r1cs.constraints());
	let write = || write_r1cs(&circuit.r1cs, &mut std::io::sink()).expect("a sink");
	println!("  write .r1cs       {}", measure(5, write));
}

/// Uniform in [-1, 1), from a linear congruential generator (Knuth, MMIX).
struct Generator(u64);

impl Generator {
	fn next(&mut self) -> f32 {
		self.0 =
			self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
		(self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
	}
}

fn write_samples(out: &mut std::io::Cursor<Vec<u8>>) {
	let mut generator = Generator(1);
	let values = (0..32 * 784).map(|_| (generator.next() * 128.0 + 128.0).floor()).collect();
	let array = ndarray::Array2::from_shape_vec((32, 784), values).expect("a shape");
	let mut npz = ndarray_npy::NpzWriter::new(out);
	npz.add_array("x", &array).expect("memory");
	npz.finish().expect("memory");
}

fn wide_model() -> pb::ModelProto {
	let mut generator = Generator(2);
	let mut tensor = |name: &str, dims: &[i64], scale: f32| pb::TensorProto {
		name: name.into(),
		data_type: pb::tensor_proto::DataType::Float as i32,
		dims: dims.to_vec(),
		float_data: (0..dims.iter().product::<i64>()).map(|_| generator.next() * scale).collect(),
		..Default::default()
	};
	let initializer = vec![
		tensor("w1", &[2048, 784], 0.01),
		tensor("b1", &[2048], 0.1),
		tensor("w2", &[10, 2048], 0.02),
		tensor("b2", &[10], 0.1),
	];
	let transposed = || {
		vec![pb::AttributeProto {
			name: "transB".into(),
			r#type: pb::attribute_proto::AttributeType::Int as i32,
			i: 1,
			..Default::default()
		}]
	};
	let node = |op: &str, inputs: &[&str], output: &str, attribute| pb::NodeProto {
		op_type: op.into(),
		name: output.into(),
		input: inputs.iter().map(|&name| name.into()).collect(),
		output: vec![output.into()],
		attribute,
		..Default::default()
	};
	let value = |name: &str, sizes: &[i64]| {
		use pb::{tensor_shape_proto as shape, type_proto};
		let dim = sizes
			.iter()
			.map(|&size| shape::Dimension {
				value: Some(shape::dimension::Value::DimValue(size)),
				..Default::default()
			})
			.collect();
		pb::ValueInfoProto {
			name: name.into(),
			r#type: Some(pb::TypeProto {
				value: Some(type_proto::Value::TensorType(type_proto::Tensor {
					elem_type: pb::tensor_proto::DataType::Float as i32,
					shape: Some(pb::TensorShapeProto { dim }),
				})),
				..Default::default()
			}),
			..Default::default()
		}
	};
	pb::ModelProto {
		ir_version: 8,
		opset_import: vec![pb::OperatorSetIdProto { domain: String::new(), version: 17 }],
		graph: Some(pb::GraphProto {
			name: "wide".into(),
			node: vec![
				node("Gemm", &["x", "w1", "b1"], "sums", transposed()),
				node("Relu", &["sums"], "hidden", vec![]),
				node("Gemm", &["hidden", "w2", "b2"], "logits", transposed()),
			],
			initializer,
			input: vec![value("x", &[1, 784])],
			output: vec![value("logits", &[1, 10])],
			..Default::default()
		}),
		..Default::default()
	}
}
