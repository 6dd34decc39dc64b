//! The board, and the rules of Connect Four.
//!
//! The stones of each side are the bits of an integer: bit `7 · column + height`, heights from 0 at the
//! bottom to 5 at the top. The seventh bit of each column is always zero, so that a line that leaves the
//! board at the top does not go on at the bottom of the next column.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::array;
use scale_info::TypeInfo;

/// Columns of the board.
pub const COLUMNS: u32 = 7;
/// Rows of the board.
pub const ROWS: u32 = 6;
/// The most moves that one side can make: sides alternate and there are 42 cells, so whoever begins
/// fills 21 of them, and so does the other.
pub const MAX_MOVES: u32 = ROWS * COLUMNS / 2;
/// How many integers a model is shown: of each cell whether it is its own, and whether it is the other's.
pub const OBSERVATION: u32 = 2 * ROWS * COLUMNS;

/// Bits of a column: its cells, and one that is always zero.
const STRIDE: u32 = ROWS + 1;

/// From one stone of a line to the next: up, and to the right downwards, level and upwards.
const DIRECTIONS: [u32; 4] = [1, STRIDE - 1, STRIDE, STRIDE + 1];

/// One of the two who play.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Side {
	/// The person.
	#[codec(index = 0)]
	Player,
	/// The model.
	#[codec(index = 1)]
	Model,
}

impl Side {
	/// Who plays against this one.
	pub fn other(self) -> Self {
		match self {
			Self::Player => Self::Model,
			Self::Model => Self::Player,
		}
	}
}

/// Where the stones lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Board {
	pub(crate) player: u64,
	pub(crate) model: u64,
}

/// The bit of a cell of the board.
fn cell(column: u32, height: u32) -> u64 {
	1 << (STRIDE * column + height)
}

/// All cells, the top row first, each row from the left.
fn cells() -> impl Iterator<Item = u64> {
	(0..ROWS).rev().flat_map(|height| (0..COLUMNS).map(move |column| cell(column, height)))
}

impl Board {
	/// The stones of one side.
	fn of(&self, side: Side) -> u64 {
		match side {
			Side::Player => self.player,
			Side::Model => self.model,
		}
	}

	/// Whose stone a bit stands for.
	fn owner(&self, cell: u64) -> Option<Side> {
		[Side::Player, Side::Model].into_iter().find(|side| self.of(*side) & cell != 0)
	}

	/// How many stones one side has placed.
	pub fn count(&self, side: Side) -> u32 {
		self.of(side).count_ones()
	}

	/// How many stones there are.
	pub fn stones(&self) -> u32 {
		self.count(Side::Player).saturating_add(self.count(Side::Model))
	}

	/// Whether no more stone fits.
	pub fn is_full(&self) -> bool {
		self.stones() >= ROWS * COLUMNS
	}

	/// Whether a stone can be placed in a column.
	pub fn is_open(&self, column: u32) -> bool {
		column < COLUMNS && self.owner(cell(column, ROWS - 1)).is_none()
	}

	/// Of each column from the left whether a stone can be placed in it.
	pub fn open(&self) -> [bool; COLUMNS as usize] {
		array::from_fn(|column| self.is_open(column as u32))
	}

	/// The board after a side has placed a stone in a column; `None` if that is full, or there is none.
	pub fn place(mut self, side: Side, column: u32) -> Option<Self> {
		if !self.is_open(column) {
			return None;
		}
		let mut from_below = (0..ROWS).map(|height| cell(column, height));
		let lowest = from_below.find(|cell| self.owner(*cell).is_none())?;
		match side {
			Side::Player => self.player |= lowest,
			Side::Model => self.model |= lowest,
		}
		Some(self)
	}

	/// Whether a side has four stones in a line.
	pub fn has_four(&self, side: Side) -> bool {
		let stones = self.of(side);
		DIRECTIONS.iter().any(|step| {
			let pairs = stones & (stones >> step);
			pairs & (pairs >> (2 * step)) != 0
		})
	}

	/// The cells, the top row first, each row from the left.
	pub fn rows(&self) -> [[Option<Side>; COLUMNS as usize]; ROWS as usize] {
		array::from_fn(|row| {
			let height = (ROWS - 1).saturating_sub(row as u32);
			array::from_fn(|column| self.owner(cell(column as u32, height)))
		})
	}

	/// What a model is shown that plays for `own`: of each cell, the top row first, each row from the
	/// left, `stone` where it is its own and 0 where it is not, and then of each the same for the other's.
	pub fn observation(&self, own: Side, stone: i32) -> Vec<i32> {
		let plane =
			|stones: u64| cells().map(move |cell| if stones & cell == 0 { 0 } else { stone });
		plane(self.of(own)).chain(plane(self.of(own.other()))).collect()
	}

	/// Whether it can be the board of a game that runs: stones lie on each other, of each side as many as
	/// it had turns, and nobody has won.
	#[cfg(any(test, feature = "try-runtime"))]
	pub(crate) fn can_run(&self, first: Side) -> bool {
		let all = self.player | self.model;
		let supported = (0..COLUMNS).all(|column| {
			let stones = all >> (STRIDE * column) & (cell(1, 0) - 1);
			stones & (stones + 1) == 0 && stones < cell(0, ROWS)
		});
		let ahead = self.count(first).checked_sub(self.count(first.other()));
		supported
			&& self.player & self.model == 0
			&& all >> (STRIDE * COLUMNS) == 0
			&& matches!(ahead, Some(0 | 1))
			&& !self.is_full()
			&& !self.has_four(Side::Player)
			&& !self.has_four(Side::Model)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	type Rows = [[Option<Side>; 7]; 6];

	/// Four in a line, found by looking at every line of the board.
	fn naive(rows: &Rows, side: Side) -> bool {
		let at = |row: i32, column: i32| {
			let row = rows.get(usize::try_from(row).ok()?)?;
			*row.get(usize::try_from(column).ok()?)?
		};
		let line = |row: i32, column: i32, (down, right): (i32, i32)| {
			(0..4).all(|step| at(row + step * down, column + step * right) == Some(side))
		};
		(0..6).any(|row| {
			(0..7).any(|column| {
				[(0, 1), (1, 0), (1, 1), (1, -1)].iter().any(|step| line(row, column, *step))
			})
		})
	}

	/// A board from its rows: `x` the player's, `o` the model's.
	fn board(rows: [&str; 6]) -> Board {
		let mut board = Board::default();
		for (row, line) in rows.iter().enumerate() {
			for (column, letter) in line.chars().enumerate() {
				let bit = cell(column as u32, 5 - row as u32);
				match letter {
					'x' => board.player |= bit,
					'o' => board.model |= bit,
					_ => {},
				}
			}
		}
		board
	}

	#[test]
	fn stones_fall_to_the_lowest_free_cell() {
		let mut found = Board::default();
		for (side, column) in [(Side::Player, 3), (Side::Model, 3), (Side::Player, 0)] {
			found = found.place(side, column).unwrap();
		}
		let expected = board(["", "", "", "", "...o...", "x..x..."]);
		assert_eq!(found, expected);
		assert_eq!(found.rows()[5][3], Some(Side::Player));
		assert_eq!(found.rows()[4][3], Some(Side::Model));
		assert_eq!((found.stones(), found.count(Side::Player)), (3, 2));
	}

	#[test]
	fn a_full_column_and_one_that_is_not_there_take_no_stone() {
		let mut board = Board::default();
		for _ in 0..3 {
			board = board.place(Side::Player, 6).unwrap().place(Side::Model, 6).unwrap();
		}
		assert_eq!(board.place(Side::Player, 6), None);
		assert_eq!(board.open(), [true, true, true, true, true, true, false]);
		for column in [7, 8, 63, 64, u32::MAX] {
			assert!(!board.is_open(column));
			assert_eq!(board.place(Side::Player, column), None);
		}
	}

	#[test]
	fn lines_do_not_go_on_at_the_other_end_of_the_board() {
		let wrapped = board(["x......", "x......", "x......", "o......", "o......", "ox....."]);
		assert!(!wrapped.has_four(Side::Player));
		let level = board(["", "", "", "", "x......", "....xxx"]);
		assert!(!level.has_four(Side::Player));
		let rising = board(["..x....", ".x.....", "x......", "", "", "......x"]);
		assert!(!rising.has_four(Side::Player));
	}

	#[test]
	fn every_line_of_four_wins_and_no_part_of_it() {
		let mut lines = 0;
		for (down, right) in [(0, 1), (1, 0), (1, 1), (1, -1)] {
			for (row, column) in (0..6).flat_map(|row| (0..7).map(move |column| (row, column))) {
				let ends = (row + 3 * down, column + 3 * right);
				if !(0..6).contains(&ends.0) || !(0..7).contains(&ends.1) {
					continue;
				}
				lines += 1;
				let stones: Vec<u64> = (0..4)
					.map(|step| {
						cell((column + step * right) as u32, (5 - row - step * down) as u32)
					})
					.collect();
				let all = stones.iter().fold(0, |all, stone| all | stone);
				assert!(Board { player: all, model: 0 }.has_four(Side::Player));
				assert!(!Board { player: all, model: 0 }.has_four(Side::Model));
				for stone in stones {
					assert!(!Board { player: 0, model: all ^ stone }.has_four(Side::Model));
				}
			}
		}
		assert_eq!(lines, 69);
	}

	#[test]
	fn the_observation_is_what_the_example_says() {
		let board = board(["", "", "", "", "......o", "x.....x"]);
		let seen = board.observation(Side::Model, 127);
		let own: Vec<usize> = (0..84).filter(|index| seen[*index] == 127).collect();
		// Its own stone in row 4, the other's in row 5, of the second plane.
		assert_eq!(own, [4 * 7 + 6, 42 + 5 * 7, 42 + 5 * 7 + 6]);
		assert_eq!(seen.len(), OBSERVATION as usize);
		let other = board.observation(Side::Player, 127);
		assert_eq!((&seen[..42], &seen[42..]), (&other[42..], &other[..42]));
	}

	#[test]
	fn a_board_that_no_game_leads_to_cannot_run() {
		let good = board(["", "", "", "", "...o...", "x..x..."]);
		assert!(good.can_run(Side::Player));
		assert!(!good.can_run(Side::Model), "the other would have begun");
		let floats = board(["", "", "", "", "..o....", "x..x..."]);
		assert!(!floats.can_run(Side::Player));
		let ahead = board(["", "", "", "", "...o...", "x.xx..."]);
		assert!(!ahead.can_run(Side::Player));
		let won = board(["", "", "", "", "ooo....", "xxxx..."]);
		assert!(!won.can_run(Side::Player));
		for bit in [cell(0, ROWS), 1 << 49, 1 << 63] {
			assert!(!Board { player: bit, model: 0 }.can_run(Side::Player));
		}
		assert!(!Board { player: 1, model: 1 }.can_run(Side::Player));
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(2_000))]

		#[test]
		fn random_games_end_as_a_naive_look_says(
			columns in prop::collection::vec(0..7u32, 200),
			first in prop_oneof![Just(Side::Player), Just(Side::Model)],
		) {
			let mut board = Board::default();
			let mut rows: Rows = Default::default();
			let mut side = first;
			for column in columns {
				let free = (0..6).rev().find(|row| rows[*row][column as usize].is_none());
				let placed = board.place(side, column);
				prop_assert_eq!(placed.is_some(), free.is_some());
				let (Some(after), Some(row)) = (placed, free) else { continue };
				prop_assert!(board.can_run(first));
				rows[row][column as usize] = Some(side);
				board = after;
				prop_assert_eq!(board.rows(), rows);
				for side in [Side::Player, Side::Model] {
					prop_assert_eq!(board.has_four(side), naive(&rows, side));
				}
				let full = rows.iter().flatten().all(|cell| cell.is_some());
				prop_assert_eq!(board.is_full(), full);
				if full || board.has_four(side) {
					break;
				}
				side = side.other();
			}
			for side in [Side::Player, Side::Model] {
				prop_assert!(board.count(side) <= MAX_MOVES);
			}
		}
	}
}
