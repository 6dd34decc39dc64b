//! From a float model to a quantised one, with scales that are powers of two.
//!
//! Activations become uint8, or int8 where they can be negative; weights int8 with one scale per
//! output channel; biases int32. The zero point is always 0. The exported model is ordinary ONNX
//! in QDQ form, and onnxruntime computes the integers of [`crate::lower`] bit for bit at every
//! optimisation level, because every sum stays below `2^24` and so exact in float32.

mod chain;
mod export;
mod scale;

use crate::{
	error::ModelError,
	graph::Graph,
	onnx::{float::FloatModel, protobuf::ModelProto, Model},
	samples::Samples,
};
use chain::{Dense, Step};
use scale::{activation_scale, dense_scales, ActivationScale};
use serde::Serialize;

/// A layer whose dead channels were folded into the next one's bias.
#[derive(Clone, Debug, Serialize)]
pub struct Folded {
	/// Name of the layer.
	pub layer: String,
	/// Its channels that did not depend on the input.
	pub channels: Vec<usize>,
}

/// A quantised model.
#[derive(Debug)]
pub struct Quantized {
	/// The model, in QDQ form.
	pub proto: ModelProto,
	/// Channels that were folded away.
	pub folded: Vec<Folded>,
}

/// Quantises a float model, calibrated on samples.
///
/// # Errors
/// [`ModelError`] at the first node that cannot be quantised, for weights that are not finite, or
/// for a model that is quantised already.
pub fn quantize(model: &Model, calibration: &Samples) -> Result<Quantized, ModelError> {
	let mut steps = chain::read(model)?;
	let observed = observe(model, &steps, calibration)?;
	let folded = fold_dead_channels(&mut steps, &observed);
	let quantized = dense_scales(&steps, &observed)?;
	let proto = export::export(model, &steps, &observed, &quantized);
	Ok(Quantized { proto, folded })
}

/// The bytes of an ONNX file.
pub fn encode(proto: &ModelProto) -> Vec<u8> {
	prost::Message::encode_to_vec(proto)
}

/// Scales of the activations that are quantised: the input, and the result of every dense layer
/// that another follows.
struct Observed {
	input: ActivationScale,
	/// By step; `None` where nothing is quantised after it.
	after: Vec<Option<ActivationScale>>,
}

impl Observed {
	/// The scale of what a dense layer at `step` takes.
	fn before(&self, step: usize) -> ActivationScale {
		self.after[..step].iter().rev().find_map(|scale| *scale).unwrap_or(self.input)
	}
}

/// Runs the float model on the samples and chooses scales for its activations.
fn observe(model: &Model, steps: &[Step], samples: &Samples) -> Result<Observed, ModelError> {
	let last = steps.iter().rposition(|step| matches!(step, Step::Dense(_))).unwrap_or(0);
	let ends: Vec<(usize, &str)> = (steps.iter().enumerate())
		.take(last)
		.filter_map(|(index, step)| match step {
			Step::Dense(dense) => Some((index, dense.output.as_str())),
			Step::Reshape(_) => None,
		})
		.collect();
	let mut values: Vec<Vec<f32>> = vec![Vec::new(); ends.len()];
	if !ends.is_empty() {
		let tensors: Vec<&str> = ends.iter().map(|&(_, tensor)| tensor).collect();
		let float = FloatModel::new(model, &tensors)?;
		for sample in samples.iter() {
			let outputs = float.run(sample)?;
			values.iter_mut().zip(outputs).for_each(|(all, output)| all.extend(output));
		}
	}
	let inputs: Vec<f32> = samples.iter().flatten().copied().collect();
	let mut after = vec![None; steps.len()];
	for ((index, _), values) in ends.iter().zip(&values) {
		after[*index] = Some(activation_scale(values));
	}
	Ok(Observed { input: activation_scale(&inputs), after })
}

/// Removes channels that do not depend on the input, adding what they always give to the bias of
/// the next layer.
fn fold_dead_channels(steps: &mut [Step], observed: &Observed) -> Vec<Folded> {
	let mut folded = Vec::new();
	for index in 1..steps.len() {
		let input = observed.before(index - 1);
		let (head, tail) = steps.split_at_mut(index);
		let (Step::Dense(dense), Step::Dense(next)) = (&mut head[index - 1], &mut tail[0]) else {
			continue;
		};
		let Some(output) = observed.after[index - 1] else { continue };
		// A change of the sum this small moves the quantised result only at a tie.
		let negligible = output.step() / 4_096.0;
		let dead: Vec<usize> = (0..dense.outputs())
			.filter(|&channel| {
				let reach: f64 = dense.row(channel).iter().map(|w| f64::from(w.abs())).sum();
				reach * input.largest() < negligible
			})
			.collect();
		if dead.is_empty() || dead.len() == dense.outputs() {
			continue;
		}
		for &channel in &dead {
			let constant =
				if dense.relu { dense.bias[channel].max(0.0) } else { dense.bias[channel] };
			for o in 0..next.outputs() {
				next.bias[o] += next.row(o)[channel] * constant;
			}
		}
		dense.remove_outputs(&dead);
		next.remove_inputs(&dead);
		folded.push(Folded { layer: dense.name.clone(), channels: dead });
	}
	folded
}

/// How a quantised model compares with its float original.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Accuracy {
	/// Samples compared.
	pub samples: usize,
	/// Share of right labels of the float model; `None` without labels.
	pub float: Option<f64>,
	/// Share of right labels of the quantised model; `None` without labels.
	pub quantized: Option<f64>,
	/// Share of samples to which both give the same label.
	pub agreement: f64,
}

/// Compares the labels (the largest output) of a float model and of its quantised graph.
///
/// Inputs beyond the quantised range saturate here, as they do in onnxruntime.
///
/// # Errors
/// [`ModelError::Evaluation`] if the float model cannot be run.
pub fn compare(float: &Model, graph: &Graph, samples: &Samples) -> Result<Accuracy, ModelError> {
	let runner = FloatModel::new(float, &[&float.outputs[0]])?;
	let (mut agree, mut float_right, mut quantized_right) = (0, 0, 0);
	for (index, sample) in samples.iter().enumerate() {
		let logits = runner.run(sample)?.swap_remove(0);
		let label =
			(1..logits.len()).fold(0, |best, i| if logits[i] > logits[best] { i } else { best });
		let integers = graph.evaluate(&graph.saturate_input(sample));
		let quantized = crate::argmax_value(&integers);
		agree += usize::from(label == quantized);
		if let Some(labels) = &samples.labels {
			float_right += usize::from(label as i64 == labels[index]);
			quantized_right += usize::from(quantized as i64 == labels[index]);
		}
	}
	let share = |count: usize| count as f64 / samples.len() as f64;
	let labelled = |count| samples.labels.is_some().then(|| share(count));
	Ok(Accuracy {
		samples: samples.len(),
		float: labelled(float_right),
		quantized: labelled(quantized_right),
		agreement: share(agree),
	})
}
