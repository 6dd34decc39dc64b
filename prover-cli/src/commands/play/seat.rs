//! Who sits at a game: types moves, and waits for those of the model.

use super::{
	input::{Input, Typed, Word},
	table::{proven, Table},
};
use crate::{
	board::{Look, Side},
	chain::{
		npc::{Game, GameEvent},
		BlockNumber, Chain, ChainError, Included, State,
	},
	commands::fee,
	ui::Ui,
};
use serde_json::json;
use std::time::{Duration, Instant};
use subxt_signer::sr25519::Keypair;

/// How often the chain is asked whether there is a new block.
const POLL: Duration = Duration::from_millis(200);
/// The same while somebody thinks.
const THINKING: Duration = Duration::from_secs(1);
/// After how long it is said that nobody may be proving.
const LONG: Duration = Duration::from_secs(30);
/// How long a node may take to show a block that it has finalised.
const LATE: Duration = Duration::from_secs(60);

/// What is said to a person who types r.
const CONFIRM: &str = "type r again to give the game up";

/// What a player decides.
enum Choice {
	/// To go on: the game has changed.
	On,
	/// To leave the game as it is.
	Leave,
}

/// A player at a game.
pub(super) struct Seat<'a> {
	ui: &'a Ui,
	look: Look,
	input: Input,
	chain: Chain,
	signer: Keypair,
	table: Table,
	/// The last block whose events are known.
	seen: BlockNumber,
	/// What transactions have cost, from here.
	paid: u128,
	/// Whether r was typed, which counts when it is typed again.
	resigning: bool,
	/// Since when the model is asked for its move.
	asked: Instant,
	/// How many moves were told of.
	told: usize,
}

/// Waits until a node shows a block that it has finalised.
pub(super) async fn reach(chain: &Chain, block: u64) -> Result<State, ChainError> {
	let since = Instant::now();
	loop {
		let state = chain.state().await?;
		if u64::from(state.height()) >= block {
			return Ok(state);
		}
		if since.elapsed() > LATE {
			let what = format!("block {block} is finalised, and is not shown");
			return Err(ChainError::Contradiction(what));
		}
		tokio::time::sleep(POLL).await;
	}
}

/// How many blocks there are for a move, in words.
fn left(game: &Game, height: BlockNumber) -> String {
	match game.blocks_left(height) {
		0 => "no blocks left".into(),
		1 => "1 block left".into(),
		blocks => format!("{blocks} blocks left"),
	}
}

impl<'a> Seat<'a> {
	pub(super) fn new(
		ui: &'a Ui,
		chain: Chain,
		signer: Keypair,
		table: Table,
		seen: BlockNumber,
		paid: u128,
	) -> Self {
		let look = if ui.colours() { Look::Colour } else { Look::Plain };
		let (input, asked) = (Input::new(), Instant::now());
		Self { ui, look, input, chain, signer, table, seen, paid, resigning: false, asked, told: 0 }
	}

	/// Plays until the game ends, or the player leaves.
	///
	/// # Errors
	/// [`ChainError`]; the game stays on the chain.
	pub(super) async fn play(&mut self) -> Result<(), ChainError> {
		let played = self.turns().await;
		if played.is_err() {
			self.stays();
		}
		played
	}

	async fn turns(&mut self) -> Result<(), ChainError> {
		loop {
			let (state, game) = self.catch_up().await?;
			self.tell();
			let Some(game) = game else {
				self.show_end().await?;
				return Ok(());
			};
			let choice = match game.to_move {
				Side::Player => self.own_turn(&state, &game).await?,
				Side::Model => self.models_turn(&state, &game).await?,
			};
			if let Choice::Leave = choice {
				self.stays();
				self.report();
				return Ok(());
			}
		}
	}

	/// Says who proved moves of the model that were not told of yet.
	fn tell(&mut self) {
		for made in self.table.moves.iter().skip(self.told) {
			if made.side == Side::Model {
				self.ui.line(proven(made));
			}
		}
		self.told = self.table.moves.len();
	}

	/// Says how to come back.
	fn stays(&self) {
		if self.table.end.is_none() {
			let id = self.table.id;
			self.ui.note("the game stays on the chain, and its clock runs");
			self.ui.next(format!("zkml play --game {id} --suri …"));
		}
	}

	/// Learns what has happened; the game as it stands, unless it ended.
	async fn catch_up(&mut self) -> Result<(State, Option<Game>), ChainError> {
		let state = self.chain.state().await?;
		let height = state.height();
		if height > self.seen {
			let blocks = self.seen.saturating_add(1)..=height;
			for (block, event) in self.chain.game_events(self.table.id, blocks).await? {
				self.table.note(block, event)?;
				if let GameEvent::Answered { .. } = event {
					self.table.waited(self.asked.elapsed());
				}
			}
			self.seen = height;
		}
		// A node may show an older block than before for a moment: then nothing is said of it.
		let state = match height < self.seen {
			true => self.chain.state_after(self.seen).await?,
			false => state,
		};
		let game = state.game(self.table.id).await?;
		self.table.check(game.as_ref())?;
		Ok((state, game))
	}

	fn draw(&self, status: &[String]) {
		self.ui.drawing(&self.table.drawn(self.look, status));
	}

	/// Takes note of what a transaction cost, and waits until its block is shown.
	async fn sent(&mut self, sent: Result<Included, ChainError>) -> Result<Choice, ChainError> {
		match sent {
			Ok(included) => {
				self.paid = self.paid.saturating_add(included.fee);
				reach(&self.chain, included.block).await?;
			},
			// The game went on while this was on its way.
			Err(ChainError::Failed(error)) if error.starts_with("Npc::") => {
				let meaning = crate::chain::explain(&error).map(|(meaning, _)| meaning);
				self.ui.note(format!("the chain refused: {}", meaning.unwrap_or(&error)));
			},
			Err(error) => return Err(error),
		}
		Ok(Choice::On)
	}

	/// Lets the player move.
	async fn own_turn(&mut self, state: &State, game: &Game) -> Result<Choice, ChainError> {
		self.draw(&["your move".into(), left(game, state.height())]);
		if game.blocks_left(state.height()) == 0 {
			return self.over_time(game).await;
		}
		let prompt = "column, r to resign, q to leave: ";
		self.ui.prompt(prompt);
		loop {
			let line = match self.input.wait(THINKING) {
				Typed::Line(line) => line,
				Typed::End => return Ok(Choice::Leave),
				Typed::Nothing => {
					let (state, now) = self.catch_up().await?;
					match now {
						Some(game) if game.blocks_left(state.height()) > 0 => continue,
						_ => return Ok(Choice::On),
					}
				},
			};
			let word = Word::read(&line, &self.table.board.open());
			self.resigning &= matches!(word, Ok(Word::Resign));
			match word {
				Ok(Word::Column(column)) => {
					let spinner = self.ui.spinner("placing the stone");
					let sent = self.chain.play(&self.signer, self.table.id, column).await;
					spinner.finish_and_clear();
					self.asked = Instant::now();
					return self.sent(sent).await;
				},
				Ok(Word::Resign) if self.confirmed() => return self.resign().await,
				Ok(Word::Resign) => self.ui.note(CONFIRM),
				Ok(Word::Leave) => return Ok(Choice::Leave),
				Ok(Word::Claim) => self.ui.note("it is your move, and there is time"),
				Err(help) => self.ui.note(help),
			}
			self.ui.prompt(prompt);
		}
	}

	/// Whether the player means to give up: a person types it twice.
	fn confirmed(&mut self) -> bool {
		std::mem::replace(&mut self.resigning, true) || !self.input.watched
	}

	/// Gives the game up.
	async fn resign(&mut self) -> Result<Choice, ChainError> {
		let spinner = self.ui.spinner("giving up");
		let sent = self.chain.resign(&self.signer, self.table.id).await;
		spinner.finish_and_clear();
		self.sent(sent).await
	}

	/// Waits for the model's move.
	async fn models_turn(&mut self, state: &State, game: &Game) -> Result<Choice, ChainError> {
		self.draw(&["the model's move".into(), left(game, state.height())]);
		let since = Instant::now();
		let spinner = self.ui.spinner("");
		if self.ui.hidden() {
			self.ui.note("waiting for a keeper to prove the model's move");
		}
		let mut said = false;
		let choice = loop {
			let (state, now) = self.catch_up().await?;
			let Some(game) = now.filter(|game| game.to_move == Side::Model) else {
				break Choice::On;
			};
			if game.blocks_left(state.height()) == 0 {
				spinner.finish_and_clear();
				return self.over_time(&game).await;
			}
			spinner.set_message(format!(
				"waiting for a keeper to prove the model's move: {} s, {}",
				since.elapsed().as_secs(),
				left(&game, state.height())
			));
			if since.elapsed() > LONG && !said {
				said = true;
				let opponent = self.table.opponent;
				spinner.suspend(|| {
					self.ui.note(format!(
						"nobody may be proving: whoever has the keys can, with `zkml keep --opponent \
						 {opponent}`. Who does not move in time has lost"
					));
				});
			}
			let Typed::Line(line) = self.input.wait_urgent(POLL) else { continue };
			let word = Word::read(&line, &self.table.board.open());
			self.resigning &= matches!(word, Ok(Word::Resign));
			match word {
				Ok(Word::Leave) => break Choice::Leave,
				Ok(Word::Resign) if self.confirmed() => {
					spinner.finish_and_clear();
					return self.resign().await;
				},
				Ok(Word::Resign) => spinner.suspend(|| self.ui.note(CONFIRM)),
				_ => spinner.suspend(|| {
					self.ui.note("it is the model's move: r to resign, q to leave");
				}),
			}
		};
		spinner.finish_and_clear();
		Ok(choice)
	}

	/// Offers to end a game in which somebody was too slow.
	async fn over_time(&mut self, game: &Game) -> Result<Choice, ChainError> {
		let offer = match game.to_move {
			Side::Model => "the model's time has run out: c to claim the win, q to leave",
			Side::Player => {
				"your time has run out, and the game is lost: c to end it and get back what was not \
				 spent, q to leave"
			},
		};
		self.ui.line(offer);
		loop {
			self.ui.prompt("c or q: ");
			let line = loop {
				match self.input.wait(THINKING) {
					Typed::Line(line) => break line,
					Typed::End => return Ok(Choice::Leave),
					// Somebody else may end it.
					Typed::Nothing if self.catch_up().await?.1.is_none() => return Ok(Choice::On),
					Typed::Nothing => {},
				}
			};
			match Word::read(&line, &self.table.board.open()) {
				Ok(Word::Claim) => {
					let spinner = self.ui.spinner("ending the game");
					let sent = self.chain.claim_timeout(&self.signer, self.table.id).await;
					spinner.finish_and_clear();
					return self.sent(sent).await;
				},
				Ok(Word::Leave) => return Ok(Choice::Leave),
				_ => self.ui.note(offer),
			}
		}
	}

	/// Shows how the game ended.
	async fn show_end(&mut self) -> Result<(), ChainError> {
		let Some(end) = self.table.end else { return Ok(()) };
		if self.table.ranked {
			// Other games may have moved ratings since this one began.
			let before = self.chain.state_after(end.block.saturating_sub(1)).await?;
			if let Some(game) = before.game(self.table.id).await? {
				self.table.before = super::ratings(&before, &game).await?;
			}
		}
		self.draw(&[format!("over, in block {}", end.block)]);
		self.table.verdict().iter().for_each(|line| self.ui.line(line));
		self.ui.line(format!(
			"fees {} for transactions, {} for moves of the model",
			fee(self.paid),
			fee(self.table.paid())
		));
		self.report();
		Ok(())
	}

	/// The whole for programs.
	fn report(&self) {
		let mut shown = self.table.json();
		shown["fees"] = json!({
			"transactions": self.paid.to_string(),
			"moves": self.table.paid().to_string(),
		});
		self.ui.json("play", shown);
	}
}
