use super::*;
use frame_support::traits::fungible::Inspect;
use sp_runtime::{DispatchError, DispatchResult};

fn ended(game: GameId, winner: Option<Side>, ending: Ending) -> RuntimeEvent {
	Event::GameEnded { game, opponent: 0, player: ALICE, winner, ending }.into()
}

/// What Alice, the host and the keeper have gained since.
fn gains(since: [u64; 3]) -> [i64; 3] {
	let now = [ALICE, HOST, KEEPER].map(total);
	core::array::from_fn(|index| now[index] as i64 - since[index] as i64)
}

fn funds() -> [u64; 3] {
	[ALICE, HOST, KEEPER].map(total)
}

#[test]
fn the_player_wins_both_stakes() {
	run(|| {
		let before = funds();
		let game = start(ALICE, host(TERMS), 300, Side::Player);
		moves(game, &[0, 1, 0, 1, 0, 1, 0]);
		System::assert_last_event(ended(game, Some(Side::Player), Ending::FourInLine));
		assert_eq!(gains(before), [300 - 3 * 20, -300, 3 * 20]);
		assert_eq!(on_hold(ALICE), (0, 0, 0));
		assert_eq!((Npc::game(game), Npc::games_of(ALICE)), (None, vec![]));
		assert!(!PlayerGames::<Test>::contains_key(ALICE));
		assert_eq!(Npc::opponent(0).unwrap().games.len(), 0);
	});
}

#[test]
fn the_host_wins_both_stakes() {
	run(|| {
		let before = funds();
		let game = start(ALICE, host(TERMS), 300, Side::Player);
		moves(game, &[0, 1, 0, 1, 0, 1, 2, 1]);
		System::assert_last_event(ended(game, Some(Side::Model), Ending::FourInLine));
		assert_eq!(gains(before), [-300 - 4 * 20, 300, 4 * 20]);
	});
}

#[test]
fn the_move_that_fills_the_board_may_win() {
	run(|| {
		let game = start(ALICE, host(TERMS), 0, Side::Player);
		moves(game, &LAST_WINS[..41]);
		assert_eq!(Npc::game(game).unwrap().open, [5]);
		moves(game, &LAST_WINS[41..]);
		System::assert_last_event(ended(game, Some(Side::Model), Ending::FourInLine));
	});
}

/// All 42 moves of a game that only the last wins.
const LAST_WINS: [u32; 42] = [
	4, 6, 0, 2, 6, 5, 1, 2, 5, 2, 3, 4, 1, 1, 4, 0, 3, 5, 5, 6, 2, 4, 3, 0, 1, 3, 1, 5, 0, 1, 3, 0,
	2, 6, 2, 4, 3, 0, 4, 6, 6, 5,
];

#[test]
fn who_resigns_loses() {
	run(|| {
		let before = funds();
		let opponent = host(TERMS);
		let game = start(ALICE, opponent, 300, Side::Model);
		for stranger in [BOB, KEEPER, ADMIN] {
			assert_noop!(Npc::resign(signed(stranger), game), Error::<Test>::NotPlayer);
		}
		assert_noop!(Npc::resign(signed(ALICE), game + 1), Error::<Test>::GameNotFound);
		assert_ok!(Npc::resign(signed(ALICE), game));
		System::assert_last_event(ended(game, Some(Side::Model), Ending::Resigned));
		assert_eq!(gains(before), [-300, 300, 0]);
		assert_noop!(Npc::resign(signed(ALICE), game), Error::<Test>::GameNotFound);
		let game = start(ALICE, opponent, 300, Side::Model);
		assert_ok!(Npc::resign(signed(HOST), game));
		System::assert_last_event(ended(game, Some(Side::Player), Ending::Resigned));
		assert_eq!(gains(before), [0, 0, 0]);
	});
}

#[test]
fn who_does_not_move_in_time_loses() {
	run(|| {
		let before = funds();
		let opponent = host(TERMS);
		for (first, gain) in [(Side::Player, -300), (Side::Model, 0)] {
			let now = System::block_number();
			let game = start(ALICE, opponent, 300, first);
			for block in [now, now + TURN_BLOCKS] {
				System::set_block_number(block);
				let early = Npc::claim_timeout(signed(BOB), game);
				assert_noop!(early, Error::<Test>::StillInTime);
			}
			System::set_block_number(now + TURN_BLOCKS + 1);
			assert_noop!(Npc::claim_timeout(RuntimeOrigin::none(), game), BadOrigin);
			assert_ok!(Npc::claim_timeout(signed(BOB), game));
			System::assert_last_event(ended(game, Some(first.other()), Ending::TimedOut));
			assert_eq!(gains(before), [gain, -gain, 0]);
			let again = Npc::claim_timeout(signed(BOB), game);
			assert_noop!(again, Error::<Test>::GameNotFound);
		}
	});
}

#[test]
fn a_model_that_cannot_be_proven_loses_on_time() {
	run(|| {
		let opponent = host(TERMS);
		let game = start(ALICE, opponent, 300, Side::Model);
		let proven = prove(game, KEEPER, 3);
		let model = Npc::opponent(opponent).unwrap().model;
		assert_ok!(Zkml::suspend_model(signed(HOST), model));
		let suspended = Error::<Test>::Refused(VerifyError::ModelSuspended);
		assert_noop!(submit(game, KEEPER, proven), suspended);
		System::set_block_number(2 + TURN_BLOCKS);
		assert_ok!(Npc::claim_timeout(signed(ALICE), game));
		System::assert_last_event(ended(game, Some(Side::Player), Ending::TimedOut));
	});
}

#[test]
fn a_host_may_play_against_its_own_model() {
	run(|| {
		let before = funds();
		let opponent = host(TERMS);
		for columns in [vec![0, 1, 0, 1, 0, 1, 0], vec![0, 1, 0, 1, 0, 1, 2, 1]] {
			let game = start(HOST, opponent, 300, Side::Player);
			check();
			moves(game, &columns);
			check();
		}
		let game = start(HOST, opponent, 300, Side::Player);
		assert_ok!(Npc::resign(signed(HOST), game));
		assert_eq!(gains(before), [0, -7 * 20, 7 * 20]);
	});
}

#[test]
fn other_games_keep_what_is_theirs() {
	run(|| {
		let opponent = host(TERMS);
		let [first, second, third] = [(ALICE, 300), (ALICE, 500), (BOB, 700)]
			.map(|(player, stake)| start(player, opponent, stake, Side::Model));
		answer(second, 0);
		assert_ok!(Npc::resign(signed(ALICE), first));
		assert_eq!((on_hold(ALICE).1, on_hold(ALICE).2), (500, 20 * 20));
		assert_eq!(on_hold(HOST).1, 1_200);
		assert_eq!(Npc::games_of(ALICE), [second]);
		assert_eq!(Npc::opponent(opponent).unwrap().games[..], [second, third]);
		check();
		assert_ok!(Npc::resign(signed(HOST), third));
		assert_eq!(on_hold(HOST).1, 500);
	});
}

#[test]
fn what_is_on_hold_cannot_be_spent() {
	run(|| {
		let game = start(ALICE, host(TERMS), 300, Side::Player);
		let transfer = |from: u64, amount| -> DispatchResult {
			Balances::transfer_allow_death(signed(from), ADMIN, amount)
		};
		for account in [ALICE, HOST] {
			let free = Balances::free_balance(account);
			assert!(transfer(account, free).is_err(), "the account must live");
			assert_ok!(transfer(account, free - 10));
		}
		let before = total(ALICE);
		assert_ok!(Npc::resign(signed(HOST), game));
		assert_eq!(total(ALICE), before + 300);
	});
}

#[test]
fn what_is_frozen_is_lost_all_the_same() {
	run(|| {
		use frame_support::traits::{Currency, LockableCurrency, WithdrawReasons};
		let game = start(ALICE, host(TERMS), 300, Side::Player);
		let before = total(HOST);
		let all = <Balances as Currency<u64>>::total_balance(&ALICE);
		Balances::set_lock(*b"tests   ", &ALICE, all, WithdrawReasons::all());
		assert_ok!(Npc::resign(signed(ALICE), game));
		assert_eq!(total(HOST), before + 300);
	});
}

/// An account that something else keeps alive spends all that is not on hold.
fn spend_all(account: u64) {
	System::inc_providers(&account);
	let free = Balances::free_balance(account);
	assert_ok!(Balances::transfer_allow_death(signed(account), ADMIN, free));
	assert_eq!(Balances::free_balance(account), 0);
}

#[test]
fn nobody_blocks_an_end_by_being_unable_to_receive() {
	for (loser, burnt) in [(HOST, 5 + 5 + 2 * 21), (ALICE, 2 * 21)] {
		run(|| {
			let opponent = host(Terms { fee: 2, ..TERMS });
			assert_ok!(Npc::start_game(signed(ALICE), opponent, 5, 2, Side::Player));
			spend_all(ALICE);
			// Stakes, fees and deposit are dust now.
			ExistentialDeposit::set(10_000);
			let deposit = on_hold(ALICE).0;
			let issued = Balances::total_issuance();
			assert_ok!(Npc::resign(signed(loser), 0));
			assert_eq!(on_hold(ALICE), (0, 0, 0));
			assert_eq!(Balances::total_issuance(), issued - burnt - deposit);
			assert_eq!(Npc::game(0), None);
			check();
			// Whoever can receive does.
			assert_eq!(
				total(HOST) + total(ADMIN) + total(KEEPER),
				issued - RICH - 50 - burnt - deposit
			);
		});
	}
}

#[test]
fn a_winner_with_nothing_left_receives_what_makes_an_account() {
	run(|| {
		let opponent = host(TERMS);
		let game = start(ALICE, opponent, 300, Side::Player);
		spend_all(ALICE);
		let issued = Balances::total_issuance();
		let deposit = on_hold(ALICE).0;
		assert_ok!(Npc::resign(signed(HOST), game));
		assert_eq!(Balances::free_balance(ALICE), 600 + 21 * 20 + deposit);
		assert_eq!(Balances::total_issuance(), issued);
	});
}

#[test]
fn a_game_without_stake_or_fee_costs_only_a_deposit_for_its_time() {
	run(|| {
		let opponent = host(Terms { fee: 0, ..TERMS });
		let before = funds();
		let game = start(ALICE, opponent, 0, Side::Player);
		assert_eq!((on_hold(ALICE).1, on_hold(ALICE).2, on_hold(HOST).1), (0, 0, 0));
		moves(game, &[0, 1, 0, 1, 0, 1, 0]);
		assert_eq!(gains(before), [0, 0, 0]);
		let error: Result<(), DispatchError> = Npc::play(signed(ALICE), game, 0);
		assert_noop!(error, Error::<Test>::GameNotFound);
		assert_eq!(<Balances as Inspect<u64>>::balance(&ALICE), RICH);
	});
}
