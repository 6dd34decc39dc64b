//! Benchmarks. Models are registered where a call reads them, so the runtime's verifier must be
//! `pallet-zkml`.

use super::*;
use alloc::vec::Vec;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{Consideration, EnsureOrigin, Get},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use pallet_zkml::fixtures::Prover;
use sp_runtime::{
	traits::{Hash, One, Saturating, StaticLookup},
	DispatchError,
};
use zkml_primitives::{
	Commitment, InputVisibility, Interface, ModelId, OutputKind, SchemaId, WeightsVisibility,
};

const AREA: AreaId = AreaId(7);
const SCHEMA: SchemaId = SchemaId([5; 32]);
const COMMITMENT: Commitment = Commitment([6; 32]);

/// The state of a block that is old enough for any anchor, and that knows the hashes of two.
fn prepare<T: Config>() {
	let now = now::<T>();
	for block in [0u32.into(), now.saturating_sub(One::one())] {
		let hash = T::Hashing::hash(b"block");
		frame_system::BlockHash::<T>::insert(BlockNumberFor::<T>::from(block), hash);
	}
	frame_system::Pallet::<T>::set_block_number(now);
}

/// The block of which that is the state.
fn now<T: Config>() -> BlockNumberFor<T> {
	T::MaxAnchorAge::get().saturating_add(2u32.into())
}

/// A model that is not registered, as its number says.
fn model(number: u32) -> ModelId {
	let mut id = [0xff; 32];
	id[..4].copy_from_slice(&number.to_le_bytes());
	ModelId(id)
}

/// The source that is read last.
fn last<T: Config>() -> ModelId {
	model(T::MaxSources::get().saturating_sub(1))
}

/// The label that is read last.
fn answer<T: Config>() -> Answer {
	Answer::Label(T::MaxLabels::get().saturating_sub(1))
}

/// An area of these models, as large as that can be, whose answers all give these points.
fn area<T: Config>(models: impl Iterator<Item = ModelId>, points: u32) -> AreaOf<T> {
	let issuer = |number| account("issuer", number, 0);
	let issuers: Vec<T::AccountId> = (0..T::MaxIssuers::get()).map(issuer).collect();
	let points: Vec<u32> = (0..T::MaxLabels::get()).map(|_| points).collect();
	let source = |model| Source {
		model,
		schema: SCHEMA,
		issuers: BoundedVec::truncate_from(issuers.clone()),
		points: Points::Labels(BoundedVec::truncate_from(points.clone())),
	};
	let sources = BoundedVec::truncate_from(models.map(source).collect());
	Area { half_life: 1_000u32.into(), floor: 0, ceiling: u32::MAX, sources }
}

/// An area with as many sources as can be.
fn full_area<T: Config>(id: AreaId, points: u32) {
	Areas::<T>::insert(id, area::<T>((0..T::MaxSources::get()).map(model), points));
}

/// Lets an account pay for a record.
fn fund<T: Config>(account: &T::AccountId) {
	T::Consideration::ensure_successful(account, Pallet::<T>::record_footprint());
}

/// Lets an account have contributed to all sources of an area, in a block.
fn contributed<T: Config>(
	who: &T::AccountId,
	id: AreaId,
	points: u32,
	since: BlockNumberFor<T>,
) -> Result<(), DispatchError> {
	let contribution = |number| Contribution {
		model: model(number),
		answer: answer::<T>(),
		points,
		commitment: COMMITMENT,
		since,
	};
	let contributions = (0..T::MaxSources::get()).rev().map(contribution).collect();
	let contributions = BoundedVec::truncate_from(contributions);
	fund::<T>(who);
	let ticket = T::Consideration::new(who, Pallet::<T>::record_footprint())?;
	Records::<T>::insert(who, id, Record { contributions, ticket });
	Ok(())
}

/// Gives an account at least so high a score, where reading it costs the most.
pub(crate) fn earn<T: Config>(
	who: &T::AccountId,
	id: AreaId,
	score: u32,
) -> Result<(), DispatchError> {
	full_area::<T>(id, score);
	contributed::<T>(who, id, score, frame_system::Pallet::<T>::block_number())
}

#[benchmarks(where T: pallet_zkml::Config)]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn set_area(n: Linear<1, { T::MaxSources::get() }>) -> Result<(), BenchmarkError> {
		prepare::<T>();
		let interface = Interface {
			input: InputVisibility::Committed { schema: SCHEMA },
			weights: WeightsVisibility::Public,
			output: OutputKind::Argmax { classes: T::MaxLabels::get() },
		};
		let mut models = Vec::new();
		for seed in 0..n {
			let owner: T::AccountId = account("owner", seed, 0);
			models.push(Prover::new(seed.into(), interface).register::<T>(&owner)?);
		}
		let settings = area::<T>(models.into_iter(), 1);
		let origin = <T as Config>::AdminOrigin::try_successful_origin()
			.map_err(|_| "nobody administrates")?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, AREA, Some(settings.clone()));
		assert_eq!(Areas::<T>::get(AREA), Some(settings));
		Ok(())
	}

	/// All but the check of the proof, and of who vouches.
	#[benchmark]
	fn prove() -> Result<(), BenchmarkError> {
		let who: T::AccountId = whitelisted_caller();
		prepare::<T>();
		full_area::<T>(AREA, 1);
		// The first proof: a deposit is taken.
		fund::<T>(&who);
		let anchor = now::<T>().saturating_sub(One::one());
		let done;
		#[block]
		{
			done = Pallet::<T>::claim(who.clone(), AREA, last::<T>(), anchor)
				.map_err(DispatchError::from)
				.and_then(|claim| Pallet::<T>::contribute(claim, answer::<T>(), COMMITMENT));
		}
		assert_eq!(done, Ok(()));
		assert_eq!(Pallet::<T>::score_of(&who, AREA), 1);
		Ok(())
	}

	/// All but the check of who vouches.
	#[benchmark]
	fn challenge() -> Result<(), BenchmarkError> {
		let who: T::AccountId = whitelisted_caller();
		let account: T::AccountId = account("account", 0, 0);
		prepare::<T>();
		full_area::<T>(AREA, 1);
		contributed::<T>(&account, AREA, 1, now::<T>())?;
		let address = T::Lookup::unlookup(account.clone());
		#[extrinsic_call]
		_(RawOrigin::Signed(who), address, AREA, last::<T>());
		let others = T::MaxSources::get().saturating_sub(1);
		assert_eq!(Pallet::<T>::score_of(&account, AREA), others);
		Ok(())
	}

	#[benchmark]
	fn remove_record() -> Result<(), BenchmarkError> {
		let who: T::AccountId = whitelisted_caller();
		let account: T::AccountId = account("account", 0, 0);
		prepare::<T>();
		full_area::<T>(AREA, 1);
		// Struck out, all of them.
		contributed::<T>(&account, AREA, 0, 1u32.into())?;
		let address = T::Lookup::unlookup(account.clone());
		#[extrinsic_call]
		_(RawOrigin::Signed(who), address, AREA);
		assert!(!Records::<T>::contains_key(account, AREA));
		Ok(())
	}

	#[benchmark]
	fn score() -> Result<(), BenchmarkError> {
		let account: T::AccountId = account("account", 0, 0);
		prepare::<T>();
		earn::<T>(&account, AREA, u32::MAX)?;
		// Neither at its start nor after a half-life.
		frame_system::Pallet::<T>::set_block_number(now::<T>().saturating_add(1_001u32.into()));
		let found;
		#[block]
		{
			found = Pallet::<T>::score_of(&account, AREA);
		}
		assert!(found > 0);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ext(), crate::mock::Test);
}
