//! The integer graph: the exact meaning of a model.

use crate::{error::ModelError, ops::Operator, record::Record, samples, signal::Bounds};

/// The quantised input.
#[derive(Clone, Debug)]
pub struct GraphInput {
	/// Its name in the ONNX file.
	pub name: String,
	/// Its shape.
	pub shape: Vec<usize>,
	/// `real value = integer · scale`; one scale for all, or one for each element.
	pub scales: Vec<f32>,
	/// What its fields are, where it is a record.
	pub record: Option<Record>,
}

impl GraphInput {
	/// The scale of an element.
	pub fn scale(&self, index: usize) -> f32 {
		self.scales[if self.scales.len() == 1 { 0 } else { index }]
	}
}

/// An operator and where its inputs come from.
#[derive(Debug)]
pub struct GraphNode {
	/// The name of the ONNX node that it came from.
	pub name: String,
	/// The operator.
	pub op: Box<dyn Operator>,
	/// Tensors that it takes: 0 is the input, `i + 1` the result of node `i`.
	pub inputs: Vec<usize>,
	/// The shape of its result.
	pub shape: Vec<usize>,
}

/// The output: all of the model's outputs one after the other, in one unit.
#[derive(Clone, Debug)]
pub struct GraphOutput {
	/// Its name in the ONNX file; names, where there are several.
	pub name: String,
	/// The tensor that holds it.
	pub tensor: usize,
	/// Its shape; the number of all elements, where there are several.
	pub shape: Vec<usize>,
	/// Name and shape of every output.
	pub parts: Vec<(String, Vec<usize>)>,
	/// `real value = integer · scale`, for every element.
	pub scale: f32,
	/// Proven bounds of the elements.
	pub bounds: Vec<Bounds>,
}

/// A quantised model as exact integer operators.
#[derive(Debug)]
pub struct Graph {
	/// The input.
	pub input: GraphInput,
	/// Operators, each after those that it depends on.
	pub nodes: Vec<GraphNode>,
	/// The output.
	pub output: GraphOutput,
	/// Proven bounds of every tensor.
	pub bounds: Vec<Vec<Bounds>>,
	/// Where weights are committed, the nodes with constants that this does not hide.
	pub public_constants: Vec<String>,
}

impl Graph {
	/// The integers of an input in JSON: a record by field, or numbers, which may stand under the name
	/// of the model's input.
	///
	/// # Errors
	/// [`ModelError::Samples`] for what is no such JSON; [`ModelError::Record`] for a record that its
	/// schema does not allow; else as [`Self::quantize_input`].
	pub fn read_input(&self, text: &str) -> Result<Vec<i64>, ModelError> {
		let Some(record) = &self.input.record else {
			return self.quantize_input(&samples::read_json(text, &self.input.name)?);
		};
		let json: serde_json::Value = serde_json::from_str(text)
			.map_err(|error| ModelError::Record(format!("not JSON: {error}")))?;
		record.integers(json.get(&self.input.name).unwrap_or(&json))
	}

	/// The exact integers that the model gives for an integer input.
	///
	/// # Panics
	/// If the input has another size than the graph's.
	pub fn evaluate(&self, input: &[i64]) -> Vec<i64> {
		self.evaluate_all(input).swap_remove(self.output.tensor)
	}

	/// Every tensor's integers for an integer input: the input's, then each node's.
	///
	/// # Panics
	/// If the input has another size than the graph's.
	pub fn evaluate_all(&self, input: &[i64]) -> Vec<Vec<i64>> {
		assert_eq!(input.len(), self.bounds[0].len(), "size of the input");
		let mut tensors: Vec<Vec<i64>> = vec![input.to_vec()];
		for node in &self.nodes {
			let inputs: Vec<&[i64]> =
				node.inputs.iter().map(|&tensor| tensors[tensor].as_slice()).collect();
			let result = node.op.evaluate(&inputs);
			tensors.push(result);
		}
		tensors
	}

	/// By tensor, the last node that takes it; the number of nodes for the output.
	pub fn last_uses(&self) -> Vec<usize> {
		let mut last = vec![0; self.bounds.len()];
		for (index, node) in self.nodes.iter().enumerate() {
			node.inputs.iter().for_each(|&tensor| last[tensor] = index);
		}
		last[self.output.tensor] = self.nodes.len();
		last
	}

	/// Quantises an input in real units, as `QuantizeLinear` does, but refuses to saturate.
	///
	/// # Errors
	/// [`ModelError::Shape`] for another number of values, [`ModelError::InputRange`] for a value
	/// that is not finite or that rounds to an integer out of range.
	pub fn quantize_input(&self, values: &[f32]) -> Result<Vec<i64>, ModelError> {
		if values.len() != self.bounds[0].len() {
			return Err(ModelError::Shape {
				what: format!("input {}", self.input.name),
				expected: crate::error::show_shape(&self.input.shape),
				got: format!("{} values", values.len()),
			});
		}
		if let Some(record) = &self.input.record {
			return record.integers_of_floats(values);
		}
		(values.iter().enumerate())
			.map(|(index, &value)| {
				let Bounds { lo, hi } = self.bounds[0][index];
				let scale = self.input.scale(index);
				// onnxruntime divides in float32.
				let rounded = (value / scale).round_ties_even();
				if rounded >= lo as f32 && rounded <= hi as f32 {
					return Ok(rounded as i64);
				}
				let real = |integer: i64| integer as f64 * f64::from(scale);
				Err(ModelError::InputRange {
					value: value.into(),
					index,
					lo: real(lo),
					hi: real(hi),
				})
			})
			.collect()
	}

	/// Quantises an input in real units, as `QuantizeLinear` does, saturation included.
	///
	/// # Panics
	/// If the input has another size than the graph's.
	pub fn saturate_input(&self, values: &[f32]) -> Vec<i64> {
		assert_eq!(values.len(), self.bounds[0].len(), "size of the input");
		let round = |(index, &value): (usize, &f32)| {
			let Bounds { lo, hi } = self.bounds[0][index];
			(value / self.input.scale(index)).round_ties_even().clamp(lo as f32, hi as f32) as i64
		};
		values.iter().enumerate().map(round).collect()
	}

	/// Drops nodes that the output does not depend on.
	pub(crate) fn without_dead_nodes(mut self) -> Self {
		let mut live = vec![false; self.bounds.len()];
		live[0] = true;
		live[self.output.tensor] = true;
		for (index, node) in self.nodes.iter().enumerate().rev() {
			if live[index + 1] {
				node.inputs.iter().for_each(|&tensor| live[tensor] = true);
			}
		}
		let mut next = 0;
		let renamed: Vec<usize> = live
			.iter()
			.map(|&live| {
				next += usize::from(live);
				next.saturating_sub(1)
			})
			.collect();
		let mut tensor = 0;
		self.nodes.retain(|_| {
			tensor += 1;
			live[tensor]
		});
		let mut tensor = 0;
		self.bounds.retain(|_| {
			tensor += 1;
			live[tensor - 1]
		});
		for node in &mut self.nodes {
			node.inputs.iter_mut().for_each(|tensor| *tensor = renamed[*tensor]);
		}
		self.output.tensor = renamed[self.output.tensor];
		self
	}
}
