//! A valid key, its signals and a proof of them, of which anything may be changed.

use crate::{
	reference::{self, Verdict},
	Input,
};
use ark_bn254::{Fq, Fr};
use std::sync::LazyLock;
use zkml_verifier::{
	encoding::encode_scalar,
	engine::{Arkworks, Engine},
	fixtures::{Fixture, Key, Part},
	generic::{verify_batch, Claim, PreparedKey},
	BatchError, Portable, VerifyError,
};

/// The most changes to one instance.
const MAX_CHANGES: usize = 6;

#[derive(Clone, Debug, PartialEq)]
struct Instance {
	key: Key,
	signals: Vec<[u8; 32]>,
	proof: [u8; 256],
	/// Of the instance as it was made.
	hint: [u8; 192],
}

/// A key, prepared by both engines.
struct Prepared {
	arkworks: PreparedKey<Arkworks>,
	portable: PreparedKey<Portable>,
}

/// An engine, and the keys that it has prepared.
trait Keeps: Engine {
	fn kept(prepared: &Prepared) -> &PreparedKey<Self>;
}

impl Keeps for Arkworks {
	fn kept(prepared: &Prepared) -> &PreparedKey<Self> {
		&prepared.arkworks
	}
}

impl Keeps for Portable {
	fn kept(prepared: &Prepared) -> &PreparedKey<Self> {
		&prepared.portable
	}
}

/// Valid instances of keys that have all, some or no parts in common. No signal is zero, since the
/// point of one that is does not matter.
static INSTANCES: LazyLock<Vec<(Instance, Prepared)>> = LazyLock::new(|| {
	let first = Fixture::new(1, 2);
	let fixtures = [
		first.sharing(&[Part::AlphaBeta, Part::Gamma, Part::Delta], 2, 2),
		first.sharing(&[Part::Gamma], 3, 1),
		first.sharing(&[Part::Delta, Part::AlphaBeta], 4, 3),
		Fixture::usual(5, 0),
		Fixture::new(6, 4),
		first,
	];
	let instance = |(seed, fixture): (u64, Fixture)| {
		let signals: Vec<_> = (1..fixture.key.ic.len() as u64)
			.map(|j| encode_scalar(&if j % 2 == 0 { -Fr::from(j) } else { Fr::from(seed + j) }))
			.collect();
		let proof = fixture.prove(&signals, seed);
		let raw = fixture.key.raw();
		let prepared = Prepared {
			arkworks: PreparedKey::validate(&raw).expect("a fixture is valid"),
			portable: PreparedKey::validate(&raw).expect("a fixture is valid"),
		};
		let hint = fixture.hint(&signals, &proof);
		(Instance { key: fixture.key, signals, proof, hint }, prepared)
	};
	(1..).zip(fixtures).map(instance).collect()
});

impl Instance {
	/// All points: 4 of the key, those of `ic`, 3 of the proof.
	fn point(&mut self, index: usize) -> &mut [u8] {
		let Self { key: Key { alpha, beta, gamma, delta, ic }, proof, .. } = self;
		match index % (7 + ic.len()) {
			0 => alpha,
			1 => beta,
			2 => gamma,
			3 => delta,
			4 => &mut proof[..64],
			5 => &mut proof[64..192],
			6 => &mut proof[192..],
			other => &mut ic[other - 7],
		}
	}

	/// All bytes, in pieces.
	fn pieces(&mut self) -> impl Iterator<Item = &mut u8> {
		let Self { key: Key { alpha, beta, gamma, delta, ic }, signals, proof, .. } = self;
		proof
			.iter_mut()
			.chain(signals.as_flattened_mut())
			.chain(ic.as_flattened_mut())
			.chain(alpha)
			.chain(beta)
			.chain(gamma)
			.chain(delta)
	}

	/// Changes something. Answers whether that was blind: an integer xored onto bytes.
	fn change(&mut self, input: &mut Input<'_>) -> bool {
		let kind = input.below(13);
		match kind {
			0 => {
				let index = input.below(256);
				reference::negate(self.point(index));
			},
			1 => {
				// `e(A, B) = e(−A, −B)`: a different proof of the same.
				reference::negate(&mut self.proof[..64]);
				reference::negate(&mut self.proof[64..192]);
			},
			2 => {
				let mut other = input.choose(&INSTANCES).0.clone();
				let index = input.below(256);
				let from = other.point(input.below(256)).to_vec();
				let to = self.point(index);
				if to.len() == from.len() {
					to.copy_from_slice(&from);
				}
			},
			3 => {
				let index = input.below(256);
				let to = self.point(index);
				if to.len() == 64 {
					to.copy_from_slice(&reference::any_g1(input));
				} else {
					to.copy_from_slice(&reference::any_g2(input));
				}
			},
			4 => {
				let index = input.below(256);
				let point = self.point(index);
				let word = input.below(point.len() / 32);
				reference::add_modulus::<Fq>(&mut point[word * 32..][..32]);
			},
			5 if !self.signals.is_empty() => {
				let index = input.below(self.signals.len());
				reference::add_modulus::<Fr>(&mut self.signals[index]);
			},
			6 => self.signals.push(input.array()),
			7 => drop(self.signals.pop()),
			8 if !self.signals.is_empty() => {
				let [i, j] = [(); 2].map(|()| input.below(self.signals.len()));
				self.signals.swap(i, j);
				if input.any() {
					self.key.ic.swap(i + 1, j + 1);
				}
			},
			9 => self.key.ic.push(reference::any_g1(input)),
			12 => {
				let at = input.below(192);
				match input.any() {
					true => self.hint[at] ^= input.any::<u8>(),
					false => self.hint = input.choose(&INSTANCES).0.hint,
				}
			},
			_ => {
				let start = usize::from(input.any::<u16>());
				let length = usize::from(input.any::<u8>()) + 1;
				let total = self.pieces().count();
				let change = input.up_to(length).to_vec();
				for (byte, change) in self.pieces().skip(start % total).zip(change) {
					*byte ^= change;
				}
				return true;
			},
		}
		false
	}
}

/// Which instance, then changes to it, each a kind and what that kind needs.
pub fn run(data: &[u8]) {
	let input = &mut Input::new(data);
	let (original, original_key) = input.choose(&INSTANCES);
	let shape: u8 = input.any();
	let mut changed = original.clone();
	let mut blind = true;
	for _ in 0..MAX_CHANGES {
		if input.is_empty() {
			break;
		}
		blind &= changed.change(input);
	}

	let Instance { signals, proof, hint, .. } = &changed;
	let expected = reference::key(&changed.key.raw()).map(|key| {
		let verdict = reference::verify(&key, signals, proof);
		let hinted = verdict == Verdict::True && reference::is_hint(&key, signals, proof, hint);
		(verdict, hinted)
	});
	if changed == *original {
		assert_eq!(expected, Some((Verdict::True, true)));
	} else if blind && (Instance { hint: original.hint, ..changed.clone() }) != *original {
		let accepted = expected.is_some_and(|(verdict, _)| verdict == Verdict::True);
		assert!(!accepted, "a blind change was accepted");
	}

	let same = changed.key == original.key;
	against::<Arkworks>(&changed, same, original_key, expected, shape);
	against::<Portable>(&changed, same, original_key, expected, shape);
}

/// An engine says of key and proof what is expected.
fn against<E: Keeps>(
	changed: &Instance,
	same: bool,
	original: &Prepared,
	expected: Option<(Verdict, bool)>,
	shape: u8,
) {
	let original = E::kept(original);
	let validated = match same {
		true => Ok(original.clone()),
		false => PreparedKey::validate(&changed.key.raw()),
	};
	assert_eq!(validated.is_ok(), expected.is_some());
	if let (Ok(key), Some(expected)) = (&validated, expected) {
		check(key, changed, expected, shape);
	} else if !same {
		// Nobody validated this key, so what it says means nothing; it must say something.
		let target = original.alpha_beta();
		if let Ok(key) = PreparedKey::<E>::from_validated(&changed.key.raw(), &target) {
			let Instance { signals, proof, hint, .. } = changed;
			let _ = key.verify(signals, proof);
			let _ = key.verify_hinted(signals, proof, hint);
			let _ = verify_batch(&[Claim { id: &[0; 32], key: &key, signals, proof }]);
		}
	}
}

/// The check of one proof, and of a batch that holds it, say what is expected.
fn check<E: Keeps>(
	key: &PreparedKey<E>,
	changed: &Instance,
	(expected, hinted): (Verdict, bool),
	shape: u8,
) {
	let single = key.verify(&changed.signals, &changed.proof);
	let verdict = match single {
		Ok(()) => Verdict::True,
		Err(VerifyError::Invalid) => Verdict::False,
		Err(_) => Verdict::Malformed,
	};
	assert_eq!(verdict, expected, "{single:?}");
	let by_hint = key.verify_hinted(&changed.signals, &changed.proof, &changed.hint);
	assert_eq!(by_hint.is_ok(), hinted, "{by_hint:?}");

	let Instance { signals, proof, .. } = changed;
	let ids: Vec<_> = (0..=u8::MAX).map(|id| [id; 32]).collect();
	let mut claims =
		vec![Claim { id: &ids[255], key, signals, proof }; 1 + usize::from(shape >> 7)];
	for ((instance, key), id) in INSTANCES.iter().zip(&ids).take(usize::from(shape >> 2 & 3)) {
		let Instance { signals, proof, .. } = instance;
		claims.push(Claim { id, key: E::kept(key), signals, proof });
	}
	let at = usize::from(shape & 3) % claims.len();
	claims.rotate_right(at);
	let index = claims.iter().position(|claim| claim.id == &ids[255]).expect("it is there; qed");
	assert_eq!(
		verify_batch(&claims),
		match single {
			Ok(()) => Ok(()),
			Err(VerifyError::Invalid) => Err(BatchError::Invalid),
			Err(error) => Err(BatchError::Claim { index: index as u32, error }),
		}
	);
}
