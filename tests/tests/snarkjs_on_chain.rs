//! Keys and proofs that snarkjs made, all of them, before the runtime.

use frame_support::{assert_noop, assert_ok};
use sp_io::TestExternalities;
use sp_runtime::BuildStorage;
use std::{
	fs::{self, File},
	io::BufWriter,
	path::Path,
	process::Command,
};
use zkml_circuits::{
	r1cs::{write_r1cs, write_wtns},
	InputChoice, Options, OutputChoice,
};
use zkml_primitives::{ModelId, Scheme, Setup, Submission, Terms, SEMANTICS_V1};
use zkml_prover::{hinted, json};
use zkml_runtime::{AccountId, Runtime, RuntimeGenesisConfig, RuntimeOrigin, System, Zkml, UNIT};
use zkml_tests::{
	examples::Ready,
	programs::{npm, root},
};

fn snarkjs(folder: &Path, arguments: &[&str]) {
	let output = Command::new("node")
		.arg(root().join("tests/oracles/snarkjs.mjs"))
		.args(arguments)
		.env("ZKML_NPM", npm())
		.current_dir(folder)
		.output()
		.expect("node is installed");
	assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn chain(account: &AccountId) -> TestExternalities {
	let genesis = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: vec![(account.clone(), 1_000 * UNIT)],
			..Default::default()
		},
		..Default::default()
	};
	let mut ext = TestExternalities::from(genesis.build_storage().unwrap());
	ext.execute_with(|| {
		System::set_block_number(1);
		frame_system::BlockHash::<Runtime>::insert(0, zkml_runtime::Hash::repeat_byte(7));
	});
	ext
}

#[test]
fn the_runtime_takes_a_key_and_a_proof_of_snarkjs() {
	let options = Options::new(InputChoice::Private, OutputChoice::Argmax);
	let digits = Ready::new("digits", options);
	let folder = tempfile::tempdir().unwrap();
	let path = |name: &str| folder.path().join(name);
	let create = |name: &str| BufWriter::new(File::create(path(name)).unwrap());
	write_r1cs(&digits.circuit.r1cs, &mut create("circuit.r1cs")).unwrap();
	let constraints = digits.circuit.r1cs.constraints() + 4;
	let power = constraints.next_power_of_two().ilog2().to_string();
	snarkjs(folder.path(), &["setup", "circuit.r1cs", &power, "keys"]);
	let key = |name: &str| {
		let text = fs::read_to_string(path("keys").join(name)).unwrap();
		json::read_verifying_key(&text).unwrap().0
	};
	let (unfinished, key) = (key("initial.json"), key("verification_key.json"));

	let account = sp_keyring::Sr25519Keyring::Alice.to_account_id();
	let interface = digits.circuit.interface;
	let model = ModelId::derive(&account, Scheme::Groth16, SEMANTICS_V1, &key, &interface);
	let signed = || RuntimeOrigin::signed(account.clone());
	let register = |key| {
		let setup = Setup::Ceremony { transcript: [1; 32], contributions: 2 };
		let (metadata, terms) = (digits.metadata(), Terms::default());
		Zkml::register_model(signed(), Box::new(key), interface, setup, metadata, terms, None)
	};
	chain(&account).execute_with(|| {
		// Before any contribution to phase 2, snarkjs' key is one that anybody can forge for.
		assert_noop!(register(unfinished), pallet_zkml::Error::<Runtime>::UnfinishedKey);
		assert_ok!(register(key.clone()));
		let context = Zkml::next_context(model, account.clone()).unwrap().context;
		let image = digits.example.heldout();
		let assignment = digits.assign(image.iter().next().unwrap(), &context);
		write_wtns(&assignment.witness, &mut create("witness.wtns")).unwrap();
		snarkjs(folder.path(), &["prove", "keys/circuit.zkey", "witness.wtns", "proof"]);
		let proof = fs::read_to_string(path("proof").join("proof.json")).unwrap();
		let proof = json::read_proof(&proof).unwrap();
		let inference = assignment.inference;
		let submission = Submission { model, anchor: None, inference, proof };
		let hinted = hinted(&key, assignment.statement.signals(), &proof).unwrap();
		let submit = || Zkml::submit_inference(signed(), 2, submission.clone().into(), hinted.hint);
		assert_ok!(submit());
		assert_noop!(submit(), pallet_zkml::Error::<Runtime>::InvalidProof);
	});
}
