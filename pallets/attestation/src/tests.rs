use crate::{mock::*, *};
use codec::{Encode, MaxEncodedLen};
use frame_support::{
	assert_noop, assert_ok,
	traits::{GetCallName, UnfilteredDispatchable},
	BoundedVec,
};
use pallet_zkml::InferenceVerifier;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use sp_runtime::{
	testing::TestSignature, traits::BadOrigin, DispatchError, StateVersion, TokenError,
};
use std::collections::{BTreeMap, BTreeSet};
use zkml_primitives::{
	ClaimedInput, Commitment, Hint, HintedProof, Inference, InputVisibility, Interface, Metadata,
	ModelId, Output, OutputKind, Proof, SchemaId, Scheme, Setup, Statement, Terms, VerifyingKey,
	WeightsVisibility, SEMANTICS_V1,
};
use zkml_verifier::fixtures::{Fixture, Key};

const CREDIT: SchemaId = SchemaId([1; 32]);
const HEALTH: SchemaId = SchemaId([2; 32]);
const VALUES: Commitment = Commitment([3; 32]);
const OTHER: Commitment = Commitment([4; 32]);
const NOT_CANONICAL: Commitment = Commitment([0xff; 32]);

fn signed(account: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

fn schemas(list: &[SchemaId]) -> BoundedVec<SchemaId, frame_support::traits::ConstU32<4>> {
	BoundedVec::try_from(list.to_vec()).unwrap()
}

fn issuer(account: u64, list: &[SchemaId]) {
	assert_ok!(Attestations::set_issuer(signed(ADMIN), account, schemas(list)));
}

fn attest(issuer: u64, subject: u64, commitment: Commitment, expires: Option<u64>) {
	assert_ok!(Attestations::attest(signed(issuer), subject, CREDIT, commitment, expires));
}

/// What the bank signs of Alice at present.
fn statement() -> AttestationOf<Test> {
	Attestation {
		issuer: BANK,
		subject: ALICE,
		schema: CREDIT,
		commitment: VALUES,
		expires: None,
		signed_at: System::block_number(),
	}
}

fn signature(attestation: &AttestationOf<Test>) -> TestSignature {
	TestSignature(attestation.issuer, attestation.message(&GENESIS).to_vec())
}

fn claim(attestation: &AttestationOf<Test>) -> sp_runtime::DispatchResult {
	let signature = signature(attestation);
	Attestations::claim(signed(attestation.subject), attestation.clone(), signature)
}

fn counts(subject: u64, commitment: Commitment) -> Result<(), NotAttested> {
	Attestations::ensure_committed(commitment, &subject, CREDIT, &[BANK])
}

#[test]
fn an_issuer_attests_and_revokes() {
	run(|| {
		issuer(BANK, &[CREDIT]);
		System::assert_last_event(
			Event::IssuerSet { issuer: BANK, schemas: schemas(&[CREDIT]) }.into(),
		);
		assert_eq!(counts(ALICE, VALUES), Err(NotAttested::NoCredential));
		attest(BANK, ALICE, VALUES, Some(5));
		let (issuer, subject, schema) = (BANK, ALICE, CREDIT);
		System::assert_last_event(
			Event::Attested { issuer, subject, schema, commitment: VALUES, expires: Some(5) }
				.into(),
		);
		assert_eq!(counts(ALICE, VALUES), Ok(()));
		assert_eq!(counts(ALICE, OTHER), Err(NotAttested::OtherValues));
		assert_eq!(counts(BOB, VALUES), Err(NotAttested::NoCredential));
		let others = Attestations::ensure_committed(VALUES, &ALICE, CREDIT, &[CLINIC]);
		assert_eq!(others, Err(NotAttested::OtherIssuer));
		let none = Attestations::ensure_committed(VALUES, &ALICE, CREDIT, &[]);
		assert_eq!(none, Err(NotAttested::OtherIssuer));
		let health = Attestations::ensure_committed(VALUES, &ALICE, HEALTH, &[BANK]);
		assert_eq!(health, Err(NotAttested::NoCredential));
		assert_ok!(Attestations::revoke(signed(BANK), ALICE, CREDIT));
		System::assert_last_event(Event::Revoked { issuer, subject, schema }.into());
		assert_eq!(counts(ALICE, VALUES), Err(NotAttested::NoCredential));
		let again = Attestations::revoke(signed(BANK), ALICE, CREDIT);
		assert_noop!(again, Error::<Test>::AlreadyRevoked);
		// The issuer may attest anew, in the same block, too.
		attest(BANK, ALICE, OTHER, None);
		assert_eq!(counts(ALICE, OTHER), Ok(()));
	});
}

#[test]
fn it_counts_up_to_its_last_block() {
	run(|| {
		issuer(BANK, &[CREDIT]);
		System::set_block_number(5);
		let past = Attestations::attest(signed(BANK), ALICE, CREDIT, VALUES, Some(4));
		assert_noop!(past, Error::<Test>::Expired);
		attest(BANK, ALICE, VALUES, Some(6));
		for (block, expected) in [(5, true), (6, true), (7, false), (u64::MAX, false)] {
			System::set_block_number(block);
			assert_eq!(counts(ALICE, VALUES).is_ok(), expected, "block {block}");
			assert_eq!(Attestations::credential(ALICE, CREDIT).is_some(), expected);
		}
	});
}

#[test]
fn only_the_admin_names_issuers() {
	run(|| {
		for origin in [signed(BANK), RuntimeOrigin::root(), RuntimeOrigin::none()] {
			let set = Attestations::set_issuer(origin.clone(), BANK, schemas(&[CREDIT]));
			assert_noop!(set, BadOrigin);
			assert_noop!(Attestations::suspend_issuer(origin.clone(), BANK, true), BadOrigin);
			assert_noop!(Attestations::remove_issuer(origin, BANK), BadOrigin);
		}
		let twice =
			Attestations::set_issuer(signed(ADMIN), BANK, schemas(&[CREDIT, HEALTH, CREDIT]));
		assert_noop!(twice, Error::<Test>::SchemaListedTwice);
		let unknown = Error::<Test>::IssuerNotFound;
		assert_noop!(Attestations::suspend_issuer(signed(ADMIN), BANK, true), unknown);
		let unknown = Error::<Test>::IssuerNotFound;
		assert_noop!(Attestations::remove_issuer(signed(ADMIN), BANK), unknown);
	});
}

#[test]
fn who_may_not_attest_does_not() {
	run(|| {
		let try_to = || Attestations::attest(signed(BANK), ALICE, CREDIT, VALUES, None);
		let root = || Attestations::post_root(signed(BANK), CREDIT, VALUES);
		assert_noop!(try_to(), Error::<Test>::IssuerNotFound);
		assert_noop!(root(), Error::<Test>::IssuerNotFound);
		issuer(BANK, &[HEALTH]);
		assert_noop!(try_to(), Error::<Test>::SchemaNotAllowed);
		assert_noop!(root(), Error::<Test>::SchemaNotAllowed);
		issuer(BANK, &[HEALTH, CREDIT]);
		assert_ok!(Attestations::suspend_issuer(signed(ADMIN), BANK, true));
		assert_noop!(try_to(), Error::<Test>::IssuerSuspended);
		assert_noop!(root(), Error::<Test>::IssuerSuspended);
		// To be listed anew lifts no suspension.
		issuer(BANK, &[CREDIT]);
		assert_noop!(try_to(), Error::<Test>::IssuerSuspended);
		assert_ok!(Attestations::suspend_issuer(signed(ADMIN), BANK, false));
		let attested = Attestations::attest(signed(BANK), ALICE, CREDIT, NOT_CANONICAL, None);
		assert_noop!(attested, Error::<Test>::NotCanonical);
		let posted = Attestations::post_root(signed(BANK), CREDIT, NOT_CANONICAL);
		assert_noop!(posted, Error::<Test>::NotCanonical);
		assert_ok!(try_to());
		assert_noop!(
			Attestations::attest(RuntimeOrigin::none(), ALICE, CREDIT, VALUES, None),
			BadOrigin
		);
	});
}

#[test]
fn what_an_issuer_attested_counts_while_it_is_trusted() {
	run(|| {
		issuer(BANK, &[CREDIT, HEALTH]);
		attest(BANK, ALICE, VALUES, None);
		assert_ok!(Attestations::post_root(signed(BANK), CREDIT, VALUES));
		let both = || (counts(ALICE, VALUES).is_ok(), Attestations::root(BANK, CREDIT, VALUES));
		assert_eq!(both(), (true, Some(1)));
		assert_ok!(Attestations::suspend_issuer(signed(ADMIN), BANK, true));
		assert_eq!(both(), (false, None));
		// A suspended issuer may still take back what was wrong.
		assert_ok!(Attestations::suspend_issuer(signed(ADMIN), BANK, false));
		assert_eq!(both(), (true, Some(1)));
		issuer(BANK, &[HEALTH]);
		assert_eq!(both(), (false, None));
		issuer(BANK, &[CREDIT]);
		assert_eq!(both(), (true, Some(1)));
		assert_ok!(Attestations::remove_issuer(signed(ADMIN), BANK));
		assert_eq!((both(), Attestations::issuer(BANK)), ((false, None), None));
		assert_ok!(Attestations::revoke(signed(BANK), ALICE, CREDIT));
		assert_ok!(Attestations::clear_roots(signed(BANK), CREDIT));
		issuer(BANK, &[CREDIT]);
		assert_eq!(both(), (false, None));
	});
}

#[test]
fn a_signed_attestation_is_claimed_by_its_subject() {
	run(|| {
		issuer(BANK, &[CREDIT]);
		let signed_one = statement();
		assert_eq!(Attestations::message(signed_one.clone()), Some(signed_one.message(&GENESIS)));
		let by = |who: u64, attestation: &AttestationOf<Test>, signature: TestSignature| {
			Attestations::claim(signed(who), attestation.clone(), signature)
		};
		let good = signature(&signed_one);
		assert_noop!(by(BOB, &signed_one, good.clone()), Error::<Test>::NotSubject);
		assert_noop!(by(BANK, &signed_one, good.clone()), Error::<Test>::NotSubject);
		// Anything else than what was signed.
		let changed = [
			Attestation { commitment: OTHER, ..signed_one.clone() },
			Attestation { expires: Some(100), ..signed_one.clone() },
			Attestation { schema: HEALTH, ..signed_one.clone() },
			Attestation { issuer: CLINIC, ..signed_one.clone() },
			Attestation { signed_at: 0, ..signed_one.clone() },
		];
		for other in changed {
			assert_noop!(by(ALICE, &other, good.clone()), Error::<Test>::BadSignature);
		}
		let stolen = Attestation { subject: BOB, ..signed_one.clone() };
		assert_noop!(by(BOB, &stolen, good.clone()), Error::<Test>::BadSignature);
		// Signed by another, for another chain, or for another purpose.
		let bytes = signed_one.message(&GENESIS).to_vec();
		for wrong in [
			TestSignature(CLINIC, bytes.clone()),
			TestSignature(BANK, signed_one.message(&[8u8; 32]).to_vec()),
			TestSignature(BANK, signed_one.encode()),
			TestSignature(BANK, [b"<Bytes>", &bytes[..]].concat()),
		] {
			assert_noop!(by(ALICE, &signed_one, wrong), Error::<Test>::BadSignature);
		}
		assert_ok!(by(ALICE, &signed_one, good.clone()));
		assert_eq!(counts(ALICE, VALUES), Ok(()));
		assert_eq!(Credentials::<Test>::get(ALICE, CREDIT).unwrap().depositor, ALICE);
		assert_noop!(by(ALICE, &signed_one, good), Error::<Test>::Superseded);
		// As wallets sign.
		System::set_block_number(2);
		let next = Attestation { commitment: OTHER, ..statement() };
		let wrapped = [b"<Bytes>", &next.message(&GENESIS)[..], b"</Bytes>"].concat();
		assert_ok!(by(ALICE, &next, TestSignature(BANK, wrapped)));
		assert_eq!(counts(ALICE, OTHER), Ok(()));
	});
}

#[test]
fn the_first_block_knows_no_genesis_hash() {
	ext().execute_with(|| {
		System::set_block_number(0);
		issuer(BANK, &[CREDIT]);
		assert_eq!(Attestations::message(statement()), None);
		assert_noop!(claim(&statement()), Error::<Test>::BadSignature);
	});
}

#[test]
fn a_signed_attestation_is_claimed_in_time() {
	run(|| {
		issuer(BANK, &[CREDIT]);
		System::set_block_number(20);
		let now = statement();
		let at = |block: u64| Attestation { signed_at: block, ..now.clone() };
		assert_noop!(claim(&at(21)), Error::<Test>::SignedInFuture);
		assert_noop!(claim(&at(u64::MAX)), Error::<Test>::SignedInFuture);
		assert_noop!(claim(&at(19 - MAX_AGE)), Error::<Test>::SignedTooLongAgo);
		assert_ok!(claim(&at(20 - MAX_AGE)));
		let expired = Attestation { expires: Some(19), ..now.clone() };
		assert_noop!(claim(&expired), Error::<Test>::Expired);
		assert_ok!(claim(&Attestation { expires: Some(20), ..now }));
	});
}

#[test]
fn what_was_superseded_or_revoked_does_not_come_back() {
	run(|| {
		issuer(BANK, &[CREDIT]);
		let old = statement();
		System::set_block_number(3);
		attest(BANK, ALICE, OTHER, None);
		assert_noop!(claim(&old), Error::<Test>::Superseded);
		assert_noop!(claim(&statement()), Error::<Test>::Superseded);
		assert_ok!(Attestations::revoke(signed(BANK), ALICE, CREDIT));
		assert_noop!(claim(&old), Error::<Test>::Superseded);
		// Nor once the record is gone: that takes until nothing from before can be claimed.
		for block in [4, 3 + MAX_AGE] {
			System::set_block_number(block);
			let removed = Attestations::remove(signed(ALICE), ALICE, CREDIT);
			assert_noop!(removed, Error::<Test>::StillRemembered);
		}
		System::set_block_number(4 + MAX_AGE);
		assert_ok!(Attestations::remove(signed(BOB), ALICE, CREDIT));
		System::assert_last_event(Event::Removed { subject: ALICE, schema: CREDIT }.into());
		assert_noop!(claim(&old), Error::<Test>::SignedTooLongAgo);
		let last = Attestation { signed_at: 3, ..old };
		assert_noop!(claim(&last), Error::<Test>::SignedTooLongAgo);
	});
}

#[test]
fn what_was_signed_is_revoked_before_it_is_claimed() {
	run(|| {
		issuer(BANK, &[CREDIT]);
		let unclaimed = statement();
		let by_other = Attestations::revoke(signed(CLINIC), ALICE, CREDIT);
		assert_noop!(by_other, Error::<Test>::CredentialNotFound);
		assert_ok!(Attestations::revoke(signed(BANK), ALICE, CREDIT));
		assert_noop!(claim(&unclaimed), Error::<Test>::Superseded);
		System::set_block_number(2);
		assert_ok!(claim(&statement()));
	});
}

#[test]
fn issuers_do_not_touch_what_others_attested() {
	run(|| {
		issuer(BANK, &[CREDIT]);
		issuer(CLINIC, &[CREDIT]);
		attest(BANK, ALICE, VALUES, Some(3));
		let over = || Attestations::attest(signed(CLINIC), ALICE, CREDIT, OTHER, None);
		assert_noop!(over(), Error::<Test>::AttestedByOther);
		let revoked = Attestations::revoke(signed(CLINIC), ALICE, CREDIT);
		assert_noop!(revoked, Error::<Test>::NotIssuer);
		// Once it does not count, the place is free, and the bank's deposit its own again.
		System::set_block_number(4);
		assert_ok!(over());
		check();
		assert_eq!(counts(ALICE, OTHER), Err(NotAttested::OtherIssuer));
		let revoked = Attestations::revoke(signed(BANK), ALICE, CREDIT);
		assert_noop!(revoked, Error::<Test>::NotIssuer);
	});
}

#[test]
fn what_was_signed_is_revoked_though_the_record_is_anothers() {
	run(|| {
		issuer(BANK, &[CREDIT]);
		issuer(CLINIC, &[CREDIT]);
		attest(CLINIC, ALICE, OTHER, Some(3));
		System::set_block_number(3);
		let signed_one = statement();
		let revoke = |who| Attestations::revoke(signed(who), ALICE, CREDIT);
		// While the clinic's counts, what the bank signed cannot be claimed anyway.
		assert_noop!(revoke(BANK), Error::<Test>::NotIssuer);
		assert_noop!(claim(&signed_one), Error::<Test>::AttestedByOther);
		System::set_block_number(4);
		assert_noop!(revoke(BOB), Error::<Test>::NotIssuer);
		assert_ok!(revoke(BANK));
		check();
		assert_noop!(claim(&signed_one), Error::<Test>::Superseded);
		assert_noop!(revoke(BANK), Error::<Test>::AlreadyRevoked);
	});
}

#[test]
fn a_record_is_removed_by_its_subject_or_when_it_is_over() {
	run(|| {
		issuer(BANK, &[CREDIT]);
		attest(BANK, ALICE, VALUES, Some(100));
		let remove = |who: u64| Attestations::remove(signed(who), ALICE, CREDIT);
		let later = 2 + MAX_AGE;
		System::set_block_number(later);
		for who in [BANK, BOB] {
			assert_noop!(remove(who), Error::<Test>::StillCounts);
		}
		// A suspension may be lifted.
		assert_ok!(Attestations::suspend_issuer(signed(ADMIN), BANK, true));
		assert_noop!(remove(BOB), Error::<Test>::StillCounts);
		assert_ok!(Attestations::suspend_issuer(signed(ADMIN), BANK, false));
		assert_ok!(remove(ALICE));
		assert_noop!(remove(ALICE), Error::<Test>::CredentialNotFound);
		attest(BANK, ALICE, VALUES, Some(later));
		System::set_block_number(later + MAX_AGE + 1);
		assert_ok!(remove(BOB));
		attest(BANK, ALICE, VALUES, None);
		System::set_block_number(100);
		assert_noop!(remove(BOB), Error::<Test>::StillCounts);
		assert_ok!(Attestations::remove_issuer(signed(ADMIN), BANK));
		assert_ok!(remove(BOB));
	});
}

#[test]
fn deposits_are_paid_by_who_calls() {
	run(|| {
		issuer(POOR, &[CREDIT]);
		issuer(BANK, &[CREDIT]);
		let too_poor: DispatchError = TokenError::FundsUnavailable.into();
		let attested = Attestations::attest(signed(POOR), ALICE, CREDIT, VALUES, None);
		assert_noop!(attested, too_poor);
		assert_noop!(Attestations::revoke(signed(POOR), ALICE, CREDIT), too_poor);
		assert_noop!(Attestations::post_root(signed(POOR), CREDIT, VALUES), too_poor);
		let of_poor = Attestation { subject: POOR, ..statement() };
		assert_noop!(claim(&of_poor), too_poor);
		// First by the issuer, then by the subject, then by the issuer again: one deposit at a time.
		for block in [2, 3, 4] {
			System::set_block_number(block);
			attest(BANK, ALICE, VALUES, None);
			check();
			System::set_block_number(10 * block);
			assert_ok!(claim(&statement()));
			check();
		}
	});
}

#[test]
fn the_last_roots_are_remembered() {
	run(|| {
		issuer(BANK, &[CREDIT]);
		let root = |number: u8| Commitment([number; 32]);
		for number in 1..=5 {
			System::set_block_number(number.into());
			assert_ok!(Attestations::post_root(signed(BANK), CREDIT, root(number)));
		}
		System::assert_last_event(
			Event::RootPosted { issuer: BANK, schema: CREDIT, root: root(5) }.into(),
		);
		let posted = |number| Attestations::root(BANK, CREDIT, root(number));
		let found: Vec<Option<u64>> = (1..=6).map(posted).collect();
		assert_eq!(found, [None, None, Some(3), Some(4), Some(5), None]);
		// A root that is posted again is as young as its last time.
		System::set_block_number(9);
		assert_ok!(Attestations::post_root(signed(BANK), CREDIT, root(4)));
		assert_eq!(posted(4), Some(9));
		assert_eq!(<Attestations as Attested<_, _>>::root_posted(&BANK, CREDIT, root(4)), Some(9));
		assert_eq!(Attestations::root(BANK, HEALTH, root(4)), None);
		assert_eq!(Attestations::root(CLINIC, CREDIT, root(4)), None);
		assert_noop!(
			Attestations::clear_roots(signed(CLINIC), CREDIT),
			Error::<Test>::RootsNotFound
		);
		assert_ok!(Attestations::clear_roots(signed(BANK), CREDIT));
		System::assert_last_event(Event::RootsCleared { issuer: BANK, schema: CREDIT }.into());
		assert_eq!(posted(5), None);
	});
}

/// A model of committed values, and what it proves.
fn model(
	input: InputVisibility,
) -> (ModelId, impl Fn(ClaimedInput) -> pallet_zkml::VerifiedInference) {
	let interface = Interface {
		input,
		weights: WeightsVisibility::Public,
		output: OutputKind::Argmax { classes: 2 },
	};
	let fixture = Fixture::new(1, interface.signals().unwrap());
	let Key { alpha, beta, gamma, delta, ic } = fixture.key.clone();
	let key = VerifyingKey { alpha, beta, gamma, delta, ic: ic.try_into().unwrap() };
	let id = ModelId::derive(&BANK, Scheme::Groth16, SEMANTICS_V1, &key, &interface);
	let metadata =
		Metadata { name: Default::default(), onnx_sha256: [0; 32], uri: Default::default() };
	let setup = Setup::Ceremony { transcript: [0; 32], contributions: 2 };
	let (key, terms) = (Box::new(key), Terms::default());
	let registered =
		Zkml::register_model(signed(BANK), key, interface, setup, metadata, terms, None);
	assert_ok!(registered);
	let prove = move |input: ClaimedInput| {
		let context = <Zkml as InferenceVerifier<u64>>::context(b"test", id, &ALICE, b"");
		let inference = Inference { output: Output::Label(1), input };
		let statement = Statement::new(&interface, &inference, &context).unwrap();
		let proof = fixture.prove(statement.signals(), 0);
		let hint = Hint(fixture.hint(statement.signals(), &proof));
		let proof = HintedProof { proof: Proof(proof), hint };
		<Zkml as InferenceVerifier<u64>>::verify(9, id, context, &inference, &proof).unwrap()
	};
	(id, prove)
}

#[test]
fn a_proven_inference_is_over_attested_values() {
	run(|| {
		issuer(BANK, &[CREDIT]);
		issuer(CLINIC, &[CREDIT]);
		attest(BANK, ALICE, VALUES, None);
		let (_, prove) = model(InputVisibility::Committed { schema: CREDIT });
		let found = |commitment, subject, issuers: &[u64]| {
			let proven = prove(ClaimedInput::Committed(commitment));
			<Attestations as Attested<_, _>>::ensure_attested(&proven, &subject, CREDIT, issuers)
		};
		assert_eq!(found(VALUES, ALICE, &[CLINIC, BANK]), Ok(()));
		assert_eq!(found(OTHER, ALICE, &[CLINIC, BANK]), Err(NotAttested::OtherValues));
		assert_eq!(found(VALUES, ALICE, &[CLINIC]), Err(NotAttested::OtherIssuer));
		assert_eq!(found(VALUES, BOB, &[BANK]), Err(NotAttested::NoCredential));
		let (_, prove) = model(InputVisibility::Private);
		let proven = prove(ClaimedInput::Hidden);
		let hidden = Attestations::ensure_attested(&proven, &ALICE, CREDIT, &[BANK]);
		assert_eq!(hidden, Err(NotAttested::NotCommitted));
	});
}

#[test]
fn what_travels_keeps_its_form() {
	assert!(CredentialOf::<Test>::max_encoded_len() < 200);
	let errors = [
		Error::<Test>::IssuerNotFound,
		Error::IssuerSuspended,
		Error::SchemaNotAllowed,
		Error::SchemaListedTwice,
		Error::NotCanonical,
		Error::Expired,
		Error::NotSubject,
		Error::BadSignature,
		Error::SignedInFuture,
		Error::SignedTooLongAgo,
		Error::Superseded,
		Error::AttestedByOther,
		Error::CredentialNotFound,
		Error::NotIssuer,
		Error::AlreadyRevoked,
		Error::StillRemembered,
		Error::StillCounts,
		Error::RootsNotFound,
	];
	for (index, error) in errors.iter().enumerate() {
		assert_eq!(error.encode(), [index as u8]);
	}
	assert_eq!(HoldReason::AttestationDeposit.encode(), [0]);
}

/// One call of anybody, with values that others may have used, too, and the blocks before it. Ends are
/// told from ten blocks ago, and signatures by their age.
fn any_call() -> impl Strategy<Value = (u64, Call<Test>, u64)> {
	let account = || 1..7u64;
	let schema = || prop_oneof![Just(CREDIT), Just(HEALTH)];
	let commitment = || prop_oneof![4 => Just(VALUES), 4 => Just(OTHER), 1 => Just(NOT_CANONICAL)];
	let expires = || prop_oneof![Just(None), (0..30u64).prop_map(Some)];
	let list = proptest::collection::vec(schema(), 0..3);
	let call = prop_oneof![
		3 => (account(), list).prop_map(|(issuer, schemas)| {
			Call::set_issuer { issuer, schemas: BoundedVec::truncate_from(schemas) }
		}),
		1 => (account(), any::<bool>())
			.prop_map(|(issuer, suspended)| Call::suspend_issuer { issuer, suspended }),
		1 => account().prop_map(|issuer| Call::remove_issuer { issuer }),
		6 => (account(), schema(), commitment(), expires()).prop_map(
			|(subject, schema, commitment, expires)| Call::attest {
				subject,
				schema,
				commitment,
				expires,
			}
		),
		6 => (account(), account(), schema(), commitment(), expires(), 0..15u64).prop_map(
			|(issuer, subject, schema, commitment, expires, signed_at)| {
				let attestation =
					Attestation { issuer, subject, schema, commitment, expires, signed_at };
				Call::claim { attestation, signature: TestSignature(issuer, Vec::new()) }
			}
		),
		3 => (account(), schema()).prop_map(|(subject, schema)| Call::revoke { subject, schema }),
		3 => (account(), schema()).prop_map(|(subject, schema)| Call::remove { subject, schema }),
		3 => (schema(), commitment())
			.prop_map(|(schema, root)| Call::post_root { schema, root }),
		1 => schema().prop_map(|schema| Call::clear_roots { schema }),
	];
	// The admin, and who is claimed for, get more than a fair share.
	(prop_oneof![1 => Just(ADMIN), 2 => account()], call, prop_oneof![6 => Just(0), 1 => 1..9u64])
}

/// Runs calls: credentials come only of a call of their issuer, or of a claim of what it signed and has
/// not made void since; and a call that fails leaves nothing. Gives the names of calls that succeeded.
fn run_sequence(calls: Vec<(u64, Call<Test>, u64)>) -> BTreeSet<&'static str> {
	let mut succeeded = BTreeSet::new();
	run(|| {
		// Up to which blocks what was signed is void, by subject and schema.
		let mut void = BTreeMap::new();
		for (who, mut call, blocks) in calls {
			let now = System::block_number() + blocks;
			System::set_block_number(now);
			let mut who = who;
			match &mut call {
				Call::attest { expires, .. } => {
					*expires = expires.map(|ahead| now + ahead - now.min(10))
				},
				Call::claim { attestation, signature: by } => {
					attestation.expires =
						attestation.expires.map(|ahead| now + ahead - now.min(10));
					attestation.signed_at = now.saturating_sub(attestation.signed_at);
					*by = signature(attestation);
					who = if who == ADMIN { who } else { attestation.subject };
				},
				_ => {},
			}
			let before = sp_io::storage::root(StateVersion::V1);
			if call.clone().dispatch_bypass_filter(signed(who)).is_err() {
				assert_eq!(before, sp_io::storage::root(StateVersion::V1), "{who}: {call:?}");
				continue;
			}
			succeeded.insert(call.get_call_name());
			match call {
				Call::claim { attestation, .. } => {
					let Attestation { subject, schema, signed_at, .. } = attestation;
					assert_eq!(who, subject);
					let before = void.insert((subject, schema), signed_at);
					assert!(before.is_none_or(|block| signed_at > block), "a claim came back");
				},
				Call::attest { subject, schema, .. } | Call::revoke { subject, schema } => {
					void.insert((subject, schema), now);
				},
				_ => {},
			}
			check();
		}
	});
	succeeded
}

#[test]
fn invariants_hold_after_each_of_100_000_calls() {
	let mut runner = TestRunner::deterministic();
	let mut succeeded = BTreeSet::new();
	for _ in 0..100 {
		let calls = proptest::collection::vec(any_call(), 1_000).new_tree(&mut runner).unwrap();
		succeeded.extend(run_sequence(calls.current()));
	}
	// Else it would show nothing of some.
	assert_eq!(succeeded.len(), Call::<Test>::get_call_names().len(), "{succeeded:?}");
}
