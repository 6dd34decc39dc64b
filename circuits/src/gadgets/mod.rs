//! The pieces that circuits are made of, each with what it proves and why.

pub mod argmax;
pub(crate) mod compare;
pub mod division;
pub mod lookup;
pub mod maximum;
pub mod membership;
pub mod merkle;
pub mod poseidon;
pub mod relu;
pub mod requantize;
pub mod square_root;
pub mod thermometer;
pub mod topk;

#[cfg(test)]
pub(crate) mod harness;
#[cfg(test)]
pub(crate) mod search;
