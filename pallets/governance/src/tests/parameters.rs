use super::*;
use crate::Event;
use frame_support::assert_noop;
use pallet_zkml::VerifyError;
use sp_runtime::{traits::BadOrigin, DispatchError};

/// The model is told the price and the number of the block; it answers down, keep or up.
fn bindings(model: &Model) -> BindingTermsOf<Test> {
	BindingTerms {
		model: model.id,
		inputs: inputs(&[(Feature::Current, 1), (Feature::Metric(0), 1)]),
		motion: Motion::Steps(vec![-30, 0, 30].try_into().unwrap()),
		floor: 60,
		ceiling: 150,
		max_step: 20,
		period: 5,
		validity: 3,
		reward: 700,
	}
}

const THREE: OutputKind = OutputKind::Argmax { classes: 3 };

fn bind(model: &Model, terms: BindingTermsOf<Test>) {
	assert_ok!(Governance::bind_parameter(RuntimeOrigin::root(), 0, terms));
	let (_, account) = Governance::binding(0).unwrap();
	assert_ok!(Balances::transfer_keep_alive(signed(BOB), account, 5_000));
	assert_eq!(model.prover.interface.counts().context, 1);
}

fn price() -> u64 {
	dynamic::prices::Bread::get()
}

/// Proves an answer to the last snapshot, of values that may be others.
fn answer_of(
	who: u64,
	model: &Model,
	values: Option<&[i32]>,
	output: Output,
) -> frame_support::dispatch::DispatchResultWithPostInfo {
	let subject = Subject::Parameter(0);
	let snapshot = Snapshots::<Test>::get(&subject);
	let at = snapshot.as_ref().map_or(0, |found| found.at);
	let frozen = snapshot.map_or(vec![0, 0], |found| found.values.to_vec());
	let context = Governance::context(subject, who).unwrap_or(Context([0; 32]));
	let (inference, proof) = model.prove(context, values.unwrap_or(&frozen), output);
	Governance::move_parameter(signed(who), 0, at, model.signals(), inference, proof)
}

fn answer(
	who: u64,
	model: &Model,
	label: u32,
) -> frame_support::dispatch::DispatchResultWithPostInfo {
	answer_of(who, model, None, Output::Label(label))
}

fn snapshot() -> sp_runtime::DispatchResult {
	Governance::snapshot_parameter(signed(DAVE), 0)
}

#[test]
fn a_model_moves_a_parameter_within_its_bounds() {
	run(|| {
		let model = Model::public(1, 2, THREE);
		bind(&model, bindings(&model));
		let before = Balances::free_balance(CAROL);
		// It asks for thirty more each time: no more than twenty at once, and no more than the ceiling.
		for expected in [120, 140, 150, 150] {
			assert_ok!(snapshot());
			let at = System::block_number();
			System::assert_last_event(Event::ParameterSnapshotted { key: 0, at }.into());
			let frozen = Governance::snapshot(Subject::Parameter(0)).unwrap().values.to_vec();
			assert_eq!(frozen, [price() as i32, at as i32]);
			let (from, asked) = (price().into(), u128::from(price()) + 30);
			assert_ok!(answer(CAROL, &model, 2));
			let (to, who, reward) = (expected.into(), CAROL, 700);
			System::assert_last_event(
				Event::ParameterMoved { key: 0, from, asked, to, who, reward }.into(),
			);
			assert_eq!(price(), expected);
			check();
			assert_noop!(snapshot(), Error::<Test>::TooSoon);
			pass(5);
		}
		assert_eq!(Balances::free_balance(CAROL), before + 4 * 700);
		for expected in [130, 110, 90, 70, 60, 60] {
			assert_ok!(snapshot());
			assert_ok!(answer(CAROL, &model, 0));
			assert_eq!(price(), expected);
			pass(5);
		}
		assert_ok!(snapshot());
		assert_ok!(answer(CAROL, &model, 1));
		assert_eq!(price(), 60);
	});
}

#[test]
fn from_outside_its_bounds_it_comes_back_step_by_step() {
	run(|| {
		let model = Model::public(1, 2, THREE);
		bind(&model, bindings(&model));
		let set = |value| {
			let parameter = dynamic::prices::Parameters::Bread(dynamic::prices::Bread, Some(value));
			RuntimeParameters::Prices(parameter)
		};
		assert_ok!(Parameters::set_parameter(RuntimeOrigin::root(), set(185)));
		for expected in [165, 150] {
			assert_ok!(snapshot());
			assert_ok!(answer(CAROL, &model, 1));
			assert_eq!(price(), expected);
			pass(5);
		}
		// Nobody else sets it.
		for origin in [signed(BOB), RuntimeOrigin::none()] {
			let error = Parameters::set_parameter(origin, set(1)).unwrap_err();
			assert_eq!(error, BadOrigin.into());
		}
	});
}

#[test]
fn a_value_is_asked_for_in_its_unit() {
	run(|| {
		let model = Model::public(
			1,
			2,
			OutputKind::Logits(Tensor {
				packing: Packing { width: 20, count: 2, offset: -100 },
				scale: Scale::power_of_two(0),
			}),
		);
		let value = |index, unit| BindingTerms {
			motion: Motion::Value { index, unit },
			max_step: 1_000,
			..bindings(&model)
		};
		let bad = |terms| Governance::bind_parameter(RuntimeOrigin::root(), 0, terms);
		assert_noop!(bad(value(2, 1)), Error::<Test>::UnfitModel);
		assert_noop!(bad(value(1, 0)), Error::<Test>::UnfitModel);
		assert_noop!(bad(bindings(&model)), Error::<Test>::UnfitModel);
		bind(&model, value(1, 10));
		let logits = |second| Output::Logits(vec![0, second].try_into().unwrap());
		for (second, expected) in [(12, 120), (9, 90), (-5, 60), (100_000, 150)] {
			assert_ok!(snapshot());
			assert_ok!(answer_of(CAROL, &model, None, logits(second)));
			assert_eq!(price(), expected);
			pass(5);
		}
	});
}

#[test]
fn a_proof_moves_once_for_its_account() {
	run(|| {
		let model = Model::public(1, 2, THREE);
		assert_noop!(snapshot(), Error::<Test>::NotBound);
		assert_noop!(answer(CAROL, &model, 2), Error::<Test>::NotBound);
		bind(&model, bindings(&model));
		assert_noop!(answer(CAROL, &model, 2), Error::<Test>::SnapshotNotFound);
		assert_ok!(snapshot());
		let context = Governance::context(Subject::Parameter(0), CAROL).unwrap();
		let (inference, proof) = model.prove(context, &[100, 1], Output::Label(2));
		let send = |who, at| {
			let (inference, proof) = (inference.clone(), proof.clone());
			Governance::move_parameter(signed(who), 0, at, 3, inference, proof)
		};
		let invalid = || Error::<Test>::Refused(VerifyError::InvalidProof);
		assert_noop!(send(DAVE, 1), invalid());
		assert_noop!(send(CAROL, 2), Error::<Test>::SnapshotNotFound);
		let other = answer_of(CAROL, &model, Some(&[50, 1]), Output::Label(2));
		assert_noop!(other, Error::<Test>::OtherInput);
		assert_ok!(send(CAROL, 1));
		assert_noop!(send(CAROL, 1), Error::<Test>::SnapshotNotFound);
		pass(5);
		assert_ok!(snapshot());
		assert_noop!(send(CAROL, System::block_number()), invalid());
		// While it is good nobody takes another or forgets it; then it is too old.
		let forget = || Governance::forget_snapshot(signed(POOR), 0);
		pass(3);
		assert_noop!(snapshot(), Error::<Test>::TooSoon);
		assert_noop!(forget(), Error::<Test>::SnapshotKept);
		pass(1);
		assert_noop!(answer(CAROL, &model, 2), Error::<Test>::SnapshotTooOld);
		let at = System::block_number() - 4;
		assert_ok!(forget());
		System::assert_last_event(Event::SnapshotForgotten { key: 0, at }.into());
		check();
		assert_noop!(forget(), Error::<Test>::SnapshotNotFound);
		assert_ok!(snapshot());
		assert_ok!(Zkml::suspend_model(RuntimeOrigin::root(), model.id));
		let suspended = Error::<Test>::Refused(VerifyError::ModelSuspended);
		assert_noop!(answer(CAROL, &model, 2), suspended);
	});
}

#[test]
fn only_the_admin_binds_and_releases() {
	run(|| {
		let model = Model::public(1, 2, THREE);
		let bind_by = |origin, terms| Governance::bind_parameter(origin, 0, terms);
		assert_noop!(bind_by(signed(BOB), bindings(&model)), BadOrigin);
		let bad = [
			BindingTerms { model: ModelId([0; 32]), ..bindings(&model) },
			BindingTerms { floor: 151, ..bindings(&model) },
			BindingTerms { max_step: 0, ..bindings(&model) },
			BindingTerms { inputs: inputs(&[(Feature::Current, 1)]), ..bindings(&model) },
			BindingTerms {
				inputs: inputs(&[(Feature::Current, 1), (Feature::Age, 1)]),
				..bindings(&model)
			},
			BindingTerms {
				inputs: inputs(&[(Feature::Current, 1), (Feature::Metric(0), 0)]),
				..bindings(&model)
			},
			BindingTerms {
				motion: Motion::Steps(vec![1, 2].try_into().unwrap()),
				..bindings(&model)
			},
		];
		for terms in bad {
			assert_noop!(bind_by(RuntimeOrigin::root(), terms), Error::<Test>::UnfitModel);
		}
		bind(&model, bindings(&model));
		let again = bind_by(RuntimeOrigin::root(), bindings(&model));
		assert_noop!(again, Error::<Test>::AlreadyBound);
		assert_ok!(snapshot());
		assert_noop!(Governance::release_parameter(signed(BOB), 0), BadOrigin);
		assert_ok!(Governance::release_parameter(RuntimeOrigin::root(), 0));
		System::assert_last_event(Event::ParameterReleased { key: 0 }.into());
		let again = Governance::release_parameter(RuntimeOrigin::root(), 0);
		assert_noop!(again, Error::<Test>::NotBound);
		assert_eq!(Governance::binding(0), None);
		// A metric that nobody measures, and a price that does not fit.
		let unknown = inputs(&[(Feature::Current, 1), (Feature::Metric(9), 1)]);
		bind(&model, BindingTerms { inputs: unknown, ..bindings(&model) });
		assert_noop!(snapshot(), Error::<Test>::FeatureUnknown);
		assert_ok!(Governance::release_parameter(RuntimeOrigin::root(), 0));
		let steps = vec![0, 0, i128::MAX].try_into().unwrap();
		let ceiling = u128::MAX;
		let motion = Motion::Steps(steps);
		bind(&model, BindingTerms { motion, ceiling, max_step: u128::MAX, ..bindings(&model) });
		assert_ok!(snapshot());
		let error = DispatchError::Other("more than a price can be");
		assert_noop!(answer(CAROL, &model, 2), error);
	});
}
