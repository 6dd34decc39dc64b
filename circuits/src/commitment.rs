//! Commitments: Poseidon hashes of packed values, with a salt.
//!
//! # What is hashed
//! The values are those of one or two *sections*, each of one width. Section by section they are
//! packed into words of `⌊253 / width⌋` values, little end first, each less the smallest that it can
//! be. With `P` the Poseidon of circomlib, of as many elements as are written:
//!
//! - `h₁ = P(header, schema, salt, w₁, …, w₁₃)`,
//! - `hᵢ₊₁ = P(hᵢ, the next 15 words)`; the last chunks of both kinds are as long as words are left.
//!
//! The last `hᵢ` is the commitment. The header is the integer of these bytes, little-endian: the
//! five letters `zkml1`, the kind, then for each of two sections its width in one byte and its count
//! in four, zeros for one that is not there. The schema is the little-endian integer of the
//! [`SchemaId`], whose top three bits are zero. The salt is any field element.
//!
//! So equal hashes mean equal kinds, layouts, schemas, salts and values: the header tells how many
//! words there are and what they hold, so that none can be read in another way. The salt is random,
//! from 254 bits, so that even one bit of data cannot be guessed from its commitment.
//!
//! # Cost
//! For a word 1 for the packing, and 609 / 15 for the hash: 1.34 for each byte of a long section of
//! bytes. The first words share their permutation with header, schema and salt.

use crate::{
	error::ModelError,
	gadgets::poseidon::{poseidon, Cell, Combination},
	poseidon::{hash, MAX_INPUTS},
	r1cs::{Builder, Wire},
	signal::Signal,
	Element,
};
use ark_ff::{BigInteger, PrimeField, UniformRand};
use rand::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use zkml_primitives::{Commitment, Packing, SchemaId, WORD_BITS};

/// What is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommitmentKind {
	/// An input.
	Input = 1,
	/// Weights, then biases.
	Weights = 2,
}

/// Values of one width, none negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section<T> {
	/// Bits of a value, 1 to 32.
	pub width: u32,
	/// The values, each less the smallest that it can be.
	pub values: Vec<T>,
}

impl<T> Section<T> {
	/// How the values are laid out in words.
	fn packing(&self) -> Packing {
		Packing { width: self.width as u8, count: self.values.len() as u32, offset: 0 }
	}

	/// The values of each word.
	fn words(&self) -> impl Iterator<Item = &[T]> {
		self.values.chunks((WORD_BITS / self.width) as usize)
	}
}

/// A random number that hides committed values. Whoever knows it can guess them, and whoever lost it
/// can prove nothing about them any more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(Element);

impl Salt {
	/// A new salt.
	pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
		Self(Element::rand(rng))
	}

	/// The salt that 32 bytes, little-endian, stand for; `None` if they are not below the order of
	/// the field, or stand for a number so small that it was never drawn at random.
	pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
		let salt = Element::from_le_bytes_mod_order(bytes);
		let salt = Self(salt);
		(salt.to_bytes() == *bytes && salt.0.into_bigint().num_bits() > 128).then_some(salt)
	}

	/// 32 bytes, little-endian.
	pub fn to_bytes(self) -> [u8; 32] {
		bytes(self.0)
	}
}

/// Says nothing of the number.
impl std::fmt::Debug for Salt {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.write_str("Salt")
	}
}

/// 32 bytes, little-endian.
pub(crate) fn bytes(element: Element) -> [u8; 32] {
	let mut bytes = [0; 32];
	bytes.copy_from_slice(&element.into_bigint().to_bytes_le());
	bytes
}

/// The schema of values that are described by these bytes.
pub fn schema_id(description: &[u8]) -> SchemaId {
	let mut id = sp_crypto_hashing::blake2_256(description);
	id[31] &= 0x1f;
	SchemaId(id)
}

/// The first element that is hashed.
fn header(kind: CommitmentKind, layouts: &[Packing]) -> Element {
	assert!(layouts.len() <= 2, "one or two sections");
	let mut bytes = b"zkml1".to_vec();
	bytes.push(kind as u8);
	for layout in layouts {
		bytes.push(layout.width);
		bytes.extend(layout.count.to_le_bytes());
	}
	Element::from_le_bytes_mod_order(&bytes)
}

/// How many words the first permutation takes.
const FIRST: usize = MAX_INPUTS - 3;
/// How many words each later permutation takes.
const NEXT: usize = MAX_INPUTS - 1;

/// Hashes a start and words in chunks, `with` whatever that takes.
fn chain<W, T: Clone, H>(
	with: &mut W,
	start: [T; 3],
	words: &[T],
	permute: impl Fn(&mut W, &[T]) -> H,
	next: impl Fn(&mut W, H) -> T,
) -> H {
	let (first, rest) = words.split_at(words.len().min(FIRST));
	let mut last = permute(with, &[&start, first].concat());
	for chunk in rest.chunks(NEXT) {
		let inputs = [&[next(with, last)], chunk].concat();
		last = permute(with, &inputs);
	}
	last
}

/// Commits to sections of values.
///
/// # Errors
/// [`ModelError::Commitment`] for a value that does not fit its section's width.
pub fn commit(
	kind: CommitmentKind,
	schema: SchemaId,
	sections: &[Section<u64>],
	salt: Salt,
) -> Result<Commitment, ModelError> {
	let mut words = Vec::new();
	for section in sections {
		if let Some(index) = section.values.iter().position(|value| value >> section.width != 0) {
			return Err(ModelError::Commitment(format!(
				"value {index} does not fit {} bits",
				section.width
			)));
		}
		let base = Element::from(1u64 << section.width);
		words.extend(section.words().map(|word| {
			word.iter()
				.rev()
				.fold(Element::from(0), |sum, &value| sum * base + Element::from(value))
		}));
	}
	let layouts: Vec<Packing> = sections.iter().map(Section::packing).collect();
	let start = [header(kind, &layouts), Element::from_le_bytes_mod_order(&schema.0), salt.0];
	Ok(Commitment(bytes(chain(&mut (), start, &words, |(), inputs| hash(inputs), |(), hash| hash))))
}

/// Constrains a public signal to be the commitment to sections of signals.
///
/// Bounds must show that each signal fits its section's width; the salt is a wire that nothing else
/// constrains.
pub(crate) fn constrain(
	builder: &mut Builder,
	kind: CommitmentKind,
	schema: SchemaId,
	sections: &[Section<Signal>],
	salt: Option<Salt>,
	commitment: Wire,
) {
	open(builder, kind, schema, sections, salt).equals(builder, commitment);
}

/// The commitment to sections of signals, as [`constrain`] has it.
pub(crate) fn open(
	builder: &mut Builder,
	kind: CommitmentKind,
	schema: SchemaId,
	sections: &[Section<Signal>],
	salt: Option<Salt>,
) -> Combination {
	let mut words = Vec::new();
	for section in sections {
		let packing = section.packing();
		let base = Element::from(1u64 << section.width);
		for word in section.words() {
			let value = match builder.wants_values() {
				true => word
					.iter()
					.rev()
					.fold(Element::from(0), |sum, signal| sum * base + Element::from(signal.value)),
				false => Element::from(0),
			};
			let wire = builder.alloc(|| value);
			builder.enforce_packed(wire, word, &packing);
			words.push(Cell { wire, value });
		}
	}
	let layouts: Vec<Packing> = sections.iter().map(Section::packing).collect();
	let constants = [header(kind, &layouts), Element::from_le_bytes_mod_order(&schema.0)];
	let [header, schema] = constants.map(|value| constant(builder, value));
	let salt = salt.map_or(Element::from(0), |salt| salt.0);
	let salt = Cell { wire: builder.alloc(|| salt), value: salt };
	chain(builder, [header, schema, salt], &words, poseidon, |builder, hash| hash.named(builder))
}

/// A wire that holds a constant.
fn constant(builder: &mut Builder, value: Element) -> Cell {
	use crate::r1cs::ONE;
	let wire = builder.alloc(|| value);
	let one = Element::from(1);
	builder.enforce_field([vec![(wire, one)], vec![(ONE, one)], vec![(ONE, value)]]);
	Cell { wire, value }
}
