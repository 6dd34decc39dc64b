#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]
#![doc = include_str!("../README.md")]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
pub mod board;
pub mod elo;
mod errors;
mod events;
mod games;
#[cfg(test)]
mod mock;
mod opponents;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;
mod types;
pub mod weights;

use frame_support::pallet_macros::import_section;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::{BenchmarkHelper, RegisterModel};
pub use board::{Board, Side};
pub use games::ANSWER;
pub use pallet::*;
pub use types::{Ending, Game, GameId, GameInfo, Opponent, OpponentId, Rating, Terms};
pub use weights::WeightInfo;

/// The pallet.
// Macros make public items that they do not document, and state their proofs in `expect`; a call carries
// a proof.
#[allow(missing_docs, clippy::expect_used, clippy::large_enum_variant)]
#[import_section(errors::errors)]
#[import_section(events::events)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use crate::games::Agreed;
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::{
			fungible::{Inspect, MutateHold},
			Consideration, EnsureOrigin, Footprint,
		},
	};
	use frame_system::pallet_prelude::*;
	use pallet_zkml::{InferenceVerifier, VerifyError};
	use zkml_primitives::{Context, HintedProof, Inference, ModelId};

	/// Of the layout of the storage.
	pub(crate) const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What a runtime decides.
	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// Who admits opponents to ranked games.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who plays ranked games: people, as far as the runtime can tell them apart.
		type RankedOrigin: EnsureOrigin<Self::RuntimeOrigin, Success = Self::AccountId>;

		/// Checks moves. Usually `pallet-zkml`.
		type Verifier: InferenceVerifier<Self::AccountId>;

		/// Why funds are on hold.
		type RuntimeHoldReason: From<HoldReason>;

		/// What stakes and fees are paid in.
		type Currency: MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;

		/// The deposit for the storage of an opponent, a game or a rating.
		type Consideration: Consideration<Self::AccountId, Footprint>;

		/// How many blocks there are for a move.
		#[pallet::constant]
		type TurnBlocks: Get<BlockNumberFor<Self>>;

		/// The most games of an opponent at once.
		#[pallet::constant]
		type MaxGames: Get<u32>;

		/// The most games of a player at once.
		#[pallet::constant]
		type MaxGamesPerPlayer: Get<u32>;

		/// The weights of the calls.
		type WeightInfo: WeightInfo;

		/// Makes models that can be played against.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// Why this pallet holds an account's funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The deposit for an opponent, a game or a rating.
		#[codec(index = 0)]
		Deposit,
		/// What goes to the winner of a game.
		#[codec(index = 1)]
		Stake,
		/// What goes to those who prove moves.
		#[codec(index = 2)]
		Fees,
	}

	/// What stakes and fees are counted in.
	pub type BalanceOf<T> =
		<<T as Config>::Currency as Inspect<<T as frame_system::Config>::AccountId>>::Balance;
	/// What hosts offer.
	pub type TermsOf<T> = Terms<BalanceOf<T>>;
	/// An opponent as it is stored.
	pub type OpponentOf<T> = Opponent<
		<T as frame_system::Config>::AccountId,
		BalanceOf<T>,
		<T as Config>::Consideration,
		<T as Config>::MaxGames,
	>;
	/// An opponent as it is shown.
	pub type OpponentInfoOf<T> =
		Opponent<<T as frame_system::Config>::AccountId, BalanceOf<T>, (), <T as Config>::MaxGames>;
	/// A game as it is stored.
	pub type GameOf<T> = Game<
		<T as frame_system::Config>::AccountId,
		BalanceOf<T>,
		BlockNumberFor<T>,
		<T as Config>::Consideration,
	>;
	/// A game as it is shown.
	pub type GameInfoOf<T> =
		GameInfo<<T as frame_system::Config>::AccountId, BalanceOf<T>, BlockNumberFor<T>>;
	/// A rating as it is stored.
	pub type RatingOf<T> = Rating<<T as Config>::Consideration>;

	/// The number of the next opponent.
	#[pallet::storage]
	pub type NextOpponent<T: Config> = StorageValue<_, OpponentId, ValueQuery>;

	/// Who can be played against.
	// Twox: opponents and games are numbered by the chain.
	#[pallet::storage]
	pub type Opponents<T: Config> = StorageMap<_, Twox64Concat, OpponentId, OpponentOf<T>>;

	/// The number of the next game.
	#[pallet::storage]
	pub type NextGame<T: Config> = StorageValue<_, GameId, ValueQuery>;

	/// The games that run.
	#[pallet::storage]
	pub type Games<T: Config> = StorageMap<_, Twox64Concat, GameId, GameOf<T>>;

	/// Which games run of a player, the oldest first.
	// Blake2: accounts choose their own ids.
	#[pallet::storage]
	pub type PlayerGames<T: Config> = StorageMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		BoundedVec<GameId, T::MaxGamesPerPlayer>,
		ValueQuery,
	>;

	/// How good players are.
	#[pallet::storage]
	pub type Ratings<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, RatingOf<T>>;

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::TurnBlocks::get() > 0u32.into(), "there is time for a move");
			assert!(T::MaxGames::get() > 0, "an opponent can be played against");
			assert!(T::MaxGamesPerPlayer::get() > 0, "a player can play");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Let others play against a model.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the host, who puts down a deposit, and the stakes of its games.
		///
		/// ## Details
		///
		/// Anybody can host any model whose input is a board and whose answer is a column. Whoever hosts
		/// one that nobody proves moves of loses every game on time.
		///
		/// ## Errors
		///
		/// - [`Error::MaxGamesTooHigh`] or [`Error::StakesContradict`] if the terms cannot be kept.
		/// - [`Error::ModelNotFound`].
		/// - [`Error::UnsuitableInput`], [`Error::UnsuitableOutput`], [`Error::UnsuitableScale`] or
		///   [`Error::StoneOutOfRange`] if the model cannot play.
		/// - [`Error::NumbersExhausted`].
		/// - Whatever the deposit says if it cannot be paid.
		///
		/// ## Events
		///
		/// [`Event::OpponentHosted`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::host_opponent())]
		pub fn host_opponent(
			origin: OriginFor<T>,
			model: ModelId,
			terms: TermsOf<T>,
		) -> DispatchResult {
			Self::do_host_opponent(ensure_signed(origin)?, model, terms)
		}

		/// Change what is offered to players; without `open`, let no more games be started.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the opponent's host.
		///
		/// ## Details
		///
		/// Games that run go on as they began.
		///
		/// ## Errors
		///
		/// - [`Error::OpponentNotFound`] or [`Error::NotHost`].
		/// - [`Error::MaxGamesTooHigh`] or [`Error::StakesContradict`] if the terms cannot be kept.
		///
		/// ## Events
		///
		/// [`Event::TermsSet`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::set_terms())]
		pub fn set_terms(
			origin: OriginFor<T>,
			opponent: OpponentId,
			terms: TermsOf<T>,
		) -> DispatchResult {
			Self::do_set_terms(ensure_signed(origin)?, opponent, terms)
		}

		/// Forget an opponent and its rating, and return the deposit.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the opponent's host.
		///
		/// ## Errors
		///
		/// - [`Error::OpponentNotFound`] or [`Error::NotHost`].
		/// - [`Error::GamesRunning`]. Close the opponent, and play them to their ends, or resign.
		///
		/// ## Events
		///
		/// [`Event::OpponentRemoved`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::remove_opponent())]
		pub fn remove_opponent(origin: OriginFor<T>, opponent: OpponentId) -> DispatchResult {
			Self::do_remove_opponent(ensure_signed(origin)?, opponent)
		}

		/// Admit an opponent to ranked games, or do so no more.
		///
		/// ## Dispatch Origin
		///
		/// Must be `AdminOrigin`.
		///
		/// ## Details
		///
		/// Ranked games that run are ranked to their ends.
		///
		/// ## Errors
		///
		/// - [`Error::OpponentNotFound`].
		///
		/// ## Events
		///
		/// [`Event::RankedSet`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_ranked())]
		pub fn set_ranked(
			origin: OriginFor<T>,
			opponent: OpponentId,
			ranked: bool,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_ranked(opponent, ranked)
		}

		/// Start a game that moves no ratings.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the player, who puts down the stake, the fees of 21 moves, the most that the
		/// model can make, and a deposit. What is not spent is returned when the game ends.
		///
		/// ## Details
		///
		/// The host puts down the stake, too. The winner gets both; after a draw each gets its own back.
		/// `max_fee` is what the player agrees to pay for a move, should the terms have changed.
		///
		/// ## Errors
		///
		/// - [`Error::OpponentNotFound`], [`Error::OpponentClosed`] or [`Error::OpponentBusy`].
		/// - [`Error::StakeTooLow`], [`Error::StakeTooHigh`] or [`Error::FeeTooHigh`].
		/// - [`Error::TooManyGames`] of the player.
		/// - [`Error::HostCannotPay`], or whatever the currency says if the player cannot.
		/// - [`Error::NumbersExhausted`].
		///
		/// ## Events
		///
		/// [`Event::GameStarted`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::start_game())]
		pub fn start_game(
			origin: OriginFor<T>,
			opponent: OpponentId,
			stake: BalanceOf<T>,
			max_fee: BalanceOf<T>,
			first: Side,
		) -> DispatchResult {
			let player = ensure_signed(origin)?;
			Self::do_start_game(player, opponent, Agreed { stake, max_fee }, first)
		}

		/// Start a game whose result moves the ratings of both sides.
		///
		/// ## Dispatch Origin
		///
		/// Must be `RankedOrigin`, which says who plays. The player puts down what [`Call::start_game`]
		/// says, and a deposit for the rating with the first.
		///
		/// ## Details
		///
		/// The player makes the first move of every second game, and of the first.
		///
		/// ## Errors
		///
		/// - [`Error::NotRanked`] if the opponent is not admitted.
		/// - [`Error::OwnOpponent`] if the player hosts it.
		/// - What [`Call::start_game`] says.
		///
		/// ## Events
		///
		/// [`Event::GameStarted`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::start_ranked())]
		pub fn start_ranked(
			origin: OriginFor<T>,
			opponent: OpponentId,
			stake: BalanceOf<T>,
			max_fee: BalanceOf<T>,
		) -> DispatchResult {
			let player = T::RankedOrigin::ensure_origin(origin)?;
			Self::do_start_ranked(player, opponent, Agreed { stake, max_fee })
		}

		/// Place a stone in a column, from 0 at the left.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the player.
		///
		/// ## Errors
		///
		/// - [`Error::GameNotFound`], [`Error::NotPlayer`], [`Error::OutOfTurn`] or [`Error::TooLate`].
		/// - [`Error::ColumnNotOpen`].
		///
		/// ## Events
		///
		/// [`Event::Played`], and [`Event::GameEnded`] if that was the last move.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::play())]
		pub fn play(origin: OriginFor<T>, game: GameId, column: u32) -> DispatchResult {
			Self::do_play(ensure_signed(origin)?, game, column)
		}

		/// Prove the model's move.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the keeper that the proof was made for, who is paid the fee.
		///
		/// ## Details
		///
		/// What to prove, the view functions `observation`, `game` and `context_for_answer` say. `signals`
		/// is at least the model's number of public signals; what was charged for more is refunded.
		///
		/// ## Errors
		///
		/// - [`Error::GameNotFound`], [`Error::OutOfTurn`] or [`Error::TooLate`].
		/// - [`Error::Refused`] with the reason if the proof is not good, or the model is not.
		/// - [`Error::OtherBoard`] or [`Error::OtherColumns`] if it proves an answer to something else.
		/// - Whatever the currency says if the keeper's account cannot be paid.
		///
		/// ## Events
		///
		/// [`Event::Answered`], and [`Event::GameEnded`] if that was the last move.
		#[pallet::call_index(7)]
		#[pallet::weight(Pallet::<T>::answer_weight(*signals))]
		pub fn answer(
			origin: OriginFor<T>,
			game: GameId,
			#[pallet::compact] signals: u32,
			inference: Inference,
			proof: HintedProof,
		) -> DispatchResultWithPostInfo {
			Self::do_answer(ensure_signed(origin)?, game, signals, inference, proof)
		}

		/// Give a game up.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the player or by the opponent's host, who loses. Who is both loses as the
		/// player.
		///
		/// ## Errors
		///
		/// - [`Error::GameNotFound`] or [`Error::NotPlayer`].
		///
		/// ## Events
		///
		/// [`Event::GameEnded`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::resign())]
		pub fn resign(origin: OriginFor<T>, game: GameId) -> DispatchResult {
			Self::do_resign(ensure_signed(origin)?, game)
		}

		/// End a game in which whoever is to move did not do so in time, and so has lost.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed, by anybody.
		///
		/// ## Details
		///
		/// A model has lost, too, if it could not be proven because it was suspended or retired, or because
		/// nothing was verified on this chain: that is its host's risk.
		///
		/// ## Errors
		///
		/// - [`Error::GameNotFound`] or [`Error::StillInTime`].
		///
		/// ## Events
		///
		/// [`Event::GameEnded`].
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::claim_timeout())]
		pub fn claim_timeout(origin: OriginFor<T>, game: GameId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_claim_timeout(game)
		}

		/// Forget one's rating, and return its deposit.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the player.
		///
		/// ## Errors
		///
		/// - [`Error::RatingNotFound`] or [`Error::RankedGameRunning`].
		/// - [`Error::RatingTooLow`] if it is below 1500, with which one would start anew.
		///
		/// ## Events
		///
		/// [`Event::RatingForgotten`].
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::forget_rating())]
		pub fn forget_rating(origin: OriginFor<T>) -> DispatchResult {
			Self::do_forget_rating(ensure_signed(origin)?)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// A game that runs.
		pub fn game(game: GameId) -> Option<GameInfoOf<T>> {
			Self::info(game)
		}

		/// The games of a player that run, the oldest first.
		pub fn games_of(player: T::AccountId) -> Vec<GameId> {
			PlayerGames::<T>::get(player).into_inner()
		}

		/// Somebody to play against.
		pub fn opponent(opponent: OpponentId) -> Option<OpponentInfoOf<T>> {
			Opponents::<T>::get(opponent).map(Opponent::without_ticket)
		}

		/// The games of an opponent in which it is to move and has time, the oldest first.
		pub fn awaiting(opponent: OpponentId) -> Vec<GameId> {
			Self::awaiting_of(opponent)
		}

		/// Whether an account may play ranked games, as who it is.
		pub fn may_play_ranked(account: T::AccountId) -> bool {
			T::RankedOrigin::ensure_origin(frame_system::RawOrigin::Signed(account).into()).is_ok()
		}

		/// How good a player is.
		pub fn rating(player: T::AccountId) -> Option<Rating<()>> {
			Ratings::<T>::get(player).map(Rating::without_ticket)
		}

		/// The model's input for its next move: of each cell, the top row first, each row from the left,
		/// whether it is its own, and then of each whether it is the player's. `None` if it is not to move,
		/// or its time has run out.
		pub fn observation(game: GameId) -> Option<Vec<i32>> {
			Self::observation_of(game)
		}

		/// The context for which a keeper proves the model's next move; the mask is of the columns that are
		/// `open` in the `game`. `None` if the model is not to move or its time has run out, and in the
		/// state of the genesis block, which does not know its own hash.
		pub fn context_for_answer(game: GameId, keeper: T::AccountId) -> Option<Context> {
			Self::context_of(game, &keeper)
		}
	}

	impl<T: Config> Pallet<T> {
		/// What it costs to check a move of a model with so many public signals, and to make it.
		pub fn answer_weight(signals: u32) -> Weight {
			T::Verifier::weight(signals).saturating_add(T::WeightInfo::answer())
		}
	}
}
