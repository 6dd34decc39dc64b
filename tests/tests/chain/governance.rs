//! A model that votes for those who follow it, and one that moves a fee within bounds; and all that the
//! chain refuses of others, and of them.

use super::scene::{account, with_hint};
use codec::{Compact, Encode};
use serde_json::{json, Value};
use std::fs;
use zkml_cli::{
	chain::{
		address,
		governance::{delegate_account, parameter_account, Parameter, Subject},
		signer, AccountId, Chain, ChainError, Included,
	},
	files::{hash_from_hex, ProofFolder},
};
use zkml_primitives::{ModelId, Output};
use zkml_tests::{examples, place::Place};

const ADMIN: &str = "//Alice";
const KEEPER: &str = "//Bob";
const PROPOSER: &str = "//Charlie";
const HOLDER: &str = "//Dave";
const OTHER: &str = "//Eve";

/// A token.
const UNIT: u128 = 1_000_000_000_000;

const FEE: Subject = Subject::Parameter(Parameter::LendingFee);

/// How the keeper proves and moves the fee.
const MOVE: [&str; 6] = ["parameter", "move", "lending-fee", "circuit", "--keys", "keys"];

fn poll(poll: u32) -> Subject {
	Subject::Poll { delegate: 0, poll }
}

/// How a vote of the delegate is proven and cast.
fn vote(poll: &str) -> Vec<&str> {
	let circuit = ["delegate", "vote", "circuit", "--keys", "keys"];
	[&circuit[..], &["--delegate", "0", "--poll", poll]].concat()
}

fn snapshot(poll: &str) -> [&str; 5] {
	["delegate", "snapshot", "0", "--poll", poll]
}

fn propose(amount: &str) -> [&str; 6] {
	["poll", "propose", "--spend", amount, "--to", "//Ferdie"]
}

/// An amount of an object.
fn amount(value: &Value) -> u128 {
	value.as_str().unwrap().parse().unwrap()
}

/// The values of a snapshot.
fn values(snapshot: &Value) -> Vec<i32> {
	let values = snapshot["values"].as_array().unwrap();
	values.iter().map(|value| value.as_i64().unwrap() as i32).collect()
}

/// That a call ended with the chain's error.
fn refused(result: Result<Included, ChainError>, expected: &str) {
	match result {
		Err(ChainError::Failed(error)) => assert_eq!(error, format!("Governance::{expected}")),
		other => panic!("expected {expected}, got {other:?}"),
	}
}

/// The other of two labels.
fn the_opposite(proof: &ProofFolder) -> Output {
	match proof.inference.output {
		Output::Label(label) => Output::Label(1 - label),
		ref other => panic!("a label, not {other:?}"),
	}
}

/// The terms of the example's README, but for how often there may be a snapshot.
fn delegate_terms() -> Value {
	json!({
		"inputs": [
			{ "feature": "asked", "unit": "1" },
			{ "feature": "age", "unit": 10 },
			{ "feature": "approval", "unit": 10_000_000 },
			{ "feature": "proposer_approved", "unit": 1 },
			{ "feature": "proposer_rejected", "unit": 1 },
			{ "feature": "proposer_reputation", "area": 1, "unit": 4 },
		],
		"decision": { "label": 1 },
		"reward": "0.5",
		"snapshots": 2,
		"interval": 5,
	})
}

/// The terms of the example's README, but for a smaller step and shorter times.
fn fee_terms() -> Value {
	json!({
		"inputs": [
			{ "feature": "metric:2", "unit": 4 },
			{ "feature": "current", "unit": 400 },
			{ "feature": "metric:0", "unit": 4 },
		],
		"motion": { "steps": [-5_000, 0, 5_000] },
		"floor": 5_000,
		"ceiling": 100_000,
		"max_step": 2_000,
		"period": 10,
		"validity": 8,
		"reward": "0.1",
	})
}

/// A chain on which an example's model is registered from `keys`.
struct Chamber {
	place: Place,
	model: ModelId,
	/// The name of the model's input.
	input: &'static str,
}

impl Chamber {
	async fn new(name: &str, input: &'static str) -> Self {
		let place = Place::empty().await;
		let file = |name: &str, file: &str| examples::file(name, file).display().to_string();
		let (model, calibration) =
			(file(name, &format!("{name}.onnx")), file(name, "calibration.npz"));
		place.run(&["quantize", &model, "--calibration", &calibration, "-o", "m.q.onnx"]);
		let compile = ["compile", "m.q.onnx", "-o", "circuit", "--input-visibility", "public"];
		place.run(&[&compile[..], &["--reveal", "argmax"]].concat());
		place.run(&["setup", "circuit", "-o", "keys"]);
		let registered = place.acts(ADMIN, &["register", "keys"]);
		let id = registered["registration"]["model"].as_str().unwrap();
		Self { place, model: ModelId(hash_from_hex(id).unwrap()), input }
	}

	/// A delegate, and a small proposal with the deposit for its decision.
	async fn with_delegate() -> Self {
		let chamber = Self::new("delegate", "poll").await;
		chamber.writes("terms.json", &delegate_terms());
		let place = &chamber.place;
		place.acts(ADMIN, &["delegate", "register", "keys", "terms.json"]);
		place.acts(PROPOSER, &[&propose("5")[..], &["--deposit"]].concat());
		chamber
	}

	fn writes(&self, name: &str, value: &Value) {
		fs::write(self.place.path(name), value.to_string()).unwrap();
	}

	async fn connect(&self) -> Chain {
		Chain::connect(self.place.url()).await.unwrap()
	}

	/// Sends somebody tokens.
	async fn pays(&self, to: AccountId, amount: u128) {
		let arguments = (0u8, to, Compact(amount)).encode();
		let admin = signer(ADMIN).unwrap();
		let chain = self.connect().await;
		chain.call(&admin, "Balances", "transfer_allow_death", arguments).await.unwrap();
	}

	/// Proves for an account, under the context of a subject's snapshot, what the model answers to some
	/// values.
	async fn makes(&self, suri: &str, subject: Subject, at: u32, values: &[i32]) -> ProofFolder {
		let genesis = self.connect().await.genesis();
		let context = subject.context(&genesis, self.model, at, account(suri));
		self.writes("input.json", &json!({ self.input: values }));
		let prove = ["prove", "circuit", "--keys", "keys", "--input", "input.json", "-o", "raw"];
		let context = hex::encode(context.0);
		self.place.run(&[&prove[..], &["--context", &context]].concat());
		ProofFolder::open(&self.place.path("raw")).unwrap()
	}

	/// Sends a proof as the answer to a snapshot, whatever the chain will say.
	async fn sends(
		&self,
		suri: &str,
		subject: Subject,
		at: u32,
		proof: &ProofFolder,
	) -> Result<Included, ChainError> {
		let ProofFolder { inference, proof, signals, .. } = proof;
		let signer = signer(suri).unwrap();
		let chain = self.connect().await;
		let proof = with_hint(&chain, self.model, signals, proof).await;
		let signals = signals.len() as u32;
		chain.answer_snapshot(&signer, subject, at, signals, inference, &proof).await
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_votes_for_those_who_follow_it() {
	let chamber = Chamber::new("delegate", "poll").await;
	let place = &chamber.place;

	// Terms that do not suit the model are told before they cost anything.
	let register = ["delegate", "register", "keys", "terms.json"];
	let mut terms = delegate_terms();
	terms["inputs"].as_array_mut().unwrap().pop();
	chamber.writes("terms.json", &terms);
	place.fails(ADMIN, &register, 1, "takes 6 values, and the terms list 5");
	terms["inputs"].as_array_mut().unwrap().push(json!({ "feature": "mood", "unit": 1 }));
	chamber.writes("terms.json", &terms);
	place.fails(ADMIN, &register, 1, "mood is no feature");
	terms = delegate_terms();
	terms["decision"] = json!({ "label": 2 });
	chamber.writes("terms.json", &terms);
	place.fails(ADMIN, &register, 1, "with a label 2");
	chamber.writes("terms.json", &delegate_terms());
	let unknown = "11".repeat(32);
	let other = ["delegate", "register", &unknown, "terms.json"];
	place.fails(ADMIN, &other, 5, "is not registered on this chain");
	place.fails(ADMIN, &["delegate", "show", "0"], 5, "there is no such delegate");
	let registered = place.acts(ADMIN, &register);
	assert_eq!(registered["delegate"], 0, "{registered}");
	assert_eq!(registered["account"], address(&delegate_account(0)));
	assert_eq!(registered["terms"]["inputs"][0]["unit"], UNIT.to_string());
	assert_ne!(registered["deposit"]["held"], "0");

	// A holder follows it as one follows a person.
	let follow = ["delegate", "follow", "0", "--amount", "900000", "--conviction", "1"];
	let nobody = ["delegate", "follow", "7", "--amount", "1"];
	place.fails(HOLDER, &nobody, 5, "there is no such delegate");
	let much = ["delegate", "follow", "0", "--amount", "2000000"];
	place.fails(HOLDER, &much, 5, "the account has not so much");
	place.fails(HOLDER, &["delegate", "unfollow"], 5, "the account follows nobody");
	place.acts(HOLDER, &follow);
	place.fails(HOLDER, &follow, 5, "follows somebody already");
	let show = ["delegate", "show", "0", "--poll", "0"];
	let shown = place.acts(OTHER, &["delegate", "show", "0"]);
	let carried = 900_000 * UNIT;
	assert_eq!(amount(&shown["delegated"]["capital"]), carried, "{shown}");
	assert_eq!(amount(&shown["delegated"]["votes"]), carried, "{shown}");
	assert_eq!(shown["model"], hex::encode(chamber.model.0));
	place.fails(OTHER, &show, 5, "there is no such poll");

	// Five tokens of the pot are asked for.
	place.acts(ADMIN, &["loan", "fund", "100"]);
	chamber.pays(delegate_account(0), 2 * UNIT).await;
	let proposed = place.acts(PROPOSER, &propose("5"));
	assert_eq!((&proposed["poll"], &proposed["decision_deposit"]), (&0.into(), &Value::Null));
	assert_eq!(amount(&proposed["submission_deposit"]), UNIT);
	let shown = place.acts(OTHER, &["poll", "show", "0"]);
	assert_eq!((&shown["state"], &shown["track"]), (&"ongoing".into(), &0.into()), "{shown}");
	assert_eq!(shown["proposal"]["call"], "Lending.withdraw");
	assert_eq!(amount(&shown["proposal"]["spends"]["amount"]), 5 * UNIT);
	assert_eq!(shown["proposer"], address(&account(PROPOSER)));
	assert_eq!(shown["deposits"]["decision"], Value::Null);
	place.fails(OTHER, &["poll", "show", "9"], 5, "there is no such poll");

	// What the model is told is frozen first, and by the chain.
	place.fails(KEEPER, &vote("0"), 5, "there is no such snapshot");
	place.fails(KEEPER, &snapshot("9"), 5, "no such poll that can be voted on");
	let shown = place.acts(OTHER, &show);
	let told = json!([5, 0, 0, 0, 0, 0]);
	assert_eq!((&shown["poll"]["now"], &shown["poll"]["vote"]), (&told, &"none".into()));
	assert_eq!(shown["poll"]["snapshot"], Value::Null);
	let taken = place.acts(KEEPER, &snapshot("0"));
	assert_eq!(values(&taken["snapshot"]), [5, 0, 0, 0, 0, 0], "{taken}");
	assert_eq!(taken["snapshot"]["at"], taken["block"]);
	place.fails(KEEPER, &snapshot("0"), 5, "too young");
	place.fails(KEEPER, &["delegate", "settle", "0", "--poll", "0"], 5, "can still be voted on");
	// Whoever proves the answer casts the vote, and is paid.
	let cast = place.acts(KEEPER, &vote("0"));
	assert_eq!((&cast["vote"], &cast["at"]), (&"aye".into(), &taken["snapshot"]["at"]), "{cast}");
	assert_eq!(amount(&cast["tally"]["ayes"]), carried, "{cast}");
	assert_eq!(amount(&cast["tally"]["support"]), carried);
	assert_eq!(amount(&cast["reward"]), UNIT / 2);
	assert!(cast["events"].as_array().unwrap().contains(&"Governance.VoteCast".into()));
	place.fails(OTHER, &vote("0"), 5, "was proven already");
	let shown = place.acts(OTHER, &show);
	assert_eq!(shown["poll"]["vote"], "aye", "{shown}");
	assert_eq!(shown["poll"]["snapshot"]["answered"], true);
	assert_eq!(amount(&shown["balance"]), UNIT + UNIT / 2);

	// A later snapshot sees the vote, and is the last.
	place.wait(5).await;
	let later = place.acts(OTHER, &snapshot("0"));
	let told = values(&later["snapshot"]);
	assert_eq!((told[0], told[2], &later["snapshot"]["number"]), (5, 100, &2.into()), "{later}");
	assert_eq!(amount(&place.acts(OTHER, &vote("0"))["reward"]), UNIT / 2);
	place.wait(5).await;
	place.fails(KEEPER, &snapshot("0"), 5, "no more snapshots");

	// Votes are taken back; with a conviction, the tokens stay locked for a while.
	let unfollowed = place.acts(HOLDER, &["delegate", "unfollow"]);
	assert_eq!(amount(&unfollowed["locked"]["amount"]), carried, "{unfollowed}");
	let shown = place.acts(OTHER, &["poll", "show", "0"]);
	assert_eq!(amount(&shown["tally"]["support"]), 0, "{shown}");
	place.acts(OTHER, &["delegate", "follow", "0", "--amount", "10"]);
	let unfollowed = place.acts(OTHER, &["delegate", "unfollow"]);
	assert_eq!(amount(&unfollowed["locked"]["amount"]), 0, "{unfollowed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proven_vote_carries_a_proposal() {
	let chamber = Chamber::with_delegate().await;
	let place = &chamber.place;
	place.acts(ADMIN, &["loan", "fund", "100"]);
	for holder in [ADMIN, PROPOSER, HOLDER, OTHER] {
		place.acts(holder, &["delegate", "follow", "0", "--amount", "900000"]);
	}
	let taken = place.acts(KEEPER, &snapshot("0"));
	place.acts(KEEPER, &vote("0"));
	let lendable = || amount(&place.acts(ADMIN, &["loan", "pot"])["lendable"]);
	let before = lendable();
	place.wait(12).await;
	let shown = place.acts(OTHER, &["poll", "show", "0"]);
	assert!(shown["deciding"]["since"].as_u64().is_some(), "{shown}");
	assert!(shown["deciding"]["confirming"].as_u64().is_some(), "{shown}");
	place.wait(70).await;
	let shown = place.acts(OTHER, &["poll", "show", "0"]);
	assert_eq!(shown["state"], "approved", "{shown}");
	assert_eq!(before - lendable(), 5 * UNIT);
	place.fails(KEEPER, &vote("0"), 5, "no such poll that can be voted on");
	place.fails(KEEPER, &snapshot("0"), 5, "no such poll that can be voted on");

	// Who settles returns the deposits, and the proposer has a history.
	let settled = place.acts(KEEPER, &["delegate", "settle", "0", "--poll", "0"]);
	assert_eq!(settled["deposit"]["released"], taken["deposit"]["held"], "{settled}");
	assert_ne!(settled["deposit"]["held"], "0", "for the history: {settled}");
	place.acts(PROPOSER, &propose("5"));
	let shown = place.acts(OTHER, &["delegate", "show", "0", "--poll", "1"]);
	assert_eq!(shown["poll"]["now"], json!([5, 0, 0, 1, 0, 0]), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vote_is_of_one_account_and_one_snapshot() {
	let chamber = Chamber::with_delegate().await;
	let place = &chamber.place;
	place.acts(PROPOSER, &propose("200"));
	let taken = |poll: &str| {
		let snapshot = place.acts(KEEPER, &snapshot(poll))["snapshot"].clone();
		(snapshot["at"].as_u64().unwrap() as u32, values(&snapshot))
	};
	let ((at, told), (elsewhere, _)) = (taken("0"), taken("1"));
	let honest = chamber.makes(KEEPER, poll(0), at, &told).await;

	// A copied proof earns nothing.
	refused(chamber.sends(OTHER, poll(0), at, &honest).await, "Refused(InvalidProof)");
	// Nor does one for another poll, or about something else than was frozen.
	refused(chamber.sends(KEEPER, poll(1), elsewhere, &honest).await, "Refused(InvalidProof)");
	let mut other = told.clone();
	other[0] = 1;
	let about = chamber.makes(KEEPER, poll(0), at, &other).await;
	refused(chamber.sends(KEEPER, poll(0), at, &about).await, "OtherInput");
	refused(chamber.sends(KEEPER, poll(0), at - 1, &honest).await, "SnapshotNotFound");
	// What is claimed is what was proven.
	let mut lie = chamber.makes(KEEPER, poll(0), at, &told).await;
	lie.inference.output = the_opposite(&lie);
	refused(chamber.sends(KEEPER, poll(0), at, &lie).await, "Refused(InvalidProof)");
	// And all of its check is paid for.
	let mut cheap = chamber.makes(KEEPER, poll(0), at, &told).await;
	cheap.signals.truncate(1);
	refused(chamber.sends(KEEPER, poll(0), at, &cheap).await, "Refused(SignalsUnderdeclared)");

	// A suspended model does not vote.
	place.acts(ADMIN, &["model", "suspend", "keys"]);
	place.fails(KEEPER, &vote("0"), 5, "the model is suspended");
	refused(chamber.sends(KEEPER, poll(0), at, &honest).await, "Refused(ModelSuspended)");
	place.acts(ADMIN, &["model", "resume", "keys"]);
	// Nor does one of other keys.
	place.run(&["setup", "circuit", "-o", "others"]);
	let others = ["delegate", "vote", "circuit", "--keys", "others", "--delegate", "0"];
	let others = [&others[..], &["--poll", "0"]].concat();
	place.fails(KEEPER, &others, 1, "registered with another verifying key");

	// Nothing of this has used the proof up; it counts once.
	chamber.sends(KEEPER, poll(0), at, &honest).await.unwrap();
	refused(chamber.sends(KEEPER, poll(0), at, &honest).await, "AlreadyAnswered");
	place.fails(KEEPER, &vote("0"), 5, "was proven already");
	// Also when the chain asks the same again.
	place.wait(5).await;
	let (later, _) = taken("0");
	refused(chamber.sends(KEEPER, poll(0), at, &honest).await, "SnapshotNotFound");
	refused(chamber.sends(KEEPER, poll(0), later, &honest).await, "Refused(InvalidProof)");
	assert_eq!(place.acts(KEEPER, &vote("1"))["vote"], "nay", "200 tokens");

	// When a poll is over, nobody votes on it, and the delegate can go.
	let chain = chamber.connect().await;
	let state = chain.state().await.unwrap();
	for index in [0u32, 1] {
		let cancel = state.call_data("Referenda", "cancel", &index.encode()).unwrap();
		chain.call(&signer(ADMIN).unwrap(), "Sudo", "sudo", cancel).await.unwrap();
	}
	assert_eq!(place.acts(OTHER, &["poll", "show", "0"])["state"], "cancelled");
	place.fails(KEEPER, &vote("0"), 5, "no such poll that can be voted on");
	let settle = |poll| ["delegate", "settle", "0", "--poll", poll];
	place.acts(OTHER, &settle("0"));
	place.fails(OTHER, &settle("0"), 5, "there is no such snapshot");
	place.fails(OTHER, &["delegate", "remove", "0"], 5, "only the account that registered");
	let closed = place.acts(ADMIN, &["delegate", "remove", "0"]);
	assert_eq!((&closed["removed"], &closed["deposit"]["released"]), (&false.into(), &"0".into()));
	place.fails(ADMIN, &["delegate", "remove", "0"], 5, "takes no other polls");
	assert_eq!(place.acts(OTHER, &["delegate", "show", "0"])["closed"], true);
	// The last poll that is settled takes it along.
	let settled = place.acts(ADMIN, &settle("1"));
	assert_eq!(settled["removed"], true, "{settled}");
	assert_ne!(settled["deposit"]["released"], "0", "the registrant's: {settled}");
	place.fails(OTHER, &["delegate", "show", "0"], 5, "there is no such delegate");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_account_reports_is_told() {
	let chamber = Chamber::with_delegate().await;
	let place = &chamber.place;
	let mut terms = delegate_terms();
	terms["inputs"][5] = json!({ "feature": "reported", "by": OTHER, "key": 3, "unit": 2 });
	chamber.writes("terms.json", &terms);
	let registered = place.acts(ADMIN, &["delegate", "register", "keys", "terms.json"]);
	assert_eq!(registered["delegate"], 1, "{registered}");
	let snapshot = ["delegate", "snapshot", "1", "--poll", "0"];
	let unknown = "something that the model is to be told is not known";
	place.fails(KEEPER, &snapshot, 5, unknown);
	let own = ["delegate", "report", "--key", "3"];
	let report = |more: &[&'static str]| [&own[..], more].concat();
	// Of another poll, under another key, by another account.
	place.acts(OTHER, &report(&["--value", "9"]));
	place.acts(OTHER, &["delegate", "report", "--key", "4", "--poll", "0", "--value", "9"]);
	place.acts(KEEPER, &report(&["--poll", "0", "--value", "9"]));
	place.fails(KEEPER, &snapshot, 5, unknown);
	let reported = place.acts(OTHER, &report(&["--poll", "0", "--value", "7"]));
	assert_ne!(reported["deposit"]["held"], "0", "{reported}");
	let last = |value: Value| values(&value["snapshot"])[5];
	assert_eq!(last(place.acts(KEEPER, &snapshot)), 3, "seven halves, rounded down");
	let again = place.acts(OTHER, &report(&["--poll", "0", "--value", "5000"]));
	assert_eq!(again["deposit"]["held"], "0", "{again}");
	place.wait(5).await;
	assert_eq!(last(place.acts(KEEPER, &snapshot)), 255, "no more than the input holds");
	let removed = place.acts(OTHER, &report(&["--poll", "0", "--remove"]));
	assert_eq!(removed["deposit"]["released"], reported["deposit"]["held"]);
	place.fails(OTHER, &report(&["--poll", "0", "--remove"]), 5, "nothing of the kind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_moves_a_fee_within_its_bounds() {
	let chamber = Chamber::new("lending-fee", "market").await;
	let place = &chamber.place;
	let (show, freeze) =
		(["parameter", "show", "lending-fee"], ["parameter", "snapshot", "lending-fee"]);
	let fee = || amount(&place.acts(OTHER, &show)["value"]);
	assert_eq!(place.acts(OTHER, &show)["binding"], Value::Null);
	assert_eq!(fee(), 20_000);
	place.fails(KEEPER, &freeze, 5, "no model moves this parameter");
	place.fails(KEEPER, &MOVE, 5, "no model moves this parameter");

	// Only the administrators bind a parameter, to a model that fits.
	let bind = ["parameter", "bind", "lending-fee", "keys", "bounds.json"];
	let mut terms = fee_terms();
	terms["motion"] = json!({ "steps": [-5_000, 5_000] });
	chamber.writes("bounds.json", &terms);
	place.fails(ADMIN, &bind, 1, "--reveal argmax with 2 classes");
	chamber.writes("bounds.json", &fee_terms());
	place.fails(KEEPER, &bind, 5, "only the chain's sudo key may do this");
	let bound = place.acts(ADMIN, &bind);
	assert_eq!(bound["account"], address(&parameter_account(Parameter::LendingFee)), "{bound}");
	place.fails(ADMIN, &bind, 5, "a model moves this parameter already");
	place.fails(KEEPER, &MOVE, 5, "there is no such snapshot");

	// Nothing is lent at two per cent.
	let taken = place.acts(KEEPER, &freeze);
	let (at, told) = (taken["snapshot"]["at"].as_u64().unwrap() as u32, values(&taken["snapshot"]));
	assert_eq!(told[..2], [0, 50], "{taken}");
	place.fails(OTHER, &freeze, 5, "too young");
	let honest = chamber.makes(KEEPER, FEE, at, &told).await;
	refused(chamber.sends(OTHER, FEE, at, &honest).await, "Refused(InvalidProof)");
	let about = chamber.makes(KEEPER, FEE, at, &[0, 13, told[2]]).await;
	refused(chamber.sends(KEEPER, FEE, at, &about).await, "OtherInput");
	refused(chamber.sends(KEEPER, FEE, at - 1, &honest).await, "SnapshotNotFound");
	assert_eq!(fee(), 20_000);

	// The model asks for half a point less, and gets as much as a step is.
	let moved = place.acts(KEEPER, &MOVE);
	let told = ["from", "asked", "to"].map(|name| amount(&moved[name]));
	assert_eq!(told, [20_000, 15_000, 18_000], "{moved}");
	assert_eq!(amount(&moved["reward"]), 0, "the account has nothing");
	assert_eq!(fee(), 18_000);
	refused(chamber.sends(KEEPER, FEE, at, &honest).await, "SnapshotNotFound");
	place.fails(KEEPER, &MOVE, 5, "there is no such snapshot");
	place.fails(KEEPER, &freeze, 5, "too young");

	// A snapshot is good for a while, and then makes room for another.
	place.wait(10).await;
	place.acts(KEEPER, &freeze);
	place.acts(ADMIN, &["model", "suspend", "keys"]);
	place.fails(KEEPER, &MOVE, 5, "the model is suspended");
	place.acts(ADMIN, &["model", "resume", "keys"]);
	let forget = ["parameter", "forget", "lending-fee"];
	place.fails(OTHER, &forget, 5, "still good");
	place.wait(8).await;
	place.fails(KEEPER, &MOVE, 5, "no longer good");
	let forgotten = place.acts(KEEPER, &forget);
	assert_ne!(forgotten["deposit"]["released"], "0", "{forgotten}");
	place.fails(OTHER, &forget, 5, "there is no such snapshot");
	assert_eq!(place.acts(OTHER, &show)["snapshot"], Value::Null);
	chamber.pays(parameter_account(Parameter::LendingFee), UNIT).await;
	let taken = place.acts(OTHER, &freeze);
	assert_eq!(values(&taken["snapshot"])[..2], [0, 45], "{taken}");
	let moved = place.acts(KEEPER, &MOVE);
	let [from, asked, to] = ["from", "asked", "to"].map(|name| amount(&moved[name]));
	assert!(asked.abs_diff(from) == 5_000 || asked == from, "{moved}");
	assert_eq!(to, asked.clamp(from - 2_000, from + 2_000), "{moved}");
	assert_eq!(amount(&moved["reward"]), UNIT / 10);

	// What no model moves any more stays as it is.
	let release = ["parameter", "release", "lending-fee"];
	place.fails(KEEPER, &release, 5, "only the chain's sudo key may do this");
	place.acts(ADMIN, &release);
	place.fails(ADMIN, &release, 5, "no model moves this parameter");
	assert_eq!(fee(), to);
}
