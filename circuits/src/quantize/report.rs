//! How a quantised model compares with its float original.

use crate::{
	error::ModelError,
	graph::Graph,
	onnx::{float::FloatModel, Model},
	samples::Samples,
};
use serde::Serialize;

/// How a quantised model compares with its float original.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
	/// Samples compared.
	pub samples: usize,
	/// Share of right labels of the float model; `None` without labels.
	pub float: Option<f64>,
	/// Share of right labels of the quantised model; `None` without labels.
	pub quantized: Option<f64>,
	/// Share of samples to which both give the same label.
	pub agreement: f64,
	/// Samples by right label (row) and label of the quantised model (column); empty without
	/// labels.
	pub confusion: Vec<Vec<usize>>,
	/// What quantising costs each layer, front to back.
	pub layers: Vec<LayerLoss>,
	/// Name of the layer that loses most.
	pub worst: Option<String>,
}

/// What quantising costs a layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerLoss {
	/// Name of the layer.
	pub name: String,
	/// Power of the float values over that of the difference, in decibels.
	pub signal_to_noise_db: f64,
}

/// Compares the labels (the largest output) of a float model and of its quantised graph.
///
/// Inputs beyond the quantised range saturate here, as they do in onnxruntime.
///
/// # Errors
/// [`ModelError::Evaluation`] if the float model cannot be run.
pub fn compare(float: &Model, graph: &Graph, samples: &Samples) -> Result<Report, ModelError> {
	let runner = FloatModel::new(float, &[&float.outputs[0]])?;
	let (mut agree, mut float_right, mut quantized_right) = (0, 0, 0);
	let mut confusion: Vec<Vec<usize>> = Vec::new();
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
			let classes = integers.len();
			confusion.resize_with(classes, || vec![0; classes]);
			if let Some(row) =
				usize::try_from(labels[index]).ok().and_then(|l| confusion.get_mut(l))
			{
				row[quantized] += 1;
			}
		}
	}
	let share = |count: usize| count as f64 / samples.len() as f64;
	let labelled = |count| samples.labels.is_some().then(|| share(count));
	Ok(Report {
		samples: samples.len(),
		float: labelled(float_right),
		quantized: labelled(quantized_right),
		agreement: share(agree),
		confusion,
		layers: Vec::new(),
		worst: None,
	})
}
