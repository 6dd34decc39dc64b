//! Games, from the first move to the payment.

use crate::{
	board::Side, elo, pallet::*, Ending, Game, GameId, GameInfo, Opponent, OpponentId, Rating,
};
use alloc::vec::Vec;
use codec::Encode;
use frame_support::{
	dispatch::{DispatchResultWithPostInfo, PostDispatchInfo},
	ensure,
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision, Restriction},
		Consideration, Footprint, Get,
	},
};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_zkml::InferenceVerifier;
use sp_runtime::{
	traits::{Saturating, Zero},
	DispatchError, DispatchResult,
};
use zkml_primitives::{Context, HintedProof, Inference, Mask, Output, Values};

/// Sets the contexts of moves apart from all others.
pub const ANSWER: &[u8] = b"npc/answer";

/// What a player agrees to.
pub(crate) struct Agreed<Balance> {
	/// What each side puts down.
	pub(crate) stake: Balance,
	/// The most that a move of the model may cost.
	pub(crate) max_fee: Balance,
}

/// A move that a model is to make.
pub(crate) struct Question<T: Config> {
	game: GameOf<T>,
	opponent: OpponentOf<T>,
	/// What the proof must be made for.
	context: Context,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_start_game(
		player: T::AccountId,
		id: OpponentId,
		agreed: Agreed<BalanceOf<T>>,
		first: Side,
	) -> DispatchResult {
		let opponent = Opponents::<T>::get(id).ok_or(Error::<T>::OpponentNotFound)?;
		Self::start(player, (id, opponent), agreed, first, false)
	}

	pub(crate) fn do_start_ranked(
		player: T::AccountId,
		id: OpponentId,
		agreed: Agreed<BalanceOf<T>>,
	) -> DispatchResult {
		let opponent = Opponents::<T>::get(id).ok_or(Error::<T>::OpponentNotFound)?;
		ensure!(opponent.ranked, Error::<T>::NotRanked);
		ensure!(opponent.host != player, Error::<T>::OwnOpponent);
		let mut rating = match Ratings::<T>::get(&player) {
			Some(rating) => rating,
			None => Rating::new(T::Consideration::new(&player, Self::rating_footprint())?),
		};
		let first = match rating.started % 2 {
			0 => Side::Player,
			_ => Side::Model,
		};
		rating.started = rating.started.wrapping_add(1);
		rating.running = rating.running.saturating_add(1);
		Ratings::<T>::insert(&player, rating);
		Self::start(player, (id, opponent), agreed, first, true)
	}

	fn start(
		player: T::AccountId,
		(id, mut opponent): (OpponentId, OpponentOf<T>),
		Agreed { stake, max_fee }: Agreed<BalanceOf<T>>,
		first: Side,
		ranked: bool,
	) -> DispatchResult {
		let terms = opponent.terms;
		ensure!(terms.open, Error::<T>::OpponentClosed);
		ensure!(opponent.games.len() < terms.max_games as usize, Error::<T>::OpponentBusy);
		ensure!(stake >= terms.min_stake, Error::<T>::StakeTooLow);
		ensure!(stake <= terms.max_stake, Error::<T>::StakeTooHigh);
		ensure!(terms.fee <= max_fee, Error::<T>::FeeTooHigh);
		let number = NextGame::<T>::get();
		NextGame::<T>::put(number.checked_add(1).ok_or(Error::<T>::NumbersExhausted)?);
		opponent.games.try_push(number).map_err(|_| Error::<T>::OpponentBusy)?;
		PlayerGames::<T>::try_mutate(&player, |games| games.try_push(number))
			.map_err(|_| Error::<T>::TooManyGames)?;
		let game = Game {
			opponent: id,
			player: player.clone(),
			board: Default::default(),
			first,
			ranked,
			stake,
			fee: terms.fee,
			deadline: Self::next_deadline(),
			ticket: T::Consideration::new(&player, Self::game_footprint())?,
		};
		Self::hold(HoldReason::Stake, &player, stake)?;
		Self::hold(HoldReason::Fees, &player, game.unspent())?;
		Self::hold(HoldReason::Stake, &opponent.host, stake)
			.map_err(|_| Error::<T>::HostCannotPay)?;
		Opponents::<T>::insert(id, opponent);
		Games::<T>::insert(number, game);
		let (game, opponent, fee) = (number, id, terms.fee);
		let started = Event::GameStarted { game, opponent, player, stake, fee, first, ranked };
		Self::deposit_event(started);
		Ok(())
	}

	pub(crate) fn do_play(who: T::AccountId, id: GameId, column: u32) -> DispatchResult {
		let mut game = Games::<T>::get(id).ok_or(Error::<T>::GameNotFound)?;
		ensure!(game.player == who, Error::<T>::NotPlayer);
		Self::ensure_may_move(&game, Side::Player)?;
		let after = game.board.place(Side::Player, column);
		game.board = after.ok_or(Error::<T>::ColumnNotOpen)?;
		Self::deposit_event(Event::Played { game: id, column });
		Self::moved(id, game, Side::Player)
	}

	pub(crate) fn do_answer(
		keeper: T::AccountId,
		id: GameId,
		signals: u32,
		inference: Inference,
		proof: HintedProof,
	) -> DispatchResultWithPostInfo {
		let question = Self::question(id, &keeper)?;
		let (model, context) = (question.opponent.model, question.context);
		let verified = T::Verifier::verify(signals, model, context, &inference, &proof)
			.map_err(Error::<T>::Refused)?;
		Self::answered(keeper, id, question, verified.input(), verified.output())?;
		let weight = Self::answer_weight(verified.signals());
		Ok(PostDispatchInfo { actual_weight: Some(weight), ..Default::default() })
	}

	/// The move that a model is to make in a game, and what `keeper` proves it for.
	pub(crate) fn question(id: GameId, keeper: &T::AccountId) -> Result<Question<T>, Error<T>> {
		let game = Games::<T>::get(id).ok_or(Error::<T>::GameNotFound)?;
		Self::ensure_may_move(&game, Side::Model)?;
		let found = Opponents::<T>::get(game.opponent);
		let opponent = found.ok_or(Error::<T>::OpponentNotFound)?;
		// Games are numbered for good, and each move adds a stone: no payload comes twice.
		let payload = (id, game.board.stones()).encode();
		let context = T::Verifier::context(ANSWER, opponent.model, keeper, &payload);
		Ok(Question { game, opponent, context })
	}

	/// Lets a model make the move that was proven for `question`.
	pub(crate) fn answered(
		keeper: T::AccountId,
		id: GameId,
		question: Question<T>,
		input: Option<&Values>,
		output: &Output,
	) -> DispatchResult {
		let Question { mut game, opponent, .. } = question;
		let seen = Values::new(&game.board.observation(Side::Model, opponent.stone));
		ensure!(seen.is_some() && seen.as_ref() == input, Error::<T>::OtherBoard);
		let column = match output {
			Output::MaskedLabel { label, mask }
				if Mask::new(game.board.open().into_iter()).as_ref() == Some(mask) =>
			{
				*label
			},
			_ => return Err(Error::<T>::OtherColumns.into()),
		};
		let after = game.board.place(Side::Model, column);
		game.board = after.ok_or(Error::<T>::ColumnNotOpen)?;
		// A keeper whose account cannot be paid proves for another account.
		Self::move_held(HoldReason::Fees, &game.player, &keeper, game.fee)?;
		Self::deposit_event(Event::Answered { game: id, column, keeper });
		Self::moved(id, game, Side::Model)
	}

	/// Stores a game after a move, or ends it.
	fn moved(id: GameId, game: GameOf<T>, by: Side) -> DispatchResult {
		if game.board.has_four(by) {
			return Self::end(id, game, Some(by), Ending::FourInLine);
		}
		if game.board.is_full() {
			return Self::end(id, game, None, Ending::BoardFull);
		}
		Games::<T>::insert(id, Game { deadline: Self::next_deadline(), ..game });
		Ok(())
	}

	pub(crate) fn do_resign(who: T::AccountId, id: GameId) -> DispatchResult {
		let game = Games::<T>::get(id).ok_or(Error::<T>::GameNotFound)?;
		let hosts = || Opponents::<T>::get(game.opponent).is_some_and(|found| found.host == who);
		let winner = if game.player == who {
			Side::Model
		} else if hosts() {
			Side::Player
		} else {
			return Err(Error::<T>::NotPlayer.into());
		};
		Self::end(id, game, Some(winner), Ending::Resigned)
	}

	pub(crate) fn do_claim_timeout(id: GameId) -> DispatchResult {
		let game = Games::<T>::get(id).ok_or(Error::<T>::GameNotFound)?;
		ensure!(Self::is_over_time(&game), Error::<T>::StillInTime);
		let winner = game.to_move().other();
		Self::end(id, game, Some(winner), Ending::TimedOut)
	}

	pub(crate) fn do_forget_rating(player: T::AccountId) -> DispatchResult {
		let rating = Ratings::<T>::get(&player).ok_or(Error::<T>::RatingNotFound)?;
		ensure!(rating.running == 0, Error::<T>::RankedGameRunning);
		ensure!(rating.points >= elo::START, Error::<T>::RatingTooLow);
		rating.ticket.drop(&player)?;
		Ratings::<T>::remove(&player);
		Self::deposit_event(Event::RatingForgotten { player });
		Ok(())
	}
}

/// Ends.
impl<T: Config> Pallet<T> {
	/// Forgets a game and pays everybody.
	///
	/// Nothing here fails because of an account that receives or pays: see [`Self::settle`].
	fn end(id: GameId, game: GameOf<T>, winner: Option<Side>, ending: Ending) -> DispatchResult {
		let unspent = game.unspent();
		let Game { opponent: opponent_id, player, ranked, stake, ticket, .. } = game;
		let found = Opponents::<T>::get(opponent_id);
		let mut opponent = found.ok_or(Error::<T>::OpponentNotFound)?;
		Games::<T>::remove(id);
		opponent.games.retain(|running| *running != id);
		PlayerGames::<T>::mutate_exists(&player, |games| {
			let mut left = games.take().unwrap_or_default();
			left.retain(|running| *running != id);
			*games = (!left.is_empty()).then_some(left);
		});

		let host = &opponent.host;
		let (of_player, of_host) = match winner {
			Some(Side::Player) => (&player, &player),
			Some(Side::Model) => (host, host),
			None => (&player, host),
		};
		Self::settle(HoldReason::Stake, &player, of_player, stake);
		Self::settle(HoldReason::Stake, host, of_host, stake);
		Self::settle(HoldReason::Fees, &player, &player, unspent);
		if ticket.clone().drop(&player).is_err() {
			ticket.burn(&player);
		}

		let ended = Event::GameEnded {
			game: id,
			opponent: opponent_id,
			player: player.clone(),
			winner,
			ending,
		};
		Self::deposit_event(ended);
		if ranked {
			Ratings::<T>::mutate(&player, |rating| {
				let Some(rating) = rating else { return };
				(rating.points, opponent.points) =
					elo::after(rating.points, opponent.points, winner);
				rating.running = rating.running.saturating_sub(1);
				let (player, opponent) = (rating.points, opponent.points);
				Self::deposit_event(Event::Rated { game: id, player, opponent });
			});
		}
		Opponents::<T>::insert(opponent_id, opponent);
		Ok(())
	}

	/// Moves what is on hold of an account at the end of a game.
	///
	/// Nobody can stand in its way. What is on hold cannot be spent, keeps its account alive, and is
	/// moved whatever is frozen. All that can fail is that the receiver would stay below the existential
	/// deposit, which takes an account that has spent all that is not on hold, and an amount that is
	/// less. Then that is burnt, as dust is.
	fn settle(reason: HoldReason, from: &T::AccountId, to: &T::AccountId, amount: BalanceOf<T>) {
		if Self::move_held(reason, from, to, amount).is_err() {
			let (precision, force) = (Precision::BestEffort, Fortitude::Force);
			let _ = T::Currency::burn_held(&reason.into(), from, amount, precision, force);
		}
	}

	/// Moves what is on hold of an account to another, or back to itself, where it is free.
	fn move_held(
		reason: HoldReason,
		from: &T::AccountId,
		to: &T::AccountId,
		amount: BalanceOf<T>,
	) -> Result<(), DispatchError> {
		if amount.is_zero() {
			return Ok(());
		}
		let (reason, precision) = (reason.into(), Precision::BestEffort);
		if from == to {
			T::Currency::release(&reason, from, amount, precision)?;
		} else {
			let (mode, force) = (Restriction::Free, Fortitude::Force);
			T::Currency::transfer_on_hold(&reason, from, to, amount, precision, mode, force)?;
		}
		Ok(())
	}

	/// Puts an account's funds on hold.
	fn hold(reason: HoldReason, who: &T::AccountId, amount: BalanceOf<T>) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		T::Currency::hold(&reason.into(), who, amount)
	}
}

/// Reads.
impl<T: Config> Pallet<T> {
	/// Checks that it is a side's turn, and that there is time.
	fn ensure_may_move(game: &GameOf<T>, side: Side) -> Result<(), Error<T>> {
		ensure!(game.to_move() == side, Error::<T>::OutOfTurn);
		ensure!(!Self::is_over_time(game), Error::<T>::TooLate);
		Ok(())
	}

	/// Whether whoever is to move has lost by that.
	fn is_over_time(game: &GameOf<T>) -> bool {
		frame_system::Pallet::<T>::block_number() > game.deadline
	}

	/// Until when a move after one in this block can be made.
	fn next_deadline() -> BlockNumberFor<T> {
		frame_system::Pallet::<T>::block_number().saturating_add(T::TurnBlocks::get())
	}

	/// What a game looks like.
	pub(crate) fn info(id: GameId) -> Option<GameInfoOf<T>> {
		let game = Games::<T>::get(id)?;
		let open = (0u32..).zip(game.board.open()).filter(|(_, open)| *open);
		Some(GameInfo {
			board: game.board.rows(),
			turn: game.board.stones(),
			to_move: game.to_move(),
			open: open.map(|(column, _)| column).collect(),
			opponent: game.opponent,
			player: game.player,
			ranked: game.ranked,
			stake: game.stake,
			fee: game.fee,
			deadline: game.deadline,
		})
	}

	/// The games of an opponent in which it is to move and has time, the oldest first.
	pub(crate) fn awaiting_of(id: OpponentId) -> Vec<GameId> {
		let Some(Opponent { games, .. }) = Opponents::<T>::get(id) else { return Vec::new() };
		let awaits = |id: &GameId| {
			Games::<T>::get(id)
				.is_some_and(|game| Self::ensure_may_move(&game, Side::Model).is_ok())
		};
		games.into_iter().filter(awaits).collect()
	}

	/// What a model is shown in a game in which it is to move.
	pub(crate) fn observation_of(id: GameId) -> Option<Vec<i32>> {
		let game = Games::<T>::get(id)?;
		Self::ensure_may_move(&game, Side::Model).ok()?;
		let opponent = Opponents::<T>::get(game.opponent)?;
		Some(game.board.observation(Side::Model, opponent.stone))
	}

	/// What a keeper proves a move for; `None` in the state of block 0, which does not know its own hash.
	pub(crate) fn context_of(id: GameId, keeper: &T::AccountId) -> Option<Context> {
		if frame_system::Pallet::<T>::block_number().is_zero() {
			return None;
		}
		Self::question(id, keeper).ok().map(|question| question.context)
	}

	/// What a game takes, at most, with its places in the lists of its player and its opponent.
	pub(crate) fn game_footprint() -> Footprint {
		Footprint::from_mel::<(GameId, GameOf<T>, T::AccountId, GameId, GameId)>()
	}

	/// What a player's rating takes, at most.
	pub(crate) fn rating_footprint() -> Footprint {
		Footprint::from_mel::<(T::AccountId, RatingOf<T>)>()
	}
}
