//! Two validators that finalise.

use std::time::{Duration, Instant};
use zkml_tests::node::{free_port, Node};

/// The peer id that belongs to the node key `00…01`.
const NODE_KEY: &str = "0000000000000000000000000000000000000000000000000000000000000001";
const PEER: &str = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";

#[tokio::test(flavor = "multi_thread")]
async fn two_validators_finalise() {
	let (port, other_port) = (free_port().to_string(), free_port().to_string());
	let bootnode = format!("/ip4/127.0.0.1/tcp/{port}/p2p/{PEER}");
	let listen = format!("/ip4/127.0.0.1/tcp/{port}");
	let other_listen = format!("/ip4/127.0.0.1/tcp/{other_port}");
	let mut alice = Node::start(&[
		"--chain",
		"local",
		"--alice",
		"--node-key",
		NODE_KEY,
		"--listen-addr",
		&listen,
		"--no-mdns",
	]);
	let mut bob = Node::start(&[
		"--chain",
		"local",
		"--bob",
		"--unsafe-force-node-key-generation",
		"--listen-addr",
		&other_listen,
		"--bootnodes",
		&bootnode,
		"--no-mdns",
	]);
	let ((alice_chain, _), (bob_chain, _)) = (alice.connect().await, bob.connect().await);
	assert_eq!(alice_chain.genesis(), bob_chain.genesis());
	let start = Instant::now();
	loop {
		let heights = (alice_chain.height().await.unwrap(), bob_chain.height().await.unwrap());
		if heights.0.min(heights.1) >= 3 {
			break;
		}
		assert!(
			start.elapsed() < Duration::from_secs(120),
			"finalised {heights:?}\n{}\n{}",
			alice.log(),
			bob.log()
		);
		tokio::time::sleep(Duration::from_millis(500)).await;
	}
}
