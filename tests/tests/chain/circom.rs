//! Circuits of Circom, and keys of a ceremony, on a live chain.

use super::command_line::Place;
use serde_json::{json, Value};
use std::fs;
use zkml_cli::chain::{signer, Chain};
use zkml_primitives::Output;
use zkml_tests::{
	circom::{compile_in, Level},
	examples, programs,
};

const BEACON: &str = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";

/// Compiles a program, and takes it as a circuit.
fn import(place: &Place, sources: &std::path::Path, name: &str, options: &[&str]) {
	let files = compile_in(sources, name, Level::Default, &place.path(""));
	let [r1cs, wasm, sym] =
		[files.r1cs, files.wasm, files.sym].map(|path| path.to_str().unwrap().to_string());
	let import = ["import", &r1cs, "--wasm", &wasm, "--sym", &sym, "-o", "imported"];
	place.run(&[&import, options].concat());
}

/// One step of a ceremony.
fn ceremony(place: &Place, step: &str) -> Value {
	let arguments: Vec<&str> = ["setup"].into_iter().chain(step.split(' ')).collect();
	place.run(&arguments)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_for_a_model_with_keys_of_a_ceremony() {
	let place = Place::empty().await;
	let example = |name: &str| examples::file("digits", name).to_str().unwrap().to_string();
	let (model, calibration) = (example("digits.onnx"), example("calibration.npz"));
	place.run(&["quantize", &model, "--calibration", &calibration, "-o", "m.q.onnx"]);
	place.run(&["compile", "m.q.onnx", "-o", "circuit", "--reveal", "argmax"]);
	let sample = example("sample.json");
	place.run(&["export", "circom", "circuit", "-o", "program", "--input", &sample]);
	let typed = ["--interface", "circuit/interface.json", "--context", "context"];
	import(&place, &place.path("program"), "model", &typed);

	ceremony(&place, "powers new --power 11 -o 0.ptau");
	ceremony(&place, "powers contribute 0.ptau -o 1.ptau --name Ada");
	ceremony(&place, "powers contribute 1.ptau -o 2.ptau --name Charles");
	ceremony(&place, &format!("powers beacon 2.ptau -o 3.ptau --value {BEACON} --rounds 10"));
	ceremony(&place, "powers prepare 3.ptau -o powers.ptau");
	ceremony(&place, "begin imported --powers powers.ptau -o 0.zkey");
	ceremony(&place, "contribute 0.zkey -o 1.zkey --name Ada");
	// Two people and a beacon are wanted.
	ceremony(&place, "finish imported --powers powers.ptau --key 1.zkey -o few");
	ceremony(&place, "contribute 1.zkey -o 2.zkey --name Charles");
	ceremony(&place, &format!("beacon 2.zkey -o 3.zkey --value {BEACON} --rounds 10"));
	ceremony(&place, "verify imported --powers powers.ptau --key 3.zkey --transcript said.txt");
	ceremony(&place, "finish imported --powers powers.ptau --key 3.zkey -o keys");
	let transcript = fs::read(place.path("keys/transcript.txt")).unwrap();
	assert_eq!(transcript, fs::read(place.path("said.txt")).unwrap());
	let text = String::from_utf8(transcript.clone()).unwrap();
	assert!(text.contains("Ada") && text.contains("Charles"), "{text}");

	// What they contributed is on the chain.
	place.acts("//Alice", &["register", "few"]);
	let few = place.acts("//Alice", &["model", "show", "few"]);
	assert_eq!(few["setup"]["kind"], "development", "{few}");
	place.acts("//Alice", &["register", "keys"]);
	let shown = place.acts("//Alice", &["model", "show", "keys"]);
	let hash = hex::encode(sha256(&transcript));
	assert_eq!(shown["setup"]["kind"], "ceremony", "{shown}");
	assert_eq!(shown["setup"]["transcript"], hash, "{shown}");
	assert_eq!(shown["setup"]["contributions"], 3, "{shown}");

	let prove = ["prove", "imported", "--keys", "keys", "--input", "program/input.json"];
	let proven = place.acts("//Bob", &[&prove[..], &["-o", "proof"]].concat());
	assert_eq!(proven["claim"]["shown"]["label"], 2);
	// The key is this circuit's alone.
	place.fails(
		"//Bob",
		&["prove", "circuit", "--keys", "keys", "--input", &sample],
		1,
		"belongs to circuit",
	);

	// A wallet signs the same call that `submit` would.
	let exported = place.acts("//Bob", &["export", "call-data", "proof"]);
	let data = exported["call"].as_str().unwrap().strip_prefix("0x").unwrap();
	let data = hex::decode(data).unwrap();
	let chain = Chain::connect(place.url()).await.unwrap();
	let (pallet, call) = ("Zkml", "submit_inference");
	let state = chain.state().await.unwrap();
	assert_eq!(state.call_data(pallet, call, &data[2..]).unwrap(), data);
	let eve = chain.call(&signer("//Eve").unwrap(), pallet, call, data[2..].to_vec()).await;
	assert!(eve.unwrap_err().to_string().contains("InvalidProof"));
	let included = chain.call(&signer("//Bob").unwrap(), pallet, call, data[2..].to_vec()).await;
	assert_eq!(included.unwrap().verified, [Output::Label(2)]);
	place.fails("//Bob", &["export", "call-data", "proof"], 5, "prove again");
	assert_eq!(
		exported["account"],
		json!(signer("//Bob").unwrap().public_key().to_account_id().to_string())
	);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circuit_from_elsewhere_shows_raw_signals() {
	let place = Place::empty().await;
	let circuits = programs::root().join("tests/circuits");
	import(&place, &circuits, "semaphore", &["--context", "signalHash"]);
	place.run(&["setup", "imported", "-o", "keys"]);
	place.acts("//Alice", &["register", "keys"]);
	let input = fs::read_to_string(circuits.join("semaphore.input.json")).unwrap();
	let mut input: Value = serde_json::from_str(&input).unwrap();
	input.as_object_mut().unwrap().remove("signalHash");
	fs::write(place.path("input.json"), input.to_string()).unwrap();
	let prove = ["prove", "imported", "--keys", "keys", "--input", "input.json", "-o", "proof"];
	let proven = place.acts("//Bob", &prove);
	let signals =
		proven["claim"]["shown"]["raw"].as_array().unwrap_or_else(|| panic!("{proven}")).clone();
	assert_eq!(signals.len(), 3, "{proven}");

	// Whoever sees it cannot submit it as their own.
	let exported = place.acts("//Bob", &["export", "call-data", "proof"]);
	let data = hex::decode(&exported["call"].as_str().unwrap()[2..]).unwrap();
	let chain = Chain::connect(place.url()).await.unwrap();
	let (pallet, call) = ("Zkml", "submit_inference");
	let stolen = chain.call(&signer("//Eve").unwrap(), pallet, call, data[2..].to_vec()).await;
	assert!(stolen.unwrap_err().to_string().contains("InvalidProof"));
	let submitted = place.acts("//Bob", &["submit", "proof"]);
	assert_eq!(submitted["claim"]["raw"], Value::Array(signals), "{submitted}");
	place.fails("//Bob", &["submit", "proof"], 5, "prove again");
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
	zkml_cli::files::sha256_bytes(bytes)
}
