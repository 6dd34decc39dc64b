//! From a quantised ONNX model to the integer graph.

mod exact;

use crate::{
	columns::Columns,
	error::{show_shape, ModelError},
	fusion::Fusion,
	graph::{Graph, GraphInput, GraphNode, GraphOutput},
	hide::{holds_constants, WEIGHT_BITS},
	onnx::{Input, Model, Node, Tensor},
	ops::{
		self, shape::elements, Conv, Dense, Factors, Linear, Operator, Place, Requantize, Select,
		Sum, Taps, Term,
	},
	plan::{Plan, Step},
	signal::Bounds,
	value::{Integers, Kind, Quantized, Real, Unary, Unit, Value},
};
use exact::{check_bounds, check_units, inexact};
pub(crate) use exact::{dyadic_constant, FLOAT_LIMIT, KERNEL_LIMIT};
use std::{
	any::Any,
	borrow::Cow,
	collections::{BTreeMap, BTreeSet, HashMap},
};

/// Most elements of one tensor.
pub(crate) const MAX_ELEMENTS: usize = 1 << 24;

/// A lowering under way.
#[derive(Debug)]
pub struct Lowering<'a> {
	/// The model.
	pub model: &'a Model,
	/// What onnxruntime fuses.
	pub(crate) fusion: Fusion<'a>,
	values: HashMap<String, Value>,
	/// Fields of a record as numbers, by the names of the columns.
	settled: HashMap<String, Real>,
	nodes: Vec<GraphNode>,
	/// Bounds of every tensor; the first is the input.
	bounds: Vec<Vec<Bounds>>,
	input: Option<GraphInput>,
	/// Bits of a weight, where weights are to be committed.
	hidden: Option<u32>,
	/// Where they are, the bounds of every tensor by the weights as they are. They decide only
	/// whether the model is refused.
	actual: Vec<Vec<Bounds>>,
	/// Nodes whose constants stay public.
	public_constants: Vec<String>,
}

impl<'a> Lowering<'a> {
	/// The value of a node's input.
	pub fn value(&self, node: &Node, index: usize) -> Result<Value, ModelError> {
		let name = node.input(index)?;
		match self.values.get(name) {
			Some(value) => Ok(value.clone()),
			None => self.constant(node, index).map(|tensor| Value::Constant(tensor.clone())),
		}
	}

	/// A node's input that must be a constant.
	pub fn constant(&self, node: &Node, index: usize) -> Result<&Tensor, ModelError> {
		let name = node.input(index)?;
		match self.values.get(name) {
			Some(Value::Constant(tensor)) => Ok(tensor),
			_ => self
				.model
				.constants
				.get(name)
				.ok_or_else(|| node.error(format!("its input {name} must be a constant"))),
		}
	}

	/// Whether a node's input is a constant: of the file, folded, or dequantised.
	pub fn is_constant(&self, node: &Node, index: usize) -> bool {
		node.optional_input(index).is_some_and(|name| match self.values.get(name) {
			Some(value) => matches!(value, Value::Constant(_) | Value::Integers(_)),
			None => self.model.constants.contains_key(name),
		})
	}

	/// Whether a node's input is a constant that `DequantizeLinear` made.
	pub fn is_dequantized(&self, node: &Node, index: usize) -> bool {
		let value = node.optional_input(index).and_then(|name| self.values.get(name));
		matches!(value, Some(Value::Integers(integers)) if integers.dequantized)
	}

	/// A node's input that must be a constant of integers, such as axes; `None` if it is absent.
	pub fn ints(&self, node: &Node, index: usize) -> Result<Option<Vec<i64>>, ModelError> {
		if node.optional_input(index).is_none() {
			return Ok(None);
		}
		let tensor = self.constant(node, index)?;
		tensor
			.data
			.integers()
			.map(Some)
			.ok_or_else(|| node.error(format!("its input {index} is not of integers")))
	}

	/// A node's input that must be a constant in real units: dequantised, or floats that are short
	/// multiples of powers of two.
	pub fn integers(&self, node: &Node, index: usize) -> Result<Cow<'_, Integers>, ModelError> {
		let name = node.input(index)?;
		if let Some(Value::Integers(integers)) = self.values.get(name) {
			return Ok(Cow::Borrowed(integers));
		}
		let tensor = self.constant(node, index).map_err(|_| {
			node.error(format!(
				"its input {name} is not a quantised constant: run `zkml quantize` first"
			))
		})?;
		dyadic_constant(node, name, tensor).map(Cow::Owned)
	}

	/// The axes of a node: an attribute in older operator sets, an input in newer ones.
	pub fn axes(&self, node: &Node, index: usize) -> Result<Option<Vec<i64>>, ModelError> {
		match node.int_list("axes")? {
			Some(axes) => Ok(Some(axes.to_vec())),
			None => self.ints(node, index),
		}
	}

	/// A node's input that must be an activation in real units; functions may be pending.
	pub fn pending(&self, node: &Node, index: usize) -> Result<Real, ModelError> {
		let name = node.input(index)?;
		match self.values.get(name) {
			Some(Value::Real(real)) => Ok(real.clone()),
			Some(Value::Columns(_)) => self.settled.get(name).cloned().ok_or_else(|| {
				node.error("it does not take fields of a record: put QuantizeLinear before it")
			}),
			Some(Value::Quantized(_)) => Err(node.error(format!(
				"its input {name} is of integers: it needs DequantizeLinear or Cast"
			))),
			_ => Err(node.error(format!(
				"its input {name} is not a quantised activation: run `zkml quantize` first"
			))),
		}
	}

	/// A node's input that must be an activation in real units, with nothing pending.
	pub fn real(&mut self, node: &Node, index: usize) -> Result<Real, ModelError> {
		let real = self.pending(node, index)?;
		if real.then.is_empty() {
			return Ok(real);
		}
		let real = self.realize(node, real)?;
		self.values.insert(node.input(index)?.into(), Value::Real(real.clone()));
		Ok(real)
	}

	/// Applies what is pending.
	pub fn realize(&mut self, node: &Node, real: Real) -> Result<Real, ModelError> {
		let then = real.then.clone();
		then.into_iter().try_fold(Real { then: Vec::new(), source: None, ..real }, |real, unary| {
			ops::apply(self, node, real, unary)
		})
	}

	/// A node's input that must be integers.
	pub fn quantized(&self, node: &Node, index: usize) -> Result<Quantized, ModelError> {
		let name = node.input(index)?;
		match self.values.get(name) {
			Some(Value::Quantized(quantized)) => Ok(quantized.clone()),
			_ => Err(node.error(format!("its input {name} is not a quantised activation"))),
		}
	}

	/// The bounds of a tensor's elements.
	pub fn bounds_of(&self, tensor: usize) -> &[Bounds] {
		&self.bounds[tensor]
	}

	/// The operator that makes a tensor, if it is of this kind, and its first input.
	pub fn producer<T: Operator + 'static>(&self, tensor: usize) -> Option<(&T, usize)> {
		let node = self.nodes.get(tensor.checked_sub(1)?)?;
		Some((node.op.as_any().downcast_ref()?, *node.inputs.first()?))
	}

	/// Declares the model's input, whose tensor holds integers less the zero point.
	pub fn set_input(
		&mut self,
		node: &Node,
		bounds: Vec<Bounds>,
		scales: Vec<f32>,
	) -> Result<(), ModelError> {
		let Input { name, shape, .. } = self.model.input.clone();
		self.bounds[0] = bounds;
		self.actual[0] = self.bounds[0].clone();
		let record = self.model.record.clone();
		match self.input.replace(GraphInput { name, shape, scales, record }) {
			None => Ok(()),
			Some(_) => Err(node.error("the input is quantised twice")),
		}
	}

	/// What the input was quantised as, if it was.
	pub fn input(&self) -> Option<&GraphInput> {
		self.input.as_ref()
	}

	/// Appends an integer operator and returns the tensor that it makes.
	pub fn push(
		&mut self,
		node: &Node,
		op: impl Operator + 'static,
		inputs: &[usize],
		shape: &[usize],
	) -> Result<usize, ModelError> {
		if let Some(bits) = self.hidden {
			let any: &dyn Any = &op;
			if let Some(dense) = any.downcast_ref::<Linear<Dense>>() {
				return self.hide(node, dense, inputs[0], shape, bits);
			}
			if let Some(conv) = any.downcast_ref::<Linear<Conv>>() {
				return self.hide(node, conv, inputs[0], shape, bits);
			}
			// Zero points are public anyway.
			let grid = ["QuantizeLinear", "DequantizeLinear"].contains(&node.op.as_str());
			if !grid && holds_constants(any) && !self.public_constants.contains(&node.name) {
				self.public_constants.push(node.name.clone());
			}
		}
		self.append(node, Box::new(op), inputs, shape, None)
	}

	/// Appends an operator as it is; `actual` are the bounds by the weights as they are, if they do
	/// not follow from those of the inputs.
	pub(crate) fn append(
		&mut self,
		node: &Node,
		op: Box<dyn Operator>,
		inputs: &[usize],
		shape: &[usize],
		actual: Option<Vec<Bounds>>,
	) -> Result<usize, ModelError> {
		let count = elements(node, shape)?;
		if count == 0 {
			return Err(node.error(format!("a result of shape {} is empty", show_shape(shape))));
		}
		let sources: Vec<&[Bounds]> =
			inputs.iter().map(|&tensor| self.bounds[tensor].as_slice()).collect();
		let bounds = op.bounds(&sources);
		debug_assert_eq!(bounds.len(), count, "{} of {}", op.name(), node.name);
		check_bounds(&node.name, &bounds)?;
		self.bounds.push(bounds);
		if self.hidden.is_some() {
			let sources: Vec<&[Bounds]> = inputs.iter().map(|&input| self.actual(input)).collect();
			let actual = actual.unwrap_or_else(|| op.bounds(&sources));
			self.actual.push(actual);
		}
		let name = node.name.clone();
		let (inputs, shape) = (inputs.to_vec(), shape.to_vec());
		self.nodes.push(GraphNode { name, op, inputs, shape });
		Ok(self.nodes.len())
	}

	/// The bounds of a tensor's elements by the weights as they are, on which nothing but a refusal
	/// may depend.
	pub(crate) fn actual(&self, tensor: usize) -> &[Bounds] {
		match self.hidden {
			Some(_) => &self.actual[tensor],
			None => &self.bounds[tensor],
		}
	}

	/// Whether weights are to be committed.
	pub(crate) fn hides(&self) -> bool {
		self.hidden.is_some()
	}

	/// Appends a linear operator none of whose partial sums reaches a limit: [`FLOAT_LIMIT`] where
	/// onnxruntime may add floats, [`KERNEL_LIMIT`] where it adds integers.
	pub fn push_linear<T: Taps>(
		&mut self,
		node: &Node,
		linear: Linear<T>,
		inputs: &[usize],
		shape: &[usize],
		limit: i128,
	) -> Result<usize, ModelError> {
		let sources: Vec<&[Bounds]> = inputs.iter().map(|&tensor| self.actual(tensor)).collect();
		let reach = linear.reach(&sources);
		if reach < limit {
			return self.push(node, linear, inputs, shape);
		}
		if limit < KERNEL_LIMIT {
			return Err(inexact(node, reach));
		}
		Err(ModelError::Overflow { node: node.name.clone(), bound: reach })
	}

	/// A rearrangement of tensors; nothing where it leaves all as it is.
	pub fn select(
		&mut self,
		node: &Node,
		places: Vec<Place>,
		inputs: &[usize],
		shape: &[usize],
	) -> Result<usize, ModelError> {
		let same = |(index, place): (usize, &Place)| {
			*place == Place::Input { input: 0, element: index as u32 }
		};
		if let &[input] = inputs {
			if places.len() == self.bounds[input].len() && places.iter().enumerate().all(same) {
				return Ok(input);
			}
		}
		self.push(node, Select { places }, inputs, shape)
	}

	/// `factor · x + addend`, element by element.
	pub fn affine(
		&mut self,
		node: &Node,
		tensor: usize,
		factors: Factors,
		addends: Option<Vec<i64>>,
		shape: &[usize],
	) -> Result<usize, ModelError> {
		let outputs = self.bounds[tensor].len();
		let mut linear = Linear::new(Sum { outputs, terms: vec![Term { places: None, factors }] });
		if let Some(addends) = addends {
			linear.bias = addends;
		}
		self.push(node, linear, &[tensor], shape)
	}

	/// Adds a constant to every element; nothing where it is 0.
	pub fn shift_by(
		&mut self,
		node: &Node,
		quantized: &Quantized,
		addend: i64,
	) -> Result<usize, ModelError> {
		if addend == 0 {
			return Ok(quantized.tensor);
		}
		let addends = Some(vec![addend; self.bounds[quantized.tensor].len()]);
		self.affine(node, quantized.tensor, Factors::All(1), addends, &quantized.shape)
	}

	/// Brings elements to finer exponents, which must be powers of two that are no larger.
	pub fn refine(
		&mut self,
		node: &Node,
		real: Real,
		exponents: &[i32],
	) -> Result<Real, ModelError> {
		let from = real.exponents(node)?;
		let shifts: Vec<i32> = from.iter().zip(exponents).map(|(from, to)| from - to).collect();
		if shifts.iter().all(|&shift| shift == 0) {
			return Ok(real);
		}
		if let Some(shift) = shifts.iter().find(|shift| !(0..=31).contains(*shift)) {
			return Err(node.error(format!("its operands' scales are 2^{shift} apart, too far")));
		}
		let factors = Factors::Each(shifts.iter().map(|&shift| 1 << shift).collect());
		let tensor = self.affine(node, real.tensor, factors, None, &real.shape)?;
		let units = exponents.iter().map(|&exponent| Unit::Exact(exponent)).collect();
		Ok(Real { tensor, units, source: None, ..real })
	}

	/// Brings all elements to their finest exponent.
	pub fn uniform(&mut self, node: &Node, real: Real) -> Result<Real, ModelError> {
		if real.units.windows(2).all(|pair| pair[0] == pair[1]) {
			return Ok(real);
		}
		let exponents = real.exponents(node)?;
		let least = exponents.iter().copied().min().unwrap_or_default();
		let count = exponents.len();
		self.refine(node, real, &vec![least; count])
	}

	/// Appends rounding steps, one for each element, each proven in the cheapest way.
	pub fn round(
		&mut self,
		node: &Node,
		tensor: usize,
		shape: &[usize],
		steps: impl Iterator<Item = Step>,
	) -> Result<usize, ModelError> {
		let mut op = Requantize { cases: Vec::new(), which: Vec::new() };
		// Steps differ by channel, bounds by channel and position; most elements share theirs.
		let mut known: HashMap<(String, i64, i64), u32> = HashMap::new();
		let mut last: Option<(Step, Bounds, u32)> = None;
		for (step, &bounds) in steps.zip(&self.bounds[tensor]) {
			if let Some((other, same, case)) = &last {
				if *other == step && *same == bounds {
					op.which.push(*case);
					continue;
				}
			}
			let key = (format!("{step:?}"), bounds.lo, bounds.hi);
			let case = match known.get(&key) {
				Some(&case) => case,
				None => {
					let plan = Plan::new(&step, bounds).ok_or_else(|| {
						node.error(match step.curve() {
							None => {
								"no constraints of reasonable size give onnxruntime's roundings \
								 here: run `zkml quantize --snap`, which chooses scales that are \
								 powers of two"
									.into()
							},
							Some(curve) => format!(
								"{} of more than 10 bits: put QuantizeLinear and DequantizeLinear \
								 before it, or run `zkml quantize` on the float model",
								curve.name()
							),
						})
					})?;
					let case = op.cases.len() as u32;
					op.cases.push(ops::Case { step: step.clone(), bounds, plan });
					known.insert(key, case);
					case
				},
			};
			op.which.push(case);
			last = Some((step, bounds, case));
		}
		// Exporters repeat QuantizeLinear for every consumer.
		let same = |node: &GraphNode| {
			let other: Option<&Requantize> = node.op.as_any().downcast_ref();
			node.inputs == [tensor] && other == Some(&op)
		};
		if let Some(known) = self.nodes.iter().position(same) {
			return Ok(known + 1);
		}
		self.push(node, op, &[tensor], shape)
	}

	/// The shapes of a node's inputs, for messages.
	fn shapes(&self, node: &Node) -> String {
		let shape = |index| self.value(node, index).map(|value| show_shape(value.shape()));
		let shapes: Vec<String> =
			(0..node.inputs.len()).map(|index| shape(index).unwrap_or("?".into())).collect();
		if shapes.is_empty() {
			"none".into()
		} else {
			shapes.join(", ")
		}
	}
}

/// The model with equal nodes as one, as onnxruntime has it before it looks at who takes what;
/// `None` if there are none.
fn merge_equal_nodes(model: &Model, hidden: bool) -> Option<Model> {
	let mut known: HashMap<String, usize> = HashMap::new();
	let mut names: HashMap<String, String> = HashMap::new();
	let mut nodes: Vec<Node> = Vec::with_capacity(model.nodes.len());
	for node in &model.nodes {
		let rename = |name: &String| names.get(name).unwrap_or(name).clone();
		let node = Node { inputs: node.inputs.iter().map(rename).collect(), ..node.clone() };
		let key = format!("{} {:?} {:?}", node.op, node.inputs, node.attributes);
		// Whether trees are equal is a secret where their leaves are.
		let secret = hidden && node.op.starts_with("ai.onnx.ml.");
		let shown = secret || node.outputs.iter().any(|output| model.outputs.contains(output));
		match known.get(&key).map(|&at| &nodes[at].outputs) {
			Some(outputs) if !shown && outputs.len() == node.outputs.len() => {
				names.extend(node.outputs.into_iter().zip(outputs.iter().cloned()));
			},
			_ => {
				known.insert(key, nodes.len());
				nodes.push(node);
			},
		}
	}
	(nodes.len() < model.nodes.len()).then(|| Model { nodes, ..model.clone() })
}

/// Lowers a quantised model to the integer graph.
///
/// # Errors
/// [`ModelError`] at the first node that this version cannot prove, with what would work instead.
pub fn lower(model: &Model) -> Result<Graph, ModelError> {
	lower_with(model, None)
}

/// Lowers a quantised model to an integer graph with committed weights of so many bits: see
/// [`Graph::weights_commitment`].
///
/// # Errors
/// As [`lower`]; [`ModelError::Weights`] for a weight out of its width, or a layer that cannot be
/// proven so; [`ModelError::Commitment`] if there are no weights, or not 2 to 8 bits.
pub fn lower_committed(model: &Model, bits: u32) -> Result<Graph, ModelError> {
	if !(2..=WEIGHT_BITS).contains(&bits) {
		return Err(ModelError::Commitment(format!("weights have 2 to 8 bits, not {bits}")));
	}
	let graph = lower_with(model, Some(bits))?;
	match graph.has_committed_weights() {
		true => Ok(graph),
		false => Err(ModelError::Commitment("the model has no weights to commit to".into())),
	}
}

fn lower_with(model: &Model, hidden: Option<u32>) -> Result<Graph, ModelError> {
	let merged = merge_equal_nodes(model, hidden.is_some());
	let model = merged.as_ref().unwrap_or(model);
	let mut lowering = Lowering::new(model, hidden)?;
	for node in &model.nodes {
		lowering.lower(node)?;
	}
	lowering.finish()
}

/// What nodes make of single fields of a record, by name, and which nodes these are.
pub(crate) fn columns_of_record(
	model: &Model,
) -> Result<BTreeMap<String, (Columns, BTreeSet<usize>)>, ModelError> {
	let mut lowering = Lowering::new(model, None)?;
	let mut makers: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
	makers.insert(model.input.name.clone(), BTreeSet::new());
	for (index, node) in model.nodes.iter().enumerate() {
		let known = |name: &String| makers.contains_key(name) || model.constants.contains_key(name);
		let of_record = node.inputs.iter().any(|name| makers.contains_key(name));
		let is_ensemble = node.op.starts_with("ai.onnx.ml.TreeEnsemble");
		if !of_record
			|| !node.inputs.iter().all(known)
			|| !ops::takes_columns(&node.op)
			|| is_ensemble
		{
			continue;
		}
		lowering.lower(node)?;
		let before = node.inputs.iter().filter_map(|name| makers.get(name)).flatten();
		let nodes: BTreeSet<usize> = before.copied().chain([index]).collect();
		makers.extend(node.outputs.iter().map(|name| (name.clone(), nodes.clone())));
	}
	let columns = makers.into_iter().filter_map(|(name, nodes)| match lowering.values.get(&name) {
		Some(Value::Columns(columns)) => Some((name, (columns.clone(), nodes))),
		_ => None,
	});
	Ok(columns.collect())
}

impl<'a> Lowering<'a> {
	fn new(model: &'a Model, hidden: Option<u32>) -> Result<Self, ModelError> {
		let mut lowering = Self {
			model,
			fusion: Fusion::new(model),
			values: HashMap::new(),
			settled: HashMap::new(),
			nodes: Vec::new(),
			bounds: vec![Vec::new()],
			input: None,
			hidden,
			actual: vec![Vec::new()],
			public_constants: Vec::new(),
		};
		let value = ops::input(&mut lowering, &model.input)?;
		lowering.values.insert(model.input.name.clone(), value);
		Ok(lowering)
	}

	/// Lowers the next node.
	fn lower(&mut self, node: &Node) -> Result<(), ModelError> {
		let Some(lower) = ops::lowering(&node.op) else {
			return Err(ModelError::Operator {
				node: node.name.clone(),
				op: node.op.clone(),
				inputs: self.shapes(node),
				supported: ops::supported(),
			});
		};
		if !ops::takes_columns(&node.op) {
			self.settle_inputs(node)?;
		}
		let values = lower.run(self, node)?;
		values.iter().try_for_each(|value| check_units(node, value))?;
		values.iter().try_for_each(|value| self.check_kernel(node, value))?;
		self.check_idle(node, &values)?;
		for (name, value) in node.outputs.iter().zip(values) {
			self.values.insert(name.clone(), value);
		}
		Ok(())
	}
}

impl Lowering<'_> {
	/// The graph, with its outputs brought to one unit.
	fn finish(mut self) -> Result<Graph, ModelError> {
		let names = self.model.outputs.clone();
		let end = Node {
			name: names.join(", "),
			op: "output".into(),
			inputs: names.clone(),
			outputs: Vec::new(),
			attributes: Default::default(),
		};
		let mut parts = Vec::new();
		let mut reals = Vec::new();
		for (index, name) in names.iter().enumerate() {
			let real = match self.values.get(name) {
				Some(Value::Real(_)) => self.real(&end, index)?,
				Some(Value::Columns(_)) => {
					self.settle_inputs(&end)?;
					self.real(&end, index)?
				},
				Some(Value::Quantized(quantized)) => {
					let count = self.bounds[quantized.tensor].len();
					let Quantized { tensor, shape, .. } = quantized.clone();
					Real::new(tensor, shape, vec![Unit::Exact(0); count])
				},
				_ => {
					return Err(ModelError::Malformed(format!(
						"output {name} is not the result of quantised layers: run `zkml quantize` \
						 first"
					)))
				},
			};
			parts.push((name.clone(), real.shape.clone()));
			reals.push(real);
		}
		let real = match reals.len() {
			1 => reals.swap_remove(0),
			_ => {
				let counts = reals.iter().map(|real| real.units.len());
				let places = counts.enumerate().flat_map(|(input, count)| {
					(0..count).map(move |element| Place::Input {
						input: input as u32,
						element: element as u32,
					})
				});
				let places: Vec<Place> = places.collect();
				let tensors: Vec<usize> = reals.iter().map(|real| real.tensor).collect();
				let shape = vec![places.len()];
				let units = reals.iter().flat_map(|real| real.units.clone()).collect();
				let tensor = self.push(&end, Select { places }, &tensors, &shape)?;
				Real::new(tensor, shape, units)
			},
		};
		let mixed = real.units.windows(2).any(|pair| pair[0] != pair[1]);
		if mixed && real.units.iter().any(|unit| unit.exponent().is_none()) {
			return Err(end.error(
				"its scales differ by channel and are no powers of two, so that its integers \
				 cannot be compared: end the model with QuantizeLinear, or run `zkml quantize \
				 --snap`",
			));
		}
		let Real { tensor, shape, units, .. } = self.uniform(&end, real)?;
		let unit = units.first().copied().unwrap_or(Unit::Exact(0));
		let scale = match unit {
			Unit::Exact(exponent) if !(-126..=127).contains(&exponent) => {
				return Err(end.error(format!("its unit 2^{exponent} is no normal float")));
			},
			Unit::Exact(exponent) => 2f32.powi(exponent),
			other => other.real(1),
		};
		let input = self.input.take().expect("an activation comes from the quantised input");
		let bounds = self.bounds[tensor].clone();
		let output = GraphOutput { name: names.join(", "), tensor, shape, parts, scale, bounds };
		let Self { nodes, bounds, public_constants, .. } = self;
		Ok(Graph { input, nodes, output, bounds, public_constants }.without_dead_nodes())
	}

	/// Makes numbers of the columns that a node takes.
	fn settle_inputs(&mut self, node: &Node) -> Result<(), ModelError> {
		for name in node.inputs.iter().filter(|name| !name.is_empty()) {
			let Some(Value::Columns(columns)) = self.values.get(name) else { continue };
			if !self.settled.contains_key(name) {
				let columns = columns.clone();
				let real = self.settle(node, &columns)?;
				self.settled.insert(name.clone(), real);
			}
		}
		Ok(())
	}

	/// The value of a name, for operators that look ahead.
	pub fn named(&self, name: &str) -> Option<&Value> {
		self.values.get(name)
	}
}

/// A kind from the data of a zero point.
pub(crate) fn kind_of(tensor: &Tensor) -> Option<Kind> {
	use crate::onnx::Data;
	match tensor.data {
		Data::U8(_) => Some(Kind::U8),
		Data::I8(_) => Some(Kind::I8),
		Data::I32(_) => Some(Kind::I32),
		Data::I64(_) => Some(Kind::I64),
		Data::F32(_) => None,
	}
}

/// A function pending after others.
pub(crate) fn then(mut real: Real, unary: Unary) -> Real {
	real.then.push(unary);
	real.source = None;
	real
}
