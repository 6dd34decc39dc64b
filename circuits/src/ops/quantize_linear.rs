//! `QuantizeLinear`: the model's input into integers, or a sum into 8 bits.
//!
//! # Semantics
//! [`crate::plan::Step`]: onnxruntime divides in float32, rounds half to even, adds the zero point
//! and saturates; after an integer kernel it multiplies by `RN32(RN32(xs·ws)/ys)` instead. `Relu`
//! and `Clip` before it narrow the range of the result and cost nothing.
//!
//! # Constraints
//! [`super::Requantize`].

use super::Place;
use crate::{
	columns::{Column, Columns},
	error::ModelError,
	lower::{kind_of, Lowering},
	onnx::{Data, Input, Node, Tensor},
	plan::{quantize, Rounding, Step},
	record::Field,
	signal::Bounds,
	value::{Kind, Quantized, Real, Unary, Unit, Value},
};

/// What `QuantizeLinear` or `DequantizeLinear` says of integers, for every element.
pub(crate) struct Quantization {
	/// One scale, or one by place on the axis.
	pub(crate) scales: Vec<f32>,
	/// As many zero points.
	pub(crate) zero_points: Vec<i64>,
	/// The type, where a zero point or an attribute tells it.
	pub(crate) kind: Option<Kind>,
	/// By element: which scale; `None` if there is one for all.
	which: Option<Vec<usize>>,
}

impl Quantization {
	/// Scale and zero point of an element.
	pub(crate) fn at(&self, element: usize) -> (f32, i64) {
		let index = self.which.as_ref().map_or(0, |which| which[element]);
		(self.scales[index], self.zero_points[index])
	}

	/// The one scale and zero point, if there is one.
	pub(crate) fn uniform(&self) -> Option<(f32, i64)> {
		let first = (*self.scales.first()?, *self.zero_points.first()?);
		self.scales
			.iter()
			.zip(&self.zero_points)
			.all(|(&scale, &point)| (scale, point) == first)
			.then_some(first)
	}

	/// Reads scale (input 1), zero point (input 2) and axis of a node for a tensor of this shape.
	pub(crate) fn read(
		lowering: &Lowering<'_>,
		node: &Node,
		shape: &[usize],
	) -> Result<Self, ModelError> {
		if node.int("block_size", 0)? != 0 {
			return Err(node.error("blocked quantisation is not supported"));
		}
		let scale = lowering.constant(node, 1)?;
		let Some(scales) = scale.floats().map(<[f32]>::to_vec) else {
			return Err(node.error("its scale is not of type float"));
		};
		check_scales(node, &scales)?;
		let (mut zero_points, mut kind) = (vec![0; scales.len()], None);
		if node.optional_input(2).is_some() {
			let zero_point = lowering.constant(node, 2)?;
			kind = kind_of(zero_point);
			let Some(values) = zero_point.data.integers() else {
				return Err(node.error("its zero point is of type float"));
			};
			if values.len() != scales.len() {
				return Err(node.error("its scale and zero point differ in length"));
			}
			zero_points = values;
		}
		let which = if scales.len() == 1 {
			None
		} else {
			let axis = super::shape::axis(node, node.int("axis", 1)?, shape.len())?;
			if scale.shape.len() != 1 || shape[axis] != scales.len() {
				return Err(node.error(format!(
					"{} scales along axis {axis} of a tensor of shape {}",
					scales.len(),
					crate::error::show_shape(shape)
				)));
			}
			let inner: usize = shape[axis + 1..].iter().product();
			let count: usize = shape.iter().product();
			Some((0..count).map(|index| index / inner.max(1) % scales.len()).collect())
		};
		Ok(Self { scales, zero_points, kind, which })
	}
}

/// Refuses scales that mean nothing.
pub(crate) fn check_scales(node: &Node, scales: &[f32]) -> Result<(), ModelError> {
	match scales.iter().find(|scale| !(scale.is_normal() && **scale > 0.0)) {
		Some(scale) => Err(node.error(format!(
			"its scale is {scale}: scales must be positive, finite and not subnormal"
		))),
		None if scales.is_empty() => Err(node.error("it has no scale")),
		None => Ok(()),
	}
}

/// The model's input.
pub(crate) fn input(lowering: &mut Lowering<'_>, input: &Input) -> Result<Value, ModelError> {
	let shape = input.shape.clone();
	if let Some(record) = lowering.model.record.clone() {
		let unit = |(element, field): (usize, &Field)| Column {
			element,
			unit: field.float(),
			then: Vec::new(),
		};
		let columns: Vec<Column> = record.fields.iter().enumerate().map(unit).collect();
		let scales = columns.iter().map(|column| column.unit.step() as f32).collect();
		lowering.set_input(&input_node(input), record.bounds(), scales)?;
		return Ok(Value::Columns(Columns { tensor: 0, shape, columns }));
	}
	let Some(kind) = input.kind else {
		return Ok(Value::Input { shape, places: None, clip: None });
	};
	let node = input_node(input);
	let (lo, hi) = kind.range().ok_or_else(|| node.error("only 8-bit integers are supported"))?;
	let bounds = vec![Bounds { lo, hi }; shape.iter().product()];
	lowering.set_input(&node, bounds, vec![1.0])?;
	Ok(Value::Quantized(Quantized { tensor: 0, shape, kind }))
}

/// A node that stands for the input in messages.
fn input_node(input: &Input) -> Node {
	Node {
		name: input.name.clone(),
		op: "input".into(),
		inputs: Vec::new(),
		outputs: Vec::new(),
		attributes: Default::default(),
	}
}

/// ONNX's numbers of types.
const UINT8: i64 = 2;
const INT8: i64 = 3;

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["axis", "block_size", "output_dtype", "saturate", "precision"])?;
	if node.int("precision", 0)? > 1 {
		return Err(node.error("only the precision float is supported"));
	}
	let value = lowering.value(node, 0)?;
	let how = Quantization::read(lowering, node, value.shape())?;
	let declared = match node.int("output_dtype", 0)? {
		0 => None,
		UINT8 => Some(Kind::U8),
		INT8 => Some(Kind::I8),
		other => return Err(node.error(format!("output type {other} is not uint8 or int8"))),
	};
	let kind = match (how.kind, declared) {
		(Some(one), Some(other)) if one != other => {
			return Err(node.error("its zero point is not of its output type"));
		},
		(one, other) => one.or(other).unwrap_or(Kind::U8),
	};
	let Some((lo, hi)) = kind.range() else {
		return Err(node.error(format!(
			"activations of type {} are not supported, only uint8 and int8",
			kind.name()
		)));
	};
	match value {
		Value::Input { shape, places, clip } => {
			let range = match (clip, how.uniform()) {
				(None, _) => (lo, hi),
				(Some((least, most)), Some((scale, zero_point))) => {
					let end = |value| quantize(value, scale, zero_point, lo, hi);
					(end(least).min(end(most)), end(most))
				},
				_ => return Err(node.error("a clipped input must have one scale")),
			};
			let tensor = quantize_input(lowering, node, &how, range, places.as_deref(), &shape)?;
			Ok(Value::Quantized(Quantized { tensor, shape, kind }))
		},
		Value::Columns(columns) => {
			let tensor = quantize_columns(lowering, node, &columns, &how, (lo, hi))?;
			Ok(Value::Quantized(Quantized { tensor, shape: columns.shape, kind }))
		},
		Value::Constant(tensor) => constant(node, &tensor, &how, kind),
		Value::Real(real) => {
			let tensor = round(lowering, node, &real, &how, (lo, hi))?;
			Ok(Value::Quantized(Quantized { tensor, shape: real.shape, kind }))
		},
		Value::Integers(_) | Value::Quantized(_) => {
			Err(node.error("its input is a constant or quantised already"))
		},
	}
}

/// The input's tensor holds integers less the zero point; the result is what ONNX has.
fn quantize_input(
	lowering: &mut Lowering<'_>,
	node: &Node,
	how: &Quantization,
	(lo, hi): (i64, i64),
	places: Option<&[usize]>,
	shape: &[usize],
) -> Result<usize, ModelError> {
	let count: usize = shape.iter().product();
	let Some(zero_point) = how.uniform().map(|(_, point)| point).or_else(|| {
		let first = how.zero_points[0];
		how.zero_points.iter().all(|&point| point == first).then_some(first)
	}) else {
		return Err(node.error("the input must have one zero point"));
	};
	let bounds = Bounds { lo: lo - zero_point, hi: hi - zero_point };
	let scales = match how.uniform() {
		Some((scale, _)) => vec![scale],
		None => {
			// Every element of the input needs a scale, and one only.
			let size = lowering.model.input.shape.iter().product();
			let mut scales: Vec<Option<f32>> = vec![None; size];
			for element in 0..count {
				let scale = how.at(element).0;
				let known = &mut scales[places.map_or(element, |places| places[element])];
				if known.is_some_and(|known| known != scale) {
					return Err(node.error("an element of the input has two scales"));
				}
				*known = Some(scale);
			}
			let scales: Option<Vec<f32>> = scales.into_iter().collect();
			scales.ok_or_else(|| node.error("its input is not all of the model's"))?
		},
	};
	let bounds = vec![bounds; lowering.model.input.shape.iter().product()];
	match lowering.input() {
		Some(known) if lowering.bounds_of(0) == bounds && known.scales == scales => {},
		_ => lowering.set_input(node, bounds, scales)?,
	}
	let tensor = match places {
		None => 0,
		Some(places) => {
			let place = |&element: &usize| Place::Input { input: 0, element: element as u32 };
			lowering.select(node, places.iter().map(place).collect(), &[0], shape)?
		},
	};
	let raw = Quantized { tensor, shape: shape.to_vec(), kind: Kind::U8 };
	lowering.shift_by(node, &raw, zero_point)
}

/// Rounds fields of a record: functions of few steps by those, others by rounding gadgets.
fn quantize_columns(
	lowering: &mut Lowering<'_>,
	node: &Node,
	columns: &Columns,
	how: &Quantization,
	(lo, hi): (i64, i64),
) -> Result<usize, ModelError> {
	/// A thermometer of more jumps costs more than rounding.
	const MAX_JUMPS: usize = 16;
	let Columns { tensor, shape, columns } = columns;
	let bounds = lowering.bounds_of(*tensor).to_vec();
	let (mut functions, mut rounded, mut steps) = (Vec::new(), Vec::new(), Vec::new());
	let mut places = Vec::with_capacity(columns.len());
	for (element, column) in columns.iter().enumerate() {
		let (scale, zero_point) = how.at(element);
		let range = bounds[column.element];
		let pieces = column.pieces(range, MAX_JUMPS, |x| quantize(x, scale, zero_point, lo, hi));
		if let Some(pieces) = pieces {
			places.push(Place::Input { input: 1, element: functions.len() as u32 });
			functions.push((column.element, range, pieces));
			continue;
		}
		places.push(Place::Input { input: 0, element: steps.len() as u32 });
		rounded.push(Place::Input { input: 0, element: column.element as u32 });
		steps.push(step(column.unit, &column.then, scale, zero_point, lo, hi));
	}
	let rounds = match rounded.len() {
		0 => *tensor,
		count => {
			let picked = lowering.select(node, rounded, &[*tensor], &[count])?;
			lowering.round(node, picked, &[count], steps.into_iter())?
		},
	};
	lowering.interleave(node, rounds, places, (*tensor, functions), shape)
}

fn constant(
	node: &Node,
	tensor: &Tensor,
	how: &Quantization,
	kind: Kind,
) -> Result<Value, ModelError> {
	let Some(floats) = tensor.floats() else {
		return Err(node.error("its input is not of type float"));
	};
	let (lo, hi) = kind.range().unwrap_or((0, 0));
	let integers = floats.iter().enumerate().map(|(element, &value)| {
		let (scale, zero_point) = how.at(element);
		quantize(value, scale, zero_point, lo, hi)
	});
	let data = match kind {
		Kind::U8 => Data::U8(integers.map(|value| value as u8).collect()),
		_ => Data::I8(integers.map(|value| value as i8).collect()),
	};
	Ok(Value::Constant(Tensor { shape: tensor.shape.clone(), data }))
}

/// Rounds an activation in real units; returns the tensor of integers, zero point included.
fn round(
	lowering: &mut Lowering<'_>,
	node: &Node,
	real: &Real,
	how: &Quantization,
	(lo, hi): (i64, i64),
) -> Result<usize, ModelError> {
	if let Some(Unit::Kernel(_)) = real.units.first() {
		if real.then.iter().any(|unary| !matches!(unary, Unary::Clip { .. })) {
			return Err(node.error(
				"onnxruntime computes the function before it in float, where its result is no \
				 function of integers: run `zkml quantize --snap`",
			));
		}
	}
	let source = real.source.as_ref().filter(|_| real.then.is_empty());
	if let (Some(source), Some(uniform)) = (source, how.uniform()) {
		if source.quantized.kind.range() == Some((lo, hi)) {
			let same = uniform == (source.scale, source.zero_point);
			if same && !source.moved {
				return Ok(source.quantized.tensor);
			}
			// onnxruntime merges QuantizeLinear, DequantizeLinear, QuantizeLinear,
			// DequantizeLinear of one type into one pair, whose integers are others; also where
			// only operators that move elements stand between them.
			if !same {
				return Err(node.error(
					"its input comes straight from a DequantizeLinear of another scale: remove one \
					 of the two pairs",
				));
			}
		}
	}
	// A table holds two slopes only for a narrow input; a wide one is an operator before rounding.
	let leaky = |unary: &Unary| matches!(unary, Unary::LeakyRelu { .. });
	let wide = |bounds: &Bounds| bounds.hi - bounds.lo >= 1 << crate::gadgets::lookup::MAX_BITS;
	let realized = match real.then.iter().rposition(leaky) {
		Some(last) if lowering.bounds_of(real.tensor).iter().any(wide) => {
			let (now, later) = real.then.split_at(last + 1);
			let applied = lowering.realize(node, Real { then: now.to_vec(), ..real.clone() })?;
			Some(Real { then: later.to_vec(), ..applied })
		},
		_ => None,
	};
	let real = realized.as_ref().unwrap_or(real);
	let steps = real.units.iter().enumerate().map(|(element, &unit)| {
		let (scale, zero_point) = how.at(element);
		step(unit, &real.then, scale, zero_point, lo, hi)
	});
	let steps: Vec<Step> = steps.collect();
	lowering.round(node, real.tensor, &real.shape, steps.into_iter())
}

/// The rounding step of one element. A `Clip` that comes last narrows the range.
pub(super) fn step(
	unit: Unit,
	then: &[Unary],
	scale: f32,
	zero_point: i64,
	lo: i64,
	hi: i64,
) -> Step {
	let (mut lo, mut hi, mut rest) = (lo, hi, then);
	while let Some((&Unary::Clip { lo: least, hi: most }, before)) = rest.split_last() {
		let end = |value: f32| quantize(value, scale, zero_point, lo, hi);
		(lo, hi) = (end(least).min(end(most)), end(most));
		rest = before;
	}
	let rounding = match unit {
		Unit::Kernel(product) => Rounding::Kernel { factor: product / scale },
		unit => Rounding::Float { unit, then: rest.to_vec(), scale },
	};
	Step { rounding, zero_point, lo, hi }
}
