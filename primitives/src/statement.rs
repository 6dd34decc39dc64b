//! The public signals of a proof, in order.

use crate::{
	commitment::Commitment,
	context::Context,
	inference::{ClaimedInput, Inference, Output},
	interface::{InputVisibility, Interface, OutputKind, WeightsVisibility},
	packing::{Packing, PackingError},
};
use alloc::vec::Vec;
use core::fmt;

/// A public signal: a scalar of BN254, 32 bytes, little-endian, canonical.
pub type Signal = [u8; 32];

/// What a proof claims, as the verifier of a proof sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement(Vec<Signal>);

/// Why an inference does not fit an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementError {
	/// The output is of another kind than the interface declares.
	OutputKind,
	/// The output has the wrong count, or a value out of range.
	Output(PackingError),
	/// The label is not below the number of classes.
	Label {
		/// Number of classes.
		classes: u32,
		/// Label given.
		got: u32,
	},
	/// The mask is for another number of classes, or does not allow the label.
	Mask,
	/// The interface shows more of the input than the inference.
	InputMissing,
	/// The inference shows the input in another way than the interface.
	InputUnexpected,
	/// The input has the wrong count, or a value out of range.
	Input(PackingError),
	/// The threshold does not fit the score.
	Threshold,
	/// There are not so many raw signals.
	RawCount {
		/// Declared number, less the context.
		expected: u32,
		/// Number given.
		got: u32,
	},
	/// A raw signal, or one of a membership, is not below the order of the scalar field.
	NonCanonical {
		/// Its position among those given.
		index: u32,
	},
}

impl fmt::Display for StatementError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::OutputKind => f.write_str("the output is of another kind than the model's"),
			Self::Output(error) => write!(f, "output: {error}"),
			Self::Label { classes, got } => write!(f, "label {got} of {classes} classes"),
			Self::Mask => {
				f.write_str("the mask is not of this many classes, or does not allow the label")
			},
			Self::InputMissing => f.write_str("the model's input is shown, and none is given"),
			Self::InputUnexpected => {
				f.write_str("the input is shown in another way than the model's")
			},
			Self::Input(error) => write!(f, "input: {error}"),
			Self::Threshold => f.write_str("the threshold does not fit the score"),
			Self::RawCount { expected, got } => {
				write!(f, "expected {expected} signals besides the context, got {got}")
			},
			Self::NonCanonical { index } => {
				write!(f, "signal {index} is not below the order of the scalar field")
			},
		}
	}
}

impl Statement {
	/// Builds the public signals of `inference` under `interface` and `context`.
	///
	/// Values are checked against the declared ranges, so each signal has one meaning.
	pub fn new(
		interface: &Interface,
		inference: &Inference,
		context: &Context,
	) -> Result<Self, StatementError> {
		if let (OutputKind::Raw { context: place, .. }, Output::Raw(given)) =
			(interface.output, &inference.output)
		{
			let place = place.map(|place| place as usize);
			return raw(interface, inference, given, place.map(|place| (place, context)));
		}
		let mut signals = output(interface, &inference.output)?;
		match (&interface.input, &inference.input) {
			(InputVisibility::Committed { .. }, ClaimedInput::Committed(commitment)) => {
				signals.push(commitment.0);
			},
			(InputVisibility::Member { .. }, ClaimedInput::Member(membership)) => {
				let four = membership.signals();
				canonical(&four)?;
				signals.extend(four);
			},
			(InputVisibility::Private, ClaimedInput::Hidden)
			| (InputVisibility::Public(_), ClaimedInput::Shown(_)) => {},
			(_, ClaimedInput::Hidden) => return Err(StatementError::InputMissing),
			_ => return Err(StatementError::InputUnexpected),
		}
		if let WeightsVisibility::Committed(commitment) = &interface.weights {
			signals.push(commitment.0);
		}
		signals.extend(parameters(interface, &inference.output)?);
		signals.push(context.0);
		if let (InputVisibility::Public(tensor), ClaimedInput::Shown(values)) =
			(&interface.input, &inference.input)
		{
			let words = tensor.packing.pack(values.to_vec().into_iter());
			signals.extend(words.map_err(StatementError::Input)?);
		}
		Ok(Self(signals))
	}

	/// The signals, in the order of the verifying key.
	pub fn signals(&self) -> &[Signal] {
		&self.0
	}
}

/// Checks that each is below the order of the scalar field.
fn canonical(given: &[Signal]) -> Result<(), StatementError> {
	let beyond = (0..).zip(given).find(|(_, signal)| !Commitment(**signal).is_canonical());
	beyond.map_or(Ok(()), |(index, _)| Err(StatementError::NonCanonical { index }))
}

/// Raw signals, with the context at its place.
fn raw(
	interface: &Interface,
	inference: &Inference,
	given: &[Signal],
	context: Option<(usize, &Context)>,
) -> Result<Statement, StatementError> {
	if inference.input != ClaimedInput::Hidden {
		return Err(StatementError::InputUnexpected);
	}
	let (expected, got) = (interface.counts().output, given.len() as u32);
	if expected != got {
		return Err(StatementError::RawCount { expected, got });
	}
	canonical(given)?;
	let mut signals = given.to_vec();
	if let Some((place, context)) = context {
		signals.insert(place.min(signals.len()), context.0);
	}
	Ok(Statement(signals))
}

/// A label that one of so many classes has.
fn label(got: u32, classes: u32) -> Result<i32, StatementError> {
	let label = i32::try_from(got).ok().filter(|_| got < classes);
	label.ok_or(StatementError::Label { classes, got })
}

/// The words of an output.
fn output(interface: &Interface, output: &Output) -> Result<Vec<Signal>, StatementError> {
	let pack = |values: &[i32]| match interface.output.packing() {
		Some(packing) => packing.pack(values.iter().copied()).map_err(StatementError::Output),
		None => Ok(Vec::new()),
	};
	match (interface.output, output) {
		(OutputKind::Logits(_), Output::Logits(values)) => pack(values),
		(OutputKind::Argmax { classes }, &Output::Label(got)) => pack(&[label(got, classes)?]),
		(OutputKind::TopK { classes, .. }, Output::Labels(got)) => {
			let labels = got.iter().map(|&got| label(got, classes));
			pack(&labels.collect::<Result<Vec<_>, _>>()?)
		},
		(OutputKind::Threshold { .. }, Output::Passed) => Ok(Vec::new()),
		(OutputKind::MaskedArgmax { classes }, &Output::MaskedLabel { label: got, .. }) => {
			pack(&[label(got, classes)?])
		},
		_ => Err(StatementError::OutputKind),
	}
}

/// The threshold, or the words of the mask.
fn parameters(interface: &Interface, output: &Output) -> Result<Vec<Signal>, StatementError> {
	match (interface.output, output) {
		(OutputKind::Threshold { score, tau }, _) => {
			score.packing.pack([tau].into_iter()).map_err(|_| StatementError::Threshold)
		},
		(OutputKind::MaskedArgmax { classes }, Output::MaskedLabel { label, mask }) => {
			if !mask.is_of(classes) || !mask.allows(*label) {
				return Err(StatementError::Mask);
			}
			let bits: Vec<i32> = (0..classes).map(|class| mask.allows(class).into()).collect();
			let packing = Packing { width: 1, count: classes, offset: 0 };
			packing.pack(bits.into_iter()).map_err(|_| StatementError::Mask)
		},
		_ => Ok(Vec::new()),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{Commitment, Mask, Membership, Scale, SchemaId, Tensor, Values};
	use bounded_collections::BoundedVec;

	fn tensor(width: u8, count: u32, offset: i32) -> Tensor {
		Tensor { packing: Packing { width, count, offset }, scale: Scale::power_of_two(-3) }
	}

	fn shown(values: &[i32]) -> ClaimedInput {
		ClaimedInput::Shown(Values::new(values).unwrap())
	}

	fn interface() -> Interface {
		Interface {
			input: InputVisibility::Public(tensor(8, 2, 0)),
			weights: WeightsVisibility::Public,
			output: OutputKind::Logits(tensor(4, 2, -8)),
		}
	}

	fn inference() -> Inference {
		Inference {
			output: Output::Logits(BoundedVec::truncate_from(vec![-8, 7])),
			input: shown(&[1, 255]),
		}
	}

	const CONTEXT: Context = Context([7; 32]);

	#[test]
	fn signals_stand_in_order() {
		let statement = Statement::new(&interface(), &inference(), &CONTEXT).unwrap();
		let mut output = [0; 32];
		output[0] = 0xf0;
		let mut input = [0; 32];
		input[..2].copy_from_slice(&[1, 255]);
		assert_eq!(statement.signals(), [output, CONTEXT.0, input]);
	}

	#[test]
	fn refuses_an_inference_of_another_shape() {
		let refuse = |interface: Interface, inference: Inference| {
			Statement::new(&interface, &inference, &CONTEXT).unwrap_err()
		};
		let private = Interface { input: InputVisibility::Private, ..interface() };
		assert_eq!(refuse(private, inference()), StatementError::InputUnexpected);
		assert_eq!(
			refuse(interface(), Inference { input: ClaimedInput::Hidden, ..inference() }),
			StatementError::InputMissing
		);
		let output = Output::Label(0);
		assert_eq!(
			refuse(interface(), Inference { output, ..inference() }),
			StatementError::OutputKind
		);
		let argmax = Interface { output: OutputKind::Argmax { classes: 3 }, ..interface() };
		for label in [3, u32::MAX] {
			let output = Output::Label(label);
			assert_eq!(
				refuse(argmax, Inference { output, ..inference() }),
				StatementError::Label { classes: 3, got: label }
			);
		}
		let output = Output::Logits(BoundedVec::truncate_from(vec![8, 0]));
		assert_eq!(
			refuse(interface(), Inference { output, ..inference() }),
			StatementError::Output(PackingError::OutOfRange { index: 0 })
		);
		assert_eq!(
			refuse(interface(), Inference { input: shown(&[256, 0]), ..inference() }),
			StatementError::Input(PackingError::OutOfRange { index: 0 })
		);
		assert_eq!(
			refuse(interface(), Inference { input: shown(&[1]), ..inference() }),
			StatementError::Input(PackingError::Count { expected: 2, got: 1 })
		);
	}

	#[test]
	fn commitments_and_parameters_stand_before_the_context() {
		let [input, weights] = [Commitment([3; 32]), Commitment([4; 32])];
		let score = tensor(4, 1, -8);
		let interface = Interface {
			input: InputVisibility::Committed { schema: SchemaId([5; 32]) },
			weights: WeightsVisibility::Committed(weights),
			output: OutputKind::Threshold { score, tau: -3 },
		};
		let inference = Inference { output: Output::Passed, input: ClaimedInput::Committed(input) };
		let statement = Statement::new(&interface, &inference, &CONTEXT).unwrap();
		let mut tau = [0; 32];
		tau[0] = 5;
		assert_eq!(statement.signals(), [input.0, weights.0, tau, CONTEXT.0]);
		for claimed in [ClaimedInput::Hidden, shown(&[1])] {
			let inference = Inference { input: claimed.clone(), ..inference.clone() };
			let error = Statement::new(&interface, &inference, &CONTEXT).unwrap_err();
			let expected = match claimed {
				ClaimedInput::Hidden => StatementError::InputMissing,
				_ => StatementError::InputUnexpected,
			};
			assert_eq!(error, expected);
		}
		let open = Interface { input: InputVisibility::Private, ..interface };
		let error = Statement::new(&open, &inference, &CONTEXT).unwrap_err();
		assert_eq!(error, StatementError::InputUnexpected);
		let output = OutputKind::Threshold { score, tau: 8 };
		let error = Statement::new(&Interface { output, ..interface }, &inference, &CONTEXT);
		assert_eq!(error.unwrap_err(), StatementError::Threshold);
	}

	#[test]
	fn a_member_is_four_signals_before_the_weights_commitment() {
		let [root, topic, nullifier, weights] = [1, 2, 3, 4].map(|byte| Commitment([byte; 32]));
		let membership = Membership { root, topic, nullifier, choice: 0x102 };
		let interface = Interface {
			input: InputVisibility::Member { schema: SchemaId([5; 32]), depth: 20 },
			weights: WeightsVisibility::Committed(weights),
			output: OutputKind::Argmax { classes: 3 },
		};
		let claim = |input| Inference { output: Output::Label(2), input };
		let inference = claim(ClaimedInput::Member(membership));
		assert_eq!(inference.input.membership(), Some(&membership));
		assert_eq!((inference.input.commitment(), inference.input.values()), (None, None));
		let statement = Statement::new(&interface, &inference, &CONTEXT).unwrap();
		let (mut label, mut choice) = ([0; 32], [0; 32]);
		(label[0], choice[0], choice[1]) = (2, 2, 1);
		assert_eq!(
			statement.signals(),
			[label, root.0, topic.0, nullifier.0, choice, weights.0, CONTEXT.0]
		);
		assert_eq!(interface.signals(), Ok(7));

		// Any change is another statement.
		let other = Commitment([9; 32]);
		for changed in [
			Membership { root: other, ..membership },
			Membership { topic: other, ..membership },
			Membership { nullifier: other, ..membership },
			Membership { choice: 0x103, ..membership },
		] {
			let inference = claim(ClaimedInput::Member(changed));
			assert_ne!(Statement::new(&interface, &inference, &CONTEXT).unwrap(), statement);
		}
		let beyond = Commitment([0xff; 32]);
		for (index, changed) in (0..).zip([
			Membership { root: beyond, ..membership },
			Membership { topic: beyond, ..membership },
			Membership { nullifier: beyond, ..membership },
		]) {
			let inference = claim(ClaimedInput::Member(changed));
			let found = Statement::new(&interface, &inference, &CONTEXT);
			assert_eq!(found, Err(StatementError::NonCanonical { index }));
		}

		// Each kind of interface takes its own kind of claim.
		let refused = |input| Statement::new(&interface, &claim(input), &CONTEXT).unwrap_err();
		assert_eq!(refused(ClaimedInput::Hidden), StatementError::InputMissing);
		assert_eq!(refused(shown(&[1])), StatementError::InputUnexpected);
		assert_eq!(refused(ClaimedInput::Committed(root)), StatementError::InputUnexpected);
		for input in [
			InputVisibility::Private,
			InputVisibility::Public(tensor(8, 2, 0)),
			InputVisibility::Committed { schema: SchemaId([5; 32]) },
		] {
			let interface = Interface { input, ..interface };
			let found = Statement::new(&interface, &inference, &CONTEXT);
			assert_eq!(found, Err(StatementError::InputUnexpected), "{input:?}");
		}
	}

	#[test]
	fn raw_signals_stand_around_the_context() {
		let [one, two] = [[1; 32], [2; 32]];
		let statement = |context, signals: &[Signal]| {
			let output = OutputKind::Raw { signals: signals.len() as u32 + 1, context };
			let interface = Interface { input: InputVisibility::Private, output, ..interface() };
			let output = Output::Raw(BoundedVec::truncate_from(signals.to_vec()));
			Statement::new(&interface, &Inference { output, input: ClaimedInput::Hidden }, &CONTEXT)
		};
		let signals = |place| statement(Some(place), &[one, two]).unwrap().signals().to_vec();
		assert_eq!(signals(0), [CONTEXT.0, one, two]);
		assert_eq!(signals(1), [one, CONTEXT.0, two]);
		assert_eq!(signals(2), [one, two, CONTEXT.0]);
		let count = StatementError::RawCount { expected: 3, got: 2 };
		assert_eq!(statement(None, &[one, two]), Err(count));
		let found = statement(Some(0), &[one, [0xff; 32]]);
		assert_eq!(found, Err(StatementError::NonCanonical { index: 1 }));
		let output = OutputKind::Raw { signals: 2, context: Some(1) };
		let raw = Interface { input: InputVisibility::Private, output, ..interface() };
		let inference = Inference {
			output: Output::Raw(BoundedVec::truncate_from(vec![one])),
			input: shown(&[1]),
		};
		let found = Statement::new(&raw, &inference, &CONTEXT);
		assert_eq!(found, Err(StatementError::InputUnexpected));
		let label = Inference { output: Output::Label(1), input: ClaimedInput::Hidden };
		let found = Statement::new(&raw, &label, &CONTEXT);
		assert_eq!(found, Err(StatementError::OutputKind));
		let hidden = ClaimedInput::Hidden;
		let inference = Inference { input: hidden, ..inference };
		let typed = Interface { input: InputVisibility::Private, ..interface() };
		let found = Statement::new(&typed, &inference, &CONTEXT);
		assert_eq!(found, Err(StatementError::OutputKind));
	}

	#[test]
	fn several_labels_are_one_word() {
		let output = OutputKind::TopK { classes: 5, k: 3 };
		let interface = Interface { input: InputVisibility::Private, output, ..interface() };
		let statement = |labels: &[u32]| {
			let output = Output::Labels(BoundedVec::truncate_from(labels.to_vec()));
			let inference = Inference { output, input: ClaimedInput::Hidden };
			Statement::new(&interface, &inference, &CONTEXT)
		};
		let mut word = [0; 32];
		word[0] = 4 | 1 << 6;
		assert_eq!(statement(&[4, 0, 1]).unwrap().signals(), [word, CONTEXT.0]);
		assert_eq!(statement(&[4, 5, 1]), Err(StatementError::Label { classes: 5, got: 5 }));
		let count = PackingError::Count { expected: 3, got: 2 };
		assert_eq!(statement(&[4, 0]), Err(StatementError::Output(count)));
	}

	#[test]
	fn a_mask_is_public_and_allows_the_label() {
		let output = OutputKind::MaskedArgmax { classes: 9 };
		let interface = Interface { input: InputVisibility::Private, output, ..interface() };
		let statement = |label: u32, allowed: &[bool]| {
			let mask = Mask::new(allowed.iter().copied()).unwrap();
			let output = Output::MaskedLabel { label, mask };
			let inference = Inference { output, input: ClaimedInput::Hidden };
			Statement::new(&interface, &inference, &CONTEXT)
		};
		let mut allowed = [true; 9];
		allowed[3] = false;
		let (mut label, mut mask) = ([0; 32], [0; 32]);
		label[0] = 8;
		(mask[0], mask[1]) = (0b1111_0111, 1);
		assert_eq!(statement(8, &allowed).unwrap().signals(), [label, mask, CONTEXT.0]);
		assert_eq!(statement(3, &allowed), Err(StatementError::Mask));
		assert_eq!(statement(9, &allowed), Err(StatementError::Label { classes: 9, got: 9 }));
		assert_eq!(statement(1, &[true; 8]), Err(StatementError::Mask));
		assert_eq!(statement(1, &[true; 17]), Err(StatementError::Mask));
		assert_eq!(statement(1, &[false; 9]), Err(StatementError::Mask));
	}
}
