//! What figures were measured on.

use std::{path::Path, process::Command};

/// The processor, its cores and the compiler.
pub fn machine() -> String {
	let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
	let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
	let output = Command::new("rustc").arg("--version").output();
	let rustc = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_string());
	format!(
		"{}, {cores} cores; {}",
		processor(&info),
		rustc.unwrap_or_else(|_| "unknown compiler".into())
	)
}

/// The model in `/proc/cpuinfo`.
fn processor(info: &str) -> &str {
	let model = info.lines().find_map(|line| line.strip_prefix("model name"));
	model.unwrap_or("unknown processor").trim_start_matches([' ', '\t', ':'])
}

/// The version of a package in this workspace's lock file; empty where it has none.
pub fn locked_version(package: &str) -> String {
	let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
	version(&std::fs::read_to_string(lock).unwrap_or_default(), package).into()
}

fn version<'a>(lock: &'a str, package: &str) -> &'a str {
	let name = format!("name = \"{package}\"\nversion = \"");
	let rest = lock.split_once(&name).map(|(_, rest)| rest);
	rest.and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn versions_are_found() {
		let lock = "[[package]]\nname = \"ab\"\nversion = \"1.0\"\n\n[[package]]\nname = \"b\"\nversion = \"2.0\"\n";
		assert_eq!(version(lock, "b"), "2.0");
		assert_eq!(version(lock, "c"), "");
	}

	#[test]
	fn processors_are_found() {
		let info = "processor\t: 0\nmodel name\t: Some Processor @ 2 GHz\n";
		assert_eq!(processor(info), "Some Processor @ 2 GHz");
		assert_eq!(processor(""), "unknown processor");
	}
}
