//! Deprecation, suspension, and changes of terms.

use super::*;
use crate::{Authority, Status};
use sp_runtime::DispatchError;

fn with_model(test: impl FnOnce(&Prover, ModelId)) {
	ExtBuilder::production().build_and_execute(|| {
		let prover = classifier();
		let model = register(&prover);
		test(&prover, model);
	});
}

fn status(model: ModelId) -> Status<u64> {
	Zkml::status(model).unwrap()
}

mod deprecate_model {
	use super::*;

	#[test]
	fn accepts_up_to_the_last_block_and_never_again() {
		with_model(|prover, model| {
			assert_ok!(Zkml::deprecate_model(signed(ALICE), model, Some(3)));
			System::assert_last_event(Event::ModelDeprecated { model, until: Some(3) }.into());
			assert_eq!(status(model), Status::Deprecated { until: 3 });
			System::set_block_number(3);
			let proof = prove(prover, model, BOB, &label(7));
			assert_ok!(submit(BOB, model, label(7), proof));
			System::set_block_number(4);
			assert_eq!(status(model), Status::Retired);
			let proof = prove(prover, model, BOB, &label(7));
			assert_noop!(submit(BOB, model, label(7), proof), Error::<Test>::ModelRetired);
			for until in [None, Some(9)] {
				assert_noop!(
					Zkml::deprecate_model(signed(ALICE), model, until),
					Error::<Test>::ModelRetired
				);
			}
			// Its deposit can still be had back.
			assert_ok!(Zkml::deregister_model(signed(ALICE), model));
		});
	}

	#[test]
	fn can_be_moved_and_taken_back_before() {
		with_model(|_, model| {
			assert_ok!(Zkml::deprecate_model(signed(ALICE), model, Some(1)));
			assert_ok!(Zkml::deprecate_model(signed(ALICE), model, Some(9)));
			assert_eq!(status(model), Status::Deprecated { until: 9 });
			assert_ok!(Zkml::deprecate_model(signed(ALICE), model, None));
			assert_eq!(status(model), Status::Active);
		});
	}

	#[test]
	fn rejects_an_end_in_the_past() {
		with_model(|_, model| {
			System::set_block_number(5);
			assert_noop!(
				Zkml::deprecate_model(signed(ALICE), model, Some(4)),
				Error::<Test>::EndInPast
			);
		});
	}

	#[test]
	fn rejects_others_than_the_owner() {
		with_model(|_, model| {
			for account in [BOB, ADMIN] {
				assert_noop!(
					Zkml::deprecate_model(signed(account), model, None),
					Error::<Test>::NotOwner
				);
			}
		});
	}
}

mod suspend_model {
	use super::*;

	#[test]
	fn stops_verification_until_it_is_resumed() {
		with_model(|prover, model| {
			let proof = prove(prover, model, BOB, &label(7));
			for (account, by) in [(ALICE, Authority::Owner), (ADMIN, Authority::Admin)] {
				assert_ok!(Zkml::suspend_model(signed(account), model));
				System::assert_last_event(Event::ModelSuspended { model, by }.into());
				assert_eq!(status(model), Status::Suspended);
				assert_noop!(submit(BOB, model, label(7), proof), Error::<Test>::ModelSuspended);
				assert_ok!(Zkml::resume_model(signed(account), model));
				System::assert_last_event(Event::ModelResumed { model, by }.into());
				assert_eq!(status(model), Status::Active);
			}
			assert_ok!(submit(BOB, model, label(7), proof));
		});
	}

	#[test]
	fn each_lifts_only_its_own() {
		with_model(|_, model| {
			assert_ok!(Zkml::suspend_model(signed(ADMIN), model));
			let not = Error::<Test>::NotSuspended;
			assert_noop!(Zkml::resume_model(signed(ALICE), model), not);
			assert_ok!(Zkml::suspend_model(signed(ALICE), model));
			assert_ok!(Zkml::resume_model(signed(ADMIN), model));
			assert_eq!(status(model), Status::Suspended);
			assert_ok!(Zkml::resume_model(signed(ALICE), model));
			assert_eq!(status(model), Status::Active);
		});
	}

	#[test]
	fn keeps_an_announced_end() {
		with_model(|_, model| {
			assert_ok!(Zkml::deprecate_model(signed(ALICE), model, Some(9)));
			assert_ok!(Zkml::suspend_model(signed(ALICE), model));
			assert_eq!(status(model), Status::Suspended);
			assert_ok!(Zkml::resume_model(signed(ALICE), model));
			assert_eq!(status(model), Status::Deprecated { until: 9 });
		});
	}

	#[test]
	fn rejects_a_second_time() {
		with_model(|_, model| {
			for account in [ALICE, ADMIN] {
				assert_ok!(Zkml::suspend_model(signed(account), model));
				assert_noop!(
					Zkml::suspend_model(signed(account), model),
					Error::<Test>::AlreadySuspended
				);
			}
		});
	}

	#[test]
	fn rejects_others() {
		with_model(|_, model| {
			assert_noop!(Zkml::suspend_model(signed(BOB), model), Error::<Test>::NotOwner);
			assert_noop!(Zkml::resume_model(signed(BOB), model), Error::<Test>::NotOwner);
			for origin in [RuntimeOrigin::none(), RuntimeOrigin::root()] {
				assert_noop!(Zkml::suspend_model(origin, model), DispatchError::BadOrigin);
			}
			let unknown = ModelId([9; 32]);
			for account in [ALICE, ADMIN] {
				assert_noop!(
					Zkml::suspend_model(signed(account), unknown),
					Error::<Test>::ModelNotFound
				);
			}
		});
	}
}

mod set_terms {
	use super::*;

	#[test]
	fn changes_them() {
		with_model(|prover, model| {
			let proof = prove(prover, model, BOB, &label(7));
			let terms = Terms { max_age: Some(5), receipt_lifetime: None };
			assert_ok!(Zkml::set_terms(signed(ALICE), model, terms));
			System::assert_last_event(Event::TermsChanged { model, terms }.into());
			assert_noop!(submit(BOB, model, label(7), proof), Error::<Test>::AnchorMissing);
			assert_ok!(Zkml::set_terms(signed(ALICE), model, Terms::default()));
			assert_ok!(submit(BOB, model, label(7), proof));
		});
	}

	#[test]
	fn rejects_others_and_nonsense() {
		with_model(|_, model| {
			let terms = Terms::default();
			assert_noop!(Zkml::set_terms(signed(BOB), model, terms), Error::<Test>::NotOwner);
			assert_noop!(Zkml::set_terms(signed(ADMIN), model, terms), Error::<Test>::NotOwner);
			let terms = Terms { max_age: Some(0), receipt_lifetime: None };
			assert_noop!(
				Zkml::set_terms(signed(ALICE), model, terms),
				Error::<Test>::MalformedTerms
			);
		});
	}
}
