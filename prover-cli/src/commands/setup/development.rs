//! `zkml setup CIRCUIT`: keys by one party.

use super::super::written;
use crate::{
	error::CliError,
	files::{self, CircuitFolder, TOOL},
	ui::{self, Ui},
};
use clap::Args;
use serde_json::json;
use std::{path::PathBuf, time::Duration};
use zkml_circuits::r1cs::read_r1cs;
use zkml_primitives::InputVisibility;
use zkml_prover::{json as snarkjs, zkey, Estimate, Manifest, SetupKind, FORMAT};

/// What a setup by one party needs.
#[derive(Debug, Args)]
pub(super) struct Development {
	/// The circuit's folder.
	#[arg(default_value = "target/zkml/circuit")]
	circuit: PathBuf,
	/// The keys' folder.
	#[arg(short, long, default_value = "target/zkml/keys")]
	output: PathBuf,
	/// Run even if the estimate exceeds the memory that is free.
	#[arg(long)]
	force: bool,
}

impl Development {
	/// Runs the verb.
	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let folder = CircuitFolder::open(&self.circuit)?;
		let r1cs = read_r1cs(&folder.r1cs()?).map_err(|error| CliError::Content {
			path: self.circuit.join("circuit.r1cs"),
			what: error.to_string(),
			help: "run `zkml compile` again".into(),
		})?;
		let estimate = Estimate::of(&r1cs);
		ui.note(format!(
			"estimate: key {}, memory {}, {}",
			ui::bytes(estimate.key_bytes),
			ui::bytes(estimate.setup_memory_bytes),
			ui::time(Duration::from_secs_f64(estimate.setup_seconds))
		));
		let needed = estimate.setup_memory_bytes;
		if let Some(free) = free_memory().filter(|&free| needed > free && !self.force) {
			return Err(CliError::Budget(format!(
				"the setup needs about {} of memory, {} are free",
				ui::bytes(needed),
				ui::bytes(free)
			)));
		}
		let (key, elapsed) =
			ui.step("setting up", || zkml_prover::setup(&r1cs, &mut rand::rngs::OsRng));
		let key = key.map_err(|error| CliError::Other(error.to_string()))?;
		let manifest = Manifest {
			format: FORMAT,
			tool: TOOL.into(),
			setup: SetupKind::Development,
			circuit_sha256: folder.file.circuit_sha256,
			model_sha256: folder.file.published_sha256,
			interface: folder.file.interface,
		};
		let mut proving = Vec::new();
		zkey::write(&key, &manifest, &mut proving).map_err(CliError::file(&self.output))?;
		let verifying = key.verifying_key().ok_or_else(|| {
			CliError::Other("the circuit has more public signals than a chain accepts".into())
		})?;
		let verifying = snarkjs::verifying_key_to_json(&verifying, Some(&manifest))
			.map_err(|error| CliError::Other(error.to_string()))?;
		let verifying = files::to_json(&verifying);
		let contents: [(&str, &[u8]); 2] =
			[("proving_key.zkey", &proving), ("verification_key.json", &verifying)];
		files::write_folder(&self.output, &contents)?;

		ui.line(format!("setup by one party in {}: DEVELOPMENT ONLY", ui::time(elapsed)));
		written(ui, &self.output, &contents);
		ui.json(
			"setup",
			json!({
				"output": self.output,
				"setup": manifest.setup,
				"seconds": elapsed.as_secs_f64(),
				"proving_key_bytes": proving.len(),
				"estimate": estimate,
			}),
		);
		let (circuit, keys) = (self.circuit.display(), self.output.display());
		ui.next(match manifest.interface.input {
			InputVisibility::Committed { .. } | InputVisibility::Member { .. } => {
				format!("zkml commit input {circuit} --input INPUT.json")
			},
			_ => format!("zkml prove {circuit} --keys {keys} --input INPUT.json"),
		});
		Ok(())
	}
}

/// Memory that can be had without swapping, where the system tells.
fn free_memory() -> Option<u64> {
	let text = std::fs::read_to_string("/proc/meminfo").ok()?;
	let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
	Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}
