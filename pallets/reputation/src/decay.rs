//! How what was earned grows old.

/// What `points` are worth after `age` blocks, where `half_life` blocks halve them.
///
/// With `n = ⌊age / half_life⌋` and `r = age mod half_life`, this is
/// `⌊points · 2⁻ⁿ · (1 − r / (2 · half_life))⌋`: half after each half-life, and a straight line in
/// between. The line is the chord of a convex curve, so with `t = age / half_life` the result is
///
/// - exactly `⌊points · 2⁻ᵗ⌋` at whole half-lives;
/// - never more for a greater age;
/// - above `points · 2⁻ᵗ − 1`, and at most `0.0431 · points · 2⁻ⁿ` above `points · 2⁻ᵗ`.
///
/// The constant is the largest value of `1 − x/2 − 2⁻ˣ` for `x` from 0 to 1, rounded up; it is
/// reached at `x = log₂(2 · ln 2)`.
///
/// A half-life of 0 leaves nothing.
pub(crate) fn decayed(points: u32, age: u64, half_life: u64) -> u32 {
	let Some(halvings) = age.checked_div(half_life).filter(|n| *n < u64::from(u32::BITS)) else {
		return 0;
	};
	let into = u128::from(age.checked_rem(half_life).unwrap_or_default());
	let half_life = u128::from(half_life);
	// At most 32 and 65 bits; `into` is below `half_life`.
	let line = u128::from(points).saturating_mul(half_life.saturating_mul(2).saturating_sub(into));
	// Two floors, one after the other, are the floor of the whole.
	let halved = line >> halvings.saturating_add(1);
	halved.checked_div(half_life).unwrap_or_default().try_into().unwrap_or(u32::MAX)
}
