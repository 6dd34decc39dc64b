use super::*;
use frame_support::{
	storage::with_storage_layer,
	traits::{GetCallName, UnfilteredDispatchable},
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use sp_runtime::{DispatchError, StateVersion};
use std::collections::{BTreeMap, BTreeSet};

/// How a model's move is shown.
#[derive(Clone, Copy, Debug)]
enum Shown {
	/// By a proof.
	Proven,
	/// By a proof that another keeper made.
	Stolen,
	/// As if the proof had been checked, which takes long.
	Believed,
}

/// What somebody does; opponents are counted back from the last, and games among those that run.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)]
enum Act {
	Call(Call<Test>),
	Answer { game: GameId, column: u32, shown: Shown },
}

fn any_terms() -> impl Strategy<Value = Terms> {
	let open = prop_oneof![1 => Just(false), 9 => Just(true)];
	(0..30u64, 0..50u64, 30..200u64, 0..6u32, open).prop_map(
		|(fee, min_stake, max_stake, max_games, open)| Terms {
			fee,
			min_stake,
			max_stake,
			max_games,
			open,
		},
	)
}

/// Something that anybody does, whether as one who may, and how many blocks before.
fn any_act() -> impl Strategy<Value = (u64, Act, bool, u64)> {
	let side = || prop_oneof![Just(Side::Player), Just(Side::Model)];
	let opponent = || prop_oneof![9 => 0..3u32, 1 => 0..9u32];
	let game = || any::<GameId>();
	// The model is filled in when it is known.
	let model = ModelId([0; 32]);
	let call = prop_oneof![
		1 => any_terms().prop_map(move |terms| Call::host_opponent { model, terms }),
		2 => (opponent(), any_terms())
			.prop_map(|(opponent, terms)| Call::set_terms { opponent, terms }),
		1 => opponent().prop_map(|opponent| Call::remove_opponent { opponent }),
		2 => (opponent(), prop_oneof![1 => Just(false), 3 => Just(true)])
			.prop_map(|(opponent, ranked)| Call::set_ranked { opponent, ranked }),
		8 => (opponent(), 0..120u64, 10..40u64, side()).prop_map(
			|(opponent, stake, max_fee, first)| Call::start_game { opponent, stake, max_fee, first }
		),
		8 => (opponent(), 0..120u64, 10..40u64).prop_map(|(opponent, stake, max_fee)| {
			Call::start_ranked { opponent, stake, max_fee }
		}),
		40 => (game(), 0..8u32).prop_map(|(game, column)| Call::play { game, column }),
		1 => game().prop_map(|game| Call::resign { game }),
		6 => game().prop_map(|game| Call::claim_timeout { game }),
		1 => Just(Call::forget_rating {}),
	];
	let shown = prop_oneof![
		1 => Just(Shown::Proven),
		1 => Just(Shown::Stolen),
		100 => Just(Shown::Believed),
	];
	let answer = (game(), 0..7u32, shown).prop_map(|(game, column, shown)| Act::Answer {
		game,
		column,
		shown,
	});
	let act = prop_oneof![5 => call.prop_map(Act::Call), 3 => answer];
	let may = prop_oneof![1 => Just(false), 6 => Just(true)];
	let blocks = prop_oneof![60 => Just(0), 5 => 1..3u64, 1 => 1..12u64];
	(1..7u64, act, may, blocks)
}

/// The same, about games and opponents that there are, by one who may where that is wished.
fn made_concrete(who: u64, act: Act, may: bool, model: ModelId) -> (u64, Act) {
	let running: BTreeSet<GameId> = Games::<Test>::iter_keys().collect();
	// One in ten has ended, or not begun.
	let of_game = |number: GameId| match number % 10 {
		0 => number / 10 % (NextGame::<Test>::get() + 1),
		_ => running.iter().cycle().nth((number / 10 % 100) as usize).copied().unwrap_or(number),
	};
	let of_opponent =
		|ago: OpponentId| NextOpponent::<Test>::get().saturating_sub(1).saturating_sub(ago);
	let player = |game: GameId| Npc::game(game).map(|found| found.player);
	let host = |opponent: OpponentId| Npc::opponent(opponent).map(|found| found.host);
	let mut rightful = None;
	let mut act = act;
	match &mut act {
		Act::Answer { game, .. } | Act::Call(Call::claim_timeout { game }) => {
			*game = of_game(*game)
		},
		Act::Call(Call::play { game, .. }) => {
			*game = of_game(*game);
			rightful = player(*game);
		},
		Act::Call(Call::resign { game }) => {
			let by_host = (*game / 1_000).is_multiple_of(2);
			*game = of_game(*game);
			let opponent = Npc::game(*game).map(|found| found.opponent);
			rightful = if by_host { opponent.and_then(host) } else { player(*game) };
		},
		Act::Call(Call::host_opponent { model: unknown, .. }) => *unknown = model,
		Act::Call(Call::set_terms { opponent, .. } | Call::remove_opponent { opponent }) => {
			*opponent = of_opponent(*opponent);
			rightful = host(*opponent);
		},
		Act::Call(Call::set_ranked { opponent, .. }) => {
			*opponent = of_opponent(*opponent);
			rightful = Some(ADMIN);
		},
		Act::Call(Call::start_game { opponent, .. } | Call::start_ranked { opponent, .. }) => {
			*opponent = of_opponent(*opponent);
		},
		_ => {},
	}
	(rightful.filter(|_| may).unwrap_or(who), act)
}

fn perform(who: u64, act: &Act) -> Result<(), DispatchError> {
	let (game, column, shown) = match act {
		Act::Call(call) => {
			let made = call.clone().dispatch_bypass_filter(signed(who));
			return made.map(|_| ()).map_err(|error| error.error);
		},
		Act::Answer { game, column, shown } => (*game, *column, *shown),
	};
	let Some(seen) = Npc::observation(game) else {
		let nothing = Inference { output: Output::Passed, input: ClaimedInput::Hidden };
		let made = submit(
			game,
			who,
			(nothing, HintedProof { proof: Proof([0; 256]), hint: Hint([0; 192]) }),
		);
		return made.map(|_| ()).map_err(|error| error.error);
	};
	let made = match shown {
		Shown::Proven => submit(game, who, prove(game, who, column)),
		Shown::Stolen => submit(game, who, prove(game, who + 1, column)),
		Shown::Believed => {
			return with_storage_layer(|| {
				let question = Npc::question(game, &who)?;
				let open = Npc::game(game).unwrap().open;
				let mask = Mask::new((0..7).map(|column| open.contains(&column))).unwrap();
				let output = Output::MaskedLabel { label: column, mask };
				Npc::answered(who, game, question, Values::new(&seen).as_ref(), &output)
			});
		},
	};
	made.map(|_| ()).map_err(|error| error.error)
}

/// The sum of all ratings.
fn all_points() -> u32 {
	let of_players: u32 = Ratings::<Test>::iter_values().map(|rating| rating.points).sum();
	let of_opponents: u32 = Opponents::<Test>::iter_values().map(|found| found.points).sum();
	of_players + of_opponents
}

/// What came of many acts.
#[derive(Default)]
struct Seen {
	succeeded: BTreeSet<&'static str>,
	shown: BTreeMap<String, u32>,
	endings: BTreeMap<String, u32>,
}

/// Acts: no funds come from nowhere or go there, ratings move only between the two who play, what is
/// stolen is refused, and what fails leaves nothing.
fn run_sequence(acts: Vec<(u64, Act, bool, u64)>, seen: &mut Seen) {
	run(|| {
		let model = PROVER.register::<Test>(&HOST).unwrap();
		let issued = Balances::total_issuance();
		let state = || sp_io::storage::root(StateVersion::V1);
		let (mut before, mut points) = (state(), all_points());
		for (who, act, may, blocks) in acts {
			if blocks > 0 {
				System::set_block_number(System::block_number() + blocks);
				before = state();
			}
			let (who, act) = made_concrete(who, act, may, model);
			if perform(who, &act).is_err() {
				assert_eq!(before, state(), "{who}: {act:?}");
				continue;
			}
			check();
			assert_eq!(Balances::total_issuance(), issued, "{who}: {act:?}");
			let moves_points = match &act {
				Act::Answer { shown, .. } => {
					assert!(!matches!(shown, Shown::Stolen), "{who}: {act:?}");
					*seen.shown.entry(format!("{shown:?}")).or_default() += 1;
					false
				},
				Act::Call(call) => {
					seen.succeeded.insert(call.get_call_name());
					matches!(
						call,
						Call::host_opponent { .. }
							| Call::remove_opponent { .. }
							| Call::start_ranked { .. }
							| Call::forget_rating {}
					)
				},
			};
			let points_before = core::mem::replace(&mut points, all_points());
			assert!(moves_points || points_before == points, "{who}: {act:?}");
			for event in events() {
				if let Event::GameEnded { winner, ending, .. } = event {
					*seen.endings.entry(format!("{ending:?} {winner:?}")).or_default() += 1;
				}
			}
			System::reset_events();
			before = state();
		}
	});
}

#[test]
fn invariants_hold_after_each_of_100_000_acts() {
	let mut runner = TestRunner::deterministic();
	let mut seen = Seen::default();
	for _ in 0..50 {
		let acts = proptest::collection::vec(any_act(), 2_000).new_tree(&mut runner).unwrap();
		run_sequence(acts.current(), &mut seen);
	}
	// Else it would show nothing of some: all calls but `answer`, whose ways are counted apart.
	let calls = Call::<Test>::get_call_names().len();
	assert_eq!(seen.succeeded.len(), calls - 1, "{:?}", seen.succeeded);
	assert!(
		seen.shown.len() == 2 && seen.shown.values().all(|count| *count > 50),
		"{:?}",
		seen.shown
	);
	for ending in ["FourInLine", "Resigned", "TimedOut"] {
		for winner in [Side::Player, Side::Model] {
			let found = seen.endings.get(&format!("{ending} {:?}", Some(winner)));
			assert!(found.is_some_and(|count| *count > 50), "{:?}", seen.endings);
		}
	}
}
