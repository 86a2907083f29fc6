//! Recordings made ready to be heard: their background, where the word lies, noise and rooms.
//!
//! Isolated words are cut tight. What surrounds them is made here from the recording's own quietest
//! moments: digital silence, or white noise around a narrow-band recording, is a cue that no
//! microphone gives and changes the result.

use std::path::Path;

use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

use crate::sound::file::read;
use crate::sound::room::{Dice, speech_dbfs};
use crate::sound::{EAR_RATE, SoundError};

/// Samples in a frame of the level: 10 ms.
const FRAME: usize = 160;
/// Samples in a frame of a background's spectrum: 32 ms.
const WINDOW: usize = 512;
/// The background is made from this share of the frames, the quietest.
const QUIET_SHARE: usize = 8;
/// Where even the quietest moments are digital silence: the noise of the last bit, as an amplitude.
const LEAST_FLOOR: f32 = 1e-5;
/// The recording is faded into its background over so many samples: 5 ms.
const FADE: usize = 80;
/// Reverberation is followed so far beyond the end of a recording, in samples: 0.5 s.
const TAIL: usize = EAR_RATE as usize / 2;

/// A recording at 16 kHz, and what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Recording {
    pub(super) samples: Vec<f32>,
    /// First sample of the word and the one after its last, by energy.
    pub(super) word: (usize, usize),
    /// Level while somebody speaks, in dB of full scale.
    pub(super) level: f32,
    floor: Floor,
}

/// What can be done to a recording before it is heard.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    /// Noise, and how far below the speech it lies, in dB.
    pub(super) noise: Option<(Vec<f32>, f32)>,
    /// The response of a room.
    pub(super) rir: Option<Vec<f32>>,
}

/// A recording in its background.
#[derive(Clone, Debug)]
pub(super) struct Embedded {
    pub(super) samples: Vec<f32>,
    /// Where the recording lies in it.
    pub(super) file: (usize, usize),
    /// Where the word lies in it, by energy, measured before noise and room were added.
    pub(super) word: (usize, usize),
}

impl Recording {
    /// Reads a recording.
    pub(super) fn read(path: &Path) -> Result<Self, SoundError> {
        Ok(Self::of(read(path)?.resampled(EAR_RATE)?.samples))
    }

    /// Of samples at 16 kHz.
    pub(super) fn of(samples: Vec<f32>) -> Self {
        Self {
            word: extent(&samples),
            level: speech_dbfs(&samples, EAR_RATE),
            floor: Floor::of(&samples),
            samples,
        }
    }

    pub(super) fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(EAR_RATE)
    }

    /// The recording with `before` and `after` samples of its own background around it. The same seed
    /// gives the same samples.
    pub(super) fn embedded(
        &self,
        before: usize,
        after: usize,
        conditions: &Conditions,
        seed: u64,
    ) -> Embedded {
        let mut dice = Dice::new(seed);
        let file = (before, before + self.samples.len());
        let mut samples = vec![0.0; file.1 + after];
        let lead = self.floor.noise(before + FADE, &mut dice);
        let lead = lead.iter().enumerate();
        add(
            &mut samples,
            0,
            lead.map(|(n, x)| x * fade(before + FADE - n)),
        );
        let end = self.samples.len();
        match &conditions.rir {
            Some(rir) => {
                let said = self.in_room(rir);
                add(
                    &mut samples,
                    before,
                    said.iter().enumerate().map(|(n, x)| x * fade(n)),
                );
            }
            None => {
                let said = self.samples.iter().enumerate();
                add(
                    &mut samples,
                    before,
                    said.map(|(n, x)| x * fade(n) * fade(end - 1 - n)),
                );
            }
        }
        let from = file.1.saturating_sub(FADE);
        let rest = self.floor.noise(file.1 + after - from, &mut dice);
        add(
            &mut samples,
            from,
            rest.iter().enumerate().map(|(n, x)| x * fade(n)),
        );
        if let Some((noise, snr)) = &conditions.noise {
            let gain = from_db(self.level - snr) / rms(noise).max(1e-9);
            let start = dice.roll() as usize % noise.len().max(1);
            for (sample, noise) in samples.iter_mut().zip(noise.iter().cycle().skip(start)) {
                *sample += gain * noise;
            }
        }
        let loudest = samples.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        if loudest > 1.0 {
            scale(&mut samples, 1.0 / loudest);
        }
        Embedded {
            samples,
            file,
            word: (before + self.word.0, before + self.word.1),
        }
    }

    /// The recording in a room, as loud as before, its direct sound where it was; longer by the tail.
    fn in_room(&self, rir: &[f32]) -> Vec<f32> {
        let peak = rir
            .iter()
            .enumerate()
            .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        let direct = peak.map_or(0, |(n, _)| n);
        let rir = rir.get(direct..).unwrap_or_default();
        let mut samples = convolved(&self.samples, rir);
        samples.truncate(self.samples.len() + TAIL);
        let level = speech_dbfs(&samples, EAR_RATE);
        if level.is_finite() {
            scale(&mut samples, from_db(self.level - level));
        }
        samples
    }
}

/// Rises from 0 to 1 over the first [`FADE`] samples.
fn fade(n: usize) -> f32 {
    // Equal power: what is faded out and what is faded in have nothing to do with each other.
    (n as f32 / FADE as f32).min(1.0).sqrt()
}

/// Adds sound to `samples`, from `at` on, as far as they reach.
fn add(samples: &mut [f32], at: usize, sound: impl Iterator<Item = f32>) {
    for (sample, added) in samples.iter_mut().skip(at).zip(sound) {
        *sample += added;
    }
}

/// The spectrum and level of a recording's quietest moments.
#[derive(Clone, Debug)]
struct Floor {
    /// Amplitude of each frequency, of any scale.
    shape: Vec<f32>,
    /// RMS amplitude.
    level: f32,
}

impl Floor {
    fn of(samples: &[f32]) -> Self {
        let hann = hann();
        let mut frames: Vec<(f32, &[f32])> = samples
            .windows(WINDOW)
            .step_by(FRAME)
            .map(|frame| (rms(frame), frame))
            .collect();
        frames.sort_by(|a, b| a.0.total_cmp(&b.0));
        let quiet = (frames.len() / QUIET_SHARE).max(2).min(frames.len());
        frames.truncate(quiet);
        let level = frames.get(quiet / 2).map_or(0.0, |frame| frame.0);
        let fft = RealFftPlanner::<f32>::new().plan_fft_forward(WINDOW);
        let mut power = vec![0.0_f32; WINDOW / 2 + 1];
        let mut spectrum = fft.make_output_vec();
        for (_, frame) in &frames {
            let mut windowed: Vec<f32> = frame.iter().zip(&hann).map(|(x, w)| x * w).collect();
            // The lengths are the plan's own, so it cannot fail.
            if fft.process(&mut windowed, &mut spectrum).is_ok() {
                for (power, bin) in power.iter_mut().zip(&spectrum) {
                    *power += bin.norm_sqr();
                }
            }
        }
        if level < LEAST_FLOOR {
            return Self {
                shape: vec![1.0; WINDOW / 2 + 1],
                level: LEAST_FLOOR,
            };
        }
        Self {
            shape: power.into_iter().map(f32::sqrt).collect(),
            level,
        }
    }

    /// `count` samples of noise that sounds like it: overlapping frames of its spectrum, their phases
    /// thrown by dice.
    fn noise(&self, count: usize, dice: &mut Dice) -> Vec<f32> {
        let inverse = RealFftPlanner::<f32>::new().plan_fft_inverse(WINDOW);
        let window: Vec<f32> = hann().into_iter().map(f32::sqrt).collect();
        let hop = WINDOW / 2;
        let mut samples = vec![0.0; count + WINDOW];
        let mut frame = inverse.make_output_vec();
        for begin in (0..count + hop).step_by(hop) {
            let mut spectrum: Vec<Complex<f32>> = self
                .shape
                .iter()
                .map(|size| {
                    let phase = std::f32::consts::PI * dice.between_minus_one_and_one();
                    Complex::from_polar(*size, phase)
                })
                .collect();
            for end in [0, WINDOW / 2] {
                // These two have no phase.
                if let Some(bin) = spectrum.get_mut(end) {
                    bin.im = 0.0;
                }
            }
            if inverse.process(&mut spectrum, &mut frame).is_ok() {
                let there = samples.iter_mut().skip(begin);
                for ((sample, x), w) in there.zip(&frame).zip(&window) {
                    *sample += x * w;
                }
            }
        }
        // Its first half frame has only one frame in it.
        samples.drain(..hop);
        samples.truncate(count);
        let gain = self.level / rms(&samples).max(1e-12);
        scale(&mut samples, gain);
        samples
    }
}

/// Where the word lies, by energy: first sample, and the one after the last.
///
/// As the model's recipe measures it: 10 ms frames, smoothed over three, that lie a third of the way
/// from the floor to the loudest, and at most 30 dB below that.
fn extent(samples: &[f32]) -> (usize, usize) {
    let levels: Vec<f32> = samples
        .chunks_exact(FRAME)
        .map(|frame| 20.0 * (rms(frame) + 3e-8).log10())
        .collect();
    let smoothed: Vec<f32> = (0..levels.len())
        .map(|n| {
            let near = levels.get(n.saturating_sub(1)..(n + 2).min(levels.len()));
            let near = near.unwrap_or_default();
            near.iter().sum::<f32>() / near.len().max(1) as f32
        })
        .collect();
    let mut sorted = smoothed.clone();
    sorted.sort_by(f32::total_cmp);
    let (Some(&peak), Some(&floor)) = (sorted.last(), sorted.get(sorted.len() / 10)) else {
        return (0, samples.len());
    };
    let threshold = (floor + 0.35 * (peak - floor)).max(peak - 30.0);
    let loud = |level: &f32| *level >= threshold;
    let first = smoothed.iter().position(loud).unwrap_or(0);
    let last = smoothed.iter().rposition(loud).unwrap_or(0);
    (first * FRAME, (last + 1) * FRAME)
}

/// The two convolved, as long as both together.
fn convolved(a: &[f32], b: &[f32]) -> Vec<f32> {
    let length = a.len() + b.len();
    let size = length.next_power_of_two();
    let mut planner = RealFftPlanner::<f32>::new();
    let (forward, inverse) = (
        planner.plan_fft_forward(size),
        planner.plan_fft_inverse(size),
    );
    let spectrum = |samples: &[f32]| {
        let mut padded = samples.to_vec();
        padded.resize(size, 0.0);
        let mut out = forward.make_output_vec();
        // The lengths are the plan's own, so it cannot fail.
        let _ = forward.process(&mut padded, &mut out);
        out
    };
    let mut product: Vec<Complex<f32>> = spectrum(a)
        .into_iter()
        .zip(spectrum(b))
        .map(|(a, b)| a * b / size as f32)
        .collect();
    for end in [0, size / 2] {
        if let Some(bin) = product.get_mut(end) {
            bin.im = 0.0;
        }
    }
    let mut out = inverse.make_output_vec();
    let _ = inverse.process(&mut product, &mut out);
    out.truncate(length);
    out
}

fn hann() -> Vec<f32> {
    (0..WINDOW)
        .map(|n| {
            let angle = std::f32::consts::TAU * n as f32 / WINDOW as f32;
            0.5 - 0.5 * angle.cos()
        })
        .collect()
}

fn scale(samples: &mut [f32], gain: f32) {
    samples.iter_mut().for_each(|sample| *sample *= gain);
}

fn from_db(db: f32) -> f32 {
    10_f32.powf(db / 20.0)
}

fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|x| x * x).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

#[cfg(test)]
mod tests;
