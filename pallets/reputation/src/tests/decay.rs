//! How what was earned grows old.

use crate::decay::decayed;
use proptest::prelude::*;

#[test]
fn each_half_life_halves() {
	for (half_life, points) in [(1, 1_000), (7, 1), (100, u32::MAX), (u64::MAX / 40, 12_345)] {
		for halvings in 0..40 {
			let expected = (u64::from(points) >> halvings) as u32;
			assert_eq!(decayed(points, halvings * half_life, half_life), expected);
		}
	}
}

#[test]
fn there_is_a_straight_line_in_between() {
	let found: Vec<u32> = (0..=20).map(|age| decayed(1_000, age, 10)).collect();
	let first = [1_000, 950, 900, 850, 800, 750, 700, 650, 600, 550];
	let second = [500, 475, 450, 425, 400, 375, 350, 325, 300, 275, 250];
	assert_eq!(found, [&first[..], &second].concat());
}

#[test]
fn extremes_neither_overflow_nor_divide_by_nothing() {
	assert_eq!(decayed(u32::MAX, 0, u64::MAX), u32::MAX);
	assert_eq!(decayed(u32::MAX, u64::MAX, u64::MAX), u32::MAX / 2);
	assert_eq!(decayed(u32::MAX, u64::MAX - 1, u64::MAX), u32::MAX / 2);
	assert_eq!(decayed(u32::MAX, u64::MAX / 2, u64::MAX), u32::MAX / 4 * 3 + 2);
	assert_eq!(decayed(u32::MAX, u64::MAX, 1), 0);
	assert_eq!(decayed(u32::MAX, 31, 1), 1);
	assert_eq!(decayed(u32::MAX, 32, 1), 0);
	assert_eq!(decayed(0, 3, 10), 0);
	assert_eq!(decayed(u32::MAX, 0, 0), 0);
	assert_eq!(decayed(u32::MAX, u64::MAX, 0), 0);
}

/// The documented bounds around `points · 2⁻ᵗ`.
fn within_bounds(points: u32, age: u64, half_life: u64) -> bool {
	let whole = (age / half_life) as f64;
	let exact = f64::from(points) * (-(age as f64) / half_life as f64).exp2();
	let most = exact + 0.0431 * f64::from(points) * (-whole).exp2();
	let found = f64::from(decayed(points, age, half_life));
	// What doubles cannot tell apart.
	let slack = 1e-9 * f64::from(points);
	exact - 1.0 < found + slack && found <= most + slack
}

#[test]
fn the_error_is_bounded_at_each_block() {
	for half_life in [1, 2, 3, 10, 1_000] {
		for points in [1, 2, 1_000, 1_000_003, u32::MAX] {
			for age in 0..34 * half_life {
				assert!(within_bounds(points, age, half_life), "{points} {age} {half_life}");
			}
		}
	}
	// The bound is no larger than it must be: near the worst place, it is all but reached.
	let (half_life, points) = (1_000_000u64, 1_000_000_000u32);
	let worst = 471_234;
	let excess = f64::from(decayed(points, worst, half_life)) / f64::from(points)
		- (-(worst as f64) / half_life as f64).exp2();
	assert!((0.04303..0.0431).contains(&excess), "{excess}");
}

proptest! {
	#[test]
	fn nothing_grows(points in any::<u32>(), age in any::<u32>(), more in any::<u32>(), half_life in 1u32..) {
		let (age, more, half_life) = (age.into(), u64::from(more), half_life.into());
		prop_assert!(decayed(points, age, half_life) <= points);
		prop_assert!(decayed(points, age + more, half_life) <= decayed(points, age, half_life));
		prop_assert!(decayed(points / 2, age, half_life) <= decayed(points, age, half_life));
		prop_assert!(within_bounds(points, age, half_life));
	}
}
