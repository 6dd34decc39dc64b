//! Folders and files that the commands pass to each other.
//!
//! Everything is written under a temporary name and renamed when complete, so that an interrupted
//! run leaves nothing that a later one would trust.

use crate::error::CliError;
use serde::{de::DeserializeOwned, Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
	fs,
	path::{Path, PathBuf},
	sync::Mutex,
};
use zkml_circuits::{lower, lower_committed, onnx::Model, Graph, Layer, Options, WeightsChoice};
use zkml_primitives::{
	context_for, submission_payload, Context, Inference, Interface, ModelId, Proof, Signal,
	VerifyingKey, SUBMIT_INFERENCE,
};
use zkml_prover::{json, Manifest, Map};

/// Version of the files' layout.
pub const FORMAT: u32 = 1;

/// The tool that writes them.
pub const TOOL: &str = concat!("zkml ", env!("CARGO_PKG_VERSION"));

/// Temporary paths of this process, removed when it is interrupted.
static TEMPORARY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Removes temporary files; for the handler of Ctrl-C.
pub fn remove_temporary() {
	if let Ok(paths) = TEMPORARY.lock() {
		for path in paths.iter() {
			let _ = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
		}
	}
}

fn parent(path: &Path) -> &Path {
	path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Reads a file.
pub fn read(path: &Path) -> Result<Vec<u8>, CliError> {
	fs::read(path).map_err(CliError::file(path))
}

/// Reads a text file.
pub fn read_text(path: &Path) -> Result<String, CliError> {
	fs::read_to_string(path).map_err(CliError::file(path))
}

/// Writes a file, all of it or nothing. A link is followed; a device is not replaced.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
	write_with(path, bytes, 0o666)
}

/// The same, for a file that only its owner may read.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
	write_with(path, bytes, 0o600)
}

/// Writes a file that only its owner may read; false if there is one of this name already.
pub fn write_new_secret(path: &Path, bytes: &[u8]) -> Result<bool, CliError> {
	let file = temporary(path, 0o600, bytes)?;
	file.as_file().sync_all().map_err(CliError::file(path))?;
	match file.persist_noclobber(path) {
		Ok(_) => Ok(true),
		Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
		Err(error) => Err(CliError::File { path: path.into(), error: error.error }),
	}
}

/// The default folder of secrets.
const SECRETS: &str = "zkml-secrets";

/// Writes a secret where none is yet, readable by its owner only. Git ignores the default folder.
pub fn keep_secret(path: &Path, bytes: &[u8], what: &str) -> Result<(), CliError> {
	if parent(path) == Path::new(SECRETS) {
		write_new_secret(&parent(path).join(".gitignore"), b"*\n")?;
	}
	if write_new_secret(path, bytes)? {
		return Ok(());
	}
	Err(CliError::Content {
		path: path.into(),
		what: format!("the file exists, and may be the only copy of {what}"),
		help: "choose another name with -o".into(),
	})
}

fn write_with(path: &Path, bytes: &[u8], mode: u32) -> Result<(), CliError> {
	let target = fs::canonicalize(path).unwrap_or_else(|_| path.into());
	if target.exists() && !target.is_file() {
		return Err(CliError::Content {
			path: path.into(),
			what: "it is not a regular file".into(),
			help: "choose another name with -o".into(),
		});
	}
	let path = target.as_path();
	let file = temporary(path, mode, bytes)?;
	file.persist(path).map_err(|error| CliError::File { path: path.into(), error: error.error })?;
	Ok(())
}

/// A file beside `path` with this content, to be renamed to it.
#[cfg_attr(not(unix), allow(unused_variables))]
fn temporary(path: &Path, mode: u32, bytes: &[u8]) -> Result<tempfile::NamedTempFile, CliError> {
	let folder = parent(path);
	fs::create_dir_all(folder).map_err(CliError::file(folder))?;
	let mut builder = tempfile::Builder::new();
	#[cfg(unix)]
	builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
	let mut file = builder.tempfile_in(folder).map_err(CliError::file(folder))?;
	if let Ok(mut paths) = TEMPORARY.lock() {
		paths.push(file.path().into());
	}
	std::io::Write::write_all(&mut file, bytes).map_err(CliError::file(path))?;
	Ok(file)
}

/// Maps a file into memory.
pub fn map(path: &Path) -> Result<Map, CliError> {
	Map::open(path).map_err(CliError::file(path))
}

/// A file that is being written under a temporary name.
#[derive(Debug)]
pub struct Pending {
	file: tempfile::NamedTempFile,
	path: PathBuf,
}

/// Begins a file, which appears under its name when it is kept.
pub fn create(path: &Path) -> Result<Pending, CliError> {
	Ok(Pending { file: temporary(path, 0o666, &[])?, path: path.into() })
}

impl Pending {
	/// Where to write.
	pub fn out(&mut self) -> &mut fs::File {
		self.file.as_file_mut()
	}

	/// What was written, mapped into memory; the file does not outlive it.
	pub fn map(&self) -> Result<Map, CliError> {
		map(self.file.path())
	}

	/// Gives the file its name; its size.
	pub fn keep(self) -> Result<u64, CliError> {
		let Self { file, path } = self;
		file.as_file().sync_all().map_err(CliError::file(&path))?;
		let size = file.as_file().metadata().map_err(CliError::file(&path))?.len();
		file.persist(&path).map_err(|error| CliError::File { path, error: error.error })?;
		Ok(size)
	}
}

/// Writes a folder of files, all of them or none.
///
/// An older folder is replaced if it holds no other files than these.
pub fn write_folder(folder: &Path, files: &[(&str, &[u8])]) -> Result<(), CliError> {
	let above = parent(folder);
	fs::create_dir_all(above).map_err(CliError::file(above))?;
	if let Ok(entries) = fs::read_dir(folder) {
		for entry in entries {
			let name = entry.map_err(CliError::file(folder))?.file_name();
			if !files.iter().any(|(known, _)| name == *known) && !LATER.iter().any(|l| name == *l) {
				return Err(CliError::Content {
					path: folder.into(),
					what: format!("the folder exists and holds {}", name.to_string_lossy()),
					help: "choose another folder with -o".into(),
				});
			}
		}
	}
	let temporary = tempfile::TempDir::new_in(above).map_err(CliError::file(above))?;
	if let Ok(mut paths) = TEMPORARY.lock() {
		paths.push(temporary.path().into());
	}
	let hides_weights = files.iter().any(|(name, _)| *name == ARCHITECTURE);
	for (name, bytes) in files {
		let path = temporary.path().join(name);
		fs::write(&path, bytes).map_err(CliError::file(&path))?;
		#[cfg(unix)]
		if hides_weights && *name == CIRCUIT_FILES[2] {
			let owner = std::os::unix::fs::PermissionsExt::from_mode(0o600);
			fs::set_permissions(&path, owner).map_err(CliError::file(&path))?;
		}
	}
	if folder.exists() {
		fs::remove_dir_all(folder).map_err(CliError::file(folder))?;
	}
	fs::rename(temporary.keep(), folder).map_err(CliError::file(folder))
}

/// Files that some commands add to a folder.
const LATER: &[&str] = &["registration.json", "transcript.txt", ARCHITECTURE, WASM];

/// In a circuit's folder, the model without its weights, where those are committed.
pub const ARCHITECTURE: &str = "architecture.onnx";

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
	hex::encode(Sha256::digest(bytes))
}

/// SHA-256.
pub fn sha256_bytes(bytes: &[u8]) -> [u8; 32] {
	Sha256::digest(bytes).into()
}

/// Reads a text file that another verb should have written; says which.
fn read_made(path: &Path, help: &str) -> Result<String, CliError> {
	fs::read_to_string(path).map_err(|error| CliError::Content {
		path: path.into(),
		what: error.to_string(),
		help: help.into(),
	})
}

fn parse<T: DeserializeOwned>(path: &Path, help: &str) -> Result<T, CliError> {
	serde_json::from_str(&read_made(path, help)?).map_err(|error| CliError::Content {
		path: path.into(),
		what: error.to_string(),
		help: help.into(),
	})
}

/// Renders JSON for a file.
pub fn to_json(value: &impl Serialize) -> Vec<u8> {
	let mut text = serde_json::to_vec_pretty(value).unwrap_or_default();
	text.push(b'\n');
	text
}

/// `interface.json`: what a compiled circuit is.
#[derive(Debug, Serialize, Deserialize)]
pub struct CircuitFile {
	/// [`FORMAT`].
	pub format: u32,
	/// Tool and version.
	pub tool: String,
	/// SHA-256 of `circuit.r1cs`.
	pub circuit_sha256: String,
	/// SHA-256 of `model.onnx`.
	pub model_sha256: String,
	/// SHA-256 of what keys and chains name: `model.onnx`, or, where weights are committed,
	/// `architecture.onnx`, which has none.
	pub published_sha256: String,
	/// Shape of the model's input, also where the model leaves it open.
	pub input_shape: Vec<usize>,
	/// What is shown and what is hidden.
	pub options: Options,
	/// The public signals.
	pub interface: Interface,
	/// What each public signal is, in order.
	pub signals: Vec<String>,
	/// Number of constraints.
	pub constraints: usize,
	/// Number of wires.
	pub wires: u32,
	/// Entries of the matrices A, B and C.
	pub non_zeros: [usize; 3],
	/// Where the circuit comes from, if it was not compiled from a model.
	#[serde(default)]
	pub imported: Option<Imported>,
	/// Costs by layer.
	#[serde(skip_deserializing, default)]
	pub layers: Vec<Layer>,
}

/// What is known of a circuit from elsewhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Imported {
	/// SHA-256 of `circuit.wasm`, which computes witnesses; without it, they must be given.
	pub wasm_sha256: Option<String>,
	/// Name of the input signal that takes the context.
	pub context: Option<String>,
}

/// In the folder of an imported circuit, the program that computes witnesses.
pub const WASM: &str = "circuit.wasm";

/// A folder written by `zkml compile` or `zkml import`.
#[derive(Debug)]
pub struct CircuitFolder {
	/// Where it is.
	pub path: PathBuf,
	/// `interface.json`.
	pub file: CircuitFile,
}

/// Names of the files in a circuit's folder.
pub const CIRCUIT_FILES: [&str; 3] = ["circuit.r1cs", "interface.json", "model.onnx"];

impl CircuitFolder {
	/// Opens a folder.
	pub fn open(path: &Path) -> Result<Self, CliError> {
		let help = "make the folder with `zkml compile`";
		let file: CircuitFile = parse(&path.join("interface.json"), help)?;
		check_format(path, file.format, &file.tool)?;
		Ok(Self { path: path.into(), file })
	}

	/// The bytes of `circuit.r1cs`, checked against their hash.
	pub fn r1cs(&self) -> Result<Vec<u8>, CliError> {
		self.checked("circuit.r1cs", &self.file.circuit_sha256)
	}

	/// The program that computes witnesses of an imported circuit, checked against its hash.
	pub fn wasm(&self) -> Result<Option<Vec<u8>>, CliError> {
		let imported = self.file.imported.as_ref();
		let Some(hash) = imported.and_then(|imported| imported.wasm_sha256.as_ref()) else {
			return Ok(None);
		};
		self.checked(WASM, hash).map(Some)
	}

	/// The integer graph of the model, with its weights as the circuit has them.
	pub fn graph(&self) -> Result<Graph, CliError> {
		if self.file.imported.is_some() {
			return Err(CliError::Content {
				path: self.path.clone(),
				what: "the circuit was imported, and has no model".into(),
				help: "this step is for circuits that `zkml compile` made from an ONNX file".into(),
			});
		}
		let bytes = self.checked("model.onnx", &self.file.model_sha256)?;
		let model = Model::read(&bytes, Some(&self.file.input_shape))?;
		Ok(match self.file.options.weights {
			WeightsChoice::Public => lower(&model)?,
			WeightsChoice::Committed { bits, .. } => lower_committed(&model, bits)?,
		})
	}

	fn checked(&self, name: &str, expected: &str) -> Result<Vec<u8>, CliError> {
		let path = self.path.join(name);
		let bytes = read(&path)?;
		let got = sha256(&bytes);
		if got != expected {
			return Err(CliError::Content {
				path,
				what: format!("its SHA-256 is {got}, interface.json says {expected}"),
				help: "the file was changed after it was compiled: run `zkml compile`, or `zkml import`, again"
					.into(),
			});
		}
		Ok(bytes)
	}
}

/// Refuses a file of another version's layout.
pub fn check_format(path: &Path, format: u32, tool: &str) -> Result<(), CliError> {
	if format == FORMAT {
		return Ok(());
	}
	Err(CliError::Content {
		path: path.into(),
		what: format!("format {format}, written by {tool}; this is {TOOL}, which knows {FORMAT}"),
		help: "make it again with this version".into(),
	})
}

/// A folder written by `zkml setup`.
#[derive(Debug)]
pub struct KeysFolder {
	/// Where it is.
	pub path: PathBuf,
	/// The verifying key.
	pub verifying_key: VerifyingKey,
	/// What the key says of itself.
	pub manifest: Manifest,
}

impl KeysFolder {
	/// Opens a folder; reads the verifying key.
	pub fn open(folder: &Path) -> Result<Self, CliError> {
		let path = folder.join("verification_key.json");
		let content = |what: String| CliError::Content {
			path: path.clone(),
			what,
			help: "make the keys with `zkml setup`".into(),
		};
		let (verifying_key, manifest) =
			json::read_verifying_key(&read_made(&path, "make the keys with `zkml setup`")?)
				.map_err(|error| content(error.to_string()))?;
		let manifest = manifest.ok_or_else(|| {
			content("it was not made by zkml, so nothing says what its signals mean".into())
		})?;
		check_format(folder, manifest.format, &manifest.tool)?;
		Ok(Self { path: folder.into(), verifying_key, manifest })
	}

	/// Path of the proving key.
	pub fn proving_key(&self) -> PathBuf {
		self.path.join("proving_key.zkey")
	}
}

/// Where a proof may be submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
	/// Hash of the chain's first block.
	pub genesis: String,
	/// The registered model.
	pub model: String,
	/// The account that will submit, in hexadecimal.
	pub account: String,
	/// Its nonce for the model.
	pub nonce: u64,
	/// The block that the proof is made for, where the model asks for one.
	#[serde(default)]
	pub anchor: Option<AnchorBlock>,
}

/// A block that a proof is made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnchorBlock {
	/// Its number.
	pub block: u32,
	/// Its hash.
	pub hash: String,
}

impl Destination {
	/// The context that a proof for this destination has; `None` if a hash is none.
	pub fn context(&self) -> Option<Context> {
		let genesis = hash_from_hex(&self.genesis)?;
		let model = ModelId(hash_from_hex(&self.model)?);
		let account = hash_from_hex(&self.account)?;
		let anchor = match &self.anchor {
			Some(anchor) => Some(hash_from_hex(&anchor.hash)?),
			None => None,
		};
		let payload = submission_payload(self.nonce, anchor.as_ref());
		Some(context_for(&genesis, SUBMIT_INFERENCE, model, &account, &payload))
	}
}

/// `inference.json`: what a proof claims.
#[derive(Debug, Serialize, Deserialize)]
pub struct Claim {
	/// [`FORMAT`].
	pub format: u32,
	/// Tool and version.
	pub tool: String,
	/// The circuit.
	pub circuit_sha256: String,
	/// The context, in hexadecimal.
	pub context: String,
	/// What the context stands for; absent where it was given as it is.
	pub destination: Option<Destination>,
	/// The claim in SCALE, in hexadecimal, as it is submitted.
	pub inference: String,
	/// The claim for people.
	pub shown: serde_json::Value,
}

/// A folder written by `zkml prove`.
#[derive(Debug)]
pub struct ProofFolder {
	/// What it claims.
	pub claim: Claim,
	/// The claim.
	pub inference: Inference,
	/// The proof.
	pub proof: Proof,
	/// The public signals.
	pub signals: Vec<Signal>,
}

impl ProofFolder {
	/// Opens a folder.
	pub fn open(folder: &Path) -> Result<Self, CliError> {
		let path = folder.join("inference.json");
		let claim: Claim = parse(&path, "make the proof with `zkml prove`")?;
		check_format(folder, claim.format, &claim.tool)?;
		let inference = hex::decode(&claim.inference)
			.ok()
			.and_then(|bytes| codec::DecodeAll::decode_all(&mut bytes.as_slice()).ok())
			.ok_or_else(|| CliError::Invalid(format!("{}: no inference", path.display())))?;
		let path = folder.join("proof.json");
		let invalid = |path: &Path, error: json::JsonError| {
			CliError::Invalid(format!("{}: {error}", path.display()))
		};
		let proof = json::read_proof(&read_text(&path)?).map_err(|error| invalid(&path, error))?;
		let path = folder.join("public.json");
		let signals =
			json::read_signals(&read_text(&path)?).map_err(|error| invalid(&path, error))?;
		Ok(Self { claim, inference, proof, signals })
	}
}

/// `registration.json`: where a model was registered, kept beside its keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Registration {
	/// Hash of the chain's first block.
	pub genesis: String,
	/// The model's id.
	pub model: String,
	/// Its owner, in hexadecimal.
	pub owner: String,
}

impl Registration {
	/// Reads the registration beside keys, if there is one.
	pub fn open(keys: &Path) -> Result<Option<Self>, CliError> {
		let path = keys.join("registration.json");
		if !path.exists() {
			return Ok(None);
		}
		parse(&path, "register the model again with `zkml register`").map(Some)
	}
}

/// 32 bytes from hexadecimal, with or without `0x`.
pub fn hash_from_hex(text: &str) -> Option<[u8; 32]> {
	hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok()?.try_into().ok()
}
