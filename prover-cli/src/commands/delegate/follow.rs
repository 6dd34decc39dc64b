//! `zkml delegate follow` and `unfollow`

use super::{
	super::{act, fee, show_included, with_included, ChainArgs, Tokens},
	needless,
};
use crate::{
	chain::{
		self, address,
		governance::{delegate_account, DelegateId},
		polls::Voting,
	},
	error::CliError,
	ui::Ui,
};
use clap::Args;
use serde_json::json;

/// Delegate one's votes to a delegate.
///
/// It then votes for this account on every poll, but carries only what does not vote itself. The tokens
/// stay where they are, and are locked as long as they are delegated; a conviction multiplies votes,
/// and locks for longer.
#[derive(Debug, Args)]
pub struct Follow {
	/// Its number.
	#[arg(value_name = "DELEGATE")]
	delegate: DelegateId,
	/// How many tokens.
	#[arg(long, value_name = "TOKENS")]
	amount: Tokens,
	/// 0: a tenth of a vote for each token, free at once; 1 to 6: so many votes, locked for 1, 2, 4,
	/// 8, 16 or 32 periods afterwards.
	#[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(..=6))]
	conviction: u8,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Follow {
	/// Runs the verb.
	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let Self { delegate, amount: Tokens(amount), conviction, chain: ChainArgs { url, suri } } =
			self;
		let signer = chain::signer(&suri)?;
		let account = delegate_account(delegate);
		let included = act(ui, &url, |chain| async move {
			let state = chain.state().await?;
			state.delegate(delegate).await?;
			match state.voting(signer.public_key().0).await? {
				Voting::Delegating { .. } => {
					return Err(needless("ConvictionVoting::AlreadyDelegating"))
				},
				Voting::Casting { votes, .. } if !votes.is_empty() => {
					return Err(needless("ConvictionVoting::AlreadyVoting"))
				},
				Voting::Casting { .. } => {},
			}
			chain.follow(&signer, account, conviction, amount).await
		})?;
		ui.line(format!("{} follow delegate {delegate}", fee(amount)));
		show_included(ui, &included);
		let fields = json!({
			"delegate": delegate,
			"account": address(&account),
			"amount": amount.to_string(),
			"conviction": conviction,
		});
		ui.json("delegate follow", with_included(&included, fields));
		ui.next(format!("zkml delegate show {delegate} --url {url}"));
		Ok(())
	}
}

/// Take one's votes back, and free what nothing locks any more.
///
/// What a conviction locks for longer is freed by the same verb later.
#[derive(Debug, Args)]
pub struct Unfollow {
	#[command(flatten)]
	chain: ChainArgs,
}

impl Unfollow {
	/// Runs the verb.
	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let signer = chain::signer(&self.chain.suri)?;
		let account = signer.public_key().0;
		let (included, followed, prior) = act(ui, &self.chain.url, |chain| async move {
			let before = chain.state().await?.voting(account).await?;
			let followed = matches!(before, Voting::Delegating { .. });
			let included = match followed {
				true => chain.unfollow(&signer).await?,
				false if before.prior().amount > 0 => chain.unlock(&signer).await?,
				false => return Err(needless("ConvictionVoting::NotDelegating")),
			};
			Ok((included, followed, chain.state().await?.voting(account).await?.prior()))
		})?;
		ui.line(match followed {
			true => format!("{} follows nobody any more", address(&account)),
			false => format!("{} follows nobody", address(&account)),
		});
		ui.line(match prior.amount {
			0 => "nothing is locked of it".into(),
			amount => format!("locked {} up to block {}", fee(amount), prior.until),
		});
		show_included(ui, &included);
		let fields = json!({
			"account": address(&account),
			"locked": { "amount": prior.amount.to_string(), "until": prior.until },
		});
		ui.json("delegate unfollow", with_included(&included, fields));
		if prior.amount > 0 {
			ui.next(format!(
				"zkml delegate unfollow --url {} --suri …, after block {}",
				self.chain.url, prior.until
			));
		}
		Ok(())
	}
}
