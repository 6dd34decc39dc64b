//! `zkml poll`

use super::{act, block_on, fee, show_included, with_included, ChainArgs, NodeArgs, Tokens};
use crate::{
	chain::{
		self, address,
		polls::{Deposit, Ended, Ongoing, Poll, PollIndex, Proposal, Proposed, Tally},
		AccountId, BlockNumber, Chain, ChainError,
	},
	error::CliError,
	ui::Ui,
};
use clap::{Args, Subcommand};
use serde_json::{json, Value};

/// Propose what holders and delegates vote on, and see how it goes.
#[derive(Debug, Subcommand)]
pub enum PollCommand {
	/// Propose to pay somebody from the pot of loans.
	Propose(Propose),
	/// Show a poll: what is proposed, the votes, how far it is decided.
	Show(Show),
}

impl PollCommand {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		match self {
			Self::Propose(command) => command.run(ui),
			Self::Show(command) => command.run(ui),
		}
	}
}

/// Propose to pay somebody from the pot of loans, as root does.
///
/// A deposit is taken, which returns unless the poll is rejected. A second one, that anybody may put
/// down, is needed before the poll is decided.
#[derive(Debug, Args)]
pub struct Propose {
	/// How many tokens.
	#[arg(long, value_name = "TOKENS")]
	spend: Tokens,
	/// To whom: an address, or 32 bytes in hexadecimal.
	#[arg(long, value_name = "ACCOUNT")]
	to: String,
	/// Put down the deposit for the decision, too.
	#[arg(long)]
	deposit: bool,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Propose {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let Self { spend: Tokens(amount), to, deposit, chain: ChainArgs { url, suri } } = self;
		let to = chain::account(&to)?;
		let signer = chain::signer(&suri)?;
		let done = act(ui, &url, |chain| async move {
			let included = chain.propose_withdrawal(&signer, to, amount).await?;
			let poll = included.proposed_poll()?;
			let placed = match deposit {
				true => Some(chain.place_deposit(&signer, poll).await),
				false => None,
			};
			Ok((included, poll, placed, chain.state().await?.submission_deposit()?))
		});
		let (included, poll, placed, held) = done?;
		ui.line(format!("poll {poll} proposes to pay {} to {}", fee(amount), address(&to)));
		show_included(ui, &included);
		ui.line(format!("deposit of the proposal {}", fee(held)));
		let placed = placed.transpose().inspect_err(|_| {
			ui.note(format!("poll {poll} is there, and lacks the deposit for its decision"))
		})?;
		let decided = placed.as_ref().map(|placed| placed.decision_deposit()).transpose()?;
		if let (Some(placed), Some(held)) = (&placed, decided) {
			ui.line(format!("deposit for the decision {}, fee {}", fee(held), fee(placed.fee)));
		}
		let fields = json!({
			"poll": poll,
			"spend": amount.to_string(),
			"to": address(&to),
			"submission_deposit": held.to_string(),
			"decision_deposit": decided.map(|amount| amount.to_string()),
		});
		ui.json("poll propose", with_included(&included, fields));
		ui.next(format!("zkml poll show {poll} --url {url}"));
		Ok(())
	}
}

/// Show a poll: what is proposed, the votes, how far it is decided, or how it ended.
#[derive(Debug, Args)]
pub struct Show {
	/// Its number.
	#[arg(value_name = "POLL")]
	poll: PollIndex,
	#[command(flatten)]
	node: NodeArgs,
}

impl Show {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let (found, _) = ui.step("asking the chain", || {
			block_on(async {
				let state = Chain::connect(&self.node.url).await?.state().await?;
				let missing = || ChainError::Needless("Referenda::BadReferendum".into());
				let poll = state.poll(self.poll).await?.ok_or_else(missing)?;
				let proposed = match &poll {
					Poll::Ongoing(poll) => state.proposed(&poll.proposal),
					_ => None,
				};
				Ok((state.height(), poll, proposed))
			})
		});
		let (height, poll, proposed) = found?;
		ui.line(format!("poll       {}", self.poll));
		let mut fields = match &poll {
			Poll::Ongoing(poll) => ongoing(ui, height, poll, proposed),
			Poll::Approved(ended) => over(ui, "approved", ended),
			Poll::Rejected(ended) => over(ui, "rejected", ended),
			Poll::Cancelled(ended) => over(ui, "cancelled", ended),
			Poll::TimedOut(ended) => over(ui, "timed out", ended),
			Poll::Killed(at) => over(ui, "killed", &(*at, None, None)),
		};
		fields["poll"] = self.poll.into();
		fields["block"] = height.into();
		ui.json("poll show", fields);
		Ok(())
	}
}

/// A poll that can be voted on, for people; and for programs.
fn ongoing(ui: &Ui, height: BlockNumber, poll: &Ongoing, proposed: Option<Proposed>) -> Value {
	let age = height.saturating_sub(poll.submitted);
	let phase = match (&poll.deciding, &poll.decision_deposit) {
		(Some(deciding), _) => match deciding.confirming {
			Some(until) => format!("approved in block {until} if it stays as it is"),
			None => format!("being decided since block {}", deciding.since),
		},
		(None, None) => "waiting for the deposit without which it is not decided".into(),
		(None, Some(_)) if poll.in_queue => "waiting for others to be decided".into(),
		(None, Some(_)) => "about to be decided".into(),
	};
	ui.line(format!("state      ongoing: {phase}"));
	ui.line(format!("track      {}", poll.track));
	ui.line(format!("proposer   {}", address(&poll.submission_deposit.who)));
	ui.line(format!("submitted  in block {}, {age} blocks ago", poll.submitted));
	ui.line(format!("proposal   {}", describe_proposal(&poll.proposal, proposed.as_ref())));
	ui.line(describe_tally(&poll.tally));
	let deciding = poll.deciding.as_ref();
	json!({
		"state": "ongoing",
		"track": poll.track,
		"proposer": address(&poll.submission_deposit.who),
		"submitted": poll.submitted,
		"age": age,
		"proposal": {
			"call": proposed.as_ref().map(|proposed| proposed.name.clone()),
			"spends": proposed.as_ref().and_then(spends),
		},
		"tally": tally_json(&poll.tally),
		"deciding": deciding.map(|deciding| json!({
			"since": deciding.since,
			"confirming": deciding.confirming,
		})),
		"deposits": deposits(Some(&poll.submission_deposit), poll.decision_deposit.as_ref()),
	})
}

/// A poll that has ended, likewise.
fn over(ui: &Ui, how: &str, (at, submission, decision): &Ended) -> Value {
	ui.line(format!("state      {how} in block {at}"));
	json!({
		"state": how,
		"at": at,
		"deposits": deposits(submission.as_ref(), decision.as_ref()),
	})
}

/// What is still put down, for programs.
fn deposits(submission: Option<&Deposit>, decision: Option<&Deposit>) -> Value {
	let one = |deposit: Option<&Deposit>| {
		deposit.map(
			|Deposit { who, amount }| json!({ "who": address(who), "amount": amount.to_string() }),
		)
	};
	json!({ "submission": one(submission), "decision": one(decision) })
}

/// What a proposal pays and to whom, for programs.
fn spends(proposed: &Proposed) -> Option<Value> {
	let (amount, to): (u128, AccountId) = proposed.withdraws?;
	Some(json!({ "amount": amount.to_string(), "to": address(&to) }))
}

fn describe_proposal(proposal: &Proposal, proposed: Option<&Proposed>) -> String {
	match (proposal, proposed) {
		(_, Some(Proposed { withdraws: Some((amount, to)), .. })) => {
			format!("pay {} to {}", fee(*amount), address(to))
		},
		(_, Some(Proposed { name, .. })) => format!("the call {name}"),
		(Proposal::Inline(call), None) => format!("the call 0x{}", hex::encode(call)),
		(Proposal::Lookup(hash, length), None) => {
			format!("a call of {length} bytes with hash 0x{}", hex::encode(hash))
		},
		(Proposal::Legacy(hash), None) => format!("a call with hash 0x{}", hex::encode(hash)),
	}
}

/// The votes on a poll in a line.
pub(super) fn describe_tally(tally: &Tally) -> String {
	let Tally { ayes, nays, support } = *tally;
	let (ayes, nays, support) = (fee(ayes), fee(nays), fee(support));
	format!("tally      ayes {ayes}, nays {nays}, tokens behind the ayes {support}")
}

/// The same for programs.
pub(super) fn tally_json(tally: &Tally) -> Value {
	let Tally { ayes, nays, support } = tally;
	json!({ "ayes": ayes.to_string(), "nays": nays.to_string(), "support": support.to_string() })
}
