use crate::harness::at;
use std::time::Duration;
use talkthrough::record::Event;
use talkthrough::session::{Input, Output, Role};

#[test]
fn a_late_understanding_does_not_shift_the_count() {
    let mut talk = at("press");
    let spoken = talk.now;
    talk.pass(0.6);
    talk.hear_late("holding", 0.6);
    let due: Vec<Duration> = talk.beats.iter().map(|beat| beat.due - spoken).collect();
    assert_eq!(due, (1..=20).map(Duration::from_secs).collect::<Vec<_>>());
}

#[test]
fn numbers_that_are_past_when_the_word_is_understood_are_left_out_not_shifted() {
    let mut talk = at("press");
    let spoken = talk.now;
    talk.pass(1.4);
    talk.hear_late("holding", 1.4);
    assert_eq!(
        talk.beats.first().map(|beat| (beat.n, beat.due)),
        Some((2, spoken + Duration::from_secs(2)))
    );
    assert_eq!(
        talk.beats.last().map(|beat| beat.due),
        Some(spoken + Duration::from_secs(20))
    );
}

#[test]
fn a_word_that_claims_to_end_long_ago_is_not_believed() {
    let mut talk = at("press");
    talk.pass(30.0);
    talk.hear_late("holding", 25.0);
    talk.pass(16.9);
    assert_eq!(
        talk.step(),
        "press",
        "at least seventeen seconds have to be held from now"
    );
}

#[test]
fn a_carried_hold_never_says_let_go_before_its_last_phase() {
    let mut talk = at("press");
    talk.hear("holding");
    assert!(talk.beats.iter().all(|beat| beat.role != Role::Release));
    talk.pass(20.0);
    assert_eq!(talk.step(), "plug-in");
    let said = talk.heard_back();
    assert!(said.starts_with("keep holding"), "{said}");
}

#[test]
fn the_phase_ends_though_nothing_can_be_heard() {
    let mut talk = at("plug-in");
    let zero = talk.now;
    talk.hear("plugged in");
    talk.beats.clear();
    talk.pass(10.0);
    assert_eq!(talk.step(), "boot");
    let entered = talk
        .events
        .iter()
        .rev()
        .find(|(_, event)| matches!(event, Event::Step { .. }))
        .map(|(at, _)| *at);
    assert_eq!(entered, Some(zero + Duration::from_secs(10)));
}

#[test]
fn the_key_begins_the_count_as_the_word_does() {
    let mut talk = at("press");
    talk.input(Input::Primary);
    assert_eq!(talk.beats.len(), 20);
    talk.input(Input::Primary);
    assert_eq!(
        talk.beats.len(),
        20,
        "a second press of the key does not begin again or skip"
    );
}

#[test]
fn speech_gives_way_to_the_count() {
    let mut talk = at("press");
    talk.outputs.clear();
    talk.hear("holding");
    let hush = talk
        .outputs
        .iter()
        .position(|output| *output == Output::Hush);
    let count = talk
        .outputs
        .iter()
        .position(|output| matches!(output, Output::Count(_)));
    assert!(hush.is_some() && hush < count);
}

#[test]
fn a_word_from_before_the_step_does_not_count_as_held() {
    let mut talk = at("press");
    talk.hear("slipped");
    talk.hear("go back");
    talk.hear("next");
    talk.hear_late("holding", 1.5);
    assert!(talk.beats.is_empty(), "it was said before it was asked for");
    talk.hear("holding");
    assert_eq!(talk.beats.len(), 20);
}

#[test]
fn a_word_from_before_the_step_does_not_skip_it() {
    let mut talk = at("plug-in");
    talk.hear("plugged in");
    talk.pass(10.3);
    assert_eq!(talk.step(), "boot");
    talk.hear_late("next", 0.5);
    assert_eq!(talk.step(), "boot", "said while the button was still held");
    talk.pass(0.5);
    talk.hear("next");
    assert_eq!(talk.step(), "worked");
}
