//! `zkml loan`

use super::{act, block_on, fee, show_included, with_included, ChainArgs, NodeArgs, Tokens};
use crate::{
	chain::{
		self, address,
		lending::{Line, LoanTerms, Pot},
		BlockNumber, Chain,
	},
	error::CliError,
	ui::Ui,
};
use clap::{Args, Subcommand};
use serde_json::{json, Value};
use std::str::FromStr;

/// Borrow by a reputation, and repay.
#[derive(Debug, Subcommand)]
pub enum Loan {
	/// Borrow from the pot, by one's reputation.
	Borrow(Borrow),
	/// Repay what one has borrowed, or a part of it.
	Repay(Repay),
	/// Show what an account has borrowed and not repaid.
	Show(Show),
	/// Give to the pot from which is lent.
	Fund(Fund),
	/// Take from the pot what is not lent, as the chain's sudo key.
	Withdraw(Withdraw),
	/// Mark that an account has not repaid in time.
	Default(MarkDefault),
	/// Show what the pot has, and on what terms it lends.
	Pot(ShowPot),
}

impl Loan {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		match self {
			Self::Borrow(command) => command.run(ui),
			Self::Repay(command) => command.run(ui),
			Self::Show(command) => command.run(ui),
			Self::Fund(command) => command.run(ui),
			Self::Withdraw(command) => command.run(ui),
			Self::Default(command) => command.run(ui),
			Self::Pot(command) => command.run(ui),
		}
	}
}

/// Parts per million, as a percentage.
fn percent(parts: u32) -> String {
	format!("{} %", f64::from(parts) / 1e4)
}

/// Until when something is to be repaid.
fn until(due: BlockNumber, height: BlockNumber) -> String {
	match due.checked_sub(height) {
		Some(left) => format!("up to block {due}, {left} from now"),
		None => format!("since block {due}: OVERDUE"),
	}
}

/// Borrow from the pot, by one's reputation.
///
/// There is no collateral, but a deposit for the storage, which returns with the last of it. The score
/// is asked for now, and not afterwards.
#[derive(Debug, Args)]
pub struct Borrow {
	/// How much, in tokens, such as 12.5.
	#[arg(value_name = "AMOUNT")]
	amount: Tokens,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Borrow {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let signer = chain::signer(&self.chain.suri)?;
		let account = signer.public_key().0;
		let Tokens(amount) = self.amount;
		let url = &self.chain.url;
		let (included, borrowed) = act(ui, url, |chain| async move {
			// Before a fee is paid to learn it.
			chain.state().await?.ensure_lendable(account, amount).await?;
			chain.borrow(&signer, amount).await
		})?;
		let height = BlockNumber::try_from(included.block).unwrap_or(BlockNumber::MAX);
		ui.line(format!("borrowed {}", fee(borrowed.amount)));
		ui.line(format!("to repay {}, {}", fee(borrowed.owed), until(borrowed.due, height)));
		show_included(ui, &included);
		let fields = json!({
			"account": address(&account),
			"amount": borrowed.amount.to_string(),
			"owed": borrowed.owed.to_string(),
			"due": borrowed.due,
		});
		ui.json("loan borrow", with_included(&included, fields));
		ui.next(format!("zkml loan repay all --url {url} --suri …"));
		Ok(())
	}
}

/// How much to repay, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
	/// What is owed.
	All,
	/// So much, or what is owed if that is less.
	Some(Tokens),
}

impl FromStr for Part {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		match text {
			"all" => Ok(Self::All),
			text => text.parse().map(Self::Some).map_err(|error| format!("{error}; or \"all\"")),
		}
	}
}

/// Repay what one has borrowed, or a part of it.
///
/// No more is taken than is owed. With the last of it the deposit returns, also when it is late.
#[derive(Debug, Args)]
pub struct Repay {
	/// How much, in tokens, or "all".
	#[arg(value_name = "AMOUNT|all")]
	amount: Part,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Repay {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let signer = chain::signer(&self.chain.suri)?;
		let account = signer.public_key().0;
		let part = self.amount;
		let url = &self.chain.url;
		let (included, repaid) = act(ui, url, |chain| async move {
			// Before a fee is paid to learn it.
			let line = chain.state().await?.known_line(account).await?;
			let amount = match part {
				Part::All => line.owed,
				Part::Some(Tokens(amount)) => amount,
			};
			chain.repay(&signer, amount).await
		})?;
		ui.line(format!("repaid {}", fee(repaid.amount)));
		ui.line(match repaid.left {
			0 => "all is repaid".into(),
			left => format!("still owed {}", fee(left)),
		});
		show_included(ui, &included);
		let fields = json!({
			"account": address(&account),
			"amount": repaid.amount.to_string(),
			"left": repaid.left.to_string(),
		});
		ui.json("loan repay", with_included(&included, fields));
		if repaid.left > 0 {
			ui.next(format!("zkml loan repay all --url {url} --suri …"));
		}
		Ok(())
	}
}

/// Show what an account has borrowed and not repaid.
///
/// Exit code 0 also where it owes nothing.
#[derive(Debug, Args)]
pub struct Show {
	/// Whose: an address, or 32 bytes in hexadecimal.
	#[arg(value_name = "ACCOUNT")]
	account: String,
	#[command(flatten)]
	node: NodeArgs,
}

impl Show {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let account = chain::account(&self.account)?;
		let url = &self.node.url;
		let (found, _) = ui.step("asking the chain", || {
			block_on(async {
				let state = Chain::connect(url).await?.state().await?;
				Ok((state.height(), state.line(account).await?))
			})
		});
		let (height, line) = found?;
		let overdue = line.is_some_and(|line| line.due < height);
		let mut fields = json!({
			"account": address(&account),
			"block": height,
			"line": Value::Null,
		});
		match line {
			None => ui.line(format!("{} owes nothing", address(&account))),
			Some(Line { total, owed, due, defaulted }) => {
				ui.line(format!("account  {}", address(&account)));
				ui.line(format!("owes     {}, of {} in all", fee(owed), fee(total)));
				ui.line(format!("due      {}", until(due, height)));
				if defaulted {
					ui.line("marked   as NOT REPAID IN TIME");
				}
				fields["line"] = json!({
					"total": total.to_string(),
					"owed": owed.to_string(),
					"due": due,
					"overdue": overdue,
					"defaulted": defaulted,
				});
			},
		}
		ui.json("loan show", fields);
		if overdue && line.is_some_and(|line| !line.defaulted) {
			ui.next(format!("zkml loan default {} --url {url} --suri …", address(&account)));
		}
		Ok(())
	}
}

/// Give to the pot from which is lent: for good, for no share of it and no interest.
#[derive(Debug, Args)]
pub struct Fund {
	/// How much, in tokens, such as 12.5.
	#[arg(value_name = "AMOUNT")]
	amount: Tokens,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Fund {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let signer = chain::signer(&self.chain.suri)?;
		let Tokens(amount) = self.amount;
		let url = &self.chain.url;
		let (included, pot) = act(ui, url, |chain| async move {
			let included = chain.fund_pot(&signer, amount).await?;
			Ok((included, chain.state().await?.pot().await?))
		})?;
		ui.line(format!("gave {}", fee(amount)));
		ui.line(format!("the pot can give {}", fee(pot.lendable)));
		show_included(ui, &included);
		let fields = json!({ "amount": amount.to_string(), "lendable": pot.lendable.to_string() });
		ui.json("loan fund", with_included(&included, fields));
		Ok(())
	}
}

/// Take from the pot what is not lent, as the chain's sudo key.
#[derive(Debug, Args)]
pub struct Withdraw {
	/// How much, in tokens, such as 12.5.
	#[arg(value_name = "AMOUNT")]
	amount: Tokens,
	/// Whom it is given to: an address, or 32 bytes in hexadecimal [default: the signer].
	#[arg(long, value_name = "ACCOUNT")]
	to: Option<String>,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Withdraw {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let sudo = chain::signer(&self.chain.suri)?;
		let to = self.to.as_deref().map_or(Ok(sudo.public_key().0), chain::account)?;
		let Tokens(amount) = self.amount;
		let url = &self.chain.url;
		let (included, pot) = act(ui, url, |chain| async move {
			// Before a fee is paid to learn it.
			chain.state().await?.ensure_in_pot(amount).await?;
			let included = chain.withdraw_from_pot(&sudo, to, amount).await?;
			Ok((included, chain.state().await?.pot().await?))
		})?;
		ui.line(format!("gave {} to {}", fee(amount), address(&to)));
		ui.line(format!("the pot can give {}", fee(pot.lendable)));
		show_included(ui, &included);
		let fields = json!({
			"to": address(&to),
			"amount": amount.to_string(),
			"lendable": pot.lendable.to_string(),
		});
		ui.json("loan withdraw", with_included(&included, fields));
		Ok(())
	}
}

/// Mark that an account has not repaid in time.
///
/// It is remembered until the account has repaid. Anybody may.
#[derive(Debug, Args)]
pub struct MarkDefault {
	/// Which: an address, or 32 bytes in hexadecimal.
	#[arg(value_name = "ACCOUNT")]
	account: String,
	#[command(flatten)]
	chain: ChainArgs,
}

impl MarkDefault {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let account = chain::account(&self.account)?;
		let signer = chain::signer(&self.chain.suri)?;
		let (included, line) = act(ui, &self.chain.url, |chain| async move {
			// Before a fee is paid to learn it.
			let line = chain.state().await?.ensure_overdue(account).await?;
			Ok((chain.mark_default(&signer, account).await?, line))
		})?;
		ui.line(format!(
			"{} has not repaid {}, due in block {}",
			address(&account),
			fee(line.owed),
			line.due
		));
		show_included(ui, &included);
		let fields = json!({
			"account": address(&account),
			"owed": line.owed.to_string(),
			"due": line.due,
		});
		ui.json("loan default", with_included(&included, fields));
		Ok(())
	}
}

/// Show what the pot has, and on what terms it lends.
#[derive(Debug, Args)]
pub struct ShowPot {
	#[command(flatten)]
	node: NodeArgs,
}

impl ShowPot {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let url = &self.node.url;
		let (found, _) = ui.step("asking the chain", || {
			block_on(async {
				let state = Chain::connect(url).await?.state().await?;
				let owed = state.outstanding().await?;
				Ok((state.height(), state.pot().await?, owed, state.loan_terms()?))
			})
		});
		let (height, Pot { account, lendable }, outstanding, terms) = found?;
		let LoanTerms { most, fee: parts, term } = terms;
		ui.line(format!("account   {}", address(&account)));
		ui.line(format!("can give  {}, at block {height}", fee(lendable)));
		ui.line(format!("is owed   {}", fee(outstanding)));
		ui.line(format!(
			"lends     up to {} to an account, for {term} blocks, with {} on top",
			fee(most),
			percent(parts)
		));
		ui.json(
			"loan pot",
			json!({
				"account": address(&account),
				"block": height,
				"lendable": lendable.to_string(),
				"outstanding": outstanding.to_string(),
				"terms": { "most": most.to_string(), "fee_parts_per_million": parts, "term": term },
			}),
		);
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::{CommandFactory, Parser};

	#[derive(Debug, Parser)]
	struct Typed {
		#[command(subcommand)]
		command: Loan,
	}

	#[test]
	fn verbs_are_typed_as_documented() {
		Typed::command().debug_assert();
		let parses =
			|arguments: &str| Typed::try_parse_from(format!("zkml {arguments}").split(' ')).is_ok();
		for arguments in [
			"borrow 12.5 --suri //Bob",
			"repay all --suri //Bob",
			"repay 0.000001 --suri //Bob",
			"show //Bob",
			"fund 1 --suri //Bob",
			"withdraw 1 --to //Bob --suri //Alice",
			"default //Bob --suri //Dave",
			"pot --url ws://[::1]:1",
		] {
			assert!(parses(arguments), "{arguments}");
		}
		for arguments in ["borrow", "borrow -1 --suri //Bob", "borrow much --suri //Bob", "show"] {
			assert!(!parses(arguments), "{arguments}");
		}
	}

	#[test]
	fn all_or_a_part_is_repaid() {
		assert_eq!("all".parse(), Ok(Part::All));
		assert_eq!("1.5".parse(), Ok(Part::Some(Tokens(1_500_000_000_000))));
		let error = "half".parse::<Part>().unwrap_err();
		assert!(error.contains("or \"all\""), "{error}");
	}

	#[test]
	fn a_fee_is_shown_in_percent() {
		for (parts, shown) in [(20_000, "2 %"), (12_345, "1.2345 %"), (0, "0 %")] {
			assert_eq!(percent(parts), shown);
		}
	}

	#[test]
	fn what_is_late_says_so() {
		assert_eq!(until(10, 4), "up to block 10, 6 from now");
		assert_eq!(until(10, 10), "up to block 10, 0 from now");
		assert_eq!(until(10, 11), "since block 10: OVERDUE");
	}
}
