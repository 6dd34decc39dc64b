//! snarkjs and this tool make, contribute to and verify each other's ceremonies.

use rand::{rngs::StdRng, SeedableRng};
use serde_json::Value;
use std::{
	fs,
	path::PathBuf,
	process::{Command, Output},
};
use zkml_prover::{
	ceremony::{Ptau, Transcript},
	json as snarkjs_json, verify,
	zkey::Zkey,
};
use zkml_tests::{
	programs::{npm, program},
	rows::write_rows,
};

/// A folder in which both tools work.
struct Folder(tempfile::TempDir);

impl Folder {
	fn new() -> Self {
		Self(tempfile::tempdir().unwrap())
	}

	fn path(&self, name: &str) -> PathBuf {
		self.0.path().join(name)
	}

	fn read(&self, name: &str) -> Vec<u8> {
		fs::read(self.path(name)).unwrap()
	}

	fn run(&self, mut command: Command, arguments: &str) -> Output {
		let output =
			command.args(arguments.split(' ')).current_dir(self.0.path()).output().unwrap();
		let text = [output.stdout.as_slice(), &output.stderr].concat();
		let text = String::from_utf8_lossy(&text).into_owned();
		assert!(!text.contains("[ERROR]"), "{arguments}: {text}");
		output
	}

	fn snarkjs(&self, arguments: &str) {
		let mut command = Command::new("node");
		command.arg(npm().join("node_modules/snarkjs/build/cli.cjs"));
		let output = self.run(command, arguments);
		let text = String::from_utf8_lossy(&output.stdout).into_owned();
		assert!(output.status.success(), "{arguments}: {text}");
	}

	fn zkml(&self, arguments: &str) -> Value {
		let mut command = Command::new(program("zkml"));
		command.arg("--json");
		let output = self.run(command, arguments);
		let text = String::from_utf8_lossy(&output.stdout).into_owned();
		assert!(output.status.success(), "{arguments}: {text}");
		serde_json::from_str(&text).unwrap()
	}
}

const BEACON: &str = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";

#[test]
fn tools_take_turns() {
	let folder = Folder::new();
	write_rows(folder.0.path(), 60).unwrap();
	folder.zkml("setup powers new --power 7 -o new.ptau");
	folder.snarkjs("powersoftau new bn128 7 theirs.ptau");
	assert_eq!(folder.read("new.ptau"), folder.read("theirs.ptau"));
	folder.snarkjs("powersoftau contribute new.ptau 1.ptau --name=theirs -e=text");
	folder.zkml("setup powers contribute 1.ptau -o 2.ptau --name ours --entropy text");
	folder.snarkjs("powersoftau contribute 2.ptau 3.ptau --name=again -e=text");
	folder.zkml(&format!("setup powers beacon 3.ptau -o 4.ptau --value {BEACON} --rounds 10"));
	folder.snarkjs(&format!("powersoftau beacon 3.ptau theirs.ptau {BEACON} 10"));
	// A beacon leads both to the same points; of the hash's state, bytes that do not count may differ.
	{
		let (ours, theirs) = (folder.read("4.ptau"), folder.read("theirs.ptau"));
		let last = |file: &[u8]| Ptau::read(file).unwrap().contributions.pop().unwrap();
		assert_eq!(last(&ours).response().unwrap(), last(&theirs).response().unwrap());
		assert_eq!(
			Ptau::read(&ours).unwrap().challenge(),
			Ptau::read(&theirs).unwrap().challenge()
		);
	}
	folder.snarkjs("powersoftau verify 4.ptau");
	folder.zkml("setup powers verify theirs.ptau");
	folder.zkml("setup powers prepare 4.ptau -o powers.ptau");
	folder.snarkjs("powersoftau prepare phase2 4.ptau theirs.ptau");
	assert!(folder.read("powers.ptau") == folder.read("theirs.ptau"));
	folder.zkml("setup powers verify powers.ptau");
	folder.snarkjs("powersoftau verify powers.ptau");
	// Published files are cut from larger ones after they were prepared.
	folder.snarkjs("powersoftau truncate powers.ptau");
	folder.zkml("setup powers verify powers_06.ptau");
	folder.zkml("setup begin circuit.r1cs --powers powers_06.ptau -o 0.zkey");
	folder.snarkjs("groth16 setup circuit.r1cs powers_06.ptau theirs.zkey");
	assert!(folder.read("0.zkey") == folder.read("theirs.zkey"));
	folder.zkml("setup contribute 0.zkey -o 1.zkey");
	folder.zkml("setup verify circuit.r1cs --powers powers_06.ptau --key 1.zkey");

	folder.zkml("setup begin circuit.r1cs --powers powers.ptau -o 0.zkey");
	folder.snarkjs("groth16 setup circuit.r1cs powers.ptau theirs.zkey");
	assert!(folder.read("0.zkey") == folder.read("theirs.zkey"));
	folder.zkml("setup contribute 0.zkey -o 1.zkey --name ours --entropy text");
	folder.snarkjs("zkey contribute 1.zkey 2.zkey --name=theirs -e=text");
	folder.zkml("setup contribute 2.zkey -o 3.zkey --name again");
	folder.zkml(&format!("setup beacon 3.zkey -o 4.zkey --value {BEACON} --rounds 10 --name end"));
	folder.snarkjs(&format!("zkey beacon 3.zkey theirs.zkey {BEACON} 10 --name=end"));
	assert!(folder.read("4.zkey") == folder.read("theirs.zkey"));
	folder.snarkjs("zkey verify circuit.r1cs powers.ptau 4.zkey");
	let verified = folder.zkml("setup verify circuit.r1cs --powers powers.ptau --key 4.zkey");
	assert_eq!(
		(&verified["contributions"], &verified["shortcomings"]),
		(&4.into(), &serde_json::json!([]))
	);
	let key = folder.read("4.zkey");
	let key = Zkey::open(&key).unwrap();
	let names: Vec<_> = Transcript::read(&key).unwrap().contributions;
	let names: Vec<_> = names.iter().map(|contribution| contribution.origin.name()).collect();
	assert_eq!(names, [Some("ours"), Some("theirs"), Some("again"), Some("end")]);

	// They prove with the key and we verify; we prove and they verify.
	folder.snarkjs("zkey export verificationkey 4.zkey verification_key.json");
	folder.snarkjs("groth16 prove 4.zkey witness.wtns proof.json public.json");
	let text = |name: &str| fs::read_to_string(folder.path(name)).unwrap();
	let (verifying_key, _) =
		snarkjs_json::read_verifying_key(&text("verification_key.json")).unwrap();
	assert_eq!(key.verifying_key().unwrap().unwrap(), verifying_key);
	let signals = snarkjs_json::read_signals(&text("public.json")).unwrap();
	let proof = snarkjs_json::read_proof(&text("proof.json")).unwrap();
	verify(&verifying_key, &signals, &proof).unwrap();
	let witness = zkml_circuits::r1cs::read_wtns(&folder.read("witness.wtns")).unwrap();
	let proof =
		zkml_prover::prove(&key.key().unwrap(), &witness, &mut StdRng::seed_from_u64(1)).unwrap();
	verify(&verifying_key, &signals, &proof).unwrap();
	let proof = snarkjs_json::proof_to_json(&proof).unwrap();
	fs::write(folder.path("proof.json"), serde_json::json!(proof).to_string()).unwrap();
	folder.snarkjs("groth16 verify verification_key.json public.json proof.json");
}

/// Of a large circuit that needs all powers there are, the hash covers bytes past a section's end.
#[test]
fn hashes_of_large_circuits_agree() {
	let folder = Folder::new();
	write_rows(folder.0.path(), 20_000).unwrap();
	folder.zkml("setup powers new --power 15 -o 0.ptau");
	folder.zkml("setup powers contribute 0.ptau -o 1.ptau");
	folder.zkml("setup powers prepare 1.ptau -o powers.ptau");
	folder.zkml("setup begin circuit.r1cs --powers powers.ptau -o ours.zkey");
	folder.snarkjs("groth16 setup circuit.r1cs powers.ptau theirs.zkey");
	assert!(folder.read("ours.zkey") == folder.read("theirs.zkey"));
}

#[test]
fn wrong_input_is_explained() {
	let folder = Folder::new();
	write_rows(folder.0.path(), 60).unwrap();
	folder.zkml("setup powers new --power 4 -o new.ptau");
	let refused = |arguments: &str, code: i32, words: &str| {
		let mut command = Command::new(program("zkml"));
		command.arg("--json");
		let output = folder.run(command, arguments);
		let text = String::from_utf8_lossy(&output.stdout).into_owned();
		let error: Value = serde_json::from_str(&text).unwrap();
		let error = error["error"].as_str().unwrap_or_default().to_string();
		assert_eq!(output.status.code(), Some(code), "{arguments}: {error}");
		assert!(error.contains(words), "{arguments}: {error}");
	};
	refused("setup powers verify new.ptau", 3, "nobody has contributed");
	refused("setup powers verify circuit.r1cs", 1, "not a .ptau file, but a .r1cs file");
	refused(
		"setup begin new.ptau --powers new.ptau -o k.zkey",
		1,
		"not a .r1cs file, but a .ptau file",
	);
	refused("setup begin circuit.r1cs --powers new.ptau -o k.zkey", 1, "reach 2^4");
	refused("setup powers new --power 40 -o x.ptau", 1, "from 1 to 27");
	refused("setup powers beacon new.ptau -o x.ptau --value xyz", 1, "not hexadecimal");
	refused("setup powers beacon new.ptau -o x.ptau --value 12 --rounds 63", 1, "2^10 to 2^40");
	let hash = "00".repeat(64);
	refused(&format!("setup powers verify new.ptau --blake2b {hash}"), 1, "its BLAKE2b-512 is");
	folder.zkml("setup powers new --power 7 -o 7.ptau");
	refused("setup begin circuit.r1cs --powers 7.ptau -o k.zkey", 1, "not prepared");
	let whole = folder.read("new.ptau");
	fs::write(folder.path("cut.ptau"), &whole[..whole.len() - 7]).unwrap();
	refused("setup powers contribute cut.ptau -o x.ptau", 1, "the .ptau file is truncated");
	// Nothing that a step did not finish is left.
	let mut left: Vec<_> =
		fs::read_dir(folder.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
	left.sort();
	assert_eq!(left, ["7.ptau", "circuit.r1cs", "cut.ptau", "new.ptau", "witness.wtns"]);
}
