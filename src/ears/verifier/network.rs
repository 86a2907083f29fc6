//! The verifier's network: a time-delay trunk as in `models/training/network.py`, pooling over time, and
//! the probability of each phrase.

use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

use super::features::{Frame, MELS, samples_for};

/// Where each layer looks, in its own frames; the first moves on by [`STRIDE`].
const TRUNK: [&[usize]; 5] = [
    &[0, 1, 2, 3, 4, 5, 6, 7, 8],
    &[0, 1, 2],
    &[0, 1, 2],
    &[0, 2, 4],
    &[0, 2, 4],
];
const STRIDE: usize = 3;
const WIDE: &[usize] = &[0, 3, 6];

/// Frames at whose end the phrase ends, and those that the layers see beside them on either side.
const FRAMES: usize = 150;
const CONTEXT: usize = 22;

/// Layers no wider than this are believed.
const WIDEST: usize = 1_024;

/// A matrix of `inputs` rows and a bias.
struct Affine {
    outputs: usize,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// Affine, ReLU, and a gain and a shift for each channel.
struct Layer {
    affine: Affine,
    gain: Vec<f32>,
    shift: Vec<f32>,
}

pub(super) struct Network {
    phrases: Vec<String>,
    mean: Vec<f32>,
    deviation: Vec<f32>,
    trunk: Vec<Layer>,
    wide: Affine,
    pooled: Affine,
    last: Affine,
}

impl Network {
    /// Samples it looks at: 1.7 s.
    pub(super) const SAMPLES: u64 = samples_for(CONTEXT + FRAMES) as u64;

    /// Reads a network; the error says what is wrong with it.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let stored = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let phrases = header
            .metadata()
            .as_ref()
            .and_then(|facts| facts.get("phrases"))
            .ok_or("it names no phrases")?;
        let phrases: Vec<String> =
            serde_json::from_str(phrases).map_err(|error| error.to_string())?;
        let mut inputs = MELS;
        let mut trunk = Vec::new();
        for (number, offsets) in TRUNK.iter().enumerate() {
            let name = format!("trunk.{number}");
            let affine = affine(&stored, &name, inputs * offsets.len())?;
            inputs = affine.outputs;
            trunk.push(Layer {
                gain: vector(&stored, &format!("{name}.gain"), inputs)?,
                shift: vector(&stored, &format!("{name}.shift"), inputs)?,
                affine,
            });
        }
        let wide = affine(&stored, "wide", inputs * WIDE.len())?;
        let pooled = affine(&stored, "pooled", 2 * wide.outputs)?;
        let last = affine(&stored, "last", pooled.outputs)?;
        if last.outputs != phrases.len() {
            return Err("it has another number of phrases than outputs".into());
        }
        Ok(Self {
            phrases,
            mean: vector(&stored, "mean", MELS)?,
            deviation: vector(&stored, "deviation", MELS)?,
            trunk,
            wide,
            pooled,
            last,
        })
    }

    /// What it tells apart; the first is anything else.
    pub(super) fn phrases(&self) -> &[String] {
        &self.phrases
    }

    /// The probability of each phrase, by their order. Frames that are not there, as those after the last
    /// always are, are filled with the quietest ones, as in the training.
    pub(super) fn shares(&self, frames: &[Frame]) -> Vec<f32> {
        let mut quiet: Vec<&Frame> = frames.iter().collect();
        quiet.sort_by(|a, b| a.iter().sum::<f32>().total_cmp(&b.iter().sum()));
        quiet.truncate((frames.len() / 10).max(6));
        let frames = frames.get(..CONTEXT + FRAMES).unwrap_or(frames);
        let missing = CONTEXT + FRAMES - frames.len();
        let mut rows = Vec::with_capacity((FRAMES + 2 * CONTEXT) * MELS);
        let mut filler = quiet.into_iter().cycle();
        let before = filler.by_ref().take(missing).collect::<Vec<_>>();
        let after = filler.take(CONTEXT);
        for frame in before.into_iter().chain(frames).chain(after) {
            let normal = frame.iter().zip(&self.mean).zip(&self.deviation);
            rows.extend(normal.map(|((energy, mean), deviation)| (energy - mean) / deviation));
        }
        let mut width = MELS;
        for (number, (layer, offsets)) in self.trunk.iter().zip(TRUNK).enumerate() {
            let stride = if number == 0 { STRIDE } else { 1 };
            rows = layer.affine.along(&rows, width, offsets, stride);
            width = layer.affine.outputs;
            for row in rows.chunks_mut(width) {
                for ((x, gain), shift) in row.iter_mut().zip(&layer.gain).zip(&layer.shift) {
                    *x = x.max(0.0) * gain + shift;
                }
            }
        }
        rows = self.wide.along(&rows, width, WIDE, 1);
        let width = self.wide.outputs;
        let (mut mean, mut most) = (vec![0.0; width], vec![0.0_f32; width]);
        let steps = (rows.len() / width).max(1) as f32;
        for row in rows.chunks(width) {
            for ((x, mean), most) in row.iter().zip(&mut mean).zip(&mut most) {
                let x = x.max(0.0);
                *mean += x / steps;
                *most = most.max(x);
            }
        }
        mean.extend(most);
        let mut hidden = self.pooled.apply(&mean);
        hidden.iter_mut().for_each(|x| *x = x.max(0.0));
        softmax(self.last.apply(&hidden))
    }
}

impl Affine {
    /// One row for each place the layer can look from.
    fn along(&self, rows: &[f32], width: usize, offsets: &[usize], stride: usize) -> Vec<f32> {
        let reach = offsets.last().copied().unwrap_or(0);
        let steps = (rows.len() / width).saturating_sub(reach).div_ceil(stride);
        let mut out = Vec::with_capacity(steps * self.outputs);
        let mut seen = Vec::with_capacity(width * offsets.len());
        for step in 0..steps {
            seen.clear();
            for offset in offsets {
                let at = (step * stride + offset) * width;
                seen.extend_from_slice(rows.get(at..at + width).unwrap_or_default());
            }
            out.extend(self.apply(&seen));
        }
        out
    }

    fn apply(&self, inputs: &[f32]) -> Vec<f32> {
        let mut out = self.bias.clone();
        for (x, weights) in inputs.iter().zip(self.weight.chunks_exact(self.outputs)) {
            for (out, weight) in out.iter_mut().zip(weights) {
                *out += x * weight;
            }
        }
        out
    }
}

fn softmax(mut logits: Vec<f32>) -> Vec<f32> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    logits.iter_mut().for_each(|x| *x = (*x - most).exp());
    let sum: f32 = logits.iter().sum();
    logits.iter_mut().for_each(|x| *x /= sum);
    logits
}

fn affine(stored: &SafeTensors<'_>, name: &str, inputs: usize) -> Result<Affine, String> {
    let outputs = tensor(stored, &format!("{name}.bias"))?.len();
    if outputs == 0 || outputs > WIDEST {
        return Err(format!("{name} has {outputs} outputs"));
    }
    Ok(Affine {
        outputs,
        weight: vector(stored, &format!("{name}.weight"), inputs * outputs)?,
        bias: vector(stored, &format!("{name}.bias"), outputs)?,
    })
}

fn vector(stored: &SafeTensors<'_>, name: &str, length: usize) -> Result<Vec<f32>, String> {
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
            .map(|bytes| half::f16::from_le_bytes(*bytes).to_f32())
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
