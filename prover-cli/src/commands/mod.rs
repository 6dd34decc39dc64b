//! The verbs, one file each.

mod answering;
pub mod attest;
pub mod audit;
pub mod ballot;
mod choices;
pub mod commit;
pub mod compile;
pub mod delegate;
pub mod deregister;
pub mod export;
pub mod import;
pub mod inspect;
pub mod keep;
pub mod loan;
pub mod model;
pub mod opponent;
pub mod parameter;
pub mod play;
pub mod poll;
pub mod prove;
mod proving;
pub mod quantize;
pub mod receipt;
pub mod register;
pub mod reputation;
pub mod setup;
pub mod submit;
mod terms;
pub mod verify;

use crate::{
	chain::{Chain, ChainError, Included},
	error::CliError,
	files::{self, Registration},
	ui::{self, Align, Ui},
};
use clap::{Args, Subcommand};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{io::Write, path::Path};
use zkml_circuits::{
	onnx::Model,
	quantize::Report,
	r1cs::{write_r1cs, R1cs},
	samples::Samples,
	Layer, LayerClass,
};
use zkml_primitives::{
	ClaimedInput, Inference, Interface, ModelId, Output, OutputKind, Scale, WeightsVisibility,
};

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
	/// Turn a float ONNX model into a quantised one, calibrated on samples.
	Quantize(quantize::Quantize),
	/// Compile a quantised ONNX model into a circuit.
	Compile(compile::Compile),
	/// Take a Circom circuit as a model.
	Import(import::Import),
	/// Show what a circuit, a key or an ONNX file is.
	Inspect(inspect::Inspect),
	/// Make keys for a circuit: by one party for development, or by many in a ceremony.
	Setup(setup::Setup),
	/// Commit to an input, or to a model's weights, without showing them.
	#[command(subcommand)]
	Commit(commit::Commit),
	/// Check the opening of a commitment, and show what it stands for.
	Open(commit::Open),
	/// Prove what a model answers to an input.
	Prove(prove::Prove),
	/// Verify a proof.
	Verify(verify::Verify),
	/// Write a key or a proof in a form that other programs take.
	#[command(subcommand)]
	Export(export::Export),
	/// Check that keys, and a registered model, are those of an ONNX file.
	Audit(audit::Audit),
	/// Register a model on a chain.
	Register(register::Register),
	/// Submit proofs to a chain.
	Submit(submit::Submit),
	/// Show or change a registered model.
	#[command(subcommand)]
	Model(model::ModelCommand),
	/// Show or remove the receipt of an account's last output.
	#[command(subcommand)]
	Receipt(receipt::ReceiptCommand),
	/// Vouch for committed values, and claim what was vouched for.
	#[command(subcommand)]
	Attest(attest::Attest),
	/// Earn scores by proofs over attested values.
	#[command(subcommand)]
	Reputation(reputation::ReputationCommand),
	/// Borrow by a reputation, and repay.
	#[command(subcommand)]
	Loan(loan::Loan),
	/// Let models vote on polls, and let one's own votes follow them.
	#[command(subcommand)]
	Delegate(delegate::DelegateCommand),
	/// Propose what holders and delegates vote on, and see how it goes.
	#[command(subcommand)]
	Poll(poll::PollCommand),
	/// Let models move parameters of the chain, within bounds.
	#[command(subcommand)]
	Parameter(parameter::ParameterCommand),
	/// Vote without showing who votes: among those whose attested, hidden profile a model lets pass.
	#[command(subcommand)]
	Ballot(ballot::BallotCommand),
	/// Let others play Connect Four against a model.
	#[command(subcommand)]
	Opponent(opponent::OpponentCommand),
	/// Play Connect Four against a model, in a terminal.
	Play(play::Play),
	/// Prove a model's moves in the games that await it.
	Keep(keep::Keep),
	/// Take a model off a chain and get its deposit back.
	Deregister(deregister::Deregister),
}

impl Command {
	/// Runs the verb.
	///
	/// # Errors
	/// [`CliError`], which knows its exit code.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		match self {
			Self::Quantize(command) => command.run(ui),
			Self::Compile(command) => command.run(ui),
			Self::Import(command) => command.run(ui),
			Self::Inspect(command) => command.run(ui),
			Self::Setup(command) => command.run(ui),
			Self::Commit(command) => command.run(ui),
			Self::Open(command) => command.run(ui),
			Self::Prove(command) => command.run(ui),
			Self::Verify(command) => command.run(ui),
			Self::Export(command) => command.run(ui),
			Self::Audit(command) => command.run(ui),
			Self::Register(command) => command.run(ui),
			Self::Submit(command) => command.run(ui),
			Self::Model(command) => command.run(ui),
			Self::Receipt(command) => command.run(ui),
			Self::Attest(command) => command.run(ui),
			Self::Reputation(command) => command.run(ui),
			Self::Loan(command) => command.run(ui),
			Self::Delegate(command) => command.run(ui),
			Self::Poll(command) => command.run(ui),
			Self::Parameter(command) => command.run(ui),
			Self::Ballot(command) => command.run(ui),
			Self::Opponent(command) => command.run(ui),
			Self::Play(command) => command.run(ui),
			Self::Keep(command) => command.run(ui),
			Self::Deregister(command) => command.run(ui),
		}
	}
}

/// How to reach a chain.
#[derive(Debug, Args)]
pub struct NodeArgs {
	/// The node's JSON-RPC address.
	#[arg(long, default_value = "ws://127.0.0.1:9944", env = "ZKML_URL")]
	pub url: String,
}

/// How to reach a chain and who acts.
#[derive(Debug, Args)]
pub struct ChainArgs {
	/// The node's JSON-RPC address.
	#[arg(long, default_value = "ws://127.0.0.1:9944", env = "ZKML_URL")]
	pub url: String,
	/// Who signs: a secret URI such as //Alice, or a mnemonic. Prefer the variable to the flag.
	#[arg(long, env = "ZKML_SURI", hide_env_values = true)]
	pub suri: String,
}

/// A registered model as typed: its id, or the keys' folder beside which `zkml register` noted it.
#[derive(Clone, Debug)]
pub(crate) struct Named {
	/// The id.
	pub(crate) id: ModelId,
	/// The chain's genesis hash, where it was noted.
	genesis: Option<String>,
}

impl Named {
	/// Reads an id, or the note in a folder.
	pub(crate) fn new(text: &str) -> Result<Self, CliError> {
		if let Some(id) = files::hash_from_hex(text) {
			return Ok(Self { id: ModelId(id), genesis: None });
		}
		match Self::beside(Path::new(text))? {
			Some(named) => Ok(named),
			None if Path::new(text).is_dir() => Err(CliError::Content {
				path: text.into(),
				what: "no model was registered from this folder".into(),
				help: "run `zkml register`, or name the model by its id".into(),
			}),
			None => Err(CliError::Content {
				path: text.into(),
				what: "neither a model's id, 32 bytes in hexadecimal, nor a folder".into(),
				help: "name the model as `zkml register` printed it, or the folder of its keys"
					.into(),
			}),
		}
	}

	/// Reads the note in a keys' folder, if there is one.
	pub(crate) fn beside(keys: &Path) -> Result<Option<Self>, CliError> {
		let Some(Registration { genesis, model, .. }) = Registration::open(keys)? else {
			return Ok(None);
		};
		let id = files::hash_from_hex(&model).ok_or_else(|| CliError::Content {
			path: keys.join("registration.json"),
			what: format!("{model} is no model's id"),
			help: "register the model again with `zkml register`, or name it by its id".into(),
		})?;
		Ok(Some(Self { id: ModelId(id), genesis: Some(genesis) }))
	}

	/// Connects to a chain, and checks that it is the model's.
	pub(crate) async fn connect(&self, url: &str) -> Result<Chain, ChainError> {
		let chain = Chain::connect(url).await?;
		self.ensure(&chain)?;
		Ok(chain)
	}

	/// Checks that a chain is the model's.
	pub(crate) fn ensure(&self, chain: &Chain) -> Result<(), ChainError> {
		match &self.genesis {
			Some(genesis) => chain.ensure(genesis),
			None => Ok(()),
		}
	}

	/// The id as it is shown.
	pub(crate) fn hex(&self) -> String {
		hex::encode(self.id.0)
	}
}

/// A number of blocks, or a block's number, or `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OrNone<T>(pub(crate) Option<T>);

impl<T: std::str::FromStr> std::str::FromStr for OrNone<T>
where
	T::Err: std::fmt::Display,
{
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		match text {
			"none" => Ok(Self(None)),
			_ => match text.parse() {
				Ok(value) => Ok(Self(Some(value))),
				Err(error) => Err(format!("{error}; or \"none\"")),
			},
		}
	}
}

/// Runs chain calls to their end.
pub(crate) fn block_on<T>(
	future: impl std::future::Future<Output = Result<T, ChainError>>,
) -> Result<T, CliError> {
	let runtime = tokio::runtime::Runtime::new()
		.map_err(|error| CliError::Other(format!("no asynchronous runtime: {error}")))?;
	Ok(runtime.block_on(future)?)
}

/// Connects, and does something that the chain has to finalise.
pub(crate) fn act<T, F>(ui: &Ui, url: &str, work: impl FnOnce(Chain) -> F) -> Result<T, CliError>
where
	F: std::future::Future<Output = Result<T, ChainError>>,
{
	let (done, _) = ui.step("waiting for the chain", || {
		block_on(async { work(Chain::connect(url).await?).await })
	});
	done
}

/// Reads an ONNX file; its bytes, too.
pub(crate) fn read_model(
	path: &Path,
	shape: Option<&[usize]>,
) -> Result<(Model, Vec<u8>), CliError> {
	let bytes = files::read(path)?;
	let model = Model::read(&bytes, shape).map_err(CliError::within(path, &bytes))?;
	Ok((model, bytes))
}

/// Reads samples for a model whose input has this shape.
pub(crate) fn read_samples(path: &Path, shape: &[usize]) -> Result<Samples, CliError> {
	let file = std::fs::File::open(path).map_err(CliError::file(path))?;
	Samples::read_npz(std::io::BufReader::new(file), shape).map_err(CliError::within(path, &[]))
}

/// The shape of an input, as typed: `1,28,28` or `1x28x28`.
#[derive(Clone, Debug)]
pub(crate) struct Shape(pub(crate) Vec<usize>);

impl std::str::FromStr for Shape {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		text.split(['x', '×', ','])
			.map(|part| match part.trim().parse() {
				Ok(0) | Err(_) => Err(format!("{text} is no shape such as 1,3,32,32")),
				Ok(size) => Ok(size),
			})
			.collect::<Result<_, _>>()
			.map(Self)
	}
}

impl Shape {
	/// The sizes, if a shape was given.
	pub(crate) fn sizes(shape: &Option<Self>) -> Option<&[usize]> {
		shape.as_ref().map(|shape| shape.0.as_slice())
	}
}

/// Prints how a quantised model compares with its original.
pub(crate) fn show_report(ui: &Ui, what: &str, report: &Report) {
	let percent = |share: Option<f64>| {
		share.map_or("no labels".into(), |share| format!("{:.2} %", share * 100.0))
	};
	ui.line(format!("{what}: {} samples", report.samples));
	ui.line(format!("  float accuracy      {}", percent(report.float)));
	ui.line(format!("  quantised accuracy  {}", percent(report.quantized)));
	ui.line(format!("  labels alike        {}", percent(Some(report.agreement))));
	if let Some((float, quantized)) = report.auc {
		ui.line(format!("  area under curve    {float:.4}, quantised {quantized:.4}"));
	}
	if report.outside > 0 {
		ui.line(format!(
			"  beyond the input    {} samples, which prove refuses: more --input-bits take them",
			report.outside
		));
	}
	for layer in &report.layers {
		let worst = report.worst.as_ref() == Some(&layer.name);
		let mark = if worst { ", the layer that loses most" } else { "" };
		let noise = match layer.signal_to_noise_db {
			exact if exact >= 200.0 => "exact".into(),
			noise => format!("{noise:.1} dB of signal to noise"),
		};
		ui.line(format!("  {:18}  {noise}{mark}", layer.name));
	}
	// Larger ones are in the JSON.
	if (1..=12).contains(&report.confusion.len()) {
		ui.line("  confusion, by row the right label, by column the quantised model's");
		for (label, row) in report.confusion.iter().enumerate() {
			let counts: Vec<String> = row.iter().map(|count| format!("{count:5}")).collect();
			ui.line(format!("  {label:4} {}", counts.join("")));
		}
	}
}

/// SHA-256 of the `.r1cs` file of a circuit, in hexadecimal.
pub(crate) fn circuit_hash(r1cs: &R1cs) -> String {
	struct Hasher(Sha256);
	impl std::io::Write for Hasher {
		fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
			self.0.update(bytes);
			Ok(bytes.len())
		}

		fn flush(&mut self) -> std::io::Result<()> {
			Ok(())
		}
	}
	let mut out = std::io::BufWriter::new(Hasher(Sha256::new()));
	let written = write_r1cs(r1cs, &mut out).and_then(|()| out.flush());
	written.expect("hashing does not fail");
	hex::encode(out.get_ref().0.clone().finalize())
}

/// Prints costs by layer as a table.
pub(crate) fn show_layers(ui: &Ui, layers: &[Layer]) {
	let columns = [
		("layer", Align::Left),
		("operator", Align::Left),
		("shape", Align::Right),
		("multiply-adds", Align::Right),
		("constraints", Align::Right),
		("wires", Align::Right),
		("non-zeros", Align::Right),
		("bits", Align::Right),
		("rounding", Align::Left),
	];
	let row = |layer: &Layer| {
		vec![
			layer.name.clone(),
			layer.op.clone(),
			zkml_circuits::show_shape(&layer.shape),
			layer.multiply_adds.to_string(),
			layer.constraints.to_string(),
			layer.wires.to_string(),
			layer.non_zeros.iter().sum::<usize>().to_string(),
			layer.bits.to_string(),
			layer.rounding.as_ref().map(show_roundings).unwrap_or_default(),
		]
	};
	ui.table(&columns, &layers.iter().map(row).collect::<Vec<_>>());
}

/// How a layer's elements are rounded: how many in each class, and what scales that are powers of
/// two would save.
fn show_roundings(layer: &LayerClass) -> String {
	let mut shown: Vec<String> =
		layer.counts.iter().map(|(class, count)| format!("{count} {}", class.name())).collect();
	if layer.exceptions > 0 {
		shown.push(format!("{} exceptions", layer.exceptions));
	}
	if layer.extra > 0 {
		shown.push(format!("{} constraints more than powers of two", layer.extra));
	}
	shown.join(", ")
}

/// The real value of one unit.
pub(crate) fn unit(scale: &Scale) -> f64 {
	f64::from(scale.mantissa) * 2f64.powi(scale.exponent.into())
}

/// A claim for people: label, logits in real units where they are shown, what stands for the input.
pub(crate) fn describe(interface: &Interface, inference: &Inference) -> serde_json::Value {
	let mut shown = match (&interface.output, &inference.output) {
		(OutputKind::Logits(tensor), Output::Logits(values)) => {
			let integers: Vec<i64> = values.iter().map(|&value| value.into()).collect();
			let unit = unit(&tensor.scale);
			let reals: Vec<f64> = integers.iter().map(|&value| value as f64 * unit).collect();
			json!({ "label": zkml_circuits::argmax_value(&integers), "logits": reals })
		},
		(OutputKind::Threshold { score, tau }, Output::Passed) => {
			json!({ "passed": true, "threshold": f64::from(*tau) * unit(&score.scale) })
		},
		(OutputKind::MaskedArgmax { classes }, Output::MaskedLabel { label, mask }) => {
			let allowed: Vec<u32> = (0..*classes).filter(|&class| mask.allows(class)).collect();
			json!({ "label": label, "mask": allowed })
		},
		(_, Output::Label(label) | Output::MaskedLabel { label, .. }) => json!({ "label": label }),
		(_, Output::Logits(values)) => json!({ "integers": values.to_vec() }),
		(_, Output::Labels(labels)) => json!({ "labels": labels.to_vec() }),
		(_, Output::Passed) => json!({ "passed": true }),
		(_, Output::Raw(signals)) => {
			json!({ "raw": zkml_prover::json::signals_to_json(signals).unwrap_or_default() })
		},
	};
	match &inference.input {
		ClaimedInput::Hidden => {},
		ClaimedInput::Shown(values) => shown["input"] = json!(values.to_vec()),
		ClaimedInput::Committed(commitment) => shown["input_commitment"] = json!(commitment),
		ClaimedInput::Member(membership) => shown["membership"] = json!(membership),
	}
	if let WeightsVisibility::Committed(commitment) = interface.weights {
		shown["weights_commitment"] = json!(commitment);
	}
	shown
}

/// A claim in one line.
pub(crate) fn summary(shown: &serde_json::Value) -> String {
	let list = |name: &str| {
		let numbers = shown[name].as_array()?.iter().filter_map(serde_json::Value::as_f64);
		Some(numbers.collect::<Vec<f64>>())
	};
	let numbers =
		|list: &[f64]| list.iter().map(|number| number.to_string()).collect::<Vec<_>>().join(", ");
	let label = &shown["label"];
	let mut line = if let Some(logits) = list("logits") {
		let logits: Vec<String> = logits.iter().map(|value| format!("{value:.3}")).collect();
		format!("label {label}, logits [{}]", logits.join(", "))
	} else if let Some(labels) = list("labels") {
		format!("best labels {}", numbers(&labels))
	} else if let Some(threshold) = shown["threshold"].as_f64() {
		format!("the score is at least {threshold}")
	} else if let Some(allowed) = list("mask") {
		format!("label {label}, the best of {}", numbers(&allowed))
	} else if let Some(raw) = shown["raw"].as_array() {
		let numbers = raw.iter().filter_map(serde_json::Value::as_str);
		format!("signals {}", numbers.collect::<Vec<_>>().join(", "))
	} else {
		format!("label {label}")
	};
	if let Some(commitment) = shown["input_commitment"].as_str() {
		line += &format!(", of the input committed as 0x{commitment}");
	}
	if let membership @ serde_json::Value::Object(_) = &shown["membership"] {
		let hex = |name: &str| membership[name].as_str().unwrap_or_default().to_string();
		line += &format!(
			", for a member of 0x{}: choice {} on 0x{}, nullifier 0x{}",
			hex("root"),
			membership["choice"],
			hex("topic"),
			hex("nullifier")
		);
	}
	line
}

/// Prints what became of a transaction.
pub(crate) fn show_included(ui: &Ui, included: &Included) {
	ui.line(format!("block {} 0x{}", included.block, hex::encode(included.block_hash)));
	ui.line(format!("fee {}", fee(included.fee)));
	if included.held > 0 {
		ui.line(format!("deposit {}", fee(included.held)));
	}
	if included.released > 0 {
		ui.line(format!("deposit returned {}", fee(included.released)));
	}
}

/// The same for programs, besides other fields.
pub(crate) fn with_included(
	included: &Included,
	mut fields: serde_json::Value,
) -> serde_json::Value {
	fields["block"] = included.block.into();
	fields["block_hash"] = hex::encode(included.block_hash).into();
	fields["fee"] = included.fee.to_string().into();
	fields["deposit"] = json!({
		"held": included.held.to_string(),
		"released": included.released.to_string(),
	});
	fields["events"] = json!(included.events);
	fields
}

/// A fee in whole units of twelve decimals.
pub fn fee(amount: u128) -> String {
	format!("{}.{:06} UNIT", amount / 10u128.pow(12), amount % 10u128.pow(12) / 10u128.pow(6))
}

/// An amount as typed, in whole units of twelve decimals: `1.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tokens(pub(crate) u128);

impl std::str::FromStr for Tokens {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let malformed = || format!("{text} is no amount such as 1.5, of twelve decimals at most");
		let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
		let digits =
			|text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
		if !digits(whole) || !digits(rest) || rest.len() > 12 {
			return Err(malformed());
		}
		let whole: u128 = whole.parse().map_err(|_| malformed())?;
		let rest: u128 = format!("{rest:0<12}").parse().map_err(|_| malformed())?;
		let amount = whole.checked_mul(10u128.pow(12)).and_then(|whole| whole.checked_add(rest));
		amount.map(Self).ok_or_else(malformed)
	}
}

/// Sizes of a folder's files, for its maker's report.
pub(crate) fn written(ui: &Ui, folder: &Path, files: &[(&str, &[u8])]) {
	for (name, bytes) in files {
		let path = folder.join(name);
		ui.line(format!("wrote {} ({})", path.display(), ui::bytes(bytes.len() as u64)));
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_verbs_go_together() {
		Command::augment_subcommands(clap::Command::new("zkml")).debug_assert();
	}

	#[test]
	fn an_amount_is_typed_in_tokens() {
		for (text, amount) in [
			("0", 0),
			("1", 1_000_000_000_000),
			("1.5", 1_500_000_000_000),
			("0.000000000001", 1),
			("340282366920938463463374607.431768211455", u128::MAX),
		] {
			assert_eq!(text.parse(), Ok(Tokens(amount)), "{text}");
		}
		for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "0.0000000000001", "1.5.0"] {
			assert!(text.parse::<Tokens>().is_err(), "{text}");
		}
		let large = "340282366920938463463374607.431768211456";
		assert!(large.parse::<Tokens>().is_err(), "{large}");
	}
}
