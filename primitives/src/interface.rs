//! The ordered public signals of a circuit and what they mean.

use crate::{
	commitment::{Commitment, SchemaId},
	membership::{MAX_DEPTH, MEMBERSHIP_SIGNALS},
	packing::{Packing, Scale},
};
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
	/// The prover, bound by a commitment to values of this schema.
	#[codec(index = 2)]
	Committed {
		/// What the values are. It is part of what is hashed, so the circuit fixes it; that this is
		/// the one that the circuit fixes is the registrant's word, as all of the interface.
		schema: SchemaId,
	},
	/// The prover, who is a member of a tree and stays unknown: the leaf holds the commitment to
	/// values of this schema.
	#[codec(index = 3)]
	Member {
		/// What the values are, as for a committed input.
		schema: SchemaId,
		/// Levels of the tree below its root, 1 to [`MAX_DEPTH`]: it has 2 to this power leaves.
		depth: u8,
	},
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
	/// The model's owner, bound by this commitment.
	#[codec(index = 1)]
	Committed(Commitment),
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
	/// The indices of the `k` largest values, the largest first, equals in the order of their
	/// indices.
	#[codec(index = 2)]
	TopK {
		/// Number of classes, at least 2.
		classes: u32,
		/// How many of them are revealed, at least 1.
		k: u32,
	},
	/// Only that a score reached a threshold: there is no proof of one that did not.
	#[codec(index = 3)]
	Threshold {
		/// Range and scale of the score, one value; where it falls within the range is not shown.
		score: Tensor,
		/// The least score, in its units.
		tau: i32,
	},
	/// The index of the largest value among those that a public mask allows, the first where several
	/// are largest.
	#[codec(index = 4)]
	MaskedArgmax {
		/// Number of classes, at least 2.
		classes: u32,
	},
	/// Field elements whose meaning the chain does not know: those of a circuit from elsewhere.
	#[codec(index = 5)]
	Raw {
		/// Number of public signals, the context included, at least 1.
		signals: u32,
		/// Which of them is the context, from 0; without one, whoever sees a proof can submit it as
		/// their own.
		context: Option<u32>,
	},
}

/// The public signals of a circuit, as its registrant declares them.
///
/// Their order is that of Circom: output words, commitment to the input or what stands for a member,
/// commitment to the weights, threshold or mask, context, input words. See [`SignalCounts`].
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

/// How many public signals there are of each kind, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignalCounts {
	/// Words of the output.
	pub output: u32,
	/// 1 if the input is committed.
	pub input_commitment: u32,
	/// [`MEMBERSHIP_SIGNALS`] if the input is a member's: root, topic, nullifier, choice.
	pub membership: u32,
	/// 1 if the weights are committed.
	pub weights_commitment: u32,
	/// 1 for a threshold, or the words of a mask.
	pub parameters: u32,
	/// 1, or 0 in a circuit from elsewhere that has none.
	pub context: u32,
	/// Words of a public input.
	pub input: u32,
}

impl SignalCounts {
	/// All of them.
	pub fn total(&self) -> u32 {
		[
			self.input_commitment,
			self.membership,
			self.weights_commitment,
			self.parameters,
			self.context,
			self.input,
		]
		.into_iter()
		.fold(self.output, u32::saturating_add)
	}
}

/// Why an interface cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterfaceError {
	/// A width, count, scale, threshold, commitment, depth or number of classes makes no sense.
	Malformed,
	/// More values or signals than a chain accepts.
	TooLarge,
}

/// One index of so many classes, or several.
fn indices(classes: u32, count: u32) -> Packing {
	let width = u32::BITS - classes.saturating_sub(1).leading_zeros();
	Packing { width: width as u8, count, offset: 0 }
}

impl OutputKind {
	/// How the output's words are packed; `None` where it has none.
	pub fn packing(&self) -> Option<Packing> {
		match *self {
			Self::Logits(tensor) => Some(tensor.packing),
			Self::Argmax { classes } | Self::MaskedArgmax { classes } => Some(indices(classes, 1)),
			Self::TopK { classes, k } => Some(indices(classes, k)),
			Self::Threshold { .. } | Self::Raw { .. } => None,
		}
	}

	/// How the signals are packed that the output depends on and that a consumer chooses: a
	/// threshold, or a mask of one bit for each class.
	pub fn parameters(&self) -> Option<Packing> {
		match *self {
			Self::Threshold { score, .. } => Some(score.packing),
			Self::MaskedArgmax { classes } => Some(Packing { width: 1, count: classes, offset: 0 }),
			_ => None,
		}
	}

	/// Whether it makes sense, and a chain accepts so many values.
	fn check(&self) -> Result<(), InterfaceError> {
		match *self {
			Self::Logits(tensor) => return tensor.check(crate::MAX_OUTPUTS),
			Self::Threshold { score, tau } => {
				score.check(1)?;
				let Packing { offset, .. } = score.packing;
				if tau < offset || i64::from(tau) > score.packing.max() {
					return Err(InterfaceError::Malformed);
				}
			},
			Self::Argmax { classes } if classes < 2 => return Err(InterfaceError::Malformed),
			Self::TopK { classes, k } if classes < 2 || k == 0 || k > classes => {
				return Err(InterfaceError::Malformed)
			},
			Self::MaskedArgmax { classes } if classes < 2 => return Err(InterfaceError::Malformed),
			Self::Raw { signals, .. } if signals > MAX_SIGNALS => {
				return Err(InterfaceError::TooLarge)
			},
			Self::Raw { signals: 0, .. } => return Err(InterfaceError::Malformed),
			Self::Raw { signals, context: Some(context) } if context >= signals => {
				return Err(InterfaceError::Malformed)
			},
			// A submission lists every index, or a bit for each class.
			Self::TopK { k: count, .. } | Self::MaskedArgmax { classes: count }
				if count > crate::MAX_OUTPUTS =>
			{
				return Err(InterfaceError::TooLarge)
			},
			_ => {},
		}
		Ok(())
	}
}

impl Interface {
	/// Checks that the declaration makes sense and returns its number of public signals.
	///
	/// # Errors
	/// [`InterfaceError::Malformed`] and [`InterfaceError::TooLarge`] as their names say.
	pub fn signals(&self) -> Result<u32, InterfaceError> {
		self.output.check()?;
		match &self.input {
			InputVisibility::Public(tensor) => tensor.check(crate::MAX_INPUTS)?,
			InputVisibility::Member { depth, .. } if !(1..=MAX_DEPTH).contains(depth) => {
				return Err(InterfaceError::Malformed)
			},
			InputVisibility::Member { .. }
			| InputVisibility::Committed { .. }
			| InputVisibility::Private => {},
		}
		if let WeightsVisibility::Committed(commitment) = &self.weights {
			if !commitment.is_canonical() {
				return Err(InterfaceError::Malformed);
			}
		}
		let opaque =
			self.input == InputVisibility::Private && self.weights == WeightsVisibility::Public;
		if matches!(self.output, OutputKind::Raw { .. }) && !opaque {
			return Err(InterfaceError::Malformed);
		}
		let signals = self.counts().total();
		if signals > MAX_SIGNALS {
			return Err(InterfaceError::TooLarge);
		}
		Ok(signals)
	}

	/// Whether proofs are tied to a context: all but those of circuits from elsewhere that have none.
	pub fn is_bound(&self) -> bool {
		!matches!(self.output, OutputKind::Raw { context: None, .. })
	}

	/// How many public signals there are of each kind. Meaningful where [`Interface::signals`] is
	/// not an error.
	pub fn counts(&self) -> SignalCounts {
		let words = |packing: Option<Packing>| packing.map_or(0, |packing| packing.words());
		if let OutputKind::Raw { signals, context } = self.output {
			let context = u32::from(context.is_some());
			let output = signals.saturating_sub(context);
			return SignalCounts { output, context, ..SignalCounts::default() };
		}
		SignalCounts {
			output: words(self.output.packing()),
			input_commitment: matches!(self.input, InputVisibility::Committed { .. }).into(),
			membership: match self.input {
				InputVisibility::Member { .. } => MEMBERSHIP_SIGNALS,
				_ => 0,
			},
			weights_commitment: matches!(self.weights, WeightsVisibility::Committed(_)).into(),
			parameters: words(self.output.parameters()),
			context: 1,
			input: match self.input {
				InputVisibility::Public(tensor) => tensor.packing.words(),
				_ => 0,
			},
		}
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
	fn raw_signals_are_counted_and_bounded() {
		let raw = |signals, context| OutputKind::Raw { signals, context };
		let counted = |output| interface(InputVisibility::Private, output).signals();
		assert_eq!(counted(raw(5, None)), Ok(5));
		assert_eq!(counted(raw(5, Some(4))), Ok(5));
		assert_eq!(counted(raw(0, None)), Err(InterfaceError::Malformed));
		assert_eq!(counted(raw(128, None)), Ok(128));
		assert_eq!(counted(raw(129, None)), Err(InterfaceError::TooLarge));
		assert_eq!(counted(raw(u32::MAX, Some(0))), Err(InterfaceError::TooLarge));
		assert_eq!(counted(raw(5, Some(5))), Err(InterfaceError::Malformed));
		assert_eq!(counted(raw(0, Some(0))), Err(InterfaceError::Malformed));
		// What the signals stand for cannot be declared besides.
		let shown = InputVisibility::Public(tensor(8, 2));
		assert_eq!(interface(shown, raw(5, None)).signals(), Err(InterfaceError::Malformed));
		let committed = InputVisibility::Committed { schema: SchemaId([1; 32]) };
		assert_eq!(interface(committed, raw(5, None)).signals(), Err(InterfaceError::Malformed));
		let weights = WeightsVisibility::Committed(Commitment([1; 32]));
		let hidden = Interface { weights, ..interface(InputVisibility::Private, raw(5, None)) };
		assert_eq!(hidden.signals(), Err(InterfaceError::Malformed));
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

	fn score(width: u8, offset: i32) -> Tensor {
		let packing = Packing { width, count: 1, offset };
		Tensor { packing, scale: Scale::power_of_two(-4) }
	}

	#[test]
	fn each_kind_of_signal_counts() {
		let schema = SchemaId([7; 32]);
		let committed = InputVisibility::Committed { schema };
		let weights = WeightsVisibility::Committed(Commitment([1; 32]));
		let counts = |input, weights, output| {
			let interface = Interface { input, weights, output };
			let counts = interface.counts();
			assert_eq!(interface.signals(), Ok(counts.total()), "{interface:?}");
			let SignalCounts { output, input_commitment, weights_commitment, .. } = counts;
			let SignalCounts { membership, parameters, context, input, .. } = counts;
			let input_commitment = input_commitment + membership;
			[output, input_commitment, weights_commitment, parameters, context, input]
		};
		let threshold = OutputKind::Threshold { score: score(12, -9), tau: -9 };
		assert_eq!(counts(committed, weights, threshold), [0, 1, 1, 1, 1, 0]);
		let member = InputVisibility::Member { schema, depth: 20 };
		assert_eq!(counts(member, weights, threshold), [0, 4, 1, 1, 1, 0]);
		// 50 indices of 10 bits take two words, a mask of 600 bits takes three.
		let top = OutputKind::TopK { classes: 600, k: 50 };
		assert_eq!(counts(committed, WeightsVisibility::Public, top), [2, 1, 0, 0, 1, 0]);
		let masked = OutputKind::MaskedArgmax { classes: 600 };
		let public = InputVisibility::Public(tensor(8, 32));
		assert_eq!(counts(public, weights, masked), [1, 0, 1, 3, 1, 2]);
	}

	#[test]
	fn refuses_outputs_that_make_no_sense() {
		let refused =
			|output| interface(InputVisibility::Private, output).signals().expect_err("refused");
		let wide = Tensor { packing: Packing { count: 2, ..score(12, 0).packing }, ..score(12, 0) };
		for output in [
			OutputKind::TopK { classes: 1, k: 1 },
			OutputKind::TopK { classes: 3, k: 0 },
			OutputKind::TopK { classes: 3, k: 4 },
			OutputKind::MaskedArgmax { classes: 1 },
			OutputKind::Threshold { score: score(12, -9), tau: -10 },
			OutputKind::Threshold { score: score(12, -9), tau: 4_087 },
			OutputKind::Threshold { score: score(0, -9), tau: -9 },
		] {
			assert_eq!(refused(output), InterfaceError::Malformed, "{output:?}");
		}
		for output in [
			OutputKind::TopK { classes: 5_000, k: 1_025 },
			OutputKind::MaskedArgmax { classes: 1_025 },
			OutputKind::Threshold { score: score(32, 0), tau: 1 },
			OutputKind::Threshold { score: wide, tau: 1 },
		] {
			assert_eq!(refused(output), InterfaceError::TooLarge, "{output:?}");
		}
	}

	#[test]
	fn a_tree_has_a_depth_of_one_to_thirty_two() {
		let schema = SchemaId([7; 32]);
		let argmax = OutputKind::Argmax { classes: 2 };
		for depth in 0..=u8::MAX {
			let expected = match depth {
				1..=32 => Ok(6),
				_ => Err(InterfaceError::Malformed),
			};
			let member = InputVisibility::Member { schema, depth };
			assert_eq!(interface(member, argmax).signals(), expected, "{depth}");
		}
		let member = InputVisibility::Member { schema, depth: 3 };
		let raw = OutputKind::Raw { signals: 9, context: None };
		assert_eq!(interface(member, raw).signals(), Err(InterfaceError::Malformed));
		assert_eq!(member.encode(), [&[3][..], &[7; 32], &[3]].concat());
	}

	#[test]
	fn refuses_a_commitment_that_is_no_signal() {
		let weights = WeightsVisibility::Committed(Commitment([0xff; 32]));
		let argmax = OutputKind::Argmax { classes: 2 };
		for input in [InputVisibility::Private, InputVisibility::Public(tensor(8, 32))] {
			let interface = Interface { weights, ..interface(input, argmax) };
			assert_eq!(interface.signals(), Err(InterfaceError::Malformed));
		}
	}
}
