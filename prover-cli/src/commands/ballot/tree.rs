//! The file of an issuer's tree: who may vote.

use crate::{
	error::CliError,
	files::{self, FORMAT, TOOL},
};
use serde::{Deserialize, Serialize};
use std::path::Path;
use zkml_circuits::{
	membership::{self, leaf, Tree},
	MembershipError, ModelError,
};
use zkml_primitives::{Commitment, SchemaId};

/// What stands for a member: both are random to whoever has not seen them before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Leaf {
	/// The commitment to the voter's secret.
	pub(super) identity: Commitment,
	/// The commitment to the voter's profile.
	pub(super) profile: Commitment,
}

/// The file of a tree. It holds no secrets, so that all voters can have all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TreeFile {
	/// [`FORMAT`].
	format: u32,
	/// Tool and version.
	tool: String,
	/// Levels below the root.
	pub(super) depth: u8,
	/// What the profiles are.
	pub(super) schema: SchemaId,
	/// In the order in which they came; none in the place of one that was struck.
	leaves: Vec<Option<Leaf>>,
}

/// Says what is wrong with a tree, or with what was asked of it.
fn content(path: &Path, what: impl ToString, help: impl Into<String>) -> CliError {
	CliError::Content { path: path.into(), what: what.to_string(), help: help.into() }
}

impl TreeFile {
	/// A tree without leaves.
	pub(super) fn new(depth: u8, schema: SchemaId) -> Self {
		Self { format: FORMAT, tool: TOOL.into(), depth, schema, leaves: Vec::new() }
	}

	/// Reads a tree.
	pub(super) fn read(path: &Path) -> Result<Self, CliError> {
		let help = "name the file that `zkml ballot enroll` wrote, or ask the issuer for it";
		let file: Self = serde_json::from_str(&files::read_text(path)?)
			.map_err(|error| content(path, error, help))?;
		files::check_format(path, file.format, &file.tool)?;
		Ok(file)
	}

	/// Writes it in the place of the one before.
	pub(super) fn write(&self, path: &Path) -> Result<(), CliError> {
		let current = Self { format: FORMAT, tool: TOOL.into(), ..self.clone() };
		files::write(path, &files::to_json(&current))
	}

	/// How many members it has.
	pub(super) fn members(&self) -> usize {
		self.leaves.iter().flatten().count()
	}

	/// The tree itself. A hash or two for each leaf.
	pub(super) fn tree(&self) -> Result<Tree, CliError> {
		let of = |member: &Option<Leaf>| match member {
			Some(Leaf { identity, profile }) => leaf(*identity, *profile),
			None => Ok(Commitment([0; 32])),
		};
		let leaves: Result<Vec<_>, MembershipError> = self.leaves.iter().map(of).collect();
		let tree = leaves.and_then(|leaves| Tree::from_leaves(self.depth, leaves));
		tree.map_err(|error| ModelError::Membership(error).into())
	}

	/// The place of a member.
	fn position(&self, is: impl Fn(&Leaf) -> bool) -> Option<usize> {
		self.leaves.iter().position(|leaf| leaf.as_ref().is_some_and(&is))
	}

	/// Adds a member, and answers its place.
	pub(super) fn enroll(&mut self, path: &Path, new: Leaf) -> Result<usize, CliError> {
		let strike =
			"who has two leaves may have two votes: for another profile, or in the place of a \
		              secret that was lost, strike the first with `zkml ballot strike`";
		if let Some(index) = self.position(|leaf| leaf.identity == new.identity) {
			return Err(content(path, format!("this identity is number {index} already"), strike));
		}
		if let Some(index) = self.position(|leaf| leaf.profile == new.profile) {
			return Err(content(path, format!("this profile is number {index}'s already"), strike));
		}
		self.leaves.push(Some(new));
		Ok(self.leaves.len() - 1)
	}

	/// Removes a member. The places of others stay.
	pub(super) fn strike(&mut self, index: u32) -> Result<Leaf, CliError> {
		let member = self.leaves.get_mut(index as usize).and_then(Option::take);
		member.ok_or_else(|| ModelError::Membership(MembershipError::NoLeaf { index }).into())
	}

	/// The root, and the path to it from a member's leaf.
	pub(super) fn path_of(
		&self,
		path: &Path,
		member: Leaf,
	) -> Result<(Commitment, membership::Path), CliError> {
		let Some(index) = self.position(|leaf| leaf.identity == member.identity) else {
			return Err(content(
				path,
				format!("nobody in the tree has the identity 0x{}", hex::encode(member.identity.0)),
				"get the tree as it was when the ballot was opened; who was not in it then is enrolled for \
				 the next ballot. Or name another identity with --identity",
			));
		};
		if self.leaves[index] != Some(member) {
			return Err(content(
				path,
				format!(
					"number {index} of the tree has this identity and another profile than 0x{}",
					hex::encode(member.profile.0)
				),
				"name the opening of the profile that the issuer enrolled with --profile",
			));
		}
		let tree = self.tree()?;
		let way = tree.path(index as u32).map_err(ModelError::Membership)?;
		Ok((tree.root(), way))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn member(number: u8) -> Leaf {
		Leaf { identity: Commitment([number; 32]), profile: Commitment([number + 1; 32]) }
	}

	fn three() -> TreeFile {
		let mut file = TreeFile::new(2, SchemaId([9; 32]));
		for (index, number) in [1, 11, 21].into_iter().enumerate() {
			assert_eq!(file.enroll(Path::new("t"), member(number)).unwrap(), index);
		}
		file
	}

	#[test]
	fn a_tree_reads_as_it_was_written() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("tree.json");
		let mut file = three();
		assert_eq!(file.strike(1).unwrap(), member(11));
		file.write(&path).unwrap();
		assert_eq!(TreeFile::read(&path).unwrap(), file);
		assert_eq!((file.members(), file.leaves.len()), (2, 3));
		let json: serde_json::Value =
			serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
		assert_eq!(json["leaves"][0]["identity"], "01".repeat(32));
		assert_eq!(json["leaves"][1], serde_json::Value::Null);
		std::fs::write(&path, "{}").unwrap();
		assert!(TreeFile::read(&path).unwrap_err().to_string().contains("missing field"));
	}

	#[test]
	fn nobody_is_enrolled_twice() {
		let (mut file, path) = (three(), Path::new("t"));
		let refused = |file: &mut TreeFile, leaf: Leaf, words: &str| {
			let error = file.enroll(path, leaf).unwrap_err().to_string();
			assert!(error.contains(words), "{error}");
		};
		let profile = Commitment([50; 32]);
		refused(&mut file, Leaf { profile, ..member(11) }, "identity is number 1 already");
		let identity = Commitment([50; 32]);
		refused(&mut file, Leaf { identity, ..member(21) }, "profile is number 2's already");
		assert_eq!(file, three());
		// Whoever was struck comes back in another place.
		file.strike(1).unwrap();
		assert_eq!(file.enroll(path, Leaf { profile, ..member(11) }).unwrap(), 3);
		let struck = file.strike(1).unwrap_err();
		assert!(struck.to_string().contains("nobody's leaf is number 1"), "{struck}");
		assert!(file.strike(9).is_err());
	}

	#[test]
	fn what_is_no_tree_has_no_root() {
		let mut file = three();
		let root = file.tree().unwrap().root();
		file.enroll(Path::new("t"), member(31)).unwrap();
		assert_ne!(file.tree().unwrap().root(), root);
		file.enroll(Path::new("t"), member(41)).unwrap();
		let full = file.tree().unwrap_err();
		assert!(full.to_string().contains("has room for 4"), "{full}");
		assert_eq!(full.exit_code(), 1);
		let mut beyond = three();
		let identity = Commitment([0xff; 32]);
		beyond.enroll(Path::new("t"), Leaf { identity, ..member(31) }).unwrap();
		assert!(beyond.tree().unwrap_err().to_string().contains("no element of the field"));
		assert!(TreeFile { depth: 0, ..three() }.tree().is_err());
	}

	#[test]
	fn a_path_is_of_the_identity_with_its_profile() {
		let (mut file, path) = (three(), Path::new("t"));
		file.strike(0).unwrap();
		let (root, way) = file.path_of(path, member(21)).unwrap();
		assert_eq!((way.index, way.root().unwrap()), (2, root));
		assert_eq!(root, file.tree().unwrap().root());
		let refused = |leaf: Leaf, words: &str| {
			let error = file.path_of(path, leaf).unwrap_err().to_string();
			assert!(error.contains(words), "{error}");
		};
		refused(member(1), "nobody in the tree has the identity");
		let profile = Commitment([50; 32]);
		refused(
			Leaf { profile, ..member(21) },
			"number 2 of the tree has this identity and another",
		);
	}
}
