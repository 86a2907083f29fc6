//! What goes into a talk and what comes out of it.

use super::vocabulary::Command;
use super::{Beat, Bookmark, News, Sayable};
use crate::record::Event;
use crate::time::Moment;
use std::time::Duration;

/// Names one utterance of the talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpeechId(pub u64);

/// Something that happened to the talk.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The talk begins.
    Start,
    /// The talk begins, and a place is known from one that broke off.
    Resume(Bookmark),
    /// Something beside the talk that the listener has to know of.
    News(News),
    /// A phrase was heard and found worth obeying.
    Heard {
        /// The phrase, as in [`Sayable::phrase`].
        phrase: String,
        /// When its sound ended.
        end: Moment,
    },
    /// Something close to a command was heard but refused.
    Refused,
    /// A key that stands for a command was pressed.
    Key(Command),
    /// The key for "the usual answer here" (Enter) was pressed.
    Primary,
    /// The key that an irreversible step wants (twice).
    ConfirmKey,
    /// The key of the n-th answer of a choice, counted from 0.
    ChoiceKey(usize),
    /// An utterance is over.
    SpeechEnded(SpeechId),
    /// An utterance was cut, or dropped before it began.
    SpeechCut {
        /// Which.
        id: SpeechId,
        /// Its sentences that were not said to their end, the interrupted one first.
        unsaid: Vec<String>,
    },
    /// The microphone went (`false`) or came back (`true`).
    Microphone(bool),
    /// How loud the room is while nobody speaks.
    Noise {
        /// The noise floor at the microphone, in dB of full scale.
        floor_db: f32,
    },
    /// The loudspeaker came back: the count must be placed again.
    LoudspeakerBack,
    /// Ctrl-C: ends the talk; asks first while the button is held.
    Interrupt,
    /// The program has to end: at once, without a word.
    Terminate,
    /// The talk stood still: its program was stopped, or the machine slept. To be told before anything else
    /// that comes after it, for what fell due meanwhile.
    Stalled {
        /// Session time that passed meanwhile.
        stood: Duration,
        /// Real time that passed beside that, which session time knows nothing of: the machine slept.
        slept: Duration,
        /// The moment of the last beat that was told; it may lie ahead, for sound is handed over ahead.
        told: Moment,
    },
    /// The moment of [`Session::poll_timeout`] has come.
    Timeout,
}

/// Something the talk wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Speak.
    Say(Speech),
    /// Stop speaking at once; a count goes on.
    Hush,
    /// Place these beats, in place of any count that is running.
    Count(Vec<Beat>),
    /// Take back every beat that has not sounded.
    StopCount,
    /// A short sound that says "heard you".
    Blip,
    /// Listen for these phrases from now on.
    Listen(Vec<Sayable>),
    /// Speak this many steps louder (positive) or softer than at first.
    Level(i8),
    /// Speak this many steps faster (positive) or slower than at first.
    Rate(i8),
    /// Keep this place in case the talk breaks off; `None`: forget the one that is kept.
    Keep(Option<Bookmark>),
    /// Write this down.
    Record(Event),
    /// The talk is over: nothing comes after this.
    End(Outcome),
}

/// One utterance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speech {
    /// Its name, reported back by [`Input::SpeechEnded`].
    pub id: SpeechId,
    /// Its sentences, in order.
    pub sentences: Vec<String>,
    /// When it is to be spoken.
    pub urgency: Urgency,
}

/// When an utterance is to be spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Urgency {
    /// At once, in place of whatever is being said.
    Now,
    /// After what is being said.
    Next,
    /// At once; what it interrupts is taken up again afterwards, at the sentence it was in. It replaces
    /// an earlier one of its kind.
    Aside,
}

/// How a talk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Every step was done.
    Done,
    /// The listener stopped it.
    Stopped,
    /// No way of the guide worked.
    GaveUp,
}

impl Outcome {
    /// The name used in the record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::GaveUp => "gave_up",
        }
    }
}
