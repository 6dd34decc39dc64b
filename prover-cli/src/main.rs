//! `zkml`: from an ONNX model to a proof that a chain verifies.

use clap::Parser;
use std::process::ExitCode;
use zkml_cli::{commands::Command, error::CliError, files, interrupt, ui::Ui};

/// From an ONNX model to a proof that a Substrate chain verifies.
///
/// quantize → compile → setup → prove → verify, and on a chain: register → prove → submit.
#[derive(Debug, Parser)]
#[command(
	name = "zkml",
	version,
	after_help = "Exit codes: 0 valid, 1 failure, 2 usage, 3 proof invalid, 4 model unsupported, \
	              5 chain error."
)]
struct Cli {
	#[command(subcommand)]
	command: Command,
	/// Print one JSON object instead of text.
	#[arg(long, global = true)]
	json: bool,
	/// Print results only.
	#[arg(long, short, global = true)]
	quiet: bool,
}

/// What a shell reports for a program that SIGINT ended.
const INTERRUPTED: i32 = 130;

fn main() -> ExitCode {
	let Cli { command, json, quiet } = Cli::parse();
	let ui = Ui { json, quiet };
	let handler = ctrlc::set_handler(|| {
		if interrupt::noted() {
			return;
		}
		files::remove_temporary();
		std::process::exit(INTERRUPTED);
	});
	if let Err(error) = handler {
		ui.note(format!("interrupts will not clean up: {error}"));
	}
	match command.run(&ui) {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => report(&ui, error),
	}
}

fn report(ui: &Ui, error: CliError) -> ExitCode {
	let code = error.exit_code();
	// An audit's report is its one object.
	if !matches!(error, CliError::Audit { .. }) {
		ui.json("error", error.json());
	}
	eprintln!("{:?}", miette::Report::new(error));
	ExitCode::from(code)
}
