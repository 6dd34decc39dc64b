//! What a circuit shows and what it hides.

use crate::{commitment::Salt, membership::Member};
use serde::{Deserialize, Serialize};
use zkml_primitives::Commitment;

/// Who is to see the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputChoice {
	/// Only the prover.
	#[default]
	Private,
	/// Everybody.
	Public,
	/// Only the prover, bound by a commitment that everybody sees.
	Committed,
	/// Only the prover, who stays unknown: bound by the commitment in a leaf of a tree whose root
	/// everybody sees.
	Member {
		/// Levels of the tree below its root, 1 to [`zkml_primitives::MAX_DEPTH`].
		depth: u8,
	},
}

/// Who is to see the weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightsChoice {
	/// Everybody: they are constants of the circuit.
	#[default]
	Public,
	/// Only the model's owner, bound by a commitment.
	Committed {
		/// Bits of a weight, in two's complement. Constraints depend on them, and on no weight.
		bits: u32,
		/// What everybody sees. No constraint depends on it.
		commitment: Commitment,
	},
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
	/// The indices of the `k` largest, the largest first.
	TopK {
		/// How many.
		k: u32,
	},
	/// That the score is at least `tau`: the model's one output, or of two the second less the first.
	Threshold {
		/// The least score, in its units. No constraint depends on it.
		tau: i32,
	},
	/// The index of the largest among those that a public mask allows.
	MaskedArgmax,
}

/// What a circuit shows and what it hides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
	/// Who sees the input.
	pub input: InputChoice,
	/// Who sees the weights.
	#[serde(default)]
	pub weights: WeightsChoice,
	/// What is shown of the result.
	pub output: OutputChoice,
}

impl Options {
	/// With public weights.
	pub const fn new(input: InputChoice, output: OutputChoice) -> Self {
		Self { input, weights: WeightsChoice::Public, output }
	}
}

/// What a proof needs besides the input, where the options ask for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extras<'a> {
	/// The salt of the input's commitment, be it shown or a member's.
	pub input_salt: Option<Salt>,
	/// Who proves, on what and for what, where the input is a member's.
	pub member: Option<Member<'a>>,
	/// The salt of the weights' commitment.
	pub weights_salt: Option<Salt>,
	/// Which classes are allowed.
	pub mask: Option<&'a [bool]>,
}
