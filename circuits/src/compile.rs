//! From the integer graph to R1CS, interface and witness.

use crate::{
	classes::LayerClass,
	error::ModelError,
	gadgets::argmax::{argmax, argmax_value},
	graph::Graph,
	r1cs::{Builder, InverseHint, LinearCombination, R1cs},
	signal::{Bounds, Signal},
};
use ark_bn254::Fr;
use ark_ff::{PrimeField, Zero};
use serde::{Deserialize, Serialize};
use zkml_primitives::{
	Context, Inference, InputVisibility, Interface, InterfaceError, Output, OutputKind, Packing,
	Scale, Statement, Tensor, Values, WeightsVisibility,
};

/// Who is to see the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputChoice {
	/// Only the prover.
	#[default]
	Private,
	/// Everybody.
	Public,
}

/// What is to be shown of the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputChoice {
	/// Every value of the last layer.
	#[default]
	Logits,
	/// The index of the largest.
	Argmax,
}

/// What a circuit shows and what it hides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
	/// Who sees the input.
	pub input: InputChoice,
	/// What is shown of the result.
	pub output: OutputChoice,
}

/// What one operator costs.
#[derive(Clone, Debug, Serialize)]
pub struct Layer {
	/// Name of the ONNX node.
	pub name: String,
	/// Operator.
	pub op: String,
	/// Shape of the result.
	pub shape: Vec<usize>,
	/// Multiply-adds.
	pub multiply_adds: u64,
	/// Constraints.
	pub constraints: usize,
	/// Wires.
	pub wires: u32,
	/// Entries of A, B and C.
	pub non_zeros: [usize; 3],
	/// Bits of the widest signed bound among its results.
	pub bits: u32,
	/// How its elements are rounded, where it rounds.
	pub rounding: Option<LayerClass>,
}

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

/// The interface of a graph compiled with these options.
///
/// # Errors
/// [`ModelError::Interface`] if a chain would not accept it.
pub fn interface(graph: &Graph, options: &Options) -> Result<Interface, ModelError> {
	let tensor = |bounds: &[Bounds], scale: f32| {
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
	};
	let interface = || {
		let input = match options.input {
			InputChoice::Private => InputVisibility::Private,
			InputChoice::Public => {
				// An interface has one scale; with several, its integers stand for themselves.
				let scale = if graph.input.scales.len() == 1 { graph.input.scales[0] } else { 1.0 };
				InputVisibility::Public(tensor(&graph.bounds[0], scale)?)
			},
		};
		let output = match options.output {
			OutputChoice::Logits => {
				OutputKind::Logits(tensor(&graph.output.bounds, graph.output.scale)?)
			},
			OutputChoice::Argmax => {
				OutputKind::Argmax { classes: graph.output.bounds.len() as u32 }
			},
		};
		let interface = Interface { input, weights: WeightsVisibility::Public, output };
		interface.signals().map(|_| interface)
	};
	if let (OutputChoice::Argmax, [_, _, ..]) = (options.output, graph.output.parts.as_slice()) {
		return Err(ModelError::Malformed(format!(
			"the outputs {} are several, whose largest value means nothing: reveal logits",
			graph.output.name
		)));
	}
	interface().map_err(ModelError::Interface)
}

/// Compiles a graph.
///
/// # Errors
/// [`ModelError::Interface`] if a chain would not accept the circuit's public signals.
pub fn compile(graph: &Graph, options: &Options) -> Result<Circuit, ModelError> {
	let interface = interface(graph, options)?;
	let (outputs, public_inputs) = signal_counts(&interface);
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

/// Evaluates a graph on quantised input and fills the witness of its circuit.
///
/// # Errors
/// [`ModelError::InputRange`] for a value out of the input's range.
pub fn assign(
	graph: &Graph,
	options: &Options,
	input: &[i64],
	context: &Context,
) -> Result<Assignment, ModelError> {
	let interface = interface(graph, options)?;
	let bounds = graph.input.bounds;
	if let Some(index) = input.iter().position(|&value| !bounds.contains(value)) {
		let value = input[index] as f64;
		let (lo, hi) = (bounds.lo as f64, bounds.hi as f64);
		return Err(ModelError::InputRange { value, index, lo, hi });
	}
	let logits = graph.evaluate(input);
	let output = match options.output {
		OutputChoice::Logits => {
			let values: Vec<i32> = logits.iter().map(|&value| value as i32).collect();
			Output::Logits(values.try_into().expect("the interface was checked to hold them"))
		},
		OutputChoice::Argmax => Output::Label(argmax_value(&logits) as u32),
	};
	let shown: Vec<i32> = input.iter().map(|&value| value as i32).collect();
	let input_values = match options.input {
		InputChoice::Private => None,
		InputChoice::Public => Values::new(&shown),
	};
	let inference = Inference { output, input: input_values };
	let statement = Statement::new(&interface, &inference, context)
		.expect("evaluation stays within the bounds that the interface declares");
	let (outputs, public_inputs) = signal_counts(&interface);
	let mut builder = Builder::witness(outputs, public_inputs);
	for (index, signal) in statement.signals().iter().enumerate() {
		let wire = builder.public(index as u32);
		builder.assign(wire, || Fr::from_le_bytes_mod_order(signal));
	}
	synthesize(graph, &interface, &mut builder, Some(input), &mut Vec::new());
	Ok(Assignment { witness: builder.take_witness(), inference, statement })
}

/// Output words, and the context with the input words.
fn signal_counts(interface: &Interface) -> (u32, u32) {
	let outputs = interface.output.packing().map_or(0, |packing| packing.words());
	let inputs = match &interface.input {
		InputVisibility::Public(tensor) => tensor.packing.words(),
		_ => 0,
	};
	(outputs, 1 + inputs)
}

/// Emits the whole circuit. The public signals have their wires already.
fn synthesize(
	graph: &Graph,
	interface: &Interface,
	builder: &mut Builder,
	input: Option<&[i64]>,
	layers: &mut Vec<Layer>,
) {
	let (outputs, _) = signal_counts(interface);
	let mut meter = Meter { wires: builder.wire_count(), ..Default::default() };
	let mut tensors: Vec<Vec<Signal>> = Vec::with_capacity(1 + graph.nodes.len());

	let signals = input_signals(graph, builder, input);
	if let InputVisibility::Public(tensor) = &interface.input {
		for (index, word) in signals.chunks(tensor.packing.per_word() as usize).enumerate() {
			let wire = builder.public(outputs + 1 + index as u32);
			builder.enforce_packed(wire, word, &tensor.packing);
		}
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
		// Sums of many terms are large: keep only what is needed.
		for &tensor in node.inputs.iter().filter(|&&tensor| last_uses[tensor] == index) {
			tensors[tensor] = Vec::new();
		}
	}

	let logits = std::mem::take(&mut tensors[graph.output.tensor]);
	let (op, shown) = match &interface.output {
		OutputKind::Argmax { .. } => ("argmax", vec![argmax(builder, &logits)]),
		_ => ("logits", logits),
	};
	let packing = interface.output.packing().expect("the interface was checked");
	for (index, word) in shown.chunks(packing.per_word() as usize).enumerate() {
		let wire = builder.public(index as u32);
		builder.enforce_packed(wire, word, &packing);
	}
	layers.push(meter.layer(builder, &graph.output.name, op, &[shown.len()], 0, &shown));
}

/// Allocates the input, one range-checked wire an element. A range that is no power of two is
/// checked from both ends.
fn input_signals(graph: &Graph, builder: &mut Builder, input: Option<&[i64]>) -> Vec<Signal> {
	let Bounds { lo, hi } = graph.input.bounds;
	let lifted = Bounds { lo: 0, hi: hi - lo };
	let width = lifted.unsigned_bits();
	let value = |index: usize| input.map_or(lo, |input| input[index]);
	let count = graph.bounds[0].len();
	let wires: Vec<_> = (0..count)
		.map(|index| builder.alloc_private_input(|| Fr::from(value(index) - lo)))
		.collect();
	(wires.into_iter().enumerate())
		.map(|(index, wire)| {
			let signal = Signal::wire(wire, value(index) - lo, lifted);
			if width == 0 {
				builder.enforce(|| [wire.into(), 1.into(), LinearCombination::default()]);
				return Signal::constant(lo);
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

/// Reads a builder's counters between layers.
#[derive(Default)]
struct Meter {
	constraints: usize,
	wires: u32,
	non_zeros: [usize; 3],
}

impl Meter {
	fn layer(
		&mut self,
		builder: &Builder,
		name: &str,
		op: &str,
		shape: &[usize],
		multiply_adds: u64,
		signals: &[Signal],
	) -> Layer {
		let constraints = builder.constraint_count() - self.constraints;
		let wires = builder.wire_count() - self.wires;
		let total = builder.non_zeros();
		let non_zeros = [0, 1, 2].map(|matrix| total[matrix] - self.non_zeros[matrix]);
		(self.constraints, self.wires) = (builder.constraint_count(), builder.wire_count());
		self.non_zeros = total;
		let bits = signals.iter().map(|signal| signal.bounds().signed_bits()).max().unwrap_or(0);
		let (name, op, shape) = (name.into(), op.into(), shape.to_vec());
		let rounding = None;
		Layer { name, op, shape, multiply_adds, constraints, wires, non_zeros, bits, rounding }
	}
}

impl Circuit {
	/// Whether a public signal stands in no constraint but the row that the setup adds for it.
	/// The context is such a one, by design.
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
