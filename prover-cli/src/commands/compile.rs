//! `zkml compile`

use super::{choices::Choices, read_model, show_layers, written};
use crate::{
	error::CliError,
	files::{self, CircuitFile, ARCHITECTURE, CIRCUIT_FILES, FORMAT, TOOL},
	opening::{self, Opening},
	ui::{self, Ui},
};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use zkml_circuits::{
	compile, lower_committed, onnx::Model, r1cs::write_r1cs, without_weights, Circuit,
	CommitmentKind, Graph, Options, WeightsChoice,
};
use zkml_primitives::{Commitment, Interface, OutputKind, SignalCounts, WeightsVisibility};

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
	/// The opening of the weights' commitment, where they are committed: made if there is none yet.
	/// The same weights and the same opening give the same commitment in every circuit.
	#[arg(long, value_name = "FILE", default_value = opening::WEIGHTS)]
	weights_opening: PathBuf,
}

impl Compile {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let (model, model_bytes) = read_model(&self.model, self.choices.input_shape())?;
		let (graph, options) = self.choices.apply(&model, |graph| self.commitment(ui, graph))?;
		let (circuit, elapsed) = ui.step("compiling", || compile(&graph, &options));
		let circuit = circuit?;
		let architecture = match options.weights {
			WeightsChoice::Public => None,
			WeightsChoice::Committed { bits, .. } => {
				say_what_stays_public(ui, &graph);
				Some(self.architecture(&model_bytes, bits, &options, &circuit)?)
			},
		};
		if let (WeightsVisibility::Committed(_), OutputKind::Logits(_)) =
			(circuit.interface.weights, circuit.interface.output)
		{
			ui.note(
				"all logits are shown: from enough of them the secret weights can be computed. \
				 --reveal argmax or threshold:VALUE shows less",
			);
		}
		let mut r1cs = Vec::new();
		write_r1cs(&circuit.r1cs, &mut r1cs).map_err(CliError::file(&self.output))?;
		let file = CircuitFile {
			format: FORMAT,
			tool: TOOL.into(),
			circuit_sha256: files::sha256(&r1cs),
			model_sha256: files::sha256(&model_bytes),
			published_sha256: files::sha256(architecture.as_ref().unwrap_or(&model_bytes)),
			input_shape: model.input.shape,
			options,
			interface: circuit.interface,
			signals: signal_names(&circuit.interface),
			constraints: circuit.r1cs.constraints(),
			wires: circuit.r1cs.wires,
			non_zeros: [&circuit.r1cs.a, &circuit.r1cs.b, &circuit.r1cs.c].map(|m| m.non_zeros()),
			imported: None,
			layers: circuit.layers,
		};
		let description = files::to_json(&file);
		let [r1cs_name, interface_name, model_name] = CIRCUIT_FILES;
		let mut contents: Vec<(&str, &[u8])> =
			vec![(r1cs_name, &r1cs), (interface_name, &description), (model_name, &model_bytes)];
		if let Some(architecture) = &architecture {
			contents.push((ARCHITECTURE, architecture));
			ui.note(format!(
				"{model_name} holds the secret weights: give others {ARCHITECTURE}, whose circuit \
				 is the same"
			));
		}
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

	/// The commitment to the weights: by the opening that is there, or a new one.
	fn commitment(&self, ui: &Ui, graph: &Graph) -> Result<Commitment, CliError> {
		let path = &self.weights_opening;
		if !path.exists() {
			let opening = Opening::of_weights(graph)?;
			opening.write_new(path)?;
			ui.line(format!("wrote {}: keep a copy, and show it to nobody", path.display()));
			return Ok(opening.commitment);
		}
		let opening = Opening::read(path, CommitmentKind::Weights)?;
		match graph.weights_commitment(opening.known_salt())? == opening.commitment {
			true => Ok(opening.commitment),
			false => Err(CliError::Content {
				path: path.clone(),
				what: "it opens the commitment to other weights".into(),
				help: "name another file with --weights-opening: it is made if there is none"
					.into(),
			}),
		}
	}

	/// The model without its weights, which must give the same circuit.
	fn architecture(
		&self,
		model: &[u8],
		bits: u32,
		options: &Options,
		circuit: &Circuit,
	) -> Result<Vec<u8>, CliError> {
		let architecture = without_weights(model)?;
		let graph =
			lower_committed(&Model::read(&architecture, self.choices.input_shape())?, bits)?;
		let published = compile(&graph, options)?;
		if published.r1cs == circuit.r1cs && published.interface == circuit.interface {
			return Ok(architecture);
		}
		Err(CliError::Content {
			path: self.model.clone(),
			what:
				"its circuit would differ from that of the model without weights, and so tell of \
			       them"
					.into(),
			help: "constants that are not quantised may be the cause: run `zkml quantize`".into(),
		})
	}
}

/// Names what a commitment to the weights does not hide.
fn say_what_stays_public(ui: &Ui, graph: &Graph) {
	ui.note("committed weights: shapes, scales and zero points stay public");
	let constants = &graph.public_constants;
	if !constants.is_empty() {
		ui.note(format!("so do the constants of {}", constants.join(", ")));
	}
}

/// What each public signal is, in order.
pub(crate) fn signal_names(interface: &Interface) -> Vec<String> {
	let SignalCounts {
		output,
		input_commitment,
		membership,
		weights_commitment,
		parameters,
		context,
		input,
	} = interface.counts();
	let parameter = match interface.output {
		OutputKind::Threshold { .. } => "threshold",
		_ => "mask",
	};
	let words = |name: &str, count: u32| {
		(0..count).map(|word| format!("{name}[{word}]")).collect::<Vec<_>>()
	};
	let one = |name: &str, count: u32| vec![name.to_string(); count as usize];
	let member = ["root", "topic", "nullifier", "choice"].map(String::from);
	[
		words("output", output),
		one("input commitment", input_commitment),
		member.into_iter().take(membership as usize).collect(),
		one("weights commitment", weights_commitment),
		words(parameter, parameters),
		one("context", context),
		words("input", input),
	]
	.concat()
}
