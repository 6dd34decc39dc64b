//! What happened.

use frame_support::pallet_macros::pallet_section;

/// A part of the pallet, in a file of its own.
#[pallet_section]
mod events {
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A model can be played against.
		#[codec(index = 0)]
		OpponentHosted {
			/// As what.
			opponent: OpponentId,
			/// By whom.
			host: T::AccountId,
			/// Which model.
			model: ModelId,
			/// What is offered.
			terms: TermsOf<T>,
		},
		/// A host offers something else.
		#[codec(index = 1)]
		TermsSet {
			/// For games against whom.
			opponent: OpponentId,
			/// What is offered.
			terms: TermsOf<T>,
		},
		/// A model can be played against no more.
		#[codec(index = 2)]
		OpponentRemoved {
			/// Which.
			opponent: OpponentId,
		},
		/// An opponent is admitted to ranked games, or no more.
		#[codec(index = 3)]
		RankedSet {
			/// Which.
			opponent: OpponentId,
			/// Whether ranked games can be started.
			ranked: bool,
		},
		/// A game began.
		#[codec(index = 4)]
		GameStarted {
			/// Which.
			game: GameId,
			/// Against whom.
			opponent: OpponentId,
			/// Who plays.
			player: T::AccountId,
			/// What each side has put down.
			stake: BalanceOf<T>,
			/// What the player pays for each move of the model.
			fee: BalanceOf<T>,
			/// Who makes the first move.
			first: Side,
			/// Whether the result moves ratings.
			ranked: bool,
		},
		/// A player moved.
		#[codec(index = 5)]
		Played {
			/// In which game.
			game: GameId,
			/// Into which column, from 0 at the left.
			column: u32,
		},
		/// A model moved.
		#[codec(index = 6)]
		Answered {
			/// In which game.
			game: GameId,
			/// Into which column, from 0 at the left.
			column: u32,
			/// Who proved it, and was paid.
			keeper: T::AccountId,
		},
		/// A game ended.
		#[codec(index = 7)]
		GameEnded {
			/// Which.
			game: GameId,
			/// Against whom.
			opponent: OpponentId,
			/// Who played.
			player: T::AccountId,
			/// Who won; `None` for a draw.
			winner: Option<Side>,
			/// How.
			ending: Ending,
		},
		/// A ranked game counted.
		#[codec(index = 8)]
		Rated {
			/// Which.
			game: GameId,
			/// The player's rating after it.
			player: u32,
			/// The opponent's rating after it.
			opponent: u32,
		},
		/// A player's rating was forgotten.
		#[codec(index = 9)]
		RatingForgotten {
			/// Whose.
			player: T::AccountId,
		},
	}
}
