//! Holds whose fields do not go together.

use super::{GOOD, assert_refused, read_with};
use crate::guide::{Cue, Kind, lint};

/// The count of the second phase, which begins by plugging in.
const PLUGGED: &str = "begin = \"plugged in\"";
/// The hold of the first phase.
const FIRST: &str = "maximum = \"25 s\"\ncarries_on = true";

#[test]
fn a_count_in_belongs_before_a_press() {
    assert_refused(
        PLUGGED,
        "count_in = 3\nbegin = \"plugged in\"",
        "38:12",
        "there is no count-in",
        "write instead: begin = \"holding\", or remove `count_in`",
    );
    assert_refused(
        PLUGGED,
        "count_in = 3",
        "38:12",
        "no press to be counted in",
        "remove `count_in`",
    );
    assert_refused(
        FIRST,
        "maximum = \"25 s\"\ncount_in = 60\ncarries_on = true",
        "27:12",
        "`count_in` is a number from 0 to 10",
        "write instead: count_in = 3",
    );
}

#[test]
fn cycles_are_let_go_between() {
    assert_refused(
        FIRST,
        "cycles = 5\nrest = \"2 s\"\ncarries_on = true",
        "28:14",
        "the last cannot carry on",
        "write instead: carries_on = false",
    );
    assert_refused(
        PLUGGED,
        "cycles = 5\nrest = \"2 s\"",
        "38:10",
        "cannot be pressed in cycles",
        "write instead: carries_on = false in the hold before it",
    );
    assert_refused(
        PLUGGED,
        "cycles = 5\nrest = \"2 s\"\nbegin = \"plugged in\"",
        "40:9",
        "cycles begin with their own first press",
        "remove `begin`",
    );
}

#[test]
fn cycles_have_a_rest_in_whole_seconds_and_what_belongs_to_them() {
    let of_camera = |fields: &str| format!("{FIRST}\n{fields}").replace("carries_on = true\n", "");
    assert_refused(
        FIRST,
        &of_camera("cycles = 5"),
        "23:1",
        "the step `press` has no `rest`",
        "write for example: rest = ",
    );
    assert_refused(
        FIRST,
        &of_camera("cycles = 1\nrest = \"2 s\""),
        "27:10",
        "`cycles` is a number from 2 to 50",
        "write instead: cycles = 5",
    );
    assert_refused(
        FIRST,
        &of_camera("cycles = 5\nrest = 2.5"),
        "28:8",
        "the rest between two cycles is counted, in whole seconds",
        "write instead: rest = \"3 s\"",
    );
    assert_refused(
        FIRST,
        &of_camera("rest = \"2 s\""),
        "27:8",
        "`rest` belongs to cycles",
        "write: cycles = 5, or remove `rest`",
    );
    assert_refused(
        FIRST,
        &of_camera("cycles = 40\nrest = \"20 s\""),
        "23:1",
        "last longer than ten minutes together",
        "write instead: fewer cycles",
    );
    assert_refused(
        FIRST,
        &of_camera("cycles = 5\nrest = \"2 s\"\nmilestones = true"),
        "29:14",
        "there are no milestones",
        "remove `milestones`",
    );
    assert_refused(
        FIRST,
        &of_camera("cycles = 5\nrest = \"2 s\"\ncue = \"powr\""),
        "29:7",
        "`powr` is no value of `cue`",
        "write instead: cue = \"power\"",
    );
}

#[test]
fn milestones_need_room_and_every_second_needs_short_numbers() {
    assert_refused(
        "target = \"10 s\"",
        "target = \"10 s\"\nmilestones = true",
        "37:14",
        "no room for milestones",
        "remove `milestones`",
    );
    assert_refused(
        "target = \"20 s\"\nmaximum = \"25 s\"",
        "target = \"120 s\"\nmilestones = false",
        "26:14",
        "do not fit into a second",
        "write instead: milestones = true",
    );
}

#[test]
fn what_too_long_a_hold_does_belongs_to_a_maximum() {
    assert_refused(
        "maximum = \"25 s\"",
        "too_long = [\"It erases more.\"]",
        "26:13",
        "no `maximum` says how long that is",
        "write: maximum = \"30 s\"",
    );
    let advice = lint(
        "lamp.toml",
        &GOOD.replacen("maximum = \"25 s\"", "maximum = 20.5", 1),
    )
    .expect("no faults");
    assert!(
        advice.faults()[0]
            .message()
            .contains("less than a second to let go"),
        "{advice:?}"
    );
}

#[test]
fn sound_holds_of_every_shape_are_read() {
    let cycles = "count = \"down\"\ncycles = 5\nrest = \"2 s\"\ncue = \"power\"";
    let text = GOOD
        .replacen("carries_on = true\n", "", 1)
        .replacen("count = \"down\"\nbegin = \"plugged in\"", cycles, 1)
        .replacen("restart_at = \"press\"\n", "", 1);
    let guide = crate::guide::parse("lamp.toml", &text).expect("no faults");
    let Kind::Hold(hold) = &guide.step("plug").expect("a step").kind else {
        panic!("a hold")
    };
    let cycles = hold.cycles.expect("cycles");
    assert_eq!((cycles.times, cycles.cue), (5, Cue::Power));
    assert_eq!(hold.count_in, 3, "cycles are counted in");
    assert_eq!(hold.length().as_secs(), 5 * (10 + 2));
    let long =
        read_with("target = \"20 s\"\nmaximum = \"25 s\"", "target = \"40 s\"").expect("no faults");
    let Kind::Hold(hold) = &long.step("press").expect("a step").kind else {
        panic!("a hold")
    };
    assert!(hold.milestones, "by its length");
}
