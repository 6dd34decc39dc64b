use super::*;
use sp_runtime::DispatchError;

#[test]
fn returns_the_deposit_and_leaves_a_tombstone() {
	ExtBuilder::production().build_and_execute(|| {
		let model = register(&classifier());
		assert!(held(ALICE) > 0);
		System::set_block_number(5);
		assert_ok!(Zkml::deregister_model(signed(ALICE), model));
		assert_eq!(held(ALICE), 0);
		assert_eq!(Models::<Test>::get(model), None);
		assert_eq!(Tombstones::<Test>::get(model), Some(5));
		System::assert_last_event(Event::ModelDeregistered { model, owner: ALICE }.into());
	});
}

#[test]
fn keeps_nonces() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = classifier();
		let model = register(&prover);
		let proof = prove(&prover, model, BOB, &label(1));
		assert_ok!(Zkml::submit_inference(signed(BOB), 2, model, label(1), proof));
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
