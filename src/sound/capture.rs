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

mod intake;
mod listener;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{FromSample, InputCallbackInfo, SampleFormat, SizedSample};
pub(super) use intake::Intake;
pub(super) use listener::Listener;
use rtrb::RingBuffer;
use tokio::sync::mpsc;

use super::clock::Clock;
use super::devices::Device;
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
    let (samples_in, samples) = RingBuffer::new(RING * rate as usize);
    let (marks_in, marks) = RingBuffer::new(MARKS);
    let (chunks, receiver) = mpsc::channel(waiting);
    let intake = Intake::new(samples_in, marks_in, Arc::clone(health), rate, channels);
    let listener = Listener::new(samples, marks, clock.clone(), rate, chunks)?;
    Ok((intake, listener, receiver))
}

/// How long before the callback its first sample was captured.
fn age(info: &InputCallbackInfo) -> Duration {
    let timestamp = info.timestamp();
    timestamp
        .callback
        .saturating_duration_since(timestamp.capture)
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
mod tests;
