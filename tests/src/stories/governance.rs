//! A model that votes for those who trust it, and one that moves a fee within bounds.

use super::example;
use crate::place::Place;
use serde_json::{json, Value};
use std::fs;

const ADMIN: &str = "//Alice";
const KEEPER: &str = "//Bob";
const HOLDERS: [&str; 4] = ["//Charlie", "//Dave", "//Eve", "//Ferdie"];

/// Prepares an example's model, and registers it.
fn prepare(place: &Place, name: &str) {
	let (model, calibration) =
		(example(name, &format!("{name}.onnx")), example(name, "calibration.npz"));
	let [quantised, circuit, keys] =
		["q.onnx", "circuit", "keys"].map(|kind| format!("{name}.{kind}"));
	place.run(&["quantize", &model, "--calibration", &calibration, "-o", &quantised]);
	let compile = ["compile", &quantised, "-o", &circuit, "--input-visibility", "public"];
	place.run(&[&compile[..], &["--reveal", "argmax"]].concat());
	place.run(&["setup", &circuit, "-o", &keys]);
	place.acts(ADMIN, &["register", &keys]);
}

fn write(place: &Place, name: &str, value: &Value) {
	fs::write(place.path(name), value.to_string()).expect("a file of the folder");
}

pub(super) async fn tell(place: Place) {
	place.part("A model becomes a delegate");
	place.says(
		"The model was trained on simulated polls (examples/delegate says how, and that nothing should \
		 be decided by it). It is told six things about a proposal that the chain knows by itself.",
	);
	prepare(&place, "delegate");
	let terms = json!({
		"inputs": [
			{ "feature": "asked", "unit": "1" },
			{ "feature": "age", "unit": 10 },
			{ "feature": "approval", "unit": 10_000_000 },
			{ "feature": "proposer_approved", "unit": 1 },
			{ "feature": "proposer_rejected", "unit": 1 },
			{ "feature": "proposer_reputation", "area": 1, "unit": 4 },
		],
		"decision": { "label": 1 },
		"reward": "0.1",
		"snapshots": 2,
		"interval": 5,
	});
	write(&place, "terms.json", &terms);
	let registered = place.acts(ADMIN, &["delegate", "register", "delegate.keys", "terms.json"]);
	assert_eq!(registered["delegate"], 0, "{registered}");
	place.says("Four holders let their votes follow it, as they would follow a person.");
	for holder in HOLDERS {
		place.acts(holder, &["delegate", "follow", "0", "--amount", "900000"]);
	}
	place.acts(ADMIN, &["loan", "fund", "500"]);

	place.part("Two proposals");
	place.says("One asks five tokens of the pot, one two hundred.");
	let propose = |amount| ["poll", "propose", "--spend", amount, "--to", KEEPER, "--deposit"];
	place.acts(KEEPER, &propose("5"));
	place.acts(KEEPER, &propose("200"));
	let snapshot = |poll| ["delegate", "snapshot", "0", "--poll", poll];
	let prove = ["delegate", "vote", "delegate.circuit", "--keys", "delegate.keys"];
	let vote = |poll| [&prove[..], &["--delegate", "0", "--poll", poll]].concat();
	place.says("Nothing is voted on that was not frozen first.");
	place.fails(KEEPER, &vote("0"), 5, "snapshot");
	for poll in ["0", "1"] {
		place.acts(KEEPER, &snapshot(poll));
	}
	place.says("Whoever likes evaluates the model, and proves what it answers.");
	let small = place.acts(KEEPER, &vote("0"));
	let large = place.acts("//Charlie", &vote("1"));
	assert_eq!((&small["vote"], &large["vote"]), (&"aye".into(), &"nay".into()), "{small}");
	assert_eq!(small["tally"]["support"], "3600000000000000000", "{small}");
	place.says("Aye to five tokens, nay to two hundred, each with 3.6 million tokens behind it.");

	place.part("What the chain refuses");
	place.says("A second vote on the same snapshot.");
	place.fails("//Charlie", &vote("0"), 5, "already");
	place.says("Another snapshot at once, to find a better moment.");
	place.fails(KEEPER, &snapshot("0"), 5, "too young");
	place.wait(5).await;
	place.acts(KEEPER, &snapshot("1"));
	place.says("The model, while it is suspended.");
	place.acts(ADMIN, &["model", "suspend", "delegate.keys"]);
	place.fails(KEEPER, &vote("1"), 5, "the model is suspended");
	place.acts(ADMIN, &["model", "resume", "delegate.keys"]);

	place.part("The poll is carried out");
	let lendable = || {
		let pot = place.acts(ADMIN, &["loan", "pot"]);
		pot["lendable"].as_str().and_then(|text| text.parse::<u128>().ok()).unwrap_or_default()
	};
	let before = lendable();
	place.wait(80).await;
	let shown = place.acts(KEEPER, &["poll", "show", "0"]);
	assert_eq!(shown["state"], "approved", "{shown}");
	assert_eq!(before - lendable(), 5_000_000_000_000, "the pot has paid");
	place.says("A model's proven vote has moved five tokens, and nobody's key has signed for it.");
	place.acts(KEEPER, &["delegate", "settle", "0", "--poll", "0"]);

	place.part("A model moves a fee, within bounds");
	place.says(
		"What borrowers pay on top is two per cent. A model is told how much of the pot is lent, the \
		 fee, and how full blocks are; it may lower or raise the fee by half a per cent at once, and never \
		 below 1.8 per cent.",
	);
	prepare(&place, "lending-fee");
	let terms = json!({
		"inputs": [
			{ "feature": "metric:2", "unit": 4 },
			{ "feature": "current", "unit": 400 },
			{ "feature": "metric:0", "unit": 4 },
		],
		"motion": { "steps": [-5_000, 0, 5_000] },
		"floor": 18_000,
		"ceiling": 100_000,
		"max_step": 5_000,
		"period": 10,
		"validity": 20,
		"reward": 0,
	});
	write(&place, "bounds.json", &terms);
	let bind = ["parameter", "bind", "lending-fee", "lending-fee.keys", "bounds.json"];
	place.says("Only governance binds a parameter.");
	place.fails(KEEPER, &bind, 5, "the chain refused");
	place.acts(ADMIN, &bind);
	let freeze = ["parameter", "snapshot", "lending-fee"];
	let circuit = ["lending-fee.circuit", "--keys", "lending-fee.keys"];
	let move_it = [&["parameter", "move", "lending-fee"], &circuit[..]].concat();
	place.fails(KEEPER, &move_it, 5, "snapshot");
	place.acts(KEEPER, &freeze);
	let moved = place.acts(KEEPER, &move_it);
	assert_eq!((&moved["asked"], &moved["to"]), (&"15000".into(), &"18000".into()), "{moved}");
	place.says("Nobody borrows, so the model asks for 1.5 per cent, and gets 1.8: the floor.");
	place.says("Not again within ten blocks.");
	place.fails(KEEPER, &freeze, 5, "too young");
	let pot = place.acts(ADMIN, &["loan", "pot"]);
	assert_eq!(pot["terms"]["fee_parts_per_million"], 18_000, "{pot}");
}
