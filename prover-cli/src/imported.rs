//! What circuits from elsewhere prove.

use crate::{
	error::CliError,
	files::{self, CircuitFolder},
};
use std::path::Path;
use zkml_circuits::{
	r1cs::{read_r1cs, read_wtns, R1cs},
	Element,
};
use zkml_primitives::{
	ClaimedInput, Commitment, Context, Inference, InputVisibility, Interface, Mask, Membership,
	Output, OutputKind, Packing, Signal, Statement, Values,
};
use zkml_prover::{
	bytes::{decode_scalar, encode_scalar},
	circom_witness::{read_inputs, Calculator, Limits},
};

/// A circuit from elsewhere, ready to make witnesses.
pub(crate) struct Circuit {
	r1cs: R1cs,
	calculator: Option<Calculator>,
	context: Option<String>,
	interface: Interface,
	signals: Vec<String>,
}

/// A witness, and what it shows.
pub(crate) struct Witness {
	pub(crate) values: Vec<Element>,
	pub(crate) inference: Inference,
	pub(crate) statement: Statement,
	/// The context that its signals have.
	pub(crate) context: Context,
}

impl Circuit {
	/// Opens a folder that `zkml import` made.
	pub(crate) fn open(folder: &CircuitFolder) -> Result<Self, CliError> {
		let damaged = |what: String| CliError::Content {
			path: folder.path.clone(),
			what,
			help: "run `zkml import` again".into(),
		};
		let r1cs = read_r1cs(&folder.r1cs()?).map_err(|error| damaged(error.to_string()))?;
		if folder.file.interface.signals() != Ok(r1cs.signals() as u32) {
			return Err(damaged("interface.json is not of these constraints".into()));
		}
		let calculator = match folder.wasm()? {
			Some(wasm) => {
				let made = Calculator::new(&wasm, Limits::default());
				Some(made.map_err(|error| damaged(error.to_string()))?)
			},
			None => None,
		};
		let context = folder.file.imported.as_ref().and_then(|imported| imported.context.clone());
		let signals = folder.file.signals.clone();
		Ok(Self { r1cs, calculator, context, interface: folder.file.interface, signals })
	}

	/// The witness of an `input.json`, under a context.
	pub(crate) fn solve(&self, path: &Path, context: &Context) -> Result<Witness, CliError> {
		let content = |what: String, help: &str| CliError::Content {
			path: path.into(),
			what,
			help: help.into(),
		};
		let calculator = self.calculator.as_ref().ok_or_else(|| {
			CliError::Other(
				"the circuit was imported without its .wasm file: import it with --wasm, or give \
				 witnesses with --wtns"
					.into(),
			)
		})?;
		let help = "an input is {\"SIGNAL\": [values]}, as Circom takes it";
		let mut inputs = read_inputs(&files::read_text(path)?)
			.map_err(|error| content(error.to_string(), help))?;
		if let Some(name) = &self.context {
			let value = decode_scalar(&context.0).unwrap_or_default();
			if inputs.insert(name.clone(), vec![value]).is_some() {
				return Err(content(
					format!("{name} is the context, which is not for the input to choose"),
					"leave it out: --url or --context says what it is",
				));
			}
		}
		let values =
			calculator.witness(&inputs).map_err(|error| content(error.to_string(), help))?;
		self.check(path, values, Some(context))
	}

	/// A witness that another program computed.
	pub(crate) fn read(&self, path: &Path, context: Option<&Context>) -> Result<Witness, CliError> {
		let values = read_wtns(&files::read(path)?).map_err(|error| CliError::Content {
			path: path.into(),
			what: error.to_string(),
			help: "give a .wtns file over bn128, as `snarkjs wtns calculate` writes it".into(),
		})?;
		self.check(path, values, context)
	}

	/// Checks that a witness is one of this circuit, and reads what it shows.
	fn check(
		&self,
		path: &Path,
		values: Vec<Element>,
		wanted: Option<&Context>,
	) -> Result<Witness, CliError> {
		let content = |what: String| CliError::Content {
			path: path.into(),
			what,
			help: "was it made for this circuit, by the files that were imported?".into(),
		};
		let wires = self.r1cs.wires as usize;
		if values.len() != wires {
			return Err(content(format!(
				"the witness has {} values, the circuit {wires} wires",
				values.len()
			)));
		}
		if values.first() != Some(&Element::from(1)) {
			return Err(content("the witness does not begin with the constant 1".into()));
		}
		if let Some(constraint) = self.r1cs.first_violation(&values) {
			return Err(content(format!("the witness violates constraint {constraint}")));
		}
		let signals: Vec<Signal> =
			values[1..=self.r1cs.signals()].iter().map(encode_scalar).collect();
		let place = match self.interface.output {
			OutputKind::Raw { context, .. } => context,
			_ => {
				let counts = self.interface.counts();
				Some(counts.total() - counts.input - 1)
			},
		};
		let context = match place.and_then(|place| signals.get(place as usize)) {
			Some(signal) => Context(*signal),
			None => wanted.copied().unwrap_or(Context([0; 32])),
		};
		if wanted.is_some_and(|wanted| *wanted != context) {
			return Err(content(format!(
				"its context is 0x{}, another than that of the account's next submission",
				hex::encode(context.0)
			)));
		}
		let inference = decode(&self.interface, &signals)
			.ok_or_else(|| content("its public signals are not what the interface says".into()))?;
		let statement = Statement::new(&self.interface, &inference, &context)
			.map_err(|error| content(format!("its public signals: {error}")))?;
		if let Some(place) = (0..)
			.zip(statement.signals())
			.zip(&signals)
			.find_map(|((place, said), signal): ((usize, _), _)| (said != signal).then_some(place))
		{
			let name = self.signals.get(place).cloned().unwrap_or_default();
			return Err(content(format!(
				"public signal {place} ({name}) is not what the interface says"
			)));
		}
		Ok(Witness { values, inference, statement, context })
	}
}

/// Small integers from words; whether there is more in the words is for the caller to find.
fn unpack(packing: &Packing, words: &[Signal]) -> Option<Vec<i32>> {
	let width = usize::from(packing.width);
	let bit = |at: usize| {
		let word = words.get(at / (packing.per_word() as usize * width))?;
		let at = at % (packing.per_word() as usize * width);
		Some(i64::from(word[at / 8] >> (at % 8) & 1))
	};
	let value = |index: usize| {
		let mut raw = 0i64;
		for place in 0..width {
			raw |= bit(index * width + place)? << place;
		}
		i32::try_from(raw + i64::from(packing.offset)).ok()
	};
	(0..packing.count as usize).map(value).collect()
}

/// What public signals claim under an interface; building the statement again shows whether they do.
fn decode(interface: &Interface, signals: &[Signal]) -> Option<Inference> {
	if let OutputKind::Raw { context, .. } = interface.output {
		let mut raw = signals.to_vec();
		if let Some(place) = context {
			raw.remove(place as usize);
		}
		let output = Output::Raw(raw.try_into().ok()?);
		return Some(Inference { output, input: ClaimedInput::Hidden });
	}
	let counts = interface.counts();
	let mut rest = signals;
	let mut take = |count: u32| {
		let (taken, left) = rest.split_at_checked(count as usize)?;
		rest = left;
		Some(taken)
	};
	let words = take(counts.output)?;
	let commitment = take(counts.input_commitment)?;
	let member = take(counts.membership)?;
	take(counts.weights_commitment)?;
	let parameters = take(counts.parameters)?;
	take(counts.context)?;
	let input = take(counts.input)?;
	let values = match interface.output.packing() {
		Some(packing) => unpack(&packing, words)?,
		None => Vec::new(),
	};
	let label = |at: usize| values.get(at).and_then(|&label| u32::try_from(label).ok());
	let output = match interface.output {
		OutputKind::Logits(_) => Output::Logits(values.try_into().ok()?),
		OutputKind::Argmax { .. } => Output::Label(label(0)?),
		OutputKind::TopK { k, .. } => {
			let labels: Option<Vec<u32>> = (0..k as usize).map(label).collect();
			Output::Labels(labels?.try_into().ok()?)
		},
		OutputKind::Threshold { .. } => Output::Passed,
		OutputKind::MaskedArgmax { .. } => {
			let bits = unpack(&interface.output.parameters()?, parameters)?;
			let mask = Mask::new(bits.into_iter().map(|bit| bit == 1))?;
			Output::MaskedLabel { label: label(0)?, mask }
		},
		OutputKind::Raw { .. } => return None,
	};
	let input = match &interface.input {
		InputVisibility::Private => ClaimedInput::Hidden,
		InputVisibility::Public(tensor) => {
			ClaimedInput::Shown(Values::new(&unpack(&tensor.packing, input)?)?)
		},
		InputVisibility::Committed { .. } => {
			ClaimedInput::Committed(Commitment(*commitment.first()?))
		},
		InputVisibility::Member { .. } => {
			let &[root, topic, nullifier, choice] = member else { return None };
			let [root, topic, nullifier] = [root, topic, nullifier].map(Commitment);
			// What a larger number has beyond these is for the caller to find, as above.
			let choice = u32::from_le_bytes(*choice.first_chunk()?);
			ClaimedInput::Member(Membership { root, topic, nullifier, choice })
		},
	};
	Some(Inference { output, input })
}
