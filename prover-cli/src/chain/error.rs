//! Why the chain did not do what was asked, and what to do about it.

use super::explain;
use thiserror::Error;

/// Why the chain did not do what was asked.
#[derive(Debug, Error)]
pub enum ChainError {
	/// Nobody answers at the address.
	#[error("no node answers at {url}: {cause}")]
	Connection {
		/// The address.
		url: String,
		/// The cause.
		cause: String,
	},
	/// The chain lacks the pallet, or has another version of it.
	#[error("the chain at this address does not speak this version of pallet-zkml: {0}")]
	Runtime(String),
	/// A secret that is none.
	#[error("--suri: {0}")]
	Secret(String),
	/// An account that is none.
	#[error("{0} is no account")]
	Account(String),
	/// The transaction pool refused the transaction.
	#[error("the transaction was not accepted: {0}")]
	Refused(String),
	/// The transaction is in a block, and failed.
	#[error("the chain refused: {0}")]
	Failed(String),
	/// The chain would refuse, so nothing was sent.
	#[error("the chain would refuse: {0}")]
	Needless(String),
	/// A greatest age that the chain cannot check.
	#[error(
		"--max-age {age}: it is at least 2 and less than {remembered}, of so many blocks the chain \
		 remembers the hashes"
	)]
	MaxAge {
		/// The age.
		age: u32,
		/// How many blocks the chain remembers.
		remembered: u32,
	},
	/// A proof made for another chain, account, model or moment.
	#[error("the proof is for {what} {proof}, not for {here}")]
	Destination {
		/// What differs.
		what: &'static str,
		/// What the proof says.
		proof: String,
		/// What is the case.
		here: String,
	},
	/// More proofs than the chain takes at once.
	#[error("{got} proofs, and this chain takes at most {most} in one batch")]
	BatchTooLarge {
		/// How many it takes.
		most: usize,
		/// How many there are.
		got: usize,
	},
	/// A proof that was made for another nonce than the account's next.
	#[error("{path} is for nonce {proof} of its account, whose next is {next}")]
	Nonce {
		/// The proof's folder.
		path: String,
		/// Its nonce.
		proof: u64,
		/// The next nonce.
		next: u64,
	},
	/// The same keys were registered by the same account before.
	#[error("the account has registered these keys already, as model 0x{0}")]
	AlreadyRegistered(String),
	/// A model that is registered on another chain.
	#[error("the model is registered on the chain with genesis 0x{there}; this one's is 0x{here}")]
	Elsewhere {
		/// Genesis hash of the model's chain.
		there: String,
		/// Genesis hash of the chain at hand.
		here: String,
	},
	/// The model is not registered.
	#[error("model 0x{0} is not registered on this chain")]
	ModelNotFound(String),
	/// The model was deregistered.
	#[error("model 0x{model} was deregistered in block {at}")]
	ModelDeregistered {
		/// The model.
		model: String,
		/// When.
		at: u32,
	},
	/// The signer does not own the model.
	#[error("the model belongs to {owner}, not to {here}")]
	NotOwner {
		/// The owner's address.
		owner: String,
		/// The signer's.
		here: String,
	},
	/// The model is not offered to the signer.
	#[error("the model is offered to {}, not to {here}", heir.as_deref().unwrap_or("nobody"))]
	NotOffered {
		/// To whom it is offered.
		heir: Option<String>,
		/// The signer's address.
		here: String,
	},
	/// The signer has not the reputation that it takes to borrow.
	#[error(
		"the chain does not lend to {account}, whose score in the area of credit, {area}, is {score}"
	)]
	NotReputable {
		/// The signer's address.
		account: String,
		/// The area that was looked at.
		area: u32,
		/// The score there.
		score: u32,
	},
	/// The signer has not the reputation that it takes to play ranked games.
	#[error(
		"the chain does not let {account} play ranked games, whose score in the area of games, {area}, \
		 is {score}"
	)]
	NotRanked {
		/// The signer's address.
		account: String,
		/// The area that was looked at.
		area: u32,
		/// The score there.
		score: u32,
	},
	/// The node's answers do not go together.
	#[error("the node contradicts itself: {0}")]
	Contradiction(String),
	/// The connection broke.
	#[error("the connection to the node failed: {0}")]
	Transport(String),
}

impl ChainError {
	/// What the user can do about it.
	pub fn help(&self) -> Option<String> {
		let help = match self {
			Self::Connection { .. } => {
				"is the node running, and is --url its JSON-RPC address? `make node` starts one"
			},
			Self::Runtime(_) => "use the version of zkml that belongs to the chain's runtime",
			Self::Account(_) => {
				"an account is an address such as 5Grwva…, 32 bytes in hexadecimal, or a \
				 development account such as //Alice"
			},
			Self::Secret(_) => "a secret is a mnemonic, or a development account such as //Alice",
			Self::Refused(cause) if cause.contains("Inability to pay") => {
				"the account cannot pay the fee: send it funds"
			},
			Self::Refused(cause) if cause.contains("Priority is too low") => {
				"another transaction of the account waits in the pool: wait until it is in a block"
			},
			Self::Refused(cause) if cause.contains("exhaust the block limits") => {
				"it does not fit into a block: submit fewer proofs at once"
			},
			Self::Destination { what: "the chain", .. } | Self::Elsewhere { .. } => {
				"name the other chain's node with --url"
			},
			Self::Destination { what: "account", .. } => {
				"sign with the account that the proof was made for, or prove again for this one"
			},
			Self::Nonce { proof, next, .. } if proof < next => {
				"the nonce was used, by this proof or another: prove again"
			},
			Self::Nonce { .. } => {
				"submit together with it what was proven for the nonces before, or prove again"
			},
			Self::AlreadyRegistered(_) => {
				"name it with --model where it is needed; for another model, make other keys"
			},
			Self::ModelNotFound(_) => "check the id and --url; `zkml register` registers a model",
			Self::ModelDeregistered { .. } => {
				"its id is not given again: to offer the model once more, make new keys with `zkml \
				 setup`"
			},
			Self::BatchTooLarge { .. } => "submit some of them first, those with the lowest nonces",
			Self::NotOwner { .. } => "only the owner may do this: sign with that account",
			Self::NotOffered { .. } => {
				"its owner offers it with `zkml model offer MODEL --to ACCOUNT`"
			},
			Self::NotRanked { .. } => {
				"play without --ranked, or earn a higher one: `zkml reputation area game` lists the \
				 models by which it is earned"
			},
			Self::NotReputable { .. } => {
				"earn a higher one: `zkml reputation area credit` lists the models by which it is \
				 earned, `zkml reputation prove` proves what they say"
			},
			Self::Contradiction(_) => "do not prove for what it says: use a node that you trust",
			Self::Failed(error) | Self::Needless(error) => {
				return explain(error).map(|(_, advice)| advice.into())
			},
			_ => return None,
		};
		Some(help.into())
	}
}
