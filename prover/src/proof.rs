//! Proving, and the check that a chain makes.

use crate::{
	key::{ProvingKey, Rows},
	msm::{self, Curve, Scalars},
	progress::Progress,
	transform::Quotients,
};
use ark_bn254::Fr;
use ark_ec::{
	short_weierstrass::{Affine, Projective},
	AffineRepr, CurveGroup,
};
use ark_ff::{UniformRand, Zero};
use rand::{CryptoRng, RngCore};
use rayon::prelude::*;
use thiserror::Error;
use zkml_primitives::{Hint, HintedProof, Proof, VerifyingKey, PROOF_LEN};
use zkml_verifier::{
	encoding::{encode_g1, encode_g2},
	KeyError, PreparedKey, RawKey, VerifyError,
};

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
	prove_checked(key, &quotients(key)?, witness, rng, &())
}

/// A key that was checked, with what all its proofs have in common.
pub struct Prover {
	key: ProvingKey,
	quotients: Quotients,
}

impl Prover {
	/// Checks a key, whose wires, rows and lists must fit each other; whether it is some circuit's, is for
	/// [`audit`](crate::audit()) to say.
	///
	/// # Errors
	/// [`ProveError::Key`].
	pub fn new(key: ProvingKey) -> Result<Self, ProveError> {
		check(&key)?;
		let quotients = quotients(&key)?;
		Ok(Self { key, quotients })
	}

	/// The key.
	pub fn key(&self) -> &ProvingKey {
		&self.key
	}

	/// [`prove`].
	///
	/// # Errors
	/// [`ProveError::WireCount`] if the witness does not fit the key, [`ProveError::Infinity`] if a point of
	/// the proof came out at infinity.
	pub fn prove(
		&self,
		witness: &[Fr],
		rng: &mut (impl RngCore + CryptoRng),
	) -> Result<Proof, ProveError> {
		self.prove_watched(witness, rng, &())
	}

	/// [`Self::prove`], whose steps are the transforms that make the quotient, and a sum over each of the
	/// key's lists, in points.
	///
	/// # Errors
	/// As [`Self::prove`].
	pub fn prove_watched(
		&self,
		witness: &[Fr],
		rng: &mut (impl RngCore + CryptoRng),
		progress: &dyn Progress,
	) -> Result<Proof, ProveError> {
		prove_checked(&self.key, &self.quotients, witness, rng, progress)
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
	// What blinds is multiplied with δ: without it a proof could verify, and tell of its witness.
	if key.delta_g1.is_zero() || key.delta_g2.is_zero() {
		return Err(ProveError::Key("δ is at infinity, so that proofs would not be blinded"));
	}
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

fn quotients(key: &ProvingKey) -> Result<Quotients, ProveError> {
	Quotients::new(key.domain).ok_or(ProveError::Key("the field has no domain of its size"))
}

/// Proves with a key that was checked.
fn prove_checked(
	key: &ProvingKey,
	quotients: &Quotients,
	witness: &[Fr],
	rng: &mut (impl RngCore + CryptoRng),
	progress: &dyn Progress,
) -> Result<Proof, ProveError> {
	let wires = key.wires();
	if witness.len() != wires {
		return Err(ProveError::WireCount { expected: wires, got: witness.len() });
	}
	let (r, s) = (Fr::rand(rng), Fr::rand(rng));

	progress.step("quotient", 1);
	// `A·B − C` vanishes on the domain, so its values on the odd half of that of twice the size give the
	// quotient by the vanishing polynomial.
	let quotient = quotients
		.of(|row| evaluate(&key.a_rows, witness, row), |row| evaluate(&key.b_rows, witness, row));
	progress.advance(1);
	let h = sum("sum of H", &key.h, &Scalars::new(&quotient), 0, progress);
	drop(quotient);
	let witness = Scalars::new(witness);
	let l = sum("sum of L", &key.l, &witness, key.ic.len(), progress);
	let a = sum("sum of A", &key.a, &witness, 0, progress) + key.alpha_g1 + key.delta_g1 * r;
	let b_g1 = sum("sum of B in G1", &key.b_g1, &witness, 0, progress);
	let b_g1 = b_g1 + key.beta_g1 + key.delta_g1 * s;
	let b = sum("sum of B in G2", &key.b_g2, &witness, 0, progress);
	let b = b + key.beta_g2 + key.delta_g2 * s;
	let c = l + h + a * s + b_g1 * r - key.delta_g1 * (r * s);

	let mut bytes = [0; PROOF_LEN];
	let infinity = ProveError::Infinity;
	let (Some(a), Some(b), Some(c)) =
		(encode_g1(&a.into_affine()), encode_g2(&b.into_affine()), encode_g1(&c.into_affine()))
	else {
		return Err(infinity);
	};
	bytes[..64].copy_from_slice(&a);
	bytes[64..192].copy_from_slice(&b);
	bytes[192..].copy_from_slice(&c);
	Ok(Proof(bytes))
}

/// A sum as a step.
fn sum<P: Curve>(
	name: &str,
	bases: &[Affine<P>],
	scalars: &Scalars<'_>,
	first: usize,
	progress: &dyn Progress,
) -> Projective<P> {
	progress.step(name, bases.len() as u64);
	msm::sum(bases, scalars, first, |count| progress.advance(count))
}

/// A row times a witness that has all wires; zero where there is no row.
fn evaluate(rows: &Rows, witness: &[Fr], row: usize) -> Fr {
	if row >= rows.len() {
		return Fr::zero();
	}
	rows.row(row).iter().map(|&(wire, coefficient)| coefficient * witness[wire as usize]).sum()
}

/// Why a proof is not accepted.
#[derive(Debug, Error)]
pub enum VerifyFailure {
	/// The key is malformed.
	#[error("the verifying key is malformed: {0}")]
	Key(KeyError),
	/// The proof is malformed or does not hold.
	#[error("{0}")]
	Proof(VerifyError),
}

/// Verifies a proof as a chain does in a batch.
///
/// # Errors
/// [`VerifyFailure`] if key or proof are malformed, or the proof does not hold.
pub fn verify(
	key: &VerifyingKey,
	signals: &[[u8; 32]],
	proof: &Proof,
) -> Result<(), VerifyFailure> {
	prepare(key)?.verify(signals, &proof.0).map_err(VerifyFailure::Proof)
}

/// Verifies a proof, and makes the hint with which a chain checks it by itself.
///
/// # Errors
/// As [`verify`].
pub fn hinted(
	key: &VerifyingKey,
	signals: &[[u8; 32]],
	proof: &Proof,
) -> Result<HintedProof, VerifyFailure> {
	let hint = prepare(key)?.hint(signals, &proof.0).map_err(VerifyFailure::Proof)?;
	Ok(HintedProof { proof: *proof, hint: Hint(hint) })
}

fn prepare(key: &VerifyingKey) -> Result<PreparedKey, VerifyFailure> {
	let raw = RawKey {
		alpha: &key.alpha,
		beta: &key.beta,
		gamma: &key.gamma,
		delta: &key.delta,
		ic: &key.ic,
	};
	PreparedKey::validate(&raw).map_err(VerifyFailure::Key)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::setup::setup;
	use ark_bn254::{Fq2, G1Affine, G2Affine};
	use rand::{rngs::StdRng, SeedableRng};
	use zkml_circuits::{
		gadgets::requantize::{requantize, Requantization},
		r1cs::{Builder, R1cs},
		Bounds, Signal,
	};
	use zkml_verifier::encoding::encode_scalar;

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
		assert_eq!(prover.key(), &key);
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
