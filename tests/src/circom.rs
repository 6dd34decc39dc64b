//! Circuits from source, by circom of npm.

use crate::programs::npm;
use std::{
	fs,
	path::{Path, PathBuf},
	process::{Command, Output},
};

/// Runs a script of a package of npm.
///
/// # Panics
/// If it is not installed.
pub fn node(script: &str, arguments: &[&str]) -> Output {
	let script = npm().join("node_modules").join(script);
	assert!(script.exists(), "{} is not installed", script.display());
	let mut command = Command::new("node");
	// circom's port to WebAssembly finds included files only below the current folder.
	command.arg(script).args(arguments).current_dir("/");
	command.output().expect("node is installed")
}

/// How far circom simplifies constraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
	/// As it does by itself.
	Default,
	/// Every linear constraint goes.
	Full,
}

/// What circom writes.
#[derive(Debug)]
pub struct Compiled {
	/// The constraints.
	pub r1cs: PathBuf,
	/// The program that computes witnesses.
	pub wasm: PathBuf,
	/// Names of signals.
	pub sym: PathBuf,
}

/// Compiles `NAME.circom` of a folder, over bn128.
pub fn compile_in(sources: &Path, name: &str, level: Level, folder: &Path) -> Compiled {
	let level = if level == Level::Default { "--O1" } else { "--O2" };
	compile_with(sources, name, &["--r1cs", "--sym", "--wasm", level], folder)
}

/// The same with options of one's own.
///
/// # Panics
/// With what circom says, if it does not compile.
pub fn compile_with(sources: &Path, name: &str, options: &[&str], folder: &Path) -> Compiled {
	let npm = npm().join("node_modules");
	let libraries = ["", "circomlib/circuits", "circomlib-ml/circuits"].map(|path| npm.join(path));
	let source = fs::canonicalize(sources).expect("a folder").join(format!("{name}.circom"));
	let path = |path: &Path| path.to_str().expect("a path of letters").to_string();
	let mut arguments = vec![path(&source), "-o".into(), path(folder)];
	arguments.extend(libraries.iter().flat_map(|library| ["-l".into(), path(library)]));
	arguments.extend(options.iter().map(ToString::to_string));
	let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
	let output = node("circom2/cli.js", &arguments);
	let wasm = folder.join(format!("{name}_js/{name}.wasm"));
	assert!(wasm.exists(), "{}", String::from_utf8_lossy(&output.stderr));
	let [r1cs, sym] = ["r1cs", "sym"].map(|ending| folder.join(format!("{name}.{ending}")));
	Compiled { r1cs, wasm, sym }
}
