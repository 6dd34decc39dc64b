//! What is stored, shown and reported of opponents and games.

use super::super::{AccountId, BlockNumber, ChainError, Included};
use crate::board::{Board, Cells, Side, COLUMNS, ROWS};
use codec::{Compact, Decode, Encode};
use zkml_primitives::{Context, HintedProof, Inference, ModelId};

/// The most moves that a model can make in a game.
pub const MAX_MOVES: u32 = (ROWS * COLUMNS / 2) as u32;

/// Which opponent.
pub type OpponentId = u32;

/// Which game.
pub type GameId = u64;

/// What a host offers to players.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Terms {
	/// What the player pays for each move to whoever proves it.
	pub fee: u128,
	/// The least stake.
	pub min_stake: u128,
	/// The greatest stake.
	pub max_stake: u128,
	/// The most games at once.
	pub max_games: u32,
	/// Whether new games can be started.
	pub open: bool,
}

/// A model to play against.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Opponent {
	/// Who puts down its stakes, and receives what it wins.
	pub host: AccountId,
	/// The model.
	pub model: ModelId,
	/// The integer that stands for a stone in the model's input.
	pub stone: i32,
	/// What the host offers.
	pub terms: Terms,
	/// Whether ranked games can be started.
	pub ranked: bool,
	/// Its rating.
	pub points: u32,
	/// The games that run, the oldest first.
	pub games: Vec<GameId>,
}

/// A game that runs.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Game {
	/// Against whom.
	pub opponent: OpponentId,
	/// Who plays.
	pub player: AccountId,
	/// Whether the result moves ratings.
	pub ranked: bool,
	/// What each side has put down.
	pub stake: u128,
	/// What the player pays for each move of the model.
	pub fee: u128,
	/// The cells.
	pub cells: Cells,
	/// Number of stones on the board, and so of the turn, from 0.
	pub turn: u32,
	/// Whose turn it is.
	pub to_move: Side,
	/// The columns that are not full, from 0 at the left.
	pub open: Vec<u32>,
	/// The last block in which whoever is to move can do so.
	pub deadline: BlockNumber,
}

impl Game {
	/// The board.
	pub fn board(&self) -> Board {
		Board::new(self.cells)
	}

	/// How many blocks after this one there are for a move.
	pub fn blocks_left(&self, height: BlockNumber) -> BlockNumber {
		self.deadline.saturating_sub(height)
	}

	/// Checks that what is said of a game goes together.
	pub(super) fn check(self) -> Result<Self, ChainError> {
		let board = self.board();
		let open = (0u32..).zip(board.open()).filter_map(|(column, open)| open.then_some(column));
		if self.turn != board.stones() || !open.eq(self.open.iter().copied()) {
			let what = "a game's board does not go with its turn and its columns";
			return Err(ChainError::Contradiction(what.into()));
		}
		Ok(self)
	}
}

/// How good a player is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct Rating {
	/// The rating.
	pub points: u32,
	/// How many ranked games the player has started.
	pub started: u32,
	/// How many of them run.
	pub running: u32,
}

/// How a game ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub enum Ending {
	/// Four stones in a line.
	#[codec(index = 0)]
	FourInLine,
	/// The board is full.
	#[codec(index = 1)]
	BoardFull,
	/// One side gave up.
	#[codec(index = 2)]
	Resigned,
	/// One side did not move in time.
	#[codec(index = 3)]
	TimedOut,
}

impl Ending {
	/// Its name for programs.
	pub fn name(self) -> &'static str {
		match self {
			Self::FourInLine => "four_in_line",
			Self::BoardFull => "board_full",
			Self::Resigned => "resigned",
			Self::TimedOut => "timed_out",
		}
	}
}

/// What happened in a game.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GameEvent {
	/// The player moved.
	Played {
		/// Into which column, from 0.
		column: u32,
	},
	/// The model moved.
	Answered {
		/// Into which column, from 0.
		column: u32,
		/// Who proved it, and was paid.
		keeper: AccountId,
	},
	/// It ended.
	Ended {
		/// Who won; `None` for a draw.
		winner: Option<Side>,
		/// How.
		ending: Ending,
	},
	/// It counted.
	Rated {
		/// The player's rating after it.
		player: u32,
		/// The opponent's.
		opponent: u32,
	},
}

impl GameEvent {
	/// Reads an event of the pallet; `None` if it is of no game, or of none that runs.
	pub(super) fn read(
		name: &str,
		fields: &mut &[u8],
	) -> Result<Option<(GameId, Self)>, codec::Error> {
		Ok(Some(match name {
			"Played" => {
				let (game, column) = Decode::decode(fields)?;
				(game, Self::Played { column })
			},
			"Answered" => {
				let (game, column, keeper) = Decode::decode(fields)?;
				(game, Self::Answered { column, keeper })
			},
			"GameEnded" => {
				let (game, _, _, winner, ending) =
					<(GameId, OpponentId, AccountId, Option<Side>, Ending)>::decode(fields)?;
				(game, Self::Ended { winner, ending })
			},
			"Rated" => {
				let (game, player, opponent) = Decode::decode(fields)?;
				(game, Self::Rated { player, opponent })
			},
			_ => return Ok(None),
		}))
	}
}

/// A move that a model is to make, and what a keeper proves it for.
#[derive(Clone, Debug)]
pub struct Question {
	/// The game.
	pub id: GameId,
	/// How it stands.
	pub game: Game,
	/// What the proof must be made for.
	pub context: Context,
	/// The model's input.
	pub observation: Vec<i32>,
	/// The mask: the columns that are not full.
	pub open: [bool; COLUMNS],
}

/// A move that was proven.
#[derive(Clone, Debug)]
pub struct Answer {
	/// In which game.
	pub game: GameId,
	/// How many public signals are paid for.
	pub signals: u32,
	/// The claim.
	pub inference: Inference,
	/// The proof.
	pub proof: HintedProof,
}

impl Answer {
	pub(super) fn arguments(&self) -> Vec<u8> {
		(self.game, Compact(self.signals), &self.inference, &self.proof).encode()
	}
}

/// What became of moves that were sent.
#[derive(Clone, Debug)]
pub struct Answered {
	/// Their transaction, but for one that failed as a whole.
	pub included: Option<Included>,
	/// Of each move the chain's error, if it was not made.
	pub results: Vec<Result<(), String>>,
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_game_goes_together() {
		let mut board = Board::default();
		assert!(board.place(Side::Player, 3));
		let bytes = |turn: u32, open: &[u32]| {
			let head = (5u32, [1u8; 32], true, 2u128, 3u128, *board.cells());
			(head, (turn, Side::Model, open.to_vec(), 90u32)).encode()
		};
		let read = |bytes: Vec<u8>| Game::decode(&mut bytes.as_slice()).unwrap().check();
		let all = [0, 1, 2, 3, 4, 5, 6];
		let game = read(bytes(1, &all)).unwrap();
		assert_eq!((game.opponent, game.ranked, game.stake, game.fee), (5, true, 2, 3));
		assert_eq!((game.to_move, game.deadline), (Side::Model, 90));
		assert_eq!([0, 89, 90, 91].map(|height| game.blocks_left(height)), [90, 1, 0, 0]);
		for bytes in [bytes(0, &all), bytes(2, &all), bytes(1, &all[1..]), bytes(1, &[0; 7])] {
			assert!(matches!(read(bytes), Err(ChainError::Contradiction(_))));
		}
	}

	#[test]
	fn events_are_read_by_their_names() {
		let read = |name: &str, bytes: Vec<u8>| GameEvent::read(name, &mut bytes.as_slice());
		let played = read("Played", (7u64, 3u32).encode()).unwrap();
		assert_eq!(played, Some((7, GameEvent::Played { column: 3 })));
		let answered = read("Answered", (7u64, 3u32, [2u8; 32]).encode()).unwrap();
		assert_eq!(answered, Some((7, GameEvent::Answered { column: 3, keeper: [2; 32] })));
		for (index, ending) in
			(0u8..).zip([Ending::FourInLine, Ending::BoardFull, Ending::Resigned, Ending::TimedOut])
		{
			let bytes = (7u64, 1u32, [2u8; 32], Some(Side::Player), index).encode();
			let ended = GameEvent::Ended { winner: Some(Side::Player), ending };
			assert_eq!(read("GameEnded", bytes).unwrap(), Some((7, ended)));
		}
		let rated = read("Rated", (7u64, 1516u32, 1484u32).encode()).unwrap();
		assert_eq!(rated, Some((7, GameEvent::Rated { player: 1516, opponent: 1484 })));
		assert_eq!(read("OpponentRemoved", vec![0; 4]).unwrap(), None);
		assert!(read("Played", vec![7]).is_err());
	}

	#[test]
	fn an_opponent_ends_with_its_games() {
		let terms = Terms { fee: 1, min_stake: 2, max_stake: 3, max_games: 4, open: true };
		let head = ([1u8; 32], [2u8; 32], 127i32, terms, true, 1500u32);
		let bytes = (head, vec![8u64, 9]).encode();
		let opponent = Opponent::decode(&mut bytes.as_slice()).unwrap();
		assert_eq!((opponent.stone, opponent.points, opponent.games), (127, 1500, vec![8, 9]));
		assert_eq!(opponent.terms, terms);
	}
}
