//! Models come, change hands, are suspended and go.

use crate::scene::{account, refused_with, register, Scene, FREE, LOGITS};
use zkml_circuits::{InputChoice, Options, OutputChoice};
use zkml_cli::chain::{signer, ChainError, Status};
use zkml_primitives::Terms;
use zkml_tests::examples::Ready;

#[tokio::test(flavor = "multi_thread")]
async fn models_go_for_good() {
	let scene = Scene::new(LOGITS, FREE).await;
	let Scene { chain, digits, model, .. } = &scene;
	let (alice, bob) = (signer("//Alice").unwrap(), signer("//Bob").unwrap());
	let sent = scene.next("//Alice", 0).await;
	let deposit = scene.state().await.deposit(*model).await.unwrap().expect("an amount");
	refused_with(chain.deregister(&bob, *model).await, "NotOwner");
	let gone = chain.deregister(&alice, *model).await.unwrap();
	assert_eq!(gone.released, deposit);
	assert!(!chain.is_registered(*model).await.unwrap());
	let state = scene.state().await;
	let tombstone = state.tombstone(*model).await.unwrap().expect("what remains");
	assert_eq!(Some(tombstone.record), gone.record);
	assert_eq!((u64::from(tombstone.at), tombstone.suspended), (gone.block, false));
	assert_eq!(state.status(*model).await.unwrap(), Some(Status::Retired));
	scene.refused("//Alice", &sent, "ModelRetired").await;
	refused_with(register(chain, digits, "//Alice", FREE, None).await, "ModelRetired");
	let missing = chain.next(*model, account("//Alice")).await.unwrap_err();
	assert!(matches!(missing, ChainError::ModelDeregistered { .. }), "{missing}");
	// The same keys by somebody else are another model.
	let other = register(chain, digits, "//Bob", FREE, None).await.unwrap();
	assert_ne!(other.registered, Some(*model));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_model_verifies_nothing_until_all_have_resumed_it() {
	let scene = Scene::new(LOGITS, FREE).await;
	let Scene { chain, model, .. } = &scene;
	let (alice, bob) = (signer("//Alice").unwrap(), signer("//Bob").unwrap());
	let sent = scene.next("//Bob", 0).await;
	refused_with(chain.suspend(&bob, *model, true).await, "NotOwner");
	chain.suspend(&alice, *model, true).await.unwrap();
	refused_with(chain.suspend(&alice, *model, true).await, "AlreadySuspended");
	scene.refused("//Bob", &sent, "ModelSuspended").await;
	// Alice holds the development chain's sudo key, too.
	chain.suspend_as_root(&alice, *model, true).await.unwrap();
	chain.suspend(&alice, *model, false).await.unwrap();
	scene.refused("//Bob", &sent, "ModelSuspended").await;
	assert_eq!(scene.state().await.status(*model).await.unwrap(), Some(Status::Suspended));
	refused_with(chain.suspend(&alice, *model, false).await, "NotSuspended");
	chain.suspend_as_root(&alice, *model, false).await.unwrap();
	refused_with(chain.suspend_as_root(&alice, *model, false).await, "NotSuspended");
	scene.submit("//Bob", &sent).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_chain_verifies_nothing() {
	let scene = Scene::new(LOGITS, FREE).await;
	let alice = signer("//Alice").unwrap();
	let sent = scene.next("//Bob", 0).await;
	scene.chain.set_paused(&alice, true).await.unwrap();
	assert!(scene.state().await.policy().await.unwrap().paused);
	scene.refused("//Bob", &sent, "VerificationPaused").await;
	scene.chain.set_paused(&alice, false).await.unwrap();
	scene.submit("//Bob", &sent).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deprecated_model_ends_when_it_was_announced() {
	let scene = Scene::new(LOGITS, FREE).await;
	let Scene { chain, model, .. } = &scene;
	let alice = signer("//Alice").unwrap();
	let until = scene.state().await.height() + 1000;
	refused_with(chain.deprecate(&alice, *model, Some(1)).await, "EndInPast");
	chain.deprecate(&alice, *model, Some(until)).await.unwrap();
	let status = scene.state().await.status(*model).await.unwrap();
	assert_eq!(status, Some(Status::Deprecated { until }));
	chain.deprecate(&alice, *model, None).await.unwrap();
	assert_eq!(scene.state().await.status(*model).await.unwrap(), Some(Status::Active));
	let until = scene.state().await.height() + 2;
	chain.deprecate(&alice, *model, Some(until)).await.unwrap();
	let last = scene.next("//Bob", 0).await;
	let included = scene.submit("//Bob", &last).await.unwrap();
	assert_eq!(included.block, u64::from(until), "the last block counts");
	let late = scene.next("//Bob", 1).await;
	scene.wait(1).await;
	assert_eq!(scene.state().await.status(*model).await.unwrap(), Some(Status::Retired));
	scene.refused("//Bob", &late, "ModelRetired").await;
	refused_with(chain.deprecate(&alice, *model, None).await, "ModelRetired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_changes_hands_and_keeps_its_name() {
	let scene = Scene::new(LOGITS, FREE).await;
	let Scene { chain, model, .. } = &scene;
	let [alice, bob, charlie] = ["//Alice", "//Bob", "//Charlie"].map(|suri| signer(suri).unwrap());
	let heir = account("//Bob");
	refused_with(chain.offer(&bob, *model, Some(heir)).await, "NotOwner");
	chain.offer(&alice, *model, Some(heir)).await.unwrap();
	refused_with(chain.accept(&charlie, *model).await, "NotOffered");
	chain.offer(&alice, *model, None).await.unwrap();
	refused_with(chain.accept(&bob, *model).await, "NotOffered");
	chain.offer(&alice, *model, Some(heir)).await.unwrap();
	let proven_before = scene.next("//Alice", 0).await;
	let deposit = scene.state().await.deposit(*model).await.unwrap();
	let accepted = chain.accept(&bob, *model).await.unwrap();
	assert_eq!(Some(accepted.held), deposit, "the heir puts down the deposit");
	let found = chain.model(*model).await.unwrap().unwrap().registration;
	assert_eq!((found.owner, found.registrant), (heir, account("//Alice")));
	assert_eq!(found.heir, None);
	scene.submit("//Alice", &proven_before).await.unwrap();
	let terms = Terms { max_age: Some(9), receipt_lifetime: None };
	refused_with(chain.set_terms(&alice, *model, terms).await, "NotOwner");
	assert_eq!(chain.deregister(&bob, *model).await.unwrap().released, accepted.held);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_names_the_one_before_it() {
	let scene = Scene::new(LOGITS, FREE).await;
	let Scene { chain, model, .. } = &scene;
	let options = Options::new(InputChoice::Private, OutputChoice::Argmax);
	let second = Ready::new("digits", options);
	let foreign = register(chain, &second, "//Bob", FREE, Some(*model)).await;
	refused_with(foreign, "NotOwner");
	let included = register(chain, &second, "//Alice", FREE, Some(*model)).await.unwrap();
	let successor = included.registered.unwrap();
	let before = chain.model(*model).await.unwrap().unwrap();
	assert_eq!(before.registration.superseded_by, Some(successor));
	assert_eq!(before.status, Status::Active, "nothing else changes for it");
	let after = chain.model(successor).await.unwrap().unwrap().registration;
	assert_eq!((after.version, after.supersedes), (2, Some(*model)));
	let third = Ready::new("digits", options);
	let again = register(chain, &third, "//Alice", FREE, Some(*model)).await;
	refused_with(again, "AlreadySuperseded");
}
