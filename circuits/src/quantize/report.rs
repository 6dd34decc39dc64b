//! How a quantised model compares with its float original.

use super::{
	calibrate::runner,
	export::{is_index, quantized_names},
	net::{Net, TensorId},
	network,
};
use crate::{error::ModelError, graph::Graph, onnx::Model, samples::Samples};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Samples on which the loss of each layer is measured.
const MEASURED: usize = 100;

/// How a quantised model compares with its float original.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
	/// Samples compared.
	pub samples: usize,
	/// Samples with a value beyond the quantised input's range: they saturate here, as they do in
	/// onnxruntime, and cannot be proven.
	pub outside: usize,
	/// Share of right labels of the float model; `None` without labels.
	pub float: Option<f64>,
	/// Share of right labels of the quantised model; `None` without labels.
	pub quantized: Option<f64>,
	/// Share of samples to which both give the same label.
	pub agreement: f64,
	/// Samples by right label (row) and label of the quantised model (column); empty without
	/// labels.
	pub confusion: Vec<Vec<usize>>,
	/// What quantising costs each layer, front to back, over at most 100 samples.
	pub layers: Vec<LayerLoss>,
	/// Name of the layer that loses most.
	pub worst: Option<String>,
}

/// What quantising costs up to where a layer's result is quantised.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerLoss {
	/// Name of the layer, as `NAME.quantize` in the quantised model.
	pub name: String,
	/// Power of the float values over that of the difference, in decibels; at most 200.
	pub signal_to_noise_db: f64,
}

/// Sums over the samples, for one quantised tensor.
struct Measure {
	name: String,
	tensor: TensorId,
	/// Index among the graph's tensors.
	integers: usize,
	float: Vec<Vec<f32>>,
	quantized: Vec<Vec<i64>>,
}

/// Compares the labels and the inner values of a float model with those of its quantised graph.
///
/// The label is the position of the largest value of the first output; of a single value its sign;
/// of `ArgMax` and `TopK` the index itself. Inputs beyond the quantised range saturate here, as
/// they do in onnxruntime. The loss of layers is measured for graphs from [`super::quantize`].
///
/// # Errors
/// [`ModelError`] if the float model is not one that can be quantised, or cannot be run.
pub fn compare(float: &Model, graph: &Graph, samples: &Samples) -> Result<Report, ModelError> {
	let net = network(float)?;
	let output = net.outputs[0].1;
	let size: usize = net.shape(output).iter().product();
	let indices = net.producer(output).is_some_and(|layer| {
		let layer = &net.layers[layer];
		is_index(&layer.op, layer.outputs[0] == output)
	});
	let mut measures = measures(&net, graph);
	let inner = measures.iter().map(|measure| measure.tensor).filter(|&tensor| tensor != net.input);
	let tensors: Vec<TensorId> = std::iter::once(output).chain(inner).collect();
	let inner = runner(&net, &tensors)?;
	let labels_only = runner(&net, &tensors[..1])?;
	let (mut agree, mut float_right, mut quantized_right, mut outside) = (0, 0, 0, 0);
	let mut confusion: Vec<Vec<usize>> = Vec::new();
	for (index, sample) in samples.iter().enumerate() {
		let input = graph.saturate_input(sample);
		outside += usize::from(graph.quantize_input(sample).is_err());
		let (logits, integers) = if index < MEASURED {
			let mut float = inner.run(sample)?.into_iter();
			let logits = float.next().unwrap_or_default();
			let mut all = graph.evaluate_all(&input);
			for measure in &mut measures {
				let of_input = measure.tensor == net.input;
				measure.float.extend(if of_input { Some(sample.to_vec()) } else { float.next() });
				measure.quantized.push(all[measure.integers].clone());
			}
			(logits, all.swap_remove(graph.output.tensor))
		} else {
			(labels_only.run(sample)?.swap_remove(0), graph.evaluate(&input))
		};
		let float = label(&logits, indices, |value| value as i64);
		let quantized = label(&integers[..size.min(integers.len())], indices, |value| value);
		agree += usize::from(float == quantized);
		if let Some(labels) = &samples.labels {
			float_right += usize::from(float == labels[index]);
			quantized_right += usize::from(quantized == labels[index]);
			count(&mut confusion, labels[index], quantized);
		}
	}
	let layers: Vec<LayerLoss> = measures.into_iter().filter_map(|m| loss(&net, m)).collect();
	let worst = layers
		.iter()
		.min_by(|a, b| a.signal_to_noise_db.total_cmp(&b.signal_to_noise_db))
		.map(|layer| layer.name.clone());
	let share = |count: usize| count as f64 / samples.len() as f64;
	let labelled = |count| samples.labels.is_some().then(|| share(count));
	Ok(Report {
		samples: samples.len(),
		outside,
		float: labelled(float_right),
		quantized: labelled(quantized_right),
		agreement: share(agree),
		confusion,
		layers,
		worst,
	})
}

/// The label that values stand for.
fn label<T: Copy + PartialOrd + Default>(values: &[T], indices: bool, whole: fn(T) -> i64) -> i64 {
	match *values {
		[value, ..] if indices => whole(value),
		[value] => i64::from(value > T::default()),
		_ => (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
			as i64,
	}
}

/// Counts a sample in a confusion matrix, which grows to its size.
fn count(confusion: &mut Vec<Vec<usize>>, right: i64, found: i64) {
	const MAX_CLASSES: usize = 1 << 10;
	let (Ok(right), Ok(found)) = (usize::try_from(right), usize::try_from(found)) else { return };
	let classes = confusion.len().max(right + 1).max(found + 1);
	if classes <= MAX_CLASSES {
		confusion.resize(classes, Vec::new());
		confusion.iter_mut().for_each(|row| row.resize(classes, 0));
		confusion[right][found] += 1;
	}
}

/// The quantised tensors of the network that are found in the graph.
fn measures(net: &Net, graph: &Graph) -> Vec<Measure> {
	// Of several operators that come from one node the last one holds its result.
	let nodes: BTreeMap<&str, usize> = graph
		.nodes
		.iter()
		.enumerate()
		.map(|(index, node)| (node.name.as_str(), index + 1))
		.collect();
	let mut measures: Vec<Measure> = quantized_names(net, &BTreeSet::new())
		.into_iter()
		.filter_map(|(tensor, name)| {
			let node = nodes.get(format!("{name}.quantize").as_str()).copied();
			let integers = if name == "input" { node.or(Some(0)) } else { node }?;
			Some(Measure { name, tensor, integers, float: Vec::new(), quantized: Vec::new() })
		})
		.collect();
	measures.sort_by_key(|measure| measure.integers);
	measures
}

/// The loss at one quantisation; `None` where shapes have nothing in common.
fn loss(net: &Net, measure: Measure) -> Option<LayerLoss> {
	let Measure { name, tensor, mut float, quantized, .. } = measure;
	let (from, to) = (float.first()?.len(), quantized.first()?.len());
	if from != to {
		drop_constant_channels(net.shape(tensor), &mut float, to)?;
	}
	let pairs = || {
		let samples = float.iter().zip(&quantized);
		samples.flat_map(|(f, q)| f.iter().zip(q).map(|(&f, &q)| (f64::from(f), q as f64)))
	};
	let (mut product, mut squares, mut power) = (0.0, 0.0, 0.0);
	for (float, integer) in pairs() {
		product += float * integer;
		squares += integer * integer;
		power += float * float;
	}
	// The scale, a power of two, is the one that fits best.
	let scale = if product > 0.0 { 2f64.powf((product / squares).log2().round()) } else { 1.0 };
	let noise: f64 = pairs().map(|(float, integer)| (float - integer * scale).powi(2)).sum();
	let ratio = if noise > 0.0 { 10.0 * (power / noise).log10() } else { 200.0 };
	Some(LayerLoss { name, signal_to_noise_db: ratio.clamp(-200.0, 200.0) })
}

/// Drops the channels that vary least, which were folded into a bias, until `size` elements remain.
fn drop_constant_channels(shape: &[usize], float: &mut [Vec<f32>], size: usize) -> Option<()> {
	let total: usize = shape.iter().product();
	let (batch, channels) = (*shape.first()?, *shape.get(1)?);
	let plane = total / (batch * channels);
	let kept = size.is_multiple_of(batch * plane).then(|| size / (batch * plane))?;
	if kept >= channels || kept == 0 {
		return None;
	}
	let spread = |channel: usize| {
		let of_channel =
			|(at, &value): (usize, &f32)| (at / plane % channels == channel).then_some(value);
		let values = || float.iter().flat_map(|s| s.iter().enumerate().filter_map(of_channel));
		values().fold(f32::MIN, f32::max) - values().fold(f32::MAX, f32::min)
	};
	let mut order: Vec<(f32, usize)> = (0..channels).map(|c| (spread(c), c)).collect();
	order.sort_by(|a, b| a.0.total_cmp(&b.0));
	// Where more channels are as constant, nothing tells which of them were folded.
	if order[channels - kept - 1].0 == order[channels - kept].0 {
		return None;
	}
	let dead: BTreeSet<usize> = order[..channels - kept].iter().map(|&(_, c)| c).collect();
	for sample in float {
		let mut at = 0;
		sample.retain(|_| {
			at += 1;
			!dead.contains(&((at - 1) / plane % channels))
		});
	}
	Some(())
}
