//! Who is compared, and how each is run.

use crate::{
	cache::Files,
	child::{proof_name, PROVE, SIGNALS},
	BenchError,
};
use std::{
	env, fs,
	path::{Path, PathBuf},
	process::Command,
};
use zkml_figures::plot::{RGBColor, BLUE, GREEN, GREY, ORANGE, PURPLE};

/// The variable that names rapidsnark's program.
pub const RAPIDSNARK: &str = "ZKML_RAPIDSNARK";
/// The variable that switches our vector instructions off.
const PORTABLE: &str = "ZKML_PORTABLE";
/// How many proofs a warm process makes; the first warms it.
pub const WARM_PROOFS: usize = 2;

/// A prover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Prover {
	/// `zkml_prover::Prover`.
	Ours,
	/// The same without vector instructions.
	Portable,
	/// `ark-groth16`.
	Arkworks,
	/// snarkjs, in node.
	Snarkjs,
	/// rapidsnark.
	Rapidsnark,
}

impl Prover {
	/// All, in the order of columns.
	pub const ALL: [Self; 5] =
		[Self::Ours, Self::Portable, Self::Arkworks, Self::Rapidsnark, Self::Snarkjs];

	/// Its name in tables and charts.
	pub fn name(self) -> &'static str {
		match self {
			Self::Ours => "ours",
			Self::Portable => "ours, portable",
			Self::Arkworks => "ark-groth16",
			Self::Snarkjs => "snarkjs",
			Self::Rapidsnark => "rapidsnark",
		}
	}

	/// Its colour in charts.
	pub fn colour(self) -> RGBColor {
		match self {
			Self::Ours => BLUE,
			Self::Portable => GREEN,
			Self::Arkworks => ORANGE,
			Self::Snarkjs => GREY,
			Self::Rapidsnark => PURPLE,
		}
	}
}

/// The provers that this machine has.
#[derive(Debug)]
pub struct Provers {
	itself: PathBuf,
	/// The folder with its `node_modules`.
	snarkjs: Option<PathBuf>,
	rapidsnark: Option<PathBuf>,
}

impl Provers {
	/// Looks for those of others: snarkjs where `scripts/setup.sh oracles` puts it, rapidsnark where
	/// [`RAPIDSNARK`] says.
	///
	/// # Errors
	/// [`BenchError`] if the path of this program is not known, or that of rapidsnark is no file.
	pub fn find(cache: &Path) -> Result<Self, BenchError> {
		let start = |error| BenchError::Start { program: "this program".into(), error };
		let npm = cache.join("npm");
		let rapidsnark = env::var_os(RAPIDSNARK).filter(|path| !path.is_empty()).map(PathBuf::from);
		if let Some(path) = rapidsnark.as_ref().filter(|path| !path.is_file()) {
			let what = format!("{RAPIDSNARK} says that this is rapidsnark, but it is no file");
			return Err(BenchError::Content { path: path.clone(), what });
		}
		Ok(Self {
			itself: env::current_exe().map_err(start)?,
			snarkjs: cli(&npm).is_file().then_some(npm),
			rapidsnark,
		})
	}

	/// Those that are there.
	pub fn there(&self) -> impl Iterator<Item = Prover> + '_ {
		Prover::ALL.into_iter().filter(|prover| match prover {
			Prover::Snarkjs => self.snarkjs.is_some(),
			Prover::Rapidsnark => self.rapidsnark.is_some(),
			_ => true,
		})
	}

	/// What to do about those that are not.
	pub fn missing(&self) -> Vec<String> {
		let snarkjs = "snarkjs is not installed: `scripts/setup.sh oracles` does it";
		let rapidsnark =
			format!("rapidsnark is not measured: name its program `prover` in {RAPIDSNARK}");
		[(self.snarkjs.is_none(), snarkjs.into()), (self.rapidsnark.is_none(), rapidsnark)]
			.into_iter()
			.filter_map(|(missing, what)| missing.then_some(what))
			.collect()
	}

	/// The version of snarkjs.
	pub fn snarkjs_version(&self) -> Option<String> {
		let package = self.snarkjs.as_ref()?.join("node_modules/snarkjs/package.json");
		let package: serde_json::Value = serde_json::from_slice(&fs::read(package).ok()?).ok()?;
		Some(package.get("version")?.as_str()?.to_string())
	}

	/// What reads key and witness, makes one proof, and ends; `None` for one that is not there.
	pub fn whole(&self, prover: Prover, files: &Files, folder: &Path) -> Option<Command> {
		let proof = folder.join(proof_name(0));
		let signals = folder.join(SIGNALS);
		let mut command = match prover {
			Prover::Snarkjs => {
				let mut command = Command::new("node");
				command.arg(cli(self.snarkjs.as_ref()?)).args(["groth16", "prove"]);
				command
			},
			Prover::Rapidsnark => Command::new(self.rapidsnark.as_ref()?),
			_ => return Some(self.library(prover, files, folder, 1)),
		};
		command.args([&files.key, &files.witness, &proof, &signals]);
		Some(command)
	}

	/// What reads key and witness once, makes [`WARM_PROOFS`], and says how long each took; `None` for
	/// one that is not there or cannot.
	pub fn warm(&self, prover: Prover, files: &Files, folder: &Path) -> Option<Command> {
		match prover {
			Prover::Snarkjs => {
				let mut command = Command::new("node");
				command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/snarkjs.mjs"));
				command.arg(self.snarkjs.as_ref()?).args([&files.key, &files.witness]);
				command.arg(folder).arg(WARM_PROOFS.to_string());
				Some(command)
			},
			Prover::Rapidsnark => None,
			_ => Some(self.library(prover, files, folder, WARM_PROOFS)),
		}
	}

	fn library(&self, prover: Prover, files: &Files, folder: &Path, proofs: usize) -> Command {
		let library = if prover == Prover::Arkworks { "arkworks" } else { "zkml" };
		let mut command = Command::new(&self.itself);
		command.args([PROVE, library]).args([&files.key, &files.witness]);
		command.arg(folder).arg(proofs.to_string()).env_remove(PORTABLE);
		if prover == Prover::Portable {
			command.env(PORTABLE, "1");
		}
		command
	}
}

/// The command line of snarkjs.
fn cli(npm: &Path) -> PathBuf {
	npm.join("node_modules/snarkjs/build/cli.cjs")
}
