use crate::{mock::*, *};
use codec::{Encode, MaxEncodedLen};
use frame_support::{
	assert_noop, assert_ok,
	traits::{GetCallName, UnfilteredDispatchable},
};
use pallet_reputation::{AreaId, Points};
use pallet_zkml::fixtures::Prover;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use sp_runtime::{
	traits::BadOrigin, ArithmeticError, DispatchError, DispatchResult, StateVersion, TokenError,
};
use std::collections::BTreeMap;
use zkml_primitives::{
	ClaimedInput, Commitment, Inference, InputVisibility, Interface, Output, OutputKind, Packing,
	Scale, SchemaId, Tensor, WeightsVisibility,
};

fn signed(account: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

fn fund(amount: u64) {
	assert_ok!(Lending::fund(signed(LENDER), amount));
}

fn borrow(who: u64, amount: u64) -> DispatchResult {
	Lending::borrow(signed(who), amount)
}

fn repay(who: u64, amount: u64) -> DispatchResult {
	Lending::repay(signed(who), amount)
}

fn free(account: u64) -> u64 {
	Balances::free_balance(account)
}

fn owed(account: u64) -> Option<u64> {
	Lending::line(account).map(|line| line.owed)
}

/// What a pot of any amount above the minimum can give.
fn lendable() -> u64 {
	Lending::pot().1
}

#[test]
fn a_reputation_opens_a_line() {
	run(|| {
		fund(5_000);
		let (before, pot) = (free(ALICE), Lending::pot().0);
		assert_ok!(borrow(ALICE, 1_000));
		let due = 1 + TERM;
		System::assert_last_event(
			Event::Borrowed { who: ALICE, amount: 1_000, owed: 1_030, due }.into(),
		);
		let deposit = 100 + Lending::line_footprint().size;
		assert_eq!((free(ALICE), free(pot)), (before + 1_000 - deposit, 4_000));
		let line = Line { total: 1_030, owed: 1_030, due, defaulted: false, ticket: () };
		assert_eq!((Lending::line(ALICE), Lending::outstanding()), (Some(line), 1_030));
		assert_ok!(repay(ALICE, 1_030));
		System::assert_last_event(Event::Repaid { who: ALICE, amount: 1_030, left: 0 }.into());
		assert_eq!((free(ALICE), free(pot)), (before - 30, 5_030));
		assert_eq!((Lending::line(ALICE), Lending::outstanding()), (None, 0));
	});
}

#[test]
fn who_has_no_reputation_borrows_nothing() {
	run(|| {
		fund(50_000);
		for origin in [signed(BANK), signed(LENDER), RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(Lending::borrow(origin, 1_000), BadOrigin);
		}
		give_reputation(BANK, LEAST - 1);
		assert_noop!(borrow(BANK, 1_000), BadOrigin);
		assert!(!Lending::may_borrow(BANK));
		give_reputation(BANK, LEAST);
		assert!(Lending::may_borrow(BANK));
		assert_ok!(borrow(BANK, 1_000));
		// It is asked for at the start only.
		System::set_block_number(50);
		assert_ok!(repay(BANK, 500));
		assert_ok!(repay(BANK, 530));
		assert_noop!(borrow(BANK, 1_000), BadOrigin);
	});
}

#[test]
fn values_that_nobody_saw_open_a_line() {
	run(|| {
		fund(50_000);
		let schema = SchemaId([1; 32]);
		let packing = Packing { width: 8, count: 1, offset: 0 };
		let score = Tensor { packing, scale: Scale::power_of_two(0) };
		let prover = Prover::new(
			1,
			Interface {
				input: InputVisibility::Committed { schema },
				weights: WeightsVisibility::Public,
				output: OutputKind::Threshold { score, tau: 100 },
			},
		);
		let model = prover.register::<Test>(&ADMIN).unwrap();
		let area_id: AreaId = CreditArea::get();
		let mut terms = area(model);
		terms.sources[0].points = Points::Passed(LEAST);
		assert_ok!(Reputations::set_area(signed(ADMIN), area_id, Some(terms)));
		let schemas = vec![schema].try_into().unwrap();
		assert_ok!(Attestations::set_issuer(signed(ADMIN), BANK, schemas));
		let commitment = Commitment([5; 32]);
		assert_ok!(Attestations::attest(signed(BANK), LENDER, schema, commitment, None));
		assert_noop!(borrow(LENDER, 1_000), BadOrigin);
		let context = Reputations::next_context(area_id, model, LENDER, 0).unwrap();
		let input = ClaimedInput::Committed(commitment);
		let inference = Inference { output: Output::Passed, input };
		let mut proof = prover.prove(&inference, &context);
		let prove = |proof| {
			let inference = inference.clone();
			Reputations::prove(signed(LENDER), area_id, model, 3, 0, inference, proof)
		};
		proof.proof.0[0] ^= 1;
		assert!(prove(proof).is_err());
		assert_noop!(borrow(LENDER, 1_000), BadOrigin);
		proof.proof.0[0] ^= 1;
		assert_ok!(prove(proof));
		assert_ok!(borrow(LENDER, 1_000));
	});
}

#[test]
fn a_line_is_not_above_what_may_be_lent() {
	run(|| {
		assert_noop!(borrow(ALICE, 1), Error::<Test>::PotTooSmall);
		fund(MINIMUM + 5_000);
		assert_noop!(borrow(ALICE, 0), Error::<Test>::AmountZero);
		for amount in [MAX_LINE + 1, u64::MAX] {
			assert_noop!(borrow(ALICE, amount), Error::<Test>::AboveMaxLine);
		}
		for amount in [5_001, MAX_LINE] {
			assert_noop!(borrow(ALICE, amount), Error::<Test>::PotTooSmall);
		}
		assert_ok!(borrow(ALICE, 5_000));
		assert_noop!(borrow(BOB, 1), Error::<Test>::PotTooSmall);
		fund(2 * MAX_LINE);
		assert_noop!(borrow(ALICE, 1), Error::<Test>::LineOpen);
		assert_ok!(borrow(BOB, MAX_LINE));
		assert_eq!(Lending::outstanding(), 5_150 + 10_300);
	});
}

#[test]
fn fees_are_rounded_up() {
	run(|| {
		fund(50_000);
		for (amount, fee) in [(1, 1), (33, 1), (34, 2), (100, 3), (101, 4), (10_000, 300)] {
			assert_ok!(borrow(ALICE, amount));
			assert_eq!(owed(ALICE), Some(amount + fee));
			assert_ok!(repay(ALICE, u64::MAX));
		}
	});
}

#[test]
fn a_line_is_repaid_in_parts() {
	run(|| {
		fund(50_000);
		assert_noop!(repay(ALICE, 1), Error::<Test>::LineNotFound);
		assert_ok!(borrow(ALICE, 1_000));
		assert_noop!(repay(BOB, 1), Error::<Test>::LineNotFound);
		assert_noop!(repay(ALICE, 0), Error::<Test>::AmountZero);
		assert_ok!(repay(ALICE, 30));
		System::assert_last_event(Event::Repaid { who: ALICE, amount: 30, left: 1_000 }.into());
		assert_ok!(repay(ALICE, 999));
		assert_eq!((owed(ALICE), Lending::outstanding()), (Some(1), 1));
		assert_noop!(borrow(ALICE, 1), Error::<Test>::LineOpen);
		// No more is taken than is owed.
		let before = free(ALICE);
		let deposit = 100 + Lending::line_footprint().size;
		assert_ok!(repay(ALICE, u64::MAX));
		assert_eq!((free(ALICE), owed(ALICE)), (before - 1 + deposit, None));
		assert_noop!(repay(ALICE, 1), Error::<Test>::LineNotFound);
		assert_noop!(Lending::repay(RuntimeOrigin::none(), 1), BadOrigin);
		assert_ok!(borrow(ALICE, 1));
	});
}

#[test]
fn who_repays_keeps_the_least_balance() {
	run(|| {
		fund(50_000);
		assert_ok!(borrow(ALICE, 1_000));
		assert_ok!(Balances::transfer_keep_alive(signed(ALICE), LENDER, free(ALICE) - 1_040));
		// The deposit on hold does not count towards it.
		let not_so_much: DispatchError = TokenError::Frozen.into();
		assert_noop!(repay(ALICE, 1_016), not_so_much);
		assert_ok!(repay(ALICE, 1_015));
		assert_eq!((free(ALICE), owed(ALICE)), (MINIMUM, Some(15)));
		assert_ok!(Balances::transfer_keep_alive(signed(LENDER), ALICE, 15));
		assert_ok!(repay(ALICE, 15));
		assert_eq!(owed(ALICE), None);
	});
}

#[test]
fn a_default_is_remembered_until_it_is_repaid() {
	run(|| {
		fund(50_000);
		let mark = |account| Lending::mark_default(signed(LENDER), account);
		assert_noop!(mark(ALICE), Error::<Test>::LineNotFound);
		assert_ok!(borrow(ALICE, 1_000));
		assert_ok!(borrow(BOB, 1_000));
		for block in [1, TERM, 1 + TERM] {
			System::set_block_number(block);
			assert_noop!(mark(ALICE), Error::<Test>::NotOverdue);
		}
		System::set_block_number(2 + TERM);
		assert_noop!(Lending::mark_default(RuntimeOrigin::none(), ALICE), BadOrigin);
		assert_ok!(repay(ALICE, 30));
		assert_ok!(mark(ALICE));
		System::assert_last_event(Event::MarkedDefault { account: ALICE, owed: 1_000 }.into());
		assert_noop!(mark(ALICE), Error::<Test>::AlreadyMarked);
		assert!(Lending::line(ALICE).unwrap().defaulted);
		assert_noop!(borrow(ALICE, 1), Error::<Test>::Defaulted);
		assert_ok!(repay(ALICE, 999));
		assert_noop!(borrow(ALICE, 1), Error::<Test>::Defaulted);
		assert_ok!(repay(ALICE, 1));
		assert_ok!(borrow(ALICE, 1));
		assert_noop!(mark(ALICE), Error::<Test>::NotOverdue);
		// Who is late and not marked repays all the same.
		assert_noop!(borrow(BOB, 1), Error::<Test>::LineOpen);
		assert_ok!(repay(BOB, 1_030));
		assert_noop!(mark(BOB), Error::<Test>::LineNotFound);
	});
}

#[test]
fn anyone_gives_and_the_admin_takes() {
	run(|| {
		assert_noop!(Lending::fund(signed(LENDER), 0), Error::<Test>::AmountZero);
		assert_noop!(Lending::fund(RuntimeOrigin::none(), 1), BadOrigin);
		// There is no pot yet, and it would have too little.
		let below: DispatchError = TokenError::BelowMinimum.into();
		assert_noop!(Lending::fund(signed(LENDER), MINIMUM - 1), below);
		assert_eq!(lendable(), 0);
		fund(MINIMUM);
		System::assert_last_event(Event::Funded { who: LENDER, amount: MINIMUM }.into());
		assert_eq!(lendable(), 0);
		fund(1);
		assert_eq!(lendable(), 1);
		let kept: DispatchError = TokenError::NotExpendable.into();
		assert_noop!(Lending::fund(signed(POOR), 26), kept);
		assert_ok!(Lending::fund(signed(POOR), 25));
		for origin in [signed(LENDER), RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(Lending::withdraw(origin, BANK, 1), BadOrigin);
		}
		let withdraw = |amount| Lending::withdraw(signed(ADMIN), BANK, amount);
		assert_noop!(withdraw(0), Error::<Test>::AmountZero);
		for amount in [27, u64::MAX] {
			assert_noop!(withdraw(amount), Error::<Test>::PotTooSmall);
		}
		let before = free(BANK);
		assert_ok!(withdraw(26));
		System::assert_last_event(Event::Withdrawn { to: BANK, amount: 26 }.into());
		assert_eq!((free(BANK), lendable()), (before + 26, 0));
	});
}

#[test]
fn repayments_arrive_in_an_empty_pot() {
	run(|| {
		fund(MINIMUM + 1_000);
		assert_ok!(borrow(ALICE, 1_000));
		assert_eq!(lendable(), 0);
		assert_ok!(repay(ALICE, 1));
		assert_eq!(lendable(), 1);
	});
}

#[test]
fn the_deposit_is_the_borrowers_own() {
	run(|| {
		fund(50_000);
		let too_poor: DispatchError = TokenError::FundsUnavailable.into();
		assert_noop!(borrow(POOR, 1_000), too_poor);
		assert_ok!(Balances::transfer_keep_alive(signed(LENDER), POOR, 1_000));
		assert_ok!(borrow(POOR, 1_000));
	});
}

#[test]
fn what_is_outstanding_does_not_overflow() {
	run(|| {
		fund(50_000);
		Outstanding::<Test>::put(u64::MAX - 1_029);
		let overflow: DispatchError = ArithmeticError::Overflow.into();
		assert_noop!(borrow(ALICE, 1_000), overflow);
		Outstanding::<Test>::put(u64::MAX - 1_030);
		assert_ok!(borrow(ALICE, 1_000));
		Outstanding::<Test>::put(1_030);
	});
}

#[test]
fn what_travels_keeps_its_form() {
	assert!(LineOf::<Test>::max_encoded_len() < 50);
	let errors = [
		Error::<Test>::AmountZero,
		Error::AboveMaxLine,
		Error::PotTooSmall,
		Error::LineOpen,
		Error::Defaulted,
		Error::LineNotFound,
		Error::NotOverdue,
		Error::AlreadyMarked,
	];
	for (index, error) in errors.iter().enumerate() {
		assert_eq!(error.encode(), [index as u8]);
	}
	assert_eq!(HoldReason::LineDeposit.encode(), [0]);
}

/// What somebody does: a call, or to earn a reputation, or to lose it.
#[derive(Clone, Debug)]
enum Act {
	Call(Call<Test>),
	Reputation(u32),
	Transfer(u64, u64),
}

fn any_act() -> impl Strategy<Value = (u64, Act, u64)> {
	let account = || prop_oneof![2 => Just(ALICE), 2 => Just(BOB), 2 => 1..7u64];
	let amount = || prop_oneof![6 => 0..3_000u64, 2 => 0..40_000u64, 1 => Just(u64::MAX)];
	let call = prop_oneof![
		2 => amount().prop_map(|amount| Call::fund { amount }),
		1 => (account(), amount()).prop_map(|(to, amount)| Call::withdraw { to, amount }),
		4 => amount().prop_map(|amount| Call::borrow { amount }),
		4 => amount().prop_map(|amount| Call::repay { amount }),
		2 => account().prop_map(|account| Call::mark_default { account }),
	];
	let act = prop_oneof![
		12 => call.prop_map(Act::Call),
		1 => prop_oneof![Just(0), 0..5 * LEAST].prop_map(Act::Reputation),
		1 => (account(), amount()).prop_map(|(to, amount)| Act::Transfer(to, amount)),
	];
	(account(), act, prop_oneof![6 => Just(0), 2 => 1..20u64, 1 => 1..300u64])
}

/// What happened in a run.
#[derive(Default)]
struct Seen {
	/// What accounts owe: what they borrowed, with the fee, and less what they repaid.
	owing: BTreeMap<u64, u64>,
	/// Calls by name, and whether they succeeded.
	calls: BTreeMap<(&'static str, bool), u32>,
}

impl Seen {
	/// Runs a call: it does what it should, and one that fails leaves nothing.
	fn dispatch(&mut self, who: u64, call: Call<Test>) {
		let trusted = Reputations::score(who, CreditArea::get()) >= LEAST;
		let (name, pot) = (call.get_call_name(), free(Lending::pot().0));
		let before = sp_io::storage::root(StateVersion::V1);
		let done = call.clone().dispatch_bypass_filter(signed(who)).is_ok();
		*self.calls.entry((name, done)).or_default() += 1;
		if !done {
			assert_eq!(before, sp_io::storage::root(StateVersion::V1), "{who}: {call:?}");
			return;
		}
		let after = free(Lending::pot().0);
		match call {
			Call::fund { amount } => assert_eq!(after, pot + amount),
			Call::withdraw { amount, .. } => assert_eq!((who, after), (ADMIN, pot - amount)),
			Call::borrow { amount } => {
				assert!(trusted && amount <= MAX_LINE);
				assert_eq!(after, pot - amount);
				let other = self.owing.insert(who, amount + FEE.mul_ceil(amount));
				assert_eq!(other, None, "{who} borrowed twice");
			},
			Call::repay { amount } => {
				let left = self.owing.remove(&who).unwrap();
				let paid = amount.min(left);
				assert_eq!(after, pot + paid);
				if left > paid {
					self.owing.insert(who, left - paid);
				}
			},
			_ => assert_eq!(after, pot),
		}
		for account in ACCOUNTS {
			assert_eq!(owed(account), self.owing.get(&account).copied());
		}
		check();
	}
}

fn run_sequence(acts: &[(u64, Act, u64)], seen: &mut Seen) {
	seen.owing.clear();
	let mut ext = ext();
	// What is committed need not be hashed anew for each call.
	for acts in acts.chunks(50) {
		ext.execute_with(|| {
			System::reset_events();
			for (who, act, blocks) in acts.iter().cloned() {
				System::set_block_number(System::block_number() + blocks);
				match act {
					Act::Call(call) => seen.dispatch(who, call),
					Act::Reputation(points) => give_reputation(who, points),
					Act::Transfer(to, amount) => {
						let _ = Balances::transfer_keep_alive(signed(who), to, amount);
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
		let acts = proptest::collection::vec(any_act(), 1_200).new_tree(&mut runner).unwrap();
		run_sequence(&acts.current(), &mut seen);
	}
	println!("{:?}", seen.calls);
	assert!(seen.calls.values().sum::<u32>() > 100_000);
	// Else it would show nothing of some.
	for name in Call::<Test>::get_call_names() {
		for done in [true, false] {
			assert!(
				seen.calls.get(&(name, done)).is_some_and(|count| *count > 100),
				"{name} {done}"
			);
		}
	}
}
