//! `zkml setup status`: who contributed, and whether that will do.

use super::{read_powers, within};
use crate::{error::CliError, files, ui::Ui};
use clap::Args;
use serde_json::json;
use std::{fmt::Write as _, path::PathBuf};
use zkml_prover::{
	ceremony::{CeremonyError, Origin, Ptau, Transcript},
	zkey::Zkey,
};

/// What to show.
#[derive(Debug, Args)]
pub(super) struct Status {
	/// A .ptau or .zkey file.
	file: PathBuf,
}

/// People who must have contributed to a phase.
const PEOPLE: usize = 2;

/// What keeps a key from being fit for production; of the phases that are known.
pub(super) fn shortcomings(powers: Option<&Ptau<'_>>, key: Option<&Transcript>) -> Vec<String> {
	let phases = [
		(
			"powers of tau",
			powers.map(|powers| powers.contributions.iter().map(|c| &c.origin).collect()),
		),
		("key", key.map(|key| key.contributions.iter().map(|c| &c.origin).collect())),
	];
	let mut missing = Vec::new();
	for (name, origins) in phases {
		let Some(origins): Option<Vec<&Origin>> = origins else { continue };
		let people = origins.iter().filter(|origin| !origin.is_beacon()).count();
		if people < PEOPLE {
			let who = match people {
				0 => "nobody".into(),
				count => format!("{count} of at least {PEOPLE}"),
			};
			missing.push(format!("{who} contributed to the {name}"));
		}
		if !origins.last().is_some_and(|origin| origin.is_beacon()) {
			missing.push(format!("no beacon closes the {name}"));
		}
	}
	missing
}

/// A name as a person may read it: the files hold what contributors typed, or what a cheat typed for
/// them.
fn plain(name: &str) -> String {
	let kept = |c: char| if c.is_alphanumeric() || " -_.@'".contains(c) { c } else { '?' };
	name.chars().take(64).map(kept).collect()
}

/// The hash first, so that nobody mistakes a part of a name for it.
fn line(number: usize, origin: &Origin, hash: &[u8]) -> String {
	let name = origin.name().map(plain).unwrap_or_else(|| "(no name)".into());
	let hash = hex::encode(hash);
	match origin {
		Origin::Person { .. } => format!("{number}. {hash} {name}"),
		Origin::Beacon { value, exponent, .. } => format!(
			"{number}. {hash} {name}, beacon 0x{} hashed 2^{exponent} times",
			hex::encode(value)
		),
	}
}

fn powers_lines(powers: &Ptau<'_>) -> Vec<String> {
	let contributions = (1..).zip(&powers.contributions);
	contributions
		.map(|(number, contribution)| {
			let hash = contribution.response().unwrap_or([0; 64]);
			line(number, &contribution.origin, &hash)
		})
		.collect()
}

fn key_lines(key: &Transcript) -> Vec<String> {
	let contributions = (1..).zip(&key.contributions);
	contributions
		.map(|(number, contribution)| line(number, &contribution.origin, &contribution.hash()))
		.collect()
}

/// The transcript for publication: the same text from the same files.
pub(super) fn transcript_text(powers: &Ptau<'_>, key: &Transcript) -> String {
	let mut text = String::from("Groth16 setup over BN254, in the files of snarkjs\n\n");
	let _ = writeln!(text, "Phase 1: powers of tau to 2^{}", powers.ceremony_power);
	for line in powers_lines(powers) {
		let _ = writeln!(text, "{line}");
	}
	let _ = writeln!(text, "\nPhase 2: circuit {}", hex::encode(key.circuit));
	for line in key_lines(key) {
		let _ = writeln!(text, "{line}");
	}
	text
}

impl Status {
	/// Runs the verb.
	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let map = files::map(&self.file)?;
		let is_key = map.starts_with(b"zkey");
		let (what, lines, missing) = if is_key {
			let key = Zkey::open(&map).map_err(CeremonyError::from).map_err(within(&self.file))?;
			let transcript = Transcript::read(&key).map_err(within(&self.file))?;
			let what = match transcript.circuit {
				circuit if circuit == [0; 64] => "a key that one party made".to_string(),
				circuit => format!("key of the circuit {}", hex::encode(circuit)),
			};
			(what, key_lines(&transcript), shortcomings(None, Some(&transcript)))
		} else {
			let powers = read_powers(&self.file, &map)?;
			let prepared = if powers.is_prepared() { "prepared" } else { "not prepared" };
			let what = format!("powers of tau to 2^{}, {prepared}", powers.power);
			(what, powers_lines(&powers), shortcomings(Some(&powers), None))
		};
		ui.line(&what);
		lines.iter().for_each(|line| ui.line(format!("  {line}")));
		match missing.is_empty() {
			true => ui.line("nothing is missing in this phase for production, if it verifies"),
			false => missing.iter().for_each(|what| ui.line(format!("not for production: {what}"))),
		}
		ui.json(
			"setup status",
			json!({ "what": what, "contributions": lines, "shortcomings": missing }),
		);
		ui.note("this shows what the file says; verifying checks it, but not who people are");
		let file = self.file.display();
		ui.next(match is_key {
			true => format!("zkml setup verify CIRCUIT --powers PREPARED.ptau --key {file}"),
			false => format!("zkml setup powers verify {file}"),
		});
		Ok(())
	}
}
