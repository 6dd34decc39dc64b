//! A ballot of those whose record a model lets pass, in which nobody learns who voted.

use super::scene::{account, unhinted};
use serde_json::{json, Value};
use std::{fs, path::Path};
use zkml_cli::chain::{signer, Chain, ChainError, Included};
use zkml_primitives::{ClaimedInput, Inference, Output, Statement};
use zkml_prover::{hinted, json::read_proof};
use zkml_tests::{examples, place::Place};

const ADMIN: &str = "//Alice";
const ISSUER: &str = "//Bob";
/// Hands in the votes of others.
const RELAY: &str = "//Charlie";
const OTHER: &str = "//Eve";

/// Public signals of a vote: root, topic, nullifier and choice, the threshold, the context.
const SIGNALS: u32 = 6;

fn example(name: &str) -> String {
	examples::file("credit", name).to_str().unwrap().to_string()
}

fn read(path: &Path) -> Value {
	serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// That a call ended with the chain's error.
fn refused(result: Result<Included, ChainError>, expected: &str) {
	match result {
		Err(ChainError::Failed(error)) => assert_eq!(error, format!("Governance::{expected}")),
		other => panic!("expected {expected}, got {other:?}"),
	}
}

/// A chain with a model of members, and an issuer who has enrolled Ann, Ben and Cleo. Cleo's record is one
/// that the model does not let pass.
struct Town {
	place: Place,
}

impl Town {
	async fn new() -> Self {
		let place = Place::empty().await;
		let (model, record) = (example("logistic.onnx"), example("record.json"));
		let calibration = example("calibration.npz");
		let quantize = ["quantize", &model, "--record", &record, "--calibration", &calibration];
		place.run(&[&quantize[..], &["-o", "m.q.onnx"]].concat());
		let compile = ["compile", "m.q.onnx", "-o", "circuit", "--input-visibility", "member"];
		let rest = ["--depth", "3", "--reveal", "threshold:0.8473"];
		place.run(&[&compile[..], &rest].concat());
		place.run(&["setup", "circuit", "-o", "keys"]);
		place.acts(ADMIN, &["register", "keys"]);
		place.acts(ADMIN, &["attest", "issuer", ISSUER, "--schema", &record]);
		let town = Self { place };

		let ann = read(Path::new(&example("sample.json")));
		let (mut ben, mut cleo) = (ann.clone(), ann.clone());
		(ben["duration"], ben["amount"]) = (24.into(), 3_000.into());
		for (field, value) in [
			("status", json!("... < 0 DM")),
			("history", json!("no credits taken/ all credits paid back duly")),
			("savings", json!("... < 100 DM")),
			("employment", json!("unemployed")),
			("property", json!("unknown / no property")),
			("housing", json!("rent")),
			("telephone", json!("none")),
			("duration", json!(60)),
			("amount", json!(15_000)),
			("rate", json!(4)),
		] {
			cleo[field] = value;
		}
		for (index, (name, values)) in
			[("ann", ann), ("ben", ben), ("cleo", cleo)].iter().enumerate()
		{
			town.knows(name, values);
			let more: &[&str] = if index == 0 { &["--depth", "3"] } else { &[] };
			assert_eq!(town.enrolls(name, more)["index"], index);
		}
		town
	}

	/// Makes a voter's secret, and commits to the profile that the issuer knows.
	fn knows(&self, name: &str, values: &Value) {
		let (record, path) = (example("record.json"), format!("{name}.json"));
		fs::write(self.place.path(&path), values.to_string()).unwrap();
		let profile = format!("{name}.profile.json");
		let commit = ["commit", "input", "--record", &record, "--input", &path, "-o", &profile];
		self.place.run(&commit);
		self.place.run(&["ballot", "identity", "-o", &format!("{name}.identity.json")]);
	}

	/// What the issuer is given by a voter.
	fn identity(&self, name: &str) -> String {
		let file = read(&self.place.path(&format!("{name}.identity.json")));
		file["commitment"].as_str().unwrap().to_string()
	}

	fn enrolls(&self, name: &str, more: &[&str]) -> Value {
		let (identity, profile) = (self.identity(name), format!("{name}.profile.json"));
		let enroll = ["ballot", "enroll", "--tree", "tree.json", "--identity", &identity];
		self.place.run(&[&enroll[..], &["--profile", &profile], more].concat())
	}

	/// Posts the root of the tree.
	fn posts(&self) -> Value {
		self.place.acts(ISSUER, &["ballot", "root", "--tree", "tree.json"])
	}

	/// Opens a ballot; its terms.
	fn opens(&self, more: &[&str]) -> Value {
		self.place.acts(ADMIN, &[&OPEN[..], more].concat())
	}

	fn shows(&self, ballot: &str) -> Value {
		self.place.acts(OTHER, &["ballot", "show", ballot])
	}

	/// Lets a ballot end.
	async fn ends(&self, ballot: &str) {
		let shown = self.shows(ballot);
		let left = shown["terms"]["ends"].as_u64().unwrap() - shown["block"].as_u64().unwrap();
		self.place.wait(left as u32).await;
	}

	/// Proves a vote for the relay: without an account, for none is needed.
	fn proves(&self, name: &str, ballot: &str, choice: &str) -> Value {
		let vote = vote(name, ballot, choice);
		let file = format!("{name}.vote.json");
		let relay = ["--for", RELAY, "-o", &file, "--url", self.place.url()];
		self.place.run(&[&words(&vote)[..], &relay].concat())
	}

	/// Casts the vote of a file, whatever the chain will say, as it is or changed.
	async fn casts(
		&self,
		suri: &str,
		file: &str,
		change: impl FnOnce(&mut Value),
	) -> Result<Included, ChainError> {
		let mut vote = read(&self.place.path(file));
		change(&mut vote);
		let membership = serde_json::from_value(vote["membership"].clone()).unwrap();
		let inference =
			Inference { output: Output::Passed, input: ClaimedInput::Member(membership) };
		let proof = read_proof(&vote["proof"].to_string()).unwrap();
		let ballot = vote["ballot"].as_u64().unwrap() as u32;
		let chain = Chain::connect(self.place.url()).await.unwrap();
		let signer = signer(suri).unwrap();
		// Where it is the signer's, and as it was proven, it has a hint.
		let state = chain.state().await.unwrap();
		let polling = state.polling(ballot, account(suri)).await.ok();
		let proven = polling.and_then(|polling| {
			let model = &polling.model.model;
			let statement = Statement::new(&model.interface, &inference, &polling.context).ok()?;
			hinted(&model.key, statement.signals(), &proof).ok()
		});
		let proof = proven.unwrap_or(unhinted(&proof));
		chain.cast_ballot(&signer, ballot, SIGNALS, &inference, &proof).await
	}

	/// Writes a changed copy of a vote.
	fn forges(&self, change: impl FnOnce(&mut Value)) {
		let mut vote = read(&self.place.path("ann.vote.json"));
		change(&mut vote);
		fs::write(self.place.path("forged.json"), vote.to_string()).unwrap();
	}
}

/// All of opening a ballot but how long it takes, and how many votes.
const OPEN: [&str; 11] = [
	"ballot",
	"open",
	"keys",
	"--question",
	"More parks?",
	"--choices",
	"2",
	"--issuer",
	ISSUER,
	"--tree",
	"tree.json",
];

/// The verb that proves a vote.
fn vote(name: &str, ballot: &str, choice: &str) -> Vec<String> {
	let files = [format!("{name}.identity.json"), format!("{name}.profile.json")];
	let [identity, profile] = files.each_ref().map(String::as_str);
	let vote = ["ballot", "vote", "circuit", "--keys", "keys", "--ballot", ballot];
	let rest = ["--choice", choice, "--identity", identity, "--profile", profile];
	let all = [&vote[..], &rest, &["--tree", "tree.json"]].concat();
	all.into_iter().map(String::from).collect()
}

fn words(arguments: &[String]) -> Vec<&str> {
	arguments.iter().map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn votes_are_counted_and_nobody_learns_whose() {
	let town = Town::new().await;
	let place = &town.place;
	let ready = ["--for", "40", "--max-votes", "3", "--reward", "0.5"];
	let many = [&OPEN[..6], &["17"], &OPEN[7..], &ready].concat();
	place.fails(ADMIN, &many, 5, "the chain would refuse: Governance::MalformedBallot");
	// Only on a root that the issuer posted.
	place.fails(ADMIN, &[&OPEN[..], &ready].concat(), 5, "Governance::RootUnknown");
	let root = ["ballot", "root", "--tree", "tree.json"];
	place.fails(OTHER, &root, 5, "the account is no issuer");
	let shown = place.run(&root);
	let posted = town.posts();
	assert_eq!((&posted["root"], &posted["members"]), (&shown["root"], &3.into()));
	assert!(posted["events"].as_array().unwrap().contains(&"Attestation.RootPosted".into()));
	let opened = town.opens(&ready);
	assert_eq!(opened["terms"]["root"], posted["root"]);
	assert_eq!((&opened["ballot"], &opened["terms"]["choices"]), (&0.into(), &2.into()));
	// A deposit for three votes, and three rewards.
	let held: u128 = opened["deposit"]["held"].as_str().unwrap().parse().unwrap();
	assert!(held > 1_500_000_000_000, "{opened}");
	let question = ["ballot", "show", "0", "--question"];
	place.acts(OTHER, &[&question[..], &["More parks?"]].concat());
	place.fails(OTHER, &[&question[..], &["Fewer parks?"]].concat(), 1, "asks something else");

	// Ann votes: the file tells the relay what, and nobody who.
	let proven = town.proves("ann", "0", "1");
	assert_eq!((&proven["choice"], &proven["root"]), (&1.into(), &posted["root"]));
	let text = fs::read_to_string(place.path("ann.vote.json")).unwrap();
	let tree = read(&place.path("tree.json"));
	for part in ["identity", "profile"] {
		assert!(!text.contains(tree["leaves"][0][part].as_str().unwrap()), "{part} in {text}");
	}
	#[cfg(unix)]
	for secret in ["ann.vote.json", "ann.identity.json"] {
		let metadata = fs::metadata(place.path(secret)).unwrap();
		assert_eq!(std::os::unix::fs::MetadataExt::mode(&metadata) & 0o777, 0o600, "{secret}");
	}

	// Neither choice, nor voter, nor who is paid can be changed, here or on the chain.
	let flips = |vote: &mut Value| vote["membership"]["choice"] = 0.into();
	let another = |vote: &mut Value| vote["membership"]["nullifier"] = json!("01".repeat(32));
	for change in [&flips as &dyn Fn(&mut Value), &another] {
		town.forges(change);
		place.fails(RELAY, &["ballot", "send", "forged.json"], 3, "Refused(InvalidProof)");
		refused(town.casts(RELAY, "ann.vote.json", change).await, "Refused(InvalidProof)");
	}
	let send = ["ballot", "send", "ann.vote.json"];
	place.fails(OTHER, &send, 5, "sign with the account that the proof was made for");
	town.forges(|vote| vote["account"] = json!(OTHER));
	place.fails(OTHER, &["ballot", "send", "forged.json"], 3, "Refused(InvalidProof)");
	refused(town.casts(OTHER, "ann.vote.json", |_| ()).await, "Refused(InvalidProof)");
	fs::write(place.path("forged.json"), "{}").unwrap();
	place.fails(RELAY, &["ballot", "send", "forged.json"], 1, "zkml ballot vote --for");

	let sent = place.acts(RELAY, &send);
	assert!(sent["events"].as_array().unwrap().contains(&"Governance.BallotCast".into()));
	assert_eq!((&sent["choice"], &sent["nullifier"]), (&1.into(), &proven["nullifier"]));
	assert_eq!(town.shows("0")["rewards_left"], 2, "the relay is paid");

	// Once, whoever hands it in and whatever the choice.
	place.fails(RELAY, &send, 5, "Governance::AlreadyVoted");
	refused(town.casts(RELAY, "ann.vote.json", |_| ()).await, "AlreadyVoted");
	for choice in ["0", "1"] {
		let again = vote("ann", "0", choice);
		place.fails(OTHER, &words(&again), 5, "Governance::AlreadyVoted");
	}

	// Whom the model does not let pass has no vote, not even with another's profile.
	let below = vote("cleo", "0", "0");
	place.fails(OTHER, &words(&below), 1, "does not let this profile pass");
	let mut lent = below.clone();
	lent[12] = "ann.profile.json".into();
	place.fails(OTHER, &words(&lent), 1, "this identity and another profile");
	place.run(&["ballot", "identity", "-o", "dan.identity.json"]);
	lent[10] = "dan.identity.json".into();
	place.fails(OTHER, &words(&lent), 1, "nobody in the tree has the identity");

	// Ben hands in his own.
	let beyond = vote("ben", "0", "2");
	place.fails(OTHER, &words(&beyond), 5, "Governance::NoSuchChoice");
	let voted = place.acts(OTHER, &words(&vote("ben", "0", "0")));
	assert_ne!(voted["nullifier"], proven["nullifier"]);
	let shown = town.shows("0");
	assert_eq!((&shown["counts"], &shown["votes"]), (&json!([1, 1]), &2.into()), "{shown}");

	let close = ["ballot", "close", "0"];
	place.fails(OTHER, &close, 5, "Governance::BallotOpen");
	town.ends("0").await;
	let late = vote("ben", "0", "1");
	place.fails(OTHER, &words(&late), 5, "Governance::BallotEnded");
	assert_eq!(town.shows("0")["ended"], true);
	let first = place.acts(OTHER, &[&close[..], &["--limit", "1"]].concat());
	assert_eq!((&first["closed"], &first["left"]), (&false.into(), &1.into()), "{first}");
	place.fails(OTHER, &words(&late), 5, "Governance::BallotEnded");
	let last = place.acts(ADMIN, &close);
	assert_eq!((&last["closed"], &last["counts"]), (&true.into(), &json!([1, 1])), "{last}");
	// Two rewards were paid, the third returns with the deposit.
	let released: u128 = last["deposit"]["released"].as_str().unwrap().parse().unwrap();
	assert_eq!(released + 1_000_000_000_000, held, "{last}");
	place.fails(OTHER, &["ballot", "show", "0"], 5, "Governance::BallotNotFound");
	place.fails(RELAY, &send, 5, "Governance::BallotNotFound");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ballot_has_one_tree() {
	let town = Town::new().await;
	let place = &town.place;
	let root = town.posts()["root"].as_str().unwrap().to_string();
	let first = ["--for", "60", "--max-votes", "1"];
	assert_eq!(town.opens(&first)["terms"]["reward"], "0");
	// By its root, which says the same.
	let named = [&OPEN[..9], &["--root", &root, "--for", "60", "--max-votes", "2"]].concat();
	let second = place.acts(ADMIN, &named);
	assert_eq!((&second["ballot"], &second["terms"]["root"]), (&1.into(), &json!(root)));
	let proven = town.proves("ann", "0", "1");
	let send = ["ballot", "send", "ann.vote.json"];
	// Of another ballot the vote is not.
	town.forges(|vote| vote["ballot"] = 1.into());
	place.fails(RELAY, &["ballot", "send", "forged.json"], 5, "Governance::OtherTopic");
	let elsewhere = |vote: &mut Value| vote["ballot"] = 1.into();
	refused(town.casts(RELAY, "ann.vote.json", elsewhere).await, "Refused(InvalidProof)");
	place.acts(ADMIN, &["attest", "issuer", ISSUER, "--suspend"]);
	place.fails(RELAY, &send, 5, "Governance::IssuerSuspended");
	refused(town.casts(RELAY, "ann.vote.json", |_| ()).await, "IssuerSuspended");
	place.acts(ADMIN, &["attest", "issuer", ISSUER, "--resume"]);
	place.acts(ADMIN, &["model", "suspend", "keys"]);
	place.fails(RELAY, &send, 5, "Governance::Refused(ModelSuspended)");
	place.acts(ADMIN, &["model", "resume", "keys"]);

	// Ann is given another identity in the middle, and a root is posted that has it: no second vote.
	fs::copy(place.path("tree.json"), place.path("before.json")).unwrap();
	fs::copy(place.path("ann.identity.json"), place.path("old.identity.json")).unwrap();
	fs::remove_file(place.path("ann.identity.json")).unwrap();
	let struck = place.run(&["ballot", "strike", "--tree", "tree.json", "--index", "0"]);
	assert_eq!(struck["members"], 2);
	place.run(&["ballot", "identity", "-o", "ann.identity.json"]);
	town.enrolls("ann", &[]);
	town.posts();
	let again = vote("ann", "0", "0");
	place.fails(OTHER, &words(&again), 5, "Governance::OtherRoot");
	// The first stands, and so does the tree as it was: who was struck out later votes.
	place.acts(RELAY, &send);
	let mut ben = vote("ben", "0", "1");
	ben[14] = "before.json".into();
	place.fails(OTHER, &words(&ben), 5, "Governance::BallotFull");
	ben = vote("ben", "1", "0");
	place.fails(OTHER, &words(&ben), 5, "Governance::OtherRoot");
	ben[14] = "before.json".into();
	place.acts(OTHER, &words(&ben));
	// The same voter in another ballot is another number.
	let mut old = vote("ann", "1", "0");
	(old[10], old[14]) = ("old.identity.json".into(), "before.json".into());
	let voted = place.acts(OTHER, &words(&old));
	assert_ne!(voted["nullifier"], proven["nullifier"]);
	assert_eq!(town.shows("1")["counts"], json!([2, 0]));
}
