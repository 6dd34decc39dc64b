//! `zkml ballot identity`, and the file that it writes.

use crate::{
	error::CliError,
	files::{self, FORMAT, TOOL},
	ui::Ui,
};
use clap::Args;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::{Path, PathBuf};
use zkml_circuits::Identity;
use zkml_primitives::Commitment;

/// Where a voter's secret is kept.
pub(super) const IDENTITY: &str = "zkml-secrets/identity.json";

/// Make a voter's secret.
///
/// Its commitment is for the issuer who keeps the tree of voters, the secret for nobody: whoever has it
/// can vote in its owner's place, and finds which votes were its owner's, in every ballot. Whoever lost
/// it cannot vote any more, until the issuer enrolls another one.
#[derive(Debug, Args)]
pub struct Make {
	/// Where to write it. An older file is never overwritten.
	#[arg(short, long, value_name = "FILE", default_value = IDENTITY)]
	output: PathBuf,
}

impl Make {
	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let secret = make(&self.output)?;
		let commitment = hex::encode(secret.commitment.0);
		ui.line(format!("commitment  0x{commitment}"));
		ui.line(format!("wrote {}: keep a copy, and show it to nobody", self.output.display()));
		ui.json(
			"ballot identity",
			json!({ "output": self.output, "commitment": secret.commitment }),
		);
		ui.next(format!(
			"give the commitment to the issuer: zkml ballot enroll --tree … --identity 0x{commitment} \
			 --profile …"
		));
		Ok(())
	}
}

/// Makes a secret, and writes it where none is yet.
pub(super) fn make(path: &Path) -> Result<Secret, CliError> {
	let secret = Secret::of(&Identity::random(&mut OsRng));
	files::keep_secret(path, &files::to_json(&secret), "a voter's secret")?;
	Ok(secret)
}

/// The file of a voter's secret.
#[derive(Serialize, Deserialize)]
pub(super) struct Secret {
	/// [`FORMAT`].
	format: u32,
	/// Tool and version.
	tool: String,
	/// What the issuer is given.
	commitment: Commitment,
	/// What nobody else may see: 32 bytes, little-endian, in hexadecimal.
	identity: String,
}

impl Secret {
	fn of(identity: &Identity) -> Self {
		Self {
			format: FORMAT,
			tool: TOOL.into(),
			commitment: identity.commitment(),
			identity: hex::encode(identity.to_bytes().as_slice()),
		}
	}

	/// The secret, if it is that of the commitment.
	fn identity(&self) -> Option<Identity> {
		let identity = Identity::from_bytes(&files::hash_from_hex(&self.identity)?)?;
		(identity.commitment() == self.commitment).then_some(identity)
	}
}

/// Reads a voter's secret.
pub(super) fn read(path: &Path) -> Result<Identity, CliError> {
	let content = |what: String, help: &str| {
		Err(CliError::Content { path: path.into(), what, help: help.into() })
	};
	let text = match std::fs::read_to_string(path) {
		Ok(text) => text,
		Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
			let help =
				"make one with `zkml ballot identity`, and give its commitment to the issuer";
			return content("there is no voter's secret here".into(), help);
		},
		Err(error) => return Err(CliError::File { path: path.into(), error }),
	};
	let damaged =
		"name the file that `zkml ballot identity` wrote. Without it there is no vote: a new \
	               one must be enrolled by the issuer";
	let secret: Secret = match serde_json::from_str(&text) {
		Ok(secret) => secret,
		Err(error) => return content(error.to_string(), damaged),
	};
	files::check_format(path, secret.format, &secret.tool)?;
	match secret.identity() {
		Some(identity) => Ok(identity),
		None => content("it holds no secret, or not that of its commitment".into(), damaged),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_secret_reads_as_it_was_written() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("deep/identity.json");
		let made = make(&path).unwrap_or_else(|error| panic!("{error}"));
		let identity = read(&path).unwrap();
		assert_eq!(identity.commitment(), made.commitment);
		let text = std::fs::read_to_string(&path).unwrap();
		assert!(text.contains(&hex::encode(made.commitment.0)), "what the issuer is given");
		#[cfg(unix)]
		{
			let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&path).unwrap());
			assert_eq!(mode & 0o777, 0o600);
		}
		let again = make(&path).err().expect("nothing is overwritten").to_string();
		assert!(again.contains("the only copy of a voter's secret"), "{again}");
		assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
	}

	#[test]
	fn what_is_no_secret_is_refused() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("identity.json");
		let refused = |words: &str| {
			let error = read(&path).unwrap_err();
			assert!(error.to_string().contains(words), "{error}");
			assert_eq!(error.exit_code(), 1);
		};
		refused("there is no voter's secret here");
		let good = Secret::of(&Identity::random(&mut OsRng));
		let other = Secret::of(&Identity::random(&mut OsRng));
		let write = |secret: &Secret| std::fs::write(&path, files::to_json(secret)).unwrap();
		write(&Secret { identity: other.identity, ..Secret::of(&good.identity().unwrap()) });
		refused("not that of its commitment");
		write(&Secret { identity: "ff".repeat(32), ..Secret::of(&good.identity().unwrap()) });
		refused("it holds no secret");
		write(&Secret { format: 9, ..Secret::of(&good.identity().unwrap()) });
		refused("format 9");
		std::fs::write(&path, "{}").unwrap();
		refused("missing field");
		write(&good);
		assert_eq!(read(&path).unwrap().commitment(), good.commitment);
	}
}
