use super::*;
use crate::guide::{Begin, Cue, Cycles};

pub(crate) fn hold(target: f64, carries_on: bool) -> Hold {
    Hold {
        minimum: Duration::from_secs_f64(target * 0.75),
        target: Duration::from_secs_f64(target),
        maximum: None,
        too_long: vec![],
        count: Count::Down,
        count_in: 0,
        milestones: target > 30.0,
        cycles: None,
        begin: Begin::Holding,
        carries_on,
        slipped: vec![],
        restart_at: None,
    }
}

fn spoken(beats: &[Beat]) -> Vec<(f64, &str)> {
    beats
        .iter()
        .map(|beat| (beat.due.secs(), beat.text.as_str()))
        .collect()
}

fn words_only(beats: &[Beat]) -> Vec<(u32, &str)> {
    beats
        .iter()
        .filter(|beat| !beat.text.is_empty())
        .map(|beat| (beat.n, beat.text.as_str()))
        .collect()
}

#[test]
fn counting_down_ends_in_let_go_now_on_the_end() {
    let beats = beats(&hold(3.0, false), Count::Down, Moment::from_secs(100.0));
    assert_eq!(
        spoken(&beats),
        [(101.0, "two"), (102.0, "one"), (103.0, "let go now")]
    );
    assert_eq!(beats[2].role, Role::Release);
}

#[test]
fn counting_up_into_the_next_phase_ends_in_the_last_number() {
    let beats = beats(&hold(3.0, true), Count::Up, Moment::from_secs(100.0));
    assert_eq!(
        spoken(&beats),
        [(101.0, "one"), (102.0, "two"), (103.0, "three")]
    );
    assert_eq!(beats[2].role, Role::CarryOn);
}

#[test]
fn half_seconds_fall_at_the_beginning() {
    let beats = beats(&hold(2.5, false), Count::Down, Moment::from_secs(0.0));
    assert_eq!(spoken(&beats), [(1.5, "one"), (2.5, "let go now")]);
}

#[test]
fn the_minimum_wins_over_a_shorter_target() {
    let mut short = hold(5.0, false);
    short.minimum = Duration::from_secs(8);
    let beats = beats(&short, Count::Down, Moment::ZERO);
    assert_eq!(
        beats.last().map(|beat| beat.due),
        Some(Moment::from_secs(8.0))
    );
}

#[test]
fn a_long_hold_ticks_says_what_is_left_and_counts_its_last_ten_seconds() {
    let mut long = hold(100.0, false);
    long.minimum = long.target;
    let down = beats(&long, Count::Down, Moment::ZERO);
    assert_eq!(down.len(), 100, "a sound on every second");
    assert_eq!(
        words_only(&down)[..5],
        [
            (40, "one minute left"),
            (70, "thirty seconds left"),
            (85, "fifteen seconds left"),
            (90, "ten"),
            (91, "nine"),
        ]
    );
    let up = beats(&long, Count::Up, Moment::ZERO);
    assert_eq!(
        words_only(&up)[..4],
        [
            (30, "thirty seconds"),
            (60, "one minute"),
            (90, "ten"),
            (91, "nine"),
        ]
    );
}

#[test]
fn the_minimum_is_told_where_it_is_not_one_of_the_last_seconds() {
    let mut told = hold(30.0, false);
    told.minimum = Duration::from_secs(12);
    let beats_of = |hold: &Hold| beats(hold, Count::Up, Moment::ZERO);
    let twelfth = &beats_of(&told)[11];
    assert_eq!(
        (twelfth.text.as_str(), twelfth.role),
        ("that is the minimum, keep holding", Role::Milestone)
    );
    told.minimum = Duration::from_secs(20);
    assert_eq!(beats_of(&told)[19].text, "twenty");
}

#[test]
fn a_milestone_next_to_the_minimum_is_left_out() {
    let mut long = hold(90.0, false);
    long.minimum = Duration::from_secs(59);
    let beats = beats(&long, Count::Down, Moment::ZERO);
    assert_eq!(
        words_only(&beats)[..3],
        [
            (30, "one minute left"),
            (59, "that is the minimum, keep holding"),
            (75, "fifteen seconds left"),
        ]
    );
}

#[test]
fn cycles_are_pressed_let_go_and_numbered_and_end_in_the_release() {
    let mut hold = hold(6.0, false);
    hold.cycles = Some(Cycles {
        times: 2,
        rest: Duration::from_secs(3),
        cue: Cue::Press,
    });
    let beats = beats(&hold, Count::Down, Moment::ZERO);
    assert_eq!(
        words_only(&beats),
        [
            (1, "cycle one of two"),
            (2, "four"),
            (3, "three"),
            (4, "two"),
            (5, "one"),
            (6, "let go"),
            (7, "two"),
            (8, "one"),
            (9, "press"),
            (10, "cycle two of two"),
            (11, "four"),
            (12, "three"),
            (13, "two"),
            (14, "one"),
            (15, "let go now"),
        ]
    );
    assert_eq!(
        beats.last().map(|beat| beat.due - Moment::ZERO),
        Some(hold.length())
    );
    let releases = beats.iter().filter(|beat| beat.role == Role::Release);
    assert_eq!(releases.count(), 1);
}

#[test]
fn power_cycles_end_with_the_power_on() {
    let mut hold = hold(2.0, false);
    hold.cycles = Some(Cycles {
        times: 2,
        rest: Duration::from_secs(8),
        cue: Cue::Power,
    });
    let beats = beats(&hold, Count::Down, Moment::ZERO);
    let words = words_only(&beats);
    assert_eq!(
        words,
        [
            (1, "one"),
            (2, "off"),
            (3, "cycle two of two"),
            (7, "three"),
            (8, "two"),
            (9, "one"),
            (10, "on"),
            (11, "one"),
            (12, "off"),
            (17, "three"),
            (18, "two"),
            (19, "one"),
            (20, "keep it on"),
        ]
    );
    assert_eq!(beats.last().map(|beat| beat.role), Some(Role::Finish));
    assert_eq!(hold.length(), Duration::from_secs(20));
}

#[test]
fn a_count_in_ends_on_the_press() {
    let mut hold = hold(5.0, false);
    hold.count_in = 3;
    let beats = rhythm::count_in(&hold, Moment::from_secs(10.0));
    assert_eq!(
        spoken(&beats),
        [(7.0, "three"), (8.0, "two"), (9.0, "one"), (10.0, "press")]
    );
}
