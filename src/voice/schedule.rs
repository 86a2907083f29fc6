//! The one scheduler of what sounds.
//!
//! # What comes first
//!
//! 1. The cues of a hold ("press", "let go now" with its tone). They are handed over exact to the sample
//!    half a minute ahead, and nothing that is asked for later moves, covers or delays them.
//! 2. Milestones ("thirty seconds left"). Numbers that would meet them become ticks.
//! 3. What cannot wait: speech said in place of other speech ([`Turn::Instead`]). Any number in its way
//!    becomes a tick.
//! 4. The last ten numbers of a hold.
//! 5. Answers and all other speech. A number in its way becomes a tick, so that the second is still heard; before
//!    the last ten it waits for the next place in which it fits, at the latest until the count is over.
//! 6. The other numbers.
//! 7. The talk's own short sounds; ticks, which may sound under a word.
//!
//! Two things never speak at once. Every beat is told exactly once, with its word or as a tick, on its own
//! moment. A sentence that is interrupted is begun again when there is room, unless something was said in
//! its place.
//!
//! After a speech the listener has the turn for 0.75 s: what was to follow it, or is taken up again after it, waits
//! so long. What is asked for in that time answers the listener, and is said at once.
//!
//! # How to use it
//!
//! It works on moments passed in and never waits: call [`Voice::advance`] at least every 20 ms, hand
//! every [`Voice::poll_placement`] to the timeline, every report of the timeline to
//! [`Voice::report`], and read [`Voice::poll_event`]. Without reports (a dead loudspeaker) it goes on
//! by what should have happened, 0.5 s late, so that a talk never hangs.
//!
//! | file | holds |
//! |---|---|
//! | `counting` | a count: begun, changed, ended; what gives way to what |
//! | `speaking` | speech and sounds: queued, placed, interrupted |
//! | `following` | what the loudspeaker reports, or fails to |

mod counting;
mod following;
mod speaking;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::bank::Bank;
use super::beats::BeatClip;
use super::clip::Clip;
use super::event::{Spoken, VoiceEvent};
use super::placement::{Kind, Placement, Placements, State};
use super::renderer::{Renderer, Rendering};
use super::sounds::Sound;
use super::speech::Speech;
use super::{in_noise, in_noise_on_the_beat};
use crate::sound::RATE;
use crate::sound::timeline::{Command, Report};
use crate::time::Moment;

pub use speaking::Turn;

/// The timeline's fade when something is taken away.
const FADE: Duration = Duration::from_millis(10);
/// Between handing over and sounding, where nobody says otherwise.
const LEAD: Duration = Duration::from_millis(100);
/// Ticks are background: half as loud as they were made.
const TICK_GAIN: f32 = 0.5;

/// The one scheduler of what sounds.
pub struct Voice {
    bank: Bank,
    renderer: Renderer,
    lead: Duration,
    gain: f32,
    /// Whether words are shaped to be understood in noise.
    clear: bool,
    /// How much faster than usual sentences are spoken.
    tempo: f32,
    next_id: u64,
    placements: Placements,
    /// Beats that are not handed over yet, by their beginning.
    coming: VecDeque<BeatClip>,
    /// The first is being said.
    speeches: VecDeque<Speech>,
    /// Sounds without a place yet, and since when.
    sounds: VecDeque<(Sound, Moment)>,
    /// No sentence starts earlier.
    earliest: Moment,
    /// When the last speech was said to its end: the listener's turn began.
    offered: Option<Moment>,
    commands: VecDeque<Command>,
    events: VecDeque<VoiceEvent>,
}

impl Voice {
    /// A silent voice that speaks with the clips of `bank`, and what they do not say with those of `renderer`.
    pub fn new(bank: Bank, renderer: impl Into<Renderer>) -> Self {
        Self {
            bank,
            renderer: renderer.into(),
            lead: LEAD,
            gain: 1.0,
            clear: false,
            tempo: 1.0,
            next_id: 0,
            placements: Placements::default(),
            coming: VecDeque::new(),
            speeches: VecDeque::new(),
            sounds: VecDeque::new(),
            earliest: Moment::ZERO,
            offered: None,
            commands: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// The clips it speaks with.
    pub fn bank(&self) -> &Bank {
        &self.bank
    }

    /// Sets the loudness of everything, in decibels relative to the shipped level, -40 to +6.
    pub fn set_level(&mut self, db: f32) {
        self.gain = 10.0_f32.powf(db.clamp(-40.0, 6.0) / 20.0);
        self.commands.push_back(Command::Level(self.gain));
    }

    /// Says every word, from the next on, so that it is understood in noise (`true`), or as it was made.
    pub fn set_clear(&mut self, clear: bool) {
        self.clear = clear;
    }

    /// Speaks sentences `tempo` times as fast from the next one on, at the same pitch, 0.5 to 2. Numbers
    /// of a count keep their own length.
    pub fn set_tempo(&mut self, tempo: f32) {
        self.tempo = tempo.clamp(0.5, 2.0);
    }

    /// Says how long after handing over the loudspeaker can sound something: the output's latency
    /// (100 ms until said otherwise). Beats that begin sooner than that are dropped as past.
    pub fn set_lead(&mut self, lead: Duration) {
        self.lead = lead;
    }

    /// Hands over what is due. To be called at least every 20 ms.
    pub fn advance(&mut self, now: Moment) {
        self.go_on_without_reports(now);
        self.place_beats(now);
        self.place_sounds(now);
        self.place_speech(now);
        self.placements.forget(now);
    }

    /// The next command for the timeline.
    pub fn poll_placement(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// The next event for the talk.
    pub fn poll_event(&mut self) -> Option<VoiceEvent> {
        self.events.pop_front()
    }

    /// What is, was in the last 2 s, or will be audible of words, by its start.
    pub fn spans(&self) -> Vec<Spoken> {
        let spoken = self
            .placements
            .iter()
            .filter(|placement| !placement.text.is_empty());
        let mut spans: Vec<_> = spoken
            .map(|placement| Spoken {
                text: placement.text.clone(),
                start: placement.start,
                end: placement.end,
            })
            .collect();
        spans.sort_by_key(|span| span.start);
        spans
    }

    /// Whether nothing sounds and nothing is to be said.
    pub fn is_idle(&self) -> bool {
        self.speeches.is_empty()
            && self.sounds.is_empty()
            && self.coming.is_empty()
            && self.placements.is_idle()
    }

    fn place(
        &mut self,
        kind: Kind,
        text: String,
        samples: Arc<[f32]>,
        start: Moment,
        exact: bool,
    ) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let at = exact.then_some(start);
        let mut placement = Placement {
            id,
            kind,
            text,
            start,
            end: start,
            samples,
            state: State::Placed,
            announced: false,
        };
        placement.starts_at(start);
        self.commands.push_back(hand_over(&placement, at));
        self.placements.add(placement);
        id
    }

    /// Takes a placement away, whether it sounds or not.
    fn remove(&mut self, id: u64, now: Moment) {
        let soon = now + self.lead;
        let Some(placement) = self
            .placements
            .get_mut(id)
            .filter(|placement| placement.is_live())
        else {
            return;
        };
        self.commands.push_back(Command::Remove { id });
        if placement.state == State::Placed && placement.start > soon {
            self.placements.drop_one(id);
        } else {
            placement.state = State::Removed;
            placement.end = placement.end.min(soon + FADE);
        }
    }
}

/// The command that puts a placement on the timeline.
fn hand_over(placement: &Placement, at: Option<Moment>) -> Command {
    Command::Place {
        id: placement.id,
        at,
        samples: Arc::clone(&placement.samples),
        gain: if placement.is_tick() { TICK_GAIN } else { 1.0 },
    }
}

/// How a clip is shaped for a loud room.
type Shaping = fn(&Clip) -> Arc<Clip>;

/// The clip for a text: shipped, else made by a speech program; shaped where the room is loud.
fn rendering(
    bank: &Bank,
    renderer: &mut Renderer,
    text: &str,
    shaping: Option<Shaping>,
) -> Rendering {
    let rendering = match bank.clip(text) {
        Some(clip) => Rendering::Ready(clip),
        None => renderer.get(text),
    };
    match (rendering, shaping) {
        (Rendering::Ready(clip), Some(shaped)) => Rendering::Ready(shaped(&clip)),
        (rendering, _) => rendering,
    }
}

#[cfg(test)]
mod tests;
