//! What the scenarios share: programs, nodes, the digits example.

pub mod digits;
pub mod node;
pub mod programs;
