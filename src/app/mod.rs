//! The one loop that joins the rooms: what happened goes in, what is wanted is carried out.
//!
//! [`App`] is the part that is the same in a closet and in a test: the session, the voice and the
//! record. Around it are two drivers, which differ only in what they take for a loudspeaker, a
//! microphone and a clock:
//!
//! - [`live`]: real devices, keys and a screen, on tokio;
//! - [`rehearsal`]: the simulated room and a scripted technician, as fast as the machine can.
//!
//! [`evaluation`] listens to recordings as a talk does, without one.
//!
//! No rule of the talk is here: the app translates and carries.

pub mod evaluation;
pub mod keys;
pub mod live;
mod meter;
pub mod place;
pub mod rehearsal;
pub mod room;
pub mod script;
pub mod technician;
mod voiced;
mod volume;

use crate::ears::{Lane, Phrase, Reason, Spoken, Verdict};
use crate::guide::Guide;
use crate::record::{Event, Line, seconds};
use crate::session::vocabulary::Care;
use crate::session::{
    Beat, Bookmark, Input, Meaning, Outcome, Output, Sayable, Session, Settings, SpeechId, Urgency,
    View,
};
use crate::sound::timeline::Control;
use crate::time::Moment;
use crate::voice::{self, Sound, Turn, Voice, VoiceEvent};
use std::sync::Arc;
use std::time::Duration;
use voiced::placed;
use volume::Volume;
pub use volume::level_in_noise;

/// One step of "louder" or "softer", in dB: clearly heard, not startling.
const LEVEL_STEP_DB: f32 = 4.0;

/// One step of "faster", as a factor of the tempo.
const TEMPO_STEP: f32 = 1.15;

/// Something that a driver may want to know of, beside the record.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A line of the record.
    Line(Line),
    /// The place is to be kept, or, if `None`, forgotten.
    Keep(Option<Bookmark>),
    /// The prompt of a step has been spoken to its end.
    PromptEnded {
        /// Id of the step.
        step: String,
        /// When its last sound ended.
        at: Moment,
    },
    /// A number of the count of a step sounded.
    Counted {
        /// Id of the step.
        step: String,
        /// Seconds since the hold's zero.
        n: u32,
        /// When it was due.
        due: Moment,
    },
}

/// The session, its voice and its record.
pub struct App {
    session: Session,
    voice: Voice,
    control: Control,
    notices: Vec<Notice>,
    phrases: Option<Vec<Phrase>>,
    sayable: Vec<Sayable>,
    beats: Vec<Beat>,
    step: String,
    /// The utterance that holds the present step's prompt, until it is over.
    prompt: Option<SpeechId>,
    step_is_new: bool,
    /// Whether anybody can hear the loudspeaker.
    audible: bool,
    volume: Volume,
    outcome: Option<Outcome>,
    /// The moment of the last beat that has been told.
    counted: Moment,
}

impl App {
    /// A talk through `guide` that has not begun. `control` is the timeline that the driver plays.
    pub fn new(guide: Arc<Guide>, settings: Settings, voice: Voice, control: Control) -> Self {
        Self {
            session: Session::new(guide, settings),
            voice,
            control,
            notices: Vec::new(),
            phrases: None,
            sayable: Vec::new(),
            beats: Vec::new(),
            step: String::new(),
            prompt: None,
            step_is_new: false,
            audible: true,
            volume: Volume::default(),
            outcome: None,
            counted: Moment::ZERO,
        }
    }

    /// Takes in what happened at `now` and carries out what follows from it.
    pub fn handle(&mut self, input: Input, now: Moment) {
        self.session.handle(input, now);
        while let Some(output) = self.session.poll() {
            self.carry_out(output, now);
        }
    }

    /// Lets time come to `now`: call it every 10 ms or so.
    pub fn tick(&mut self, now: Moment) {
        let reports: Vec<_> = self.control.reports().collect();
        for report in reports {
            self.voice.report(report);
        }
        self.voice.advance(now);
        if !self.voice.is_idle() {
            self.volume.sounding(now);
        }
        while let Some(command) = self.voice.poll_placement() {
            // A full ring means that nothing plays the timeline; the voice goes on by the clock.
            let _ = self.control.send(command);
        }
        while let Some(event) = self.voice.poll_event() {
            self.voiced(event, now);
        }
        if self.session.poll_timeout().is_some_and(|due| due <= now) {
            self.handle(Input::Timeout, now);
        }
    }

    /// The driver stood still until `now`: `stood` of session time passed meanwhile, and `slept` beside that. To
    /// be called before anything else that comes after it.
    ///
    /// What the loudspeaker has played all the same did not stand still.
    pub fn stalled(&mut self, stood: Duration, slept: Duration, now: Moment) {
        let reports: Vec<_> = self.control.reports().collect();
        for report in reports {
            self.voice.report(report);
        }
        let mut events = Vec::new();
        while let Some(event) = self.voice.poll_event() {
            match event {
                VoiceEvent::Counted {
                    due, onset: None, ..
                } if due > now.saturating_sub(stood) => {
                    // Nobody has heard it, and the session has it said again.
                    continue;
                }
                VoiceEvent::Counted { due, .. } => self.counted = self.counted.max(due),
                _ => {}
            }
            events.push(event);
        }
        let stood = stood.min(now.since(self.counted.min(now)));
        let told = self.counted;
        self.handle(Input::Stalled { stood, slept, told }, now);
        for event in events {
            self.voiced(event, now);
        }
    }

    /// Takes in a verdict of the ears.
    pub fn verdict(&mut self, verdict: &Verdict, now: Moment) {
        let meant = self
            .sayable
            .iter()
            .find(|sayable| sayable.phrase == verdict.phrase)
            .map(|sayable| sayable.meaning);
        self.note(
            Event::Heard {
                phrase: verdict.phrase.clone(),
                command: meant.map(meaning),
                start: seconds(verdict.start),
                end: seconds(verdict.end),
                decided: seconds(verdict.decided),
                confidence: verdict.evidence.confidence,
                odds: verdict.evidence.odds,
                accepted: verdict.accepted,
                reason: verdict.reason.to_string(),
            },
            now,
        );
        if verdict.accepted {
            self.handle(
                Input::Heard {
                    phrase: verdict.phrase.clone(),
                    end: verdict.end,
                },
                now,
            );
        } else if verdict.reason == Reason::LowConfidence && meant.is_some() {
            self.handle(Input::Refused, now);
        }
    }

    /// What the ears have to listen for, when it has changed.
    pub fn phrases(&mut self) -> Option<Vec<Phrase>> {
        self.phrases.take()
    }

    /// What sounds, just sounded and will sound: the ears must not take it for the listener.
    pub fn spans(&self) -> Vec<Spoken> {
        let spans = self.voice.spans().into_iter();
        spans
            .map(|span| Spoken {
                text: span.text,
                start: span.start,
                end: span.end,
            })
            .collect()
    }

    /// What happened since the last call.
    pub fn notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// How the talk ended, once it has.
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// The talk as it stands.
    pub fn view(&self, now: Moment) -> View {
        self.session.view(now)
    }

    /// What may be said now.
    pub fn sayable(&self) -> &[Sayable] {
        &self.sayable
    }

    /// Writes down that a device came, went or failed.
    pub fn device(&mut self, what: &str, state: &str, now: Moment) {
        self.note(
            Event::Device {
                what: what.into(),
                state: state.into(),
            },
            now,
        );
    }

    /// The loudspeaker went (`false`) or came back (`true`).
    pub fn loudspeaker(&mut self, audible: bool, now: Moment) {
        let was = std::mem::replace(&mut self.audible, audible);
        if audible && !was {
            self.handle(Input::LoudspeakerBack, now);
        }
    }

    /// Tells how long a sample takes from here to the air.
    pub fn set_lead(&mut self, lead: Duration) {
        self.voice.set_lead(lead);
    }

    /// The room's noise floor, in dB of the microphone's full scale, is known from before the talk.
    pub fn begin_in_noise(&mut self, floor_db: f32) {
        let level = self.volume.begin(floor_db);
        self.voice.set_level(level);
        self.voice.set_clear(self.volume.wants_clear_words());
    }

    /// Takes in the microphone's noise floor up to `now`, in dB of its full scale: the voice follows it, and
    /// the talk says so where words will be missed.
    pub fn noise(&mut self, floor_db: f32, now: Moment) {
        if self.volume.hears_the_room(now) {
            self.handle(Input::Noise { floor_db }, now);
        }
        if let Some(level) = self.volume.noise(floor_db, now) {
            self.voice.set_level(level);
        }
        self.voice.set_clear(self.volume.wants_clear_words());
    }

    /// The talk begins without a loudspeaker.
    pub fn mute(&mut self) {
        self.audible = false;
    }

    /// Writes down how loud it was.
    fn levels(&mut self, levels: Option<Event>, now: Moment) {
        if let Some(levels) = levels {
            self.note(levels, now);
        }
    }

    /// Another, empty timeline is played from now on: what was still to sound is placed on it.
    pub fn new_timeline(&mut self, control: Control, now: Moment) {
        self.control = control;
        self.voice.replace_all(now);
    }

    fn carry_out(&mut self, output: Output, now: Moment) {
        match output {
            Output::Say(speech) => {
                if self.step_is_new {
                    self.step_is_new = false;
                    self.prompt = Some(speech.id);
                }
                let turn = match speech.urgency {
                    Urgency::Now => Turn::Instead,
                    Urgency::Next => Turn::After,
                    Urgency::Aside => Turn::Aside,
                };
                self.voice.say(speech.id.0, &speech.sentences, turn, now);
            }
            Output::Hush => self.voice.hush(now),
            Output::Count(beats) => {
                let placed: Vec<voice::Beat> = beats.iter().map(placed).collect();
                self.voice.count(&placed, now);
                self.beats = beats;
            }
            Output::StopCount => self.voice.stop_count(now),
            Output::Blip => self.voice.sound(Sound::Heard, now),
            Output::Listen(sayable) => {
                self.phrases = Some(sayable.iter().map(phrase).collect());
                self.sayable = sayable;
            }
            Output::Level(steps) => {
                let level = self.volume.asked(f32::from(steps) * LEVEL_STEP_DB);
                self.voice.set_level(level);
            }
            Output::Rate(steps) => self.voice.set_tempo(TEMPO_STEP.powi(i32::from(steps))),
            Output::Record(event) => {
                if let Event::Step { id } = &event {
                    self.step.clone_from(id);
                    self.step_is_new = true;
                    self.prompt = None;
                }
                self.note(event, now);
            }
            Output::Keep(place) => self.notices.push(Notice::Keep(place)),
            Output::End(outcome) => self.outcome = Some(outcome),
        }
    }

    fn note(&mut self, event: Event, now: Moment) {
        self.notices.push(Notice::Line(Line::new(now, event)));
    }
}

/// What the ears have to know of something that may be said.
pub fn phrase(sayable: &Sayable) -> Phrase {
    Phrase {
        text: sayable.phrase.to_string(),
        lane: match sayable.care {
            Care::Quick => Lane::Fast,
            Care::Usual => Lane::Normal,
            Care::Strict => Lane::Strict,
        },
    }
}

fn meaning(meaning: Meaning) -> String {
    match meaning {
        Meaning::Command(command) => command.name().into(),
        Meaning::Confirm => "confirm".into(),
        Meaning::Option(index) => format!("option_{}", index + 1),
    }
}

/// Writes one line of the record as one line of JSON.
fn write_line(out: &mut impl std::io::Write, line: &Line) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}
