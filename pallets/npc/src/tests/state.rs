use super::*;
use codec::{Decode, Encode, MaxEncodedLen};
use sp_runtime::TryRuntimeError;

/// What is wrong after a change of what is stored, where Alice plays ranked game 0 against opponent 0.
fn wrong(change: impl FnOnce()) -> &'static str {
	ext().execute_with(|| {
		start_ranked(ALICE, host_ranked());
		Npc::do_try_state().unwrap();
		change();
		match Npc::do_try_state() {
			Err(TryRuntimeError::Other(what)) => what,
			_ => "",
		}
	})
}

fn wrong_game(change: impl FnOnce(&mut GameOf<Test>)) -> &'static str {
	wrong(|| Games::<Test>::mutate(0, |game| change(game.as_mut().unwrap())))
}

fn wrong_opponent(change: impl FnOnce(&mut OpponentOf<Test>)) -> &'static str {
	wrong(|| Opponents::<Test>::mutate(0, |opponent| change(opponent.as_mut().unwrap())))
}

fn wrong_rating(change: impl FnOnce(&mut RatingOf<Test>)) -> &'static str {
	wrong(|| Ratings::<Test>::mutate(ALICE, |rating| change(rating.as_mut().unwrap())))
}

#[test]
fn a_game_that_cannot_be_is_found() {
	assert_eq!(wrong_game(|game| game.board.player = 2), "a game runs that cannot");
	let late = "there is more time for a move than anybody has";
	assert_eq!(wrong_game(|game| game.deadline = 2 + TURN_BLOCKS), late);
	assert_eq!(wrong_game(|game| game.opponent = 7), "a game is against nobody");
	let held = "what is on hold is not what games need";
	assert_eq!(wrong_game(|game| game.stake += 1), held);
	assert_eq!(wrong_game(|game| game.fee += 1), held);
	assert_eq!(wrong_game(|game| game.player = BOB), held);
	let counted = "a player's ranked games were miscounted";
	assert_eq!(wrong_game(|game| game.ranked = false), counted);
	assert_eq!(wrong(|| NextGame::<Test>::put(0)), "a game comes from the future");
}

#[test]
fn lists_that_disagree_with_games_are_found() {
	let of_opponents = "the games of opponents are not those that run";
	assert_eq!(wrong_opponent(|opponent| opponent.games.clear()), of_opponents);
	assert_eq!(wrong_opponent(|opponent| opponent.games[0] = 1), of_opponents);
	let twice = "an opponent lists a game twice";
	assert_eq!(wrong_opponent(|opponent| opponent.games.try_push(0).unwrap()), twice);
	let of_players = "the games of players are not those that run";
	assert_eq!(wrong(|| PlayerGames::<Test>::remove(ALICE)), of_players);
	let add = |who| PlayerGames::<Test>::mutate(who, |games| games.try_push(0).unwrap());
	assert_eq!(wrong(|| add(BOB)), of_players);
	assert_eq!(wrong(|| add(ALICE)), "a player lists a game twice");
	let empty = || PlayerGames::<Test>::mutate(BOB, |games| games.clear());
	assert_eq!(wrong(empty), "a list of no games is kept");
}

#[test]
fn opponents_and_ratings_that_cannot_be_are_found() {
	assert_eq!(wrong_opponent(|opponent| opponent.stone = 0), "a stone looks like none");
	let low = "an opponent's rating is below the least";
	assert_eq!(wrong_opponent(|opponent| opponent.points = 99), low);
	assert_eq!(wrong(|| NextOpponent::<Test>::put(0)), "an opponent comes from the future");
	let low = "a player's rating is below the least";
	assert_eq!(wrong_rating(|rating| rating.points = 99), low);
	let counted = "a player's ranked games were miscounted";
	assert_eq!(wrong_rating(|rating| rating.running = 2), counted);
	let without = "a ranked game is of a player without a rating";
	assert_eq!(wrong(|| Ratings::<Test>::remove(ALICE)), without);
}

#[test]
fn what_travels_keeps_its_form() {
	assert!(GameOf::<Test>::max_encoded_len() < 100);
	assert!(OpponentOf::<Test>::max_encoded_len() < 150);
	let errors = [
		Error::<Test>::OpponentNotFound,
		Error::NotHost,
		Error::ModelNotFound,
		Error::UnsuitableInput,
		Error::UnsuitableOutput,
		Error::UnsuitableScale,
		Error::StoneOutOfRange,
		Error::MaxGamesTooHigh,
		Error::StakesContradict,
		Error::GamesRunning,
		Error::OpponentClosed,
		Error::OpponentBusy,
		Error::StakeTooLow,
		Error::StakeTooHigh,
		Error::FeeTooHigh,
		Error::HostCannotPay,
		Error::TooManyGames,
		Error::NotRanked,
		Error::OwnOpponent,
		Error::NumbersExhausted,
		Error::GameNotFound,
		Error::NotPlayer,
		Error::OutOfTurn,
		Error::TooLate,
		Error::ColumnNotOpen,
		Error::Refused(VerifyError::ModelNotFound),
		Error::OtherBoard,
		Error::OtherColumns,
		Error::StillInTime,
		Error::RatingNotFound,
		Error::RankedGameRunning,
		Error::RatingTooLow,
	];
	for (index, error) in errors.iter().enumerate() {
		assert_eq!(error.encode()[0], index as u8);
	}
	for (index, reason) in
		[HoldReason::Deposit, HoldReason::Stake, HoldReason::Fees].iter().enumerate()
	{
		assert_eq!(reason.encode(), [index as u8]);
	}
	assert_eq!([Side::Player, Side::Model].encode(), [0, 1]);
	let endings = [Ending::FourInLine, Ending::BoardFull, Ending::Resigned, Ending::TimedOut];
	assert_eq!(endings.encode(), [0, 1, 2, 3]);
	// A keeper off the chain makes the payload itself.
	assert_eq!((5u64, 3u32).encode(), [5, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0]);
	run(|| {
		let info = Npc::game(start(ALICE, host(TERMS), 1, Side::Model)).unwrap();
		assert_eq!(GameInfoOf::<Test>::decode(&mut &info.encode()[..]), Ok(info));
	});
}

#[test]
fn calls_keep_their_indices() {
	let calls = [
		"host_opponent",
		"set_terms",
		"remove_opponent",
		"set_ranked",
		"start_game",
		"start_ranked",
		"play",
		"answer",
		"resign",
		"claim_timeout",
		"forget_rating",
	];
	use frame_support::traits::{GetCallIndex, GetCallName};
	assert_eq!(Call::<Test>::get_call_names(), calls);
	assert_eq!(Call::<Test>::get_call_indices(), (0..11).collect::<Vec<u8>>());
}
