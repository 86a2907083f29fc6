//! What playback and capture share: whether a stream is alive, and which errors kill it.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cpal::traits::DeviceTrait;

use super::devices::Device;
use super::{ErrorKind, SoundError};

/// A stream whose callback has not come for this long is dead: some backends say nothing.
const SILENCE: Duration = Duration::from_millis(500);
/// So long after it was opened a stream may take its time: an idle sound server wakes slowly.
const START: Duration = Duration::from_secs(3);
/// What a dead stream's error callback sleeps: ALSA calls it in a loop without a pause.
const BRAKE: Duration = Duration::from_millis(20);
/// So many errors between two data callbacks are a storm: it is slowed down, or it would take a processor.
const STORM: u32 = 32;
/// The buffer wanted for playing.
const PLAY_BUFFER: Duration = Duration::from_millis(80);
/// The buffer wanted for listening.
const LISTEN_BUFFER: Duration = Duration::from_millis(40);
/// Likewise where cpal speaks to PulseAudio, which throws away what does not fit.
const PULSE_LISTEN_BUFFER: Duration = Duration::from_millis(200);
/// The longest that is taken if the device cannot do the one wanted.
const LONGEST_BUFFER: Duration = Duration::from_millis(250);

/// Whether a stream is alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamState {
    /// Callbacks come.
    Running,
    /// It is dead and will not come back: close it and open a new one. Says why.
    Lost(SoundError),
}

impl StreamState {
    /// Whether callbacks come.
    pub fn is_running(&self) -> bool {
        *self == Self::Running
    }
}

/// Written by a stream's callbacks, read by its owner.
#[derive(Debug)]
pub(crate) struct Health {
    name: String,
    opened: Instant,
    /// Nanoseconds from `opened` to the last callback; 0: none yet.
    last: AtomicU64,
    dead: AtomicBool,
    cause: Mutex<Option<SoundError>>,
    hiccups: AtomicU32,
    /// Errors since the last data callback.
    storm: AtomicU32,
}

impl Health {
    pub(crate) fn new(name: String, opened: Instant) -> Arc<Self> {
        Arc::new(Self {
            name,
            opened,
            last: AtomicU64::new(0),
            dead: AtomicBool::new(false),
            cause: Mutex::new(None),
            hiccups: AtomicU32::new(0),
            storm: AtomicU32::new(0),
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Called by the data callback. Neither locks nor allocates.
    pub(crate) fn beat(&self, now: Instant) {
        let nanos = now.saturating_duration_since(self.opened).as_nanos() as u64;
        self.last.store(nanos.max(1), Ordering::Relaxed);
        self.storm.store(0, Ordering::Relaxed);
    }

    /// The program stood still until `now`: no callback could come meanwhile.
    pub(crate) fn forgive(&self, now: Instant) {
        if self.last_callback().is_some() {
            self.beat(now);
        }
    }

    /// Called by the error callback. The first fatal error is kept; what follows it is slowed down.
    pub(crate) fn error(&self, error: &cpal::Error) {
        if self.dead.load(Ordering::Relaxed) {
            std::thread::sleep(BRAKE);
            return;
        }
        if !is_fatal(error.kind()) {
            self.hiccups.fetch_add(1, Ordering::Relaxed);
            if self.storm.fetch_add(1, Ordering::Relaxed) >= STORM {
                std::thread::sleep(BRAKE);
            }
            return;
        }
        self.fail(SoundError::from_cpal(&self.name, error));
    }

    /// Ends the stream for a reason of our own.
    pub(crate) fn fail(&self, cause: SoundError) {
        if !self.dead.swap(true, Ordering::Relaxed) {
            *self.cause.lock().unwrap_or_else(PoisonError::into_inner) = Some(cause);
        }
    }

    /// When the last callback came.
    pub(crate) fn last_callback(&self) -> Option<Instant> {
        match self.last.load(Ordering::Relaxed) {
            0 => None,
            nanos => self.opened.checked_add(Duration::from_nanos(nanos)),
        }
    }

    /// How many underruns, overruns and reroutings were reported.
    pub(crate) fn hiccups(&self) -> u32 {
        self.hiccups.load(Ordering::Relaxed)
    }

    pub(crate) fn state(&self, now: Instant) -> StreamState {
        if self.dead.load(Ordering::Relaxed) {
            let cause = self
                .cause
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            return StreamState::Lost(cause.unwrap_or_else(|| self.lost("it failed")));
        }
        let silent = now.saturating_duration_since(self.last_callback().unwrap_or(self.opened));
        if silent > SILENCE && now.saturating_duration_since(self.opened) > START {
            let cause = format!("nothing moved for {} ms", silent.as_millis());
            return StreamState::Lost(self.lost(&cause));
        }
        StreamState::Running
    }

    fn lost(&self, cause: &str) -> SoundError {
        SoundError::new(
            ErrorKind::Lost,
            format!("{}: {cause}: it has to be opened again", self.name),
        )
    }
}

/// Ends a stream, by dropping it, without waiting for it: a sound server that hangs keeps those who say goodbye.
pub(crate) fn discard(stream: Box<dyn Send>) {
    let dropper = std::thread::Builder::new().name("stream-end".into());
    // If no thread can be started the closure, and with it the stream, is dropped here.
    let _ = dropper.spawn(move || drop(stream));
}

/// Whether a stream is of no use after this error.
fn is_fatal(kind: cpal::ErrorKind) -> bool {
    use cpal::ErrorKind as Cpal;
    !matches!(
        kind,
        Cpal::Xrun | Cpal::DeviceChanged | Cpal::RealtimeDenied
    )
}

/// In which direction a stream goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Input,
    Output,
}

/// How a device is to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) channels: u16,
    pub(crate) rate: u32,
    pub(crate) format: cpal::SampleFormat,
    /// Frames a callback, where the device lets us choose.
    pub(crate) buffer: Option<u32>,
}

impl Shape {
    /// The stream configuration, with our buffer size or with the device's own.
    pub(crate) fn config(&self, own_buffer: bool) -> cpal::StreamConfig {
        let buffer_size = match self.buffer {
            Some(frames) if !own_buffer => cpal::BufferSize::Fixed(frames),
            _ => cpal::BufferSize::Default,
        };
        cpal::StreamConfig {
            channels: self.channels,
            sample_rate: self.rate,
            buffer_size,
        }
    }
}

/// Chooses how to open `device`: at `rate` if it can, else at its own.
pub(crate) fn shape(
    device: &Device,
    direction: Direction,
    rate: Option<u32>,
) -> Result<Shape, SoundError> {
    let failed = |error: &cpal::Error| SoundError::from_cpal(&device.title(direction), error);
    let own = match direction {
        Direction::Input => device.cpal().default_input_config(),
        Direction::Output => device.cpal().default_output_config(),
    }
    .map_err(|error| failed(&error))?;
    let ranges: Vec<_> = match direction {
        Direction::Input => device
            .cpal()
            .supported_input_configs()
            .map(Iterator::collect),
        Direction::Output => device
            .cpal()
            .supported_output_configs()
            .map(Iterator::collect),
    }
    .unwrap_or_default();
    let buffer = match direction {
        Direction::Input if device.is_direct_pulse() => PULSE_LISTEN_BUFFER,
        Direction::Input => LISTEN_BUFFER,
        Direction::Output => PLAY_BUFFER,
    };
    choose(&own, &ranges, rate, buffer).ok_or_else(|| {
        failed(&cpal::Error::with_message(
            cpal::ErrorKind::UnsupportedConfig,
            "it offers no sample format known here",
        ))
    })
}

fn choose(
    own: &cpal::SupportedStreamConfig,
    ranges: &[cpal::SupportedStreamConfigRange],
    rate: Option<u32>,
    buffer: Duration,
) -> Option<Shape> {
    let rate = rate.unwrap_or(own.sample_rate());
    let at_rate = ranges
        .iter()
        .filter(|range| range.contains_rate(rate) && preference(range.sample_format()).is_some())
        // The device's own number of channels, else as few as possible; then the best format.
        .min_by_key(|range| {
            let foreign = range.channels() != own.channels();
            (foreign, range.channels(), preference(range.sample_format()))
        })
        .map(|range| Shape {
            channels: range.channels(),
            rate,
            format: range.sample_format(),
            buffer: buffer_frames(range.buffer_size(), rate, buffer),
        });
    at_rate.or_else(|| {
        preference(own.sample_format()).map(|_| Shape {
            channels: own.channels(),
            rate: own.sample_rate(),
            format: own.sample_format(),
            buffer: buffer_frames(own.buffer_size(), own.sample_rate(), buffer),
        })
    })
}

/// Sample formats that streams are opened in, best first.
fn preference(format: cpal::SampleFormat) -> Option<u8> {
    match format {
        cpal::SampleFormat::F32 => Some(0),
        cpal::SampleFormat::I16 => Some(1),
        cpal::SampleFormat::I32 => Some(2),
        cpal::SampleFormat::U8 => Some(3),
        _ => None,
    }
}

/// `buffer`, or the nearest to it that the device can do, if that is between half of it and 250 ms. On
/// a busy machine buffers of 20 ms ran dry every second and those of 40 ms now and then, and PulseAudio's own choice is two seconds.
fn buffer_frames(
    supported: &cpal::SupportedBufferSize,
    rate: u32,
    buffer: Duration,
) -> Option<u32> {
    let frames = |span: Duration| (span.as_secs_f64() * f64::from(rate)) as u32;
    match *supported {
        cpal::SupportedBufferSize::Range { min, max } if min <= max => {
            let wanted = frames(buffer).clamp(min, max);
            (wanted >= frames(buffer) / 2 && wanted <= frames(LONGEST_BUFFER)).then_some(wanted)
        }
        cpal::SupportedBufferSize::Range { .. } => None,
        cpal::SupportedBufferSize::Unknown => Some(frames(buffer)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(
        channels: u16,
        rates: (u32, u32),
        format: cpal::SampleFormat,
    ) -> cpal::SupportedStreamConfigRange {
        let buffer = cpal::SupportedBufferSize::Range {
            min: 64,
            max: 8_192,
        };
        cpal::SupportedStreamConfigRange::new(channels, rates.0, rates.1, buffer, format)
    }

    fn own(channels: u16, rate: u32, format: cpal::SampleFormat) -> cpal::SupportedStreamConfig {
        let buffer = cpal::SupportedBufferSize::Unknown;
        cpal::SupportedStreamConfig::new(channels, rate, buffer, format)
    }

    #[test]
    fn the_wanted_rate_with_the_device_s_channels_in_the_best_format_is_chosen() {
        let ranges = [
            range(1, (8_000, 48_000), cpal::SampleFormat::F32),
            range(2, (44_100, 44_100), cpal::SampleFormat::F32),
            range(2, (8_000, 96_000), cpal::SampleFormat::I16),
            range(2, (8_000, 96_000), cpal::SampleFormat::F32),
        ];
        let shape = choose(
            &own(2, 44_100, cpal::SampleFormat::I16),
            &ranges,
            Some(48_000),
            PLAY_BUFFER,
        )
        .unwrap();
        assert_eq!(
            shape,
            Shape {
                channels: 2,
                rate: 48_000,
                format: cpal::SampleFormat::F32,
                buffer: Some(3_840)
            }
        );
    }

    #[test]
    fn a_device_without_the_wanted_rate_keeps_its_own() {
        let ranges = [range(2, (44_100, 44_100), cpal::SampleFormat::I16)];
        let shape = choose(
            &own(2, 44_100, cpal::SampleFormat::I16),
            &ranges,
            Some(48_000),
            PLAY_BUFFER,
        )
        .unwrap();
        assert_eq!((shape.rate, shape.buffer), (44_100, Some(3_528)));
        assert!(
            choose(
                &own(2, 44_100, cpal::SampleFormat::DsdU8),
                &[],
                Some(48_000),
                PLAY_BUFFER
            )
            .is_none()
        );
    }

    #[test]
    fn buffers_that_run_dry_or_lag_are_left_to_the_device() {
        let fixed = |min, max| {
            buffer_frames(
                &cpal::SupportedBufferSize::Range { min, max },
                48_000,
                PLAY_BUFFER,
            )
        };
        assert_eq!(fixed(1, 100_000), Some(3_840));
        assert_eq!(fixed(2_048, 3_072), Some(3_072));
        assert_eq!(fixed(64, 1_024), None);
        assert_eq!(fixed(19_200, 96_000), None);
    }

    #[test]
    fn the_first_fatal_error_ends_a_stream_and_an_underrun_does_not() {
        let now = Instant::now();
        let health = Health::new("loudspeaker 'x'".into(), now);
        health.beat(now);
        health.error(&cpal::Error::new(cpal::ErrorKind::Xrun));
        assert!(health.state(now).is_running());
        assert_eq!(health.hiccups(), 1);
        for message in ["first", "second"] {
            health.error(&cpal::Error::with_message(
                cpal::ErrorKind::BackendError,
                message,
            ));
        }
        let StreamState::Lost(cause) = health.state(now) else {
            panic!("still running")
        };
        assert!(cause.to_string().contains("'x': first"), "{cause}");
    }

    /// A machine that stalls only makes the storm weaker.
    #[test]
    fn a_storm_of_errors_is_slowed_down_whether_or_not_the_stream_is_dead() {
        for kind in [cpal::ErrorKind::Xrun, cpal::ErrorKind::BackendError] {
            let health = Health::new("loudspeaker".into(), Instant::now());
            let begun = Instant::now();
            let mut errors = 0;
            while begun.elapsed() < 10 * BRAKE {
                health.error(&cpal::Error::new(kind));
                errors += 1;
            }
            assert!(errors <= STORM + 12, "{kind:?}: {errors}");
        }
    }

    #[test]
    fn a_stream_is_not_lost_for_the_time_in_which_the_whole_program_stood_still() {
        let now = Instant::now();
        let health = Health::new("loudspeaker".into(), now);
        health.beat(now + Duration::from_secs(4));
        let resumed = now + Duration::from_secs(10);
        health.forgive(resumed);
        assert!(health.state(resumed).is_running());
        assert!(!health.state(resumed + Duration::from_secs(1)).is_running());
    }

    #[test]
    fn a_stream_that_falls_silent_is_lost() {
        let now = Instant::now();
        let health = Health::new("microphone".into(), now);
        assert!(
            health.state(now + Duration::from_secs(1)).is_running(),
            "it may still start"
        );
        assert!(!health.state(now + Duration::from_secs(4)).is_running());
        health.beat(now + Duration::from_secs(5));
        assert!(
            health
                .state(now + Duration::from_millis(1_400))
                .is_running()
        );
        let StreamState::Lost(cause) = health.state(now + Duration::from_secs(6)) else {
            panic!("still running")
        };
        assert_eq!(cause.kind(), ErrorKind::Lost);
    }
}
