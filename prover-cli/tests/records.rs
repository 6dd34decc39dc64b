//! Models of raw records, as a user types them: German credit, its weights and the record hidden.

mod common;

use common::Place;
use serde_json::json;
use std::{fs, path::Path};

/// A file of the example.
fn credit(name: &str) -> String {
	let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/credit").join(name);
	path.to_str().unwrap().into()
}

/// A quantised model, and the sample as `x.json`.
fn quantized(name: &str, more: &[&str]) -> (Place, serde_json::Value) {
	let place = Place::new();
	fs::copy(credit("sample.json"), place.path("x.json")).unwrap();
	let (model, record, heldout) =
		(credit(&format!("{name}.onnx")), credit("record.json"), credit("heldout.npz"));
	let base = ["quantize", &model, "--record", &record, "--evaluate", &heldout, "-o", "q.onnx"];
	let report = place.json(&[&base[..], more].concat());
	(place, report)
}

const COMPILE: [&str; 10] = [
	"compile",
	"q.onnx",
	"-o",
	"circuit",
	"--input-visibility",
	"committed",
	"--weights",
	"committed",
	"--reveal",
	"threshold:0.8472",
];

#[test]
fn a_hidden_application_passes_a_hidden_model() {
	let (place, report) = quantized("trees", &[]);
	let accuracy = &report["accuracy"];
	assert_eq!(accuracy["agreement"], 1.0);
	assert_eq!(accuracy["auc"][0], accuracy["auc"][1]);
	place.json(&COMPILE);
	place.json(&["setup", "circuit", "-o", "keys"]);
	// By the schema alone, as an issuer would who knows no model.
	let record = credit("record.json");
	place.json(&["commit", "input", "--record", &record, "--input", "x.json", "-o", "x.opening"]);
	let proven = place.json(&[
		"prove",
		"circuit",
		"--keys",
		"keys",
		"--opening",
		"x.opening",
		"-o",
		"proof",
	]);
	assert_eq!(proven["claim"]["shown"]["passed"], true, "{proven}");
	assert_eq!(place.json(&["verify", "proof", "--keys", "keys"])["valid"], true);
	let opened = place.zkml(&["open", "x.opening"]).assert().success().get_output().clone();
	let text = String::from_utf8(opened.stdout).unwrap();
	assert!(text.contains("record      german-credit") && text.contains(" DM\n"), "{text}");
	let architecture = fs::read(place.path("circuit/architecture.onnx")).unwrap();
	assert!(String::from_utf8_lossy(&architecture).contains("german-credit"));
	let audit = ["audit", "circuit/architecture.onnx", "--keys", "keys", "--without-opening"];
	place.json(&audit);
}

#[test]
fn a_public_record_needs_no_calibration_for_trees() {
	let (place, _) = quantized("trees", &[]);
	let compiled = place.json(&["compile", "q.onnx", "-o", "circuit", "--reveal", "argmax"]);
	assert!(compiled["circuit"]["constraints"].as_u64().unwrap() < 300, "{compiled}");
	place.json(&["setup", "circuit", "-o", "keys"]);
	place.json(&["audit", "q.onnx", "--keys", "keys"]);
	let prove = ["prove", "circuit", "--keys", "keys", "--input", "x.json", "-o", "proof"];
	let proven = place.json(&prove);
	assert_eq!(proven["claim"]["shown"]["label"], 1);

	let refused = |change: &dyn Fn(&mut serde_json::Value), what: &str| {
		fs::copy(credit("sample.json"), place.path("x.json")).unwrap();
		place.edit("x.json", |record| change(record));
		let text = place.fails(1, &prove);
		assert!(text.contains(what), "{text}");
	};
	refused(&|record| record["duration"] = 500.into(), "field duration: 500 is beyond 1 months");
	refused(&|record| record["amount"] = json!(12.5), "12.5 is no whole number");
	refused(&|record| record["housing"] = "castle".into(), "\"castle\" is none of for free, rent");
	refused(&|record| record["income"] = 1.into(), "there is no field income");
	refused(
		&|record| {
			record.as_object_mut().unwrap().remove("job");
		},
		"field job: it is missing",
	);
	refused(&|record| *record = json!([1, 2, 3]), "3 values, and it has 17 fields");
	refused(&|record| *record = json!("x"), "neither an object nor a list");
}

#[test]
fn a_linear_model_of_records_is_calibrated() {
	let calibration = credit("calibration.npz");
	let (place, report) = quantized("logistic", &["--calibration", &calibration]);
	let auc = [0, 1].map(|which| report["accuracy"]["auc"][which].as_f64().unwrap());
	assert!((auc[0] - auc[1]).abs() < 0.005, "{auc:?}");
	let compiled = place.json(&["compile", "q.onnx", "-o", "circuit", "--reveal", "argmax"]);
	assert!(compiled["circuit"]["constraints"].as_u64().unwrap() < 300, "{compiled}");

	// Amounts are checked from both ends of their range: the audit has to eliminate.
	place.json(&["setup", "circuit", "-o", "keys"]);
	place.json(&["audit", "q.onnx", "--keys", "keys"]);

	let (model, record) = (credit("logistic.onnx"), credit("record.json"));
	let text = place.fails(1, &["quantize", &model, "--record", &record]);
	assert!(text.contains("give --calibration"), "{text}");
	fs::write(place.path("bad.json"), "{\"name\": \"r\", \"fields\": []}").unwrap();
	let text = place.fails(1, &["quantize", &model, "--record", "bad.json"]);
	assert!(text.contains("bad.json") && text.contains("0 fields"), "{text}");
	let text = place.fails(2, &["quantize", &model]);
	assert!(text.contains("--calibration"), "{text}");
}
