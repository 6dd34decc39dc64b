//! Circuits from source, and snarkjs, both by npm.

use std::{
	fs,
	path::{Path, PathBuf},
};
use zkml_circuits::{r1cs::write_wtns, Element};
pub(crate) use zkml_tests::circom::{compile_in, Level};
use zkml_tests::{circom::node, programs};

pub(crate) fn circuits() -> PathBuf {
	programs::root().join("tests/circuits")
}

/// A fresh folder for what one test writes.
pub(crate) fn folder(test: &str) -> PathBuf {
	let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
	let _ = fs::remove_dir_all(&folder);
	fs::create_dir_all(&folder).unwrap();
	folder
}

/// The path of the module that circom compiles from `tests/circuits/NAME.circom`.
pub(crate) fn compile(name: &str, prime: &str, folder: &Path) -> PathBuf {
	zkml_tests::circom::compile_with(&circuits(), name, &["--wasm", "-p", prime], folder).wasm
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
