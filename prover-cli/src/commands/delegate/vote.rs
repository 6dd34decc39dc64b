//! `zkml delegate vote`

use super::{
	super::{
		act,
		answering::ModelArgs,
		block_on, fee,
		poll::{describe_tally, tally_json},
		show_included, with_included, ChainArgs,
	},
	needless,
};
use crate::{
	chain::{
		self,
		governance::{DelegateId, Subject},
		polls::{Poll, PollIndex},
		Chain, ChainError,
	},
	error::CliError,
	ui::Ui,
};
use clap::Args;
use serde_json::json;

/// Prove what a delegate's model answers to the last snapshot, and cast its vote.
///
/// The vote carries what was delegated to the delegate, and takes the place of its vote on an earlier
/// snapshot. Whoever proves first is paid the reward, if the delegate's account has so much.
#[derive(Debug, Args)]
pub struct CastVote {
	#[command(flatten)]
	model: ModelArgs,
	/// The delegate's number.
	#[arg(long, value_name = "DELEGATE")]
	delegate: DelegateId,
	/// The poll's number.
	#[arg(long, value_name = "POLL")]
	poll: PollIndex,
	#[command(flatten)]
	chain: ChainArgs,
}

impl CastVote {
	/// Runs the verb.
	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let Self { model, delegate, poll, chain: ChainArgs { url, suri } } = self;
		let respondent = model.open()?;
		let signer = chain::signer(&suri)?;
		let account = signer.public_key().0;
		let subject = Subject::Poll { delegate, poll };
		let ask = |chain: Chain| async move {
			let state = chain.state().await?;
			let decision = state.delegate(delegate).await?.terms.decision;
			Ok::<_, ChainError>((state.open_snapshot(subject, account).await?, decision))
		};
		let (open, decision) = block_on(async { ask(Chain::connect(&url).await?).await })?;
		respondent.pair.ensure_registered(open.id, &open.model.model.key)?;
		let at = open.snapshot.at;
		let proven = respondent.answer(ui, &open.snapshot.values, &open.context)?;
		let aye = decision
			.aye(&proven.inference.output)
			.ok_or_else(|| CliError::from(needless("Governance::OtherOutput")))?;
		ui.line(format!("the model answers {} to the snapshot of block {at}", answer(aye)));
		ui.line(proven.times());
		let (included, vote, tally) = act(ui, &url, |chain| {
			let (inference, proof, signals) = (&proven.inference, &proven.proof, proven.signals);
			let signer = &signer;
			async move {
				// Proving takes its time, in which another may have been faster.
				let now = ask(chain.clone()).await?.0.snapshot.at;
				if now != at {
					return Err(needless("Governance::SnapshotNotFound"));
				}
				let included =
					chain.answer_snapshot(signer, subject, at, signals, inference, proof).await?;
				let vote = included.vote_cast()?;
				let tally = match chain.state().await?.poll(poll).await? {
					Some(Poll::Ongoing(poll)) => Some(poll.tally),
					_ => None,
				};
				Ok((included, vote, tally))
			}
		})?;
		ui.line(format!("delegate {delegate} votes {} on poll {poll}", answer(vote.aye)));
		if let Some(tally) = &tally {
			ui.line(describe_tally(tally));
		}
		ui.line(format!("reward {}", fee(vote.reward)));
		show_included(ui, &included);
		let fields = json!({
			"delegate": delegate,
			"poll": poll,
			"at": at,
			"vote": answer(vote.aye),
			"values": open.snapshot.values,
			"output": proven.inference.output,
			"tally": tally.as_ref().map(tally_json),
			"reward": vote.reward.to_string(),
			"seconds": proven.seconds(),
		});
		ui.json("delegate vote", with_included(&included, fields));
		ui.next(format!("zkml poll show {poll} --url {url}"));
		Ok(())
	}
}

fn answer(aye: bool) -> &'static str {
	match aye {
		true => "aye",
		false => "nay",
	}
}
