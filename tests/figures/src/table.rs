//! Tables in Markdown.

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

#[cfg(test)]
mod tests {
	use super::*;

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
}
