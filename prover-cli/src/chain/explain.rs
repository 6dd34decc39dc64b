//! What the chain's errors mean, and what to do about them.

/// What an error means, and what to do about it.
type Meaning = (&'static str, &'static str);

/// What an error of the chain means, and what to do about it.
pub fn explain(error: &str) -> Option<Meaning> {
	// `Pallet::Name(Cause)`, where the error carries a cause.
	let carried = error.strip_suffix(')').and_then(|error| error.split_once('('));
	let (error, cause) = match carried {
		Some((error, cause)) => (error, Some(cause)),
		None => (error, None),
	};
	let (pallet, name) = error.split_once("::").unwrap_or(("", error));
	let known = match pallet {
		"Zkml" => zkml(name),
		"Attestation" => attestation(name),
		"Governance" => governance(name, cause),
		"Npc" => npc(name, cause),
		"Reputation" => reputation(name, cause),
		"Lending" => lending(name),
		"" => system(name),
		_ => other(pallet, name),
	};
	// Where a pallet says why a proof was refused, it says so in these words.
	known.or_else(|| if name == "Refused" { zkml(cause?) } else { None })
}

/// Of `pallet-zkml`.
fn zkml(name: &str) -> Option<Meaning> {
	const PROVE_AGAIN: &str = "prove again with `zkml prove --url …`, and submit that";
	Some(match name {
		"ModelNotFound" => (
			"no such model is registered",
			"check the id and --url; `zkml register` registers a model",
		),
		"ModelRetired" => (
			"the model's time is over, or it was deregistered",
			"`zkml model show` names its successor, if there is one",
		),
		"ModelAlreadyRegistered" => (
			"the account has registered these keys already",
			"for another model, make other keys",
		),
		"NotOwner" => (
			"only the model's owner may do this",
			"`zkml model show` names the owner: sign with that account",
		),
		"DevelopmentKeyRefused" => (
			"the keys were made by one party, and this chain does not trust such",
			"use keys of a ceremony, or a chain that is for development, too",
		),
		"MalformedInterface" | "InterfaceTooLarge" | "UnsupportedInterface" => (
			"the chain cannot verify what this interface declares",
			"compile with other options: fewer public values, or --reveal argmax",
		),
		"MalformedKey" | "UnfinishedKey" | "MalformedSetup" => {
			("the verifying key cannot be used", "make the keys again with `zkml setup`")
		},
		"MalformedMetadata" => {
			("name or URI are not text", "give other ones with --name and --uri")
		},
		"SignalCountMismatch" => (
			"key and interface disagree on the number of public signals",
			"run `zkml audit` on these keys, or make them again",
		),
		"SignalsUnderdeclared" => {
			("fewer public signals were paid for than the models have", PROVE_AGAIN)
		},
		"OutputMismatch" | "InputMismatch" | "LabelOutOfRange" | "ValueOutOfRange" | "MaskMismatch" => (
			"the claim does not fit the model's interface",
			"the proof is for another model than the destination says, or was changed: prove again",
		),
		"MalformedProof" => {
			("the proof's bytes are no proof", "the files were damaged: prove again")
		},
		"InvalidProof" => (
			"the proof does not show this claim, for this account's next nonce",
			"was it submitted already, or made with other keys than those registered? `zkml audit \
			 --url …` compares the keys; else prove again",
		),
		"ModelSuspended" => (
			"the model is suspended: nothing of it is verified",
			"wait until whoever suspended it resumes it; the proof stays good as long as its anchor",
		),
		"VerificationPaused" => {
			("nothing is verified on this chain at present", "wait; the proof stays good meanwhile")
		},
		"MalformedTerms" => (
			"the chain cannot keep these terms",
			"--max-age is at least 2 and less than what the chain remembers of its blocks; \
			 --receipts is at least 1",
		),
		"AnchorMissing" => {
			("the model now accepts only proofs that are made for a recent block", PROVE_AGAIN)
		},
		"AnchorUnexpected" => {
			("the model's proofs are not made for a block any more", PROVE_AGAIN)
		},
		"AnchorUnknown" => (
			"the chain does not remember the block that the proof was made for",
			"prove again, and submit soon",
		),
		"AnchorTooOld" => (
			"the block that the proof was made for is older than the model allows",
			"prove again, and submit soon; `zkml model show` says how soon",
		),
		"EmptyBatch" => ("a batch holds at least one proof", "name a proof's folder"),
		"BatchInvalid" => (
			"at least one proof of the batch is wrong",
			"run `zkml submit --dry-run` on it, which says which",
		),
		"AlreadySuspended" => ("it is suspended already", "nothing is left to do"),
		"NotSuspended" => (
			"it is not suspended by this authority",
			"what the owner suspended, the owner resumes; what the chain's administrators \
			 suspended, only they do",
		),
		"NotOffered" => (
			"the model was not offered to this account",
			"its owner offers it with `zkml model offer MODEL --to ACCOUNT`",
		),
		"AlreadySuperseded" => (
			"the earlier version has a successor already",
			"supersede the newest version: `zkml model show` names the next in line",
		),
		"EndInPast" => ("the block is over already", "name a later one"),
		"ReceiptNotFound" => {
			("there is no receipt of this model for this account", "nothing is left to do")
		},
		"ReceiptStillValid" => (
			"the receipt still counts, and is another account's",
			"wait until it expires, or let its own account remove it",
		),
		_ => return None,
	})
}

/// Of `pallet-attestation`.
fn attestation(name: &str) -> Option<Meaning> {
	Some(match name {
		"IssuerNotFound" => (
			"the account is no issuer on this chain",
			"the chain's administrators name issuers: `zkml attest issuer ACCOUNT --schema …`",
		),
		"IssuerSuspended" => (
			"the issuer is suspended: nothing that it attested counts",
			"the chain's administrators lift it: `zkml attest issuer ACCOUNT --resume`",
		),
		"SchemaNotAllowed" => (
			"the issuer may not attest values of this schema",
			"the chain's administrators list its schemas: `zkml attest issuer ACCOUNT --schema …`",
		),
		"Expired" => ("the last block is over already", "name a later one"),
		"NotSubject" => {
			("the attestation is of another account", "sign with the account that it names")
		},
		"BadSignature" => (
			"the signature is not the issuer's, of this attestation on this chain",
			"ask the issuer for it again: `zkml attest issue --sign …`",
		),
		"SignedInFuture" | "SignedTooLongAgo" => (
			"an attestation is claimed soon after it was signed",
			"ask the issuer for it again: `zkml attest issue --sign …`",
		),
		"Superseded" => (
			"the issuer has attested or revoked something since this was signed, or it was claimed",
			"`zkml attest show` says what counts; if it is not that, ask the issuer again",
		),
		"AttestedByOther" => (
			"another issuer's attestation of this schema counts",
			"wait until it expires or is revoked, or let the account remove it",
		),
		"CredentialNotFound" => {
			("nothing of this schema is attested of the account", "check account and schema")
		},
		"NotIssuer" => {
			("another issuer attested it", "only the issuer that attested it revokes it")
		},
		"AlreadyRevoked" => ("it is revoked already", "nothing is left to do"),
		"StillRemembered" => (
			"what was signed before could still be claimed",
			"wait: a record is kept for a day at least",
		),
		"StillCounts" => (
			"it counts, and is another account's",
			"wait until it expires, or let its own account remove it",
		),
		_ => return None,
	})
}

/// Of `pallet-reputation`.
fn reputation(name: &str, cause: Option<&str>) -> Option<Meaning> {
	Some(match name {
		"AreaNotFound" => (
			"there is no such area",
			"the chain's administrators set areas: `zkml reputation area AREA --half-life …`",
		),
		"SourceNotFound" => (
			"the model earns nothing in this area",
			"`zkml reputation area AREA` lists those that do",
		),
		"HalfLifeZero" => {
			("a half-life is a block at least", "give another one with --half-life")
		},
		"CeilingBelowFloor" => (
			"the ceiling is below the floor",
			"give other ones with --floor and --ceiling",
		),
		"SourceListedTwice" => {
			("a model is listed twice", "list each model once")
		},
		"NoIssuers" => {
			("nobody may vouch for the values of a source", "name somebody with --issuer")
		},
		"ModelNotFound" => return zkml("ModelNotFound"),
		"InputMismatch" => (
			"the model's input is not committed to values that somebody could attest",
			"compile it with --input-visibility committed, and register that",
		),
		"PointsMismatch" => (
			"the points are not for the answers that the model gives",
			"--points takes one number for a model that reveals a threshold, and one for each label \
			 for a model that reveals the best",
		),
		"AnchorUnknown" | "AnchorTooOld" => (
			"the chain does not know, or not any more, the block that the proof was made for",
			"prove again with `zkml reputation prove`",
		),
		"AnchorUsed" => (
			"the account has proven this model's answer since the block that the proof was made for",
			"a proof counts once: to renew what it earned, prove again with `zkml reputation prove`",
		),
		"Refused" if matches!(cause, Some("InvalidProof" | "MalformedProof")) => (
			"the proof does not show this claim, for this account, area and block",
			"`zkml audit --url …` compares the keys with those registered; else prove again with `zkml \
			 reputation prove`",
		),
		"NotAttested" => match cause {
			Some("NotCommitted") => return reputation("InputMismatch", None),
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
		"MaskNotFull" => (
			"the label is the best of some only, which the prover chose",
			"prove again with `zkml reputation prove`, which allows all",
		),
		"NoPoints" => (
			"the model's answer is worth nothing",
			"`zkml reputation area AREA` lists what each answer is worth",
		),
		"RecordFull" => (
			"the account proved too much lately that is no longer listed, and must be remembered",
			"wait: what is not listed is forgotten in time",
		),
		"RecordNotFound" => {
			("the account has proven nothing in this area", "check account and area")
		},
		"ContributionNotFound" => (
			"the account has proven nothing of this model that counts",
			"it may be struck out already: `zkml reputation show` says so",
		),
		"StillAttested" => (
			"the values are attested as they were",
			"it counts: `zkml attest show` says who vouches",
		),
		"StillRemembered" => (
			"it must be remembered for longer, so that no proof counts again",
			"wait: an hour after the last proof it may go",
		),
		"StillCounts" => (
			"it is worth something, and is another account's",
			"wait until it is worth nothing, or let its own account remove it",
		),
		_ => return None,
	})
}

/// Of `pallet-lending`.
fn lending(name: &str) -> Option<Meaning> {
	Some(match name {
		"AmountZero" => ("the amount is nothing", "name a larger one"),
		"AboveMaxLine" => {
			("it is more than an account may borrow", "`zkml loan pot` says how much that is")
		},
		"PotTooSmall" => (
			"the pot has not so much to give",
			"`zkml loan pot` says how much; `zkml loan fund` gives to it",
		),
		"LineOpen" => (
			"the account has not repaid yet what it borrowed",
			"repay it first: `zkml loan repay all`",
		),
		"Defaulted" => (
			"the account has not repaid in time, and not since",
			"repay it first: `zkml loan repay all`",
		),
		"LineNotFound" => ("the account owes nothing", "nothing is left to do"),
		"NotOverdue" => ("there is time left to repay", "wait: `zkml loan show` says until when"),
		"AlreadyMarked" => {
			("it is known already that the account has not repaid in time", "nothing is left to do")
		},
		_ => return None,
	})
}

/// Of `pallet-npc`.
fn npc(name: &str, cause: Option<&str>) -> Option<Meaning> {
	Some(match name {
		"OpponentNotFound" => (
			"there is no such opponent",
			"check its number and --url; `zkml opponent host` hosts a model",
		),
		"NotHost" => (
			"only the opponent's host may do this",
			"`zkml opponent show` names the host: sign with that account",
		),
		"ModelNotFound" => return zkml("ModelNotFound"),
		"UnsuitableInput" => (
			"the model's input is not a board: 84 values that everybody sees",
			"compile a model of such an input with --input-visibility public",
		),
		"UnsuitableOutput" => (
			"the model's answer is not one of seven columns, among those that a mask allows",
			"compile a model of seven outputs with --reveal masked-argmax",
		),
		"UnsuitableScale" | "StoneOutOfRange" => (
			"a stone, which is a 1, and none, which is a 0, are not both integers that the model's \
			 input takes",
			"quantise the model again, on boards of zeros and ones",
		),
		"MaxGamesTooHigh" => (
			"it is more games at once than this chain allows an opponent",
			"give fewer with --max-games",
		),
		"StakesContradict" => (
			"the least stake is above the greatest",
			"give other ones with --min-stake and --max-stake",
		),
		"GamesRunning" => (
			"the opponent has games that run",
			"`zkml opponent close` lets no more begin; then wait until they end",
		),
		"OpponentClosed" => {
			("its host wants no new games", "wait, or play against another")
		},
		"OpponentBusy" => {
			("it plays as many games as its host wants", "wait, or play against another")
		},
		"StakeTooLow" | "StakeTooHigh" => (
			"the stake is not what the host wants",
			"`zkml opponent show` says between what it must be: give it with --stake",
		),
		"FeeTooHigh" => (
			"a move of the model costs more than you agreed to",
			"`zkml opponent show` says how much: agree to it with --max-fee",
		),
		"HostCannotPay" => (
			"the opponent's host has not the funds for the stake",
			"play for a smaller stake, or against another",
		),
		"TooManyGames" => (
			"the account plays as many games as this chain allows",
			"end one first: `zkml play --games` lists them",
		),
		"NotRanked" => (
			"the opponent is not admitted to ranked games",
			"play without --ranked; the chain's administrators admit with `zkml opponent rank`",
		),
		"OwnOpponent" => (
			"nobody plays ranked games against an own opponent",
			"play without --ranked, or sign with another account",
		),
		"NumbersExhausted" => {
			("no more games or opponents can be numbered", "nothing is left to do")
		},
		"GameNotFound" => (
			"there is no such game, or it has ended",
			"`zkml play --games` lists those of the account that run",
		),
		"NotPlayer" => (
			"the game is another account's",
			"sign with the account that plays it",
		),
		"OutOfTurn" => ("it is the other's turn", "look again: the game has gone on"),
		"TooLate" => (
			"the time for the move has run out",
			"the game is lost for whoever was to move: `zkml play --game` can end it",
		),
		"ColumnNotOpen" => {
			("the column is full, or there is none of this number", "choose another one")
		},
		"Refused" if matches!(cause, Some("InvalidProof" | "MalformedProof")) => (
			"the proof does not show this move, for this game, turn and keeper",
			"`zkml audit --url …` compares the keys with those registered",
		),
		"OtherBoard" | "OtherColumns" => (
			"the proof is for another board, or for other columns than those that are open",
			"do not prove for what this node says: use one that you trust",
		),
		"StillInTime" => {
			("whoever is to move still has time", "wait until no blocks are left")
		},
		"RatingNotFound" => ("the account has no rating", "nothing is left to do"),
		"RankedGameRunning" => {
			("a ranked game of the account runs", "end it first: `zkml play --games` lists it")
		},
		"RatingTooLow" => (
			"a rating below the one that one starts with stays",
			"win ranked games until it is not below",
		),
		_ => return None,
	})
}

/// Of `pallet-governance`.
fn governance(name: &str, cause: Option<&str>) -> Option<Meaning> {
	Some(match name {
		"Refused" if cause == Some("InvalidProof") => (
			"the proof does not show this, for this account and this snapshot or ballot",
			"a proof is good for the account that it was made for, and for one snapshot or ballot: prove \
			 again with `zkml delegate vote`, `zkml parameter move` or `zkml ballot vote`",
		),
		"UnfitModel" => (
			"the model is not registered, or cannot be asked on these terms",
			"its input is public and of as many values as the terms list, and its output fits how they \
			 read it: `zkml model show` says what it is",
		),
		"DelegateNotFound" => {
			("there is no such delegate", "`zkml delegate register` makes one, and prints its number")
		},
		"NotRegistrant" => (
			"only the account that registered the delegate may do this",
			"`zkml delegate show` names it: sign with that account",
		),
		"DelegateClosed" => (
			"the delegate takes no other polls: its registrant has removed it",
			"`zkml delegate settle DELEGATE --poll POLL` forgets the polls that it has, and with the last \
			 the delegate",
		),
		"PollNotOngoing" => (
			"there is no such poll that can be voted on",
			"`zkml poll show` says how it ended; `zkml poll propose` begins another",
		),
		"PollOngoing" => {
			("the poll can still be voted on", "wait until it ends: `zkml poll show`")
		},
		"TooSoon" => (
			"the last snapshot, or the last move, is too young",
			"wait: `zkml delegate show` and `zkml parameter show` say how long",
		),
		"NoMoreSnapshots" => (
			"the delegate's terms allow no more snapshots of this poll",
			"its last answer stands; `zkml delegate show` says how many there are",
		),
		"FeatureUnknown" => (
			"something that the model is to be told is not known",
			"an account that the terms name has to report first, with `zkml delegate report`; or the \
			 chain cannot tell what the proposal would spend",
		),
		"SnapshotNotFound" => (
			"there is no such snapshot, or a later one took its place",
			"to prove, take one with `zkml delegate snapshot` or `zkml parameter snapshot`, and prove for that",
		),
		"AlreadyAnswered" => (
			"an answer to the snapshot was proven already",
			"nothing is left to do, until somebody takes another snapshot",
		),
		"OtherInput" => (
			"the proof is about another input than the snapshot",
			"prove what the model answers to the snapshot: `zkml delegate vote` and `zkml parameter \
			 move` do",
		),
		"OtherOutput" => (
			"the answer is of another kind than the terms read",
			"prove with the circuit and the keys that the model was registered from",
		),
		"NothingToForget" => {
			("there is nothing of the kind to take back", "nothing is left to do")
		},
		"HistoryKept" => (
			"the history is too young to be forgotten, or another put down its deposit",
			"wait half a year after its last change",
		),
		"NotBound" => (
			"no model moves this parameter",
			"the chain's administrators bind one: `zkml parameter bind`",
		),
		"AlreadyBound" => (
			"a model moves this parameter already",
			"release it first: `zkml parameter release`",
		),
		"SnapshotTooOld" => (
			"the snapshot is no longer good",
			"take another with `zkml parameter snapshot`, and prove for that",
		),
		"MalformedBallot" => (
			"the model cannot decide who may vote, or the terms make no sense",
			"compile it with --input-visibility member and --reveal threshold:VALUE, for profiles of this \
			 schema; a ballot has two choices at least, and no more than the chain takes",
		),
		"BallotNotFound" => (
			"there is no such ballot",
			"check its number; one that was closed is forgotten, and its votes stand in the event \
			 BallotClosed",
		),
		"BallotEnded" => (
			"the ballot has ended, and no vote counts any more",
			"`zkml ballot show` shows how it ended",
		),
		"BallotOpen" => (
			"the ballot has not ended",
			"wait: `zkml ballot show` says until when it takes votes",
		),
		"OtherTopic" => {
			("the vote is for another ballot", "prove again with `zkml ballot vote`")
		},
		"NoSuchChoice" => (
			"the ballot has no such choice",
			"`zkml ballot show` lists the choices, from 0",
		),
		"RootUnknown" => (
			"the issuer has not posted the root of this tree, or has posted many since, or is suspended",
			"the issuer posts it with `zkml ballot root --tree … --url …`; then open the ballot",
		),
		"OtherRoot" => (
			"the vote is of another tree than the ballot's",
			"get the tree from the issuer as it was when the ballot was opened: `zkml ballot show` names \
			 its root; who was enrolled later does not vote in this ballot",
		),
		"IssuerSuspended" => (
			"the ballot's issuer is suspended, or vouches for other records now",
			"the chain's administrators lift it: `zkml attest issuer ACCOUNT --resume`, or `--schema …`",
		),
		"SnapshotKept" => (
			"the snapshot is still good",
			"`zkml parameter show` says until when; or prove an answer with `zkml parameter move`",
		),
		"AlreadyVoted" => (
			"this voter has voted in this ballot",
			"everybody votes once, and no vote can be changed",
		),
		"BallotFull" => {
			("there are as many votes as there can be", "nothing is left to do")
		},
		_ => return None,
	})
}

/// Of the chain itself, in words.
fn system(text: &str) -> Option<Meaning> {
	Some(match text {
		text if text.starts_with("Bad origin") => (
			"the account may not make this call",
			"it is another account's to make, or needs a reputation that this one has not",
		),
		text if text.starts_with("Token error") => {
			("the deposit or the fee cannot be paid", "send the account funds")
		},
		text if text.starts_with("Resources exhausted") => {
			("more proofs than the chain takes in one batch", "submit fewer at once")
		},
		_ => return None,
	})
}

/// Of pallets that are not this project's.
fn other(pallet: &str, name: &str) -> Option<Meaning> {
	Some(match (pallet, name) {
		("Sudo", "RequireSudo") => (
			"only the chain's sudo key may do this",
			"sign with it: on a development chain it is //Alice",
		),
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
		("ConvictionVoting", "NotOngoing") => {
			("the poll cannot be voted on any more", "`zkml poll show` says how it ended")
		},
		("ConvictionVoting", "MaxVotesReached") => (
			"the delegate has votes on as many polls as there can be",
			"settle those that have ended: `zkml delegate settle DELEGATE --poll POLL`",
		),
		("Referenda", "BadReferendum") => ("there is no such poll", "check its number"),
		("Referenda", "HasDeposit") => {
			("the deposit for the decision is there already", "nothing is left to do")
		},
		("Referenda", "NotOngoing") => ("the poll has ended", "`zkml poll show` says how"),
		_ => return None,
	})
}
