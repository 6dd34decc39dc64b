use super::*;
use frame_support::traits::{GetStorageVersion, StorageVersion};

/// Corrupts a state with one model and expects an invariant to notice.
fn notices(change: impl FnOnce(ModelId)) {
	ExtBuilder::production().build().execute_with(|| {
		let model = register(&classifier());
		assert_ok!(Zkml::do_try_state());
		change(model);
		assert!(Zkml::do_try_state().is_err());
	});
}

fn change(model: ModelId, change: impl FnOnce(&mut crate::ModelOf<Test>)) {
	Models::<Test>::mutate(model, |entry| change(entry.as_mut().unwrap()));
}

fn describe(model: ModelId, change: impl FnOnce(&mut crate::RegistrationOf<Test>)) {
	Registrations::<Test>::mutate(model, |found| change(found.as_mut().unwrap()));
}

#[test]
fn notices_a_model_under_another_id() {
	notices(|model| {
		let entry = Models::<Test>::take(model).unwrap();
		Models::<Test>::insert(ModelId([9; 32]), entry);
	});
	notices(|model| describe(model, |found| found.registrant = BOB));
}

#[test]
fn notices_miscounted_signals() {
	notices(|model| change(model, |entry| entry.signals = 3));
}

#[test]
fn notices_a_bad_key() {
	notices(|model| change(model, |entry| entry.key.gamma = [0; 128]));
}

#[test]
fn notices_another_pairing() {
	notices(|model| change(model, |entry| entry.alpha_beta[0] ^= 1));
}

#[test]
fn notices_a_tombstone_of_a_living_model() {
	let tombstone =
		crate::Tombstone { record: [0; 32], at: 1, suspended: false, development: false };
	notices(|model| Tombstones::<Test>::insert(model, tombstone));
}

#[test]
fn notices_halves_of_a_model() {
	notices(Models::<Test>::remove);
	notices(Registrations::<Test>::remove);
}

#[test]
fn notices_broken_lines_of_versions() {
	notices(|model| describe(model, |found| found.version = 2));
	notices(|model| describe(model, |found| found.superseded_by = Some(ModelId([9; 32]))));
	notices(|model| {
		describe(model, |found| {
			found.version = 2;
			found.supersedes = Some(model);
		});
	});
}

#[test]
fn notices_stray_receipts() {
	let receipt = |nonce| crate::Receipt {
		output: Output::Label(1),
		input: None,
		nonce,
		at: 1,
		until: 2,
		deposit: (),
	};
	for stray in [None, Some(ModelId([9; 32]))] {
		notices(|model| {
			assert_ok!(Zkml::keep_receipt(stray.unwrap_or(model), &BOB, receipt(0)));
		});
	}
}

#[test]
fn notices_stray_nonces() {
	notices(|_| Nonces::<Test>::insert(ModelId([9; 32]), BOB, 1));
	notices(|model| Nonces::<Test>::insert(model, BOB, 0));
}

#[test]
fn storage_is_of_version_three() {
	ExtBuilder::production().build_and_execute(|| {
		assert_eq!(Zkml::in_code_storage_version(), StorageVersion::new(3));
		assert_eq!(Zkml::on_chain_storage_version(), StorageVersion::new(3));
	});
}
