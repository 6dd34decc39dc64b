//! An origin for those who have a reputation.

use crate::{pallet::*, AreaId};
use core::marker::PhantomData;
use frame_support::traits::{EnsureOrigin, Get, OriginTrait};

/// Signed by an account whose score in `Area` is at least `Min`; gives the account.
///
/// The score is read when the origin is checked, at the cost that [`Reputation::weight`] says: a
/// call that is guarded by it has that in its weight, or is measured with it.
///
/// [`Reputation::weight`]: crate::Reputation::weight
pub struct EnsureReputation<T, Area, Min>(PhantomData<(T, Area, Min)>);

impl<T: Config, Area: Get<AreaId>, Min: Get<u32>> EnsureOrigin<T::RuntimeOrigin>
	for EnsureReputation<T, Area, Min>
{
	type Success = T::AccountId;

	fn try_origin(origin: T::RuntimeOrigin) -> Result<T::AccountId, T::RuntimeOrigin> {
		match origin.as_signer().cloned() {
			Some(who) if Pallet::<T>::score_of(&who, Area::get()) >= Min::get() => Ok(who),
			_ => Err(origin),
		}
	}

	/// Makes an account that has the score, in as large an area as can be.
	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<T::RuntimeOrigin, ()> {
		let who: T::AccountId = frame_benchmarking::account("reputable", 0, 0);
		crate::benchmarking::earn::<T>(&who, Area::get(), Min::get()).map_err(|_| ())?;
		Ok(frame_system::RawOrigin::Signed(who).into())
	}
}
