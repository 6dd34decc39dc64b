//! Verifying keys, proofs and public signals as snarkjs writes them: decimal strings, points with
//! a third coordinate that is 1.

use crate::manifest::Manifest;
use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::PrimeField;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zkml_primitives::{Proof, Signal, VerifyingKey, PROOF_LEN};
use zkml_verifier::encoding::{
	decode_g1, decode_g2, decode_scalar, encode_g1, encode_g2, encode_scalar,
};

/// Why a JSON file cannot be read.
#[derive(Debug, Error)]
pub enum JsonError {
	/// It is not JSON of the expected shape.
	#[error("not a {what} in snarkjs' format: {error}")]
	Shape {
		/// What was expected.
		what: &'static str,
		/// What is wrong.
		error: serde_json::Error,
	},
	/// Another protocol or curve.
	#[error("protocol {protocol} over {curve} is not supported, only groth16 over bn128")]
	Protocol {
		/// Protocol found.
		protocol: String,
		/// Curve found.
		curve: String,
	},
	/// A number is not a canonical field element.
	#[error("{0} is not a number below the field's order")]
	Number(String),
	/// A point is not one of the group, or at infinity.
	#[error("{0} is not a point of its group, or at infinity")]
	Point(&'static str),
	/// A count does not fit.
	#[error("{0} public signals are declared, {1} points are there")]
	Counts(usize, usize),
}

type Point1 = [String; 3];
type Point2 = [[String; 2]; 3];

/// `verification_key.json`, with the manifest of this tool beside snarkjs' fields.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VerifyingKeyFile {
	protocol: String,
	curve: String,
	#[serde(rename = "nPublic")]
	n_public: usize,
	vk_alpha_1: Point1,
	vk_beta_2: Point2,
	vk_gamma_2: Point2,
	vk_delta_2: Point2,
	#[serde(rename = "IC")]
	ic: Vec<Point1>,
	/// What this tool knows of the key; absent in keys of snarkjs.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub zkml: Option<Manifest>,
}

/// `proof.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProofFile {
	pi_a: Point1,
	pi_b: Point2,
	pi_c: Point1,
	protocol: String,
	curve: String,
}

fn point1(point: &G1Affine) -> Point1 {
	match point.xy() {
		Some((x, y)) => [x.to_string(), y.to_string(), "1".into()],
		None => ["0".into(), "1".into(), "0".into()],
	}
}

fn point2(point: &G2Affine) -> Point2 {
	let pair = |value: Fq2| [value.c0.to_string(), value.c1.to_string()];
	let small = |a: &str, b: &str| [a.into(), b.into()];
	match point.xy() {
		Some((x, y)) => [pair(x), pair(y), small("1", "0")],
		None => [small("0", "0"), small("1", "0"), small("0", "0")],
	}
}

/// A canonical decimal number below the field's order.
fn number<F: PrimeField>(text: &str) -> Result<F, JsonError> {
	let refused = || JsonError::Number(text.chars().take(100).collect());
	let digits = !text.is_empty() && text.len() <= 78 && text.bytes().all(|b| b.is_ascii_digit());
	let value = F::from_str(text).ok().filter(|_| digits).ok_or_else(refused)?;
	// Reading reduces modulo the order; writing shows whether it did.
	(value.to_string() == text).then_some(value).ok_or_else(refused)
}

fn read1(point: &Point1, name: &'static str) -> Result<[u8; 64], JsonError> {
	let affine = G1Affine::new_unchecked(number(&point[0])?, number(&point[1])?);
	let bytes = encode_g1(&affine).filter(|_| point[2] == "1");
	let bytes = bytes.ok_or(JsonError::Point(name))?;
	decode_g1(&bytes).map(|_| bytes).map_err(|_| JsonError::Point(name))
}

fn read2(point: &Point2, name: &'static str) -> Result<[u8; 128], JsonError> {
	let pair = |pair: &[String; 2]| -> Result<Fq2, JsonError> {
		Ok(Fq2::new(number::<Fq>(&pair[0])?, number::<Fq>(&pair[1])?))
	};
	let affine = G2Affine::new_unchecked(pair(&point[0])?, pair(&point[1])?);
	let finite = point[2][0] == "1" && point[2][1] == "0";
	let bytes = encode_g2(&affine).filter(|_| finite).ok_or(JsonError::Point(name))?;
	decode_g2(&bytes).map(|_| bytes).map_err(|_| JsonError::Point(name))
}

fn check(protocol: &str, curve: &str) -> Result<(), JsonError> {
	if protocol == "groth16" && curve == "bn128" {
		return Ok(());
	}
	Err(JsonError::Protocol { protocol: protocol.into(), curve: curve.into() })
}

fn parse<T: serde::de::DeserializeOwned>(text: &str, what: &'static str) -> Result<T, JsonError> {
	serde_json::from_str(text).map_err(|error| JsonError::Shape { what, error })
}

/// Renders a verifying key.
///
/// # Errors
/// [`JsonError::Point`] if its bytes are no points.
pub fn verifying_key_to_json(
	key: &VerifyingKey,
	manifest: Option<&Manifest>,
) -> Result<VerifyingKeyFile, JsonError> {
	let g1 = |bytes: &[u8; 64]| decode_g1(bytes).map(|point| point1(&point));
	let g2 = |bytes: &[u8; 128]| decode_g2(bytes).map(|point| point2(&point));
	let ic = key.ic.iter().map(g1).collect::<Result<Vec<_>, _>>();
	Ok(VerifyingKeyFile {
		protocol: "groth16".into(),
		curve: "bn128".into(),
		n_public: key.ic.len().saturating_sub(1),
		vk_alpha_1: g1(&key.alpha).map_err(|_| JsonError::Point("vk_alpha_1"))?,
		vk_beta_2: g2(&key.beta).map_err(|_| JsonError::Point("vk_beta_2"))?,
		vk_gamma_2: g2(&key.gamma).map_err(|_| JsonError::Point("vk_gamma_2"))?,
		vk_delta_2: g2(&key.delta).map_err(|_| JsonError::Point("vk_delta_2"))?,
		ic: ic.map_err(|_| JsonError::Point("IC"))?,
		zkml: manifest.cloned(),
	})
}

/// Reads a verifying key and, where this tool made it, its manifest.
///
/// # Errors
/// [`JsonError`] for another format, protocol or curve, or for points that are none.
pub fn read_verifying_key(text: &str) -> Result<(VerifyingKey, Option<Manifest>), JsonError> {
	let file: VerifyingKeyFile = parse(text, "verification key")?;
	check(&file.protocol, &file.curve)?;
	let counts = JsonError::Counts(file.n_public, file.ic.len());
	if file.ic.len() != file.n_public.saturating_add(1) {
		return Err(counts);
	}
	let ic = file.ic.iter().map(|point| read1(point, "IC")).collect::<Result<Vec<_>, _>>()?;
	let key = VerifyingKey {
		alpha: read1(&file.vk_alpha_1, "vk_alpha_1")?,
		beta: read2(&file.vk_beta_2, "vk_beta_2")?,
		gamma: read2(&file.vk_gamma_2, "vk_gamma_2")?,
		delta: read2(&file.vk_delta_2, "vk_delta_2")?,
		ic: ic.try_into().map_err(|_| counts)?,
	};
	Ok((key, file.zkml))
}

/// Renders a proof.
///
/// # Errors
/// [`JsonError::Point`] if its bytes are no points.
pub fn proof_to_json(proof: &Proof) -> Result<ProofFile, JsonError> {
	let (a, b, c) = split(proof);
	Ok(ProofFile {
		pi_a: point1(&decode_g1(&a).map_err(|_| JsonError::Point("pi_a"))?),
		pi_b: point2(&decode_g2(&b).map_err(|_| JsonError::Point("pi_b"))?),
		pi_c: point1(&decode_g1(&c).map_err(|_| JsonError::Point("pi_c"))?),
		protocol: "groth16".into(),
		curve: "bn128".into(),
	})
}

fn split(proof: &Proof) -> ([u8; 64], [u8; 128], [u8; 64]) {
	let (mut a, mut b, mut c) = ([0; 64], [0; 128], [0; 64]);
	a.copy_from_slice(&proof.0[..64]);
	b.copy_from_slice(&proof.0[64..192]);
	c.copy_from_slice(&proof.0[192..]);
	(a, b, c)
}

/// Reads a proof.
///
/// # Errors
/// [`JsonError`] for another format, protocol or curve, or for points that are none.
pub fn read_proof(text: &str) -> Result<Proof, JsonError> {
	let file: ProofFile = parse(text, "proof")?;
	check(&file.protocol, &file.curve)?;
	let mut bytes = [0; PROOF_LEN];
	bytes[..64].copy_from_slice(&read1(&file.pi_a, "pi_a")?);
	bytes[64..192].copy_from_slice(&read2(&file.pi_b, "pi_b")?);
	bytes[192..].copy_from_slice(&read1(&file.pi_c, "pi_c")?);
	Ok(Proof(bytes))
}

/// Renders public signals.
///
/// # Errors
/// [`JsonError::Number`] if one is not below the field's order.
pub fn signals_to_json(signals: &[Signal]) -> Result<Vec<String>, JsonError> {
	let render = |signal: &Signal| {
		let value = decode_scalar(signal).ok_or_else(|| JsonError::Number(hex::encode(signal)))?;
		Ok(value.to_string())
	};
	signals.iter().map(render).collect()
}

/// Reads public signals.
///
/// # Errors
/// [`JsonError`] if the text is no list of canonical decimal numbers.
pub fn read_signals(text: &str) -> Result<Vec<Signal>, JsonError> {
	let numbers: Vec<String> = parse(text, "list of public signals")?;
	numbers.iter().map(|text| Ok(encode_scalar(&number::<Fr>(text)?))).collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use rand::{rngs::StdRng, SeedableRng};
	use zkml_circuits::r1cs::Builder;

	fn key_and_proof() -> (VerifyingKey, Proof) {
		let mut rng = StdRng::seed_from_u64(5);
		let mut builder = Builder::both(1, 0);
		let out = builder.public(0);
		let x = builder.alloc_private_input(|| Fr::from(3));
		builder.assign(out, || Fr::from(9));
		builder.enforce(|| [x.into(), x.into(), out.into()]);
		let witness = builder.take_witness();
		let key = crate::setup(&builder.into_r1cs().0, &mut rng).unwrap();
		let proof = crate::prove(&key, &witness, &mut rng).unwrap();
		(key.verifying_key().unwrap(), proof)
	}

	#[test]
	fn files_come_back() {
		let (key, proof) = key_and_proof();
		let text = serde_json::to_string(&verifying_key_to_json(&key, None).unwrap()).unwrap();
		assert_eq!(read_verifying_key(&text).unwrap(), (key, None));
		let text = serde_json::to_string(&proof_to_json(&proof).unwrap()).unwrap();
		assert_eq!(read_proof(&text).unwrap(), proof);
		let signals = vec![encode_scalar(&Fr::from(-1)), [0; 32]];
		let text = serde_json::to_string(&signals_to_json(&signals).unwrap()).unwrap();
		assert_eq!(read_signals(&text).unwrap(), signals);
	}

	#[test]
	fn numbers_must_be_canonical() {
		let order = Fr::MODULUS.to_string();
		for text in ["", "-1", "+1", "01", "0x1", " 1", &order, "9".repeat(78).as_str()] {
			let list = serde_json::to_string(&[text]).unwrap();
			assert!(matches!(read_signals(&list), Err(JsonError::Number(_))), "{text}");
		}
		assert!(read_signals("[\"0\"]").is_ok());
	}

	#[test]
	fn points_must_be_points() {
		let (_, proof) = key_and_proof();
		let good = proof_to_json(&proof).unwrap();
		for damage in [
			|file: &mut ProofFile| file.pi_a[0] = "1".into(),
			|file: &mut ProofFile| file.pi_a[2] = "0".into(),
			|file: &mut ProofFile| file.pi_b[2] = ["0".into(), "0".into()],
			|file: &mut ProofFile| file.pi_c = ["0".into(), "0".into(), "1".into()],
		] {
			let mut file = good.clone();
			damage(&mut file);
			let text = serde_json::to_string(&file).unwrap();
			assert!(matches!(read_proof(&text), Err(JsonError::Point(_))));
		}
		let mut file = good;
		file.curve = "bls12381".into();
		let text = serde_json::to_string(&file).unwrap();
		assert!(matches!(read_proof(&text), Err(JsonError::Protocol { .. })));
	}
}
