//! The stories that `make demo STORY=…` tells, in silence.

use zkml_tests::{place::Place, stories};

async fn tell(name: &str) {
	let story = stories::find(name).expect("a story");
	(story.tell)(Place::empty().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loan_for_a_record_that_nobody_has_seen() {
	tell("credit").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_game_against_a_model_that_cannot_cheat() {
	tell("game").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_votes_and_one_that_moves_a_fee() {
	tell("governance").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ballot_of_members_that_nobody_knows() {
	tell("ballot").await;
}
