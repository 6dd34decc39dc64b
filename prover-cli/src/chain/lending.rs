//! `pallet-lending`: loans that a reputation opens.

use super::{
	address,
	calls::{multi_address, Call},
	reputation::AreaId,
	AccountId, BlockNumber, Chain, ChainError, Included, State,
};
use codec::{Compact, Decode};
use subxt_signer::sr25519::Keypair;

/// The pallet's name in the runtime.
const PALLET: &str = "Lending";

/// The area of reputation in which the runtime looks at who borrows.
pub const CREDIT: AreaId = 3;

/// What an account borrowed and has not repaid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct Line {
	/// What it had to repay in all.
	pub total: u128,
	/// What of that it still owes.
	pub owed: u128,
	/// The last block in which it may be repaid in time.
	pub due: BlockNumber,
	/// Whether somebody has marked it as not repaid in time.
	pub defaulted: bool,
}

/// That an account borrowed: the event, in the order of its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct Borrowed {
	/// Who.
	pub account: AccountId,
	/// What it has got.
	pub amount: u128,
	/// What it owes for that.
	pub owed: u128,
	/// The last block in which it may repay in time.
	pub due: BlockNumber,
}

/// That an account repaid: the event, in the order of its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct Repaid {
	/// Who.
	pub account: AccountId,
	/// How much.
	pub amount: u128,
	/// What it still owes.
	pub left: u128,
}

/// From what is lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct Pot {
	/// Its account.
	pub account: AccountId,
	/// What it can give.
	pub lendable: u128,
}

/// On what terms is lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoanTerms {
	/// The most that an account borrows.
	pub most: u128,
	/// What is repaid on top, in parts per million of the amount.
	pub fee: u32,
	/// For how many blocks is lent.
	pub term: BlockNumber,
}

/// What the chain would say.
fn refused(name: &str) -> ChainError {
	ChainError::Needless(format!("{PALLET}::{name}"))
}

/// A transaction, and what one of its events says.
fn reported<T: Decode>(included: Included, event: &str) -> Result<(Included, T), ChainError> {
	let found = included.event(event);
	let found = found.ok_or_else(|| ChainError::Runtime(format!("it reports no {event}")))?;
	Ok((included, found))
}

/// Checks that an amount is one.
fn ensure_some(amount: u128) -> Result<(), ChainError> {
	match amount {
		0 => Err(refused("AmountZero")),
		_ => Ok(()),
	}
}

impl State {
	/// What an account has borrowed and not repaid.
	pub async fn line(&self, account: AccountId) -> Result<Option<Line>, ChainError> {
		self.view_of(PALLET, "line", account).await
	}

	/// The same, where there is something.
	///
	/// # Errors
	/// [`ChainError::Needless`] if there is not.
	pub async fn known_line(&self, account: AccountId) -> Result<Line, ChainError> {
		self.line(account).await?.ok_or_else(|| refused("LineNotFound"))
	}

	/// The pot.
	pub async fn pot(&self) -> Result<Pot, ChainError> {
		self.view_of(PALLET, "pot", ()).await
	}

	/// What all accounts owe.
	pub async fn outstanding(&self) -> Result<u128, ChainError> {
		self.view_of(PALLET, "outstanding", ()).await
	}

	/// On what terms is lent, as they were when the connection was made.
	pub fn loan_terms(&self) -> Result<LoanTerms, ChainError> {
		Ok(LoanTerms {
			most: self.constant(PALLET, "MaxLine")?,
			fee: self.constant(PALLET, "Fee")?,
			term: self.constant(PALLET, "Term")?,
		})
	}

	/// Checks all that decides whether an account may borrow.
	///
	/// # Errors
	/// [`ChainError::NotReputable`] if its score is too low; [`ChainError::Needless`] with what the chain
	/// would say.
	pub async fn ensure_lendable(
		&self,
		account: AccountId,
		amount: u128,
	) -> Result<(), ChainError> {
		if !self.view_of::<bool>(PALLET, "may_borrow", account).await? {
			let (area, score) = (CREDIT, self.score(account, CREDIT).await?);
			return Err(ChainError::NotReputable { account: address(&account), area, score });
		}
		match self.line(account).await? {
			Some(line) if line.defaulted => return Err(refused("Defaulted")),
			Some(_) => return Err(refused("LineOpen")),
			None => {},
		}
		ensure_some(amount)?;
		if amount > self.loan_terms()?.most {
			return Err(refused("AboveMaxLine"));
		}
		self.ensure_in_pot(amount).await
	}

	/// Checks that the pot can give so much.
	///
	/// # Errors
	/// [`ChainError::Needless`] with what the chain would say.
	pub async fn ensure_in_pot(&self, amount: u128) -> Result<(), ChainError> {
		ensure_some(amount)?;
		match amount > self.pot().await?.lendable {
			true => Err(refused("PotTooSmall")),
			false => Ok(()),
		}
	}

	/// Checks that an account's line can be marked as not repaid in time.
	///
	/// # Errors
	/// [`ChainError::Needless`] with what the chain would say.
	pub async fn ensure_overdue(&self, account: AccountId) -> Result<Line, ChainError> {
		let line = self.known_line(account).await?;
		// The next block may be the first after the last.
		if self.height() < line.due {
			return Err(refused("NotOverdue"));
		}
		match line.defaulted {
			true => Err(refused("AlreadyMarked")),
			false => Ok(line),
		}
	}
}

impl Chain {
	/// Gives to the pot.
	pub async fn fund_pot(&self, signer: &Keypair, amount: u128) -> Result<Included, ChainError> {
		ensure_some(amount)?;
		self.send_to(PALLET, signer, Call::new("fund", Compact(amount))).await
	}

	/// Takes from the pot, as the chain's sudo key.
	pub async fn withdraw_from_pot(
		&self,
		sudo: &Keypair,
		to: AccountId,
		amount: u128,
	) -> Result<Included, ChainError> {
		let call = Call::new("withdraw", (multi_address(to), Compact(amount)));
		self.as_root(PALLET, sudo, &call).await
	}

	/// Borrows from the pot.
	pub async fn borrow(
		&self,
		signer: &Keypair,
		amount: u128,
	) -> Result<(Included, Borrowed), ChainError> {
		let included = self.send_to(PALLET, signer, Call::new("borrow", Compact(amount))).await?;
		reported(included, "Lending.Borrowed")
	}

	/// Repays what one has borrowed, or a part of it.
	pub async fn repay(
		&self,
		signer: &Keypair,
		amount: u128,
	) -> Result<(Included, Repaid), ChainError> {
		ensure_some(amount)?;
		let included = self.send_to(PALLET, signer, Call::new("repay", Compact(amount))).await?;
		reported(included, "Lending.Repaid")
	}

	/// Marks that an account has not repaid in time.
	pub async fn mark_default(
		&self,
		signer: &Keypair,
		account: AccountId,
	) -> Result<Included, ChainError> {
		self.send_to(PALLET, signer, Call::new("mark_default", multi_address(account))).await
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;

	#[test]
	fn a_line_comes_without_its_deposit() {
		let line = Line { total: 7, owed: 5, due: 9, defaulted: true };
		let bytes = (7u128, 5u128, 9u32, true, ()).encode();
		assert_eq!(Line::decode(&mut bytes.as_slice()), Ok(line));
	}

	#[test]
	fn the_pot_is_an_account_and_what_it_can_give() {
		let bytes = ([1u8; 32], 8u128).encode();
		let pot = Pot { account: [1; 32], lendable: 8 };
		assert_eq!(Pot::decode(&mut bytes.as_slice()), Ok(pot));
	}
}
