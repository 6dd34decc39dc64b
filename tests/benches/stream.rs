//! A stream of 1,000 inferences from 50 accounts, on two validators with real slots of 6 s. Run with
//! `make bench`, or `cargo bench --bench stream`.
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
const EACH: u64 = 20;
const ALL: usize = ACCOUNTS * EACH as usize;

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

	let start = Instant::now();
	let transactions = prove(&client, &digits, (&chain.genesis(), model), &accounts).await;
	let proving = start.elapsed();
	println!("\ndigits 64-32-10, private input, logits; two validators, Aura, slots of 6 s");
	println!("  proved and signed     {ALL} in {:.1} s, ahead of time", proving.as_secs_f64());

	let (began_at, _) = client.finalized().await;
	let mut sent = BTreeMap::new();
	let start = Instant::now();
	for (inference, transaction) in &transactions {
		client.send(transaction).await.expect("a place in the pool");
		sent.insert(*inference, Instant::now());
	}
	let sending = start.elapsed();
	println!("  given to one node     in {:.1} s, without waiting", sending.as_secs_f64());

	let blocks = watch(&client, began_at).await;
	report(start, &sent, &blocks);
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
) -> Vec<(Verified, String)> {
	let heldout = digits.example.heldout();
	let images: Vec<&[f32]> = heldout.iter().collect();
	let mut transactions = Vec::new();
	for (index, signer) in accounts.iter().enumerate() {
		let account = signer.public_key().0;
		let calls: Vec<_> = (0..EACH)
			.map(|nonce| {
				let image = images[(index * EACH as usize + nonce as usize) % images.len()];
				prove_ahead(digits, (genesis, model), &account, nonce, image)
			})
			.collect();
		let signed = client.sign(signer, 0, &calls).await;
		let inferences = (0..EACH).map(|nonce| (model, account, nonce));
		transactions.extend(inferences.zip(signed));
	}
	// Stable: accounts stay in order.
	transactions.sort_by_key(|((_, _, nonce), _)| *nonce);
	transactions
}

/// A block that became final while the stream ran.
struct Block {
	slot: u64,
	verified: Vec<Verified>,
	seen_final: Instant,
}

/// Follows finality until every inference is final.
async fn watch(client: &Client, began_at: u64) -> Vec<Block> {
	let start = Instant::now();
	let (mut blocks, mut read, mut verified) = (Vec::new(), began_at, 0);
	while verified < ALL {
		assert!(start.elapsed() < DEADLINE, "{verified} of {ALL} are final");
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
fn report(start: Instant, sent: &BTreeMap<Verified, Instant>, blocks: &[Block]) {
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
	let per_block = ALL as f64 / full.len() as f64;
	println!("  accepted exactly once {ALL}, in {} blocks {full:?}", full.len());
	println!("  slots                 {slots}, of which missed {missed}");
	println!(
		"  inferences a block    {per_block:.0} on average, {} at most",
		full.iter().max().unwrap_or(&0)
	);
	println!("  inferences a second   {:.1} in these blocks", per_block / 6.0);
	println!(
		"                        {:.1} from the first sent to the last final ({:.0} s)",
		ALL as f64 / wall.as_secs_f64(),
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
