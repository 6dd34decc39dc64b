//! Stories of proofs, against a live development chain.

mod attestation;
mod ballot;
mod batches;
mod circom;
mod command_line;
mod credit;
mod governance;
mod hidden;
mod lifecycle;
mod play;
mod proofs;
mod scene;
mod terms;
