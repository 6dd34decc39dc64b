//! `zkml inspect`

use super::show_layers;
use crate::{
	error::CliError,
	files::{self, CircuitFolder, KeysFolder, ProofFolder},
	ui::{self, Ui},
};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use zkml_circuits::{compile, onnx::Model, r1cs::read_r1cs, show_shape};
use zkml_prover::Estimate;

/// Show what a circuit, a key, a proof or an ONNX file is.
#[derive(Debug, Args)]
pub struct Inspect {
	/// A folder made by compile, setup or prove, or an ONNX file.
	#[arg(default_value = "target/zkml/circuit")]
	path: PathBuf,
}

impl Inspect {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let has = |name: &str| self.path.join(name).exists();
		if self.path.is_file() {
			onnx(ui, &self.path)
		} else if has("interface.json") {
			circuit(ui, &self.path)
		} else if has("verification_key.json") {
			keys(ui, &self.path)
		} else if has("proof.json") {
			proof(ui, &self.path)
		} else {
			Err(CliError::Content {
				path: self.path,
				what: "neither an ONNX file nor a folder with a circuit, keys or a proof".into(),
				help: "folders are made by `zkml compile`, `zkml setup` and `zkml prove`".into(),
			})
		}
	}
}

fn onnx(ui: &Ui, path: &Path) -> Result<(), CliError> {
	let model = Model::read(&files::read(path)?, None)?;
	ui.line(format!(
		"ONNX model, operator set {}, input {} of shape {}, output {}",
		model.opset,
		model.input.name,
		show_shape(&model.input.shape),
		model.outputs.join(", ")
	));
	for node in &model.nodes {
		ui.line(format!("  {:18} {}", node.op, node.name));
	}
	let nodes: Vec<_> =
		(model.nodes.iter()).map(|node| json!({ "name": node.name, "op": node.op })).collect();
	ui.json(
		"inspect",
		json!({
			"kind": "onnx",
			"opset": model.opset,
			"input": { "name": model.input.name, "shape": model.input.shape },
			"outputs": model.outputs,
			"nodes": nodes,
		}),
	);
	Ok(())
}

fn circuit(ui: &Ui, path: &Path) -> Result<(), CliError> {
	let folder = CircuitFolder::open(path)?;
	let r1cs = read_r1cs(&folder.r1cs()?).map_err(|error| CliError::Content {
		path: path.join("circuit.r1cs"),
		what: error.to_string(),
		help: "run `zkml compile` again".into(),
	})?;
	let graph = folder.graph()?;
	let mut file = folder.file;
	file.layers = compile(&graph, &file.options)?.layers;
	let estimate = Estimate::of(&r1cs);
	show_layers(ui, &file.layers);
	let [a, b, c] = file.non_zeros;
	ui.line(format!("constraints      {}", file.constraints));
	ui.line(format!("wires            {}", file.wires));
	ui.line(format!("non-zeros        A {a}, B {b}, C {c}"));
	ui.line(format!("public signals   {}", file.signals.join(", ")));
	ui.line(format!("proving key      {}", ui::bytes(estimate.key_bytes)));
	ui.line(format!("setup memory     {}", ui::bytes(estimate.memory_bytes)));
	ui.line(format!("circuit SHA-256  {}", file.circuit_sha256));
	ui.json("inspect", json!({ "kind": "circuit", "circuit": file, "estimate": estimate }));
	Ok(())
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
