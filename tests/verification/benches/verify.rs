//! What verification takes in Wasm, in the executor of a node, and natively, beside arkworks. Run with
//! `make bench-verify`, which writes `docs/verification.md`; prints the machine it ran on.

extern crate alloc;

#[path = "../guest/src/work.rs"]
mod work;

use codec::Encode;
use sc_executor::WasmExecutor;
use sp_core::traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode};
use sp_io::{SubstrateHostFunctions, TestExternalities};
use std::{collections::HashMap, io::IsTerminal, path::Path, process::exit, time::Instant};
use work::{By, Case, Task, Work, MULTIPLICATIONS};
use zkml_figures::{
	locked_version, median,
	plot::{self, Chart, Line, BLUE, GREEN, GREY, ORANGE},
	spread, table, write, write_page,
};
use zkml_verifier::{
	engine::Arkworks,
	fixtures::{Fixture, Key},
	generic::PreparedKey,
};

const COMMAND: &str = "make bench-verify";
const MODULE: &str = "ZKML_BENCH_VERIFY_WASM";
const ROUNDS: usize = 3;
/// How long one measurement takes, in nanoseconds.
const LENGTH: f64 = 2e8;

const PARTS: [(Work, &str); 4] = [
	(Work::Multiplications, "multiplication in the field"),
	(Work::MillerLoops, "Miller loop of three pairs, and whether `B` is of G2"),
	(Work::FinalExponentiation, "final exponentiation"),
	(Work::Decoding, "decoding of a proof, whose points are on their curves"),
];
const SIGNALS: [usize; 4] = [1, 4, 16, 32];
const BATCHES: [usize; 4] = [2, 8, 32, 128];
/// Signals of each proof of a batch.
const BATCH_SIGNALS: usize = 4;

fn main() {
	let Some(module) = std::env::var_os(MODULE) else {
		eprintln!("{MODULE} is not set: it is the path of what runs in Wasm.");
		eprintln!("`{COMMAND}` builds that, and runs this.");
		exit(2);
	};
	let code = std::fs::read(&module).unwrap_or_else(|error| {
		eprintln!("{MODULE}: {}: {error}", module.display());
		exit(2)
	});
	let measured = Measured::new(&mut Wasm::new(code));
	let figures = measured.figures();
	println!("{figures}");
	if std::env::args().any(|argument| argument == "--write") {
		let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
		let plot = plot::draw(&measured.charts()).expect("an SVG file");
		write_page(&docs.join("verification.md"), COMMAND, &figures).expect("a page with marks");
		write(&docs.join("verification.svg"), &plot).expect("a disk");
		println!("Written to docs/verification.md and docs/verification.svg.");
	}
}

/// What runs in the executor that `zkml-node` has by default.
struct Wasm {
	executor: WasmExecutor<SubstrateHostFunctions>,
	ext: TestExternalities,
	code: Vec<u8>,
}

impl Wasm {
	fn new(code: Vec<u8>) -> Self {
		let ext = TestExternalities::default();
		Self { executor: WasmExecutor::builder().build(), ext, code }
	}

	/// Does a task; the most memory it took at once, in bytes.
	fn run(&mut self, task: &[u8]) -> u32 {
		let fetcher = WrappedRuntimeCode(self.code.as_slice().into());
		let code = RuntimeCode { code_fetcher: &fetcher, heap_pages: None, hash: vec![1] };
		let mut ext = self.ext.ext();
		let context = CallContext::Onchain { import: false };
		let (answer, _) = self.executor.call(&mut ext, &code, "run", task, context);
		let bytes = answer.expect("the module does the task");
		u32::from_le_bytes(bytes.try_into().expect("four bytes"))
	}
}

/// Where it is done.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
	Wasm,
	Native,
}

/// One figure.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Figure {
	place: Place,
	by: By,
	work: Work,
	signals: usize,
	proofs: usize,
}

impl Figure {
	/// All of them; those that are compared follow each other.
	fn all() -> Vec<Self> {
		use By::{Arkworks, Plain, Portable, Prepared};
		let parts = PARTS.map(|(work, _)| (work, BATCH_SIGNALS, 1, vec![Arkworks, Portable]));
		let alone = SIGNALS.into_iter().flat_map(|signals| {
			let all = vec![Plain, Prepared, Arkworks, Portable];
			[
				(Work::Verification, signals, 1, all),
				(Work::Hinted, signals, 1, vec![Arkworks, Portable]),
			]
		});
		let together = BATCHES
			.map(|proofs| (Work::Batch, BATCH_SIGNALS, proofs, vec![Prepared, Arkworks, Portable]));
		let rows = parts.into_iter().chain(alone).chain(together);
		rows.flat_map(|(work, signals, proofs, by)| {
			[Place::Wasm, Place::Native].into_iter().flat_map(move |place| {
				let figure = move |by| Self { place, by, work, signals, proofs };
				by.clone().into_iter().map(figure)
			})
		})
		.collect()
	}
}

/// Makes a key, and proofs of the same signals.
fn case(signals: usize, proofs: usize) -> Case {
	let fixture = Fixture::usual(1, signals as u32);
	let Key { alpha, beta, gamma, delta, ic } = fixture.key.clone();
	let key = PreparedKey::<Arkworks>::validate(&fixture.key.raw()).expect("a valid key");
	let signal = |index| {
		let mut signal = [0x5a; 32];
		(signal[0], signal[31]) = (index as u8, 0x10);
		signal
	};
	let signals: Vec<_> = (0..signals).map(signal).collect();
	let proofs: Vec<_> = (0..proofs as u64).map(|seed| fixture.prove(&signals, seed)).collect();
	let hint = key.hint(&signals, &proofs[0]).expect("a valid proof");
	let alpha_beta = key.alpha_beta();
	Case { alpha, beta, gamma, delta, ic, alpha_beta, signals, proofs, hint }
}

/// A task that is done several times.
struct Run {
	figure: Figure,
	task: Task,
	/// Of each round, the nanoseconds that doing it once took.
	times: Vec<f64>,
	/// In bytes.
	memory: u32,
}

impl Run {
	/// Finds out how often to do it.
	fn new(wasm: &mut Wasm, figure: Figure) -> Self {
		let Figure { by, work, signals, proofs, .. } = figure;
		let task = Task { work, by, times: 0, case: case(signals, proofs) };
		let mut run = Self { figure, task, times: Vec::new(), memory: 0 };
		// The first call compiles.
		run.nanoseconds(wasm, 0);
		let once = run.nanoseconds(wasm, 1);
		run.task.times = (LENGTH / once).clamp(1.0, 1e6) as u32;
		run
	}

	/// How long it takes to do it several times, and to prepare it.
	fn nanoseconds(&mut self, wasm: &mut Wasm, times: u32) -> f64 {
		self.task.times = times;
		let began;
		match self.figure.place {
			Place::Wasm => {
				let task = self.task.encode();
				began = Instant::now();
				self.memory = wasm.run(&task);
			},
			Place::Native => {
				began = Instant::now();
				self.task.run(|| {});
			},
		}
		began.elapsed().as_secs_f64() * 1e9
	}

	/// Measures once more.
	fn measure(&mut self, wasm: &mut Wasm) {
		let times = self.task.times;
		let preparing = self.nanoseconds(wasm, 0);
		let all = self.nanoseconds(wasm, times);
		self.times.push((all - preparing) / f64::from(times));
	}
}

/// Nanoseconds, and bytes of memory.
struct Measured {
	figures: HashMap<Figure, (f64, u32)>,
	/// By how much rounds differ, in parts of the median: in the middle and at most.
	spread: [f64; 2],
}

impl Measured {
	fn new(wasm: &mut Wasm) -> Self {
		let mut runs: Vec<_> =
			Figure::all().into_iter().map(|figure| Run::new(wasm, figure)).collect();
		for round in 1..=ROUNDS {
			if std::io::stderr().is_terminal() {
				eprintln!("round {round} of {ROUNDS}");
			}
			runs.iter_mut().for_each(|run| run.measure(wasm));
		}
		let spreads: Vec<f64> = runs.iter().map(|run| spread(&run.times)).collect();
		let most = spreads.iter().copied().fold(0.0, f64::max);
		let figures =
			runs.into_iter().map(|run| (run.figure, (median(run.times), run.memory))).collect();
		Self { figures, spread: [median(spreads), most] }
	}

	/// Milliseconds for each proof.
	fn millis(&self, figure: Figure) -> f64 {
		self.figures[&figure].0 / 1e6 / figure.proofs as f64
	}

	/// Kilobytes in Wasm.
	fn kilobytes(&self, figure: Figure) -> f64 {
		f64::from(self.figures[&figure].1) / 1e3
	}

	/// All tables.
	fn figures(&self) -> String {
		let [middle, most] = self.spread.map(|spread| spread * 100.0);
		let memory = self.figures.iter().filter(|(figure, _)| figure.by == By::Portable);
		let memory = memory.map(|(figure, _)| self.kilobytes(*figure)).fold(0.0, f64::max);
		let [wasm, native] = [Place::Wasm, Place::Native];
		format!(
			"{}. `{COMMAND}`: medians of {ROUNDS} rounds, which differ by {middle:.0} % (the median of \
			all figures) and by {most:.0} % at most. After a time: how many times as fast that is as \
			`ark-groth16` with its key prepared beforehand.\n\n\
			### Parts\n\n{}\n### One proof, in Wasm\n\n{}\n### One proof, natively\n\n{}\n\
			### Batches of proofs of {BATCH_SIGNALS} signals, for each proof, in Wasm\n\n{}\n\
			### Batches of proofs of {BATCH_SIGNALS} signals, for each proof, natively\n\n{}\n\
			No call of ours takes more than {memory:.0} kB of memory in Wasm. That is all that it \
			allocates, as if nothing were given back, without its input and the stack.\n",
			machine(),
			self.parts(),
			self.alone(wasm),
			self.alone(native),
			self.together(wasm),
			self.together(native),
		)
	}

	fn parts(&self) -> String {
		let row = |(work, name): (Work, &str)| {
			let times = [Place::Wasm, Place::Native].map(|place| {
				let [theirs, ours] = [By::Arkworks, By::Portable].map(|by| {
					let figure = Figure { place, by, work, signals: BATCH_SIGNALS, proofs: 1 };
					self.figures[&figure].0
				});
				let time = |nanoseconds: f64| match work {
					Work::Multiplications => {
						format!("{:.1} ns", nanoseconds / MULTIPLICATIONS as f64)
					},
					_ => format!("{:.1} µs", nanoseconds / 1e3),
				};
				[time(theirs), time(ours), format!("{:.2}×", theirs / ours)]
			});
			[name.to_string()].into_iter().chain(times.into_iter().flatten()).collect()
		};
		let head = ["", "arkworks, Wasm", "ours, Wasm", "", "arkworks, native", "ours, native", ""];
		table(&head, &PARTS.map(row))
	}

	fn alone(&self, place: Place) -> String {
		let row = |signals: usize| {
			let figure = |work, by| Figure { place, by, work, signals, proofs: 1 };
			let base = self.millis(figure(Work::Verification, By::Prepared));
			let time = |work, by| {
				let time = self.millis(figure(work, by));
				format!("{time:.2} ms, {:.2}×", base / time)
			};
			let mut row = vec![
				signals.to_string(),
				time(Work::Verification, By::Plain),
				format!("{base:.2} ms"),
				time(Work::Verification, By::Arkworks),
				time(Work::Hinted, By::Arkworks),
				time(Work::Verification, By::Portable),
				time(Work::Hinted, By::Portable),
			];
			if place == Place::Wasm {
				let memory = |work| self.kilobytes(figure(work, By::Portable));
				let memory = memory(Work::Verification).max(memory(Work::Hinted));
				row.push(format!("{memory:.0} kB"));
			}
			row
		};
		let mut head = vec![
			"signals",
			"`ark-groth16`",
			"`ark-groth16`, prepared",
			"arkworks",
			"arkworks, hint",
			"ours",
			"ours, hint",
		];
		if place == Place::Wasm {
			head.push("memory, ours");
		}
		table(&head, &SIGNALS.map(row))
	}

	fn together(&self, place: Place) -> String {
		let row = |proofs: usize| {
			let figure =
				|by| Figure { place, by, work: Work::Batch, signals: BATCH_SIGNALS, proofs };
			let base = self.millis(figure(By::Prepared));
			let time = |by| {
				let time = self.millis(figure(by));
				format!("{time:.2} ms, {:.2}×", base / time)
			};
			let mut row = vec![
				proofs.to_string(),
				format!("{base:.2} ms"),
				time(By::Arkworks),
				time(By::Portable),
			];
			if place == Place::Wasm {
				row.push(format!("{:.0} kB", self.kilobytes(figure(By::Portable))));
			}
			row
		};
		let mut head = vec!["proofs", "`ark-groth16`, prepared", "arkworks", "ours"];
		if place == Place::Wasm {
			head.push("memory, ours");
		}
		table(&head, &BATCHES.map(row))
	}

	/// Of what is measured in Wasm.
	fn charts(&self) -> [Chart; 2] {
		let place = Place::Wasm;
		let alone = |name, colour, work, by| {
			let point = |signals: usize| {
				let figure = Figure { place, by, work, signals, proofs: 1 };
				(signals as f64, self.millis(figure))
			};
			Line { name, colour, points: SIGNALS.map(point).to_vec() }
		};
		let together = |name, colour, by| {
			let point = |proofs: usize| {
				let (work, signals) = (Work::Batch, BATCH_SIGNALS);
				(proofs as f64, self.millis(Figure { place, by, work, signals, proofs }))
			};
			Line { name, colour, points: BATCHES.map(point).to_vec() }
		};
		[
			Chart {
				title: "One proof, in Wasm",
				axes: ["public signals", "time, ms"],
				place: |signals| signals.to_string(),
				lines: vec![
					alone(
						"ark-groth16, key prepared beforehand",
						GREY,
						Work::Verification,
						By::Prepared,
					),
					alone("arkworks", ORANGE, Work::Verification, By::Arkworks),
					alone("ours", BLUE, Work::Verification, By::Portable),
					alone("ours, with a hint", GREEN, Work::Hinted, By::Portable),
				],
			},
			Chart {
				title: "Batches of proofs of 4 signals, in Wasm",
				axes: ["proofs in the batch", "time for each proof, ms"],
				place: |proofs| proofs.to_string(),
				lines: vec![
					together(
						"ark-groth16, key prepared beforehand, one by one",
						GREY,
						By::Prepared,
					),
					together("arkworks", ORANGE, By::Arkworks),
					together("ours", BLUE, By::Portable),
				],
			},
		]
	}
}

/// The processor, the compiler and the executor.
fn machine() -> String {
	format!(
		"{}; sc-executor {} with wasmtime {}",
		zkml_figures::machine(),
		locked_version("sc-executor"),
		locked_version("wasmtime"),
	)
}
