//! Evaluation of the float model, for calibration and for comparing accuracy.

use super::{Input, Model};
use crate::error::ModelError;
use tract_onnx::prelude::*;

/// A float model that can be run, with chosen tensors as its outputs.
pub struct FloatModel {
	plan: Arc<TypedRunnableModel>,
	input: Input,
}

impl std::fmt::Debug for FloatModel {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("FloatModel").field("input", &self.input).finish_non_exhaustive()
	}
}

impl FloatModel {
	/// Prepares a model whose outputs are the tensors named, in order.
	///
	/// Nothing is fused, so that every tensor is what ONNX defines.
	pub fn new(model: &Model, tensors: &[&str]) -> Result<Self, ModelError> {
		let evaluation = |error: TractError| ModelError::Evaluation(format!("{error:#}"));
		let mut inference = tract_onnx::onnx()
			.with_ignore_output_shapes(true)
			.with_ignore_value_info(true)
			.model_for_proto_model(&model.proto)
			.map_err(evaluation)?;
		inference
			.set_input_fact(0, InferenceFact::dt_shape(f32::datum_type(), &*model.input.shape))
			.map_err(evaluation)?;
		let outlets = tensors
			.iter()
			.map(|&name| {
				inference
					.find_outlet_label(name)
					.ok_or_else(|| ModelError::Evaluation(format!("tensor {name} is not there")))
			})
			.collect::<Result<Vec<_>, _>>()?;
		inference.select_output_outlets(&outlets).map_err(evaluation)?;
		let plan =
			inference.into_typed().and_then(|typed| typed.into_runnable()).map_err(evaluation)?;
		Ok(Self { plan, input: model.input.clone() })
	}

	/// Runs one sample and returns the chosen tensors' elements.
	pub fn run(&self, sample: &[f32]) -> Result<Vec<Vec<f32>>, ModelError> {
		let evaluation = |error: TractError| ModelError::Evaluation(format!("{error:#}"));
		let input = Tensor::from_shape(&self.input.shape, sample).map_err(evaluation)?;
		let outputs = self.plan.run(tvec!(input.into())).map_err(evaluation)?;
		outputs
			.iter()
			.map(|output| {
				let view = output.to_plain_array_view::<f32>().map_err(evaluation)?;
				Ok(view.iter().copied().collect())
			})
			.collect()
	}
}
