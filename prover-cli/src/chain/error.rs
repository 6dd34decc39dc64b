//! Why the chain did not do what was asked, and what to do about it.

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
			Self::Contradiction(_) => "do not prove for what it says: use a node that you trust",
			Self::Failed(error) | Self::Needless(error) => {
				return explain(error).map(|(_, advice)| advice.into())
			},
			_ => return None,
		};
		Some(help.into())
	}
}

/// What an error of the chain means, and what to do about it.
pub fn explain(error: &str) -> Option<(&'static str, &'static str)> {
	let (pallet, name) = error.split_once("::").unwrap_or(("", error));
	let prove_again = "prove again with `zkml prove --url …`, and submit that";
	Some(match (pallet, name) {
		("Zkml", "ModelNotFound") => (
			"no such model is registered",
			"check the id and --url; `zkml register` registers a model",
		),
		("Zkml", "ModelRetired") => (
			"the model's time is over, or it was deregistered",
			"`zkml model show` names its successor, if there is one",
		),
		("Zkml", "ModelAlreadyRegistered") => (
			"the account has registered these keys already",
			"for another model, make other keys",
		),
		("Zkml", "NotOwner") => (
			"only the model's owner may do this",
			"`zkml model show` names the owner: sign with that account",
		),
		("Zkml", "DevelopmentKeyRefused") => (
			"the keys were made by one party, and this chain does not trust such",
			"use keys of a ceremony, or a chain that is for development, too",
		),
		("Zkml", "MalformedInterface" | "InterfaceTooLarge" | "UnsupportedInterface") => (
			"the chain cannot verify what this interface declares",
			"compile with other options: fewer public values, or --reveal argmax",
		),
		("Zkml", "MalformedKey" | "UnfinishedKey" | "MalformedSetup") => {
			("the verifying key cannot be used", "make the keys again with `zkml setup`")
		},
		("Zkml", "MalformedMetadata") => {
			("name or URI are not text", "give other ones with --name and --uri")
		},
		("Zkml", "SignalCountMismatch") => (
			"key and interface disagree on the number of public signals",
			"run `zkml audit` on these keys, or make them again",
		),
		("Zkml", "SignalsUnderdeclared") => {
			("fewer public signals were paid for than the models have", prove_again)
		},
		(
			"Zkml",
			"OutputMismatch" | "InputMismatch" | "LabelOutOfRange" | "ValueOutOfRange" | "MaskMismatch",
		) => (
			"the claim does not fit the model's interface",
			"the proof is for another model than the destination says, or was changed: prove again",
		),
		("Zkml", "MalformedProof") => {
			("the proof's bytes are no proof", "the files were damaged: prove again")
		},
		("Zkml", "InvalidProof") => (
			"the proof does not show this claim, for this account's next nonce",
			"was it submitted already, or made with other keys than those registered? `zkml audit \
			 --url …` compares the keys; else prove again",
		),
		("Zkml", "ModelSuspended") => (
			"the model is suspended: nothing of it is verified",
			"wait until whoever suspended it resumes it; the proof stays good as long as its anchor",
		),
		("Zkml", "VerificationPaused") => {
			("nothing is verified on this chain at present", "wait; the proof stays good meanwhile")
		},
		("Zkml", "MalformedTerms") => (
			"the chain cannot keep these terms",
			"--max-age is at least 2 and less than what the chain remembers of its blocks; \
			 --receipts is at least 1",
		),
		("Zkml", "AnchorMissing") => {
			("the model now accepts only proofs that are made for a recent block", prove_again)
		},
		("Zkml", "AnchorUnexpected") => {
			("the model's proofs are not made for a block any more", prove_again)
		},
		("Zkml", "AnchorUnknown") => (
			"the chain does not remember the block that the proof was made for",
			"prove again, and submit soon",
		),
		("Zkml", "AnchorTooOld") => (
			"the block that the proof was made for is older than the model allows",
			"prove again, and submit soon; `zkml model show` says how soon",
		),
		("Zkml", "EmptyBatch") => ("a batch holds at least one proof", "name a proof's folder"),
		("Zkml", "BatchInvalid") => (
			"at least one proof of the batch is wrong",
			"run `zkml submit --dry-run` on it, which says which",
		),
		("Zkml", "AlreadySuspended") => ("it is suspended already", "nothing is left to do"),
		("Zkml", "NotSuspended") => (
			"it is not suspended by this authority",
			"what the owner suspended, the owner resumes; what the chain's administrators \
			 suspended, only they do",
		),
		("Zkml", "NotOffered") => (
			"the model was not offered to this account",
			"its owner offers it with `zkml model offer MODEL --to ACCOUNT`",
		),
		("Zkml", "AlreadySuperseded") => (
			"the earlier version has a successor already",
			"supersede the newest version: `zkml model show` names the next in line",
		),
		("Zkml", "EndInPast") => ("the block is over already", "name a later one"),
		("Zkml", "ReceiptNotFound") => {
			("there is no receipt of this model for this account", "nothing is left to do")
		},
		("Zkml", "ReceiptStillValid") => (
			"the receipt still counts, and is another account's",
			"wait until it expires, or let its own account remove it",
		),
		("Attestation", "IssuerNotFound") => (
			"the account is no issuer on this chain",
			"the chain's administrators name issuers: `zkml attest issuer ACCOUNT --schema …`",
		),
		("Attestation", "IssuerSuspended") => (
			"the issuer is suspended: nothing that it attested counts",
			"the chain's administrators lift it: `zkml attest issuer ACCOUNT --resume`",
		),
		("Attestation", "SchemaNotAllowed") => (
			"the issuer may not attest values of this schema",
			"the chain's administrators list its schemas: `zkml attest issuer ACCOUNT --schema …`",
		),
		("Attestation", "Expired") => ("the last block is over already", "name a later one"),
		("Attestation", "NotSubject") => (
			"the attestation is of another account",
			"sign with the account that it names",
		),
		("Attestation", "BadSignature") => (
			"the signature is not the issuer's, of this attestation on this chain",
			"ask the issuer for it again: `zkml attest issue --sign …`",
		),
		("Attestation", "SignedInFuture" | "SignedTooLongAgo") => (
			"an attestation is claimed soon after it was signed",
			"ask the issuer for it again: `zkml attest issue --sign …`",
		),
		("Attestation", "Superseded") => (
			"the issuer has attested or revoked something since this was signed, or it was claimed",
			"`zkml attest show` says what counts; if it is not that, ask the issuer again",
		),
		("Attestation", "AttestedByOther") => (
			"another issuer's attestation of this schema counts",
			"wait until it expires or is revoked, or let the account remove it",
		),
		("Attestation", "CredentialNotFound") => {
			("nothing of this schema is attested of the account", "check account and schema")
		},
		("Attestation", "NotIssuer") => {
			("another issuer attested it", "only the issuer that attested it revokes it")
		},
		("Attestation", "AlreadyRevoked") => ("it is revoked already", "nothing is left to do"),
		("Attestation", "StillRemembered") => (
			"what was signed before could still be claimed",
			"wait: a record is kept for a day at least",
		),
		("Attestation", "StillCounts") => (
			"it counts, and is another account's",
			"wait until it expires, or let its own account remove it",
		),
		("", text) if text.starts_with("Token error") => {
			("the deposit or the fee cannot be paid", "send the account funds")
		},
		("", text) if text.starts_with("Resources exhausted") => {
			("more proofs than the chain takes in one batch", "submit fewer at once")
		},
		_ => return None,
	})
}
