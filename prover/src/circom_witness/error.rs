//! Why a witness cannot be computed.

use super::Limits;
use thiserror::Error;
use wasmtime::Trap;

/// Why a circuit's module, its inputs or a witness is refused.
#[derive(Debug, Error)]
pub enum WitnessError {
	/// The file is not WebAssembly in binary form.
	#[error("not a WebAssembly module: it does not begin as one")]
	NotWasm,
	/// The module is malformed, or uses what Circom does not.
	#[error("not a module as Circom writes it: {0}")]
	Malformed(String),
	/// The module, or a part of it, is too large to be compiled.
	#[error("the module has {found} {what}, at most {most} are compiled")]
	TooLarge {
		/// What there is too much of.
		what: &'static str,
		/// How much, or the first sum above the limit.
		found: usize,
		/// The limit.
		most: usize,
	},
	/// The module wants a function that a circuit has no need of.
	#[error(
		"the module imports `{module}.{name}`, which is not a function that Circom's modules call"
	)]
	UnknownImport {
		/// The namespace.
		module: String,
		/// The name in it.
		name: String,
	},
	/// The module lacks a function of the interface, or has it with another type.
	#[error("the module does not export the function `{name}` as circuits of Circom 2 do")]
	MissingExport {
		/// The function.
		name: &'static str,
	},
	/// The compiler refuses it.
	#[error("the module cannot be compiled: {0}")]
	Compile(String),
	/// It was written by another major version of Circom.
	#[error("the circuit was compiled by Circom {0}, only Circom 2 is supported")]
	Version(u32),
	/// It is a circuit over another field.
	#[error(
		"the circuit was compiled for {curve} (order {prime}, {limbs} limbs of 32 bits), only bn128 \
		 is supported"
	)]
	WrongPrime {
		/// The field, by the names of Circom's `--prime`.
		curve: &'static str,
		/// The lowest eight limbs of its order, in hexadecimal.
		prime: String,
		/// How many limbs the order has.
		limbs: u32,
	},
	/// The witness is larger than the memory that the module may use.
	#[error("a witness of {size} elements does not fit the module's memory of at most {most}")]
	WitnessSize {
		/// Elements of a witness.
		size: u32,
		/// How many fit.
		most: usize,
	},
	/// The circuit has no input of this name.
	#[error("the circuit has no input signal `{signal}`{}", hint(.near))]
	UnknownSignal {
		/// The name.
		signal: String,
		/// Names of inputs that differ from it by one slip.
		near: Vec<String>,
	},
	/// An input has more or fewer values than given.
	#[error("input signal `{signal}` takes {expected} values, {found} were given")]
	ValueCount {
		/// The signal.
		signal: String,
		/// Its size.
		expected: usize,
		/// The number of values.
		found: usize,
	},
	/// Not all inputs were given. A module knows only hashes of their names.
	#[error("only {set} of the {expected} values of the circuit's input signals were given")]
	MissingInputs {
		/// Values that were given.
		set: usize,
		/// Values that the inputs have.
		expected: usize,
	},
	/// The inputs do not satisfy the circuit.
	#[error("the inputs do not satisfy the circuit: {0}")]
	AssertFailed(String),
	/// The circuit stopped for another reason of its own.
	#[error("the circuit stopped: {what} (code {code}) {at}")]
	Exception {
		/// Circom's code.
		code: i32,
		/// What it stands for.
		what: &'static str,
		/// What the module said about the place.
		at: String,
	},
	/// The module did what WebAssembly forbids.
	#[error("the circuit's module trapped: {0}")]
	Trap(String),
	/// It ran for too long.
	#[error("the circuit did not finish within {fuel} instructions: does it loop?")]
	OutOfFuel {
		/// The limit.
		fuel: u64,
	},
	/// It wants too much memory.
	#[error("the circuit wants {wanted} bytes of memory, it may have {most}")]
	OutOfMemory {
		/// Bytes asked for.
		wanted: usize,
		/// The limit.
		most: usize,
	},
	/// The module answered with a number that is not below the field's order.
	#[error("element {index} of the witness is not a number below the field's order")]
	NotCanonical {
		/// Its index.
		index: u32,
	},
	/// The inputs are not JSON of an object.
	#[error("the inputs are not a JSON object of signals: {0}")]
	Json(#[from] serde_json::Error),
	/// The inputs have more bytes, signals or values than are read.
	#[error("the inputs have {found} {what}, at most {most} are read")]
	InputSize {
		/// What there is too much of.
		what: &'static str,
		/// How much, or the first number above the limit.
		found: usize,
		/// The limit.
		most: usize,
	},
	/// The values of a signal are nested too deeply.
	#[error("input signal `{signal}`: values are nested more than {most} deep")]
	TooDeep {
		/// The signal.
		signal: String,
		/// The limit.
		most: usize,
	},
	/// A value is not a number.
	#[error("input signal `{signal}`: {value} is not a whole number")]
	Value {
		/// The signal.
		signal: String,
		/// The beginning of the value.
		value: String,
	},
	/// A signal is given twice.
	#[error("input signal `{signal}` is given twice")]
	Duplicate {
		/// The signal.
		signal: String,
	},
}

fn hint(near: &[String]) -> String {
	match near {
		[] => String::new(),
		near => format!(", did you mean `{}`?", near.join("` or `")),
	}
}

/// The circuit called `exceptionHandler`.
#[derive(Debug, Error)]
#[error("exception {0}")]
pub(super) struct Exception(pub(super) i32);

/// The module wanted to have this many bytes of memory.
#[derive(Debug, Error)]
#[error("{0} bytes of memory")]
pub(super) struct MemoryRefused(pub(super) usize);

impl WitnessError {
	/// What went wrong when the module ran, with what it said about the place.
	pub(super) fn of_run(error: wasmtime::Error, limits: Limits, at: &str) -> Self {
		if let Some(Exception(code)) = error.downcast_ref() {
			return Self::of_code(*code, at);
		}
		if let Some(MemoryRefused(wanted)) = error.downcast_ref() {
			return Self::OutOfMemory { wanted: *wanted, most: limits.memory_bytes };
		}
		match error.downcast_ref() {
			Some(Trap::OutOfFuel) => Self::OutOfFuel { fuel: limits.fuel },
			Some(trap) => Self::Trap(trap.to_string()),
			None => Self::Trap(error.root_cause().to_string()),
		}
	}

	fn of_code(code: i32, at: &str) -> Self {
		let what = match code {
			1 => "no such signal",
			2 => "too many input signals are set",
			3 => "an input signal is set twice",
			4 if at.is_empty() => return Self::AssertFailed("an assertion failed".into()),
			4 => return Self::AssertFailed(at.into()),
			5 => "it has not set aside enough memory",
			6 => "an input array has fewer elements",
			7 => "an array has fewer elements",
			_ => "unknown error",
		};
		Self::Exception { code, what, at: at.into() }
	}
}
