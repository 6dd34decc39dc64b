//! `zkml export`

use super::submit::Items;
use crate::{
	error::CliError,
	files::{self, KeysFolder, ProofFolder},
	ui::Ui,
};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;
use zkml_prover::{solidity, solidity_call};

/// Write a key or a proof in a form that other programs take.
#[derive(Debug, Subcommand)]
pub enum Export {
	/// A contract in Solidity that verifies proofs under a key, compatible with snarkjs'.
	Solidity(Solidity),
	/// The call of such a contract for a proof, compatible with snarkjs'.
	EvmCall(EvmCall),
	/// The call that submits proofs to a chain, in SCALE, for a wallet to sign.
	CallData(CallData),
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
			Self::Solidity(command) => command.run(ui),
			Self::EvmCall(command) => command.run(ui),
			Self::CallData(command) => command.run(ui),
		}
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
