//! Exact rewritings of the float network that leave fewer and cheaper layers.
//!
//! Batch normalisations and other constants join the linear layer before them, or the layers
//! after them; means over a number of elements that is no power of two become sums, their divisor
//! part of the next layers' weights.

use super::{
	gates::{fold_gelu, fold_silu},
	net::{broadcast_index, Affine, Conv, Dense, Net, Op, Reduction, TensorId},
	read::check_finite,
	window::Window,
};
use crate::error::ModelError;

/// Rewrites until nothing changes.
pub(super) fn simplify(net: &mut Net) -> Result<(), ModelError> {
	while fold_silu(net) || fold_gelu(net) {}
	while fold_hard_sigmoid(net) || fold_hard_swish(net) || fold_back(net) {}
	while sum_instead_of_mean(net) || fold_forward(net) || fold_back(net) {}
	realise(net)?;
	for layer in &net.layers {
		if let Op::Conv(Conv { weights, bias, .. }) | Op::Dense(Dense { weights, bias, .. }) =
			&layer.op
		{
			check_finite(&format!("{}, its weights", layer.name), weights)?;
			check_finite(&format!("{}, its bias", layer.name), bias)?;
		}
	}
	net.drop_dead_layers();
	Ok(())
}

impl Affine {
	fn is_scalar(&self) -> bool {
		self.factor.len() == 1
	}

	fn is_identity(&self) -> bool {
		self.factor.iter().all(|&f| f == 1.0) && self.offset.iter().all(|&o| o == 0.0)
	}

	/// Whether it multiplies by one power of two, possibly negative, and adds nothing.
	pub(super) fn is_power_of_two(&self) -> bool {
		let [factor] = self.factor.as_slice() else { return false };
		self.offset[0] == 0.0 && factor.is_normal() && factor.to_bits() & 0x7f_ffff == 0
	}

	/// Whether it only adds.
	pub(super) fn is_addition(&self) -> bool {
		self.factor.iter().all(|&f| f == 1.0)
	}

	/// Factor and offset for each of `channels` along `axis`, if they vary along no other.
	fn per_channel(&self, axis: usize, channels: usize) -> Option<(Vec<f32>, Vec<f32>)> {
		let count = self.factor.len();
		if count != 1 && self.shape.get(axis) != Some(&count) {
			return None;
		}
		let at = |values: &[f32]| (0..channels).map(|c| values[c % count]).collect();
		Some((at(&self.factor), at(&self.offset)))
	}
}

/// The axis of a linear layer's output channels, or of its input's.
fn channel_axis(op: &Op, rank: usize) -> usize {
	if matches!(op, Op::Conv(_)) {
		1
	} else {
		rank - 1
	}
}

/// Joins a constant factor and offset to the layer before it.
fn fold_back(net: &mut Net) -> bool {
	for index in 0..net.layers.len() {
		let Op::Affine(affine) = &net.layers[index].op else { continue };
		let input = net.layers[index].inputs[0];
		if affine.is_identity() && input != net.input {
			net.bypass(index);
			return true;
		}
		let Some(producer) = net.producer(input) else { continue };
		if net.only_consumer(input) != Some(index) {
			continue;
		}
		let rank = net.shape(input).len();
		let joined = match &net.layers[producer].op {
			op @ (Op::Conv(_) | Op::Dense(_)) => {
				let channels = net.shape(input)[channel_axis(op, rank)];
				let folded = affine.per_channel(channel_axis(op, rank), channels);
				folded.map(|(factor, offset)| scaled_outputs(op, &factor, &offset))
			},
			Op::Affine(before) => compose(before, affine).map(Op::Affine),
			_ => None,
		};
		if let Some(op) = joined {
			net.layers[producer].op = op;
			net.absorb(producer, index);
			return true;
		}
	}
	false
}

/// A linear layer whose outputs are multiplied and shifted.
fn scaled_outputs(op: &Op, factor: &[f32], offset: &[f32]) -> Op {
	let mut op = op.clone();
	if let Op::Conv(Conv { weights, bias, .. }) | Op::Dense(Dense { weights, bias, .. }) = &mut op {
		let row = weights.len() / bias.len();
		for (index, weight) in weights.iter_mut().enumerate() {
			*weight = (f64::from(*weight) * f64::from(factor[index / row])) as f32;
		}
		for (channel, bias) in bias.iter_mut().enumerate() {
			let scaled = f64::from(*bias) * f64::from(factor[channel]);
			*bias = (scaled + f64::from(offset[channel])) as f32;
		}
	}
	op
}

/// One affine map after another, where one of them is a scalar or both have one shape.
fn compose(first: &Affine, second: &Affine) -> Option<Affine> {
	if !(first.is_scalar() || second.is_scalar() || first.shape == second.shape) {
		return None;
	}
	let shape = if first.is_scalar() { &second.shape } else { &first.shape };
	let count = first.factor.len().max(second.factor.len());
	let at = |values: &[f32], index: usize| f64::from(values[index % values.len()]);
	let (factor, offset) = (0..count)
		.map(|i| {
			let factor = at(&second.factor, i);
			let offset = at(&first.offset, i) * factor + at(&second.offset, i);
			((at(&first.factor, i) * factor) as f32, offset as f32)
		})
		.unzip();
	Some(Affine { shape: shape.clone(), factor, offset })
}

/// Linear layers that a tensor reaches through operators that keep a positive factor, and the
/// tensors on the way; `None` if it reaches anything else.
fn linear_leaves(net: &Net, from: TensorId) -> Option<(Vec<usize>, Vec<TensorId>)> {
	let (mut leaves, mut passed, mut open) = (Vec::new(), Vec::new(), vec![from]);
	while let Some(tensor) = open.pop() {
		if net.is_output(tensor) {
			return None;
		}
		passed.push(tensor);
		for consumer in net.consumers(tensor) {
			let layer = &net.layers[consumer];
			match &layer.op {
				Op::Conv(_) | Op::Dense(_) => leaves.push(consumer),
				Op::Relu | Op::Leaky { .. } | Op::MaxPool(_) => open.push(layer.outputs[0]),
				op if op.is_simple_move() && !pads_a_value(op) => open.push(layer.outputs[0]),
				_ => return None,
			}
		}
	}
	(!leaves.is_empty()).then_some((leaves, passed))
}

fn pads_a_value(op: &Op) -> bool {
	use super::net::{Move, PadMode};
	matches!(op, Op::Move(Move::Pad { mode: PadMode::Constant(value), .. }) if *value != 0.0)
}

/// Multiplies all weights of layers, biases excepted, and notes that tensors hold other multiples.
fn rescale(net: &mut Net, leaves: &[usize], passed: &[TensorId], weights: f64, tensors: f64) {
	for &leaf in leaves {
		if let Op::Conv(Conv { weights: all, .. }) | Op::Dense(Dense { weights: all, .. }) =
			&mut net.layers[leaf].op
		{
			all.iter_mut().for_each(|weight| *weight = (f64::from(*weight) * weights) as f32);
		}
	}
	passed.iter().for_each(|&tensor| net.tensors[tensor].factor *= tensors);
}

/// Moves a constant factor and offset into the linear layers after it.
fn fold_forward(net: &mut Net) -> bool {
	for index in 0..net.layers.len() {
		let Op::Affine(affine) = net.layers[index].op.clone() else { continue };
		if affine.is_power_of_two() || affine.is_identity() {
			continue;
		}
		let (input, output) = (net.layers[index].inputs[0], net.layers[index].outputs[0]);
		let pure = affine.is_scalar() && affine.offset[0] == 0.0 && affine.factor[0] > 0.0;
		if let (true, Some((leaves, passed))) = (pure, linear_leaves(net, output)) {
			let factor = f64::from(affine.factor[0]);
			rescale(net, &leaves, &passed, factor, 1.0 / factor);
			net.bypass(index);
			return true;
		}
		let consumers = net.consumers(output);
		if net.is_output(output) || consumers.is_empty() {
			continue;
		}
		let rank = net.shape(output).len();
		let absorbed: Option<Vec<Op>> = (consumers.iter())
			.map(|&consumer| {
				let op = &net.layers[consumer].op;
				if !op.is_linear() {
					return None;
				}
				let axis = channel_axis(op, rank);
				let (factor, offset) = affine.per_channel(axis, net.shape(output)[axis])?;
				scaled_inputs(op, &factor, &offset)
			})
			.collect();
		if let Some(absorbed) = absorbed {
			for (&consumer, op) in consumers.iter().zip(absorbed) {
				net.layers[consumer].op = op;
			}
			debug_assert_eq!(net.shape(input), net.shape(output));
			net.bypass(index);
			return true;
		}
	}
	false
}

/// A linear layer that takes `x` in place of `factor · x + offset`.
fn scaled_inputs(op: &Op, factor: &[f32], offset: &[f32]) -> Option<Op> {
	let mut op = op.clone();
	let (weights, bias, inputs, taps, groups) = match &mut op {
		Op::Dense(Dense { weights, bias, inputs }) => (weights, bias, *inputs, 1, 1),
		Op::Conv(Conv { weights, bias, shape, groups, window }) => {
			if window.is_padded() && offset.iter().any(|&o| o != 0.0) {
				return None;
			}
			(weights, bias, shape[1], window.taps(), *groups)
		},
		_ => return None,
	};
	let outputs = bias.len();
	for (o, bias) in bias.iter_mut().enumerate() {
		let mut sum = f64::from(*bias);
		for j in 0..inputs {
			let channel = o / (outputs / groups) * inputs + j;
			for weight in &mut weights[(o * inputs + j) * taps..(o * inputs + j + 1) * taps] {
				sum += f64::from(*weight) * f64::from(offset[channel]);
				*weight = (f64::from(*weight) * f64::from(factor[channel])) as f32;
			}
		}
		*bias = sum as f32;
	}
	Some(op)
}

/// Turns one mean whose count is no power of two into a sum.
fn sum_instead_of_mean(net: &mut Net) -> bool {
	for index in 0..net.layers.len() {
		let layer = &net.layers[index];
		let (input, output) = (layer.inputs[0], layer.outputs[0]);
		let shape = net.shape(input);
		let (count, sum) = match &layer.op {
			Op::Reduce { how: Reduction::Mean, axes, keep } => {
				let count: usize = axes.iter().map(|&axis| shape[axis]).product();
				(count, Op::Reduce { how: Reduction::Sum, axes: axes.clone(), keep: *keep })
			},
			Op::AveragePool { window, include_pad }
				if !window.ceil && (*include_pad || !window.is_padded()) =>
			{
				(window.taps(), ones(window, shape[1]))
			},
			_ => continue,
		};
		if count.is_power_of_two() {
			continue;
		}
		let Some((leaves, passed)) = linear_leaves(net, output) else { continue };
		rescale(net, &leaves, &passed, 1.0 / count as f64, count as f64);
		net.layers[index].op = sum;
		return true;
	}
	false
}

/// A depthwise convolution that adds up each window.
fn ones(window: &Window, channels: usize) -> Op {
	Op::Conv(Conv {
		weights: vec![1.0; channels * window.taps()],
		shape: [&[channels, 1], window.kernel.as_slice()].concat(),
		bias: vec![0.0; channels],
		groups: channels,
		window: window.clone(),
	})
}

/// Finds a `HardSwish` written out: `x · HardSigmoid(x)`, or `x · clip(x + 3, 0, 6)`, which leaves
/// a division by 6.
fn fold_hard_swish(net: &mut Net) -> bool {
	for index in 0..net.layers.len() {
		if !matches!(net.layers[index].op, Op::Product) {
			continue;
		}
		let &[a, b] = net.layers[index].inputs.as_slice() else { continue };
		for (x, gate) in [(a, b), (b, a)] {
			let (Some(producer), Some(_)) = (net.producer(gate), net.only_consumer(gate)) else {
				continue;
			};
			let made_from = net.layers[producer].inputs[0];
			match net.layers[producer].op {
				Op::HardSigmoid { alpha, beta }
					if made_from == x && (alpha - 1.0 / 6.0).abs() < 1e-6 && beta == 0.5 =>
				{
					net.layers[index].op = Op::HardSwish;
					net.layers[index].inputs = vec![x];
					net.layers.remove(producer);
					return true;
				},
				Op::Clip { lo: 0.0, hi: 6.0 } => {
					let Some(adder) = net.producer(made_from) else { continue };
					let is_three = matches!(&net.layers[adder].op, Op::Affine(affine)
						if affine.is_addition() && affine.offset == [3.0]);
					if !is_three || net.layers[adder].inputs[0] != x {
						continue;
					}
					// The product is 6 · HardSwish(x): a factor that the next layers absorb.
					let output = net.layers[index].outputs[0];
					let shape = net.shape(output).to_vec();
					let name = format!("{}.sixth", net.tensors[output].name);
					let swish = net.add_tensor(name, shape.clone());
					let mut layer = net.layers[index].clone();
					layer.name = format!("{}.hardswish", layer.name);
					layer.op = Op::HardSwish;
					layer.inputs = vec![x];
					layer.outputs = vec![swish];
					net.layers[index].op = Op::Affine(Affine {
						shape: vec![1; shape.len()],
						factor: vec![6.0],
						offset: vec![0.0],
					});
					net.layers[index].inputs = vec![swish];
					net.layers.insert(index, layer);
					net.drop_dead_layers();
					return true;
				},
				_ => {},
			}
		}
	}
	false
}

/// Finds a `HardSigmoid` written out: `clip(x + 3, 0, 6) / 6`.
fn fold_hard_sigmoid(net: &mut Net) -> bool {
	for index in 0..net.layers.len() {
		let Op::Affine(sixth) = &net.layers[index].op else { continue };
		if !matches!(sixth.factor[..], [factor] if (factor - 1.0 / 6.0).abs() < 1e-6)
			|| sixth.offset[0] != 0.0
		{
			continue;
		}
		let clipped = net.layers[index].inputs[0];
		let (Some(clip), Some(_)) = (net.producer(clipped), net.only_consumer(clipped)) else {
			continue;
		};
		if !matches!(net.layers[clip].op, Op::Clip { lo: 0.0, hi: 6.0 }) {
			continue;
		}
		let Some(adder) = net.producer(net.layers[clip].inputs[0]) else { continue };
		let adds_three = matches!(&net.layers[adder].op, Op::Affine(affine)
			if affine.is_addition() && affine.offset == [3.0]);
		if adds_three {
			net.layers[index].op = Op::HardSigmoid { alpha: 1.0 / 6.0, beta: 0.5 };
			net.layers[index].inputs = vec![net.layers[adder].inputs[0]];
			net.drop_dead_layers();
			return true;
		}
	}
	false
}

/// Gives constant factors that are left the form of a linear layer.
fn realise(net: &mut Net) -> Result<(), ModelError> {
	for index in 0..net.layers.len() {
		let Op::Affine(affine) = &net.layers[index].op else { continue };
		if affine.is_power_of_two() || affine.is_addition() {
			continue;
		}
		let shape = net.shape(net.layers[index].inputs[0]);
		let rank = shape.len();
		let depthwise = (rank == 3 || rank == 4).then(|| affine.per_channel(1, shape[1])).flatten();
		let op = if let Some((weights, bias)) = depthwise {
			let channels = weights.len();
			let kernel = vec![1; rank - 2];
			Op::Conv(Conv {
				weights,
				shape: [&[channels, 1], kernel.as_slice()].concat(),
				bias,
				groups: channels,
				window: Window {
					strides: kernel.clone(),
					begins: vec![0; rank - 2],
					ends: vec![0; rank - 2],
					dilations: kernel.clone(),
					kernel,
					ceil: false,
				},
			})
		} else if let Some((factor, bias)) =
			shape.last().and_then(|&channels| affine.per_channel(rank - 1, channels))
		{
			let inputs = factor.len();
			let mut weights = vec![0.0; inputs * inputs];
			factor.iter().enumerate().for_each(|(c, &f)| weights[c * inputs + c] = f);
			Op::Dense(Dense { weights, inputs, bias })
		} else {
			return Err(ModelError::Node {
				node: net.layers[index].name.clone(),
				op: "Mul".into(),
				what: "a constant that varies along several axes is not supported, only one \
				       number for each channel"
					.into(),
			});
		};
		net.layers[index].op = op;
	}
	Ok(())
}

/// The values of an addition's constant, for every element of a shape.
pub(super) fn spread(affine: &Affine, shape: &[usize]) -> Vec<f32> {
	broadcast_index(&affine.shape, shape).into_iter().map(|at| affine.offset[at]).collect()
}
