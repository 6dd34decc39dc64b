//! Pieces of ONNX's protobuf.

use crate::onnx::protobuf as pb;
use pb::{attribute_proto::AttributeType, tensor_proto::DataType, tensor_shape_proto::dimension};

/// The operator set of exported models.
pub(super) const OPSET: i64 = 17;
/// The version of the file format that came with it.
pub(super) const IR_VERSION: i64 = 8;

pub(super) fn tensor(
	name: &str,
	r#type: DataType,
	dims: &[usize],
	raw_data: Vec<u8>,
) -> pb::TensorProto {
	pb::TensorProto {
		name: name.into(),
		data_type: r#type as i32,
		dims: dims.iter().map(|&size| size as i64).collect(),
		raw_data,
		..Default::default()
	}
}

pub(super) fn floats(name: &str, dims: &[usize], values: &[f32]) -> pb::TensorProto {
	let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
	tensor(name, DataType::Float, dims, raw)
}

pub(super) fn longs(name: &str, dims: &[usize], values: &[i64]) -> pb::TensorProto {
	let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
	tensor(name, DataType::Int64, dims, raw)
}

pub(super) fn int(name: &str, value: i64) -> pb::AttributeProto {
	pb::AttributeProto {
		name: name.into(),
		r#type: AttributeType::Int as i32,
		i: value,
		..Default::default()
	}
}

pub(super) fn ints(name: &str, values: &[usize]) -> pb::AttributeProto {
	pb::AttributeProto {
		name: name.into(),
		r#type: AttributeType::Ints as i32,
		ints: values.iter().map(|&value| value as i64).collect(),
		..Default::default()
	}
}

pub(super) fn float(name: &str, value: f32) -> pb::AttributeProto {
	pb::AttributeProto {
		name: name.into(),
		r#type: AttributeType::Float as i32,
		f: value,
		..Default::default()
	}
}

pub(super) fn string(name: &str, value: &str) -> pb::AttributeProto {
	pb::AttributeProto {
		name: name.into(),
		r#type: AttributeType::String as i32,
		s: value.as_bytes().to_vec(),
		..Default::default()
	}
}

/// A value of type float.
pub(super) fn value_info(name: &str, shape: Option<&[usize]>) -> pb::ValueInfoProto {
	let dimension = |&size: &usize| pb::tensor_shape_proto::Dimension {
		value: Some(dimension::Value::DimValue(size as i64)),
		..Default::default()
	};
	let shape =
		shape.map(|shape| pb::TensorShapeProto { dim: shape.iter().map(dimension).collect() });
	let tensor = pb::type_proto::Tensor { elem_type: DataType::Float as i32, shape };
	pb::ValueInfoProto {
		name: name.into(),
		r#type: Some(pb::TypeProto {
			value: Some(pb::type_proto::Value::TensorType(tensor)),
			..Default::default()
		}),
		..Default::default()
	}
}

/// The domain of onnxruntime's own operators.
pub(super) const CONTRIBUTED: &str = "com.microsoft";

/// The domain of trees, linear models and preprocessing.
pub(super) const LEARNING: &str = "ai.onnx.ml";

pub(super) fn model(graph: pb::GraphProto) -> pb::ModelProto {
	let import = |domain: &str, version| pb::OperatorSetIdProto { domain: domain.into(), version };
	let mut opset_import = vec![import("", OPSET)];
	if graph.node.iter().any(|node| node.domain == CONTRIBUTED) {
		opset_import.push(import(CONTRIBUTED, 1));
	}
	if graph.node.iter().any(|node| node.domain == LEARNING) {
		// All of these operators, with the same attributes, are in version 3; version 5 lacks one.
		opset_import.push(import(LEARNING, 3));
	}
	pb::ModelProto {
		ir_version: IR_VERSION,
		opset_import,
		producer_name: "zkml".into(),
		producer_version: env!("CARGO_PKG_VERSION").into(),
		graph: Some(graph),
		..Default::default()
	}
}
