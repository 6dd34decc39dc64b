//! `zkml setup begin`, `contribute`, `beacon`, `verify`, `finish`: phase 2.

use super::{
	super::written,
	constraints, made, read_powers,
	status::{shortcomings, transcript_text},
	within, BeaconValue, Person, PowersFile,
};
use crate::{
	error::CliError,
	files::{self, CircuitFolder, TOOL},
	ui::{self, Ui},
};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use zkml_prover::{
	ceremony::{phase2, verify_key, verify_powers, CeremonyError, Origin, Ptau, Transcript},
	json as snarkjs,
	zkey::Zkey,
	Manifest, Map, SetupKind, FORMAT,
};

/// What to begin from.
#[derive(Debug, Args)]
pub(super) struct Begin {
	/// The circuit: its folder, or an .r1cs file.
	#[arg(default_value = "target/zkml/circuit")]
	circuit: PathBuf,
	#[command(flatten)]
	powers: PowersFile,
	/// The key, which is for contributions only.
	#[arg(short, long)]
	output: PathBuf,
}

/// What to verify.
#[derive(Debug, Args)]
pub(super) struct Verify {
	/// The circuit: its folder, or an .r1cs file.
	#[arg(default_value = "target/zkml/circuit")]
	circuit: PathBuf,
	#[command(flatten)]
	powers: PowersFile,
	/// The key.
	#[arg(long, value_name = "ZKEY")]
	key: PathBuf,
	/// Write the transcript, a text for publication, to this file.
	#[arg(long, value_name = "FILE")]
	transcript: Option<PathBuf>,
}

/// What to finish.
#[derive(Debug, Args)]
pub(super) struct Finish {
	/// The circuit's folder.
	#[arg(default_value = "target/zkml/circuit")]
	circuit: PathBuf,
	#[command(flatten)]
	powers: PowersFile,
	/// The key with all contributions.
	#[arg(long, value_name = "ZKEY")]
	key: PathBuf,
	/// The keys' folder.
	#[arg(short, long, default_value = "target/zkml/keys")]
	output: PathBuf,
}

impl Begin {
	/// Runs the verb.
	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let r1cs = constraints(&self.circuit)?;
		let map = self.powers.map(ui)?;
		let powers = read_powers(&self.powers.powers, &map)?;
		let mut file = files::create(&self.output)?;
		let began = std::time::Instant::now();
		let hash =
			ui.progress(&[&map], |progress| phase2::new(&r1cs, &powers, file.out(), progress));
		let hash = hash.map_err(within(&self.powers.powers))?;
		let next = format!("zkml setup contribute {} -o NEXT.zkey", self.output.display());
		made(ui, file, ("setup begin", &self.output), ("circuit", hash), began.elapsed(), &next)
	}
}

fn contribute(
	ui: &Ui,
	command: &str,
	(old, output): (&Path, &Path),
	origin: Origin,
	entropy: &[u8],
) -> Result<(), CliError> {
	let map = files::map(old)?;
	let key = Zkey::open(&map).map_err(CeremonyError::from).map_err(within(old))?;
	let beacon = origin.is_beacon();
	let mut file = files::create(output)?;
	let began = std::time::Instant::now();
	let hash = ui.progress(&[&map], |progress| {
		phase2::contribute(&key, file.out(), origin, entropy, progress)
	});
	let hash = hash.map_err(within(old))?;
	let verb = if beacon { "finish" } else { "verify" };
	let next =
		format!("zkml setup {verb} CIRCUIT --powers PREPARED.ptau --key {}", output.display());
	made(ui, file, (command, output), ("contribution", hash), began.elapsed(), &next)
}

/// Runs `contribute`.
pub(super) fn person(person: Person, ui: &Ui) -> Result<(), CliError> {
	let Person { old, output, name, entropy } = person;
	let origin = Origin::Person { name };
	contribute(ui, "setup contribute", (&old, &output), origin, entropy.as_bytes())
}

/// Runs `beacon`.
pub(super) fn beacon(value: BeaconValue, ui: &Ui) -> Result<(), CliError> {
	contribute(ui, "setup beacon", (&value.old, &value.output), value.origin()?, &[])
}

/// Verifies the powers, unless they are pinned by a published hash; makes the key without contributions
/// again, beside the key; and verifies the key against both.
fn check(
	ui: &Ui,
	circuit: &Path,
	file: &PowersFile,
	(powers, powers_map): (&Ptau<'_>, &Map),
	(path, key, key_map): (&Path, &Zkey<'_>, &Map),
) -> Result<Transcript, CliError> {
	let r1cs = constraints(circuit)?;
	if file.blake2b.is_none() {
		let done = ui.progress(&[powers_map], |progress| verify_powers(powers, progress));
		done.map_err(within(&file.powers))?;
	}
	let mut begun = files::create(path)?;
	let done =
		ui.progress(&[powers_map], |progress| phase2::new(&r1cs, powers, begun.out(), progress));
	done.map_err(within(&file.powers))?;
	drop(r1cs);
	let map = begun.map()?;
	let begun = Zkey::open(&map).map_err(CeremonyError::from).map_err(within(path))?;
	let maps = [powers_map, key_map, &map];
	let verified = ui.progress(&maps, |progress| verify_key(key, &begun, powers, progress));
	verified.map_err(within(path))
}

impl Verify {
	/// Runs the verb.
	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let (powers_map, key_map) = (self.powers.map(ui)?, files::map(&self.key)?);
		let powers = read_powers(&self.powers.powers, &powers_map)?;
		let key = Zkey::open(&key_map).map_err(CeremonyError::from).map_err(within(&self.key))?;
		let began = std::time::Instant::now();
		let checked = check(
			ui,
			&self.circuit,
			&self.powers,
			(&powers, &powers_map),
			(&self.key, &key, &key_map),
		)?;
		let seconds = began.elapsed();
		let text = transcript_text(&powers, &checked);
		if let Some(path) = &self.transcript {
			files::write(path, text.as_bytes())?;
		}
		let missing = shortcomings(Some(&powers), Some(&checked));
		ui.line(format!(
			"valid: {} contributions to this circuit's key, {} to the powers of tau ({})",
			checked.contributions.len(),
			powers.contributions.len(),
			ui::time(seconds)
		));
		missing.iter().for_each(|what| ui.line(format!("not for production: {what}")));
		ui.json(
			"setup verify",
			json!({
				"valid": true,
				"contributions": checked.contributions.len(),
				"powers_contributions": powers.contributions.len(),
				"shortcomings": missing,
				"seconds": seconds.as_secs_f64(),
			}),
		);
		ui.next(format!(
			"zkml setup finish {} --powers {} --key {}",
			self.circuit.display(),
			self.powers.powers.display(),
			self.key.display()
		));
		Ok(())
	}
}

impl Finish {
	/// Runs the verb.
	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let folder = CircuitFolder::open(&self.circuit)?;
		let (powers_map, key_map) = (self.powers.map(ui)?, files::map(&self.key)?);
		let powers = read_powers(&self.powers.powers, &powers_map)?;
		let key = Zkey::open(&key_map).map_err(CeremonyError::from).map_err(within(&self.key))?;
		let checked = check(
			ui,
			&self.circuit,
			&self.powers,
			(&powers, &powers_map),
			(&self.key, &key, &key_map),
		)?;
		let text = transcript_text(&powers, &checked);
		let missing = shortcomings(Some(&powers), Some(&checked));
		let setup = match missing.is_empty() {
			true => SetupKind::Ceremony {
				transcript: files::sha256_bytes(text.as_bytes()),
				contributions: checked.contributions.len() as u32,
			},
			false => SetupKind::Development,
		};
		let manifest = Manifest {
			format: FORMAT,
			tool: TOOL.into(),
			setup,
			circuit_sha256: folder.file.circuit_sha256,
			model_sha256: folder.file.published_sha256,
			interface: folder.file.interface,
		};
		let mut proving = Vec::new();
		key.write_finished(&manifest, &mut proving).map_err(CliError::file(&self.output))?;
		let verifying = key
			.verifying_key()
			.map_err(CeremonyError::from)
			.map_err(within(&self.key))?
			.ok_or_else(|| {
				CliError::Other("the circuit has more public signals than a chain accepts".into())
			})?;
		let verifying = snarkjs::verifying_key_to_json(&verifying, Some(&manifest))
			.map_err(|error| CliError::Other(error.to_string()))?;
		let verifying = files::to_json(&verifying);
		let contents: [(&str, &[u8]); 3] = [
			("proving_key.zkey", &proving),
			("verification_key.json", &verifying),
			("transcript.txt", text.as_bytes()),
		];
		files::write_folder(&self.output, &contents)?;
		match missing.is_empty() {
			true => ui.line(format!("keys of a ceremony of {}", checked.contributions.len())),
			false => ui.line("keys for DEVELOPMENT ONLY:"),
		}
		missing.iter().for_each(|what| ui.line(format!("  {what}")));
		written(ui, &self.output, &contents);
		ui.json(
			"setup finish",
			json!({
				"output": self.output,
				"setup": manifest.setup,
				"shortcomings": missing,
				"proving_key_bytes": proving.len(),
			}),
		);
		ui.next(format!(
			"zkml prove {} --keys {} --input INPUT.json",
			self.circuit.display(),
			self.output.display()
		));
		Ok(())
	}
}
