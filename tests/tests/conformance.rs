//! The node conformance cases of ONNX, and random ones of the same form: our integers are the
//! numbers of onnxruntime, and the witness satisfies the circuit.

use serde_json::Value;
use std::{fs, path::Path, process::Command};
use zkml_circuits::{
	assign, compile, lower, onnx::Model, samples::Samples, InputChoice, Options, OutputChoice,
};
use zkml_primitives::Context;
use zkml_tests::programs::{python, root};

/// What became of a case.
enum Outcome {
	Equal,
	Refused(String),
	Wrong(String),
}

fn number(value: &Value) -> f64 {
	value.as_f64().expect("a number")
}

fn run(folder: &Path) -> Outcome {
	let bytes = fs::read(folder.join("model.onnx")).expect("a model");
	let expected: Value =
		serde_json::from_str(&fs::read_to_string(folder.join("expected.json")).expect("a file"))
			.expect("JSON");
	let graph = match Model::read(&bytes, None).and_then(|model| lower(&model)) {
		Ok(graph) => graph,
		Err(error) => return Outcome::Refused(error.to_string()),
	};
	let sample = read_x(folder, &graph.input.shape);
	let input = match graph.quantize_input(&sample) {
		Ok(input) => input,
		Err(error) => return Outcome::Wrong(error.to_string()),
	};
	let integers = graph.evaluate(&input);
	let scale = f64::from(graph.output.scale);
	let got: Vec<f64> = integers.iter().map(|&integer| integer as f64 * scale).collect();
	let outputs = expected["outputs"].as_array().expect("outputs");
	let wanted: Vec<f64> = (outputs.iter())
		.flat_map(|output| output["data"].as_array().expect("data").iter().map(number))
		.collect();
	if got != wanted {
		let at = got.iter().zip(&wanted).position(|(got, wanted)| got != wanted);
		return Outcome::Wrong(format!("at {at:?}: got {got:?}, expected {wanted:?}"));
	}
	let shapes: Vec<Vec<u64>> = (outputs.iter())
		.map(|output| {
			output["shape"].as_array().expect("a shape").iter().filter_map(Value::as_u64).collect()
		})
		.collect();
	let ours: Vec<Vec<u64>> = (graph.output.parts.iter())
		.map(|(_, shape)| shape.iter().map(|&size| size as u64).collect())
		.collect();
	if ours != shapes {
		return Outcome::Wrong(format!("shapes {ours:?}, expected {shapes:?}"));
	}
	let options = Options::new(InputChoice::Private, OutputChoice::Logits);
	let circuit = match compile(&graph, &options) {
		Ok(circuit) => circuit,
		// More values than a chain accepts: the integers were compared.
		Err(_) => return Outcome::Equal,
	};
	let assignment = assign(&graph, &options, &input, &Context([1; 32])).expect("a witness");
	assert_eq!(assignment.witness.len(), circuit.r1cs.wires as usize);
	match circuit.r1cs.first_violation(&assignment.witness) {
		None => Outcome::Equal,
		Some(row) => Outcome::Wrong(format!("constraint {row} is violated")),
	}
}

/// The array `x`.
fn read_x(folder: &Path, shape: &[usize]) -> Vec<f32> {
	let file = fs::File::open(folder.join("samples.npz")).expect("samples");
	let samples = Samples::read_npz(file, shape).expect("samples of the model's shape");
	let sample = samples.iter().next().expect("a sample").to_vec();
	sample
}

/// Cases that cannot be proven, and part of the reason that is given.
const REFUSED: &[(&str, &str)] = &[
	("test_cast_DOUBLE_to_FLOAT", "it does nothing"),
	("test_cast_FLOAT_to_DOUBLE", "it does nothing"),
	("test_castlike_DOUBLE_to_FLOAT_expanded", "it does nothing"),
	("test_castlike_FLOAT_to_DOUBLE_expanded", "it does nothing"),
	("test_batchnorm_epsilon_float_parameters", "no short multiple"),
	("test_batchnorm_example_float_parameters", "no short multiple"),
	("test_gemm_all_attributes", "beta is 0.35"),
	("test_prelu_broadcast_float_parameters", "its slopes differ"),
	("test_prelu_example_float_parameters", "its slopes differ"),
];

#[test]
fn every_case_gives_the_same_numbers() {
	let folder = match std::env::var_os("ZKML_CONFORMANCE") {
		Some(path) => path.into(),
		None => {
			let folder = tempfile::tempdir().expect("a folder").keep();
			let status = Command::new(python())
				.arg(root().join("tests/oracles/conformance.py"))
				.arg(&folder)
				.status()
				.expect("python is installed");
			assert!(status.success());
			folder
		},
	};
	let index = fs::read_to_string(folder.join("index.json")).expect("an index");
	let index: Value = serde_json::from_str(&index).expect("JSON");
	let (mut equal, mut failures) = (0, Vec::new());
	for case in index["cases"].as_array().expect("cases") {
		let name = case["name"].as_str().expect("a name");
		if case["status"] != "ok" {
			continue;
		}
		let known = REFUSED.iter().find(|(prefix, _)| name.starts_with(prefix));
		match (run(&folder.join(name)), known) {
			(Outcome::Equal, None) => equal += 1,
			(Outcome::Refused(what), Some((_, words))) if what.contains(words) => {},
			(Outcome::Equal, Some(_)) => failures.push(format!("{name}: is supported by now")),
			(Outcome::Refused(what) | Outcome::Wrong(what), _) => {
				failures.push(format!("{name}: {what}"));
			},
		}
	}
	println!("{equal} cases are equal");
	let shown: Vec<String> =
		failures.iter().map(|failure| failure.chars().take(300).collect()).collect();
	assert!(failures.is_empty(), "{} fail:\n{}", failures.len(), shown.join("\n"));
	assert!(equal >= 600, "only {equal} cases");
}
