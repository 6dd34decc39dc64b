//! Packing of small integers into field elements.

use alloc::{vec, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;

/// Bits that a word may hold: `2^253` is below the order of the scalar field of BN254, so
/// packing is injective and every word is canonical.
pub const WORD_BITS: u32 = 253;

/// How a list of integers is laid out in words.
///
/// A word holds `⌊253 / width⌋` values of `width` bits, little end first; value `v` is stored as
/// `v − offset`, which lies in `[0, 2^width)`.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Packing {
	/// Bits per value, 1 to 32.
	pub width: u8,
	/// Number of values, at least 1.
	pub count: u32,
	/// The smallest value that can be stored.
	pub offset: i32,
}

/// Why values cannot be packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackingError {
	/// The width is not in 1 to 32, or there is no value.
	Layout,
	/// The number of values is not the declared one.
	Count {
		/// Declared number.
		expected: u32,
		/// Number given.
		got: u32,
	},
	/// A value does not fit the declared width.
	OutOfRange {
		/// Its position.
		index: u32,
	},
}

impl fmt::Display for PackingError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Layout => f.write_str("the declared layout makes no sense"),
			Self::Count { expected, got } => write!(f, "expected {expected} values, got {got}"),
			Self::OutOfRange { index } => write!(f, "value {index} is out of its declared range"),
		}
	}
}

impl Packing {
	/// Whether width and count make sense.
	pub fn is_valid(&self) -> bool {
		(1..=32).contains(&self.width) && self.count > 0
	}

	/// Values in one word, at least 1 whatever the width.
	pub fn per_word(&self) -> u32 {
		(WORD_BITS / u32::from(self.width.max(1))).max(1)
	}

	/// Number of words.
	pub fn words(&self) -> u32 {
		self.count.div_ceil(self.per_word())
	}

	/// The largest value that can be stored.
	pub fn max(&self) -> i64 {
		i64::from(self.offset) + (1i64 << self.width.min(32)) - 1
	}

	/// Packs `values` into words of 32 bytes, little-endian.
	pub fn pack<I>(&self, values: I) -> Result<Vec<[u8; 32]>, PackingError>
	where
		I: ExactSizeIterator<Item = i32>,
	{
		if !self.is_valid() {
			return Err(PackingError::Layout);
		}
		if values.len() != self.count as usize {
			let got = values.len().try_into().unwrap_or(u32::MAX);
			return Err(PackingError::Count { expected: self.count, got });
		}
		let per_word = self.per_word() as usize;
		let mut words = vec![[0u8; 32]; self.words() as usize];
		for (index, value) in values.enumerate() {
			let shifted = i64::from(value) - i64::from(self.offset);
			if shifted < 0 || shifted >> self.width != 0 {
				return Err(PackingError::OutOfRange { index: index as u32 });
			}
			if let Some(word) = words.get_mut(index / per_word) {
				insert(word, (index % per_word) * usize::from(self.width), shifted as u64);
			}
		}
		Ok(words)
	}
}

/// Ors `value`, of at most 32 bits, into `word` at bit `position`.
fn insert(word: &mut [u8; 32], position: usize, value: u64) {
	let shifted = value << (position % 8);
	for (byte, part) in word.iter_mut().skip(position / 8).zip(shifted.to_le_bytes()) {
		*byte |= part;
	}
}

/// A non-negative factor `mantissa · 2^exponent`, which every float32 is.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Scale {
	/// The integer part; never 0.
	pub mantissa: u32,
	/// The power of two.
	pub exponent: i16,
}

impl Scale {
	/// The scale `2^exponent`.
	pub const fn power_of_two(exponent: i16) -> Self {
		Self { mantissa: 1, exponent }
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn unpack(packing: &Packing, words: &[[u8; 32]]) -> Vec<i32> {
		(0..packing.count as usize)
			.map(|i| {
				let word = &words[i / packing.per_word() as usize];
				let at = i % packing.per_word() as usize * usize::from(packing.width);
				let bit = |b: usize| u64::from(word[b / 8] >> (b % 8) & 1);
				let raw = (0..usize::from(packing.width)).map(|b| bit(at + b) << b).sum::<u64>();
				(raw as i64 + i64::from(packing.offset)) as i32
			})
			.collect()
	}

	#[test]
	fn pixels_of_mnist_take_26_words() {
		assert_eq!(Packing { width: 8, count: 784, offset: 0 }.words(), 26);
	}

	#[test]
	fn every_width_is_refused_or_used() {
		for width in 0..=u8::MAX {
			for count in [0, 1, 1_000, u32::MAX] {
				let packing = Packing { width, count, offset: 0 };
				assert!(packing.per_word() >= 1 && packing.words() <= count);
				assert!(packing.max() >= 0);
				let packed = packing.pack([0].into_iter()).is_ok();
				assert_eq!(packed, (1..=32).contains(&width) && count == 1);
			}
		}
	}

	#[test]
	fn refuses_what_does_not_fit() {
		let packing = Packing { width: 4, count: 2, offset: -8 };
		assert!(packing.pack([-8, 7].into_iter()).is_ok());
		assert_eq!(packing.pack([0, 8].into_iter()), Err(PackingError::OutOfRange { index: 1 }));
		assert_eq!(packing.pack([-9, 0].into_iter()), Err(PackingError::OutOfRange { index: 0 }));
		assert_eq!(packing.pack([0].into_iter()), Err(PackingError::Count { expected: 2, got: 1 }));
		let wide = Packing { width: 33, count: 1, offset: 0 };
		assert_eq!(wide.pack([0].into_iter()), Err(PackingError::Layout));
		let empty = Packing { width: 8, count: 0, offset: 0 };
		assert_eq!(empty.pack([].into_iter()), Err(PackingError::Layout));
	}

	proptest! {
		#[test]
		fn unpacking_returns_the_values(
			width in 1u8..=32,
			offset in any::<i32>(),
			raws in prop::collection::vec(any::<u32>(), 1..100),
		) {
			let mask = u32::MAX >> (32 - u32::from(width));
			let fits = |raw: &u32| i32::try_from(i64::from(raw & mask) + i64::from(offset)).ok();
			let values: Vec<i32> = raws.iter().filter_map(fits).collect();
			prop_assume!(!values.is_empty());
			let packing = Packing { width, count: values.len() as u32, offset };
			let words = packing.pack(values.iter().copied()).unwrap();
			prop_assert_eq!(words.len() as u32, packing.words());
			prop_assert!(words.iter().all(|word| word[31] < 1 << 5), "above 253 bits");
			prop_assert_eq!(unpack(&packing, &words), values);
		}
	}
}
