//! What the microphone's callback does: it averages the channels, copies, and marks when the sound arrived.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cpal::{FromSample, SizedSample};
use rtrb::Producer;

use crate::sound::stream::Health;

/// What is thrown away at the beginning.
const SETTLE: Duration = Duration::from_millis(100);
/// One mark is made for so much sound.
const WINDOW: Duration = Duration::from_millis(250);

/// Sample number `index` of the ring was spoken at the instant `spoken`.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    pub(super) index: u64,
    pub(super) spoken: Instant,
}

/// The audio side of a capture. Neither locks nor allocates.
pub(in crate::sound) struct Intake {
    samples: Producer<f32>,
    marks: Producer<Mark>,
    /// Samples put into the ring so far.
    taken: u64,
    rate: u32,
    channels: u16,
    first_callback: Option<Instant>,
    window: Option<Window>,
    /// The least time a buffer claimed to have been under way since its last sample was captured.
    delay: Option<Duration>,
    health: Arc<Health>,
    /// How often there was no room.
    pub(super) lost: Arc<AtomicU64>,
}

/// What is known about the time of the sound of the last 250 ms.
#[derive(Clone, Copy)]
struct Window {
    begun: Instant,
    /// The sample after the buffer that arrived soonest, and when it arrived.
    soonest: Mark,
}

impl Intake {
    /// The audio side of a device with this rate and so many channels.
    pub(super) fn new(
        samples: Producer<f32>,
        marks: Producer<Mark>,
        health: Arc<Health>,
        rate: u32,
        channels: u16,
    ) -> Self {
        Self {
            samples,
            marks,
            taken: 0,
            rate,
            channels,
            first_callback: None,
            window: None,
            delay: None,
            health,
            lost: Arc::default(),
        }
    }

    /// The body of the callback: the first sample of `data` was captured `age` before `now`.
    pub(in crate::sound) fn take<T: SizedSample>(&mut self, data: &[T], now: Instant, age: Duration)
    where
        f32: FromSample<T>,
    {
        self.health.beat(now);
        let begun = *self.first_callback.get_or_insert(now);
        if now.saturating_duration_since(begun) < SETTLE {
            return;
        }
        let channels = usize::from(self.channels.max(1));
        self.date(data.len() / channels, now, age);
        for frame in data.chunks_exact(channels) {
            let sum: f32 = frame.iter().map(|&sample| sample.to_sample::<f32>()).sum();
            if self.samples.push(sum / channels as f32).is_err() {
                // The marks that follow show the gap.
                self.lost.fetch_add(1, Ordering::Relaxed);
                return;
            }
            self.taken += 1;
        }
    }

    /// Takes note of when a buffer of `frames` arrived, and how old it claims its first one to be.
    fn date(&mut self, frames: usize, now: Instant, age: Duration) {
        let span = |frames: u64| {
            Duration::from_nanos(
                (u128::from(frames) * 1_000_000_000 / u128::from(self.rate.max(1))) as u64,
            )
        };
        let arrived = Mark {
            index: self.taken + frames as u64,
            spoken: now,
        };
        // A buffer younger than it is long has no valid timestamp.
        if let Some(delay) = age.checked_sub(span(frames as u64)) {
            self.delay = Some(self.delay.map_or(delay, |least| least.min(delay)));
        }
        let window = match self.window {
            None => Window {
                begun: now,
                soonest: arrived,
            },
            Some(mut window) => {
                let best = window.soonest;
                // Had this buffer come as promptly as the best one, it would have come at:
                let expected = best.spoken + span(arrived.index.saturating_sub(best.index));
                if now < expected {
                    window.soonest = arrived;
                }
                window
            }
        };
        if now.saturating_duration_since(window.begun) < WINDOW {
            self.window = Some(window);
            return;
        }
        self.window = None;
        if let Some(spoken) = window
            .soonest
            .spoken
            .checked_sub(self.delay.unwrap_or_default())
        {
            let _ = self.marks.push(Mark {
                spoken,
                ..window.soonest
            });
        }
    }
}

#[cfg(test)]
impl Intake {
    pub(in crate::sound) fn health(&self) -> &Health {
        &self.health
    }
}
