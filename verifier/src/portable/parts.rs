//! The parts of a verification, to measure them.

use super::{elements, field::Fq, final_exponentiation, miller_loops, Fq12, Portable};
use crate::{engine::Equation, parts::Parts};
use core::iter::repeat_n;

impl Parts for Portable {
	fn multiplications(a: &[u8; 32], b: &[u8; 32], n: usize) -> Option<[u8; 32]> {
		let ([a], [b]): ([Fq; 1], [Fq; 1]) = (elements(a)?, elements(b)?);
		Some(repeat_n(b, n).fold(a, |product, factor| product.mul(&factor)).to_bytes())
	}

	fn miller_loops(equation: &Equation<'_, Self>) -> Result<Fq12, usize> {
		let Equation { unchecked, checked, target } = equation;
		Ok(miller_loops(unchecked, checked, None)?.mul(&target.conjugate()))
	}

	fn final_exponentiation(element: &Fq12) -> Option<Fq12> {
		final_exponentiation(element)
	}
}
