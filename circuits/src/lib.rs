#![forbid(unsafe_code)]

//! From an ONNX model to an exact integer graph, and from that to a rank-1 constraint system.
//!
//! The steps, each a function:
//!
//! 1. [`onnx::Model::read`]: the protobuf, checked;
//! 2. [`quantize::quantize`]: a float model into a quantised one, calibrated on samples;
//! 3. [`lower`]: a quantised model into the integer [`Graph`], which *is* its meaning;
//! 4. [`compile`]: the graph into constraints and an interface;
//! 5. [`assign`]: an input into a witness and a statement.

pub mod circom;
mod classes;
mod columns;
mod commitment;
mod compile;
mod curve;
mod error;
mod fusion;
pub mod gadgets;
mod graph;
mod hide;
mod interface;
mod layers;
mod lower;
pub mod membership;
pub mod onnx;
pub mod ops;
mod options;
pub mod plan;
pub mod poseidon;
pub mod quantize;
pub mod r1cs;
mod record;
pub mod samples;
pub mod sections;
mod signal;
pub mod trees;
mod value;

pub use classes::LayerClass;
pub use columns::{Column, Columns, Pieces};
pub use commitment::{commit, schema_id, CommitmentKind, Salt, Section};
pub use compile::{assign, assign_with, compile, Assignment, Circuit};
pub use curve::Curve;
pub use error::{show_shape, ModelError};
pub use gadgets::argmax::argmax_value;
pub use graph::{Graph, GraphInput, GraphNode, GraphOutput};
pub use hide::{without_weights, BIAS_BITS, WEIGHT_BITS};
pub use interface::{interface, InputSchema};
pub use layers::Layer;
pub use lower::{lower, lower_committed, Lowering};
pub use membership::{Identity, Member, MembershipError};
pub use options::{Extras, InputChoice, Options, OutputChoice, WeightsChoice};
pub use record::{Field, FieldKind, Record};
pub use signal::{Bounds, Signal};
pub use value::{dyadic, Integers, Kind, Quantized, Real, Scaled, Unary, Unit, Value};

/// An element of the scalar field of BN254: what a wire holds.
pub type Element = ark_bn254::Fr;
