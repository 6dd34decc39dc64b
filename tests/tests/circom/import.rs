//! Circuits from elsewhere, from their files to verified proofs.

use super::common::{circuits, compile_in, folder, Level};
use serde_json::Value;
use std::{
	fs,
	path::{Path, PathBuf},
	process::{Command, Output},
};
use zkml_tests::programs::program;

struct Imported {
	folder: PathBuf,
}

fn run(folder: &Path, arguments: &[&str]) -> (Output, Value) {
	let output = Command::new(program("zkml"))
		.arg("--json")
		.args(arguments)
		.current_dir(folder)
		.output()
		.unwrap();
	let value = serde_json::from_slice(&output.stdout).unwrap_or_default();
	(output, value)
}

impl Imported {
	/// Compiles a circuit of `tests/circuits` and imports it.
	fn new(name: &str, options: &[&str]) -> Self {
		let folder = folder(&format!("import-{name}"));
		let files = compile_in(&circuits(), name, Level::Default, &folder);
		fs::rename(files.r1cs, folder.join("c.r1cs")).unwrap();
		fs::rename(files.wasm, folder.join("c.wasm")).unwrap();
		fs::rename(files.sym, folder.join("c.sym")).unwrap();
		let input = circuits().join(format!("{name}.input.json"));
		fs::copy(input, folder.join("input.json")).unwrap();
		let this = Self { folder };
		let mut arguments = vec!["import", "c.r1cs", "--sym", "c.sym", "-o", "circuit"];
		arguments.extend(options);
		this.works(&arguments);
		this
	}

	fn works(&self, arguments: &[&str]) -> Value {
		let (output, value) = run(&self.folder, arguments);
		let text = String::from_utf8_lossy(&output.stderr);
		assert_eq!(output.status.code(), Some(0), "{arguments:?}: {text}");
		value
	}

	fn fails(&self, arguments: &[&str], code: i32, words: &str) {
		let (output, value) = run(&self.folder, arguments);
		let error = value["error"].as_str().unwrap_or_default();
		assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
		assert!(error.contains(words), "{arguments:?}: {error}");
	}
}

const PROVE: [&str; 8] =
	["prove", "circuit", "--keys", "keys", "--input", "input.json", "-o", "proof"];
const VERIFY: [&str; 4] = ["verify", "proof", "--keys", "keys"];

#[test]
fn a_member_of_a_group_is_proven() {
	let signal = ["--wasm", "c.wasm", "--context", "signalHash"];
	let this = Imported::new("semaphore", &signal);
	// The context is the chain's to say, not the input's.
	this.works(&["setup", "circuit", "-o", "keys"]);
	let shown = this.works(&["inspect", "circuit"]);
	assert_eq!(
		shown["circuit"]["signals"],
		serde_json::json!(["root", "nullifier", "scope", "signalHash"])
	);
	this.fails(&PROVE, 1, "signalHash is the context");
	let mut input: Value =
		serde_json::from_slice(&fs::read(this.folder.join("input.json")).unwrap()).unwrap();
	input.as_object_mut().unwrap().remove("signalHash");
	let write = |input: &Value| {
		fs::write(this.folder.join("input.json"), input.to_string()).unwrap();
	};
	write(&input);
	let context = format!("05{}", "00".repeat(31));
	let proven = this.works(&[PROVE.as_slice(), &["--context", &context]].concat());
	// Root, nullifier and scope; the context stands besides.
	assert_eq!(proven["claim"]["shown"]["raw"].as_array().map(Vec::len), Some(3));
	let public: Value =
		serde_json::from_slice(&fs::read(this.folder.join("proof/public.json")).unwrap()).unwrap();
	assert_eq!((public.as_array().map(Vec::len), &public[3]), (Some(4), &Value::from("5")));
	this.works(&VERIFY);
	// Another signal than the proven one.
	let path = this.folder.join("proof/inference.json");
	let text = fs::read_to_string(&path).unwrap();
	fs::write(&path, text.replace(&context, &format!("06{}", "00".repeat(31)))).unwrap();
	this.fails(&VERIFY, 3, "public.json");
	fs::write(&path, text).unwrap();
	this.works(&VERIFY);

	input["secret"] = 1.into();
	input["path"][0] = 7.into();
	write(&input);
	this.fails(&PROVE, 1, "");
	input.as_object_mut().unwrap().remove("secret");
	write(&input);
	this.fails(&PROVE, 1, "");
}

#[test]
fn a_model_of_keras2circom_is_proven() {
	let this = Imported::new("keras_dense", &["--wasm", "c.wasm"]);
	this.works(&["setup", "circuit", "-o", "keys"]);
	let proven = this.works(&[PROVE.as_slice(), &["--witness", "c.wtns"]].concat());
	assert_eq!(proven["claim"]["shown"]["raw"], serde_json::json!(["2"]));
	this.works(&VERIFY);

	// The same from a witness, in a folder without the program.
	this.works(&["import", "c.r1cs", "--sym", "c.sym", "-o", "bare"]);
	this.works(&["setup", "bare", "-o", "keys"]);
	let prove = ["prove", "bare", "--keys", "keys", "-o", "proof"];
	this.fails(
		&[prove.as_slice(), &["--input", "input.json"]].concat(),
		1,
		"without its .wasm file",
	);
	this.works(&[prove.as_slice(), &["--wtns", "c.wtns"]].concat());
	this.works(&VERIFY);
	let mut witness = fs::read(this.folder.join("c.wtns")).unwrap();
	let last = witness.len() - 32;
	witness[last] ^= 1;
	fs::write(this.folder.join("c.wtns"), &witness).unwrap();
	this.fails(&[prove.as_slice(), &["--wtns", "c.wtns"]].concat(), 1, "violates constraint");
}

#[test]
fn files_that_do_not_go_together_are_refused() {
	let this = Imported::new("keras_dense", &[]);
	let other = folder("import-other");
	let files = compile_in(&circuits(), "multiplier", Level::Default, &other);
	let wasm = files.wasm.to_str().unwrap();
	let import = ["import", "c.r1cs", "-o", "other"];
	let with = |more: &[&'static str]| [import.as_slice(), more].concat();
	this.fails(&[import.as_slice(), &["--wasm", wasm]].concat(), 1, "its witnesses have");
	this.fails(&with(&["--wasm", "c.r1cs"]), 1, "");
	this.fails(&with(&["--context", "out"]), 1, "--sym");
	this.fails(&with(&["--context", "out", "--sym", "c.sym"]), 1, "the public inputs are none");
	this.fails(&with(&["--interface", "input.json"]), 1, "");
	this.fails(&["import", "c.wasm", "-o", "other"], 1, "not a .r1cs file");
	this.fails(&["import", "input.json", "-o", "other"], 1, "not a .r1cs file");
}
