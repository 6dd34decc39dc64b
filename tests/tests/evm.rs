//! The contract in an EVM: it says of every proof what the native verifier says.
//!
//! The EVM is @ethereumjs/evm; it and `solc` are of npm, and `scripts/setup.sh oracles` installs them.

use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInteger, Field, PrimeField};
use serde_json::{json, Value};
use std::{
	io::{BufRead, BufReader, Lines, Write},
	process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};
use zkml_primitives::{Proof, Signal, VerifyingKey};
use zkml_prover::{solidity, solidity_call};
use zkml_tests::programs::{npm, root};
use zkml_verifier::{
	encoding::{encode_g1, encode_g2, encode_scalar},
	fixtures::Fixture,
	PreparedKey, RawKey,
};

/// Largest contract that a chain takes (EIP-170).
const MAX_CODE: usize = 24_576;
/// More than any call here needs.
const GAS: u64 = 10_000_000;

/// What node does: solc's own command writes more than JSON.
const RUN_SOLC: &str =
	"console.log(require(process.argv[1]).compile(require('fs').readFileSync(0, 'utf8')))";

/// How a contract is compiled.
#[derive(Clone, Copy, Debug)]
struct Mode {
	optimizer: bool,
	/// How often code is taken to run: more make for larger contracts.
	runs: u32,
	via_ir: bool,
}

const PLAIN: Mode = Mode { optimizer: false, runs: 200, via_ir: false };
const OPTIMIZED: Mode = Mode { optimizer: true, runs: 200, via_ir: false };
const VIA_IR: Mode = Mode { optimizer: true, runs: 1_000_000, via_ir: true };

/// What the compiler makes of one contract.
struct Compiled {
	init: Vec<u8>,
	size: usize,
	/// Signatures of functions, and their selectors.
	functions: Value,
}

fn compile(source: &str, contract: &str, Mode { optimizer, runs, via_ir }: Mode) -> Compiled {
	let input = json!({
		"language": "Solidity",
		"sources": { "contract.sol": { "content": source } },
		"settings": {
			"optimizer": { "enabled": optimizer, "runs": runs },
			"viaIR": via_ir,
			"outputSelection": { "*": { "*": ["evm"] } },
		},
	});
	let mut compiler = Command::new("node")
		.args(["-e", RUN_SOLC])
		.arg(npm().join("node_modules/solc"))
		.stdin(Stdio::piped())
		.stdout(Stdio::piped())
		.spawn()
		.expect("node runs");
	compiler.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
	let output = compiler.wait_with_output().unwrap().stdout;
	let output: Value = serde_json::from_slice(&output).expect("solc answers");
	assert_eq!(output.get("errors"), None, "errors or warnings");
	let evm = &output["contracts"]["contract.sol"][contract]["evm"];
	let code = |name: &str| hex::decode(evm[name]["object"].as_str().unwrap()).unwrap();
	Compiled {
		init: code("bytecode"),
		size: code("deployedBytecode").len(),
		functions: evm["methodIdentifiers"].clone(),
	}
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
	Words(Vec<u64>),
	Failed,
}

const TRUE: &[u64] = &[1];
const FALSE: &[u64] = &[0];

/// An EVM with one contract.
struct Chain {
	evm: Child,
	questions: ChildStdin,
	answers: Lines<BufReader<ChildStdout>>,
}

impl Drop for Chain {
	fn drop(&mut self) {
		let _ = self.evm.kill();
		let _ = self.evm.wait();
	}
}

impl Chain {
	fn deploy(init: &[u8]) -> Self {
		let mut evm = Command::new("node")
			.arg(root().join("tests/oracles/evm.mjs"))
			.env("ZKML_NPM", npm())
			.stdin(Stdio::piped())
			.stdout(Stdio::piped())
			.spawn()
			.expect("node runs");
		let questions = evm.stdin.take().unwrap();
		let answers = BufReader::new(evm.stdout.take().unwrap()).lines();
		let mut chain = Self { evm, questions, answers };
		let deployed = chain.ask(json!({ "deploy": format!("0x{}", hex::encode(init)) }));
		assert_eq!(deployed["deployed"], true, "{deployed}");
		chain
	}

	fn ask(&mut self, question: Value) -> Value {
		writeln!(self.questions, "{question}").unwrap();
		let line = self.answers.next().expect("@ethereumjs/evm answers").unwrap();
		serde_json::from_str(&line).unwrap()
	}

	/// Calls the contract; also gives the gas of the transaction: for itself, for its bytes (EIP-2028)
	/// and for what it runs.
	fn call(&mut self, data: &[u8], gas: u64) -> (Answer, u64) {
		let bytes = data.iter().map(|&byte| if byte == 0 { 4 } else { 16 }).sum::<u64>();
		let before = 21_000 + bytes;
		let Some(left) = gas.checked_sub(before) else { return (Answer::Failed, gas) };
		let call = format!("0x{}", hex::encode(data));
		let answer = self.ask(json!({ "call": call, "gas": left }));
		let used = before + answer["gas"].as_u64().unwrap();
		let Some(output) = answer["output"].as_str() else { return (Answer::Failed, used) };
		let output = hex::decode(output.trim_start_matches("0x")).unwrap();
		let (words, rest) = output.as_chunks::<32>();
		assert!(rest.is_empty());
		let word = |word: &[u8; 32]| {
			let (high, low) = word.split_last_chunk::<8>().unwrap();
			assert!(high.iter().all(|byte| *byte == 0));
			u64::from_be_bytes(*low)
		};
		(Answer::Words(words.iter().map(word).collect()), used)
	}
}

/// A key with its secret, its contract, and a valid proof.
struct Case {
	key: VerifyingKey,
	chain: Chain,
	size: usize,
	signals: Vec<Signal>,
	proof: Proof,
}

impl Case {
	fn new(signals: u32, mode: Mode) -> Self {
		let fixture = Fixture::new(3, signals);
		let values = (1..=u64::from(signals)).map(|index| -Fr::from(index * index));
		let signals: Vec<_> = values.map(|value| encode_scalar(&value)).collect();
		let proof = Proof(fixture.prove(&signals, 5));
		Self::with(key(&fixture), signals, proof, mode)
	}

	fn with(key: VerifyingKey, signals: Vec<Signal>, proof: Proof, mode: Mode) -> Self {
		let compiled = compile(&solidity(&key, "Verifier").unwrap(), "Verifier", mode);
		let selector = &solidity_call(&proof, &signals).data[2..10];
		let functions: Vec<_> = compiled.functions.as_object().unwrap().values().collect();
		assert_eq!(functions, [selector]);
		let Compiled { init, size, .. } = compiled;
		Self { key, chain: Chain::deploy(&init), size, signals, proof }
	}

	/// What the contract says; the native verifier must say the same.
	fn says(&mut self, proof: &Proof, signals: &[Signal]) -> (Answer, u64) {
		let said = self.chain.call(&data(proof, signals), GAS);
		let valid = self.native(proof, signals);
		assert_eq!(said.0, Answer::Words(vec![valid.into()]), "the native verifier says {valid}");
		said
	}

	fn native(&self, proof: &Proof, signals: &[Signal]) -> bool {
		let VerifyingKey { alpha, beta, gamma, delta, ic } = &self.key;
		let key = PreparedKey::validate(&RawKey { alpha, beta, gamma, delta, ic }).unwrap();
		key.verify(signals, &proof.0).is_ok()
	}

	fn rejects(&mut self, proof: &Proof, signals: &[Signal]) {
		let (answer, gas) = self.says(proof, signals);
		assert_eq!(answer, Answer::Words(FALSE.into()));
		assert!(gas < 700_000 + 7_500 * signals.len() as u64, "{gas}");
	}

	/// Changes the valid proof, which must then be rejected.
	fn rejects_with(&mut self, change: impl FnOnce(&mut [[u8; 32]; 8])) {
		let mut elements = [[0; 32]; 8];
		elements.copy_from_slice(self.proof.0.as_chunks().0);
		change(&mut elements);
		let proof = Proof(elements.concat().try_into().unwrap());
		assert_ne!(proof, self.proof);
		self.rejects(&proof, &self.signals.clone());
	}
}

fn key(fixture: &Fixture) -> VerifyingKey {
	let key = fixture.key.clone();
	VerifyingKey {
		alpha: key.alpha,
		beta: key.beta,
		gamma: key.gamma,
		delta: key.delta,
		ic: key.ic.try_into().unwrap(),
	}
}

fn data(proof: &Proof, signals: &[Signal]) -> Vec<u8> {
	hex::decode(&solidity_call(proof, signals).data[2..]).unwrap()
}

/// Adds to a number, not modulo anything; false if the sum has more than 256 bits.
fn add<F: PrimeField<BigInt = ark_ff::BigInt<4>>>(bytes: &mut [u8; 32], other: F::BigInt) -> bool {
	let mut value = ark_ff::BigInt::<4>::default();
	for (limb, chunk) in value.0.iter_mut().zip(bytes.as_chunks().0) {
		*limb = u64::from_le_bytes(*chunk);
	}
	let carry = value.add_with_carry(&other);
	bytes.copy_from_slice(&value.to_bytes_le());
	!carry
}

mod accepts {
	use super::*;

	#[test]
	fn valid_proofs_whatever_the_compiler_and_the_number_of_signals() {
		for mode in [PLAIN, OPTIMIZED, VIA_IR] {
			for signals in [0, 1, 4, 16, 128] {
				let mut case = Case::new(signals, mode);
				let (answer, gas) = case.says(&case.proof.clone(), &case.signals.clone());
				assert_eq!(answer, Answer::Words(TRUE.into()));
				assert!(case.size <= MAX_CODE, "{}", case.size);
				let size = case.size;
				println!("{signals} signals, {mode:?}: {size} bytes, {gas} gas");
			}
		}
	}

	#[test]
	fn the_largest_and_the_smallest_signals() {
		let fixture = Fixture::new(9, 2);
		let signals = vec![encode_scalar(&-Fr::ONE), [0; 32]];
		let proof = Proof(fixture.prove(&signals, 1));
		let mut case = Case::with(key(&fixture), signals.clone(), proof, OPTIMIZED);
		assert_eq!(case.says(&proof, &signals).0, Answer::Words(TRUE.into()));
	}
}

mod rejects {
	use super::*;

	#[test]
	fn every_changed_coordinate() {
		let mut case = Case::new(3, OPTIMIZED);
		for at in 0..8 {
			case.rejects_with(|elements| elements[at][0] ^= 1);
			case.rejects_with(|elements| elements[at] = [0; 32]);
			case.rejects_with(|elements| elements[at] = [0xff; 32]);
		}
	}

	#[test]
	fn coordinates_that_are_not_canonical() {
		let mut case = Case::new(3, OPTIMIZED);
		for at in 0..8 {
			case.rejects_with(|elements| assert!(add::<Fq>(&mut elements[at], Fq::MODULUS)));
		}
	}

	#[test]
	fn other_valid_points() {
		let mut case = Case::new(3, OPTIMIZED);
		let other = Fixture::new(4, 3).prove(&case.signals, 8);
		let (other, _) = other.as_chunks();
		for part in [0..2, 2..6, 6..8] {
			case.rejects_with(|elements| {
				elements[part.clone()].copy_from_slice(&other[part.clone()]);
			});
			case.rejects_with(|elements| {
				// The point's negative.
				for y in elements[part.clone()][part.len() / 2..].iter_mut() {
					let value = -Fq::from_le_bytes_mod_order(y);
					y.copy_from_slice(&value.into_bigint().to_bytes_le());
				}
			});
		}
	}

	#[test]
	fn points_at_infinity() {
		let mut case = Case::new(3, OPTIMIZED);
		for part in [0..2, 2..6, 6..8] {
			case.rejects_with(|elements| elements[part].fill([0; 32]));
		}
		case.rejects_with(|elements| elements.fill([0; 32]));
	}

	#[test]
	fn infinity_where_the_pairing_holds() {
		// With exponents known, a·b = α·β + γ·(ic₀ + s·ic₁) makes a C at infinity the right one.
		let [alpha, beta, gamma, delta, constant, factor, signal, b] =
			[2, 3, 5, 7, 11, 13, 17, 19].map(Fr::from);
		let a = (alpha * beta + gamma * (constant + signal * factor)) / b;
		let g1 = |exponent| encode_g1(&(G1Affine::generator() * exponent).into()).unwrap();
		let g2 = |exponent| encode_g2(&(G2Affine::generator() * exponent).into()).unwrap();
		let key = VerifyingKey {
			alpha: g1(alpha),
			beta: g2(beta),
			gamma: g2(gamma),
			delta: g2(delta),
			ic: vec![g1(constant), g1(factor)].try_into().unwrap(),
		};
		let proof =
			|a: Fr, c: &[u8; 64]| Proof([&g1(a)[..], &g2(b), c].concat().try_into().unwrap());
		let signals = vec![encode_scalar(&signal)];
		let infinity = proof(a, &[0; 64]);
		let mut case = Case::with(key, signals.clone(), infinity, OPTIMIZED);
		case.rejects(&infinity, &signals);
		// The same with c = 1 instead of 0.
		let finite = proof(a + delta / b, &g1(Fr::ONE));
		assert_eq!(case.says(&finite, &signals).0, Answer::Words(TRUE.into()));
	}

	#[test]
	fn a_point_of_the_twist_outside_of_the_group() {
		let mut case = Case::new(1, OPTIMIZED);
		let point = (1u64..)
			.filter_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::from(x), false))
			.find(|point| !point.is_in_correct_subgroup_assuming_on_curve())
			.unwrap();
		assert!(point.is_on_curve());
		let bytes = encode_g2(&point).unwrap();
		case.rejects_with(|elements| elements[2..6].copy_from_slice(bytes.as_chunks().0));
	}

	#[test]
	fn wrong_signals() {
		let mut case = Case::new(3, OPTIMIZED);
		let (proof, signals) = (case.proof, case.signals.clone());
		for at in 0..3 {
			for change in
				[|signal: &mut Signal| signal[0] ^= 1, |signal: &mut Signal| *signal = [0; 32]]
			{
				let mut signals = signals.clone();
				change(&mut signals[at]);
				case.rejects(&proof, &signals);
			}
			let mut signals = signals.clone();
			signals.swap(at, (at + 1) % 3);
			case.rejects(&proof, &signals);
		}
	}

	#[test]
	fn signals_that_are_not_canonical() {
		for mode in [PLAIN, OPTIMIZED, VIA_IR] {
			let mut case = Case::new(3, mode);
			let (proof, signals) = (case.proof, case.signals.clone());
			for at in 0..3 {
				let mut signals = signals.clone();
				// In steps of the order: the same signal modulo it, as long as 256 bits hold it.
				while add::<Fr>(&mut signals[at], Fr::MODULUS) {
					case.rejects(&proof, &signals);
				}
			}
		}
	}
}

mod gas {
	use super::*;

	#[test]
	fn its_want_is_not_taken_for_an_invalid_proof() {
		for mode in [PLAIN, OPTIMIZED, VIA_IR] {
			let mut case = Case::new(2, mode);
			let call = data(&case.proof, &case.signals);
			let (_, used) = case.chain.call(&call, GAS);
			let coarse = (used - 210_000..used).step_by(997);
			let fine = (used - 20_000..used + 12_000).step_by(101);
			let mut enough = 0;
			for limit in coarse.chain(fine).filter(|limit| *limit > 40_000) {
				match case.chain.call(&call, limit).0 {
					Answer::Words(words) => {
						assert_eq!(words, TRUE, "with {limit} gas");
						enough += 1;
					},
					Answer::Failed => assert!(limit < used + 11_000, "{limit} of {used}"),
				}
			}
			assert!(enough > 0);
		}
	}

	#[test]
	fn is_not_burnt_by_points_that_are_none() {
		let mut case = Case::new(1, OPTIMIZED);
		case.proof.0[0] ^= 1;
		let (answer, used) = case.chain.call(&data(&case.proof, &case.signals), GAS);
		assert_eq!(answer, Answer::Words(FALSE.into()));
		assert!(used < 600_000, "{used}");
	}
}

mod calls {
	use super::*;

	/// A contract that is derived from the verifier, and calls it between other work.
	const CALLER: &str = r#"
contract Caller is Verifier {
    function check(
        uint256[2] calldata a,
        uint256[2][2] calldata b,
        uint256[2] calldata c,
        uint256[2] calldata signals
    ) external view returns (bool valid, bool again, bool intact, uint256 last) {
        bytes memory before = abi.encode(a, b, c, signals);
        bytes32 hash = keccak256(before);
        valid = verifyProof(a, b, c, signals);
        uint256[] memory fresh = new uint256[](40);
        again = verifyProof(a, b, c, signals);
        intact = keccak256(before) == hash;
        for (uint256 i = 0; i < fresh.length; ++i) intact = intact && fresh[i] == 0;
        bytes memory empty;
        intact = intact && empty.length == 0;
        last = 7;
    }
}
"#;

	#[test]
	fn from_a_derived_contract_leave_its_memory_alone() {
		let fixture = Fixture::new(3, 2);
		let signals = [encode_scalar(&Fr::from(6)), encode_scalar(&Fr::from(7))];
		let proof = fixture.prove(&signals, 5);
		let source = solidity(&key(&fixture), "Verifier").unwrap() + CALLER;
		for mode in [PLAIN, OPTIMIZED, VIA_IR] {
			let compiled = compile(&source, "Caller", mode);
			let functions = compiled.functions.as_object().unwrap();
			let (_, selector) =
				functions.iter().find(|(name, _)| name.starts_with("check")).unwrap();
			let mut chain = Chain::deploy(&compiled.init);
			let mut ask = |proof: [u8; 256]| {
				let mut call = data(&Proof(proof), &signals);
				call[..4].copy_from_slice(&hex::decode(selector.as_str().unwrap()).unwrap());
				chain.call(&call, GAS).0
			};
			assert_eq!(ask(proof), Answer::Words(vec![1, 1, 1, 7]));
			for at in [0, 100, 200] {
				let mut damaged = proof;
				damaged[at] ^= 1;
				assert_eq!(ask(damaged), Answer::Words(vec![0, 0, 1, 7]));
			}
			assert_eq!(ask([0; 256]), Answer::Words(vec![0, 0, 1, 7]));
		}
	}

	#[test]
	fn that_are_too_short_fail() {
		let mut case = Case::new(2, OPTIMIZED);
		let call = data(&case.proof, &case.signals);
		assert_eq!(case.chain.call(&call[..call.len() - 32], GAS).0, Answer::Failed);
		assert_eq!(case.chain.call(&call[..4], GAS).0, Answer::Failed);
		assert_eq!(case.chain.call(&[], GAS).0, Answer::Failed);
	}
}
