//! The inputs of a circuit, as snarkjs' `input.json` has them.

use super::WitnessError;
use ark_bn254::Fr;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::{collections::BTreeMap, fmt};

/// Values by the names of input signals; arrays of any dimension are flattened, row by row.
pub type Inputs = BTreeMap<String, Vec<Fr>>;

/// Bytes of the file.
const MAX_BYTES: usize = 64 << 20;
/// Signals in it.
const MAX_SIGNALS: usize = 1 << 16;
/// Values of all signals together.
const MAX_VALUES: usize = 1 << 24;
/// Bytes of a signal's name, with the buses that it is part of.
const MAX_NAME: usize = 1 << 10;
/// Arrays and buses within one another.
const MAX_DEPTH: usize = 32;
/// Digits of a number, and bytes of a value that an error shows.
const MAX_DIGITS: usize = 1 << 10;
const MAX_SHOWN: usize = 80;

/// Reads the inputs of a circuit: an object with a number, or nested arrays of numbers, for each
/// signal.
///
/// A number is a JSON number without fraction and exponent, a string of decimal digits with or
/// without a sign, a string of digits with the prefix `0x`, `0o` or `0b`, or a boolean, which is one
/// or zero. All are reduced modulo the order of BN254's scalar field, so that -1 is the order less
/// one. An object in the place of a value is a bus: the fields of `{"p": {"x": 1}}` are the signal
/// `p.x`, those in an array `p[0].x`.
///
/// A JSON number keeps all of its digits, as the text of a value is read and not a number that JSON
/// has made of it. snarkjs rounds those beyond 2⁵³: a file that has to mean the same to both writes
/// them as strings.
///
/// # Errors
/// [`WitnessError::Json`], [`WitnessError::InputSize`], [`WitnessError::TooDeep`],
/// [`WitnessError::Value`], [`WitnessError::Duplicate`].
pub fn read_inputs(text: &str) -> Result<Inputs, WitnessError> {
	at_most("bytes", text.len(), MAX_BYTES)?;
	let mut reader = Reader::default();
	for (name, value) in serde_json::from_str::<Fields>(text)?.0 {
		reader.signal(name, value, 0)?;
	}
	Ok(reader.inputs)
}

/// An object's fields as they are written, in their order and with those that are there twice.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		struct All;

		impl<'de> Visitor<'de> for All {
			type Value = Fields<'de>;

			fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
				formatter.write_str("an object of signals")
			}

			fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
				let mut fields = Vec::new();
				while let Some(field) = map.next_entry()? {
					fields.push(field);
				}
				Ok(Fields(fields))
			}
		}

		deserializer.deserialize_map(All)
	}
}

#[derive(Default)]
struct Reader {
	inputs: Inputs,
	values: usize,
}

impl Reader {
	/// Reads a signal, or the signals of a bus or of an array of buses.
	fn signal(&mut self, name: String, value: &RawValue, depth: usize) -> Result<(), WitnessError> {
		at_most("bytes in a signal's name", name.len(), MAX_NAME)?;
		if depth > MAX_DEPTH {
			return Err(WitnessError::TooDeep { signal: name, most: MAX_DEPTH });
		}
		let text = value.get();
		if text.starts_with('{') {
			for (field, value) in serde_json::from_str::<Fields>(text)?.0 {
				self.signal(format!("{name}.{field}"), value, depth + 1)?;
			}
			return Ok(());
		}
		let first = text.trim_start_matches(|c: char| c == '[' || c.is_ascii_whitespace());
		if first.starts_with('{') {
			let elements = serde_json::from_str::<Vec<&RawValue>>(text)?;
			for (index, value) in elements.into_iter().enumerate() {
				self.signal(format!("{name}[{index}]"), value, depth + 1)?;
			}
			return Ok(());
		}
		let mut values = Vec::new();
		self.values(&name, value, depth, &mut values)?;
		at_most("signals", self.inputs.len() + 1, MAX_SIGNALS)?;
		if self.inputs.contains_key(&name) {
			return Err(WitnessError::Duplicate { signal: name });
		}
		self.inputs.insert(name, values);
		Ok(())
	}

	/// Appends the values of a signal, row by row.
	fn values(
		&mut self,
		signal: &str,
		value: &RawValue,
		depth: usize,
		values: &mut Vec<Fr>,
	) -> Result<(), WitnessError> {
		let text = value.get();
		if !text.starts_with('[') {
			self.values += 1;
			at_most("values", self.values, MAX_VALUES)?;
			let refused = || WitnessError::Value {
				signal: signal.into(),
				value: text.chars().take(MAX_SHOWN).collect(),
			};
			values.push(number(text).ok_or_else(refused)?);
			return Ok(());
		}
		if depth == MAX_DEPTH {
			return Err(WitnessError::TooDeep { signal: signal.into(), most: MAX_DEPTH });
		}
		for value in serde_json::from_str::<Vec<&RawValue>>(text)? {
			self.values(signal, value, depth + 1, values)?;
		}
		Ok(())
	}
}

/// A number from its JSON text; `None` if it is something else.
fn number(json: &str) -> Option<Fr> {
	match json {
		"true" => return Some(Fr::from(1u64)),
		"false" => return Some(Fr::from(0u64)),
		_ => {},
	}
	let text = json.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(json);
	let prefixed =
		|prefixes: [&str; 2]| prefixes.iter().find_map(|prefix| text.strip_prefix(prefix));
	if let Some(text) = prefixed(["0x", "0X"]) {
		return digits(text, 16, 15);
	}
	if let Some(text) = prefixed(["0o", "0O"]) {
		return digits(text, 8, 20);
	}
	if let Some(text) = prefixed(["0b", "0B"]) {
		return digits(text, 2, 60);
	}
	match text.strip_prefix('-') {
		Some(text) => digits(text, 10, 18).map(|value| -value),
		None => digits(text, 10, 18),
	}
}

/// A number from its digits, `chunk` of which fit 63 bits.
fn digits(text: &str, radix: u32, chunk: usize) -> Option<Fr> {
	let all = text.chars().all(|c| c.is_digit(radix));
	if !all || text.is_empty() || text.len() > MAX_DIGITS {
		return None;
	}
	let mut value = Fr::from(0u64);
	for part in text.as_bytes().chunks(chunk) {
		let (mut shift, mut low) = (1u64, 0u64);
		for digit in part {
			shift *= u64::from(radix);
			low = low * u64::from(radix) + u64::from(char::from(*digit).to_digit(radix)?);
		}
		value = value * Fr::from(shift) + Fr::from(low);
	}
	Some(value)
}

fn at_most(what: &'static str, found: usize, most: usize) -> Result<(), WitnessError> {
	if found > most {
		return Err(WitnessError::InputSize { what, found, most });
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;

	fn values(text: &str) -> Vec<String> {
		let inputs = read_inputs(text).unwrap();
		assert_eq!(inputs.len(), 1);
		inputs.values().flatten().map(|value| value.to_string()).collect()
	}

	mod reads {
		use super::*;

		const ORDER: &str =
			"21888242871839275222246405745257275088548364400416034343698204186575808495617";

		#[test]
		fn numbers_in_every_notation() {
			assert_eq!(values(r#"{"a": 7}"#), ["7"]);
			assert_eq!(values(r#"{"a": "7"}"#), ["7"]);
			assert_eq!(
				values(r#"{"a": ["0xff", "0XfF", "0o17", "0b101"]}"#),
				["255", "255", "15", "5"]
			);
			assert_eq!(values(r#"{"a": [true, false]}"#), ["1", "0"]);
		}

		#[test]
		fn numbers_modulo_the_order() {
			let less_one = format!("{}6", &ORDER[..ORDER.len() - 1]);
			assert_eq!(values(r#"{"a": -1}"#), [less_one.as_str()]);
			assert_eq!(values(r#"{"a": "-1"}"#), [less_one.as_str()]);
			assert_eq!(values(&format!(r#"{{"a": "{ORDER}"}}"#)), ["0"]);
			assert_eq!(values(&format!(r#"{{"a": "{less_one}"}}"#)), [less_one]);
		}

		#[test]
		fn json_numbers_with_all_of_their_digits() {
			let digits = "12345678901234567890123456789012345678901234567890";
			assert_eq!(values(&format!(r#"{{"a": {digits}}}"#)), [digits]);
			assert_eq!(values(r#"{"a": 18446744073709551617}"#), ["18446744073709551617"]);
		}

		#[test]
		fn nested_arrays_row_by_row() {
			assert_eq!(values(r#"{"a": [[1, [2]], [], [ 3 , "4"]]}"#), ["1", "2", "3", "4"]);
			assert_eq!(values(r#"{"a": []}"#), [""; 0]);
		}

		#[test]
		fn buses_as_their_fields() {
			let text = r#"{"p": {"x": 1, "q": {"y": [2, 3]}}, "l": [{"x": 4}, {"x": 5}]}"#;
			let inputs = read_inputs(text).unwrap();
			let names = inputs.keys().map(String::as_str).collect::<Vec<_>>();
			assert_eq!(names, ["l[0].x", "l[1].x", "p.q.y", "p.x"]);
			assert_eq!(inputs["p.q.y"], [Fr::from(2u64), Fr::from(3u64)]);
		}
	}

	mod refuses {
		use super::*;

		#[test]
		fn what_is_no_object() {
			for text in ["", "[1]", "1", "{\"a\": 1", "{\"a\": 1} x", "{a: 1}", "{\"a\": [1,]}"] {
				assert!(matches!(read_inputs(text), Err(WitnessError::Json(_))), "{text}");
			}
		}

		#[test]
		fn what_is_no_whole_number() {
			let values = [
				"null",
				"1.5",
				"1e3",
				"1.0",
				"\"\"",
				"\"0x\"",
				"\"-0x1\"",
				"\" 1\"",
				"\"+1\"",
				"\"1_0\"",
				"\"0xg\"",
				"\"one\"",
				"\"--1\"",
				"\"٣\"",
				"\"\\u0031\"",
				"[1, {\"x\": 2}]",
			];
			for value in values {
				let error = read_inputs(&format!("{{\"sig\": {value}}}")).unwrap_err();
				let WitnessError::Value { signal, .. } = error else { panic!("{value}: {error}") };
				assert_eq!(signal, "sig");
			}
			let long = "1".repeat(MAX_DIGITS + 1);
			assert!(matches!(
				read_inputs(&format!("{{\"a\": {long}}}")),
				Err(WitnessError::Value { value, .. }) if value.len() == MAX_SHOWN
			));
		}

		#[test]
		fn signals_given_twice() {
			for text in [r#"{"a": 1, "a": 1}"#, r#"{"a": {"b": 1}, "a.b": 1}"#] {
				assert!(matches!(read_inputs(text), Err(WitnessError::Duplicate { .. })), "{text}");
			}
		}

		#[test]
		fn deep_nesting() {
			let arrays = |depth| format!("{{\"a\": {}1{}}}", "[".repeat(depth), "]".repeat(depth));
			assert!(read_inputs(&arrays(MAX_DEPTH)).is_ok());
			let deep = read_inputs(&arrays(MAX_DEPTH + 1));
			assert!(matches!(deep, Err(WitnessError::TooDeep { .. })));
			let deep = read_inputs(&arrays(100_000));
			assert!(matches!(deep, Err(WitnessError::TooDeep { .. })));
			let buses = |depth| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
			assert!(read_inputs(&buses(MAX_DEPTH + 1)).is_ok());
			let deep = read_inputs(&buses(100_000));
			assert!(matches!(deep, Err(WitnessError::TooDeep { .. })));
		}

		#[test]
		fn too_much() {
			let name = "n".repeat(MAX_NAME + 1);
			let long = read_inputs(&format!("{{\"{name}\": 1}}"));
			assert!(matches!(long, Err(WitnessError::InputSize { .. })));
			let many = (0..=MAX_SIGNALS).map(|index| format!("\"{index}\":1")).collect::<Vec<_>>();
			let many = read_inputs(&format!("{{{}}}", many.join(",")));
			assert!(matches!(many, Err(WitnessError::InputSize { what: "signals", .. })));
			let bytes = read_inputs(&" ".repeat(MAX_BYTES + 1));
			assert!(matches!(bytes, Err(WitnessError::InputSize { what: "bytes", .. })));
		}
	}
}
