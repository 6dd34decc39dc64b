//! The pieces that circuits are made of, each with what it proves and why.

pub mod argmax;
pub mod relu;
pub mod requantize;

#[cfg(test)]
pub(crate) mod harness;
