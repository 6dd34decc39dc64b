//! What is true of the storage between any two calls.

use crate::{elo, pallet::*, GameId};
use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use sp_runtime::{traits::Saturating, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks that games run as the rules say, that lists and games agree, that what is on hold is what
	/// games need, and that ratings are possible.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let now = frame_system::Pallet::<T>::block_number();
		let latest = now.saturating_add(T::TurnBlocks::get());
		let mut stakes = BTreeMap::<T::AccountId, BalanceOf<T>>::new();
		let mut fees = BTreeMap::<T::AccountId, BalanceOf<T>>::new();
		let mut ranked = BTreeMap::<T::AccountId, u32>::new();
		let mut of_opponents = BTreeSet::<(_, GameId)>::new();
		let mut of_players = BTreeSet::<(_, GameId)>::new();
		for (id, game) in Games::<T>::iter() {
			ensure!(id < NextGame::<T>::get(), "a game comes from the future");
			ensure!(game.board.can_run(game.first), "a game runs that cannot");
			ensure!(game.deadline <= latest, "there is more time for a move than anybody has");
			let opponent = Opponents::<T>::get(game.opponent).ok_or("a game is against nobody")?;
			let add = |to: &mut BTreeMap<_, BalanceOf<T>>, who: &T::AccountId, amount| {
				let sum = to.entry(who.clone()).or_default();
				*sum = sum.saturating_add(amount);
			};
			add(&mut stakes, &game.player, game.stake);
			add(&mut stakes, &opponent.host, game.stake);
			add(&mut fees, &game.player, game.unspent());
			if game.ranked {
				let running = ranked.entry(game.player.clone()).or_default();
				*running = running.saturating_add(1);
			}
			of_opponents.insert((game.opponent, id));
			of_players.insert((game.player, id));
		}
		for (reason, needed) in [(HoldReason::Stake, stakes), (HoldReason::Fees, fees)] {
			for (account, amount) in needed {
				let held = T::Currency::balance_on_hold(&reason.into(), &account);
				ensure!(held == amount, "what is on hold is not what games need");
			}
		}

		let mut listed = BTreeSet::new();
		for (id, opponent) in Opponents::<T>::iter() {
			ensure!(id < NextOpponent::<T>::get(), "an opponent comes from the future");
			ensure!(opponent.stone > 0, "a stone looks like none");
			ensure!(opponent.points >= elo::FLOOR, "an opponent's rating is below the least");
			for game in opponent.games {
				ensure!(listed.insert((id, game)), "an opponent lists a game twice");
			}
		}
		ensure!(listed == of_opponents, "the games of opponents are not those that run");

		let mut listed = BTreeSet::new();
		for (player, games) in PlayerGames::<T>::iter() {
			ensure!(!games.is_empty(), "a list of no games is kept");
			for game in games {
				ensure!(listed.insert((player.clone(), game)), "a player lists a game twice");
			}
		}
		ensure!(listed == of_players, "the games of players are not those that run");

		for (player, rating) in Ratings::<T>::iter() {
			ensure!(rating.points >= elo::FLOOR, "a player's rating is below the least");
			let running = ranked.remove(&player).unwrap_or_default();
			ensure!(rating.running == running, "a player's ranked games were miscounted");
		}
		ensure!(ranked.is_empty(), "a ranked game is of a player without a rating");
		Ok(())
	}
}
