//! Writes the seeds of all corpora.

use std::{fs, path::Path};

fn main() -> std::io::Result<()> {
	let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
	for (target, name, bytes) in zkml_fuzz::seeds::all() {
		let corpus = corpora.join(target);
		fs::create_dir_all(&corpus)?;
		fs::write(corpus.join(name), bytes)?;
	}
	Ok(())
}
