//! A model that shows nothing but that a score is reached: an application for credit, its record and
//! the trees that judge it committed.

use super::scene::{account, refused_with, register};
use zkml_circuits::OutputChoice;
use zkml_cli::chain::{signer, Chain, Submission};
use zkml_primitives::{
	ClaimedInput, Commitment, Hint, HintedProof, ModelId, Output, Terms, WeightsVisibility,
};
use zkml_tests::{examples::Ready, node::Node};

const RECEIPTS: Terms = Terms { max_age: None, receipt_lifetime: Some(100) };

/// What Bob would submit next for the first sample that reaches the threshold.
async fn next(chain: &Chain, ready: &Ready, model: ModelId) -> (Submission, Hint) {
	let next = chain.next(model, account("//Bob")).await.unwrap();
	let graph = &ready.example.graph;
	let heldout = ready.example.heldout();
	let reaches = |sample: &&[f32]| {
		let logits = graph.evaluate(&graph.quantize_input(sample).unwrap());
		logits[1] >= logits[0]
	};
	let sample = heldout.iter().find(reaches).expect("some are of the second class");
	let assignment = ready.assign(sample, &next.context());
	let HintedProof { proof, hint } = ready.prove_hinted(&assignment);
	(Submission { model, anchor: None, inference: assignment.inference, proof }, hint)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_threshold_is_all_that_the_chain_learns() {
	let mut node = Node::development();
	let ready = Ready::hidden("credit", OutputChoice::Threshold { tau: 0 });
	let (chain, _) = node.connect().await;
	let bob = signer("//Bob").unwrap();
	let included = register(&chain, &ready, "//Alice", RECEIPTS, None).await.unwrap();
	let model = included.registered.unwrap();

	let (honest, hint) = next(&chain, &ready, model).await;
	assert_eq!(honest.inference.output, Output::Passed);
	let commitment = honest.inference.input.commitment().expect("the input is committed");
	// Another input than the proven one; none at all.
	for input in [ClaimedInput::Committed(Commitment([1; 32])), ClaimedInput::Hidden] {
		let expected = match input {
			ClaimedInput::Hidden => "InputMismatch",
			_ => "InvalidProof",
		};
		let mut other = honest.clone();
		other.inference.input = input;
		refused_with(chain.submit_all(&bob, 4, &[other], Some(&hint)).await, expected);
	}
	let honest = [honest];
	let included = chain.submit_all(&bob, 4, &honest, Some(&hint)).await.unwrap();
	assert_eq!(included.verified, [Output::Passed]);
	refused_with(chain.submit_all(&bob, 4, &honest, Some(&hint)).await, "InvalidProof");
	let receipt = chain.state().await.unwrap().receipt(model, account("//Bob")).await.unwrap();
	assert_eq!(receipt.expect("terms ask for one").input, Some(commitment));

	// The same key for other weights is another model: proofs about these weights are not good there.
	let mut other = ready;
	let lie = Commitment([2; 32]);
	other.circuit.interface.weights = WeightsVisibility::Committed(lie);
	let included = register(&chain, &other, "//Alice", RECEIPTS, None).await.unwrap();
	let theirs = included.registered.unwrap();
	assert_ne!(theirs, model);
	let (submission, hint) = next(&chain, &other, theirs).await;
	refused_with(chain.submit_all(&bob, 4, &[submission], Some(&hint)).await, "InvalidProof");
}
