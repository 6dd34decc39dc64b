//! A residue in place of the final exponentiation.
//!
//! The final exponentiation asks whether an element `f` is the `r`-th power of another, since that is what
//! it takes to one. Whoever has the other can show it: Novakovic and Eagen, *On Proving Pairings*
//! (<https://eprint.iacr.org/2024/640>), section 4, take `c` with `f = c^λ` for the multiple
//! `λ = 6x + 2 + q − q² + q³` of `r`, whose powers cost next to nothing within a Miller loop.
//!
//! Here both sides are compared but for factors from `Fq6`, which the final exponentiation takes to one as
//! well. So a hint is one element `t` of `Fq6`, 192 bytes, that stands for `c = t + w`; the inverse of
//! `c` is `t − w`, but for such a factor; and none of the paper's cubic non-residues are needed.
//!
//! # Soundness
//! If `f·c^-λ` is in `Fq6` and not zero, then `f^((q¹² − 1)/r) = (c^(λ/r))^(q¹² − 1) · 1 = 1`, whatever `t`
//! is: `c` is not zero, since `w` is not in `Fq6`. So a hint cannot make an equation hold that does not.
//!
//! # Completeness
//! Modulo `Fq6*`, elements form a cyclic group of order `q⁶ + 1`, of which `f` has an order that divides
//! `n = (q⁶ + 1)/r` if its equation holds. `λ` is prime to `n`, so that one `c` is the power of `f` by the
//! inverse of `λ` modulo `n`; the others are that times an element of order `r`. Only where `c` is in `Fq6`, that is, where `f` is, there is no `t`: the
//! odds are one in `2^1268`.

use alloc::vec;
use ark_bn254::{Fq, Fq12, Fq6};
use ark_ff::{AdditiveGroup, BigInt, BigInteger, Field, PrimeField};

/// The digits to the base `q` of the inverse of `λ` modulo `n`, the lowest first.
const EXPONENT: [BigInt<4>; 5] = [
	BigInt!("14816656713245047838573306832636946537380698609858980635457024191996196086517"),
	BigInt!("7296080957279758403324013732400526898930989464918759097859863797861477353387"),
	BigInt!("12291090228032823774675162283710930532680313787412776252854412549077759433473"),
	BigInt!("2581690184883606817174856432203421242592024691142044507330375037351247282550"),
	BigInt!("16668738802400678822986083599047556438240959110311957982168512635297079075214"),
];

/// `6x + 2`.
const LOOP_COUNT: [u64; 2] = [0x9d797039be763ba8, 1];

/// The hint that shows that the final exponentiation takes `quotient` to one, if it does.
pub(crate) fn of(quotient: &Fq12) -> Option<Fq6> {
	// Powers of q cost nothing: all digits share the squarings, and a table of products of what they are
	// the exponents of.
	let mut products = vec![Fq12::ONE];
	for power in 0..EXPONENT.len() {
		let image = quotient.frobenius_map(power);
		products.extend(products.clone().iter().map(|product| *product * image));
	}
	let mut root = Fq12::ONE;
	for position in (0..Fq::MODULUS_BIT_SIZE as usize).rev() {
		root.square_in_place();
		let bits = EXPONENT.iter().rev().map(|digit| digit.get_bit(position));
		let chosen = bits.fold(0, |chosen, bit| 2 * chosen + usize::from(bit));
		root *= products.get(chosen)?;
	}
	let Fq12 { c0, c1, .. } = root;
	Some(c0 * c1.inverse()?)
}

/// Whether a hint shows that the final exponentiation takes `quotient` to one.
pub(crate) fn is_shown(quotient: &Fq12, hint: &Fq6) -> bool {
	let inverse = Fq12::new(*hint, -Fq6::ONE);
	let power = |times| {
		let mut power = inverse;
		power.frobenius_map_in_place(times);
		power
	};
	// Where c^-1 has the power q², c has it less, and the conjugate is c again.
	let second = power(2);
	let second = Fq12::new(second.c0, -second.c1);
	let rest = *quotient * inverse.pow(LOOP_COUNT) * power(1) * second * power(3);
	rest.c1 == Fq6::ZERO && rest.c0 != Fq6::ZERO
}
