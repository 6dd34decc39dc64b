//! The story of a proof, against a live development chain.

use std::{path::Path, process::Command};
use zkml_circuits::{InputChoice, Options, OutputChoice};
use zkml_cli::chain::{signer, Chain, ChainError};
use zkml_primitives::{context_for, Inference, ModelId, Output, Proof, Setup, SUBMIT_INFERENCE};
use zkml_tests::{examples::Ready, node::Node, programs::program};

const LOGITS: Options = Options { input: InputChoice::Private, output: OutputChoice::Logits };

/// A chain on which Alice has registered the digits.
struct Scene {
	node: Node,
	chain: Chain,
	digits: Ready,
	model: ModelId,
	images: Vec<Vec<f32>>,
}

impl Scene {
	async fn new(options: Options) -> Self {
		let mut node = Node::development();
		let digits = Ready::new("digits", options);
		let heldout = digits.example.heldout();
		let images = heldout.iter().take(4).map(<[f32]>::to_vec).collect();
		let (chain, _) = node.connect().await;
		let alice = signer("//Alice").unwrap();
		let included = register(&chain, &digits, "//Alice").await.unwrap();
		let model = included.registered.unwrap();
		let expected = ModelId::derive(
			&alice.public_key().0,
			zkml_primitives::Scheme::Groth16,
			zkml_primitives::SEMANTICS_V1,
			&digits.verifying_key,
			&digits.circuit.interface,
		);
		assert_eq!(model, expected);
		Self { node, chain, digits, model, images }
	}

	/// What an account would submit next for an image.
	async fn next(&self, suri: &str, image: usize) -> (Inference, Proof, u32) {
		let account = signer(suri).unwrap().public_key().0;
		let (context, _) = self.chain.context(self.model, account).await.unwrap();
		let assignment = self.digits.assign(&self.images[image], &context);
		let proof = self.digits.prove(&assignment);
		let signals = assignment.statement.signals().len() as u32;
		(assignment.inference, proof, signals)
	}

	async fn submit(
		&self,
		suri: &str,
		(inference, proof, signals): &(Inference, Proof, u32),
	) -> Result<Vec<Output>, ChainError> {
		let signer = signer(suri).unwrap();
		let result = self.chain.submit(&signer, *signals, self.model, inference, proof).await;
		result.map(|included| {
			assert!(included.fee > 0, "verification is paid for");
			included.verified
		})
	}

	async fn refused(&self, suri: &str, submission: &(Inference, Proof, u32), expected: &str) {
		let account = signer(suri).unwrap().public_key().0;
		let before = self.chain.nonce(self.model, account).await.unwrap();
		match self.submit(suri, submission).await {
			Err(ChainError::Failed(error)) => assert_eq!(error, format!("Zkml::{expected}")),
			other => panic!("expected {expected}, got {other:?}\n{}", self.node.log()),
		}
		assert_eq!(self.chain.nonce(self.model, account).await.unwrap(), before);
	}
}

async fn register(
	chain: &Chain,
	digits: &Ready,
	suri: &str,
) -> Result<zkml_cli::chain::Included, ChainError> {
	chain
		.register(
			&signer(suri).unwrap(),
			&digits.verifying_key,
			&digits.circuit.interface,
			Setup::Development,
			&digits.metadata(),
		)
		.await
}

#[tokio::test(flavor = "multi_thread")]
async fn verifies_honest_proofs_and_refuses_all_others() {
	let scene = Scene::new(LOGITS).await;
	let account = signer("//Alice").unwrap().public_key().0;
	for image in 0..3 {
		assert_eq!(scene.chain.nonce(scene.model, account).await.unwrap(), image as u64);
		let submission = scene.next("//Alice", image).await;
		let verified = scene.submit("//Alice", &submission).await.unwrap();
		assert_eq!(verified, std::slice::from_ref(&submission.0.output));
		// A replay, at once and exactly.
		scene.refused("//Alice", &submission, "InvalidProof").await;
	}

	let (inference, proof, signals) = scene.next("//Alice", 3).await;
	for position in [0, 63, 64, 191, 192, 255] {
		let mut flipped = proof;
		flipped.0[position] ^= 1;
		let submission = (inference.clone(), flipped, signals);
		scene.refused("//Alice", &submission, "MalformedProof").await;
	}
	let Output::Logits(logits) = inference.output.clone() else { panic!("logits") };
	let mut forged = logits.clone();
	forged[9] -= 1;
	let other = Inference { output: Output::Logits(forged), input: None };
	scene.refused("//Alice", &(other, proof, signals), "InvalidProof").await;
	let mut beyond = logits;
	beyond[0] = i32::MAX;
	let other = Inference { output: Output::Logits(beyond), input: None };
	scene.refused("//Alice", &(other, proof, signals), "ValueOutOfRange").await;
	let other = Inference { output: Output::Label(0), input: None };
	scene.refused("//Alice", &(other, proof, signals), "OutputMismatch").await;
	scene.refused("//Bob", &(inference.clone(), proof, signals), "InvalidProof").await;
	let underdeclared = (inference.clone(), proof, signals - 1);
	scene.refused("//Alice", &underdeclared, "SignalsUnderdeclared").await;

	// After all that, the honest proof is as good as ever.
	scene.submit("//Alice", &(inference, proof, signals)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn public_inputs_are_part_of_the_claim() {
	let options = Options { input: InputChoice::Public, output: OutputChoice::Argmax };
	let scene = Scene::new(options).await;
	let submission = scene.next("//Charlie", 0).await;
	assert!(submission.0.input.is_some());
	let other_image = scene.next("//Charlie", 1).await;
	let mut swapped = submission.clone();
	swapped.0.input = other_image.0.input.clone();
	scene.refused("//Charlie", &swapped, "InvalidProof").await;
	let mut hidden = submission.clone();
	hidden.0.input = None;
	scene.refused("//Charlie", &hidden, "InputMismatch").await;
	let mut label = submission.clone();
	let Output::Label(right) = label.0.output else { panic!("a label") };
	label.0.output = Output::Label((right + 1) % 10);
	scene.refused("//Charlie", &label, "InvalidProof").await;
	label.0.output = Output::Label(10);
	scene.refused("//Charlie", &label, "LabelOutOfRange").await;
	assert_eq!(scene.submit("//Charlie", &submission).await.unwrap(), [Output::Label(right)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn models_come_and_go_for_good() {
	let scene = Scene::new(LOGITS).await;
	let Scene { chain, digits, model, .. } = &scene;
	let submission = scene.next("//Alice", 0).await;
	let again = register(chain, digits, "//Alice").await.unwrap_err().to_string();
	assert!(again.contains("Zkml::ModelAlreadyRegistered"), "{again}");
	let found = chain.model(*model).await.unwrap().expect("the registered model");
	assert_eq!(found.key, digits.verifying_key);
	assert_eq!((found.setup, found.metadata), (Setup::Development, digits.metadata()));
	let bob = signer("//Bob").unwrap();
	let foreign = chain.deregister(&bob, *model).await.unwrap_err().to_string();
	assert!(foreign.contains("Zkml::NotOwner"), "{foreign}");
	chain.deregister(&signer("//Alice").unwrap(), *model).await.unwrap();
	assert!(!chain.is_registered(*model).await.unwrap());
	scene.refused("//Alice", &submission, "ModelRetired").await;
	let again = register(chain, digits, "//Alice").await.unwrap_err().to_string();
	assert!(again.contains("Zkml::ModelRetired"), "{again}");
	let account = signer("//Alice").unwrap().public_key().0;
	let missing = chain.context(*model, account).await.unwrap_err().to_string();
	assert!(missing.contains("is not registered on this chain"), "{missing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interface_that_disagrees_with_its_key_is_refused() {
	let mut node = Node::development();
	let mut digits = Ready::new("digits", LOGITS);
	let (chain, _) = node.connect().await;
	let other = Options { input: InputChoice::Public, output: OutputChoice::Logits };
	digits.circuit.interface = zkml_circuits::interface(&digits.example.graph, &other).unwrap();
	let refused = register(&chain, &digits, "//Alice").await.unwrap_err().to_string();
	assert!(refused.contains("Zkml::SignalCountMismatch"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_funds_is_told_so() {
	let scene = Scene::new(LOGITS).await;
	let submission = scene.next("//Pauper", 0).await;
	let refused = scene.submit("//Pauper", &submission).await.unwrap_err();
	assert!(matches!(refused, ChainError::Refused(_)), "{refused}");
	assert!(refused.to_string().contains("Inability to pay"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_context_is_the_one_that_documentation_describes() {
	let scene = Scene::new(LOGITS).await;
	let account = signer("//Alice").unwrap().public_key().0;
	let (context, nonce) = scene.chain.context(scene.model, account).await.unwrap();
	assert_eq!(nonce, 0);
	let payload = 0u64.to_le_bytes();
	let genesis = scene.chain.genesis();
	assert_eq!(context, context_for(&genesis, SUBMIT_INFERENCE, scene.model, &account, &payload));
}

/// Runs the command line; its JSON and its exit code.
fn zkml(folder: &Path, arguments: &[&str]) -> (serde_json::Value, i32, String) {
	let output = Command::new(program("zkml"))
		.current_dir(folder)
		.args(arguments)
		.arg("--json")
		.output()
		.unwrap();
	let value = serde_json::from_slice(&output.stdout).unwrap_or_default();
	let text = String::from_utf8_lossy(&output.stderr).into_owned();
	(value, output.status.code().unwrap_or(-1), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_tells_the_whole_story() {
	let mut node = Node::development();
	let (_, url) = node.connect().await;
	let folder = tempfile::tempdir().unwrap();
	let example =
		|name: &str| zkml_tests::examples::file("digits", name).to_str().unwrap().to_string();
	let run = |arguments: &[&str]| {
		let (value, code, text) = zkml(folder.path(), arguments);
		assert_eq!(code, 0, "{arguments:?}: {text}");
		value
	};
	let (model, calibration) = (example("digits.onnx"), example("calibration.npz"));
	run(&["quantize", &model, "--calibration", &calibration, "-o", "m.q.onnx"]);
	run(&["compile", "m.q.onnx", "-o", "circuit"]);
	run(&["setup", "circuit", "-o", "keys"]);
	let alice = ["--url", &url, "--suri", "//Alice"];
	let sample = example("sample.json");
	let prove: Vec<&str> =
		["prove", "circuit", "--keys", "keys", "--input", &sample, "-o", "proof"]
			.into_iter()
			.chain(alice)
			.collect();
	let (_, code, text) = zkml(folder.path(), &prove);
	assert_eq!(code, 1, "nothing is registered: {text}");
	assert!(text.contains("zkml register"), "{text}");
	let register: Vec<&str> = ["register", "keys"].into_iter().chain(alice).collect();
	let registered = run(&register);
	let proven = run(&prove);
	assert_eq!(proven["claim"]["destination"]["nonce"], 0);
	run(&["verify", "proof", "--keys", "keys"]);
	let (_, code, text) =
		zkml(folder.path(), &["submit", "proof", "--url", &url, "--suri", "//Bob"]);
	assert_eq!(code, 5, "another account: {text}");
	assert!(text.contains("the proof is for account"), "{text}");
	let submit: Vec<&str> = ["submit", "proof"].into_iter().chain(alice).collect();
	let submitted = run(&submit);
	assert_eq!(submitted["claim"]["label"], 2);
	let events = submitted["events"].as_array().unwrap();
	assert!(events.contains(&"Zkml.InferenceVerified".into()), "{submitted}");
	let (_, code, text) = zkml(folder.path(), &submit);
	assert_eq!(code, 5, "a replay: {text}");
	assert!(text.contains("nonce 1: prove again"), "{text}");

	// Keys that were set up again are another model: not registered.
	let id = registered["registration"]["model"].as_str().unwrap();
	let mut unknown: Vec<&str> = prove.clone();
	let other = format!("{}{}", if id.starts_with('0') { "1" } else { "0" }, &id[1..]);
	unknown.extend(["--model", &other]);
	let (_, code, text) = zkml(folder.path(), &unknown);
	assert_eq!(code, 5, "{text}");
	assert!(text.contains("is not registered on this chain"), "{text}");
	let deregister: Vec<&str> = ["deregister", id].into_iter().chain(alice).collect();
	run(&deregister);
}
