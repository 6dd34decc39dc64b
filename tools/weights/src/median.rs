//! The speed of a machine drifts, by minutes and by more than a benchmark's own spread. So all calls
//! are measured in several rounds, and of each call the round is kept that is nearest to the middle
//! of all: at the smallest and at the largest values of its components.

use std::ops::Range;

/// A function of a weight file, in lines: its comments and its body.
struct Function {
	name: String,
	/// The two ends of every component's range.
	ranges: Vec<(String, [f64; 2])>,
	/// Picoseconds, and picoseconds for each unit of a component.
	base: f64,
	slopes: Vec<(String, f64)>,
	lines: Range<usize>,
}

impl Function {
	/// The time at one end of all ranges.
	fn time(&self, end: usize) -> f64 {
		let part = |(name, slope): &(String, f64)| {
			let range = self.ranges.iter().find(|(known, _)| known == name);
			slope * range.map_or(0.0, |(_, ends)| ends[end])
		};
		self.base + self.slopes.iter().map(part).sum::<f64>()
	}
}

/// One file of several rounds' files: of each function the round nearest to the middle.
///
/// # Errors
/// If a file is not of the form that `pallet.hbs` gives it, or another has other functions.
pub(crate) fn median(files: &[String]) -> Result<String, String> {
	let rounds = files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
	let (Some(first), Some(file)) = (rounds.first(), files.first()) else {
		return Err("no file".into());
	};
	let mut lines: Vec<&str> = Vec::new();
	let mut copied = 0;
	let source: Vec<&str> = file.lines().collect();
	for (index, function) in first.iter().enumerate() {
		let same = rounds.iter().map(|round| round.get(index).filter(|f| f.name == function.name));
		let same = same.collect::<Option<Vec<_>>>();
		let same = same.ok_or_else(|| format!("{} is not in every file", function.name))?;
		let best = nearest_to_the_middle(&same);
		lines.extend(&source[copied..function.lines.start]);
		copied = function.lines.end;
		let range = same[best].lines.clone();
		lines.extend(files[best].lines().skip(range.start).take(range.len()));
	}
	lines.extend(&source[copied..]);
	Ok(lines.join("\n") + "\n")
}

/// Which round of a function differs least from the middle of all rounds.
fn nearest_to_the_middle(rounds: &[&Function]) -> usize {
	let middle = [0, 1].map(|end| {
		let mut times: Vec<f64> = rounds.iter().map(|function| function.time(end)).collect();
		times.sort_by(f64::total_cmp);
		times[times.len() / 2]
	});
	let distance = |function: &Function| -> f64 {
		[0, 1].map(|end| (function.time(end) / middle[end] - 1.0).abs()).iter().sum()
	};
	let nearest = |&a: &usize, &b: &usize| distance(rounds[a]).total_cmp(&distance(rounds[b]));
	(0..rounds.len()).min_by(nearest).unwrap_or(0)
}

/// The functions of both implementations, in order.
fn read(source: &str) -> Result<Vec<Function>, String> {
	let lines: Vec<&str> = source.lines().map(str::trim_start).collect();
	let mut functions = Vec::new();
	for (at, line) in lines.iter().enumerate() {
		let Some(name) = line.strip_prefix("fn ").filter(|rest| rest.ends_with('{')) else {
			continue;
		};
		let name = name.split('(').next().unwrap_or_default().to_string();
		let comments = lines[..at].iter().rev().take_while(|line| line.starts_with("///")).count();
		let ranges = lines[at - comments..at].iter().filter_map(|line| range(line)).collect();
		// A body holds no other braces.
		let body = lines[at..].iter().take_while(|line| **line != "}").count();
		let (base, slopes) = times(&lines[at..at + body])
			.ok_or_else(|| format!("the weight of {name} is not of the known form"))?;
		let lines = at - comments..at + body + 1;
		functions.push(Function { name, ranges, base, slopes, lines });
	}
	// The second implementation has no comments: its ranges are those of the first.
	for later in 0..functions.len() {
		let name = functions[later].name.clone();
		let first = functions.iter().find(|function| function.name == name);
		functions[later].ranges = first.map(|f| f.ranges.clone()).unwrap_or_default();
	}
	Ok(functions)
}

/// A component and the ends of its range, from a comment that states them.
fn range(line: &str) -> Option<(String, [f64; 2])> {
	let (name, rest) = line.strip_prefix("/// The range of component `")?.split_once("` is `[")?;
	let (lo, hi) = rest.strip_suffix("]`.")?.split_once(", ")?;
	Some((name.into(), [lo.parse().ok()?, hi.parse().ok()?]))
}

/// The time of a body, and the time for each unit of its components.
fn times(body: &[&str]) -> Option<(f64, Vec<(String, f64)>)> {
	let number = |text: &str| text.split(',').next()?.replace('_', "").parse().ok();
	let base = body.iter().find_map(|line| number(line.strip_prefix("Weight::from_parts(")?))?;
	let slope = |line: &&str| {
		let rest = line.strip_prefix(".saturating_add(Weight::from_parts(")?;
		let name = rest.split_once("saturating_mul(")?.1.strip_suffix(".into()))")?;
		Some((name.to_string(), number(rest)?))
	};
	Some((base, body.iter().filter_map(slope).collect()))
}

#[cfg(test)]
mod tests {
	use super::median;

	fn round(call: [u64; 2], other: u64) -> String {
		let [base, slope] = call;
		let body = |comment: &str| {
			format!(
				"{comment}\tfn call(n: u32, ) -> Weight {{\n\t\tWeight::from_parts({base}, 1)\n\t\t\t\
				 .saturating_add(Weight::from_parts({slope}, 0).saturating_mul(n.into()))\n\t}}\n\
				 \tfn other() -> Weight {{\n\t\tWeight::from_parts({other}, 1)\n\t}}\n"
			)
		};
		let range = "\t/// The range of component `n` is `[2, 100]`.\n";
		format!("first\nimpl A {{\n{}}}\nimpl B {{\n{}}}\n", body(range), body(""))
	}

	#[test]
	fn takes_of_each_function_the_middle_round() {
		let rounds = [round([1_000, 10], 7), round([900, 12], 9), round([1_500, 13], 8)];
		// At 2: 1020, 924, 1526. At 100: 2000, 2100, 2800.
		assert_eq!(median(&rounds).unwrap(), round([1_000, 10], 8));
	}

	#[test]
	fn refuses_rounds_that_differ() {
		let other = round([1, 1], 1).replace("fn other", "fn another");
		assert!(median(&[round([1, 1], 1), other]).is_err());
		assert!(median(&[round([1, 1], 1).replace("from_parts", "of")]).is_err());
		assert!(median(&[]).is_err());
	}
}
