//! Layers as ONNX nodes: what floats and integers have in common.

use super::{
	export::Exporter,
	net::{Conv, Layer, Move, Net, Op, PadMode, Reduction},
	proto::{self, float, int, ints, string},
	window::Window,
};
use crate::{curve::Curve, onnx::protobuf::AttributeProto};

/// Whether a dense layer has the form of a `Gemm`, weights by output, or else of a `MatMul`.
pub(super) fn is_gemm(net: &Net, index: usize) -> bool {
	net.shape(net.layers[index].inputs[0]).len() == 2
}

/// Weights, stored by output, in the order that the form asks for.
pub(super) fn matrix<T: Copy>(weights: &[T], inputs: usize, by_output: bool) -> Vec<T> {
	if by_output {
		return weights.to_vec();
	}
	let outputs = weights.len() / inputs;
	(0..inputs).flat_map(|j| (0..outputs).map(move |o| weights[o * inputs + j])).collect()
}

/// The shape of a weight matrix, and the axis of its outputs.
pub(super) fn matrix_shape(inputs: usize, outputs: usize, by_output: bool) -> ([usize; 2], usize) {
	if by_output {
		([outputs, inputs], 0)
	} else {
		([inputs, outputs], 1)
	}
}

fn window_attributes(window: &Window) -> Vec<AttributeProto> {
	let mut attributes = vec![
		ints("kernel_shape", &window.kernel),
		ints("strides", &window.strides),
		ints("pads", &[window.begins.as_slice(), &window.ends].concat()),
	];
	if window.dilations.iter().any(|&dilation| dilation != 1) {
		attributes.push(ints("dilations", &window.dilations));
	}
	if window.ceil {
		attributes.push(int("ceil_mode", 1));
	}
	attributes
}

/// Names of a layer's inputs and outputs.
fn ends(exporter: &Exporter<'_>, index: usize) -> (Vec<String>, Vec<String>) {
	let Layer { inputs, outputs, .. } = &exporter.net.layers[index];
	let names = |tensors: &[usize]| tensors.iter().map(|&tensor| exporter.name(tensor)).collect();
	(names(inputs), names(outputs))
}

pub(super) fn conv(
	exporter: &mut Exporter<'_>,
	index: usize,
	conv: &Conv,
	weights: &str,
	bias: &str,
) {
	let (inputs, outputs) = ends(exporter, index);
	let mut attributes = window_attributes(&conv.window);
	if conv.groups != 1 {
		attributes.push(int("group", conv.groups as i64));
	}
	let name = exporter.net.layers[index].name.clone();
	exporter.node("Conv", &name, &[&inputs[0], weights, bias], &[&outputs[0]], attributes);
}

pub(super) fn dense(exporter: &mut Exporter<'_>, index: usize, weights: &str, bias: &str) {
	let (inputs, outputs) = ends(exporter, index);
	let name = exporter.net.layers[index].name.clone();
	if is_gemm(exporter.net, index) {
		let attributes = vec![int("transB", 1)];
		exporter.node("Gemm", &name, &[&inputs[0], weights, bias], &[&outputs[0]], attributes);
	} else {
		let sums = exporter.unique(&format!("{name}.sums"));
		exporter.node("MatMul", &name, &[&inputs[0], weights], &[&sums], vec![]);
		let add = format!("{name}.add");
		exporter.node("Add", &add, &[&sums, bias], &[&outputs[0]], vec![]);
	}
}

/// Adds a constant.
pub(super) fn addition(exporter: &mut Exporter<'_>, index: usize, addend: &str) {
	let (inputs, outputs) = ends(exporter, index);
	let name = exporter.net.layers[index].name.clone();
	exporter.node("Add", &name, &[&inputs[0], addend], &[&outputs[0]], vec![]);
}

/// A scalar or list that a node takes as an input.
fn longs(exporter: &mut Exporter<'_>, name: &str, values: &[i64]) -> String {
	exporter.constant(proto::longs(name, &[values.len()], values))
}

fn sizes(values: &[usize]) -> Vec<i64> {
	values.iter().map(|&value| value as i64).collect()
}

/// A layer without constants that are quantised.
pub(super) fn layer(exporter: &mut Exporter<'_>, index: usize) {
	let Layer { name, op, .. } = exporter.net.layers[index].clone();
	let (inputs, outputs) = ends(exporter, index);
	let mut inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
	let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
	let shape = exporter.net.shape(exporter.net.layers[index].inputs[0]).to_vec();
	let spatial: Vec<usize> = (2..shape.len()).collect();
	let mut extra: Vec<String> = Vec::new();
	let masked: String;
	let (kind, attributes) = match &op {
		Op::Conv(_) | Op::Dense(_) => unreachable!("layers with weights are written elsewhere"),
		Op::Affine(affine) if affine.factor == [-1.0] => ("Neg", vec![]),
		Op::Affine(affine) => {
			let factor = proto::floats(&format!("{name}.factor"), &[], &affine.factor);
			extra.push(exporter.constant(factor));
			("Mul", vec![])
		},
		Op::Sum(signs) if signs.as_slice() == [false, true] => ("Sub", vec![]),
		Op::Sum(signs) if signs.len() == 2 => ("Add", vec![]),
		Op::Sum(_) => ("Sum", vec![]),
		Op::Product => ("Mul", vec![]),
		Op::Relu => ("Relu", vec![]),
		Op::Leaky { shape, slopes } if shape.iter().all(|&size| size == 1) => {
			("LeakyRelu", vec![float("alpha", slopes[0])])
		},
		Op::Leaky { shape, slopes } => {
			// onnxruntime broadcasts slopes from the right; leading ones only stand in the way.
			let from = shape.iter().position(|&size| size != 1).unwrap_or(0);
			let slope = proto::floats(&format!("{name}.slope"), &shape[from..], slopes);
			extra.push(exporter.constant(slope));
			("PRelu", vec![])
		},
		Op::Clip { lo, hi } => {
			for (bound, what) in [(lo, "min"), (hi, "max")] {
				extra.push(if bound.is_finite() {
					exporter.constant(proto::floats(&format!("{name}.{what}"), &[], &[*bound]))
				} else {
					String::new()
				});
			}
			while extra.last().is_some_and(String::is_empty) {
				extra.pop();
			}
			("Clip", vec![])
		},
		Op::Abs => ("Abs", vec![]),
		Op::HardSigmoid { alpha, beta } => {
			("HardSigmoid", vec![float("alpha", *alpha), float("beta", *beta)])
		},
		Op::HardSwish => ("HardSwish", vec![]),
		Op::Curve(Curve::Silu) => {
			let gate = exporter.unique(&format!("{name}.gate"));
			exporter.node("Sigmoid", &gate, &inputs, &[&gate], vec![]);
			extra.push(gate);
			("Mul", vec![])
		},
		Op::Curve(curve) => (curve.name(), vec![]),
		Op::MatMul => ("MatMul", vec![]),
		Op::Softmax(softmax) => {
			if let Some((shape, mask)) = &softmax.mask {
				let mask = exporter.constant(proto::floats(&format!("{name}.mask"), shape, mask));
				masked = exporter.unique(&format!("{name}.masked"));
				exporter.node("Add", &masked.clone(), &[inputs[0], &mask], &[&masked], vec![]);
				inputs[0] = &masked;
			}
			("Softmax", vec![int("axis", softmax.axis as i64)])
		},
		Op::Normalizer(norm) => ("Normalizer", vec![string("norm", norm)]),
		Op::LayerNorm(norm) => {
			for (values, what) in [(&norm.scale, "scale"), (&norm.bias, "bias")] {
				let tensor = proto::floats(&format!("{name}.{what}"), &norm.shape, values);
				extra.push(exporter.constant(tensor));
			}
			let attributes = vec![int("axis", norm.axis as i64), float("epsilon", norm.epsilon)];
			("LayerNormalization", attributes)
		},
		Op::Min => ("Min", vec![]),
		Op::Max => ("Max", vec![]),
		Op::MaxPool(window) => ("MaxPool", window_attributes(window)),
		Op::AveragePool { window, include_pad } => {
			let mut attributes = window_attributes(window);
			attributes.push(int("count_include_pad", (*include_pad).into()));
			("AveragePool", attributes)
		},
		Op::Reduce { how: Reduction::Mean, axes, keep: true }
			if *axes == spatial && shape.len() > 2 =>
		{
			("GlobalAveragePool", vec![])
		},
		Op::Reduce { how: Reduction::Max, axes, keep: true }
			if *axes == spatial && shape.len() > 2 =>
		{
			("GlobalMaxPool", vec![])
		},
		Op::Reduce { how, axes, keep } => {
			let mut attributes = vec![int("keepdims", (*keep).into())];
			if *how == Reduction::Sum {
				extra.push(longs(exporter, &format!("{name}.axes"), &sizes(axes)));
			} else {
				attributes.push(ints("axes", axes));
			}
			match how {
				Reduction::Mean => ("ReduceMean", attributes),
				Reduction::Sum => ("ReduceSum", attributes),
				Reduction::Max => ("ReduceMax", attributes),
			}
		},
		Op::ArgMax { axis, keep, last } => {
			let mut attributes = vec![int("axis", *axis as i64), int("keepdims", (*keep).into())];
			if *last {
				attributes.push(int("select_last_index", 1));
			}
			("ArgMax", attributes)
		},
		Op::TopK { count, axis, largest, sorted } => {
			extra.push(longs(exporter, &format!("{name}.k"), &[*count as i64]));
			let attributes = vec![
				int("axis", *axis as i64),
				int("largest", (*largest).into()),
				int("sorted", (*sorted).into()),
			];
			("TopK", attributes)
		},
		Op::Move(op) => moving(exporter, &name, op, &shape, &mut extra),
	};
	inputs.extend(extra.iter().map(String::as_str));
	exporter.node(kind, &name, &inputs, &outputs, attributes);
}

fn moving(
	exporter: &mut Exporter<'_>,
	name: &str,
	op: &Move,
	shape: &[usize],
	extra: &mut Vec<String>,
) -> (&'static str, Vec<AttributeProto>) {
	let mut list = |what: &str, values: &[i64]| {
		extra.push(longs(exporter, &format!("{name}.{what}"), values));
	};
	match op {
		Move::Reshape(target) => {
			list("shape", target);
			("Reshape", vec![])
		},
		Move::Flatten(axis) => ("Flatten", vec![int("axis", *axis as i64)]),
		Move::Squeeze(axes) => {
			list("axes", &sizes(axes));
			("Squeeze", vec![])
		},
		Move::Unsqueeze(axes) => {
			list("axes", &sizes(axes));
			("Unsqueeze", vec![])
		},
		Move::Transpose(perm) => ("Transpose", vec![ints("perm", perm)]),
		Move::Slice(ranges) => {
			// Axes that are kept whole are left out, the batch among them.
			let cut: Vec<usize> =
				(0..ranges.len()).filter(|&axis| ranges[axis] != (0, 1, shape[axis])).collect();
			let cut = if cut.is_empty() { vec![ranges.len() - 1] } else { cut };
			let of = |f: &dyn Fn((i64, i64, usize)) -> i64| -> Vec<i64> {
				cut.iter().map(|&axis| f(ranges[axis])).collect()
			};
			let end = |(start, step, count): (i64, i64, usize)| {
				let last = start + step * (count as i64 - 1);
				if step > 0 {
					last + 1
				} else if last == 0 {
					i64::MIN + 1
				} else {
					last - 1
				}
			};
			list("starts", &of(&|(start, _, _)| start));
			list("ends", &of(&end));
			list("axes", &sizes(&cut));
			list("steps", &of(&|(_, step, _)| step));
			("Slice", vec![])
		},
		Move::Gather { axis, indices, shape } => {
			let indices = proto::longs(&format!("{name}.indices"), shape, &sizes(indices));
			extra.push(exporter.constant(indices));
			("Gather", vec![int("axis", *axis as i64)])
		},
		Move::Pad { begins, ends, mode } => {
			list("pads", &sizes(&[begins.as_slice(), ends].concat()));
			let mode = match mode {
				PadMode::Constant(value) => {
					if *value != 0.0 {
						let value = proto::floats(&format!("{name}.value"), &[], &[*value]);
						extra.push(exporter.constant(value));
					}
					"constant"
				},
				PadMode::Edge => "edge",
				PadMode::Reflect => "reflect",
			};
			("Pad", vec![string("mode", mode)])
		},
		Move::Concat(axis) => ("Concat", vec![int("axis", *axis as i64)]),
		Move::Split { axis, sizes: parts } => {
			list("split", &sizes(parts));
			("Split", vec![int("axis", *axis as i64)])
		},
	}
}
