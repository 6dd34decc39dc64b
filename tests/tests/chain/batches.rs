//! Several proofs in one transaction.

use crate::scene::{account, refused_with, register, Scene, Sent, FREE, LOGITS};
use zkml_circuits::{InputChoice, Options, OutputChoice};
use zkml_cli::chain::{signer, Submission};
use zkml_primitives::Terms;
use zkml_tests::examples::Ready;

const RECEIPTS: Terms = Terms { max_age: Some(30), receipt_lifetime: Some(100) };

#[tokio::test(flavor = "multi_thread")]
async fn several_proofs_cost_less_together() {
	let scene = Scene::new(LOGITS, FREE).await;
	let bob = account("//Bob");
	let one = scene.next("//Bob", 0).await;
	let alone = scene.submit("//Bob", &one).await.unwrap();
	let images = [1, 2, 3, 4, 5, 6];
	let batch = scene.batch("//Bob", &images).await;
	let expected = scene.state().await.dry_run(bob, batch.1, &batch.0).await.unwrap().unwrap();
	let together = scene.submit("//Bob", &batch).await.unwrap();
	assert_eq!(scene.chain.nonce(scene.model, bob).await.unwrap(), 7);
	let count = images.len() as u64;
	assert!(together.weight.ref_time < count * alone.weight.ref_time, "{together:?}");
	assert!(together.fee < u128::from(count) * alone.fee, "{together:?}");
	assert!(expected.ref_time <= together.weight.ref_time);
	let events = together.events.iter().filter(|name| *name == "Zkml.InferenceVerified");
	assert_eq!(events.count(), images.len());
	scene.refused("//Bob", &batch, "BatchInvalid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn models_mix_in_a_batch() {
	let mut scene = Scene::new(LOGITS, RECEIPTS).await;
	let first = scene.batch("//Bob", &[0, 1]).await;
	let options = Options::new(InputChoice::Public, OutputChoice::Argmax);
	let labels = Ready::new("digits", options);
	let second = register(&scene.chain, &labels, "//Alice", FREE, None).await.unwrap();
	let (logits, model) = (scene.model, second.registered.unwrap());
	(scene.model, scene.digits) = (model, labels);
	let other = scene.next("//Bob", 2).await;
	// The order between models does not matter.
	let [a, b]: [Submission; 2] = first.0.try_into().unwrap();
	let batch: Sent = (vec![a, other.0[0].clone(), b], first.1 + other.1, first.2);
	let underdeclared: Sent = (batch.0.clone(), batch.1 - 1, batch.2);
	scene.refused("//Bob", &underdeclared, "SignalsUnderdeclared").await;
	scene.submit("//Bob", &batch).await.unwrap();
	let bob = account("//Bob");
	let state = scene.state().await;
	assert_eq!(state.nonce(logits, bob).await.unwrap(), 2);
	assert_eq!(state.nonce(model, bob).await.unwrap(), 1);
	assert_eq!(state.receipt(logits, bob).await.unwrap().unwrap().nonce, 1);
	assert_eq!(state.receipt(model, bob).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_batch_leaves_no_trace_and_the_dry_run_names_the_culprits() {
	let scene = Scene::new(LOGITS, RECEIPTS).await;
	let batch = scene.batch("//Bob", &[0, 1, 2, 3]).await;
	let invalid = || "Zkml::InvalidProof".to_string();

	let mut forged = batch.clone();
	forged.0[2].proof = batch.0[1].proof;
	let refusal = scene.refused("//Bob", &forged, "BatchInvalid").await;
	assert_eq!(refusal.culprits, [(2, invalid())]);

	let mut two = forged.clone();
	two.0[0].inference = batch.0[3].inference.clone();
	let refusal = scene.refused("//Bob", &two, "BatchInvalid").await;
	assert_eq!(refusal.culprits, [(0, invalid()), (2, invalid())]);

	let mut malformed = batch.clone();
	malformed.0[3].proof.0[0] ^= 1;
	let refusal = scene.refused("//Bob", &malformed, "MalformedProof").await;
	assert_eq!(refusal.culprits, [(3, "Zkml::MalformedProof".to_string())]);

	let mut unbound = batch.clone();
	unbound.0[1].anchor = None;
	let refusal = scene.refused("//Bob", &unbound, "AnchorMissing").await;
	assert_eq!(refusal.culprits, [(1, "Zkml::AnchorMissing".to_string())]);

	// Out of order, each is for another nonce than it gets.
	let mut swapped = batch.clone();
	swapped.0.swap(1, 2);
	let refusal = scene.refused("//Bob", &swapped, "BatchInvalid").await;
	assert_eq!(refusal.culprits, [(1, invalid()), (2, invalid())]);

	scene.refused("//Charlie", &batch, "BatchInvalid").await;
	let nothing: Sent = (Vec::new(), 0, batch.2);
	assert_eq!(scene.refused("//Bob", &nothing, "EmptyBatch").await.culprits, []);
	let most = scene.state().await.max_batch().unwrap() as usize;
	let many: Sent = (vec![batch.0[0].clone(); most + 1], 1_000, batch.2);
	let state = scene.state().await;
	let refusal = state.dry_run(account("//Bob"), many.1, &many.0).await.unwrap().unwrap_err();
	assert!(refusal.error.starts_with("Resources exhausted"), "{refusal:?}");

	scene.submit("//Bob", &batch).await.unwrap();
	let alice = signer("//Alice").unwrap();
	scene.chain.suspend(&alice, scene.model, true).await.unwrap();
	refused_with(scene.submit("//Bob", &batch).await, "ModelSuspended");
}
