//! The parts of the command line that other programs can use: its files, and its chain client.

pub mod board;
pub mod chain;
pub mod chart;
pub mod commands;
pub mod error;
pub mod files;
mod imported;
pub mod interrupt;
pub mod opening;
pub mod ui;
