//! What the registry keeps.

use codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use zkml_primitives::{Interface, Metadata, Scheme, Semantics, Setup, VerifyingKey};
use zkml_verifier::RawKey;

/// A registered model.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Model<AccountId, Deposit> {
	/// Who registered it, and may deregister it.
	pub owner: AccountId,
	/// The proof system of the key.
	pub scheme: Scheme,
	/// The version of the rules by which the model computes.
	pub semantics: Semantics,
	/// The verifying key; every point was checked at registration.
	pub key: VerifyingKey,
	/// `e(α, β)` of the key.
	pub alpha_beta: [u8; 384],
	/// Number of public signals.
	pub signals: u32,
	/// What the public signals mean, by the registrant's word.
	pub interface: Interface,
	/// Who made the key, by the registrant's word.
	pub setup: Setup,
	/// What people want to know.
	pub metadata: Metadata,
	/// What the owner put down for the storage.
	pub deposit: Deposit,
}

impl<AccountId, Deposit> Model<AccountId, Deposit> {
	/// The same model with another deposit.
	pub(crate) fn with_deposit<Other>(self, deposit: Other) -> Model<AccountId, Other> {
		let Self {
			owner,
			scheme,
			semantics,
			key,
			alpha_beta,
			signals,
			interface,
			setup,
			metadata,
			deposit: _,
		} = self;
		Model {
			owner,
			scheme,
			semantics,
			key,
			alpha_beta,
			signals,
			interface,
			setup,
			metadata,
			deposit,
		}
	}
}

/// The key as the verifier takes it.
pub(crate) fn raw(key: &VerifyingKey) -> RawKey<'_> {
	let VerifyingKey { alpha, beta, gamma, delta, ic } = key;
	RawKey { alpha, beta, gamma, delta, ic }
}
