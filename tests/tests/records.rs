//! Models of raw records: quantised trees, linear models and networks give the very numbers of
//! onnxruntime, preprocessing included, and the labels of the float models.

use serde_json::Value;
use std::{
	fs,
	path::{Path, PathBuf},
	process::Command,
};
use zkml_circuits::{
	assign, compile, lower, onnx::Model, quantize, samples::Samples, Graph, InputChoice, Options,
	OutputChoice, Record,
};
use zkml_primitives::Context;
use zkml_tests::{
	models::npz_of,
	programs::{python, root},
};

fn read(folder: &str, name: &str, record: &str) -> Model {
	let folder = root().join(folder);
	let record = fs::read_to_string(folder.join(format!("{record}.json"))).expect("a schema");
	let bytes = fs::read(folder.join(format!("{name}.onnx"))).expect("a model");
	let record = Record::read(&record).expect("a record schema");
	Model::read(&bytes, None).and_then(|model| model.with_record(record)).expect("its record")
}

fn samples(path: PathBuf, model: &Model) -> Samples {
	Samples::read_npz(fs::File::open(path).expect("samples"), &model.input.shape).expect("records")
}

/// What onnxruntime makes of samples: its only output of numbers.
fn onnxruntime(bytes: &[u8], samples: &Path, level: &str) -> Vec<f64> {
	let folder = tempfile::tempdir().expect("a folder");
	let model = folder.path().join("model.onnx");
	fs::write(&model, bytes).expect("a model");
	let output = Command::new(python())
		.arg(root().join("tests/oracles/run_onnx.py"))
		.args([model.as_path(), samples])
		.args(["--opt-level", level])
		.output()
		.expect("python is installed");
	assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
	let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
	let outputs = answer["outputs"].as_object().expect("outputs");
	assert_eq!(outputs.len(), 1);
	let data = outputs.values().next().expect("an output")["data"].as_array().expect("data");
	data.iter().map(|value| value.as_f64().expect("a number")).collect()
}

/// Our numbers are those of onnxruntime, and have a witness.
fn check(name: &str, bytes: &[u8], graph: &Graph, samples: &Samples) {
	// As floats, which is what the model takes.
	let rows: Vec<f32> = samples.iter().flatten().copied().collect();
	let width = rows.len() / samples.len();
	let folder = tempfile::tempdir().expect("a folder");
	let path = folder.path().join("samples.npz");
	fs::write(&path, npz_of(&[samples.len(), width], rows)).expect("samples");
	let options = Options::new(InputChoice::Public, OutputChoice::Logits);
	let circuit = compile(graph, &options).expect("a circuit");
	for level in ["disable", "all"] {
		let theirs = onnxruntime(bytes, &path, level);
		let size = graph.output.bounds.len();
		assert_eq!(theirs.len(), size * samples.len(), "{name}");
		for (index, (sample, theirs)) in samples.iter().zip(theirs.chunks(size)).enumerate() {
			let input = graph.quantize_input(sample).expect("a record");
			let integers = graph.evaluate(&input);
			let scale = f64::from(graph.output.scale);
			let ours: Vec<f64> = integers.iter().map(|&x| x as f64 * scale).collect();
			assert_eq!(ours, theirs, "{name}, record {index}, optimisation {level}");
			if index % 16 == 0 {
				let filled = assign(graph, &options, &input, &Context([1; 32])).expect("a witness");
				assert_eq!(circuit.r1cs.first_violation(&filled.witness), None, "{name}");
			}
		}
	}
	println!("{name}: {} constraints", circuit.r1cs.constraints());
}

fn quantized(model: &Model, samples: &Samples) -> (Vec<u8>, Graph) {
	let quantized = quantize::quantize(model, samples, &Default::default()).expect("quantised");
	let bytes = quantize::encode(&quantized.proto);
	let model = Model::read(&bytes, None).expect("an ONNX file");
	(bytes, lower(&model).expect("a supported model"))
}

/// The labels that the float model has in onnxruntime, where it has some.
fn labels(path: PathBuf) -> Option<Vec<i64>> {
	let mut npz = ndarray_npy::NpzReader::new(fs::File::open(path).expect("a file")).expect("npz");
	let labels: ndarray::Array1<i64> = npz.by_name("label").ok()?;
	Some(labels.to_vec())
}

#[test]
fn exported_models_give_the_numbers_and_labels_of_onnxruntime() {
	const FOLDER: &str = "tests/models/trees";
	let names = [
		"xgboost-binary",
		"xgboost-multi",
		"xgboost-regression",
		"lightgbm-binary",
		"lightgbm-multi",
		"sklearn-forest",
		"sklearn-regression",
		"sklearn-hist",
		"sklearn-tree",
		"linear-regression",
		"logistic-multi",
		"svc-like",
		"mlp",
	];
	for name in names {
		let model = read(FOLDER, name, name);
		let path = root().join(FOLDER).join(format!("{name}.npz"));
		let samples = samples(path.clone(), &model);
		let (bytes, graph) = quantized(&model, &samples);
		check(name, &bytes, &graph, &samples);
		let Some(labels) = labels(path) else { continue };
		let same = (samples.iter().zip(&labels))
			.filter(|(sample, label)| {
				let scores = graph.evaluate(&graph.quantize_input(sample).expect("a record"));
				let ours = match scores.as_slice() {
					&[score] => i64::from(score > 0),
					scores => {
						(1..scores.len())
							.fold(0, |best, i| if scores[i] > scores[best] { i } else { best })
							as i64
					},
				};
				ours == **label
			})
			.count();
		println!("{name}: {same} of {} labels are those of the float model", labels.len());
		// Trees keep all but ties; others are quantised to 8 bits, and meet the ends of ranges here.
		let most = if graph.nodes.iter().any(|node| node.op.name() == "trees") { 1 } else { 3 };
		assert!(labels.len() - same <= most, "{name}: {same} of {}", labels.len());
	}
}

#[test]
fn german_credit_gives_the_numbers_of_onnxruntime() {
	for name in ["trees", "logistic"] {
		let model = read("examples/credit", name, "record");
		let folder = root().join("examples/credit");
		let (bytes, graph) = quantized(&model, &samples(folder.join("calibration.npz"), &model));
		check(name, &bytes, &graph, &samples(folder.join("heldout.npz"), &model));
	}
}

/// `TreeEnsemble` of operator set 5, whose leaves are short already, needs no quantising.
#[test]
fn an_ensemble_of_operator_set_5_is_taken_as_it_is() {
	const FOLDER: &str = "tests/models/trees";
	let model = read(FOLDER, "ensemble-v5", "ensemble-v5");
	let samples = samples(root().join(FOLDER).join("ensemble-v5.npz"), &model);
	let graph = lower(&model).expect("a supported model");
	let bytes = fs::read(root().join(FOLDER).join("ensemble-v5.onnx")).expect("a model");
	check("ensemble-v5", &bytes, &graph, &samples);
	let (bytes, graph) = quantized(&model, &samples);
	check("ensemble-v5, quantised", &bytes, &graph, &samples);
}
