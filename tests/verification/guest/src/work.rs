//! What is measured: the same code natively and in Wasm.

use alloc::vec::Vec;
use ark_bn254::Bn254;
use ark_groth16::{
	prepare_verifying_key, Groth16, PreparedVerifyingKey, Proof as PlainProof, VerifyingKey,
};
use codec::{Decode, Encode};
use core::hint::black_box;
use zkml_verifier::{
	encoding::{decode_g1, decode_g2, decode_scalar},
	engine::{Arkworks, Engine},
	generic::{verify_batch, Claim, PreparedKey},
	parts::{decode, Parts, Question},
	Portable, RawKey,
};

/// Multiplications in a row.
pub(crate) const MULTIPLICATIONS: usize = 1_000;

const PREPARES: &str = "the key is valid";

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub(crate) enum Work {
	/// [`MULTIPLICATIONS`] in the field of coordinates.
	Multiplications,
	/// The Miller loops of a proof's three pairs, and whether `B` is of G2.
	MillerLoops,
	/// The final exponentiation.
	FinalExponentiation,
	/// A proof is decoded, and its points are on their curves.
	Decoding,
	/// The first proof is verified; the key is prepared from bytes.
	Verification,
	/// The same by a hint.
	Hinted,
	/// All proofs are verified together; the key is prepared from bytes, once.
	Batch,
}

/// Who does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub(crate) enum By {
	/// `ark-groth16`, whose key is prepared each time. It knows verifications only.
	Plain,
	/// `ark-groth16`, whose key is prepared beforehand. It verifies batches one by one.
	Prepared,
	/// `zkml-verifier` with arkworks' arithmetic.
	Arkworks,
	/// `zkml-verifier` with its own.
	Portable,
}

/// A key, and proofs of the same signals.
#[derive(Clone, Encode, Decode)]
pub(crate) struct Case {
	pub(crate) alpha: [u8; 64],
	pub(crate) beta: [u8; 128],
	pub(crate) gamma: [u8; 128],
	pub(crate) delta: [u8; 128],
	pub(crate) ic: Vec<[u8; 64]>,
	pub(crate) alpha_beta: [u8; 384],
	pub(crate) signals: Vec<[u8; 32]>,
	pub(crate) proofs: Vec<[u8; 256]>,
	/// Of the first proof.
	pub(crate) hint: [u8; 192],
}

impl Case {
	fn key(&self) -> RawKey<'_> {
		let Self { alpha, beta, gamma, delta, ic, .. } = self;
		RawKey { alpha, beta, gamma, delta, ic }
	}

	fn prepared<E: Engine>(&self) -> PreparedKey<E> {
		PreparedKey::from_validated(&self.key(), &self.alpha_beta).expect(PREPARES)
	}
}

/// What to do how often.
#[derive(Clone, Encode, Decode)]
pub(crate) struct Task {
	pub(crate) work: Work,
	pub(crate) by: By,
	pub(crate) times: u32,
	pub(crate) case: Case,
}

impl Task {
	/// Does it. `again` is called before each time, when nothing is left of the time before.
	///
	/// # Panics
	/// If a proof is not valid, or who should do it cannot.
	pub(crate) fn run(&self, again: impl FnMut()) {
		match self.by {
			By::Plain => self.run_plain(again),
			By::Prepared => self.run_prepared(again),
			By::Arkworks => self.run_with::<Arkworks>(again),
			By::Portable => self.run_with::<Portable>(again),
		}
	}

	fn repeat<T>(&self, mut again: impl FnMut(), mut work: impl FnMut() -> T) {
		for _ in 0..self.times {
			again();
			black_box(work());
		}
	}

	fn run_with<E: Parts>(&self, again: impl FnMut()) {
		let Self { work, case, .. } = self;
		let [proof, ..] = case.proofs.as_slice() else { panic!("no proof") };
		match work {
			Work::Multiplications => {
				let [a, b] = [3, 5].map(|number| [number; 32]);
				self.repeat(again, || E::multiplications(black_box(&a), &b, MULTIPLICATIONS))
			},
			Work::MillerLoops => {
				let key = case.prepared::<E>();
				let question = Question::new(&key, &case.signals, proof).expect("well-formed");
				let equation = question.equation();
				self.repeat(again, || E::miller_loops(black_box(&equation)));
			},
			Work::FinalExponentiation => {
				let key = case.prepared::<E>();
				let question = Question::new(&key, &case.signals, proof).expect("well-formed");
				let value = E::miller_loops(&question.equation()).expect("of G2");
				self.repeat(again, || E::final_exponentiation(black_box(&value)));
			},
			Work::Decoding => self.repeat(again, || assert!(decode::<E>(black_box(proof)).is_ok())),
			Work::Verification => self.repeat(again, || {
				let answer = case.prepared::<E>().verify(&case.signals, black_box(proof));
				assert!(answer.is_ok());
			}),
			Work::Hinted => self.repeat(again, || {
				let key = case.prepared::<E>();
				let answer = key.verify_hinted(&case.signals, black_box(proof), &case.hint);
				assert!(answer.is_ok());
			}),
			Work::Batch => self.repeat(again, || {
				let key = case.prepared::<E>();
				let claim =
					|proof| Claim { id: &[7; 32], key: &key, signals: &case.signals, proof };
				let claims: Vec<_> = black_box(&case.proofs).iter().map(claim).collect();
				assert!(verify_batch(&claims).is_ok());
			}),
		}
	}

	fn run_plain(&self, again: impl FnMut()) {
		let Self { work, case, .. } = self;
		assert!(*work == Work::Verification, "ark-groth16 knows verifications only");
		self.repeat(again, || {
			let key = prepare_verifying_key(&plain_key(&case.key()));
			assert!(case.proofs.iter().take(1).all(|proof| is_shown(&key, &case.signals, proof)));
		});
	}

	fn run_prepared(&self, again: impl FnMut()) {
		let Self { work, case, .. } = self;
		let count = match work {
			Work::Verification => 1,
			Work::Batch => case.proofs.len(),
			_ => panic!("ark-groth16 knows verifications only"),
		};
		let key = prepare_verifying_key(&plain_key(&case.key()));
		self.repeat(again, || {
			let mut proofs = black_box(&case.proofs).iter().take(count);
			assert!(proofs.all(|proof| is_shown(&key, &case.signals, proof)));
		});
	}
}

/// A key for `ark-groth16`: decoded, but not checked again.
fn plain_key(key: &RawKey<'_>) -> VerifyingKey<Bn254> {
	let g1 = |bytes| Arkworks::g1(bytes).expect(PREPARES);
	let g2 = |bytes| Arkworks::g2(bytes).expect(PREPARES);
	VerifyingKey {
		alpha_g1: g1(key.alpha),
		beta_g2: g2(key.beta),
		gamma_g2: g2(key.gamma),
		delta_g2: g2(key.delta),
		gamma_abc_g1: key.ic.iter().map(g1).collect(),
	}
}

/// Verifies by `ark-groth16`, which leaves it to others to decode and to check the points.
fn is_shown(key: &PreparedVerifyingKey<Bn254>, signals: &[[u8; 32]], proof: &[u8; 256]) -> bool {
	let decoded = || {
		let (a, rest) = proof.split_first_chunk()?;
		let (b, rest) = rest.split_first_chunk()?;
		let (c, _) = rest.split_first_chunk()?;
		let (a, b, c) = (decode_g1(a).ok()?, decode_g2(b).ok()?, decode_g1(c).ok()?);
		let signals: Option<Vec<_>> = signals.iter().map(decode_scalar).collect();
		Some((PlainProof { a, b, c }, signals?))
	};
	decoded().is_some_and(|(proof, signals)| {
		matches!(Groth16::<Bn254>::verify_proof(key, &proof, &signals), Ok(true))
	})
}
