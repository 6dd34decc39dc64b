//! The steps of a ceremony, here and in snarkjs, on the same files: seconds and peak memory of whole
//! processes, one run each.
//!
//! `cargo bench --bench setup` takes powers of 2^13; `ZKML_POWER=17 cargo bench --bench setup` those of
//! the bars, for which snarkjs alone takes an hour: `ZKML_SKIP=prepare` leaves out its longest step.

use std::{
	path::Path,
	process::{Command, Stdio},
	time::Instant,
};
use zkml_tests::{
	programs::{npm, program},
	rows::write_rows,
};

/// Seconds and kilobytes of a command, which must succeed.
fn measure(folder: &Path, program: &Path, arguments: &str) -> (f64, u64) {
	let began = Instant::now();
	let output = Command::new("/usr/bin/time")
		.args(["-f", "%M"])
		.arg(program)
		.args(arguments.split(' '))
		.current_dir(folder)
		.stdout(Stdio::null())
		.output()
		.expect("/usr/bin/time is installed");
	let seconds = began.elapsed().as_secs_f64();
	let text = String::from_utf8_lossy(&output.stderr).into_owned();
	assert!(output.status.success(), "{arguments}: {text}");
	let memory = text.lines().last().and_then(|line| line.trim().parse().ok()).unwrap_or(0);
	(seconds, memory)
}

fn main() {
	let power: u32 = match std::env::var("ZKML_POWER") {
		Ok(text) => text.parse().expect("ZKML_POWER is a number"),
		Err(_) => 13,
	};
	let skipped = std::env::var("ZKML_SKIP").unwrap_or_default();
	let folder = tempfile::tempdir().expect("a folder");
	let folder = folder.path();
	// As large a share of the domain as 119,370 constraints are of 2^17.
	let constraints = (119_370u64 << power >> 17) as usize;
	write_rows(folder, constraints).expect("a disk");
	let ours = program("zkml");
	let theirs = folder.join("snarkjs");
	let script = npm().join("node_modules/snarkjs/build/cli.cjs");
	std::fs::write(&theirs, format!("#!/bin/sh\nexec node {} \"$@\"\n", script.display()))
		.expect("a disk");
	Command::new("chmod").arg("+x").arg(&theirs).status().expect("chmod");
	println!("2^{power}, {constraints} constraints; {}", zkml_tests::machine());
	println!(
		"{:24} {:>10} {:>10} {:>7} {:>10} {:>10}",
		"", "ours, s", "snarkjs, s", "times", "ours, MB", "snarkjs"
	);
	let row = |name: &str, our: &str, their: &str| {
		let (seconds, memory) = measure(folder, &ours, our);
		let megabytes = |kilobytes: u64| kilobytes as f64 / 1e3;
		if skipped.split(',').any(|skip| name.contains(skip) && !skip.is_empty()) {
			println!("{name:24} {seconds:10.2} {:>10} {:>7} {:10.0}", "-", "-", megabytes(memory));
			return;
		}
		let (other, their_memory) = measure(folder, &theirs, their);
		println!(
			"{name:24} {seconds:10.2} {other:10.2} {:6.1}× {:10.0} {:10.0}",
			other / seconds,
			megabytes(memory),
			megabytes(their_memory)
		);
	};
	let run = |arguments: &str| {
		measure(folder, &ours, arguments);
	};
	run(&format!("setup powers new --power {power} -o 0.ptau"));
	row(
		"phase 1, contribute",
		"setup powers contribute 0.ptau -o 1.ptau",
		"powersoftau contribute 0.ptau t.ptau -e=text --name=t",
	);
	row(
		"phase 1, prepare",
		"setup powers prepare 1.ptau -o p.ptau",
		"powersoftau prepare phase2 1.ptau t.ptau",
	);
	row("phase 1, verify prepared", "setup powers verify p.ptau", "powersoftau verify p.ptau");
	row(
		"phase 2, new",
		"setup begin circuit.r1cs --powers p.ptau -o 0.zkey",
		"groth16 setup circuit.r1cs p.ptau t.zkey",
	);
	row(
		"phase 2, contribute",
		"setup contribute 0.zkey -o 1.zkey",
		"zkey contribute 0.zkey t.zkey -e=text --name=t",
	);
	row(
		"phase 2, verify",
		"setup verify circuit.r1cs --powers p.ptau --key 1.zkey",
		"zkey verify circuit.r1cs p.ptau 1.zkey",
	);
	let size = std::fs::metadata(folder.join("1.zkey")).map(|data| data.len()).unwrap_or(0);
	println!("key: {:.1} MB", size as f64 / 1e6);
	let map = zkml_prover::Map::open(&folder.join("1.zkey")).expect("the key is there");
	let load = || {
		let began = Instant::now();
		std::hint::black_box(zkml_prover::zkey::load(&map).expect("a key"));
		began.elapsed().as_secs_f64() * 1e3
	};
	// The first time memory is new to the process.
	println!("read, every point checked: {:.0} ms; again {:.0} ms", load(), load());
}
