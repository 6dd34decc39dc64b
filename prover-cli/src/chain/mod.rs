//! A client of chains that have `pallet-zkml`.
//!
//! It trusts a node no further than it must: what a proof is made for, it computes itself.

mod account;
mod attestation;
mod calls;
mod error;
mod explain;
pub mod governance;
pub mod lending;
pub mod npc;
pub mod polls;
pub mod reputation;
mod state;
mod transaction;
mod types;

pub use account::{account, address, signer};
pub use attestation::{Attestation, Credential, Issuer};
pub use error::ChainError;
pub use explain::explain;
pub use reputation::AreaId;
pub use state::State;
pub use transaction::Included;
pub use types::{
	AccountId, Anchor, BlockNumber, Candidate, Fees, Lifecycle, Model, ModelInfo, Next, Policy,
	Receipt, Refusal, Registration, Status, Submission, Suspension, Tombstone, Weight,
};

use std::time::Duration;
use subxt::{client::OnlineClient, PolkadotConfig};
use zkml_primitives::{Context, ModelId};

/// The pallet's name in the runtime.
const PALLET: &str = "Zkml";

/// How long to wait for a node to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

fn transport(error: impl std::fmt::Display) -> ChainError {
	ChainError::Transport(error.to_string())
}

fn runtime(error: impl std::fmt::Display) -> ChainError {
	ChainError::Runtime(error.to_string())
}

/// A connection to a chain.
#[derive(Clone, Debug)]
pub struct Chain {
	api: OnlineClient<PolkadotConfig>,
}

impl Chain {
	/// Connects to a node's JSON-RPC, `ws://…` or `wss://…`.
	///
	/// Unencrypted connections are made only to this machine.
	///
	/// # Errors
	/// [`ChainError::Connection`] if no node answers within ten seconds.
	pub async fn connect(url: &str) -> Result<Self, ChainError> {
		let failed = |cause: String| ChainError::Connection { url: url.into(), cause };
		match tokio::time::timeout(CONNECT_TIMEOUT, OnlineClient::from_url(url)).await {
			Ok(Ok(api)) => Ok(Self { api }),
			Ok(Err(error)) => Err(failed(error.to_string())),
			Err(_) => Err(failed("timed out".into())),
		}
	}

	/// Hash of the chain's first block.
	pub fn genesis(&self) -> [u8; 32] {
		self.api.genesis_hash().0
	}

	/// Checks that this is the chain with a genesis hash, in hexadecimal.
	///
	/// # Errors
	/// [`ChainError::Elsewhere`] if it is another one.
	pub fn ensure(&self, genesis: &str) -> Result<(), ChainError> {
		let here = hex::encode(self.genesis());
		match genesis.trim_start_matches("0x").eq_ignore_ascii_case(&here) {
			true => Ok(()),
			false => Err(ChainError::Elsewhere { there: genesis.into(), here }),
		}
	}

	/// The chain's state after the newest finalised block.
	pub async fn state(&self) -> Result<State, ChainError> {
		let at = self.api.at_current_block().await.map_err(transport)?;
		Ok(State::new(self.clone(), at))
	}

	/// Number of the newest finalised block.
	pub async fn height(&self) -> Result<u64, ChainError> {
		Ok(self.state().await?.height().into())
	}

	/// Hash of a block.
	async fn hash_of(&self, block: BlockNumber) -> Result<[u8; 32], ChainError> {
		Ok(self.api.at_block(block).await.map_err(transport)?.block_hash().0)
	}

	/// The nonce of an account for a model: how many of its proofs were accepted.
	pub async fn nonce(&self, model: ModelId, account: AccountId) -> Result<u64, ChainError> {
		self.state().await?.nonce(model, account).await
	}

	/// The model that is registered under an id.
	pub async fn model(&self, model: ModelId) -> Result<Option<ModelInfo>, ChainError> {
		self.state().await?.model(model).await
	}

	/// Whether a model is registered.
	pub async fn is_registered(&self, model: ModelId) -> Result<bool, ChainError> {
		Ok(self.model(model).await?.is_some())
	}

	/// What an account's next proof of a model must be made for.
	///
	/// # Errors
	/// As those of [`State::next`].
	pub async fn next(&self, model: ModelId, account: AccountId) -> Result<Next, ChainError> {
		self.state().await?.next(model, account).await
	}

	/// Context and nonce of an account's next submission.
	///
	/// # Errors
	/// As those of [`State::next`].
	pub async fn context(
		&self,
		model: ModelId,
		account: AccountId,
	) -> Result<(Context, u64), ChainError> {
		self.next(model, account).await.map(|next| (next.context(), next.nonce))
	}
}
