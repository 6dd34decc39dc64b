//! One run of a module: what it is given, what it may call, what it answers.

use super::{
	error::{Exception, MemoryRefused, WitnessError},
	names, Limits,
};
use ark_bn254::Fr;
use ark_ff::{BigInt, PrimeField};
use wasmtime::{
	Caller, Engine, Extern, Instance, InstancePre, Linker, ResourceLimiter, Store, Trap, TypedFunc,
	WasmParams, WasmResults,
};

/// 32-bit limbs of an element of BN254's scalar field.
const LIMBS: u32 = 8;
/// Entries of the module's function table.
const MAX_TABLE: usize = 1 << 20;
/// Bytes that are kept of what a module says about a failure.
const MAX_MESSAGE: usize = 2048;
/// Fuel for a line of that, and for a character: as much as takes about the same time.
const LINE_FUEL: u64 = 4000;
const CHARACTER_FUEL: u64 = 200;

/// What the host keeps of one run.
#[derive(Default)]
pub(super) struct State {
	memory_bytes: usize,
	/// Lines that the module wrote about a failure.
	message: String,
	/// Whether the host is reading such a line.
	reading: bool,
}

impl ResourceLimiter for State {
	fn memory_growing(
		&mut self,
		_current: usize,
		desired: usize,
		_maximum: Option<usize>,
	) -> wasmtime::Result<bool> {
		if desired > self.memory_bytes {
			return Err(wasmtime::Error::new(MemoryRefused(desired)));
		}
		Ok(true)
	}

	fn table_growing(
		&mut self,
		_current: usize,
		desired: usize,
		_maximum: Option<usize>,
	) -> wasmtime::Result<bool> {
		Ok(desired <= MAX_TABLE)
	}
}

/// The functions that a module may import; `check` refuses modules that want others.
pub(super) fn host(engine: &Engine) -> wasmtime::Result<Linker<State>> {
	let mut linker = Linker::new(engine);
	linker.func_wrap("runtime", "exceptionHandler", |code: i32| -> wasmtime::Result<()> {
		Err(wasmtime::Error::new(Exception(code)))
	})?;
	linker.func_wrap("runtime", "printErrorMessage", read_message)?;
	// What a circuit logs is not shown.
	linker.func_wrap("runtime", "writeBufferMessage", || ())?;
	linker.func_wrap("runtime", "showSharedRWMemory", || ())?;
	Ok(linker)
}

/// Appends the line that the module has ready to its message, without control characters.
fn read_message(mut caller: Caller<'_, State>) -> wasmtime::Result<()> {
	let refuse = || Err(wasmtime::Error::new(Exception(0)));
	// Reading calls the module, which must not make the host read again.
	if std::mem::replace(&mut caller.data_mut().reading, true) {
		return refuse();
	}
	let export = caller.get_export("getMessageChar").and_then(Extern::into_func);
	let Some(export) = export else { return refuse() };
	let next = export.typed::<(), u32>(&caller)?;
	charge(&mut caller, LINE_FUEL)?;
	let mut line = String::new();
	while caller.data().message.len() + line.len() < MAX_MESSAGE {
		charge(&mut caller, CHARACTER_FUEL)?;
		match char::from_u32(next.call(&mut caller, ())?) {
			None | Some('\0') => break,
			Some(c) if c.is_control() => {},
			Some(c) => line.push(c),
		}
	}
	let state = caller.data_mut();
	state.reading = false;
	if !state.message.is_empty() && !line.is_empty() {
		state.message.push_str("; ");
	}
	state.message.push_str(line.trim());
	Ok(())
}

/// Takes fuel for what the host does on a module's behalf.
fn charge(caller: &mut Caller<'_, State>, fuel: u64) -> wasmtime::Result<()> {
	let left = caller.get_fuel()?.checked_sub(fuel).ok_or(Trap::OutOfFuel)?;
	caller.set_fuel(left)
}

/// A module's instance, with its fuel.
pub(super) struct Run {
	sandbox: Sandbox,
	exports: Exports,
}

struct Sandbox {
	store: Store<State>,
	limits: Limits,
}

impl Sandbox {
	fn call<P: WasmParams, R: WasmResults>(
		&mut self,
		function: &TypedFunc<P, R>,
		params: P,
	) -> Result<R, WitnessError> {
		let result = function.call(&mut self.store, params);
		result.map_err(|error| WitnessError::of_run(error, self.limits, &self.store.data().message))
	}
}

/// The functions of a module that a run calls.
struct Exports {
	version: TypedFunc<(), u32>,
	init: TypedFunc<i32, ()>,
	field_limbs: TypedFunc<(), u32>,
	raw_prime: TypedFunc<(), ()>,
	read: TypedFunc<u32, u32>,
	write: TypedFunc<(u32, u32), ()>,
	input_count: TypedFunc<(), u32>,
	input_size: TypedFunc<(u32, u32), u32>,
	set_input: TypedFunc<(u32, u32, u32), ()>,
	witness_size: TypedFunc<(), u32>,
	witness: TypedFunc<u32, ()>,
}

impl Exports {
	fn find(instance: &Instance, store: &mut Store<State>) -> Result<Self, WitnessError> {
		Ok(Self {
			version: find(instance, store, "getVersion")?,
			init: find(instance, store, "init")?,
			field_limbs: find(instance, store, "getFieldNumLen32")?,
			raw_prime: find(instance, store, "getRawPrime")?,
			read: find(instance, store, "readSharedRWMemory")?,
			write: find(instance, store, "writeSharedRWMemory")?,
			input_count: find(instance, store, "getInputSize")?,
			input_size: find(instance, store, "getInputSignalSize")?,
			set_input: find(instance, store, "setInputSignal")?,
			witness_size: find(instance, store, "getWitnessSize")?,
			witness: find(instance, store, "getWitness")?,
		})
	}
}

fn find<P: WasmParams, R: WasmResults>(
	instance: &Instance,
	store: &mut Store<State>,
	name: &'static str,
) -> Result<TypedFunc<P, R>, WitnessError> {
	instance.get_typed_func(store, name).map_err(|_| WitnessError::MissingExport { name })
}

impl Run {
	pub(super) fn start(module: &InstancePre<State>, limits: Limits) -> Result<Self, WitnessError> {
		let state = State { memory_bytes: limits.memory_bytes, ..State::default() };
		let mut store = Store::new(module.module().engine(), state);
		store.limiter(|state| state);
		let fail = |error| WitnessError::of_run(error, limits, "");
		store.set_fuel(limits.fuel).map_err(fail)?;
		let instance = module.instantiate(&mut store).map_err(fail)?;
		let exports = Exports::find(&instance, &mut store)?;
		Ok(Self { sandbox: Sandbox { store, limits }, exports })
	}

	/// Is it a circuit of Circom 2, over the scalar field of BN254?
	pub(super) fn check_circuit(&mut self) -> Result<(), WitnessError> {
		let version = self.sandbox.call(&self.exports.version, ())?;
		if version != 2 {
			return Err(WitnessError::Version(version));
		}
		let limbs = self.sandbox.call(&self.exports.field_limbs, ())?;
		self.sandbox.call(&self.exports.raw_prime, ())?;
		let mut prime = String::from("0x");
		for limb in (0..limbs.min(LIMBS)).rev() {
			prime += &format!("{:08x}", self.sandbox.call(&self.exports.read, limb)?);
		}
		if limbs == LIMBS && prime == names::BN254 {
			return Ok(());
		}
		let curve = if limbs > LIMBS { names::UNKNOWN } else { names::curve(&prime) };
		Err(WitnessError::WrongPrime { curve, limbs, prime })
	}

	pub(super) fn input_count(&mut self) -> Result<u32, WitnessError> {
		self.sandbox.call(&self.exports.input_count, ())
	}

	pub(super) fn witness_size(&mut self) -> Result<u32, WitnessError> {
		self.sandbox.call(&self.exports.witness_size, ())
	}

	/// The size of an input; `None` if there is none of this name.
	///
	/// Versions of Circom differ in how they say that: -1, or what lies in a part of the memory
	/// that is zero. So an input without any values does not differ from none.
	pub(super) fn input_size(&mut self, name: &str) -> Result<Option<usize>, WitnessError> {
		let size = self.sandbox.call(&self.exports.input_size, names::halves(name))?;
		Ok((size > 0 && size <= i32::MAX as u32).then_some(size as usize))
	}

	pub(super) fn init(&mut self) -> Result<(), WitnessError> {
		self.sandbox.call(&self.exports.init, 0)
	}

	/// Sets all values of an input. The last value of the last input makes the circuit run.
	pub(super) fn set_input(&mut self, signal: &str, values: &[Fr]) -> Result<(), WitnessError> {
		let Some(expected) = self.input_size(signal)? else {
			if values.is_empty() {
				return Ok(());
			}
			let near = self.near(signal)?;
			return Err(WitnessError::UnknownSignal { signal: signal.into(), near });
		};
		if values.len() != expected {
			let (signal, found) = (signal.into(), values.len());
			return Err(WitnessError::ValueCount { signal, expected, found });
		}
		let (high, low) = names::halves(signal);
		for (index, value) in (0u32..).zip(values) {
			let limbs = value.into_bigint().0.into_iter().flat_map(|limb| [limb, limb >> 32]);
			for (position, limb) in (0u32..).zip(limbs) {
				// Each is the lower half of the word that it is cut from.
				self.sandbox.call(&self.exports.write, (position, limb as u32))?;
			}
			self.sandbox.call(&self.exports.set_input, (high, low, index))?;
		}
		Ok(())
	}

	/// Names of inputs that a misspelt name may stand for. The module knows only hashes of names,
	/// so it is asked for those at a distance of one slip.
	fn near(&mut self, signal: &str) -> Result<Vec<String>, WitnessError> {
		let mut near = Vec::new();
		for name in names::slips(signal) {
			if !near.contains(&name) && self.input_size(&name)?.is_some() {
				near.push(name);
			}
		}
		Ok(near)
	}

	/// The element of the witness at `index`.
	pub(super) fn witness(&mut self, index: u32) -> Result<Fr, WitnessError> {
		self.sandbox.call(&self.exports.witness, index)?;
		let mut limbs = [0u64; LIMBS as usize / 2];
		for (limb, low) in limbs.iter_mut().zip((0..LIMBS).step_by(2)) {
			let half = u64::from(self.sandbox.call(&self.exports.read, low)?);
			*limb = u64::from(self.sandbox.call(&self.exports.read, low + 1)?) << 32 | half;
		}
		Fr::from_bigint(BigInt(limbs)).ok_or(WitnessError::NotCanonical { index })
	}
}
