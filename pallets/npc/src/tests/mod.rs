//! Tests by what people do: host, play, answer, end games, and play ranked ones.

mod answering;
mod ending;
mod hosting;
mod playing;
mod ranked;
mod sequence;
mod state;

use crate::{mock::*, *};
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{DispatchResultWithPostInfo, PostDispatchInfo},
};
use pallet_zkml::{fixtures::Prover, VerifyError};
use sp_runtime::traits::BadOrigin;
use std::sync::LazyLock;
use zkml_primitives::{
	ClaimedInput, Context, Hint, HintedProof, Inference, InputVisibility, Interface, Mask, ModelId,
	Output, OutputKind, Packing, Proof, Scale, Tensor, Values, WeightsVisibility,
};

type Terms = crate::Terms<u64>;

/// What a stone is in the input of the models here.
const STONE: i32 = 128;

const TERMS: Terms =
	Terms { fee: 20, min_stake: 0, max_stake: 1_000, max_games: MAX_GAMES, open: true };

/// A model; made once, since that takes long.
static PROVER: LazyLock<Prover> = LazyLock::new(|| Prover::new(1, interface()));
/// Another model, with the same interface.
static OTHER_PROVER: LazyLock<Prover> = LazyLock::new(|| Prover::new(2, interface()));

fn signed(account: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

/// A board of bytes, and seven columns.
fn interface() -> Interface {
	let packing = Packing { width: 8, count: 84, offset: 0 };
	Interface {
		input: InputVisibility::Public(Tensor { packing, scale: Scale::power_of_two(-7) }),
		weights: WeightsVisibility::Public,
		output: OutputKind::MaskedArgmax { classes: 7 },
	}
}

/// Lets the host host a model on these terms.
fn host(terms: Terms) -> OpponentId {
	let model = PROVER.register::<Test>(&HOST).unwrap();
	assert_ok!(Npc::host_opponent(signed(HOST), model, terms));
	NextOpponent::<Test>::get() - 1
}

/// An opponent that is admitted to ranked games.
fn host_ranked() -> OpponentId {
	let opponent = host(TERMS);
	assert_ok!(Npc::set_ranked(signed(ADMIN), opponent, true));
	opponent
}

/// Starts a game of somebody, with this stake.
fn start(player: u64, opponent: OpponentId, stake: u64, first: Side) -> GameId {
	assert_ok!(Npc::start_game(signed(player), opponent, stake, TERMS.fee, first));
	NextGame::<Test>::get() - 1
}

/// Starts a ranked game of somebody.
fn start_ranked(player: u64, opponent: OpponentId) -> GameId {
	assert_ok!(Npc::start_ranked(signed(player), opponent, 100, TERMS.fee));
	NextGame::<Test>::get() - 1
}

/// What a keeper submits for a move in a game, with its proof, made as views say.
fn prove(game: GameId, keeper: u64, column: u32) -> (Inference, HintedProof) {
	let open = Npc::game(game).unwrap().open;
	let mask = Mask::new((0..7).map(|column| open.contains(&column))).unwrap();
	let inference = Inference {
		output: Output::MaskedLabel { label: column, mask },
		input: Values::new(&Npc::observation(game).unwrap()).into(),
	};
	let proof = PROVER.prove(&inference, &Npc::context_for_answer(game, keeper).unwrap());
	(inference, proof)
}

fn submit(game: GameId, keeper: u64, what: (Inference, HintedProof)) -> DispatchResultWithPostInfo {
	Npc::answer(signed(keeper), game, 7, what.0, what.1)
}

fn play(player: u64, game: GameId, column: u32) {
	assert_ok!(Npc::play(signed(player), game, column));
}

fn answer(game: GameId, column: u32) {
	assert_ok!(submit(game, KEEPER, prove(game, KEEPER, column)));
}

/// Moves in turn, whoever is to move.
fn moves(game: GameId, columns: &[u32]) {
	for column in columns {
		let found = Npc::game(game).unwrap();
		match found.to_move {
			Side::Player => play(found.player, game, *column),
			Side::Model => answer(game, *column),
		}
	}
}

/// What an account has, on hold or not.
fn total(account: u64) -> u64 {
	use frame_support::traits::fungible::Inspect;
	<Balances as Inspect<u64>>::total_balance(&account)
}

/// Events of this pallet, in order.
fn events() -> Vec<Event<Test>> {
	let ours = |record: frame_system::EventRecord<RuntimeEvent, _>| match record.event {
		RuntimeEvent::Npc(event) => Some(event),
		_ => None,
	};
	System::events().into_iter().filter_map(ours).collect()
}
