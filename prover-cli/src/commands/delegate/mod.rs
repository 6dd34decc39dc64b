//! `zkml delegate`

mod follow;
mod show;
mod vote;

use super::{
	act, block_on, fee, show_included,
	terms::{check_delegate, delegate_json, read_delegate, show_inputs},
	with_included, ChainArgs, Named,
};
use crate::{
	chain::{
		self, address,
		governance::{DelegateId, Snapshot, Subject},
		polls::{Poll, PollIndex},
		ChainError,
	},
	error::CliError,
	ui::Ui,
};
use clap::{Args, Subcommand};
use serde_json::{json, Value};
use std::path::PathBuf;

/// Let models vote on polls, and let one's own votes follow them.
#[derive(Debug, Subcommand)]
pub enum DelegateCommand {
	/// Let a registered model vote, on terms that never change.
	Register(Register),
	/// Show a delegate: its model, its terms, its votes.
	Show(show::Show),
	/// Delegate one's votes to a delegate.
	Follow(follow::Follow),
	/// Take one's votes back, and free what nothing locks any more.
	Unfollow(follow::Unfollow),
	/// Freeze what a delegate's model is told of a poll.
	Snapshot(OnPoll),
	/// Prove what a delegate's model answers to the last snapshot, and cast its vote.
	Vote(vote::CastVote),
	/// Forget a delegate's snapshot and vote of a poll that has ended, and return the deposit.
	Settle(OnPoll),
	/// Let a model vote no more, and get the deposit back.
	Remove(Remove),
	/// Report something that the chain cannot know, to models whose terms name the account.
	Report(Report),
}

impl DelegateCommand {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		match self {
			Self::Register(command) => command.run(ui),
			Self::Show(command) => command.run(ui),
			Self::Follow(command) => command.run(ui),
			Self::Unfollow(command) => command.run(ui),
			Self::Snapshot(command) => command.snapshot(ui),
			Self::Vote(command) => command.run(ui),
			Self::Settle(command) => command.settle(ui),
			Self::Remove(command) => command.run(ui),
			Self::Report(command) => command.run(ui),
		}
	}
}

/// What the chain would answer, known before a fee is paid.
fn needless(error: &str) -> ChainError {
	ChainError::Needless(error.into())
}

/// Let a registered model vote, on terms that never change.
///
/// It gets an account without a key, to which holders delegate as to a person, and from which whoever
/// proves its answers is paid. Nobody can change the terms: other terms are another delegate.
#[derive(Debug, Args)]
pub struct Register {
	/// The model: its id, or the folder of its keys.
	#[arg(value_name = "MODEL")]
	model: String,
	/// What the model is told, and how its answer is read, as JSON.
	#[arg(value_name = "TERMS")]
	terms: PathBuf,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Register {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let named = Named::new(&self.model)?;
		let terms = read_delegate(&self.terms)?;
		let signer = chain::signer(&self.chain.suri)?;
		let (done, _) = ui.step("waiting for the chain", || {
			block_on(async {
				let chain = named.connect(&self.chain.url).await?;
				let info = chain.state().await?.registered(named.id).await?;
				// The chain says no more than that the model does not fit.
				if let Err(error) = check_delegate(&self.terms, &info.model.interface, &terms) {
					return Ok(Err(error));
				}
				let included = chain.register_delegate(&signer, named.id, &terms).await?;
				Ok(Ok((included.registered_delegate()?, included)))
			})
		});
		let ((delegate, account), included) = done??;
		ui.line(format!("delegate {delegate} votes as model 0x{} answers", named.hex()));
		ui.line(format!("account {}", address(&account)));
		show_included(ui, &included);
		let fields = json!({
			"delegate": delegate,
			"account": address(&account),
			"model": named.hex(),
			"terms": delegate_json(&terms),
		});
		ui.json("delegate register", with_included(&included, fields));
		if terms.reward > 0 {
			ui.note(format!(
				"rewards of {} are paid from its account: send it so much for each proof",
				fee(terms.reward)
			));
		}
		let url = &self.chain.url;
		ui.next(format!("zkml delegate follow {delegate} --amount TOKENS --url {url} --suri …"));
		Ok(())
	}
}

/// A snapshot for programs.
pub(super) fn snapshot_json(snapshot: &Snapshot) -> Value {
	let Snapshot { at, number, values, answered, depositor } = snapshot;
	json!({
		"at": at,
		"number": number,
		"values": values,
		"answered": answered,
		"depositor": address(depositor),
	})
}

/// Act on a delegate and a poll.
#[derive(Debug, Args)]
pub struct OnPoll {
	/// The delegate's number.
	#[arg(value_name = "DELEGATE")]
	delegate: DelegateId,
	/// The poll's number.
	#[arg(long, value_name = "POLL")]
	poll: PollIndex,
	#[command(flatten)]
	chain: ChainArgs,
}

impl OnPoll {
	fn snapshot(self, ui: &Ui) -> Result<(), CliError> {
		let Self { delegate, poll, chain: ChainArgs { url, suri } } = self;
		let signer = chain::signer(&suri)?;
		let subject = Subject::Poll { delegate, poll };
		let (included, found, snapshot) = act(ui, &url, |chain| async move {
			let state = chain.state().await?;
			let found = state.delegate(delegate).await?;
			state.ensure_snapshot(subject).await?;
			let included = chain.take_snapshot(&signer, subject).await?;
			let at = included.snapshot_block()?;
			let snapshot = chain.state().await?.snapshot(subject).await?;
			let snapshot = snapshot.filter(|snapshot| snapshot.at == at);
			let gone = || needless("Governance::SnapshotNotFound");
			Ok((included, found, snapshot.ok_or_else(gone)?))
		})?;
		ui.line(format!(
			"snapshot of block {}, number {} of {}",
			snapshot.at, snapshot.number, found.terms.snapshots
		));
		show_inputs(ui, &found.terms.inputs, &[("value", Some(&snapshot.values))]);
		show_included(ui, &included);
		let fields = json!({
			"delegate": delegate,
			"poll": poll,
			"snapshot": snapshot_json(&snapshot),
		});
		ui.json("delegate snapshot", with_included(&included, fields));
		ui.next(format!(
			"zkml delegate vote CIRCUIT --keys KEYS --delegate {delegate} --poll {poll} --url {url} \
			 --suri …"
		));
		Ok(())
	}

	fn settle(self, ui: &Ui) -> Result<(), CliError> {
		let Self { delegate, poll, chain: ChainArgs { url, suri } } = self;
		let signer = chain::signer(&suri)?;
		let included = act(ui, &url, |chain| async move {
			let state = chain.state().await?;
			if state.snapshot(Subject::Poll { delegate, poll }).await?.is_none() {
				return Err(needless("Governance::SnapshotNotFound"));
			}
			if let Some(Poll::Ongoing(_)) = state.poll(poll).await? {
				return Err(needless("Governance::PollOngoing"));
			}
			chain.settle_poll(&signer, delegate, poll).await
		})?;
		ui.line(format!("delegate {delegate} has nothing left of poll {poll}"));
		let removed = included.delegate_removed();
		if removed {
			ui.line(format!("delegate {delegate} votes no more"));
		}
		show_included(ui, &included);
		let fields = json!({ "delegate": delegate, "poll": poll, "removed": removed });
		ui.json("delegate settle", with_included(&included, fields));
		Ok(())
	}
}

/// Close a delegate, and get the deposit back when its last poll is settled.
///
/// It takes no other polls from now on. With the last that it has a snapshot of, when that is settled, it
/// is forgotten: at once where it has none. What was delegated to it stays there, and carries nothing; what
/// its account holds stays there for good.
#[derive(Debug, Args)]
pub struct Remove {
	/// Its number.
	#[arg(value_name = "DELEGATE")]
	delegate: DelegateId,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Remove {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let Self { delegate, chain: ChainArgs { url, suri } } = self;
		let signer = chain::signer(&suri)?;
		let included = act(ui, &url, |chain| async move {
			let found = chain.state().await?.delegate(delegate).await?;
			if found.registrant != signer.public_key().0 {
				return Err(needless("Governance::NotRegistrant"));
			}
			if found.closed {
				return Err(needless("Governance::DelegateClosed"));
			}
			chain.remove_delegate(&signer, delegate).await
		})?;
		let removed = included.delegate_removed();
		ui.line(format!(
			"delegate {delegate} votes {}",
			if removed { "no more" } else { "on no other polls" }
		));
		if !removed {
			ui.note("it is forgotten when the polls are settled that it has snapshots of");
		}
		show_included(ui, &included);
		let fields = json!({ "delegate": delegate, "removed": removed });
		ui.json("delegate remove", with_included(&included, fields));
		Ok(())
	}
}

/// Report something that the chain cannot know, or take it back.
///
/// Terms name the account whose reports they believe. A snapshot that was taken does not change.
#[derive(Debug, Args)]
pub struct Report {
	/// Of which poll [default: of the chain, for models that move parameters].
	#[arg(long, value_name = "POLL")]
	poll: Option<PollIndex>,
	/// Which of one's reports.
	#[arg(long, value_name = "N")]
	key: u32,
	/// How much.
	#[arg(long, value_name = "N", required_unless_present = "remove", conflicts_with = "remove")]
	value: Option<u128>,
	/// Take it back, and the deposit.
	#[arg(long)]
	remove: bool,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Report {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let Self { poll, key, value, chain: ChainArgs { url, suri }, .. } = self;
		let signer = chain::signer(&suri)?;
		let account = signer.public_key().0;
		let included = act(ui, &url, |chain| async move {
			let before = chain.state().await?.reported(account, poll, key).await?;
			if value.is_none() && before.is_none() {
				return Err(needless("Governance::NothingToForget"));
			}
			chain.report(&signer, poll, key, value).await
		})?;
		let of = poll.map_or("the chain".into(), |poll| format!("poll {poll}"));
		ui.line(match value {
			Some(value) => format!("{} reports {value} of {of}, key {key}", address(&account)),
			None => format!("{} reports nothing of {of}, key {key}", address(&account)),
		});
		show_included(ui, &included);
		let fields = json!({
			"account": address(&account),
			"poll": poll,
			"key": key,
			"value": value.map(|value| value.to_string()),
		});
		ui.json("delegate report", with_included(&included, fields));
		Ok(())
	}
}
