//! Committed inputs and weights, thresholds, masks and the best of many.

use super::*;
use crate::{InferenceVerifier, Receipts};
use zkml_primitives::{Mask, Membership, SchemaId};

const SCHEMA: SchemaId = SchemaId([5; 32]);
const WEIGHTS: Commitment = Commitment([6; 32]);
const INPUT: Commitment = Commitment([7; 32]);

/// A model of which nothing is shown but that its score reaches `tau`.
fn hidden(tau: i32) -> Prover {
	let interface = Interface {
		input: InputVisibility::Committed { schema: SCHEMA },
		weights: WeightsVisibility::Committed(WEIGHTS),
		output: OutputKind::Threshold { score: tensor(12, 1, -2_000), tau },
	};
	Prover::new(0, interface)
}

fn revealing(output: OutputKind) -> Prover {
	let weights = WeightsVisibility::Public;
	Prover::new(0, Interface { input: InputVisibility::Private, weights, output })
}

fn passed(input: Commitment) -> Inference {
	Inference { output: Output::Passed, input: ClaimedInput::Committed(input) }
}

#[test]
fn accepts_a_score_of_hidden_values_by_hidden_weights() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = hidden(-7);
		let terms = Terms { max_age: None, receipt_lifetime: Some(9) };
		let model = register_on(&prover, terms);
		let proof = prove(&prover, model, BOB, &passed(INPUT));
		assert_ok!(submit(BOB, model, passed(INPUT), proof));
		let (output, input) = (Output::Passed, Some(INPUT));
		System::assert_has_event(
			Event::InferenceVerified { model, account: BOB, nonce: 0, output, input }.into(),
		);
		assert_eq!(Receipts::<Test>::get(model, BOB).unwrap().input, Some(INPUT));
		let verified = &Heard::take()[0].1;
		assert!(verified.passed());
		assert_eq!((verified.label(), verified.labels(), verified.logits()), (None, None, None));
		assert_eq!((verified.input(), verified.input_commitment()), (None, Some(INPUT)));
	});
}

#[test]
fn rejects_another_input_than_the_committed_one() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = hidden(-7);
		let model = register(&prover);
		let proof = prove(&prover, model, BOB, &passed(INPUT));
		let other = passed(Commitment([8; 32]));
		assert_noop!(submit(BOB, model, other, proof), Error::<Test>::InvalidProof);
		let beyond = passed(Commitment([0xff; 32]));
		assert_noop!(submit(BOB, model, beyond, proof), Error::<Test>::ValueOutOfRange);
		for input in [ClaimedInput::Hidden, shown(&[1])] {
			let other = Inference { input, ..passed(INPUT) };
			assert_noop!(submit(BOB, model, other, proof), Error::<Test>::InputMismatch);
		}
		assert_ok!(submit(BOB, model, passed(INPUT), proof));
	});
}

#[test]
fn a_commitment_stands_only_where_the_interface_has_one() {
	ExtBuilder::production().build_and_execute(|| {
		for prover in [classifier(), public_logits()] {
			let model = register(&prover);
			let honest = match prover.interface.output {
				OutputKind::Argmax { .. } => label(7),
				_ => logits(&[1, 2, 3], &[0; 40]),
			};
			let proof = prove(&prover, model, BOB, &honest);
			let other = Inference { input: ClaimedInput::Committed(INPUT), ..honest.clone() };
			assert_noop!(submit(BOB, model, other, proof), Error::<Test>::InputMismatch);
			assert_ok!(submit(BOB, model, honest, proof));
		}
	});
}

const MEMBER: Membership = Membership {
	root: Commitment([1; 32]),
	topic: Commitment([2; 32]),
	nullifier: Commitment([3; 32]),
	choice: 4,
};

/// A model for members of a tree, of whom nothing is shown but that their score reaches a threshold.
fn members() -> Prover {
	let interface = Interface {
		input: InputVisibility::Member { schema: SCHEMA, depth: 20 },
		weights: WeightsVisibility::Committed(WEIGHTS),
		output: OutputKind::Threshold { score: tensor(12, 1, -2_000), tau: -7 },
	};
	Prover::new(0, interface)
}

fn by_member(membership: Membership) -> Inference {
	Inference { output: Output::Passed, input: ClaimedInput::Member(membership) }
}

#[test]
fn accepts_a_members_score() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = members();
		let terms = Terms { max_age: None, receipt_lifetime: Some(9) };
		let model = register_on(&prover, terms);
		let proof = prove(&prover, model, BOB, &by_member(MEMBER));
		assert_ok!(submit(BOB, model, by_member(MEMBER), proof));
		let (output, input) = (Output::Passed, None);
		System::assert_has_event(
			Event::InferenceVerified { model, account: BOB, nonce: 0, output, input }.into(),
		);
		assert_eq!(Receipts::<Test>::get(model, BOB).unwrap().input, None);
		let verified = &Heard::take()[0].1;
		assert_eq!(verified.membership(), Some(&MEMBER));
		assert_eq!((verified.input(), verified.input_commitment()), (None, None));
		assert!(verified.passed());
		assert_eq!(verified.signals(), 7);
	});
}

/// Choice and topic, though no constraint of the circuit ties them to anything but the nullifier, are
/// what the proof was made for: so are root and nullifier.
#[test]
fn rejects_another_choice_topic_root_or_nullifier_under_a_proof() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = members();
		let model = register(&prover);
		let proof = prove(&prover, model, BOB, &by_member(MEMBER));
		let (other, beyond) = (Commitment([9; 32]), Commitment([0xff; 32]));
		for (changed, error) in [
			(Membership { choice: 5, ..MEMBER }, Error::<Test>::InvalidProof),
			(Membership { choice: 4 + 256, ..MEMBER }, Error::<Test>::InvalidProof),
			(Membership { topic: other, ..MEMBER }, Error::<Test>::InvalidProof),
			(Membership { root: other, ..MEMBER }, Error::<Test>::InvalidProof),
			(Membership { nullifier: other, ..MEMBER }, Error::<Test>::InvalidProof),
			(Membership { topic: beyond, ..MEMBER }, Error::<Test>::ValueOutOfRange),
			(Membership { root: beyond, ..MEMBER }, Error::<Test>::ValueOutOfRange),
			(Membership { nullifier: beyond, ..MEMBER }, Error::<Test>::ValueOutOfRange),
		] {
			assert_noop!(submit(BOB, model, by_member(changed), proof), error);
		}
		for input in [ClaimedInput::Hidden, shown(&[1]), ClaimedInput::Committed(INPUT)] {
			let other = Inference { input, ..by_member(MEMBER) };
			assert_noop!(submit(BOB, model, other, proof), Error::<Test>::InputMismatch);
		}
		assert_ok!(submit(BOB, model, by_member(MEMBER), proof));
	});
}

#[test]
fn a_membership_stands_only_where_the_interface_has_one() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = hidden(-7);
		let model = register(&prover);
		let proof = prove(&prover, model, BOB, &passed(INPUT));
		assert_noop!(submit(BOB, model, by_member(MEMBER), proof), Error::<Test>::InputMismatch);
		assert_ok!(submit(BOB, model, passed(INPUT), proof));
	});
}

/// Weights and threshold are the registry's: the same key under others is another model, for which
/// no proof of the first is good.
#[test]
fn weights_and_threshold_come_from_the_registry() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = hidden(-7);
		let model = register(&prover);
		let mut others = [hidden(-6), hidden(-7)];
		others[1].interface.weights = WeightsVisibility::Committed(Commitment([9; 32]));
		for other in &others {
			assert_eq!(other.key(), prover.key(), "the key does not depend on them");
			let theirs = register(other);
			assert_ne!(theirs, model);
			// A proof about the first's weights or threshold, in the context of the other.
			let proof = prover.prove(&passed(INPUT), &context(theirs, BOB));
			assert_noop!(submit(BOB, theirs, passed(INPUT), proof), Error::<Test>::InvalidProof);
			let proof = prove(other, theirs, BOB, &passed(INPUT));
			assert_ok!(submit(BOB, theirs, passed(INPUT), proof));
		}
	});
}

#[test]
fn a_mask_is_part_of_what_is_proven() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = revealing(OutputKind::MaskedArgmax { classes: 9 });
		let model = register(&prover);
		let masked = |label: u32, allowed: [u32; 2]| {
			let mask = Mask::new((0..9).map(|class| allowed.contains(&class))).unwrap();
			let output = Output::MaskedLabel { label, mask };
			Inference { output, input: ClaimedInput::Hidden }
		};
		let honest = masked(8, [3, 8]);
		let proof = prove(&prover, model, BOB, &honest);
		for other in [masked(8, [4, 8]), masked(3, [3, 8])] {
			assert_noop!(submit(BOB, model, other, proof), Error::<Test>::InvalidProof);
		}
		assert_noop!(submit(BOB, model, masked(5, [3, 8]), proof), Error::<Test>::MaskMismatch);
		assert_noop!(submit(BOB, model, masked(9, [3, 8]), proof), Error::<Test>::LabelOutOfRange);
		let mut wide = honest.clone();
		let Output::MaskedLabel { mask, .. } = &mut wide.output else { unreachable!() };
		mask.0.try_push(0).unwrap();
		assert_noop!(submit(BOB, model, wide, proof), Error::<Test>::MaskMismatch);
		assert_noop!(submit(BOB, model, label(8), proof), Error::<Test>::OutputMismatch);
		assert_ok!(submit(BOB, model, honest, proof));
		let verified = &Heard::take()[0].1;
		assert_eq!(verified.label(), Some(8));
		assert!(
			(0..9).all(|class| verified.mask().unwrap().allows(class) == [3, 8].contains(&class))
		);
	});
}

#[test]
fn raw_signals_are_canonical_and_tied_to_their_place() {
	ExtBuilder::production().build_and_execute(|| {
		let [one, two] = [[1; 32], [2; 32]];
		let raw = |signals: &[[u8; 32]]| {
			let output = Output::Raw(BoundedVec::truncate_from(signals.to_vec()));
			Inference { output, input: ClaimedInput::Hidden }
		};
		for place in [Some(0), Some(1), Some(2)] {
			let prover = revealing(OutputKind::Raw { signals: 3, context: place });
			let model = register(&prover);
			let proof = prove(&prover, model, BOB, &raw(&[one, two]));
			assert_noop!(submit(BOB, model, raw(&[two, one]), proof), Error::<Test>::InvalidProof);
			assert_noop!(
				submit(ALICE, model, raw(&[one, two]), proof),
				Error::<Test>::InvalidProof
			);
			for signals in [&[one][..], &[one, two, two], &[]] {
				assert_noop!(
					submit(BOB, model, raw(signals), proof),
					Error::<Test>::OutputMismatch
				);
			}
			let beyond = raw(&[one, [0xff; 32]]);
			assert_noop!(submit(BOB, model, beyond, proof), Error::<Test>::ValueOutOfRange);
			assert_noop!(submit(BOB, model, label(1), proof), Error::<Test>::OutputMismatch);
			let shown = Inference { input: shown(&[1]), ..raw(&[one, two]) };
			assert_noop!(submit(BOB, model, shown, proof), Error::<Test>::InputMismatch);
			assert_ok!(submit(BOB, model, raw(&[one, two]), proof));
			let verified = &Heard::take()[0].1;
			assert_eq!(verified.raw(), Some([one, two].as_slice()));
			assert_eq!((verified.label(), verified.logits()), (None, None));
		}
		// Without a context a proof is anybody's, as the interface says.
		let prover = revealing(OutputKind::Raw { signals: 2, context: None });
		let model = register(&prover);
		let proof = prove(&prover, model, BOB, &raw(&[one, two]));
		assert_ok!(submit(ALICE, model, raw(&[one, two]), proof));
	});
}

#[test]
fn the_best_come_in_order() {
	ExtBuilder::production().build_and_execute(|| {
		let prover = revealing(OutputKind::TopK { classes: 50, k: 3 });
		let model = register(&prover);
		let best = |labels: &[u32]| {
			let output = Output::Labels(BoundedVec::truncate_from(labels.to_vec()));
			Inference { output, input: ClaimedInput::Hidden }
		};
		let proof = prove(&prover, model, BOB, &best(&[4, 49, 0]));
		assert_noop!(submit(BOB, model, best(&[49, 4, 0]), proof), Error::<Test>::InvalidProof);
		assert_noop!(submit(BOB, model, best(&[4, 49]), proof), Error::<Test>::OutputMismatch);
		assert_noop!(submit(BOB, model, best(&[4, 50, 0]), proof), Error::<Test>::LabelOutOfRange);
		let verifying = |labels: &[u32]| {
			<Zkml as InferenceVerifier<u64>>::verify(
				2,
				model,
				context(model, BOB),
				&best(labels),
				&proof,
			)
		};
		assert_eq!(verifying(&[4, 49, 0]).unwrap().labels(), Some(&[4, 49, 0][..]));
		assert_ok!(submit(BOB, model, best(&[4, 49, 0]), proof));
	});
}
