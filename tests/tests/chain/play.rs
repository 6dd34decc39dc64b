//! A game against a model, as host, player and keeper see it.

use super::scene::{account, register, FREE};
use serde_json::Value;
use std::{
	io::{Read, Write},
	net::{Shutdown, TcpListener, TcpStream},
	process::{Child, Command, Stdio},
	sync::{Arc, Mutex},
	time::{Duration, Instant},
};
use zkml_circuits::{
	assign_with, gadgets::argmax::masked_argmax_value, lower_committed, onnx::Model, Extras, Graph,
	InputChoice, Options, OutputChoice, WEIGHT_BITS,
};
use zkml_cli::{
	board::{Board, Side},
	chain::{
		address,
		npc::{stone_of, Answer, Question, Terms},
		signer, Chain,
	},
};
use zkml_primitives::{ClaimedInput, Output, Values};
use zkml_tests::{
	examples::{self, Ready},
	node::Node,
	place::Place,
	programs::program,
};

const ADMIN: &str = "//Alice";
const HOST: &str = "//Bob";
const PLAYER: &str = "//Charlie";
const KEEPER: &str = "//Eve";
const OTHER: &str = "//Ferdie";

/// What a move costs, in tokens and in the smallest unit.
const FEE: (&str, u128) = ("0.05", 50_000_000_000);

const KEEP: [&str; 6] = ["keep", "circuit", "--keys", "keys", "--opponent", "0"];
const PLAY: [&str; 4] = ["play", "--opponent", "0", "--json"];

/// Public input, the column shown.
const BOARD: Options = Options::new(InputChoice::Public, OutputChoice::MaskedArgmax);

fn with<'a>(arguments: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
	[arguments, more].concat()
}

/// An amount of an object.
fn amount(value: &Value) -> u128 {
	value.as_str().unwrap().parse().unwrap()
}

/// A chain on which the example is opponent 0.
struct Arena(Place);

impl Arena {
	/// With the model compiled into `circuit`, and registered from `keys`.
	async fn empty(weights: &str) -> Self {
		let place = Place::empty().await;
		let file = |name| examples::file("connect-four", name).to_str().unwrap().to_string();
		let (model, calibration) = (file("connect-four.onnx"), file("calibration.npz"));
		place.run(&["quantize", &model, "--calibration", &calibration, "-o", "m.q.onnx"]);
		let compile = ["compile", "m.q.onnx", "-o", "circuit", "--input-visibility", "public"];
		place.run(&with(&compile, &["--weights", weights, "--reveal", "masked-argmax"]));
		place.run(&["setup", "circuit", "-o", "keys"]);
		place.acts(HOST, &["register", "keys"]);
		Self(place)
	}

	async fn new(weights: &str) -> Self {
		let arena = Self::empty(weights).await;
		let host = ["opponent", "host", "keys", "--fee", FEE.0, "--max-stake", "5"];
		assert_eq!(arena.0.acts(HOST, &host)["opponent"], 0);
		arena
	}

	/// Plays with typed lines; what is said at the end.
	fn types(&self, arguments: &[&str], lines: &str) -> Value {
		let text = self.0.types(PLAYER, arguments, lines);
		serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
	}

	fn awaiting(&self) -> Value {
		self.0.acts(PLAYER, &["opponent", "show", "0"])["awaiting"].clone()
	}

	/// Waits until no game awaits the model.
	fn until_answered(&self) {
		let since = Instant::now();
		while self.awaiting() != serde_json::json!([]) {
			assert!(since.elapsed() < Duration::from_secs(120), "nobody answers");
			std::thread::sleep(Duration::from_millis(200));
		}
	}

	/// Starts a keeper that is interrupted later.
	fn keeper(&self, suri: &str, url: &str) -> Keeper {
		let child = Command::new(program("zkml"))
			.current_dir(self.0.path(""))
			.args(KEEP)
			.args(["--json", "--url", url])
			.env("ZKML_SURI", suri)
			.stdin(Stdio::null())
			.stdout(Stdio::piped())
			.stderr(Stdio::piped())
			.spawn()
			.unwrap();
		Keeper(Some(child))
	}
}

/// A keeper that runs.
struct Keeper(Option<Child>);

impl Keeper {
	/// Presses Ctrl-C; what it says at its end, and what it said meanwhile.
	fn interrupted(mut self) -> (Value, String) {
		let child = self.0.take().unwrap();
		let id = child.id().to_string();
		assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
		let output = child.wait_with_output().unwrap();
		let text = String::from_utf8_lossy(&output.stderr).into_owned();
		assert_eq!(output.status.code(), Some(0), "{text}");
		(serde_json::from_slice(&output.stdout).unwrap(), text)
	}
}

impl Drop for Keeper {
	fn drop(&mut self) {
		if let Some(child) = &mut self.0 {
			let _ = child.kill();
			let _ = child.wait();
		}
	}
}

fn moves(of: &Value) -> &[Value] {
	of["moves"].as_array().unwrap()
}

/// Columns that fill the board, whatever the model does; and some lines that are none.
fn script() -> String {
	let columns = [4, 4, 3, 5, 2, 6, 1, 7].map(|column| column.to_string()).join("\n");
	format!("9\nfour\n\n{}\n", [columns.as_str(); 12].join("\n"))
}

/// Checks that each move of the model is what the graph answers to the board before it. The player
/// made the first move.
fn check_moves(played: &Value, graph: &Graph, stone: i32) {
	let mut board = Board::default();
	for (turn, made) in moves(played).iter().enumerate() {
		let side = if turn % 2 == 0 { Side::Player } else { Side::Model };
		assert_eq!((&made["turn"], &made["side"]), (&turn.into(), &side.name().into()));
		let column = made["column"].as_u64().unwrap() as usize - 1;
		if side == Side::Model {
			let seen: Vec<i64> = board.observation(stone).into_iter().map(i64::from).collect();
			let best = masked_argmax_value(&graph.evaluate(&seen), &board.open());
			assert_eq!(column, best, "{made}");
			assert_eq!(made["keeper"], address(&account(KEEPER)));
			assert!(made["seconds"].as_f64().is_some());
		}
		assert!(board.place(side, column), "{made}");
	}
	let winner = board.winner().map_or(Value::Null, |winner| winner.name().into());
	assert_eq!(played["result"]["winner"], winner, "{played}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_game_against_secret_weights_is_proven_move_by_move() {
	let arena = Arena::new("committed").await;
	let keeper = arena.keeper(KEEPER, arena.0.url());
	let played = arena.types(&with(&PLAY, &["--stake", "1.5"]), &script());
	let (kept, said) = keeper.interrupted();
	assert!(said.contains("a move takes"), "{said}");

	let bytes = std::fs::read(arena.0.path("m.q.onnx")).unwrap();
	let graph = lower_committed(&Model::read(&bytes, None).unwrap(), WEIGHT_BITS).unwrap();
	let opponent = arena.0.acts(PLAYER, &["opponent", "show", "0"]);
	check_moves(&played, &graph, opponent["stone"].as_i64().unwrap() as i32);
	assert_eq!(opponent["games"], serde_json::json!([]), "{opponent}");

	let answers = moves(&played).iter().filter(|made| made["side"] == "model").count();
	assert_eq!(moves(&kept).len(), answers, "{kept}");
	assert_eq!(amount(&kept["earned"]), FEE.1 * answers as u128);
	assert_eq!(played["fees"]["moves"], kept["earned"]);
	assert!(amount(&kept["fees"]) > 0 && amount(&played["fees"]["transactions"]) > 0);
	assert_eq!((&kept["lost"], &kept["refused"]), (&0.into(), &0.into()));
	for made in moves(&kept) {
		let seconds = |name: &str| made["seconds"][name].as_f64().unwrap();
		println!("{:.2} s to prove, {:.2} s to include", seconds("proof"), seconds("included"));
		assert!(seconds("proof") < seconds("included"));
	}
	// The keeper's view of each move is the player's.
	let model = |made: &&Value| made["side"] == "model";
	for (of_player, of_keeper) in moves(&played).iter().filter(model).zip(moves(&kept)) {
		for field in ["turn", "column", "block"] {
			assert_eq!(of_player[field], of_keeper[field]);
		}
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_leads_to_a_game_or_to_words() {
	let arena = Arena::empty("public").await;
	let place = &arena.0;
	let host = ["opponent", "host", "keys", "--fee", FEE.0];
	let stakes = with(&host, &["--min-stake", "2", "--max-stake", "1"]);
	place.fails(HOST, &stakes, 5, "the least stake is above the greatest");
	place.fails(HOST, &with(&host, &["--max-games", "1000"]), 5, "than this chain allows");
	let unknown = "11".repeat(32);
	let of_nobody = ["opponent", "host", &unknown, "--fee", "1"];
	place.fails(HOST, &of_nobody, 5, "is not registered on this chain");
	let compile = ["compile", "m.q.onnx", "-o", "private", "--reveal", "masked-argmax"];
	place.run(&compile);
	place.run(&["setup", "private", "-o", "others"]);
	place.acts(HOST, &["register", "others"]);
	let unsuitable = ["opponent", "host", "others", "--fee", "1"];
	place.fails(HOST, &unsuitable, 5, "input is not a board");

	let hosted = place.acts(HOST, &with(&host, &["--max-stake", "5", "--max-games", "2"]));
	assert_eq!(hosted["opponent"], 0);
	assert_eq!(amount(&hosted["terms"]["fee"]), FEE.1);
	assert_ne!(hosted["deposit"]["held"], "0");
	place.fails(PLAYER, &["opponent", "show", "9"], 5, "there is no such opponent");
	for verb in ["close", "remove"] {
		place.fails(PLAYER, &["opponent", verb, "0"], 5, "only the opponent's host");
	}
	let dearer = ["opponent", "terms", "0", "--fee", "0.06"];
	place.fails(PLAYER, &dearer, 5, "only the opponent's host");
	place.fails(HOST, &["opponent", "rank", "0"], 5, "only the chain's sudo key");

	let fails = |more: &[&str], words: &str| {
		place.fails(PLAYER, &with(&PLAY[..3], more), 5, words);
	};
	fails(&["--stake", "5.1"], "the stake is not what the host wants");
	fails(&["--max-fee", "0.01"], "costs more than you agreed to");
	fails(&["--ranked"], "not admitted to ranked games");
	place.fails(PLAYER, &["play", "--opponent", "7"], 5, "there is no such opponent");
	place.fails(PLAYER, &["play", "--game", "0"], 5, "there is no such game");
	place.acts(HOST, &["opponent", "close", "0"]);
	fails(&[], "its host wants no new games");
	let opened = place.acts(HOST, &["opponent", "terms", "0", "--open", "--max-games", "1"]);
	assert_eq!(
		(&opened["terms"]["open"], &opened["terms"]["max_games"]),
		(&true.into(), &1.into())
	);
	assert_eq!(amount(&opened["terms"]["fee"]), FEE.1, "what is not typed remains");

	// A game that is left, answered, and given up.
	let left = arena.types(&with(&PLAY, &["--stake", "2"]), "8\n4\nq\n");
	assert_eq!((&left["result"], left["game"].as_u64()), (&Value::Null, Some(0)));
	assert_eq!(moves(&left).len(), 1);
	fails(&[], "as many games as its host wants");
	place.fails(HOST, &["opponent", "remove", "0"], 5, "has games that run");
	place.fails(OTHER, &["play", "--game", "0"], 5, "the game is another account's");
	let listed = place.acts(PLAYER, &["play", "--games"]);
	assert_eq!(listed["games"][0]["to_move"], "model", "{listed}");
	assert_eq!(arena.awaiting(), serde_json::json!([0]));
	let wrong = ["keep", "private", "--keys", "others", "--opponent", "0", "--once"];
	place.fails(KEEPER, &wrong, 5, "input is not a board");
	let kept = place.acts(KEEPER, &with(&KEEP, &["--once"]));
	assert_eq!(moves(&kept).len(), 1, "{kept}");
	assert_eq!((&kept["moves"][0]["turn"], &kept["moves"][0]["game"]), (&1.into(), &0.into()));
	let idle = place.acts(KEEPER, &with(&KEEP, &["--once"]));
	assert_eq!((moves(&idle).len(), &idle["earned"]), (0, &"0".into()));
	let listed = place.acts(PLAYER, &["play", "--games"]);
	assert_eq!(
		(&listed["games"][0]["to_move"], &listed["games"][0]["turn"]),
		(&"player".into(), &2.into())
	);
	let text = place.types(PLAYER, &["play", "--game", "0"], "1\nr\n");
	assert!(text.contains("the model won: you resigned"), "{text}");
	assert!(text.contains("lost 2.000000 UNIT"), "{text}");
	assert!(text.contains(" +---------------------+") && text.contains("[X]"), "{text}");
	assert!(!text.contains('\u{1b}'), "no colours without a terminal: {text}");
	place.fails(PLAYER, &["play", "--game", "0"], 5, "there is no such game, or it has ended");

	let removed = place.acts(HOST, &["opponent", "remove", "0"]);
	assert_eq!(removed["deposit"]["released"], hosted["deposit"]["held"]);
	place.fails(KEEPER, &with(&KEEP, &["--once"]), 5, "there is no such opponent");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_too_slow_has_lost() {
	let arena = Arena::new("public").await;
	let left = arena.types(&with(&PLAY, &["--stake", "1", "--second"]), "q\n");
	assert_eq!(left["result"], Value::Null);
	arena.0.wait(100).await;
	// What is no answer to the offer is told so, and the end of the script ends nothing.
	let unclaimed = arena.types(&["play", "--game", "0", "--json"], "3\n");
	assert_eq!(unclaimed["result"], Value::Null);
	let claimed = arena.types(&["play", "--game", "0", "--json"], "3\nc\n");
	let result = &claimed["result"];
	assert_eq!((&result["winner"], &result["ending"]), (&"player".into(), &"timed_out".into()));

	assert_eq!(arena.types(&PLAY, "")["game"], 1);
	arena.0.wait(100).await;
	let text = arena.0.types(PLAYER, &["play", "--game", "1"], "4\nc\n");
	assert!(text.contains("your time has run out"), "{text}");
	assert!(text.contains("the model won: your time ran out"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ranked_games_move_ratings() {
	let arena = Arena::new("public").await;
	let ranked = arena.0.acts(ADMIN, &["opponent", "rank", "0"]);
	assert_eq!(ranked["ranked"], true);
	let own = with(&PLAY[..3], &["--ranked"]);
	arena.0.fails(HOST, &own, 5, "nobody plays ranked games against an own opponent");
	let first = arena.types(&with(&PLAY, &["--ranked"]), "r\n");
	let rating = &first["rating"];
	assert_eq!((&rating["before"], &rating["after"]), (&1500.into(), &1484.into()), "{first}");
	assert_eq!(rating["opponent"]["after"], 1516);
	// Who begins alternates: now the model does.
	let second = arena.types(&with(&PLAY, &["--ranked"]), "q\n");
	let listed = arena.0.acts(PLAYER, &["play", "--games"]);
	assert_eq!(listed["games"][0]["to_move"], "model", "{listed}");
	assert_eq!(listed["rating"]["running"], 1);
	let forget = ["play", "--forget-rating"];
	arena.0.fails(PLAYER, &forget, 5, "Npc::RankedGameRunning");
	arena.0.fails(OTHER, &forget, 5, "Npc::RatingNotFound");
	let id = second["game"].to_string();
	let lost = arena.types(&["play", "--game", &id, "--json"], "r\n");
	let after = |of: &Value| of["after"].as_u64().unwrap();
	assert!(after(&lost["rating"]) < 1484, "{lost}");
	assert_eq!(after(&lost["rating"]) + after(&lost["rating"]["opponent"]), 3_000);
	arena.0.fails(PLAYER, &forget, 5, "Npc::RatingTooLow");
	arena.0.acts(ADMIN, &["opponent", "rank", "0", "--revoke"]);
	arena.0.fails(PLAYER, &with(&PLAY[..3], &["--ranked"]), 5, "not admitted to ranked games");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_keepers_one_makes_each_move() {
	let arena = Arena::new("public").await;
	let keepers = [KEEPER, OTHER].map(|suri| arena.keeper(suri, arena.0.url()));
	let played = arena.types(&PLAY, &script());
	let answers = moves(&played).iter().filter(|made| made["side"] == "model").count();
	let mut made = 0;
	for keeper in keepers {
		let (kept, _) = keeper.interrupted();
		assert_eq!(kept["refused"], 0, "{kept}");
		made += moves(&kept).len();
	}
	assert_eq!(made, answers, "{played}");
}

/// A way to the node that can be cut.
struct Relay {
	url: String,
	/// Ends of connections; none while it is cut.
	streams: Arc<Mutex<Option<Vec<TcpStream>>>>,
}

/// Passes on what arrives, until either end closes.
fn pass_on(mut from: TcpStream, mut to: TcpStream) {
	std::thread::spawn(move || {
		let mut buffer = [0; 1 << 14];
		while let Ok(count) = from.read(&mut buffer) {
			if count == 0 || to.write_all(&buffer[..count]).is_err() {
				break;
			}
		}
		let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
	});
}

impl Relay {
	fn to(url: &str) -> Self {
		let node = url.trim_start_matches("ws://").to_string();
		let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
		let url = format!("ws://{}", listener.local_addr().unwrap());
		let streams = Arc::new(Mutex::new(Some(Vec::new())));
		let known = Arc::clone(&streams);
		std::thread::spawn(move || {
			for near in listener.incoming() {
				let near = near.unwrap();
				// While it is cut, connections are closed as soon as they are made.
				let mut known = known.lock().unwrap();
				let Some(streams) = known.as_mut() else { continue };
				let Ok(far) = TcpStream::connect(&node) else { continue };
				streams.extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
				pass_on(near.try_clone().unwrap(), far.try_clone().unwrap());
				pass_on(far, near);
			}
		});
		Self { url, streams }
	}

	fn cut(&self) {
		for stream in self.streams.lock().unwrap().take().into_iter().flatten() {
			let _ = stream.shutdown(Shutdown::Both);
		}
	}

	fn mend(&self) {
		*self.streams.lock().unwrap() = Some(Vec::new());
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_outlives_its_connection() {
	let arena = Arena::new("public").await;
	let relay = Relay::to(arena.0.url());
	let keeper = arena.keeper(KEEPER, &relay.url);
	arena.types(&with(&PLAY, &["--second"]), "q\n");
	arena.until_answered();
	relay.cut();
	let game = ["play", "--game", "0", "--json"];
	arena.types(&game, "4\nq\n");
	std::thread::sleep(Duration::from_secs(3));
	assert_eq!(arena.awaiting(), serde_json::json!([0]), "nobody can answer");
	relay.mend();
	arena.until_answered();
	let (kept, said) = keeper.interrupted();
	assert_eq!(moves(&kept).len(), 2, "{kept}");
	assert_eq!(said.matches("connecting again").count(), 1, "{said}");
	assert_eq!(said.matches("the node answers again").count(), 1, "{said}");
}

/// A chain on which the example is hosted, and games in which it is to move.
struct Games {
	_node: Node,
	chain: Chain,
	ready: Ready,
}

impl Games {
	async fn new(count: u64) -> Self {
		let mut node = Node::development();
		let ready = Ready::new("connect-four", BOARD);
		let (chain, _) = node.connect().await;
		let registered = register(&chain, &ready, HOST, FREE, None).await.unwrap();
		let model = registered.registered.unwrap();
		let terms =
			Terms { fee: FEE.1, min_stake: 0, max_stake: 0, max_games: count as u32, open: true };
		let (host, player) = (signer(HOST).unwrap(), signer(PLAYER).unwrap());
		let (_, opponent) = chain.host_opponent(&host, model, &terms).await.unwrap();
		assert_eq!(opponent, 0);
		for game in 0..count {
			let started = chain.start_game(&player, 0, 0, FEE.1, Side::Model).await;
			assert_eq!(started.unwrap().1, game);
		}
		Self { _node: node, chain, ready }
	}

	/// What the model is to answer in a game, to a keeper.
	async fn question(&self, game: u64, keeper: &str) -> Question {
		let state = self.chain.state().await.unwrap();
		let opponent = state.opponent(0).await.unwrap();
		let stone = stone_of(&self.ready.circuit.interface).unwrap();
		assert_eq!(opponent.stone, stone);
		let question = state.question((0, &opponent), game, account(keeper)).await;
		question.unwrap().expect("the model is to move")
	}

	fn answer(&self, question: &Question) -> Answer {
		let input: Vec<i64> = question.observation.iter().map(|&value| value.into()).collect();
		let extras = Extras { mask: Some(&question.open), ..Extras::default() };
		let graph = &self.ready.example.graph;
		let assignment = assign_with(graph, &BOARD, &input, &question.context, &extras).unwrap();
		Answer {
			game: question.id,
			signals: assignment.statement.signals().len() as u32,
			proof: self.ready.prove_hinted(&assignment),
			inference: assignment.inference,
		}
	}

	/// What the chain says of answers.
	async fn sent(&self, keeper: &str, answers: &[Answer]) -> Vec<Result<(), String>> {
		self.chain.answer(&signer(keeper).unwrap(), answers).await.unwrap().results
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_go_in_one_transaction_and_each_stands_for_itself() {
	let games = Games::new(3).await;
	let mut answers = Vec::new();
	for game in 0..3 {
		answers.push(games.answer(&games.question(game, KEEPER).await));
	}
	let [first, second, third] = <[Answer; 3]>::try_from(answers).unwrap();
	let again = first.clone();
	// A proof for one game is none for another.
	let moved = Answer { game: 2, ..first.clone() };
	let late = "Npc::OutOfTurn".to_string();
	let refused = "Npc::Refused(InvalidProof)".to_string();
	let results = games.sent(KEEPER, &[first, moved, second, again]).await;
	assert_eq!(results, [Ok(()), Err(refused), Ok(()), Err(late)]);
	let awaiting = games.chain.state().await.unwrap().awaiting(0).await.unwrap();
	assert_eq!(awaiting, [2]);
	assert_eq!(games.sent(KEEPER, &[third]).await, [Ok(())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_for_this_keeper_this_board_and_these_columns() {
	let games = Games::new(1).await;
	let question = games.question(0, KEEPER).await;
	let honest = games.answer(&question);
	let refused = |name: &str| -> [Result<(), String>; 1] { [Err(format!("Npc::{name}"))] };
	assert_eq!(
		games.sent(OTHER, std::slice::from_ref(&honest)).await,
		refused("Refused(InvalidProof)")
	);

	let mut board = question.clone();
	board.observation[0] = board.observation[0].max(1);
	assert_eq!(games.sent(KEEPER, &[games.answer(&board)]).await, refused("OtherBoard"));
	let mut columns = question.clone();
	columns.open[3] = false;
	assert_eq!(games.sent(KEEPER, &[games.answer(&columns)]).await, refused("OtherColumns"));

	// A claim that was changed after the proof.
	let mut other = honest.clone();
	let Output::MaskedLabel { label, .. } = &mut other.inference.output else { panic!() };
	*label = (*label + 1) % 7;
	assert_eq!(games.sent(KEEPER, &[other]).await, refused("Refused(InvalidProof)"));
	let mut other = honest.clone();
	other.inference.input = ClaimedInput::Shown(Values::new(&board.observation).unwrap());
	assert_eq!(games.sent(KEEPER, &[other]).await, refused("Refused(InvalidProof)"));

	assert_eq!(games.sent(KEEPER, std::slice::from_ref(&honest)).await, [Ok(())]);
	assert_eq!(games.sent(KEEPER, &[honest]).await, refused("OutOfTurn"));
}
