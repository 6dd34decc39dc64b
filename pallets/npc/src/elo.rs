//! Elo ratings, in integers.
//!
//! With `d` points more than the other, one expects `E = 1 / (1 + 10^(−d / 400))` of a game, where a win
//! is 1 and a draw a half, and gains `32 · (result − E)`, rounded to whole points, which the other loses
//! (A. Elo, *The Rating of Chessplayers*, 1978, with the logistic curve that is usual today).
//!
//! There is no greatest `d`: at 720 and more the better one gains nothing, so that nobody climbs by
//! beating somebody hopeless over and over.

use crate::board::Side;

/// The rating that one starts with.
pub const START: u32 = 1_500;
/// The least rating.
pub const FLOOR: u32 = 100;
/// The most points that one game moves.
const K: u32 = 32;

/// From which differences on the better one gains no more than 15, 14, … 0 points by a win: for `g`
/// points `⌈400 · log₁₀(32 / (g + ½) − 1)⌉`.
const STEPS: [u32; 16] =
	[11, 33, 55, 78, 101, 125, 150, 177, 206, 238, 274, 315, 365, 429, 524, 720];

/// What the better one gains by a win: `32 · (1 − E)`, to the nearest integer.
fn gain(difference: u32) -> u32 {
	STEPS.iter().filter(|step| **step > difference).count() as u32
}

/// The ratings of player and model after a game that `winner` won, or nobody.
///
/// What one gains the other loses, and nobody falls below [`FLOOR`], so that then the other gains less.
pub fn after(player: u32, model: u32, winner: Option<Side>) -> (u32, u32) {
	let gain = gain(player.abs_diff(model));
	let better = if player >= model { Side::Player } else { Side::Model };
	let (to, points) = match winner {
		Some(winner) if winner == better => (winner, gain),
		Some(winner) => (winner, K.saturating_sub(gain)),
		None => (better.other(), (K / 2).saturating_sub(gain)),
	};
	let moved = |from: u32| points.min(from.saturating_sub(FLOOR));
	match to {
		Side::Player => {
			let points = moved(model);
			(player.saturating_add(points), model.saturating_sub(points))
		},
		Side::Model => {
			let points = moved(player);
			(player.saturating_sub(points), model.saturating_add(points))
		},
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const RESULTS: [(Option<Side>, f64); 3] =
		[(Some(Side::Player), 1.0), (None, 0.5), (Some(Side::Model), 0.0)];

	#[test]
	fn ratings_move_as_the_formula_says_to_the_nearest_point() {
		for player in 1_500..=4_500u32 {
			let model = 3_000u32;
			let difference = f64::from(player) - f64::from(model);
			let expected = 1.0 / (1.0 + 10f64.powf(-difference / 400.0));
			for (winner, result) in RESULTS {
				let (after, _) = after(player, model, winner);
				let moved = f64::from(after) - f64::from(player);
				let exact = 32.0 * (result - expected);
				assert!((moved - exact).abs() <= 0.5 + 1e-9, "{difference} {winner:?}");
			}
		}
	}

	#[test]
	fn steps_are_where_the_formula_rounds_down() {
		for (step, points) in STEPS.iter().zip((0..16).rev()) {
			let exact = 400.0 * (32.0 / (f64::from(points) + 0.5) - 1.0).log10();
			assert_eq!(*step, exact.ceil() as u32);
			assert_eq!((gain(step - 1), gain(*step)), (points + 1, points));
		}
		assert_eq!((gain(0), gain(u32::MAX)), (16, 0));
	}

	#[test]
	fn what_one_gains_the_other_loses() {
		for (player, model) in
			[(1_500, 1_500), (100, 100), (100, 3_000), (3_000, 100), (105, 101), (1_811, 1_444)]
		{
			for (winner, _) in RESULTS {
				let (first, second) = after(player, model, winner);
				assert_eq!(first + second, player + model);
				assert!(first >= FLOOR && second >= FLOOR);
				let swapped = after(model, player, winner.map(Side::other));
				assert_eq!(swapped, (second, first));
			}
		}
	}

	#[test]
	fn nobody_climbs_for_ever_by_beating_the_same() {
		let (mut player, mut model) = (START, START);
		for _ in 0..10_000 {
			(player, model) = after(player, model, Some(Side::Player));
		}
		assert_eq!((player, model), (1_860, 1_140));
	}

	#[test]
	fn no_rating_overflows() {
		for (winner, _) in RESULTS {
			let (player, model) = after(u32::MAX, 0, winner);
			assert!(player >= u32::MAX - K && model <= K);
			assert_eq!(after(0, 0, winner), (0, 0));
		}
	}
}
