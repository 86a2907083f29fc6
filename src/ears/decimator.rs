//! From what the loudspeaker gets to what the ears compare with: every third sample, low-passed.

use super::RATE;

/// Sample rate of what is played, in Hz.
const PLAYED: u32 = 48_000;

/// Samples played for each of the ears'.
const FACTOR: usize = (PLAYED / RATE) as usize;

/// Taps of the low-pass: 1 ms to either side.
const TAPS: usize = 97;

/// Where the low-pass is at half, in Hz.
const CUTOFF: f32 = 7_400.0;

/// Converts a stream of 48 kHz to 16 kHz.
///
/// Output sample `k` belongs to input frame `3 k`, 1 ms late, as if the sound had gone a foot through
/// the air. Whole blocks in give whole blocks out, at once: no loudspeaker is nearer than that.
pub struct Decimator {
    taps: [f32; TAPS],
    /// The frames that the next output still needs, oldest first.
    frames: Vec<f32>,
}

impl Default for Decimator {
    fn default() -> Self {
        // A sinc in a Hann window, its taps summing to one.
        let middle = (TAPS / 2) as f32;
        let mut taps = [0.0; TAPS];
        for (n, tap) in taps.iter_mut().enumerate() {
            let x = n as f32 - middle;
            let angle = std::f32::consts::TAU * CUTOFF / PLAYED as f32 * x;
            let sinc = if x == 0.0 { 1.0 } else { angle.sin() / angle };
            *tap = sinc * (0.5 + 0.5 * (std::f32::consts::PI * x / (middle + 1.0)).cos());
        }
        let sum: f32 = taps.iter().sum();
        Self {
            taps: taps.map(|tap| tap / sum),
            frames: vec![0.0; TAPS - 1],
        }
    }
}

impl Decimator {
    /// Takes in `played`, 48 kHz mono, and appends what it gives to `out`, 16 kHz mono.
    pub fn push(&mut self, played: &[f32], out: &mut Vec<f32>) {
        self.frames.extend_from_slice(played);
        let mut begin = 0;
        while let Some(window) = self.frames.get(begin..begin + TAPS) {
            // Most of a talk is silence.
            let silent = window.iter().all(|frame| *frame == 0.0);
            let frames = window.iter().zip(&self.taps);
            out.push(if silent {
                0.0
            } else {
                frames.map(|(frame, tap)| frame * tap).sum()
            });
            begin += FACTOR;
        }
        self.frames.drain(..begin);
    }

    /// Forgets what was played: the next frame follows after a gap.
    pub fn jump(&mut self) {
        self.frames.clear();
        self.frames.resize(TAPS - 1, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hertz: f32, length: usize) -> Vec<f32> {
        let step = std::f32::consts::TAU * hertz / PLAYED as f32;
        (0..length).map(|n| (step * n as f32).sin()).collect()
    }

    #[test]
    fn a_voice_comes_out_a_millisecond_late_whatever_the_size_of_the_blocks() {
        for size in [480, 1_000, 7] {
            let (mut decimator, mut out) = (Decimator::default(), Vec::new());
            for block in tone(1_000.0, 4_800).chunks(size) {
                decimator.push(block, &mut out);
            }
            assert_eq!(out.len(), 1_600);
            for (n, sample) in out.iter().enumerate().skip(100) {
                let step = std::f32::consts::TAU * 1_000.0 / RATE as f32;
                let expected = (step * (n as f32 - 16.0)).sin();
                assert!((sample - expected).abs() < 0.01, "{n}: {sample} {expected}");
            }
        }
    }

    #[test]
    fn what_is_too_high_to_be_heard_vanishes() {
        let mut out = Vec::new();
        Decimator::default().push(&tone(9_500.0, 48_000), &mut out);
        let loudest = out[200..].iter().fold(0.0f32, |a, b| a.max(b.abs()));
        assert!(loudest < 0.01, "{loudest}");
    }
}
