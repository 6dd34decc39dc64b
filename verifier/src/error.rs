//! Why a key or a proof is refused.

use core::fmt::{self, Display, Formatter};

/// Why bytes are not a usable point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointError {
	/// A coordinate is not below the field's modulus.
	NonCanonical,
	/// All coordinates are zero, which stands for the point at infinity.
	AtInfinity,
	/// The coordinates do not satisfy the curve's equation.
	NotOnCurve,
	/// The point's order is not that of the pairing's groups. Only in G2: G1 has cofactor 1.
	NotInSubgroup,
}

/// Why a verifying key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
	/// There is not even the point for the constant one.
	EmptyIc,
	/// `[α]₁` is not a usable point.
	Alpha(PointError),
	/// `[β]₂` is not a usable point.
	Beta(PointError),
	/// `[γ]₂` is not a usable point.
	Gamma(PointError),
	/// `[δ]₂` is not a usable point.
	Delta(PointError),
	/// A point of a public signal is not usable.
	Ic {
		/// Its position; 0 is the constant one.
		index: u32,
		/// What is wrong with it.
		error: PointError,
	},
	/// `γ = ±δ`, as before any contribution to phase 2: anyone can forge.
	GammaEqualsDelta,
	/// The stored `e(α, β)` is not canonical.
	AlphaBeta,
}

/// A point of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofPoint {
	/// `[A]₁`.
	A,
	/// `[B]₂`.
	B,
	/// `[C]₁`.
	C,
}

/// Why a proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyError {
	/// The number of signals is not the key's.
	SignalCountMismatch {
		/// Signals of the key.
		expected: u32,
		/// Signals given.
		got: u32,
	},
	/// A signal is not below the scalar field's order.
	NonCanonicalSignal {
		/// Its position, from 0.
		index: u32,
	},
	/// The proof is not three usable points.
	MalformedProof {
		/// The first point at fault.
		point: ProofPoint,
		/// What is wrong with it.
		error: PointError,
	},
	/// A coefficient of the hint is not below the field's modulus.
	MalformedHint,
	/// The proof does not show these signals under this key; or, where there is a hint, that hint does
	/// not show that it does.
	Invalid,
}

/// Why a batch of proofs is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchError {
	/// A claim is malformed.
	Claim {
		/// Its position, from 0.
		index: u32,
		/// What is wrong with it; never [`VerifyError::Invalid`].
		error: VerifyError,
	},
	/// At least one proof does not show its signals under its key.
	Invalid,
}

impl Display for PointError {
	fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::NonCanonical => "a coordinate is not below the field's modulus",
			Self::AtInfinity => "the point is at infinity",
			Self::NotOnCurve => "the point is not on the curve",
			Self::NotInSubgroup => "the point is not in the subgroup",
		})
	}
}

impl Display for KeyError {
	fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
		match self {
			Self::EmptyIc => f.write_str("ic is empty"),
			Self::Alpha(error) => write!(f, "alpha: {error}"),
			Self::Beta(error) => write!(f, "beta: {error}"),
			Self::Gamma(error) => write!(f, "gamma: {error}"),
			Self::Delta(error) => write!(f, "delta: {error}"),
			Self::Ic { index, error } => write!(f, "ic[{index}]: {error}"),
			Self::GammaEqualsDelta => f.write_str("gamma equals delta: the setup was not finished"),
			Self::AlphaBeta => f.write_str("e(alpha, beta) is not canonical"),
		}
	}
}

impl Display for VerifyError {
	fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
		match self {
			Self::SignalCountMismatch { expected, got } => {
				write!(f, "expected {expected} signals, got {got}")
			},
			Self::NonCanonicalSignal { index } => {
				write!(f, "signal {index} is not below the field's order")
			},
			Self::MalformedProof { point, error } => write!(f, "proof point {point:?}: {error}"),
			Self::MalformedHint => f.write_str("the hint is not below the field's modulus"),
			Self::Invalid => f.write_str("the proof does not show these signals under this key"),
		}
	}
}

impl Display for BatchError {
	fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
		match self {
			Self::Claim { index, error } => write!(f, "claim {index}: {error}"),
			Self::Invalid => f.write_str("a proof does not show its signals under its key"),
		}
	}
}

impl core::error::Error for PointError {}
impl core::error::Error for KeyError {}
impl core::error::Error for VerifyError {}
impl core::error::Error for BatchError {}
