//! What a node tells Prometheus.

use std::{
	io::{Read, Write},
	net::TcpStream,
	time::{Duration, Instant},
};
use zkml_circuits::{InputChoice, Options, OutputChoice};
use zkml_cli::chain::signer;
use zkml_primitives::Setup;
use zkml_tests::{
	examples::Ready,
	node::{free_port, Node},
};

const OPTIONS: Options = Options::new(InputChoice::Private, OutputChoice::Argmax);

/// The values of the project's metrics: inferences verified, models registered and deregistered, and
/// the inferences of the last block.
type Values = [u64; 4];

fn read(port: u16) -> Values {
	let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("an exporter");
	stream.write_all(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n").expect("a connection");
	let mut answer = String::new();
	stream.read_to_string(&mut answer).expect("an answer");
	[
		"zkml_inferences_verified_total",
		"zkml_models_registered_total",
		"zkml_models_deregistered_total",
		"zkml_block_inferences",
	]
	.map(|name| {
		let line = answer.lines().find(|line| line.starts_with(name));
		let value = line.and_then(|line| line.rsplit(' ').next()).expect(name);
		value.parse().expect("a number")
	})
}

/// Waits until the node has counted the block that a call was in.
async fn expect(port: u16, expected: Values) {
	let start = Instant::now();
	while read(port) != expected {
		let late = start.elapsed() > Duration::from_secs(30);
		assert!(!late, "expected {expected:?}, got {:?}", read(port));
		tokio::time::sleep(Duration::from_millis(50)).await;
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn inferences_and_models_are_counted() {
	let port = free_port();
	let mut node = Node::start(&["--dev", "--prometheus-port", &port.to_string()]);
	let digits = Ready::new("digits", OPTIONS);
	let heldout = digits.example.heldout();
	let (chain, _) = node.connect().await;
	expect(port, [0, 0, 0, 0]).await;

	let alice = signer("//Alice").unwrap();
	let (key, interface) = (&digits.verifying_key, &digits.circuit.interface);
	let metadata = digits.metadata();
	let registered = chain.register(&alice, key, interface, Setup::Development, &metadata);
	let model = registered.await.unwrap().registered.unwrap();
	expect(port, [0, 1, 0, 0]).await;

	for (image, verified) in heldout.iter().zip(1..=2) {
		let (context, _) = chain.context(model, alice.public_key().0).await.unwrap();
		let assignment = digits.assign(image, &context);
		let proof = digits.prove_hinted(&assignment);
		let signals = assignment.statement.signals().len() as u32;
		let submit = || chain.submit(&alice, signals, model, &assignment.inference, &proof);
		submit().await.unwrap();
		expect(port, [verified, 1, 0, 1]).await;
		// A replay is in a block, too, but verifies nothing.
		submit().await.unwrap_err();
		expect(port, [verified, 1, 0, 0]).await;
	}

	chain.deregister(&alice, model).await.unwrap();
	expect(port, [2, 1, 1, 0]).await;
	assert!(!node.log().contains("zkml metrics leave out"), "{}", node.log());
}
