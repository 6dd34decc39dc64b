//! What the fuzz targets do with their bytes: one module each, with a function `run` that panics
//! if something that must hold does not. See README.md.
//!
//! The targets are thin wrappers, so that `cargo test` can replay the corpora without a fuzzer.

pub mod decode_key;
pub mod decode_point_scalar;
pub mod files;
pub mod interface_statement;
pub mod memory;
pub mod reference;
pub mod runtime;
pub mod scale_types;
pub mod seeds;
pub mod submit_inference;
pub mod verify_proof;

/// What is done with an input.
pub type Target = fn(&[u8]);

/// The targets by name.
pub const TARGETS: [(&str, Target); 7] = [
	("decode_key", decode_key::run),
	("decode_point_scalar", decode_point_scalar::run),
	("files", files::run),
	("interface_statement", interface_statement::run),
	("scale_types", scale_types::run),
	("submit_inference", submit_inference::run),
	("verify_proof", verify_proof::run),
];

/// Bytes that are read front to back, and all zero beyond their end.
pub struct Input<'a>(arbitrary::Unstructured<'a>);

impl<'a> Input<'a> {
	/// Reads `data`.
	pub fn new(data: &'a [u8]) -> Self {
		Self(arbitrary::Unstructured::new(data))
	}

	/// Whether the end is reached.
	pub fn is_empty(&self) -> bool {
		self.0.is_empty()
	}

	/// Reads an integer or an array, little-endian.
	pub fn any<T: arbitrary::Arbitrary<'a> + Default>(&mut self) -> T {
		self.0.arbitrary().unwrap_or_default()
	}

	/// Reads an array of bytes.
	pub fn array<const N: usize>(&mut self) -> [u8; N] {
		let mut bytes = [0; N];
		// Cannot fail: what lies beyond the end is zero.
		let _ = self.0.fill_buffer(&mut bytes);
		bytes
	}

	/// Reads a byte and makes a number below `count` of it, at most 256.
	pub fn below(&mut self, count: usize) -> usize {
		usize::from(self.any::<u8>()) % count.max(1)
	}

	/// Chooses one of several.
	pub fn choose<'b, T>(&mut self, from: &'b [T]) -> &'b T {
		&from[self.below(from.len())]
	}

	/// Reads up to `count` bytes, as many as there are.
	pub fn up_to(&mut self, count: usize) -> &'a [u8] {
		let count = count.min(self.0.len());
		self.0.bytes(count).unwrap_or_default()
	}

	/// Reads the rest.
	pub fn rest(&mut self) -> &'a [u8] {
		self.up_to(usize::MAX)
	}
}
