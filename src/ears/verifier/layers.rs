//! Layers that the networks of the verifier are made of, and how they are read from its file.

use half::f16;
use half::slice::HalfFloatSliceExt;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

/// Layers no wider than this are believed.
const WIDEST: usize = 1_024;

/// A matrix of `inputs` rows and a bias. The matrix stays in half precision, as it is stored: it is most of what the
/// verifier takes of memory.
pub(super) struct Affine {
    pub(super) outputs: usize,
    weight: Vec<f16>,
    bias: Vec<f32>,
}

impl Affine {
    /// Reads the layer `name`.
    pub(super) fn read(
        stored: &SafeTensors<'_>,
        name: &str,
        inputs: usize,
    ) -> Result<Self, String> {
        let outputs = tensor(stored, &format!("{name}.bias"))?.len();
        if outputs == 0 || outputs > WIDEST {
            return Err(format!("{name} has {outputs} outputs"));
        }
        Ok(Self {
            outputs,
            weight: vector(stored, &format!("{name}.weight"), inputs * outputs)?
                .into_iter()
                .map(f16::from_f32)
                .collect(),
            bias: vector(stored, &format!("{name}.bias"), outputs)?,
        })
    }

    /// One row for each place the layer can look from.
    pub(super) fn along(
        &self,
        rows: &[f32],
        width: usize,
        offsets: &[usize],
        stride: usize,
    ) -> Vec<f32> {
        let reach = offsets.last().copied().unwrap_or(0);
        let steps = (rows.len() / width).saturating_sub(reach).div_ceil(stride);
        let mut seen = Vec::with_capacity(steps * width * offsets.len());
        for step in 0..steps {
            for offset in offsets {
                let at = (step * stride + offset) * width;
                seen.extend_from_slice(rows.get(at..at + width).unwrap_or_default());
            }
        }
        self.apply(&seen)
    }

    /// One row of outputs for each row of inputs.
    pub(super) fn apply(&self, inputs: &[f32]) -> Vec<f32> {
        let mut weights = vec![0.0; self.weight.len()];
        self.weight.convert_to_f32_slice(&mut weights);
        let width = weights.len() / self.outputs;
        let rows = inputs.len() / width.max(1);
        let mut out = self.bias.repeat(rows);
        if let (Ok(inputs), Ok(weights), Ok(mut out)) = (
            ArrayView2::from_shape((rows, width), inputs),
            ArrayView2::from_shape((width, self.outputs), &weights),
            ArrayViewMut2::from_shape((rows, self.outputs), &mut out),
        ) {
            general_mat_mul(1.0, &inputs, &weights, 1.0, &mut out);
        }
        out
    }
}

/// Probabilities of logits.
pub(super) fn softmax(mut logits: Vec<f32>) -> Vec<f32> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    logits.iter_mut().for_each(|x| *x = (*x - most).exp());
    let sum: f32 = logits.iter().sum();
    logits.iter_mut().for_each(|x| *x /= sum);
    logits
}

/// The values of a tensor that must have so many.
pub(super) fn vector(
    stored: &SafeTensors<'_>,
    name: &str,
    length: usize,
) -> Result<Vec<f32>, String> {
    let values = tensor(stored, name)?;
    if values.len() == length {
        Ok(values)
    } else {
        Err(format!("{name} has {} values, not {length}", values.len()))
    }
}

/// The values of a tensor of half or single precision, all of them finite.
fn tensor(stored: &SafeTensors<'_>, name: &str) -> Result<Vec<f32>, String> {
    let tensor = stored
        .tensor(name)
        .map_err(|error| format!("{name}: {error}"))?;
    let values: Vec<f32> = match tensor.dtype() {
        Dtype::F16 => tensor
            .data()
            .as_chunks::<2>()
            .0
            .iter()
            .map(|bytes| f16::from_le_bytes(*bytes).to_f32())
            .collect(),
        Dtype::F32 => tensor
            .data()
            .as_chunks::<4>()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect(),
        other => return Err(format!("{name} is of type {other:?}")),
    };
    if values.iter().all(|value| value.is_finite()) {
        Ok(values)
    } else {
        Err(format!("{name} holds values that are no numbers"))
    }
}
