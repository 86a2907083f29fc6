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
    /// When it was asked for.
    since: Moment,
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
            since: now,
            sentences,
            ready: None,
            asked: None,
            placed: None,
            end: now,
            chimed: false,
            cuts: 0,
        }
    }

    /// Whether it comes after the listener's turn that began at `offered`: it was to follow what was said, or is
    /// taken up again after it. What is asked for in that turn answers it.
    pub(super) fn leaves_the_turn(&self, offered: Moment) -> bool {
        self.end <= offered && (self.turn == Turn::After || self.since < offered)
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
