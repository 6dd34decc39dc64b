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
//! `n = (q⁶ + 1)/r` if its equation holds. `λ` is prime to `n`, so that `c` is the power of `f` by the
//! inverse of `λ` modulo `n`. Only where `c` is in `Fq6`, that is, where `f` is, there is no `t`: the
//! odds are one in `2^1268`.

use ark_bn254::{Fq12, Fq6};
use ark_ff::{AdditiveGroup, Field};

/// The inverse of `λ` modulo `n`.
const EXPONENT: [u64; 20] = [
	0x428fabe0690a757b,
	0x27d149876f274a43,
	0x2c55ba455ac90e9b,
	0xa7d26dae4b324fee,
	0x22af3b13d5dc825c,
	0x37d75977f5ab93cc,
	0x42f71cf5b88c774f,
	0x4f2785335e3ff4ac,
	0x72d047119a87c7a5,
	0x9c42d82bff748857,
	0x599bdfc6940f4d48,
	0x98447fa3298254a8,
	0xbf128ef214befc11,
	0x36451f5d0fba8bc3,
	0x4857e27ca042ece9,
	0xfa2bde9504e8d5ab,
	0x8c79ff3602858860,
	0x5a53d4b0c28d3c65,
	0x82c1b26a515e104d,
	0x000c0bb29629f8e4,
];

/// `6x + 2`.
const LOOP_COUNT: [u64; 2] = [0x9d797039be763ba8, 1];

/// The hint that shows that the final exponentiation takes `quotient` to one, if it does.
pub(crate) fn of(quotient: &Fq12) -> Option<Fq6> {
	let Fq12 { c0, c1, .. } = quotient.pow(EXPONENT);
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
