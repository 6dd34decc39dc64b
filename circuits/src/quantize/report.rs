//! How a quantised model compares with its float original.

use super::{
	calibrate::runner,
	export::{is_index, quantized_names},
	net::{Net, TensorId},
	network,
	records::{Head, Pipeline},
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
	/// Area under the curve of the float model, and of the quantised one: how often a sample of class 1
	/// has a higher score than one of class 0. `None` but for one score, or two, and labels 0 and 1.
	pub auc: Option<(f64, f64)>,
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
	if float.record.is_some() {
		return compare_records(float, graph, samples);
	}
	let net = network(float)?;
	let output = net.outputs[0].1;
	let indices = gives_indices(&net);
	let mut measures = measures(&net, graph);
	let inner = measures.iter().map(|measure| measure.tensor).filter(|&tensor| tensor != net.input);
	let tensors: Vec<TensorId> = std::iter::once(output).chain(inner).collect();
	let inner = runner(&net, &tensors)?;
	let labels_only = runner(&net, &tensors[..1])?;
	let mut tally = Tally::new(graph, indices, samples);
	for (index, sample) in samples.iter().enumerate() {
		let input = graph.saturate_input(sample);
		tally.outside += usize::from(graph.quantize_input(sample).is_err());
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
		tally.count(index, &logits, &integers);
	}
	let layers = measures.into_iter().filter_map(|m| loss(&net, m)).collect();
	Ok(tally.report(layers))
}

/// Compares a float model of a record with its quantised graph.
fn compare_records(float: &Model, graph: &Graph, samples: &Samples) -> Result<Report, ModelError> {
	let pipeline = Pipeline::read(float)?;
	let net = match &pipeline.head {
		Head::Network(model) => {
			let net = network(model)?;
			let runner = runner(&net, &[net.outputs[0].1])?;
			Some((gives_indices(&net), runner))
		},
		Head::Trees(_) => None,
	};
	let indices = net.as_ref().is_some_and(|(indices, _)| *indices);
	let mut tally = Tally::new(graph, indices, samples);
	for (index, sample) in samples.iter().enumerate() {
		let Ok(input) = graph.quantize_input(sample) else {
			tally.outside += 1;
			continue;
		};
		let features = pipeline.features(sample)?;
		let scores = match (&pipeline.head, &net) {
			(_, Some((_, runner))) => runner.run(&features)?.swap_remove(0),
			(Head::Trees(trees), _) => {
				trees.evaluate(&features).into_iter().map(|score| score as f32).collect()
			},
			(Head::Network(_), None) => unreachable!("a network has a runner"),
		};
		tally.count(index, &scores, &graph.evaluate(&input));
	}
	Ok(tally.report(Vec::new()))
}

/// Whether the first output is a label itself.
fn gives_indices(net: &Net) -> bool {
	let output = net.outputs[0].1;
	net.producer(output).is_some_and(|layer| {
		let layer = &net.layers[layer];
		is_index(&layer.op, layer.outputs[0] == output)
	})
}

/// Counts of samples while they are compared.
struct Tally<'a> {
	samples: &'a Samples,
	indices: bool,
	scale: f64,
	outside: usize,
	agree: usize,
	float_right: usize,
	quantized_right: usize,
	confusion: Vec<Vec<usize>>,
	/// By sample the right label, and both scores.
	scores: Vec<(i64, f64, f64)>,
}

impl<'a> Tally<'a> {
	fn new(graph: &Graph, indices: bool, samples: &'a Samples) -> Self {
		Self {
			samples,
			indices,
			scale: graph.output.scale.into(),
			outside: 0,
			agree: 0,
			float_right: 0,
			quantized_right: 0,
			confusion: Vec::new(),
			scores: Vec::new(),
		}
	}

	/// Counts a sample by its outputs.
	fn count(&mut self, index: usize, float: &[f32], integers: &[i64]) {
		let integers = &integers[..float.len().min(integers.len())];
		let found = label(float, self.indices, |value| value as i64);
		let quantized = label(integers, self.indices, |value| value);
		self.agree += usize::from(found == quantized);
		let Some(labels) = &self.samples.labels else { return };
		let right = labels[index];
		self.float_right += usize::from(found == right);
		self.quantized_right += usize::from(quantized == right);
		count(&mut self.confusion, right, quantized);
		let score = match (float, integers) {
			(&[score], &[integer]) => (f64::from(score), integer as f64),
			(&[no, yes], &[zero, one]) => (f64::from(yes - no), (one - zero) as f64),
			_ => return,
		};
		self.scores.push((right, score.0, score.1 * self.scale));
	}

	fn report(self, layers: Vec<LayerLoss>) -> Report {
		let worst = layers
			.iter()
			.min_by(|a, b| a.signal_to_noise_db.total_cmp(&b.signal_to_noise_db))
			.map(|layer| layer.name.clone());
		let share = |count: usize| count as f64 / self.samples.len() as f64;
		let labelled = |count| self.samples.labels.is_some().then(|| share(count));
		let auc = |score: fn(&(i64, f64, f64)) -> f64| {
			area(self.scores.iter().map(|sample| (sample.0, score(sample))))
		};
		Report {
			samples: self.samples.len(),
			outside: self.outside,
			float: labelled(self.float_right),
			quantized: labelled(self.quantized_right),
			agreement: share(self.agree),
			auc: auc(|sample| sample.1).zip(auc(|sample| sample.2)).filter(|_| !self.indices),
			confusion: self.confusion,
			layers,
			worst,
		}
	}
}

/// The area under the curve: the share of pairs of a sample of class 1 and one of class 0 in which
/// the first has the higher score, ties counted half.
fn area(scores: impl Iterator<Item = (i64, f64)>) -> Option<f64> {
	let mut scores: Vec<(i64, f64)> = scores.collect();
	if scores.iter().any(|(label, _)| !(0..=1).contains(label)) {
		return None;
	}
	scores.sort_by(|a, b| a.1.total_cmp(&b.1));
	let (mut below, mut pairs) = (0usize, 0.0);
	for tied in scores.chunk_by(|a, b| a.1 == b.1) {
		let ones = tied.iter().filter(|(label, _)| *label == 1).count();
		let zeros = tied.len() - ones;
		pairs += ones as f64 * (below as f64 + zeros as f64 / 2.0);
		below += zeros;
	}
	let ones = scores.len() - below;
	(ones > 0 && below > 0).then(|| pairs / (ones as f64 * below as f64))
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

#[cfg(test)]
mod tests {
	use super::area;

	#[test]
	fn the_area_counts_pairs_in_order() {
		let of = |scores: &[(i64, f64)]| area(scores.iter().copied());
		assert_eq!(of(&[(0, 0.1), (1, 0.2), (1, 0.9)]), Some(1.0));
		assert_eq!(of(&[(1, 0.1), (0, 0.2)]), Some(0.0));
		assert_eq!(of(&[(0, 0.5), (1, 0.5)]), Some(0.5));
		assert_eq!(of(&[(0, 1.0), (1, 2.0), (0, 3.0), (1, 3.0)]), Some(2.5 / 4.0));
		assert_eq!(of(&[(1, 0.5)]), None);
		assert_eq!(of(&[(2, 0.5), (0, 0.1)]), None);
	}
}
