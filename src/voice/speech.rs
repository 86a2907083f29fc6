//! A speech on its way: the sentences still to be said.

use std::collections::VecDeque;
use std::sync::Arc;

use super::clip::Clip;
use super::schedule::Turn;
use crate::time::Moment;

/// What is to be said, sentence by sentence.
pub(super) struct Speech {
    pub(super) id: u64,
    pub(super) turn: Turn,
    pub(super) sentences: VecDeque<String>,
    /// The clip of the first of `sentences`, once found.
    pub(super) ready: Option<Arc<Clip>>,
    /// Since when the first of `sentences` is being rendered.
    pub(super) asked: Option<Moment>,
    /// The placement of the sentence being said, which is still the first of `sentences`.
    pub(super) placed: Option<u64>,
    /// After the last sentence said.
    pub(super) end: Moment,
    /// Whether a chime has stood in for a sentence of it; one is enough.
    pub(super) chimed: bool,
    /// How often the loudspeaker cut the first of `sentences`.
    pub(super) cuts: u32,
}

impl Speech {
    /// To be said from `now` on.
    pub(super) fn new(id: u64, sentences: &[String], turn: Turn, now: Moment) -> Self {
        let sentences = sentences.iter().cloned().collect();
        Self {
            id,
            turn,
            sentences,
            ready: None,
            asked: None,
            placed: None,
            end: now,
            chimed: false,
            cuts: 0,
        }
    }

    /// The sentence being said, or given up, is over.
    pub(super) fn next(&mut self, end: Moment) {
        self.sentences.pop_front();
        self.ready = None;
        self.asked = None;
        self.placed = None;
        self.cuts = 0;
        self.end = end;
    }
}
