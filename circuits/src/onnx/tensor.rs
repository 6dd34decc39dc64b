//! Constant tensors.

use crate::error::ModelError;
use tract_onnx::pb::{tensor_proto::DataType, TensorProto};

/// The elements of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
	/// `FLOAT`.
	F32(Vec<f32>),
	/// `INT8`.
	I8(Vec<i8>),
	/// `UINT8`.
	U8(Vec<u8>),
	/// `INT32`.
	I32(Vec<i32>),
	/// `INT64`.
	I64(Vec<i64>),
}

impl Data {
	/// Number of elements.
	pub fn len(&self) -> usize {
		match self {
			Self::F32(values) => values.len(),
			Self::I8(values) => values.len(),
			Self::U8(values) => values.len(),
			Self::I32(values) => values.len(),
			Self::I64(values) => values.len(),
		}
	}

	/// Whether there is no element.
	pub fn is_empty(&self) -> bool {
		self.len() == 0
	}

	/// The elements as integers; `None` for floats.
	pub fn integers(&self) -> Option<Vec<i64>> {
		Some(match self {
			Self::F32(_) => return None,
			Self::I8(values) => values.iter().map(|&value| value.into()).collect(),
			Self::U8(values) => values.iter().map(|&value| value.into()).collect(),
			Self::I32(values) => values.iter().map(|&value| value.into()).collect(),
			Self::I64(values) => values.clone(),
		})
	}

	/// The type's name in ONNX.
	pub fn type_name(&self) -> &'static str {
		match self {
			Self::F32(_) => "float",
			Self::I8(_) => "int8",
			Self::U8(_) => "uint8",
			Self::I32(_) => "int32",
			Self::I64(_) => "int64",
		}
	}
}

/// A constant tensor, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
	/// Dimensions.
	pub shape: Vec<usize>,
	/// Elements.
	pub data: Data,
}

impl Tensor {
	/// Reads a tensor, checking that shape and data agree.
	pub fn read(proto: &TensorProto) -> Result<Self, ModelError> {
		let name = &proto.name;
		let malformed = |what: String| ModelError::Malformed(format!("tensor {name}: {what}"));
		if proto.data_location.is_some_and(|location| location != 0)
			|| !proto.external_data.is_empty()
		{
			return Err(malformed(
				"its data is in another file; save the model with the data inside".into(),
			));
		}
		let mut shape = Vec::with_capacity(proto.dims.len());
		let mut count = 1usize;
		for &dimension in &proto.dims {
			let dimension = usize::try_from(dimension)
				.map_err(|_| malformed(format!("negative dimension {dimension}")))?;
			count = count
				.checked_mul(dimension)
				.ok_or_else(|| malformed("its shape overflows".into()))?;
			shape.push(dimension);
		}
		// Lists, such as of axes, may be empty.
		if count == 0 && shape != [0] {
			return Err(malformed("it is empty".into()));
		}
		let raw = &proto.raw_data;
		let data = match DataType::try_from(proto.data_type) {
			Ok(DataType::Float) if raw.is_empty() => Data::F32(proto.float_data.clone()),
			Ok(DataType::Float) => Data::F32(words(raw, f32::from_le_bytes)),
			Ok(DataType::Int32) if raw.is_empty() => Data::I32(proto.int32_data.clone()),
			Ok(DataType::Int32) => Data::I32(words(raw, i32::from_le_bytes)),
			Ok(DataType::Int64) if raw.is_empty() => Data::I64(proto.int64_data.clone()),
			Ok(DataType::Int64) => Data::I64(words(raw, i64::from_le_bytes)),
			Ok(DataType::Int8) if raw.is_empty() => Data::I8(
				narrow(&proto.int32_data)
					.ok_or_else(|| malformed("a value does not fit int8".into()))?,
			),
			Ok(DataType::Int8) => Data::I8(words(raw, i8::from_le_bytes)),
			Ok(DataType::Uint8) if raw.is_empty() => Data::U8(
				narrow(&proto.int32_data)
					.ok_or_else(|| malformed("a value does not fit uint8".into()))?,
			),
			Ok(DataType::Uint8) => Data::U8(raw.clone()),
			Ok(other) => {
				return Err(malformed(format!(
					"element type {} is not supported, only float, int8, uint8, int32 and int64",
					other.as_str_name().to_lowercase()
				)))
			},
			Err(_) => return Err(malformed(format!("unknown element type {}", proto.data_type))),
		};
		let width = match data {
			Data::I8(_) | Data::U8(_) => 1,
			Data::F32(_) | Data::I32(_) => 4,
			Data::I64(_) => 8,
		};
		let typed = proto.float_data.len() + proto.int32_data.len() + proto.int64_data.len();
		if typed != 0 && !raw.is_empty() {
			return Err(malformed("its data is there twice".into()));
		}
		if data.len() != count || (!raw.is_empty() && Some(raw.len()) != count.checked_mul(width)) {
			return Err(malformed(format!("{} elements for {count} places", data.len())));
		}
		Ok(Self { shape, data })
	}

	/// The elements as floats; `None` for integers.
	pub fn floats(&self) -> Option<&[f32]> {
		match &self.data {
			Data::F32(values) => Some(values),
			_ => None,
		}
	}
}

fn words<const N: usize, T>(raw: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
	raw.chunks_exact(N)
		.map(|chunk| {
			let mut bytes = [0; N];
			bytes.copy_from_slice(chunk);
			read(bytes)
		})
		.collect()
}

fn narrow<T: TryFrom<i32>>(values: &[i32]) -> Option<Vec<T>> {
	values.iter().map(|&value| T::try_from(value).ok()).collect()
}
