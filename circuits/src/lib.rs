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

mod classes;
mod compile;
mod error;
mod fusion;
pub mod gadgets;
mod graph;
mod lower;
pub mod onnx;
pub mod ops;
pub mod plan;
pub mod quantize;
pub mod r1cs;
pub mod samples;
mod signal;
mod value;

pub use classes::LayerClass;
pub use compile::{
	assign, compile, interface, Assignment, Circuit, InputChoice, Layer, Options, OutputChoice,
};
pub use error::{show_shape, ModelError};
pub use gadgets::argmax::argmax_value;
pub use graph::{Graph, GraphInput, GraphNode, GraphOutput};
pub use lower::{lower, Lowering};
pub use signal::{Bounds, Signal};
pub use value::{dyadic, Integers, Kind, Quantized, Real, Scaled, Unary, Unit, Value};

/// An element of the scalar field of BN254: what a wire holds.
pub type Element = ark_bn254::Fr;
