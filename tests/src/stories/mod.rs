//! Stories of chains that act on models, told with `zkml` alone: `make demo STORY=…` tells them
//! aloud, and the tests in silence.

mod ballot;
mod credit;
mod game;
mod governance;

use crate::{examples, place::Place};
use std::{future::Future, pin::Pin};

/// A story: it panics if anything is not as it should be.
pub struct Story {
	/// By which it is asked for.
	pub name: &'static str,
	/// What it is about, in a line.
	pub about: &'static str,
	/// Tells it.
	pub tell: fn(Place) -> Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// All of them.
pub const ALL: [Story; 4] = [
	Story {
		name: "credit",
		about: "A loan, for a record that nobody on the chain has seen.",
		tell: |place| Box::pin(credit::tell(place)),
	},
	Story {
		name: "game",
		about: "Connect Four against a model that cannot cheat, and whose weights are a secret.",
		tell: |place| Box::pin(game::tell(place)),
	},
	Story {
		name: "governance",
		about: "A model that votes for those who trust it, and one that moves a fee within bounds.",
		tell: |place| Box::pin(governance::tell(place)),
	},
	Story {
		name: "ballot",
		about: "A ballot among those whom a model lets pass, and nobody learns who voted.",
		tell: |place| Box::pin(ballot::tell(place)),
	},
];

/// A story by its name.
pub fn find(name: &str) -> Option<&'static Story> {
	ALL.iter().find(|story| story.name == name)
}

/// A file of an example, as an argument.
fn example(example: &str, name: &str) -> String {
	examples::file(example, name).to_string_lossy().into_owned()
}
