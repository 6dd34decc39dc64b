//! Circuits from source, and snarkjs, both by npm.

use std::{
	fs,
	path::{Path, PathBuf},
	process::{Command, Output},
};
use zkml_circuits::{r1cs::write_wtns, Element};
use zkml_tests::programs;

pub(crate) fn circuits() -> PathBuf {
	programs::root().join("tests/circuits")
}

/// The folder with packages of npm.
fn npm() -> PathBuf {
	programs::npm().join("node_modules")
}

fn node(script: &str, arguments: &[&str]) -> Output {
	let script = npm().join(script);
	assert!(script.exists(), "{} is not installed", script.display());
	let mut command = Command::new("node");
	// circom's port to WebAssembly finds included files only below the current folder.
	command.arg(script).args(arguments).current_dir("/");
	command.output().expect("node is installed")
}

/// A fresh folder for what one test writes.
pub(crate) fn folder(test: &str) -> PathBuf {
	let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
	let _ = fs::remove_dir_all(&folder);
	fs::create_dir_all(&folder).unwrap();
	folder
}

/// How far circom simplifies constraints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
	/// As it does by itself.
	Default,
	/// Every linear constraint goes.
	Full,
}

/// What circom writes.
pub(crate) struct Compiled {
	pub(crate) r1cs: PathBuf,
	pub(crate) wasm: PathBuf,
	pub(crate) sym: PathBuf,
}

/// Compiles `NAME.circom` of a folder, over bn128.
pub(crate) fn compile_in(sources: &Path, name: &str, level: Level, folder: &Path) -> Compiled {
	let level = if level == Level::Default { "--O1" } else { "--O2" };
	compile_with(sources, name, &["--r1cs", "--sym", "--wasm", level], folder)
}

fn compile_with(sources: &Path, name: &str, options: &[&str], folder: &Path) -> Compiled {
	let npm = npm();
	let libraries = ["", "circomlib/circuits", "circomlib-ml/circuits"].map(|path| npm.join(path));
	let source = fs::canonicalize(sources).unwrap().join(format!("{name}.circom"));
	let mut arguments = vec![source.to_str().unwrap(), "-o", folder.to_str().unwrap()];
	arguments.extend(libraries.iter().flat_map(|path| ["-l", path.to_str().unwrap()]));
	arguments.extend(options);
	let output = node("circom2/cli.js", &arguments);
	let wasm = folder.join(format!("{name}_js/{name}.wasm"));
	assert!(wasm.exists(), "{}", String::from_utf8_lossy(&output.stderr));
	let [r1cs, sym] = ["r1cs", "sym"].map(|ending| folder.join(format!("{name}.{ending}")));
	Compiled { r1cs, wasm, sym }
}

/// The path of the module that circom compiles from `tests/circuits/NAME.circom`.
pub(crate) fn compile(name: &str, prime: &str, folder: &Path) -> PathBuf {
	compile_with(&circuits(), name, &["--wasm", "-p", prime], folder).wasm
}

/// The bytes of the `.wtns` file that snarkjs computes; what it says if it computes none.
pub(crate) fn snarkjs(module: &Path, inputs: &str, folder: &Path) -> Result<Vec<u8>, String> {
	let (input, witness) = (folder.join("input.json"), folder.join("witness.wtns"));
	fs::write(&input, inputs).unwrap();
	let paths = [module, &input, &witness].map(|path| path.to_str().unwrap());
	let output =
		node("snarkjs/build/cli.cjs", &["wtns", "calculate", paths[0], paths[1], paths[2]]);
	if !output.status.success() {
		return Err(String::from_utf8_lossy(&output.stdout).into());
	}
	Ok(fs::read(witness).unwrap())
}

/// A witness as a `.wtns` file.
pub(crate) fn wtns(witness: &[Element]) -> Vec<u8> {
	let mut out = Vec::new();
	write_wtns(witness, &mut out).unwrap();
	out
}
