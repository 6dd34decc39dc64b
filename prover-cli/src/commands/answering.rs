//! A model's answers to what a chain asks, for the verbs that prove and send at once.

use super::proving::{Pair, Proofs};
use crate::{
	error::CliError,
	opening,
	ui::{self, Ui},
};
use clap::Args;
use serde_json::{json, Value};
use std::{path::PathBuf, time::Duration};
use zkml_circuits::{assign_with, Extras, Graph, Salt};
use zkml_primitives::{Context, HintedProof, Inference};
use zkml_prover::Prover;

/// With what a model's answers are proven.
#[derive(Debug, Args)]
pub(crate) struct ModelArgs {
	/// The circuit's folder.
	#[arg(value_name = "CIRCUIT", default_value = "target/zkml/circuit")]
	circuit: PathBuf,
	/// The keys' folder.
	#[arg(long, value_name = "DIR", default_value = "target/zkml/keys")]
	keys: PathBuf,
	/// The opening of the weights' commitment, where they are committed.
	#[arg(long, value_name = "FILE", default_value = opening::WEIGHTS)]
	weights_opening: PathBuf,
}

impl ModelArgs {
	/// Opens the folders.
	pub(crate) fn open(&self) -> Result<Respondent, CliError> {
		let pair = Pair::open(&self.circuit, &self.keys)?;
		let graph = pair.circuit.graph()?;
		let weights_salt = pair.weights_salt(&self.weights_opening)?;
		Ok(Respondent { pair, graph, weights_salt })
	}
}

/// A model that answers.
pub(crate) struct Respondent {
	/// The circuit and the keys.
	pub(crate) pair: Pair,
	graph: Graph,
	weights_salt: Option<Salt>,
}

/// What a model answered, with the proof.
pub(crate) struct Proven {
	/// The answer, and to what.
	pub(crate) inference: Inference,
	/// The proof.
	pub(crate) proof: HintedProof,
	/// How many public signals it has.
	pub(crate) signals: u32,
	/// To load the key, to evaluate, to prove.
	times: [Duration; 3],
}

impl Proven {
	/// How long it took, for people.
	pub(crate) fn times(&self) -> String {
		let [key, witness, proof] = self.times.map(ui::time);
		format!("key {key}, witness {witness}, proof {proof}")
	}

	/// How long it took, for programs.
	pub(crate) fn seconds(&self) -> Value {
		let [key, witness, proof] = self.times.map(|time| time.as_secs_f64());
		json!({ "key": key, "witness": witness, "proof": proof })
	}
}

impl Respondent {
	/// Proves what the model answers to public values under a context.
	pub(crate) fn answer(
		&self,
		ui: &Ui,
		values: &[i32],
		context: &Context,
	) -> Result<Proven, CliError> {
		let (prover, loading) = self.pair.prover(ui, Proofs::Few)?;
		let proven = self.answer_with(ui, &prover, values, None, context)?;
		let [_, evaluating, proving] = proven.times;
		Ok(Proven { times: [loading, evaluating, proving], ..proven })
	}

	/// The same with a key that is loaded already, and a mask where the circuit asks for one.
	pub(crate) fn answer_with(
		&self,
		ui: &Ui,
		prover: &Prover,
		values: &[i32],
		mask: Option<&[bool]>,
		context: &Context,
	) -> Result<Proven, CliError> {
		let takes = self.graph.bounds[0].len();
		if values.len() != takes {
			return Err(CliError::Other(format!(
				"the circuit takes {takes} values, and the chain asks about {}",
				values.len()
			)));
		}
		let values: Vec<i64> = values.iter().map(|&value| value.into()).collect();
		let options = &self.pair.circuit.file.options;
		let extras = Extras { weights_salt: self.weights_salt, mask, ..Extras::default() };
		let (assignment, evaluating) =
			ui.step("evaluating", || assign_with(&self.graph, options, &values, context, &extras));
		let assignment = assignment?;
		let (proof, proving) = self.pair.prove(ui, prover, &assignment)?;
		let signals = assignment.statement.signals().len() as u32;
		let times = [Duration::ZERO, evaluating, proving];
		Ok(Proven { inference: assignment.inference, proof, signals, times })
	}
}
