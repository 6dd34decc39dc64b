//! Names as a circuit's module knows them: hashes of signals, and numbers of fields.

/// The order of BN254's scalar field.
pub(super) const BN254: &str = "0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";

/// The fields that Circom compiles for, by the names of its option `--prime`.
const PRIMES: [(&str, &str); 8] = [
	("bn128", BN254),
	("bls12377", "0x12ab655e9a2ca55660b44d1e5c37b00159aa76fed00000010a11800000000001"),
	("bls12381", "0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"),
	("goldilocks", "0xffffffff00000001"),
	("grumpkin", "0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47"),
	("pallas", "0x40000000000000000000000000000000224698fc094cf91b992d30ed00000001"),
	("secq256r1", "0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
	("vesta", "0x40000000000000000000000000000000224698fc0994a8dd8c46eb2100000001"),
];

/// Stands for a field that Circom has no name for.
pub(super) const UNKNOWN: &str = "an unknown curve";

/// The name of a field by its order.
pub(super) fn curve(prime: &str) -> &'static str {
	PRIMES.iter().find(|(_, order)| *order == prime).map_or(UNKNOWN, |(name, _)| name)
}

/// The 64-bit FNV-1a hash of a signal's name, as its upper and its lower half.
pub(super) fn halves(name: &str) -> (u32, u32) {
	let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
		(hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
	});
	((hash >> 32) as u32, hash as u32)
}

/// Names that differ from this one by one slip: a letter too many, too few, wrong or swapped with
/// its neighbour, or another way to join words.
pub(super) fn slips(name: &str) -> impl Iterator<Item = String> + '_ {
	const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	const LONGEST: usize = 64;

	let name = if name.is_ascii() && name.len() <= LONGEST { name } else { "" };
	let cuts =
		move || (0..name.len()).map(move |at| (&name[..at], &name[at..at + 1], &name[at + 1..]));
	let letters = || LETTERS.iter().map(|letter| char::from(*letter));
	let wrong = cuts()
		.flat_map(move |(before, _, after)| letters().map(move |c| format!("{before}{c}{after}")));
	let missing = cuts().flat_map(move |(before, letter, after)| {
		letters().map(move |c| format!("{before}{c}{letter}{after}"))
	});
	let missing_last = letters().filter(|_| !name.is_empty()).map(move |c| format!("{name}{c}"));
	let surplus = cuts().map(|(before, _, after)| format!("{before}{after}"));
	let swapped = cuts()
		.filter(|(_, _, after)| !after.is_empty())
		.map(|(before, letter, after)| format!("{before}{}{letter}{}", &after[..1], &after[1..]));
	let joined = [snake(name), camel(name), name.to_ascii_lowercase()];
	joined.into_iter().chain(wrong).chain(missing).chain(missing_last).chain(surplus).chain(swapped)
}

fn snake(name: &str) -> String {
	let mut out = String::new();
	for c in name.chars() {
		if c.is_ascii_uppercase() {
			out.push('_');
		}
		out.push(c.to_ascii_lowercase());
	}
	out
}

fn camel(name: &str) -> String {
	let mut out = String::new();
	let mut upper = false;
	for c in name.chars() {
		if c == '_' {
			upper = true;
			continue;
		}
		out.push(if std::mem::take(&mut upper) { c.to_ascii_uppercase() } else { c });
	}
	out
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn hashes_are_fnv_1a() {
		assert_eq!(halves(""), (0xcbf2_9ce4, 0x8422_2325));
		assert_eq!(halves("a"), (0xaf63_dc4c, 0x8601_ec8c));
		assert_eq!(halves("foobar"), (0x8594_4171, 0xf739_67e8));
	}

	#[test]
	fn slips_reach_what_was_meant() {
		let reaches = |typed, meant: &str| slips(typed).any(|name| name == meant);
		assert!(reaches("sceret", "secret"));
		assert!(reaches("secre", "secret"));
		assert!(reaches("secrett", "secret"));
		assert!(reaches("Secret", "secret"));
		assert!(reaches("ecret", "secret"));
		assert!(reaches("pathIndices", "path_indices"));
		assert!(reaches("path_indices", "pathIndices"));
		assert!(!reaches("scope", "secret"));
		assert_eq!(slips(&"x".repeat(65)).filter(|name| !name.is_empty()).count(), 0);
	}

	#[test]
	fn bn254_is_the_field_of_arkworks() {
		use ark_ff::PrimeField;
		let limbs = ark_bn254::Fr::MODULUS.0;
		let hex = limbs.iter().rev().map(|limb| format!("{limb:016x}")).collect::<String>();
		assert_eq!(BN254, format!("0x{hex}"));
	}
}
