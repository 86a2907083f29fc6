//! What has been handed to the timeline: where it lies, and the gaps between.

use std::sync::Arc;
use std::time::Duration;

use super::beats::Rank;
use super::clip::frames;
use super::sounds::Sound;
use crate::time::Moment;

/// How long a loudspeaker may be late with its report before the prediction counts as what happened.
pub(super) const PATIENCE: Duration = Duration::from_millis(500);
/// How long what has sounded is remembered.
const REMEMBERED: Duration = Duration::from_secs(2);

/// What a placement is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Second `n` of a count, whose perceptual centre belongs on `due`; what is left of it is `sound`.
    Beat {
        n: u32,
        due: Moment,
        centre: Duration,
        rank: Rank,
        sound: Sound,
    },
    /// A sentence of the speech of this id.
    Sentence { speech: u64 },
    /// One of the talk's own sounds.
    Sound,
}

/// How far a placement has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Handed over, not known to sound yet.
    Placed,
    /// Known to sound.
    Sounding,
    /// Taken away; fading out until its end.
    Removed,
    /// It sounds no more.
    Over,
}

/// One clip on the timeline.
#[derive(Clone, Debug)]
pub(super) struct Placement {
    pub(super) id: u64,
    pub(super) kind: Kind,
    /// What is spoken; empty for a sound.
    pub(super) text: String,
    /// First sample: as intended, then as reported.
    pub(super) start: Moment,
    /// After the last sample: as intended, then as reported.
    pub(super) end: Moment,
    pub(super) samples: Arc<[f32]>,
    pub(super) state: State,
    /// Whether the talk has been told that it sounds.
    pub(super) announced: bool,
}

impl Placement {
    /// Where it is now known to start, its end moving along.
    pub(super) fn starts_at(&mut self, start: Moment) {
        self.start = start;
        if self.state != State::Removed {
            self.end = start + frames(self.samples.len());
        }
    }

    pub(super) fn is_beat(&self) -> bool {
        matches!(self.kind, Kind::Beat { .. })
    }

    /// Whether it is a beat without a word, which may sound under speech.
    pub(super) fn is_tick(&self) -> bool {
        let tick = |kind: &Kind| {
            matches!(
                kind,
                Kind::Beat {
                    sound: Sound::Tick,
                    ..
                }
            )
        };
        self.text.is_empty() && tick(&self.kind)
    }

    /// Whether it is a word of a count that makes room for speech, and there is still time for that:
    /// it begins after `soon`.
    pub(super) fn gives_way(&self, cannot_wait: bool, soon: Moment) -> bool {
        let least = if cannot_wait {
            Rank::Milestone
        } else {
            Rank::LastNumber
        };
        let yields = matches!(self.kind, Kind::Beat { rank, .. } if rank < least);
        yields && self.state == State::Placed && self.start > soon
    }

    /// Whether it may yet be heard and has not been taken away.
    pub(super) fn is_live(&self) -> bool {
        matches!(self.state, State::Placed | State::Sounding)
    }

    pub(super) fn overlaps(&self, start: Moment, end: Moment) -> bool {
        self.start < end && start < self.end
    }
}

/// Everything on the timeline, and what was until a moment ago.
#[derive(Debug, Default)]
pub(super) struct Placements {
    list: Vec<Placement>,
}

impl Placements {
    pub(super) fn add(&mut self, placement: Placement) {
        self.list.push(placement);
    }

    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut Placement> {
        self.list.iter_mut().find(|placement| placement.id == id)
    }

    pub(super) fn drop_one(&mut self, id: u64) {
        self.list.retain(|placement| placement.id != id);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Placement> {
        self.list.iter()
    }

    /// Whether nothing sounds or is yet to sound.
    pub(super) fn is_idle(&self) -> bool {
        self.list
            .iter()
            .all(|placement| placement.state == State::Over)
    }

    /// The first moment from `from` on at which `length` fits with `spare` to everything that `blocks`.
    pub(super) fn gap(
        &self,
        from: Moment,
        length: Duration,
        spare: Duration,
        blocks: impl Fn(&Placement) -> bool,
    ) -> Moment {
        let mut start = from;
        // Whatever is in the way pushes the start past its own end, so nothing is in the way twice.
        while let Some(blocking) = self.list.iter().find(|placement| {
            placement.state != State::Over
                && blocks(placement)
                && placement.overlaps(start.saturating_sub(spare), start + length + spare)
        }) {
            start = blocking.end + spare;
        }
        start
    }

    /// The words of the count, ticks left out, that may yet be heard between `start` and `end`.
    pub(super) fn words_of_count(&self, start: Moment, end: Moment) -> Vec<Placement> {
        let is_word = |it: &&Placement| it.is_beat() && it.is_live() && !it.is_tick();
        self.list
            .iter()
            .filter(|it| is_word(it) && it.overlaps(start, end))
            .cloned()
            .collect()
    }

    /// The live placements, not beats, that a live word of a count runs into.
    pub(super) fn in_the_way_of_beats(&self) -> Vec<u64> {
        let beats = || {
            self.list
                .iter()
                .filter(|it| it.is_beat() && it.is_live() && !it.is_tick())
        };
        let others = self
            .list
            .iter()
            .filter(|placement| !placement.is_beat() && placement.is_live());
        others
            .filter(|other| beats().any(|beat| beat.overlaps(other.start, other.end)))
            .map(|other| other.id)
            .collect()
    }

    /// Takes as over what must be, though no report said so: the loudspeaker may be gone.
    pub(super) fn overdue(&self, now: Moment) -> Vec<u64> {
        let overdue = |placement: &&Placement| {
            placement.state != State::Over && placement.end + PATIENCE <= now
        };
        self.list
            .iter()
            .filter(overdue)
            .map(|placement| placement.id)
            .collect()
    }

    /// Forgets what has long been over.
    pub(super) fn forget(&mut self, now: Moment) {
        self.list.retain(|placement| {
            placement.state != State::Over || placement.end + REMEMBERED >= now
        });
    }
}
