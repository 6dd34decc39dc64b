//! The tree of an issuer, and the paths that it gives to its members.

use super::{commitment, element, MembershipError};
use crate::{poseidon::hash, Element};
use ark_ff::Zero;
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;
use zkml_primitives::{Commitment, MAX_DEPTH};

/// By depth, the root of a tree that holds nothing.
fn empty() -> &'static [Element] {
	static EMPTY: OnceLock<Vec<Element>> = OnceLock::new();
	EMPTY.get_or_init(|| {
		let next = |below: &Element| Some(hash(&[*below; 2]));
		let roots = std::iter::successors(Some(Element::zero()), next);
		roots.take(usize::from(MAX_DEPTH) + 1).collect()
	})
}

/// The tree of an issuer, of a fixed depth: leaves in the order in which they came, and zeros for
/// those that are not there.
///
/// An empty leaf is 0, of which nobody knows how to make it by the hash that leaves are.
#[derive(Clone, Debug)]
pub struct Tree {
	/// From the leaves to the root, the nodes that do not stand for nothing.
	levels: Vec<Vec<Element>>,
}

impl Tree {
	/// A tree without leaves.
	///
	/// # Errors
	/// [`MembershipError::Depth`] for one that is not 1 to [`MAX_DEPTH`].
	pub fn new(depth: u8) -> Result<Self, MembershipError> {
		Self::from_leaves(depth, [])
	}

	/// A tree of these leaves, zeros among them being empty.
	///
	/// # Errors
	/// [`MembershipError::Depth`] as [`Self::new`]; [`MembershipError::Full`] for too many leaves;
	/// [`MembershipError::NonCanonical`] for a leaf that is no element of the field.
	pub fn from_leaves(
		depth: u8,
		leaves: impl IntoIterator<Item = Commitment>,
	) -> Result<Self, MembershipError> {
		if !(1..=MAX_DEPTH).contains(&depth) {
			return Err(MembershipError::Depth { got: depth.into() });
		}
		let leaves = leaves.into_iter().map(|leaf| element("a leaf", leaf));
		let leaves: Vec<Element> = leaves.collect::<Result<_, _>>()?;
		if leaves.len() as u64 > 1 << depth {
			return Err(MembershipError::Full { depth });
		}
		let mut levels = vec![leaves];
		for empty in &empty()[..depth.into()] {
			let node = |children: &[Element]| {
				hash(&[children[0], children.get(1).copied().unwrap_or(*empty)])
			};
			let above = levels[levels.len() - 1].chunks(2).map(node).collect();
			levels.push(above);
		}
		Ok(Self { levels })
	}

	/// Levels below the root.
	pub fn depth(&self) -> u8 {
		(self.levels.len() - 1) as u8
	}

	/// How many leaves came, removed ones among them.
	pub fn len(&self) -> u64 {
		self.levels[0].len() as u64
	}

	/// Whether no leaf ever came.
	pub fn is_empty(&self) -> bool {
		self.levels[0].is_empty()
	}

	/// Adds a leaf, and answers its place. One hash for each level.
	///
	/// # Errors
	/// [`MembershipError::Full`]; [`MembershipError::NonCanonical`] if it is no element of the field.
	pub fn push(&mut self, leaf: Commitment) -> Result<u32, MembershipError> {
		let leaf = element("the leaf", leaf)?;
		let index = match u32::try_from(self.len()) {
			Ok(index) if self.len() < 1 << self.depth() => index,
			_ => return Err(MembershipError::Full { depth: self.depth() }),
		};
		self.levels[0].push(leaf);
		self.update(index as usize);
		Ok(index)
	}

	/// Makes a leaf an empty one, so that its member is none under the roots that follow. The places of
	/// others stay. One hash for each level.
	///
	/// # Errors
	/// [`MembershipError::NoLeaf`].
	pub fn remove(&mut self, index: u32) -> Result<(), MembershipError> {
		self.leaf(index)?;
		self.levels[0][index as usize] = Element::zero();
		self.update(index as usize);
		Ok(())
	}

	/// The root, which the issuer posts.
	pub fn root(&self) -> Commitment {
		commitment(self.node(self.levels.len() - 1, 0))
	}

	/// The path from a leaf to the root, for its member.
	///
	/// # Errors
	/// [`MembershipError::NoLeaf`].
	pub fn path(&self, index: u32) -> Result<Path, MembershipError> {
		let leaf = commitment(self.leaf(index)?);
		let sibling = |level: usize| self.node(level, (index as usize >> level) ^ 1);
		let siblings = (0..self.levels.len() - 1).map(|level| commitment(sibling(level))).collect();
		Ok(Path { leaf, index, siblings })
	}

	/// A leaf that is not empty.
	fn leaf(&self, index: u32) -> Result<Element, MembershipError> {
		let leaf = self.levels[0].get(index as usize).filter(|leaf| !leaf.is_zero());
		leaf.copied().ok_or(MembershipError::NoLeaf { index })
	}

	fn node(&self, level: usize, index: usize) -> Element {
		self.levels[level].get(index).copied().unwrap_or(empty()[level])
	}

	/// Hashes anew what is above a leaf.
	fn update(&mut self, leaf: usize) {
		for above in 1..self.levels.len() {
			let index = leaf >> above;
			let node = hash(&[0, 1].map(|side| self.node(above - 1, 2 * index + side)));
			match self.levels[above].get_mut(index) {
				Some(place) => *place = node,
				None => self.levels[above].push(node),
			}
		}
	}
}

/// A way from a leaf to the root of a tree. It tells which member it is of: nobody but the issuer and
/// the member is to see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Path {
	/// The leaf.
	pub leaf: Commitment,
	/// Its place. Bit `i` says whether the way comes from the right at level `i`.
	pub index: u32,
	/// What stands beside the way, from the leaf's neighbour up.
	pub siblings: Vec<Commitment>,
}

impl Path {
	/// The root that the path leads to.
	///
	/// # Errors
	/// [`MembershipError::Depth`] and [`MembershipError::PathIndex`] for what no tree has;
	/// [`MembershipError::NonCanonical`].
	pub fn root(&self) -> Result<Commitment, MembershipError> {
		let depth = self.siblings.len();
		if !(1..=usize::from(MAX_DEPTH)).contains(&depth) {
			return Err(MembershipError::Depth { got: depth });
		}
		if u64::from(self.index) >> depth != 0 {
			return Err(MembershipError::PathIndex { index: self.index, depth });
		}
		let mut node = element("the path's leaf", self.leaf)?;
		for (level, sibling) in self.siblings.iter().enumerate() {
			let sibling = element("an element of the path", *sibling)?;
			node = match self.is_right(level) {
				true => hash(&[sibling, node]),
				false => hash(&[node, sibling]),
			};
		}
		Ok(commitment(node))
	}

	pub(super) fn is_right(&self, level: usize) -> bool {
		self.index >> level & 1 == 1
	}
}

#[cfg(test)]
mod tests {
	use super::{
		super::{
			leaf,
			tests::{decimal, identity, numbered_leaf},
		},
		*,
	};
	use ark_ff::{MontFp, PrimeField};

	/// By circomlibjs 0.1.7, from the description above: five members, and the third one's path.
	#[test]
	fn agrees_with_circomlibjs() {
		let is = |found: Commitment, expected: Element| assert_eq!(found, commitment(expected));
		is(
			identity(2).commitment(),
			MontFp!("9377483576876225438589890569690694843396661702552542021535101878570874322517"),
		);
		let third =
			MontFp!("8515344115722174470022230754443133518821423056177112959042449412301798884684");
		is(numbered_leaf(2), third);
		is(
			identity(2).nullifier(commitment(decimal(30, 0))).unwrap(),
			MontFp!(
				"20173087092337673126078187376588866385732502328054194175619389109580053145159"
			),
		);
		let tree = Tree::from_leaves(4, (0..5).map(numbered_leaf)).unwrap();
		let root = MontFp!(
			"17807906926226535687891534452347115941127850098335396657689459774540481314514"
		);
		is(tree.root(), root);
		let siblings = [
			MontFp!("7580312384420393287696091522978323949246704561376511398208323093195133175621"),
			MontFp!(
				"21202445551651376821146303902739381760750424356518574508412072753792818929115"
			),
			MontFp!("1418378454751636732071838140565256782687677258958945413579838738332871671482"),
			MontFp!(
				"11286972368698509976183087595462810875513684078608517520839298933882497716792"
			),
		];
		let siblings = siblings.map(commitment).to_vec();
		let path = Path { leaf: commitment(third), index: 2, siblings };
		assert_eq!(tree.path(2), Ok(path.clone()));
		assert_eq!(path.root(), Ok(tree.root()));
		is(
			Tree::new(1).unwrap().root(),
			MontFp!(
				"14744269619966411208579211824598458697587494354926760081771325075741142829156"
			),
		);
		is(
			Tree::new(32).unwrap().root(),
			MontFp!(
				"21443572485391568159800782191812935835534334817699172242223315142338162256601"
			),
		);
	}

	/// The root by the definition: all leaves, level by level.
	fn plain(depth: u32, leaves: &[Commitment]) -> Commitment {
		let mut nodes: Vec<Element> =
			leaves.iter().map(|leaf| Element::from_le_bytes_mod_order(&leaf.0)).collect();
		nodes.resize(1 << depth, Element::zero());
		while nodes.len() > 1 {
			nodes = nodes.chunks(2).map(hash).collect();
		}
		commitment(nodes[0])
	}

	#[test]
	fn a_tree_grows_leaf_by_leaf() {
		for depth in 1..=3u8 {
			let mut tree = Tree::new(depth).unwrap();
			let mut leaves = Vec::new();
			assert!(tree.is_empty());
			assert_eq!(tree.root(), plain(depth.into(), &leaves));
			for index in 0..1 << depth {
				let next = numbered_leaf(index);
				assert_eq!(tree.push(next), Ok(index as u32));
				leaves.push(next);
				assert_eq!(tree.root(), plain(depth.into(), &leaves), "{index} of depth {depth}");
				let same = Tree::from_leaves(depth, leaves.clone()).unwrap();
				assert_eq!(same.levels, tree.levels);
				assert_eq!((tree.len(), tree.depth()), (index + 1, depth));
				for (place, leaf) in (0..).zip(&leaves) {
					let path = tree.path(place).unwrap();
					assert_eq!((path.leaf, path.index), (*leaf, place));
					assert_eq!(path.root(), Ok(tree.root()));
				}
			}
			assert_eq!(tree.push(numbered_leaf(9)), Err(MembershipError::Full { depth }));
			leaves.push(numbered_leaf(9));
			let full = Tree::from_leaves(depth, leaves).map(drop);
			assert_eq!(full, Err(MembershipError::Full { depth }));
		}
	}

	#[test]
	fn a_removed_leaf_is_an_empty_one() {
		let mut leaves: Vec<Commitment> = (0..5).map(numbered_leaf).collect();
		let mut tree = Tree::from_leaves(3, leaves.clone()).unwrap();
		let before = tree.path(0).unwrap();
		tree.remove(1).unwrap();
		leaves[1] = Commitment([0; 32]);
		assert_eq!(tree.root(), plain(3, &leaves));
		assert_eq!(Tree::from_leaves(3, leaves.clone()).unwrap().root(), tree.root());
		assert_ne!(before.root(), Ok(tree.root()), "a path is of one root");
		for index in [1, 5, 8, u32::MAX] {
			assert_eq!(tree.path(index), Err(MembershipError::NoLeaf { index }));
			assert_eq!(tree.remove(index), Err(MembershipError::NoLeaf { index }));
		}
		assert_eq!(tree.push(numbered_leaf(6)), Ok(5), "its place is nobody's");
		// The last ones, down to nothing.
		for index in [0, 2, 3, 4, 5] {
			tree.remove(index).unwrap();
		}
		assert_eq!(tree.root(), Tree::new(3).unwrap().root());
	}

	#[test]
	fn depths_and_elements_that_are_none_are_refused() {
		for depth in [0, 33, 255] {
			let got = usize::from(depth);
			assert_eq!(Tree::new(depth).map(drop), Err(MembershipError::Depth { got }));
		}
		let (one, given) = (Commitment([1; 32]), Commitment([0xff; 32]));
		let refused = |error: MembershipError| {
			assert!(matches!(error, MembershipError::NonCanonical { given: g, .. } if g == given))
		};
		refused(leaf(given, one).unwrap_err());
		refused(leaf(one, given).unwrap_err());
		refused(identity(1).nullifier(given).unwrap_err());
		refused(Tree::new(2).unwrap().push(given).unwrap_err());
		refused(Tree::from_leaves(2, [one, given]).map(drop).unwrap_err());
		let tree = Tree::from_leaves(2, [one]).unwrap();
		let path = tree.path(0).unwrap();
		refused(Path { leaf: given, ..path.clone() }.root().unwrap_err());
		let siblings = vec![path.siblings[0], given];
		refused(Path { siblings, ..path.clone() }.root().unwrap_err());
		let beyond = Path { index: 4, ..path.clone() }.root();
		assert_eq!(beyond, Err(MembershipError::PathIndex { index: 4, depth: 2 }));
		for got in [0, 33, 1_000] {
			let long = Path { siblings: vec![one; got], ..path.clone() };
			assert_eq!(long.root(), Err(MembershipError::Depth { got }));
		}
		// The deepest tree has a place for the largest index.
		let deepest = Path { siblings: vec![one; 32], index: u32::MAX, ..path };
		assert!(deepest.root().is_ok());
	}

	#[test]
	fn a_path_keeps_its_form() {
		let path = Tree::from_leaves(2, (0..3).map(numbered_leaf)).unwrap().path(2).unwrap();
		let json = serde_json::to_value(&path).unwrap();
		assert_eq!(json["index"], 2);
		assert_eq!(json["leaf"].as_str().unwrap().len(), 64);
		assert_eq!(json["siblings"].as_array().unwrap().len(), 2);
		assert_eq!(serde_json::from_value::<Path>(json).unwrap(), path);
		assert!(serde_json::from_str::<Path>("{\"index\":1}").is_err());
	}
}
