//! Finds `Silu` and `Gelu` written out, as exporters of older operator sets do.

use super::net::{Affine, Layer, Net, Op, TensorId};
use crate::curve::Curve;

/// The layer that makes a tensor which one layer alone takes.
fn private(net: &Net, tensor: TensorId) -> Option<usize> {
	net.only_consumer(tensor)?;
	net.producer(tensor).filter(|_| !net.is_output(tensor))
}

/// The products of two activations, both ways round: the layer, one operand, and the other.
fn products(net: &Net) -> Vec<(usize, TensorId, TensorId)> {
	let products =
		net.layers.iter().enumerate().filter(|(_, layer)| matches!(layer.op, Op::Product));
	products
		.filter_map(|(index, layer)| match layer.inputs.as_slice() {
			&[a, b] if a != b => Some([(index, a, b), (index, b, a)]),
			_ => None,
		})
		.flatten()
		.collect()
}

/// `x · Sigmoid(x)`.
pub(super) fn fold_silu(net: &mut Net) -> bool {
	for (index, x, gate) in products(net) {
		let Some(sigmoid) = private(net, gate) else { continue };
		let is_gate = matches!(net.layers[sigmoid].op, Op::Curve(Curve::Sigmoid));
		if is_gate && net.layers[sigmoid].inputs == [x] {
			net.layers[index].op = Op::Curve(Curve::Silu);
			net.layers[index].inputs = vec![x];
			net.drop_dead_layers();
			return true;
		}
	}
	false
}

/// `x · (1 + Erf(x / √2))`, which is twice `Gelu`: the factor stays behind it.
pub(super) fn fold_gelu(net: &mut Net) -> bool {
	for (index, x, gate) in products(net) {
		let adds_one = |op: &Op| matches!(op, Op::Affine(affine) if affine.is_addition() && affine.offset == [1.0]);
		let divides = |op: &Op| {
			matches!(op, Op::Affine(Affine { factor, offset, .. })
				if offset == &[0.0] && factor.len() == 1
					&& (f64::from(factor[0]) - std::f64::consts::FRAC_1_SQRT_2).abs() < 1e-6)
		};
		let found = private(net, gate).filter(|&at| adds_one(&net.layers[at].op)).and_then(|one| {
			let erf = private(net, net.layers[one].inputs[0])?;
			let root = private(net, net.layers[erf].inputs[0])?;
			let is_gelu = matches!(net.layers[erf].op, Op::Curve(Curve::Erf))
				&& divides(&net.layers[root].op)
				&& net.layers[root].inputs == [x];
			is_gelu.then_some(())
		});
		if found.is_none() {
			continue;
		}
		let output = net.layers[index].outputs[0];
		let shape = net.shape(output).to_vec();
		let name = format!("{}.half", net.tensors[output].name);
		let gelu = net.add_tensor(name, shape.clone());
		let layer = Layer {
			name: format!("{}.gelu", net.layers[index].name),
			op: Op::Curve(Curve::Gelu),
			inputs: vec![x],
			outputs: vec![gelu],
		};
		let twice = Affine { shape: vec![1; shape.len()], factor: vec![2.0], offset: vec![0.0] };
		net.layers[index].op = Op::Affine(twice);
		net.layers[index].inputs = vec![gelu];
		net.layers.insert(index, layer);
		net.drop_dead_layers();
		return true;
	}
	false
}
