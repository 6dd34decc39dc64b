//! Measuring, in turn, and verifying every proof.

use crate::{
	cache::Files,
	cases::Case,
	child::{proof_name, read_times, SIGNALS},
	process::measure,
	provers::{Prover, Provers, WARM_PROOFS},
	BenchError,
};
use serde_json::{json, Value};
use std::{collections::HashMap, fs, path::Path, process::Command};
use zkml_figures::{median, spread};
use zkml_primitives::Signal;
use zkml_prover::{bytes::encode_scalar, json as snarkjs, verify};

/// Of one prover and one circuit; one value for each round.
#[derive(Clone, Debug, Default)]
pub struct Figures {
	/// Seconds of a process that makes one proof.
	pub whole: Vec<f64>,
	/// The most memory of such a process, in bytes.
	pub memory: Vec<f64>,
	/// Seconds of reading key and witness, where they can be told.
	pub load: Vec<f64>,
	/// Seconds of a proof that is not the first of its process, where they can be told.
	pub warm: Vec<f64>,
}

/// What was measured of one circuit.
#[derive(Debug)]
pub struct Measured {
	/// Which.
	pub case: Case,
	/// Number of constraints.
	pub constraints: usize,
	/// Rows of the domain.
	pub domain: usize,
	/// Number of wires.
	pub wires: usize,
	/// Bytes of the proving key.
	pub key_size: u64,
	/// Of those that were measured.
	pub by: HashMap<Prover, Figures>,
}

/// How circuits are measured.
#[derive(Debug)]
pub struct Plan<'a> {
	/// By whom.
	pub provers: &'a Provers,
	/// Where keys are kept.
	pub keys: &'a Path,
	/// How often.
	pub rounds: usize,
	/// The most constraints that snarkjs proves.
	pub snarkjs: usize,
}

impl Plan<'_> {
	/// Sets up a circuit, and lets all provers prove it, one after the other in every round. `say` is told
	/// what is done.
	///
	/// # Errors
	/// [`BenchError`] if a step fails, or a proof does not hold.
	pub fn measure(&self, case: Case, say: &dyn Fn(&str)) -> Result<Measured, BenchError> {
		let name = case.name();
		let folder = tempfile::tempdir().map_err(BenchError::file("a temporary folder"))?;
		say(&format!("{name}: circuit and key"));
		let circuit = case.circuit();
		let files = Files::new(self.keys, folder.path(), &circuit)?;
		let signals = 1..=circuit.r1cs.signals();
		let constraints = circuit.r1cs.constraints();
		let signals: Vec<Signal> = circuit.witness[signals].iter().map(encode_scalar).collect();
		let mut measured = Measured {
			case,
			constraints,
			domain: (constraints + signals.len() + 1).next_power_of_two(),
			wires: circuit.witness.len(),
			key_size: files.key_size,
			by: HashMap::new(),
		};
		drop(circuit);
		let there = |prover: &Prover| *prover != Prover::Snarkjs || constraints <= self.snarkjs;
		for round in 1..=self.rounds {
			for prover in self.provers.there().filter(there) {
				say(&format!("{name}: round {round} of {}, {}", self.rounds, prover.name()));
				let run = Run { name: &name, prover, files: &files, signals: &signals };
				let figures = measured.by.entry(prover).or_default();
				run.round(self.provers, figures)?;
			}
		}
		Ok(measured)
	}
}

/// One prover on one circuit.
struct Run<'a> {
	name: &'a str,
	prover: Prover,
	files: &'a Files,
	signals: &'a [Signal],
}

impl Run<'_> {
	/// A process that makes one proof, and one that makes several.
	fn round(&self, provers: &Provers, figures: &mut Figures) -> Result<(), BenchError> {
		let folder = tempfile::tempdir().map_err(BenchError::file("a temporary folder"))?;
		let folder = folder.path();
		if let Some(command) = provers.whole(self.prover, self.files, folder) {
			let usage = self.done(&command, folder, 1)?;
			figures.whole.push(usage.seconds);
			figures.memory.push(usage.memory as f64);
		}
		if let Some(command) = provers.warm(self.prover, self.files, folder) {
			self.done(&command, folder, WARM_PROOFS)?;
			let times = read_times(folder)?;
			figures.load.push(times.load);
			figures.warm.extend(times.proofs.last());
		}
		Ok(())
	}

	/// Runs a command, and verifies its proofs.
	fn done(
		&self,
		command: &Command,
		folder: &Path,
		proofs: usize,
	) -> Result<crate::process::Usage, BenchError> {
		let usage = measure(command)?;
		for index in 0..proofs {
			let path = folder.join(proof_name(index));
			self.check(&path, &folder.join(SIGNALS)).map_err(|why| BenchError::Invalid {
				case: self.name.into(),
				path: path.clone(),
				prover: self.prover.name(),
				why,
			})?;
			// So that the next process cannot leave an old one.
			fs::remove_file(&path).map_err(BenchError::file(path))?;
		}
		Ok(usage)
	}

	fn check(&self, proof: &Path, signals: &Path) -> Result<(), String> {
		let read = |path| fs::read_to_string(path).map_err(|error| error.to_string());
		let signals = snarkjs::read_signals(&read(signals)?).map_err(|error| error.to_string())?;
		if signals != self.signals {
			return Err("the public signals are not those of the witness".into());
		}
		let proof = with_curve(&read(proof)?);
		let proof = snarkjs::read_proof(&proof).map_err(|error| error.to_string())?;
		verify(&self.files.verifying_key, &signals, &proof).map_err(|error| error.to_string())
	}
}

/// Adds the name of the curve, which rapidsnark leaves out of proofs.
fn with_curve(proof: &str) -> String {
	match serde_json::from_str(proof) {
		Ok(Value::Object(mut fields)) => {
			fields.entry("curve").or_insert(json!("bn128"));
			Value::Object(fields).to_string()
		},
		_ => proof.into(),
	}
}

/// By how much rounds differ, in parts of the median: in the middle and at most.
pub fn spreads(all: &[Measured]) -> [f64; 2] {
	let figures = all.iter().flat_map(|measured| measured.by.values());
	let lists = figures.flat_map(|figures| [&figures.whole, &figures.warm]);
	let spreads: Vec<f64> =
		lists.filter(|list| !list.is_empty()).map(|list| spread(list)).collect();
	match spreads.is_empty() {
		true => [0.0; 2],
		false => [median(spreads.clone()), spreads.iter().copied().fold(0.0, f64::max)],
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		cases::Circuit,
		child::{Library, Task},
	};

	#[test]
	fn proofs_are_checked_against_the_signals() {
		let folder = tempfile::tempdir().expect("a folder");
		let Circuit { r1cs, witness } = Case::Products(5).circuit();
		let signals = [encode_scalar(&witness[1])];
		let circuit = Circuit { r1cs, witness };
		let files = Files::new(folder.path(), folder.path(), &circuit).expect("a key");
		for library in [Library::Zkml, Library::Arkworks] {
			let (key, witness) = (files.key.clone(), files.witness.clone());
			let task = Task { library, key, witness, folder: folder.path().into(), proofs: 2 };
			task.run().expect("proofs");
			assert_eq!(read_times(folder.path()).expect("times").proofs.len(), 2);
			let run = |signals| Run { name: "", prover: Prover::Ours, files: &files, signals };
			let path = |name: &str| folder.path().join(name);
			let check = |signals, proof| run(signals).check(&path(proof), &path(SIGNALS));
			assert_eq!(check(&signals, "proof-0.json"), Ok(()));
			assert_eq!(check(&signals, "proof-1.json"), Ok(()));
			check(&[[1; 32]], "proof-0.json").expect_err("other signals");
			check(&signals, "proof-2.json").expect_err("no proof");
			fs::write(path(SIGNALS), "[\"5\"]").expect("a disk");
			check(&signals, "proof-0.json").expect_err("signals that are not the witness's");
			let forged = [[0; 32].map(|_| 1)];
			check(&forged, "proof-0.json").expect_err("a proof of other signals");
		}
	}

	#[test]
	fn a_curve_is_added_where_there_is_none() {
		assert_eq!(with_curve("{\"a\":1}"), "{\"a\":1,\"curve\":\"bn128\"}");
		assert_eq!(with_curve("{\"curve\":\"x\"}"), "{\"curve\":\"x\"}");
		assert_eq!(with_curve("none"), "none");
	}
}
