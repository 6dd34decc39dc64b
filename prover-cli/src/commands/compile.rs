//! `zkml compile`

use super::{show_layers, written, Shape};
use crate::{
	error::CliError,
	files::{self, CircuitFile, CIRCUIT_FILES, FORMAT, TOOL},
	ui::{self, Ui},
};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;
use zkml_circuits::{
	compile, lower, onnx::Model, r1cs::write_r1cs, InputChoice, Options, OutputChoice,
};
use zkml_primitives::{InputVisibility, Interface};

/// Who sees the input.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Input {
	/// Only the prover.
	Private,
	/// Everybody.
	Public,
}

/// What is shown of the result.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Output {
	/// Every value of the last layer.
	Logits,
	/// The index of the largest value.
	Argmax,
}

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
	/// Who sees the input.
	#[arg(long, value_enum, default_value = "private")]
	input_visibility: Input,
	/// What is shown of the result.
	#[arg(long, value_enum, default_value = "logits")]
	reveal: Output,
	/// Shape of the input where the model leaves it open, such as 1,3,32,32.
	#[arg(long)]
	input_shape: Option<Shape>,
}

impl Compile {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let model_bytes = files::read(&self.model)?;
		let options = Options {
			input: match self.input_visibility {
				Input::Private => InputChoice::Private,
				Input::Public => InputChoice::Public,
			},
			output: match self.reveal {
				Output::Logits => OutputChoice::Logits,
				Output::Argmax => OutputChoice::Argmax,
			},
		};
		let (circuit, elapsed) = ui.step("compiling", || {
			let model = Model::read(&model_bytes, Shape::sizes(&self.input_shape))?;
			compile(&lower(&model)?, &options).map(|circuit| (model.input.shape, circuit))
		});
		let (input_shape, circuit) = circuit?;
		let mut r1cs = Vec::new();
		write_r1cs(&circuit.r1cs, &mut r1cs).map_err(CliError::file(&self.output))?;
		let file = CircuitFile {
			format: FORMAT,
			tool: TOOL.into(),
			circuit_sha256: files::sha256(&r1cs),
			model_sha256: files::sha256(&model_bytes),
			input_shape,
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
fn signal_names(interface: &Interface) -> Vec<String> {
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
