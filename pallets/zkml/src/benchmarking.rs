//! Benchmarks: every one runs the real check on a real proof.

use super::*;
use crate::fixtures::{largest, metadata, Prover};
use alloc::boxed::Box;
use codec::Encode;
use frame_benchmarking::v2::*;
use frame_support::traits::{Consideration, Footprint};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::traits::{Hash, Zero};
use zkml_primitives::{
	context_for, Inference, ModelId, Proof, Scheme, Setup, MAX_SIGNALS, SEMANTICS_V1,
	SUBMIT_INFERENCE,
};

/// The state of a block after genesis, with an account that can pay any deposit.
fn prepare<T: Config>() -> T::AccountId {
	let genesis = T::Hashing::hash(b"genesis");
	frame_system::BlockHash::<T>::insert(BlockNumberFor::<T>::zero(), genesis);
	frame_system::Pallet::<T>::set_block_number(1u32.into());
	AllowDevelopmentKeys::<T>::put(true);
	let owner: T::AccountId = whitelisted_caller();
	T::Consideration::ensure_successful(&owner, Footprint::from_mel::<ModelOf<T>>());
	owner
}

fn id<T: Config>(prover: &Prover, owner: &T::AccountId) -> ModelId {
	ModelId::derive(owner, Scheme::Groth16, SEMANTICS_V1, &prover.key(), &prover.interface)
}

/// Registers a model with `n` signals, and proves its owner's next inference.
///
/// The key is for development, so that verifying reads whether those are allowed.
fn registered<T: Config>(
	n: u32,
) -> Result<(T::AccountId, ModelId, Inference, Proof), BenchmarkError> {
	let owner = prepare::<T>();
	let (interface, inference) = largest(n);
	let prover = Prover::new(1, interface);
	Pallet::<T>::register_model(
		RawOrigin::Signed(owner.clone()).into(),
		Box::new(prover.key()),
		interface,
		Setup::Development,
		metadata(),
	)?;
	let model = id::<T>(&prover, &owner);
	let context = Pallet::<T>::context(model, owner.clone()).ok_or("no genesis hash")?;
	let proof = prover.prove(&inference, &context);
	Ok((owner, model, inference, proof))
}

// A model has at least two signals: an output word and the context.
#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn register_model(n: Linear<2, MAX_SIGNALS>) {
		let owner = prepare::<T>();
		let prover = Prover::new(1, largest(n).0);
		let model = id::<T>(&prover, &owner);
		let key = Box::new(prover.key());

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), key, prover.interface, Setup::Development, metadata());

		assert!(Models::<T>::contains_key(model));
	}

	#[benchmark]
	fn submit_inference(n: Linear<2, MAX_SIGNALS>) -> Result<(), BenchmarkError> {
		let (owner, model, inference, proof) = registered::<T>(n)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(owner.clone()), n, model, inference, proof);

		assert_eq!(Nonces::<T>::get(model, owner), 1);
		Ok(())
	}

	#[benchmark]
	fn verify_inference(n: Linear<2, MAX_SIGNALS>) -> Result<(), BenchmarkError> {
		let (owner, model, inference, proof) = registered::<T>(n)?;
		let genesis = T::Hashing::hash(b"genesis");
		let genesis = genesis.as_ref().try_into().map_err(|_| "a hash of 32 bytes")?;
		let context = context_for(genesis, SUBMIT_INFERENCE, model, &owner, &0u64.encode());
		let verified;

		#[block]
		{
			verified = <Pallet<T> as InferenceVerifier<T::AccountId>>::verify(
				model, context, &inference, &proof,
			)
			.ok();
		}

		assert_eq!(verified.map(|verified| verified.model()), Some(model));
		Ok(())
	}

	#[benchmark]
	fn deregister_model() -> Result<(), BenchmarkError> {
		let (owner, model, ..) = registered::<T>(MAX_SIGNALS)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), model);

		assert!(Tombstones::<T>::contains_key(model));
		Ok(())
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::ExtBuilder::default().build(),
		crate::mock::Test
	);
}
