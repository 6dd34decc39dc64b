//! Benchmarks: of each call all but the check of the proof, and what other pallets weigh themselves
//! (which ballots ask of attestations is in both).

use super::*;
use crate::pallet::*;
use alloc::{boxed::Box, vec};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{
		fungible::{Inspect, Mutate},
		Consideration, Currency, EnsureOrigin, EnsureOriginWithArg, Footprint, Get, StorePreimage,
	},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use pallet_referenda::{CallOf, Deposit, ReferendumInfo, ReferendumInfoFor};
use sp_runtime::traits::{Bounded, Hash, Saturating, Zero};
use zkml_primitives::{
	Commitment, InputVisibility, Interface, Membership, ModelId, OutputKind, Packing, Scale,
	SchemaId, Tensor, WeightsVisibility,
};

/// Makes what benchmarks need of other pallets.
pub trait BenchmarkHelper<T: Config> {
	/// Registers a model.
	fn register(interface: Interface) -> ModelId;

	/// A parameter.
	fn key() -> KeyOf<T>;

	/// An issuer that has posted a root.
	fn post_root(schema: SchemaId, root: Commitment) -> T::AccountId;

	/// A proposal of as many bytes as are looked into, or little less.
	fn call() -> CallOf<T, ()>;
}

const SCHEMA: SchemaId = SchemaId([5; 32]);
const ROOT: Commitment = Commitment([9; 32]);

fn tensor(count: u32) -> Tensor {
	let packing = Packing { width: 31, count, offset: 0 };
	Tensor { packing, scale: Scale::power_of_two(0) }
}

/// A model of so many public inputs, and two answers.
fn model<T: Config>(inputs: u32) -> ModelId {
	T::BenchmarkHelper::register(Interface {
		input: InputVisibility::Public(tensor(inputs)),
		weights: WeightsVisibility::Public,
		output: OutputKind::Argmax { classes: 2 },
	})
}

/// An account that can pay for anything.
fn funded<T: Config>(name: &'static str) -> T::AccountId {
	let who: T::AccountId = account(name, 0, 0);
	fund::<T>(&who);
	who
}

fn fund<T: Config>(who: &T::AccountId) {
	let size = 1_000_000;
	T::Consideration::ensure_successful(who, Footprint { count: 1, size });
	let amount = <T as pallet_referenda::Config>::Currency::free_balance(who);
	let more = pallet_referenda::BalanceOf::<T, ()>::max_value() / 1_000_000u32.into();
	<T as pallet_referenda::Config>::Currency::make_free_balance_be(who, amount.max(more));
}

/// A block after others.
fn prepare<T: Config>() {
	let genesis = T::Hashing::hash(b"genesis");
	frame_system::BlockHash::<T>::insert(BlockNumberFor::<T>::zero(), genesis);
	frame_system::Pallet::<T>::set_block_number(10u32.into());
}

/// What a model is told at most: of a poll, how much its proposal asks is the dearest.
fn inputs<T: Config>(
	feature: Feature<T::AccountId>,
	count: u32,
) -> BoundedVec<Input<T::AccountId>, T::MaxFeatures> {
	BoundedVec::truncate_from(vec![Input { feature, unit: 3 }; count as usize])
}

fn terms<T: Config>(count: u32) -> DelegateTermsOf<T> {
	DelegateTerms {
		inputs: inputs::<T>(Feature::Asked, count),
		decision: Decision::Label(1),
		reward: T::Balances::minimum_balance(),
		snapshots: 3,
		interval: 1u32.into(),
	}
}

/// A delegate of so many inputs.
fn delegate<T: Config>(count: u32) -> Result<(T::AccountId, DelegateId), BenchmarkError> {
	let who = funded::<T>("registrant");
	let id = DelegateCount::<T>::get();
	Pallet::<T>::do_register_delegate(who.clone(), model::<T>(count), terms::<T>(count))?;
	let account = Pallet::<T>::account_of_delegate(id);
	let amount = T::Balances::minimum_balance().saturating_mul(100u32.into());
	T::Balances::mint_into(&account, amount)?;
	Ok((who, id))
}

/// A poll of a proposal that is as long as one may be.
fn poll<T: Config>() -> Result<PollIndex, BenchmarkError> {
	let origin = RawOrigin::Root;
	let submitter = <T as pallet_referenda::Config>::SubmitOrigin::try_successful_origin(
		&origin.clone().into(),
	)
	.map_err(|_| "nobody proposes")?;
	let proposer = <T as pallet_referenda::Config>::SubmitOrigin::ensure_origin(
		submitter.clone(),
		&origin.clone().into(),
	)
	.map_err(|_| "who proposes may not")?;
	fund::<T>(&proposer);
	let proposal = <T as pallet_referenda::Config>::Preimages::bound(T::BenchmarkHelper::call())?;
	let index = pallet_referenda::ReferendumCount::<T>::get();
	let moment = frame_support::traits::schedule::DispatchTime::After(0u32.into());
	pallet_referenda::Pallet::<T>::submit(submitter, Box::new(origin.into()), proposal, moment)?;
	Ok(index)
}

/// Ends a poll.
fn end<T: Config>(poll: PollIndex) {
	let who: T::AccountId = account("proposer", 0, 0);
	let deposit = Deposit { who, amount: Zero::zero() };
	let now = frame_system::Pallet::<T>::block_number();
	ReferendumInfoFor::<T>::insert(poll, ReferendumInfo::Approved(now, Some(deposit), None));
}

/// A delegate of all inputs that can be, and a poll of which another account took a snapshot.
fn snapshotted<T: Config>() -> Result<(DelegateId, PollIndex), BenchmarkError> {
	let (_, id) = delegate::<T>(T::MaxFeatures::get())?;
	let poll = poll::<T>()?;
	Pallet::<T>::do_snapshot_poll(funded::<T>("other"), id, poll)?;
	let next = frame_system::Pallet::<T>::block_number().saturating_add(2u32.into());
	frame_system::Pallet::<T>::set_block_number(next);
	Ok((id, poll))
}

/// What a model may move a parameter by.
fn binding<T: Config>(count: u32) -> BindingTermsOf<T> {
	BindingTerms {
		model: model::<T>(count),
		inputs: inputs::<T>(Feature::Reported { by: account("reporter", 0, 0), key: 1 }, count),
		motion: Motion::Steps(BoundedVec::truncate_from(vec![1, -1])),
		floor: 0,
		ceiling: u128::MAX,
		max_step: 1,
		period: 0u32.into(),
		validity: 1u32.into(),
		reward: T::Balances::minimum_balance(),
	}
}

/// A parameter that is bound, whose account can pay.
fn bound<T: Config>(count: u32) -> Result<KeyOf<T>, BenchmarkError> {
	let key = T::BenchmarkHelper::key();
	Pallet::<T>::do_report(funded::<T>("reporter"), None, 1, Some(7))?;
	Pallet::<T>::do_bind(key.clone(), binding::<T>(count))?;
	let account = Pallet::<T>::account_of_parameter(&key);
	let amount = T::Balances::minimum_balance().saturating_mul(100u32.into());
	T::Balances::mint_into(&account, amount)?;
	Ok(key)
}

/// A ballot for so many votes.
fn ballot<T: Config>(opener: &T::AccountId, max_votes: u32) -> BallotTermsOf<T> {
	fund::<T>(opener);
	let model = T::BenchmarkHelper::register(Interface {
		input: InputVisibility::Member { schema: SCHEMA, depth: 20 },
		weights: WeightsVisibility::Public,
		output: OutputKind::Threshold { score: tensor(1), tau: 1 },
	});
	BallotTerms {
		question: [1; 32],
		choices: T::MaxChoices::get(),
		model,
		issuer: T::BenchmarkHelper::post_root(SCHEMA, ROOT),
		schema: SCHEMA,
		root: ROOT,
		ends: 100u32.into(),
		max_votes,
		reward: T::Balances::minimum_balance(),
	}
}

/// A vote that was proven.
fn vote(number: u32) -> Membership {
	let mut nullifier = [0; 32];
	nullifier[..4].copy_from_slice(&number.to_le_bytes());
	let (topic, nullifier) = (Commitment([0; 32]), Commitment(nullifier));
	Membership { root: ROOT, topic, nullifier, choice: 1 }
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn register_delegate() -> Result<(), BenchmarkError> {
		prepare::<T>();
		let caller: T::AccountId = whitelisted_caller();
		fund::<T>(&caller);
		let count = T::MaxFeatures::get();
		let model = model::<T>(count);
		#[extrinsic_call]
		_(RawOrigin::Signed(caller), model, terms::<T>(count));
		assert!(Delegates::<T>::contains_key(0));
		Ok(())
	}

	#[benchmark]
	fn remove_delegate() -> Result<(), BenchmarkError> {
		prepare::<T>();
		let (who, id) = delegate::<T>(T::MaxFeatures::get())?;
		#[extrinsic_call]
		_(RawOrigin::Signed(who), id);
		assert!(!Delegates::<T>::contains_key(id));
		Ok(())
	}

	/// The first of a poll.
	#[benchmark]
	fn snapshot_poll(n: Linear<1, { T::MaxFeatures::get() }>) -> Result<(), BenchmarkError> {
		prepare::<T>();
		let (_, id) = delegate::<T>(n)?;
		let poll = poll::<T>()?;
		let caller: T::AccountId = whitelisted_caller();
		fund::<T>(&caller);
		#[extrinsic_call]
		_(RawOrigin::Signed(caller), id, poll);
		assert_eq!(Polls::<T>::get(poll).map(|known| known.delegates), Some(1));
		Ok(())
	}

	#[benchmark]
	fn cast_vote() -> Result<(), BenchmarkError> {
		prepare::<T>();
		let (id, poll) = snapshotted::<T>()?;
		let who = funded::<T>("keeper");
		let subject = Subject::Poll { delegate: id, poll };
		#[block]
		{
			let delegate = Delegates::<T>::get(id).ok_or("there is none")?;
			let snapshot = Snapshots::<T>::get(&subject).ok_or("there is none")?;
			let context = Pallet::<T>::vote_context(&delegate, &subject, snapshot.at, &who);
			assert_ne!(context.0, [0; 32]);
			Pallet::<T>::cast(who, (id, delegate), poll, snapshot, true)?;
		}
		assert!(Snapshots::<T>::get(&subject).is_some_and(|found| found.answered));
		Ok(())
	}

	/// The last of a delegate that is closed.
	#[benchmark]
	fn settle_poll() -> Result<(), BenchmarkError> {
		prepare::<T>();
		let (id, poll) = snapshotted::<T>()?;
		let registrant = Delegates::<T>::get(id).ok_or("there is none")?.registrant;
		Pallet::<T>::do_remove_delegate(registrant, id)?;
		end::<T>(poll);
		let caller: T::AccountId = whitelisted_caller();
		fund::<T>(&caller);
		#[extrinsic_call]
		_(RawOrigin::Signed(caller), id, poll);
		assert_eq!(Histories::<T>::iter().count(), 1);
		assert!(!Delegates::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn report() -> Result<(), BenchmarkError> {
		let caller: T::AccountId = whitelisted_caller();
		fund::<T>(&caller);
		#[extrinsic_call]
		_(RawOrigin::Signed(caller.clone()), Some(1), 2, Some(3));
		assert_eq!(Pallet::<T>::reported(caller, Some(1), 2), Some(3));
		Ok(())
	}

	#[benchmark]
	fn forget_history() -> Result<(), BenchmarkError> {
		prepare::<T>();
		let (id, poll) = snapshotted::<T>()?;
		end::<T>(poll);
		let who = funded::<T>("settler");
		Pallet::<T>::do_settle_poll(who.clone(), id, poll)?;
		let (proposer, history) = Histories::<T>::iter().next().ok_or("there is none")?;
		let later = history.last.saturating_add(T::HistoryAge::get()).saturating_add(1u32.into());
		frame_system::Pallet::<T>::set_block_number(later);
		#[extrinsic_call]
		_(RawOrigin::Signed(who), proposer.clone());
		assert!(!Histories::<T>::contains_key(proposer));
		Ok(())
	}

	#[benchmark]
	fn bind_parameter() -> Result<(), BenchmarkError> {
		prepare::<T>();
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| "nobody administrates")?;
		let key = T::BenchmarkHelper::key();
		let terms = binding::<T>(T::MaxFeatures::get());
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, key.clone(), terms);
		assert!(Bindings::<T>::contains_key(key));
		Ok(())
	}

	#[benchmark]
	fn release_parameter() -> Result<(), BenchmarkError> {
		prepare::<T>();
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| "nobody administrates")?;
		let key = bound::<T>(T::MaxFeatures::get())?;
		Pallet::<T>::do_snapshot_parameter(funded::<T>("other"), key.clone())?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, key.clone());
		assert!(!Bindings::<T>::contains_key(key));
		Ok(())
	}

	#[benchmark]
	fn snapshot_parameter(n: Linear<1, { T::MaxFeatures::get() }>) -> Result<(), BenchmarkError> {
		prepare::<T>();
		let key = bound::<T>(n)?;
		Pallet::<T>::do_snapshot_parameter(funded::<T>("other"), key.clone())?;
		let next = frame_system::Pallet::<T>::block_number().saturating_add(2u32.into());
		frame_system::Pallet::<T>::set_block_number(next);
		let caller: T::AccountId = whitelisted_caller();
		fund::<T>(&caller);
		#[extrinsic_call]
		_(RawOrigin::Signed(caller), key.clone());
		let found = Snapshots::<T>::get(Subject::Parameter(key));
		assert_eq!(found.map(|found| found.at), Some(next));
		Ok(())
	}

	#[benchmark]
	fn move_parameter() -> Result<(), BenchmarkError> {
		prepare::<T>();
		let key = bound::<T>(T::MaxFeatures::get())?;
		Pallet::<T>::do_snapshot_parameter(funded::<T>("other"), key.clone())?;
		let who = funded::<T>("keeper");
		#[block]
		{
			let binding = Bindings::<T>::get(&key).ok_or("there is none")?;
			let subject = Subject::Parameter(key.clone());
			let snapshot = Snapshots::<T>::get(subject).ok_or("there is none")?;
			let context = Pallet::<T>::move_context(&binding, &key, snapshot.at, &who);
			assert_ne!(context.0, [0; 32]);
			let current = T::Parameters::get(&key);
			let asked = current.saturating_add(1);
			Pallet::<T>::set(who, key.clone(), binding, snapshot, current, asked)?;
		}
		assert!(!Snapshots::<T>::contains_key(Subject::Parameter(key)));
		Ok(())
	}

	#[benchmark]
	fn forget_snapshot() -> Result<(), BenchmarkError> {
		prepare::<T>();
		let key = bound::<T>(T::MaxFeatures::get())?;
		Pallet::<T>::do_snapshot_parameter(funded::<T>("other"), key.clone())?;
		let validity = Bindings::<T>::get(&key).ok_or("there is none")?.terms.validity;
		let now = frame_system::Pallet::<T>::block_number();
		frame_system::Pallet::<T>::set_block_number(now + validity + 1u32.into());
		let caller: T::AccountId = whitelisted_caller();
		#[extrinsic_call]
		_(RawOrigin::Signed(caller), key.clone());
		assert!(!Snapshots::<T>::contains_key(Subject::Parameter(key)));
		Ok(())
	}

	#[benchmark]
	fn open_ballot() -> Result<(), BenchmarkError> {
		prepare::<T>();
		let caller: T::AccountId = whitelisted_caller();
		let terms = ballot::<T>(&caller, 100);
		#[extrinsic_call]
		_(RawOrigin::Signed(caller), terms);
		assert!(Ballots::<T>::contains_key(0));
		Ok(())
	}

	#[benchmark]
	fn cast_ballot() -> Result<(), BenchmarkError> {
		prepare::<T>();
		let opener = funded::<T>("opener");
		let terms = ballot::<T>(&opener, 100);
		Pallet::<T>::do_open_ballot(opener, terms)?;
		let who = funded::<T>("keeper");
		#[block]
		{
			let contexts = Pallet::<T>::context_of_ballot(0, &who).ok_or("there is none")?;
			assert_ne!(contexts.0 .0, contexts.1 .0);
			let ballot = Ballots::<T>::get(0).ok_or("there is none")?;
			Pallet::<T>::count_vote(who, 0, ballot, vote(1))?;
		}
		assert_eq!(Ballots::<T>::get(0).map(|ballot| ballot.nullifiers), Some(1));
		Ok(())
	}

	#[benchmark]
	fn close_ballot(n: Linear<1, 100>) -> Result<(), BenchmarkError> {
		prepare::<T>();
		let opener = funded::<T>("opener");
		let terms = ballot::<T>(&opener, n);
		Pallet::<T>::do_open_ballot(opener, terms)?;
		let who = funded::<T>("keeper");
		for number in 0..n {
			let ballot = Ballots::<T>::get(0).ok_or("there is none")?;
			Pallet::<T>::count_vote(who.clone(), 0, ballot, vote(number))?;
		}
		frame_system::Pallet::<T>::set_block_number(101u32.into());
		#[extrinsic_call]
		_(RawOrigin::Signed(who), 0, n);
		assert!(!Ballots::<T>::contains_key(0));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ext(), crate::mock::Test);
}
