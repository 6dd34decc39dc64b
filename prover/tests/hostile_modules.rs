//! Modules that no compiler of circuits writes: refused, and never without end.

use std::{collections::BTreeMap, time::Instant};
use zkml_prover::circom_witness::{Calculator, Inputs, Limits, WitnessError};

const LIMITS: Limits = Limits { fuel: 10_000_000, memory_bytes: 1 << 22 };

/// The functions of a circuit without inputs, with a witness of one element, by their names.
fn functions() -> BTreeMap<&'static str, String> {
	let functions = [
		("getVersion", "(result i32) i32.const 2"),
		("init", "(param i32)"),
		("getFieldNumLen32", "(result i32) i32.const 8"),
		("getRawPrime", "i32.const 0 global.set $shared"),
		(
			"readSharedRWMemory",
			"(param i32) (result i32)
			(i32.load (i32.add (global.get $shared) (i32.mul (local.get 0) (i32.const 4))))",
		),
		("writeSharedRWMemory", "(param i32 i32)"),
		("getInputSize", "(result i32) i32.const 0"),
		("getInputSignalSize", "(param i32 i32) (result i32) i32.const -1"),
		("setInputSignal", "(param i32 i32 i32)"),
		("getWitnessSize", "(result i32) i32.const 1"),
		("getWitness", "(param i32) i32.const 64 global.set $shared"),
		("getMessageChar", "(result i32) i32.const 0"),
	];
	functions.into_iter().map(|(name, body)| (name, body.to_string())).collect()
}

/// A module with `changes` in the bodies of functions, and `head` before them.
fn module(head: &str, changes: &[(&'static str, &str)]) -> Vec<u8> {
	let mut all = functions();
	all.extend(changes.iter().map(|(name, body)| (*name, (*body).to_string())));
	let memory = if head.contains("(memory") { "" } else { "(memory 1)" };
	let prime = "\\01\\00\\00\\f0\\93\\f5\\e1\\43\\91\\70\\b9\\79\\48\\e8\\33\\28\\5d\\58\\81\\81\\b6\\45\\50\\b8\\29\\a0\\31\\e1\\72\\4e\\64\\30";
	let functions =
		all.iter().map(|(name, body)| format!("(func ${name} (export \"{name}\") {body})\n"));
	let text = format!(
		"(module {head} {memory} (global $shared (mut i32) (i32.const 0))
		(data (i32.const 0) \"{prime}\") {})",
		functions.collect::<String>()
	);
	wat::parse_str(text).unwrap()
}

fn calculate(module: &[u8]) -> Result<usize, WitnessError> {
	let calculator = Calculator::new(module, LIMITS)?;
	calculator.witness(&Inputs::new()).map(|witness| witness.len())
}

fn refused(module: &[u8]) -> WitnessError {
	let start = Instant::now();
	let error = calculate(module).unwrap_err();
	println!("{error} ({:?})", start.elapsed());
	error
}

#[test]
fn the_model_of_these_tests_is_a_circuit() {
	assert_eq!(calculate(&module("", &[])).unwrap(), 1);
}

mod malformed {
	use super::*;

	#[test]
	fn what_is_not_webassembly() {
		for bytes in [&b""[..], b"(module)", b"\x7fELF", b"\0as"] {
			assert!(matches!(refused(bytes), WitnessError::NotWasm));
		}
		assert!(matches!(refused(b"\0asm"), WitnessError::Malformed(_)));
	}

	#[test]
	fn what_is_cut_short_or_changed() {
		let good = module("", &[]);
		// The names of functions come last and may be missing.
		let whole = (4..good.len()).filter(|length| calculate(&good[..*length]).is_ok());
		assert!(whole.count() <= 1);
		for at in 0..good.len() {
			for bit in [1, 0x80] {
				let mut changed = good.clone();
				changed[at] ^= bit;
				// A change may do no harm; none may make the host panic or run on.
				let _ = calculate(&changed);
			}
		}
	}

	#[test]
	fn components() {
		assert!(matches!(
			refused(&wat::parse_str("(component)").unwrap()),
			WitnessError::Malformed(_)
		));
	}

	#[test]
	fn missing_exports() {
		let empty = wat::parse_str("(module)").unwrap();
		assert!(matches!(refused(&empty), WitnessError::MissingExport { name: "getVersion" }));
		for name in functions().into_keys().filter(|name| *name != "getMessageChar") {
			let changed = module("", &[(name, "(param f64)")]);
			let WitnessError::MissingExport { name: missing } = refused(&changed) else { panic!() };
			assert_eq!(missing, name);
		}
	}

	#[test]
	fn other_versions() {
		for version in [1, 3] {
			let changed =
				module("", &[("getVersion", &format!("(result i32) i32.const {version}"))]);
			assert!(matches!(refused(&changed), WitnessError::Version(v) if v == version));
		}
	}

	#[test]
	fn other_orders() {
		let limbs = module("", &[("getFieldNumLen32", "(result i32) i32.const -1")]);
		assert!(matches!(refused(&limbs), WitnessError::WrongPrime { limbs: u32::MAX, .. }));
		let zero = module("", &[("getRawPrime", "i32.const 64 global.set $shared")]);
		assert!(matches!(
			refused(&zero),
			WitnessError::WrongPrime { curve: "an unknown curve", .. }
		));
	}

	#[test]
	fn numbers_that_are_not_canonical() {
		let order = module("", &[("getWitness", "(param i32) i32.const 0 global.set $shared")]);
		assert!(matches!(refused(&order), WitnessError::NotCanonical { index: 0 }));
	}
}

mod imports {
	use super::*;

	#[test]
	fn of_the_host_are_refused_by_name() {
		let head = "(import \"wasi_snapshot_preview1\" \"fd_write\"
			(func (param i32 i32 i32 i32) (result i32)))";
		assert_eq!(
			refused(&module(head, &[])).to_string(),
			"the module imports `wasi_snapshot_preview1.fd_write`, which is not a function that \
			 Circom's modules call"
		);
		for head in [
			"(import \"runtime\" \"log\" (func (param i32)))",
			"(import \"env\" \"memory\" (memory 1))",
			"(import \"runtime\" \"exceptionHandler\" (global i32))",
		] {
			assert!(matches!(refused(&module(head, &[])), WitnessError::UnknownImport { .. }));
		}
	}

	#[test]
	fn of_another_type_are_refused() {
		let head = "(import \"runtime\" \"exceptionHandler\" (func (param i64)))";
		assert!(matches!(refused(&module(head, &[])), WitnessError::Compile(_)));
	}
}

mod endless {
	use super::*;

	#[test]
	fn loops_run_out_of_fuel() {
		let endless = "(loop $again br $again)";
		let all = [
			("getVersion", format!("(result i32) {endless} i32.const 2")),
			("init", format!("(param i32) {endless}")),
			("getInputSize", format!("(result i32) {endless} i32.const 0")),
			("getWitness", format!("(param i32) {endless}")),
		];
		for (name, body) in all {
			let error = refused(&module("", &[(name, &body)]));
			assert!(matches!(error, WitnessError::OutOfFuel { .. }), "{name}: {error}");
		}
	}

	/// Instructions that take longer than others do not take much longer for their fuel.
	#[test]
	fn slow_loops_run_out_of_fuel() {
		for slow in [
			"(drop (memory.grow (i32.const 0)))",
			"(drop (i64.div_u (i64.const -1) (i64.const 3)))",
			"(drop (f64.sqrt (f64.const 2)))",
			"(call $writeSharedRWMemory (i32.const 0) (i32.const 0))",
		] {
			let body = format!("(param i32) (loop $again {slow} br $again)");
			let error = refused(&module("", &[("init", &body)]));
			assert!(matches!(error, WitnessError::OutOfFuel { .. }), "{slow}: {error}");
		}
	}

	#[test]
	fn start_functions_run_out_of_fuel() {
		let head = "(func $begin (loop $again br $again)) (start $begin)";
		// Imports come first, so the order in the text matters.
		assert!(matches!(refused(&module(head, &[])), WitnessError::OutOfFuel { .. }));
	}

	#[test]
	fn recursion_runs_out_of_stack_or_fuel() {
		let changed = module("", &[("init", "(param i32) local.get 0 call $init")]);
		assert!(matches!(
			refused(&changed),
			WitnessError::Trap(_) | WitnessError::OutOfFuel { .. }
		));
	}

	#[test]
	fn messages_are_cut() {
		let head = "(import \"runtime\" \"printErrorMessage\" (func $print))
			(import \"runtime\" \"exceptionHandler\" (func $stop (param i32)))";
		let body = "(param i32) call $print call $print i32.const 4 call $stop";
		let changed =
			module(head, &[("init", body), ("getMessageChar", "(result i32) i32.const 65")]);
		let WitnessError::AssertFailed(message) = refused(&changed) else { panic!() };
		assert!(message.len() < 3000, "{}", message.len());
		let control = [("init", body), ("getMessageChar", "(result i32) i32.const 27")];
		assert!(matches!(refused(&module(head, &control)), WitnessError::OutOfFuel { .. }));
	}

	#[test]
	fn messages_cannot_ask_for_messages() {
		let head = "(import \"runtime\" \"printErrorMessage\" (func $print))";
		let changed = module(
			head,
			&[
				("init", "(param i32) call $print"),
				("getMessageChar", "(result i32) call $print i32.const 0"),
			],
		);
		assert!(matches!(refused(&changed), WitnessError::Exception { code: 0, .. }));
	}

	#[test]
	fn many_messages_run_out_of_fuel() {
		let head = "(import \"runtime\" \"printErrorMessage\" (func $print))";
		let changed = module(head, &[("init", "(param i32) (loop $again call $print br $again)")]);
		assert!(matches!(refused(&changed), WitnessError::OutOfFuel { .. }));
	}
}

mod memory {
	use super::*;

	#[test]
	fn is_limited_at_the_start() {
		for pages in [65, 65_536] {
			let head = format!("(memory {pages})");
			let error = refused(&module(&head, &[]));
			assert!(matches!(error, WitnessError::OutOfMemory { most: 4_194_304, .. }), "{error}");
		}
		assert!(calculate(&module("(memory 64)", &[])).is_ok());
	}

	#[test]
	fn is_limited_when_it_grows() {
		let grow = |pages| format!("(param i32) i32.const {pages} memory.grow drop");
		let changed = module("", &[("init", &grow(64))]);
		assert!(matches!(
			refused(&changed),
			WitnessError::OutOfMemory { wanted: 4_259_840, most: 4_194_304 }
		));
		assert!(calculate(&module("", &[("init", &grow(63))])).is_ok());
	}

	#[test]
	fn is_not_read_beyond_its_end() {
		let changed = module("", &[("init", "(param i32) i32.const -1 i32.load drop")]);
		assert!(matches!(refused(&changed), WitnessError::Trap(_)));
	}

	#[test]
	fn limits_the_witness() {
		for size in [104_858, -1] {
			let size = format!("(result i32) i32.const {size}");
			let changed = module("", &[("getWitnessSize", &size)]);
			assert!(matches!(refused(&changed), WitnessError::WitnessSize { most: 104_857, .. }));
		}
	}

	#[test]
	fn tables_are_limited() {
		let error = refused(&module("(table 9000000 funcref)", &[]));
		assert!(matches!(error, WitnessError::Trap(_)), "{error}");
	}
}

mod instructions {
	use super::*;

	/// Each would do much for one unit of fuel, or escape the limits.
	#[test]
	fn of_later_versions_are_refused() {
		let bodies = [
			"(param i32) (memory.fill (i32.const 0) (i32.const 0) (i32.const 60000))",
			"(param i32) (memory.copy (i32.const 0) (i32.const 1) (i32.const 60000))",
			"(param i32) (drop (i64x2.splat (i64.const 1)))",
			"(param i32) (drop (ref.null extern))",
			"(param i32) (return_call $init (local.get 0))",
		];
		for body in bodies {
			let error = refused(&module("", &[("init", body)]));
			assert!(matches!(error, WitnessError::Malformed(_)), "{body}: {error}");
		}
		for head in [
			"(memory 1 1 shared)",
			"(memory i64 1)",
			"(memory 1) (memory 1)",
			"(table 1 externref)",
		] {
			let error = refused(&module(head, &[]));
			assert!(matches!(error, WitnessError::Malformed(_)), "{head}: {error}");
		}
	}
}

mod size {
	use super::*;

	#[test]
	fn of_the_module_is_limited() {
		let mut bytes = module("", &[]);
		bytes.resize((256 << 20) + 1, 0);
		assert!(matches!(
			refused(&bytes),
			WitnessError::TooLarge { what: "bytes of the module", .. }
		));
	}

	#[test]
	fn of_a_function_is_limited() {
		let body = format!("(param i32) {}", "nop ".repeat((4 << 20) + 1));
		let error = refused(&module("", &[("init", &body)]));
		assert!(matches!(error, WitnessError::TooLarge { what: "bytes of one function", .. }));
	}

	#[test]
	fn of_the_code_is_limited() {
		let one = format!("(func {})", "nop ".repeat(4_000_000));
		let error = refused(&module(&one.repeat(9), &[]));
		assert!(matches!(error, WitnessError::TooLarge { what: "bytes of code", .. }));
	}

	/// Within the other limits, these would be compiled for hours.
	#[test]
	fn of_the_flow_is_limited() {
		let shape =
			|one: &str, count| format!("(func (param i32) (local i32) {})", one.repeat(count));
		let nested = |depth| {
			let (open, close) = ("(block (br_if 0 (local.get 0))", ")");
			format!("(func (param i32) {}{})", open.repeat(depth), close.repeat(depth))
		};
		let shapes = [
			shape("(loop (local.set 1 (local.get 0)) (br_if 0 (local.get 1)))", 12_000),
			shape("(if (local.get 0) (then (local.set 1 (local.get 0))))", 30_000),
			nested(15_000),
			format!("(func (block (br_table {}(i32.const 1))))", "0 ".repeat(30_000)),
			shape("(loop (br_if 0 (local.get 1)))", 700).repeat(800),
		];
		for functions in shapes {
			let error = refused(&module(&functions, &[]));
			let WitnessError::TooLarge { what, .. } = &error else { panic!("{error}") };
			assert!(what.starts_with("branches"), "{what}");
		}
	}
}
