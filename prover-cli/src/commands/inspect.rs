//! `zkml inspect`

use super::{choices::Choices, compile::signal_names, show_layers};
use crate::{
	chart,
	error::CliError,
	files::{self, CircuitFolder, KeysFolder, ProofFolder},
	ui::{self, grouped, Ui},
};
use clap::Args;
use serde_json::{json, Value};
use std::{
	path::{Path, PathBuf},
	time::Duration,
};
use zkml_circuits::{compile, onnx::Model, r1cs::read_r1cs, show_shape, Circuit, Graph, Options};
use zkml_primitives::Commitment;
use zkml_prover::Estimate;

/// Show what a circuit, a key, a proof or an ONNX file is, and what a circuit costs.
///
/// A quantised ONNX file is compiled in memory, so that costs are known before anything is written.
#[derive(Debug, Args)]
pub struct Inspect {
	/// A folder made by compile, setup or prove, or an ONNX file.
	#[arg(default_value = "target/zkml/circuit")]
	path: PathBuf,
	#[command(flatten)]
	choices: Choices,
	/// Also draw the constraints by layer, as an SVG file.
	#[arg(long, value_name = "FILE")]
	svg: Option<PathBuf>,
}

impl Inspect {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let has = |name: &str| self.path.join(name).exists();
		let is_file = self.path.is_file();
		if !is_file && !self.choices.is_empty() {
			return Err(CliError::Other(
				"--input-visibility, --depth, --weights, --reveal and --input-shape are for ONNX \
				 files: a folder says itself how it was compiled"
					.into(),
			));
		}
		if is_file {
			self.onnx(ui)
		} else if has("interface.json") {
			self.circuit(ui)
		} else if self.svg.is_some() {
			Err(CliError::Other("--svg draws circuits and quantised ONNX files only".into()))
		} else if has("verification_key.json") {
			keys(ui, &self.path)
		} else if has("proof.json") {
			proof(ui, &self.path)
		} else if let Err(error) = self.path.metadata() {
			Err(CliError::File { path: self.path, error })
		} else {
			Err(CliError::Content {
				path: self.path,
				what: "neither an ONNX file nor a folder with a circuit, keys or a proof".into(),
				help: "folders are made by `zkml compile`, `zkml setup` and `zkml prove`".into(),
			})
		}
	}

	fn onnx(&self, ui: &Ui) -> Result<(), CliError> {
		let (model, _) = super::read_model(&self.path, self.choices.input_shape())?;
		let quantized = is_quantized(&model);
		if !quantized && self.svg.is_some() {
			return Err(CliError::Other(
				"--svg draws circuits, and a float model has none: run `zkml quantize` first"
					.into(),
			));
		}
		let costs = quantized
			.then(|| {
				let (costs, _) = ui.step("compiling", || {
					// No constraint depends on the commitment.
					let commitment = |_: &Graph| Ok(Commitment([0; 32]));
					let (graph, options) = self.choices.apply(&model, commitment)?;
					let circuit = compile(&graph, &options)?;
					Ok::<_, CliError>(Costs::new(&graph, circuit, options))
				});
				costs
			})
			.transpose()?;
		ui.line(format!(
			"{} ONNX model, operator set {}, input {} of shape {}, output {}",
			if quantized { "quantised" } else { "float" },
			model.opset,
			model.input.name,
			show_shape(&model.input.shape),
			model.outputs.join(", ")
		));
		let nodes: Vec<_> =
			(model.nodes.iter()).map(|node| json!({ "name": node.name, "op": node.op })).collect();
		let mut object = json!({
			"kind": "onnx",
			"quantized": quantized,
			"opset": model.opset,
			"input": { "name": model.input.name, "shape": model.input.shape },
			"outputs": model.outputs,
			"nodes": nodes,
		});
		match costs {
			Some(costs) => {
				costs.show(ui);
				self.draw(ui, &costs)?;
				object["circuit"] = costs.json();
				object["estimate"] = json!(costs.estimate);
				ui.json("inspect", object);
				let flags = self.choices.flags();
				ui.next(format!("zkml compile {}{flags}", self.path.display()));
			},
			None => {
				for node in &model.nodes {
					ui.line(format!("  {:18} {}", node.op, node.name));
				}
				ui.json("inspect", object);
				let path = self.path.display();
				ui.next(format!("zkml quantize {path} --calibration SAMPLES.npz"));
			},
		}
		Ok(())
	}

	fn circuit(&self, ui: &Ui) -> Result<(), CliError> {
		let folder = CircuitFolder::open(&self.path)?;
		let bytes = folder.r1cs()?;
		if folder.file.imported.is_some() {
			return self.imported(ui, &folder, &bytes);
		}
		let graph = folder.graph()?;
		let mut file = folder.file;
		let (circuit, _) = ui.step("compiling", || compile(&graph, &file.options));
		let costs = Costs::new(&graph, circuit?, file.options);
		let rebuilt = super::circuit_hash(&costs.circuit.r1cs);
		if rebuilt != file.circuit_sha256 {
			return Err(CliError::Mismatch {
				left: format!("{}, compiled by {},", self.path.display(), file.tool),
				left_hash: file.circuit_sha256,
				right: format!("the same model compiled by {}", files::TOOL),
				right_hash: rebuilt,
			});
		}
		costs.show(ui);
		ui.line(format!("circuit SHA-256  {}", file.circuit_sha256));
		self.draw(ui, &costs)?;
		file.layers = costs.circuit.layers;
		let mut circuit = json!(file);
		circuit["outputs"] = json!(costs.outputs);
		let estimate = costs.estimate;
		ui.json("inspect", json!({ "kind": "circuit", "circuit": circuit, "estimate": estimate }));
		Ok(())
	}

	/// A circuit from elsewhere has no layers: totals, signals and the estimate.
	fn imported(&self, ui: &Ui, folder: &CircuitFolder, bytes: &[u8]) -> Result<(), CliError> {
		if self.svg.is_some() {
			let what = "--svg draws layers, and the circuit was imported, so that it has none";
			return Err(CliError::Other(what.into()));
		}
		let r1cs = read_r1cs(bytes).map_err(|error| CliError::Content {
			path: folder.path.clone(),
			what: error.to_string(),
			help: "run `zkml import` again".into(),
		})?;
		let file = &folder.file;
		let estimate = Estimate::of(&r1cs);
		ui.line(format!("{} constraints, {} wires", file.constraints, file.wires));
		for (place, name) in file.signals.iter().enumerate() {
			ui.line(format!("  {place}  {name}"));
		}
		ui.line(format!(
			"key {}, proof about {}",
			ui::bytes(estimate.key_bytes),
			ui::time(std::time::Duration::from_secs_f64(estimate.prove_seconds))
		));
		ui.line(format!("circuit SHA-256  {}", file.circuit_sha256));
		ui.json("inspect", json!({ "kind": "circuit", "circuit": file, "estimate": estimate }));
		Ok(())
	}

	/// Writes the picture, if one is wanted.
	fn draw(&self, ui: &Ui, costs: &Costs) -> Result<(), CliError> {
		let Some(path) = &self.svg else { return Ok(()) };
		let name = self.path.file_name().unwrap_or_default().to_string_lossy();
		files::write(path, chart::constraints(&name, &costs.circuit.layers).as_bytes())?;
		ui.line(format!("wrote {}", path.display()));
		Ok(())
	}
}

/// Whether a model has integer types, as the quantiser and others write them.
fn is_quantized(model: &Model) -> bool {
	let integer = |op: &str| {
		matches!(op, "QuantizeLinear" | "DequantizeLinear")
			|| op.starts_with("QLinear")
			|| op.ends_with("Integer")
	};
	model.input.kind.is_some() || model.nodes.iter().any(|node| integer(&node.op))
}

/// A part of a circuit's output: one output of the model.
#[derive(serde::Serialize)]
struct Part {
	name: String,
	shape: Vec<usize>,
	/// The place of its first value among the circuit's output values.
	first: usize,
}

/// A circuit and what it will take.
struct Costs {
	options: Options,
	circuit: Circuit,
	estimate: Estimate,
	outputs: Vec<Part>,
}

impl Costs {
	fn new(graph: &Graph, circuit: Circuit, options: Options) -> Self {
		let estimate = Estimate::of(&circuit.r1cs);
		let mut first = 0;
		let part = |(name, shape): &(String, Vec<usize>)| {
			let part = Part { name: name.clone(), shape: shape.clone(), first };
			first += shape.iter().product::<usize>();
			part
		};
		let outputs = graph.output.parts.iter().map(part).collect();
		Self { options, circuit, estimate, outputs }
	}

	/// Entries of A, B and C.
	fn non_zeros(&self) -> [usize; 3] {
		let r1cs = &self.circuit.r1cs;
		[&r1cs.a, &r1cs.b, &r1cs.c].map(|matrix| matrix.non_zeros())
	}

	fn show(&self, ui: &Ui) {
		let Self { circuit, estimate, .. } = self;
		show_layers(ui, &circuit.layers);
		if self.outputs.len() > 1 {
			for Part { name, shape, first } in &self.outputs {
				let last = first + shape.iter().product::<usize>() - 1;
				let shape = show_shape(shape);
				ui.line(format!("values {first} to {last} of the output are {name}, {shape}"));
			}
		}
		let seconds = |seconds: f64| ui::time(Duration::from_secs_f64(seconds));
		let number = |number: usize| grouped(number as u64);
		let [a, b, c] = self.non_zeros();
		let total: u64 = circuit.layers.iter().map(|layer| layer.multiply_adds).sum();
		ui.line(format!("multiply-adds    {}", grouped(total)));
		ui.line(format!("constraints      {}", number(circuit.r1cs.constraints())));
		ui.line(format!("wires            {}", grouped(circuit.r1cs.wires.into())));
		ui.line(format!(
			"non-zeros        {}: A {}, B {}, C {}",
			number(a + b + c),
			number(a),
			number(b),
			number(c)
		));
		ui.line(format!("public signals   {}", signal_names(&circuit.interface).join(", ")));
		ui.line(format!("domain           {}", grouped(estimate.domain)));
		ui.line(format!("proving key      {}", ui::bytes(estimate.key_bytes)));
		ui.line(format!(
			"setup            about {} of memory, {}",
			ui::bytes(estimate.setup_memory_bytes),
			seconds(estimate.setup_seconds)
		));
		ui.line(format!(
			"proof            about {} of memory, {}",
			ui::bytes(estimate.prove_memory_bytes),
			seconds(estimate.prove_seconds)
		));
	}

	fn json(&self) -> Value {
		let Circuit { r1cs, interface, layers, .. } = &self.circuit;
		json!({
			"options": self.options,
			"interface": interface,
			"signals": signal_names(interface),
			"outputs": self.outputs,
			"constraints": r1cs.constraints(),
			"wires": r1cs.wires,
			"non_zeros": self.non_zeros(),
			"layers": layers,
		})
	}
}

fn keys(ui: &Ui, path: &Path) -> Result<(), CliError> {
	let keys = KeysFolder::open(path)?;
	let size = std::fs::metadata(keys.proving_key()).map(|data| data.len()).unwrap_or(0);
	ui.line("keys for development: made by one party, who could forge proofs");
	ui.line(format!("made by          {}", keys.manifest.tool));
	ui.line(format!("proving key      {}", ui::bytes(size)));
	ui.line(format!("public signals   {}", keys.verifying_key.ic.len() - 1));
	ui.line(format!("circuit SHA-256  {}", keys.manifest.circuit_sha256));
	ui.line(format!("model SHA-256    {}", keys.manifest.model_sha256));
	ui.json(
		"inspect",
		json!({ "kind": "keys", "manifest": keys.manifest, "proving_key_bytes": size }),
	);
	Ok(())
}

fn proof(ui: &Ui, path: &Path) -> Result<(), CliError> {
	let proof = ProofFolder::open(path)?;
	ui.line(format!("claim            {}", super::summary(&proof.claim.shown)));
	ui.line(format!("context          {}", proof.claim.context));
	if let Some(destination) = &proof.claim.destination {
		ui.line(format!("for model        {}", destination.model));
		ui.line(format!("for account      {}", destination.account));
		ui.line(format!("nonce            {}", destination.nonce));
	}
	ui.line(format!("circuit SHA-256  {}", proof.claim.circuit_sha256));
	ui.json("inspect", json!({ "kind": "proof", "claim": proof.claim }));
	Ok(())
}
