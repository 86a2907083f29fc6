//! The log-mel energies that the speech embedding wants: 32 bands every 10 ms.

use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex};
use safetensors::SafeTensors;

use super::layers::vector;

/// Samples of a frame, and from one to the next.
pub(super) const WINDOW: usize = 512;
pub(super) const SHIFT: usize = 160;

/// Bands of a frame.
pub(super) const MELS: usize = 32;

/// Samples that so many frames take.
pub(super) const fn samples_of(frames: usize) -> usize {
    (frames - 1) * SHIFT + WINDOW
}

const BINS: usize = WINDOW / 2 + 1;

/// Energies lie no more than this below the loudest, in dB.
const RANGE: f32 = 80.0;

/// Computes them.
pub(super) struct Energies {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// Of each band the first bin that counts, and the weights from there.
    filters: Vec<(usize, Vec<f32>)>,
}

impl Energies {
    /// Reads window and filters; the error says what is wrong with them.
    pub(super) fn read(stored: &SafeTensors<'_>) -> Result<Self, String> {
        let filters = vector(stored, "embedding.filters", BINS * MELS)?;
        let filter = |band: usize| {
            let weights: Vec<f32> = filters.iter().skip(band).step_by(MELS).copied().collect();
            let first = weights.iter().position(|&weight| weight > 0.0).unwrap_or(0);
            let last = weights
                .iter()
                .rposition(|&weight| weight > 0.0)
                .unwrap_or(0);
            (first, weights[first..=last].to_vec())
        };
        Ok(Self {
            fft: RealFftPlanner::new().plan_fft_forward(WINDOW),
            window: vector(stored, "embedding.window", WINDOW)?,
            filters: (0..MELS).map(filter).collect(),
        })
    }

    /// The frames of `samples` (full scale 1.0), in dB; only whole windows make one.
    pub(super) fn decibels(&self, samples: &[f32]) -> Vec<[f32; MELS]> {
        let mut input = self.fft.make_input_vec();
        let mut spectrum = self.fft.make_output_vec();
        samples
            .windows(WINDOW)
            .step_by(SHIFT)
            .map(|frame| {
                for ((out, sample), window) in input.iter_mut().zip(frame).zip(&self.window) {
                    // The scale is that of 16-bit samples.
                    *out = 32_768.0 * sample * window;
                }
                if self.fft.process(&mut input, &mut spectrum).is_err() {
                    // Only with buffers of another length.
                    return [0.0; MELS];
                }
                std::array::from_fn(|band| {
                    let energy: f32 = self.filters.get(band).map_or(0.0, |(first, weights)| {
                        let bins = spectrum.iter().skip(*first);
                        weights
                            .iter()
                            .zip(bins)
                            .map(|(weight, bin)| weight * bin.norm_sqr())
                            .sum()
                    });
                    10.0 * energy.max(1e-10).log10()
                })
            })
            .collect()
    }
}

/// The loudest energy of a frame.
pub(super) fn loudest(frame: &[f32; MELS]) -> f32 {
    frame.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

/// Makes of decibels what the network wants, given the loudest of what it hears.
pub(super) fn scale(frames: &mut [[f32; MELS]], loudest: f32) {
    for energy in frames.iter_mut().flatten() {
        *energy = energy.max(loudest - RANGE) / 10.0 + 2.0;
    }
}
