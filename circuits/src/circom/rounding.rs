//! Statements for one element: roundings, slopes, clamps.

use super::text::Statement;
use crate::{
	gadgets::requantize::{Requantization, Ties},
	plan::Plan,
	signal::Bounds,
};

/// What a plan needs to be written.
pub(super) enum Rounding {
	/// Statements with `{in}` for what is rounded; an expression in the place of a value.
	Is(Statement),
	/// A table's least index and values.
	Table,
	/// Nothing does it.
	None(&'static str),
}

/// The expression of a plan for an integer within bounds.
pub(super) fn rounding(plan: &Plan, x: Bounds) -> Rounding {
	match plan {
		Plan::Constant(value) => {
			Rounding::Is(Statement::new("{constant}").with("constant", *value))
		},
		Plan::Offset(0) => Rounding::Is(Statement::new("{in}")),
		Plan::Offset(addend) => {
			Rounding::Is(Statement::new("{in} + {addend}").with("addend", *addend))
		},
		Plan::Scale { how, .. } => scaled(how, x),
		Plan::Table(table) => match table.bounds(x) {
			Bounds { lo, hi } if lo == hi => {
				Rounding::Is(Statement::new("{constant}").with("constant", lo))
			},
			_ => Rounding::Table,
		},
	}
}

/// The bits of an integer's two's complement.
fn signed_bits(lo: i64, hi: i64) -> i64 {
	Bounds { lo, hi }.signed_bits().into()
}

/// `max(in, least)`, nothing where bounds decide.
pub(super) fn at_least(inner: Statement, x: Bounds, least: i64) -> (Statement, Bounds) {
	if x.lo >= least {
		return (inner, x);
	}
	let bounds = Bounds { lo: least, hi: x.hi.max(least) };
	if x.hi <= least {
		return (Statement::new("{least}").with("least", least), bounds);
	}
	let bits = signed_bits(x.lo - least, x.hi - least);
	let raised = Statement::new("AtLeast({least_bits}, {least})({inner})")
		.with("least_bits", bits)
		.with("least", least);
	(raised.around(inner), bounds)
}

/// `min(in, most)`, nothing where bounds decide.
pub(super) fn at_most(inner: Statement, x: Bounds, most: i64) -> (Statement, Bounds) {
	if x.hi <= most {
		return (inner, x);
	}
	let bounds = Bounds { lo: x.lo.min(most), hi: most };
	if x.lo >= most {
		return (Statement::new("{most}").with("most", most), bounds);
	}
	let bits = signed_bits(x.lo - most, x.hi - most);
	let lowered = Statement::new("AtMost({most_bits}, {most})({inner})")
		.with("most_bits", bits)
		.with("most", most);
	(lowered.around(inner), bounds)
}

/// A scaled integer, rounded and saturated.
fn scaled(how: &Requantization, x: Bounds) -> Rounding {
	let bounds = how.bounds(x);
	if bounds.lo == bounds.hi {
		return Rounding::Is(Statement::new("{constant}").with("constant", bounds.lo));
	}
	let even = match how.ties {
		Ties::None => false,
		Ties::Power => true,
		Ties::Ratio { .. } => {
			return Rounding::None("it rounds ties of a quotient by no power of two")
		},
	};
	let quotients = Bounds { lo: how.quotient(x.lo), hi: how.quotient(x.hi) };
	// With an odd end ties would have another parity: an even one below everything, and two clamps.
	let moved = even && how.lo & 1 == 1;
	let lo = if moved { quotients.lo.min(how.lo) & !1 } else { how.lo };
	let hi = if moved { quotients.hi.max(how.hi) } else { how.hi };
	let bits = Bounds { lo: 0, hi: hi - lo }.unsigned_bits();
	let end = lo + (1 << bits) - 1;
	let zero = how.zero_point;
	let lift = how.addend - (lo << how.shift);
	let u = x.times(how.multiplier).plus(Bounds::constant(lift));
	let width = u.signed_bits();
	let saturates = i64::from(u.hi >> how.shift >= 1 << bits);
	let half = if how.shift > 0 { 1i64 << (how.shift - 1) } else { 0 };
	let plain = how.multiplier == 1 && even == (how.shift > 0);
	let statement = if plain {
		let inner = match how.addend - half {
			0 => Statement::new("{in}"),
			inside => Statement::new("{in} + {inside}").with("inside", inside),
		};
		Statement::new(
			"RequantizeBounded({bits}, {shift}, {lo}, {hi}, {zero}, {saturates})({inner})",
		)
		.with("bits", width.into())
		.with("shift", how.shift.into())
		.with("lo", lo)
		.with("hi", end)
		.with("zero", zero)
		.with("saturates", saturates)
		.around(inner)
	} else {
		Statement::new(
			"Scale({bits}, {multiplier}, {lift}, {shift}, {width}, {base}, {even}, {saturates})({in})",
		)
		.with("bits", width.into())
		.with("multiplier", how.multiplier)
		.with("lift", lift)
		.with("shift", how.shift.into())
		.with("width", bits.into())
		.with("base", lo + zero)
		.with("even", even.into())
		.with("saturates", saturates)
	};
	let reached =
		Bounds { lo: quotients.lo.clamp(lo, end) + zero, hi: quotients.hi.clamp(lo, end) + zero };
	let (raised, reached) = at_least(statement, reached, how.lo + zero);
	let (mut statement, _) = at_most(raised, reached, how.hi + zero);
	let exceptions = how.exceptions.iter().filter(|&&(at, _)| x.contains(at));
	for (number, &(at, addend)) in (1..).zip(exceptions) {
		let (at_of, addend_of) = (format!("at{number}"), format!("addend{number}"));
		statement =
			Statement::new(format!("AddWhere({{{at_of}}}, {{{addend_of}}})({{in}}, {{inner}})"))
				.with(at_of, at)
				.with(addend_of, addend)
				.around(statement);
	}
	Rounding::Is(statement)
}
