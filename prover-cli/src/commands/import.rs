//! `zkml import`

use super::{compile::signal_names, written};
use crate::{
	error::CliError,
	files::{self, CircuitFile, Imported, FORMAT, TOOL, WASM},
	ui::Ui,
};
use clap::Args;
use serde_json::{json, Value};
use std::path::{Path, PathBuf};
use zkml_circuits::{
	r1cs::{read_r1cs, R1cs},
	Options,
};
use zkml_primitives::{InputVisibility, Interface, OutputKind, WeightsVisibility};
use zkml_prover::circom_witness::{Calculator, Limits};

/// Take a Circom circuit as a model.
///
/// Its public signals are raw field elements to a chain, unless --interface says what they mean.
#[derive(Debug, Args)]
pub struct Import {
	/// The constraints: the .r1cs file that Circom wrote, over bn128.
	r1cs: PathBuf,
	/// The program that computes witnesses: the .wasm file that Circom wrote. Without it, `zkml prove`
	/// takes witnesses.
	#[arg(long, value_name = "FILE")]
	wasm: Option<PathBuf>,
	/// The names of signals: the .sym file that Circom wrote.
	#[arg(long, value_name = "FILE")]
	sym: Option<PathBuf>,
	/// The public input that takes the context, which ties a proof to a chain, an account and a moment.
	/// Without one, whoever sees a proof can submit it as their own.
	#[arg(long, value_name = "SIGNAL")]
	context: Option<String>,
	/// What the public signals mean, in JSON: an interface such as `zkml compile` writes.
	#[arg(long, value_name = "FILE")]
	interface: Option<PathBuf>,
	/// The circuit's folder.
	#[arg(short, long, default_value = "target/zkml/circuit")]
	output: PathBuf,
}

/// Names of the public signals, from a `.sym` file: `label,wire,component,name` in each line.
fn names(path: &Path, signals: usize) -> Result<Vec<String>, CliError> {
	let text = files::read_text(path)?;
	let mut names = vec![String::new(); signals];
	for (number, line) in (1..).zip(text.lines()) {
		let fields: Vec<&str> = line.split(',').collect();
		let wire = match fields.as_slice() {
			[_, wire, _, _] => wire.parse::<i64>().ok(),
			_ => None,
		};
		let wire = wire.ok_or_else(|| CliError::Content {
			path: path.into(),
			what: format!("line {number} is not \"label,wire,component,name\""),
			help: "give the .sym file that Circom wrote with --sym".into(),
		})?;
		let place = usize::try_from(wire - 1).ok().and_then(|place| names.get_mut(place));
		if let Some(place) = place.filter(|name| name.is_empty()) {
			let name = fields[3];
			*place = name.strip_prefix("main.").unwrap_or(name).into();
		}
	}
	Ok(names)
}

impl Import {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let bytes = files::read(&self.r1cs)?;
		let r1cs = read_r1cs(&bytes).map_err(|error| CliError::Content {
			path: self.r1cs.clone(),
			what: error.to_string(),
			help: "give the .r1cs file that Circom wrote, compiled with --prime bn128".into(),
		})?;
		let names = self.sym.as_ref().map(|path| names(path, r1cs.signals())).transpose()?;
		let interface = match &self.interface {
			Some(path) => typed(path, &r1cs)?,
			None => self.raw(&r1cs, names.as_deref())?,
		};
		interface.signals().map_err(|error| {
			CliError::Other(format!("a chain does not take this interface: {error:?}"))
		})?;
		let wasm = self.wasm.as_ref().map(|path| files::read(path)).transpose()?;
		if let (Some(path), Some(wasm)) = (&self.wasm, &wasm) {
			self.check_wasm(path, wasm, &r1cs)?;
		}
		let signals = match names {
			Some(names) if self.interface.is_none() => names,
			_ => signal_names(&interface),
		};
		let wasm_sha256 = wasm.as_ref().map(|wasm| files::sha256(wasm));
		let circuit_sha256 = files::sha256(&bytes);
		let file = CircuitFile {
			format: FORMAT,
			tool: TOOL.into(),
			model_sha256: circuit_sha256.clone(),
			published_sha256: circuit_sha256.clone(),
			circuit_sha256,
			input_shape: Vec::new(),
			options: Options::default(),
			interface,
			signals,
			constraints: r1cs.constraints(),
			wires: r1cs.wires,
			non_zeros: [r1cs.a.non_zeros(), r1cs.b.non_zeros(), r1cs.c.non_zeros()],
			imported: Some(Imported { wasm_sha256, context: self.context.clone() }),
			layers: Vec::new(),
		};
		let text = files::to_json(&file);
		let mut contents: Vec<(&str, &[u8])> =
			vec![("circuit.r1cs", &bytes), ("interface.json", &text)];
		contents.extend(wasm.as_ref().map(|wasm| (WASM, wasm.as_slice())));
		files::write_folder(&self.output, &contents)?;
		ui.line(format!(
			"{} constraints, {} wires, {} public signals",
			r1cs.constraints(),
			r1cs.wires,
			r1cs.signals()
		));
		for (place, name) in file.signals.iter().enumerate() {
			ui.line(format!("  {place}  {name}"));
		}
		written(ui, &self.output, &contents);
		ui.json("import", json!({ "output": self.output, "circuit": file }));
		if matches!(interface.output, OutputKind::Raw { context: None, .. }) {
			ui.note("no --context: whoever sees a proof can submit it as their own");
		}
		ui.next(format!("zkml setup {}", self.output.display()));
		Ok(())
	}

	/// Raw signals; the context's place is found by its name.
	fn raw(&self, r1cs: &R1cs, names: Option<&[String]>) -> Result<Interface, CliError> {
		let context = match (&self.context, names) {
			(None, _) => None,
			(Some(name), None) => {
				return Err(CliError::Other(format!(
					"--context {name}: which public signal is that? give the .sym file with --sym"
				)))
			},
			(Some(name), Some(names)) => {
				let first = r1cs.outputs as usize;
				let place = names.iter().skip(first).position(|other| other == name);
				let place = place.ok_or_else(|| {
					let inputs = names.get(first..).unwrap_or_default().join(", ");
					CliError::Other(format!(
						"--context {name}: the public inputs are {}",
						if inputs.is_empty() { "none".into() } else { inputs }
					))
				})?;
				Some((first + place) as u32)
			},
		};
		Ok(Interface {
			input: InputVisibility::Private,
			weights: WeightsVisibility::Public,
			output: OutputKind::Raw { signals: r1cs.signals() as u32, context },
		})
	}

	/// Checks that a program is a circuit's, and of this one.
	fn check_wasm(&self, path: &Path, wasm: &[u8], r1cs: &R1cs) -> Result<(), CliError> {
		let content = |what: String, help: &str| CliError::Content {
			path: path.into(),
			what,
			help: help.into(),
		};
		let calculator = Calculator::new(wasm, Limits::default()).map_err(|error| {
			content(
				error.to_string(),
				"give the .wasm file that Circom wrote beside the .r1cs file",
			)
		})?;
		if calculator.witness_size() != r1cs.wires as usize {
			return Err(content(
				format!(
					"its witnesses have {} values, the constraints {} wires",
					calculator.witness_size(),
					r1cs.wires
				),
				"give the .r1cs and the .wasm file of one run of Circom",
			));
		}
		if let Some(name) = &self.context {
			let size =
				calculator.input_size(name).map_err(|error| content(error.to_string(), ""))?;
			if size != Some(1) {
				return Err(CliError::Other(format!(
					"--context {name}: the circuit has no input signal of this name and one value"
				)));
			}
		}
		Ok(())
	}
}

/// A declared interface, which must have as many signals as the circuit.
fn typed(path: &Path, r1cs: &R1cs) -> Result<Interface, CliError> {
	let content = |what: String| CliError::Content {
		path: path.into(),
		what,
		help: "an interface looks like the field \"interface\" of what `zkml compile` writes"
			.into(),
	};
	let value: Value = serde_json::from_str(&files::read_text(path)?)
		.map_err(|error| content(error.to_string()))?;
	let value = value.get("interface").cloned().unwrap_or(value);
	let interface: Interface =
		serde_json::from_value(value).map_err(|error| content(error.to_string()))?;
	let declared = interface.signals().map_err(|error| content(format!("{error:?}")))?;
	if declared as usize != r1cs.signals() {
		return Err(content(format!(
			"it has {declared} public signals, the circuit has {}",
			r1cs.signals()
		)));
	}
	Ok(interface)
}
