//! The verifier's network: a time-delay trunk as in `models/training/network.py`, pooling over time, and
//! the probability of each phrase.

use safetensors::SafeTensors;

use super::features::{Frame, MELS, samples_for};
use super::layers::{Affine, softmax, vector};

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

/// Affine, ReLU, and a gain and a shift for each channel.
struct Layer {
    affine: Affine,
    gain: Vec<f32>,
    shift: Vec<f32>,
}

pub(super) struct Network {
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

    /// Reads one that tells so many `phrases` apart; the error says what is wrong with it.
    pub(super) fn read(stored: &SafeTensors<'_>, phrases: usize) -> Result<Self, String> {
        let mut inputs = MELS;
        let mut trunk = Vec::new();
        for (number, offsets) in TRUNK.iter().enumerate() {
            let name = format!("trunk.{number}");
            let affine = Affine::read(stored, &name, inputs * offsets.len())?;
            inputs = affine.outputs;
            trunk.push(Layer {
                gain: vector(stored, &format!("{name}.gain"), inputs)?,
                shift: vector(stored, &format!("{name}.shift"), inputs)?,
                affine,
            });
        }
        let wide = Affine::read(stored, "wide", inputs * WIDE.len())?;
        let pooled = Affine::read(stored, "pooled", 2 * wide.outputs)?;
        let last = Affine::read(stored, "last", pooled.outputs)?;
        if last.outputs != phrases {
            return Err("it has another number of phrases than outputs".into());
        }
        Ok(Self {
            mean: vector(stored, "mean", MELS)?,
            deviation: vector(stored, "deviation", MELS)?,
            trunk,
            wide,
            pooled,
            last,
        })
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
