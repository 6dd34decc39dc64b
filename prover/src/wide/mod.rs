//! Eight field elements at once, for processors that multiply 52-bit numbers in vectors (AVX-512
//! IFMA). Every kernel has a portable twin, which is used elsewhere, and where `ZKML_PORTABLE` is set.

#![allow(unsafe_code)]
#![cfg_attr(not(target_arch = "x86_64"), allow(dead_code, unused_variables))]

#[cfg(target_arch = "x86_64")]
mod check;
#[cfg(target_arch = "x86_64")]
mod field;
#[cfg(target_arch = "x86_64")]
mod pairs;
#[cfg(target_arch = "x86_64")]
mod points;
#[cfg(all(test, target_arch = "x86_64"))]
mod tests;
#[cfg(target_arch = "x86_64")]
mod transform;

#[cfg(target_arch = "x86_64")]
pub(crate) use pairs::{PairsOfOne, PairsOfTwo};
#[cfg(target_arch = "x86_64")]
pub(crate) use transform::Transforms;

#[cfg(not(target_arch = "x86_64"))]
use ark_bn254::Fr;
use ark_bn254::{Fq, G1Affine};
use std::sync::LazyLock;

/// Whether the kernels can be used here, and are wanted.
pub(crate) fn available() -> bool {
	static AVAILABLE: LazyLock<bool> = LazyLock::new(|| {
		#[cfg(target_arch = "x86_64")]
		let has = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma");
		#[cfg(not(target_arch = "x86_64"))]
		let has = false;
		has && std::env::var_os("ZKML_PORTABLE").is_none()
	});
	*AVAILABLE
}

/// Lets the processor fetch what will be needed, where it can be asked to.
pub(crate) fn ahead<T>(value: &T) {
	#[cfg(target_arch = "x86_64")]
	for line in (0..size_of::<T>()).step_by(64) {
		use core::arch::x86_64::{_mm_prefetch, _MM_HINT_T0};
		let address = core::ptr::from_ref(value).cast::<i8>().wrapping_add(line);
		// SAFETY: every processor of this kind has the instruction, which neither reads nor writes as far
		// as the program sees, whatever the address.
		unsafe { _mm_prefetch::<_MM_HINT_T0>(address) };
	}
}

/// What adds pairs of points elsewhere.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) type PairsOfOne = crate::msm::Portable<crate::curve::One>;
#[cfg(not(target_arch = "x86_64"))]
pub(crate) type PairsOfTwo = crate::msm::Portable<crate::curve::Two>;

/// Multiplies points, none of which is zero, by one scalar, given its signed digits, for each place,
/// the highest first, of its two parts; `image` is the factor of the endomorphism that the second part
/// is for. `None` where there are no kernels, or a step met an exception: the twin has no such.
pub(crate) fn multiply(
	points: &[G1Affine],
	digits: &[[i8; 2]],
	image: Fq,
) -> Option<Vec<G1Affine>> {
	#[cfg(target_arch = "x86_64")]
	if available() && !points.is_empty() {
		// SAFETY: the processor has what the function is compiled for.
		return unsafe { points::multiply(points, digits, image) };
	}
	None
}

/// Whether the bytes are points of G1 as files have them, in Montgomery form with infinity as zeros, on
/// their curve. `false` also where there are no kernels.
pub(crate) fn points_of_one(bytes: &[u8]) -> bool {
	#[cfg(target_arch = "x86_64")]
	if available() {
		// SAFETY: the processor has what the function is compiled for.
		return unsafe { check::points_of_one(bytes) };
	}
	false
}

/// The same of G2, of whose subgroup nothing is said.
pub(crate) fn points_of_two(bytes: &[u8]) -> bool {
	#[cfg(target_arch = "x86_64")]
	if available() {
		// SAFETY: the processor has what the function is compiled for.
		return unsafe { check::points_of_two(bytes) };
	}
	false
}

/// What the transforms of a size have in common. `None` where there are no kernels, or the size is too small
/// for them, or there are no such domains.
pub(crate) fn transforms(size: usize) -> Option<Transforms> {
	#[cfg(target_arch = "x86_64")]
	if available() && transform::fits(size) {
		// SAFETY: the processor has what the function is compiled for.
		return unsafe { Transforms::new(size) };
	}
	None
}

/// What nobody has elsewhere.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) enum Transforms {}

#[cfg(not(target_arch = "x86_64"))]
impl Transforms {
	pub(crate) fn quotient(
		&self,
		_: impl Fn(usize) -> Fr + Sync,
		_: impl Fn(usize) -> Fr + Sync,
	) -> Vec<Fr> {
		match *self {}
	}
}
