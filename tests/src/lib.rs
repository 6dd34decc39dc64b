//! What the scenarios share: programs, nodes, the digits example, made-up models.

pub mod digits;
pub mod models;
pub mod node;
pub mod programs;
