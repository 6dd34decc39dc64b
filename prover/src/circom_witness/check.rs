//! What is checked of a module before it is compiled.

use super::{Limits, WitnessError};
use wasmparser::{
	BinaryReaderError, FuncToValidate, FuncValidatorAllocations, FunctionBody, Operator,
	OperatorsReader, Parser, Payload, TypeRef, ValidPayload, Validator, ValidatorResources,
	WasmFeatures,
};

/// Bytes of a module. Most are constants and the table of the witness, which is copied, not
/// compiled.
const MAX_MODULE: usize = 256 << 20;
/// Bytes of all functions.
const MAX_CODE: usize = 32 << 20;
/// Bytes of one function: a template's body, or a function with tables of constants.
const MAX_FUNCTION: usize = 4 << 20;
/// Work of the compiler that grows faster than the code, see [`flow`]. A circuit of hashes has about
/// a million, most of it in tables of constants; a million takes a tenth of a second at worst.
const MAX_FLOW: usize = 1 << 28;
/// Bytes of a page of memory.
const PAGE: u64 = 1 << 16;

/// The functions through which a circuit reports, all in the namespace `runtime`.
const IMPORTS: [&str; 4] =
	["exceptionHandler", "printErrorMessage", "writeBufferMessage", "showSharedRWMemory"];

/// The module is within its limits, valid as the first version of WebAssembly, and imports nothing
/// but what the host has.
///
/// The time is linear in the module's size, and bounds that of the compilation, to a few minutes for
/// the worst module that passes. Later instructions are left out because one of them can do the work
/// of millions, as filling a memory does, for one unit of fuel.
pub(super) fn check(wasm: &[u8], limits: Limits) -> Result<(), WitnessError> {
	if !wasm.starts_with(b"\0asm") {
		return Err(WitnessError::NotWasm);
	}
	at_most("bytes of the module", wasm.len(), MAX_MODULE)?;
	let mut validator = Validator::new_with_features(WasmFeatures::WASM1);
	let mut buffers = FuncValidatorAllocations::default();
	let mut flows = 0usize;
	for payload in Parser::new(0).parse_all(wasm) {
		let payload = payload.map_err(malformed)?;
		match &payload {
			Payload::ImportSection(imports) => {
				for import in imports.clone() {
					let import = import.map_err(malformed)?;
					let known = import.module == "runtime" && IMPORTS.contains(&import.name);
					if !known || !matches!(import.ty, TypeRef::Func(_)) {
						let (module, name) = (shown(import.module), shown(import.name));
						return Err(WitnessError::UnknownImport { module, name });
					}
				}
			},
			Payload::MemorySection(memories) => {
				for memory in memories.clone() {
					let bytes = memory.map_err(malformed)?.initial.saturating_mul(PAGE);
					let wanted = usize::try_from(bytes).unwrap_or(usize::MAX);
					let most = limits.memory_bytes;
					if wanted > most {
						return Err(WitnessError::OutOfMemory { wanted, most });
					}
				}
			},
			Payload::CodeSectionStart { size, .. } => {
				at_most("bytes of code", *size as usize, MAX_CODE)?;
			},
			Payload::CodeSectionEntry(body) => {
				at_most("bytes of one function", body.range().len(), MAX_FUNCTION)?;
			},
			_ => {},
		}
		if let ValidPayload::Func(function, body) =
			validator.payload(&payload).map_err(malformed)?
		{
			let flow = flow(function, &body, &mut buffers).map_err(malformed)?;
			flows = flows.saturating_add(flow);
			at_most("branches times branches and values of a function", flows, MAX_FLOW)?;
		}
	}
	Ok(())
}

/// Validates a function, and multiplies its branches with the sum of its branches and of the values
/// that may be alive at one: locals, the highest stack, the deepest nesting. A compiler that joins
/// values where branches meet, and follows them through loops, takes that long in the worst case.
fn flow(
	function: FuncToValidate<ValidatorResources>,
	body: &FunctionBody<'_>,
	buffers: &mut FuncValidatorAllocations,
) -> Result<usize, BinaryReaderError> {
	let mut validator = function.into_validator(std::mem::take(buffers));
	let mut reader = body.get_binary_reader();
	validator.read_locals(&mut reader)?;
	let (mut branches, mut height) = (0usize, 0);
	let mut operators = OperatorsReader::new(reader);
	while !operators.eof() {
		let (operator, offset) = operators.read_with_offset()?;
		branches += match &operator {
			Operator::Loop { .. } | Operator::If { .. } | Operator::Else => 1,
			Operator::Block { .. } | Operator::Br { .. } | Operator::BrIf { .. } => 1,
			Operator::BrTable { targets } => targets.len() as usize + 1,
			_ => 0,
		};
		validator.op(offset, &operator)?;
		height = height.max(validator.operand_stack_height() + validator.control_stack_height());
	}
	operators.finish()?;
	let values = validator.len_locals() as usize + height as usize;
	*buffers = validator.into_allocations();
	Ok(branches.saturating_mul(branches + values))
}

fn malformed(error: BinaryReaderError) -> WitnessError {
	WitnessError::Malformed(error.to_string())
}

fn at_most(what: &'static str, found: usize, most: usize) -> Result<(), WitnessError> {
	if found > most {
		return Err(WitnessError::TooLarge { what, found, most });
	}
	Ok(())
}

/// A name from a module, fit to be shown.
fn shown(name: &str) -> String {
	name.chars().filter(|c| !c.is_control()).take(100).collect()
}
