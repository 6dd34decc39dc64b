//! `Conv` with constant weights, in one, two or more spatial dimensions.
//!
//! # Semantics
//! `y[n][o][p] = Σ w[o][c][k] · x[n][g·C + c][s·p + d·k − pad] + b[o]`, where group `g` of `o` takes
//! `C` channels and padding counts as zero. Weights and units as for `Gemm`.

use super::{
	gemm::{quantized_bias, weight, weighted},
	geometry::{image, Geometry, Sliding},
	Linear, Taps,
};
use crate::{
	error::{show_shape, ModelError},
	lower::Lowering,
	onnx::Node,
	value::Value,
};

/// The taps of a convolution.
#[derive(Clone, Debug)]
pub struct Conv {
	pub(crate) windows: Vec<Vec<(u32, u32)>>,
	/// How these windows slide, where they are not made for a test.
	pub(crate) sliding: Option<Sliding>,
	/// Elements in a channel of the input, and in a kernel.
	pub(crate) sizes: (usize, usize),
	/// Channels of the input, of the result, and groups of them.
	pub(crate) channels: (usize, usize, usize),
	/// Images in the batch.
	pub(crate) batch: usize,
	/// `[out, in / groups, kernel]`.
	pub(crate) weights: Vec<i32>,
}

impl Taps for Conv {
	const NAME: &'static str = "convolution";

	fn outputs(&self) -> usize {
		self.batch * self.channels.1 * self.windows.len()
	}

	fn each(&self, output: usize, mut tap: impl FnMut(usize, usize, i64)) {
		self.each_place(output, |element, place| tap(0, element, self.weights[place].into()));
	}

	fn multiply_adds(&self) -> u64 {
		let taps: usize = self.windows.iter().map(Vec::len).sum();
		let (inputs, outputs, groups) = self.channels;
		(self.batch * outputs * (inputs / groups) * taps) as u64
	}
}

impl Conv {
	/// Reads a node's geometry for an input and weights of these shapes. Returns the taps and the
	/// result's shape.
	pub(crate) fn new(
		node: &Node,
		input: &[usize],
		weights_shape: &[usize],
		weights: Vec<i32>,
	) -> Result<(Self, Vec<usize>), ModelError> {
		let (batch, inputs, spatial) = image(node, input)?;
		let groups = node.int("group", 1)?;
		let misfit = || {
			node.error(format!(
				"weights of shape {} and {groups} groups for an input of shape {}",
				show_shape(weights_shape),
				show_shape(input)
			))
		};
		let groups =
			usize::try_from(groups).ok().filter(|&groups| groups > 0).ok_or_else(misfit)?;
		let &[outputs, per_group, ref kernel @ ..] = weights_shape else { return Err(misfit()) };
		if groups.checked_mul(per_group) != Some(inputs)
			|| outputs % groups != 0
			|| outputs == 0
			|| kernel.len() != spatial.len()
		{
			return Err(misfit());
		}
		if node.attributes.contains_key("kernel_shape")
			&& super::geometry::kernel_shape(node, spatial.len())? != kernel
		{
			return Err(node.error("its kernel_shape is not that of its weights"));
		}
		let geometry = Geometry::new(node, spatial, kernel)?;
		let shape = [&[batch, outputs], geometry.output.as_slice()].concat();
		super::shape::elements(node, &shape)?;
		let conv = Self {
			windows: geometry.windows,
			sliding: Some(geometry.sliding),
			sizes: (spatial.iter().product(), kernel.iter().product()),
			channels: (inputs, outputs, groups),
			batch,
			weights,
		};
		Ok((conv, shape))
	}

	/// Calls `tap` with element and place of the weight of every term of an output.
	pub(super) fn each_place(&self, output: usize, mut tap: impl FnMut(usize, usize)) {
		let (inputs, outputs, groups) = self.channels;
		let (size, kernel) = self.sizes;
		let positions = self.windows.len();
		let (image, position) = (output / positions, output % positions);
		let (batch, channel) = (image / outputs, image % outputs);
		let per_group = inputs / groups;
		let first = batch * inputs + channel / (outputs / groups) * per_group;
		for c in 0..per_group {
			let offset = (first + c) * size;
			let weights = (channel * per_group + c) * kernel;
			for &(element, place) in &self.windows[position] {
				tap(offset + element as usize, weights + place as usize);
			}
		}
	}

	/// The channel of an output.
	pub(crate) fn channel(&self, output: usize) -> usize {
		output / self.windows.len() % self.channels.1
	}

	/// The attributes that it reads.
	pub(crate) const ATTRIBUTES: [&'static str; 6] =
		["strides", "pads", "dilations", "auto_pad", "group", "kernel_shape"];
}

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&Conv::ATTRIBUTES)?;
	let input = lowering.real(node, 0)?;
	let constant = lowering.integers(node, 1)?.into_owned();
	let weights: Result<Vec<i32>, _> =
		constant.values.iter().map(|&value| weight(node, value)).collect();
	let (conv, shape) = Conv::new(node, &input.shape, &constant.shape, weights?)?;
	let per_channel = constant.values.len() / conv.channels.1;
	let scales: Vec<f32> = constant.scales.chunks(per_channel).map(|chunk| chunk[0]).collect();
	let uniform = |(chunk, &scale): (&[f32], &f32)| chunk.iter().all(|&other| other == scale);
	if !constant.scales.chunks(per_channel).zip(&scales).all(uniform) {
		return Err(node.error("its weights must have one scale for each output channel"));
	}
	let bias = match quantized_bias(lowering, node, || scales.clone()) {
		Some(bias) => Some(bias),
		None if node.optional_input(2).is_none() => None,
		None => Some(lowering.integers(node, 2)?.into_owned()),
	};
	if let Some(bias) = &bias {
		if bias.shape != [conv.channels.1] {
			return Err(node.error(format!(
				"a bias of shape {} for {} channels",
				show_shape(&bias.shape),
				conv.channels.1
			)));
		}
	}
	let channels: Vec<usize> = (0..conv.outputs()).map(|output| conv.channel(output)).collect();
	let place = |output: usize| channels[output];
	weighted(
		lowering,
		node,
		&input,
		Linear::new(conv),
		shape,
		|output| scales[channels[output]],
		bias.as_ref().map(|bias| (bias, &place as &dyn Fn(usize) -> usize)),
	)
}
