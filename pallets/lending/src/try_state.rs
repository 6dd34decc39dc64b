//! What is true of the storage between any two calls.

use crate::{pallet::*, Lines, Outstanding};
use frame_support::ensure;
use sp_runtime::{
	traits::{CheckedAdd, Zero},
	TryRuntimeError,
};

impl<T: Config> Pallet<T> {
	/// Checks that each line owes something and no more than it had to repay, that no line was marked
	/// before it was overdue, and that the sum of what is owed is known.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let now = frame_system::Pallet::<T>::block_number();
		let mut sum = BalanceOf::<T>::zero();
		for (_, line) in Lines::<T>::iter() {
			ensure!(!line.owed.is_zero(), "a line is open for nothing");
			ensure!(line.owed <= line.total, "more is owed than had to be repaid");
			ensure!(!line.defaulted || line.due < now, "a line was marked before it was overdue");
			sum = sum.checked_add(&line.owed).ok_or("more is owed than can be")?;
		}
		ensure!(sum == Outstanding::<T>::get(), "what is outstanding is not what the lines owe");
		Ok(())
	}
}
