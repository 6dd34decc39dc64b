//! The pallet's calls.

use super::{AccountId, BlockNumber, Candidate, Chain, ChainError, Included, Submission, PALLET};
use codec::{Compact, Encode};
use subxt_signer::sr25519::Keypair;
use zkml_primitives::{
	Hint, HintedProof, Inference, Interface, Metadata, ModelId, Setup, Terms, VerifyingKey,
};

/// A call of the pallet, ready to be sent.
#[derive(Clone, Debug)]
pub(super) struct Call {
	pub(super) name: &'static str,
	pub(super) arguments: Vec<u8>,
}

impl Call {
	pub(super) fn new(name: &'static str, arguments: impl Encode) -> Self {
		Self { name, arguments: arguments.encode() }
	}
}

/// An account as `MultiAddress::Id`.
pub(super) fn multi_address(account: AccountId) -> (u8, AccountId) {
	(0, account)
}

/// Submissions as one call: one with its hint by itself, others as a batch. `signals` are those of all.
pub(super) fn submission(signals: u32, submissions: &[Submission], hint: Option<&Hint>) -> Call {
	match (submissions, hint) {
		([one], Some(hint)) => Call::new("submit_inference", (Compact(signals), one, hint)),
		(many, _) => Call::new("submit_batch", (Compact(signals), many)),
	}
}

impl Chain {
	/// Registers a model without terms, as the first of its line.
	pub async fn register(
		&self,
		signer: &Keypair,
		key: &VerifyingKey,
		interface: &Interface,
		setup: Setup,
		metadata: &Metadata,
	) -> Result<Included, ChainError> {
		let terms = Terms::default();
		let supersedes = None;
		let model = Candidate { key, interface, setup, metadata, terms, supersedes };
		self.register_candidate(signer, &model).await
	}

	/// Registers a model.
	pub async fn register_candidate(
		&self,
		signer: &Keypair,
		model: &Candidate<'_>,
	) -> Result<Included, ChainError> {
		let Candidate { key, interface, setup, metadata, terms, supersedes } = model;
		let arguments = (key, interface, setup, metadata, terms, supersedes);
		self.send(signer, Call::new("register_model", arguments)).await
	}

	/// Submits an inference of a model whose terms ask for no anchor.
	pub async fn submit(
		&self,
		signer: &Keypair,
		signals: u32,
		model: ModelId,
		inference: &Inference,
		HintedProof { proof, hint }: &HintedProof,
	) -> Result<Included, ChainError> {
		let submission =
			Submission { model, anchor: None, inference: inference.clone(), proof: *proof };
		self.submit_all(signer, signals, &[submission], Some(hint)).await
	}

	/// Submits inferences for which `signals` public signals are to be paid: one with its hint by itself,
	/// others as a batch.
	pub async fn submit_all(
		&self,
		signer: &Keypair,
		signals: u32,
		submissions: &[Submission],
		hint: Option<&Hint>,
	) -> Result<Included, ChainError> {
		self.send(signer, submission(signals, submissions, hint)).await
	}

	/// Deregisters a model.
	pub async fn deregister(
		&self,
		signer: &Keypair,
		model: ModelId,
	) -> Result<Included, ChainError> {
		self.send(signer, Call::new("deregister_model", model)).await
	}

	/// Announces until when a model's inferences are accepted, or takes that back.
	pub async fn deprecate(
		&self,
		signer: &Keypair,
		model: ModelId,
		until: Option<BlockNumber>,
	) -> Result<Included, ChainError> {
		self.send(signer, Call::new("deprecate_model", (model, until))).await
	}

	/// Suspends a model, or lifts the suspension.
	pub async fn suspend(
		&self,
		signer: &Keypair,
		model: ModelId,
		suspend: bool,
	) -> Result<Included, ChainError> {
		let name = if suspend { "suspend_model" } else { "resume_model" };
		self.send(signer, Call::new(name, model)).await
	}

	/// Offers a model to another account, or takes the offer back.
	pub async fn offer(
		&self,
		signer: &Keypair,
		model: ModelId,
		heir: Option<AccountId>,
	) -> Result<Included, ChainError> {
		self.send(signer, Call::new("offer_ownership", (model, heir.map(multi_address)))).await
	}

	/// Accepts a model that was offered.
	pub async fn accept(&self, signer: &Keypair, model: ModelId) -> Result<Included, ChainError> {
		self.send(signer, Call::new("accept_ownership", model)).await
	}

	/// Changes the terms on which inferences are accepted.
	pub async fn set_terms(
		&self,
		signer: &Keypair,
		model: ModelId,
		terms: Terms,
	) -> Result<Included, ChainError> {
		self.send(signer, Call::new("set_terms", (model, terms))).await
	}

	/// Removes a receipt.
	pub async fn remove_receipt(
		&self,
		signer: &Keypair,
		model: ModelId,
		account: AccountId,
	) -> Result<Included, ChainError> {
		self.send(signer, Call::new("remove_receipt", (model, multi_address(account)))).await
	}

	/// Stops verification for all models, or takes it up again, as the chain's sudo key.
	pub async fn set_paused(&self, sudo: &Keypair, paused: bool) -> Result<Included, ChainError> {
		self.as_root(PALLET, sudo, &Call::new("set_paused", paused)).await
	}

	/// Suspends a model as the chain's sudo key, or lifts that suspension.
	pub async fn suspend_as_root(
		&self,
		sudo: &Keypair,
		model: ModelId,
		suspend: bool,
	) -> Result<Included, ChainError> {
		let name = if suspend { "suspend_model" } else { "resume_model" };
		self.as_root(PALLET, sudo, &Call::new(name, model)).await
	}

	/// Has a pallet's call made as root, by the chain's sudo key.
	pub(super) async fn as_root(
		&self,
		pallet: &str,
		sudo: &Keypair,
		call: &Call,
	) -> Result<Included, ChainError> {
		let inner = self.state().await?.call_data(pallet, call.name, &call.arguments)?;
		self.call(sudo, "Sudo", "sudo", inner).await
	}

	async fn send(&self, signer: &Keypair, call: Call) -> Result<Included, ChainError> {
		self.send_to(PALLET, signer, call).await
	}

	/// Sends a pallet's call.
	pub(super) async fn send_to(
		&self,
		pallet: &str,
		signer: &Keypair,
		call: Call,
	) -> Result<Included, ChainError> {
		self.call(signer, pallet, call.name, call.arguments).await
	}
}
