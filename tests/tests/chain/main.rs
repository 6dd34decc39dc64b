//! Stories of proofs, against a live development chain.

mod attestation;
mod batches;
mod circom;
mod command_line;
mod hidden;
mod lifecycle;
mod proofs;
mod scene;
mod terms;
