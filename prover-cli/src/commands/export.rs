//! `zkml export`

use super::{
	prove::{fixed_context, opened, quantized},
	submit::Items,
};
use crate::{
	error::CliError,
	files::{self, CircuitFolder, KeysFolder, ProofFolder, TOOL},
	ui::Ui,
};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;
use zkml_circuits::{assign_with, circom, Extras, Graph, InputChoice};
use zkml_primitives::Context;
use zkml_prover::{solidity, solidity_call};

/// Write a circuit, a key or a proof in a form that other programs take.
#[derive(Debug, Subcommand)]
pub enum Export {
	/// A model as a readable program in Circom, with the same public signals.
	Circom(Circom),
	/// A contract in Solidity that verifies proofs under a key, compatible with snarkjs'.
	Solidity(Solidity),
	/// The call of such a contract for a proof, compatible with snarkjs'.
	EvmCall(EvmCall),
	/// The call that submits proofs to a chain, in SCALE, for a wallet to sign.
	CallData(CallData),
}

/// Which circuit.
#[derive(Debug, Args)]
pub struct Circom {
	/// The circuit's folder.
	#[arg(default_value = "target/zkml/circuit")]
	circuit: PathBuf,
	/// The program's folder: model.circom, and the templates that it includes.
	#[arg(short, long, value_name = "DIR", default_value = "target/zkml/circom")]
	output: PathBuf,
	/// Also write what the program takes for this input, in real units, as input.json.
	#[arg(long, value_name = "FILE", conflicts_with = "opening")]
	input: Option<PathBuf>,
	/// The same for the opening of a committed input. What is written then holds the input and its
	/// salt.
	#[arg(long, value_name = "FILE")]
	opening: Option<PathBuf>,
	/// The context in input.json, as 32 bytes in hexadecimal. Without it, input.json holds none, as
	/// `zkml prove` wants it of an imported circuit.
	#[arg(long)]
	context: Option<String>,
}

/// Which key.
#[derive(Debug, Args)]
pub struct Solidity {
	/// The keys' folder; only verification_key.json is read.
	#[arg(default_value = "target/zkml/keys")]
	keys: PathBuf,
	/// The contract's name.
	#[arg(long, default_value = "Groth16Verifier")]
	name: String,
	/// The file.
	#[arg(short, long, default_value = "target/zkml/verifier.sol")]
	output: PathBuf,
}

/// Which proof.
#[derive(Debug, Args)]
pub struct EvmCall {
	/// The proof's folder.
	#[arg(default_value = "target/zkml/proof")]
	proof: PathBuf,
}

/// Which proofs, on which chain.
#[derive(Debug, Args)]
pub struct CallData {
	/// The proofs' folders, made by `zkml prove --url …`, or folders of such.
	#[arg(default_value = "target/zkml/proof", value_name = "PROOF")]
	proofs: Vec<PathBuf>,
	/// The node's JSON-RPC address: calls have other numbers on other chains.
	#[arg(long, default_value = "ws://127.0.0.1:9944", env = "ZKML_URL")]
	url: String,
	/// A file for the call's bytes.
	#[arg(short, long)]
	output: Option<PathBuf>,
}

impl Export {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		match self {
			Self::Circom(command) => command.run(ui),
			Self::Solidity(command) => command.run(ui),
			Self::EvmCall(command) => command.run(ui),
			Self::CallData(command) => command.run(ui),
		}
	}
}

impl Circom {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let folder = CircuitFolder::open(&self.circuit)?;
		let graph = folder.graph()?;
		let about = [
			format!("Written by {TOOL} with `zkml export circom`."),
			format!("The model.onnx of its circuit has SHA-256 {}.", folder.file.published_sha256),
		];
		let program = circom::program(&graph, &folder.file.interface, &about)?;
		let input = self.input(&folder, &graph)?;
		let main = self.output.join("model.circom");
		files::write(&main, program.as_bytes())?;
		let templates = self.output.join(circom::FOLDER);
		for (name, text) in circom::TEMPLATES {
			files::write(&templates.join(name), text.as_bytes())?;
		}
		ui.line(format!("wrote {} ({} lines)", main.display(), program.lines().count()));
		ui.line(format!("wrote {} ({} templates)", templates.display(), circom::TEMPLATES.len()));
		if let Some(input) = input {
			let path = self.output.join("input.json");
			files::write_secret(&path, &files::to_json(&input))?;
			ui.line(format!(
				"wrote {}: keep it to yourself if the input is private",
				path.display()
			));
		}
		ui.json("export circom", json!({ "output": self.output, "program": main }));
		let library = match program.contains(circom::FROM_CIRCOMLIB) {
			true => " -l node_modules, with circomlib from npm",
			false => "",
		};
		ui.next(format!("circom {} --r1cs --wasm --sym --O1{library}", main.display()));
		Ok(())
	}

	/// What the program takes.
	fn input(
		&self,
		folder: &CircuitFolder,
		graph: &Graph,
	) -> Result<Option<serde_json::Value>, CliError> {
		let options = &folder.file.options;
		let committed = options.input == InputChoice::Committed;
		let (input, input_salt) = match (&self.input, &self.opening) {
			(Some(_), _) if committed => {
				let what = "this circuit's input is committed: give its --opening";
				return Err(CliError::Other(what.into()));
			},
			(_, Some(_)) if !committed => {
				let what = "--opening is for circuits whose input is committed: give --input";
				return Err(CliError::Other(what.into()));
			},
			(Some(path), _) => (quantized(path, graph)?, None),
			(None, Some(path)) => opened(path, graph)?,
			(None, None) => return Ok(None),
		};
		let context = self.context.as_deref().map(fixed_context).transpose()?;
		let extras = Extras { input_salt, ..Extras::default() };
		let given = context.unwrap_or(Context([0; 32]));
		let assignment = assign_with(graph, options, &input, &given, &extras)?;
		let mut value = circom::program_input(&input, &assignment, &folder.file.interface, &extras);
		if let (None, Some(all)) = (context, value.as_object_mut()) {
			all.remove(circom::CONTEXT);
		}
		Ok(Some(value))
	}
}

impl Solidity {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let keys = KeysFolder::open(&self.keys)?;
		let contract = solidity(&keys.verifying_key, &self.name)
			.map_err(|error| CliError::Other(error.to_string()))?;
		files::write(&self.output, contract.as_bytes())?;
		ui.line(format!("wrote {}", self.output.display()));
		ui.json("export solidity", json!({ "output": self.output, "name": self.name }));
		if keys.manifest.setup == zkml_prover::SetupKind::Development {
			ui.note("development keys: whoever made them can forge proofs that the contract takes");
		}
		ui.next("zkml export evm-call PROOF");
		Ok(())
	}
}

impl EvmCall {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let folder = ProofFolder::open(&self.proof)?;
		let call = solidity_call(&folder.proof, &folder.signals);
		ui.line(&call.arguments);
		ui.json("export evm-call", json!({ "arguments": call.arguments, "data": call.data }));
		Ok(())
	}
}

impl CallData {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let items = Items::open(&self.proofs)?;
		let (bytes, _) = ui.step("asking the chain", || items.call_data(&self.url));
		let bytes = bytes?;
		let text = format!("0x{}", hex::encode(&bytes));
		match &self.output {
			Some(path) => {
				files::write(path, &bytes)?;
				ui.line(format!("wrote {} ({} bytes)", path.display(), bytes.len()));
			},
			None => ui.line(&text),
		}
		ui.json("export call-data", json!({ "call": text, "account": items.account() }));
		ui.note(format!("the call must be signed by {}", items.account()));
		Ok(())
	}
}
