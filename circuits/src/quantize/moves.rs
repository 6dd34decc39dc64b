//! Operators that only move elements: where each element of a result comes from.

use super::net::{Move, PadMode};
use crate::ops::resolved;

/// The position that stands for an element that a `Pad` adds.
pub(super) const PADDING: usize = usize::MAX;

/// A result of a move: its shape, and for every element its position in the inputs, one after the
/// other, or [`PADDING`].
pub(super) struct Moved {
	pub(super) shape: Vec<usize>,
	pub(super) sources: Vec<usize>,
}

/// The results of a move; an explanation if the inputs' shapes do not fit.
pub(super) fn moved(op: &Move, inputs: &[&[usize]]) -> Result<Vec<Moved>, String> {
	let shape = *inputs.first().ok_or("an input is missing")?;
	let count: usize = shape.iter().product();
	let rank = shape.len();
	let in_order = |shape| vec![Moved { shape, sources: (0..count).collect() }];
	let axis_ok = |axis: usize| if axis < rank { Ok(()) } else { Err(format!("no axis {axis}")) };
	Ok(match op {
		Move::Reshape(target) => in_order(reshape(shape, target)?),
		Move::Flatten(axis) => {
			if *axis > rank {
				return Err(format!("no axis {axis}"));
			}
			in_order(vec![shape[..*axis].iter().product(), shape[*axis..].iter().product()])
		},
		Move::Squeeze(axes) => {
			if let Some(axis) = axes.iter().find(|&&axis| shape.get(axis) != Some(&1)) {
				return Err(format!("axis {axis} is not of size 1"));
			}
			let kept = (0..rank).filter(|axis| !axes.contains(axis));
			in_order(kept.map(|axis| shape[axis]).collect())
		},
		Move::Unsqueeze(axes) => {
			let total = rank + axes.len();
			if axes.iter().any(|&axis| axis >= total) {
				return Err(format!("axes {axes:?} for rank {total}"));
			}
			let mut sizes = shape.iter();
			let size = |axis| if axes.contains(&axis) { Some(1) } else { sizes.next().copied() };
			in_order((0..total).map_while(size).collect())
		},
		Move::Transpose(perm) => {
			let mut sorted = perm.clone();
			sorted.sort_unstable();
			if sorted != (0..rank).collect::<Vec<_>>() {
				return Err(format!("perm {perm:?} for rank {rank}"));
			}
			let strides = strides(shape);
			let axes: Vec<Vec<usize>> = perm
				.iter()
				.map(|&axis| (0..shape[axis]).map(|i| i * strides[axis]).collect())
				.collect();
			vec![by_axis(&axes)?]
		},
		Move::Slice(ranges) => {
			let strides = strides(shape);
			let axes: Vec<Vec<usize>> = ranges
				.iter()
				.zip(&strides)
				.map(|(&(start, step, count), stride)| {
					let at = |i: usize| (start + i as i64 * step) as usize;
					(0..count).map(|i| at(i) * stride).collect()
				})
				.collect();
			if axes.len() != rank || axes.iter().any(Vec::is_empty) {
				return Err("the slice is empty".into());
			}
			vec![by_axis(&axes)?]
		},
		Move::Gather { axis, indices, shape: gathered } => {
			axis_ok(*axis)?;
			if let Some(index) = indices.iter().find(|&&index| index >= shape[*axis]) {
				return Err(format!("index {index} beyond the size {}", shape[*axis]));
			}
			let strides = strides(shape);
			let axes: Vec<Vec<usize>> = (0..rank)
				.map(|other| {
					if other == *axis {
						indices.iter().map(|index| index * strides[other]).collect()
					} else {
						(0..shape[other]).map(|index| index * strides[other]).collect()
					}
				})
				.collect();
			let mut result = by_axis(&axes)?;
			result.shape.splice(*axis..=*axis, gathered.iter().copied());
			vec![result]
		},
		Move::Pad { begins, ends, mode } => {
			let strides = strides(shape);
			let mut axes = Vec::new();
			for axis in 0..rank {
				let (size, begin) = (shape[axis] as i64, begins[axis] as i64);
				let total = size + begin + ends[axis] as i64;
				let reflects = *mode == PadMode::Reflect;
				if reflects && (begin >= size || ends[axis] as i64 >= size) {
					return Err(format!("axis {axis} is too short to be reflected"));
				}
				let source = |at: i64| {
					let from = at - begin;
					let from = match mode {
						PadMode::Constant(_) if !(0..size).contains(&from) => return PADDING,
						PadMode::Constant(_) => from,
						PadMode::Edge => from.clamp(0, size - 1),
						PadMode::Reflect if from < 0 => -from,
						PadMode::Reflect if from >= size => 2 * (size - 1) - from,
						PadMode::Reflect => from,
					};
					from as usize * strides[axis]
				};
				axes.push((0..total).map(source).collect());
			}
			vec![by_axis(&axes)?]
		},
		Move::Concat(axis) => {
			axis_ok(*axis)?;
			vec![concat(inputs, *axis)?]
		},
		Move::Split { axis, sizes } => {
			axis_ok(*axis)?;
			let total = sizes.iter().try_fold(0usize, |total, &size| total.checked_add(size));
			if total != Some(shape[*axis]) || sizes.contains(&0) {
				return Err(format!("sizes {sizes:?} for a dimension of {}", shape[*axis]));
			}
			let strides = strides(shape);
			let mut start = 0;
			let part = |&size: &usize| {
				let axes: Vec<Vec<usize>> = (0..rank)
					.map(|other| {
						let range =
							if other == *axis { start..start + size } else { 0..shape[other] };
						range.map(|index| index * strides[other]).collect()
					})
					.collect();
				start += size;
				by_axis(&axes)
			};
			sizes.iter().map(part).collect::<Result<_, _>>()?
		},
	})
}

fn strides(shape: &[usize]) -> Vec<usize> {
	let mut strides = vec![1; shape.len()];
	for axis in (1..shape.len()).rev() {
		strides[axis - 1] = strides[axis] * shape[axis];
	}
	strides
}

/// Most elements of a result.
const MAX_ELEMENTS: usize = 1 << 26;

/// The product of positions along each axis.
fn by_axis(axes: &[Vec<usize>]) -> Result<Moved, String> {
	let count = axes.iter().try_fold(1usize, |count, axis| count.checked_mul(axis.len()));
	if count.is_none_or(|count| count > MAX_ELEMENTS) {
		return Err("its result is too large".into());
	}
	let mut sources = vec![0];
	for axis in axes {
		sources = sources
			.iter()
			.flat_map(|&base| {
				axis.iter().map(move |&offset| {
					if base == PADDING || offset == PADDING {
						PADDING
					} else {
						base + offset
					}
				})
			})
			.collect();
	}
	Ok(Moved { shape: axes.iter().map(Vec::len).collect(), sources })
}

fn concat(inputs: &[&[usize]], axis: usize) -> Result<Moved, String> {
	let first = inputs[0];
	let alike = |shape: &&&[usize]| {
		shape.len() == first.len()
			&& (0..first.len()).all(|other| other == axis || shape[other] == first[other])
	};
	if !inputs.iter().all(|shape| alike(&shape)) {
		return Err("its inputs' shapes differ beside the axis".into());
	}
	let outer: usize = first[..axis].iter().product();
	let mut sources = Vec::new();
	for block in 0..outer {
		let mut base = 0;
		for shape in inputs {
			let run: usize = shape[axis..].iter().product();
			sources.extend(base + block * run..base + (block + 1) * run);
			base += shape.iter().product::<usize>();
		}
	}
	let mut shape = first.to_vec();
	shape[axis] = inputs.iter().map(|shape| shape[axis]).sum();
	Ok(Moved { shape, sources })
}

fn reshape(from: &[usize], target: &[i64]) -> Result<Vec<usize>, String> {
	resolved(from, target, false).ok_or_else(|| format!("cannot reshape {from:?} to {target:?}"))
}
