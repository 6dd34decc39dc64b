//! How a rounding step is proven: the cheapest constraints that give its result for every integer
//! within proven bounds.
//!
//! A step is what onnxruntime computes between an accumulator and the next 8-bit integer, float32
//! roundings included. Where it is exact, division by a power of two or by a short mantissa, the
//! gadget rounds half to even as it does. Else the result still never falls as the accumulator
//! rises, so it is given by at most 255 thresholds: a factor, an addend and a shift are sought
//! that put a floor's steps at just those, and the few accumulators where none does become
//! exceptions. What remains, any function of a few bits, is a table. Every plan whose arithmetic is
//! not the step's own is compared with it before it is used, at each threshold and its neighbour,
//! which settles all others.

mod fit;
mod step;

use fit::{fitted_plan, ratio_plan};
pub(crate) use step::average;
pub use step::{quantize, Rounding, Step};

use crate::{
	gadgets::{
		lookup::{lookup, Table, MAX_BITS},
		requantize::{requantize, Requantization},
	},
	r1cs::Builder,
	signal::{Bounds, Signal},
};

/// Which of the three classes of scales a step fell in, or none of them.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Class {
	/// The bounds allow one result only.
	Constant,
	/// The accumulator itself, and a constant.
	Offset,
	/// A division by a power of two.
	PowerOfTwo,
	/// A short mantissa, at which float32 is exact.
	ShortMantissa,
	/// Any float: a floor with the same thresholds, and exceptions.
	Thresholds,
	/// A function of a few bits.
	Table,
}

impl Class {
	/// Its name for people.
	pub fn name(self) -> &'static str {
		match self {
			Self::Constant => "constant",
			Self::Offset => "offset",
			Self::PowerOfTwo => "power of two",
			Self::ShortMantissa => "short mantissa",
			Self::Thresholds => "thresholds",
			Self::Table => "table",
		}
	}
}

/// How a step is proven.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
	/// One result for all.
	Constant(i64),
	/// The accumulator and a constant.
	Offset(i64),
	/// [`crate::gadgets::requantize`].
	Scale {
		/// Which class it is.
		class: Class,
		/// What the gadget computes.
		how: Requantization,
	},
	/// [`crate::gadgets::lookup`].
	Table(Table),
}

impl Plan {
	/// The cheapest plan for a step within bounds; `None` if there is none.
	pub fn new(step: &Step, bounds: Bounds) -> Option<Self> {
		let (least, most) = (step.apply(bounds.lo), step.apply(bounds.hi));
		if step.is_monotone() {
			if least == most {
				return Some(Self::Constant(least));
			}
			if let Some(offset) = offset_plan(step, bounds) {
				return Some(offset);
			}
			let exact = exact_plan(step, bounds);
			// With an odd lower end ties are dear, and another plan may be cheaper.
			if let Some(Self::Scale { class: Class::PowerOfTwo, how }) = &exact {
				if how.lo & 1 == 0 {
					return exact;
				}
			}
			let ratio = ratio_plan(step, bounds);
			let simple = ratio.as_ref().is_some_and(|plan| plan.exceptions() == 0);
			let fitted = if simple { None } else { fitted_plan(step, bounds) };
			let table = table_plan(step, bounds);
			[exact, ratio, fitted, table].into_iter().flatten().min_by_key(|plan| plan.cost(bounds))
		} else {
			table_plan(step, bounds)
		}
	}

	/// The class.
	pub fn class(&self) -> Class {
		match self {
			Self::Constant(_) => Class::Constant,
			Self::Offset(_) => Class::Offset,
			Self::Scale { class, .. } => *class,
			Self::Table(_) => Class::Table,
		}
	}

	/// Accumulators that are treated one by one.
	pub fn exceptions(&self) -> usize {
		match self {
			Self::Scale { how, .. } => how.exceptions.len(),
			_ => 0,
		}
	}

	/// Constraints for an accumulator within bounds.
	pub fn cost(&self, bounds: Bounds) -> usize {
		if let Self::Table(table) = self {
			return table.cost(bounds);
		}
		let mut builder = Builder::constraints(0, 0);
		let wire = builder.alloc_private_input(Default::default);
		self.constrain(&mut builder, &Signal::wire(wire, bounds.lo, bounds));
		builder.constraint_count()
	}

	/// Bounds of the result.
	pub fn bounds(&self, x: Bounds) -> Bounds {
		match self {
			Self::Constant(value) => Bounds::constant(*value),
			Self::Offset(addend) => x.plus(Bounds::constant(*addend)),
			Self::Scale { how, .. } => how.bounds(x),
			Self::Table(table) => table.bounds(x),
		}
	}

	/// Emits the gadget.
	pub fn constrain(&self, builder: &mut Builder, x: &Signal) -> Signal {
		match self {
			Self::Constant(value) => Signal::constant(*value),
			Self::Offset(addend) => x.clone().plus_constant(*addend),
			Self::Scale { how, .. } => requantize(builder, x, how),
			Self::Table(table) => lookup(builder, x, table),
		}
	}
}

/// The largest accumulator whose magnitude counts.
fn magnitude(bounds: Bounds) -> i64 {
	bounds.lo.saturating_abs().max(bounds.hi.saturating_abs())
}

/// No rounding at all: integers that were dequantised and are quantised at the same scale.
fn offset_plan(step: &Step, bounds: Bounds) -> Option<Plan> {
	let narrow = bounds.hi.checked_sub(bounds.lo)? < 1 << MAX_BITS;
	let addend = step.apply(bounds.lo) - bounds.lo;
	(narrow && (bounds.lo..=bounds.hi).all(|x| step.apply(x) - x == addend))
		.then_some(Plan::Offset(addend))
}

/// Division by a power of two or by a short mantissa, where float32 is exact.
fn exact_plan(step: &Step, bounds: Bounds) -> Option<Plan> {
	// Shifts beyond this are the work of a broken scale.
	const MAX_SHIFT: i32 = 40;
	let (mantissa, exponent) = step.exact_factor(magnitude(bounds))?;
	if exponent.abs() > MAX_SHIFT {
		return None;
	}
	let left = exponent.max(0) as u32;
	let shift = (-exponent).max(0) as u32;
	let (inside, after) = match step.rounds_zero_point() {
		true => (step.zero_point, 0),
		false => (0, step.zero_point),
	};
	let how = Requantization::by_power_of_two(shift, step.lo - after, step.hi - after);
	let how = Requantization {
		multiplier: mantissa.checked_shl(left)?,
		addend: how.addend + (inside << shift),
		zero_point: after,
		..how
	};
	let class = if mantissa == 1 { Class::PowerOfTwo } else { Class::ShortMantissa };
	(left < 32 && how.fits(bounds)).then_some(Plan::Scale { class, how })
}

/// A table, where the bounds are narrow.
fn table_plan(step: &Step, bounds: Bounds) -> Option<Plan> {
	let entries = bounds.hi.checked_sub(bounds.lo)?.checked_add(1)?;
	(entries <= 1 << MAX_BITS).then(|| {
		let values = (bounds.lo..=bounds.hi).map(|x| step.apply(x)).collect();
		Plan::Table(Table::new(bounds.lo, values))
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::value::{Unary, Unit};
	use proptest::prelude::*;

	fn kernel(factor: f32, zero_point: i64) -> Step {
		Step { rounding: Rounding::Kernel { factor }, zero_point, lo: 0, hi: 255 }
	}

	/// Compares plan and step on every integer within small bounds.
	fn check(step: &Step, bounds: Bounds) -> Plan {
		let plan = Plan::new(step, bounds).expect("a plan");
		for x in bounds.lo..=bounds.hi {
			let expected = step.apply(x);
			let got = match &plan {
				Plan::Constant(value) => *value,
				Plan::Offset(addend) => x + addend,
				Plan::Scale { how, .. } => how.apply(x),
				Plan::Table(table) => table.get(x).expect("within bounds"),
			};
			assert_eq!(got, expected, "{x} by {plan:?}");
			assert!(plan.bounds(bounds).contains(got));
		}
		plan
	}

	#[test]
	fn onnxruntime_rounds_the_float_product() {
		// acc · M is 223.5 less a little; float32 rounds it up.
		let step = kernel(f32::from_bits(0x3b1a_ee3d), 0);
		assert_eq!(step.apply(94_541), 224);
	}

	#[test]
	fn classes_are_told_apart() {
		let bounds = Bounds { lo: -40_000, hi: 50_000 };
		assert_eq!(check(&kernel(2f32.powi(-7), 0), bounds).class(), Class::PowerOfTwo);
		assert_eq!(check(&kernel(2f32.powi(-7), 3), bounds).class(), Class::PowerOfTwo);
		assert_eq!(check(&kernel(0.0123, 7), bounds).class(), Class::Thresholds);
		let short = check(&kernel(0.0234375, 0), bounds);
		assert_eq!(short.class(), Class::ShortMantissa, "3 · 2^-7 has ties");
		let narrow = Bounds { lo: 0, hi: 0 };
		assert_eq!(check(&kernel(0.0123, 7), narrow).class(), Class::Constant);
	}

	#[test]
	fn floats_that_overflow_before_they_are_divided() {
		for (exponent, scale, then) in
			[(120, 127, vec![]), (126, 127, vec![]), (-140, -126, vec![])]
		{
			let scale = 2f32.powi(scale);
			let rounding = Rounding::Float { unit: Unit::Exact(exponent), then, scale };
			let step = Step { rounding, zero_point: 0, lo: 0, hi: 255 };
			let bounds = Bounds { lo: -700, hi: 700 };
			// Refused, or right.
			Plan::new(&step, bounds).map(|_| check(&step, bounds));
		}
		let unit = Unit::Times { exponent: 100, factor: 1.5 * 2f32.powi(20) };
		let rounding = Rounding::Float { unit, then: vec![], scale: 2f32.powi(127) };
		let step = Step { rounding, zero_point: 0, lo: 0, hi: 255 };
		let bounds = Bounds { lo: -700, hi: 700 };
		Plan::new(&step, bounds).map(|_| check(&step, bounds));
	}

	#[test]
	fn the_same_scale_is_an_offset() {
		let bounds = Bounds { lo: -100, hi: 155 };
		for scale in [0.0123f32, 0.37, 0.25] {
			let rounding = Rounding::Float { unit: Unit::of_scale(scale), then: Vec::new(), scale };
			let step = Step { rounding, zero_point: 100, lo: 0, hi: 255 };
			assert_eq!(check(&step, bounds), Plan::Offset(100));
		}
	}

	#[test]
	fn a_zero_point_inside_changes_ties() {
		for zero_point in [0, 3, 128] {
			let rounding = Rounding::Product { factor: 2f32.powi(-6) };
			let step = Step { rounding, zero_point, lo: 0, hi: 255 };
			let bounds = Bounds { lo: -10_000, hi: 12_000 };
			assert_eq!(check(&step, bounds).class(), Class::PowerOfTwo);
			let rounding = Rounding::Average { from: 0.5, count: 8.0, to: 0.25 };
			check(&Step { rounding, zero_point, lo: 0, hi: 255 }, bounds);
		}
	}

	#[test]
	fn a_mean_of_nine() {
		let rounding = Rounding::Float {
			unit: Unit::Over { exponent: -3, divisor: 9.0 },
			then: Vec::new(),
			scale: 0.125,
		};
		let step = Step { rounding, zero_point: 0, lo: 0, hi: 255 };
		let plan = check(&step, Bounds { lo: 0, hi: 9 * 255 });
		assert!(plan.cost(Bounds { lo: 0, hi: 9 * 255 }) <= 30, "{plan:?}");
	}

	#[test]
	fn means_have_ties() {
		for (count, exponent) in [(6.0, -3), (12.0, -3), (6.0, 0), (3.0, -4), (10.0, -5)] {
			let rounding = Rounding::Float {
				unit: Unit::Over { exponent, divisor: count },
				then: Vec::new(),
				scale: 0.125,
			};
			let step = Step { rounding, zero_point: 0, lo: -128, hi: 127 };
			check(&step, Bounds { lo: -6 * 128, hi: 12 * 127 });
		}
	}

	#[test]
	fn means_at_one_scale_have_ties_that_float32_misses() {
		for count in [6u8, 10, 12, 18, 36, 48, 196] {
			for scale in [0.0123f32, 0.37, 0.051, 1.7] {
				let factor = scale / (scale * f32::from(count));
				for zero_point in [0, 17] {
					let step = kernel(factor, zero_point);
					let count = i64::from(count);
					let bounds = Bounds { lo: -zero_point * count, hi: (255 - zero_point) * count };
					let plan = check(&step, bounds);
					assert!(plan.cost(bounds) < 180, "{} for {count}", plan.cost(bounds));
				}
			}
		}
	}

	#[test]
	fn hard_swish_is_a_table() {
		let rounding = Rounding::Float {
			unit: Unit::Exact(-5),
			then: vec![Unary::HardSwish],
			scale: 2f32.powi(-5),
		};
		let step = Step { rounding, zero_point: 0, lo: -128, hi: 127 };
		assert_eq!(check(&step, Bounds { lo: -128, hi: 127 }).class(), Class::Table);
		assert_eq!(Plan::new(&step, Bounds { lo: -40_000, hi: 127 }), None);
	}

	proptest! {
		#[test]
		fn any_factor_has_a_plan(
			factor in 1e-4f32..0.1,
			zero_point in 0i64..=255,
			lo in -9_000i64..0,
			hi in 1i64..9_000,
		) {
			let step = kernel(factor, zero_point);
			let plan = check(&step, Bounds { lo, hi });
			prop_assert!(plan.cost(Bounds { lo, hi }) <= 44, "{plan:?}");
		}
	}

	#[test]
	fn wide_accumulators_have_few_exceptions() {
		let mut numbers = 1u64;
		for bits in [16, 18, 20, 22] {
			let end = 1i64 << (bits - 1);
			let mut exceptions = 0;
			for _ in 0..64 {
				numbers = numbers.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
				let spread = 1.0 + (numbers >> 40) as f32 / (1u64 << 24) as f32;
				let step = kernel(spread * 128.0 / end as f32, 0);
				let bounds = Bounds { lo: -end, hi: end - 1 };
				let plan = Plan::new(&step, bounds).expect("a plan");
				exceptions += plan.exceptions();
				let Plan::Scale { how, .. } = &plan else { panic!("{plan:?}") };
				for x in (bounds.lo..bounds.hi).step_by(997) {
					assert_eq!(how.apply(x), step.apply(x), "{x}");
				}
			}
			assert!(exceptions <= 64 * 10, "{bits} bits: {exceptions} of 64 channels");
		}
	}
}
