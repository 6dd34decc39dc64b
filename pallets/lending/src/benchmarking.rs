//! Benchmarks. What `BorrowOrigin` reads is part of `borrow`.

use super::*;
use frame_benchmarking::v2::*;
use frame_support::traits::{
	fungible::{Inspect, Mutate},
	Consideration, EnsureOrigin, Get,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::traits::{One, Saturating, StaticLookup, Zero};

/// An amount that any account and any fee can do with.
fn amount<T: Config>() -> BalanceOf<T> {
	T::MaxLine::get().min(T::Currency::minimum_balance().saturating_mul(10u32.into()))
}

/// Gives an account what it takes to put down a deposit and to repay.
fn fund<T: Config>(account: &T::AccountId) -> Result<(), BenchmarkError> {
	T::Consideration::ensure_successful(account, Pallet::<T>::line_footprint());
	let plenty = amount::<T>().saturating_mul(4u32.into());
	let plenty = plenty.saturating_add(T::Currency::minimum_balance());
	T::Currency::mint_into(account, plenty)?;
	Ok(())
}

/// Lets an account, with enough to repay, have borrowed from a pot, which exists.
fn borrowed<T: Config>(account: &T::AccountId) -> Result<(), BenchmarkError> {
	fund::<T>(&Pallet::<T>::pot_account())?;
	fund::<T>(account)?;
	Pallet::<T>::do_borrow(account.clone(), amount::<T>())?;
	Ok(())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn fund() -> Result<(), BenchmarkError> {
		let who: T::AccountId = whitelisted_caller();
		super::fund::<T>(&who)?;
		// The first: it makes the pot's account.
		let before = T::Currency::balance(&Pallet::<T>::pot_account());
		let amount = T::Currency::minimum_balance();
		#[extrinsic_call]
		_(RawOrigin::Signed(who), amount);
		let after = T::Currency::balance(&Pallet::<T>::pot_account());
		assert_eq!(after, before.saturating_add(amount));
		Ok(())
	}

	#[benchmark]
	fn withdraw() -> Result<(), BenchmarkError> {
		let to: T::AccountId = account("to", 0, 0);
		super::fund::<T>(&Pallet::<T>::pot_account())?;
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| "nobody administrates")?;
		// To an account that is new.
		let amount = T::Currency::minimum_balance();
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, T::Lookup::unlookup(to.clone()), amount);
		assert_eq!(T::Currency::balance(&to), amount);
		Ok(())
	}

	#[benchmark]
	fn borrow() -> Result<(), BenchmarkError> {
		let origin = T::BorrowOrigin::try_successful_origin().map_err(|_| "nobody may borrow")?;
		let who =
			T::BorrowOrigin::ensure_origin(origin.clone()).map_err(|_| "nobody may borrow")?;
		super::fund::<T>(&who)?;
		super::fund::<T>(&Pallet::<T>::pot_account())?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, amount::<T>());
		assert!(Lines::<T>::contains_key(who));
		Ok(())
	}

	#[benchmark]
	fn repay() -> Result<(), BenchmarkError> {
		let who: T::AccountId = whitelisted_caller();
		borrowed::<T>(&who)?;
		// All of it: the deposit is returned.
		let owed = Outstanding::<T>::get();
		#[extrinsic_call]
		_(RawOrigin::Signed(who), owed);
		assert!(Outstanding::<T>::get().is_zero());
		Ok(())
	}

	#[benchmark]
	fn mark_default() -> Result<(), BenchmarkError> {
		let who: T::AccountId = whitelisted_caller();
		let account: T::AccountId = account("account", 0, 0);
		borrowed::<T>(&account)?;
		let now = frame_system::Pallet::<T>::block_number();
		let late: BlockNumberFor<T> = now.saturating_add(T::Term::get()).saturating_add(One::one());
		frame_system::Pallet::<T>::set_block_number(late);
		#[extrinsic_call]
		_(RawOrigin::Signed(who), T::Lookup::unlookup(account.clone()));
		assert!(Lines::<T>::get(account).is_some_and(|line| line.defaulted));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ext(), crate::mock::Test);
}
