//! What was measured, as tables; of nothing they are empty.

use crate::{
	ezkl::{Comparison, Step},
	provers::Prover,
	rounds::{Figures, Measured},
};
use std::time::Duration;
use zkml_cli::ui::{bytes, grouped, time};
use zkml_figures::{median, table};

/// Where there is no figure.
const NONE: &str = "–";

/// Constraints, wires and keys.
pub fn sizes(all: &[Measured]) -> String {
	let row = |measured: &Measured| {
		vec![
			measured.case.name(),
			grouped(measured.constraints as u64),
			grouped(measured.wires as u64),
			bytes(measured.key_size),
		]
	};
	filled(&["circuit", "constraints", "wires", "proving key"], all.iter().map(row))
}

/// Seconds of a process that makes one proof.
pub fn whole(all: &[Measured]) -> String {
	compared(all, |figures| &figures.whole, seconds)
}

/// Seconds of a proof in a process that has made one before.
pub fn warm(all: &[Measured]) -> String {
	compared(all, |figures| &figures.warm, seconds)
}

/// Seconds of reading key and witness.
pub fn load(all: &[Measured]) -> String {
	compared(all, |figures| &figures.load, seconds)
}

/// The most memory of a process that makes one proof.
pub fn memory(all: &[Measured]) -> String {
	compared(all, |figures| &figures.memory, |memory| bytes(memory as u64))
}

/// Microseconds for each constraint of a proof in a warm process; and of ours what it takes for `n·log₂ n`, of
/// the domain's `n` rows.
pub fn growth(all: &[Measured]) -> String {
	let provers = with(all, |figures| &figures.warm);
	let row = |measured: &Measured| {
		let warm = |prover| value(measured, prover, |figures| &figures.warm);
		let show = |seconds: Option<f64>, parts: f64, scale: f64, unit: &str| {
			seconds.map_or(NONE.into(), |seconds| format!("{:.2} {unit}", seconds * scale / parts))
		};
		let constraints = measured.constraints as f64;
		let each = |prover: &Prover| show(warm(*prover), constraints, 1e6, "µs");
		let domain = measured.domain as f64;
		let ours = show(warm(Prover::Ours), domain * domain.log2(), 1e9, "ns");
		let name = format!("{}; 2^{}", measured.case.name(), measured.domain.ilog2());
		[name].into_iter().chain(provers.iter().map(each)).chain([ours]).collect()
	};
	match head(&provers).split_first() {
		Some((_, provers)) if !provers.is_empty() => {
			let head = ["circuit; domain"].into_iter().chain(provers.iter().copied());
			filled(&head.chain(["ours, by n·log n"]).collect::<Vec<_>>(), all.iter().map(row))
		},
		_ => String::new(),
	}
}

/// From an ONNX file to a verified proof, here and in EZKL.
pub fn ezkl(comparison: &Comparison) -> String {
	let Comparison { ours, theirs, .. } = comparison;
	let row = |step: Step| {
		let [our, their] = [ours, theirs].map(|side| side.usage(step));
		let calls = theirs.calls(step).map_or(NONE.into(), seconds);
		vec![
			step.name().into(),
			seconds(our.seconds),
			with_factor(their.seconds, Some(our.seconds), seconds),
			calls,
			bytes(our.memory),
			with_factor(their.memory as f64, Some(our.memory as f64), |memory| {
				bytes(memory as u64)
			}),
		]
	};
	let head = ["", "ours", "EZKL", "EZKL, without Python", "memory, ours", "memory, EZKL"];
	let steps = table(&head, &Step::ALL.map(row));
	let sizes = [
		("proving key", ours.proving_key, theirs.proving_key),
		("verifying key", ours.verifying_key, theirs.verifying_key),
		("proof", ours.proof, theirs.proof),
	];
	let row = |(name, our, their): (&str, u64, u64)| {
		let size = |size: f64| bytes(size as u64);
		vec![name.into(), bytes(our), with_factor(their as f64, Some(our as f64), size)]
	};
	let sizes = table(&["", "ours", "EZKL"], &sizes.map(row));
	format!(
		"{steps}\n{sizes}\nOurs: {} constraints. EZKL: 2^{} rows, of which the model fills {}; numbers \
		have {} bits after the point. Its reference string, {}, is not counted.\n",
		grouped(ours.size),
		comparison.logrows,
		grouped(theirs.size),
		comparison.scale,
		bytes(comparison.srs),
	)
}

/// A table, if there is something in it.
fn filled(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
	let rows: Vec<Vec<String>> = rows.collect();
	match rows.is_empty() || head.len() == 1 {
		true => String::new(),
		false => table(head, &rows),
	}
}

type Pick = fn(&Figures) -> &Vec<f64>;

/// The median of some figures.
pub(crate) fn value(measured: &Measured, prover: Prover, pick: Pick) -> Option<f64> {
	let list = pick(measured.by.get(&prover)?);
	(!list.is_empty()).then(|| median(list.clone()))
}

/// Those of whom there are some figures.
fn with(all: &[Measured], pick: Pick) -> Vec<Prover> {
	let some = |prover: &Prover| all.iter().any(|one| value(one, *prover, pick).is_some());
	Prover::ALL.into_iter().filter(some).collect()
}

fn head(provers: &[Prover]) -> Vec<&'static str> {
	["circuit"].into_iter().chain(provers.iter().map(|prover| prover.name())).collect()
}

/// A column for each prover; after a figure how many times ours it is.
fn compared(all: &[Measured], pick: Pick, show: fn(f64) -> String) -> String {
	let provers = with(all, pick);
	let row = |measured: &Measured| {
		let ours = value(measured, Prover::Ours, pick);
		let cell = |prover: &Prover| match value(measured, *prover, pick) {
			Some(value) => with_factor(value, ours.filter(|_| *prover != Prover::Ours), show),
			None => NONE.into(),
		};
		[measured.case.name()].into_iter().chain(provers.iter().map(cell)).collect()
	};
	filled(&head(&provers), all.iter().map(row))
}

fn with_factor(value: f64, base: Option<f64>, show: fn(f64) -> String) -> String {
	match base {
		Some(base) => format!("{}, {}×", show(value), factor(value / base)),
		None => show(value),
	}
}

/// With two digits that count, or those before the point.
fn factor(value: f64) -> String {
	match value {
		..0.995 => format!("{value:.2}"),
		..9.95 => format!("{value:.1}"),
		_ => format!("{value:.0}"),
	}
}

/// With three digits or more.
fn seconds(seconds: f64) -> String {
	match seconds {
		..1.0 => time(Duration::from_secs_f64(seconds)),
		..10.0 => format!("{seconds:.2} s"),
		..100.0 => format!("{seconds:.1} s"),
		_ => format!("{seconds:.0} s"),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::cases::Case;

	fn measured(case: Case, by: &[(Prover, &[f64])]) -> Measured {
		let figures = |&(prover, whole): &(Prover, &[f64])| {
			(prover, Figures { whole: whole.into(), ..Figures::default() })
		};
		let by = by.iter().map(figures).collect();
		Measured { case, constraints: 14, domain: 16, wires: 17, key_size: 9_000, by }
	}

	#[test]
	fn figures_are_medians_and_multiples_of_ours() {
		let all = [
			measured(
				Case::Products(4),
				&[(Prover::Ours, &[0.2, 0.1, 9.0]), (Prover::Snarkjs, &[3.0])],
			),
			measured(Case::Digits, &[(Prover::Ours, &[2.0])]),
		];
		let expected = "\
| circuit          |     ours |    snarkjs |
| ---------------- | -------: | ---------: |
| products, 2^4    | 200.0 ms | 3.00 s, 15× |
| digits, 64-32-10 |   2.00 s |          – |
";
		let text = whole(&all);
		let cells = |text: &str| -> Vec<String> {
			let cell = |cell: &str| cell.trim().trim_matches(['-', ':']).to_string();
			text.lines().flat_map(|line| line.split('|').map(cell).collect::<Vec<_>>()).collect()
		};
		assert_eq!(cells(&text), cells(expected));
		assert_eq!(warm(&all), "", "nobody was measured");
		assert_eq!(growth(&all), "", "nobody was measured");
		assert_eq!(sizes(&[]), "");
	}

	#[test]
	fn growth_is_by_constraint_and_by_n_log_n() {
		let mut one = measured(Case::Products(4), &[]);
		let figures = |warm: f64| Figures { warm: vec![warm], ..Figures::default() };
		one.by = [(Prover::Ours, figures(6.4e-5)), (Prover::Arkworks, figures(1.4e-4))].into();
		let text = growth(&[one]);
		for part in ["products, 2^4; 2^4", "4.57 µs", "10.00 µs", "1000.00 ns"] {
			assert!(text.contains(part), "{part} in {text}");
		}
	}

	#[test]
	fn factors_have_two_digits() {
		let texts = [0.123, 0.999, 1.04, 9.96, 123.4].map(factor);
		assert_eq!(texts, ["0.12", "1.0", "1.0", "10", "123"]);
	}
}
