//! `zkml register`

use super::{block_on, show_included, with_included, ChainArgs, Named};
use crate::{
	chain::{self, address, AccountId, Candidate, Chain, ChainError, State},
	error::CliError,
	files::{self, KeysFolder, Registration},
	ui::Ui,
};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use zkml_primitives::{Metadata, ModelId, Scheme, Setup, Terms, SEMANTICS_V1};

/// Register a model on a chain.
///
/// A deposit is taken for its storage, and returned when the model is deregistered.
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
	/// Accept only proofs made for a block at most so many blocks old [default: any].
	#[arg(long, value_name = "BLOCKS")]
	max_age: Option<u32>,
	/// Keep each account's last output as a receipt for so many blocks [default: no receipts].
	#[arg(long, value_name = "BLOCKS")]
	receipts: Option<u32>,
	/// The version before this one: its id, or the folder of its keys.
	#[arg(long, value_name = "MODEL")]
	supersedes: Option<String>,
}

/// Checks what the chain would check, before a fee is paid to learn it.
async fn check(
	state: &State,
	account: AccountId,
	candidate: &Candidate<'_>,
) -> Result<(), ChainError> {
	let refused = |name: &str| Err(ChainError::Needless(format!("Zkml::{name}")));
	state.ensure_terms(&candidate.terms)?;
	let development = candidate.setup == Setup::Development;
	if development && !state.policy().await?.allow_development_keys {
		return refused("DevelopmentKeyRefused");
	}
	let Candidate { key, interface, .. } = candidate;
	let id = ModelId::derive(&account, Scheme::Groth16, SEMANTICS_V1, key, interface);
	if state.model(id).await?.is_some() {
		return Err(ChainError::AlreadyRegistered(hex::encode(id.0)));
	}
	if let Some(tombstone) = state.tombstone(id).await? {
		let model = hex::encode(id.0);
		return Err(ChainError::ModelDeregistered { model, at: tombstone.at });
	}
	if let Some(before) = candidate.supersedes {
		let registration = state.registered(before).await?.registration;
		if registration.owner != account {
			let owner = address(&registration.owner);
			return Err(ChainError::NotOwner { owner, here: address(&account) });
		}
		if registration.superseded_by.is_some() {
			return refused("AlreadySuperseded");
		}
	}
	Ok(())
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
		let before = self.supersedes.as_deref().map(Named::new).transpose()?;
		let candidate = Candidate {
			key: &keys.verifying_key,
			interface: &keys.manifest.interface,
			setup: keys.manifest.setup.into(),
			metadata: &metadata,
			terms: Terms { max_age: self.max_age, receipt_lifetime: self.receipts },
			supersedes: before.as_ref().map(|before| before.id),
		};
		let signer = chain::signer(&self.chain.suri)?;
		let (result, _) = ui.step("registering", || {
			block_on(async {
				let chain = match &before {
					Some(before) => before.connect(&self.chain.url).await?,
					None => Chain::connect(&self.chain.url).await?,
				};
				check(&chain.state().await?, signer.public_key().0, &candidate).await?;
				let included = chain.register_candidate(&signer, &candidate).await?;
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
		let fields = json!({
			"registration": registration,
			"terms": candidate.terms,
			"supersedes": candidate.supersedes.map(|id| hex::encode(id.0)),
		});
		ui.json("register", with_included(&included, fields));
		if candidate.setup == Setup::Development {
			ui.note("development keys: whoever made them can forge proofs of this model");
		}
		let url = &self.chain.url;
		if let (Some(before), false) = (candidate.supersedes, ui.json) {
			let id = hex::encode(before.0);
			ui.note(format!(
				"the version before it remains: zkml model deprecate 0x{id} --within BLOCKS --url {url}"
			));
		}
		ui.next(format!(
			"zkml prove CIRCUIT --keys {} --input INPUT.json --url {url} --suri …",
			self.keys.display(),
		));
		Ok(())
	}
}
