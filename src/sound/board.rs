//! A sound card that a test plays, in virtual time: the real callbacks, called by hand, and every way in
//! which a card fails.

use super::capture::{Capture, Chunk, Intake, Listener};
use super::clock::Clock;
use super::playback::{NotOpened, Playback, Pump};
use super::timeline::Timeline;
use super::{EAR_RATE, ErrorKind, RATE, SoundError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;

/// What a callback is given: 10 ms.
pub(crate) const BLOCK: Duration = Duration::from_millis(10);
/// From a callback until its first frame is heard.
const LEAD: Duration = Duration::from_millis(60);
/// Errors of a storm a block: 200,000 a second.
const STORM: u32 = 2_000;
/// Amplitude from which on something is heard.
const LOUD: f32 = 0.01;

/// How one direction of the card is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// It works.
    Well,
    /// It is pulled out: streams die with an error, none can be opened.
    Gone,
    /// Streams stay open and are never called again; new ones neither.
    Mute,
    /// Streams die with a storm of errors; none can be opened.
    Storm,
    /// Harmless errors without end, and no sound.
    Complaining,
    /// The microphone delivers zeros.
    Zeros,
}

/// The card; clones are the same card.
#[derive(Clone)]
pub(crate) struct Board(Arc<Mutex<Card>>);

struct Card {
    speaker: Condition,
    microphone: Condition,
    playing: Vec<(u64, Pump)>,
    hearing: Vec<(u64, Intake, Listener)>,
    streams: u64,
    /// When something loud was last heard.
    loud: Option<Instant>,
    dice: u64,
}

/// Dropped, it ends a stream of the card.
struct Plug(Board, u64);

impl Drop for Plug {
    fn drop(&mut self) {
        let mut card = self.0.card();
        let id = self.1;
        let (gone, kept) = std::mem::take(&mut card.playing)
            .into_iter()
            .partition(|(stream, _)| *stream == id);
        card.playing = kept;
        card.hearing.retain(|(stream, ..)| *stream != id);
        drop(card);
        drop::<Vec<_>>(gone);
    }
}

impl Board {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Card {
            speaker: Condition::Well,
            microphone: Condition::Well,
            playing: Vec::new(),
            hearing: Vec::new(),
            streams: 0,
            loud: None,
            dice: 1,
        })))
    }

    fn card(&self) -> MutexGuard<'_, Card> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, speaker: Condition, microphone: Condition) {
        let mut card = self.card();
        (card.speaker, card.microphone) = (speaker, microphone);
    }

    /// When something was last heard.
    pub(crate) fn loud(&self) -> Option<Instant> {
        self.card().loud
    }

    pub(crate) fn play(
        &self,
        timeline: Timeline,
        clock: &Clock,
    ) -> Result<Playback, Box<NotOpened>> {
        let mut card = self.card();
        if let Some(error) = refusal(card.speaker, "loudspeaker") {
            return Err(Box::new(NotOpened {
                error,
                timeline: Some(timeline),
            }));
        }
        card.streams += 1;
        let id = card.streams;
        Ok(Playback::in_test(
            "loudspeaker 'test'",
            timeline,
            clock,
            |pump| {
                card.playing.push((id, pump));
                Box::new(Plug(self.clone(), id))
            },
        ))
    }

    pub(crate) fn hear(&self, clock: &Clock) -> Result<(Capture, Receiver<Chunk>), SoundError> {
        let mut card = self.card();
        if let Some(error) = refusal(card.microphone, "microphone") {
            return Err(error);
        }
        card.streams += 1;
        let id = card.streams;
        Capture::in_test("microphone 'test'", clock, |intake, listener| {
            card.hearing.push((id, intake, listener));
            Box::new(Plug(self.clone(), id))
        })
    }

    /// The card's next [`BLOCK`], which begins at the instant `now`.
    pub(crate) fn run(&self, now: Instant) {
        let card = &mut *self.card();
        let mut block = [0.0_f32; 2 * RATE as usize / 100];
        for (_, pump) in &mut card.playing {
            match card.speaker {
                Condition::Well | Condition::Zeros => {
                    pump.answer(&mut block, now, LEAD);
                    if block.iter().any(|sample| sample.abs() > LOUD) {
                        card.loud = Some(now + LEAD);
                    }
                }
                Condition::Mute => {}
                Condition::Gone => pump.health().error(&fatal()),
                Condition::Storm => storm(|| pump.health().error(&fatal())),
                Condition::Complaining => storm(|| pump.health().error(&harmless())),
            }
        }
        for (_, intake, listener) in &mut card.hearing {
            let mut heard = [0.0_f32; EAR_RATE as usize / 100];
            match card.microphone {
                Condition::Well => {
                    for sample in &mut heard {
                        card.dice = card
                            .dice
                            .wrapping_mul(6_364_136_223_846_793_005)
                            .wrapping_add(1);
                        *sample = ((card.dice >> 40) as f32 / (1 << 24) as f32 - 0.5) * 0.002;
                    }
                    intake.take(&heard, now, BLOCK);
                }
                Condition::Zeros => intake.take(&heard, now, BLOCK),
                Condition::Mute => {}
                Condition::Gone => intake.health().error(&fatal()),
                Condition::Storm => storm(|| intake.health().error(&fatal())),
                Condition::Complaining => storm(|| intake.health().error(&harmless())),
            }
            let _ = listener.look();
        }
    }
}

/// As many errors as come in a block, as far as whoever is told them takes them in that time.
fn storm(mut error: impl FnMut()) {
    let begun = Instant::now();
    for _ in 0..STORM {
        error();
        if begun.elapsed() > BLOCK {
            return;
        }
    }
}

fn fatal() -> cpal::Error {
    cpal::Error::with_message(cpal::ErrorKind::DeviceNotAvailable, "it is gone")
}

fn harmless() -> cpal::Error {
    cpal::Error::new(cpal::ErrorKind::Xrun)
}

fn refusal(condition: Condition, what: &str) -> Option<SoundError> {
    matches!(condition, Condition::Gone | Condition::Storm).then(|| {
        SoundError::new(
            ErrorKind::NoDevice,
            format!("there is no {what}: connect one"),
        )
    })
}
