//! `zkml delegate show`

use super::{
	super::{
		block_on, fee,
		terms::{delegate_json, describe_decision, describe_reward, show_inputs},
		NodeArgs,
	},
	needless, snapshot_json,
};
use crate::{
	chain::{
		address,
		governance::{delegate_account, Delegate, DelegateId, Snapshot, Subject},
		polls::{Poll, PollIndex, Vote, Voting},
		BlockNumber, Chain, ChainError, State,
	},
	error::CliError,
	ui::Ui,
};
use clap::Args;
use serde_json::{json, Value};

/// Show a delegate: its model, its terms, what is delegated to it.
///
/// With a poll also what its model would be told of it now, the last snapshot, and its vote.
#[derive(Debug, Args)]
pub struct Show {
	/// Its number.
	#[arg(value_name = "DELEGATE")]
	delegate: DelegateId,
	/// A poll, by its number.
	#[arg(long, value_name = "POLL")]
	poll: Option<PollIndex>,
	#[command(flatten)]
	node: NodeArgs,
}

/// What there is to show.
struct Shown {
	height: BlockNumber,
	delegate: Delegate,
	voting: Voting,
	holds: u128,
	on: Option<OnePoll>,
}

/// What there is to show of a poll.
struct OnePoll {
	poll: PollIndex,
	/// Whether it can be voted on.
	ongoing: bool,
	/// What the model would be told now.
	now: Option<Vec<i32>>,
	snapshot: Option<Snapshot>,
}

impl Shown {
	async fn ask(
		state: &State,
		delegate: DelegateId,
		poll: Option<PollIndex>,
	) -> Result<Self, ChainError> {
		let account = delegate_account(delegate);
		let on = match poll {
			None => None,
			Some(poll) => {
				let missing = || needless("Referenda::BadReferendum");
				let found = state.poll(poll).await?.ok_or_else(missing)?;
				Some(OnePoll {
					poll,
					ongoing: matches!(found, Poll::Ongoing(_)),
					now: state.features(delegate, poll).await?,
					snapshot: state.snapshot(Subject::Poll { delegate, poll }).await?,
				})
			},
		};
		Ok(Self {
			height: state.height(),
			delegate: state.delegate(delegate).await?,
			voting: state.voting(account).await?,
			holds: state.free_balance(account).await?,
			on,
		})
	}
}

/// A vote in a word.
fn word(vote: Option<Vote>) -> &'static str {
	match vote.map(|vote| vote.aye()) {
		None => "none",
		Some(Some(true)) => "aye",
		Some(Some(false)) => "nay",
		Some(None) => "split",
	}
}

impl Show {
	/// Runs the verb.
	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let id = self.delegate;
		let (found, _) = ui.step("asking the chain", || {
			block_on(async {
				let state = Chain::connect(&self.node.url).await?.state().await?;
				Shown::ask(&state, id, self.poll).await
			})
		});
		let Shown { height, delegate, voting, holds, on } = found?;
		let Delegate { registrant, model, terms, polls, closed, .. } = &delegate;
		let (account, carried) = (delegate_account(id), voting.carried());
		ui.line(format!("delegate    {id}"));
		ui.line(format!("model       0x{}", hex::encode(model.0)));
		ui.line(format!("registrant  {}", address(registrant)));
		ui.line(format!("account     {}, which has {}", address(&account), fee(holds)));
		let (capital, votes) = (fee(carried.capital), fee(carried.votes));
		ui.line(format!("delegated   {capital}, with conviction {votes}"));
		ui.line(format!("decision    {}", describe_decision(terms.decision)));
		ui.line(format!("reward      {}", describe_reward(terms.reward)));
		ui.line(format!(
			"snapshots   {} of a poll at most, {} blocks apart at least; of {polls} polls there is one",
			terms.snapshots, terms.interval
		));
		if *closed {
			ui.line(
				"closed      it takes no other polls, and is forgotten with the last that it has",
			);
		}
		let mut fields = json!({
			"delegate": id,
			"block": height,
			"model": hex::encode(model.0),
			"registrant": address(registrant),
			"account": address(&account),
			"balance": holds.to_string(),
			"delegated": {
				"capital": carried.capital.to_string(),
				"votes": carried.votes.to_string(),
			},
			"terms": delegate_json(terms),
			"polls": polls,
			"closed": closed,
			"poll": Value::Null,
		});
		match on {
			None => show_inputs(ui, &terms.inputs, &[]),
			Some(on) => {
				let vote = word(voting.on(on.poll));
				fields["poll"] = on.show(ui, &delegate, vote);
			},
		}
		ui.json("delegate show", fields);
		Ok(())
	}
}

impl OnePoll {
	/// For people; and for programs.
	fn show(&self, ui: &Ui, delegate: &Delegate, vote: &str) -> Value {
		let Self { poll, ongoing, now, snapshot } = self;
		let ended = if *ongoing { "" } else { ", which has ended" };
		ui.line(format!("poll        {poll}{ended}"));
		ui.line(format!("vote        {vote}"));
		let mut columns = vec![("now", now.as_deref())];
		let taken = snapshot.as_ref().map(|snapshot| format!("block {}", snapshot.at));
		if let (Some(snapshot), Some(taken)) = (snapshot, &taken) {
			let answered = if snapshot.answered { "answered" } else { "not answered" };
			let Snapshot { at, number, .. } = snapshot;
			ui.line(format!("snapshot    of block {at}, number {number}, {answered}"));
			columns.push((taken, Some(&snapshot.values)));
		}
		show_inputs(ui, &delegate.terms.inputs, &columns);
		json!({
			"poll": poll,
			"ongoing": ongoing,
			"vote": vote,
			"now": now,
			"snapshot": snapshot.as_ref().map(snapshot_json),
		})
	}
}
