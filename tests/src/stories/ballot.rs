//! A ballot among those whom a model lets pass, and nobody learns who voted.

use super::example;
use crate::place::Place;
use serde_json::{json, Value};
use std::{fs, path::Path};

const ADMIN: &str = "//Alice";
const ISSUER: &str = "//Bob";
const RELAY: &str = "//Charlie";
const OTHER: &str = "//Eve";

fn read(path: &Path) -> Value {
	serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}

/// Makes a voter's secret, commits to a profile, and enrols both.
fn enrol(place: &Place, name: &str, profile: &Value, more: &[&str]) {
	let (record, input) = (example("credit", "record.json"), format!("{name}.json"));
	fs::write(place.path(&input), profile.to_string()).expect("a file of the folder");
	let (opening, secret) = (format!("{name}.profile.json"), format!("{name}.identity.json"));
	place.run(&["commit", "input", "--record", &record, "--input", &input, "-o", &opening]);
	place.run(&["ballot", "identity", "-o", &secret]);
	let identity =
		read(&place.path(&secret))["commitment"].as_str().unwrap_or_default().to_string();
	let enroll = ["ballot", "enroll", "--tree", "tree.json", "--identity", &identity];
	place.run(&[&enroll[..], &["--profile", &opening], more].concat());
}

/// Proves a voter's vote for the relay.
fn vote<'a>(name: &'a [String; 2], choice: &'a str) -> Vec<&'a str> {
	let vote = ["ballot", "vote", "circuit", "--keys", "keys", "--ballot", "0"];
	let rest = ["--choice", choice, "--identity", &name[0], "--profile", &name[1]];
	[&vote[..], &rest, &["--tree", "tree.json"]].concat()
}

fn files(name: &str) -> [String; 2] {
	[format!("{name}.identity.json"), format!("{name}.profile.json")]
}

pub(super) async fn tell(place: Place) {
	let file = |name| example("credit", name);
	place.part("Those who may vote");
	place.says(
		"A model of credit stands in for any model of who may vote. The issuer knows its members' \
		 records, and keeps a tree of them; of each member it is given the commitment to a secret that it \
		 never sees.",
	);
	let (model, calibration) = (file("logistic.onnx"), file("calibration.npz"));
	let record = file("record.json");
	let quantize = ["quantize", &model, "--record", &record, "--calibration", &calibration];
	place.run(&[&quantize[..], &["-o", "m.q.onnx"]].concat());
	let compile = ["compile", "m.q.onnx", "-o", "circuit", "--input-visibility", "member"];
	let rest = ["--depth", "10", "--reveal", "threshold:0.8473"];
	place.run(&[&compile[..], &rest].concat());
	place.run(&["setup", "circuit", "-o", "keys"]);
	place.acts(ADMIN, &["register", "keys"]);
	place.acts(ADMIN, &["attest", "issuer", ISSUER, "--schema", &record]);
	let ann = read(Path::new(&file("sample.json")));
	let (mut ben, mut cleo) = (ann.clone(), ann.clone());
	(ben["duration"], ben["amount"]) = (24.into(), 3_000.into());
	for (field, value) in [
		("status", json!("... < 0 DM")),
		("history", json!("no credits taken/ all credits paid back duly")),
		("savings", json!("... < 100 DM")),
		("employment", json!("unemployed")),
		("duration", json!(60)),
		("amount", json!(15_000)),
	] {
		cleo[field] = value;
	}
	enrol(&place, "ann", &ann, &["--depth", "10"]);
	enrol(&place, "ben", &ben, &[]);
	enrol(&place, "cleo", &cleo, &[]);
	place.acts(ISSUER, &["ballot", "root", "--tree", "tree.json"]);

	place.part("The ballot");
	let open = ["ballot", "open", "keys", "--question", "More parks?", "--choices", "2"];
	let rest = ["--issuer", ISSUER, "--for", "60", "--tree", "tree.json", "--max-votes", "3"];
	place.acts(ADMIN, &[&open[..], &rest, &["--reward", "0.5"]].concat());
	place.says(
		"Ann proves that she is a member and that the model lets her record pass, and votes 1. Charlie \
		 hands it in and is paid; Ann has no account at all.",
	);
	let (ann, ben, cleo) = (files("ann"), files("ben"), files("cleo"));
	let relayed = ["--for", RELAY, "-o", "vote.json", "--url", place.url()];
	let proven = place.run(&[&vote(&ann, "1")[..], &relayed].concat());
	let send = ["ballot", "send", "vote.json"];
	let sent = place.acts(RELAY, &send);
	assert_eq!(sent["nullifier"], proven["nullifier"], "{sent}");
	place.says("The chain knows a root, a choice, and a number that says nothing of who voted.");

	place.part("What the chain refuses");
	place.says("The same vote again; and another choice of the same voter, whoever hands it in.");
	place.fails(RELAY, &send, 5, "AlreadyVoted");
	place.fails(OTHER, &vote(&ann, "0"), 5, "AlreadyVoted");
	place
		.says("A vote that somebody else hands in to be paid for it, or whose choice was changed.");
	let relayed = ["--for", RELAY, "-o", "ben.vote.json", "--url", place.url()];
	place.run(&[&vote(&ben, "0")[..], &relayed].concat());
	place.fails(OTHER, &["ballot", "send", "ben.vote.json"], 5, "sign with the account");
	let mut changed = read(&place.path("ben.vote.json"));
	changed["membership"]["choice"] = 1.into();
	fs::write(place.path("changed.json"), changed.to_string()).expect("a file of the folder");
	place.fails(RELAY, &["ballot", "send", "changed.json"], 3, "InvalidProof");
	place.says("A member whom the model does not let pass.");
	place.fails(OTHER, &vote(&cleo, "1"), 1, "does not let this profile pass");

	place.part("The result");
	place.acts(RELAY, &["ballot", "send", "ben.vote.json"]);
	let shown = place.acts(OTHER, &["ballot", "show", "0"]);
	assert_eq!(shown["counts"], json!([1, 1]), "{shown}");
	let left = |name: &str| shown[name].as_u64().or(shown["terms"][name].as_u64()).unwrap_or(0);
	place.wait((left("ends") - left("block")) as u32).await;
	let closed = place.acts(OTHER, &["ballot", "close", "0"]);
	assert_eq!((&closed["closed"], &closed["counts"]), (&true.into(), &json!([1, 1])), "{closed}");
	place.says(
		"One for, one against. What is left of deposit and rewards returns to who opened it.",
	);
}
