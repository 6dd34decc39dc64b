//! Collects constraints, or fills a witness, or both, from one description of a circuit.

use super::{Coefficient, LinearCombination, Matrix, R1cs, Wire, ONE};
use crate::signal::Signal;
use ark_bn254::Fr;
use ark_ff::{Field, One, Zero};
use zkml_primitives::Packing;

/// A wire that the prover chooses freely when `subject` is zero: the inverse in an is-zero test.
/// It is declared so that tests can show that no other wire has such freedom.
#[derive(Clone, Debug)]
pub struct InverseHint {
	/// The free wire.
	pub wire: Wire,
	/// What it inverts.
	pub subject: LinearCombination,
}

/// Receives wires and constraints in the order in which gadgets emit them.
///
/// In constraint mode values are not looked at; in witness mode constraints are not built. Both
/// modes allocate the same wires, because the control flow of a gadget never depends on values.
#[derive(Debug)]
pub struct Builder {
	wires: u32,
	outputs: u32,
	public_inputs: u32,
	matrices: Option<[Matrix; 3]>,
	values: Option<Vec<Fr>>,
	hints: Vec<InverseHint>,
	private_inputs: u32,
}

/// Sorts by wire, merges repeated wires and drops zeros.
fn merge(terms: &mut Vec<(Wire, Fr)>) {
	terms.sort_by_key(|&(wire, _)| wire);
	terms.dedup_by(|next, kept| {
		let same = next.0 == kept.0;
		if same {
			kept.1 += next.1;
		}
		same
	});
	terms.retain(|(_, coefficient)| !coefficient.is_zero());
}

impl Builder {
	fn new(constraints: bool, witness: bool, outputs: u32, public_inputs: u32) -> Self {
		let mut builder = Self {
			wires: 1,
			outputs,
			public_inputs,
			private_inputs: 0,
			matrices: constraints.then(Default::default),
			values: witness.then(|| vec![Fr::one()]),
			hints: Vec::new(),
		};
		for _ in 0..outputs + public_inputs {
			builder.alloc(Fr::zero);
		}
		builder
	}

	/// A builder that collects constraints. Public signals have the wires `1..=signals`.
	pub fn constraints(outputs: u32, public_inputs: u32) -> Self {
		Self::new(true, false, outputs, public_inputs)
	}

	/// A builder that fills a witness.
	pub fn witness(outputs: u32, public_inputs: u32) -> Self {
		Self::new(false, true, outputs, public_inputs)
	}

	/// A builder that does both, for tests of gadgets.
	pub fn both(outputs: u32, public_inputs: u32) -> Self {
		Self::new(true, true, outputs, public_inputs)
	}

	/// Whether constraints are collected, so that linear combinations must be built.
	pub fn wants_constraints(&self) -> bool {
		self.matrices.is_some()
	}

	/// Whether a witness is filled, so that values must be computed.
	pub fn wants_values(&self) -> bool {
		self.values.is_some()
	}

	/// Constraints so far.
	pub fn constraint_count(&self) -> usize {
		self.matrices.as_ref().map_or(0, |matrices| matrices[0].rows())
	}

	/// Entries of A, B and C so far.
	pub fn non_zeros(&self) -> [usize; 3] {
		self.matrices.as_ref().map_or([0; 3], |matrices| matrices.each_ref().map(Matrix::non_zeros))
	}

	/// Wires so far.
	pub fn wire_count(&self) -> u32 {
		self.wires
	}

	/// The wire of public signal `index`, counted from 0.
	///
	/// # Panics
	/// If there are not so many.
	pub fn public(&self, index: u32) -> Wire {
		assert!(index < self.outputs + self.public_inputs, "a public signal");
		Wire(1 + index)
	}

	/// Allocates a wire.
	///
	/// # Panics
	/// If the circuit has 2^32 wires.
	pub fn alloc(&mut self, value: impl FnOnce() -> Fr) -> Wire {
		let wire = Wire(self.wires);
		self.wires = self.wires.checked_add(1).expect("fewer than 2^32 wires");
		if let Some(values) = &mut self.values {
			values.push(value());
		}
		wire
	}

	/// Allocates a private input, before any other wire.
	///
	/// # Panics
	/// If other wires were allocated already.
	pub fn alloc_private_input(&mut self, value: impl FnOnce() -> Fr) -> Wire {
		let inputs = self.outputs + self.public_inputs + self.private_inputs;
		assert_eq!(self.wires, 1 + inputs, "inputs come first");
		self.private_inputs += 1;
		self.alloc(value)
	}

	/// Sets the value of a wire that was allocated before its value was known.
	pub fn assign(&mut self, wire: Wire, value: impl FnOnce() -> Fr) {
		if let Some(values) = &mut self.values {
			values[wire.0 as usize] = value();
		}
	}

	/// Adds the constraint `a · b = c`.
	pub fn enforce(&mut self, rows: impl FnOnce() -> [LinearCombination; 3]) {
		if let Some(matrices) = &mut self.matrices {
			for (matrix, mut row) in matrices.iter_mut().zip(rows()) {
				row.normalise();
				matrix.push_integers(&row);
			}
		}
	}

	/// Adds the constraint `a · b = c` between sums with any coefficients.
	pub fn enforce_field(&mut self, rows: [Vec<(Wire, Fr)>; 3]) {
		if let Some(matrices) = &mut self.matrices {
			for (matrix, mut row) in matrices.iter_mut().zip(rows) {
				merge(&mut row);
				for (wire, coefficient) in row {
					matrix.push_entry(wire, Coefficient::Field(coefficient));
				}
				matrix.end_row();
			}
		}
	}

	/// Constrains `wire` to be 0 or 1.
	pub fn enforce_boolean(&mut self, wire: Wire) {
		self.enforce(|| {
			let bit = LinearCombination::wire(wire);
			let complement = LinearCombination::constant(1).plus(-1, &bit);
			[bit, complement, LinearCombination::default()]
		});
	}

	/// Constrains `word` to be the packing of `signals`, whose bounds must lie within it.
	///
	/// One constraint, whatever the number of values: `word · 1 = Σ 2^(width·i) · (vᵢ − offset)`, both
	/// sides changed where the sum is one wire.
	///
	/// # Panics
	/// If a bound does not lie within the packing, or there are more values than a word holds.
	pub fn enforce_packed(&mut self, word: Wire, signals: &[Signal], packing: &Packing) {
		let offset = i64::from(packing.offset);
		assert!(signals.len() <= packing.per_word() as usize, "a word holds so many values");
		let within = signals.iter().all(|s| s.lo >= offset && s.hi <= packing.max());
		assert!(within, "beyond its width a value would spill into its neighbour");
		let base = Fr::from(1u64 << packing.width);
		if let Some(matrices) = &mut self.matrices {
			let [a, b, c] = matrices;
			b.push_integers(&LinearCombination::constant(1));
			let mut terms: Vec<(Wire, Fr)> = Vec::new();
			let mut power = Fr::one();
			for signal in signals {
				let shifted = signal.lc.clone().plus_constant(-offset);
				terms.extend(shifted.0.iter().map(|&(wire, c)| (wire, power * Fr::from(c))));
				power *= base;
			}
			merge(&mut terms);
			// A sum of many terms stands in C, which the proving key's coefficients do not hold. One
			// wire stands in A, and the word in C: else the audit of a key could tell nothing of it.
			let (sum, other) = match terms.len() {
				1 => (a, c),
				_ => (c, a),
			};
			other.push_integers(&LinearCombination::wire(word));
			for (wire, coefficient) in terms {
				sum.push_entry(wire, Coefficient::Field(coefficient));
			}
			sum.end_row();
		}
	}

	/// Range-checks a combination: `0 ≤ value < 2^width`. Costs `width` constraints.
	///
	/// The top bit is not a wire of its own but `(value − Σ lower bits) / 2^(width−1)`, so no
	/// recomposition is needed: the boolean constraint on it pins the value.
	///
	/// # Panics
	/// If `width` is 0 or above 62.
	pub fn range(&mut self, sum: LinearCombination, value: i64, width: u32) {
		assert!((1..=62).contains(&width), "a width of machine words");
		let mut rest = sum;
		for i in 0..width - 1 {
			let bit = self.alloc(|| Fr::from(value >> i & 1));
			self.enforce_boolean(bit);
			rest = rest.plus(-(1 << i), &LinearCombination::wire(bit));
		}
		self.enforce(|| {
			let complement = LinearCombination::constant(1 << (width - 1)).plus(-1, &rest);
			[rest, complement, LinearCombination::default()]
		});
	}

	/// Decomposes a non-negative combination into `width` bits, little end first.
	///
	/// `width` booleans and one recomposition. `sum` may be long: it appears once.
	///
	/// # Panics
	/// If `width` is above 62.
	pub fn bits(
		&mut self,
		sum: impl FnOnce() -> LinearCombination,
		value: i64,
		width: u32,
	) -> Vec<Wire> {
		assert!(width <= 62, "a width of machine words");
		debug_assert!(!self.wants_values() || (value >= 0 && value >> width == 0));
		let bits: Vec<Wire> = (0..width)
			.map(|i| {
				let bit = self.alloc(|| Fr::from(value >> i & 1));
				self.enforce_boolean(bit);
				bit
			})
			.collect();
		// The long side is C, which neither the proving key's coefficients nor the queries of A
		// and B hold.
		self.enforce(|| [LinearCombination::bits(&bits), LinearCombination::constant(1), sum()]);
		bits
	}

	/// A wire that is 1 if `sum` is zero and else 0. Two constraints.
	///
	/// `sum · inverse = 1 − flag` and `sum · flag = 0`: where `sum ≠ 0` the second forces the flag
	/// to 0 and the first pins the inverse; where `sum = 0` the first forces the flag to 1 and the
	/// inverse is free, which is why it is declared.
	pub fn is_zero(&mut self, sum: LinearCombination, value: i64) -> Wire {
		let inverse = self.alloc(|| Fr::from(value).inverse().unwrap_or_default());
		let flag = self.alloc(|| Fr::from(value == 0));
		let one_minus =
			|wire| LinearCombination::constant(1).plus(-1, &LinearCombination::wire(wire));
		self.enforce(|| [sum.clone(), LinearCombination::wire(inverse), one_minus(flag)]);
		self.enforce(|| [sum.clone(), LinearCombination::wire(flag), Default::default()]);
		if self.wants_constraints() {
			self.hints.push(InverseHint { wire: inverse, subject: sum });
		}
		flag
	}

	/// A wire that equals a product, `a · b = wire − shift`. One constraint.
	pub fn product(
		&mut self,
		a: LinearCombination,
		b: LinearCombination,
		shift: LinearCombination,
		value: i64,
	) -> Wire {
		let wire = self.alloc(|| Fr::from(value));
		self.enforce(|| [a, b, LinearCombination::wire(wire).plus(-1, &shift)]);
		wire
	}

	/// A wire of its own for a signal. One constraint, in which its combination stands once.
	pub fn name(&mut self, signal: &Signal) -> Signal {
		let wire = self.alloc(|| Fr::from(signal.value));
		self.enforce(|| [LinearCombination::wire(wire), 1.into(), signal.lc.clone()]);
		Signal::wire(wire, signal.value, signal.bounds())
	}

	/// The constraints collected, and the wires that are declared free.
	///
	/// # Panics
	/// If the builder fills a witness only.
	pub fn into_r1cs(self) -> (R1cs, Vec<InverseHint>) {
		let [a, b, c] = self.matrices.expect("a builder that collects constraints");
		let r1cs = R1cs {
			wires: self.wires,
			outputs: self.outputs,
			public_inputs: self.public_inputs,
			private_inputs: self.private_inputs,
			a,
			b,
			c,
		};
		(r1cs, self.hints)
	}

	/// The witness filled.
	///
	/// # Panics
	/// If the builder collects constraints only.
	pub fn take_witness(&mut self) -> Vec<Fr> {
		self.values.take().expect("a builder that fills a witness")
	}
}

/// A constant as a combination, for readers of gadgets.
impl From<i64> for LinearCombination {
	fn from(value: i64) -> Self {
		Self::constant(value)
	}
}

impl From<Wire> for LinearCombination {
	fn from(wire: Wire) -> Self {
		debug_assert_ne!(wire, ONE, "use constant");
		Self::wire(wire)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		gadgets::{
			harness::Harness,
			search::{Search, Verdict},
		},
		signal::Bounds,
	};

	/// The system that range-checks one private input.
	fn range(width: u32) -> R1cs {
		let mut builder = Builder::constraints(0, 0);
		let wire = builder.alloc_private_input(Fr::zero);
		builder.range(wire.into(), 0, width);
		builder.into_r1cs().0
	}

	fn holds(r1cs: &R1cs, without: Option<usize>, value: Fr) -> bool {
		match Search::new(r1cs, without).any(&[(1, value)]) {
			Verdict::Second(_) => true,
			Verdict::Unique => false,
			Verdict::Unknown => panic!("undecided: {value}"),
		}
	}

	#[test]
	fn a_range_admits_its_integers_and_no_other() {
		for width in 1..=6 {
			let r1cs = range(width);
			for value in -40i64..=140 {
				let within = (0..1 << width).contains(&value);
				assert_eq!(holds(&r1cs, None, value.into()), within, "{value} in {width} bits");
			}
			// Fractions of which a multiple is small.
			let half = Fr::from(2).inverse().unwrap();
			assert!(!holds(&r1cs, None, half));
			assert!(!holds(&r1cs, None, half.pow([u64::from(width)])));
		}
	}

	#[test]
	fn every_constraint_of_a_range_matters() {
		for width in 1..=6 {
			let r1cs = range(width);
			for row in 0..r1cs.constraints() {
				let forged = |value: i64| holds(&r1cs, Some(row), value.into());
				assert!((-40..0).any(forged), "constraint {row} of {width} bits");
			}
		}
	}

	const NIBBLE: Bounds = Bounds { lo: -8, hi: 7 };

	#[test]
	fn is_zero_has_one_flag() {
		let harness = Harness::new(vec![NIBBLE], |builder, inputs| {
			let flag = builder.is_zero(inputs[0].lc.clone(), inputs[0].value);
			vec![Signal::wire(flag, (inputs[0].value == 0).into(), Bounds { lo: 0, hi: 1 })]
		});
		let samples: Vec<Vec<i64>> = (-8..=7).map(|value| vec![value]).collect();
		for sample in &samples {
			harness.has_one_output(sample);
			harness.rejects_single_wire_changes(sample);
			harness.rejects_output(sample, &[(sample[0] != 0).into()]);
		}
		assert_eq!(harness.superfluous_constraints(&samples), Vec::<usize>::new());
	}

	#[test]
	fn a_name_is_what_it_names() {
		let harness = Harness::new(vec![NIBBLE; 2], |builder, inputs| {
			let sum = inputs[0].clone().plus(-3, &inputs[1]).plus_constant(5);
			vec![builder.name(&sum)]
		});
		harness.has_one_output(&[-8, 7]);
		harness.rejects_output(&[-8, 7], &[-23]);
		assert_eq!(harness.superfluous_constraints(&[vec![-8, 7]]), Vec::<usize>::new());
	}

	#[test]
	fn a_word_is_the_packing_of_its_values() {
		let harness = Harness::new(vec![NIBBLE; 3], |builder, inputs| {
			let packing = Packing { width: 4, count: 3, offset: -8 };
			let value = inputs.iter().rev().fold(0, |word, input| word << 4 | (input.value + 8));
			let word = builder.alloc(|| value.into());
			builder.enforce_packed(word, inputs, &packing);
			vec![Signal::wire(word, value, Bounds { lo: 0, hi: (1 << 12) - 1 })]
		});
		let words = [([-8, -8, -8], 0), ([7, 7, 7], 4_095), ([-7, -8, -8], 1), ([-8, -6, -8], 32)];
		for (values, word) in words {
			harness.accepts(&values, &[word]);
			harness.has_one_output(&values);
			// A value that spills into its neighbour.
			harness.rejects_output(&values, &[word + 16]);
		}
		assert_eq!(harness.superfluous_constraints(&[vec![1, 2, 3]]), Vec::<usize>::new());
	}

	#[test]
	#[should_panic(expected = "spill into its neighbour")]
	fn a_value_beyond_its_width_is_refused() {
		let mut builder = Builder::constraints(1, 0);
		let wire = builder.alloc_private_input(Fr::zero);
		let value = Signal::wire(wire, 0, Bounds { lo: -8, hi: 8 });
		let word = builder.public(0);
		builder.enforce_packed(word, &[value], &Packing { width: 4, count: 1, offset: -8 });
	}
}
