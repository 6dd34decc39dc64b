use super::*;
use sp_runtime::{DispatchError, DispatchResult, TokenError};

fn try_start(player: u64, opponent: OpponentId, stake: u64) -> DispatchResult {
	Npc::start_game(signed(player), opponent, stake, TERMS.fee, Side::Player)
}

#[test]
fn a_game_starts_with_what_both_put_down() {
	run(|| {
		let opponent = host(TERMS);
		let (deposit_of_host, _, _) = on_hold(HOST);
		let game = start(ALICE, opponent, 300, Side::Player);
		let player = ALICE;
		let started = Event::GameStarted {
			game,
			opponent,
			player,
			stake: 300,
			fee: 20,
			first: Side::Player,
			ranked: false,
		};
		System::assert_last_event(started.into());
		let deposit = 10 + Npc::game_footprint().size;
		assert_eq!(on_hold(ALICE), (deposit, 300, 21 * 20));
		assert_eq!(on_hold(HOST), (deposit_of_host, 300, 0));
		let expected = GameInfo {
			opponent,
			player,
			ranked: false,
			stake: 300,
			fee: 20,
			board: Default::default(),
			turn: 0,
			to_move: Side::Player,
			open: (0..7).collect(),
			deadline: 1 + TURN_BLOCKS,
		};
		assert_eq!(Npc::game(game), Some(expected));
		assert_eq!(Npc::games_of(ALICE), [game]);
		assert_eq!(Npc::game(game + 1), None);
	});
}

#[test]
fn players_and_models_move_in_turn() {
	run(|| {
		let opponent = host(TERMS);
		let game = start(ALICE, opponent, 0, Side::Player);
		assert_noop!(Npc::play(signed(BOB), game, 3), Error::<Test>::NotPlayer);
		assert_noop!(Npc::play(signed(HOST), game, 3), Error::<Test>::NotPlayer);
		assert_noop!(Npc::play(signed(ALICE), game + 1, 3), Error::<Test>::GameNotFound);
		play(ALICE, game, 3);
		System::assert_last_event(Event::Played { game, column: 3 }.into());
		assert_noop!(Npc::play(signed(ALICE), game, 3), Error::<Test>::OutOfTurn);
		answer(game, 3);
		System::assert_last_event(Event::Answered { game, column: 3, keeper: KEEPER }.into());
		let found = Npc::game(game).unwrap();
		assert_eq!((found.turn, found.to_move), (2, Side::Player));
		assert_eq!(found.board[5][3], Some(Side::Player));
		assert_eq!(found.board[4][3], Some(Side::Model));
		assert_eq!(found.board.iter().flatten().flatten().count(), 2);
	});
}

#[test]
fn the_model_begins_if_it_is_asked_to() {
	run(|| {
		let opponent = host(TERMS);
		let game = start(ALICE, opponent, 0, Side::Model);
		assert_noop!(Npc::play(signed(ALICE), game, 3), Error::<Test>::OutOfTurn);
		answer(game, 0);
		play(ALICE, game, 0);
		assert_eq!(Npc::game(game).unwrap().to_move, Side::Model);
	});
}

#[test]
fn a_stone_goes_where_there_is_room() {
	run(|| {
		let opponent = host(TERMS);
		let game = start(ALICE, opponent, 0, Side::Player);
		moves(game, &[6; 6]);
		assert_eq!(Npc::game(game).unwrap().open, [0, 1, 2, 3, 4, 5]);
		for column in [6, 7, u32::MAX] {
			let played = Npc::play(signed(ALICE), game, column);
			assert_noop!(played, Error::<Test>::ColumnNotOpen);
		}
		play(ALICE, game, 5);
	});
}

#[test]
fn there_is_so_much_time_for_a_move() {
	run(|| {
		let opponent = host(TERMS);
		let game = start(ALICE, opponent, 0, Side::Player);
		System::set_block_number(1 + TURN_BLOCKS);
		play(ALICE, game, 3);
		assert_eq!(Npc::game(game).unwrap().deadline, 1 + 2 * TURN_BLOCKS);
		System::set_block_number(1 + 2 * TURN_BLOCKS);
		answer(game, 3);
		System::set_block_number(2 + 3 * TURN_BLOCKS);
		assert_noop!(Npc::play(signed(ALICE), game, 3), Error::<Test>::TooLate);
	});
}

#[test]
fn a_game_starts_only_on_terms_that_both_accept() {
	run(|| {
		let opponent = host(Terms { min_stake: 10, ..TERMS });
		let unknown = try_start(ALICE, opponent + 1, 100);
		assert_noop!(unknown, Error::<Test>::OpponentNotFound);
		assert_noop!(try_start(ALICE, opponent, 9), Error::<Test>::StakeTooLow);
		assert_noop!(try_start(ALICE, opponent, 1_001), Error::<Test>::StakeTooHigh);
		// The fee went up while the player was looking.
		let dear = Terms { fee: TERMS.fee + 1, ..TERMS };
		assert_ok!(Npc::set_terms(signed(HOST), opponent, dear));
		assert_noop!(try_start(ALICE, opponent, 100), Error::<Test>::FeeTooHigh);
		assert_ok!(Npc::set_terms(signed(HOST), opponent, Terms { open: false, ..TERMS }));
		assert_noop!(try_start(ALICE, opponent, 100), Error::<Test>::OpponentClosed);
		assert_ok!(Npc::set_terms(signed(HOST), opponent, TERMS));
		let nobody = Npc::start_game(RuntimeOrigin::none(), opponent, 100, TERMS.fee, Side::Player);
		assert_noop!(nobody, BadOrigin);
		assert_ok!(try_start(ALICE, opponent, 1_000));
		assert_ok!(try_start(ALICE, opponent, 0));
	});
}

#[test]
fn a_running_game_keeps_its_terms() {
	run(|| {
		let opponent = host(TERMS);
		let game = start(ALICE, opponent, 300, Side::Model);
		let other = Terms { fee: 9_999, min_stake: 500, max_stake: 600, max_games: 0, open: false };
		assert_ok!(Npc::set_terms(signed(HOST), opponent, other));
		let before = Balances::free_balance(KEEPER);
		answer(game, 3);
		assert_eq!(Balances::free_balance(KEEPER), before + TERMS.fee);
		let (_, stake, fees) = on_hold(ALICE);
		assert_eq!((stake, fees), (300, 20 * TERMS.fee));
	});
}

#[test]
fn games_at_once_are_counted() {
	run(|| {
		let opponent = host(Terms { max_games: 2, ..TERMS });
		let first = start(ALICE, opponent, 0, Side::Player);
		start(BOB, opponent, 0, Side::Player);
		assert_noop!(try_start(ALICE, opponent, 0), Error::<Test>::OpponentBusy);
		assert_ok!(Npc::resign(signed(ALICE), first));
		assert_ok!(try_start(ALICE, opponent, 0));
		// A player's games are counted against all opponents.
		let model = Npc::opponent(opponent).unwrap().model;
		assert_ok!(Npc::host_opponent(signed(BOB), model, TERMS));
		for _ in 1..MAX_GAMES_PER_PLAYER {
			start(ALICE, opponent + 1, 0, Side::Player);
		}
		assert_eq!(Npc::games_of(ALICE), [2, 3, 4]);
		assert_noop!(try_start(ALICE, opponent + 1, 0), Error::<Test>::TooManyGames);
	});
}

#[test]
fn who_cannot_pay_does_not_play() {
	run(|| {
		let opponent = host(Terms { max_stake: u64::MAX, ..TERMS });
		let no_funds = DispatchError::from(TokenError::FundsUnavailable);
		assert_noop!(try_start(POOR, opponent, 0), no_funds);
		let all = Balances::free_balance(ALICE);
		assert_noop!(try_start(ALICE, opponent, all), no_funds);
		// Ten of the host's are for its account to live.
		let most = Balances::free_balance(HOST) - 10;
		assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), ALICE, 2 * most));
		assert_noop!(try_start(ALICE, opponent, most + 1), Error::<Test>::HostCannotPay);
		assert_ok!(try_start(ALICE, opponent, most));
		// Fees beyond any balance.
		let fee = u64::MAX / 20;
		assert_ok!(Npc::set_terms(signed(HOST), opponent, Terms { fee, ..TERMS }));
		let dear = Npc::start_game(signed(BOB), opponent, 0, fee, Side::Player);
		assert_noop!(dear, no_funds);
	});
}

#[test]
fn a_model_never_makes_more_moves_than_are_paid_for() {
	run(|| {
		let opponent = host(TERMS);
		for first in [Side::Player, Side::Model] {
			let before = (total(ALICE), total(HOST), total(KEEPER));
			let game = start(ALICE, opponent, 100, first);
			moves(game, &DRAW);
			let ending = Ending::BoardFull;
			let ended = Event::GameEnded { game, opponent, player: ALICE, winner: None, ending };
			System::assert_last_event(ended.into());
			let after =
				(total(ALICE) + 21 * TERMS.fee, total(HOST), total(KEEPER) - 21 * TERMS.fee);
			assert_eq!(after, before);
			assert_eq!(on_hold(ALICE), (0, 0, 0));
		}
	});
}

/// All 42 moves of a game that nobody wins.
pub(super) const DRAW: [u32; 42] = [
	0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 2, 3, 2, 3, 3, 2, 3, 2, 2, 3, 2, 3, 4, 5, 4, 5, 5, 4, 5, 4,
	4, 5, 4, 5, 6, 6, 6, 6, 6, 6,
];
