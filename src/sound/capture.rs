//! The microphone: chunks of 16 kHz mono, each with the moment it was spoken.
//!
//! ```text
//! cpal callback ──samples, marks──▶ thread: resample, time ──Chunk──▶ whoever listens
//! ```
//!
//! The callback only averages the channels and copies. A thread of its own converts to 16 kHz, takes
//! the converter's delay out, and says for each chunk when its first sample was *spoken*: the device
//! marks each buffer with the instant it was captured, the marks are followed as the clock follows the
//! loudspeaker's (see [`clock`](super::clock)), and between them samples are counted. Successive
//! chunks are therefore 20 ms apart to within a tenth of a millisecond, however late or
//! irregularly they arrive. Only where the device lost samples does the time jump.
//!
//! The marks have to be chosen: a busy machine delivers late, and PulseAudio's timestamps are then
//! estimates that grow by up to 100 ms. Both errors have one sign only. So of every 250 ms the sound
//! that arrived soonest is taken, and the least age beyond its own length that any ever claimed.
//!
//! The first 100 ms of a stream are thrown away: microphones click when they are switched on, and no
//! backend's timestamps are right that early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{FromSample, InputCallbackInfo, SampleFormat, SizedSample};
use rtrb::{Consumer, Producer, RingBuffer};
use tokio::sync::mpsc;

use super::clock::{Clock, Follow, Judged, signed_nanos};
use super::devices::Device;
use super::resample::Resampler;
use super::stream::{Direction, Health, Shape, StreamState, discard, shape};
use super::{EAR_RATE, ErrorKind, SoundError};
use crate::time::Moment;

/// Samples of a chunk: 20 ms.
pub const CHUNK: usize = EAR_RATE as usize / 50;
/// Chunks that may wait for whoever listens: 5 s.
const WAITING: usize = 250;
/// Seconds of sound that may wait for the thread.
const RING: usize = 2;
/// Marks that may wait for the thread.
const MARKS: usize = 1_024;
/// What is thrown away at the beginning.
const SETTLE: Duration = Duration::from_millis(100);
/// One mark is made for so much sound.
const WINDOW: Duration = Duration::from_millis(250);
/// Marks that have to agree before the time jumps.
const AGREE: u32 = 3;
/// Otherwise a mark moves the time by this fraction of its error.
const GAIN: i64 = 16;
/// How often the thread looks for new samples.
const LOOK: Duration = Duration::from_millis(5);
/// How long the sound server may take to open a stream.
const OPENING: Duration = Duration::from_secs(3);

/// A piece of what the microphone heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    /// When its first sample was spoken.
    pub first: Moment,
    /// [`CHUNK`] samples, 16 kHz mono.
    pub samples: Vec<f32>,
}

/// A running microphone. Dropping it ends the stream and, once they are read, the chunks.
pub struct Capture {
    /// Ends the stream when it is dropped.
    stream: Option<Box<dyn Send>>,
    health: Arc<Health>,
    stop: Arc<AtomicBool>,
    lost: Arc<AtomicU64>,
    shape: Shape,
    clock: Clock,
}

impl Capture {
    /// Opens the device called `device` (its id, its name, or a part of them), or the default one, at
    /// its own rate.
    ///
    /// # Errors
    ///
    /// The error's kind says what to do.
    pub fn open(
        device: Option<&str>,
        clock: &Clock,
    ) -> Result<(Self, mpsc::Receiver<Chunk>), SoundError> {
        let device = Device::find(Direction::Input, device)?;
        let shape = shape(&device, Direction::Input, None)?;
        match Self::start(&device, shape.clone(), false, clock) {
            // A buffer size it does not like after all: let the device choose.
            Err(_) if shape.buffer.is_some() => Self::start(&device, shape, true, clock),
            result => result,
        }
    }

    fn start(
        device: &Device,
        shape: Shape,
        own_buffer: bool,
        clock: &Clock,
    ) -> Result<(Self, mpsc::Receiver<Chunk>), SoundError> {
        let health = Health::new(device.title(Direction::Input), clock.instant());
        let stop = Arc::new(AtomicBool::new(false));
        let (intake, mut listener, receiver) =
            sides(clock, &health, shape.rate, shape.channels, WAITING)?;
        let lost = Arc::clone(&intake.lost);
        let failed = |error: cpal::Error| SoundError::from_cpal(health.name(), &error);
        let stream = build(device, &shape, own_buffer, intake, &health).map_err(failed)?;
        let (halt, sick, overflow) = (Arc::clone(&stop), Arc::clone(&health), Arc::clone(&lost));
        std::thread::Builder::new()
            .name("microphone".into())
            .spawn(move || {
                while !halt.load(Ordering::Relaxed) && !listener.chunks.is_closed() {
                    match listener.look() {
                        Ok(dropped) => overflow.fetch_add(dropped, Ordering::Relaxed),
                        Err(error) => return sick.fail(error),
                    };
                    std::thread::sleep(LOOK);
                }
            })
            .map_err(|error| {
                let message = format!("cannot start a thread: {error}: close other programs");
                SoundError::new(ErrorKind::Busy, message)
            })?;
        let played = stream.play().map_err(failed);
        let capture = Self {
            stream: Some(Box::new(stream)),
            health: Arc::clone(&health),
            stop,
            lost,
            shape,
            clock: clock.clone(),
        };
        played.map(|()| (capture, receiver))
    }

    /// Whether it still listens. Ask at least once a second: ALSA's input dies without a word.
    pub fn state(&self) -> StreamState {
        self.health.state(self.clock.instant())
    }

    /// The program stood still until now: that the device delivered nothing meanwhile is no fault of it.
    pub fn forgive(&self) {
        self.health.forgive(self.clock.instant());
    }

    /// When the device last delivered sound.
    pub fn last_callback(&self) -> Option<Instant> {
        self.health.last_callback()
    }

    /// How often sound was lost because nobody took it in time: after 5 s of chunks not received, or
    /// on a machine too busy to run the thread for 2 s.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// How many overruns and reroutings the device has reported.
    pub fn hiccups(&self) -> u32 {
        self.health.hiccups()
    }

    /// What is listened to, and how: `microphone 'Headset', 44100 Hz, 1 channels`.
    pub fn describe(&self) -> String {
        let Shape { rate, channels, .. } = self.shape;
        format!("{}, {rate} Hz, {channels} channels", self.health.name())
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(stream) = self.stream.take() {
            discard(stream);
        }
    }
}

fn build(
    device: &Device,
    shape: &Shape,
    own_buffer: bool,
    intake: Intake,
    health: &Arc<Health>,
) -> Result<cpal::Stream, cpal::Error> {
    match shape.format {
        SampleFormat::F32 => build_as::<f32>(device, shape, own_buffer, intake, health),
        SampleFormat::I16 => build_as::<i16>(device, shape, own_buffer, intake, health),
        SampleFormat::I32 => build_as::<i32>(device, shape, own_buffer, intake, health),
        _ => build_as::<u8>(device, shape, own_buffer, intake, health),
    }
}

fn build_as<T: SizedSample>(
    device: &Device,
    shape: &Shape,
    own_buffer: bool,
    mut intake: Intake,
    health: &Arc<Health>,
) -> Result<cpal::Stream, cpal::Error>
where
    f32: FromSample<T>,
{
    let health = Arc::clone(health);
    device.cpal().build_input_stream::<T, _, _>(
        shape.config(own_buffer),
        move |data, info| intake.take(data, Instant::now(), age(info)),
        move |error| health.error(&error),
        Some(OPENING),
    )
}

/// The audio side of a capture, the thread's side, and where up to `waiting` chunks are taken from.
fn sides(
    clock: &Clock,
    health: &Arc<Health>,
    rate: u32,
    channels: u16,
    waiting: usize,
) -> Result<(Intake, Listener, mpsc::Receiver<Chunk>), SoundError> {
    let resampler = Resampler::new(rate, EAR_RATE)?;
    let (samples_in, samples) = RingBuffer::new(RING * rate as usize);
    let (marks_in, marks) = RingBuffer::new(MARKS);
    let (chunks, receiver) = mpsc::channel(waiting);
    let intake = Intake {
        samples: samples_in,
        marks: marks_in,
        taken: 0,
        rate,
        channels,
        first_callback: None,
        window: None,
        delay: None,
        health: Arc::clone(health),
        lost: Arc::default(),
    };
    let listener = Listener {
        samples,
        marks,
        timing: Timing::new(clock.clone(), rate),
        resampler,
        fresh: Vec::new(),
        ready: Vec::new(),
        cut: 0,
        chunks,
    };
    Ok((intake, listener, receiver))
}

/// How long before the callback its first sample was captured.
fn age(info: &InputCallbackInfo) -> Duration {
    let timestamp = info.timestamp();
    timestamp
        .callback
        .saturating_duration_since(timestamp.capture)
}

/// Sample number `index` of the ring was spoken at the instant `spoken`.
#[derive(Clone, Copy)]
struct Mark {
    index: u64,
    spoken: Instant,
}

/// The audio side of a capture. Neither locks nor allocates.
pub(super) struct Intake {
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
    lost: Arc<AtomicU64>,
}

/// What is known about the time of the sound of the last 250 ms.
#[derive(Clone, Copy)]
struct Window {
    begun: Instant,
    /// The sample after the buffer that arrived soonest, and when it arrived.
    soonest: Mark,
}

impl Intake {
    /// The body of the callback: the first sample of `data` was captured `age` before `now`.
    pub(super) fn take<T: SizedSample>(&mut self, data: &[T], now: Instant, age: Duration)
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
}

impl Intake {
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

/// When a sample was spoken: marks, followed slowly, and counting in between.
struct Timing {
    clock: Clock,
    rate: u32,
    origin: Instant,
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
pub(super) struct Listener {
    samples: Consumer<f32>,
    marks: Consumer<Mark>,
    timing: Timing,
    resampler: Resampler,
    fresh: Vec<f32>,
    ready: Vec<f32>,
    /// Samples cut into chunks so far.
    cut: u64,
    chunks: mpsc::Sender<Chunk>,
}

impl Listener {
    /// Passes on what has arrived since the last look; says how many chunks nobody took.
    pub(super) fn look(&mut self) -> Result<u64, SoundError> {
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

#[cfg(test)]
impl Capture {
    /// A capture from a device that a test plays: it ends when `stream` is dropped.
    pub(super) fn in_test(
        name: &str,
        clock: &Clock,
        stream: impl FnOnce(Intake, Listener) -> Box<dyn Send>,
    ) -> Result<(Self, mpsc::Receiver<Chunk>), SoundError> {
        let health = Health::new(name.into(), clock.instant());
        let (intake, listener, chunks) = sides(clock, &health, EAR_RATE, 1, WAITING)?;
        let lost = Arc::clone(&intake.lost);
        let shape = Shape {
            channels: 1,
            rate: EAR_RATE,
            format: SampleFormat::F32,
            buffer: None,
        };
        let capture = Self {
            stream: Some(stream(intake, listener)),
            health,
            stop: Arc::default(),
            lost,
            shape,
            clock: clock.clone(),
        };
        Ok((capture, chunks))
    }
}

#[cfg(test)]
impl Intake {
    pub(super) fn health(&self) -> &Health {
        &self.health
    }
}

#[cfg(test)]
mod tests;
