//! What is stored and signed, and what other pallets ask.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	pallet_prelude::Get, weights::Weight, BoundedVec, CloneNoBound, DebugNoBound, EqNoBound,
	PalletError, PartialEqNoBound,
};
use scale_info::TypeInfo;
use zkml_primitives::{Commitment, SchemaId};

/// Who may attest values of which schemas.
#[derive(
	CloneNoBound, DebugNoBound, PartialEqNoBound, EqNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(MaxSchemas))]
pub struct Issuer<MaxSchemas: Get<u32>> {
	/// The schemas, none twice.
	pub schemas: BoundedVec<SchemaId, MaxSchemas>,
	/// Whether nothing that it attested counts.
	pub suspended: bool,
}

/// What is attested of a subject and a schema.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Credential<AccountId, BlockNumber, Ticket> {
	/// Who vouches.
	pub issuer: AccountId,
	/// To the values; `None` where it was revoked.
	pub commitment: Option<Commitment>,
	/// The last block in which it counts; `None` for no end.
	pub expires: Option<BlockNumber>,
	/// When it was signed, attested or revoked: nothing that was signed up to this block can be claimed.
	pub since: BlockNumber,
	/// Who put down the deposit.
	pub depositor: AccountId,
	/// The deposit.
	pub ticket: Ticket,
}

impl<AccountId, BlockNumber: PartialOrd, Ticket> Credential<AccountId, BlockNumber, Ticket> {
	/// Whether its last block is past.
	pub(crate) fn has_expired(&self, now: BlockNumber) -> bool {
		self.expires.as_ref().is_some_and(|last| *last < now)
	}

	/// The same without its deposit.
	pub(crate) fn without_ticket(self) -> Credential<AccountId, BlockNumber, ()> {
		let Self { issuer, commitment, expires, since, depositor, ticket: _ } = self;
		Credential { issuer, commitment, expires, since, depositor, ticket: () }
	}
}

/// A root, and when it was posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Root<BlockNumber> {
	/// The root.
	pub root: Commitment,
	/// The block.
	pub posted: BlockNumber,
}

/// The last roots of an issuer and a schema.
#[derive(
	CloneNoBound, DebugNoBound, PartialEqNoBound, EqNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(MaxRoots))]
pub struct Roots<
	BlockNumber: Clone + core::fmt::Debug + PartialEq + Eq,
	Ticket: Clone + core::fmt::Debug + PartialEq + Eq,
	MaxRoots: Get<u32>,
> {
	/// The oldest first.
	pub posted: BoundedVec<Root<BlockNumber>, MaxRoots>,
	/// The deposit.
	pub ticket: Ticket,
}

/// Why values do not count as attested.
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
	PalletError,
)]
pub enum NotAttested {
	/// The model's input is not committed.
	#[codec(index = 0)]
	NotCommitted,
	/// Nothing of this schema is attested of the subject and counts now.
	#[codec(index = 1)]
	NoCredential,
	/// The attestation is by an issuer that is not asked for.
	#[codec(index = 2)]
	OtherIssuer,
	/// Other values are attested.
	#[codec(index = 3)]
	OtherValues,
}

/// For pallets that act only on inferences over values that somebody vouches for.
pub trait Attested<AccountId, BlockNumber> {
	/// Checks that the committed input of an inference is what one of these issuers attests of the
	/// subject, and that this counts now.
	///
	/// # Errors
	/// [`NotAttested`].
	fn ensure_attested(
		inference: &pallet_zkml::VerifiedInference,
		subject: &AccountId,
		schema: SchemaId,
		issuers: &[AccountId],
	) -> Result<(), NotAttested> {
		let commitment = inference.input_commitment().ok_or(NotAttested::NotCommitted)?;
		Self::ensure_committed(commitment, subject, schema, issuers)
	}

	/// The same of a commitment, for an inference that was proven before.
	///
	/// # Errors
	/// [`NotAttested`].
	fn ensure_committed(
		commitment: Commitment,
		subject: &AccountId,
		schema: SchemaId,
		issuers: &[AccountId],
	) -> Result<(), NotAttested>;

	/// Whether an issuer may vouch for records of a schema now.
	fn vouches(issuer: &AccountId, schema: SchemaId) -> bool;

	/// The block in which an issuer posted a root, if that is remembered and counts.
	fn root_posted(issuer: &AccountId, schema: SchemaId, root: Commitment) -> Option<BlockNumber>;

	/// What any of these costs.
	fn weight() -> Weight;
}
