//! Committed inputs and weights, thresholds and masks, as a user types them.

mod common;

use common::{example, Place};
use std::fs;

const WEIGHTS: &str = "zkml-secrets/weights.json";

/// The digits with everything committed, compiled and set up.
fn committed() -> Place {
	let place = Place::new();
	place.quantized();
	fs::copy(example("sample.json"), place.path("x.json")).unwrap();
	let compiled = place.json(&[
		"compile",
		"digits.q.onnx",
		"-o",
		"circuit",
		"--input-visibility",
		"committed",
		"--weights",
		"committed",
		"--reveal",
		"argmax",
	]);
	let signals: Vec<&str> = compiled["circuit"]["signals"]
		.as_array()
		.unwrap()
		.iter()
		.map(|s| s.as_str().unwrap())
		.collect();
	assert_eq!(signals, ["output[0]", "input commitment", "weights commitment", "context"]);
	place.json(&["setup", "circuit", "-o", "keys"]);
	place
}

const COMMIT: [&str; 7] = ["commit", "input", "circuit", "--input", "x.json", "-o", "x.opening"];
const PROVE: [&str; 8] =
	["prove", "circuit", "--keys", "keys", "--opening", "x.opening", "-o", "proof"];

#[test]
fn a_hidden_input_and_hidden_weights_from_end_to_end() {
	let place = committed();
	let made = place.json(&COMMIT);
	let commitment = made["opening"]["commitment"].as_str().unwrap().to_string();
	assert!(!made.to_string().contains("salt"), "{made}");
	#[cfg(unix)]
	for secret in ["x.opening", WEIGHTS, "circuit/model.onnx"] {
		use std::os::unix::fs::PermissionsExt;
		let mode = fs::metadata(place.path(secret)).unwrap().permissions().mode();
		assert_eq!(mode & 0o077, 0, "{secret} is its owner's");
	}
	let proven = place.json(&PROVE);
	let shown = &proven["claim"]["shown"];
	assert_eq!(
		(&shown["label"], shown["input_commitment"].as_str()),
		(&2.into(), Some(&*commitment))
	);
	let verified = place.json(&["verify", "proof", "--keys", "keys"]);
	assert_eq!(verified["valid"], true);
	for folder in ["proof", "circuit", "keys"] {
		for entry in fs::read_dir(place.path(folder)).unwrap() {
			let path = entry.unwrap().path();
			if path.extension().is_some_and(|extension| extension == "json") {
				assert!(!fs::read_to_string(&path).unwrap().contains("salt"), "{}", path.display());
			}
		}
	}
	let opened = place.json(&["open", "x.opening", "--commitment", &commitment]);
	assert_eq!(opened["input"]["integers"].as_array().unwrap().len(), 64);
	place.json(&["open", WEIGHTS, "--model", "digits.q.onnx"]);
	let audit = ["audit", "digits.q.onnx", "--keys", "keys"];
	let output = place.zkml(&audit).assert().code(1).get_output().clone();
	let text = String::from_utf8(output.stderr).unwrap();
	assert!(text.contains("1 could not be run") && !text.contains("not those"), "{text}");
	let checks = place.json(&[&audit[..], &["--weights-opening", WEIGHTS]].concat());
	assert!(checks["checks"].to_string().contains("by its opening"), "{checks}");
	// Somebody else has neither weights nor opening, and checks all but that they belong together.
	let theirs = ["audit", "circuit/architecture.onnx", "--keys", "keys", "--without-opening"];
	let checks = place.json(&theirs);
	assert!(checks["trust"].to_string().contains("this model's weights"), "{checks}");
	let [open, erased] = ["circuit/model.onnx", "circuit/architecture.onnx"]
		.map(|name| fs::read(place.path(name)).unwrap());
	assert_ne!(open, erased);
}

#[test]
fn the_same_opening_gives_the_same_commitment_elsewhere() {
	let place = committed();
	let commitment = |arguments: &[&str]| {
		let base = ["compile", "digits.q.onnx", "-o", "other", "--weights", "committed"];
		let compiled = place.json(&[&base[..], arguments].concat());
		compiled["circuit"]["interface"]["weights"]["committed"].as_str().unwrap().to_string()
	};
	let argmax = commitment(&["--reveal", "argmax"]);
	assert_eq!(commitment(&["--reveal", "top-k:3"]), argmax);
	assert_ne!(commitment(&["--weights-opening", "another.json"]), argmax, "another salt");
	let output = place
		.zkml(&["compile", "digits.q.onnx", "-o", "other", "--weights", "committed"])
		.assert()
		.success()
		.get_output()
		.clone();
	let text = String::from_utf8(output.stderr).unwrap();
	assert!(text.contains("all logits are shown"), "{text}");
	assert!(text.contains("scales and zero points stay public"), "{text}");
}

#[test]
fn says_what_a_lost_or_a_wrong_opening_means() {
	let place = committed();
	let text = place.fails(1, &PROVE);
	assert!(text.contains("no opening here") && text.contains("committed anew"), "{text}");
	let plain = ["prove", "circuit", "--keys", "keys", "--input", "x.json", "-o", "proof"];
	let text = place.fails(1, &plain);
	assert!(text.contains("zkml commit input"), "{text}");
	place.json(&COMMIT);
	let text = place.fails(1, &COMMIT);
	assert!(text.contains("only copy of a salt"), "{text}");
	let swapped = ["prove", "circuit", "--keys", "keys", "--opening", WEIGHTS, "-o", "proof"];
	let text = place.fails(1, &swapped);
	assert!(text.contains("it opens a model's weights, not an input"), "{text}");

	fs::copy(place.path("x.opening"), place.path("whole")).unwrap();
	let restore = || fs::copy(place.path("whole"), place.path("x.opening")).unwrap();
	place.edit("x.opening", |opening| opening["input"]["integers"][3] = 1.into());
	let text = place.fails(1, &PROVE);
	assert!(text.contains("do not give the commitment"), "{text}");
	place.fails(3, &["open", "x.opening"]);
	restore();
	for salt in ["", "00", &"ff".repeat(32), &format!("07{}", "00".repeat(31))] {
		place.edit("x.opening", |opening| opening["salt"] = salt.into());
		let text = place.fails(1, &PROVE);
		assert!(text.contains("its salt is no 32 bytes"), "{text}");
	}
	restore();
	// Another reading of the same hash: all values and the least of them moved by as much.
	place.edit("x.opening", |opening| {
		let schema = &mut opening["input"]["schema"];
		schema["lo"] = (schema["lo"].as_i64().unwrap() + 1).into();
		schema["hi"] = (schema["hi"].as_i64().unwrap() + 1).into();
		for value in opening["input"]["integers"].as_array_mut().unwrap() {
			*value = (value.as_i64().unwrap() + 1).into();
		}
	});
	place.fails(3, &["open", "x.opening"]);
	assert!(place.fails(1, &PROVE).contains("do not give the commitment"));
	restore();
	place.edit("x.opening", |opening| {
		opening["input"]["integers"].as_array_mut().unwrap().pop();
	});
	assert!(place.fails(1, &PROVE).contains("do not give the commitment"));
	restore();
	place.edit("x.opening", |opening| opening["schema"] = "11".repeat(32).into());
	let text = place.fails(1, &PROVE);
	assert!(text.contains("values of schema 0x1111"), "{text}");
	restore();
	let other = "22".repeat(32);
	let text = place.fails(3, &["open", "x.opening", "--commitment", &other]);
	assert!(text.contains("not 0x2222"), "{text}");

	fs::rename(place.path(WEIGHTS), place.path("weights")).unwrap();
	let text = place.fails(1, &PROVE);
	assert!(text.contains("no opening here"), "{text}");
	place.json(&["commit", "weights", "digits.q.onnx", "-o", WEIGHTS]);
	let text = place.fails(1, &PROVE);
	assert!(text.contains("are not those of the circuit's commitment"), "{text}");
	place.json(&[&PROVE[..], &["--weights-opening", "weights"]].concat());
}

#[test]
fn keys_name_one_threshold_and_one_commitment() {
	let place = committed();
	place.json(&COMMIT);
	place.json(&[
		"compile",
		"digits.q.onnx",
		"-o",
		"circuit",
		"--input-visibility",
		"committed",
		"--weights",
		"committed",
		"--weights-opening",
		"other.json",
		"--reveal",
		"argmax",
	]);
	let text = place.fails(1, &PROVE);
	assert!(text.contains("commitment to other weights"), "{text}");
}

#[test]
fn a_mask_is_typed_with_each_proof() {
	let place = Place::new();
	place.quantized();
	fs::copy(example("sample.json"), place.path("x.json")).unwrap();
	place.json(&["compile", "digits.q.onnx", "-o", "circuit", "--reveal", "masked-argmax"]);
	place.json(&["setup", "circuit", "-o", "keys"]);
	let prove = ["prove", "circuit", "--keys", "keys", "--input", "x.json", "-o", "proof"];
	let with = |mask: &'static str| [&prove[..], &["--mask", mask]].concat();
	let proven = place.json(&with("2,7"));
	assert_eq!(proven["claim"]["shown"], serde_json::json!({ "label": 2, "mask": [2, 7] }));
	let proven = place.json(&with("0,1,7"));
	assert_ne!(proven["claim"]["shown"]["label"], 2);
	place.json(&["verify", "proof", "--keys", "keys"]);
	assert!(place.fails(1, &prove).contains("say so with --mask"));
	assert!(place.fails(1, &with("10")).contains("there is no class 10"));
	place.fails(2, &with("two"));
}

#[test]
fn refuses_what_the_model_cannot_reveal() {
	let place = Place::new();
	place.quantized();
	let reveal =
		|what: &'static str| ["compile", "digits.q.onnx", "-o", "circuit", "--reveal", what];
	assert!(place.fails(4, &reveal("threshold:1")).contains("not for 10 outputs"));
	assert!(place.fails(4, &reveal("top-k:11")).contains("11 largest of 10"));
	place.fails(2, &reveal("top-k:x"));
	place.fails(2, &reveal("labels"));
	let narrow = ["compile", "digits.q.onnx", "--weights", "committed", "--weight-bits"];
	let text = place.fails(4, &[&narrow[..], &["3"]].concat());
	assert!(text.contains("3 bits are declared"), "{text}");
	place.fails(2, &[&narrow[..], &["9"]].concat());
}
