//! Openings: what only the owner of committed values keeps.

use crate::{
	error::CliError,
	files::{self, FORMAT, TOOL},
};
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use zkml_circuits::{CommitmentKind, Graph, InputSchema, Salt};
use zkml_primitives::{Commitment, SchemaId};

/// The file that opens a commitment: the salt, and what is committed where that is not a model.
///
/// Whoever has it can prove things about the values, and can show them; whoever lost it can do
/// neither ever again.
#[derive(Clone, Serialize, Deserialize)]
pub struct Opening {
	/// [`FORMAT`].
	pub format: u32,
	/// Tool and version.
	pub tool: String,
	/// What is committed.
	pub kind: CommitmentKind,
	/// What the values are: a hash.
	pub schema: SchemaId,
	/// What everybody sees.
	pub commitment: Commitment,
	/// What nobody else may see: 32 bytes, little-endian, in hexadecimal.
	pub salt: String,
	/// An input.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub input: Option<Values>,
}

/// An input's values.
#[derive(Clone, Serialize, Deserialize)]
pub struct Values {
	/// What they are.
	pub schema: InputSchema,
	/// The integers; real values are these times the schema's scales.
	pub integers: Vec<i64>,
}

/// Where the opening of a model's weights is kept.
pub const WEIGHTS: &str = "zkml-secrets/weights.json";
/// Where the opening of an input is kept.
pub const INPUT: &str = "zkml-secrets/input.json";

impl Opening {
	/// Commits to an input, with a new salt.
	pub fn of_input(schema: InputSchema, input: &[i64]) -> Result<Self, CliError> {
		let salt = Salt::random(&mut OsRng);
		let commitment = schema.commitment(input, salt)?;
		let id = schema.id();
		let values = Values { schema, integers: input.to_vec() };
		Ok(Self::new(CommitmentKind::Input, id, commitment, salt, Some(values)))
	}

	/// Commits to the weights of a graph, with a new salt.
	pub fn of_weights(graph: &Graph) -> Result<Self, CliError> {
		let salt = Salt::random(&mut OsRng);
		let commitment = graph.weights_commitment(salt)?;
		let schema = graph.weights_schema();
		Ok(Self::new(CommitmentKind::Weights, schema, commitment, salt, None))
	}

	fn new(
		kind: CommitmentKind,
		schema: SchemaId,
		commitment: Commitment,
		salt: Salt,
		input: Option<Values>,
	) -> Self {
		let (format, tool, salt) = (FORMAT, TOOL.into(), hex::encode(salt.to_bytes()));
		Self { format, tool, kind, schema, commitment, salt, input }
	}

	/// Reads an opening.
	pub fn read(path: &Path, kind: CommitmentKind) -> Result<Self, CliError> {
		let opening = Self::read_any(path)?;
		if opening.kind == kind {
			return Ok(opening);
		}
		let (is, wanted) = (name(opening.kind), name(kind));
		Err(content(path, format!("it opens {is}, not {wanted}"), "name the other file".into()))
	}

	/// Reads an opening of anything.
	pub fn read_any(path: &Path) -> Result<Self, CliError> {
		let text = match std::fs::read_to_string(path) {
			Ok(text) => text,
			Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
				return Err(content(path, "there is no opening here".into(), LOST.into()))
			},
			Err(error) => return Err(CliError::File { path: path.into(), error }),
		};
		let damaged = |what: String| content(path, what, LOST.into());
		let opening: Self = serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
		files::check_format(path, opening.format, &opening.tool)?;
		opening.salt().ok_or_else(|| {
			damaged(
				"its salt is no 32 bytes in hexadecimal below the field's order, or too short"
					.into(),
			)
		})?;
		Ok(opening)
	}

	/// The salt; `None` if the file's text is none.
	pub fn salt(&self) -> Option<Salt> {
		Salt::from_bytes(&files::hash_from_hex(&self.salt)?)
	}

	/// The salt of an opening that was read, or made.
	pub fn known_salt(&self) -> Salt {
		self.salt().expect("it was checked when the opening was read")
	}

	/// The input's values, if they and the salt give the commitment, under the schema that it names.
	pub fn values(&self) -> Option<&Values> {
		let values = self.input.as_ref().filter(|_| self.kind == CommitmentKind::Input)?;
		let commitment = values.schema.commitment(&values.integers, self.salt()?).ok()?;
		let holds = values.schema.id() == self.schema && commitment == self.commitment;
		holds.then_some(values)
	}

	/// Writes an opening where none is yet, readable by its owner only. Git ignores the default
	/// folder.
	pub fn write_new(&self, path: &Path) -> Result<(), CliError> {
		files::keep_secret(path, &files::to_json(self), "a salt")
	}
}

const LOST: &str =
	"name the file that `zkml commit` or `zkml compile` wrote. Without it nothing can be \
	proven about the committed values any more: they must be committed anew, and the new commitment \
	attested, or registered, again";

fn content(path: &Path, what: String, help: String) -> CliError {
	CliError::Content { path: PathBuf::from(path), what, help }
}

/// What is committed, in words.
pub fn name(kind: CommitmentKind) -> &'static str {
	match kind {
		CommitmentKind::Input => "an input",
		CommitmentKind::Weights => "a model's weights",
	}
}
