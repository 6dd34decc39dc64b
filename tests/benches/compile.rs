//! What models cost to compile: constraints, time, memory. Run with `make bench`; each model runs in
//! a process of its own, so that memory is its own.

use rand::rngs::OsRng;
use std::{
	io::{Cursor, Write},
	process::Command,
	time::Instant,
};
use zkml_circuits::{
	assign_with, compile,
	gadgets::lookup::Table,
	lower, lower_committed,
	onnx::{protobuf::ModelProto, Model},
	quantize::{self, QuantizeOptions},
	r1cs::write_r1cs,
	samples::Samples,
	Bounds, Curve, Extras, Graph, InputChoice, Options, OutputChoice, Record, Salt, WeightsChoice,
	WEIGHT_BITS,
};
use zkml_cli::ui::{bytes, time};
use zkml_primitives::Context;
use zkml_tests::{
	models::{npz, Chain},
	programs::root,
};

/// Name, shape of a sample, and the model. Of one whose name says so, weights and input are
/// committed.
type Case = (&'static str, &'static [usize], fn() -> ModelProto);

const CASES: [Case; 6] = [
	("784-128-10, all committed", &[784], || {
		Chain::new(1, &[1, 784]).gemm(784, 128).relu().gemm(128, 10).finish(&[1, 10])
	}),
	("784-56-10", &[784], || {
		Chain::new(1, &[1, 784]).gemm(784, 56).relu().gemm(56, 10).finish(&[1, 10])
	}),
	("784-2000-60-4000-10", &[784], || {
		let chain = Chain::new(2, &[1, 784]).gemm(784, 2000).relu().gemm(2000, 60).relu();
		chain.gemm(60, 4000).relu().gemm(4000, 10).finish(&[1, 10])
	}),
	("lenet, average pools", &[1, 28, 28], || Chain::lenet(3, "AveragePool")),
	("lenet, max pools", &[1, 28, 28], || Chain::lenet(3, "MaxPool")),
	("resnet-20", &[3, 32, 32], || Chain::resnet20(4)),
];

fn main() {
	// Cargo passes --bench.
	match std::env::args().skip(1).find(|argument| argument != "--bench") {
		Some(name) => {
			let case = CASES.iter().find(|case| case.0 == name).expect("a known model");
			run(case);
		},
		None => {
			let program = std::env::current_exe().expect("a running program has a path");
			for (name, ..) in CASES {
				let status = Command::new(&program).arg(name).status().expect("itself");
				assert!(status.success(), "{name}");
			}
			records();
			functions();
		},
	}
}

/// German credit, from the raw record.
fn records() {
	let folder = root().join("examples/credit");
	let record = std::fs::read_to_string(folder.join("record.json")).expect("a schema");
	let record = Record::read(&record).expect("a record schema");
	for name in ["trees", "logistic"] {
		let bytes = std::fs::read(folder.join(format!("{name}.onnx"))).expect("a model");
		let model = Model::read(&bytes, None).and_then(|model| model.with_record(record.clone()));
		let model = model.expect("a model of the record");
		let samples = |name: &str| {
			let file = std::fs::File::open(folder.join(name)).expect("records");
			Samples::read_npz(file, &model.input.shape).expect("records")
		};
		let options = QuantizeOptions::default();
		let quantized = quantize::quantize(&model, &samples("calibration.npz"), &options);
		let onnx = quantize::encode(&quantized.expect("a quantised model").proto);
		let quantized = Model::read(&onnx, None).expect("an ONNX file");
		let graph = lower(&quantized).expect("a graph");
		let report = quantize::compare(&model, &graph, &samples("heldout.npz")).expect("a report");
		let (float, exact) = report.auc.expect("two classes");
		let circuit = |graph: &Graph, options: Options| {
			compile(graph, &options).expect("a circuit").r1cs.constraints()
		};
		let threshold = OutputChoice::Threshold { tau: 0 };
		let public = circuit(&graph, Options::new(InputChoice::Private, threshold));
		let hidden = lower_committed(&quantized, WEIGHT_BITS).expect("weights of their widths");
		let salt = Salt::random(&mut OsRng);
		let commitment = hidden.weights_commitment(salt).expect("weights");
		let weights = WeightsChoice::Committed { bits: WEIGHT_BITS, commitment };
		let all = Options { input: InputChoice::Committed, weights, output: threshold };
		println!("\nGerman credit, {name}, whether the score passes a threshold");
		println!("  area under curve  {exact:.4} (float {float:.4}), 300 held-out records");
		println!("  labels alike      {:.2} %", report.agreement * 100.0);
		println!("  constraints       {public}");
		println!("    all committed   {}", circuit(&hidden, all));
	}
}

/// Functions of a byte.
fn functions() {
	println!("\nfunctions of a byte");
	let bounds = Bounds { lo: -128, hi: 127 };
	for curve in [Curve::Sigmoid, Curve::Tanh, Curve::Gelu, Curve::Silu, Curve::Exp] {
		let value = |x: i64| (curve.apply(x as f32 / 32.0) * 64.0).round_ties_even() as i64;
		let table = Table::new(-128, (-128..=127).map(value).collect());
		println!("  {:16}  {} constraints", curve.name(), table.cost(bounds));
	}
}

/// Counts what is written.
struct Count(u64);

impl Write for Count {
	fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
		self.0 += bytes.len() as u64;
		Ok(bytes.len())
	}

	fn flush(&mut self) -> std::io::Result<()> {
		Ok(())
	}
}

fn run(&(name, sample, model): &Case) {
	println!("\n{name}");
	let float = Model::from_proto(model(), None).expect("a model");
	let file = Cursor::new(npz(1, 16, sample, 0.0, 255.0));
	let samples = Samples::read_npz(file, &float.input.shape).expect("samples");
	let start = Instant::now();
	let quantized = quantize::quantize(&float, &samples, &QuantizeOptions::default());
	let onnx = quantize::encode(&quantized.expect("a quantised model").proto);
	println!("  quantise          {}", time(start.elapsed()));
	drop((float, model));

	// The peak that counts is that of reading and compiling.
	let _ = std::fs::write("/proc/self/clear_refs", "5");
	let before = resident("VmRSS:");
	let start = Instant::now();
	let model = Model::read(&onnx, None).expect("an ONNX file");
	let mut graph = lower(&model).expect("a graph");
	let (mut options, mut extras) = (Options::default(), Extras::default());
	if name.ends_with("all committed") {
		graph = lower_committed(&model, WEIGHT_BITS).expect("weights of 8 bits");
		let salt = Salt::random(&mut OsRng);
		let commitment = graph.weights_commitment(salt).expect("weights");
		let weights = WeightsChoice::Committed { bits: WEIGHT_BITS, commitment };
		options = Options { input: InputChoice::Committed, weights, ..options };
		extras = Extras { input_salt: Some(salt), weights_salt: Some(salt), ..Extras::default() };
	}
	let circuit = compile(&graph, &options).expect("a circuit");
	let elapsed = start.elapsed();
	let peak = resident("VmHWM:").saturating_sub(before);
	let multiply_adds: u64 = circuit.layers.iter().map(|layer| layer.multiply_adds).sum();
	let mut file = Count(0);
	write_r1cs(&circuit.r1cs, &mut file).expect("a counter");
	println!("  multiply-adds     {multiply_adds}");
	println!("  constraints       {}", circuit.r1cs.constraints());
	if name.ends_with("all committed") {
		let layers = |op: &str| {
			let layers = circuit.layers.iter().filter(|layer| layer.op == op);
			layers.map(|layer| layer.constraints).sum::<usize>()
		};
		let ranges = layers("committed weights");
		println!("    range checks    {ranges}");
		println!("    without them    {}", circuit.r1cs.constraints() - ranges);
		println!("    commitment      {}", layers("commitment"));
	}
	println!("  wires             {}", circuit.r1cs.wires);
	let non_zeros = [&circuit.r1cs.a, &circuit.r1cs.b, &circuit.r1cs.c].map(|m| m.non_zeros());
	println!("  non-zeros         {non_zeros:?}");
	println!(
		"  read and compile  {} ({} per 10 M multiply-adds)",
		time(elapsed),
		time(elapsed.mul_f64(1e7 / multiply_adds as f64))
	);
	println!(
		"  memory            {}, {:.2} times the .r1cs file of {}",
		bytes(peak),
		peak as f64 / file.0 as f64,
		bytes(file.0)
	);
	let input = graph.saturate_input(samples.iter().next().expect("a sample"));
	let start = Instant::now();
	let assignment = assign_with(&graph, &options, &input, &Context([1; 32]), &extras);
	println!("  fill the witness  {}", time(start.elapsed()));
	let violated = circuit.r1cs.first_violation(&assignment.expect("a witness").witness);
	assert_eq!(violated, None, "the witness satisfies the constraints");
	if std::env::var_os("ZKML_LAYERS").is_some() {
		for layer in &circuit.layers {
			println!("    {layer:?}");
		}
	}
}

/// A line of this process's status, in bytes.
fn resident(field: &str) -> u64 {
	let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
	let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or("0 kB");
	line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}
