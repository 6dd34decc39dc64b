#![forbid(unsafe_code)]

//! What proving takes, beside others: the parts of `benches/prove.rs`.
//!
//! - [`cases`]: the circuits and their witnesses; [`cache`]: their keys, kept between runs;
//! - [`process`]: seconds and peak memory of a whole process;
//! - [`child`]: what proves in a process of its own, with our prover or with [`arkworks`];
//! - [`provers`]: who is compared, and how each is run;
//! - [`rounds`]: measuring, in turn, and verifying every proof;
//! - [`ezkl`]: from the same ONNX file to a verified proof, by `zkml` and by EZKL;
//! - [`tables`] and [`charts`]: what was measured.

pub mod arkworks;
pub mod cache;
pub mod cases;
pub mod charts;
pub mod child;
mod error;
pub mod ezkl;
pub mod process;
pub mod provers;
pub mod rounds;
pub mod tables;

pub use error::BenchError;
