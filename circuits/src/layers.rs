//! What each part of a circuit costs.

use crate::{classes::LayerClass, r1cs::Builder, signal::Signal};
use serde::Serialize;

/// What one operator costs.
#[derive(Clone, Debug, Serialize)]
pub struct Layer {
	/// Name of the ONNX node.
	pub name: String,
	/// Operator.
	pub op: String,
	/// Shape of the result.
	pub shape: Vec<usize>,
	/// Multiply-adds.
	pub multiply_adds: u64,
	/// Constraints.
	pub constraints: usize,
	/// Wires.
	pub wires: u32,
	/// Entries of A, B and C.
	pub non_zeros: [usize; 3],
	/// Bits of the widest signed bound among its results.
	pub bits: u32,
	/// How its elements are rounded, where it rounds.
	pub rounding: Option<LayerClass>,
}

/// Reads a builder's counters between layers.
#[derive(Default)]
pub(crate) struct Meter {
	constraints: usize,
	wires: u32,
	non_zeros: [usize; 3],
}

impl Meter {
	pub(crate) fn new(builder: &Builder) -> Self {
		Self { wires: builder.wire_count(), ..Self::default() }
	}

	/// What was added since the last reading.
	pub(crate) fn layer(
		&mut self,
		builder: &Builder,
		name: &str,
		op: &str,
		shape: &[usize],
		multiply_adds: u64,
		signals: &[Signal],
	) -> Layer {
		let constraints = builder.constraint_count() - self.constraints;
		let wires = builder.wire_count() - self.wires;
		let total = builder.non_zeros();
		let non_zeros = [0, 1, 2].map(|matrix| total[matrix] - self.non_zeros[matrix]);
		(self.constraints, self.wires) = (builder.constraint_count(), builder.wire_count());
		self.non_zeros = total;
		let bits = signals.iter().map(|signal| signal.bounds().signed_bits()).max().unwrap_or(0);
		let (name, op, shape) = (name.into(), op.into(), shape.to_vec());
		let rounding = None;
		Layer { name, op, shape, multiply_adds, constraints, wires, non_zeros, bits, rounding }
	}
}
