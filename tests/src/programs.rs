//! Where the programs are that scenarios run.

use std::path::{Path, PathBuf};

/// The root of the checkout.
pub fn root() -> &'static Path {
	Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A program of this workspace, which lies beside or above the running one.
///
/// # Panics
/// If it was not built.
pub fn program(name: &str) -> PathBuf {
	let current = std::env::current_exe().expect("a running program has a path");
	current
		.ancestors()
		.skip(1)
		.take(3)
		.map(|folder| folder.join(name))
		.find(|path| path.is_file())
		.unwrap_or_else(|| panic!("{name} is missing: run `cargo build --release` first"))
}

/// A folder of programs that are compared with, made by `scripts/setup.sh oracles`.
fn cache() -> PathBuf {
	match std::env::var_os("ZKML_CACHE") {
		Some(path) => path.into(),
		None => {
			let home = std::env::var_os("HOME").expect("a home folder");
			PathBuf::from(home).join(".cache/zkml")
		},
	}
}

/// Python with onnxruntime.
///
/// # Panics
/// If it is not installed.
pub fn python() -> PathBuf {
	installed(cache().join("venv/bin/python"))
}

/// The folder into which npm installed snarkjs.
///
/// # Panics
/// If it is not installed.
pub fn npm() -> PathBuf {
	installed(cache().join("npm/node_modules/snarkjs"));
	cache().join("npm")
}

fn installed(path: PathBuf) -> PathBuf {
	assert!(path.exists(), "{} is missing: run `scripts/setup.sh oracles`", path.display());
	path
}
