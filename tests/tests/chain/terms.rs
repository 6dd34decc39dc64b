//! Freshness, and receipts.

use crate::scene::{account, refused_with, register, Scene, FREE, LOGITS};
use zkml_cli::chain::signer;
use zkml_primitives::{context_for, Terms, SUBMIT_INFERENCE};

const FRESH: Terms = Terms { max_age: Some(6), receipt_lifetime: None };

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_for_a_recent_block_is_accepted_and_no_other() {
	let scene = Scene::new(LOGITS, FRESH).await;
	let bob = account("//Bob");
	let honest = scene.next("//Bob", 0).await;
	let anchor = honest.0[0].anchor.expect("the terms ask for one");

	let with = |anchor: Option<u32>| {
		let mut other = honest.clone();
		other.0[0].anchor = anchor;
		other
	};
	scene.refused("//Bob", &with(None), "AnchorMissing").await;
	scene.refused("//Bob", &with(Some(anchor + 100)), "AnchorUnknown").await;
	scene.refused("//Bob", &with(Some(anchor + 1)), "InvalidProof").await;
	scene.submit("//Bob", &honest).await.unwrap();

	// The context holds the block's hash.
	let next = scene.chain.next(scene.model, bob).await.unwrap();
	let anchor = next.anchor.unwrap();
	let payload = [&1u64.to_le_bytes()[..], &anchor.hash].concat();
	let genesis = scene.chain.genesis();
	let expected = context_for(&genesis, SUBMIT_INFERENCE, scene.model, &bob, &payload);
	assert_eq!(next.context(), expected);

	let stale = scene.next("//Bob", 1).await;
	scene.wait(6).await;
	scene.refused("//Bob", &stale, "AnchorTooOld").await;
	let fresh = scene.next("//Bob", 1).await;
	scene.submit("//Bob", &fresh).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_decide_what_is_proven() {
	let scene = Scene::new(LOGITS, FREE).await;
	let alice = signer("//Alice").unwrap();
	let unbound = scene.next("//Bob", 0).await;
	let mut anchored = unbound.clone();
	anchored.0[0].anchor = Some(1);
	scene.refused("//Bob", &anchored, "AnchorUnexpected").await;
	scene.chain.set_terms(&alice, scene.model, FRESH).await.unwrap();
	scene.refused("//Bob", &unbound, "AnchorMissing").await;
	let anchored = scene.next("//Bob", 0).await;
	scene.chain.set_terms(&alice, scene.model, FREE).await.unwrap();
	scene.refused("//Bob", &anchored, "AnchorUnexpected").await;
	scene.submit("//Bob", &unbound).await.unwrap();

	for terms in [
		Terms { max_age: Some(0), receipt_lifetime: None },
		Terms { max_age: Some(u32::MAX), receipt_lifetime: None },
		Terms { max_age: None, receipt_lifetime: Some(0) },
	] {
		assert!(scene.state().await.ensure_terms(&terms).is_err(), "the client knows");
		let refused = scene.chain.set_terms(&alice, scene.model, terms).await;
		refused_with(refused, "MalformedTerms");
		let refused = register(&scene.chain, &scene.digits, "//Bob", terms, None).await;
		refused_with(refused, "MalformedTerms");
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_tells_an_accounts_last_output_while_it_counts() {
	let terms = Terms { max_age: None, receipt_lifetime: Some(4) };
	let scene = Scene::new(LOGITS, terms).await;
	let Scene { chain, model, .. } = &scene;
	let (alice, bob) = (signer("//Alice").unwrap(), signer("//Bob").unwrap());
	let holder = account("//Bob");
	assert_eq!(scene.state().await.receipt(*model, holder).await.unwrap(), None);
	refused_with(chain.remove_receipt(&bob, *model, holder).await, "ReceiptNotFound");

	let first = scene.next("//Bob", 0).await;
	let included = scene.submit("//Bob", &first).await.unwrap();
	let deposit = included.held;
	assert!(deposit > 0);
	let second = scene.next("//Bob", 1).await;
	let included = scene.submit("//Bob", &second).await.unwrap();
	assert_eq!((included.held, included.released), (0, 0), "it takes the place of the first");
	let receipt = scene.state().await.receipt(*model, holder).await.unwrap().unwrap();
	assert_eq!((&receipt.output, receipt.nonce), (&second.0[0].inference.output, 1));
	assert_eq!(u64::from(receipt.at), included.block);
	assert_eq!(receipt.until, receipt.at + 4);
	let stored = scene.state().await.stored_receipt(*model, holder).await.unwrap();
	assert_eq!(stored, Some((receipt.clone(), Some(deposit))));

	refused_with(chain.remove_receipt(&alice, *model, holder).await, "ReceiptStillValid");
	chain.suspend(&alice, *model, true).await.unwrap();
	assert_eq!(scene.state().await.receipt(*model, holder).await.unwrap(), None);
	chain.suspend(&alice, *model, false).await.unwrap();
	assert_eq!(scene.state().await.receipt(*model, holder).await.unwrap(), Some(receipt));
	scene.wait(2).await;
	let state = scene.state().await;
	assert_eq!(state.receipt(*model, holder).await.unwrap(), None, "its time is over");
	assert!(state.stored_receipt(*model, holder).await.unwrap().is_some());
	let removed = chain.remove_receipt(&alice, *model, holder).await.unwrap();
	assert_eq!(removed.released, 0, "the deposit is its account's");
	assert!(removed.events.contains(&"Zkml.ReceiptRemoved".to_string()));

	// Its own account removes one at any time.
	let third = scene.next("//Bob", 2).await;
	scene.submit("//Bob", &third).await.unwrap();
	let removed = chain.remove_receipt(&bob, *model, holder).await.unwrap();
	assert_eq!(removed.released, deposit);
}
