//! A hold as a guide gives it: how long, how it is counted, in how many cycles.

use std::time::Duration;

use toml::Spanned;

use super::convert::sentences;
use super::fault::Ledger;
use super::raw::{RawHold, Text};
use super::spans::{ascending, duration, read_duration, value};
use super::text::{Length, Owner, named};
use super::{Begin, Count, Cue, Cycles, Hold};

/// Nobody holds a button longer than this.
const LONGEST_HOLD: Duration = Duration::from_secs(600);
/// Up to this long, every second of a hold is spoken where the guide does not say otherwise.
const EVERY_SECOND: Duration = Duration::from_secs(30);
/// The last seconds are spoken in every hold.
const ALWAYS_COUNTED: Duration = Duration::from_secs(10);
/// "ninety nine" can be said in a second, "one hundred one" cannot.
const LONGEST_SPOKEN: Duration = Duration::from_secs(100);
/// Nobody lets go faster than this after being told.
const ROOM_TO_LET_GO: Duration = Duration::from_secs(1);
/// More than this nobody wants to be counted in.
const LONGEST_COUNT_IN: u32 = 10;
/// "three, two, one, press".
const COUNT_IN_OF_CYCLES: u32 = 3;
/// More cycles than this no device wants.
const MOST_CYCLES: u32 = 50;

/// Reads a hold.
pub(super) fn hold(raw: &Spanned<RawHold>, name: &str, ledger: &mut Ledger<'_>) -> Hold {
    let (place, raw) = (raw.span(), raw.get_ref());
    let owner = (&place, name);
    let minimum = duration(ledger, owner, "minimum", raw.minimum.as_ref(), "\"15 s\"");
    let target = duration(ledger, owner, "target", raw.target.as_ref(), "\"20 s\"");
    let maximum = raw
        .maximum
        .as_ref()
        .map(|raw| read_duration(ledger, "maximum", raw));
    if let (Some(minimum), Some(target)) = (&minimum, &target) {
        ascending(ledger, "minimum", minimum, "target", target);
        if target.get_ref().subsec_millis() != 0 || target.get_ref().is_zero() {
            ledger.error(
                target.span(),
                "the target of a hold is counted aloud, in whole seconds from one on",
                format!(
                    "write instead: target = \"{} s\"",
                    target.get_ref().as_secs() + 1
                ),
            );
        } else if *target.get_ref() > LONGEST_HOLD {
            ledger.error(
                target.span(),
                "nobody holds a button for longer than ten minutes",
                "write instead: target = \"20 s\", or whatever is meant",
            );
        }
    }
    check_maximum(
        ledger,
        raw,
        target.as_ref(),
        maximum.as_ref().and_then(Option::as_ref),
    );
    let counts = [("down", Count::Down), ("up", Count::Up)];
    let begins = [
        ("holding", Begin::Holding),
        ("plugged in", Begin::PluggedIn),
    ];
    if raw.slipped.0.is_empty() {
        ledger.advise(
            place.clone(),
            format!("{name} says nothing when the button slips"),
            "write: slipped = [\"Press the button again.\"]",
        );
    }
    let begin = raw
        .begin
        .as_ref()
        .and_then(|text| named(ledger, "begin", text, &begins))
        .unwrap_or_default();
    let cycles = cycles(raw, owner, begin, ledger);
    let count_in = count_in(raw, begin, cycles.is_some(), ledger);
    let (minimum, target) = (value(minimum), value(target));
    let longest = match &cycles {
        Some(cycles) => (target + cycles.rest) * cycles.times,
        None => target,
    };
    if cycles.is_some() && longest > LONGEST_HOLD {
        ledger.error(
            place.clone(),
            format!("the cycles of {name} last longer than ten minutes together"),
            "write instead: fewer cycles, or shorter ones",
        );
    }
    Hold {
        minimum,
        target,
        maximum: maximum.flatten().map(Spanned::into_inner),
        too_long: sentences(ledger, "too_long", &raw.too_long, Length::Strict),
        count: raw
            .count
            .as_ref()
            .and_then(|text| named(ledger, "count", text, &counts))
            .unwrap_or_default(),
        count_in,
        milestones: milestones(raw, target.max(minimum), cycles.is_some(), ledger),
        cycles,
        begin,
        carries_on: raw.carries_on.as_ref().is_some_and(|it| *it.get_ref()),
        slipped: sentences(ledger, "slipped", &raw.slipped, Length::Strict),
        restart_at: raw.restart_at.as_ref().map(|id| id.get_ref().clone()),
    }
}

/// Too long a hold must be possible to avoid, and what it does belongs to it.
fn check_maximum(
    ledger: &mut Ledger<'_>,
    raw: &RawHold,
    target: Option<&Spanned<Duration>>,
    maximum: Option<&Spanned<Duration>>,
) {
    if let (Some(target), Some(maximum)) = (target, maximum) {
        ascending(ledger, "target", target, "maximum", maximum);
        let room = maximum.get_ref().checked_sub(*target.get_ref());
        if room.is_some_and(|room| room < ROOM_TO_LET_GO) {
            ledger.advise(
                maximum.span(),
                "this leaves less than a second to let go after the end of the count",
                "write instead: a target a second or more before the maximum",
            );
        }
    }
    if let (Some(first), None) = (raw.too_long.0.first(), &raw.maximum) {
        ledger.error(
            first.span(),
            "`too_long` says what too long a hold does, but no `maximum` says how long that is",
            "write: maximum = \"30 s\", or remove `too_long`",
        );
    }
}

/// How many seconds are counted before the press.
fn count_in(raw: &RawHold, begin: Begin, in_cycles: bool, ledger: &mut Ledger<'_>) -> u32 {
    let Some(given) = &raw.count_in else {
        // Cycles have a rhythm from their very first press.
        return if in_cycles { COUNT_IN_OF_CYCLES } else { 0 };
    };
    let count_in = whole(ledger, "count_in", given, 0..=LONGEST_COUNT_IN, "3");
    if count_in > 0 && begin == Begin::PluggedIn {
        ledger.error(
            given.span(),
            "there is no count-in where the hold begins with \"plugged in\": the button is down already",
            "write instead: begin = \"holding\", or remove `count_in`",
        );
    }
    count_in
}

/// Whether only milestones are spoken: as the guide says, else in holds too long to hear every second of.
fn milestones(raw: &RawHold, length: Duration, in_cycles: bool, ledger: &mut Ledger<'_>) -> bool {
    let Some(given) = &raw.milestones else {
        return length > EVERY_SECOND;
    };
    if *given.get_ref() && in_cycles {
        ledger.error(
            given.span(),
            "cycles are counted through; there are no milestones in them",
            "remove `milestones`",
        );
    } else if *given.get_ref() && length <= ALWAYS_COUNTED {
        ledger.error(
            given.span(),
            "the last ten seconds are always counted, so this hold has no room for milestones",
            "remove `milestones`, or write a longer target",
        );
    } else if !*given.get_ref() && length > LONGEST_SPOKEN {
        ledger.error(
            given.span(),
            "numbers above a hundred do not fit into a second",
            "write instead: milestones = true, or a shorter target",
        );
    }
    *given.get_ref()
}

/// Presses or power cycles in a rhythm.
fn cycles(
    raw: &RawHold,
    owner: Owner<'_>,
    begin: Begin,
    ledger: &mut Ledger<'_>,
) -> Option<Cycles> {
    let Some(given) = &raw.cycles else {
        let stray = [
            raw.rest.as_ref().map(|it| (it.span(), "rest")),
            raw.cue.as_ref().map(|it| (it.span(), "cue")),
        ];
        for (place, field) in stray.into_iter().flatten() {
            ledger.error(
                place,
                format!("`{field}` belongs to cycles, but this hold has none"),
                format!("write: cycles = 5, or remove `{field}`"),
            );
        }
        return None;
    };
    let times = whole(ledger, "cycles", given, 2..=MOST_CYCLES, "5");
    let rest = duration(ledger, owner, "rest", raw.rest.as_ref(), "\"2 s\"");
    if let Some(rest) = rest
        .as_ref()
        .filter(|it| it.get_ref().subsec_millis() != 0 || it.get_ref().is_zero())
    {
        ledger.error(
            rest.span(),
            "the rest between two cycles is counted, in whole seconds from one on",
            format!(
                "write instead: rest = \"{} s\"",
                rest.get_ref().as_secs() + 1
            ),
        );
    }
    if begin == Begin::PluggedIn {
        ledger.error(
            raw.begin.as_ref().map_or(given.span(), Text::span),
            "cycles begin with their own first press, not with \"plugged in\"",
            "remove `begin`, or `cycles`",
        );
    }
    if let Some(flag) = raw.carries_on.as_ref().filter(|flag| *flag.get_ref()) {
        ledger.error_at(
            &[
                (flag.span(), "kept down here"),
                (given.span(), "let go here"),
            ],
            "between cycles the button is let go, so the last cannot carry on",
            "write instead: carries_on = false, and the next hold in a step of its own",
        );
    }
    let cues = [("press", Cue::Press), ("power", Cue::Power)];
    let cue = raw
        .cue
        .as_ref()
        .and_then(|text| named(ledger, "cue", text, &cues))
        .unwrap_or_default();
    Some(Cycles {
        times,
        rest: value(rest),
        cue,
    })
}

/// A whole number within `range`, or its lower end.
fn whole(
    ledger: &mut Ledger<'_>,
    field: &str,
    given: &Spanned<i64>,
    range: std::ops::RangeInclusive<u32>,
    example: &str,
) -> u32 {
    match u32::try_from(*given.get_ref())
        .ok()
        .filter(|n| range.contains(n))
    {
        Some(n) => n,
        None => {
            ledger.error(
                given.span(),
                format!(
                    "`{field}` is a number from {} to {}",
                    range.start(),
                    range.end()
                ),
                format!("write instead: {field} = {example}"),
            );
            *range.start()
        }
    }
}
