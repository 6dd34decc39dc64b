//! From the protobuf to a graph whose domain, operator set, names and order are checked.

use super::{Data, Tensor};
use crate::{
	error::{show_shape, ModelError},
	record::{Record, METADATA},
	value::Kind,
};
use prost::Message;
use std::{
	collections::{BTreeMap, BTreeSet},
	ops::RangeInclusive,
};
use tract_onnx::pb::{
	attribute_proto::AttributeType, tensor_proto::DataType, tensor_shape_proto::dimension,
	type_proto, AttributeProto, ModelProto, NodeProto, ValueInfoProto,
};

/// Operator sets of `ai.onnx` that are read.
pub const OPSETS: RangeInclusive<i64> = 7..=25;

/// The operator set of a model that uses operators of other domains only.
const UNUSED_OPSET: i64 = 17;

/// Largest number of elements in one input.
const MAX_ELEMENTS: usize = 1 << 24;

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
	/// A float.
	Float(f32),
	/// An integer.
	Int(i64),
	/// A list of floats.
	Floats(Vec<f32>),
	/// A list of integers.
	Ints(Vec<i64>),
	/// A string.
	String(String),
	/// A list of strings.
	Strings(Vec<String>),
	/// A tensor.
	Tensor(Tensor),
	/// A kind that no supported operator takes.
	Other,
}

/// A node of the graph.
#[derive(Clone, Debug)]
pub struct Node {
	/// Its name, or that of its first output.
	pub name: String,
	/// Its operator; with the domain in front where that is not `ai.onnx`.
	pub op: String,
	/// Names of its inputs; empty ones are absent.
	pub inputs: Vec<String>,
	/// Names of its outputs.
	pub outputs: Vec<String>,
	/// Its attributes.
	pub attributes: BTreeMap<String, Attribute>,
}

impl Node {
	/// An error at this node.
	pub fn error(&self, what: impl Into<String>) -> ModelError {
		ModelError::Node { node: self.name.clone(), op: self.op.clone(), what: what.into() }
	}

	/// An integer attribute, or its default.
	pub fn int(&self, name: &str, default: i64) -> Result<i64, ModelError> {
		match self.attributes.get(name) {
			None => Ok(default),
			Some(Attribute::Int(value)) => Ok(*value),
			Some(_) => Err(self.error(format!("attribute {name} is not an integer"))),
		}
	}

	/// A float attribute, or its default.
	pub fn float(&self, name: &str, default: f32) -> Result<f32, ModelError> {
		match self.attributes.get(name) {
			None => Ok(default),
			Some(Attribute::Float(value)) => Ok(*value),
			Some(_) => Err(self.error(format!("attribute {name} is not a float"))),
		}
	}

	/// A string attribute, or its default.
	pub fn string<'a>(&'a self, name: &str, default: &'a str) -> Result<&'a str, ModelError> {
		match self.attributes.get(name) {
			None => Ok(default),
			Some(Attribute::String(value)) => Ok(value),
			Some(_) => Err(self.error(format!("attribute {name} is not a string"))),
		}
	}

	/// An attribute that is a list of integers, if it is there.
	pub fn int_list(&self, name: &str) -> Result<Option<&[i64]>, ModelError> {
		match self.attributes.get(name) {
			None => Ok(None),
			Some(Attribute::Ints(values)) => Ok(Some(values)),
			Some(_) => Err(self.error(format!("attribute {name} is not a list of integers"))),
		}
	}

	/// An attribute that is a list of floats, if it is there.
	pub fn float_list(&self, name: &str) -> Result<Option<&[f32]>, ModelError> {
		match self.attributes.get(name) {
			None => Ok(None),
			Some(Attribute::Floats(values)) => Ok(Some(values)),
			Some(_) => Err(self.error(format!("attribute {name} is not a list of floats"))),
		}
	}

	/// An attribute that is a list of strings, if it is there.
	pub fn string_list(&self, name: &str) -> Result<Option<&[String]>, ModelError> {
		match self.attributes.get(name) {
			None => Ok(None),
			Some(Attribute::Strings(values)) => Ok(Some(values)),
			Some(_) => Err(self.error(format!("attribute {name} is not a list of strings"))),
		}
	}

	/// An attribute that is a tensor, if it is there.
	pub fn tensor(&self, name: &str) -> Result<Option<&Tensor>, ModelError> {
		match self.attributes.get(name) {
			None => Ok(None),
			Some(Attribute::Tensor(tensor)) => Ok(Some(tensor)),
			Some(_) => Err(self.error(format!("attribute {name} is not a tensor"))),
		}
	}

	/// Refuses attributes other than these.
	pub fn only_attributes(&self, known: &[&str]) -> Result<(), ModelError> {
		match self.attributes.keys().find(|name| !known.contains(&name.as_str())) {
			Some(name) => Err(self.error(format!("attribute {name} is not supported"))),
			None => Ok(()),
		}
	}

	/// The name of input `index`; an error if it is absent.
	pub fn input(&self, index: usize) -> Result<&str, ModelError> {
		self.optional_input(index).ok_or_else(|| self.error(format!("input {index} is missing")))
	}

	/// The name of input `index`, if it is there.
	pub fn optional_input(&self, index: usize) -> Option<&str> {
		self.inputs.get(index).map(String::as_str).filter(|name| !name.is_empty())
	}

	/// The name of the only output; an error if others are asked for.
	pub fn output(&self) -> Result<&str, ModelError> {
		match self.outputs.as_slice() {
			[name, rest @ ..] if rest.iter().all(String::is_empty) => Ok(name),
			names => Err(self.error(format!("{} outputs are not supported, only 1", names.len()))),
		}
	}
}

/// The model's input.
#[derive(Clone, Debug)]
pub struct Input {
	/// Its name.
	pub name: String,
	/// Its shape, all dimensions known.
	pub shape: Vec<usize>,
	/// Its type, where it is one of integers; else it is float.
	pub kind: Option<Kind>,
}

/// A model whose structure is checked: one input, nodes in order, names defined.
#[derive(Clone, Debug)]
pub struct Model {
	/// The protobuf.
	pub proto: ModelProto,
	/// Version of the operator set `ai.onnx`.
	pub opset: i64,
	/// Nodes, each after those that it depends on.
	pub nodes: Vec<Node>,
	/// Initializers, and values of `Constant` nodes.
	pub constants: BTreeMap<String, Tensor>,
	/// The input.
	pub input: Input,
	/// Names of the outputs, at least one.
	pub outputs: Vec<String>,
	/// What the input is, where it is a record.
	pub record: Option<Record>,
}

impl Model {
	/// Reads a model.
	///
	/// A symbolic first dimension of the input is a batch of one; others need `input_shape`.
	///
	/// # Errors
	/// [`ModelError`] where the bytes are no ONNX model, or one that this version cannot read.
	pub fn read(bytes: &[u8], input_shape: Option<&[usize]>) -> Result<Self, ModelError> {
		if bytes.is_empty() {
			return Err(ModelError::NotOnnx("it is empty".into()));
		}
		let proto =
			ModelProto::decode(bytes).map_err(|error| ModelError::NotOnnx(error.to_string()))?;
		Self::from_proto(proto, input_shape)
	}

	/// Checks a decoded model.
	pub fn from_proto(
		proto: ModelProto,
		input_shape: Option<&[usize]>,
	) -> Result<Self, ModelError> {
		let malformed = |what: &str| ModelError::Malformed(what.into());
		let graph = proto
			.graph
			.as_ref()
			.filter(|_| proto.ir_version > 0)
			.ok_or_else(|| ModelError::NotOnnx("it holds no graph".into()))?;
		if !proto.functions.is_empty() {
			return Err(malformed("model-local functions are not supported: inline them first"));
		}
		if !graph.sparse_initializer.is_empty() {
			return Err(malformed("sparse initializers are not supported: make them dense"));
		}
		let mut imports =
			proto.opset_import.iter().filter(|import| is_default_domain(&import.domain));
		let takes_default = graph.node.iter().any(|node| is_default_domain(&node.domain));
		let opset = match imports.next() {
			Some(import) => import.version,
			None if takes_default || graph.node.is_empty() => {
				return Err(malformed("no operator set is imported for the domain ai.onnx"));
			},
			// None of its operators is used.
			None => UNUSED_OPSET,
		};
		if imports.any(|import| import.version != opset) {
			return Err(malformed("two operator sets are imported for the domain ai.onnx"));
		}
		if !OPSETS.contains(&opset) {
			return Err(ModelError::Opset { got: opset, min: *OPSETS.start(), max: *OPSETS.end() });
		}
		let mut constants = BTreeMap::new();
		for tensor in &graph.initializer {
			if constants.insert(tensor.name.clone(), Tensor::read(tensor)?).is_some() {
				let name = &tensor.name;
				return Err(ModelError::Malformed(format!("tensor {name} is there twice")));
			}
		}
		let input = read_input(&graph.input, &constants, input_shape)?;
		let outputs: Vec<String> = graph.output.iter().map(|output| output.name.clone()).collect();
		if outputs.is_empty() {
			return Err(malformed("it has no output"));
		}
		let mut defined: BTreeSet<String> = constants.keys().cloned().collect();
		defined.insert(input.name.clone());
		let mut nodes = Vec::with_capacity(graph.node.len());
		for proto in &graph.node {
			let node = read_node(proto)?;
			if let Some(missing) =
				node.inputs.iter().find(|name| !name.is_empty() && !defined.contains(*name))
			{
				return Err(node.error(format!("its input {missing} is not defined before it")));
			}
			for output in node.outputs.iter().filter(|output| !output.is_empty()) {
				if !defined.insert(output.clone()) {
					return Err(node.error(format!("its output {output} is defined twice")));
				}
			}
			if node.op == "Constant" {
				constants.insert(node.output()?.into(), constant_value(&node)?);
			} else {
				nodes.push(node);
			}
		}
		if let Some(output) = outputs.iter().find(|output| !defined.contains(*output)) {
			return Err(ModelError::Malformed(format!("output {output} is not defined")));
		}
		let schema = proto.metadata_props.iter().find(|property| property.key == METADATA);
		let record = schema.map(|property| Record::read(&property.value)).transpose()?;
		let model = Self { opset, nodes, constants, input, outputs, record: None, proto };
		match record {
			Some(record) => model.with_record(record),
			None => Ok(model),
		}
	}

	/// The model with a record as its input.
	///
	/// # Errors
	/// [`ModelError::Record`] if its input is not one row of so many floats.
	pub fn with_record(mut self, record: Record) -> Result<Self, ModelError> {
		let (shape, fields) = (&self.input.shape, record.fields.len());
		if shape.last() != Some(&fields) || shape.iter().product::<usize>() != fields {
			return Err(ModelError::Record(format!(
				"it has {fields} fields, and the model's input {} is {}",
				self.input.name,
				show_shape(shape)
			)));
		}
		if self.input.kind.is_some() {
			return Err(ModelError::Record("the model's input is not of type float".into()));
		}
		self.record = Some(record);
		Ok(self)
	}
}

fn is_default_domain(domain: &str) -> bool {
	matches!(domain, "" | "ai.onnx")
}

fn read_input(
	inputs: &[ValueInfoProto],
	constants: &BTreeMap<String, Tensor>,
	given: Option<&[usize]>,
) -> Result<Input, ModelError> {
	// Old exporters list initializers among the inputs.
	let mut real = inputs.iter().filter(|input| !constants.contains_key(&input.name));
	let (Some(info), None) = (real.next(), real.next()) else {
		let count = inputs.iter().filter(|input| !constants.contains_key(&input.name)).count();
		return Err(ModelError::Malformed(format!("{count} inputs are not supported, only 1")));
	};
	let name = info.name.clone();
	let malformed = |what: &str| ModelError::Malformed(format!("input {name}: {what}"));
	let Some(type_proto::Value::TensorType(tensor)) =
		info.r#type.as_ref().and_then(|r#type| r#type.value.as_ref())
	else {
		return Err(malformed("it is not a tensor"));
	};
	let kind = match DataType::try_from(tensor.elem_type) {
		Ok(DataType::Float) => None,
		Ok(DataType::Uint8) => Some(Kind::U8),
		Ok(DataType::Int8) => Some(Kind::I8),
		_ => return Err(malformed("its elements are neither float nor uint8 nor int8")),
	};
	let dimensions = &tensor.shape.as_ref().ok_or_else(|| malformed("it has no shape"))?.dim;
	let shown: Vec<String> = dimensions
		.iter()
		.map(|dimension| match &dimension.value {
			Some(dimension::Value::DimValue(value)) => value.to_string(),
			Some(dimension::Value::DimParam(name)) if !name.is_empty() => name.clone(),
			_ => "?".into(),
		})
		.collect();
	if let Some(given) = given.filter(|given| given.len() != dimensions.len()) {
		return Err(ModelError::Shape {
			what: format!("--input-shape for {name}"),
			expected: shown.join("×"),
			got: show_shape(given),
		});
	}
	let mut shape = Vec::with_capacity(dimensions.len());
	for (axis, dimension) in dimensions.iter().enumerate() {
		let asked = given.map(|given| given[axis]);
		let size = match (&dimension.value, asked) {
			(Some(dimension::Value::DimValue(value)), _) => {
				let value =
					usize::try_from(*value).map_err(|_| malformed("a dimension is negative"))?;
				if asked.is_some_and(|asked| asked != value) {
					return Err(ModelError::Shape {
						what: format!("--input-shape for {name}"),
						expected: shown.join("×"),
						got: show_shape(given.unwrap_or_default()),
					});
				}
				value
			},
			(_, Some(asked)) => asked,
			(_, None) if axis == 0 => 1,
			(_, None) => {
				return Err(ModelError::Symbolic {
					input: name,
					dimension: shown[axis].clone(),
					shape: shown.join("×"),
				})
			},
		};
		shape.push(size);
	}
	let elements = shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
	match elements {
		Some(1..=MAX_ELEMENTS) => Ok(Input { name, shape, kind }),
		_ => Err(malformed("it is empty or too large")),
	}
}

fn read_node(proto: &NodeProto) -> Result<Node, ModelError> {
	let first_output = proto.output.first().cloned().unwrap_or_default();
	let name = if proto.name.is_empty() { first_output } else { proto.name.clone() };
	let op = if is_default_domain(&proto.domain) {
		proto.op_type.clone()
	} else {
		format!("{}.{}", proto.domain, proto.op_type)
	};
	let mut attributes = BTreeMap::new();
	for attribute in &proto.attribute {
		if attributes.insert(attribute.name.clone(), read_attribute(attribute)?).is_some() {
			let attribute = &attribute.name;
			return Err(ModelError::Malformed(format!(
				"node {name}: attribute {attribute} is there twice"
			)));
		}
	}
	Ok(Node { name, op, inputs: proto.input.clone(), outputs: proto.output.clone(), attributes })
}

fn read_attribute(proto: &AttributeProto) -> Result<Attribute, ModelError> {
	Ok(match AttributeType::try_from(proto.r#type) {
		Ok(AttributeType::Float) => Attribute::Float(proto.f),
		Ok(AttributeType::Int) => Attribute::Int(proto.i),
		Ok(AttributeType::Floats) => Attribute::Floats(proto.floats.clone()),
		Ok(AttributeType::Ints) => Attribute::Ints(proto.ints.clone()),
		Ok(AttributeType::String) => {
			Attribute::String(String::from_utf8_lossy(&proto.s).into_owned())
		},
		Ok(AttributeType::Strings) => {
			let strings = proto.strings.iter();
			Attribute::Strings(strings.map(|s| String::from_utf8_lossy(s).into_owned()).collect())
		},
		Ok(AttributeType::Tensor) => match &proto.t {
			Some(tensor) => Attribute::Tensor(Tensor::read(tensor)?),
			None => Attribute::Other,
		},
		_ => Attribute::Other,
	})
}

fn constant_value(node: &Node) -> Result<Tensor, ModelError> {
	let known = ["value", "value_float", "value_floats", "value_int", "value_ints"];
	node.only_attributes(&known)?;
	match node.attributes.values().next() {
		Some(Attribute::Tensor(tensor)) => Ok(tensor.clone()),
		Some(Attribute::Float(value)) => {
			Ok(Tensor { shape: Vec::new(), data: Data::F32(vec![*value]) })
		},
		Some(Attribute::Int(value)) => {
			Ok(Tensor { shape: Vec::new(), data: Data::I64(vec![*value]) })
		},
		Some(Attribute::Floats(values)) => {
			Ok(Tensor { shape: vec![values.len()], data: Data::F32(values.clone()) })
		},
		Some(Attribute::Ints(values)) => {
			Ok(Tensor { shape: vec![values.len()], data: Data::I64(values.clone()) })
		},
		_ => Err(node.error("it has no value")),
	}
}
