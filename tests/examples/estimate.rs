//! What setups and proofs take, for the model in `prover/src/estimate.rs`:
//! `cargo run --release -p zkml-tests --example estimate`.
//!
//! One line for each circuit and step, each in a process of its own, so that its peak memory and its
//! processor time are its own: the circuit's sizes, then what was measured and what is estimated.

use std::{io::Cursor, process::Command, time::Instant};
use zkml_circuits::{
	assign, compile, lower,
	onnx::{protobuf::ModelProto, Model},
	quantize::{self, QuantizeOptions},
	r1cs::{read_r1cs, write_r1cs},
	samples::Samples,
	InputChoice, Options, OutputChoice,
};
use zkml_primitives::Context;
use zkml_prover::{
	give_memory_back, setup, zkey, Estimate, Manifest, Map, Prover, SetupKind, FORMAT,
};
use zkml_tests::models::{npz, Chain};

/// Name, shape of a sample, and the model.
type Case = (&'static str, &'static [usize], fn() -> ModelProto);

const CASES: [Case; 9] = [
	("64-32-10", &[64], || dense(64, &[32])),
	("64-120-10", &[64], || dense(64, &[120])),
	("64-300-10", &[64], || dense(64, &[300])),
	("784-56-10", &[784], || dense(784, &[56])),
	("784-512-10", &[784], || dense(784, &[512])),
	("784-900-10", &[784], || dense(784, &[900])),
	("784-2048-10", &[784], || dense(784, &[2048])),
	("lenet, max pools", &[1, 28, 28], || Chain::lenet(3, "MaxPool")),
	("784-2000-60-4000-10", &[784], || dense(784, &[2000, 60, 4000])),
];

/// Dense layers with ReLU between them, and 10 outputs.
fn dense(inputs: i64, hidden: &[i64]) -> ModelProto {
	let mut chain = Chain::new(1, &[1, inputs]);
	let mut from = inputs;
	for &to in hidden {
		chain = chain.gemm(from, to).relu();
		from = to;
	}
	chain.gemm(from, 10).finish(&[1, 10])
}

fn main() {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let folder = tempfile::tempdir().expect("a temporary folder");
	match arguments.as_slice() {
		[step, folder] => run(step, folder.as_ref()),
		_ => {
			println!(
				"circuit,constraints,wires,domain,nzA,nzB,nzC,columnsA,columnsB,step,cpu s,wall s,\
				 memory MB,estimated cpu s,estimated MB"
			);
			let program = std::env::current_exe().expect("a running program has a path");
			for case in &CASES {
				prepare(case, folder.path());
				for step in ["setup", "prove"] {
					print!("{},", case.0.replace(',', ""));
					use std::io::Write;
					std::io::stdout().flush().expect("a terminal or a file");
					let mut command = Command::new(&program);
					let status = command.arg(step).arg(folder.path()).status().expect("itself");
					assert!(status.success(), "{step} of {}", case.0);
				}
			}
		},
	}
}

/// Writes the circuit, the quantised model and an input.
fn prepare(&(_, sample, model): &Case, folder: &std::path::Path) {
	let float = Model::from_proto(model(), None).expect("a model");
	let file = Cursor::new(npz(1, 16, sample, 0.0, 255.0));
	let samples = Samples::read_npz(file, &float.input.shape).expect("samples");
	let quantized = quantize::quantize(&float, &samples, &QuantizeOptions::default());
	let onnx = quantize::encode(&quantized.expect("a quantised model").proto);
	let graph = lower(&Model::read(&onnx, None).expect("an ONNX file")).expect("a graph");
	let circuit = compile(&graph, &OPTIONS).expect("a circuit");
	let mut r1cs = Vec::new();
	write_r1cs(&circuit.r1cs, &mut r1cs).expect("memory");
	let input = graph.saturate_input(samples.iter().next().expect("a sample"));
	let input: Vec<u8> = input.iter().flat_map(|value| value.to_le_bytes()).collect();
	for (name, bytes) in [("model.onnx", onnx), ("circuit.r1cs", r1cs), ("input", input)] {
		std::fs::write(folder.join(name), bytes).expect("room on the disk");
	}
}

const OPTIONS: Options = Options::new(InputChoice::Private, OutputChoice::Logits);

/// Runs a step as the command line does, and prints what it took.
fn run(step: &str, folder: &std::path::Path) {
	let read = |name: &str| std::fs::read(folder.join(name)).expect("a file");
	let mut rng = rand::rngs::OsRng;
	// Short steps are repeated, as the processor's time is counted in hundredths of a second.
	let start = Instant::now();
	let mut runs = 0;
	while runs == 0 || start.elapsed().as_secs_f64() < 1.0 {
		match step {
			"setup" => {
				let r1cs = read_r1cs(&read("circuit.r1cs")).expect("a circuit");
				let key = setup(&r1cs, &mut rng).expect("a key");
				let mut file = Vec::new();
				zkey::write(&key, &manifest(), &mut file).expect("memory");
				std::fs::write(folder.join("key.zkey"), file).expect("room on the disk");
			},
			_ => {
				let model = Model::read(&read("model.onnx"), None).expect("an ONNX file");
				let graph = lower(&model).expect("a graph");
				give_memory_back();
				let map = Map::open(&folder.join("key.zkey")).expect("a file");
				let prover = Prover::mapped(map).expect("a key");
				let input: Vec<i64> = read("input")
					.chunks_exact(8)
					.map(|bytes| i64::from_le_bytes(bytes.try_into().expect("8 bytes")))
					.collect();
				let assignment = assign(&graph, &OPTIONS, &input, &Context([1; 32]));
				let witness = assignment.expect("a witness").witness;
				prover.prove(&witness, &mut rng).expect("a proof");
			},
		}
		runs += 1;
	}
	let wall = start.elapsed().as_secs_f64() / f64::from(runs);
	let cpu = processor_seconds() / f64::from(runs);
	let memory = peak_memory();
	let r1cs = read_r1cs(&read("circuit.r1cs")).expect("a circuit");
	let estimate = Estimate::of(&r1cs);
	let (seconds, bytes) = match step {
		"setup" => (estimate.setup_cpu_seconds, estimate.setup_memory_bytes),
		_ => (estimate.prove_cpu_seconds, estimate.prove_memory_bytes),
	};
	let columns = |matrix: &zkml_circuits::r1cs::Matrix| {
		let mut seen = vec![false; r1cs.wires as usize];
		(0..matrix.rows()).for_each(|row| {
			matrix.row(row).for_each(|(wire, _)| seen[wire.0 as usize] = true);
		});
		seen.iter().filter(|&&seen| seen).count()
	};
	println!(
		"{},{},{},{},{},{},{},{},{step},{cpu:.4},{wall:.4},{:.1},{seconds:.4},{:.1}",
		r1cs.constraints(),
		r1cs.wires,
		estimate.domain,
		r1cs.a.non_zeros(),
		r1cs.b.non_zeros(),
		r1cs.c.non_zeros(),
		columns(&r1cs.a),
		columns(&r1cs.b),
		memory as f64 / 1e6,
		bytes as f64 / 1e6,
	);
}

fn manifest() -> Manifest {
	use zkml_primitives::{InputVisibility, Interface, OutputKind, WeightsVisibility};
	Manifest {
		format: FORMAT,
		tool: String::new(),
		setup: SetupKind::Development,
		circuit_sha256: String::new(),
		model_sha256: String::new(),
		interface: Interface {
			input: InputVisibility::Private,
			weights: WeightsVisibility::Public,
			output: OutputKind::Argmax { classes: 10 },
		},
	}
}

/// Seconds that all threads of this process computed, and the system for them.
fn processor_seconds() -> f64 {
	let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
	let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
	// Fields 14 and 15 of proc(5), in hundredths of a second; the third is the first here.
	let ticks = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
	ticks.sum::<f64>() / 100.0
}

/// The most memory that this process had, in bytes.
fn peak_memory() -> u64 {
	let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
	let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
	line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}
