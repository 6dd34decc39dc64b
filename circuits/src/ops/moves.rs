//! What all operators share that only move elements: the same for the model's input, constants,
//! integers and activations, pending functions and units included. No cost.

use super::{shape::elements, Place};
use crate::{
	columns::Columns,
	error::{show_shape, ModelError},
	lower::{dyadic_constant, kind_of, Lowering},
	onnx::{Data, Node, Tensor},
	value::{exponent_of, Integers, Quantized, Real, Unit, Value},
};

/// Elements of a slice in another order.
fn pick<T: Clone>(values: &[T], order: &[usize]) -> Vec<T> {
	order.iter().map(|&element| values[element].clone()).collect()
}

impl Data {
	/// Elements in another order.
	pub(crate) fn pick(&self, order: &[usize]) -> Self {
		match self {
			Self::F32(values) => Self::F32(pick(values, order)),
			Self::I8(values) => Self::I8(pick(values, order)),
			Self::U8(values) => Self::U8(pick(values, order)),
			Self::I32(values) => Self::I32(pick(values, order)),
			Self::I64(values) => Self::I64(pick(values, order)),
		}
	}

	/// Elements of several constants of one type.
	fn combine(parts: &[&Self], places: &[(u32, u32)]) -> Option<Self> {
		macro_rules! of_type {
			($($variant:ident),*) => {
				match parts.first()? {
					$(Self::$variant(_) => {
						let parts = parts.iter().map(|part| match part {
							Self::$variant(values) => Some(values.as_slice()),
							_ => None,
						});
						let parts: Option<Vec<&[_]>> = parts.collect();
						Self::$variant(pick_from(&parts?, places))
					},)*
				}
			};
		}
		Some(of_type!(F32, I8, U8, I32, I64))
	}
}

/// Elements of several slices: which slice, and which element of it.
fn pick_from<T: Clone>(parts: &[&[T]], places: &[(u32, u32)]) -> Vec<T> {
	places.iter().map(|&(part, element)| parts[part as usize][element as usize].clone()).collect()
}

fn not_integers(node: &Node) -> ModelError {
	node.error(
		"onnxruntime computes the layer before it in float, where its result is no function of \
		 integers: put QuantizeLinear before this, or run `zkml quantize --snap`",
	)
}

fn is_kernel(real: &Real) -> bool {
	real.units.iter().any(|unit| matches!(unit, Unit::Kernel(_)))
}

/// The same elements in another shape.
pub(crate) fn with_shape(
	lowering: &mut Lowering<'_>,
	node: &Node,
	value: Value,
	shape: Vec<usize>,
) -> Result<Value, ModelError> {
	let count: usize = value.shape().iter().product();
	if shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size)) != Some(count) {
		return Err(node.error(format!(
			"{} elements do not fill the shape {}",
			count,
			show_shape(&shape)
		)));
	}
	moved(lowering, node, value, shape, None)
}

/// Elements of a value in another order: element `i` of the result is element `order[i]`.
pub(crate) fn reorder(
	lowering: &mut Lowering<'_>,
	node: &Node,
	value: Value,
	shape: Vec<usize>,
	order: Vec<usize>,
) -> Result<Value, ModelError> {
	moved(lowering, node, value, shape, Some(order))
}

/// Elements of an activation in another order.
pub(crate) fn rearrange(
	lowering: &mut Lowering<'_>,
	node: &Node,
	real: Real,
	shape: Vec<usize>,
	order: Vec<usize>,
) -> Result<Real, ModelError> {
	match reorder(lowering, node, Value::Real(real), shape, order)? {
		Value::Real(real) => Ok(real),
		_ => unreachable!("an activation stays one"),
	}
}

fn moved(
	lowering: &mut Lowering<'_>,
	node: &Node,
	value: Value,
	shape: Vec<usize>,
	order: Option<Vec<usize>>,
) -> Result<Value, ModelError> {
	elements(node, &shape)?;
	let mut tensor = |tensor: usize| match &order {
		None => Ok(tensor),
		Some(order) => {
			let place = |&element: &usize| Place::Input { input: 0, element: element as u32 };
			lowering.select(node, order.iter().map(place).collect(), &[tensor], &shape)
		},
	};
	let order = order.as_deref();
	Ok(match value {
		Value::Input { places, clip, .. } => {
			let places = match (places, order) {
				(Some(places), Some(order)) => Some(pick(&places, order)),
				(None, Some(order)) => Some(order.to_vec()),
				(places, None) => places,
			};
			Value::Input { shape, places, clip }
		},
		Value::Columns(Columns { tensor, columns, .. }) => {
			let columns = order.map_or_else(|| columns.clone(), |order| pick(&columns, order));
			Value::Columns(Columns { tensor, shape, columns })
		},
		Value::Constant(Tensor { data, .. }) => {
			let data = order.map_or_else(|| data.clone(), |order| data.pick(order));
			Value::Constant(Tensor { shape, data })
		},
		Value::Integers(Integers { values, scales, dequantized, .. }) => {
			let (values, scales) = match order {
				Some(order) => (pick(&values, order), pick(&scales, order)),
				None => (values, scales),
			};
			Value::Integers(Integers { shape, values, scales, dequantized })
		},
		Value::Quantized(quantized) => {
			let tensor = tensor(quantized.tensor)?;
			Value::Quantized(Quantized { tensor, shape, ..quantized })
		},
		Value::Real(real) => {
			let tensor = tensor(real.tensor)?;
			let units = order.map_or_else(|| real.units.clone(), |order| pick(&real.units, order));
			let source = lowering.fusion.moved(node, real.source.as_deref());
			Value::Real(Real { tensor, shape, units, then: real.then, source })
		},
	})
}

/// Whether functions that are pending may stay so when values are put together.
fn settled(values: &[Value]) -> bool {
	let mut pending = values.iter().map(|value| match value {
		Value::Real(real) => real.then.as_slice(),
		_ => &[],
	});
	let first = pending.next().unwrap_or_default();
	pending.all(|then| then == first)
}

/// All inputs of a node, at least one; what is pending is applied where it differs.
pub(crate) fn operands(lowering: &mut Lowering<'_>, node: &Node) -> Result<Vec<Value>, ModelError> {
	if node.inputs.is_empty() {
		return Err(node.error("it has no inputs"));
	}
	let values = (0..node.inputs.len()).map(|index| lowering.value(node, index));
	let mut values: Vec<Value> = values.collect::<Result<_, _>>()?;
	if !settled(&values) {
		for (index, value) in values.iter_mut().enumerate() {
			if let Value::Real(real) = value {
				*real = lowering.real(node, index)?;
			}
		}
	}
	Ok(values)
}

/// Elements of several values: element `i` of the result is `places[i]`, which value and which
/// element of it. Constants among activations come to their unit, or all to a finer one; functions
/// must be pending after all values or none.
pub(crate) fn combine(
	lowering: &mut Lowering<'_>,
	node: &Node,
	values: Vec<Value>,
	shape: Vec<usize>,
	places: &[(u32, u32)],
) -> Result<Value, ModelError> {
	elements(node, &shape)?;
	let any = |is: fn(&Value) -> bool| values.iter().any(is);
	if !settled(&values) {
		return Err(not_integers(node));
	}
	if any(|value| matches!(value, Value::Columns(_))) {
		return columns(node, &values, shape, places);
	}
	if any(|value| matches!(value, Value::Input { .. })) {
		return inputs(node, &values, shape, places);
	}
	match (
		any(|value| matches!(value, Value::Real(_))),
		any(|value| matches!(value, Value::Quantized(_))),
	) {
		(false, false) => constants(node, &values, shape, places),
		(false, true) => integers(lowering, node, &values, shape, places),
		(true, false) => activations(lowering, node, values, shape, places),
		(true, true) => Err(node.error(
			"some of its inputs are integers and others real: quantise all of them, or none",
		)),
	}
}

fn columns(
	node: &Node,
	values: &[Value],
	shape: Vec<usize>,
	places: &[(u32, u32)],
) -> Result<Value, ModelError> {
	let mut parts = Vec::new();
	let mut of = None;
	for value in values {
		match value {
			Value::Columns(Columns { tensor, columns, .. })
				if *of.get_or_insert(*tensor) == *tensor =>
			{
				parts.push(columns.as_slice());
			},
			_ => {
				let what = "fields of a record go together with fields only: put QuantizeLinear \
				            and DequantizeLinear before it";
				return Err(node.error(what));
			},
		}
	}
	let columns = pick_from(&parts, places);
	Ok(Value::Columns(Columns { tensor: of.unwrap_or_default(), shape, columns }))
}

fn inputs(
	node: &Node,
	values: &[Value],
	shape: Vec<usize>,
	places: &[(u32, u32)],
) -> Result<Value, ModelError> {
	let unquantized =
		|| node.error("the model's input is not quantised: put QuantizeLinear before this");
	let mut parts = Vec::new();
	let mut clips = Vec::new();
	for value in values {
		let Value::Input { shape, places, clip } = value else { return Err(unquantized()) };
		let all = || (0..shape.iter().product()).collect();
		parts.push(places.clone().unwrap_or_else(all));
		clips.push(*clip);
	}
	if clips.windows(2).any(|pair| pair[0] != pair[1]) {
		return Err(unquantized());
	}
	let parts: Vec<&[usize]> = parts.iter().map(Vec::as_slice).collect();
	let clip = clips.first().copied().flatten();
	Ok(Value::Input { shape, places: Some(pick_from(&parts, places)), clip })
}

/// A constant as integers with scales.
fn as_integers(node: &Node, value: &Value) -> Result<Option<Integers>, ModelError> {
	match value {
		Value::Integers(integers) => Ok(Some(integers.clone())),
		Value::Constant(tensor) => dyadic_constant(node, "operand", tensor).map(Some),
		_ => Ok(None),
	}
}

fn constants(
	node: &Node,
	values: &[Value],
	shape: Vec<usize>,
	places: &[(u32, u32)],
) -> Result<Value, ModelError> {
	let tensors = values.iter().map(|value| match value {
		Value::Constant(tensor) => Some(&tensor.data),
		_ => None,
	});
	if let Some(parts) = tensors.collect::<Option<Vec<&Data>>>() {
		let data = Data::combine(&parts, places)
			.ok_or_else(|| node.error("its constants are of different types"))?;
		return Ok(Value::Constant(Tensor { shape, data }));
	}
	let parts = values.iter().filter_map(|value| as_integers(node, value).transpose());
	let parts: Vec<Integers> = parts.collect::<Result<_, _>>()?;
	let numbers: Vec<&[i64]> = parts.iter().map(|part| part.values.as_slice()).collect();
	let scales: Vec<&[f32]> = parts.iter().map(|part| part.scales.as_slice()).collect();
	Ok(Value::Integers(Integers {
		shape,
		values: pick_from(&numbers, places),
		scales: pick_from(&scales, places),
		dequantized: parts.iter().all(|part| part.dequantized),
	}))
}

/// The tensors of some values, each constant replaced by its elements.
enum Part {
	Tensor(u32),
	Constants(Vec<i64>),
}

fn selected(parts: &[Part], places: &[(u32, u32)]) -> Vec<Place> {
	let place = |&(part, element): &(u32, u32)| match &parts[part as usize] {
		&Part::Tensor(input) => Place::Input { input, element },
		Part::Constants(values) => Place::Constant(values[element as usize]),
	};
	places.iter().map(place).collect()
}

fn integers(
	lowering: &mut Lowering<'_>,
	node: &Node,
	values: &[Value],
	shape: Vec<usize>,
	places: &[(u32, u32)],
) -> Result<Value, ModelError> {
	let kinds = values.iter().map(|value| match value {
		Value::Quantized(quantized) => Some(quantized.kind),
		Value::Constant(tensor) => kind_of(tensor),
		_ => None,
	});
	let kinds: Option<Vec<_>> = kinds.collect();
	let kind = match kinds.as_deref() {
		Some([first, rest @ ..]) if rest.iter().all(|kind| kind == first) => *first,
		_ => return Err(node.error("its inputs are not integers of one type")),
	};
	let mut tensors = Vec::new();
	let parts = values.iter().map(|value| match value {
		Value::Quantized(quantized) => {
			tensors.push(quantized.tensor);
			Part::Tensor(tensors.len() as u32 - 1)
		},
		Value::Constant(tensor) => Part::Constants(tensor.data.integers().unwrap_or_default()),
		_ => Part::Constants(Vec::new()),
	});
	let parts: Vec<Part> = parts.collect();
	let tensor = lowering.select(node, selected(&parts, places), &tensors, &shape)?;
	Ok(Value::Quantized(Quantized { tensor, shape, kind }))
}

/// Factors between units beyond this are not worth making all units equal.
const FAR: i32 = 20;

fn activations(
	lowering: &mut Lowering<'_>,
	node: &Node,
	mut values: Vec<Value>,
	shape: Vec<usize>,
	places: &[(u32, u32)],
) -> Result<Value, ModelError> {
	let reals = values.iter().filter_map(|value| match value {
		Value::Real(real) => Some(real),
		_ => None,
	});
	let mut units = reals.clone().flat_map(|real| &real.units);
	let first = units.next().copied();
	let mut common = first.filter(|first| units.all(|unit| unit == first));
	let then = reals.clone().next().map(|real| real.then.clone()).unwrap_or_default();
	if reals.clone().any(is_kernel) {
		return Err(not_integers(node));
	}
	let constants: Vec<Option<Integers>> =
		values.iter().map(|value| as_integers(node, value)).collect::<Result<_, _>>()?;
	if let Some(Unit::Exact(exponent)) = common {
		let finest = (constants.iter().flatten())
			.flat_map(|constant| constant.values.iter().zip(&constant.scales))
			.filter(|(&value, _)| value != 0)
			.filter_map(|(&value, &scale)| {
				Some(exponent_of(scale)? + value.trailing_zeros() as i32)
			})
			.fold(exponent, i32::min);
		if finest < exponent && exponent - finest <= FAR {
			for value in &mut values {
				if let Value::Real(real) = value {
					let exponents = vec![finest; real.units.len()];
					*real = lowering.refine(node, real.clone(), &exponents)?;
				}
			}
			common = Some(Unit::Exact(finest));
		}
	}
	let mut tensors = Vec::new();
	let (mut parts, mut units) = (Vec::new(), Vec::new());
	for (value, constant) in values.iter().zip(constants) {
		match (value, constant) {
			(Value::Real(real), _) => {
				parts.push(Part::Tensor(tensors.len() as u32));
				tensors.push(real.tensor);
				units.push(real.units.clone());
			},
			(_, Some(constant)) => {
				let pairs = constant.values.iter().zip(&constant.scales);
				let pairs = pairs.map(|(&value, &scale)| in_unit(value, scale, common));
				let (numbers, own) = pairs.unzip();
				parts.push(Part::Constants(numbers));
				units.push(own);
			},
			_ => return Err(not_integers(node)),
		}
	}
	let tensor = lowering.select(node, selected(&parts, places), &tensors, &shape)?;
	let units: Vec<&[Unit]> = units.iter().map(Vec::as_slice).collect();
	let units = pick_from(&units, places);
	Ok(Value::Real(Real { tensor, shape, units, then, source: None }))
}

/// A constant as an integer of a unit, or of one of its own.
fn in_unit(value: i64, scale: f32, common: Option<Unit>) -> (i64, Unit) {
	if let (0, Some(unit)) = (value, common) {
		return (0, unit);
	}
	if let (Some(Unit::Exact(to)), Some(from)) = (common, exponent_of(scale)) {
		let zeros = value.trailing_zeros();
		let (odd, shift) = (value >> zeros, from + zeros as i32 - to);
		if (0..=31).contains(&shift) && odd.unsigned_abs() < 1 << 31 {
			return (odd << shift, Unit::Exact(to));
		}
	}
	(value, Unit::of_scale(scale))
}
