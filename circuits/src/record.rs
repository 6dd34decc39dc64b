//! Record schemas: what the fields of a raw record are, from a file.
//!
//! A model that carries a schema takes the record as people know it: months, amounts of money, names
//! of categories. Its circuit checks every field's range, and does scaling and one-hot encoding
//! itself, so that what is committed, attested or public is the record, and one attestation serves
//! every model that takes it.

use crate::{commitment::schema_id, error::ModelError, signal::Bounds, value::Unit};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use zkml_primitives::SchemaId;

/// Where an ONNX file holds the schema of its input: a key of its metadata.
pub(crate) const METADATA: &str = "zkml.record";

/// Integers up to this are exact in float32.
const MOST: i64 = 1 << 24;
/// Most fields of a record.
const MAX_FIELDS: usize = 4096;
/// Most values of a category.
const MAX_VALUES: usize = 256;
/// Most decimals of a number.
const MAX_DECIMALS: u32 = 6;

/// What a field's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
	/// Whole numbers.
	Integer,
	/// Numbers with so many decimals.
	Decimal,
	/// One of several names, which the model sees as its place in the list, from 0.
	Category,
}

/// One field of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
	/// Its name.
	pub name: String,
	/// What its values are.
	#[serde(rename = "type")]
	pub kind: FieldKind,
	/// Digits after the point of a decimal, 1 to 6.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub decimals: Option<u32>,
	/// The least number.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub min: Option<f64>,
	/// The largest.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub max: Option<f64>,
	/// What a number counts.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub unit: Option<String>,
	/// The names of a category.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub values: Option<Vec<String>>,
}

impl Field {
	/// Its name.
	pub fn name(&self) -> &str {
		&self.name
	}

	/// How many integers make 1.
	fn divisor(&self) -> i64 {
		10i64.pow(self.decimals.unwrap_or(0).min(MAX_DECIMALS))
	}

	/// The names of a category.
	fn names(&self) -> &[String] {
		self.values.as_deref().unwrap_or_default()
	}

	/// The integers that stand for its values.
	pub fn bounds(&self) -> Bounds {
		if self.kind == FieldKind::Category {
			return Bounds { lo: 0, hi: self.names().len() as i64 - 1 };
		}
		let scaled = |end: Option<f64>| (end.unwrap_or(0.0) * self.divisor() as f64).round() as i64;
		Bounds { lo: scaled(self.min), hi: scaled(self.max) }
	}

	/// What the model sees: the float32 next to the decimal number.
	pub(crate) fn float(&self) -> Unit {
		match self.divisor() {
			1 => Unit::Exact(0),
			divisor => Unit::Over { exponent: 0, divisor: divisor as f32 },
		}
	}

	/// The number that an integer stands for.
	pub fn number(&self, integer: i64) -> f64 {
		integer as f64 / self.divisor() as f64
	}

	/// What an integer stands for, in words.
	pub fn show(&self, integer: i64) -> String {
		if self.kind == FieldKind::Category {
			let name = usize::try_from(integer).ok().and_then(|place| self.names().get(place));
			return name.cloned().unwrap_or_else(|| integer.to_string());
		}
		let decimals = self.decimals.unwrap_or(0).min(MAX_DECIMALS) as usize;
		let number = format!("{:.decimals$}", integer as f64 / self.divisor() as f64);
		match &self.unit {
			Some(unit) => format!("{number} {unit}"),
			None => number,
		}
	}

	fn error(&self, what: impl std::fmt::Display) -> ModelError {
		ModelError::Record(format!("field {}: {what}", self.name()))
	}

	fn check(&self) -> Result<(), ModelError> {
		if self.name.is_empty() {
			return Err(ModelError::Record("a field has no name".into()));
		}
		let is_category = self.kind == FieldKind::Category;
		let given = [
			("values", self.values.is_some(), is_category, true),
			("min", self.min.is_some(), !is_category, true),
			("max", self.max.is_some(), !is_category, true),
			("decimals", self.decimals.is_some(), self.kind == FieldKind::Decimal, true),
			("unit", self.unit.is_some(), !is_category, false),
		];
		for (what, is_there, belongs, is_needed) in given {
			if is_there && !belongs {
				return Err(self.error(format!("it has no {what}, by its type")));
			}
			if !is_there && belongs && is_needed {
				return Err(self.error(format!("{what} is missing")));
			}
		}
		if let Some(decimals) = self.decimals.filter(|d| !(1..=MAX_DECIMALS).contains(d)) {
			return Err(self.error(format!("{decimals} decimals, not 1 to {MAX_DECIMALS}")));
		}
		for end in self.min.iter().chain(&self.max) {
			if !end.is_finite() || end.abs() > 1e12 {
				return Err(self.error("its range is too large"));
			}
			if self.kind == FieldKind::Integer && end.fract() != 0.0 {
				return Err(self.error(format!("{end} is no whole number")));
			}
		}
		if is_category {
			let names = self.names();
			let different: BTreeSet<&String> = names.iter().collect();
			if different.len() != names.len() || different.contains(&String::new()) {
				return Err(self.error("its values are not different names"));
			}
			if !(2..=MAX_VALUES).contains(&names.len()) {
				return Err(self.error(format!("{} values, not 2 to {MAX_VALUES}", names.len())));
			}
		}
		let Bounds { lo, hi } = self.bounds();
		if lo >= hi {
			return Err(self.error("its largest value is not above its least"));
		}
		// Of decimals half as many are apart in float32.
		let most = if self.kind == FieldKind::Decimal { MOST / 2 } else { MOST };
		if lo < -most || hi > most {
			return Err(
				self.error("its range exceeds 2^24 steps, which float32 does not tell apart")
			);
		}
		for end in self.min.iter().chain(&self.max) {
			let steps = end * self.divisor() as f64;
			if (steps - steps.round()).abs() > 1e-6 {
				return Err(self.error(format!("{end} has more decimals than it says")));
			}
		}
		Ok(())
	}

	/// The integer for a number, if it is one of this field's values.
	///
	/// `doubt` is how far the number may be from what was meant, as a share of it.
	fn integer(&self, number: f64, doubt: f64) -> Result<i64, ModelError> {
		let scaled = number * self.divisor() as f64;
		let rounded = scaled.round();
		let Bounds { lo, hi } = self.bounds();
		if !(rounded >= lo as f64 && rounded <= hi as f64) {
			let (lo, hi) = (self.show(lo), self.show(hi));
			return Err(self.error(format!("{number} is beyond {lo} to {hi}")));
		}
		if (scaled - rounded).abs() > 1e-6 + doubt * scaled.abs() {
			let what = match self.decimals {
				Some(decimals) => format!("has more than {decimals} decimals"),
				None => "is no whole number".into(),
			};
			return Err(self.error(format!("{number} {what}")));
		}
		Ok(rounded as i64)
	}

	/// The integer for a value as JSON has it.
	fn read(&self, value: &Json) -> Result<i64, ModelError> {
		match (self.kind, value) {
			(FieldKind::Category, Json::String(text)) => {
				let place = self.names().iter().position(|name| name == text);
				place.map(|place| place as i64).ok_or_else(|| {
					self.error(format!("{text:?} is none of {}", self.names().join(", ")))
				})
			},
			(_, Json::Number(number)) => {
				self.integer(number.as_f64().unwrap_or(f64::NAN), f64::EPSILON)
			},
			(FieldKind::Category, other) => Err(self.error(format!("{other} is no value"))),
			(_, other) => Err(self.error(format!("{other} is no number"))),
		}
	}
}

/// The fields of a record, in the order of the model's input.
///
/// Its file is the JSON of this, and its hash is what commitments and attestations name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
	/// What the record is.
	pub name: String,
	/// Its fields.
	pub fields: Vec<Field>,
}

impl Record {
	/// Reads and checks a schema.
	///
	/// # Errors
	/// [`ModelError::Record`] for what is no schema, with the field that is wrong.
	pub fn read(text: &str) -> Result<Self, ModelError> {
		let record: Self = serde_json::from_str(text)
			.map_err(|error| ModelError::Record(format!("not a record schema: {error}")))?;
		if !(1..=MAX_FIELDS).contains(&record.fields.len()) {
			let count = record.fields.len();
			return Err(ModelError::Record(format!("{count} fields, not 1 to {MAX_FIELDS}")));
		}
		record.fields.iter().try_for_each(Field::check)?;
		let mut names = BTreeSet::new();
		match record.fields.iter().find(|field| !names.insert(field.name())) {
			Some(field) => Err(field.error("its name is there twice")),
			None => Ok(record),
		}
	}

	/// The text that is hashed, and that an ONNX file holds.
	///
	/// # Panics
	/// Never: these values have a JSON text.
	pub fn text(&self) -> String {
		serde_json::to_string(self).expect("plain values")
	}

	/// Its hash.
	pub fn id(&self) -> SchemaId {
		schema_id(self.text().as_bytes())
	}

	/// The integers of each field.
	pub fn bounds(&self) -> Vec<Bounds> {
		self.fields.iter().map(Field::bounds).collect()
	}

	/// The integers of a record in the text of a JSON file.
	///
	/// # Errors
	/// [`ModelError::Record`] for what is no JSON, and as [`Self::integers`].
	pub fn read_integers(&self, text: &str) -> Result<Vec<i64>, ModelError> {
		let json: Json = serde_json::from_str(text)
			.map_err(|error| ModelError::Record(format!("not JSON: {error}")))?;
		self.integers(&json)
	}

	/// The integers of a record in JSON: an object by field, or numbers in order.
	///
	/// # Errors
	/// [`ModelError::Record`] for a field that is missing, unknown, or has no such value.
	pub fn integers(&self, json: &Json) -> Result<Vec<i64>, ModelError> {
		match json {
			Json::Object(object) => {
				let known = |name: &String| self.fields.iter().any(|field| field.name() == name);
				if let Some(name) = object.keys().find(|name| !known(name)) {
					let names: Vec<&str> = self.fields.iter().map(Field::name).collect();
					return Err(ModelError::Record(format!(
						"there is no field {name}; there are {}",
						names.join(", ")
					)));
				}
				let value = |field: &Field| match object.get(field.name()) {
					Some(value) => field.read(value),
					None => Err(field.error("it is missing")),
				};
				self.fields.iter().map(value).collect()
			},
			Json::Array(items) => {
				// One row of a batch of one.
				let items = match items.as_slice() {
					[Json::Array(row)] => row,
					_ => items,
				};
				if items.len() != self.fields.len() {
					return Err(self.count(items.len()));
				}
				self.fields.iter().zip(items).map(|(field, item)| field.read(item)).collect()
			},
			_ => Err(ModelError::Record("it is neither an object nor a list".into())),
		}
	}

	/// The integers of a record in floats, as samples have it.
	///
	/// # Errors
	/// [`ModelError::Record`] for another number of values, or one that its field does not have.
	pub fn integers_of_floats(&self, values: &[f32]) -> Result<Vec<i64>, ModelError> {
		if values.len() != self.fields.len() {
			return Err(self.count(values.len()));
		}
		let doubt = f32::EPSILON.into();
		let pairs = self.fields.iter().zip(values);
		pairs.map(|(field, &value)| field.integer(value.into(), doubt)).collect()
	}

	fn count(&self, got: usize) -> ModelError {
		ModelError::Record(format!("{got} values, and it has {} fields", self.fields.len()))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	const TEXT: &str = r#"{
		"name": "loan",
		"fields": [
			{"name": "months", "type": "integer", "min": 1, "max": 100, "unit": "months"},
			{"name": "rate", "type": "decimal", "decimals": 1, "min": -2.5, "max": 9.9},
			{"name": "housing", "type": "category", "values": ["rent", "own"]}
		]
	}"#;

	#[test]
	fn records_are_read_by_name_and_by_place() {
		let record = Record::read(TEXT).unwrap();
		let object = json!({"housing": "own", "months": 12, "rate": 3.1});
		assert_eq!(record.integers(&object).unwrap(), [12, 31, 1]);
		assert_eq!(record.integers(&json!([12, 3.1, 1])).unwrap(), [12, 31, 1]);
		assert_eq!(record.integers_of_floats(&[12.0, 3.1, 1.0]).unwrap(), [12, 31, 1]);
		assert_eq!(record.integers(&json!([1, -2.5, "rent"])).unwrap(), [1, -25, 0]);
		let shown: Vec<String> =
			record.fields.iter().zip([12, 31, 1]).map(|(field, x)| field.show(x)).collect();
		assert_eq!(shown, ["12 months", "3.1", "own"]);
		assert_eq!(record.fields[1].float().real(31), 3.1);
	}

	#[test]
	fn wrong_records_are_refused_by_field() {
		let record = Record::read(TEXT).unwrap();
		let refused = |json: Json, what: &str| {
			let error = record.integers(&json).unwrap_err().to_string();
			assert!(error.contains(what), "{error}");
		};
		refused(json!([0, 3.1, 1]), "field months: 0 is beyond 1 months to 100 months");
		refused(json!([1.5, 3.1, 1]), "field months: 1.5 is no whole number");
		refused(json!([1, 3.15, 1]), "field rate: 3.15 has more than 1 decimals");
		refused(json!([1, 3.1, 2]), "field housing: 2 is beyond rent to own");
		refused(json!([1, 3.1, "free"]), "\"free\" is none of rent, own");
		refused(json!([1, 3.1]), "2 values, and it has 3 fields");
		refused(json!({"months": 1, "rate": 1}), "field housing: it is missing");
		refused(json!({"month": 1}), "there is no field month; there are months");
		refused(json!({"months": null, "rate": 1, "housing": 0}), "null is no number");
		refused(json!(7), "neither");
		assert!(record.integers_of_floats(&[f32::NAN, 1.0, 1.0]).is_err());
	}

	#[test]
	fn wrong_schemas_are_refused_by_field() {
		let refused = |from: &str, to: &str, what: &str| {
			let text = TEXT.replacen(from, to, 1);
			assert_ne!(text, TEXT);
			let error = Record::read(&text).unwrap_err().to_string();
			assert!(error.contains(what), "{error}");
		};
		refused("\"min\": 1", "\"min\": 100", "field months: its largest value");
		refused("\"max\": 100", "\"max\": 20000000", "exceeds 2^24");
		refused("\"decimals\": 1", "\"decimals\": 9", "9 decimals");
		refused("\"rent\", \"own\"", "\"own\", \"own\"", "not different");
		refused("\"rent\", \"own\"", "\"own\"", "1 values");
		refused("\"name\": \"rate\"", "\"name\": \"months\"", "twice");
		refused("integer", "number", "unknown variant");
		refused("\"unit\"", "\"units\"", "unknown field");
		refused("\"min\": 1,", "", "field months: min is missing");
		refused("\"min\": 1,", "\"min\": 1.5,", "1.5 is no whole number");
		refused("\"max\": 100", "\"max\": 100, \"decimals\": 1", "it has no decimals");
		refused("\"type\": \"category\"", "\"type\": \"category\", \"min\": 1", "it has no min");
		refused("\"max\": 9.9", "\"max\": 1e300", "too large");
	}

	#[test]
	fn the_id_is_that_of_the_content() {
		let record = Record::read(TEXT).unwrap();
		assert_eq!(Record::read(&record.text()).unwrap(), record);
		let other = Record::read(&TEXT.replace("100", "101")).unwrap();
		assert_ne!(other.id(), record.id());
	}
}
