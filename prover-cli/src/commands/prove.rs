//! `zkml prove`

use super::{block_on, describe, summary, written};
use crate::{
	chain::{self, Chain, ChainError},
	error::CliError,
	files::{self, CircuitFolder, Claim, Destination, KeysFolder, Registration, FORMAT, TOOL},
	ui::{self, Ui},
};
use clap::Args;
use codec::Encode;
use serde_json::json;
use std::path::PathBuf;
use zkml_circuits::{assign, r1cs::write_wtns, samples};
use zkml_primitives::{Context, ModelId};
use zkml_prover::{json as snarkjs, prove, verify, zkey};

/// Prove what a model answers to an input.
///
/// A proof is tied to a context. With --url it is that of the account's next submission to that
/// chain, for the model registered from these keys. Without, it is --context, or zero: such a
/// proof can be verified by anybody, but not submitted to a chain.
#[derive(Debug, Args)]
pub struct Prove {
	/// The circuit's folder.
	#[arg(default_value = "target/zkml/circuit")]
	circuit: PathBuf,
	/// The keys' folder.
	#[arg(long, default_value = "target/zkml/keys")]
	keys: PathBuf,
	/// The input in real units: {"NAME": [numbers]}.
	#[arg(long)]
	input: PathBuf,
	/// The proof's folder.
	#[arg(short, long, default_value = "target/zkml/proof")]
	output: PathBuf,
	/// The chain on which the proof will be submitted.
	#[arg(long, requires = "suri", conflicts_with = "context")]
	url: Option<String>,
	/// Who will submit it: a secret URI such as //Alice, or a mnemonic.
	#[arg(long, env = "ZKML_SURI", hide_env_values = true)]
	suri: Option<String>,
	/// The registered model [default: as `zkml register` noted beside the keys].
	#[arg(long, requires = "url")]
	model: Option<String>,
	/// The context as 32 bytes in hexadecimal.
	#[arg(long)]
	context: Option<String>,
	/// Also write the witness, which holds the private input, as a .wtns file.
	#[arg(long)]
	witness: Option<PathBuf>,
}

impl Prove {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let circuit = CircuitFolder::open(&self.circuit)?;
		let keys = KeysFolder::open(&self.keys)?;
		if keys.manifest.circuit_sha256 != circuit.file.circuit_sha256 {
			return Err(CliError::Mismatch {
				left: keys.path.display().to_string(),
				left_hash: keys.manifest.circuit_sha256,
				right: circuit.path.display().to_string(),
				right_hash: circuit.file.circuit_sha256,
			});
		}
		let graph = circuit.graph()?;
		let values = samples::read_json(&files::read_text(&self.input)?, &graph.input.name)
			.map_err(CliError::within(&self.input, &[]))?;
		let input = graph.quantize_input(&values).map_err(CliError::within(&self.input, &[]))?;
		let (context, destination) = self.context()?;

		let path = keys.proving_key();
		let damaged = |what: String| CliError::Content {
			path: path.clone(),
			what,
			help: "make the keys again with `zkml setup`".into(),
		};
		let bytes = files::read(&path)?;
		let manifest = zkey::read_manifest(&bytes).map_err(|error| damaged(error.to_string()))?;
		let made_for = manifest.map(|manifest| manifest.circuit_sha256).unwrap_or_default();
		if made_for != circuit.file.circuit_sha256 {
			return Err(CliError::Mismatch {
				left: path.display().to_string(),
				left_hash: made_for,
				right: circuit.path.display().to_string(),
				right_hash: circuit.file.circuit_sha256,
			});
		}
		let (key, loading) = ui.step("loading the key", || zkey::read(&bytes));
		let key = key.map_err(|error| damaged(error.to_string()))?;
		let (assignment, evaluating) =
			ui.step("evaluating", || assign(&graph, &circuit.file.options, &input, &context));
		let assignment = assignment?;
		let (proof, proving) =
			ui.step("proving", || prove(&key, &assignment.witness, &mut rand::rngs::OsRng));
		let proof = proof.map_err(|error| damaged(error.to_string()))?;
		let signals = assignment.statement.signals();
		verify(&keys.verifying_key, signals, &proof).map_err(|error| {
			damaged(format!("the proof made with this key does not verify: {error}"))
		})?;

		let shown = describe(&circuit.file.interface, &assignment.inference);
		let claim = Claim {
			format: FORMAT,
			tool: TOOL.into(),
			circuit_sha256: circuit.file.circuit_sha256,
			context: hex::encode(context.0),
			destination,
			inference: hex::encode(assignment.inference.encode()),
			shown,
		};
		let other = |error: snarkjs::JsonError| CliError::Other(error.to_string());
		let proof_json = files::to_json(&snarkjs::proof_to_json(&proof).map_err(other)?);
		let public = files::to_json(&snarkjs::signals_to_json(signals).map_err(other)?);
		let inference = files::to_json(&claim);
		let contents: [(&str, &[u8]); 3] =
			[("proof.json", &proof_json), ("public.json", &public), ("inference.json", &inference)];
		files::write_folder(&self.output, &contents)?;
		if let Some(path) = &self.witness {
			let mut bytes = Vec::new();
			write_wtns(&assignment.witness, &mut bytes).map_err(CliError::file(path))?;
			files::write(path, &bytes)?;
		}

		ui.line(summary(&claim.shown));
		ui.line(format!(
			"key {}, witness {}, proof {}",
			ui::time(loading),
			ui::time(evaluating),
			ui::time(proving)
		));
		written(ui, &self.output, &contents);
		ui.json(
			"prove",
			json!({
				"output": self.output,
				"claim": claim,
				"seconds": {
					"key": loading.as_secs_f64(),
					"witness": evaluating.as_secs_f64(),
					"proof": proving.as_secs_f64(),
				},
			}),
		);
		let (proof, keys) = (self.output.display(), self.keys.display());
		ui.next(match &self.url {
			Some(url) => format!("zkml submit {proof} --url {url} --suri …"),
			None => format!("zkml verify {proof} --keys {keys}"),
		});
		Ok(())
	}

	/// The context, and what it stands for.
	fn context(&self) -> Result<(Context, Option<Destination>), CliError> {
		if let Some(text) = &self.context {
			let bytes =
				files::hash_from_hex(text).filter(|bytes| bytes[31] < 0x20).ok_or_else(|| {
					CliError::Other(format!(
						"--context {text}: 32 bytes in hexadecimal, little-endian, below 2^253"
					))
				})?;
			return Ok((Context(bytes), None));
		}
		let (Some(url), Some(suri)) = (&self.url, &self.suri) else {
			return Ok((Context([0; 32]), None));
		};
		let model = match &self.model {
			Some(text) => text.clone(),
			None => Registration::open(&self.keys)?
				.map(|registration| registration.model)
				.ok_or_else(|| {
					CliError::Other(
						"which model? run `zkml register` first, or name it with --model".into(),
					)
				})?,
		};
		let model = files::hash_from_hex(&model)
			.ok_or_else(|| CliError::Other(format!("--model {model}: 32 bytes in hexadecimal")))?;
		let account = chain::signer(suri)?.public_key().0;
		block_on(async {
			let chain = Chain::connect(url).await?;
			let (context, nonce) = chain.context(ModelId(model), account).await?;
			let destination = Destination {
				genesis: hex::encode(chain.genesis()),
				model: hex::encode(model),
				account: hex::encode(account),
				nonce,
			};
			Ok::<_, ChainError>((context, Some(destination)))
		})
	}
}
