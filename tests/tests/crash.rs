//! A validator is killed in the middle of a stream of inferences: nothing final is lost, and nothing
//! counts twice.

use std::{
	collections::BTreeMap,
	time::{Duration, Instant},
};
use subxt_signer::sr25519::Keypair;
use zkml_circuits::{InputChoice, Options, OutputChoice};
use zkml_cli::chain::signer;
use zkml_primitives::{ModelId, Setup};
use zkml_tests::{
	examples::Ready,
	node::Node,
	stream::{prove_ahead, Call, Client, Verified},
};

const OPTIONS: Options = Options::new(InputChoice::Private, OutputChoice::Argmax);

/// Accounts that submit, and how many inferences each.
const ACCOUNTS: [&str; 4] = ["//Charlie", "//Dave", "//Eve", "//Ferdie"];
const EACH: u64 = 12;
const ALL: usize = ACCOUNTS.len() * EACH as usize;

/// Between two transactions: the stream lasts several slots.
const PACE: Duration = Duration::from_millis(400);

/// For each step of the story, on a slow machine.
const DEADLINE: Duration = Duration::from_secs(240);

/// Tries until there is an answer.
async fn until<T>(what: &str, nodes: [&Node; 2], mut answer: impl AsyncFnMut() -> Option<T>) -> T {
	let start = Instant::now();
	loop {
		if let Some(answer) = answer().await {
			return answer;
		}
		let [one, other] = nodes;
		let late = start.elapsed() > DEADLINE;
		assert!(!late, "waited in vain until {what}\n{}\n\n{}", one.log(), other.log());
		tokio::time::sleep(Duration::from_millis(500)).await;
	}
}

/// The finalised chain as a node has it: each block's hash, and how often each inference was
/// verified, and where first.
#[derive(Debug, Default)]
struct Finalised {
	height: u64,
	hashes: BTreeMap<u64, String>,
	times: BTreeMap<Verified, (u64, u32)>,
}

impl Finalised {
	/// Reads what has become final since.
	async fn follow(&mut self, client: &Client) -> usize {
		let (height, _) = client.finalized().await;
		for block in self.height + 1..=height {
			self.hashes.insert(block, client.hash(block).await.expect("a finalised block"));
			for inference in client.verified(block).await {
				self.times.entry(inference).or_insert((block, 0)).1 += 1;
			}
		}
		self.height = self.height.max(height);
		self.times.len()
	}
}

async fn register(node: &mut Node, digits: &Ready) -> (ModelId, [u8; 32], Client) {
	let (chain, url) = node.connect().await;
	let (key, interface) = (&digits.verifying_key, &digits.circuit.interface);
	let (alice, metadata) = (signer("//Alice").unwrap(), digits.metadata());
	let registered = chain.register(&alice, key, interface, Setup::Development, &metadata);
	let model = registered.await.unwrap().registered.unwrap();
	(model, chain.genesis(), Client::connect(&url).await)
}

/// Each account's submissions, in order.
fn prove(digits: &Ready, model: ModelId, genesis: &[u8; 32]) -> Vec<(Keypair, Vec<Call>)> {
	let heldout = digits.example.heldout();
	let account = |suri: &&str| {
		let signer = signer(suri).unwrap();
		let account = signer.public_key().0;
		let calls = (0..EACH)
			.zip(heldout.iter())
			.map(|(nonce, image)| prove_ahead(digits, (genesis, model), &account, nonce, &[image]));
		(signer, calls.collect())
	};
	ACCOUNTS.iter().map(account).collect()
}

/// The story: `receiver` gets the transactions; one of the two is killed.
async fn story(mut receiver: Node, mut other: Node, kill_receiver: bool) {
	let digits = Ready::new("digits", OPTIONS);
	let (model, genesis, mut client) = register(&mut receiver, &digits).await;
	let (_, other_url) = other.connect().await;
	let mut other_client = Client::connect(&other_url).await;
	let accounts = prove(&digits, model, &genesis);
	let mut signed = Vec::new();
	for (signer, calls) in &accounts {
		signed.push(client.sign(signer, 0, calls).await);
	}
	// Taking turns, each account in the order of its nonces.
	let stream: Vec<&String> =
		(0..EACH as usize).flat_map(|nonce| signed.iter().map(move |own| &own[nonce])).collect();

	let mut before = Finalised::default();
	let (first, rest) = stream.split_at(ALL / 2);
	for transaction in first {
		client.send(transaction).await.expect("a place in the pool");
		tokio::time::sleep(PACE).await;
	}
	until("an inference is final", [&receiver, &other], async || {
		(before.follow(&client).await > 0).then_some(())
	})
	.await;
	let (in_flight, rest) = rest.split_at(ALL / 4);
	for transaction in in_flight {
		client.send(transaction).await.expect("a place in the pool");
		tokio::time::sleep(PACE / 4).await;
	}
	before.follow(&client).await;
	assert!(before.times.len() < ALL * 3 / 4, "transactions are in flight");

	if kill_receiver {
		receiver.kill();
	} else {
		other.kill();
	}
	// Some of these nobody hears.
	for transaction in rest {
		let sent = client.send(transaction).await;
		assert_eq!(sent.is_err(), kill_receiver, "{sent:?}");
		tokio::time::sleep(PACE).await;
	}
	if kill_receiver {
		receiver.restart();
		client = Client::connect(&receiver.connect().await.1).await;
	} else {
		other.restart();
		other_client = Client::connect(&other.connect().await.1).await;
	}
	let nodes = [&receiver, &other];

	// Who sent them does not know which arrived: all again, to both, until all are final.
	let (mut here, mut there) = (Finalised::default(), Finalised::default());
	until("every inference is final on both", nodes, async || {
		let (own, others) = (here.follow(&client).await, there.follow(&other_client).await);
		if own.min(others) == ALL {
			return Some(());
		}
		for transaction in &stream {
			// Refused where it is known, or in a block already.
			let _ = (client.send(transaction).await, other_client.send(transaction).await);
		}
		None
	})
	.await;

	// And again in new transactions, which the chain takes, and refuses the proofs in them.
	for (signer, calls) in &accounts {
		for transaction in client.sign(signer, EACH, &calls[..2]).await {
			client.send(&transaction).await.expect("a place in the pool");
		}
	}
	until("replays are final on both", nodes, async || {
		let mut taken = true;
		for (signer, _) in &accounts {
			let sent = (client.sent(signer).await, other_client.sent(signer).await);
			taken &= sent == (EACH + 2, EACH + 2);
		}
		here.follow(&client).await;
		there.follow(&other_client).await;
		taken.then_some(())
	})
	.await;
	assert!(here.height.min(there.height) > before.height, "finality went on");

	for chain in [&here, &there] {
		for (block, hash) in &before.hashes {
			assert_eq!(chain.hashes.get(block), Some(hash), "block {block} was final");
		}
		for (inference, (block, _)) in &before.times {
			assert_eq!(chain.times[inference].0, *block, "{inference:?} was final");
		}
		for (signer, _) in &accounts {
			for nonce in 0..EACH {
				let inference = (model, signer.public_key().0, nonce);
				assert_eq!(chain.times[&inference].1, 1, "{inference:?} counts once");
			}
		}
		assert_eq!(chain.times.len(), ALL);
	}
	let common = here.height.min(there.height);
	assert!(here.hashes.range(..=common).eq(there.hashes.range(..=common)), "one chain");
}

/// Its pool, and what it had not written yet, are gone.
#[tokio::test(flavor = "multi_thread")]
async fn the_validator_that_received_the_transactions_is_killed() {
	let (alice, bob) = Node::validators();
	story(alice, bob, true).await;
}

/// Blocks go on at half the pace, but nothing is final until it is back and has caught up.
#[tokio::test(flavor = "multi_thread")]
async fn the_other_validator_is_killed() {
	let (alice, bob) = Node::validators();
	story(alice, bob, false).await;
}
