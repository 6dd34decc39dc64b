//! Which tensors are quantised.
//!
//! A tensor is *narrow* (integers of 8 bits times one power of two) or *wide* (exact sums). Layers
//! with weights, products and tables need narrow inputs; a tensor that one of them takes is
//! quantised where it is made, once for all that take it. So rectifications and max-poolings,
//! which keep wide tensors wide, run before the quantisation, and residual additions join sums.

use super::{
	grid::is_short,
	net::{Move, Net, Op, PadMode, Reduction, TensorId},
};
use std::collections::BTreeSet;

/// The tensors that are quantised, and those that are narrow.
#[derive(Clone, Debug)]
pub(super) struct Placement {
	/// Tensors with a `QuantizeLinear` after them.
	pub(super) quantized: BTreeSet<TensorId>,
	/// Tensors that are narrow, these included.
	pub(super) narrow: BTreeSet<TensorId>,
}

/// Whether a layer takes only narrow tensors.
fn needs_narrow(net: &Net, index: usize) -> bool {
	let layer = &net.layers[index];
	layer.op.is_linear() || matches!(layer.op, Op::Product | Op::MatMul) || is_table(net, index)
}

/// Whether a layer's result is no exact integer and so must be quantised.
pub(super) fn is_table(net: &Net, index: usize) -> bool {
	let layer = &net.layers[index];
	match &layer.op {
		Op::HardSwish
		| Op::HardSigmoid { .. }
		| Op::Curve(_)
		| Op::Softmax(_)
		| Op::Normalizer(_)
		| Op::LayerNorm(_) => true,
		// A slope that is no short binary fraction leaves the integers.
		Op::Leaky { slopes, .. } => slopes.len() == 1 && !is_short(slopes),
		Op::Reduce { how: Reduction::Mean, axes, .. } => {
			let shape = net.shape(layer.inputs[0]);
			let count: usize = axes.iter().map(|&axis| shape[axis]).product();
			!count.is_power_of_two()
		},
		Op::AveragePool { window, include_pad } => {
			let even = !window.ceil && (*include_pad || !window.is_padded());
			!(even && window.taps().is_power_of_two())
		},
		_ => false,
	}
}

/// Whether a layer gives a narrow tensor for narrow ones.
fn keeps_narrow(op: &Op) -> bool {
	match op {
		Op::Move(Move::Concat(_)) => false,
		Op::Move(Move::Pad { mode: PadMode::Constant(value), .. }) => *value == 0.0,
		Op::Move(_) | Op::Relu | Op::Clip { .. } | Op::MaxPool(_) => true,
		Op::Reduce { how: Reduction::Max, .. } => true,
		_ => false,
	}
}

/// Chooses where to quantise; `forced` tensors are in any case.
pub(super) fn place(net: &Net, forced: &BTreeSet<TensorId>) -> Placement {
	let mut placement = Placement { quantized: BTreeSet::new(), narrow: BTreeSet::new() };
	let settle = |placement: &mut Placement, tensor: TensorId, must: bool| {
		if placement.narrow.contains(&tensor) {
			return;
		}
		let wanted = net.consumers(tensor).iter().any(|&consumer| needs_narrow(net, consumer));
		if must || wanted || forced.contains(&tensor) {
			placement.quantized.insert(tensor);
			placement.narrow.insert(tensor);
		}
	};
	let first = first_quantized(net);
	placement.quantized.insert(first);
	placement.narrow.insert(first);
	for index in 0..net.layers.len() {
		let layer = &net.layers[index];
		if layer.inputs.iter().all(|input| placement.narrow.contains(input))
			&& keeps_narrow(&layer.op)
		{
			placement.narrow.extend(&layer.outputs);
		}
		for &output in &layer.outputs {
			settle(&mut placement, output, is_table(net, index));
		}
	}
	placement
}

/// The model's input, or what reshapes directly after it make of it.
pub(super) fn first_quantized(net: &Net) -> TensorId {
	let mut tensor = net.input;
	while let &[consumer] = net.consumers(tensor).as_slice() {
		let layer = &net.layers[consumer];
		let reshapes = matches!(
			layer.op,
			Op::Move(Move::Reshape(_) | Move::Flatten(_) | Move::Squeeze(_) | Move::Unsqueeze(_))
		);
		if !reshapes || net.is_output(layer.outputs[0]) {
			break;
		}
		tensor = layer.outputs[0];
	}
	tensor
}

/// The quantised tensors, or outputs, that a tensor reaches without passing another quantisation.
pub(super) fn next_quantized(net: &Net, placement: &Placement, from: TensorId) -> Vec<TensorId> {
	let (mut found, mut open, mut seen) = (Vec::new(), vec![from], BTreeSet::new());
	while let Some(tensor) = open.pop() {
		if !seen.insert(tensor) {
			continue;
		}
		if placement.quantized.contains(&tensor) {
			found.push(tensor);
			continue;
		}
		for consumer in net.consumers(tensor) {
			open.extend(&net.layers[consumer].outputs);
		}
	}
	found
}
