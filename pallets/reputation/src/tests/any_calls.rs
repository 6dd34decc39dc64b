//! Calls of anybody, in any order.

use super::*;
use frame_support::{
	ensure,
	storage::with_storage_layer,
	traits::{GetCallName, UnfilteredDispatchable},
};
use pallet_attestation::Attested;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use sp_runtime::StateVersion;
use std::collections::{BTreeMap, BTreeSet};

const OTHER_AREA: AreaId = AreaId(8);

/// What somebody does.
#[derive(Clone, Debug)]
enum Act {
	/// A call of this pallet, by whoever it is.
	Call(Box<Call<Test>>),
	/// An issuer attests, revokes, or is suspended or not.
	Attested(pallet_attestation::Call<Test>),
	/// An answer to these values is proven, for a block so many ago: with a proof that is checked, or
	/// as if there had been one.
	Prove {
		area: AreaId,
		index: usize,
		age: u64,
		label: u32,
		commitment: Commitment,
		checked: bool,
	},
	/// An accepted call once more, the so-many-th last.
	Replay(usize),
}

fn any_account() -> impl Strategy<Value = u64> {
	prop_oneof![4 => Just(ALICE), 4 => Just(BOB), 1 => 1..7u64]
}

fn any_area_id() -> impl Strategy<Value = AreaId> {
	prop_oneof![6 => Just(AREA), 1 => Just(OTHER_AREA)]
}

fn any_commitment() -> impl Strategy<Value = Commitment> {
	prop_oneof![6 => Just(VALUES), 1 => Just(OTHER)]
}

/// Settings, some of which are refused.
fn any_settings() -> impl Strategy<Value = Option<AreaOf<Test>>> {
	let points = proptest::collection::vec(prop_oneof![1 => Just(0), 6 => 1..2_000u32], 3);
	let vouching = prop_oneof![
		6 => Just(vec![BANK]),
		6 => Just(vec![BANK, CLINIC]),
		3 => Just(vec![CLINIC]),
		1 => Just(vec![]),
	];
	let source = |index: usize| {
		(vouching.clone(), points.clone(), 0..60u32).prop_map(move |(by, points, odd)| {
			let points = match index {
				_ if odd == 0 => Points::Labels(Default::default()),
				THRESHOLD => Points::Passed(points[0]),
				_ => labels(&points),
			};
			let schema = if odd == 1 { HEALTH } else { CREDIT };
			let index = if odd == 2 { ARGMAX } else { index };
			Source { model: model(index), schema, issuers: issuers(&by), points }
		})
	};
	let all: Vec<_> = [THRESHOLD, ARGMAX, MASKED, ANOTHER].map(source).to_vec();
	let sources = proptest::sample::subsequence(all, 1..=MAX_SOURCES as usize);
	let sources = sources.prop_flat_map(|sources| sources);
	let area = (0..60u64, 0..100u32, 50..3_000u32, sources).prop_map(
		|(half_life, floor, ceiling, sources)| Area { half_life, floor, ceiling, ..area(&sources) },
	);
	prop_oneof![1 => Just(None), 15 => area.prop_map(Some)]
}

fn any_call() -> impl Strategy<Value = Call<Test>> {
	prop_oneof![
		1 => (any_area_id(), any_settings())
			.prop_map(|(area, settings)| Call::set_area { area, settings }),
		3 => (any_account(), any_area_id(), 0..4usize).prop_map(|(account, area, index)| {
			Call::challenge { account, area, model: model(index) }
		}),
		3 => (any_account(), any_area_id())
			.prop_map(|(account, area)| Call::remove_record { account, area }),
	]
}

fn any_attestation() -> impl Strategy<Value = pallet_attestation::Call<Test>> {
	use pallet_attestation::Call as Attestation;
	prop_oneof![
		8 => (any_account(), any_commitment()).prop_map(|(subject, commitment)| {
			Attestation::attest { subject, schema: CREDIT, commitment, expires: None }
		}),
		2 => any_account()
			.prop_map(|subject| Attestation::revoke { subject, schema: CREDIT }),
		1 => (prop_oneof![Just(BANK), Just(CLINIC)], proptest::bool::weighted(0.2))
			.prop_map(|(issuer, suspended)| Attestation::suspend_issuer { issuer, suspended }),
	]
}

/// What somebody does, who, and the blocks before it. A share of the proofs is real.
fn any_act() -> impl Strategy<Value = (u64, Act, u64)> {
	let checked = prop_oneof![1 => Just(true), CHECKED_IN => Just(false)];
	let any_age = prop_oneof![4 => 1..4u64, 1 => 0..MAX_AGE + 3];
	let any_label = prop_oneof![6 => 1..3u32, 1 => 0..4u32];
	let prove = (any_area_id(), 0..4usize, any_age, any_label, any_commitment(), checked).prop_map(
		|(area, index, age, label, commitment, checked)| Act::Prove {
			area,
			index,
			age,
			label,
			commitment,
			checked,
		},
	);
	let act = prop_oneof![
		4 => any_call().prop_map(|call| Act::Call(Box::new(call))),
		2 => any_attestation().prop_map(Act::Attested),
		8 => prove,
		1 => (0..20usize).prop_map(Act::Replay),
	];
	(any_account(), act, prop_oneof![4 => Just(0), 6 => 1..4u64, 1 => 1..30u64])
}

/// Of so many proofs, one is real: fewer in a debug build, in which a check takes far longer.
const CHECKED_IN: u32 = if cfg!(debug_assertions) { 40 } else { 10 };

/// What happened in a run.
#[derive(Default)]
struct Seen {
	/// Calls that succeeded, by name; with a real proof, `prove`.
	succeeded: BTreeMap<&'static str, u32>,
	/// Calls that were refused, by name.
	refused: BTreeMap<&'static str, u32>,
	/// What was accepted: by whom, in which area, of which model, for which block.
	accepted: BTreeSet<(u64, AreaId, ModelId, u64)>,
	/// The calls by which it was.
	proofs: Vec<(u64, Call<Test>)>,
}

impl Seen {
	/// Takes note of a call, which leaves nothing where it fails.
	fn note(
		&mut self,
		name: &'static str,
		call: impl FnOnce() -> Result<(), DispatchError>,
	) -> bool {
		let before = sp_io::storage::root(StateVersion::V1);
		let done = call();
		match done {
			Ok(()) => {
				check();
				*self.succeeded.entry(name).or_default() += 1;
			},
			Err(error) => {
				assert_eq!(before, sp_io::storage::root(StateVersion::V1), "{name}: {error:?}");
				*self.refused.entry(name).or_default() += 1;
			},
		}
		done.is_ok()
	}

	fn dispatch(&mut self, who: u64, call: Call<Test>) -> bool {
		let name = call.get_call_name();
		self.note(name, || {
			call.dispatch_bypass_filter(signed(who)).map(drop).map_err(|failed| failed.error)
		})
	}

	/// Proves an answer, and checks that it counts only as it should.
	fn prove(&mut self, who: u64, act: Act) {
		let Act::Prove { area, index, age, label, commitment, checked } = act else { return };
		let now = System::block_number();
		let Some(anchor) = now.checked_sub(age) else { return };
		let Known { prover, id } = known(index);
		// What is refused before its proof is read needs none.
		let done = if checked && Reputations::claim(who, area, *id, anchor).is_ok() {
			let label = label.min(2);
			let inference = inference(index, label, commitment);
			let proof = prover.prove(&inference, &context(who, area, *id, anchor));
			let (model, signals) = (*id, SIGNALS);
			let call = Call::prove { area, model, signals, anchor, inference, proof };
			let done = self.dispatch(who, call.clone());
			if done {
				self.proofs.push((who, call));
			}
			done
		} else {
			self.note("unchecked", || {
				with_storage_layer(|| contribute(who, area, index, anchor, label, commitment))
			})
		};
		if done {
			let new = self.accepted.insert((who, area, *id, anchor));
			assert!(new, "{who} proved twice for block {anchor}");
			let known = Records::<Test>::get(who, area).unwrap().contributions;
			let known = known.iter().find(|known| known.model == *id).unwrap();
			assert_eq!((known.since, known.commitment), (now, commitment));
			let listed = Reputations::area(area).unwrap().source(*id).cloned().unwrap();
			let held = Attestations::credential(who, CREDIT).unwrap();
			assert_eq!(held.commitment, Some(commitment));
			assert!(listed.issuers.contains(&held.issuer));
		}
	}
}

/// What the call does with a proof that holds.
fn contribute(
	who: u64,
	area: AreaId,
	index: usize,
	anchor: u64,
	label: u32,
	commitment: Commitment,
) -> DispatchResult {
	let claim = Reputations::claim(who, area, model(index), anchor)?;
	let area = Reputations::area(area).ok_or(Error::<Test>::AreaNotFound)?;
	let source = area.source(model(index)).ok_or(Error::<Test>::SourceNotFound)?;
	let attested =
		Attestations::ensure_committed(commitment, &who, CREDIT, &source.issuers).is_ok();
	ensure!(attested, Error::<Test>::NotAttested(NotAttested::NoCredential));
	let answer = if index == THRESHOLD { Answer::Passed } else { Answer::Label(label) };
	Reputations::contribute(claim, answer, commitment)
}

/// What issuers do, of whom the bank does most.
fn attested(who: u64, call: pallet_attestation::Call<Test>) {
	let by = match &call {
		pallet_attestation::Call::suspend_issuer { .. } => ADMIN,
		_ if who < ALICE => CLINIC,
		_ => BANK,
	};
	if call.dispatch_bypass_filter(signed(by)).is_ok() {
		check();
	}
}

fn run_sequence(acts: &[(u64, Act, u64)], seen: &mut Seen) {
	seen.accepted.clear();
	seen.proofs.clear();
	let mut ext = ext();
	ext.execute_with(|| set(&[THRESHOLD, ARGMAX, MASKED]));
	// What is committed need not be hashed anew for each call.
	for acts in acts.chunks(50) {
		ext.execute_with(|| {
			System::reset_events();
			for (who, act, blocks) in acts.iter().cloned() {
				if blocks > 0 {
					go_to(System::block_number() + blocks);
				}
				match act {
					Act::Call(call) => {
						let by_admin = matches!(*call, Call::set_area { .. }) && who != BOB;
						seen.dispatch(if by_admin { ADMIN } else { who }, *call);
					},
					Act::Attested(call) => attested(who, call),
					Act::Prove { .. } => seen.prove(who, act),
					Act::Replay(ago) => {
						let at = seen.proofs.len().checked_sub(ago + 1);
						if let Some((who, call)) = at.and_then(|at| seen.proofs.get(at).cloned()) {
							assert!(!seen.dispatch(who, call), "a proof counted again");
						}
					},
				}
			}
		});
		ext.commit_all().unwrap();
	}
}

#[test]
fn invariants_hold_after_each_of_100_000_calls() {
	let mut runner = TestRunner::deterministic();
	let mut seen = Seen::default();
	for _ in 0..100 {
		let acts = proptest::collection::vec(any_act(), 1_300).new_tree(&mut runner).unwrap();
		run_sequence(&acts.current(), &mut seen);
	}
	println!("succeeded {:?}, refused {:?}", seen.succeeded, seen.refused);
	assert!(seen.succeeded.values().chain(seen.refused.values()).sum::<u32>() > 100_000);
	// Else it would show nothing of some.
	for name in Call::<Test>::get_call_names().iter().chain(&["unchecked"]) {
		assert!(seen.succeeded.get(name).is_some_and(|count| *count > 10), "{name}");
		assert!(seen.refused.get(name).is_some_and(|count| *count > 10), "{name}");
	}
}
