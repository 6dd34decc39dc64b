use super::*;
use codec::Encode;
use pallet_zkml::InferenceVerifier;
use zkml_primitives::context_for;

/// A game in which the model is to answer a stone in the middle.
fn asked() -> GameId {
	let opponent = host(TERMS);
	let game = start(ALICE, opponent, 0, Side::Player);
	play(ALICE, game, 3);
	game
}

/// A proof of an answer, changed before it is made.
fn prove_other(
	game: GameId,
	change: impl FnOnce(&mut Inference, &mut Context),
) -> (Inference, HintedProof) {
	let (mut inference, _) = prove(game, KEEPER, 2);
	let mut context = Npc::context_for_answer(game, KEEPER).unwrap();
	change(&mut inference, &mut context);
	let proof = PROVER.prove(&inference, &context);
	(inference, proof)
}

fn refused(error: VerifyError) -> Error<Test> {
	Error::Refused(error)
}

#[test]
fn a_keeper_proves_a_move_and_is_paid() {
	run(|| {
		let game = asked();
		let (keeper, player) = (total(KEEPER), total(ALICE));
		answer(game, 2);
		assert_eq!((total(KEEPER), total(ALICE)), (keeper + 20, player - 20));
		assert_eq!(on_hold(ALICE).2, 20 * 20);
		assert_eq!(Npc::game(game).unwrap().board[5][2], Some(Side::Model));
	});
}

#[test]
fn the_player_may_be_the_keeper() {
	run(|| {
		let game = asked();
		let before = total(ALICE);
		assert_ok!(submit(game, ALICE, prove(game, ALICE, 2)));
		assert_eq!((total(ALICE), on_hold(ALICE).2), (before, 20 * 20));
	});
}

#[test]
fn a_move_costs_nothing_where_the_host_says_so() {
	run(|| {
		let opponent = host(Terms { fee: 0, ..TERMS });
		let game = start(ALICE, opponent, 0, Side::Model);
		let before = total(KEEPER);
		answer(game, 2);
		assert_eq!((total(KEEPER), on_hold(ALICE).2), (before, 0));
	});
}

#[test]
fn a_keeper_that_cannot_be_paid_leaves_the_move_to_others() {
	run(|| {
		let game = asked();
		ExistentialDeposit::set(1_000);
		assert_eq!(
			submit(game, 77, prove(game, 77, 2)),
			Err(sp_runtime::TokenError::CannotCreate.into())
		);
		answer(game, 2);
	});
}

#[test]
fn nobody_answers_what_was_not_asked() {
	run(|| {
		let game = asked();
		let proven = prove(game, KEEPER, 2);
		assert_noop!(submit(game + 1, KEEPER, proven.clone()), Error::<Test>::GameNotFound);
		let unsigned = Npc::answer(RuntimeOrigin::none(), game, 7, proven.0.clone(), proven.1);
		assert_noop!(unsigned, BadOrigin);
		System::set_block_number(2 + TURN_BLOCKS);
		assert_noop!(submit(game, KEEPER, proven.clone()), Error::<Test>::TooLate);
		System::set_block_number(1);
		assert_ok!(submit(game, KEEPER, proven.clone()));
		assert_noop!(submit(game, KEEPER, proven), Error::<Test>::OutOfTurn);
	});
}

#[test]
fn a_stale_proof_is_refused() {
	run(|| {
		let game = asked();
		let proven = prove(game, KEEPER, 2);
		assert_ok!(submit(game, KEEPER, proven.clone()));
		play(ALICE, game, 3);
		// Of an earlier turn, as it was, and for the board of now.
		let invalid = || refused(VerifyError::InvalidProof);
		assert_noop!(submit(game, KEEPER, proven.clone()), invalid());
		let (now, _) = prove(game, KEEPER, 2);
		assert_noop!(submit(game, KEEPER, (now, proven.1)), invalid());
	});
}

#[test]
fn a_proof_of_another_game_is_refused() {
	run(|| {
		let game = asked();
		let opponent = Npc::game(game).unwrap().opponent;
		let other = start(BOB, opponent, 0, Side::Player);
		play(BOB, other, 3);
		// The boards are the same, and so is what is claimed.
		let (first, second) = (prove(game, KEEPER, 2), prove(other, KEEPER, 2));
		assert_eq!(first.0, second.0);
		assert_noop!(submit(other, KEEPER, first.clone()), refused(VerifyError::InvalidProof));
		assert_noop!(submit(game, KEEPER, second.clone()), refused(VerifyError::InvalidProof));
		assert_ok!(submit(other, KEEPER, second));
		assert_ok!(submit(game, KEEPER, first));
	});
}

#[test]
fn a_proof_cannot_be_stolen() {
	run(|| {
		let game = asked();
		let proven = prove(game, KEEPER, 2);
		for thief in [HOST, ALICE, BOB] {
			let stolen = submit(game, thief, proven.clone());
			assert_noop!(stolen, refused(VerifyError::InvalidProof));
		}
		assert_ok!(submit(game, KEEPER, proven));
	});
}

#[test]
fn a_proof_with_another_byte_is_refused() {
	run(|| {
		let game = asked();
		let (inference, proof) = prove(game, KEEPER, 2);
		for byte in [0, 64, 255] {
			let mut wrong = proof;
			wrong.proof.0[byte] ^= 1;
			let submitted = submit(game, KEEPER, (inference.clone(), wrong));
			assert!(submitted.is_err(), "byte {byte}");
			assert_noop!(submitted, submitted.unwrap_err().error);
		}
		let other = OTHER_PROVER.prove(&inference, &Npc::context_for_answer(game, KEEPER).unwrap());
		let submitted = submit(game, KEEPER, (inference.clone(), other));
		assert_noop!(submitted, refused(VerifyError::InvalidProof));
		assert_ok!(submit(game, KEEPER, (inference, proof)));
	});
}

#[test]
fn a_proof_of_another_column_is_refused() {
	run(|| {
		let game = asked();
		let (mut inference, proof) = prove(game, KEEPER, 2);
		if let Output::MaskedLabel { label, .. } = &mut inference.output {
			*label = 4;
		}
		let submitted = submit(game, KEEPER, (inference, proof));
		assert_noop!(submitted, refused(VerifyError::InvalidProof));
	});
}

#[test]
fn a_proof_for_another_board_is_refused() {
	run(|| {
		let game = asked();
		let seen = Npc::observation(game).unwrap();
		let stone = seen.iter().position(|value| *value == STONE).unwrap();
		assert_eq!((seen.len(), stone), (84, 42 + 5 * 7 + 3), "the player's, at the bottom");
		// As the player sees it; without the stone; with a half one; with another one.
		let sides: Vec<i32> = [&seen[42..], &seen[..42]].concat();
		let mut boards = vec![sides];
		for (index, value) in [(stone, 0), (stone, STONE / 2), (0, STONE), (0, 1)] {
			let mut board = seen.clone();
			board[index] = value;
			boards.push(board);
		}
		for board in boards {
			let other = prove_other(game, |inference, _| {
				inference.input = Values::new(&board).into();
			});
			assert_noop!(submit(game, KEEPER, other), Error::<Test>::OtherBoard);
		}
		// The same values in the wider type are the same board.
		let wide = ClaimedInput::Shown(Values::I32(seen.try_into().unwrap()));
		let same = prove_other(game, |inference, _| inference.input = wide);
		assert_ok!(submit(game, KEEPER, same));
	});
}

#[test]
fn a_proof_for_other_columns_is_refused() {
	run(|| {
		let opponent = host(TERMS);
		let game = start(ALICE, opponent, 0, Side::Model);
		moves(game, &[6; 6]);
		let with_mask = |allowed: [bool; 7], column| {
			prove_other(game, |inference, _| {
				let mask = Mask::new(allowed.into_iter()).unwrap();
				inference.output = Output::MaskedLabel { label: column, mask };
			})
		};
		// All, the full one included; and one less than are open, so that the model plays worse.
		let all = [true; 7];
		for column in [0, 6] {
			let proven = with_mask(all, column);
			assert_noop!(submit(game, KEEPER, proven), Error::<Test>::OtherColumns);
		}
		let fewer = [true, true, true, false, true, true, false];
		assert_noop!(submit(game, KEEPER, with_mask(fewer, 0)), Error::<Test>::OtherColumns);
		// Not among those that the mask allows.
		let open = [true, true, true, true, true, true, false];
		let (inference, proof) = with_mask(open, 6);
		let submitted = submit(game, KEEPER, (inference, proof));
		assert_noop!(submitted, refused(VerifyError::MaskMismatch));
		assert_ok!(submit(game, KEEPER, with_mask(open, 5)));
	});
}

#[test]
fn a_move_that_cannot_be_made_is_not_made() {
	run(|| {
		let game = asked();
		// The check of the proof refuses such labels already.
		let question = Npc::question(game, &KEEPER).ok().unwrap();
		let input = Values::new(&Npc::observation(game).unwrap());
		let mask = Mask::new([true; 7].into_iter()).unwrap();
		let output = Output::MaskedLabel { label: 7, mask };
		let made = Npc::answered(KEEPER, game, question, input.as_ref(), &output);
		assert_noop!(made, Error::<Test>::ColumnNotOpen);
	});
}

#[test]
fn another_kind_of_answer_is_refused() {
	run(|| {
		let game = asked();
		let label = prove_other(game, |inference, _| inference.output = Output::Label(2));
		assert_noop!(submit(game, KEEPER, label), refused(VerifyError::OutputMismatch));
		let hidden = prove_other(game, |inference, _| inference.input = ClaimedInput::Hidden);
		assert_noop!(submit(game, KEEPER, hidden), refused(VerifyError::InputMismatch));
	});
}

#[test]
fn the_context_is_of_this_turn_on_this_chain() {
	run(|| {
		let game = asked();
		let model = Npc::opponent(0).unwrap().model;
		let of = |genesis: [u8; 32], domain: &[u8], keeper: u64, payload: &[u8]| {
			context_for(&genesis, domain, model, &keeper, payload)
		};
		let payload = (game, 1u32).encode();
		let expected = of(GENESIS.0, b"npc/answer", KEEPER, &payload);
		assert_eq!(Npc::context_for_answer(game, KEEPER), Some(expected));
		let direct = <Zkml as InferenceVerifier<u64>>::context(ANSWER, model, &KEEPER, &payload);
		assert_eq!(direct, expected);
		for other in [
			of([8; 32], b"npc/answer", KEEPER, &payload),
			of(GENESIS.0, b"zkml/submit_inference", KEEPER, &payload),
			of(GENESIS.0, b"npc/answer", HOST, &payload),
			of(GENESIS.0, b"npc/answer", KEEPER, &(game, 2u32).encode()),
			of(GENESIS.0, b"npc/answer", KEEPER, &(game + 1, 1u32).encode()),
		] {
			let wrong = prove_other(game, |_, context| *context = other);
			assert_noop!(submit(game, KEEPER, wrong), refused(VerifyError::InvalidProof));
		}
		assert_ok!(submit(game, KEEPER, prove_other(game, |_, context| *context = expected)));
	});
}

#[test]
fn keepers_find_their_work() {
	run(|| {
		let opponent = host(TERMS);
		let first = start(ALICE, opponent, 0, Side::Model);
		let second = start(BOB, opponent, 0, Side::Player);
		let third = start(BOB, opponent, 0, Side::Model);
		assert_eq!(Npc::awaiting(opponent), [first, third]);
		assert_eq!(Npc::awaiting(opponent + 1), Vec::<GameId>::new());
		assert_eq!(Npc::observation(first), Some(vec![0; 84]));
		assert_eq!(
			(Npc::observation(second), Npc::context_for_answer(second, KEEPER)),
			(None, None)
		);
		play(BOB, second, 0);
		answer(first, 0);
		assert_eq!(Npc::awaiting(opponent), [second, third]);
		System::set_block_number(2 + TURN_BLOCKS);
		assert_eq!(Npc::awaiting(opponent), Vec::<GameId>::new());
		assert_eq!((Npc::observation(third), Npc::context_for_answer(third, KEEPER)), (None, None));
	});
}

#[test]
fn the_first_block_knows_no_context() {
	run(|| {
		let game = asked();
		System::set_block_number(0);
		assert_eq!(Npc::context_for_answer(game, KEEPER), None);
		assert!(Npc::observation(game).is_some());
		System::set_block_number(1);
	});
}

#[test]
fn what_was_charged_too_much_is_refunded() {
	run(|| {
		let game = asked();
		let (inference, proof) = prove(game, KEEPER, 2);
		let with = |signals| Npc::answer(signed(KEEPER), game, signals, inference.clone(), proof);
		assert_noop!(with(5), refused(VerifyError::SignalsUnderdeclared));
		let weight = Npc::answer_weight(6);
		assert!(weight.ref_time() < Npc::answer_weight(128).ref_time());
		let info: PostDispatchInfo = with(128).unwrap();
		assert_eq!(info.actual_weight, Some(weight));
	});
}
