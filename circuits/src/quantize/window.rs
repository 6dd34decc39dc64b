//! Windows of convolutions and pools: kernel, strides, padding, dilations.

use crate::{
	error::{show_shape, ModelError},
	onnx::{Attribute, Node},
};

/// Most elements of all windows of a plane.
const MAX_VISITS: usize = 1 << 26;

/// A sliding window over the spatial axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
	pub(super) kernel: Vec<usize>,
	pub(super) strides: Vec<usize>,
	pub(super) begins: Vec<usize>,
	pub(super) ends: Vec<usize>,
	pub(super) dilations: Vec<usize>,
	/// Whether a last window that hangs over the end counts.
	pub(super) ceil: bool,
}

fn sizes(node: &Node, name: &str, rank: usize, default: usize) -> Result<Vec<usize>, ModelError> {
	match node.attributes.get(name) {
		None => Ok(vec![default; rank]),
		Some(Attribute::Ints(values)) => {
			let sizes: Option<Vec<usize>> =
				values.iter().map(|&value| usize::try_from(value).ok()).collect();
			sizes
				.filter(|sizes| {
					sizes.len() == rank && sizes.iter().all(|&s| s >= default && s < 1 << 16)
				})
				.ok_or_else(|| node.error(format!("attribute {name} is {values:?}")))
		},
		Some(_) => Err(node.error(format!("attribute {name} is not a list of integers"))),
	}
}

impl Window {
	/// Reads a node's window over an input of shape `[batch, channels, spatial…]`.
	pub(super) fn read(
		node: &Node,
		input: &[usize],
		kernel: Option<&[usize]>,
	) -> Result<Self, ModelError> {
		if input.len() < 3 || input.len() > 4 {
			return Err(node.error(format!(
				"an input of shape {}: only one or two spatial dimensions are supported",
				show_shape(input)
			)));
		}
		let rank = input.len() - 2;
		let kernel = match (kernel, node.attributes.get("kernel_shape")) {
			(Some(kernel), None) => kernel.to_vec(),
			(kernel, _) => {
				let read = sizes(node, "kernel_shape", rank, 1)?;
				if kernel.is_some_and(|kernel| kernel != read) {
					return Err(node.error("kernel_shape differs from the shape of the weights"));
				}
				read
			},
		};
		if kernel.len() != rank {
			return Err(node.error(format!(
				"a kernel of rank {} for an input of shape {}",
				kernel.len(),
				show_shape(input)
			)));
		}
		let strides = sizes(node, "strides", rank, 1)?;
		let dilations = sizes(node, "dilations", rank, 1)?;
		let ceil = node.int("ceil_mode", 0)? != 0;
		let mut pads = sizes(node, "pads", 2 * rank, 0)?;
		match node.attributes.get("auto_pad") {
			None => {},
			Some(Attribute::String(how)) => match how.as_str() {
				"NOTSET" => {},
				"VALID" => pads = vec![0; 2 * rank],
				"SAME_UPPER" | "SAME_LOWER" => {
					for axis in 0..rank {
						let size = input[axis + 2];
						let windows = size.div_ceil(strides[axis]);
						let reach = (kernel[axis] - 1) * dilations[axis] + 1;
						let total = ((windows - 1) * strides[axis] + reach).saturating_sub(size);
						let (small, large) = (total / 2, total - total / 2);
						(pads[axis], pads[rank + axis]) =
							if how == "SAME_UPPER" { (small, large) } else { (large, small) };
					}
				},
				other => return Err(node.error(format!("auto_pad {other} is not supported"))),
			},
			Some(_) => return Err(node.error("attribute auto_pad is not a string")),
		}
		let ends = pads.split_off(rank);
		let window = Self { kernel, strides, begins: pads, ends, dilations, ceil };
		let visits = window.outputs(&input[2..]).and_then(|outputs| {
			let sizes = outputs.iter().chain(&window.kernel);
			sizes.copied().try_fold(1usize, usize::checked_mul)
		});
		if visits.is_some_and(|visits| visits > MAX_VISITS) {
			return Err(node.error("its windows have too many elements in all"));
		}
		if window.outputs(&input[2..]).is_none() {
			return Err(node.error(format!(
				"its window is larger than its input of shape {}",
				show_shape(input)
			)));
		}
		Ok(window)
	}

	/// The number of windows along each spatial axis.
	pub(super) fn outputs(&self, input: &[usize]) -> Option<Vec<usize>> {
		(input.iter().enumerate())
			.map(|(axis, &size)| {
				let reach = (self.kernel[axis] - 1) * self.dilations[axis] + 1;
				let padded = size + self.begins[axis] + self.ends[axis];
				let room = padded.checked_sub(reach)?;
				let stride = self.strides[axis];
				if !self.ceil {
					return Some(room / stride + 1);
				}
				let windows = room.div_ceil(stride) + 1;
				// A window that would start in the padding at the end is dropped.
				let starts_inside = (windows - 1) * stride < size + self.begins[axis];
				Some(if starts_inside { windows } else { windows - 1 })
			})
			.collect()
	}

	pub(super) fn is_padded(&self) -> bool {
		self.begins.iter().chain(&self.ends).any(|&pad| pad > 0)
	}

	/// For every window, the positions inside one channel's plane; those in the padding are left
	/// out.
	pub(super) fn positions(&self, input: &[usize]) -> Vec<Vec<usize>> {
		let outputs = self.outputs(input).unwrap_or_default();
		let mut windows: Vec<Vec<usize>> = vec![vec![0]];
		for axis in 0..input.len() {
			let size = input[axis];
			let mut next = Vec::with_capacity(windows.len() * outputs[axis]);
			for window in &windows {
				for output in 0..outputs[axis] {
					let mut positions = Vec::new();
					for &base in window {
						for tap in 0..self.kernel[axis] {
							let at = output * self.strides[axis] + tap * self.dilations[axis];
							if let Some(at) = at.checked_sub(self.begins[axis]) {
								if at < size {
									positions.push(base * size + at);
								}
							}
						}
					}
					next.push(positions);
				}
			}
			windows = next;
		}
		windows
	}

	/// Number of taps.
	pub(super) fn taps(&self) -> usize {
		self.kernel.iter().product()
	}
}
