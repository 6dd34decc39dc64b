use super::*;
use crate::{Status, Tombstone};
use codec::Encode;
use sp_crypto_hashing::blake2_256;
use sp_runtime::DispatchError;

#[test]
fn returns_the_deposit_and_leaves_a_tombstone() {
	ExtBuilder::production().build_and_execute(|| {
		let model = register(&classifier());
		assert!(held(ALICE) > 0);
		let entry = Models::<Test>::get(model).unwrap();
		let found = Registrations::<Test>::get(model).unwrap().with_deposit(());
		System::set_block_number(5);
		assert_ok!(Zkml::deregister_model(signed(ALICE), model));
		assert_eq!(held(ALICE), 0);
		assert_eq!(Models::<Test>::get(model), None);
		assert_eq!(Registrations::<Test>::get(model), None);
		let record = Tombstone::record(model, &entry, &found);
		assert_eq!(record, blake2_256(&(model, entry, found).encode()));
		let tombstone = Tombstone { record, at: 5, suspended: false, development: false };
		assert_eq!(Zkml::tombstone(model), Some(tombstone));
		assert_eq!(Zkml::status(model), Some(Status::Retired));
		let event = Event::ModelDeregistered { model, owner: ALICE, record };
		System::assert_last_event(event.into());
	});
}

#[test]
fn keeps_nonces() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = classifier();
		let model = register(&prover);
		let proof = prove(&prover, model, BOB, &label(1));
		assert_ok!(submit(BOB, model, label(1), proof));
		assert_ok!(Zkml::deregister_model(signed(ALICE), model));
		assert_eq!(Nonces::<Test>::get(model, BOB), 1);
	});
}

#[test]
fn rejects_unsigned_origins() {
	ExtBuilder::production().build_and_execute(|| {
		let model = register(&classifier());
		for origin in [RuntimeOrigin::none(), RuntimeOrigin::root()] {
			assert_noop!(Zkml::deregister_model(origin, model), DispatchError::BadOrigin);
		}
	});
}

#[test]
fn rejects_others_than_the_owner() {
	ExtBuilder::production().build_and_execute(|| {
		let model = register(&classifier());
		assert_noop!(Zkml::deregister_model(signed(BOB), model), Error::<Test>::NotOwner);
	});
}

#[test]
fn rejects_unknown_models() {
	ExtBuilder::production().build_and_execute(|| {
		let unknown = ModelId([9; 32]);
		assert_noop!(Zkml::deregister_model(signed(ALICE), unknown), Error::<Test>::ModelNotFound);
	});
}

#[test]
fn rejects_retired_models() {
	ExtBuilder::production().build_and_execute(|| {
		let model = register(&classifier());
		assert_ok!(Zkml::deregister_model(signed(ALICE), model));
		assert_noop!(Zkml::deregister_model(signed(ALICE), model), Error::<Test>::ModelRetired);
	});
}

#[test]
fn the_record_tells_a_suspended_model() {
	ExtBuilder::production().build_and_execute(|| {
		let model = register(&classifier());
		assert_ok!(Zkml::suspend_model(signed(ADMIN), model));
		assert_ok!(Zkml::deregister_model(signed(ALICE), model));
		assert!(Tombstones::<Test>::get(model).unwrap().suspended);
	});
}
