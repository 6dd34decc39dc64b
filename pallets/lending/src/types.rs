//! What is stored.

use codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// What an account borrowed and has not repaid.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Line<Balance, BlockNumber, Ticket> {
	/// What it had to repay in all: the amount and the fee.
	pub total: Balance,
	/// What of that it still owes; never 0.
	pub owed: Balance,
	/// The last block in which it may be repaid in time.
	pub due: BlockNumber,
	/// Whether somebody has marked it as not repaid in time.
	pub defaulted: bool,
	/// The account's deposit.
	pub ticket: Ticket,
}

impl<Balance, BlockNumber, Ticket> Line<Balance, BlockNumber, Ticket> {
	/// The same without its deposit.
	pub(crate) fn without_ticket(self) -> Line<Balance, BlockNumber, ()> {
		let Self { total, owed, due, defaulted, ticket: _ } = self;
		Line { total, owed, due, defaulted, ticket: () }
	}
}
