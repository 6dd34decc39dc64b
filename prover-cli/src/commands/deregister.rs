//! `zkml deregister`

use super::model::Target;
use crate::{error::CliError, ui::Ui};
use clap::Args;
use serde_json::json;

/// Take a model off a chain and get its deposit back.
///
/// Its id is never given again: to offer the model once more, make new keys. What remains on the
/// chain is a hash of all that was stored of it.
#[derive(Debug, Args)]
pub struct Deregister {
	#[command(flatten)]
	target: Target,
}

impl Deregister {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		self.target.act(ui, "deregister", Some("model show"), |scene| async move {
			let scene = scene.owned()?;
			let included = scene.chain.deregister(&scene.signer, scene.model).await?;
			let record = included.record.map(hex::encode);
			Ok((included, "is deregistered for good".into(), json!({ "record": record })))
		})
	}
}
