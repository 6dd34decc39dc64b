//! `pallet-attestation`: who vouches for committed values.

use super::{
	calls::{multi_address, Call},
	AccountId, BlockNumber, Chain, ChainError, Included, State,
};
use codec::Decode;
use subxt_signer::sr25519::Keypair;
use zkml_primitives::{Commitment, SchemaId};

/// The pallet's name in the runtime.
const PALLET: &str = "Attestation";

/// What an issuer vouches for.
pub type Attestation = zkml_primitives::Attestation<AccountId, BlockNumber>;

/// Who may attest values of which schemas.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Issuer {
	/// The schemas.
	pub schemas: Vec<SchemaId>,
	/// Whether nothing that it attested counts.
	pub suspended: bool,
}

/// What is attested of an account and a schema.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Credential {
	/// Who vouches.
	pub issuer: AccountId,
	/// To the values; `None` where it was revoked.
	pub commitment: Option<Commitment>,
	/// The last block in which it counts; `None` for no end.
	pub expires: Option<BlockNumber>,
	/// When it was signed, attested or revoked.
	pub since: BlockNumber,
	/// Who put down the deposit.
	pub depositor: AccountId,
}

impl State {
	/// What an account may attest.
	pub async fn issuer(&self, account: AccountId) -> Result<Option<Issuer>, ChainError> {
		self.view_of(PALLET, "issuer", account).await
	}

	/// Checks that an account may attest values of a schema, before a fee is paid to learn it.
	///
	/// # Errors
	/// [`ChainError::Needless`] with what the chain would say.
	pub async fn ensure_issuer(
		&self,
		account: AccountId,
		schema: SchemaId,
	) -> Result<(), ChainError> {
		let refused = |name: &str| Err(ChainError::Needless(format!("{PALLET}::{name}")));
		match self.issuer(account).await? {
			None => refused("IssuerNotFound"),
			Some(issuer) if issuer.suspended => refused("IssuerSuspended"),
			Some(issuer) if !issuer.schemas.contains(&schema) => refused("SchemaNotAllowed"),
			Some(_) => Ok(()),
		}
	}

	/// What is attested of an account and counts.
	pub async fn credential(
		&self,
		subject: AccountId,
		schema: SchemaId,
	) -> Result<Option<Credential>, ChainError> {
		self.view_of(PALLET, "credential", (subject, schema)).await
	}

	/// The block in which an issuer posted a root, if it is remembered and counts.
	pub async fn root_posted(
		&self,
		issuer: AccountId,
		schema: SchemaId,
		root: Commitment,
	) -> Result<Option<BlockNumber>, ChainError> {
		self.view_of(PALLET, "root", (issuer, schema, root)).await
	}
}

impl Chain {
	/// Attests values of an account.
	pub async fn attest(
		&self,
		issuer: &Keypair,
		attestation: &Attestation,
	) -> Result<Included, ChainError> {
		let Attestation { subject, schema, commitment, expires, .. } = attestation;
		let arguments = (multi_address(*subject), schema, commitment, expires);
		self.send_to(PALLET, issuer, Call::new("attest", arguments)).await
	}

	/// Claims an attestation that was signed with sr25519.
	pub async fn claim(
		&self,
		subject: &Keypair,
		attestation: &Attestation,
		signature: [u8; 64],
	) -> Result<Included, ChainError> {
		// `MultiSignature::Sr25519`.
		let arguments = (attestation, 1u8, signature);
		self.send_to(PALLET, subject, Call::new("claim", arguments)).await
	}

	/// Takes an attestation back.
	pub async fn revoke(
		&self,
		issuer: &Keypair,
		subject: AccountId,
		schema: SchemaId,
	) -> Result<Included, ChainError> {
		let arguments = (multi_address(subject), schema);
		self.send_to(PALLET, issuer, Call::new("revoke", arguments)).await
	}

	/// Forgets an attestation, and returns its deposit.
	pub async fn remove_credential(
		&self,
		signer: &Keypair,
		subject: AccountId,
		schema: SchemaId,
	) -> Result<Included, ChainError> {
		let arguments = (multi_address(subject), schema);
		self.send_to(PALLET, signer, Call::new("remove", arguments)).await
	}

	/// Posts the root of a tree of attestations.
	pub async fn post_root(
		&self,
		issuer: &Keypair,
		schema: SchemaId,
		root: Commitment,
	) -> Result<Included, ChainError> {
		self.send_to(PALLET, issuer, Call::new("post_root", (schema, root))).await
	}

	/// Says which values an account may attest, as the chain's sudo key.
	pub async fn set_issuer(
		&self,
		sudo: &Keypair,
		issuer: AccountId,
		schemas: &[SchemaId],
	) -> Result<Included, ChainError> {
		let call = Call::new("set_issuer", (multi_address(issuer), schemas));
		self.as_root(PALLET, sudo, &call).await
	}

	/// Lets nothing count that an issuer attested, or lets it count again, as the chain's sudo key.
	pub async fn suspend_issuer(
		&self,
		sudo: &Keypair,
		issuer: AccountId,
		suspended: bool,
	) -> Result<Included, ChainError> {
		let call = Call::new("suspend_issuer", (multi_address(issuer), suspended));
		self.as_root(PALLET, sudo, &call).await
	}

	/// Lets an account attest no more, as the chain's sudo key.
	pub async fn remove_issuer(
		&self,
		sudo: &Keypair,
		issuer: AccountId,
	) -> Result<Included, ChainError> {
		self.as_root(PALLET, sudo, &Call::new("remove_issuer", multi_address(issuer))).await
	}
}
