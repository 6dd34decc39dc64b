//! A float model as a chain of dense layers.

use crate::{
	error::{show_shape, ModelError},
	onnx::{Model, Node, Tensor},
	ops::{reshaped, GemmAttributes},
};

/// `Gemm`, or `MatMul` and `Add`, and the `Relu` after it.
#[derive(Clone, Debug)]
pub(super) struct Dense {
	/// Name of the node.
	pub(super) name: String,
	/// Tensor that holds the result, after the ReLU.
	pub(super) output: String,
	/// Weights, one row per output.
	weights: Vec<f32>,
	inputs: usize,
	/// One value per output.
	pub(super) bias: Vec<f32>,
	/// Whether a ReLU follows.
	pub(super) relu: bool,
	/// Rows of the activation.
	pub(super) rows: usize,
}

impl Dense {
	pub(super) fn inputs(&self) -> usize {
		self.inputs
	}

	pub(super) fn outputs(&self) -> usize {
		self.bias.len()
	}

	/// The weights of one output.
	pub(super) fn row(&self, output: usize) -> &[f32] {
		&self.weights[output * self.inputs..(output + 1) * self.inputs]
	}

	pub(super) fn remove_outputs(&mut self, dead: &[usize]) {
		let inputs = self.inputs;
		retain(&mut self.weights, |index| !dead.contains(&(index / inputs)));
		retain(&mut self.bias, |index| !dead.contains(&index));
	}

	pub(super) fn remove_inputs(&mut self, dead: &[usize]) {
		let inputs = self.inputs;
		retain(&mut self.weights, |index| !dead.contains(&(index % inputs)));
		self.inputs -= dead.len();
	}
}

fn retain(values: &mut Vec<f32>, keep: impl Fn(usize) -> bool) {
	let mut index = 0;
	values.retain(|_| {
		index += 1;
		keep(index - 1)
	});
}

/// A step of the chain.
#[derive(Clone, Debug)]
pub(super) enum Step {
	/// A dense layer.
	Dense(Dense),
	/// A `Reshape` or `Flatten`, kept as it is.
	Reshape(Node),
}

const SUPPORTED: &str = "Add, Flatten, Gemm, MatMul, Relu, Reshape";

/// Reads a float model as a chain.
pub(super) fn read(model: &Model) -> Result<Vec<Step>, ModelError> {
	let mut steps: Vec<Step> = Vec::new();
	let mut current = model.input.name.clone();
	let mut shape = model.input.shape.clone();
	for node in &model.nodes {
		if matches!(node.op.as_str(), "QuantizeLinear" | "DequantizeLinear") {
			return Err(node.error("the model is quantised already: run `zkml compile`"));
		}
		let takes = node.inputs.iter().position(|name| *name == current);
		let Some(position) = takes else {
			let known = SUPPORTED.split(", ").any(|op| op == node.op);
			if !known {
				return Err(unsupported(node, &shape));
			}
			return Err(node.error(format!(
				"it does not take {current}, the result before it: branches are not supported"
			)));
		};
		match (node.op.as_str(), position) {
			("Gemm" | "MatMul", 0) => {
				let dense = dense(model, node, &shape)?;
				shape = vec![dense.rows, dense.outputs()];
				steps.push(Step::Dense(dense));
			},
			("Add", _) => {
				let dense = match steps.last_mut() {
					Some(Step::Dense(dense)) if !dense.relu => dense,
					_ => {
						return Err(
							node.error("only a constant bias after Gemm or MatMul can be added")
						)
					},
				};
				let bias = floats(model, node, 1 - position)?;
				check_bias(node, bias, dense.outputs())?;
				let addends = bias.floats().unwrap_or_default();
				dense.bias.iter_mut().zip(addends).for_each(|(sum, addend)| *sum += addend);
				check_finite(&node.name, &dense.bias)?;
				dense.output = node.output()?.into();
			},
			("Relu", 0) => match steps.last_mut() {
				Some(Step::Dense(dense)) => {
					dense.relu = true;
					dense.output = node.output()?.into();
				},
				_ => return Err(node.error("only the result of Gemm or MatMul can be rectified")),
			},
			("Flatten" | "Reshape", 0) => {
				shape = reshaped(node, &shape, None)?;
				steps.push(Step::Reshape(node.clone()));
			},
			("Gemm" | "MatMul" | "Relu" | "Flatten" | "Reshape", _) => {
				return Err(node.error("the activation must be its first input"));
			},
			_ => return Err(unsupported(node, &shape)),
		}
		current = node.output()?.into();
	}
	if current != model.outputs[0] {
		return Err(ModelError::Malformed(format!(
			"output {} is not the last node's result, {current}",
			model.outputs[0]
		)));
	}
	if !steps.iter().any(|step| matches!(step, Step::Dense(_))) {
		return Err(ModelError::Malformed("there is no layer with weights".into()));
	}
	Ok(steps)
}

fn unsupported(node: &Node, shape: &[usize]) -> ModelError {
	ModelError::Operator {
		node: node.name.clone(),
		op: node.op.clone(),
		inputs: show_shape(shape),
		supported: SUPPORTED.into(),
	}
}

fn floats<'a>(model: &'a Model, node: &Node, index: usize) -> Result<&'a Tensor, ModelError> {
	let name = node.input(index)?;
	let tensor = model
		.constants
		.get(name)
		.ok_or_else(|| node.error(format!("its input {name} must be a constant")))?;
	let values = tensor
		.floats()
		.ok_or_else(|| node.error(format!("its input {name} is not of type float")))?;
	check_finite(name, values).map(|()| tensor)
}

fn check_finite(name: &str, values: &[f32]) -> Result<(), ModelError> {
	match values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
		Some((index, &value)) => Err(ModelError::NotFinite { tensor: name.into(), value, index }),
		None => Ok(()),
	}
}

fn check_bias(node: &Node, bias: &Tensor, outputs: usize) -> Result<(), ModelError> {
	if bias.shape == [outputs] || bias.shape == [1, outputs] {
		return Ok(());
	}
	Err(node.error(format!("a bias of shape {} for {outputs} outputs", show_shape(&bias.shape))))
}

fn dense(model: &Model, node: &Node, shape: &[usize]) -> Result<Dense, ModelError> {
	let attributes = GemmAttributes::read(node)?;
	let tensor = floats(model, node, 1)?;
	let (inputs, outputs) = attributes.sizes(node, shape, &tensor.shape)?;
	let values = tensor.floats().unwrap_or_default();
	let mut weights = Vec::with_capacity(values.len());
	for o in 0..outputs {
		for j in 0..inputs {
			weights.push(attributes.alpha * values[attributes.index(inputs, outputs, o, j)]);
		}
	}
	let bias: Vec<f32> = match node.optional_input(2) {
		Some(_) => {
			let bias = floats(model, node, 2)?;
			check_bias(node, bias, outputs)?;
			let values = bias.floats().unwrap_or_default();
			values.iter().map(|value| attributes.beta * value).collect()
		},
		None => vec![0.0; outputs],
	};
	check_finite(&format!("{} · alpha", node.name), &weights)?;
	check_finite(&format!("{} · beta", node.name), &bias)?;
	Ok(Dense {
		name: node.name.clone(),
		output: node.output()?.into(),
		weights,
		inputs,
		bias,
		relu: false,
		rows: shape[0],
	})
}
