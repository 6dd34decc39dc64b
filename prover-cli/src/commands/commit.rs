//! `zkml commit` and `zkml open`

use super::{read_model, Shape};
use crate::{
	error::CliError,
	files::{self, CircuitFolder},
	opening::{self, Opening},
	ui::Ui,
};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::{Path, PathBuf};
use zkml_circuits::{
	lower_committed, CommitmentKind, Graph, InputChoice, InputSchema, Record, WEIGHT_BITS,
};

/// Commit to values that are not shown: a hash binds you to them, a random salt hides them.
#[derive(Debug, Subcommand)]
pub enum Commit {
	/// Commit to an input of a circuit.
	Input(CommitInput),
	/// Commit to the weights of a quantised model, for all circuits made of them.
	Weights(CommitWeights),
}

/// Commit to an input of a circuit.
#[derive(Debug, Args)]
pub struct CommitInput {
	/// A circuit for inputs of this kind.
	#[arg(default_value = "target/zkml/circuit")]
	circuit: PathBuf,
	/// The schema of a record, in place of a circuit: the commitment serves every model that takes
	/// such records.
	#[arg(long, value_name = "FILE", conflicts_with = "circuit")]
	record: Option<PathBuf>,
	/// The input in real units: {"NAME": [numbers]}; or a record: {"FIELD": value, …}.
	#[arg(long, value_name = "FILE")]
	input: PathBuf,
	/// The opening: keep it, and keep it secret.
	#[arg(short, long, value_name = "FILE", default_value = opening::INPUT)]
	output: PathBuf,
}

/// Commit to the weights of a quantised model.
#[derive(Debug, Args)]
pub struct CommitWeights {
	/// The quantised model.
	model: PathBuf,
	/// The opening: keep it, and keep it secret.
	#[arg(short, long, value_name = "FILE", default_value = opening::WEIGHTS)]
	output: PathBuf,
	/// Shape of the input where the model leaves it open, such as 1,3,32,32.
	#[arg(long, value_name = "SHAPE")]
	input_shape: Option<Shape>,
}

impl Commit {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let (opening, output, next) = match self {
			Self::Input(CommitInput { circuit, record, input, output }) => {
				let text = files::read_text(&input)?;
				let mut next =
					format!("zkml prove {} --opening {}", circuit.display(), output.display());
				let (schema, values) = match record {
					Some(path) => {
						let record = Record::read(&files::read_text(&path)?)
							.map_err(CliError::within(&path, &[]))?;
						(InputSchema::of_record(&record), record.read_integers(&text))
					},
					None => {
						let folder = CircuitFolder::open(&circuit)?;
						if let InputChoice::Member { .. } = folder.file.options.input {
							// What goes to the issuer.
							next = format!("zkml open {}", output.display());
						}
						let graph = folder.graph()?;
						(graph.input_schema(), graph.read_input(&text))
					},
				};
				let values = values.map_err(CliError::within(&input, &[]))?;
				(Opening::of_input(schema, &values)?, output, next)
			},
			Self::Weights(CommitWeights { model, output, input_shape }) => {
				let next = format!(
					"zkml compile {} --weights committed --weights-opening {}",
					model.display(),
					output.display()
				);
				let graph = weights(&model, Shape::sizes(&input_shape))?;
				(Opening::of_weights(&graph)?, output, next)
			},
		};
		opening.write_new(&output)?;
		show(ui, &opening);
		ui.line(format!("wrote {}: keep a copy, and show it to nobody", output.display()));
		ui.json("commit", json!({ "output": output, "opening": shown(&opening) }));
		ui.next(next);
		Ok(())
	}
}

/// Show what a commitment stands for, to someone entitled: check an opening, and print the values.
///
/// Exit code 0 if the opening is that of the commitment, 3 if not.
#[derive(Debug, Args)]
pub struct Open {
	/// The opening.
	#[arg(default_value = opening::INPUT)]
	opening: PathBuf,
	/// The commitment that it should open, 32 bytes in hexadecimal [default: the one it names].
	#[arg(long, value_name = "HEX")]
	commitment: Option<String>,
	/// The quantised model, where the opening is of weights.
	#[arg(long, value_name = "FILE")]
	model: Option<PathBuf>,
	/// Shape of the input where the model leaves it open, such as 1,3,32,32.
	#[arg(long, value_name = "SHAPE")]
	input_shape: Option<Shape>,
}

impl Open {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let opening = Opening::read_any(&self.opening)?;
		let holds = match (opening.kind, &self.model) {
			(CommitmentKind::Input, _) => opening.values().is_some(),
			(CommitmentKind::Weights, Some(path)) => {
				let graph = weights(path, Shape::sizes(&self.input_shape))?;
				let commitment = graph.weights_commitment(opening.known_salt())?;
				commitment == opening.commitment
			},
			(CommitmentKind::Weights, None) => {
				return Err(CliError::Other("which weights? name the model with --model".into()))
			},
		};
		if let Some(text) = &self.commitment {
			let wanted = files::hash_from_hex(text).ok_or_else(|| {
				CliError::Other(format!("--commitment {text}: 32 bytes in hexadecimal"))
			})?;
			if wanted != opening.commitment.0 {
				return Err(CliError::Unopened(format!(
					"{} opens 0x{}, not 0x{}",
					self.opening.display(),
					hex::encode(opening.commitment.0),
					hex::encode(wanted)
				)));
			}
		}
		if !holds {
			return Err(CliError::Unopened(format!(
				"the values and the salt of {} do not give the commitment that it names",
				self.opening.display()
			)));
		}
		show(ui, &opening);
		let mut object = shown(&opening);
		if let Some(values) = &opening.input {
			ui.line(format!("input       {}", values.schema.name));
			match &values.schema.record {
				Some(record) => {
					ui.line(format!("record      {}", record.name));
					for (field, &integer) in record.fields.iter().zip(&values.integers) {
						ui.line(format!("  {}: {}", field.name(), field.show(integer)));
					}
				},
				None => {
					let reals = values.schema.reals(&values.integers);
					ui.line(format!("values      {reals:?}"));
				},
			}
			object["input"] = json!(values);
			object["values"] = json!(values.schema.reals(&values.integers));
		}
		ui.json("open", object);
		Ok(())
	}
}

/// The graph of a quantised model, its weights committed.
fn weights(path: &Path, shape: Option<&[usize]>) -> Result<Graph, CliError> {
	let (model, _) = read_model(path, shape)?;
	lower_committed(&model, WEIGHT_BITS).map_err(CliError::within(path, &[]))
}

/// What everybody may know.
fn shown(opening: &Opening) -> serde_json::Value {
	json!({ "kind": opening.kind, "commitment": opening.commitment, "schema": opening.schema })
}

fn show(ui: &Ui, opening: &Opening) {
	ui.line(format!("commitment  0x{}", hex::encode(opening.commitment.0)));
	ui.line(format!("of          {}", opening::name(opening.kind)));
	ui.line(format!("schema      0x{}", hex::encode(opening.schema.0)));
}
