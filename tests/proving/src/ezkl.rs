//! From the same ONNX file to a verified proof, by `zkml` and by EZKL. Each step is a process, as people
//! run it.

use crate::{
	process::{measure, Usage},
	BenchError,
};
use serde_json::{json, Value};
use std::{
	fs,
	io::Cursor,
	path::{Path, PathBuf},
	process::Command,
};
use zkml_circuits::{onnx::Model as Onnx, quantize, r1cs::read_r1cs, samples::Samples};
use zkml_cli::files::KeysFolder;
use zkml_figures::median;
use zkml_primitives::PROOF_LEN;
use zkml_tests::{
	examples::file,
	models::{npz, Chain},
	programs::program,
};

/// Samples that EZKL calibrates with: more take it longer, and change nothing that is measured here.
const CALIBRATION: usize = 10;
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ezkl_steps.py");

/// What is done with a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
	/// Quantising or calibrating, and compiling.
	Prepare,
	/// Making the keys.
	Setup,
	/// The witness and the proof.
	Prove,
	/// Verifying it.
	Verify,
}

impl Step {
	/// All, in order.
	pub const ALL: [Self; 4] = [Self::Prepare, Self::Setup, Self::Prove, Self::Verify];

	/// Its name in tables.
	pub fn name(self) -> &'static str {
		match self {
			Self::Prepare => "quantise, compile",
			Self::Setup => "setup",
			Self::Prove => "witness, proof",
			Self::Verify => "verify",
		}
	}
}

/// What one tool took, and made.
#[derive(Debug, Default)]
pub struct Side {
	/// Of each step, each round.
	usages: [Vec<Usage>; 4],
	/// Of each step, each round, the seconds of its calls alone.
	calls: [Vec<f64>; 4],
	/// Constraints or rows.
	pub size: u64,
	/// Bytes of the proving key.
	pub proving_key: u64,
	/// Bytes of the verifying key.
	pub verifying_key: u64,
	/// Bytes of the proof.
	pub proof: u64,
}

impl Side {
	/// Medians of a step.
	///
	/// # Panics
	/// If nothing was measured.
	pub fn usage(&self, step: Step) -> Usage {
		let all = &self.usages[step as usize];
		let of = |pick: fn(&Usage) -> f64| median(all.iter().map(pick).collect());
		Usage { seconds: of(|usage| usage.seconds), memory: of(|usage| usage.memory as f64) as u64 }
	}

	/// The median of a step's calls alone, where they are known.
	pub fn calls(&self, step: Step) -> Option<f64> {
		let all = &self.calls[step as usize];
		(!all.is_empty()).then(|| median(all.clone()))
	}
}

/// One model in both tools.
#[derive(Debug)]
pub struct Comparison {
	/// The model.
	pub name: &'static str,
	/// `zkml`.
	pub ours: Side,
	/// EZKL.
	pub theirs: Side,
	/// Of EZKL's rows, the binary logarithm.
	pub logrows: u32,
	/// Bits after the point of EZKL's numbers.
	pub scale: u32,
	/// Bytes of EZKL's reference string.
	pub srs: u64,
}

/// A model, and what it is run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
	/// `examples/digits`.
	Digits,
	/// A network of the same kind for larger images, with made-up weights.
	Larger,
}

impl Model {
	/// All of them.
	pub const ALL: [Self; 2] = [Self::Digits, Self::Larger];

	/// Its name in tables.
	pub fn name(self) -> &'static str {
		match self {
			Self::Digits => "digits, 64-32-10",
			Self::Larger => "784-56-10",
		}
	}

	/// The ONNX file, and samples as `.npz`.
	fn bytes(self) -> Result<[Vec<u8>; 2], BenchError> {
		let read = |path: PathBuf| fs::read(&path).map_err(BenchError::file(path));
		match self {
			Self::Digits => {
				Ok([read(file("digits", "digits.onnx"))?, read(file("digits", "calibration.npz"))?])
			},
			Self::Larger => {
				let chain = Chain::new(1, &[1, 784]).gemm(784, 56).relu().gemm(56, 10);
				let model = quantize::encode(&chain.finish(&[1, 10]));
				Ok([model, npz(1, 16, &[784], 0.0, 255.0)])
			},
		}
	}

	/// Writes what both tools read: the model, samples to calibrate with, and the first of them as input.
	fn write(self, folder: &Path) -> Result<(), BenchError> {
		let [model, samples] = self.bytes()?;
		let float = Onnx::read(&model, None).map_err(BenchError::content("model.onnx"))?;
		let read = Samples::read_npz(Cursor::new(&samples), &float.input.shape);
		let read = read.map_err(BenchError::content("calibration.npz"))?;
		let first: Vec<f32> = read.iter().next().unwrap_or_default().to_vec();
		let some: Vec<f32> = read.iter().take(CALIBRATION).flatten().copied().collect();
		let write = |name: &str, bytes: &[u8]| {
			let path = folder.join(name);
			fs::write(&path, bytes).map_err(BenchError::file(path))
		};
		let values = |value: Value| value.to_string().into_bytes();
		write("model.onnx", &model)?;
		write("calibration.npz", &samples)?;
		write("input.json", &values(json!({ float.input.name: first })))?;
		write("ezkl-input.json", &values(json!({ "input_data": [first] })))?;
		write("ezkl-calibration.json", &values(json!({ "input_data": [some] })))
	}
}

/// EZKL in Python.
#[derive(Debug)]
pub struct Ezkl {
	python: PathBuf,
	/// Its version.
	pub version: String,
}

impl Ezkl {
	/// Looks for it where `scripts/setup.sh bench` puts it.
	pub fn find(cache: &Path) -> Option<Self> {
		let python = cache.join("ezkl/bin/python");
		let version = "import ezkl; from importlib.metadata import version; print(version('ezkl'))";
		let output = Command::new(&python).args(["-c", version]).output().ok()?;
		let version = String::from_utf8_lossy(&output.stdout).trim().to_string();
		output.status.success().then_some(Self { python, version })
	}

	/// Takes a model through both tools, in turn in every round. Reference strings are kept in `cache`;
	/// `say` is told what is done.
	///
	/// # Errors
	/// [`BenchError`] if a step fails; verifying is one.
	pub fn compare(
		&self,
		model: Model,
		cache: &Path,
		rounds: usize,
		say: &dyn Fn(&str),
	) -> Result<Comparison, BenchError> {
		let temporary = tempfile::tempdir().map_err(BenchError::file("a temporary folder"))?;
		let folder = temporary.path();
		model.write(folder)?;
		let zkml = program("zkml");
		let [mut ours, mut theirs] = [Side::default(), Side::default()];
		let mut srs = PathBuf::new();
		for round in 1..=rounds {
			for step in Step::ALL {
				say(&format!("{}: round {round} of {rounds}, {}", model.name(), step.name()));
				ours.usages[step as usize].push(our_step(step, &zkml, folder)?);
				let (usage, calls) = self.step(step, &srs, folder)?;
				theirs.usages[step as usize].push(usage);
				theirs.calls[step as usize].push(calls);
				if step == Step::Prepare {
					srs = self.reference_string(logrows(folder)?, cache, folder, say)?;
				}
			}
		}
		our_sizes(&mut ours, folder)?;
		their_sizes(&mut theirs, folder)?;
		let scale = setting(folder, "/run_args/input_scale")? as u32;
		let (logrows, srs) = (logrows(folder)?, size(&srs)?);
		Ok(Comparison { name: model.name(), ours, theirs, logrows, scale, srs })
	}

	/// What a step took, and its calls alone.
	fn step(&self, step: Step, srs: &Path, folder: &Path) -> Result<(Usage, f64), BenchError> {
		let name = match step {
			Step::Prepare => "prepare",
			Step::Setup => "setup",
			Step::Prove => "prove",
			Step::Verify => "verify",
		};
		let mut command = Command::new(&self.python);
		let usage = measure(command.args([SCRIPT, name]).arg(srs).current_dir(folder))?;
		Ok((usage, number(&folder.join("calls.json"), "/seconds")?))
	}

	/// One for this number of rows, made here by one party.
	fn reference_string(
		&self,
		logrows: u32,
		cache: &Path,
		folder: &Path,
		say: &dyn Fn(&str),
	) -> Result<PathBuf, BenchError> {
		let path = cache.join(format!("ezkl-{}-{logrows}.srs", self.version));
		if path.is_file() {
			return Ok(path);
		}
		say(&format!("EZKL's reference string of 2^{logrows}"));
		fs::create_dir_all(cache).map_err(BenchError::file(cache))?;
		let temporary = path.with_extension("tmp");
		let mut command = Command::new(&self.python);
		measure(command.args([SCRIPT, "srs"]).arg(&temporary).current_dir(folder))?;
		fs::rename(&temporary, &path).map_err(BenchError::file(&path))?;
		Ok(path)
	}
}

fn our_step(step: Step, zkml: &Path, folder: &Path) -> Result<Usage, BenchError> {
	let run = |arguments: &str| {
		let mut command = Command::new(zkml);
		measure(command.args(arguments.split(' ')).arg("--quiet").current_dir(folder))
	};
	match step {
		Step::Prepare => {
			let quantise =
				run("quantize model.onnx --calibration calibration.npz -o model.q.onnx")?;
			Ok(quantise.then(run("compile model.q.onnx -o circuit")?))
		},
		Step::Setup => run("setup circuit -o keys"),
		Step::Prove => run("prove circuit --keys keys --input input.json -o proof"),
		Step::Verify => run("verify proof --keys keys"),
	}
}

fn our_sizes(side: &mut Side, folder: &Path) -> Result<(), BenchError> {
	let path = folder.join("circuit/circuit.r1cs");
	let bytes = fs::read(&path).map_err(BenchError::file(&path))?;
	let r1cs = read_r1cs(&bytes).map_err(BenchError::content(path))?;
	let keys = folder.join("keys");
	let opened = KeysFolder::open(&keys).map_err(BenchError::content(&keys))?;
	let key = &opened.verifying_key;
	let points = [key.beta, key.gamma, key.delta].as_flattened().len() + key.alpha.len();
	side.size = r1cs.constraints() as u64;
	side.proving_key = size(&opened.proving_key())?;
	side.verifying_key = (points + key.ic.as_flattened().len()) as u64;
	side.proof = PROOF_LEN as u64;
	Ok(())
}

fn their_sizes(side: &mut Side, folder: &Path) -> Result<(), BenchError> {
	side.size = setting(folder, "/num_rows")?;
	side.proving_key = size(&folder.join("ezkl-pk.key"))?;
	side.verifying_key = size(&folder.join("ezkl-vk.key"))?;
	side.proof = number(&folder.join("calls.json"), "/proof")? as u64;
	Ok(())
}

fn logrows(folder: &Path) -> Result<u32, BenchError> {
	Ok(setting(folder, "/run_args/logrows")? as u32)
}

fn setting(folder: &Path, name: &str) -> Result<u64, BenchError> {
	Ok(number(&folder.join("ezkl-settings.json"), name)? as u64)
}

/// A number in a JSON file.
fn number(path: &Path, pointer: &str) -> Result<f64, BenchError> {
	let text = fs::read(path).map_err(BenchError::file(path))?;
	let value: Value = serde_json::from_slice(&text).map_err(BenchError::content(path))?;
	let number = value.pointer(pointer).and_then(Value::as_f64);
	let what = || BenchError::Content { path: path.into(), what: format!("no number {pointer}") };
	number.ok_or_else(what)
}

fn size(path: &Path) -> Result<u64, BenchError> {
	fs::metadata(path).map(|data| data.len()).map_err(BenchError::file(path))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn both_tools_get_the_same_numbers() {
		for model in Model::ALL {
			let folder = tempfile::tempdir().expect("a folder");
			model.write(folder.path()).expect("a model");
			let read = |name: &str| -> Value {
				let text = fs::read(folder.path().join(name)).expect("a file");
				serde_json::from_slice(&text).expect("JSON")
			};
			let ours = read("input.json").as_object().and_then(|all| all.values().next().cloned());
			let ours = ours.expect("an input");
			assert_eq!(read("ezkl-input.json")["input_data"][0], ours);
			let count = ours.as_array().map_or(0, Vec::len);
			let calibration = &read("ezkl-calibration.json")["input_data"][0];
			assert_eq!(calibration.as_array().map_or(0, Vec::len), count * CALIBRATION);
		}
	}

	#[test]
	fn numbers_are_found_or_missed() {
		let file = tempfile::NamedTempFile::new().expect("a file");
		fs::write(file.path(), "{\"a\":{\"b\":1.5}}").expect("a disk");
		assert_eq!(number(file.path(), "/a/b").expect("a number"), 1.5);
		let missed = number(file.path(), "/a/c").expect_err("no number");
		assert!(missed.to_string().ends_with("no number /a/c"), "{missed}");
	}
}
