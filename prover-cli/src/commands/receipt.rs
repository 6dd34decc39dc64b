//! `zkml receipt`

use super::{block_on, fee, show_included, with_included, ChainArgs, Named, NodeArgs};
use crate::{
	chain::{self, address, AccountId, ChainError, Receipt},
	error::CliError,
	ui::Ui,
};
use clap::{Args, Subcommand};
use serde_json::{json, Value};
use zkml_circuits::argmax_value;
use zkml_primitives::Output;

/// What can be asked of, and done with, a receipt.
#[derive(Debug, Subcommand)]
pub enum ReceiptCommand {
	/// Show an account's last output of a model, and until when it counts.
	Show(Show),
	/// Remove a receipt, and return its deposit to its account.
	Remove(Remove),
}

impl ReceiptCommand {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		match self {
			Self::Show(command) => command.run(ui),
			Self::Remove(command) => command.run(ui),
		}
	}
}

/// Show an account's last output of a model, and until when it counts.
#[derive(Debug, Args)]
pub struct Show {
	/// The model: its id, or the folder of its keys.
	#[arg(value_name = "MODEL", default_value = "target/zkml/keys")]
	model: String,
	/// Whose: an address, or 32 bytes in hexadecimal [default: the signer's].
	#[arg(long, value_name = "ACCOUNT", required_unless_present = "suri")]
	account: Option<String>,
	#[command(flatten)]
	node: NodeArgs,
	/// Whose, by the secret.
	#[arg(long, env = "ZKML_SURI", hide_env_values = true)]
	suri: Option<String>,
}

/// The account that was typed, or the signer's.
fn whose(account: Option<&str>, suri: Option<&str>) -> Result<AccountId, CliError> {
	Ok(match (account, suri) {
		(Some(text), _) => chain::account(text)?,
		(None, Some(suri)) => chain::signer(suri)?.public_key().0,
		(None, None) => return Err(CliError::Other("whose? name the --account".into())),
	})
}

fn describe(output: &Output) -> String {
	match output {
		Output::Label(label) => format!("label {label}"),
		Output::Labels(labels) => format!("best labels {labels:?}"),
		Output::Passed => "the threshold was reached".into(),
		Output::MaskedLabel { label, .. } => format!("label {label}, of those that a mask allowed"),
		Output::Raw(signals) => format!("{} raw signals", signals.len()),
		Output::Logits(values) => {
			let values: Vec<i64> = values.iter().map(|&value| value.into()).collect();
			format!("label {}, logits {values:?}", argmax_value(&values))
		},
	}
}

impl Show {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let named = Named::new(&self.model)?;
		let account = whose(self.account.as_deref(), self.suri.as_deref())?;
		let (found, _) = ui.step("asking the chain", || {
			block_on(async {
				let state = named.connect(&self.node.url).await?.state().await?;
				let counts = state.receipt(named.id, account).await?.is_some();
				let stored = state.stored_receipt(named.id, account).await?;
				if stored.is_none() && state.status(named.id).await?.is_none() {
					return Err(ChainError::ModelNotFound(named.hex()));
				}
				Ok((state.height(), counts, stored))
			})
		});
		let (height, counts, stored) = found?;
		let json = |receipt: Value, counts: bool| {
			ui.json(
				"receipt show",
				json!({
					"model": named.hex(),
					"account": hex::encode(account),
					"block": height,
					"counts": counts,
					"receipt": receipt,
				}),
			);
		};
		let Some((Receipt { output, input, nonce, at, until }, deposit)) = stored else {
			ui.line(format!("{} has no receipt of model 0x{}", address(&account), named.hex()));
			json(Value::Null, false);
			return Ok(());
		};
		ui.line(format!("account  {}", address(&account)));
		ui.line(format!("output   {}", describe(&output)));
		if let Some(commitment) = input {
			ui.line(format!("input    committed as 0x{}", hex::encode(commitment.0)));
		}
		ui.line(format!("proven   in block {at}, with nonce {nonce}"));
		let state = match (counts, until < height) {
			(true, _) => format!("counts up to block {until}, {} from now", until - height),
			(false, true) => format!("EXPIRED after block {until}"),
			(false, false) => "DOES NOT COUNT: the model is, or ended, suspended".into(),
		};
		ui.line(format!("state    {state}"));
		if let Some(deposit) = deposit {
			ui.line(format!("deposit  {}", fee(deposit)));
		}
		let receipt = json!({
			"output": output,
			"input_commitment": input,
			"nonce": nonce,
			"at": at,
			"until": until,
			"deposit": deposit.map(|amount| amount.to_string()),
		});
		json(receipt, counts);
		if until < height {
			ui.next(format!(
				"zkml receipt remove 0x{} --account {} --url {}",
				named.hex(),
				address(&account),
				self.node.url
			));
		}
		Ok(())
	}
}

/// Remove a receipt, and return its deposit to the account that put it down.
///
/// An account removes its own at any time; anybody removes one that has expired.
#[derive(Debug, Args)]
pub struct Remove {
	/// The model: its id, or the folder of its keys.
	#[arg(value_name = "MODEL")]
	model: String,
	/// Whose: an address, or 32 bytes in hexadecimal [default: the signer's].
	#[arg(long, value_name = "ACCOUNT")]
	account: Option<String>,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Remove {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let named = Named::new(&self.model)?;
		let signer = chain::signer(&self.chain.suri)?;
		let account = whose(self.account.as_deref(), Some(&self.chain.suri))?;
		let (result, _) = ui.step("waiting for the chain", || {
			block_on(async {
				let chain = named.connect(&self.chain.url).await?;
				let state = chain.state().await?;
				// Before a fee is paid to learn it.
				let stored = state.stored_receipt(named.id, account).await?;
				let refused = |name: &str| ChainError::Needless(format!("Zkml::{name}"));
				let (receipt, deposit) = stored.ok_or_else(|| refused("ReceiptNotFound"))?;
				if account != signer.public_key().0 && receipt.until >= state.height() {
					return Err(refused("ReceiptStillValid"));
				}
				let included = chain.remove_receipt(&signer, named.id, account).await?;
				Ok((included, deposit))
			})
		});
		let (included, deposit) = result?;
		ui.line(format!("removed the receipt of {} of model 0x{}", address(&account), named.hex()));
		show_included(ui, &included);
		if let (Some(deposit), 0) = (deposit, included.released) {
			ui.line(format!("deposit returned to it {}", fee(deposit)));
		}
		let fields = json!({ "model": named.hex(), "account": hex::encode(account) });
		ui.json("receipt remove", with_included(&included, fields));
		Ok(())
	}
}
