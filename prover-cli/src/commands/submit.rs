//! `zkml submit`

use super::{block_on, fee, show_included, summary, with_included};
use crate::{
	chain::{
		self, address, explain, AccountId, Chain, ChainError, Fees, Included, Refusal, State,
		Submission, Weight,
	},
	error::{Cause, CliError},
	files::{self, Destination, ProofFolder},
	ui::Ui,
};
use clap::Args;
use serde_json::{json, Value};
use std::path::{Path, PathBuf};
use subxt_signer::sr25519::Keypair;
use zkml_primitives::{Hint, ModelId};
use zkml_prover::hinted;

/// Submit proofs to a chain: one by itself, several as a batch, which costs less.
///
/// The chain is asked first whether it would accept them, which costs nothing: a proof that it
/// would refuse is not sent. A batch is accepted as a whole or not at all.
#[derive(Debug, Args)]
pub struct Submit {
	/// The proofs' folders, made by `zkml prove --url …`, or folders of such.
	#[arg(default_value = "target/zkml/proof", value_name = "PROOF")]
	proofs: Vec<PathBuf>,
	/// The node's JSON-RPC address.
	#[arg(long, default_value = "ws://127.0.0.1:9944", env = "ZKML_URL")]
	url: String,
	/// Who signs: a secret URI such as //Alice, or a mnemonic. Prefer the variable to the flag.
	#[arg(long, env = "ZKML_SURI", hide_env_values = true, required_unless_present = "dry_run")]
	suri: Option<String>,
	/// Only ask whether they would be accepted, and what that would cost.
	#[arg(long)]
	dry_run: bool,
	/// Send them without asking first: a refusal costs the fee.
	#[arg(long, conflicts_with = "dry_run")]
	skip_dry_run: bool,
}

/// A proof to submit.
struct Item {
	path: PathBuf,
	folder: ProofFolder,
	destination: Destination,
	model: ModelId,
}

impl Item {
	fn open(path: &Path) -> Result<Self, CliError> {
		let folder = ProofFolder::open(path)?;
		let destination = folder.claim.destination.clone().ok_or_else(|| CliError::Content {
			path: path.into(),
			what: "the proof is for no chain".into(),
			help: "make it with `zkml prove --url … --suri …`".into(),
		})?;
		let model = files::hash_from_hex(&destination.model)
			.map(ModelId)
			.ok_or_else(|| CliError::Invalid(format!("{}: no model", path.display())))?;
		Ok(Self { path: path.into(), folder, destination, model })
	}

	fn submission(&self) -> Submission {
		Submission {
			model: self.model,
			anchor: self.destination.anchor.as_ref().map(|anchor| anchor.block),
			inference: self.folder.inference.clone(),
			proof: self.folder.proof,
		}
	}

	fn json(&self) -> Value {
		json!({
			"proof": self.path,
			"model": self.destination.model,
			"nonce": self.destination.nonce,
			"claim": self.folder.claim.shown,
		})
	}
}

/// The folders of proofs in a folder, if it is no proof itself.
fn expand(path: &Path) -> Result<Vec<PathBuf>, CliError> {
	let is_proof = |path: &Path| path.join("inference.json").exists();
	if is_proof(path) || !path.is_dir() {
		return Ok(vec![path.into()]);
	}
	let mut found = Vec::new();
	for entry in std::fs::read_dir(path).map_err(CliError::file(path))? {
		let entry = entry.map_err(CliError::file(path))?.path();
		if is_proof(&entry) {
			found.push(entry);
		}
	}
	match found.is_empty() {
		true => Ok(vec![path.into()]),
		false => Ok(found),
	}
}

/// Puts proofs in the order of their nonces, model by model, and checks that they go together.
fn arrange(mut items: Vec<Item>) -> Result<Vec<Item>, CliError> {
	let Some(first) = items.first() else {
		return Err(CliError::Other("no proof is named".into()));
	};
	let different = |what: &str, path: &Path, help: &str| CliError::Content {
		path: path.into(),
		what: format!("the proof is for another {what} than {}", first.path.display()),
		help: help.into(),
	};
	for item in &items {
		if item.destination.genesis != first.destination.genesis {
			return Err(different("chain", &item.path, "submit to each chain by itself"));
		}
		if item.destination.account != first.destination.account {
			return Err(different("account", &item.path, "a batch is one account's"));
		}
	}
	items.sort_by_key(|item| (item.model, item.destination.nonce));
	for pair in items.windows(2) {
		let [before, after] = pair else { continue };
		let (nonce, next) = (before.destination.nonce, after.destination.nonce);
		if before.model != after.model || nonce.checked_add(1) == Some(next) {
			continue;
		}
		let (what, help) = if nonce == next {
			let what = format!("it is for nonce {next}, as is {}", before.path.display());
			let help = "the chain takes each nonce once: name one of the two, or prove one again \
			            with --ahead";
			(what, help)
		} else {
			let what = format!(
				"it is for nonce {next}, and {} for nonce {nonce}: a proof between is missing",
				before.path.display()
			);
			(what, "a batch takes one nonce after the other: name all proofs")
		};
		return Err(CliError::Content { path: after.path.clone(), what, help: help.into() });
	}
	Ok(items)
}

/// What became of a submission.
enum Outcome {
	/// The chain would not take it.
	Refused(Refusal),
	/// The chain would take it, at this cost.
	Accepted(Weight, Option<Fees>),
	/// The chain took it.
	Included(Box<Included>),
}

/// Checks against the chain's state what can be said without looking at proofs.
async fn check(state: &State, account: AccountId, items: &[Item]) -> Result<(), ChainError> {
	let most = state.max_batch()? as usize;
	if items.len() > most {
		return Err(ChainError::BatchTooLarge { most, got: items.len() });
	}
	let mut before = None;
	for item in items {
		if before.replace(item.model) == Some(item.model) {
			continue;
		}
		state.registered(item.model).await?;
		let nonce = state.nonce(item.model, account).await?;
		let proof = item.destination.nonce;
		if proof != nonce {
			let path = item.path.display().to_string();
			return Err(ChainError::Nonce { path, proof, next: nonce });
		}
	}
	Ok(())
}

/// Proofs that go together, in order.
pub(super) struct Items {
	items: Vec<Item>,
	destination: Destination,
	account: AccountId,
	signals: u32,
}

impl Items {
	/// Opens proofs' folders, and folders of such.
	pub(super) fn open(paths: &[PathBuf]) -> Result<Self, CliError> {
		let mut items = Vec::new();
		for path in paths {
			for path in expand(path)? {
				items.push(Item::open(&path)?);
			}
		}
		let items = arrange(items)?;
		let destination = items[0].destination.clone();
		let account = files::hash_from_hex(&destination.account)
			.ok_or_else(|| CliError::Invalid("inference.json: no account".into()))?;
		let signals = items.iter().map(|item| item.folder.signals.len() as u32).sum();
		Ok(Self { items, destination, account, signals })
	}

	fn submissions(&self) -> Vec<Submission> {
		self.items.iter().map(Item::submission).collect()
	}

	/// The hint with which the chain checks one proof by itself; none for several, nor for one that does not
	/// hold, which the chain refuses without.
	async fn hint(&self, state: &State) -> Result<Option<Hint>, ChainError> {
		let [Item { model, folder, .. }] = &self.items[..] else { return Ok(None) };
		let key = state.registered(*model).await?.model.key;
		Ok(hinted(&key, &folder.signals, &folder.proof).ok().map(|proof| proof.hint))
	}

	/// Who must submit them.
	pub(super) fn account(&self) -> String {
		address(&self.account)
	}

	/// The call that submits them, as the chain has it.
	pub(super) fn call_data(&self, url: &str) -> Result<Vec<u8>, CliError> {
		block_on(async {
			let chain = Chain::connect(url).await?;
			ensure_destination(&chain, &self.destination, self.account, None)?;
			let state = chain.state().await?;
			check(&state, self.account, &self.items).await?;
			let hint = self.hint(&state).await?;
			state.submission_call(self.signals, &self.submissions(), hint.as_ref())
		})
	}
}

impl Submit {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let all = Items::open(&self.proofs)?;
		let submissions = all.submissions();
		let Items { items, destination, account, signals } = &all;
		let (account, signals) = (*account, *signals);
		let signer = self.suri.as_deref().map(chain::signer).transpose()?;
		let (outcome, _) = ui.step("waiting for the chain", || {
			block_on(async {
				let chain = Chain::connect(&self.url).await?;
				ensure_destination(&chain, destination, account, signer.as_ref())?;
				let state = chain.state().await?;
				check(&state, account, items).await?;
				let hint = all.hint(&state).await?;
				if !self.skip_dry_run {
					match state.dry_run(account, signals, &submissions).await? {
						Err(refusal) => return Ok(Outcome::Refused(refusal)),
						Ok(weight) if self.dry_run => {
							// Not every chain says what things cost.
							let fees = state.fees(signals, &submissions, hint.as_ref(), weight);
							let fees = fees.await.ok();
							return Ok(Outcome::Accepted(weight, fees));
						},
						Ok(_) => {},
					}
				}
				let secret = || ChainError::Secret("it is missing".into());
				let signer = signer.as_ref().ok_or_else(secret)?;
				let sent = chain.submit_all(signer, signals, &submissions, hint.as_ref());
				let included = sent.await?;
				Ok(Outcome::Included(Box::new(included)))
			})
		});
		match outcome? {
			Outcome::Refused(refusal) => return Err(refused(refusal, items)),
			Outcome::Accepted(weight, fees) => {
				report_dry_run(ui, items, weight, fees);
				ui.next(format!("zkml submit {} --url {} --suri …", show(&self.proofs), self.url));
			},
			Outcome::Included(included) => report(ui, items, &included),
		}
		Ok(())
	}
}

/// Checks that proofs are for this chain, and that whoever signs is whom they are for.
fn ensure_destination(
	chain: &Chain,
	destination: &Destination,
	account: AccountId,
	signer: Option<&Keypair>,
) -> Result<(), ChainError> {
	let genesis = hex::encode(chain.genesis());
	let differs = |what, proof: String, here: String| ChainError::Destination { what, proof, here };
	if genesis != destination.genesis {
		return Err(differs("the chain", destination.genesis.clone(), genesis));
	}
	match signer.map(|signer| signer.public_key().0) {
		Some(other) if other != account => {
			Err(differs("account", address(&account), address(&other)))
		},
		_ => Ok(()),
	}
}

fn report(ui: &Ui, items: &[Item], included: &Included) {
	for item in items {
		let name = match items.len() {
			1 => String::new(),
			_ => format!("{}: ", item.path.display()),
		};
		ui.line(format!("verified on chain: {name}{}", summary(&item.folder.claim.shown)));
	}
	show_included(ui, included);
	ui.json("submit", with_included(included, fields(items)));
}

/// The proofs for programs; of one proof, its claim and model besides.
fn fields(items: &[Item]) -> Value {
	let all: Vec<Value> = items.iter().map(Item::json).collect();
	match items {
		[one] => json!({
			"claim": one.folder.claim.shown,
			"model": one.destination.model,
			"inferences": all,
		}),
		_ => json!({ "inferences": all }),
	}
}

fn show(paths: &[PathBuf]) -> String {
	paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ")
}

fn report_dry_run(ui: &Ui, items: &[Item], weight: Weight, fees: Option<Fees>) {
	let proofs = if items.len() == 1 { "proof" } else { "proofs" };
	ui.line(format!("the chain would accept {} {proofs}", items.len()));
	ui.line(format!(
		"weight {:.2} ms of execution, {} bytes of proof of storage",
		weight.ref_time as f64 / 1e9,
		weight.proof_size
	));
	if let Some(Fees { most, likely }) = fees {
		let refunded = match most > likely {
			true => format!(", of {} that are taken at first", fee(most)),
			false => String::new(),
		};
		ui.line(format!("fee about {}{refunded}", fee(likely)));
	}
	let mut value = fields(items);
	value["dry_run"] = true.into();
	value["weight"] = json!(weight);
	value["fee"] = json!(fees.map(|fees| fees.likely.to_string()));
	value["fee_at_most"] = json!(fees.map(|fees| fees.most.to_string()));
	ui.json("submit", value);
}

/// A refusal in words: which proof, why, and what to do.
fn refused(refusal: Refusal, items: &[Item]) -> CliError {
	let Refusal { error, culprits } = refusal;
	let name = |position: usize| items.get(position).map(|item| item.path.display().to_string());
	let causes: Vec<Cause> = match (items, culprits.as_slice()) {
		([_], _) => vec![Cause { proof: name(0), error: error.clone() }],
		(_, []) => vec![Cause { proof: None, error: error.clone() }],
		(_, culprits) => culprits
			.iter()
			.map(|(position, error)| Cause { proof: name(*position), error: error.clone() })
			.collect(),
	};
	let mut help: Vec<&str> = Vec::new();
	for (_, advice) in causes.iter().filter_map(|cause| explain(&cause.error)) {
		if !help.contains(&advice) {
			help.push(advice);
		}
	}
	let help = match help.is_empty() {
		true => "`zkml model show` says how the model stands".into(),
		false => help.join("\n"),
	};
	CliError::Submission { error, causes, help }
}
