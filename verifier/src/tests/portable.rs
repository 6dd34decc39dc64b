//! The tests of all that is generic, with this engine.

// Both have the same files.
#![allow(clippy::duplicate_mod)]

#[path = "batch.rs"]
mod batch;
#[path = "hints.rs"]
mod hints;
#[path = "key.rs"]
mod key;
#[path = "mutations.rs"]
mod mutations;
#[path = "verify.rs"]
mod verify;

type PreparedKey = crate::generic::PreparedKey<crate::Portable>;
type Claim<'a> = crate::generic::Claim<'a, crate::Portable>;

fn verify_batch(claims: &[Claim<'_>]) -> Result<(), crate::BatchError> {
	crate::generic::verify_batch(claims)
}
