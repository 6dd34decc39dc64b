//! The arithmetic: Montgomery's, by the processor's products of 52 bits.
//!
//! A value is five limbs of 52 bits, in Montgomery form with the factor 2^260, and need not be below
//! the modulus `p`. With `u = 2^254`, so that `p < u`, a [`Tight`] value is below `2u`, a [`Loose`] one
//! below `8u`. Products take loose values and give tight ones: `8u·8u / 2^260 + p < 2u`.

use ark_ff::MontConfig;
use core::{arch::x86_64::*, marker::PhantomData};

/// Limbs of a value.
pub(super) const LIMBS: usize = 5;
/// Bits of a limb.
const BITS: u32 = 52;
/// Bits of `u`.
const UNIT: u32 = 254;
const MASK: u64 = (1 << BITS) - 1;

/// Numbers as vectors have them, one limb of eight numbers after the other.
pub(super) type Rows = [[u64; 8]; LIMBS];

/// Eight values below `2u`.
pub(super) struct Tight<M>([__m512i; LIMBS], PhantomData<M>);

/// Eight values below `8u`.
pub(super) struct Loose<M>([__m512i; LIMBS], PhantomData<M>);

impl<M> Clone for Tight<M> {
	fn clone(&self) -> Self {
		*self
	}
}

impl<M> Copy for Tight<M> {}

impl<M> Clone for Loose<M> {
	fn clone(&self) -> Self {
		*self
	}
}

impl<M> Copy for Loose<M> {}

/// 256 bits as limbs.
pub(super) const fn limbs(words: [u64; 4]) -> [u64; LIMBS] {
	[
		words[0] & MASK,
		(words[0] >> 52 | words[1] << 12) & MASK,
		(words[1] >> 40 | words[2] << 24) & MASK,
		(words[2] >> 28 | words[3] << 36) & MASK,
		words[3] >> 16,
	]
}

/// Limbs as 256 bits, of a value that has no more.
pub(super) const fn words(limbs: [u64; LIMBS]) -> [u64; 4] {
	[
		limbs[0] | limbs[1] << 52,
		limbs[1] >> 12 | limbs[2] << 40,
		limbs[2] >> 24 | limbs[3] << 28,
		limbs[3] >> 36 | limbs[4] << 16,
	]
}

/// A small multiple.
const fn multiple(value: [u64; LIMBS], factor: u64) -> [u64; LIMBS] {
	let mut out = [0; LIMBS];
	let mut carry = 0;
	let mut at = 0;
	while at < LIMBS {
		let sum = value[at] as u128 * factor as u128 + carry as u128;
		out[at] = sum as u64 & MASK;
		carry = (sum >> BITS) as u64;
		at += 1;
	}
	out
}

/// What follows from a modulus.
pub(super) struct Constants {
	/// `p`.
	modulus: [u64; LIMBS],
	/// `−1/p` modulo 2^52.
	inverse: u64,
	/// `3p` and `6p`, which are at least `2u` and `4u`.
	three: [u64; LIMBS],
	six: [u64; LIMBS],
	/// For each `q` the largest multiple of `p` that is clearly below `q·u`, by limb.
	below: Rows,
}

impl Constants {
	pub(super) const fn new(words: [u64; 4]) -> Self {
		let modulus = limbs(words);
		// Above 2u/3, so that three of them are more than 2u.
		assert!(modulus[4] > (2 << (UNIT - 208)) / 3 && modulus[4] < 1 << (UNIT - 208));
		// Newton: each step doubles the bits that are right.
		let mut inverse = 1u64;
		let mut step = 0;
		while step < 6 {
			let product = modulus[0].wrapping_mul(inverse);
			inverse = inverse.wrapping_mul(2u64.wrapping_sub(product));
			step += 1;
		}
		let mut below = [[0; 8]; LIMBS];
		let mut number = 1;
		while number < 8 {
			// By the top limbs: a multiple's, rounded up, is below q·u with sixteen to spare.
			let bound = ((number as u64) << (UNIT - 208)) - 16;
			let mut factor = 0;
			while multiple(modulus, factor + 1)[4] < bound {
				factor += 1;
			}
			let value = multiple(modulus, factor);
			let mut at = 0;
			while at < LIMBS {
				below[at][number] = value[at];
				at += 1;
			}
			number += 1;
		}
		Self {
			modulus,
			inverse: inverse.wrapping_neg() & MASK,
			three: multiple(modulus, 3),
			six: multiple(modulus, 6),
			below,
		}
	}
}

/// A modulus with its constants.
pub(super) trait Modulus {
	const CONSTANTS: Constants;
}

impl<M: MontConfig<4>> Modulus for M {
	const CONSTANTS: Constants = Constants::new(M::MODULUS.0);
}

/// Loads eight numbers.
#[target_feature(enable = "avx512f")]
#[inline]
pub(super) fn load(row: &[u64; 8]) -> __m512i {
	// SAFETY: it reads 64 bytes from where the reference points, of any alignment.
	unsafe { _mm512_loadu_si512(row.as_ptr().cast()) }
}

/// Eight rows of eight numbers as eight columns.
#[target_feature(enable = "avx512f")]
#[inline]
pub(super) fn transposed(rows: [__m512i; 8]) -> [__m512i; 8] {
	let [a, b, c, d, e, f, g, h] = rows;
	// Pairs of rows; then pairs of these: rows 0 to 3, and 4 to 7; at last both.
	let pairs = [
		_mm512_unpacklo_epi64(a, b),
		_mm512_unpackhi_epi64(a, b),
		_mm512_unpacklo_epi64(c, d),
		_mm512_unpackhi_epi64(c, d),
		_mm512_unpacklo_epi64(e, f),
		_mm512_unpackhi_epi64(e, f),
		_mm512_unpacklo_epi64(g, h),
		_mm512_unpackhi_epi64(g, h),
	];
	// Columns 0 and 4, or 2 and 6, of the even halves of pairs, 1 and 5, or 3 and 7, of the odd ones.
	let low = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0);
	let high = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
	let four = |pick: __m512i, odd: usize| {
		[
			_mm512_permutex2var_epi64(pairs[odd], pick, pairs[2 + odd]),
			_mm512_permutex2var_epi64(pairs[4 + odd], pick, pairs[6 + odd]),
		]
	};
	let [zero_four, one_five, two_six, three_seven] =
		[four(low, 0), four(low, 1), four(high, 0), four(high, 1)];
	let first = |both: [__m512i; 2]| _mm512_shuffle_i64x2::<0x44>(both[0], both[1]);
	let second = |both: [__m512i; 2]| _mm512_shuffle_i64x2::<0xee>(both[0], both[1]);
	[
		first(zero_four),
		first(one_five),
		first(two_six),
		first(three_seven),
		second(zero_four),
		second(one_five),
		second(two_six),
		second(three_seven),
	]
}

/// Loads 64 bytes.
#[target_feature(enable = "avx512f")]
#[inline]
pub(super) fn load_bytes(bytes: &[u8; 64]) -> __m512i {
	// SAFETY: it reads 64 bytes from where the reference points, of any alignment.
	unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// Stores eight numbers.
#[target_feature(enable = "avx512f")]
#[inline]
pub(super) fn store(value: __m512i, row: &mut [u64; 8]) {
	// SAFETY: it writes 64 bytes to where the reference points, of any alignment.
	unsafe { _mm512_storeu_si512(row.as_mut_ptr().cast(), value) }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn all(value: u64) -> __m512i {
	_mm512_set1_epi64(value as i64)
}

/// Brings limbs, which may be negative or larger than their bits, into their bits.
#[target_feature(enable = "avx512f")]
#[inline]
fn carried(mut raw: [__m512i; LIMBS]) -> [__m512i; LIMBS] {
	let mask = all(MASK);
	for at in 1..LIMBS {
		raw[at] = _mm512_add_epi64(raw[at], _mm512_srai_epi64::<BITS>(raw[at - 1]));
		raw[at - 1] = _mm512_and_si512(raw[at - 1], mask);
	}
	raw
}

/// The tight value of limbs that are not carried, which together are below `8u` and not negative.
#[target_feature(enable = "avx512f")]
#[inline]
fn settled<M: Modulus>(mut raw: [__m512i; LIMBS]) -> Tight<M> {
	// What the other limbs still carry changes the top one by less than the sixteen to spare. What is
	// left is below u + p and the little that was spared.
	let units = _mm512_srai_epi64::<{ UNIT - 208 }>(raw[LIMBS - 1]);
	for (limb, below) in raw.iter_mut().zip(&M::CONSTANTS.below) {
		*limb = _mm512_sub_epi64(*limb, _mm512_permutexvar_epi64(units, load(below)));
	}
	Tight(carried(raw), PhantomData)
}

impl<M: Modulus> Tight<M> {
	/// Eight numbers of 256 bits, by word, and a bit for each: whether it is below the modulus. Others
	/// have no meaning.
	#[target_feature(enable = "avx512f")]
	#[inline]
	pub(super) fn from_rows(rows: [__m512i; 4]) -> (Self, u8) {
		let value = Self::unpacked(rows);
		let mut raw = value.0;
		for (limb, modulus) in raw.iter_mut().zip(M::CONSTANTS.modulus) {
			*limb = _mm512_sub_epi64(*limb, all(modulus));
		}
		let top = carried(raw)[LIMBS - 1];
		let below = _mm512_cmplt_epi64_mask(top, _mm512_setzero_si512());
		(value, below)
	}

	/// Eight numbers below `2u`, by word.
	#[target_feature(enable = "avx512f")]
	#[inline]
	pub(super) fn unpacked(rows: [__m512i; 4]) -> Self {
		let mask = all(MASK);
		let limb = |low: __m512i, high: __m512i| _mm512_and_si512(_mm512_or_si512(low, high), mask);
		let limbs = [
			_mm512_and_si512(rows[0], mask),
			limb(_mm512_srli_epi64::<52>(rows[0]), _mm512_slli_epi64::<12>(rows[1])),
			limb(_mm512_srli_epi64::<40>(rows[1]), _mm512_slli_epi64::<24>(rows[2])),
			limb(_mm512_srli_epi64::<28>(rows[2]), _mm512_slli_epi64::<36>(rows[3])),
			_mm512_srli_epi64::<16>(rows[3]),
		];
		Self(limbs, PhantomData)
	}

	/// The eight numbers, by word.
	#[target_feature(enable = "avx512f")]
	#[inline]
	pub(super) fn packed(self) -> [__m512i; 4] {
		let [a, b, c, d, e] = self.0;
		[
			_mm512_or_si512(a, _mm512_slli_epi64::<52>(b)),
			_mm512_or_si512(_mm512_srli_epi64::<12>(b), _mm512_slli_epi64::<40>(c)),
			_mm512_or_si512(_mm512_srli_epi64::<24>(c), _mm512_slli_epi64::<28>(d)),
			_mm512_or_si512(_mm512_srli_epi64::<36>(d), _mm512_slli_epi64::<16>(e)),
		]
	}

	/// The same number eight times.
	#[target_feature(enable = "avx512f")]
	#[inline]
	pub(super) fn same(value: [u64; 4]) -> Self {
		Self(limbs(value).map(|limb| all(limb)), PhantomData)
	}

	/// Eight numbers of 256 bits, which are below `2u`.
	#[target_feature(enable = "avx512f")]
	#[inline]
	pub(super) fn from_words(numbers: &[[u64; 4]; 8]) -> Self {
		let mut rows: Rows = [[0; 8]; LIMBS];
		for (at, number) in numbers.iter().enumerate() {
			for (row, limb) in rows.iter_mut().zip(limbs(*number)) {
				row[at] = limb;
			}
		}
		Self(rows.map(|row| load(&row)), PhantomData)
	}

	/// The eight numbers, of 256 bits.
	#[target_feature(enable = "avx512f")]
	#[inline]
	pub(super) fn to_words(self) -> [[u64; 4]; 8] {
		let mut rows: Rows = [[0; 8]; LIMBS];
		for (row, limb) in rows.iter_mut().zip(self.0) {
			store(limb, row);
		}
		core::array::from_fn(|at| words(rows.map(|row| row[at])))
	}

	#[target_feature(enable = "avx512f")]
	#[inline]
	pub(super) fn loose(self) -> Loose<M> {
		Loose(self.0, PhantomData)
	}

	/// `2·self`.
	#[target_feature(enable = "avx512f")]
	#[inline]
	pub(super) fn double(self) -> Loose<M> {
		let mut raw = self.0;
		for limb in &mut raw {
			*limb = _mm512_add_epi64(*limb, *limb);
		}
		Loose(carried(raw), PhantomData)
	}

	/// `3·self`.
	#[target_feature(enable = "avx512f")]
	#[inline]
	pub(super) fn triple(self) -> Loose<M> {
		let mut raw = self.0;
		for limb in &mut raw {
			*limb = _mm512_add_epi64(*limb, _mm512_add_epi64(*limb, *limb));
		}
		Loose(carried(raw), PhantomData)
	}

	/// `self − right`, with its limbs as they come.
	#[target_feature(enable = "avx512f")]
	#[inline]
	fn difference(self, right: Self) -> [__m512i; LIMBS] {
		let mut raw = self.0;
		for ((limb, right), three) in raw.iter_mut().zip(right.0).zip(M::CONSTANTS.three) {
			*limb = _mm512_add_epi64(_mm512_sub_epi64(*limb, right), all(three));
		}
		raw
	}

	/// `self − right`.
	#[target_feature(enable = "avx512f")]
	#[inline]
	pub(super) fn minus(self, right: Self) -> Loose<M> {
		Loose(carried(self.difference(right)), PhantomData)
	}

	/// `self − right`.
	#[target_feature(enable = "avx512f")]
	#[inline]
	pub(super) fn minus_tight(self, right: Self) -> Self {
		settled(self.difference(right))
	}

	/// `self + right`, with its limbs as they come.
	#[target_feature(enable = "avx512f")]
	#[inline]
	fn sum(self, right: Self) -> [__m512i; LIMBS] {
		let mut raw = self.0;
		for (limb, right) in raw.iter_mut().zip(right.0) {
			*limb = _mm512_add_epi64(*limb, right);
		}
		raw
	}

	/// `self + right`.
	#[target_feature(enable = "avx512f")]
	#[inline]
	pub(super) fn plus(self, right: Self) -> Loose<M> {
		Loose(carried(self.sum(right)), PhantomData)
	}

	/// `self + right`.
	#[target_feature(enable = "avx512f")]
	#[inline]
	pub(super) fn plus_tight(self, right: Self) -> Self {
		settled(self.sum(right))
	}

	/// `self − one − two`.
	#[target_feature(enable = "avx512f")]
	#[inline]
	pub(super) fn minus_two(self, one: Self, two: Self) -> Self {
		let mut raw = self.0;
		for (at, limb) in raw.iter_mut().enumerate() {
			let taken = _mm512_add_epi64(one.0[at], two.0[at]);
			*limb = _mm512_add_epi64(_mm512_sub_epi64(*limb, taken), all(M::CONSTANTS.six[at]));
		}
		settled(raw)
	}

	/// `−self`.
	#[target_feature(enable = "avx512f")]
	#[inline]
	pub(super) fn negative(self) -> Self {
		Self([_mm512_setzero_si512(); LIMBS], PhantomData).minus_tight(self)
	}

	/// `−self` where the bit is set, itself elsewhere.
	#[target_feature(enable = "avx512f")]
	#[inline]
	pub(super) fn negative_where(self, mask: u8) -> Self {
		let mut raw = self.0;
		for (limb, negative) in raw.iter_mut().zip(self.negative().0) {
			*limb = _mm512_mask_mov_epi64(*limb, mask, negative);
		}
		Self(raw, PhantomData)
	}

	/// `−self`, below `3p`.
	#[target_feature(enable = "avx512f")]
	#[inline]
	fn opposite(self) -> Loose<M> {
		let zero = Self([_mm512_setzero_si512(); LIMBS], PhantomData);
		Loose(carried(zero.difference(self)), PhantomData)
	}

	/// A bit for each of the eight: whether it is a multiple of the modulus.
	#[target_feature(enable = "avx512f,avx512ifma")]
	#[inline]
	pub(super) fn is_zero(self) -> u8 {
		// Times one, without factor: at most p, and only zero and p are multiples.
		let one = Self::same([1, 0, 0, 0]);
		let value = self.loose().times(one.loose());
		let equals = |limbs: [u64; LIMBS]| {
			let compare = |found: u8, (limb, want): (&__m512i, u64)| {
				_mm512_mask_cmpeq_epi64_mask(found, *limb, all(want))
			};
			value.0.iter().zip(limbs).fold(0xff, compare)
		};
		equals([0; LIMBS]) | equals(M::CONSTANTS.modulus)
	}
}

impl<M: Modulus> Loose<M> {
	/// The product, over 2^260.
	#[target_feature(enable = "avx512f,avx512ifma")]
	#[inline]
	pub(super) fn times(self, right: Self) -> Tight<M> {
		let constants = const { &M::CONSTANTS };
		let mut modulus = [all(0); LIMBS];
		for (limb, word) in modulus.iter_mut().zip(constants.modulus) {
			*limb = all(word);
		}
		let inverse = all(constants.inverse);
		let zero = _mm512_setzero_si512();
		let mut sum = [zero; LIMBS];
		// Limbs stay below 2^57: twenty products' halves, and a carry.
		for digit in right.0 {
			for (sum, limb) in sum.iter_mut().zip(self.0) {
				*sum = _mm512_madd52lo_epu64(*sum, limb, digit);
			}
			// What makes the lowest limb zero.
			let times = _mm512_madd52lo_epu64(zero, sum[0], inverse);
			for (sum, limb) in sum.iter_mut().zip(modulus) {
				*sum = _mm512_madd52lo_epu64(*sum, times, limb);
			}
			let carry = _mm512_srli_epi64::<BITS>(sum[0]);
			sum = [_mm512_add_epi64(sum[1], carry), sum[2], sum[3], sum[4], zero];
			for ((sum, limb), modulus) in sum.iter_mut().zip(self.0).zip(modulus) {
				*sum = _mm512_madd52hi_epu64(*sum, limb, digit);
				*sum = _mm512_madd52hi_epu64(*sum, times, modulus);
			}
		}
		Tight(carried(sum), PhantomData)
	}

	/// The product with a tight one.
	#[target_feature(enable = "avx512f,avx512ifma")]
	#[inline]
	pub(super) fn by(self, right: Tight<M>) -> Tight<M> {
		self.times(right.loose())
	}

	/// `self·by + one·two`, over 2^260.
	#[target_feature(enable = "avx512f,avx512ifma")]
	#[inline]
	pub(super) fn times_plus(self, by: Tight<M>, one: Self, two: Tight<M>) -> Tight<M> {
		self.products(by.loose(), one, two.loose())
	}

	/// `self·by − one·two`, over 2^260.
	#[target_feature(enable = "avx512f,avx512ifma")]
	#[inline]
	pub(super) fn times_minus(self, by: Tight<M>, one: Self, two: Tight<M>) -> Tight<M> {
		self.products(by.loose(), one, two.opposite())
	}

	/// `self·by + one·two`, over 2^260: `64u²` and no more, as for one product.
	#[target_feature(enable = "avx512f,avx512ifma")]
	#[inline]
	fn products(self, by: Self, one: Self, two: Self) -> Tight<M> {
		let constants = const { &M::CONSTANTS };
		let modulus = constants.modulus.map(|limb| all(limb));
		let inverse = all(constants.inverse);
		let zero = _mm512_setzero_si512();
		let mut sum = [zero; LIMBS];
		// Limbs stay below 2^57: thirty products' halves, and a carry.
		for (digit, other) in by.0.into_iter().zip(two.0) {
			for ((sum, limb), one) in sum.iter_mut().zip(self.0).zip(one.0) {
				*sum = _mm512_madd52lo_epu64(*sum, limb, digit);
				*sum = _mm512_madd52lo_epu64(*sum, one, other);
			}
			let times = _mm512_madd52lo_epu64(zero, sum[0], inverse);
			for (sum, limb) in sum.iter_mut().zip(modulus) {
				*sum = _mm512_madd52lo_epu64(*sum, times, limb);
			}
			let carry = _mm512_srli_epi64::<BITS>(sum[0]);
			sum = [_mm512_add_epi64(sum[1], carry), sum[2], sum[3], sum[4], zero];
			for ((sum, limb), (one, modulus)) in
				sum.iter_mut().zip(self.0).zip(one.0.into_iter().zip(modulus))
			{
				*sum = _mm512_madd52hi_epu64(*sum, limb, digit);
				*sum = _mm512_madd52hi_epu64(*sum, one, other);
				*sum = _mm512_madd52hi_epu64(*sum, times, modulus);
			}
		}
		Tight(carried(sum), PhantomData)
	}

	/// `self²`, over 2^260.
	#[target_feature(enable = "avx512f,avx512ifma")]
	#[inline]
	pub(super) fn square(self) -> Tight<M> {
		self.times(self)
	}
}
