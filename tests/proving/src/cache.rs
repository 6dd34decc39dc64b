//! Keys, kept between runs: those of large circuits take minutes to make.

use crate::{cases::Circuit, BenchError};
use rand::rngs::OsRng;
use std::{
	fs::{self, File},
	io::{self, BufWriter},
	path::{Path, PathBuf},
};
use zkml_circuits::r1cs::{write_r1cs, write_wtns, R1cs};
use zkml_cli::files::{sha256, TOOL};
use zkml_primitives::{InputVisibility, Interface, OutputKind, VerifyingKey, WeightsVisibility};
use zkml_prover::{setup, zkey, Manifest, Map, SetupKind, FORMAT};

/// The files that all provers are given.
#[derive(Debug)]
pub struct Files {
	/// The `.zkey` file.
	pub key: PathBuf,
	/// Its size in bytes.
	pub key_size: u64,
	/// The `.wtns` file.
	pub witness: PathBuf,
	/// Of the key.
	pub verifying_key: VerifyingKey,
}

impl Files {
	/// Takes the key of a circuit from the cache, or makes it, and writes the witness into a folder.
	///
	/// # Errors
	/// [`BenchError`] of setup and of the disk.
	pub fn new(cache: &Path, folder: &Path, circuit: &Circuit) -> Result<Self, BenchError> {
		let key = kept_key(cache, &circuit.r1cs)?;
		let witness = folder.join("witness.wtns");
		let mut out = BufWriter::new(File::create(&witness).map_err(BenchError::file(&witness))?);
		write_wtns(&circuit.witness, &mut out).map_err(BenchError::file(&witness))?;
		let map = Map::open(&key).map_err(BenchError::file(&key))?;
		let opened = zkey::Zkey::open(&map).map_err(BenchError::content(&key))?;
		let verifying_key = opened.verifying_key().map_err(BenchError::content(&key))?;
		let verifying_key = verifying_key.ok_or(BenchError::VerifyingKey)?;
		// So that no prover is the first to read it from the disk.
		io::copy(&mut &*map, &mut io::sink()).map_err(BenchError::file(&key))?;
		Ok(Self { key_size: map.len() as u64, key, witness, verifying_key })
	}
}

/// The key of a circuit, made by one party. Nothing looks at what it says of signals.
fn kept_key(cache: &Path, r1cs: &R1cs) -> Result<PathBuf, BenchError> {
	let mut file = Vec::new();
	write_r1cs(r1cs, &mut file).map_err(BenchError::file("circuit.r1cs"))?;
	let circuit_sha256 = sha256(&file);
	drop(file);
	let path = cache.join(format!("{circuit_sha256}.zkey"));
	let manifest = Manifest {
		format: FORMAT,
		tool: TOOL.into(),
		setup: SetupKind::Development,
		circuit_sha256,
		model_sha256: String::new(),
		interface: Interface {
			input: InputVisibility::Private,
			weights: WeightsVisibility::Public,
			output: OutputKind::Argmax { classes: 2 },
		},
	};
	let says = |map: Map| zkey::read_manifest(&map).ok().flatten();
	if Map::open(&path).ok().and_then(says).as_ref() == Some(&manifest) {
		return Ok(path);
	}
	fs::create_dir_all(cache).map_err(BenchError::file(cache))?;
	let key = setup(r1cs, &mut OsRng)?;
	let out = tempfile::NamedTempFile::new_in(cache).map_err(BenchError::file(cache))?;
	zkey::write(&key, &manifest, out.as_file()).map_err(BenchError::file(out.path()))?;
	out.persist(&path)
		.map_err(|error| BenchError::File { path: path.clone(), error: error.error })?;
	Ok(path)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::cases::Case;

	#[test]
	fn keys_are_kept_and_damaged_ones_replaced() {
		let folder = tempfile::tempdir().expect("a folder");
		let cache = folder.path().join("cache");
		let circuit = Case::Products(5).circuit();
		let key = || Files::new(&cache, folder.path(), &circuit).expect("a key");
		let first = key();
		let bytes = fs::read(&first.key).expect("the key");
		assert_eq!(first.key_size, bytes.len() as u64);
		assert_eq!(key().verifying_key, first.verifying_key);
		fs::write(&first.key, &bytes[..bytes.len() / 2]).expect("a disk");
		assert_ne!(key().verifying_key, first.verifying_key);
		let other = Files::new(&cache, folder.path(), &Case::Products(6).circuit()).expect("a key");
		assert_ne!(other.key, first.key);
	}
}
