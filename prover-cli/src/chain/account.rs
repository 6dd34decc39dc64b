//! Accounts and their secrets, as people write them.

use super::{AccountId, ChainError};
use subxt::utils::AccountId32;
use subxt_signer::{sr25519::Keypair, SecretUri};

/// A signer from a secret URI such as `//Alice` or a mnemonic.
pub fn signer(suri: &str) -> Result<Keypair, ChainError> {
	let secret = |error: String| ChainError::Secret(error);
	let uri: SecretUri = suri.parse().map_err(|error| secret(format!("{error}")))?;
	Keypair::from_uri(&uri).map_err(|error| secret(error.to_string()))
}

/// An account from its address, from 32 bytes in hexadecimal, or from the name of a development
/// account such as `//Alice`.
pub fn account(text: &str) -> Result<AccountId, ChainError> {
	let none = || ChainError::Account(text.into());
	if text.starts_with("//") {
		return signer(text).map(|signer| signer.public_key().0).map_err(|_| none());
	}
	if let Some(bytes) = crate::files::hash_from_hex(text) {
		return Ok(bytes);
	}
	text.parse::<AccountId32>().map(|account| account.0).map_err(|_| none())
}

/// The address of an account, under the prefix 42 that any chain's wallets understand.
pub fn address(account: &AccountId) -> String {
	AccountId32(*account).to_string()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_account_is_written_in_three_ways() {
		let alice = signer("//Alice").unwrap().public_key().0;
		let address = address(&alice);
		assert_eq!(address, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
		for text in [&address, "//Alice", &hex::encode(alice), &format!("0x{}", hex::encode(alice))]
		{
			assert_eq!(account(text).unwrap(), alice, "{text}");
		}
	}

	#[test]
	fn what_is_no_account_is_refused() {
		for text in ["", "Alice", "0x12", "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQX"] {
			assert!(matches!(account(text), Err(ChainError::Account(_))), "{text}");
		}
	}
}
