//! Submissions in a stream: signed ahead of time, sent without waiting for what becomes of them.

use crate::examples::Ready;
use codec::{Compact, Decode, Encode};
use serde_json::Value;
use subxt::{
	config::DefaultExtrinsicParamsBuilder,
	rpcs::{client::rpc_params, RpcClient},
	OnlineClient, PolkadotConfig,
};
use subxt_signer::sr25519::Keypair;
use zkml_circuits::Assignment;
use zkml_primitives::{
	context_for, submission_payload, HintedProof, Inference, ModelId, SUBMIT_INFERENCE,
};

/// An inference that the chain has verified, by what nothing may share with another: model, account
/// and nonce.
pub type Verified = (ModelId, [u8; 32], u64);

/// A call: pallet, name and encoded arguments.
pub type Call = (&'static str, &'static str, Vec<u8>);

/// The call that submits an inference.
pub fn submit_inference(
	signals: u32,
	model: ModelId,
	inference: &Inference,
	proof: &HintedProof,
) -> Call {
	let anchor = None::<u32>;
	// The submission, with the proof at its end, and the hint.
	let arguments = (Compact(signals), model, anchor, inference, proof);
	("Zkml", "submit_inference", arguments.encode())
}

/// The call that gives an account some of the native token.
pub fn transfer(to: [u8; 32], amount: u128) -> Call {
	// The first way to name an account: by its id.
	("Balances", "transfer_keep_alive", (0u8, to, Compact(amount)).encode())
}

/// Proves images for an account's submission with nonces to come, from `nonce` on: one image by itself, several
/// as a batch.
pub fn prove_ahead(
	model: &Ready,
	(genesis, id): (&[u8; 32], ModelId),
	account: &[u8; 32],
	nonce: u64,
	images: &[&[f32]],
) -> Call {
	let assign = |(nonce, image): (u64, &&[f32])| {
		let payload = submission_payload(nonce, None);
		model.assign(image, &context_for(genesis, SUBMIT_INFERENCE, id, account, &payload))
	};
	let assignments: Vec<_> = (nonce..).zip(images).map(assign).collect();
	let signals = assignments.iter().map(|one| one.statement.signals().len() as u32).sum();
	if let [assignment] = &assignments[..] {
		let proof = model.prove_hinted(assignment);
		return submit_inference(signals, id, &assignment.inference, &proof);
	}
	let submission = |assignment: &Assignment| {
		(id, None::<u32>, assignment.inference.clone(), model.prove(assignment))
	};
	let submissions: Vec<_> = assignments.iter().map(submission).collect();
	("Zkml", "submit_batch", (Compact(signals), submissions).encode())
}

/// A connection to a node, for what `zkml_cli::chain::Chain` does not do: it waits for each
/// transaction.
#[derive(Clone, Debug)]
pub struct Client {
	api: OnlineClient<PolkadotConfig>,
	rpc: RpcClient,
}

impl Client {
	/// Connects to a node that runs.
	///
	/// # Panics
	/// If it does not answer.
	pub async fn connect(url: &str) -> Self {
		let rpc = RpcClient::from_url(url).await.expect("a node");
		let api = OnlineClient::from_rpc_client(rpc.clone()).await.expect("a node");
		Self { api, rpc }
	}

	/// Signs calls as an account's transactions from `first` on. They do not expire.
	///
	/// # Panics
	/// If the runtime has no such call.
	pub async fn sign(&self, signer: &Keypair, first: u64, calls: &[Call]) -> Vec<String> {
		let at = self.api.at_current_block().await.expect("a block");
		let sign = |(nonce, (pallet, call, arguments)): (u64, &Call)| {
			let found = at.metadata_ref().pallet_by_name(pallet).expect("a pallet");
			let index = found.call_variant_by_name(call).expect("a call").index;
			let data = [&[found.call_index(), index], arguments.as_slice()].concat();
			let payload = at.transactions().from_call_data_bytes(&data).expect("a call");
			let params = DefaultExtrinsicParamsBuilder::new().immortal().nonce(nonce).build();
			let mut signable =
				(at.transactions().create_signable_offline(&payload, params)).expect("extensions");
			let signed = signable.sign(signer).expect("a signature");
			format!("0x{}", hex::encode(signed.encoded()))
		};
		(first..).zip(calls).map(sign).collect()
	}

	/// Gives a signed transaction to the node's pool.
	///
	/// # Errors
	/// What the pool or the connection said.
	pub async fn send(&self, transaction: &str) -> Result<(), String> {
		let sent = self.rpc.request::<Value>("author_submitExtrinsic", rpc_params![transaction]);
		sent.await.map(drop).map_err(|error| error.to_string())
	}

	/// How many transactions of an account are final.
	///
	/// # Panics
	/// If the node does not answer.
	pub async fn sent(&self, account: &Keypair) -> u64 {
		let at = self.api.at_current_block().await.expect("a block");
		let account = account.public_key().to_account_id();
		at.transactions().account_nonce(&account).await.expect("a number")
	}

	/// Height and hash of the newest finalised block.
	///
	/// # Panics
	/// If the node does not answer.
	pub async fn finalized(&self) -> (u64, String) {
		let hash: String =
			self.rpc.request("chain_getFinalizedHead", rpc_params![]).await.expect("a hash");
		(number(&self.header(&hash).await), hash)
	}

	/// The hash of the best chain's block at a height.
	///
	/// # Panics
	/// If the node does not answer.
	pub async fn hash(&self, height: u64) -> Option<String> {
		self.rpc.request("chain_getBlockHash", rpc_params![height]).await.expect("a node")
	}

	/// The Aura slot of a block.
	///
	/// # Panics
	/// If the node does not know the block, or Aura did not make it.
	pub async fn slot(&self, hash: &str) -> u64 {
		// A digest for the runtime (6), of `aura`, eight bytes.
		const SLOT: &str = "0x066175726120";
		let header = self.header(hash).await;
		let logs = header["digest"]["logs"].as_array().expect("a digest");
		let slot = logs.iter().find_map(|log| log.as_str()?.strip_prefix(SLOT)).expect("a slot");
		let bytes = hex::decode(slot).expect("hexadecimal digits");
		u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
	}

	/// The inferences that a block verified, in its order.
	///
	/// # Panics
	/// If the node does not know the block.
	pub async fn verified(&self, height: u64) -> Vec<Verified> {
		let at = self.api.at_block(height).await.expect("a block");
		let events = at.events().fetch().await.expect("the block's events");
		let events = events.iter().map(|event| event.expect("an event"));
		events
			.filter(|event| (event.pallet_name(), event.event_name()) == VERIFIED)
			.map(|event| Verified::decode(&mut event.field_bytes()).expect("the event's fields"))
			.collect()
	}

	async fn header(&self, hash: &str) -> Value {
		self.rpc.request("chain_getHeader", rpc_params![hash]).await.expect("a header")
	}
}

const VERIFIED: (&str, &str) = ("Zkml", "InferenceVerified");

fn number(header: &Value) -> u64 {
	let digits = header["number"].as_str().and_then(|number| number.strip_prefix("0x"));
	u64::from_str_radix(digits.expect("a number"), 16).expect("hexadecimal digits")
}
