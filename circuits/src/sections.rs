//! The container that iden3's binary files share (`.r1cs`, `.wtns`, `.ptau`, `.zkey`): a magic word,
//! a version, and sections, each with a number and a length.
//!
//! Format: iden3/binfileutils, `src/binfileutils.js`. No length of a file is trusted: a section is a
//! slice of the bytes that are there, and lists are read from it by exact sizes.

use std::{
	fmt,
	io::{self, Write},
};
use thiserror::Error;

/// A kind of file.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
	/// The first four bytes, which are the name's ending, too.
	pub magic: &'static str,
	/// The version that is known.
	pub version: u32,
	/// Names of the sections, by number.
	pub names: &'static [(u32, &'static str)],
}

impl Kind {
	/// A section by its number, for messages.
	pub fn section(&self, id: u32) -> Section {
		let name = self.names.iter().find(|(known, _)| *known == id).map(|&(_, name)| name);
		Section { id, name }
	}
}

/// A section in a message: `section 9 (H)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
	/// Number.
	pub id: u32,
	/// Name, if the format has one.
	pub name: Option<&'static str>,
}

impl fmt::Display for Section {
	fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self.name {
			Some(name) => write!(out, "section {} ({name})", self.id),
			None => write!(out, "section {}", self.id),
		}
	}
}

/// Why a file is not split into its sections, or a section not read.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SectionError {
	/// The first bytes are those of another kind of file.
	#[error("not a .{expected} file{}", found.map(|kind| format!(", but a .{kind} file")).unwrap_or_default())]
	Magic {
		/// The kind wanted.
		expected: &'static str,
		/// The kind it is, where it is one of this family.
		found: Option<&'static str>,
	},
	/// The format's version is not known.
	#[error(".{kind} version {got} is not supported, only {expected}")]
	Version {
		/// Kind of file.
		kind: &'static str,
		/// Version known.
		expected: u32,
		/// Version found.
		got: u32,
	},
	/// The file ends before its header or the header of a section.
	#[error("the .{kind} file is truncated: it ends in the header of section number {section}")]
	Header {
		/// Kind of file.
		kind: &'static str,
		/// How many sections were complete.
		section: u32,
	},
	/// The file ends before a section does.
	#[error("the file is truncated: {section} says that it has {length} bytes, {left} are left")]
	Truncated {
		/// The section.
		section: Section,
		/// Bytes that it should have.
		length: u64,
		/// Bytes that are there.
		left: u64,
	},
	/// Bytes follow the last section.
	#[error("{0} bytes after the last section belong to nothing")]
	Trailing(usize),
	/// A section is there twice.
	#[error("{0} is there twice")]
	Doubled(Section),
	/// More sections than any of the formats has.
	#[error("the .{kind} file says that it has {count} sections: no more than {MOST} make sense")]
	Many {
		/// Kind of file.
		kind: &'static str,
		/// Number of sections.
		count: u32,
	},
	/// A section is not there.
	#[error("{0} is missing")]
	Missing(Section),
	/// A section's length is not what counts of the file say.
	#[error("{section} has {got} bytes, by the file's counts {expected}")]
	Length {
		/// The section.
		section: Section,
		/// By counts elsewhere in the file.
		expected: u64,
		/// Bytes there.
		got: u64,
	},
	/// A section ends within a value.
	#[error("{0} ends too early")]
	Short(Section),
	/// A section is longer than what it holds.
	#[error("{section} has {bytes} bytes more than it should")]
	Rest {
		/// The section.
		section: Section,
		/// Bytes too many.
		bytes: usize,
	},
}

/// The sections of a file, borrowed from its bytes.
#[derive(Debug)]
pub struct Sections<'a> {
	kind: &'static Kind,
	bytes: &'a [u8],
	/// Number, start and end.
	found: Vec<(u32, usize, usize)>,
}

/// More sections than a file has.
const MOST: u32 = 64;

/// Magic words of the family.
const KNOWN: [&str; 4] = ["r1cs", "wtns", "ptau", "zkey"];

impl<'a> Sections<'a> {
	/// Splits a file.
	///
	/// # Errors
	/// [`SectionError`] if it is of another kind, truncated, longer than its sections, or has one twice.
	pub fn split(kind: &'static Kind, bytes: &'a [u8]) -> Result<Self, SectionError> {
		let magic = bytes.get(..4).unwrap_or(bytes);
		if magic != kind.magic.as_bytes() {
			let found = KNOWN.into_iter().find(|known| known.as_bytes() == magic);
			return Err(SectionError::Magic { expected: kind.magic, found });
		}
		let mut header = Reader { section: kind.section(0), rest: &bytes[4..] };
		let truncated = |section| move |_| SectionError::Header { kind: kind.magic, section };
		let got = header.u32().map_err(truncated(0))?;
		if got != kind.version {
			let expected = kind.version;
			return Err(SectionError::Version { kind: kind.magic, expected, got });
		}
		let count = header.u32().map_err(truncated(0))?;
		if count > MOST {
			return Err(SectionError::Many { kind: kind.magic, count });
		}
		let mut found: Vec<(u32, usize, usize)> = Vec::new();
		for number in 0..count {
			let id = header.u32().map_err(truncated(number))?;
			let length = header.u64().map_err(truncated(number))?;
			let section = kind.section(id);
			let left = header.rest.len();
			let Some(size) = usize::try_from(length).ok().filter(|&size| size <= left) else {
				return Err(SectionError::Truncated { section, length, left: left as u64 });
			};
			if found.iter().any(|&(other, _, _)| other == id) {
				return Err(SectionError::Doubled(section));
			}
			let start = bytes.len() - left;
			found.push((id, start, start + size));
			header.rest = &header.rest[size..];
		}
		if !header.rest.is_empty() {
			return Err(SectionError::Trailing(header.rest.len()));
		}
		Ok(Self { kind, bytes, found })
	}

	/// The bytes of a section, if it is there.
	pub fn find(&self, id: u32) -> Option<&'a [u8]> {
		let &(_, start, end) = self.found.iter().find(|(other, _, _)| *other == id)?;
		Some(&self.bytes[start..end])
	}

	/// A section.
	///
	/// # Errors
	/// [`SectionError::Missing`].
	pub fn get(&self, id: u32) -> Result<Reader<'a>, SectionError> {
		let section = self.kind.section(id);
		let rest = self.find(id).ok_or(SectionError::Missing(section))?;
		Ok(Reader { section, rest })
	}

	/// A section of exactly this many bytes.
	///
	/// # Errors
	/// [`SectionError::Missing`] or [`SectionError::Length`].
	pub fn exactly(&self, id: u32, expected: u64) -> Result<&'a [u8], SectionError> {
		let Reader { section, rest } = self.get(id)?;
		let got = rest.len() as u64;
		if got != expected {
			return Err(SectionError::Length { section, expected, got });
		}
		Ok(rest)
	}

	/// What stands in the file after a section.
	pub fn after(&self, id: u32) -> Option<&'a [u8]> {
		let &(_, _, end) = self.found.iter().find(|(other, _, _)| *other == id)?;
		Some(&self.bytes[end..])
	}
}

/// Begins a file of this many sections.
///
/// # Errors
/// Of writing.
pub fn begin_file(out: &mut impl Write, kind: &Kind, sections: u32) -> io::Result<()> {
	out.write_all(kind.magic.as_bytes())?;
	out.write_all(&kind.version.to_le_bytes())?;
	out.write_all(&sections.to_le_bytes())
}

/// Begins a section of this many bytes.
///
/// # Errors
/// Of writing.
pub fn begin_section(out: &mut impl Write, id: u32, length: u64) -> io::Result<()> {
	out.write_all(&id.to_le_bytes())?;
	out.write_all(&length.to_le_bytes())
}

/// What is left of a section; it never reads past its end.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
	/// The section, for messages.
	pub section: Section,
	/// The bytes left.
	pub rest: &'a [u8],
}

impl<'a> Reader<'a> {
	/// The next bytes.
	///
	/// # Errors
	/// [`SectionError::Short`]; so for all that read.
	pub fn take(&mut self, length: usize) -> Result<&'a [u8], SectionError> {
		if length > self.rest.len() {
			return Err(SectionError::Short(self.section));
		}
		let (taken, rest) = self.rest.split_at(length);
		self.rest = rest;
		Ok(taken)
	}

	/// The next bytes, of a number known when compiled.
	pub fn array<const N: usize>(&mut self) -> Result<[u8; N], SectionError> {
		let mut bytes = [0; N];
		bytes.copy_from_slice(self.take(N)?);
		Ok(bytes)
	}

	/// A byte.
	pub fn u8(&mut self) -> Result<u8, SectionError> {
		Ok(self.array::<1>()?[0])
	}

	/// An integer of four bytes, little end first.
	pub fn u32(&mut self) -> Result<u32, SectionError> {
		Ok(u32::from_le_bytes(self.array()?))
	}

	/// An integer of eight bytes, little end first.
	pub fn u64(&mut self) -> Result<u64, SectionError> {
		Ok(u64::from_le_bytes(self.array()?))
	}

	/// An integer of 32 bytes, little end first, as limbs.
	pub fn limbs(&mut self) -> Result<[u64; 4], SectionError> {
		let mut limbs = [0; 4];
		for limb in &mut limbs {
			*limb = self.u64()?;
		}
		Ok(limbs)
	}

	/// Checks that nothing is left.
	///
	/// # Errors
	/// [`SectionError::Rest`].
	pub fn end(&self) -> Result<(), SectionError> {
		match self.rest.len() {
			0 => Ok(()),
			bytes => Err(SectionError::Rest { section: self.section, bytes }),
		}
	}
}
