//! Verifying keys.

use crate::{
	engine::Engine,
	error::{KeyError, PointError},
};
use alloc::vec::Vec;

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
pub struct PreparedKey<E: Engine> {
	pub(crate) alpha_beta: E::Target,
	pub(crate) gamma: E::Known,
	pub(crate) delta: E::Known,
	/// The point of the constant one.
	pub(crate) constant: E::G1,
	/// The points of the public signals.
	pub(crate) signals: Vec<E::G1>,
}

/// The points of a key of which only the encoding is known to be right.
struct Points<E: Engine> {
	gamma: E::G2,
	delta: E::G2,
	constant: E::G1,
	signals: Vec<E::G1>,
}

impl<E: Engine> PreparedKey<E> {
	/// Checks everything that can be checked of a key, and prepares it.
	///
	/// That says nothing about the setup: who knows its secret can forge.
	///
	/// # Errors
	/// If a coordinate is not canonical, a point not on its curve, not of the right order or at
	/// infinity, `ic` empty, or `γ = ±δ`.
	pub fn validate(key: &RawKey<'_>) -> Result<Self, KeyError> {
		let points = Points::<E>::decode(key)?;
		let alpha = E::g1(key.alpha).map_err(KeyError::Alpha)?;
		let beta = E::g2(key.beta).map_err(KeyError::Beta)?;
		E::check_g1(&alpha).map_err(KeyError::Alpha)?;
		for (index, point) in (0..).zip(points.ic()) {
			E::check_g1(point).map_err(|error| KeyError::Ic { index, error })?;
		}
		// Who knows γ/δ can move a signal's part into C.
		if E::same_x(&points.gamma, &points.delta) {
			return Err(KeyError::GammaEqualsDelta);
		}
		E::check_g2(&beta).map_err(KeyError::Beta)?;
		E::check_g2(&points.gamma).map_err(KeyError::Gamma)?;
		E::check_g2(&points.delta).map_err(KeyError::Delta)?;
		// The value of a Miller loop over points of the right order is never zero.
		let alpha_beta =
			E::pairing(&alpha, &beta).ok_or(KeyError::Beta(PointError::NotInSubgroup))?;
		Ok(points.prepare(alpha_beta))
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
		let alpha_beta = E::target(alpha_beta).ok_or(KeyError::AlphaBeta)?;
		Ok(Points::decode(key)?.prepare(alpha_beta))
	}

	/// What stands for `e(α, β)`: that power of it which the final exponentiation takes to it, so that
	/// no exponentiation is needed to compare. In the encoding of [`crate::encoding`].
	pub fn alpha_beta(&self) -> [u8; 384] {
		E::target_bytes(&self.alpha_beta)
	}

	/// Number of public signals.
	pub fn signals(&self) -> usize {
		self.signals.len()
	}
}

impl<E: Engine> Points<E> {
	fn decode(key: &RawKey<'_>) -> Result<Self, KeyError> {
		let (constant, signals) = key.ic.split_first().ok_or(KeyError::EmptyIc)?;
		let gamma = E::g2(key.gamma).map_err(KeyError::Gamma)?;
		let delta = E::g2(key.delta).map_err(KeyError::Delta)?;
		let decode = |(index, bytes)| E::g1(bytes).map_err(|error| KeyError::Ic { index, error });
		let constant = decode((0, constant))?;
		let signals = (1..).zip(signals).map(decode).collect::<Result<_, _>>()?;
		Ok(Self { gamma, delta, constant, signals })
	}

	fn ic(&self) -> impl Iterator<Item = &E::G1> {
		core::iter::once(&self.constant).chain(&self.signals)
	}

	fn prepare(self, alpha_beta: E::Target) -> PreparedKey<E> {
		let Self { gamma, delta, constant, signals } = self;
		let (gamma, delta) = (E::known(&gamma), E::known(&delta));
		PreparedKey { alpha_beta, gamma, delta, constant, signals }
	}
}
