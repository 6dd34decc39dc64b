//! Votes that were proven: their files, and `zkml ballot send`.

use super::super::{block_on, show_included, with_included, ChainArgs};
use crate::{
	chain::{
		self, address,
		governance::{BallotId, Polling},
		Chain, ChainError,
	},
	error::CliError,
	files,
	ui::Ui,
};
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use std::path::{Path, PathBuf};
use subxt_signer::sr25519::Keypair;
use zkml_primitives::{ClaimedInput, HintedProof, Inference, Membership, Output, Proof, Statement};
use zkml_prover::{hinted, json as snarkjs};

/// A vote that was proven, for one account to hand in. It says nothing of who votes.
#[derive(Serialize, Deserialize)]
pub(super) struct Proven {
	/// [`files::FORMAT`].
	pub(super) format: u32,
	/// Tool and version.
	pub(super) tool: String,
	/// Genesis hash of the chain, in hexadecimal.
	pub(super) genesis: String,
	/// The ballot.
	pub(super) ballot: BallotId,
	/// Who hands it in, and is paid: an address.
	pub(super) account: String,
	/// What is claimed; the choice stands here.
	pub(super) membership: Membership,
	/// In snarkjs' format.
	pub(super) proof: Value,
}

impl Proven {
	/// Reads a file.
	pub(super) fn read(path: &Path) -> Result<Self, CliError> {
		let proven: Self =
			serde_json::from_str(&files::read_text(path)?).map_err(|error| CliError::Content {
				path: path.into(),
				what: error.to_string(),
				help: "name the file that `zkml ballot vote --for … -o FILE` wrote".into(),
			})?;
		files::check_format(path, proven.format, &proven.tool)?;
		Ok(proven)
	}

	/// What is claimed.
	fn inference(&self) -> Inference {
		let input = ClaimedInput::Member(self.membership);
		Inference { output: Output::Passed, input }
	}

	/// The proof.
	fn proof(&self) -> Result<Proof, CliError> {
		snarkjs::read_proof(&self.proof.to_string())
			.map_err(|error| CliError::Invalid(error.to_string()))
	}

	/// Whether the proof shows the claim under what the chain would verify; how many public signals it
	/// has, and the proof with its hint.
	pub(super) fn check(&self, polling: &Polling) -> Result<(u32, HintedProof), CliError> {
		let model = &polling.model.model;
		let invalid = |cause: String| {
			CliError::Invalid(format!(
				"{cause}. It is good for one ballot, one choice and the account {} only, and the chain \
				 would say Governance::Refused(InvalidProof)",
				self.account
			))
		};
		let statement = Statement::new(&model.interface, &self.inference(), &polling.context)
			.map_err(|error| invalid(error.to_string()))?;
		let proof = hinted(&model.key, statement.signals(), &self.proof()?)
			.map_err(|error| invalid(error.to_string()))?;
		Ok((statement.signals().len() as u32, proof))
	}

	/// Hands it in, when the chain would count it; says so.
	pub(super) fn hand_in(
		&self,
		ui: &Ui,
		url: &str,
		signer: &Keypair,
		verb: &str,
		mut fields: Value,
	) -> Result<(), CliError> {
		let account = signer.public_key().0;
		let (asked, _) = ui.step("asking the chain", || {
			block_on(async {
				let chain = Chain::connect(url).await?;
				chain.ensure(&self.genesis)?;
				if chain::account(&self.account)? != account {
					let (proof, here) = (self.account.clone(), address(&account));
					return Err(ChainError::Destination { what: "account", proof, here });
				}
				let state = chain.state().await?;
				let polling = state.polling(self.ballot, account).await?;
				state.ensure_counts(&polling, &self.membership).await?;
				Ok(polling)
			})
		});
		let (signals, proof) = self.check(&asked?)?;
		let inference = self.inference();
		let (sent, _) = ui.step("waiting for the chain", || {
			block_on(async {
				let chain = Chain::connect(url).await?;
				chain.ensure(&self.genesis)?;
				chain.cast_ballot(signer, self.ballot, signals, &inference, &proof).await
			})
		});
		let included = sent?;
		ui.line(format!(
			"counted in ballot {}: choice {}, handed in by {}",
			self.ballot,
			self.membership.choice,
			address(&account)
		));
		show_included(ui, &included);
		for (name, value) in self.shown() {
			fields[name] = value;
		}
		ui.json(verb, with_included(&included, fields));
		ui.next(format!("zkml ballot show {} --url {url}", self.ballot));
		Ok(())
	}

	/// What everybody may see, for programs.
	pub(super) fn shown(&self) -> [(&'static str, Value); 5] {
		let Membership { root, nullifier, choice, .. } = self.membership;
		[
			("ballot", self.ballot.into()),
			("account", self.account.clone().into()),
			("choice", choice.into()),
			("nullifier", json!(nullifier)),
			("root", json!(root)),
		]
	}
}

/// Hand in a vote that was proven for this account.
///
/// The reward is this account's, if there is one. Whether the chain would count the vote is asked first,
/// so that no fee is paid for one that it would not. Exit code 3 if the proof does not hold: the file was
/// changed.
#[derive(Debug, Args)]
pub struct Send {
	/// What `zkml ballot vote --for ACCOUNT -o FILE` wrote.
	#[arg(value_name = "FILE")]
	vote: PathBuf,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Send {
	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let proven = Proven::read(&self.vote)?;
		let signer = chain::signer(&self.chain.suri)?;
		proven.hand_in(ui, &self.chain.url, &signer, "ballot send", json!({ "vote": self.vote }))
	}
}
