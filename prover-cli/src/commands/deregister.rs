//! `zkml deregister`

use super::{block_on, show_included, ChainArgs};
use crate::{
	chain::{self, Chain},
	error::CliError,
	files,
	ui::Ui,
};
use clap::Args;
use serde_json::json;
use zkml_primitives::ModelId;

/// Take a model off a chain and get its deposit back.
///
/// Its id is never given again: to offer the model once more, make new keys.
#[derive(Debug, Args)]
pub struct Deregister {
	/// The model's id, 32 bytes in hexadecimal.
	model: String,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Deregister {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let model = files::hash_from_hex(&self.model)
			.map(ModelId)
			.ok_or_else(|| CliError::Other(format!("{}: 32 bytes in hexadecimal", self.model)))?;
		let signer = chain::signer(&self.chain.suri)?;
		let (result, _) = ui.step("deregistering", || {
			block_on(async {
				Chain::connect(&self.chain.url).await?.deregister(&signer, model).await
			})
		});
		let included = result?;
		ui.line(format!("deregistered 0x{}", hex::encode(model.0)));
		show_included(ui, &included);
		ui.json(
			"deregister",
			json!({
				"model": hex::encode(model.0),
				"block": included.block,
				"fee": included.fee.to_string(),
			}),
		);
		Ok(())
	}
}
