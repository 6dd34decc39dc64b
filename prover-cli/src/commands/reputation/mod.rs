//! `zkml reputation`

mod area;
mod earn;

use super::{act, block_on, show_included, with_included, ChainArgs, Named, NodeArgs};
use crate::{
	chain::{
		self, address,
		lending::CREDIT,
		reputation::{Answer, AreaId, Contribution},
		AccountId, Chain, ChainError,
	},
	error::CliError,
	ui::Ui,
};
use clap::{Args, Subcommand};
use serde_json::{json, Value};
use std::{fmt, str::FromStr};

/// Earn scores by proofs over attested values.
#[derive(Debug, Subcommand)]
pub enum ReputationCommand {
	/// Show how a reputation is earned in an area, or say how, as the chain's sudo key.
	Area(area::AreaCommand),
	/// Prove what a model says of one's attested values, and earn points for it.
	Prove(earn::Prove),
	/// Show an account's score in an area, and what it has proven there.
	Show(Show),
	/// Strike out what an account has proven of values that are not attested any more.
	Challenge(Challenge),
	/// Forget what an account has proven in an area, and return its deposit.
	Remove(Remove),
}

impl ReputationCommand {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		match self {
			Self::Area(command) => command.run(ui),
			Self::Prove(command) => command.run(ui),
			Self::Show(command) => command.run(ui),
			Self::Challenge(command) => command.run(ui),
			Self::Remove(command) => command.run(ui),
		}
	}
}

/// The areas that the runtime has a name for.
const NAMES: [(&str, AreaId); 3] = [("governance", 1), ("game", 2), ("credit", CREDIT)];

/// An area as typed: its number, or its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AreaName(pub(crate) AreaId);

impl AreaName {
	/// Its name, if it has one.
	fn name(&self) -> Option<&'static str> {
		NAMES.iter().find(|(_, area)| *area == self.0).map(|(name, _)| *name)
	}
}

impl FromStr for AreaName {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		if let Some((_, area)) = NAMES.iter().find(|(name, _)| *name == text) {
			return Ok(Self(*area));
		}
		text.parse().map(Self).map_err(|_| {
			let names = NAMES.map(|(name, _)| name).join(", ");
			format!("{text} is no area: neither a number, nor one of {names}")
		})
	}
}

impl fmt::Display for AreaName {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self.name() {
			Some(name) => write!(f, "{} ({name})", self.0),
			None => write!(f, "{}", self.0),
		}
	}
}

/// An answer in words.
fn answer(answer: Answer) -> String {
	match answer {
		Answer::Passed => "the threshold was reached".into(),
		Answer::Label(label) => format!("label {label}"),
	}
}

/// Show an account's score in an area, and what it has proven there.
///
/// Exit code 0 also where it has proven nothing.
#[derive(Debug, Args)]
pub struct Show {
	/// Whose: an address, or 32 bytes in hexadecimal.
	#[arg(value_name = "ACCOUNT")]
	account: String,
	/// The area: its number, or governance, game or credit.
	#[arg(long, value_name = "AREA")]
	area: AreaName,
	#[command(flatten)]
	node: NodeArgs,
}

/// What an account has proven, and whether that still holds.
struct Known {
	contribution: Contribution,
	/// Whether its model earns anything.
	listed: bool,
	/// Whether its values are attested as they were.
	attested: bool,
}

impl Known {
	fn line(&self) -> String {
		let Contribution { model, points, commitment, since, .. } = self.contribution;
		let state = match (self.listed, self.attested) {
			_ if points == 0 && self.listed => "; struck out, or worth nothing any more",
			(false, _) => "; the model earns nothing in this area any more",
			(true, false) => "; NOT ATTESTED any more",
			(true, true) => "",
		};
		format!(
			"{points} points  0x{}: {}, proven in block {since}, of the input committed as 0x{}{state}",
			hex::encode(model.0),
			answer(self.contribution.answer),
			hex::encode(commitment.0)
		)
	}

	fn json(&self) -> Value {
		let Contribution { model, points, commitment, since, .. } = self.contribution;
		json!({
			"model": hex::encode(model.0),
			"answer": match self.contribution.answer {
				Answer::Passed => json!({ "passed": true }),
				Answer::Label(label) => json!({ "label": label }),
			},
			"points": points,
			"commitment": commitment,
			"since": since,
			"listed": self.listed,
			"attested": self.attested,
		})
	}
}

/// A score, and what it consists of.
struct Found {
	height: u32,
	exists: bool,
	score: u32,
	known: Vec<Known>,
}

/// Asks for a score, and what it consists of.
async fn find(url: &str, account: AccountId, area: AreaId) -> Result<Found, ChainError> {
	let state = Chain::connect(url).await?.state().await?;
	let settings = state.area(area).await?;
	let mut known = Vec::new();
	for contribution in state.contributions(account, area).await?.unwrap_or_default() {
		let source =
			settings.as_ref().and_then(|settings| settings.source(contribution.model).ok());
		let attested = match source {
			Some(source) => state.attested(source, account, contribution.commitment).await?.is_ok(),
			None => false,
		};
		known.push(Known { contribution, listed: source.is_some(), attested });
	}
	let score = state.score(account, area).await?;
	Ok(Found { height: state.height(), exists: settings.is_some(), score, known })
}

impl Show {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let account = chain::account(&self.account)?;
		let (area, url) = (self.area, &self.node.url);
		let (found, _) = ui.step("asking the chain", || block_on(find(url, account, area.0)));
		let Found { height, exists, score, known } = found?;
		ui.line(format!("account  {}", address(&account)));
		ui.line(format!("area     {area}"));
		ui.line(format!("score    {score}, at block {height}"));
		for known in &known {
			ui.line(format!("  {}", known.line()));
		}
		let lost =
			|known: &&Known| known.listed && !known.attested && known.contribution.points > 0;
		let lost = known.iter().find(lost).map(|known| known.contribution.model);
		ui.json(
			"reputation show",
			json!({
				"account": address(&account),
				"area": area.0,
				"block": height,
				"score": score,
				"contributions": known.iter().map(Known::json).collect::<Vec<_>>(),
			}),
		);
		if !exists {
			ui.note(format!(
				"there is no area {area} on this chain: nobody has a reputation in it"
			));
		}
		if let Some(model) = lost {
			ui.next(format!(
				"zkml reputation challenge {} --area {} --model 0x{} --url {url} --suri …",
				address(&account),
				area.0,
				hex::encode(model.0)
			));
		}
		Ok(())
	}
}

/// Strike out what an account has proven of values that are not attested any more.
///
/// Anybody may: the attestation was revoked, has expired or was superseded, or its issuer counts no
/// more. Until somebody does, it counts.
#[derive(Debug, Args)]
pub struct Challenge {
	/// Whose: an address, or 32 bytes in hexadecimal.
	#[arg(value_name = "ACCOUNT")]
	account: String,
	/// The area: its number, or governance, game or credit.
	#[arg(long, value_name = "AREA")]
	area: AreaName,
	/// The model: its id, or the folder of its keys.
	#[arg(long, value_name = "MODEL")]
	model: String,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Challenge {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let account = chain::account(&self.account)?;
		let named = Named::new(&self.model)?;
		let signer = chain::signer(&self.chain.suri)?;
		let (area, model) = (self.area, named.id);
		let (included, score) = act(ui, &self.chain.url, |chain| async move {
			named.ensure(&chain)?;
			// Before a fee is paid to learn it.
			chain.state().await?.ensure_challengeable(area.0, model, account).await?;
			let included = chain.strike_out(&signer, account, area.0, model).await?;
			Ok((included, chain.state().await?.score(account, area.0).await?))
		})?;
		ui.line(format!(
			"struck out what {} has proven of model 0x{} in area {area}",
			address(&account),
			hex::encode(model.0)
		));
		ui.line(format!("score {score}"));
		show_included(ui, &included);
		let fields = json!({
			"account": address(&account),
			"area": area.0,
			"model": hex::encode(model.0),
			"score": score,
		});
		ui.json("reputation challenge", with_included(&included, fields));
		Ok(())
	}
}

/// Forget what an account has proven in an area, and return its deposit.
///
/// The account itself may, once its proofs cannot count again; anybody may when it is worth nothing.
#[derive(Debug, Args)]
pub struct Remove {
	/// Whose: an address, or 32 bytes in hexadecimal [default: the signer's].
	#[arg(value_name = "ACCOUNT")]
	account: Option<String>,
	/// The area: its number, or governance, game or credit.
	#[arg(long, value_name = "AREA")]
	area: AreaName,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Remove {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let signer = chain::signer(&self.chain.suri)?;
		let own = signer.public_key().0;
		let account = self.account.as_deref().map_or(Ok(own), chain::account)?;
		let area = self.area;
		let included = act(ui, &self.chain.url, |chain| async move {
			// Before a fee is paid to learn it.
			chain.state().await?.ensure_removable(area.0, account, own).await?;
			chain.remove_record(&signer, account, area.0).await
		})?;
		ui.line(format!("forgot what {} has proven in area {area}", address(&account)));
		show_included(ui, &included);
		if account != own {
			ui.line("its deposit was returned to it");
		}
		let fields = json!({ "account": address(&account), "area": area.0 });
		ui.json("reputation remove", with_included(&included, fields));
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
		command: ReputationCommand,
	}

	fn parses(arguments: &str) -> bool {
		Typed::try_parse_from(format!("zkml {arguments}").split(' ')).is_ok()
	}

	#[test]
	fn verbs_are_typed_as_documented() {
		Typed::command().debug_assert();
		for arguments in [
			"area credit",
			"area 3 --half-life 9 --floor 1 --ceiling 2",
			"area 3 --source keys --issuer //Bob //Alice --points 60 --url ws://[::1]:1",
			"area 3 --source keys --issuer //Bob --issuer //Alice --points 0,10,60",
			"area game --sources FILE --half-life 9",
			"area game --source keys --issuer //Bob --points 1 --without others",
			"area 3 --remove",
			"prove --area credit --suri //Bob",
			"prove CIRCUIT --keys KEYS --area 3 --model 0x01 --opening FILE --suri //Bob",
			"show //Bob --area governance",
			"challenge //Bob --area 3 --model keys --suri //Dave",
			"remove --area 3 --suri //Bob",
			"remove //Bob --area 3 --suri //Dave",
		] {
			assert!(parses(arguments), "{arguments}");
		}
		for arguments in [
			"area",
			"area credits",
			"area 3 --source keys",
			"area 3 --source keys --points 60",
			"area 3 --issuer //Bob",
			"area 3 --source keys --issuer //Bob --points 1 --sources FILE",
			"area 3 --remove --floor 1",
			"prove --suri //Bob",
			"show --area 3",
			"challenge //Bob --area 3 --suri //Dave",
		] {
			assert!(!parses(arguments), "{arguments}");
		}
	}

	#[test]
	fn an_area_is_typed_by_number_or_name() {
		assert_eq!("credit".parse(), Ok(AreaName(3)));
		assert_eq!("1".parse(), Ok(AreaName(1)));
		assert_eq!("77".parse(), Ok(AreaName(77)));
		for text in ["", "Credit", "-1", "4294967296"] {
			assert!(text.parse::<AreaName>().is_err(), "{text}");
		}
		assert_eq!(AreaName(3).to_string(), "3 (credit)");
		assert_eq!(AreaName(77).to_string(), "77");
	}
}
