//! What the scenarios share: programs, nodes, the digits example, made-up models.

pub mod examples;
pub mod models;
pub mod node;
pub mod programs;
