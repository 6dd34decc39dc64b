//! A line of credit on a record that nobody on the chain sees: a bank attests it, a model's answer earns
//! a reputation, and that opens a loan.

use super::scene::{account, with_hint};
use serde_json::{json, Value};
use std::fs;
use zkml_cli::{
	chain::{lending::CREDIT, reputation::Earning, signer, Chain, ChainError, Included},
	files::{hash_from_hex, ProofFolder},
};
use zkml_primitives::ModelId;
use zkml_tests::{examples, place::Place};

const ADMIN: &str = "//Alice";
const BANK: &str = "//Bob";
const APPLICANT: &str = "//Charlie";
const OTHER: &str = "//Dave";

/// A token.
const UNIT: u128 = 1_000_000_000_000;

/// How an answer earns credit. The area and the model are named besides.
const SOURCE: [&str; 6] = ["--source", "keys", "--issuer", BANK, "--points", "60"];

/// How an account earns credit with what an opening opens.
fn earn(opening: &str) -> Vec<&str> {
	let prove = ["reputation", "prove", "circuit", "--keys", "keys", "--area", "credit"];
	[&prove[..], &["--opening", opening]].concat()
}

fn example(name: &str) -> String {
	examples::file("credit", name).to_str().unwrap().to_string()
}

/// An amount of an object.
fn amount(value: &Value) -> u128 {
	value.as_str().unwrap().parse().unwrap()
}

/// That a call ended with the chain's error.
fn refused(result: Result<Included, ChainError>, expected: &str) {
	match result {
		Err(ChainError::Failed(error)) => assert_eq!(error, format!("Reputation::{expected}")),
		other => panic!("expected {expected}, got {other:?}"),
	}
}

/// A proof that was made, and not sent.
struct Made {
	anchor: u32,
	folder: ProofFolder,
}

/// A chain on which a bank attests records, and a model that judges them is registered from `keys`.
struct Bank {
	place: Place,
	model: ModelId,
}

impl Bank {
	async fn new() -> Self {
		let place = Place::empty().await;
		let record = example("record.json");
		place.acts(ADMIN, &["attest", "issuer", BANK, "--schema", &record]);
		let (model, calibration) = (example("logistic.onnx"), example("calibration.npz"));
		let quantize = ["quantize", &model, "--record", &record, "--calibration", &calibration];
		place.run(&[&quantize[..], &["-o", "m.q.onnx"]].concat());
		let compile = ["compile", "m.q.onnx", "-o", "circuit", "--input-visibility", "committed"];
		place.run(&[&compile[..], &["--reveal", "threshold:0.8473"]].concat());
		place.run(&["setup", "circuit", "-o", "keys"]);
		let registered = place.acts(ADMIN, &["register", "keys"]);
		let id = registered["registration"]["model"].as_str().unwrap();
		Self { place, model: ModelId(hash_from_hex(id).unwrap()) }
	}

	/// The same where the model's answer earns credit.
	async fn with_area() -> Self {
		let bank = Self::new().await;
		bank.sets_area();
		bank
	}

	/// Lets the model's answer earn credit.
	fn sets_area(&self) {
		let area = ["reputation", "area", "credit", "--half-life", "1000", "--ceiling", "100"];
		self.place.acts(ADMIN, &[&area[..], &SOURCE].concat());
	}

	/// Has an issuer attest the sample of an account.
	fn attests(&self, issuer: &str, subject: &str, opening: &str) {
		let (record, sample) = (example("record.json"), example("sample.json"));
		let issue = ["attest", "issue", "--subject", subject, "--record", &record];
		self.place.acts(issuer, &[&issue[..], &["--input", &sample, "-o", opening]].concat());
	}

	/// An account's score for credit, and what it consists of.
	fn credit(&self, account: &str) -> Value {
		self.place.acts(account, &["reputation", "show", account, "--area", "credit"])
	}

	/// Proves for an account what would earn credit now.
	async fn makes(&self, suri: &str, opening: &str) -> Made {
		let state = self.connect().await.state().await.unwrap();
		let next = state.next_proof(CREDIT, self.model, account(suri)).await.unwrap();
		let context = hex::encode(next.context.0);
		let prove = ["prove", "circuit", "--keys", "keys", "--opening", opening];
		self.place.run(&[&prove[..], &["--context", &context, "-o", "raw"]].concat());
		let folder = ProofFolder::open(&self.place.path("raw")).unwrap();
		Made { anchor: next.anchor.block, folder }
	}

	/// Sends a proof, whatever the chain will say.
	async fn sends(&self, suri: &str, made: &Made) -> Result<Included, ChainError> {
		let Made { anchor, folder } = made;
		let chain = self.connect().await;
		let proof = with_hint(&chain, self.model, &folder.signals, &folder.proof).await;
		let earning = Earning {
			area: CREDIT,
			model: self.model,
			signals: folder.signals.len() as u32,
			anchor: *anchor,
			inference: &folder.inference,
			proof: &proof,
		};
		chain.earn(&signer(suri).unwrap(), &earning).await
	}

	/// Makes a proof, and sends it, whatever the chain will say.
	async fn tries(&self, suri: &str, opening: &str) -> Result<Included, ChainError> {
		let made = self.makes(suri, opening).await;
		self.sends(suri, &made).await
	}

	async fn connect(&self) -> Chain {
		Chain::connect(self.place.url()).await.unwrap()
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_says_what_earns_credit() {
	let bank = Bank::new().await;
	let place = &bank.place;
	let area = ["reputation", "area", "credit"];
	let with = |more: &[&'static str]| [&area[..], more].concat();
	assert_eq!(place.acts(ADMIN, &area)["settings"], Value::Null);
	place.fails(ADMIN, &with(&SOURCE), 1, "is new");
	place.fails(ADMIN, &with(&["--half-life", "0"]), 5, "is a block at least");
	let low = ["--half-life", "9", "--floor", "7", "--ceiling", "6"];
	place.fails(ADMIN, &with(&low), 5, "the ceiling is below the floor");
	let two = ["--half-life", "9", "--source", "keys", "--issuer", BANK, "--points", "0,60"];
	place.fails(ADMIN, &with(&two), 5, "not for the answers that the model gives");
	place.fails(ADMIN, &with(&["--remove"]), 5, "there is no such area");
	place.fails(BANK, &with(&["--half-life", "9"]), 5, "the chain refused");

	let set = place.acts(ADMIN, &[&with(&["--half-life", "1000"])[..], &SOURCE].concat());
	let settings = &set["settings"];
	let expected = json!({ "half_life": 1000, "floor": 0, "ceiling": u32::MAX });
	for name in ["half_life", "floor", "ceiling"] {
		assert_eq!(settings[name], expected[name], "{set}");
	}
	let [source] = &settings["sources"].as_array().unwrap()[..] else { panic!("one: {set}") };
	assert_eq!(source["model"], hex::encode(bank.model.0));
	assert_eq!(source["points"], json!({ "passed": 60 }));
	assert_eq!(source["issuers"].as_array().unwrap().len(), 1);

	// What is not typed remains.
	place.acts(ADMIN, &with(&["--ceiling", "100", "--floor", "5"]));
	let shown = place.acts(BANK, &area);
	assert_eq!(shown["settings"]["sources"], settings["sources"]);
	assert_eq!(shown["settings"]["ceiling"], 100);
	assert_eq!(bank.credit(APPLICANT)["score"], 5);
	place.acts(ADMIN, &with(&["--without", "keys"]));
	assert_eq!(place.acts(BANK, &area)["settings"]["sources"], json!([]));
	place.fails(ADMIN, &with(&["--without", "keys"]), 5, "the model earns nothing in this area");

	// A file lists all.
	let listed = json!([{ "model": "keys", "issuers": [BANK, ADMIN], "points": 7 }]);
	fs::write(place.path("sources.json"), listed.to_string()).unwrap();
	let set = place.acts(ADMIN, &with(&["--sources", "sources.json"]));
	assert_eq!(set["settings"]["sources"][0]["points"], json!({ "passed": 7 }));
	let twice = json!([listed[0], listed[0]]);
	fs::write(place.path("sources.json"), twice.to_string()).unwrap();
	place.fails(ADMIN, &with(&["--sources", "sources.json"]), 5, "a model is listed twice");
	let nobody = json!([{ "model": "keys", "issuers": [], "points": 7 }]);
	fs::write(place.path("sources.json"), nobody.to_string()).unwrap();
	place.fails(ADMIN, &with(&["--sources", "sources.json"]), 5, "nobody may vouch");
	fs::write(place.path("sources.json"), "{}").unwrap();
	place.fails(ADMIN, &with(&["--sources", "sources.json"]), 1, "points are one number");

	// Another area does not know of it.
	let game = ["reputation", "show", APPLICANT, "--area", "2"];
	assert_eq!(place.acts(APPLICANT, &game)["score"], 0);
	place.acts(ADMIN, &with(&["--remove"]));
	assert_eq!(place.acts(BANK, &area)["settings"], Value::Null);
	assert_eq!(bank.credit(APPLICANT)["score"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_attested_and_proves_borrows_and_repays() {
	let bank = Bank::new().await;
	let place = &bank.place;
	bank.attests(BANK, APPLICANT, "opening.json");
	place.fails(APPLICANT, &earn("opening.json"), 5, "there is no such area");
	bank.sets_area();

	place.fails(APPLICANT, &["loan", "borrow", "10"], 5, "does not lend to");
	let proven = place.acts(APPLICANT, &earn("opening.json"));
	assert_eq!((&proven["score_before"], &proven["score"]), (&0.into(), &60.into()), "{proven}");
	assert_eq!((&proven["points"], &proven["claim"]["passed"]), (&60.into(), &true.into()));
	assert_ne!(proven["deposit"]["held"], "0", "{proven}");
	let shown = bank.credit(APPLICANT);
	let [known] = &shown["contributions"].as_array().unwrap()[..] else { panic!("one: {shown}") };
	assert_eq!(known["model"], hex::encode(bank.model.0));
	assert_eq!(known["answer"], json!({ "passed": true }));
	assert_eq!((&known["since"], &known["attested"]), (&proven["block"], &true.into()));
	assert_eq!(known["commitment"], proven["claim"]["input_commitment"]);

	place.fails(APPLICANT, &["loan", "borrow", "10"], 5, "the pot has not so much");
	place.fails(ADMIN, &["loan", "fund", "0"], 5, "the amount is nothing");
	let funded = place.acts(ADMIN, &["loan", "fund", "50"]);
	let before = amount(&funded["lendable"]);
	assert!(before > 49 * UNIT && before <= 50 * UNIT, "all but what the pot keeps: {funded}");
	place.fails(APPLICANT, &["loan", "borrow", "0"], 5, "the amount is nothing");
	place.fails(APPLICANT, &["loan", "borrow", "101"], 5, "more than an account may borrow");
	let borrowed = place.acts(APPLICANT, &["loan", "borrow", "10"]);
	let owed = 10 * UNIT + UNIT / 5;
	assert_eq!(amount(&borrowed["owed"]), owed, "two per cent on top");
	let deposit = &borrowed["deposit"]["held"];
	assert_ne!(deposit, "0", "{borrowed}");
	let line = || place.acts(APPLICANT, &["loan", "show", APPLICANT])["line"].clone();
	assert_eq!((amount(&line()["owed"]), &line()["overdue"]), (owed, &false.into()));
	assert_eq!(line()["due"], borrowed["due"]);
	let pot = || place.acts(ADMIN, &["loan", "pot"]);
	assert_eq!(amount(&pot()["outstanding"]), owed);
	assert_eq!(amount(&pot()["lendable"]), before - 10 * UNIT);
	assert_eq!(pot()["terms"]["fee_parts_per_million"], 20_000);
	place.fails(APPLICANT, &["loan", "borrow", "1"], 5, "has not repaid yet");
	place.fails(OTHER, &["loan", "default", APPLICANT], 5, "there is time left");
	place.fails(OTHER, &["loan", "repay", "all"], 5, "the account owes nothing");

	// To prove again renews the points, and does not add any.
	let renewed = place.acts(APPLICANT, &earn("opening.json"));
	assert_eq!(renewed["score"], 60, "{renewed}");
	assert_eq!(renewed["deposit"]["held"], "0", "{renewed}");
	// At once after it, when the block before is too old.
	assert_eq!(place.acts(APPLICANT, &earn("opening.json"))["score"], 60);

	let part = place.acts(APPLICANT, &["loan", "repay", "0.2"]);
	assert_eq!(amount(&part["left"]), 10 * UNIT);
	assert_eq!(part["deposit"]["released"], "0");
	// No more is taken than is owed.
	let rest = place.acts(APPLICANT, &["loan", "repay", "99"]);
	assert_eq!((amount(&rest["amount"]), amount(&rest["left"])), (10 * UNIT, 0));
	assert_eq!(&rest["deposit"]["released"], deposit);
	assert_eq!(line(), Value::Null);
	place.fails(APPLICANT, &["loan", "repay", "all"], 5, "the account owes nothing");
	place.acts(APPLICANT, &["loan", "borrow", "0.5"]);
	let all = place.acts(APPLICANT, &["loan", "repay", "all"]);
	assert_eq!(amount(&all["left"]), 0);
	assert_eq!(amount(&pot()["outstanding"]), 0);

	place.fails(BANK, &["loan", "withdraw", "1"], 5, "the chain refused");
	place.fails(ADMIN, &["loan", "withdraw", "51"], 5, "the pot has not so much");
	let earned = amount(&pot()["lendable"]) - before;
	assert_eq!(earned, UNIT / 5 + UNIT / 100, "the fees stay in the pot");
	let withdrawn = place.acts(ADMIN, &["loan", "withdraw", "1", "--to", BANK]);
	assert_eq!(amount(&withdrawn["lendable"]), before + earned - UNIT);
	let remove = ["reputation", "remove", "--area", "credit"];
	place.fails(APPLICANT, &remove, 5, "must be remembered");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_bank_attests_of_one_is_no_credit_of_another() {
	let bank = Bank::with_area().await;
	let place = &bank.place;
	bank.attests(BANK, APPLICANT, "opening.json");
	let not_attested = "nothing of this kind is attested";
	place.fails(OTHER, &earn("opening.json"), 5, not_attested);
	refused(bank.tries(OTHER, "opening.json").await, "NotAttested(NoCredential)");
	// Also of one of whom other values are attested, or the same with another salt.
	bank.attests(BANK, OTHER, "other.json");
	place.fails(OTHER, &earn("opening.json"), 5, "other values are attested");
	refused(bank.tries(OTHER, "opening.json").await, "NotAttested(OtherValues)");
	// A proof is its account's.
	let honest = bank.makes(APPLICANT, "opening.json").await;
	refused(bank.sends(OTHER, &honest).await, "Refused(InvalidProof)");
	assert_eq!(bank.credit(OTHER)["score"], 0);
	bank.sends(APPLICANT, &honest).await.unwrap();
	assert!(bank.credit(APPLICANT)["score"].as_u64().unwrap() >= 50);

	// Nor of what somebody says whose word does not count here.
	let record = example("record.json");
	place.acts(ADMIN, &["attest", "issuer", "//Eve", "--schema", &record]);
	bank.attests("//Eve", "//Ferdie", "eve.json");
	place.fails("//Ferdie", &earn("eve.json"), 5, "whose word does not count in this area");
	refused(bank.tries("//Ferdie", "eve.json").await, "NotAttested(OtherIssuer)");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_counts_once() {
	let bank = Bank::with_area().await;
	let place = &bank.place;
	bank.attests(BANK, APPLICANT, "opening.json");
	let (first, second) =
		(bank.makes(APPLICANT, "opening.json").await, bank.makes(APPLICANT, "opening.json").await);
	bank.sends(APPLICANT, &first).await.unwrap();
	// The same again, and another for the same block.
	refused(bank.sends(APPLICANT, &first).await, "AnchorUsed");
	refused(bank.sends(APPLICANT, &second).await, "AnchorUsed");
	// Also when what it earned is struck out, and the same is attested anew.
	let record = example("record.json");
	let schema = ["--subject", APPLICANT, "--schema", &record];
	let challenge = ["reputation", "challenge", APPLICANT, "--area", "credit", "--model", "keys"];
	place.fails(OTHER, &challenge, 5, "the values are attested as they were");
	place.acts(BANK, &[&["attest", "revoke"], &schema[..]].concat());
	place.acts(OTHER, &challenge);
	let again = ["attest", "issue", "--subject", APPLICANT, "--opening", "opening.json"];
	place.acts(BANK, &again);
	assert_eq!(bank.credit(APPLICANT)["score"], 0);
	refused(bank.sends(APPLICANT, &first).await, "AnchorUsed");
	assert_eq!(place.acts(APPLICANT, &earn("opening.json"))["score"], 60);
	// And when the model earned nothing in between.
	let area = ["reputation", "area", "credit"];
	place.acts(ADMIN, &[&area[..], &["--without", "keys"]].concat());
	assert_eq!(bank.credit(APPLICANT)["score"], 0);
	refused(bank.sends(APPLICANT, &first).await, "SourceNotFound");
	place.fails(APPLICANT, &earn("opening.json"), 5, "the model earns nothing in this area");
	place.acts(ADMIN, &[&area[..], &SOURCE].concat());
	refused(bank.sends(APPLICANT, &first).await, "AnchorUsed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_revoked_expired_or_suspended_earns_nothing() {
	let bank = Bank::with_area().await;
	let place = &bank.place;
	let record = example("record.json");
	place.acts(ADMIN, &["loan", "fund", "50"]);
	bank.attests(BANK, APPLICANT, "opening.json");
	place.acts(APPLICANT, &earn("opening.json"));
	let not_attested = "nothing of this kind is attested";
	let challenge = ["reputation", "challenge", APPLICANT, "--area", "credit", "--model", "keys"];
	place.fails(OTHER, &[&challenge[..4], &["2"], &challenge[5..]].concat(), 5, "no such area");

	// Revoked: it counts until somebody strikes it out.
	let schema = ["--subject", APPLICANT, "--schema", &record];
	place.acts(BANK, &[&["attest", "revoke"], &schema[..]].concat());
	place.fails(APPLICANT, &earn("opening.json"), 5, not_attested);
	refused(bank.tries(APPLICANT, "opening.json").await, "NotAttested(NoCredential)");
	let shown = bank.credit(APPLICANT);
	assert_eq!(shown["contributions"][0]["attested"], false, "{shown}");
	assert!(shown["score"].as_u64().unwrap() >= 50, "{shown}");
	let struck = place.acts(OTHER, &challenge);
	assert_eq!(struck["score"], 0, "{struck}");
	place.fails(OTHER, &challenge, 5, "nothing of this model that counts");
	place.fails(APPLICANT, &["loan", "borrow", "1"], 5, "does not lend to");

	// Expired.
	let issue = ["attest", "issue", "--subject", APPLICANT, "--opening", "opening.json"];
	place.acts(BANK, &[&issue[..], &["--for", "4"]].concat());
	assert_eq!(place.acts(APPLICANT, &earn("opening.json"))["score"], 60);
	place.fails(OTHER, &challenge, 5, "the values are attested as they were");
	place.wait(4).await;
	place.fails(APPLICANT, &earn("opening.json"), 5, not_attested);
	refused(bank.tries(APPLICANT, "opening.json").await, "NotAttested(NoCredential)");
	assert_eq!(place.acts(OTHER, &challenge)["score"], 0);

	// While the bank is suspended nobody believes it.
	place.acts(BANK, &issue);
	place.acts(ADMIN, &["attest", "issuer", BANK, "--suspend"]);
	place.fails(APPLICANT, &earn("opening.json"), 5, not_attested);
	place.acts(ADMIN, &["attest", "issuer", BANK, "--resume"]);

	// Of a suspended model nothing is verified.
	place.acts(ADMIN, &["model", "suspend", "keys"]);
	place.fails(APPLICANT, &earn("opening.json"), 5, "the model is suspended");
	let made = bank.makes(APPLICANT, "opening.json").await;
	refused(bank.sends(APPLICANT, &made).await, "Refused(ModelSuspended)");
	assert_eq!(bank.credit(APPLICANT)["score"], 0);
	place.acts(ADMIN, &["model", "resume", "keys"]);
	// What was refused was not used up.
	bank.sends(APPLICANT, &made).await.unwrap();
	place.acts(APPLICANT, &["loan", "borrow", "1"]);
}
