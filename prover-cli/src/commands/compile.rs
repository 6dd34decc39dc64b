//! `zkml compile`

use super::{choices::Choices, read_model, show_layers, written};
use crate::{
	error::CliError,
	files::{self, CircuitFile, CIRCUIT_FILES, FORMAT, TOOL},
	ui::{self, Ui},
};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use zkml_circuits::{compile, lower, r1cs::write_r1cs};
use zkml_primitives::{InputVisibility, Interface};

/// Compile a quantised ONNX model into a circuit.
///
/// The folder holds circuit.r1cs (snarkjs reads it), interface.json, and the model itself.
#[derive(Debug, Args)]
pub struct Compile {
	/// The quantised model.
	model: PathBuf,
	/// The circuit's folder.
	#[arg(short, long, default_value = "target/zkml/circuit")]
	output: PathBuf,
	#[command(flatten)]
	choices: Choices,
}

impl Compile {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let (model, model_bytes) = read_model(&self.model, self.choices.input_shape())?;
		let options = self.choices.options();
		let (circuit, elapsed) =
			ui.step("compiling", || lower(&model).and_then(|graph| compile(&graph, &options)));
		let circuit = circuit?;
		let mut r1cs = Vec::new();
		write_r1cs(&circuit.r1cs, &mut r1cs).map_err(CliError::file(&self.output))?;
		let file = CircuitFile {
			format: FORMAT,
			tool: TOOL.into(),
			circuit_sha256: files::sha256(&r1cs),
			model_sha256: files::sha256(&model_bytes),
			input_shape: model.input.shape,
			options,
			interface: circuit.interface,
			signals: signal_names(&circuit.interface),
			constraints: circuit.r1cs.constraints(),
			wires: circuit.r1cs.wires,
			non_zeros: [&circuit.r1cs.a, &circuit.r1cs.b, &circuit.r1cs.c].map(|m| m.non_zeros()),
			layers: circuit.layers,
		};
		let description = files::to_json(&file);
		let [r1cs_name, interface_name, model_name] = CIRCUIT_FILES;
		let contents: [(&str, &[u8]); 3] =
			[(r1cs_name, &r1cs), (interface_name, &description), (model_name, &model_bytes)];
		files::write_folder(&self.output, &contents)?;

		show_layers(ui, &file.layers);
		ui.line(format!(
			"{} constraints, {} wires, {} public signals; compiled in {}",
			file.constraints,
			file.wires,
			file.signals.len(),
			ui::time(elapsed)
		));
		written(ui, &self.output, &contents);
		ui.json(
			"compile",
			json!({
				"output": self.output,
				"seconds": elapsed.as_secs_f64(),
				"circuit": file,
			}),
		);
		ui.next(format!("zkml setup {}", self.output.display()));
		Ok(())
	}
}

/// What each public signal is, in order.
pub(crate) fn signal_names(interface: &Interface) -> Vec<String> {
	let outputs = interface.output.packing().map_or(0, |packing| packing.words());
	let inputs = match &interface.input {
		InputVisibility::Public(tensor) => tensor.packing.words(),
		_ => 0,
	};
	let mut names: Vec<String> = (0..outputs).map(|word| format!("output[{word}]")).collect();
	names.push("context".into());
	names.extend((0..inputs).map(|word| format!("input[{word}]")));
	names
}
