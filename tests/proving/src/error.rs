//! What can go wrong.

use std::{io, path::PathBuf};
use thiserror::Error;
use zkml_prover::SetupError;

/// Why there is no figure.
#[derive(Debug, Error)]
pub enum BenchError {
	/// A file cannot be read or written.
	#[error("{path}: {error}")]
	File {
		/// Which.
		path: PathBuf,
		/// Why.
		error: io::Error,
	},
	/// A file does not hold what it should.
	#[error("{path}: {what}")]
	Content {
		/// Which.
		path: PathBuf,
		/// What is wrong with it.
		what: String,
	},
	/// A program cannot be started.
	#[error("{program} cannot be run: {error}")]
	Start {
		/// Which.
		program: String,
		/// Why.
		error: io::Error,
	},
	/// A program failed.
	#[error("{program} failed, {status}. It said:\n{text}")]
	Failed {
		/// Which.
		program: String,
		/// How it ended.
		status: String,
		/// The end of what it wrote.
		text: String,
	},
	/// The system does not say how much memory was used.
	#[error("the system does not say what a process took: {0}")]
	Usage(io::Error),
	/// A key cannot be made.
	#[error(transparent)]
	Setup(#[from] SetupError),
	/// The key has more signals than a chain takes.
	#[error("the circuit has too many public signals, or its key a point at infinity")]
	VerifyingKey,
	/// There is no proof.
	#[error("{library} makes no proof: {why}")]
	Prove {
		/// Whose code.
		library: &'static str,
		/// Why.
		why: String,
	},
	/// A proof does not hold.
	#[error("{case}: the proof {path}, made by {prover}, does not hold: {why}")]
	Invalid {
		/// Of what.
		case: String,
		/// Where it is.
		path: PathBuf,
		/// Who made it.
		prover: &'static str,
		/// Why.
		why: String,
	},
}

impl BenchError {
	/// For `map_err`, of a file.
	pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
		let path = path.into();
		move |error| Self::File { path, error }
	}

	/// For `map_err`, of a file's content.
	pub fn content<E: ToString>(path: impl Into<PathBuf>) -> impl FnOnce(E) -> Self {
		let path = path.into();
		move |error| Self::Content { path, what: error.to_string() }
	}
}
