//! What the chain tells of models and accounts: the types of `pallet-zkml`, as a client decodes
//! them.

use codec::{Compact, Decode, Encode};
use serde::Serialize;
use zkml_primitives::{
	context_for, submission_payload, Commitment, Context, Interface, Metadata, ModelId, Output,
	Scheme, Semantics, Setup, Terms, VerifyingKey, SUBMIT_INFERENCE,
};

/// An account, by its public key.
pub type AccountId = [u8; 32];
/// The number of a block.
pub type BlockNumber = u32;
/// An inference with its proof, as it is submitted.
pub type Submission = zkml_primitives::Submission<BlockNumber>;

/// What the check of an inference needs to know of its model.
#[derive(Clone, Debug, Decode)]
pub struct Model {
	/// The proof system of the key.
	pub scheme: Scheme,
	/// The version of the rules by which the model computes.
	pub semantics: Semantics,
	/// Who made the key.
	pub setup: Setup,
	/// How long its inferences are accepted.
	pub lifecycle: Lifecycle,
	/// Who suspended it.
	pub suspension: Suspension,
	/// On what terms inferences are accepted.
	pub terms: Terms,
	/// What the public signals mean.
	pub interface: Interface,
	/// Number of public signals.
	pub signals: u32,
	/// The verifying key.
	pub key: VerifyingKey,
	/// `e(α, β)` of the key.
	pub alpha_beta: [u8; 384],
}

/// What else is known of a model, less the deposit.
#[derive(Clone, Debug, Decode)]
pub struct Registration {
	/// Who may change and deregister it.
	pub owner: AccountId,
	/// Who registered it. Part of the model's id.
	pub registrant: AccountId,
	/// To whom the owner offered it.
	pub heir: Option<AccountId>,
	/// Its place in its line of versions, from 1.
	pub version: u32,
	/// The version before it.
	pub supersedes: Option<ModelId>,
	/// The version after it.
	pub superseded_by: Option<ModelId>,
	/// When it was registered.
	pub since: BlockNumber,
	/// What people want to know.
	pub metadata: Metadata,
}

/// A registered model.
#[derive(Clone, Debug, Decode)]
pub struct ModelInfo {
	/// Whether inferences are accepted.
	pub status: Status,
	/// What the check needs.
	pub model: Model,
	/// What else is known.
	pub registration: Registration,
}

/// What the owner announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub enum Lifecycle {
	/// No end.
	#[codec(index = 0)]
	Unlimited,
	/// Inferences are accepted up to this block, and never again.
	#[codec(index = 1)]
	Until(BlockNumber),
}

/// Who suspended a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode, Serialize)]
pub struct Suspension {
	/// The owner.
	pub by_owner: bool,
	/// The chain's administrators.
	pub by_admin: bool,
}

/// Whether a model's inferences are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub enum Status {
	/// Yes.
	#[codec(index = 0)]
	Active,
	/// Yes, up to and including a block.
	#[codec(index = 1)]
	Deprecated {
		/// The last block.
		until: BlockNumber,
	},
	/// Not before those who suspended it resume it.
	#[codec(index = 2)]
	Suspended,
	/// Never again.
	#[codec(index = 3)]
	Retired,
}

impl Status {
	/// Its name.
	pub fn name(&self) -> &'static str {
		match self {
			Self::Active => "active",
			Self::Deprecated { .. } => "deprecated",
			Self::Suspended => "suspended",
			Self::Retired => "retired",
		}
	}
}

/// What remains of a model that was deregistered.
#[derive(Clone, Copy, Debug, Decode)]
pub struct Tombstone {
	/// Hash of all that was stored of the model at its end.
	pub record: [u8; 32],
	/// When it was deregistered.
	pub at: BlockNumber,
	/// Whether it was suspended then, or the admin suspended it afterwards.
	pub suspended: bool,
	/// Whether its key was for development only.
	pub development: bool,
}

/// Rules for all models of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode, Serialize)]
pub struct Policy {
	/// Whether models are accepted whose key one party made alone.
	pub allow_development_keys: bool,
	/// Whether nothing is verified.
	pub paused: bool,
}

/// That an account had an output of a model accepted.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Receipt {
	/// What the model answered.
	pub output: Output,
	/// What stands for the input, where the model has it committed.
	pub input: Option<Commitment>,
	/// Which of the account's inferences of the model it was, from 0.
	pub nonce: u64,
	/// When it was accepted.
	pub at: BlockNumber,
	/// The last block in which it counts.
	pub until: BlockNumber,
}

/// What an account's next proof of a model must be made for, by the node's word.
#[derive(Clone, Debug, Decode)]
pub(super) struct NextContext {
	pub(super) context: Context,
	pub(super) preimage: Vec<u8>,
	pub(super) nonce: u64,
	pub(super) anchor: Option<BlockNumber>,
}

/// A block that a proof is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
	/// Its number.
	pub block: BlockNumber,
	/// Its hash.
	pub hash: [u8; 32],
}

/// What a proof must be made for.
#[derive(Clone, Copy, Debug)]
pub struct Next {
	/// Hash of the chain's first block.
	pub genesis: [u8; 32],
	/// The model.
	pub model: ModelId,
	/// The account that will submit.
	pub account: AccountId,
	/// The account's nonce for the model.
	pub nonce: u64,
	/// The block, if the model asks for one.
	pub anchor: Option<Anchor>,
	/// At most how old that may be when the proof is accepted, in blocks.
	pub max_age: Option<u32>,
}

impl Next {
	/// The same, `ahead` submissions later.
	pub fn later(self, ahead: u64) -> Self {
		Self { nonce: self.nonce.saturating_add(ahead), ..self }
	}

	/// The public signal.
	pub fn context(&self) -> Context {
		let payload =
			submission_payload(self.nonce, self.anchor.as_ref().map(|anchor| &anchor.hash));
		context_for(&self.genesis, SUBMIT_INFERENCE, self.model, &self.account, &payload)
	}
}

/// What a call costs the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Weight {
	/// Time, in picoseconds of the reference machine.
	pub ref_time: u64,
	/// Bytes of proof of storage.
	pub proof_size: u64,
}

impl Decode for Weight {
	fn decode<I: codec::Input>(input: &mut I) -> Result<Self, codec::Error> {
		let (Compact(ref_time), Compact(proof_size)) =
			<(Compact<u64>, Compact<u64>)>::decode(input)?;
		Ok(Self { ref_time, proof_size })
	}
}

impl Encode for Weight {
	fn encode_to<O: codec::Output + ?Sized>(&self, output: &mut O) {
		(Compact(self.ref_time), Compact(self.proof_size)).encode_to(output);
	}
}

/// The runtime's error of a call. Its layout is Substrate's; words come from the metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) enum Reason {
	Other,
	CannotLookup,
	BadOrigin,
	Module { pallet: u8, error: [u8; 4] },
	ConsumerRemaining,
	NoProviders,
	TooManyConsumers,
	Token(u8),
	Arithmetic(u8),
	Transactional(u8),
	Exhausted,
	Corruption,
	Unavailable,
	RootNotAllowed,
	Trie(u8),
}

/// A submission would fail.
#[derive(Clone, Debug, Decode)]
pub(super) struct RefusedRaw {
	pub(super) error: Reason,
	pub(super) culprits: Vec<(u32, Reason)>,
}

/// A submission would fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
	/// With this error, such as `Zkml::InvalidProof`.
	pub error: String,
	/// Of a batch: the positions of those that would fail by themselves, each with its error.
	pub culprits: Vec<(usize, String)>,
}

/// What a transaction would cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
	/// What is taken first, in the smallest unit.
	pub most: u128,
	/// What it comes to after what is not used was refunded, about.
	pub likely: u128,
}

/// What to register.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
	/// The verifying key.
	pub key: &'a VerifyingKey,
	/// What the public signals mean.
	pub interface: &'a Interface,
	/// Who made the key.
	pub setup: Setup,
	/// What people want to know.
	pub metadata: &'a Metadata,
	/// On what terms inferences are accepted.
	pub terms: Terms,
	/// The version before it.
	pub supersedes: Option<ModelId>,
}
