//! The public signals of a graph's circuit.

use crate::{
	commitment::{commit, schema_id, CommitmentKind, Salt, Section},
	error::ModelError,
	graph::{Graph, GraphInput},
	lower::MAX_ELEMENTS,
	membership::MembershipError,
	options::{InputChoice, Options, OutputChoice, WeightsChoice},
	record::{Field, Record},
	signal::{Bounds, Signal},
};
use serde::{Deserialize, Serialize};
use zkml_primitives::{
	Commitment, InputVisibility, Interface, InterfaceError, OutputKind, Packing, Scale, SchemaId,
	Tensor, WeightsVisibility, MAX_DEPTH,
};

/// Values of bounds in one unit, as a chain sees them.
fn tensor(bounds: &[Bounds], scale: f32) -> Result<Tensor, InterfaceError> {
	let lo = bounds.iter().map(|bounds| bounds.lo).min().unwrap_or_default();
	let hi = bounds.iter().map(|bounds| bounds.hi).max().unwrap_or_default();
	let width = Bounds { lo: 0, hi: hi - lo }.unsigned_bits().max(1);
	let offset = i32::try_from(lo).map_err(|_| InterfaceError::TooLarge)?;
	let count = u32::try_from(bounds.len()).map_err(|_| InterfaceError::TooLarge)?;
	let (mantissa, exponent) = crate::value::dyadic(scale);
	let mantissa = u32::try_from(mantissa).map_err(|_| InterfaceError::Malformed)?;
	let exponent = i16::try_from(exponent).map_err(|_| InterfaceError::Malformed)?;
	let packing = Packing { width: width as u8, count, offset };
	Ok(Tensor { packing, scale: Scale { mantissa, exponent } })
}

/// The interface of a graph compiled with these options.
///
/// # Errors
/// [`ModelError::Interface`] if a chain would not accept it, [`ModelError::Reveal`] if the model has
/// no such output, [`ModelError::Commitment`] if weights are to be committed and the graph has none
/// that are, or the other way round, [`ModelError::Membership`] for a depth that no tree has.
pub fn interface(graph: &Graph, options: &Options) -> Result<Interface, ModelError> {
	let weights = match (options.weights, graph.has_committed_weights()) {
		(WeightsChoice::Public, false) => WeightsVisibility::Public,
		(WeightsChoice::Committed { commitment, .. }, true) => {
			WeightsVisibility::Committed(commitment)
		},
		_ => {
			let what = "the graph and the options differ in who sees the weights";
			return Err(ModelError::Commitment(what.into()));
		},
	};
	let wanted = |tensor: Result<Tensor, InterfaceError>| tensor.map_err(ModelError::Interface);
	let input = match options.input {
		InputChoice::Private => InputVisibility::Private,
		InputChoice::Public => {
			// An interface has one scale; with several, its integers stand for themselves.
			let scale = if graph.input.scales.len() == 1 { graph.input.scales[0] } else { 1.0 };
			InputVisibility::Public(wanted(tensor(&graph.bounds[0], scale))?)
		},
		InputChoice::Committed => InputVisibility::Committed { schema: graph.input_schema().id() },
		InputChoice::Member { depth } => {
			if !(1..=MAX_DEPTH).contains(&depth) {
				let error = MembershipError::Depth { got: depth.into() };
				return Err(ModelError::Membership(error));
			}
			InputVisibility::Member { schema: graph.input_schema().id(), depth }
		},
	};
	let classes = graph.output.bounds.len();
	if options.output != OutputChoice::Logits && graph.output.parts.len() > 1 {
		return Err(ModelError::Reveal(format!(
			"the outputs {} are several, which mean nothing together: reveal logits",
			graph.output.name
		)));
	}
	let output = match options.output {
		OutputChoice::Logits => {
			OutputKind::Logits(wanted(tensor(&graph.output.bounds, graph.output.scale))?)
		},
		OutputChoice::Argmax => OutputKind::Argmax { classes: classes as u32 },
		OutputChoice::MaskedArgmax => OutputKind::MaskedArgmax { classes: classes as u32 },
		OutputChoice::TopK { k } => {
			if k == 0 || k as usize > classes {
				return Err(ModelError::Reveal(format!("the {k} largest of {classes} values")));
			}
			OutputKind::TopK { classes: classes as u32, k }
		},
		OutputChoice::Threshold { tau } => {
			let bounds = graph.score_bounds()?;
			if !bounds.contains(tau.into()) {
				let real = |integer: i64| integer as f64 * f64::from(graph.output.scale);
				return Err(ModelError::Reveal(format!(
					"a threshold of {}: the score lies between {} and {}",
					real(tau.into()),
					real(bounds.lo),
					real(bounds.hi)
				)));
			}
			OutputKind::Threshold { score: wanted(tensor(&[bounds], graph.output.scale))?, tau }
		},
	};
	let interface = Interface { input, weights, output };
	interface.signals().map(|_| interface).map_err(ModelError::Interface)
}

/// Bits of a committed value: those of the widest range.
pub(crate) fn width(bounds: &[Bounds]) -> u32 {
	let ranges = bounds.iter().map(|b| Bounds { lo: 0, hi: b.hi.saturating_sub(b.lo) });
	ranges.map(Bounds::unsigned_bits).max().unwrap_or(1).max(1)
}

/// The score: the one output, or of two the second less the first.
pub(crate) fn score_value(outputs: &[i64]) -> i64 {
	match outputs {
		&[no, yes] => yes - no,
		outputs => outputs.first().copied().unwrap_or_default(),
	}
}

/// [`score_value`] in a circuit.
pub(crate) fn score(outputs: &[Signal]) -> Signal {
	match outputs {
		[no, yes] => yes.clone().plus(-1, no),
		outputs => outputs[0].clone(),
	}
}

/// What an input's integers are: the text of which a [`SchemaId`] is the hash is its JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSchema {
	/// 1, the version of this layout.
	pub zkml_input: u32,
	/// The name of the model's input.
	pub name: String,
	/// Its shape.
	pub shape: Vec<usize>,
	/// The least integer.
	pub lo: i64,
	/// The largest.
	pub hi: i64,
	/// What a unit is worth: one number for all elements, or one for each.
	pub scales: Vec<f32>,
	/// The fields, where it is a record. These alone make the hash then, so that one commitment serves
	/// every model that takes the record.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub record: Option<Record>,
}

impl InputSchema {
	/// The schema of a record, whatever model takes it.
	pub fn of_record(record: &Record) -> Self {
		let bounds = record.bounds();
		let unit = |field: &Field| field.float().step() as f32;
		Self {
			zkml_input: 1,
			name: record.name.clone(),
			shape: vec![1, bounds.len()],
			lo: bounds.iter().map(|bounds| bounds.lo).min().unwrap_or_default(),
			hi: bounds.iter().map(|bounds| bounds.hi).max().unwrap_or_default(),
			scales: record.fields.iter().map(unit).collect(),
			record: Some(record.clone()),
		}
	}

	/// Its hash.
	///
	/// # Panics
	/// Never: these values have a JSON text.
	pub fn id(&self) -> SchemaId {
		match &self.record {
			Some(record) => record.id(),
			None => schema_id(&serde_json::to_vec(self).expect("plain values")),
		}
	}

	/// The range of every element; `None` if there are too many.
	fn bounds(&self) -> Option<Vec<Bounds>> {
		if let Some(record) = &self.record {
			return Some(record.bounds());
		}
		let count = self.shape.iter().try_fold(1usize, |count, &size| count.checked_mul(size));
		let count = count.filter(|&count| count <= MAX_ELEMENTS)?;
		Some(vec![Bounds { lo: self.lo, hi: self.hi }; count])
	}

	/// The commitment to values of this schema.
	///
	/// # Errors
	/// [`ModelError::Commitment`] for another number of values, or one out of range.
	pub fn commitment(&self, values: &[i64], salt: Salt) -> Result<Commitment, ModelError> {
		let bounds = self.bounds().filter(|bounds| bounds.len() == values.len());
		let bounds = bounds.unwrap_or_default();
		let width = width(&bounds);
		let within = |(value, bounds): (&i64, &Bounds)| bounds.contains(*value);
		if bounds.is_empty() || !values.iter().zip(&bounds).all(within) || width > 32 {
			return Err(ModelError::Commitment(format!(
				"these are no values of {}: {} from {} to {}",
				self.name,
				crate::error::show_shape(&self.shape),
				self.lo,
				self.hi
			)));
		}
		let values = values.iter().zip(&bounds).map(|(v, bounds)| v.abs_diff(bounds.lo)).collect();
		commit(CommitmentKind::Input, self.id(), &[Section { width, values }], salt)
	}

	/// Values in real units.
	pub fn reals(&self, values: &[i64]) -> Vec<f64> {
		if let Some(record) = &self.record {
			let fields = record.fields.iter().zip(values);
			return fields.map(|(field, &value)| field.number(value)).collect();
		}
		let scale = |index| match self.scales.as_slice() {
			&[scale] => scale,
			scales => scales.get(index).copied().unwrap_or(f32::NAN),
		};
		(values.iter().enumerate()).map(|(i, &v)| v as f64 * f64::from(scale(i))).collect()
	}
}

impl Graph {
	/// What the input's values are: their name, shape, range and units.
	pub fn input_schema(&self) -> InputSchema {
		let lo = self.bounds[0].iter().map(|bounds| bounds.lo).min().unwrap_or_default();
		let hi = self.bounds[0].iter().map(|bounds| bounds.hi).max().unwrap_or_default();
		let GraphInput { name, shape, scales, record } = self.input.clone();
		InputSchema { zkml_input: 1, name, shape, lo, hi, scales, record }
	}

	/// Bounds of the score that a threshold is for: the one output, or of two the second less the
	/// first.
	///
	/// # Errors
	/// [`ModelError::Reveal`] if there are more.
	pub fn score_bounds(&self) -> Result<Bounds, ModelError> {
		match self.output.bounds.as_slice() {
			&[score] => Ok(score),
			&[no, yes] => Ok(yes.plus(no.times(-1))),
			others => Err(ModelError::Reveal(format!(
				"a threshold is for one score, or for two classes, not for {} outputs",
				others.len()
			))),
		}
	}

	/// The input as a section of signals, for the circuit.
	pub(crate) fn input_section(&self, signals: &[Signal]) -> Section<Signal> {
		let bounds = &self.bounds[0];
		let lifted = signals.iter().zip(bounds);
		let values = lifted.map(|(signal, b)| signal.clone().plus_constant(-b.lo)).collect();
		Section { width: width(bounds), values }
	}

	/// The commitment to an input.
	///
	/// # Errors
	/// [`ModelError::Commitment`] for another number of values, or one out of range.
	pub fn input_commitment(&self, input: &[i64], salt: Salt) -> Result<Commitment, ModelError> {
		self.input_schema().commitment(input, salt)
	}
}
