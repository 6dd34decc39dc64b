//! `zkml prove`

use super::{
	block_on, describe,
	model::state_of,
	proving::{Pair, Proofs},
	read_samples, summary, written, Named,
};
use crate::{
	chain::{self, ChainError, Next},
	error::CliError,
	files::{self, AnchorBlock, CircuitFolder, Claim, Destination, FORMAT, TOOL},
	imported,
	opening::{self, Opening},
	ui::{self, Align, Stage, Ui},
};
use clap::Args;
use codec::Encode;
use serde_json::{json, Value};
use std::{
	path::{Path, PathBuf},
	time::Duration,
};
use zkml_circuits::{
	assign_with, r1cs::write_wtns, Assignment, CommitmentKind, Extras, Graph, InputChoice,
	ModelError, Options, Salt,
};
use zkml_primitives::{Context, OutputKind, Proof};
use zkml_prover::json as snarkjs;

/// Prove what a model answers to an input.
///
/// A proof is tied to a context. With --url it is that of the account's next submission to that
/// chain, for the model registered from these keys; several inputs are proven for one submission
/// after the other, so that `zkml submit` can send them as one batch. Without, the context is
/// --context, or zero: such a proof can be verified by anybody, but not submitted to a chain.
#[derive(Debug, Args)]
pub struct Prove {
	/// The circuit's folder.
	#[arg(default_value = "target/zkml/circuit")]
	circuit: PathBuf,
	/// The keys' folder.
	#[arg(long, default_value = "target/zkml/keys")]
	keys: PathBuf,
	/// The input in real units: {"NAME": [numbers]}; of an imported circuit, as Circom takes it. Repeat
	/// it for several proofs.
	#[arg(long, value_name = "FILE", required_unless_present_any = ["opening", "wtns", "batch"])]
	input: Vec<PathBuf>,
	/// Many inputs, for a proof of each: a folder, whose .json files are as for --input, or an .npz
	/// file, whose samples are the rows of its array x, in real units. The key is read once.
	#[arg(long, value_name = "PATH", conflicts_with_all = ["input", "wtns", "opening"])]
	batch: Option<PathBuf>,
	/// A witness of an imported circuit, in place of an input. Repeat it for several proofs.
	#[arg(long, value_name = "FILE", conflicts_with_all = ["input", "opening"])]
	wtns: Vec<PathBuf>,
	/// The opening of a committed input, which holds its values. Repeat it for several proofs.
	#[arg(long, value_name = "FILE", conflicts_with = "input")]
	opening: Vec<PathBuf>,
	/// The opening of the weights' commitment, where they are committed.
	#[arg(long, value_name = "FILE", default_value = opening::WEIGHTS)]
	weights_opening: PathBuf,
	/// The classes that are allowed, such as 0,3,5, for a masked argmax.
	#[arg(long, value_name = "CLASSES", value_delimiter = ',')]
	mask: Option<Vec<u32>>,
	/// The proof's folder; of several proofs the folder of their folders [default:
	/// target/zkml/proof, or target/zkml/proofs for several].
	#[arg(short, long, value_name = "DIR")]
	output: Option<PathBuf>,
	/// The chain on which the proof will be submitted.
	#[arg(long, requires = "suri", conflicts_with = "context")]
	url: Option<String>,
	/// Who will submit it: a secret URI such as //Alice, or a mnemonic.
	#[arg(long, env = "ZKML_SURI", hide_env_values = true)]
	suri: Option<String>,
	/// The registered model: its id, or the folder of its keys [default: as `zkml register` noted
	/// beside the keys].
	#[arg(long, requires = "url")]
	model: Option<String>,
	/// How many submissions of the account to the model come before this one: those that are proven
	/// and not submitted yet.
	#[arg(long, requires = "url", value_name = "N", default_value_t = 0)]
	ahead: u64,
	/// The context as 32 bytes in hexadecimal.
	#[arg(long)]
	context: Option<String>,
	/// Also write the witness, which holds the private input, as a .wtns file.
	#[arg(long)]
	witness: Option<PathBuf>,
	/// Also say what each stage of proving took.
	#[arg(short, long)]
	verbose: bool,
}

/// An input as the circuit takes it, and the salt of its commitment if it has one.
pub(super) type Input = (Vec<i64>, Option<Salt>);

/// What proofs are made of.
enum Source<'a> {
	/// A model, and its inputs.
	Model {
		graph: Box<Graph>,
		options: &'a Options,
		inputs: Vec<Input>,
		mask: Option<Vec<bool>>,
		weights_salt: Option<Salt>,
	},
	/// A circuit from elsewhere.
	Imported(Box<imported::Circuit>),
}

impl Source<'_> {
	/// The witness of one input, under a context: the one that is wanted, or else zero, or the one
	/// that a witness brings.
	fn assign(
		&self,
		command: &Prove,
		position: usize,
		wanted: Option<Context>,
	) -> Result<(Assignment, Context), CliError> {
		let context = wanted.unwrap_or(Context([0; 32]));
		match self {
			Self::Model { graph, options, inputs, mask, weights_salt } => {
				let (input, input_salt) = &inputs[position];
				let (input_salt, weights_salt) = (*input_salt, *weights_salt);
				let mask = mask.as_deref();
				let extras = Extras { input_salt, weights_salt, mask, ..Extras::default() };
				Ok((assign_with(graph, options, input, &context, &extras)?, context))
			},
			Self::Imported(circuit) => {
				let made = match command.wtns.get(position) {
					Some(path) => circuit.read(path, wanted.as_ref())?,
					None => circuit.solve(&command.input[position], &context)?,
				};
				let imported::Witness { values, inference, statement, context } = made;
				Ok((Assignment { witness: values, inference, statement }, context))
			},
		}
	}
}

/// A proof that was made.
struct Made {
	output: PathBuf,
	claim: Claim,
	evaluating: Duration,
	stages: Vec<Stage>,
}

impl Made {
	/// What proving took.
	fn proving(&self) -> Duration {
		self.stages.iter().map(|stage| stage.time).sum()
	}
}

impl Prove {
	/// Runs the verb.
	pub fn run(mut self, ui: &Ui) -> Result<(), CliError> {
		if let Some(folder) = self.batch.as_ref().filter(|path| path.is_dir()) {
			self.input = inputs_within(folder)?;
		}
		let pair = Pair::open(&self.circuit, &self.keys)?;
		let circuit = &pair.circuit;
		let source = self.source(&pair)?;
		let outputs = self.outputs(&source)?;
		let next = self.next(ui, &pair)?;
		let fixed = self.context.as_deref().map(fixed_context).transpose()?;

		let proofs = if outputs.len() > 1 { Proofs::Many } else { Proofs::Few };
		let (prover, loading) = pair.prover(ui, proofs)?;
		let mut all = Vec::new();
		for (position, output) in (0..).zip(&outputs) {
			let next = next.map(|next| next.later(self.ahead.saturating_add(position)));
			let wanted = next.map(|next| next.context()).or(fixed);
			let (assigned, evaluating) =
				ui.step("evaluating", || source.assign(&self, position as usize, wanted));
			let (assignment, context) = assigned?;
			let (proof, stages) = pair.prove_in_stages(ui, &prover, &assignment)?;
			let claim = Claim {
				format: FORMAT,
				tool: TOOL.into(),
				circuit_sha256: circuit.file.circuit_sha256.clone(),
				context: hex::encode(context.0),
				destination: next.map(destination),
				inference: hex::encode(assignment.inference.encode()),
				shown: describe(&circuit.file.interface, &assignment.inference),
			};
			let made = Made { output: output.clone(), claim, evaluating, stages };
			ui.line(summary(&made.claim.shown));
			ui.line(format!(
				"key {}, witness {}, proof {}",
				ui::time(loading),
				ui::time(evaluating),
				ui::time(made.proving())
			));
			if self.verbose {
				let stage = |Stage { name, time }: &Stage| vec![name.clone(), ui::time(*time)];
				let rows: Vec<_> = made.stages.iter().map(stage).collect();
				ui.table(&[("stage", Align::Left), ("time", Align::Right)], &rows);
			}
			self.write(ui, output, &made.claim, &assignment, &proof.proof)?;
			all.push(made);
		}
		if let Some(Next { anchor: Some(anchor), max_age: Some(age), .. }) = next {
			ui.note(format!(
				"made for block {}: accepted up to block {}, so submit soon",
				anchor.block,
				anchor.block.saturating_add(age)
			));
		}
		if let [_, _, ..] = all.as_slice() {
			let proving: Duration = all.iter().map(Made::proving).sum();
			let each = proving / u32::try_from(all.len()).unwrap_or(u32::MAX);
			ui.line(format!("{} proofs, {} each", all.len(), ui::time(each)));
		}
		self.report(ui, loading, &all);
		Ok(())
	}

	/// The files that hold the inputs.
	fn sources(&self) -> &[PathBuf] {
		let all = [&self.input, &self.opening, &self.wtns];
		all.into_iter().find(|files| !files.is_empty()).unwrap_or(&self.input)
	}

	/// What proofs are made of. All inputs first: no proof is made if one is wrong.
	fn source<'a>(&self, pair: &'a Pair) -> Result<Source<'a>, CliError> {
		let circuit = &pair.circuit;
		if circuit.file.imported.is_some() {
			if !self.opening.is_empty() {
				let what = "--opening is for circuits that `zkml compile` made: give --input";
				return Err(CliError::Other(what.into()));
			}
			if self.samples().is_some() {
				return Err(CliError::Other(
					"--batch with samples is for circuits that `zkml compile` made: give a folder of \
					 inputs as Circom takes them"
						.into(),
				));
			}
			return Ok(Source::Imported(Box::new(imported::Circuit::open(circuit)?)));
		}
		if !self.wtns.is_empty() {
			let what = "--wtns is for circuits that `zkml import` made: give --input";
			return Err(CliError::Other(what.into()));
		}
		let graph = circuit.graph()?;
		let inputs = self.values(circuit, &graph)?;
		let mask = self.mask(circuit)?;
		let weights_salt = pair.weights_salt(&self.weights_opening)?;
		let options = &circuit.file.options;
		Ok(Source::Model { graph: Box::new(graph), options, inputs, mask, weights_salt })
	}

	/// The inputs as the circuit takes them, each with the salt of its commitment if it has one.
	fn values(&self, circuit: &CircuitFolder, graph: &Graph) -> Result<Vec<Input>, CliError> {
		if let InputChoice::Member { .. } = circuit.file.options.input {
			return Err(CliError::Other(
				"this circuit's input is a member's: `zkml ballot vote` proves it, for a ballot on a chain"
					.into(),
			));
		}
		let committed = circuit.file.options.input == InputChoice::Committed;
		if committed && self.opening.is_empty() {
			return Err(CliError::Other(
				"this circuit's input is committed: run `zkml commit input` once, and prove with \
				 --opening from then on"
					.into(),
			));
		}
		if !committed && !self.opening.is_empty() {
			return Err(CliError::Other(
				"--opening is for circuits whose input is committed: give --input".into(),
			));
		}
		if !committed {
			if let Some(path) = self.samples() {
				return samples(path, graph);
			}
			let plain = |path: &PathBuf| Ok((quantized(path, graph)?, None));
			return self.input.iter().map(plain).collect();
		}
		self.opening.iter().map(|path| opened(path, graph)).collect()
	}

	/// The mask, where the circuit asks for one.
	fn mask(&self, circuit: &CircuitFolder) -> Result<Option<Vec<bool>>, CliError> {
		let classes = match (circuit.file.interface.output, &self.mask) {
			(OutputKind::MaskedArgmax { classes }, Some(_)) => classes,
			(OutputKind::MaskedArgmax { classes }, None) => {
				return Err(CliError::Other(format!(
					"which of the {classes} classes are allowed? say so with --mask, such as \
					 --mask 0,3"
				)))
			},
			(_, Some(_)) => {
				let what = "--mask is for circuits that reveal masked-argmax";
				return Err(CliError::Other(what.into()));
			},
			(_, None) => return Ok(None),
		};
		let mut mask = vec![false; classes as usize];
		for &class in self.mask.iter().flatten() {
			match mask.get_mut(class as usize) {
				Some(allowed) => *allowed = true,
				None => {
					return Err(CliError::Other(format!(
						"--mask: there is no class {class}, only 0 to {}",
						classes - 1
					)))
				},
			}
		}
		Ok(Some(mask))
	}

	/// The file of samples, if that is what is proven.
	fn samples(&self) -> Option<&Path> {
		self.batch.as_deref().filter(|_| self.input.is_empty())
	}

	/// Whether there is to be a folder of proofs, not just one.
	fn several(&self) -> bool {
		self.batch.is_some() || self.sources().len() > 1
	}

	/// Where each proof goes.
	fn outputs(&self, source: &Source<'_>) -> Result<Vec<PathBuf>, CliError> {
		let folder = self.folder();
		if !self.several() {
			return Ok(vec![folder]);
		}
		if self.witness.is_some() {
			return Err(CliError::Other("--witness goes with one --input".into()));
		}
		let mut outputs: Vec<PathBuf> = Vec::new();
		if let (Some(_), Source::Model { inputs, .. }) = (self.samples(), source) {
			let digits = (inputs.len() - 1).to_string().len();
			outputs.extend((0..inputs.len()).map(|at| folder.join(format!("{at:0digits$}"))));
		}
		for path in self.sources() {
			let output = folder.join(path.file_stem().unwrap_or_default());
			if outputs.contains(&output) {
				return Err(CliError::Content {
					path: path.clone(),
					what: "another input has this name, too".into(),
					help: "each proof's folder is named after its input: rename one".into(),
				});
			}
			outputs.push(output);
		}
		// What an earlier run left would be submitted together with these.
		for entry in std::fs::read_dir(&folder).into_iter().flatten() {
			let path = entry.map_err(CliError::file(&folder))?.path();
			if !outputs.contains(&path) {
				return Err(CliError::Content {
					path: folder.clone(),
					what: format!("the folder exists and holds {}", path.display()),
					help: "choose another folder with -o".into(),
				});
			}
		}
		Ok(outputs)
	}

	/// Where the proof goes, or the folders of all.
	fn folder(&self) -> PathBuf {
		let name = if self.several() { "proofs" } else { "proof" };
		self.output.clone().unwrap_or_else(|| Path::new("target/zkml").join(name))
	}

	/// What the account's next submission must be made for, where it is for a chain.
	fn next(&self, ui: &Ui, pair: &Pair) -> Result<Option<Next>, CliError> {
		let (Some(url), Some(suri)) = (&self.url, &self.suri) else { return Ok(None) };
		let named = match &self.model {
			Some(text) => Named::new(text)?,
			None => Named::beside(&self.keys)?.ok_or_else(|| {
				CliError::Other(
					"which model? run `zkml register` first, or name it with --model".into(),
				)
			})?,
		};
		let account = chain::signer(suri)?.public_key().0;
		let (key, standing, next) = block_on(async {
			let state = named.connect(url).await?.state().await?;
			let info = state.registered(named.id).await?;
			let standing = state_of(&state, &info).await?;
			Ok::<_, ChainError>((info.model.key, standing, state.next(named.id, account).await?))
		})?;
		pair.ensure_registered(named.id, &key)?;
		if !standing.accepts() {
			standing.lines().iter().for_each(|line| ui.note(line));
		}
		Ok(Some(next))
	}

	/// Writes a proof's folder, and the witness if it is wanted.
	fn write(
		&self,
		ui: &Ui,
		output: &Path,
		claim: &Claim,
		assignment: &Assignment,
		proof: &Proof,
	) -> Result<(), CliError> {
		let other = |error: snarkjs::JsonError| CliError::Other(error.to_string());
		let signals = assignment.statement.signals();
		let proof = files::to_json(&snarkjs::proof_to_json(proof).map_err(other)?);
		let public = files::to_json(&snarkjs::signals_to_json(signals).map_err(other)?);
		let inference = files::to_json(claim);
		let contents: [(&str, &[u8]); 3] =
			[("proof.json", &proof), ("public.json", &public), ("inference.json", &inference)];
		files::write_folder(output, &contents)?;
		if let Some(path) = &self.witness {
			let mut bytes = Vec::new();
			write_wtns(&assignment.witness, &mut bytes).map_err(CliError::file(path))?;
			files::write_secret(path, &bytes)?;
		}
		written(ui, output, &contents);
		Ok(())
	}

	fn report(&self, ui: &Ui, loading: Duration, all: &[Made]) {
		let one = |made: &Made| {
			let Made { output, claim, evaluating, stages } = made;
			let stage = |Stage { name, time }: &Stage| json!({ "name": name, "seconds": time.as_secs_f64() });
			let seconds = json!({
				"key": loading.as_secs_f64(),
				"witness": evaluating.as_secs_f64(),
				"proof": made.proving().as_secs_f64(),
			});
			let stages: Vec<Value> = stages.iter().map(stage).collect();
			json!({ "output": output, "claim": claim, "seconds": seconds, "stages": stages })
		};
		let proofs: Vec<Value> = all.iter().map(one).collect();
		let mut value = match proofs.as_slice() {
			[one] => one.clone(),
			_ => json!({ "output": self.folder() }),
		};
		value["proofs"] = proofs.into();
		ui.json("prove", value);
		let (folder, keys) = (self.folder(), self.keys.display());
		let proof = match all {
			[one, _, ..] => one.output.display(),
			_ => folder.display(),
		};
		ui.next(match &self.url {
			Some(url) => format!("zkml submit {} --url {url} --suri …", folder.display()),
			None => format!("zkml verify {proof} --keys {keys}"),
		});
	}
}

/// A context that is typed.
pub(super) fn fixed_context(text: &str) -> Result<Context, CliError> {
	let bytes = files::hash_from_hex(text).filter(|bytes| bytes[31] < 0x20);
	bytes.map(Context).ok_or_else(|| {
		CliError::Other(format!(
			"--context {text}: 32 bytes in hexadecimal, little-endian, below 2^253"
		))
	})
}

/// An input as the circuit takes it.
pub(super) fn quantized(path: &Path, graph: &Graph) -> Result<Vec<i64>, CliError> {
	graph.read_input(&files::read_text(path)?).map_err(CliError::within(path, &[]))
}

/// The inputs in a folder, in the order of their names.
fn inputs_within(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
	let mut inputs = Vec::new();
	for entry in std::fs::read_dir(folder).map_err(CliError::file(folder))? {
		let path = entry.map_err(CliError::file(folder))?.path();
		if path.extension().is_some_and(|extension| extension == "json") {
			inputs.push(path);
		}
	}
	if inputs.is_empty() {
		return Err(CliError::Content {
			path: folder.into(),
			what: "there is no .json file in it".into(),
			help: "--batch takes a folder of inputs, or an .npz file of samples".into(),
		});
	}
	inputs.sort();
	Ok(inputs)
}

/// The samples of a file as the circuit takes them.
fn samples(path: &Path, graph: &Graph) -> Result<Vec<Input>, CliError> {
	let samples = read_samples(path, &graph.input.shape)?;
	let quantized = samples.iter().enumerate().map(|(at, sample)| {
		let refused = |error: ModelError| CliError::Content {
			path: path.into(),
			what: format!("sample {at}: {error}"),
			help: "samples are in real units, as the model was quantised for".into(),
		};
		Ok((graph.quantize_input(sample).map_err(refused)?, None))
	});
	quantized.collect()
}

/// A committed input as the circuit takes it, and the salt of its commitment.
pub(super) fn opened(path: &Path, graph: &Graph) -> Result<Input, CliError> {
	let opening = Opening::read(path, CommitmentKind::Input)?;
	let content =
		|what: String, help: &str| CliError::Content { path: path.into(), what, help: help.into() };
	let schema = graph.input_schema().id();
	if opening.schema != schema {
		return Err(content(
			format!(
				"it opens a commitment to values of schema 0x{}, and the circuit takes 0x{}",
				hex::encode(opening.schema.0),
				hex::encode(schema.0)
			),
			"commit to an input of this circuit with `zkml commit input`",
		));
	}
	let Some(values) = opening.values() else {
		return Err(content(
			"its values and its salt do not give the commitment that it names".into(),
			"the file was changed: find the one that `zkml commit` wrote",
		));
	};
	Ok((values.integers.clone(), Some(opening.known_salt())))
}

/// A destination as it is written beside a proof.
fn destination(next: Next) -> Destination {
	Destination {
		genesis: hex::encode(next.genesis),
		model: hex::encode(next.model.0),
		account: hex::encode(next.account),
		nonce: next.nonce,
		anchor: next
			.anchor
			.map(|anchor| AnchorBlock { block: anchor.block, hash: hex::encode(anchor.hash) }),
	}
}
