//! Errors as a user sees them, and the exit codes they lead to.

use crate::chain::{explain, ChainError};
use miette::Diagnostic;
use std::path::{Path, PathBuf};
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
	/// A model or its samples, in a file.
	#[error("{}: {error}", path.display())]
	In {
		/// The file.
		path: PathBuf,
		/// The cause.
		error: Box<ModelError>,
		/// What to do, where the file itself tells.
		#[help]
		help: Option<String>,
	},
	/// A step would need more than there is.
	#[error("{0}")]
	#[diagnostic(help("pass --force to try all the same"))]
	Budget(String),
	/// A proof that does not hold.
	#[error("the proof is not valid: {0}")]
	Invalid(String),
	/// An opening that is not that of its commitment.
	#[error("the commitment is not opened: {0}")]
	Unopened(String),
	/// An audit found differences; its report is written already.
	#[error("{}", differences(failed, *.skipped))]
	Audit {
		/// Names of the checks that do not hold.
		failed: String,
		/// How many could not be made because others did not hold.
		skipped: usize,
	},
	/// The chain, or the way to it.
	#[error("{error}{}", meaning(error))]
	Chain {
		/// The cause.
		error: ChainError,
		/// What to do.
		#[help]
		help: Option<String>,
	},
	/// The chain would refuse a submission, which was not sent.
	#[error("the chain would refuse this; nothing was sent or paid\n{}", lines(causes))]
	#[diagnostic(help("{help}"))]
	Submission {
		/// The error that the call would end with.
		error: String,
		/// Which proofs are to blame, each with its error.
		causes: Vec<Cause>,
		/// What to do.
		help: String,
	},
	/// Anything else.
	#[error("{0}")]
	Other(String),
}

/// Why the chain would refuse a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
	/// The proof's folder; none if it is the submission as a whole.
	pub proof: Option<String>,
	/// The chain's error, such as `Zkml::InvalidProof`.
	pub error: String,
}

fn lines(causes: &[Cause]) -> String {
	let line = |Cause { proof, error }: &Cause| {
		let proof = proof.as_ref().map(|proof| format!("{proof}: ")).unwrap_or_default();
		match explain(error) {
			Some((meaning, _)) => format!("{proof}{error}, {meaning}"),
			None => format!("{proof}{error}"),
		}
	};
	causes.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What a refusal means, to be read after it.
fn meaning(error: &ChainError) -> String {
	match error {
		ChainError::Failed(name) | ChainError::Needless(name) => {
			explain(name).map(|(meaning, _)| format!(", {meaning}")).unwrap_or_default()
		},
		_ => String::new(),
	}
}

impl From<ChainError> for CliError {
	fn from(error: ChainError) -> Self {
		let help = error.help();
		Self::Chain { error, help }
	}
}

/// 4 for a model that is not supported, else 1.
fn model_code(error: &ModelError) -> u8 {
	match error {
		ModelError::Opset { .. }
		| ModelError::Operator { .. }
		| ModelError::Node { .. }
		| ModelError::Symbolic { .. }
		| ModelError::Overflow { .. }
		| ModelError::Weights { .. }
		| ModelError::Reveal(_)
		| ModelError::Circom { .. }
		| ModelError::Interface(_) => 4,
		_ => 1,
	}
}

/// The first characters of a file that begins with a line of text.
fn beginning_of_text(bytes: &[u8]) -> Option<String> {
	const SHOWN: usize = 40;
	let printable = |&&byte: &&u8| (b' '..=b'~').contains(&byte) || byte == b'\t';
	let line: Vec<u8> = bytes.iter().take_while(printable).take(SHOWN).copied().collect();
	let ends = matches!(bytes.get(line.len()), None | Some(b'\n' | b'\r')) || line.len() == SHOWN;
	(ends && line.len() > 3).then(|| String::from_utf8_lossy(&line).into_owned())
}

fn differences(failed: &str, skipped: usize) -> String {
	let not_run = match skipped {
		0 => String::new(),
		count => format!("; {count} could not be run"),
	};
	match failed {
		"" => format!("no check found a difference, but {skipped} could not be run"),
		failed => {
			format!("the keys are not those of the model, by these checks: {failed}{not_run}")
		},
	}
}

/// The first characters of a hash.
fn short(hash: &str) -> &str {
	hash.get(..16).unwrap_or(hash)
}

impl CliError {
	/// 1 failure, 3 proof invalid, 4 model unsupported, 5 chain error. Usage errors are 2.
	pub fn exit_code(&self) -> u8 {
		match self {
			Self::Invalid(_) | Self::Unopened(_) => 3,
			Self::Model(error) => model_code(error),
			Self::In { error, .. } => model_code(error),
			Self::Chain { .. } => 5,
			// Only what is wrong with a proof itself makes it one that is not valid.
			Self::Submission { causes, .. } => {
				let proof = ["Zkml::InvalidProof", "Zkml::MalformedProof", "Zkml::BatchInvalid"];
				let all = causes.iter().all(|cause| proof.contains(&cause.error.as_str()));
				if all {
					3
				} else {
					5
				}
			},
			_ => 1,
		}
	}

	/// The error as an object for programs.
	pub fn json(&self) -> serde_json::Value {
		let mut value = serde_json::json!({
			"error": self.to_string(),
			"exit_code": self.exit_code(),
			"help": self.help().map(|help| help.to_string()),
		});
		if let Self::Chain {
			error: ChainError::Failed(name) | ChainError::Needless(name), ..
		} = self
		{
			value["refused"] = serde_json::json!({ "error": name });
		}
		if let Self::Submission { error, causes, .. } = self {
			let culprits: Vec<_> = (causes.iter())
				.filter_map(|Cause { proof, error }| {
					Some(serde_json::json!({ "proof": proof.as_ref()?, "error": error }))
				})
				.collect();
			value["refused"] = serde_json::json!({ "error": error, "culprits": culprits });
		}
		value
	}

	/// For `map_err` on what was read from a file, of which `bytes` are known.
	pub fn within(path: &Path, bytes: &[u8]) -> impl FnOnce(ModelError) -> Self {
		let path = path.to_path_buf();
		let beginning = beginning_of_text(bytes);
		move |error| {
			let help = match (&error, beginning) {
				(ModelError::NotOnnx(_), Some(text)) => Some(format!(
					"the file is text and begins with \"{text}\": was it downloaded or checked out \
					 whole?"
				)),
				_ => None,
			};
			Self::In { path, error: Box::new(error), help }
		}
	}

	/// For `map_err` on an operation on a file.
	pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
		let path = path.into();
		move |error| Self::File { path, error }
	}
}
