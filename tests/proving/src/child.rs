//! What proves in a process of its own.

use crate::{arkworks::Arkworks, BenchError};
use clap::{Args, ValueEnum};
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use std::{
	fs,
	path::{Path, PathBuf},
	time::Instant,
};
use zkml_circuits::r1cs::read_wtns;
use zkml_primitives::Proof;
use zkml_prover::{bytes::encode_scalar, give_memory_back, json, zkey, Map, Prover};

/// The subcommand of this program that does it.
pub const PROVE: &str = "prove";

/// Whose code proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Library {
	/// `zkml_prover::Prover`.
	Zkml,
	/// `ark-groth16`.
	Arkworks,
}

/// What is proven, and how often.
#[derive(Debug, Args)]
pub struct Task {
	/// Whose code.
	pub library: Library,
	/// The `.zkey` file.
	pub key: PathBuf,
	/// The `.wtns` file.
	pub witness: PathBuf,
	/// Where proofs, signals and times are written.
	pub folder: PathBuf,
	/// How many proofs.
	pub proofs: usize,
}

/// What a process says of itself, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Times {
	/// Reading key and witness.
	pub load: f64,
	/// Each proof.
	pub proofs: Vec<f64>,
}

/// The name of a proof's file.
pub fn proof_name(index: usize) -> String {
	format!("proof-{index}.json")
}

/// The file of public signals.
pub const SIGNALS: &str = "public.json";
/// The file of [`Times`].
pub const TIMES: &str = "times.json";

impl Task {
	/// Reads key and witness once, and proves; for a single proof with the key left in its file.
	///
	/// # Errors
	/// [`BenchError`] of the files, or of the prover.
	pub fn run(&self) -> Result<(), BenchError> {
		let began = Instant::now();
		let unread = |error: zkey::ZkeyError| BenchError::content(&self.key)(error);
		let map = Map::open(&self.key).map_err(BenchError::file(&self.key))?;
		let signals = zkey::Zkey::open(&map).map_err(unread)?.signals();
		let bytes = fs::read(&self.witness).map_err(BenchError::file(&self.witness))?;
		let witness = &read_wtns(&bytes).map_err(BenchError::content(&self.witness))?;
		drop(bytes);
		let load = |map| zkey::load(&map).map_err(unread);
		let prover: Box<dyn Fn() -> Result<Proof, String>> = match self.library {
			Library::Zkml => {
				let prover = match self.proofs {
					1 => {
						give_memory_back();
						Prover::mapped(map)
					},
					_ => Prover::new(load(map)?),
				};
				let prover = prover.map_err(BenchError::content(&self.key))?;
				Box::new(move || {
					prover.prove(witness, &mut OsRng).map_err(|error| error.to_string())
				})
			},
			Library::Arkworks => {
				let arkworks = Arkworks::from(load(map)?);
				Box::new(move || {
					let proof = arkworks.prove(witness, &mut OsRng);
					proof.map_err(|error| error.to_string())?.ok_or_else(|| "infinity".into())
				})
			},
		};
		let mut times = Times { load: began.elapsed().as_secs_f64(), proofs: Vec::new() };
		for index in 0..self.proofs {
			let began = Instant::now();
			let proof =
				prover().map_err(|why| BenchError::Prove { library: self.library.name(), why })?;
			times.proofs.push(began.elapsed().as_secs_f64());
			self.write(&proof_name(index), json::proof_to_json(&proof))?;
		}
		let signals: Vec<_> = witness.iter().skip(1).take(signals).map(encode_scalar).collect();
		self.write(SIGNALS, json::signals_to_json(&signals))?;
		self.write(TIMES, Ok::<_, json::JsonError>(times))
	}

	fn write(
		&self,
		name: &str,
		value: Result<impl Serialize, json::JsonError>,
	) -> Result<(), BenchError> {
		let path = self.folder.join(name);
		let value = value.map_err(BenchError::content(&path))?;
		let text = serde_json::to_vec(&value).map_err(BenchError::content(&path))?;
		fs::write(&path, text).map_err(BenchError::file(path))
	}
}

impl Library {
	fn name(self) -> &'static str {
		match self {
			Self::Zkml => "zkml-prover",
			Self::Arkworks => "ark-groth16",
		}
	}
}

/// Reads what a process said of itself.
///
/// # Errors
/// [`BenchError`] if there is nothing, or not what should be.
pub fn read_times(folder: &Path) -> Result<Times, BenchError> {
	let path = folder.join(TIMES);
	let text = fs::read(&path).map_err(BenchError::file(&path))?;
	serde_json::from_slice(&text).map_err(BenchError::content(path))
}
