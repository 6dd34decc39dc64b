//! Streams of inferences from 50 accounts, on two validators with real slots of 6 s: 1,000 one by one, then
//! 4,800 in batches of 32. Run with `make bench`, or `cargo bench --bench stream`.
//!
//! Both validators and the client share the machine. Each inference is verified at least twice on it:
//! by the author of its block, and by the other validator.

use std::{
	collections::BTreeMap,
	time::{Duration, Instant},
};
use subxt_signer::sr25519::Keypair;
use zkml_circuits::{InputChoice, Options, OutputChoice};
use zkml_cli::chain::{signer, Chain};
use zkml_primitives::{ModelId, Setup};
use zkml_tests::{
	examples::Ready,
	machine,
	node::Node,
	stream::{prove_ahead, transfer, Client, Verified},
};

const OPTIONS: Options = Options::new(InputChoice::Private, OutputChoice::Logits);
const ACCOUNTS: usize = 50;

/// So many inferences of each account, so many in a transaction.
#[derive(Clone, Copy)]
struct Shape {
	each: u64,
	batch: u64,
}

const SHAPES: [Shape; 2] = [Shape { each: 20, batch: 1 }, Shape { each: 96, batch: 32 }];

impl Shape {
	fn all(self) -> usize {
		ACCOUNTS * self.each as usize
	}
}

/// What each account gets: 100 tokens.
const FUNDS: u128 = 100_000_000_000_000;

/// How long the chain may take for all of it.
const DEADLINE: Duration = Duration::from_secs(300);

fn main() {
	println!("machine: {}", machine());
	println!("command: cargo bench --bench stream");
	tokio::runtime::Runtime::new().expect("threads").block_on(run());
}

async fn run() {
	let (mut alice, mut bob) = Node::validators();
	let digits = Ready::new("digits", OPTIONS);
	let ((chain, url), _) = (alice.connect().await, bob.connect().await);
	let client = Client::connect(&url).await;
	let model = register(&chain, &digits).await;
	let accounts = fund(&client).await;

	println!("\ndigits 64-32-10, private input, logits; two validators, Aura, slots of 6 s");
	let mut nonces = Nonces { inference: 0, transaction: 0 };
	for shape in SHAPES {
		let name = (&chain.genesis(), model);
		nonces = stream(&client, &digits, name, &accounts, shape, nonces).await;
	}
}

/// The next of every account.
#[derive(Clone, Copy)]
struct Nonces {
	inference: u64,
	transaction: u64,
}

/// Proves, sends, and follows until all is final.
async fn stream(
	client: &Client,
	digits: &Ready,
	model: (&[u8; 32], ModelId),
	accounts: &[Keypair],
	shape: Shape,
	nonces: Nonces,
) -> Nonces {
	let (all, start) = (shape.all(), Instant::now());
	let transactions = prove(client, digits, model, accounts, shape, nonces).await;
	let proving = start.elapsed();
	match shape.batch {
		1 => println!("\none by one"),
		batch => println!("\nin batches of {batch}"),
	}
	println!("  proved and signed     {all} in {:.1} s, ahead of time", proving.as_secs_f64());

	let (began_at, _) = client.finalized().await;
	let mut sent = BTreeMap::new();
	let start = Instant::now();
	for (inferences, transaction) in &transactions {
		client.send(transaction).await.expect("a place in the pool");
		sent.extend(inferences.iter().map(|inference| (*inference, Instant::now())));
	}
	let sending = start.elapsed();
	println!("  given to one node     in {:.1} s, without waiting", sending.as_secs_f64());

	let blocks = watch(client, began_at, all).await;
	report(start, all, &sent, &blocks);
	Nonces {
		inference: nonces.inference + shape.each,
		transaction: nonces.transaction + shape.each / shape.batch,
	}
}

async fn register(chain: &Chain, digits: &Ready) -> ModelId {
	let (key, interface) = (&digits.verifying_key, &digits.circuit.interface);
	let (alice, metadata) = (signer("//Alice").expect("a signer"), digits.metadata());
	let registered = chain.register(&alice, key, interface, Setup::Development, &metadata);
	registered.await.expect("a registration").registered.expect("a model")
}

/// The accounts, once the chain has funded them for good.
async fn fund(client: &Client) -> Vec<Keypair> {
	let signers = (0..ACCOUNTS).map(|index| signer(&format!("//stream/{index}")));
	let accounts: Vec<Keypair> = signers.map(|signer| signer.expect("a signer")).collect();
	let alice = signer("//Alice").expect("a signer");
	let first = client.sent(&alice).await;
	let calls: Vec<_> =
		accounts.iter().map(|account| transfer(account.public_key().0, FUNDS)).collect();
	for transaction in client.sign(&alice, first, &calls).await {
		client.send(&transaction).await.expect("a place in the pool");
	}
	let start = Instant::now();
	while client.sent(&alice).await < first + ACCOUNTS as u64 {
		assert!(start.elapsed() < DEADLINE, "accounts are funded");
		tokio::time::sleep(Duration::from_millis(200)).await;
	}
	accounts
}

/// The signed transactions: accounts take turns, each in the order of its nonces.
async fn prove(
	client: &Client,
	digits: &Ready,
	(genesis, model): (&[u8; 32], ModelId),
	accounts: &[Keypair],
	Shape { each, batch }: Shape,
	next: Nonces,
) -> Vec<(Vec<Verified>, String)> {
	let heldout = digits.example.heldout();
	let images: Vec<&[f32]> = heldout.iter().collect();
	let mut transactions = Vec::new();
	for (index, signer) in accounts.iter().enumerate() {
		let account = signer.public_key().0;
		let firsts = (0..each / batch).map(|at| next.inference + at * batch);
		let call = |first| {
			let image = |nonce| images[(index * each as usize + nonce as usize) % images.len()];
			let shown: Vec<_> = (first..first + batch).map(image).collect();
			prove_ahead(digits, (genesis, model), &account, first, &shown)
		};
		let calls: Vec<_> = firsts.clone().map(call).collect();
		let signed = client.sign(signer, next.transaction, &calls).await;
		let inferences =
			|first| (first..first + batch).map(|nonce| (model, account, nonce)).collect();
		transactions.extend(firsts.map(inferences).zip(signed));
	}
	// Stable: accounts stay in order.
	transactions.sort_by_key(|(inferences, _): &(Vec<Verified>, _)| inferences[0].2);
	transactions
}

/// A block that became final while the stream ran.
struct Block {
	slot: u64,
	verified: Vec<Verified>,
	seen_final: Instant,
}

/// Follows finality until every inference is final.
async fn watch(client: &Client, began_at: u64, all: usize) -> Vec<Block> {
	let start = Instant::now();
	let (mut blocks, mut read, mut verified) = (Vec::new(), began_at, 0);
	while verified < all {
		assert!(start.elapsed() < DEADLINE, "{verified} of {all} are final");
		let (height, _) = client.finalized().await;
		let seen_final = Instant::now();
		for number in read + 1..=height {
			let hash = client.hash(number).await.expect("a finalised block");
			let block = Block {
				slot: client.slot(&hash).await,
				verified: client.verified(number).await,
				seen_final,
			};
			verified += block.verified.len();
			blocks.push(block);
		}
		read = height;
		tokio::time::sleep(Duration::from_millis(50)).await;
	}
	blocks
}

/// Checks that nothing is missing, and prints the figures.
fn report(start: Instant, all: usize, sent: &BTreeMap<Verified, Instant>, blocks: &[Block]) {
	let mut times: BTreeMap<Verified, u32> = BTreeMap::new();
	let mut waits = Vec::new();
	for block in blocks {
		for inference in &block.verified {
			*times.entry(*inference).or_default() += 1;
			waits.push(block.seen_final.duration_since(sent[inference]));
		}
	}
	assert!(times.keys().eq(sent.keys()), "each inference that was sent was verified");
	assert!(times.values().all(|&times| times == 1), "and once");
	waits.sort();
	let slots = blocks[blocks.len() - 1].slot - blocks[0].slot + 1;
	let missed = slots - blocks.len() as u64;

	let full: Vec<usize> =
		blocks.iter().map(|block| block.verified.len()).filter(|&count| count > 0).collect();
	let last = blocks.iter().rev().find(|block| !block.verified.is_empty()).expect("blocks");
	let wall = last.seen_final.duration_since(start);
	let per_block = all as f64 / full.len() as f64;
	println!("  accepted exactly once {all}, in {} blocks {full:?}", full.len());
	println!("  slots                 {slots}, of which missed {missed}");
	println!(
		"  inferences a block    {per_block:.0} on average, {} at most",
		full.iter().max().unwrap_or(&0)
	);
	println!("  inferences a second   {:.1} in these blocks", per_block / 6.0);
	println!(
		"                        {:.1} from the first sent to the last final ({:.0} s)",
		all as f64 / wall.as_secs_f64(),
		wall.as_secs_f64()
	);
	println!(
		"  sent to final         {:.1} s median, {:.1} s at most",
		waits[waits.len() / 2].as_secs_f64(),
		waits[waits.len() - 1].as_secs_f64()
	);
	// Last, so that the figures are there. A machine busy with other work may miss one.
	assert_eq!(missed, 0, "no slot was missed");
}
