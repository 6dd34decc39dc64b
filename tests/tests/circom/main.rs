//! Circuits that circom compiles: the same witness as snarkjs', byte by byte, and clear errors.

mod common;
mod export;
mod import;
mod templates;

use common::{circuits, compile, folder, snarkjs, wtns};
use std::{
	fs,
	path::PathBuf,
	sync::atomic::{AtomicUsize, Ordering},
};
use zkml_circuits::Element;
use zkml_prover::circom_witness::{read_inputs, Calculator, Inputs, Limits, WitnessError};

struct Circuit {
	folder: PathBuf,
	module: PathBuf,
	calculator: Calculator,
}

impl Circuit {
	fn new(name: &str) -> Self {
		Self::within(name, Limits::default())
	}

	fn within(name: &str, limits: Limits) -> Self {
		static COUNT: AtomicUsize = AtomicUsize::new(0);
		let folder = folder(&format!("{name}-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
		let module = compile(name, "bn128", &folder);
		let calculator = Calculator::new(&fs::read(&module).unwrap(), limits).unwrap();
		Self { folder, module, calculator }
	}

	fn witness(&self, inputs: &str) -> Result<Vec<Element>, WitnessError> {
		self.calculator.witness(&read_inputs(inputs).unwrap())
	}

	/// The witness that snarkjs computes too.
	fn agrees(&self, inputs: &str) -> Vec<Element> {
		self.agrees_with(inputs, inputs)
	}

	/// The witness that snarkjs computes from another form of the same inputs.
	fn agrees_with(&self, inputs: &str, theirs: &str) -> Vec<Element> {
		let witness = self.witness(inputs).unwrap();
		assert_eq!(witness.len(), self.calculator.witness_size());
		let theirs = snarkjs(&self.module, theirs, &self.folder).unwrap();
		assert!(wtns(&witness) == theirs, "the witnesses for {inputs} differ");
		witness
	}

	fn refused(&self, inputs: &str) -> WitnessError {
		assert!(snarkjs(&self.module, inputs, &self.folder).is_err(), "snarkjs takes {inputs}");
		self.witness(inputs).unwrap_err()
	}
}

fn numbers(values: &[u64]) -> Vec<Element> {
	values.iter().copied().map(Element::from).collect()
}

mod agrees_with_snarkjs {
	use super::*;

	#[test]
	fn on_a_product() {
		let circuit = Circuit::new("multiplier");
		assert_eq!(circuit.agrees(r#"{"a": 3, "b": "11"}"#), numbers(&[1, 33, 3, 11]));
		circuit.agrees(r#"{"a": -3, "b": "-11"}"#);
		circuit.agrees(r#"{"a": true, "b": [["0xffffffffffffffffffffffffffffffff"]]}"#);
		let order = "21888242871839275222246405745257275088548364400416034343698204186575808495617";
		circuit.agrees(&format!(r#"{{"a": "{order}00000000007", "b": "{order}"}}"#));
		assert_eq!(circuit.calculator.input_count(), 2);
		assert_eq!(circuit.calculator.input_size("a").unwrap(), Some(1));
		assert_eq!(circuit.calculator.input_size("c").unwrap(), None);
	}

	#[test]
	fn on_numbers_at_the_edges_of_its_forms() {
		let circuit = Circuit::new("multiplier");
		for bits in [31u32, 32, 63, 64, 127] {
			for value in [(1u128 << bits) - 1, 1 << bits, (1 << bits) + 1] {
				circuit.agrees(&format!(r#"{{"a": "{value}", "b": "-{value}"}}"#));
			}
		}
	}

	#[test]
	fn on_arrays() {
		let circuit = Circuit::new("arrays");
		let witness =
			circuit.agrees(r#"{"matrix": [[1, 2, 3], [4, 5, "0x6"]], "vector": [7, 8, 9]}"#);
		assert_eq!(witness[..4], numbers(&[1, 50, 122, 172 * 172]));
		let flat = circuit.agrees(r#"{"matrix": [1, [2, [3]], 4, 5, 6], "vector": [7, 8, 9]}"#);
		assert_eq!(flat, witness);
		assert_eq!(circuit.calculator.input_size("matrix").unwrap(), Some(6));
	}

	#[test]
	fn on_operators() {
		let circuit = Circuit::new("division");
		for (a, b) in
			[("17", "5"), ("-1", "7"), ("123456789012345678901234567890", "98765"), ("5", "5")]
		{
			circuit.agrees(&format!(r#"{{"a": "{a}", "b": "{b}"}}"#));
		}
	}

	#[test]
	fn on_a_loop_that_ends() {
		let circuit = Circuit::new("loop");
		assert_eq!(circuit.agrees(r#"{"value": 40}"#), numbers(&[1, 3]));
	}

	#[test]
	fn on_buses() {
		let circuit = Circuit::new("buses");
		let ours = r#"{
			"segment": {"ends": [{"x": 1, "y": 2}, {"x": 30, "y": 50}], "weights": [5, 7]},
			"origins": [{"x": 3, "y": 4}, {"x": -1, "y": 9}]
		}"#;
		let theirs = r#"{
			"segment.ends[0].x": 1, "segment.ends[0].y": 2,
			"segment.ends[1].x": 30, "segment.ends[1].y": 50,
			"segment.weights": [5, 7],
			"origins[0].x": 3, "origins[0].y": 4, "origins[1].x": -1, "origins[1].y": 9
		}"#;
		assert_eq!(circuit.agrees_with(ours, theirs), circuit.agrees(theirs));
	}

	#[test]
	fn on_a_membership_proof() {
		let circuit = Circuit::new("semaphore");
		let input = fs::read_to_string(circuits().join("semaphore.input.json")).unwrap();
		let witness = circuit.agrees(&input);
		// Root and nullifier, as circomlibjs computes them.
		assert_eq!(
			[witness[1].to_string(), witness[2].to_string()],
			[
				"357570910316134791497459711445071762927276229645125729110557022692402888850",
				"7162794016696765907069247606207055839036625499917573575300239529385976038567",
			]
		);
		let forged = input.replacen("\"1\"", "\"2\"", 1);
		let WitnessError::AssertFailed(at) = circuit.refused(&forged) else { panic!() };
		assert!(at.contains("MerkleRoot"), "{at}");
	}

	#[test]
	fn on_a_model() {
		let circuit = Circuit::new("keras_dense");
		let input = fs::read_to_string(circuits().join("keras_dense.input.json")).unwrap();
		assert_eq!(circuit.agrees(&input)[1], Element::from(2u64));
	}
}

mod refuses {
	use super::*;

	#[test]
	fn inputs_that_fail_an_assertion() {
		let circuit = Circuit::new("checked");
		circuit.agrees(r#"{"value": 9, "square": 81}"#);
		for inputs in [r#"{"value": 10, "square": 100}"#, r#"{"value": 9, "square": 80}"#] {
			let error = circuit.refused(inputs);
			let WitnessError::AssertFailed(at) = &error else { panic!("{error}") };
			assert!(at.contains("template Checked_") && at.contains("line: "), "{at}");
			assert!(at.contains("template Twice_"), "{at}");
		}
	}

	#[test]
	fn unknown_inputs() {
		let circuit = Circuit::new("arrays");
		let error = circuit.refused(r#"{"Matrix": [1, 2, 3, 4, 5, 6], "vector": [7, 8, 9]}"#);
		assert_eq!(
			error.to_string(),
			"the circuit has no input signal `Matrix`, did you mean `matrix`?"
		);
		let error =
			circuit.refused(r#"{"matrix": [1, 2, 3, 4, 5, 6], "vector": [7, 8, 9], "x": 1}"#);
		assert_eq!(error.to_string(), "the circuit has no input signal `x`");
	}

	#[test]
	fn too_few_and_too_many_values() {
		let circuit = Circuit::new("arrays");
		for vector in ["[7, 8]", "[7, 8, 9, 10]", "7", "[]"] {
			let inputs = format!(r#"{{"matrix": [1, 2, 3, 4, 5, 6], "vector": {vector}}}"#);
			let WitnessError::ValueCount { signal, expected, found } = circuit.refused(&inputs)
			else {
				panic!("{vector}")
			};
			assert_eq!((signal.as_str(), expected), ("vector", 3));
			assert_ne!(found, 3);
		}
	}

	#[test]
	fn missing_inputs() {
		let circuit = Circuit::new("arrays");
		assert_eq!(
			circuit.refused(r#"{"vector": [7, 8, 9]}"#).to_string(),
			"only 3 of the 9 values of the circuit's input signals were given"
		);
		let none = circuit.calculator.witness(&Inputs::new());
		assert!(matches!(none, Err(WitnessError::MissingInputs { set: 0, expected: 9 })));
	}

	#[test]
	fn a_loop_without_end() {
		let limits = Limits { fuel: 50_000_000, ..Limits::default() };
		let circuit = Circuit::within("loop", limits);
		let error = circuit.witness(r#"{"value": 0}"#).unwrap_err();
		assert!(matches!(error, WitnessError::OutOfFuel { fuel: 50_000_000 }), "{error}");
		// The next run has all of the fuel again.
		circuit.agrees(r#"{"value": 40}"#);
	}

	#[test]
	fn a_division_by_zero() {
		let circuit = Circuit::new("division");
		let error = circuit.refused(r#"{"a": 1, "b": 0}"#);
		assert_eq!(
			error.to_string(),
			"the circuit's module trapped: wasm trap: integer divide by zero"
		);
	}

	#[test]
	fn circuits_over_other_fields() {
		let primes =
			["bls12377", "bls12381", "goldilocks", "grumpkin", "pallas", "secq256r1", "vesta"];
		for prime in primes {
			let folder = folder(&format!("prime-{prime}"));
			let module = fs::read(compile("multiplier", prime, &folder)).unwrap();
			match Calculator::new(&module, Limits::default()).map(|_| ()) {
				Err(WitnessError::WrongPrime { curve, .. }) => assert_eq!(curve, prime),
				other => panic!("{prime}: {other:?}"),
			}
		}
	}
}
