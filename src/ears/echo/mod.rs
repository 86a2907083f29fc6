//! Takes out of the microphone what the loudspeaker put in.
//!
//! What is played is known to the sample, so its echo can be subtracted: linearly, without any
//! suppression, which would damage the person who speaks at the same time. See [`filter`] for how it is
//! learnt. Both ends are brought together by their moments: samples may come in chunks of any size,
//! and either end may jump.

mod filter;
mod pair;

use std::collections::VecDeque;

pub(super) use filter::BLOCK;
use filter::{PARTITIONS, PRIOR_ANEW, Played, Transforms};
use pair::Pair;

use super::RATE;
use crate::time::Moment;

/// What was played is kept for so many samples (2 s): the path, and what arrives early.
const KEPT: usize = 2 * RATE as usize;

/// A difference of this many samples (5 ms) between a chunk's moment and the count of samples is a jump.
const JUMP: u64 = 80;

/// How quickly smaller differences are believed, for each chunk; a device's times tremble.
const DRIFT_SMOOTHING: f32 = 0.05;

/// Blocks (200 ms) in which the filter makes it clearly worse before it begins anew.
const PATIENCE: u32 = 20;

/// A block that the filter makes so much stronger is left as it was: 6 dB.
const HARM: f32 = 4.0;

/// The levels of a block, as mean squares.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Powers {
    /// What was played.
    pub(super) far: f32,
    /// What the microphone heard.
    pub(super) near: f32,
    /// What is left of it.
    pub(super) left: f32,
    /// Whether the canceller has just begun anew, because the way between the two had become another.
    pub(super) anew: bool,
}

/// The echo canceller.
pub(super) struct Canceller {
    far: FarEnd,
    transforms: Transforms,
    played: Played,
    filter: Pair,
    /// Samples of the microphone that do not yet make a block.
    pending: Vec<f32>,
    /// Position of the first sample of `pending`, once there was any.
    position: Option<u64>,
    /// By how many samples the chunks' moments run ahead of `position`, smoothed.
    drift: f32,
    /// Whether the spectra of what was played have to be made anew.
    moved: bool,
    /// Blocks of silence since something was played.
    silence: usize,
    worse: u32,
    near: f32,
    left: f32,
}

impl Canceller {
    /// A canceller that knows nothing of the room.
    pub(super) fn new() -> Self {
        Self {
            far: FarEnd::default(),
            transforms: Transforms::new(),
            played: Played::new(),
            filter: Pair::new(),
            pending: Vec::with_capacity(BLOCK),
            position: None,
            drift: 0.0,
            moved: false,
            silence: PARTITIONS + 1,
            worse: 0,
            near: 0.0,
            left: 0.0,
        }
    }

    /// What was played: the first of `samples` can be at the microphone at `first`, not sooner.
    pub(super) fn far_end(&mut self, samples: &[f32], first: Moment) {
        let begin = self.far.push(samples, first.frame(RATE));
        // Too late for some of it: heard already. From now on it is known.
        self.moved |= self.position.is_some_and(|position| begin < position);
    }

    /// Begins anew: the way from the loudspeaker to the microphone is another.
    pub(super) fn forget(&mut self) {
        self.filter.forget(PRIOR_ANEW);
        (self.worse, self.near, self.left) = (0, 0.0, 0.0);
    }

    /// How fast the room's reverberation decays, in dB for each block; `None` while that is not known.
    pub(super) fn decay(&self) -> Option<f32> {
        self.filter.decay()
    }

    /// Appends to `out` what is left of `near`, whose first sample is of the moment `first`, in whole
    /// blocks, and tells `watch` of each. Returns the moment of the first sample appended.
    pub(super) fn cancel(
        &mut self,
        near: &[f32],
        first: Moment,
        out: &mut Vec<f32>,
        mut watch: impl FnMut(Powers),
    ) -> Moment {
        self.align(first.frame(RATE));
        let waited = Moment::from_frame(self.pending.len() as u64, RATE).since(Moment::ZERO);
        self.pending.extend_from_slice(near);
        let pending = std::mem::take(&mut self.pending);
        let blocks = pending.chunks_exact(BLOCK);
        self.pending.extend_from_slice(blocks.remainder());
        for block in blocks {
            let begin = out.len();
            out.extend_from_slice(block);
            watch(self.block(block, out.get_mut(begin..).unwrap_or_default()));
        }
        first.saturating_sub(waited)
    }

    /// Brings the count of samples in line with the moment of the next.
    fn align(&mut self, at: u64) {
        let Some(position) = &mut self.position else {
            self.position = Some(at);
            return;
        };
        let expected = *position + self.pending.len() as u64;
        if at.abs_diff(expected) > JUMP {
            *position = at;
            self.pending.clear();
            self.drift = 0.0;
            self.moved = true;
            return;
        }
        let ahead = at as f32 - expected as f32;
        self.drift += DRIFT_SMOOTHING * (ahead - self.drift);
        if self.drift.abs() > 0.75 {
            *position = position.saturating_add_signed(self.drift.signum() as i64);
            self.drift = 0.0;
            self.moved = true;
        }
    }

    /// Filters one block; `out` holds a copy of it and is left with what remains.
    fn block(&mut self, near: &[f32], out: &mut [f32]) -> Powers {
        let position = self.position.unwrap_or_default();
        self.position = Some(position + BLOCK as u64);
        let near_power = power(near);
        let far = self.far.get(position);
        let far_power = power(&far);
        self.silence = if far_power == 0.0 {
            self.silence + 1
        } else {
            0
        };
        if self.silence > PARTITIONS {
            // Nothing of it can be heard any more; the spectra are all zero, too, or soon will be.
            self.moved |= self.silence > PARTITIONS + 1;
            return Powers {
                far: 0.0,
                near: near_power,
                left: near_power,
                anew: false,
            };
        }
        if std::mem::take(&mut self.moved) {
            for back in (1..PARTITIONS as u64).rev() {
                self.play(position.saturating_sub(back * BLOCK as u64));
            }
        }
        self.play(position);
        self.filter
            .cancel(&self.played, near, out, &mut self.transforms);
        let mut left_power = power(out);
        let anew = self.mind(near_power, left_power);
        if self.left > self.near || left_power > HARM * near_power {
            // It does harm just now: it learns, but nobody listens to it.
            out.copy_from_slice(near);
            left_power = near_power;
        }
        Powers {
            far: far_power,
            near: near_power,
            left: left_power,
            anew,
        }
    }

    fn play(&mut self, position: u64) {
        let before = self.far.get(position.saturating_sub(BLOCK as u64));
        let block = self.far.get(position);
        self.played.push(&before, &block, &mut self.transforms);
    }

    /// A filter that makes it louder has learnt another room, and begins anew: whether it has.
    fn mind(&mut self, near: f32, left: f32) -> bool {
        self.near = 0.9 * self.near + 0.1 * near;
        self.left = 0.9 * self.left + 0.1 * left;
        self.worse = if self.left > 1.2 * self.near {
            self.worse + 1
        } else {
            0
        };
        let anew = self.worse > PATIENCE || !self.left.is_finite();
        if anew {
            self.forget();
        }
        anew
    }
}

/// What was played in the last seconds, by position: samples since session time zero.
#[derive(Default)]
struct FarEnd {
    samples: VecDeque<f32>,
    /// Position of the front sample.
    first: u64,
}

impl FarEnd {
    /// Takes in samples from position `at` on; returns where they were put.
    fn push(&mut self, samples: &[f32], at: u64) -> u64 {
        let end = self.first + self.samples.len() as u64;
        // Moments are whole microseconds: a sample more or less is rounding.
        let at = if at.abs_diff(end) <= 1 { end } else { at };
        if at > end && at - end < KEPT as u64 {
            // Nothing was played in between.
            self.samples.extend((end..at).map(|_| 0.0));
        } else if at > end || at < self.first {
            self.samples.clear();
            self.first = at;
        } else {
            self.samples.truncate((at - self.first) as usize);
        }
        self.samples.extend(samples);
        let surplus = self.samples.len().saturating_sub(KEPT);
        self.samples.drain(..surplus);
        self.first += surplus as u64;
        at
    }

    /// The block from `position` on; what is not known is silence.
    fn get(&self, position: u64) -> [f32; BLOCK] {
        let mut block = [0.0; BLOCK];
        let into = self.first.saturating_sub(position) as usize;
        let skip = position.saturating_sub(self.first) as usize;
        let slots = block.iter_mut().skip(into);
        for (slot, sample) in slots.zip(self.samples.iter().skip(skip)) {
            *slot = *sample;
        }
        block
    }
}

fn power(samples: &[f32]) -> f32 {
    samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32
}

#[cfg(test)]
mod tests;
