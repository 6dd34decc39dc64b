//! `ai.onnx.ml.TreeEnsembleRegressor` and `TreeEnsemble`: sums over decision trees.
//!
//! # Semantics
//! Each comparison is that of onnxruntime's float32 with its threshold, decided for every integer
//! that a field can be; so it is a [step function](super::Steps) of the field. Leaves must be short
//! multiples of powers of two, as `zkml quantize` makes them, so that float32 adds them exactly.
//!
//! Where weights are committed, cuts and leaves are secret integers: leaves of 16 bits.
//!
//! # Constraints
//! [`super::Steps`], in which every pair of a field and a threshold stands once, and
//! [`super::Forest`]; where weights are committed, [`super::CommittedForest`].

use super::{
	columns::columns, signed, Branch, CommittedForest, Forest, Parameter, Parameters, SecretBranch,
	Steps,
};
use crate::{
	columns::{Columns, Pieces},
	error::ModelError,
	lower::{Lowering, FLOAT_LIMIT},
	onnx::Node,
	signal::Bounds,
	trees::{Aggregate, Comparison, Ensemble, TreeNode},
	value::{dyadic, Real, Unit, Value},
};
use std::collections::HashMap;

/// Most jumps of one comparison of a column.
const MAX_JUMPS: usize = 4096;

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	let ensemble = Ensemble::read(node)?;
	if ensemble.post_transform != "NONE" || ensemble.aggregate != Aggregate::Sum {
		return Err(node.error(
			"only sums with nothing applied to them are supported: run `zkml quantize` first",
		));
	}
	let columns = columns(lowering, node, 0)?;
	if columns.shape.last() != Some(&columns.columns.len()) {
		return Err(node.error("its input has more than one row"));
	}
	if ensemble.last_feature().is_some_and(|last| last >= columns.columns.len()) {
		return Err(node.error(format!(
			"it compares feature {}, and its input has {}",
			ensemble.last_feature().unwrap_or_default(),
			columns.columns.len()
		)));
	}
	let shape = vec![1, ensemble.targets];
	if lowering.hides() {
		return committed(lowering, node, &ensemble, &columns, shape);
	}
	let (forest, exponent, conditions) = integers(lowering, node, &ensemble, &columns)?;
	let count = conditions.len().max(1);
	let conditions = match conditions.is_empty() {
		// Trees of one leaf.
		true => columns.tensor,
		false => lowering.push(node, Steps::new(conditions), &[columns.tensor], &[count])?,
	};
	// onnxruntime adds the trees before the base.
	lowering.check_exact(node, forest.reach())?;
	let units = vec![Unit::Exact(exponent); ensemble.targets];
	let tensor = lowering.push_exact(node, forest, &[conditions], &shape)?;
	Ok(Value::Real(Real::new(tensor, shape, units)))
}

/// Bits of a committed leaf.
const LEAF_BITS: u32 = 16;
/// Bits of a committed base.
const BASE_BITS: u32 = 24;

/// Trees whose cuts and leaves are secret. What is decided here must follow from what is public:
/// shapes, which fields are compared, and by `≤`, `<`, `≥` or `>`.
fn committed(
	lowering: &mut Lowering<'_>,
	node: &Node,
	ensemble: &Ensemble,
	columns: &Columns,
	shape: Vec<usize>,
) -> Result<Value, ModelError> {
	let refuse = |what: String| ModelError::Weights { node: node.name.clone(), what };
	let mut biases: Vec<Parameter> = Vec::new();
	let mut add = |value: f32, bits: u32, what: &str| {
		let range = signed(bits);
		if value.fract() != 0.0 || !(range.lo as f32 <= value && value <= range.hi as f32) {
			return Err(refuse(format!(
				"{what} is {value}, no integer of {bits} bits: run `zkml quantize`"
			)));
		}
		biases.push(Parameter::signed(value as i64, bits));
		Ok(biases.len() - 1)
	};
	let base = ensemble.base.iter().map(|&base| add(base, BASE_BITS, "a base"));
	let base = base.collect::<Result<Vec<usize>, ModelError>>()?;
	let mut trees = Vec::with_capacity(ensemble.trees.len());
	for tree in &ensemble.trees {
		let mut branches = Vec::with_capacity(tree.len());
		for branch in tree {
			branches.push(match branch {
				TreeNode::Leaf(values) => {
					let values = values.iter();
					let places =
						values.map(|&(of, leaf)| Ok((of, add(leaf, LEAF_BITS, "a leaf")?)));
					SecretBranch::Leaf(places.collect::<Result<_, ModelError>>()?)
				},
				// Cuts are added when all leaves are, so that only one closure holds the list.
				TreeNode::Split { .. } => SecretBranch::Leaf(Vec::new()),
			});
		}
		trees.push(branches);
	}
	for (tree, branches) in ensemble.trees.iter().zip(&mut trees) {
		for (branch, secret) in tree.iter().zip(branches) {
			let &TreeNode::Split { feature, comparison, threshold, yes, no } = branch else {
				continue;
			};
			let column = &columns.columns[feature];
			let bounds = lowering.bounds_of(columns.tensor)[column.element];
			let direction = column
				.direction()
				.filter(|_| !matches!(comparison, Comparison::Equal | Comparison::Unequal));
			let Some(rises) = direction else {
				return Err(refuse(format!(
					"feature {feature} is compared in a way that would show its threshold: only a \
					 field itself, or scaled, compared by ≤, <, ≥ or >, can have a secret one"
				)));
			};
			let order = column
				.pieces(bounds, MAX_JUMPS, |value| value.partial_cmp(&threshold))
				.ok_or_else(|| too_wide(node, feature))?;
			let pieces = of_order(node, order, comparison)?;
			let holds_above = matches!(comparison, Comparison::AtLeast | Comparison::Above);
			let (reached, below) = if holds_above == rises { (yes, no) } else { (no, yes) };
			// The least integer with the value that integers above the cut have.
			let above = i64::from(holds_above == rises);
			let cut = match (pieces.first == above, pieces.jumps.first()) {
				(true, _) => bounds.lo,
				(false, Some(&(at, _))) => at,
				(false, None) => bounds.hi + 1,
			};
			let bits = Bounds { lo: 0, hi: bounds.hi + 1 - bounds.lo }.unsigned_bits();
			let parameter = Parameter::from(bounds.lo, cut, bits);
			*secret =
				SecretBranch::Split { element: column.element, cut: biases.len(), reached, below };
			biases.push(parameter);
		}
	}
	let parameters = Parameters { weights: Vec::new(), biases };
	let parameters = lowering.append_parameters(node, parameters)?;
	let forest = CommittedForest { trees, base };
	let tensor = lowering.push_exact(node, forest, &[columns.tensor, parameters], &shape)?;
	let units = vec![Unit::Exact(0); ensemble.targets];
	Ok(Value::Real(Real::new(tensor, shape, units)))
}

/// The trees with integer leaves, what these are worth, and the conditions of their nodes.
#[allow(clippy::type_complexity)]
fn integers(
	lowering: &Lowering<'_>,
	node: &Node,
	ensemble: &Ensemble,
	columns: &Columns,
) -> Result<(Forest, i32, Vec<(usize, Bounds, Pieces<i64>)>), ModelError> {
	let leaves = ensemble.trees.iter().flatten().filter_map(|branch| match branch {
		TreeNode::Leaf(values) => Some(values),
		TreeNode::Split { .. } => None,
	});
	let values: Vec<f32> =
		leaves.flatten().map(|(_, value)| *value).chain(ensemble.base.iter().copied()).collect();
	let parts = values.iter().map(|&value| dyadic(value)).filter(|part| part.0 != 0);
	let exponent = parts.map(|part| part.1).min().unwrap_or(0).min(0);
	let integer = |value: f32| {
		let scaled = f64::from(value) / 2f64.powi(exponent);
		let fits = scaled.abs() < FLOAT_LIMIT as f64;
		let inexact = || node.error("its leaves are not rounded: run `zkml quantize` first");
		fits.then_some(scaled as i64).ok_or_else(inexact)
	};
	let mut conditions = Vec::new();
	let mut known: HashMap<(usize, Comparison, u32), usize> = HashMap::new();
	let mut trees = Vec::with_capacity(ensemble.trees.len());
	for tree in &ensemble.trees {
		let mut branches = Vec::with_capacity(tree.len());
		for branch in tree {
			branches.push(match branch {
				TreeNode::Leaf(values) => {
					let values = values.iter().map(|&(of, value)| Ok((of, integer(value)?)));
					Branch::Leaf(values.collect::<Result<_, ModelError>>()?)
				},
				&TreeNode::Split { feature, comparison, threshold, yes, no } => {
					let key = (feature, comparison, threshold.to_bits());
					let condition = match known.get(&key) {
						Some(&condition) => condition,
						None => {
							let column = &columns.columns[feature];
							let bounds = lowering.bounds_of(columns.tensor)[column.element];
							let order = column
								.pieces(bounds, MAX_JUMPS, |value| value.partial_cmp(&threshold))
								.ok_or_else(|| too_wide(node, feature))?;
							conditions.push((
								column.element,
								bounds,
								of_order(node, order, comparison)?,
							));
							known.insert(key, conditions.len() - 1);
							conditions.len() - 1
						},
					};
					Branch::Split { condition, yes, no }
				},
			});
		}
		trees.push(branches);
	}
	let base = ensemble.base.iter().map(|&value| integer(value)).collect::<Result<_, _>>()?;
	Ok((Forest { trees, base }, exponent, conditions))
}

fn too_wide(node: &Node, feature: usize) -> ModelError {
	node.error(format!(
		"feature {feature} is a function of a field that has too many values to try them all: \
		 compare the field itself, or narrow its range in the record schema"
	))
}

/// Whether a comparison holds, by how a column lies to the threshold.
fn of_order(
	node: &Node,
	order: Pieces<Option<std::cmp::Ordering>>,
	comparison: Comparison,
) -> Result<Pieces<i64>, ModelError> {
	let holds = |order: Option<std::cmp::Ordering>| {
		let order = order.ok_or_else(|| node.error("a feature may be no number"))?;
		Ok::<_, ModelError>(i64::from(comparison.holds(order)))
	};
	let first = holds(order.first)?;
	let mut last = first;
	let mut jumps = Vec::new();
	for (at, order) in order.jumps {
		let value = holds(order)?;
		if value != last {
			jumps.push((at, value));
			last = value;
		}
	}
	Ok(Pieces { first, jumps })
}
