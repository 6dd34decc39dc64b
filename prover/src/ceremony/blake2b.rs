//! BLAKE2b-512 (RFC 7693) whose state can be taken out in the middle and put back.
//!
//! A `.ptau` file holds, for each contribution, the state of the hash of its response, so that
//! others can finish it without the response. No library that this project uses gives that state out.

use thiserror::Error;

/// A digest.
pub type Hash = [u8; 64];

const BLOCK: usize = 128;
const START: [u64; 8] = [
	0x6a09_e667_f3bc_c908,
	0xbb67_ae85_84ca_a73b,
	0x3c6e_f372_fe94_f82b,
	0xa54f_f53a_5f1d_36f1,
	0x510e_527f_ade6_82d1,
	0x9b05_688c_2b3e_6c1f,
	0x1f83_d9ab_fb41_bd6b,
	0x5be0_cd19_137e_2179,
];
const SIGMA: [[usize; 16]; 10] = [
	[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
	[14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
	[11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
	[7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
	[9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
	[2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
	[12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
	[13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
	[6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
	[10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

/// A hash that is being computed.
#[derive(Clone, Debug)]
pub struct Blake2b {
	state: [u64; 8],
	/// Bytes before those in the block.
	length: u128,
	block: [u8; BLOCK],
	/// Bytes of the block that are filled; a full one waits for what follows.
	filled: usize,
}

/// A state taken out does not describe a hash.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the state of a hash says that {filled} of {BLOCK} bytes are filled")]
pub struct StateError {
	filled: u64,
}

impl Default for Blake2b {
	fn default() -> Self {
		let mut state = START;
		// No key, 64 bytes out.
		state[0] ^= 0x0101_0000 ^ 64;
		Self { state, length: 0, block: [0; BLOCK], filled: 0 }
	}
}

impl Blake2b {
	/// Bytes of a state in a `.ptau` file: the block, the state, and two counts of 64 bits, and a word
	/// that is not used.
	pub const STATE: usize = 216;

	/// The hash of some bytes.
	pub fn digest(bytes: &[u8]) -> Hash {
		Self::default().with(bytes).finish()
	}

	/// Takes bytes in.
	pub fn update(&mut self, mut bytes: &[u8]) {
		while !bytes.is_empty() {
			if self.filled == BLOCK {
				self.length += BLOCK as u128;
				self.compress(false);
				self.filled = 0;
			}
			let count = bytes.len().min(BLOCK - self.filled);
			self.block[self.filled..self.filled + count].copy_from_slice(&bytes[..count]);
			self.filled += count;
			bytes = &bytes[count..];
		}
	}

	/// The same, in passing.
	pub fn with(mut self, bytes: &[u8]) -> Self {
		self.update(bytes);
		self
	}

	/// The digest.
	pub fn finish(mut self) -> Hash {
		self.length += self.filled as u128;
		self.block[self.filled..].fill(0);
		self.compress(true);
		let mut hash = [0; 64];
		for (chunk, word) in hash.chunks_exact_mut(8).zip(self.state) {
			chunk.copy_from_slice(&word.to_le_bytes());
		}
		hash
	}

	/// The state as `.ptau` files hold it. Bytes of the block that are not filled are zero.
	pub fn state(&self) -> [u8; Self::STATE] {
		let mut out = [0; Self::STATE];
		out[..self.filled].copy_from_slice(&self.block[..self.filled]);
		let counts = [self.length as u64, self.filled as u64];
		for (chunk, word) in
			out[BLOCK..].chunks_exact_mut(8).zip(self.state.into_iter().chain(counts))
		{
			chunk.copy_from_slice(&word.to_le_bytes());
		}
		out
	}

	/// Goes on from a state.
	///
	/// # Errors
	/// [`StateError`] if more bytes are said to be filled than a block has.
	pub fn resume(bytes: &[u8; Self::STATE]) -> Result<Self, StateError> {
		let mut words = [0; 10];
		for (word, chunk) in words.iter_mut().zip(bytes[BLOCK..].chunks_exact(8)) {
			let mut bytes = [0; 8];
			bytes.copy_from_slice(chunk);
			*word = u64::from_le_bytes(bytes);
		}
		let [a, b, c, d, e, f, g, h, length, filled] = words;
		if filled > BLOCK as u64 {
			return Err(StateError { filled });
		}
		let mut block = [0; BLOCK];
		block.copy_from_slice(&bytes[..BLOCK]);
		let state = [a, b, c, d, e, f, g, h];
		Ok(Self { state, length: length.into(), block, filled: filled as usize })
	}

	fn compress(&mut self, last: bool) {
		let mut message = [0; 16];
		for (word, chunk) in message.iter_mut().zip(self.block.chunks_exact(8)) {
			let mut bytes = [0; 8];
			bytes.copy_from_slice(chunk);
			*word = u64::from_le_bytes(bytes);
		}
		let mut v = [0; 16];
		v[..8].copy_from_slice(&self.state);
		v[8..].copy_from_slice(&START);
		v[12] ^= self.length as u64;
		v[13] ^= (self.length >> 64) as u64;
		if last {
			v[14] = !v[14];
		}
		for round in 0..12 {
			let order = &SIGMA[round % 10];
			let mut mix = |[a, b, c, d]: [usize; 4], at: usize| {
				v[a] = v[a].wrapping_add(v[b]).wrapping_add(message[order[at]]);
				v[d] = (v[d] ^ v[a]).rotate_right(32);
				v[c] = v[c].wrapping_add(v[d]);
				v[b] = (v[b] ^ v[c]).rotate_right(24);
				v[a] = v[a].wrapping_add(v[b]).wrapping_add(message[order[at + 1]]);
				v[d] = (v[d] ^ v[a]).rotate_right(16);
				v[c] = v[c].wrapping_add(v[d]);
				v[b] = (v[b] ^ v[c]).rotate_right(63);
			};
			mix([0, 4, 8, 12], 0);
			mix([1, 5, 9, 13], 2);
			mix([2, 6, 10, 14], 4);
			mix([3, 7, 11, 15], 6);
			mix([0, 5, 10, 15], 8);
			mix([1, 6, 11, 12], 10);
			mix([2, 7, 8, 13], 12);
			mix([3, 4, 9, 14], 14);
		}
		for (at, word) in self.state.iter_mut().enumerate() {
			*word ^= v[at] ^ v[at + 8];
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn digests_are_those_of_another_implementation() {
		let bytes: Vec<u8> = (0..1_000u32).map(|at| (at * 7 + at / 256) as u8).collect();
		for length in (0..300).chain([511, 512, 513, 1_000]) {
			let expected = sp_crypto_hashing::blake2_512(&bytes[..length]);
			assert_eq!(Blake2b::digest(&bytes[..length]), expected, "{length}");
			for cut in [0, 1, 64, 127, 128, 129, 256] {
				let (left, right) = bytes[..length].split_at(cut.min(length));
				let state = Blake2b::default().with(left).state();
				let resumed = Blake2b::resume(&state).unwrap();
				assert_eq!(resumed.with(right).finish(), expected, "{length} cut at {cut}");
			}
		}
	}

	#[test]
	fn a_state_filled_too_far_is_refused() {
		let mut state = Blake2b::default().with(&[1; 40]).state();
		state[BLOCK + 64 + 8] = 129;
		assert_eq!(Blake2b::resume(&state).unwrap_err(), StateError { filled: 129 });
	}
}
