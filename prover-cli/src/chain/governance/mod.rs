//! `pallet-governance`: models that vote on polls, and models that move parameters.

mod ballots;
mod types;

pub use ballots::{Ballot, BallotId, BallotTerms, Polling};
pub use types::{
	Binding, BindingTerms, Decision, Delegate, DelegateId, DelegateTerms, Feature, Input, Motion,
	Parameter, ParameterMoved, Snapshot, Subject, VoteCast,
};

use super::{
	calls::Call,
	polls::{Poll, PollIndex},
	runtime, AccountId, BlockNumber, Chain, ChainError, Included, ModelInfo, State, Status,
};
use codec::{Compact, Encode};
use subxt::config::{substrate::BlakeTwo256, Hasher};
use subxt_signer::sr25519::Keypair;
use zkml_primitives::{context_for, Context, HintedProof, Inference, ModelId, Setup};

/// The pallet's name in the runtime.
const PALLET: &str = "Governance";
/// Sets contexts of votes apart from all others.
const CAST_VOTE: &[u8] = b"governance/cast_vote";
/// Sets contexts of moves apart from all others.
const MOVE_PARAMETER: &[u8] = b"governance/move_parameter";

/// A snapshot that waits for an answer, and what the proof must be made for.
#[derive(Clone, Debug)]
pub struct OpenSnapshot {
	/// Of what the snapshot is.
	pub subject: Subject,
	/// The model that is to answer, whose inferences are accepted.
	pub model: ModelInfo,
	/// Its id.
	pub id: ModelId,
	/// What it is told.
	pub snapshot: Snapshot,
	/// The context of the account's proof.
	pub context: Context,
}

/// What the chain would say, known before a fee is paid.
fn refused(name: &str) -> ChainError {
	ChainError::Needless(format!("{PALLET}::{name}"))
}

/// An account of which nobody has the key: a hash.
fn keyless(of: impl Encode) -> AccountId {
	BlakeTwo256.hash(&of.encode()).0
}

/// The account of a delegate, to which holders delegate.
pub fn delegate_account(delegate: DelegateId) -> AccountId {
	keyless((*b"zkml/governance/delegate", delegate))
}

/// The account of which moves of a parameter are rewarded.
pub fn parameter_account(parameter: Parameter) -> AccountId {
	keyless((*b"zkml/governance/parameter", parameter))
}

impl Subject {
	/// What an account's proof of an answer to a snapshot must be made for.
	pub fn context(
		&self,
		genesis: &[u8; 32],
		model: ModelId,
		at: BlockNumber,
		account: AccountId,
	) -> Context {
		let (domain, payload) = match self {
			Self::Poll { .. } => (CAST_VOTE, (self, at).encode()),
			Self::Parameter(key) => (MOVE_PARAMETER, (key, at).encode()),
		};
		context_for(genesis, domain, model, &account, &payload)
	}
}

impl State {
	/// A delegate.
	///
	/// # Errors
	/// [`ChainError::Needless`] if there is none.
	pub async fn delegate(&self, delegate: DelegateId) -> Result<Delegate, ChainError> {
		let found: Option<Delegate> = self.view_of(PALLET, "delegate", delegate).await?;
		found.ok_or_else(|| refused("DelegateNotFound"))
	}

	/// On what terms a model moves a parameter.
	///
	/// # Errors
	/// [`ChainError::Needless`] if none does.
	pub async fn binding(&self, parameter: Parameter) -> Result<Binding, ChainError> {
		let found: Option<(Binding, AccountId)> =
			self.view_of(PALLET, "binding", parameter).await?;
		found.map(|(binding, _)| binding).ok_or_else(|| refused("NotBound"))
	}

	/// What a parameter is, as it was when the connection was made.
	pub fn parameter(&self, parameter: Parameter) -> Result<u128, ChainError> {
		match parameter {
			Parameter::LendingFee => Ok(self.loan_terms()?.fee.into()),
		}
	}

	/// The last snapshot of a subject.
	pub async fn snapshot(&self, subject: Subject) -> Result<Option<Snapshot>, ChainError> {
		self.view_of(PALLET, "snapshot", subject).await
	}

	/// What a delegate's model would be told of a poll now; `None` if something is not known.
	pub async fn features(
		&self,
		delegate: DelegateId,
		poll: PollIndex,
	) -> Result<Option<Vec<i32>>, ChainError> {
		self.view_of(PALLET, "features", (delegate, poll)).await
	}

	/// What an account reports.
	pub async fn reported(
		&self,
		by: AccountId,
		poll: Option<PollIndex>,
		key: u32,
	) -> Result<Option<u128>, ChainError> {
		self.view_of(PALLET, "reported", (by, poll, key)).await
	}

	/// A model whose inferences are accepted.
	///
	/// # Errors
	/// [`ChainError::Needless`] with what the chain would say of its proofs, if they are not.
	pub async fn answering(&self, model: ModelId) -> Result<ModelInfo, ChainError> {
		let unproven = |cause: &str| Err(refused(&format!("Refused({cause})")));
		let info = match self.registered(model).await {
			Err(ChainError::ModelNotFound(_)) => return unproven("ModelNotFound"),
			Err(ChainError::ModelDeregistered { .. }) => return unproven("ModelRetired"),
			other => other?,
		};
		let policy = self.policy().await?;
		match info.status {
			_ if policy.paused => unproven("VerificationPaused"),
			Status::Suspended => unproven("ModelSuspended"),
			Status::Retired => unproven("ModelRetired"),
			_ if info.model.setup == Setup::Development && !policy.allow_development_keys => {
				unproven("DevelopmentKeyRefused")
			},
			Status::Active | Status::Deprecated { .. } => Ok(info),
		}
	}

	/// The last snapshot of a subject, which waits for an answer, and what an account's proof of one
	/// must be made for. The context is computed here.
	///
	/// # Errors
	/// [`ChainError::Needless`] if the chain would take no answer; [`ChainError::Contradiction`] if the
	/// node says that the context is another.
	pub async fn open_snapshot(
		&self,
		subject: Subject,
		account: AccountId,
	) -> Result<OpenSnapshot, ChainError> {
		let id = match subject {
			Subject::Poll { delegate, .. } => self.delegate(delegate).await?.model,
			Subject::Parameter(parameter) => self.binding(parameter).await?.terms.model,
		};
		let snapshot = self.snapshot(subject).await?.ok_or_else(|| refused("SnapshotNotFound"))?;
		match subject {
			Subject::Poll { poll, .. } => {
				self.ensure_ongoing(poll).await?;
				if snapshot.answered {
					return Err(refused("AlreadyAnswered"));
				}
			},
			Subject::Parameter(parameter) => {
				let validity = self.binding(parameter).await?.terms.validity;
				// The next block is the first that could hold an answer.
				if self.height() >= snapshot.at.saturating_add(validity) {
					return Err(refused("SnapshotTooOld"));
				}
			},
		}
		let model = self.answering(id).await?;
		let context = subject.context(&self.chain().genesis(), id, snapshot.at, account);
		let told: Option<Context> = self.view_of(PALLET, "context", (subject, account)).await?;
		if told != Some(context) {
			return Err(ChainError::Contradiction(format!(
				"the context of the snapshot of block {} is 0x{}, not {}",
				snapshot.at,
				hex::encode(context.0),
				told.map_or("none".into(), |told| format!("0x{}", hex::encode(told.0)))
			)));
		}
		Ok(OpenSnapshot { subject, model, id, snapshot, context })
	}

	/// Checks that a snapshot can be taken, as far as that is known beforehand.
	///
	/// # Errors
	/// [`ChainError::Needless`] with what the chain would say.
	pub async fn ensure_snapshot(&self, subject: Subject) -> Result<(), ChainError> {
		let before = self.snapshot(subject).await?;
		// The next block is the first that could hold it.
		let next = self.height().saturating_add(1);
		match subject {
			Subject::Poll { delegate, poll } => {
				let Delegate { terms, closed, .. } = self.delegate(delegate).await?;
				if closed && before.is_none() {
					return Err(refused("DelegateClosed"));
				}
				self.ensure_ongoing(poll).await?;
				if self.features(delegate, poll).await?.is_none() {
					return Err(refused("FeatureUnknown"));
				}
				let Some(before) = before else { return Ok(()) };
				if before.number >= terms.snapshots {
					return Err(refused("NoMoreSnapshots"));
				}
				match next < before.at.saturating_add(terms.interval) {
					true => Err(refused("TooSoon")),
					false => Ok(()),
				}
			},
			Subject::Parameter(parameter) => {
				let Binding { terms, moved, .. } = self.binding(parameter).await?;
				let early = moved.is_some_and(|moved| next < moved.saturating_add(terms.period));
				let good =
					before.is_some_and(|before| next <= before.at.saturating_add(terms.validity));
				if early || good {
					return Err(refused("TooSoon"));
				}
				for input in terms.inputs {
					if let Feature::Reported { by, key } = input.feature {
						let reported = self.reported(by, None, key).await?;
						reported.ok_or_else(|| refused("FeatureUnknown"))?;
					}
				}
				Ok(())
			},
		}
	}

	/// Checks that a parameter's snapshot can be forgotten.
	///
	/// # Errors
	/// [`ChainError::Needless`] with what the chain would say.
	pub async fn ensure_forgettable(&self, parameter: Parameter) -> Result<(), ChainError> {
		let snapshot = self.snapshot(Subject::Parameter(parameter)).await?;
		let at = snapshot.ok_or_else(|| refused("SnapshotNotFound"))?.at;
		let validity = self.binding(parameter).await?.terms.validity;
		// The next block is the first that could do it.
		match self.height() >= at.saturating_add(validity) {
			true => Ok(()),
			false => Err(refused("SnapshotKept")),
		}
	}

	/// Checks that a poll can be voted on.
	async fn ensure_ongoing(&self, poll: PollIndex) -> Result<(), ChainError> {
		match self.poll(poll).await? {
			Some(Poll::Ongoing(_)) => Ok(()),
			_ => Err(refused("PollNotOngoing")),
		}
	}
}

impl Included {
	/// The delegate that was registered.
	///
	/// # Errors
	/// [`ChainError::Runtime`] if there is none; [`ChainError::Contradiction`] if its account is not the
	/// hash of its number.
	pub fn registered_delegate(&self) -> Result<(DelegateId, AccountId), ChainError> {
		let (delegate, _, account): (DelegateId, ModelId, AccountId) = self
			.event("Governance.DelegateRegistered")
			.ok_or_else(|| runtime("it reported no delegate"))?;
		if account != delegate_account(delegate) {
			return Err(ChainError::Contradiction(format!(
				"the account of delegate {delegate} is 0x{}, not 0x{}",
				hex::encode(delegate_account(delegate)),
				hex::encode(account)
			)));
		}
		Ok((delegate, account))
	}

	/// The block that names a snapshot that was taken.
	///
	/// # Errors
	/// [`ChainError::Runtime`] if there is none.
	pub fn snapshot_block(&self) -> Result<BlockNumber, ChainError> {
		let poll = self.event::<(DelegateId, PollIndex, BlockNumber)>("Governance.PollSnapshotted");
		let parameter =
			|| self.event::<(Parameter, BlockNumber)>("Governance.ParameterSnapshotted");
		(poll.map(|(_, _, at)| at))
			.or_else(|| parameter().map(|(_, at)| at))
			.ok_or_else(|| runtime("it reported no snapshot"))
	}

	/// Whether a delegate was forgotten.
	pub fn delegate_removed(&self) -> bool {
		self.event::<DelegateId>("Governance.DelegateRemoved").is_some()
	}

	/// The vote that was cast.
	///
	/// # Errors
	/// [`ChainError::Runtime`] if there is none.
	pub fn vote_cast(&self) -> Result<VoteCast, ChainError> {
		self.event("Governance.VoteCast").ok_or_else(|| runtime("it reported no vote"))
	}

	/// The parameter that was moved.
	///
	/// # Errors
	/// [`ChainError::Runtime`] if there is none.
	pub fn parameter_moved(&self) -> Result<ParameterMoved, ChainError> {
		self.event("Governance.ParameterMoved").ok_or_else(|| runtime("it reported no move"))
	}
}

impl Chain {
	/// Lets a model vote.
	pub async fn register_delegate(
		&self,
		signer: &Keypair,
		model: ModelId,
		terms: &DelegateTerms,
	) -> Result<Included, ChainError> {
		self.send_to(PALLET, signer, Call::new("register_delegate", (model, terms))).await
	}

	/// Lets a model vote no more.
	pub async fn remove_delegate(
		&self,
		signer: &Keypair,
		delegate: DelegateId,
	) -> Result<Included, ChainError> {
		self.send_to(PALLET, signer, Call::new("remove_delegate", delegate)).await
	}

	/// Freezes what a model is told.
	pub async fn take_snapshot(
		&self,
		signer: &Keypair,
		subject: Subject,
	) -> Result<Included, ChainError> {
		let call = match subject {
			Subject::Poll { delegate, poll } => {
				Call::new("snapshot_poll", (delegate, Compact(poll)))
			},
			Subject::Parameter(parameter) => Call::new("snapshot_parameter", parameter),
		};
		self.send_to(PALLET, signer, call).await
	}

	/// Casts a delegate's vote, or moves a parameter, as a model answers to the snapshot of a block.
	/// `signals` is the number of public signals to pay for.
	pub async fn answer_snapshot(
		&self,
		signer: &Keypair,
		subject: Subject,
		at: BlockNumber,
		signals: u32,
		inference: &Inference,
		proof: &HintedProof,
	) -> Result<Included, ChainError> {
		let rest = (Compact(at), Compact(signals), inference, proof);
		let call = match subject {
			Subject::Poll { delegate, poll } => {
				Call::new("cast_vote", (delegate, Compact(poll), rest))
			},
			Subject::Parameter(parameter) => Call::new("move_parameter", (parameter, rest)),
		};
		self.send_to(PALLET, signer, call).await
	}

	/// Forgets a delegate's snapshot and vote of a poll that has ended.
	pub async fn settle_poll(
		&self,
		signer: &Keypair,
		delegate: DelegateId,
		poll: PollIndex,
	) -> Result<Included, ChainError> {
		let call = Call::new("settle_poll", (delegate, Compact(poll)));
		self.send_to(PALLET, signer, call).await
	}

	/// Forgets a parameter's snapshot that is good no more.
	pub async fn forget_snapshot(
		&self,
		signer: &Keypair,
		parameter: Parameter,
	) -> Result<Included, ChainError> {
		self.send_to(PALLET, signer, Call::new("forget_snapshot", parameter)).await
	}

	/// Reports something that the chain cannot know, or takes it back.
	pub async fn report(
		&self,
		signer: &Keypair,
		poll: Option<PollIndex>,
		key: u32,
		value: Option<u128>,
	) -> Result<Included, ChainError> {
		self.send_to(PALLET, signer, Call::new("report", (poll, key, value))).await
	}

	/// Lets a model move a parameter, as the chain's sudo key.
	pub async fn bind_parameter(
		&self,
		sudo: &Keypair,
		parameter: Parameter,
		terms: &BindingTerms,
	) -> Result<Included, ChainError> {
		self.as_root(PALLET, sudo, &Call::new("bind_parameter", (parameter, terms))).await
	}

	/// Lets no model move a parameter any more, as the chain's sudo key.
	pub async fn release_parameter(
		&self,
		sudo: &Keypair,
		parameter: Parameter,
	) -> Result<Included, ChainError> {
		self.as_root(PALLET, sudo, &Call::new("release_parameter", parameter)).await
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_keyless_account_is_the_hash_of_a_name_and_a_number() {
		let mut preimage = b"zkml/governance/delegate".to_vec();
		preimage.extend(7u32.to_le_bytes());
		assert_eq!(delegate_account(7), BlakeTwo256.hash(&preimage).0);
		preimage = b"zkml/governance/parameter".to_vec();
		preimage.push(0);
		assert_eq!(parameter_account(Parameter::LendingFee), BlakeTwo256.hash(&preimage).0);
		assert_ne!(delegate_account(7), delegate_account(8));
	}

	#[test]
	fn a_context_names_subject_and_snapshot_and_account() {
		let model = ModelId([2; 32]);
		let vote = Subject::Poll { delegate: 1, poll: 2 };
		let context =
			|subject: Subject, at, account| subject.context(&[1; 32], model, at, [account; 32]);
		let mut payload = vec![0u8];
		for number in [1u32, 2, 9] {
			payload.extend(number.to_le_bytes());
		}
		let expected = context_for(&[1; 32], CAST_VOTE, model, &[3u8; 32], &payload);
		assert_eq!(context(vote, 9, 3), expected);
		for other in [
			context(Subject::Poll { delegate: 2, poll: 2 }, 9, 3),
			context(Subject::Poll { delegate: 1, poll: 1 }, 9, 3),
			context(vote, 8, 3),
			context(vote, 9, 4),
		] {
			assert_ne!(other, expected);
		}
		let payload = [&[0u8][..], &9u32.to_le_bytes()].concat();
		let expected = context_for(&[1; 32], MOVE_PARAMETER, model, &[3u8; 32], &payload);
		assert_eq!(context(Subject::Parameter(Parameter::LendingFee), 9, 3), expected);
	}
}
