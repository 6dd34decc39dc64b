//! What a circuit shows and what it hides, as typed.

use super::Shape;
use crate::error::CliError;
use clap::{Args, ValueEnum};
use std::{fmt, str::FromStr};
use zkml_circuits::{
	lower, lower_committed, onnx::Model, Graph, InputChoice, ModelError, Options, OutputChoice,
	WeightsChoice, WEIGHT_BITS,
};
use zkml_primitives::{Commitment, MAX_DEPTH};

/// Who sees the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Input {
	/// Only the prover.
	Private,
	/// Everybody.
	Public,
	/// Only the prover, bound by a commitment.
	Committed,
	/// Only the prover, who stays unknown: a member of a tree.
	Member,
}

/// The deepest tree, for the parser of a flag.
pub(crate) const DEEPEST: i64 = MAX_DEPTH as i64;

impl Input {
	/// The choice, and the depth of the tree that goes with it.
	pub(crate) fn choice(self, depth: Option<u8>) -> Result<InputChoice, CliError> {
		let input = match (self, depth) {
			(Self::Member, Some(depth)) => return Ok(InputChoice::Member { depth }),
			(Self::Member, None) => return Err(CliError::Other(
				"of which depth is the tree of members? say so with --depth, such as --depth 20 \
					 for a million"
					.into(),
			)),
			(Self::Private, _) => InputChoice::Private,
			(Self::Public, _) => InputChoice::Public,
			(Self::Committed, _) => InputChoice::Committed,
		};
		match depth {
			None => Ok(input),
			Some(_) => Err(CliError::Other("--depth goes with --input-visibility member".into())),
		}
	}
}

/// Who sees the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Weights {
	/// Everybody.
	Public,
	/// Only the model's owner, bound by a commitment.
	Committed,
}

/// What is shown of the result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reveal {
	/// Every value of the last layer.
	Logits,
	/// The index of the largest value.
	Argmax,
	/// The indices of the largest values.
	TopK(u32),
	/// That the score reaches a threshold, in real units.
	Threshold(f64),
	/// The index of the largest value that a mask allows.
	MaskedArgmax,
}

impl FromStr for Reveal {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let wrong = || {
			format!(
				"{text} is none of logits, argmax, top-k:K, threshold:VALUE and masked-argmax, such \
				 as top-k:3 or threshold:-0.5"
			)
		};
		match text.split_once(':') {
			None => match text {
				"logits" => Ok(Self::Logits),
				"argmax" => Ok(Self::Argmax),
				"masked-argmax" => Ok(Self::MaskedArgmax),
				_ => Err(wrong()),
			},
			Some(("top-k", k)) => k.parse().map(Self::TopK).map_err(|_| wrong()),
			Some(("threshold", value)) => match value.parse() {
				Ok(value) if f64::is_finite(value) => Ok(Self::Threshold(value)),
				_ => Err(wrong()),
			},
			Some(_) => Err(wrong()),
		}
	}
}

impl fmt::Display for Reveal {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Logits => f.write_str("logits"),
			Self::Argmax => f.write_str("argmax"),
			Self::TopK(k) => write!(f, "top-k:{k}"),
			Self::Threshold(value) => write!(f, "threshold:{value}"),
			Self::MaskedArgmax => f.write_str("masked-argmax"),
		}
	}
}

impl Reveal {
	/// The choice for a graph's output.
	pub(crate) fn choice(self, graph: &Graph) -> Result<OutputChoice, CliError> {
		Ok(match self {
			Self::Logits => OutputChoice::Logits,
			Self::Argmax => OutputChoice::Argmax,
			Self::TopK(k) => OutputChoice::TopK { k },
			Self::MaskedArgmax => OutputChoice::MaskedArgmax,
			Self::Threshold(value) => {
				// The least score that is not below it.
				let tau = (value / f64::from(graph.output.scale)).ceil();
				if !(f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&tau) {
					let what =
						format!("a threshold of {value}: no score of this model is so far off");
					return Err(ModelError::Reveal(what).into());
				}
				OutputChoice::Threshold { tau: tau as i32 }
			},
		})
	}
}

/// How a quantised model is compiled.
#[derive(Debug, Args)]
pub(crate) struct Choices {
	/// Who sees the input [default: private].
	#[arg(long, value_enum, value_name = "WHO")]
	input_visibility: Option<Input>,
	/// Levels of the tree of members, which has 2 to this power leaves; with --input-visibility member.
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=DEEPEST))]
	depth: Option<u8>,
	/// Who sees the weights [default: public].
	#[arg(long, value_enum, value_name = "WHO")]
	weights: Option<Weights>,
	/// Bits of a committed weight, which everybody learns.
	#[arg(long, value_name = "BITS", default_value_t = WEIGHT_BITS, value_parser = clap::value_parser!(u32).range(2..=8))]
	weight_bits: u32,
	/// What is shown of the result: logits, argmax, top-k:K, threshold:VALUE (of one score, or of two
	/// classes the second less the first, in real units), or masked-argmax [default: logits].
	#[arg(long, value_name = "WHAT", allow_hyphen_values = true)]
	reveal: Option<Reveal>,
	/// Shape of the input where the model leaves it open, such as 1,3,32,32.
	#[arg(long, value_name = "SHAPE")]
	input_shape: Option<Shape>,
}

impl Choices {
	/// The graph of a model and the options chosen. `commitment` is asked for where the weights are
	/// committed.
	pub(crate) fn apply(
		&self,
		model: &Model,
		commitment: impl FnOnce(&Graph) -> Result<Commitment, CliError>,
	) -> Result<(Graph, Options), CliError> {
		let input = self.input_visibility.unwrap_or(Input::Private).choice(self.depth)?;
		let (graph, weights) = if self.hides_weights() {
			let bits = self.weight_bits;
			let graph = lower_committed(model, bits)?;
			let commitment = commitment(&graph)?;
			(graph, WeightsChoice::Committed { bits, commitment })
		} else {
			(lower(model)?, WeightsChoice::Public)
		};
		let output = self.reveal.unwrap_or(Reveal::Logits).choice(&graph)?;
		Ok((graph, Options { input, weights, output }))
	}

	/// Whether the weights are to be committed.
	pub(crate) fn hides_weights(&self) -> bool {
		self.weights == Some(Weights::Committed)
	}

	/// The shape given for the input.
	pub(crate) fn input_shape(&self) -> Option<&[usize]> {
		Shape::sizes(&self.input_shape)
	}

	/// The flags as they were typed, each after a space, for the next command.
	pub(crate) fn flags(&self) -> String {
		fn name<T: ValueEnum>(value: Option<T>) -> Option<String> {
			value?.to_possible_value().map(|value| value.get_name().to_string())
		}
		let shape = self
			.input_shape()
			.map(|sizes| sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
		let bits = (self.weight_bits != WEIGHT_BITS).then(|| self.weight_bits.to_string());
		let flags = [
			("--input-visibility", name(self.input_visibility)),
			("--depth", self.depth.map(|depth| depth.to_string())),
			("--weights", name(self.weights)),
			("--weight-bits", bits),
			("--reveal", self.reveal.map(|reveal| reveal.to_string())),
			("--input-shape", shape),
		];
		let typed =
			flags.into_iter().filter_map(|(flag, value)| Some(format!(" {flag} {}", value?)));
		typed.collect()
	}

	/// Whether nothing was chosen.
	pub(crate) fn is_empty(&self) -> bool {
		self.flags().is_empty()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_depth_goes_with_members() {
		let member = Input::Member.choice(Some(20)).unwrap();
		assert_eq!(member, InputChoice::Member { depth: 20 });
		assert!(Input::Member.choice(None).unwrap_err().to_string().contains("--depth"));
		for (input, choice) in [
			(Input::Private, InputChoice::Private),
			(Input::Public, InputChoice::Public),
			(Input::Committed, InputChoice::Committed),
		] {
			assert_eq!(input.choice(None).unwrap(), choice);
			assert!(input.choice(Some(20)).unwrap_err().to_string().contains("--depth goes"));
		}
	}

	#[test]
	fn what_is_revealed_reads_as_it_is_written() {
		for text in ["logits", "argmax", "masked-argmax", "top-k:3", "threshold:-0.5"] {
			assert_eq!(text.parse::<Reveal>().unwrap().to_string(), text);
		}
		for text in
			["", "top-k", "top-k:", "top-k:-1", "threshold:", "threshold:nan", "label", "a:b"]
		{
			assert!(text.parse::<Reveal>().unwrap_err().contains("none of"), "{text}");
		}
	}
}
