#![forbid(unsafe_code)]

//! Nothing by itself: what is measured, and how, stands in `benches/verify.rs`.
