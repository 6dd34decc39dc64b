//! `zkml verify`

use super::summary;
use crate::{
	chain::address,
	error::CliError,
	files::{self, KeysFolder, ProofFolder},
	ui::Ui,
};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use zkml_primitives::{Context, Statement};

/// Verify a proof.
///
/// Exit code 0 if it is valid, 3 if it is not.
#[derive(Debug, Args)]
pub struct Verify {
	/// The proof's folder.
	#[arg(default_value = "target/zkml/proof")]
	proof: PathBuf,
	/// The keys' folder; only verification_key.json is read.
	#[arg(long, default_value = "target/zkml/keys")]
	keys: PathBuf,
}

impl Verify {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let keys = KeysFolder::open(&self.keys)?;
		let folder = ProofFolder::open(&self.proof)?;
		if folder.claim.circuit_sha256 != keys.manifest.circuit_sha256 {
			return Err(CliError::Mismatch {
				left: self.proof.display().to_string(),
				left_hash: folder.claim.circuit_sha256,
				right: self.keys.display().to_string(),
				right_hash: keys.manifest.circuit_sha256,
			});
		}
		let context = files::hash_from_hex(&folder.claim.context)
			.ok_or_else(|| CliError::Invalid("inference.json: no context".into()))?;
		if let Some(destination) = &folder.claim.destination {
			if destination.context() != Some(Context(context)) {
				return Err(CliError::Invalid(
					"inference.json: the context is not that of the destination".into(),
				));
			}
		}
		let interface = &keys.manifest.interface;
		let statement = Statement::new(interface, &folder.inference, &Context(context))
			.map_err(|error| CliError::Invalid(format!("inference.json: {error}")))?;
		if statement.signals() != folder.signals {
			return Err(CliError::Invalid(
				"public.json does not say what inference.json claims".into(),
			));
		}
		let (result, elapsed) = ui.step("verifying", || {
			zkml_prover::verify(&keys.verifying_key, statement.signals(), &folder.proof)
		});
		result.map_err(|error| CliError::Invalid(error.to_string()))?;

		let shown = super::describe(interface, &folder.inference);
		ui.line(format!("valid: {}", summary(&shown)));
		ui.note(format!("verified in {}", crate::ui::time(elapsed)));
		ui.json(
			"verify",
			json!({
				"valid": true,
				"claim": shown,
				"context": folder.claim.context,
				"destination": folder.claim.destination,
				"setup": keys.manifest.setup,
			}),
		);
		if let Some(destination) = &folder.claim.destination {
			let account = files::hash_from_hex(&destination.account).unwrap_or_default();
			let anchor = destination.anchor.as_ref();
			let anchor = anchor.map(|anchor| format!(", block {}", anchor.block));
			ui.note(format!(
				"made for model 0x{}, {}, nonce {}{}",
				destination.model,
				address(&account),
				destination.nonce,
				anchor.unwrap_or_default()
			));
		}
		Ok(())
	}
}
