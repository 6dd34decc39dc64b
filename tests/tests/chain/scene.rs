//! A live development chain with a registered model, and accounts that prove.

use zkml_circuits::{InputChoice, Options, OutputChoice};
use zkml_cli::chain::{
	signer, AccountId, Candidate, Chain, ChainError, Included, Refusal, State, Submission,
};
use zkml_primitives::{
	Hint, HintedProof, ModelId, Proof, Scheme, Setup, Signal, Terms, HINT_LEN, SEMANTICS_V1,
};
use zkml_prover::hinted;
use zkml_tests::{examples::Ready, node::Node};

/// Private input, logits shown.
pub(crate) const LOGITS: Options = Options::new(InputChoice::Private, OutputChoice::Logits);

/// No terms.
pub(crate) const FREE: Terms = Terms { max_age: None, receipt_lifetime: None };

/// Submissions, the number of public signals to pay for, and the hint of the last proof, which goes with
/// one that is submitted by itself.
pub(crate) type Sent = (Vec<Submission>, u32, Hint);

/// A proof with the hint for a registered model's key, or without one if it does not hold.
pub(crate) async fn with_hint(
	chain: &Chain,
	model: ModelId,
	signals: &[Signal],
	proof: &Proof,
) -> HintedProof {
	let found = chain.state().await.unwrap().registered(model).await.ok();
	let proven = found.and_then(|found| hinted(&found.model.key, signals, proof).ok());
	proven.unwrap_or(unhinted(proof))
}

/// A proof with a hint that shows nothing.
pub(crate) fn unhinted(proof: &Proof) -> HintedProof {
	HintedProof { proof: *proof, hint: Hint([0; HINT_LEN]) }
}

/// A chain on which Alice has registered the digits.
pub(crate) struct Scene {
	_node: Node,
	pub(crate) chain: Chain,
	pub(crate) digits: Ready,
	pub(crate) model: ModelId,
	pub(crate) images: Vec<Vec<f32>>,
}

/// The public key of a development account.
pub(crate) fn account(suri: &str) -> AccountId {
	signer(suri).unwrap().public_key().0
}

/// Registers the digits.
pub(crate) async fn register(
	chain: &Chain,
	digits: &Ready,
	suri: &str,
	terms: Terms,
	supersedes: Option<ModelId>,
) -> Result<Included, ChainError> {
	let metadata = digits.metadata();
	let candidate = Candidate {
		key: &digits.verifying_key,
		interface: &digits.circuit.interface,
		setup: Setup::Development,
		metadata: &metadata,
		terms,
		supersedes,
	};
	chain.register_candidate(&signer(suri).unwrap(), &candidate).await
}

/// That a call ended with the chain's error.
pub(crate) fn refused_with<T: std::fmt::Debug>(result: Result<T, ChainError>, expected: &str) {
	match result {
		Err(ChainError::Failed(error)) => assert_eq!(error, format!("Zkml::{expected}")),
		other => panic!("expected {expected}, got {other:?}"),
	}
}

impl Scene {
	pub(crate) async fn new(options: Options, terms: Terms) -> Self {
		let mut node = Node::development();
		let digits = Ready::new("digits", options);
		let heldout = digits.example.heldout();
		let images = heldout.iter().take(8).map(<[f32]>::to_vec).collect();
		let (chain, _) = node.connect().await;
		let included = register(&chain, &digits, "//Alice", terms, None).await.unwrap();
		let model = included.registered.unwrap();
		let (key, interface) = (&digits.verifying_key, &digits.circuit.interface);
		let expected =
			ModelId::derive(&account("//Alice"), Scheme::Groth16, SEMANTICS_V1, key, interface);
		assert_eq!(model, expected);
		Self { _node: node, chain, digits, model, images }
	}

	pub(crate) async fn state(&self) -> State {
		self.chain.state().await.unwrap()
	}

	/// What an account would submit next for an image.
	pub(crate) async fn next(&self, suri: &str, image: usize) -> Sent {
		self.batch(suri, &[image]).await
	}

	/// What an account would submit next for several images, one after the other.
	pub(crate) async fn batch(&self, suri: &str, images: &[usize]) -> Sent {
		let next = self.chain.next(self.model, account(suri)).await.unwrap();
		let mut sent = (Vec::new(), 0, Hint([0; HINT_LEN]));
		for (ahead, &image) in (0..).zip(images) {
			let next = next.later(ahead);
			let assignment = self.digits.assign(&self.images[image], &next.context());
			let HintedProof { proof, hint } = self.digits.prove_hinted(&assignment);
			sent.2 = hint;
			sent.1 += assignment.statement.signals().len() as u32;
			sent.0.push(Submission {
				model: self.model,
				anchor: next.anchor.map(|anchor| anchor.block),
				inference: assignment.inference,
				proof,
			});
		}
		sent
	}

	pub(crate) async fn submit(
		&self,
		suri: &str,
		(submissions, signals, hint): &Sent,
	) -> Result<Included, ChainError> {
		let signer = signer(suri).unwrap();
		let included = self.chain.submit_all(&signer, *signals, submissions, Some(hint)).await?;
		assert!(included.fee > 0, "verification is paid for");
		let claimed: Vec<_> = submissions.iter().map(|one| one.inference.output.clone()).collect();
		assert_eq!(included.verified, claimed);
		Ok(included)
	}

	/// That submissions are refused with an error, in the dry run as on the chain, and leave no
	/// trace. What the dry run says.
	pub(crate) async fn refused(&self, suri: &str, sent: &Sent, expected: &str) -> Refusal {
		let account = account(suri);
		let state = self.state().await;
		let nonce = state.nonce(self.model, account).await.unwrap();
		let receipt = state.stored_receipt(self.model, account).await.unwrap();
		let refusal = state.dry_run(account, sent.1, &sent.0).await.unwrap().unwrap_err();
		assert_eq!(refusal.error, format!("Zkml::{expected}"));
		refused_with(self.submit(suri, sent).await, expected);
		let state = self.state().await;
		assert_eq!(state.nonce(self.model, account).await.unwrap(), nonce);
		assert_eq!(state.stored_receipt(self.model, account).await.unwrap(), receipt);
		refusal
	}

	/// Lets blocks pass.
	pub(crate) async fn wait(&self, blocks: u32) {
		let dave = signer("//Dave").unwrap();
		for _ in 0..blocks {
			self.chain.call(&dave, "System", "remark", vec![0]).await.unwrap();
		}
	}
}
