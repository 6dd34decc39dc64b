//! Files that users get from strangers: read or refused within memory that their length bounds; what
//! is read and written again is read as the same.

use crate::{memory, Input};
use ark_bn254::Fr;
use ark_ff::Field;
use rand::{rngs::StdRng, SeedableRng};
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::Serialize;
use std::{fmt::Display, sync::LazyLock};
use zkml_circuits::{
	lower,
	onnx::{Attribute, Data, Model},
	r1cs::{read_r1cs, read_wtns, write_r1cs, write_wtns},
};
use zkml_primitives::{InputVisibility, Interface, OutputKind, WeightsVisibility};
use zkml_prover::{
	ceremony::{Ptau, Transcript},
	circom_witness::{read_inputs, Calculator, Inputs, Limits},
	json, zkey, Manifest, Prover, ProvingKey, SetupKind, FORMAT,
};

/// What any reading may take, but that of a module, which is compiled.
const ALLOWED: usize = 64 * 1024;
/// What compiling may take: wasmtime makes room for as many exports as a module says that it has, up to a
/// million.
const ALLOWED_TO_COMPILE: usize = 128 << 20;

/// A circuit's module may do little: that is soon over.
const LIMITS: Limits = Limits { fuel: 1_000_000, memory_bytes: 1 << 20 };
/// Elements that a model's sizes may come to for it to be lowered.
const LOWERED: usize = 1 << 16;
/// Sizes from this on are refused.
const LARGEST: usize = (1 << 24) + 1;

/// Answers whether the file was read.
type Check = fn(&[u8]) -> bool;

/// One check per kind of file. Their order is that of the first byte of an input: append, never
/// reorder.
pub const KINDS: [Check; 10] =
	[r1cs, wtns, ptau, zkey_file, wasm, proof, signals, verifying_key, inputs, onnx];

/// Memory is counted by thread: all that is done in parallel is done in this one.
static ALONE: LazyLock<ThreadPool> = LazyLock::new(|| {
	ThreadPoolBuilder::new().num_threads(1).build().expect("a thread can be started")
});

/// The first byte says as what the rest is read.
pub fn run(data: &[u8]) {
	accepted(data);
}

/// The same; answers whether the file was read.
pub fn accepted(data: &[u8]) -> bool {
	let input = &mut Input::new(data);
	let check = input.choose(&KINDS);
	let bytes = input.rest();
	ALONE.install(|| check(bytes))
}

/// Reads something within memory for each byte of the file. An error can be shown.
fn within<T, E: Display>(
	per_byte: usize,
	bytes: usize,
	read: impl FnOnce() -> Result<T, E>,
) -> Option<T> {
	let (read, peak) = memory::peak(read);
	let most = ALLOWED + per_byte * bytes;
	assert!(peak <= most, "{peak} bytes to read {bytes}");
	shown(read)
}

fn shown<T, E: Display>(read: Result<T, E>) -> Option<T> {
	read.map_err(|error| error.to_string()).ok()
}

fn r1cs(bytes: &[u8]) -> bool {
	let Some(read) = within(64, bytes.len(), || read_r1cs(bytes)) else { return false };
	let mut written = Vec::new();
	write_r1cs(&read, &mut written).expect("memory takes all");
	assert_eq!(read_r1cs(&written).ok(), Some(read));
	true
}

fn wtns(bytes: &[u8]) -> bool {
	let Some(read) = within(8, bytes.len(), || read_wtns(bytes)) else { return false };
	let mut written = Vec::new();
	write_wtns(&read, &mut written).expect("memory takes all");
	assert_eq!(read_wtns(&written).ok(), Some(read));
	true
}

fn ptau(bytes: &[u8]) -> bool {
	let Some(powers) = within(8, bytes.len(), || Ptau::read(bytes)) else { return false };
	powers.contributions.iter().for_each(|contribution| {
		shown(contribution.response());
	});
	powers.challenge();
	true
}

fn zkey_file(bytes: &[u8]) -> bool {
	let length = bytes.len();
	let Some(file) = within(8, length, || zkey::Zkey::open(bytes)) else { return false };
	let manifest = within(16, length, || file.manifest()).flatten();
	let transcript = within(16, length, || Transcript::read(&file));
	transcript.iter().flat_map(|transcript| &transcript.contributions).for_each(|contribution| {
		contribution.hash();
	});
	let verifying_key = within(16, length, || file.verifying_key());
	let Some(key) = within(16, length, || file.key()) else { return false };
	assert_eq!(verifying_key, Some(key.verifying_key()));
	let manifest = manifest.unwrap_or_else(self::manifest);
	let (mut written, mut finished) = (Vec::new(), Vec::new());
	zkey::write(&key, &manifest, &mut written).expect("memory takes all");
	file.write_finished(&manifest, &mut finished).expect("memory takes all");
	for bytes in [written, finished] {
		let file = zkey::Zkey::open(&bytes).expect("it was written so");
		assert_eq!(file.manifest().as_ref(), Ok(&Some(manifest.clone())));
		assert_eq!(file.verifying_key().ok(), verifying_key);
		assert_eq!(file.key().as_ref(), Ok(&key));
	}
	proven(key);
	true
}

/// Proves with a key of whose points nothing is known but that they are on their curves.
fn proven(key: ProvingKey) {
	let some = [0, 1, 77, 1u64 << 40].map(Fr::from);
	let large = -some[3].square().square();
	let values = some.into_iter().chain([-some[1], -some[2], large]).cycle();
	let witness: Vec<Fr> = values.take(key.wires()).collect();
	if let Some(prover) = shown(Prover::new(key)) {
		shown(prover.prove(&witness, &mut StdRng::seed_from_u64(1)));
	}
}

/// For keys that have none.
pub fn manifest() -> Manifest {
	Manifest {
		format: FORMAT,
		tool: "zkml".into(),
		setup: SetupKind::Development,
		circuit_sha256: "00".repeat(32),
		model_sha256: "11".repeat(32),
		interface: Interface {
			input: InputVisibility::Private,
			weights: WeightsVisibility::Public,
			output: OutputKind::Argmax { classes: 2 },
		},
	}
}

fn wasm(bytes: &[u8]) -> bool {
	let (calculator, peak) = memory::peak(|| Calculator::new(bytes, LIMITS));
	let most = ALLOWED_TO_COMPILE + 4096 * bytes.len();
	assert!(peak <= most, "{peak} bytes to compile {}", bytes.len());
	let Some(calculator) = shown(calculator) else { return false };
	if let Some(witness) = shown(calculator.witness(&Inputs::new())) {
		assert_eq!(calculator.input_count(), 0);
		assert_eq!(witness.len(), calculator.witness_size());
	}
	true
}

/// Reads JSON, writes it again, and reads that.
fn comes_back<T, W, E>(
	bytes: &[u8],
	per_byte: usize,
	read: fn(&str) -> Result<T, E>,
	write: impl FnOnce(&T) -> Result<W, E>,
) -> bool
where
	T: PartialEq + std::fmt::Debug,
	W: Serialize,
	E: Display + std::fmt::Debug,
{
	let Ok(text) = std::str::from_utf8(bytes) else { return false };
	let Some(value) = within(per_byte, bytes.len(), || read(text)) else { return false };
	let written = write(&value).expect("what was read can be written");
	let written = serde_json::to_string(&written).expect("it is JSON");
	assert_eq!(read(&written).expect("what was written can be read"), value);
	true
}

fn proof(bytes: &[u8]) -> bool {
	comes_back(bytes, 128, json::read_proof, json::proof_to_json)
}

fn signals(bytes: &[u8]) -> bool {
	comes_back(bytes, 128, json::read_signals, |signals| json::signals_to_json(signals))
}

fn verifying_key(bytes: &[u8]) -> bool {
	comes_back(bytes, 128, json::read_verifying_key, |(key, manifest)| {
		json::verifying_key_to_json(key, manifest.as_ref())
	})
}

/// A bus has a short name in the file for each of its signals, and these have its own in front.
fn inputs(bytes: &[u8]) -> bool {
	comes_back(bytes, 512, read_inputs, |inputs| {
		let text = |values: &Vec<_>| values.iter().map(ToString::to_string).collect::<Vec<_>>();
		let all = inputs.iter().map(|(name, values)| (name.clone(), text(values)));
		Ok(all.collect::<std::collections::BTreeMap<_, _>>())
	})
}

fn onnx(bytes: &[u8]) -> bool {
	let Some(model) = within(4096, bytes.len(), || Model::read(bytes, None)) else { return false };
	if is_small(&model) {
		shown(lower(&model));
	}
	true
}

/// Whether the sizes in a model make no large tensor of a small input: lowering takes 70 bytes for an
/// element, of which a node with a short list can make 2^24.
fn is_small(model: &Model) -> bool {
	let constants = model.constants.values().filter_map(|tensor| match &tensor.data {
		Data::I64(values) => Some(values),
		_ => None,
	});
	let pads = model.nodes.iter().filter_map(|node| match node.attributes.get("pads") {
		Some(Attribute::Ints(values)) => Some(values),
		_ => None,
	});
	let sizes = constants.chain(pads).flatten().map(|size| size.unsigned_abs() as usize);
	let mut sizes = sizes.chain(model.input.shape.iter().copied());
	let elements = sizes.try_fold(1usize, |product, size| match size {
		0 | LARGEST.. => Some(product),
		_ => product.checked_mul(size),
	});
	elements.is_some_and(|elements| elements <= LOWERED)
}
