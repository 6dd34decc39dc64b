//! The text of a program: names, lists, and loops over the elements of a tensor.

use std::collections::{BTreeSet, HashMap};

/// Columns of a line.
const WIDTH: usize = 100;

/// How names of values begin that are indices, so that a sum may stand for them.
pub(super) const PLACE: &str = "from";

/// Words that no signal may be named.
const RESERVED: &[&str] = &[
	// Circom's.
	"assert",
	"bus",
	"circom",
	"component",
	"custom",
	"custom_gates",
	"custom_templates",
	"else",
	"extern_c",
	"for",
	"function",
	"if",
	"include",
	"input",
	"log",
	"main",
	"output",
	"parallel",
	"pragma",
	"public",
	"return",
	"signal",
	"template",
	"var",
	"while",
	// Those of every program.
	"context",
	"i",
	"in",
	"inputCommitment",
	"inputSalt",
	"inputWords",
	"j",
	"outputWords",
	"sum",
	"threshold",
];

/// Names that are taken.
#[derive(Debug, Default)]
pub(super) struct Names {
	taken: BTreeSet<String>,
	/// The last number behind each name.
	numbers: HashMap<String, usize>,
}

impl Names {
	/// A name for a tensor, made from that of its node: letters and digits, with a number behind them
	/// where another has the name.
	pub(super) fn take(&mut self, node: &str, operator: &str) -> String {
		let mut name = camel(node);
		if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
			name = camel(&format!("{operator} {node}"));
		}
		let number = self.numbers.entry(name.clone()).or_insert(1);
		let between = if name.ends_with(|last: char| last.is_ascii_digit()) { "x" } else { "" };
		let mut numbered = name.clone();
		while self.taken.contains(&numbered) || RESERVED.contains(&numbered.as_str()) {
			*number += 1;
			numbered = format!("{name}{between}{number}");
		}
		self.taken.insert(numbered.clone());
		numbered
	}
}

/// Letters and digits, words joined by capitals.
fn camel(text: &str) -> String {
	let mut name = String::new();
	for word in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
		let (first, rest) = word.split_at(1);
		match name.is_empty() {
			// Not a template's name.
			true => name.push_str(&first.to_ascii_lowercase()),
			false => name.push_str(&first.to_ascii_uppercase()),
		}
		name.push_str(rest);
	}
	name
}

/// A list of anything that can be shown.
pub(super) fn list<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
	let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
	format!("[{}]", items.join(", "))
}

/// Breaks a line at commas and semicolons where it is too long; what follows is indented by 4 more.
pub(super) fn wrap(line: &str) -> String {
	let indent = line.len() - line.trim_start().len();
	let mut out = String::new();
	let mut rest = line;
	let mut first = true;
	loop {
		let width = if first { WIDTH } else { WIDTH - indent - 4 };
		let place = match rest.len() > width && !rest.trim_start().starts_with("//") {
			true => rest[..width].rfind([',', ';']).map(|place| place + 1),
			false => None,
		};
		if !first {
			out.push_str(&" ".repeat(indent + 4));
		}
		let Some(place) = place else {
			out.push_str(rest);
			return out;
		};
		out.push_str(&rest[..place]);
		out.push('\n');
		rest = rest[place..].trim_start();
		first = false;
	}
}

/// A statement for one element, or an expression in one. `{i}` stands for the element, `{name}` for a
/// value that may be another for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
	text: String,
	values: Vec<(String, i64)>,
}

impl Statement {
	pub(super) fn new(text: impl Into<String>) -> Self {
		Self { text: text.into(), values: Vec::new() }
	}

	/// Says what a gap holds.
	pub(super) fn with(mut self, name: impl Into<String>, value: i64) -> Self {
		self.values.push((name.into(), value));
		self
	}

	/// Says what `{in}` is.
	pub(super) fn reading(mut self, x: &str) -> Self {
		self.text = self.text.replace("{in}", x);
		self
	}

	/// The statement with another one's text in the place of `{inner}`, and its values.
	pub(super) fn around(mut self, inner: Self) -> Self {
		self.text = self.text.replace("{inner}", &inner.text);
		self.values.extend(inner.values);
		self
	}
}

/// Lines of statements for elements 0, 1 and so on: one loop for those that differ in values only.
pub(super) fn loops(name: &str, statements: Vec<Statement>) -> Vec<String> {
	let total = statements.len();
	let mut groups: Vec<(Vec<usize>, Vec<Statement>)> = Vec::new();
	let mut known: HashMap<String, usize> = HashMap::new();
	for (element, statement) in statements.into_iter().enumerate() {
		let group = *known.entry(statement.text.clone()).or_insert_with(|| {
			groups.push(Default::default());
			groups.len() - 1
		});
		groups[group].0.push(element);
		groups[group].1.push(statement);
	}
	let mut lines = Vec::new();
	let several = groups.len() > 1;
	for (number, (elements, statements)) in (1..).zip(groups) {
		let prefix = if several { format!("{name}_{number}") } else { name.to_string() };
		group(&prefix, &elements, &statements, total, &mut lines);
	}
	lines
}

/// One loop, or one line for one element.
fn group(
	prefix: &str,
	elements: &[usize],
	statements: &[Statement],
	total: usize,
	lines: &mut Vec<String>,
) {
	let Some(first) = statements.first() else { return };
	let count = elements.len();
	let mut text = first.text.clone();
	let all = count == total;
	let mut body = Vec::new();
	for (gap, (name, value)) in first.values.iter().enumerate() {
		let values: Vec<i64> = statements.iter().map(|statement| statement.values[gap].1).collect();
		let distance = value.wrapping_sub(elements[0] as i64);
		let moved = |(&value, &element): (&i64, &usize)| value - element as i64 == distance;
		let shown = if values.iter().all(|other| other == value) {
			value.to_string()
		} else if name.starts_with(PLACE) && values.iter().zip(elements).all(moved) {
			match distance {
				0 => "{i}".into(),
				1.. => format!("{{i}} + {distance}"),
				_ => format!("{{i}} - {}", -distance),
			}
		} else {
			lines.push(format!("var {prefix}_{name}[{count}] = {};", list(values)));
			format!("{prefix}_{name}[{}]", if all { "i" } else { "j" })
		};
		text = text.replace(&format!("{{{name}}}"), &shown);
	}
	if count == 1 && !all {
		lines.push(text.replace("{i}", &elements[0].to_string()));
		return;
	}
	if all {
		body.push(format!("for (var i = 0; i < {count}; i++) {{"));
	} else {
		lines.push(format!("var {prefix}_at[{count}] = {};", list(elements)));
		body.push(format!("for (var j = 0; j < {count}; j++) {{"));
		text = text.replace("{i}", &format!("{prefix}_at[j]"));
	}
	body.push(format!("    {}", text.replace("{i}", "i")));
	body.push("}".into());
	lines.append(&mut body);
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn names_are_identifiers_of_their_own() {
		let mut names = Names::default();
		let mut take = |node: &str| names.take(node, "requantize");
		assert_eq!(take("/fc1/Gemm"), "fc1Gemm");
		assert_eq!(take("/fc1/Gemm"), "fc1Gemm2");
		assert_eq!(take("relu1"), "relu1");
		assert_eq!(take("relu1"), "relu1x2");
		assert_eq!(take("12"), "requantize12");
		assert_eq!(take(""), "requantize");
		assert_eq!(take("Dense"), "dense");
		for word in ["in", "custom", "/Circom", "signal", "i"] {
			assert!(take(word).ends_with('2'));
		}
		assert_eq!(take("custom"), "custom3");
		assert_eq!(take("custom2"), "custom2x2");
		assert_eq!(take("ä"), "requantize2");
	}

	#[test]
	fn elements_that_differ_in_values_share_a_loop() {
		let scaled = |factor, from| {
			Statement::new("y[{i}] <== {factor} * x[{from}];")
				.with("factor", factor)
				.with("from", from)
		};
		let lines = loops("y", vec![scaled(3, 1), scaled(3, 2)]);
		assert_eq!(lines, ["for (var i = 0; i < 2; i++) {", "    y[i] <== 3 * x[i + 1];", "}"]);
		let lines = loops("y", vec![scaled(3, 1), scaled(4, 0)]);
		assert_eq!(
			lines,
			[
				"var y_factor[2] = [3, 4];",
				"var y_from[2] = [1, 0];",
				"for (var i = 0; i < 2; i++) {",
				"    y[i] <== y_factor[i] * x[y_from[i]];",
				"}"
			]
		);
		let zero = Statement::new("y[{i}] <== 0;");
		let lines = loops("y", vec![scaled(3, 5), zero.clone(), zero, scaled(3, 4)]);
		assert_eq!(
			lines,
			[
				"var y_1_from[2] = [5, 4];",
				"var y_1_at[2] = [0, 3];",
				"for (var j = 0; j < 2; j++) {",
				"    y[y_1_at[j]] <== 3 * x[y_1_from[j]];",
				"}",
				"var y_2_at[2] = [1, 2];",
				"for (var j = 0; j < 2; j++) {",
				"    y[y_2_at[j]] <== 0;",
				"}"
			]
		);
	}

	#[test]
	fn long_lines_break_at_commas() {
		let line = format!("    return {};", list(0..60));
		let wrapped = wrap(&line);
		assert!(wrapped.lines().all(|line| line.len() <= WIDTH));
		let joined: Vec<&str> = wrapped.lines().map(str::trim).collect();
		assert_eq!(joined.join(" "), line.trim());
		assert_eq!(wrapped.lines().nth(1).unwrap().find(|c| c != ' '), Some(8));
	}
}
