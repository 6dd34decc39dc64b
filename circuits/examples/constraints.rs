//! Prints what every gadget costs, as `constraints.csv` holds it.
//!
//! `cargo run --release -p zkml-circuits --example constraints`

use zkml_circuits::{
	gadgets::{
		argmax::argmax,
		relu::relu,
		requantize::{requantize, Requantization},
	},
	r1cs::Builder,
	Bounds, Signal,
};

/// Constraints and wires of a gadget on inputs with these bounds, the inputs not counted.
fn cost(inputs: &[Bounds], gadget: impl Fn(&mut Builder, &[Signal])) -> (usize, u32) {
	let mut builder = Builder::constraints(0, 0);
	let signals: Vec<Signal> = inputs
		.iter()
		.map(|&Bounds { lo, hi }| {
			let wire = builder.alloc_private_input(Default::default);
			Signal::wire(wire, lo, Bounds { lo, hi })
		})
		.collect();
	let wires = builder.wire_count();
	gadget(&mut builder, &signals);
	(builder.constraint_count(), builder.wire_count() - wires)
}

/// All integers of `bits` signed bits whose distance from the ends is at least `margin`.
fn signed(bits: u32, margin: i64) -> Bounds {
	let end = 1i64 << (bits - 1);
	Bounds { lo: -end + margin, hi: end - 1 - margin }
}

fn main() {
	println!("# Made by: cargo run --release -p zkml-circuits --example constraints");
	println!("gadget,case,constraints,wires");
	let row = |gadget: &str, case: String, (constraints, wires): (usize, u32)| {
		println!("{gadget},{case},{constraints},{wires}");
	};
	for width in [1, 4, 8, 16] {
		let range = cost(&[Bounds { lo: 0, hi: 255 }], |builder, inputs| {
			builder.range(inputs[0].lc.clone(), 0, width);
		});
		row("range", format!("{width} bits"), range);
	}
	for bits in [16, 20, 24, 28] {
		let bounds = signed(bits, 1 << 5);
		for (name, lo, hi) in [("uint8", 0, 255), ("int8", -128, 127), ("relu int8", 0, 127)] {
			let how = Requantization::by_power_of_two(6, lo, hi);
			// A lower end below zero lifts the sum by 128 · 2^6; keep the bits.
			let bounds = Bounds { hi: bounds.hi + (lo << 6), ..bounds };
			let cost = cost(&[bounds], |builder, inputs| {
				requantize(builder, &inputs[0], &how);
			});
			row("requantize", format!("{bits} signed bits to {name}"), cost);
		}
		let narrow = Requantization::by_power_of_two(bits - 8, 0, 255);
		let unsaturated = cost(&[signed(bits, 1 << (bits - 9))], |builder, inputs| {
			requantize(builder, &inputs[0], &narrow);
		});
		row("requantize", format!("{bits} signed bits without saturation"), unsaturated);
		let relu_cost = cost(&[bounds], |builder, inputs| {
			relu(builder, &inputs[0]);
		});
		row("relu", format!("{bits} signed bits"), relu_cost);
	}
	for classes in [2, 10, 100] {
		for bits in [8, 20] {
			let cost = cost(&vec![signed(bits, 0); classes], |builder, inputs| {
				argmax(builder, inputs);
			});
			row("argmax", format!("{classes} classes of {bits} signed bits"), cost);
		}
	}
}
