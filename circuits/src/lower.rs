//! From a quantised ONNX model to the integer graph.

use crate::{
	error::{show_shape, ModelError},
	graph::{Graph, GraphInput, GraphNode, GraphOutput},
	onnx::{Input, Model, Node, Tensor},
	ops::{self, Operator},
	signal::Bounds,
};
use std::collections::HashMap;

/// An activation: integers and, per element, the exponent of what a unit is worth.
#[derive(Clone, Debug)]
pub struct Real {
	/// Tensor of the integer graph.
	pub tensor: usize,
	/// Its shape here.
	pub shape: Vec<usize>,
	/// `real value = integer · 2^exponent`.
	pub exponents: Vec<i32>,
}

impl Real {
	/// The same shape and exponents for other integers.
	#[must_use]
	pub fn with_tensor(self, tensor: usize) -> Self {
		Self { tensor, ..self }
	}

	/// The exponent that all elements share.
	pub fn uniform_exponent(&self, node: &Node) -> Result<i32, ModelError> {
		match self.exponents.split_first() {
			Some((&first, rest)) if rest.iter().all(|&exponent| exponent == first) => Ok(first),
			_ => Err(node.error("its input's scales differ by channel: quantise it before this")),
		}
	}
}

/// A dequantised constant.
#[derive(Clone, Debug)]
pub struct Integers {
	/// Dimensions.
	pub shape: Vec<usize>,
	/// Integers, row-major, the zero point subtracted.
	pub values: Vec<i64>,
	/// `real value = integer · 2^exponent`.
	pub exponents: Vec<i32>,
}

/// What a name of the ONNX graph stands for.
#[derive(Clone, Debug)]
pub enum Value {
	/// The model's input, not yet quantised.
	Input {
		/// Its shape here.
		shape: Vec<usize>,
	},
	/// A constant as the file has it.
	Constant(Tensor),
	/// A dequantised constant.
	Integers(Integers),
	/// A quantised activation.
	Quantized(Real),
	/// An activation in real units.
	Real(Real),
}

impl Value {
	/// The shape.
	pub fn shape(&self) -> &[usize] {
		match self {
			Self::Input { shape } => shape,
			Self::Constant(tensor) => &tensor.shape,
			Self::Integers(integers) => &integers.shape,
			Self::Quantized(real) | Self::Real(real) => &real.shape,
		}
	}

	/// The same elements in another shape.
	#[must_use]
	pub fn with_shape(self, shape: Vec<usize>) -> Self {
		match self {
			Self::Input { .. } => Self::Input { shape },
			Self::Constant(tensor) => Self::Constant(Tensor { shape, ..tensor }),
			Self::Integers(integers) => Self::Integers(Integers { shape, ..integers }),
			Self::Quantized(real) => Self::Quantized(Real { shape, ..real }),
			Self::Real(real) => Self::Real(Real { shape, ..real }),
		}
	}
}

/// A lowering under way.
#[derive(Debug)]
pub struct Lowering<'a> {
	/// The model.
	pub model: &'a Model,
	values: HashMap<String, Value>,
	nodes: Vec<GraphNode>,
	/// Bounds of every tensor; the first is the input.
	bounds: Vec<Vec<Bounds>>,
	input: Option<GraphInput>,
}

impl Lowering<'_> {
	/// The value of a node's input.
	pub fn value(&self, node: &Node, index: usize) -> Result<Value, ModelError> {
		let name = node.input(index)?;
		match self.values.get(name) {
			Some(value) => Ok(value.clone()),
			None => self.constant(node, index).map(|tensor| Value::Constant(tensor.clone())),
		}
	}

	/// A node's input that must be a constant of the file.
	pub fn constant(&self, node: &Node, index: usize) -> Result<&Tensor, ModelError> {
		let name = node.input(index)?;
		self.model
			.constants
			.get(name)
			.ok_or_else(|| node.error(format!("its input {name} must be a constant")))
	}

	/// A node's input that must be a dequantised constant.
	pub fn integers(&self, node: &Node, index: usize) -> Result<&Integers, ModelError> {
		let name = node.input(index)?;
		match self.values.get(name) {
			Some(Value::Integers(integers)) => Ok(integers),
			_ => Err(node.error(format!(
				"its input {name} is not a quantised constant: run `zkml quantize` first"
			))),
		}
	}

	/// A node's input that must be an activation in real units.
	pub fn real(&self, node: &Node, index: usize) -> Result<Real, ModelError> {
		let name = node.input(index)?;
		match self.values.get(name) {
			Some(Value::Real(real)) => Ok(real.clone()),
			_ => Err(node.error(format!(
				"its input {name} is not a quantised activation: run `zkml quantize` first"
			))),
		}
	}

	/// The operator that makes a tensor, if it is of this kind, and its first input.
	pub fn producer<T: Operator + 'static>(&self, tensor: usize) -> Option<(&T, usize)> {
		let node = &self.nodes[tensor.checked_sub(1)?];
		Some((node.op.as_any().downcast_ref()?, *node.inputs.first()?))
	}

	/// The bounds of a tensor's elements.
	pub fn bounds_of(&self, tensor: usize) -> &[Bounds] {
		&self.bounds[tensor]
	}

	/// Declares the model's input.
	pub fn set_input(
		&mut self,
		node: &Node,
		bounds: Bounds,
		exponent: i32,
	) -> Result<(), ModelError> {
		let Input { name, shape } = self.model.input.clone();
		self.bounds[0] = vec![bounds; shape.iter().product()];
		match self.input.replace(GraphInput { name, shape, bounds, exponent }) {
			None => Ok(()),
			Some(_) => Err(node.error("the input is quantised twice")),
		}
	}

	/// Appends an integer operator and returns the tensor that it makes.
	pub fn push(
		&mut self,
		node: &Node,
		op: Box<dyn Operator>,
		inputs: &[usize],
		shape: &[usize],
	) -> Result<usize, ModelError> {
		let sources: Vec<&[Bounds]> =
			inputs.iter().map(|&tensor| self.bounds[tensor].as_slice()).collect();
		let bounds = op.bounds(&sources);
		check_bounds(&node.name, &bounds)?;
		self.bounds.push(bounds);
		let name = node.name.clone();
		let (inputs, shape) = (inputs.to_vec(), shape.to_vec());
		self.nodes.push(GraphNode { name, op, inputs, shape });
		Ok(self.nodes.len())
	}
}

/// Refuses bounds that leave 32-bit integers, where other runtimes wrap around.
fn check_bounds(node: &str, bounds: &[Bounds]) -> Result<(), ModelError> {
	let limit = 1i64 << 31;
	let largest = |b: &Bounds| i128::from(b.lo).abs().max(i128::from(b.hi).abs());
	match bounds.iter().map(largest).find(|&bound| bound >= limit.into()) {
		Some(bound) => Err(ModelError::Overflow { node: node.into(), bound }),
		None => Ok(()),
	}
}

/// Lowers a quantised model to the integer graph.
///
/// # Errors
/// [`ModelError`] at the first node that this version cannot prove, with what would work instead.
pub fn lower(model: &Model) -> Result<Graph, ModelError> {
	let mut lowering = Lowering {
		model,
		values: HashMap::new(),
		nodes: Vec::new(),
		bounds: vec![Vec::new()],
		input: None,
	};
	let shape = model.input.shape.clone();
	lowering.values.insert(model.input.name.clone(), Value::Input { shape });
	for node in &model.nodes {
		let Some(lower) = ops::lowering(&node.op) else {
			return Err(ModelError::Operator {
				node: node.name.clone(),
				op: node.op.clone(),
				inputs: lowering.shapes(node),
				supported: ops::supported(),
			});
		};
		let value = lower(&mut lowering, node)?;
		lowering.values.insert(node.output()?.into(), value);
	}
	let output = match lowering.values.remove(&model.output) {
		Some(Value::Real(real) | Value::Quantized(real)) if real.tensor > 0 => real,
		_ => {
			return Err(ModelError::Malformed(format!(
				"output {} is not the result of quantised layers: run `zkml quantize` first",
				model.output
			)))
		},
	};
	let input = lowering.input.take().expect("an activation comes from the quantised input");
	let exponent = output.exponents.iter().copied().min().unwrap_or_default();
	let shifts: Vec<u32> = output.exponents.iter().map(|e| (e - exponent) as u32).collect();
	if let Some(shift) = shifts.iter().find(|&&shift| shift > 31) {
		let node = model.output.clone();
		return Err(ModelError::Overflow { node, bound: 1i128 << (*shift).min(126) });
	}
	let aligned: Vec<Bounds> = (lowering.bounds[output.tensor].iter().zip(&shifts))
		.map(|(bounds, &shift)| bounds.times(1 << shift))
		.collect();
	check_bounds(&model.output, &aligned)?;
	let output = GraphOutput {
		name: model.output.clone(),
		tensor: output.tensor,
		shape: output.shape,
		exponent,
		shifts,
		bounds: aligned,
	};
	Ok(Graph { input, nodes: lowering.nodes, output, bounds: lowering.bounds }.without_dead_nodes())
}

impl Lowering<'_> {
	/// The shapes of a node's inputs, for messages.
	fn shapes(&self, node: &Node) -> String {
		let shape = |index| self.value(node, index).map(|value| show_shape(value.shape()));
		let shapes: Vec<String> =
			(0..node.inputs.len()).map(|index| shape(index).unwrap_or("?".into())).collect();
		if shapes.is_empty() {
			"none".into()
		} else {
			shapes.join(", ")
		}
	}
}
