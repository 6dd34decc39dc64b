//! Errors as a user sees them, and the exit codes they lead to.

use crate::chain::ChainError;
use miette::Diagnostic;
use std::path::PathBuf;
use thiserror::Error;
use zkml_circuits::ModelError;

/// What went wrong.
#[derive(Debug, Error, Diagnostic)]
pub enum CliError {
	/// A file cannot be read or written.
	#[error("{}: {error}", path.display())]
	File {
		/// The file.
		path: PathBuf,
		/// The cause.
		error: std::io::Error,
	},
	/// A file's content is not what it should be.
	#[error("{}: {what}", path.display())]
	#[diagnostic(help("{help}"))]
	Content {
		/// The file.
		path: PathBuf,
		/// What is wrong.
		what: String,
		/// What to do.
		help: String,
	},
	/// Two artefacts do not belong together.
	#[error(
		"{left} belongs to circuit {}…, {right} to circuit {}…",
		short(left_hash),
		short(right_hash)
	)]
	#[diagnostic(help("use keys made by `zkml setup` from this very circuit folder"))]
	Mismatch {
		/// One artefact.
		left: String,
		/// Its circuit's hash.
		left_hash: String,
		/// The other.
		right: String,
		/// Its circuit's hash.
		right_hash: String,
	},
	/// A model or its samples.
	#[error(transparent)]
	Model(#[from] ModelError),
	/// A step would need more than there is.
	#[error("{0}")]
	#[diagnostic(help("pass --force to try all the same"))]
	Budget(String),
	/// A proof that does not hold.
	#[error("the proof is not valid: {0}")]
	Invalid(String),
	/// The chain, or the way to it.
	#[error(transparent)]
	Chain(#[from] ChainError),
	/// Anything else.
	#[error("{0}")]
	Other(String),
}

/// The first characters of a hash.
fn short(hash: &str) -> &str {
	hash.get(..16).unwrap_or(hash)
}

impl CliError {
	/// 1 failure, 3 proof invalid, 4 model unsupported, 5 chain error. Usage errors are 2.
	pub fn exit_code(&self) -> u8 {
		match self {
			Self::Invalid(_) => 3,
			Self::Model(
				ModelError::Opset { .. }
				| ModelError::Operator { .. }
				| ModelError::Node { .. }
				| ModelError::Symbolic { .. }
				| ModelError::Overflow { .. }
				| ModelError::Interface(_),
			) => 4,
			Self::Chain(_) => 5,
			_ => 1,
		}
	}

	/// For `map_err` on an operation on a file.
	pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
		let path = path.into();
		move |error| Self::File { path, error }
	}
}
