//! The setup ceremony, in the files of snarkjs: several people multiply secrets into a key one after
//! another, and a proof can be forged only if all of them kept theirs.
//!
//! - Phase 1, once for all circuits: powers of τ in a `.ptau` file ([`phase1`]);
//! - phase 2, for each circuit: a `.zkey` file, whose δ people multiply ([`phase2`]);
//! - both end with a beacon, and everybody can verify both.
//!
//! Protocol: Bowe, Gabizon, Miers 2017 (<https://eprint.iacr.org/2017/1050>), as snarkjs 0.7 has it:
//! files made here are contributed to and verified there, and the other way round.

pub mod blake2b;
mod contribution;
mod knowledge;
pub mod phase1;
pub mod phase2;
mod ptau;
mod random;
mod snarkjs;
#[cfg(test)]
mod tests;
mod verify1;
mod verify2;

pub use blake2b::Hash;
pub use contribution::Origin;
pub use phase2::{KeyContribution, Transcript};
pub use ptau::{PowersContribution, Ptau, LARGEST_CEREMONY, LARGEST_POWER};
pub use verify1::verify as verify_powers;
pub use verify2::verify as verify_key;

use crate::{curve::PointError, zkey::ZkeyError};
use std::io;
use thiserror::Error;
use zkml_circuits::sections::{Section, SectionError};

/// Why a step of the ceremony cannot be made, or a file does not hold.
#[derive(Debug, Error)]
pub enum CeremonyError {
	/// The file's sections.
	#[error(transparent)]
	Section(#[from] SectionError),
	/// A point in a file.
	#[error(transparent)]
	Point(#[from] PointError),
	/// A `.zkey` file.
	#[error(transparent)]
	Zkey(#[from] ZkeyError),
	/// Reading or writing.
	#[error(transparent)]
	Io(#[from] io::Error),
	/// The operating system has no random numbers.
	#[error("the operating system gives no random numbers: {0}")]
	Entropy(#[from] rand::Error),
	/// A contribution has no state of a hash.
	#[error(transparent)]
	State(#[from] blake2b::StateError),
	/// The file is over another curve.
	#[error("the file is not over BN254 (bn128)")]
	Curve,
	/// A power that is not possible.
	#[error(
		"power {power} of a ceremony of {ceremony_power}: it is from 1 to {LARGEST_POWER}, of a \
		 ceremony to {LARGEST_CEREMONY}"
	)]
	Power {
		/// The file's.
		power: u32,
		/// The ceremony's.
		ceremony_power: u32,
	},
	/// A file that was cut cannot be contributed to.
	#[error(
		"the file was cut from 2^{ceremony_power} to 2^{power}: contributions are made to the whole one"
	)]
	Reduced {
		/// The file's power.
		power: u32,
		/// The ceremony's.
		ceremony_power: u32,
	},
	/// The powers are too few for a circuit.
	#[error(
		"the powers of tau reach 2^{power}, the circuit's {rows} constraints and public signals need \
		 2^{needed}"
	)]
	TooSmall {
		/// The file's power.
		power: u32,
		/// What is needed.
		needed: u32,
		/// Rows of the circuit.
		rows: usize,
	},
	/// Phase 2 needs Lagrange polynomials.
	#[error("the powers of tau are not prepared for phase 2")]
	NotPrepared,
	/// A name that the files cannot hold.
	#[error("a name has from 1 to {most} characters and no control characters; this has {length}")]
	Name {
		/// UTF-16 units found.
		length: usize,
		/// UTF-16 units allowed.
		most: usize,
	},
	/// A beacon's value that the files cannot hold.
	#[error("a beacon's value has from 1 to 255 bytes, this has {length}")]
	BeaconValue {
		/// Bytes found.
		length: usize,
	},
	/// A beacon with too few or too many rounds.
	#[error("a beacon is hashed 2^{least} to 2^{most} times, not 2^{exponent}")]
	BeaconRounds {
		/// Exponent found.
		exponent: u8,
		/// Least.
		least: u8,
		/// Most.
		most: u8,
	},
	/// A contribution's parameters make no sense.
	#[error("{section}: the parameters of contribution {number} make no sense")]
	Parameters {
		/// Section.
		section: Section,
		/// Which contribution, from 1.
		number: usize,
	},
	/// A public signal would have no weight in verification.
	#[error("public signal {0} stands at infinity in the key, so nothing would tie it to a proof")]
	SignalAtInfinity(usize),
	/// A check of a file failed.
	#[error(transparent)]
	Invalid(#[from] Fault),
}

/// What is wrong with a file of a ceremony.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Fault {
	/// Nobody contributed: the secrets are known to be 1.
	#[error("nobody has contributed: its secrets are known to all")]
	NoContribution,
	/// A beacon leads to other points.
	#[error("contribution {number}: the points are not those that its beacon leads to")]
	Beacon {
		/// Which contribution, from 1.
		number: usize,
	},
	/// Contributors must prove to know their secrets.
	#[error("contribution {number}: the proof of knowing {secret} does not hold")]
	Knowledge {
		/// Which contribution, from 1.
		number: usize,
		/// The secret.
		secret: &'static str,
	},
	/// A contribution must multiply what the one before left.
	#[error("contribution {number}: {what} does not follow from the contribution before")]
	Chain {
		/// Which contribution, from 1.
		number: usize,
		/// What does not follow.
		what: &'static str,
	},
	/// A contribution binds all that came before it.
	#[error("contribution {number}: its transcript is not that of the contributions before")]
	Transcript {
		/// Which contribution, from 1.
		number: usize,
	},
	/// A section's points are not multiples by powers of one τ.
	#[error("{0} does not hold successive powers of one tau")]
	Ratio(Section),
	/// A section does not begin with what the last contribution says.
	#[error("{section} does not begin as the last contribution says, at point {index}")]
	First {
		/// Section.
		section: Section,
		/// Position.
		index: usize,
	},
	/// The points' hash is not in the last contribution.
	#[error("the points are not those that the last contribution names by their hash")]
	Challenge,
	/// Lagrange polynomials that are not made of the powers.
	#[error("{section}: the polynomials for 2^{power} are not those of the powers of tau")]
	Lagrange {
		/// Section.
		section: Section,
		/// Which size.
		power: u32,
	},
	/// A key for other constraints, or from other powers.
	#[error("the key is for another circuit, or from other powers of tau: {0} differs")]
	Circuit(&'static str),
	/// A section that contributions leave alone was changed.
	#[error("{0} was changed since the key was begun")]
	Changed(Section),
	/// δ in the header is not what the contributions came to.
	#[error("delta in {0} is not what the contributions come to")]
	Delta(&'static str),
	/// A section was not divided by δ.
	#[error("{0} is not what the circuit and delta come to")]
	Divided(Section),
}
