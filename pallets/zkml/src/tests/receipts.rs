//! What remains of an inference for those who come later.

use super::*;
use crate::{Receipt, Receipts};
use sp_runtime::{DispatchError, TokenError};

const TERMS: Terms = Terms { max_age: None, receipt_lifetime: Some(5) };

fn answer(prover: &Prover, model: ModelId, account: u64, class: u32) {
	let proof = prove(prover, model, account, &label(class));
	assert_ok!(submit(account, model, label(class), proof));
}

fn with_receipt(test: impl FnOnce(&Prover, ModelId)) {
	ExtBuilder::production().build_and_execute(|| {
		let prover = classifier();
		let model = register_on(&prover, TERMS);
		answer(&prover, model, BOB, 7);
		test(&prover, model);
	});
}

#[test]
fn keeps_the_output_and_takes_a_deposit() {
	with_receipt(|_, model| {
		let expected = Receipt {
			output: Output::Label(7),
			input: None,
			nonce: 0,
			at: 1,
			until: 6,
			deposit: (),
		};
		assert_eq!(Zkml::receipt(model, BOB), Some(expected));
		assert_eq!(Zkml::receipt(model, ALICE), None);
		assert!(held_for_receipts(BOB) > 0);
		assert_eq!(held(BOB), 0);
	});
}

#[test]
fn the_next_takes_its_place() {
	with_receipt(|prover, model| {
		let before = held_for_receipts(BOB);
		System::set_block_number(3);
		answer(prover, model, BOB, 8);
		let receipt = Zkml::receipt(model, BOB).unwrap();
		assert_eq!((receipt.output, receipt.nonce), (Output::Label(8), 1));
		assert_eq!((receipt.at, receipt.until), (3, 8));
		assert_eq!(held_for_receipts(BOB), before);
		assert_eq!(Receipts::<Test>::iter().count(), 1);
	});
}

#[test]
fn counts_up_to_its_last_block() {
	with_receipt(|_, model| {
		System::set_block_number(6);
		assert!(Zkml::receipt(model, BOB).is_some());
		System::set_block_number(7);
		assert_eq!(Zkml::receipt(model, BOB), None);
	});
}

#[test]
fn does_not_count_while_its_model_is_suspended() {
	with_receipt(|_, model| {
		for account in [ALICE, ADMIN] {
			assert_ok!(Zkml::suspend_model(signed(account), model));
			assert_eq!(Zkml::receipt(model, BOB), None);
			assert_ok!(Zkml::resume_model(signed(account), model));
			assert!(Zkml::receipt(model, BOB).is_some());
		}
	});
}

#[test]
fn outlives_its_model_unless_that_was_suspended() {
	with_receipt(|_, model| {
		assert_ok!(Zkml::deregister_model(signed(ALICE), model));
		assert!(Zkml::receipt(model, BOB).is_some());
	});
	with_receipt(|_, model| {
		assert_ok!(Zkml::suspend_model(signed(ALICE), model));
		assert_ok!(Zkml::deregister_model(signed(ALICE), model));
		assert_eq!(Zkml::receipt(model, BOB), None);
	});
}

#[test]
fn an_admin_takes_its_worth_even_when_the_model_is_gone() {
	with_receipt(|_, model| {
		assert_ok!(Zkml::deregister_model(signed(ALICE), model));
		let retired = Error::<Test>::ModelRetired;
		assert_noop!(Zkml::suspend_model(signed(ALICE), model), retired);
		assert_ok!(Zkml::suspend_model(signed(ADMIN), model));
		assert_eq!(Zkml::receipt(model, BOB), None);
		let again = Error::<Test>::AlreadySuspended;
		assert_noop!(Zkml::suspend_model(signed(ADMIN), model), again);
		let retired = Error::<Test>::ModelRetired;
		assert_noop!(Zkml::resume_model(signed(ADMIN), model), retired);
		// The deposit is not lost with it.
		assert_ok!(Zkml::remove_receipt(signed(BOB), model, BOB));
	});
}

#[test]
fn none_counts_while_verification_is_paused() {
	with_receipt(|_, model| {
		assert_ok!(Zkml::set_paused(signed(ADMIN), true));
		assert_eq!(Zkml::receipt(model, BOB), None);
		// Who wants out gets out.
		assert_ok!(Zkml::remove_receipt(signed(BOB), model, BOB));
		assert_ok!(Zkml::deregister_model(signed(ALICE), model));
		assert_ok!(Zkml::set_paused(signed(ADMIN), false));
	});
}

#[test]
fn does_not_count_once_its_models_key_is_no_longer_accepted() {
	ExtBuilder::default().build_and_execute(|| {
		let prover = classifier();
		assert_ok!(register_with(ALICE, &prover, Setup::Development, TERMS, None));
		let model = id(&prover, ALICE);
		answer(&prover, model, BOB, 7);
		assert!(Zkml::receipt(model, BOB).is_some());
		crate::Rules::<Test>::mutate(|rules| rules.allow_development_keys = false);
		assert_eq!(Zkml::receipt(model, BOB), None);
		assert_ok!(Zkml::deregister_model(signed(ALICE), model));
		assert_eq!(Zkml::receipt(model, BOB), None);
		crate::Rules::<Test>::mutate(|rules| rules.allow_development_keys = true);
		assert!(Zkml::receipt(model, BOB).is_some());
	});
}

#[test]
fn there_is_none_of_models_that_keep_none() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = classifier();
		let model = register(&prover);
		answer(&prover, model, BOB, 7);
		assert_eq!(Receipts::<Test>::iter().count(), 0);
	});
}

#[test]
fn rejects_accounts_that_cannot_pay() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = public_logits();
		let model = register_on(&prover, TERMS);
		let inference = logits(&[1, 2, 3], &[0; 40]);
		let proof = prove(&prover, model, POOR, &inference);
		assert_noop!(submit(POOR, model, inference, proof), TokenError::FundsUnavailable);
	});
}

mod remove_receipt {
	use super::*;

	#[test]
	fn its_account_may_at_any_time() {
		with_receipt(|_, model| {
			assert_ok!(Zkml::remove_receipt(signed(BOB), model, BOB));
			System::assert_last_event(Event::ReceiptRemoved { model, account: BOB }.into());
			assert_eq!(held_for_receipts(BOB), 0);
			assert_eq!(Zkml::receipt(model, BOB), None);
		});
	}

	#[test]
	fn anybody_may_once_it_counts_no_more() {
		with_receipt(|_, model| {
			let remove = || Zkml::remove_receipt(signed(ALICE), model, BOB);
			System::set_block_number(6);
			assert_noop!(remove(), Error::<Test>::ReceiptStillValid);
			System::set_block_number(7);
			assert_ok!(remove());
			assert_eq!(held_for_receipts(BOB), 0);
		});
	}

	#[test]
	fn rejects_what_is_not_there() {
		with_receipt(|_, model| {
			let missing = Error::<Test>::ReceiptNotFound;
			assert_noop!(Zkml::remove_receipt(signed(ALICE), model, ALICE), missing);
			assert_ok!(Zkml::remove_receipt(signed(BOB), model, BOB));
			let missing = Error::<Test>::ReceiptNotFound;
			assert_noop!(Zkml::remove_receipt(signed(BOB), model, BOB), missing);
			let nobody = RuntimeOrigin::none();
			assert_noop!(Zkml::remove_receipt(nobody, model, BOB), DispatchError::BadOrigin);
		});
	}
}
