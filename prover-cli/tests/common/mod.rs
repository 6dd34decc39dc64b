//! A folder in which `zkml` runs, as a user would run it.

#![allow(dead_code, reason = "not every test program uses all of it")]

use assert_cmd::Command;
use serde_json::Value;
use std::{
	fs,
	path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A file of the example.
pub(crate) fn example(name: &str) -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/digits").join(name)
}

/// A folder in which `zkml` runs.
pub(crate) struct Place(TempDir);

impl Place {
	/// An empty one.
	pub(crate) fn new() -> Self {
		Self(tempfile::tempdir().unwrap())
	}

	/// A path in it.
	pub(crate) fn path(&self, name: &str) -> PathBuf {
		self.0.path().join(name)
	}

	/// A command.
	pub(crate) fn zkml(&self, arguments: &[&str]) -> Command {
		let mut command = Command::cargo_bin("zkml").unwrap();
		command.current_dir(self.0.path()).args(arguments);
		command.env_remove("ZKML_URL").env_remove("ZKML_SURI");
		command
	}

	/// Runs a verb that must succeed; its JSON.
	pub(crate) fn json(&self, arguments: &[&str]) -> Value {
		let output = self.zkml(arguments).arg("--json").assert().success().get_output().clone();
		let value: Value = serde_json::from_slice(&output.stdout).unwrap();
		assert_eq!(value["zkml"], 1);
		value
	}

	/// Runs a verb that must fail; what it says.
	pub(crate) fn fails(&self, code: i32, arguments: &[&str]) -> String {
		let output = self.zkml(arguments).assert().code(code).get_output().clone();
		assert!(output.stdout.is_empty(), "results go to stdout, and there is none");
		// Messages are wrapped and framed for people; compare words.
		let text = String::from_utf8(output.stderr).unwrap();
		text.replace(['│', '×', '╰', '─', '▶'], " ")
			.split_whitespace()
			.collect::<Vec<_>>()
			.join(" ")
	}

	/// Quantises the example.
	pub(crate) fn quantized(&self) -> Value {
		let model = example("digits.onnx");
		let calibration = example("calibration.npz");
		let heldout = example("heldout.npz");
		self.json(&[
			"quantize",
			model.to_str().unwrap(),
			"--calibration",
			calibration.to_str().unwrap(),
			"--evaluate",
			heldout.to_str().unwrap(),
			"-o",
			"digits.q.onnx",
		])
	}

	/// Quantises, compiles and sets up the example.
	pub(crate) fn ready() -> Self {
		let place = Self::new();
		place.quantized();
		place.json(&["compile", "digits.q.onnx", "-o", "circuit"]);
		place.json(&["setup", "circuit", "-o", "keys"]);
		fs::copy(example("sample.json"), place.path("x.json")).unwrap();
		place
	}

	/// The same with a proof.
	pub(crate) fn proven() -> Self {
		let place = Self::ready();
		place.json(&PROVE);
		place
	}

	/// Changes a file's bytes.
	pub(crate) fn damage(&self, name: &str, damage: impl FnOnce(&mut Vec<u8>)) {
		let mut bytes = fs::read(self.path(name)).unwrap();
		damage(&mut bytes);
		fs::write(self.path(name), bytes).unwrap();
	}

	/// Changes a JSON file.
	pub(crate) fn edit(&self, name: &str, edit: impl FnOnce(&mut Value)) {
		let mut value = serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap();
		edit(&mut value);
		fs::write(self.path(name), value.to_string()).unwrap();
	}
}

/// Proves the example.
pub(crate) const PROVE: [&str; 8] =
	["prove", "circuit", "--keys", "keys", "--input", "x.json", "-o", "proof"];
/// Verifies it.
pub(crate) const VERIFY: [&str; 4] = ["verify", "proof", "--keys", "keys"];
