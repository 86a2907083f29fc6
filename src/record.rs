//! The record of a talk: one JSON object a line, in the order things were decided.
//!
//! `run --log` and `rehearse` write the same lines. `t` is seconds of session time
//! ([`crate::time::Moment`]); every other moment in a line is in the same seconds.

use crate::time::Moment;
use serde::{Deserialize, Serialize};

/// One line of the record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// When it was written down, in seconds of session time.
    pub t: f64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

impl Line {
    /// The line for `event`, written down at `now`.
    pub fn new(now: Moment, event: Event) -> Self {
        Self {
            t: seconds(now),
            event,
        }
    }
}

/// Seconds of a moment, to the millisecond's tenth: enough for a sample at 10 kHz, short to read.
pub fn seconds(moment: Moment) -> f64 {
    (moment.secs() * 1e4).round() / 1e4
}

/// Something worth writing down. Moments are in seconds of session time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The talk began.
    Start {
        /// Id of the guide.
        guide: String,
        /// Its title.
        title: String,
    },
    /// A place kept from a talk that broke off is offered.
    Offer {
        /// Id of the step it was at.
        step: String,
        /// Whether the button was down.
        holding: bool,
    },
    /// A step was entered.
    Step {
        /// Its id.
        id: String,
    },
    /// A sentence sounds, or is shown where nothing can sound.
    Say {
        /// The sentence.
        text: String,
        /// When its clip begins.
        start: f64,
        /// When its clip ends.
        end: f64,
    },
    /// The recogniser came to a verdict about something heard.
    Heard {
        /// The phrase it took it for.
        phrase: String,
        /// The command it stands for now; `None` where it stands for none.
        command: Option<String>,
        /// When the phrase began.
        start: f64,
        /// When its sound ended.
        end: f64,
        /// The last sound that was heard when the verdict fell.
        decided: f64,
        /// The recogniser's confidence, 0 to 1.
        confidence: f32,
        /// The verifier's natural log odds, where it was asked and has an opinion.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        odds: Option<f32>,
        /// Whether it was obeyed.
        accepted: bool,
        /// Why, or why not.
        reason: String,
    },
    /// A key was pressed that stands for a command.
    Key {
        /// The command.
        command: String,
    },
    /// A phase of a hold began, or goes on after the talk stood still, as if it had begun at `zero`.
    Hold {
        /// Id of the step.
        step: String,
        /// 1 for the first phase of a hold, 2 for the one it carries on into, and so on.
        phase: u32,
        /// The moment that is counted from.
        zero: f64,
    },
    /// A number of the count sounded.
    Count {
        /// Whole seconds since the hold's zero.
        n: u32,
        /// What was said; empty where a tick sounded.
        text: String,
        /// When it was due.
        due: f64,
        /// Where its perceptual centre really lay; `None` where no loudspeaker played it.
        onset: Option<f64>,
    },
    /// "Let go now" sounded.
    Release {
        /// When it was due.
        due: f64,
        /// Where its perceptual centre really lay; `None` where no loudspeaker played it.
        onset: Option<f64>,
    },
    /// The button was let go too early, or left for another reason.
    Slip {
        /// Id of the step whose hold was broken.
        step: String,
        /// Seconds it had been held in this phase.
        held: f64,
    },
    /// The talk stood still: its program was stopped, or the machine slept.
    Stalled {
        /// Seconds of session time that passed meanwhile.
        stood: f64,
        /// Seconds that session time knows nothing of.
        slept: f64,
    },
    /// A wait began.
    Wait {
        /// Id of the step.
        step: String,
        /// Seconds it usually takes.
        typical: f64,
    },
    /// A device came, went or could not be had.
    Device {
        /// `loudspeaker`, `microphone`, `recogniser`, `voice`.
        what: String,
        /// `ready`, `lost`, `missing`, and why.
        state: String,
    },
    /// How loud both channels were during one second: levels, never sound.
    Levels {
        /// When the second began.
        start: f64,
        /// What was played: the power of each tenth of the second, in dB of full scale; -90 is silence.
        speaker: Vec<i8>,
        /// What was heard, likewise.
        microphone: Vec<i8>,
    },
    /// The talk is over.
    End {
        /// `done`, `stopped` or `gave_up`.
        outcome: String,
    },
}
