//! A circuit with its keys, and the proofs that they make: for `zkml prove`, and for verbs that prove
//! and send at once.

use crate::{
	error::CliError,
	files::{self, CircuitFolder, KeysFolder},
	opening::Opening,
	ui::{Stage, Ui},
};
use std::{path::Path, time::Duration};
use zkml_circuits::{Assignment, CommitmentKind, Salt, WeightsChoice};
use zkml_primitives::{HintedProof, ModelId, VerifyingKey};
use zkml_prover::{give_memory_back, hinted, zkey, Prover};

/// A circuit's folder, and that of its keys.
#[derive(Debug)]
pub(crate) struct Pair {
	/// The circuit.
	pub(crate) circuit: CircuitFolder,
	/// Keys that were made for it.
	pub(crate) keys: KeysFolder,
}

/// How many proofs a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proofs {
	/// One, or one now and then: it stays in its file.
	Few,
	/// One after the other: it is in memory.
	Many,
}

impl Pair {
	/// Opens both folders, and checks that they belong together.
	pub(crate) fn open(circuit: &Path, keys: &Path) -> Result<Self, CliError> {
		let circuit = CircuitFolder::open(circuit)?;
		let keys = KeysFolder::open(keys)?;
		if keys.manifest.circuit_sha256 != circuit.file.circuit_sha256 {
			return Err(CliError::Mismatch {
				left: keys.path.display().to_string(),
				left_hash: keys.manifest.circuit_sha256,
				right: circuit.path.display().to_string(),
				right_hash: circuit.file.circuit_sha256,
			});
		}
		if keys.manifest.interface != circuit.file.interface {
			return Err(CliError::Content {
				path: keys.path.clone(),
				what:
					"the keys were made for the same circuit with another threshold, or with the \
				       commitment to other weights"
						.into(),
				help: "compile with the same --reveal and --weights-opening again, or make keys \
				       from this folder with `zkml setup`"
					.into(),
			});
		}
		Ok(Self { circuit, keys })
	}

	/// The salt of the weights' commitment, where they are committed.
	pub(crate) fn weights_salt(&self, opening: &Path) -> Result<Option<Salt>, CliError> {
		match self.circuit.file.options.weights {
			WeightsChoice::Public => Ok(None),
			WeightsChoice::Committed { .. } => {
				let opening = Opening::read(opening, CommitmentKind::Weights)?;
				Ok(Some(opening.known_salt()))
			},
		}
	}

	/// Checks that these are the keys with which a model is registered.
	pub(crate) fn ensure_registered(
		&self,
		model: ModelId,
		key: &VerifyingKey,
	) -> Result<(), CliError> {
		if *key == self.keys.verifying_key {
			return Ok(());
		}
		Err(CliError::Content {
			path: self.keys.path.clone(),
			what: format!(
				"model 0x{} is registered with another verifying key",
				hex::encode(model.0)
			),
			help: "prove with the keys that it was registered from, or register these".into(),
		})
	}

	/// Opens the proving key, and checks that it is the circuit's. For many proofs it is loaded.
	pub(crate) fn prover(&self, ui: &Ui, proofs: Proofs) -> Result<(Prover, Duration), CliError> {
		let path = self.keys.proving_key();
		let bytes = files::map(&path)?;
		let manifest =
			zkey::read_manifest(&bytes).map_err(|error| self.damaged(error.to_string()))?;
		let made_for = manifest.map(|manifest| manifest.circuit_sha256).unwrap_or_default();
		if made_for != self.circuit.file.circuit_sha256 {
			return Err(CliError::Mismatch {
				left: path.display().to_string(),
				left_hash: made_for,
				right: self.circuit.path.display().to_string(),
				right_hash: self.circuit.file.circuit_sha256.clone(),
			});
		}
		let (prover, loading) = ui.step("loading the key", || match proofs {
			Proofs::Few => {
				give_memory_back();
				Prover::mapped(bytes)
			},
			Proofs::Many => Prover::new(zkey::load(&bytes)?),
		});
		Ok((prover.map_err(|error| self.damaged(error.to_string()))?, loading))
	}

	/// Proves what was evaluated, verifies the proof, and makes its hint.
	pub(crate) fn prove(
		&self,
		ui: &Ui,
		prover: &Prover,
		assignment: &Assignment,
	) -> Result<(HintedProof, Duration), CliError> {
		let (proof, stages) = self.prove_in_stages(ui, prover, assignment)?;
		Ok((proof, stages.iter().map(|stage| stage.time).sum()))
	}

	/// [`Self::prove`], with what each stage of proving took.
	pub(crate) fn prove_in_stages(
		&self,
		ui: &Ui,
		prover: &Prover,
		assignment: &Assignment,
	) -> Result<(HintedProof, Vec<Stage>), CliError> {
		let (proof, stages) = ui.stages(|progress| {
			prover.prove_watched(&assignment.witness, &mut rand::rngs::OsRng, progress)
		});
		let proof = proof.map_err(|error| self.damaged(error.to_string()))?;
		let signals = assignment.statement.signals();
		let proof = hinted(&self.keys.verifying_key, signals, &proof).map_err(|error| {
			self.damaged(format!("the proof made with this key does not verify: {error}"))
		})?;
		Ok((proof, stages))
	}

	fn damaged(&self, what: String) -> CliError {
		CliError::Content {
			path: self.keys.proving_key(),
			what,
			help: "make the keys again with `zkml setup`".into(),
		}
	}
}
