//! Verifying keys.

use crate::{
	encoding::{check_g1, check_g2, decode_target, encode_target, g1_coordinates, g2_coordinates},
	error::{KeyError, PointError},
};
use alloc::vec::Vec;
use ark_bn254::{Bn254, Fq12, G1Affine, G2Affine};
use ark_ec::pairing::Pairing;

/// A verifying key as bytes, in the encoding of [`crate::encoding`].
#[derive(Clone, Copy, Debug)]
pub struct RawKey<'a> {
	/// `[α]₁`.
	pub alpha: &'a [u8; 64],
	/// `[β]₂`.
	pub beta: &'a [u8; 128],
	/// `[γ]₂`.
	pub gamma: &'a [u8; 128],
	/// `[δ]₂`.
	pub delta: &'a [u8; 128],
	/// One point for the constant one, then one per public signal.
	pub ic: &'a [[u8; 64]],
}

/// A verifying key, ready to verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedKey {
	pub(crate) alpha_beta: Fq12,
	pub(crate) gamma: G2Affine,
	pub(crate) delta: G2Affine,
	/// The point of the constant one.
	pub(crate) constant: G1Affine,
	/// The points of the public signals.
	pub(crate) signals: Vec<G1Affine>,
}

/// The points of a key of which only the encoding is known to be right.
struct Points {
	gamma: G2Affine,
	delta: G2Affine,
	constant: G1Affine,
	signals: Vec<G1Affine>,
}

impl PreparedKey {
	/// Checks everything that can be checked of a key, and prepares it.
	///
	/// That says nothing about the setup: who knows its secret can forge.
	///
	/// # Errors
	/// If a coordinate is not canonical, a point not on its curve, not of the right order or at
	/// infinity, `ic` empty, or `γ = ±δ`.
	pub fn validate(key: &RawKey<'_>) -> Result<Self, KeyError> {
		let points = Points::decode(key)?;
		let alpha = g1_coordinates(key.alpha).map_err(KeyError::Alpha)?;
		let beta = g2_coordinates(key.beta).map_err(KeyError::Beta)?;
		check_g1(&alpha).map_err(KeyError::Alpha)?;
		for (index, point) in (0..).zip(points.ic()) {
			check_g1(point).map_err(|error| KeyError::Ic { index, error })?;
		}
		// Who knows γ/δ can move a signal's part into C.
		if points.gamma.x == points.delta.x {
			return Err(KeyError::GammaEqualsDelta);
		}
		check_g2(&beta).map_err(KeyError::Beta)?;
		check_g2(&points.gamma).map_err(KeyError::Gamma)?;
		check_g2(&points.delta).map_err(KeyError::Delta)?;
		let miller = Bn254::miller_loop(alpha, beta);
		// The value of a Miller loop over points of the right order is never zero.
		let alpha_beta =
			Bn254::final_exponentiation(miller).ok_or(KeyError::Beta(PointError::NotInSubgroup))?;
		Ok(points.prepare(alpha_beta.0))
	}

	/// Prepares a key that [`Self::validate`] once accepted.
	///
	/// Only the encoding is checked. The caller answers for it that `validate` accepted exactly
	/// this key, and that `alpha_beta` is what [`Self::alpha_beta`] then gave: with any other
	/// bytes, what [`Self::verify`] says means nothing.
	///
	/// # Errors
	/// If a coordinate is not canonical, a point at infinity, or `ic` empty.
	pub fn from_validated(key: &RawKey<'_>, alpha_beta: &[u8; 384]) -> Result<Self, KeyError> {
		let alpha_beta = decode_target(alpha_beta).ok_or(KeyError::AlphaBeta)?;
		Ok(Points::decode(key)?.prepare(alpha_beta))
	}

	/// `e(α, β)`, in the encoding of [`crate::encoding`].
	pub fn alpha_beta(&self) -> [u8; 384] {
		encode_target(&self.alpha_beta)
	}

	/// Number of public signals.
	pub fn signals(&self) -> usize {
		self.signals.len()
	}
}

impl Points {
	fn decode(key: &RawKey<'_>) -> Result<Self, KeyError> {
		let (constant, signals) = key.ic.split_first().ok_or(KeyError::EmptyIc)?;
		let gamma = g2_coordinates(key.gamma).map_err(KeyError::Gamma)?;
		let delta = g2_coordinates(key.delta).map_err(KeyError::Delta)?;
		let decode =
			|(index, bytes)| g1_coordinates(bytes).map_err(|error| KeyError::Ic { index, error });
		let constant = decode((0, constant))?;
		let signals = (1..).zip(signals).map(decode).collect::<Result<_, _>>()?;
		Ok(Self { gamma, delta, constant, signals })
	}

	fn ic(&self) -> impl Iterator<Item = &G1Affine> {
		core::iter::once(&self.constant).chain(&self.signals)
	}

	fn prepare(self, alpha_beta: Fq12) -> PreparedKey {
		let Self { gamma, delta, constant, signals } = self;
		PreparedKey { alpha_beta, gamma, delta, constant, signals }
	}
}
