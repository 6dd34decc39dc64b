//! The public signals of a proof, in order.

use crate::{
	context::Context,
	inference::{Inference, Output},
	interface::{InputVisibility, Interface, OutputKind},
	packing::PackingError,
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
	/// The interface makes the input public, and the inference has none.
	InputMissing,
	/// The interface keeps the input private, and the inference shows one.
	InputUnexpected,
	/// The input has the wrong count, or a value out of range.
	Input(PackingError),
	/// The interface is one that this version cannot verify.
	Unsupported,
}

impl fmt::Display for StatementError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::OutputKind => f.write_str("the output is of another kind than the model's"),
			Self::Output(error) => write!(f, "output: {error}"),
			Self::Label { classes, got } => write!(f, "label {got} of {classes} classes"),
			Self::InputMissing => f.write_str("the model's input is public, and none is given"),
			Self::InputUnexpected => f.write_str("the model's input is private, and one is given"),
			Self::Input(error) => write!(f, "input: {error}"),
			Self::Unsupported => f.write_str("the interface cannot be verified by this version"),
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
		let packing = interface.output.packing().ok_or(StatementError::Unsupported)?;
		let mut signals = match (&interface.output, &inference.output) {
			(OutputKind::Logits(_), Output::Logits(values)) => packing.pack(values.iter().copied()),
			(&OutputKind::Argmax { classes }, &Output::Label(label)) => {
				let value = i32::try_from(label).ok().filter(|_| label < classes);
				let value = value.ok_or(StatementError::Label { classes, got: label })?;
				packing.pack([value].into_iter())
			},
			_ => return Err(StatementError::OutputKind),
		}
		.map_err(StatementError::Output)?;
		signals.push(context.0);
		match (&interface.input, &inference.input) {
			(InputVisibility::Private, None) => {},
			(InputVisibility::Private, Some(_)) => return Err(StatementError::InputUnexpected),
			(InputVisibility::Public(_), None) => return Err(StatementError::InputMissing),
			(InputVisibility::Public(tensor), Some(values)) => {
				let words = tensor.packing.pack(values.to_vec().into_iter());
				signals.extend(words.map_err(StatementError::Input)?);
			},
			(InputVisibility::Committed, _) => return Err(StatementError::Unsupported),
		}
		Ok(Self(signals))
	}

	/// The signals, in the order of the verifying key.
	pub fn signals(&self) -> &[Signal] {
		&self.0
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{Packing, Scale, Tensor, Values, WeightsVisibility};
	use bounded_collections::BoundedVec;

	fn tensor(width: u8, count: u32, offset: i32) -> Tensor {
		Tensor { packing: Packing { width, count, offset }, scale: Scale::power_of_two(-3) }
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
			input: Values::new(&[1, 255]),
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
			refuse(interface(), Inference { input: None, ..inference() }),
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
			refuse(interface(), Inference { input: Values::new(&[256, 0]), ..inference() }),
			StatementError::Input(PackingError::OutOfRange { index: 0 })
		);
		assert_eq!(
			refuse(interface(), Inference { input: Values::new(&[1]), ..inference() }),
			StatementError::Input(PackingError::Count { expected: 2, got: 1 })
		);
	}
}
