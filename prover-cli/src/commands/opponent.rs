//! `zkml opponent`

use super::{
	act, block_on, fee, model::state_of, show_included, with_included, ChainArgs, Named, NodeArgs,
	Tokens,
};
use crate::{
	chain::{
		self, address,
		npc::{stone_of, Opponent, OpponentId, Terms},
		Chain, ChainError, Included, State,
	},
	error::CliError,
	ui::Ui,
};
use clap::{Args, Subcommand};
use serde_json::{json, Value};
use subxt_signer::sr25519::Keypair;

/// Let others play Connect Four against a model.
#[derive(Debug, Subcommand)]
pub enum OpponentCommand {
	/// Put a registered model up as an opponent.
	Host(Host),
	/// Change what is offered to players, for new games.
	Terms(SetTerms),
	/// Let no more games begin; those that run go on.
	Close(Target),
	/// Forget an opponent that has no games, and return its deposit.
	Remove(Target),
	/// Show an opponent, and which of its games await it.
	Show(Show),
	/// Admit an opponent to ranked games, as the chain's sudo key.
	Rank(Rank),
}

impl OpponentCommand {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		match self {
			Self::Host(command) => command.run(ui),
			Self::Terms(command) => command.run(ui),
			Self::Close(command) => command.close(ui),
			Self::Remove(command) => command.remove(ui),
			Self::Show(command) => command.run(ui),
			Self::Rank(command) => command.run(ui),
		}
	}
}

/// What the chain would say.
fn refused<T>(name: &str) -> Result<T, ChainError> {
	Err(ChainError::Needless(format!("Npc::{name}")))
}

/// Terms for programs.
fn terms_json(terms: &Terms) -> Value {
	let Terms { fee, min_stake, max_stake, max_games, open } = terms;
	json!({
		"fee": fee.to_string(),
		"min_stake": min_stake.to_string(),
		"max_stake": max_stake.to_string(),
		"max_games": max_games,
		"open": open,
	})
}

/// Terms for people.
fn show_terms(ui: &Ui, terms: &Terms) {
	ui.line(format!("fee       {} for each move of the model", fee(terms.fee)));
	let stake = match terms.max_stake {
		0 => "none".into(),
		most => format!("{} to {} of each side", fee(terms.min_stake), fee(most)),
	};
	ui.line(format!("stake     {stake}"));
	ui.line(format!("games     at most {} at once", terms.max_games));
}

/// Checks what the chain would check of terms, before a fee is paid to learn it.
fn check(state: &State, terms: &Terms) -> Result<(), ChainError> {
	if terms.max_games > state.max_games()? {
		return refused("MaxGamesTooHigh");
	}
	if terms.min_stake > terms.max_stake {
		return refused("StakesContradict");
	}
	Ok(())
}

/// Put a registered model up as an opponent.
///
/// A deposit is taken, and returned when the opponent is removed. The stakes of its games are put down
/// by the host. Somebody has to prove its moves: `zkml keep`. A game in which nobody does in time is
/// lost, and its stake.
#[derive(Debug, Args)]
pub struct Host {
	/// The model: its id, or the folder of its keys.
	#[arg(value_name = "MODEL")]
	model: String,
	/// What a player pays for each move of the model, to whoever proves it.
	#[arg(long, value_name = "TOKENS")]
	fee: Tokens,
	/// The least stake.
	#[arg(long, value_name = "TOKENS", default_value = "0")]
	min_stake: Tokens,
	/// The greatest stake. The host puts down as much as the player.
	#[arg(long, value_name = "TOKENS", default_value = "0")]
	max_stake: Tokens,
	/// The most games at once.
	#[arg(long, value_name = "N", default_value_t = 8)]
	max_games: u32,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Host {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let named = Named::new(&self.model)?;
		let signer = chain::signer(&self.chain.suri)?;
		let terms = Terms {
			fee: self.fee.0,
			min_stake: self.min_stake.0,
			max_stake: self.max_stake.0,
			max_games: self.max_games,
			open: true,
		};
		let (done, _) = ui.step("waiting for the chain", || {
			block_on(async {
				let chain = named.connect(&self.chain.url).await?;
				let state = chain.state().await?;
				let info = state.registered(named.id).await?;
				stone_of(&info.model.interface)?;
				check(&state, &terms)?;
				let standing = state_of(&state, &info).await?;
				let cost = state.submission_fee(named.id).await?;
				let hosted = chain.host_opponent(&signer, named.id, &terms).await?;
				Ok((hosted, standing, cost))
			})
		});
		let ((included, opponent), standing, cost) = done?;
		ui.line(format!("opponent  {opponent}, model 0x{}", named.hex()));
		show_terms(ui, &terms);
		show_included(ui, &included);
		if !standing.accepts() {
			standing.lines().iter().for_each(|line| ui.note(line));
		}
		if let Some(cost) = cost.filter(|&cost| cost > terms.fee) {
			ui.note(format!(
				"who proves a move pays the chain about {} for it: the fee is less",
				fee(cost)
			));
		}
		let fields = json!({
			"opponent": opponent,
			"model": named.hex(),
			"terms": terms_json(&terms),
		});
		ui.json("opponent host", with_included(&included, fields));
		ui.next(format!("zkml keep CIRCUIT --keys KEYS --opponent {opponent} --suri …"));
		Ok(())
	}
}

/// Which opponent, and who acts.
#[derive(Debug, Args)]
pub struct Target {
	/// The opponent's number.
	#[arg(value_name = "N")]
	opponent: OpponentId,
	#[command(flatten)]
	chain: ChainArgs,
}

/// An opponent of the signer's.
async fn hosted(
	state: &State,
	opponent: OpponentId,
	signer: &Keypair,
) -> Result<Opponent, ChainError> {
	let found = state.opponent(opponent).await?;
	match found.host == signer.public_key().0 {
		true => Ok(found),
		false => refused("NotHost"),
	}
}

impl Target {
	/// Changes the terms; what they are then.
	fn set(
		&self,
		ui: &Ui,
		change: impl FnOnce(Terms) -> Terms,
	) -> Result<(Included, Terms), CliError> {
		let signer = chain::signer(&self.chain.suri)?;
		let opponent = self.opponent;
		act(ui, &self.chain.url, |chain| async move {
			let state = chain.state().await?;
			let terms = change(hosted(&state, opponent, &signer).await?.terms);
			check(&state, &terms)?;
			let included = chain.set_game_terms(&signer, opponent, &terms).await?;
			Ok((included, terms))
		})
	}

	fn close(self, ui: &Ui) -> Result<(), CliError> {
		let (included, terms) = self.set(ui, |terms| Terms { open: false, ..terms })?;
		ui.line(format!("opponent {} begins no more games", self.opponent));
		show_included(ui, &included);
		let fields = json!({ "opponent": self.opponent, "terms": terms_json(&terms) });
		ui.json("opponent close", with_included(&included, fields));
		ui.next(format!("zkml opponent remove {}, once its games have ended", self.opponent));
		Ok(())
	}

	fn remove(self, ui: &Ui) -> Result<(), CliError> {
		let signer = chain::signer(&self.chain.suri)?;
		let opponent = self.opponent;
		let included = act(ui, &self.chain.url, |chain| async move {
			let state = chain.state().await?;
			if !hosted(&state, opponent, &signer).await?.games.is_empty() {
				return refused("GamesRunning");
			}
			chain.remove_opponent(&signer, opponent).await
		})?;
		ui.line(format!("removed opponent {opponent}"));
		show_included(ui, &included);
		ui.json("opponent remove", with_included(&included, json!({ "opponent": opponent })));
		Ok(())
	}
}

/// Change what is offered to players, for new games; what is not typed remains.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true)))]
pub struct SetTerms {
	/// What a player pays for each move of the model.
	#[arg(long, value_name = "TOKENS", group = "change")]
	fee: Option<Tokens>,
	/// The least stake.
	#[arg(long, value_name = "TOKENS", group = "change")]
	min_stake: Option<Tokens>,
	/// The greatest stake.
	#[arg(long, value_name = "TOKENS", group = "change")]
	max_stake: Option<Tokens>,
	/// The most games at once.
	#[arg(long, value_name = "N", group = "change")]
	max_games: Option<u32>,
	/// Let games begin again.
	#[arg(long, group = "change")]
	open: bool,
	#[command(flatten)]
	target: Target,
}

impl SetTerms {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let Self { fee, min_stake, max_stake, max_games, open, target } = self;
		let (included, terms) = target.set(ui, |terms| Terms {
			fee: fee.map_or(terms.fee, |fee| fee.0),
			min_stake: min_stake.map_or(terms.min_stake, |stake| stake.0),
			max_stake: max_stake.map_or(terms.max_stake, |stake| stake.0),
			max_games: max_games.unwrap_or(terms.max_games),
			open: open || terms.open,
		})?;
		ui.line(format!("opponent  {}, for new games", target.opponent));
		show_terms(ui, &terms);
		show_included(ui, &included);
		let fields = json!({ "opponent": target.opponent, "terms": terms_json(&terms) });
		ui.json("opponent terms", with_included(&included, fields));
		Ok(())
	}
}

/// Show an opponent, and which of its games await it.
#[derive(Debug, Args)]
pub struct Show {
	/// The opponent's number.
	#[arg(value_name = "N")]
	opponent: OpponentId,
	#[command(flatten)]
	node: NodeArgs,
}

impl Show {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let number = self.opponent;
		let (found, _) = ui.step("asking the chain", || {
			block_on(async {
				let state = Chain::connect(&self.node.url).await?.state().await?;
				let opponent = state.opponent(number).await?;
				let awaiting = state.awaiting(number).await?;
				// Whoever owns the model may have taken it off the chain.
				let standing = match state.model(opponent.model).await? {
					Some(info) => Some(state_of(&state, &info).await?),
					None => None,
				};
				Ok((state.height(), opponent, awaiting, standing))
			})
		});
		let (height, opponent, awaiting, standing) = found?;
		let Opponent { host, model, stone, terms, ranked, points, games } = &opponent;
		let doors = if terms.open { "open" } else { "closed: no more games begin" };
		ui.line(format!("opponent  {number}, {doors}"));
		ui.line(format!("host      {}", address(host)));
		ui.line(format!("model     0x{}", hex::encode(model.0)));
		let lines = match &standing {
			Some(standing) => standing.lines(),
			None => vec!["deregistered: no move of it can be proven any more".into()],
		};
		lines.iter().for_each(|line| ui.line(format!("          {line}")));
		let only = if *ranked { ", and moves in ranked games" } else { ", for no ranked games" };
		ui.line(format!("rating    {points}{only}"));
		show_terms(ui, terms);
		ui.line(format!("          {} run, {} await its move", games.len(), awaiting.len()));
		let fields = json!({
			"opponent": number,
			"block": height,
			"host": address(host),
			"model": hex::encode(model.0),
			"status": standing.map(|standing| standing.json()),
			"stone": stone,
			"terms": terms_json(terms),
			"ranked": ranked,
			"rating": points,
			"games": games,
			"awaiting": awaiting,
		});
		ui.json("opponent show", fields);
		ui.next(format!("zkml play --opponent {number} --suri …"));
		Ok(())
	}
}

/// Admit an opponent to ranked games, as the chain's sudo key.
#[derive(Debug, Args)]
pub struct Rank {
	/// Admit it no more. Ranked games that run are ranked to their ends.
	#[arg(long)]
	revoke: bool,
	#[command(flatten)]
	target: Target,
}

impl Rank {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let Self { revoke, target: Target { opponent, chain: node } } = self;
		let sudo = chain::signer(&node.suri)?;
		let included = act(ui, &node.url, |chain| async move {
			chain.state().await?.opponent(opponent).await?;
			chain.set_ranked(&sudo, opponent, !revoke).await
		})?;
		let done =
			if revoke { "is admitted to ranked games no more" } else { "plays ranked games" };
		ui.line(format!("opponent {opponent} {done}"));
		show_included(ui, &included);
		let fields = json!({ "opponent": opponent, "ranked": !revoke });
		ui.json("opponent rank", with_included(&included, fields));
		Ok(())
	}
}
