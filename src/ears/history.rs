//! The last seconds of what was heard, and when it was heard.
//!
//! Kept so that a recogniser that begins anew (another grammar, a reset after our own speech) can be
//! given again what a person is in the middle of saying.

use std::collections::VecDeque;

use crate::time::Moment;

/// Sample rate of the stream.
const RATE: u32 = 16_000;

/// How many samples are kept: 6 s.
const KEPT: usize = 6 * RATE as usize;

/// A ring of samples with their moments.
#[derive(Debug, Default)]
pub(super) struct History {
    samples: VecDeque<f32>,
    /// Position in the stream of the front sample.
    first: u64,
    /// Where chunks began: position in the stream, and its moment.
    chunks: VecDeque<(u64, Moment)>,
}

impl History {
    /// Takes in a chunk whose first sample was heard at `first`.
    pub(super) fn push(&mut self, samples: &[f32], first: Moment) {
        self.chunks.push_back((self.end(), first));
        self.samples.extend(samples);
        let surplus = self.samples.len().saturating_sub(KEPT);
        self.samples.drain(..surplus);
        self.first += surplus as u64;
        // The chunk that holds the front sample stays.
        while self
            .chunks
            .get(1)
            .is_some_and(|chunk| chunk.0 <= self.first)
        {
            self.chunks.pop_front();
        }
    }

    /// Position in the stream of the next sample.
    pub(super) fn end(&self) -> u64 {
        self.first + self.samples.len() as u64
    }

    /// The samples from `start` to `end` as far as they are kept.
    pub(super) fn samples(&self, start: u64, end: u64) -> Vec<f32> {
        let skipped = start.saturating_sub(self.first) as usize;
        let count = end.saturating_sub(start.max(self.first)) as usize;
        self.samples
            .iter()
            .skip(skipped)
            .take(count)
            .copied()
            .collect()
    }

    /// When the sample at `position` was heard.
    pub(super) fn moment(&self, position: u64) -> Moment {
        let chunk = self
            .chunks
            .iter()
            .rev()
            .find(|chunk| chunk.0 <= position)
            .or(self.chunks.front());
        let Some(&(start, first)) = chunk else {
            return Moment::ZERO;
        };
        let span = |from: u64, to: u64| {
            Moment::from_frame(to.saturating_sub(from), RATE).since(Moment::ZERO)
        };
        if position >= start {
            first + span(start, position)
        } else {
            first.saturating_sub(span(position, start))
        }
    }

    /// The position of the sample heard at `moment`, among those kept and the next.
    pub(super) fn position(&self, moment: Moment) -> u64 {
        let chunk = self.chunks.iter().rev().find(|chunk| chunk.1 <= moment);
        let position = chunk.map_or(0, |(start, first)| {
            start + Moment::ZERO.max(moment).since(*first).as_micros() as u64 * 2 / 125
        });
        position.clamp(self.first, self.end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_and_moments_agree_across_a_gap() {
        let mut history = History::default();
        history.push(&[0.1; 1600], Moment::from_secs(1.0));
        // A tenth of a second was lost.
        history.push(&[0.2; 1600], Moment::from_secs(1.2));
        assert_eq!(history.moment(800), Moment::from_secs(1.05));
        assert_eq!(history.moment(2400), Moment::from_secs(1.25));
        assert_eq!(history.position(Moment::from_secs(1.25)), 2400);
        assert_eq!(history.samples(1599, 1601), [0.1, 0.2]);
    }

    #[test]
    fn only_the_last_seconds_are_kept() {
        let mut history = History::default();
        for tenth in 0..100 {
            history.push(&[0.0; 1600], Moment::from_secs(f64::from(tenth) / 10.0));
        }
        assert_eq!(history.end(), 160_000);
        assert_eq!(history.samples(0, 160_000).len(), KEPT);
        assert_eq!(history.moment(159_200), Moment::from_secs(9.95));
        assert_eq!(
            history.position(Moment::from_secs(1.0)),
            160_000 - KEPT as u64
        );
    }
}
