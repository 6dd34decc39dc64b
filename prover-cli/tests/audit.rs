//! `zkml audit`: honest keys pass, and whatever was exchanged is named.

mod common;

use common::{example, Place};
use serde_json::Value;
use std::fs;
use zkml_circuits::onnx::{protobuf::tensor_proto::DataType, Model};
use zkml_prover::{zkey, Manifest, ProvingKey};

const AUDIT: [&str; 4] = ["audit", "digits.q.onnx", "--keys", "keys"];

/// Names of the checks with an outcome.
fn names(report: &Value, outcome: &str) -> Vec<String> {
	let checks = report["checks"].as_array().unwrap();
	let found = checks.iter().filter(|check| check["outcome"] == outcome);
	found.map(|check| check["name"].as_str().unwrap().into()).collect()
}

impl Place {
	/// Audits what must not pass; the checks that differ.
	fn differs(&self, arguments: &[&str]) -> (Vec<String>, Value) {
		let output = self.zkml(arguments).arg("--json").assert().code(1).get_output().clone();
		let report: Value = serde_json::from_slice(&output.stdout).unwrap();
		assert_eq!(report["passed"], false);
		assert_eq!(report["exit_code"], 1);
		let failed = names(&report, "differs");
		let error = String::from_utf8(output.stderr).unwrap();
		for check in report["checks"].as_array().unwrap() {
			let both = check["expected"].is_string() && check["found"].is_string();
			assert_eq!(both, check["outcome"] == "differs", "both sides are named: {check}");
		}
		assert!(error.contains("not those of the model"), "{error}");
		(failed, report)
	}

	/// Changes the proving key, and what it says of itself.
	fn change_key(&self, change: impl FnOnce(&mut ProvingKey, &mut Manifest)) {
		let path = self.path("keys/proving_key.zkey");
		let bytes = fs::read(&path).unwrap();
		let mut key = zkey::read(&bytes).unwrap();
		let mut manifest = zkey::read_manifest(&bytes).unwrap().unwrap();
		change(&mut key, &mut manifest);
		let mut file = Vec::new();
		zkey::write(&key, &manifest, &mut file).unwrap();
		fs::write(path, file).unwrap();
	}

	/// Another model: one weight of the first layer is one less.
	fn write_other_model(&self) {
		let bytes = fs::read(self.path("digits.q.onnx")).unwrap();
		let mut proto = Model::read(&bytes, None).unwrap().proto;
		let tensors = &mut proto.graph.as_mut().unwrap().initializer;
		let weights = tensors
			.iter_mut()
			.find(|tensor| tensor.data_type == DataType::Int8 as i32 && tensor.raw_data.len() > 500)
			.expect("int8 weights");
		let place = (weights.raw_data.iter().position(|&byte| (2..100).contains(&byte))).unwrap();
		weights.raw_data[place] -= 1;
		fs::write(self.path("other.onnx"), zkml_circuits::quantize::encode(&proto)).unwrap();
	}
}

#[test]
fn honest_keys_pass_and_what_stays_trust_is_said() {
	let place = Place::ready();
	let report = place.json(&AUDIT);
	assert_eq!(report["passed"], true);
	assert_eq!(names(&report, "holds").len(), 13, "{report}");
	let trust = report["trust"][0].as_str().unwrap();
	assert!(trust.contains("can forge proofs"), "{trust}");
	let output = place.zkml(&AUDIT).assert().success().get_output().clone();
	let text = String::from_utf8(output.stdout).unwrap();
	assert!(text.contains("trust    one party made these keys"), "{text}");
	assert!(text.ends_with("all 13 checks hold\n"), "{text}");
}

#[test]
fn a_public_input_and_a_label_are_read_from_the_keys() {
	let place = Place::new();
	place.quantized();
	let options = ["--input-visibility", "public", "--reveal", "argmax"];
	let compile = ["compile", "digits.q.onnx", "-o", "circuit"];
	place.json(&[&compile[..], &options].concat());
	place.json(&["setup", "circuit", "-o", "keys"]);
	assert_eq!(place.json(&AUDIT)["passed"], true);
	assert_eq!(place.json(&[&AUDIT[..], &options].concat())["passed"], true);
	let (failed, report) = place.differs(&[&AUDIT[..], &["--reveal", "logits"]].concat());
	assert!(failed.contains(&"interface".into()) && failed.contains(&"circuit".into()));
	assert!(names(&report, "not_run").contains(&"relations".into()), "other counts: {report}");
}

#[test]
fn one_weight_is_noticed_even_where_every_hash_was_forged() {
	let place = Place::ready();
	place.write_other_model();
	let audit = ["audit", "other.onnx", "--keys", "keys"];
	let (failed, _) = place.differs(&audit);
	for name in ["model", "circuit", "relations"] {
		assert!(failed.contains(&name.into()), "{name}: {failed:?}");
	}
	let compiled = place.json(&["compile", "other.onnx", "-o", "other"])["circuit"].clone();
	place.edit("keys/verification_key.json", |key| {
		for field in ["circuit_sha256", "model_sha256", "interface"] {
			key["zkml"][field] = compiled[field].clone();
		}
	});
	place.change_key(|_, manifest| {
		manifest.circuit_sha256 = compiled["circuit_sha256"].as_str().unwrap().into();
		manifest.model_sha256 = compiled["model_sha256"].as_str().unwrap().into();
		manifest.interface = serde_json::from_value(compiled["interface"].clone()).unwrap();
	});
	let (failed, _) = place.differs(&audit);
	assert_eq!(failed.first().map(String::as_str), Some("relations"), "{failed:?}");
}

#[test]
fn swapped_keys_are_noticed() {
	let place = Place::ready();
	place.json(&["setup", "circuit", "-o", "again"]);
	// Of the same circuit, so that all but the verifying key is as it should be.
	fs::copy(place.path("again/proving_key.zkey"), place.path("keys/proving_key.zkey")).unwrap();
	assert_eq!(place.differs(&AUDIT).0, ["verifying key", "proof"]);
	place.json(&["compile", "digits.q.onnx", "-o", "label", "--reveal", "argmax"]);
	place.json(&["setup", "label", "-o", "keys"]);
	let (failed, _) = place.differs(&[&AUDIT[..], &["--reveal", "logits"]].concat());
	assert_eq!(failed[..2], ["circuit", "interface"]);
}

#[test]
fn tampering_is_noticed() {
	type Tamper = fn(&mut ProvingKey, &mut Manifest);
	let tampers: [(Tamper, &[&str]); 8] = [
		(
			|key, _| {
				let entry = &mut key.a_rows.entries[700];
				entry.1 = entry.1 + entry.1;
			},
			&["coefficients"],
		),
		(|key, _| key.a.swap(200, 201), &["relations"]),
		(|key, _| key.b_g1.swap(200, 201), &["groups", "relations"]),
		(|key, _| key.b_g2.swap(200, 201), &["groups", "relations", "quotient"]),
		(|key, _| key.l.swap(300, 301), &["relations"]),
		(|key, _| key.h.swap(8, 9), &["quotient"]),
		(|key, _| key.ic.swap(0, 1), &["verifying key", "relations"]),
		(|_, manifest| manifest.tool.push('!'), &["manifests"]),
	];
	let place = Place::ready();
	let good = fs::read(place.path("keys/proving_key.zkey")).unwrap();
	for (tamper, expected) in tampers {
		fs::write(place.path("keys/proving_key.zkey"), &good).unwrap();
		place.change_key(tamper);
		let (mut failed, _) = place.differs(&AUDIT);
		// Whether a proof fails, too, depends on the values of the random input.
		failed.retain(|name| name != "proof");
		assert_eq!(failed, expected);
	}
}

#[test]
fn files_that_are_none_are_refused() {
	let place = Place::ready();
	let float = example("digits.onnx");
	let text = place.fails(4, &["audit", float.to_str().unwrap(), "--keys", "keys"]);
	assert!(text.contains("zkml quantize"), "{text}");
	place.damage("keys/proving_key.zkey", |bytes| bytes.truncate(bytes.len() / 2));
	assert!(place.fails(1, &AUDIT).contains("no proving key that could be audited"));
	let text = place.fails(1, &["audit", "digits.q.onnx", "--keys", "nowhere"]);
	assert!(text.contains("nowhere"), "{text}");
	place.fails(2, &["audit"]);
	place.fails(2, &[&AUDIT[..], &["--model", "00"]].concat());
}
