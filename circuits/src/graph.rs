//! The integer graph: the exact meaning of a model.

use crate::{error::ModelError, ops::Operator, signal::Bounds};

/// The quantised input.
#[derive(Clone, Debug)]
pub struct GraphInput {
	/// Its name in the ONNX file.
	pub name: String,
	/// Its shape.
	pub shape: Vec<usize>,
	/// The range of every element.
	pub bounds: Bounds,
	/// `real value = integer · 2^exponent`.
	pub exponent: i32,
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

/// The output, with all elements brought to one exponent.
#[derive(Clone, Debug)]
pub struct GraphOutput {
	/// Its name in the ONNX file.
	pub name: String,
	/// The tensor that holds it.
	pub tensor: usize,
	/// Its shape.
	pub shape: Vec<usize>,
	/// `real value = integer · 2^exponent`, for every element.
	pub exponent: i32,
	/// The power of two that brings each of the tensor's elements to that exponent.
	pub shifts: Vec<u32>,
	/// Proven bounds of the elements at that exponent.
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
}

impl Graph {
	/// The exact integers that the model gives for an integer input, at the output's exponent.
	///
	/// # Panics
	/// If the input has another size than the graph's.
	pub fn evaluate(&self, input: &[i64]) -> Vec<i64> {
		assert_eq!(input.len(), self.bounds[0].len(), "size of the input");
		let mut tensors: Vec<Vec<i64>> = vec![input.to_vec()];
		for node in &self.nodes {
			let inputs: Vec<&[i64]> =
				node.inputs.iter().map(|&tensor| tensors[tensor].as_slice()).collect();
			let result = node.op.evaluate(&inputs);
			tensors.push(result);
		}
		(tensors[self.output.tensor].iter().zip(&self.output.shifts))
			.map(|(value, shift)| value << shift)
			.collect()
	}

	/// Quantises an input in real units, as `QuantizeLinear` does, but refuses to saturate.
	///
	/// # Errors
	/// [`ModelError::Shape`] for another number of values, [`ModelError::InputRange`] for a value
	/// that is not finite or that rounds to an integer out of range.
	pub fn quantize_input(&self, values: &[f32]) -> Result<Vec<i64>, ModelError> {
		let GraphInput { bounds, exponent, .. } = self.input;
		if values.len() != self.bounds[0].len() {
			return Err(ModelError::Shape {
				what: format!("input {}", self.input.name),
				expected: crate::error::show_shape(&self.input.shape),
				got: format!("{} values", values.len()),
			});
		}
		let scale = 2f64.powi(exponent);
		(values.iter().enumerate())
			.map(|(index, &value)| {
				let rounded = (f64::from(value) / scale).round_ties_even();
				if rounded >= bounds.lo as f64 && rounded <= bounds.hi as f64 {
					return Ok(rounded as i64);
				}
				Err(ModelError::InputRange {
					value: value.into(),
					index,
					lo: bounds.lo as f64 * scale,
					hi: bounds.hi as f64 * scale,
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
		let scale = 2f64.powi(self.input.exponent);
		let Bounds { lo, hi } = self.input.bounds;
		let round = |&value: &f32| (f64::from(value) / scale).round_ties_even();
		values.iter().map(|value| (round(value) as i64).clamp(lo, hi)).collect()
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
