//! Shapes of operators' results.

use super::{
	moves::moved,
	net::{broadcast_shape, Op},
};
use crate::error::show_shape;

/// The shapes of an operator's results; an explanation if the inputs do not fit.
pub(super) fn shapes(op: &Op, inputs: &[&[usize]]) -> Result<Vec<Vec<usize>>, String> {
	let first = *inputs.first().ok_or("an input is missing")?;
	let misfit = |what: &str| Err(format!("an input of shape {} for {what}", show_shape(first)));
	Ok(vec![match op {
		Op::Conv(conv) => {
			if first.len() != conv.shape.len() || first[1] != conv.shape[1] * conv.groups {
				return misfit(&format!("weights of shape {}", show_shape(&conv.shape)));
			}
			let spatial = conv.window.outputs(&first[2..]).ok_or("the window is too large")?;
			[&[first[0], conv.bias.len()], spatial.as_slice()].concat()
		},
		Op::Dense(dense) => {
			if first.is_empty() || first[first.len() - 1] != dense.inputs {
				return misfit(&format!("{}×{} weights", dense.inputs, dense.bias.len()));
			}
			[&first[..first.len() - 1], &[dense.bias.len()]].concat()
		},
		Op::Affine(affine) => match broadcast_shape(first, &affine.shape) {
			Some(shape) if shape == first => shape,
			_ => return misfit(&format!("a constant of shape {}", show_shape(&affine.shape))),
		},
		Op::Leaky { shape: slopes, .. } => match broadcast_shape(first, slopes) {
			Some(shape) if shape == first => shape,
			_ => return misfit(&format!("slopes of shape {}", show_shape(slopes))),
		},
		Op::Sum(_) | Op::Product | Op::Min | Op::Max => {
			let mut shape = first.to_vec();
			for other in &inputs[1..] {
				shape = broadcast_shape(&shape, other).ok_or_else(|| {
					format!("shapes {} and {}", show_shape(&shape), show_shape(other))
				})?;
			}
			shape
		},
		Op::Relu
		| Op::Clip { .. }
		| Op::Abs
		| Op::HardSigmoid { .. }
		| Op::HardSwish
		| Op::Curve(_)
		| Op::Softmax(_)
		| Op::Normalizer(_)
		| Op::LayerNorm(_) => first.to_vec(),
		Op::MatMul => match inputs {
			&[a, b] => matrices(a, b).ok_or_else(|| {
				format!("matrices of shapes {} and {}", show_shape(a), show_shape(b))
			})?,
			_ => return misfit("another matrix"),
		},
		Op::MaxPool(window) | Op::AveragePool { window, .. } => {
			let spatial = first.get(2..).and_then(|spatial| window.outputs(spatial));
			[&first[..2], spatial.ok_or("the window is too large")?.as_slice()].concat()
		},
		Op::Reduce { axes, keep, .. } => reduced(first, axes, *keep)?,
		Op::ArgMax { axis, keep, .. } => reduced(first, &[*axis], *keep)?,
		Op::TopK { count, axis, .. } => {
			let size = first.get(*axis).ok_or_else(|| format!("no axis {axis}"))?;
			if count > size || *count == 0 {
				return Err(format!("the {count} largest of {size}"));
			}
			let mut shape = first.to_vec();
			shape[*axis] = *count;
			return Ok(vec![shape.clone(), shape]);
		},
		Op::Move(op) => {
			return Ok(moved(op, inputs)?.into_iter().map(|moved| moved.shape).collect())
		},
	}])
}

/// The shape of the products of two activations' matrices.
fn matrices(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
	let (&[ref lead_a @ .., rows, terms], &[ref lead_b @ .., other, columns]) = (a, b) else {
		return None;
	};
	let lead = broadcast_shape(lead_a, lead_b).filter(|_| terms == other)?;
	Some([lead.as_slice(), &[rows, columns]].concat())
}

fn reduced(shape: &[usize], axes: &[usize], keep: bool) -> Result<Vec<usize>, String> {
	if let Some(axis) = axes.iter().find(|&&axis| axis >= shape.len()) {
		return Err(format!("no axis {axis}"));
	}
	Ok((shape.iter().enumerate())
		.filter(|(axis, _)| keep || !axes.contains(axis))
		.map(|(axis, &size)| if axes.contains(&axis) { 1 } else { size })
		.collect())
}

/// For every element of a reduction's result, the positions that it combines.
pub(super) fn reduced_positions(shape: &[usize], axes: &[usize]) -> Vec<Vec<usize>> {
	let mut groups: Vec<Vec<usize>> = vec![vec![0]];
	for (axis, &size) in shape.iter().enumerate() {
		groups = if axes.contains(&axis) {
			let spread = |&base: &usize| (0..size).map(move |index| base * size + index);
			groups.iter().map(|group| group.iter().flat_map(spread).collect()).collect()
		} else {
			(groups.iter())
				.flat_map(|group| {
					(0..size).map(|index| group.iter().map(|base| base * size + index).collect())
				})
				.collect()
		};
	}
	groups
}
