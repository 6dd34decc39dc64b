//! `zkml register`

use super::{block_on, show_included, ChainArgs};
use crate::{
	chain::{self, Chain},
	error::CliError,
	files::{self, KeysFolder, Registration},
	ui::Ui,
};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use zkml_primitives::Metadata;

/// Register a model on a chain.
#[derive(Debug, Args)]
pub struct Register {
	/// The keys' folder.
	#[arg(default_value = "target/zkml/keys")]
	keys: PathBuf,
	#[command(flatten)]
	chain: ChainArgs,
	/// The model's name, at most 64 bytes [default: the keys' folder].
	#[arg(long)]
	name: Option<String>,
	/// Where its ONNX file can be had, at most 256 bytes.
	#[arg(long, default_value = "")]
	uri: String,
}

impl Register {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let keys = KeysFolder::open(&self.keys)?;
		let name = self.name.unwrap_or_else(|| {
			let absolute = self.keys.canonicalize().unwrap_or_else(|_| self.keys.clone());
			absolute.file_name().unwrap_or_default().to_string_lossy().into_owned()
		});
		let long = |what: &str| CliError::Other(format!("--{what} is too long for the chain"));
		let onnx_sha256 = files::hash_from_hex(&keys.manifest.model_sha256)
			.ok_or_else(|| CliError::Other("the keys' manifest holds no SHA-256".into()))?;
		let metadata = Metadata {
			name: name.into_bytes().try_into().map_err(|_| long("name"))?,
			onnx_sha256,
			uri: self.uri.into_bytes().try_into().map_err(|_| long("uri"))?,
		};
		let signer = chain::signer(&self.chain.suri)?;
		let (result, _) = ui.step("registering", || {
			block_on(async {
				let chain = Chain::connect(&self.chain.url).await?;
				let setup = keys.manifest.setup.into();
				let included = chain
					.register(
						&signer,
						&keys.verifying_key,
						&keys.manifest.interface,
						setup,
						&metadata,
					)
					.await?;
				Ok((chain.genesis(), included))
			})
		});
		let (genesis, included) = result?;
		let model = included
			.registered
			.ok_or_else(|| CliError::Other("the chain reported no model".into()))?;
		let registration = Registration {
			genesis: hex::encode(genesis),
			model: hex::encode(model.0),
			owner: hex::encode(signer.public_key().0),
		};
		files::write(&self.keys.join("registration.json"), &files::to_json(&registration))?;

		ui.line(format!("model 0x{}", registration.model));
		show_included(ui, &included);
		ui.json(
			"register",
			json!({
				"registration": registration,
				"block": included.block,
				"fee": included.fee.to_string(),
			}),
		);
		ui.next(format!(
			"zkml prove CIRCUIT --keys {} --input INPUT.json --url {} --suri …",
			self.keys.display(),
			self.chain.url
		));
		Ok(())
	}
}
