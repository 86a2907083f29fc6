//! What the loudspeaker's callback does.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cpal::{FromSample, SizedSample};
use rodio::mixer::MixerSource;
use rodio::{ChannelCount, SampleRate, Source};
use rtrb::{Consumer, Producer, RingBuffer};

use crate::sound::RATE;
use crate::sound::clock::{Clock, Feed};
use crate::sound::stream::Health;
use crate::sound::timeline::{Cue, Timeline};

/// Timestamps are not believed before a stream is this old.
const SETTLE: Duration = Duration::from_millis(100);
/// A stream that never has a timestamp begins without one.
const UNTIMED: Duration = Duration::from_secs(1);
/// After a pause this long between two callbacks a stream joins the talk anew, as one just opened.
const PAUSE: Duration = Duration::from_millis(300);
/// rodio's converter holds this many frames while it works.
const LOOKAHEAD: u64 = 2;

/// The audio side of a playback. Neither locks nor allocates.
pub(in crate::sound) struct Pump {
    source: MixerSource,
    cue: Cue,
    feed: Feed,
    health: Arc<Health>,
    /// From a frame being handed over until it is heard, as the device says, in nanoseconds.
    pub(super) lead: Arc<AtomicU64>,
    pub(super) rate: u32,
    pub(super) channels: u16,
    first_callback: Option<Instant>,
    /// When the last callback came.
    called: Option<Instant>,
    running: bool,
    /// Device frames of silence before the timeline goes on.
    silence: u64,
}

impl Pump {
    /// The audio side of a device with this rate and so many channels, and where the timeline comes home to.
    pub(super) fn new(
        timeline: Timeline,
        clock: &Clock,
        health: Arc<Health>,
        rate: SampleRate,
        channels: u16,
    ) -> (Self, Consumer<Timeline>) {
        let (give_back, home) = RingBuffer::new(1);
        let cue = timeline.cue();
        let (mixer, source) = rodio::mixer::mixer(NonZero::<u16>::MIN, rate);
        mixer.add(Lent {
            timeline: Some(timeline),
            home: give_back,
        });
        let pump = Self {
            source,
            cue,
            feed: clock.feed(),
            health,
            lead: Arc::new(AtomicU64::new(0)),
            rate: rate.get(),
            channels,
            first_callback: None,
            called: None,
            running: false,
            silence: 0,
        };
        (pump, home)
    }

    /// The body of the callback: `data` will be heard `lead` after `now`, if that is not zero.
    pub(in crate::sound) fn answer<T>(&mut self, data: &mut [T], now: Instant, lead: Duration)
    where
        T: SizedSample + FromSample<f32>,
    {
        let heard = self.begin(now, lead);
        self.fill(data, heard, !lead.is_zero());
    }

    /// Notes the callback; returns the instant at which its first frame will be heard.
    fn begin(&mut self, now: Instant, lead: Duration) -> Instant {
        let last = self.called.replace(now);
        if last.is_some_and(|last| now.saturating_duration_since(last) > PAUSE) {
            // Neither its timestamps nor the timeline are where they were.
            (self.running, self.first_callback, self.silence) = (false, None, 0);
        }
        self.health.beat(now);
        self.lead.store(lead.as_nanos() as u64, Ordering::Relaxed);
        now + lead
    }

    /// Fills an interleaved buffer whose first frame will be heard at the instant `heard`, if that
    /// can be trusted.
    pub(super) fn fill<T>(&mut self, data: &mut [T], heard: Instant, trusted: bool)
    where
        T: SizedSample + FromSample<f32>,
    {
        let age = heard.saturating_duration_since(*self.first_callback.get_or_insert(heard));
        if !self.running && (age < SETTLE || (!trusted && age < UNTIMED)) {
            data.fill(T::from_sample(0.0));
            return;
        }
        if trusted || !self.running {
            self.keep_time(heard);
        }
        for frame in data.chunks_mut(usize::from(self.channels.max(1))) {
            let sample = if self.silence > 0 {
                self.silence -= 1;
                0.0
            } else {
                self.source.next().unwrap_or(0.0)
            };
            frame.fill(T::from_sample(sample));
        }
    }

    /// Makes the timeline stand at the frame that is due at the instant `heard`.
    fn keep_time(&mut self, heard: Instant) {
        let frame = self.next_frame();
        let jump = if self.running {
            let waiting = Duration::from_secs_f64(self.silence as f64 / f64::from(self.rate));
            self.feed.played(frame, heard + waiting)
        } else {
            self.running = true;
            self.feed.due(heard) as i64 - frame as i64
        };
        if jump > 0 {
            self.cue.skip_to(frame + jump.unsigned_abs());
        } else {
            self.silence += jump.unsigned_abs() * u64::from(self.rate) / u64::from(RATE);
        }
    }

    /// The frame of the timeline that the mixer gives out next.
    fn next_frame(&self) -> u64 {
        let held = if self.rate == RATE { 0 } else { LOOKAHEAD };
        self.cue.position().saturating_sub(held)
    }
}

/// A timeline inside a stream: it goes home when the stream drops its callback.
struct Lent {
    timeline: Option<Timeline>,
    home: Producer<Timeline>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(timeline) = self.timeline.take() {
            let _ = self.home.push(timeline);
        }
    }
}

impl Iterator for Lent {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        self.timeline.as_mut()?.next()
    }
}

impl Source for Lent {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> ChannelCount {
        NonZero::<u16>::MIN
    }

    fn sample_rate(&self) -> SampleRate {
        const { NonZero::new(RATE).unwrap() }
    }

    fn total_duration(&self) -> Option<Duration> {
        None
    }
}

#[cfg(test)]
impl Pump {
    pub(in crate::sound) fn health(&self) -> &Health {
        &self.health
    }
}
