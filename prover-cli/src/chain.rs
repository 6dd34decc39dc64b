//! A client of chains that have `pallet-zkml`.

use codec::{Compact, Decode, Encode};
use std::time::Duration;
use subxt::{
	client::OnlineClient,
	error::{DispatchError, TransactionEventsError},
	tx::TransactionStatus,
	PolkadotConfig,
};
use subxt_signer::{sr25519::Keypair, SecretUri};
use thiserror::Error;
use zkml_primitives::{
	context_for, Context, Inference, Interface, Metadata, ModelId, Output, Proof, Scheme,
	Semantics, Setup, VerifyingKey, SUBMIT_INFERENCE,
};

/// The pallet's name in the runtime.
const PALLET: &str = "Zkml";

/// How long to wait for a node to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

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
	/// The transaction pool refused the transaction.
	#[error("the transaction was not accepted: {0}")]
	Refused(String),
	/// The transaction is in a block, and failed.
	#[error("the chain refused: {0}")]
	Failed(String),
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
	/// The model is not registered.
	#[error("model 0x{0} is not registered on this chain")]
	ModelNotFound(String),
	/// The connection broke.
	#[error("the connection to the node failed: {0}")]
	Transport(String),
}

fn transport(error: impl std::fmt::Display) -> ChainError {
	ChainError::Transport(error.to_string())
}

/// A signer from a secret URI such as `//Alice` or a mnemonic.
pub fn signer(suri: &str) -> Result<Keypair, ChainError> {
	let secret = |error: String| ChainError::Secret(error);
	let uri: SecretUri = suri.parse().map_err(|error| secret(format!("{error}")))?;
	Keypair::from_uri(&uri).map_err(|error| secret(error.to_string()))
}

/// What became of a transaction.
#[derive(Clone, Debug)]
pub struct Included {
	/// Number of its block.
	pub block: u64,
	/// Hash of its block.
	pub block_hash: [u8; 32],
	/// Hash of the transaction.
	pub transaction: [u8; 32],
	/// Fee paid, in the smallest unit.
	pub fee: u128,
	/// Names of the events that it caused.
	pub events: Vec<String>,
	/// The model that it registered.
	pub registered: Option<ModelId>,
	/// The outputs that the chain verified.
	pub verified: Vec<Output>,
}

/// The event `InferenceVerified`, in the order of its fields.
#[derive(Decode)]
struct InferenceVerified {
	_model: ModelId,
	_account: [u8; 32],
	_nonce: u64,
	output: Output,
}

/// A registered model, as the view function `model` gives it, less its deposit.
#[derive(Clone, Debug, Decode)]
pub struct Registered {
	/// Who registered it.
	pub owner: [u8; 32],
	/// The proof system of the key.
	pub scheme: Scheme,
	/// The version of the rules by which the model computes.
	pub semantics: Semantics,
	/// The verifying key.
	pub key: VerifyingKey,
	/// `e(α, β)` of the key.
	pub alpha_beta: [u8; 384],
	/// Number of public signals.
	pub signals: u32,
	/// What the public signals mean.
	pub interface: Interface,
	/// Who made the key.
	pub setup: Setup,
	/// What people want to know.
	pub metadata: Metadata,
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

	/// Number of the newest finalised block.
	pub async fn height(&self) -> Result<u64, ChainError> {
		Ok(self.api.at_current_block().await.map_err(transport)?.block_number())
	}

	/// The nonce of an account for a model: how many of its proofs were accepted.
	pub async fn nonce(&self, model: ModelId, account: [u8; 32]) -> Result<u64, ChainError> {
		let bytes = self.view("nonce", &(model, account).encode()).await?;
		u64::decode(&mut bytes.as_slice()).map_err(|error| ChainError::Runtime(error.to_string()))
	}

	/// The model that is registered under an id.
	pub async fn model(&self, model: ModelId) -> Result<Option<Registered>, ChainError> {
		let bytes = self.view("model", &model.encode()).await?;
		// The deposit, whose type is the chain's own, comes last.
		Option::decode(&mut bytes.as_slice())
			.map_err(|error| ChainError::Runtime(error.to_string()))
	}

	/// Whether a model is registered.
	pub async fn is_registered(&self, model: ModelId) -> Result<bool, ChainError> {
		let bytes = self.view("model", &model.encode()).await?;
		Ok(bytes.first() == Some(&1))
	}

	/// The context of an account's next submission, and the nonce in it.
	pub async fn context(
		&self,
		model: ModelId,
		account: [u8; 32],
	) -> Result<(Context, u64), ChainError> {
		if !self.is_registered(model).await? {
			return Err(ChainError::ModelNotFound(hex::encode(model.0)));
		}
		let nonce = self.nonce(model, account).await?;
		let genesis = self.genesis();
		Ok((context_for(&genesis, SUBMIT_INFERENCE, model, &account, &nonce.encode()), nonce))
	}

	/// Registers a model.
	pub async fn register(
		&self,
		signer: &Keypair,
		key: &VerifyingKey,
		interface: &Interface,
		setup: Setup,
		metadata: &Metadata,
	) -> Result<Included, ChainError> {
		let arguments = (key, interface, setup, metadata).encode();
		self.call(signer, PALLET, "register_model", arguments).await
	}

	/// Deregisters a model.
	pub async fn deregister(
		&self,
		signer: &Keypair,
		model: ModelId,
	) -> Result<Included, ChainError> {
		self.call(signer, PALLET, "deregister_model", model.encode()).await
	}

	/// Submits an inference with its proof.
	pub async fn submit(
		&self,
		signer: &Keypair,
		signals: u32,
		model: ModelId,
		inference: &Inference,
		proof: &Proof,
	) -> Result<Included, ChainError> {
		let arguments = (Compact(signals), model, inference, proof).encode();
		self.call(signer, PALLET, "submit_inference", arguments).await
	}

	/// Signs a call, submits it and waits until its block is finalised.
	///
	/// # Errors
	/// [`ChainError::Refused`] if the pool does not take it, [`ChainError::Failed`] with the
	/// chain's error if it fails in its block.
	pub async fn call(
		&self,
		signer: &Keypair,
		pallet: &str,
		name: &str,
		arguments: Vec<u8>,
	) -> Result<Included, ChainError> {
		let at = self.api.at_current_block().await.map_err(transport)?;
		let missing = || ChainError::Runtime(format!("it has no call {pallet}.{name}"));
		let metadata = at.metadata_ref();
		let found = metadata.pallet_by_name(pallet).ok_or_else(missing)?;
		let call = found.call_variant_by_name(name).ok_or_else(missing)?.index;
		let mut data = vec![found.call_index(), call];
		data.extend(arguments);
		let payload = (at.transactions().from_call_data_bytes(&data))
			.map_err(|error| ChainError::Runtime(error.to_string()))?;
		let refused = |error: String| ChainError::Refused(error);
		let mut progress = (at.transactions())
			.sign_and_submit_then_watch_default(&payload, signer)
			.await
			.map_err(|error| refused(error.to_string()))?;
		let block = loop {
			match progress.next().await {
				Some(Ok(TransactionStatus::InFinalizedBlock(block))) => break block,
				Some(Ok(
					TransactionStatus::Error { message }
					| TransactionStatus::Invalid { message }
					| TransactionStatus::Dropped { message },
				)) => return Err(refused(message)),
				Some(Ok(_)) => {},
				Some(Err(error)) => return Err(transport(error)),
				None => return Err(transport("the node stopped reporting on the transaction")),
			}
		};
		let events = block.wait_for_success().await.map_err(|error| match error {
			TransactionEventsError::ExtrinsicFailed(DispatchError::Module(error)) => {
				ChainError::Failed(error.details_string())
			},
			TransactionEventsError::ExtrinsicFailed(error) => ChainError::Failed(error.to_string()),
			other => transport(other),
		})?;
		let number =
			(self.api.at_block(block.block_hash()).await).map_err(transport)?.block_number();
		let mut included = Included {
			block: number,
			block_hash: block.block_hash().0,
			transaction: block.extrinsic_hash().0,
			fee: 0,
			events: Vec::new(),
			registered: None,
			verified: Vec::new(),
		};
		for event in events.iter() {
			let event = event.map_err(transport)?;
			let fields = &mut event.field_bytes();
			match (event.pallet_name(), event.event_name()) {
				("TransactionPayment", "TransactionFeePaid") => {
					if let Ok((_, fee)) = <([u8; 32], u128)>::decode(fields) {
						included.fee = fee;
					}
				},
				(PALLET, "ModelRegistered") => included.registered = ModelId::decode(fields).ok(),
				(PALLET, "InferenceVerified") => {
					let event = InferenceVerified::decode(fields)
						.map_err(|error| ChainError::Runtime(error.to_string()))?;
					included.verified.push(event.output);
				},
				_ => {},
			}
			included.events.push(format!("{}.{}", event.pallet_name(), event.event_name()));
		}
		Ok(included)
	}

	/// Calls a view function of the pallet with encoded arguments.
	async fn view(&self, name: &str, arguments: &[u8]) -> Result<Vec<u8>, ChainError> {
		let at = self.api.at_current_block().await.map_err(transport)?;
		let missing = || ChainError::Runtime(format!("it has no view function {PALLET}.{name}"));
		let pallet = at.metadata_ref().pallet_by_name(PALLET).ok_or_else(missing)?;
		let function = pallet.view_function_by_name(name).ok_or_else(missing)?;
		let parameters = (*function.query_id(), arguments.to_vec()).encode();
		let answer = (at.view_functions().call_raw(Some(&parameters)).await)
			.map_err(|error| ChainError::Runtime(error.to_string()))?;
		// The call answers `Result<Vec<u8>, ViewFunctionDispatchError>`.
		match answer.split_first() {
			Some((0, rest)) => Vec::<u8>::decode(&mut &*rest)
				.map_err(|error| ChainError::Runtime(error.to_string())),
			_ => Err(ChainError::Runtime(format!("the view function {name} failed"))),
		}
	}
}
