//! `zkml quantize`

use super::{read_model, read_samples, show_report, Shape};
use crate::{error::CliError, files, ui::Ui};
use clap::Args;
use serde_json::json;
use std::{path::PathBuf, str::FromStr};
use zkml_circuits::{
	lower,
	onnx::Model,
	quantize::{self, Calibration, QuantizeOptions},
	samples::Samples,
	ModelError, Record,
};

/// How an activation's range is chosen, as typed.
#[derive(Clone, Copy, Debug)]
struct Method(Calibration);

impl FromStr for Method {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let method = match text.split_once(':') {
			None if text == "mse" => Calibration::Mse,
			None if text == "min-max" => Calibration::MinMax,
			None if text == "percentile" => Calibration::Percentile(99.9),
			Some(("percentile", share)) => match share.parse() {
				Ok(share) if share > 50.0 && share <= 100.0 => Calibration::Percentile(share),
				_ => return Err(format!("{share} is no percentage from 50 to 100")),
			},
			_ => return Err(format!("{text} is none of mse, min-max, percentile:99.9")),
		};
		Ok(Self(method))
	}
}

/// Turn a float ONNX model into a quantised one, calibrated on samples.
///
/// Scales are powers of two, one per output channel for weights. The result is ordinary ONNX in QDQ
/// form; onnxruntime computes the very integers that are proven, at every optimisation level.
///
/// With --snap it takes a model that another tool has quantised, and moves its scales to powers of
/// two: for models whose own scales cannot be proven, or only at a higher cost.
#[derive(Debug, Args)]
pub struct Quantize {
	/// The float model; with --snap, a quantised one.
	model: PathBuf,
	/// Samples: .npz with an array x, one sample per row, and labels y where there are some.
	#[arg(long, required_unless_present_any = ["snap", "record"])]
	calibration: Option<PathBuf>,
	/// The schema of the record that the model takes as its input: names, types, ranges and units of
	/// its fields. Preprocessing, such as scaling and one-hot encoding, is proven then. Models of trees
	/// need no calibration.
	#[arg(long, value_name = "FILE", conflicts_with = "snap")]
	record: Option<PathBuf>,
	/// Where to write the quantised model [default: target/zkml/NAME.q.onnx].
	#[arg(short, long)]
	output: Option<PathBuf>,
	/// Held-out samples on which to compare accuracy; without it the calibration samples serve.
	#[arg(long)]
	evaluate: Option<PathBuf>,
	/// Shape of the input where the model leaves it open, such as 1,3,32,32.
	#[arg(long)]
	input_shape: Option<Shape>,
	/// Bits of weights and activations, 4 to 8.
	#[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(4..=8))]
	bits: u32,
	/// Bits of weights, 2 to 8 [default: those of --bits].
	#[arg(long, value_parser = clap::value_parser!(u32).range(2..=8))]
	weight_bits: Option<u32>,
	/// Bits of activations, 4 to 8 [default: those of --bits].
	#[arg(long, value_parser = clap::value_parser!(u32).range(4..=8))]
	activation_bits: Option<u32>,
	/// Bits of the input, 1 to 8; a larger input is refused when it is proven [default: 8, or as many
	/// as whole numbers in the calibration samples take].
	#[arg(long, value_parser = clap::value_parser!(u32).range(1..=8))]
	input_bits: Option<u32>,
	/// How an activation's range is chosen: mse, min-max or percentile:99.9.
	#[arg(long, default_value = "mse")]
	method: Method,
	/// Leave biases as they are, and do not make up for the mean error of rounded weights.
	#[arg(long)]
	no_bias_correction: bool,
	/// Remove a Softmax at the end, which does not change the label.
	#[arg(long)]
	strip_softmax: bool,
	/// Take a quantised model of another tool, and move its scales to powers of two.
	#[arg(long, conflicts_with_all = ["method", "no_bias_correction"])]
	snap: bool,
}

impl Quantize {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let options = QuantizeOptions {
			method: self.method.0,
			weight_bits: self.weight_bits.unwrap_or(self.bits),
			activation_bits: self.activation_bits.unwrap_or(self.bits),
			input_bits: self.input_bits,
			correct_bias: !self.no_bias_correction,
			strip_softmax: self.strip_softmax,
		};
		let (mut source, _) = read_model(&self.model, Shape::sizes(&self.input_shape))?;
		if let Some(path) = &self.record {
			let record =
				Record::read(&files::read_text(path)?).map_err(CliError::within(path, &[]))?;
			source = source.with_record(record).map_err(CliError::within(path, &[]))?;
		}
		let read = |path: &PathBuf| read_samples(path, &source.input.shape);
		let calibration = self.calibration.as_ref().map(read).transpose()?;
		let heldout = self.evaluate.as_ref().map(read).transpose()?;
		let (quantized, _) = match &calibration {
			Some(samples) if !self.snap => {
				ui.step("calibrating", || quantize::quantize(&source, samples, &options))
			},
			None if !self.snap => {
				ui.step("rounding", || quantize::quantize_trees(&source, &options))
			},
			_ => ui.step("moving scales", || quantize::snap(&source, &options)),
		};
		let quantized = quantized?;
		let bytes = quantize::encode(&quantized.proto);
		let model = Model::read(&bytes, Shape::sizes(&self.input_shape))?;
		let graph = lower(&model)?;
		let compared = match (&heldout, &calibration) {
			(Some(samples), _) => Some(("held out", samples)),
			(None, Some(samples)) => Some(("calibration", samples)),
			(None, None) => None,
		};
		let compare = |(what, samples): (&'static str, &Samples)| {
			let (report, _) = ui.step("comparing", || quantize::compare(&source, &graph, samples));
			match report {
				// What another tool quantised may use operators that only it evaluates.
				Err(ModelError::Evaluation(why)) if self.snap => {
					ui.note(format!("the change of its results was not measured: {why}"));
					Ok(None)
				},
				Err(error) => Err(error),
				Ok(report) => Ok(Some((what, report))),
			}
		};
		let report = compared.map(compare).transpose()?.flatten();
		let stem = self.model.file_stem().unwrap_or_default().to_string_lossy();
		let output = self.output.unwrap_or_else(|| format!("target/zkml/{stem}.q.onnx").into());
		files::write(&output, &bytes)?;

		if let Some((what, report)) = &report {
			show_report(ui, what, report);
		}
		for folded in &quantized.folded {
			ui.note(format!(
				"layer {}: channels {:?} do not depend on the input; folded into the next bias",
				folded.layer, folded.channels
			));
		}
		ui.line(format!("wrote {}", output.display()));
		ui.json(
			"quantize",
			json!({
				"output": output,
				"evaluated_on": report.as_ref().map(|(what, _)| what),
				"accuracy": report.as_ref().map(|(_, report)| report),
				"folded": quantized.folded,
			}),
		);
		ui.next(format!("zkml compile {}", output.display()));
		Ok(())
	}
}
