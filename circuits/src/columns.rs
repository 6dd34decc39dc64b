//! Columns: numbers each of which is a function of one integer of a record.
//!
//! Scaling, one-hot encoding and the like make columns. Since a field has few values, each column is
//! known for every one of them, by the float32 arithmetic of onnxruntime; what takes columns turns
//! them into exact integer operators.

use crate::{
	signal::Bounds,
	value::{dyadic, Unary, Unit},
};

/// Fields with more values than this are searched only by functions that rise or fall.
const MAX_DOMAIN: i64 = 1 << 17;

/// A function of one element of an integer tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
	/// Which element.
	pub element: usize,
	/// What its integers are worth.
	pub unit: Unit,
	/// The functions of that, in order.
	pub then: Vec<Unary>,
}

/// A tensor of columns.
#[derive(Clone, Debug)]
pub struct Columns {
	/// Tensor of the integer graph.
	pub tensor: usize,
	/// The shape of the columns.
	pub shape: Vec<usize>,
	/// The columns, row-major.
	pub columns: Vec<Column>,
}

/// A function of an integer that is constant between the places where it jumps.
#[derive(Clone, Debug, PartialEq)]
pub struct Pieces<T> {
	/// The value of the least integer.
	pub first: T,
	/// The integers from which on it has another value, and those values.
	pub jumps: Vec<(i64, T)>,
}

impl Column {
	/// The float for an integer.
	pub fn value(&self, integer: i64) -> f32 {
		self.then.iter().fold(self.unit.real(integer), |x, unary| unary.apply(x))
	}

	/// Whether it never falls, or never rises.
	fn is_monotone(&self) -> bool {
		self.then.iter().all(|unary| unary.is_monotone() || unary.is_falling())
	}

	/// Whether it rises (true) or falls (false), if it does either.
	pub fn direction(&self) -> Option<bool> {
		let falls = self.then.iter().filter(|unary| unary.is_falling()).count();
		self.is_monotone().then_some(falls % 2 == 0)
	}

	/// A function of the column, `None` if it has `most` jumps or the field has too many values.
	///
	/// `of` must never fall, or never rise.
	pub fn pieces<T: PartialEq + Clone>(
		&self,
		bounds: Bounds,
		most: usize,
		of: impl Fn(f32) -> T,
	) -> Option<Pieces<T>> {
		let at = |integer: i64| of(self.value(integer));
		let first = at(bounds.lo);
		let mut pieces = Pieces { first: first.clone(), jumps: Vec::new() };
		let mut last = first;
		let mut found = |integer: i64, value: T| {
			pieces.jumps.push((integer, value));
			pieces.jumps.len() < most
		};
		// Where neighbours differ, or, by halving, where a monotone function leaves a value.
		let monotone = self.is_monotone();
		let mut from = bounds.lo;
		while from < bounds.hi {
			let next = match monotone {
				true if at(bounds.hi) == last => break,
				true => {
					let (mut same, mut other) = (from, bounds.hi);
					while other - same > 1 {
						let middle = same + (other - same) / 2;
						if at(middle) == last {
							same = middle;
						} else {
							other = middle;
						}
					}
					other
				},
				false if bounds.hi - bounds.lo > MAX_DOMAIN => return None,
				false => match (from + 1..=bounds.hi).find(|&integer| at(integer) != last) {
					Some(integer) => integer,
					None => break,
				},
			};
			last = at(next);
			if !found(next, last.clone()) {
				return None;
			}
			from = next;
		}
		Some(pieces)
	}

	/// `mantissa · x · 2^exponent`, if that is what it is.
	pub fn exact_unit(&self) -> Option<i32> {
		match self.then.is_empty() {
			true => self.unit.exponent(),
			false => None,
		}
	}
}

impl Pieces<f32> {
	/// The values as integers of one unit `2^exponent`, if they are short multiples of it.
	pub fn integers(&self) -> Option<(Pieces<i64>, i32)> {
		let values = || std::iter::once(&self.first).chain(self.jumps.iter().map(|(_, v)| v));
		if !values().all(|value| value.is_finite()) {
			return None;
		}
		let exponent = values().filter(|v| **v != 0.0).map(|&v| dyadic(v).1).min().unwrap_or(0);
		let integer = |value: f32| {
			let (mantissa, power) = dyadic(value);
			let shift = u32::try_from(power - exponent).unwrap_or(0);
			let integer = (shift < 32).then(|| mantissa << shift);
			match mantissa {
				0 => Some(0),
				_ => integer.filter(|integer| integer.abs() < 1 << 24),
			}
		};
		let jumps = self.jumps.iter().map(|&(at, value)| Some((at, integer(value)?)));
		let pieces = Pieces { first: integer(self.first)?, jumps: jumps.collect::<Option<_>>()? };
		Some((pieces, exponent))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn column(then: Vec<Unary>) -> Column {
		Column { element: 0, unit: Unit::Exact(0), then }
	}

	#[test]
	fn pieces_are_the_function() {
		let scaled = Unary::Affine { minus: 3.3, times: 0.7 };
		let falling = Unary::Affine { minus: 3.3, times: -0.7 };
		let bounds = Bounds { lo: -20, hi: 30 };
		let all = [
			vec![],
			vec![scaled.clone()],
			vec![falling],
			vec![scaled, Unary::Truncate, Unary::Equals { value: 4.0 }],
			vec![Unary::Equals { value: 7.0 }],
		];
		for then in all {
			let column = column(then);
			let of = |value: f32| (value / 4.0).floor() as i64;
			let pieces = column.pieces(bounds, 100, of).unwrap();
			for integer in bounds.lo..=bounds.hi {
				let jumped = pieces.jumps.iter().rev().find(|(at, _)| *at <= integer);
				let value = jumped.map_or(pieces.first, |(_, value)| *value);
				assert_eq!(value, of(column.value(integer)), "{column:?} at {integer}");
			}
			let different = pieces.jumps.windows(2).all(|pair| pair[0].1 != pair[1].1);
			assert!(different, "no jump to the same value");
		}
	}

	#[test]
	fn wide_fields_are_searched_where_the_function_is_monotone() {
		let bounds = Bounds { lo: 0, hi: 1 << 24 };
		let above = |value: f32| value > 1e6;
		let pieces = column(vec![]).pieces(bounds, 4, above).unwrap();
		assert_eq!(pieces, Pieces { first: false, jumps: vec![(1_000_001, true)] });
		let equals = column(vec![Unary::Equals { value: 7.0 }]);
		assert_eq!(equals.pieces(bounds, 4, |value| value), None);
		assert_eq!(column(vec![]).pieces(bounds, 100, |value| value), None);
	}

	#[test]
	fn values_that_are_short_multiples_of_one_unit_are_integers() {
		let pieces = |first, jumps: &[(i64, f32)]| Pieces { first, jumps: jumps.to_vec() };
		let integers = Pieces { first: 0, jumps: vec![(3, 3), (5, -8)] };
		assert_eq!(pieces(0.0, &[(3, 0.75), (5, -2.0)]).integers(), Some((integers, -2)));
		assert_eq!(pieces(0.1, &[(3, 1e9)]).integers(), None);
		assert_eq!(pieces(0.0, &[(3, f32::INFINITY)]).integers(), None);
	}
}
