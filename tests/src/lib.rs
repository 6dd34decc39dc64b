//! What the scenarios share: programs, nodes, streams of submissions, the examples, made-up models.

pub mod circom;
pub mod examples;
pub mod models;
pub mod node;
pub mod place;
pub mod programs;
pub mod rows;
pub mod stories;
pub mod stream;

/// The processor of this machine, and how many cores it has: figures are stated with it.
pub fn machine() -> String {
	let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
	let model =
		info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
	let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
	format!("{}, {cores} cores", model.trim_start_matches([' ', '\t', ':']))
}
