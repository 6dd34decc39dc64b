//! `zkml play`

mod input;
mod seat;
mod table;

use super::{act, block_on, fee, model::state_of, show_included, with_included, ChainArgs, Tokens};
use crate::{
	board::Side,
	chain::{
		self, address,
		npc::{Game, GameId, OpponentId, MAX_MOVES},
		AccountId, Chain, ChainError, State,
	},
	error::CliError,
	ui::{Align, Ui},
};
use clap::Args;
use seat::Seat;
use serde_json::{json, Value};
use subxt_signer::sr25519::Keypair;
use table::{Ratings, Table};

/// Where no game is started, and nothing is asked of one.
const ELSEWHERE: [&str; 3] = ["game", "games", "forget_rating"];

/// Play Connect Four against a model whose moves are proven, in a terminal.
///
/// Type the number of a column, r to resign, q to leave: the game stays on the chain, and --game comes
/// back to it. Lines can be piped, too: columns wait for one's turn, r and q do not. The stake and the
/// fees of 21 moves, the most that the model can make, are put down; what is not spent is returned when
/// the game ends.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["opponent", "game", "games", "forget_rating"])))]
pub struct Play {
	/// Start a game against this opponent.
	#[arg(long, value_name = "N")]
	opponent: Option<OpponentId>,
	/// Go on with a game.
	#[arg(long, value_name = "ID")]
	game: Option<GameId>,
	/// List the games of the account that run, and its rating.
	#[arg(long)]
	games: bool,
	/// Forget the account's rating, and get its deposit back. One below the first stays.
	#[arg(long)]
	forget_rating: bool,
	/// What goes to the winner, from each side.
	#[arg(long, value_name = "TOKENS", default_value = "0", conflicts_with_all = ELSEWHERE)]
	stake: Tokens,
	/// What a move of the model may cost.
	#[arg(
		long,
		value_name = "TOKENS",
		default_value = "0.1",
		conflicts_with_all = ELSEWHERE
	)]
	max_fee: Tokens,
	/// Let the result move ratings. Then who begins alternates.
	#[arg(long, conflicts_with_all = ELSEWHERE)]
	ranked: bool,
	/// Let the model begin.
	#[arg(long, conflicts_with = "ranked", conflicts_with_all = ELSEWHERE)]
	second: bool,
	#[command(flatten)]
	chain: ChainArgs,
}

/// What the chain would say.
fn refused<T>(name: &str) -> Result<T, ChainError> {
	Err(ChainError::Needless(format!("Npc::{name}")))
}

/// The ratings of both sides of a ranked game.
async fn ratings(state: &State, game: &Game) -> Result<Option<Ratings>, ChainError> {
	if !game.ranked {
		return Ok(None);
	}
	let opponent = state.opponent(game.opponent).await?.points;
	let player = state.rating(game.player).await?;
	Ok(player.map(|player| Ratings { player: player.points, opponent }))
}

impl Play {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let signer = chain::signer(&self.chain.suri)?;
		if self.games {
			return self.list(ui, signer.public_key().0);
		}
		if self.forget_rating {
			return self.forget(ui, &signer);
		}
		block_on(async {
			let chain = Chain::connect(&self.chain.url).await?;
			let mut seat = match (self.opponent, self.game) {
				(Some(opponent), _) => self.start(ui, chain, signer, opponent).await?,
				(_, game) => resume(ui, chain, signer, game.unwrap_or_default()).await?,
			};
			seat.play().await
		})
	}

	/// Starts a game, if the chain would let it begin.
	async fn start<'a>(
		&self,
		ui: &'a Ui,
		chain: Chain,
		signer: Keypair,
		opponent: OpponentId,
	) -> Result<Seat<'a>, ChainError> {
		let state = chain.state().await?;
		self.check(ui, &state, signer.public_key().0, opponent).await?;
		let (stake, max_fee) = (self.stake.0, self.max_fee.0);
		let first = if self.second { Side::Model } else { Side::Player };
		let spinner = ui.spinner("starting a game");
		let started = match self.ranked {
			true => chain.start_ranked(&signer, opponent, stake, max_fee).await,
			false => chain.start_game(&signer, opponent, stake, max_fee, first).await,
		};
		spinner.finish_and_clear();
		let (included, id) = started?;
		seat::reach(&chain, included.block).await?;
		let state = chain.state_after(included.block as u32).await?;
		let Some(game) = state.game(id).await? else {
			let what = format!("game {id} began in block {}, and does not run", included.block);
			return Err(ChainError::Contradiction(what));
		};
		let table = Table::new(id, &game, ratings(&state, &game).await?);
		let most = fee(game.fee.saturating_mul(MAX_MOVES.into()));
		ui.line(format!("game {id} began in block {}", included.block));
		ui.line(format!("on hold until it ends: {}, with {most} for fees", fee(included.held)));
		ui.note(format!("to come back to it: zkml play --game {id}"));
		Ok(Seat::new(ui, chain, signer, table, state.height(), included.fee))
	}

	/// Checks what the chain would check, before a fee is paid to learn it.
	async fn check(
		&self,
		ui: &Ui,
		state: &State,
		player: AccountId,
		opponent: OpponentId,
	) -> Result<(), ChainError> {
		if self.ranked {
			state.ensure_ranked(player).await?;
		}
		let found = state.opponent(opponent).await?;
		let (terms, stake) = (found.terms, self.stake.0);
		for (name, holds) in [
			("NotRanked", !self.ranked || found.ranked),
			("OwnOpponent", !self.ranked || found.host != player),
			("OpponentClosed", terms.open),
			("OpponentBusy", found.games.len() < terms.max_games as usize),
			("StakeTooLow", stake >= terms.min_stake),
			("StakeTooHigh", stake <= terms.max_stake),
			("FeeTooHigh", terms.fee <= self.max_fee.0),
		] {
			if !holds {
				return refused(name);
			}
		}
		// The host's risk, but the player's patience.
		let standing = match state.model(found.model).await? {
			Some(info) => Some(state_of(state, &info).await?),
			None => None,
		};
		if !standing.is_some_and(|standing| standing.accepts()) {
			ui.note("no move of this model is verified at present: it may lose on time");
		}
		Ok(())
	}

	/// Forgets an account's rating.
	fn forget(&self, ui: &Ui, signer: &Keypair) -> Result<(), CliError> {
		let account = signer.public_key().0;
		let included = act(ui, &self.chain.url, |chain| async move {
			let state = chain.state().await?;
			match state.rating(account).await? {
				None => return refused("RatingNotFound"),
				Some(rating) if rating.running > 0 => return refused("RankedGameRunning"),
				Some(_) => {},
			}
			chain.forget_rating(signer).await
		})?;
		ui.line(format!("{} has no rating any more", address(&account)));
		show_included(ui, &included);
		let fields = json!({ "account": address(&account) });
		ui.json("play", with_included(&included, fields));
		Ok(())
	}

	/// Lists the games of an account.
	fn list(&self, ui: &Ui, account: AccountId) -> Result<(), CliError> {
		let (found, _) = ui.step("asking the chain", || {
			block_on(async {
				let state = Chain::connect(&self.chain.url).await?.state().await?;
				let mut games = Vec::new();
				for id in state.games_of(account).await? {
					if let Some(game) = state.game(id).await? {
						games.push((id, game));
					}
				}
				Ok((state.height(), games, state.rating(account).await?))
			})
		});
		let (height, games, rating) = found?;
		let columns = [
			("game", Align::Right),
			("opponent", Align::Right),
			("turn", Align::Right),
			("to move", Align::Left),
			("blocks left", Align::Right),
			("stake", Align::Right),
			("ranked", Align::Left),
		];
		let row = |(id, game): &(GameId, Game)| {
			let to_move = match game.to_move {
				Side::Player => "you",
				Side::Model => "the model",
			};
			vec![
				id.to_string(),
				game.opponent.to_string(),
				game.turn.to_string(),
				to_move.into(),
				game.blocks_left(height).to_string(),
				fee(game.stake),
				if game.ranked { "yes" } else { "no" }.into(),
			]
		};
		match games.is_empty() {
			true => ui.line("no game of this account runs"),
			false => ui.table(&columns, &games.iter().map(row).collect::<Vec<_>>()),
		}
		if let Some(rating) = rating {
			ui.line(format!("rating {}, of {} ranked games", rating.points, rating.started));
		}
		let shown = |(id, game): &(GameId, Game)| {
			json!({
				"game": id,
				"opponent": game.opponent,
				"turn": game.turn,
				"to_move": game.to_move.name(),
				"blocks_left": game.blocks_left(height),
				"stake": game.stake.to_string(),
				"fee": game.fee.to_string(),
				"ranked": game.ranked,
			})
		};
		let rating = rating.map(|rating| {
			json!({ "points": rating.points, "started": rating.started, "running": rating.running })
		});
		ui.json(
			"play",
			json!({
				"account": address(&account),
				"block": height,
				"games": games.iter().map(shown).collect::<Vec<Value>>(),
				"rating": rating,
			}),
		);
		if let Some((id, _)) = games.first() {
			ui.next(format!("zkml play --game {id} --suri …"));
		}
		Ok(())
	}
}

/// Goes on with a game.
async fn resume(
	ui: &Ui,
	chain: Chain,
	signer: Keypair,
	id: GameId,
) -> Result<Seat<'_>, ChainError> {
	let state = chain.state().await?;
	let Some(game) = state.game(id).await? else { return refused("GameNotFound") };
	if game.player != signer.public_key().0 {
		return refused("NotPlayer");
	}
	let table = Table::new(id, &game, ratings(&state, &game).await?);
	Ok(Seat::new(ui, chain, signer, table, state.height(), 0))
}

#[cfg(test)]
mod tests {
	use crate::commands::Command;
	use clap::{CommandFactory, Parser};

	#[derive(Debug, Parser)]
	struct Cli {
		#[command(subcommand)]
		_command: Command,
	}

	/// Whether arguments that are typed go together.
	fn goes(arguments: &str) -> bool {
		let suri = ["--suri", "//Alice"];
		Cli::try_parse_from(["zkml"].into_iter().chain(arguments.split(' ')).chain(suri)).is_ok()
	}

	#[test]
	fn a_game_is_started_or_resumed_or_all_are_listed() {
		Cli::command().debug_assert();
		for arguments in [
			"play --opponent 3",
			"play --opponent 3 --stake 1.5 --second --max-fee 0.02",
			"play --opponent 3 --ranked --stake 2",
			"play --game 7",
			"play --games",
			"play --forget-rating",
		] {
			assert!(goes(arguments), "{arguments}");
		}
		for arguments in [
			"play",
			"play --opponent 3 --game 7",
			"play --game 7 --games",
			"play --game 7 --stake 1",
			"play --game 7 --second",
			"play --games --ranked",
			"play --games --forget-rating",
			"play --forget-rating --stake 1",
			"play --opponent 3 --ranked --second",
			"play --opponent 3 --stake -1",
			"play --opponent Alice",
		] {
			assert!(!goes(arguments), "{arguments}");
		}
	}

	#[test]
	fn an_opponent_is_hosted_on_terms() {
		for arguments in [
			"opponent host keys --fee 0.05",
			"opponent host keys --fee 0.05 --min-stake 1 --max-stake 2.5 --max-games 4",
			"opponent terms 3 --fee 0.05",
			"opponent terms 3 --max-games 4 --open",
			"opponent close 3",
			"opponent remove 3",
			"opponent rank 3",
			"opponent rank 3 --revoke",
		] {
			assert!(goes(arguments), "{arguments}");
		}
		for arguments in [
			"opponent",
			"opponent host keys",
			"opponent host keys --fee a",
			"opponent terms 3",
			"opponent terms --fee 1",
			"opponent close",
			"opponent rank",
		] {
			assert!(!goes(arguments), "{arguments}");
		}
	}

	#[test]
	fn a_keeper_runs_for_ever_or_ends() {
		for arguments in [
			"keep --opponent 3",
			"keep circuit --keys keys --opponent 3 --weights-opening w.json --once",
			"keep --opponent 3 --for 60",
		] {
			assert!(goes(arguments), "{arguments}");
		}
		for arguments in ["keep", "keep --opponent 3 --once --for 60", "keep --opponent 3 --for a"]
		{
			assert!(!goes(arguments), "{arguments}");
		}
	}
}
