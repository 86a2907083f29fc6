//! The adaptive filter: how the room turns what is played into what the microphone hears.
//!
//! A partitioned frequency-domain Kalman filter with a diagonal state covariance (G. Enzner and P. Vary,
//! "Frequency-domain adaptive Kalman filter for acoustic echo control in hands-free telephones",
//! Signal Processing 86, 2006; F. Kuech et al., "State-space architecture of the partitioned-block-based
//! acoustic echo controller", ICASSP 2014). Each bin of each partition is a state with a variance of its
//! own; the step towards the error follows from that variance and from what the person in front of the
//! microphone is saying. So it learns fast at first, finely later, and nearly not at all while somebody
//! speaks over the loudspeaker: no detector of double talk is needed. How much it expects the path to change
//! by itself is a compromise, so there are two of them, see [`pair`](super::pair).

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// Samples filtered at once: 10 ms.
pub(in crate::ears) const BLOCK: usize = 160;

/// Blocks of echo that are modelled: 320 ms.
pub(super) const PARTITIONS: usize = 32;

/// Length of a transform: one block and the one before.
const WINDOW: usize = 2 * BLOCK;

/// Bins of a transform.
const BINS: usize = WINDOW / 2 + 1;

/// Variance that is expected of the path in its first partition at the beginning: quick from echoes 30 dB
/// below what is played to some above it.
const PRIOR: f32 = 0.03;

/// The same when a path that was learnt turned out wrong: the echo is loud, or it would not matter.
pub(super) const PRIOR_ANEW: f32 = 0.3;

/// How much less is expected of each later partition: 0.6 dB, a decay of 60 dB in one second.
const PRIOR_DECAY: f32 = 0.87;

/// Smoothing of the error's power, from block to block.
const SMOOTHING: f32 = 0.9;

/// The error's power at the beginning, for each bin: speech at -35 dB of full scale.
const FIRST_ERROR: f32 = 1e-3;

/// No bin of the path is ever quite certain.
const LEAST_VARIANCE: f32 = 1e-12;

/// It is never taken to be less than this, for each bin: 16-bit rounding.
const LEAST_ERROR: f32 = 1e-8;

/// The path's tail is followed down to this share of its strongest partition.
const TAIL: f32 = 1e-3;

/// It tells the decay from so many partitions on.
const LEAST_TAIL: usize = 5;

/// Decays that rooms have, in dB for each block: from 1.2 s down to 0.1 s for 60 dB.
const SLOPES: std::ops::RangeInclusive<f32> = 0.5..=6.0;

/// The transforms, and what they work in.
pub(super) struct Transforms {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    time: Vec<f32>,
    scratch: Vec<Complex32>,
}

impl Transforms {
    pub(super) fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(WINDOW);
        let inverse = planner.plan_fft_inverse(WINDOW);
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        Self {
            forward,
            inverse,
            time: vec![0.0; WINDOW],
            scratch: vec![Complex32::default(); scratch],
        }
    }

    /// The spectrum of `first` and `second`, a block each.
    pub(super) fn spectrum(&mut self, first: &[f32], second: &[f32], bins: &mut [Complex32]) {
        let samples = first.iter().chain(second);
        for (slot, sample) in self.time.iter_mut().zip(samples) {
            *slot = *sample;
        }
        self.forward_in_place(bins);
    }

    fn forward_in_place(&mut self, bins: &mut [Complex32]) {
        // Fails only on lengths, and those are constants.
        let _ = self
            .forward
            .process_with_scratch(&mut self.time, bins, &mut self.scratch);
    }

    /// The samples of a spectrum, two blocks of them. Spoils `bins`.
    fn samples(&mut self, bins: &mut [Complex32]) -> &mut [f32] {
        // These two are real by nature; rounding may have left a trace.
        for real in [0, BINS - 1] {
            if let Some(bin) = bins.get_mut(real) {
                bin.im = 0.0;
            }
        }
        let _ = self
            .inverse
            .process_with_scratch(bins, &mut self.time, &mut self.scratch);
        for sample in &mut self.time {
            *sample /= WINDOW as f32;
        }
        &mut self.time
    }
}

/// What was played, as spectra: the newest block first.
pub(super) struct Played {
    spectra: Vec<Complex32>,
    /// The newest spectrum's place.
    newest: usize,
}

impl Played {
    pub(super) fn new() -> Self {
        Self {
            spectra: vec![Complex32::default(); PARTITIONS * BINS],
            newest: 0,
        }
    }

    /// Takes in a block, given the one before it.
    pub(super) fn push(&mut self, before: &[f32], block: &[f32], transforms: &mut Transforms) {
        self.newest = (self.newest + PARTITIONS - 1) % PARTITIONS;
        let begin = self.newest * BINS;
        if let Some(bins) = self.spectra.get_mut(begin..begin + BINS) {
            transforms.spectrum(before, block, bins);
        }
    }

    /// The spectra, one for each partition, the newest first.
    fn partitions(&self) -> impl Iterator<Item = &[Complex32]> {
        let (head, tail) = self.spectra.split_at(self.newest * BINS);
        tail.chunks_exact(BINS).chain(head.chunks_exact(BINS))
    }
}

/// The path from the loudspeaker to the microphone, as far as it is known.
pub(super) struct Filter {
    /// How much of the path is still the same after a block: the time constant of the room.
    keeps: f32,
    /// The path, a spectrum for each partition.
    path: Vec<Complex32>,
    /// How uncertain each bin of it is.
    variance: Vec<f32>,
    /// Power of the error. Taken whole for what is not echo: where some of it is, the steps are smaller
    /// than they could be, and a person who speaks is never learnt as echo.
    power: Vec<f32>,
    error: Vec<Complex32>,
    work: Vec<Complex32>,
    /// Weight of the error in the step, for each bin.
    weight: Vec<f32>,
}

impl Filter {
    /// A filter that knows nothing of a path, of which this share is still the same after a block.
    pub(super) fn new(keeps: f32) -> Self {
        let mut filter = Self {
            keeps,
            path: vec![Complex32::default(); PARTITIONS * BINS],
            variance: vec![0.0; PARTITIONS * BINS],
            power: vec![FIRST_ERROR; BINS],
            error: vec![Complex32::default(); BINS],
            work: vec![Complex32::default(); BINS],
            weight: vec![0.0; BINS],
        };
        filter.forget(PRIOR);
        filter
    }

    /// Begins to learn anew, a path of the variance `prior` in its first partition.
    pub(super) fn forget(&mut self, mut prior: f32) {
        self.path.fill(Complex32::default());
        for variance in self.variance.chunks_exact_mut(BINS) {
            variance.fill(prior);
            prior *= PRIOR_DECAY;
        }
    }

    /// Takes over what `other` knows of the path.
    pub(super) fn adopt(&mut self, other: &Self) {
        self.path.copy_from_slice(&other.path);
        self.variance.copy_from_slice(&other.variance);
    }

    /// How fast the room's reverberation decays, in dB for each block: the slope of the path's energy from
    /// its strongest partition on. `None` while too little of it is known.
    pub(super) fn decay(&self) -> Option<f32> {
        let states = self.path.chunks_exact(BINS);
        let states = states.zip(self.variance.chunks_exact(BINS));
        let energies: Vec<(f32, f32)> = states
            .map(|(path, variance)| {
                let energy = path.iter().map(Complex32::norm_sqr).sum();
                (energy, variance.iter().sum())
            })
            .collect();
        let energy = |partition: &(f32, f32)| partition.0;
        let peak = energies.iter().map(energy).fold(0.0, f32::max);
        let strongest = energies.iter().position(|partition| partition.0 == peak)?;
        // The strongest one holds the direct sound. The tail is known as far as it stands out.
        let tail: Vec<f32> = energies
            .iter()
            .skip(strongest + 1)
            .take_while(|(energy, uncertain)| *energy > TAIL * peak && energy > uncertain)
            .map(|(energy, _)| 10.0 * energy.log10())
            .collect();
        if tail.len() < LEAST_TAIL {
            return None;
        }
        let middle = (tail.len() - 1) as f32 / 2.0;
        let mean = tail.iter().sum::<f32>() / tail.len() as f32;
        let (mut slope, mut spread) = (0.0, 0.0);
        for (n, level) in tail.iter().enumerate() {
            let x = n as f32 - middle;
            slope -= x * (level - mean);
            spread += x * x;
        }
        let slope = slope / spread;
        SLOPES.contains(&slope).then_some(slope)
    }

    /// What is left of `near`, a block, when the echo of what was played is taken out of it.
    pub(super) fn cancel(
        &mut self,
        played: &Played,
        near: &[f32],
        out: &mut [f32],
        transforms: &mut Transforms,
    ) {
        self.work.fill(Complex32::default());
        for (path, played) in self.path.chunks_exact(BINS).zip(played.partitions()) {
            for ((sum, path), played) in self.work.iter_mut().zip(path).zip(played) {
                *sum += path * played;
            }
        }
        // Only the second half of a circular convolution is that of a straight one.
        let echo = transforms.samples(&mut self.work);
        let echo = echo.get(BLOCK..).unwrap_or_default();
        for ((out, near), echo) in out.iter_mut().zip(near).zip(echo) {
            *out = near - echo;
        }
    }

    /// Learns from what [`Filter::cancel`] left.
    pub(super) fn learn(&mut self, played: &Played, left: &[f32], transforms: &mut Transforms) {
        let keeps = self.keeps * self.keeps;
        transforms.spectrum(&[0.0; BLOCK], left, &mut self.error);
        self.weight.fill(0.0);
        for (variance, played) in self.variance.chunks_exact(BINS).zip(played.partitions()) {
            for ((sum, variance), played) in self.weight.iter_mut().zip(variance).zip(played) {
                // Half of the window is error, half is zero.
                *sum += 0.5 * variance * played.norm_sqr();
            }
        }
        let powers = self.power.iter_mut().zip(&self.error);
        for (weight, (power, error)) in self.weight.iter_mut().zip(powers) {
            *power = SMOOTHING * *power + (1.0 - SMOOTHING) * error.norm_sqr();
            *weight = 1.0 / (*weight + power.max(LEAST_ERROR));
        }
        let states = self.path.chunks_exact_mut(BINS);
        let states = states.zip(self.variance.chunks_exact_mut(BINS));
        for ((path, variance), played) in states.zip(played.partitions()) {
            let bins = self.work.iter_mut().zip(&*variance).zip(played);
            for (((step, variance), played), (weight, error)) in
                bins.zip(self.weight.iter().zip(&self.error))
            {
                *step = played.conj() * error * (*variance * weight);
            }
            // A partition is a block long: what the step would write past its end is taken out.
            let samples = transforms.samples(&mut self.work);
            let past = samples.get_mut(BLOCK..).unwrap_or_default();
            past.fill(0.0);
            transforms.forward_in_place(&mut self.work);
            let bins = path.iter_mut().zip(variance).zip(played);
            for (((path, variance), played), (weight, step)) in
                bins.zip(self.weight.iter().zip(&self.work))
            {
                *path += step;
                let left = (1.0 - 0.5 * *variance * weight * played.norm_sqr()).max(0.0);
                *variance =
                    keeps * left * *variance + (1.0 - keeps) * path.norm_sqr() + LEAST_VARIANCE;
            }
        }
    }
}
