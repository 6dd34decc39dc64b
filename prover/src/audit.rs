//! What can be checked of a proving key against the constraints that it is said to be for, by
//! somebody who knows none of the setup's secrets.
//!
//! Write `λ` for the values of the domain's Lagrange polynomials at τ. An honest key has
//! `A = 𝐀ᵀλ`, `B = 𝐁ᵀλ`, `C = 𝐂ᵀλ` for the matrices of the circuit (𝐀 with the rows that the setup
//! adds for public signals), `l` and `ic` made of `β·A + α·B + C`, and `h` the Lagrange polynomials
//! of the odd half of a domain of twice the size, times one factor `s`. Checked are, each by one
//! random linear combination (so a false key passes with probability 2^-250 or so):
//!
//! - β and δ are the same in G1 and G2, and so is every `Bᵢ`;
//! - there is *one* `λ` that gives all of A, B and C, through α, β, γ and δ ([`KeyAudit::Relations`]);
//! - `h` gives that same `λ` wherever B shows it ([`KeyAudit::Quotient`]).
//!
//! That `λ` comes from a single τ would need powers of τ, which a `.zkey` does not hold; and no check
//! shows that the secrets were forgotten. Verification depends on neither: it uses α, β, γ, δ and
//! `ic`, so who made them alone can forge.

use crate::{
	key::{ProvingKey, Rows},
	msm::{self, Scalars},
	transform::odd_values,
};
use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{pairing::Pairing, AffineRepr, CurveGroup, PrimeGroup, VariableBaseMSM};
use ark_ff::{Field, One, UniformRand, Zero};
use rand::{CryptoRng, RngCore};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use zkml_circuits::r1cs::{Matrix, R1cs};

/// One check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAudit {
	/// Numbers of wires and public signals, and the size of the domain.
	Counts,
	/// The coefficients of A, its rows for public signals included, and of B.
	Coefficients,
	/// A point is at infinity just where its wire does not occur.
	Infinity,
	/// Points of G2 have the right order.
	Subgroup,
	/// β, δ and every `Bᵢ` are the same in both groups.
	Twins,
	/// One vector of Lagrange values gives A, B, C, and `l` and `ic` are made of them.
	Relations,
	/// `h` goes with the same Lagrange values.
	Quotient,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
	/// It holds.
	Holds,
	/// It does not.
	Differs {
		/// What the circuit asks for.
		expected: String,
		/// What the key has.
		found: String,
	},
	/// It could not be made, because an earlier one did not hold.
	NotRun,
}

impl Outcome {
	fn of(holds: bool, expected: &str, found: &str) -> Self {
		match holds {
			true => Self::Holds,
			false => Self::Differs { expected: expected.into(), found: found.into() },
		}
	}
}

/// Checks a key against a constraint system.
///
/// The key's points are on their curves, as [`crate::zkey::read`] checks.
pub fn audit(
	r1cs: &R1cs,
	key: &ProvingKey,
	rng: &mut (impl RngCore + CryptoRng),
) -> Vec<(KeyAudit, Outcome)> {
	let counts = counts(r1cs, key);
	let fits = counts == Outcome::Holds;
	let mut outcomes = vec![(KeyAudit::Counts, counts)];
	let mut check = |name, outcome: &mut dyn FnMut() -> Outcome| {
		outcomes.push((name, if fits { outcome() } else { Outcome::NotRun }));
	};
	let system = System::new(r1cs);
	check(KeyAudit::Coefficients, &mut || coefficients(&system, key));
	check(KeyAudit::Infinity, &mut || infinity(&system, key));
	check(KeyAudit::Subgroup, &mut || subgroup(key));
	check(KeyAudit::Twins, &mut || twins(key, rng));
	check(KeyAudit::Relations, &mut || relations(&system, key, rng));
	check(KeyAudit::Quotient, &mut || quotient(&system, key, rng));
	outcomes
}

/// The matrices with the rows that a setup adds, by row: as the key has them.
struct System {
	signals: usize,
	wires: usize,
	/// Rows of A, B and C.
	rows: [Vec<Vec<(usize, Fr)>>; 3],
}

impl System {
	fn new(r1cs: &R1cs) -> Self {
		let rows = |matrix: &Matrix| -> Vec<Vec<(usize, Fr)>> {
			let row = |row| {
				let entries = matrix.row(row);
				entries.map(|(wire, value)| (wire.0 as usize, value.to_field())).collect()
			};
			(0..matrix.rows()).map(row).collect()
		};
		let mut rows = [&r1cs.a, &r1cs.b, &r1cs.c].map(rows);
		let signals = r1cs.signals();
		for wire in 0..=signals {
			rows[0].push(vec![(wire, Fr::one())]);
			rows[1].push(Vec::new());
			rows[2].push(Vec::new());
		}
		Self { signals, wires: r1cs.wires as usize, rows }
	}

	fn len(&self) -> usize {
		self.rows[0].len()
	}

	/// Which wires occur in a matrix.
	fn occurring(&self, matrix: usize) -> Vec<bool> {
		let mut seen = vec![false; self.wires];
		self.rows[matrix].iter().flatten().for_each(|&(wire, _)| seen[wire] = true);
		seen
	}
}

fn counts(r1cs: &R1cs, key: &ProvingKey) -> Outcome {
	let (wires, signals) = (r1cs.wires as usize, r1cs.signals());
	let domain = (r1cs.constraints() + signals + 1).next_power_of_two();
	let show = |wires: usize, signals: usize, domain: usize| {
		format!("{wires} wires, {signals} public signals, domain {domain}")
	};
	let lengths = key.b_g1.len() == key.a.len()
		&& key.b_g2.len() == key.a.len()
		&& key.l.len() + key.ic.len() == key.a.len()
		&& key.h.len() == key.domain;
	let expected = show(wires, signals, domain);
	let found = show(key.wires(), key.signals(), key.domain);
	Outcome::of(expected == found && lengths, &expected, &found)
}

/// Compares what a prover multiplies with the witness, row by row.
fn coefficients(system: &System, key: &ProvingKey) -> Outcome {
	for (name, expected, found) in
		[("A", &system.rows[0], &key.a_rows), ("B", &system.rows[1], &key.b_rows)]
	{
		for row in 0..expected.len().max(found.len()) {
			let mut expected = expected.get(row).cloned().unwrap_or_default();
			let mut found = row_of(found, row);
			expected.sort_by_key(|&(wire, _)| wire);
			found.sort_by_key(|&(wire, _)| wire);
			if expected != found {
				let place = (0..).find(|&at| expected.get(at) != found.get(at)).unwrap_or(0);
				let show = |entries: &[(usize, Fr)]| match entries.get(place) {
					Some((wire, value)) => format!("{name}[{row}][{wire}] = {}", signed(*value)),
					None => format!("no more entries in row {row} of {name}"),
				};
				return Outcome::Differs { expected: show(&expected), found: show(&found) };
			}
		}
	}
	Outcome::Holds
}

fn row_of(rows: &Rows, row: usize) -> Vec<(usize, Fr)> {
	if row >= rows.len() {
		return Vec::new();
	}
	rows.row(row).iter().map(|&(wire, value)| (wire as usize, value)).collect()
}

/// A field element as a small negative number where it is one.
fn signed(value: Fr) -> String {
	let negative = (-value).to_string();
	let positive = value.to_string();
	if negative.len() < positive.len() {
		format!("-{negative}")
	} else {
		positive
	}
}

fn infinity(system: &System, key: &ProvingKey) -> Outcome {
	let [a, b, c] = [0, 1, 2].map(|matrix| system.occurring(matrix));
	let any: Vec<bool> = (0..system.wires).map(|wire| a[wire] || b[wire] || c[wire]).collect();
	let (public, private) = any.split_at(system.signals + 1);
	let first = |name: &str, occurs: &[bool], infinite: &mut dyn Iterator<Item = bool>| {
		let place = occurs.iter().zip(infinite).position(|(&occurs, infinite)| occurs == infinite);
		place.map(|place| {
			let points = ["a point at infinity", "a finite point"];
			let expected = points[usize::from(occurs[place])];
			let found = points[usize::from(!occurs[place])];
			(format!("{expected} at {name}[{place}]"), format!("{found} at {name}[{place}]"))
		})
	};
	let all = vec![true; key.h.len()];
	let differs = first("A", &a, &mut key.a.iter().map(AffineRepr::is_zero))
		.or_else(|| first("B in G1", &b, &mut key.b_g1.iter().map(AffineRepr::is_zero)))
		.or_else(|| first("B in G2", &b, &mut key.b_g2.iter().map(AffineRepr::is_zero)))
		.or_else(|| first("IC", public, &mut key.ic.iter().map(AffineRepr::is_zero)))
		.or_else(|| first("L", private, &mut key.l.iter().map(AffineRepr::is_zero)))
		.or_else(|| first("H", &all, &mut key.h.iter().map(AffineRepr::is_zero)));
	match differs {
		None => Outcome::Holds,
		Some((expected, found)) => Outcome::Differs { expected, found },
	}
}

fn subgroup(key: &ProvingKey) -> Outcome {
	// Points of G1 have the right order if they are on the curve, which reading checks.
	let wrong = |point: &G2Affine| !point.is_in_correct_subgroup_assuming_on_curve();
	let named = [("β", key.beta_g2), ("γ", key.gamma_g2), ("δ", key.delta_g2)];
	let name = match named.iter().find(|(_, point)| wrong(point)) {
		Some((name, _)) => Some(name.to_string()),
		None => key.b_g2.par_iter().position_any(wrong).map(|wire| format!("B in G2[{wire}]")),
	};
	match name {
		None => Outcome::Holds,
		Some(name) => Outcome::Differs {
			expected: format!("{name} of the curve's prime order"),
			found: "a point of another order".into(),
		},
	}
}

fn randoms(count: usize, rng: &mut (impl RngCore + CryptoRng)) -> Vec<Fr> {
	(0..count).map(|_| Fr::rand(rng)).collect()
}

/// Whether a product of pairings is one.
fn is_one(pairs: &[(G1Projective, G2Projective)]) -> bool {
	let (left, right): (Vec<G1Affine>, Vec<G2Affine>) =
		pairs.iter().map(|(left, right)| (left.into_affine(), right.into_affine())).unzip();
	Bn254::multi_pairing(left, right).is_zero()
}

/// `Σ scalarᵢ · baseᵢ`. In G2, whose points may be outside of the subgroup here, arkworks sums up.
fn msm(bases: &[G1Affine], scalars: &[Fr]) -> G1Projective {
	let Ok(sum) = msm::sum(&bases, &Scalars::new(scalars), 0, |_| ());
	sum
}

fn twins(key: &ProvingKey, rng: &mut (impl RngCore + CryptoRng)) -> Outcome {
	let (one, two) = (G1Projective::generator(), G2Projective::generator());
	let same = |left: G1Projective, right: G2Projective| is_one(&[(left, two), (-one, right)]);
	let named = [("β", key.beta_g1, key.beta_g2), ("δ", key.delta_g1, key.delta_g2)];
	for (name, left, right) in named {
		if !same(left.into(), right.into()) {
			return differs_in_groups(name);
		}
	}
	let random = randoms(key.wires(), rng);
	if same(msm(&key.b_g1, &random), G2Projective::msm_unchecked(&key.b_g2, &random)) {
		return Outcome::Holds;
	}
	// Wires are halved until one of those that differ is left.
	let (mut start, mut end) = (0, key.wires());
	while end - start > 1 {
		let middle = start + (end - start) / 2;
		let part = &random[start..middle];
		let left = msm(&key.b_g1[start..middle], part);
		if same(left, G2Projective::msm_unchecked(&key.b_g2[start..middle], part)) {
			start = middle;
		} else {
			end = middle;
		}
	}
	differs_in_groups(&format!("B[{start}]"))
}

fn differs_in_groups(name: &str) -> Outcome {
	Outcome::Differs {
		expected: format!("one {name} in both groups"),
		found: "another in G1 than in G2".into(),
	}
}

/// Whether random `u`, `v`, `w` with `𝐀u + 𝐁v + 𝐂w = 0` give `Σ uᵢAᵢ + vᵢBᵢ + wᵢCᵢ = 0`, where
/// `Cᵢ` is what `l` and `ic` hold besides `β·Aᵢ + α·Bᵢ`.
fn relations(system: &System, key: &ProvingKey, rng: &mut (impl RngCore + CryptoRng)) -> Outcome {
	let expected = "points of A, B, L and IC that stem from one set of Lagrange values";
	let Some([u, v, w]) = kernel(system, rng) else { return Outcome::NotRun };
	let (public, private) = w.split_at(system.signals + 1);
	let pairs = [
		(msm(&key.a, &u) + msm(&key.b_g1, &v), G2Projective::generator()),
		(msm(&key.ic, public), key.gamma_g2.into()),
		(msm(&key.l, private), key.delta_g2.into()),
		(-msm(&key.a, &w), key.beta_g2.into()),
		(-G1Projective::from(key.alpha_g1), G2Projective::msm_unchecked(&key.b_g2, &w)),
	];
	Outcome::of(is_one(&pairs), expected, "points that do not")
}

/// A random solution of `𝐀u + 𝐁v + 𝐂w = 0`.
///
/// Every row is solved for one unknown, its pivot, the others being drawn. Rows are ordered so that
/// a pivot does not occur in rows before its own: from the back, take a row that has an unknown
/// which occurs in no other of the rows left; and where there is none, a short row, whose pivot is
/// eliminated from the others. `None` if that takes too long, or if the rows leave a wire's `w` no
/// value but 0, so that nothing could be told of its points.
fn kernel(system: &System, rng: &mut (impl RngCore + CryptoRng)) -> Option<[Vec<Fr>; 3]> {
	let (rows, wires) = (system.len(), system.wires);
	let unknown = |matrix: usize, wire: usize| matrix * wires + wire;
	// How many of the rows left have an unknown, and the sum of their numbers: the number itself
	// once it is one.
	let mut left = vec![(0u32, 0usize); 3 * wires];
	let entries = |row: usize| {
		(0..3).flat_map(move |matrix| {
			let entries = system.rows[matrix][row].iter();
			entries.map(move |&(wire, value)| (unknown(matrix, wire), value))
		})
	};
	for row in 0..rows {
		entries(row).for_each(|(at, _)| {
			left[at].0 += 1;
			left[at].1 += row;
		});
	}
	let mut single: Vec<usize> = (0..left.len()).filter(|&at| left[at].0 == 1).collect();
	let mut order = Vec::with_capacity(rows);
	while let Some(pivot) = single.pop() {
		let (count, row) = left[pivot];
		if count != 1 {
			continue;
		}
		order.push((row, pivot));
		entries(row).for_each(|(at, _)| {
			left[at].0 -= 1;
			left[at].1 -= row;
			if left[at].0 == 1 {
				single.push(at);
			}
		});
	}
	let mut done = vec![false; rows];
	order.iter().for_each(|&(row, _)| done[row] = true);
	let core = (0..rows).filter(|&row| !done[row]).map(|row| (row, entries(row).collect()));
	let eliminated = eliminate(core.collect())?;
	let mut values = randoms(3 * wires, rng);
	let mut solve = |pivot: usize, row: &mut dyn Iterator<Item = (usize, Fr)>| {
		let mut sum = Fr::zero();
		let mut factor = Fr::zero();
		row.for_each(|(at, value)| match at == pivot {
			true => factor += value,
			false => sum += value * values[at],
		});
		values[pivot] = -sum * factor.inverse()?;
		Some(())
	};
	for (row, pivot) in eliminated.iter().rev() {
		solve(*pivot, &mut row.iter().map(|(&at, &value)| (at, value)))?;
	}
	for &(row, pivot) in order.iter().rev() {
		solve(pivot, &mut entries(row))?;
	}
	let w = values.split_off(2 * wires);
	let v = values.split_off(wires);
	// Each wire's points stand in the relations times its own `w`.
	w.iter().all(|value| !value.is_zero()).then_some([values, v, w])
}

/// A row, by unknown.
type Row = BTreeMap<usize, Fr>;

/// Rows in an order in which no pivot, beside each, occurs in later ones: shortest rows first, the
/// pivot being the unknown that occurs in the fewest others, from which it is eliminated.
fn eliminate(rows: Vec<(usize, Vec<(usize, Fr)>)>) -> Option<Vec<(Row, usize)>> {
	/// Entries that are changed at most, for each row.
	const MOST_WORK: usize = 1 << 10;
	let mut left = rows.len().saturating_mul(MOST_WORK);
	let mut core: HashMap<usize, Row> = HashMap::new();
	let mut columns: HashMap<usize, BTreeSet<usize>> = HashMap::new();
	for (row, entries) in rows {
		let sums: &mut Row = core.entry(row).or_default();
		for (at, value) in entries {
			*sums.entry(at).or_default() += value;
		}
		sums.retain(|_, value| !value.is_zero());
		sums.keys().for_each(|&at| {
			columns.entry(at).or_default().insert(row);
		});
	}
	let mut queue: BTreeSet<(usize, usize)> =
		core.iter().map(|(&row, entries)| (entries.len(), row)).collect();
	let mut order = Vec::with_capacity(core.len());
	while let Some((_, row)) = queue.pop_first() {
		let entries = core.remove(&row)?;
		for at in entries.keys() {
			columns.get_mut(at)?.remove(&row);
		}
		// A row without entries asks for nothing.
		let Some(&pivot) = entries.keys().min_by_key(|at| columns[*at].len()) else { continue };
		let inverse = entries[&pivot].inverse()?;
		for other in columns.get(&pivot)?.clone() {
			left = left.checked_sub(entries.len())?;
			let target = core.get_mut(&other)?;
			queue.remove(&(target.len(), other));
			let factor = target[&pivot] * inverse;
			for (&at, &value) in &entries {
				let sum = target.entry(at).or_default();
				*sum -= factor * value;
				match sum.is_zero() {
					true => {
						target.remove(&at);
						columns.get_mut(&at)?.remove(&other);
					},
					false => {
						columns.get_mut(&at)?.insert(other);
					},
				}
			}
			queue.insert((target.len(), other));
		}
		order.push((entries, pivot));
	}
	Some(order)
}

/// Whether `h` and B agree on the Lagrange values.
///
/// For a random combination of wires, `Σ rᵢBᵢ` is a polynomial whose values on the domain are `𝐁r`.
/// Its values on the odd half of the double domain, times `h`, give it times `s`; and `Σ h` is `s`.
fn quotient(system: &System, key: &ProvingKey, rng: &mut (impl RngCore + CryptoRng)) -> Outcome {
	let expected = "points of H that belong to the Lagrange values of B";
	let random = randoms(system.wires, rng);
	let mut values = vec![Fr::zero(); key.domain];
	for (value, row) in values.iter_mut().zip(&system.rows[1]) {
		*value = row.iter().map(|&(wire, value)| value * random[wire]).sum();
	}
	let Some(values) = odd_values(values) else { return Outcome::NotRun };
	let factor: G1Projective = key.h.par_iter().fold(G1Projective::zero, |sum, h| sum + h).sum();
	let pairs = [
		(msm(&key.h, &values), G2Projective::generator()),
		(-factor, G2Projective::msm_unchecked(&key.b_g2, &random)),
	];
	Outcome::of(is_one(&pairs), expected, "points that do not")
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::setup;
	use rand::{rngs::StdRng, SeedableRng};
	use zkml_circuits::r1cs::{Builder, LinearCombination};

	/// `out = 3·x + weight·y` for 4-bit `x` and `y`, and a context that nothing constrains.
	fn circuit(weight: i64) -> R1cs {
		let mut builder = Builder::constraints(1, 1);
		let [x, y] = [(); 2].map(|()| builder.alloc_private_input(|| Fr::from(0)));
		builder.range(x.into(), 0, 4);
		builder.range(y.into(), 0, 4);
		// Ranges from both ends: no unknown occurs in one row only.
		for wire in [x, y] {
			builder.range(LinearCombination::constant(12).plus(-1, &wire.into()), 0, 4);
		}
		let out = builder.public(0);
		builder.enforce(|| {
			let sum = LinearCombination::wire(x).times(3).plus(weight, &y.into());
			[out.into(), 1.into(), sum]
		});
		let bits = builder.bits(|| LinearCombination::wire(x).plus(1, &y.into()), 0, 5);
		builder.is_zero(bits[4].into(), 0);
		builder.into_r1cs().0
	}

	fn failing(r1cs: &R1cs, key: &ProvingKey) -> Vec<KeyAudit> {
		let outcomes = audit(r1cs, key, &mut StdRng::seed_from_u64(2));
		assert_eq!(outcomes.len(), 7);
		let failed = outcomes.into_iter().filter(|(_, outcome)| *outcome != Outcome::Holds);
		failed.map(|(check, _)| check).collect()
	}

	fn key(r1cs: &R1cs) -> ProvingKey {
		setup(r1cs, &mut StdRng::seed_from_u64(1)).unwrap()
	}

	#[test]
	fn an_honest_key_passes() {
		let r1cs = circuit(5);
		assert_eq!(failing(&r1cs, &key(&r1cs)), []);
	}

	#[test]
	fn a_weight_is_seen_though_the_key_holds_no_coefficients_of_c() {
		assert_eq!(failing(&circuit(6), &key(&circuit(5))), [KeyAudit::Relations]);
	}

	#[test]
	fn every_part_is_checked() {
		use KeyAudit::{Coefficients, Counts, Infinity, Quotient, Relations, Twins};
		let r1cs = circuit(5);
		let good = key(&r1cs);
		let other = G1Affine::generator();
		type Damage = Box<dyn Fn(&mut ProvingKey)>;
		let mut damages: Vec<(Damage, &[KeyAudit])> = vec![
			(Box::new(|key| key.a_rows.entries[3].1 += Fr::one()), &[Coefficients]),
			(Box::new(|key| key.b_rows.entries[0].1 += Fr::one()), &[Coefficients]),
			(Box::new(move |key| key.alpha_g1 = other), &[Relations]),
			(Box::new(move |key| key.beta_g1 = other), &[Twins]),
			(Box::new(move |key| key.delta_g1 = other), &[Twins]),
			(Box::new(|key| key.gamma_g2 = key.beta_g2), &[Relations]),
			(Box::new(|key| key.ic.swap(1, 2)), &[Relations]),
			(Box::new(move |key| key.ic[2] = other), &[Relations]),
			(Box::new(|key| key.ic[1] = G1Affine::zero()), &[Infinity, Relations]),
			(Box::new(|key| key.domain *= 2), &[]),
			(Box::new(|key| key.l.truncate(1)), &[]),
		];
		for wire in 0..good.wires() {
			if !good.a[wire].is_zero() {
				damages.push((Box::new(move |key| key.a[wire] = other), &[Relations]));
			}
			if !good.b_g1[wire].is_zero() {
				// The constant's `v` is 0 here: ranges from both ends leave no other.
				let both: &[KeyAudit] = if wire == 0 { &[Twins] } else { &[Twins, Relations] };
				damages.push((Box::new(move |key| key.b_g1[wire] = other), both));
				let both: &[KeyAudit] = &[Twins, Relations, Quotient];
				let two = G2Affine::generator();
				damages.push((Box::new(move |key| key.b_g2[wire] = two), both));
			}
		}
		for place in 0..good.l.len() {
			damages.push((Box::new(move |key| key.l[place] = other), &[Relations]));
		}
		for place in 0..good.h.len() {
			damages.push((Box::new(move |key| key.h[place] = other), &[Quotient]));
		}
		for (index, (damage, expected)) in damages.iter().enumerate() {
			let mut key = good.clone();
			damage(&mut key);
			let found = failing(&r1cs, &key);
			match expected.is_empty() {
				true => assert_eq!(found.first(), Some(&Counts), "{index}"),
				false => assert_eq!(found, *expected, "{index}"),
			}
		}
	}
}
