//! From an ONNX model to the float network.

use super::{
	constants, layers,
	net::{Layer, Move, Net, Op, TensorId, TensorInfo},
	parse,
	shape::shapes,
};
use crate::{
	error::{show_shape, ModelError},
	onnx::{Data, Model, Node, Tensor},
};
use std::collections::{HashMap, HashSet};

/// Operators of float models that are quantised.
pub(super) const SUPPORTED: &str =
	"Abs, Add, ArgMax, AveragePool, BatchNormalization, Cast, Clip, Concat, Constant, Conv, \
	 Div, Dropout, Erf, Exp, Flatten, GRU, Gather, Gelu, Gemm, GlobalAveragePool, GlobalMaxPool, \
	 HardSigmoid, HardSwish, Identity, LSTM, LayerNormalization, LeakyRelu, MatMul, Max, MaxPool, \
	 Min, Mul, Neg, PRelu, Pad, Reciprocal, ReduceMax, ReduceMean, ReduceSum, Relu, Reshape, \
	 Shape, Sigmoid, Slice, Softmax, Softplus, Split, Sqrt, Squeeze, Sub, Sum, Tanh, TopK, \
	 Transpose, Unsqueeze";

/// Most elements of one tensor.
const MAX_ELEMENTS: usize = 1 << 24;

/// Names of the model's outputs.
fn output_names(model: &Model) -> Vec<String> {
	model.outputs.clone()
}

/// A network under construction.
pub(super) struct Reader<'a> {
	pub(super) model: &'a Model,
	net: Net,
	names: HashMap<String, TensorId>,
	constants: HashMap<String, Tensor>,
	/// Constants computed from shapes, which hold the batch size.
	from_shapes: HashSet<String>,
}

/// A network, and which tensor each name of the ONNX file stands for.
pub(super) struct Read {
	pub(super) net: Net,
	pub(super) names: HashMap<String, TensorId>,
}

/// Reads a float model; with `strip_softmax`, without a last `Softmax`.
pub(super) fn read(model: &Model, strip_softmax: bool) -> Result<Read, ModelError> {
	let input = TensorInfo {
		name: model.input.name.clone(),
		shape: model.input.shape.clone(),
		factor: 1.0,
	};
	let net = Net { tensors: vec![input], layers: Vec::new(), input: 0, outputs: Vec::new() };
	let mut reader = Reader {
		model,
		net,
		names: HashMap::from([(model.input.name.clone(), 0)]),
		constants: HashMap::new(),
		from_shapes: HashSet::new(),
	};
	let outputs = output_names(model);
	let tail = tail(model, &outputs);
	for node in &model.nodes {
		let ends = node.outputs.first().is_some_and(|name| tail.contains(name.as_str()));
		if ends && matches!(node.op.as_str(), "Softmax" | "LogSoftmax") {
			reader.softmax(node, &tail, strip_softmax)?;
			continue;
		}
		if !reader.fold(node)? {
			reader.layer(node)?;
		}
	}
	for name in outputs {
		let Some(&tensor) = reader.names.get(&name) else {
			return Err(ModelError::Malformed(format!(
				"output {name} does not depend on the input"
			)));
		};
		if tensor == reader.net.input || reader.net.is_output(tensor) {
			return Err(ModelError::Malformed(format!(
				"output {name} is the input, or another output"
			)));
		}
		reader.net.outputs.push((name, tensor));
	}
	reader.net.drop_dead_layers();
	if !reader.net.layers.iter().any(|layer| layer.op.is_linear()) {
		return Err(ModelError::Malformed("there is no layer with weights".into()));
	}
	Ok(Read { net: reader.net, names: reader.names })
}

/// Tensors from which an output comes without a change to the order of its elements' values.
fn tail<'a>(model: &'a Model, outputs: &'a [String]) -> HashSet<&'a str> {
	let mut tail: HashSet<&str> = outputs.iter().map(String::as_str).collect();
	for node in model.nodes.iter().rev() {
		let keeps = ["Identity", "Cast", "Dropout", "Flatten", "Reshape", "Squeeze", "ArgMax"];
		let leads = node.outputs.first().is_some_and(|name| tail.contains(name.as_str()));
		if let (true, true, Some(input)) =
			(keeps.contains(&node.op.as_str()), leads, node.inputs.first())
		{
			tail.insert(input);
		}
	}
	tail
}

impl Reader<'_> {
	/// A constant that a node takes.
	pub(super) fn constant(&self, node: &Node, index: usize) -> Option<&Tensor> {
		let name = node.optional_input(index)?;
		self.constants.get(name).or_else(|| self.model.constants.get(name))
	}

	/// A constant of floats that a node needs, all of them finite.
	pub(super) fn floats(
		&self,
		node: &Node,
		index: usize,
	) -> Result<(&Tensor, &[f32]), ModelError> {
		let name = node.input(index)?;
		let tensor = self
			.constant(node, index)
			.ok_or_else(|| node.error(format!("its input {name} must be a constant")))?;
		let values = tensor
			.floats()
			.ok_or_else(|| node.error(format!("its input {name} is not of type float")))?;
		check_finite(name, values)?;
		Ok((tensor, values))
	}

	/// The activation that a node takes.
	pub(super) fn activation(&self, node: &Node, index: usize) -> Result<TensorId, ModelError> {
		let name = node.input(index)?;
		self.names.get(name).copied().ok_or_else(|| {
			node.error(format!(
				"its input {name} is a constant; it must depend on the model's input"
			))
		})
	}

	/// Whether an input of a node is a constant.
	pub(super) fn is_constant(&self, node: &Node, index: usize) -> bool {
		self.constant(node, index).is_some()
	}

	/// The layer that makes an activation; `None` for the model's input.
	pub(super) fn producer(&self, tensor: TensorId) -> Option<&Layer> {
		self.net.producer(tensor).map(|index| &self.net.layers[index])
	}

	/// The shape of an activation.
	pub(super) fn shape(&self, tensor: TensorId) -> &[usize] {
		self.net.shape(tensor)
	}

	/// An error that names the operators that are supported.
	pub(super) fn unsupported(&self, node: &Node) -> ModelError {
		let shape = |name: &String| match (self.names.get(name), self.constants.get(name)) {
			(Some(&tensor), _) => show_shape(self.net.shape(tensor)),
			(None, Some(tensor)) => show_shape(&tensor.shape),
			(None, None) => match self.model.constants.get(name) {
				Some(tensor) => show_shape(&tensor.shape),
				None => "?".into(),
			},
		};
		let shown: Vec<String> = node.inputs.iter().map(shape).collect();
		if node.op.starts_with("ai.onnx.ml.") && self.model.record.is_none() {
			return node.error(
				"trees, linear models and preprocessing of ai.onnx.ml take a record: give its schema \
				 with `zkml quantize --record FILE`",
			);
		}
		ModelError::Operator {
			node: node.name.clone(),
			op: node.op.clone(),
			inputs: if shown.is_empty() { "none".into() } else { shown.join(", ") },
			supported: SUPPORTED.into(),
		}
	}

	/// Lets a node's first output be another name of a tensor.
	pub(super) fn alias(&mut self, node: &Node, tensor: TensorId) {
		self.names.insert(node.outputs[0].clone(), tensor);
	}

	/// Gives a tensor the name of a node's output.
	pub(super) fn name(&mut self, name: &str, tensor: TensorId) {
		self.net.tensors[tensor].name = name.into();
		self.names.insert(name.into(), tensor);
	}

	/// Appends a layer whose results are the node's outputs.
	pub(super) fn push(
		&mut self,
		node: &Node,
		op: Op,
		inputs: Vec<TensorId>,
	) -> Result<(), ModelError> {
		let outputs = self.push_unnamed(node, &node.name, op, inputs)?;
		for (name, &tensor) in node.outputs.iter().zip(&outputs) {
			if !name.is_empty() {
				self.net.tensors[tensor].name.clone_from(name);
				self.names.insert(name.clone(), tensor);
			}
		}
		Ok(())
	}

	/// Appends a layer whose results have names made up.
	pub(super) fn push_unnamed(
		&mut self,
		node: &Node,
		name: &str,
		op: Op,
		inputs: Vec<TensorId>,
	) -> Result<Vec<TensorId>, ModelError> {
		let from: Vec<&[usize]> = inputs.iter().map(|&tensor| self.net.shape(tensor)).collect();
		let shapes = shapes(&op, &from).map_err(|what| node.error(what))?;
		if let Some(shape) = shapes.iter().find(|shape| {
			let count = shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size));
			count.is_none_or(|count| count > MAX_ELEMENTS || count == 0)
		}) {
			return Err(node.error(format!("a result of shape {}", show_shape(shape))));
		}
		let outputs: Vec<TensorId> = shapes
			.into_iter()
			.enumerate()
			.map(|(index, shape)| self.net.add_tensor(format!("{name}.{index}"), shape))
			.collect();
		let name = self.unique(name);
		self.net.layers.push(Layer { name, op, inputs, outputs: outputs.clone() });
		Ok(outputs)
	}

	/// A layer's name that no other has.
	fn unique(&self, name: &str) -> String {
		let taken = |name: &str| self.net.layers.iter().any(|layer| layer.name == name);
		let mut unique = name.to_string();
		let mut count = 2;
		while taken(&unique) {
			unique = format!("{name}.{count}");
			count += 1;
		}
		unique
	}

	/// Folds a node whose inputs are all known; false if it is not one.
	fn fold(&mut self, node: &Node) -> Result<bool, ModelError> {
		if node.op == "Shape" && !self.is_constant(node, 0) {
			let shape = self.net.shape(self.activation(node, 0)?).to_vec();
			let tensor = constants::shape_of(node, &shape)?;
			self.from_shapes.insert(node.outputs[0].clone());
			self.constants.insert(node.outputs[0].clone(), tensor);
			return Ok(true);
		}
		let known = (0..node.inputs.len())
			.all(|index| node.inputs[index].is_empty() || self.is_constant(node, index));
		if !known || node.inputs.is_empty() {
			return Ok(false);
		}
		let inputs: Vec<Option<&Tensor>> =
			(0..node.inputs.len()).map(|index| self.constant(node, index)).collect();
		let Some(results) = constants::fold(node, &inputs, self.model.opset)? else {
			return Err(self.unsupported(node));
		};
		let from_shapes = node.inputs.iter().any(|name| self.from_shapes.contains(name));
		for (name, tensor) in node.outputs.iter().zip(results) {
			if from_shapes {
				self.from_shapes.insert(name.clone());
			}
			self.constants.insert(name.clone(), tensor);
		}
		Ok(true)
	}

	fn softmax(
		&mut self,
		node: &Node,
		tail: &HashSet<&str>,
		strip: bool,
	) -> Result<(), ModelError> {
		let name = node.output()?;
		let mut takers =
			self.model.nodes.iter().filter(|other| other.inputs.iter().any(|input| input == name));
		let is_last = tail.contains(name)
			&& takers
				.all(|taker| taker.outputs.iter().any(|output| tail.contains(output.as_str())));
		if !is_last {
			return Err(self.unsupported(node));
		}
		if !strip {
			return Err(node.error(
				"it has no exact integer form; as the last operator it can be removed \
				 (strip_softmax), which does not change the label",
			));
		}
		let tensor = self.activation(node, 0)?;
		self.alias(node, tensor);
		Ok(())
	}

	fn layer(&mut self, node: &Node) -> Result<(), ModelError> {
		if matches!(node.op.as_str(), "QuantizeLinear" | "DequantizeLinear") {
			return Err(node.error(
				"the model is quantised already: run `zkml compile`, or `zkml quantize --snap` to move \
				 its scales to powers of two",
			));
		}
		if layers::read(self, node)? {
			return Ok(());
		}
		if !self.names.contains_key(node.optional_input(0).unwrap_or_default()) {
			return Err(self.unsupported(node));
		}
		let input = self.activation(node, 0)?;
		let shape = self.net.shape(input).to_vec();
		let constant = |index: usize| self.constant(node, index);
		match parse::simple_move(node, &shape, self.model.opset, constant)? {
			Some(mut op) => {
				if let Move::Reshape(target) = &mut op {
					self.free_batch(node, target, &shape);
				}
				self.push(node, Op::Move(op), vec![input])
			},
			None => Err(self.unsupported(node)),
		}
	}

	/// Lets a reshape whose target came from a shape keep the batch size open.
	fn free_batch(&self, node: &Node, target: &mut [i64], shape: &[usize]) {
		let computed = node.inputs.get(1).is_some_and(|name| self.from_shapes.contains(name));
		if let (true, Some(first), Some(&batch)) = (computed, target.first_mut(), shape.first()) {
			if *first == batch as i64 {
				*first = 0;
			}
		}
	}
}

/// Refuses NaN and infinities.
pub(super) fn check_finite(name: &str, values: &[f32]) -> Result<(), ModelError> {
	match values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
		Some((index, &value)) => Err(ModelError::NotFinite { tensor: name.into(), value, index }),
		None => Ok(()),
	}
}

/// A constant of one element, as a float.
pub(super) fn single(tensor: &Tensor) -> Option<f32> {
	match &tensor.data {
		Data::F32(values) if values.len() == 1 => Some(values[0]),
		_ => None,
	}
}
