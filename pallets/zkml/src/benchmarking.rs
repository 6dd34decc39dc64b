//! Benchmarks: every one runs the real check on a real proof, and those that verify refuse the same
//! proof a second time.

use super::*;
use crate::{
	fixtures::{largest, metadata, Prover},
	types::raw,
};
use alloc::{boxed::Box, vec::Vec};
use codec::{Decode, Encode};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{Consideration, EnsureOrigin, Footprint, Get},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::traits::{Hash, StaticLookup, UniqueSaturatedInto};
use zkml_primitives::{
	context_for, submission_payload, Commitment, Context, Hint, HintedProof, ModelId, Output,
	Scheme, Setup, Statement, Submission, Terms, VerifyingKey, MAX_OUTPUTS, MAX_SIGNALS,
	SEMANTICS_V1, SUBMIT_INFERENCE,
};
use zkml_verifier::{fixtures::prepare_without_pairing, PreparedKey};

/// How many blocks of the past the chain knows.
const BLOCKS: u32 = 40;

/// The state of a block after others, with an account that can pay any deposit.
fn prepare<T: Config>() -> T::AccountId {
	for block in 0..BLOCKS {
		let hash = T::Hashing::hash(&block.to_le_bytes());
		frame_system::BlockHash::<T>::insert(BlockNumberFor::<T>::from(block), hash);
	}
	frame_system::Pallet::<T>::set_block_number(BLOCKS.into());
	Rules::<T>::put(Policy { allow_development_keys: true, paused: false });
	let owner: T::AccountId = whitelisted_caller();
	fund::<T>(&owner, 40);
	owner
}

/// Lets an account pay for so many models, and for receipts of all of them.
fn fund<T: Config>(account: &T::AccountId, models: usize) {
	let most = Footprint::from_mel::<(ModelId, ModelOf<T>, ModelId, RegistrationOf<T>)>().size;
	let most = most.saturating_mul(models as u64);
	T::Consideration::ensure_successful(account, Footprint { count: 1, size: most });
	T::ReceiptConsideration::ensure_successful(account, Footprint { count: 1, size: most });
}

/// A model, whose inferences its owner can prove.
struct Known {
	prover: Prover,
	inference: zkml_primitives::Inference,
	id: ModelId,
}

/// Terms that make a submission dearest, but for its receipt.
fn terms<T: Config>() -> Terms {
	let remembered: u32 = T::BlockHashCount::get().unique_saturated_into();
	Terms { max_age: Some(remembered.saturating_sub(1)), receipt_lifetime: None }
}

/// Registers a model with `signals` signals.
///
/// The key is for development, so that verifying depends on whether those are allowed.
fn known<T: Config>(
	owner: &T::AccountId,
	seed: u64,
	signals: u32,
) -> Result<Known, BenchmarkError> {
	let (interface, inference) = largest(signals);
	let prover = Prover::new(seed, interface);
	let key = prover.key();
	let id = ModelId::derive(owner, Scheme::Groth16, SEMANTICS_V1, &key, &interface);
	Pallet::<T>::do_register(
		owner.clone(),
		key,
		interface,
		Setup::Development,
		metadata(),
		terms::<T>(),
		None,
	)?;
	Ok(Known { prover, inference, id })
}

/// The `ahead`-th next submission of a model by its owner, for a block of its own as far as the
/// chain remembers that many.
fn submission<T: Config>(
	owner: &T::AccountId,
	known: &Known,
	ahead: u64,
	position: u32,
) -> (SubmissionOf<T>, Hint) {
	let remembered = terms::<T>().max_age.unwrap_or(1).min(BLOCKS - 1);
	let anchor = BlockNumberFor::<T>::from(BLOCKS - 1 - position % remembered);
	let genesis = Pallet::<T>::hash_of(0u32.into());
	let nonce = Nonces::<T>::get(known.id, owner).saturating_add(ahead);
	let payload = submission_payload(nonce, Some(&Pallet::<T>::hash_of(anchor)));
	let context = context_for(&genesis, SUBMIT_INFERENCE, known.id, owner, &payload);
	let inference = known.inference.clone();
	let HintedProof { proof, hint } = known.prover.prove(&inference, &context);
	(Submission { model: known.id, anchor: Some(anchor), inference, proof }, hint)
}

/// The largest receipt.
fn receipt<T: Config>(logits: u32) -> Receipt<BlockNumberFor<T>, ()> {
	let values = core::iter::repeat_n(i32::MAX, logits as usize).collect();
	let output = Output::Logits(BoundedVec::truncate_from(values));
	Receipt {
		output,
		input: Some(Commitment([1; 32])),
		nonce: 0,
		at: 1u32.into(),
		until: 2u32.into(),
		deposit: (),
	}
}

/// A key in the storage, in some form, and a proof under it.
struct Stored {
	statement: Statement,
	proof: HintedProof,
}

impl Stored {
	const KEY: &[u8] = b"zkml/benchmark";

	/// Stores a key for `signals` signals, and after it what `more` makes of it.
	fn new(signals: u32, more: impl FnOnce(&PreparedKey) -> Vec<u8>) -> Self {
		let (interface, inference) = largest(signals);
		let prover = Prover::new(1, interface);
		let context = Context::of(b"benchmark");
		let key = prover.key();
		let more = prepare_without_pairing(&raw(&key)).map(|key| more(&key)).unwrap_or_default();
		frame_support::storage::unhashed::put_raw(Self::KEY, &[key.encode(), more].concat());
		let statement = Statement::new(&interface, &inference, &context);
		let statement = statement.unwrap_or_else(|_| unreachable!("the inference fits"));
		Self { statement, proof: prover.prove(&inference, &context) }
	}

	fn read<V: Decode>(&self) -> V {
		let found = frame_support::storage::unhashed::get(Self::KEY);
		found.unwrap_or_else(|| unreachable!("it was stored"))
	}

	fn verify(&self, key: Option<PreparedKey>) {
		let HintedProof { proof, hint } = &self.proof;
		let signals = self.statement.signals();
		let verified = key.map(|key| key.verify_hinted(signals, &proof.0, &hint.0));
		assert_eq!(verified, Some(Ok(())));
	}
}

// A model has at least two signals: an output word and the context.
/// A batch of so many.
fn batch<T: Config>(
	submissions: Vec<SubmissionOf<T>>,
) -> Result<BoundedVec<SubmissionOf<T>, T::MaxBatch>, BenchmarkError> {
	BoundedVec::try_from(submissions).map_err(|_| "MaxBatch is less than 32".into())
}

/// Checks that the proofs were looked at: the nonces are consumed, so they do not hold any more.
fn refused_again<T: Config>(
	owner: T::AccountId,
	submissions: BoundedVec<SubmissionOf<T>, T::MaxBatch>,
) -> Result<(), BenchmarkError> {
	let refused = Pallet::<T>::do_submit_batch(owner, u32::MAX, submissions.into_inner());
	let refused = refused.map_err(|failed| failed.error).err();
	assert_eq!(refused, Some(Error::<T>::BatchInvalid.into()));
	Ok(())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn register_model(n: Linear<2, MAX_SIGNALS>) -> Result<(), BenchmarkError> {
		let owner = prepare::<T>();
		let before = known::<T>(&owner, 0, 2)?.id;
		let prover = Prover::new(1, largest(n).0);
		let key = Box::new(prover.key());
		let origin = T::RegisterOrigin::try_successful_origin().map_err(|_| "nobody registers")?;
		let registrant = T::RegisterOrigin::ensure_origin(origin.clone())
			.map_err(|_| "who registers is nobody")?;
		fund::<T>(&registrant, 2);
		Registrations::<T>::mutate(before, |found| {
			if let Some(found) = found {
				found.owner = registrant;
			}
		});

		#[extrinsic_call]
		_(
			origin as T::RuntimeOrigin,
			key,
			prover.interface,
			Setup::Development,
			metadata(),
			terms::<T>(),
			Some(before),
		);

		let after = Registrations::<T>::get(before).and_then(|found| found.superseded_by);
		assert!(after.is_some_and(Models::<T>::contains_key));
		Ok(())
	}

	#[benchmark]
	fn submit_inference(n: Linear<2, MAX_SIGNALS>) -> Result<(), BenchmarkError> {
		let owner = prepare::<T>();
		let known = known::<T>(&owner, 1, n)?;
		let (submission, hint) = submission::<T>(&owner, &known, 0, 0);
		let replayed = submission.clone();

		#[extrinsic_call]
		_(RawOrigin::Signed(owner.clone()), n, submission.into(), hint);

		assert_eq!(Nonces::<T>::get(known.id, &owner), 1);
		let refused = Pallet::<T>::do_submit(owner, n, replayed, Some(&hint));
		let refused = refused.map_err(|failed| failed.error);
		assert_eq!(refused.err(), Some(Error::<T>::InvalidProof.into()));
		Ok(())
	}

	/// Inferences of one model, all with two signals.
	#[benchmark]
	fn submit_batch_of_one_model(n: Linear<1, 32>) -> Result<(), BenchmarkError> {
		let owner = prepare::<T>();
		let known = known::<T>(&owner, 1, 2)?;
		let all = (0..n).map(|at| submission::<T>(&owner, &known, at.into(), at).0);
		let submissions = batch::<T>(all.collect())?;

		#[extrinsic_call]
		submit_batch(RawOrigin::Signed(owner.clone()), u32::MAX, submissions.clone());

		assert_eq!(Nonces::<T>::get(known.id, &owner), u64::from(n));
		refused_again::<T>(owner, submissions)
	}

	/// Inferences of models of their own, all with two signals.
	#[benchmark]
	fn submit_batch_of_models(n: Linear<1, 32>) -> Result<(), BenchmarkError> {
		let owner = prepare::<T>();
		let mut submissions = Vec::new();
		let mut last = None;
		for at in 0..n {
			let known = known::<T>(&owner, u64::from(at) + 1, 2)?;
			submissions.push(submission::<T>(&owner, &known, 0, at).0);
			last = Some(known.id);
		}
		let submissions = batch::<T>(submissions)?;

		#[extrinsic_call]
		submit_batch(RawOrigin::Signed(owner.clone()), u32::MAX, submissions.clone());

		assert_eq!(last.map(|id| Nonces::<T>::get(id, &owner)), Some(1));
		refused_again::<T>(owner, submissions)
	}

	/// What a submission costs more where it leaves the largest receipt in the place of another.
	#[benchmark]
	fn keep_receipt() -> Result<(), BenchmarkError> {
		let owner = prepare::<T>();
		let id = known::<T>(&owner, 1, 2)?.id;
		// Whom a proxy or a multisig submits for does not pay for the call.
		let holder: T::AccountId = account("holder", 0, 0);
		fund::<T>(&holder, 1);
		Pallet::<T>::keep_receipt(id, &holder, receipt::<T>(1))?;
		let largest = receipt::<T>(MAX_OUTPUTS);
		let output = largest.output.clone();

		#[block]
		{
			Pallet::<T>::keep_receipt(id, &holder, largest)?;
		}

		assert_eq!(Receipts::<T>::get(id, holder).map(|kept| kept.output), Some(output));
		Ok(())
	}

	#[benchmark]
	fn verify_inference(n: Linear<2, MAX_SIGNALS>) -> Result<(), BenchmarkError> {
		let owner = prepare::<T>();
		let known = known::<T>(&owner, 1, n)?;
		let context = Context::of(b"benchmark");
		let proof = known.prover.prove(&known.inference, &context);
		let check = |context| {
			let Known { id, inference, .. } = &known;
			<Pallet<T> as InferenceVerifier<T::AccountId>>::verify(
				n, *id, context, inference, &proof,
			)
		};
		let verified;

		#[block]
		{
			verified = check(context);
		}

		assert_eq!(verified.map(|verified| verified.model()), Ok(known.id));
		assert_eq!(check(Context::of(b"another")), Err(VerifyError::InvalidProof));
		Ok(())
	}

	#[benchmark]
	fn deregister_model() -> Result<(), BenchmarkError> {
		let owner = prepare::<T>();
		let id = known::<T>(&owner, 1, MAX_SIGNALS)?.id;

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id);

		assert!(Tombstones::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn deprecate_model() -> Result<(), BenchmarkError> {
		let owner = prepare::<T>();
		let id = known::<T>(&owner, 1, MAX_SIGNALS)?.id;

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id, Some((BLOCKS + 1).into()));

		let until = (BLOCKS + 1).into();
		assert_eq!(Pallet::<T>::status_of(id), Some(Status::Deprecated { until }));
		Ok(())
	}

	#[benchmark]
	fn suspend_model() -> Result<(), BenchmarkError> {
		let owner = prepare::<T>();
		let id = known::<T>(&owner, 1, MAX_SIGNALS)?.id;

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id);

		assert_eq!(Pallet::<T>::status_of(id), Some(Status::Suspended));
		Ok(())
	}

	#[benchmark]
	fn resume_model() -> Result<(), BenchmarkError> {
		let owner = prepare::<T>();
		let id = known::<T>(&owner, 1, MAX_SIGNALS)?.id;
		Pallet::<T>::do_suspend(RawOrigin::Signed(owner.clone()).into(), id, true)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id);

		assert_eq!(Pallet::<T>::status_of(id), Some(Status::Active));
		Ok(())
	}

	#[benchmark]
	fn offer_ownership() -> Result<(), BenchmarkError> {
		let owner = prepare::<T>();
		let id = known::<T>(&owner, 1, 2)?.id;
		let heir: T::AccountId = account("heir", 0, 0);
		let address = T::Lookup::unlookup(heir.clone());

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id, Some(address));

		assert_eq!(Registrations::<T>::get(id).and_then(|found| found.heir), Some(heir));
		Ok(())
	}

	#[benchmark]
	fn accept_ownership() -> Result<(), BenchmarkError> {
		let owner = prepare::<T>();
		let id = known::<T>(&owner, 1, MAX_SIGNALS)?.id;
		let heir: T::AccountId = account("heir", 0, 0);
		fund::<T>(&heir, 1);
		Pallet::<T>::do_offer(owner, id, Some(heir.clone()))?;

		#[extrinsic_call]
		_(RawOrigin::Signed(heir.clone()), id);

		assert_eq!(Registrations::<T>::get(id).map(|found| found.owner), Some(heir));
		Ok(())
	}

	#[benchmark]
	fn set_terms() -> Result<(), BenchmarkError> {
		let owner = prepare::<T>();
		let id = known::<T>(&owner, 1, MAX_SIGNALS)?.id;
		let terms = Terms { max_age: Some(2), receipt_lifetime: Some(1) };

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id, terms);

		assert_eq!(Models::<T>::get(id).map(|model| model.terms), Some(terms));
		Ok(())
	}

	#[benchmark]
	fn remove_receipt() -> Result<(), BenchmarkError> {
		let owner = prepare::<T>();
		let id = known::<T>(&owner, 1, 2)?.id;
		// Not the account that pays for the call, whose balance is read for that anyway.
		let holder: T::AccountId = account("holder", 0, 0);
		fund::<T>(&holder, 1);
		Pallet::<T>::keep_receipt(id, &holder, receipt::<T>(MAX_OUTPUTS))?;
		let address = T::Lookup::unlookup(holder.clone());

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id, address);

		assert!(!Receipts::<T>::contains_key(id, holder));
		Ok(())
	}

	#[benchmark]
	fn set_paused() -> Result<(), BenchmarkError> {
		prepare::<T>();
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| "nobody is admin")?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, true);

		assert!(Rules::<T>::get().paused);
		Ok(())
	}

	// What a chain could keep of a key: the points alone, or with `e(α, β)` as this pallet does. Not
	// weights: the table in `docs/operations.md` comes from them.

	#[benchmark(extra)]
	fn key_without_pairing(n: Linear<2, MAX_SIGNALS>) -> Result<(), BenchmarkError> {
		let stored = Stored::new(n, |_| Vec::new());

		#[block]
		{
			let key: VerifyingKey = stored.read();
			stored.verify(prepare_without_pairing(&raw(&key)).ok());
		}

		Ok(())
	}

	#[benchmark(extra)]
	fn key_with_pairing(n: Linear<2, MAX_SIGNALS>) -> Result<(), BenchmarkError> {
		let stored = Stored::new(n, |key| key.alpha_beta().to_vec());

		#[block]
		{
			let (key, pairing): (VerifyingKey, [u8; 384]) = stored.read();
			stored.verify(PreparedKey::from_validated(&raw(&key), &pairing).ok());
		}

		Ok(())
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::ExtBuilder::default().build(),
		crate::mock::Test
	);
}
