//! Log-mel energies as Kaldi computes them: 25 ms windows (Povey's) every 10 ms, no dither, 40 bands from
//! 20 to 7600 Hz. `models/training/features.py` does the same for the training.

use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex};

const RATE: f32 = 16_000.0;
const WINDOW: usize = 400;
const SHIFT: usize = 160;
const FFT: usize = 512;
const LOWEST: f32 = 20.0;
const HIGHEST: f32 = 7_600.0;
const PREEMPHASIS: f32 = 0.97;

/// Bands of a frame.
pub(super) const MELS: usize = 40;

/// Samples that `frames` frames take.
pub(super) const fn samples_for(frames: usize) -> usize {
    (frames - 1) * SHIFT + WINDOW
}

/// One frame.
pub(super) type Frame = [f32; MELS];

/// Computes frames.
pub(super) struct LogMel {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// Of each band the first bin of the spectrum that counts, and the weights from there.
    bands: Vec<(usize, Vec<f32>)>,
}

impl Default for LogMel {
    fn default() -> Self {
        let window = (0..WINDOW)
            .map(|n| {
                let turn = std::f32::consts::TAU * n as f32 / (WINDOW - 1) as f32;
                (0.5 - 0.5 * turn.cos()).powf(0.85)
            })
            .collect();
        let (low, high) = (mel(LOWEST), mel(HIGHEST));
        let edge = |n: usize| low + (high - low) * n as f32 / (MELS + 1) as f32;
        let band = |band: usize| {
            let (left, centre, right) = (edge(band), edge(band + 1), edge(band + 2));
            let weight = |bin: usize| {
                let at = mel(bin as f32 * RATE / FFT as f32);
                ((at - left) / (centre - left))
                    .min((right - at) / (right - centre))
                    .max(0.0)
            };
            let weights: Vec<f32> = (0..FFT / 2).map(weight).collect();
            let first = weights.iter().position(|&w| w > 0.0).unwrap_or(0);
            let count = weights.iter().skip(first).take_while(|&&w| w > 0.0).count();
            let weights = weights.into_iter().skip(first).take(count).collect();
            (first, weights)
        };
        Self {
            fft: RealFftPlanner::new().plan_fft_forward(FFT),
            window,
            bands: (0..MELS).map(band).collect(),
        }
    }
}

impl LogMel {
    /// The frames of `samples` (full scale 1.0); only whole windows make one.
    pub(super) fn frames(&self, samples: &[f32]) -> Vec<Frame> {
        let mut input = self.fft.make_input_vec();
        let mut spectrum = self.fft.make_output_vec();
        let mut power = vec![0.0; FFT / 2];
        samples
            .windows(WINDOW)
            .step_by(SHIFT)
            .map(|frame| {
                // The scale is that of 16-bit samples.
                let mean = frame.iter().sum::<f32>() / WINDOW as f32;
                let mut before = frame.first().map_or(0.0, |first| first - mean);
                input.fill(0.0);
                for ((out, sample), window) in input.iter_mut().zip(frame).zip(&self.window) {
                    let sample = sample - mean;
                    *out = 32_768.0 * (sample - PREEMPHASIS * before) * window;
                    before = sample;
                }
                if self.fft.process(&mut input, &mut spectrum).is_err() {
                    // Only with buffers of another length.
                    return [0.0; MELS];
                }
                for (power, bin) in power.iter_mut().zip(&spectrum) {
                    *power = bin.norm_sqr();
                }
                let mut energies = [0.0; MELS];
                for (energy, (first, weights)) in energies.iter_mut().zip(&self.bands) {
                    let sum: f32 = weights
                        .iter()
                        .zip(power.iter().skip(*first))
                        .map(|(weight, power)| weight * power)
                        .sum();
                    *energy = sum.max(f32::EPSILON).ln();
                }
                energies
            })
            .collect()
    }
}

fn mel(hertz: f32) -> f32 {
    1127.0 * (hertz / 700.0).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_loudest_in_its_band_and_ten_times_the_amplitude_is_twenty_decibels() {
        let tone = |gain: f32| -> Vec<f32> {
            (0..1_600)
                .map(|n| gain * (std::f32::consts::TAU * 1_000.0 * n as f32 / RATE).sin())
                .collect()
        };
        let log_mel = LogMel::default();
        let (soft, loud) = (log_mel.frames(&tone(0.01)), log_mel.frames(&tone(0.1)));
        assert_eq!(soft.len(), 8);
        let step = (mel(HIGHEST) - mel(LOWEST)) / (MELS + 1) as f32;
        let band = ((mel(1_000.0) - mel(LOWEST)) / step).round() as usize - 1;
        let loudest = (0..MELS).max_by(|&a, &b| loud[3][a].total_cmp(&loud[3][b]));
        assert_eq!(loudest, Some(band));
        let gain = (loud[3][band] - soft[3][band]) * 10.0 / 10_f32.ln();
        assert!((gain - 20.0).abs() < 0.01, "{gain}");
    }
}
