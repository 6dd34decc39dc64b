use super::*;
use sp_runtime::{DispatchError, TokenError};
use zkml_primitives::VerifyingKey;

struct Registration {
	key: VerifyingKey,
	interface: Interface,
	setup: Setup,
	metadata: Metadata,
	terms: Terms,
	supersedes: Option<ModelId>,
}

fn registration() -> Registration {
	let prover = classifier();
	Registration {
		key: prover.key(),
		interface: prover.interface,
		setup: CEREMONY,
		metadata: metadata(),
		terms: Terms { max_age: Some(9), receipt_lifetime: Some(1) },
		supersedes: None,
	}
}

fn call(account: u64, registration: Registration) -> sp_runtime::DispatchResult {
	register_as(signed(account), registration)
}

fn register_as(origin: RuntimeOrigin, registration: Registration) -> sp_runtime::DispatchResult {
	let Registration { key, interface, setup, metadata, terms, supersedes } = registration;
	Zkml::register_model(origin, Box::new(key), interface, setup, metadata, terms, supersedes)
}

/// Changes a good registration and expects an error, with nothing written.
fn refuses(error: Error<Test>, change: impl FnOnce(&mut Registration)) {
	ExtBuilder::production().build_and_execute(|| {
		let mut bad = registration();
		change(&mut bad);
		assert_noop!(call(ALICE, bad), error);
		assert_ok!(call(ALICE, registration()));
	});
}

#[test]
fn keeps_the_model_and_takes_a_deposit() {
	ExtBuilder::production().build_and_execute(|| {
		System::set_block_number(3);
		let prover = public_logits();
		let model = id(&prover, ALICE);
		let wanted =
			Registration { key: prover.key(), interface: prover.interface, ..registration() };
		assert_ok!(call(ALICE, wanted));
		let entry = Models::<Test>::get(model).unwrap();
		assert_eq!(entry.signals, 4);
		assert_eq!(entry.key, prover.key());
		assert_eq!(entry.interface, prover.interface);
		assert_eq!(entry.setup, CEREMONY);
		assert_eq!(entry.terms, registration().terms);
		assert_eq!(entry.status(u64::MAX), crate::Status::Active);
		let found = Registrations::<Test>::get(model).unwrap();
		assert_eq!((found.owner, found.registrant, found.heir), (ALICE, ALICE, None));
		assert_eq!((found.version, found.supersedes, found.superseded_by), (1, None, None));
		assert_eq!((found.since, found.metadata), (3, metadata()));
		assert!(held(ALICE) > 1_000);
		let event = Event::ModelRegistered { model, owner: ALICE, supersedes: None };
		System::assert_last_event(event.into());
	});
}

#[test]
fn a_smaller_model_costs_less() {
	ExtBuilder::production().build_and_execute(|| {
		let large = register(&public_logits());
		let small = register(&classifier());
		assert_eq!(deposit(large) - deposit(small), 2 * 64);
		let mut brief =
			Registration { key: Prover::new(5, classifier().interface).key(), ..registration() };
		brief.metadata.name = BoundedVec::truncate_from(b"brief".to_vec());
		brief.metadata.uri = BoundedVec::default();
		let before = held(ALICE);
		assert_ok!(call(ALICE, brief));
		assert_eq!(held(ALICE) - before, deposit(small) - (64 - 5) - 256);
	});
}

mod with_a_version_before {
	use super::*;

	fn next(supersedes: ModelId) -> Registration {
		let key = Prover::new(9, classifier().interface).key();
		Registration { key, supersedes: Some(supersedes), ..registration() }
	}

	#[test]
	fn makes_a_line() {
		ExtBuilder::production().build_and_execute(|| {
			let first = register(&classifier());
			assert_ok!(call(ALICE, next(first)));
			let second = id(&Prover::new(9, classifier().interface), ALICE);
			let found = Registrations::<Test>::get(second).unwrap();
			assert_eq!((found.version, found.supersedes), (2, Some(first)));
			let before = Registrations::<Test>::get(first).unwrap();
			assert_eq!((before.version, before.superseded_by), (1, Some(second)));
			// Nothing else changes for the one before.
			assert_eq!(Zkml::status(first), Some(crate::Status::Active));
			let event =
				Event::ModelRegistered { model: second, owner: ALICE, supersedes: Some(first) };
			System::assert_last_event(event.into());
			assert_ok!(Zkml::deregister_model(signed(ALICE), first));
		});
	}

	#[test]
	fn rejects_a_fork() {
		ExtBuilder::production().build_and_execute(|| {
			let first = register(&classifier());
			assert_ok!(call(ALICE, next(first)));
			let key = Prover::new(10, classifier().interface).key();
			let fork = Registration { key, ..next(first) };
			assert_noop!(call(ALICE, fork), Error::<Test>::AlreadySuperseded);
		});
	}

	#[test]
	fn takes_the_place_of_a_successor_that_is_gone() {
		ExtBuilder::production().build_and_execute(|| {
			let first = register(&classifier());
			assert_ok!(call(ALICE, next(first)));
			let mistaken = id(&Prover::new(9, classifier().interface), ALICE);
			assert_ok!(Zkml::deregister_model(signed(ALICE), mistaken));
			let key = Prover::new(10, classifier().interface).key();
			assert_ok!(call(ALICE, Registration { key, ..next(first) }));
		});
	}

	#[test]
	fn rejects_models_of_others_and_of_nobody() {
		ExtBuilder::production().build_and_execute(|| {
			let first = register(&classifier());
			assert_noop!(call(BOB, next(first)), Error::<Test>::NotOwner);
			let unknown = ModelId([9; 32]);
			assert_noop!(call(ALICE, next(unknown)), Error::<Test>::ModelNotFound);
			assert_ok!(Zkml::deregister_model(signed(ALICE), first));
			assert_noop!(call(ALICE, next(first)), Error::<Test>::ModelRetired);
		});
	}

	#[test]
	fn rejects_itself() {
		ExtBuilder::production().build_and_execute(|| {
			let own = id(&classifier(), ALICE);
			let itself = Registration { supersedes: Some(own), ..registration() };
			assert_noop!(call(ALICE, itself), Error::<Test>::ModelNotFound);
		});
	}
}

#[test]
fn rejects_terms_that_cannot_be_kept() {
	// The mock chain remembers ten blocks.
	for max_age in [0, 1, 10, u32::MAX] {
		refuses(Error::MalformedTerms, |bad| bad.terms.max_age = Some(max_age));
	}
	refuses(Error::MalformedTerms, |bad| bad.terms.receipt_lifetime = Some(0));
}

#[test]
fn gives_another_owner_another_id() {
	ExtBuilder::production().build_and_execute(|| {
		assert_ok!(call(ALICE, registration()));
		assert_ok!(call(BOB, registration()));
		assert_eq!(Models::<Test>::iter().count(), 2);
		assert_ne!(id(&classifier(), ALICE), id(&classifier(), BOB));
	});
}

#[test]
fn rejects_unsigned_origins() {
	ExtBuilder::default().build_and_execute(|| {
		for origin in [RuntimeOrigin::none(), RuntimeOrigin::root()] {
			assert_noop!(register_as(origin, registration()), DispatchError::BadOrigin);
		}
	});
}

#[test]
fn rejects_interfaces_that_make_no_sense() {
	refuses(Error::MalformedInterface, |bad| {
		bad.interface.output = OutputKind::Argmax { classes: 1 };
	});
	for width in [0, 33, 253, 254, 255] {
		refuses(Error::MalformedInterface, |bad| {
			bad.interface.output = OutputKind::Logits(tensor(width, 1, 0));
		});
		refuses(Error::MalformedInterface, |bad| {
			bad.interface.input = InputVisibility::Public(tensor(width, 1, 0));
		});
	}
}

#[test]
fn rejects_large_interfaces() {
	refuses(Error::InterfaceTooLarge, |bad| {
		bad.interface.input = InputVisibility::Public(tensor(8, u32::MAX, 0));
	});
	let most = zkml_primitives::MAX_OUTPUTS;
	refuses(Error::InterfaceTooLarge, |bad| {
		bad.interface.output = OutputKind::Logits(tensor(1, most + 1, 0));
	});
	// 4,000 bytes are 130 words.
	refuses(Error::InterfaceTooLarge, |bad| {
		bad.interface.input = InputVisibility::Public(tensor(8, 4_000, 0));
	});
}

#[test]
fn rejects_thresholds_masks_and_commitments_that_make_no_sense() {
	for output in [
		OutputKind::Threshold { score: tensor(8, 1, -3), tau: -4 },
		OutputKind::TopK { classes: 4, k: 5 },
		OutputKind::MaskedArgmax { classes: 0 },
	] {
		refuses(Error::MalformedInterface, |bad| bad.interface.output = output);
	}
	refuses(Error::MalformedInterface, |bad| {
		bad.interface.weights = WeightsVisibility::Committed(Commitment([0xff; 32]));
	});
}

#[test]
fn rejects_a_key_for_another_number_of_signals() {
	refuses(Error::SignalCountMismatch, |bad| bad.key.ic.clear());
	refuses(Error::SignalCountMismatch, |bad| {
		bad.key.ic.pop();
	});
	refuses(Error::SignalCountMismatch, |bad| {
		let point = bad.key.ic[0];
		bad.key.ic.try_push(point).unwrap();
	});
	refuses(Error::SignalCountMismatch, |bad| bad.interface = public_logits().interface);
}

#[test]
fn rejects_metadata_that_is_not_utf8() {
	refuses(Error::MalformedMetadata, |bad| bad.metadata.name[0] = 0xff);
	refuses(Error::MalformedMetadata, |bad| bad.metadata.uri[0] = 0xff);
}

#[test]
fn rejects_a_ceremony_of_one() {
	for contributions in [0, 1] {
		refuses(Error::MalformedSetup, |bad| {
			bad.setup = Setup::Ceremony { transcript: [3; 32], contributions };
		});
	}
}

#[test]
fn rejects_development_keys_unless_allowed() {
	refuses(Error::DevelopmentKeyRefused, |bad| bad.setup = Setup::Development);
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(call(ALICE, Registration { setup: Setup::Development, ..registration() }));
	});
}

#[test]
fn rejects_a_second_registration() {
	ExtBuilder::production().build_and_execute(|| {
		assert_ok!(call(ALICE, registration()));
		// Neither setup nor metadata make it another model.
		let mut again = registration();
		again.metadata.onnx_sha256 = [9; 32];
		again.setup = Setup::Ceremony { transcript: [4; 32], contributions: 5 };
		assert_noop!(call(ALICE, again), Error::<Test>::ModelAlreadyRegistered);
	});
}

#[test]
fn rejects_a_retired_model() {
	ExtBuilder::production().build_and_execute(|| {
		assert_ok!(call(ALICE, registration()));
		assert_ok!(Zkml::deregister_model(signed(ALICE), id(&classifier(), ALICE)));
		assert_noop!(call(ALICE, registration()), Error::<Test>::ModelRetired);
		assert_ok!(call(BOB, registration()));
	});
}

#[test]
fn rejects_keys_that_are_not_points() {
	refuses(Error::MalformedKey, |bad| bad.key.alpha[0] ^= 1);
	refuses(Error::MalformedKey, |bad| bad.key.beta[127] ^= 1);
	refuses(Error::MalformedKey, |bad| bad.key.gamma = [0; 128]);
	refuses(Error::MalformedKey, |bad| bad.key.delta = [0xff; 128]);
	refuses(Error::MalformedKey, |bad| bad.key.ic[1] = [0; 64]);
}

#[test]
fn rejects_keys_of_an_unfinished_setup() {
	refuses(Error::UnfinishedKey, |bad| bad.key.delta = bad.key.gamma);
}

#[test]
fn rejects_owners_who_cannot_pay() {
	ExtBuilder::production().build_and_execute(|| {
		assert_noop!(call(POOR, registration()), TokenError::FundsUnavailable);
	});
}

#[test]
fn weighs_by_the_points_of_the_key() {
	use frame_support::dispatch::GetDispatchInfo;
	let weight = |prover: Prover| {
		let call = crate::Call::<Test>::register_model {
			verifying_key: Box::new(prover.key()),
			interface: prover.interface,
			setup: CEREMONY,
			metadata: metadata(),
			terms: Terms::default(),
			supersedes: None,
		};
		call.get_dispatch_info().call_weight
	};
	assert_eq!(weight(classifier()), <() as crate::WeightInfo>::register_model(2));
	assert_eq!(weight(public_logits()), <() as crate::WeightInfo>::register_model(4));
}
