#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

//! What crosses the boundary between a prover and a chain.
//!
//! A prover shows that a *model*, on an *input*, gave an *output*. This crate holds the types
//! in which the two sides speak of that, and the rules that turn them into the public signals
//! of a Groth16 proof:
//!
//! - [`Interface`]: which public signals a circuit has, and what they mean;
//! - [`Inference`]: the values that a submission claims;
//! - [`Context`]: the field element that ties a proof to one chain, account and moment;
//! - [`Statement`]: the public signals, in order, made from the three above;
//! - [`VerifyingKey`], [`Proof`] and [`Hint`]: fixed-size bytes, decoded by `zkml-verifier`;
//! - [`Commitment`] and [`Attestation`]: what stands for hidden values, and who vouches for it;
//! - [`Membership`]: what stands for somebody in a tree of people.
//!
//! Nothing here computes in a field: a public signal is 32 bytes, little-endian, and below the
//! order of BN254's scalar field by construction.

extern crate alloc;

mod attestation;
mod commitment;
mod context;
mod inference;
mod interface;
mod key;
mod membership;
mod model;
mod packing;
mod statement;

pub use attestation::Attestation;
pub use commitment::{Commitment, SchemaId};
pub use context::{context_for, context_preimage, submission_payload, Context, SUBMIT_INFERENCE};
pub use inference::{
	ClaimedInput, Inference, Mask, MaxInputs, MaxMask, MaxOutputs, Output, Values, MAX_INPUTS,
	MAX_OUTPUTS,
};
pub use interface::{
	InputVisibility, Interface, InterfaceError, OutputKind, SignalCounts, Tensor,
	WeightsVisibility, MAX_SIGNALS,
};
pub use key::{Hint, HintedProof, MaxIc, Proof, VerifyingKey, G1, G2, HINT_LEN, PROOF_LEN};
pub use membership::{Membership, MAX_DEPTH, MEMBERSHIP_SIGNALS};
pub use model::{Metadata, ModelId, Scheme, Semantics, Setup, Submission, Terms, SEMANTICS_V1};
pub use packing::{Packing, PackingError, Scale, WORD_BITS};
pub use statement::{Signal, Statement, StatementError};
