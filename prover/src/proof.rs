//! Proving.

use crate::{
	curve::{One, PointError, Two},
	key::{ProvingKey, Rows},
	map::Map,
	msm::{self, Bases, Curve, Scalars},
	progress::Progress,
	transform::Quotients,
	zkey::{Zkey, ZkeyError},
};
use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{short_weierstrass::Projective, AffineRepr, CurveGroup};
use ark_ff::{UniformRand, Zero};
use rand::{CryptoRng, RngCore};
use rayon::prelude::*;
use std::convert::Infallible;
use thiserror::Error;
use zkml_primitives::{Proof, PROOF_LEN};
use zkml_verifier::encoding::{encode_g1, encode_g2};

/// Why there is no proof.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ProveError {
	/// Key and witness are of different circuits.
	#[error("the key is for {expected} wires, the witness has {got}")]
	WireCount {
		/// Wires of the key.
		expected: usize,
		/// Values in the witness.
		got: usize,
	},
	/// The key's parts contradict each other.
	#[error("the proving key is inconsistent: {0}")]
	Key(&'static str),
	/// A point of the proof came out at infinity, which chance does not do.
	#[error("the proof has a point at infinity: the key or the random source is broken")]
	Infinity,
	/// The key's file cannot be read.
	#[error(transparent)]
	File(#[from] ZkeyError),
}

impl From<PointError> for ProveError {
	fn from(error: PointError) -> Self {
		Self::File(error.into())
	}
}

impl From<Infallible> for ProveError {
	fn from(never: Infallible) -> Self {
		match never {}
	}
}

/// Proves that a witness satisfies the circuit of a key. Who proves often does so with a [`Prover`].
///
/// Nothing is checked about the witness: a wrong one gives a proof that does not verify.
///
/// # Errors
/// [`ProveError`] if the key's parts do not fit each other, or the witness not the key.
pub fn prove(
	key: &ProvingKey,
	witness: &[Fr],
	rng: &mut (impl RngCore + CryptoRng),
) -> Result<Proof, ProveError> {
	check(key)?;
	prove_in_memory(key, &quotients(key.domain)?, witness, rng, &())
}

/// A key that was checked, to prove with.
pub struct Prover(Held);

enum Held {
	/// With what all proofs have in common.
	Memory(Box<(ProvingKey, Quotients)>),
	File(Map),
}

impl Prover {
	/// For many proofs: holds the key, and what all of them have in common. Wires, rows and lists must fit
	/// each other; whether the key is some circuit's, is for [`audit`](crate::audit()) to say.
	///
	/// # Errors
	/// [`ProveError::Key`].
	pub fn new(key: ProvingKey) -> Result<Self, ProveError> {
		check(&key)?;
		let quotients = quotients(key.domain)?;
		Ok(Self(Held::Memory((key, quotients).into())))
	}

	/// For one proof, or few with little memory: leaves the key in its file, a `.zkey`, of which each proof
	/// reads the lists that it needs, checks that they are points, and lets go of them: of large ones piece by
	/// piece. With [`give_memory_back`](crate::give_memory_back) the process never has more than a few of them.
	///
	/// # Errors
	/// [`ProveError::File`] if the file's header is none, or contradicts its sizes, [`ProveError::Key`] if
	/// there is no domain of its size, or proofs would not be blinded. What is wrong in lists shows when they
	/// are read.
	pub fn mapped(file: Map) -> Result<Self, ProveError> {
		open(&file)?;
		Ok(Self(Held::File(file)))
	}

	/// [`prove`].
	///
	/// # Errors
	/// [`ProveError::WireCount`] if the witness does not fit the key, [`ProveError::Infinity`] if a point of
	/// the proof came out at infinity; if the key is in its file also those of [`Self::mapped`], where that is
	/// damaged, or changed since.
	pub fn prove(
		&self,
		witness: &[Fr],
		rng: &mut (impl RngCore + CryptoRng),
	) -> Result<Proof, ProveError> {
		self.prove_watched(witness, rng, &())
	}

	/// [`Self::prove`], whose steps are the transforms that make the quotient, and a sum over each of the
	/// key's lists, in points; all sums are one step where the circuit is small.
	///
	/// # Errors
	/// As [`Self::prove`].
	pub fn prove_watched(
		&self,
		witness: &[Fr],
		rng: &mut (impl RngCore + CryptoRng),
		progress: &dyn Progress,
	) -> Result<Proof, ProveError> {
		match &self.0 {
			Held::Memory(held) => {
				let (key, quotients) = held.as_ref();
				prove_in_memory(key, quotients, witness, rng, progress)
			},
			Held::File(file) => prove_from_file(file, witness, rng, progress),
		}
	}
}

/// That proving with a key reads nothing that is not there, and blinds.
fn check(key: &ProvingKey) -> Result<(), ProveError> {
	let wires = key.wires();
	if key.b_g1.len() != wires || key.b_g2.len() != wires {
		return Err(ProveError::Key("A and B have different lengths"));
	}
	if key.l.len() + key.ic.len() != wires || key.h.len() != key.domain {
		return Err(ProveError::Key("a query has the wrong length"));
	}
	check_blinding(&key.delta_g1, &key.delta_g2)?;
	for rows in [&key.a_rows, &key.b_rows] {
		if rows.len() > key.domain {
			return Err(ProveError::Key("it has more rows than its domain"));
		}
		if rows.entries.par_iter().any(|&(wire, _)| wire as usize >= wires) {
			return Err(ProveError::Key("a coefficient names a wire that is not there"));
		}
	}
	Ok(())
}

/// What blinds is multiplied with δ: without it a proof could verify, and tell of its witness.
fn check_blinding(delta_g1: &G1Affine, delta_g2: &G2Affine) -> Result<(), ProveError> {
	if delta_g1.is_zero() || delta_g2.is_zero() {
		return Err(ProveError::Key("δ is at infinity, so that proofs would not be blinded"));
	}
	Ok(())
}

fn quotients(domain: usize) -> Result<Quotients, ProveError> {
	Quotients::new(domain).ok_or(NO_DOMAIN)
}

const NO_DOMAIN: ProveError = ProveError::Key("the field has no domain of its size");

/// Proves with a key that was checked.
fn prove_in_memory(
	key: &ProvingKey,
	quotients: &Quotients,
	witness: &[Fr],
	rng: &mut (impl RngCore + CryptoRng),
	progress: &dyn Progress,
) -> Result<Proof, ProveError> {
	let expected = key.wires();
	if witness.len() != expected {
		return Err(ProveError::WireCount { expected, got: witness.len() });
	}
	let of = |rows, row| evaluate(rows, witness, row);
	let quotient = || Ok(quotients.of(|row| of(&key.a_rows, row), |row| of(&key.b_rows, row)));
	key.parts().prove(TOGETHER, quotient, witness, rng, progress)
}

/// Opens a key that stays in its file, as far as it can be checked before lists are read.
fn open(file: &Map) -> Result<Zkey<'_>, ProveError> {
	let key = Zkey::open(file)?;
	check_blinding(&key.header.delta_g1, &key.header.delta_g2)?;
	if !Quotients::exist(key.header.domain) {
		return Err(NO_DOMAIN);
	}
	key.entries()?;
	Ok(key)
}

/// Proves with the key in a file.
fn prove_from_file(
	file: &Map,
	witness: &[Fr],
	rng: &mut (impl RngCore + CryptoRng),
	progress: &dyn Progress,
) -> Result<Proof, ProveError> {
	let key = open(file)?;
	let expected = key.header.wires;
	if witness.len() != expected {
		return Err(ProveError::WireCount { expected, got: witness.len() });
	}
	let let_go = || file.let_go();
	let quotient = || {
		let [a, b] = key.evaluate(witness, let_go)?;
		// The roots do not outlast this.
		Ok(quotients(key.header.domain)?.of(move |row| a[row], move |row| b[row]))
	};
	key.parts(&let_go).prove(TOGETHER, quotient, witness, rng, progress)
}

/// Up to this size of the domain all sums are made at once: one alone has not enough for all threads all the
/// time.
const TOGETHER: usize = 1 << 16;

/// What proofs are made of, beside rows: points, and lists of points that fit each other.
pub(crate) struct Parts<G1, G2> {
	pub(crate) alpha_g1: G1Affine,
	pub(crate) beta_g1: G1Affine,
	pub(crate) beta_g2: G2Affine,
	pub(crate) delta_g1: G1Affine,
	pub(crate) delta_g2: G2Affine,
	pub(crate) a: G1,
	pub(crate) b_g1: G1,
	pub(crate) b_g2: G2,
	pub(crate) l: G1,
	pub(crate) h: G1,
}

impl<G1: Bases<One>, G2: Bases<Two>> Parts<G1, G2>
where
	ProveError: From<G1::Error> + From<G2::Error>,
{
	/// Proves with a witness that has all wires. `A·B − C` vanishes on the domain, so its values on the odd
	/// half of that of twice the size give the quotient by the vanishing polynomial. All sums are made at once
	/// where the domain has up to `together` rows.
	fn prove(
		&self,
		together: usize,
		quotient: impl FnOnce() -> Result<Vec<Fr>, ProveError>,
		witness: &[Fr],
		rng: &mut (impl RngCore + CryptoRng),
		progress: &dyn Progress,
	) -> Result<Proof, ProveError> {
		let (r, s) = (Fr::rand(rng), Fr::rand(rng));
		progress.step("quotient", 1);
		let quotient = quotient()?;
		progress.advance(1);
		let ([h, l, a, b_g1], b) = self.sums(together, quotient, witness, progress)?;
		let a = a + self.alpha_g1 + self.delta_g1 * r;
		let b_g1 = b_g1 + self.beta_g1 + self.delta_g1 * s;
		let b = b + self.beta_g2 + self.delta_g2 * s;
		let c = l + h + a * s + b_g1 * r - self.delta_g1 * (r * s);

		let mut bytes = [0; PROOF_LEN];
		let (Some(a), Some(b), Some(c)) =
			(encode_g1(&a.into_affine()), encode_g2(&b.into_affine()), encode_g1(&c.into_affine()))
		else {
			return Err(ProveError::Infinity);
		};
		bytes[..64].copy_from_slice(&a);
		bytes[64..192].copy_from_slice(&b);
		bytes[192..].copy_from_slice(&c);
		Ok(Proof(bytes))
	}

	/// The sums over H, L, A and B, and that in G2.
	fn sums(
		&self,
		together: usize,
		quotient: Vec<Fr>,
		witness: &[Fr],
		progress: &dyn Progress,
	) -> Result<([Projective<One>; 4], Projective<Two>), ProveError> {
		let private = witness.len() - self.l.count();
		let witness = &Scalars::new(witness);
		let h = Sum("sum of H", &self.h, 0);
		let l = Sum("sum of L", &self.l, private);
		let a = Sum("sum of A", &self.a, 0);
		let b_g1 = Sum("sum of B in G1", &self.b_g1, 0);
		let b = Sum("sum of B in G2", &self.b_g2, 0);
		if quotient.len() > together {
			let h = h.step(&Scalars::new(&quotient), progress)?;
			drop(quotient);
			let of = |sum: Sum<'_, G1>| sum.step(witness, progress);
			return Ok(([h, of(l)?, of(a)?, of(b_g1)?], b.step(witness, progress)?));
		}
		progress.step("sums", h.count() + l.count() + a.count() + b_g1.count() + b.count());
		let of = |sum: Sum<'_, G1>| sum.of(witness, progress);
		let ((h, b), ((l, a), b_g1)) = rayon::join(
			|| rayon::join(|| h.of(&Scalars::new(&quotient), progress), || b.of(witness, progress)),
			|| rayon::join(|| rayon::join(|| of(l), || of(a)), || of(b_g1)),
		);
		Ok(([h?, l?, a?, b_g1?], b?))
	}
}

/// A sum's name, its bases, and the first of the scalars that they are multiplied by.
struct Sum<'a, B>(&'static str, &'a B, usize);

impl<B> Sum<'_, B> {
	fn count<P: Curve>(&self) -> u64
	where
		B: Bases<P>,
	{
		self.1.count() as u64
	}

	fn of<P: Curve>(
		&self,
		scalars: &Scalars<'_>,
		progress: &dyn Progress,
	) -> Result<Projective<P>, ProveError>
	where
		B: Bases<P>,
		ProveError: From<B::Error>,
	{
		Ok(msm::sum(self.1, scalars, self.2, |count| progress.advance(count))?)
	}

	/// [`Self::of`] as a step.
	fn step<P: Curve>(
		&self,
		scalars: &Scalars<'_>,
		progress: &dyn Progress,
	) -> Result<Projective<P>, ProveError>
	where
		B: Bases<P>,
		ProveError: From<B::Error>,
	{
		progress.step(self.0, self.count());
		self.of(scalars, progress)
	}
}

/// A row times a witness that has all wires; zero where there is no row.
fn evaluate(rows: &Rows, witness: &[Fr], row: usize) -> Fr {
	if row >= rows.len() {
		return Fr::zero();
	}
	rows.row(row).iter().map(|&(wire, coefficient)| coefficient * witness[wire as usize]).sum()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{setup::setup, verify, VerifyFailure};
	use ark_bn254::{Fq2, G1Affine, G2Affine};
	use rand::{rngs::StdRng, SeedableRng};
	use zkml_circuits::{
		gadgets::requantize::{requantize, Requantization},
		r1cs::{Builder, R1cs},
		Bounds, Signal,
	};
	use zkml_verifier::{encoding::encode_scalar, VerifyError};

	/// `out = clamp(RNE(v / 8), 0, 15)` for a private `v`, and a context that nothing constrains.
	fn circuit(v: i64, context: u64) -> (R1cs, Vec<Fr>) {
		let mut builder = Builder::both(1, 1);
		let wire = builder.alloc_private_input(|| Fr::from(v));
		let v = Signal::wire(wire, v, Bounds { lo: -300, hi: 300 });
		let how = Requantization::by_power_of_two(3, 0, 15);
		let y = requantize(&mut builder, &v, &how);
		let (out, context_wire) = (builder.public(0), builder.public(1));
		builder.assign(out, || Fr::from(y.value));
		builder.assign(context_wire, || Fr::from(context));
		builder.enforce(|| [out.into(), 1.into(), y.lc]);
		let witness = builder.take_witness();
		(builder.into_r1cs().0, witness)
	}

	#[test]
	fn proofs_verify_and_forgeries_do_not() {
		let mut rng = StdRng::seed_from_u64(1);
		let (r1cs, witness) = circuit(100, 77);
		let key = setup(&r1cs, &mut rng).unwrap();
		let vk = key.verifying_key().unwrap();
		let proof = prove(&key, &witness, &mut rng).unwrap();
		let signals = [encode_scalar(&Fr::from(12)), encode_scalar(&Fr::from(77))];
		verify(&vk, &signals, &proof).unwrap();
		let again = prove(&key, &witness, &mut rng).unwrap();
		assert_ne!(proof, again, "proofs are blinded");
		verify(&vk, &signals, &again).unwrap();

		for (index, forged) in [(0, 13), (1, 78)] {
			let mut signals = signals;
			signals[index] = encode_scalar(&Fr::from(forged));
			let refused = verify(&vk, &signals, &proof).unwrap_err();
			assert!(matches!(refused, VerifyFailure::Proof(VerifyError::Invalid)), "{refused}");
		}
		for wire in 1..witness.len() {
			let mut forged = witness.clone();
			forged[wire] += Fr::from(1);
			let violated = r1cs.first_violation(&forged).is_some();
			let proof = prove(&key, &forged, &mut rng).unwrap();
			let mut signals = signals;
			signals.iter_mut().zip(&forged[1..]).for_each(|(s, value)| *s = encode_scalar(value));
			assert_eq!(verify(&vk, &signals, &proof).is_err(), violated, "wire {wire}");
		}
	}

	#[test]
	fn refuses_a_witness_of_another_length() {
		let mut rng = StdRng::seed_from_u64(2);
		let (r1cs, witness) = circuit(-5, 0);
		let key = setup(&r1cs, &mut rng).unwrap();
		let expected = witness.len();
		assert_eq!(
			prove(&key, &witness[1..], &mut rng),
			Err(ProveError::WireCount { expected, got: expected - 1 })
		);
	}

	/// With δ and β in G1 and all of B in G1 at infinity, a proof would verify that is not blinded.
	#[test]
	fn refuses_keys_that_do_not_blind() {
		let mut rng = StdRng::seed_from_u64(4);
		let (r1cs, witness) = circuit(8, 0);
		let key = setup(&r1cs, &mut rng).unwrap();
		let infinity = Default::default();
		let mut open = key.clone();
		(open.delta_g1, open.beta_g1) = (infinity, infinity);
		open.b_g1.fill(infinity);
		assert!(matches!(prove(&open, &witness, &mut rng), Err(ProveError::Key(_))));
		let other = ProvingKey { delta_g2: Default::default(), ..key.clone() };
		assert!(matches!(prove(&other, &witness, &mut rng), Err(ProveError::Key(_))));
		// Any other δ blinds: all but δ is as in the attack.
		let half = ProvingKey { delta_g1: key.delta_g1, ..open };
		let (one, two) =
			(prove(&half, &witness, &mut rng).unwrap(), prove(&half, &witness, &mut rng).unwrap());
		assert!(
			(0..4).all(|part| one.0[64 * part..64 * part + 64] != two.0[64 * part..64 * part + 64])
		);
	}

	#[test]
	fn a_prover_proves_again_and_again() {
		let mut rng = StdRng::seed_from_u64(6);
		let (r1cs, _) = circuit(0, 0);
		let key = setup(&r1cs, &mut rng).unwrap();
		let vk = key.verifying_key().unwrap();
		let prover = Prover::new(key.clone()).unwrap();
		for (v, out) in [(100, 12), (8, 1), (-300, 0)] {
			let (_, witness) = circuit(v, 5);
			let random = || StdRng::seed_from_u64(7);
			let proof = prover.prove(&witness, &mut random()).unwrap();
			assert_eq!(proof, prove(&key, &witness, &mut random()).unwrap());
			let signals = [out, 5].map(|value| encode_scalar(&Fr::from(value)));
			verify(&vk, &signals, &proof).unwrap();
		}
		let wires = key.wires();
		let refused = prover.prove(&[], &mut rng);
		assert_eq!(refused, Err(ProveError::WireCount { expected: wires, got: 0 }));
		let mut other = key.clone();
		other.b_rows.entries[0].0 = wires as u32;
		assert!(matches!(Prover::new(other), Err(ProveError::Key(_))));
		let other = ProvingKey { domain: 3, h: key.h[..3].to_vec(), ..key };
		assert!(matches!(Prover::new(other), Err(ProveError::Key(_))));
	}

	/// A `.zkey` file, mapped.
	fn mapped(bytes: &[u8]) -> Map {
		let file = tempfile::NamedTempFile::new().unwrap();
		std::fs::write(file.path(), bytes).unwrap();
		Map::open(file.path()).unwrap()
	}

	fn zkey(key: &ProvingKey) -> Vec<u8> {
		let mut bytes = Vec::new();
		crate::zkey::write(key, &crate::manifest::tests::manifest(), &mut bytes).unwrap();
		bytes
	}

	#[test]
	fn keys_in_files_make_the_same_proofs() {
		let mut rng = StdRng::seed_from_u64(8);
		let (r1cs, witness) = circuit(-77, 9);
		let key = setup(&r1cs, &mut rng).unwrap();
		let prover = Prover::mapped(mapped(&zkey(&key))).unwrap();
		for seed in 0..2 {
			let random = || StdRng::seed_from_u64(seed);
			let proof = prover.prove(&witness, &mut random()).unwrap();
			assert_eq!(proof, prove(&key, &witness, &mut random()).unwrap());
		}
		let refused = prover.prove(&witness[1..], &mut rng);
		let expected = witness.len();
		assert_eq!(refused, Err(ProveError::WireCount { expected, got: expected - 1 }));
	}

	#[test]
	fn sums_one_after_the_other_and_at_once_are_the_same() {
		let mut rng = StdRng::seed_from_u64(10);
		let (r1cs, witness) = circuit(123, 4);
		let key = setup(&r1cs, &mut rng).unwrap();
		let file = mapped(&zkey(&key));
		let file = Zkey::open(&file).unwrap();
		let quotients = quotients(key.domain).unwrap();
		let quotient = || {
			let [a, b] = file.evaluate(&witness, || ()).unwrap();
			Ok(quotients.of(|row| a[row], |row| b[row]))
		};
		let steps = Steps::default();
		let want = prove(&key, &witness, &mut StdRng::seed_from_u64(3)).unwrap();
		for together in [0, key.domain - 1, key.domain] {
			let random = || StdRng::seed_from_u64(3);
			let by = |rng: &mut StdRng| {
				let memory = key.parts().prove(together, quotient, &witness, rng, &steps);
				let rng = &mut random();
				let in_file = file.parts(&|| ()).prove(together, quotient, &witness, rng, &());
				[memory, in_file]
			};
			assert_eq!(by(&mut random()), [Ok(want), Ok(want)], "{together}");
		}
		let one =
			["quotient", "sum of H", "sum of L", "sum of A", "sum of B in G1", "sum of B in G2"];
		let names = [&one[..], &one, &["quotient", "sums"]].concat();
		let steps = steps.0.into_inner().unwrap();
		assert_eq!(steps.iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>(), names);
		assert!(steps.iter().all(|(_, total, done)| total == done), "{steps:?}");
	}

	/// Names of steps, their parts, and those that were done.
	#[derive(Default)]
	struct Steps(std::sync::Mutex<Vec<(String, u64, u64)>>);

	impl Progress for Steps {
		fn step(&self, name: &str, total: u64) {
			self.0.lock().unwrap().push((name.into(), total, 0));
		}

		fn advance(&self, count: u64) {
			self.0.lock().unwrap().last_mut().unwrap().2 += count;
		}
	}

	#[test]
	fn damaged_keys_in_files_are_refused() {
		let mut rng = StdRng::seed_from_u64(9);
		let (r1cs, witness) = circuit(1, 1);
		let key = setup(&r1cs, &mut rng).unwrap();
		let bytes = zkey(&key);
		assert!(matches!(Prover::mapped(mapped(&bytes[1..])), Err(ProveError::File(_))));
		assert!(matches!(
			Prover::mapped(mapped(&bytes[..bytes.len() - 1])),
			Err(ProveError::File(ZkeyError::Section(_)))
		));
		let unblinded = ProvingKey { delta_g1: G1Affine::zero(), ..key.clone() };
		assert!(matches!(Prover::mapped(mapped(&zkey(&unblinded))), Err(ProveError::Key(_))));
		// A point of each list, also one that is multiplied by zero.
		assert!(witness.iter().any(Zero::is_zero));
		let sections = Zkey::open(&bytes).unwrap().sections;
		for id in 5..=9 {
			let section = sections.find(id).unwrap();
			let start = section.as_ptr().addr() - bytes.as_ptr().addr();
			let size = if id == 7 { 128 } else { 64 };
			for index in 0..section.len() / size {
				let mut damaged = bytes.clone();
				damaged[start + index * size] ^= 1;
				let prover = Prover::mapped(mapped(&damaged)).unwrap();
				let found = prover.prove(&witness, &mut rng);
				let Err(ProveError::File(ZkeyError::Point(error))) = found else {
					panic!("section {id}, point {index}: {found:?}")
				};
				assert!(error.to_string().contains(&format!("section {id}")), "{error}");
			}
		}
		let rows = sections.find(4).unwrap().as_ptr().addr() - bytes.as_ptr().addr();
		let mut damaged = bytes.clone();
		damaged[rows + 4] = 7;
		let prover = Prover::mapped(mapped(&damaged)).unwrap();
		let found = prover.prove(&witness, &mut rng);
		assert_eq!(found, Err(ProveError::File(ZkeyError::Place(0))));
	}

	/// Whatever points a stranger's key has, proving ends without a panic.
	#[test]
	fn any_points_are_proven_with() {
		let mut rng = StdRng::seed_from_u64(5);
		let (r1cs, witness) = circuit(77, 3);
		let key = setup(&r1cs, &mut rng).unwrap();
		for point in [G1Affine::zero(), key.alpha_g1, -key.delta_g1] {
			let mut other = key.clone();
			[&mut other.a, &mut other.b_g1, &mut other.l, &mut other.h]
				.into_iter()
				.for_each(|list| list.fill(point));
			let _ = prove(&other, &witness, &mut rng);
		}
		let mut other = key.clone();
		let outside = (1u64..)
			.filter_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::from(x), false))
			.find(|point| !point.is_in_correct_subgroup_assuming_on_curve())
			.unwrap();
		other.b_g2.fill(outside);
		let _ = prove(&other, &witness, &mut rng);
		other.b_g2 =
			(0..other.b_g2.len()).map(|at| if at % 2 == 0 { outside } else { -outside }).collect();
		let _ = prove(&other, &witness, &mut rng);
		let vk = key.verifying_key().unwrap();
		let signals = [&witness[1], &witness[2]].map(encode_scalar);
		verify(&vk, &signals, &prove(&key, &witness, &mut rng).unwrap()).unwrap();
	}

	#[test]
	fn keys_of_two_setups_differ() {
		let mut rng = StdRng::seed_from_u64(3);
		let (r1cs, witness) = circuit(8, 0);
		let key = setup(&r1cs, &mut rng).unwrap();
		let other = setup(&r1cs, &mut rng).unwrap();
		let proof = prove(&key, &witness, &mut rng).unwrap();
		let signals = [encode_scalar(&Fr::from(1)), encode_scalar(&Fr::from(0))];
		verify(&key.verifying_key().unwrap(), &signals, &proof).unwrap();
		assert!(verify(&other.verifying_key().unwrap(), &signals, &proof).is_err());
	}
}
