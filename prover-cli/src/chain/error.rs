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

/// What an error of the chain means, and what to do about it.
pub fn explain(error: &str) -> Option<(&'static str, &'static str)> {
	// `Pallet::Name(Cause)`, where the error carries a cause.
	let carried = error.strip_suffix(')').and_then(|error| error.split_once('('));
	let (error, cause) = match carried {
		Some((error, cause)) => (error, Some(cause)),
		None => (error, None),
	};
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
		("Reputation", "AreaNotFound") => (
			"there is no such area",
			"the chain's administrators set areas: `zkml reputation area AREA --half-life …`",
		),
		("Reputation", "SourceNotFound") => (
			"the model earns nothing in this area",
			"`zkml reputation area AREA` lists those that do",
		),
		("Reputation", "HalfLifeZero") => {
			("a half-life is a block at least", "give another one with --half-life")
		},
		("Reputation", "CeilingBelowFloor") => (
			"the ceiling is below the floor",
			"give other ones with --floor and --ceiling",
		),
		("Reputation", "SourceListedTwice") => {
			("a model is listed twice", "list each model once")
		},
		("Reputation", "NoIssuers") => {
			("nobody may vouch for the values of a source", "name somebody with --issuer")
		},
		("Reputation", "ModelNotFound") => return explain("Zkml::ModelNotFound"),
		("Reputation", "InputMismatch") => (
			"the model's input is not committed to values that somebody could attest",
			"compile it with --input-visibility committed, and register that",
		),
		("Reputation", "PointsMismatch") => (
			"the points are not for the answers that the model gives",
			"--points takes one number for a model that reveals a threshold, and one for each label \
			 for a model that reveals the best",
		),
		("Reputation", "AnchorUnknown" | "AnchorTooOld") => (
			"the chain does not know, or not any more, the block that the proof was made for",
			"prove again with `zkml reputation prove`",
		),
		("Reputation", "AnchorUsed") => (
			"the account has proven this model's answer since the block that the proof was made for",
			"a proof counts once: to renew what it earned, prove again with `zkml reputation prove`",
		),
		("Reputation", "Refused") if matches!(cause, Some("InvalidProof" | "MalformedProof")) => (
			"the proof does not show this claim, for this account, area and block",
			"`zkml audit --url …` compares the keys with those registered; else prove again with `zkml \
			 reputation prove`",
		),
		("Reputation", "NotAttested") => match cause {
			Some("NotCommitted") => return explain("Reputation::InputMismatch"),
			Some("OtherIssuer") => (
				"somebody attests the values whose word does not count in this area",
				"ask one of the issuers that `zkml reputation area AREA` lists",
			),
			Some("OtherValues") => (
				"other values are attested of the account, or the same with another salt",
				"prove with the opening of what `zkml attest show` shows",
			),
			_ => (
				"nothing of this kind is attested of the account and counts now",
				"ask an issuer that `zkml reputation area AREA` lists; `zkml attest show` says what \
				 counts",
			),
		},
		("Reputation", "MaskNotFull") => (
			"the label is the best of some only, which the prover chose",
			"prove again with `zkml reputation prove`, which allows all",
		),
		("Reputation", "NoPoints") => (
			"the model's answer is worth nothing",
			"`zkml reputation area AREA` lists what each answer is worth",
		),
		("Reputation", "RecordFull") => (
			"the account proved too much lately that is no longer listed, and must be remembered",
			"wait: what is not listed is forgotten in time",
		),
		("Reputation", "RecordNotFound") => {
			("the account has proven nothing in this area", "check account and area")
		},
		("Reputation", "ContributionNotFound") => (
			"the account has proven nothing of this model that counts",
			"it may be struck out already: `zkml reputation show` says so",
		),
		("Reputation", "StillAttested") => (
			"the values are attested as they were",
			"it counts: `zkml attest show` says who vouches",
		),
		("Reputation", "StillRemembered") => (
			"it must be remembered for longer, so that no proof counts again",
			"wait: an hour after the last proof it may go",
		),
		("Reputation", "StillCounts") => (
			"it is worth something, and is another account's",
			"wait until it is worth nothing, or let its own account remove it",
		),
		("Lending", "AmountZero") => ("the amount is nothing", "name a larger one"),
		("Lending", "AboveMaxLine") => (
			"it is more than an account may borrow",
			"`zkml loan pot` says how much that is",
		),
		("Lending", "PotTooSmall") => (
			"the pot has not so much to give",
			"`zkml loan pot` says how much; `zkml loan fund` gives to it",
		),
		("Lending", "LineOpen") => (
			"the account has not repaid yet what it borrowed",
			"repay it first: `zkml loan repay all`",
		),
		("Lending", "Defaulted") => (
			"the account has not repaid in time, and not since",
			"repay it first: `zkml loan repay all`",
		),
		("Lending", "LineNotFound") => ("the account owes nothing", "nothing is left to do"),
		("Lending", "NotOverdue") => (
			"there is time left to repay",
			"wait: `zkml loan show` says until when",
		),
		("Lending", "AlreadyMarked") => {
			("it is known already that the account has not repaid in time", "nothing is left to do")
		},
		("Npc", "OpponentNotFound") => (
			"there is no such opponent",
			"check its number and --url; `zkml opponent host` hosts a model",
		),
		("Npc", "NotHost") => (
			"only the opponent's host may do this",
			"`zkml opponent show` names the host: sign with that account",
		),
		("Npc", "ModelNotFound") => return explain("Zkml::ModelNotFound"),
		("Npc", "UnsuitableInput") => (
			"the model's input is not a board: 84 values that everybody sees",
			"compile a model of such an input with --input-visibility public",
		),
		("Npc", "UnsuitableOutput") => (
			"the model's answer is not one of seven columns, among those that a mask allows",
			"compile a model of seven outputs with --reveal masked-argmax",
		),
		("Npc", "UnsuitableScale" | "StoneOutOfRange") => (
			"a stone, which is a 1, and none, which is a 0, are not both integers that the model's \
			 input takes",
			"quantise the model again, on boards of zeros and ones",
		),
		("Npc", "MaxGamesTooHigh") => (
			"it is more games at once than this chain allows an opponent",
			"give fewer with --max-games",
		),
		("Npc", "StakesContradict") => (
			"the least stake is above the greatest",
			"give other ones with --min-stake and --max-stake",
		),
		("Npc", "GamesRunning") => (
			"the opponent has games that run",
			"`zkml opponent close` lets no more begin; then wait until they end",
		),
		("Npc", "OpponentClosed") => {
			("its host wants no new games", "wait, or play against another")
		},
		("Npc", "OpponentBusy") => {
			("it plays as many games as its host wants", "wait, or play against another")
		},
		("Npc", "StakeTooLow" | "StakeTooHigh") => (
			"the stake is not what the host wants",
			"`zkml opponent show` says between what it must be: give it with --stake",
		),
		("Npc", "FeeTooHigh") => (
			"a move of the model costs more than you agreed to",
			"`zkml opponent show` says how much: agree to it with --max-fee",
		),
		("Npc", "HostCannotPay") => (
			"the opponent's host has not the funds for the stake",
			"play for a smaller stake, or against another",
		),
		("Npc", "TooManyGames") => (
			"the account plays as many games as this chain allows",
			"end one first: `zkml play --games` lists them",
		),
		("Npc", "NotRanked") => (
			"the opponent is not admitted to ranked games",
			"play without --ranked; the chain's administrators admit with `zkml opponent rank`",
		),
		("Npc", "OwnOpponent") => (
			"nobody plays ranked games against an own opponent",
			"play without --ranked, or sign with another account",
		),
		("Npc", "NumbersExhausted") => {
			("no more games or opponents can be numbered", "nothing is left to do")
		},
		("Npc", "GameNotFound") => (
			"there is no such game, or it has ended",
			"`zkml play --games` lists those of the account that run",
		),
		("Npc", "NotPlayer") => (
			"the game is another account's",
			"sign with the account that plays it",
		),
		("Npc", "OutOfTurn") => ("it is the other's turn", "look again: the game has gone on"),
		("Npc", "TooLate") => (
			"the time for the move has run out",
			"the game is lost for whoever was to move: `zkml play --game` can end it",
		),
		("Npc", "ColumnNotOpen") => {
			("the column is full, or there is none of this number", "choose another one")
		},
		("Npc", "Refused") if matches!(cause, Some("InvalidProof" | "MalformedProof")) => (
			"the proof does not show this move, for this game, turn and keeper",
			"`zkml audit --url …` compares the keys with those registered",
		),
		("Npc", "OtherBoard" | "OtherColumns") => (
			"the proof is for another board, or for other columns than those that are open",
			"do not prove for what this node says: use one that you trust",
		),
		("Npc", "StillInTime") => {
			("whoever is to move still has time", "wait until no blocks are left")
		},
		("Npc", "RatingNotFound") => ("the account has no rating", "nothing is left to do"),
		("Npc", "RankedGameRunning") => {
			("a ranked game of the account runs", "end it first: `zkml play --games` lists it")
		},
		("Npc", "RatingTooLow") => (
			"a rating below the one that one starts with stays",
			"win ranked games until it is not below",
		),
		("Sudo", "RequireSudo") => (
			"only the chain's sudo key may do this",
			"sign with it: on a development chain it is //Alice",
		),
		("Governance", "Refused") if cause == Some("InvalidProof") => (
			"the proof does not show this answer, for this account and this snapshot",
			"a proof is good for the account that it was made for, and for one snapshot: prove again \
			 with `zkml delegate vote` or `zkml parameter move`",
		),
		// Where a pallet says why a proof was refused, it says so in these words.
		(_, "Refused") => return explain(&format!("Zkml::{}", cause?)),
		("Governance", "UnfitModel") => (
			"the model is not registered, or cannot be asked on these terms",
			"its input is public and of as many values as the terms list, and its output fits how they \
			 read it: `zkml model show` says what it is",
		),
		("Governance", "DelegateNotFound") => {
			("there is no such delegate", "`zkml delegate register` makes one, and prints its number")
		},
		("Governance", "NotRegistrant") => (
			"only the account that registered the delegate may do this",
			"`zkml delegate show` names it: sign with that account",
		),
		("Governance", "DelegateClosed") => (
			"the delegate takes no other polls: its registrant has removed it",
			"`zkml delegate settle DELEGATE --poll POLL` forgets the polls that it has, and with the last \
			 the delegate",
		),
		("Governance", "PollNotOngoing") => (
			"there is no such poll that can be voted on",
			"`zkml poll show` says how it ended; `zkml poll propose` begins another",
		),
		("Governance", "PollOngoing") => {
			("the poll can still be voted on", "wait until it ends: `zkml poll show`")
		},
		("Governance", "TooSoon") => (
			"the last snapshot, or the last move, is too young",
			"wait: `zkml delegate show` and `zkml parameter show` say how long",
		),
		("Governance", "NoMoreSnapshots") => (
			"the delegate's terms allow no more snapshots of this poll",
			"its last answer stands; `zkml delegate show` says how many there are",
		),
		("Governance", "FeatureUnknown") => (
			"something that the model is to be told is not known",
			"an account that the terms name has to report first, with `zkml delegate report`; or the \
			 chain cannot tell what the proposal would spend",
		),
		("Governance", "SnapshotNotFound") => (
			"there is no such snapshot, or a later one took its place",
			"take one with `zkml delegate snapshot` or `zkml parameter snapshot`, and prove for the last",
		),
		("Governance", "AlreadyAnswered") => (
			"an answer to the snapshot was proven already",
			"nothing is left to do, until somebody takes another snapshot",
		),
		("Governance", "OtherInput") => (
			"the proof is about another input than the snapshot",
			"prove what the model answers to the snapshot: `zkml delegate vote` and `zkml parameter \
			 move` do",
		),
		("Governance", "OtherOutput") => (
			"the answer is of another kind than the terms read",
			"prove with the circuit and the keys that the model was registered from",
		),
		("Governance", "NothingToForget") => {
			("there is nothing of the kind to take back", "nothing is left to do")
		},
		("Governance", "HistoryKept") => (
			"the history is too young to be forgotten, or another put down its deposit",
			"wait half a year after its last change",
		),
		("Governance", "NotBound") => (
			"no model moves this parameter",
			"the chain's administrators bind one: `zkml parameter bind`",
		),
		("Governance", "AlreadyBound") => (
			"a model moves this parameter already",
			"release it first: `zkml parameter release`",
		),
		("Governance", "SnapshotTooOld") => (
			"the snapshot is no longer good",
			"take another with `zkml parameter snapshot`, and prove for that",
		),
		("Governance", "MalformedBallot") => (
			"the model cannot decide who may vote, or the terms make no sense",
			"compile it with --input-visibility member and --reveal threshold:VALUE, for profiles of this \
			 schema; a ballot has two choices at least, and no more than the chain takes",
		),
		("Governance", "BallotNotFound") => (
			"there is no such ballot",
			"check its number; one that was closed is forgotten, and its votes stand in the event \
			 BallotClosed",
		),
		("Governance", "BallotEnded") => (
			"the ballot has ended, and no vote counts any more",
			"`zkml ballot show` shows how it ended",
		),
		("Governance", "BallotOpen") => (
			"the ballot has not ended",
			"wait: `zkml ballot show` says until when it takes votes",
		),
		("Governance", "OtherTopic") => {
			("the vote is for another ballot", "prove again with `zkml ballot vote`")
		},
		("Governance", "NoSuchChoice") => (
			"the ballot has no such choice",
			"`zkml ballot show` lists the choices, from 0",
		),
		("Governance", "RootUnknown") => (
			"the issuer has not posted the root of this tree, or has posted many since",
			"the issuer posts it with `zkml ballot root --tree … --url …`; then open the ballot",
		),
		("Governance", "OtherRoot") => (
			"the vote is of another tree than the ballot's",
			"get the tree from the issuer as it was when the ballot was opened: `zkml ballot show` names \
			 its root; who was enrolled later does not vote in this ballot",
		),
		("Governance", "IssuerSuspended") => (
			"the ballot's issuer is suspended, or vouches for other records now",
			"no vote is taken until the chain's governance resumes it: `zkml attest show` says how it is",
		),
		("Governance", "SnapshotKept") => (
			"the snapshot is still good",
			"`zkml parameter show` says until when; or prove an answer with `zkml parameter move`",
		),
		("Governance", "AlreadyVoted") => (
			"this voter has voted in this ballot",
			"everybody votes once, and no vote can be changed",
		),
		("Governance", "BallotFull") => {
			("there are as many votes as there can be", "nothing is left to do")
		},
		("ConvictionVoting", "AlreadyDelegating") => (
			"the account follows somebody already",
			"`zkml delegate unfollow` first, or sign with another account",
		),
		("ConvictionVoting", "AlreadyVoting") => (
			"the account has votes of its own, and could not follow another",
			"remove its votes first, with ConvictionVoting.remove_vote",
		),
		("ConvictionVoting", "NotDelegating") => {
			("the account follows nobody", "nothing is left to do")
		},
		("ConvictionVoting", "InsufficientFunds") => {
			("the account has not so much", "name a smaller --amount")
		},
		("ConvictionVoting", "NotOngoing") => (
			"the poll cannot be voted on any more",
			"`zkml poll show` says how it ended",
		),
		("ConvictionVoting", "MaxVotesReached") => (
			"the delegate has votes on as many polls as there can be",
			"settle those that have ended: `zkml delegate settle DELEGATE --poll POLL`",
		),
		("Referenda", "BadReferendum") => ("there is no such poll", "check its number"),
		("Referenda", "HasDeposit") => {
			("the deposit for the decision is there already", "nothing is left to do")
		},
		("Referenda", "NotOngoing") => {
			("the poll has ended", "`zkml poll show` says how")
		},
		("", text) if text.starts_with("Bad origin") => (
			"the account may not make this call",
			"it is another account's to make, or needs a reputation that this one has not",
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
