//! Where the matrices of `MatMul` and `Gemm` lie in their operands.

use super::{
	shape::{broadcast, elements, places},
	Contraction, GemmAttributes,
};
use crate::{
	error::{show_shape, ModelError},
	onnx::Node,
};

/// A product of matrices, and the shape of its result.
#[derive(Clone, Debug)]
pub(super) struct Matrices {
	pub(super) product: Contraction,
	pub(super) shape: Vec<usize>,
}

impl Matrices {
	/// Those of `MatMul`: of more than two dimensions the first ones are a batch and broadcast, one
	/// dimension is a row on the left and a column on the right.
	pub(super) fn of_matmul(node: &Node, a: &[usize], b: &[usize]) -> Result<Self, ModelError> {
		let misfit = || misfit(node, a, b);
		let left = if let [inner] = *a { vec![1, inner] } else { a.to_vec() };
		let right = if let [inner] = *b { vec![inner, 1] } else { b.to_vec() };
		let ([a_batch @ .., rows, inner], [b_batch @ .., terms, columns]) =
			(left.as_slice(), right.as_slice())
		else {
			return Err(misfit());
		};
		let (rows, inner, columns) = (*rows, *inner, *columns);
		if inner != *terms || rows == 0 || inner == 0 || columns == 0 {
			return Err(misfit());
		}
		let batch = broadcast(node, &[a_batch, b_batch]).map_err(|_| misfit())?;
		let count: usize = batch.iter().product();
		let of = |own: &[usize], size: usize| match places(own, &batch) {
			None => (0..count).map(|at| at * size).collect::<Vec<usize>>(),
			Some(places) => places.into_iter().map(|at| at * size).collect(),
		};
		let starts = of(a_batch, rows * inner).into_iter().zip(of(b_batch, inner * columns));
		let mut shape = batch.clone();
		shape.extend((a.len() > 1).then_some(rows));
		shape.extend((b.len() > 1).then_some(columns));
		let product = Contraction {
			starts: starts.collect(),
			sizes: (rows, columns, inner),
			first: (inner, 1),
			second: (columns, 1),
		};
		Self { product, shape }.checked(node)
	}

	/// Those of `Gemm`: two matrices, each as it is or transposed.
	pub(super) fn of_gemm(
		node: &Node,
		attributes: &GemmAttributes,
		a: &[usize],
		b: &[usize],
	) -> Result<Self, ModelError> {
		let (&[a0, a1], &[b0, b1]) = (a, b) else { return Err(misfit(node, a, b)) };
		let (rows, inner, first) = match attributes.transposed_input {
			false => (a0, a1, (a1, 1)),
			true => (a1, a0, (1, a1)),
		};
		let (terms, columns, second) = match attributes.transposed_weights {
			false => (b0, b1, (b1, 1)),
			true => (b1, b0, (1, b1)),
		};
		if inner != terms || rows == 0 || inner == 0 || columns == 0 {
			return Err(misfit(node, a, b));
		}
		let product =
			Contraction { starts: vec![(0, 0)], sizes: (rows, columns, inner), first, second };
		Self { product, shape: vec![rows, columns] }.checked(node)
	}

	/// Refuses results that are too large.
	fn checked(self, node: &Node) -> Result<Self, ModelError> {
		elements(node, &self.shape)?;
		Ok(self)
	}

	/// The transposed result, of the transposed factors in the other order.
	pub(super) fn transposed(&self) -> Contraction {
		let Contraction { starts, sizes, first, second } = &self.product;
		Contraction {
			starts: starts.iter().map(|&(a, b)| (b, a)).collect(),
			sizes: (sizes.1, sizes.0, sizes.2),
			first: (second.1, second.0),
			second: (first.1, first.0),
		}
	}
}

fn misfit(node: &Node, a: &[usize], b: &[usize]) -> ModelError {
	node.error(format!("a product of shapes {} and {}", show_shape(a), show_shape(b)))
}

impl Contraction {
	/// By element of the first factor's matrices, row by row, where it lies.
	pub(super) fn first_order(&self) -> Vec<usize> {
		let (rows, _, terms) = self.sizes;
		let row = |start: usize, row: usize| {
			(0..terms).map(move |term| start + row * self.first.0 + term * self.first.1)
		};
		let matrix = |&(start, _): &(usize, usize)| (0..rows).flat_map(move |at| row(start, at));
		self.starts.iter().flat_map(matrix).collect()
	}

	/// How many different matrices the second factor has: one, or as many as the result.
	pub(super) fn second_count(&self) -> usize {
		match self.starts.windows(2).all(|pair| pair[0].1 == pair[1].1) {
			true => 1,
			false => self.starts.len(),
		}
	}

	/// By element of the result, row by row, where it lies in the transposed result.
	pub(super) fn result_order(&self) -> Vec<usize> {
		let (rows, columns, _) = self.sizes;
		let place = |at: usize| {
			let (matrix, row, column) = (at / columns / rows, at / columns % rows, at % columns);
			(matrix * columns + column) * rows + row
		};
		(0..self.outputs()).map(place).collect()
	}
}
