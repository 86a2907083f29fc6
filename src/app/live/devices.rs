//! The loudspeaker and the microphone of a live talk: opened, watched, opened again.
//!
//! While there is no loudspeaker the timeline is pulled by the clock, heard by nobody: the talk goes
//! on, every number falls on its second, and the voice comes back in at the right place.

use crate::sound::StreamState;
use crate::sound::capture::{Capture, Chunk};
use crate::sound::clock::Clock;
use crate::sound::playback::Playback;
use crate::sound::timeline::{Control, FarEnd, Timeline, timeline};
use crate::sound::{RATE, SoundError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// The first attempt to open a lost device again comes after this, each later one after twice as long.
const FIRST_RETRY: Duration = Duration::from_millis(250);
/// Attempts are never further apart.
const LAST_RETRY: Duration = Duration::from_secs(2);
/// Frames pulled at once when nobody listens.
const BLOCK: usize = RATE as usize / 100;

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
    Opening(oneshot::Receiver<Result<Playback, (SoundError, Option<Timeline>)>>),
    Silent(Timeline),
}

type Opened = Result<(Capture, mpsc::Receiver<Chunk>), SoundError>;

enum Ear {
    Hearing(Capture),
    Opening(oneshot::Receiver<Opened>),
    Deaf,
    Unwanted,
}

/// Both devices.
pub(super) struct Devices {
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
}

impl Retry {
    fn new() -> Self {
        Self {
            at: Instant::now(),
            wait: FIRST_RETRY,
        }
    }

    /// The attempt failed: wait longer before the next.
    fn failed(&mut self) {
        self.at = Instant::now() + self.wait;
        self.wait = (self.wait * 2).min(LAST_RETRY);
    }

    fn is_due(&self) -> bool {
        Instant::now() >= self.at
    }
}

impl Devices {
    /// Opens the loudspeaker and begins to open the microphone, unless `keyboard` wants none.
    ///
    /// Also returns why the loudspeaker is missing, if it is.
    pub(super) fn open(
        speaker_name: Option<String>,
        mic_name: Option<String>,
        keyboard: bool,
        timeline: Timeline,
        clock: &Clock,
    ) -> (Self, Option<Change>, Option<SoundError>) {
        let mut change = None;
        let mut error = None;
        let speaker = match Playback::open(speaker_name.as_deref(), timeline, clock) {
            Ok(playback) => Speaker::Playing(playback),
            Err(not_opened) => {
                error = Some(not_opened.error);
                Speaker::Silent(kept(not_opened.timeline, clock, &mut change))
            }
        };
        let mut devices = Self {
            clock: clock.clone(),
            speaker_name,
            mic_name,
            speaker,
            ear: if keyboard { Ear::Unwanted } else { Ear::Deaf },
            speaker_retry: Retry::new(),
            ear_retry: Retry::new(),
        };
        if error.is_some() {
            devices.speaker_retry.failed();
        }
        (devices, change, error)
    }

    /// What is played on, if anything.
    pub(super) fn loudspeaker(&self) -> Option<String> {
        match &self.speaker {
            Speaker::Playing(playback) => Some(playback.describe()),
            Speaker::Opening(_) | Speaker::Silent(_) => None,
        }
    }

    /// From a sample being handed over until it is heard.
    pub(super) fn lead(&self) -> Option<Duration> {
        match &self.speaker {
            Speaker::Playing(playback) => Some(playback.lead()),
            Speaker::Opening(_) | Speaker::Silent(_) => None,
        }
    }

    /// Looks after both devices. Call it every 10 ms or so.
    pub(super) fn watch(&mut self, changes: &mut Vec<Change>) {
        self.watch_speaker(changes);
        self.watch_ear(changes);
    }

    fn watch_speaker(&mut self, changes: &mut Vec<Change>) {
        match &mut self.speaker {
            Speaker::Playing(playback) => {
                let StreamState::Lost(error) = playback.state() else {
                    return;
                };
                changes.push(Change::LoudspeakerLost(error));
                let (control, mut fresh) = timeline(self.clock.now().frame(RATE));
                let tap = fresh.tap();
                if let Speaker::Playing(playback) =
                    std::mem::replace(&mut self.speaker, Speaker::Silent(fresh))
                {
                    match playback.close() {
                        Some(timeline) => self.speaker = Speaker::Silent(timeline),
                        None => changes.push(Change::NewTimeline(control, tap)),
                    }
                }
                self.speaker_retry = Retry::new();
                self.speaker_retry.failed();
            }
            Speaker::Opening(answer) => match answer.try_recv() {
                Ok(Ok(playback)) => {
                    changes.push(Change::Loudspeaker(playback.describe()));
                    self.speaker = Speaker::Playing(playback);
                }
                Ok(Err((_, timeline))) => self.back_to_silence(timeline, changes),
                Err(oneshot::error::TryRecvError::Empty) => {}
                Err(oneshot::error::TryRecvError::Closed) => self.back_to_silence(None, changes),
            },
            Speaker::Silent(_) if self.speaker_retry.is_due() => self.try_speaker(),
            Speaker::Silent(timeline) => play_to_nobody(timeline, &self.clock),
        }
    }

    fn back_to_silence(&mut self, timeline: Option<Timeline>, changes: &mut Vec<Change>) {
        let mut change = None;
        self.speaker = Speaker::Silent(kept(timeline, &self.clock, &mut change));
        changes.extend(change);
        self.speaker_retry.failed();
    }

    /// Opening can take seconds: it is done aside.
    fn try_speaker(&mut self) {
        let (answer, opening) = oneshot::channel();
        let was = std::mem::replace(&mut self.speaker, Speaker::Opening(opening));
        let Speaker::Silent(timeline) = was else {
            self.speaker = was;
            return;
        };
        let (name, clock) = (self.speaker_name.clone(), self.clock.clone());
        tokio::task::spawn_blocking(move || {
            let by_name = Playback::open(name.as_deref(), timeline, &clock);
            // The chosen device may be gone for good: then the default one.
            let opened = match by_name {
                Err(failure) if name.is_some() && failure.timeline.is_some() => {
                    match failure.timeline {
                        Some(timeline) => Playback::open(None, timeline, &clock),
                        None => return,
                    }
                }
                other => other,
            };
            let _ = answer.send(opened.map_err(|failure| (failure.error, failure.timeline)));
        });
    }

    fn watch_ear(&mut self, changes: &mut Vec<Change>) {
        match &mut self.ear {
            Ear::Unwanted => {}
            Ear::Hearing(capture) => {
                if let StreamState::Lost(error) = capture.state() {
                    changes.push(Change::MicrophoneLost(error));
                    self.ear = Ear::Deaf;
                    self.ear_retry = Retry::new();
                    self.ear_retry.failed();
                }
            }
            Ear::Opening(answer) => match answer.try_recv() {
                Ok(Ok((capture, chunks))) => {
                    changes.push(Change::Microphone(capture.describe(), chunks));
                    self.ear = Ear::Hearing(capture);
                }
                Ok(Err(error)) => {
                    changes.push(Change::MicrophoneLost(error));
                    self.ear = Ear::Deaf;
                    self.ear_retry.failed();
                }
                Err(oneshot::error::TryRecvError::Empty) => {}
                Err(oneshot::error::TryRecvError::Closed) => {
                    self.ear = Ear::Deaf;
                    self.ear_retry.failed();
                }
            },
            Ear::Deaf if self.ear_retry.is_due() => {
                let (answer, opening) = oneshot::channel();
                self.ear = Ear::Opening(opening);
                let (name, clock) = (self.mic_name.clone(), self.clock.clone());
                tokio::task::spawn_blocking(move || {
                    let opened = match Capture::open(name.as_deref(), &clock) {
                        Err(_) if name.is_some() => Capture::open(None, &clock),
                        other => other,
                    };
                    let _ = answer.send(opened);
                });
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
