//! What snarkjs hashes where it reads past the end of a section.
//!
//! A circuit's hash covers `τ^(i+n) − τ^i` (see [`super::phase2`]). With as many powers as a large
//! circuit needs, the last of them begins at the end of its section, and 64 bytes of the next are
//! taken for a point, whose coordinates are not even below the field's order. So that hashes agree, that one
//! subtraction is made here as wasmcurves makes it, with its carries (`build_f1m.js`, `_addAffine` of
//! `build_curve_jacobian_a0.js`).

use ark_bn254::{Fq, G1Affine};
use ark_ff::{BigInt, BigInteger, Field, MontConfig, PrimeField};

/// An integer below `2^256` that stands for a coordinate in Montgomery form.
#[derive(Clone, Copy)]
struct Word([u64; 4]);

fn add(a: [u64; 4], b: [u64; 4]) -> ([u64; 4], bool) {
	let mut sum = BigInt(a);
	let carry = sum.add_with_carry(&BigInt(b));
	(sum.0, carry)
}

fn subtract(a: [u64; 4], b: [u64; 4]) -> ([u64; 4], bool) {
	let mut difference = BigInt(a);
	let borrow = difference.sub_with_borrow(&BigInt(b));
	(difference.0, borrow)
}

const Q: [u64; 4] = Fq::MODULUS.0;

impl Word {
	fn plus(self, other: Self) -> Self {
		let (sum, carry) = add(self.0, other.0);
		Self(if carry || BigInt(sum) >= Fq::MODULUS { subtract(sum, Q).0 } else { sum })
	}

	fn minus(self, other: Self) -> Self {
		let (difference, borrow) = subtract(self.0, other.0);
		Self(if borrow { add(difference, Q).0 } else { difference })
	}

	/// Montgomery's product `(ab + mq)/2^256`, less the modulus once if it is not below it.
	fn times(self, other: Self) -> Self {
		let mut words = [0u64; 9];
		for (i, &a) in self.0.iter().enumerate() {
			let mut carry = 0u128;
			for (j, &b) in other.0.iter().enumerate() {
				let sum = u128::from(a) * u128::from(b) + u128::from(words[i + j]) + carry;
				words[i + j] = sum as u64;
				carry = sum >> 64;
			}
			words[i + 4] = carry as u64;
		}
		for i in 0..4 {
			let factor = words[i].wrapping_mul(<ark_bn254::FqConfig as MontConfig<4>>::INV);
			let mut carry = 0u128;
			for (j, &q) in Q.iter().enumerate() {
				let sum = u128::from(factor) * u128::from(q) + u128::from(words[i + j]) + carry;
				words[i + j] = sum as u64;
				carry = sum >> 64;
			}
			for word in &mut words[i + 4..] {
				let sum = u128::from(*word) + carry;
				*word = sum as u64;
				carry = sum >> 64;
			}
		}
		let upper = [words[4], words[5], words[6], words[7]];
		let larger = words[8] != 0 || BigInt(upper) >= Fq::MODULUS;
		Self(if larger { subtract(upper, Q).0 } else { upper })
	}

	/// The field element.
	fn element(self) -> Fq {
		// A product with one reduces.
		let one = Self(Fq::ONE.0 .0);
		let mut reduced = self.times(one).0;
		while BigInt(reduced) >= Fq::MODULUS {
			reduced = subtract(reduced, Q).0;
		}
		Fq::new_unchecked(BigInt(reduced))
	}
}

/// The coordinates of `64 bytes − point`.
pub(super) fn beyond(bytes: &[u8; 64], point: &G1Affine) -> (Fq, Fq) {
	let mut limbs = [0u64; 8];
	for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
		let mut bytes = [0; 8];
		bytes.copy_from_slice(chunk);
		*limb = u64::from_le_bytes(bytes);
	}
	let [a, b, c, d, e, f, g, h] = limbs;
	let (x1, y1) = (Word([a, b, c, d]), Word([e, f, g, h]));
	let (x2, y2) = (Word(point.x.0 .0), Word((-point.y).0 .0));
	let height = x2.minus(x1);
	let slope = y2.minus(y1);
	let square = height.times(height);
	let four = square.plus(square);
	let four = four.plus(four);
	let j = height.times(four);
	let r = slope.plus(slope);
	let v = x1.times(four);
	let x = r.times(r).minus(j).minus(v.plus(v));
	let y1_j = y1.times(j);
	let y = v.minus(x).times(r).minus(y1_j.plus(y1_j));
	let z = height.plus(height).element();
	let inverse = z.inverse().unwrap_or_default();
	let square = inverse.square();
	(x.element() * square, y.element() * square * inverse)
}
