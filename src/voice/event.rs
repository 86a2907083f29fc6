//! What the voice tells the others.

use crate::time::Moment;

/// What the voice tells the talk.
#[derive(Clone, Debug, PartialEq)]
pub enum VoiceEvent {
    /// A sentence sounds.
    Started {
        /// The speech's id.
        id: u64,
        /// The sentence.
        text: String,
        /// Its first sample.
        start: Moment,
        /// After its last sample, if nothing cuts it.
        end: Moment,
    },
    /// A speech is over, all its sentences said or given up. Every speech ends exactly once.
    Ended {
        /// The speech's id.
        id: u64,
        /// After its last sample, or when it was cut.
        at: Moment,
        /// Whether it was cut short or dropped before it began.
        cut: bool,
        /// The sentences that were not said to their end, the interrupted one first.
        unsaid: Vec<String>,
    },
    /// A beat of the count sounds.
    Counted {
        /// Seconds since zero.
        n: u32,
        /// Where its perceptual centre belongs.
        due: Moment,
        /// Where its perceptual centre really is, by the loudspeaker's report; `None` where none came.
        onset: Option<Moment>,
        /// What is spoken; empty for a sound.
        text: String,
    },
    /// There is neither a clip nor a speech program for this text: a chime (in a count: a tick) sounds instead.
    NoVoice {
        /// The text.
        text: String,
    },
}

/// What is, was just, or will be audible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The words.
    pub text: String,
    /// The first sample.
    pub start: Moment,
    /// After the last sample.
    pub end: Moment,
}
