//! What the registry keeps.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use zkml_primitives::{
	Commitment, Context, Interface, Metadata, ModelId, Output, Scheme, Semantics, Setup, Terms,
	VerifyingKey,
};
use zkml_verifier::RawKey;

/// What the check of an inference needs to know of its model.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Model<BlockNumber> {
	/// The proof system of the key.
	pub scheme: Scheme,
	/// The version of the rules by which the model computes.
	pub semantics: Semantics,
	/// Who made the key, by the registrant's word.
	pub setup: Setup,
	/// How long its inferences are accepted, if the owner said so.
	pub lifecycle: Lifecycle<BlockNumber>,
	/// Who suspended it.
	pub suspension: Suspension,
	/// On what terms inferences are accepted that are for nobody in particular.
	pub terms: Terms,
	/// What the public signals mean, by the registrant's word.
	pub interface: Interface,
	/// Number of public signals.
	pub signals: u32,
	/// The verifying key; every point was checked at registration.
	pub key: VerifyingKey,
	/// What stands for `e(α, β)` of the key: [`zkml_verifier::generic::PreparedKey::alpha_beta`].
	pub alpha_beta: [u8; 384],
}

/// What else is known of a model.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Registration<AccountId, BlockNumber, Deposit> {
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
	/// What the owner put down for the storage.
	pub deposit: Deposit,
}

/// What the owner announced.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Lifecycle<BlockNumber> {
	/// No end.
	#[codec(index = 0)]
	Unlimited,
	/// Inferences are accepted up to this block, and never again.
	#[codec(index = 1)]
	Until(BlockNumber),
}

/// Who suspended a model. Each lifts only what it imposed.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Suspension {
	/// The owner.
	pub by_owner: bool,
	/// The chain's admin origin.
	pub by_admin: bool,
}

impl Suspension {
	/// Whether anybody did.
	pub fn is_suspended(self) -> bool {
		self.by_owner || self.by_admin
	}

	/// What an authority imposed.
	pub(crate) fn of(&mut self, authority: Authority) -> &mut bool {
		match authority {
			Authority::Owner => &mut self.by_owner,
			Authority::Admin => &mut self.by_admin,
		}
	}
}

/// In what capacity somebody suspends or resumes a model.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Authority {
	/// As its owner.
	#[codec(index = 0)]
	Owner,
	/// As the chain's admin origin.
	#[codec(index = 1)]
	Admin,
}

/// Whether a model's inferences are accepted.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Status<BlockNumber> {
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
	/// Never again: the end that the owner announced has passed, or the model was deregistered.
	#[codec(index = 3)]
	Retired,
}

impl<BlockNumber> Model<BlockNumber> {
	/// Whether one party made the key alone, and could forge.
	pub(crate) fn is_for_development(&self) -> bool {
		self.setup == Setup::Development
	}
}

impl<BlockNumber: Copy + PartialOrd> Model<BlockNumber> {
	/// Whether inferences are accepted in block `now`.
	pub fn status(&self, now: BlockNumber) -> Status<BlockNumber> {
		match self.lifecycle {
			Lifecycle::Until(until) if until < now => Status::Retired,
			_ if self.suspension.is_suspended() => Status::Suspended,
			Lifecycle::Until(until) => Status::Deprecated { until },
			Lifecycle::Unlimited => Status::Active,
		}
	}
}

/// A registered model, as clients read it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ModelInfo<AccountId, BlockNumber> {
	/// Whether inferences are accepted now.
	pub status: Status<BlockNumber>,
	/// What the check needs.
	pub model: Model<BlockNumber>,
	/// What else is known, less the deposit.
	pub registration: Registration<AccountId, BlockNumber, ()>,
}

/// What remains of a model that was deregistered.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Tombstone<BlockNumber> {
	/// Hash of all that was stored of the model at its end: see [`Tombstone::record`].
	pub record: [u8; 32],
	/// When it was deregistered.
	pub at: BlockNumber,
	/// Whether it was suspended then, or the admin suspended it afterwards.
	pub suspended: bool,
	/// Whether its key was for development only.
	pub development: bool,
}

/// Rules for all models of a chain.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Policy {
	/// Whether models are accepted whose key one party made alone, and could forge for.
	pub allow_development_keys: bool,
	/// Whether nothing is verified.
	pub paused: bool,
}

/// That an account had an output of a model accepted.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Receipt<BlockNumber, Deposit> {
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
	/// What the account put down for the storage.
	pub deposit: Deposit,
}

/// What an account's next proof of a model must be made for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct NextContext<BlockNumber> {
	/// The public signal.
	pub context: Context,
	/// What it is the hash of: see [`zkml_primitives::context_preimage`].
	pub preimage: alloc::vec::Vec<u8>,
	/// The account's nonce for the model.
	pub nonce: u64,
	/// The block whose hash is in the context, if the model asks for one: the newest of which the
	/// chain knows the hash.
	pub anchor: Option<BlockNumber>,
}

impl<AccountId, BlockNumber, Deposit> Registration<AccountId, BlockNumber, Deposit> {
	/// The same with another deposit.
	pub(crate) fn with_deposit<Other>(
		self,
		deposit: Other,
	) -> Registration<AccountId, BlockNumber, Other> {
		let Self {
			owner,
			registrant,
			heir,
			version,
			supersedes,
			superseded_by,
			since,
			metadata,
			deposit: _,
		} = self;
		Registration {
			owner,
			registrant,
			heir,
			version,
			supersedes,
			superseded_by,
			since,
			metadata,
			deposit,
		}
	}
}

impl<BlockNumber, Deposit> Receipt<BlockNumber, Deposit> {
	/// The same with another deposit.
	pub(crate) fn with_deposit<Other>(self, deposit: Other) -> Receipt<BlockNumber, Other> {
		let Self { output, input, nonce, at, until, deposit: _ } = self;
		Receipt { output, input, nonce, at, until, deposit }
	}
}

impl<BlockNumber> Tombstone<BlockNumber> {
	/// `blake2_256(SCALE(id, model, registration))`, the registration without its deposit. Who kept
	/// the model's description can show with it what was registered.
	pub fn record<AccountId: Encode>(
		id: ModelId,
		model: &Model<BlockNumber>,
		registration: &Registration<AccountId, BlockNumber, ()>,
	) -> [u8; 32]
	where
		BlockNumber: Encode,
	{
		(id, model, registration).using_encoded(sp_crypto_hashing::blake2_256)
	}
}

/// The key as the verifier takes it.
pub(crate) fn raw(key: &VerifyingKey) -> RawKey<'_> {
	let VerifyingKey { alpha, beta, gamma, delta, ic } = key;
	RawKey { alpha, beta, gamma, delta, ic }
}
