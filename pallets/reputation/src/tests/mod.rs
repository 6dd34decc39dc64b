//! What each call does and refuses.

mod any_calls;
mod areas;
mod decay;
mod proofs;
mod records;

use crate::{mock::*, *};
use codec::{Encode, MaxEncodedLen};
use frame_support::{
	assert_noop, assert_ok, dispatch::DispatchResultWithPostInfo, traits::ConstU32, BoundedVec,
};
use pallet_attestation::NotAttested;
use pallet_zkml::VerifyError;
use sp_runtime::{traits::BadOrigin, DispatchError, DispatchResult, TokenError};
use zkml_primitives::{context_for, ClaimedInput, Commitment, Context, Inference, ModelId, Output};

const AREA: AreaId = AreaId(7);
const HALF_LIFE: u64 = 100;
/// What the models' answers are worth: passing, and the three labels.
const PASSED: u32 = 64;
const LABELS: [u32; 3] = [0, 10, 1_000];

fn signed(account: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

/// A source of which the bank alone vouches for values.
fn source(index: usize) -> SourceOf<Test> {
	let points = match index {
		THRESHOLD => Points::Passed(PASSED),
		_ => labels(&LABELS),
	};
	Source { model: model(index), schema: CREDIT, issuers: issuers(&[BANK]), points }
}

fn labels(points: &[u32]) -> Points<ConstU32<4>> {
	Points::Labels(BoundedVec::try_from(points.to_vec()).unwrap())
}

fn issuers(list: &[u64]) -> BoundedVec<u64, ConstU32<2>> {
	BoundedVec::try_from(list.to_vec()).unwrap()
}

fn area(sources: &[SourceOf<Test>]) -> AreaOf<Test> {
	let sources = BoundedVec::try_from(sources.to_vec()).unwrap();
	Area { half_life: HALF_LIFE, floor: 5, ceiling: 1_050, sources }
}

fn try_to_set(area: AreaOf<Test>) -> DispatchResult {
	Reputations::set_area(signed(ADMIN), AREA, Some(area))
}

/// Sets the area, with sources that are as [`source`] has them.
fn set(indices: &[usize]) {
	let sources: Vec<_> = indices.iter().map(|&index| source(index)).collect();
	assert_ok!(try_to_set(area(&sources)));
}

fn attest(issuer: u64, subject: u64, commitment: Commitment, expires: Option<u64>) {
	assert_ok!(Attestations::attest(signed(issuer), subject, CREDIT, commitment, expires));
}

/// What a proof is tied to, by what the documentation says.
fn context(who: u64, area: AreaId, model: ModelId, anchor: u64) -> Context {
	let payload = (area.0, hash(anchor)).encode();
	context_for(&hash(0).0, b"reputation/prove", model, &who, &payload)
}

/// Submits any inference of a model, with a proof of just that.
fn prove_inference(
	who: u64,
	index: usize,
	anchor: u64,
	inference: Inference,
) -> DispatchResultWithPostInfo {
	let Known { prover, id } = known(index);
	let proof = prover.prove(&inference, &context(who, AREA, *id, anchor));
	Reputations::prove(signed(who), AREA, *id, SIGNALS, anchor, inference, proof)
}

/// Proves an answer to [`VALUES`].
fn prove(who: u64, index: usize, label: u32, anchor: u64) -> DispatchResultWithPostInfo {
	prove_inference(who, index, anchor, inference(index, label, VALUES))
}

/// The points of an account's contributions, as they are now.
fn points(who: u64) -> Vec<u32> {
	let known = Reputations::record(who, AREA).unwrap_or_default();
	known.iter().map(|known| known.points).collect()
}

fn score(who: u64) -> u32 {
	Reputations::score(who, AREA)
}

#[test]
fn what_travels_keeps_its_form() {
	assert!(RecordOf::<Test>::max_encoded_len() < 300);
	let refused = VerifyError::InvalidProof;
	let not_attested = NotAttested::OtherValues;
	let errors: [(Error<Test>, &[u8]); 22] = [
		(Error::AreaNotFound, &[0]),
		(Error::SourceNotFound, &[1]),
		(Error::HalfLifeZero, &[2]),
		(Error::CeilingBelowFloor, &[3]),
		(Error::SourceListedTwice, &[4]),
		(Error::NoIssuers, &[5]),
		(Error::ModelNotFound, &[6]),
		(Error::InputMismatch, &[7]),
		(Error::PointsMismatch, &[8]),
		(Error::AnchorUnknown, &[9]),
		(Error::AnchorTooOld, &[10]),
		(Error::AnchorUsed, &[11]),
		(Error::Refused(refused), &[12, 10]),
		(Error::NotAttested(not_attested), &[13, 3]),
		(Error::MaskNotFull, &[14]),
		(Error::NoPoints, &[15]),
		(Error::RecordFull, &[16]),
		(Error::RecordNotFound, &[17]),
		(Error::ContributionNotFound, &[18]),
		(Error::StillAttested, &[19]),
		(Error::StillRemembered, &[20]),
		(Error::StillCounts, &[21]),
	];
	for (error, bytes) in errors {
		assert_eq!(error.encode(), bytes);
	}
	assert_eq!(HoldReason::RecordDeposit.encode(), [0]);
	assert_eq!(AreaId(7).encode(), 7u32.encode());
	assert_eq!(Points::<ConstU32<4>>::Passed(2).encode(), (0u8, 2u32).encode());
	assert_eq!(labels(&[2]).encode(), (1u8, vec![2u32]).encode());
	assert_eq!(
		(Answer::Passed.encode(), Answer::Label(2).encode()),
		(vec![0], (1u8, 2u32).encode())
	);
}
