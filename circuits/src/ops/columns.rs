//! What operators on the fields of a record share: functions of single fields stay functions, see
//! [`Columns`], until something takes them as numbers.

use super::{shape, Steps};
use crate::{
	columns::{Column, Columns, Pieces},
	error::ModelError,
	lower::Lowering,
	onnx::Node,
	ops::Place,
	signal::Bounds,
	value::{Real, Unary, Unit, Value},
};

/// Most jumps of a column that is taken as a number.
const MAX_JUMPS: usize = 64;

/// Operators that take columns as they are.
const TAKES_COLUMNS: [&str; 24] = [
	"Add",
	"Cast",
	"Clip",
	"Concat",
	"Div",
	"Flatten",
	"Gather",
	"Identity",
	"Mul",
	"QuantizeLinear",
	"Reshape",
	"Slice",
	"Split",
	"Squeeze",
	"Sub",
	"Transpose",
	"Unsqueeze",
	"ai.onnx.ml.ArrayFeatureExtractor",
	"ai.onnx.ml.Binarizer",
	"ai.onnx.ml.LabelEncoder",
	"ai.onnx.ml.OneHotEncoder",
	"ai.onnx.ml.Scaler",
	"ai.onnx.ml.TreeEnsemble",
	"ai.onnx.ml.TreeEnsembleRegressor",
];

/// Most columns of a tensor, and most functions of one.
const MAX_COLUMNS: usize = 1 << 16;
const MAX_FUNCTIONS: usize = 64;

/// Columns that are not too many.
fn checked(node: &Node, columns: Columns) -> Result<Value, ModelError> {
	let long = |column: &Column| column.then.len() > MAX_FUNCTIONS;
	match columns.columns.len() > MAX_COLUMNS || columns.columns.iter().any(long) {
		true => Err(node.error("too many functions of a record's fields")),
		false => Ok(Value::Columns(columns)),
	}
}

/// Whether an operator takes columns as they are.
pub(crate) fn takes_columns(op: &str) -> bool {
	TAKES_COLUMNS.contains(&op)
}

impl Column {
	/// Another function after those that there are.
	fn and(mut self, unary: Unary) -> Self {
		self.then.push(unary);
		self
	}
}

/// The columns that a node takes: fields of a record, or an activation before functions are applied.
pub(super) fn columns(
	lowering: &Lowering<'_>,
	node: &Node,
	index: usize,
) -> Result<Columns, ModelError> {
	match lowering.value(node, index)? {
		Value::Columns(columns) => Ok(columns),
		Value::Real(Real { tensor, shape, units, then, .. }) => {
			let column = |(element, unit)| Column { element, unit, then: then.clone() };
			let columns = units.into_iter().enumerate().map(column).collect();
			Ok(Columns { tensor, shape, columns })
		},
		Value::Input { .. } => Err(node.error(
			"the model's input is neither a record nor quantised: give its schema with `zkml \
			 quantize --record`",
		)),
		_ => Err(node.error(format!("its input {index} is no activation"))),
	}
}

/// Applies a function to each column, by its place on the last axis.
pub(super) fn each(
	node: &Node,
	columns: Columns,
	mut unary: impl FnMut(usize) -> Unary,
) -> Result<Value, ModelError> {
	let Columns { tensor, shape, columns } = columns;
	let width = shape.last().copied().unwrap_or(1).max(1);
	let parts = columns.into_iter().enumerate();
	let columns = parts.map(|(at, column)| column.and(unary(at % width))).collect();
	checked(node, Columns { tensor, shape, columns })
}

/// Arithmetic of columns with a constant: `None` if the node takes no columns.
///
/// `unary` is given the constant, and whether it stands on the left.
pub(super) fn arithmetic(
	lowering: &Lowering<'_>,
	node: &Node,
	unary: impl Fn(f32, bool) -> Option<Unary>,
) -> Result<Option<Value>, ModelError> {
	let is_columns = |index| matches!(lowering.value(node, index), Ok(Value::Columns(_)));
	let (at, constant) = match (node.inputs.len(), is_columns(0), is_columns(1)) {
		(2, true, false) => (0, 1),
		(2, false, true) => (1, 0),
		(2, true, true) => {
			return Err(node.error(
				"it combines fields of a record: put QuantizeLinear and DequantizeLinear before it",
			));
		},
		_ => return Ok(None),
	};
	let Columns { tensor, shape: own, columns } = columns(lowering, node, at)?;
	let (values, from) = super::mul::floats(lowering, node, constant)?;
	let shape = shape::broadcast(node, &[&own, &from])?;
	if shape.iter().product::<usize>() > MAX_COLUMNS {
		return Err(node.error("too many functions of a record's fields"));
	}
	let values = shape::spread(&values, &from, &shape);
	let spread = shape::spread(&columns, &own, &shape);
	let columns: Option<Vec<Column>> = (spread.into_iter().zip(values))
		.map(|(column, value)| Some(column.and(unary(value, constant == 0)?)))
		.collect();
	match columns {
		Some(columns) => checked(node, Columns { tensor, shape, columns }).map(Some),
		None => Err(node.error("this constant cannot stand here")),
	}
}

impl Lowering<'_> {
	/// Columns as numbers: fields as they are, and functions of few steps.
	pub(crate) fn settle(&mut self, node: &Node, columns: &Columns) -> Result<Real, ModelError> {
		let Columns { tensor, shape, columns } = columns;
		let bounds = self.bounds_of(*tensor).to_vec();
		let mut units = Vec::with_capacity(columns.len());
		let mut functions: Vec<(usize, Bounds, Pieces<i64>)> = Vec::new();
		let mut places = Vec::with_capacity(columns.len());
		for column in columns {
			if let Some(exponent) = column.exact_unit() {
				units.push(Unit::Exact(exponent));
				let element = column.element as u32;
				places.push(Place::Input { input: 0, element });
				continue;
			}
			let range = bounds[column.element];
			let pieces = column.pieces(range, MAX_JUMPS, |value| value);
			let Some((pieces, exponent)) = pieces.and_then(|pieces| pieces.integers()) else {
				return Err(node.error(
					"onnxruntime scales its input in float, where the result is no function of \
					 integers: put QuantizeLinear and DequantizeLinear before it, or run `zkml \
					 quantize --record`",
				));
			};
			units.push(Unit::Exact(exponent));
			let element = functions.len() as u32;
			places.push(Place::Input { input: 1, element });
			functions.push((column.element, range, pieces));
		}
		let tensor = self.interleave(node, *tensor, places, (*tensor, functions), shape)?;
		Ok(Real::new(tensor, shape.clone(), units))
	}

	/// Elements of a tensor (input 0 of the places), and step functions of another (input 1).
	pub(super) fn interleave(
		&mut self,
		node: &Node,
		tensor: usize,
		places: Vec<Place>,
		(fields, functions): (usize, Vec<(usize, Bounds, Pieces<i64>)>),
		shape: &[usize],
	) -> Result<usize, ModelError> {
		if functions.is_empty() {
			return self.select(node, places, &[tensor], shape);
		}
		// Where all are functions, they are in order.
		let count = functions.len();
		let shape_of_steps = if count == places.len() { shape } else { &[count][..] };
		let steps = self.push(node, Steps::new(functions), &[fields], shape_of_steps)?;
		if count == places.len() {
			return Ok(steps);
		}
		self.select(node, places, &[tensor, steps], shape)
	}
}
