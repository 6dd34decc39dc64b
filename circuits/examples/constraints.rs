//! Prints what every gadget costs, as `constraints.csv` holds it.
//!
//! `cargo run --release -p zkml-circuits --example constraints`

use zkml_circuits::{
	gadgets::{
		argmax::argmax,
		lookup::{lookup, Table},
		maximum::maximum,
		membership::membership,
		merkle::{merkle_root, Level},
		poseidon::{poseidon, Cell},
		relu::relu,
		requantize::{requantize, Requantization},
		topk::topk,
	},
	ops::{Clamp, Factors, Operator, Slopes},
	plan::{Plan, Rounding, Step},
	r1cs::Builder,
	Bounds, Signal, Unary, Unit,
};
use zkml_primitives::Packing;

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

/// A signal as a sum of many terms.
fn long(signal: &Signal) -> Signal {
	Signal { terms: 1_000, ..signal.clone() }
}

/// What rounding costs by class.
fn plans(row: impl Fn(&str, String, (usize, u32))) {
	let step = |rounding| Step { rounding, zero_point: 3, lo: 0, hi: 255 };
	let float = |unit, then| step(Rounding::Float { unit, then, scale: 0.125 });
	let exact = Unit::Exact(-9);
	let over = Unit::Over { exponent: -3, divisor: 6.0 };
	for bits in [9, 12, 16, 20] {
		let bounds = signed(bits, 0);
		for (name, step) in [
			("2^-6", step(Rounding::Kernel { factor: 2f32.powi(-6) })),
			("5 · 2^-8", step(Rounding::Kernel { factor: 5.0 * 2f32.powi(-8) })),
			("0.0123", step(Rounding::Kernel { factor: 0.0123 })),
			("1/6 with ties", float(over, vec![])),
			("LeakyRelu 0.01", float(exact, vec![Unary::LeakyRelu { alpha: 0.01 }])),
			("HardSwish", float(exact, vec![Unary::HardSwish])),
		] {
			let Some(plan) = Plan::new(&step, bounds) else { continue };
			let class = serde_json::to_string(&plan.class()).unwrap_or_default();
			let class = class.trim_matches('"').replace('_', " ");
			let case = match plan.exceptions() {
				0 => format!("{bits} signed bits by {name}: {class}"),
				count => format!("{bits} signed bits by {name}: {class} and {count} exceptions"),
			};
			let cost = cost(&[bounds], |builder, inputs| {
				plan.constrain(builder, &inputs[0]);
			});
			row("plan", case, cost);
		}
	}
}

/// Gadgets of comparison, tables and what the builder itself has.
fn others(row: impl Fn(&str, String, (usize, u32))) {
	for bits in [4, 6, 8, 10] {
		let end = 1i64 << bits;
		let table = Table::new(0, (0..end).map(|i| (i * i * 37 + 11 * i) % 251).collect());
		let cost = cost(&[Bounds { lo: 0, hi: end - 1 }], |builder, inputs| {
			lookup(builder, &inputs[0], &table);
		});
		row("lookup", format!("{bits} bits"), cost);
	}
	for bits in [8, 20] {
		let pair = [signed(bits, 0); 2];
		let short = cost(&pair, |builder, inputs| {
			maximum(builder, &inputs[0], &inputs[1]);
		});
		row("maximum", format!("{bits} signed bits"), short);
		let sums = cost(&pair, |builder, inputs| {
			maximum(builder, &long(&inputs[0]), &long(&inputs[1]));
		});
		row("maximum", format!("{bits} signed bits of long sums"), sums);
		for k in [1, 3] {
			let cost = cost(&[signed(bits, 0); 10], |builder, inputs| {
				topk(builder, inputs, k);
			});
			row("topk", format!("{k} of 10 of {bits} signed bits"), cost);
		}
		let clamp = Clamp { lo: vec![-5], hi: vec![6] };
		let clamped = cost(&[signed(bits, 0)], |builder, inputs| {
			clamp.constrain(builder, &[inputs]);
		});
		row("clamp", format!("{bits} signed bits"), clamped);
		let slopes = Slopes { negative: Factors::All(-1), positive: Factors::All(1) };
		let sloped = cost(&[signed(bits, 0)], |builder, inputs| {
			slopes.constrain(builder, &[inputs]);
		});
		row("slopes", format!("{bits} signed bits"), sloped);
	}
	let pair = [signed(8, 0); 2];
	row(
		"name",
		"any sum".into(),
		cost(&pair[..1], |builder, inputs| drop(builder.name(&inputs[0]))),
	);
	let zero = cost(&pair[..1], |builder, inputs| {
		builder.is_zero(inputs[0].lc.clone(), 0);
	});
	row("is zero", "any sum".into(), zero);
	let packed = cost(&pair, |builder, inputs| {
		let word = inputs[0].lc.0[0].0;
		builder.enforce_packed(word, inputs, &Packing { width: 8, count: 2, offset: -128 });
	});
	row("packed", "a word".into(), packed);
}

/// What hashes cost, and members of trees.
fn hashes(row: impl Fn(&str, String, (usize, u32))) {
	let cell = |signal: &Signal| Cell { wire: signal.lc.0[0].0, value: Default::default() };
	let levels = |inputs: &[Signal]| -> Vec<Level> {
		let pairs = inputs.chunks_exact(2);
		pairs.map(|pair| Level { sibling: cell(&pair[0]), right: cell(&pair[1]) }).collect()
	};
	let any = signed(8, 0);
	for count in [2, 3, 16] {
		let cost = cost(&vec![any; count], |builder, inputs| {
			let cells: Vec<Cell> = inputs.iter().map(cell).collect();
			poseidon(builder, &cells);
		});
		row("poseidon", format!("{count} elements"), cost);
	}
	for depth in [1, 20, 32] {
		let path = cost(&vec![any; 1 + 2 * depth], |builder, inputs| {
			merkle_root(builder, cell(&inputs[0]).into(), &levels(&inputs[1..]));
		});
		row("merkle path", format!("depth {depth}"), path);
		let member = cost(&vec![any; 3 + 2 * depth], |builder, inputs| {
			let [profile, secret, topic] = [0, 1, 2].map(|place| cell(&inputs[place]));
			membership(builder, profile.into(), secret, &levels(&inputs[3..]), topic);
		});
		row("membership", format!("depth {depth}"), member);
	}
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
	others(row);
	plans(row);
	hashes(row);
}
