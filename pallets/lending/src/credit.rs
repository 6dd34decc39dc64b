//! What the calls do.

use crate::{pallet::*, Line};
use frame_support::{
	dispatch::DispatchResult,
	ensure,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{Fortitude::Polite, Preservation::Preserve},
		Consideration, Footprint, Get,
	},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{
	traits::{AccountIdConversion, CheckedAdd, Saturating, Zero},
	ArithmeticError,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_fund(who: T::AccountId, amount: BalanceOf<T>) -> DispatchResult {
		ensure!(!amount.is_zero(), Error::<T>::AmountZero);
		T::Currency::transfer(&who, &Self::pot_account(), amount, Preserve)?;
		Self::deposit_event(Event::Funded { who, amount });
		Ok(())
	}

	pub(crate) fn do_withdraw(to: T::AccountId, amount: BalanceOf<T>) -> DispatchResult {
		ensure!(!amount.is_zero(), Error::<T>::AmountZero);
		ensure!(amount <= Self::lendable(), Error::<T>::PotTooSmall);
		T::Currency::transfer(&Self::pot_account(), &to, amount, Preserve)?;
		Self::deposit_event(Event::Withdrawn { to, amount });
		Ok(())
	}

	pub(crate) fn do_borrow(who: T::AccountId, amount: BalanceOf<T>) -> DispatchResult {
		if let Some(line) = Lines::<T>::get(&who) {
			return Err(match line.defaulted {
				true => Error::<T>::Defaulted,
				false => Error::<T>::LineOpen,
			}
			.into());
		}
		ensure!(!amount.is_zero(), Error::<T>::AmountZero);
		ensure!(amount <= T::MaxLine::get(), Error::<T>::AboveMaxLine);
		ensure!(amount <= Self::lendable(), Error::<T>::PotTooSmall);
		let fee = T::Fee::get().mul_ceil(amount);
		let owed = amount.checked_add(&fee).ok_or(ArithmeticError::Overflow)?;
		let outstanding = Outstanding::<T>::get();
		let outstanding = outstanding.checked_add(&owed).ok_or(ArithmeticError::Overflow)?;
		let ticket = T::Consideration::new(&who, Self::line_footprint())?;
		T::Currency::transfer(&Self::pot_account(), &who, amount, Preserve)?;
		let now = frame_system::Pallet::<T>::block_number();
		let due = now.saturating_add(T::Term::get());
		Lines::<T>::insert(&who, Line { total: owed, owed, due, defaulted: false, ticket });
		Outstanding::<T>::put(outstanding);
		Self::deposit_event(Event::Borrowed { who, amount, owed, due });
		Ok(())
	}

	pub(crate) fn do_repay(who: T::AccountId, amount: BalanceOf<T>) -> DispatchResult {
		let mut line = Lines::<T>::get(&who).ok_or(Error::<T>::LineNotFound)?;
		ensure!(!amount.is_zero(), Error::<T>::AmountZero);
		let amount = amount.min(line.owed);
		T::Currency::transfer(&who, &Self::pot_account(), amount, Preserve)?;
		let left = line.owed.saturating_sub(amount);
		if left.is_zero() {
			line.ticket.drop(&who)?;
			Lines::<T>::remove(&who);
		} else {
			line.owed = left;
			Lines::<T>::insert(&who, line);
		}
		Outstanding::<T>::mutate(|all| *all = all.saturating_sub(amount));
		Self::deposit_event(Event::Repaid { who, amount, left });
		Ok(())
	}

	pub(crate) fn do_mark_default(account: T::AccountId) -> DispatchResult {
		let mut line = Lines::<T>::get(&account).ok_or(Error::<T>::LineNotFound)?;
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(now > line.due, Error::<T>::NotOverdue);
		ensure!(!line.defaulted, Error::<T>::AlreadyMarked);
		line.defaulted = true;
		let owed = line.owed;
		Lines::<T>::insert(&account, line);
		Self::deposit_event(Event::MarkedDefault { account, owed });
		Ok(())
	}

	/// The account of which nobody has the key.
	pub(crate) fn pot_account() -> T::AccountId {
		T::PotId::get().into_account_truncating()
	}

	/// What the pot can give away; it keeps the existential deposit, so that any amount can be repaid.
	pub(crate) fn lendable() -> BalanceOf<T> {
		T::Currency::reducible_balance(&Self::pot_account(), Preserve, Polite)
	}

	/// An account's line.
	pub(crate) fn line_of(
		account: &T::AccountId,
	) -> Option<Line<BalanceOf<T>, BlockNumberFor<T>, ()>> {
		Lines::<T>::get(account).map(Line::without_ticket)
	}

	/// What a line takes, at most.
	pub(crate) fn line_footprint() -> Footprint {
		Footprint::from_mel::<(T::AccountId, LineOf<T>)>()
	}
}
