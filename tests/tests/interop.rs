//! Independent programs agree: onnxruntime on integers, snarkjs on proofs, witnesses and keys.

use serde_json::json;
use std::{
	fs::{self, File},
	io::BufWriter,
	path::Path,
	process::{Command, Output},
};
use zkml_circuits::{
	onnx::Model,
	r1cs::{write_r1cs, write_wtns},
	Assignment, InputChoice, Options, OutputChoice,
};
use zkml_primitives::{Context, Proof};
use zkml_prover::{json as snarkjs_json, verify, zkey, Manifest, SetupKind, FORMAT};
use zkml_tests::{
	digits::{file, samples, Digits},
	programs::{npm, python, root},
};

const CONTEXT: Context = Context([3; 32]);

/// The example, proven, in the files of snarkjs.
struct Files {
	folder: tempfile::TempDir,
	digits: Digits,
	assignment: Assignment,
	proof: Proof,
}

impl Files {
	fn new(options: Options) -> Self {
		let digits = Digits::new(options);
		let heldout = samples("heldout.npz", &digits.float);
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
	Options { input: InputChoice::Private, output: OutputChoice::Logits },
	Options { input: InputChoice::Public, output: OutputChoice::Argmax },
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
		forged[last] += ark_one();
		let out = File::create(files.folder.path().join("witness.wtns")).unwrap();
		write_wtns(&forged, &mut BufWriter::new(out)).unwrap();
		says_no(&files.snarkjs(&check));
	}
}

fn ark_one() -> zkml_circuits::Element {
	zkml_circuits::Element::from(1u64)
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

/// Compares a quantised model with onnxruntime on all held-out samples, at every level of
/// optimisation. `expected` are our integers.
fn onnxruntime(folder: &Path, expected: &serde_json::Value) -> Output {
	let path = folder.join("expected.json");
	fs::write(&path, expected.to_string()).unwrap();
	Command::new(python())
		.arg(root().join("tests/oracles/check_quantized.py"))
		.arg(folder.join("model.q.onnx"))
		.arg(file("heldout.npz"))
		.arg(&path)
		.output()
		.expect("python is installed")
}

#[test]
fn onnxruntime_computes_the_same_integers() {
	let digits = Digits::new(ALL[0]);
	let folder = tempfile::tempdir().unwrap();
	fs::write(folder.path().join("model.q.onnx"), &digits.onnx).unwrap();
	Model::read(&digits.onnx, None).unwrap();
	let heldout = samples("heldout.npz", &digits.float);
	assert_eq!(heldout.len(), 450);
	let mut logits: Vec<Vec<i64>> = heldout
		.iter()
		.map(|image| digits.graph.evaluate(&digits.graph.quantize_input(image).unwrap()))
		.collect();
	let exponent = digits.graph.output.exponent;
	says_yes(&onnxruntime(folder.path(), &json!({ "exponent": exponent, "logits": logits })));
	logits[449][9] += 1;
	says_no(&onnxruntime(folder.path(), &json!({ "exponent": exponent, "logits": logits })));
}
