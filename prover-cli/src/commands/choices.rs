//! What a circuit shows and what it hides, as typed.

use super::Shape;
use clap::{Args, ValueEnum};
use zkml_circuits::{InputChoice, Options, OutputChoice};

/// Who sees the input.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Input {
	/// Only the prover.
	Private,
	/// Everybody.
	Public,
}

impl From<Input> for InputChoice {
	fn from(input: Input) -> Self {
		match input {
			Input::Private => Self::Private,
			Input::Public => Self::Public,
		}
	}
}

/// What is shown of the result.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Output {
	/// Every value of the last layer.
	Logits,
	/// The index of the largest value.
	Argmax,
}

impl From<Output> for OutputChoice {
	fn from(output: Output) -> Self {
		match output {
			Output::Logits => Self::Logits,
			Output::Argmax => Self::Argmax,
		}
	}
}

/// How a quantised model is compiled.
#[derive(Debug, Args)]
pub(crate) struct Choices {
	/// Who sees the input [default: private].
	#[arg(long, value_enum, value_name = "WHO")]
	input_visibility: Option<Input>,
	/// What is shown of the result [default: logits].
	#[arg(long, value_enum, value_name = "WHAT")]
	reveal: Option<Output>,
	/// Shape of the input where the model leaves it open, such as 1,3,32,32.
	#[arg(long, value_name = "SHAPE")]
	input_shape: Option<Shape>,
}

impl Choices {
	/// The options chosen; the defaults where nothing was.
	pub(crate) fn options(&self) -> Options {
		self.options_or(Options::default())
	}

	/// The options chosen; others where nothing was.
	pub(crate) fn options_or(&self, others: Options) -> Options {
		Options {
			input: self.input_visibility.map_or(others.input, Into::into),
			output: self.reveal.map_or(others.output, Into::into),
		}
	}

	/// The shape given for the input.
	pub(crate) fn input_shape(&self) -> Option<&[usize]> {
		Shape::sizes(&self.input_shape)
	}

	/// The flags as they were typed, each after a space, for the next command.
	pub(crate) fn flags(&self) -> String {
		let name = |value: &dyn Fn() -> Option<clap::builder::PossibleValue>| {
			value().map(|value| value.get_name().to_string())
		};
		let shape = self
			.input_shape()
			.map(|sizes| sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
		let flags = [
			("--input-visibility", name(&|| self.input_visibility?.to_possible_value())),
			("--reveal", name(&|| self.reveal?.to_possible_value())),
			("--input-shape", shape),
		];
		let typed =
			flags.into_iter().filter_map(|(flag, value)| Some(format!(" {flag} {}", value?)));
		typed.collect()
	}

	/// Whether nothing was chosen.
	pub(crate) fn is_empty(&self) -> bool {
		self.input_visibility.is_none() && self.reveal.is_none() && self.input_shape.is_none()
	}
}
