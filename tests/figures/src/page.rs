//! Pages with figures among what people write.

use std::{fs, io, path::Path};

/// Before figures in a page that is not otherwise generated.
fn begin(command: &str) -> String {
	format!("<!-- From here on `{command}` writes. What is changed by hand is lost. -->\n")
}

/// After them.
const END: &str = "<!-- To here. -->\n";

/// A page with other figures between the marks of the command that measures them; `None` where it
/// lacks either.
pub fn with_figures(page: &str, command: &str, figures: &str) -> Option<String> {
	let begin = begin(command);
	let (before, rest) = page.split_once(&begin)?;
	let (_, after) = rest.split_once(END)?;
	Some(format!("{before}{begin}\n{figures}\n{END}{after}"))
}

/// Writes figures into a page, as [`with_figures`].
///
/// # Errors
/// Those of the disk; `InvalidData` where the page lacks the marks.
pub fn write_page(page: &Path, command: &str, figures: &str) -> io::Result<()> {
	let new = with_figures(&fs::read_to_string(page)?, command, figures);
	let new = new.ok_or_else(|| {
		let lacks = format!("{} lacks the marks of `{command}`", page.display());
		io::Error::new(io::ErrorKind::InvalidData, lacks)
	})?;
	write(page, &new)
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

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn figures_are_replaced() {
		let begin = begin("make bench");
		let page = format!("a\n{begin}old\n{END}b\n");
		let with = |page: &str| with_figures(page, "make bench", "new\n");
		let new = with(&page).expect("the marks are there");
		assert_eq!(new, format!("a\n{begin}\nnew\n\n{END}b\n"));
		assert_eq!(with(&new).as_ref(), Some(&new));
		assert_eq!(with("a\n"), None);
		assert_eq!(with(&format!("a\n{begin}")), None);
		assert_eq!(with_figures(&page, "make other", "new\n"), None);
	}
}
