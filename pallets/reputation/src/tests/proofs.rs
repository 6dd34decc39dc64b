//! What is proven, and what is not.

use super::*;
use frame_support::{dispatch::GetDispatchInfo, traits::UnfilteredDispatchable};
use pallet_attestation::Attested;
use pallet_zkml::InferenceVerifier;

#[test]
fn a_proof_earns_points_that_grow_old() {
	run(|| {
		set(&[THRESHOLD, ARGMAX, MASKED]);
		attest(BANK, ALICE, VALUES, None);
		assert_eq!((score(ALICE), Reputations::record(ALICE, AREA)), (5, None));
		assert_ok!(prove(ALICE, THRESHOLD, 0, 0));
		let (account, area) = (ALICE, AREA);
		System::assert_last_event(
			Event::Proven { account, area, model: model(THRESHOLD), points: PASSED }.into(),
		);
		assert_eq!((score(ALICE), score(BOB)), (5 + 64, 5));
		go_to(3);
		assert_ok!(prove(ALICE, ARGMAX, 1, 2));
		assert_ok!(prove(ALICE, MASKED, 1, 1));
		assert_eq!(<Reputations as Reputation<_>>::score(&ALICE, AREA), 5 + 63 + 20);
		assert_eq!(Reputations::score(ALICE, AreaId(8)), 0);
		go_to(HALF_LIFE + 1);
		assert_eq!(points(ALICE), [32, 5, 5]);
		go_to(HALF_LIFE + 3);
		assert_eq!((points(ALICE), score(ALICE)), (vec![31, 5, 5], 46));
		let Record { contributions, .. } = Records::<Test>::get(ALICE, AREA).unwrap();
		let first = Contribution {
			model: model(THRESHOLD),
			answer: Answer::Passed,
			points: PASSED,
			commitment: VALUES,
			since: 1,
		};
		assert_eq!((contributions.len(), contributions[0]), (3, first));
	});
}

#[test]
fn to_prove_again_renews_and_does_not_add() {
	run(|| {
		set(&[ARGMAX]);
		attest(BANK, ALICE, VALUES, None);
		for block in [1, 2, 3, HALF_LIFE, 3 * HALF_LIFE] {
			go_to(block);
			assert_ok!(prove(ALICE, ARGMAX, 2, block - 1));
			assert_eq!((points(ALICE), score(ALICE)), (vec![1_000], 1_005));
		}
		// The last answer counts, also where it is worth less.
		go_to(3 * HALF_LIFE + 1);
		assert_ok!(prove(ALICE, ARGMAX, 1, 3 * HALF_LIFE));
		assert_eq!(points(ALICE), [10]);
	});
}

#[test]
fn a_proof_counts_once() {
	run(|| {
		set(&[THRESHOLD, ARGMAX]);
		attest(BANK, ALICE, VALUES, None);
		go_to(5);
		let Known { prover, id } = known(ARGMAX);
		let inference = inference(ARGMAX, 1, VALUES);
		let proof = prover.prove(&inference, &context(ALICE, AREA, *id, 4));
		let again = |anchor| {
			let inference = inference.clone();
			Reputations::prove(signed(ALICE), AREA, *id, SIGNALS, anchor, inference, proof)
		};
		assert_ok!(again(4));
		// Nor does any other that could have been made by then.
		for anchor in 0..5 {
			assert_noop!(again(anchor), Error::<Test>::AnchorUsed);
			assert_noop!(prove(ALICE, ARGMAX, 1, anchor), Error::<Test>::AnchorUsed);
		}
		go_to(6);
		assert_noop!(again(4), Error::<Test>::AnchorUsed);
		// For another block it shows nothing.
		let invalid = Error::<Test>::Refused(VerifyError::InvalidProof);
		assert_noop!(again(5), invalid);
		// The account cannot forget it in time, nor does it help to be challenged or unlisted.
		let remove = |who| Reputations::remove_record(signed(who), ALICE, AREA);
		assert_ok!(Attestations::revoke(signed(BANK), ALICE, CREDIT));
		assert_ok!(Reputations::challenge(signed(BOB), ALICE, AREA, *id));
		attest(BANK, ALICE, VALUES, None);
		assert_noop!(again(4), Error::<Test>::AnchorUsed);
		set(&[THRESHOLD]);
		assert_noop!(again(4), Error::<Test>::SourceNotFound);
		assert_ok!(prove(ALICE, THRESHOLD, 0, 5));
		set(&[THRESHOLD, ARGMAX]);
		for block in 6..=4 + MAX_AGE {
			go_to(block);
			assert_noop!(again(4), Error::<Test>::AnchorUsed);
			assert_noop!(remove(ALICE), Error::<Test>::StillRemembered);
		}
		go_to(5 + MAX_AGE);
		assert_noop!(again(4), Error::<Test>::AnchorTooOld);
		go_to(6 + MAX_AGE);
		assert_ok!(remove(ALICE));
		assert_noop!(again(4), Error::<Test>::AnchorTooOld);
		assert_ok!(prove(ALICE, ARGMAX, 1, 5 + MAX_AGE));
	});
}

#[test]
fn the_next_proof_is_for_a_block_from_the_last_one_on() {
	run(|| {
		set(&[THRESHOLD, ARGMAX]);
		attest(BANK, ALICE, VALUES, None);
		go_to(5);
		assert_ok!(prove(ALICE, ARGMAX, 1, 2));
		// Each source by itself.
		assert_ok!(prove(ALICE, THRESHOLD, 0, 2));
		go_to(8);
		assert_noop!(prove(ALICE, ARGMAX, 1, 4), Error::<Test>::AnchorUsed);
		assert_ok!(prove(ALICE, ARGMAX, 1, 5));
	});
}

#[test]
fn a_proof_is_for_a_block_that_is_known_and_recent() {
	run(|| {
		set(&[ARGMAX]);
		attest(BANK, ALICE, VALUES, None);
		go_to(30);
		for block in [30, 31, u64::MAX] {
			assert_noop!(prove(ALICE, ARGMAX, 1, block), Error::<Test>::AnchorUnknown);
		}
		for block in [0, 1, 29 - MAX_AGE] {
			assert_noop!(prove(ALICE, ARGMAX, 1, block), Error::<Test>::AnchorTooOld);
		}
		frame_system::BlockHash::<Test>::remove(29);
		assert_noop!(prove(ALICE, ARGMAX, 1, 29), Error::<Test>::AnchorUnknown);
		assert_ok!(prove(ALICE, ARGMAX, 1, 30 - MAX_AGE));
	});
}

#[test]
fn a_proof_is_of_one_account_area_model_block_and_answer() {
	run(|| {
		set(&[ARGMAX, ANOTHER]);
		let other_area = AreaId(8);
		let same = Reputations::area(AREA);
		assert_ok!(Reputations::set_area(signed(ADMIN), other_area, same));
		attest(BANK, ALICE, VALUES, None);
		attest(BANK, BOB, VALUES, None);
		go_to(3);
		let (good, another) = (inference(ARGMAX, 1, VALUES), model(ANOTHER));
		let Known { prover, id } = known(ARGMAX);
		let proof = prover.prove(&good, &context(ALICE, AREA, *id, 2));
		let invalid = Error::<Test>::Refused(VerifyError::InvalidProof);
		let by = |who, area, model, anchor, inference: &Inference, proof| {
			let inference = inference.clone();
			Reputations::prove(signed(who), area, model, SIGNALS, anchor, inference, proof)
		};
		assert_noop!(by(BOB, AREA, *id, 2, &good, proof), invalid);
		let invalid = || Error::<Test>::Refused(VerifyError::InvalidProof);
		assert_noop!(by(ALICE, other_area, *id, 2, &good, proof), invalid());
		assert_noop!(by(ALICE, AREA, another, 2, &good, proof), invalid());
		assert_noop!(by(ALICE, AREA, *id, 1, &good, proof), invalid());
		let better = inference(ARGMAX, 2, VALUES);
		assert_noop!(by(ALICE, AREA, *id, 2, &better, proof), invalid());
		let of_others = inference(ARGMAX, 1, OTHER);
		assert_noop!(by(ALICE, AREA, *id, 2, &of_others, proof), invalid());
		// The context of another purpose, or of another chain.
		let payload = (AREA, hash(2)).encode();
		let purpose = context_for(&hash(0).0, b"reputation/other", *id, &ALICE, &payload);
		let chain = context_for(&[9; 32], b"reputation/prove", *id, &ALICE, &payload);
		for context in [purpose, chain] {
			let proof = prover.prove(&good, &context);
			assert_noop!(by(ALICE, AREA, *id, 2, &good, proof), invalid());
		}
		// One bit of the proof.
		for byte in [0, 100, 255] {
			let mut flipped = proof;
			flipped.proof.0[byte] ^= 1;
			let error = by(ALICE, AREA, *id, 2, &good, flipped).unwrap_err().error;
			let malformed = Error::<Test>::Refused(VerifyError::MalformedProof);
			assert!(error == invalid().into() || error == malformed.into(), "{error:?}");
		}
		let unknown = by(ALICE, AreaId(9), *id, 2, &good, proof);
		assert_noop!(unknown, Error::<Test>::AreaNotFound);
		let unlisted = by(ALICE, AREA, model(MASKED), 2, &good, proof);
		assert_noop!(unlisted, Error::<Test>::SourceNotFound);
		let nobody =
			Reputations::prove(RuntimeOrigin::none(), AREA, *id, SIGNALS, 2, good.clone(), proof);
		assert_noop!(nobody, BadOrigin);
		assert_ok!(by(ALICE, AREA, *id, 2, &good, proof));
	});
}

#[test]
fn only_attested_values_count() {
	run(|| {
		set(&[ARGMAX]);
		let refused = |reason| Error::<Test>::NotAttested(reason);
		let try_to = |who| prove(who, ARGMAX, 1, 0);
		assert_noop!(try_to(ALICE), refused(NotAttested::NoCredential));
		attest(CLINIC, ALICE, VALUES, Some(1));
		assert_noop!(try_to(ALICE), refused(NotAttested::OtherIssuer));
		go_to(2);
		attest(BANK, ALICE, OTHER, None);
		assert_noop!(prove(ALICE, ARGMAX, 1, 1), refused(NotAttested::OtherValues));
		// Of somebody else.
		attest(BANK, BOB, VALUES, None);
		assert_noop!(prove(ALICE, ARGMAX, 1, 1), refused(NotAttested::OtherValues));
		attest(BANK, ALICE, VALUES, Some(3));
		go_to(4);
		assert_noop!(prove(ALICE, ARGMAX, 1, 3), refused(NotAttested::NoCredential));
		assert_ok!(prove(BOB, ARGMAX, 1, 3));
	});
}

#[test]
fn the_best_of_some_labels_does_not_count() {
	run(|| {
		set(&[MASKED]);
		attest(BANK, ALICE, VALUES, None);
		let with = |allowed: [bool; 3]| {
			let output = Output::MaskedLabel { label: 2, mask: mask(allowed) };
			let input = ClaimedInput::Committed(VALUES);
			prove_inference(ALICE, MASKED, 0, Inference { output, input })
		};
		for some in [[false, false, true], [false, true, true], [true, false, true]] {
			assert_noop!(with(some), Error::<Test>::MaskNotFull);
		}
		assert_ok!(with([true; 3]));
		assert_eq!(points(ALICE), [1_000]);
	});
}

#[test]
fn an_answer_without_points_is_refused() {
	run(|| {
		set(&[THRESHOLD, ARGMAX]);
		attest(BANK, ALICE, VALUES, None);
		assert_noop!(prove(ALICE, ARGMAX, 0, 0), Error::<Test>::NoPoints);
		assert_ok!(prove(ALICE, ARGMAX, 1, 0));
		let changed = Source { points: Points::Passed(0), ..source(THRESHOLD) };
		assert_ok!(try_to_set(area(&[changed, source(ARGMAX)])));
		assert_noop!(prove(ALICE, THRESHOLD, 0, 0), Error::<Test>::NoPoints);
	});
}

#[test]
fn a_model_that_is_not_accepted_earns_nothing() {
	run(|| {
		set(&[ARGMAX]);
		attest(BANK, ALICE, VALUES, None);
		assert_ok!(prove(ALICE, ARGMAX, 1, 0));
		assert_ok!(Zkml::set_paused(RuntimeOrigin::root(), true));
		go_to(2);
		let paused = Error::<Test>::Refused(VerifyError::VerificationPaused);
		assert_noop!(prove(ALICE, ARGMAX, 1, 1), paused);
		assert_eq!(points(ALICE).len(), 1);
		assert_ok!(Zkml::set_paused(RuntimeOrigin::root(), false));
		assert_ok!(prove(ALICE, ARGMAX, 1, 1));
	});
}

#[test]
fn what_was_charged_too_much_is_refunded() {
	run(|| {
		set(&[ARGMAX]);
		attest(BANK, ALICE, VALUES, None);
		let Known { prover, id } = known(ARGMAX);
		let inference = inference(ARGMAX, 1, VALUES);
		let proof = prover.prove(&inference, &context(ALICE, AREA, *id, 0));
		let call = |signals| Call::<Test>::prove {
			area: AREA,
			model: *id,
			signals,
			anchor: 0,
			inference: inference.clone(),
			proof,
		};
		let weight = |signals| {
			<Zkml as InferenceVerifier<u64>>::weight(signals)
				+ <Attestations as Attested<_, _>>::weight()
				+ <() as WeightInfo>::prove()
		};
		for signals in [0, 3, 9, u32::MAX] {
			assert_eq!(call(signals).get_dispatch_info().call_weight, weight(signals));
		}
		let dispatch = |signals| call(signals).dispatch_bypass_filter(signed(ALICE));
		let underdeclared = Error::<Test>::Refused(VerifyError::SignalsUnderdeclared);
		assert_noop!(dispatch(2), underdeclared);
		let info = dispatch(9).unwrap();
		assert_eq!(info.actual_weight, Some(weight(3)));
	});
}

#[test]
fn deposits_are_paid_with_the_first_proof() {
	run(|| {
		set(&[ARGMAX, THRESHOLD]);
		attest(BANK, POOR, VALUES, None);
		let too_poor: DispatchError = TokenError::FundsUnavailable.into();
		assert_noop!(prove(POOR, ARGMAX, 1, 0), too_poor);
		attest(BANK, ALICE, VALUES, None);
		let free = || Balances::free_balance(ALICE);
		let before = free();
		assert_ok!(prove(ALICE, ARGMAX, 1, 0));
		let deposit = 10 + Reputations::record_footprint().size;
		assert_eq!(before - free(), deposit);
		assert_ok!(prove(ALICE, THRESHOLD, 0, 0));
		go_to(2);
		assert_ok!(prove(ALICE, ARGMAX, 1, 1));
		assert_eq!(before - free(), deposit);
		go_to(2 + MAX_AGE);
		assert_ok!(Reputations::remove_record(signed(ALICE), ALICE, AREA));
		assert_eq!(free(), before);
	});
}

#[test]
fn the_next_context_is_that_of_a_proof_that_would_count() {
	run(|| {
		set(&[ARGMAX]);
		attest(BANK, ALICE, VALUES, None);
		go_to(5);
		let next =
			|who, area, index, anchor| Reputations::next_context(area, model(index), who, anchor);
		for anchor in 0..5 {
			let expected = context(ALICE, AREA, model(ARGMAX), anchor);
			assert_eq!(next(ALICE, AREA, ARGMAX, anchor), Some(expected));
		}
		assert_eq!(next(ALICE, AREA, ARGMAX, 5), None);
		assert_eq!(next(ALICE, AREA, MASKED, 4), None);
		assert_eq!(next(ALICE, AreaId(8), ARGMAX, 4), None);
		assert_ok!(prove(ALICE, ARGMAX, 1, 4));
		assert_eq!(next(ALICE, AREA, ARGMAX, 4), None);
		assert!(next(BOB, AREA, ARGMAX, 4).is_some());
		go_to(6);
		assert_eq!(next(ALICE, AREA, ARGMAX, 4), None);
		assert!(next(ALICE, AREA, ARGMAX, 5).is_some());
	});
	// The state of block 0 does not know the hash that contexts begin with.
	ext().execute_with(|| {
		set(&[ARGMAX]);
		System::set_block_number(0);
		assert_eq!(Reputations::next_context(AREA, model(ARGMAX), ALICE, 0), None);
	});
}
