use super::*;

fn points(player: u64, opponent: OpponentId) -> (u32, u32) {
	(Npc::rating(player).unwrap().points, Npc::opponent(opponent).unwrap().points)
}

#[test]
fn a_ranked_game_moves_both_ratings() {
	run(|| {
		let opponent = host_ranked();
		assert!(Npc::may_play_ranked(ALICE) && !Npc::may_play_ranked(KEEPER));
		let game = start_ranked(ALICE, opponent);
		let found = Npc::game(game).unwrap();
		assert_eq!((found.ranked, found.to_move), (true, Side::Player));
		assert_eq!(points(ALICE, opponent), (1_500, 1_500));
		moves(game, &[0, 1, 0, 1, 0, 1, 0]);
		System::assert_last_event(Event::Rated { game, player: 1_516, opponent: 1_484 }.into());
		assert_eq!(points(ALICE, opponent), (1_516, 1_484));
		// Of 32 apart the better wins 15 and loses 17.
		let game = start_ranked(ALICE, opponent);
		assert_ok!(Npc::resign(signed(ALICE), game));
		assert_eq!(points(ALICE, opponent), (1_499, 1_501));
		assert_eq!(Npc::rating(BOB), None);
	});
}

#[test]
fn a_draw_brings_ratings_together() {
	run(|| {
		let opponent = host_ranked();
		let game = start_ranked(ALICE, opponent);
		Opponents::<Test>::mutate(opponent, |found| found.as_mut().unwrap().points = 1_900);
		moves(game, &super::playing::DRAW);
		// One expects 10/11 of a game against one who is 400 below: 3 points of 32 less than all.
		assert_eq!(points(ALICE, opponent), (1_513, 1_887));
	});
}

#[test]
fn other_games_move_no_rating() {
	run(|| {
		let opponent = host_ranked();
		let first = start_ranked(ALICE, opponent);
		let second = start(ALICE, opponent, 100, Side::Player);
		assert_ok!(Npc::resign(signed(ALICE), second));
		assert_eq!(points(ALICE, opponent), (1_500, 1_500));
		assert!(!events().iter().any(|event| matches!(event, Event::Rated { .. })));
		assert_ok!(Npc::resign(signed(ALICE), first));
		assert_eq!(points(ALICE, opponent), (1_484, 1_516));
	});
}

#[test]
fn who_begins_alternates() {
	run(|| {
		let opponent = host_ranked();
		for first in [Side::Player, Side::Model, Side::Player, Side::Model] {
			let game = start_ranked(ALICE, opponent);
			assert_eq!(Npc::game(game).unwrap().to_move, first);
			// Several at once, too.
			let another = start_ranked(BOB, opponent);
			assert_eq!(Npc::game(another).unwrap().to_move, first);
			let third = start_ranked(BOB, opponent);
			assert_eq!(Npc::game(third).unwrap().to_move, first.other());
			for (player, game) in [(ALICE, game), (BOB, another), (BOB, third)] {
				assert_ok!(Npc::resign(signed(player), game));
			}
			// Not by what else is played.
			let other = start(ALICE, opponent, 0, Side::Player);
			assert_ok!(Npc::resign(signed(ALICE), other));
			assert_ok!(Npc::resign(signed(BOB), start_ranked(BOB, opponent)));
		}
		assert_eq!(Npc::rating(ALICE).unwrap().started, 4);
	});
}

#[test]
fn ranked_games_are_of_people_against_admitted_opponents() {
	run(|| {
		let opponent = host(TERMS);
		let try_to = |who, opponent, fee| Npc::start_ranked(signed(who), opponent, 100, fee);
		assert_noop!(try_to(ALICE, opponent, 20), Error::<Test>::NotRanked);
		assert_ok!(Npc::set_ranked(signed(ADMIN), opponent, true));
		assert_noop!(try_to(KEEPER, opponent, 20), BadOrigin);
		assert_noop!(try_to(HOST, opponent, 20), Error::<Test>::OwnOpponent);
		assert_noop!(try_to(ALICE, opponent + 1, 20), Error::<Test>::OpponentNotFound);
		assert_noop!(try_to(ALICE, opponent, 19), Error::<Test>::FeeTooHigh);
		assert_ok!(try_to(ALICE, opponent, 20));
		// The game stays ranked when its opponent does not.
		assert_ok!(Npc::set_ranked(signed(ADMIN), opponent, false));
		assert_noop!(try_to(ALICE, opponent, 20), Error::<Test>::NotRanked);
		assert_ok!(Npc::resign(signed(ALICE), 0));
		assert_eq!(points(ALICE, opponent), (1_484, 1_516));
	});
}

#[test]
fn a_rating_is_forgotten_unless_that_would_raise_it() {
	run(|| {
		let opponent = host_ranked();
		let forget = || Npc::forget_rating(signed(ALICE));
		assert_noop!(forget(), Error::<Test>::RatingNotFound);
		assert_noop!(Npc::forget_rating(RuntimeOrigin::none()), BadOrigin);
		let game = start_ranked(ALICE, opponent);
		let deposit = 10 + Npc::rating_footprint().size;
		assert_eq!(on_hold(ALICE).0, deposit + 10 + Npc::game_footprint().size);
		assert_noop!(forget(), Error::<Test>::RankedGameRunning);
		assert_ok!(Npc::resign(signed(ALICE), game));
		assert_noop!(forget(), Error::<Test>::RatingTooLow);
		assert_eq!(on_hold(ALICE).0, deposit);
		let game = start_ranked(ALICE, opponent);
		assert_ok!(Npc::resign(signed(HOST), game));
		assert_eq!(points(ALICE, opponent), (1_501, 1_499));
		assert_ok!(forget());
		System::assert_last_event(Event::RatingForgotten { player: ALICE }.into());
		assert_eq!((Npc::rating(ALICE), on_hold(ALICE).0), (None, 0));
		start_ranked(ALICE, opponent);
		assert_eq!(points(ALICE, opponent), (1_500, 1_499));
	});
}

#[test]
fn nobody_falls_below_the_least_rating() {
	run(|| {
		let opponent = host_ranked();
		let game = start_ranked(ALICE, opponent);
		Ratings::<Test>::mutate(ALICE, |found| found.as_mut().unwrap().points = 105);
		assert_ok!(Npc::resign(signed(ALICE), game));
		// 1,395 apart: nothing to win for the better one.
		assert_eq!(points(ALICE, opponent), (105, 1_500));
		Opponents::<Test>::mutate(opponent, |found| found.as_mut().unwrap().points = 110);
		let game = start_ranked(ALICE, opponent);
		assert_ok!(Npc::resign(signed(ALICE), game));
		assert_eq!(points(ALICE, opponent), (100, 115));
	});
}
