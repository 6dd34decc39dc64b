//! `zkml setup powers`: phase 1.

use super::{check_hash, made, read_powers, within, BeaconValue, Person};
use crate::{error::CliError, files, ui::Ui};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::{Path, PathBuf};
use zkml_prover::ceremony::{phase1, verify_powers, Origin};

/// The steps of phase 1.
#[derive(Debug, Subcommand)]
pub(super) enum Powers {
	/// Begin: powers whose tau is 1.
	New(New),
	/// Contribute: multiply secrets into the powers.
	Contribute(Person),
	/// Close with a public random value.
	Beacon(BeaconValue),
	/// Compute what phase 2 begins from.
	Prepare(Prepare),
	/// Verify powers, and everybody's part in them.
	Verify(Verify),
}

/// How large.
#[derive(Debug, Args)]
pub(super) struct New {
	/// Circuits of up to 2^POWER constraints and public signals can use them.
	#[arg(long)]
	power: u32,
	/// The file.
	#[arg(short, long)]
	output: PathBuf,
}

/// What to prepare.
#[derive(Debug, Args)]
pub(super) struct Prepare {
	/// The file with all contributions.
	old: PathBuf,
	/// The prepared file.
	#[arg(short, long)]
	output: PathBuf,
}

/// What to verify.
#[derive(Debug, Args)]
pub(super) struct Verify {
	/// The file.
	file: PathBuf,
	/// BLAKE2b-512 that the file must have, in hexadecimal, as its ceremony publishes it.
	#[arg(long, value_name = "HEX")]
	blake2b: Option<String>,
}

impl Powers {
	/// Runs the verb.
	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		match self {
			Self::New(New { power, output }) => {
				let mut file = files::create(&output)?;
				let began = std::time::Instant::now();
				let hash = ui.progress(&[], |progress| phase1::new(power, file.out(), progress));
				let hash = hash.map_err(within(&output))?;
				let next =
					format!("zkml setup powers contribute {} -o NEXT.ptau", output.display());
				let what = ("first challenge", hash);
				made(ui, file, ("setup powers new", &output), what, began.elapsed(), &next)
			},
			Self::Contribute(Person { old, output, name, entropy }) => {
				let origin = Origin::Person { name };
				contribute(ui, "setup powers contribute", &old, &output, origin, entropy.as_bytes())
			},
			Self::Beacon(value) => {
				let origin = value.origin()?;
				contribute(ui, "setup powers beacon", &value.old, &value.output, origin, &[])
			},
			Self::Prepare(Prepare { old, output }) => prepare(ui, &old, &output),
			Self::Verify(command) => command.run(ui),
		}
	}
}

fn contribute(
	ui: &Ui,
	command: &str,
	old: &Path,
	output: &Path,
	origin: Origin,
	entropy: &[u8],
) -> Result<(), CliError> {
	let map = files::map(old)?;
	let powers = read_powers(old, &map)?;
	if powers.is_prepared() {
		ui.note(
			"what was prepared for phase 2 is left out: prepare again after the last contribution",
		);
	}
	let beacon = origin.is_beacon();
	let mut file = files::create(output)?;
	let began = std::time::Instant::now();
	let hash = ui.progress(&[&map], |progress| {
		phase1::contribute(&powers, file.out(), origin, entropy, progress)
	});
	let hash = hash.map_err(within(old))?;
	let shown = output.display();
	let next = match beacon {
		true => format!("zkml setup powers prepare {shown} -o PREPARED.ptau"),
		false => format!("zkml setup powers verify {shown}"),
	};
	made(ui, file, (command, output), ("contribution", hash), began.elapsed(), &next)
}

fn prepare(ui: &Ui, old: &Path, output: &Path) -> Result<(), CliError> {
	let map = files::map(old)?;
	let powers = read_powers(old, &map)?;
	let mut file = files::create(output)?;
	let began = std::time::Instant::now();
	let done = ui.progress(&[&map], |progress| phase1::prepare(&powers, file.out(), progress));
	done.map_err(within(old))?;
	let next = format!("zkml setup begin CIRCUIT --powers {} -o KEY.zkey", output.display());
	let challenge = ("after contribution", powers.challenge());
	made(ui, file, ("setup powers prepare", output), challenge, began.elapsed(), &next)
}

impl Verify {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let map = files::map(&self.file)?;
		check_hash(ui, &self.file, &map, self.blake2b.as_deref())?;
		let powers = read_powers(&self.file, &map)?;
		let began = std::time::Instant::now();
		let done = ui.progress(&[&map], |progress| verify_powers(&powers, progress));
		done.map_err(within(&self.file))?;
		let seconds = began.elapsed();
		let count = powers.contributions.len();
		ui.line(format!(
			"valid: powers of tau to 2^{}, {count} contributions, {} ({})",
			powers.power,
			if powers.is_prepared() { "prepared for phase 2" } else { "not prepared" },
			crate::ui::time(seconds),
		));
		ui.json(
			"setup powers verify",
			json!({
				"valid": true,
				"power": powers.power,
				"contributions": count,
				"prepared": powers.is_prepared(),
				"seconds": seconds.as_secs_f64(),
			}),
		);
		let file = self.file.display();
		ui.next(match powers.is_prepared() {
			true => format!("zkml setup begin CIRCUIT --powers {file} -o KEY.zkey"),
			false => format!("zkml setup powers prepare {file} -o PREPARED.ptau"),
		});
		Ok(())
	}
}
