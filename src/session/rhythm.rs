//! What is spoken around a press that has its moment: counting in, and cycles.
//!
//! Counted in: "three, two, one, press", with the hold's zero on "press". In cycles the button is let go
//! (or the power cut) on a cue and pressed again on the next; every second of a press is spoken, of a
//! rest the last three, and each cycle says its number where there is room for it.

use super::count::{Beat, Role, beat};
use super::lines::{Line, words};
use crate::guide::{Count, Cue, Cycles, Hold};
use crate::time::Moment;
use std::time::Duration;

/// From "ready" to the first number: time to hear that it was understood.
pub(super) const BEFORE_COUNT_IN: Duration = Duration::from_secs(1);
/// A press this long has room for "cycle two of five", a second after it began.
const ROOM_IN_PRESS: u64 = 5;
/// A rest this long has room for it, before its last numbers.
const ROOM_IN_REST: u64 = 7;
/// So many seconds of a rest are counted down to the next press.
const LAST_OF_REST: u64 = 3;

/// The numbers before `zero`, and the cue on it.
pub(super) fn count_in(hold: &Hold, zero: Moment) -> Vec<Beat> {
    let before = |left: u32| {
        let due = zero.saturating_sub(Duration::from_secs(left.into()));
        let text = words(&Line::Number(left.into()));
        beat(zero, due, text, Role::LastNumber)
    };
    let mut beats: Vec<Beat> = (1..=hold.count_in).rev().map(before).collect();
    if hold.count_in > 0 {
        let cue = hold.cycles.map_or(Cue::Press, |cycles| cycles.cue);
        beats.push(beat(zero, zero, words(&begin(cue)), Role::Cue));
    }
    beats
}

/// The beats of all cycles of a hold whose first began at `zero`, without the cue at `zero`.
pub(super) fn beats(hold: &Hold, cycles: &Cycles, direction: Count, zero: Moment) -> Vec<Beat> {
    let press = hold.target.max(hold.minimum);
    let mut beats = Vec::new();
    for index in 0..cycles.times {
        let pressed = zero + (press + cycles.rest) * index;
        let released = pressed + press;
        let is_last = index + 1 == cycles.times;
        let number = words(&Line::CycleOf(index + 1, cycles.times));
        let mut add = |due, text, role| beats.push(beat(zero, due, text, role));
        if index > 0 {
            add(pressed, words(&begin(cycles.cue)), Role::Cue);
        }
        let whole = press.as_secs();
        for held in 1..whole {
            let due = pressed + Duration::from_secs(held);
            if held == 1 && whole >= ROOM_IN_PRESS {
                add(due, number.clone(), Role::Milestone);
                continue;
            }
            let spoken = match direction {
                Count::Up => held,
                Count::Down => whole - held,
            };
            add(due, words(&Line::Number(spoken)), Role::LastNumber);
        }
        if is_last && cycles.cue == Cue::Press {
            add(released, words(&Line::LetGoNow), Role::Release);
            break;
        }
        add(released, words(&end(cycles.cue)), Role::Cue);
        let rest = cycles.rest.as_secs();
        let next = words(&Line::CycleOf(index + 2, cycles.times));
        for rested in 1..rest {
            let due = released + Duration::from_secs(rested);
            let left = rest - rested;
            if rested == 1 && whole < ROOM_IN_PRESS && rest >= ROOM_IN_REST && !is_last {
                add(due, next.clone(), Role::Milestone);
            } else if left <= LAST_OF_REST {
                add(due, words(&Line::Number(left)), Role::LastNumber);
            } else {
                add(due, String::new(), Role::Tick);
            }
        }
        if is_last {
            add(released + cycles.rest, words(&Line::LeaveOn), Role::Finish);
        }
    }
    beats
}

/// The cycle, counted from 1, and how many there are, `since` its first press.
pub(super) fn cycle(hold: &Hold, since: Duration) -> Option<(u32, u32)> {
    let cycles = hold.cycles.as_ref()?;
    let one = hold.target.max(hold.minimum) + cycles.rest;
    let index = since.as_micros().checked_div(one.as_micros())?;
    let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
    Some((number.min(cycles.times), cycles.times))
}

fn begin(cue: Cue) -> Line {
    match cue {
        Cue::Press => Line::Press,
        Cue::Power => Line::PowerOn,
    }
}

fn end(cue: Cue) -> Line {
    match cue {
        Cue::Press => Line::LetGo,
        Cue::Power => Line::PowerOff,
    }
}
