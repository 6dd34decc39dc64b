//! The verifier's rules, written down a second time and slowly, and points that are almost right.
//!
//! Arithmetic is arkworks' here as there. What is written anew is everything that
//! `zkml-verifier` decides itself: what is canonical, what is on the curve and in the subgroup,
//! and the equation.

use crate::Input;
use ark_bn254::{Bn254, Fq, Fq12, Fq2, Fq6, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::{
	pairing::{MillerLoopOutput, Pairing},
	short_weierstrass::{Affine, SWCurveConfig},
	AffineRepr, CurveGroup,
};
use ark_ff::{BigInteger, Field, MontFp, PrimeField, Zero};
use std::{cell::RefCell, collections::HashMap};
use zkml_verifier::{
	encoding::{decode_scalar, encode_g1, encode_g2, encode_scalar},
	RawKey,
};

/// Reads a field element, if its encoding is the one that it has.
fn field<F: PrimeField>(bytes: &[u8]) -> Option<F> {
	let element = F::from_le_bytes_mod_order(bytes);
	(element.into_bigint().to_bytes_le() == bytes).then_some(element)
}

fn words<F: PrimeField>(bytes: &[u8]) -> Option<Vec<F>> {
	bytes.chunks(32).map(field).collect()
}

/// A point that satisfies `y² = x³ + b` and is not `(0, 0)`.
fn point<C: SWCurveConfig>(x: C::BaseField, y: C::BaseField) -> Option<Affine<C>> {
	let on_curve = y * y == x * x * x + C::COEFF_B;
	(on_curve && !(x.is_zero() && y.is_zero())).then(|| Affine::new_unchecked(x, y))
}

/// Decodes a scalar.
pub fn scalar(bytes: &[u8; 32]) -> Option<Fr> {
	field(bytes)
}

/// Decodes a point of G1.
pub fn g1(bytes: &[u8]) -> Option<G1Affine> {
	let words = words(bytes)?;
	point(words[0], words[1])
}

/// Decodes a point of G2.
pub fn g2(bytes: &[u8]) -> Option<G2Affine> {
	let words = words(bytes)?;
	let found: G2Affine = point(Fq2::new(words[0], words[1]), Fq2::new(words[2], words[3]))?;
	has_order_r(found).then_some(found)
}

/// Multiplies, or remembers what came of it: most points of most inputs are those of a few keys.
fn has_order_r(point: G2Affine) -> bool {
	const REMEMBERED: usize = 1_000;
	thread_local! {
		static KNOWN: RefCell<HashMap<G2Affine, bool>> = RefCell::default();
	}
	KNOWN.with_borrow_mut(|known| {
		if known.len() == REMEMBERED {
			known.clear();
		}
		*known.entry(point).or_insert_with(|| point.mul_bigint(Fr::MODULUS).is_zero())
	})
}

/// Whether bytes are twelve field elements.
pub fn is_target(bytes: &[u8; 384]) -> bool {
	words::<Fq>(bytes).is_some()
}

/// A key, decoded.
pub struct Key {
	alpha: G1Affine,
	beta: G2Affine,
	gamma: G2Affine,
	delta: G2Affine,
	ic: Vec<G1Affine>,
}

/// Decodes a key; `None` if it is not one.
pub fn key(raw: &RawKey<'_>) -> Option<Key> {
	let key = Key {
		alpha: g1(raw.alpha)?,
		beta: g2(raw.beta)?,
		gamma: g2(raw.gamma)?,
		delta: g2(raw.delta)?,
		ic: raw.ic.iter().map(|bytes| g1(bytes)).collect::<Option<_>>()?,
	};
	let finished = key.gamma != key.delta && key.gamma != -key.delta;
	(finished && !key.ic.is_empty()).then_some(key)
}

/// What is to be said of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
	/// It has not the right form.
	Malformed,
	/// It does not show the signals.
	False,
	/// It shows them.
	True,
}

/// Signals and a proof.
type Decoded = (Vec<Fr>, G1Affine, G2Affine, G1Affine);

fn decode(key: &Key, signals: &[[u8; 32]], proof: &[u8; 256]) -> Option<Decoded> {
	let signals = signals.iter().map(scalar).collect::<Option<Vec<_>>>()?;
	let right = signals.len() + 1 == key.ic.len();
	right.then_some((signals, g1(&proof[..64])?, g2(&proof[64..192])?, g1(&proof[192..])?))
}

/// What the signals have the key's points add up to.
fn sum(key: &Key, signals: &[Fr]) -> G1Projective {
	let products = signals.iter().zip(&key.ic[1..]).map(|(scalar, point)| *point * scalar);
	products.fold(key.ic[0].into_group(), |sum, product| sum + product)
}

/// Whether a hint is that of a proof that shows the signals: plain powers, and no Frobenius map.
pub fn is_hint(key: &Key, signals: &[[u8; 32]], proof: &[u8; 256], hint: &[u8; 192]) -> bool {
	let Some(words) = words::<Fq>(hint) else { return false };
	let Some(t) = Fq6::from_base_prime_field_elems(words) else { return false };
	let Some((signals, a, b, c)) = decode(key, signals, proof) else { return false };
	let left = [a, -sum(key, &signals).into_affine(), -c];
	let product = Bn254::multi_miller_loop(left, [b, key.gamma, key.delta]).0;
	// What the final exponentiation takes to e(α, β).
	let root: Fr =
		MontFp!("19783604134162421835548455461678642789546272015047323196906755787473569281630");
	let pairing = Bn254::pairing(key.alpha, key.beta);
	let kept = pairing.0.pow(root.into_bigint());
	assert_eq!(Bn254::final_exponentiation(MillerLoopOutput(kept)), Some(pairing));
	let c = Fq12::new(t, Fq6::ONE);
	// λ = ((q − 1)·q + 1)·q + 6x + 2
	let q = Fq::MODULUS;
	let power = ((c.pow(q) * c.inverse().expect("w is not in Fq6")).pow(q) * c).pow(q);
	let power = power * c.pow([0x9d797039be763ba8, 1]);
	let rest = product * (kept * power).inverse().expect("neither is zero");
	rest.c1.is_zero() && !rest.is_zero()
}

/// Judges a proof.
pub fn verify(key: &Key, signals: &[[u8; 32]], proof: &[u8; 256]) -> Verdict {
	let Some((signals, a, b, c)) = decode(key, signals, proof) else { return Verdict::Malformed };
	let left = [a, -key.alpha, -sum(key, &signals).into_affine(), -c];
	match Bn254::multi_pairing(left, [b, key.beta, key.gamma, key.delta]).is_zero() {
		true => Verdict::True,
		false => Verdict::False,
	}
}

/// A point of G1 that is right, or wrong in one of the ways in which one can be.
pub fn any_g1(input: &mut Input<'_>) -> [u8; 64] {
	let kind = input.below(8);
	match kind {
		0 => input.array(),
		1 => [0; 64],
		2 => {
			// Nearly always beside the curve.
			let [x, y] = [input.any::<u64>(), input.any()].map(Fq::from);
			join(&[x, y])
		},
		_ => {
			let scalar = any_scalar(input);
			let right = encode_g1(&(G1Affine::generator() * scalar).into_affine());
			damage(right.unwrap_or([0; 64]), kind, input)
		},
	}
}

/// A point of G2 that is right, or wrong in one of the ways in which one can be.
pub fn any_g2(input: &mut Input<'_>) -> [u8; 128] {
	let kind = input.below(8);
	match kind {
		0 => input.array(),
		1 => [0; 128],
		2 => {
			// On the curve for half of all `x`, and then nearly always outside of the subgroup.
			let x = Fq2::new(input.any::<u64>().into(), input.any::<u64>().into());
			let found = G2Affine::get_point_from_x_unchecked(x, input.any());
			found.and_then(|point| encode_g2(&point)).unwrap_or([1; 128])
		},
		_ => {
			let scalar = any_scalar(input);
			let right = encode_g2(&(G2Affine::generator() * scalar).into_affine());
			damage(right.unwrap_or([0; 128]), kind, input)
		},
	}
}

/// A scalar, mostly small.
fn any_scalar(input: &mut Input<'_>) -> Fr {
	let scalar = Fr::from(input.any::<u16>());
	match input.below(4) {
		0 => -scalar,
		1 => scalar.inverse().unwrap_or_default(),
		_ => scalar,
	}
}

/// Leaves a point as it is for most kinds.
fn damage<const N: usize>(mut bytes: [u8; N], kind: usize, input: &mut Input<'_>) -> [u8; N] {
	let word = input.below(N / 32);
	match kind {
		3 => add_modulus::<Fq>(&mut bytes[word * 32..][..32]),
		4 => bytes[word * 32 + input.below(32)] ^= input.any::<u8>(),
		_ => {},
	}
	bytes
}

/// Adds the modulus to an integer of 32 bytes; what is carried out of it is lost.
pub fn add_modulus<F: PrimeField>(word: &mut [u8]) {
	let mut carry = 0;
	for (byte, add) in word.iter_mut().zip(F::MODULUS.to_bytes_le()) {
		let sum = u16::from(*byte) + u16::from(add) + carry;
		*byte = sum as u8;
		carry = sum >> 8;
	}
}

/// Negates a point that has the form of one.
pub fn negate(point: &mut [u8]) {
	let half = point.len() / 2;
	for word in point[half..].chunks_mut(32) {
		if let Some(y) = field::<Fq>(word) {
			word.copy_from_slice(&join::<32>(&[-y]));
		}
	}
}

fn join<const N: usize>(elements: &[Fq]) -> [u8; N] {
	let mut bytes = [0; N];
	for (to, from) in bytes.chunks_mut(32).zip(elements) {
		to.copy_from_slice(&from.into_bigint().to_bytes_le());
	}
	bytes
}

/// Checks what the verifier says of a scalar.
pub fn check_scalar(bytes: &[u8; 32]) {
	let found = decode_scalar(bytes);
	assert_eq!(found, scalar(bytes));
	if let Some(found) = found {
		assert_eq!(encode_scalar(&found), *bytes);
	}
}
