//! Who contributed: what both phases say of it.

use super::CeremonyError;
use zkml_circuits::sections::{Reader, Section};

/// Where a contribution's secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
	/// Somebody, who should have forgotten it.
	Person {
		/// As they called themselves.
		name: Option<String>,
	},
	/// A public value that nobody could know before a moment after the last person's contribution.
	Beacon {
		/// What it is called.
		name: Option<String>,
		/// The value.
		value: Vec<u8>,
		/// SHA-256 is applied `2^exponent` times.
		exponent: u8,
	},
}

/// UTF-16 units of a name.
const NAME: usize = 64;
/// Fewest rounds of a beacon, by their exponent; and most, which take a day.
const ROUNDS: std::ops::RangeInclusive<u8> = 10..=40;

impl Origin {
	/// The name.
	pub fn name(&self) -> Option<&str> {
		match self {
			Self::Person { name } | Self::Beacon { name, .. } => name.as_deref(),
		}
	}

	/// Whether it is a beacon.
	pub fn is_beacon(&self) -> bool {
		matches!(self, Self::Beacon { .. })
	}

	/// Refuses what cannot be written.
	///
	/// # Errors
	/// [`CeremonyError::Name`], [`CeremonyError::BeaconValue`], [`CeremonyError::BeaconRounds`].
	pub(crate) fn check(&self) -> Result<(), CeremonyError> {
		if let Some(name) = self.name() {
			let length = name.encode_utf16().count();
			if length == 0 || length > NAME || name.chars().any(char::is_control) {
				return Err(CeremonyError::Name { length, most: NAME });
			}
		}
		match self {
			Self::Beacon { value, .. } if value.is_empty() || value.len() > 255 => {
				Err(CeremonyError::BeaconValue { length: value.len() })
			},
			_ => self.check_rounds(),
		}
	}

	/// Refuses a beacon that is hashed too seldom, or for too long: a file's author chooses how long
	/// others hash to verify it.
	///
	/// # Errors
	/// [`CeremonyError::BeaconRounds`].
	pub(crate) fn check_rounds(&self) -> Result<(), CeremonyError> {
		match self {
			Self::Beacon { exponent, .. } if !ROUNDS.contains(exponent) => {
				let (least, most) = ROUNDS.into_inner();
				Err(CeremonyError::BeaconRounds { exponent: *exponent, least, most })
			},
			_ => Ok(()),
		}
	}

	/// As both formats have it: a type, a length, and parameters in order of their numbers.
	pub(crate) fn write(&self, out: &mut Vec<u8>) {
		let mut parameters = Vec::new();
		let mut push = |id: u8, bytes: &[u8]| {
			parameters.push(id);
			if id != 2 {
				parameters.push(bytes.len() as u8);
			}
			parameters.extend_from_slice(bytes);
		};
		if let Some(name) = self.name() {
			push(1, name.as_bytes());
		}
		if let Self::Beacon { value, exponent, .. } = self {
			push(2, &[*exponent]);
			push(3, value);
		}
		out.extend(u32::from(self.is_beacon()).to_le_bytes());
		out.extend((parameters.len() as u32).to_le_bytes());
		out.extend(parameters);
	}

	/// Reads what [`Self::write`] writes.
	///
	/// # Errors
	/// [`CeremonyError::Section`] if it ends too early, [`CeremonyError::Parameters`] if it makes no sense.
	pub(crate) fn read(reader: &mut Reader<'_>, number: usize) -> Result<Self, CeremonyError> {
		let kind = reader.u32()?;
		let length = reader.u32()? as usize;
		let mut parameters = Reader { section: reader.section, rest: reader.take(length)? };
		let wrong = |section: Section| CeremonyError::Parameters { section, number };
		let (mut name, mut exponent, mut value) = (None, None, None);
		let mut last = 0;
		while !parameters.rest.is_empty() {
			let id = parameters.u8()?;
			if id <= last {
				return Err(wrong(reader.section));
			}
			last = id;
			let mut text = || -> Result<Vec<u8>, CeremonyError> {
				let length = parameters.u8()?;
				Ok(parameters.take(length.into())?.to_vec())
			};
			match id {
				1 => name = Some(String::from_utf8_lossy(&text()?).into_owned()),
				2 => exponent = Some(parameters.u8()?),
				3 => value = Some(text()?),
				_ => return Err(wrong(reader.section)),
			}
		}
		match (kind, value, exponent) {
			(0, None, None) => Ok(Self::Person { name }),
			(1, Some(value), Some(exponent)) => Ok(Self::Beacon { name, value, exponent }),
			_ => Err(wrong(reader.section)),
		}
	}
}
