//! What becomes of what was proven.

use super::*;
use frame_support::{
	parameter_types,
	traits::{EnsureOrigin, OriginTrait},
};

fn challenge(index: usize) -> DispatchResult {
	Reputations::challenge(signed(BOB), ALICE, AREA, model(index))
}

fn remove(who: u64) -> DispatchResult {
	Reputations::remove_record(signed(who), ALICE, AREA)
}

#[test]
fn what_is_attested_as_before_is_not_struck_out() {
	run(|| {
		assert_noop!(challenge(ARGMAX), Error::<Test>::AreaNotFound);
		set(&[ARGMAX, THRESHOLD]);
		assert_noop!(challenge(MASKED), Error::<Test>::SourceNotFound);
		assert_noop!(challenge(ARGMAX), Error::<Test>::RecordNotFound);
		attest(BANK, ALICE, VALUES, Some(9));
		assert_ok!(prove(ALICE, ARGMAX, 1, 0));
		assert_noop!(challenge(THRESHOLD), Error::<Test>::ContributionNotFound);
		assert_noop!(challenge(ARGMAX), Error::<Test>::StillAttested);
		go_to(9);
		assert_noop!(challenge(ARGMAX), Error::<Test>::StillAttested);
		// The same values, by another issuer that is listed, too.
		attest(BANK, ALICE, VALUES, Some(9));
		go_to(10);
		attest(CLINIC, ALICE, VALUES, None);
		let both = Source { issuers: issuers(&[BANK, CLINIC]), ..source(ARGMAX) };
		assert_ok!(try_to_set(area(&[both])));
		assert_noop!(challenge(ARGMAX), Error::<Test>::StillAttested);
		let nobody = Reputations::challenge(RuntimeOrigin::none(), ALICE, AREA, model(ARGMAX));
		assert_noop!(nobody, BadOrigin);
	});
}

/// Lets Alice have proven something, and then something happen that lets it be struck out.
fn struck_out_after(event: impl FnOnce()) {
	run(|| {
		set(&[ARGMAX, THRESHOLD]);
		attest(BANK, ALICE, VALUES, Some(9));
		assert_ok!(prove(ALICE, ARGMAX, 1, 0));
		assert_noop!(challenge(ARGMAX), Error::<Test>::StillAttested);
		event();
		// Until somebody says so, it counts.
		assert!(score(ALICE) > 5);
		assert_ok!(challenge(ARGMAX));
		let (account, area) = (ALICE, AREA);
		System::assert_last_event(Event::StruckOut { account, area, model: model(ARGMAX) }.into());
		assert_eq!((score(ALICE), points(ALICE)), (5, vec![0]));
		assert_noop!(challenge(ARGMAX), Error::<Test>::ContributionNotFound);
		// Proven anew, it counts again.
		set(&[ARGMAX, THRESHOLD]);
		assert_ok!(Attestations::suspend_issuer(signed(ADMIN), BANK, false));
		go_to(20);
		attest(BANK, ALICE, VALUES, None);
		assert_ok!(prove(ALICE, ARGMAX, 1, 19));
		assert_eq!(points(ALICE), [10]);
	});
}

#[test]
fn what_was_revoked_is_struck_out() {
	struck_out_after(|| {
		assert_ok!(Attestations::revoke(signed(BANK), ALICE, CREDIT));
	});
}

#[test]
fn what_has_expired_is_struck_out() {
	struck_out_after(|| go_to(10));
}

#[test]
fn what_was_attested_anew_to_other_values_is_struck_out() {
	struck_out_after(|| attest(BANK, ALICE, OTHER, None));
}

#[test]
fn what_a_suspended_issuer_attested_is_struck_out() {
	struck_out_after(|| {
		assert_ok!(Attestations::suspend_issuer(signed(ADMIN), BANK, true));
	});
}

#[test]
fn what_an_unlisted_issuer_attests_is_struck_out() {
	struck_out_after(|| {
		let other = Source { issuers: issuers(&[CLINIC]), ..source(ARGMAX) };
		assert_ok!(try_to_set(area(&[other])));
	});
}

#[test]
fn a_challenge_strikes_out_one_source() {
	run(|| {
		set(&[ARGMAX, THRESHOLD]);
		attest(BANK, ALICE, VALUES, None);
		assert_ok!(prove(ALICE, ARGMAX, 1, 0));
		assert_ok!(prove(ALICE, THRESHOLD, 0, 0));
		assert_ok!(Attestations::revoke(signed(BANK), ALICE, CREDIT));
		assert_ok!(challenge(THRESHOLD));
		assert_eq!(points(ALICE), [10, 0]);
		assert_ok!(challenge(ARGMAX));
		assert_eq!(points(ALICE), [0, 0]);
	});
}

#[test]
fn a_record_is_removed_by_its_account_or_when_it_is_worth_nothing() {
	run(|| {
		set(&[ARGMAX]);
		assert_noop!(remove(ALICE), Error::<Test>::RecordNotFound);
		attest(BANK, ALICE, VALUES, None);
		assert_ok!(prove(ALICE, ARGMAX, 1, 0));
		for block in [1, MAX_AGE] {
			go_to(block);
			assert_noop!(remove(ALICE), Error::<Test>::StillRemembered);
			assert_noop!(remove(BOB), Error::<Test>::StillRemembered);
		}
		let later = 1 + MAX_AGE;
		go_to(later);
		assert_noop!(remove(BOB), Error::<Test>::StillCounts);
		let nobody = Reputations::remove_record(RuntimeOrigin::none(), ALICE, AREA);
		assert_noop!(nobody, BadOrigin);
		assert_ok!(remove(ALICE));
		System::assert_last_event(Event::RecordRemoved { account: ALICE, area: AREA }.into());
		assert_noop!(remove(ALICE), Error::<Test>::RecordNotFound);
		// By others, once nothing is left of ten points: less than one after 3.4 half-lives.
		assert_ok!(prove(ALICE, ARGMAX, 1, later - 1));
		go_to(later + 340);
		assert_noop!(remove(BOB), Error::<Test>::StillCounts);
		go_to(later + 341);
		assert_eq!(score(ALICE), 5);
		assert_ok!(remove(BOB));
		// Or where the source, or the area, is none any more.
		for without in [Some(area(&[])), None] {
			let block = System::block_number();
			set(&[ARGMAX]);
			assert_ok!(prove(ALICE, ARGMAX, 1, block - 1));
			go_to(block + MAX_AGE);
			assert_noop!(remove(BOB), Error::<Test>::StillCounts);
			assert_ok!(Reputations::set_area(signed(ADMIN), AREA, without));
			assert_ok!(remove(BOB));
		}
	});
}

#[test]
fn what_is_struck_out_is_removed_when_it_need_not_be_remembered() {
	run(|| {
		set(&[ARGMAX]);
		attest(BANK, ALICE, VALUES, Some(1));
		assert_ok!(prove(ALICE, ARGMAX, 1, 0));
		go_to(2);
		assert_ok!(challenge(ARGMAX));
		assert_noop!(remove(BOB), Error::<Test>::StillRemembered);
		go_to(1 + MAX_AGE);
		assert_ok!(remove(BOB));
	});
}

#[test]
fn a_record_has_room_once_what_is_unlisted_may_be_forgotten() {
	run(|| {
		attest(BANK, ALICE, VALUES, None);
		set(&[THRESHOLD, ARGMAX, MASKED]);
		assert_ok!(prove(ALICE, THRESHOLD, 0, 0));
		go_to(2);
		assert_ok!(prove(ALICE, ARGMAX, 1, 1));
		assert_ok!(prove(ALICE, MASKED, 1, 1));
		set(&[ANOTHER, ARGMAX]);
		assert_noop!(prove(ALICE, ANOTHER, 1, 1), Error::<Test>::RecordFull);
		// What is listed is renewed all the same.
		go_to(MAX_AGE);
		assert_ok!(prove(ALICE, ARGMAX, 1, MAX_AGE - 1));
		assert_noop!(prove(ALICE, ANOTHER, 1, MAX_AGE - 1), Error::<Test>::RecordFull);
		// The first of the unlisted can go, the other not yet.
		go_to(1 + MAX_AGE);
		assert_ok!(prove(ALICE, ANOTHER, 1, MAX_AGE));
		assert_eq!(points(ALICE), [9, 0, 10]);
	});
}

parameter_types! {
	pub const Of: AreaId = AREA;
	pub static Least: u32 = 0;
}

#[test]
fn a_reputation_is_an_origin() {
	type Reputed = EnsureReputation<Test, Of, Least>;
	let passes = |who: u64| {
		let found = Reputed::try_origin(signed(who));
		let found = found.map_err(|origin| origin.as_signer().copied());
		assert!(found == Ok(who) || found == Err(Some(who)));
		found.is_ok()
	};
	run(|| {
		Least::set(0);
		assert!(passes(ALICE), "no area, but nothing is asked for");
		Least::set(1);
		assert!(!passes(ALICE));
		set(&[ARGMAX]);
		Least::set(5);
		assert!(passes(ALICE) && passes(BOB), "the floor");
		attest(BANK, ALICE, VALUES, None);
		assert_ok!(prove(ALICE, ARGMAX, 1, 0));
		Least::set(15);
		assert!(passes(ALICE) && !passes(BOB));
		Least::set(16);
		assert!(!passes(ALICE));
		Least::set(15);
		go_to(2);
		assert!(!passes(ALICE), "it grows old");
		Least::set(0);
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert!(Reputed::ensure_origin(origin).is_err());
		}
	});
}

#[cfg(feature = "runtime-benchmarks")]
#[test]
fn a_benchmark_has_an_origin_whatever_is_asked_for() {
	type Reputed = EnsureReputation<Test, Of, Least>;
	for least in [0, 1, 7, u32::MAX] {
		run(|| {
			Least::set(least);
			let origin = Reputed::try_successful_origin().unwrap();
			assert!(Reputed::ensure_origin(origin).is_ok());
		});
	}
}
