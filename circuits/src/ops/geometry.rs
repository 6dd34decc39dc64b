//! Where windows slide: kernel, strides, padding, dilation. For convolution and pooling, in any
//! number of spatial dimensions.

use crate::{
	error::{show_shape, ModelError},
	lower::MAX_ELEMENTS,
	onnx::{Attribute, Node},
};

/// How windows slide over an image, by spatial dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sliding {
	/// Sizes of the image.
	pub image: Vec<usize>,
	/// Of the kernel.
	pub kernel: Vec<usize>,
	/// Steps from window to window.
	pub strides: Vec<usize>,
	/// Padding before the image.
	pub before: Vec<usize>,
	/// Padding after it, as much of it as windows reach.
	pub after: Vec<usize>,
	/// Steps from place to place of the kernel.
	pub dilations: Vec<usize>,
}

/// The windows of an operator over the spatial dimensions of its input.
#[derive(Clone, Debug)]
pub(crate) struct Geometry {
	/// Spatial dimensions of the result.
	pub(crate) output: Vec<usize>,
	/// How they slide.
	pub(crate) sliding: Sliding,
	/// By position of the result: the elements of a channel that lie in its window, each with its
	/// position in the kernel.
	pub(crate) windows: Vec<Vec<(u32, u32)>>,
	/// By position: how many positions of the window lie in the input or in its padding; what
	/// `ceil_mode` adds beyond is not counted.
	pub(crate) padded: Vec<u32>,
}

/// A list of integers, one or two for each spatial dimension.
fn list(node: &Node, name: &str, count: usize, default: i64) -> Result<Vec<usize>, ModelError> {
	let values = match node.attributes.get(name) {
		None => vec![default; count],
		Some(Attribute::Ints(values)) => values.clone(),
		Some(_) => return Err(node.error(format!("attribute {name} is not a list of integers"))),
	};
	let sizes: Result<Vec<usize>, _> = values.iter().map(|&value| usize::try_from(value)).collect();
	match sizes {
		Ok(sizes) if sizes.len() == count && sizes.iter().all(|&size| size <= MAX_ELEMENTS) => {
			Ok(sizes)
		},
		_ => Err(node.error(format!("attribute {name} is {values:?}, expected {count} sizes"))),
	}
}

impl Geometry {
	/// Reads strides, pads, dilations, `auto_pad` and `ceil_mode` of a node for this kernel.
	pub(crate) fn new(node: &Node, input: &[usize], kernel: &[usize]) -> Result<Self, ModelError> {
		let rank = input.len();
		if kernel.len() != rank || kernel.contains(&0) || input.contains(&0) || rank == 0 {
			return Err(node.error(format!(
				"a kernel of shape {} for an image of shape {}",
				show_shape(kernel),
				show_shape(input)
			)));
		}
		let strides = list(node, "strides", rank, 1)?;
		let dilations = list(node, "dilations", rank, 1)?;
		if strides.contains(&0) || dilations.contains(&0) {
			return Err(node.error("its strides and dilations must be at least 1"));
		}
		let ceil = match node.int("ceil_mode", 0)? {
			0 => false,
			1 => true,
			other => return Err(node.error(format!("ceil_mode is {other}"))),
		};
		let auto = node.string("auto_pad", "NOTSET")?;
		let given = list(node, "pads", 2 * rank, 0)?;
		let mut output = Vec::with_capacity(rank);
		let mut before = Vec::with_capacity(rank);
		let mut after = Vec::with_capacity(rank);
		for axis in 0..rank {
			let reach = dilations[axis] * (kernel[axis] - 1) + 1;
			let (size, stride) = (input[axis], strides[axis]);
			let (pads, count) = match auto {
				"NOTSET" | "VALID" => {
					let pads =
						if auto == "VALID" { (0, 0) } else { (given[axis], given[rank + axis]) };
					let Some(room) = (size + pads.0 + pads.1).checked_sub(reach) else {
						return Err(node.error(format!(
							"a kernel that reaches {reach} over an image of {size} with padding {} \
							 and {}",
							pads.0, pads.1
						)));
					};
					let mut count = room / stride + 1;
					if ceil && room % stride != 0 {
						// A window must begin within the image or the padding before it.
						count += usize::from(count * stride < size + pads.0);
					}
					(pads, count)
				},
				"SAME_UPPER" | "SAME_LOWER" => {
					let count = size.div_ceil(stride);
					if dilations[axis] != 1 {
						return Err(node.error(format!(
							"auto_pad {auto} with dilation is not supported: give pads"
						)));
					}
					if (count - 1) * stride + reach < size && node.op.contains("Pool") {
						return Err(node.error(format!(
							"auto_pad {auto} with strides beyond the kernel is not supported: give pads"
						)));
					}
					let total = ((count - 1) * stride + reach).saturating_sub(size);
					let less = total / 2;
					match auto {
						"SAME_UPPER" => ((less, total - less), count),
						_ => ((total - less, less), count),
					}
				},
				other => return Err(node.error(format!("auto_pad is {other}"))),
			};
			before.push(pads.0);
			after.push(pads.1);
			output.push(count);
		}
		let taps: usize = kernel.iter().product();
		let positions = output.iter().try_fold(taps, |product, &size| product.checked_mul(size));
		if positions.is_none_or(|positions| positions > MAX_ELEMENTS) {
			return Err(
				node.error(format!("a result of shape {} is too large", show_shape(&output)))
			);
		}
		let input_strides = super::shape::strides(input);
		let mut windows = Vec::new();
		let mut padded = Vec::new();
		for position in super::shape::positions(&output) {
			let mut window = Vec::new();
			let mut count = 0;
			for (tap, offset) in super::shape::positions(kernel).enumerate() {
				// Coordinates counted from the beginning of the padding.
				let at =
					|axis: usize| position[axis] * strides[axis] + offset[axis] * dilations[axis];
				let within = |axis: usize| at(axis) < before[axis] + input[axis] + after[axis];
				count += u32::from((0..rank).all(within));
				let inside = (0..rank)
					.all(|axis| (before[axis]..before[axis] + input[axis]).contains(&at(axis)));
				if inside {
					let element: usize =
						(0..rank).map(|axis| (at(axis) - before[axis]) * input_strides[axis]).sum();
					window.push((element as u32, tap as u32));
				}
			}
			windows.push(window);
			padded.push(count);
		}
		let reached = |axis: usize| {
			let end = (output[axis] - 1) * strides[axis] + dilations[axis] * (kernel[axis] - 1) + 1;
			end.saturating_sub(before[axis] + input[axis])
		};
		let after = (0..rank).map(reached).collect();
		let (image, kernel) = (input.to_vec(), kernel.to_vec());
		let sliding = Sliding { image, kernel, strides, before, after, dilations };
		Ok(Self { output, sliding, windows, padded })
	}

	/// The attributes that it reads.
	pub(crate) const ATTRIBUTES: [&'static str; 5] =
		["strides", "pads", "dilations", "auto_pad", "ceil_mode"];
}

/// Batch, channels and spatial dimensions of an image.
pub(crate) fn image<'a>(
	node: &Node,
	shape: &'a [usize],
) -> Result<(usize, usize, &'a [usize]), ModelError> {
	match shape {
		&[batch, channels, ref spatial @ ..] if !spatial.is_empty() => {
			Ok((batch, channels, spatial))
		},
		_ => Err(node.error(format!(
			"an input of shape {}, expected batch, channels and at least one more dimension",
			show_shape(shape)
		))),
	}
}

/// The kernel of a pooling operator.
pub(crate) fn kernel_shape(node: &Node, rank: usize) -> Result<Vec<usize>, ModelError> {
	if !node.attributes.contains_key("kernel_shape") {
		return Err(node.error("attribute kernel_shape is missing"));
	}
	list(node, "kernel_shape", rank, 1)
}

/// The windows of every channel of an image of `images` channels in all.
pub(crate) fn channels(geometry: &Geometry, images: usize, size: usize) -> Vec<Vec<u32>> {
	let offset = |image: usize| (image * size) as u32;
	let windows = (0..images).flat_map(|image| {
		let windows = geometry.windows.iter();
		windows
			.map(move |window| window.iter().map(|&(element, _)| element + offset(image)).collect())
	});
	windows.collect()
}
