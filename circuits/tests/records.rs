//! Models of raw records, as scikit-learn, XGBoost and LightGBM export them.

use std::{fs::File, path::PathBuf};
use zkml_circuits::{
	assign, assign_with, compile, lower, lower_committed,
	onnx::{
		protobuf::{AttributeProto, NodeProto, OperatorSetIdProto},
		Model,
	},
	ops::Steps,
	quantize::{self, encode, QuantizeOptions},
	samples::Samples,
	without_weights, Extras, Graph, InputChoice, Options, OutputChoice, Record, Salt,
	WeightsChoice, WEIGHT_BITS,
};
use zkml_primitives::{Context, Output};

fn root() -> PathBuf {
	PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A float model, its record given.
fn float(folder: &str, name: &str, record: &str) -> Model {
	let folder = root().join(folder);
	let record = std::fs::read_to_string(folder.join(format!("{record}.json"))).unwrap();
	let bytes = std::fs::read(folder.join(format!("{name}.onnx"))).unwrap();
	Model::read(&bytes, None).unwrap().with_record(Record::read(&record).unwrap()).unwrap()
}

fn samples(folder: &str, name: &str, model: &Model) -> Samples {
	let file = File::open(root().join(folder).join(format!("{name}.npz"))).unwrap();
	Samples::read_npz(file, &model.input.shape).unwrap()
}

fn quantized(model: &Model, calibration: &Samples) -> Graph {
	let quantized = quantize::quantize(model, calibration, &QuantizeOptions::default()).unwrap();
	// What is written is all that is needed.
	lower(&Model::read(&encode(&quantized.proto), None).unwrap()).unwrap()
}

const TREES: [&str; 9] = [
	"xgboost-binary",
	"xgboost-multi",
	"xgboost-regression",
	"lightgbm-binary",
	"lightgbm-multi",
	"sklearn-forest",
	"sklearn-regression",
	"sklearn-hist",
	"sklearn-tree",
];
const OTHERS: [&str; 4] = ["linear-regression", "logistic-multi", "svc-like", "mlp"];

#[test]
fn trees_of_every_exporter_keep_their_labels() {
	for name in TREES {
		let model = float("tests/models/trees", name, name);
		let samples = samples("tests/models/trees", name, &model);
		let graph = quantized(&model, &samples);
		let report = quantize::compare(&model, &graph, &samples).unwrap();
		assert_eq!(report.outside, 0, "{name}");
		assert_eq!(report.agreement, 1.0, "{name}");
		// Samples need no quantising: trees do not depend on them.
		let alone = quantize::quantize_trees(&model, &QuantizeOptions::default()).unwrap();
		let with = quantize::quantize(&model, &samples, &QuantizeOptions::default()).unwrap();
		assert_eq!(encode(&alone.proto), encode(&with.proto));
	}
}

#[test]
fn linear_models_and_networks_of_records_are_quantised() {
	for name in OTHERS {
		let model = float("tests/models/trees", name, name);
		let samples = samples("tests/models/trees", name, &model);
		let graph = quantized(&model, &samples);
		let report = quantize::compare(&model, &graph, &samples).unwrap();
		assert_eq!(report.outside, 0, "{name}");
		assert!(report.agreement >= 0.95, "{name}: {report:?}");
	}
}

#[test]
fn german_credit_is_small_and_loses_nothing() {
	let options = Options::new(InputChoice::Private, OutputChoice::Threshold { tau: 0 });
	for (name, most) in [("trees", 1_200), ("logistic", 1_200)] {
		let model = float("examples/credit", name, "record");
		let calibration = samples("examples/credit", "calibration", &model);
		let heldout = samples("examples/credit", "heldout", &model);
		let graph = quantized(&model, &calibration);
		let report = quantize::compare(&model, &graph, &heldout).unwrap();
		let (float, quantized) = report.auc.unwrap();
		println!("{name}: {report:?}");
		assert!((float - quantized).abs() < 0.005, "{name}: {float} and {quantized}");
		let circuit = compile(&graph, &options).unwrap();
		println!("{name}: {} constraints", circuit.r1cs.constraints());
		for layer in &circuit.layers {
			println!("{layer:?}");
		}
		assert!(circuit.r1cs.constraints() <= most);
	}
}

#[test]
fn a_proof_of_a_record_checks_its_fields() {
	let model = float("examples/credit", "trees", "record");
	let heldout = samples("examples/credit", "heldout", &model);
	let graph = quantized(&model, &heldout);
	let options = Options::new(InputChoice::Private, OutputChoice::Argmax);
	let circuit = compile(&graph, &options).unwrap();
	let context = Context([0; 32]);
	for sample in heldout.iter().take(20) {
		let input = graph.quantize_input(sample).unwrap();
		let logits = graph.evaluate(&input);
		let assignment = assign(&graph, &options, &input, &context).unwrap();
		assert_eq!(circuit.r1cs.first_violation(&assignment.witness), None);
		let label = u32::from(logits[1] > logits[0]);
		assert_eq!(assignment.inference.output, Output::Label(label));
	}
	// Every field is checked once, by its comparisons or by itself.
	let steps = graph.nodes.iter().find_map(|node| node.op.as_any().downcast_ref::<Steps>());
	assert!(steps.unwrap().cuts() < 100);
	let mut input = graph.quantize_input(heldout.iter().next().unwrap()).unwrap();
	for field in 0..input.len() {
		let right = input[field];
		for wrong in [graph.bounds[0][field].lo - 1, graph.bounds[0][field].hi + 1] {
			input[field] = wrong;
			assert!(assign(&graph, &options, &input, &context).is_err(), "field {field}");
		}
		input[field] = right;
	}
}

/// Trees and a linear model whose weights nobody else knows.
#[test]
fn committed_models_of_records_hide_their_weights() {
	let salt = Salt::random(&mut rand::rngs::OsRng);
	let context = Context([0; 32]);
	for name in ["trees", "logistic"] {
		let model = float("examples/credit", name, "record");
		let heldout = samples("examples/credit", "heldout", &model);
		let quantized = quantize::quantize(&model, &heldout, &QuantizeOptions::default()).unwrap();
		let bytes = encode(&quantized.proto);
		let public = lower(&Model::read(&bytes, None).unwrap()).unwrap();
		let graph = lower_committed(&Model::read(&bytes, None).unwrap(), WEIGHT_BITS).unwrap();
		let commitment = graph.weights_commitment(salt).unwrap();
		let options = Options {
			input: InputChoice::Committed,
			weights: WeightsChoice::Committed { bits: WEIGHT_BITS, commitment },
			output: OutputChoice::Argmax,
		};
		let circuit = compile(&graph, &options).unwrap();
		println!("{name}: {} constraints", circuit.r1cs.constraints());
		for sample in heldout.iter().take(10) {
			let input = graph.quantize_input(sample).unwrap();
			assert_eq!(graph.evaluate(&input), public.evaluate(&input), "{name}");
			let extras =
				Extras { input_salt: Some(salt), weights_salt: Some(salt), ..Default::default() };
			let assignment = assign_with(&graph, &options, &input, &context, &extras).unwrap();
			assert_eq!(circuit.r1cs.first_violation(&assignment.witness), None);
		}
		// What is published makes the same circuit, and holds no weights.
		let published = without_weights(&bytes).unwrap();
		let published = Model::read(&published, None).unwrap();
		assert_eq!(published.record, model.record);
		let other = lower_committed(&published, WEIGHT_BITS).unwrap();
		let again = compile(&other, &options).unwrap();
		assert!(again.r1cs == circuit.r1cs && again.interface == circuit.interface, "{name}");
		assert_ne!(other.weights_commitment(salt).unwrap(), commitment);
		let input = graph.quantize_input(heldout.iter().next().unwrap()).unwrap();
		assert!(other.evaluate(&input).iter().all(|&score| score == 0), "{name}");
	}
}

/// What a record is, not which model takes it, makes a commitment.
#[test]
fn one_commitment_to_a_record_serves_every_model() {
	let salt = Salt::random(&mut rand::rngs::OsRng);
	let commitments: Vec<_> = ["trees", "logistic"]
		.map(|name| {
			let model = float("examples/credit", name, "record");
			let heldout = samples("examples/credit", "heldout", &model);
			let graph = quantized(&model, &heldout);
			let input = graph.quantize_input(heldout.iter().next().unwrap()).unwrap();
			graph.input_commitment(&input, salt).unwrap()
		})
		.to_vec();
	assert_eq!(commitments[0], commitments[1]);
}

/// Attributes of the trees of a quantised model, changed.
fn with_trees(change: impl Fn(&str, &mut AttributeProto)) -> Result<Graph, String> {
	let model = float("tests/models/trees", "sklearn-tree", "sklearn-tree");
	let mut proto = quantize::quantize_trees(&model, &QuantizeOptions::default()).unwrap().proto;
	let nodes = &mut proto.graph.as_mut().unwrap().node;
	let trees = nodes.iter_mut().find(|node| node.op_type == "TreeEnsembleRegressor").unwrap();
	for attribute in &mut trees.attribute {
		let name = attribute.name.clone();
		change(&name, attribute);
	}
	let model = Model::read(&encode(&proto), None).map_err(|error| error.to_string())?;
	lower(&model).map_err(|error| error.to_string())
}

#[test]
fn trees_that_make_no_sense_are_refused() {
	with_trees(|_, _| {}).unwrap();
	let refused = |what: &str, change: &dyn Fn(&str, &mut AttributeProto)| {
		let error = with_trees(change).unwrap_err();
		assert!(error.contains(what), "{error}, not {what}");
	};
	let at = |list: &'static str, place: usize, value: i64| {
		move |name: &str, attribute: &mut AttributeProto| {
			if name == list {
				attribute.ints[place] = value;
			}
		}
	};
	// The root again, a node that there is not, one that has a parent already.
	refused("not reached", &at("nodes_truenodeids", 0, 0));
	// The node that it led to is left over, too.
	refused("roots", &at("nodes_truenodeids", 0, 999));
	refused("roots", &at("nodes_falsenodeids", 0, 1));
	refused("feature", &at("nodes_featureids", 0, 4_000_000));
	refused("feature -1", &at("nodes_featureids", 0, -1));
	refused("is there twice", &at("nodes_nodeids", 1, 0));
	refused("output", &at("target_ids", 0, 99));
	refused("names output -1", &at("target_ids", 0, -1));
	refused("is no leaf", &at("target_nodeids", 0, 0));
	let float = |list: &'static str, value: f32| {
		move |name: &str, attribute: &mut AttributeProto| {
			if name == list {
				attribute.floats[0] = value;
			}
		}
	};
	refused("is not a number", &float("nodes_values", f32::NAN));
	refused("is not finite", &float("target_weights", f32::INFINITY));
	refused("are not rounded", &float("target_weights", 1e-30));
	refused("are not rounded", &float("target_weights", 3e7));
	refused("base_values", &float("base_values", f32::NAN));
	let shorter = |list: &'static str| {
		move |name: &str, attribute: &mut AttributeProto| {
			if name == list {
				attribute.ints.pop();
			}
		}
	};
	refused("entries", &shorter("nodes_featureids"));
	refused("entries", &shorter("target_ids"));
	// Two values of one leaf for one output; more rows than one.
	refused("two values for one output", &|name, attribute| {
		if name == "target_ids" {
			attribute.ints[1] = attribute.ints[0];
		}
	});
	let without_last_leaf = |name: &str, attribute: &mut AttributeProto| {
		if name.starts_with("target_") {
			// A leaf of a classifier has a value for each class.
			let keep = attribute.ints.len().max(attribute.floats.len()).saturating_sub(3);
			attribute.ints.truncate(keep);
			attribute.floats.truncate(keep);
		}
	};
	refused("has no value", &without_last_leaf);
	refused("BRANCH_MEMBER", &|name, attribute| {
		if name == "nodes_modes" {
			attribute.strings[0] = b"BRANCH_MEMBER".to_vec();
		}
	});
	refused("run `zkml quantize`", &|name, attribute| {
		if name == "post_transform" {
			attribute.s = b"SOFTMAX".to_vec();
		}
	});
}

#[test]
fn a_cycle_between_nodes_is_refused() {
	// Below the root two nodes lead to each other.
	let error = with_trees(|name, attribute| {
		let list = match name {
			"nodes_treeids" => vec![0; 4],
			"nodes_nodeids" => vec![0, 1, 2, 3],
			"nodes_featureids" => vec![0; 4],
			"nodes_truenodeids" => vec![1, 2, 1, 0],
			"nodes_falsenodeids" => vec![3, 2, 1, 0],
			"target_treeids" | "target_ids" => vec![0],
			"target_nodeids" => vec![3],
			_ => Vec::new(),
		};
		match name {
			"nodes_values" => attribute.floats = vec![1.0; 4],
			"target_weights" => attribute.floats = vec![1.0],
			"nodes_modes" => {
				let names = ["BRANCH_LEQ", "BRANCH_LEQ", "BRANCH_LEQ", "LEAF"];
				attribute.strings = names.map(|name| name.as_bytes().to_vec()).to_vec();
			},
			_ if !list.is_empty() => attribute.ints = list,
			_ => {},
		}
	});
	assert!(error.unwrap_err().contains("two parents"));
}

#[test]
fn records_that_do_not_fit_the_model_are_refused() {
	let bytes = std::fs::read(root().join("examples/credit/trees.onnx")).unwrap();
	let model = Model::read(&bytes, None).unwrap();
	let one = Record::read(
		r#"{"name": "r", "fields": [{"name": "x", "type": "integer", "min": 0, "max": 1}]}"#,
	);
	let error = model.clone().with_record(one.unwrap()).unwrap_err().to_string();
	assert!(error.contains("it has 1 fields, and the model's input record is 1×17"), "{error}");
	// Without a schema nothing is known of the input.
	let error = lower(&model).unwrap_err().to_string();
	assert!(error.contains("TreeEnsembleClassifier"), "{error}");
}

/// What exporters append to scores may be long: nothing recurses over it.
#[test]
fn a_long_tail_is_walked_without_a_stack() {
	const LENGTH: usize = 50_000;
	let model = float("tests/models/trees", "sklearn-tree", "sklearn-tree");
	let mut proto = model.proto.clone();
	let graph = proto.graph.as_mut().unwrap();
	let scores = graph.output.last().unwrap().name.clone();
	graph.node.extend((0..LENGTH).map(|at| NodeProto {
		op_type: "Identity".into(),
		input: vec![if at == 0 { scores.clone() } else { format!("tail{at}") }],
		output: vec![format!("tail{}", at + 1)],
		..Default::default()
	}));
	graph.output.last_mut().unwrap().name = format!("tail{LENGTH}");
	proto.opset_import.push(OperatorSetIdProto { domain: String::new(), version: 17 });
	proto.opset_import.dedup();
	let long = Model::from_proto(proto, None).unwrap().with_record(model.record.clone().unwrap());
	let options = QuantizeOptions::default();
	let [long, short] = [&long.unwrap(), &model]
		.map(|model| quantize::quantize_trees(model, &options).unwrap().proto);
	assert_eq!(encode(&long), encode(&short));
}
