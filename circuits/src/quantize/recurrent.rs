//! `LSTM` and `GRU` of a fixed length, as the layers that they are made of.
//!
//! Every step has layers of its own, all with the same weights: the input's part of all steps at once,
//! the state's part, and the gates, tables between bytes. What is computed is what ONNX defines, with
//! its default functions.

use super::{
	net::{Affine, Dense, Move, Op, TensorId},
	read::Reader,
};
use crate::{curve::Curve, error::ModelError, onnx::Node};

/// Most steps.
const MAX_STEPS: usize = 256;

/// Appends layers for a node, with names that follow its own.
struct Cell<'a, 'b, 'c> {
	reader: &'a mut Reader<'b>,
	node: &'c Node,
	hidden: usize,
	/// Where the layers stand: direction and step.
	at: String,
}

impl Cell<'_, '_, '_> {
	fn push(&mut self, what: &str, op: Op, inputs: &[TensorId]) -> Result<TensorId, ModelError> {
		let name = format!("{}.{}.{what}", self.node.name, self.at);
		let outputs = self.reader.push_unnamed(self.node, &name, op, inputs.to_vec())?;
		Ok(outputs[0])
	}

	fn curve(&mut self, what: &str, curve: Curve, x: TensorId) -> Result<TensorId, ModelError> {
		self.push(what, Op::Curve(curve), &[x])
	}

	fn add(&mut self, what: &str, a: TensorId, b: TensorId) -> Result<TensorId, ModelError> {
		self.push(what, Op::Sum(vec![false, false]), &[a, b])
	}

	fn multiply(&mut self, what: &str, a: TensorId, b: TensorId) -> Result<TensorId, ModelError> {
		self.push(what, Op::Product, &[a, b])
	}

	/// Some columns of a row.
	fn part(&mut self, what: &str, x: TensorId, gate: usize) -> Result<TensorId, ModelError> {
		let columns = ((gate * self.hidden) as i64, 1, self.hidden);
		self.push(what, Op::Move(Move::Slice(vec![(0, 1, 1), columns])), &[x])
	}

	fn dense(
		&mut self,
		what: &str,
		weights: &[f32],
		bias: &[f32],
		x: TensorId,
	) -> Result<TensorId, ModelError> {
		let inputs = weights.len() / bias.len();
		let op = Op::Dense(Dense { weights: weights.to_vec(), inputs, bias: bias.to_vec() });
		self.push(what, op, &[x])
	}
}

/// The weights of one direction.
struct Weights {
	/// By gate and unit, then by input.
	input: Vec<f32>,
	/// By gate and unit, then by unit of the state.
	state: Vec<f32>,
	/// Biases of both, by gate and unit.
	bias: [Vec<f32>; 2],
}

/// What a node says, checked.
struct Recurrent {
	directions: Vec<(bool, Weights)>,
	hidden: usize,
	steps: usize,
	width: usize,
	/// Whether the batch comes first.
	batch_first: bool,
}

fn read(
	reader: &Reader<'_>,
	node: &Node,
	gates: usize,
) -> Result<(TensorId, Recurrent), ModelError> {
	let known = ["direction", "hidden_size", "layout", "linear_before_reset", "input_forget"];
	node.only_attributes(&known)?;
	if node.int("input_forget", 0)? != 0 {
		return Err(node.error("input_forget is not supported"));
	}
	let x = reader.activation(node, 0)?;
	let batch_first = node.int("layout", 0)? != 0;
	let (steps, batch, width) = match (reader.shape(x), batch_first) {
		(&[steps, batch, width], false) | (&[batch, steps, width], true) => (steps, batch, width),
		(shape, _) => return Err(node.error(format!("its input has {} dimensions", shape.len()))),
	};
	if batch != 1 || steps > MAX_STEPS {
		let what = format!("a batch of 1 and at most {MAX_STEPS} steps are supported");
		return Err(node.error(format!("{batch} sequences of {steps} steps: {what}")));
	}
	let reversed = match node.string("direction", "forward")? {
		"forward" => vec![false],
		"reverse" => vec![true],
		"bidirectional" => vec![false, true],
		other => return Err(node.error(format!("its direction is {other}"))),
	};
	if node.optional_input(4).is_some() {
		return Err(node.error("sequence_lens is not supported: all steps are taken"));
	}
	// Initial states, and peepholes.
	for index in 5..8 {
		if node.optional_input(index).is_some()
			&& reader.floats(node, index)?.1.iter().any(|&value| value != 0.0)
		{
			return Err(
				node.error(format!("its input {index} is not zero, which is not supported"))
			);
		}
	}
	let (tensor, input) = reader.floats(node, 1)?;
	let &[count, rows, columns] = tensor.shape.as_slice() else {
		return Err(node.error("its weights have not three dimensions"));
	};
	let hidden = rows / gates;
	let (_, state) = reader.floats(node, 2)?;
	let bias = match node.optional_input(3) {
		Some(_) => reader.floats(node, 3)?.1.to_vec(),
		None => vec![0.0; count * 2 * rows],
	};
	let fits = count == reversed.len()
		&& rows == gates * hidden
		&& hidden > 0
		&& columns == width
		&& state.len() == count * rows * hidden
		&& bias.len() == count * 2 * rows;
	if !fits {
		return Err(node.error("its weights do not fit its input and one another"));
	}
	let of = |direction: usize| {
		let bias = &bias[direction * 2 * rows..(direction + 1) * 2 * rows];
		Weights {
			input: input[direction * rows * width..(direction + 1) * rows * width].to_vec(),
			state: state[direction * rows * hidden..(direction + 1) * rows * hidden].to_vec(),
			bias: [bias[..rows].to_vec(), bias[rows..].to_vec()],
		}
	};
	let directions =
		reversed.into_iter().enumerate().map(|(at, reversed)| (reversed, of(at))).collect();
	Ok((x, Recurrent { directions, hidden, steps, width, batch_first }))
}

/// The gates before their functions: the input's part, and the state's where there is one.
fn sums(
	cell: &mut Cell<'_, '_, '_>,
	row: TensorId,
	state: Option<(TensorId, &[f32])>,
) -> Result<TensorId, ModelError> {
	match state {
		None => Ok(row),
		Some((state, weights)) => {
			let none = vec![0.0; weights.len() / cell.hidden];
			let part = cell.dense("state", weights, &none, state)?;
			cell.add("gates", row, part)
		},
	}
}

/// A step of an LSTM: its new state, and its cell.
fn lstm_step(
	cell: &mut Cell<'_, '_, '_>,
	weights: &Weights,
	row: TensorId,
	before: Option<(TensorId, TensorId)>,
) -> Result<(TensorId, TensorId), ModelError> {
	let gates = sums(cell, row, before.map(|(h, _)| (h, weights.state.as_slice())))?;
	let [input, output, forget, new] = [0, 1, 2, 3].map(|gate| cell.part("gate", gates, gate));
	let input = cell.curve("input", Curve::Sigmoid, input?)?;
	let output = cell.curve("output", Curve::Sigmoid, output?)?;
	let new = cell.curve("new", Curve::Tanh, new?)?;
	let mut memory = cell.multiply("added", input, new)?;
	if let Some((_, old)) = before {
		let forget = cell.curve("forget", Curve::Sigmoid, forget?)?;
		let kept = cell.multiply("kept", forget, old)?;
		memory = cell.add("memory", kept, memory)?;
	}
	let shown = cell.curve("shown", Curve::Tanh, memory)?;
	Ok((cell.multiply("hidden", output, shown)?, memory))
}

/// A step of a GRU: its new state. `row` holds the input's part with the input's biases.
fn gru_step(
	cell: &mut Cell<'_, '_, '_>,
	weights: &Weights,
	row: TensorId,
	before: Option<TensorId>,
	reset_last: bool,
) -> Result<TensorId, ModelError> {
	let (hidden, state) = (cell.hidden, &weights.state);
	let (gates, of_new) = state.split_at(2 * hidden * hidden);
	let [bias_gates, bias_new] = [&weights.bias[1][..2 * hidden], &weights.bias[1][2 * hidden..]];
	let [update, reset, new] = [0, 1, 2].map(|gate| cell.part("gate", row, gate));
	let (mut update, mut reset, new) = (update?, reset?, new?);
	if let Some(before) = before {
		let from_state = cell.dense("state", gates, bias_gates, before)?;
		let [of_update, of_reset] = [0, 1].map(|gate| cell.part("gate", from_state, gate));
		update = cell.add("update", update, of_update?)?;
		reset = cell.add("reset", reset, of_reset?)?;
	} else {
		let shape = vec![1, hidden];
		let mut plus = |what: &str, x: TensorId, offset: &[f32]| {
			let (factor, offset) = (vec![1.0], offset.to_vec());
			cell.push(what, Op::Affine(Affine { shape: shape.clone(), factor, offset }), &[x])
		};
		update = plus("update", update, &bias_gates[..hidden])?;
		reset = plus("reset", reset, &bias_gates[hidden..])?;
	}
	let update = cell.curve("update", Curve::Sigmoid, update)?;
	let reset = cell.curve("reset", Curve::Sigmoid, reset)?;
	let from_state = match (before, reset_last) {
		(Some(before), true) => {
			let all = cell.dense("recall", of_new, bias_new, before)?;
			Some(cell.multiply("recalled", reset, all)?)
		},
		(Some(before), false) => {
			let kept = cell.multiply("kept", reset, before)?;
			Some(cell.dense("recall", of_new, bias_new, kept)?)
		},
		(None, true) => {
			// Only the bias is left, once for each unit.
			let mut diagonal = vec![0.0; hidden * hidden];
			bias_new.iter().enumerate().for_each(|(i, &b)| diagonal[i * hidden + i] = b);
			match bias_new.iter().all(|&bias| bias == 0.0) {
				true => None,
				false => Some(cell.dense("recalled", &diagonal, &vec![0.0; hidden], reset)?),
			}
		},
		(None, false) => {
			let (factor, offset) = (vec![1.0], bias_new.to_vec());
			let affine = Affine { shape: vec![1, hidden], factor, offset };
			let new = cell.push("new", Op::Affine(affine), &[new])?;
			return gru_end(cell, update, new, before);
		},
	};
	let new = match from_state {
		Some(part) => cell.add("new", new, part)?,
		None => new,
	};
	gru_end(cell, update, new, before)
}

/// `n + z·(h − n)` with `n` the hyperbolic tangent of a sum.
fn gru_end(
	cell: &mut Cell<'_, '_, '_>,
	update: TensorId,
	new: TensorId,
	before: Option<TensorId>,
) -> Result<TensorId, ModelError> {
	let new = cell.curve("new", Curve::Tanh, new)?;
	match before {
		Some(before) => {
			let change = cell.push("change", Op::Sum(vec![false, true]), &[before, new])?;
			let change = cell.multiply("changed", update, change)?;
			cell.add("hidden", new, change)
		},
		None => {
			let less = cell.multiply("less", update, new)?;
			cell.push("hidden", Op::Sum(vec![false, true]), &[new, less])
		},
	}
}

/// Appends the layers of an `LSTM` or a `GRU`, and names its outputs.
pub(super) fn layers(reader: &mut Reader<'_>, node: &Node) -> Result<(), ModelError> {
	let is_lstm = node.op == "LSTM";
	let gates = if is_lstm { 4 } else { 3 };
	let (x, recurrent) = read(reader, node, gates)?;
	let Recurrent { directions, hidden, steps, width, batch_first } = recurrent;
	let reset_last = node.int("linear_before_reset", 0)? != 0;
	let (mut all, mut last, mut memories) = (Vec::new(), Vec::new(), Vec::new());
	for (at, (reversed, weights)) in directions.into_iter().enumerate() {
		let mut cell = Cell { reader: &mut *reader, node, hidden, at: at.to_string() };
		let rows = Op::Move(Move::Reshape(vec![steps as i64, width as i64]));
		let rows = cell.push("rows", rows, &[x])?;
		// The biases of the state's part go with the input's where nothing stands between them.
		let mut bias = weights.bias[0].clone();
		if is_lstm {
			bias.iter_mut().zip(&weights.bias[1]).for_each(|(sum, part)| *sum += part);
		}
		let rows = cell.dense("input", &weights.input, &bias, rows)?;
		let mut states: Vec<Option<TensorId>> = vec![None; steps];
		let (mut state, mut memory) = (None, None);
		for step in 0..steps {
			let step = if reversed { steps - 1 - step } else { step };
			cell.at = format!("{at}.{step}");
			let ranges = vec![(step as i64, 1, 1), (0, 1, gates * hidden)];
			let row = cell.push("row", Op::Move(Move::Slice(ranges)), &[rows])?;
			if is_lstm {
				let (h, c) = lstm_step(&mut cell, &weights, row, state.zip(memory))?;
				(state, memory) = (Some(h), Some(c));
			} else {
				state = Some(gru_step(&mut cell, &weights, row, state, reset_last)?);
			}
			states[step] = state;
		}
		cell.at = at.to_string();
		let states: Vec<TensorId> = states.into_iter().flatten().collect();
		let joined = match states.as_slice() {
			&[one] => one,
			states => cell.push("states", Op::Move(Move::Concat(0)), states)?,
		};
		let (steps, hidden) = (steps as i64, hidden as i64);
		// Steps, directions, batch, units; with the batch first, batch, steps, directions, units.
		let (shape, end) = match batch_first {
			false => (vec![steps, 1, 1, hidden], vec![1, 1, hidden]),
			true => (vec![1, steps, 1, hidden], vec![1, 1, hidden]),
		};
		all.push(cell.push("all", Op::Move(Move::Reshape(shape)), &[joined])?);
		for (tensor, list) in [(state, &mut last), (memory, &mut memories)] {
			if let Some(tensor) = tensor {
				let reshape = Op::Move(Move::Reshape(end.clone()));
				list.push(cell.push("last", reshape, &[tensor])?);
			}
		}
	}
	let mut cell = Cell { reader: &mut *reader, node, hidden, at: "all".into() };
	let axes = if batch_first { [2, 1, 1] } else { [1, 0, 0] };
	let mut results = Vec::new();
	for (parts, axis) in [all, last, memories].into_iter().zip(axes) {
		results.push(match parts.as_slice() {
			[] => None,
			&[one] => Some(one),
			parts => Some(cell.push("directions", Op::Move(Move::Concat(axis)), parts)?),
		});
	}
	for (name, result) in node.outputs.iter().zip(results) {
		if let (false, Some(tensor)) = (name.is_empty(), result) {
			reader.name(name, tensor);
		}
	}
	Ok(())
}
