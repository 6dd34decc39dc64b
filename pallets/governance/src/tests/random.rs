//! Calls of anybody, in any order.

use super::{ballots, *};
use frame_support::traits::{GetCallName, UnfilteredDispatchable};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use sp_runtime::StateVersion;
use std::collections::{BTreeMap, BTreeSet};
use zkml_primitives::{Commitment, Membership};

/// How many calls between two states that begin anew.
const CALLS: usize = 1_000;

/// What is done, with values that are told from what is there.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)]
enum Act {
	/// A call as it is, by an account or by root.
	Call(Call<Test>),
	/// A proven answer to a snapshot; what is wrong with it.
	Vote {
		delegate: u32,
		poll: u32,
		label: u32,
		lie: u8,
	},
	/// The same of the parameter.
	Move {
		label: u32,
		lie: u8,
	},
	/// A vote in a ballot.
	Ballot {
		ballot: u32,
		nullifier: u8,
		choice: u32,
		lie: u8,
	},
	/// A poll is proposed.
	Propose {
		value: u64,
	},
	/// A poll is cancelled.
	Kill {
		poll: u32,
	},
	/// Voting power follows a delegate, or does not any more.
	Follow {
		delegate: u32,
		amount: u64,
	},
	Leave,
	/// The issuer posts a root.
	Root,
	/// Blocks pass.
	Pass(u64),
}

fn any_act() -> impl Strategy<Value = (u64, Act)> {
	let delegate = || 0..4u32;
	let poll = || 0..12u32;
	let lie = || prop_oneof![5 => Just(0u8), 1 => 1..6u8];
	let feature = prop_oneof![
		Just(Feature::Asked),
		Just(Feature::Age),
		Just(Feature::Ayes),
		Just(Feature::Current),
		Just(Feature::Reported { by: BOB, key: 0 }),
		Just(Feature::ProposerApproved),
	];
	let input = (feature, 0..3u128).prop_map(|(feature, unit)| Input { feature, unit });
	let inputs =
		|| proptest::collection::vec(input.clone(), 1..4).prop_map(BoundedVec::truncate_from);
	let register = (inputs(), 0..3u32, 0..4u32, 0..4u64, 0..2_000u64).prop_map(
		|(inputs, label, snapshots, interval, reward)| {
			let decision = Decision::Label(label);
			let terms = DelegateTerms { inputs, decision, reward, snapshots, interval };
			Call::register_delegate { model: ModelId([0; 32]), terms }
		},
	);
	let bind = (inputs(), 0..200u128, 0..300u128, 0..50u128, 0..5u64, 0..5u64).prop_map(
		|(inputs, floor, ceiling, max_step, period, validity)| Call::bind_parameter {
			key: 0,
			terms: BindingTerms {
				model: ModelId([0; 32]),
				inputs,
				motion: Motion::Steps(vec![-20, 20].try_into().unwrap()),
				floor,
				ceiling,
				max_step,
				period,
				validity,
				reward: 3,
			},
		},
	);
	let open =
		(1..5u32, 0..30u64, 0..4u32, 0..300u64).prop_map(|(choices, ends, max_votes, reward)| {
			Call::open_ballot {
				terms: BallotTerms {
					question: [0; 32],
					choices,
					model: ModelId([0; 32]),
					issuer: ISSUER,
					schema: ballots::SCHEMA,
					root: ballots::ROOT,
					ends,
					max_votes,
					reward,
				},
			}
		});
	let call = prop_oneof![
		4 => register,
		2 => delegate().prop_map(|delegate| Call::remove_delegate { delegate }),
		16 => (delegate(), poll())
			.prop_map(|(delegate, poll)| Call::snapshot_poll { delegate, poll }),
		12 => (delegate(), poll())
			.prop_map(|(delegate, poll)| Call::settle_poll { delegate, poll }),
		3 => (proptest::option::of(poll()), 0..2u32, proptest::option::of(0..9u128))
			.prop_map(|(poll, key, value)| Call::report { poll, key, value }),
		2 => (1..6u64).prop_map(|proposer| Call::forget_history { proposer }),
		4 => bind,
		1 => Just(Call::release_parameter { key: 0 }),
		4 => Just(Call::snapshot_parameter { key: 0 }),
		2 => Just(Call::forget_snapshot { key: 0 }),
		2 => open,
		4 => (0..6u32, 0..4u32)
			.prop_map(|(ballot, limit)| Call::close_ballot { ballot, limit }),
	];
	let act = prop_oneof![
		50 => call.prop_map(Act::Call),
		4 => (delegate(), poll(), 0..2u32, lie())
			.prop_map(|(delegate, poll, label, lie)| Act::Vote { delegate, poll, label, lie }),
		2 => (0..2u32, lie()).prop_map(|(label, lie)| Act::Move { label, lie }),
		2 => (0..6u32, 0..5u8, 0..4u32, lie()).prop_map(|(ballot, nullifier, choice, lie)| {
			Act::Ballot { ballot, nullifier, choice, lie }
		}),
		6 => (0..3_000u64).prop_map(|value| Act::Propose { value }),
		1 => poll().prop_map(|poll| Act::Kill { poll }),
		3 => (delegate(), 0..ENDOWMENT)
			.prop_map(|(delegate, amount)| Act::Follow { delegate, amount }),
		2 => Just(Act::Leave),
		2 => Just(Act::Root),
		8 => (1..6u64).prop_map(Act::Pass),
	];
	(prop_oneof![6 => 1..6u64, 1 => Just(POOR)], act)
}

/// Models of one, two and three inputs, and of members.
struct Models {
	public: Vec<Model>,
	members: Model,
}

impl Models {
	fn new() -> Self {
		let public = (1..4).map(|count| Model::public(count.into(), count, ARGMAX)).collect();
		Self { public, members: ballots::members(9) }
	}

	fn of(&self, inputs: usize) -> &Model {
		&self.public[inputs - 1]
	}
}

/// Where polls and delegates have got to.
fn recent(number: u32, count: u32, window: u32) -> u32 {
	count.saturating_sub(window) + number
}

/// The call that an act comes to; whether it must fail.
fn call(models: &Models, who: u64, act: Act) -> Option<(Call<Test>, bool)> {
	let delegates = DelegateCount::<Test>::get();
	let polls = pallet_referenda::ReferendumCount::<Test>::get();
	let a_poll = |poll| recent(poll, polls, 10);
	let a_delegate = |delegate| recent(delegate, delegates, 3);
	Some(match act {
		Act::Call(mut call) => {
			match &mut call {
				Call::register_delegate { model, terms } => {
					*model = models.of(terms.inputs.len()).id;
				},
				Call::bind_parameter { terms, .. } => {
					terms.model = models.of(terms.inputs.len()).id;
				},
				Call::open_ballot { terms } => {
					terms.model = models.members.id;
					terms.ends += System::block_number().saturating_sub(5);
				},
				Call::remove_delegate { delegate } => *delegate = a_delegate(*delegate),
				Call::snapshot_poll { delegate, poll } => {
					(*delegate, *poll) = (a_delegate(*delegate), a_poll(*poll));
				},
				Call::settle_poll { delegate, poll } => {
					// Also what is long past.
					*delegate = a_delegate(*delegate);
					let found = Snapshots::<Test>::iter_keys().nth(*poll as usize);
					if let Some(Subject::Poll { delegate: of, poll: old }) = found {
						(*delegate, *poll) = (of, old);
					}
				},
				Call::report { poll, .. } => *poll = poll.map(a_poll),
				Call::close_ballot { ballot, .. } => {
					*ballot = recent(*ballot, BallotCount::<Test>::get(), 5);
				},
				_ => {},
			}
			(call, false)
		},
		Act::Vote { delegate, poll, label, lie } => {
			let place = (delegate + 4 * poll) as usize;
			let open = |subject: &Subject<u8>| matches!(subject, Subject::Poll { .. });
			let subject = Snapshots::<Test>::iter_keys().filter(open).nth(place)?;
			let Subject::Poll { delegate, poll } = subject else { return None };
			let snapshot = Snapshots::<Test>::get(&subject)?;
			let model = models.of(snapshot.values.len());
			let mut values = snapshot.values.to_vec();
			values[0] ^= i32::from(lie == 1);
			let context =
				Governance::context(subject, if lie == 2 { who + 1 } else { who }).unwrap();
			let (inference, mut proof) = model.prove(context, &values, Output::Label(label));
			proof.proof.0[100] ^= u8::from(lie == 3);
			let at = snapshot.at + u64::from(lie == 4);
			let signals = model.signals() - u32::from(lie == 5);
			let call = Call::cast_vote { delegate, poll, snapshot: at, signals, inference, proof };
			(call, lie > 0 || snapshot.answered)
		},
		Act::Move { label, lie } => {
			let subject = Subject::Parameter(0);
			let snapshot = Snapshots::<Test>::get(&subject)?;
			let model = models.of(snapshot.values.len());
			let mut values = snapshot.values.to_vec();
			values[0] ^= i32::from(lie == 1);
			let context =
				Governance::context(subject, if lie == 2 { who + 1 } else { who }).unwrap();
			let (inference, mut proof) = model.prove(context, &values, Output::Label(label));
			proof.proof.0[100] ^= u8::from(lie == 3);
			let at = snapshot.at + u64::from(lie == 4);
			let signals = model.signals() - u32::from(lie == 5);
			(Call::move_parameter { key: 0, snapshot: at, signals, inference, proof }, lie > 0)
		},
		Act::Ballot { ballot, nullifier, choice, lie } => {
			let ballot = Ballots::<Test>::iter_keys().nth(ballot as usize)?;
			let (mut topic, context) =
				Governance::ballot_context(ballot, if lie == 1 { who + 1 } else { who })?;
			topic.0[0] ^= u8::from(lie == 2);
			let mut root = ballots::ROOT;
			root.0[0] ^= u8::from(lie == 3);
			let nullifier = Commitment([nullifier; 32]);
			let membership = Membership { root, topic, nullifier, choice };
			let inference =
				Inference { output: Output::Passed, input: ClaimedInput::Member(membership) };
			let model = &models.members;
			let mut proof = Box::new(model.prover.prove(&inference, &context));
			proof.proof.0[100] ^= u8::from(lie == 4);
			let signals = model.signals() - u32::from(lie == 5);
			(Call::cast_ballot { ballot, signals, inference, proof }, lie > 0)
		},
		Act::Propose { value } => {
			propose(value);
			let _ = Referenda::place_decision_deposit(signed(who), polls);
			return None;
		},
		Act::Kill { poll } => {
			let _ = Referenda::kill(RuntimeOrigin::root(), a_poll(poll));
			return None;
		},
		Act::Follow { delegate, amount } => {
			let to = Governance::delegate_account(a_delegate(delegate));
			let _ = Voting::delegate(signed(who), 3, to, Conviction::Locked1x, amount);
			return None;
		},
		Act::Leave => {
			let _ = Voting::undelegate(signed(who), 3);
			return None;
		},
		Act::Root => {
			ballots::post(ballots::ROOT);
			return None;
		},
		Act::Pass(blocks) => {
			pass(blocks);
			return None;
		},
	})
}

/// Runs acts. Gives the names of calls that succeeded.
fn run_sequence(acts: Vec<(u64, Act)>) -> BTreeSet<&'static str> {
	let mut succeeded = BTreeSet::new();
	run(|| {
		let models = Models::new();
		// The snapshots that were answered: once each.
		let mut answered = BTreeMap::new();
		for (who, act) in acts {
			let Some((call, must_fail)) = call(&models, who, act) else { continue };
			let root = matches!(call, Call::bind_parameter { .. } | Call::release_parameter { .. });
			let origin = if root { RuntimeOrigin::root() } else { signed(who) };
			let before = sp_io::storage::root(StateVersion::V1);
			let price = dynamic::prices::Bread::get();
			if call.clone().dispatch_bypass_filter(origin).is_err() {
				assert_eq!(before, sp_io::storage::root(StateVersion::V1), "{who}: {call:?}");
				continue;
			}
			assert!(!must_fail, "{who}: {call:?}");
			succeeded.insert(call.get_call_name());
			match call {
				Call::cast_vote { delegate, poll, snapshot, .. } => {
					let twice = answered.insert((delegate, poll, snapshot), ());
					assert!(twice.is_none(), "a snapshot was answered twice");
				},
				Call::move_parameter { .. } => {
					let terms = Bindings::<Test>::get(0).unwrap().terms;
					let (from, to) = (u128::from(price), dynamic::prices::Bread::get().into());
					assert!(from.abs_diff(to) <= terms.max_step, "more than a step");
					let within = terms.floor <= to && to <= terms.ceiling;
					let towards =
						(from > terms.ceiling && to < from) || (from < terms.floor && to > from);
					assert!(within || towards, "past its bounds");
				},
				_ => {},
			}
			check();
		}
	});
	succeeded
}

#[test]
fn invariants_hold_after_each_of_100_000_calls() {
	let mut runner = TestRunner::deterministic();
	let mut succeeded = BTreeSet::new();
	for _ in 0..100_000 / CALLS {
		let acts = proptest::collection::vec(any_act(), CALLS).new_tree(&mut runner).unwrap();
		succeeded.extend(run_sequence(acts.current()));
	}
	// Else it would show nothing of some.
	assert_eq!(succeeded.len(), Call::<Test>::get_call_names().len(), "{succeeded:?}");
}
