//! `zkml submit`

use super::{block_on, show_included, summary, ChainArgs};
use crate::{
	chain::{self, Chain, ChainError},
	error::CliError,
	files::{self, ProofFolder},
	ui::Ui,
};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use zkml_primitives::ModelId;

/// Submit a proof to a chain.
#[derive(Debug, Args)]
pub struct Submit {
	/// The proof's folder, made by `zkml prove --url …`.
	#[arg(default_value = "target/zkml/proof")]
	proof: PathBuf,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Submit {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let folder = ProofFolder::open(&self.proof)?;
		let destination = folder.claim.destination.clone().ok_or_else(|| {
			CliError::Other(
				"the proof is for no chain: make it with `zkml prove --url … --suri …`".into(),
			)
		})?;
		let model = files::hash_from_hex(&destination.model)
			.map(ModelId)
			.ok_or_else(|| CliError::Invalid("inference.json: no model".into()))?;
		let signer = chain::signer(&self.chain.suri)?;
		let account = signer.public_key().0;
		let differs = |what, proof: &str, here: String| ChainError::Destination {
			what,
			proof: proof.into(),
			here,
		};
		let (result, _) = ui.step("submitting", || {
			block_on(async {
				let chain = Chain::connect(&self.chain.url).await?;
				let genesis = hex::encode(chain.genesis());
				if genesis != destination.genesis {
					return Err(differs("the chain", &destination.genesis, genesis));
				}
				if hex::encode(account) != destination.account {
					return Err(differs("account", &destination.account, hex::encode(account)));
				}
				if !chain.is_registered(model).await? {
					return Err(ChainError::ModelNotFound(destination.model.clone()));
				}
				let nonce = chain.nonce(model, account).await?;
				if nonce != destination.nonce {
					let proof = destination.nonce.to_string();
					return Err(differs("nonce", &proof, format!("nonce {nonce}: prove again")));
				}
				let signals = folder.signals.len() as u32;
				chain.submit(&signer, signals, model, &folder.inference, &folder.proof).await
			})
		});
		let included = result?;

		ui.line(format!("verified on chain: {}", summary(&folder.claim.shown)));
		show_included(ui, &included);
		ui.json(
			"submit",
			json!({
				"claim": folder.claim.shown,
				"model": destination.model,
				"block": included.block,
				"block_hash": hex::encode(included.block_hash),
				"fee": included.fee.to_string(),
				"events": included.events,
			}),
		);
		Ok(())
	}
}
