//! Channels that do not depend on the input.

use super::{
	calibrate::Observation,
	net::{Conv, Dense, Move, Net, Op, TensorId},
	options::QuantizeOptions,
	place::place,
	shape::shapes,
	Folded,
};
use std::collections::{BTreeMap, BTreeSet};

/// A layer with weights, what it passes through, and the layer with weights that takes all of it.
struct Chain {
	from: usize,
	between: Vec<usize>,
	to: usize,
}

/// Removes channels that do not depend on the input, adding what they always give to the bias of
/// the next layer.
pub(super) fn fold_dead_channels(
	net: &mut Net,
	observed: &mut BTreeMap<TensorId, Observation>,
	options: &QuantizeOptions,
) -> Vec<Folded> {
	let mut folded = Vec::new();
	let quantized = place(net, &BTreeSet::new()).quantized;
	for from in 0..net.layers.len() {
		let Some(chain) = chain(net, from) else { continue };
		let layer = &net.layers[from];
		let Some(input) = observed.get(&layer.inputs[0]) else { continue };
		let results =
			std::iter::once(&from).chain(&chain.between).map(|&index| net.layers[index].outputs[0]);
		let Some(output) = results.into_iter().find(|tensor| quantized.contains(tensor)) else {
			continue;
		};
		let Some(output) = observed.get(&output) else { continue };
		// A change of the sum this small moves the quantised result only at a tie.
		let negligible = output.scale(options.method, 8).step() / 4_096.0;
		let largest = input.scale(options.method, 8).largest();
		let dead: Vec<usize> = (0..outputs(&layer.op).len())
			.filter(|&channel| {
				let reach: f64 = row(&layer.op, channel).iter().map(|w| f64::from(w.abs())).sum();
				// A bias so low that a ReLU gives 0 whatever the input is.
				let first = chain.between.first().map(|&index| &net.layers[index].op);
				let never = f64::from(outputs(&layer.op)[channel]) + reach * largest <= 0.0
					&& matches!(first, Some(Op::Relu));
				(never || reach * largest < negligible)
					&& absorbs(net, &chain, constant(net, &chain, channel))
			})
			.collect();
		if dead.is_empty() || dead.len() == outputs(&layer.op).len() {
			continue;
		}
		folded.push(Folded { layer: layer.name.clone(), channels: dead.clone() });
		remove(net, &chain, &dead, observed);
	}
	folded
}

fn outputs(op: &Op) -> &[f32] {
	match op {
		Op::Conv(Conv { bias, .. }) | Op::Dense(Dense { bias, .. }) => bias,
		_ => &[],
	}
}

fn row(op: &Op, channel: usize) -> &[f32] {
	match op {
		Op::Conv(Conv { weights, bias, .. }) | Op::Dense(Dense { weights, bias, .. }) => {
			let row = weights.len() / bias.len();
			&weights[channel * row..(channel + 1) * row]
		},
		_ => &[],
	}
}

/// The way from a layer with weights to the only other that takes its channels.
fn chain(net: &Net, from: usize) -> Option<Chain> {
	let plain = |op: &Op, rank: usize| match op {
		Op::Conv(conv) => conv.groups == 1,
		Op::Dense(_) => rank == 2,
		_ => false,
	};
	let mut tensor = *net.layers[from].outputs.first()?;
	if !plain(&net.layers[from].op, net.shape(tensor).len()) {
		return None;
	}
	let mut between = Vec::new();
	loop {
		let next = net.only_consumer(tensor)?;
		let layer = &net.layers[next];
		let shape = net.shape(tensor);
		let result = net.shape(*layer.outputs.first()?);
		let flattens = result.len() == 2 && result[0] == shape[0];
		match &layer.op {
			op if plain(op, shape.len()) => return Some(Chain { from, between, to: next }),
			Op::Relu | Op::Clip { .. } | Op::MaxPool(_) => {},
			Op::Leaky { slopes, .. } if slopes.len() == 1 => {},
			Op::Move(Move::Flatten(_) | Move::Reshape(_)) if flattens => {},
			_ => return None,
		}
		between.push(next);
		tensor = layer.outputs[0];
	}
}

/// What a channel that does not depend on the input always gives at the end of its way.
fn constant(net: &Net, chain: &Chain, channel: usize) -> f32 {
	let bias = outputs(&net.layers[chain.from].op)[channel];
	chain.between.iter().fold(bias, |value, &index| match &net.layers[index].op {
		Op::Relu => value.max(0.0),
		Op::Clip { lo, hi } => value.max(*lo).min(*hi),
		Op::Leaky { slopes, .. } if value < 0.0 => slopes[0] * value,
		_ => value,
	})
}

/// Whether the last layer can take a constant channel into its bias: not at a padded border.
fn absorbs(net: &Net, chain: &Chain, constant: f32) -> bool {
	match &net.layers[chain.to].op {
		Op::Conv(conv) => constant == 0.0 || !conv.window.is_padded(),
		_ => true,
	}
}

fn retain<T>(values: &mut Vec<T>, keep: impl Fn(usize) -> bool) {
	let mut index = 0;
	values.retain(|_| {
		index += 1;
		keep(index - 1)
	});
}

fn remove(
	net: &mut Net,
	chain: &Chain,
	dead: &[usize],
	observed: &mut BTreeMap<TensorId, Observation>,
) {
	let constants: Vec<f32> = dead.iter().map(|&c| constant(net, chain, c)).collect();
	let channels = outputs(&net.layers[chain.from].op).len();
	let input = net.layers[chain.to].inputs[0];
	match &mut net.layers[chain.to].op {
		Op::Dense(Dense { weights, inputs, bias }) => {
			let each = *inputs / channels;
			for (o, bias) in bias.iter_mut().enumerate() {
				for (&c, constant) in dead.iter().zip(&constants) {
					let features = o * *inputs + c * each..o * *inputs + (c + 1) * each;
					*bias += weights[features].iter().sum::<f32>() * constant;
				}
			}
			let all = *inputs;
			retain(weights, |index| !dead.contains(&(index % all / each)));
			*inputs -= dead.len() * each;
		},
		Op::Conv(Conv { weights, bias, shape, .. }) => {
			let taps = weights.len() / (bias.len() * channels);
			for (o, bias) in bias.iter_mut().enumerate() {
				for (&c, constant) in dead.iter().zip(&constants) {
					let at = (o * channels + c) * taps;
					*bias += weights[at..at + taps].iter().sum::<f32>() * constant;
				}
			}
			retain(weights, |index| !dead.contains(&(index / taps % channels)));
			shape[1] -= dead.len();
		},
		_ => {},
	}
	match &mut net.layers[chain.from].op {
		Op::Conv(Conv { weights, bias, .. }) | Op::Dense(Dense { weights, bias, .. }) => {
			let row = weights.len() / channels;
			retain(weights, |index| !dead.contains(&(index / row)));
			retain(bias, |index| !dead.contains(&index));
		},
		_ => {},
	}
	if let Op::Conv(Conv { shape, .. }) = &mut net.layers[chain.from].op {
		shape[0] -= dead.len();
	}
	for &index in std::iter::once(&chain.from).chain(&chain.between) {
		if let op @ Op::Move(Move::Reshape(_)) = &mut net.layers[index].op {
			*op = Op::Move(Move::Flatten(1));
		}
		let tensor = net.layers[index].outputs[0];
		let count: usize = net.shape(tensor).iter().product();
		let plane = count / (net.shape(tensor)[0] * channels);
		if let Some(observation) = observed.get_mut(&tensor) {
			observation.retain(|at| !dead.contains(&(at / plane % channels)));
		}
		let from = net.shape(net.layers[index].inputs[0]);
		let shape = shapes(&net.layers[index].op, &[from]).map(|mut shapes| shapes.swap_remove(0));
		net.tensors[tensor].shape = shape.expect("fewer channels have a shape, too");
	}
	debug_assert!(shapes(&net.layers[chain.to].op, &[net.shape(input)]).is_ok());
}
