//! `zkml parameter`

use super::{
	act,
	answering::ModelArgs,
	block_on,
	delegate::snapshot_json,
	fee, show_included,
	terms::{
		binding_json, check_binding, describe_motion, describe_reward, read_binding, show_inputs,
	},
	with_included, ChainArgs, Named, NodeArgs,
};
use crate::{
	chain::{
		self, address,
		governance::{parameter_account, Binding, Parameter, ParameterMoved, Subject},
		Chain, ChainError, State,
	},
	error::CliError,
	ui::Ui,
};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use std::path::PathBuf;

/// Let models move parameters of the chain, within bounds.
#[derive(Debug, Subcommand)]
pub enum ParameterCommand {
	/// Let a registered model move a parameter, as the chain's sudo key.
	Bind(Bind),
	/// Let no model move a parameter any more, as the chain's sudo key.
	Release(Release),
	/// Show what a parameter is, and on what terms a model moves it.
	Show(Show),
	/// Freeze what the model is told that moves a parameter.
	Snapshot(Snapshot),
	/// Prove what the model answers to the last snapshot, and move the parameter.
	Move(Move),
	/// Forget a snapshot that is good no more, and return its deposit.
	Forget(Forget),
}

impl ParameterCommand {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		match self {
			Self::Bind(command) => command.run(ui),
			Self::Release(command) => command.run(ui),
			Self::Show(command) => command.run(ui),
			Self::Snapshot(command) => command.run(ui),
			Self::Move(command) => command.run(ui),
			Self::Forget(command) => command.run(ui),
		}
	}
}

/// A parameter that a model may be bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Which {
	/// What is repaid on top of a loan, in parts per million.
	LendingFee,
}

impl Which {
	fn key(self) -> Parameter {
		match self {
			Self::LendingFee => Parameter::LendingFee,
		}
	}

	fn name(self) -> &'static str {
		match self {
			Self::LendingFee => "lending-fee",
		}
	}
}

/// On what terms a model moves a parameter, if one does.
async fn bound(state: &State, key: Parameter) -> Result<Option<Binding>, ChainError> {
	match state.binding(key).await {
		Ok(binding) => Ok(Some(binding)),
		Err(ChainError::Needless(_)) => Ok(None),
		Err(error) => Err(error),
	}
}

/// Let a registered model move a parameter, as the chain's sudo key.
///
/// Whatever it answers, the parameter goes no further than a step, stays within floor and ceiling, and
/// is not moved again within a period.
#[derive(Debug, Args)]
pub struct Bind {
	/// The parameter.
	#[arg(value_name = "PARAMETER")]
	parameter: Which,
	/// The model: its id, or the folder of its keys.
	#[arg(value_name = "MODEL")]
	model: String,
	/// What the model is told, how its answer is read, and the bounds, as JSON.
	#[arg(value_name = "TERMS")]
	terms: PathBuf,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Bind {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let named = Named::new(&self.model)?;
		let terms = read_binding(&self.terms, named.id)?;
		let sudo = chain::signer(&self.chain.suri)?;
		let (key, name) = (self.parameter.key(), self.parameter.name());
		let (done, _) = ui.step("waiting for the chain", || {
			block_on(async {
				let chain = named.connect(&self.chain.url).await?;
				let state = chain.state().await?;
				let info = state.registered(named.id).await?;
				// The chain says no more than that the model does not fit.
				if let Err(error) = check_binding(&self.terms, &info.model.interface, &terms) {
					return Ok(Err(error));
				}
				if bound(&state, key).await?.is_some() {
					return Err(ChainError::Needless("Governance::AlreadyBound".into()));
				}
				chain.bind_parameter(&sudo, key, &terms).await.map(Ok)
			})
		});
		let included = done??;
		let account = address(&parameter_account(key));
		ui.line(format!("model 0x{} moves {name}", named.hex()));
		ui.line(format!("account {account}"));
		show_included(ui, &included);
		let fields = json!({
			"parameter": name,
			"account": account,
			"model": named.hex(),
			"terms": binding_json(&terms),
		});
		ui.json("parameter bind", with_included(&included, fields));
		if terms.reward > 0 {
			ui.note(format!(
				"rewards of {} are paid from its account: send it so much for each proof",
				fee(terms.reward)
			));
		}
		ui.next(format!("zkml parameter snapshot {name} --url {} --suri …", self.chain.url));
		Ok(())
	}
}

/// Let no model move a parameter any more, as the chain's sudo key.
///
/// It stays as it is.
#[derive(Debug, Args)]
pub struct Release {
	/// The parameter.
	#[arg(value_name = "PARAMETER")]
	parameter: Which,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Release {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let Self { parameter, chain: ChainArgs { url, suri } } = self;
		let sudo = chain::signer(&suri)?;
		let included = act(ui, &url, |chain| async move {
			chain.state().await?.binding(parameter.key()).await?;
			chain.release_parameter(&sudo, parameter.key()).await
		})?;
		ui.line(format!("no model moves {} any more", parameter.name()));
		show_included(ui, &included);
		let fields = json!({ "parameter": parameter.name() });
		ui.json("parameter release", with_included(&included, fields));
		Ok(())
	}
}

/// Show what a parameter is, and on what terms a model moves it.
///
/// Exit code 0 also where none does.
#[derive(Debug, Args)]
pub struct Show {
	/// The parameter.
	#[arg(value_name = "PARAMETER")]
	parameter: Which,
	#[command(flatten)]
	node: NodeArgs,
}

impl Show {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let (key, name) = (self.parameter.key(), self.parameter.name());
		let account = parameter_account(key);
		let (found, _) = ui.step("asking the chain", || {
			block_on(async {
				let state = Chain::connect(&self.node.url).await?.state().await?;
				let binding = bound(&state, key).await?;
				let snapshot = state.snapshot(Subject::Parameter(key)).await?;
				let holds = state.free_balance(account).await?;
				Ok((state.height(), state.parameter(key)?, binding, snapshot, holds))
			})
		});
		let (height, value, binding, snapshot, holds) = found?;
		ui.line(format!("{name}  {value}"));
		match &binding {
			None => ui.line("no model moves it"),
			Some(binding) => {
				let terms = &binding.terms;
				ui.line(format!("model    0x{}", hex::encode(terms.model.0)));
				ui.line(format!("account  {}, which has {}", address(&account), fee(holds)));
				ui.line(format!("moves    {}", describe_motion(&terms.motion)));
				ui.line(format!(
					"bounds   {} to {}, at most {} at once, every {} blocks",
					terms.floor, terms.ceiling, terms.max_step, terms.period
				));
				ui.line(format!("reward   {}", describe_reward(terms.reward)));
				ui.line(match binding.moved {
					Some(block) => format!("moved    in block {block}; it is block {height}"),
					None => "moved    never".into(),
				});
				let mut columns = Vec::new();
				let taken = snapshot.as_ref().map(|snapshot| format!("block {}", snapshot.at));
				if let (Some(snapshot), Some(taken)) = (&snapshot, &taken) {
					let until = snapshot.at.saturating_add(terms.validity);
					let good = if height < until { "good" } else { "GOOD NO MORE" };
					ui.line(format!("snapshot {good}, up to block {until}"));
					columns.push((taken.as_str(), Some(snapshot.values.as_slice())));
				}
				show_inputs(ui, &terms.inputs, &columns);
			},
		}
		let fields = json!({
			"parameter": name,
			"block": height,
			"value": value.to_string(),
			"account": address(&account),
			"balance": holds.to_string(),
			"binding": binding.as_ref().map(|binding| json!({
				"model": hex::encode(binding.terms.model.0),
				"terms": binding_json(&binding.terms),
				"moved": binding.moved,
			})),
			"snapshot": snapshot.as_ref().map(snapshot_json),
		});
		ui.json("parameter show", fields);
		Ok(())
	}
}

/// Freeze what the model is told that moves a parameter.
///
/// Nobody can take another before the validity of this one is over.
#[derive(Debug, Args)]
pub struct Snapshot {
	/// The parameter.
	#[arg(value_name = "PARAMETER")]
	parameter: Which,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Snapshot {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let Self { parameter, chain: ChainArgs { url, suri } } = self;
		let signer = chain::signer(&suri)?;
		let (key, name) = (parameter.key(), parameter.name());
		let subject = Subject::Parameter(key);
		let (included, terms, snapshot) = act(ui, &url, |chain| async move {
			let state = chain.state().await?;
			let terms = state.binding(key).await?.terms;
			state.ensure_snapshot(subject).await?;
			let included = chain.take_snapshot(&signer, subject).await?;
			let at = included.snapshot_block()?;
			let snapshot = chain.state().await?.snapshot(subject).await?;
			let snapshot = snapshot.filter(|snapshot| snapshot.at == at);
			let gone = || ChainError::Needless("Governance::SnapshotNotFound".into());
			Ok((included, terms, snapshot.ok_or_else(gone)?))
		})?;
		let until = snapshot.at.saturating_add(terms.validity);
		ui.line(format!("snapshot of block {}, good up to block {until}", snapshot.at));
		show_inputs(ui, &terms.inputs, &[("value", Some(&snapshot.values))]);
		show_included(ui, &included);
		let fields = json!({
			"parameter": name,
			"snapshot": snapshot_json(&snapshot),
			"until": until,
		});
		ui.json("parameter snapshot", with_included(&included, fields));
		ui.next(format!("zkml parameter move {name} CIRCUIT --keys KEYS --url {url} --suri …"));
		Ok(())
	}
}

/// Forget a snapshot that is good no more, and return its deposit to who put it down.
///
/// The next snapshot does the same.
#[derive(Debug, Args)]
pub struct Forget {
	/// The parameter.
	#[arg(value_name = "PARAMETER")]
	parameter: Which,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Forget {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let Self { parameter, chain: ChainArgs { url, suri } } = self;
		let signer = chain::signer(&suri)?;
		let included = act(ui, &url, |chain| async move {
			chain.state().await?.ensure_forgettable(parameter.key()).await?;
			chain.forget_snapshot(&signer, parameter.key()).await
		})?;
		ui.line(format!("{} has no snapshot", parameter.name()));
		show_included(ui, &included);
		let fields = json!({ "parameter": parameter.name() });
		ui.json("parameter forget", with_included(&included, fields));
		Ok(())
	}
}

/// Prove what the model answers to the last snapshot, and move the parameter.
///
/// The parameter goes where the model asks, as far as its bounds let it. Whoever proves first is paid
/// the reward, if the parameter's account has so much.
#[derive(Debug, Args)]
pub struct Move {
	/// The parameter.
	#[arg(value_name = "PARAMETER")]
	parameter: Which,
	#[command(flatten)]
	model: ModelArgs,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Move {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let Self { parameter, model, chain: ChainArgs { url, suri } } = self;
		let respondent = model.open()?;
		let signer = chain::signer(&suri)?;
		let account = signer.public_key().0;
		let (subject, name) = (Subject::Parameter(parameter.key()), parameter.name());
		let open = block_on(async {
			let state = Chain::connect(&url).await?.state().await?;
			state.open_snapshot(subject, account).await
		})?;
		respondent.pair.ensure_registered(open.id, &open.model.model.key)?;
		let at = open.snapshot.at;
		let proven = respondent.answer(ui, &open.snapshot.values, &open.context)?;
		ui.line(proven.times());
		let (included, moved) = act(ui, &url, |chain| {
			let (inference, proof, signals) = (&proven.inference, &proven.proof, proven.signals);
			let signer = &signer;
			async move {
				// Proving takes its time, in which another may have been faster.
				let now = chain.state().await?.open_snapshot(subject, account).await?.snapshot.at;
				if now != at {
					return Err(ChainError::Needless("Governance::SnapshotNotFound".into()));
				}
				let included =
					chain.answer_snapshot(signer, subject, at, signals, inference, proof).await?;
				let moved = included.parameter_moved()?;
				Ok((included, moved))
			}
		})?;
		let ParameterMoved { from, asked, to, reward, .. } = moved;
		ui.line(format!("{name} was {from}; the model asks for {asked}"));
		ui.line(match to == asked {
			true => format!("{name} is {to}"),
			false => format!("{name} is {to}: no more within its bounds"),
		});
		ui.line(format!("reward {}", fee(reward)));
		show_included(ui, &included);
		let fields = json!({
			"parameter": name,
			"at": at,
			"values": open.snapshot.values,
			"output": proven.inference.output,
			"from": from.to_string(),
			"asked": asked.to_string(),
			"to": to.to_string(),
			"reward": reward.to_string(),
			"seconds": proven.seconds(),
		});
		ui.json("parameter move", with_included(&included, fields));
		ui.next(format!("zkml parameter show {name} --url {url}"));
		Ok(())
	}
}
