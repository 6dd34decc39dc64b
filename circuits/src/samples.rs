//! Samples from files: `.npz` for calibration and accuracy, JSON for one input.

use crate::error::{show_shape, ModelError};
use ndarray::{ArrayD, IxDyn, OwnedRepr};
use ndarray_npy::{NpzReader, ReadableElement};
use std::io::{Read, Seek};

/// Inputs of a model, and labels where the file has them.
#[derive(Clone, Debug)]
pub struct Samples {
	inputs: Vec<f32>,
	size: usize,
	/// The right label of each sample.
	pub labels: Option<Vec<i64>>,
}

impl Samples {
	/// Reads the arrays `x` (one sample per row) and, if it is there, `y` (labels).
	///
	/// `shape` is the model's input shape; its first dimension is the batch, and a sample is a batch. `x` may be of type
	/// float32, float64, uint8 or int64.
	///
	/// # Errors
	/// [`ModelError::Samples`] if the file cannot be read, [`ModelError::Shape`] if the samples
	/// have another shape than the model's input.
	pub fn read_npz(file: impl Read + Seek, shape: &[usize]) -> Result<Self, ModelError> {
		let unreadable = |error: String| ModelError::Samples(format!("not an .npz file: {error}"));
		let mut npz = NpzReader::new(file).map_err(|error| unreadable(error.to_string()))?;
		let names = npz.names().map_err(|error| unreadable(error.to_string()))?;
		let has = |name: &str| {
			names.iter().any(|other| other.strip_suffix(".npy").unwrap_or(other) == name)
		};
		if !has("x") {
			return Err(ModelError::Samples(format!(
				"no array x, one sample per row; the file holds {}",
				names.join(", ")
			)));
		}
		let x = read_floats(&mut npz, "x")?;
		let sample = shape.get(1..).unwrap_or_default();
		if x.ndim() == 0 || x.shape()[1..] != *sample {
			return Err(ModelError::Shape {
				what: "samples x, after the first dimension".into(),
				expected: show_shape(sample),
				got: show_shape(x.shape().get(1..).unwrap_or_default()),
			});
		}
		let size: usize = shape.iter().product();
		if x.is_empty() || size == 0 {
			return Err(ModelError::Samples("x is empty".into()));
		}
		if x.len() % size != 0 {
			return Err(ModelError::Samples(format!(
				"x has {} rows, and the model takes {} at once",
				x.shape()[0],
				shape[0]
			)));
		}
		let count = x.len() / size;
		if let Some(index) = x.iter().position(|value| !value.is_finite()) {
			return Err(ModelError::Samples(format!(
				"x holds a value that is not finite, at {index}"
			)));
		}
		let labels = if has("y") {
			let y = read_labels(&mut npz)?;
			if y.len() != count {
				return Err(ModelError::Samples(format!("{} labels for {count} samples", y.len())));
			}
			Some(y)
		} else {
			None
		};
		let inputs: Vec<f32> = x.iter().copied().collect();
		Ok(Self { size, inputs, labels })
	}

	/// Samples of one size from rows, and their labels.
	///
	/// # Panics
	/// If there is no row, or rows differ in size.
	pub fn from_rows(rows: Vec<Vec<f32>>, labels: Option<Vec<i64>>) -> Self {
		let size = rows.first().map_or(0, Vec::len);
		assert!(size > 0 && rows.iter().all(|row| row.len() == size), "rows of one size");
		Self { inputs: rows.concat(), size, labels }
	}

	/// Number of samples.
	pub fn len(&self) -> usize {
		self.inputs.len() / self.size
	}

	/// Whether there is no sample, which reading excludes.
	pub fn is_empty(&self) -> bool {
		self.inputs.is_empty()
	}

	/// The samples, in order.
	pub fn iter(&self) -> impl ExactSizeIterator<Item = &[f32]> {
		self.inputs.chunks_exact(self.size)
	}
}

fn read_as<T: ReadableElement>(
	npz: &mut NpzReader<impl Read + Seek>,
	name: &str,
) -> Option<ArrayD<T>> {
	npz.by_name::<OwnedRepr<T>, IxDyn>(name).ok()
}

fn read_floats(
	npz: &mut NpzReader<impl Read + Seek>,
	name: &str,
) -> Result<ArrayD<f32>, ModelError> {
	if let Some(array) = read_as::<f32>(npz, name) {
		return Ok(array);
	}
	if let Some(array) = read_as::<f64>(npz, name) {
		return Ok(array.mapv(|value| value as f32));
	}
	if let Some(array) = read_as::<u8>(npz, name) {
		return Ok(array.mapv(f32::from));
	}
	if let Some(array) = read_as::<i64>(npz, name) {
		return Ok(array.mapv(|value| value as f32));
	}
	Err(ModelError::Samples(format!(
		"array {name} cannot be read as float32, float64, uint8 or int64"
	)))
}

fn read_labels(npz: &mut NpzReader<impl Read + Seek>) -> Result<Vec<i64>, ModelError> {
	if let Some(array) = read_as::<i64>(npz, "y") {
		return Ok(array.iter().copied().collect());
	}
	if let Some(array) = read_as::<i32>(npz, "y") {
		return Ok(array.iter().map(|&label| label.into()).collect());
	}
	if let Some(array) = read_as::<u8>(npz, "y") {
		return Ok(array.iter().map(|&label| label.into()).collect());
	}
	Err(ModelError::Samples("array y cannot be read as int64, int32 or uint8".into()))
}

/// Reads one input from JSON: `{"name": [..]}`, or the array alone; nested arrays are flattened.
///
/// # Errors
/// [`ModelError::Samples`] if the text is not that, or names another input.
pub fn read_json(text: &str, name: &str) -> Result<Vec<f32>, ModelError> {
	let bad = |what: String| ModelError::Samples(format!("input JSON: {what}"));
	let value: serde_json::Value =
		serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
	let array = match &value {
		serde_json::Value::Object(fields) => fields.get(name).ok_or_else(|| {
			let names: Vec<&str> = fields.keys().map(String::as_str).collect();
			bad(format!("no field {name}, the model's input; there are: {}", names.join(", ")))
		})?,
		other => other,
	};
	let mut values = Vec::new();
	flatten(array, &mut values).map_err(bad)?;
	Ok(values)
}

fn flatten(value: &serde_json::Value, values: &mut Vec<f32>) -> Result<(), String> {
	match value {
		serde_json::Value::Array(items) => items.iter().try_for_each(|item| flatten(item, values)),
		serde_json::Value::Number(number) => {
			values.push(number.as_f64().unwrap_or(f64::NAN) as f32);
			Ok(())
		},
		other => Err(format!("expected numbers, found {other}")),
	}
}
