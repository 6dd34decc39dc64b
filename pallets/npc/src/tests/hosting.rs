use super::*;
use sp_runtime::{DispatchError, TokenError};

fn with_input(width: u8, count: u32, offset: i32, scale: Scale) -> Interface {
	let packing = Packing { width, count, offset };
	Interface { input: InputVisibility::Public(Tensor { packing, scale }), ..interface() }
}

#[test]
fn a_model_is_hosted() {
	run(|| {
		let opponent = host(TERMS);
		let found = Npc::opponent(opponent).unwrap();
		let model = found.model;
		let hosted = Event::OpponentHosted { opponent, host: HOST, model, terms: TERMS };
		System::assert_last_event(hosted.into());
		assert_eq!((found.host, found.stone, found.terms), (HOST, STONE, TERMS));
		assert_eq!((found.points, found.ranked, found.games.len()), (1_500, false, 0));
		// Anybody may host it again: as an opponent of its own.
		assert_ok!(Npc::host_opponent(signed(BOB), model, TERMS));
		assert_eq!(Npc::opponent(opponent + 1).unwrap().host, BOB);
		assert_noop!(Npc::host_opponent(RuntimeOrigin::none(), model, TERMS), BadOrigin);
		assert_eq!(Npc::opponent(opponent + 2), None);
	});
}

#[test]
fn a_model_that_cannot_play_is_not_hosted() {
	run(|| {
		let unknown = Npc::host_opponent(signed(HOST), ModelId([9; 32]), TERMS);
		assert_noop!(unknown, Error::<Test>::ModelNotFound);
		let exact = Scale::power_of_two(-7);
		let refuse = |interface, error: Error<Test>| {
			let model = Prover::new(3, interface).register::<Test>(&HOST).unwrap();
			assert_noop!(Npc::host_opponent(signed(HOST), model, TERMS), error);
		};
		refuse(
			Interface { input: InputVisibility::Private, ..interface() },
			Error::UnsuitableInput,
		);
		refuse(with_input(8, 83, 0, exact), Error::UnsuitableInput);
		refuse(with_input(8, 85, 0, exact), Error::UnsuitableInput);
		for output in [
			OutputKind::Argmax { classes: 7 },
			OutputKind::MaskedArgmax { classes: 6 },
			OutputKind::MaskedArgmax { classes: 8 },
		] {
			refuse(Interface { output, ..interface() }, Error::UnsuitableOutput);
		}
		// A third of a stone, two stones, and one and a half in a unit.
		for (mantissa, exponent) in [(3, -7), (1, 1), (2, 0), (3, -1), (255, -16)] {
			let scale = Scale { mantissa, exponent };
			refuse(with_input(8, 84, 0, scale), Error::UnsuitableScale);
		}
		// 256 in a byte, 0 among positive values, and what no integer of a chain holds.
		refuse(with_input(8, 84, 0, Scale::power_of_two(-8)), Error::StoneOutOfRange);
		refuse(with_input(8, 84, 1, exact), Error::StoneOutOfRange);
		refuse(with_input(8, 84, -128, exact), Error::StoneOutOfRange);
		for exponent in [-31, -61, -62, -63, -64, i16::MIN] {
			let scale = Scale::power_of_two(exponent);
			refuse(with_input(31, 84, 0, scale), Error::StoneOutOfRange);
		}
	});
}

#[test]
fn a_stone_is_one_in_the_units_of_the_input() {
	for (width, offset, mantissa, exponent, stone) in [
		(1, 0, 1, 0, 1),
		(8, 0, 1, -7, 128),
		// The same scale, written otherwise.
		(8, 0, 2, -8, 128),
		(8, 0, 128, -14, 128),
		(8, -127, 1, -7, 128),
		(8, -128, 1, -6, 64),
		(31, 0, 1, -30, 1 << 30),
		(31, 0, 1 << 31, -61, 1 << 30),
	] {
		let scale = Scale { mantissa, exponent };
		let found = Npc::stone_of(&with_input(width, 84, offset, scale));
		assert_eq!(found.ok(), Some(stone), "{mantissa} · 2^{exponent}");
	}
}

#[test]
fn terms_can_be_kept_and_are_the_hosts() {
	run(|| {
		let opponent = host(TERMS);
		let model = Npc::opponent(opponent).unwrap().model;
		let many = Terms { max_games: MAX_GAMES + 1, ..TERMS };
		let contradict = Terms { min_stake: 6, max_stake: 5, ..TERMS };
		let set = |terms| Npc::set_terms(signed(HOST), opponent, terms);
		let hosted = |terms| Npc::host_opponent(signed(HOST), model, terms);
		assert_noop!(set(many), Error::<Test>::MaxGamesTooHigh);
		assert_noop!(hosted(many), Error::<Test>::MaxGamesTooHigh);
		assert_noop!(set(contradict), Error::<Test>::StakesContradict);
		assert_noop!(hosted(contradict), Error::<Test>::StakesContradict);
		let terms = Terms { fee: 7, min_stake: 5, max_stake: 5, max_games: 0, open: false };
		let others = Npc::set_terms(signed(BOB), opponent, terms);
		assert_noop!(others, Error::<Test>::NotHost);
		let unknown = Npc::set_terms(signed(HOST), opponent + 1, terms);
		assert_noop!(unknown, Error::<Test>::OpponentNotFound);
		assert_ok!(Npc::set_terms(signed(HOST), opponent, terms));
		System::assert_last_event(Event::TermsSet { opponent, terms }.into());
		assert_eq!(Npc::opponent(opponent).unwrap().terms, terms);
	});
}

#[test]
fn an_opponent_without_games_is_removed() {
	run(|| {
		let before = Balances::free_balance(HOST);
		let opponent = host(TERMS);
		let game = start(ALICE, opponent, 0, Side::Player);
		let removed = Npc::remove_opponent(signed(HOST), opponent);
		assert_noop!(removed, Error::<Test>::GamesRunning);
		assert_ok!(Npc::resign(signed(HOST), game));
		let others = Npc::remove_opponent(signed(BOB), opponent);
		assert_noop!(others, Error::<Test>::NotHost);
		assert_ok!(Npc::remove_opponent(signed(HOST), opponent));
		System::assert_last_event(Event::OpponentRemoved { opponent }.into());
		assert_eq!(Balances::free_balance(HOST), before);
		let again = Npc::remove_opponent(signed(HOST), opponent);
		assert_noop!(again, Error::<Test>::OpponentNotFound);
		// The next is another, also of the same model.
		let model = PROVER.register::<Test>(&BOB).unwrap();
		assert_ok!(Npc::host_opponent(signed(HOST), model, TERMS));
		assert!(Npc::opponent(opponent).is_none() && Npc::opponent(opponent + 1).is_some());
	});
}

#[test]
fn only_the_admin_admits_to_ranked_games() {
	run(|| {
		let opponent = host(TERMS);
		for origin in [signed(HOST), RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(Npc::set_ranked(origin, opponent, true), BadOrigin);
		}
		let unknown = Npc::set_ranked(signed(ADMIN), opponent + 1, true);
		assert_noop!(unknown, Error::<Test>::OpponentNotFound);
		for ranked in [true, false] {
			assert_ok!(Npc::set_ranked(signed(ADMIN), opponent, ranked));
			System::assert_last_event(Event::RankedSet { opponent, ranked }.into());
			assert_eq!(Npc::opponent(opponent).unwrap().ranked, ranked);
		}
	});
}

#[test]
fn hosting_takes_a_deposit() {
	run(|| {
		let model = PROVER.register::<Test>(&HOST).unwrap();
		let poor = Npc::host_opponent(signed(POOR), model, TERMS);
		assert_noop!(poor, DispatchError::from(TokenError::FundsUnavailable));
	});
}

#[test]
fn numbers_are_never_used_twice() {
	run(|| {
		let opponent = host(TERMS);
		let model = Npc::opponent(opponent).unwrap().model;
		NextOpponent::<Test>::put(OpponentId::MAX);
		let hosted = Npc::host_opponent(signed(HOST), model, TERMS);
		assert_noop!(hosted, Error::<Test>::NumbersExhausted);
		NextGame::<Test>::put(GameId::MAX);
		let started = Npc::start_game(signed(ALICE), opponent, 0, TERMS.fee, Side::Player);
		assert_noop!(started, Error::<Test>::NumbersExhausted);
	});
}
