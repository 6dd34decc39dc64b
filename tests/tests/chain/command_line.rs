//! The same stories as a user tells them, with `zkml` alone.

use serde_json::Value;
use zkml_tests::node::Node;
pub(crate) use zkml_tests::place::Place;

fn example(name: &str) -> String {
	zkml_tests::examples::file("digits", name).to_str().unwrap().to_string()
}

/// With the digits compiled and set up, and an input.
async fn digits() -> Place {
	let place = Place::empty().await;
	let (model, calibration) = (example("digits.onnx"), example("calibration.npz"));
	place.run(&["quantize", &model, "--calibration", &calibration, "-o", "m.q.onnx"]);
	place.run(&["compile", "m.q.onnx", "-o", "circuit"]);
	place.run(&["setup", "circuit", "-o", "keys"]);
	for name in ["a.json", "b.json", "c.json"] {
		std::fs::copy(example("sample.json"), place.path(name)).unwrap();
	}
	place
}

/// An empty one, with another chain.
async fn elsewhere() -> Place {
	let node = Node::start(&[
		"--chain",
		"local",
		"--alice",
		"--no-mdns",
		"--unsafe-force-node-key-generation",
		"--listen-addr",
		"/ip4/127.0.0.1/tcp/0",
	]);
	Place::with(node, false).await
}

const PROVE: [&str; 8] = ["prove", "circuit", "--keys", "keys", "--input", "a.json", "-o", "proof"];

fn with<'a>(arguments: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
	[arguments, more].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_model_to_a_verified_proof() {
	let place = digits().await;
	place.fails("//Alice", &PROVE, 1, "zkml register");
	place.fails("//Alice", &["model", "show", "keys"], 1, "no model was registered from this");
	place.fails("//Alice", &["register", "keys", "--max-age", "5000"], 5, "less than 4096");
	let registered = place.acts("//Alice", &["register", "keys"]);
	assert_ne!(registered["deposit"]["held"], "0");
	let id = registered["registration"]["model"].as_str().unwrap();
	place.fails("//Alice", &["register", "keys"], 5, &format!("already, as model 0x{id}"));
	let proven = place.acts("//Alice", &PROVE);
	assert_eq!(proven["claim"]["destination"]["nonce"], 0);
	assert_eq!(proven["claim"]["destination"]["anchor"], Value::Null);
	place.run(&["verify", "proof", "--keys", "keys"]);
	place.fails("//Bob", &["submit", "proof"], 5, "the proof is for account");
	let tried = place.acts("//Alice", &["submit", "proof", "--dry-run"]);
	assert_eq!(tried["dry_run"], true);
	assert!(tried["weight"]["ref_time"].as_u64().unwrap() > 0, "{tried}");
	let submitted = place.acts("//Alice", &["submit", "proof"]);
	assert_eq!(submitted["claim"]["label"], 2);
	let events = submitted["events"].as_array().unwrap();
	assert!(events.contains(&"Zkml.InferenceVerified".into()), "{submitted}");
	let fee = |value: &Value| value["fee"].as_str().unwrap().parse::<f64>().unwrap();
	let estimated = fee(&tried) / fee(&submitted);
	assert!((0.9..1.1).contains(&estimated), "{tried} {submitted}");
	place.fails("//Alice", &["submit", "proof"], 5, "prove again");

	let audited = place.acts("//Alice", &["audit", "m.q.onnx", "--keys", "keys"]);
	assert_eq!((&audited["passed"], &audited["status"]["name"]), (&true.into(), &"active".into()));

	// Another id, another chain, other keys.
	let other = format!("{}{}", if id.starts_with('0') { "1" } else { "0" }, &id[1..]);
	let unknown = with(&PROVE, &["--model", &other]);
	place.fails("//Alice", &unknown, 5, "is not registered on this chain");
	place.run(&["setup", "circuit", "-o", "others"]);
	let foreign =
		with(&["prove", "circuit", "--keys", "others"], &["--input", "a.json", "-o", "x"]);
	let foreign = with(&foreign, &["--model", "keys"]);
	place.fails("//Alice", &foreign, 1, "registered with another verifying key");
	let keys = place.path("keys");
	let show = ["model", "show", keys.to_str().unwrap()];
	let elsewhere = elsewhere().await;
	elsewhere.fails("//Alice", &show, 5, "is registered on the chain with genesis");
	place.acts("//Alice", &["deregister", id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn proofs_in_batches_for_recent_blocks_with_receipts() {
	let place = digits().await;
	let register = ["register", "keys", "--max-age", "20", "--receipts", "4", "--name", "digits"];
	place.acts("//Alice", &register);
	let shown = place.acts("//Alice", &["model", "show", "keys"]);
	assert_eq!(shown["terms"]["max_age"], 20);
	let three = ["--input", "b.json", "--input", "c.json"];
	let mut prove = with(&PROVE, &three);
	prove[7] = "proofs";
	let proven = place.acts("//Bob", &prove);
	let proofs = proven["proofs"].as_array().unwrap();
	let nonces = |proof: &Value| proof["claim"]["destination"]["nonce"].as_u64().unwrap();
	assert_eq!(proofs.iter().map(nonces).collect::<Vec<_>>(), [0, 1, 2]);
	assert!(proofs[0]["claim"]["destination"]["anchor"]["block"].as_u64().is_some());
	place.run(&["verify", "proofs/b", "--keys", "keys"]);
	let ahead = place.acts("//Bob", &with(&PROVE, &["--ahead", "3"]));
	assert_eq!(ahead["claim"]["destination"]["nonce"], 3);

	place.fails("//Bob", &["submit", "proof"], 5, "together with it");
	place.fails("//Bob", &["submit", "proofs/a", "proofs/c"], 1, "a proof between is missing");
	place.fails("//Bob", &["submit", "proofs/a", "proofs/a"], 1, "as is proofs/a");
	std::fs::rename(place.path("proofs/b/proof.json"), place.path("b")).unwrap();
	std::fs::copy(place.path("proofs/a/proof.json"), place.path("proofs/b/proof.json")).unwrap();
	for arguments in [&["submit", "proofs", "--dry-run"][..], &["submit", "proofs"]] {
		let error = place.fails("//Bob", arguments, 3, "proofs/b: Zkml::InvalidProof");
		assert_eq!(error["refused"]["error"], "Zkml::BatchInvalid");
		let culprits = error["refused"]["culprits"].as_array().unwrap();
		assert_eq!(culprits.len(), 1, "{error}");
	}
	let paid = ["submit", "proofs", "--skip-dry-run"];
	place.fails("//Bob", &paid, 5, "the chain refused: Zkml::BatchInvalid");
	std::fs::rename(place.path("b"), place.path("proofs/b/proof.json")).unwrap();
	// In any order, and with the one that was proven for later.
	let all = ["submit", "proof", "proofs/c", "proofs/b", "proofs/a"];
	let submitted = place.acts("//Bob", &all);
	assert_eq!(submitted["inferences"].as_array().unwrap().len(), 4);
	assert_ne!(submitted["deposit"]["held"], "0");

	let receipt = place.acts("//Bob", &["receipt", "show", "keys"]);
	assert_eq!((&receipt["counts"], &receipt["receipt"]["nonce"]), (&true.into(), &3.into()));
	let bob = ["--account", "//Bob"];
	let foreign = with(&["receipt", "remove", "keys"], &bob);
	place.fails("//Alice", &foreign, 5, "still counts");
	let none = with(&["receipt", "show", "keys"], &["--account", "//Eve"]);
	assert_eq!(place.acts("//Bob", &none)["receipt"], Value::Null);
	let removed = place.acts("//Bob", &["receipt", "remove", "keys"]);
	assert_eq!(removed["deposit"]["released"], submitted["deposit"]["held"]);
	place.fails("//Bob", &["receipt", "remove", "keys"], 5, "there is no receipt");

	// A proof that grows too old says so.
	place.acts("//Alice", &["model", "terms", "keys", "--max-age", "3", "--receipts", "none"]);
	place.acts("//Bob", &PROVE);
	for until in ["900", "901", "none"] {
		place.acts("//Alice", &["model", "deprecate", "keys", "--until", until]);
	}
	let stale = place.fails("//Bob", &["submit", "proof"], 5, "Zkml::AnchorTooOld");
	assert!(stale["help"].as_str().unwrap().contains("prove again"), "{stale}");
	place.acts("//Bob", &PROVE);
	place.acts("//Bob", &["submit", "proof"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_models_life() {
	let place = digits().await;
	let registered = place.acts("//Alice", &["register", "keys", "--uri", "ipfs://digits"]);
	let id = registered["registration"]["model"].as_str().unwrap().to_string();
	place.acts("//Bob", &PROVE);
	let show = || place.acts("//Bob", &["model", "show", &id]);
	let model = |verb: &'static str| ["model", verb, "keys"];

	place.fails("//Bob", &model("suspend"), 5, "only the owner may do this");
	place.acts("//Alice", &model("suspend"));
	place.fails("//Alice", &model("suspend"), 5, "suspended already");
	assert_eq!(show()["status"]["suspension"]["by_owner"], true);
	place.fails("//Bob", &["submit", "proof"], 5, "the model is suspended");
	place.acts("//Alice", &with(&model("suspend"), &["--sudo"]));
	place.acts("//Alice", &model("resume"));
	assert_eq!(show()["status"]["accepts"], false);
	let audited = place.acts("//Bob", &["audit", "m.q.onnx", "--keys", "keys"]);
	assert_eq!(audited["status"]["name"], "suspended", "the keys are right all the same");
	place.acts("//Alice", &with(&model("resume"), &["--sudo"]));
	place.acts("//Bob", &["submit", "proof"]);

	place.fails("//Alice", &with(&model("deprecate"), &["--until", "1"]), 5, "is over already");
	place.acts("//Alice", &with(&model("deprecate"), &["--within", "100"]));
	assert_eq!(show()["status"]["name"], "deprecated");
	place.acts("//Alice", &with(&model("deprecate"), &["--until", "none"]));

	place.fails("//Bob", &model("accept"), 5, "offered to nobody");
	let address = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
	place.fails("//Alice", &with(&model("offer"), &["--to", "Bob"]), 5, "is no account");
	place.acts("//Alice", &with(&model("offer"), &["--to", "none"]));
	place.acts("//Alice", &with(&model("offer"), &["--to", address]));
	let accepted = place.acts("//Bob", &model("accept"));
	assert_eq!(accepted["deposit"]["held"], registered["deposit"]["held"]);
	let shown = show();
	assert_ne!(shown["owner"], shown["registrant"]);
	assert_eq!(shown["uri"], "ipfs://digits");
	let audited = place.acts("//Bob", &["audit", "m.q.onnx", "--keys", "keys"]);
	assert_eq!(audited["passed"], true, "the id is of who registered it");

	// A second version by the new owner.
	place.run(&["compile", "m.q.onnx", "-o", "circuit2", "--reveal", "argmax"]);
	place.run(&["setup", "circuit2", "-o", "keys2"]);
	let second = ["register", "keys2", "--supersedes", "keys"];
	place.fails("//Alice", &second, 5, "the model belongs to");
	let second = place.acts("//Bob", &second);
	assert_eq!(show()["status"]["superseded_by"], second["registration"]["model"]);
	let newer = place.acts("//Bob", &["model", "show", "keys2"]);
	assert_eq!((&newer["version"], &newer["supersedes"]), (&2.into(), &id.as_str().into()));

	let gone = place.acts("//Bob", &["model", "deregister", "keys"]);
	assert_eq!(gone["deposit"]["released"], accepted["deposit"]["held"]);
	let remains = show();
	assert_eq!(
		(&remains["registered"], &remains["tombstone"]["record"]),
		(&false.into(), &gone["record"])
	);
	place.fails("//Bob", &PROVE, 5, "was deregistered in block");
	place.fails("//Alice", &["register", "keys"], 5, "was deregistered in block");
	let audit = ["audit", "m.q.onnx", "--keys", "keys"];
	place.fails("//Bob", &audit, 5, "was deregistered in block");
}
