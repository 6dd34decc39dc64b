//! What can be wrong with a model, and what would work instead.

use crate::membership::MembershipError;
use thiserror::Error;
use zkml_primitives::InterfaceError;

/// Why a model cannot be read, quantised or compiled.
#[derive(Debug, Error)]
pub enum ModelError {
	/// The bytes are not a protobuf of ONNX.
	#[error("not an ONNX file, or a truncated one: {0}")]
	NotOnnx(String),
	/// The protobuf decodes, but is no valid model.
	#[error("malformed ONNX model: {0}")]
	Malformed(String),
	/// An operator set that this version does not know.
	#[error("operator set {got} is not supported, only {min} to {max}: export the model again")]
	Opset {
		/// Version found.
		got: i64,
		/// Oldest supported.
		min: i64,
		/// Newest supported.
		max: i64,
	},
	/// An operator that this version does not know.
	#[error(
		"node {node}: operator {op} is not supported (inputs: {inputs}); supported are {supported}"
	)]
	Operator {
		/// Name of the node, or of its first output.
		node: String,
		/// Operator, with its domain where it has one.
		op: String,
		/// Shapes of the node's inputs.
		inputs: String,
		/// What would work.
		supported: String,
	},
	/// An operator used in a way that this version does not support.
	#[error("node {node} ({op}): {what}")]
	Node {
		/// Name of the node.
		node: String,
		/// Operator.
		op: String,
		/// What is wrong, and what would work.
		what: String,
	},
	/// A dimension has no value.
	#[error(
		"input {input} has the symbolic dimension {dimension} (shape {shape}): give --input-shape"
	)]
	Symbolic {
		/// Name of the input.
		input: String,
		/// Name of the dimension.
		dimension: String,
		/// The whole shape.
		shape: String,
	},
	/// A shape other than the model's.
	#[error("{what}: expected shape {expected}, got {got}")]
	Shape {
		/// What has the shape.
		what: String,
		/// The model's shape.
		expected: String,
		/// The shape found.
		got: String,
	},
	/// A weight is NaN or infinite.
	#[error("{tensor} holds {value} at position {index}: weights must be finite")]
	NotFinite {
		/// Name of the tensor.
		tensor: String,
		/// The value.
		value: f32,
		/// Its position.
		index: usize,
	},
	/// An integer could leave 31 bits, where other runtimes wrap around.
	#[error("node {node}: values could reach {bound}, beyond 2^31: use fewer weight bits or smaller scales")]
	Overflow {
		/// Name of the node.
		node: String,
		/// The bound.
		bound: i128,
	},
	/// An input value that the quantised model cannot represent.
	#[error(
		"input value {value} at position {index} is out of range: this model takes {lo} to {hi}"
	)]
	InputRange {
		/// The value.
		value: f64,
		/// Its position.
		index: usize,
		/// Smallest value.
		lo: f64,
		/// Largest value.
		hi: f64,
	},
	/// A record, or its schema, that is not as it must be.
	#[error("record: {0}")]
	Record(String),
	/// The circuit's public signals are too many or too wide for a chain.
	#[error("the circuit's interface cannot be registered: {}", interface_error(.0))]
	Interface(InterfaceError),
	/// A layer whose weights cannot be committed.
	#[error("node {node}: {what}")]
	Weights {
		/// Name of the node.
		node: String,
		/// What is wrong, and what would work.
		what: String,
	},
	/// Something cannot be committed.
	#[error("commitment: {0}")]
	Commitment(String),
	/// Somebody cannot be shown to be a member.
	#[error("membership: {0}")]
	Membership(MembershipError),
	/// A score that does not reach the threshold: there is no proof.
	#[error("the score is {score}, below the threshold {threshold}: there is nothing to prove")]
	BelowThreshold {
		/// The score.
		score: f64,
		/// The least that can be proven.
		threshold: f64,
	},
	/// An output that the model cannot give in this way.
	#[error("{0}")]
	Reveal(String),
	/// There is no template in Circom for part of a model.
	#[error("no program in Circom: {node}: {what}")]
	Circom {
		/// Name of the node.
		node: String,
		/// What there is no template for.
		what: String,
	},
	/// Samples cannot be used.
	#[error("samples: {0}")]
	Samples(String),
	/// The float model cannot be evaluated.
	#[error("the float model cannot be evaluated: {0}")]
	Evaluation(String),
}

fn interface_error(error: &InterfaceError) -> &'static str {
	match error {
		InterfaceError::Malformed => "a width, count or threshold makes no sense",
		InterfaceError::TooLarge => {
			"it has more values or signals than a chain accepts; keep the input private, or show \
			 fewer outputs"
		},
	}
}

/// Renders a shape: `1×8×8`.
pub fn show_shape(shape: &[usize]) -> String {
	if shape.is_empty() {
		return "scalar".into();
	}
	shape.iter().map(ToString::to_string).collect::<Vec<_>>().join("×")
}
