//! Witnesses of circuits that Circom 2 compiled to WebAssembly.
//!
//! A circuit's module is code of somebody else. It runs in a sandbox, and within [`Limits`]: its
//! size and its functions' sizes are bounded before it is compiled, its instructions and its
//! memory are bounded while it runs, and it can call nothing but the four functions through which
//! it reports what went wrong. Instructions beyond the first version of WebAssembly are refused:
//! Circom writes none, and among them are those that do much work for one unit of fuel.
//!
//! The interface is that of Circom 2.0.7 and later, as written out by `circom --wasm` in
//! `witness_calculator.js`. A signal is named by the 64-bit FNV-1a hash of its name, in two halves;
//! numbers pass through one shared buffer in 32-bit limbs, the least significant first.

mod check;
mod error;
mod inputs;
mod names;
mod run;

pub use error::WitnessError;
pub use inputs::{read_inputs, Inputs};

use ark_bn254::Fr;
use run::{Run, State};
use wasmtime::{Config, Engine, InstancePre, Module};

/// Bytes that a module spends on one signal: the least that a witness element takes.
const SIGNAL_BYTES: usize = 40;

/// What one run of a circuit may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
	/// WebAssembly instructions, near enough one unit each, for one witness from start to end.
	pub fuel: u64,
	/// Bytes of the module's memory. Circom sets aside 40 bytes for every signal.
	pub memory_bytes: usize,
}

impl Default for Limits {
	/// 10¹¹ instructions and 1 GiB. A circuit of 100,000 constraints in hashes takes 1.2 · 10⁹
	/// instructions; memory for 20 million signals is 1 GiB. An honest circuit uses up this fuel in
	/// about a minute; one that is made to be slow takes longer, but ends.
	fn default() -> Self {
		Self { fuel: 100_000_000_000, memory_bytes: 1 << 30 }
	}
}

/// A compiled circuit, ready for any number of witnesses.
pub struct Calculator {
	module: InstancePre<State>,
	limits: Limits,
	input_count: u32,
	witness_size: u32,
}

impl Calculator {
	/// Checks and compiles the module that `circom --wasm` wrote.
	///
	/// # Errors
	/// Every variant of [`WitnessError`] that speaks of a module or a circuit, and those of a run,
	/// for its constants are read by running it.
	pub fn new(wasm: &[u8], limits: Limits) -> Result<Self, WitnessError> {
		check::check(wasm, limits)?;
		let compile = |error: wasmtime::Error| WitnessError::Compile(format!("{error:#}"));
		let engine = Engine::new(Config::new().consume_fuel(true)).map_err(compile)?;
		let module = Module::from_binary(&engine, wasm).map_err(compile)?;
		let linker = run::host(&engine).map_err(compile)?;
		let module = linker.instantiate_pre(&module).map_err(compile)?;
		let mut calculator = Self { module, limits, input_count: 0, witness_size: 0 };

		let mut run = calculator.start()?;
		run.check_circuit()?;
		calculator.input_count = run.input_count()?;
		calculator.witness_size = run.witness_size()?;
		let most = limits.memory_bytes / SIGNAL_BYTES;
		if calculator.witness_size as usize > most {
			return Err(WitnessError::WitnessSize { size: calculator.witness_size, most });
		}
		Ok(calculator)
	}

	/// How many values all input signals have together.
	pub fn input_count(&self) -> usize {
		self.input_count as usize
	}

	/// How many elements a witness has, the constant one included.
	pub fn witness_size(&self) -> usize {
		self.witness_size as usize
	}

	/// How many values the input signal of this name has; `None` if the circuit has no such input.
	///
	/// # Errors
	/// Those of a run: the module is asked.
	pub fn input_size(&self, name: &str) -> Result<Option<usize>, WitnessError> {
		self.start()?.input_size(name)
	}

	/// Computes the witness: the constant one, outputs, inputs, intermediate signals.
	///
	/// Each call runs the module afresh, with all of its fuel.
	///
	/// # Errors
	/// The inputs are not those of the circuit, or do not satisfy it, or it uses more than it may.
	pub fn witness(&self, inputs: &Inputs) -> Result<Vec<Fr>, WitnessError> {
		let mut run = self.start()?;
		run.init()?;
		let mut set = 0;
		for (name, values) in inputs {
			run.set_input(name, values)?;
			set += values.len();
		}
		if set < self.input_count() {
			return Err(WitnessError::MissingInputs { set, expected: self.input_count() });
		}
		let mut witness = Vec::with_capacity(self.witness_size());
		for index in 0..self.witness_size {
			witness.push(run.witness(index)?);
		}
		Ok(witness)
	}

	fn start(&self) -> Result<Run, WitnessError> {
		Run::start(&self.module, self.limits)
	}
}
