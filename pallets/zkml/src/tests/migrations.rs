//! The storage of version 1 becomes that of version 2.

use super::*;
use crate::{
	migrations::{v1, V1ToV2, V2ToV3},
	Lifecycle, Rules, Tombstone,
};
use frame_support::traits::{
	Consideration, Footprint, GetStorageVersion, OnRuntimeUpgrade, StorageVersion,
};

/// Writes a model as version 1 did.
fn insert(prover: &Prover, owner: u64) -> ModelId {
	let (key, interface) = (prover.key(), prover.interface);
	let model = id(prover, owner);
	let deposit = <<Test as crate::Config>::Consideration as Consideration<_, _>>::new(
		&owner,
		Footprint::from_parts(1, 1_000),
	);
	let old = v1::Model {
		owner,
		scheme: Scheme::Groth16,
		semantics: SEMANTICS_V1,
		// In another form, of which nothing is read.
		alpha_beta: [7; 384],
		signals: interface.signals().unwrap(),
		key,
		interface,
		setup: CEREMONY,
		metadata: metadata(),
		deposit: deposit.unwrap(),
	};
	v1::Models::<Test>::insert(model, old);
	model
}

fn with_version_one(allow_development_keys: bool, test: impl FnOnce()) {
	ExtBuilder::production().build().execute_with(|| {
		Rules::<Test>::kill();
		v1::AllowDevelopmentKeys::<Test>::put(allow_development_keys);
		StorageVersion::new(1).put::<Zkml>();
		test();
	});
}

/// Migrates, with the checks of `try-runtime` where they are compiled in.
fn migrate() {
	#[cfg(feature = "try-runtime")]
	let state = V1ToV2::<Test>::pre_upgrade().unwrap();
	let weight = V1ToV2::<Test>::on_runtime_upgrade();
	assert!(weight.ref_time() > 0);
	#[cfg(feature = "try-runtime")]
	V1ToV2::<Test>::post_upgrade(state).unwrap();
	assert_eq!(Zkml::on_chain_storage_version(), StorageVersion::new(2));
	#[cfg(feature = "try-runtime")]
	let state = V2ToV3::<Test>::pre_upgrade().unwrap();
	V2ToV3::<Test>::on_runtime_upgrade();
	#[cfg(feature = "try-runtime")]
	V2ToV3::<Test>::post_upgrade(state).unwrap();
	assert_ok!(Zkml::do_try_state());
	assert_eq!(Zkml::on_chain_storage_version(), StorageVersion::new(3));
}

#[test]
fn models_nonces_and_tombstones_remain() {
	with_version_one(false, || {
		let (prover, wide) = (classifier(), public_logits());
		let (model, other) = (insert(&prover, ALICE), insert(&wide, BOB));
		Nonces::<Test>::insert(model, BOB, 7);
		let gone = ModelId([9; 32]);
		v1::Tombstones::<Test>::insert(gone, 3);
		let deposit = held(ALICE);
		assert!(deposit > 0);
		migrate();

		let found = Registrations::<Test>::get(model).unwrap();
		assert_eq!((found.owner, found.registrant, found.version), (ALICE, ALICE, 1));
		assert_eq!((found.since, found.metadata), (0, metadata()));
		let entry = Models::<Test>::get(model).unwrap();
		assert_eq!((entry.key, entry.setup), (prover.key(), CEREMONY));
		assert_eq!((entry.lifecycle, entry.terms), (Lifecycle::Unlimited, Terms::default()));
		assert_eq!(Registrations::<Test>::get(other).unwrap().owner, BOB);
		let (record, suspended, development) = ([0; 32], false, false);
		let tombstone = Tombstone { record, at: 3, suspended, development };
		assert_eq!(Tombstones::<Test>::get(gone), Some(tombstone));

		// All goes on as if nothing had happened.
		assert_eq!(Zkml::nonce(model, BOB), 7);
		let proof = prove(&prover, model, BOB, &label(7));
		assert_ok!(submit(BOB, model, label(7), proof));
		assert_eq!(held(ALICE), deposit);
		assert_ok!(Zkml::deregister_model(signed(ALICE), model));
		assert_eq!(held(ALICE), 0);
	});
}

#[test]
fn the_rule_for_development_keys_remains() {
	for allowed in [false, true] {
		with_version_one(allowed, || {
			migrate();
			assert_eq!(Zkml::policy().allow_development_keys, allowed);
			assert!(!Zkml::policy().paused);
			assert!(!v1::AllowDevelopmentKeys::<Test>::exists());
		});
	}
}

#[test]
fn happens_once() {
	with_version_one(true, || {
		let model = insert(&classifier(), ALICE);
		migrate();
		let before = Models::<Test>::get(model);
		V1ToV2::<Test>::on_runtime_upgrade();
		V2ToV3::<Test>::on_runtime_upgrade();
		assert_eq!(Models::<Test>::get(model), before);
		assert!(Zkml::policy().allow_development_keys);
	});
}

#[test]
fn an_empty_chain_migrates() {
	with_version_one(false, migrate);
}
