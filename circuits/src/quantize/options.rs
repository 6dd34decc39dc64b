//! How a model is quantised.

/// How the range of an activation is chosen from the values seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Calibration {
	/// The scale of least squared error.
	#[default]
	Mse,
	/// The finest scale at which nothing that was seen saturates.
	MinMax,
	/// The finest scale at which this percentage of the values does not saturate, on either side.
	Percentile(f64),
}

/// Choices in quantising.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantizeOptions {
	/// How activations' ranges are chosen.
	pub method: Calibration,
	/// Bits of a weight, 2 to 8; with `b` bits weights are in ±(2^(b−1) − 1).
	pub weight_bits: u32,
	/// Bits of an activation, 4 to 8.
	pub activation_bits: u32,
	/// Bits of the model's input, 1 to 8. Without it, 8, or as many as whole numbers in the
	/// calibration samples take: a larger input is then refused.
	pub input_bits: Option<u32>,
	/// Whether biases make up for the mean error of rounded weights.
	pub correct_bias: bool,
	/// Whether a last `Softmax` or `LogSoftmax`, which does not change the label, is removed.
	pub strip_softmax: bool,
}

impl Default for QuantizeOptions {
	fn default() -> Self {
		Self {
			method: Calibration::Mse,
			weight_bits: 8,
			activation_bits: 8,
			input_bits: None,
			correct_bias: true,
			strip_softmax: false,
		}
	}
}
