//! What is typed into a game, by a person or by a script.

use crate::board::COLUMNS;
use std::{
	io::{BufRead, IsTerminal},
	sync::mpsc::{self, Receiver, RecvTimeoutError},
	time::Duration,
};

/// Lines of the standard input.
pub(super) struct Input {
	lines: Receiver<String>,
	/// A line that was read too early.
	held: Option<String>,
	/// Whether a person types them, who answers what is shown. A script does not look.
	pub(super) watched: bool,
}

/// What came of waiting for a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed {
	Line(String),
	/// Nothing in this time.
	Nothing,
	/// Nothing ever again.
	End,
}

impl Input {
	/// Begins to read. Nothing waits for the thread that does: it ends with the process.
	pub(super) fn new() -> Self {
		let (sender, lines) = mpsc::channel();
		std::thread::spawn(move || {
			for line in std::io::stdin().lock().lines() {
				let Ok(line) = line else { return };
				if sender.send(line).is_err() {
					return;
				}
			}
		});
		Self { lines, held: None, watched: std::io::stdin().is_terminal() }
	}

	/// Waits for a line, at most so long.
	pub(super) fn wait(&mut self, most: Duration) -> Typed {
		if let Some(line) = self.held.take() {
			return Typed::Line(line);
		}
		match self.lines.recv_timeout(most) {
			Ok(line) => Typed::Line(line),
			Err(RecvTimeoutError::Timeout) => Typed::Nothing,
			Err(RecvTimeoutError::Disconnected) => Typed::End,
		}
	}
}

impl Input {
	/// The same, for lines that count at any time. A script's others wait for its turn.
	pub(super) fn wait_urgent(&mut self, most: Duration) -> Typed {
		if self.held.is_some() {
			std::thread::sleep(most);
			return Typed::Nothing;
		}
		match self.wait(most) {
			Typed::Line(line) if !self.watched && !Word::is_urgent(&line) => {
				self.held = Some(line);
				Typed::Nothing
			},
			// After the last line of a script, its game still goes on.
			Typed::End => {
				std::thread::sleep(most);
				Typed::Nothing
			},
			typed => typed,
		}
	}
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
	/// A stone into a column, from 0, that is open.
	Column(u32),
	/// Give the game up.
	Resign,
	/// Leave it as it is.
	Leave,
	/// End a game in which somebody was too slow.
	Claim,
}

/// Columns from 1, in words.
fn listed(open: &[bool; COLUMNS]) -> String {
	let open = (1..).zip(open).filter(|(_, open)| **open);
	open.map(|(number, _): (u32, _)| number.to_string()).collect::<Vec<_>>().join(", ")
}

impl Word {
	/// Whether a line counts also while the other is to move.
	fn is_urgent(line: &str) -> bool {
		matches!(Self::read(line, &[false; COLUMNS]), Ok(Self::Resign | Self::Leave))
	}

	/// Reads a line; else says what would have been understood.
	pub(super) fn read(line: &str, open: &[bool; COLUMNS]) -> Result<Self, String> {
		let line = line.trim();
		match line.to_lowercase().as_str() {
			"r" | "resign" => return Ok(Self::Resign),
			"q" | "quit" | "leave" => return Ok(Self::Leave),
			"c" | "claim" => return Ok(Self::Claim),
			_ => {},
		}
		let help = format!("type a column: {}; or r to resign, q to leave", listed(open));
		if line.is_empty() {
			return Err(help);
		}
		let Ok(number) = line.parse::<u32>() else {
			return Err(format!("\"{line}\" is no column; {help}"));
		};
		let index = number.checked_sub(1);
		match index.and_then(|index| open.get(index as usize)) {
			Some(true) => Ok(Self::Column(number - 1)),
			Some(false) => Err(format!("column {number} is full; {help}")),
			None => Err(format!("there is no column {number}; {help}")),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const OPEN: [bool; COLUMNS] = [true, true, false, true, true, true, true];

	#[test]
	fn columns_are_typed_from_one() {
		assert_eq!(Word::read("1", &OPEN), Ok(Word::Column(0)));
		assert_eq!(Word::read(" 7 \r", &OPEN), Ok(Word::Column(6)));
		for (text, word) in [
			("r", Word::Resign),
			("Resign", Word::Resign),
			("q", Word::Leave),
			("QUIT", Word::Leave),
			("c", Word::Claim),
		] {
			assert_eq!(Word::read(text, &OPEN), Ok(word), "{text}");
		}
	}

	#[test]
	fn what_a_script_types_too_early_waits_for_its_turn() {
		let (sender, lines) = mpsc::channel();
		let mut input = Input { lines, held: None, watched: false };
		for line in ["r", "4", "q"] {
			sender.send(line.to_string()).unwrap();
		}
		let now = Duration::ZERO;
		assert_eq!(input.wait_urgent(now), Typed::Line("r".into()));
		assert_eq!(input.wait_urgent(now), Typed::Nothing);
		assert_eq!(input.wait_urgent(now), Typed::Nothing);
		assert_eq!(input.wait(now), Typed::Line("4".into()));
		assert_eq!(input.wait_urgent(now), Typed::Line("q".into()));
		assert_eq!(input.wait(now), Typed::Nothing);
		drop(sender);
		assert_eq!(input.wait_urgent(now), Typed::Nothing, "the game goes on");
		assert_eq!(input.wait(now), Typed::End);

		let (sender, lines) = mpsc::channel();
		let mut person = Input { lines, held: None, watched: true };
		sender.send("4".into()).unwrap();
		assert_eq!(person.wait_urgent(now), Typed::Line("4".into()), "who looks is answered");
	}

	#[test]
	fn what_is_no_move_is_answered_with_what_would_be() {
		let help = "type a column: 1, 2, 4, 5, 6, 7; or r to resign, q to leave";
		for (text, said) in [
			("3", "column 3 is full; "),
			("0", "there is no column 0; "),
			("8", "there is no column 8; "),
			("4294967295", "there is no column 4294967295; "),
			("four", "\"four\" is no column; "),
			("-1", "\"-1\" is no column; "),
			("3.5", "\"3.5\" is no column; "),
			("", ""),
		] {
			assert_eq!(Word::read(text, &OPEN), Err(format!("{said}{help}")), "{text}");
		}
	}
}
