//! What the microphone's thread does: sound at 16 kHz in chunks, each with the moment it was spoken.

use std::time::{Duration, Instant};

use rtrb::Consumer;
use tokio::sync::mpsc;

use super::intake::Mark;
use super::{CHUNK, Chunk};
use crate::sound::clock::{Clock, Follow, Judged, signed_nanos};
use crate::sound::resample::Resampler;
use crate::sound::{EAR_RATE, SoundError};
use crate::time::Moment;

/// Marks that have to agree before the time jumps.
const AGREE: u32 = 3;
/// Otherwise a mark moves the time by this fraction of its error.
const GAIN: i64 = 16;

/// When a sample was spoken: marks, followed slowly, and counting in between.
pub(super) struct Timing {
    clock: Clock,
    pub(super) rate: u32,
    pub(super) origin: Instant,
    /// The instant sample 0 was or would have been spoken, in nanoseconds after `origin`.
    zero: Option<i64>,
    follow: Follow,
}

impl Timing {
    fn new(clock: Clock, rate: u32) -> Self {
        Self {
            rate,
            origin: clock.instant(),
            clock,
            zero: None,
            follow: Follow::new(AGREE, GAIN),
        }
    }

    fn mark(&mut self, mark: Mark) {
        let counted =
            (u128::from(mark.index) * 1_000_000_000 / u128::from(self.rate.max(1))) as i64;
        let measured = signed_nanos(mark.spoken, self.origin) - counted;
        let Some(zero) = self.zero else {
            self.zero = Some(measured);
            return;
        };
        self.zero = Some(match self.follow.judge(measured - zero) {
            Judged::Noise(share) => zero + share,
            Judged::Step(step) => {
                self.follow.settled();
                zero + step
            }
        });
    }

    /// When sample `index` of the 16 kHz stream was spoken.
    fn moment(&self, index: u64) -> Option<Moment> {
        let counted = (u128::from(index) * 1_000_000_000 / u128::from(EAR_RATE)) as i64;
        let nanos = self.zero? + counted;
        let span = Duration::from_nanos(nanos.unsigned_abs());
        let instant = if nanos >= 0 {
            self.origin.checked_add(span)
        } else {
            self.origin.checked_sub(span)
        };
        instant.map(|instant| self.clock.moment_at(instant))
    }
}

/// The thread's work.
pub(in crate::sound) struct Listener {
    samples: Consumer<f32>,
    marks: Consumer<Mark>,
    pub(super) timing: Timing,
    resampler: Resampler,
    fresh: Vec<f32>,
    ready: Vec<f32>,
    /// Samples cut into chunks so far.
    cut: u64,
    /// Where they go.
    pub(super) chunks: mpsc::Sender<Chunk>,
}

impl Listener {
    /// The thread's side of a device with this rate.
    ///
    /// # Errors
    ///
    /// Its rate cannot be converted.
    pub(super) fn new(
        samples: Consumer<f32>,
        marks: Consumer<Mark>,
        clock: Clock,
        rate: u32,
        chunks: mpsc::Sender<Chunk>,
    ) -> Result<Self, SoundError> {
        Ok(Self {
            samples,
            marks,
            timing: Timing::new(clock, rate),
            resampler: Resampler::new(rate, EAR_RATE)?,
            fresh: Vec::new(),
            ready: Vec::new(),
            cut: 0,
            chunks,
        })
    }

    /// Passes on what has arrived since the last look; says how many chunks nobody took.
    pub(in crate::sound) fn look(&mut self) -> Result<u64, SoundError> {
        while let Ok(mark) = self.marks.pop() {
            self.timing.mark(mark);
        }
        self.fresh.clear();
        while let Ok(sample) = self.samples.pop() {
            self.fresh
                .push(if sample.is_finite() { sample } else { 0.0 });
        }
        self.resampler.push(&self.fresh, &mut self.ready)?;
        let mut refused = 0;
        while self.ready.len() >= CHUNK {
            let Some(first) = self.timing.moment(self.cut) else {
                break;
            };
            let samples = self.ready.drain(..CHUNK).collect();
            self.cut += CHUNK as u64;
            refused += u64::from(self.chunks.try_send(Chunk { first, samples }).is_err());
        }
        Ok(refused)
    }
}
