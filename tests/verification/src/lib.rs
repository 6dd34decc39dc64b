#![forbid(unsafe_code)]

//! How `benches/verify.rs` writes down what it measures.

use std::{fs, io, path::Path};

/// Before figures in a page that is not otherwise generated.
pub const BEGIN: &str =
	"<!-- From here on `make bench-verify` writes. What is changed by hand is lost. -->\n";
/// After them.
pub const END: &str = "<!-- To here. -->\n";

/// The middle of an odd number of values.
///
/// # Panics
/// If there are none.
pub fn median(mut values: Vec<f64>) -> f64 {
	values.sort_by(f64::total_cmp);
	values[values.len() / 2]
}

/// A table in Markdown, whose columns are aligned as text, too: the first to the left, numbers to the
/// right.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
	let width = |column: usize| {
		let cells = rows.iter().filter_map(|row| row.get(column)).map(String::as_str);
		cells.chain([head[column]]).map(|cell| cell.chars().count()).max().unwrap_or(0).max(2)
	};
	let widths: Vec<usize> = (0..head.len()).map(width).collect();
	let mut text = String::new();
	let mut line = |cells: &mut dyn Iterator<Item = &str>| {
		for (column, (cell, width)) in cells.zip(&widths).enumerate() {
			text += &match column {
				0 => format!("| {cell:width$} |"),
				_ => format!(" {cell:>width$} |"),
			};
		}
		text.push('\n');
	};
	line(&mut head.iter().copied());
	let rules: Vec<String> = widths.iter().map(|width| "-".repeat(width - 1) + ":").collect();
	let first = "-".repeat(widths[0]);
	line(&mut [first.as_str()].into_iter().chain(rules.iter().skip(1).map(String::as_str)));
	for row in rows {
		line(&mut row.iter().map(String::as_str));
	}
	text
}

/// A page with other figures between [`BEGIN`] and [`END`]; `None` where it lacks either.
pub fn with_figures(page: &str, figures: &str) -> Option<String> {
	let (before, rest) = page.split_once(BEGIN)?;
	let (_, after) = rest.split_once(END)?;
	Some(format!("{before}{BEGIN}\n{figures}\n{END}{after}"))
}

/// Writes a file at once, or not at all.
///
/// # Errors
/// Those of the disk.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
	let temporary = path.with_extension("tmp");
	fs::write(&temporary, text)?;
	fs::rename(&temporary, path)
}

/// The version of a package in a lock file; empty where it has none.
pub fn locked_version<'a>(lock: &'a str, package: &str) -> &'a str {
	let name = format!("name = \"{package}\"\nversion = \"");
	let rest = lock.split_once(&name).map(|(_, rest)| rest);
	rest.and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_median_is_in_the_middle() {
		assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
		assert_eq!(median(vec![3.0]), 3.0);
	}

	#[test]
	fn tables_are_aligned() {
		let rows = [vec!["one".into(), "1.0".into()], vec!["two".into(), "12.0 µs".into()]];
		let expected = "\
| what |    time |
| ---- | ------: |
| one  |     1.0 |
| two  | 12.0 µs |
";
		assert_eq!(table(&["what", "time"], &rows), expected);
	}

	#[test]
	fn figures_are_replaced() {
		let page = format!("a\n{BEGIN}old\n{END}b\n");
		let new = with_figures(&page, "new\n").expect("the marks are there");
		assert_eq!(new, format!("a\n{BEGIN}\nnew\n\n{END}b\n"));
		assert_eq!(with_figures(&new, "new\n").as_ref(), Some(&new));
		assert_eq!(with_figures("a\n", "new\n"), None);
		assert_eq!(with_figures(&format!("a\n{BEGIN}"), "new\n"), None);
	}

	#[test]
	fn versions_are_found() {
		let lock = "[[package]]\nname = \"ab\"\nversion = \"1.0\"\n\n[[package]]\nname = \"b\"\nversion = \"2.0\"\n";
		assert_eq!(locked_version(lock, "b"), "2.0");
		assert_eq!(locked_version(lock, "c"), "");
	}
}
