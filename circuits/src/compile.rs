//! From the integer graph to R1CS and witness.

use crate::{
	commitment::{self, CommitmentKind},
	error::ModelError,
	gadgets::{
		argmax::{argmax, argmax_value, masked_argmax, masked_argmax_value},
		topk::{topk, topk_positions},
	},
	graph::Graph,
	interface::{interface, score, score_value},
	layers::{Layer, Meter},
	membership::{self, MembershipError},
	ops::Parameters,
	options::{Extras, Options},
	r1cs::{Builder, InverseHint, LinearCombination, R1cs},
	signal::{Bounds, Signal},
};
use ark_bn254::Fr;
use ark_ff::{PrimeField, Zero};
use zkml_primitives::{
	ClaimedInput, Context, Inference, InputVisibility, Interface, Mask, Output, OutputKind,
	Packing, SignalCounts, Statement, Values, WeightsVisibility,
};

/// A compiled circuit.
#[derive(Debug)]
pub struct Circuit {
	/// The constraints.
	pub r1cs: R1cs,
	/// Its public signals.
	pub interface: Interface,
	/// Wires that a prover chooses freely while what they invert is zero.
	pub hints: Vec<InverseHint>,
	/// Costs, by layer: the input, every operator, the output.
	pub layers: Vec<Layer>,
}

/// A filled circuit.
#[derive(Debug)]
pub struct Assignment {
	/// A value for every wire.
	pub witness: Vec<Fr>,
	/// What is claimed.
	pub inference: Inference,
	/// The public signals, as a verifier makes them from the claim.
	pub statement: Statement,
}

/// Compiles a graph.
///
/// # Errors
/// As [`interface`].
pub fn compile(graph: &Graph, options: &Options) -> Result<Circuit, ModelError> {
	let interface = interface(graph, options)?;
	let (outputs, public_inputs) = outputs_and_inputs(&interface.counts());
	let mut builder = Builder::constraints(outputs, public_inputs);
	let mut layers = Vec::new();
	synthesize(graph, &interface, &mut builder, None, &mut layers);
	// The input's layer stands before those of the nodes.
	for (layer, class) in layers.iter_mut().skip(1).zip(graph.classes()) {
		layer.rounding = class;
	}
	let (r1cs, hints) = builder.into_r1cs();
	Ok(Circuit { r1cs, interface, hints, layers })
}

/// Evaluates a graph on quantised input and fills the witness of its circuit, where no salt and no
/// mask is needed.
///
/// # Errors
/// As [`assign_with`].
pub fn assign(
	graph: &Graph,
	options: &Options,
	input: &[i64],
	context: &Context,
) -> Result<Assignment, ModelError> {
	assign_with(graph, options, input, context, &Extras::default())
}

/// Evaluates a graph on quantised input and fills the witness of its circuit.
///
/// # Errors
/// [`ModelError::InputRange`] for a value out of the input's range; [`ModelError::Commitment`] for a
/// salt that is missing, or not that of the weights' commitment; [`ModelError::Membership`] for a
/// member that is missing, or of whom path, root, identity, profile and topic do not go together;
/// [`ModelError::Reveal`] for a mask that is missing, of another size, or allows nothing;
/// [`ModelError::BelowThreshold`] for a score that is.
pub fn assign_with(
	graph: &Graph,
	options: &Options,
	input: &[i64],
	context: &Context,
	extras: &Extras<'_>,
) -> Result<Assignment, ModelError> {
	let interface = interface(graph, options)?;
	let out = |(value, bounds): (&i64, &Bounds)| !bounds.contains(*value);
	if let Some(index) = input.iter().zip(&graph.bounds[0]).position(out) {
		let (value, bounds) = (input[index] as f64, graph.bounds[0][index]);
		let (lo, hi) = (bounds.lo as f64, bounds.hi as f64);
		return Err(ModelError::InputRange { value, index, lo, hi });
	}
	if let WeightsVisibility::Committed(commitment) = interface.weights {
		let salt = extras.weights_salt.ok_or_else(|| missing_salt("weights"))?;
		if graph.weights_commitment(salt)? != commitment {
			return Err(ModelError::Commitment(
				"these weights and this salt are not those of the circuit's commitment".into(),
			));
		}
	}
	let claimed = match interface.input {
		InputVisibility::Private => ClaimedInput::Hidden,
		InputVisibility::Public(_) => {
			let shown: Vec<i32> = input.iter().map(|&value| value as i32).collect();
			Values::new(&shown).into()
		},
		InputVisibility::Committed { .. } => {
			let salt = extras.input_salt.ok_or_else(|| missing_salt("input"))?;
			ClaimedInput::Committed(graph.input_commitment(input, salt)?)
		},
		InputVisibility::Member { depth, .. } => {
			let salt = extras.input_salt.ok_or_else(|| missing_salt("input"))?;
			let profile = graph.input_commitment(input, salt)?;
			let member = extras.member.ok_or(MembershipError::Missing);
			let claim = member.and_then(|member| member.claim(depth, profile));
			ClaimedInput::Member(claim.map_err(ModelError::Membership)?)
		},
	};
	let output = claimed_output(graph, &interface, &graph.evaluate(input), extras.mask)?;
	let inference = Inference { output, input: claimed };
	let statement = Statement::new(&interface, &inference, context)
		.expect("evaluation stays within the bounds that the interface declares");
	let (outputs, public_inputs) = outputs_and_inputs(&interface.counts());
	let mut builder = Builder::witness(outputs, public_inputs);
	for (index, signal) in statement.signals().iter().enumerate() {
		let wire = builder.public(index as u32);
		builder.assign(wire, || Fr::from_le_bytes_mod_order(signal));
	}
	let filling = Filling { input, extras };
	synthesize(graph, &interface, &mut builder, Some(&filling), &mut Vec::new());
	Ok(Assignment { witness: builder.take_witness(), inference, statement })
}

fn missing_salt(of: &str) -> ModelError {
	ModelError::Commitment(format!("the salt that hides the {of} is needed"))
}

/// What the model answers, as the interface shows it.
fn claimed_output(
	graph: &Graph,
	interface: &Interface,
	logits: &[i64],
	mask: Option<&[bool]>,
) -> Result<Output, ModelError> {
	const HOLDS: &str = "the interface was checked to hold them";
	Ok(match interface.output {
		OutputKind::Logits(_) => {
			let values: Vec<i32> = logits.iter().map(|&value| value as i32).collect();
			Output::Logits(values.try_into().expect(HOLDS))
		},
		OutputKind::Argmax { .. } => Output::Label(argmax_value(logits) as u32),
		OutputKind::TopK { k, .. } => {
			let places = topk_positions(logits, k as usize).into_iter();
			let labels: Vec<u32> = places.map(|place| place as u32).collect();
			Output::Labels(labels.try_into().expect(HOLDS))
		},
		OutputKind::Threshold { tau, .. } => {
			let score = score_value(logits);
			if score < tau.into() {
				let real = |integer: i64| integer as f64 * f64::from(graph.output.scale);
				let (score, threshold) = (real(score), real(tau.into()));
				return Err(ModelError::BelowThreshold { score, threshold });
			}
			Output::Passed
		},
		OutputKind::MaskedArgmax { classes } => {
			let mask = mask.filter(|mask| mask.len() == classes as usize).ok_or_else(|| {
				ModelError::Reveal(format!("a mask of {classes} classes is needed"))
			})?;
			if mask.iter().all(|&allowed| !allowed) {
				return Err(ModelError::Reveal("the mask allows no class".into()));
			}
			let label = masked_argmax_value(logits, mask) as u32;
			Output::MaskedLabel { label, mask: Mask::new(mask.iter().copied()).expect(HOLDS) }
		},
		OutputKind::Raw { .. } => {
			return Err(ModelError::Reveal("raw signals are for circuits from elsewhere".into()))
		},
	})
}

/// How a circuit tells its public signals apart: those that it computes, and those that it is given.
fn outputs_and_inputs(counts: &SignalCounts) -> (u32, u32) {
	let outputs =
		counts.output + counts.input_commitment + counts.membership + counts.weights_commitment;
	(outputs, counts.parameters + counts.context + counts.input)
}

/// What a witness is filled with.
struct Filling<'a> {
	input: &'a [i64],
	extras: &'a Extras<'a>,
}

/// Emits the whole circuit. The public signals have their wires already.
fn synthesize(
	graph: &Graph,
	interface: &Interface,
	builder: &mut Builder,
	filling: Option<&Filling<'_>>,
	layers: &mut Vec<Layer>,
) {
	let counts = interface.counts();
	// At most one of the two is there.
	let input_commitment = counts.output;
	let member = counts.output;
	let weights_commitment = counts.output + counts.input_commitment + counts.membership;
	let parameters = weights_commitment + counts.weights_commitment;
	let first_input = parameters + counts.parameters + counts.context;
	let mut meter = Meter::new(builder);
	let mut tensors: Vec<Vec<Signal>> = Vec::with_capacity(1 + graph.nodes.len());

	let signals = input_signals(graph, builder, filling.map(|filling| filling.input));
	match &interface.input {
		InputVisibility::Private => {},
		InputVisibility::Public(tensor) => {
			enforce_words(builder, first_input, &signals, &tensor.packing);
		},
		InputVisibility::Committed { schema } => {
			let section = graph.input_section(&signals);
			let salt = filling.and_then(|filling| filling.extras.input_salt);
			let wire = builder.public(input_commitment);
			let kind = CommitmentKind::Input;
			commitment::constrain(builder, kind, *schema, &[section], salt, wire);
		},
		InputVisibility::Member { schema, depth } => {
			let section = graph.input_section(&signals);
			let salt = filling.and_then(|filling| filling.extras.input_salt);
			let kind = CommitmentKind::Input;
			let profile = commitment::open(builder, kind, *schema, &[section], salt);
			let who = filling.and_then(|filling| filling.extras.member.as_ref());
			membership::constrain(builder, *depth, profile, who, member);
		},
	}
	layers.push(meter.layer(builder, &graph.input.name, "input", &graph.input.shape, 0, &signals));
	tensors.push(signals);

	let last_uses = graph.last_uses();
	for (index, node) in graph.nodes.iter().enumerate() {
		let inputs: Vec<&[Signal]> =
			node.inputs.iter().map(|&tensor| tensors[tensor].as_slice()).collect();
		let signals = node.op.constrain(builder, &inputs);
		let multiply_adds = node.op.multiply_adds();
		let layer =
			meter.layer(builder, &node.name, node.op.name(), &node.shape, multiply_adds, &signals);
		layers.push(layer);
		tensors.push(signals);
		// Sums of many terms are large: keep only what is needed. Weights are, for their commitment.
		for &tensor in node.inputs.iter().filter(|&&tensor| last_uses[tensor] == index) {
			let producer = tensor.checked_sub(1).map(|node| graph.nodes[node].op.as_any());
			if !producer.is_some_and(|op| op.is::<Parameters>()) {
				tensors[tensor] = Vec::new();
			}
		}
	}

	let logits = std::mem::take(&mut tensors[graph.output.tensor]);
	let name = &graph.output.name;
	let (op, shown) = reveal(builder, interface, logits, parameters, filling);
	if let Some(packing) = interface.output.packing() {
		enforce_words(builder, 0, &shown, &packing);
	}
	layers.push(meter.layer(builder, name, op, &[shown.len()], 0, &shown));

	if let WeightsVisibility::Committed(_) = interface.weights {
		let sections = graph.weight_sections(&tensors);
		let salt = filling.and_then(|filling| filling.extras.weights_salt);
		let (kind, wire) = (CommitmentKind::Weights, builder.public(weights_commitment));
		commitment::constrain(builder, kind, graph.weights_schema(), &sections, salt, wire);
		layers.push(meter.layer(builder, "weights", "commitment", &[], 0, &[]));
	}
}

/// Constrains public signals, from the one numbered `first`, to be the words of signals.
fn enforce_words(builder: &mut Builder, first: u32, signals: &[Signal], packing: &Packing) {
	for (index, word) in (first..).zip(signals.chunks(packing.per_word() as usize)) {
		let wire = builder.public(index);
		builder.enforce_packed(wire, word, packing);
	}
}

/// What is shown of the logits: the name for it, and the values that are packed into output words.
fn reveal(
	builder: &mut Builder,
	interface: &Interface,
	logits: Vec<Signal>,
	parameters: u32,
	filling: Option<&Filling<'_>>,
) -> (&'static str, Vec<Signal>) {
	match interface.output {
		OutputKind::Logits(_) => ("logits", logits),
		OutputKind::Argmax { .. } => ("argmax", vec![argmax(builder, &logits)]),
		OutputKind::TopK { k, .. } => ("top-k", topk(builder, &logits, k as usize).1),
		OutputKind::Threshold { score: declared, tau } => {
			// The signal is `tau − offset`, whatever value it has.
			let wire = builder.public(parameters);
			let offset = i64::from(declared.packing.offset);
			let score = score(&logits);
			let value = score.value.wrapping_sub(tau.into());
			let above = score.lc.plus_constant(-offset).plus(-1, &LinearCombination::wire(wire));
			builder.range(above, value, declared.packing.width.into());
			("threshold", Vec::new())
		},
		OutputKind::MaskedArgmax { classes } => {
			let mask = filling.and_then(|filling| filling.extras.mask);
			let bits: Vec<Signal> = (0..classes as usize)
				.map(|class| {
					let bit: i64 = mask.is_some_and(|mask| mask[class]).into();
					let wire = builder.alloc(|| Fr::from(bit));
					builder.enforce_boolean(wire);
					Signal::wire(wire, bit, Bounds { lo: 0, hi: 1 })
				})
				.collect();
			let packing = Packing { width: 1, count: classes, offset: 0 };
			enforce_words(builder, parameters, &bits, &packing);
			("masked argmax", vec![masked_argmax(builder, &logits, &bits)])
		},
		OutputKind::Raw { .. } => unreachable!("interfaces of models are made by `interface`"),
	}
}

/// Allocates the input, one range-checked wire an element. A range that is no power of two is
/// checked from both ends; one that an operator proves is not checked here.
fn input_signals(graph: &Graph, builder: &mut Builder, input: Option<&[i64]>) -> Vec<Signal> {
	let bounds = &graph.bounds[0];
	let value = |index: usize| input.map_or(bounds[index].lo, |input| input[index]);
	let wires: Vec<_> = (bounds.iter().enumerate())
		.map(|(index, bounds)| builder.alloc_private_input(|| Fr::from(value(index) - bounds.lo)))
		.collect();
	let mut proven = vec![false; bounds.len()];
	for node in graph.nodes.iter().filter(|node| node.inputs.first() == Some(&0)) {
		node.op.proves_bounds_of().into_iter().for_each(|element| proven[element] = true);
	}
	(wires.into_iter().zip(bounds).enumerate())
		.map(|(index, (wire, &Bounds { lo, hi }))| {
			let lifted = Bounds { lo: 0, hi: hi - lo };
			let width = lifted.unsigned_bits();
			let signal = Signal::wire(wire, value(index) - lo, lifted);
			if width == 0 {
				builder.enforce(|| [wire.into(), 1.into(), LinearCombination::default()]);
				return Signal::constant(lo);
			}
			if proven[index] {
				return signal.plus_constant(lo);
			}
			builder.range(signal.lc.clone(), signal.value, width);
			if lifted.hi + 1 != 1 << width {
				let room = signal.times(-1).plus_constant(lifted.hi);
				builder.range(room.lc, room.value, width);
			}
			signal.plus_constant(lo)
		})
		.collect()
}

impl Circuit {
	/// Whether a public signal stands in no constraint but the row that the setup adds for it.
	/// The context is such a one, by design, and so is a member's choice.
	pub fn unconstrained_signals(&self) -> Vec<usize> {
		let mut seen = vec![false; 1 + self.r1cs.signals()];
		for matrix in [&self.r1cs.a, &self.r1cs.b, &self.r1cs.c] {
			for row in 0..matrix.rows() {
				for (wire, coefficient) in matrix.row(row) {
					if let Some(seen) = seen.get_mut(wire.0 as usize) {
						*seen |= !coefficient.to_field().is_zero();
					}
				}
			}
		}
		(1..seen.len()).filter(|&wire| !seen[wire]).map(|wire| wire - 1).collect()
	}
}
