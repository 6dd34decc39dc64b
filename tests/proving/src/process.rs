//! Seconds and peak memory of whole processes.
//!
//! A process counts as its memory what its parent had when it was started, and the system tells only
//! the most of all children. So each is started by one that does nothing else: this program again, as
//! [`watch`].

use crate::BenchError;
use nix::sys::resource::{getrusage, UsageWho};
use serde::{Deserialize, Serialize};
use std::{
	ffi::OsString,
	fs,
	path::Path,
	process::{Command, Stdio},
	time::Instant,
};

/// The subcommand of this program that runs [`watch`].
pub const WATCH: &str = "watch";
/// How much of a failed program's output is shown.
const SHOWN: usize = 2_000;

/// What a process took from its start to its end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Usage {
	/// Seconds.
	pub seconds: f64,
	/// The most memory that was its own at once, in bytes.
	pub memory: u64,
}

impl Usage {
	/// One process after the other.
	#[must_use]
	pub fn then(self, next: Self) -> Self {
		Self { seconds: self.seconds + next.seconds, memory: self.memory.max(next.memory) }
	}
}

/// Runs a program, which must succeed, and says what it took. The program is started in the folder that
/// the command names.
///
/// # Errors
/// [`BenchError`], with the program's last words.
pub fn measure(command: &Command) -> Result<Usage, BenchError> {
	let program = command.get_program().to_string_lossy().into_owned();
	let start = |error| BenchError::Start { program: program.clone(), error };
	let itself = std::env::current_exe().map_err(start)?;
	let report = tempfile::NamedTempFile::new().map_err(start)?;
	let mut watcher = Command::new(itself);
	watcher.arg(WATCH).arg(report.path()).arg("--").arg(command.get_program());
	watcher.args(command.get_args()).stdin(Stdio::null());
	for (name, value) in command.get_envs() {
		match value {
			Some(value) => watcher.env(name, value),
			None => watcher.env_remove(name),
		};
	}
	if let Some(folder) = command.get_current_dir() {
		watcher.current_dir(folder);
	}
	let output = watcher.output().map_err(start)?;
	if !output.status.success() {
		let text = [output.stdout, output.stderr].concat();
		let text = String::from_utf8_lossy(&text[text.len().saturating_sub(SHOWN)..]).into_owned();
		return Err(BenchError::Failed { program, status: output.status.to_string(), text });
	}
	let text = fs::read(report.path()).map_err(BenchError::file(report.path()))?;
	serde_json::from_slice(&text).map_err(BenchError::content(report.path()))
}

/// Runs a program, writes down what it took, and returns its exit status. To be called once in a
/// process.
///
/// # Errors
/// [`BenchError`] if the program cannot be run, or nothing written.
pub fn watch(report: &Path, command: &[OsString]) -> Result<u8, BenchError> {
	let (program, arguments) = match command {
		[program, arguments @ ..] => (program, arguments),
		[] => return Ok(0),
	};
	let began = Instant::now();
	let status = Command::new(program).args(arguments).status().map_err(|error| {
		BenchError::Start { program: program.to_string_lossy().into_owned(), error }
	})?;
	let seconds = began.elapsed().as_secs_f64();
	let children = getrusage(UsageWho::RUSAGE_CHILDREN);
	let children = children.map_err(|error| BenchError::Usage(error.into()))?;
	let usage = Usage { seconds, memory: bytes(children.max_rss()) };
	let text = serde_json::to_vec(&usage).map_err(BenchError::content(report))?;
	fs::write(report, text).map_err(BenchError::file(report))?;
	// Of a signal's end there is no code.
	Ok(status.code().map_or(1, |code| code as u8))
}

/// Linux counts in kibibytes, others in bytes.
fn bytes(max_rss: i64) -> u64 {
	let unit = if cfg!(target_os = "linux") { 1024 } else { 1 };
	u64::try_from(max_rss).unwrap_or(0) * unit
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_program_is_watched() {
		let report = tempfile::NamedTempFile::new().expect("a temporary file");
		let command = ["sh", "-c", "sleep 0.02; exit 3"].map(OsString::from);
		assert_eq!(watch(report.path(), &command).expect("a shell"), 3);
		let text = fs::read(report.path()).expect("a report");
		let usage: Usage = serde_json::from_slice(&text).expect("what it took");
		assert!(usage.seconds >= 0.02, "{usage:?}");
		assert!((100_000..1 << 33).contains(&usage.memory), "{usage:?}");
	}

	#[test]
	fn a_missing_program_is_named() {
		let error = watch(Path::new("none"), &["/does/not/exist".into()]).expect_err("no program");
		assert!(error.to_string().starts_with("/does/not/exist cannot be run"), "{error}");
	}

	#[test]
	fn what_follows_adds_time_and_not_memory() {
		let [one, two] = [(1.0, 5), (2.0, 3)].map(|(seconds, memory)| Usage { seconds, memory });
		assert_eq!(one.then(two), Usage { seconds: 3.0, memory: 5 });
	}
}
