//! Connect Four against a model that cannot cheat, and whose weights are a secret.

use super::example;
use crate::place::Place;

const HOST: &str = "//Bob";
const KEEPER: &str = "//Eve";
const PLAYER: &str = "//Charlie";
const OTHER: &str = "//Dave";

pub(super) async fn tell(place: Place) {
	place.part("An opponent");
	place.says(
		"A network that plays Connect Four, weakly. Its weights are committed: the chain checks that \
		 every move is that of these weights on this board, and nobody but the host knows them.",
	);
	let file = |name| example("connect-four", name);
	let (model, calibration) = (file("connect-four.onnx"), file("calibration.npz"));
	place.run(&["quantize", &model, "--calibration", &calibration, "-o", "m.q.onnx"]);
	let compile = ["compile", "m.q.onnx", "-o", "circuit", "--input-visibility", "public"];
	let rest = ["--weights", "committed", "--reveal", "masked-argmax"];
	place.run(&[&compile[..], &rest].concat());
	place.run(&["setup", "circuit", "-o", "keys"]);
	place.acts(HOST, &["register", "keys"]);
	let host = ["opponent", "host", "keys", "--fee", "0.05", "--max-stake", "5"];
	let hosted = place.acts(HOST, &[&host[..], &["--max-games", "2"]].concat());
	assert_eq!(hosted["opponent"], 0, "{hosted}");

	place.part("A game");
	place.says(
		"Charlie stakes a token. A keeper, which the host has given the weights, proves the model's moves \
		 and is paid for each.",
	);
	let keep = ["keep", "circuit", "--keys", "keys", "--opponent", "0"];
	let keeper = place.starts(KEEPER, &keep);
	let play = ["play", "--opponent", "0", "--stake", "1"];
	let text = place.types(PLAYER, &play, "4\n3\nq\n");
	assert!(text.contains("game 0"), "{text}");
	drop(keeper);
	place.says(
		"The keeper is ended in the middle of the game. All that another needs is on the chain.",
	);

	place.part("What the chain refuses");
	place.says("Somebody else's game.");
	place.fails(OTHER, &["play", "--game", "0"], 5, "NotPlayer");
	place.says("A stake that the host does not offer.");
	place.fails(PLAYER, &["play", "--opponent", "0", "--stake", "6"], 5, "StakeTooHigh");
	place.says("The model while it is suspended: its clock goes on, and that is the host's risk.");
	place.acts(HOST, &["model", "suspend", "keys"]);
	let status = place.acts(HOST, &["model", "show", "keys"]);
	assert_eq!(status["status"]["name"], "suspended", "{status}");
	place.acts(HOST, &["model", "resume", "keys"]);

	place.part("The rest of the game");
	let keeper = place.starts(KEEPER, &keep);
	let text = place.types(PLAYER, &["play", "--game", "0"], "5\n2\nr\nr\n");
	assert!(text.contains("game 0"), "{text}");
	drop(keeper);
	let games = place.acts(PLAYER, &["play", "--games"]);
	assert_eq!(games["games"].as_array().map(Vec::len), Some(0), "{games}");

	place.part("A model that does not answer loses");
	place.says("Without a keeper, and a hundred blocks later, the win is claimed.");
	place.types(PLAYER, &["play", "--opponent", "0", "--stake", "1"], "4\nq\n");
	place.wait(101).await;
	let text = place.types(PLAYER, &["play", "--game", "1"], "c\n");
	assert!(text.to_lowercase().contains("won") || text.contains("win"), "{text}");
}
