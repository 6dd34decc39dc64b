//! Why a call fails.

use frame_support::pallet_macros::pallet_section;

/// A part of the pallet, in a file of its own.
#[pallet_section]
mod errors {
	#[pallet::error]
	pub enum Error<T> {
		/// There is no such opponent.
		#[codec(index = 0)]
		OpponentNotFound,
		/// Only the opponent's host may do this.
		#[codec(index = 1)]
		NotHost,
		/// No such model is registered.
		#[codec(index = 2)]
		ModelNotFound,
		/// The model's input is not a board: 84 values that everybody sees.
		#[codec(index = 3)]
		UnsuitableInput,
		/// The model's answer is not one of seven columns, among those that a mask allows.
		#[codec(index = 4)]
		UnsuitableOutput,
		/// A stone, which is a 1, is no integer in the units of the model's input.
		#[codec(index = 5)]
		UnsuitableScale,
		/// The integers that stand for a stone and for none do not both fit into the model's input.
		#[codec(index = 6)]
		StoneOutOfRange,
		/// More games at once than this chain allows.
		#[codec(index = 7)]
		MaxGamesTooHigh,
		/// The least stake is above the greatest.
		#[codec(index = 8)]
		StakesContradict,
		/// The opponent has games that run.
		#[codec(index = 9)]
		GamesRunning,
		/// The host does not want new games.
		#[codec(index = 10)]
		OpponentClosed,
		/// The opponent plays as many games as its host wants.
		#[codec(index = 11)]
		OpponentBusy,
		/// The stake is below what the host wants.
		#[codec(index = 12)]
		StakeTooLow,
		/// The stake is above what the host wants.
		#[codec(index = 13)]
		StakeTooHigh,
		/// A move of the model costs more than the player agreed to.
		#[codec(index = 14)]
		FeeTooHigh,
		/// The host cannot put down the stake.
		#[codec(index = 15)]
		HostCannotPay,
		/// The player plays as many games as this chain allows.
		#[codec(index = 16)]
		TooManyGames,
		/// The opponent is not admitted to ranked games.
		#[codec(index = 17)]
		NotRanked,
		/// Nobody plays ranked games against an own opponent.
		#[codec(index = 18)]
		OwnOpponent,
		/// All numbers for opponents or for games are used up.
		#[codec(index = 19)]
		NumbersExhausted,
		/// There is no such game, or it has ended.
		#[codec(index = 20)]
		GameNotFound,
		/// It is not the account's game.
		#[codec(index = 21)]
		NotPlayer,
		/// It is the other's turn.
		#[codec(index = 22)]
		OutOfTurn,
		/// The time for the move has run out.
		#[codec(index = 23)]
		TooLate,
		/// The column is full, or there is none of this number.
		#[codec(index = 24)]
		ColumnNotOpen,
		/// The move is not proven.
		#[codec(index = 25)]
		Refused(VerifyError),
		/// The proof is for another board.
		#[codec(index = 26)]
		OtherBoard,
		/// The proof is not for a choice among the columns that are not full.
		#[codec(index = 27)]
		OtherColumns,
		/// Whoever is to move still has time.
		#[codec(index = 28)]
		StillInTime,
		/// The account has no rating.
		#[codec(index = 29)]
		RatingNotFound,
		/// A ranked game of the account runs.
		#[codec(index = 30)]
		RankedGameRunning,
		/// A rating below the one that one starts with stays.
		#[codec(index = 31)]
		RatingTooLow,
	}
}
