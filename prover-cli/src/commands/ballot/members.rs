//! `zkml ballot enroll`, `strike` and `root`: what an issuer does.

use super::{
	super::{attest::schema, block_on, choices::DEEPEST, show_included, with_included},
	tree::{Leaf, TreeFile},
};
use crate::{
	chain::{self, address, Chain, Included},
	error::CliError,
	files,
	opening::Opening,
	ui::Ui,
};
use clap::Args;
use serde_json::{json, Value};
use std::path::{Path, PathBuf};
use zkml_circuits::CommitmentKind;
use zkml_primitives::{Commitment, SchemaId};

/// What is known of a tree, for people.
fn show(ui: &Ui, file: &TreeFile, root: Commitment) {
	ui.line(format!("members  {}, of {} at most", file.members(), 1u64 << file.depth));
	ui.line(format!("root     0x{}", hex::encode(root.0)));
}

/// The same for programs.
fn shown(path: &Path, file: &TreeFile, root: Commitment) -> Value {
	json!({
		"tree": path,
		"depth": file.depth,
		"schema": file.schema,
		"members": file.members(),
		"root": root,
	})
}

/// Says to post a root.
fn post_next(ui: &Ui, path: &Path) {
	ui.next(format!(
		"when the tree is as it should be: zkml ballot root --tree {} --url … --suri …",
		path.display()
	));
}

/// Add a voter to the tree of those who may vote.
///
/// The issuer knows who each voter is and what their profile is; the file holds nothing but commitments
/// to both. Give all of it to all voters: who asks for a part of it tells that they are about to vote.
#[derive(Debug, Args)]
pub struct Enroll {
	/// The tree. It is made if there is none yet.
	#[arg(long, value_name = "FILE")]
	tree: PathBuf,
	/// Levels of a new tree: it has room for 2 to this power members, and serves circuits of this depth.
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=DEEPEST))]
	depth: Option<u8>,
	/// What the voter's `zkml ballot identity` printed: 32 bytes in hexadecimal.
	#[arg(long, value_name = "COMMITMENT")]
	identity: String,
	/// The opening of the commitment to the voter's profile, or that commitment, if the issuer made it.
	#[arg(long, value_name = "FILE|COMMITMENT")]
	profile: String,
	/// What the profiles of a new tree are: a record's schema, an opening, or the schema's id [default: as
	/// the opening of the first profile says].
	#[arg(long, value_name = "FILE|ID")]
	schema: Option<String>,
}

impl Enroll {
	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let identity = files::hash_from_hex(&self.identity).map(Commitment).ok_or_else(|| {
			CliError::Other(format!("--identity {}: 32 bytes in hexadecimal", self.identity))
		})?;
		let (profile, opened) = self.profile()?;
		let typed = self.schema.as_deref().map(schema).transpose()?;
		let mut file = self.file(opened.or(typed))?;
		for schema in opened.iter().chain(&typed) {
			self.ensure("schema", hex::encode(file.schema.0), hex::encode(schema.0))?;
		}
		if let Some(depth) = self.depth {
			self.ensure("depth", file.depth, depth)?;
		}
		let index = file.enroll(&self.tree, Leaf { identity, profile })?;
		let (tree, _) = ui.step("hashing the tree", || file.tree());
		let root = tree?.root();
		file.write(&self.tree)?;
		ui.line(format!("enrolled 0x{} as number {index}", hex::encode(identity.0)));
		show(ui, &file, root);
		let mut fields = shown(&self.tree, &file, root);
		fields["index"] = index.into();
		fields["identity"] = json!(identity);
		fields["profile"] = json!(profile);
		ui.json("ballot enroll", fields);
		post_next(ui, &self.tree);
		Ok(())
	}

	/// The commitment to the voter's profile, and its schema where an opening names it.
	fn profile(&self) -> Result<(Commitment, Option<SchemaId>), CliError> {
		if let Some(bytes) = files::hash_from_hex(&self.profile) {
			return Ok((Commitment(bytes), None));
		}
		let opening = Opening::read(Path::new(&self.profile), CommitmentKind::Input)?;
		match opening.values() {
			Some(_) => Ok((opening.commitment, Some(opening.schema))),
			None => Err(CliError::Unopened(format!(
				"the values and the salt of {} do not give the commitment that it names",
				self.profile
			))),
		}
	}

	/// The tree that is there, or a new one.
	fn file(&self, schema: Option<SchemaId>) -> Result<TreeFile, CliError> {
		if self.tree.exists() {
			return TreeFile::read(&self.tree);
		}
		let missing = |what: &str| {
			CliError::Other(format!("there is no {} yet: to make it, {what}", self.tree.display()))
		};
		let depth =
			self.depth.ok_or_else(|| {
				missing("say with --depth how deep the circuit's tree is, such as --depth 20 for a million")
			})?;
		let schema = schema.ok_or_else(|| missing("say with --schema what the profiles are"))?;
		Ok(TreeFile::new(depth, schema))
	}

	/// Checks that the tree is what was typed.
	fn ensure<T: PartialEq + std::fmt::Display>(
		&self,
		what: &str,
		is: T,
		typed: T,
	) -> Result<(), CliError> {
		if is == typed {
			return Ok(());
		}
		Err(CliError::Content {
			path: self.tree.clone(),
			what: format!("the tree has the {what} {is}, not {typed}"),
			help: "name another tree: one of this name is made if there is none".into(),
		})
	}
}

/// Remove a voter from the tree.
///
/// The roots that follow do not have them. Roots that were posted before do, and so do the ballots that
/// were opened with them.
#[derive(Debug, Args)]
pub struct Strike {
	/// The tree.
	#[arg(long, value_name = "FILE")]
	tree: PathBuf,
	/// The number under which the voter was enrolled. Those of others stay.
	#[arg(long, value_name = "N")]
	index: u32,
}

impl Strike {
	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let mut file = TreeFile::read(&self.tree)?;
		let Leaf { identity, .. } = file.strike(self.index)?;
		let (tree, _) = ui.step("hashing the tree", || file.tree());
		let root = tree?.root();
		file.write(&self.tree)?;
		ui.line(format!("struck number {}, 0x{}", self.index, hex::encode(identity.0)));
		show(ui, &file, root);
		let mut fields = shown(&self.tree, &file, root);
		fields["index"] = self.index.into();
		fields["identity"] = json!(identity);
		ui.json("ballot strike", fields);
		post_next(ui, &self.tree);
		Ok(())
	}
}

/// Show the tree's root, and with --url post it.
///
/// A ballot counts votes on one root, which the issuer has posted before it is opened. Post one root for
/// all: a root of one's own would tell a voter from the others.
#[derive(Debug, Args)]
pub struct Root {
	/// The tree.
	#[arg(long, value_name = "FILE")]
	tree: PathBuf,
	/// The chain on which the root is posted.
	#[arg(long, requires = "suri")]
	url: Option<String>,
	/// Who signs, an issuer of the tree's schema: a secret URI such as //Alice, or a mnemonic. Prefer the
	/// variable to the flag.
	#[arg(long, env = "ZKML_SURI", hide_env_values = true)]
	suri: Option<String>,
}

impl Root {
	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let file = TreeFile::read(&self.tree)?;
		let (tree, _) = ui.step("hashing the tree", || file.tree());
		let root = tree?.root();
		let mut fields = shown(&self.tree, &file, root);
		let (Some(url), Some(suri)) = (&self.url, &self.suri) else {
			show(ui, &file, root);
			ui.json("ballot root", fields);
			post_next(ui, &self.tree);
			return Ok(());
		};
		let signer = chain::signer(suri)?;
		let issuer = signer.public_key().0;
		let (posted, _) = ui.step("waiting for the chain", || {
			block_on(async {
				let chain = Chain::connect(url).await?;
				chain.state().await?.ensure_issuer(issuer, file.schema).await?;
				chain.post_root(&signer, file.schema, root).await
			})
		});
		let included: Included = posted?;
		show(ui, &file, root);
		ui.line(format!("posted   by {}", address(&issuer)));
		show_included(ui, &included);
		fields["issuer"] = address(&issuer).into();
		ui.json("ballot root", with_included(&included, fields));
		ui.next(format!(
			"give {} to all voters; zkml ballot open MODEL --issuer {} … --url {url}",
			self.tree.display(),
			address(&issuer)
		));
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use zkml_circuits::{InputSchema, Record};

	const RECORD: &str =
		r#"{"name":"r","fields":[{"name":"age","type":"integer","min":0,"max":99}]}"#;
	const OTHER: &str =
		r#"{"name":"s","fields":[{"name":"age","type":"integer","min":0,"max":99}]}"#;

	struct Place(tempfile::TempDir);

	impl Place {
		fn new() -> Self {
			Self(tempfile::tempdir().unwrap())
		}

		fn path(&self, name: &str) -> String {
			self.0.path().join(name).to_str().unwrap().into()
		}

		/// Writes an opening, and what it opens.
		fn opening(&self, name: &str, record: &str) -> (String, Opening) {
			let record = Record::read(record).unwrap();
			let opening = Opening::of_input(InputSchema::of_record(&record), &[30]).unwrap();
			opening.write_new(Path::new(&self.path(name))).unwrap();
			(self.path(name), opening)
		}

		fn enroll(&self, number: u8, profile: &str) -> Enroll {
			Enroll {
				tree: self.path("tree.json").into(),
				depth: None,
				identity: format!("0x{}", format!("{number:02x}").repeat(32)),
				profile: profile.into(),
				schema: None,
			}
		}

		fn tree(&self) -> TreeFile {
			TreeFile::read(Path::new(&self.path("tree.json"))).unwrap()
		}
	}

	fn ui() -> Ui {
		Ui { json: false, quiet: true }
	}

	fn refused(command: Enroll, code: u8, words: &str) {
		let error = command.run(&ui()).unwrap_err();
		assert!(error.to_string().contains(words), "{error}");
		assert_eq!(error.exit_code(), code);
	}

	#[test]
	fn a_tree_is_made_with_its_first_member() {
		let place = Place::new();
		let (first, opening) = place.opening("first.json", RECORD);
		refused(place.enroll(1, &first), 1, "--depth");
		assert!(!Path::new(&place.path("tree.json")).exists());
		Enroll { depth: Some(2), ..place.enroll(1, &first) }.run(&ui()).unwrap();
		assert_eq!((place.tree().depth, place.tree().schema), (2, opening.schema));

		// Of a commitment that the issuer made, only it is known.
		let profile = "05".repeat(32);
		place.enroll(2, &profile).run(&ui()).unwrap();
		assert_eq!(place.tree().members(), 2);
		let before = std::fs::read(place.path("tree.json")).unwrap();
		refused(place.enroll(1, &"06".repeat(32)), 1, "number 0 already");
		refused(place.enroll(3, &profile), 1, "number 1's already");
		let (other, _) = place.opening("other.json", OTHER);
		refused(place.enroll(3, &other), 1, "the tree has the schema");
		let deeper = Enroll { depth: Some(3), ..place.enroll(3, &"07".repeat(32)) };
		refused(deeper, 1, "the tree has the depth 2, not 3");
		let short = Enroll { identity: "0x12".into(), ..place.enroll(3, &"07".repeat(32)) };
		refused(short, 1, "--identity 0x12: 32 bytes");
		let beyond = Enroll { identity: "ff".repeat(32), ..place.enroll(3, &"07".repeat(32)) };
		refused(beyond, 1, "no element of the field");
		let (damaged, mut opening) = place.opening("damaged.json", RECORD);
		opening.commitment = Commitment([1; 32]);
		std::fs::write(&damaged, files::to_json(&opening)).unwrap();
		refused(place.enroll(3, &damaged), 3, "do not give the commitment");
		assert_eq!(std::fs::read(place.path("tree.json")).unwrap(), before, "nothing was written");
	}

	#[test]
	fn a_tree_of_commitments_alone_is_told_its_schema() {
		let place = Place::new();
		let profile = "05".repeat(32);
		let first = || Enroll { depth: Some(1), ..place.enroll(1, &profile) };
		refused(first(), 1, "--schema");
		let schema = Some("09".repeat(32));
		Enroll { schema, ..first() }.run(&ui()).unwrap();
		assert_eq!(place.tree().schema, SchemaId([9; 32]));
		place.enroll(2, &"06".repeat(32)).run(&ui()).unwrap();
		refused(place.enroll(3, &"07".repeat(32)), 1, "has room for 2 leaves");
		let strike = |index| Strike { tree: place.path("tree.json").into(), index };
		strike(0).run(&ui()).unwrap();
		assert_eq!(place.tree().members(), 1);
		assert!(strike(0).run(&ui()).is_err());
		let root = Root { tree: place.path("tree.json").into(), url: None, suri: None };
		root.run(&ui()).unwrap();
	}
}
