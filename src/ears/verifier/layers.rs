//! Layers that the networks of the verifier are made of, and how they are read from its file.

use half::f16;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, s};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

/// Layers no wider than this are believed.
const WIDEST: usize = 1_024;

/// Weights that are made single precision at once.
const BLOCK: usize = 16 * WIDEST;

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
        let width = self.weight.len() / self.outputs;
        let rows = inputs.len() / width.max(1);
        if rows == 1 {
            return self.apply_to_one(inputs);
        }
        let mut out = self.bias.repeat(rows);
        let (Ok(inputs), Ok(mut out_rows)) = (
            ArrayView2::from_shape((rows, width), inputs),
            ArrayViewMut2::from_shape((rows, self.outputs), &mut out),
        ) else {
            return out;
        };
        // A few rows of the matrix at a time: of single precision there is never more than fits in the cache.
        let few = BLOCK / self.outputs;
        for (nth, weights) in self.weight.chunks(few * self.outputs).enumerate() {
            let full = widened(weights);
            let count = full.len() / self.outputs;
            let Ok(weights) = ArrayView2::from_shape((count, self.outputs), &full) else {
                continue;
            };
            let inputs = inputs.slice(s![.., nth * few..nth * few + count]);
            general_mat_mul(1.0, &inputs, &weights, 1.0, &mut out_rows);
        }
        out
    }
}

impl Affine {
    /// The same of a single row, for which a multiplication of matrices takes longer.
    fn apply_to_one(&self, inputs: &[f32]) -> Vec<f32> {
        let mut out = self.bias.clone();
        for (input, weights) in inputs.iter().zip(self.weight.chunks_exact(self.outputs)) {
            // After a rectifier, half of them.
            if *input != 0.0 {
                for (out, weight) in out.iter_mut().zip(weights) {
                    *out += input * single(*weight);
                }
            }
        }
        out
    }
}

/// Single precision of finite half precision: the bits are shifted to their places, and the product puts the exponent
/// right, that of the smallest numbers, too. Without a branch or a call, a loop of it is done in vectors.
#[inline]
fn single(half: f16) -> f32 {
    /// 2 to the power of the difference of the two biases, 127 - 15.
    const BIAS: f32 = f32::from_bits((127 + 112) << 23);
    let bits = u32::from(half.to_bits());
    let magnitude = f32::from_bits((bits & 0x7fff) << 13) * BIAS;
    f32::from_bits(magnitude.to_bits() | (bits & 0x8000) << 16)
}

/// The same numbers in single precision.
pub(super) fn widened(half: &[f16]) -> Vec<f32> {
    half.iter().copied().map(single).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_half_is_the_same_in_single_precision() {
        let halves = (0..=u16::MAX).map(f16::from_bits);
        for half in halves.filter(|half| half.is_finite()) {
            assert_eq!(single(half).to_bits(), half.to_f32().to_bits(), "{half}");
        }
    }

    #[test]
    fn a_row_alone_gives_what_it_gives_among_others_however_wide_the_layer() {
        for (inputs, outputs) in [(3, 2), (900, 70), (40, WIDEST)] {
            let weight = (0..inputs * outputs).map(|n| f16::from_f32((n % 13) as f32 - 6.0));
            let layer = Affine {
                outputs,
                weight: weight.collect(),
                bias: (0..outputs).map(|n| n as f32).collect(),
            };
            let row: Vec<f32> = (0..inputs).map(|n| (n % 5) as f32 - 2.0).collect();
            let alone = layer.apply(&row);
            assert_eq!(layer.apply(&row.repeat(3)), alone.repeat(3));
            let first = row.iter().zip(layer.weight.iter().step_by(outputs));
            let first: f32 = first.map(|(x, weight)| x * weight.to_f32()).sum();
            assert_eq!(alone.first(), Some(&first));
        }
    }
}
