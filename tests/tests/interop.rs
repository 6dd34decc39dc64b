//! Independent programs agree: onnxruntime on integers, snarkjs on proofs, witnesses and keys.

use rand::{rngs::StdRng, Rng, SeedableRng};
use serde_json::json;
use std::{
	fs::{self, File},
	io::{BufWriter, Cursor, Write},
	process::{Command, Output, Stdio},
};
use zkml_circuits::{
	assign, commit, compile, lower,
	onnx::{protobuf::ModelProto, Model},
	quantize,
	r1cs::{write_r1cs, write_wtns},
	samples::Samples,
	schema_id, Assignment, CommitmentKind, Element, InputChoice, Options, OutputChoice, Salt,
	Section,
};
use zkml_primitives::{Context, Proof};
use zkml_prover::{json as snarkjs_json, verify, zkey, Manifest, SetupKind, FORMAT};
use zkml_tests::{
	examples::{file, Example, Ready, NAMES},
	models::{npz, Chain},
	programs::{npm, python, root},
};

const CONTEXT: Context = Context([3; 32]);

/// The example, proven, in the files of snarkjs.
struct Files {
	folder: tempfile::TempDir,
	digits: Ready,
	assignment: Assignment,
	proof: Proof,
}

impl Files {
	fn new(options: Options) -> Self {
		Self::of(Ready::new("digits", options))
	}

	fn of(digits: Ready) -> Self {
		let heldout = digits.example.heldout();
		let assignment = digits.assign(heldout.iter().next().unwrap(), &CONTEXT);
		let proof = digits.prove(&assignment);
		let folder = tempfile::tempdir().unwrap();
		let path = |name: &str| folder.path().join(name);
		let create = |name: &str| BufWriter::new(File::create(path(name)).unwrap());
		let manifest = Manifest {
			format: FORMAT,
			tool: "zkml tests".into(),
			setup: SetupKind::Development,
			circuit_sha256: String::new(),
			model_sha256: String::new(),
			interface: digits.circuit.interface,
		};
		let key = snarkjs_json::verifying_key_to_json(&digits.verifying_key, Some(&manifest));
		let signals = assignment.statement.signals();
		let write = |name: &str, value: serde_json::Value| {
			fs::write(path(name), value.to_string()).unwrap();
		};
		write("verification_key.json", json!(key.unwrap()));
		write("proof.json", json!(snarkjs_json::proof_to_json(&proof).unwrap()));
		write("public.json", json!(snarkjs_json::signals_to_json(signals).unwrap()));
		write_r1cs(&digits.circuit.r1cs, &mut create("circuit.r1cs")).unwrap();
		write_wtns(&assignment.witness, &mut create("witness.wtns")).unwrap();
		zkey::write(&digits.key, &manifest, create("key.zkey")).unwrap();
		Self { folder, digits, assignment, proof }
	}

	fn snarkjs(&self, arguments: &[&str]) -> Output {
		Command::new("node")
			.arg(root().join("tests/oracles/snarkjs.mjs"))
			.args(arguments)
			.env("ZKML_NPM", npm())
			.current_dir(self.folder.path())
			.output()
			.expect("node is installed")
	}
}

fn says_yes(output: &Output) {
	let text = String::from_utf8_lossy(&output.stdout).into_owned()
		+ &String::from_utf8_lossy(&output.stderr);
	assert_eq!(output.status.code(), Some(0), "{text}");
}

/// 1 is a refusal; anything else would be a program that broke.
fn says_no(output: &Output) {
	let text = String::from_utf8_lossy(&output.stdout).into_owned()
		+ &String::from_utf8_lossy(&output.stderr);
	assert_eq!(output.status.code(), Some(1), "{text}");
}

const ALL: [Options; 2] = [
	Options::new(InputChoice::Private, OutputChoice::Logits),
	Options::new(InputChoice::Public, OutputChoice::Argmax),
];

const VERIFY: [&str; 4] = ["verify", "verification_key.json", "public.json", "proof.json"];

#[test]
fn snarkjs_verifies_our_proof() {
	for options in ALL {
		let files = Files::new(options);
		says_yes(&files.snarkjs(&VERIFY));
		let path = files.folder.path().join("public.json");
		let signals = files.assignment.statement.signals();
		for index in 0..signals.len() {
			let mut forged = signals.to_vec();
			forged[index][0] ^= 1;
			let forged = json!(snarkjs_json::signals_to_json(&forged).unwrap());
			fs::write(&path, forged.to_string()).unwrap();
			says_no(&files.snarkjs(&VERIFY));
		}
	}
}

#[test]
fn snarkjs_finds_our_witness_right() {
	for options in ALL {
		let files = Files::new(options);
		let check = ["check-witness", "circuit.r1cs", "witness.wtns"];
		says_yes(&files.snarkjs(&check));
		let mut forged = files.assignment.witness.clone();
		let last = forged.len() - 1;
		forged[last] += Element::from(1);
		let out = File::create(files.folder.path().join("witness.wtns")).unwrap();
		write_wtns(&forged, &mut BufWriter::new(out)).unwrap();
		says_no(&files.snarkjs(&check));
	}
}

#[test]
fn snarkjs_proves_with_our_key_and_we_verify() {
	let files = Files::new(ALL[0]);
	says_yes(&files.snarkjs(&["prove", "key.zkey", "witness.wtns", "theirs"]));
	let read =
		|name: &str| fs::read_to_string(files.folder.path().join("theirs").join(name)).unwrap();
	let proof = snarkjs_json::read_proof(&read("proof.json")).unwrap();
	let signals = snarkjs_json::read_signals(&read("public.json")).unwrap();
	assert_eq!(signals, files.assignment.statement.signals());
	assert_ne!(proof, files.proof);
	verify(&files.digits.verifying_key, &signals, &proof).unwrap();
}

/// Asks onnxruntime whether its outputs on these samples are our integers, at every level of
/// optimisation.
fn onnxruntime(model: &[u8], samples: &[u8], exponent: i32, integers: &[Vec<i64>]) -> Output {
	let folder = tempfile::tempdir().unwrap();
	let write = |name: &str, bytes: &[u8]| {
		let path = folder.path().join(name);
		fs::write(&path, bytes).unwrap();
		path
	};
	let expected = json!({ "exponent": exponent, "logits": integers }).to_string();
	Command::new(python())
		.arg(root().join("tests/oracles/check_quantized.py"))
		.arg(write("model.q.onnx", model))
		.arg(write("samples.npz", samples))
		.arg(write("expected.json", expected.as_bytes()))
		.output()
		.expect("python is installed")
}

#[test]
fn onnxruntime_computes_the_same_integers_on_all_held_out_samples() {
	const SAMPLES: [usize; 10] = [450, 2_000, 143, 1_200, 370, 1_029, 2_000, 300, 2_000, 2_000];
	for (name, samples) in NAMES.into_iter().zip(SAMPLES) {
		let example = Example::new(name);
		let heldout = example.heldout();
		assert_eq!(heldout.len(), samples, "{name}");
		let graph = &example.graph;
		let input = |sample: &[f32]| graph.quantize_input(sample).unwrap();
		let mut logits: Vec<Vec<i64>> =
			heldout.iter().map(|sample| graph.evaluate(&input(sample))).collect();
		let exponent = graph.output.scale.log2() as i32;
		let heldout = fs::read(file(name, "heldout.npz")).unwrap();
		says_yes(&onnxruntime(&example.onnx, &heldout, exponent, &logits));
		logits[samples - 1][1] += 1;
		says_no(&onnxruntime(&example.onnx, &heldout, exponent, &logits));
	}
}

#[test]
fn quantising_the_examples_keeps_their_labels() {
	for name in NAMES {
		let example = Example::new(name);
		let report = quantize::compare(&example.float, &example.graph, &example.heldout()).unwrap();
		let (float, quantized) = (report.float.unwrap(), report.quantized.unwrap());
		println!(
			"{name}: float {float:.4}, quantised {quantized:.4}, alike {:.4}",
			report.agreement
		);
		assert!((float - quantized).abs() <= 0.005, "{name}: {report:?}");
		// Of several columns that win as soon, rounding may choose another.
		let least = match name {
			"connect-four" => 0.975,
			// Simulated polls lie close together.
			"delegate" => 0.99,
			_ => 0.995,
		};
		assert!(report.agreement >= least, "{name}: {report:?}");
	}
}

/// A transformer has operators of real numbers, so its integers are near onnxruntime's and not the
/// same; its labels are.
#[test]
fn a_quantised_transformer_keeps_its_labels() {
	let example = Example::new("transformer");
	let heldout = example.heldout();
	let report = quantize::compare(&example.float, &example.graph, &heldout).unwrap();
	println!("{report:?}");
	assert!(report.agreement >= 0.985, "{report:?}");
	let (float, quantized) = (report.float.unwrap(), report.quantized.unwrap());
	assert!((float - quantized).abs() <= 0.01, "{report:?}");
	let options = Options::new(InputChoice::Private, OutputChoice::Argmax);
	let circuit = compile(&example.graph, &options).unwrap();
	println!("{} constraints", circuit.r1cs.constraints());
	for sample in heldout.iter().take(2) {
		let input = example.graph.quantize_input(sample).unwrap();
		let assignment = assign(&example.graph, &options, &input, &CONTEXT).unwrap();
		assert_eq!(circuit.r1cs.first_violation(&assignment.witness), None);
	}
}

/// What the Connect Four example claims: its moves, of those that the rules allow.
#[test]
fn quantised_moves_are_as_often_optimal() {
	let example = Example::new("connect-four");
	let file = fs::File::open(file("connect-four", "heldout.npz")).unwrap();
	let mut npz = ndarray_npy::NpzReader::new(file).unwrap();
	let [masks, optimal]: [ndarray::Array2<u8>; 2] =
		["mask", "optimal"].map(|name| npz.by_name(name).unwrap());
	let mut right = 0;
	for ((sample, mask), optimal) in
		example.heldout().iter().zip(masks.outer_iter()).zip(optimal.outer_iter())
	{
		let scores = example.graph.evaluate(&example.graph.quantize_input(sample).unwrap());
		let mut best: Option<usize> = None;
		for column in (0..7).filter(|&column| mask[column] == 1) {
			best = best.filter(|&best| scores[best] >= scores[column]).or(Some(column));
		}
		right += usize::from(optimal[best.expect("a column that is not full")]);
	}
	println!("{right} of 2,000 moves are optimal");
	assert!(right >= 1_550, "{right} of 2,000");
}

#[test]
fn witnesses_of_the_examples_satisfy_their_circuits() {
	for name in NAMES {
		let example = Example::new(name);
		for output in [OutputChoice::Logits, OutputChoice::Argmax] {
			let options = Options::new(InputChoice::Private, output);
			let circuit = compile(&example.graph, &options).unwrap();
			println!("{name}, {output:?}: {} constraints", circuit.r1cs.constraints());
			for sample in example.heldout().iter().take(5) {
				let input = example.graph.quantize_input(sample).unwrap();
				let assignment = assign(&example.graph, &options, &input, &CONTEXT).unwrap();
				assert_eq!(circuit.r1cs.first_violation(&assignment.witness), None, "{name}");
			}
		}
	}
}

#[test]
fn snarkjs_verifies_a_proof_of_hidden_input_and_weights() {
	let files = Files::of(Ready::hidden("digits", OutputChoice::Argmax));
	println!("{} constraints", files.digits.circuit.r1cs.constraints());
	says_yes(&files.snarkjs(&["check-witness", "circuit.r1cs", "witness.wtns"]));
	says_yes(&files.snarkjs(&VERIFY));
	let path = files.folder.path().join("public.json");
	let mut public: Vec<String> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
	assert_eq!(public.len(), 4, "label, two commitments, context");
	public[2] = public[1].clone();
	fs::write(&path, json!(public).to_string()).unwrap();
	says_no(&files.snarkjs(&VERIFY));
}

/// Commitments as circomlibjs makes them from the same description.
#[test]
fn circomlibjs_commits_alike() {
	let mut rng = StdRng::seed_from_u64(5);
	let mut requests = Vec::new();
	let mut ours = Vec::new();
	for (widths, counts) in [
		(vec![8], vec![1]),
		(vec![8], vec![64]),
		(vec![1], vec![253 * 13]),
		(vec![1], vec![253 * 13 + 1]),
		(vec![32], vec![7 * 13 + 7 * 15]),
		(vec![5], vec![3_000]),
		(vec![8, 32], vec![2_368, 42]),
	] {
		let values = |(&width, &count): (&u32, &usize)| {
			let values = (0..count).map(|_| rng.gen_range(0..1u64 << width)).collect();
			Section { width, values }
		};
		let sections: Vec<Section<u64>> = widths.iter().zip(&counts).map(values).collect();
		let (kind, number) = match sections.len() {
			1 => (CommitmentKind::Input, 1),
			_ => (CommitmentKind::Weights, 2),
		};
		let schema = schema_id(format!("{counts:?}").as_bytes());
		let salt = Salt::random(&mut rng);
		let section =
			|Section { width, values }: &Section<u64>| json!({ "width": width, "values": values });
		requests.push(json!({
			"kind": number,
			"schema": hex::encode(schema.0),
			"salt": hex::encode(salt.to_bytes()),
			"sections": sections.iter().map(section).collect::<Vec<_>>(),
		}));
		ours.push(hex::encode(commit(kind, schema, &sections, salt).unwrap().0));
	}
	let mut child = Command::new("node")
		.arg(root().join("tests/oracles/commitment.mjs"))
		.env("ZKML_NPM", npm())
		.stdin(Stdio::piped())
		.stdout(Stdio::piped())
		.spawn()
		.expect("node is installed");
	let input = json!(requests).to_string();
	child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
	let output = child.wait_with_output().unwrap();
	assert!(output.status.success());
	let theirs: Vec<String> = serde_json::from_slice(&output.stdout).unwrap();
	assert_eq!(theirs, ours);
}

/// Quantises, compiles, fills and checks a made-up model, and compares it with onnxruntime.
fn agrees(float: ModelProto, calibration: &[u8]) {
	let float = Model::from_proto(float, None).unwrap();
	let samples = Samples::read_npz(Cursor::new(calibration), &float.input.shape).unwrap();
	let quantized = quantize::quantize(&float, &samples, &Default::default()).unwrap();
	let onnx = quantize::encode(&quantized.proto);
	let graph = lower(&Model::read(&onnx, None).unwrap()).unwrap();
	let inputs: Vec<Vec<i64>> = samples.iter().map(|sample| graph.saturate_input(sample)).collect();
	let logits: Vec<Vec<i64>> = inputs.iter().map(|input| graph.evaluate(input)).collect();
	for options in ALL {
		let circuit = compile(&graph, &options).unwrap();
		println!("{} constraints, {options:?}", circuit.r1cs.constraints());
		for input in inputs.iter().take(5) {
			let assignment = assign(&graph, &options, input, &CONTEXT).unwrap();
			assert_eq!(circuit.r1cs.first_violation(&assignment.witness), None, "{options:?}");
		}
	}
	says_yes(&onnxruntime(&onnx, calibration, graph.output.scale.log2() as i32, &logits));
}

#[test]
fn onnxruntime_agrees_on_matmul_add_and_flatten() {
	let float = Chain::new(11, &[1, 2, 3, 4]).flatten().matmul_add(24, 16).relu().matmul_add(16, 3);
	agrees(float.finish(&[1, 3]), &npz(1, 200, &[2, 3, 4], 0.0, 255.0));
}

#[test]
fn onnxruntime_agrees_on_signed_activations() {
	let float = Chain::new(12, &[1, 20]).gemm(20, 16).gemm(16, 12).relu().gemm(12, 5);
	agrees(float.finish(&[1, 5]), &npz(2, 200, &[20], -100.0, 100.0));
}

#[test]
fn onnxruntime_agrees_on_a_last_relu_and_reshapes() {
	let float = Chain::new(13, &[1, 30]).reshape(&[1, -1]).gemm(30, 8).relu().reshape(&[0, 8]);
	let float = float.gemm(8, 6).relu().reshape(&[1, 6]);
	agrees(float.finish(&[1, 6]), &npz(3, 200, &[30], 0.0, 9.0));
}

/// A model of images of 3×`size`×`size`, whose layers `build` appends; `features` are left for the
/// last one, which has 5 outputs.
fn images(seed: u64, size: usize, features: i64, build: impl Fn(Chain) -> Chain) {
	let chain = build(Chain::new(seed, &[1, 3, size as i64, size as i64]));
	let float = chain.flatten().gemm(features, 5).finish(&[1, 5]);
	agrees(float, &npz(seed, 60, &[3, size, size], -20.0, 100.0));
}

#[test]
fn onnxruntime_agrees_on_convolutions_and_pools() {
	images(21, 12, 8 * 4, |chain| {
		chain.conv(3, 6, 3, 1, 1).relu().pool("MaxPool", 2).conv(6, 8, 3, 2, 0).relu()
	});
	images(22, 12, 8 * 9, |chain| {
		chain.conv(3, 8, 3, 1, 1).batch_norm(8).relu().pool("AveragePool", 4)
	});
	images(23, 12, 8 * 16, |chain| chain.conv(3, 8, 3, 1, 1).relu().pool("AveragePool", 3));
}

#[test]
fn onnxruntime_agrees_on_residuals_and_branches() {
	images(31, 8, 6, |chain| {
		let chain = chain.conv(3, 6, 3, 1, 1).batch_norm(6).relu();
		let start = chain.here();
		let chain = chain.conv(6, 6, 3, 1, 1).batch_norm(6).relu().conv(6, 6, 3, 1, 1);
		chain.batch_norm(6).plus(&start).relu().global_average_pool()
	});
	images(32, 7, 10, |chain| {
		let start = chain.here();
		let chain = chain.conv(3, 4, 1, 1, 0).relu();
		let one = chain.here();
		let chain = chain.from(&start).conv(3, 6, 3, 1, 1).relu();
		chain.concat(&one).global_average_pool()
	});
	images(33, 6, 4 * 36, |chain| {
		let start = chain.here();
		let chain = chain.conv(3, 4, 3, 1, 1);
		let one = chain.here();
		chain.from(&start).conv(3, 4, 3, 1, 1).plain("HardSigmoid").times(&one)
	});
}

#[test]
fn onnxruntime_agrees_on_other_activations() {
	images(41, 6, 6 * 36, |chain| chain.conv(3, 6, 3, 1, 1).clip(0.0, 6.0).depthwise(6, 3, 1));
	images(42, 6, 6 * 36, |chain| chain.conv(3, 6, 3, 1, 1).plain("LeakyRelu").conv(6, 6, 1, 1, 0));
	images(43, 6, 6 * 36, |chain| {
		let chain = chain.conv(3, 6, 3, 1, 1).batch_norm(6).plain("HardSwish");
		chain.depthwise(6, 3, 1).plain("HardSwish")
	});
	images(44, 6, 6 * 36, |chain| chain.conv(3, 6, 3, 1, 1).plain("Abs").conv(6, 6, 1, 1, 0));
}
