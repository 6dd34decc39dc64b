//! Results on stdout, everything else on stderr.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
	io::{IsTerminal, Write},
	sync::Mutex,
	time::{Duration, Instant},
};
use zkml_prover::{Map, Progress};

/// How to talk to the user.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ui {
	/// One JSON object instead of text.
	pub json: bool,
	/// Results only.
	pub quiet: bool,
}

impl Ui {
	/// A line of the result, unless JSON is wanted.
	pub fn line(&self, text: impl AsRef<str>) {
		if !self.json {
			// A closed pipe is the reader's choice, no error of ours.
			let _ = writeln!(std::io::stdout(), "{}", printable(text.as_ref()));
		}
	}

	/// A drawing, unless JSON is wanted: codes for colours go to the terminal as they are.
	pub fn drawing(&self, text: &str) {
		if !self.json {
			let _ = writeln!(std::io::stdout(), "{text}");
		}
	}

	/// Whether drawings may have colours.
	pub fn colours(&self) -> bool {
		let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
		let dumb = set("TERM").is_some_and(|terminal| terminal == "dumb");
		std::io::stdout().is_terminal() && set("NO_COLOR").is_none() && !dumb
	}

	/// Asks for a line, where somebody watches.
	pub fn prompt(&self, text: &str) {
		if !self.hidden() {
			let mut out = std::io::stderr();
			let _ = write!(out, "{text}").and_then(|()| out.flush());
		}
	}

	/// Lines of a result in columns: as wide as their widest cell, to the left or to the right.
	pub fn table(&self, columns: &[(&str, Align)], rows: &[Vec<String>]) {
		let length = |text: &str| text.chars().count();
		let width = |(index, &(heading, _)): (usize, &(&str, Align))| {
			let cells = rows.iter().filter_map(|row| row.get(index));
			cells.map(|cell| length(cell)).max().unwrap_or(0).max(length(heading))
		};
		let widths: Vec<usize> = columns.iter().enumerate().map(width).collect();
		let line = |cells: &mut dyn Iterator<Item = &str>| {
			let cells =
				cells.zip(&widths).zip(columns).map(|((cell, &width), (_, align))| match align {
					Align::Left => format!("{cell:width$}"),
					Align::Right => format!("{cell:>width$}"),
				});
			self.line(cells.collect::<Vec<_>>().join("  ").trim_end());
		};
		line(&mut columns.iter().map(|&(heading, _)| heading));
		rows.iter().for_each(|row| line(&mut row.iter().map(String::as_str)));
	}

	/// The whole result as one JSON object: `{"zkml": 1, "command": …, …}`.
	pub fn json(&self, command: &str, mut value: serde_json::Value) {
		if self.json {
			if let Some(fields) = value.as_object_mut() {
				fields.insert("zkml".into(), 1.into());
				fields.insert("command".into(), command.into());
			}
			let _ = writeln!(std::io::stdout(), "{value}");
		}
	}

	/// A remark for the user.
	pub fn note(&self, text: impl AsRef<str>) {
		if !self.quiet {
			let _ = writeln!(std::io::stderr(), "{}", printable(text.as_ref()));
		}
	}

	/// What to run next.
	pub fn next(&self, command: impl AsRef<str>) {
		if !self.json {
			self.note(format!("next: {}", command.as_ref()));
		}
	}

	/// Runs steps that say how far they are, with bars where somebody watches. Files that they read are
	/// held in memory only for a while.
	pub fn progress<T>(&self, maps: &[&Map], work: impl FnOnce(&dyn Progress) -> T) -> T {
		let bar = Mutex::new((ProgressBar::hidden(), 0));
		let bars = Bars { hidden: self.hidden(), maps, bar };
		let result = work(&bars);
		if let Ok(bar) = bars.bar.lock() {
			bar.0.finish_and_clear();
		}
		result
	}

	/// The same, with what each step took.
	pub fn stages<T>(&self, work: impl FnOnce(&dyn Progress) -> T) -> (T, Vec<Stage>) {
		self.progress(&[], |bars| {
			let clock = Clock { bars, begun: Mutex::new(Vec::new()) };
			let result = work(&clock);
			let end = Instant::now();
			let begun = clock.begun.into_inner().unwrap_or_default();
			let ends = begun.iter().skip(1).map(|(_, next)| *next).chain([end]);
			let stage = |((name, start), end): (&(String, Instant), Instant)| Stage {
				name: name.clone(),
				time: end - *start,
			};
			(result, begun.iter().zip(ends).map(stage).collect())
		})
	}

	/// Whether nobody watches.
	pub fn hidden(&self) -> bool {
		self.quiet || self.json || !std::io::stderr().is_terminal()
	}

	/// A spinner, hidden where nobody watches.
	pub fn spinner(&self, what: &str) -> ProgressBar {
		let spinner = if self.hidden() {
			ProgressBar::hidden()
		} else {
			ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
		};
		spinner.set_style(ProgressStyle::default_spinner());
		spinner.set_message(what.to_string());
		spinner.enable_steady_tick(Duration::from_millis(100));
		spinner
	}

	/// Runs a step, with a spinner where somebody watches.
	pub fn step<T>(&self, what: &str, work: impl FnOnce() -> T) -> (T, Duration) {
		let spinner = self.spinner(what);
		let start = Instant::now();
		let result = work();
		spinner.finish_and_clear();
		(result, start.elapsed())
	}
}

/// A step of long work, and what it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
	/// Its name.
	pub name: String,
	/// What it took.
	pub time: Duration,
}

/// Notes when steps begin.
struct Clock<'a> {
	bars: &'a dyn Progress,
	begun: Mutex<Vec<(String, Instant)>>,
}

impl Progress for Clock<'_> {
	fn step(&self, name: &str, total: u64) {
		if let Ok(mut begun) = self.begun.lock() {
			begun.push((name.into(), Instant::now()));
		}
		self.bars.step(name, total);
	}

	fn advance(&self, count: u64) {
		self.bars.advance(count);
	}
}

/// One bar after the other.
struct Bars<'a> {
	hidden: bool,
	maps: &'a [&'a Map],
	/// The bar, and how far it was when memory was let go of.
	bar: Mutex<(ProgressBar, u64)>,
}

impl Bars<'_> {
	/// Points that may be read before memory is let go of.
	const HELD: u64 = 1 << 16;
}

impl Progress for Bars<'_> {
	fn step(&self, name: &str, total: u64) {
		let Ok(mut bar) = self.bar.lock() else { return };
		bar.0.finish_and_clear();
		bar.1 = 0;
		self.maps.iter().for_each(|map| map.let_go());
		if self.hidden {
			bar.0 = ProgressBar::hidden();
			return;
		}
		let template = "{msg} {wide_bar} {percent} %, {eta} left";
		let style =
			ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
		bar.0 = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr())
			.with_style(style);
		bar.0.set_message(name.to_string());
	}

	fn advance(&self, count: u64) {
		let Ok(mut bar) = self.bar.lock() else { return };
		bar.0.inc(count);
		bar.1 += count;
		if bar.1 >= Self::HELD {
			bar.1 = 0;
			self.maps.iter().for_each(|map| map.let_go());
		}
	}
}

/// Which side of a column its cells stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
	/// Words.
	Left,
	/// Numbers.
	Right,
}

/// Text without the control characters that a file's names might hold for a terminal.
fn printable(text: &str) -> String {
	let shown = |c: char| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c };
	text.chars().map(shown).collect()
}

/// A number with its digits in groups of three: `1,291`.
pub fn grouped(number: u64) -> String {
	let digits = number.to_string();
	let mut text = String::with_capacity(digits.len() + digits.len() / 3);
	for (index, digit) in digits.chars().enumerate() {
		if index > 0 && (digits.len() - index).is_multiple_of(3) {
			text.push(',');
		}
		text.push(digit);
	}
	text
}

/// A number of bytes for people.
pub fn bytes(count: u64) -> String {
	match count {
		0..=9_999 => format!("{count} B"),
		10_000..=9_999_999 => format!("{:.1} kB", count as f64 / 1e3),
		10_000_000..=9_999_999_999 => format!("{:.1} MB", count as f64 / 1e6),
		_ => format!("{:.1} GB", count as f64 / 1e9),
	}
}

/// A duration for people.
pub fn time(duration: Duration) -> String {
	let seconds = duration.as_secs_f64();
	match seconds {
		s if s < 1.0 => format!("{:.1} ms", s * 1e3),
		s if s < 120.0 => format!("{s:.1} s"),
		s => format!("{:.0} min", s / 60.0),
	}
}
