//! One proof after the other.

use crate::scene::{account, refused_with, register, Scene, FREE, LOGITS};
use subxt::{OnlineClient, PolkadotConfig};
use zkml_circuits::{InputChoice, Options, OutputChoice};
use zkml_cli::chain::{explain, ChainError, Status};
use zkml_primitives::{
	context_for, ClaimedInput, Inference, ModelId, Output, Setup, SUBMIT_INFERENCE,
};
use zkml_tests::{examples::Ready, node::Node};

#[tokio::test(flavor = "multi_thread")]
async fn verifies_honest_proofs_and_refuses_all_others() {
	let scene = Scene::new(LOGITS, FREE).await;
	let alice = account("//Alice");
	for image in 0..3 {
		assert_eq!(scene.chain.nonce(scene.model, alice).await.unwrap(), image as u64);
		let sent = scene.next("//Alice", image).await;
		let state = scene.state().await;
		let weight = state.dry_run(alice, sent.1, &sent.0).await.unwrap().unwrap();
		let fees = state.fees(sent.1, &sent.0, Some(&sent.2), weight).await.unwrap();
		let included = scene.submit("//Alice", &sent).await.unwrap();
		assert!(weight.ref_time <= included.weight.ref_time);
		assert!(included.fee <= fees.most, "{} of {}", included.fee, fees.most);
		assert!(included.fee.abs_diff(fees.likely) < included.fee / 10, "{fees:?}");
		assert_eq!(included.held, 0, "without receipts, nothing is put down");
		// A replay, at once and exactly.
		scene.refused("//Alice", &sent, "InvalidProof").await;
	}

	let honest = scene.next("//Alice", 3).await;
	for position in [0, 63, 64, 191, 192, 255] {
		let mut flipped = honest.clone();
		flipped.0[0].proof.0[position] ^= 1;
		scene.refused("//Alice", &flipped, "MalformedProof").await;
	}
	let Output::Logits(logits) = honest.0[0].inference.output.clone() else { panic!("logits") };
	let with = |output: Output| {
		let mut other = honest.clone();
		other.0[0].inference = Inference { output, input: ClaimedInput::Hidden };
		other
	};
	let mut forged = logits.clone();
	forged[9] -= 1;
	scene.refused("//Alice", &with(Output::Logits(forged)), "InvalidProof").await;
	let mut beyond = logits;
	beyond[0] = i32::MAX;
	scene.refused("//Alice", &with(Output::Logits(beyond)), "ValueOutOfRange").await;
	scene.refused("//Alice", &with(Output::Label(0)), "OutputMismatch").await;
	scene.refused("//Bob", &honest, "InvalidProof").await;
	let underdeclared = (honest.0.clone(), honest.1 - 1, honest.2);
	scene.refused("//Alice", &underdeclared, "SignalsUnderdeclared").await;
	let mut unknown = honest.clone();
	unknown.0[0].model = ModelId([0; 32]);
	scene.refused("//Alice", &unknown, "ModelNotFound").await;

	// After all that, the honest proof is as good as ever.
	scene.submit("//Alice", &honest).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn public_inputs_are_part_of_the_claim() {
	let options = Options::new(InputChoice::Public, OutputChoice::Argmax);
	let scene = Scene::new(options, FREE).await;
	let honest = scene.next("//Charlie", 0).await;
	assert!(honest.0[0].inference.input.values().is_some());
	let other_image = scene.next("//Charlie", 1).await;
	let mut swapped = honest.clone();
	swapped.0[0].inference.input = other_image.0[0].inference.input.clone();
	scene.refused("//Charlie", &swapped, "InvalidProof").await;
	let mut hidden = honest.clone();
	hidden.0[0].inference.input = ClaimedInput::Hidden;
	scene.refused("//Charlie", &hidden, "InputMismatch").await;
	let mut label = honest.clone();
	let Output::Label(right) = label.0[0].inference.output else { panic!("a label") };
	label.0[0].inference.output = Output::Label((right + 1) % 10);
	scene.refused("//Charlie", &label, "InvalidProof").await;
	label.0[0].inference.output = Output::Label(10);
	scene.refused("//Charlie", &label, "LabelOutOfRange").await;
	scene.submit("//Charlie", &honest).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_registered_can_be_read() {
	let scene = Scene::new(LOGITS, FREE).await;
	let Scene { chain, digits, model, .. } = &scene;
	refused_with(register(chain, digits, "//Alice", FREE, None).await, "ModelAlreadyRegistered");
	let found = chain.model(*model).await.unwrap().expect("the registered model");
	assert_eq!(found.status, Status::Active);
	assert_eq!(found.model.key, digits.verifying_key);
	assert_eq!((found.model.setup, found.model.terms), (Setup::Development, FREE));
	assert_eq!(found.registration.metadata, digits.metadata());
	let alice = account("//Alice");
	assert_eq!((found.registration.owner, found.registration.registrant), (alice, alice));
	assert_eq!((found.registration.version, found.registration.superseded_by), (1, None));
	let state = scene.state().await;
	assert!(state.submission_fee(*model).await.unwrap().unwrap() > 0);
	assert_eq!(state.submission_fee(ModelId([0; 32])).await.unwrap(), None);
	let policy = state.policy().await.unwrap();
	assert!(policy.allow_development_keys && !policy.paused);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interface_that_disagrees_with_its_key_is_refused() {
	let mut node = Node::development();
	let mut digits = Ready::new("digits", LOGITS);
	let (chain, _) = node.connect().await;
	let other = Options::new(InputChoice::Public, OutputChoice::Logits);
	digits.circuit.interface = zkml_circuits::interface(&digits.example.graph, &other).unwrap();
	let refused = register(&chain, &digits, "//Alice", FREE, None).await;
	refused_with(refused, "SignalCountMismatch");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_funds_is_told_so() {
	let scene = Scene::new(LOGITS, FREE).await;
	let sent = scene.next("//Pauper", 0).await;
	let refused = scene.submit("//Pauper", &sent).await.unwrap_err();
	assert!(matches!(refused, ChainError::Refused(_)), "{refused}");
	assert!(refused.to_string().contains("Inability to pay"), "{refused}");
	assert!(refused.help().unwrap().contains("funds"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_context_is_the_one_that_documentation_describes() {
	let scene = Scene::new(LOGITS, FREE).await;
	let alice = account("//Alice");
	let (context, nonce) = scene.chain.context(scene.model, alice).await.unwrap();
	assert_eq!(nonce, 0);
	let payload = 0u64.to_le_bytes();
	let genesis = scene.chain.genesis();
	assert_eq!(context, context_for(&genesis, SUBMIT_INFERENCE, scene.model, &alice, &payload));
	let later = scene.chain.next(scene.model, alice).await.unwrap().later(7);
	let payload = 7u64.to_le_bytes();
	let expected = context_for(&genesis, SUBMIT_INFERENCE, scene.model, &alice, &payload);
	assert_eq!(later.context(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_of_the_pallet_is_explained() {
	let mut node = Node::development();
	let (_, url) = node.connect().await;
	let api = OnlineClient::<PolkadotConfig>::from_url(url).await.unwrap();
	let at = api.at_current_block().await.unwrap();
	let errors = at.metadata_ref().pallet_by_name("Zkml").unwrap().error_variants().unwrap();
	assert!(errors.len() > 30);
	for error in errors {
		let name = format!("Zkml::{}", error.name);
		assert!(explain(&name).is_some(), "{name}");
	}
}
