//! `zkml quantize`

use super::{read_model, read_samples, show_accuracy, Shape};
use crate::{error::CliError, files, ui::Ui};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use zkml_circuits::{lower, onnx::Model, quantize};

/// Turn a float ONNX model into a quantised one, calibrated on samples.
///
/// Scales are powers of two, weights have 8 bits and one scale per output channel. The result is
/// ordinary ONNX in QDQ form; onnxruntime computes the very integers that are proven.
#[derive(Debug, Args)]
pub struct Quantize {
	/// The float model.
	model: PathBuf,
	/// Samples: .npz with an array x, one sample per row, and labels y where there are some.
	#[arg(long)]
	calibration: PathBuf,
	/// Where to write the quantised model [default: target/zkml/NAME.q.onnx].
	#[arg(short, long)]
	output: Option<PathBuf>,
	/// Held-out samples on which to compare accuracy; without it the calibration samples serve.
	#[arg(long)]
	evaluate: Option<PathBuf>,
	/// Shape of the input where the model leaves it open, such as 1,3,32,32.
	#[arg(long)]
	input_shape: Option<Shape>,
}

impl Quantize {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let (float, _) = read_model(&self.model, Shape::sizes(&self.input_shape))?;
		let calibration = read_samples(&self.calibration, &float)?;
		let heldout = self.evaluate.as_ref().map(|path| read_samples(path, &float)).transpose()?;
		let (quantized, _) = ui
			.step("calibrating", || quantize::quantize(&float, &calibration, &Default::default()));
		let quantized = quantized?;
		let bytes = quantize::encode(&quantized.proto);
		let model = Model::read(&bytes, Shape::sizes(&self.input_shape))?;
		let graph = lower(&model)?;
		let samples = heldout.as_ref().unwrap_or(&calibration);
		let (accuracy, _) = ui.step("comparing", || quantize::compare(&float, &graph, samples));
		let accuracy = accuracy?;
		let stem = self.model.file_stem().unwrap_or_default().to_string_lossy();
		let output = self.output.unwrap_or_else(|| format!("target/zkml/{stem}.q.onnx").into());
		files::write(&output, &bytes)?;

		let what = if heldout.is_some() { "held out" } else { "calibration" };
		show_accuracy(ui, what, &accuracy);
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
				"evaluated_on": what,
				"accuracy": accuracy,
				"folded": quantized.folded,
			}),
		);
		ui.next(format!("zkml compile {}", output.display()));
		Ok(())
	}
}
