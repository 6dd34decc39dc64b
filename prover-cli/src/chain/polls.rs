//! `pallet-referenda` and `pallet-conviction-voting`: polls, and who follows whom in them.

use super::{
	calls::{multi_address, Call},
	runtime, AccountId, BlockNumber, Chain, ChainError, Included, State,
};
use codec::{Compact, Decode, Encode};
use subxt::{
	dynamic::Value,
	ext::{scale_encode::EncodeAsType, scale_value},
};
use subxt_signer::sr25519::Keypair;

/// The pallets' names in the runtime.
const REFERENDA: &str = "Referenda";
const VOTING: &str = "ConvictionVoting";

/// The number of a poll.
pub type PollIndex = u32;

/// The only track: of proposals that are carried out as root.
const ROOT: u16 = 0;

/// What somebody put down for a poll.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Deposit {
	/// Who.
	pub who: AccountId,
	/// How much.
	pub amount: u128,
}

/// How far a poll is decided.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Deciding {
	/// When deciding began.
	pub since: BlockNumber,
	/// When the poll is approved if it stays as it is.
	pub confirming: Option<BlockNumber>,
}

/// The votes on a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct Tally {
	/// With conviction.
	pub ayes: u128,
	/// With conviction.
	pub nays: u128,
	/// The tokens behind the ayes.
	pub support: u128,
}

/// A call, by itself or by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Proposal {
	/// Its hash.
	#[codec(index = 0)]
	Legacy([u8; 32]),
	/// Itself, of at most 128 bytes.
	#[codec(index = 1)]
	Inline(Vec<u8>),
	/// Its hash and its length: the call itself is noted elsewhere.
	#[codec(index = 2)]
	Lookup([u8; 32], u32),
}

/// On whose behalf a proposal is carried out: `OriginCaller`, of which only root has a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
enum Origin {
	#[codec(index = 0)]
	System(RawOrigin),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
enum RawOrigin {
	#[codec(index = 0)]
	Root,
}

/// When an approved proposal is carried out, but for the track's least time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
enum Enactment {
	#[codec(index = 0)]
	At(BlockNumber),
	#[codec(index = 1)]
	After(BlockNumber),
}

/// A poll that can be voted on.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Ongoing {
	/// Its track.
	pub track: u16,
	origin: Origin,
	/// What it proposes.
	pub proposal: Proposal,
	enactment: Enactment,
	/// When it was submitted.
	pub submitted: BlockNumber,
	/// The proposer's deposit.
	pub submission_deposit: Deposit,
	/// Without it there is no decision.
	pub decision_deposit: Option<Deposit>,
	/// How far it is decided.
	pub deciding: Option<Deciding>,
	/// The votes.
	pub tally: Tally,
	/// Whether it waits for others of its track.
	pub in_queue: bool,
	alarm: Option<(BlockNumber, (BlockNumber, u32))>,
}

/// How a poll ended: when, and which deposits are still there, the proposer's and the decision's.
pub type Ended = (BlockNumber, Option<Deposit>, Option<Deposit>);

/// A poll.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub enum Poll {
	/// It can be voted on.
	#[codec(index = 0)]
	Ongoing(Box<Ongoing>),
	/// The proposal is carried out.
	#[codec(index = 1)]
	Approved(Ended),
	/// It is not.
	#[codec(index = 2)]
	Rejected(Ended),
	/// The administrators took it back.
	#[codec(index = 3)]
	Cancelled(Ended),
	/// Nobody put down the decision's deposit in time.
	#[codec(index = 4)]
	TimedOut(Ended),
	/// The administrators took it back, and the deposits.
	#[codec(index = 5)]
	Killed(BlockNumber),
}

/// An account's vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub enum Vote {
	/// One way: the highest bit says which, the others the conviction.
	#[codec(index = 0)]
	Standard(u8, u128),
	/// Ayes and nays.
	#[codec(index = 1)]
	Split(u128, u128),
	/// Ayes, nays and abstentions.
	#[codec(index = 2)]
	SplitAbstain(u128, u128, u128),
}

impl Vote {
	/// Whether it is an aye; `None` if it is not one way.
	pub fn aye(&self) -> Option<bool> {
		match self {
			Self::Standard(vote, _) => Some(vote & 0x80 != 0),
			_ => None,
		}
	}
}

/// What others delegated to an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Decode)]
pub struct Delegations {
	/// With conviction.
	pub votes: u128,
	/// The tokens.
	pub capital: u128,
}

/// What remains locked of votes and delegations of before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Decode)]
pub struct Prior {
	/// Up to when.
	pub until: BlockNumber,
	/// How much.
	pub amount: u128,
}

/// What an account does with its votes.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub enum Voting {
	/// It votes itself.
	#[codec(index = 0)]
	Casting {
		/// On which polls, and how.
		votes: Vec<(PollIndex, Vote)>,
		/// For whom else.
		delegations: Delegations,
		/// What is locked.
		prior: Prior,
	},
	/// It follows another.
	#[codec(index = 1)]
	Delegating {
		/// With how much.
		balance: u128,
		/// Whom.
		target: AccountId,
		/// With what conviction, 0 to 6.
		conviction: u8,
		/// What others delegated to it, which carries nothing meanwhile.
		delegations: Delegations,
		/// What is locked.
		prior: Prior,
	},
}

impl Voting {
	/// What others delegated to the account, if it votes itself.
	pub fn carried(&self) -> Delegations {
		match self {
			Self::Casting { delegations, .. } => *delegations,
			Self::Delegating { .. } => Delegations::default(),
		}
	}

	/// The account's own vote on a poll.
	pub fn on(&self, poll: PollIndex) -> Option<Vote> {
		match self {
			Self::Casting { votes, .. } => {
				votes.iter().find(|(index, _)| *index == poll).map(|(_, vote)| *vote)
			},
			Self::Delegating { .. } => None,
		}
	}

	/// What remains locked of before.
	pub fn prior(&self) -> Prior {
		match self {
			Self::Casting { prior, .. } | Self::Delegating { prior, .. } => *prior,
		}
	}
}

/// `AccountInfo`, as far as the free balance.
#[derive(Decode)]
struct Account {
	_nonce: u32,
	_references: [u32; 3],
	free: u128,
}

/// The name of a call of a pallet, and what it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
	/// Such as `Lending.withdraw`.
	pub name: String,
	/// How much it withdraws, and for whom, where that is what it does.
	pub withdraws: Option<(u128, AccountId)>,
}

impl State {
	/// A poll.
	pub async fn poll(&self, poll: PollIndex) -> Result<Option<Poll>, ChainError> {
		self.entry(REFERENDA, "ReferendumInfoFor", vec![Value::u128(poll.into())]).await
	}

	/// What an account does with its votes.
	pub async fn voting(&self, account: AccountId) -> Result<Voting, ChainError> {
		let keys = vec![Value::from_bytes(account), Value::u128(ROOT.into())];
		let found = self.entry(VOTING, "VotingFor", keys).await?;
		Ok(found.unwrap_or(Voting::Casting {
			votes: Vec::new(),
			delegations: Delegations::default(),
			prior: Prior::default(),
		}))
	}

	/// What an account has that is not held as a deposit.
	pub async fn free_balance(&self, account: AccountId) -> Result<u128, ChainError> {
		let keys = vec![Value::from_bytes(account)];
		let found: Option<Account> = self.entry("System", "Account", keys).await?;
		Ok(found.map_or(0, |account| account.free))
	}

	/// What a proposer puts down.
	pub fn submission_deposit(&self) -> Result<u128, ChainError> {
		self.constant(REFERENDA, "SubmissionDeposit")
	}

	/// What a proposal does, where it is there to be read.
	pub fn proposed(&self, proposal: &Proposal) -> Option<Proposed> {
		let Proposal::Inline(call) = proposal else { return None };
		let (&[pallet, index], arguments) = call.split_first_chunk()?;
		let pallet = self.at().metadata_ref().pallet_by_call_index(pallet)?;
		let name = &pallet.call_variant_by_index(index)?.name;
		let name = format!("{}.{name}", pallet.name());
		let withdraws = match name.as_str() {
			"Lending.withdraw" => <((u8, AccountId), Compact<u128>)>::decode(&mut &*arguments)
				.ok()
				.filter(|((kind, _), _)| *kind == 0)
				.map(|((_, to), Compact(amount))| (amount, to)),
			_ => None,
		};
		Some(Proposed { name, withdraws })
	}

	/// A map's value as it is stored.
	async fn entry<T: Decode>(
		&self,
		pallet: &str,
		name: &str,
		keys: Vec<Value>,
	) -> Result<Option<T>, ChainError> {
		let found = self.at().storage().try_fetch((pallet, name), keys).await.map_err(runtime)?;
		let decoded = found.map(|value| T::decode(&mut value.bytes()));
		decoded.transpose().map_err(|error| runtime(format!("{pallet}.{name}: {error}")))
	}

	/// Root, as the chain writes an origin.
	///
	/// # Errors
	/// [`ChainError::Runtime`] if it has no such origin, or writes it otherwise than polls are read.
	fn root(&self) -> Result<Vec<u8>, ChainError> {
		let missing = || runtime("it has no call Referenda.submit");
		let metadata = self.at().metadata_ref();
		let pallet = metadata.pallet_by_name(REFERENDA).ok_or_else(missing)?;
		let submit = pallet.call_variant_by_name("submit").ok_or_else(missing)?;
		let origin = submit.fields.first().ok_or_else(missing)?.ty.id;
		let root = Value::unnamed_variant("Root", []);
		let value: scale_value::Value<()> = Value::unnamed_variant("system", [root]);
		let bytes = value.encode_as_type(origin, metadata.types()).map_err(runtime)?;
		match bytes == Origin::System(RawOrigin::Root).encode() {
			true => Ok(bytes),
			false => Err(runtime("it numbers its origins in another way")),
		}
	}
}

impl Included {
	/// The poll that was proposed.
	///
	/// # Errors
	/// [`ChainError::Runtime`] if there is none.
	pub fn proposed_poll(&self) -> Result<PollIndex, ChainError> {
		self.event("Referenda.Submitted").ok_or_else(|| runtime("it reported no poll"))
	}

	/// What was put down for a poll's decision.
	///
	/// # Errors
	/// [`ChainError::Runtime`] if there is nothing.
	pub fn decision_deposit(&self) -> Result<u128, ChainError> {
		let placed: Option<(PollIndex, AccountId, u128)> =
			self.event("Referenda.DecisionDepositPlaced");
		placed.map(|(_, _, amount)| amount).ok_or_else(|| runtime("it reported no deposit"))
	}
}

impl Chain {
	/// Proposes to withdraw from the pot of loans.
	pub async fn propose_withdrawal(
		&self,
		signer: &Keypair,
		to: AccountId,
		amount: u128,
	) -> Result<Included, ChainError> {
		let state = self.state().await?;
		let arguments = (multi_address(to), Compact(amount)).encode();
		// 52 bytes at most, so the proposal holds it itself and nothing has to be noted elsewhere.
		let call = state.call_data("Lending", "withdraw", &arguments)?;
		let mut arguments = state.root()?;
		(Proposal::Inline(call), Enactment::After(0)).encode_to(&mut arguments);
		self.send_to(REFERENDA, signer, Call { name: "submit", arguments }).await
	}

	/// Puts down what a poll needs to be decided.
	pub async fn place_deposit(
		&self,
		signer: &Keypair,
		poll: PollIndex,
	) -> Result<Included, ChainError> {
		self.send_to(REFERENDA, signer, Call::new("place_decision_deposit", poll)).await
	}

	/// Delegates votes to an account.
	pub async fn follow(
		&self,
		signer: &Keypair,
		target: AccountId,
		conviction: u8,
		amount: u128,
	) -> Result<Included, ChainError> {
		let arguments = (ROOT, multi_address(target), conviction, amount);
		self.send_to(VOTING, signer, Call::new("delegate", arguments)).await
	}

	/// Takes a delegation back, and frees what nothing locks any more.
	pub async fn unfollow(&self, signer: &Keypair) -> Result<Included, ChainError> {
		let state = self.state().await?;
		let unlock = (ROOT, multi_address(signer.public_key().0)).encode();
		let calls = [
			state.call_data(VOTING, "undelegate", &ROOT.encode())?,
			state.call_data(VOTING, "unlock", &unlock)?,
		];
		// A list of calls, which are written one after the other.
		let mut arguments = Compact(calls.len() as u32).encode();
		arguments.extend(calls.concat());
		self.send_to("Utility", signer, Call { name: "batch_all", arguments }).await
	}

	/// Frees what votes and delegations of before do not lock any more.
	pub async fn unlock(&self, signer: &Keypair) -> Result<Included, ChainError> {
		let arguments = (ROOT, multi_address(signer.public_key().0));
		self.send_to(VOTING, signer, Call::new("unlock", arguments)).await
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_poll_is_read_as_the_chain_writes_it() {
		let who = [7u8; 32];
		let mut bytes = vec![0u8];
		// Track, root's origin, an inline proposal, after 0 blocks.
		bytes.extend([0, 0, 0, 0, 1, 2 << 2, 55, 1, 1, 0, 0, 0, 0]);
		bytes.extend(9u32.to_le_bytes());
		bytes.extend((who, 5u128).encode());
		bytes.extend(Some((who, 6u128)).encode());
		bytes.extend(Some((12u32, Some(30u32))).encode());
		bytes.extend((1u128, 2u128, 3u128).encode());
		bytes.push(0);
		bytes.extend(Some((40u32, (40u32, 1u32))).encode());
		let input = &mut bytes.as_slice();
		let Poll::Ongoing(poll) = Poll::decode(input).unwrap() else { panic!("it is ongoing") };
		assert!(input.is_empty());
		assert_eq!(poll.proposal, Proposal::Inline(vec![55, 1]));
		assert_eq!((poll.submitted, poll.submission_deposit.amount), (9, 5));
		assert_eq!(poll.deciding, Some(Deciding { since: 12, confirming: Some(30) }));
		assert_eq!(poll.tally, Tally { ayes: 1, nays: 2, support: 3 });
		let ended = (3u8, 77u32, Some((who, 5u128)), None::<(AccountId, u128)>).encode();
		let expected = Poll::Cancelled((77, Some(Deposit { who, amount: 5 }), None));
		assert_eq!(Poll::decode(&mut ended.as_slice()), Ok(expected));
		assert_eq!(Poll::decode(&mut &[5u8, 77, 0, 0, 0][..]), Ok(Poll::Killed(77)));
	}

	#[test]
	fn votes_are_read_as_the_chain_writes_them() {
		let votes = vec![(3u32, (0u8, 0x81u8, 10u128)), (4, (0, 0x01, 20))];
		let bytes = (0u8, votes, (5u128, 6u128), (7u32, 8u128)).encode();
		let voting = Voting::decode(&mut bytes.as_slice()).unwrap();
		assert_eq!(voting.on(3).unwrap().aye(), Some(true));
		assert_eq!(voting.on(4).unwrap().aye(), Some(false));
		assert_eq!(voting.on(5), None);
		assert_eq!(voting.carried(), Delegations { votes: 5, capital: 6 });
		assert_eq!(voting.prior(), Prior { until: 7, amount: 8 });
		let bytes = (1u8, 9u128, [7u8; 32], 6u8, (5u128, 6u128), (7u32, 8u128)).encode();
		let voting = Voting::decode(&mut bytes.as_slice()).unwrap();
		assert_eq!(voting.carried(), Delegations::default());
		assert!(matches!(voting, Voting::Delegating { conviction: 6, balance: 9, .. }));
	}
}
