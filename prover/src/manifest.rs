//! What a key says of itself.

use serde::{Deserialize, Serialize};
use zkml_primitives::{Interface, Setup};

/// Version of the manifest.
pub const FORMAT: u32 = 1;

/// Who made a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetupKind {
	/// One party, who could forge proofs. For development only.
	Development,
	/// Several parties, of whom one honest one suffices.
	Ceremony {
		/// SHA-256 of the transcript.
		#[serde(with = "hex::serde")]
		transcript: [u8; 32],
		/// Number of contributions to the circuit's key.
		contributions: u32,
	},
}

impl From<SetupKind> for Setup {
	fn from(kind: SetupKind) -> Self {
		match kind {
			SetupKind::Development => Self::Development,
			SetupKind::Ceremony { transcript, contributions } => {
				Self::Ceremony { transcript, contributions }
			},
		}
	}
}

/// Stands in the proving key and beside the verifying key, so that neither is used with another
/// circuit, and so that a development key says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
	/// [`FORMAT`].
	pub format: u32,
	/// Tool and version that made the key.
	pub tool: String,
	/// Who made it.
	pub setup: SetupKind,
	/// SHA-256 of the circuit's `.r1cs` file, in hexadecimal.
	pub circuit_sha256: String,
	/// SHA-256 of the quantised ONNX file, in hexadecimal.
	pub model_sha256: String,
	/// What the public signals mean.
	pub interface: Interface,
}

#[cfg(test)]
pub(crate) mod tests {
	use super::*;
	use zkml_primitives::{InputVisibility, OutputKind, WeightsVisibility};

	/// Of some key.
	pub(crate) fn manifest() -> Manifest {
		Manifest {
			format: FORMAT,
			tool: "zkml 0.1.0".into(),
			setup: SetupKind::Development,
			circuit_sha256: "00".repeat(32),
			model_sha256: "11".repeat(32),
			interface: Interface {
				input: InputVisibility::Private,
				weights: WeightsVisibility::Public,
				output: OutputKind::Argmax { classes: 2 },
			},
		}
	}
}
