//! `zkml reputation prove`

use super::{super::ChainArgs, AreaName};
use crate::{
	chain::{
		self, address,
		lending::CREDIT,
		reputation::{Earning, NextProof, Source},
		AccountId, ChainError,
	},
	commands::{
		block_on, describe,
		prove::opened,
		proving::{Pair, Proofs},
		show_included, summary, with_included, Named,
	},
	error::CliError,
	opening::{self, Opening},
	ui::{self, Ui},
};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use zkml_circuits::{assign_with, CommitmentKind, Extras, InputChoice};
use zkml_primitives::{Commitment, OutputKind, VerifyingKey};

/// Prove what a model says of one's attested values, and earn points for it.
///
/// The proof is for the account, the area and a recent block, and is sent at once. It takes the place
/// of what the account has proven of the model before: to prove again renews, and does not add.
#[derive(Debug, Args)]
pub struct Prove {
	/// The circuit's folder.
	#[arg(default_value = "target/zkml/circuit")]
	circuit: PathBuf,
	/// The keys' folder.
	#[arg(long, default_value = "target/zkml/keys")]
	keys: PathBuf,
	/// The area: its number, or governance, game or credit.
	#[arg(long, value_name = "AREA")]
	area: AreaName,
	/// The registered model: its id, or the folder of its keys [default: as `zkml register` noted
	/// beside the keys].
	#[arg(long, value_name = "MODEL")]
	model: Option<String>,
	/// The opening of what is attested.
	#[arg(long, value_name = "FILE", default_value = opening::INPUT)]
	opening: PathBuf,
	/// The opening of the weights' commitment, where they are committed.
	#[arg(long, value_name = "FILE", default_value = opening::WEIGHTS)]
	weights_opening: PathBuf,
	#[command(flatten)]
	chain: ChainArgs,
}

/// What the chain says before.
struct Before {
	genesis: [u8; 32],
	key: VerifyingKey,
	source: Source,
	score: u32,
	next: NextProof,
}

impl Prove {
	/// What must be proven; checks all that the chain would check besides the proof.
	async fn ask(
		&self,
		named: &Named,
		account: AccountId,
		commitment: Commitment,
	) -> Result<Before, ChainError> {
		let chain = named.connect(&self.chain.url).await?;
		let state = chain.state().await?;
		let info = state.registered(named.id).await?;
		let settings = state.known_area(self.area.0).await?;
		let source = settings.source(named.id)?.clone();
		state.ensure_verified(&info).await?;
		state.attested(&source, account, commitment).await??;
		Ok(Before {
			genesis: chain.genesis(),
			key: info.model.key,
			source,
			score: state.score(account, self.area.0).await?,
			next: state.next_proof(self.area.0, named.id, account).await?,
		})
	}

	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let pair = Pair::open(&self.circuit, &self.keys)?;
		let file = &pair.circuit.file;
		let graph = pair.circuit.graph()?;
		if file.options.input != InputChoice::Committed {
			return Err(CliError::Other(
				"this circuit's input is not committed, so that nobody can vouch for it: compile with \
				 --input-visibility committed"
					.into(),
			));
		}
		let (input, salt) = opened(&self.opening, &graph)?;
		let commitment = Opening::read(&self.opening, CommitmentKind::Input)?.commitment;
		let weights_salt = pair.weights_salt(&self.weights_opening)?;
		// Of some labels only, the best would be the prover's choice.
		let mask = match file.interface.output {
			OutputKind::MaskedArgmax { classes } => Some(vec![true; classes as usize]),
			_ => None,
		};
		let named = match &self.model {
			Some(text) => Named::new(text)?,
			None => Named::beside(&self.keys)?.ok_or_else(|| {
				CliError::Other(
					"which model? run `zkml register` first, or name it with --model".into(),
				)
			})?,
		};
		let signer = chain::signer(&self.chain.suri)?;
		let account = signer.public_key().0;
		let (before, _) =
			ui.step("asking the chain", || block_on(self.ask(&named, account, commitment)));
		let Before { genesis, key, source, score: score_before, next } = before?;
		pair.ensure_registered(named.id, &key)?;

		let extras =
			Extras { input_salt: salt, weights_salt, mask: mask.as_deref(), ..Extras::default() };
		let (assignment, evaluating) = ui.step("evaluating", || {
			assign_with(&graph, &file.options, &input, &next.context, &extras)
		});
		let assignment = assignment?;
		let refused = |name: &str| ChainError::Needless(format!("Reputation::{name}"));
		let points = match source.points.of(&assignment.inference.output) {
			None => return Err(refused("PointsMismatch").into()),
			Some(0) => return Err(refused("NoPoints").into()),
			Some(points) => points,
		};
		let (prover, loading) = pair.prover(ui, Proofs::Few)?;
		let (proof, proving) = pair.prove(ui, &prover, &assignment)?;
		let claim = describe(&file.interface, &assignment.inference);
		ui.line(summary(&claim));
		ui.line(format!(
			"key {}, witness {}, proof {}",
			ui::time(loading),
			ui::time(evaluating),
			ui::time(proving)
		));

		let earning = Earning {
			area: self.area.0,
			model: named.id,
			signals: assignment.statement.signals().len() as u32,
			anchor: next.anchor.block,
			inference: &assignment.inference,
			proof: &proof,
		};
		let (sent, _) = ui.step("waiting for the chain", || {
			block_on(async {
				let chain = named.connect(&self.chain.url).await?;
				chain.ensure(&hex::encode(genesis))?;
				let included = chain.earn(&signer, &earning).await?;
				Ok((included, chain.state().await?.score(account, self.area.0).await?))
			})
		});
		let (included, score) = sent?;
		ui.line(format!("earned {points} points in area {}", self.area));
		ui.line(format!("score {score}, {score_before} before"));
		show_included(ui, &included);
		let fields = json!({
			"account": address(&account),
			"area": self.area.0,
			"model": named.hex(),
			"claim": claim,
			"points": points,
			"score_before": score_before,
			"score": score,
			"anchor": { "block": next.anchor.block, "hash": hex::encode(next.anchor.hash) },
			"seconds": {
				"key": loading.as_secs_f64(),
				"witness": evaluating.as_secs_f64(),
				"proof": proving.as_secs_f64(),
			},
		});
		ui.json("reputation prove", with_included(&included, fields));
		let url = &self.chain.url;
		ui.next(match self.area.0 {
			CREDIT => format!("zkml loan borrow AMOUNT --url {url} --suri …"),
			area => format!("zkml reputation show {} --area {area} --url {url}", address(&account)),
		});
		Ok(())
	}
}
