//! A circuit of any size, with rows of many kinds, for setups.

use std::{fs::File, io, io::BufWriter, path::Path};
use zkml_circuits::{
	r1cs::{write_r1cs, write_wtns, Builder, LinearCombination, R1cs},
	Element,
};

/// About this many constraints, and a witness: one output, two public inputs, booleans, sums of many
/// wires, products, large and negative coefficients.
pub fn rows(constraints: usize) -> (R1cs, Vec<Element>) {
	let mut builder = Builder::both(1, 2);
	let [out, left, right] = [0, 1, 2].map(|index| builder.public(index));
	builder.assign(left, || Element::from(6));
	builder.assign(right, || Element::from(7));
	let x = builder.alloc_private_input(|| Element::from(42));
	builder.enforce(|| [left.into(), right.into(), x.into()]);
	while builder.constraint_count() + 30 < constraints {
		builder.range(x.into(), 42, 24);
		let row = LinearCombination::wire(x).times(-3).plus(1 << 40, &right.into());
		let value = -126 + 7 * (1i64 << 40);
		let shift = LinearCombination(Vec::new());
		builder.product(row, x.into(), shift, value * 42);
	}
	builder.assign(out, || Element::from(84));
	builder.enforce(|| {
		let twice = LinearCombination::wire(x).times(2);
		[twice, LinearCombination::constant(1), out.into()]
	});
	let witness = builder.take_witness();
	(builder.into_r1cs().0, witness)
}

/// The same as `circuit.r1cs` and `witness.wtns` in a folder.
///
/// # Errors
/// Of writing.
pub fn write_rows(folder: &Path, constraints: usize) -> io::Result<()> {
	let (r1cs, witness) = rows(constraints);
	let create = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
	write_r1cs(&r1cs, &mut create("circuit.r1cs")?)?;
	write_wtns(&witness, &mut create("witness.wtns")?)
}
