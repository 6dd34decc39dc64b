//! Random numbers as snarkjs draws them: ChaCha20 from a seed of 32 bytes (ffjavascript,
//! `src/chacha.js`), field elements by rejection, points by their x.
//!
//! A beacon's secrets and the points of a challenge are drawn this way by everybody, so that all get
//! the same ones. A contributor's secrets may come from anywhere.

use crate::curve::Coordinate;
use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::{short_weierstrass::SWCurveConfig, AffineRepr, CurveGroup};
use ark_ff::{BigInt, Field, Fp, MontBackend, MontConfig, PrimeField};
use rand::{rngs::OsRng, RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::blake2b::{Blake2b, Hash};

/// Draws numbers.
pub(crate) struct Random(ChaCha20Rng);

impl Random {
	/// From the first 32 bytes of a hash, read as words with their big end first.
	pub(crate) fn from_hash(hash: &[u8]) -> Self {
		let mut seed = Zeroizing::new([0u8; 32]);
		for (word, bytes) in seed.chunks_exact_mut(4).zip(hash.chunks_exact(4)) {
			word.copy_from_slice(bytes);
			word.reverse();
		}
		Self(ChaCha20Rng::from_seed(*seed))
	}

	/// From the operating system's random numbers, and a text that a person typed.
	///
	/// # Errors
	/// The operating system's, if it has none.
	pub(crate) fn from_entropy(text: &[u8]) -> Result<Self, rand::Error> {
		let mut bytes = Zeroizing::new([0u8; 64]);
		OsRng.try_fill_bytes(&mut *bytes)?;
		let hash: Zeroizing<Hash> =
			Zeroizing::new(Blake2b::default().with(&*bytes).with(text).finish());
		Ok(Self::from_hash(&*hash))
	}

	/// From a public value that nobody could know before, by `2^exponent` rounds of SHA-256.
	pub(crate) fn from_beacon(value: &[u8], exponent: u8, advance: &mut dyn FnMut(u64)) -> Self {
		const TOGETHER: u64 = 1 << 16;
		let mut rest = 1u64.checked_shl(exponent.into()).unwrap_or(0);
		let mut hash: Option<[u8; 32]> = None;
		while rest > 0 {
			let count = rest.min(TOGETHER);
			for _ in 0..count {
				let digest = match &hash {
					Some(hash) => Sha256::digest(hash),
					None => Sha256::digest(value),
				};
				hash = Some(digest.into());
			}
			rest -= count;
			advance(count);
		}
		Self::from_hash(&hash.unwrap_or_default())
	}

	/// 64 bits, the first word drawn being the upper one.
	fn word(&mut self) -> u64 {
		let high = u64::from(self.0.next_u32());
		high << 32 | u64::from(self.0.next_u32())
	}

	/// A field element: 254 random bits below the order, which are its Montgomery form.
	fn field<C: MontConfig<4>>(&mut self) -> Fp<MontBackend<C, 4>, 4> {
		loop {
			let mut limbs = [0; 4];
			limbs.iter_mut().for_each(|limb| *limb = self.word());
			limbs[3] &= u64::MAX >> 2;
			let value = BigInt(limbs);
			if value < C::MODULUS {
				return Fp::new_unchecked(value);
			}
		}
	}

	/// A scalar.
	pub(crate) fn scalar(&mut self) -> Fr {
		self.field()
	}

	/// A point on a curve, from an x whose right side is a square, and a bit for the sign of y.
	fn point<P: SWCurveConfig<BaseField: Coordinate>>(
		&mut self,
		mut x: impl FnMut(&mut Self) -> P::BaseField,
	) -> (P::BaseField, P::BaseField) {
		loop {
			let x = x(self);
			let larger = self.0.next_u32() & 1 == 1;
			let Some(y) = (x.square() * x + P::COEFF_B).sqrt() else { continue };
			return (x, if y.is_larger() == larger { y } else { -y });
		}
	}

	/// A point of G1.
	pub(crate) fn g1(&mut self) -> G1Affine {
		let (x, y) = self.point::<ark_bn254::g1::Config>(|random| random.field());
		G1Affine::new_unchecked(x, y)
	}

	/// A point of G2.
	pub(crate) fn g2(&mut self) -> G2Affine {
		let (x, y) = self.point::<ark_bn254::g2::Config>(|random| {
			let c0: Fq = random.field();
			Fq2::new(c0, random.field())
		});
		G2Affine::new_unchecked(x, y).mul_by_cofactor_to_group().into_affine()
	}

	/// A number of 128 bits as a scalar: the coefficient of a check.
	pub(crate) fn coefficient(&mut self) -> Fr {
		let value = u128::from(self.word()) << 64 | u128::from(self.word());
		Fr::from_bigint(BigInt([value as u64, (value >> 64) as u64, 0, 0])).unwrap_or(Fr::ONE)
	}
}
