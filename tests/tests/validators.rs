//! Two validators that finalise.

use std::time::{Duration, Instant};
use zkml_tests::node::Node;

#[tokio::test(flavor = "multi_thread")]
async fn two_validators_finalise() {
	let (mut alice, mut bob) = Node::validators();
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
