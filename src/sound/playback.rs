//! The loudspeaker: a cpal stream that pulls the timeline through rodio's mixer.
//!
//! rodio's own device sink hides cpal's timestamps; here its mixer is pulled in a callback of our
//! own, which therefore knows when each frame will be heard and feeds the [`Clock`] with it.
//!
//! # Frames and time
//!
//! The stream runs at 48 kHz wherever the device can. Where it cannot, rodio converts between timeline
//! and device; the timeline still counts its own 48 kHz frames, so frame `k` is still heard at
//! `k / 48000` s. For the first 100 ms of a stream silence is played, because no backend's timestamps
//! are right before the device has begun to move. Then the timeline skips to the frame that is due by
//! the clock at the instant that buffer will be heard, or waits for it: that is how a new stream joins
//! a talk that is under way. Later, the same happens whenever the loudspeaker is persistently more
//! than 100 ms off, or was not asked for sound for 300 ms; smaller errors are the clock's to follow.
//!
//! # Buffers
//!
//! 80 ms where the device lets us choose. Left to itself PulseAudio takes two seconds; on a busy
//! machine 20 ms ran dry every second and 40 ms now and then. The talk does not need less: everything is placed ahead of time.
//!
//! # Timestamps
//!
//! PulseAudio's are estimated from a measurement that may be missing or out of date; then they say
//! that a frame is heard the very instant it is handed over. Those are left out.

mod pump;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{FromSample, OutputCallbackInfo, SampleFormat, SizedSample};
pub(super) use pump::Pump;
use rodio::SampleRate;
use rtrb::Consumer;

use super::clock::Clock;
use super::devices::Device;
use super::stream::{Direction, Health, Shape, StreamState, discard, shape};
use super::timeline::Timeline;
use super::{ErrorKind, RATE, SoundError};

/// How long the sound server may take to open a stream.
const OPENING: Duration = Duration::from_secs(3);
/// How long a dying stream may take to give the timeline back.
const GIVE_BACK: Duration = Duration::from_millis(1_000);

/// A running loudspeaker. Dropping it ends the sound; [`close`](Self::close) gives the timeline back.
pub struct Playback {
    /// Ends the stream when it is dropped.
    stream: Option<Box<dyn Send>>,
    health: Arc<Health>,
    lead: Arc<AtomicU64>,
    home: Consumer<Timeline>,
    shape: Shape,
    clock: Clock,
}

/// The loudspeaker could not be opened.
#[derive(thiserror::Error)]
#[error("{error}")]
pub struct NotOpened {
    /// Why.
    pub error: SoundError,
    /// The timeline, unharmed; `None` only if the sound server hung while it had it. Then make a new
    /// pair with [`timeline`](super::timeline::timeline) and place everything again.
    pub timeline: Option<Timeline>,
}

impl std::fmt::Debug for NotOpened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NotOpened")
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl Playback {
    /// Opens the device called `device` (its id, its name, or a part of them), or the default one,
    /// and plays `timeline` on it from the frame that is due by `clock`.
    ///
    /// # Errors
    ///
    /// [`NotOpened`], which holds the timeline. Its error's kind says what to do.
    pub fn open(
        device: Option<&str>,
        timeline: Timeline,
        clock: &Clock,
    ) -> Result<Self, Box<NotOpened>> {
        let found = Device::find(Direction::Output, device)
            .and_then(|device| Ok((shape(&device, Direction::Output, Some(RATE))?, device)));
        let (shape, device) = match found {
            Ok(found) => found,
            Err(error) => {
                return Err(Box::new(NotOpened {
                    error,
                    timeline: Some(timeline),
                }));
            }
        };
        match Self::start(&device, shape.clone(), false, timeline, clock) {
            // A buffer size it does not like after all: let the device choose.
            Err(failure) if shape.buffer.is_some() => match *failure {
                NotOpened {
                    timeline: Some(timeline),
                    ..
                } => Self::start(&device, shape, true, timeline, clock),
                lost => Err(Box::new(lost)),
            },
            result => result,
        }
    }

    fn start(
        device: &Device,
        shape: Shape,
        own_buffer: bool,
        timeline: Timeline,
        clock: &Clock,
    ) -> Result<Self, Box<NotOpened>> {
        let health = Health::new(device.title(Direction::Output), clock.instant());
        let Some(rate) = SampleRate::new(shape.rate) else {
            let error = SoundError::new(
                ErrorKind::Unsupported,
                format!(
                    "{}: it has no sample rate: choose another device",
                    health.name()
                ),
            );
            return Err(Box::new(NotOpened {
                error,
                timeline: Some(timeline),
            }));
        };
        let (pump, mut home) =
            Pump::new(timeline, clock, Arc::clone(&health), rate, shape.channels);
        let lead = Arc::clone(&pump.lead);
        let stream = build(device, &shape, own_buffer, pump, &health)
            .and_then(|stream| stream.play().map(|()| stream));
        match stream {
            Ok(stream) => Ok(Self {
                stream: Some(Box::new(stream)),
                health,
                lead,
                home,
                shape,
                clock: clock.clone(),
            }),
            Err(error) => {
                let error = SoundError::from_cpal(health.name(), &error);
                let timeline = come_home(&mut home);
                Err(Box::new(NotOpened { error, timeline }))
            }
        }
    }

    /// Whether it still plays. Ask at least once a second: some backends die without a word.
    pub fn state(&self) -> StreamState {
        self.health.state(self.clock.instant())
    }

    /// The program stood still until now: that the device asked for nothing meanwhile is no fault of it.
    pub fn forgive(&self) {
        self.health.forgive(self.clock.instant());
    }

    /// When the device last asked for sound.
    pub fn last_callback(&self) -> Option<Instant> {
        self.health.last_callback()
    }

    /// From a frame being handed to the device until it is heard, as the device says.
    pub fn lead(&self) -> Duration {
        Duration::from_nanos(self.lead.load(Ordering::Relaxed))
    }

    /// How many underruns and reroutings the device has reported.
    pub fn hiccups(&self) -> u32 {
        self.health.hiccups()
    }

    /// What is played on, and how: `loudspeaker 'Speaker', 48000 Hz, 2 channels`.
    pub fn describe(&self) -> String {
        let Shape { rate, channels, .. } = self.shape;
        format!("{}, {rate} Hz, {channels} channels", self.health.name())
    }

    /// Ends the stream and gives the timeline back, for another playback.
    ///
    /// `None` if the sound server hangs and has not let go of it within a second: then make a new
    /// pair with [`timeline`](super::timeline::timeline), beginning at the clock's frame, and place
    /// everything again that has not ended.
    pub fn close(mut self) -> Option<Timeline> {
        if let Some(stream) = self.stream.take() {
            discard(stream);
        }
        come_home(&mut self.home)
    }
}

impl Drop for Playback {
    fn drop(&mut self) {
        if let Some(stream) = self.stream.take() {
            discard(stream);
        }
    }
}

/// Waits for the timeline that a dying stream lets go of.
fn come_home(home: &mut Consumer<Timeline>) -> Option<Timeline> {
    let deadline = Instant::now() + GIVE_BACK;
    loop {
        match home.pop() {
            Ok(timeline) => return Some(timeline),
            Err(_) if Instant::now() >= deadline => return None,
            Err(_) => std::thread::sleep(Duration::from_millis(2)),
        }
    }
}

fn build(
    device: &Device,
    shape: &Shape,
    own_buffer: bool,
    pump: Pump,
    health: &Arc<Health>,
) -> Result<cpal::Stream, cpal::Error> {
    match shape.format {
        SampleFormat::F32 => build_as::<f32>(device, shape, own_buffer, pump, health),
        SampleFormat::I16 => build_as::<i16>(device, shape, own_buffer, pump, health),
        SampleFormat::I32 => build_as::<i32>(device, shape, own_buffer, pump, health),
        _ => build_as::<u8>(device, shape, own_buffer, pump, health),
    }
}

fn build_as<T: SizedSample + FromSample<f32>>(
    device: &Device,
    shape: &Shape,
    own_buffer: bool,
    mut pump: Pump,
    health: &Arc<Health>,
) -> Result<cpal::Stream, cpal::Error> {
    let health = Arc::clone(health);
    device.cpal().build_output_stream::<T, _, _>(
        shape.config(own_buffer),
        move |data, info| pump.answer(data, Instant::now(), lead(info)),
        move |error| health.error(&error),
        Some(OPENING),
    )
}

fn lead(info: &OutputCallbackInfo) -> Duration {
    let timestamp = info.timestamp();
    timestamp
        .playback
        .saturating_duration_since(timestamp.callback)
}

#[cfg(test)]
impl Playback {
    /// A playback on a device that a test plays: it ends when `stream` is dropped, and calls the pump till then.
    pub(super) fn in_test(
        name: &str,
        timeline: Timeline,
        clock: &Clock,
        stream: impl FnOnce(Pump) -> Box<dyn Send>,
    ) -> Self {
        let health = Health::new(name.into(), clock.instant());
        let rate = const { SampleRate::new(RATE).unwrap() };
        let (pump, home) = Pump::new(timeline, clock, Arc::clone(&health), rate, 2);
        let lead = Arc::clone(&pump.lead);
        let shape = Shape {
            channels: 2,
            rate: RATE,
            format: SampleFormat::F32,
            buffer: None,
        };
        Self {
            stream: Some(stream(pump)),
            health,
            lead,
            home,
            shape,
            clock: clock.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
