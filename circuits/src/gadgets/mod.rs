//! The pieces that circuits are made of, each with what it proves and why.

pub mod argmax;
mod compare;
pub mod lookup;
pub mod maximum;
pub mod poseidon;
pub mod relu;
pub mod requantize;
pub mod topk;

#[cfg(test)]
pub(crate) mod harness;
#[cfg(test)]
pub(crate) mod search;
