//! The ordered public signals of a circuit and what they mean.

use crate::packing::{Packing, Scale};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The largest number of public signals that a model may have.
pub const MAX_SIGNALS: u32 = 128;

/// A tensor of packed integers; `real value = integer · scale`.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Tensor {
	/// Layout of the values in words.
	pub packing: Packing,
	/// What one unit is worth.
	pub scale: Scale,
}

impl Tensor {
	/// Whether layout and scale make sense, and a chain accepts so many values.
	fn check(&self, most: u32) -> Result<(), InterfaceError> {
		let Self { packing, scale } = self;
		if !packing.is_valid() || scale.mantissa == 0 {
			return Err(InterfaceError::Malformed);
		}
		if packing.count > most || packing.max() > i64::from(i32::MAX) {
			return Err(InterfaceError::TooLarge);
		}
		Ok(())
	}
}

/// Who sees the input.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum InputVisibility {
	/// Only the prover: any input of the right ranges may stand behind the output.
	#[codec(index = 0)]
	Private,
	/// Everybody: the words follow the context.
	#[codec(index = 1)]
	Public(Tensor),
	/// The prover, bound by a commitment.
	#[codec(index = 2)]
	Committed,
}

/// Who sees the weights.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum WeightsVisibility {
	/// Everybody: they are constants of the circuit.
	#[codec(index = 0)]
	Public,
	/// The model's owner, bound by a commitment.
	#[codec(index = 1)]
	Committed,
}

/// What a proof reveals of the result.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum OutputKind {
	/// All of the last layer's values.
	#[codec(index = 0)]
	Logits(Tensor),
	/// The index of the largest value, the first where several are largest.
	#[codec(index = 1)]
	Argmax {
		/// Number of classes, at least 2.
		classes: u32,
	},
	/// The indices of the `k` largest values.
	#[codec(index = 2)]
	TopK {
		/// Number of classes.
		classes: u32,
		/// How many of them are revealed.
		k: u32,
	},
	/// Only that a score reached a threshold.
	#[codec(index = 3)]
	Threshold,
}

/// The public signals of a circuit, as its registrant declares them.
///
/// Their order is that of Circom: output words, commitments, threshold, context, input words.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Interface {
	/// Who sees the input.
	pub input: InputVisibility,
	/// Who sees the weights.
	pub weights: WeightsVisibility,
	/// What is revealed of the result.
	pub output: OutputKind,
}

/// Why an interface cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterfaceError {
	/// A width, count, scale or number of classes makes no sense.
	Malformed,
	/// More values or signals than a chain accepts.
	TooLarge,
	/// A visibility or output that this version cannot verify.
	Unsupported,
}

impl OutputKind {
	/// How the output is packed; `None` for kinds that this version cannot verify.
	pub fn packing(&self) -> Option<Packing> {
		match self {
			Self::Logits(tensor) => Some(tensor.packing),
			Self::Argmax { classes } => {
				let width = u32::BITS - classes.saturating_sub(1).leading_zeros();
				Some(Packing { width: width as u8, count: 1, offset: 0 })
			},
			Self::TopK { .. } | Self::Threshold => None,
		}
	}
}

impl Interface {
	/// Checks that the declaration makes sense and returns its number of public signals.
	///
	/// # Errors
	/// [`InterfaceError::Unsupported`] for commitments, top-k and threshold;
	/// [`InterfaceError::Malformed`] and [`InterfaceError::TooLarge`] as their names say.
	pub fn signals(&self) -> Result<u32, InterfaceError> {
		let output = self.output.packing().ok_or(InterfaceError::Unsupported)?;
		let (input, input_words) = match self.input {
			InputVisibility::Private => (None, 0),
			InputVisibility::Public(tensor) => (Some(tensor), tensor.packing.words()),
			InputVisibility::Committed => return Err(InterfaceError::Unsupported),
		};
		if self.weights == WeightsVisibility::Committed {
			return Err(InterfaceError::Unsupported);
		}
		if !output.is_valid() {
			return Err(InterfaceError::Malformed);
		}
		if let OutputKind::Logits(tensor) = self.output {
			tensor.check(crate::MAX_OUTPUTS)?;
		}
		if let Some(tensor) = input {
			tensor.check(crate::MAX_INPUTS)?;
		}
		let signals = output.words().saturating_add(1).saturating_add(input_words);
		if signals > MAX_SIGNALS {
			return Err(InterfaceError::TooLarge);
		}
		Ok(signals)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn tensor(width: u8, count: u32) -> Tensor {
		Tensor { packing: Packing { width, count, offset: 0 }, scale: Scale::power_of_two(0) }
	}

	fn interface(input: InputVisibility, output: OutputKind) -> Interface {
		Interface { input, weights: WeightsVisibility::Public, output }
	}

	#[test]
	fn counts_signals() {
		let logits = OutputKind::Logits(tensor(20, 10));
		assert_eq!(interface(InputVisibility::Private, logits).signals(), Ok(2));
		let input = InputVisibility::Public(tensor(8, 784));
		assert_eq!(interface(input, OutputKind::Argmax { classes: 10 }).signals(), Ok(28));
	}

	#[test]
	fn refuses_the_malformed_and_the_large() {
		let private = InputVisibility::Private;
		for output in [
			OutputKind::Logits(tensor(0, 10)),
			OutputKind::Logits(tensor(33, 10)),
			OutputKind::Logits(tensor(8, 0)),
			OutputKind::Logits(Tensor {
				scale: Scale { mantissa: 0, exponent: 0 },
				..tensor(8, 1)
			}),
			OutputKind::Argmax { classes: 0 },
			OutputKind::Argmax { classes: 1 },
		] {
			let error = Err(InterfaceError::Malformed);
			assert_eq!(interface(private, output).signals(), error, "{output:?}");
		}
		for (input, output) in [
			(private, OutputKind::Logits(tensor(8, crate::MAX_OUTPUTS + 1))),
			(private, OutputKind::Logits(tensor(32, 1))),
			(InputVisibility::Public(tensor(8, 4_000)), OutputKind::Argmax { classes: 2 }),
			(InputVisibility::Public(tensor(8, u32::MAX)), OutputKind::Argmax { classes: 2 }),
		] {
			let error = Err(InterfaceError::TooLarge);
			assert_eq!(interface(input, output).signals(), error, "{input:?} {output:?}");
		}
	}

	#[test]
	fn any_width_of_input_or_output_is_answered() {
		let argmax = OutputKind::Argmax { classes: 2 };
		for width in 0..=u8::MAX {
			let expected = match width {
				1..=31 => Ok(3),
				// Values beyond 32 signed bits.
				32 => Err(InterfaceError::TooLarge),
				_ => Err(InterfaceError::Malformed),
			};
			let input = InputVisibility::Public(tensor(width, 1));
			assert_eq!(interface(input, argmax).signals(), expected, "input of {width} bits");
			let output = OutputKind::Logits(tensor(width, 1));
			let expected = expected.map(|_| 2);
			assert_eq!(interface(InputVisibility::Private, output).signals(), expected);
		}
	}

	#[test]
	fn refuses_what_it_cannot_verify() {
		let argmax = OutputKind::Argmax { classes: 2 };
		let error = Err(InterfaceError::Unsupported);
		assert_eq!(interface(InputVisibility::Committed, argmax).signals(), error);
		assert_eq!(interface(InputVisibility::Private, OutputKind::Threshold).signals(), error);
		let top = OutputKind::TopK { classes: 3, k: 2 };
		assert_eq!(interface(InputVisibility::Private, top).signals(), error);
		let weights = WeightsVisibility::Committed;
		assert_eq!(
			Interface { weights, ..interface(InputVisibility::Private, argmax) }.signals(),
			error
		);
	}
}
