//! Transactions, from a call to the events of its block.

use super::{
	runtime, state::words, transport, types::Weight, AccountId, Chain, ChainError, PALLET,
};
use codec::Decode;
use std::time::Duration;
use subxt::{
	config::DefaultExtrinsicParamsBuilder, error::TransactionEventsError, events::Event,
	tx::TransactionStatus, PolkadotConfig,
};
use subxt_signer::sr25519::Keypair;
use zkml_primitives::{ModelId, Output};

/// For how many blocks a transaction can be included.
const ERA: u64 = 64;

/// How often a transaction is sent again for which the node was not ready, and after what time.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(500);

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
	/// What it weighed.
	pub weight: Weight,
	/// What the signer put down as deposits, in the smallest unit.
	pub held: u128,
	/// What the signer got back of deposits, in the smallest unit.
	pub released: u128,
	/// Names of the events that it caused.
	pub events: Vec<String>,
	/// The fields of each of them, in SCALE.
	pub(super) fields: Vec<Vec<u8>>,
	/// The model that it registered.
	pub registered: Option<ModelId>,
	/// Hash of all that was stored of the model that it deregistered.
	pub record: Option<[u8; 32]>,
	/// The outputs that the chain verified.
	pub verified: Vec<Output>,
}

/// The event `InferenceVerified`, in the order of its fields.
#[derive(Decode)]
struct InferenceVerified {
	_model: ModelId,
	_account: AccountId,
	_nonce: u64,
	output: Output,
}

/// The event `ModelDeregistered`, in the order of its fields.
#[derive(Decode)]
struct ModelDeregistered {
	_model: ModelId,
	_owner: AccountId,
	record: [u8; 32],
}

/// Whose deposit changed and by how much: the end of the events `Held` and `Released`, whose
/// beginning, the reason, is the chain's own.
fn deposit(fields: &[u8]) -> Option<(AccountId, u128)> {
	let tail = fields.len().checked_sub(48)?;
	<(AccountId, u128)>::decode(&mut &fields[tail..]).ok()
}

impl Included {
	/// Takes note of an event.
	fn note(
		&mut self,
		signer: AccountId,
		event: &Event<'_, PolkadotConfig>,
	) -> Result<(), ChainError> {
		let fields = &mut event.field_bytes();
		match (event.pallet_name(), event.event_name()) {
			("TransactionPayment", "TransactionFeePaid") => {
				if let Ok((_, fee)) = <(AccountId, u128)>::decode(fields) {
					self.fee = fee;
				}
			},
			("System", "ExtrinsicSuccess") => {
				self.weight = Weight::decode(fields).unwrap_or_default();
			},
			("Balances", name @ ("Held" | "Released")) => match deposit(fields) {
				Some((account, amount)) if account == signer => {
					let sum = if name == "Held" { &mut self.held } else { &mut self.released };
					*sum = sum.saturating_add(amount);
				},
				_ => {},
			},
			(PALLET, "ModelRegistered") => self.registered = ModelId::decode(fields).ok(),
			(PALLET, "ModelDeregistered") => {
				let event = ModelDeregistered::decode(fields).map_err(runtime)?;
				self.record = Some(event.record);
			},
			(PALLET, "InferenceVerified") => {
				let event = InferenceVerified::decode(fields).map_err(runtime)?;
				self.verified.push(event.output);
			},
			_ => {},
		}
		self.events.push(format!("{}.{}", event.pallet_name(), event.event_name()));
		self.fields.push(event.field_bytes().to_vec());
		Ok(())
	}

	/// The fields of the first event of a name, such as `Balances.Held`.
	pub(super) fn event<T: Decode>(&self, name: &str) -> Option<T> {
		let position = self.events.iter().position(|event| event == name)?;
		T::decode(&mut self.fields.get(position)?.as_slice()).ok()
	}
}

impl Chain {
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
		let mut attempts = 0;
		let (state, mut progress) = loop {
			let state = self.state().await?;
			let data = state.call_data(pallet, name, &arguments)?;
			let payload = state.at().transactions().from_call_data_bytes(&data).map_err(runtime)?;
			// A pool may not have seen this block yet, and knows no era that begins with it.
			let mut params = DefaultExtrinsicParamsBuilder::new();
			if let Some(parent) = state.at().block_number().checked_sub(1) {
				let hash = state.at().block_header().await.map_err(transport)?.parent_hash;
				params = params.mortal_from_unchecked(ERA, parent, hash);
			}
			let sent = state
				.at()
				.transactions()
				.sign_and_submit_then_watch(&payload, signer, params.build())
				.await
				.map_err(|error| error.to_string());
			match sent {
				Ok(progress) => break (state, progress),
				// A node's pool may not have heard yet of the block from which the transaction counts
				// its life. It took nothing, so nothing can be sent twice.
				Err(error) if error.contains("ancient birth block") && attempts < ATTEMPTS => {
					attempts += 1;
					tokio::time::sleep(PAUSE).await;
				},
				Err(error) => return Err(ChainError::Refused(error)),
			}
		};
		let block = loop {
			match progress.next().await {
				Some(Ok(TransactionStatus::InFinalizedBlock(block))) => break block,
				Some(Ok(
					TransactionStatus::Error { message }
					| TransactionStatus::Invalid { message }
					| TransactionStatus::Dropped { message },
				)) => return Err(ChainError::Refused(message)),
				Some(Ok(_)) => {},
				Some(Err(error)) => return Err(transport(error)),
				None => return Err(transport("the node stopped reporting on the transaction")),
			}
		};
		let events = block.wait_for_success().await.map_err(|error| match error {
			TransactionEventsError::ExtrinsicFailed(error) => ChainError::Failed(words(&error)),
			other => transport(other),
		})?;
		let number =
			(self.api.at_block(block.block_hash()).await).map_err(transport)?.block_number();
		let mut included = Included {
			block: number,
			block_hash: block.block_hash().0,
			transaction: block.extrinsic_hash().0,
			fee: 0,
			weight: Weight::default(),
			held: 0,
			released: 0,
			events: Vec::new(),
			fields: Vec::new(),
			registered: None,
			record: None,
			verified: Vec::new(),
		};
		for event in events.iter() {
			let event = event.map_err(transport)?;
			// What sudo was asked for may fail though asking succeeds.
			if let ("Sudo", "Sudid", Some((1, error))) =
				(event.pallet_name(), event.event_name(), event.field_bytes().split_first())
			{
				return Err(ChainError::Failed(state.words_of(error)?));
			}
			included.note(signer.public_key().0, &event)?;
		}
		Ok(included)
	}
}
