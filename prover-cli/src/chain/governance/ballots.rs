//! Anonymous ballots among those whose hidden profile a model lets pass.

use super::{refused, PALLET};
use crate::chain::{
	calls::Call, runtime, AccountId, BlockNumber, Chain, ChainError, Included, ModelInfo, State,
};
use codec::{Compact, Decode, Encode};
use std::collections::HashSet;
use subxt::dynamic::Value;
use subxt_signer::sr25519::Keypair;
use zkml_primitives::{
	context_for, Commitment, Context, HintedProof, Inference, Membership, ModelId, SchemaId,
};

/// The number of a ballot.
pub type BallotId = u32;

/// Sets contexts of votes apart from all others.
const CAST_BALLOT: &[u8] = b"governance/cast_ballot";
/// Sets topics apart from all contexts.
const TOPIC: &[u8] = b"governance/topic";

/// On what terms there is a ballot.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BallotTerms {
	/// A hash of what is asked.
	pub question: [u8; 32],
	/// Between how many choices.
	pub choices: u32,
	/// The model that decides who may vote.
	pub model: ModelId,
	/// Who keeps the tree of voters.
	pub issuer: AccountId,
	/// What its leaves are commitments to.
	pub schema: SchemaId,
	/// The root of the tree of those who may vote.
	pub root: Commitment,
	/// The last block in which votes count.
	pub ends: BlockNumber,
	/// How many votes there can be.
	pub max_votes: u32,
	/// What who hands in a vote is paid.
	pub reward: u128,
}

/// A ballot.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Ballot {
	/// On what terms.
	pub terms: BallotTerms,
	/// Who opened it.
	pub opener: AccountId,
	/// The votes for each choice.
	pub counts: Vec<u32>,
	/// How many nullifiers are stored.
	pub nullifiers: u32,
	/// How many rewards are not paid.
	pub rewards: u32,
}

impl Ballot {
	/// What nullifiers are made for: the same for all who vote.
	pub fn topic(&self, genesis: &[u8; 32], id: BallotId) -> Commitment {
		let Self { terms, opener, .. } = self;
		Commitment(context_for(genesis, TOPIC, terms.model, opener, &id.encode()).0)
	}

	/// What a proof must be made for that an account hands in.
	pub fn context(&self, genesis: &[u8; 32], id: BallotId, account: AccountId) -> Context {
		context_for(genesis, CAST_BALLOT, self.terms.model, &account, &id.encode())
	}

	/// Checks that there is a choice.
	///
	/// # Errors
	/// [`ChainError::Needless`] with what the chain would say.
	pub fn ensure_choice(&self, choice: u32) -> Result<(), ChainError> {
		match self.counts.get(choice as usize) {
			Some(_) => Ok(()),
			None => Err(refused("NoSuchChoice")),
		}
	}
}

/// A ballot that takes votes, and what a vote must be made for.
#[derive(Clone, Debug)]
pub struct Polling {
	/// Its number.
	pub id: BallotId,
	/// The ballot.
	pub ballot: Ballot,
	/// Its model, whose inferences are accepted.
	pub model: ModelInfo,
	/// What the voter's nullifier is made for.
	pub topic: Commitment,
	/// What the proof is made for.
	pub context: Context,
}

impl State {
	/// A ballot.
	///
	/// # Errors
	/// [`ChainError::Needless`] if there is none.
	pub async fn ballot(&self, id: BallotId) -> Result<Ballot, ChainError> {
		let found: Option<Ballot> = self.view_of(PALLET, "ballot", id).await?;
		found.ok_or_else(|| refused("BallotNotFound"))
	}

	/// The most choices of a ballot.
	pub fn max_choices(&self) -> Result<u32, ChainError> {
		self.constant(PALLET, "MaxChoices")
	}

	/// A ballot that would count a vote in the next block, and what that vote must be made for if an
	/// account hands it in. Topic and context are computed here.
	///
	/// # Errors
	/// [`ChainError::Needless`] if the chain would take no vote; [`ChainError::Contradiction`] if the
	/// node says that topic or context are others.
	pub async fn polling(&self, id: BallotId, account: AccountId) -> Result<Polling, ChainError> {
		let ballot = self.ballot(id).await?;
		if self.height() >= ballot.terms.ends {
			return Err(refused("BallotEnded"));
		}
		if ballot.nullifiers >= ballot.terms.max_votes {
			return Err(refused("BallotFull"));
		}
		let model = self.answering(ballot.terms.model).await?;
		let genesis = self.chain().genesis();
		let (topic, context) = (ballot.topic(&genesis, id), ballot.context(&genesis, id, account));
		let told: Option<(Commitment, Context)> =
			self.view_of(PALLET, "ballot_context", (id, account)).await?;
		if told != Some((topic, context)) {
			let hex = |(topic, context): (Commitment, Context)| {
				format!("0x{} and 0x{}", hex::encode(topic.0), hex::encode(context.0))
			};
			return Err(ChainError::Contradiction(format!(
				"topic and context of ballot {id} are {}, not {}",
				hex((topic, context)),
				told.map_or("none".into(), hex)
			)));
		}
		Ok(Polling { id, ballot, model, topic, context })
	}

	/// Checks that a ballot would count a vote of a member of a tree in the next block.
	///
	/// # Errors
	/// [`ChainError::Needless`] with what the chain would say.
	pub async fn ensure_root(&self, ballot: &Ballot, root: Commitment) -> Result<(), ChainError> {
		let terms = &ballot.terms;
		if root != terms.root {
			return Err(refused("OtherRoot"));
		}
		match self.ensure_issuer(terms.issuer, terms.schema).await {
			Err(ChainError::Needless(_)) => Err(refused("IssuerSuspended")),
			other => other,
		}
	}

	/// Checks that an issuer has posted the root that a ballot is to be opened with.
	///
	/// # Errors
	/// [`ChainError::Needless`] with what the chain would say.
	pub async fn ensure_posted(&self, terms: &BallotTerms) -> Result<(), ChainError> {
		match self.root_posted(terms.issuer, terms.schema, terms.root).await? {
			Some(_) => Ok(()),
			None => Err(refused("RootUnknown")),
		}
	}

	/// The nullifiers of all who have voted in a ballot. A voter asks for all, so that the node does
	/// not learn which is theirs.
	///
	/// # Errors
	/// [`ChainError::Contradiction`] if there are more than the ballot says.
	pub async fn nullifiers(
		&self,
		id: BallotId,
		ballot: &Ballot,
	) -> Result<HashSet<[u8; 32]>, ChainError> {
		let mut found = HashSet::new();
		let keys = vec![Value::u128(id.into())];
		let mut entries =
			self.at().storage().iter((PALLET, "Nullifiers"), keys).await.map_err(runtime)?;
		while let Some(entry) = entries.next().await {
			let entry = entry.map_err(runtime)?;
			// The hash of a key is followed by the key.
			let nullifier = entry.key_bytes().last_chunk().copied();
			found.insert(nullifier.ok_or_else(|| runtime("a nullifier's key is too short"))?);
			if found.len() > ballot.nullifiers as usize {
				return Err(ChainError::Contradiction(format!(
					"ballot {id} has {} votes, and more nullifiers",
					ballot.nullifiers
				)));
			}
		}
		Ok(found)
	}

	/// Checks that a proven vote would be counted in the next block, the proof apart.
	///
	/// # Errors
	/// [`ChainError::Needless`] with what the chain would say.
	pub async fn ensure_counts(
		&self,
		polling: &Polling,
		vote: &Membership,
	) -> Result<(), ChainError> {
		let Polling { id, ballot, topic, .. } = polling;
		if vote.topic != *topic {
			return Err(refused("OtherTopic"));
		}
		self.ensure_root(ballot, vote.root).await?;
		let keys = vec![Value::u128((*id).into()), Value::from_bytes(vote.nullifier.0)];
		let used = self.at().storage().try_fetch((PALLET, "Nullifiers"), keys).await;
		if used.map_err(runtime)?.is_some() {
			return Err(refused("AlreadyVoted"));
		}
		ballot.ensure_choice(vote.choice)
	}
}

impl Included {
	/// The ballot that was opened.
	///
	/// # Errors
	/// [`ChainError::Runtime`] if there is none.
	pub fn opened_ballot(&self) -> Result<BallotId, ChainError> {
		self.event("Governance.BallotOpened").ok_or_else(|| runtime("it reported no ballot"))
	}

	/// The votes for each choice of the ballot that was forgotten, if one was.
	pub fn closed_ballot(&self) -> Option<Vec<u32>> {
		self.event::<(BallotId, Vec<u32>)>("Governance.BallotClosed").map(|(_, counts)| counts)
	}
}

impl Chain {
	/// Opens a ballot.
	pub async fn open_ballot(
		&self,
		signer: &Keypair,
		terms: &BallotTerms,
	) -> Result<Included, ChainError> {
		self.send_to(PALLET, signer, Call::new("open_ballot", terms)).await
	}

	/// Hands in a vote. `signals` is the number of public signals to pay for.
	pub async fn cast_ballot(
		&self,
		signer: &Keypair,
		ballot: BallotId,
		signals: u32,
		inference: &Inference,
		proof: &HintedProof,
	) -> Result<Included, ChainError> {
		let arguments = (Compact(ballot), Compact(signals), inference, proof);
		self.send_to(PALLET, signer, Call::new("cast_ballot", arguments)).await
	}

	/// Forgets a ballot that has ended, so many votes at a time.
	pub async fn close_ballot(
		&self,
		signer: &Keypair,
		ballot: BallotId,
		limit: u32,
	) -> Result<Included, ChainError> {
		let arguments = (Compact(ballot), Compact(limit));
		self.send_to(PALLET, signer, Call::new("close_ballot", arguments)).await
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn ballot() -> Ballot {
		let terms = BallotTerms {
			question: [1; 32],
			choices: 2,
			model: ModelId([2; 32]),
			issuer: [3; 32],
			schema: SchemaId([4; 32]),
			root: Commitment([5; 32]),
			ends: 6,
			max_votes: 7,
			reward: 8,
		};
		Ballot { terms, opener: [9; 32], counts: vec![1, 0], nullifiers: 1, rewards: 6 }
	}

	#[test]
	fn a_ballot_is_decoded_as_the_pallet_has_it() {
		let mut bytes = vec![1; 32];
		bytes.extend(2u32.to_le_bytes());
		bytes.extend([[2; 32], [3; 32], [4; 32], [5; 32]].concat());
		for number in [6u32, 7] {
			bytes.extend(number.to_le_bytes());
		}
		bytes.extend(8u128.to_le_bytes());
		assert_eq!(ballot().terms.encode(), bytes);
		bytes.extend([9; 32]);
		// Two counts.
		bytes.push(2 << 2);
		for number in [1u32, 0, 1, 6] {
			bytes.extend(number.to_le_bytes());
		}
		assert_eq!(Ballot::decode(&mut bytes.as_slice()), Ok(ballot()));
	}

	#[test]
	fn a_topic_is_the_ballots_and_a_context_that_of_who_hands_the_vote_in() {
		let (genesis, model, payload) = ([7; 32], ModelId([2; 32]), [3, 0, 0, 0]);
		let topic = ballot().topic(&genesis, 3);
		assert_eq!(topic.0, context_for(&genesis, TOPIC, model, &[9u8; 32], &payload).0);
		let context = ballot().context(&genesis, 3, [5; 32]);
		assert_eq!(context, context_for(&genesis, CAST_BALLOT, model, &[5u8; 32], &payload));
		// Each depends on chain and ballot, the context on the account besides.
		assert_ne!(ballot().topic(&[8; 32], 3), topic);
		assert_ne!(ballot().topic(&genesis, 4), topic);
		assert_ne!(ballot().context(&genesis, 4, [5; 32]), context);
		assert_ne!(ballot().context(&genesis, 3, [6; 32]), context);
		// The opener could hand in votes, too.
		assert_ne!(ballot().context(&genesis, 3, [9; 32]).0, topic.0);
	}

	#[test]
	fn choices_are_counted_from_zero() {
		for choice in [0, 1] {
			assert!(ballot().ensure_choice(choice).is_ok());
		}
		for choice in [2, u32::MAX] {
			let refused = ballot().ensure_choice(choice).unwrap_err();
			assert!(refused.to_string().contains("Governance::NoSuchChoice"), "{refused}");
		}
	}
}
