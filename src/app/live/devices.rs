//! The loudspeaker and the microphone of a live talk: opened, watched, opened again.
//!
//! While there is no loudspeaker the timeline is pulled by the clock, heard by nobody: the talk goes
//! on, every number falls on its second, and the voice comes back in at the right place.

use crate::sound::StreamState;
use crate::sound::capture::{Capture, Chunk};
use crate::sound::clock::Clock;
use crate::sound::playback::{NotOpened, Playback};
use crate::sound::timeline::{Control, FarEnd, Timeline, timeline};
use crate::sound::{RATE, SoundError};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// The first attempt to open a lost device again comes after this, each later one after twice as long.
const FIRST_RETRY: Duration = Duration::from_millis(250);
/// Attempts are never further apart: two seconds after a device is back the talk sounds again.
const LAST_RETRY: Duration = Duration::from_millis(700);
/// A device that is lost again within this time is no better than one that cannot be opened.
const STEADY: Duration = Duration::from_secs(10);
/// A sound system that has not answered by then hangs: it is asked anew.
const PATIENCE: Duration = Duration::from_secs(10);
/// Frames pulled at once when nobody listens.
const BLOCK: usize = RATE as usize / 100;

/// Something to be done beside the loop.
type Job = Box<dyn FnOnce() + Send>;

/// Where devices come from.
pub(super) trait Backend: Send + Sync {
    /// Opens a loudspeaker.
    fn play(
        &self,
        device: Option<&str>,
        timeline: Timeline,
        clock: &Clock,
    ) -> Result<Playback, Box<NotOpened>>;

    /// Opens a microphone.
    fn hear(&self, device: Option<&str>, clock: &Clock) -> Opened;

    /// Does what may take seconds.
    fn aside(&self, job: Job);
}

/// The machine's own devices.
pub(super) struct Machine;

impl Backend for Machine {
    fn play(
        &self,
        device: Option<&str>,
        timeline: Timeline,
        clock: &Clock,
    ) -> Result<Playback, Box<NotOpened>> {
        Playback::open(device, timeline, clock)
    }

    fn hear(&self, device: Option<&str>, clock: &Clock) -> Opened {
        Capture::open(device, clock)
    }

    fn aside(&self, job: Job) {
        tokio::task::spawn_blocking(job);
    }
}

/// Something that happened to a device.
pub(super) enum Change {
    /// The loudspeaker plays; what it is.
    Loudspeaker(String),
    /// The loudspeaker is gone; why.
    LoudspeakerLost(SoundError),
    /// The timeline was lost with its device: this is the control of a new, empty one, and what it plays.
    NewTimeline(Control, rtrb::Consumer<FarEnd>),
    /// The microphone hears; what it is.
    Microphone(String, mpsc::Receiver<Chunk>),
    /// The microphone is gone; why.
    MicrophoneLost(SoundError),
}

/// A loudspeaker that is there, or is being opened, or waits to be.
#[allow(
    clippy::large_enum_variant,
    reason = "there is one of them, and it moves only when a device goes or comes"
)]
enum Speaker {
    Playing(Playback),
    /// A dead one gives the timeline back.
    Closing(oneshot::Receiver<Option<Timeline>>),
    Opening(
        oneshot::Receiver<Result<Playback, Option<Timeline>>>,
        Instant,
    ),
    Silent(Timeline),
}

pub(super) type Opened = Result<(Capture, mpsc::Receiver<Chunk>), SoundError>;

enum Ear {
    Hearing(Capture),
    Opening(oneshot::Receiver<Opened>, Instant),
    Deaf,
    Unwanted,
}

/// Both devices.
pub(super) struct Devices {
    backend: Arc<dyn Backend>,
    clock: Clock,
    speaker_name: Option<String>,
    mic_name: Option<String>,
    speaker: Speaker,
    ear: Ear,
    speaker_retry: Retry,
    ear_retry: Retry,
}

/// When to try again.
struct Retry {
    at: Instant,
    wait: Duration,
    opened: Option<Instant>,
}

impl Retry {
    fn new(now: Instant) -> Self {
        Self {
            at: now,
            wait: FIRST_RETRY,
            opened: None,
        }
    }

    /// The attempt failed: wait longer before the next.
    fn failed(&mut self, now: Instant) {
        self.at = now + self.wait;
        self.wait = (self.wait * 2).min(LAST_RETRY);
    }

    fn opened(&mut self, now: Instant) {
        self.opened = Some(now);
    }

    /// The device was lost: one that had been good for a while is looked for again at once.
    fn lost(&mut self, now: Instant) {
        let steady = |opened| now.saturating_duration_since(opened) >= STEADY;
        if self.opened.take().is_none_or(steady) {
            self.wait = FIRST_RETRY;
        }
        self.failed(now);
    }

    fn is_due(&self, now: Instant) -> bool {
        now >= self.at
    }
}

impl Devices {
    /// Opens the loudspeaker and begins to open the microphone, unless `keyboard` wants none.
    ///
    /// Also returns why the loudspeaker is missing, if it is.
    pub(super) fn open(
        backend: Arc<dyn Backend>,
        speaker_name: Option<String>,
        mic_name: Option<String>,
        keyboard: bool,
        timeline: Timeline,
        clock: &Clock,
    ) -> (Self, Option<Change>, Option<SoundError>) {
        let mut change = None;
        let mut error = None;
        let speaker = match backend.play(speaker_name.as_deref(), timeline, clock) {
            Ok(playback) => Speaker::Playing(playback),
            Err(not_opened) => {
                error = Some(not_opened.error);
                Speaker::Silent(kept(not_opened.timeline, clock, &mut change))
            }
        };
        let now = clock.instant();
        let mut devices = Self {
            backend,
            clock: clock.clone(),
            speaker_name,
            mic_name,
            speaker,
            ear: if keyboard { Ear::Unwanted } else { Ear::Deaf },
            speaker_retry: Retry::new(now),
            ear_retry: Retry::new(now),
        };
        match error {
            Some(_) => devices.speaker_retry.failed(now),
            None => devices.speaker_retry.opened(now),
        }
        (devices, change, error)
    }

    /// What is played on, if anything.
    pub(super) fn loudspeaker(&self) -> Option<String> {
        match &self.speaker {
            Speaker::Playing(playback) => Some(playback.describe()),
            _ => None,
        }
    }

    /// From a sample being handed over until it is heard.
    pub(super) fn lead(&self) -> Option<Duration> {
        match &self.speaker {
            Speaker::Playing(playback) => Some(playback.lead()),
            _ => None,
        }
    }

    /// The program stood still until now, and so did its streams.
    pub(super) fn forgive(&self) {
        if let Speaker::Playing(playback) = &self.speaker {
            playback.forgive();
        }
        if let Ear::Hearing(capture) = &self.ear {
            capture.forgive();
        }
    }

    /// Looks after both devices. Call it every 10 ms or so.
    pub(super) fn watch(&mut self, changes: &mut Vec<Change>) {
        self.watch_speaker(changes);
        self.watch_ear(changes);
    }

    fn watch_speaker(&mut self, changes: &mut Vec<Change>) {
        let now = self.clock.instant();
        match &mut self.speaker {
            Speaker::Playing(playback) => {
                let StreamState::Lost(error) = playback.state() else {
                    return;
                };
                changes.push(Change::LoudspeakerLost(error));
                self.speaker_retry.lost(now);
                let (answer, closing) = oneshot::channel();
                let was = std::mem::replace(&mut self.speaker, Speaker::Closing(closing));
                if let Speaker::Playing(playback) = was {
                    self.backend.aside(Box::new(move || {
                        let _ = answer.send(playback.close());
                    }));
                }
            }
            Speaker::Closing(answer) => match answer.try_recv() {
                Ok(timeline) => self.silence(timeline, changes),
                Err(oneshot::error::TryRecvError::Empty) => {}
                Err(oneshot::error::TryRecvError::Closed) => self.silence(None, changes),
            },
            Speaker::Opening(answer, since) => match answer.try_recv() {
                Ok(Ok(playback)) => {
                    changes.push(Change::Loudspeaker(playback.describe()));
                    self.speaker_retry.opened(now);
                    self.speaker = Speaker::Playing(playback);
                }
                Ok(Err(timeline)) => {
                    self.speaker_retry.failed(now);
                    self.silence(timeline, changes);
                }
                // What comes of it later is closed again.
                Err(oneshot::error::TryRecvError::Empty)
                    if now.saturating_duration_since(*since) < PATIENCE => {}
                Err(_) => {
                    self.speaker_retry.failed(now);
                    self.silence(None, changes);
                }
            },
            Speaker::Silent(_) if self.speaker_retry.is_due(now) => self.try_speaker(now),
            Speaker::Silent(timeline) => play_to_nobody(timeline, &self.clock),
        }
    }

    fn silence(&mut self, timeline: Option<Timeline>, changes: &mut Vec<Change>) {
        let mut change = None;
        self.speaker = Speaker::Silent(kept(timeline, &self.clock, &mut change));
        changes.extend(change);
    }

    /// Opening can take seconds: it is done aside.
    fn try_speaker(&mut self, now: Instant) {
        let (answer, opening) = oneshot::channel();
        let was = std::mem::replace(&mut self.speaker, Speaker::Opening(opening, now));
        let Speaker::Silent(timeline) = was else {
            self.speaker = was;
            return;
        };
        let (name, clock) = (self.speaker_name.clone(), self.clock.clone());
        let backend = Arc::clone(&self.backend);
        self.backend.aside(Box::new(move || {
            let by_name = backend.play(name.as_deref(), timeline, &clock);
            // The chosen device may be gone for good: then the default one.
            let opened = match by_name {
                Err(failure) if name.is_some() => match failure.timeline {
                    Some(timeline) => backend.play(None, timeline, &clock),
                    None => Err(failure),
                },
                other => other,
            };
            let _ = answer.send(opened.map_err(|failure| failure.timeline));
        }));
    }

    fn watch_ear(&mut self, changes: &mut Vec<Change>) {
        let now = self.clock.instant();
        match &mut self.ear {
            Ear::Unwanted => {}
            Ear::Hearing(capture) => {
                if let StreamState::Lost(error) = capture.state() {
                    changes.push(Change::MicrophoneLost(error));
                    self.ear = Ear::Deaf;
                    self.ear_retry.lost(now);
                }
            }
            Ear::Opening(answer, since) => match answer.try_recv() {
                Ok(Ok((capture, chunks))) => {
                    changes.push(Change::Microphone(capture.describe(), chunks));
                    self.ear_retry.opened(now);
                    self.ear = Ear::Hearing(capture);
                }
                Ok(Err(error)) => {
                    changes.push(Change::MicrophoneLost(error));
                    self.ear = Ear::Deaf;
                    self.ear_retry.failed(now);
                }
                Err(oneshot::error::TryRecvError::Empty)
                    if now.saturating_duration_since(*since) < PATIENCE => {}
                Err(_) => {
                    changes.push(Change::MicrophoneLost(SoundError::hung("microphone")));
                    self.ear = Ear::Deaf;
                    self.ear_retry.failed(now);
                }
            },
            Ear::Deaf if self.ear_retry.is_due(now) => {
                let (answer, opening) = oneshot::channel();
                self.ear = Ear::Opening(opening, now);
                let (name, clock) = (self.mic_name.clone(), self.clock.clone());
                let backend = Arc::clone(&self.backend);
                self.backend.aside(Box::new(move || {
                    let opened = match backend.hear(name.as_deref(), &clock) {
                        Err(_) if name.is_some() => backend.hear(None, &clock),
                        other => other,
                    };
                    let _ = answer.send(opened);
                }));
            }
            Ear::Deaf => {}
        }
    }
}

/// The timeline, or, if it is lost, a new one whose control everybody has to be told of.
fn kept(survivor: Option<Timeline>, clock: &Clock, change: &mut Option<Change>) -> Timeline {
    survivor.unwrap_or_else(|| {
        let (control, mut fresh) = timeline(clock.now().frame(RATE));
        *change = Some(Change::NewTimeline(control, fresh.tap()));
        fresh
    })
}

fn play_to_nobody(timeline: &mut Timeline, clock: &Clock) {
    let due = clock.now().frame(RATE);
    let mut block = [0.0; BLOCK];
    while Timeline::position(timeline) + BLOCK as u64 <= due {
        timeline.pull(&mut block);
    }
}
