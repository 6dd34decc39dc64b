//! What proving takes, beside arkworks, snarkjs, rapidsnark and EZKL. Run with `make bench-prove`, which
//! writes `docs/proving.md`; prints the machine it ran on.

use clap::{Parser, Subcommand};
use std::{
	ffi::OsString,
	io::IsTerminal,
	ops::RangeInclusive,
	path::{Path, PathBuf},
	process::ExitCode,
};
use zkml_bench_prove::{
	cases::Case,
	charts::charts,
	child::Task,
	ezkl::{self, Comparison, Ezkl},
	process::watch,
	provers::{Provers, RAPIDSNARK},
	rounds::{spreads, Measured, Plan},
	tables, BenchError,
};
use zkml_figures::{locked_version, machine, plot, write, write_page};

const COMMAND: &str = "make bench-prove";

/// What proving takes, beside arkworks, snarkjs, rapidsnark and EZKL.
#[derive(Debug, Parser)]
#[command(name = "prove", args_conflicts_with_subcommands = true)]
struct Cli {
	#[command(subcommand)]
	part: Option<Part>,
	/// Powers of two that are the numbers of products, both ends included; up to 14..20 is sensible.
	#[arg(long, value_name = "LEAST..MOST", default_value = "14..17", value_parser = powers)]
	powers: RangeInclusive<u32>,
	/// The power of two up to which snarkjs proves.
	#[arg(long, value_name = "POWER", default_value_t = 18)]
	snarkjs: u32,
	/// Also ResNet-20: 5 million constraints, a key of 3.2 GB, minutes for each round.
	#[arg(long)]
	large: bool,
	/// How often each is measured. Odd, so that there is a median.
	#[arg(long, default_value_t = 5, value_parser = odd)]
	rounds: usize,
	/// Only circuits and models whose names hold one of these; `ezkl` stands for that comparison.
	#[arg(long, value_name = "NAMES", value_delimiter = ',')]
	only: Vec<String>,
	/// Write docs/proving.md and docs/proving.svg.
	#[arg(long)]
	write: bool,
	/// Cargo passes it.
	#[arg(long, hide = true)]
	bench: bool,
}

/// What this program does in processes of their own.
#[derive(Debug, Subcommand)]
enum Part {
	/// Runs a program, and writes down what it took.
	#[command(hide = true)]
	Watch {
		/// Where to.
		report: PathBuf,
		/// The program and its arguments.
		#[arg(last = true)]
		command: Vec<OsString>,
	},
	/// Proves.
	#[command(hide = true)]
	Prove(Task),
}

/// A range with both ends.
fn powers(text: &str) -> Result<RangeInclusive<u32>, String> {
	let ends = text.split_once("..").map(|(least, most)| (least.parse(), most.parse()));
	match ends {
		Some((Ok(least), Ok(most))) if (4..=most).contains(&least) && most <= 24 => {
			Ok(least..=most)
		},
		_ => Err("expected LEAST..MOST, between 4 and 24".into()),
	}
}

fn odd(text: &str) -> Result<usize, String> {
	let number = text.parse().map_err(|_| "expected a number")?;
	(number % 2 == 1).then_some(number).ok_or_else(|| "expected an odd number".into())
}

fn main() -> ExitCode {
	let cli = Cli::parse();
	let done = match &cli.part {
		Some(Part::Watch { report, command }) => watch(report, command).map(ExitCode::from),
		Some(Part::Prove(task)) => task.run().map(|()| ExitCode::SUCCESS),
		None => cli.run().map(|()| ExitCode::SUCCESS),
	};
	done.unwrap_or_else(|error| {
		eprintln!("{error}");
		ExitCode::FAILURE
	})
}

/// Where keys are kept and others' programs lie.
fn cache() -> PathBuf {
	let default =
		|| PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/zkml");
	std::env::var_os("ZKML_CACHE").map_or_else(default, PathBuf::from)
}

fn say(what: &str) {
	if std::io::stderr().is_terminal() {
		eprintln!("{what}");
	}
}

impl Cli {
	fn run(&self) -> Result<(), BenchError> {
		let cache = cache();
		let keys = cache.join("bench-prove");
		let provers = Provers::find(&cache)?;
		let mut missing = provers.missing();
		let plan = Plan {
			provers: &provers,
			keys: &keys,
			rounds: self.rounds,
			snarkjs: 1 << self.snarkjs.min(62),
		};
		let cases = Case::all(self.powers.clone(), self.large).into_iter();
		let cases = cases.filter(|case| self.wants(&case.name()));
		let measured: Vec<_> =
			cases.map(|case| plan.measure(case, &say)).collect::<Result<_, _>>()?;
		let mut comparisons = Vec::new();
		let mut ezkl_version = None;
		match Ezkl::find(&cache) {
			Some(ezkl) if self.wants("ezkl") => {
				for model in ezkl::Model::ALL {
					comparisons.push(ezkl.compare(model, &keys, self.rounds, &say)?);
				}
				ezkl_version = Some(ezkl.version);
			},
			Some(_) => {},
			None => missing.push("EZKL is not installed: `scripts/setup.sh bench` does it".into()),
		}
		missing.iter().for_each(|what| eprintln!("{what}"));
		let versions = versions(&provers, ezkl_version.as_deref());
		let figures = figures(self.rounds, &versions, &measured, &comparisons);
		println!("{figures}");
		if self.write {
			self.write(&figures, &measured)?;
		}
		Ok(())
	}

	fn wants(&self, name: &str) -> bool {
		self.only.is_empty() || self.only.iter().any(|only| name.contains(only.as_str()))
	}

	fn write(&self, figures: &str, measured: &[Measured]) -> Result<(), BenchError> {
		let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
		let [page, picture] = ["proving.md", "proving.svg"].map(|name| docs.join(name));
		let svg = plot::draw(&charts(measured)).map_err(BenchError::content(&picture))?;
		write_page(&page, COMMAND, figures).map_err(BenchError::file(&page))?;
		write(&picture, &svg).map_err(BenchError::file(&picture))?;
		println!("Written to docs/proving.md and docs/proving.svg.");
		Ok(())
	}
}

/// What was compared.
fn versions(provers: &Provers, ezkl: Option<&str>) -> String {
	let mut text = format!("ark-groth16 {}", locked_version("ark-groth16"));
	if let Some(version) = provers.snarkjs_version() {
		text += &format!(", snarkjs {version}");
	}
	if provers.there().any(|prover| prover == zkml_bench_prove::provers::Prover::Rapidsnark) {
		text += &format!(", rapidsnark of `{RAPIDSNARK}`");
	}
	if let Some(version) = ezkl {
		text += &format!(", EZKL {version}");
	}
	text
}

/// What is measured again with, given these arguments.
fn command(arguments: impl Iterator<Item = String>) -> String {
	let own = |argument: &String| !matches!(argument.as_str(), "--write" | "--bench");
	let arguments: Vec<_> = arguments.filter(own).collect();
	match arguments.is_empty() {
		true => COMMAND.into(),
		false => format!("{COMMAND} BENCH=\"{}\"", arguments.join(" ")),
	}
}

/// All tables.
fn figures(
	rounds: usize,
	versions: &str,
	measured: &[Measured],
	comparisons: &[Comparison],
) -> String {
	let [middle, most] = spreads(measured).map(|spread| spread * 100.0);
	let command = command(std::env::args().skip(1));
	let mut text = format!(
		"{}; {versions}. `{command}`: medians of {rounds} rounds, which differ by {middle:.0} % (the \
		median of all times) and by {most:.0} % at most. After a figure: how many times ours it is.\n",
		machine(),
	);
	let parts = [
		("Circuits", tables::sizes(measured)),
		("One proof, whole process", tables::whole(measured)),
		("One proof, warm process", tables::warm(measured)),
		("Reading key and witness", tables::load(measured)),
		("Peak memory, whole process", tables::memory(measured)),
		("Time for each constraint, warm process", tables::growth(measured)),
	];
	for (title, table) in parts.iter().filter(|(_, table)| !table.is_empty()) {
		text += &format!("\n### {title}\n\n{table}");
	}
	for comparison in comparisons {
		let table = tables::ezkl(comparison);
		text += &format!("\n### {}, from ONNX to a verified proof\n\n{table}", comparison.name);
	}
	text
}
