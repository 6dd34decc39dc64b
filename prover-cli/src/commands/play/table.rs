//! A game as it is followed: what happened in it, and how it is shown.

use super::super::fee;
use crate::{
	board::{Board, Look, Side},
	chain::{
		address,
		npc::{Ending, Game, GameEvent, GameId, OpponentId},
		AccountId, BlockNumber, ChainError,
	},
};
use serde_json::{json, Value};
use std::time::Duration;

/// A move that was made.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Made {
	/// Which, from 0.
	pub(super) turn: u32,
	pub(super) side: Side,
	/// From 0.
	pub(super) column: u32,
	/// The block in which it was made.
	pub(super) block: BlockNumber,
	/// Of the model's moves, who proved them.
	pub(super) keeper: Option<AccountId>,
	/// How long was waited for it here, if it was.
	pub(super) waited: Option<Duration>,
}

/// How a game ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
	pub(super) winner: Option<Side>,
	pub(super) ending: Ending,
	pub(super) block: BlockNumber,
}

/// Ratings, of the player and of the opponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ratings {
	pub(super) player: u32,
	pub(super) opponent: u32,
}

/// A game that is followed.
pub(super) struct Table {
	pub(super) id: GameId,
	pub(super) opponent: OpponentId,
	pub(super) ranked: bool,
	pub(super) stake: u128,
	/// What each move of the model costs.
	pub(super) fee: u128,
	pub(super) board: Board,
	/// What happened since the game is followed.
	pub(super) moves: Vec<Made>,
	pub(super) end: Option<End>,
	/// When this is a ranked game: as they are now.
	pub(super) ratings: Option<Ratings>,
	/// The same before it ended.
	pub(super) before: Option<Ratings>,
}

impl Table {
	/// A game as the chain shows it.
	pub(super) fn new(id: GameId, game: &Game, ratings: Option<Ratings>) -> Self {
		Self {
			id,
			opponent: game.opponent,
			ranked: game.ranked,
			stake: game.stake,
			fee: game.fee,
			board: game.board(),
			moves: Vec::new(),
			end: None,
			ratings,
			before: None,
		}
	}

	/// Takes note of what happened in a block.
	///
	/// # Errors
	/// [`ChainError::Contradiction`] for a move that does not fit.
	pub(super) fn note(&mut self, block: BlockNumber, event: GameEvent) -> Result<(), ChainError> {
		match event {
			GameEvent::Played { column } => self.place(block, Side::Player, column, None)?,
			GameEvent::Answered { column, keeper } => {
				self.place(block, Side::Model, column, Some(keeper))?
			},
			GameEvent::Ended { winner, ending } => self.end = Some(End { winner, ending, block }),
			GameEvent::Rated { player, opponent } => {
				self.before = self.ratings;
				self.ratings = Some(Ratings { player, opponent });
			},
		}
		Ok(())
	}

	fn place(
		&mut self,
		block: BlockNumber,
		side: Side,
		column: u32,
		keeper: Option<AccountId>,
	) -> Result<(), ChainError> {
		let turn = self.board.stones();
		if self.end.is_some() || !self.board.place(side, column as usize) {
			return Err(ChainError::Contradiction(format!(
				"game {}: in block {block} a stone falls into column {}, which takes none",
				self.id,
				u64::from(column) + 1
			)));
		}
		self.moves.push(Made { turn, side, column, block, keeper, waited: None });
		Ok(())
	}

	/// Checks that what happened leads to what the chain shows now, and to whoever has won.
	///
	/// # Errors
	/// [`ChainError::Contradiction`] if it does not.
	pub(super) fn check(&self, now: Option<&Game>) -> Result<(), ChainError> {
		let contradiction =
			|what: &str| Err(ChainError::Contradiction(format!("game {}: {what}", self.id)));
		let goes_on = match (now, &self.end) {
			(Some(game), None) => Some(game),
			(None, Some(_)) => None,
			(Some(_), Some(_)) => return contradiction("it ended, and runs"),
			(None, None) => return contradiction("it does not run, and has not ended"),
		};
		if goes_on.is_some_and(|game| game.cells != *self.board.cells()) {
			return contradiction("its board is not what its moves lead to");
		}
		let line = self.board.winner();
		match self.end {
			None if line.is_some() => contradiction("somebody has four in a line, and it runs"),
			Some(End { winner, ending: Ending::FourInLine, .. })
				if winner.is_none() || winner != line =>
			{
				contradiction("who has won has not four in a line")
			},
			_ => Ok(()),
		}
	}

	/// Remembers how long was waited for the last move.
	pub(super) fn waited(&mut self, time: Duration) {
		if let Some(made) = self.moves.last_mut() {
			made.waited = Some(time);
		}
	}

	/// What was paid for the model's moves, since the game began.
	pub(super) fn paid(&self) -> u128 {
		let stones = self.board.cells().iter().flatten();
		let moves = stones.filter(|stone| **stone == Some(Side::Model)).count();
		self.fee.saturating_mul(moves as u128)
	}

	/// The board, and what there is to know besides.
	pub(super) fn drawn(&self, look: Look, status: &[String]) -> String {
		let mut beside = vec![format!("game {} against opponent {}", self.id, self.opponent)];
		let rating = |of: fn(&Ratings) -> u32| {
			self.ratings.as_ref().map(|ratings| format!(" ({})", of(ratings))).unwrap_or_default()
		};
		beside.push(format!(
			"{} you{}   {} the model{}",
			look.stone(Side::Player),
			rating(|ratings| ratings.player),
			look.stone(Side::Model),
			rating(|ratings| ratings.opponent)
		));
		let stake = match self.stake {
			0 => "no stake".into(),
			stake => format!("stake {}", fee(stake)),
		};
		beside.push(if self.ranked { format!("ranked, {stake}") } else { stake });
		beside.push(format!("fees {}, {} a move", fee(self.paid()), fee(self.fee)));
		beside.push(String::new());
		beside.extend_from_slice(status);
		self.board.draw(look, &beside)
	}

	/// How it ended, in words.
	pub(super) fn verdict(&self) -> Vec<String> {
		let Some(End { winner, ending, .. }) = self.end else { return Vec::new() };
		let who = match winner {
			Some(Side::Player) => "you won",
			Some(Side::Model) => "the model won",
			None => "a draw",
		};
		let how = match (ending, winner) {
			(Ending::FourInLine, _) => "four in a line",
			(Ending::BoardFull, _) => "the board is full",
			(Ending::Resigned, Some(Side::Player)) => "the host resigned",
			(Ending::Resigned, _) => "you resigned",
			(Ending::TimedOut, Some(Side::Player)) => "the model's time ran out",
			(Ending::TimedOut, _) => "your time ran out",
		};
		let mut lines = vec![format!("{who}: {how}")];
		if self.stake > 0 {
			let stake = fee(self.stake);
			lines.push(match winner {
				Some(Side::Player) => format!("won {stake}, and your own stake is returned"),
				Some(Side::Model) => format!("lost {stake}"),
				None => format!("your stake of {stake} is returned"),
			});
		}
		if let (Some(before), Some(after)) = (self.before, self.ratings) {
			let change = i64::from(after.player) - i64::from(before.player);
			lines.push(format!("rating {} ({change:+}), was {}", after.player, before.player));
		}
		lines
	}

	/// For programs.
	pub(super) fn json(&self) -> Value {
		let made = |made: &Made| {
			json!({
				"turn": made.turn,
				"side": made.side.name(),
				"column": made.column + 1,
				"block": made.block,
				"keeper": made.keeper.as_ref().map(address),
				"seconds": made.waited.map(|time| time.as_secs_f64()),
			})
		};
		let result = self.end.map(|end| {
			json!({
				"winner": end.winner.map(Side::name),
				"ending": end.ending.name(),
				"block": end.block,
			})
		});
		let rating = self.ratings.filter(|_| self.ranked).map(|now| {
			let before = self.before.unwrap_or(now);
			json!({
				"before": before.player,
				"after": now.player,
				"opponent": { "before": before.opponent, "after": now.opponent },
			})
		});
		json!({
			"game": self.id,
			"opponent": self.opponent,
			"ranked": self.ranked,
			"stake": self.stake.to_string(),
			"moves": self.moves.iter().map(made).collect::<Vec<_>>(),
			"result": result,
			"rating": rating,
		})
	}
}

/// Who proved a move, where, and how long that took.
pub(super) fn proven(made: &Made) -> String {
	let keeper = made.keeper.as_ref().map(address).unwrap_or_default();
	let waited = match made.waited {
		Some(time) => format!(", {:.1} s after it was asked", time.as_secs_f64()),
		None => String::new(),
	};
	format!(
		"the model plays column {}: proven by {keeper} in block {}{waited}",
		made.column + 1,
		made.block
	)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::board::Cells;

	fn table(stake: u128, ratings: Option<Ratings>) -> Table {
		Table {
			id: 7,
			opponent: 3,
			ranked: ratings.is_some(),
			stake,
			fee: 50_000_000_000,
			board: Board::default(),
			moves: Vec::new(),
			end: None,
			ratings,
			before: None,
		}
	}

	/// Stones that fall in turn, the player's first, into columns from 1.
	fn play(table: &mut Table, columns: &[u32]) {
		for (block, column) in (10..).zip(columns) {
			let column = column - 1;
			let event = match table.board.stones() % 2 {
				0 => GameEvent::Played { column },
				_ => GameEvent::Answered { column, keeper: [9; 32] },
			};
			table.note(block, event).unwrap();
		}
	}

	fn game(cells: Cells) -> Game {
		Game {
			opponent: 3,
			player: [1; 32],
			ranked: false,
			stake: 0,
			fee: 0,
			cells,
			turn: 0,
			to_move: Side::Player,
			open: Vec::new(),
			deadline: 0,
		}
	}

	#[test]
	fn a_game_is_drawn_with_what_there_is_to_know() {
		let ratings = Some(Ratings { player: 1500, opponent: 1532 });
		let mut table = table(1_500_000_000_000, ratings);
		play(&mut table, &[4, 4]);
		let status = ["your move".into(), "98 blocks left".into()];
		let expected = "   1  2  3  4  5  6  7
 +---------------------+   game 7 against opponent 3
 | .  .  .  .  .  .  . |   X you (1500)   O the model (1532)
 | .  .  .  .  .  .  . |   ranked, stake 1.500000 UNIT
 | .  .  .  .  .  .  . |   fees 0.050000 UNIT, 0.050000 UNIT a move
 | .  .  .  .  .  .  . |
 | .  .  . [O] .  .  . |   your move
 | .  .  .  X  .  .  . |   98 blocks left
 +---------------------+";
		assert_eq!(table.drawn(Look::Plain, &status), expected);
	}

	#[test]
	fn a_game_that_is_won_says_how() {
		let mut table = table(1_000_000_000_000, Some(Ratings { player: 1500, opponent: 1500 }));
		play(&mut table, &[1, 2, 1, 2, 1, 2, 1]);
		let ended = GameEvent::Ended { winner: Some(Side::Player), ending: Ending::FourInLine };
		table.note(16, ended).unwrap();
		table.note(16, GameEvent::Rated { player: 1516, opponent: 1484 }).unwrap();
		table.check(None).unwrap();
		let said = [
			"you won: four in a line",
			"won 1.000000 UNIT, and your own stake is returned",
			"rating 1516 (+16), was 1500",
		];
		assert_eq!(table.verdict(), said);
		let shown = table.json();
		assert_eq!(shown["result"]["winner"], "player");
		assert_eq!(shown["result"]["ending"], "four_in_line");
		assert_eq!(shown["rating"]["opponent"]["after"], 1484);
		assert_eq!(
			(&shown["moves"][1]["side"], &shown["moves"][1]["column"]),
			(&"model".into(), &2.into())
		);
		assert_eq!(table.paid(), 150_000_000_000);
	}

	#[test]
	fn every_end_has_its_words() {
		use Ending::*;
		for (winner, ending, words) in [
			(Some(Side::Model), FourInLine, "the model won: four in a line"),
			(None, BoardFull, "a draw: the board is full"),
			(Some(Side::Model), Resigned, "the model won: you resigned"),
			(Some(Side::Player), Resigned, "you won: the host resigned"),
			(Some(Side::Player), TimedOut, "you won: the model's time ran out"),
			(Some(Side::Model), TimedOut, "the model won: your time ran out"),
		] {
			let mut table = table(0, None);
			table.note(5, GameEvent::Ended { winner, ending }).unwrap();
			assert_eq!(table.verdict(), [words]);
		}
	}

	#[test]
	fn what_does_not_go_together_is_noticed() {
		let mut table = table(0, None);
		play(&mut table, &[1, 1, 1, 1, 1, 1]);
		let seventh = GameEvent::Played { column: 0 };
		assert!(table.note(20, seventh).is_err());
		assert!(table.note(20, GameEvent::Played { column: 7 }).is_err());
		assert!(table.check(Some(&game(*table.board.cells()))).is_ok());
		assert!(table.check(Some(&game(Cells::default()))).is_err(), "another board");
		assert!(table.check(None).is_err(), "it did not end");
		let lie = GameEvent::Ended { winner: Some(Side::Player), ending: Ending::FourInLine };
		table.note(20, lie).unwrap();
		assert!(table.check(None).is_err(), "nobody has four");
		assert!(table.check(Some(&game(*table.board.cells()))).is_err(), "it ended");
		assert!(table.note(21, GameEvent::Played { column: 1 }).is_err(), "it ended");
	}

	#[test]
	fn who_proved_a_move_is_named() {
		let mut table = table(0, None);
		play(&mut table, &[4, 5]);
		table.waited(Duration::from_millis(1_440));
		let made = table.moves.last().unwrap();
		let keeper = address(&[9; 32]);
		let said = "in block 11, 1.4 s after it was asked";
		assert_eq!(proven(made), format!("the model plays column 5: proven by {keeper} {said}"));
	}
}
