//! Benchmarks: where a call can end a game, it ends a ranked one, with lists as long as can be.

use super::*;
use crate::games::Agreed;
use core::marker::PhantomData;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{
		fungible::{Inspect, Unbalanced},
		tokens::Precision,
		Consideration, EnsureOrigin, Get,
	},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use pallet_zkml::fixtures::Prover;
use sp_runtime::{
	traits::{Hash, One, Saturating},
	DispatchError, DispatchResult,
};
use zkml_primitives::{
	InputVisibility, Interface, Mask, ModelId, Output, OutputKind, Packing, Scale, Tensor, Values,
	WeightsVisibility,
};

/// Makes models that can be played against.
pub trait BenchmarkHelper<AccountId> {
	/// Registers one for an account.
	///
	/// # Errors
	/// What the registry says.
	fn register_model(owner: &AccountId) -> Result<ModelId, DispatchError>;
}

/// Registers them with the `pallet-zkml` of a runtime.
pub struct RegisterModel<Runtime>(PhantomData<Runtime>);

impl<Runtime: pallet_zkml::Config> BenchmarkHelper<Runtime::AccountId> for RegisterModel<Runtime> {
	fn register_model(owner: &Runtime::AccountId) -> Result<ModelId, DispatchError> {
		// Stones of 512, which take the wider type.
		let packing = Packing { width: 16, count: board::OBSERVATION, offset: 0 };
		let interface = Interface {
			input: InputVisibility::Public(Tensor { packing, scale: Scale::power_of_two(-9) }),
			weights: WeightsVisibility::Public,
			output: OutputKind::MaskedArgmax { classes: board::COLUMNS },
		};
		Prover::new(1, interface).register::<Runtime>(owner)
	}
}

/// What is paid for a move, and put down.
fn amount<T: Config>() -> BalanceOf<T> {
	T::Currency::minimum_balance().max(One::one())
}

/// Lets an account pay for anything.
fn fund<T: Config>(account: &T::AccountId) -> DispatchResult {
	for footprint in [
		Pallet::<T>::opponent_footprint(),
		Pallet::<T>::game_footprint(),
		Pallet::<T>::rating_footprint(),
	] {
		T::Consideration::ensure_successful(account, footprint);
	}
	let funds = amount::<T>().saturating_mul(1_000u32.into());
	T::Currency::set_total_issuance(T::Currency::total_issuance().saturating_add(funds));
	T::Currency::increase_balance(account, funds, Precision::Exact)?;
	Ok(())
}

fn terms<T: Config>() -> TermsOf<T> {
	let amount = amount::<T>();
	let max_games = T::MaxGames::get();
	Terms { fee: amount, min_stake: amount, max_stake: amount, max_games, open: true }
}

fn agreed<T: Config>() -> Agreed<BalanceOf<T>> {
	Agreed { stake: amount::<T>(), max_fee: amount::<T>() }
}

/// An opponent that is admitted to ranked games, with room for one more.
fn hosted<T: Config>(host: &T::AccountId) -> Result<OpponentId, DispatchError> {
	let genesis = T::Hashing::hash(b"genesis");
	frame_system::BlockHash::<T>::insert(BlockNumberFor::<T>::from(0u32), genesis);
	frame_system::Pallet::<T>::set_block_number(1u32.into());
	fund::<T>(host)?;
	let model = T::BenchmarkHelper::register_model(host)?;
	let id = NextOpponent::<T>::get();
	Pallet::<T>::do_host_opponent(host.clone(), model, terms::<T>())?;
	Pallet::<T>::do_set_ranked(id, true)?;
	Opponents::<T>::mutate(id, |opponent| {
		if let Some(opponent) = opponent {
			opponent.games = others(T::MaxGames::get());
		}
	});
	Ok(id)
}

/// A player with room for one more game.
fn busy<T: Config>(player: &T::AccountId) -> DispatchResult {
	fund::<T>(player)?;
	PlayerGames::<T>::insert(player, others(T::MaxGamesPerPlayer::get()));
	Ok(())
}

/// So many games that are others, less one.
fn others<Most: Get<u32>>(count: u32) -> BoundedVec<GameId, Most> {
	BoundedVec::truncate_from((1..count).map(|number| GameId::MAX - u64::from(number)).collect())
}

/// A ranked game in which `first` lacks one stone, in column 3, and is to move.
fn nearly_won<T: Config>(
	host: &T::AccountId,
	player: &T::AccountId,
	first: Side,
) -> Result<GameId, DispatchError> {
	let opponent = hosted::<T>(host)?;
	busy::<T>(player)?;
	let id = NextGame::<T>::get();
	Pallet::<T>::do_start_ranked(player.clone(), opponent, agreed::<T>())?;
	Games::<T>::mutate(id, |game| {
		let Some(game) = game else { return };
		game.first = first;
		for column in 0..3 {
			for side in [first, first.other()] {
				game.board = game.board.place(side, column).unwrap_or_default();
			}
		}
	});
	Ok(id)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn host_opponent() -> Result<(), BenchmarkError> {
		let host: T::AccountId = whitelisted_caller();
		fund::<T>(&host)?;
		let model = T::BenchmarkHelper::register_model(&host)?;
		let id = NextOpponent::<T>::get();
		#[extrinsic_call]
		_(RawOrigin::Signed(host), model, terms::<T>());
		assert!(Opponents::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn set_terms() -> Result<(), BenchmarkError> {
		let host: T::AccountId = whitelisted_caller();
		let id = hosted::<T>(&host)?;
		let closed = Terms { open: false, ..terms::<T>() };
		#[extrinsic_call]
		_(RawOrigin::Signed(host), id, closed);
		assert!(Opponents::<T>::get(id).is_some_and(|opponent| !opponent.terms.open));
		Ok(())
	}

	#[benchmark]
	fn remove_opponent() -> Result<(), BenchmarkError> {
		let host: T::AccountId = whitelisted_caller();
		let id = hosted::<T>(&host)?;
		Opponents::<T>::mutate(id, |opponent| {
			if let Some(opponent) = opponent {
				opponent.games.clear();
			}
		});
		#[extrinsic_call]
		_(RawOrigin::Signed(host), id);
		assert!(!Opponents::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn set_ranked() -> Result<(), BenchmarkError> {
		let host: T::AccountId = account("host", 0, 0);
		let id = hosted::<T>(&host)?;
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| "nobody administrates")?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, id, false);
		assert!(Opponents::<T>::get(id).is_some_and(|opponent| !opponent.ranked));
		Ok(())
	}

	#[benchmark]
	fn start_game() -> Result<(), BenchmarkError> {
		let host: T::AccountId = account("host", 0, 0);
		let opponent = hosted::<T>(&host)?;
		let player: T::AccountId = whitelisted_caller();
		busy::<T>(&player)?;
		let id = NextGame::<T>::get();
		let amount = amount::<T>();
		#[extrinsic_call]
		_(RawOrigin::Signed(player), opponent, amount, amount, Side::Player);
		assert!(Games::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn start_ranked() -> Result<(), BenchmarkError> {
		let host: T::AccountId = account("another host", 0, 0);
		let opponent = hosted::<T>(&host)?;
		let origin = T::RankedOrigin::try_successful_origin().map_err(|_| "nobody plays")?;
		let who = T::RankedOrigin::ensure_origin(origin.clone());
		let player = who.map_err(|_| "somebody plays who is not known")?;
		busy::<T>(&player)?;
		Ratings::<T>::remove(&player);
		let id = NextGame::<T>::get();
		let amount = amount::<T>();
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, opponent, amount, amount);
		assert!(Games::<T>::get(id).is_some_and(|game| game.ranked));
		assert!(Ratings::<T>::contains_key(player));
		Ok(())
	}

	#[benchmark]
	fn play() -> Result<(), BenchmarkError> {
		let host: T::AccountId = account("host", 0, 0);
		let player: T::AccountId = whitelisted_caller();
		let id = nearly_won::<T>(&host, &player, Side::Player)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(player), id, 3);
		assert!(!Games::<T>::contains_key(id));
		Ok(())
	}

	/// All but the check of the proof.
	#[benchmark]
	fn answer() -> Result<(), BenchmarkError> {
		let host: T::AccountId = account("host", 0, 0);
		let player: T::AccountId = account("player", 0, 0);
		let keeper: T::AccountId = whitelisted_caller();
		let id = nearly_won::<T>(&host, &player, Side::Model)?;
		fund::<T>(&keeper)?;
		let seen = Pallet::<T>::observation_of(id).ok_or("the model is not to move")?;
		let input = Values::new(&seen);
		let mask = Mask::new([true; 7].into_iter()).ok_or("there are few columns")?;
		let output = Output::MaskedLabel { label: 3, mask };
		let made: DispatchResult;
		#[block]
		{
			let question = Pallet::<T>::question(id, &keeper).map_err(DispatchError::from);
			made = question.and_then(|question| {
				Pallet::<T>::answered(keeper, id, question, input.as_ref(), &output)
			});
		}
		assert_eq!(made, Ok(()));
		assert!(!Games::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn resign() -> Result<(), BenchmarkError> {
		let host: T::AccountId = whitelisted_caller();
		let player: T::AccountId = account("player", 0, 0);
		let id = nearly_won::<T>(&host, &player, Side::Player)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(host), id);
		assert!(!Games::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn claim_timeout() -> Result<(), BenchmarkError> {
		let host: T::AccountId = account("host", 0, 0);
		let player: T::AccountId = account("player", 0, 0);
		let id = nearly_won::<T>(&host, &player, Side::Player)?;
		let now = frame_system::Pallet::<T>::block_number();
		let late = now.saturating_add(T::TurnBlocks::get()).saturating_add(One::one());
		frame_system::Pallet::<T>::set_block_number(late);
		let anybody: T::AccountId = whitelisted_caller();
		#[extrinsic_call]
		_(RawOrigin::Signed(anybody), id);
		assert!(!Games::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn forget_rating() -> Result<(), BenchmarkError> {
		let player: T::AccountId = whitelisted_caller();
		fund::<T>(&player)?;
		let ticket = T::Consideration::new(&player, Pallet::<T>::rating_footprint())?;
		Ratings::<T>::insert(&player, Rating::new(ticket));
		#[extrinsic_call]
		_(RawOrigin::Signed(player.clone()));
		assert!(!Ratings::<T>::contains_key(player));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ext(), crate::mock::Test);
}
