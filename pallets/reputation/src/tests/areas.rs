//! How reputations are earned: what the admin says, and what it does to what was proven before.

use super::*;

#[test]
fn only_the_admin_sets_areas() {
	run(|| {
		for origin in [signed(BANK), signed(ALICE), RuntimeOrigin::root(), RuntimeOrigin::none()] {
			for settings in [Some(area(&[])), None] {
				let set = Reputations::set_area(origin.clone(), AREA, settings);
				assert_noop!(set, BadOrigin);
			}
		}
		assert_eq!(Reputations::area(AREA), None);
		assert_ok!(try_to_set(area(&[source(ARGMAX)])));
		System::assert_last_event(Event::AreaSet { area: AREA }.into());
		assert_eq!(Reputations::area(AREA), Some(area(&[source(ARGMAX)])));
	});
}

#[test]
fn an_area_makes_sense() {
	run(|| {
		let base = area(&[source(THRESHOLD), source(ARGMAX)]);
		let set = |change: &dyn Fn(&mut AreaOf<Test>)| {
			let mut area = base.clone();
			change(&mut area);
			try_to_set(area)
		};
		assert_noop!(set(&|area| area.half_life = 0), Error::<Test>::HalfLifeZero);
		assert_noop!(set(&|area| area.floor = 1_051), Error::<Test>::CeilingBelowFloor);
		assert_ok!(set(&|area| area.floor = 1_050));
		let twice = set(&|area| area.sources[1] = source(THRESHOLD));
		assert_noop!(twice, Error::<Test>::SourceListedTwice);
		let nobody = set(&|area| area.sources[1].issuers = issuers(&[]));
		assert_noop!(nobody, Error::<Test>::NoIssuers);
		let unknown = set(&|area| area.sources[1].model = ModelId([0; 32]));
		assert_noop!(unknown, Error::<Test>::ModelNotFound);
		let other = set(&|area| area.sources[1].schema = HEALTH);
		assert_noop!(other, Error::<Test>::InputMismatch);
		let private = set(&|area| area.sources[1] = source(PRIVATE));
		assert_noop!(private, Error::<Test>::InputMismatch);
		for wrong in [Points::Passed(1), labels(&[1; 2]), labels(&[1; 4]), labels(&[])] {
			let set = set(&|area| area.sources[1].points = wrong.clone());
			assert_noop!(set, Error::<Test>::PointsMismatch);
		}
		let labelled = set(&|area| area.sources[0].points = labels(&[1]));
		assert_noop!(labelled, Error::<Test>::PointsMismatch);
		for points in [Points::Passed(1), labels(&[1; 3])] {
			let logits = SourceOf::<Test> { model: model(LOGITS), points, ..source(ARGMAX) };
			let set = set(&|area| area.sources[1] = logits.clone());
			assert_noop!(set, Error::<Test>::PointsMismatch);
		}
		assert_ok!(set(&|_| ()));
		assert_ok!(set(&|area| area.sources = Default::default()));
	});
}

#[test]
fn a_removed_area_gives_no_score() {
	run(|| {
		let remove = || Reputations::set_area(signed(ADMIN), AREA, None);
		assert_noop!(remove(), Error::<Test>::AreaNotFound);
		set(&[ARGMAX]);
		attest(BANK, ALICE, VALUES, None);
		assert_ok!(prove(ALICE, ARGMAX, 2, 0));
		assert_eq!((score(ALICE), score(BOB)), (1_005, 5));
		assert_ok!(remove());
		System::assert_last_event(Event::AreaRemoved { area: AREA }.into());
		assert_eq!((score(ALICE), score(BOB), points(ALICE)), (0, 0, vec![0]));
		assert_noop!(prove(ALICE, ARGMAX, 2, 0), Error::<Test>::AreaNotFound);
		// The record is there, and counts again with the area.
		go_to(HALF_LIFE + 1);
		set(&[ARGMAX]);
		assert_eq!(score(ALICE), 505);
	});
}

#[test]
fn what_is_no_longer_listed_counts_nothing() {
	run(|| {
		set(&[THRESHOLD, ARGMAX]);
		attest(BANK, ALICE, VALUES, None);
		assert_ok!(prove(ALICE, THRESHOLD, 0, 0));
		assert_ok!(prove(ALICE, ARGMAX, 1, 0));
		assert_eq!((score(ALICE), points(ALICE)), (79, vec![64, 10]));
		set(&[ARGMAX]);
		assert_eq!((score(ALICE), points(ALICE)), (15, vec![0, 10]));
		set(&[THRESHOLD, ARGMAX]);
		assert_eq!(score(ALICE), 79);
	});
}

#[test]
fn new_settings_take_points_and_give_none() {
	run(|| {
		set(&[ARGMAX]);
		attest(BANK, ALICE, VALUES, None);
		assert_ok!(prove(ALICE, ARGMAX, 1, 0));
		let with = |points: [u32; 3]| {
			let changed = Source { points: labels(&points), ..source(ARGMAX) };
			assert_ok!(try_to_set(area(&[changed])));
			score(ALICE) - 5
		};
		assert_eq!(with([0, 4, 1_000]), 4);
		assert_eq!(with([0, 0, 1_000]), 0);
		assert_eq!(with([0, 500, 1_000]), 10);
		// Who proves it again has them.
		go_to(2);
		assert_ok!(prove(ALICE, ARGMAX, 1, 1));
		assert_eq!(score(ALICE) - 5, 500);
	});
}

#[test]
fn floor_ceiling_and_half_life_hold_at_once() {
	run(|| {
		set(&[THRESHOLD, ARGMAX]);
		attest(BANK, ALICE, VALUES, None);
		assert_ok!(prove(ALICE, THRESHOLD, 0, 0));
		assert_ok!(prove(ALICE, ARGMAX, 2, 0));
		assert_eq!(score(ALICE), 1_050, "the ceiling");
		go_to(21);
		let with = |half_life, floor, ceiling| {
			let sources = area(&[source(THRESHOLD), source(ARGMAX)]).sources;
			assert_ok!(try_to_set(Area { half_life, floor, ceiling, sources }));
			(score(ALICE), score(BOB))
		};
		assert_eq!(with(20, 5, 1_050), (537, 5));
		assert_eq!(with(10, 5, 1_050), (271, 5));
		assert_eq!(with(10, 100, 1_050), (366, 100));
		assert_eq!(with(10, 100, 100), (100, 100));
		assert_eq!(with(1, 0, 1_050), (0, 0));
		assert_eq!(with(u64::MAX, u32::MAX, u32::MAX), (u32::MAX, u32::MAX));
		assert_eq!(with(u64::MAX, 1, u32::MAX), (1_064 - 1, 1));
	});
}
