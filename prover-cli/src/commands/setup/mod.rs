//! `zkml setup`

mod development;
mod key;
mod powers;
mod status;

use crate::{
	error::CliError,
	files::{self, Pending},
	ui::{self, Ui},
};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::{Path, PathBuf};
use zkml_circuits::r1cs::{read_r1cs, R1cs};
use zkml_prover::{
	ceremony::{blake2b::Blake2b, CeremonyError, Hash, Origin, Ptau},
	Map,
};

/// Make keys for a circuit: by one party for development, or by many in a ceremony.
///
/// Without a verb, one party makes the keys: whoever runs that could forge proofs, so the keys say that
/// they are for development, and chains refuse them unless their genesis allows such keys. The verbs
/// are the steps of a ceremony, in which one honest contributor suffices. Their files are those of
/// snarkjs, so that each step can be made with either tool.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Setup {
	#[command(subcommand)]
	step: Option<Step>,
	#[command(flatten)]
	development: development::Development,
}

/// The steps of a ceremony.
#[derive(Debug, Subcommand)]
enum Step {
	/// Phase 1: powers of tau, for all circuits up to a size.
	#[command(subcommand)]
	Powers(powers::Powers),
	/// Begin phase 2: a circuit's key from prepared powers of tau.
	Begin(key::Begin),
	/// Contribute to a circuit's key.
	Contribute(Person),
	/// Close a circuit's key with a public random value.
	Beacon(BeaconValue),
	/// Verify a circuit's key, and everybody's part in it.
	Verify(key::Verify),
	/// Verify a circuit's key, and make the folder of keys from it.
	Finish(key::Finish),
	/// Show who contributed to a .ptau or .zkey file, and what is missing for production.
	Status(status::Status),
}

impl Setup {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		zkml_prover::give_memory_back();
		match self.step {
			None => self.development.run(ui),
			Some(Step::Powers(command)) => command.run(ui),
			Some(Step::Begin(command)) => command.run(ui),
			Some(Step::Contribute(person)) => key::person(person, ui),
			Some(Step::Beacon(value)) => key::beacon(value, ui),
			Some(Step::Verify(command)) => command.run(ui),
			Some(Step::Finish(command)) => command.run(ui),
			Some(Step::Status(command)) => command.run(ui),
		}
	}
}

/// Who contributes.
#[derive(Debug, Args)]
struct Person {
	/// The file to contribute to.
	old: PathBuf,
	/// The file with the contribution.
	#[arg(short, long)]
	output: PathBuf,
	/// A name that the file shows, at most 64 characters.
	#[arg(long)]
	name: Option<String>,
	/// Text to mix into the operating system's random numbers. Prefer the variable to the flag.
	#[arg(long, env = "ZKML_ENTROPY", hide_env_values = true, default_value = "")]
	entropy: String,
}

/// A public value that closes a phase.
#[derive(Debug, Args)]
struct BeaconValue {
	/// The file to close.
	old: PathBuf,
	/// The closed file.
	#[arg(short, long)]
	output: PathBuf,
	/// The value, in hexadecimal: one that nobody could know before, such as the hash of a block that
	/// was announced.
	#[arg(long, value_name = "HEX")]
	value: String,
	/// SHA-256 is applied 2^ROUNDS times, which takes so long that nobody can try many values.
	#[arg(long, default_value_t = 20)]
	rounds: u8,
	/// A name that the file shows, at most 64 characters.
	#[arg(long)]
	name: Option<String>,
}

impl BeaconValue {
	fn origin(&self) -> Result<Origin, CliError> {
		let text = self.value.strip_prefix("0x").unwrap_or(&self.value);
		let value = hex::decode(text).map_err(|error| {
			CliError::Other(format!("--value: {} is not hexadecimal: {error}", self.value))
		})?;
		Ok(Origin::Beacon { name: self.name.clone(), value, exponent: self.rounds })
	}
}

/// A file, and what its hash should be.
#[derive(Debug, Args)]
struct PowersFile {
	/// The file with powers of tau.
	#[arg(long, value_name = "PTAU")]
	powers: PathBuf,
	/// BLAKE2b-512 that the file with powers of tau must have, in hexadecimal, as its ceremony
	/// publishes it.
	#[arg(long, value_name = "HEX")]
	blake2b: Option<String>,
}

impl PowersFile {
	fn map(&self, ui: &Ui) -> Result<Map, CliError> {
		let map = files::map(&self.powers)?;
		check_hash(ui, &self.powers, &map, self.blake2b.as_deref())?;
		Ok(map)
	}
}

/// Checks a published file against its hash, where one is given.
fn check_hash(ui: &Ui, path: &Path, map: &Map, expected: Option<&str>) -> Result<(), CliError> {
	let Some(expected) = expected else { return Ok(()) };
	let text = expected.trim().strip_prefix("0x").unwrap_or(expected.trim()).to_lowercase();
	if hex::decode(&text).map(|bytes| bytes.len()) != Ok(64) {
		return Err(CliError::Other(format!(
			"--blake2b: {expected} is not 64 bytes in hexadecimal"
		)));
	}
	let hash = ui.progress(&[map], |progress| {
		// Counted in points, of which memory is let go of.
		progress.step("hashing", map.len() as u64 / 64);
		let mut hash = Blake2b::default();
		for part in map.chunks(1 << 20) {
			hash.update(part);
			progress.advance(part.len() as u64 / 64);
		}
		hex::encode(hash.finish())
	});
	if hash != text {
		return Err(CliError::Content {
			path: path.into(),
			what: format!("its BLAKE2b-512 is {hash}, not {text}"),
			help: "the file is not the one that was published, or it was not fetched whole".into(),
		});
	}
	Ok(())
}

/// For `map_err` on what a file of the ceremony holds.
fn within(path: &Path) -> impl FnOnce(CeremonyError) -> CliError + '_ {
	move |error| match error {
		CeremonyError::Invalid(fault) => CliError::Invalid(format!("{}: {fault}", path.display())),
		CeremonyError::Io(error) => CliError::File { path: path.into(), error },
		error => {
			let help = match &error {
				CeremonyError::NotPrepared => "run `zkml setup powers prepare` on it",
				CeremonyError::TooSmall { .. } => {
					"use powers of tau of that power, or make them with `zkml setup powers new`"
				},
				CeremonyError::Reduced { .. } => "get the file from which it was cut",
				CeremonyError::Name { .. } => "choose another --name",
				CeremonyError::BeaconRounds { .. } => "choose another number of --rounds",
				_ => "was the file fetched whole, and is it of the kind that this step takes?",
			};
			CliError::Content { path: path.into(), what: error.to_string(), help: help.into() }
		},
	}
}

fn read_powers<'a>(path: &Path, map: &'a Map) -> Result<Ptau<'a>, CliError> {
	Ptau::read(map).map_err(within(path))
}

/// Finishes a step that made a file of the ceremony, and says by which hash its maker knows it.
fn made(
	ui: &Ui,
	file: Pending,
	(command, path): (&str, &Path),
	(what, hash): (&str, Hash),
	seconds: std::time::Duration,
	next: &str,
) -> Result<(), CliError> {
	let size = file.keep()?;
	let hash = hex::encode(hash);
	ui.line(format!("wrote {} ({}) in {}", path.display(), ui::bytes(size), ui::time(seconds)));
	ui.line(format!("{what} {hash}"));
	ui.json(
		command,
		json!({ "output": path, "bytes": size, "hash": hash, "seconds": seconds.as_secs_f64() }),
	);
	ui.next(next);
	Ok(())
}

/// The constraints of a circuit: a folder, or an `.r1cs` file.
fn constraints(circuit: &Path) -> Result<R1cs, CliError> {
	let (path, bytes) = if circuit.is_dir() {
		let folder = files::CircuitFolder::open(circuit)?;
		(circuit.join("circuit.r1cs"), folder.r1cs()?)
	} else {
		(circuit.into(), files::read(circuit)?)
	};
	read_r1cs(&bytes).map_err(|error| CliError::Content {
		path,
		what: error.to_string(),
		help: "give a folder that `zkml compile` made, or an .r1cs file over BN254 (bn128)".into(),
	})
}
