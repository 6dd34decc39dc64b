//! Reading ONNX: the protobuf, checked, as a graph of nodes and constants.
//!
//! Only this folder knows `tract`: [`read`] takes its protobuf types, [`float`] its evaluator.

pub mod float;
mod read;
mod tensor;

pub use read::{Attribute, Input, Model, Node, OPSETS};
pub use tensor::{Data, Tensor};
pub use tract_onnx::pb as protobuf;
