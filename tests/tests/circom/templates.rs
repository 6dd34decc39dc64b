//! The templates of `circuits/circom`: what they cost, what they accept, what a liar cannot do.
//!
//! `circuits/circom/README.md` says what `cases.json` holds.

use super::common::{compile_in, folder, Level};
use serde_json::Value;
use std::{
	collections::{BTreeMap, BTreeSet},
	fs,
	path::PathBuf,
};
use zkml_circuits::{
	r1cs::{read_r1cs, R1cs, Wire},
	Element,
};
use zkml_prover::circom_witness::{read_inputs, Calculator, Limits};
use zkml_tests::programs::root;

fn sources() -> PathBuf {
	root().join("circuits/circom/tests")
}

fn cases() -> Vec<Value> {
	let text = fs::read_to_string(sources().join("cases.json")).unwrap();
	let value: Value = serde_json::from_str(&text).unwrap();
	value["mains"].as_array().unwrap().clone()
}

/// A number in JSON as a field element.
fn element(value: &Value) -> Element {
	let text = value.as_str().map_or_else(|| value.to_string(), String::from);
	match text.strip_prefix('-') {
		Some(text) => -text.parse::<Element>().unwrap(),
		None => text.parse().unwrap(),
	}
}

/// Signals and their values: arrays are written out.
fn named(name: &str, value: &Value, into: &mut BTreeMap<String, Element>) {
	match value.as_array() {
		Some(list) => {
			for (at, value) in list.iter().enumerate() {
				named(&format!("{name}[{at}]"), value, into);
			}
		},
		None => {
			into.insert(name.into(), element(value));
		},
	}
}

/// Changes the input signal of this name, such as `in[2][3]`.
fn change(inputs: &mut Value, name: &str, to: Element) {
	let mut parts = name.split(['[', ']']).filter(|part| !part.is_empty());
	let mut place = &mut inputs[parts.next().unwrap()];
	for part in parts {
		place = &mut place[part.parse::<usize>().unwrap()];
	}
	*place = to.to_string().into();
}

/// A program that was compiled.
struct Program {
	name: String,
	r1cs: R1cs,
	calculator: Calculator,
	/// Wires of signals; of those that no wire stands for, negative.
	wires: BTreeMap<String, i64>,
	/// Rows in which each wire stands.
	uses: Vec<Vec<usize>>,
}

impl Program {
	fn new(name: &str) -> Self {
		let folder = folder(&format!("template-{name}"));
		let files = compile_in(&sources(), name, Level::Default, &folder);
		let r1cs = read_r1cs(&fs::read(files.r1cs).unwrap()).unwrap();
		let wasm = fs::read(files.wasm).unwrap();
		let calculator = Calculator::new(&wasm, Limits::default()).unwrap();
		let symbols = fs::read_to_string(files.sym).unwrap();
		let wires = symbols.lines().map(|line| {
			let fields: Vec<&str> = line.split(',').collect();
			(fields[3].to_string(), fields[1].parse().unwrap())
		});
		let mut uses = vec![Vec::new(); r1cs.wires as usize];
		for row in 0..r1cs.constraints() {
			for matrix in [&r1cs.a, &r1cs.b, &r1cs.c] {
				matrix.row(row).for_each(|(Wire(wire), _)| uses[wire as usize].push(row));
			}
		}
		Self { name: name.into(), wires: wires.collect(), r1cs, calculator, uses }
	}

	fn wire(&self, signal: &str) -> usize {
		let wire = self.wires.get(signal).copied().unwrap_or(-1);
		assert!(wire > 0, "{}: no wire for {signal}", self.name);
		wire as usize
	}

	fn witness(&self, inputs: &Value) -> Option<Vec<Element>> {
		let inputs = read_inputs(&inputs.to_string()).unwrap();
		self.calculator.witness(&inputs).ok()
	}

	fn violated(&self, row: usize, witness: &[Element]) -> bool {
		let [a, b, c] =
			[&self.r1cs.a, &self.r1cs.b, &self.r1cs.c].map(|m| m.evaluate(row, witness));
		a * b != c
	}

	/// The wires that a list of a case names.
	fn listed(&self, case: &Value, list: &str) -> BTreeSet<usize> {
		let names = case[list].as_array().into_iter().flatten();
		names.map(|name| self.wire(name.as_str().unwrap())).collect()
	}

	fn accepts(&self, case: &Value) {
		let hints = self.listed(case, "inverse_hints");
		let unconstrained = self.listed(case, "unconstrained");
		for accept in case["accepts"].as_array().unwrap() {
			let inputs = &accept["inputs"];
			let mut witness =
				self.witness(inputs).unwrap_or_else(|| panic!("{}: {inputs}", self.name));
			assert_eq!(self.r1cs.first_violation(&witness), None, "{}: {inputs}", self.name);
			let mut outputs = BTreeMap::new();
			for (name, value) in accept["outputs"].as_object().unwrap() {
				named(&format!("main.{name}"), value, &mut outputs);
			}
			assert_eq!(outputs.len(), self.r1cs.outputs as usize);
			for (signal, value) in outputs {
				assert_eq!(witness[self.wire(&signal)], value, "{}: {signal}: {inputs}", self.name);
			}
			for wire in 1..witness.len() {
				let right = witness[wire];
				witness[wire] += Element::from(1);
				let caught = self.uses[wire].iter().any(|&row| self.violated(row, &witness));
				if unconstrained.contains(&wire) {
					assert!(
						self.uses[wire].is_empty(),
						"{}: wire {wire} is constrained",
						self.name
					);
				} else if !caught && !hints.contains(&wire) {
					self.is_honest(inputs, wire, &witness, &hints);
				}
				witness[wire] = right;
			}
		}
	}

	/// That a witness with one wire changed is the one for an input that was changed.
	fn is_honest(&self, inputs: &Value, wire: usize, witness: &[Element], hints: &BTreeSet<usize>) {
		let first = 1 + self.r1cs.outputs as usize;
		let last = first + (self.r1cs.public_inputs + self.r1cs.private_inputs) as usize;
		assert!((first..last).contains(&wire), "{}: wire {wire} is free: {inputs}", self.name);
		let of_wire = self.wires.iter().filter(|(_, &other)| other == wire as i64);
		let mut names = of_wire.filter_map(|(name, _)| name.strip_prefix("main."));
		let name = names.find(|name| !name.contains('.')).unwrap();
		let mut changed = inputs.clone();
		change(&mut changed, name, witness[wire]);
		let other =
			self.witness(&changed).unwrap_or_else(|| panic!("{}: {name} is free", self.name));
		for (at, (left, right)) in other.iter().zip(witness).enumerate() {
			assert!(left == right || hints.contains(&at), "{}: {name} changed alone", self.name);
		}
	}

	fn refuses(&self, case: &Value) {
		for refuse in case["refuses"].as_array().into_iter().flatten() {
			assert!(self.witness(&refuse["inputs"]).is_none(), "{}: {}", self.name, refuse["why"]);
		}
		for forgery in case["forgeries"].as_array().into_iter().flatten() {
			let mut witness = self.witness(&forgery["inputs"]).unwrap();
			for (signal, value) in forgery["set"].as_object().unwrap() {
				witness[self.wire(signal)] = element(value);
			}
			let rows = 0..self.r1cs.constraints();
			let caught = rows.filter(|&row| self.violated(row, &witness)).count() as u64;
			let why = &forgery["why"];
			assert!(caught > 0, "{}: accepted: {why}", self.name);
			assert_eq!(Some(caught), forgery["violates"].as_u64(), "{}: {why}", self.name);
		}
	}
}

/// All programs of a family.
fn check(family: &str) {
	let table = fs::read_to_string(root().join("circuits/constraints.csv")).unwrap();
	let mut count = 0;
	for case in cases() {
		let file = case["file"].as_str().unwrap();
		if !file.starts_with(family) {
			continue;
		}
		count += 1;
		let name = file.strip_suffix(".circom").unwrap();
		let program = Program::new(name);
		let constraints = program.r1cs.constraints();
		assert_eq!(Some(constraints as u64), case["constraints"]["O1"].as_u64(), "{name}");
		if let Some(row) = case["table"].as_str() {
			let line = table.lines().find_map(|line| line.strip_prefix(&format!("{row},")));
			let ours = line.and_then(|rest| rest.split(',').next()).map(str::parse);
			assert_eq!(ours, Some(Ok(constraints)), "{name}: {row}");
		}
		let shrunk =
			compile_in(&sources(), name, Level::Full, &folder(&format!("template-{name}-2")));
		let shrunk = read_r1cs(&fs::read(shrunk.r1cs).unwrap()).unwrap().constraints();
		assert_eq!(Some(shrunk as u64), case["constraints"]["O2"].as_u64(), "{name} with --O2");
		program.accepts(&case);
		program.refuses(&case);
	}
	assert!(count > 0, "{family}");
}

const FAMILIES: [&str; 15] = [
	"arg_max",
	"commitment",
	"compare",
	"conv2d",
	"dense",
	"image",
	"is_zero",
	"lookup",
	"max_pool",
	"model",
	"packing",
	"range",
	"relu",
	"requantize",
	"threshold",
];

#[test]
fn every_program_is_listed() {
	let listed: BTreeSet<String> =
		cases().iter().map(|case| case["file"].as_str().unwrap().into()).collect();
	let there: BTreeSet<String> = fs::read_dir(sources())
		.unwrap()
		.map(|entry| entry.unwrap().file_name().into_string().unwrap())
		.filter(|name| name.ends_with(".circom"))
		.collect();
	assert_eq!(listed, there);
	assert!(there.iter().all(|file| FAMILIES.iter().any(|family| file.starts_with(family))));
}

macro_rules! families {
	($($name:ident)*) => {$(
		#[test]
		fn $name() {
			check(stringify!($name));
		}
	)*};
}

families!(
	arg_max commitment compare conv2d dense image is_zero lookup max_pool model packing range relu
	requantize threshold
);
