//! What is typed for a chain, before any node is asked; and several proofs at once.

mod common;

use common::{Place, VERIFY};
use std::fs;

/// What is typed, before any node is asked.
mod parsing {
	use super::*;

	#[test]
	fn what_does_not_go_together_is_refused() {
		let place = Place::new();
		for arguments in [
			&["submit", "--suri", "//Alice", "--dry-run", "--skip-dry-run"][..],
			&["submit"],
			&["model"],
			&["model", "show", "a", "b"],
			&["model", "deprecate", "keys", "--suri", "//Alice"],
			&["model", "deprecate", "keys", "--suri", "//Alice", "--until", "5", "--within", "5"],
			&["model", "deprecate", "keys", "--suri", "//Alice", "--until", "soon"],
			&["model", "terms", "keys", "--suri", "//Alice"],
			&["model", "terms", "keys", "--suri", "//Alice", "--max-age", "-1"],
			&["model", "offer", "keys", "--suri", "//Alice"],
			&["model", "suspend", "keys"],
			&["receipt", "show", "keys"],
			&["receipt", "remove", "--suri", "//Alice"],
			&["register", "--suri", "//Alice", "--max-age", "none"],
			&["prove", "--input", "x.json", "--ahead", "2"],
			&["prove", "--input", "x.json", "--url", "ws://127.0.0.1:9"],
		] {
			place.fails(2, arguments);
		}
	}

	#[test]
	fn what_names_no_model_or_account_says_what_would() {
		let place = Place::ready();
		let url = ["--url", "ws://127.0.0.1:9", "--suri", "//Alice"];
		let with = |arguments: &[&'static str]| [arguments, &url[..]].concat();
		let text = place.fails(1, &with(&["model", "suspend", "0x12"]));
		assert!(text.contains("neither a model's id, 32 bytes in hexadecimal, nor a folder"));
		let text = place.fails(1, &with(&["model", "suspend", "keys"]));
		assert!(text.contains("run `zkml register`, or name the model by its id"), "{text}");
		let text = place.fails(5, &with(&["model", "offer", "keys", "--to", "Bob"]));
		assert!(text.contains("Bob is no account"), "{text}");
		assert!(text.contains("an address such as 5Grwva"), "{text}");
		let id = "11".repeat(32);
		let text = place.fails(5, &["model", "show", &id, "--url", "ws://127.0.0.1:9"]);
		assert!(text.contains("no node answers at ws://127.0.0.1:9"), "{text}");
		fs::write(place.path("keys/registration.json"), "{").unwrap();
		let text = place.fails(1, &with(&["model", "suspend", "keys"]));
		assert!(text.contains("registration.json"), "{text}");
	}

	#[test]
	fn a_proof_for_no_chain_is_not_submitted() {
		let place = Place::proven();
		let url = ["--url", "ws://127.0.0.1:9"];
		let text = place.fails(1, &[&["submit", "proof", "--dry-run"], &url[..]].concat());
		assert!(text.contains("the proof is for no chain"), "{text}");
		assert!(text.contains("zkml prove --url"), "{text}");
		let text = place.fails(1, &[&["submit", "nowhere", "--dry-run"], &url[..]].concat());
		assert!(text.contains("make the proof with `zkml prove`"), "{text}");
	}

	#[test]
	fn every_verb_has_its_help() {
		let place = Place::new();
		for verb in ["show", "suspend", "resume", "deprecate", "offer", "accept", "terms"] {
			place.zkml(&["model", verb, "--help"]).assert().success();
		}
		place.zkml(&["model", "deregister", "--help"]).assert().success();
		place.zkml(&["receipt", "show", "--help"]).assert().success();
		place.zkml(&["receipt", "remove", "--help"]).assert().success();
	}
}

mod several {
	use super::*;

	const TWO: [&str; 10] = [
		"prove", "circuit", "--keys", "keys", "--input", "x.json", "--input", "y.json", "-o",
		"proofs",
	];

	#[test]
	fn inputs_give_a_proof_each() {
		let place = Place::ready();
		fs::copy(place.path("x.json"), place.path("y.json")).unwrap();
		let proven = place.json(&TWO);
		assert_eq!(proven["proofs"].as_array().unwrap().len(), 2, "{proven}");
		place.json(&["verify", "proofs/x", "--keys", "keys"]);
		place.json(&["verify", "proofs/y", "--keys", "keys"]);
		// Once more in the same place, but not among others' files.
		place.json(&TWO);
		fs::create_dir(place.path("proofs/older")).unwrap();
		assert!(place.fails(1, &TWO).contains("the folder exists and holds proofs/older"));
	}

	#[test]
	fn inputs_are_checked_before_the_first_is_proven() {
		let place = Place::ready();
		fs::write(place.path("y.json"), "{}").unwrap();
		assert!(place.fails(1, &TWO).contains("y.json"));
		assert!(!place.path("proofs").exists());
		fs::create_dir(place.path("z")).unwrap();
		fs::copy(place.path("x.json"), place.path("z/x.json")).unwrap();
		let mut alike = TWO;
		alike[7] = "z/x.json";
		assert!(place.fails(1, &alike).contains("another input has this name, too"));
	}

	/// A batch of one thing, into the folder `proofs`.
	fn batch(of: &str) -> Vec<&str> {
		vec!["prove", "circuit", "--keys", "keys", "--batch", of, "-o", "proofs"]
	}

	#[test]
	fn a_folder_of_inputs_is_a_batch() {
		let place = Place::ready();
		fs::create_dir(place.path("inputs")).unwrap();
		let text = place.fails(1, &batch("inputs"));
		assert!(text.contains("there is no .json file in it"), "{text}");
		fs::write(place.path("inputs/notes.txt"), "no input").unwrap();
		fs::copy(place.path("x.json"), place.path("inputs/only.json")).unwrap();
		let proven = place.json(&batch("inputs"));
		assert_eq!(proven["proofs"].as_array().unwrap().len(), 1, "{proven}");
		place.json(&["verify", "proofs/only", "--keys", "keys"]);
	}

	/// Samples of 64 values each, as NumPy writes them.
	fn samples(place: &Place, values: Vec<f32>) {
		let array = ndarray::Array::from_shape_vec((values.len() / 64, 64), values).unwrap();
		let file = fs::File::create(place.path("samples.npz")).unwrap();
		let mut npz = ndarray_npy::NpzWriter::new(file);
		npz.add_array("x", &array).unwrap();
		npz.finish().unwrap();
	}

	#[test]
	fn samples_are_a_batch() {
		let place = Place::ready();
		samples(&place, (0..11 * 64).map(|at| (at % 17) as f32).collect());
		let proven = place.json(&batch("samples.npz"));
		let proofs = proven["proofs"].as_array().unwrap();
		let outputs: Vec<_> =
			proofs.iter().map(|proof| proof["output"].as_str().unwrap()).collect();
		assert_eq!(outputs.len(), 11);
		assert_eq!((outputs[0], outputs[10]), ("proofs/00", "proofs/10"));
		assert_ne!(proofs[0]["claim"]["shown"], proofs[1]["claim"]["shown"], "other samples");
		place.json(&["verify", "proofs/10", "--keys", "keys"]);
	}

	#[test]
	fn samples_are_checked_before_the_first_is_proven() {
		let place = Place::ready();
		let mut values = vec![1.0; 3 * 64];
		values[64 + 5] = 1e6;
		samples(&place, values);
		let text = place.fails(1, &batch("samples.npz"));
		assert!(text.contains("sample 1"), "{text}");
		assert!(!place.path("proofs").exists());
		let text = place.fails(1, &batch("x.json"));
		assert!(text.contains("not an .npz file"), "{text}");
		let both = [&batch("samples.npz")[..], &["--input", "x.json"]].concat();
		assert!(place.fails(2, &both).contains("cannot be used with"));
	}
}

/// A destination that somebody changed does not go with the proof.
#[test]
fn a_changed_destination_is_noticed() {
	let place = Place::proven();
	let bytes = "22".repeat(32);
	place.edit("proof/inference.json", |claim| {
		claim["destination"] = serde_json::json!({
			"genesis": bytes, "model": bytes, "account": bytes, "nonce": 0,
		});
	});
	let text = place.fails(3, &VERIFY);
	assert!(text.contains("the context is not that of the destination"), "{text}");
}
