//! What is stored and shown.

// The derives of FRAME repeat bounds.
#![allow(clippy::multiple_bound_locations)]

use crate::{
	board::{Board, Side, COLUMNS, MAX_MOVES, ROWS},
	elo,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt::Debug;
use frame_support::{
	pallet_prelude::Get, BoundedVec, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound,
};
use scale_info::TypeInfo;
use sp_runtime::traits::Saturating;
use zkml_primitives::ModelId;

/// Which opponent; no two ever have the same.
pub type OpponentId = u32;

/// Which game; no two ever have the same.
pub type GameId = u64;

/// What a host offers to players. A game keeps what was so when it began.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Terms<Balance> {
	/// What the player pays for each move to whoever proves it.
	pub fee: Balance,
	/// The least stake. More than nothing makes it dear to occupy an opponent.
	pub min_stake: Balance,
	/// The greatest stake. The host puts down as much as the player.
	pub max_stake: Balance,
	/// The most games at once.
	pub max_games: u32,
	/// Whether new games can be started.
	pub open: bool,
}

/// A model to play against.
#[derive(
	CloneNoBound, DebugNoBound, PartialEqNoBound, EqNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(MaxGames))]
pub struct Opponent<
	AccountId: Clone + Debug + PartialEq + Eq,
	Balance: Clone + Debug + PartialEq + Eq,
	Ticket: Clone + Debug + PartialEq + Eq,
	MaxGames: Get<u32>,
> {
	/// Who puts down its stakes, and receives what it wins.
	pub host: AccountId,
	/// The model.
	pub model: ModelId,
	/// The integer that stands for a stone in the model's input; 0 stands for none.
	pub stone: i32,
	/// What the host offers.
	pub terms: Terms<Balance>,
	/// Whether ranked games can be started.
	pub ranked: bool,
	/// Its rating.
	pub points: u32,
	/// The games that run, the oldest first.
	pub games: BoundedVec<GameId, MaxGames>,
	/// The deposit.
	pub ticket: Ticket,
}

impl<AccountId, Balance, Ticket, MaxGames> Opponent<AccountId, Balance, Ticket, MaxGames>
where
	AccountId: Clone + Debug + PartialEq + Eq,
	Balance: Clone + Debug + PartialEq + Eq,
	Ticket: Clone + Debug + PartialEq + Eq,
	MaxGames: Get<u32>,
{
	/// The same without its deposit.
	pub(crate) fn without_ticket(self) -> Opponent<AccountId, Balance, (), MaxGames> {
		let Self { host, model, stone, terms, ranked, points, games, ticket: _ } = self;
		Opponent { host, model, stone, terms, ranked, points, games, ticket: () }
	}
}

/// A game that runs.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Game<AccountId, Balance, BlockNumber, Ticket> {
	/// Against whom.
	pub opponent: OpponentId,
	/// Who plays.
	pub player: AccountId,
	/// Where the stones lie.
	pub board: Board,
	/// Who made the first move.
	pub first: Side,
	/// Whether the result moves ratings.
	pub ranked: bool,
	/// What each side has put down.
	pub stake: Balance,
	/// What the player pays for each move of the model.
	pub fee: Balance,
	/// The last block in which whoever is to move can do so.
	pub deadline: BlockNumber,
	/// The player's deposit.
	pub ticket: Ticket,
}

impl<AccountId, Balance, BlockNumber, Ticket> Game<AccountId, Balance, BlockNumber, Ticket> {
	/// Whose turn it is.
	pub fn to_move(&self) -> Side {
		match self.board.stones() % 2 {
			0 => self.first,
			_ => self.first.other(),
		}
	}
}

impl<AccountId, Balance, BlockNumber, Ticket> Game<AccountId, Balance, BlockNumber, Ticket>
where
	Balance: Saturating + Copy + From<u32>,
{
	/// What is still on hold of the player for moves that the model has not made.
	pub fn unspent(&self) -> Balance {
		let moves = MAX_MOVES.saturating_sub(self.board.count(Side::Model));
		self.fee.saturating_mul(moves.into())
	}
}

/// A game that runs, as players and keepers look at it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct GameInfo<AccountId, Balance, BlockNumber> {
	/// Against whom.
	pub opponent: OpponentId,
	/// Who plays.
	pub player: AccountId,
	/// Whether the result moves ratings.
	pub ranked: bool,
	/// What each side has put down.
	pub stake: Balance,
	/// What the player pays for each move of the model.
	pub fee: Balance,
	/// The cells, the top row first, each row from the left.
	pub board: [[Option<Side>; COLUMNS as usize]; ROWS as usize],
	/// Number of stones on the board, and so of the turn, from 0.
	pub turn: u32,
	/// Whose turn it is.
	pub to_move: Side,
	/// The columns that are not full, from 0 at the left.
	pub open: Vec<u32>,
	/// The last block in which whoever is to move can do so; after it, they have lost.
	pub deadline: BlockNumber,
}

/// How good a player is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Rating<Ticket> {
	/// The rating.
	pub points: u32,
	/// How many ranked games the player has started.
	pub started: u32,
	/// How many of them run.
	pub running: u32,
	/// The deposit.
	pub ticket: Ticket,
}

impl<Ticket> Rating<Ticket> {
	/// That of somebody who has not played.
	pub(crate) fn new(ticket: Ticket) -> Self {
		Self { points: elo::START, started: 0, running: 0, ticket }
	}

	/// The same without its deposit.
	pub(crate) fn without_ticket(self) -> Rating<()> {
		let Self { points, started, running, ticket: _ } = self;
		Rating { points, started, running, ticket: () }
	}
}

/// How a game ended.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
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
