//! A model changes hands in two steps.

use super::*;
use sp_runtime::TokenError;

fn with_model(test: impl FnOnce(&Prover, ModelId)) {
	ExtBuilder::production().build_and_execute(|| {
		let prover = classifier();
		let model = register(&prover);
		test(&prover, model);
	});
}

#[test]
fn moves_owner_and_deposit_and_keeps_the_id() {
	with_model(|prover, model| {
		let deposit = held(ALICE);
		assert_ok!(Zkml::offer_ownership(signed(ALICE), model, Some(BOB)));
		System::assert_last_event(Event::OwnershipOffered { model, heir: Some(BOB) }.into());
		assert_eq!((held(ALICE), held(BOB)), (deposit, 0));
		assert_ok!(Zkml::accept_ownership(signed(BOB), model));
		let event = Event::OwnershipTransferred { model, from: ALICE, to: BOB };
		System::assert_last_event(event.into());
		assert_eq!((held(ALICE), held(BOB)), (0, deposit));
		assert_noop!(Zkml::deregister_model(signed(ALICE), model), Error::<Test>::NotOwner);
		// The registrant cannot register it again, neither now nor when it is gone.
		let again = || register_with(ALICE, prover, CEREMONY, Terms::default(), None);
		assert_noop!(again(), Error::<Test>::ModelAlreadyRegistered);
		let proof = prove(prover, model, BOB, &label(7));
		assert_ok!(submit(BOB, model, label(7), proof));
		assert_ok!(Zkml::deregister_model(signed(BOB), model));
		assert_noop!(again(), Error::<Test>::ModelRetired);
	});
}

#[test]
fn an_offer_can_be_taken_back() {
	with_model(|_, model| {
		assert_ok!(Zkml::offer_ownership(signed(ALICE), model, Some(BOB)));
		assert_ok!(Zkml::offer_ownership(signed(ALICE), model, None));
		assert_noop!(Zkml::accept_ownership(signed(BOB), model), Error::<Test>::NotOffered);
	});
}

#[test]
fn an_offer_is_good_once() {
	with_model(|_, model| {
		assert_ok!(Zkml::offer_ownership(signed(ALICE), model, Some(BOB)));
		assert_ok!(Zkml::accept_ownership(signed(BOB), model));
		assert_noop!(Zkml::accept_ownership(signed(BOB), model), Error::<Test>::NotOffered);
		assert_ok!(Zkml::offer_ownership(signed(BOB), model, Some(ALICE)));
		assert_ok!(Zkml::accept_ownership(signed(ALICE), model));
	});
}

#[test]
fn an_owner_may_accept_its_own_offer() {
	with_model(|_, model| {
		assert_ok!(Zkml::offer_ownership(signed(ALICE), model, Some(ALICE)));
		assert_ok!(Zkml::accept_ownership(signed(ALICE), model));
	});
}

#[test]
fn rejects_others() {
	with_model(|_, model| {
		let offer = |account| Zkml::offer_ownership(signed(account), model, Some(BOB));
		assert_noop!(offer(BOB), Error::<Test>::NotOwner);
		assert_noop!(offer(ADMIN), Error::<Test>::NotOwner);
		assert_ok!(offer(ALICE));
		assert_noop!(Zkml::accept_ownership(signed(ALICE), model), Error::<Test>::NotOffered);
		let unknown = ModelId([9; 32]);
		assert_noop!(Zkml::accept_ownership(signed(BOB), unknown), Error::<Test>::ModelNotFound);
	});
}

#[test]
fn rejects_heirs_who_cannot_pay() {
	with_model(|_, model| {
		assert_ok!(Zkml::offer_ownership(signed(ALICE), model, Some(POOR)));
		assert_noop!(Zkml::accept_ownership(signed(POOR), model), TokenError::FundsUnavailable);
	});
}

#[test]
fn suspensions_remain_and_the_owners_passes_to_the_heir() {
	with_model(|_, model| {
		assert_ok!(Zkml::suspend_model(signed(ALICE), model));
		assert_ok!(Zkml::suspend_model(signed(ADMIN), model));
		assert_ok!(Zkml::offer_ownership(signed(ALICE), model, Some(BOB)));
		assert_ok!(Zkml::accept_ownership(signed(BOB), model));
		assert_noop!(Zkml::resume_model(signed(ALICE), model), Error::<Test>::NotOwner);
		assert_ok!(Zkml::resume_model(signed(BOB), model));
		assert_eq!(Zkml::status(model), Some(crate::Status::Suspended));
		assert_noop!(Zkml::resume_model(signed(BOB), model), Error::<Test>::NotSuspended);
		assert_ok!(Zkml::resume_model(signed(ADMIN), model));
		assert_eq!(Zkml::status(model), Some(crate::Status::Active));
	});
}

#[test]
fn an_admin_who_becomes_owner_lifts_both_suspensions() {
	with_model(|_, model| {
		assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), ADMIN, 1_000_000));
		assert_ok!(Zkml::suspend_model(signed(ALICE), model));
		assert_ok!(Zkml::suspend_model(signed(ADMIN), model));
		assert_ok!(Zkml::offer_ownership(signed(ALICE), model, Some(ADMIN)));
		assert_ok!(Zkml::accept_ownership(signed(ADMIN), model));
		assert_ok!(Zkml::resume_model(signed(ADMIN), model));
		assert_eq!(Zkml::status(model), Some(crate::Status::Suspended));
		assert_ok!(Zkml::resume_model(signed(ADMIN), model));
		assert_eq!(Zkml::status(model), Some(crate::Status::Active));
		assert_noop!(Zkml::resume_model(signed(ADMIN), model), Error::<Test>::NotSuspended);
	});
}
