//! The benchmark command takes, of all storage items that a call reads, the largest proof for the
//! proof of the call. But a block's proof holds all of them.
//!
//! So the sums are made here, from what the command says of each item above each function. Every
//! item counts as often as it is read at most; where the number of reads depends on a component, an
//! item that is read several times counts once, and once for each unit of every such component,
//! which is never too little.

/// What one function reads.
#[derive(Clone, Copy, Default)]
struct Reads {
	/// Bytes of one read of each item.
	first: u64,
	/// Bytes of one more read of each item that is read several times.
	again: u64,
	/// Bytes of all further reads of these.
	all_again: u64,
	/// Whether the number of reads depends on a component.
	depends: bool,
}

/// Bytes that every proof needs besides its items: what the command adds to the largest.
const OVERHEAD: u64 = 990;

/// The file with summed proof sizes.
///
/// # Errors
/// If the file is not of the form that `pallet.hbs` gives it.
pub(crate) fn sum(source: &str) -> Result<String, String> {
	let functions = read(source)?;
	let mut current = None;
	let mut lines = Vec::new();
	for line in source.lines() {
		if let Some(name) = starts(line) {
			current = functions.iter().find(|(known, _)| known == name).map(|(_, reads)| reads);
		}
		lines.push(match current {
			Some(reads) => corrected(line, reads)?,
			None => line.to_string(),
		});
	}
	Ok(lines.join("\n") + "\n")
}

/// The name of the function that a line begins to define.
fn starts(line: &str) -> Option<&str> {
	let rest = line.trim_start().strip_prefix("fn ")?;
	rest.ends_with('{').then(|| rest.split('(').next().unwrap_or_default())
}

/// What each function reads, from the comments above it. The second implementation has none: it is
/// that of the first.
fn read(source: &str) -> Result<Vec<(String, Reads)>, String> {
	let mut functions: Vec<(String, Reads)> = Vec::new();
	let mut next = Reads::default();
	let mut count = 0u64;
	for line in source.lines() {
		let text = line.trim_start();
		if text.starts_with("/// Storage:") {
			count = number_after(text, "(r:")?;
		} else if text.starts_with("/// Proof:") {
			let bytes = number_after(text, "added: ")?;
			next.first += if count > 0 { bytes } else { 0 };
			next.again += if count > 1 { bytes } else { 0 };
			next.all_again += bytes * count.saturating_sub(1);
		} else if let Some(name) = starts(text) {
			if functions.iter().all(|(known, _)| known != name) {
				functions.push((name.into(), std::mem::take(&mut next)));
			}
		} else if text.starts_with(PER_UNIT) {
			if let Some((_, reads)) = functions.last_mut() {
				reads.depends = true;
			}
		}
	}
	Ok(functions)
}

/// How a line begins that adds to the proof for each unit of a component.
const PER_UNIT: &str = ".saturating_add(Weight::from_parts(0, ";

/// A line of a function's body.
fn corrected(line: &str, reads: &Reads) -> Result<String, String> {
	let text = line.trim_start();
	if text.starts_with("Weight::from_parts(") {
		let (before, after) = line.rsplit_once(", ").ok_or("a weight of one part")?;
		let end = after.trim_start_matches(|c: char| c.is_ascii_digit());
		let again = if reads.depends { 0 } else { reads.all_again };
		return Ok(format!("{before}, {}{end}", OVERHEAD + reads.first + again));
	}
	if text.starts_with(PER_UNIT) {
		let (before, after) = line.split_once("(0, ").ok_or("a weight of one part")?;
		let end = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
		return Ok(format!("{before}(0, {}{end}", reads.again));
	}
	Ok(line.to_string())
}

fn number_after(text: &str, mark: &str) -> Result<u64, String> {
	let missing = || format!("no number after {mark:?} in {text:?}");
	let (_, rest) = text.split_once(mark).ok_or_else(missing)?;
	let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
	digits.parse().map_err(|_| missing())
}

#[cfg(test)]
mod tests {
	use super::sum;

	const WRITTEN: &str = "\
	/// Storage: `A::One` (r:1 w:0)
	/// Proof: `A::One` (`max_values`: None, `max_size`: Some(5), added: 500, mode: `MaxEncodedLen`)
	/// Storage: `A::Many` (r:16 w:16)
	/// Proof: `A::Many` (`max_values`: None, `max_size`: Some(5), added: 40, mode: `MaxEncodedLen`)
	/// Storage: `A::Other` (r:1 w:1)
	/// Proof: `A::Other` (`max_values`: None, `max_size`: Some(5), added: 7, mode: `MaxEncodedLen`)
	/// Storage: `A::Written` (r:0 w:1)
	/// Proof: `A::Written` (`max_values`: None, `max_size`: Some(5), added: 9, mode: `MaxEncodedLen`)
	fn call(n: u32) -> Weight {
		Weight::from_parts(1_000, 1490)
			.saturating_add(Weight::from_parts(7, 0).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(0, 40).saturating_mul(n.into()))
	}
	/// Storage: `A::One` (r:1 w:0)
	/// Proof: `A::One` (`max_values`: None, `max_size`: Some(5), added: 500, mode: `MaxEncodedLen`)
	/// Storage: `A::Twice` (r:2 w:0)
	/// Proof: `A::Twice` (`max_values`: None, `max_size`: Some(5), added: 30, mode: `MaxEncodedLen`)
	fn other() -> Weight {
		Weight::from_parts(1_000, 1490)
	}
	fn call(n: u32) -> Weight {
		Weight::from_parts(1_000, 1490)
	}
";

	#[test]
	fn adds_up_what_is_read() {
		let summed = sum(WRITTEN).unwrap();
		let weights: Vec<_> = summed.lines().filter(|line| line.contains("Weight::from")).collect();
		assert_eq!(
			weights,
			[
				"\t\tWeight::from_parts(1_000, 1537)",
				"\t\t\t.saturating_add(Weight::from_parts(7, 0).saturating_mul(n.into()))",
				"\t\t\t.saturating_add(Weight::from_parts(0, 40).saturating_mul(n.into()))",
				"\t\tWeight::from_parts(1_000, 1550)",
				"\t\tWeight::from_parts(1_000, 1537)",
			]
		);
	}

	#[test]
	fn refuses_what_it_cannot_read() {
		assert!(sum(&WRITTEN.replace("added: 500", "added: ?")).is_err());
	}
}
