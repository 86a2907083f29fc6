//! The count of a hold: which word belongs on which second.
//!
//! | hold | what is spoken |
//! |---|---|
//! | up to half a minute | every second, and on the end "let go now" |
//! | longer (`milestones`) | "one minute left", "thirty seconds left", "fifteen seconds left", ticks between, and the last ten seconds, always downwards |
//! | in cycles | see [`rhythm`](super::rhythm) |
//!
//! There is never silence at zero: the last beat is a word, with a tone where something may be let go.

use super::lines::{Line, words};
use super::rhythm;
use crate::guide::{Count, Hold};
use crate::time::Moment;
use std::time::Duration;

/// A sound that belongs on a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Whole seconds since the hold's zero; 0 while it is counted in.
    pub n: u32,
    /// The moment its perceptual centre belongs on.
    pub due: Moment,
    /// The word spoken there; empty for a tick.
    pub text: String,
    /// What the beat is for.
    pub role: Role,
}

/// What a beat is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// A second of a long hold, without a word.
    Tick,
    /// A number on the way: it gives way to an answer.
    Number,
    /// A number of the last ten seconds, of a cycle or before a press: it gives way only to what is said at once.
    LastNumber,
    /// "thirty seconds left", "cycle two of five", "that is the minimum": numbers give way to it.
    Milestone,
    /// "press", "let go", "on" or "off" on the way.
    Cue,
    /// The button may be let go: the end tone sounds with it.
    Release,
    /// The last cycle is over, with nothing to let go: the end tone sounds with it.
    Finish,
    /// The phase is over but the button must stay pressed.
    CarryOn,
}

/// In every hold the last seconds are spoken one by one.
pub(super) const LAST_SECONDS: u64 = 10;
/// "That is the minimum, keep holding" is over by then, and so is every other milestone.
const MILESTONE: Duration = Duration::from_secs(4);
/// A milestone of what is left, this soon after the beginning, would say what everybody knows.
const NOT_BEFORE: u64 = 5;

/// Every beat of a phase that began at `zero`, in order, its numbers running in `direction`.
///
/// Each is due a whole number of seconds from `zero` (counting up) or from the end (counting down).
/// The last beat is on the end itself, and is the only one that may let go for good.
pub(super) fn beats(hold: &Hold, direction: Count, zero: Moment) -> Vec<Beat> {
    match &hold.cycles {
        Some(cycles) => rhythm::beats(hold, cycles, direction, zero),
        None => one_phase(hold, direction, zero),
    }
}

fn one_phase(hold: &Hold, direction: Count, zero: Moment) -> Vec<Beat> {
    let length = hold.length();
    let end = zero + length;
    let whole = length.as_secs();
    let mut beats = Vec::new();
    for held in 1..=whole {
        let left = whole - held;
        let due = match direction {
            Count::Up => zero + Duration::from_secs(held),
            // Counted from the end, so that a length of 12.5 s has its "one" a second before "let go".
            Count::Down => end.saturating_sub(Duration::from_secs(left)),
        };
        if due >= end {
            continue;
        }
        let (text, role) = second(hold, direction, held, left);
        beats.push(beat(zero, due, text, role));
    }
    if let Some(due) = minimum_passes(hold, zero) {
        announce_minimum(&mut beats, zero, due);
    }
    let (text, role) = if !hold.carries_on {
        (words(&Line::LetGoNow), Role::Release)
    } else if direction == Count::Up && !hold.milestones {
        (words(&Line::Number(whole)), Role::CarryOn)
    } else {
        (words(&Line::KeepHolding), Role::CarryOn)
    };
    beats.push(beat(zero, end, text, role));
    beats
}

/// What belongs on a second of a hold, `held` seconds after its beginning and `left` before its end.
fn second(hold: &Hold, direction: Count, held: u64, left: u64) -> (String, Role) {
    let number = match direction {
        Count::Up => held,
        Count::Down => left,
    };
    if !hold.milestones {
        let last = left <= LAST_SECONDS;
        let role = if last { Role::LastNumber } else { Role::Number };
        return (words(&Line::Number(number)), role);
    }
    // Downwards whatever the direction: three-digit numbers do not fit into a second.
    if left <= LAST_SECONDS {
        return (words(&Line::Number(left)), Role::LastNumber);
    }
    let line = match direction {
        Count::Up if is_milestone(held) && held > 15 => Line::Held(held),
        Count::Down if is_milestone(left) && held >= NOT_BEFORE => Line::SecondsLeft(left),
        _ => return (String::new(), Role::Tick),
    };
    (words(&line), Role::Milestone)
}

/// Whether so many seconds are worth a word in a long hold.
fn is_milestone(seconds: u64) -> bool {
    matches!(seconds, 15 | 30) || seconds.is_multiple_of(60)
}

/// When the minimum has passed, where that is early enough to be told before the last seconds.
fn minimum_passes(hold: &Hold, zero: Moment) -> Option<Moment> {
    let minimum = Duration::from_secs(hold.minimum.as_secs_f64().ceil() as u64);
    let room = MILESTONE + Duration::from_secs(LAST_SECONDS);
    (!minimum.is_zero() && minimum + room <= hold.length()).then(|| zero + minimum)
}

fn announce_minimum(beats: &mut Vec<Beat>, zero: Moment, due: Moment) {
    beats.retain(|beat| beat.due != due);
    for near in beats.iter_mut().filter(|beat| {
        beat.role == Role::Milestone && beat.due < due + MILESTONE && due < beat.due + MILESTONE
    }) {
        (near.text, near.role) = (String::new(), Role::Tick);
    }
    beats.push(beat(
        zero,
        due,
        words(&Line::MinimumPassed),
        Role::Milestone,
    ));
    beats.sort_by_key(|beat| beat.due);
}

pub(super) fn beat(zero: Moment, due: Moment, text: String, role: Role) -> Beat {
    Beat {
        n: (due - zero).as_secs_f64().round() as u32,
        due,
        text,
        role,
    }
}

#[cfg(test)]
#[path = "count_tests.rs"]
mod tests;
