//! A board of Connect Four: its rules as far as a player needs them, and how it is drawn.

use codec::{Decode, Encode};

/// Columns of the board.
pub const COLUMNS: usize = 7;
/// Rows of the board.
pub const ROWS: usize = 6;

/// The cells, the top row first, each row from the left.
pub type Cells = [[Option<Side>; COLUMNS]; ROWS];

/// A cell: its row, from the top, and its column, from the left.
type Place = (usize, usize);

/// One of the two who play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Side {
	/// The person.
	#[codec(index = 0)]
	Player,
	/// The model.
	#[codec(index = 1)]
	Model,
}

impl Side {
	/// Its name for programs.
	pub fn name(self) -> &'static str {
		match self {
			Self::Player => "player",
			Self::Model => "model",
		}
	}

	/// Who plays against this one.
	pub fn other(self) -> Self {
		match self {
			Self::Player => Self::Model,
			Self::Model => Self::Player,
		}
	}
}

/// How to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
	/// Letters, X for the player and O for the model.
	Plain,
	/// Discs, yellow for the player and red for the model, with the codes of terminals.
	Colour,
}

const RESET: &str = "\x1b[0m";
const FAINT: &str = "\x1b[2m";
const FRAME: &str = "\x1b[34m";

impl Look {
	/// Text in a colour, where there are any.
	fn paint(self, code: &str, text: &str) -> String {
		match self {
			Self::Plain => text.into(),
			Self::Colour => format!("{code}{text}{RESET}"),
		}
	}

	/// A side's stone, as a legend shows it.
	pub fn stone(self, side: Side) -> String {
		self.paint(&format!("\x1b[{}m", colour(side)), self.letter(side))
	}

	fn letter(self, side: Side) -> &'static str {
		match (self, side) {
			(Self::Plain, Side::Player) => "X",
			(Self::Plain, Side::Model) => "O",
			(Self::Colour, _) => "●",
		}
	}
}

/// The number of a side's colour in a terminal: a bright yellow, a bright red.
fn colour(side: Side) -> u8 {
	match side {
		Side::Player => 93,
		Side::Model => 91,
	}
}

/// Where the stones lie, and where the last one fell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Board {
	cells: Cells,
	last: Option<Place>,
}

/// The directions of lines, downwards and to the right.
const DIRECTIONS: [(isize, isize); 4] = [(0, 1), (1, 0), (1, 1), (1, -1)];

impl Board {
	/// A board of which nobody says where the last stone fell.
	pub fn new(cells: Cells) -> Self {
		Self { cells, last: None }
	}

	/// The cells.
	pub fn cells(&self) -> &Cells {
		&self.cells
	}

	/// Number of stones.
	pub fn stones(&self) -> u32 {
		self.cells.iter().flatten().flatten().count() as u32
	}

	/// Of each column from the left whether a stone can be placed in it.
	pub fn open(&self) -> [bool; COLUMNS] {
		self.cells[0].map(|cell| cell.is_none())
	}

	/// Lets a side's stone fall into a column, from 0; whether it fits.
	pub fn place(&mut self, side: Side, column: usize) -> bool {
		let free = |row: &usize| self.cells[*row].get(column) == Some(&None);
		let Some(row) = (0..ROWS).rev().find(free) else { return false };
		self.cells[row][column] = Some(side);
		self.last = Some((row, column));
		true
	}

	/// What a model is shown: of each cell, the top row first, each row from the left, `stone` where it
	/// is its own and 0 where it is not, and then of each the same for the player's.
	pub fn observation(&self, stone: i32) -> Vec<i32> {
		let plane = |side: Side| {
			let cells = self.cells.iter().flatten();
			cells.map(move |cell| if *cell == Some(side) { stone } else { 0 })
		};
		plane(Side::Model).chain(plane(Side::Player)).collect()
	}

	/// Who has four in a line.
	pub fn winner(&self) -> Option<Side> {
		self.line().first().and_then(|&(row, column)| self.cells[row][column])
	}

	fn at(&self, row: usize, column: usize) -> Option<Side> {
		*self.cells.get(row)?.get(column)?
	}

	/// The cells of all lines of four.
	fn line(&self) -> Vec<Place> {
		let mut found = Vec::new();
		for row in 0..ROWS {
			for column in 0..COLUMNS {
				let Some(side) = self.cells[row][column] else { continue };
				for (down, right) in DIRECTIONS {
					let four: Vec<Place> = (0..4)
						.map_while(|step| {
							let row = row.checked_add_signed(step * down)?;
							let column = column.checked_add_signed(step * right)?;
							(self.at(row, column) == Some(side)).then_some((row, column))
						})
						.collect();
					if four.len() == 4 {
						found.extend(four);
					}
				}
			}
		}
		found
	}

	/// A cell, three characters wide: the last stone stands in brackets; those of a line stand out.
	fn cell(&self, look: Look, place: Place, line: &[Place]) -> String {
		let Some(side) = self.at(place.0, place.1) else {
			return match look {
				Look::Plain => " . ".into(),
				Look::Colour => format!(" {} ", look.paint(FAINT, "·")),
			};
		};
		let (last, wins) = (self.last == Some(place), line.contains(&place));
		let (letter, colour) = (look.letter(side), colour(side));
		match (look, wins, last) {
			(Look::Plain, true, false) => format!("*{letter}*"),
			(Look::Plain, _, true) => format!("[{letter}]"),
			(Look::Plain, ..) => format!(" {letter} "),
			(_, true, true) => look.paint(&format!("\x1b[7;{colour}m"), &format!("({letter})")),
			(_, true, false) => look.paint(&format!("\x1b[7;{colour}m"), &format!(" {letter} ")),
			(_, false, true) => format!("({})", look.stone(side)),
			(_, false, false) => format!(" {} ", look.stone(side)),
		}
	}

	/// The board, with lines of text at its right.
	pub fn draw(&self, look: Look, beside: &[String]) -> String {
		let (above, below, edge) = match look {
			Look::Plain => (["+", "-", "+"], ["+", "-", "+"], "|"),
			Look::Colour => (["╭", "─", "╮"], ["╰", "─", "╯"], "│"),
		};
		let border = |[left, middle, right]: [&str; 3]| {
			format!(
				" {}",
				look.paint(FRAME, &format!("{left}{}{right}", middle.repeat(3 * COLUMNS)))
			)
		};
		let numbers: String = (1..=COLUMNS).map(|number| format!(" {number} ")).collect();
		let mut lines = vec![format!("  {numbers} "), border(above)];
		let line = self.line();
		for row in 0..ROWS {
			let cells: String =
				(0..COLUMNS).map(|column| self.cell(look, (row, column), &line)).collect();
			let edge = look.paint(FRAME, edge);
			lines.push(format!(" {edge}{cells}{edge}"));
		}
		lines.push(border(below));
		for (line, text) in lines.iter_mut().skip(1).zip(beside) {
			line.push_str("   ");
			line.push_str(text);
		}
		let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
		lines.join("\n")
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	/// A board from the columns, from 1, into which the two let their stones fall in turn.
	fn board(columns: &[usize]) -> Board {
		let mut board = Board::default();
		let mut side = Side::Player;
		for column in columns {
			assert!(board.place(side, column - 1));
			side = side.other();
		}
		board
	}

	#[test]
	fn a_plain_board_is_letters() {
		let lines = ["game 7", "turn 3"].map(String::from);
		let expected = "   1  2  3  4  5  6  7
 +---------------------+   game 7
 | .  .  .  .  .  .  . |   turn 3
 | .  .  .  .  .  .  . |
 | .  .  .  .  .  .  . |
 | .  .  .  .  .  .  . |
 | .  .  .  O  .  .  . |
 | .  .  .  X [X] .  . |
 +---------------------+";
		assert_eq!(board(&[4, 4, 5]).draw(Look::Plain, &lines), expected);
	}

	#[test]
	fn a_line_stands_out_and_so_does_the_last_stone() {
		let expected = "   1  2  3  4  5  6  7
 +---------------------+
 | .  .  .  .  .  .  . |
 | .  .  .  .  .  .  . |
 | .  .  . [X] .  .  . |
 | .  . *X* X  .  .  . |
 | . *X* X  O  .  .  . |
 |*X* O  O  O  .  O  . |
 +---------------------+";
		let won = board(&[1, 2, 2, 3, 3, 4, 3, 4, 4, 6, 4]);
		assert_eq!(won.draw(Look::Plain, &[]), expected);
		assert_eq!(won.winner(), Some(Side::Player));
	}

	#[test]
	fn a_coloured_board_is_discs() {
		let drawn = board(&[4, 4, 5]).draw(Look::Colour, &["beside".into()]);
		let lines: Vec<&str> = drawn.lines().collect();
		assert_eq!(lines[0], "   1  2  3  4  5  6  7");
		assert_eq!(lines[1], " \x1b[34m╭─────────────────────╮\x1b[0m   beside");
		let (edge, none) = ("\x1b[34m│\x1b[0m", " \x1b[2m·\x1b[0m ");
		let (model, player) = (" \x1b[91m●\x1b[0m ", " \x1b[93m●\x1b[0m ");
		let (three, two) = (none.repeat(3), none.repeat(2));
		assert_eq!(lines[2], format!(" {edge}{}{edge}", none.repeat(7)));
		assert_eq!(lines[6], format!(" {edge}{three}{model}{three}{edge}"));
		let last = "(\x1b[93m●\x1b[0m)";
		assert_eq!(lines[7], format!(" {edge}{three}{player}{last}{two}{edge}"));
		assert_eq!(lines[8], " \x1b[34m╰─────────────────────╯\x1b[0m");
		assert_eq!(lines.len(), 9);
	}

	#[test]
	fn a_coloured_line_is_reversed() {
		let drawn = board(&[1, 2, 1, 2, 1, 2, 1]).draw(Look::Colour, &[]);
		let lines: Vec<&str> = drawn.lines().collect();
		assert!(lines[4].contains("\x1b[34m│\x1b[0m\x1b[7;93m(●)\x1b[0m"), "{}", lines[4]);
		assert!(lines[7].contains("\x1b[7;93m ● \x1b[0m \x1b[91m●\x1b[0m "), "{}", lines[7]);
	}

	#[test]
	fn every_line_of_four_wins_and_no_part_of_it() {
		let mut lines = 0;
		for (down, right) in DIRECTIONS {
			for (row, column) in (0..ROWS).flat_map(|row| (0..COLUMNS).map(move |c| (row, c))) {
				let place = |step: isize| {
					let row = row.checked_add_signed(step * down).filter(|row| *row < ROWS)?;
					let column = column.checked_add_signed(step * right)?;
					(column < COLUMNS).then_some((row, column))
				};
				let Some(four) = (0..4).map(place).collect::<Option<Vec<Place>>>() else {
					continue;
				};
				lines += 1;
				let mut cells = Cells::default();
				four.iter().for_each(|&(row, column)| cells[row][column] = Some(Side::Model));
				assert_eq!(Board::new(cells).winner(), Some(Side::Model));
				for &(row, column) in &four {
					let mut other = cells;
					other[row][column] = Some(Side::Player);
					assert_eq!(Board::new(other).winner(), None);
				}
			}
		}
		assert_eq!(lines, 69);
	}

	#[test]
	fn a_full_column_and_one_that_is_not_there_take_no_stone() {
		let mut board = board(&[7; 6]);
		assert_eq!(board.open(), [true, true, true, true, true, true, false]);
		let before = board;
		assert!(!board.place(Side::Player, 6));
		assert!(!board.place(Side::Player, 7));
		assert_eq!(board, before);
		assert_eq!(board.stones(), 6);
		assert_eq!(board.winner(), None);
	}

	#[test]
	fn the_model_sees_its_own_stones_first() {
		let seen = board(&[7, 7, 1]).observation(127);
		let stones: Vec<usize> = (0..84).filter(|index| seen[*index] == 127).collect();
		assert_eq!(stones, [4 * 7 + 6, 42 + 5 * 7, 42 + 5 * 7 + 6]);
		assert_eq!((seen.len(), seen.iter().sum::<i32>()), (84, 3 * 127));
	}

	#[test]
	fn cells_are_decoded_as_the_chain_encodes_them() {
		let board = board(&[1, 7]);
		let bytes = board.cells().encode();
		let mut expected = vec![0; 42 + 2];
		(expected[35], expected[36]) = (1, 0);
		(expected[42], expected[43]) = (1, 1);
		assert_eq!(bytes, expected);
		assert_eq!(Cells::decode(&mut bytes.as_slice()).as_ref(), Ok(board.cells()));
	}
}
